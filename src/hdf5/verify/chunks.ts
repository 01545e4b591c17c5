import { H5FormatError } from '../../errors.js';
import { decodeChunk } from '../filters/pipeline.js';
import type { Chunk } from '../indexes/chunk.js';
import { ChunkGrid } from '../indexes/chunk-grid.js';
import { ChunkRecords, chunkBytes } from '../indexes/chunk-records.js';
import type { ChunkedLayout } from '../messages/data-layout.js';
import { walkChunkBtreeV1 } from './chunk-btree-v1.js';
import { walkChunkBtreeV2 } from './chunk-btree-v2.js';
import { type Elements, followElements } from './elements.js';
import { walkExtensibleArray } from './extensible-array.js';
import { walkFixedArray } from './fixed-array.js';
import type { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

/** Walks the index of the chunks of a dataset, and the chunks. */
export function checkChunks(
  walk: Walk,
  object: ObjectRecord,
  elements: Elements,
  layout: ChunkedLayout,
  place: number,
): void {
  const { dataspace, datatype, filters, pointers } = elements;
  const { chunkDims, elementSize, address } = layout;
  const { dims, maxDims } = dataspace;
  const filtered = filters.length > 0;
  const size = chunkBytes(layout);
  if (chunkDims.length !== dims.length || elementSize !== datatype.size) {
    walk.problem(
      'message',
      place,
      object,
      `chunks of ${chunkDims.join(' x ')} elements of ${elementSize} bytes in a dataset of ${dims.join(' x ')} elements of ${datatype.size}`,
    );
    walk.lost();
    return;
  }
  const set = walk.filters;
  const isKnown = set !== undefined && filters.every(({ id }) => set.get(id));
  let unread = false;
  const visit = (scaled: readonly number[], chunk: Chunk, record: number): void => {
    const done = walk.attempt('chunk', record, object, () => {
      const fail = (message: string): never => {
        throw new H5FormatError(walk.base + record, message);
      };
      const { mask } = chunk;
      const isEdge = scaled.some((n, axis) => (n + 1) * (chunkDims[axis] as number) > (dims[axis] as number));
      const isRaw = (layout.unfilteredEdges && isEdge) || filters.every((_, i) => (mask & (1 << i)) !== 0);
      if (!filtered && mask !== 0) fail('a chunk with a filter mask in a dataset without filters');
      if (chunk.size === 0 || (isRaw && chunk.size !== size))
        fail(`a chunk of ${chunk.size} bytes, expected ${size}`);
      // The implicit index has all chunks that there can ever be, and the library leaves a single one where it is.
      const mayBeOutside = layout.index.type === 'implicit' || layout.index.type === 'single';
      if (
        !mayBeOutside &&
        scaled.some((n, axis) => n * (chunkDims[axis] as number) >= (dims[axis] as number))
      )
        fail(`a chunk at ${scaled.join(', ')}, outside of the dataset`);
      if (!walk.claim(chunk.address, chunk.size, 'data', 'a chunk', object)) return true;
      if (pointers.length === 0) return true;
      const stored = walk.bytes(chunk.address, chunk.size, 'a chunk');
      if (isRaw) followChunk(walk, object, elements, chunkDims, scaled, stored);
      else if (isKnown) {
        const bytes = decodeChunk(filters, mask, stored, size, set);
        followChunk(walk, object, elements, chunkDims, scaled, bytes);
      } else unread = true;
      return true;
    });
    if (!done && pointers.length > 0) walk.sawHeap = false;
  };
  const done = walk.attempt('chunk-index', address, object, () => {
    const { type } = layout.index;
    const records = new ChunkRecords(layout, walk.offsetSize, filtered);
    const grid = new ChunkGrid(maxDims ?? dims, chunkDims);
    const unlimited = maxDims?.filter((dim) => dim === Number.POSITIVE_INFINITY).length ?? 0;
    const limits = { implicit: 0, 'fixed-array': 0, 'extensible-array': 1 } as { [type: string]: number };
    if (!grid.isExact || (type in limits && limits[type] !== unlimited))
      throw new H5FormatError(
        walk.base + address,
        `the chunk index ${type} in a dataset that may grow in another way`,
      );
    switch (layout.index.type) {
      case 'btree-v1':
        return walkChunkBtreeV1(walk, object, layout, visit);
      case 'single': {
        const chunk = { address, size: layout.index.size ?? size, mask: layout.index.mask ?? 0 };
        visit(
          dims.map(() => 0),
          chunk,
          address,
        );
        return true;
      }
      case 'implicit':
        walk.inFile(address, grid.total * size, 'the chunks of a dataset');
        for (let i = 0; i < grid.total; i++)
          visit(grid.place(i), { address: address + i * size, size, mask: 0 }, address);
        return true;
      case 'fixed-array':
        return walkFixedArray(walk, object, layout, grid, records, visit);
      case 'extensible-array':
        return walkExtensibleArray(walk, object, layout, grid, records, visit);
      case 'btree-v2':
        return walkChunkBtreeV2(walk, object, layout, records, visit);
    }
  });
  if (unread) {
    walk.sawHeap = false;
    walk.note(
      'unchecked',
      address,
      object,
      'what the elements in chunks with filters refer to is not looked at, without the option `filters`',
    );
  }
  if (!done) {
    walk.sawAll = false;
    if (pointers.length > 0) walk.sawHeap = false;
  }
}

/** Scans the elements of a chunk, those that are within the dataset unless all have been filled. */
function followChunk(
  walk: Walk,
  object: ObjectRecord,
  { dataspace, datatype, pointers, areFilled }: Elements,
  dims: readonly number[],
  scaled: readonly number[],
  bytes: Uint8Array,
): void {
  const rank = dims.length;
  const counts = dims.map((dim, axis) => {
    const inside = Math.min(dim, (dataspace.dims[axis] as number) - (scaled[axis] as number) * dim);
    return areFilled && inside > 0 ? dim : inside;
  });
  const inner = counts[rank - 1] as number;
  const at = new Array<number>(rank).fill(0);
  // Row by row: `at` counts through all axes but the last.
  for (;;) {
    let first = 0;
    for (let axis = 0; axis < rank; axis++) first = first * (dims[axis] as number) + (at[axis] as number);
    const start = first * datatype.size;
    followElements(
      walk,
      object,
      pointers,
      bytes.subarray(start, start + inner * datatype.size),
      inner,
      datatype.size,
    );
    let axis = rank - 2;
    for (; axis >= 0; axis--) {
      at[axis] = (at[axis] as number) + 1;
      if ((at[axis] as number) < (counts[axis] as number)) break;
      at[axis] = 0;
    }
    if (axis < 0) return;
  }
}
