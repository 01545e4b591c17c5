import { describe, expect, test } from 'vitest';
import { H5Array } from '../../src/containers/h5-array.js';
import { withOptions } from '../../src/containers/options.js';
import * as np from '../../src/numpy-of-node.js';
import { TestFile } from './h5-arrays.js';

// What the tests of ch5mpy ask of numpy's functions on its arrays, of ours.

const roomy = <T>(action: () => T): T => withOptions({ maxMemory: '1M' }, action);
const smallArray = () => roomy(() => new TestFile().write(np.array([1, 2, 3, 4, 5])));
const squareArray = () =>
  roomy(() => new TestFile().write(np.reshape(np.arange(100), [10, 10]) as np.NDArray));
const cube = () => roomy(() => new TestFile().write(np.reshape(np.arange(60), [3, 4, 5]) as np.NDArray));
const repeating = (
  values = [
    [1, 2, 1, 1, 2, 1],
    [2, 1, 0, 1, 1, 2],
  ],
) => new TestFile().write(np.array(values));
const nested = (result: unknown) => (result as np.NDArray).toNested();
const isEqual = (result: unknown, expected: np.ArrayInput) => {
  if (!np.array_equal(result as np.ArrayInput, expected, { equal_nan: true }))
    expect(nested(np.asarray(result as np.ArrayInput))).toEqual(nested(np.asarray(expected)));
  expect(np.array_equal(result as np.ArrayInput, expected, { equal_nan: true })).toBe(true);
};
/** A cap of so many elements. */
const few = <T>(elements: number, action: () => T): T => withOptions({ maxMemory: elements * 8 }, action);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('functions', () => {
  test('array_equal', () => expect(np.array_equal(smallArray(), [1, 2, 3, 4, 5])).toBe(true));

  test('sum', () => {
    expect(np.sum(squareArray())).toBe(4950);
    expect(np.sum(squareArray(), { initial: 1 })).toBe(4951);
    const out = np.array(10).reshape([]);
    expect(np.sum(squareArray(), { out }).get()).toBe(4950);
    isEqual(np.sum(squareArray(), { keepdims: true }), [[4950]]);
    isEqual(np.sum(squareArray(), { axis: 0 }), [450, 460, 470, 480, 490, 500, 510, 520, 530, 540]);
  });

  test('sum to another dtype', () => {
    const array = squareArray();
    np.add(array, 0.5, { out: array });
    const out = np.zeros([], { dtype: 'f8' }) as np.NDArray;
    np.sum(array, { out, dtype: 'int64' });
    expect(out.get()).toBe(4950);
  });

  test('sum along axes under a cap of a few elements', () => {
    isEqual(
      few(3, () => np.sum(cube(), { axis: 0 })),
      [
        [60, 63, 66, 69, 72],
        [75, 78, 81, 84, 87],
        [90, 93, 96, 99, 102],
        [105, 108, 111, 114, 117],
      ].map((row) => row),
    );
    const axis2 = [
      [10, 35, 60, 85],
      [110, 135, 160, 185],
      [210, 235, 260, 285],
    ];
    few(3, () => isEqual(np.sum(cube(), { axis: 2 }), axis2));
  });

  test('sum where', () => {
    const where = [true, false, false, true, true];
    const expected = [
      [30, 0, 0, 42, 46],
      [110, 0, 0, 122, 126],
      [190, 0, 0, 202, 206],
    ];
    isEqual(np.sum(cube(), { axis: 1, where }), expected);
    for (const elements of [40, 3])
      few(elements, () => isEqual(np.sum(cube(), { axis: 1, where }), expected));
  });

  test('all', () => {
    expect(np.all(squareArray())).toBe(false);
    isEqual(np.all(squareArray(), { axis: 1, keepdims: true }), [[false], ...range(1, 10).map(() => [true])]);
  });

  test('floor, ceil and trunc', () => {
    const plain = np.reshape(np.arange(100), [10, 10]);
    const array = squareArray();
    np.add(array, 0.2, { out: array });
    isEqual(np.ceil(array), np.add(plain, 1));
    isEqual(np.trunc(array), plain);
    np.add(array, 0.5, { out: array });
    isEqual(np.floor(array), plain);
  });

  test('prod', () => {
    const where = [true, false, false, false, false, true, true, true, true, true];
    isEqual(np.prod(squareArray(), { axis: 0, where }), [
      0,
      1,
      1,
      1,
      1,
      6393838623046875,
      9585618768101376,
      Number('13865696119905399'),
      19511273389031424,
      Number('26853950884211451'),
    ]);
  });

  test('exp and expm1', () => {
    isEqual(np.exp(squareArray()), np.exp(np.reshape(np.arange(100), [10, 10])));
    const out = np.array([1, 1, 1, 1, 1]);
    np.exp(smallArray(), { out, where: [true, false, false, true, true] });
    isEqual(out, [Math.exp(1), 1, 1, Math.exp(4), Math.exp(5)]);
    isEqual(np.expm1(smallArray()), [1, 2, 3, 4, 5].map(Math.expm1));
  });

  test('isfinite and isinf', () => {
    const array = smallArray();
    array.set('0', Infinity);
    isEqual(np.isfinite(array), [false, true, true, true, true]);
    isEqual(np.isinf(array), [true, false, false, false, false]);
    const out = np.array([1, 2, 3, 4, 5], { dtype: 'i8' });
    np.isinf(array, { out, where: [true, false, false, true, true] });
    isEqual(out, [1, 2, 3, 0, 0]);
  });

  test('equal', () => {
    expect(np.all(np.equal(smallArray(), [1, 2, 3, 4, 5]))).toBe(true);
    isEqual(np.equal(smallArray(), 2), [false, true, false, false, false]);
    const diagonal = range(0, 5).map((i) => range(0, 5).map((j) => i === j));
    isEqual(np.equal(smallArray(), np.reshape([1, 2, 3, 4, 5], [-1, 1])), diagonal);
    const strings = new TestFile().write(np.array(['a', 'bc', 'd', 'efg', 'h']));
    isEqual(np.equal(strings, np.reshape(['a', 'bc', 'd', 'efg', 'h'], [-1, 1])), diagonal);
    isEqual(np.equal(smallArray(), [1, 2, 3, 3, 3], { where: [true, true, false, false, true] }), [
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(np.all(np.equal(new TestFile().write(np.ones([10, 2]) as np.NDArray), [1, 1]))).toBe(true);
  });

  test('equal of views', () => {
    const rows = smallArray().slice([{ indices: [3, 2, 4] }]);
    isEqual(np.equal(rows, np.reshape([3, 5, 4], [-1, 1])), [
      [false, true, false],
      [false, false, true],
      [true, false, false],
    ]);
  });

  test('greater, multiply and logical_and', () => {
    isEqual(np.greater(smallArray(), 3), [false, false, false, true, true]);
    isEqual(np.multiply(smallArray(), [2, 3, 4, 5, 6]), [2, 6, 12, 20, 30]);
    const where = [true, false, false, true, true];
    isEqual(np.multiply(smallArray(), [2, 3, 4, 5, 6], { where }), [2, 2, 3, 20, 30]);
    isEqual(np.logical_and(smallArray(), [true, true, false, false, true]), [true, true, false, false, true]);
  });

  test('unique', () => {
    isEqual(np.unique(repeating()), [0, 1, 2]);
    few(30, () => {
      const [values, index] = np.unique(repeating(), { return_index: true });
      isEqual(values, [0, 1, 2]);
      isEqual(index, [8, 0, 1]);
      const [, counts] = np.unique(repeating(), { return_counts: true });
      isEqual(counts, [1, 7, 4]);
    });
    const array = repeating();
    array.set('0, 0', Number.NaN);
    array.set('1, 4', Number.NaN);
    const [values, counts] = np.unique(array, { equal_nan: false, return_counts: true });
    isEqual(values, [0, 1, 2, Number.NaN, Number.NaN]);
    isEqual(counts, [1, 5, 4, 1, 1]);
    isEqual(np.unique(smallArray().slice([{ indices: [0, 0, 2, 2] }])), [1, 3]);
  });

  test('in1d and isin', () => {
    few(30, () => {
      isEqual(np.in1d([4, 1, 7], smallArray()), [true, true, false]);
      isEqual(np.in1d([4, 1, 7], smallArray(), { invert: true }), [false, false, true]);
      isEqual(np.in1d(smallArray(), [4, 1, 7]), [true, false, false, true, false]);
      isEqual(np.in1d(smallArray(), smallArray()), [true, true, true, true, true]);
      isEqual(np.isin(smallArray(), [4, 1, 7]), [true, false, false, true, false]);
      isEqual(np.isin([4, 1, 7], smallArray()), [true, true, false]);
      const found = np.isin(squareArray(), smallArray());
      isEqual(found, np.logical_and(np.greater_equal(squareArray(), 1), np.less_equal(squareArray(), 5)));
    });
  });

  test('max, amax, mean and hstack', () => {
    expect(np.amax(squareArray())).toBe(99);
    expect(np.max(squareArray())).toBe(99);
    isEqual(np.amax(squareArray(), { axis: 1 }), [9, 19, 29, 39, 49, 59, 69, 79, 89, 99]);
    expect(np.mean(squareArray())).toBe(49.5);
    isEqual(
      np.mean(squareArray(), { axis: 1 }),
      range(0, 10).map((i) => i * 10 + 4.5),
    );
    expect(np.hstack([squareArray(), np.zeros([10, 10])]).shape).toEqual([10, 20]);
  });

  test('insert in place', () => {
    for (const [place, expected] of [
      [2, [1, 2, 0, 3, 4, 5]],
      [0, [0, 1, 2, 3, 4, 5]],
      [5, [1, 2, 3, 4, 5, 0]],
      [-1, [1, 2, 3, 4, 0, 5]],
    ] as const) {
      const array = smallArray();
      expect(np.insert(array, place, 0, { out: array, axis: 0 })).toBe(array);
      isEqual(array, expected);
    }
    const array = cube();
    np.insert(array, 1, -1, { axis: 1, out: array });
    isEqual(array, np.insert(np.reshape(np.arange(60), [3, 4, 5]), 1, -1, { axis: 1 }));
    const last = cube();
    np.insert(last, 5, np.reshape(np.arange(-1, -13, -1), [3, 4]), { axis: 2, out: last });
    expect(nested(last)).toEqual(
      range(0, 3).map((i) =>
        range(0, 4).map((j) => [...range((i * 4 + j) * 5, (i * 4 + j) * 5 + 5), -1 - (i * 4 + j)]),
      ),
    );
    const several = smallArray();
    np.insert(several, [1, 3, 2], [-1, -2, -3], { axis: 0, out: several });
    isEqual(several, [1, -1, 2, -3, 3, -2, 4, 5]);
    // Without out, the array is as it was.
    const kept = smallArray();
    isEqual(np.insert(kept, 2, 0), [1, 2, 0, 3, 4, 5]);
    isEqual(kept, [1, 2, 3, 4, 5]);
  });

  test('insert and delete in place under a cap of a few elements', () => {
    few(20, () => {
      const array = smallArray();
      np.insert(array, [0, 3, 3, 5], [9, 8, 7, 6], { axis: 0, out: array });
      expect(array.toNested()).toEqual([9, 1, 2, 3, 8, 7, 4, 5, 6]);
      np.delete(array, [0, -1, 4], { axis: 0, out: array });
      expect(array.toNested()).toEqual([1, 2, 3, 7, 4, 5]);
    });
  });

  test('delete in place', () => {
    const array = smallArray();
    np.delete(array, 2, { axis: 0, out: array });
    isEqual(array, [1, 2, 4, 5]);
    const solid = cube();
    np.delete(solid, 1, { axis: 1, out: solid });
    isEqual(solid, np.take(np.reshape(np.arange(60), [3, 4, 5]), [0, 2, 3], { axis: 1 }));
  });

  test('ravel', () => {
    isEqual(np.ravel(cube()), np.arange(60));
    const columns = range(0, 5).flatMap((k) =>
      range(0, 4).flatMap((j) => range(0, 3).map((i) => (i * 4 + j) * 5 + k)),
    );
    isEqual(np.ravel(cube(), { order: 'F' }), columns);
  });

  test('take', () => {
    isEqual(
      np.take(cube(), [
        [0, 1],
        [2, 3],
      ]),
      [
        [0, 1],
        [2, 3],
      ],
    );
    const taken = np.take(smallArray(), [2, 1]);
    isEqual(taken, [3, 2]);
    expect(taken.dtype).toBe('float64');
  });

  test('may_share_memory', () => {
    const array = smallArray();
    expect(np.may_share_memory(array, np.array([1, 2, 3]))).toBe(false);
    expect(np.may_share_memory(array, array)).toBe(true);
    expect(np.may_share_memory(array, array.slice('1:3'))).toBe(true);
    expect(np.may_share_memory(array, smallArray())).toBe(false);
  });

  test('diff, ndim, transpose and append', () => {
    isEqual(np.diff(smallArray()), [1, 1, 1, 1]);
    isEqual(np.diff(smallArray(), { prepend: 0, append: [7, 10] }), [1, 1, 1, 1, 1, 2, 3]);
    expect(np.ndim(smallArray())).toBe(1);
    isEqual(np.transpose(squareArray()), np.transpose(np.reshape(np.arange(100), [10, 10])));
    isEqual(np.transpose(cube(), [1, 2, 0]), np.transpose(np.reshape(np.arange(60), [3, 4, 5]), [1, 2, 0]));
    const array = smallArray();
    isEqual(np.append(array, [-1, -2, -3]), [1, 2, 3, 4, 5, -1, -2, -3]);
    isEqual(array, [1, 2, 3, 4, 5]);
  });
});

describe('creation', () => {
  test('ones in a group', () => {
    const { file } = new TestFile();
    const array = np.ones(5, { name: 'test', group: file });
    expect(array).toBeInstanceOf(H5Array);
    expect(array.shape).toEqual([5]);
    isEqual(array, np.ones(5));
  });

  test('arrays that are made later, in nested groups', () => {
    const { file } = new TestFile();
    const make = np.ones.defer([5, 5]);
    make({ group: file.createGroup('some_a'), name: 'some_b' });
    isEqual(H5Array.of(file.dataset('some_a/some_b')), np.ones([5, 5]));
    isEqual(np.full.defer([2], 7, { dtype: 'i2' })({ group: file, name: 'sevens' }), [7, 7]);
    expect(file.dataset('sevens').dtype).toBe('<i2');
  });

  test('empty, zeros, full and arange, on disk and in memory', () => {
    const { file } = new TestFile();
    for (const place of [{}, { group: file }]) {
      const at = (name: string) => ('group' in place ? { ...place, name } : {});
      isEqual(np.empty([2, 2], at('empty')), [
        [0, 0],
        [0, 0],
      ]);
      isEqual(np.zeros([2, 2], { ...at('zeros'), dtype: 'u1' }), [
        [0, 0],
        [0, 0],
      ]);
      isEqual(np.full([3], 2.5, at('full')), [2.5, 2.5, 2.5]);
      isEqual(np.full([2], 'ab', at('text')), ['ab', 'ab']);
      isEqual(np.full([2], true, at('flags')), [true, true]);
      isEqual(np.full([2], 2n ** 60n, at('big')), [2n ** 60n, 2n ** 60n]);
      isEqual(np.arange(5, at('range')), [0, 1, 2, 3, 4]);
      isEqual(np.arange(1, 2, 0.25, { ...at('steps'), dtype: 'f4' }), [1, 1.25, 1.5, 1.75]);
      isEqual(np.arange(3, 0, -1, at('back')), [3, 2, 1]);
      isEqual(np.copy([[1, 2]], at('copy')), [[1, 2]]);
    }
    expect(file.dataset('zeros').dtype).toBe('u1');
    expect(() => np.zeros(2, { group: file, name: 'zeros' })).toThrow(
      expect.objectContaining({ code: 'H5_EXISTS' }),
    );
  });
});

describe('what is repeated', () => {
  test('goes along with what has more elements', () => {
    const array = new TestFile().write(np.reshape(np.arange(48), [8, 1, 6, 1]) as np.NDArray);
    const whole = np.add(array, np.zeros([8, 7, 6, 5]));
    expect(whole.shape).toEqual([8, 7, 6, 5]);
    isEqual(np.take(np.take(whole, 3, { axis: 1 }), 4, { axis: 2 }), np.reshape(np.arange(48), [8, 6]));
    const flat = new TestFile().write(np.reshape(np.arange(20), [4, 5]) as np.NDArray);
    expect(np.add(flat, np.zeros([3, 4, 5])).shape).toEqual([3, 4, 5]);
  });
});
