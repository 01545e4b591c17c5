import { isSameBytes } from '../storage/bytes.js';
import { type ByteReader, UNDEFINED_ADDRESS } from './byte-reader.js';
import { lookup3 } from './checksum.js';
import { type AttributeDraft, encodedType } from './draft.js';
import type { EditableSpace } from './editable-space.js';
import type { NewMember, Overwriting } from './editing.js';
import { decode, type Encoded } from './elements.js';
import type { Extent } from './free-space.js';
import { OHDR } from './header-writer.js';
import type { GlobalHeapEditor } from './indexes/global-heap.js';
import type { LoadedObject } from './loaded-object.js';
import { type Attribute, attributeHead } from './messages/attribute.js';
import { decodeAttributeInfo } from './messages/attribute-info.js';
import { decodeStoredLayout, type StoredLayout } from './messages/data-layout.js';
import { type Dataspace, decodeDataspace, extent } from './messages/dataspace.js';
import { type Datatype, datatypeBytes, FLOAT64 } from './messages/datatype.js';
import { decodeLinkInfo } from './messages/link-info.js';
import { MessageFlag, MessageType } from './messages/message-type.js';
import { type Message, readObjectHeader } from './object-header.js';
import { type Prepared, prepare } from './prepare.js';
import { hasReferences, releaseElements } from './release.js';

/** Of larger data what is new takes less memory until the commit than what is changed. */
const LIMIT = 4096;

/**
 * Writes elements in the place of those of a dataset of the file, if these are of the same datatype and shape, lead to
 * nothing, and there is nothing else about the dataset: no attribute, no filter, no second link. Returns whether it did.
 */
export function overwrite(space: EditableSpace, address: number, prepared: Prepared): boolean {
  const bytes = prepared.encoded?.bytes;
  if (!bytes || bytes.length > LIMIT) return false;
  const type = encodedType(prepared.datatype).message;
  const chunks: Extent[] = [];
  const messages = readObjectHeader(space, address, chunks);
  const [[, size]] = chunks as [Extent];
  if (chunks.length !== 1) return false;
  let layout: StoredLayout | undefined;
  for (const { type: kind, flags, data } of messages) {
    switch (kind) {
      case MessageType.Dataspace:
        if (!isSame(decodeDataspace(data), prepared.dataspace)) return false;
        break;
      case MessageType.Datatype:
        if (flags & MessageFlag.Shared || data.length !== type.length) return false;
        for (const byte of type) if (data.u8() !== byte) return false;
        break;
      case MessageType.DataLayout:
        layout = decodeStoredLayout(data, bytes.length, undefined);
        break;
      case MessageType.FillValue:
      case MessageType.Nil:
        break;
      default:
        return false;
    }
  }
  if (layout?.kind === 'contiguous' && layout.size === bytes.length && layout.address >= 0) {
    space.write(layout.address, bytes);
    return true;
  }
  if (layout?.kind !== 'compact' || layout.data.length !== bytes.length) return false;
  if (isSameBytes(layout.data, bytes)) return true;
  // The checksum of the header is that of its one chunk; one of version 1 has none.
  const header = headerChunk(space, [address, size]);
  if (!header) return false;
  header.set(bytes, layout.offset - space.superblock.baseAddress - address);
  patch(space, address, header);
  return true;
}

/**
 * Writes elements in the place of those of an attribute in the header of an object, if these are of the same datatype and shape, and no
 * references. What they lead to in the global heap is given back; `elementBytes` puts there what the new ones lead to. Returns whether
 * it did: then the object is what the file has from now on.
 */
