import { H5FormatError, H5StateError, H5TypeError } from '../../errors.js';
import { ByteReader, bytesFor, UNDEFINED_ADDRESS } from '../byte-reader.js';
import { lookup3 } from '../checksum.js';
import type { EditableSpace } from '../editable-space.js';
import type { FileSpace } from '../file-space.js';
import type { Meter } from './meter.js';

const WHAT = 'a version 2 B-tree';

/** What a version 2 B-tree indexes (Format Specification, section III.A.2, "Type"). */
export const BtreeV2Type = {
  /** Huge objects of a fractal heap, found by a number. */
  HugeObjects: 1,
  /** The same, where the ID of an object says its place itself. */
  HugeObjectsDirect: 3,
  LinksByName: 5,
  LinksByOrder: 6,
  AttributesByName: 8,
  AttributesByOrder: 9,
  Chunks: 10,
  FilteredChunks: 11,
} as const;

/**
 * The size of a record of type 10 or, if `sizeSize` is given, 11: the address of a chunk; for a filtered one its size
 * in `sizeSize` bytes and 4 bytes of filter mask; then its place along each of `rank` dimensions, counted in chunks, in
 * 8 bytes each.
 */
export function chunkRecordSize(offsetSize: number, rank: number, sizeSize = 0): number {
  return offsetSize + (sizeSize > 0 ? sizeSize + 4 : 0) + 8 * rank;
}

/** Signature, version, type and checksum of a node. */
const NODE_OVERHEAD = 10;
/** Of these, what stands before the records. */
const NODE_PREFIX = 6;

/** Every level at least doubles the number of nodes, so that no file has room for more levels than this. */
const MAX_DEPTH = 32;

/** Nodes of fewer records cannot be split. */
const SPLITTABLE = 3;

/** Nodes that have not been changed are kept up to this many bytes of them. */
const CLEAN_BYTES = 1 << 24;

/** Puts an unsigned number of `size` bytes (0 to 8) at a position, or an undefined address. */
export function putUint(bytes: Uint8Array, at: number, value: number, size: number): void {
  if (value === UNDEFINED_ADDRESS) {
    bytes.fill(0xff, at, at + size);
    return;
  }
  // Whole numbers of 32 bits are faster than others.
  let rest = value >>> 0;
  for (let i = 0; i < size; i++) {
    if (i === 4) rest = Math.floor(value / 2 ** 32) >>> 0;
    bytes[at + i] = rest;
    rest >>>= 8;
  }
}

/** Throws an H5FormatError if bytes that are to be given back, and have not been read before, lie outside of the file. */
export function checkExtent(space: FileSpace, address: number, size: number, what: string): void {
  if (address >= 0 && address + size <= space.end) return;
  throw new H5FormatError(
    address < 0 ? -1 : space.superblock.baseAddress + address,
    `${what} of ${size} bytes lies outside of the file's ${space.end} bytes`,
  );
}

/** Puts the checksum of all bytes before a position there. */
export function putChecksum(bytes: Uint8Array, at: number): void {
  putUint(bytes, at, lookup3(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, at), 4);
}

/** The header of a tree; what a pointer to the root says is here. */
interface Header {
  readonly type: number;
  readonly nodeSize: number;
  readonly recordSize: number;
  readonly splitPercent: number;
  readonly mergePercent: number;
  depth: number;
  root: number;
  rootCount: number;
  total: number;
}

/** What the level of a node, counted from the leaves, says of its nodes. */
interface Level {
  /** The records that there is room for. */
  readonly most: number;
  /** Nodes are split when they have as many records as this. */
  readonly full: number;
  /** Nodes other than the root have no fewer records than this: libhdf5 relies on it when it deletes. */
  readonly least: number;
  /** The records that there is room for here and below. */
  readonly mostBelow: number;
  /** The bytes of the number of records at and below a node of this level; none for a leaf. */
  readonly totalSize: number;
}

function headerSize(space: FileSpace): number {
  return 22 + space.superblock.offsetSize + space.superblock.lengthSize;
}

function readHeader(space: FileSpace, address: number, type: number, recordSize: number): Header {
  const header = space.reader(address, headerSize(space), WHAT);
  header.signature('BTHD');
  header.version(WHAT, 0);
  if (header.u8() !== type) header.fail(`${WHAT} of another type`);
  const nodeSize = header.u32();
  if (header.u16() !== recordSize) header.fail(`${WHAT} whose records are not of ${recordSize} bytes`);
  const depth = header.u16();
  if (depth > MAX_DEPTH) header.fail(`${WHAT} of depth ${depth}`);
  const splitPercent = header.u8();
  const mergePercent = header.u8();
  const root = header.address();
  const rootCount = header.u16();
  const total = header.size();
  header.checksum(WHAT);
  return { type, nodeSize, recordSize, splitPercent, mergePercent, depth, root, rootCount, total };
}

/**
 * Adds what is known of the next level. A pointer to a child says how many records that has, and, if it is not a leaf,
 * how many there are at and below it. Each of these takes as many bytes as its largest possible value needs.
 */
