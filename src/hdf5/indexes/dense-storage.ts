import { H5FeatureError, H5FormatError, H5PathError, H5TypeError } from '../../errors.js';
import { ByteReader, UNDEFINED_ADDRESS } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { lookup3 } from '../checksum.js';
import type { EditableSpace } from '../editable-space.js';
import type { FileSpace } from '../file-space.js';
import type { LinkIndex, LinkSequence } from '../link-table.js';
import { type Attribute, decodeAttribute } from '../messages/attribute.js';
import type { AttributeInfo } from '../messages/attribute-info.js';
import type { Datatype } from '../messages/datatype.js';
import {
  decodeHardAddress,
  decodeLink,
  decodeLinkPrefix,
  encodeExternalLink,
  encodeHardLink,
  encodeSoftLink,
  type Link,
} from '../messages/link.js';
import type { LinkInfo } from '../messages/link-info.js';
import { MessageFlag } from '../messages/message-type.js';
import type { NumberList } from '../number-list.js';
import { decodeUtf8 } from '../text.js';
import {
  BtreeV2,
  type BtreeV2Compare,
  BtreeV2Editor,
  BtreeV2Type,
  type BtreeV2Visit,
  checkExtent,
  putUint,
  readBtreeV2,
} from './btree-v2.js';
import {
  ATTRIBUTE_HEAP,
  type FractalHeap,
  FractalHeapEditor,
  type FractalHeapParameters,
  LINK_HEAP,
  readFractalHeap,
} from './fractal-heap.js';
import type { Meter } from './meter.js';

/**
 * The links of a group that are too many for its header: link messages in a fractal heap, which a B-tree finds by
 * the hash of their name, and another one by creation order, where there is one (records of type 5 and 6).
 */
export function readDenseLinks(space: FileSpace, info: LinkInfo, meter: Meter): Link[] {
  const heap = readFractalHeap(space, info.fractalHeap, meter);
  const ordered = info.orderIndex !== UNDEFINED_ADDRESS;
  const index = ordered ? info.orderIndex : info.nameIndex;
  const type = ordered ? BtreeV2Type.LinksByOrder : BtreeV2Type.LinksByName;
  const keySize = ordered ? 8 : 4;
  const links: Link[] = [];
  readBtreeV2(space, index, type, keySize + heap.idSize, meter, (record) => {
    record.take(keySize);
    const link = decodeLink(heap.get(record));
    if (link) links.push(link);
  });
  return links;
}

/** Finds links in dense storage by their names. Of the index and the heap only what that needs is read. */
export class DenseLinkIndex implements LinkIndex {
  readonly #space: FileSpace;
  readonly #info: LinkInfo;
  readonly #names: BtreeV2;
  #orders: BtreeV2 | undefined;
  readonly #heap: FractalHeap;
  // What is looked for, and a name of the same hash.
  #name = '';
  #hash = 0;
  readonly #key = new ByteWriter(64);
  readonly #other = new ByteWriter(64);
  #found: Link | undefined;

  constructor(space: FileSpace, info: LinkInfo) {
    this.#space = space;
    this.#info = info;
    // A search reads one path of the index, and what stands at its end.
    this.#heap = readFractalHeap(space, info.fractalHeap, () => {}, false);
    const { idSize } = this.#heap;
    this.#names = BtreeV2.open(space, info.nameIndex, BtreeV2Type.LinksByName, LINKS.nameIdAt + idSize);
  }

  get size(): number {
    return this.#names.size;
  }

  get next(): number {
    return this.#info.nextCreationOrder;
  }

  get(name: string): Link | undefined {
    const key = this.#key;
    key.length = 0;
    key.utf8(name);
    this.#name = name;
    this.#hash = lookup3(key.view, 0, key.length);
    return this.#names.seek(this.#compare) ? this.#found : undefined;
  }

