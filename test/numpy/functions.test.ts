import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { H5Array } from '../../src/containers/h5-array.js';
import { withOptions } from '../../src/containers/options.js';
import { thePlatform, usePlatform } from '../../src/containers/platform.js';
import { KernelError } from '../../src/kernels/errors.js';
import { H5Error, H5File } from '../../src/node.js';
import { NDArray } from '../../src/numpy/ndarray.js';
import * as np from '../../src/numpy-of-node.js';
import { expectSame, isError, numpy, type Question, Tuple } from '../oracle/numpy-calls.js';
import { THOROUGH } from '../thoroughness.js';
import { sample } from './cases.js';
import { TestFile } from './h5-arrays.js';
import { MemorySource } from './memory-source.js';

/** What the README of ch5mpy has ticked, without what stands twice there. */
const TICKED = `all any isfinite isinf isnan isneginf isposinf logical_and logical_or logical_not logical_xor array_equal greater
greater_equal less less_equal equal not_equal sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh floor ceil trunc
prod sum diff exp expm1 exp2 log log10 log2 log1p add positive negative multiply divide power subtract true_divide floor_divide
float_power fmod mod maximum fmax amax minimum fmin amin sqrt cbrt square absolute fabs sign unique in1d isin empty ones ones_like zeros
zeros_like full array asarray asanyarray copy ravel transpose concatenate vstack hstack repeat delete insert ndim`;
const TICKED_CHAR = 'add multiply mod equal not_equal greater_equal less_equal greater less';
const TICKED_RANDOM = `beta binomial bytes chisquare choice dirichlet exponential f gamma get_state geometric gumbel hypergeometric laplace
logistic lognormal logseries multinomial multivariate_normal negative_binomial noncentral_chisquare noncentral_f normal pareto permutation
poisson power rand randint randn random random_integers random_sample rayleigh seed set_state shuffle standard_cauchy
standard_exponential standard_gamma standard_normal standard_t triangular uniform vonmises wald weibull zipf`;
/** What there is besides. */
const OTHERS = `rint mean std var min max argmin argmax cumsum stack sort argsort append take reshape copyto where allclose isclose arange`;

const words = (list: string) => list.split(/\s+/);

describe('the list of functions', () => {
  test('all that ch5mpy has ticked are here', () => {
    // With unique, which is ticked twice, and ndarray.T.
    expect(words(TICKED).length + words(TICKED_CHAR).length + words(TICKED_RANDOM).length + 2).toBe(148);
    for (const name of [...words(TICKED), ...words(OTHERS)])
      expect(typeof (np as unknown as { [name: string]: unknown })[name], name).toBe('function');
    for (const name of words(TICKED_CHAR))
      expect(typeof (np.char as unknown as { [name: string]: unknown })[name], `char.${name}`).toBe(
        'function',
      );
    for (const name of words(TICKED_RANDOM))
      expect(typeof (np.random as unknown as { [name: string]: unknown })[name], `random.${name}`).toBe(
        'function',
      );
    expect(np.array([[1, 2]]).T.toNested()).toEqual([[1], [2]]);
  });

  test('each of them is called by a test', () => {
    const read = (name: string) => readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8');
    const table = read('../../src/kernels/ufuncs.ts');
    const tests = ['manipulation', 'reductions', 'ch5mpy', 'functions']
      .map((name) => read(`${name}.test.ts`))
      .join('\n');
    for (const name of [...words(TICKED), ...words(OTHERS)]) {
      const isInTable = new RegExp(`^  ${name}: \\{ rule`, 'm').test(table);
      expect(isInTable || tests.includes(`'${name}'`) || tests.includes(`np.${name}(`), name).toBe(true);
    }
    const random = read('random.test.ts');
    for (const name of words(TICKED_RANDOM))
      expect(new RegExp(`random\\.${name}\\(|^  ${name}: \\[`, 'm').test(random), `random.${name}`).toBe(
        true,
      );
    for (const name of words(TICKED_CHAR))
      expect(tests.includes(`'char.${name}'`), `char.${name}`).toBe(true);
  });

  test('the loops are those of the table', () => {
    const script = fileURLToPath(new URL('../../scripts/loops.mjs', import.meta.url));
    const made = execFileSync(process.execPath, [script, '--print'], { encoding: 'utf8' });
    expect(made).toBe(
      readFileSync(fileURLToPath(new URL('../../src/kernels/loops.ts', import.meta.url)), 'utf8'),
    );
  });
});

describe('strings', () => {
  const a = np.array(['a', 'b ', '', 'Zz', 'é', '\u{1f600}', 'a']);
  const b = np.array(['a ', 'b', 'x', 'zz', 'f', '\uffee', 'ab']);
  const questions = [
    { function: 'char.add', args: [a, b] },
    { function: 'char.add', args: [a, np.reshape(b, [7, 1])] },
    { function: 'char.multiply', args: [a, np.array([0, 1, 2, 3, -1, 2, 5], { dtype: 'i8' })] },
    ...[
      'char.equal',
      'char.not_equal',
      'char.greater',
      'char.greater_equal',
      'char.less',
      'char.less_equal',
    ].map((name) => ({
      function: name,
      args: [a, b],
    })),
    ...['%d|', '%5d', '%-5d|', '%05d', '%+d', '%x', '%s'].map((format) => ({
      function: 'char.mod',
      args: [np.array([format, `${format}%%`]), np.array([12, -7], { dtype: 'i8' })],
    })),
    ...['%f', '%.2f', '%8.3f', '%e', '%.3g', '%g', '%s', '%G'].map((format) => ({
      function: 'char.mod',
      args: [np.array([format]), np.array([3.25159, -0.5, 1e20, 1e-7, 100, 0])],
    })),
    { function: 'char.mod', args: [np.array(['<%s>', '%5s', '%-5s|']), np.array(['x', 'y', 'z'])] },
    // Half a digit goes to the even one, a point without digits is one with none, and integers have at least so many digits.
    ...[
      '%.0f',
      '%.f',
      '%.1f',
      '%.2f',
      '%.0e',
      '%.1e',
      '%.g',
      '%.2g',
      '%#g',
      '%F',
      '%012.3f',
      '%.3d',
      '%+5.3d',
      '%d',
    ].map((format) => ({
      function: 'char.mod',
      args: [np.array([format]), np.array([0.5, 1.5, 2.5, -0.125, 0.25, 9.5, 95, 1e21, 1e22, -0, 5e-324])],
    })),
    ...['%.f', '%e', '%F', '%G'].map((format) => ({
      function: 'char.mod',
      args: [np.array([format]), np.array([Number.NaN, Infinity, -Infinity])],
    })),
    ...['%.3x', '%#.3o', '%+08.4d', '%-8.4X|', '%c'].map((format) => ({
      function: 'char.mod',
      args: [np.array([format]), np.array([5, 300], { dtype: 'i4' })],
    })),
    { function: 'char.mod', args: [np.array(['%08r', '%05s']), np.array(['a', 'b'])] },
  ];
  const answers = numpy(questions);
  const ours = (name: string) =>
    (np.char as unknown as { [name: string]: (x: unknown, y: unknown) => unknown })[name.slice(5)];

  test.each(questions.map((question, i) => [question.function, i] as const))(
    'char: %s, case %i',
    (name, i) => {
      const { args } = questions[i] as (typeof questions)[number];
      const answer = answers[i] as (typeof answers)[number];
      if (isError(answer)) throw new Error(answer.message);
      expectSame(ours(name)?.(args[0], args[1]), answer, name);
      const file = new TestFile();
      expectSame(
        ours(name)?.(...(args.map((arg) => file.write(arg as NDArray)) as [unknown, unknown])),
        answer,
        name,
      );
    },
  );

  test('add and multiply of strings are those of char', () => {
    expect((np.add(['a'], 'b') as NDArray).toNested()).toEqual(['ab']);
    expect((np.multiply(['ab'], 2) as NDArray).toNested()).toEqual(['abab']);
    expect(() => np.add(['a'], 1)).toThrow(expect.objectContaining({ code: 'H5_DTYPE' }));
    expect(() => np.multiply(['a'], 1.5)).toThrow(expect.objectContaining({ code: 'H5_VALUE' }));
    expect(() => np.multiply(['a'], 2 ** 40)).toThrow(expect.objectContaining({ code: 'H5_MEMORY' }));
    expect(() => np.char.mod(['%d %d'], 1)).toThrow(/more than one value/);
    expect(() => np.char.mod(['x'], 1)).toThrow(/takes no value/);
    expect(() => np.char.equal(['x'], 1)).toThrow(expect.objectContaining({ code: 'H5_DTYPE' }));
  });
});

