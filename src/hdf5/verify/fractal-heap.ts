import { type ByteReader, bytesFor, UNDEFINED_ADDRESS } from '../byte-reader.js';
import { lookup3 } from '../checksum.js';
import { BtreeV2Type } from '../indexes/btree-v2.js';
import { NumberList } from '../number-list.js';
import { walkBtreeV2 } from './btree-v2.js';
import { checkFreeSpace } from './free-space.js';
import type { ObjectRecord } from './object-record.js';
import { findOverlap } from './overlap.js';
import type { Walk } from './walk.js';

/** Up to this size a heap ID holds the length of a tiny object in its first byte. */
const SHORT_ID = 18;
const WHAT = 'a fractal heap';

/** Reads the blocks and the statistics of a fractal heap (section III.G); undefined if it was read before, or has filters. */
export function openFractalHeap(walk: Walk, object: ObjectRecord, address: number): FractalHeap | undefined {
  const prefix = walk.reader(address, 9, WHAT);
  prefix.signature('FRHP');
  prefix.version(WHAT, 0);
  prefix.take(2);
  if (prefix.u16() > 0) {
    walk.unchecked(address, 'a fractal heap with filters', object);
    return undefined;
  }
  const reader = walk.structure(address, 26 + 12 * walk.lengthSize + 3 * walk.offsetSize, WHAT, object);
  if (!reader) return undefined;
  const header = decodeHeader(reader);
  walk.checksum('fractal-heap', object, reader, WHAT);
  const { width, startSize, maxDirectSize, maxBits } = header;
  const powersOfTwo = [width, startSize, maxDirectSize].every((size) => Number.isInteger(Math.log2(size)));
  if (!powersOfTwo || startSize > maxDirectSize || maxDirectSize > 2 ** 31 || maxBits > 64)
    reader.fail(`${WHAT} with impossible block sizes`);
  const heap = new FractalHeap(walk, object, address, reader, header);
  heap.readBlocks();
  heap.readHugeObjects();
  return heap;
}

/** What a fractal heap says of itself. */
type FractalHeapHeader = ReturnType<typeof decodeHeader>;

function decodeHeader(reader: ByteReader) {
  reader.take(5);
  const idSize = reader.u16();
  reader.take(2);
  const hasChecksums = (reader.u8() & 2) !== 0;
  const maxManagedSize = reader.u32();
  reader.size();
  const hugeIndex = reader.address();
  const freeBytes = reader.size();
  const freeSpace = reader.address();
  const managedSize = reader.size();
  const allocatedSize = reader.size();
  const iterator = reader.size();
  const managedCount = reader.size();
  const hugeSize = reader.size();
  const hugeCount = reader.size();
  const tinySize = reader.size();
  const tinyCount = reader.size();
  const width = reader.u16();
  const startSize = reader.size();
  const maxDirectSize = reader.size();
  const maxBits = reader.u16();
  reader.take(2);
  const root = reader.address();
  const rootRows = reader.u16();
  return {
    idSize,
    hasChecksums,
    maxManagedSize,
    hugeIndex,
    freeBytes,
    freeSpace,
    managedSize,
    allocatedSize,
    iterator,
    managedCount,
    hugeSize,
    hugeCount,
    tinySize,
    tinyCount,
    width,
    startSize,
    maxDirectSize,
    maxBits,
    root,
    rootRows,
  };
}

/** A fractal heap while its objects are looked up. */
export class FractalHeap {
  readonly #walk: Walk;
  readonly #object: ObjectRecord;
  readonly #address: number;
  /** Of the header. */
  readonly #reader: ByteReader;
  readonly #header: FractalHeapHeader;

  /** Bytes of an offset in the heap, and of the length of an object, as blocks and IDs have them. */
  readonly #offsetSize: number;
  readonly #lengthSize: number;
  /** Bytes of a direct block that are not for objects. */
  readonly #overhead: number;
  readonly #firstRowBits: number;
  readonly #rooms = new Map<number, number>();

