import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { H5File, type H5Reference, indexes } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, runPython } from '../oracle/oracles.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-regions-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function expectSound(bytes: Uint8Array): void {
  expect(verifyStorage(new MemoryStorage(bytes), { indexes }).problems).toEqual([]);
}

/** A file with a dataset of 0, 1, 2, ... and references to parts of it. */
function fill(file: H5File): void {
  const data = file.createDataset('data', {
    data: Int32Array.from({ length: 60 }, (_, i) => i),
    shape: [10, 6],
  });
  const parts = [data.regionRef([[2, 4]]), data.regionRef([undefined, [0, 6, 5]]), null];
  file.createDataset('parts', { data: parts });
  file.createDataset('points', {
    data: data.regionRef({
      points: [
        [0, 0],
        [9, 5],
        [4, 1],
      ],
    }),
  });
  data.attrs.set('part', data.regionRef([5]));
}

const PARTS = [
  [12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23],
  [0, 5, 6, 11, 12, 17, 18, 23, 24, 29, 30, 35, 36, 41, 42, 47, 48, 53, 54, 59],
];

function expectParts(file: H5File): void {
  const data = file.dataset<Int32Array>('data');
  const [first, second, none] = file.dataset<(H5Reference | null)[]>('parts').value;
  const points = file.dataset('points').value as H5Reference;
  expect([...data.read<Int32Array>(first as H5Reference)]).toEqual(PARTS[0]);
  expect([...data.read<Int32Array>(second as H5Reference)]).toEqual(PARTS[1]);
  expect(none).toBeNull();
  expect([...data.read<Int32Array>(points)].sort()).toEqual([0, 25, 59]);
  expect([...data.read<Int32Array>(data.attrs.get('part') as H5Reference)]).toEqual([30, 31, 32, 33, 34, 35]);
  expect(points.kind).toBe('region');
  expect(file.dereference(points).isSame(data)).toBe(true);
  expect(file.dataset('parts').dtype).toBe('regionref');
}

describe('references to parts of datasets', () => {
  test('are read before they are written, and afterwards', () => {
    const file = H5File.open(undefined, 'w');
    fill(file);
    expectParts(file);
    file.commit();
    expectParts(file);
    const bytes = file.toBytes();
    expectParts(H5File.open(bytes));
    expectSound(bytes);
  });

  test('are copied with what they lead to, replaced and deleted', () => {
    const file = H5File.open(undefined, 'w');
    fill(file);
    const copy = H5File.open(undefined, 'w');
    copy.copy(file, 'copied');
    copy.move('copied/data', 'data');
    copy.move('copied/parts', 'parts');
    copy.move('copied/points', 'points');
    expectParts(H5File.open(copy.toBytes()));
    expectSound(copy.toBytes());
    copy.dataset('parts').write(copy.dataset('data').regionRef([0]), [1]);
    copy.delete('points');
    copy.commit();
    const again = H5File.open(copy.toBytes());
    const [, replaced] = again.dataset<H5Reference[]>('parts').value;
    expect([...again.dataset('data').read<Int32Array>(replaced as H5Reference)]).toEqual([0, 1, 2, 3, 4, 5]);
    const { problems, bytes } = verifyStorage(new MemoryStorage(copy.toBytes()), { indexes });
    expect(problems).toEqual([]);
    expect(bytes.leaked).toBe(0);
    copy.compact();
    expectSound(copy.toBytes());
  });

  test('are not what an object reference is', () => {
    const file = H5File.open(undefined, 'w');
    fill(file);
    const data = file.dataset('data');
    expect(() => data.read(data.ref)).toThrow(/selects no part/);
    expect(() => file.createDataset('mixed', { data: [data.ref, data.regionRef([0])] })).toThrow(/reference/);
    expect(() => file.dataset('parts').write(data.ref, [0])).toThrow(/an object reference/);
    expect(() => file.createDataset('x', { data: [data.regionRef([0])], dtype: 'ref' })).toThrow(
      /region reference/,
    );
    expect(() => data.regionRef([100])).toThrow();
  });
});