function addLevel(levels: Level[], header: Header, offsetSize: number): Level {
  const { nodeSize, recordSize, splitPercent, mergePercent } = header;
  const below = levels.at(-1);
  let most = Math.floor((nodeSize - NODE_OVERHEAD) / recordSize);
  let mostBelow = most;
  if (below) {
    const pointer = offsetSize + bytesFor((levels[0] as Level).most) + below.totalSize;
    most = Math.floor((nodeSize - NODE_OVERHEAD - pointer) / (recordSize + pointer));
    mostBelow = most + (most + 1) * below.mostBelow;
  }
  // Both parts of a node that is split have records, and so has the place between them.
  const full = Math.min(most, Math.max(SPLITTABLE, Math.floor((most * splitPercent) / 100)));
  const least = Math.max(1, Math.min(Math.floor((most * mergePercent) / 100), (full - 1) >> 1));
  const level = { most, full, least, mostBelow, totalSize: below ? bytesFor(mostBelow) : 0 };
  levels.push(level);
  return level;
}

/** Visits the records of a version 2 B-tree, in their order (Format Specification, section III.A.2). */
export function readBtreeV2(
  space: FileSpace,
  address: number,
  type: number,
  recordSize: number,
  meter: Meter,
  visit: (record: ByteReader) => void,
): void {
  const { offsetSize } = space.superblock;
  const header = readHeader(space, address, type, recordSize);
  const { nodeSize, depth, root, rootCount, total } = header;
  const fail = (message: string): never => {
    throw new H5FormatError(space.superblock.baseAddress + address, message);
  };
  if (total === 0) return;
  const levels: Level[] = [];
  for (let level = 0; level <= depth; level++) {
    const { most } = addLevel(levels, header, offsetSize);
    if (level > 0 && most < 1) fail(`${WHAT} whose nodes have no room for a record`);
  }
  const countSize = bytesFor((levels[0] as Level).most);

  let seen = 0;
  const visitNode = (at: number, count: number, level: number): void => {
    meter(nodeSize);
    const node = space.reader(at, nodeSize, WHAT);
    node.signature(level > 0 ? 'BTIN' : 'BTLF');
    node.version(`a node of ${WHAT}`, 0);
    if (node.u8() !== type) node.fail(`a node of ${WHAT} of another type`);
    const records = node.block(count * recordSize);
    const totalSize = level > 0 ? (levels[level - 1] as Level).totalSize : 0;
    const pointers = node.block(level > 0 ? (count + 1) * (offsetSize + countSize + totalSize) : 0);
    node.checksum(WHAT);
    seen += count;
    if (seen > total) node.fail(`${WHAT} with more records than its header says`);
    for (let i = 0; i <= count; i++) {
      if (level > 0) {
        const child = pointers.address();
        const childCount = pointers.uint(countSize);
        pointers.take(totalSize);
        visitNode(child, childCount, level - 1);
      }
      if (i < count) visit(records.block(recordSize));
    }
  };
  visitNode(root, rootCount, depth);
  if (seen !== total) fail(`${WHAT} of ${seen} records, its header says ${total}`);
}

/**
 * Says where what is looked for stands relative to the record that begins at `at`: a negative number if before it, a
 * positive one if behind it, and 0 if it is that record.
 */
export type BtreeV2Compare = (records: Uint8Array, at: number) => number;

/** Gets the record that begins at `at`, which must not be kept. To return false ends the visit. */
// biome-ignore lint/suspicious/noConfusingVoidType: most visitors return nothing
export type BtreeV2Visit = (records: Uint8Array, at: number) => boolean | void;

class Node {
  address: number;
  /** Counted from the leaves. */
  readonly level: number;
  count: number;
  /** One after another; in a tree that can be changed, there is room for as many as a node holds. */
  readonly records: Uint8Array;
  /** One more child than records, or none in a leaf; those that are not in memory are undefined. */
  readonly children: (Node | undefined)[] = [];
  readonly addresses: number[] = [];
  /** The records in each child, and at and below it. */
  readonly counts: number[] = [];
  readonly totals: number[] = [];
  /** Differs from what the file holds. */
  dirty = false;
  /** Is dirty, or a node below it is. */
  touched = false;

  constructor(address: number, level: number, count: number, records: Uint8Array) {
    this.address = address;
    this.level = level;
    this.count = count;
    this.records = records;
  }
}

/**
 * A version 2 B-tree, of which only the nodes are read that are needed; for reading.
 *
 * @example
 * const tree = BtreeV2.open(space, address, BtreeV2Type.LinksByOrder, 15);
 * const record = tree.find((records, at) => wanted - orderAt(records, at));
 */
export class BtreeV2 {
  readonly address: number;
  /** Where the last call of `seek` found a record. */
  records: Uint8Array;
  at = 0;
  protected readonly space: FileSpace;
  protected readonly header: Header;
  protected readonly levels: Level[] = [];
  protected root: Node | undefined;
  /** The nodes that were read since the last time that those in memory were let go. */
  protected loaded = 0;
  /** The number of nodes that are kept in memory for no other reason than that they may be asked for again. */
  protected readonly keep: number;
  /** Calls of `visit` that are under way. */
  protected visits = 0;
  /** Whether the last search in a node found the record itself. */
  protected exact = false;
  /** Bytes of the count in a pointer to a child. */
  protected countSize = 1;
  /**
   * The lowest level of the nodes that are kept in memory. What only reads keeps no leaves but the last: there are very
   * many, and their bytes are in the storage's memory already.
   */
  protected readonly keptFrom: number = 1;
  #leaf: Node | undefined;

