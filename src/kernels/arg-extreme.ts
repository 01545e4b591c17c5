import type { BigArray, Data, ElementType } from './element-type.js';
import { compareText } from './text-order.js';

/**
 * Where the least, or the greatest, of each lane is: the first of equal ones, the first that is no number. The elements are
 * `outer` times `n` times `inner`, lanes go along the middle.
 */
export function argExtreme(
  type: ElementType,
  data: Data,
  outer: number,
  n: number,
  inner: number,
  least: boolean,
): Float64Array {
  const result = new Float64Array(outer * inner);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const from = o * n * inner + i;
      result[o * inner + i] =
        type.compute === 'number'
          ? ofNumbers(data as Float64Array, from, inner, n, least)
          : type.compute === 'big'
            ? ofBigs(data as BigArray, from, inner, n, least)
            : type.compute === 'string'
              ? ofStrings(data as string[], from, inner, n, least)
              : ofComplex(data as Float64Array, from, inner, n, least);
    }
  }
  return result;
}

function ofNumbers(a: Float64Array, from: number, step: number, n: number, least: boolean): number {
  let best = a[from];
  let at = 0;
  if (Number.isNaN(best)) return 0;
  if (least) {
    for (let i = 1; i < n; i++) {
      const x = a[from + i * step];
      if (!(x >= best)) {
        at = i;
        if (Number.isNaN(x)) return at;
        best = x;
      }
    }
  } else {
    for (let i = 1; i < n; i++) {
      const x = a[from + i * step];
      if (!(x <= best)) {
        at = i;
        if (Number.isNaN(x)) return at;
        best = x;
      }
    }
  }
  return at;
}

function ofBigs(a: BigArray, from: number, step: number, n: number, least: boolean): number {
  let best = a[from];
  let at = 0;
  for (let i = 1; i < n; i++) {
    const x = a[from + i * step];
    if (least ? x < best : x > best) {
      at = i;
      best = x;
    }
  }
  return at;
}

function ofStrings(a: readonly string[], from: number, step: number, n: number, least: boolean): number {
  let at = 0;
  for (let i = 1; i < n; i++) {
    const order = compareText(a[from + i * step], a[from + at * step]);
    if (least ? order < 0 : order > 0) at = i;
  }
  return at;
}

function ofComplex(a: Float64Array, from: number, step: number, n: number, least: boolean): number {
  let at = 0;
  const isNone = (i: number) => Number.isNaN(a[(from + i * step) * 2] + a[(from + i * step) * 2 + 1]);
  for (let i = 0; i < n; i++) {
    if (isNone(i)) return i;
    const order = compareComplex(a, from + i * step, from + at * step);
    if (least ? order < 0 : order > 0) at = i;
  }
  return at;
}

/**
 * By the real parts, then by the imaginary ones. What is no number comes last: those of which the imaginary part is none, then those of
 * which the real part is none.
 */
export function compareComplex(a: Float64Array, i: number, j: number): number {
  const x = a[i * 2];
  const y = a[j * 2];
  const p = a[i * 2 + 1];
  const q = a[j * 2 + 1];
  if (!Number.isNaN(x) && !Number.isNaN(y) && Number.isNaN(p) !== Number.isNaN(q))
    return Number.isNaN(p) ? 1 : -1;
  return compareNumbers(x, y) || compareNumbers(p, q);
}

function compareNumbers(x: number, y: number): number {
  if (x < y) return -1;
  if (x > y) return 1;
  if (x === y) return 0;
  return Number.isNaN(x) ? (Number.isNaN(y) ? 0 : 1) : -1;
}

/** The order of two elements, or of what they would be after sorting: what is no number comes last. */
export function comparison(type: ElementType, data: Data): (i: number, j: number) => number {
  if (type.compute === 'string') {
    const strings = data as string[];
    return (i, j) => compareText(strings[i], strings[j]);
  }
  if (type.compute === 'complex') return (i, j) => compareComplex(data as Float64Array, i, j);
  if (type.compute === 'big') {
    const bigs = data as BigArray;
    return (i, j) => (bigs[i] < bigs[j] ? -1 : bigs[i] > bigs[j] ? 1 : 0);
  }
  const numbers = data as Float64Array;
  return (i, j) => compareNumbers(numbers[i], numbers[j]);
}
