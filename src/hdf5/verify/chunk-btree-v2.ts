import { BtreeV2Type, chunkRecordSize } from '../indexes/btree-v2.js';
import { type ChunkRecords, comparePlaces } from '../indexes/chunk-records.js';
import type { ChunkedLayout } from '../messages/data-layout.js';
import { walkBtreeV2 } from './btree-v2.js';
import type { ChunkVisit } from './chunk-records.js';
import type { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

/** Records of type 10 or, with filters, 11. */
export function walkChunkBtreeV2(
  walk: Walk,
  object: ObjectRecord,
  { chunkDims, address }: ChunkedLayout,
  records: ChunkRecords,
  visit: ChunkVisit,
): boolean {
  const type = records.filtered ? BtreeV2Type.FilteredChunks : BtreeV2Type.Chunks;
  const recordSize = chunkRecordSize(walk.offsetSize, chunkDims.length, records.sizeSize);
  let last: number[] | undefined;
  return walkBtreeV2(walk, object, address, type, recordSize, (record) => {
    const place = record.offset - walk.base;
    walk.attempt('chunk-index', place, object, () => {
      const chunk = records.get(record.raw(records.size), 0) ?? record.fail('a record of no chunk');
      const scaled = chunkDims.map(() => record.u64());
      if (last && comparePlaces(last, scaled) >= 0)
        record.fail('chunks in a version 2 B-tree that are not in order');
      last = scaled;
      visit(scaled, chunk, place);
    });
  });
}
