import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { deserialize, H5Dict, H5File, readSync, serialize, write, writeSync } from '../../src/node.js';
import type { NDArray } from '../../src/numpy/ndarray.js';
import * as np from '../../src/numpy-of-node.js';
import { runPython } from '../oracle/python.js';

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('arrays in memory within values', () => {
  const matrix = np.array(
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    { dtype: 'f4' },
  );
  const shared = np.array([[1, 2]]);
  const value = {
    line: np.array([1, 2], { dtype: 'i2' }),
    matrix,
    shared,
    again: [shared, { shared }],
    cube: np.ones([2, 3, 4], { dtype: 'u1' }),
    big: np.array([1n, 2n]),
    flags: np.array([[true, false]]),
    words: np.array([
      ['a', 'b'],
      ['c', 'd'],
    ]),
    scalar: np.array(2.5),
    none: np.zeros([0, 3]),
    rows: [
      { n: 1, at: np.array([0.5, 1]) },
      { n: 2, at: np.array([2, 3.5]) },
    ],
    map: new Map([[1, np.array([7])]]),
  };
  const rows = [Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)];
  const stored = {
    line: Int16Array.of(1, 2),
    matrix: rows,
    shared: [Float64Array.of(1, 2)],
    again: [[Float64Array.of(1, 2)], { shared: [Float64Array.of(1, 2)] }],
    cube: Array.from({ length: 2 }, () => Array.from({ length: 3 }, () => Uint8Array.of(1, 1, 1, 1))),
    big: BigInt64Array.of(1n, 2n),
    flags: [[true, false]],
    words: [
      ['a', 'b'],
      ['c', 'd'],
    ],
    scalar: 2.5,
    none: [],
    rows: [
      { n: 1, at: Float64Array.of(0.5, 1) },
      { n: 2, at: Float64Array.of(2, 3.5) },
    ],
    map: new Map([[1, Float64Array.of(7)]]),
  };

  test('are stored as datasets of their shapes', async () => {
    const bytes = serialize(value);
    const copy = deserialize<typeof stored>(bytes);
    expect(copy).toEqual(stored);
    // It is one array, as it was.
    expect(copy.again[0]).toBe(copy.shared);
    expect((copy.again[1] as { shared: unknown }).shared).toBe(copy.shared);
    const file = H5File.open(bytes);
    expect([file.dataset('matrix').shape, file.dataset('matrix').dtype]).toEqual([[2, 3], '<f4']);
    const path = join(folder, 'a.h5');
    await write(path, value);
    expect(readSync(path)).toEqual(stored);
    const script =
      'import h5py,sys; f=h5py.File(sys.argv[1]); print(f["matrix"][:].tolist(), f["cube"].shape, f["line"].dtype)';
    expect(runPython(['-c', script, path]).trim()).toBe('[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]] (2, 3, 4) int16');
  });

  test('also by themselves, at a path, in dicts, and in what iterables yield', async () => {
    expect(deserialize(serialize(matrix))).toEqual(rows);
    expect(deserialize(serialize(np.array([1, 2])))).toEqual(Float64Array.of(1, 2));
    const path = join(folder, 'b.h5');
    writeSync(path, { a: 1 });
    writeSync(path, { inner: matrix }, { path: 'b', mode: 'merge' });
    expect(readSync(path)).toEqual({ a: 1, b: { inner: rows } });
    const dict = H5Dict.open(path, { mode: 'r+' });
    (dict as H5Dict<never>).set('c', { deep: { matrix } } as never);
    dict.close();
    expect(readSync(path)).toMatchObject({ c: { deep: { matrix: rows } } });
    function* yields(): Generator<{ n: number; at: NDArray; same: NDArray }> {
      for (let n = 0; n < 20_000; n++) yield { n, at: np.array([n, 2]), same: matrix };
    }
    await write(path, { list: yields() });
    const { list } = readSync<{ list: { at: Float64Array; same: unknown }[] }>(path);
    expect(list.length).toBe(20_000);
    expect(list[19_999]?.at).toEqual(Float64Array.of(19_999, 2));
    expect(list[19_999]?.same).toEqual(rows);
  });
});
