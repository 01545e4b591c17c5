import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { H5Error } from '../../src/errors.js';
import type { BlockSource } from '../../src/kernels/block-source.js';
import {
  type ArraySelection,
  H5Array,
  type H5Dataset,
  H5Dict,
  H5File,
  H5IndexError,
  type H5Reference,
  H5StateError,
  H5TypeError,
  indexes,
  options,
  readSync,
  withOptions,
} from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'h5pickle-array-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const range = (length: number, from = 0) => Array.from({ length }, (_, i) => from + i);

/** 10 rows of 10 numbers, from 0 to 99. */
function hundred(options: { chunks?: number[] } = {}): H5Array<number> {
  const file = H5File.open(undefined, 'w');
  return H5Array.write<number>(file, 'data', Float64Array.from(range(100)), { shape: [10, 10], ...options });
}

function cube(): H5Array<number> {
  const file = H5File.open(undefined, 'w');
  return H5Array.write<number>(file, 'data', Int32Array.from(range(60)), { shape: [3, 4, 5] });
}

const five = () => H5Array.write<number>(H5File.open(undefined, 'w'), 'data', [1.5, 2, 3, 4, 5]);
const texts = () => H5Array.write<string>(H5File.open(undefined, 'w'), 'data', ['a', 'bc', 'd', 'efg', 'h']);

const problemsOf = (file: H5File) => verifyStorage(new MemoryStorage(file.toBytes()), { indexes }).problems;