export function overwriteAttribute(
  space: EditableSpace,
  heap: GlobalHeapEditor,
  object: LoadedObject,
  name: string,
  { datatype, dataspace, encoded }: Prepared,
  elementBytes: (encoded: Encoded) => Uint8Array,
): boolean {
  const attribute = object.attributes.find((each) => each.name === name);
  if (!attribute || !encoded || hasReferences(datatype)) return false;
  const { length } = encoded.bytes;
  if (!isSame(attribute.dataspace, dataspace) || attribute.data.length !== length) return false;
  const place = placeOf(space, object, attribute.offset);
  // It may be in dense storage, or shared.
  if (place?.message.type !== MessageType.Attribute || place.message.flags & MessageFlag.Shared) return false;
  const stored = attributeHead(place.message.data)?.datatype;
  if (!isSameBytes(stored, encodedType(datatype).message)) return false;
  const elements = place.chunk.subarray(place.at, place.at + length);
  releaseElements(space, heap, datatype, extent(dataspace), elements);
  put(space, object, place, elementBytes(encoded));
  object.replaceAttribute(name, elements);
  return true;
}

/** Of what is the same. */
const NOTHING: Overwriting = { names: [], write: () => {} };

/** An attribute that is to have other elements. */
interface AttributeChange {
  readonly prepared: Prepared;
  readonly encoded: Encoded;
  /** Where its elements are in the header. */
  readonly at: number;
}

/**
 * What gives a group these attributes in the place of those that it has, if that are all of it: the same names, in the same order, of
 * the same datatypes and shapes, without references; no links, no second link that leads to it, and one chunk of header. Undefined
 * otherwise.
 */
export function overwriteAttributes(
  space: EditableSpace,
  heap: GlobalHeapEditor,
  address: number,
  members: readonly NewMember[],
  elementBytes: (encoded: Encoded) => Uint8Array,
): Overwriting | undefined {
  const chunks: Extent[] = [];
  const messages = readObjectHeader(space, address, chunks);
  if (chunks.length !== 1) return undefined;
  const start = address + space.superblock.baseAddress;
  const names: string[] = [];
  const changes: AttributeChange[] = [];
  let next = 0;
  let last = -1;
  for (const { type, flags, order, data } of messages) {
    if (isNoContent(type, data)) continue;
    const member = members[next++];
    if (type !== MessageType.Attribute || flags & MessageFlag.Shared || member?.attribute === undefined)
      return undefined;
    // Without an order there is none to be kept.
    if (order >= 0 && order <= last) return undefined;
    last = order;
    const { name, attribute } = member;
    const head = attributeHead(data);
    if (head?.name !== name) return undefined;
    // A number stays of the type that holds all of them.
    const isFloat = typeof attribute === 'number' && isSameBytes(head.datatype, encodedType(FLOAT64).message);
    const prepared =
      typeof attribute === 'object' ? attribute : prepare(attribute, isFloat ? 'f8' : undefined);
    const { datatype, dataspace, encoded } = prepared;
    if (!encoded || prepared.committed !== undefined || hasReferences(datatype)) return undefined;
    if (!isSameBytes(head.datatype, encodedType(datatype).message) || !isSame(head.dataspace, dataspace))
      return undefined;
    if (data.left !== encoded.bytes.length) return undefined;
    const at = data.offset - start;
    if (hasElements(space, data.raw(data.left), datatype, dataspace, encoded)) continue;
    names.push(name);
    changes.push({ prepared, encoded, at });
  }
  if (next !== members.length) return undefined;
  if (changes.length === 0) return NOTHING;
  const header = headerChunk(space, chunks[0] as Extent);
  if (!header) return undefined;
  const write = (): void => {
    for (const { prepared, encoded, at } of changes) {
      const elements = header.subarray(at, at + encoded.bytes.length);
      releaseElements(space, heap, prepared.datatype, extent(prepared.dataspace), elements);
      elements.set(elementBytes(encoded));
    }
    patch(space, address, header);
  };
  return { names, write };
}

/** Whether a message of a group says nothing of its content: where it would be if it were not in the header. */
function isNoContent(type: number, data: ByteReader): boolean {
  switch (type) {
    case MessageType.GroupInfo:
      return true;
    case MessageType.LinkInfo:
      return decodeLinkInfo(data).fractalHeap === UNDEFINED_ADDRESS;
    case MessageType.AttributeInfo:
      return decodeAttributeInfo(data).fractalHeap === UNDEFINED_ADDRESS;
    default:
      return false;
  }
}