  /** The direct blocks in their order, and where in the heap they begin. */
  readonly #starts = new NumberList();
  readonly #blocks: ByteReader[] = [];
  #allocated = 0;
  /** Whether all blocks and the index of huge objects could be read. */
  #whole = true;

  /** Huge objects by their number, where IDs hold one. */
  readonly #huge = new Map<number, { readonly at: number; readonly size: number }>();
  readonly #hugeInId: boolean;
  #hugeBytes = 0;
  #hugeRecords = 0;

  /** Managed objects that were looked up: where they begin, and where they end. */
  readonly #objects = new NumberList();
  readonly #usedHuge = new Set<number>();
  #objectBytes = 0;
  #tinyObjects = 0;
  #tinyBytes = 0;

  constructor(
    walk: Walk,
    object: ObjectRecord,
    address: number,
    reader: ByteReader,
    header: FractalHeapHeader,
  ) {
    this.#walk = walk;
    this.#object = object;
    this.#address = address;
    this.#reader = reader;
    this.#header = header;
    const { width, startSize, maxDirectSize, maxManagedSize, maxBits, idSize, hasChecksums } = header;
    this.#offsetSize = Math.ceil(maxBits / 8);
    this.#lengthSize = Math.min(Math.ceil(Math.log2(maxDirectSize) / 8), bytesFor(maxManagedSize));
    this.#overhead = 5 + walk.offsetSize + this.#offsetSize + (hasChecksums ? 4 : 0);
    this.#firstRowBits = Math.log2(startSize) + Math.log2(width);
    this.#hugeInId = idSize > walk.offsetSize + walk.lengthSize;
  }

  get idSize(): number {
    return this.#header.idSize;
  }

  // ---- blocks -----------------------------------------------------------------------------------------------

