import { H5FeatureError } from '../../errors.js';
import { type ByteReader, bytesFor } from '../byte-reader.js';
import { lookup3 } from '../checksum.js';
import type { FileSpace, Meter } from '../file-space.js';
import { BtreeV2Type, readBtreeV2 } from './btree-v2.js';

const WHAT = 'a fractal heap';

/** Flag: direct blocks have a checksum. */
const CHECKSUMS = 2;
/** libhdf5's limit on the size of a direct block (H5HF_MAX_DIRECT_SIZE_LIMIT). */
const MAX_DIRECT_BLOCK = 2 ** 31;
/** Up to this size an ID holds the length of a tiny object in its first byte. */
const SHORT_ID = 18;

/** A heap of small things that an object owns: its links, or its attributes. */
export interface FractalHeap {
  /** The size of an ID. */
  readonly idSize: number;
  /** The object that an ID stands for. */
  get(id: ByteReader): ByteReader;
}

/**
 * Reads the header of a fractal heap (Format Specification, section III.G). Objects lie in blocks of the heap's own
 * address space ("managed"), or by themselves in the file ("huge"), or within their ID ("tiny").
 */
export function readFractalHeap(space: FileSpace, address: number, meter: Meter): FractalHeap {
  const { offsetSize, lengthSize } = space.superblock;
  const header = space.reader(address, 26 + 12 * lengthSize + 3 * offsetSize, WHAT);
  header.signature('FRHP');
  header.version(WHAT, 0);
  const idSize = header.u16();
  if (header.u16() > 0) throw new H5FeatureError('a filtered fractal heap');
  const flags = header.u8();
  const maxManagedSize = header.u32();
  header.take(lengthSize);
  const hugeIndex = header.address();
  // Free space and statistics.
  header.take(9 * lengthSize + offsetSize);
  const width = header.u16();
  const startSize = header.size();
  const maxDirectSize = header.size();
  const maxBits = header.u16();
  header.take(2);
  const root = header.address();
  const rootRows = header.u16();
  header.checksum(WHAT);

  const powersOfTwo = [width, startSize, maxDirectSize].every((size) => Number.isInteger(Math.log2(size)));
  if (!powersOfTwo || startSize > maxDirectSize || maxDirectSize > MAX_DIRECT_BLOCK || maxBits > 64) {
    header.fail(`${WHAT} with impossible block sizes`);
  }
  // Sizes of the fields of an ID: H5HF_hdr_finish_init_phase1.
  const heapOffsetSize = Math.ceil(maxBits / 8);
  const objectLengthSize = Math.min(Math.ceil(Math.log2(maxDirectSize) / 8), bytesFor(maxManagedSize));

  const directBlocks = new Map<number, ByteReader>();
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
    if (flags & CHECKSUMS) {
      const { position } = block;
      const expected = block.u32();
      // Not `slice`: a Buffer's would be a view of the file.
      const bytes = new Uint8Array(block.bytes).fill(0, position, position + 4);
      if (lookup3(new DataView(bytes.buffer), 0, size) !== expected)
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

  /** The direct block that holds the byte at a place in the heap, and where in the heap it starts. */
  const findDirectBlock = (offset: number): { block: ByteReader; start: number } => {
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
    const block = directBlocks.get(start) ?? readDirectBlock(at, start, size);
    directBlocks.set(start, block);
    return { block, start };
  };

  const getManaged = (id: ByteReader): ByteReader => {
    const offset = id.uint(heapOffsetSize);
    const size = id.uint(objectLengthSize);
    const { block, start } = findDirectBlock(offset);
    meter(size);
    block.position = offset - start;
    return block.block(size);
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
    return space.reader(at, size, 'a huge object of a fractal heap');
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
