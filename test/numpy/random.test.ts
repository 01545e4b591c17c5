import { beforeEach, describe, expect, test } from 'vitest';
import * as np from '../../src/numpy.js';
import { TestFile } from './h5-arrays.js';

const { random } = np;
const N = 40_000;

beforeEach(() => random.seed(20260));

/** Mean and variance of each distribution, by its formula. */
const DISTRIBUTIONS: {
  readonly [name: string]: readonly [parameters: readonly number[], mean: number, variance: number];
} = {
  beta: [[2, 5], 2 / 7, 10 / (49 * 8)],
  binomial: [[20, 0.3], 6, 4.2],
  chisquare: [[3], 3, 6],
  exponential: [[2], 2, 4],
  f: [[5, 12], 12 / 10, (2 * 144 * 15) / (5 * 100 * 8)],
  gamma: [[2.5, 3], 7.5, 22.5],
  geometric: [[0.25], 4, 12],
  gumbel: [[1, 2], 1 + 2 * 0.5772156649015329, (Math.PI ** 2 / 6) * 4],
  hypergeometric: [[30, 20, 15], 9, (15 * 0.6 * 0.4 * 35) / 49],
  laplace: [[1, 2], 1, 8],
  logistic: [[1, 2], 1, (4 * Math.PI ** 2) / 3],
  lognormal: [[0.5, 0.4], Math.exp(0.58), (Math.exp(0.16) - 1) * Math.exp(1.16)],
  logseries: [
    [0.6],
    (-1 / Math.log(0.4)) * 1.5,
    (-0.6 * (0.6 + Math.log(0.4))) / (0.16 * Math.log(0.4) ** 2),
  ],
  negative_binomial: [[3, 0.4], 4.5, 11.25],
  noncentral_chisquare: [[3, 2], 5, 14],
  noncentral_f: [[4, 15, 2], (15 * 6) / (4 * 13), 2 * ((36 + 8 * 13) / (169 * 11)) * (15 / 4) ** 2],
  normal: [[10, 2], 10, 4],
  pareto: [[6], 0.2, 6 / (25 * 4)],
  poisson: [[4], 4, 4],
  power: [[3], 0.75, 3 / (16 * 5)],
  rayleigh: [[2], 2 * Math.sqrt(Math.PI / 2), ((4 - Math.PI) / 2) * 4],
  standard_exponential: [[], 1, 1],
  standard_gamma: [[0.5], 0.5, 0.5],
  standard_normal: [[], 0, 1],
  standard_t: [[9], 0, 9 / 7],
  triangular: [[0, 1, 5], 2, (0 + 1 + 25 - 0 - 0 - 5) / 18],
  uniform: [[-1, 3], 1, 16 / 12],
  random_sample: [[], 0.5, 1 / 12],
  random: [[], 0.5, 1 / 12],
  wald: [[3, 6], 3, 27 / 6],
  weibull: [[2], Math.sqrt(Math.PI) / 2, 1 - Math.PI / 4],
  zipf: [[5], 1.0823232337 / 1.0369277551, 1.2020569032 / 1.0369277551 - (1.0823232337 / 1.0369277551) ** 2],
};

type Draw = (...args: unknown[]) => unknown;
const call = (name: string) => (random as unknown as { [name: string]: Draw })[name] as Draw;
const numbers = (array: unknown) =>
  Array.from((array as np.NDArray).data as ArrayLike<number | bigint>, Number);

/** Mean and variance of numbers are near those of their distribution: within five times what chance makes of it. */
function expectMoments(values: readonly number[], mean: number, variance: number): void {
  const own = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.map((x) => (x - own) ** 2);
  const spread = squares.reduce((sum, x) => sum + x, 0) / values.length;
  const fourth = squares.reduce((sum, x) => sum + (x - spread) ** 2, 0) / values.length;
  expect(Math.abs(own - mean), `mean ${own}, not ${mean}`).toBeLessThan(
    5 * Math.sqrt(variance / values.length),
  );
  expect(Math.abs(spread - variance), `variance ${spread}, not ${variance}`).toBeLessThan(
    5 * Math.sqrt(fourth / values.length),
  );
}

