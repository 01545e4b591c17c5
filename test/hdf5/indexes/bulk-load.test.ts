import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BtreeV2Editor, BtreeV2Type } from '../../../src/hdf5/indexes/btree-v2.js';
import { H5File, indexes } from '../../../src/node.js';
import { MemoryStorage } from '../../../src/storage/memory.js';
import { verifyStorage } from '../../../src/verify.js';
import { describeOracle, runPython } from '../../oracle/oracles.js';
import { seeded } from '../../random.js';
import { runs } from '../../thoroughness.js';
import { MemorySpace } from '../memory-space.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-bulk-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function expectSound(bytes: Uint8Array): void {
  expect(verifyStorage(new MemoryStorage(bytes), { indexes }).problems).toEqual([]);
}

const RECORD = 15;

/** Records of the even numbers below `2 * count`. */
function evenNumbers(count: number): Uint8Array {
  const records = new Uint8Array(count * RECORD);
  const view = new DataView(records.buffer);
  for (let i = 0; i < count; i++) view.setUint32(i * RECORD, 2 * i, true);
  return records;
}

const numberAt = (records: Uint8Array, at: number): number =>
  new DataView(records.buffer, records.byteOffset).getUint32(at, true);

describe('a B-tree that is filled at once', () => {
  test('holds what it was given, for any number of records', () => {
    for (const nodeSize of [128, 512]) {
      for (let count = 0; count < 3000; count = count < 120 ? count + 1 : Math.floor(count * 1.07)) {
        const space = new MemorySpace();
        const tree = BtreeV2Editor.create(space, BtreeV2Type.LinksByOrder, RECORD, nodeSize);
        tree.fill(evenNumbers(count));
        tree.flush();
        const read = BtreeV2Editor.open(space, tree.address, BtreeV2Type.LinksByOrder, RECORD);
        const seen: number[] = [];
        read.visit((records, at) => {
          seen.push(numberAt(records, at));
        });
        expect(seen).toEqual(Array.from({ length: count }, (_, i) => 2 * i));
      }
    }
  });

  test('is edited like any other', () => {
    const random = seeded(3);
    for (const count of [1, 7, 8, 60, 333, 2000]) {
      const space = new MemorySpace();
      const tree = BtreeV2Editor.create(space, BtreeV2Type.LinksByOrder, RECORD, 128);
      tree.fill(evenNumbers(count));
      const model = new Set(Array.from({ length: count }, (_, i) => 2 * i));
      for (let step = 0; step < 3 * count; step++) {
        const number = random(2 * count + 1);
        const compare = (records: Uint8Array, at: number) => number - numberAt(records, at);
        if (random(2) === 0) {
          const record = new Uint8Array(RECORD);
          new DataView(record.buffer).setUint32(0, number, true);
          expect(tree.insert(record, compare)).toBe(!model.has(number));
          model.add(number);
        } else {
          expect(tree.delete(compare) !== undefined).toBe(model.delete(number));
        }
        if (step % 50 === 0) tree.flush();
      }
      tree.flush();
      const seen: number[] = [];
      tree.visit((records, at) => {
        seen.push(numberAt(records, at));
      });
      expect(seen).toEqual([...model].sort((a, b) => a - b));
      tree.free();
      expect(space.used).toBe(0);
    }
  });

  test('must be empty', () => {
    const tree = BtreeV2Editor.create(new MemorySpace(), BtreeV2Type.LinksByOrder, RECORD, 128);
    tree.fill(evenNumbers(1));
    expect(() => tree.fill(evenNumbers(1))).toThrow(/when it is empty/);
    expect(() => tree.fill(new Uint8Array(7))).toThrow(/whole records/);
  });
});

// Every name is looked up, so that those whose hashes are equal are found; then h5py edits what we wrote.
const TURN = `
import sys, h5py, json
names = json.load(open(sys.argv[2]))
with h5py.File(sys.argv[1], 'r+', libver='latest') as f:
    g = f['g']
    assert len(g) == len(names)
    assert all(g.get(n, getlink=True).path == n for n in names)
    assert sorted(g) == sorted(names)
    for n in names[::3]: del g[n]
    for i in range(100): g['theirs %d' % i] = h5py.SoftLink('x')
`;

describeOracle('h5py', () => {
  // Among 100,000 of these names two pairs have equal hashes.
  test.each([9, 40, 41, 46, 500, 5000, runs(100_000)])(
    'finds, and edits, %i links of a new group',
    (count) => {
      const path = join(folder, `${count}.h5`);
      const file = H5File.open(path, 'w');
      const group = file.createGroup('g');
      const names = Array.from({ length: count }, (_, i) => `${i % 7 === 0 ? 'größer ' : 'n'}${i * 17}`);
      for (const name of names) group.softLink(name, name);
      file.close();
      expectSound(readFileSync(path));
      writeFileSync(`${path}.json`, JSON.stringify(names));
      runPython(['-c', TURN, path, `${path}.json`]);
      expectSound(readFileSync(path));
      const again = H5File.open(path, 'r+');
      const expected = names.filter((_, i) => i % 3 !== 0);
      expect([...again.group('g').keys()].slice(0, -100)).toEqual(expected);
      const targets = expected.map((name) => again.group('g').linkInfo(name));
      expect(targets.every((link, i) => link?.kind === 'soft' && link.target === expected[i])).toBe(true);
      again.group('g').createGroup('ours');
      again.close();
      expectSound(readFileSync(path));
    },
  );

  test('follows links of a cycle that were written before what they lead to', () => {
    const path = join(folder, 'cycle.h5');
    const file = H5File.open(path, 'w');
    const a = file.createGroup('a');
    for (let i = 0; i < 20; i++) a.createGroup(`b${i}`).link('back', a);
    for (let i = 0; i < 20; i++) a.link(`self ${i}`, a);
    file.link('a/root', file);
    file.close();
    expectSound(readFileSync(path));
    const code = `
import sys, h5py
with h5py.File(sys.argv[1]) as f:
    assert all(f['a/self %d' % i] == f['a'] and f['a/b%d/back' % i] == f['a'] for i in range(20))
    assert f['a/root'] == f['/']
`;
    runPython(['-c', code, path]);
  });
});