  protected constructor(space: FileSpace, address: number, header: Header) {
    this.space = space;
    this.address = address;
    this.header = header;
    this.records = new Uint8Array(0);
    this.keep = Math.max(64, Math.ceil(CLEAN_BYTES / header.nodeSize));
    for (let level = 0; level <= header.depth; level++) this.level(level);
    this.countSize = bytesFor((this.levels[0] as Level).most);
    if ((header.total === 0) !== (header.rootCount === 0))
      this.fail(`${WHAT} with a wrong number of records`);
  }

  /** Reads the header of a tree. Throws an H5FormatError if it is of another type or its records of another size. */
  static open(space: FileSpace, address: number, type: number, recordSize: number): BtreeV2 {
    return new BtreeV2(space, address, readHeader(space, address, type, recordSize));
  }

  /** The number of records. */
  get size(): number {
    return this.header.total;
  }

  /**
   * Looks for a record. If there is one, it begins at `at` in `records`, until the tree is changed or something else is
   * looked for.
   */
  seek(compare: BtreeV2Compare): boolean {
    this.trim();
    const { recordSize } = this.header;
    for (let node = this.rootNode(); node; ) {
      const i = this.search(node, compare);
      if (this.exact) {
        this.records = node.records;
        this.at = i * recordSize;
        return true;
      }
      if (node.level === 0) return false;
      node = this.child(node, i);
    }
    return false;
  }

  /** The record that `compare` looks for: a view, which is valid until the tree is changed. */
  find(compare: BtreeV2Compare): Uint8Array | undefined {
    return this.seek(compare) ? this.records.subarray(this.at, this.at + this.header.recordSize) : undefined;
  }

  /**
   * Visits the records in their order, or from the last to the first. The tree must not be changed meanwhile: that is
   * an H5StateError.
   */
  visit(visit: BtreeV2Visit, reverse = false): void {
    const { recordSize, total } = this.header;
    let left = total;
    const visitNode = (node: Node): boolean => {
      const { count, level } = node;
      left -= count;
      if (left < 0) this.fail(`${WHAT} with more records than its header says`);
      for (let n = 0; n <= count; n++) {
        const i = reverse ? count - n : n;
        if (level > 0) {
          if (this.loaded >= this.keep) this.trim();
          if (!visitNode(this.child(node, i))) return false;
        }
        if (n === count) break;
        const record = reverse ? i - 1 : i;
        if (visit(node.records, record * recordSize) === false) return false;
      }
      return true;
    };
    const root = this.rootNode();
    if (!root) return;
    this.visits++;
    try {
      visitNode(root);
    } finally {
      this.visits--;
    }
  }

  protected fail(message: string): never {
    throw new H5FormatError(this.space.superblock.baseAddress + this.address, message);
  }

  /** What is known of a level. */
  protected level(level: number): Level {
    const { levels } = this;
    while (levels.length <= level) {
      const { most } = addLevel(levels, this.header, this.space.superblock.offsetSize);
      if (most < 1) this.fail(`${WHAT} whose nodes have no room for a record`);
    }
    return levels[level] as Level;
  }

