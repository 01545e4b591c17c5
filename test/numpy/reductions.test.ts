import { describe, expect, test } from 'vitest';
import { withOptions } from '../../src/containers/options.js';
import { NDArray } from '../../src/numpy/ndarray.js';
import * as functions from '../../src/numpy/reductions.js';
import { expectSame, isError, numpy, type Question, type Tolerance, Tuple } from '../oracle/numpy-calls.js';
import { THOROUGH } from '../thoroughness.js';
import { complexWithNaN, NUMBER_DTYPES, sample } from './cases.js';
import { fileOfTest } from './h5-arrays.js';
import { MemorySource } from './memory-source.js';

type Call = (...args: unknown[]) => unknown;

const NAMES = [
  'sum',
  'prod',
  'min',
  'max',
  'amin',
  'amax',
  'mean',
  'var',
  'std',
  'all',
  'any',
  'argmin',
  'argmax',
];

interface Case {
  readonly question: Question;
  readonly title: string;
  readonly tolerance: Tolerance;
}

const cases: Case[] = [];
function add(
  name: string,
  array: unknown,
  options: { [name: string]: unknown } = {},
  tolerance?: Tolerance,
): void {
  const dtype = array instanceof NDArray ? `${array.dtype}(${array.shape.join(',')})` : String(array);
  const isFloat = array instanceof NDArray && (array.type.kind === 'f' || array.type.kind === 'c');
  const adds = ['sum', 'prod', 'mean', 'var', 'std'].includes(name);
  const own: Tolerance =
    adds && (isFloat || name !== 'sum')
      ? { ulps: 16, scale: array instanceof NDArray && array.itemsize === 4 ? 1e-6 : 1e-15 }
      : {};
  const shown = Object.entries(options).map(
    ([key, value]) =>
      `${key}: ${value instanceof NDArray ? value.dtype : value instanceof Tuple ? value.items : value}`,
  );
  cases.push({
    question: { function: name, args: [array], options },
    title: `${name}(${dtype}, {${shown.join(', ')}})`,
    tolerance: tolerance ?? own,
  });
}

