import { UNDEFINED_ADDRESS } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { lookup3 } from './checksum.js';
import type { DatasetStorage } from './dataset-storage.js';
import {
  type AttributeDraft,
  type DatasetDraft,
  type Draft,
  encodedType,
  GroupDraft,
  type LinkDraft,
  sharedType,
} from './draft.js';
import type { EditableMap } from './editable-map.js';
import type { EditableSpace } from './editable-space.js';
import type { Encoded } from './elements.js';
import { setU64 } from './endian.js';
import { COMPACT_LIMIT } from './file-builder.js';
import type { H5Reference } from './h5-reference.js';
import { HeaderWriter, MESSAGE_PREFIX } from './header-writer.js';
import { DenseAttributes, DenseLinks } from './indexes/dense-storage.js';
import { GlobalHeap, type GlobalHeapEditor } from './indexes/global-heap.js';
import type { Attribute } from './messages/attribute.js';
import type { AttributeInfo } from './messages/attribute-info.js';
import { encodeCompactLayout, encodeContiguousLayout } from './messages/data-layout.js';
import { type Dataspace, encodeDataspace, extent, MAX_RANK, SCALAR } from './messages/dataspace.js';
import { BOOLEAN, type Datatype, FLOAT64, INT32, INT64, VARIABLE_STRING } from './messages/datatype.js';
import { encodeFillValue } from './messages/fill-value.js';
import { encodeFilterPipeline } from './messages/filter-pipeline.js';
import { encodeExternalLink, encodeSoftLink, type Link } from './messages/link.js';
import type { LinkInfo } from './messages/link-info.js';
import { MessageFlag, MessageType } from './messages/message-type.js';
import { NumberList } from './number-list.js';

/** More links, or attributes, than this are not kept in a header (libhdf5's default). */
export const MAX_COMPACT = 8;
/** With less than this they go back to it. */
export const MIN_DENSE = 6;
/** Larger values leave no room in a message for a name and a datatype. */
const LARGE_ATTRIBUTE = 40_000;

/** The message of a scalar dataspace, version 2. */
const SCALAR_MESSAGE = /* @__PURE__ */ new Uint8Array([2, 0, 0, 0]);

/** What has an address, or will have one; -1 till then. */
interface Placed {
  address: number;
}

/** A position in a header, or in a message of one, that waits for the address of an object. */
interface Waiting {
  readonly at: number;
  readonly target: Placed;
}

/** What waits for the address of an object. */
interface Unfinished {
  readonly target: Placed;
  /** Sets the address, which is known now. */
  fill(address: number): void;
}

/**
 * Writes new objects to a space, each where there is room for it. An object that others lead to is best written before
 * them; where that cannot be, in cycles, what leads to it is completed by `finish`.
 */
export class ObjectWriter extends HeaderWriter<Placed> {
  readonly #space: EditableSpace;
  readonly #heap: GlobalHeapEditor;

  // The header in `out`.
  #draft: Placed | undefined;
  /** Where its chunks begin and end. */
  readonly #chunks = new NumberList();
  /** Where it holds addresses within itself, counted from its beginning. */
  readonly #continuations = new NumberList();
  /** Where it holds addresses of objects that have none yet. */
  #waiting: Waiting[] = [];
  #unfinished: Unfinished[] = [];
  /** Dense storage that was completed later. */
  readonly #unflushed = new Set<{ flush(): void }>();

  /** A dataspace message on its way into a header. */
  readonly #spaceOut = new ByteWriter(4 + 8 * MAX_RANK);
  #lastSpace = SCALAR;
  #lastSpaceMessage = SCALAR_MESSAGE;

  readonly #bool = encodedType(BOOLEAN).message;
  readonly #int32 = encodedType(INT32).message;
  readonly #int64 = encodedType(INT64).message;
  readonly #float64 = encodedType(FLOAT64).message;
  readonly #text = encodedType(VARIABLE_STRING).message;

  constructor(space: EditableSpace, heap: GlobalHeapEditor) {
    super(new ByteWriter(1 << 12));
    this.#space = space;
    this.#heap = heap;
  }

  // ---- headers --------------------------------------------------------------------------------------

