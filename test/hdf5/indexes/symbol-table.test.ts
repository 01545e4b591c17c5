import { describe, expect, test } from 'vitest';
import { H5FormatError } from '../../../src/errors.js';
import { UNDEFINED_ADDRESS } from '../../../src/hdf5/byte-reader.js';
import type { FileSpace } from '../../../src/hdf5/file-space.js';
import { meterOf } from '../../../src/hdf5/indexes/meter.js';
import { readSymbolTable } from '../../../src/hdf5/indexes/symbol-table.js';
import type { Link } from '../../../src/hdf5/messages/link.js';
import { Forge } from './forge.js';

interface Entry {
  name: number;
  header?: number;
  cacheType?: number;
  target?: number;
}

function addLocalHeap(forge: Forge, content: string): number {
  const data = forge.add((out) => out.utf8(content));
  return forge.add((out) => {
    out.utf8('HEAP');
    out.u32(0);
    out.u64(content.length);
    out.u64(1);
    out.u64(data);
  });
}

function addNode(forge: Forge, entries: Entry[]): number {
  return forge.add((out) => {
    out.utf8('SNOD');
    out.u8(1);
    out.u8(0);
    out.u16(entries.length);
    for (const { name, header = UNDEFINED_ADDRESS, cacheType = 0, target = 0 } of entries) {
      out.u64(name);
      if (header === UNDEFINED_ADDRESS) out.undefinedAddress();
      else out.u64(header);
      out.u32(cacheType);
      out.u32(0);
      out.u32(target);
      out.zeros(12);
    }
  });
}

function addTree(forge: Forge, level: number, children: number[], { type = 0 } = {}): number {
  return forge.add((out) => {
    out.utf8('TREE');
    out.u8(type);
    out.u8(level);
    out.u16(children.length);
    out.undefinedAddress();
    out.undefinedAddress();
    for (const child of children) {
      out.u64(0);
      out.u64(child);
    }
    out.u64(0);
  });
}

function links(space: FileSpace, btree: number, localHeap: number): Link[] {
  return readSymbolTable(space, { btree, localHeap }, meterOf(space, 1));
}

const NAMES = '\0one\0two\0three\0target\0';

describe('a symbol table', () => {
  test('gives its links in the order of its tree', () => {
    const forge = new Forge();
    const heap = addLocalHeap(forge, NAMES);
    const first = addNode(forge, [{ name: 1, header: 100 }]);
    const second = addNode(forge, [
      { name: 5, cacheType: 2, target: 15 },
      // What is known of a group that an entry leads to stands in that group too.
      { name: 9, header: 200, cacheType: 1 },
    ]);
    const leaves = [addTree(forge, 0, [first]), addTree(forge, 0, [second])];
    const tree = addTree(forge, 1, leaves);
    expect(links(forge.open(), tree, heap)).toEqual([
      { kind: 'hard', name: 'one', order: -1, address: 100 },
      { kind: 'soft', name: 'two', order: -1, target: 'target' },
      { kind: 'hard', name: 'three', order: -1, address: 200 },
    ]);
  });

  test('may be empty', () => {
    const forge = new Forge();
    const heap = addLocalHeap(forge, '\0');
    const trees = [addTree(forge, 0, []), addTree(forge, 0, [addNode(forge, [])])];
    const space = forge.open();
    for (const tree of trees) expect(links(space, tree, heap)).toEqual([]);
  });

  test.each<[string, Entry]>([
    ['its name', { name: NAMES.length }],
    ['its name, far out,', { name: 2 ** 52 }],
    ['its target', { name: 1, cacheType: 2, target: 4e9 }],
  ])('fails if %s lies outside of the heap', (_, entry) => {
    const forge = new Forge();
    const heap = addLocalHeap(forge, NAMES);
    const tree = addTree(forge, 0, [addNode(forge, [entry])]);
    expect(() => links(forge.open(), tree, heap)).toThrow(/expected a NUL byte/);
  });

  test('fails if a name has no end, or an entry is of no known type', () => {
    const forge = new Forge();
    const heap = addLocalHeap(forge, '\0endless');
    const tree = addTree(forge, 0, [addNode(forge, [{ name: 1 }])]);
    const unknown = addTree(forge, 0, [addNode(forge, [{ name: 0, cacheType: 3 }])]);
    const space = forge.open();
    expect(() => links(space, tree, heap)).toThrow(/expected a NUL byte/);
    expect(() => links(space, unknown, heap)).toThrow(/entry of type 3/);
  });

  test('fails if its tree is of another kind, or does not end', () => {
    const forge = new Forge();
    const heap = addLocalHeap(forge, NAMES);
    const node = addNode(forge, [{ name: 1 }]);
    const chunks = addTree(forge, 0, [node], { type: 1 });
    const own = forge.out.length;
    const cycle = addTree(forge, 3, [own]);
    const tooLow = addTree(forge, 2, [addTree(forge, 0, [node])]);
    const nowhere = addTree(forge, 0, [0xffffffff]);
    const space = forge.open();
    expect(() => links(space, chunks, heap)).toThrow(/another type/);
    expect(() => links(space, cycle, heap)).toThrow(/wrong level/);
    expect(() => links(space, tooLow, heap)).toThrow(/wrong level/);
    expect(() => links(space, nowhere, heap)).toThrow(H5FormatError);
    expect(() => links(space, UNDEFINED_ADDRESS, heap)).toThrow(/no address/);
    expect(() => links(space, chunks, UNDEFINED_ADDRESS)).toThrow(/no address/);
  });

  test('fails soon if there are far more ways through its tree than nodes', () => {
    const forge = new Forge();
    const heap = addLocalHeap(forge, NAMES);
    let tree = addTree(forge, 0, [addNode(forge, [{ name: 1 }])]);
    for (let level = 1; level < 256; level++) tree = addTree(forge, level, [tree, tree, tree]);
    expect(() => links(forge.open(), tree, heap)).toThrow(/overlap/);
  });

  test('fails soon if many entries have the same long name', () => {
    const forge = new Forge();
    const heap = addLocalHeap(forge, `${'n'.repeat(100_000)}\0`);
    const entries = Array.from({ length: 1000 }, () => ({ name: 0 }));
    const tree = addTree(forge, 0, [addNode(forge, entries)]);
    expect(() => links(forge.open(), tree, heap)).toThrow(/overlap/);
  });

  test('fails soon if many groups share one', () => {
    const forge = new Forge();
    const heap = addLocalHeap(forge, NAMES);
    const entries = Array.from({ length: 1000 }, () => ({ name: 1 }));
    const tree = addTree(forge, 0, [addNode(forge, entries)]);
    const space = forge.open();
    const read = (owner: number) =>
      readSymbolTable(space, { btree: tree, localHeap: heap }, meterOf(space, owner));
    // The same group again is no other group.
    for (let i = 0; i < 10; i++) expect(read(1)).toHaveLength(1000);
    expect(() => {
      for (let owner = 2; owner < 10; owner++) read(owner);
    }).toThrow(/overlap/);
    expect(read(1)).toHaveLength(1000);
  });
});
