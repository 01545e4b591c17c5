import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { H5FormatError, H5StateError, H5TypeError } from '../../../src/errors.js';
import {
  BtreeV2,
  type BtreeV2Compare,
  BtreeV2Editor,
  readBtreeV2,
} from '../../../src/hdf5/indexes/btree-v2.js';
import { seeded } from '../../random.js';
import { runs, THOROUGH } from '../../thoroughness.js';
import { MemorySpace } from '../memory-space.js';
import { Forge } from './forge.js';

const TYPE = 6;

/** A record of `size` bytes: its key, then a value. */
function record(key: number, value: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, key);
  view.setUint16(4, value);
  return bytes;
}

function keyAt(records: Uint8Array, at: number): number {
  return new DataView(records.buffer, records.byteOffset).getUint32(at);
}

function valueAt(records: Uint8Array, at: number): number {
  return new DataView(records.buffer, records.byteOffset).getUint16(at + 4);
}

const by =
  (key: number): BtreeV2Compare =>
  (records, at) =>
    key - keyAt(records, at);

function entries(tree: BtreeV2, reverse = false): [number, number][] {
  const found: [number, number][] = [];
  tree.visit((records, at) => {
    found.push([keyAt(records, at), valueAt(records, at)]);
  }, reverse);
  return found;
}

const sorted = (map: ReadonlyMap<number, number>) => [...map].sort(([a], [b]) => a - b);

interface Shape {
  nodes: number;
  depth: number;
  fill: number;
}

/** Checks all that libhdf5 relies on, from the bytes of a tree. Says what it is like. */
function inspect(space: MemorySpace, address: number, size: number): Shape {
  const header = space.reader(address, 38, 'header');
  header.take(6);
  const nodeSize = header.u32();
  header.take(2);
  const depth = header.u16();
  const split = header.u8();
  const merge = header.u8();
  expect([split, merge]).toEqual([100, 40]);
  const root = header.address();
  const rootCount = header.u16();
  const total = header.size();
  const most = [Math.floor((nodeSize - 10) / size)];
  const below = [most[0]!];
  const width = (limit: number) => Math.floor(Math.log2(limit) / 8) + 1;
  const pointer = (level: number) => 8 + width(most[0]!) + (level > 1 ? width(below[level - 1]!) : 0);
  for (let level = 1; level <= depth; level++) {
    most.push(Math.floor((nodeSize - 10 - pointer(level)) / (size + pointer(level))));
    below.push(most[level]! + (most[level]! + 1) * below[level - 1]!);
  }
  let nodes = 0;
  let room = 0;
  const visit = (at: number, count: number, expected: number, level: number) => {
    nodes++;
    expect(space.allocated.get(at)).toBe(nodeSize);
    expect(count).toBeLessThanOrEqual(most[level]!);
    if (nodes > 1) expect(count).toBeGreaterThanOrEqual(Math.floor((most[level]! * merge) / 100));
    else expect(count).toBeGreaterThan(0);
    room += most[level]!;
    const node = space.reader(at, nodeSize, 'node');
    node.signature(level > 0 ? 'BTIN' : 'BTLF');
    node.take(2 + count * size);
    let seen = count;
    for (let i = 0; i <= count && level > 0; i++) {
      const child = node.address();
      const childCount = node.uint(width(most[0]!));
      const childTotal = level > 1 ? node.uint(width(below[level - 1]!)) : childCount;
      seen += childTotal;
      visit(child, childCount, childTotal, level - 1);
    }
    expect(seen).toBe(expected);
  };
  if (total > 0) visit(root, rootCount, total, depth);
  return { nodes, depth, fill: nodes > 0 ? total / room : 0 };
}