  /** The size of the blocks in a row. */
  #rowSize(row: number): number {
    return this.#header.startSize * 2 ** Math.max(0, row - 1);
  }

  /** The rows of an indirect block that stands for blocks of `size` bytes. */
  #rowsOf(size: number): number {
    return Math.log2(size) - this.#firstRowBits + 1;
  }

  /** The bytes for objects in all direct blocks that a block of a size stands for, whether they are there or not. */
  #room(size: number): number {
    const { maxDirectSize, width } = this.#header;
    if (size <= maxDirectSize) return size - this.#overhead;
    const known = this.#rooms.get(size);
    if (known !== undefined) return known;
    let sum = 0;
    for (let row = 0, rows = this.#rowsOf(size); row < rows; row++)
      sum += width * this.#room(this.#rowSize(row));
    this.#rooms.set(size, sum);
    return sum;
  }

  readBlocks(): void {
    const { root, rootRows, startSize, maxBits } = this.#header;
    if (rootRows > Math.max(1, maxBits - this.#firstRowBits + 1))
      this.#reader.fail(`${WHAT} of ${rootRows} rows of blocks`);
    if (root === UNDEFINED_ADDRESS) return;
    if (rootRows === 0) this.#directBlock(root, 0, startSize);
    else this.#indirectBlock(root, 0, rootRows);
  }

  #attempt(at: number, action: () => boolean): void {
    if (!this.#walk.attempt('fractal-heap', at, this.#object, action)) this.#whole = false;
  }

  #readBlock(at: number, signature: string, start: number, size: number): ByteReader | undefined {
    const name = signature === 'FHDB' ? `a direct block of ${WHAT}` : `an indirect block of ${WHAT}`;
    const block = this.#walk.structure(at, size, name, this.#object);
    if (!block) return undefined;
    block.signature(signature);
    block.version(WHAT, 0);
    if (block.address() !== this.#address || block.uint(this.#offsetSize) !== start)
      block.fail(`${name} that belongs elsewhere`);
    return block;
  }

  #directBlock(at: number, start: number, size: number): void {
    this.#attempt(at, () => {
      const block = this.#readBlock(at, 'FHDB', start, size);
      if (!block) return false;
      if (this.#header.hasChecksums) {
        const { position } = block;
        const expected = block.u32();
        // Not `slice`: a Buffer's would be a view of the file.
        const bytes = new Uint8Array(block.bytes).fill(0, position, position + 4);
        if (lookup3(new DataView(bytes.buffer), 0, size) !== expected)
          this.#walk.problem(
            'fractal-heap',
            at,
            this.#object,
            `a direct block of ${WHAT} fails its checksum`,
          );
      }
      this.#starts.push(start);
      this.#blocks.push(block);
      this.#allocated += size;
      return true;
    });
  }

  #indirectBlock(at: number, start: number, rows: number): void {
    const { width, maxDirectSize } = this.#header;
    const addressSize = this.#walk.offsetSize;
    this.#attempt(at, () => {
      const entries = rows * width;
      const blockSize = 9 + addressSize + this.#offsetSize + entries * addressSize;
      const block = this.#readBlock(at, 'FHIB', start, blockSize);
      if (!block) return false;
      const { position } = block;
      block.position = position + entries * addressSize;
      this.#walk.checksum('fractal-heap', this.#object, block, `an indirect block of ${WHAT}`);
      block.position = position;
      let childStart = start;
      for (let row = 0; row < rows; row++) {
        const size = this.#rowSize(row);
        const childRows = this.#rowsOf(size);
        for (let column = 0; column < width; column++, childStart += size) {
          const child = block.address();
          if (child === UNDEFINED_ADDRESS) continue;
          if (size <= maxDirectSize) this.#directBlock(child, childStart, size);
          // Fewer rows than this block has, so that it ends.
          else if (childRows >= 1 && childRows < rows) this.#indirectBlock(child, childStart, childRows);
          else block.fail(`${WHAT} with an indirect block of ${childRows} rows`);
        }
      }
      return true;
    });
  }

  // ---- objects ----------------------------------------------------------------------------------------------

  /** The index of huge objects: a version 2 B-tree with records of type 1 or 3. */
  readHugeObjects(): void {
    const { hugeIndex } = this.#header;
    if (hugeIndex === UNDEFINED_ADDRESS) return;
    const walk = this.#walk;
    const hugeInId = this.#hugeInId;
    const { offsetSize, lengthSize } = walk;
    let last = -1;
    const type = hugeInId ? BtreeV2Type.HugeObjectsDirect : BtreeV2Type.HugeObjects;
    const recordSize = hugeInId ? offsetSize + lengthSize : offsetSize + 2 * lengthSize;
    const done = walkBtreeV2(walk, this.#object, hugeIndex, type, recordSize, (record) => {
      walk.attempt('fractal-heap', record.offset - walk.base, this.#object, () => {
        const at = record.address();
        const size = record.size();
        const key = hugeInId ? at : record.size();
        if (key <= last) record.fail(`the huge objects of ${WHAT} are not in order`);
        last = key;
        this.#hugeRecords++;
        this.#hugeBytes += size;
        this.#huge.set(key, { at, size });
        walk.claim(at, size, 'metadata', `a huge object of ${WHAT}`, this.#object);
      });
    });
    if (!done) this.#whole = false;
  }

  /** The object that an ID stands for. */
  get(id: ByteReader): ByteReader {
    const first = id.u8();
    switch (first >> 4) {
      case 0:
        return this.#getManaged(id);
      case 1:
        return this.#getHuge(id);
      case 2: {
        const length = first & 0x0f;
        const size = (this.idSize > SHORT_ID ? length * 256 + id.u8() : length) + 1;
        this.#tinyObjects++;
        this.#tinyBytes += size;
        return id.block(size);
      }
      default:
        return id.fail(`${WHAT} ID of an unknown type`);
    }
  }

  #getManaged(id: ByteReader): ByteReader {
    const starts = this.#starts;
    const offset = id.uint(this.#offsetSize);
    const size = id.uint(this.#lengthSize);
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts.data[middle] as number) <= offset) low = middle + 1;
      else high = middle;
    }
    const block = this.#blocks[low - 1];
    const at = offset - (low > 0 ? (starts.data[low - 1] as number) : 0);
    if (!block || at < this.#overhead || at + size > block.length || size === 0)
      return id.fail(`${WHAT} has no object of ${size} bytes at ${offset}`);
    this.#objects.push(offset);
    this.#objects.push(offset + size);
    this.#objectBytes += size;
    block.position = at;
    return block.block(size);
  }

  #getHuge(id: ByteReader): ByteReader {
    const key = this.#hugeInId ? id.address() : id.uint(Math.min(this.idSize - 1, 8));
    const place = this.#huge.get(key) ?? id.fail(`${WHAT} has no huge object ${key}`);
    if (this.#hugeInId && id.size() !== place.size) id.fail(`a huge object of ${WHAT} of another size`);
    this.#usedHuge.add(key);
    return this.#walk.reader(place.at, place.size, `a huge object of ${WHAT}`);
  }

  // ---- statistics -------------------------------------------------------------------------------------------

  /** Compares what was looked up with what the heap says of itself. */
  finish(): void {
    if (!this.#whole) return;
    const header = this.#header;
    const { managedSize, freeSpace } = header;
    const objects = this.#objects;
    let size = 0;
    let free = 0;
    if (header.root !== UNDEFINED_ADDRESS) {
      for (let row = 0; row < header.rootRows; row++) {
        size += header.width * this.#rowSize(row);
        free += header.width * this.#room(this.#rowSize(row));
      }
      if (header.rootRows === 0) {
        size = header.startSize;
        free = this.#room(header.startSize);
      }
    }
    this.#expect('managed objects:', header.managedCount, objects.length / 2);
    this.#expect('managed bytes:', managedSize, size);
    this.#expect('allocated bytes:', header.allocatedSize, this.#allocated);
    this.#expect('free bytes:', header.freeBytes, free - this.#objectBytes);
    this.#expect('huge objects:', header.hugeCount, this.#hugeRecords);
    this.#expect('bytes of huge objects:', header.hugeSize, this.#hugeBytes);
    this.#expect('huge objects in use:', this.#hugeRecords, this.#usedHuge.size);
    this.#expect('tiny objects:', header.tinyCount, this.#tinyObjects);
    this.#expect('bytes of tiny objects:', header.tinySize, this.#tinyBytes);
    if (header.iterator > managedSize)
      this.#walk.problem(
        'fractal-heap',
        this.#address,
        this.#object,
        `${WHAT} would place a block at ${header.iterator}, beyond its end`,
      );
    const crossing = findOverlap(objects);
    if (crossing >= 0) this.#reader.fail(`${WHAT} whose objects overlap at ${crossing}`);
    if (freeSpace !== UNDEFINED_ADDRESS) this.#checkFreeSpace(freeSpace);
  }

  #expect(name: string, said: number, found: number): void {
    if (said === found) return;
    const message = `${WHAT} says ${name} ${said}, found ${found}`;
    this.#walk.problem('fractal-heap', this.#address, this.#object, message);
  }

  /** The free space in blocks, in a manager of its own. */
  #checkFreeSpace(manager: number): void {
    const { problems } = this.#walk;
    const objects = this.#objects;
    let freeInBlocks = 0;
    const before = problems.length;
    checkFreeSpace(this.#walk, this.#object, manager, 0, this.#offsetSize + 6, (offset, length, type) => {
      if (type !== 0) return;
      freeInBlocks += length;
      objects.push(offset);
      objects.push(offset + length);
    });
    if (problems.length > before) return;
    const wrong = findOverlap(objects);
    if (wrong >= 0) this.#reader.fail(`${WHAT} whose objects overlap with its free space at ${wrong}`);
    const inBlocks = this.#allocated - this.#blocks.length * this.#overhead - this.#objectBytes;
    this.#expect('free bytes in blocks, in the list of free space,', freeInBlocks, inBlocks);
  }
}
