import { describe, expect, test } from 'vitest';
import { MAXIMUM, MINIMUM, pairwiseSum, spread } from '../../src/kernels/fold.js';
import { seeded } from '../random.js';

const random = seeded(5);
const numbers = (n: number) => Float64Array.from({ length: n }, () => (random(2 ** 31) - 2 ** 30) / 2 ** 20);

/** As numpy's documentation has it. */
function pairwise(a: Float64Array, from: number, n: number): number {
  if (n <= 128) {
    const whole = n - (n % 8);
    const sums = Array.from({ length: 8 }, () => -0);
    for (let i = 0; i < whole; i++) sums[i % 8] = (sums[i % 8] as number) + (a[from + i] as number);
    const [s0, s1, s2, s3, s4, s5, s6, s7] = sums as [number, ...number[]] & { length: 8 };
    let sum = whole === 0 ? -0 : s0 + s1 + (s2 + s3) + (s4 + s5 + (s6 + s7));
    for (let i = whole; i < n; i++) sum += a[from + i] as number;
    return sum;
  }
  const half = (n >> 1) - ((n >> 1) % 8);
  return pairwise(a, from, half) + pairwise(a, from + half, n - half);
}

describe('the sum of a run', () => {
  test('is to the last bit what halving makes of it, for any number of elements', () => {
    const a = numbers(70_000);
    for (const n of [0, 1, 7, 8, 9, 127, 128, 129, 255, 256, 1000, 2047, 2048, 2049, 4096, 65_536, 69_999])
      for (const from of [0, 1]) expect(pairwiseSum(a, from, n)).toBe(pairwise(a, from, n));
  });

  test('of zeros is one of them', () => {
    expect(pairwiseSum(new Float64Array(2048).fill(-0), 0, 2048)).toBe(-0);
    expect(pairwiseSum(new Float64Array(2048), 0, 2048)).toBe(0);
  });
});

describe('the least and the greatest of a run', () => {
  const folds = [
    ['least', MINIMUM, Math.min],
    ['greatest', MAXIMUM, Math.max],
  ] as const;

  test.each(folds)('the %s is found wherever it is', (_, fold, of) => {
    for (const n of [1, 3, 4, 5, 511, 512, 513, 1027]) {
      const a = numbers(n + 2);
      for (let at = 0; at < n; at += n > 20 ? 37 : 1) {
        const before = a[at + 1] as number;
        for (const value of [before, 1e9, -1e9, Infinity, -Infinity, Number.NaN]) {
          a[at + 1] = value;
          expect(fold.run(a, 1, n)).toBe(of(...a.subarray(1, n + 1)));
        }
        a[at + 1] = before;
      }
    }
  });

  test.each(folds)('of zeros of both signs the %s is the one that it is of two', (_, fold, of) => {
    for (const n of [2, 4, 9, 600])
      for (const at of [0, 1, n - 1])
        for (const zero of [0, -0]) {
          const a = new Float64Array(n).fill(-zero);
          expect(fold.run(a, 0, n)).toBe(-zero);
          a[at] = zero;
          expect(fold.run(a, 0, n)).toBe(of(zero, -zero));
        }
  });

  test('of numbers in order', () => {
    const up = Float64Array.from({ length: 5000 }, (_, i) => i - 2000);
    expect([MINIMUM.run(up, 0, 5000), MAXIMUM.run(up, 0, 5000)]).toEqual([-2000, 2999]);
    up.reverse();
    expect([MINIMUM.run(up, 0, 5000), MAXIMUM.run(up, 0, 5000)]).toEqual([-2000, 2999]);
  });
});

test('distances from a value are added exactly', () => {
  for (const n of [0, 1, 5, 512, 515, 20_000]) {
    const a = Float64Array.from({ length: n }, () => 1e8 + random(1000));
    const { distances, squares } = spread(a, 1e8);
    expect(distances).toBe(a.reduce((sum, x) => sum + (x - 1e8), 0));
    expect(squares).toBe(a.reduce((sum, x) => sum + (x - 1e8) ** 2, 0));
  }
});
