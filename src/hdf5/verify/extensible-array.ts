import { type ByteReader, UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { ChunkGrid } from '../indexes/chunk-grid.js';
import type { ChunkRecords } from '../indexes/chunk-records.js';
import type { ChunkedLayout } from '../messages/data-layout.js';
import { type ChunkVisit, visitRecords } from './chunk-records.js';
import type { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

const WHAT = 'an extensible array';

/** An extensible array (section VII.D). */
export function walkExtensibleArray(
  walk: Walk,
  object: ObjectRecord,
  { address }: ChunkedLayout,
  grid: ChunkGrid,
  records: ChunkRecords,
  visit: ChunkVisit,
): boolean {
  const reader = walk.structure(address, 16 + 6 * walk.lengthSize + walk.offsetSize, WHAT, object);
  if (!reader) return false;
  const header = decodeHeader(reader, records.filtered ? 1 : 0);
  walk.checksum('chunk-index', object, reader, WHAT);
  const { entrySize, minEntries, minPointers, maxBits, index } = header;
  if (entrySize !== records.size) reader.fail(`${WHAT} with records of ${entrySize} bytes`);
  const powersOfTwo = [minEntries, minPointers].every((n) => Number.isInteger(Math.log2(n)));
  if (!powersOfTwo || maxBits > 64 || Math.log2(minEntries) > maxBits)
    reader.fail(`${WHAT} with impossible block sizes`);
  if (index === UNDEFINED_ADDRESS) return true;
  const read = (entries: ByteReader, first: number): number =>
    visitRecords(walk, entries, first, grid, records, visit);
  const array = new ExtensibleArray(walk, object, address, header, read);
  if (!array.indexBlock(index)) return false;
  array.expectCounts(reader);
  return true;
}

/** What an extensible array says of itself. */
type ExtensibleArrayHeader = ReturnType<typeof decodeHeader>;

function decodeHeader(reader: ByteReader, client: number) {
  reader.signature('EAHD');
  reader.version(WHAT, 0);
  if (reader.u8() !== client) reader.fail(`${WHAT} of another client`);
  const entrySize = reader.u8();
  const maxBits = reader.u8();
  const inIndexBlock = reader.u8();
  const minEntries = reader.u8();
  const minPointers = reader.u8();
  const pageBits = reader.u8();
  const superBlockCount = reader.size();
  const superBlockBytes = reader.size();
  const dataBlockCount = reader.size();
  const dataBlockBytes = reader.size();
  const maxIndex = reader.size();
  const realized = reader.size();
  const index = reader.address();
  return {
    client,
    entrySize,
    maxBits,
    inIndexBlock,
    minEntries,
    minPointers,
    pageBits,
    superBlockCount,
    superBlockBytes,
    dataBlockCount,
    dataBlockBytes,
    maxIndex,
    realized,
    index,
  };
}

/** The blocks of an extensible array, and what was seen of them. */
class ExtensibleArray {
  readonly #walk: Walk;
  readonly #object: ObjectRecord;
  readonly #address: number;
  readonly #header: ExtensibleArrayHeader;
  /** Visits the chunks in entries, of which the first has a number. Returns the number of the last of them, or -1. */
  readonly #read: (entries: ByteReader, first: number) => number;
  /** Bytes of where a block begins in the array. */
  readonly #blockOffsetSize: number;
  /** Entries of a page. */
  readonly #page: number;

  /** Whether all blocks could be read. */
  #whole = true;
  #superBlocks = 0;
  #superBlockBytes = 0;
  #dataBlocks = 0;
  #dataBlockBytes = 0;
  #entries: number;
  #highest = -1;

  constructor(
    walk: Walk,
    object: ObjectRecord,
    address: number,
    header: ExtensibleArrayHeader,
    read: (entries: ByteReader, first: number) => number,
  ) {
    this.#walk = walk;
    this.#object = object;
    this.#address = address;
    this.#header = header;
    this.#read = read;
    this.#blockOffsetSize = Math.ceil(header.maxBits / 8);
    this.#page = 2 ** header.pageBits;
    this.#entries = header.inIndexBlock;
  }

  /** Reads the index block, and all that it leads to. Returns whether all could be read. */
  indexBlock(at: number): boolean {
    const { entrySize, maxBits, inIndexBlock, minEntries, minPointers } = this.#header;
    const { offsetSize } = this.#walk;
    const superBlocks = 1 + maxBits - Math.log2(minEntries);
    /** The data blocks of those before it are in the index block itself. */
    const firstSuperBlock = Math.min(2 * Math.log2(minPointers), superBlocks);
    let directBlocks = 0;
    for (let i = 0; i < firstSuperBlock; i++) directBlocks += blocksOf(i);
    const name = `the index block of ${WHAT}`;
    const addresses = directBlocks + superBlocks - firstSuperBlock;
    const size = 6 + offsetSize + inIndexBlock * entrySize + addresses * offsetSize + 4;
    const block = this.#walk.structure(at, size, name, this.#object);
    if (!block) return false;
    this.#begin(block, 'EAIB', name);
    const entries = block.block(inIndexBlock * entrySize);
    const direct = block.block(directBlocks * offsetSize);
    const indirect = block.block((superBlocks - firstSuperBlock) * offsetSize);
    this.#checksum(block, name);
    this.#readEntries(entries, 0);
    let first = inIndexBlock;
    for (let number = 0, blockNumber = 0; number < firstSuperBlock; number++) {
      const size = this.#entriesOf(number);
      const start = first - inIndexBlock;
      for (let i = 0; i < blocksOf(number); i++, blockNumber++, first += size) {
        const child = direct.address();
        if (child === UNDEFINED_ADDRESS) continue;
        if (size > this.#page) block.fail(`${WHAT} with pages in a block that cannot have them`);
        // libhdf5 counts the blocks from the first one on, not from the first of this size (H5EA__lookup_elmt).
        this.#dataBlock(child, first, size, undefined, start + blockNumber * size);
      }
    }
    for (let number = firstSuperBlock; number < superBlocks; number++) {
      const child = indirect.address();
      if (child !== UNDEFINED_ADDRESS) this.#superBlock(child, number, first);
      first += blocksOf(number) * this.#entriesOf(number);
    }
    return this.#whole;
  }

  #superBlock(at: number, number: number, first: number): void {
    this.#attempt(at, () => {
      const { offsetSize } = this.#walk;
      const name = `a secondary block of ${WHAT}`;
      const blocks = blocksOf(number);
      const entries = this.#entriesOf(number);
      const pages = entries > this.#page ? entries / this.#page : 0;
      const bitmap = Math.ceil(pages / 8);
      const size = 6 + offsetSize + this.#blockOffsetSize + blocks * (bitmap + offsetSize) + 4;
      const block = this.#walk.structure(at, size, name, this.#object);
      if (!block) return false;
      this.#begin(block, 'EASB', name);
      if (block.uint(this.#blockOffsetSize) !== first - this.#header.inIndexBlock)
        block.fail(`${name} that belongs elsewhere`);
      this.#superBlocks++;
      this.#superBlockBytes += size;
      const bitmaps = block.raw(blocks * bitmap);
      const addresses = block.block(blocks * offsetSize);
      this.#checksum(block, name);
      for (let i = 0; i < blocks; i++) {
        const child = addresses.address();
        if (child === UNDEFINED_ADDRESS) continue;
        const pagesThere = pages > 0 ? bitmaps.subarray(i * bitmap, (i + 1) * bitmap) : undefined;
        this.#dataBlock(child, first + i * entries, entries, pagesThere);
      }
      return true;
    });
  }

  /** `first`: the index of its first entry. `pagesThere`: which pages have been written. */
  #dataBlock(
    at: number,
    first: number,
    entries: number,
    pagesThere: Uint8Array | undefined,
    otherOffset = -1,
  ): void {
    this.#attempt(at, () => {
      const { entrySize, inIndexBlock } = this.#header;
      const page = this.#page;
      const name = `a data block of ${WHAT}`;
      const pages = pagesThere ? entries / page : 0;
      const size = 6 + this.#walk.offsetSize + this.#blockOffsetSize + 4 + entries * entrySize + pages * 4;
      const block = this.#walk.structure(at, size, name, this.#object);
      if (!block) return false;
      this.#begin(block, 'EADB', name);
      const offset = block.uint(this.#blockOffsetSize);
      if (offset !== first - inIndexBlock && offset !== otherOffset)
        block.fail(`${name} that belongs elsewhere`);
      this.#dataBlocks++;
      this.#dataBlockBytes += size;
      this.#entries += entries;
      if (!pagesThere) {
        const all = block.block(entries * entrySize);
        this.#checksum(block, name);
        this.#readEntries(all, first);
        return true;
      }
      this.#checksum(block, name);
      for (let i = 0; i < pages; i++) {
        const part = block.block(page * entrySize + 4);
        if (!((pagesThere[i >> 3] as number) & (0x80 >> (i & 7)))) continue;
        part.position = page * entrySize;
        this.#checksum(part, `a page of ${WHAT}`);
        part.position = 0;
        this.#readEntries(part.block(page * entrySize), first + i * page);
      }
      return true;
    });
  }

  /** Compares what was seen with what the header says. */
  expectCounts(reader: ByteReader): void {
    const header = this.#header;
    const expect = (name: string, said: number, found: number): void => {
      if (said !== found) reader.fail(`${WHAT} says ${name} ${said}, found ${found}`);
    };
    expect('secondary blocks:', header.superBlockCount, this.#superBlocks);
    expect('bytes of secondary blocks:', header.superBlockBytes, this.#superBlockBytes);
    expect('data blocks:', header.dataBlockCount, this.#dataBlocks);
    expect('bytes of data blocks:', header.dataBlockBytes, this.#dataBlockBytes);
    expect('entries:', header.realized, this.#entries);
    if (this.#highest >= header.maxIndex)
      reader.fail(`${WHAT} with a chunk ${this.#highest}, it says that it has ${header.maxIndex}`);
  }

  /** The entries of a data block of a secondary block. */
  #entriesOf(superBlock: number): number {
    return 2 ** ((superBlock + 1) >> 1) * this.#header.minEntries;
  }

  #attempt(at: number, action: () => boolean): void {
    if (!this.#walk.attempt('chunk-index', at, this.#object, action)) this.#whole = false;
  }

  #begin(block: ByteReader, signature: string, name: string): void {
    block.signature(signature);
    block.version(name, 0);
    if (block.u8() !== this.#header.client || block.address() !== this.#address)
      block.fail(`${name} that belongs elsewhere`);
  }

  #checksum(block: ByteReader, name: string): void {
    this.#walk.checksum('chunk-index', this.#object, block, name);
  }

  #readEntries(entries: ByteReader, first: number): void {
    this.#highest = Math.max(this.#highest, this.#read(entries, first));
  }
}

/** The data blocks of a secondary block. */
function blocksOf(superBlock: number): number {
  return 2 ** (superBlock >> 1);
}