describeOracle('h5py', () => {
  test('follows ours, and ours read those of h5py', () => {
    const path = join(folder, 'regions.h5');
    const file = H5File.open(path, 'w');
    fill(file);
    file.close();
    const code = `
import sys, json, h5py, numpy
with h5py.File(sys.argv[1], 'r+') as f:
    d = f['data']
    p = f['parts'][:]
    print(json.dumps([d[p[0]].flatten().tolist(), d[p[1]].flatten().tolist(), bool(p[2]), d[f['points'][()]].tolist(), d[d.attrs['part']].flatten().tolist(), f[p[0]].name]))
    f.create_dataset('theirs', data=d.regionref[0:2, ::3], dtype=h5py.regionref_dtype)
`;
    const answer = runPython(['-c', code, path]);
    expect(JSON.parse(answer)).toEqual([...PARTS, false, [0, 59, 25], [30, 31, 32, 33, 34, 35], '/data']);
    const again = H5File.open(path);
    const theirs = again.dataset('theirs').value as H5Reference;
    expect([...again.dataset('data').read<Int32Array>(theirs)]).toEqual([0, 3, 6, 9]);
    again.close();
    expectSound(readFileSync(path));
  });
});

const GROWN = `
import sys, json, h5py
with h5py.File(sys.argv[1]) as f: print(json.dumps([f['d'][r].tolist() for r in f['refs'][:]]))
`;

describeOracle('h5py', () => {
  test('what was all of a dataset by indices stays that when it grows, and what was all without stays all', () => {
    const path = join(folder, 'grown.h5');
    const file = H5File.open(path, 'w');
    const data = file.createDataset<Int32Array>('d', { data: [1, 2, 3], chunks: [2], maxShape: [null] });
    const refs = [
      data.regionRef([[0, 3]]),
      data.regionRef([]),
      data.regionRef(['...']),
      data.regionRef([[0, 2]]),
    ];
    file.createDataset('refs', { data: refs });
    data.append([4]);
    file.close();
    const expected = [
      [1, 2, 3],
      [1, 2, 3, 4],
      [1, 2, 3, 4],
      [1, 2],
    ];
    const theirs = runPython(['-c', GROWN, path]);
    expect(JSON.parse(theirs)).toEqual(expected);
    const found = H5File.open(path);
    const stored = found.dataset<H5Reference[]>('refs').read();
    expect(stored.map((ref) => [...found.dataset<Int32Array>('d').read(ref)])).toEqual(expected);
  });
});

describeOracle('h5py', () => {
  test('copies them within a file as they are: one stays when the other is deleted, or written over', () => {
    const path = join(folder, 'copied.h5');
    const make = `
import h5py, numpy as np, sys
with h5py.File(sys.argv[1], 'w') as f:
    d = f.create_dataset('d', data=np.arange(10))
    for name in ('deleted', 'written'):
        r = f.create_dataset(name, (2,), dtype=h5py.regionref_dtype)
        r[0], r[1] = d.regionref[2:4], d.regionref[5:6]
        f.copy(name, name + ' copy')
`;
    runPython(['-c', make, path]);
    using file = H5File.open(path, 'r+');
    file.delete('deleted');
    file.dataset('written').write(file.dataset('d').regionRef([[0, 9]]));
    file.commit();
    // What is new takes the place of what was given back.
    for (let i = 0; i < 20; i++) file.attrs.set(`a${i}`, file.dataset('d').regionRef([[i % 5, 9]]));
    file.close();
    expectSound(readFileSync(path));
    const show = `
import h5py, sys
with h5py.File(sys.argv[1]) as f:
    for name in ('deleted copy', 'written copy', 'written'):
        print([f['d'][x].tolist() for x in f[name][()]])
`;
    const copied = '[[2, 3], [5]]';
    const all = '[0, 1, 2, 3, 4, 5, 6, 7, 8]';
    expect(runPython(['-c', show, path]).trim().split('\n')).toEqual([copied, copied, `[${all}, ${all}]`]);
  });
});