test.each([
  ['%c', -1],
  ['%c', 2 ** 40],
  ['%c', 2.5],
  ['%c', 'ab'],
  ['%x', 2.5],
  ['%d', Number.NaN],
  ['%d', 'a'],
  ['%s%', 1],
  ['%*d', 1],
  ['%(a)s', 1],
  ['%s', { re: 1, im: 2 }],
] as const)('%s of %s is refused by char.mod', (format, value) => {
  const type = typeof value === 'number' && Number.isInteger(value) ? { dtype: 'i8' } : {};
  expect(() => np.char.mod([format], np.array([value], type))).toThrow(KernelError);
});

test('arange goes as numpy does: exactly by bigints, and in steps of the dtype', () => {
  const cases: Question[] = [
    [2n ** 62n, 2n ** 62n + 4n],
    [-(2n ** 60n) - 1n, -(2n ** 60n) - 9n, -3n],
    [2n ** 53n + 1n, 2n ** 53n + 4n, 1n],
    [0n, 3n],
    [5n],
    [3n, 3n],
    [3.7, 5, 0.1],
    [-2.5, -1, 0.1],
  ].map((args) => ({ function: 'arange', args }));
  cases.push({ function: 'arange', args: [2n ** 63n, 2n ** 63n + 2n], options: { dtype: 'u8' } });
  for (const dtype of ['i8', 'i2', 'u1', 'f4', 'f8', 'c16'])
    for (const args of [
      [-2.5, 5.5],
      [0.5, 10, 3.7],
      [1, 0, -0.3],
    ])
      cases.push({ function: 'arange', args, options: { dtype } });
  const answers = numpy(cases);
  for (const [i, { args, options = {} }] of cases.entries())
    expectSame(
      np.arange(...(args as [number, number]), options),
      answers[i],
      `arange(${args}) ${options['dtype']}`,
    );
});

