import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { H5File, indexes } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, h5dump, runPython } from '../oracle/oracles.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-early-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const expectSound = (bytes: Uint8Array) =>
  expect(verifyStorage(new MemoryStorage(bytes), { indexes }).problems).toEqual([]);

const EARLY = { allocation: 'early', dtype: 'i4' } as const;
const SEVEN = { ...EARLY, fillValue: 7 } as const;
/** What each takes in the file, in bytes. */
const STORED: Record<string, number> = {
  plain: 400,
  filled: 1200,
  scalar: 4,
  implicit: 4 * 144,
  // Of the chunks that it can have, those that it has now count.
  'implicit, growing': 4 * 64,
  single: 400,
  growing: 4 * 128,
  zipped: -1,
  given: 400,
  nothing: 0,
};

function make(path: string): void {
  const file = H5File.open(path, 'w');
  // What is allocated again is not clean.
  file.createDataset('dirt', { data: new Uint8Array(100_000).fill(255) });
  file.commit();
  file.delete('dirt');
  file.createDataset('plain', { ...EARLY, shape: [100] });
  file.createDataset('filled', { ...SEVEN, shape: [10, 30] });
  file.createDataset('scalar', { ...SEVEN, shape: [] });
  file.createDataset('implicit', { ...SEVEN, shape: [10, 10], chunks: [4, 4] });
  file.createDataset('implicit, growing', { ...SEVEN, shape: [5, 5], chunks: [4, 4], maxShape: [10, 10] });
  file.createDataset('single', { ...SEVEN, shape: [10, 10], chunks: [10, 10] });
  file.createDataset('growing', { ...SEVEN, shape: [100], chunks: [32], maxShape: [null] });
  file.createDataset('zipped', { ...SEVEN, shape: [100], chunks: [32], compression: 'gzip' });
  file.createDataset('given', { ...EARLY, data: new Int32Array(100).fill(5) });
  file.createDataset('nothing', { ...EARLY, shape: [0, 4] });
  file.close();
}

test('space that is allocated early is there, and holds the fill value', () => {
  const path = join(folder, 'ours.h5');
  make(path);
  expectSound(readFileSync(path));
  const file = H5File.open(path, 'r+');
  const sevens = (count: number) => new Int32Array(count).fill(7);
  expect(file.dataset('plain').value).toEqual(new Int32Array(100));
  expect(file.dataset('filled').value).toEqual(sevens(300));
  expect(file.dataset('implicit').value).toEqual(sevens(100));
  expect(file.dataset('zipped').value).toEqual(sevens(100));
  expect(file.dataset('given').value).toEqual(new Int32Array(100).fill(5));
  const growing = file.dataset<Int32Array>('implicit, growing');
  growing.resize([10, 9]);
  growing.write(1, [9, 8]);
  file.dataset('growing').append([1, 2, 3]);
  file.commit();
  expect(growing.value).toEqual(sevens(90).with(89, 1));
  file.delete('implicit');
  file.copy('implicit, growing', 'a copy');
  file.close();
  expectSound(readFileSync(path));
});

test('other allocations than early and late are refused', () => {
  const file = H5File.open(undefined, 'w');
  expect(() => file.createDataset('a', { shape: [3], fillValue: 1, allocation: 'never' as 'late' })).toThrow(
    /neither 'early' nor 'late'/,
  );
  file.createDataset('a', { shape: [3], allocation: 'late' });
  file.commit();
  expectSound(file.toBytes());
});

describeOracle('h5py', () => {
  test('sees it, and writes there', async () => {
    const path = join(folder, 'theirs.h5');
    make(path);
    const code = `
import sys, json, h5py
with h5py.File(sys.argv[1], 'r+') as f:
    d = {n: [f[n].id.get_storage_size(), f[n].id.get_create_plist().get_alloc_time() == h5py.h5d.ALLOC_TIME_EARLY, f[n][...].tolist()] for n in f}
    f['implicit'][9, 9] = 70
    f['implicit, growing'].resize((9, 10))
    f['implicit, growing'][8, 9] = 71
    f['filled'][0] = 72
    f['plain'][50:] = 73
    print(json.dumps(d))
`;
    const seen = JSON.parse(runPython(['-c', code, path]));
    for (const [name, size] of Object.entries(STORED)) {
      const [stored, isEarly, values] = seen[name];
      if (size >= 0) expect([name, stored]).toEqual([name, size]);
      expect([name, isEarly]).toEqual([name, true]);
      const value = name === 'plain' ? 0 : name === 'given' ? 5 : 7;
      for (const each of [values].flat(3)) expect([name, each]).toEqual([name, value]);
    }
    expect(await h5dump(path, ['-p', '-H', '-d', '/implicit'])).toMatch(/H5D_ALLOC_TIME_EARLY/);
    const file = H5File.open(path);
    expect(file.dataset('implicit').at(9, 9)).toBe(70);
    const grown = new Int32Array(90).fill(7).with(89, 71);
    expect(file.dataset('implicit, growing').value).toEqual(grown);
    expect(file.dataset('filled').read([0])).toEqual(new Int32Array(30).fill(72));
    expectSound(readFileSync(path));
  });
});

test('texts that have their space at once do not take what stood there for theirs', () => {
  const file = H5File.open(undefined, 'w');
  for (let i = 0; i < 30; i++) file.createDataset(`gone${i}`, { data: new Uint8Array(300).fill(i + 65) });
  file.createDataset('texts', { data: ['stays', 'as it is'], dtype: 'str' });
  file.commit();
  for (let i = 0; i < 30; i++) file.delete(`gone${i}`);
  file.commit();
  const options = { chunks: [4], allocation: 'early' } as const;
  const data = Array.from({ length: 10 }, (_, i) => `text ${i}`);
  file.createDataset('given', { ...options, dtype: 'str', data });
  file.createDataset('lists', { ...options, dtype: { vlen: 'i4' }, shape: [10] });
  file.createDataset('growing', {
    ...options,
    dtype: 'str',
    chunks: [1, 4],
    shape: [0, 4],
    maxShape: [8, 4],
  });
  file.commit();
  const found = H5File.open(file.toBytes());
  expect(found.dataset('given').value).toEqual(data);
  expect(found.dataset('texts').value).toEqual(['stays', 'as it is']);
  expect(Array.from(found.dataset<ArrayLike<number>[]>('lists').read(), (each) => each.length)).toEqual(
    new Array(10).fill(0),
  );
  expectSound(file.toBytes());
});
