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

// What goes through all elements is a loop over a few hundred of them, in a function that is called again and again: so the compiler
// knows it soon, and whole. Places in such a loop are integers of 32 bits, without a check of each for more; beyond them it
// gets a part of the array.

const FAR = 2 ** 30;

/** Elements that are added one after another; more are halved first, so that errors grow as the logarithm of their number. */
const PAIRWISE = 128;
/** So many become as many elements as are added one after another, when they are halved: they are added in one go. */
const HALVED = 16;
const halves = new Float64Array(HALVED);

/** The sum of a run, as exact as numpy's. */
export function pairwiseSum(a: Float64Array, from: number, n: number): number {
  if (n <= PAIRWISE) return from > FAR ? sumOf(a.subarray(from, from + n), 0, n) : sumOf(a, from, n);
  if (n === PAIRWISE * HALVED)
    return from > FAR ? sumOfHalves(a.subarray(from, from + n), 0) : sumOfHalves(a, from);
  let half = n >> 1;
  half -= half % 8;
  return pairwiseSum(a, from, half) + pairwiseSum(a, from + half, n - half);
}

function sumOf(a: Float64Array, from: number, n: number): number {
  // What is added to -0 stays what it is.
  let sum = -0;
  let at = from | 0;
  const end = (at + n) | 0;
  if (n >= 8) {
    let s0 = -0;
    let s1 = -0;
    let s2 = -0;
    let s3 = -0;
    let s4 = -0;
    let s5 = -0;
    let s6 = -0;
    let s7 = -0;
    for (const last = (end - 7) | 0; at < last; at = (at + 8) | 0) {
      s0 += a[at];
      s1 += a[(at + 1) | 0];
      s2 += a[(at + 2) | 0];
      s3 += a[(at + 3) | 0];
      s4 += a[(at + 4) | 0];
      s5 += a[(at + 5) | 0];
      s6 += a[(at + 6) | 0];
      s7 += a[(at + 7) | 0];
    }
    sum = s0 + s1 + (s2 + s3) + (s4 + s5 + (s6 + s7));
  }
  for (; at < end; at = (at + 1) | 0) sum += a[at];
  return sum;
}

/** Of as many elements as are halved to those that are added one after another. */
function sumOfHalves(a: Float64Array, from: number): number {
  let at = from | 0;
  for (let half = 0; half < HALVED; half++) {
    let s0 = -0;
    let s1 = -0;
    let s2 = -0;
    let s3 = -0;
    let s4 = -0;
    let s5 = -0;
    let s6 = -0;
    let s7 = -0;
    for (const end = (at + PAIRWISE) | 0; at < end; at = (at + 8) | 0) {
      s0 += a[at];
      s1 += a[(at + 1) | 0];
      s2 += a[(at + 2) | 0];
      s3 += a[(at + 3) | 0];
      s4 += a[(at + 4) | 0];
      s5 += a[(at + 5) | 0];
      s6 += a[(at + 6) | 0];
      s7 += a[(at + 7) | 0];
    }
    halves[half] = s0 + s1 + (s2 + s3) + (s4 + s5 + (s6 + s7));
  }
  for (let n = HALVED; n > 1; n >>= 1) {
    for (let i = 0; i < n; i += 2) halves[i >> 1] = halves[i] + halves[i + 1];
  }
  return halves[0];
}

/** Elements of which distances are added one after another. */
const TILE = 512;

/** Adds a number to a sum, behind which there is what it has lost. */
function addTo(to: Float64Array, at: number, y: number): void {
  const x = to[at];
  const sum = x + y;
  to[at] = sum;
  to[at + 1] += Math.abs(x) >= Math.abs(y) ? x - sum + y : y - sum + x;
}

function exactly(sum: number, lost: number): number {
  return Number.isFinite(sum) ? sum + lost : sum;
}

/** The sum of distances from a value, which may have both signs, and that of their squares. */
export function spread(a: Float64Array, center: number): { distances: number; squares: number } {
  const sums = new Float64Array(4);
  const found = new Float64Array(2);
  for (let at = 0; at < a.length; at += TILE) {
    const n = Math.min(TILE, a.length - at);
    if (at > FAR) spreadOf(a.subarray(at, at + n), 0, n, center, found);
    else spreadOf(a, at, n, center, found);
    addTo(sums, 0, found[0]);
    addTo(sums, 2, found[1]);
  }
  return { distances: exactly(sums[0], sums[1]), squares: exactly(sums[2], sums[3]) };
}

