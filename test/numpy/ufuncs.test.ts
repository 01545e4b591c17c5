import { describe, expect, test } from 'vitest';
import { withOptions } from '../../src/containers/options.js';
import { allocate, typeOfName } from '../../src/kernels/element-type.js';
import { UFUNCS } from '../../src/kernels/ufuncs.js';
import '../../src/numpy-of-node.js';
import { NDArray } from '../../src/numpy/ndarray.js';
import * as functions from '../../src/numpy/ufuncs.js';
import {
  type Answer,
  expectSame,
  isError,
  numpy,
  type Question,
  type Tolerance,
} from '../oracle/numpy-calls.js';
import { THOROUGH } from '../thoroughness.js';
import { complexWithNaN, NUMBER_DTYPES, type Range, sample } from './cases.js';
import { fileOfTest } from './h5-arrays.js';
import { MemorySource } from './memory-source.js';

type Call = (...args: unknown[]) => unknown;
const call = (name: string) => (functions as unknown as { [name: string]: Call })[name] as Call;

/** Where the functions of the machine and those of C may round differently. */
const INEXACT = new Set(
  [
    'sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh exp expm1 exp2 log log10 log2 log1p cbrt',
  ]
    .join(' ')
    .split(' ')
    .concat(['power', 'float_power']),
);
const tolerance = (name: string, dtype = ''): Tolerance =>
  // Parts of complex numbers may cancel out.
  dtype === 'c8'
    ? { ulps: 64, scale: 1e-6 }
    : dtype === 'c16'
      ? { ulps: 64, scale: 1e-14 }
      : INEXACT.has(name)
        ? { ulps: 4 }
        : {};

const IDENTICAL_RANGE: { readonly [name: string]: Range } = { power: 'natural', float_power: 'natural' };

interface Case {
  readonly question: Question;
  readonly title: string;
  readonly tolerance: Tolerance;
}

const cases: Case[] = [];
function add(name: string, args: unknown[], options: { [name: string]: unknown } = {}, dtype = ''): void {
  const shown = args.map((arg) =>
    arg instanceof NDArray ? `${arg.dtype}(${arg.shape.join(',')})` : String(arg),
  );
  cases.push({
    question: { function: name, args, options },
    title: `${name}(${shown.join(', ')}${Object.keys(options).length ? `, ${Object.keys(options)}` : ''})`,
    tolerance: tolerance(name, dtype),
  });
}

