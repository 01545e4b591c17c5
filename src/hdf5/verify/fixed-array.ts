import { UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { ChunkGrid } from '../indexes/chunk-grid.js';
import type { ChunkRecords } from '../indexes/chunk-records.js';
import type { ChunkedLayout } from '../messages/data-layout.js';
import { type ChunkVisit, visitRecords } from './chunk-records.js';
import type { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

/** A fixed array (section VII.C). */
export function walkFixedArray(
  walk: Walk,
  object: ObjectRecord,
  { address }: ChunkedLayout,
  grid: ChunkGrid,
  records: ChunkRecords,
  visit: ChunkVisit,
): boolean {
  const what = 'a fixed array';
  const header = walk.structure(address, 12 + walk.lengthSize + walk.offsetSize, what, object);
  if (!header) return false;
  header.signature('FAHD');
  header.version(what, 0);
  const client = records.filtered ? 1 : 0;
  if (header.u8() !== client) header.fail(`${what} of another client`);
  const entrySize = header.u8();
  const pageBits = header.u8();
  const count = header.size();
  const blockAddress = header.address();
  walk.checksum('chunk-index', object, header, what);
  if (entrySize !== records.size) header.fail(`${what} with records of ${entrySize} bytes`);
  if (count !== grid.total) header.fail(`${what} of ${count} chunks, the dataset has room for ${grid.total}`);
  if (blockAddress === UNDEFINED_ADDRESS) return true;

  const page = 2 ** pageBits;
  const pages = count > page ? Math.ceil(count / page) : 0;
  const prefixSize = 6 + walk.offsetSize;
  const bitmap = Math.ceil(pages / 8);
  const size = prefixSize + bitmap + 4 + count * entrySize + pages * 4;
  const name = `the data block of ${what}`;
  const block = walk.structure(blockAddress, size, name, object);
  if (!block) return false;
  block.signature('FADB');
  block.version(name, 0);
  if (block.u8() !== client || block.address() !== address) block.fail(`${name} that belongs elsewhere`);
  if (pages === 0) {
    const entries = block.block(count * entrySize);
    walk.checksum('chunk-index', object, block, name);
    visitRecords(walk, entries, 0, grid, records, visit);
    return true;
  }
  const isThere = block.raw(bitmap);
  walk.checksum('chunk-index', object, block, name);
  for (let i = 0; i < pages; i++) {
    const length = Math.min(page, count - i * page) * entrySize;
    const entries = block.block(length + 4);
    // Bits count from the high one on (H5VM_bit_get).
    if (!((isThere[i >> 3] as number) & (0x80 >> (i & 7)))) continue;
    entries.position = length;
    walk.checksum('chunk-index', object, entries, `a page of ${what}`);
    entries.position = 0;
    visitRecords(walk, entries.block(length), i * page, grid, records, visit);
  }
  return true;
}