function spreadOf(a: Float64Array, from: number, n: number, center: number, found: Float64Array): void {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let q0 = 0;
  let q1 = 0;
  let q2 = 0;
  let q3 = 0;
  let at = from | 0;
  const end = (at + n) | 0;
  for (const last = (end - 3) | 0; at < last; at = (at + 4) | 0) {
    const d0 = a[at] - center;
    const d1 = a[(at + 1) | 0] - center;
    const d2 = a[(at + 2) | 0] - center;
    const d3 = a[(at + 3) | 0] - center;
    s0 += d0;
    s1 += d1;
    s2 += d2;
    s3 += d3;
    q0 += d0 * d0;
    q1 += d1 * d1;
    q2 += d2 * d2;
    q3 += d3 * d3;
  }
  for (; at < end; at = (at + 1) | 0) {
    const d = a[at] - center;
    s0 += d;
    q0 += d * d;
  }
  found[0] = s0 + s1 + (s2 + s3);
  found[1] = q0 + q1 + (q2 + q3);
}

/** The least of some elements and one that is there: what is no number, if one of them is. Which zero it is may be either. */
function leastOf(a: Float64Array, from: number, to: number, before: number): number {
  let least = before;
  let at = from | 0;
  const end = to | 0;
  // Few elements are less than all before them; what is no number is not more, either.
  for (const last = (end - 7) | 0; at < last; at = (at + 8) | 0) {
    const x0 = a[at];
    const x1 = a[(at + 1) | 0];
    const x2 = a[(at + 2) | 0];
    const x3 = a[(at + 3) | 0];
    const x4 = a[(at + 4) | 0];
    const x5 = a[(at + 5) | 0];
    const x6 = a[(at + 6) | 0];
    const x7 = a[(at + 7) | 0];
    if (x0 >= least && x1 >= least && x2 >= least && x3 >= least)
      if (x4 >= least && x5 >= least && x6 >= least && x7 >= least) continue;
    least = Math.min(least, x0, x1, x2, x3, x4, x5, x6, x7);
    if (Number.isNaN(least)) return least;
  }
  for (; at < end; at = (at + 1) | 0) least = Math.min(least, a[at]);
  return least;
}

/** The same of the greatest. */
function mostOf(a: Float64Array, from: number, to: number, before: number): number {
  let most = before;
  let at = from | 0;
  const end = to | 0;
  for (const last = (end - 7) | 0; at < last; at = (at + 8) | 0) {
    const x0 = a[at];
    const x1 = a[(at + 1) | 0];
    const x2 = a[(at + 2) | 0];
    const x3 = a[(at + 3) | 0];
    const x4 = a[(at + 4) | 0];
    const x5 = a[(at + 5) | 0];
    const x6 = a[(at + 6) | 0];
    const x7 = a[(at + 7) | 0];
    if (x0 <= most && x1 <= most && x2 <= most && x3 <= most)
      if (x4 <= most && x5 <= most && x6 <= most && x7 <= most) continue;
    most = Math.max(most, x0, x1, x2, x3, x4, x5, x6, x7);
    if (Number.isNaN(most)) return most;
  }
  for (; at < end; at = (at + 1) | 0) most = Math.max(most, a[at]);
  return most;
}

function extreme(isMost: boolean, a: Float64Array, from: number, n: number): number {
  const of = isMost ? mostOf : leastOf;
  const end = from + n;
  let found = isMost ? -Infinity : Infinity;
  for (let at = from; at < end && !Number.isNaN(found); at += TILE) {
    const to = Math.min(end, at + TILE);
    found = at > FAR ? of(a.subarray(at, to), 0, to - at, found) : of(a, at, to, found);
  }
  if (found !== 0) return found;
  // 0 is more than -0, which it is equal to.
  const zero = isMost ? 0 : -0;
  for (let i = from; i < end; i++) if (Object.is(a[i], zero)) return zero;
  return -zero;
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
  run: (a, from, n) => extreme(false, a, from, n),
  into(to, at, a, from, n) {
    for (let i = 0; i < n; i++) {
      const x = a[from + i];
      if (x < to[at + i] || Number.isNaN(x)) to[at + i] = x;
    }
  },
};

export const MAXIMUM: NumberFold = {
  identity: -Infinity,
  run: (a, from, n) => extreme(true, a, from, n),
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
