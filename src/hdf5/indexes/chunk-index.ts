import { H5FormatError, H5TypeError } from '../../errors.js';
import { UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { EditableSpace } from '../editable-space.js';
import type { FileSpace } from '../file-space.js';
import type { ChunkedLayout, ChunkIndexType } from '../messages/data-layout.js';
import type { Dataspace } from '../messages/dataspace.js';
import type { ChunkIndex, ChunkIndexEditor } from './chunk.js';
import { ChunkBtreeV1, ChunkBtreeV1Editor } from './chunk-btree-v1.js';
import { ChunkBtreeV2, ChunkBtreeV2Editor } from './chunk-btree-v2.js';
import { ChunkGrid } from './chunk-grid.js';
import { ChunkRecords, chunkBytes } from './chunk-records.js';
import { ExtensibleArray, ExtensibleArrayEditor } from './extensible-array.js';
import { FixedArray, FixedArrayEditor } from './fixed-array.js';
import { ImplicitChunks, ImplicitChunksEditor } from './implicit-chunks.js';
import type { Meter } from './meter.js';
import { SingleChunk, SingleChunkEditor } from './single-chunk.js';

export type { Chunk, ChunkIndex, ChunkIndexEditor } from './chunk.js';

/** What libhdf5 creates indexes with (H5Dpkg.h, H5D_FARRAY_..., H5D_EARRAY_..., H5D_BT2_...). */
const FIXED_ARRAY: ChunkIndexType = { type: 'fixed-array', pageBits: 10 };
const EXTENSIBLE_ARRAY: ChunkIndexType = {
  type: 'extensible-array',
  maxBits: 32,
  indexElements: 4,
  minPointers: 4,
  minElements: 16,
  pageBits: 10,
};
const BTREE_V2: ChunkIndexType = { type: 'btree-v2', nodeSize: 2048, splitPercent: 100, mergePercent: 40 };

/** The largest chunk that layouts before version 5 may have, and its largest dimension, in libhdf5. */
const MOST_BYTES = 0xffffffff;

/**
 * The index of the chunks of a dataset, for reading. Of the file no more than a header is read at once.
 *
 * `elementSize` is that of the datatype in bytes, `filtered` whether there is a filter pipeline; `meter` is told what a
 * walk through the whole index takes. Throws an H5FormatError if the index does not fit the dataset.
 *
 * @example
 * const index = openChunkIndex(space, layout, dataspace, 8, false, meterOf(space, address));
 * const chunk = index.get([0, 3]);
 */
export function openChunkIndex(
  space: FileSpace,
  layout: ChunkedLayout,
  dataspace: Dataspace,
  elementSize: number,
  filtered: boolean,
  meter: Meter,
): ChunkIndex {
  check(layout, dataspace, elementSize);
  const { dims } = dataspace;
  const records = new ChunkRecords(layout, space.superblock.offsetSize, filtered);
  switch (layout.index.type) {
    case 'btree-v1':
      return new ChunkBtreeV1(space, layout, filtered, meter);
    case 'single':
      return new SingleChunk(layout, filtered);
    case 'implicit':
      return new ImplicitChunks(space, layout, implicitGrid(layout, dataspace, filtered), dims);
    case 'fixed-array':
      return new FixedArray(space, layout, fixedGrid(layout, dataspace), records, meter);
    case 'extensible-array':
      return new ExtensibleArray(space, layout, extensibleGrid(layout, dataspace), records, meter);
    case 'btree-v2':
      return new ChunkBtreeV2(space, layout, records, meter);
  }
}

/** The same index, to be changed. It may be one that does not exist yet: it is made when the first chunk is set. */
export function editChunkIndex(
  space: EditableSpace,
  layout: ChunkedLayout,
  dataspace: Dataspace,
  elementSize: number,
  filtered: boolean,
  meter: Meter,
): ChunkIndexEditor {
  check(layout, dataspace, elementSize);
  const { dims } = dataspace;
  const records = new ChunkRecords(layout, space.superblock.offsetSize, filtered);
  switch (layout.index.type) {
    case 'btree-v1':
      return new ChunkBtreeV1Editor(space, layout, filtered, meter);
    case 'single':
      return new SingleChunkEditor(layout, filtered);
    case 'implicit':
      return new ImplicitChunksEditor(space, layout, implicitGrid(layout, dataspace, filtered), dims);
    case 'fixed-array':
      return new FixedArrayEditor(space, layout, fixedGrid(layout, dataspace), records, meter);
    case 'extensible-array':
      return new ExtensibleArrayEditor(space, layout, extensibleGrid(layout, dataspace), records, meter);
    case 'btree-v2':
      return new ChunkBtreeV2Editor(space, layout, records, meter);
  }
}

/**
 * The layout of a new dataset in chunks, with the index that libhdf5 would choose for it (`libver='latest'`, from 1.10 on)
 * and no chunk yet; but for what is very sparse, a B-tree, since a fixed array takes space for each chunk that there could be.
 * Dimensions in elements; `maxDims` undefined if they cannot change, Infinity where there is no limit; `isEarly`: all chunks are
 * about to be allocated at once; `chunksThere`: so many are about to be written, if that is known.
 * Throws an H5TypeError if there can be no such dataset.
 *
 * @example
 * createChunkLayout([0, 10], [Infinity, 10], [100, 10], 8, true).index.type; // 'extensible-array'
 */
export function createChunkLayout(
  dims: readonly number[],
  maxDims: readonly number[] | undefined,
  chunkDims: readonly number[],
  elementSize: number,
  filtered: boolean,
  isEarly = false,
  chunksThere = Infinity,
): ChunkedLayout {
  const most = maxDims ?? dims;
  const shape = `chunks of the shape (${chunkDims.join(', ')})`;
  if (dims.length === 0 || chunkDims.length !== dims.length || most.length !== dims.length)
    throw new H5TypeError(`${shape} for a dataset of ${dims.length} dimensions`);
  chunkDims.forEach((dim, axis) => {
    if (!Number.isSafeInteger(dim) || dim < 1 || dim > MOST_BYTES)
      throw new H5TypeError(`${shape}: each dimension must be a whole number from 1 to ${MOST_BYTES}`);
    const limit = most[axis] as number;
    if (dim > limit && (dims[axis] as number) > 0)
      throw new H5TypeError(
        `${shape} are larger than the dataset can become: ${limit} along dimension ${axis}`,
      );
  });
  const layout: ChunkedLayout = {
    kind: 'chunked',
    version: 4,
    chunkDims: [...chunkDims],
    elementSize,
    unfilteredEdges: false,
    index: chooseIndex(dims, most, chunkDims, filtered, isEarly, chunksThere),
    address: UNDEFINED_ADDRESS,
  };
  const bytes = chunkBytes(layout);
  if (bytes > MOST_BYTES)
    throw new H5TypeError(`${shape} have ${bytes} bytes each, at most ${MOST_BYTES} are possible`);
  const isLimited = !most.includes(Number.POSITIVE_INFINITY);
  if (!new ChunkGrid(most, chunkDims).isExact && (isLimited || layout.index.type === 'extensible-array'))
    throw new H5TypeError(`${shape} are too many: make them larger`);
  return layout;
}

/** A fixed array is for at most so many chunks, which take 8 MB in it, */
const MOST_FIXED = 2 ** 20;
/** and for at most so many times those that are there. */
const SPARSE = 256;

/** As in H5D__layout_set_latest_indexing, if it is not sparse. */
function chooseIndex(
  dims: readonly number[],
  most: readonly number[],
  chunkDims: readonly number[],
  filtered: boolean,
  isEarly: boolean,
  chunksThere: number,
): ChunkIndexType {
  const unlimited = most.filter((dim) => dim === Number.POSITIVE_INFINITY).length;
  if (unlimited > 1) return BTREE_V2;
  if (unlimited === 1) return EXTENSIBLE_ARRAY;
  const isSingle = most.every((dim, axis) => dim === dims[axis] && dim === chunkDims[axis]);
  if (!isSingle) {
    if (isEarly && !filtered) return { type: 'implicit' };
    const count = most.reduce(
      (product, dim, axis) => product * Math.ceil(dim / (chunkDims[axis] as number)),
      1,
    );
    return count > MOST_FIXED || count > SPARSE * (chunksThere + 1) ? BTREE_V2 : FIXED_ARRAY;
  }
  return filtered ? { type: 'single', size: 0, mask: 0 } : { type: 'single' };
}

function check(
  { chunkDims, elementSize: stored }: ChunkedLayout,
  { dims }: Dataspace,
  elementSize: number,
): void {
  if (chunkDims.length !== dims.length) {
    throw new H5FormatError(-1, `chunks of ${chunkDims.length} dimensions in a dataset of ${dims.length}`);
  }
  if (stored !== elementSize) {
    throw new H5FormatError(
      -1,
      `chunks of elements of ${stored} bytes in a dataset of elements of ${elementSize}`,
    );
  }
}

/** How chunks are numbered in a dataset with as many dimensions without limit as there may be. */
function grid(
  { chunkDims, index }: ChunkedLayout,
  { dims, maxDims }: Dataspace,
  unlimited: number,
): ChunkGrid {
  const most = maxDims ?? dims;
  if (most.filter((dim) => dim === Number.POSITIVE_INFINITY).length !== unlimited) {
    throw new H5FormatError(-1, `the chunk index ${index.type} in a dataset that may grow in another way`);
  }
  const numbers = new ChunkGrid(most, chunkDims);
  if (!numbers.isExact) throw new H5FormatError(-1, 'a dataset of too many chunks');
  return numbers;
}

function fixedGrid(layout: ChunkedLayout, dataspace: Dataspace): ChunkGrid {
  return grid(layout, dataspace, 0);
}

function extensibleGrid(layout: ChunkedLayout, dataspace: Dataspace): ChunkGrid {
  return grid(layout, dataspace, 1);
}

function implicitGrid(layout: ChunkedLayout, dataspace: Dataspace, filtered: boolean): ChunkGrid {
  if (filtered) throw new H5FormatError(-1, 'the chunk index implicit in a dataset with filters');
  return grid(layout, dataspace, 0);
}