  inOrder(): LinkSequence | undefined {
    const orders = this.#byOrder();
    return orders && new DenseLinkSequence(this.#space, orders, this.#heap);
  }

  eachInOrder(visit: (link: Link) => boolean): boolean {
    const orders = this.#byOrder();
    if (!orders) return false;
    const { idSize } = this.#heap;
    const { orderIdAt } = LINKS;
    const { offsetSize, lengthSize } = this.#space.superblock;
    orders.visit((records, at) => {
      const id = new ByteReader(records, 0, offsetSize, lengthSize, at + orderIdAt, idSize);
      const link = decodeLink(this.#heap.get(id));
      return !link || visit(link);
    });
    return true;
  }

  /** The index by creation order; undefined where there is none. */
  #byOrder(): BtreeV2 | undefined {
    const { orderIndex } = this.#info;
    if (orderIndex === UNDEFINED_ADDRESS) return undefined;
    const recordSize = LINKS.orderIdAt + this.#heap.idSize;
    this.#orders ??= BtreeV2.open(this.#space, orderIndex, BtreeV2Type.LinksByOrder, recordSize);
    return this.#orders;
  }

  readonly #compare: BtreeV2Compare = (records, at) => {
    const hash = u32(records, at + LINKS.hashAt);
    if (hash !== this.#hash) return this.#hash < hash ? -1 : 1;
    const id = at + LINKS.nameIdAt;
    const { offsetSize, lengthSize } = this.#space.superblock;
    const bytes = records.subarray(id, id + this.#heap.idSize);
    const message = this.#heap.get(new ByteReader(bytes, 0, offsetSize, lengthSize));
    const prefix = decodeLinkPrefix(message);
    this.#found = decodeLink(message, prefix);
    if (prefix.name === this.#name) return 0;
    const other = this.#other;
    other.length = 0;
    other.utf8(prefix.name);
    return compareBytes(this.#key.finish(), other.finish());
  };
}

/** Links in dense storage by the index of their creation order, which is read as a whole: it says where each link is. */
class DenseLinkSequence implements LinkSequence {
  readonly length: number;
  readonly #space: FileSpace;
  readonly #heap: FractalHeap;
  /** The IDs of the links in the heap, one after another. */
  readonly #ids: Uint8Array;

  constructor(space: FileSpace, orders: BtreeV2, heap: FractalHeap) {
    const { idSize } = heap;
    const { orderIdAt } = LINKS;
    const { size } = orders;
    checkExtent(space, 0, size * (orderIdAt + idSize), 'an index of links');
    const ids = new Uint8Array(size * idSize);
    let to = 0;
    orders.visit((records, at) => {
      for (let i = 0; i < idSize; i++) ids[to++] = records[at + orderIdAt + i] as number;
    });
    this.length = size;
    this.#space = space;
    this.#heap = heap;
    this.#ids = ids;
  }

  at(place: number): Link | undefined {
    return decodeLink(this.#message(place));
  }

  addressAt(place: number): number {
    return decodeHardAddress(this.#message(place));
  }

  #message(place: number): ByteReader {
    const { offsetSize, lengthSize } = this.#space.superblock;
    const { idSize, get } = this.#heap;
    return get(new ByteReader(this.#ids, 0, offsetSize, lengthSize, place * idSize, idSize));
  }
}

/**
 * The same for attributes, whose creation orders stand in the records of the index by name (of type 8). The other index is
 * not asked: when libhdf5 renames an attribute, as h5py does to replace one, it takes its record out of there (H5Adense.c).
 */
export function readDenseAttributes(
  space: FileSpace,
  info: AttributeInfo,
  resolve: (shared: ByteReader) => Datatype,
  meter: Meter,
): Attribute[] {
  const heap = readFractalHeap(space, info.fractalHeap, meter);
  const { creationOrderTracked, nameIndex } = info;
  const attributes: Attribute[] = [];
  readBtreeV2(space, nameIndex, BtreeV2Type.AttributesByName, heap.idSize + 9, meter, (record) => {
    const id = record.block(heap.idSize);
    // The ID of a shared one is that of another heap.
    if (record.u8() & MessageFlag.Shared) throw new H5FeatureError('a shared attribute');
    const order = record.u32();
    attributes.push(decodeAttribute(heap.get(id), creationOrderTracked ? order : -1, resolve));
  });
  return attributes.sort((a, b) => a.order - b.order);
}

/** Nodes of the indexes: H5Gdense.c, H5Adense.c. */
const NODE_SIZE = 512;
/** What stands for a creation order in records of attributes whose order is not tracked (H5Opkg.h). */
const NO_ORDER = 65535;

/** Flags of a link message: a creation order, a type and a character set stand before the length of the name. */
const LINK_ORDER = 4;
const LINK_TYPE = 8;
const LINK_CHARSET = 16;

/** How records of the indexes are laid out: where in one the parts begin. */
interface Layout {
  readonly what: string;
  readonly heap: FractalHeapParameters;
  readonly nameType: number;
  readonly nameSize: number;
  readonly hashAt: number;
  readonly nameIdAt: number;
  readonly orderType: number;
  readonly orderSize: number;
  readonly orderAt: number;
  readonly orderBytes: number;
  readonly orderIdAt: number;
}

/** Records of type 5: hash, ID; of type 6: creation order, ID. */
const LINKS: Layout = {
  what: 'link',
  heap: LINK_HEAP,
  nameType: BtreeV2Type.LinksByName,
  nameSize: 11,
  hashAt: 0,
  nameIdAt: 4,
  orderType: BtreeV2Type.LinksByOrder,
  orderSize: 15,
  orderAt: 0,
  orderBytes: 8,
  orderIdAt: 8,
};

/** Records of type 8: ID, message flags, creation order, hash; of type 9: the same without the hash. */
const ATTRIBUTES: Layout = {
  what: 'attribute',
  heap: ATTRIBUTE_HEAP,
  nameType: BtreeV2Type.AttributesByName,
  nameSize: 17,
  hashAt: 13,
  nameIdAt: 0,
  orderType: BtreeV2Type.AttributesByOrder,
  orderSize: 13,
  orderAt: 9,
  orderBytes: 4,
  orderIdAt: 0,
};
const ATTRIBUTE_FLAGS_AT = 8;
const ATTRIBUTE_ORDER_AT = 9;

/** Where the tables of an object are: a Link Info or an Attribute Info message. */
interface TableInfo {
  readonly creationOrderTracked: boolean;
  readonly nextCreationOrder: number;
  readonly fractalHeap: number;
  readonly nameIndex: number;
  readonly orderIndex: number;
}

/** In which order a table is gone through. */
export type DenseOrder = 'order' | 'name';

/** Encoded messages in a heap, found by their name and, where there is an index for it, by their creation order. */
abstract class DenseTable {
  protected readonly space: EditableSpace;
  protected readonly heap: FractalHeapEditor;
  readonly #layout: Layout;
  readonly #hashAt: number;
  readonly #names: BtreeV2Editor;
  readonly #orders: BtreeV2Editor | undefined;
  readonly #tracked: boolean;
  protected nextOrder: number;
  /** The creation orders that there are, if they are not indexed and have been asked for. */
  #knownOrders: Set<number> | undefined;

  // What is looked for: the UTF-8 of a name and its hash; a creation order as two numbers.
  readonly #key = new ByteWriter(64);
  #hash = 0;
  #orderLow = 0;
  #orderHigh = 0;
  readonly #byName: BtreeV2Compare;
  readonly #byOrder: BtreeV2Compare;
  /** Where in the heap's bytes the name of the message is that was looked at last. */
  protected nameAt = 0;
  protected nameLength = 0;

  protected constructor(space: EditableSpace, layout: Layout, info: TableInfo) {
    this.space = space;
    this.#layout = layout;
    this.#hashAt = layout.hashAt;
    const { heap, nameType, nameSize, orderType, orderSize } = layout;
    const { creationOrderTracked, nextCreationOrder, fractalHeap, nameIndex, orderIndex } = info;
    this.#tracked = creationOrderTracked;
    this.nextOrder = nextCreationOrder;
    this.heap = FractalHeapEditor.open(space, fractalHeap);
    if (this.heap.idSize !== heap.idSize) {
      const position = space.superblock.baseAddress + fractalHeap;
      throw new H5FormatError(position, `a heap of ${layout.what}s with IDs of ${this.heap.idSize} bytes`);
    }
    this.#names = BtreeV2Editor.open(space, nameIndex, nameType, nameSize);
    this.#orders =
      orderIndex === UNDEFINED_ADDRESS
        ? undefined
        : BtreeV2Editor.open(space, orderIndex, orderType, orderSize);
    // One function each for all searches: a new one each time would be slower.
    this.#byName = (records, at) => this.#compareName(records, at);
    this.#byOrder = (records, at) => this.#compareOrder(records, at);
  }

  /** Sets `nameAt` and `nameLength` for the message that the heap has just found. */
  protected abstract findName(): void;

  /** The number of entries. */
  get size(): number {
    return this.#names.size;
  }

  /** Whether there is an entry of this name. */
  has(name: string): boolean {
    return this.seek(name);
  }

  /** Whether an entry has a creation order. Where there is no index that says so, all are looked at the first time. */
  hasOrder(order: number): boolean {
    if (!this.#tracked) return false;
    this.#seekOrder(order);
    if (this.#orders) return this.#orders.seek(this.#byOrder);
    if (!this.#knownOrders) {
      const known = new Set<number>();
      this.visitAll('name', (records, at) => {
        known.add(this.orderOf(records, at));
      });
      this.#knownOrders = known;
    }
    return this.#knownOrders.has(order);
  }

  /** The encoded message of a name, to keep. */
  message(name: string): Uint8Array | undefined {
    if (!this.seek(name)) return undefined;
    const { bytes, start, length } = this.heap;
    return bytes.slice(start, start + length);
  }

  /** Takes the entry of a name out. Returns false if there is none. */
  delete(name: string): boolean {
    if (!this.seek(name)) return false;
    const { nameIdAt, what } = this.#layout;
    const { records, at } = this.#names;
    this.#knownOrders?.delete(this.orderOf(records, at));
    if (this.#orders) {
      // If the record of the order is not there, nothing is changed.
      this.#seekOrder(this.orderOf(records, at));
      if (!this.#orders.delete(this.#byOrder)) this.#missing(what);
    }
    const id = records.slice(at + nameIdAt, at + nameIdAt + this.heap.idSize);
    this.#names.delete(this.#byName);
    this.heap.delete(id);
    return true;
  }

  /**
   * Adds what the index by creation order lacks: libhdf5 takes the record of an attribute that it renames out of it, and
   * can then delete neither that attribute nor the object. The record is the beginning of that in the index by name.
   */
  protected completeOrders(): void {
    const orders = this.#orders;
    if (!orders || orders.size >= this.#names.size) return;
    const lost: Uint8Array[] = [];
    this.#names.visit((records, at) => {
      this.#seekOrder(this.orderOf(records, at));
      if (!orders.seek(this.#byOrder)) lost.push(records.slice(at, at + this.#layout.orderSize));
    });
    for (const record of lost) {
      this.#seekOrder(this.orderOf(record, 0));
      orders.insert(record, this.#byOrder);
    }
  }

  /** Writes what has changed. Afterwards `info` is what the message in the object header is to say. */
  flush(): void {
    this.heap.flush();
    this.#names.flush();
    this.#orders?.flush();
  }

  /** Gives all space back: that of the heap and of the indexes. The table is of no use afterwards. */
  free(): void {
    this.heap.free();
    this.#names.free();
    this.#orders?.free();
  }

  protected get tableInfo(): TableInfo {
    return {
      creationOrderTracked: this.#tracked,
      nextCreationOrder: this.nextOrder,
      fractalHeap: this.heap.address,
      nameIndex: this.#names.address,
      orderIndex: this.#orders ? this.#orders.address : UNDEFINED_ADDRESS,
    };
  }

  protected fail(message: string): never {
    throw new H5FormatError(this.space.superblock.baseAddress + this.heap.address, message);
  }

  /** Whether creation orders are stored. */
  protected get isTracked(): boolean {
    return this.#tracked;
  }

  /**
   * The creation order of the entry whose record in an index begins at `at`. The heap has found its message, and the
   * name in it.
   */
  protected abstract orderOf(records: Uint8Array, at: number): number;

  /** Throws an H5FeatureError if the message of the record at a position is not in this heap. */
  protected checkRecord(_records: Uint8Array, _at: number): void {}

  /** Finds a name: the record in the index by name, the message in the heap, and the name in that. */
  protected seek(name: string): boolean {
    this.#seekKey(name);
    return this.#names.seek(this.#byName);
  }

  /** The creation order of what the last call of `seek` found. */
  protected get foundOrder(): number {
    return this.orderOf(this.#names.records, this.#names.at);
  }

  /** Adds a message. The records are filled by the caller, but for the hash and the ID. */
  protected addMessage(
    message: Uint8Array,
    order: number,
    nameRecord: Uint8Array,
    orderRecord: Uint8Array,
  ): void {
    const { hashAt, nameIdAt, orderIdAt, what } = this.#layout;
    const { heap } = this;
    this.#seekKeyOf(message);
    heap.insert(message, nameRecord, nameIdAt);
    putUint(nameRecord, hashAt, this.#hash, 4);
    if (!this.#names.insert(nameRecord, this.#byName)) {
      heap.delete(nameRecord, nameIdAt);
      const name = decodeUtf8(this.#key.finish());
      throw new H5PathError('H5_EXISTS', name, `there is a ${what} "${name}" already: delete or replace it`);
    }
    if (this.#orders) {
      for (let i = 0; i < heap.idSize; i++) orderRecord[orderIdAt + i] = nameRecord[nameIdAt + i] as number;
      this.#seekOrder(order);
      if (!this.#orders.insert(orderRecord, this.#byOrder)) {
        this.#names.delete(this.#byName);
        heap.delete(nameRecord, nameIdAt);
        throw new H5TypeError(`two ${what}s of one object have the creation order ${order}`);
      }
    }
    this.#knownOrders?.add(order);
    if (this.#tracked && order >= this.nextOrder) this.nextOrder = order + 1;
  }

  /** Puts a message in the place of that of the same name. Returns false if there is none. */
  protected replaceMessage(message: Uint8Array): boolean {
    const { nameIdAt, orderIdAt, nameSize, what } = this.#layout;
    const { heap } = this;
    this.#seekKeyOf(message);
    if (!this.#names.seek(this.#byName)) return false;
    const { records, at } = this.#names;
    const record = records.slice(at, at + nameSize);
    const old = record.slice(nameIdAt, nameIdAt + heap.idSize);
    let orderRecord: Uint8Array | undefined;
    if (this.#orders) {
      this.#seekOrder(this.orderOf(records, at));
      orderRecord = this.#orders.find(this.#byOrder)?.slice() ?? this.#missing(what);
    }
    if (heap.overwrite(old, message)) return true;
    // Names are compared with those in the heap, so that the old message must be there until the records are changed.
    heap.insert(message, record, nameIdAt);
    this.#names.update(record, this.#byName);
    if (orderRecord) {
      orderRecord.set(record.subarray(nameIdAt, nameIdAt + heap.idSize), orderIdAt);
      this.#orders?.update(orderRecord, this.#byOrder);
    }
    heap.delete(old);
    return true;
  }

  /**
   * Adds many messages to a table without any: parts of `bytes`, of which `bounds` says where each begins and ends. They
   * are in their creation order. The records of the indexes hold nothing but a key and an ID.
   */
  protected loadMessages(bytes: Uint8Array, bounds: NumberList): void {
    const { nameSize, hashAt, nameIdAt, orderSize, orderAt, orderBytes, orderIdAt, what } = this.#layout;
    const { heap } = this;
    const { idSize } = heap;
    const count = bounds.length / 2;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const ids = new Uint8Array(count * idSize);
    const hashes = new Uint32Array(count);
    const names = new Uint32Array(2 * count);
    const orders = new Uint8Array(this.#orders ? count * orderSize : 0);
    let last = -1;
    for (let i = 0; i < count; i++) {
      const start = bounds.data[2 * i] as number;
      heap.bytes = bytes;
      heap.start = start;
      heap.length = (bounds.data[2 * i + 1] as number) - start;
      this.findName();
      const { nameAt, nameLength } = this;
      hashes[i] = lookup3(view, nameAt, nameAt + nameLength);
      names[2 * i] = nameAt;
      names[2 * i + 1] = nameAt + nameLength;
      if (this.#tracked) {
        const order = this.orderOf(bytes, 0);
        if (order <= last) throw new H5TypeError(`a ${what} with the creation order ${order} behind others`);
        last = order;
        if (this.#orders) putUint(orders, i * orderSize + orderAt, order, orderBytes);
      }
      heap.insert(bytes, ids, i * idSize, start, heap.length);
    }
    const sorted = sortedByHash(hashes);
    const nameOf = (i: number) => bytes.subarray(names[2 * i], names[2 * i + 1]);
    orderEqualHashes(sorted, hashes, (a, b) => compareBytes(nameOf(a), nameOf(b)));
    const records = new Uint8Array(count * nameSize);
    for (let k = 0; k < count; k++) {
      const i = sorted[k] as number;
      const at = k * nameSize;
      const hash = hashes[i] as number;
      records[at + hashAt] = hash;
      records[at + hashAt + 1] = hash >> 8;
      records[at + hashAt + 2] = hash >> 16;
      records[at + hashAt + 3] = hash >>> 24;
      for (let n = 0; n < idSize; n++) records[at + nameIdAt + n] = ids[i * idSize + n] as number;
    }
    this.#names.fill(records);
    if (this.#orders) {
      for (let i = 0; i < count; i++)
        for (let n = 0; n < idSize; n++)
          orders[i * orderSize + orderIdAt + n] = ids[i * idSize + n] as number;
      this.#orders.fill(orders);
    }
    this.#knownOrders = undefined;
    this.nextOrder = Math.max(this.nextOrder, last + 1);
  }

  #missing(what: string): never {
    this.fail(`a ${what} that the index by creation order does not have`);
  }

  /** Finds each message in the heap, and the name in it, in an order, and calls back with its record in an index. */
  protected visitAll(by: DenseOrder, visit: BtreeV2Visit): void {
    const { nameIdAt, orderIdAt, nameSize } = this.#layout;
    const orders = by === 'order' ? this.#orders : undefined;
    const idAt = orders ? orderIdAt : nameIdAt;
    const see: BtreeV2Visit = (records, at) => {
      this.checkRecord(records, at);
      this.heap.seek(records, at + idAt);
      this.findName();
      return visit(records, at);
    };
    if (orders || by === 'name' || !this.#tracked) {
      (orders ?? this.#names).visit(see);
      return;
    }
    // Without an index the orders are put in order here.
    const all: { record: Uint8Array; order: number }[] = [];
    this.#names.visit((records, at) => {
      this.checkRecord(records, at);
      this.heap.seek(records, at + nameIdAt);
      this.findName();
      all.push({ record: records.slice(at, at + nameSize), order: this.orderOf(records, at) });
    });
    all.sort((a, b) => a.order - b.order);
    for (const { record } of all) if (see(record, 0) === false) break;
  }

  #seekKey(name: string): void {
    const key = this.#key;
    key.length = 0;
    key.utf8(name);
    this.#hash = lookup3(key.view, 0, key.length);
  }

  /** Sets `nameAt` and `nameLength` for a message that is not in the heap yet. */
  protected findNameIn(message: Uint8Array): void {
    const { heap } = this;
    heap.bytes = message;
    heap.start = 0;
    heap.length = message.length;
    this.findName();
  }

  /** The name in a message is what is looked for. */
  #seekKeyOf(message: Uint8Array): void {
    this.findNameIn(message);
    const key = this.#key;
    key.length = 0;
    key.raw(message, this.nameAt, this.nameLength);
    this.#hash = lookup3(key.view, 0, key.length);
  }

  #seekOrder(order: number): void {
    this.#orderLow = order >>> 0;
    this.#orderHigh = Math.floor(order / 0x100000000);
  }

  /** Names of the same hash are in the order of their bytes (H5G_dense_btree2_name_compare). */
  #compareName(records: Uint8Array, at: number): number {
    const hash = u32(records, at + this.#hashAt);
    const wanted = this.#hash;
    if (hash !== wanted) return wanted < hash ? -1 : 1;
    this.checkRecord(records, at);
    const { heap } = this;
    heap.seek(records, at + this.#layout.nameIdAt);
    this.findName();
    const { bytes, length } = this.#key;
    const { nameAt, nameLength } = this;
    const found = heap.bytes;
    const common = Math.min(length, nameLength);
    for (let i = 0; i < common; i++) {
      const order = (bytes[i] as number) - (found[nameAt + i] as number);
      if (order !== 0) return order;
    }
    return length - nameLength;
  }

  #compareOrder(records: Uint8Array, at: number): number {
    const { orderAt, orderBytes } = this.#layout;
    if (orderBytes > 4) {
      const high = u32(records, at + orderAt + 4);
      if (high !== this.#orderHigh) return this.#orderHigh < high ? -1 : 1;
    }
    const low = u32(records, at + orderAt);
    if (low === this.#orderLow) return 0;
    return this.#orderLow < low ? -1 : 1;
  }
}

/**
 * The links of a group in dense storage, to be changed. Changes are kept in memory until `flush` writes them.
 *
 * @example
 * const links = DenseLinks.create(space, true);
 * links.add({ kind: 'soft', name: 'here', order: -1, target: '/there' });
 * links.flush();
 * links.info; // for the Link Info message
 */
export class DenseLinks extends DenseTable implements LinkIndex {
  readonly #out = new ByteWriter(256);
  readonly #nameRecord = new Uint8Array(LINKS.nameSize);
  readonly #orderRecord = new Uint8Array(LINKS.orderSize);
  /** The creation order in the message that was looked at last. */
  #messageOrder = -1;

  /**
   * No links yet. `tracked`: they have a creation order, from `nextCreationOrder` on; `indexed`: there is an index by that.
   */
  static create(
    space: EditableSpace,
    tracked: boolean,
    indexed = tracked,
    nextCreationOrder = 0,
  ): DenseLinks {
    return new DenseLinks(space, LINKS, makeTable(space, LINKS, tracked, indexed, nextCreationOrder));
  }

  /** Those of a file. Throws an H5FormatError if they are damaged, as far as they are read here. */
  static open(space: EditableSpace, info: LinkInfo): DenseLinks {
    return new DenseLinks(space, LINKS, info);
  }

  /** What the Link Info message is to say. */
  get info(): LinkInfo {
    return this.tableInfo;
  }

  /** The link of a name. A user-defined link, which only the program that made it knows, is undefined as well: see `has`. */
  get(name: string): Link | undefined {
    return this.seek(name) ? decodeLink(this.#reader()) : undefined;
  }

  /**
   * Adds a link, or an encoded link message. Where creation orders are tracked, a link whose order is -1 gets the next
   * one, and a message must have one. Returns the order, -1 where it is not tracked. Throws an H5PathError if there is a
   * link of that name, and an H5TypeError if a link has the same order.
   */
  add(link: Link | Uint8Array): number {
    const message = this.#messageOf(link, this.nextOrder);
    const order = this.#checkOrder(message);
    if (order >= 0) putUint(this.#orderRecord, LINKS.orderAt, order, LINKS.orderBytes);
    this.addMessage(message, order, this.#nameRecord, this.#orderRecord);
    return order;
  }

  /**
   * Adds many links at once where there are none: encoded link messages in `bytes`, of which `bounds` says where each begins
   * and ends, in their creation order.
   */
  load(bytes: Uint8Array, bounds: NumberList): void {
    this.loadMessages(bytes, bounds);
  }

  /**
   * Puts a link in the place of that of the same name. The creation order stays: that of the new link must be the same,
   * or -1 in a link that is not encoded. Returns false if there is no link of that name.
   */
  replace(link: Link | Uint8Array): boolean {
    const name = link instanceof Uint8Array ? this.#nameOf(link) : link.name;
    if (!this.seek(name)) return false;
    const order = this.isTracked ? this.foundOrder : -1;
    const message = this.#messageOf(link, order);
    if (this.#checkOrder(message) !== order)
      throw new H5TypeError(`the creation order of the link "${name}", ${order}, cannot be changed`);
    return this.replaceMessage(message);
  }

  /**
   * Visits the encoded link messages, by creation order as far as that is tracked, or by the hash of the name. A message
   * must not be kept, and the table not be changed meanwhile.
   */
  visit(visit: (message: Uint8Array) => void, by: DenseOrder = 'order'): void {
    const { heap } = this;
    this.visitAll(by, () => visit(heap.bytes.subarray(heap.start, heap.start + heap.length)));
  }

  /** The creation order that the next link gets. */
  get next(): number {
    return this.nextOrder;
  }

  eachInOrder(visit: (link: Link) => boolean): boolean {
    if (this.info.orderIndex === UNDEFINED_ADDRESS) return false;
    this.visitAll('order', () => {
      const link = decodeLink(this.#reader());
      return !link || visit(link);
    });
    return true;
  }

  /** All links except user-defined ones, in the same orders. */
  list(by: DenseOrder = 'order'): Link[] {
    const links: Link[] = [];
    this.visitAll(by, () => {
      const link = decodeLink(this.#reader());
      if (link) links.push(link);
    });
    return links;
  }

  protected override findName(): void {
    const { bytes, start, length } = this.heap;
    const end = start + length;
    const flags = length > 1 ? (bytes[start + 1] as number) : 0;
    let at = start + 2 + (flags & LINK_TYPE ? 1 : 0);
    this.#messageOrder = -1;
    if (flags & LINK_ORDER) {
      if (at + 8 <= end) this.#messageOrder = u32(bytes, at) + u32(bytes, at + 4) * 0x100000000;
      at += 8;
    }
    if (flags & LINK_CHARSET) at++;
    const size = 1 << (flags & 3);
    let nameLength = 0;
    for (let i = size - 1; i >= 0; i--) nameLength = nameLength * 256 + (bytes[at + i] ?? 0);
    at += size;
    if (bytes[start] !== 1 || at + nameLength > end) this.fail('a link message with a wrong name');
    this.nameAt = at;
    this.nameLength = nameLength;
  }

  protected override orderOf(): number {
    if (this.isTracked && this.#messageOrder < 0) this.fail('a link message without a creation order');
    return this.#messageOrder;
  }

  #reader(): ByteReader {
    const { bytes, start, length } = this.heap;
    const { offsetSize, lengthSize } = this.space.superblock;
    return new ByteReader(bytes.subarray(start, start + length), 0, offsetSize, lengthSize);
  }

  /** An encoded message: of a link without an order, with the one that is given. */
  #messageOf(link: Link | Uint8Array, otherwise: number): Uint8Array {
    if (link instanceof Uint8Array) return link;
    const { name } = link;
    const out = this.#out;
    out.length = 0;
    const order = !this.isTracked ? -1 : link.order >= 0 ? link.order : otherwise;
    if (link.kind === 'soft') encodeSoftLink(out, name, order, link.target);
    else if (link.kind === 'external') encodeExternalLink(out, name, order, link.file, link.target);
    else {
      encodeHardLink(out, name, order);
      const { offsetSize } = this.space.superblock;
      out.zeros(offsetSize);
      putUint(out.bytes, out.length - offsetSize, link.address, offsetSize);
    }
    return out.finish();
  }

  /** The creation order in a message, which has one if and only if it is tracked. */
  #checkOrder(message: Uint8Array): number {
    this.findNameIn(message);
    const order = this.#messageOrder;
    if (order >= 0 === this.isTracked) return order;
    throw new H5TypeError(
      this.isTracked
        ? 'a link message without a creation order, in a group that tracks it'
        : 'a link message with a creation order, in a group that does not track it',
    );
  }

  #nameOf(message: Uint8Array): string {
    this.findNameIn(message);
    return decodeUtf8(message.subarray(this.nameAt, this.nameAt + this.nameLength));
  }
}

/**
 * The attributes of an object in dense storage, to be changed: encoded attribute messages. Changes are kept in memory until
 * `flush` writes them.
 *
 * @example
 * const attributes = DenseAttributes.open(space, info);
 * attributes.add(message);
 * attributes.flush();
 */
export class DenseAttributes extends DenseTable {
  /**
   * No attributes yet. `tracked`: they have a creation order, from `nextCreationOrder` on; `indexed`: there is an index by
   * that.
   */
  static create(
    space: EditableSpace,
    tracked: boolean,
    indexed: boolean,
    nextCreationOrder = 0,
  ): DenseAttributes {
    const info = makeTable(space, ATTRIBUTES, tracked, indexed, nextCreationOrder);
    return new DenseAttributes(space, ATTRIBUTES, info);
  }

  /** Those of a file. Throws an H5FormatError if they are damaged, as far as they are read here. */
  static open(space: EditableSpace, info: AttributeInfo): DenseAttributes {
    const attributes = new DenseAttributes(space, ATTRIBUTES, info);
    attributes.completeOrders();
    return attributes;
  }

  /** What the Attribute Info message is to say. */
  get info(): AttributeInfo {
    return this.tableInfo;
  }

  /** The attribute of a name; `resolve` decodes a datatype that it shares. */
  get(name: string, resolve: (shared: ByteReader) => Datatype): Attribute | undefined {
    if (!this.seek(name)) return undefined;
    return decodeAttribute(this.#reader(), this.isTracked ? this.foundOrder : -1, resolve);
  }

  /** The creation order of the attribute of a name; -1 where it is not tracked, or if there is none. */
  order(name: string): number {
    return this.isTracked && this.seek(name) ? this.foundOrder : -1;
  }

  /**
   * Adds an encoded attribute message. Without an `order` it gets the next one, where that is tracked. Returns the order,
   * -1 where it is not tracked. Throws an H5PathError if there is an attribute of that name, and an H5TypeError if one has the
   * same order, or if the orders that there are (0 to 65534) have been used up.
   */
  add(message: Uint8Array, order = this.nextOrder): number {
    const stored = this.isTracked ? order : NO_ORDER;
    if (this.isTracked && !(Number.isInteger(order) && order >= 0 && order < NO_ORDER)) {
      throw new H5TypeError(
        `${order} is no creation order of an attribute, which are 0 to ${NO_ORDER - 1}: copy the object to number them anew`,
      );
    }
    const nameRecord = new Uint8Array(ATTRIBUTES.nameSize);
    const orderRecord = new Uint8Array(ATTRIBUTES.orderSize);
    putUint(nameRecord, ATTRIBUTE_ORDER_AT, stored, 4);
    putUint(orderRecord, ATTRIBUTE_ORDER_AT, stored, 4);
    this.addMessage(message, stored, nameRecord, orderRecord);
    return this.isTracked ? order : -1;
  }

  /** Puts a message, of any size, in the place of that of the same name. Returns false if there is none. */
  replace(message: Uint8Array): boolean {
    return this.replaceMessage(message);
  }

  /**
   * Visits the encoded attribute messages and their creation orders (-1 where they are not tracked), by creation order as
   * far as that is tracked, or by the hash of the name. A message must not be kept, and the table not be changed
   * meanwhile.
   */
  visit(visit: (message: Uint8Array, order: number) => void, by: DenseOrder = 'order'): void {
    const { heap } = this;
    this.visitAll(by, (records, at) => {
      const order = this.isTracked ? this.orderOf(records, at) : -1;
      visit(heap.bytes.subarray(heap.start, heap.start + heap.length), order);
    });
  }

  /** All attributes, in the same orders; `resolve` decodes datatypes that they share. */
  list(resolve: (shared: ByteReader) => Datatype, by: DenseOrder = 'order'): Attribute[] {
    const attributes: Attribute[] = [];
    this.visitAll(by, (records, at) => {
      const order = this.isTracked ? this.orderOf(records, at) : -1;
      attributes.push(decodeAttribute(this.#reader(), order, resolve));
    });
    return attributes;
  }

  protected override findName(): void {
    const { bytes, start, length } = this.heap;
    const end = start + length;
    // Version, flags, sizes of the name, the datatype and the dataspace; in version 3 a character set.
    const version = bytes[start] as number;
    const nameAt = start + (version === 3 ? 9 : 8);
    const size = length >= 4 ? (bytes[start + 2] as number) | ((bytes[start + 3] as number) << 8) : 0;
    const zero = bytes.indexOf(0, nameAt);
    if (version < 1 || version > 3 || nameAt + size > end || zero < 0 || zero >= nameAt + size) {
      this.fail('an attribute message with a wrong name');
    }
    this.nameAt = nameAt;
    this.nameLength = zero - nameAt;
  }

  protected override orderOf(records: Uint8Array, at: number): number {
    return u32(records, at + ATTRIBUTE_ORDER_AT);
  }

  /** The ID of a shared one is that of another heap. */
  protected override checkRecord(records: Uint8Array, at: number): void {
    if ((records[at + ATTRIBUTE_FLAGS_AT] as number) & MessageFlag.Shared) {
      throw new H5FeatureError('a shared attribute');
    }
  }

  #reader(): ByteReader {
    const { bytes, start, length } = this.heap;
    const { offsetSize, lengthSize } = this.space.superblock;
    return new ByteReader(bytes.subarray(start, start + length), 0, offsetSize, lengthSize);
  }
}

/** A heap and indexes without entries. */
function makeTable(
  space: EditableSpace,
  layout: Layout,
  tracked: boolean,
  indexed: boolean,
  nextCreationOrder: number,
): TableInfo {
  if (indexed && !tracked) throw new H5TypeError('a creation order that is not tracked cannot be indexed');
  const { heap, nameType, nameSize, orderType, orderSize } = layout;
  const made = FractalHeapEditor.create(space, heap);
  const names = BtreeV2Editor.create(space, nameType, nameSize, NODE_SIZE);
  const orders = indexed ? BtreeV2Editor.create(space, orderType, orderSize, NODE_SIZE) : undefined;
  made.flush();
  names.flush();
  orders?.flush();
  return {
    creationOrderTracked: tracked,
    nextCreationOrder,
    fractalHeap: made.address,
    nameIndex: names.address,
    orderIndex: orders ? orders.address : UNDEFINED_ADDRESS,
  };
}

/** The places of hashes in ascending order; equal ones stay in theirs. */
function sortedByHash(hashes: Uint32Array): Uint32Array {
  const { length } = hashes;
  let from = new Uint32Array(length);
  let to = new Uint32Array(length);
  for (let i = 0; i < length; i++) from[i] = i;
  // By the lowest 11 bits, by the next ones, and by the highest.
  const starts = new Uint32Array(1 << 11);
  for (let shift = 0; shift < 32; shift += 11) {
    starts.fill(0);
    for (let i = 0; i < length; i++) {
      const digit = ((hashes[i] as number) >>> shift) & 0x7ff;
      starts[digit] = (starts[digit] as number) + 1;
    }
    for (let digit = 0, sum = 0; digit < starts.length; digit++) {
      const count = starts[digit] as number;
      starts[digit] = sum;
      sum += count;
    }
    for (let i = 0; i < length; i++) {
      const place = from[i] as number;
      const digit = ((hashes[place] as number) >>> shift) & 0x7ff;
      const at = starts[digit] as number;
      starts[digit] = at + 1;
      to[at] = place;
    }
    [from, to] = [to, from];
  }
  return from;
}

/** Puts those of the same hash in the order of `compare`. */
function orderEqualHashes(
  sorted: Uint32Array,
  hashes: Uint32Array,
  compare: (a: number, b: number) => number,
): void {
  for (let start = 0; start < sorted.length; ) {
    const hash = hashes[sorted[start] as number];
    let end = start + 1;
    while (end < sorted.length && hashes[sorted[end] as number] === hash) end++;
    if (end > start + 1) sorted.subarray(start, end).sort(compare);
    start = end;
  }
}

/** The order of two names: negative if `a` comes before `b`. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = (a[i] as number) - (b[i] as number);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function u32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}