function thrown(action: () => unknown): H5Error {
  try {
    action();
  } catch (error) {
    if (error instanceof H5Error) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('what an array says of itself', () => {
  test('shape, dtype and sizes', () => {
    const array = hundred({ chunks: [3, 3] });
    expect(array).toMatchObject({
      shape: [10, 10],
      dtype: 'float64',
      ndim: 2,
      size: 100,
      length: 10,
      itemsize: 8,
      nbytes: 800,
      chunks: [3, 3],
      maxShape: [10, 10],
      isView: false,
      path: '/data',
    });
    expect(array.dataset?.dtype).toBe('<f8');
    expect(array.file).toBe(array.dataset?.file);
    expect(array.slice('2:4')).toMatchObject({ shape: [2, 10], isView: true, maxShape: [2, 10] });
    expect(hundred().chunks).toBeNull();
  });

  test('the dtype of each datatype', () => {
    const file = H5File.open(undefined, 'w');
    const dtypes = {
      i1: 'int8',
      '>i2': 'int16',
      i4: 'int32',
      i8: 'int64',
      u1: 'uint8',
      u2: 'uint16',
      '>u4': 'uint32',
      u8: 'uint64',
      f2: 'float16',
      f4: 'float32',
      '>f8': 'float64',
      bool: 'bool',
      str: 'str',
      S4: 'str',
      ref: 'object',
    } as const;
    for (const [dtype, name] of Object.entries(dtypes))
      expect(H5Array.of(file.createDataset(dtype, { shape: [2], dtype: dtype as 'i4' })).dtype).toBe(name);
    const of = (dtype: object) =>
      H5Array.of(file.createDataset(`${file.size}`, { shape: [2], dtype: dtype as never })).dtype;
    expect(of({ enum: { RED: 0, GREEN: 1 }, base: 'u1' })).toBe('uint8');
    expect(
      of({
        compound: [
          ['r', 'f4'],
          ['i', 'f4'],
        ],
      }),
    ).toBe('complex64');
    expect(
      of({
        compound: [
          ['r', 'f8'],
          ['i', 'f8'],
        ],
      }),
    ).toBe('complex128');
    expect(
      of({
        compound: [
          ['r', 'f8'],
          ['j', 'f8'],
        ],
      }),
    ).toBe('record');
    expect(of({ vlen: 'i4' })).toBe('object');
  });

  test('what is no array is refused', () => {
    const file = H5File.open(undefined, 'w');
    expect(() => H5Array.of(file as never)).toThrow(H5TypeError);
    expect(() => H5Array.of(file.createDataset('none', { data: null }))).toThrow(/no shape/);
    expect(() => H5Array.open(file, 'missing')).toThrow(/missing/);
    expect(() => H5Array.open(H5File.open(undefined, 'w'))).toThrow(/no dataset/);
  });
});

describe('views', () => {
  test('an element, a row, a column, all', () => {
    const array = hundred();
    expect(array.at(1, 2)).toBe(12);
    expect(array.at(-1, -1)).toBe(99);
    expect(array.get('1, 2')).toBe(12);
    expect(array.get([1, 2])).toBe(12);
    expect((array.get(0) as H5Array).shape).toEqual([10]);
    expect(array.slice(':, 0').toNested()).toEqual(range(10).map((i) => 10 * i));
    expect(array.slice('').read()).toEqual(array.read());
    expect(array.slice(':').isView).toBe(true);
    expect(array.slice([]).toNested()).toEqual(array.toNested());
  });

  test('lists go along together, and lists of lists have their shape', () => {
    const array = hundred();
    expect(array.slice('2:4, [0, 2, 3]').toNested()).toEqual([
      [20, 22, 23],
      [30, 32, 33],
    ]);
    expect(array.slice([[0, 2], [[0]]]).toNested()).toEqual([[0, 20]]);
    expect(array.slice([[[0], [2], [5]], [[0]]]).toNested()).toEqual([[0], [20], [50]]);
    expect(array.slice([[[5], [1], [2]], [[9, 8, 7]]]).toNested()).toEqual([
      [59, 58, 57],
      [19, 18, 17],
      [29, 28, 27],
    ]);
    expect(
      array
        .slice([
          [[1], [4], [1], [3]],
          [2, 1, 0],
        ])
        .toNested(),
    ).toEqual([
      [12, 11, 10],
      [42, 41, 40],
      [12, 11, 10],
      [32, 31, 30],
    ]);
    expect(
      cube()
        .slice([
          [
            [0, 1],
            [1, 0],
          ],
          [
            [3, 2],
            [1, 0],
          ],
          [
            [0, 1],
            [2, 3],
          ],
        ])
        .toNested(),
    ).toEqual([
      [15, 31],
      [27, 3],
    ]);
    expect(array.slice([[0]]).shape).toEqual([1, 10]);
    expect(array.slice([[[0]]]).shape).toEqual([1, 1, 10]);
    expect(array.slice([[0], [0]]).shape).toEqual([1]);
    expect(array.slice([[], undefined]).shape).toEqual([0, 10]);
    expect(array.slice([[[0], [1], [2]], []]).shape).toEqual([3, 0]);
    expect(array.slice([[5], [5]]).item()).toBe(55);
  });

  test('masks, on one axis, on several, and as an array', () => {
    const array = hundred();
    const mask = range(10).map((i) => i === 0 || i === 2);
    expect(array.slice([mask]).toNested()).toEqual([range(10), range(10, 20)]);
    expect(array.slice([mask, mask]).toNested()).toEqual([0, 22]);
    const square = H5Array.from(range(10).map((i) => range(10).map((j) => i === j)));
    expect(array.slice(square).toNested()).toEqual(range(10).map((i) => 11 * i));
    expect(array.slice({ mask: new Uint8Array(10) }).shape).toEqual([0, 10]);
    expect(array.slice([{ mask: H5Array.from(mask) }, 1]).toNested()).toEqual([1, 21]);
    expect(array.slice([{ mask: H5Array.from(mask.map(Number)) }, 1]).toNested()).toEqual([1, 21]);
    expect(array.slice([{ indices: H5Array.from([2, 0], { dtype: 'float64' }) }, 1]).toNested()).toEqual([
      21, 1,
    ]);
    expect(() => array.slice({ indices: H5Array.from(mask) })).toThrow(/mask/);
    expect(() => array.slice({ indices: H5Array.from([0.5]) })).toThrow(/0.5 is no whole number/);
    expect(() => array.slice({ mask: H5Array.from(range(10)) })).toThrow(/mask/);
    expect(
      array
        .slice([H5Array.from(new Int16Array([3, -1]))])
        .slice(':, 0')
        .toNested(),
    ).toEqual([30, 90]);
  });

  test('new axes, dots and steps', () => {
    const array = five();
    expect(array.slice([undefined, null]).shape).toEqual([5, 1]);
    expect(array.slice([undefined, null]).slice(0).toNested()).toEqual([1.5]);
    expect(array.slice('None, newaxis').shape).toEqual([1, 1, 5]);
    expect(array.slice('-2:').toNested()).toEqual([4, 5]);
    expect(array.slice('::-2').toNested()).toEqual([5, 3, 1.5]);
    expect(cube().slice('..., -1').shape).toEqual([3, 4]);
    expect(cube().slice([1, '...', { stop: 2 }]).shape).toEqual([4, 2]);
  });

  test('a view of a view is one of the array', () => {
    const array = hundred();
    const view = array.slice('2:4, [0, 2, 3]');
    expect(view.slice('1, [1, 2]').toNested()).toEqual([32, 33]);
    expect(view.at(0, 1)).toBe(22);
    view.set('1, [1, 2]', [-2, -3]);
    expect(array.slice('3, 2:4').toNested()).toEqual([-2, -3]);
    array.slice(':, [2, 3]').set(
      [[4, 0, 2]],
      [
        [-1, -2],
        [-3, -4],
        [-5, -6],
      ],
    );
    expect(array.slice('[0, 2, 4], 2:4').toNested()).toEqual([
      [-3, -4],
      [-5, -6],
      [-1, -2],
    ]);
  });

  test('transposed, and in other shapes', () => {
    const array = cube();
    expect(array.T.shape).toEqual([5, 4, 3]);
    expect(array.T.at(4, 3, 2)).toBe(59);
    expect(array.transpose([1, 0, -1]).slice('1, 2').toNested()).toEqual([45, 46, 47, 48, 49]);
    const flat = array.ravel();
    expect(flat).toMatchObject({ shape: [60], isView: true });
    flat.set('7', -7);
    expect(array.at(0, 1, 2)).toBe(-7);
    expect(array.reshape([6, -1]).shape).toEqual([6, 10]);
    expect(array.reshape(6, -1).toNested()).toEqual(array.reshape([6, 10]).toNested());
    expect(array.reshape(3, 4, 5).shape).toEqual([3, 4, 5]);
    expect(array.slice(':, :2').reshape([3, 2, 5, 1]).dataset).toBe(array.dataset);
    // What is no view is a copy in memory.
    const copy = array.T.reshape(-1);
    expect(copy.dataset).toBeUndefined();
    expect(copy.slice(':3').toNested()).toEqual([0, 20, 40]);
    expect(array.flatten().dataset).toBeUndefined();
    expect(array.slice([null, 0, undefined, null]).squeeze().shape).toEqual([4, 5]);
    expect(array.slice('0, 0').broadcastTo([2, 5]).toNested()).toEqual(
      [
        [0, 1, 2, 3, 4],
        [0, 1, 2, 3, 4],
      ].map((row) => row),
    );
    expect(() => array.reshape([7, -1])).toThrow(H5TypeError);
    expect(() => array.transpose([0, 0, 1])).toThrow(H5TypeError);
    expect(() => array.broadcastTo([2, 4, 5])).toThrow(H5TypeError);
  });

  test('of an empty array', () => {
    const file = H5File.open(undefined, 'w');
    const empty = H5Array.of(file.createDataset('empty', { shape: [0, 1], dtype: 'f8' }));
    expect(empty.slice(':, 0').shape).toEqual([0]);
    expect(empty.slice([null, undefined, 0, null]).shape).toEqual([1, 0, 1]);
    expect(empty.read()).toEqual(new Float64Array(0));
    expect([...empty.blocks()]).toEqual([]);
    expect(inspect(empty)).toBe('H5Array([], shape=(0, 1), dtype=float64)');
    empty.set('...', 5);
    expect(empty.toNested()).toEqual([]);
  });

  test('of an array without axes', () => {
    const array = H5Array.write(H5File.open(undefined, 'w'), 'one', 7);
    expect(array.shape).toEqual([]);
    expect(array.at()).toBe(7);
    expect(array.get('...')).toBe(7);
    array.set([], 8);
    expect(array.item()).toBe(8);
    expect(array.toNested()).toBe(8);
    expect([...array.blocks()]).toEqual([{ start: [], shape: [], selection: [] }]);
    expect(inspect(array)).toBe('H5Array(8, shape=(), dtype=int32)');
    expect(array.slice([null]).toNested()).toEqual([8]);
    expect(() => array.length).toThrow(H5TypeError);
  });

  test('a view is of what the dataset is, and says so when that has become smaller', () => {
    const file = H5File.open(undefined, 'w');
    const array = H5Array.write<number>(file, 'data', range(10), { maxShape: [null] });
    const view = array.slice('5:');
    array.resize([20]);
    expect(view.toNested()).toEqual(range(5, 5));
    expect(array.shape).toEqual([20]);
    array.resize([8]);
    expect(thrown(() => view.read()).code).toBe('H5_GONE');
    expect(array.toNested()).toEqual(range(8));
  });
});

describe('writing', () => {
  test('broadcasts, as in numpy', () => {
    const array = hundred();
    array.set('0', 1);
    array.set(':, 1', range(10));
    array.set('2:4, 3:5', [[7], [8]]);
    array.set('0, [0, 1]', [[-1, -2]]);
    array.set([[[1]], [[0, 1]]], [[-3, -4]]);
    array.set([[[5], [6]], [[0]]], [[50.5], [60.5]]);
    const expected = range(10).map((i) => range(10, 0).map((j) => 10 * i + j));
    expected[0] = range(10).map(() => 1);
    for (let i = 0; i < 10; i++) expected[i]![1] = i;
    for (const [i, value] of [
      [2, 7],
      [3, 8],
    ] as const)
      expected[i]![3] = expected[i]![4] = value;
    [expected[0]![0], expected[0]![1]] = [-1, -2];
    [expected[1]![0], expected[1]![1]] = [-3, -4];
    [expected[5]![0], expected[6]![0]] = [50.5, 60.5];
    expect(array.toNested()).toEqual(expected);
  });

  test('another array, and another part of the same one', () => {
    const array = hundred();
    array.set('::-1', array);
    expect(array.slice(':, 0').toNested()).toEqual(range(10).map((i) => 90 - 10 * i));
    array.set('...', array.T);
    expect(array.slice('0').toNested()).toEqual(range(10).map((i) => 90 - 10 * i));
    array.set('1:3', H5Array.from([[1], [2]], { dtype: 'int8' }));
    expect(array.slice('1:3, 7').toNested()).toEqual([1, 2]);
    // More of it than may be in memory is in the file until it is done.
    const before = array.toNested() as number[][];
    withOptions({ maxMemory: 100 }, () => array.set('::-1', array));
    expect(array.toNested()).toEqual(before.toReversed());
    expect([...array.file!.keys()]).toEqual(['data']);
    expect(problemsOf(array.file!)).toEqual([]);
  });

  test('what does not fit is an error, and the array as before', () => {
    const array = hundred();
    const before = array.read();
    expect(() => array.set('0', 'text')).toThrow(H5TypeError);
    expect(() => array.set('0', [1, 2, 3])).toThrow(/\(3\).*\(10\)/);
    expect(() => array.set('0', [[1, 2], [3]])).toThrow(/ragged/);
    const many = range(100);
    many[99] = null as never;
    withOptions({ maxMemory: 64 }, () => expect(() => array.set('...', many)).toThrow(H5TypeError));
    expect(array.read()).toEqual(before);
    const whole = H5Array.write(H5File.open(undefined, 'w'), 'i', new Int8Array(4));
    expect(() => whole.set('0', 1.5)).toThrow(/1.5 does not fit the dtype 'int8'/);
    expect(() => whole.set('0', 300)).toThrow(/300/);
    expect(() => whole.set('...', [1, 2, 3, 4.5])).toThrow(/element 3/);
    expect(() => whole.set('...', new Float64Array([1, 2, 3, Number.NaN]))).toThrow(/element 3/);
    expect(whole.toNested()).toEqual([0, 0, 0, 0]);
    // Of many blocks the ones before are taken back: the third text has half of a surrogate pair.
    const words = texts();
    withOptions({ maxMemory: 130 }, () =>
      expect(() => words.set('...', ['1', '2', '\ud800', '4', '5'])).toThrow(H5TypeError),
    );
    expect(words.toNested()).toEqual(['a', 'bc', 'd', 'efg', 'h']);
  });

  test('flat values may stand for as many elements of several axes', () => {
    const array = cube();
    array.set('0', new Int32Array(range(20, 100)));
    expect(array.at(0, 3, 4)).toBe(119);
  });

  test('fill, also what is not numbers', () => {
    const array = hundred({ chunks: [4, 4] });
    array.slice('::2, ::-3').fill(-1);
    expect(array.slice('2').toNested()).toEqual(
      [-1, 21, 22, -1, 24, 25, -1, 27, 28, -1].map((value, i) => (i % 3 === 0 ? -1 : value)),
    );
    const words = texts();
    words.slice('1:').fill('x');
    expect(words.toNested()).toEqual(['a', 'x', 'x', 'x', 'x']);
  });
});

describe('growing and shrinking', () => {
  const log = () =>
    H5Array.write<number>(
      H5File.open(undefined, 'w'),
      'log',
      [
        [0, 1],
        [2, 3],
      ],
      { maxShape: [null, null], chunks: [2, 2] },
    );

  test('append rows, one row, flat rows, columns', () => {
    const array = log();
    array.append([4, 5]);
    array.append([
      [6, 7],
      [8, 9],
    ]);
    array.append(new Int32Array([10, 11, 12, 13]));
    array.append([[0], [0], [0], [0], [0], [0], [0]], 1);
    array.append(range(7), -1);
    expect(array.toNested()).toEqual(range(7).map((i) => [2 * i, 2 * i + 1, 0, i]));
    expect(() => array.append([1, 2, 3])).toThrow(H5TypeError);
    expect(() => array.append([[1, 2, 3, 'x']])).toThrow(H5TypeError);
    expect(array.shape).toEqual([7, 4]);
    const line = H5Array.write<number>(H5File.open(undefined, 'w'), 'line', [1], { maxShape: [null] });
    line.append(2);
    line.append([3, 4]);
    line.append(line);
    expect(line.toNested()).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
  });

  test('a dataset that cannot grow says so, and is as before', () => {
    const array = hundred();
    expect(() => array.append(range(10))).toThrow(/maxShape/);
    expect(() => array.resize([20, 10])).toThrow(H5TypeError);
    expect(array.shape).toEqual([10, 10]);
    const most = H5Array.write<number>(H5File.open(undefined, 'w'), 'most', [1, 2], { maxShape: [3] });
    expect(() => most.insert(0, [8, 9])).toThrow(H5TypeError);
    expect(most.toNested()).toEqual([1, 2]);
    expect(() => most.slice('1:').append([1])).toThrow(/view/);
    expect(() => H5Array.from([1]).append([2])).toThrow(/memory/);
  });

  test('expand and contract', () => {
    const array = log();
    array.expand(2);
    array.expand(1, [0, 1]);
    expect(array.shape).toEqual([5, 3]);
    array.contract(3);
    expect(array.toNested()).toEqual([
      [0, 1, 0],
      [2, 3, 0],
    ]);
    expect(() => array.contract(9)).toThrow(H5TypeError);
  });

  test('delete by mask and by list', () => {
    const array = log();
    array.append([
      [4, 5],
      [6, 7],
    ]);
    array.delete([true, false, false, true]);
    expect(array.toNested()).toEqual([
      [2, 3],
      [4, 5],
    ]);
    array.delete([-1, 1, 1]);
    expect(array.toNested()).toEqual([[2, 3]]);
    expect(() => array.delete(1)).toThrow(H5IndexError);
    array.delete('0', 1);
    expect(array.toNested()).toEqual([[3]]);
    // As for numpy, it does not count how indices are nested.
    for (const which of [
      [[2, 4]],
      [[2], [4]],
      [[false, false, true, false, true, false]],
    ] as ArraySelection[]) {
      const file = H5File.open(undefined, 'w');
      const numbers = H5Array.write(file, 'numbers', range(6), { maxShape: [null] });
      numbers.delete(which);
      expect(numbers.toNested()).toEqual([0, 1, 3, 5]);
    }
  });

  test('an error in the middle leaves the file as before', () => {
    const array = H5Array.write<string>(H5File.open(undefined, 'w'), 'words', range(20).map(String), {
      maxShape: [null],
    });
    withOptions({ maxMemory: 200 }, () =>
      expect(() => array.insert([3, 10], ['ok', '\udc00'])).toThrow(H5TypeError),
    );
    expect(array.toNested()).toEqual(range(20).map(String));
    const { file } = array;
    file?.commit();
    expect(problemsOf(file!)).toEqual([]);
  });

  test('insert what is broadcast, and rows of the array itself', () => {
    const array = log();
    array.insert(1, 9);
    expect(array.toNested()).toEqual([
      [0, 1],
      [9, 9],
      [2, 3],
    ]);
    array.insert([0, 3], [[5], [6]]);
    expect(array.toNested()).toEqual([
      [5, 5],
      [0, 1],
      [9, 9],
      [2, 3],
      [6, 6],
    ]);
    array.insert(0, array.slice('1:2'));
    expect(array.slice('0').toNested()).toEqual([0, 1]);
  });
});

describe('dtypes', () => {
  test('booleans', () => {
    const array = H5Array.write<boolean>(H5File.open(undefined, 'w'), 'b', [
      [true, false],
      [false, true],
    ]);
    expect(array.dtype).toBe('bool');
    expect(array.T.slice('0').toNested()).toEqual([true, false]);
    array.set('0', [false, 1]);
    expect(array.read()).toEqual([false, true, false, true]);
    expect(array.readBlock({ start: [0, 0], shape: [2, 2] })).toEqual(new Uint8Array([0, 1, 0, 1]));
    array.writeBlock({ start: [0, 1], shape: [2, 1] }, new Uint8Array([1, 0]));
    expect(array.toNested()).toEqual([
      [false, true],
      [false, false],
    ]);
    expect(() => array.set('0', 2)).toThrow(/bool/);
    expect(() => array.writeBlock({ start: [0, 0], shape: [1, 1] }, new Uint8Array([2]))).toThrow(/bool/);
  });

  test('bigints, or numbers where the file was opened for these', () => {
    const file = H5File.open(undefined, 'w');
    const array = H5Array.write<bigint>(file, 'wide', [1n, 2n ** 40n, -3n]);
    expect(array.dtype).toBe('int64');
    expect(array.at(1)).toBe(2n ** 40n);
    array.set('0', 5);
    array.set('::-1', [7n, 8n, 9n]);
    expect(array.read()).toEqual(new BigInt64Array([9n, 8n, 7n]));
    expect(array.includes(8n)).toBe(true);
    expect(() => array.set('0', 2n ** 63n)).toThrow(H5TypeError);
    const numbers = H5Array.open<number>(H5File.open(file.toBytes(), 'r', { int64: 'number' }), 'wide');
    expect(numbers.toNested()).toEqual([9, 8, 7]);
    expect(numbers.at(0)).toBe(9);
    expect([...numbers]).toEqual([9, 8, 7]);
  });

  test('complex numbers are pairs', () => {
    const file = H5File.open(undefined, 'w');
    for (const dtype of ['complex64', 'complex128'] as const) {
      const array = H5Array.write<[number, number]>(
        file,
        dtype,
        [
          [
            [1, 2],
            [3, 4],
          ],
          [
            [5, 6],
            [7, 8],
          ],
        ],
        { dtype },
      );
      expect(array).toMatchObject({ dtype, shape: [2, 2], itemsize: dtype === 'complex64' ? 8 : 16 });
      expect(array.T.at(1, 0)).toEqual([3, 4]);
      array.set(':, 0', [[-1, -2], 9]);
      expect(array.T.slice('::-1').toNested()).toEqual([
        [
          [3, 4],
          [7, 8],
        ],
        [
          [-1, -2],
          [9, 0],
        ],
      ]);
      array.set('0, 0', { r: 0.5, i: 1 });
      expect(array.includes([0.5, 1])).toBe(true);
      expect(array.includes([1, 0.5])).toBe(false);
      expect(array.slice('1').astype<number>('float64').toNested()).toEqual([9, 7]);
      expect(() => array.set('0', [['x', 1]])).toThrow(/pair/);
      expect(array.equals(array.copy())).toBe(true);
      expect(inspect(array.slice('1'))).toBe(`H5Array([9+0j, 7+8j], shape=(2,), dtype=${dtype})`);
      array.fill([1, 1]);
      expect(array.read()).toEqual([
        [1, 1],
        [1, 1],
        [1, 1],
        [1, 1],
      ]);
    }
  });

  test('records, and their fields', () => {
    const file = H5File.open(undefined, 'w');
    const dtype = { compound: { x: 'f8', id: 'u2', at: { compound: { day: 'i4' } } } } as const;
    const data = range(6).map((i) => ({ x: i / 2, id: i, at: { day: 10 * i } }));
    const array = H5Array.write<(typeof data)[0]>(file, 'points', data, { dtype, shape: [2, 3] });
    expect(array.dtype).toBe('record');
    expect(array.at(1, 0)).toEqual({ x: 1.5, id: 3, at: { day: 30 } });
    const x = array.field<number>('x');
    expect(x).toMatchObject({ dtype: 'float64', shape: [2, 3] });
    expect(x.T.toNested()).toEqual([
      [0, 1.5],
      [0.5, 2],
      [1, 2.5],
    ]);
    x.set('1', [7, 8, 9]);
    array.slice('0, ::-1').field('id').set('...', [20, 21, 22]);
    array.field('at').field('day').set('0, 0', -1);
    expect(array.slice('0').toNested()).toEqual([
      { x: 0, id: 22, at: { day: -1 } },
      { x: 0.5, id: 21, at: { day: 10 } },
      { x: 1, id: 20, at: { day: 20 } },
    ]);
    expect(x.slice('1').toNested()).toEqual([7, 8, 9]);
    x.fill(1);
    expect(array.at(1, 2)).toEqual({ x: 1, id: 5, at: { day: 50 } });
    array.set('0, 0', { x: 5, id: 5, at: { day: 5 } });
    expect(array.at(0, 0)).toEqual({ x: 5, id: 5, at: { day: 5 } });
    expect(() => array.field('y')).toThrow(/"x", "id", "at"/);
    expect(() => x.field('y')).toThrow(/no records/);
    expect(() => array.field('id').set('0', 70000)).toThrow(H5TypeError);
    expect(() => array.set('0, 0', { x: 5 })).toThrow(H5TypeError);
  });

  test('records with texts, and their fields', () => {
    const file = H5File.open(undefined, 'w');
    const dtype = { compound: { name: 'str', age: 'i4' } } as const;
    const array = H5Array.write(
      file,
      'people',
      [
        { name: 'Ada', age: 36 },
        { name: 'Grace', age: 85 },
      ],
      { dtype },
    );
    array.field('age').set('0', 37);
    array.field('name').set('::-1', ['Hopper', 'Lovelace']);
    expect(array.toNested()).toEqual([
      { name: 'Lovelace', age: 37 },
      { name: 'Hopper', age: 85 },
    ]);
    array.fill({ name: 'x', age: 1 });
    expect(array.field('name').toNested()).toEqual(['x', 'x']);
    expect(problemsOf(file)).toEqual([]);
  });

  test('texts, of any length and of a fixed one', () => {
    const array = texts();
    expect(array).toMatchObject({ dtype: 'str', shape: [5] });
    expect(array.equals(['a', 'bc', 'd', 'efg', 'h'])).toBe(true);
    array.set([[0, 1]], ['A', 'BBBB']);
    expect(array.toNested()).toEqual(['A', 'BBBB', 'd', 'efg', 'h']);
    const [block] = array.blocks();
    expect(array.readBlock(block!)).toEqual(['A', 'BBBB', 'd', 'efg', 'h']);
    expect(inspect(array)).toBe("H5Array(['A', 'BBBB', 'd', 'efg', 'h'], shape=(5,), dtype=str)");
    const fixed = H5Array.write(H5File.open(undefined, 'w'), 'fixed', ['ab', 'c'], { dtype: 'S3' });
    fixed.set('::-1', ['xyz', 'w']);
    expect(fixed.toNested()).toEqual(['w', 'xyz']);
    expect(() => fixed.set('0', 'long')).toThrow(/'S4'/);
    expect(fixed).toMatchObject({ dtype: 'str', itemsize: 3 });
  });

  test('sequences and boxes', () => {
    const file = H5File.open(undefined, 'w');
    const ragged = H5Array.write(file, 'ragged', [[1, 2], [], [3]], { dtype: { vlen: 'i4' } });
    expect(ragged.shape).toEqual([3]);
    ragged.set('::-1', [[9], [8, 8], [7]]);
    expect(ragged.toNested()).toEqual([new Int32Array([7]), new Int32Array([8, 8]), new Int32Array([9])]);
    const boxes = H5Array.write(
      file,
      'boxes',
      [
        [1, 2],
        [3, 4],
      ],
      { dtype: { array: [2], base: 'f4' } },
    );
    boxes.set('1', [5, 6]);
    expect(boxes.toNested()).toEqual([new Float32Array([1, 2]), new Float32Array([5, 6])]);
  });

  test('astype converts what is read, and nothing that is stored', () => {
    const array = H5Array.write<number>(H5File.open(undefined, 'w'), 'f', [
      [1.7, -2.7],
      [0, 3],
    ]);
    expect(array.astype('int32')).toMatchObject({ dtype: 'int32', itemsize: 4, shape: [2, 2] });
    expect(array.astype('int32').T.read()).toEqual(new Int32Array([1, 0, -2, 3]));
    expect(array.astype('int64').read()).toEqual(new BigInt64Array([1n, -2n, 0n, 3n]));
    expect(array.astype('bool').toNested()).toEqual([
      [true, true],
      [false, true],
    ]);
    expect(array.astype('complex64').at(1, 1)).toEqual([3, 0]);
    expect(array.asString().toNested()).toEqual([
      ['1.7', '-2.7'],
      ['0.0', '3.0'],
    ]);
    array.astype('int8').set('0', [4, 5]);
    expect(array.toNested()).toEqual([
      [4, 5],
      [0, 3],
    ]);
    array.asString().set('1', ['2.5', '-1e3']);
    expect(array.toNested()).toEqual([
      [4, 5],
      [2.5, -1000],
    ]);
    expect(array.dataset?.dtype).toBe('<f8');
    expect(array.slice('0').astype('int8').shape).toEqual([2]);
    const short = ['f4', '<f8', '>i4', '|b1', 'c16', 'f2'] as const;
    expect(short.map((name) => array.astype(name).dtype)).toEqual([
      ...['float32', 'float64', 'int32', 'bool', 'complex128', 'float16'],
    ]);
    expect(H5Array.from([1, 2], { dtype: 'u1' }).dtype).toBe('uint8');
    expect(() => array.astype('int7' as 'int8')).toThrow(/'int7' is no dtype/);
    expect(() => array.astype('record').read()).toThrow(H5TypeError);
    expect(H5Array.from([true, false]).asString().toNested()).toEqual(['True', 'False']);
    expect(
      H5Array.from(new Float32Array([0.1]))
        .asString()
        .at(0),
    ).toBe('0.1');
    expect(H5Array.from([1, 2]).asString().asNumber().toNested()).toEqual([1, 2]);
    expect(() => texts().asNumber().read()).toThrow(/element 0: "a" is no number/);
    expect(H5Array.from([' 12 ', '-3']).astype('int16').read()).toEqual(new Int16Array([12, -3]));
    expect(H5Array.from(['nan', 'inf', '-Infinity', '1e3']).asNumber().toNested()).toEqual([
      Number.NaN,
      Infinity,
      -Infinity,
      1000,
    ]);
  });

  test('convert refuses what no integer is, and changes nothing then', () => {
    const file = H5File.open(undefined, 'w');
    for (const [name, values] of Object.entries({ a: [1.5, Number.NaN, 3], b: [1, 2, -Infinity] })) {
      const array = H5Array.write<number>(file, name, values, { attrs: { unit: 'm' } });
      file.commit();
      for (const dtype of ['int32', 'uint8', 'int64'] as const)
        expect(() => array.convert(dtype)).toThrow(/there is an element (NaN|-Infinity), which is no u?int/);
      expect([array.dtype, array.toNested()]).toEqual(['float64', values]);
    }
    expect([...file.keys()]).toEqual(['a', 'b']);
    const fine = H5Array.write<number>(file, 'c', [1.5, -2.5]);
    expect(fine.convert('int64').toNested()).toEqual([1n, -2n]);
    expect(H5Array.of(file.dataset('a')).convert('float32').toNested()).toEqual([1.5, Number.NaN, 3]);
  });

  test('JSON has the elements', () => {
    const file = H5File.open(undefined, 'w');
    const array = H5Array.write(file, 'a', [
      [1, 2.5],
      [3, Number.NaN],
    ]);
    expect(JSON.stringify({ array, row: array.slice(0), one: array.slice('0, 1') })).toBe(
      '{"array":[[1,2.5],[3,null]],"row":[1,2.5],"one":2.5}',
    );
    const big = H5Array.write(
      file,
      'b',
      [
        [1, 2],
        [3, 4],
      ],
      { dtype: 'int64' },
    );
    expect(() => JSON.stringify(big)).toThrow(/JSON has no bigints, and there is one at 0\/0: open it with/);
    const numbers = H5File.open(file.toBytes(), 'r', { int64: 'number' });
    expect(JSON.stringify(H5Array.of(numbers.dataset('b')))).toBe('[[1,2],[3,4]]');
  });

  test('convert stores another dtype, with all else as it was', () => {
    const file = H5File.open(undefined, 'w');
    const array = H5Array.write<number>(file, 'data', range(50), {
      chunks: [7],
      maxShape: [null],
      compression: 'gzip',
      attrs: { unit: 'm' },
    });
    file.commit();
    const converted = withOptions({ maxMemory: 100 }, () => array.convert<number>('float32'));
    expect(converted).toMatchObject({ dtype: 'float32', chunks: [7], maxShape: [Infinity], path: '/data' });
    expect(converted.dataset?.compression).toBe('gzip');
    expect(converted.dataset?.attrs.get('unit')).toBe('m');
    expect(converted.toNested()).toEqual(range(50));
    file.commit();
    expect(thrown(() => array.read()).code).toBe('H5_GONE');
    expect([...file.keys()]).toEqual(['data']);
    const words = converted.convert('str');
    expect(words.at(3)).toBe('3.0');
    words.set('4', 'four');
    expect(() => words.convert('int8')).toThrow(H5TypeError);
    expect([...file.keys()]).toEqual(['data']);
    expect(words.at(4)).toBe('four');
  });

  test('convert keeps what new elements are filled with, if the dtype has it', () => {
    const cases: [unknown, string, string, unknown][] = [
      [7, 'int32', 'float32', 7],
      [7.5, 'float64', 'int16', 7],
      [7, 'int32', 'int64', 7n],
      [7n, 'int64', 'uint8', 7],
      [7, 'uint8', 'str', ''],
      ['n/a', 'S3', 'int8', 0],
      ['7', 'S3', 'int8', 7],
      [Number.NaN, 'float64', 'float32', Number.NaN],
      [Number.NaN, 'float64', 'int32', 0],
      [true, 'bool', 'int8', 1],
      [{ r: 1, i: 2 }, 'complex128', 'complex64', [1, 2]],
      [{ r: 1, i: 2 }, 'complex128', 'str', ''],
      [300, 'int32', 'int32', 300],
    ];
    for (const [fillValue, from, to, expected] of cases) {
      const file = H5File.open(undefined, 'w');
      const array = H5Array.write(file, 'a', undefined, {
        shape: [1],
        dtype: from,
        maxShape: [null],
        fillValue,
      } as never);
      array.set('0', from === 'S3' ? '1' : from === 'bool' ? false : 1);
      const converted = array.convert(to as 'int8');
      converted.expand(1);
      expect(converted.at(1), `${String(fillValue)} of ${from} as ${to}`).toEqual(expected);
    }
  });

  test('what is converted stays what links and references lead to, in its place, with all that is said about it', () => {
    const file = H5File.open(undefined, 'w');
    const array = H5Array.write<number>(file, 'data', [1, 2, 3], { dtype: 'int64' });
    file.link('other', file.get('data') as H5Dataset);
    file.createDataset('last', { data: [file.dataset('data').ref], dtype: 'ref' });
    const { attrs } = file.dataset('data');
    attrs.set('small', 5, { dtype: 'i1' });
    attrs.set('lists', [[file.dataset('last').ref], []], { dtype: { vlen: 'ref' } });
    attrs.set('none', null, { dtype: 'f4' });
    file.commit();
    expect(array.convert('float32').read()).toEqual(Float32Array.of(1, 2, 3));
    const read = H5File.open(file.toBytes());
    expect([...read.keys()]).toEqual(['data', 'other', 'last']);
    const data = read.dataset('data');
    expect(read.dataset('other').isSame(data)).toBe(true);
    expect(read.dereference(read.dataset<H5Reference[]>('last').value[0] as H5Reference)?.isSame(data)).toBe(
      true,
    );
    expect(data.attrs.info('small')).toMatchObject({ datatype: { size: 1 } });
    expect((data.attrs.get('lists') as unknown[]).map((each) => (each as unknown[]).length)).toEqual([1, 0]);
    expect(data.attrs.info('none')).toMatchObject({ shape: null });
    expect(verifyStorage(new MemoryStorage(file.toBytes()), { indexes }).problems).toEqual([]);
  });

  test('an array that convert returned is gone when that is taken back, and the old one is as before', () => {
    const file = H5File.open(undefined, 'w');
    const array = H5Array.write<number>(file, 'data', [1, 2, 3], { dtype: 'int32' });
    file.commit();
    let converted: H5Array | undefined;
    const convert = () => {
      converted = array.convert('float32');
      expect(() => array.read()).toThrow(expect.objectContaining({ code: 'H5_GONE' }));
    };
    const check = () => {
      expect(() => converted?.read()).toThrow(expect.objectContaining({ code: 'H5_GONE' }));
      expect(array.read()).toEqual(Int32Array.of(1, 2, 3));
    };
    convert();
    file.rollback();
    check();
    const failing = () => {
      convert();
      throw new Error('failing');
    };
    expect(() => file.transaction(failing)).toThrow('failing');
    check();
  });

  test('convert returns an array that closes the file as the old one would', () => {
    const path = join(folder, 'converted.h5');
    H5Array.write(path, 'a', [1, 2, 3]).close();
    let array: H5Array = H5Array.open(path, 'a', { mode: 'r+' });
    array = array.convert('float32');
    array.set('0', 9.5);
    array.close();
    expect(array.file?.isOpen).toBe(false);
    using again = H5Array.open(path, 'a', { mode: 'r+' });
    expect(again.toNested()).toEqual([9.5, 2, 3]);
    expect(H5Array.of(again.file?.dataset('a') as H5Dataset).convert('int8').file).toBe(again.file);
  });

  test('objects by way of a function or a class', () => {
    class Complex {
      constructor(readonly value: number) {}
      toString() {
        return `CO(${this.value})`;
      }
    }
    const array = H5Array.write<number>(H5File.open(undefined, 'w'), 'data', range(7, 1));
    const objects = array.mapType(Complex);
    expect(objects.dtype).toBe('object');
    expect(objects.at(0)).toEqual(new Complex(1));
    expect(inspect(objects)).toBe(
      'H5Array([CO(1), CO(2), CO(3), ..., CO(5), CO(6), CO(7)], shape=(7,), dtype=object)',
    );
    expect(() => objects.set('0', new Complex(3))).toThrow(/read only/);
    const both = array.mapType(
      (value) => new Complex(value),
      ({ value }) => value,
    );
    both.set('::2', [new Complex(-1), new Complex(-2), new Complex(-3), new Complex(-4)]);
    expect(array.toNested()).toEqual([-1, 2, -2, 4, -3, 6, -4]);
  });
});

describe('in memory', () => {
  test('copies have the same interface, and are apart', () => {
    const array = hundred();
    const copy = array.slice('::2').copy();
    copy.set('0', -1);
    copy.T.set('0', -2);
    expect(array.at(0, 0)).toBe(0);
    expect(copy.slice('0').toNested()).toEqual([-2, ...range(9).map(() => -1)]);
    expect(copy.dataset).toBeUndefined();
    expect(copy.path).toBeUndefined();
    const given = new Float64Array([1, 2]);
    const own = H5Array.from(given);
    given[0] = 9;
    expect(own.toNested()).toEqual([1, 2]);
    expect(
      H5Array.from([
        [1, 2],
        [3, 4],
      ]).dtype,
    ).toBe('int32');
    expect(H5Array.from([1, 2.5]).dtype).toBe('float64');
    expect(H5Array.from([{ a: 1 }, 'x']).dtype).toBe('object');
    expect(H5Array.from(range(6), { shape: [2, 3], dtype: 'int8' }).T.shape).toEqual([3, 2]);
    expect(() => H5Array.from([1], { shape: [2] })).toThrow(H5TypeError);
    expect(array.equals(array.copy())).toBe(true);
    expect(array.equals(array.T)).toBe(false);
    expect(array.equals(array.slice('1:'))).toBe(false);
    expect(H5Array.from([Number.NaN]).equals(H5Array.from([Number.NaN]))).toBe(false);
    expect(H5Array.from([Number.NaN]).equals([Number.NaN], { equalNaN: true })).toBe(true);
    expect(H5Array.from([1, 2]).equals(H5Array.from([1n, 2n]))).toBe(true);
    expect(H5Array.from([1, 2]).equals(['x', 2])).toBe(false);
  });

  test('includes', () => {
    const array = hundred();
    withOptions({ maxMemory: 24 }, () => {
      expect(array.includes(55)).toBe(true);
      expect(array.includes(1000)).toBe(false);
      expect(array.slice('2:').includes(1)).toBe(false);
    });
    expect(texts().includes('efg')).toBe(true);
    expect(texts().includes('ef')).toBe(false);
  });
});

describe('blocks', () => {
  /** Where the blocks of an array of bytes begin, and their shapes. */
  const blocksOf = (shape: number[], most: number, chunks?: number[]) =>
    [
      ...H5Array.of(
        H5File.open(undefined, 'w').createDataset('d', { shape, dtype: 'u1', ...(chunks && { chunks }) }),
      ).blocks(most),
    ].map(({ start, shape }) => `${start}:${shape}`);

  test('are as long as possible along the last axes', () => {
    expect(blocksOf([5], 10)).toEqual(['0:5']);
    expect(blocksOf([15], 10)).toEqual(['0:10', '10:5']);
    expect(blocksOf([30], 10)).toEqual(['0:10', '10:10', '20:10']);
    expect(blocksOf([2, 10], 100)).toEqual(['0,0:2,10']);
    expect(blocksOf([8, 10], 10)).toEqual(range(8).map((i) => `${i},0:1,10`));
    expect(blocksOf([8, 10], 20)).toEqual(['0,0:2,10', '2,0:2,10', '4,0:2,10', '6,0:2,10']);
    expect(blocksOf([8, 10], 6)).toEqual(range(8).flatMap((i) => [`${i},0:1,6`, `${i},6:1,4`]));
    expect(blocksOf([5, 5, 5], 200)).toEqual(['0,0,0:5,5,5']);
    expect(blocksOf([5, 5, 5], 30)).toEqual(range(5).map((i) => `${i},0,0:1,5,5`));
    expect(blocksOf([5, 5, 5], 60)).toEqual(['0,0,0:2,5,5', '2,0,0:2,5,5', '4,0,0:1,5,5']);
    expect(blocksOf([5, 5, 5], 20)).toEqual(range(5).flatMap((i) => [`${i},0,0:1,4,5`, `${i},4,0:1,1,5`]));
    expect(blocksOf([5, 5, 5], 6)).toEqual(range(25).map((i) => `${Math.floor(i / 5)},${i % 5},0:1,1,5`));
    expect(blocksOf([3, 4, 5], 3)).toEqual(
      range(12).flatMap((i) => [
        `${Math.floor(i / 4)},${i % 4},0:1,1,3`,
        `${Math.floor(i / 4)},${i % 4},3:1,1,2`,
      ]),
    );
    expect(blocksOf([0, 3], 5)).toEqual([]);
    expect(() => blocksOf([3], 0)).toThrow(H5TypeError);
  });

  test('are of whole chunks, also of a view that begins within one', () => {
    expect(blocksOf([100, 10], 40, [4, 5])).toEqual(range(25).map((i) => `${4 * i},0:4,10`));
    expect(blocksOf([10, 100], 40, [4, 5])[1]).toBe('0,10:4,10');
    const file = H5File.open(undefined, 'w');
    const array = H5Array.of(file.createDataset('d', { shape: [100], dtype: 'u1', chunks: [10] }));
    expect([...array.slice('3:').blocks(25)].map(({ start, shape }) => `${start}:${shape}`)).toEqual([
      '0:17',
      '17:20',
      '37:20',
      '57:20',
      '77:20',
    ]);
  });

  test('cover an array once, whatever the view, and hold what it has', () => {
    const array = hundred({ chunks: [3, 4] });
    const views = [
      array,
      array.T,
      array.slice('::-1, 1::2'),
      array.slice('[3, 1, 1, 9]'),
      array.slice([
        [[1], [2]],
        [
          [3, 4],
          [5, 6],
        ],
      ]),
      array.ravel(),
      array.slice([null, '::3']),
    ];
    for (const view of views)
      for (const most of [1, 8, 24, 100, 800, undefined]) {
        const seen = new Map<string, number>();
        let memory: ReturnType<typeof view.readBlock> | undefined;
        for (const block of view.blocks(most)) {
          memory = view.readBlock(block, memory);
          expect(view.slice([...block.selection]).read()).toEqual(memory);
          const size = block.shape.reduce((product, dim) => product * dim, 1);
          expect(size === 1 || most === undefined || size * 8 <= most).toBe(true);
          for (let i = 0; i < size; i++) {
            let left = i;
            const place = block.shape.map((_, axis) => {
              const stride = block.shape.slice(axis + 1).reduce((product, dim) => product * dim, 1);
              const at = Math.floor(left / stride);
              left -= at * stride;
              return at + block.start[axis]!;
            });
            const key = place.join();
            expect(seen.has(key)).toBe(false);
            seen.set(key, memory[i] as number);
          }
        }
        expect(seen.size).toBe(view.size);
      }
  });

  test.each([
    ['never written', undefined, undefined, false],
    ['never written, with a fill value', undefined, 7, false],
    ['in chunks, some of which were never written', [4, 1 << 17], undefined, false],
    ['in chunks with a fill value, some of which were never written', [4, 1 << 17], 7, false],
    ['in chunks that are one run', [1, 1 << 17], undefined, false],
    ['in chunks that are compressed', [1, 1 << 17], 7, true],
  ] as const)('memory that held something else is read to: %s', (name, chunks, fillValue, isCompressed) => {
    const path = join(folder, 'memory.h5');
    const file = H5File.open(path, 'w');
    const dataset = file.createDataset('data', {
      shape: [8, 1 << 18],
      dtype: 'f8',
      ...(chunks && { chunks: [...chunks] }),
      ...(fillValue !== undefined && { fillValue }),
      ...(isCompressed && { compression: 'gzip' as const }),
    });
    const isWritten = !name.startsWith('never');
    const part = Float64Array.from({ length: 1 << 18 }, (_, i) => i + 1);
    if (isWritten) dataset.write(part, [3]);
    file.commit();
    for (const from of [H5Array.of(dataset), H5Array.open(path, 'data')]) {
      const memory = new Float64Array(2 << 18);
      for (const row of [0, 2, 4, 6]) {
        memory.fill(5);
        const read = from.readBlock({ start: [row, 0], shape: [2, 1 << 18] }, memory) as Float64Array;
        expect(read.buffer).toBe(memory.buffer);
        const isRight = read.every((value, i) => {
          const at = (row - 3) * 2 ** 18 + i;
          return value === (isWritten && at >= 0 && at < part.length ? at + 1 : (fillValue ?? 0));
        });
        expect(isRight, `rows from ${row} on`).toBe(true);
      }
    }
    file.close();
  });

  test('writeBlock writes what readBlock reads', () => {
    const array = hundred({ chunks: [3, 4] });
    for (const block of array.T.blocks(100)) {
      const data = array.T.readBlock(block) as Float64Array;
      array.T.writeBlock(
        block,
        data.map((value) => -value),
      );
    }
    expect(array.read()).toEqual(Float64Array.from(range(100), (value) => -value));
    expect(() => array.writeBlock({ start: [0, 0], shape: [2, 2] }, new Float64Array(3))).toThrow(
      H5TypeError,
    );
  });
});

describe('large axes', () => {
  test('blocks of a transposed array follow the rows that are in the file', () => {
    const array = H5Array.of(
      H5File.open(undefined, 'w').createDataset('d', { shape: [1000, 10], dtype: 'u1' }),
    );
    expect([...array.T.blocks(400)].map(({ shape }) => shape)).toEqual(range(50).map(() => [10, 20]));
  });

  test('what is never in memory may be of any length', () => {
    const file = H5File.open(undefined, 'w');
    const length = 2 ** 40;
    const array = H5Array.of<number>(
      file.createDataset('d', { shape: [length], dtype: 'f8', chunks: [2 ** 20], maxShape: [null] }),
    );
    array.set('-1', 5);
    array.delete(-2);
    expect(array.shape).toEqual([length - 1]);
    array.delete({ start: -3 });
    expect(array.shape).toEqual([length - 4]);
    array.append([1, 2]);
    expect(array.slice('-3:').toNested()).toEqual([0, 1, 2]);
    expect(array.slice('::-1').at(0)).toBe(2);
    expect(() => array.read()).toThrow(H5TypeError);
  });

  test('blocks reckon with what it takes to read them: records of a field, texts, bytes in another order', () => {
    const file = H5File.open(undefined, 'w');
    const longest = (source: BlockSource, most: number) =>
      Math.max(...[...source.blocks(most)].map(({ shape }) => shape[0] as number));
    const of = (name: string, dtype: object | string): H5Array =>
      H5Array.of(file.createDataset(name, { shape: [10_000], dtype: dtype as 'f8' }));
    expect(longest(of('plain', 'f8'), 8000)).toBe(1000);
    expect(longest(of('swapped', '>f8'), 8000)).toBe(500);
    expect(longest(of('texts', 'S936'), 10_000)).toBe(10);
    const records = of('records', { compound: { x: 'f8', other: { array: [124], base: 'f8' } } });
    expect(longest(records.field('x'), 10_080)).toBe(10);
    expect(longest(of('converted', 'f8').astype('float32'), 12_000)).toBe(1000);
    expect(longest(of('turned', 'f8').slice('::-1'), 8000)).toBe(500);
  });

  test('of very many axes only a part is shown', () => {
    const shape = range(32).map(() => 3);
    const array = H5Array.of(
      H5File.open(undefined, 'w').createDataset('d', { shape, dtype: 'i1', chunks: shape.map(() => 1) }),
    );
    expect(inspect(array)).toMatch(/^H5Array\(\[\.\.\.\], shape=\(3, 3, /);
    expect(inspect(array.slice(range(22).map(() => 0)))).toContain('[0, ..., 0]');
  });
});

describe('arrays as values', () => {
  test('must fit as exactly as other values; booleans are 0 and 1', () => {
    const array = H5Array.write<number>(H5File.open(undefined, 'w'), 'i', new Int16Array(3));
    array.set('...', H5Array.from([1.0, 2.0, 300]));
    expect(() => array.set('...', H5Array.from([1, 2.5, 3]))).toThrow(/2.5/);
    expect(() => array.set('...', H5Array.from(['1', '2', '3']))).toThrow(H5TypeError);
    expect(array.toNested()).toEqual([1, 2, 300]);
    array.set('...', H5Array.from([true, false, true]));
    expect(array.toNested()).toEqual([1, 0, 1]);
    array.set('...', H5Array.from([1.5, 2.5, 3.5]).astype('int8'));
    expect(array.toNested()).toEqual([1, 2, 3]);
    const complex = H5Array.write(
      H5File.open(undefined, 'w'),
      'c',
      [
        [0, 0],
        [0, 0],
      ],
      { dtype: 'complex128' },
    );
    complex.set('...', H5Array.from([1.5, 2]));
    expect(complex.toNested()).toEqual([
      [1.5, 0],
      [2, 0],
    ]);
    expect(() => array.set('...', complex.slice('0'))).toThrow(H5TypeError);
  });
});

describe('iteration', () => {
  test('by rows, as views; by elements where there is one axis', () => {
    const array = cube();
    const rows = [...array] as H5Array<number>[];
    expect(rows.map(({ shape }) => shape)).toEqual([
      [4, 5],
      [4, 5],
      [4, 5],
    ]);
    rows[1]!.set('0, 0', -1);
    expect(array.at(1, 0, 0)).toBe(-1);
    expect([...five()]).toEqual([1.5, 2, 3, 4, 5]);
    expect([...array.slice('0').rows()]).toEqual(
      [0, 5, 10, 15].map((from) => new Int32Array(range(5, from))),
    );
    const [first] = array;
    expect((first as H5Array).shape).toEqual([4, 5]);
  });
});

describe('as text', () => {
  test('with the middle of long axes left out', () => {
    expect(inspect(hundred())).toBe(
      [
        'H5Array([[0.0, 1.0, 2.0, ..., 7.0, 8.0, 9.0],',
        '         [10.0, 11.0, 12.0, ..., 17.0, 18.0, 19.0],',
        '         [20.0, 21.0, 22.0, ..., 27.0, 28.0, 29.0],',
        '         ...,',
        '         [70.0, 71.0, 72.0, ..., 77.0, 78.0, 79.0],',
        '         [80.0, 81.0, 82.0, ..., 87.0, 88.0, 89.0],',
        '         [90.0, 91.0, 92.0, ..., 97.0, 98.0, 99.0]], shape=(10, 10), dtype=float64)',
      ].join('\n'),
    );
    expect(String(hundred().slice('2:4, [0, 2, 3]'))).toBe('[[20.0 22.0 23.0],\n [30.0 32.0 33.0]]');
    expect(String(H5Array.from(range(10)))).toBe('[0 1 2 ... 7 8 9]');
    expect(inspect(hundred().slice([[[0]]]))).toBe(
      'H5Array([[[0.0, 1.0, 2.0, ..., 7.0, 8.0, 9.0]]], shape=(1, 1, 10), dtype=float64)',
    );
    expect(inspect(hundred().slice([[], undefined]))).toBe('H5Array([], shape=(0, 10), dtype=float64)');
    expect(String(H5Array.from(range(40), { shape: [10, 2, 2] }))).toBe(
      [
        '[[[0 1],',
        '  [2 3]],',
        '',
        ' [[4 5],',
        '  [6 7]],',
        '',
        ' [[8 9],',
        '  [10 11]],',
        '',
        ' ...,',
        '',
        ' [[28 29],',
        '  [30 31]],',
        '',
        ' [[32 33],',
        '  [34 35]],',
        '',
        ' [[36 37],',
        '  [38 39]]]',
      ].join('\n'),
    );
    expect(inspect(H5Array.from([1e-7, 1e20, 0.1, -0, Number.NaN, Infinity]))).toMatch(
      /\[1e-07, 1e\+20, 0.1, -0.0, nan, inf\]/,
    );
  });

  test('only what is shown is read', () => {
    const file = H5File.open(undefined, 'w');
    // 8 TB that nobody has.
    const array = H5Array.of(
      file.createDataset('large', { shape: [10 ** 6, 10 ** 6], dtype: 'f8', chunks: [100, 100] }),
    );
    expect(inspect(array)).toContain('[0.0, 0.0, 0.0, ..., 0.0, 0.0, 0.0]');
    expect(array.at(-1, -1)).toBe(0);
    array.set('-1, -1', 5);
    expect(array.slice('-1, -2:').toNested()).toEqual([0, 5]);
  });
});

describe('files', () => {
  test('write, open and change by path', () => {
    const path = join(folder, 'array.h5');
    {
      using array = H5Array.write<number>(
        path,
        'm',
        [
          [1, 2],
          [3, 4],
        ],
        { dtype: 'int16', maxShape: [null, 2] },
      );
      array.append([5, 6]);
    }
    {
      using array = H5Array.open<number>(path, 'm', { mode: 'r+' });
      array.set('0, 0', -1);
    }
    const array = H5Array.open<number>(path);
    expect(array.toNested()).toEqual([
      [-1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(thrown(() => array.set('0', 1)).code).toBe('H5_READ_ONLY');
    expect(thrown(() => array.append([1, 2])).code).toBe('H5_READ_ONLY');
    expect(thrown(() => array.delete(0)).code).toBe('H5_READ_ONLY');
    expect(thrown(() => array.fill(0)).code).toBe('H5_READ_ONLY');
    expect(thrown(() => array.writeBlock({ start: [0, 0], shape: [1, 1] }, new Int16Array(1))).code).toBe(
      'H5_READ_ONLY',
    );
    const view = array.slice('0');
    array.close();
    for (const action of [
      () => array.read(),
      () => array.at(0, 0),
      () => view.toNested(),
      () => [...view.blocks()],
    ])
      expect(thrown(action)).toBeInstanceOf(H5StateError);
    expect(inspect(array)).toBe('<H5Array (closed)>');
    expect(thrown(() => H5Array.write(path, 'm', [1])).code).toBe('H5_EXISTS');
    H5Array.write(path, 'm', H5Array.from([7, 8]), { overwrite: true }).close();
    using again = H5Array.open(path, 'm');
    expect(again.toNested()).toEqual([7, 8]);
  });

  test('a part of another array is written block by block, with its dtype', () => {
    const source = hundred({ chunks: [3, 4] });
    const file = H5File.open(undefined, 'w');
    const copy = withOptions({ maxMemory: 200 }, () =>
      H5Array.write<number>(file, 'a/copy', source.T.slice('::2'), { chunks: [2, 2] }),
    );
    expect(copy.toNested()).toEqual(source.T.slice('::2').toNested());
    expect(copy.dataset?.dtype).toBe('<f8');
    expect(H5Array.write(file, 'words', texts()).toNested()).toEqual(['a', 'bc', 'd', 'efg', 'h']);
    const itself = H5Array.write(file, 'itself', [1, 2, 3, 4]);
    const turned = H5Array.write(file, 'itself', itself.slice('::-1'), { overwrite: true });
    expect([turned.path, turned.toNested()]).toEqual(['/itself', [4, 3, 2, 1]]);
    expect([...file.keys()].filter((name) => name.startsWith('itself'))).toEqual(['itself']);
    expect(H5Array.write(file, 'half', source, { dtype: 'float16', overwrite: true }).dataset?.dtype).toBe(
      '<f2',
    );
    expect(() => H5Array.write(file, 'bad', [1, 2.5], { dtype: 'int8' })).toThrow(H5TypeError);
    expect(() => H5Array.write(file, 'bad', source, { dtype: 'record' })).toThrow(/compound/);
    expect(file.has('bad')).toBe(false);
  });

  test('a browser opens bytes', () => {
    const file = H5File.open(undefined, 'w');
    H5Array.write(file, 'm', [1, 2, 3]);
    expect(H5Array.open(file.toBytes(), 'm').toNested()).toEqual([1, 2, 3]);
  });
});

test('an array that is made in the file of a dict lasts when changes of the dict do', async () => {
  const path = join(folder, 'policies.h5');
  const stored = () => Object.keys(readSync(path) as object);
  const told: string[] = [];
  {
    using dict = H5Dict.write<Record<string, unknown>>(path, { n: 1 }, { commit: 'operation' });
    dict.subscribe('a', ({ paths }) => told.push(...paths));
    H5Array.write(dict.object, 'a', [1, 2]);
    expect([stored(), told]).toEqual([['n', 'a'], ['/a']]);
  }
  {
    using dict = H5Dict.open(path, { mode: 'r+' });
    H5Array.write(dict.object, 'b', [1, 2]);
    await null;
    expect(stored()).toEqual(['n', 'a', 'b']);
  }
  using dict = H5Dict.open(path, { mode: 'r+', commit: 'manual' });
  H5Array.write(dict.object, 'c', [1, 2]);
  await null;
  expect(stored()).toEqual(['n', 'a', 'b']);
});

describe('errors of selections', () => {
  const array = hundred();
  test.each([
    ['an index beyond the end', () => array.at(10, 0), H5IndexError, /10 is not within axis 0, of size 10/],
    ['one before the start', () => array.slice('0, -11'), H5IndexError, /-11 is not within axis 1/],
    ['one in a list', () => array.slice([[0, 12]]), H5IndexError, /12/],
    ['too many', () => array.slice('0, 0, 0'), H5IndexError, /3 indices.*2 axes/],
    ['too few for an element', () => array.at(1), H5IndexError, /1 indices.*2 axes/],
    ['a fraction', () => array.slice(1.5), H5TypeError, /1.5/],
    ['a step of nothing', () => array.slice('::0'), H5TypeError, /step 0/],
    ['two dots', () => array.slice('..., ...'), H5TypeError, /once/],
    ['a text that is nothing', () => array.slice('a:b'), H5TypeError, /'a:b' is no index/],
    [
      'a size that anything could be',
      () => array.slice('0:0').reshape(0, -1),
      H5TypeError,
      /0 elements do not have the shape \(0, -1\)/,
    ],
    ['a shape that is none', () => array.broadcastTo([-1, 10]), H5TypeError, /\(-1,10\) is no shape/],
    ['a mask of another shape', () => array.slice([[true, false]]), H5IndexError, /\(2\).*\(10\)/],
    [
      'a mask that is no mask',
      () => array.slice({ mask: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }),
      H5TypeError,
      /mask/,
    ],
    [
      'lists that do not broadcast',
      () =>
        array.slice([
          [0, 1],
          [0, 1, 2],
        ]),
      H5TypeError,
      /\(2\), \(3\)/,
    ],
    ['floats as indices', () => array.slice(H5Array.from([1.5])), H5TypeError, /float64/],
    ['a ragged list', () => array.slice([[[0, 1], [0]]] as never), H5TypeError, /ragged/],
    ['a function', () => array.slice((() => {}) as never), H5TypeError, /function/],
    ['an axis that is not there', () => array.transpose([0, 2]), H5IndexError, /axis 2/],
  ])('%s', (_, action, type, message) => {
    expect(action).toThrow(type);
    expect(action).toThrow(message);
  });
});

test('a view of all that there was is reshaped after the dataset has grown', () => {
  const array = H5Array.write<number>(H5File.open(undefined, 'w'), 'a', [range(3), range(3, 3)], {
    maxShape: [null, null],
  });
  const view = array.slice(':');
  array.append(range(3, 6));
  array.append([[9], [9], [9]], 1);
  expect(view.reshape(6).read()).toEqual(Int32Array.from(range(6)));
  expect(view.reshape(1, 2, 1, 3).slice('0, 1').toNested()).toEqual([range(3, 3)]);
});

test('one element is written where elements are lists, also one without anything', () => {
  const file = H5File.open(undefined, 'w');
  const array = H5Array.write<ArrayLike<number>>(file, 'a', [[1], [2, 3], [4]], { dtype: { vlen: 'i4' } });
  array.set('1', []);
  expect(array.read()).toEqual([Int32Array.of(1), Int32Array.of(), Int32Array.of(4)]);
  array.slice('1:').fill([5, 6]);
  array.slice(':1').fill(new Int32Array(0));
  expect(array.read()).toEqual([Int32Array.of(), Int32Array.of(5, 6), Int32Array.of(5, 6)]);
  const any = H5Array.write<unknown>(file, 'any', [{ a: 1 }, 'x'], { dtype: 'object' });
  any.fill([1, 2]);
  expect(any.read()).toEqual([
    [1, 2],
    [1, 2],
  ]);
});

describe('a dataset that has just been deleted', () => {
  const made = (isCommitted: boolean) => {
    const file = H5File.open(undefined, 'w');
    const stored = { shape: [2], chunks: [2], maxShape: [null] };
    const numbers = H5Array.write<number>(file, 'g/numbers', [1, 2], stored);
    const texts = H5Array.write<string>(file, 'g/texts', ['a', 'b'], stored);
    if (isCommitted) file.commit();
    return { file, numbers, texts };
  };

  test.each([
    ['set', (array: H5Array) => array.set('0', array.dtype === 'str' ? 'x' : 5)],
    ['set through a view', (array: H5Array) => array.slice('::-1').fill(array.dtype === 'str' ? 'x' : 5)],
    ['resized', (array: H5Array) => array.resize([5])],
    ['converted', (array: H5Array) => array.convert('object')],
    ['read', (array: H5Array) => array.read()],
  ])('is not %s', (_, change) => {
    for (const isCommitted of [false, true])
      for (const way of ['by itself', 'with its group', 'and its group apart'])
        for (const kind of ['numbers', 'texts'] as const) {
          const { file, [kind]: array } = made(isCommitted);
          if (way !== 'with its group') file.delete(`g/${kind}`);
          if (way !== 'by itself') file.delete('g');
          expect(() => change(array as H5Array)).toThrow(expect.objectContaining({ code: 'H5_GONE' }));
        }
  });

  test('and was new is gone for handles of the dataset as well', () => {
    const { file, texts } = made(false);
    file.delete('g/texts');
    expect(() => texts.dataset?.write('x')).toThrow(expect.objectContaining({ code: 'H5_GONE' }));
  });
});

test('the cap is that of the options', () => {
  expect(options().maxMemory).toBe(250 * 2 ** 20);
});