let seed = 1;
for (const [name, { inputs }] of UFUNCS) {
  const range = IDENTICAL_RANGE[name] ?? 'all';
  if (inputs === 1) {
    for (const dtype of NUMBER_DTYPES) {
      add(name, [sample(dtype, [67], seed++, range)]);
      add(name, [sample(dtype, [3, 4, 5], seed++, 'small')]);
    }
    for (const dtype of ['c8', 'c16']) add(name, [sample(dtype, [23], seed++, 'small')], {}, dtype);
    add(name, [sample('f8', [0, 3], seed++)]);
    add(name, [sample('f8', [], seed++, 'unit')]);
    add(name, [0.75]);
    add(name, [3]);
    if (name !== 'isneginf' && name !== 'isposinf')
      add(
        name,
        [
          sample('f8', [3, 4], seed++),
          sample(UFUNCS.get(name)?.rule === 'test' ? 'bool' : 'f8', [3, 4], seed++),
        ],
        { where: sample('bool', [4], seed++) },
      );
  } else {
    for (const left of NUMBER_DTYPES) {
      for (const right of NUMBER_DTYPES)
        add(name, [sample(left, [41], seed++, range), sample(right, [41], seed++, range)]);
      for (const scalar of [0, 1, -1, 2, 100, 300, 70000, 2.5, 1e300, -300]) {
        if (name === 'power' && scalar < 0) continue;
        // Numpy takes the first loop of these that fits, which is a signed one there, where it adds and multiplies in an unsigned one.
        if (
          ((scalar >= 300 && left === 'u1') || (scalar === 70000 && left === 'u2')) &&
          ['power', 'floor_divide', 'mod', 'fmod'].includes(name)
        )
          continue;
        add(name, [sample(left, [11], seed++, range), scalar]);
      }
      add(name, [sample(left, [5], seed++, range), true]);
      add(name, [7, sample(left, [11], seed++, range)]);
      add(name, [sample(left, [], seed++, 'natural'), sample('f4', [3], seed++, 'natural')]);
    }
    for (const dtype of ['c8', 'c16']) {
      add(name, [sample(dtype, [9], seed++), sample(dtype, [9], seed++)], {}, dtype);
      add(name, [sample(dtype, [9], seed++), sample('i2', [9], seed++, 'natural')], {}, dtype);
    }
    for (const [a, b] of [
      [[3, 4], [4]],
      [
        [3, 1],
        [1, 4],
      ],
      [
        [2, 3, 4],
        [3, 1],
      ],
      [[4], [2, 1, 4]],
      [[0, 3], [3]],
      [[], [2, 2]],
      [[1], [5, 1]],
    ] as const) {
      add(name, [sample('f8', a, seed++, range), sample('f8', b, seed++, range)]);
      add(name, [
        sample('i4', a, seed++, a.length === 0 ? 'natural' : range),
        sample('u1', b, seed++, 'natural'),
      ]);
    }
    add(
      name,
      [
        sample('f8', [3, 4], seed++, range),
        sample('f8', [3, 4], seed++, range),
        sample('f8', [3, 4], seed++),
      ],
      {
        where: sample('bool', [3, 1], seed++),
      },
    );
  }
}
for (const name of ['equal', 'not_equal', 'greater', 'greater_equal', 'less', 'less_equal']) {
  add(name, [sample('str', [40], seed++), sample('str', [40], seed++)]);
  add(name, [sample('str', [4, 1], seed++), sample('str', [5], seed++)]);
  add(name, [sample('str', [9], seed++), 'ab']);
}
for (const name of ['add', 'multiply', 'subtract']) {
  for (const dtype of ['f4', 'f8', 'i8', 'c16', 'i4'])
    add(name, [sample('i2', [5], seed++), sample('i2', [5], seed++)], { dtype });
}
for (const name of ['sin', 'sqrt', 'exp']) add(name, [sample('i2', [5], seed++, 'natural')], { dtype: 'f8' });
add('sin', [sample('f8', [5], seed++, 'natural')], { dtype: 'f4' });

// Operands become of the type that is asked for before they are computed with.
for (const [name, { inputs, rule }] of UFUNCS) {
  if (rule !== 'keep') continue;
  for (const [from, dtype] of [
    ['i8', 'i4'],
    ['i8', 'i1'],
    ['i8', 'f4'],
    ['i4', 'i1'],
    ['u4', 'i2'],
    ['u8', 'u1'],
    ['f8', 'f4'],
    ['c16', 'c8'],
  ] as const) {
    const isPower = name === 'power';
    if (isPower && dtype === 'c8') continue;
    const of = () => sample(from, [29], seed++, isPower ? 'natural' : from === 'c16' ? 'small' : 'all');
    add(name, inputs === 1 ? [of()] : [of(), of()], { dtype }, dtype);
  }
  add(name, inputs === 1 ? [300n] : [sample('i8', [5], seed++, 'natural'), 300n], { dtype: 'i1' });
}
// What has no axes is cast to it whatever its value, too.
for (const dtype of ['i8', 'i4'])
  add('multiply', [sample('bool', [5], seed++), array0('u8', 2n ** 63n + 5n)], { dtype });
