import { H5FeatureError, H5FormatError, H5TypeError } from '../../errors.js';
import { UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { EditableSpace } from '../editable-space.js';
import type { FileSpace } from '../file-space.js';
import type { ChunkedLayout } from '../messages/data-layout.js';
import { putChecksum, putSignature, putUint } from './btree-v2.js';
import type { Chunk, ChunkIndex, ChunkIndexEditor } from './chunk.js';
import type { ChunkGrid } from './chunk-grid.js';
import { type ChunkRecords, checkPlace, NO_CHUNK } from './chunk-records.js';
import { freeExtents, type IndexBlock, IndexBlocks, pageBit, setPageBit } from './index-blocks.js';
import type { Meter } from './meter.js';
import { WalkMeter } from './walk-meter.js';

const WHAT = 'a fixed array';
const HEADER = 'FAHD';
const DATA_BLOCK = 'FADB';
const CHECKSUM = 4;
/** All of it takes space as soon as there is one chunk: more than this is a mistake of whoever made the dataset, or an attack. */
const MOST_BYTES = 2 ** 32;

/**
 * A fixed array of chunks: a record for each that there can be, in one block, which is divided into pages if it is large
 * (Format Specification, section VII.C).
 */
export class FixedArray implements ChunkIndex {
  protected readonly space: FileSpace;
  protected readonly source: ChunkedLayout;
  protected readonly grid: ChunkGrid;
  protected readonly records: ChunkRecords;
  protected readonly walk: WalkMeter;
  protected readonly blocks: IndexBlocks;
  /** Of the header. */
  protected address: number;
  protected dataBlock = UNDEFINED_ADDRESS;
  protected count: number;
  protected pageBits: number;
  /** The records of a page, and the pages of the data block; 0 if it is not divided. */
  protected perPage = 0;
  protected pages = 0;

  constructor(space: FileSpace, layout: ChunkedLayout, grid: ChunkGrid, records: ChunkRecords, meter: Meter) {
    const { index, address } = layout;
    if (index.type !== 'fixed-array') throw new H5TypeError(`a layout with the index ${index.type}`);
    this.space = space;
    this.source = layout;
    this.grid = grid;
    this.records = records;
    this.walk = new WalkMeter(meter);
    this.address = address;
    this.blocks = new IndexBlocks(space, address, records.filtered ? 1 : 0);
    this.count = grid.total;
    this.pageBits = index.pageBits;
    this.divide();
    if (address !== UNDEFINED_ADDRESS) this.#readHeader();
    if (this.pageBits < 1 || this.pageBits > 32)
      this.#fail(`${WHAT} with pages of 2^${this.pageBits} records`);
  }

  /** Bytes of the header. */
  protected get headerSize(): number {
    return 8 + this.space.superblock.lengthSize + this.space.superblock.offsetSize + CHECKSUM;
  }

  #readHeader(): void {
    const header = this.space.reader(this.address, this.headerSize, WHAT);
    header.signature(HEADER);
    header.version(WHAT, 0);
    if (header.u8() !== (this.records.filtered ? 1 : 0)) header.fail(`${WHAT} of another client`);
    if (header.u8() !== this.records.size)
      header.fail(`${WHAT} whose records are not of ${this.records.size} bytes`);
    this.pageBits = header.u8();
    this.count = header.size();
    this.divide();
    this.dataBlock = header.address();
    header.checksum(WHAT);
    if (this.count < this.grid.total)
      header.fail(`${WHAT} of ${this.count} records for ${this.grid.total} chunks`);
    if (this.dataBlock === UNDEFINED_ADDRESS) {
      // Nothing shows that the header is right, so what is made later is as large as the dataset needs it.
      this.count = this.grid.total;
      this.divide();
    } else if (this.dataBlock + this.dataSize > this.space.end) {
      header.fail(`${WHAT} of ${this.count} records, more than there is room for in the file`);
    }
  }

  #fail(message: string): never {
    const { baseAddress } = this.space.superblock;
    throw new H5FormatError(this.address === UNDEFINED_ADDRESS ? -1 : baseAddress + this.address, message);
  }

  /** Finds out which pages there are. */
  protected divide(): void {
    this.perPage = 2 ** this.pageBits;
    this.pages = this.count > this.perPage ? Math.ceil(this.count / this.perPage) : 0;
  }

  /** The bytes of the data block as a block of its own: without its pages if it has any. */
  protected get dataBlockSize(): number {
    const { pages } = this;
    const contents = pages > 0 ? Math.ceil(pages / 8) : this.count * this.records.size;
    return this.blocks.prefix + contents + CHECKSUM;
  }

  /** The bytes of the data block, and of its pages. */
  protected get dataSize(): number {
    const { pages } = this;
    return this.dataBlockSize + (pages > 0 ? this.count * this.records.size + pages * CHECKSUM : 0);
  }

  protected data(): IndexBlock {
    return this.blocks.get(this.dataBlock, this.dataBlockSize, DATA_BLOCK, WHAT);
  }

  /** Bytes and address of a page. The last one may be shorter. */
  protected pageSize(page: number): number {
    const { perPage } = this;
    return Math.min(perPage, this.count - page * perPage) * this.records.size + CHECKSUM;
  }

  protected pageAddress(page: number): number {
    return this.dataBlock + this.dataBlockSize + page * (this.perPage * this.records.size + CHECKSUM);
  }

  protected hasPage(data: IndexBlock, page: number): boolean {
    return pageBit(data.bytes, this.blocks.prefix, page);
  }

  protected page(page: number): IndexBlock {
    return this.blocks.get(this.pageAddress(page), this.pageSize(page), undefined, `a page of ${WHAT}`);
  }

  get(place: readonly number[]): Chunk | undefined {
    const number = this.grid.number(place);
    if (number < 0 || this.dataBlock === UNDEFINED_ADDRESS) return undefined;
    const data = this.data();
    const { size } = this.records;
    if (this.pages === 0) return this.records.get(data.bytes, this.blocks.prefix + number * size);
    const { perPage } = this;
    const page = Math.floor(number / perPage);
    if (!this.hasPage(data, page)) return undefined;
    return this.records.get(this.page(page).bytes, (number % perPage) * size);
  }

  forEach(visit: (place: readonly number[], chunk: Chunk) => void): void {
    if (this.dataBlock === UNDEFINED_ADDRESS) return;
    this.walk.start();
    const data = this.data();
    this.walk.add(this.headerSize + data.bytes.length);
    const { pages } = this;
    if (pages === 0) {
      this.#visit(data.bytes, this.blocks.prefix, 0, this.count, visit);
      return;
    }
    const { perPage } = this;
    for (let page = 0; page < pages; page++) {
      if (!this.hasPage(data, page)) continue;
      const { bytes } = this.page(page);
      this.walk.add(bytes.length);
      const first = page * perPage;
      this.#visit(bytes, 0, first, Math.min(perPage, this.count - first), visit);
    }
  }

  #visit(
    bytes: Uint8Array,
    at: number,
    first: number,
    count: number,
    visit: (place: readonly number[], chunk: Chunk) => void,
  ): void {
    const { size } = this.records;
    const end = Math.min(first + count, this.grid.total);
    for (let number = first; number < end; number++, at += size) {
      const chunk = this.records.get(bytes, at);
      if (chunk) visit(this.grid.place(number), chunk);
    }
  }
}

