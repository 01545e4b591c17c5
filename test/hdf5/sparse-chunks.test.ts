import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { H5File } from '../../src/node.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, type H5wasmDataset, h5wasm, runPython } from '../oracle/oracles.js';

/*
 * Where there could be very many more chunks than there are, an index that has a place for each of them would be all of the file.
 */

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-sparse-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OLD = `
import sys, h5py
with h5py.File(sys.argv[1], 'w') as f:
    d = f.create_dataset('d', shape=(int(sys.argv[2]),), chunks=(10,), dtype='i4', compression='gzip')
    d[5] = 7
`;
const CHANGE = `
import sys, h5py
with h5py.File(sys.argv[1], 'r+') as f:
    d = f['d']
    assert d[5] == 7 and d[4] == 0 and d[-1] == 0, d[:10]
    d[100] = 9
    d[-100] = 8
`;

describeOracle('h5py', () => {
  test.each([1e5, 1e9, 1e13])('a file of h5py with %d elements stays small', (count) => {
    const path = join(folder, `${count}.h5`);
    runPython(['-c', OLD, path, String(count)]);
    const file = H5File.open(path, 'r+');
    file.compact();
    file.dataset('d').attrs.set('unit', 'm');
    file.close();
    expect(statSync(path).size).toBeLessThan(10_000);
    runPython(['-c', CHANGE, path]);
    using again = H5File.open(path, 'r+');
    const d = again.dataset<Int32Array>('d');
    expect([d.at(5), d.at(100), d.at(-100), d.at(-1)]).toEqual([7, 9, 8, 0]);
    d.write(6, [[count - 2, count - 1]]);
    const copy = H5File.open(undefined, 'w');
    copy.copy(d, 'e');
    const bytes = copy.toBytes();
    expect(bytes.length).toBeLessThan(10_000);
    expect(copy.dataset<Int32Array>('e').at(-2)).toBe(6);
    expect(verifyStorage(bytes).problems).toEqual([]);
  });
});

describeOracle('h5py', () => {
  test('what an index has no room for is refused when it is written, and not when all is committed', () => {
    const path = join(folder, 'fixed.h5');
    const code = `
import sys, h5py
with h5py.File(sys.argv[1], 'w', libver='latest') as f:
    f.create_dataset('d', (3, 3, 3), 'f8', maxshape=(1000, 1000, 1000), chunks=(1, 1, 2), compression='gzip')
`;
    runPython(['-c', code, path]);
    const file = H5File.open(path, 'r+');
    file.attrs.set('n', 1);
    expect(() => file.dataset('d').write(5)).toThrow(/500000000 chunks that there may be/);
    file.close();
    using read = H5File.open(path);
    expect(read.attrs.get('n')).toBe(1);
    expect(read.dataset<Float64Array>('d').at(2, 2, 2)).toBe(0);
  });
});

describe('a new dataset', () => {
  test.each([1e8, 1e12, 1e15])('of %d elements in chunks of 10', async (count) => {
    const file = H5File.open(undefined, 'w');
    const d = file.createDataset('d', { shape: [count], maxShape: [count], chunks: [10], dtype: 'i4' });
    d.write(1, [[5, 6]]);
    d.write([2, 3], [[count - 3, count - 1]]);
    const bytes = file.toBytes();
    expect(bytes.length).toBeLessThan(10_000);
    expect(verifyStorage(bytes).problems).toEqual([]);
    const found = H5File.open(bytes).dataset<Int32Array>('d');
    expect([found.at(5), found.at(6), Array.from(found.read([[count - 4, count]]))]).toEqual([
      1,
      0,
      [0, 2, 3, 0],
    ]);
  });

  test('of as many chunks as there are is found by their numbers', () => {
    const file = H5File.open(undefined, 'w');
    file.createDataset('d', { data: new Int32Array(3000), chunks: [1] });
    file.compact();
    const bytes = file.toBytes();
    expect(verifyStorage(bytes).extents.some(({ what }) => /fixed array/.test(what))).toBe(true);
  });
});

describeOracle('h5wasm', () => {
  test('a newer library reads it', async () => {
    const file = H5File.open(undefined, 'w');
    const count = 3000;
    const d = file.createDataset('d', { shape: [count], maxShape: [count], chunks: [1], dtype: 'u1' });
    d.write(4, [[500, 501]]);
    file.compact();
    const bytes = file.toBytes();
    expect(verifyStorage(bytes).extents.some(({ what }) => /B-tree/.test(what))).toBe(true);
    const { members } = await h5wasm(bytes);
    const { value } = members['d'] as H5wasmDataset;
    const found = Array.from(value as ArrayLike<number>);
    expect([found.length, found[500], found[501], found.indexOf(4)]).toEqual([count, 4, 0, 500]);
  });
});

test('more chunks than an index has room for are refused before one is in memory', () => {
  const file = H5File.open(undefined, 'w');
  file.createDataset('other', { data: [1, 2, 3] });
  const options = { dtype: 'f8', chunks: [1], maxShape: [null] } as const;
  const dataset = file.createDataset<Float64Array>('many', { ...options, shape: [5] });
  expect(() => dataset.resize([2 ** 40])).toThrow(
    /"\/many": .*has room for \d+ chunks; make the chunks larger/,
  );
  dataset.write(7, [4]);
  const large = file.createDataset('large', { ...options, shape: [2 ** 40] });
  expect(() => large.write(1, [2 ** 39])).toThrow(/make the chunks larger/);
  const found = H5File.open(file.toBytes());
  expect([...found.dataset<Float64Array>('many').read()]).toEqual([0, 0, 0, 0, 7]);
  expect([...found.keys()]).toEqual(['other', 'many', 'large']);
});
