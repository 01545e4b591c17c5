import { expect, test } from 'vitest';
import { FileSpace } from '../../../src/hdf5/file-space.js';
import { createChunkLayout } from '../../../src/hdf5/indexes/chunk-index.js';
import type { ChunkedLayout } from '../../../src/hdf5/messages/data-layout.js';
import { MemoryStorage } from '../../../src/storage/memory.js';
import { THOROUGH } from '../../thoroughness.js';
import { MemorySpace } from '../memory-space.js';
import { type Dataset, editIndex, openIndex } from './chunk-samples.js';

/** Counts what is read. */
class CountingStorage extends MemoryStorage {
  bytes = 0;

  override read(position: number, length: number): Uint8Array {
    this.bytes += length;
    return super.read(position, length);
  }

  override copy(position: number, length: number): Uint8Array<ArrayBuffer> {
    this.bytes += length;
    return super.copy(position, length);
  }
}

const NONE = Number.POSITIVE_INFINITY;

test.each([
  ['fixed-array', 300_000, undefined, 20_000],
  ['extensible-array', THOROUGH ? 1_000_000 : 300_000, [NONE], 20_000],
  ['btree-v2', 100_000, [NONE, NONE], 10_000],
  ['btree-v1', 100_000, [NONE], 10_000],
] as const)('one chunk of many is found without the others: %s', (type, count, maxDims, limit) => {
  const dims = maxDims?.length === 2 ? [count, 1] : [count];
  const chunkDims = dims.map(() => 1);
  const created = createChunkLayout(dims, maxDims, chunkDims, 8, false);
  const layout: ChunkedLayout = type === 'btree-v1' ? { ...created, version: 3, index: { type } } : created;
  expect(layout.index.type).toBe(type);
  let dataset: Dataset = {
    address: 1,
    dataspace: { kind: 'simple', dims, ...(maxDims && { maxDims }) },
    elementSize: 8,
    layout,
    filtered: false,
  };
  const made = new MemorySpace();
  const place = dims.map(() => 0);
  const editor = editIndex(made, dataset);
  for (let n = 0; n < count; n++) {
    place[0] = n;
    editor.set(place, { address: 8 * n, size: 8, mask: 0 });
  }
  editor.flush();
  dataset = { ...dataset, layout: editor.layout };

  const storage = new CountingStorage(made.copy(0, made.end, 'all'));
  const { superblock } = made;
  const space = new FileSpace(storage, undefined, { ...superblock, endOfFile: storage.size });
  storage.bytes = 0;
  const index = openIndex(space, dataset);
  expect(storage.bytes).toBeLessThan(200);
  place[0] = count - 1000;
  expect(index.get(place)).toEqual({ address: 8 * (count - 1000), size: 8, mask: 0 });
  expect(storage.bytes).toBeLessThan(limit);
  // What has been read is not read again.
  const { bytes } = storage;
  index.get(place);
  expect(storage.bytes).toBe(bytes);
  // A walk reads each byte once, or twice a part that is looked at first.
  index.forEach(() => {});
  index.forEach(() => {});
  expect(storage.bytes).toBeLessThan(4 * storage.size);
});
