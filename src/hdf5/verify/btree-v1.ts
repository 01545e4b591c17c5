import { ByteReader, UNDEFINED_ADDRESS } from '../byte-reader.js';
import { BtreeV1Type } from '../indexes/btree-v1.js';
import type { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

/**
 * Walks a version 1 B-tree (section III.A.1). `visit` gets each child of a leaf, and the keys at its left and right;
 * `visited` the key at the right of each subtree, behind it. Returns whether all could be read.
 */
export function walkBtreeV1(
  walk: Walk,
  object: ObjectRecord,
  root: number,
  type: number,
  keySize: number,
  k: number,
  visit: (child: number, leftKey: ByteReader, rightKey: ByteReader) => void,
  visited?: (rightKey: ByteReader) => void,
): boolean {
  const what = 'a version 1 B-tree node';
  const childCode = type === BtreeV1Type.Group ? 'symbol-table' : 'chunk';
  const nodeSize = 8 + 2 * walk.offsetSize + (2 * k + 1) * keySize + 2 * k * walk.offsetSize;
  let whole = true;
  /** The last node of each level, and what it says of the next. */
  const lefts: ({ address: number; right: number } | undefined)[] = [];
  const visitNode = (address: number, level: number): boolean => {
    const node = walk.structure(address, nodeSize, what, object);
    if (!node) return false;
    node.signature('TREE');
    if (node.u8() !== type) node.fail(`${what} of another type`);
    const ownLevel = node.u8();
    if (level >= 0 && ownLevel !== level) node.fail(`${what} at the wrong level`);
    const count = node.u16();
    const left = node.address();
    const right = node.address();
    if (count > 2 * k) node.fail(`${what} of ${count} children, it has room for ${2 * k}`);
    if (count === 0 && level >= 0) node.fail(`${what} without children`);
    const before = lefts[ownLevel];
    if (left !== (before?.address ?? UNDEFINED_ADDRESS) || (before && before.right !== address))
      walk.problem('btree-v1', address, object, `${what} whose siblings are others than it says`);
    lefts[ownLevel] = { address, right };
    if (count === 0) return true;
    let leftKey = node.block(keySize);
    for (let i = 0; i < count; i++) {
      const child = node.address();
      const rightKey = node.block(keySize);
      const [l, r] = [
        leftKey,
        new ByteReader(rightKey.bytes, rightKey.base, walk.offsetSize, walk.lengthSize),
      ];
      leftKey = rightKey;
      const code = ownLevel > 0 ? 'btree-v1' : childCode;
      const done = walk.attempt(code, child, object, () => {
        if (ownLevel === 0) visit(child, l, r);
        else if (!visitNode(child, ownLevel - 1)) whole = false;
        return true;
      });
      if (!done) whole = false;
      if (ownLevel > 0 && visited) walk.attempt('btree-v1', address, object, () => visited(r));
    }
    return true;
  };
  if (!walk.attempt('btree-v1', root, object, () => visitNode(root, -1))) return false;
  // Nodes that could not be read leave gaps.
  for (const last of lefts) {
    if (last && last.right !== UNDEFINED_ADDRESS)
      walk.problem('btree-v1', last.address, object, `${what} whose siblings are others than it says`);
  }
  return whole;
}
