import { type ByteReader, bytesFor, UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

/** Every level at least doubles the number of nodes of a version 2 B-tree. */
const MAX_DEPTH = 32;

/** Signature, version, type and checksum of a node of one. */
const NODE_OVERHEAD = 10;

/**
 * Walks a version 2 B-tree (section III.A.2) of a type, whose records are of `size` bytes. `visit` gets them in their
 * order. Returns whether all could be read.
 */
export function walkBtreeV2(
  walk: Walk,
  object: ObjectRecord,
  address: number,
  type: number,
  size: number,
  visit: (record: ByteReader) => void,
): boolean {
  const what = 'a version 2 B-tree';
  let whole = true;
  const done = walk.attempt('btree-v2', address, object, () => {
    const header = walk.structure(address, 22 + walk.offsetSize + walk.lengthSize, what, object);
    if (!header) return false;
    header.signature('BTHD');
    header.version(what, 0);
    if (header.u8() !== type) header.fail(`${what} of another type`);
    const nodeSize = header.u32();
    const own = header.u16();
    if (own !== size) header.fail(`${what} whose records are of ${own} bytes, expected ${size}`);
    const depth = header.u16();
    if (depth > MAX_DEPTH) header.fail(`${what} of depth ${depth}`);
    const split = header.u8();
    const merge = header.u8();
    const root = header.address();
    const rootCount = header.u16();
    const total = header.size();
    walk.checksum('btree-v2', object, header, what);
    if (split === 0 || split > 100 || merge === 0 || merge >= split)
      walk.problem(
        'btree-v2',
        address,
        object,
        `${what} that is split at ${split} % and merged at ${merge} %`,
      );
    if (total === 0 || root === UNDEFINED_ADDRESS) {
      if (total !== 0 || rootCount !== 0) header.fail(`${what} of ${total} records without a root`);
      return true;
    }

    // The most records in a node of each level from the leaves on, and at and below it.
    const most = [Math.floor((nodeSize - NODE_OVERHEAD) / size)];
    const mostBelow = [most[0] as number];
    const countSize = bytesFor(Math.max(0, most[0] as number));
    const totalSizes = [0];
    for (let level = 1; level <= depth; level++) {
      const pointer = walk.offsetSize + countSize + (totalSizes[level - 1] as number);
      const room = Math.floor((nodeSize - NODE_OVERHEAD - pointer) / (size + pointer));
      most.push(room);
      const below = room + (room + 1) * (mostBelow[level - 1] as number);
      mostBelow.push(below);
      totalSizes.push(bytesFor(below));
    }
    if (most.some((room) => room < 1)) header.fail(`${what} whose nodes have no room for a record`);

    /** Returns the number of records at and below a node; -1 if not all could be read. */
    const visitNode = (at: number, count: number, level: number): number => {
      const node = walk.structure(at, nodeSize, `a node of ${what}`, object);
      if (!node) return -1;
      node.signature(level > 0 ? 'BTIN' : 'BTLF');
      node.version(`a node of ${what}`, 0);
      if (node.u8() !== type) node.fail(`a node of ${what} of another type`);
      if (count > (most[level] as number) || count === 0)
        node.fail(`a node of ${what} of ${count} records, it has room for ${most[level]}`);
      const records = node.block(count * size);
      const totalSize = level > 0 ? (totalSizes[level - 1] as number) : 0;
      const pointers = node.block(level > 0 ? (count + 1) * (walk.offsetSize + countSize + totalSize) : 0);
      walk.checksum('btree-v2', object, node, `a node of ${what}`);
      let sum = count;
      for (let i = 0; i <= count; i++) {
        if (level > 0) {
          const child = pointers.address();
          const childCount = pointers.uint(countSize);
          const below = totalSize > 0 ? pointers.uint(totalSize) : childCount;
          const seen = walk.attempt('btree-v2', child, object, () => visitNode(child, childCount, level - 1));
          if (seen === undefined || seen < 0) {
            whole = false;
            sum = Number.NaN;
          } else {
            if (seen !== below)
              walk.problem(
                'btree-v2',
                child,
                object,
                `${what} with ${seen} records below a node that is said to have ${below}`,
              );
            sum += seen;
          }
        }
        if (i < count) visit(records.block(size));
      }
      return Number.isNaN(sum) ? -1 : sum;
    };
    const seen = visitNode(root, rootCount, depth);
    if (seen < 0) whole = false;
    else if (seen !== total) header.fail(`${what} of ${seen} records, its header says ${total}`);
    return true;
  });
  return done === true && whole;
}