  /** The index of the first record that is not before what is looked for. `exact`: whether it is that. */
  protected search(node: Node, compare: BtreeV2Compare): number {
    const { records, count } = node;
    const { recordSize } = this.header;
    let low = 0;
    let high = count;
    this.exact = false;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compare(records, middle * recordSize);
      if (order === 0) {
        this.exact = true;
        return middle;
      }
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  protected rootNode(): Node | undefined {
    const { root, rootCount, depth, total } = this.header;
    if (this.root || total === 0) return this.root;
    const node = this.load(root, rootCount, depth, total);
    if (depth >= this.keptFrom) this.root = node;
    return node;
  }

  /** The child of an inner node, read if it is not in memory. */
  protected child(node: Node, i: number): Node {
    const known = node.children[i];
    if (known) return known;
    const { addresses, counts, totals, level } = node;
    const address = addresses[i] as number;
    if (address === this.#leaf?.address && level === 1) return this.#leaf;
    const child = this.load(address, counts[i] as number, level - 1, totals[i] as number);
    if (child.level >= this.keptFrom) node.children[i] = child;
    else this.#leaf = child;
    return child;
  }

  /** The records of a node that is being read: of one that is to be kept, a copy. */
  protected recordsOf(reader: ByteReader, count: number, level: number): Uint8Array {
    const records = reader.raw(count * this.header.recordSize);
    return level < this.keptFrom ? records : records.slice();
  }

  /** Reads a node (Format Specification, section III.A.2, "Version 2 B-tree Internal Node" and "Leaf Node"). */
  protected load(address: number, count: number, level: number, total: number): Node {
    const { offsetSize, lengthSize, baseAddress } = this.space.superblock;
    const { nodeSize, type } = this.header;
    const { most } = this.levels[level] as Level;
    if (count > most || count === 0) this.fail(`${WHAT} with a node of ${count} records`);
    if (level >= this.keptFrom) this.loaded++;
    const bytes = this.space.bytes(address, nodeSize, WHAT);
    const reader = new ByteReader(bytes, baseAddress + address, offsetSize, lengthSize);
    reader.signature(level > 0 ? 'BTIN' : 'BTLF');
    reader.version(`a node of ${WHAT}`, 0);
    if (reader.u8() !== type) reader.fail(`a node of ${WHAT} of another type`);
    const records = this.recordsOf(reader, count, level);
    const node = new Node(address, level, count, records);
    let seen = count;
    if (level > 0) {
      const { totalSize, mostBelow } = this.levels[level - 1] as Level;
      for (let i = 0; i <= count; i++) {
        const child = reader.address();
        const childCount = reader.uint(this.countSize);
        const childTotal = level > 1 ? reader.uint(totalSize) : childCount;
        if (childTotal > mostBelow) reader.fail(`${WHAT} with a node of too many records`);
        node.children.push(undefined);
        node.addresses.push(child);
        node.counts.push(childCount);
        node.totals.push(childTotal);
        seen += childTotal;
      }
    }
    if (seen !== total) reader.fail(`${WHAT} whose nodes do not have as many records as is said of them`);
    reader.checksum(`a node of ${WHAT}`);
    return node;
  }

  /** Lets go of the nodes that the file holds as well, when they are many. */
  protected trim(): void {
    if (this.loaded < this.keep) return;
    this.loaded = 0;
    if (this.root) this.trimNode(this.root);
  }

  protected trimNode(node: Node): void {
    const { children } = node;
    for (let i = 0; i < children.length; i++) {
      const child = children[i];
      if (!child) continue;
      if (child.touched) this.trimNode(child);
      else children[i] = undefined;
    }
  }
}

/**
 * A version 2 B-tree that can be changed. Records are bytes of a fixed size, whose order `compare` knows. Changes are
 * kept in memory until `flush` writes them.
 *
 * @example
 * const tree = BtreeV2Editor.create(space, BtreeV2Type.LinksByOrder, 15, 512);
 * tree.insert(record, (records, at) => order - orderAt(records, at));
 * tree.flush();
 */
export class BtreeV2Editor extends BtreeV2 {
  declare protected readonly space: EditableSpace;
  protected override readonly keptFrom = 0;
  /** Nodes from the root down, and the child that was taken in each: filled by a search for a place to change. */
  readonly #path: Node[] = [];
  readonly #taken: number[] = [];
  /** Whether the header differs from what the file holds. */
  #dirty = false;
  #freed = false;
  #page: Uint8Array | undefined;

  /**
   * A new tree without records. `nodeSize` in bytes; nodes are split when they are filled to `splitPercent`, and others
   * joined with their neighbours when filled to less than `mergePercent`. Throws an H5TypeError if a node has no room
   * for 3 records.
   */
  static create(
    space: EditableSpace,
    type: number,
    recordSize: number,
    nodeSize: number,
    splitPercent = 100,
    mergePercent = 40,
  ): BtreeV2Editor {
    const empty = { depth: 0, root: UNDEFINED_ADDRESS, rootCount: 0, total: 0 };
    const header: Header = { type, nodeSize, recordSize, splitPercent, mergePercent, ...empty };
    const levels: Level[] = [];
    addLevel(levels, header, space.superblock.offsetSize);
    if (addLevel(levels, header, space.superblock.offsetSize).most < SPLITTABLE) {
      throw new H5TypeError(
        `a B-tree's nodes of ${nodeSize} bytes have no room for ${SPLITTABLE} records of ${recordSize} bytes: make them larger`,
      );
    }
    const tree = new BtreeV2Editor(space, space.allocate(headerSize(space)), header);
    tree.#dirty = true;
    return tree;
  }

  /** A tree of a file. Throws an H5FormatError if it is of another type or its records of another size. */
  static override open(
    space: EditableSpace,
    address: number,
    type: number,
    recordSize: number,
  ): BtreeV2Editor {
    const tree = new BtreeV2Editor(space, address, readHeader(space, address, type, recordSize));
    for (const { most } of tree.levels) tree.#checkSplittable(most);
    return tree;
  }

  /** With room for more. */
  protected override recordsOf(reader: ByteReader, count: number, level: number): Uint8Array {
    const { recordSize } = this.header;
    const { most } = this.levels[level] as Level;
    const records = new Uint8Array(most * recordSize);
    records.set(reader.raw(count * recordSize));
    return records;
  }

  /**
   * Fills a tree that has no records with many at once, which are in order. Nodes get as many each as the number of nodes
   * allows, and are written at once.
   */
  fill(records: Uint8Array): void {
    this.#begin();
    const { header } = this;
    const { recordSize, nodeSize, type } = header;
    const total = records.length / recordSize;
    if (!Number.isInteger(total) || header.total > 0)
      throw new H5TypeError(`a B-tree is filled when it is empty, with whole records of ${recordSize} bytes`);
    if (total === 0) return;
    let depth = 0;
    while (this.level(depth).mostBelow < total)
      if (++depth > MAX_DEPTH) this.fail(`${WHAT} that cannot grow any deeper`);
    const { levels, countSize } = this;
    const { offsetSize } = this.space.superblock;
    const pages = new Uint8Array(countNodes(levels, depth, total) * nodeSize);
    const address = this.space.allocate(pages.length);
    let used = 0;
    let next = 0;
    /** Writes a node of so many records at and below it. Returns how many are in itself. */
    const place = (level: number, below: number): number => {
      const children = level > 0 ? childCount(levels, level, below) : 1;
      const count = level > 0 ? children - 1 : below;
      const totalSize = level > 0 ? (levels[level - 1] as Level).totalSize : 0;
      const start = nodeSize * used++;
      const pointer = offsetSize + countSize + totalSize;
      putSignature(pages.subarray(start, start + 4), level > 0 ? 'BTIN' : 'BTLF');
      pages[start + 5] = type;
      let at = start + NODE_PREFIX;
      let pointers = at + count * recordSize;
      for (let i = 0; i < children; i++) {
        if (level > 0) {
          const inChild = share(below - count, children, i);
          putUint(pages, pointers, address + used * nodeSize, offsetSize);
          putUint(pages, pointers + offsetSize, place(level - 1, inChild), countSize);
          putUint(pages, pointers + offsetSize + countSize, inChild, totalSize);
          pointers += pointer;
          if (i === count) break;
        }
        const size = level > 0 ? recordSize : count * recordSize;
        pages.set(records.subarray(next, next + size), at);
        next += size;
        at += size;
      }
      putChecksum(pages.subarray(start, start + nodeSize), pointers - start);
      return count;
    };
    header.depth = depth;
    header.root = address;
    header.rootCount = place(depth, total);
    header.total = total;
    this.space.write(address, pages);
    this.#dirty = true;
  }

  /** Adds a record, whose place `compare` finds. Returns false, and adds nothing, if there is one that equals it. */
  insert(record: Uint8Array, compare: BtreeV2Compare): boolean {
    this.#begin(record);
    const { header } = this;
    const { recordSize } = header;
    let node = this.rootNode() ?? this.#plant();
    if (node.count >= (this.levels[node.level] as Level).full) node = this.#grow(node, compare);
    const path = this.#path;
    const taken = this.#taken;
    let i = this.search(node, compare);
    for (let n = 0; node.level > 0; n++) {
      if (this.exact) return false;
      let child = this.child(node, i);
      if (child.count >= (this.levels[child.level] as Level).full) {
        this.#makeRoom(node, i, compare);
        // Even if nothing is added now, it has changed.
        for (let above = 0; above < n; above++) (path[above] as Node).touched = true;
        if (n > 0) {
          const parent = path[n - 1] as Node;
          parent.counts[taken[n - 1] as number] = node.count;
          parent.dirty = true;
        }
        i = this.search(node, compare);
        if (this.exact) return false;
        child = this.child(node, i);
      }
      path[n] = node;
      taken[n] = i;
      node = child;
      i = this.search(node, compare);
    }
    if (this.exact) return false;
    const { records, count } = node;
    const at = i * recordSize;
    if (i < count) records.copyWithin(at + recordSize, at, count * recordSize);
    records.set(record, at);
    node.count++;
    node.dirty = true;
    node.touched = true;
    const above = header.depth;
    for (let n = 0; n < above; n++) {
      const parent = path[n] as Node;
      const child = taken[n] as number;
      (parent.totals[child] as number)++;
      if (n === above - 1) (parent.counts[child] as number)++;
      parent.dirty = true;
      parent.touched = true;
    }
    header.total++;
    this.#dirty = true;
    return true;
  }

  /** Puts a record in the place of the one that `compare` finds, whose equal it must be. Returns false if there is none. */
  update(record: Uint8Array, compare: BtreeV2Compare): boolean {
    this.#begin(record);
    if (!this.#descend(compare)) return false;
    const path = this.#path;
    const end = path.length - 1;
    const node = path[end] as Node;
    node.records.set(record, (this.#taken[end] as number) * this.header.recordSize);
    node.dirty = true;
    for (let n = 0; n <= end; n++) (path[n] as Node).touched = true;
    return true;
  }

  /** Takes the record that `compare` finds out of the tree and returns it, if there is one. */
  delete(compare: BtreeV2Compare): Uint8Array | undefined {
    this.#begin();
    if (!this.#descend(compare)) return undefined;
    const { header } = this;
    const { recordSize } = header;
    const path = this.#path;
    const taken = this.#taken;
    let n = path.length - 1;
    let node = path[n] as Node;
    const i = taken[n] as number;
    const at = i * recordSize;
    const record = node.records.slice(at, at + recordSize);
    if (node.level > 0) {
      // The record before it, the last one of a leaf, takes its place.
      const inner = node;
      for (node = this.child(node, i); node.level > 0; node = this.child(node, node.count)) {
        path[++n] = node;
        taken[n] = node.count;
      }
      const last = (node.count - 1) * recordSize;
      inner.records.set(node.records.subarray(last, last + recordSize), at);
      inner.dirty = true;
      n++;
    } else {
      node.records.copyWithin(at, at + recordSize, node.count * recordSize);
    }
    node.count--;
    node.dirty = true;
    node.touched = true;
    for (n--; n >= 0; n--) {
      const parent = path[n] as Node;
      const child = taken[n] as number;
      (parent.totals[child] as number)--;
      parent.counts[child] = (parent.children[child] as Node).count;
      parent.dirty = true;
      parent.touched = true;
      this.#fillUp(parent, child);
    }
    header.total--;
    this.#dirty = true;
    this.#shrink();
    return record;
  }

  /** Writes what has changed: nodes, then the header. */
  flush(): void {
    this.#begin();
    const { root, header } = this;
    if (root?.touched) header.root = this.#write(root);
    if (root) header.rootCount = root.count;
    if (header.total === 0) header.rootCount = 0;
    if (!this.#dirty) return;
    const { offsetSize, lengthSize } = this.space.superblock;
    const bytes = new Uint8Array(headerSize(this.space));
    putSignature(bytes, 'BTHD');
    bytes[5] = header.type;
    putUint(bytes, 6, header.nodeSize, 4);
    putUint(bytes, 10, header.recordSize, 2);
    putUint(bytes, 12, header.depth, 2);
    bytes[14] = header.splitPercent;
    bytes[15] = header.mergePercent;
    putUint(bytes, 16, header.root, offsetSize);
    putUint(bytes, 16 + offsetSize, header.rootCount, 2);
    putUint(bytes, 18 + offsetSize, header.total, lengthSize);
    putChecksum(bytes, 18 + offsetSize + lengthSize);
    this.space.write(this.address, bytes);
    this.#dirty = false;
  }

  /** Gives the space of all nodes and of the header back. The tree is of no use afterwards. */
  free(): void {
    this.#begin();
    const { nodeSize, root, rootCount, depth, total } = this.header;
    // What a damaged file leads to twice would be freed twice.
    let left = this.space.end;
    const freeNode = (address: number, node: Node | undefined, level: number): void => {
      if (node) {
        for (let i = 0; i <= node.count && level > 0; i++) {
          const child = level > 1 ? this.child(node, i) : node.children[i];
          freeNode(node.addresses[i] as number, child, level - 1);
          node.children[i] = undefined;
        }
      }
      const at = node ? node.address : address;
      if (at === UNDEFINED_ADDRESS) return;
      left -= nodeSize;
      if (left < 0) this.fail(`${WHAT} whose nodes are larger than the file`);
      checkExtent(this.space, at, nodeSize, WHAT);
      this.space.free(at, nodeSize);
    };
    if (total > 0)
      freeNode(root, this.root ?? (depth > 0 ? this.load(root, rootCount, depth, total) : undefined), depth);
    this.space.free(this.address, headerSize(this.space));
    this.root = undefined;
    this.#freed = true;
  }

  /** What is to be done before any change; `record`: to be stored. */
  #begin(record?: Uint8Array): void {
    const { recordSize } = this.header;
    if (record && record.length !== recordSize) {
      throw new H5TypeError(`a record of ${record.length} bytes for a B-tree with records of ${recordSize}`);
    }
    if (this.#freed) throw new H5StateError('H5_GONE', 'a B-tree whose space was given back is used');
    if (this.visits > 0)
      throw new H5StateError('H5_GONE', 'a B-tree is changed while its records are visited');
    this.trim();
  }

  #checkSplittable(most: number): void {
    if (most < SPLITTABLE)
      this.fail(`${WHAT} whose nodes have no room for ${SPLITTABLE} records is not edited`);
  }

  /** Fills the path to the record that `compare` finds. Returns false if there is none. */
  #descend(compare: BtreeV2Compare): boolean {
    let node = this.rootNode();
    for (let n = 0; node; n++) {
      const i = this.search(node, compare);
      this.#path[n] = node;
      this.#taken[n] = i;
      if (this.exact) {
        this.#path.length = n + 1;
        return true;
      }
      node = node.level > 0 ? this.child(node, i) : undefined;
    }
    return false;
  }

  #node(level: number): Node {
    const { most } = this.level(level);
    const node = new Node(UNDEFINED_ADDRESS, level, 0, new Uint8Array(most * this.header.recordSize));
    node.dirty = true;
    node.touched = true;
    return node;
  }

  #plant(): Node {
    this.header.depth = 0;
    this.header.root = UNDEFINED_ADDRESS;
    this.root = this.#node(0);
    return this.root;
  }

  /** Puts a new root above the old one, which is full, and splits that. */
  #grow(old: Node, compare: BtreeV2Compare): Node {
    const { header } = this;
    if (header.depth === MAX_DEPTH) this.fail(`${WHAT} that cannot grow any deeper`);
    this.#checkSplittable(this.level(old.level + 1).most);
    const root = this.#node(old.level + 1);
    root.children.push(old);
    root.addresses.push(old.address);
    root.counts.push(old.count);
    root.totals.push(header.total);
    header.depth++;
    this.root = root;
    this.#dirty = true;
    this.#split(root, 0, compare);
    return root;
  }

  /** Makes room for a record in a child that is full: shares its records with a neighbour, or splits it. */
  #makeRoom(parent: Node, i: number, compare: BtreeV2Compare): void {
    const { full, least } = this.levels[parent.level - 1] as Level;
    // Less would soon be used up again.
    const enough = full - Math.max(2, full >> 3);
    const left = i > 0 ? (parent.counts[i - 1] as number) : full;
    const right = i < parent.count ? (parent.counts[i + 1] as number) : full;
    if (left <= enough && left <= right) {
      const sum = left + full;
      // Records that come in order leave the nodes behind them full.
      this.#share(parent, i - 1, this.#isLast(parent, i, compare) ? Math.min(full, sum - least) : sum >> 1);
    } else if (right <= enough) {
      this.#share(parent, i, (full + right) >> 1);
    } else {
      this.#split(parent, i, compare);
    }
  }

  /** Whether what is looked for comes behind all records of a child that is the last one. */
  #isLast(parent: Node, i: number, compare: BtreeV2Compare): boolean {
    const child = this.child(parent, i);
    return i === parent.count && compare(child.records, (child.count - 1) * this.header.recordSize) > 0;
  }

