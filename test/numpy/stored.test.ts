/** What functions of numpy return is stored wherever values are. */
import { describe, expect, test } from 'vitest';
import { H5Array, H5Dict, H5File } from '../../src/node.js';
import * as np from '../../src/numpy-of-node.js';

const file = () => H5File.open(undefined, 'w');

describe('what a function returns is', () => {
  const sine = np.sin([1, 2]);
  const expected = Float64Array.of(Math.sin(1), Math.sin(2));

  test('written to an array', () => {
    const f = file();
    const array = H5Array.of(f.createDataset('a', { data: new Float64Array(2), maxShape: [null] }));
    array.set('...', sine);
    expect(array.toTypedArray()).toEqual(expected);
    expect(array.equals(sine)).toBe(true);
    expect(array.equals(np.sin([1, 3]))).toBe(false);
    array.append(np.multiply(sine, 2));
    array.insert(0, sine);
    expect(array.toTypedArray()).toEqual(
      Float64Array.of(...expected, ...expected, 2 * expected[0]!, 2 * expected[1]!),
    );
    const table = H5Array.of(f.createDataset('t', { shape: [3, 2], dtype: 'f4' }));
    table.set('1:', sine);
    expect(table.toNested()).toEqual([
      [0, 0],
      ...Array.from({ length: 2 }, () => Array.from(Float32Array.from(expected))),
    ]);
    expect(() => table.set('...', np.ones([3]))).toThrow(/do not broadcast/);
    expect(() => H5Array.of(f.createDataset('i', { data: [1, 2] })).set('...', sine)).toThrow(/does not fit/);
  });

  test('data of a dataset, or of an attribute', () => {
    const f = file();
    const grid = np.array([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    const dataset = f.createDataset('b', { data: grid, compression: 'gzip', chunks: [1, 3] });
    expect([dataset.shape, dataset.dtype]).toEqual([[2, 3], '<f8']);
    dataset.write(np.array([[7, 8, 9]]), [[0, 1]]);
    expect(dataset.value).toEqual(Float64Array.of(7, 8, 9, 3, 4, 5));
    f.attrs.set('m', np.array([1.5, 2]));
    expect(f.attrs.get('m')).toEqual(Float64Array.of(1.5, 2));
    f.createDataset('flags', { data: np.greater([1, 2, 3], 2) });
    expect(f.dataset('flags').value).toEqual([false, false, true]);
    f.createDataset('texts', { data: np.array(['a', 'bc']) });
    expect(f.dataset('texts').value).toEqual(['a', 'bc']);
    f.createDataset('one', { data: np.array(5) });
    expect(f.dataset('one').shape).toEqual([]);
    f.createDataset('small', { data: grid, dtype: 'u1' });
    expect(f.dataset('small').dtype).toBe('u1');
  });

  test('the value of a key', () => {
    const dict = H5Dict.of(file());
    dict.set('nd', np.ones([2, 3]));
    dict.set('nd', np.zeros([2, 2], { dtype: 'i2' }));
    dict.set('list', sine);
    const array = H5Array.of(dict.file.dataset('nd'));
    expect([array.shape, array.dtype]).toEqual([[2, 2], 'int16']);
    expect(H5Array.of(dict.file.dataset('list')).toTypedArray()).toEqual(expected);
  });

  test('complex, as arrays and as numbers', () => {
    const f = file();
    const ones = np.ones([2], { dtype: 'c16', file: f, name: 'c' });
    const array = ones as unknown as H5Array;
    array.set('0', np.sum(ones));
    array.set('1', np.array([{ re: 0, im: 3 }]));
    expect(array.toNested()).toEqual([
      [2, 0],
      [0, 3],
    ]);
    f.createDataset('d', { data: np.array([{ re: 1, im: 2 }]) });
    expect(f.dataset('d').value).toEqual([{ r: 1, i: 2 }]);
  });
});
