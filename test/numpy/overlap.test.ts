import { describe, expect, test } from 'vitest';
import { H5Array } from '../../src/containers/h5-array.js';
import { withOptions } from '../../src/containers/options.js';
import { H5File } from '../../src/node.js';
import { NDArray } from '../../src/numpy/ndarray.js';
import type { ArrayInput } from '../../src/numpy/source.js';
import * as np from '../../src/numpy-of-node.js';
import { TestFile } from './h5-arrays.js';

/** Arrays of so many elements take several blocks with the cap below. */
const N = 60;
const CAP = { maxMemory: 400 };
const TYPES = ['f8', 'i2', 'c8'];

/** A part of an array, by offset and length in row-major order, in a shape. */
type Part = readonly [from: number, shape: readonly number[]];

interface Case {
  readonly title: string;
  readonly of: readonly Part[];
  readonly out: Part;
  readonly call: (sources: readonly ArrayInput[], out?: never) => unknown;
}

const many = Array.from({ length: N }, (_, i) => N - 1 - i);
const cases: Case[] = [
  {
    title: 'add',
    of: [
      [1, [40]],
      [0, [40]],
    ],
    out: [5, [40]],
    call: ([a, b], out) => np.add(a as ArrayInput, b as ArrayInput, { out }),
  },
  {
    title: 'negative',
    of: [[0, [40]]],
    out: [5, [40]],
    call: ([a], out) => np.negative(a as ArrayInput, { out }),
  },
  {
    title: 'transpose',
    of: [[0, [6, 10]]],
    out: [0, [10, 6]],
    call: ([a], out) => np.transpose(a as ArrayInput, undefined, { out }),
  },
  {
    title: 'reshape',
    of: [[0, [5, 10]]],
    out: [7, [10, 5]],
    call: ([a], out) => np.reshape(a as ArrayInput, [10, 5], { out }),
  },
  {
    title: 'ravel by columns',
    of: [[0, [6, 10]]],
    out: [0, [60]],
    call: ([a], out) => np.ravel(a as ArrayInput, { order: 'F', out }),
  },
  {
    title: 'concatenate',
    of: [
      [30, [30]],
      [0, [30]],
    ],
    out: [0, [60]],
    call: (all, out) => np.concatenate(all, { out }),
  },
  {
    title: 'concatenate flat',
    of: [
      [30, [5, 6]],
      [0, [30]],
    ],
    out: [0, [60]],
    call: (all, out) => np.concatenate(all, { axis: null, out }),
  },
  {
    title: 'hstack',
    of: [
      [30, [5, 6]],
      [0, [5, 6]],
    ],
    out: [0, [5, 12]],
    call: (all, out) => np.hstack(all, { out }),
  },
  {
    title: 'vstack',
    of: [
      [30, [30]],
      [0, [30]],
    ],
    out: [0, [2, 30]],
    call: (all, out) => np.vstack(all, { out }),
  },
  {
    title: 'stack',
    of: [
      [30, [5, 6]],
      [0, [5, 6]],
    ],
    out: [0, [5, 6, 2]],
    call: (all, out) => np.stack(all, { axis: 2, out }),
  },
  {
    title: 'append',
    of: [
      [30, [30]],
      [0, [30]],
    ],
    out: [0, [60]],
    call: ([a, b], out) => np.append(a as ArrayInput, b as ArrayInput, { out }),
  },
  {
    title: 'take',
    of: [[0, [60]]],
    out: [0, [60]],
    call: ([a], out) => np.take(a as ArrayInput, many, { out }),
  },
  {
    title: 'take along an axis',
    of: [[0, [6, 10]]],
    out: [0, [6, 10]],
    call: ([a], out) => np.take(a as ArrayInput, [5, 4, 3, 2, 1, 0], { axis: 0, out }),
  },
  {
    title: 'repeat',
    of: [[0, [30]]],
    out: [0, [60]],
    call: ([a], out) => np.repeat(a as ArrayInput, 2, { out }),
  },
  {
    title: 'delete',
    of: [[0, [41]]],
    out: [10, [40]],
    call: ([a], out) => np.delete(a as ArrayInput, 3, { out }),
  },
  {
    title: 'insert',
    of: [
      [0, [35]],
      [20, [5]],
    ],
    out: [20, [40]],
    call: ([a, b], out) => np.insert(a as ArrayInput, 3, b as ArrayInput, { out }),
  },
  {
    title: 'where',
    of: [
      [0, [40]],
      [20, [40]],
    ],
    out: [10, [40]],
    call: ([a, b], out) =>
      np.where(
        Array.from({ length: 40 }, (_, i) => i % 3 === 0),
        a as ArrayInput,
        b as ArrayInput,
        { out },
      ),
  },
  {
    title: 'cumsum',
    of: [[0, [40]]],
    out: [10, [40]],
    call: ([a], out) => np.cumsum(a as ArrayInput, { out }),
  },
  {
    title: 'cumsum along an axis',
    of: [[0, [8, 5]]],
    out: [10, [8, 5]],
    call: ([a], out) => np.cumsum(a as ArrayInput, { axis: 0, out }),
  },
  {
    title: 'sort',
    of: [[0, [8, 5]]],
    out: [10, [8, 5]],
    call: ([a], out) => np.sort(a as ArrayInput, { out }),
  },
  {
    title: 'sort along the first axis',
    of: [[0, [20, 2]]],
    out: [0, [20, 2]],
    call: ([a], out) => np.sort(a as ArrayInput, { axis: 0, out }),
  },
  {
    title: 'sort flat',
    of: [[0, [20, 2]]],
    out: [10, [40]],
    call: ([a], out) => np.sort(a as ArrayInput, { axis: null, out }),
  },
  {
    title: 'sum',
    of: [[0, [20, 3]]],
    out: [30, [20]],
    call: ([a], out) => np.sum(a as ArrayInput, { axis: 1, out }),
  },
  {
    title: 'max',
    of: [[0, [20, 3]]],
    out: [10, [20]],
    call: ([a], out) => np.max(a as ArrayInput, { axis: 1, out }),
  },
  {
    title: 'mean',
    of: [[0, [20, 3]]],
    out: [10, [20]],
    call: ([a], out) => np.mean(a as ArrayInput, { axis: 1, out }),
  },
];