let seed = 1000;
for (const name of NAMES) {
  const isArg = name.startsWith('arg');
  const compares = ['min', 'max', 'amin', 'amax'].includes(name) || isArg;
  for (const dtype of NUMBER_DTYPES) {
    const range = name === 'prod' ? 'natural' : 'small';
    add(name, sample(dtype, [101], seed++, range));
    for (const axis of [0, 1, 2, -1, -3]) add(name, sample(dtype, [3, 4, 5], seed++, range), { axis });
    add(name, sample(dtype, [3, 4, 5], seed++, range), { axis: 1, keepdims: true });
    add(name, sample(dtype, [6, 5], seed++, range), { keepdims: true });
    if (!isArg) {
      for (const axis of [
        new Tuple(0, 2),
        new Tuple(1, 2),
        new Tuple(-1, 0),
        new Tuple(0, 1, 2),
        new Tuple(),
      ])
        add(name, sample(dtype, [3, 4, 5], seed++, range), { axis });
      const where = { where: sample('bool', [4, 1], seed++) };
      const begin = compares ? { initial: 1 } : {};
      add(name, sample(dtype, [3, 4, 5], seed++, range), { ...where, ...begin });
      add(name, sample(dtype, [3, 4, 5], seed++, range), { ...where, ...begin, axis: 1 });
      add(name, sample(dtype, [3, 4, 5], seed++, range), {
        ...where,
        ...begin,
        axis: new Tuple(0, 1),
        keepdims: true,
      });
    }
    if (['sum', 'prod', 'min', 'max'].includes(name)) {
      add(name, sample(dtype, [7], seed++, range), { initial: 3 });
      add(name, sample(dtype, [3, 4], seed++, range), { initial: 3, axis: 0 });
      for (const initial of [-3, 2.75, 200, -1, Number.NaN])
        add(name, sample(dtype, [5], seed++, range), { initial });
    }
    if (dtype !== 'bool') add(name, sample(dtype, [3, 0], seed++), { axis: 0 });
    // Also where there is nothing that would be of no elements.
    if (compares && !isArg) add(name, sample(dtype, [0, 0], seed++), { axis: 1 });
    add(name, sample(dtype, [0], seed++));
  }
  for (const dtype of ['f4', 'f8']) {
    // Infinities, NaN, zeros of both signs.
    add(name, sample(dtype, [40], seed++));
    for (const axis of [0, 1]) add(name, sample(dtype, [9, 7], seed++), { axis });
  }
  if (['sum', 'prod', 'mean', 'var', 'std'].includes(name)) {
    for (const dtype of ['f4', 'f8'])
      for (const from of ['i2', 'u1', 'bool', 'f4'])
        add(name, sample(from, [5, 6], seed++, 'natural'), { axis: 1, dtype });
    for (const dtype of ['c8', 'c16']) {
      const tolerance = { ulps: 64, scale: dtype === 'c8' ? 1e-5 : 1e-14 };
      add(name, sample(dtype, [12], seed++), {}, tolerance);
      for (const axis of [0, 1]) add(name, sample(dtype, [3, 4], seed++), { axis }, tolerance);
    }
  }
  if (name === 'sum' || name === 'prod') {
    for (const dtype of ['i4', 'i8', 'u8', 'u1'])
      for (const from of ['f8', 'i8', 'bool', 'i2'])
        add(name, sample(from, [5, 6], seed++, 'natural'), { axis: 0, dtype });
    add(name, sample('i8', [60], seed++));
    add(name, sample('u8', [60], seed++));
  }
  if (compares) for (const dtype of ['c8', 'c16']) add(name, sample(dtype, [12], seed++));
  if (name === 'var' || name === 'std') {
    for (const ddof of [1, 3, 7]) add(name, sample('f8', [4, 6], seed++, 'small'), { axis: 1, ddof });
    add(name, sample('f8', [1], seed++), { ddof: 1 });
    const shifted = sample('f8', [1000], seed++, 'unit');
    for (let i = 0; i < 1000; i++) (shifted.data as Float64Array)[i] += 1e9;
    add(name, shifted, {}, { ulps: 1e4 });
  }
  for (const dtype of ['c8', 'c16'] as const) {
    if (!compares) continue;
    add(name, complexWithNaN(dtype, [40], seed++));
    add(name, complexWithNaN(dtype, [2], seed++));
    for (const axis of [0, 1]) add(name, complexWithNaN(dtype, [9, 3], seed++), { axis });
  }
  if (['mean', 'var', 'std'].includes(name)) {
    for (const dtype of ['c8', 'c16']) {
      const tolerance = { ulps: 64, scale: dtype === 'c8' ? 1e-5 : 1e-14 };
      for (const from of ['i4', 'f4', 'bool', 'f8', 'u8'])
        for (const axis of [0, 1, null])
          add(name, sample(from, [5, 6], seed++, 'natural'), { axis, dtype }, tolerance);
      for (const from of ['c8', 'c16'])
        add(name, sample(from, [5, 6], seed++), { axis: 0, dtype }, tolerance);
      add(name, sample('f8', [0], seed++), { dtype });
      add(name, sample('f8', [40], seed++), { dtype });
      if (name !== 'mean') add(name, sample('i2', [3], seed++, 'small'), { dtype, ddof: 3 });
    }
  }
  // Of what has no axes the first and the last may be named.
  for (const axis of [0, -1, 1, new Tuple(0)]) {
    if (!(isArg && axis instanceof Tuple)) add(name, sample('i4', [], seed++, 'natural'), { axis });
    if (!isArg) add(name, sample('f8', [], seed++, 'unit'), { axis, keepdims: true });
  }
  if (name === 'sum' || name === 'prod') {
    for (const out of ['f8', 'i8', 'c16']) {
      add(name, sample('u1', [5, 6], seed++), { axis: 0, dtype: 'u1', out: sample(out, [6], seed++) });
      add(name, sample('i2', [5, 6], seed++), { axis: 1, dtype: 'i1', out: sample(out, [5], seed++) });
    }
    add(name, complexWithNaN('c16', [3, 4], seed++), { axis: 0, dtype: 'i8' });
    add(name, sample('c8', [3, 4], seed++), { axis: 0, dtype: 'i8' });
  }
  add(name, sample('f8', [], seed++, 'unit'));
  add(
    name,
    sample('f8', [2, 1, 3, 1, 2], seed++, 'unit'),
    isArg ? { axis: 2 } : { axis: new Tuple(1, 2, 4) },
  );
}

const answers = numpy(cases.map(({ question }) => question));

function ours({ question }: Case, wrap: (value: NDArray) => unknown): unknown {
  const { function: name, args, options = {} } = question;
  const call = (functions as unknown as { [name: string]: Call })[name === 'var' ? 'var_' : name] as Call;
  const settings = { ...options };
  if (settings['axis'] instanceof Tuple) settings['axis'] = settings['axis'].items;
  if (settings['where']) settings['where'] = wrap(settings['where'] as NDArray);
  return call(...args.map((arg) => (arg instanceof NDArray && arg.ndim > 0 ? wrap(arg) : arg)), settings);
}

/** Compares all cases of a function, or every third: what differs then is how the elements come in, not what they are. */
function check(name: string, wrap: (value: NDArray) => unknown, every = 1): void {
  let compared = 0;
  cases.forEach((each, i) => {
    if (each.question.function !== name || i % every !== 0) return;
    const answer = answers[i];
    if (isError(answer)) {
      expect(() => ours(each, wrap), `${each.title}: ${answer.error} ${answer.message}`).toThrow();
      return;
    }
    let result: unknown;
    try {
      result = ours(each, wrap);
    } catch (error) {
      throw new Error(`${each.title} threw`, { cause: error });
    }
    expectSame(result, answer, each.title, each.tolerance);
    compared++;
  });
  expect(compared).toBeGreaterThan(50 / every);
}

const SOME = THOROUGH ? 1 : 3;

describe.each(NAMES)('%s', (name) => {
  test('in memory is what numpy computes', () => check(name, (array) => array));
  test('in blocks is what numpy computes', () => check(name, (array) => new MemorySource(array), SOME));
  test('in blocks of a few elements is what numpy computes', () =>
    withOptions({ maxMemory: 1000 }, () => check(name, (array) => new MemorySource(array), SOME)));
  test('on disk is what numpy makes', () => {
    const { write } = fileOfTest();
    withOptions({ maxMemory: '8K' }, () => check(name, write, SOME));
  });
});