describe('results', () => {
  test('without axes are numbers; of 64-bit integers bigints', () => {
    expect(np.sum(new Int32Array([1, 2]))).toBe(3);
    expect(np.sum(new BigInt64Array([1n, 2n]))).toBe(3n);
    expect(np.sum(new Uint32Array(2 ** 10).fill(2 ** 32 - 1))).toBe(2 ** 10 * (2 ** 32 - 1));
    expect(np.add(1, 2)).toBe(3);
    expect(np.isnan(Number.NaN)).toBe(true);
    expect(np.argmax([1, 3, 2])).toBe(1);
    expect(np.max(new BigUint64Array([2n ** 63n]))).toBe(2n ** 63n);
    expect(np.prod(new Int32Array(40).fill(2))).toBe(2 ** 40);
    // Beyond what a number holds exactly.
    expect(np.prod(new Int32Array(20).fill(7))).toBe(7n ** 20n);
  });

  test('sums are as exact as numpy: ten million float32', () => {
    const values = new Float32Array(10_000_000);
    let exact = 0;
    for (let i = 0; i < values.length; i++) values[i] = (i % 977) / 977;
    for (const value of values) exact += value;
    expect(Math.abs(Number(np.sum(values)) - exact) / exact).toBeLessThan(1e-7);
    expect(Math.abs(np.mean(values) - exact / values.length) / (exact / values.length)).toBeLessThan(1e-6);
  });

  test('larger than half of the cap are on disk, smaller ones in memory', () => {
    const source = new TestFile().write(np.arange(100) as NDArray);
    withOptions({ maxMemory: 1600 }, () => expect(np.add(source, 1)).toBeInstanceOf(NDArray));
    const large = withOptions({ maxMemory: 1599 }, () => np.add(source, 1));
    expect(large).toBeInstanceOf(H5Array);
    expect(np.array_equal(large, np.arange(1, 101))).toBe(true);
  });

  test('elements become of the type that is asked for before they are compared', () => {
    const big = BigInt64Array.of(2n ** 62n + 5n, 3n);
    for (const x of [big, new TestFile().write(np.array(big))]) {
      expect(np.max(x, { dtype: 'i4' })).toBe(5);
      expect(np.min(x, { dtype: 'i1' })).toBe(3);
      expect(np.min(x, { dtype: 'f4' })).toBe(3);
    }
  });

  test('complex numbers become integers as real ones do', () => {
    const none = np.array([
      { re: Number.NaN, im: 0 },
      { re: -Infinity, im: 1 },
      { re: -3.7, im: 2 },
    ]);
    const least = -(2n ** 63n);
    expect(none.astype('i8').toNested()).toEqual([least, least, -3n]);
    expect(np.sum(none.reshape([3, 1]), { axis: 1, dtype: 'i8' })).toMatchObject({
      data: BigInt64Array.of(least, least, -3n),
    });
  });

  describe('that do not fit the disk', () => {
    const platform = thePlatform();
    const noSpace = expect.objectContaining({
      code: 'H5_SPACE',
      message: expect.stringMatching(/takes 800000 bytes on disk, where 799999 are free/),
    });
    let asked: unknown[] = [];
    beforeEach(() => {
      asked = [];
      const freeSpace = (path: string | URL) => {
        asked.push(path);
        return 799_999;
      };
      usePlatform({ ...platform, freeSpace });
    });
    afterEach(() => usePlatform(platform));

    test('are refused before they are begun', () => {
      withOptions({ maxMemory: '64K' }, () => {
        expect(() => np.arange(100_000)).toThrow(noSpace);
        expect(() => np.ones(100_000)).toThrow(noSpace);
        expect(() => np.random.random({ size: 100_000 })).toThrow(noSpace);
        expect(np.arange(99_999)).toBeInstanceOf(H5Array);
        // What is not written takes none.
        const zeros = np.zeros(100_000);
        expect(zeros).toBeInstanceOf(H5Array);
        expect(() => np.add(zeros, 1)).toThrow(noSpace);
      });
      expect(asked.length).toBe(5);
    });

    test('are refused in a file at a path', () => {
      const folder = mkdtempSync(join(tmpdir(), 'h5pickle-space-'));
      const path = join(folder, 'a.h5');
      try {
        using file = H5File.open(path, 'w');
        expect(() => np.arange(100_000, { file, name: 'a' })).toThrow(noSpace);
        expect(() => np.arange(100_000, { group: file.createGroup('g'), name: 'a' })).toThrow(noSpace);
        expect(file.has('a')).toBe(false);
        np.full([100_000], 7, { file, name: 'sevens' });
        np.arange(100_000, { file, name: 'small', chunks: [1000], compression: 'gzip' });
        expect(() => np.arange(100_000, { file: join(folder, 'b.h5'), name: 'a' })).toThrow(noSpace);
      } finally {
        rmSync(folder, { recursive: true });
      }
      expect(asked).toEqual([path, path, join(folder, 'b.h5')]);
      // In memory there is no disk.
      np.arange(100_000, { file: new TestFile().file, name: 'a' });
    });

    test('what is free is known', () => {
      expect(platform.freeSpace(join(tmpdir(), 'x.h5'))).toBeGreaterThan(0);
      expect(platform.freeSpace('/no/such/folder/x.h5')).toBe(undefined);
    });
  });

  test('go to a dataset that out names', () => {
    const { file } = new TestFile();
    const result = np.sin([1, 2], { out: { group: file, name: 'sines' } });
    expect(result).toBeInstanceOf(H5Array);
    expect(file.dataset('sines').value).toEqual(Float64Array.of(Math.sin(1), Math.sin(2)));
    expect(np.sum([[1, 2]], { axis: 0, out: { group: file, name: 'sums' } })).toBeInstanceOf(H5Array);
    expect(file.dataset('sums').value).toEqual(Float64Array.of(1, 2));
  });

  test('go to out of any kind, which is returned', () => {
    const typed = new Float32Array(3);
    expect(np.multiply([1, 2, 3], 2, { out: typed })).toBe(typed);
    expect(typed).toEqual(Float32Array.of(2, 4, 6));
    const disk = new TestFile().write(np.zeros([3], { dtype: 'f8' }) as NDArray);
    expect(np.multiply([1, 2, 3], 2, { out: disk })).toBe(disk);
    expect(disk.toNested()).toEqual([2, 4, 6]);
    np.add(disk, 1, { out: disk });
    expect(disk.toNested()).toEqual([3, 5, 7]);
    np.add(disk, 10, { out: disk, where: [true, false, true] });
    expect(disk.toNested()).toEqual([13, 5, 17]);
    // One value for all.
    expect(np.add(1, 1, { out: disk })).toBe(disk);
    expect(disk.toNested()).toEqual([2, 2, 2]);
    for (const [compute, expected] of [
      [() => np.cumsum([1, 2, 3], { out: disk }), [1, 3, 6]],
      [() => np.sort([3, 1, 2], { out: disk }), [1, 2, 3]],
      [() => np.take([5, 6], [1, 0, 1], { out: disk }), [6, 5, 6]],
      [() => np.concatenate([[1], [2, 3]], { out: disk }), [1, 2, 3]],
      [() => np.where([true, false, true], 1, [4, 5, 6], { out: disk }), [1, 5, 1]],
      [
        () =>
          np.max(
            [
              [1, 5, 2],
              [3, 4, 0],
            ],
            { axis: 0, out: disk },
          ),
        [3, 5, 2],
      ],
      [
        () =>
          np.mean(
            [
              [1, 5, 2],
              [3, 4, 0],
            ],
            { axis: 0, out: disk },
          ),
        [2, 4.5, 1],
      ],
    ] as const) {
      expect(compute()).toBe(disk);
      expect(disk.toNested()).toEqual(expected);
    }
  });

  test('of no differences at all are an array, whatever was given', () => {
    expect(np.diff([1, 4], { n: 0 })).toBeInstanceOf(NDArray);
    expect((np.diff(Int8Array.of(1, 4), { n: 0 }) as NDArray).dtype).toBe('int8');
  });

  test('may overlap their operands', () => {
    const base = np.arange(6) as NDArray;
    const array = new TestFile().write(base, { chunks: [2] });
    withOptions({ maxMemory: 64 }, () =>
      np.add(array.slice('0:5'), array.slice('1:6'), { out: array.slice('1:6') }),
    );
    expect(array.toNested()).toEqual([0, 1, 3, 5, 7, 9]);
    const memory = np.arange(4) as NDArray;
    np.add(new Float64Array((memory.data as Float64Array).buffer, 0, 1), 1, { out: memory });
    expect(memory.toNested()).toEqual([1, 1, 1, 1]);
  });

  test('in place, what a file held is changed part by part under the cap', () => {
    const file = H5File.open(new Uint8Array(0), 'w');
    file.createDataset('a', { data: new Float64Array(50_000) });
    const again = H5File.open(file.toBytes(), 'r+');
    const array = H5Array.of(again.dataset('a'));
    withOptions({ maxMemory: '32K' }, () => np.add(array, 1, { out: array }));
    expect(np.sum(array)).toBe(50_000);
    // A transaction is not cut into parts.
    expect(() =>
      again.transaction(() => {
        withOptions({ maxMemory: '32K' }, () => np.add(array, 1, { out: array }));
        throw new Error('taken back');
      }),
    ).toThrow('taken back');
    expect(np.sum(H5Array.of(again.dataset('a')))).toBe(50_000);
  });

  test('blocks that are read are within the cap', () => {
    const source = new MemorySource(np.reshape(np.arange(30_000), [100, 300]) as NDArray, [10, 10]);
    withOptions({ maxMemory: '64K' }, () => {
      for (const axis of [0, 1, undefined]) {
        np.sum(source, axis === undefined ? {} : { axis });
        np.std(source, axis === undefined ? {} : { axis });
        np.argmax(source, axis === undefined ? {} : { axis });
      }
      np.sqrt(source);
      np.cumsum(source, { axis: 0 });
      np.sort(source, { axis: 0 });
      np.transpose(source);
      np.take(source, [5, 90], { axis: 0 });
      np.concatenate([source, source]);
    });
    expect(source.reads).toBeGreaterThan(20);
    expect(source.largest).toBeLessThanOrEqual(2 ** 16 / 4);
  });

  test('what is longer than the cap is sorted in runs', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double(), { minLength: 1, maxLength: 400 }),
        fc.constantFrom(256, 512, 2048),
        (values, maxMemory) => {
          const array = np.array(values, { dtype: 'f8' });
          const sorted = withOptions({ maxMemory }, () => np.sort(new MemorySource(array)));
          expect(np.array_equal(sorted, np.sort(array), { equal_nan: true })).toBe(true);
        },
      ),
      { numRuns: Number(process.env['CASES'] ?? (THOROUGH ? 100 : 40)) },
    );
  });

  test('what is among more than the cap is found', () => {
    const few = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constantFrom(NaN, -0, Infinity, -Infinity, 0.5));
    fc.assert(
      fc.property(
        fc.array(few, { maxLength: 60 }),
        fc.array(few, { maxLength: 60 }),
        fc.constantFrom('f8', 'f4', 'c16', 'i2', 'i8', 'str'),
        fc.constantFrom('f8', 'f4', 'c16', 'i2', 'u8', 'str'),
        fc.constantFrom(256, 2048),
        fc.boolean(),
        (values, others, dtype, otherType, maxMemory, invert) => {
          if ((dtype === 'str') !== (otherType === 'str')) return;
          const made = (from: number[], type: string) =>
            type === 'str'
              ? np.array(from.map(String), { dtype: 'str' })
              : /[fc]/.test(type)
                ? np.array(from, { dtype: type })
                : np.array(from.filter(Number.isInteger).map(Math.abs), { dtype: type });
          const x = made(values, dtype);
          const among = made(others, otherType);
          const found = withOptions({ maxMemory }, () =>
            np.isin(new MemorySource(x), new MemorySource(among), { invert }),
          );
          expect(np.array_equal(found, np.isin(x, among, { invert }))).toBe(true);
        },
      ),
      { numRuns: Number(process.env['CASES'] ?? (THOROUGH ? 100 : 40)) },
    );
  });

  test('places are as many as there are, whatever the cap is', () =>
    withOptions({ maxMemory: 4000 }, () => {
      const file = new TestFile();
      const all = file.write(np.array(Float64Array.from({ length: 3000 }, (_, i) => i)), {
        contiguous: true,
      });
      const values = Array.from({ length: 3000 }, (_, i) => i);
      const list = (result: np.ArrayResult) => Array.from((result as H5Array).toTypedArray() as Float64Array);
      expect(list(np.delete_(all, 5))).toEqual(values.filter((i) => i !== 5));
      expect(list(np.delete_(all, [-1, 7, 7, 0]))).toEqual(values.slice(1, -1).filter((i) => i !== 7));
      for (const [start, stop, step] of [
        [3, 2900, 2],
        [10, 2000, 1],
        [2900, 5, -7],
        [5, 5, 1],
        [0, 3000, 3],
      ] as const) {
        const gone = new Set<number>();
        for (let i: number = start; step > 0 ? i < stop : i > stop; i += step) gone.add(i);
        expect(list(np.delete_(all, { start, stop, step }))).toEqual(values.filter((i) => !gone.has(i)));
      }
      const mask = np.greater(np.mod(all, 5), 2);
      expect(list(np.delete_(all, mask))).toEqual(values.filter((i) => i % 5 <= 2));
      expect(list(np.insert(all, [3, 0, 3], [-1, -2, -3]))).toEqual([
        -2,
        0,
        1,
        2,
        -1,
        -3,
        ...values.slice(3),
      ]);
      expect(list(np.repeat(all, 3))).toEqual(values.flatMap((i) => [i, i, i]));
      const [places] = np.where(np.mod(all, 3)) as H5Array[] as [H5Array];
      expect(places).toBeInstanceOf(H5Array);
      expect(list(places).map(Number)).toEqual(values.filter((i) => i % 3 !== 0));
      const backwards = np.subtract(2999, all);
      expect(list(np.take(all, backwards))).toEqual(values.toReversed());
      expect(list(np.take(all, backwards, { axis: 0 }))).toEqual(values.toReversed());
      expect(() => np.take(all, np.add(all, 1))).toThrow(/the index 3000 is out of range/);
      // In place, by places that are in what is changed.
      const copy = np.subtract(2999, all) as H5Array;
      np.take(copy, copy, { out: copy });
      expect(list(copy)).toEqual(values);
    }));

  test('numbers are the same text everywhere: that of numpy', () => {
    const floats = [
      1,
      2.5,
      1e-5,
      1e16,
      1e20,
      123456789,
      0.1,
      -0,
      3e38,
      Number.NaN,
      Infinity,
      -Infinity,
      1 / 3,
    ];
    const parts = [0, -0, 1, -2, 0.1, 1e-5, 1e16, Number.NaN, -Infinity];
    const arrays = [
      np.array(floats),
      np.array(floats, { dtype: 'f4' }),
      np.array(parts.flatMap((re) => parts.map((im) => ({ re, im })))),
      np.array([{ re: 0.1, im: -0.3 }], { dtype: 'c8' }),
      np.array([true, false]),
      np.array([1n, -(2n ** 63n)]),
    ];
    const answers = numpy(
      arrays.map((array) => ({ function: 'array', args: [array], options: { dtype: 'str' } })),
    );
    for (const [i, array] of arrays.entries()) {
      const expected = (answers[i] as NDArray).data;
      expect(array.astype('str').data).toEqual(expected);
      expect((np.copy(array, { dtype: 'str' }) as NDArray).data).toEqual(expected);
      expect(H5Array.from(array).astype('str').toTypedArray()).toEqual(expected);
      if (array.type.kind !== 'c') expect((np.char.mod('%s', array) as NDArray).data).toEqual(expected);
    }
  });

  test('texts are the numbers that they are for numpy, in memory and on disk', () => {
    const texts = [
      '1',
      '-5',
      ' 7 ',
      '2.5',
      '1e3',
      '',
      'abc',
      'nan',
      '-inf',
      '0x10',
      'Truth',
      '300',
      '+3',
      '1.',
      '.5',
      '00012',
      '-0',
    ];
    texts.push(
      '  ',
      '1e400',
      '1e-400',
      '4294967296',
      '9223372036854775808',
      '-9223372036854775809',
      '18446744073709551616',
    );
    const types = 'bool i1 i4 u4 i8 u8 f4 f8 c16'.split(' ');
    const cases = types.flatMap((type) => texts.map((text) => ({ type, text, array: np.array([text]) })));
    const answers = numpy(
      cases.map(({ type, array }) => ({
        function: 'ndarray.astype',
        args: [array, type === 'bool' ? '?' : type],
      })),
    );
    const file = new TestFile();
    for (const [i, { type, text, array }] of cases.entries()) {
      const title = `'${text}' as ${type}`;
      const answer = answers[i];
      if (isError(answer)) {
        expect(() => array.astype(type), title).toThrow(KernelError);
        expect(
          () =>
            file
              .write(array)
              .astype(type as 'f8')
              .toNested(),
          title,
        ).toThrow(H5Error);
        continue;
      }
      expectSame(array.astype(type), answer, title);
      // What an H5Array is converted to has to fit.
      const fits =
        type[0] !== 'i' && type[0] !== 'u'
          ? type !== 'c16'
          : String((answer as NDArray).get(0)) === `${BigInt(text)}`;
      if (fits) expectSame(file.write(array).astype(type as 'f8'), answer, `${title}, on disk`);
    }
  });

  test('copyto writes what is selected', () => {
    for (const target of [np.zeros([2, 3]) as NDArray, new TestFile().write(np.zeros([2, 3]) as NDArray)]) {
      np.copyto(target, [1, 2, 3]);
      np.copyto(target, -1, { where: [[true], [false]] });
      expect(target.toNested()).toEqual([
        [-1, -1, -1],
        [1, 2, 3],
      ]);
    }
    for (const target of [np.zeros(3) as NDArray, new TestFile().write(np.zeros(3) as NDArray)])
      for (const values of [np.array([[[1, 2, 3]]]), new TestFile().write(np.array([[[1, 2, 3]]]))]) {
        np.copyto(target, values);
        np.copyto(target, [[[[7]]]], { where: [[true, false, true]] });
        expect(target.toNested()).toEqual([7, 2, 7]);
        expect(() => np.copyto(target, [[1], [2]])).toThrow(/does not stretch to/);
        expect(() => np.copyto(target, [[1, 2, 3]], { where: [[true], [true]] })).toThrow(
          /does not stretch to/,
        );
      }
    const whole = np.zeros(2, { dtype: 'i4' }) as NDArray;
    expect(() => np.copyto(whole, [1.5, 2])).toThrow(expect.objectContaining({ code: 'H5_CASTING' }));
    np.copyto(whole, [1.5, 2], { casting: 'unsafe' });
    np.copyto(whole, 7, { where: [true, false] });
    expect(whole.toNested()).toEqual([7, 2]);
  });
});

