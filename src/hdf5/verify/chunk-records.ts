import type { ByteReader } from '../byte-reader.js';
import type { Chunk } from '../indexes/chunk.js';
import type { ChunkGrid } from '../indexes/chunk-grid.js';
import type { ChunkRecords } from '../indexes/chunk-records.js';
import type { Walk } from './walk.js';

/** Gets a chunk: its place counted in chunks, and where the index has it. */
export type ChunkVisit = (scaled: readonly number[], chunk: Chunk, record: number) => void;

/** Visits the chunks in the records of an array. Returns the number of the last of them, or -1. */
export function visitRecords(
  walk: Walk,
  block: ByteReader,
  first: number,
  grid: ChunkGrid,
  records: ChunkRecords,
  visit: ChunkVisit,
): number {
  const { bytes } = block;
  let last = -1;
  for (let at = 0, number = first; at + records.size <= bytes.length; at += records.size, number++) {
    const chunk = records.get(bytes, at);
    if (!chunk) continue;
    last = number;
    visit(grid.place(number), chunk, block.base + at - walk.base);
  }
  return last;
}