  protected began(draft: Placed): void {
    this.#draft = draft;
  }

  protected addressOf(position: number): number {
    this.#continuations.push(this.out.length);
    return position;
  }

  /** Makes the header a multiple of 8 bytes: less than the prefix of a message is a gap, more is an empty message. */
  protected override fill(): void {
    const { out } = this;
    const missing = -(out.length + 4) & 7;
    if (missing < MESSAGE_PREFIX) {
      out.zeros(missing);
    } else {
      this.beginMessage(MessageType.Nil);
      out.zeros(missing - MESSAGE_PREFIX);
      this.endMessage();
    }
  }

  protected chunkEnded(start: number, end: number, isLast: boolean): void {
    this.#chunks.push(start);
    this.#chunks.push(end);
    if (!isLast) return;
    const { out } = this;
    const draft = this.#draft as Placed;
    const address = this.#space.allocate(out.length);
    draft.address = address;
    for (let i = 0; i < this.#continuations.length; i++) {
      const at = this.#continuations.data[i] as number;
      out.u64At(at, address + out.view.getUint32(at, true));
    }
    if (this.#waiting.length > 0) this.#keep(address);
    else {
      seal(out.view, this.#chunks.data, this.#chunks.length);
      this.#space.write(address, out.finish());
    }
    out.length = 0;
    this.#chunks.length = 0;
    this.#continuations.length = 0;
  }

  /** Keeps the header that is in `out` until all its addresses are known. */
  #keep(address: number): void {
    const bytes = this.out.finish().slice();
    const view = new DataView(bytes.buffer);
    const chunks = this.#chunks.data.slice(0, this.#chunks.length);
    let missing = this.#waiting.length;
    for (const { at, target } of this.#waiting) {
      const fill = (found: number) => {
        setU64(view, at, found);
        if (--missing > 0) return;
        seal(view, chunks, chunks.length);
        this.#space.write(address, bytes);
      };
      this.#unfinished.push({ target, fill });
    }
    this.#waiting = [];
  }

  /** Completes what waited for addresses; of objects that were not written there are none, and zero stands for them. */
  finish(): void {
    for (const { target, fill } of this.#unfinished) fill(Math.max(target.address, 0));
    this.#unfinished = [];
    for (const table of this.#unflushed) table.flush();
    this.#unflushed.clear();
  }

  objectReference(target: Placed | undefined): void {
    const address = target === undefined ? 0 : target.address;
    if (target && address < 0) this.#waiting.push({ at: this.out.length, target });
    this.out.u64(Math.max(address, 0));
  }

  // ---- objects --------------------------------------------------------------------------------------

  write(draft: Draft, linkCount: number): void {
    const { attributes } = draft;
    const isDense = attributes !== undefined && needDenseStorage(attributes);
    const dense = isDense ? this.#denseAttributes(attributes, draft.attributeOrders) : undefined;
    if (draft instanceof GroupDraft) {
      const { links, linkOrders } = draft;
      const count = links?.size ?? 0;
      this.#linkOrder = 0;
      this.#orders = linkOrders;
      // Behind all that it has, of those that come without an order.
      let next = count;
      linkOrders?.forEach((order) => {
        next = Math.max(next, order + 1 + count);
      });
      if (links && count > MAX_COMPACT) {
        this.beginGroup(draft, linkCount, next, this.#denseLinks(links));
      } else {
        this.beginGroup(draft, linkCount, next);
        links?.forEach(this.#link);
      }
    } else {
      this.#dataset(draft, linkCount);
    }
    if (draft.comment) {
      this.beginMessage(MessageType.Comment);
      this.out.raw(draft.comment);
      this.endMessage();
    }
    if (!dense) {
      this.#orders = draft.attributeOrders;
      attributes?.forEach(this.#attribute);
    }
    this.end(dense?.nextCreationOrder, dense);
  }

  /** Writes a committed datatype that no link leads to yet, and returns its address. */
  committedType(datatype: Datatype): number {
    const target: Placed = { address: -1 };
    this.beginHeader(target, 0);
    this.datatype(encodedType(datatype).message, MessageFlag.Constant | MessageFlag.DontShare);
    this.end();
    return target.address;
  }

  /** Puts links into dense storage, and returns where that is. */
  #denseLinks(links: EditableMap<LinkDraft>): LinkInfo {
    const { out } = this;
    const bounds = new NumberList();
    const unfinished: { readonly index: number; readonly waiting: readonly Waiting[] }[] = [];
    this.isLoose = true;
    links.forEach((link, name) => {
      const start = out.length + MESSAGE_PREFIX;
      this.#link(link, name);
      bounds.push(start);
      bounds.push(out.length);
      if (this.#waiting.length === 0) return;
      unfinished.push({ index: bounds.length - 2, waiting: this.#waiting });
      this.#waiting = [];
    });
    this.isLoose = false;
    const dense = DenseLinks.create(this.#space, true);
    dense.load(out.finish(), bounds);
    for (const { index, waiting } of unfinished) {
      const start = bounds.data[index] as number;
      const message = out.bytes.slice(start, bounds.data[index + 1]);
      this.#completeLater(message, start, waiting, () => dense.replace(message), dense);
    }
    out.length = 0;
    dense.flush();
    return dense.info;
  }

  /** Puts attributes into dense storage, and returns where that is. */
  #denseAttributes(
    attributes: EditableMap<AttributeDraft>,
    orders: ReadonlyMap<string, number> | undefined,
  ): AttributeInfo {
    const dense = DenseAttributes.create(this.#space, true, false);
    for (const [name, value] of attributes) {
      this.isLoose = true;
      this.attribute(name, value, 0);
      this.isLoose = false;
      const { message, waiting } = this.#takeMessage();
      dense.add(message, orders?.get(name));
      this.#completeLater(message, MESSAGE_PREFIX, waiting, () => dense.replace(message), dense);
    }
    dense.flush();
    return dense.info;
  }

  /** Sets addresses in a message of dense storage, which began at `start` in `out`, as soon as they are known. */
  #completeLater(
    message: Uint8Array,
    start: number,
    waiting: readonly Waiting[],
    replace: () => void,
    table: { flush(): void },
  ): void {
    if (waiting.length === 0) return;
    const view = new DataView(message.buffer, message.byteOffset);
    for (const { at, target } of waiting) {
      const fill = (found: number) => {
        setU64(view, at - start, found);
        replace();
        this.#unflushed.add(table);
      };
      this.#unfinished.push({ target, fill });
    }
  }

  #linkOrder = 0;
  /** The orders that were asked for, of the links or attributes of the object. */
  #orders: ReadonlyMap<string, number> | undefined;

  readonly #link = (link: LinkDraft, name: string): void => {
    const order = this.#orders?.get(name) ?? this.#linkOrder;
    if (order >= this.#linkOrder) this.#linkOrder = order + 1;
    this.link(name, order, link);
  };

  link(name: string, order: number, link: LinkDraft): void {
    const { kind } = link;
    if (kind !== 'soft' && kind !== 'external') {
      this.hardLink(name, order, link as Draft);
      return;
    }
    this.beginMessage(MessageType.Link);
    if (kind === 'soft') encodeSoftLink(this.out, name, order, link.target);
    else encodeExternalLink(this.out, name, order, link.file, link.target);
    this.endMessage();
  }

  #dataset(draft: DatasetDraft, linkCount: number): void {
    const { type, dataspace, data, at, size, storage } = draft;
    if (storage) {
      this.#storedDataset(draft, storage, linkCount);
      return;
    }
    const space = this.#spaceMessage(dataspace);
    const { out } = this;
    if (data && size > 0 && size <= COMPACT_LIMIT) {
      this.beginDatasetHeader(draft, linkCount, type.message, space, true, type.committed !== undefined);
      encodeCompactLayout(out, size);
      if (data instanceof Uint8Array) out.raw(data, at, size);
      else this.#elements(data);
    } else {
      const address = data && size > 0 ? this.#rawData(data, size) : UNDEFINED_ADDRESS;
      this.beginDatasetHeader(draft, linkCount, type.message, space, false, type.committed !== undefined);
      encodeContiguousLayout(out);
      if (address === UNDEFINED_ADDRESS) out.undefinedAddress();
      else out.u64(address);
      out.u64(size);
    }
    this.endMessage();
  }

  #storedDataset(draft: DatasetDraft, storage: DatasetStorage, linkCount: number): void {
    storage.flush();
    storage.isChanged = false;
    const { out } = this;
    this.beginHeader(draft, linkCount);
    const { message, committed } = draft.type;
    const shared = committed === undefined ? 0 : MessageFlag.Shared;
    this.datatype(message, MessageFlag.Constant | shared);
    const isChunked = storage.chunkDims !== undefined;
    this.beginMessage(MessageType.FillValue);
    encodeFillValue(out, storage.isEarly ? 'early' : isChunked ? 'incremental' : 'late', storage.fillValue);
    this.endMessage();
    if (storage.filters.length > 0) {
      this.beginMessage(MessageType.FilterPipeline);
      encodeFilterPipeline(out, storage.filters);
      this.endMessage();
    }
    if (!isChunked) this.#put(MessageType.Dataspace, this.#spaceMessage(draft.dataspace));
    for (const { type, data } of storage.messages()) this.#put(type, data);
  }

  #put(type: number, data: Uint8Array): void {
    this.beginMessage(type);
    this.out.raw(data);
    this.endMessage();
  }

  /** Writes elements where there is room for them, and returns their address. */
  #rawData(data: Encoded | Uint8Array, size: number): number {
    const address = this.#space.allocate(size);
    if (data instanceof Uint8Array) {
      this.#space.write(address, data);
      return address;
    }
    const bytes = this.#withPointers(data, (position, target) => {
      const fill = (found: number) => {
        const field = new Uint8Array(8);
        setU64(new DataView(field.buffer), 0, found);
        this.#space.write(address + position, field);
      };
      this.#unfinished.push({ target, fill });
    });
    this.#space.write(address, bytes);
    return address;
  }

  readonly #attribute = (value: AttributeDraft, name: string): void =>
    this.attribute(name, value, this.#orders?.get(name));

  attribute(name: string, value: AttributeDraft, order?: number): void {
    const { out } = this;
    switch (typeof value) {
      case 'string':
        this.beginAttribute(name, this.#text, SCALAR_MESSAGE, order);
        this.#textElement(value);
        break;
      case 'boolean':
        this.beginAttribute(name, this.#bool, SCALAR_MESSAGE, order);
        out.u8(value ? 1 : 0);
        break;
      case 'bigint':
        this.beginAttribute(name, this.#int64, SCALAR_MESSAGE, order);
        out.i64(value);
        break;
      case 'number':
        if ((value | 0) === value && !Object.is(value, -0)) {
          this.beginAttribute(name, this.#int32, SCALAR_MESSAGE, order);
          out.i32(value);
        } else {
          this.beginAttribute(name, this.#float64, SCALAR_MESSAGE, order);
          out.f64(value);
        }
        break;
      default: {
        const { datatype, dataspace, encoded, committed } = value;
        const isShared = committed !== undefined;
        const { message } = isShared ? sharedType(datatype, committed) : encodedType(datatype);
        this.beginAttribute(name, message, this.#spaceMessage(dataspace), order, isShared);
        if (encoded) this.#elements(encoded);
      }
    }
    this.endAttribute();
  }

  // ---- messages for headers that stand in the file ------------------------------------------------------

  attributeMessage(name: string, value: AttributeDraft): Uint8Array {
    this.isLoose = true;
    this.attribute(name, value, 0);
    this.isLoose = false;
    return this.#takeMessage().message;
  }

  linkMessage(name: string, order: number, link: LinkDraft | Link): Uint8Array {
    this.link(name, order, link as LinkDraft);
    return this.#takeMessage().message;
  }

  /** The data of the one message in `out`, and what in it waits for addresses: till then, zero stands for them. */
  #takeMessage(): { message: Uint8Array; waiting: readonly Waiting[] } {
    const { out } = this;
    const message = out.bytes.slice(MESSAGE_PREFIX, out.length);
    const waiting = this.#waiting;
    out.length = 0;
    if (waiting.length > 0) this.#waiting = [];
    return { message, waiting };
  }

  #spaceMessage(dataspace: Dataspace): Uint8Array {
    // One after another has the same.
    if (dataspace !== this.#lastSpace) {
      this.#spaceOut.length = 0;
      encodeDataspace(this.#spaceOut, dataspace);
      this.#lastSpace = dataspace;
      this.#lastSpaceMessage = this.#spaceOut.finish();
    }
    return this.#lastSpaceMessage;
  }

  // ---- elements -------------------------------------------------------------------------------------

  #textElement(text: string): void {
    const { out } = this;
    if (text === '') {
      out.zeros(16);
      return;
    }
    const heap = this.#heap;
    out.u32(heap.insertText(text));
    out.u64(heap.address);
    out.u32(heap.index);
  }

  /** Writes elements to `out`. */
  #elements(encoded: Encoded): void {
    const start = this.out.length;
    const bytes = this.#withPointers(encoded, (position, target) =>
      this.#waiting.push({ at: start + position, target }),
    );
    this.out.raw(bytes);
  }

  /** The bytes of elements with their pointers set; `wait` is called with those that have to wait for an address. */
  #withPointers(encoded: Encoded, wait: (position: number, target: Draft) => void): Uint8Array {
    const { at, targets } = encoded;
    if (at.length === 0) return encoded.bytes;
    const bytes = new Uint8Array(encoded.bytes);
    const view = new DataView(bytes.buffer);
    const heap = this.#heap;
    const point = (position: number, count: number): void => {
      view.setUint32(position, count, true);
      setU64(view, position + 4, heap.address);
      view.setUint32(position + 12, heap.index, true);
    };
    for (let i = 0; i < at.length; i++) {
      const position = at[i] as number;
      const target = targets[i] as Encoded['targets'][number];
      if (typeof target === 'string') {
        if (target !== '') point(position, heap.insertText(target));
      } else if ('data' in target) {
        if (target.isRegion) {
          this.#sequence(target.data, 1);
          setU64(view, position, heap.address);
          view.setUint32(position + 8, heap.index, true);
        } else if (target.count > 0) point(position, this.#sequence(target.data, target.count));
      } else {
        const { address, draft } = referenced(target);
        setU64(view, position, address);
        if (draft) wait(position, draft);
      }
    }
    return bytes;
  }

  /** The bytes of elements, with what they lead to written. What has no address by now is not in the file. */
  elementBytes(encoded: Encoded): Uint8Array {
    return this.#withPointers(encoded, () => {});
  }

  /** Puts a sequence into the heap, and returns the number of its elements. */
  #sequence(data: Encoded, count: number): number {
    const waiting: { position: number; target: Draft }[] = [];
    // What is within comes first: the heap remembers where its last object is.
    const bytes = this.#withPointers(data, (position, target) => waiting.push({ position, target }));
    const heap = this.#heap;
    heap.insert(bytes.length);
    heap.bytes.set(bytes, heap.position);
    const { address, index } = heap;
    for (const { position, target } of waiting) {
      const fill = (found: number) => {
        const object = heap.object(address, index);
        setU64(new DataView(object.buffer, object.byteOffset), position, found);
      };
      this.#unfinished.push({ target, fill });
    }
    return count;
  }
}

/** Whether attributes are too many, or one of them too large, for an object header. */
export function needDenseStorage(attributes: EditableMap<AttributeDraft | Attribute>): boolean {
  if (attributes.size > MAX_COMPACT) return true;
  return attributes.some(isLarge);
}

function isLarge(value: AttributeDraft | Attribute): boolean {
  return typeof value === 'object' && extent(value.dataspace) * value.datatype.size > LARGE_ATTRIBUTE;
}

/** The address that a reference is stored as, or the object that has none yet. */
function referenced(reference: H5Reference): { address: number; draft?: Draft } {
  const { address, target } = reference;
  if (!target || target instanceof GlobalHeap) return { address };
  const draft = target as Draft;
  return draft.address < 0 ? { address: 0, draft } : { address: draft.address };
}

/** Writes the checksums of chunks, given where each begins and ends. */
function seal(view: DataView, chunks: Float64Array, length: number): void {
  for (let i = 0; i < length; i += 2) {
    const end = chunks[i + 1] as number;
    view.setUint32(end, lookup3(view, chunks[i] as number, end), true);
  }
}