test('where says which texts have more in them than space', () => {
  const texts = ['a', '', ' ', '0', '\t', '  a'];
  const places = { data: BigInt64Array.of(0n, 3n, 5n) };
  expect(np.where(texts)).toMatchObject([places]);
  expect(np.where(new TestFile().write(np.array(texts)))).toMatchObject([places]);
  // As numpy has it, what stands behind a zero counts.
  expect(np.where(['\0a', '\0 ', '\0', ' '])).toMatchObject([{ data: BigInt64Array.of(0n, 1n) }]);
});

describe('types', () => {
  test('of complex numbers results are complex', () => {
    const values = [
      { re: 1, im: 2 },
      { re: 3, im: -1 },
    ];
    const mean = np.mean(values);
    expectTypeOf(mean).toEqualTypeOf<np.Complex>();
    expect(mean).toEqual({ re: 2, im: 0.5 });
    const sum = np.sum([values, values], { initial: 1 });
    expectTypeOf(sum).toEqualTypeOf<np.Complex>();
    expect(sum).toEqual({ re: 9, im: 2 });
    expectTypeOf(np.prod(values)).toEqualTypeOf<np.Complex>();
    expectTypeOf(np.max(values)).toEqualTypeOf<np.Complex>();
    expectTypeOf(np.mean({ re: 1, im: 2 })).toEqualTypeOf<np.Complex>();
    expectTypeOf(np.var(values)).toEqualTypeOf<number>();
    expect(np.var(values)).toBe(3.25);
    expectTypeOf(np.argmax(values)).toEqualTypeOf<number>();
    expectTypeOf(np.any(values)).toEqualTypeOf<boolean>();
    expectTypeOf(np.mean(values, { axis: 0, keepdims: true })).toEqualTypeOf<np.ArrayResult>();
    const product = np.multiply({ re: 1, im: 2 }, 2);
    expectTypeOf(product).toEqualTypeOf<np.Complex>();
    expect(product).toEqual({ re: 2, im: 4 });
    expectTypeOf(np.negative({ re: 1, im: 2 })).toEqualTypeOf<np.Complex>();
    expectTypeOf(np.absolute({ re: 3, im: 4 })).toEqualTypeOf<number>();
    expect(np.absolute({ re: 3, im: 4 })).toBe(5);
    expectTypeOf(np.isnan({ re: 1, im: 2 })).toEqualTypeOf<boolean>();
  });

  test('with a complex dtype results are complex', () => {
    const mean = np.mean([1, 2], { dtype: 'c16' });
    expectTypeOf(mean).toEqualTypeOf<np.Complex>();
    expect(mean).toEqual({ re: 1.5, im: 0 });
    expectTypeOf(np.std(Float64Array.of(1, 2), { dtype: 'complex64' })).toEqualTypeOf<np.Complex>();
    expectTypeOf(np.sum([[1, 2]], { dtype: 'c16', axis: 0 })).toEqualTypeOf<np.ArrayResult>();
    expectTypeOf(np.sum([[1, 2]], { dtype: 'c16', keepdims: true })).toEqualTypeOf<np.ArrayResult>();
  });

  test('of real numbers results are real', () => {
    expectTypeOf(np.mean([1, 2])).toEqualTypeOf<number>();
    expectTypeOf(np.mean([])).toEqualTypeOf<number>();
    expectTypeOf(
      np.mean([
        [1, true],
        [2, 3],
      ]),
    ).toEqualTypeOf<number>();
    expectTypeOf(np.mean([Float64Array.of(1)])).toEqualTypeOf<number>();
    expectTypeOf(np.mean(np.zeros(3))).toEqualTypeOf<number>();
    expectTypeOf(np.mean([np.zeros(3)])).toEqualTypeOf<number>();
    expectTypeOf(np.sum(Float64Array.of(1))).toEqualTypeOf<number | bigint>();
    expectTypeOf(np.sum([1, 2], { dtype: 'i4' })).toEqualTypeOf<number | bigint>();
    expectTypeOf(np.mean([1, 2], { dtype: 'f4' as string })).toEqualTypeOf<number>();
    expectTypeOf(np.mean([[1, 2]], { axis: 0 })).toEqualTypeOf<np.ArrayResult>();
    expectTypeOf(np.add(1, 2)).toEqualTypeOf<number>();
    expectTypeOf(np.add([1], 2)).toEqualTypeOf<np.ArrayResult>();
  });
});