describe('a version 2 B-tree that is edited', () => {
  test('agrees with a Map', () => {
    const step = fc.record({
      what: fc.constantFrom('insert', 'insert', 'insert', 'delete', 'update', 'find', 'flush', 'reopen'),
      key: fc.nat(400),
      run: fc.integer({ min: 1, max: 60 }),
      stride: fc.constantFrom(1, 1, -1, 7),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 8, max: 20 }),
        fc.integer({ min: 160, max: 260 }),
        (steps, size, nodeSize) => {
          const space = new MemorySpace();
          let tree = BtreeV2Editor.create(space, TYPE, size, nodeSize);
          const map = new Map<number, number>();
          const flush = () => {
            tree.flush();
            const { nodes } = inspect(space, tree.address, size);
            expect(space.used).toBe(38 + nodes * nodeSize);
            const read: number[] = [];
            readBtreeV2(
              space,
              tree.address,
              TYPE,
              size,
              () => {},
              (r) => read.push(keyAt(r.raw(size), 0)),
            );
            expect(read).toEqual(sorted(map).map(([key]) => key));
          };
          for (const [n, { what, key: start, run, stride }] of steps.entries()) {
            for (let i = 0; i < run; i++) {
              const key = (((start + i * stride) % 400) + 400) % 400;
              if (what === 'insert') {
                expect(tree.insert(record(key, n, size), by(key))).toBe(!map.has(key));
                if (!map.has(key)) map.set(key, n);
              } else if (what === 'delete') {
                const gone = tree.delete(by(key));
                expect(gone && valueAt(gone, 0)).toBe(map.get(key));
                map.delete(key);
              } else if (what === 'update') {
                expect(tree.update(record(key, n, size), by(key))).toBe(map.has(key));
                if (map.has(key)) map.set(key, n);
              } else if (what === 'find') {
                const found = tree.find(by(key));
                expect(found && valueAt(found, 0)).toBe(map.get(key));
              }
              expect(tree.size).toBe(map.size);
            }
            if (what === 'flush') flush();
            if (what === 'reopen') {
              flush();
              tree = BtreeV2Editor.open(space, tree.address, TYPE, size);
            }
          }
          expect(entries(tree)).toEqual(sorted(map));
          expect(entries(tree, true)).toEqual(sorted(map).reverse());
          flush();
          for (const key of [...map.keys()]) {
            expect(tree.delete(by(key))).toBeDefined();
            map.delete(key);
            if (map.size === 20) flush();
          }
          flush();
          tree.free();
          expect(space.used).toBe(0);
        },
      ),
      { numRuns: runs(150) },
    );
  });

  test('is full and shallow when its records come in order, and nearly so when they do not', () => {
    const size = 11;
    for (const ordered of [true, false]) {
      const space = new MemorySpace();
      const tree = BtreeV2Editor.create(space, TYPE, size, 512);
      for (let i = 0; i < 20_000; i++) {
        const key = ordered ? i : (i * 7919) % 20_000;
        tree.insert(record(key, 0, size), by(key));
      }
      tree.flush();
      const { depth, fill } = inspect(space, tree.address, size);
      expect(depth).toBe(ordered ? 2 : 3);
      expect(fill).toBeGreaterThan(ordered ? 0.95 : 0.75);
      tree.free();
      expect(space.used).toBe(0);
    }
  });

  test('reads no more nodes than a search needs, and lets go of what it has read', () => {
    const size = 64;
    const node = 8192;
    const count = THOROUGH ? 400_000 : 140_000;
    const space = new MemorySpace();
    const editor = BtreeV2Editor.create(space, TYPE, size, node);
    for (let i = 0; i < count; i++) editor.insert(record(i, i & 0xffff, size), by(i));
    editor.flush();
    let read = 0;
    const bytes = space.bytes.bind(space);
    space.bytes = (address, length, what) => {
      read += length;
      return bytes(address, length, what);
    };
    const tree = BtreeV2.open(space, editor.address, TYPE, size);
    expect(valueAt(tree.find(by(123_456))!, 0)).toBe(123_456 & 0xffff);
    expect(read).toBeLessThan(5 * node);
    tree.visit(() => {});
    const all = read;
    // Not all of the many MB have been kept.
    tree.visit(() => {});
    expect(read).toBeGreaterThan(all + 2 ** 22);
    expect(tree.find(by(count))).toBeUndefined();
  });

  test('writes no more nodes than have changed', () => {
    const space = new MemorySpace();
    const tree = BtreeV2Editor.create(space, TYPE, 8, 512);
    for (let i = 0; i < 30_000; i++) tree.insert(record(i * 2, 0, 8), by(i * 2));
    tree.flush();
    let writes = 0;
    const write = space.write.bind(space);
    space.write = (address, bytes) => {
      writes++;
      write(address, bytes);
    };
    tree.flush();
    expect(writes).toBe(0);
    tree.update(record(5000, 1, 8), by(5000));
    tree.flush();
    expect(writes).toBe(1);
    tree.delete(by(5000));
    tree.flush();
    expect(writes).toBeLessThan(1 + 8);
  });

  test('takes only records of its own size', () => {
    const tree = BtreeV2Editor.create(new MemorySpace(), TYPE, 8, 512);
    expect(() => tree.insert(new Uint8Array(9), by(1))).toThrow(H5TypeError);
    expect(() => BtreeV2Editor.create(new MemorySpace(), TYPE, 100, 256)).toThrow(/no room for 3 records/);
  });

  test('is not changed while it is visited, nor used once it has been given back', () => {
    const tree = BtreeV2Editor.create(new MemorySpace(), TYPE, 8, 512);
    for (let i = 0; i < 5; i++) tree.insert(record(i, 0, 8), by(i));
    expect(() => tree.visit(() => void tree.delete(by(1)))).toThrow(H5StateError);
    const seen: number[] = [];
    tree.visit((records, at) => seen.push(keyAt(records, at)) < 3);
    expect(seen).toEqual([0, 1, 2]);
    tree.delete(by(1));
    tree.free();
    expect(() => tree.insert(record(1, 0, 8), by(1))).toThrow(H5StateError);
  });

  test('a damaged tree ends in an error, whatever is done to it', () => {
    const build = () => {
      const space = new MemorySpace();
      const tree = BtreeV2Editor.create(space, TYPE, 8, 128);
      for (let i = 0; i < 300; i++) tree.insert(record(i, 0, 8), by(i));
      tree.flush();
      return { space, address: tree.address };
    };
    const random = seeded(3);
    const { space, address } = build();
    let failed = 0;
    for (const [at, size] of [...space.allocated]) {
      for (let n = 0; n < 20; n++) {
        const good = space.copy(at, size, 'node');
        const bad = good.slice();
        bad[random(size)]! ^= 1 << random(8);
        space.write(at, bad);
        try {
          const tree = BtreeV2.open(space, address, TYPE, 8);
          for (let i = 0; i < 300; i += 7) tree.find(by(i));
          tree.visit(() => {});
        } catch (error) {
          expect(error).toBeInstanceOf(H5FormatError);
          failed++;
        }
        space.write(at, good);
      }
    }
    expect(failed).toBeGreaterThan(100);
  });

  test('a node that is its own descendant is found out', () => {
    const forge = new Forge();
    const at = forge.out.length;
    forge.nodeV2(
      64,
      [[1, 0]],
      [
        { at, count: 1, total: 1 },
        { at, count: 1, total: 1 },
      ],
    );
    const header = forge.btreeV2({ nodeSize: 64, recordSize: 2, depth: 1, root: at, rootCount: 1, total: 3 });
    const tree = BtreeV2.open(forge.open(), header, 5, 2);
    expect(() => tree.visit(() => {})).toThrow(H5FormatError);
    expect(() => tree.find(() => 1)).toThrow(H5FormatError);
  });
});