describe.each(Object.entries(DISTRIBUTIONS))('%s', (name, [parameters, mean, variance]) => {
  test('has the mean and the variance of its formula', () => {
    expectMoments(numbers(call(name)(...parameters, { size: N })), mean, variance);
  });
  test('is the same after the same seed, and goes on after a state', () => {
    random.seed(7);
    const first = numbers(call(name)(...parameters, { size: 20 }));
    const state = random.get_state();
    const second = numbers(call(name)(...parameters, { size: 20 }));
    random.set_state(state);
    expect(numbers(call(name)(...parameters, { size: 20 }))).toEqual(second);
    random.seed(7);
    expect(numbers(call(name)(...parameters, { size: 20 }))).toEqual(first);
    expect(second).not.toEqual(first);
    expect(typeof call(name)(...parameters)).toBe('number');
  });
  test('fills a dataset block by block with the same numbers as memory', () => {
    const { file } = new TestFile();
    random.seed(3);
    const memory = np.asarray(call(name)(...parameters, { size: [7, 5] }) as np.NDArray);
    random.seed(3);
    const disk = call(name)(...parameters, { size: [7, 5], group: file, name: 'noise', chunks: [2, 3] });
    expect(disk).not.toBeInstanceOf(np.NDArray);
    expect(np.array_equal(disk as np.ArrayInput, memory)).toBe(true);
  });
});

test.each([
  ['binomial', [1000, 0.02], 20, 19.6],
  ['binomial', [100_000, 0.7], 70_000, 21_000],
  ['poisson', [50], 50, 50],
  ['poisson', [1e6], 1e6, 1e6],
  ['hypergeometric', [2000, 500, 300], 240, (300 * 0.8 * 0.2 * 2200) / 2499],
  ['hypergeometric', [500, 2000, 2300], 460, (2300 * 0.2 * 0.8 * 200) / 2499],
  ['beta', [0.3, 0.6], 1 / 3, 0.18 / (0.81 * 1.9)],
  ['gamma', [0.1, 1], 0.1, 0.1],
  ['noncentral_chisquare', [0.5, 4], 4.5, 17],
] as const)('%s of %j, by its other method', (name, parameters, mean, variance) => {
  expectMoments(numbers(call(name)(...parameters, { size: N })), mean, variance);
});

test('standard_cauchy has no mean: its quartiles are -1, 0 and 1', () => {
  const values = numbers(random.standard_cauchy({ size: N })).sort((a, b) => a - b);
  for (const [share, value] of [
    [0.25, -1],
    [0.5, 0],
    [0.75, 1],
  ] as const)
    expect(Math.abs((values[Math.floor(share * N)] as number) - value)).toBeLessThan(0.06);
});

test('vonmises has the mean direction and the concentration that are asked for', () => {
  for (const kappa of [1e-9, 0.5, 4]) {
    const values = numbers(random.vonmises(1, kappa, { size: N }));
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(Math.PI);
    const cos = values.reduce((sum, x) => sum + Math.cos(x - 1), 0) / N;
    const sin = values.reduce((sum, x) => sum + Math.sin(x - 1), 0) / N;
    // I1(kappa) / I0(kappa)
    const expected = kappa < 1e-6 ? 0 : kappa === 0.5 ? 0.2425 : 0.8635;
    expect(Math.abs(cos - expected)).toBeLessThan(0.02);
    expect(Math.abs(sin)).toBeLessThan(0.02);
  }
});

test('rand and randn take axes', () => {
  const uniform = random.rand(200, 100) as np.NDArray;
  expect(uniform.shape).toEqual([200, 100]);
  expectMoments(numbers(uniform), 0.5, 1 / 12);
  expectMoments(numbers(random.randn(200, 100)), 0, 1);
  const { file } = new TestFile();
  const disk = random.rand(2, 3, { group: file, name: 'test' });
  expect(file.dataset('test').shape).toEqual([2, 3]);
  expect(np.all(np.less(disk as np.ArrayInput, 1) as np.ArrayInput)).toBe(true);
});