  /** Splits a child in two. The parent has room for the record between them. */
  #split(parent: Node, i: number, compare: BtreeV2Compare): void {
    const node = this.child(parent, i);
    const { least } = this.levels[node.level] as Level;
    const other = this.#node(node.level);
    const { recordSize } = this.header;
    const half = (node.count - 1) >> 1;
    const keep = this.#isLast(parent, i, compare) ? Math.max(half, node.count - 1 - least) : half;
    const { records, children, addresses, counts, totals, count } = node;
    other.count = count - keep - 1;
    other.records.set(records.subarray((keep + 1) * recordSize, count * recordSize));
    let moved = other.count;
    if (node.level > 0) {
      for (let n = keep + 1; n <= count; n++) {
        other.children.push(children[n]);
        other.addresses.push(addresses[n] as number);
        other.counts.push(counts[n] as number);
        other.totals.push(totals[n] as number);
        moved += totals[n] as number;
      }
      setChildren(node, keep + 1);
    }
    node.count = keep;
    node.dirty = true;
    node.touched = true;
    // The record between them goes up.
    const at = i * recordSize;
    parent.records.copyWithin(at + recordSize, at, parent.count * recordSize);
    parent.records.set(records.subarray(keep * recordSize, (keep + 1) * recordSize), at);
    parent.count++;
    parent.children.splice(i + 1, 0, other);
    parent.addresses.splice(i + 1, 0, UNDEFINED_ADDRESS);
    parent.counts.splice(i + 1, 0, other.count);
    parent.totals.splice(i + 1, 0, moved);
    parent.counts[i] = keep;
    parent.totals[i] = (parent.totals[i] as number) - moved - 1;
    parent.dirty = true;
    parent.touched = true;
  }

  /** Moves records between the children `i` and `i + 1`, so that the first of them has `target`. */
  #share(parent: Node, i: number, target: number): void {
    const left = this.child(parent, i);
    const right = this.child(parent, i + 1);
    const { recordSize } = this.header;
    const between = parent.records.subarray(i * recordSize, (i + 1) * recordSize);
    const move = Math.abs(target - left.count);
    if (move === 0) return;
    let moved = move;
    if (target > left.count) {
      left.records.set(between, left.count * recordSize);
      left.records.set(right.records.subarray(0, (move - 1) * recordSize), (left.count + 1) * recordSize);
      between.set(right.records.subarray((move - 1) * recordSize, move * recordSize));
      right.records.copyWithin(0, move * recordSize, right.count * recordSize);
      if (left.level > 0) {
        moved += sum(right.totals, 0, move);
        left.children.push(...right.children.splice(0, move));
        left.addresses.push(...right.addresses.splice(0, move));
        left.counts.push(...right.counts.splice(0, move));
        left.totals.push(...right.totals.splice(0, move));
      }
      left.count += move;
      right.count -= move;
    } else {
      right.records.copyWithin(move * recordSize, 0, right.count * recordSize);
      right.records.set(between, (move - 1) * recordSize);
      right.records.set(left.records.subarray((target + 1) * recordSize, left.count * recordSize));
      between.set(left.records.subarray(target * recordSize, (target + 1) * recordSize));
      if (left.level > 0) {
        moved += sum(left.totals, target + 1, left.count + 1);
        right.children.unshift(...left.children.splice(target + 1));
        right.addresses.unshift(...left.addresses.splice(target + 1));
        right.counts.unshift(...left.counts.splice(target + 1));
        right.totals.unshift(...left.totals.splice(target + 1));
      }
      left.count -= move;
      right.count += move;
      moved = -moved;
    }
    for (const node of [left, right, parent]) {
      node.dirty = true;
      node.touched = true;
    }
    parent.counts[i] = left.count;
    parent.counts[i + 1] = right.count;
    parent.totals[i] = (parent.totals[i] as number) + moved;
    parent.totals[i + 1] = (parent.totals[i + 1] as number) - moved;
  }

  /** Gives a child that has too few records some of its neighbour's, or joins the two. */
  #fillUp(parent: Node, i: number): void {
    const { least, most } = this.levels[parent.level - 1] as Level;
    const count = parent.counts[i] as number;
    if (count >= least || parent.count === 0) return;
    const before = i > 0 ? (parent.counts[i - 1] as number) : -1;
    const behind = i < parent.count ? (parent.counts[i + 1] as number) : -1;
    const left = before >= behind ? i - 1 : i;
    const other = Math.max(before, behind);
    if (other > least || count + other + 1 > most) this.#share(parent, left, (count + other) >> 1);
    else this.#join(parent, left);
  }

  /** Joins the children `i` and `i + 1`, and the record between them. */
  #join(parent: Node, i: number): void {
    const left = this.child(parent, i);
    const right = this.child(parent, i + 1);
    const { recordSize } = this.header;
    const at = i * recordSize;
    left.records.set(parent.records.subarray(at, at + recordSize), left.count * recordSize);
    left.records.set(right.records.subarray(0, right.count * recordSize), (left.count + 1) * recordSize);
    left.count += right.count + 1;
    left.children.push(...right.children);
    left.addresses.push(...right.addresses);
    left.counts.push(...right.counts);
    left.totals.push(...right.totals);
    left.dirty = true;
    left.touched = true;
    this.#release(right);
    parent.records.copyWithin(at, at + recordSize, parent.count * recordSize);
    parent.count--;
    parent.counts[i] = left.count;
    parent.totals[i] = (parent.totals[i] as number) + (parent.totals[i + 1] as number) + 1;
    parent.children.splice(i + 1, 1);
    parent.addresses.splice(i + 1, 1);
    parent.counts.splice(i + 1, 1);
    parent.totals.splice(i + 1, 1);
    parent.dirty = true;
    parent.touched = true;
  }

  /** A root that has become empty goes, and its child takes its place. */
  #shrink(): void {
    const { root, header } = this;
    if (!root || root.count > 0) return;
    this.root = root.level > 0 ? this.child(root, 0) : undefined;
    header.root = this.root ? this.root.address : UNDEFINED_ADDRESS;
    header.depth = this.root ? this.root.level : 0;
    this.#release(root);
  }

  #release(node: Node): void {
    if (node.address !== UNDEFINED_ADDRESS) this.space.free(node.address, this.header.nodeSize);
  }

  /** Writes a node and those below it, as far as they have changed. Returns its address. */
  #write(node: Node): number {
    const { children, addresses, count, level } = node;
    if (level > 0) {
      for (let i = 0; i <= count; i++) {
        const child = children[i];
        if (child?.touched) addresses[i] = this.#write(child);
      }
    }
    node.touched = false;
    if (!node.dirty) return node.address;
    const { nodeSize, recordSize, type } = this.header;
    const { offsetSize } = this.space.superblock;
    if (node.address === UNDEFINED_ADDRESS) {
      node.address = this.space.allocate(nodeSize);
      // From now on it can be read again.
      this.loaded++;
    }
    this.#page ??= new Uint8Array(nodeSize);
    const page = this.#page.fill(0);
    putSignature(page, level > 0 ? 'BTIN' : 'BTLF');
    page[5] = type;
    page.set(node.records.subarray(0, count * recordSize), NODE_PREFIX);
    let at = NODE_PREFIX + count * recordSize;
    if (level > 0) {
      const { countSize } = this;
      const { totalSize } = this.levels[level - 1] as Level;
      for (let i = 0; i <= count; i++) {
        putUint(page, at, addresses[i] as number, offsetSize);
        putUint(page, at + offsetSize, node.counts[i] as number, countSize);
        putUint(page, at + offsetSize + countSize, node.totals[i] as number, totalSize);
        at += offsetSize + countSize + totalSize;
      }
    }
    putChecksum(page, at);
    this.space.write(node.address, page);
    node.dirty = false;
    // The address of the root stands in the header.
    if (node === this.root) this.#dirty = true;
    return node.address;
  }
}

