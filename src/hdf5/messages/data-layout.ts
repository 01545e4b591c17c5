import { type ByteReader, bytesFor, UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { ByteWriter } from '../byte-writer.js';
import { MAX_RANK } from './dataspace.js';

/** Where the raw data of a dataset lie: within the header, in one piece elsewhere, or in chunks. */
export type DataLayout =
  | { readonly kind: 'compact'; readonly data: Uint8Array; readonly offset: number }
  | { readonly kind: 'contiguous'; readonly address: number; readonly size: number }
  | ChunkedLayout;

/** Data that this engine does not read: other datasets have them, or files that hold nothing else. */
export interface DataElsewhere {
  readonly kind: 'virtual' | 'external';
}

/** The same, as it is read where perhaps nothing is there to decode the layout of chunks. */
export type StoredLayout = DataLayout | DataElsewhere | { readonly kind: 'undecoded' };

/** Decodes a chunked layout: from what stands behind the layout class on, but for the `rank` of versions 1 and 2. */
export type ChunkedLayoutDecoder = (reader: ByteReader, version: number, rank: number) => ChunkedLayout;

/** Data in chunks of equal shape, and the index that says where each of them is. */
export interface ChunkedLayout {
  readonly kind: 'chunked';
  /**
   * Of the message: 3 has the version 1 B-tree as its index, 4 and 5 the others. They differ in how the size of a
   * filtered chunk is stored. Versions 1 and 2 are read as 3.
   */
  readonly version: 3 | 4 | 5;
  /** The shape of a chunk, in elements. */
  readonly chunkDims: readonly number[];
  /** The size of an element, in bytes. */
  readonly elementSize: number;
  /** Whether chunks that reach over the edge of the dataset are stored without the filters. */
  readonly unfilteredEdges: boolean;
  readonly index: ChunkIndexType;
  /** Of the index; with the single and the implicit index of the (first) chunk itself. UNDEFINED_ADDRESS if there is none. */
  readonly address: number;
}

/** The kind of a chunk index, and what it was created with. */
export type ChunkIndexType =
  | { readonly type: 'btree-v1' }
  /** `size` and `mask` are those of the only chunk, if it is filtered. */
  | { readonly type: 'single'; readonly size?: number; readonly mask?: number }
  | { readonly type: 'implicit' }
  | { readonly type: 'fixed-array'; readonly pageBits: number }
  | ({ readonly type: 'extensible-array' } & ExtensibleArrayShape)
  | {
      readonly type: 'btree-v2';
      readonly nodeSize: number;
      readonly splitPercent: number;
      readonly mergePercent: number;
    };

/** The numbers that say how an extensible array is divided (Format Specification, section VII.D). */
export interface ExtensibleArrayShape {
  /** Bits of the largest possible number of elements. */
  readonly maxBits: number;
  /** Elements in the index block. */
  readonly indexElements: number;
  /** The fewest data blocks of a secondary block; a power of 2. */
  readonly minPointers: number;
  /** Elements of the smallest data block; a power of 2. */
  readonly minElements: number;
  /** Bits of the number of elements in a page of a data block. */
  readonly pageBits: number;
}

const COMPACT = 0;
const CONTIGUOUS = 1;
const CHUNKED = 2;
const VIRTUAL = 3;

/** Flags of a chunked layout, version 4. */
const UNFILTERED_EDGES = 1;
const SINGLE_FILTERED = 2;

/** The numbers of the index types, from 1 on. */
const INDEX_TYPES = ['single', 'implicit', 'fixed-array', 'extensible-array', 'btree-v2'] as const;

/**
 * Data Layout message, version 3, compact (Format Specification, section IV.A.2.i); the caller writes the
 * `size` bytes of data that follow.
 */
export function encodeCompactLayout(out: ByteWriter, size: number): void {
  out.u8(3);
  out.u8(COMPACT);
  out.u16(size);
}

/** Contiguous; the caller writes the 8 bytes of the address and the 8 of the size that follow. */
export function encodeContiguousLayout(out: ByteWriter): void {
  out.u8(3);
  out.u8(CONTIGUOUS);
}

/** Chunked, for a file whose addresses and lengths take 8 bytes. */
export function encodeChunkedLayout(out: ByteWriter, layout: ChunkedLayout): void {
  const { version, chunkDims, elementSize, unfilteredEdges, index, address } = layout;
  const sizes = [...chunkDims, elementSize];
  out.u8(version);
  out.u8(CHUNKED);
  if (index.type === 'btree-v1') {
    out.u8(sizes.length);
    putAddress(out, address);
    for (const size of sizes) out.u32(size);
    return;
  }
  const filtered = index.type === 'single' && index.size !== undefined;
  out.u8((unfilteredEdges ? UNFILTERED_EDGES : 0) | (filtered ? SINGLE_FILTERED : 0));
  out.u8(sizes.length);
  const bytes = bytesFor(Math.max(...sizes));
  out.u8(bytes);
  for (let size of sizes) {
    for (let i = 0; i < bytes; i++) {
      out.u8(size % 256);
      size = Math.floor(size / 256);
    }
  }
  out.u8(INDEX_TYPES.indexOf(index.type) + 1);
  switch (index.type) {
    case 'single':
      if (index.size !== undefined) {
        out.u64(index.size);
        out.u32(index.mask ?? 0);
      }
      break;
    case 'fixed-array':
      out.u8(index.pageBits);
      break;
    case 'extensible-array':
      out.u8(index.maxBits);
      out.u8(index.indexElements);
      out.u8(index.minPointers);
      out.u8(index.minElements);
      out.u8(index.pageBits);
      break;
    case 'btree-v2':
      out.u32(index.nodeSize);
      out.u8(index.splitPercent);
      out.u8(index.mergePercent);
      break;
    default:
  }
  putAddress(out, address);
}

function putAddress(out: ByteWriter, address: number): void {
  if (address === UNDEFINED_ADDRESS) out.undefinedAddress();
  else out.u64(address);
}

/**
 * `dataSize` is what datatype and dataspace ask for: versions 1 and 2 do not store it. `chunked` decodes the layout of
 * chunks.
 */
export function decodeStoredLayout(
  reader: ByteReader,
  dataSize: number,
  chunked: ChunkedLayoutDecoder | undefined,
): StoredLayout {
  const version = reader.version('the data layout message', 1, 5);
  const isOld = version < 3;
  const rank = isOld ? reader.u8() : 0;
  const layoutClass = reader.u8();
  if (isOld) reader.take(5);
  switch (layoutClass) {
    case COMPACT: {
      if (isOld) reader.take(4 * rank);
      const size = isOld ? reader.u32() : reader.u16();
      return { kind: 'compact', offset: reader.offset, data: reader.raw(size) };
    }
    case CONTIGUOUS:
      return { kind: 'contiguous', address: reader.address(), size: isOld ? dataSize : reader.size() };
    case CHUNKED:
      return chunked ? chunked(reader, version, rank) : { kind: 'undecoded' };
    case VIRTUAL:
      if (!isOld) return { kind: 'virtual' };
  }
  return reader.fail('an unknown layout class');
}

/** The same with all layouts decoded. */
export function decodeDataLayout(reader: ByteReader, dataSize: number): DataLayout {
  return decodeStoredLayout(reader, dataSize, decodeChunkedLayout) as DataLayout;
}

export function decodeChunkedLayout(reader: ByteReader, version: number, rank: number): ChunkedLayout {
  if (version > 3) return decodeChunked4(reader, version as 4 | 5);
  return decodeChunked3(reader, version === 3 ? reader.u8() : rank);
}

/** Versions 1 to 3, from the address on: the index is a version 1 B-tree. */
function decodeChunked3(reader: ByteReader, count: number): ChunkedLayout {
  const address = reader.address();
  const sizes = decodeSizes(reader, count, 4);
  return {
    kind: 'chunked',
    version: 3,
    ...sizes,
    unfilteredEdges: false,
    index: { type: 'btree-v1' },
    address,
  };
}

/** Versions 4 and 5, from the flags on. */
function decodeChunked4(reader: ByteReader, version: 4 | 5): ChunkedLayout {
  const flags = reader.u8();
  const count = reader.u8();
  const bytes = reader.u8();
  if (bytes < 1 || bytes > 8) reader.fail(`sizes of a chunk in ${bytes} bytes`);
  const sizes = decodeSizes(reader, count, bytes);
  const index = decodeIndexType(reader, (flags & SINGLE_FILTERED) !== 0);
  const address = reader.address();
  const unfilteredEdges = (flags & UNFILTERED_EDGES) !== 0;
  return { kind: 'chunked', version, ...sizes, unfilteredEdges, index, address };
}

/** The shape of a chunk; the size of an element stands behind it as if it were one more dimension. */
function decodeSizes(
  reader: ByteReader,
  count: number,
  bytes: number,
): { chunkDims: number[]; elementSize: number } {
  if (count < 2 || count > MAX_RANK + 1) reader.fail(`a chunk of ${count - 1} dimensions`);
  const chunkDims: number[] = [];
  let product = 1;
  for (let i = 0; i < count; i++) {
    const size = reader.uint(bytes);
    if (size === 0) reader.fail('a chunk without extent');
    chunkDims.push(size);
    product *= size;
  }
  if (!Number.isSafeInteger(product)) reader.fail(`a chunk of ${product} bytes`);
  const elementSize = chunkDims.pop() as number;
  return { chunkDims, elementSize };
}

function decodeIndexType(reader: ByteReader, singleFiltered: boolean): ChunkIndexType {
  const number = reader.u8();
  const type = INDEX_TYPES[number - 1] ?? reader.fail(`a chunk index of the type ${number}`);
  switch (type) {
    case 'single':
      return singleFiltered ? { type, size: reader.size(), mask: reader.u32() } : { type };
    case 'implicit':
      return { type };
    case 'fixed-array':
      return { type, pageBits: reader.u8() };
    case 'extensible-array': {
      const maxBits = reader.u8();
      const indexElements = reader.u8();
      const minPointers = reader.u8();
      const minElements = reader.u8();
      return { type, maxBits, indexElements, minPointers, minElements, pageBits: reader.u8() };
    }
    case 'btree-v2':
      return { type, nodeSize: reader.u32(), splitPercent: reader.u8(), mergePercent: reader.u8() };
  }
}