describe('complex functions at infinities, and of what is no number, are those of numpy', () => {
  const PARTS = [0, 1, -1, 0.33, -2, 30, -30, Infinity, -Infinity, Number.NaN];
  const pairs = PARTS.flatMap((re) => PARTS.map((im) => ({ re, im })));
  const values = pairs.filter(({ re, im }) => !Number.isFinite(re) || !Number.isFinite(im));
  const names =
    words(`sqrt exp exp2 expm1 log log2 log10 log1p sin cos tan sinh cosh tanh arcsin arccos arctan
arcsinh arccosh arctanh square sign absolute negative`);
  const answers = numpy(names.map((name) => ({ function: name, args: [np.array(values)] })));
  test.each(names.map((name, i) => [name, i] as const))('%s', (name, i) => {
    const call = (np as unknown as { [name: string]: (x: NDArray) => NDArray })[name] as (
      x: NDArray,
    ) => NDArray;
    const made = call(np.array(values));
    const by = answers[i] as NDArray;
    const list = (array: NDArray) =>
      (array.toNested() as np.Complex[]).map((value, at) => {
        const round = (x: number) => Number(x.toPrecision(12)) + 0;
        const shown = typeof value === 'number' ? round(value) : `${round(value.re)} ${round(value.im)}`;
        return `${values[at]?.re} ${values[at]?.im}: ${shown}`;
      });
    expect(list(made)).toEqual(list(by));
  });

  test('of what overflows there are zeros where the sine is zero', () => {
    const large = np.array([
      { re: 1000, im: 0 },
      { re: -1000, im: 0 },
      { re: 0, im: 1000 },
    ]);
    for (const name of ['sinh', 'cosh', 'exp', 'sin', 'cos'] as const)
      expectSame(np[name](large), numpy([{ function: name, args: [large] }])[0] as NDArray, name, {
        ulps: 4,
      });
  });
});