/** Elements in no order. */
function elements(dtype: string): NDArray {
  const values = Array.from({ length: N }, (_, i) => (i * 37) % N);
  return np.array(values, { dtype }) as NDArray;
}

/** Means of integers are floats, which an array of integers does not take. */
const casesOf = (dtype: string) => cases.filter(({ title }) => !(dtype === 'i2' && title === 'mean'));

const partOf = (array: NDArray, [from, shape]: Part): NDArray => {
  const { width } = array.type;
  const size = shape.reduce((a, b) => a * b, 1);
  return new NDArray(
    (array.data as Float64Array).subarray(from * width, (from + size) * width),
    shape,
    array.type,
  );
};
const viewOf = (array: H5Array, [from, shape]: Part): H5Array =>
  array.slice(`${from}:${from + shape.reduce((a, b) => a * b, 1)}`).reshape(shape);

const whole = (array: ArrayInput): NDArray => np.array(array);

describe.each(TYPES)('a result among its operands, of %s', (dtype) => {
  test.each(casesOf(dtype))('$title in memory', ({ of, out, call }) => {
    const apart = of.map((part) => whole(partOf(elements(dtype), part)));
    const array = elements(dtype);
    const target = partOf(array, out);
    const expected = whole(call(apart) as ArrayInput).astype(array.type.name);
    withOptions(CAP, () =>
      call(
        of.map((part) => partOf(array, part)),
        target as never,
      ),
    );
    expect(target.toNested()).toEqual(expected.toNested());
  });

  test.each(casesOf(dtype))('$title on disk', ({ of, out, call }) => {
    const apart = of.map((part) => whole(partOf(elements(dtype), part)));
    const array = new TestFile().write(elements(dtype), { chunks: [7] });
    const target = viewOf(array, out);
    const expected = whole(call(apart) as ArrayInput).astype(elements(dtype).type.name);
    withOptions(CAP, () =>
      call(
        of.map((part) => viewOf(array, part)),
        target as never,
      ),
    );
    expect(np.array(target).toNested()).toEqual(expected.toNested());
  });
});

