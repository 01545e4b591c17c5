import type { ByteReader } from '../byte-reader.js';
import type { FileSpace } from '../file-space.js';
import type { Meter } from './meter.js';

const WHAT = 'a version 1 B-tree node';

/** What the leaves of a version 1 B-tree lead to. */
export const BtreeV1Type = { Group: 0, Chunk: 1 } as const;

/**
 * Visits what a version 1 B-tree leads to, in the order of its keys (Format Specification, section III.A.1):
 * `visit` gets the key before each child of a leaf, and the child's address.
 */
export function readBtreeV1(
  space: FileSpace,
  root: number,
  type: number,
  keySize: number,
  meter: Meter,
  visit: (key: ByteReader, child: number) => void,
  /** Called with the address of each node. */
  visitNodeAt?: (address: number) => void,
): void {
  const { offsetSize } = space.superblock;
  const prefixSize = 8 + 2 * offsetSize;
  // The level is one byte and falls by one from a node to its children: so no cycle, and no deep recursion.
  const visitNode = (address: number, expectedLevel: number): void => {
    const prefix = space.reader(address, prefixSize, WHAT);
    prefix.signature('TREE');
    if (prefix.u8() !== type) prefix.fail(`${WHAT} of another type`);
    const level = prefix.u8();
    if (expectedLevel >= 0 && level !== expectedLevel) prefix.fail(`${WHAT} at the wrong level`);
    const count = prefix.u16();
    // There is one key more than there are children; the node's unused rest is not looked at.
    const size = prefixSize + count * (keySize + offsetSize) + keySize;
    meter(size);
    visitNodeAt?.(address);
    const node = space.reader(address, size, WHAT);
    node.take(prefixSize);
    for (let i = 0; i < count; i++) {
      const key = node.block(keySize);
      const child = node.address();
      if (level > 0) visitNode(child, level - 1);
      else visit(key, child);
    }
  };
  visitNode(root, -1);
}
