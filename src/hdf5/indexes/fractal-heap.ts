import { H5FeatureError, H5FormatError, H5StateError, H5TypeError } from '../../errors.js';
import { ByteReader, bytesFor, UNDEFINED_ADDRESS } from '../byte-reader.js';
import { lookup3 } from '../checksum.js';
import type { EditableSpace } from '../editable-space.js';
import type { FileSpace } from '../file-space.js';
import {
  type BtreeV2Compare,
  BtreeV2Editor,
  BtreeV2Type,
  checkExtent,
  putChecksum,
  putSignature,
  putUint,
  readBtreeV2,
} from './btree-v2.js';
import type { Meter } from './meter.js';

const WHAT = 'a fractal heap';
const HUGE = 'a huge object of a fractal heap';

/** Flags: the numbers of huge objects have been used up; direct blocks have a checksum. */
const HUGE_WRAPPED = 1;
const CHECKSUMS = 2;
/** libhdf5's limit on the size of a direct block (H5HF_MAX_DIRECT_SIZE_LIMIT). */
const MAX_DIRECT_BLOCK = 2 ** 31;
/** Up to this size an ID holds the length of a tiny object in its first byte. */
const SHORT_ID = 18;

/** A direct block that was read: its address, its place in the heap, and its bytes if they are kept. */
interface CheckedBlock {
  readonly at: number;
  readonly start: number;
  readonly size: number;
  readonly bytes: Uint8Array | undefined;
}

/** A heap of small things that an object owns: its links, or its attributes. */
export interface FractalHeap {
  /** The size of an ID. */
  readonly idSize: number;
  /** The object that an ID stands for. */
  get(id: ByteReader): ByteReader;
}

/** What is fixed when a heap is made. Sizes in bytes. */
export interface FractalHeapParameters {
  readonly idSize: number;
  /** Larger objects are stored by themselves. */
  readonly maxManagedSize: number;
  /** Blocks in a row of an indirect block. */
  readonly width: number;
  /** The size of blocks in the first two rows. */
  readonly startSize: number;
  /** The size of the largest blocks that hold objects themselves. */
  readonly maxDirectSize: number;
  /** Bits of an offset in the heap. */
  readonly maxBits: number;
  /** Rows that the root indirect block has at first; 0: all of them at once. */
  readonly startRows: number;
  /** Whether direct blocks have a checksum. */
  readonly checksums: boolean;
}

/** Bytes of the fields of an ID. */
interface Layout {
  readonly heapOffsetSize: number;
  readonly objectLengthSize: number;
}

interface Header extends FractalHeapParameters {
  readonly hugeWrapped: boolean;
  readonly nextHugeId: number;
  readonly hugeIndex: number;
  /** The free-space manager. */
  readonly manager: number;
  /** Sizes and numbers, from that of managed space on. */
  readonly statistics: ByteReader;
  readonly root: number;
  /** The rows of the root indirect block, or 0 if the root is a direct block. */
  readonly rootRows: number;
}

function headerSize(space: FileSpace): number {
  return 26 + 12 * space.superblock.lengthSize + 3 * space.superblock.offsetSize;
}

function readHeader(space: FileSpace, address: number): Header {
  const { lengthSize } = space.superblock;
  const header = space.reader(address, headerSize(space), WHAT);
  header.signature('FRHP');
  header.version(WHAT, 0);
  const idSize = header.u16();
  if (header.u16() > 0) throw new H5FeatureError('a filtered fractal heap');
  const flags = header.u8();
  const maxManagedSize = header.u32();
  const nextHugeId = header.size();
  const hugeIndex = header.address();
  // The amount of free space follows from what is free.
  header.take(lengthSize);
  const manager = header.address();
  const statistics = header.block(8 * lengthSize);
  const width = header.u16();
  const startSize = header.size();
  const maxDirectSize = header.size();
  const maxBits = header.u16();
  const startRows = header.u16();
  const root = header.address();
  const rootRows = header.u16();
  header.checksum(WHAT);

  const powersOfTwo = [width, startSize, maxDirectSize].every((size) => Number.isInteger(Math.log2(size)));
  if (!powersOfTwo || startSize > maxDirectSize || maxDirectSize > MAX_DIRECT_BLOCK || maxBits > 64) {
    header.fail(`${WHAT} with impossible block sizes`);
  }
  const checksums = (flags & CHECKSUMS) !== 0;
  const hugeWrapped = (flags & HUGE_WRAPPED) !== 0;
  return {
    ...{ idSize, maxManagedSize, width, startSize, maxDirectSize, maxBits, startRows, checksums },
    ...{ hugeWrapped, nextHugeId, hugeIndex, manager, statistics, root, rootRows },
  };
}

/** Sizes of the fields of an ID: H5HF_hdr_finish_init_phase1. */
function layoutOf({ maxBits, maxDirectSize, maxManagedSize }: FractalHeapParameters): Layout {
  const heapOffsetSize = Math.ceil(maxBits / 8);
  const objectLengthSize = Math.min(Math.ceil(Math.log2(maxDirectSize) / 8), bytesFor(maxManagedSize));
  return { heapOffsetSize, objectLengthSize };
}

/**
 * Reads the header of a fractal heap (Format Specification, section III.G). Objects lie in blocks of the heap's own
 * address space ("managed"), or by themselves in the file ("huge"), or within their ID ("tiny"). The blocks are kept in
 * memory if all objects are going to be read; for a few of them, it is only known that a block has been checked.
 */