// What is of a smaller type is so in an output of a larger one.
for (const [name, { inputs, rule }] of UFUNCS) {
  if (rule === 'float' || rule === 'double') continue;
  for (const dtype of ['bool', 'u1', 'i1', 'u2', 'i4', 'u4', 'f4', 'i8', 'c8'] as const) {
    if (dtype === 'c8' && (name === 'power' || rule === 'divide')) continue;
    const of = () => sample(dtype, [3, 4], seed++, name === 'power' ? 'natural' : 'all');
    const operands = inputs === 1 ? [of()] : [of(), of()];
    const out = () => sample(dtype === 'c8' ? 'c16' : 'f8', [3, 4], seed++);
    add(name, [...operands, out()], {}, dtype);
    if (name !== 'isneginf' && name !== 'isposinf')
      add(name, [...operands, out()], { where: sample('bool', [4], seed++) }, dtype);
  }
}
for (const dtype of ['c8', 'c16'] as const) {
  for (const [name, { inputs, complex }] of UFUNCS) {
    if (inputs === 1 || !complex || ['power', 'float_power', 'divide', 'true_divide'].includes(name))
      continue;
    add(name, [complexWithNaN(dtype, [40], seed++), complexWithNaN(dtype, [40], seed++)]);
    add(name, [complexWithNaN(dtype, [40], seed++), sample('bool', [40], seed++)]);
    add(name, [sample('f4', [40], seed++), complexWithNaN(dtype, [40], seed++)]);
  }
}
// An output that the result stretches to is filled.
for (const [shape, out] of [
  [[2], [1, 2]],
  [[2], [3, 2]],
  [[1], [0]],
  [
    [0, 2],
    [1, 0, 2],
  ],
  [
    [2, 1],
    [2, 0],
  ],
  [[], [1, 1]],
  [[1, 2], [2]],
  [[3], [1]],
  [[2], [2, 3]],
] as const) {
  add('add', [sample('f8', shape, seed++), 1, sample('f8', out, seed++)]);
  add('negative', [sample('f8', shape, seed++), sample('f8', out, seed++)]);
}

// A number beside what has no axes.
for (const [name, { inputs }] of UFUNCS) {
  if (inputs === 1) continue;
  // Of uint64 and an integer numpy makes floats, even where there are no axes.
  for (const dtype of NUMBER_DTYPES.filter((each) => !each.startsWith('f') && each !== 'u8')) {
    for (const element of [0n, 1n, 5n, 100n]) {
      for (const number of name === 'power' ? [0, 1, 3] : [0, 1, 3, 100, 300]) {
        const array = array0(dtype, dtype === 'bool' ? element > 0n : element);
        add(name, [array, number]);
        if (name !== 'power') add(name, [number, array]);
      }
    }
  }
  for (const number of name === 'power' ? [1, 2] : [1, 2, 5, -7, 9007199254740992])
    add(name, [array0('i8', 9007199254740993n), number]);
}
function array0(dtype: string, value: bigint | boolean): NDArray {
  const type = typeOfName(dtype);
  const array = new NDArray(allocate(type, 1), [], type);
  array.set(value);
  return array;
}

/** Of a case with an output, a fresh one. */
function ours(
  { question: { function: name, args, options = {} } }: Case,
  wrap: (value: NDArray) => unknown,
): unknown {
  const { inputs } = UFUNCS.get(name) as { inputs: number };
  const own = args.map((arg) => (arg instanceof NDArray && arg.ndim > 0 ? wrap(arg) : arg));
  const [out] = own.slice(inputs);
  const settings = { ...options, where: options['where'] && wrap(options['where'] as NDArray), out };
  return call(name)(...own.slice(0, inputs), settings);
}

const copy = (array: NDArray) => array.astype(array.type.name);
let answers: Answer[];
try {
  answers = numpy(cases.map(({ question }) => question));
} catch (error) {
  throw new Error('numpy is needed as an oracle', { cause: error });
}

/** Compares all cases of a function, of which some are errors. */
function check(name: string, wrap: (value: NDArray) => unknown, every = 1): void {
  let compared = 0;
  cases.forEach((each, i) => {
    if (each.question.function !== name || i % every !== 0) return;
    const answer = answers[i];
    if (isError(answer)) {
      // Lambdas of numpy that refuse a type: so do ours.
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
  expect(compared).toBeGreaterThan(3);
}

describe.each([...UFUNCS.keys()])('%s', (name) => {
  test('in memory is what numpy computes', () => check(name, copy));
  test('in blocks is what numpy computes', () =>
    withOptions({ maxMemory: '1K' }, () =>
      check(name, (array) => new MemorySource(array), THOROUGH ? 1 : 4),
    ));
  test('on disk is what numpy computes', () => {
    const { write } = fileOfTest();
    // The types differ in memory, not on disk: some of the cases are enough.
    check(name, write, 5);
  });
});
