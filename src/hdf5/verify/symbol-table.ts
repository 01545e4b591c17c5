import type { ByteReader } from '../byte-reader.js';
import { BtreeV1Type } from '../indexes/btree-v1.js';
import { compareBytes } from '../indexes/dense-storage.js';
import type { Link } from '../messages/link.js';
import type { SymbolTable } from '../messages/symbol-table.js';
import { decodeUtf8 } from '../text.js';
import { walkBtreeV1 } from './btree-v1.js';
import { quote } from './findings.js';
import { openLocalHeap } from './local-heap.js';
import type { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

/** Adds the links of a symbol table (sections III.A.1 to III.D). Returns whether all could be read. */
export function readSymbolTable(
  walk: Walk,
  object: ObjectRecord,
  table: SymbolTable,
  links: Link[],
): boolean {
  const heap = walk.attempt('local-heap', table.localHeap, object, () =>
    openLocalHeap(walk, object, table.localHeap),
  );
  if (!heap) return false;
  let whole = true;
  let last: Uint8Array | undefined;
  const entrySize = walk.lengthSize + walk.offsetSize + 24;
  const nodeSize = 8 + 2 * walk.leafK * entrySize;
  const what = 'a symbol table node';
  const done = walkBtreeV1(
    walk,
    object,
    table.btree,
    BtreeV1Type.Group,
    walk.lengthSize,
    walk.internalK,
    (address, _, rightKey) => {
      const node = walk.structure(address, nodeSize, what, object);
      if (!node) return;
      node.signature('SNOD');
      node.version(what, 1);
      node.take(1);
      const count = node.u16();
      if (count === 0 || count > 2 * walk.leafK) node.fail(`${what} of ${count} entries`);
      for (let i = 0; i < count; i++) {
        const offset = node.size();
        const target = node.address();
        const cacheType = node.u32();
        node.take(4);
        const scratchPad = node.block(16);
        const read = walk.attempt('symbol-table', node.offset - walk.base, object, () => {
          const bytes = heap.text(offset);
          heap.use(offset, bytes.length + 1);
          if (last && compareBytes(last, bytes) >= 0) node.fail(`${what} whose names are not in order`);
          last = bytes;
          const name = decodeUtf8(bytes);
          if (cacheType === 2) {
            const at = scratchPad.u32();
            const text = heap.text(at);
            heap.use(at, text.length + 1);
            links.push({ kind: 'soft', name, order: -1, target: decodeUtf8(text) });
          } else {
            if (cacheType > 2) node.fail(`a symbol table entry of type ${cacheType}`);
            links.push({ kind: 'hard', name, order: -1, address: target });
            if (cacheType === 1) expectTable(walk, object, target, scratchPad);
          }
          return true;
        });
        if (!read) whole = false;
      }
      // The key at the right of a child is its largest name; that at the left may be of a name that is gone.
      walk.attempt('btree-v1', address, object, () => {
        if (last && compareBytes(last, heap.text(rightKey.size())) > 0)
          node.fail(`${what} with a name behind the key of its tree`);
      });
    },
    (rightKey) => {
      const key = heap.text(rightKey.size());
      if (last && compareBytes(last, key) > 0)
        rightKey.fail('a key of a version 1 B-tree before a name below it');
    },
  );
  walk.attempt('local-heap', table.localHeap, object, () => heap.finish());
  return done && whole;
}

/** A symbol table entry may repeat what the symbol table message of its object says. */
export function expectTable(walk: Walk, object: ObjectRecord, address: number, scratchPad: ByteReader): void {
  const table = { btree: scratchPad.address(), localHeap: scratchPad.address() };
  walk.cachedTables.push({ in: object, address, table });
}

/** Compares these with what the headers of the objects say. */
export function checkCachedTables(walk: Walk): void {
  for (const { in: object, address, table } of walk.cachedTables) {
    const target = walk.objects.get(address);
    // libhdf5 leaves an entry as it is when it makes a group one of the new kind.
    if (!target?.symbolTable) continue;
    const { btree, localHeap } = target.symbolTable;
    if (btree === table.btree && localHeap === table.localHeap) continue;
    walk.problem(
      'symbol-table',
      address,
      object.name === '' ? target : object,
      `an entry says that the symbol table of ${quote(target.path)} is elsewhere than its header says`,
    );
  }
}