export class FixedArrayEditor extends FixedArray implements ChunkIndexEditor {
  declare protected readonly space: EditableSpace;
  #dirty = false;

  set(place: readonly number[], chunk: Chunk): void {
    checkPlace(place, this.grid.rank);
    this.records.check(chunk);
    const number = this.grid.number(place);
    if (number < 0)
      throw new H5TypeError(`a chunk at (${place.join(', ')}) lies outside of what the dataset may be`);
    if (this.dataBlock === UNDEFINED_ADDRESS) this.#create();
    this.#put(number, chunk);
  }

  /** Whatever the place: with the first chunk there is room for all. */
  check(): void {
    if (this.dataBlock === UNDEFINED_ADDRESS && this.dataSize > MOST_BYTES)
      throw new H5FeatureError(
        `${WHAT} of ${this.dataSize} bytes for ${this.count} chunks that there may be`,
      );
  }

  #create(): void {
    this.check();
    if (this.address === UNDEFINED_ADDRESS) {
      this.address = this.space.allocate(this.headerSize);
      this.blocks.header = this.address;
    }
    this.dataBlock = this.space.allocate(this.dataSize);
    this.#dirty = true;
    const { bytes } = this.blocks.create(this.dataBlock, this.dataBlockSize, DATA_BLOCK);
    if (this.pages === 0) this.records.clear(bytes, this.blocks.prefix, this.count);
  }

  #put(number: number, chunk: Chunk): void {
    const { size } = this.records;
    const data = this.data();
    if (this.pages === 0) {
      this.blocks.touch(data);
      this.records.put(data.bytes, this.blocks.prefix + number * size, chunk);
      return;
    }
    const { perPage } = this;
    const page = Math.floor(number / perPage);
    let block: IndexBlock;
    if (this.hasPage(data, page)) {
      block = this.page(page);
      this.blocks.touch(block);
    } else {
      const bytes = this.pageSize(page);
      block = this.blocks.create(this.pageAddress(page), bytes, undefined);
      this.records.clear(block.bytes, 0, (bytes - CHECKSUM) / size);
      this.blocks.touch(data);
      setPageBit(data.bytes, this.blocks.prefix, page);
    }
    this.records.put(block.bytes, (number % perPage) * size, chunk);
  }

  delete(place: readonly number[]): void {
    if (this.get(place)) this.#put(this.grid.number(place), NO_CHUNK);
  }

  /** The array has room for all chunks from the beginning. */
  resize(_dims: readonly number[]): void {}

  flush(): void {
    this.blocks.flush(this.space);
    if (!this.#dirty) return;
    const { offsetSize, lengthSize } = this.space.superblock;
    const size = this.headerSize;
    const header = new Uint8Array(size);
    putSignature(header, HEADER);
    header[5] = this.records.filtered ? 1 : 0;
    header[6] = this.records.size;
    header[7] = this.pageBits;
    putUint(header, 8, this.count, lengthSize);
    putUint(header, 8 + lengthSize, this.dataBlock, offsetSize);
    putChecksum(header, size - CHECKSUM);
    this.space.write(this.address, header);
    this.#dirty = false;
  }

  get layout(): ChunkedLayout {
    return { ...this.source, address: this.address, index: { type: 'fixed-array', pageBits: this.pageBits } };
  }

  free(): void {
    const extents: [number, number][] = [];
    if (this.address !== UNDEFINED_ADDRESS) extents.push([this.address, this.headerSize]);
    if (this.dataBlock !== UNDEFINED_ADDRESS) extents.push([this.dataBlock, this.dataSize]);
    freeExtents(this.space, extents, WHAT);
    this.address = UNDEFINED_ADDRESS;
    this.dataBlock = UNDEFINED_ADDRESS;
    this.count = this.grid.total;
    this.divide();
    this.blocks.clear();
    this.#dirty = false;
  }
}
