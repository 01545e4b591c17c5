import { type ByteReader, bytesFor } from '../byte-reader.js';
import type { FileSpace, Meter } from '../file-space.js';

const WHAT = 'a version 2 B-tree';

/** What a version 2 B-tree indexes. */
export const BtreeV2Type = {
  HugeObjects: 1,
  LinksByName: 5,
  LinksByOrder: 6,
  AttributesByName: 8,
  AttributesByOrder: 9,
} as const;

/** Signature, version, type and checksum of a node. */
const NODE_OVERHEAD = 10;

/** Every level at least doubles the number of nodes, so that no file has room for more levels than this. */
const MAX_DEPTH = 32;

/** Visits the records of a version 2 B-tree, in their order (Format Specification, section III.A.2). */
export function readBtreeV2(
  space: FileSpace,
  address: number,
  type: number,
  recordSize: number,
  meter: Meter,
  visit: (record: ByteReader) => void,
): void {
  const { offsetSize, lengthSize } = space.superblock;
  const header = space.reader(address, 22 + offsetSize + lengthSize, WHAT);
  header.signature('BTHD');
  header.version(WHAT, 0);
  if (header.u8() !== type) header.fail(`${WHAT} of another type`);
  const nodeSize = header.u32();
  if (header.u16() !== recordSize) header.fail(`${WHAT} whose records are not of ${recordSize} bytes`);
  const depth = header.u16();
  if (depth > MAX_DEPTH) header.fail(`${WHAT} of depth ${depth}`);
  header.take(2);
  const root = header.address();
  const rootCount = header.u16();
  const total = header.size();
  header.checksum(WHAT);
  if (total === 0) return;

  // A pointer to a child says how many records that has, and, if it is not a leaf, how many there are below it.
  // Each of these takes as many bytes as its largest possible value needs.
  let most = Math.floor((nodeSize - NODE_OVERHEAD) / recordSize);
  const countSize = bytesFor(most);
  const totalSizes = [0];
  for (let level = 1; level <= depth; level++) {
    const pointer = offsetSize + countSize + (totalSizes[level - 1] as number);
    const records = Math.floor((nodeSize - NODE_OVERHEAD - pointer) / (recordSize + pointer));
    if (records < 1) header.fail(`${WHAT} whose nodes have no room for a record`);
    most = records + (records + 1) * most;
    totalSizes.push(bytesFor(most));
  }

  let seen = 0;
  const visitNode = (at: number, count: number, level: number): void => {
    meter(nodeSize);
    const node = space.reader(at, nodeSize, WHAT);
    node.signature(level > 0 ? 'BTIN' : 'BTLF');
    node.version(`a node of ${WHAT}`, 0);
    if (node.u8() !== type) node.fail(`a node of ${WHAT} of another type`);
    const records = node.block(count * recordSize);
    const totalSize = level > 0 ? (totalSizes[level - 1] as number) : 0;
    const pointers = node.block(level > 0 ? (count + 1) * (offsetSize + countSize + totalSize) : 0);
    node.checksum(WHAT);
    seen += count;
    if (seen > total) node.fail(`${WHAT} with more records than its header says`);
    for (let i = 0; i <= count; i++) {
      if (level > 0) {
        const child = pointers.address();
        const childCount = pointers.uint(countSize);
        pointers.take(totalSize);
        visitNode(child, childCount, level - 1);
      }
      if (i < count) visit(records.block(recordSize));
    }
  };
  visitNode(root, rootCount, depth);
  if (seen !== total) header.fail(`${WHAT} of ${seen} records, its header says ${total}`);
}