export function readFractalHeap(
  space: FileSpace,
  address: number,
  meter: Meter,
  keepBlocks = true,
): FractalHeap {
  const { offsetSize, lengthSize } = space.superblock;
  const header = readHeader(space, address);
  const { idSize, width, startSize, maxDirectSize, checksums, hugeIndex, root, rootRows } = header;
  const { heapOffsetSize, objectLengthSize } = layoutOf(header);

  let scratch = new Uint8Array(0);
  const directBlocks = new Map<number, CheckedBlock>();
  const indirectBlocks = new Map<number, ByteReader>();
  let hugeObjects: Map<number, { address: number; size: number }> | undefined;

  /** A block, up to what differs between direct and indirect ones. `start` is its place in the heap. */
  const readBlock = (signature: string, at: number, start: number, size: number): ByteReader => {
    meter(size);
    const block = space.reader(at, size, WHAT);
    block.signature(signature);
    block.version(WHAT, 0);
    if (block.address() !== address || block.uint(heapOffsetSize) !== start) {
      block.fail(`a block that belongs elsewhere than to ${WHAT} at ${address}`);
    }
    return block;
  };

  const readDirectBlock = (at: number, start: number, size: number): ByteReader => {
    const block = readBlock('FHDB', at, start, size);
    if (checksums) {
      const { position } = block;
      const expected = block.u32();
      // It is computed with zeros in its place, in memory that is used again.
      if (scratch.length < size) scratch = new Uint8Array(size);
      scratch.set(block.bytes);
      scratch.fill(0, position, position + 4);
      if (lookup3(new DataView(scratch.buffer), 0, size) !== expected)
        block.fail('a block of a fractal heap fails its checksum');
    }
    return block;
  };

  const readIndirectBlock = (at: number, start: number, rows: number): ByteReader => {
    const entries = rows * width * offsetSize;
    const block = readBlock('FHIB', at, start, 9 + offsetSize + heapOffsetSize + entries);
    const { position } = block;
    block.take(entries);
    block.checksum(WHAT);
    block.position = position;
    return block.block(entries);
  };

  /** The direct block that holds the byte at a place in the heap. */
  const findDirectBlock = (offset: number): CheckedBlock => {
    let at = root;
    let start = 0;
    let size = startSize;
    // Each round leads to fewer rows, so the loop ends.
    for (let rows = rootRows; rows > 0; ) {
      const block = indirectBlocks.get(start) ?? readIndirectBlock(at, start, rows);
      indirectBlocks.set(start, block);
      // The doubling table: two rows of blocks of the starting size, then each row has blocks of twice the size.
      let row = 0;
      let rowStart = start;
      size = startSize;
      while (offset >= rowStart + width * size) {
        rowStart += width * size;
        if (row++ > 0) size *= 2;
        if (row >= rows) block.fail(`${WHAT} has no object at ${offset}`);
      }
      const column = Math.floor((offset - rowStart) / size);
      block.position = (row * width + column) * offsetSize;
      at = block.address();
      start = rowStart + column * size;
      if (size <= maxDirectSize) break;
      // libhdf5 (H5HF_dtable_size_to_rows): the rows whose blocks take `size` bytes together.
      rows = Math.log2(size / (startSize * width)) + 1;
      if (rows < 1) block.fail(`${WHAT} with an indirect block of no rows`);
    }
    const known = directBlocks.get(start);
    if (known) return known;
    const block = readDirectBlock(at, start, size);
    const found = { at, start, size, bytes: keepBlocks ? block.bytes : undefined };
    directBlocks.set(start, found);
    return found;
  };

  const getManaged = (id: ByteReader): ByteReader => {
    const offset = id.uint(heapOffsetSize);
    const length = id.uint(objectLengthSize);
    const { at, start, size, bytes } = findDirectBlock(offset);
    const from = offset - start;
    if (length > size - from)
      id.fail(`an object of ${length} bytes that its block of ${WHAT} has no room for`);
    meter(length);
    if (!bytes) return space.reader(at + from, length, WHAT);
    const base = space.superblock.baseAddress + at + from;
    return new ByteReader(bytes.subarray(from, from + length), base, offsetSize, lengthSize);
  };

  /** All huge objects are of one sort: either the ID says where they are, or a B-tree does. */
  const getHuge = (id: ByteReader): ByteReader => {
    if (idSize > offsetSize + lengthSize) return readHuge(id.address(), id.size());
    if (!hugeObjects) {
      const found = new Map<number, { address: number; size: number }>();
      readBtreeV2(space, hugeIndex, BtreeV2Type.HugeObjects, offsetSize + 2 * lengthSize, meter, (record) => {
        const place = { address: record.address(), size: record.size() };
        found.set(record.size(), place);
      });
      hugeObjects = found;
    }
    const key = id.uint(Math.min(idSize - 1, 8));
    const place = hugeObjects.get(key) ?? id.fail(`${WHAT} has no huge object ${key}`);
    return readHuge(place.address, place.size);
  };

  const readHuge = (at: number, size: number): ByteReader => {
    meter(size);
    return space.reader(at, size, HUGE);
  };

  const get = (id: ByteReader): ByteReader => {
    const first = id.u8();
    // Bits 6-7 are the version, 4-5 the type.
    switch (first >> 4) {
      case 0:
        return getManaged(id);
      case 1:
        return getHuge(id);
      case 2: {
        const length = first & 0x0f;
        return id.block((idSize > SHORT_ID ? length * 256 + id.u8() : length) + 1);
      }
      default:
        return id.fail(`${WHAT} ID of an unknown type`);
    }
  };

  return { idSize, get };
}

/** What libhdf5 makes heaps for the links of a group with (H5Gdense.c). */
export const LINK_HEAP: FractalHeapParameters = {
  idSize: 7,
  maxManagedSize: 4096,
  width: 4,
  startSize: 512,
  maxDirectSize: 65536,
  maxBits: 32,
  startRows: 1,
  checksums: true,
};

/** What libhdf5 makes heaps for the attributes of an object with (H5Oprivate.h). */
export const ATTRIBUTE_HEAP: FractalHeapParameters = {
  ...LINK_HEAP,
  idSize: 8,
  startSize: 1024,
  maxBits: 40,
};

/** Huge objects are found by trees with nodes of this size (H5HFhuge.c). */
const HUGE_NODE_SIZE = 512;
/** Direct blocks that have not been changed are kept up to this many bytes. */
const CLEAN_BYTES = 1 << 26;
/** Offsets in a heap beyond this are not exact numbers. */
const MAX_OFFSET_BITS = 52;
/** Of the blocks that may or may not have room enough, so many are looked at. */
const TRIES = 4;

/** Kinds of sections in a heap's free-space manager: H5HFpkg.h. */
const SINGLE = 0;
const FIRST_ROW = 1;
/** Numbers that a free-space manager of a fractal heap is made with: H5HFspace.c. */
const SECTION_CLASSES = 4;
const SHRINK_PERCENT = 80;
const EXPAND_PERCENT = 120;

/** A block that holds objects. */
class DirectBlock {
  readonly rows = 0;
  address: number;
  readonly start: number;
  readonly size: number;
  parent: IndirectBlock | undefined;
  readonly entry: number;
  bytes: Uint8Array | undefined;
  /** What differs from what the file holds: the bytes from `from` up to `to`, and the checksum. */
  from = Infinity;
  to = 0;
  alive = true;
  /** Free space: where in the block each extent begins, in order, and its size. */
  readonly starts: number[] = [];
  readonly sizes: number[] = [];
  free = 0;
  /** The size of the largest extent. */
  largest = 0;
  /** The order of magnitude of that, and a bit for each of those that the block is listed for. */
  bin = -1;
  listed = 0;

  constructor(
    address: number,
    start: number,
    size: number,
    parent: IndirectBlock | undefined,
    entry: number,
  ) {
    this.address = address;
    this.start = start;
    this.size = size;
    this.parent = parent;
    this.entry = entry;
  }

  get dirty(): boolean {
    return this.to > this.from;
  }

  /** Bytes have been changed. */
  touch(from: number, to: number): void {
    if (from < this.from) this.from = from;
    if (to > this.to) this.to = to;
  }
}

/** A block of pointers to blocks. */
class IndirectBlock {
  address: number;
  readonly start: number;
  rows: number;
  readonly parent: IndirectBlock | undefined;
  readonly entry: number;
  readonly children: (DirectBlock | IndirectBlock | undefined)[];
  /** The number of children that there are. */
  count = 0;
  dirty = false;

  constructor(
    address: number,
    start: number,
    rows: number,
    width: number,
    parent: IndirectBlock | undefined,
    entry: number,
  ) {
    this.address = address;
    this.start = start;
    this.rows = rows;
    this.parent = parent;
    this.entry = entry;
    this.children = new Array<undefined>(rows * width).fill(undefined);
  }
}

/** Where an entry that leads to no block is. */
interface Place {
  readonly parent: IndirectBlock;
  readonly entry: number;
}

/**
 * A fractal heap that can be changed (Format Specification, section III.G). Changes are kept in memory until `flush`
 * writes them, with what libhdf5 needs to go on: exact statistics, and a free-space manager (section III.H) of what is free in
 * blocks.
 *
 * @example
 * const heap = FractalHeapEditor.create(space, LINK_HEAP);
 * const id = heap.insert(message);
 * heap.get(id); // the bytes of the message
 * heap.flush();
 */
export class FractalHeapEditor {
  readonly address: number;
  /** Where the last call of `seek` found an object. */
  bytes: Uint8Array;
  start = 0;
  length = 0;

  readonly #space: EditableSpace;
  readonly #parameters: FractalHeapParameters;
  readonly #layout: Layout;
  /** By row: the size of its blocks, where the first begins, and the room for objects in each, or below it. */
  readonly #rowSizes: number[] = [];
  readonly #rowStarts: number[] = [];
  readonly #rowRoom: number[] = [];
  readonly #directRows: number;
  /** What a direct block begins with. */
  readonly #overhead: number;
  readonly #headerSize: number;