describe('complex inverse functions are as exact as those of numpy', () => {
  const SIZES = [
    0,
    5e-324,
    1e-300,
    1e-160,
    1e-20,
    1e-10,
    1e-5,
    0.3,
    0.5,
    0.7,
    1 - 2 ** -53,
    1,
    1 + 2 ** -52,
    1.5,
  ].concat([2, 3.25, 9, 11, 1e4, 1e7, 1e8, 1e16, 1e154, 1e160, 1e300, 1.7e308, Infinity, Number.NaN]);
  const PARTS = SIZES.flatMap((size) => [size, -size]);
  const values = PARTS.flatMap((re) => PARTS.map((im) => ({ re, im })));
  // Close to the circle on which the logarithm is no more than an angle, and to the branch points.
  for (let i = 0; i < 64; i++) {
    const angle = (i * Math.PI) / 32 + 0.01;
    values.push({ re: Math.cos(angle), im: Math.sin(angle) });
    values.push({ re: 1 + 10 ** -(i / 4) * Math.cos(angle), im: 10 ** -(i / 4) * Math.sin(angle) });
    values.push({ re: 10 ** -(i / 4) * Math.sin(angle), im: 10 ** -(i / 4) * Math.cos(angle) - 1 });
  }
  const names = [
    'arcsin',
    'arccos',
    'arctan',
    'arcsinh',
    'arccosh',
    'arctanh',
    'log',
    'log2',
    'log10',
    'sqrt',
  ] as const;
  const answers = numpy(names.map((name) => ({ function: name, args: [np.array(values)] })));
  test.each(names.map((name, i) => [name, i] as const))('%s', (name, i) => {
    const made = (np[name](np.array(values)) as NDArray).data as Float64Array;
    const by = (answers[i] as NDArray).data as Float64Array;
    const wrong: string[] = [];
    for (let k = 0; k < made.length; k++) {
      const [a, b] = [made[k] as number, by[k] as number];
      if (Object.is(a, b)) continue;
      const { re, im } = values[k >> 1] as np.Complex;
      const isZero = a === 0 && b === 0;
      const isSame = isZero
        ? Number.isNaN(re) || Number.isNaN(im)
        : Math.abs(a - b) <= Math.max(4 * 2 ** -52 * Math.abs(b), 2e-314);
      if (!isSame) wrong.push(`${re} ${im}, ${k % 2 ? 'im' : 're'}: ${a}, by numpy ${b}`);
    }
    expect(wrong).toEqual([]);
  });

  test('a logarithm close to 0 has all digits', () => {
    for (const [re, im, expected] of [
      [1, 1e-10, 5e-21],
      [1e-10, -1, 5e-21],
      [0.6, 0.8, 2.2204460492503132e-17],
      [0.7, 0.7, -0.010101353658759788],
      [1 + 2 ** -52, 0, 2 ** -52],
    ] as const)
      expect((np.log({ re, im }).re - expected) / expected).toBeCloseTo(0, 14);
  });
});

describe('dtypes of several operands are those of numpy', () => {
  const NAMES = 'bool i1 i2 i4 i8 u1 u2 u4 u8 f4 f8 c8 c16'.split(' ');
  const one = (dtype: string) => np.ones([1], { dtype }) as NDArray;

  test('of any three arrays that are joined', () => {
    const all = NAMES.flatMap((a) => NAMES.flatMap((b) => NAMES.map((c) => [a, b, c])));
    for (const name of ['concatenate', 'stack', 'vstack', 'hstack'] as const) {
      const some = name === 'concatenate' ? all : all.filter((_, i) => i % 37 === 0);
      const answers = numpy(some.map((types) => ({ function: name, args: [new Tuple(...types.map(one))] })));
      for (const [i, types] of some.entries())
        expectSame(np[name](types.map(one)), answers[i], `${name} of ${types}`);
    }
  });

  test('of an array and a number that does not fit it', () => {
    const cases = ['add', 'mod', 'fmod', 'floor_divide', 'power', 'maximum'].flatMap((name) =>
      NAMES.slice(0, 9).flatMap((dtype) =>
        [1, 200, 300, 40_000, 70_000, 2 ** 31, 2 ** 40, 2n ** 63n].map((value) => ({
          function: name as 'add',
          args: [one(dtype), value],
        })),
      ),
    );
    // An integer of Python is what a bigint is, as is a whole number here.
    const answers = numpy(cases);
    for (const [i, { function: name, args }] of cases.entries()) {
      if (isError(answers[i])) continue;
      const result = np[name](args[0] as NDArray, args[1] as number) as NDArray;
      expect(result.dtype, `${name} of ${(args[0] as NDArray).dtype} and ${args[1]}`).toBe(
        (answers[i] as NDArray).dtype,
      );
    }
    const [scalars] = numpy([
      { function: 'mod', args: [np.array(5, { dtype: 'u2' }), np.array(3, { dtype: 'u2' })] },
    ]);
    expect((scalars as NDArray).dtype).toBe('uint16');
  });

  test('of one number beside what has no axes', () => {
    const file = H5File.open(new Uint8Array(0), 'w');
    const write = (name: string, data: unknown, dtype: 'i4' | 'i8' | 'f8') =>
      H5Array.of(file.createDataset(name, { data, dtype }));
    const least = write('big', 9007199254740993n, 'i8');
    const most = np.array(2n ** 64n - 1n);
    const small = write('small', 7, 'i4');
    expect(np.add(least, 1)).toBe(9007199254740994n);
    expect(np.equal(least, 9007199254740992)).toBe(false);
    expect(np.greater(least, 9007199254740992)).toBe(true);
    expect(np.subtract(most, 1)).toBe(2n ** 64n - 2n);
    expect(np.add(most, -1)).toBe(2 ** 64);
    expect(np.greater(most, 5)).toBe(true);
    expect(np.fmod(1, np.array(0n))).toBe(0n);
    // Of shorter integers it is a number, and as large as in Python.
    expect(np.add(small, 1)).toBe(8);
    expect(np.multiply(np.array(200, { dtype: 'u1' }), 2)).toBe(400);
    expect(np.add(small, 1, { dtype: 'i4' })).toBe(8);
    expect(np.add(small, 1, { dtype: 'i8' })).toBe(8n);
    expect(np.divide(small, 2)).toBe(3.5);
    expect(np.add(np.array(0.5, { dtype: 'f4' }), 1)).toBe(1.5);
  });

  test('NaN is no integer to begin with, nor to fill with', () => {
    expect(() => np.min(Int32Array.of(3, 5), { initial: Number.NaN })).toThrow(
      /NaN does not fit the dtype int32/,
    );
    expect(() => np.max(Int32Array.of(3, 5), { initial: Number.NaN, axis: 0 })).toThrow(/NaN does not fit/);
    expect(() => np.full(2, Number.NaN, { dtype: 'i4' })).toThrow(/NaN does not fit the dtype int32/);
    expect((np.full(2, 300, { dtype: 'u1' }) as NDArray).toNested()).toEqual([44, 44]);
    expect((np.full(2, { re: 1, im: 2 }, { dtype: 'i4' }) as NDArray).toNested()).toEqual([1, 1]);
  });

  test('a result goes to a dataset without axes', () => {
    const file = H5File.open(new Uint8Array(0), 'w');
    const write = (name: string, data: unknown, dtype: 'i4' | 'i8' | 'f8') =>
      H5Array.of(file.createDataset(name, { data, dtype }));
    const big = write('big', 9007199254740993n, 'i8');
    const small = write('small', 7, 'i4');
    expect(np.add(big, 1, { out: big })).toBe(big);
    expect(big.toNested()).toBe(9007199254740994n);
    np.sum(Int32Array.of(1, 2), { out: small });
    expect(small.toNested()).toBe(3);
    np.add(small, small, { out: small, where: np.array(false) });
    expect(small.toNested()).toBe(3);
    np.copyto(small, 5);
    expect(small.toNested()).toBe(5);
    np.max(Int32Array.of(1, 2), { out: small });
    expect(small.toNested()).toBe(2);
    np.where(true, small, small, { out: small });
    expect(small.toNested()).toBe(2);
    const mean = write('mean', 0, 'f8');
    np.mean(Int32Array.of(1, 2), { out: mean });
    np.argmax(Int32Array.of(1, 2), { out: big });
    expect([mean.toNested(), big.toNested()]).toEqual([1.5, 1n]);
    np.var([1, 3], { out: mean });
    expect(mean.toNested()).toBe(1);
  });

  test('a variance is computed in floats', () => {
    for (const dtype of ['i4', 'u1', 'bool']) {
      for (const name of ['var', 'std'] as const)
        expect(() => np[name]([1n, 2n, 4n], { dtype: 'i4' })).toThrow(/is computed in floats, not as int32/);
      expect(np.mean(np.ones([3], { dtype }), { dtype: 'f4' })).toBe(1);
    }
  });
});

