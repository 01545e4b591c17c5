import type { BigArray } from './element-type.js';

/** How many elements become one: of doubles. */
export interface NumberFold {
  /** What nothing is folded to. */
  readonly identity: number;
  /** Of a run of elements. */
  run(a: Float64Array, from: number, n: number): number;
  /** Of what is there and a run, element by element. */
  into(to: Float64Array, at: number, a: Float64Array, from: number, n: number): void;
}

/** The same of 64-bit integers. */
export interface BigFold {
  identity(signed: boolean): bigint;
  run(a: BigArray, from: number, n: number, signed: boolean): bigint;
  into(to: BigArray, at: number, a: BigArray, from: number, n: number): void;
}

/** Elements that are added one after another; more are halved first, so that errors grow as the logarithm of their number. */
const PAIRWISE = 128;

/** The sum of a run, as exact as numpy's. */
export function pairwiseSum(a: Float64Array, from: number, n: number): number {
  if (n < 8) {
    let sum = -0;
    for (let i = from; i < from + n; i++) sum += a[i];
    return sum;
  }
  if (n <= PAIRWISE) {
    let s0 = a[from];
    let s1 = a[from + 1];
    let s2 = a[from + 2];
    let s3 = a[from + 3];
    let s4 = a[from + 4];
    let s5 = a[from + 5];
    let s6 = a[from + 6];
    let s7 = a[from + 7];
    let i = 8;
    for (; i + 8 <= n; i += 8) {
      const at = from + i;
      s0 += a[at];
      s1 += a[at + 1];
      s2 += a[at + 2];
      s3 += a[at + 3];
      s4 += a[at + 4];
      s5 += a[at + 5];
      s6 += a[at + 6];
      s7 += a[at + 7];
    }
    let sum = s0 + s1 + (s2 + s3) + (s4 + s5 + (s6 + s7));
    for (; i < n; i++) sum += a[from + i];
    return sum;
  }
  let half = n >> 1;
  half -= half % 8;
  return pairwiseSum(a, from, half) + pairwiseSum(a, from + half, n - half);
}

/** The sum of distances from a value, which may have both signs. */
export function distances(a: Float64Array, from: number, n: number, center: number): number {
  if (n <= PAIRWISE) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let i = 0;
    for (; i + 4 <= n; i += 4) {
      const at = from + i;
      s0 += a[at] - center;
      s1 += a[at + 1] - center;
      s2 += a[at + 2] - center;
      s3 += a[at + 3] - center;
    }
    for (; i < n; i++) s0 += a[from + i] - center;
    return s0 + s1 + (s2 + s3);
  }
  const half = n >> 1;
  return distances(a, from, half, center) + distances(a, from + half, n - half, center);
}

/** The sum of squared distances from a value. */
export function squaredDistances(a: Float64Array, from: number, n: number, mean: number): number {
  if (n <= PAIRWISE) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let i = 0;
    for (; i + 4 <= n; i += 4) {
      const at = from + i;
      const d0 = a[at] - mean;
      const d1 = a[at + 1] - mean;
      const d2 = a[at + 2] - mean;
      const d3 = a[at + 3] - mean;
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
    }
    for (; i < n; i++) s0 += (a[from + i] - mean) ** 2;
    return s0 + s1 + (s2 + s3);
  }
  const half = n >> 1;
  return squaredDistances(a, from, half, mean) + squaredDistances(a, from + half, n - half, mean);
}

export const SUM: NumberFold = {
  identity: 0,
  run: pairwiseSum,
  into(to, at, a, from, n) {
    for (let i = 0; i < n; i++) to[at + i] += a[from + i];
  },
};

export const PRODUCT: NumberFold = {
  identity: 1,
  run(a, from, n) {
    let product = 1;
    for (let i = from; i < from + n; i++) product *= a[i];
    return product;
  },
  into(to, at, a, from, n) {
    for (let i = 0; i < n; i++) to[at + i] *= a[from + i];
  },
};

export const MINIMUM: NumberFold = {
  identity: Infinity,
  run(a, from, n) {
    // Four at a time do not wait for each other; what is no number stays.
    let m0 = Infinity;
    let m1 = Infinity;
    let m2 = Infinity;
    let m3 = Infinity;
    const end = from + n;
    let i = from;
    for (; i + 4 <= end; i += 4) {
      m0 = Math.min(m0, a[i]);
      m1 = Math.min(m1, a[i + 1]);
      m2 = Math.min(m2, a[i + 2]);
      m3 = Math.min(m3, a[i + 3]);
    }
    for (; i < end; i++) m0 = Math.min(m0, a[i]);
    return Math.min(m0, m1, m2, m3);
  },
  into(to, at, a, from, n) {
    for (let i = 0; i < n; i++) {
      const x = a[from + i];
      if (x < to[at + i] || Number.isNaN(x)) to[at + i] = x;
    }
  },
};

export const MAXIMUM: NumberFold = {
  identity: -Infinity,
  run(a, from, n) {
    // Four at a time do not wait for each other; what is no number stays.
    let m0 = -Infinity;
    let m1 = -Infinity;
    let m2 = -Infinity;
    let m3 = -Infinity;
    const end = from + n;
    let i = from;
    for (; i + 4 <= end; i += 4) {
      m0 = Math.max(m0, a[i]);
      m1 = Math.max(m1, a[i + 1]);
      m2 = Math.max(m2, a[i + 2]);
      m3 = Math.max(m3, a[i + 3]);
    }
    for (; i < end; i++) m0 = Math.max(m0, a[i]);
    return Math.max(m0, m1, m2, m3);
  },
  into(to, at, a, from, n) {
    for (let i = 0; i < n; i++) {
      const x = a[from + i];
      if (x > to[at + i] || Number.isNaN(x)) to[at + i] = x;
    }
  },
};