describe('copyto', () => {
  const places = [
    ['one behind', (a: H5Array) => [a.slice('1:'), a.slice(':-1')]],
    ['one before', (a: H5Array) => [a.slice(':-1'), a.slice('1:')]],
    ['backwards', (a: H5Array) => [a, a.slice('::-1')]],
    ['turned', (a: H5Array) => [a.reshape([6, 10]), a.reshape([10, 6]).T]],
    ['stretched', (a: H5Array) => [a.reshape([6, 10]), a.slice('20:30')]],
    ['itself', (a: H5Array) => [a, a]],
  ] as const;

  test.each(places)('to %s', (_, parts) => {
    const array = new TestFile().write(elements('f8'), { chunks: [7] });
    const [to, from] = parts(array) as [H5Array, H5Array];
    const expected = (np.add(np.zeros(to.shape), whole(from)) as NDArray).toNested();
    withOptions(CAP, () => np.copyto(to, from));
    expect(to.toNested()).toEqual(expected);
  });

  test('where what is written is true', () => {
    const array = new TestFile().write(np.ones([N], { dtype: 'bool' }) as NDArray, { chunks: [7] });
    withOptions({ maxMemory: 64 }, () => np.copyto(array.slice('1:'), false, { where: array.slice(':-1') }));
    expect(array.toNested()).toEqual(Array.from({ length: N }, (_, i) => i === 0));
  });

  test('of one dataset by two paths', () => {
    const file = new TestFile();
    const array = file.write(elements('f8'), { chunks: [7] });
    file.file.link('other', array.dataset as never);
    const other = H5Array.of(file.file.dataset('other'));
    const before = whole(array).toNested() as number[];
    expect(np.may_share_memory(array, other)).toBe(true);
    withOptions(CAP, () => np.copyto(array.slice('1:'), other.slice(':-1')));
    expect(array.slice('1:').toNested()).toEqual(before.slice(0, -1));
  });

  test('of an H5Array in memory', () => {
    const array = new TestFile().write(elements('f8')).flatten();
    const before = whole(array).toNested() as number[];
    withOptions(CAP, () => np.copyto(array.slice('1:'), array.slice(':-1')));
    expect(array.slice('1:').toNested()).toEqual(before.slice(0, -1));
  });
});

describe('in place', () => {
  test.each(['memory', 'disk'])('what stands where the result goes is not copied, in %s', (where) => {
    const array = where === 'disk' ? new TestFile().write(elements('f8'), { chunks: [7] }) : elements('f8');
    const values = elements('f8');
    withOptions(CAP, () => {
      np.add(array, 1, { out: array });
      np.sort(array, { out: array });
      np.cumsum(array, { out: array });
    });
    expect(np.array_equal(array, np.cumsum(np.sort(np.add(values, 1))))).toBe(true);
  });

  test.each([
    ['a', 'sort', (array: H5Array, out: never) => np.sort(array, { out }), [1, 2, 3]],
    ['a', 'negative', (array: H5Array, out: never) => np.negative(array, { out }), [-3, -1, -2]],
    ['a', 'copy', (array: H5Array, out: never) => np.copy(array, out), [3, 1, 2]],
    ['a', 'sum', (array: H5Array, out: never) => np.sum(array, { keepdims: true, out }), [6]],
    ['g', 'sort', (array: H5Array, out: never) => np.sort(array, { out }), [1, 2, 3]],
  ] as const)('of what %s was, the %s that replaces it is computed', (name, _, compute, expected) => {
    const draft = H5File.open(new Uint8Array(0), 'w');
    draft.createDataset(name === 'a' ? 'a' : 'g/a', { data: Float64Array.of(3, 1, 2) });
    const file = H5File.open(draft.toBytes(), 'r+');
    const array = H5Array.of(file.dataset(name === 'a' ? 'a' : 'g/a'));
    compute(array, { group: file, name, overwrite: true } as never);
    expect(file.dataset(name).value).toEqual(Float64Array.from(expected));
  });
});
