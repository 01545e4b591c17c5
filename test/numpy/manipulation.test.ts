import { describe, expect, test } from 'vitest';
import { withOptions } from '../../src/containers/options.js';
import { NDArray } from '../../src/numpy/ndarray.js';
import * as np from '../../src/numpy.js';
import { expectSame, isError, numpy, type Question, type Tolerance, Tuple } from '../oracle/numpy-calls.js';
import { complexWithNaN, NUMBER_DTYPES, sample } from './cases.js';
import { fileOfTest } from './h5-arrays.js';
import { MemorySource } from './memory-source.js';

type Wrap = (array: NDArray) => unknown;

interface Case {
  readonly title: string;
  readonly question: Question;
  /** Our call, of what stands for the arrays. */
  readonly ours: (args: readonly unknown[], options: { [name: string]: unknown }) => unknown;
  readonly tolerance: Tolerance;
}

const functions = np as unknown as { [name: string]: (...args: unknown[]) => unknown };
const cases: Case[] = [];

/** Options of Python that are arguments of ours, in that place. */
function add(
  name: string,
  args: readonly unknown[],
  options: { [name: string]: unknown } = {},
  positional: readonly string[] = [],
  tolerance: Tolerance = {},
): void {
  const show = (value: unknown): string => {
    if (value instanceof NDArray) return `${value.dtype}(${value.shape.join(',')})`;
    if (typeof value === 'bigint') return `${value}n`;
    if (value instanceof Tuple) return `(${value.items.map(show).join(', ')})`;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
    return Object.entries(value)
      .map(([key, each]) => `${key}: ${show(each)}`)
      .join(', ');
  };
  cases.push({
    title: `${name}(${args.map(show).join(', ')}, ${show(options)})`,
    question: { function: name, args, options },
    ours: (given, settings) => {
      const before = positional.map((key) => settings[key]);
      const rest = Object.fromEntries(Object.entries(settings).filter(([key]) => !positional.includes(key)));
      return (functions[name] as (...all: unknown[]) => unknown)(
        ...given,
        ...before,
        ...(Object.keys(rest).length > 0 ? [rest] : []),
      );
    },
    tolerance,
  });
}

let seed = 5000;
const DTYPES = [...NUMBER_DTYPES, 'c8', 'c16', 'str'];