/** Of truth values: 0 and everything else. */
export const ALL: NumberFold = {
  identity: 1,
  run(a, from, n) {
    for (let i = from; i < from + n; i++) if (a[i] === 0) return 0;
    return 1;
  },
  into(to, at, a, from, n) {
    for (let i = 0; i < n; i++) if (a[from + i] === 0) to[at + i] = 0;
  },
};

export const ANY: NumberFold = {
  identity: 0,
  run(a, from, n) {
    for (let i = from; i < from + n; i++) if (a[i] !== 0) return 1;
    return 0;
  },
  into(to, at, a, from, n) {
    for (let i = 0; i < n; i++) if (a[from + i] !== 0) to[at + i] = 1;
  },
};

export const BIG_SUM: BigFold = {
  identity: () => 0n,
  run(a, from, n, signed) {
    // By words, as doubles, which is exact for as many at once.
    const words = new Int32Array(a.buffer, a.byteOffset, a.length * 2);
    let sum = 0n;
    for (let i = from; i < from + n; ) {
      const stop = Math.min(from + n, i + 2 ** 20);
      let low = 0;
      let high = 0;
      for (; i < stop; i++) {
        low += words[i * 2] >>> 0;
        high += words[i * 2 + 1];
      }
      sum += BigInt(low) + BigInt(high) * 4294967296n;
    }
    return signed ? BigInt.asIntN(64, sum) : BigInt.asUintN(64, sum);
  },
  into(to, at, a, from, n) {
    for (let i = 0; i < n; i++) to[at + i] += a[from + i];
  },
};

export const BIG_PRODUCT: BigFold = {
  identity: () => 1n,
  run(a, from, n, signed) {
    let product = 1n;
    for (let i = from; i < from + n; i++) product = BigInt.asUintN(64, product * a[i]);
    return signed ? BigInt.asIntN(64, product) : product;
  },
  into(to, at, a, from, n) {
    for (let i = 0; i < n; i++) to[at + i] *= a[from + i];
  },
};

export const BIG_MINIMUM: BigFold = {
  identity: (signed) => (signed ? 2n ** 63n - 1n : 2n ** 64n - 1n),
  run(a, from, n) {
    let least = a[from];
    for (let i = from + 1; i < from + n; i++) if (a[i] < least) least = a[i];
    return least;
  },
  into(to, at, a, from, n) {
    for (let i = 0; i < n; i++) if (a[from + i] < to[at + i]) to[at + i] = a[from + i];
  },
};

export const BIG_MAXIMUM: BigFold = {
  identity: (signed) => (signed ? -(2n ** 63n) : 0n),
  run(a, from, n) {
    let most = a[from];
    for (let i = from + 1; i < from + n; i++) if (a[i] > most) most = a[i];
    return most;
  },
  into(to, at, a, from, n) {
    for (let i = 0; i < n; i++) if (a[from + i] > to[at + i]) to[at + i] = a[from + i];
  },
};

/** Axes that follow each other and are both kept, or both folded, as one. */
function groups(shape: readonly number[], folded: readonly boolean[]): { n: number; folded: boolean }[] {
  const result: { n: number; folded: boolean }[] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] === 1) continue;
    const last = result[result.length - 1];
    if (last && last.folded === folded[axis]) last.n *= shape[axis];
    else result.push({ n: shape[axis], folded: folded[axis] });
  }
  return result;
}

/**
 * Folds elements along some axes; what is left is row-major. The array is not changed.
 */
export function foldNumbers(
  fold: NumberFold,
  data: Float64Array,
  shape: readonly number[],
  folded: readonly boolean[],
): Float64Array {
  return foldBy(
    data,
    groups(shape, folded),
    (size) => new Float64Array(size).fill(fold.identity),
    fold.run,
    fold.into,
  );
}

/** The same of 64-bit integers. */
export function foldBigs(
  fold: BigFold,
  data: BigArray,
  shape: readonly number[],
  folded: readonly boolean[],
): BigArray {
  const signed = data instanceof BigInt64Array;
  const identity = fold.identity(signed);
  return foldBy<BigArray, bigint>(
    data,
    groups(shape, folded),
    (size) => (signed ? new BigInt64Array(size) : new BigUint64Array(size)).fill(identity),
    (a, from, n) => fold.run(a, from, n, signed),
    fold.into,
  );
}

function foldBy<A extends Float64Array | BigArray, V>(
  data: A,
  list: { n: number; folded: boolean }[],
  make: (size: number) => A,
  run: (a: A, from: number, n: number) => V,
  into: (to: A, at: number, a: A, from: number, n: number) => void,
): A {
  let current = data;
  for (;;) {
    let last = list.length - 1;
    if (!list.some(({ folded }) => folded)) {
      return current === data ? (data.slice() as A) : current;
    }
    if (list[last].folded) {
      const { n } = list.pop() as { n: number };
      const outer = list.reduce((product, group) => product * group.n, 1);
      const next = make(outer);
      for (let o = 0; o < outer; o++) (next as unknown as V[])[o] = run(current, o * n, n);
      current = next;
    } else {
      const inner = list.pop() as { n: number; folded: boolean };
      const { n } = list.pop() as { n: number };
      const m = inner.n;
      const outer = list.reduce((product, group) => product * group.n, 1);
      const next = make(outer * m);
      for (let o = 0; o < outer; o++) {
        for (let r = 0; r < n; r++) into(next, o * m, current, (o * n + r) * m, m);
      }
      last = list.length - 1;
      if (last >= 0 && !list[last].folded) list[last].n *= m;
      else list.push(inner);
      current = next;
    }
  }
}