describe('the type that is computed in is that of numpy', () => {
  const INFINITE = [
    { re: -49, im: Infinity },
    { re: -Infinity, im: 2 },
    { re: Number.NaN, im: 1 },
  ];
  const odd = np.array([0.5, 0, Number.NaN, -1, 1]);
  const large = np.array([2n ** 62n, 2n ** 62n, 2n ** 62n, 7n]);
  const zero = (dtype: string, shape: number[] = []) => np.zeros(shape, { dtype });
  const cases: Question[] = [
    // What is true is so before it is added.
    ...['sum', 'prod', 'cumsum'].flatMap((name) => [
      { function: name, args: [odd], options: { dtype: 'bool' } },
      { function: name, args: [np.array([256, 3, -3, 0], { dtype: 'i4' })], options: { dtype: 'bool' } },
      { function: name, args: [np.array(INFINITE)], options: { dtype: 'bool' } },
    ]),
    { function: 'prod', args: [np.array([2n ** 32n, 2n ** 32n])], options: { dtype: 'bool' } },
    // That of out.
    ...['f8', 'f4', 'c16'].map((dtype) => ({
      function: 'sum',
      args: [large],
      options: { out: zero(dtype) },
    })),
    { function: 'cumsum', args: [large], options: { out: zero('f8', [4]) } },
    ...['sum', 'prod', 'min', 'max'].flatMap((name) =>
      ['f8', 'c16'].map((dtype) => ({
        function: name,
        args: [np.array([3, 4], { dtype: 'i4' })],
        options: { initial: 2.5, out: zero(dtype) },
      })),
    ),
    // What is no number stays the one that comes first.
    ...['min', 'max', 'sum', 'prod'].flatMap((name) =>
      [Number.NaN, Infinity].map((initial) => ({
        function: name,
        args: [
          np.array([
            { re: 1, im: 2 },
            { re: Number.NaN, im: -0.5 },
          ]),
        ],
        options: { initial },
      })),
    ),
    {
      function: 'prod',
      args: [
        np.array([
          { re: 1, im: 2 },
          { re: 3, im: 4 },
        ]),
      ],
      options: { initial: Infinity },
    },
    // Each operand is cast by itself.
    ...['add', 'subtract', 'multiply', 'fmod', 'power', 'maximum'].flatMap((name) =>
      ['i8', 'i4', 'f4', 'u8'].flatMap((dtype) => [
        { function: name, args: [zero('u8', [2]), np.array([3, 4], { dtype: 'i2' })], options: { dtype } },
        { function: name, args: [zero('i4'), np.array(5, { dtype: 'i4' })], options: { dtype } },
        { function: name, args: [zero('i4'), np.array(-5, { dtype: 'i4' })], options: { dtype } },
        { function: name, args: [zero('u8', [2]), np.array(3.5)], options: { dtype } },
      ]),
    ),
    // Powers of what is not finite.
    ...[0, 1, 2, 3, 4, -1].map((exponent) => ({
      function: 'power',
      args: [np.array(INFINITE), np.array([exponent])],
    })),
    // A single complex number beside an array of smaller ones.
    ...[...INFINITE, { re: 1, im: 1 }, { re: 1e39, im: 0 }].flatMap((value) =>
      ['c8', 'c16'].map((dtype) => ({
        function: 'add',
        args: [np.array(value, { dtype }), zero('f4', [1])],
      })),
    ),
  ];
  const answers = numpy(cases);
  const titles = cases.map(({ function: name, args, options = {} }) => {
    const types = args.map((each) => (each as NDArray).dtype);
    const { out, ...others } = options;
    return `${name} of ${types} ${JSON.stringify(out ? { ...others, out: (out as NDArray).dtype } : others)}`;
  });
  test.each(titles.map((title, i) => [title, i] as const))('%s, case %i', (title, i) => {
    const { function: name, args, options } = cases[i];
    const call = np[name as 'add'] as unknown as (...given: unknown[]) => unknown;
    const made = () => call(...args, ...(options ? [options] : []));
    if (isError(answers[i])) expect(made, title).toThrow(KernelError);
    else expectSame(made(), answers[i], title, { ulps: 1 });
  });
});

describe('values of a dtype that is named', () => {
  const LISTS: readonly unknown[][] = [
    [2n ** 64n - 1n, 2n ** 63n + 5n, 1n],
    [2n ** 53n + 1n, 2.5],
    [2n ** 63n, -1n],
    [2n ** 64n],
    [-1n, 300n, 2n ** 40n + 5n],
    [-1.75, true, 3],
    [['7', '-8']],
    [1e20],
    [Number.NaN],
    [1, Number.POSITIVE_INFINITY],
  ];
  const cases = ['uint64', 'int64', 'int32', 'uint8', 'bool', 'float32', 'float64'].flatMap((dtype) =>
    LISTS.map((list) => ({ function: 'array', args: [list], options: { dtype } })),
  );
  const answers = numpy(cases);
  test.each(cases.map((call, i) => [`${call.args[0]} as ${call.options.dtype}`, i] as const))(
    '%s',
    (what, i) => {
      const list = cases[i].args[0] as np.ArrayInput;
      for (const make of [np.array, np.asarray]) {
        if (isError(answers[i])) expect(() => make(list, cases[i].options), what).toThrow('does not fit');
        else expectSame(make(list, cases[i].options), answers[i], what);
      }
    },
  );

  test('are what is set, and what a copy is made of', () => {
    const array = np.zeros([2], { dtype: 'u8' }) as NDArray;
    array.set(0, 2n ** 64n - 1n);
    expect(() => array.set(1, 2n ** 64n)).toThrow(/18446744073709551616 does not fit the dtype uint64/);
    expect(array.toNested()).toEqual([2n ** 64n - 1n, 0n]);
    const copy = np.copy([2n ** 64n - 1n, 1n], { dtype: 'uint64' }) as NDArray;
    expect(copy.toNested()).toEqual([2n ** 64n - 1n, 1n]);
    expect((np.full([1], 2n ** 64n - 1n, { dtype: 'u8' }) as NDArray).get(0)).toBe(2n ** 64n - 1n);
  });
});

