import { BtreeV1Type } from '../indexes/btree-v1.js';
import { comparePlaces } from '../indexes/chunk-records.js';
import type { ChunkedLayout } from '../messages/data-layout.js';
import { walkBtreeV1 } from './btree-v1.js';
import type { ChunkVisit } from './chunk-records.js';
import type { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

/** The version 1 B-tree of chunks; a key is the size, the filter mask, and the offset along each axis, in elements. */
export function walkChunkBtreeV1(
  walk: Walk,
  object: ObjectRecord,
  layout: ChunkedLayout,
  visit: ChunkVisit,
): boolean {
  const { chunkDims, address } = layout;
  const keySize = 8 + 8 * (chunkDims.length + 1);
  let last: number[] | undefined;
  return walkBtreeV1(walk, object, address, BtreeV1Type.Chunk, keySize, walk.chunkK, (child, key) => {
    const place = key.offset - walk.base;
    const size = key.u32();
    const mask = key.u32();
    const scaled = chunkDims.map((dim) => key.u64() / dim);
    if (key.u64() !== 0 || !scaled.every(Number.isInteger))
      key.fail('a chunk that is not at a multiple of its size');
    if (last && comparePlaces(last, scaled) >= 0)
      key.fail('chunks in a version 1 B-tree that are not in order');
    last = scaled;
    visit(scaled, { address: child, size, mask }, place);
  });
}