for (const dtype of DTYPES) {
  const a = () => sample(dtype, [3, 4, 5], seed++);
  const small = () => sample(dtype, [12], seed++, 'natural');
  add('ravel', [a()]);
  add('ravel', [a()], { order: 'F' });
  add('reshape', [a(), [5, -1]]);
  add('reshape', [a(), [6, 10]], { order: 'F' });
  add('transpose', [a()]);
  add('transpose', [a()], { axes: [1, 2, 0] }, ['axes']);
  for (const axis of [0, 1, 2, -1, null]) {
    add('concatenate', [new Tuple(a(), a())], { axis });
    add('repeat', [a(), 2], { axis });
    add('sort', [a()], { axis });
    if (!dtype.startsWith('c')) add('argsort', [a()], { axis, kind: 'stable' });
  }
  add('concatenate', [
    new Tuple(sample(dtype, [2, 3], seed++), sample(dtype, [4, 3], seed++), sample(dtype, [1, 3], seed++)),
  ]);
  add('hstack', [new Tuple(a(), a())]);
  add('hstack', [new Tuple(small(), small())]);
  add('vstack', [new Tuple(a(), a())]);
  add('vstack', [new Tuple(small(), small())]);
  for (const axis of [0, 1, -1])
    add('stack', [new Tuple(sample(dtype, [2, 3], seed++), sample(dtype, [2, 3], seed++))], { axis });
  add('repeat', [sample(dtype, [3, 4], seed++), [1, 0, 2]], { axis: 0 });
  add('repeat', [small(), 3]);
  add('take', [
    a(),
    [
      [0, 1],
      [-1, 59],
    ],
  ]);
  add('take', [a(), 7]);
  for (const axis of [0, 1, 2]) {
    add('take', [a(), [2, 0, -1, 2]], { axis });
    add(
      'take',
      [
        a(),
        [
          [2, 0],
          [1, 1],
        ],
      ],
      { axis },
    );
    add('take', [a(), 1], { axis });
    add('delete', [a(), 1], { axis });
    add('delete', [a(), [0, -1, 1]], { axis });
    add('insert', [a(), 1, sample(dtype, [1], seed++, 'natural')], { axis });
    add('insert', [a(), [0, 2, 2], sample(dtype, [1], seed++, 'natural')], { axis });
    add('append', [a(), a()], { axis });
  }
  add('insert', [a(), 2, sample(dtype, [20], seed++)]);
  add('insert', [small(), [1, 3, 2], sample(dtype, [3], seed++)]);
  add('insert', [small(), [-1], sample(dtype, [4], seed++)]);
  add('insert', [sample(dtype, [3, 4], seed++), 1, sample(dtype, [3], seed++)], { axis: 1 });
  add('insert', [sample(dtype, [3, 4], seed++), [1], sample(dtype, [3, 1], seed++)], { axis: 1 });
  add('insert', [sample(dtype, [3, 4], seed++), [1, 2], sample(dtype, [3, 2], seed++)], { axis: 1 });
  add('insert', [sample(dtype, [3, 4], seed++), 0, sample(dtype, [2, 4], seed++)], { axis: 0 });
  add('delete', [small(), sample('bool', [12], 7)]);
  add('delete', [a(), 17]);
  add('append', [a(), small()]);
  add('unique', [small()]);
  add('unique', [a()]);
  add('unique', [a()], { return_index: true, return_inverse: true, return_counts: true });
  add('unique', [small()], { return_inverse: true, return_counts: true });
  for (const axis of [0, 1])
    add('unique', [sample(dtype, [6, 2], seed++, 'natural')], {
      axis,
      return_index: true,
      return_inverse: true,
      return_counts: true,
    });
  add('unique', [sample(dtype, [40], seed++)], { equal_nan: false, return_counts: true });
  add('isin', [a(), small()]);
  add('isin', [a(), small()], { invert: true });
  add('in1d', [a(), small()]);
  add('where', [sample('bool', [3, 4, 5], seed++), a(), a()]);
  add('where', [sample('bool', [4, 1], seed++), a(), small().reshape([3, 4]).reshape([3, 4, 1])]);
  add('where', [a()]);
  const one = a();
  add('array_equal', [one, one]);
  add('array_equal', [one, one], { equal_nan: dtype !== 'str' });
  add('array_equal', [a(), a()]);
  add('array_equal', [a(), small()]);
  add('zeros_like', [a()]);
  if (dtype !== 'str') add('ones_like', [a()]);
  if (dtype !== 'str' && !dtype.startsWith('c')) {
    for (const axis of [null, 0, 1, 2, -1])
      add('cumsum', [sample(dtype, [3, 4, 5], seed++, 'small')], { axis }, [], {
        ulps: 64,
        scale: dtype === 'f4' ? 1e-6 : 1e-14,
      });
    add('cumsum', [sample(dtype, [40], seed++, 'small')], { dtype: 'f8' }, [], { scale: 1e-14 });
  }
  if (dtype !== 'str') {
    for (const axis of [0, 1, 2, -1]) add('diff', [sample(dtype, [3, 4, 5], seed++, 'small')], { axis });
    add('diff', [sample(dtype, [3, 4], seed++, 'small')], { n: 2 });
    add('diff', [sample(dtype, [4], seed++, 'small')], { n: 0 });
    if (dtype !== 'bool') {
      add('diff', [sample(dtype, [4], seed++, 'small')], { prepend: 0, append: sample(dtype, [2], seed++) });
      add('diff', [sample(dtype, [3, 4], seed++, 'small')], { prepend: 1, axis: 0 });
    }
    for (const other of ['f8', 'i4', 'c16', 'bool']) {
      add('isclose', [a(), sample(other, [3, 4, 5], seed++)]);
      add('allclose', [a(), sample(other, [5], seed++)]);
    }
    add('isclose', [one, one], { equal_nan: true });
    add('isclose', [one, one], { rtol: 0.5, atol: 3 });
    add('allclose', [one, one], { equal_nan: true });
  }
}
for (const [left, right] of [
  ['i1', 'f4'],
  ['u8', 'i8'],
  ['bool', 'u2'],
  ['f4', 'f8'],
  ['i4', 'c8'],
] as const) {
  add('concatenate', [new Tuple(sample(left, [3], seed++), sample(right, [3], seed++))]);
  add('stack', [new Tuple(sample(left, [3], seed++), sample(right, [3], seed++))]);
  add('where', [sample('bool', [3], seed++), sample(left, [3], seed++), sample(right, [3], seed++)]);
  add('isin', [sample(left, [3, 4], seed++, 'natural'), sample(right, [3], seed++, 'natural')]);
}
for (const shape of [[1, 2, 3], [2, 1, 3], [2, 3, 1], [1, 1, 5], [1, 1], [1]]) {
  for (let axis = 0; axis <= shape.length; axis++)
    add('stack', [new Tuple(sample('i1', shape, seed++), sample('i1', shape, seed++))], { axis });
  add('vstack', [new Tuple(sample('i1', shape, seed++), sample('i1', shape, seed++))]);
  add('hstack', [new Tuple(sample('i1', shape, seed++), sample('i1', shape, seed++))]);
}
for (const dtype of ['c8', 'c16'] as const) {
  add('sort', [complexWithNaN(dtype, [50], seed++)]);
  add('sort', [complexWithNaN(dtype, [9, 7], seed++)], { axis: 0 });
  add('argsort', [complexWithNaN(dtype, [50], seed++)], { kind: 'stable' });
  add('argsort', [complexWithNaN(dtype, [9, 7], seed++)], { kind: 'stable', axis: 0 });
  add('unique', [complexWithNaN(dtype, [50], seed++)]);
  add('unique', [complexWithNaN(dtype, [50], seed++)], { equal_nan: false });
  add('unique', [complexWithNaN(dtype, [50], seed++)], { return_counts: true, return_inverse: true });
}
for (const other of [1e300, 1e19, -1e300, 5, -1, 0.5, true, 2n ** 63n]) {
  for (const dtype of ['i8', 'u1', 'f4', 'bool', 'i2', 'u8']) {
    if (dtype === 'bool' && other === true) continue;
    // It comes to Python as an integer, which is unsigned there.
    if (other === 1e19 && /[ub]/.test(dtype)) continue;
    add('diff', [sample(dtype, [4], seed++, 'small')], { append: other });
    add('diff', [sample(dtype, [3, 2], seed++, 'small')], { prepend: other, axis: 0 });
  }
}
for (const axis of [0, -1, 1, null]) {
  const one = () => sample('i8', [], seed++, 'natural');
  add('cumsum', [one()], { axis });
  add('argsort', [one()], { axis });
  add('take', [one(), [0, 0]], { axis });
  add('take', [one(), 0], { axis });
  add('repeat', [one(), 3], { axis });
  add('sort', [one()], { axis });
  add('delete', [one(), 0], { axis });
  add('insert', [one(), 0, 1], { axis });
}
for (const out of ['f8', 'i8'])
  add('cumsum', [sample('u1', [6], seed++)], { dtype: 'u1', out: sample(out, [6], seed++) });
