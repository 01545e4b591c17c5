import type { EditableSpace } from '../editable-space.js';
import type { FileSpace } from '../file-space.js';
import type { Extent } from '../free-space.js';
import type { Link } from '../messages/link.js';
import type { SymbolTable } from '../messages/symbol-table.js';
import { BtreeV1Type, readBtreeV1 } from './btree-v1.js';
import { localHeapExtents, readLocalHeap } from './local-heap.js';
import { type Meter, meterOf } from './meter.js';
import { nodeSizes } from './node-sizes.js';

const WHAT = 'a symbol table node';

/** What an entry's scratch pad holds; for a symbolic link, where its target stands in the local heap. */
const MAX_CACHE_TYPE = 2;
const SYMBOLIC_LINK = 2;

/** The links of a group of the old style, by name (Format Specification, sections III.B and III.C). */
export function readSymbolTable(space: FileSpace, table: SymbolTable, meter: Meter): Link[] {
  const { offsetSize, lengthSize } = space.superblock;
  // The specification gives the name's offset the size of offsets; libhdf5 gives it that of lengths (H5Gent.c).
  const entrySize = lengthSize + offsetSize + 24;
  const links: Link[] = [];
  const textAt = readLocalHeap(space, table.localHeap, meter);
  readBtreeV1(space, table.btree, BtreeV1Type.Group, lengthSize, meter, (_, address) => {
    const prefix = space.reader(address, 8, WHAT);
    prefix.signature('SNOD');
    prefix.version(WHAT, 1);
    prefix.take(1);
    const size = 8 + prefix.u16() * entrySize;
    meter(size);
    const node = space.reader(address, size, WHAT);
    node.take(8);
    while (node.left > 0) {
      const name = textAt(node.size());
      const header = node.address();
      const cacheType = node.u32();
      if (cacheType > MAX_CACHE_TYPE) node.fail(`a symbol table entry of type ${cacheType}`);
      node.take(4);
      const scratchPad = node.block(16);
      links.push(
        cacheType === SYMBOLIC_LINK
          ? { kind: 'soft', name, order: -1, target: textAt(scratchPad.u32()) }
          : { kind: 'hard', name, order: -1, address: header },
      );
    }
  });
  return links;
}

/** Gives back what a symbol table takes: the nodes of its tree, at their full size, and its heap. */
export function freeSymbolTable(space: EditableSpace, table: SymbolTable): void {
  const { offsetSize, lengthSize } = space.superblock;
  const { leafK, internalK } = nodeSizes(space);
  const meter = meterOf(space, table.btree);
  const extents: Extent[] = [];
  const treeSize = 8 + 2 * offsetSize + (2 * internalK + 1) * lengthSize + 2 * internalK * offsetSize;
  const leafSize = 8 + 2 * leafK * (lengthSize + offsetSize + 24);
  const visitNode = (address: number) => extents.push([address, treeSize]);
  readBtreeV1(
    space,
    table.btree,
    BtreeV1Type.Group,
    lengthSize,
    meter,
    (_, address) => extents.push([address, leafSize]),
    visitNode,
  );
  extents.push(...localHeapExtents(space, table.localHeap));
  // All of it is known before any of it is given back.
  for (const [address, size] of extents) space.free(address, size);
}