/** Whether an attribute is the same as a new one, as far as can be told without writing that. */
export function isSameAttribute(
  space: EditableSpace,
  there: Attribute | AttributeDraft,
  attribute: Prepared,
): boolean {
  if (typeof there !== 'object' || !('data' in there)) return false;
  const { datatype, dataspace, encoded, committed } = attribute;
  const { datatype: type, data } = there;
  const isAlike = type.class === datatype.class && isSame(there.dataspace, dataspace);
  if (!isAlike || !encoded || data.length !== encoded.bytes.length) return false;
  if (!hasElements(space, data, datatype, dataspace, encoded)) return false;
  return type.committed === committed && isSameBytes(datatypeBytes(type), datatypeBytes(datatype));
}

/** Whether elements are the same as others; of what they lead to, texts alone are looked up. */
function hasElements(
  space: EditableSpace,
  there: Uint8Array,
  datatype: Datatype,
  dataspace: Dataspace,
  { bytes, at, targets }: Encoded,
): boolean {
  if (at.length === 0) return isSameBytes(there, bytes);
  if (datatype.class !== 'variable-length' || !datatype.string || dataspace.dims.length > 0) return false;
  return decode(datatype, there, 1, space.globalHeap)[0] === targets[0];
}

/**
 * Writes all elements of a dataset whose layout is compact in their place in its header. Returns whether it did: then the object is what
 * the file has from now on.
 */
export function overwriteCompact(space: EditableSpace, object: LoadedObject, elements: Uint8Array): boolean {
  const { info } = object;
  if (info.kind !== 'dataset' || info.layout.kind !== 'compact') return false;
  const { layout } = info;
  const place = layout.data.length === elements.length && placeOf(space, object, layout.offset);
  if (!place) return false;
  put(space, object, place, elements);
  const data = place.chunk.subarray(place.at, place.at + elements.length);
  object.info = { ...info, layout: { ...layout, data } };
  return true;
}

/** Where bytes are in the header of an object. */
interface HeaderPlace {
  readonly index: number;
  readonly message: Message;
  /** Where the chunk begins, its bytes, and where in it the bytes are. */
  readonly start: number;
  readonly chunk: Uint8Array<ArrayBuffer>;
  readonly at: number;
}

/** Where the byte at a position of the file is in the header of an object; undefined if it is not, or cannot be changed there. */
function placeOf(space: EditableSpace, object: LoadedObject, position: number): HeaderPlace | undefined {
  const index = object.messages.findIndex(
    ({ data: { base, length } }) => base <= position && position < base + length,
  );
  const message = object.messages[index];
  const address = position - space.superblock.baseAddress;
  const extent = object.chunks.find(([start, size]) => start <= address && address < start + size);
  const chunk = message && extent && headerChunk(space, extent);
  return chunk && { index, message, start: extent[0], chunk, at: address - extent[0] };
}

/** Puts bytes there. */
function put(
  space: EditableSpace,
  object: LoadedObject,
  { index, start, chunk, at }: HeaderPlace,
  bytes: Uint8Array,
): void {
  chunk.set(bytes, at);
  patch(space, start, chunk);
  object.replaceMessage(index, chunk, start + space.superblock.baseAddress);
}

/** Whether two dataspaces are the same, and can be no others. */
function isSame(a: Dataspace, b: Dataspace): boolean {
  return (
    a.kind === b.kind &&
    !a.maxDims &&
    a.dims.length === b.dims.length &&
    a.dims.every((dim, i) => dim === b.dims[i])
  );
}

/** A chunk of an object header, to be changed; undefined if it is of version 1, which has no checksum. */
function headerChunk(space: EditableSpace, [address, size]: Extent): Uint8Array<ArrayBuffer> | undefined {
  const header = space.copy(address, size, 'an object header');
  return header[0] === (OHDR & 0xff) ? header : undefined;
}

/** Writes a chunk of an object header, with its checksum. */
function patch(space: EditableSpace, address: number, header: Uint8Array<ArrayBuffer>): void {
  const end = header.length - 4;
  const view = new DataView(header.buffer);
  view.setUint32(end, lookup3(view, 0, end), true);
  space.write(address, header);
}