add('cumsum', [complexWithNaN('c16', [6], seed++)], { dtype: 'i8' });
add('where', [sample('bool', [5], seed++), sample('i2', [5], seed++), 3]);
add('where', [sample('bool', [5], seed++), sample('f4', [5], seed++), 2.5]);
add('concatenate', [new Tuple(sample('f8', [0, 3], seed++), sample('f8', [2, 3], seed++))]);
add('concatenate', [new Tuple(sample('i4', [2], seed++), sample('i4', [2], seed++))], { dtype: 'f8' });
add('sort', [sample('f8', [0], seed++)]);
add('unique', [sample('f8', [0], seed++)]);
add('take', [sample('f8', [3], seed++), []], {});
add('take', [sample('f8', [3], seed++), [3]]);
add('take', [sample('f8', [3], seed++), 0], { axis: 1 });
add('reshape', [sample('f8', [3], seed++), [2, 2]]);
add('transpose', [sample('f8', [3, 2], seed++)], { axes: [0, 0] }, ['axes']);
add('concatenate', [new Tuple(sample('f8', [3, 2], seed++), sample('f8', [3, 3], seed++))]);
add('concatenate', [new Tuple(sample('f8', [3, 2], seed++), sample('f8', [3], seed++))]);
add('stack', [new Tuple(sample('f8', [3], seed++), sample('f8', [2], seed++))]);
add('insert', [sample('f8', [3], seed++), 4, 0]);
add('delete', [sample('f8', [3], seed++), 3]);
add('repeat', [sample('f8', [3], seed++), [1, 2]]);
add('repeat', [sample('f8', [3], seed++), -1]);
add('sort', [sample('f8', [3], seed++)], { axis: 1 });
add('diff', [sample('f8', [3], seed++)], { n: -1 });
add('cumsum', [sample('f8', [3], seed++)], { axis: 3 });

const answers = numpy(cases.map(({ question }) => question));
const names = [...new Set(cases.map(({ question }) => question.function))];

function check(name: string, wrap: Wrap): void {
  let compared = 0;
  const replace = (value: unknown): unknown => {
    if (value instanceof NDArray) return value.ndim > 0 ? wrap(value) : value;
    return value instanceof Tuple ? value.items.map(replace) : value;
  };
  cases.forEach(({ question, ours, title, tolerance }, i) => {
    if (question.function !== name) return;
    const answer = answers[i];
    const run = () =>
      ours(
        question.args.map(replace),
        Object.fromEntries(
          Object.entries(question.options ?? {}).map(([key, value]) => [key, replace(value)]),
        ),
      );
    if (isError(answer)) {
      expect(run, `${title}: ${answer.error} ${answer.message}`).toThrow(np.KernelError);
      return;
    }
    let result: unknown;
    try {
      result = run();
    } catch (error) {
      throw new Error(`${title} threw`, { cause: error });
    }
    expectSame(result, answer, title, tolerance);
    compared++;
  });
  expect(compared).toBeGreaterThan(10);
}

describe.each(names)('%s', (name) => {
  test('in memory is what numpy makes', () => check(name, (array) => array));
  test('in blocks is what numpy makes', () => check(name, (array) => new MemorySource(array)));
  test('in blocks under a tiny cap is what numpy makes', () =>
    withOptions({ maxMemory: '8K' }, () => check(name, (array) => new MemorySource(array))));
  test('on disk is what numpy makes', () => {
    const { write } = fileOfTest();
    withOptions({ maxMemory: '8K' }, () => check(name, write));
  });
});
