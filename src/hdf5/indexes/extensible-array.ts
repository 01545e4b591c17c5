import { H5FormatError, H5TypeError } from '../../errors.js';
import { UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { EditableSpace } from '../editable-space.js';
import type { FileSpace } from '../file-space.js';
import type { ChunkedLayout, ExtensibleArrayShape } from '../messages/data-layout.js';
import { putChecksum, putSignature, putUint } from './btree-v2.js';
import type { Chunk, ChunkIndex, ChunkIndexEditor } from './chunk.js';
import type { ChunkGrid } from './chunk-grid.js';
import { addressAt, type ChunkRecords, checkPlace, NO_CHUNK } from './chunk-records.js';
import { freeExtents, type IndexBlock, IndexBlocks, pageBit, setPageBit } from './index-blocks.js';
import type { Meter } from './meter.js';
import { WalkMeter } from './walk-meter.js';

const WHAT = 'an extensible array';
const HEADER = 'EAHD';
const INDEX_BLOCK = 'EAIB';
const SECONDARY_BLOCK = 'EASB';
const DATA_BLOCK = 'EADB';
const CHECKSUM = 4;

/** What the header counts, each in the size of a length. */
interface Statistics {
  secondaryBlocks: number;
  secondaryBytes: number;
  dataBlocks: number;
  dataBytes: number;
  /** One more than the largest number of a chunk that was ever set. */
  maxSet: number;
  /** Records that there is room for in the blocks that there are. */
  records: number;
}

/** The data blocks that one secondary block has, or would have if the index block did not have them itself. */
interface Level {
  /** The number of its first record, counted behind those of the index block. */
  readonly first: number;
  /** The number of its first data block. */
  readonly firstBlock: number;
  readonly blocks: number;
  /** Records of each data block. */
  readonly records: number;
  /** Pages of each data block; 0 if it is not divided. */
  readonly pages: number;
}

/**
 * An extensible array of chunks: some records in the index block, those that follow in data blocks, which grow as the
 * array does. The index block has the addresses of the first data blocks, and those of secondary blocks, which have the
 * addresses of the others (Format Specification, section VII.D).
 */
export class ExtensibleArray implements ChunkIndex {
  protected readonly space: FileSpace;
  protected readonly source: ChunkedLayout;
  protected readonly grid: ChunkGrid;
  protected readonly records: ChunkRecords;
  protected readonly walk: WalkMeter;
  protected readonly blocks: IndexBlocks;
  /** Of the header. */
  protected address: number;
  protected indexBlock = UNDEFINED_ADDRESS;
  protected shape: ExtensibleArrayShape;
  protected statistics: Statistics = emptyStatistics();
  protected levels: Level[] = [];
  /** The levels whose data blocks the index block has itself, and the number of these data blocks. */
  protected directLevels = 0;
  protected directBlocks = 0;

  constructor(space: FileSpace, layout: ChunkedLayout, grid: ChunkGrid, records: ChunkRecords, meter: Meter) {
    const { index, address } = layout;
    if (index.type !== 'extensible-array') throw new H5TypeError(`a layout with the index ${index.type}`);
    this.space = space;
    this.source = layout;
    this.grid = grid;
    this.records = records;
    this.walk = new WalkMeter(meter);
    this.address = address;
    this.blocks = new IndexBlocks(space, address, records.filtered ? 1 : 0);
    this.shape = index;
    if (address !== UNDEFINED_ADDRESS) this.#readHeader();
    this.#divide();
  }

  protected get headerSize(): number {
    return 12 + 6 * this.space.superblock.lengthSize + this.space.superblock.offsetSize + CHECKSUM;
  }

  #readHeader(): void {
    const header = this.space.reader(this.address, this.headerSize, WHAT);
    header.signature(HEADER);
    header.version(WHAT, 0);
    if (header.u8() !== (this.records.filtered ? 1 : 0)) header.fail(`${WHAT} of another client`);
    if (header.u8() !== this.records.size)
      header.fail(`${WHAT} whose records are not of ${this.records.size} bytes`);
    const maxBits = header.u8();
    const indexElements = header.u8();
    const minElements = header.u8();
    const minPointers = header.u8();
    const pageBits = header.u8();
    this.shape = { maxBits, indexElements, minPointers, minElements, pageBits };
    this.statistics = {
      secondaryBlocks: header.size(),
      secondaryBytes: header.size(),
      dataBlocks: header.size(),
      dataBytes: header.size(),
      maxSet: header.size(),
      records: header.size(),
    };
    this.indexBlock = header.address();
    header.checksum(WHAT);
  }

  /** Works out the levels. Level n has 2^(n/2) data blocks of 2^((n+1)/2) times the fewest records. */
  #divide(): void {
    const { maxBits, indexElements, minPointers, minElements, pageBits } = this.shape;
    const minBits = Math.log2(minElements);
    const pointerBits = Math.log2(minPointers);
    this.directLevels = 2 * pointerBits;
    this.directBlocks = 2 * (minPointers - 1);
    const count = 1 + maxBits - minBits;
    const perPage = 2 ** pageBits;
    // What libhdf5 demands of them (H5EA__hdr_create): the data blocks of the index block have no pages.
    const isPossible =
      Number.isInteger(minBits) &&
      Number.isInteger(pointerBits) &&
      minPointers >= 2 &&
      maxBits <= 64 &&
      count >= this.directLevels &&
      pageBits <= 32 &&
      perPage >= indexElements &&
      perPage >= minElements * 2 ** (pointerBits + (this.directLevels % 2));
    if (!isPossible) {
      const { baseAddress } = this.space.superblock;
      throw new H5FormatError(
        this.address === UNDEFINED_ADDRESS ? -1 : baseAddress + this.address,
        `${WHAT} that is divided in a way that cannot be`,
      );
    }
    let first = 0;
    let firstBlock = 0;
    for (let n = 0; n < count; n++) {
      const blocks = 2 ** (n >> 1);
      const records = minElements * 2 ** ((n + 1) >> 1);
      const pages = records > perPage ? records / perPage : 0;
      this.levels.push({ first, firstBlock, blocks, records, pages });
      first += blocks * records;
      firstBlock += blocks;
    }
  }

  /** The records that there can be. */
  protected get capacity(): number {
    const last = this.levels.at(-1) as Level;
    return this.shape.indexElements + last.first + last.blocks * last.records;
  }

  /** The level of a record, which is counted behind those of the index block. */
  protected level(number: number): number {
    // The first record of level n is the (2^n - 1)th times the fewest.
    return log2(Math.floor(number / this.shape.minElements) + 1);
  }

  /** Bytes of the number of a record. */
  protected get numberSize(): number {
    return Math.ceil(this.shape.maxBits / 8);
  }

  /** Where the addresses of data blocks begin in the index block. */
  protected get directStart(): number {
    return this.blocks.prefix + this.shape.indexElements * this.records.size;
  }

  protected get indexBlockSize(): number {
    const addresses = this.directBlocks + this.levels.length - this.directLevels;
    return this.directStart + addresses * this.space.superblock.offsetSize + CHECKSUM;
  }

  /** The bytes that say which pages of one data block there are, in the secondary block. */
  protected mapSize(level: Level): number {
    return Math.ceil(level.pages / 8);
  }

  /** Where the map of pages begins in a secondary block. */
  protected get mapStart(): number {
    return this.blocks.prefix + this.numberSize;
  }

  /** Where the addresses of data blocks begin in a secondary block. */
  protected addressStart(level: Level): number {
    return this.mapStart + level.blocks * this.mapSize(level);
  }

  protected secondarySize(level: Level): number {
    return this.addressStart(level) + level.blocks * this.space.superblock.offsetSize + CHECKSUM;
  }

  /** The bytes of a data block as a block of its own: without its pages if it has any. */
  protected dataBlockSize(level: Level): number {
    const contents = level.pages > 0 ? 0 : level.records * this.records.size;
    return this.blocks.prefix + this.numberSize + contents + CHECKSUM;
  }

  protected get pageSize(): number {
    return 2 ** this.shape.pageBits * this.records.size + CHECKSUM;
  }

  /** The bytes of a data block, and of its pages. */
  protected dataSize(level: Level): number {
    return this.dataBlockSize(level) + level.pages * this.pageSize;
  }

  protected index(): IndexBlock {
    return this.blocks.get(this.indexBlock, this.indexBlockSize, INDEX_BLOCK, `the index block of ${WHAT}`);
  }

  protected secondary(address: number, level: Level): IndexBlock {
    return this.blocks.get(
      address,
      this.secondarySize(level),
      SECONDARY_BLOCK,
      `a secondary block of ${WHAT}`,
    );
  }

  /** A data block without pages. */
  protected data(address: number, level: Level): IndexBlock {
    return this.blocks.get(address, this.dataBlockSize(level), DATA_BLOCK, `a data block of ${WHAT}`);
  }

  protected page(dataBlock: number, level: Level, page: number): IndexBlock {
    const address = dataBlock + this.dataBlockSize(level) + page * this.pageSize;
    return this.blocks.get(address, this.pageSize, undefined, `a page of ${WHAT}`);
  }

  protected addressAt(block: IndexBlock, at: number): number {
    return addressAt(block.bytes, at, this.space.superblock.offsetSize);
  }

  /** Where the address of the secondary block of a level stands in the index block. */
  protected secondaryAt(n: number): number {
    return this.directStart + (this.directBlocks + n - this.directLevels) * this.space.superblock.offsetSize;
  }

  get(place: readonly number[]): Chunk | undefined {
    let number = this.grid.number(place);
    if (number < 0 || number >= this.statistics.maxSet || this.indexBlock === UNDEFINED_ADDRESS)
      return undefined;
    const index = this.index();
    const { indexElements, pageBits } = this.shape;
    const { size } = this.records;
    if (number < indexElements) return this.records.get(index.bytes, this.blocks.prefix + number * size);
    number -= indexElements;
    const n = this.level(number);
    const level = this.levels[n];
    if (!level) return undefined;
    number -= level.first;
    const block = Math.floor(number / level.records);
    number %= level.records;
    const { offsetSize } = this.space.superblock;
    let holder = index;
    let at = this.directStart + (level.firstBlock + block) * offsetSize;
    if (n >= this.directLevels) {
      const address = this.addressAt(index, this.secondaryAt(n));
      if (address === UNDEFINED_ADDRESS) return undefined;
      holder = this.secondary(address, level);
      at = this.addressStart(level) + block * offsetSize;
    }
    const dataBlock = this.addressAt(holder, at);
    if (dataBlock === UNDEFINED_ADDRESS) return undefined;
    if (level.pages === 0) {
      return this.records.get(this.data(dataBlock, level).bytes, this.mapStart + number * size);
    }
    const page = Math.floor(number / 2 ** pageBits);
    if (!pageBit(holder.bytes, this.mapStart, block * level.pages + page)) return undefined;
    return this.records.get(this.page(dataBlock, level, page).bytes, (number % 2 ** pageBits) * size);
  }

  forEach(visit: (place: readonly number[], chunk: Chunk) => void): void {
    if (this.indexBlock === UNDEFINED_ADDRESS) return;
    this.walk.start();
    const index = this.index();
    this.walk.add(this.headerSize + index.bytes.length);
    const { indexElements, pageBits } = this.shape;
    this.#visit(index.bytes, this.blocks.prefix, 0, indexElements, visit);
    this.visitDataBlocks((dataBlock, n, block, holder) => {
      const level = this.levels[n] as Level;
      const first = indexElements + level.first + block * level.records;
      this.walk.add(this.dataBlockSize(level));
      if (level.pages === 0) {
        this.#visit(this.data(dataBlock, level).bytes, this.mapStart, first, level.records, visit);
        return;
      }
      const perPage = 2 ** pageBits;
      for (let page = 0; page < level.pages; page++) {
        if (!pageBit(holder.bytes, this.mapStart, block * level.pages + page)) continue;
        this.walk.add(this.pageSize);
        this.#visit(this.page(dataBlock, level, page).bytes, 0, first + page * perPage, perPage, visit);
      }
    });
  }

  #visit(
    bytes: Uint8Array,
    at: number,
    first: number,
    count: number,
    visit: (place: readonly number[], chunk: Chunk) => void,
  ): void {
    const { size } = this.records;
    const end = Math.min(first + count, this.statistics.maxSet);
    for (let number = first; number < end; number++, at += size) {
      const chunk = this.records.get(bytes, at);
      if (chunk) visit(this.grid.place(number), chunk);
    }
  }

  /** Visits the data blocks that there are, in their order, and tells secondary blocks before what they hold. */
  protected visitDataBlocks(
    visit: (address: number, n: number, block: number, holder: IndexBlock) => void,
    visitSecondary?: (address: number, level: Level) => void,
  ): void {
    const { offsetSize } = this.space.superblock;
    const index = this.index();
    for (let n = 0; n < this.levels.length; n++) {
      const level = this.levels[n] as Level;
      let holder = index;
      let at = this.directStart + level.firstBlock * offsetSize;
      if (n >= this.directLevels) {
        const address = this.addressAt(index, this.secondaryAt(n));
        if (address === UNDEFINED_ADDRESS) continue;
        holder = this.secondary(address, level);
        this.walk.add(holder.bytes.length);
        visitSecondary?.(address, level);
        at = this.addressStart(level);
      }
      for (let block = 0; block < level.blocks; block++, at += offsetSize) {
        const address = this.addressAt(holder, at);
        if (address !== UNDEFINED_ADDRESS) visit(address, n, block, holder);
      }
    }
  }
}