describe('bad input', () => {
  const code = (name: string) => expect.objectContaining({ code: name, name: 'KernelError' });
  const a = np.reshape(np.arange(6), [2, 3]) as NDArray;

  test.each([
    ['shapes that do not broadcast', 'H5_SHAPE', () => np.add(a, [1, 2])],
    ['an axis that there is not', 'H5_AXIS', () => np.sum(a, { axis: 2 })],
    ['an axis twice', 'H5_AXIS', () => np.sum(a, { axis: [0, -2] })],
    ['no whole axis', 'H5_AXIS', () => np.sum(a, { axis: 0.5 })],
    ['an out of another shape', 'H5_OUT', () => np.add(a, 1, { out: new Float64Array(2) })],
    ['an out of another shape, of a sum', 'H5_OUT', () => np.sum(a, { axis: 0, out: new Float64Array(2) })],
    [
      'an out that cannot hold floats',
      'H5_CASTING',
      () => np.add(a, 1, { out: np.zeros([2, 3], { dtype: 'i4' }) as NDArray }),
    ],
    ['an out that is no array', 'H5_OUT', () => np.add(a, 1, { out: { length: 1 } as never })],
    ['an unknown dtype', 'H5_DTYPE', () => np.zeros(2, { dtype: 'f16' })],
    ['an unknown dtype of a sum', 'H5_DTYPE', () => np.sum(a, { dtype: 'number' })],
    ['a dtype that cannot be', 'H5_CASTING', () => np.sin(a, { dtype: 'i4' })],
    ['strings and numbers', 'H5_DTYPE', () => np.equal(['a'], 1)],
    ['strings in arithmetic', 'H5_DTYPE', () => np.subtract(['a'], ['b'])],
    ['a sum of strings', 'H5_DTYPE', () => np.sum(['a'])],
    ['mixed elements', 'H5_DTYPE', () => np.array([1, 'a'])],
    ['rows of different length', 'H5_SHAPE', () => np.array([[1, 2], [3]])],
    ['an object', 'H5_DTYPE', () => np.array([{ a: 1 }] as never)],
    ['where that is no boolean', 'H5_DTYPE', () => np.add(a, 1, { where: [1, 0, 1] })],
    ['where of another shape', 'H5_SHAPE', () => np.sum(a, { where: [true, false] })],
    ['no elements, and a size that is left', 'H5_SHAPE', () => np.reshape(np.zeros([0, 7]), [0, -1])],
    ['a shape that is none', 'H5_SHAPE', () => np.reshape(a, undefined as never)],
    ['a shape that is an object', 'H5_SHAPE', () => np.zeros({ rows: 1 } as never)],
    ['no list of arrays', 'H5_VALUE', () => np.concatenate(undefined as never)],
    ['no list of arrays to stack', 'H5_VALUE', () => np.vstack({} as never)],
    ['an axis that is an object', 'H5_AXIS', () => np.sum(a, { axis: {} as never })],
    ['an initial element that is an object', 'H5_DTYPE', () => np.sum(a, { initial: {} as never })],
    ['the maximum of nothing', 'H5_VALUE', () => np.max([])],
    ['the maximum where, without a beginning', 'H5_VALUE', () => np.max(a, { where: [true, false, true] })],
    ['an index out of range', 'H5_INDEX', () => np.take(a, [6])],
    ['more repeats than fit on the disk', 'H5_SPACE', () => np.repeat([1, 2], 2 ** 45)],
    ['axes that are no list', 'H5_AXIS', () => np.transpose(a, {} as never)],
    ['more elements than there can be', 'H5_SHAPE', () => np.zeros([2 ** 60, 2 ** 60])],
    ['an index that is no number', 'H5_DTYPE', () => np.take(a, ['a'])],
    ['integers to negative powers', 'H5_VALUE', () => np.power(new Int32Array([2]), -1)],
    ['the difference of booleans', 'H5_DTYPE', () => np.subtract([true], [false])],
    ['a shape below zero', 'H5_SHAPE', () => np.zeros([-1])],
    ['a step of zero', 'H5_VALUE', () => np.arange(0, 1, 0)],
    ['a name without a file', 'H5_VALUE', () => np.zeros(2, { name: 'x' })],
    ['elements that do not fill a shape', 'H5_SHAPE', () => np.reshape(a, [4])],
    ['an insertion in place in memory', 'H5_OUT', () => np.insert(a, 0, 1, { axis: 0, out: a })],
    ['an element that there is not', 'H5_INDEX', () => a.get(2, 0)],
    ['too few indices', 'H5_INDEX', () => a.get(0)],
  ])('%s: %s', (_, expected, action) => {
    expect(action).toThrow(code(expected));
  });

  test('more than the cap in memory at once', () => {
    const source = new MemorySource(np.arange(1000) as NDArray);
    withOptions({ maxMemory: '1K' }, () => expect(() => np.asarray(source)).toThrow(code('H5_MEMORY')));
  });

  test('an out on disk is as it was', () => {
    const out = new TestFile().write(np.ones([2]) as NDArray);
    expect(() => np.add([1, 2, 3], 1, { out })).toThrow(code('H5_OUT'));
    expect(() => np.power(new BigInt64Array([2n, 3n]), -1n, { out })).toThrow(code('H5_VALUE'));
    expect(out.toNested()).toEqual([1, 1]);
  });
});

describe('NDArray', () => {
  test('asanyarray and asarray share what is an array already', () => {
    const typed = new Float64Array([1, 2]);
    expect(np.asanyarray(typed).data).toBe(typed);
    expect(np.asarray(typed).data).toBe(typed);
    expect(np.array(typed).data).not.toBe(typed);
    expect(np.asanyarray(new TestFile().write(np.array([1, 2]))).toNested()).toEqual([1, 2]);
  });

  test('get, set, iteration and text', () => {
    const array = np.array([
      [1, 2],
      [3, 4],
    ]);
    array.set(1, -1, 9);
    expect(array.get(-1, 1)).toBe(9);
    expect([...array].map((row) => (row as NDArray).toNested())).toEqual([
      [1, 2],
      [3, 9],
    ]);
    expect(String(array)).toBe('array([[1, 2],\n       [3, 9]], dtype=float64)');
    expect(JSON.stringify(array)).toBe('[[1,2],[3,9]]');
    expect(String(np.arange(2000))).toMatch(/^array\(\[0, 1, 2, \.\.\., 1997, 1998, 1999\]/);
    const rows = array.reshape(4);
    rows.set(0, 7);
    expect(array.get(0, 0)).toBe(7);
    expect([array.ndim, array.size, array.itemsize, array.nbytes, array.length, array.dtype]).toEqual([
      2,
      4,
      8,
      32,
      2,
      'float64',
    ]);
    const complex = np.array([{ re: 1, im: -2 }]);
    expect(complex.dtype).toBe('complex128');
    expect(complex.get(0)).toEqual({ re: 1, im: -2 });
    expect(np.array(['1', '2.5'], { dtype: 'f8' }).toNested()).toEqual([1, 2.5]);
    expect(array.astype('i8').toTypedArray()).toEqual(BigInt64Array.of(7n, 2n, 3n, 9n));
    expect(sample('str', [2], 1).dtype).toBe('str');
  });
});

test('the sums of negative zeros are so, as for numpy', () => {
  const rows = np.cumsum(
    [
      [-0, -0, 0],
      [-0, 1, -0],
    ],
    { axis: 1 },
  ) as np.NDArray;
  expect(rows.toNested()).toEqual([
    [-0, -0, 0],
    [-0, 1, 1],
  ]);
});
