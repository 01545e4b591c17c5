import { describe, expect, test } from 'vitest';
import { KernelError } from '../../src/kernels/errors.js';
import { H5Array, H5Error } from '../../src/node.js';
import type { NDArray } from '../../src/numpy/ndarray.js';
import * as np from '../../src/numpy-of-node.js';
import {
  arrayIndex,
  nestedValue,
  randomIndex,
  randomShape,
  randomValue,
} from '../containers/random-arrays.js';
import { seeded } from '../random.js';
import { casesOf, SEED } from '../thoroughness.js';

const matrix = () => np.reshape(np.arange(12), [3, 4]) as NDArray;

describe('parts of arrays in memory', () => {
  // What an H5Array does with the same is compared with numpy by its own tests.
  test('are what they are of an H5Array, and are set as there', () => {
    const random = seeded(SEED);
    let done = 0;
    for (let i = 0; i < 20 * Math.min(500, casesOf(30)); i++) {
      const shape = randomShape(random, random(4), 4);
      const start = np.reshape(
        np.arange(shape.reduce((product, size) => product * size, 1)),
        shape,
      ) as NDArray;
      const selection = randomIndex(random, shape).map((entry) => arrayIndex(entry, random));
      const array = H5Array.from(start.toNested(), { dtype: 'float64' });
      const place = `(${shape}) ${JSON.stringify(selection)}`;
      if (array.shape.join() !== shape.join()) continue;
      let expected: H5Array;
      try {
        expected = array.slice(selection);
      } catch (error) {
        expect(() => start.slice(selection), place).toThrow((error as Error).message);
        continue;
      }
      const part = start.slice(selection);
      expect(part.shape, place).toEqual(expected.shape);
      expect(part.toNested(), place).toEqual(expected.toNested());
      expect(part.dtype).toBe('float64');

      // A list says nothing of the axes within no elements.
      if (expected.size === 0) continue;
      const value = nestedValue(randomValue(random, expected.shape, () => -1 - random(100)));
      let problem = false;
      try {
        array.set(selection, value);
      } catch (error) {
        expect(error).toBeInstanceOf(H5Error);
        problem = true;
      }
      if (problem) expect(() => start.set(selection, value as never), place).toThrow(H5Error);
      else {
        start.set(selection, value as never);
        expect(start.toNested(), `${place} = ${JSON.stringify(value)}`).toEqual(array.toNested());
      }
      done++;
    }
    expect(done).toBeGreaterThan(100);
  });

  test('are of every type', () => {
    expect(np.array(['a', 'b', 'c']).slice('::-1').toNested()).toEqual(['c', 'b', 'a']);
    expect(
      np
        .array([true, false, true])
        .slice([[2, 1]])
        .toNested(),
    ).toEqual([true, false]);
    expect(np.array([1n, 2n, 3n]).slice('-1:').toNested()).toEqual([3n]);
    const complex = np.array([
      { re: 1, im: 2 },
      { re: 3, im: 4 },
      { re: 5, im: 6 },
    ]);
    expect(complex.slice('::2').toNested()).toEqual([
      { re: 1, im: 2 },
      { re: 5, im: 6 },
    ]);
    complex.set('1:', 9);
    expect(complex.toNested()).toEqual([
      { re: 1, im: 2 },
      { re: 9, im: 0 },
      { re: 9, im: 0 },
    ]);
  });

  test('a mask that a function made, a row, elements of the very array', () => {
    const a = matrix();
    expect(a.slice(np.greater(a, 8) as NDArray).toNested()).toEqual([9, 10, 11]);
    a.set(1, [0, 1, 2, 3]);
    a.set('::-1', a);
    expect(a.toNested()).toEqual([
      [8, 9, 10, 11],
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ]);
    a.set('1:, ::2', [[[7, 6]]]);
    expect(a.slice('1:').toNested()).toEqual([
      [7, 1, 6, 3],
      [7, 1, 6, 3],
    ]);
    a.set(-1, -1, 5);
    expect(a.get(2, 3)).toBe(5);
  });

  test('a part is a copy', () => {
    const a = matrix();
    a.slice('0').set(0, 99);
    a.slice('...').set('...', 99);
    expect(a.toNested()).toEqual(matrix().toNested());
  });

  test('what does not fit changes nothing', () => {
    const a = matrix();
    expect(() => a.set('0:2', [1, 2, 3])).toThrow(KernelError);
    expect(() => a.set('0:2', ['x', 'y', 'z', 'w'] as never)).toThrow(KernelError);
    expect(() => a.set('5', 0)).toThrow(H5Error);
    expect(() => a.slice('0, 0, 0')).toThrow(H5Error);
    expect(() => a.get(0)).toThrow(KernelError);
    expect(a.toNested()).toEqual(matrix().toNested());
  });
});