  #root: DirectBlock | IndirectBlock | undefined;
  /** The end of the last direct block: new ones come behind it, where there is no gap before. */
  #iterator = 0;
  #managedCount = 0;
  #nextHugeId = 0;
  #hugeIndex: number;
  #hugeSize = 0;
  #hugeCount = 0;
  #hugeWrapped = false;
  #tinySize = 0;
  #tinyCount = 0;
  #hugeTree: BtreeV2Editor | undefined;

  /** Blocks by the order of magnitude of their largest free extent. Those that have another one by now are still listed. */
  readonly #bins: DirectBlock[][] = Array.from({ length: 32 }, () => []);
  #lastBlock: DirectBlock | undefined;
  /** By row: offsets of entries before the iterator that led to no block when they were noted. */
  readonly #holes: number[][] = [];
  /** The manager of free space in the file: its address, and that and the size of its sections. */
  #managerAddress: number;
  #sectionsAddress = UNDEFINED_ADDRESS;
  #sectionsSize = 0;
  /** Whether free space is known. */
  #prepared = false;
  /** Whether the header and the manager differ from the file. */
  #dirty = false;
  #freed = false;
  /** Bytes of the direct blocks that were read since the last time that those in memory were let go. */
  #loaded = 0;

  private constructor(
    space: EditableSpace,
    address: number,
    parameters: FractalHeapParameters,
    hugeIndex: number,
    managerAddress: number,
  ) {
    const { offsetSize, lengthSize } = space.superblock;
    const { width, startSize, maxDirectSize, maxBits, checksums, idSize } = parameters;
    this.#space = space;
    this.address = address;
    this.#parameters = parameters;
    this.#layout = layoutOf(parameters);
    this.#hugeIndex = hugeIndex;
    this.#managerAddress = managerAddress;
    this.bytes = new Uint8Array(0);
    this.#headerSize = headerSize(space);
    const { heapOffsetSize, objectLengthSize } = this.#layout;
    this.#overhead = 5 + offsetSize + heapOffsetSize + (checksums ? 4 : 0);
    this.#directRows = Math.log2(maxDirectSize / startSize) + 2;
    const rows = Math.min(maxBits, MAX_OFFSET_BITS) - Math.log2(startSize * width) + 1;
    const impossible =
      startSize <= this.#overhead || rows < 1 || idSize < 1 + heapOffsetSize + objectLengthSize;
    if (impossible) this.#fail(`${WHAT} with impossible sizes`);
    for (let row = 0; row < rows; row++) {
      const size = startSize * 2 ** Math.max(0, row - 1);
      this.#rowSizes.push(size);
      this.#rowStarts.push(row === 0 ? 0 : startSize * width * 2 ** (row - 1));
      let room = size - this.#overhead;
      if (row >= this.#directRows) {
        room = 0;
        // An indirect block of no rows is found out when it is read; none is made.
        for (let r = 0; r < this.#childRows(row); r++) room += width * (this.#rowRoom[r] as number);
      }
      this.#rowRoom.push(room);
      this.#holes.push([]);
    }
    if (lengthSize < 2) this.#fail(`${WHAT} with lengths of one byte`);
  }

  /** A new heap without objects. */
  static create(space: EditableSpace, parameters: FractalHeapParameters): FractalHeapEditor {
    const address = space.allocate(headerSize(space));
    const heap = new FractalHeapEditor(space, address, parameters, UNDEFINED_ADDRESS, UNDEFINED_ADDRESS);
    heap.#prepared = true;
    heap.#dirty = true;
    return heap;
  }

  /**
   * A heap of a file. Throws an H5FormatError if it is damaged, as far as it is read here: the header and all pointers to
   * blocks are.
   */
  static open(space: EditableSpace, address: number): FractalHeapEditor {
    const header = readHeader(space, address);
    const { statistics, root, rootRows } = header;
    const heap = new FractalHeapEditor(space, address, header, header.hugeIndex, header.manager);
    heap.#nextHugeId = header.nextHugeId;
    heap.#hugeWrapped = header.hugeWrapped;
    // Sizes of managed space follow from the blocks.
    statistics.take(3 * space.superblock.lengthSize);
    heap.#managedCount = statistics.size();
    heap.#hugeSize = statistics.size();
    heap.#hugeCount = statistics.size();
    heap.#tinySize = statistics.size();
    heap.#tinyCount = statistics.size();
    if (root !== UNDEFINED_ADDRESS) heap.#loadRoot(root, rootRows);
    return heap;
  }

  /** The size of an ID in bytes. */
  get idSize(): number {
    return this.#parameters.idSize;
  }

  /** The number of objects. */
  get size(): number {
    return this.#managedCount + this.#hugeCount + this.#tinyCount;
  }

  /**
   * Finds the object of the ID that begins at `at`: afterwards it is `length` bytes of `bytes` from `start` on, until the
   * heap is changed or the next one is looked for.
   */
  seek(ids: Uint8Array, at: number): void {
    const first = ids[at] as number;
    switch (first >> 4) {
      case 0: {
        const { heapOffsetSize, objectLengthSize } = this.#layout;
        const offset = getUint(ids, at + 1, heapOffsetSize);
        const length = getUint(ids, at + 1 + heapOffsetSize, objectLengthSize);
        const block = this.#find(offset, length);
        this.bytes = block.bytes ?? this.#loadBytes(block);
        this.start = offset - block.start;
        this.length = length;
        return;
      }
      case 1: {
        const { address, size } = this.#hugePlace(ids, at);
        this.bytes = this.#space.bytes(address, size, HUGE);
        this.start = 0;
        this.length = size;
        return;
      }
      case 2: {
        const extended = this.idSize > SHORT_ID;
        this.bytes = ids;
        this.start = at + (extended ? 2 : 1);
        this.length = (extended ? (first & 0x0f) * 256 + (ids[at + 1] as number) : first & 0x0f) + 1;
        if (this.start + this.length > at + this.idSize) this.#fail(`${WHAT} ID that holds more than it can`);
        return;
      }
      default:
        this.#fail(`${WHAT} ID of an unknown type`);
    }
  }

  /** The object of an ID: a view, which is valid until the heap is changed. */
  get(id: Uint8Array): Uint8Array {
    this.seek(id, 0);
    return this.bytes.subarray(this.start, this.start + this.length);
  }

  /**
   * Adds an object, which must have a byte at least. Its ID is written to `ids` from `at` on, which is returned. The object
   * is a part of `object`, if so told: so many bytes from a position on.
   */
  insert(
    object: Uint8Array,
    ids: Uint8Array = new Uint8Array(this.idSize),
    at = 0,
    position = 0,
    length = object.length,
  ): Uint8Array {
    this.#begin();
    const { idSize, maxManagedSize, maxDirectSize } = this.#parameters;
    if (length === 0) throw new H5TypeError('an object of no bytes cannot be stored in a heap');
    this.#dirty = true;
    const extended = idSize > SHORT_ID;
    ids.fill(0, at, at + idSize);
    if (length > maxManagedSize || length > maxDirectSize - this.#overhead) {
      this.#insertHuge(ids, at, object.subarray(position, position + length));
    } else if (length <= (extended ? idSize - 2 : Math.min(idSize - 1, 16))) {
      const stored = length - 1;
      ids[at] = 0x20 | (extended ? stored >> 8 : stored);
      if (extended) ids[at + 1] = stored & 0xff;
      ids.set(object.subarray(position, position + length), at + (extended ? 2 : 1));
      this.#tinyCount++;
      this.#tinySize += length;
    } else {
      const block = this.#roomFor(length);
      const bytes = block.bytes ?? this.#loadBytes(block);
      const start = this.#take(block, length);
      for (let i = 0; i < length; i++) bytes[start + i] = object[position + i] as number;
      block.touch(start, start + length);
      const { heapOffsetSize, objectLengthSize } = this.#layout;
      putUint(ids, at + 1, block.start + start, heapOffsetSize);
      putUint(ids, at + 1 + heapOffsetSize, length, objectLengthSize);
      this.#managedCount++;
    }
    return ids;
  }

  /** Takes the object out whose ID begins at `at`. */
  delete(ids: Uint8Array, at = 0): void {
    this.#begin();
    this.#dirty = true;
    switch ((ids[at] as number) >> 4) {
      case 0: {
        const { heapOffsetSize, objectLengthSize } = this.#layout;
        const offset = getUint(ids, at + 1, heapOffsetSize);
        const length = getUint(ids, at + 1 + heapOffsetSize, objectLengthSize);
        const block = this.#find(offset, length);
        this.#give(block, offset - block.start, length);
        this.#managedCount--;
        if (block.free === block.size - this.#overhead) this.#removeBlock(block);
        return;
      }
      case 1: {
        const { address, size } = this.#hugePlace(ids, at);
        if (this.#hugeIndex === UNDEFINED_ADDRESS || !this.#huge().delete(this.#compareHuge(ids, at)))
          this.#fail(`${WHAT} has no such huge object`);
        this.#space.free(address, size);
        this.#hugeCount--;
        this.#hugeSize -= size;
        return;
      }
      default:
        this.seek(ids, at);
        this.#tinyCount--;
        this.#tinySize -= this.length;
    }
  }

  /** Puts another object in the place of one, if it has the same size and is not stored in its ID. Returns whether it did. */
  overwrite(id: Uint8Array, object: Uint8Array): boolean {
    this.#checkUse();
    this.seek(id, 0);
    const kind = (id[0] as number) >> 4;
    if (this.length !== object.length || kind > 1) return false;
    if (kind === 1) {
      this.#space.write(this.#hugePlace(id, 0).address, object);
    } else {
      const block = this.#find(getUint(id, 1, this.#layout.heapOffsetSize), object.length);
      this.bytes.set(object, this.start);
      block.touch(this.start, this.start + object.length);
    }
    return true;
  }

  /** Puts another object in the place of one. Returns its ID, which is the same if it could be overwritten. */
  replace(id: Uint8Array, object: Uint8Array): Uint8Array {
    if (this.overwrite(id, object)) return id;
    const replaced = this.insert(object);
    this.delete(id);
    return replaced;
  }

  /** Writes what has changed: blocks, the free-space manager, and the header. */
  flush(): void {
    this.#checkUse();
    const tree = this.#hugeTree;
    if (this.#dirty && this.#hugeCount === 0 && this.#hugeIndex !== UNDEFINED_ADDRESS) {
      // As libhdf5 does, which would otherwise run out of numbers sooner.
      this.#huge().free();
      this.#hugeTree = undefined;
      this.#hugeIndex = UNDEFINED_ADDRESS;
      this.#nextHugeId = 0;
    } else {
      tree?.flush();
    }
    if (this.#root) this.#writeBlock(this.#root);
    if (!this.#dirty) return;
    this.#writeManager();
    this.#writeHeader();
    this.#dirty = false;
  }

  /** Gives the space of the heap and of all that is in it back. The heap is of no use afterwards. */
  free(): void {
    this.#begin();
    if (this.#hugeIndex !== UNDEFINED_ADDRESS) {
      const tree = this.#huge();
      const { offsetSize, lengthSize } = this.#space.superblock;
      let left = this.#space.end;
      tree.visit((records, at) => {
        const size = getUint(records, at + offsetSize, lengthSize);
        left -= size;
        if (left < 0) this.#fail(`${WHAT} whose huge objects are larger than the file`);
        const address = getUint(records, at, offsetSize);
        checkExtent(this.#space, address, size, HUGE);
        this.#space.free(address, size);
      });
      tree.free();
    }
    if (this.#root) this.#freeBlocks(this.#root);
    this.#freeManager();
    this.#space.free(this.address, this.#headerSize);
    this.#root = undefined;
    this.#freed = true;
  }

  #fail(message: string): never {
    throw new H5FormatError(this.#space.superblock.baseAddress + this.address, message);
  }

  #checkUse(): void {
    if (this.#freed) throw new H5StateError('H5_GONE', 'a heap whose space was given back is used');
  }

  /** What is to be done before any change. */
  #begin(): void {
    this.#checkUse();
    if (this.#prepared) return;
    if (this.#managerAddress !== UNDEFINED_ADDRESS) this.#readManager();
    const { rows } = this.#root ?? { rows: 0 };
    if (rows > 0) {
      this.#prune(this.#root as IndirectBlock);
      this.#iterator = this.#highestEnd(this.#root as IndirectBlock);
      if (this.#iterator === 0) {
        this.#releaseIndirect(this.#root as IndirectBlock);
        this.#root = undefined;
      } else this.#noteHoles(this.#root as IndirectBlock);
    }
    this.#prepared = true;
  }

  // Blocks

  /** The number of rows of an indirect block that stands in a row (H5HF_dtable_size_to_rows). */
  #childRows(row: number): number {
    return row - Math.log2(this.#parameters.width);
  }

  #rowAt(offset: number): number {
    const first = Math.floor(offset / (this.#parameters.startSize * this.#parameters.width));
    if (first < 1) return 0;
    if (first < 0x80000000) return 32 - Math.clz32(first);
    let row = 32;
    while (row + 1 < this.#rowStarts.length && offset >= (this.#rowStarts[row + 1] as number)) row++;
    return row;
  }

  /** The end of what an indirect block of so many rows covers. */
  #span(rows: number): number {
    const { startSize, width } = this.#parameters;
    return startSize * width * 2 ** (rows - 1);
  }

  /** The offset of an entry in the heap. */
  #entryStart(block: IndirectBlock, entry: number): number {
    const { width } = this.#parameters;
    const row = Math.floor(entry / width);
    return block.start + (this.#rowStarts[row] as number) + (entry % width) * (this.#rowSizes[row] as number);
  }

  /** The direct block that holds the bytes at an offset. */
  #find(offset: number, length: number): DirectBlock {
    const { width } = this.#parameters;
    let block = this.#root;
    while (block && block.rows > 0) {
      const indirect = block as IndirectBlock;
      const relative = offset - indirect.start;
      const row = this.#rowAt(relative);
      if (row >= indirect.rows) break;
      const column = Math.floor(
        (relative - (this.#rowStarts[row] as number)) / (this.#rowSizes[row] as number),
      );
      block = indirect.children[row * width + column];
    }
    if (!block || block.rows > 0) this.#fail(`${WHAT} has no object at ${offset}`);
    const direct = block as DirectBlock;
    const at = offset - direct.start;
    if (at < this.#overhead || length < 1 || at + length > direct.size)
      this.#fail(`${WHAT} has no object of ${length} bytes at ${offset}`);
    return direct;
  }

  #loadRoot(address: number, rows: number): void {
    const { startSize } = this.#parameters;
    if (rows === 0) {
      checkExtent(this.#space, address, startSize, WHAT);
      this.#root = new DirectBlock(address, 0, startSize, undefined, 0);
      return;
    }
    if (rows > this.#rowSizes.length) this.#fail(`${WHAT} with a root of ${rows} rows`);
    const left = { bytes: this.#space.end };
    const root = new IndirectBlock(address, 0, rows, 0, undefined, 0);
    this.#loadIndirect(root, left);
    this.#root = root;
  }

  /** Reads the entries of an indirect block and of those below it. All have a different offset, or fail here. */
  #loadIndirect(block: IndirectBlock, left: { bytes: number }): void {
    const { offsetSize } = this.#space.superblock;
    const { width } = this.#parameters;
    const size = this.#indirectSize(block.rows);
    left.bytes -= size;
    if (left.bytes < 0) this.#fail(`${WHAT} with more blocks than the file has room for`);
    const reader = this.#space.reader(block.address, size, WHAT);
    reader.signature('FHIB');
    reader.version(WHAT, 0);
    this.#checkOwner(reader, block.start);
    const entries = block.rows * width;
    const start = reader.position;
    reader.take(entries * offsetSize);
    reader.checksum(WHAT);
    reader.position = start;
    for (let entry = 0; entry < entries; entry++) {
      const address = reader.address();
      if (address === UNDEFINED_ADDRESS) {
        block.children.push(undefined);
        continue;
      }
      const row = Math.floor(entry / width);
      const at = this.#entryStart(block, entry);
      block.count++;
      if (row < this.#directRows) {
        const blockSize = this.#rowSizes[row] as number;
        checkExtent(this.#space, address, blockSize, WHAT);
        left.bytes -= blockSize;
        if (left.bytes < 0) this.#fail(`${WHAT} with more blocks than the file has room for`);
        block.children.push(new DirectBlock(address, at, blockSize, block, entry));
      } else {
        const rows = this.#childRows(row);
        if (rows < 1) reader.fail(`${WHAT} with an indirect block of no rows`);
        const child = new IndirectBlock(address, at, rows, 0, block, entry);
        block.children.push(child);
        this.#loadIndirect(child, left);
      }
    }
  }

  #checkOwner(reader: ByteReader, start: number): void {
    if (reader.address() !== this.address || reader.uint(this.#layout.heapOffsetSize) !== start) {
      reader.fail(`a block that belongs elsewhere than to ${WHAT} at ${this.address}`);
    }
  }

  #indirectSize(rows: number): number {
    const { offsetSize } = this.#space.superblock;
    return 9 + offsetSize + this.#layout.heapOffsetSize + rows * this.#parameters.width * offsetSize;
  }

  #loadBytes(block: DirectBlock): Uint8Array {
    const { size, address, start } = block;
    if (this.#loaded + size > CLEAN_BYTES) {
      this.#loaded = 0;
      if (this.#root) this.#letGo(this.#root);
    }
    const reader = this.#space.reader(address, size, WHAT);
    reader.signature('FHDB');
    reader.version(WHAT, 0);
    this.#checkOwner(reader, start);
    const bytes = this.#space.copy(address, size, WHAT);
    if (this.#parameters.checksums) {
      const at = this.#overhead - 4;
      const expected = getUint(bytes, at, 4);
      bytes.fill(0, at, at + 4);
      if (lookup3(new DataView(bytes.buffer, bytes.byteOffset, size), 0, size) !== expected)
        reader.fail('a block of a fractal heap fails its checksum');
    }
    block.bytes = bytes;
    this.#loaded += size;
    return bytes;
  }

  /** Lets go of the bytes that the file holds as well. */
  #letGo(block: DirectBlock | IndirectBlock): void {
    if (block.rows === 0) {
      const direct = block as DirectBlock;
      if (!direct.dirty) direct.bytes = undefined;
      return;
    }
    for (const child of (block as IndirectBlock).children) if (child) this.#letGo(child);
  }

  // Free space within direct blocks

  /** A direct block with free space for so many bytes. */
  #roomFor(length: number): DirectBlock {
    const last = this.#lastBlock;
    if (last?.alive && last.largest >= length) return last;
    const magnitude = 31 - Math.clz32(length);
    const found = this.#search(magnitude, length);
    if (found) return found;
    for (let bin = magnitude + 1; bin < 32; bin++) {
      const block = this.#search(bin, length);
      if (block) return block;
    }
    return this.#newBlock(length);
  }

  /** Looks for room in the blocks whose largest extent is of an order of magnitude. */
  #search(bin: number, length: number): DirectBlock | undefined {
    const blocks = this.#bins[bin] as DirectBlock[];
    for (let i = blocks.length - 1, tries = TRIES; i >= 0 && tries > 0; i--) {
      const block = blocks[i] as DirectBlock;
      if (!block.alive || block.bin !== bin) {
        block.listed &= ~(1 << bin);
        blocks[i] = blocks[blocks.length - 1] as DirectBlock;
        blocks.pop();
        continue;
      }
      if (block.largest >= length) return block;
      tries--;
    }
    return undefined;
  }

  #setLargest(block: DirectBlock, largest: number): void {
    block.largest = largest;
    block.bin = largest > 0 ? 31 - Math.clz32(largest) : -1;
    const bit = 1 << block.bin;
    if (block.bin < 0 || (block.listed & bit) !== 0) return;
    block.listed |= bit;
    (this.#bins[block.bin] as DirectBlock[]).push(block);
  }

  /** Takes bytes from the smallest extent that has room. Returns where they begin in the block. */
  #take(block: DirectBlock, length: number): number {
    const { starts, sizes } = block;
    let best = -1;
    let bestSize = Number.POSITIVE_INFINITY;
    for (let i = 0; i < sizes.length; i++) {
      const size = sizes[i] as number;
      if (size < length || size >= bestSize) continue;
      best = i;
      bestSize = size;
      if (size === length) break;
    }
    const at = starts[best] as number;
    if (bestSize === length) {
      starts.splice(best, 1);
      sizes.splice(best, 1);
    } else {
      starts[best] = at + length;
      sizes[best] = bestSize - length;
    }
    block.free -= length;
    if (bestSize === block.largest) {
      let largest = 0;
      for (let i = 0; i < sizes.length; i++) if ((sizes[i] as number) > largest) largest = sizes[i] as number;
      this.#setLargest(block, largest);
    }
    this.#lastBlock = block;
    return at;
  }

  /** Makes bytes of a block free. */
  #give(block: DirectBlock, at: number, length: number): void {
    const { starts, sizes } = block;
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] as number) < at) low = middle + 1;
      else high = middle;
    }
    const before = low > 0 ? (starts[low - 1] as number) + (sizes[low - 1] as number) : -1;
    const behind = low < starts.length ? (starts[low] as number) : Number.POSITIVE_INFINITY;
    if (before > at || at + length > behind) this.#fail(`${WHAT} in which the same space is free twice`);
    let size = length;
    if (before === at && at + length === behind) {
      size = (sizes[low - 1] as number) + length + (sizes[low] as number);
      sizes[low - 1] = size;
      starts.splice(low, 1);
      sizes.splice(low, 1);
    } else if (before === at) {
      size = (sizes[low - 1] as number) + length;
      sizes[low - 1] = size;
    } else if (at + length === behind) {
      size = (sizes[low] as number) + length;
      starts[low] = at;
      sizes[low] = size;
    } else {
      starts.splice(low, 0, at);
      sizes.splice(low, 0, length);
    }
    block.free += length;
    if (size > block.largest) this.#setLargest(block, size);
  }

  // New blocks, and those that are no longer needed

  /** A new direct block with room for an object. */
  #newBlock(length: number): DirectBlock {
    const { startSize, startRows } = this.#parameters;
    let row = 0;
    while ((this.#rowSizes[row] as number) - this.#overhead < length) row++;
    let block: DirectBlock;
    if (!this.#root && row === 0) {
      block = new DirectBlock(UNDEFINED_ADDRESS, 0, startSize, undefined, 0);
      this.#root = block;
    } else {
      if (!this.#root || this.#root.rows === 0) {
        const rows = startRows === 0 ? this.#rowSizes.length : Math.max(startRows, row + 1);
        this.#makeRoot(Math.min(rows, this.#rowSizes.length));
      }
      const { parent, entry } = this.#hole(row) ?? this.#advance(row);
      const start = this.#entryStart(parent, entry);
      const size = this.#rowSizes[Math.floor(entry / this.#parameters.width)] as number;
      block = new DirectBlock(UNDEFINED_ADDRESS, start, size, parent, entry);
      attach(parent, entry, block);
      this.#iterator = Math.max(this.#iterator, start + size);
    }
    block.bytes = new Uint8Array(block.size);
    block.touch(0, block.size);
    this.#give(block, this.#overhead, block.size - this.#overhead);
    return block;
  }

  /** Puts an indirect block at the root. A direct block that was there becomes the first below it. */
  #makeRoot(rows: number): void {
    const { startSize, width } = this.#parameters;
    const root = new IndirectBlock(UNDEFINED_ADDRESS, 0, rows, width, undefined, 0);
    root.dirty = true;
    const first = this.#root as DirectBlock | undefined;
    if (first) {
      first.parent = root;
      attach(root, 0, first);
      this.#iterator = startSize;
    }
    this.#root = root;
  }

  #resizeRoot(root: IndirectBlock, rows: number): void {
    const old = root.children.length;
    if (root.address !== UNDEFINED_ADDRESS) this.#space.free(root.address, this.#indirectSize(root.rows));
    root.address = UNDEFINED_ADDRESS;
    root.rows = rows;
    root.children.length = rows * this.#parameters.width;
    if (root.children.length > old) root.children.fill(undefined, old);
    root.dirty = true;
  }

  /** A free entry before the iterator, whose block is of a row at least. */
  #hole(row: number): Place | undefined {
    for (let r = row; r < this.#holes.length; r++) {
      if (r >= this.#directRows && !this.#reaches(r, row)) continue;
      const holes = this.#holes[r] as number[];
      while (holes.length > 0) {
        const place = this.#freeEntry(holes.pop() as number, r);
        if (!place) continue;
        if (r < this.#directRows) return place;
        this.#noteHoles(this.#makeIndirect(place.parent, place.entry));
        return this.#hole(row);
      }
    }
    return undefined;
  }

  /** Whether indirect blocks in a row have direct ones of `row` below them. */
  #reaches(indirectRow: number, row: number): boolean {
    return Math.min(this.#childRows(indirectRow), this.#directRows) > row;
  }

  /** The entry for a block of a row at an offset, if it is before the iterator and leads to no block. */
  #freeEntry(offset: number, row: number): Place | undefined {
    const { width } = this.#parameters;
    if (offset + (this.#rowSizes[row] as number) > this.#iterator) return undefined;
    let parent = this.#root;
    while (parent && parent.rows > 0) {
      const indirect: IndirectBlock = parent as IndirectBlock;
      const relative = offset - indirect.start;
      const r = this.#rowAt(relative);
      if (r >= indirect.rows) return undefined;
      const entry =
        r * width + Math.floor((relative - (this.#rowStarts[r] as number)) / (this.#rowSizes[r] as number));
      const child = indirect.children[entry];
      if (!child) {
        const found = r === row && this.#entryStart(indirect, entry) === offset;
        return found ? { parent: indirect, entry } : undefined;
      }
      parent = child;
    }
    return undefined;
  }

  #makeIndirect(parent: IndirectBlock, entry: number): IndirectBlock {
    const { width } = this.#parameters;
    const rows = this.#childRows(Math.floor(entry / width));
    const start = this.#entryStart(parent, entry);
    const block = new IndirectBlock(UNDEFINED_ADDRESS, start, rows, width, parent, entry);
    block.dirty = true;
    attach(parent, entry, block);
    return block;
  }

  /** The entry behind the iterator for a block of a row at least. What is too small before it becomes a hole. */
  #advance(row: number): Place {
    const { width } = this.#parameters;
    const root = this.#root as IndirectBlock;
    for (let at = this.#iterator; ; ) {
      if (at >= this.#span(root.rows)) {
        const most = this.#rowSizes.length;
        if (root.rows >= most) throw new H5TypeError(`a heap holds no more than ${this.#span(most)} bytes`);
        this.#resizeRoot(root, Math.min(most, Math.max(2 * root.rows, row + 1)));
      }
      let parent = root;
      for (;;) {
        const relative = at - parent.start;
        const r = this.#rowAt(relative);
        const size = this.#rowSizes[r] as number;
        const entry = r * width + Math.floor((relative - (this.#rowStarts[r] as number)) / size);
        const child = parent.children[entry];
        if (child && child.rows > 0) {
          parent = child as IndirectBlock;
          continue;
        }
        if (r < this.#directRows && r >= row) return { parent, entry };
        if (r >= this.#directRows && this.#reaches(r, row)) {
          parent = this.#makeIndirect(parent, entry);
          continue;
        }
        (this.#holes[r] as number[]).push(at);
        at += size;
        break;
      }
    }
  }

  #noteHoles(block: IndirectBlock): void {
    const { width } = this.#parameters;
    const { children } = block;
    for (let entry = 0; entry < children.length; entry++) {
      const child = children[entry];
      if (child && child.rows > 0) this.#noteHoles(child as IndirectBlock);
      if (child) continue;
      const start = this.#entryStart(block, entry);
      if (start >= this.#iterator) return;
      (this.#holes[Math.floor(entry / width)] as number[]).push(start);
    }
  }

  /** Indirect blocks that lead to no direct one go: libhdf5 leaves them at times. */
  #prune(block: IndirectBlock): void {
    for (const child of block.children) {
      if (!child || child.rows === 0) continue;
      this.#prune(child as IndirectBlock);
      if ((child as IndirectBlock).count === 0) {
        this.#releaseIndirect(child as IndirectBlock);
        detach(block, child.entry);
      }
    }
  }

  /** The end of the last direct block in an indirect one, or 0. */
  #highestEnd(block: IndirectBlock): number {
    for (let entry = block.children.length - 1; entry >= 0; entry--) {
      const child = block.children[entry];
      if (!child) continue;
      return child.rows > 0
        ? this.#highestEnd(child as IndirectBlock)
        : child.start + (child as DirectBlock).size;
    }
    return 0;
  }

  #releaseIndirect(block: IndirectBlock): void {
    if (block.address !== UNDEFINED_ADDRESS) this.#space.free(block.address, this.#indirectSize(block.rows));
  }

  /** Gives a block back that holds no object, and all that is needed no longer without it. */
  #removeBlock(block: DirectBlock): void {
    const { width, startSize, startRows } = this.#parameters;
    if (block.address !== UNDEFINED_ADDRESS) this.#space.free(block.address, block.size);
    block.alive = false;
    block.bytes = undefined;
    let parent = block.parent;
    let entry = block.entry;
    let start = block.start;
    if (parent) {
      for (;;) {
        detach(parent, entry);
        (this.#holes[Math.floor(entry / width)] as number[]).push(start);
        if (parent.count > 0) break;
        this.#releaseIndirect(parent);
        if (!parent.parent) {
          this.#root = undefined;
          break;
        }
        ({ entry, start, parent } = parent as { entry: number; start: number; parent: IndirectBlock });
      }
    } else this.#root = undefined;
    const root = this.#root as IndirectBlock | undefined;
    if (!root) {
      this.#iterator = 0;
      return;
    }
    if (block.start + block.size === this.#iterator) this.#iterator = this.#highestEnd(root);
    // As libhdf5: back to a direct block at the root, or to half of the rows and less.
    const first = root.children[0];
    if (root.count === 1 && first) {
      this.#releaseIndirect(root);
      (first as DirectBlock).parent = undefined;
      this.#root = first;
      this.#iterator = startSize;
      return;
    }
    if (startRows === 0) return;
    let last = root.children.length - 1;
    while (last > 0 && !root.children[last]) last--;
    const lastRow = Math.floor(last / width);
    const rows = 2 ** (32 - Math.clz32(Math.max(1, lastRow)));
    if (lastRow <= root.rows >> 1 && rows < root.rows) this.#resizeRoot(root, rows);
  }

  // Huge objects

  /** The size of the number of a huge object, or 0 where IDs say the place of the object itself. */
  get #hugeIdSize(): number {
    const { offsetSize, lengthSize } = this.#space.superblock;
    const { idSize } = this.#parameters;
    return idSize > offsetSize + lengthSize ? 0 : Math.min(idSize - 1, 8);
  }

  /** The index of huge objects. There is one if there are any. */
  #huge(): BtreeV2Editor {
    if (this.#hugeTree) return this.#hugeTree;
    const { offsetSize, lengthSize } = this.#space.superblock;
    const direct = this.#hugeIdSize === 0;
    const type = direct ? BtreeV2Type.HugeObjectsDirect : BtreeV2Type.HugeObjects;
    const recordSize = offsetSize + lengthSize + (direct ? 0 : lengthSize);
    if (this.#hugeIndex === UNDEFINED_ADDRESS) {
      this.#hugeTree = BtreeV2Editor.create(this.#space, type, recordSize, HUGE_NODE_SIZE);
      this.#hugeIndex = this.#hugeTree.address;
    } else {
      this.#hugeTree = BtreeV2Editor.open(this.#space, this.#hugeIndex, type, recordSize);
    }
    return this.#hugeTree;
  }

  /** How the ID of a huge object compares with a record of the index. */
  #compareHuge(ids: Uint8Array, at: number): BtreeV2Compare {
    const { offsetSize, lengthSize } = this.#space.superblock;
    const idSize = this.#hugeIdSize;
    if (idSize === 0) {
      const address = getUint(ids, at + 1, offsetSize);
      return (records, record) => address - getUint(records, record, offsetSize);
    }
    const id = getUint(ids, at + 1, idSize);
    return (records, record) => id - getUint(records, record + offsetSize + lengthSize, lengthSize);
  }

  #hugePlace(ids: Uint8Array, at: number): { address: number; size: number } {
    const { offsetSize, lengthSize } = this.#space.superblock;
    let place = ids;
    let start = at + 1;
    if (this.#hugeIdSize > 0) {
      if (this.#hugeIndex === UNDEFINED_ADDRESS) this.#fail(`${WHAT} has no huge objects`);
      place = this.#huge().find(this.#compareHuge(ids, at)) ?? this.#fail(`${WHAT} has no such huge object`);
      start = 0;
    }
    const address = getUint(place, start, offsetSize);
    const size = getUint(place, start + offsetSize, lengthSize);
    checkExtent(this.#space, address, size, HUGE);
    return { address, size };
  }

  #insertHuge(ids: Uint8Array, at: number, object: Uint8Array): void {
    const { offsetSize, lengthSize } = this.#space.superblock;
    const idSize = this.#hugeIdSize;
    // libhdf5 does not use numbers twice either.
    if (
      idSize > 0 &&
      (this.#hugeWrapped || this.#nextHugeId + 1 >= 2 ** (8 * Math.min(idSize, lengthSize, 6.5)))
    )
      throw new H5TypeError('a heap has no more numbers for huge objects: copy its object');
    const tree = this.#huge();
    const address = this.#space.allocate(object.length);
    this.#space.write(address, object);
    const record = new Uint8Array(offsetSize + lengthSize + (idSize > 0 ? lengthSize : 0));
    putUint(record, 0, address, offsetSize);
    putUint(record, offsetSize, object.length, lengthSize);
    ids[at] = 0x10;
    if (idSize > 0) {
      const number = ++this.#nextHugeId;
      putUint(record, offsetSize + lengthSize, number, lengthSize);
      putUint(ids, at + 1, number, idSize);
    } else ids.set(record, at + 1);
    tree.insert(record, this.#compareHuge(ids, at));
    this.#hugeCount++;
    this.#hugeSize += object.length;
  }

  // Writing

  /** Writes a block and those below it, as far as they have changed. */
  #writeBlock(block: DirectBlock | IndirectBlock): void {
    if (block.rows === 0) {
      this.#writeDirect(block as DirectBlock);
      return;
    }
    const indirect = block as IndirectBlock;
    for (const child of indirect.children) if (child) this.#writeBlock(child);
    if (!indirect.dirty) return;
    const { offsetSize } = this.#space.superblock;
    const bytes = new Uint8Array(this.#indirectSize(indirect.rows));
    if (indirect.address === UNDEFINED_ADDRESS) this.#place(indirect, bytes.length);
    let at = this.#putPrefix(bytes, 'FHIB', indirect.start);
    for (const child of indirect.children) {
      putUint(bytes, at, child ? child.address : UNDEFINED_ADDRESS, offsetSize);
      at += offsetSize;
    }
    putChecksum(bytes, at);
    this.#space.write(indirect.address, bytes);
    indirect.dirty = false;
  }

  #writeDirect(block: DirectBlock): void {
    const { bytes, dirty, size } = block;
    if (!dirty || !bytes) return;
    const space = this.#space;
    if (block.address === UNDEFINED_ADDRESS) this.#place(block, size);
    const { address, from, to } = block;
    const at = this.#putPrefix(bytes, 'FHDB', block.start);
    const { checksums } = this.#parameters;
    if (checksums) {
      bytes.fill(0, at, at + 4);
      const checksum = lookup3(new DataView(bytes.buffer, bytes.byteOffset, size), 0, size);
      putUint(bytes, at, checksum, 4);
    }
    if (space.isFresh(address)) space.write(address, bytes);
    else {
      // All that is written goes to the journal first.
      if (from > 0 && checksums) space.write(address + at, bytes.subarray(at, at + 4));
      space.write(address + from, bytes.subarray(from, to));
    }
    if (checksums) bytes.fill(0, at, at + 4);
    block.from = Infinity;
    block.to = 0;
    this.#loaded += size;
  }

  /** Allocates a block, which its parent, or the header, is to name. */
  #place(block: DirectBlock | IndirectBlock, size: number): void {
    block.address = this.#space.allocate(size);
    if (block.parent) block.parent.dirty = true;
    else this.#dirty = true;
  }

  #putPrefix(bytes: Uint8Array, signature: string, start: number): number {
    const { offsetSize } = this.#space.superblock;
    const { heapOffsetSize } = this.#layout;
    putSignature(bytes, signature);
    bytes[4] = 0;
    putUint(bytes, 5, this.address, offsetSize);
    putUint(bytes, 5 + offsetSize, start, heapOffsetSize);
    return 5 + offsetSize + heapOffsetSize;
  }

  #writeHeader(): void {
    const { offsetSize, lengthSize } = this.#space.superblock;
    const { idSize, maxManagedSize, width, startSize, maxDirectSize, maxBits, startRows, checksums } =
      this.#parameters;
    const root = this.#root;
    const used = { size: 0, free: 0, room: 0 };
    if (root) this.#measure(root, used);
    let free = used.free;
    let span = 0;
    if (root && root.rows > 0) {
      span = this.#span(root.rows);
      for (let row = 0; row < root.rows; row++) free += width * (this.#rowRoom[row] as number);
      free -= used.room;
    } else if (root) span = startSize;

    const bytes = new Uint8Array(this.#headerSize);
    let at = 14;
    const put = (value: number, size: number): void => {
      putUint(bytes, at, value, size);
      at += size;
    };
    putSignature(bytes, 'FRHP');
    putUint(bytes, 5, idSize, 2);
    bytes[9] = (this.#hugeWrapped ? HUGE_WRAPPED : 0) | (checksums ? CHECKSUMS : 0);
    putUint(bytes, 10, maxManagedSize, 4);
    put(this.#nextHugeId, lengthSize);
    put(this.#hugeIndex, offsetSize);
    put(free, lengthSize);
    put(this.#managerAddress, offsetSize);
    put(span, lengthSize);
    put(used.size, lengthSize);
    // As libhdf5, which does not use it while the root is a direct block.
    put(root && root.rows > 0 ? this.#iterator : 0, lengthSize);
    put(this.#managedCount, lengthSize);
    put(this.#hugeSize, lengthSize);
    put(this.#hugeCount, lengthSize);
    put(this.#tinySize, lengthSize);
    put(this.#tinyCount, lengthSize);
    put(width, 2);
    put(startSize, lengthSize);
    put(maxDirectSize, lengthSize);
    put(maxBits, 2);
    put(startRows, 2);
    put(root ? root.address : UNDEFINED_ADDRESS, offsetSize);
    put(root ? root.rows : 0, 2);
    putChecksum(bytes, at);
    this.#space.write(this.address, bytes);
  }

  /** Adds what direct blocks take, what is free in them, and what would be if they were empty. */
  #measure(block: DirectBlock | IndirectBlock, used: { size: number; free: number; room: number }): void {
    if (block.rows === 0) {
      const { size, free } = block as DirectBlock;
      used.size += size;
      used.free += free;
      used.room += size - this.#overhead;
      return;
    }
    for (const child of (block as IndirectBlock).children) if (child) this.#measure(child, used);
  }

  #freeBlocks(block: DirectBlock | IndirectBlock): void {
    if (block.rows === 0) {
      if (block.address !== UNDEFINED_ADDRESS) this.#space.free(block.address, (block as DirectBlock).size);
      return;
    }
    for (const child of (block as IndirectBlock).children) if (child) this.#freeBlocks(child);
    this.#releaseIndirect(block as IndirectBlock);
  }

  // The free-space manager (Format Specification, section III.H): its header, and the sections

  get #managerSize(): number {
    const { offsetSize, lengthSize } = this.#space.superblock;
    return 18 + 7 * lengthSize + offsetSize;
  }

  #readManager(): void {
    const what = 'the free space of a fractal heap';
    const space = this.#space;
    const { heapOffsetSize } = this.#layout;
    const manager = space.reader(this.#managerAddress, this.#managerSize, what);
    manager.signature('FSHD');
    manager.version(what, 0);
    if (manager.u8() !== 0) manager.fail('free space of something else than a fractal heap');
    manager.take(2 * manager.lengthSize);
    const count = manager.size();
    manager.take(manager.lengthSize + 6);
    const offsetSize = Math.ceil(manager.u16() / 8);
    const lengthSize = bytesFor(manager.size());
    this.#sectionsAddress = manager.address();
    const size = manager.size();
    this.#sectionsSize = manager.size();
    manager.checksum(what);
    if (this.#sectionsAddress === UNDEFINED_ADDRESS) return;
    checkExtent(space, this.#sectionsAddress, this.#sectionsSize, what);
    if (count === 0) return;
    if (offsetSize > 8 || lengthSize > 8) manager.fail(`${what} with numbers of too many bytes`);

    const sections = space.reader(this.#sectionsAddress, size, what);
    sections.signature('FSSE');
    sections.version(what, 0);
    if (sections.address() !== this.#managerAddress) sections.fail(`${what} belongs to another heap`);
    const countSize = bytesFor(count);
    while (sections.left > 4) {
      const same = sections.uint(countSize);
      const length = sections.uint(lengthSize);
      for (let i = 0; i < same; i++) {
        const offset = sections.uint(offsetSize);
        const type = sections.u8();
        // Gaps between blocks are known from the blocks.
        if (type === FIRST_ROW) sections.take(heapOffsetSize + 6);
        else if (type !== SINGLE) sections.fail(`${what} of an unknown kind`);
        else {
          const block = this.#find(offset, length);
          this.#give(block, offset - block.start, length);
        }
      }
    }
    sections.checksum(what);
  }

  #freeManager(): void {
    if (this.#sectionsAddress !== UNDEFINED_ADDRESS)
      this.#space.free(this.#sectionsAddress, this.#sectionsSize);
    if (this.#managerAddress !== UNDEFINED_ADDRESS) this.#space.free(this.#managerAddress, this.#managerSize);
    this.#sectionsAddress = UNDEFINED_ADDRESS;
    this.#managerAddress = UNDEFINED_ADDRESS;
  }

  /**
   * Writes free space in direct blocks. Gaps between blocks take no space in the file, and are found from the blocks; to
   * list them as well would have libhdf5 1.10 fail to close the file, as it does with files of its own: when it goes on
   * with a list of gaps, indirect blocks stay locked.
   */
  #writeManager(): void {
    const space = this.#space;
    const { offsetSize, lengthSize } = space.superblock;
    const { maxBits, maxDirectSize } = this.#parameters;
    // Offsets of free extents, in order, by their size.
    const bySize = new Map<number, number[]>();
    let count = 0;
    let total = 0;
    const collect = (block: DirectBlock | IndirectBlock): void => {
      if (block.rows > 0) {
        for (const child of (block as IndirectBlock).children) if (child) collect(child);
        return;
      }
      const { starts, sizes, start, free } = block as DirectBlock;
      for (let i = 0; i < starts.length; i++) {
        const size = sizes[i] as number;
        const offset = start + (starts[i] as number);
        const known = bySize.get(size);
        if (known) known.push(offset);
        else bySize.set(size, [offset]);
      }
      count += starts.length;
      total += free;
    };
    if (this.#root) collect(this.#root);
    if (count === 0) {
      this.#freeManager();
      return;
    }

    const bits = Math.ceil(maxBits / 8);
    const sizeSize = bytesFor(maxDirectSize);
    const countSize = bytesFor(count);
    const size = 9 + offsetSize + bySize.size * (countSize + sizeSize) + count * (bits + 1);
    if (this.#managerAddress === UNDEFINED_ADDRESS) this.#managerAddress = space.allocate(this.#managerSize);
    if (this.#sectionsAddress !== UNDEFINED_ADDRESS && this.#sectionsSize !== size) {
      space.free(this.#sectionsAddress, this.#sectionsSize);
      this.#sectionsAddress = UNDEFINED_ADDRESS;
    }
    if (this.#sectionsAddress === UNDEFINED_ADDRESS) this.#sectionsAddress = space.allocate(size);
    this.#sectionsSize = size;

    const sections = new Uint8Array(size);
    putSignature(sections, 'FSSE');
    putUint(sections, 5, this.#managerAddress, offsetSize);
    let at = 5 + offsetSize;
    for (const [length, offsets] of [...bySize].sort(([a], [b]) => a - b)) {
      putUint(sections, at, offsets.length, countSize);
      putUint(sections, at + countSize, length, sizeSize);
      at += countSize + sizeSize;
      for (const offset of offsets) {
        putUint(sections, at, offset, bits);
        sections[at + bits] = SINGLE;
        at += bits + 1;
      }
    }
    putChecksum(sections, at);
    space.write(this.#sectionsAddress, sections);

    const manager = new Uint8Array(this.#managerSize);
    const fields: [value: number, size: number][] = [
      [total, lengthSize],
      [count, lengthSize],
      [count, lengthSize],
      [0, lengthSize],
      [SECTION_CLASSES, 2],
      [SHRINK_PERCENT, 2],
      [EXPAND_PERCENT, 2],
      [maxBits, 2],
      [maxDirectSize, lengthSize],
      [this.#sectionsAddress, offsetSize],
      [size, lengthSize],
      [size, lengthSize],
    ];
    putSignature(manager, 'FSHD');
    at = 6;
    for (const [value, bytes] of fields) {
      putUint(manager, at, value, bytes);
      at += bytes;
    }
    putChecksum(manager, at);
    space.write(this.#managerAddress, manager);
  }
}

function attach(parent: IndirectBlock, entry: number, child: DirectBlock | IndirectBlock): void {
  parent.children[entry] = child;
  parent.count++;
  parent.dirty = true;
}

function detach(parent: IndirectBlock, entry: number): void {
  parent.children[entry] = undefined;
  parent.count--;
  parent.dirty = true;
}

/** An unsigned number of `size` bytes (1 to 8); what is not exact is larger than any file. */
function getUint(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] as number);
  return value;
}
