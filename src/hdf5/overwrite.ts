import type { ByteReader } from './byte-reader.js';
import { lookup3 } from './checksum.js';
import { encodedType } from './draft.js';
import type { EditableSpace } from './editable-space.js';
import type { Encoded } from './elements.js';
import type { Extent } from './free-space.js';
import { OHDR } from './header-writer.js';
import type { GlobalHeapEditor } from './indexes/global-heap.js';
import type { LoadedObject } from './loaded-object.js';
import { decodeStoredLayout, type StoredLayout } from './messages/data-layout.js';
import { type Dataspace, decodeDataspace, extent } from './messages/dataspace.js';
import { MessageFlag, MessageType } from './messages/message-type.js';
import { type Message, readObjectHeader } from './object-header.js';
import type { Prepared } from './prepare.js';
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
  // The checksum of the header is that of its one chunk; one of version 1 has none.
  const header = headerChunk(space, [address, size]);
  if (!header) return false;
  patch(space, address, header, layout.offset - space.superblock.baseAddress - address, bytes);
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
  const place = placeOf(space, object, attribute.offset);
  // It may be in dense storage, or shared.
  if (place?.message.type !== MessageType.Attribute || place.message.flags & MessageFlag.Shared) return false;
  const { length } = encoded.bytes;
  const isSameShape = isSame(attribute.dataspace, dataspace) && attribute.data.length === length;
  if (!isSameShape || !hasDatatype(place.message.data, encodedType(datatype).message)) return false;
  const elements = place.chunk.subarray(place.at, place.at + length);
  releaseElements(space, heap, datatype, extent(dataspace), elements);
  put(space, object, place, elementBytes(encoded));
  object.replaceAttribute(name, elements);
  return true;
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
  patch(space, start, chunk, at, bytes);
  object.replaceMessage(index, chunk, start + space.superblock.baseAddress);
}

/** Whether the message of an attribute has a datatype with these bytes. */
function hasDatatype(message: ByteReader, type: Uint8Array): boolean {
  message.position = 0;
  const version = message.u8();
  const isShared = message.u8() !== 0;
  const nameSize = message.u16();
  const size = message.u16();
  // Of version 1, whose parts are padded, and which h5py does not write.
  if (version < 2 || isShared || size !== type.length) return false;
  message.take(2 + (version === 3 ? 1 : 0) + nameSize);
  return type.every((byte) => message.u8() === byte);
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

/** Writes bytes into a chunk of an object header, with its checksum. */
function patch(
  space: EditableSpace,
  address: number,
  header: Uint8Array<ArrayBuffer>,
  at: number,
  bytes: Uint8Array,
): void {
  header.set(bytes, at);
  const end = header.length - 4;
  const view = new DataView(header.buffer);
  view.setUint32(end, lookup3(view, 0, end), true);
  space.write(address, header);
}