export class ExtensibleArrayEditor extends ExtensibleArray implements ChunkIndexEditor {
  declare protected readonly space: EditableSpace;
  #dirty = false;

  /** The number of the chunk at a place, if the index can hold it. */
  check(place: readonly number[]): number {
    const number = this.grid.number(place);
    if (number < 0)
      throw new H5TypeError(`a chunk at (${place.join(', ')}) lies outside of what the dataset may be`);
    if (number >= this.capacity || !Number.isSafeInteger(number)) {
      throw new H5TypeError(
        `a chunk at (${place.join(', ')}): the index has room for ${this.capacity} chunks; make the chunks larger`,
      );
    }
    return number;
  }

  set(place: readonly number[], chunk: Chunk): void {
    checkPlace(place, this.grid.rank);
    this.records.check(chunk);
    const number = this.check(place);
    this.#put(number, chunk);
    if (number >= this.statistics.maxSet) {
      this.statistics.maxSet = number + 1;
      this.#dirty = true;
    }
  }

  delete(place: readonly number[]): void {
    if (this.get(place)) this.#put(this.grid.number(place), NO_CHUNK);
  }

  #put(number: number, chunk: Chunk): void {
    const { indexElements, pageBits } = this.shape;
    const { size } = this.records;
    const { blocks } = this;
    const index = this.indexBlock === UNDEFINED_ADDRESS ? this.#createIndex() : this.index();
    if (number < indexElements) {
      blocks.touch(index);
      this.records.put(index.bytes, blocks.prefix + number * size, chunk);
      return;
    }
    number -= indexElements;
    const n = this.level(number);
    const level = this.levels[n] as Level;
    number -= level.first;
    const block = Math.floor(number / level.records);
    const { offsetSize } = this.space.superblock;
    let holder = index;
    let at = this.directStart + (level.firstBlock + block) * offsetSize;
    // libhdf5 counts the data blocks of the index block from its first one here, not from that of their level.
    let offset = level.first + (level.firstBlock + block) * level.records;
    if (n >= this.directLevels) {
      holder = this.#secondaryOf(index, n, level);
      at = this.addressStart(level) + block * offsetSize;
      offset = level.first + block * level.records;
    }
    let dataBlock = this.addressAt(holder, at);
    if (dataBlock === UNDEFINED_ADDRESS) {
      dataBlock = this.#createData(level, offset);
      blocks.touch(holder);
      putUint(holder.bytes, at, dataBlock, offsetSize);
    }
    number %= level.records;
    if (level.pages === 0) {
      const data = this.data(dataBlock, level);
      blocks.touch(data);
      this.records.put(data.bytes, this.mapStart + number * size, chunk);
      return;
    }
    const page = Math.floor(number / 2 ** pageBits);
    const bit = block * level.pages + page;
    let bytes: IndexBlock;
    if (pageBit(holder.bytes, this.mapStart, bit)) {
      bytes = this.page(dataBlock, level, page);
      blocks.touch(bytes);
    } else {
      const address = dataBlock + this.dataBlockSize(level) + page * this.pageSize;
      bytes = blocks.create(address, this.pageSize, undefined);
      this.records.clear(bytes.bytes, 0, 2 ** pageBits);
      blocks.touch(holder);
      setPageBit(holder.bytes, this.mapStart, bit);
    }
    this.records.put(bytes.bytes, (number % 2 ** pageBits) * size, chunk);
  }

  #createIndex(): IndexBlock {
    if (this.address === UNDEFINED_ADDRESS) {
      this.address = this.space.allocate(this.headerSize);
      this.blocks.header = this.address;
    }
    const size = this.indexBlockSize;
    this.indexBlock = this.space.allocate(size);
    const index = this.blocks.create(this.indexBlock, size, INDEX_BLOCK);
    this.records.clear(index.bytes, this.blocks.prefix, this.shape.indexElements);
    index.bytes.fill(0xff, this.directStart, size - CHECKSUM);
    this.statistics.records = this.shape.indexElements;
    this.#dirty = true;
    return index;
  }

  #secondaryOf(index: IndexBlock, n: number, level: Level): IndexBlock {
    const at = this.secondaryAt(n);
    const known = this.addressAt(index, at);
    if (known !== UNDEFINED_ADDRESS) return this.secondary(known, level);
    const size = this.secondarySize(level);
    const address = this.space.allocate(size);
    const block = this.blocks.create(address, size, SECONDARY_BLOCK);
    putUint(block.bytes, this.blocks.prefix, level.first, this.numberSize);
    block.bytes.fill(0xff, this.addressStart(level), size - CHECKSUM);
    this.blocks.touch(index);
    putUint(index.bytes, at, address, this.space.superblock.offsetSize);
    this.statistics.secondaryBlocks++;
    this.statistics.secondaryBytes += size;
    this.#dirty = true;
    return block;
  }

  /** A data block. Its pages are made when they are needed. */
  #createData(level: Level, offset: number): number {
    const size = this.dataSize(level);
    const address = this.space.allocate(size);
    const { bytes } = this.blocks.create(address, this.dataBlockSize(level), DATA_BLOCK);
    putUint(bytes, this.blocks.prefix, offset, this.numberSize);
    if (level.pages === 0) this.records.clear(bytes, this.mapStart, level.records);
    this.statistics.dataBlocks++;
    this.statistics.dataBytes += size;
    this.statistics.records += level.records;
    this.#dirty = true;
    return address;
  }

  /** Chunks keep their numbers when the dataset grows. */
  resize(_dims: readonly number[]): void {}

  flush(): void {
    this.blocks.flush(this.space);
    if (!this.#dirty) return;
    const { offsetSize, lengthSize } = this.space.superblock;
    const { maxBits, indexElements, minElements, minPointers, pageBits } = this.shape;
    const { secondaryBlocks, secondaryBytes, dataBlocks, dataBytes, maxSet, records } = this.statistics;
    const size = this.headerSize;
    const header = new Uint8Array(size);
    putSignature(header, HEADER);
    header[5] = this.records.filtered ? 1 : 0;
    header.set([this.records.size, maxBits, indexElements, minElements, minPointers, pageBits], 6);
    let at = 12;
    for (const value of [secondaryBlocks, secondaryBytes, dataBlocks, dataBytes, maxSet, records]) {
      putUint(header, at, value, lengthSize);
      at += lengthSize;
    }
    putUint(header, at, this.indexBlock, offsetSize);
    putChecksum(header, size - CHECKSUM);
    this.space.write(this.address, header);
    this.#dirty = false;
  }

  get layout(): ChunkedLayout {
    const index = { type: 'extensible-array', ...this.shape } as const;
    return { ...this.source, address: this.address, index };
  }

  free(): void {
    const extents: [number, number][] = [];
    if (this.address !== UNDEFINED_ADDRESS) extents.push([this.address, this.headerSize]);
    if (this.indexBlock !== UNDEFINED_ADDRESS) {
      this.walk.start();
      extents.push([this.indexBlock, this.indexBlockSize]);
      this.visitDataBlocks(
        (address, n) => extents.push([address, this.dataSize(this.levels[n] as Level)]),
        (address, level) => extents.push([address, this.secondarySize(level)]),
      );
    }
    freeExtents(this.space, extents, WHAT);
    this.address = UNDEFINED_ADDRESS;
    this.indexBlock = UNDEFINED_ADDRESS;
    this.statistics = emptyStatistics();
    this.blocks.clear();
    this.#dirty = false;
  }
}

function emptyStatistics(): Statistics {
  return { secondaryBlocks: 0, secondaryBytes: 0, dataBlocks: 0, dataBytes: 0, maxSet: 0, records: 0 };
}

/** The largest whole n with 2^n no more than a value. */
function log2(value: number): number {
  return value < 2 ** 32 ? 31 - Math.clz32(value) : 32 + log2(Math.floor(value / 2 ** 32));
}