/** How many children a node has whose level has so many records at and below it: as few as there can be. */
function childCount(levels: readonly Level[], level: number, below: number): number {
  // Each child but the last has the record behind it.
  return Math.ceil((below + 1) / ((levels[level - 1] as Level).mostBelow + 1));
}

/** The part of a number that is the `i`th of several that are as equal as can be. */
function share(total: number, parts: number, i: number): number {
  return Math.floor(total / parts) + (i < total % parts ? 1 : 0);
}

function countNodes(levels: readonly Level[], level: number, below: number): number {
  if (level === 0) return 1;
  const children = childCount(levels, level, below);
  const rest = below - (children - 1);
  const larger = rest % children;
  let nodes = 1 + (children - larger) * countNodes(levels, level - 1, Math.floor(rest / children));
  if (larger > 0) nodes += larger * countNodes(levels, level - 1, Math.floor(rest / children) + 1);
  return nodes;
}

/** Puts the signature of a structure at its beginning. */
export function putSignature(bytes: Uint8Array, signature: string): void {
  for (let i = 0; i < signature.length; i++) bytes[i] = signature.charCodeAt(i);
}

function setChildren(node: Node, count: number): void {
  node.children.length = count;
  node.addresses.length = count;
  node.counts.length = count;
  node.totals.length = count;
}

function sum(numbers: readonly number[], start: number, end: number): number {
  let total = 0;
  for (let i = start; i < end; i++) total += numbers[i] as number;
  return total;
}