test('randint and random_integers are even between their bounds', () => {
  const dice = numbers(random.randint(1, 7, { size: 60_000 }));
  const counts = new Array<number>(7).fill(0);
  for (const die of dice) counts[die] = (counts[die] as number) + 1;
  expect(counts[0]).toBe(0);
  for (const count of counts.slice(1)) expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(10_000));
  const values = numbers(random.random_integers(-1, 1, { size: 3000 }));
  expect([...new Set(values)].sort((a, b) => a - b)).toEqual([-1, 0, 1]);
  expect(random.randint(5, 6)).toBe(5);
  expect(random.random_integers(1)).toBe(1);
});

test('bytes are even', () => {
  const bytes = random.bytes(65_536 + 3);
  expect(bytes.length).toBe(65_539);
  expectMoments(Array.from(bytes), 127.5, (256 ** 2 - 1) / 12);
});

test('choice takes elements with and without replacement, by their probabilities', () => {
  const list = numbers(random.choice(10, { size: 10, replace: false }));
  expect(list.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const words = (random.choice(['a', 'b', 'c'], { size: 30_000, p: [0.5, 0.3, 0.2] }) as np.NDArray)
    .data as string[];
  expect(Math.abs(words.filter((word) => word === 'b').length - 9000)).toBeLessThan(
    5 * Math.sqrt(30_000 * 0.21),
  );
  const few = (random.choice(['a', 'b', 'c'], { size: 2, p: [0.5, 0.5, 0], replace: false }) as np.NDArray)
    .data as string[];
  expect([...few].sort()).toEqual(['a', 'b']);
  expect(() => random.choice(3, { size: 4, replace: false })).toThrow(/4 different ones/);
  expect(() => random.choice(3, { size: 2, p: [0.5, 0.1, 0.1] })).toThrow(/together 1/);
});

test('permutation and shuffle keep all elements, in memory and on disk', () => {
  const order = random.permutation(20) as np.NDArray;
  expect(numbers(order)).not.toEqual(numbers(np.arange(20)));
  expect(numbers(np.sort(order))).toEqual(numbers(np.arange(20)));
  const rows = np.reshape(np.arange(40), [20, 2]) as np.NDArray;
  const disk = new TestFile().write(rows);
  random.shuffle(disk);
  const shuffled = np.asarray(disk);
  expect(np.array_equal(shuffled, rows)).toBe(false);
  expect(np.array_equal(np.sort(shuffled, { axis: 0 }), rows)).toBe(true);
  // Rows stay whole.
  for (const row of shuffled)
    expect((row as np.NDArray).get(1)).toBe(((row as np.NDArray).get(0) as number) + 1);
});

test('dirichlet, multinomial and multivariate_normal draw rows', () => {
  const shares = random.dirichlet([1, 2, 3], { size: 20_000 }) as np.NDArray;
  expect(np.allclose(np.sum(shares, { axis: 1 }), 1)).toBe(true);
  const means = np.mean(shares, { axis: 0 });
  expect(np.allclose(means, [1 / 6, 2 / 6, 3 / 6], { atol: 0.01, rtol: 0 })).toBe(true);
  const counts = random.multinomial(20, [0.5, 0.3, 0.2], { size: 20_000 }) as np.NDArray;
  expect(np.all(np.equal(np.sum(counts, { axis: 1 }), 20))).toBe(true);
  expect(np.allclose(np.mean(counts, { axis: 0 }), [10, 6, 4], { atol: 0.1, rtol: 0 })).toBe(true);
  expect(np.allclose(np.var(counts, { axis: 0 }), [5, 4.2, 3.2], { atol: 0.2, rtol: 0 })).toBe(true);
  const points = random.multivariate_normal(
    [1, -1],
    [
      [2, 1],
      [1, 3],
    ],
    { size: 40_000 },
  ) as np.NDArray;
  expect(np.allclose(np.mean(points, { axis: 0 }), [1, -1], { atol: 0.05, rtol: 0 })).toBe(true);
  expect(np.allclose(np.var(points, { axis: 0 }), [2, 3], { atol: 0.1, rtol: 0 })).toBe(true);
  const product = numbers(np.multiply(np.take(points, 0, { axis: 1 }), np.take(points, 1, { axis: 1 })));
  expect(Math.abs(product.reduce((sum, x) => sum + x, 0) / product.length)).toBeLessThan(0.1);
  const { file } = new TestFile();
  random.multivariate_normal(
    [0, 0],
    [
      [1, 1],
      [1, 1],
    ],
    { size: 5, group: file, name: 'points' },
  );
  const same = np.asarray(file.dataset('points').value as Float64Array, { shape: [5, 2] });
  expect(np.allclose(np.take(same, 0, { axis: 1 }), np.take(same, 1, { axis: 1 }))).toBe(true);
});

test('parameters may be arrays', () => {
  const values = random.normal([0, 1000, 2000], 1, { size: [500, 3] }) as np.NDArray;
  expect(np.allclose(np.mean(values, { axis: 0 }), [0, 1000, 2000], { atol: 0.5, rtol: 0 })).toBe(true);
});

test('bad parameters, seeds and states are refused', () => {
  expect(() => random.normal(0, -1)).toThrow(expect.objectContaining({ code: 'H5_VALUE' }));
  expect(() => random.beta(0, 1, { size: 2 })).toThrow(/a of beta is 0: it has to be above 0/);
  expect(() => random.binomial(1.5, 0.5)).toThrow(/whole number/);
  expect(() => random.poisson(Number.NaN)).toThrow(/0 or more/);
  expect(() => random.zipf(1)).toThrow(/above 1/);
  expect(() => random.triangular(1, 0, 2)).toThrow(/at least the one before/);
  expect(() => random.hypergeometric(1, 1, 3)).toThrow(/nsample/);
  expect(() => random.randint(3, 3)).toThrow(/no whole number/);
  expect(() => random.randint(0, 300, { dtype: 'uint8' })).toThrow(/uint8 does not hold/);
  expect(() => random.randint(-1, 3, { dtype: 'u4', size: 2 })).toThrow(/uint32 does not hold/);
  expect(numbers(random.randint(255, 256, { dtype: 'uint8', size: 1 }))).toEqual([255]);
  for (const size of [-1, [2, -1]]) {
    expect(() => random.normal(0, 1, { size })).toThrow(/is no shape/);
    expect(() => random.choice(3, { size })).toThrow(/is no shape/);
    expect(() => random.dirichlet([1, 2], { size })).toThrow(/is no shape/);
  }
  expect(() => random.rand(-1)).toThrow(/is no shape/);
  expect(() => random.normal([0, 1, 2], 1, { size: 2 })).toThrow(
    expect.objectContaining({ code: 'H5_SHAPE' }),
  );
  expect(() =>
    random.multivariate_normal(
      [0, 0],
      [
        [1, 2],
        [2, 1],
      ],
    ),
  ).toThrow(/no covariance/);
  expect(() => random.multinomial(2, [0.9, 0.9, 0.1])).toThrow(/at most 1/);
  expect(() => random.dirichlet([1, 0])).toThrow(/above 0/);
  expect(() => random.seed(0.5)).toThrow(/no seed/);
  expect(() => random.set_state({ algorithm: 'xoshiro128++', words: [0, 0, 0, 0] })).toThrow(/no state/);
  expect(() => random.set_state(undefined as never)).toThrow(/no state/);
  expect(() => random.permutation(2.5)).toThrow(/2.5 is no whole number/);
  expect((random.permutation(-1) as np.NDArray).shape).toEqual([0]);
  expect(() => random.rand(2, { name: 'nowhere' })).toThrow(/nowhere/);
  expect(() => random.bytes(-1)).toThrow(/whole number/);
});
