import { comparison } from './arg-extreme.js';
import { allocate, type BigArray, type Data, type ElementType, type NumberArray } from './element-type.js';
import { compareText } from './text-order.js';

/** Below this, elements are inserted one by one. */
const SMALL = 12;

/** Sorts a run of elements where it stands: what is no number comes last. */
export function sortRun(type: ElementType, data: Data, from: number, n: number): void {
  if (Array.isArray(data)) {
    const sorted = data.slice(from, from + n).sort(compareText);
    for (let i = 0; i < n; i++) data[from + i] = sorted[i];
  } else if (type.kind === 'c') {
    const order = argsortRun(type, data, from, n);
    const copy = (data as NumberArray).slice(from * 2, (from + n) * 2);
    for (let i = 0; i < n; i++) {
      data[(from + i) * 2] = copy[order[i] * 2];
      data[(from + i) * 2 + 1] = copy[order[i] * 2 + 1];
    }
  } else (data as NumberArray).subarray(from, from + n).sort();
}

/** The indices that sort a run, counted from its beginning; equal elements stay in their order. */
export function argsortRun(type: ElementType, data: Data, from: number, n: number): Uint32Array {
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  if (type.compute === 'number') {
    const keys = new Float64Array(n);
    keys.set((data as NumberArray).subarray(from, from + n));
    sortOrder(order, (i, j) => {
      const x = keys[i];
      const y = keys[j];
      return x < y ? -1 : x > y ? 1 : x === y ? 0 : Number.isNaN(x) ? (Number.isNaN(y) ? 0 : 1) : -1;
    });
  } else if (type.compute === 'big') {
    const keys = (data as BigArray).slice(from, from + n);
    sortOrder(order, (i, j) => (keys[i] < keys[j] ? -1 : keys[i] > keys[j] ? 1 : 0));
  } else {
    const compare = comparison(type, data);
    sortOrder(order, (i, j) => compare(from + i, from + j));
  }
  return order;
}

/** Merges from the bottom up. */
function sortOrder(order: Uint32Array, compare: (i: number, j: number) => number): void {
  const n = order.length;
  for (let from = 0; from < n; from += SMALL) {
    const to = Math.min(n, from + SMALL);
    for (let i = from + 1; i < to; i++) {
      const item = order[i];
      let j = i;
      for (; j > from && compare(order[j - 1], item) > 0; j--) order[j] = order[j - 1];
      order[j] = item;
    }
  }
  let source: Uint32Array = order;
  let target: Uint32Array = new Uint32Array(n);
  for (let width = SMALL; width < n; width *= 2) {
    for (let from = 0; from < n; from += width * 2) {
      const middle = Math.min(n, from + width);
      const end = Math.min(n, from + width * 2);
      let i = from;
      let j = middle;
      for (let k = from; k < end; k++) {
        target[k] =
          i < middle && (j >= end || compare(source[i], source[j]) <= 0) ? source[i++] : source[j++];
      }
    }
    [source, target] = [target, source];
  }
  if (source !== order) order.set(source);
}

/** Elements by their indices. */
export function pick(type: ElementType, data: Data, indices: ArrayLike<number>): Data {
  const n = indices.length;
  const result = allocate(type, n);
  if (Array.isArray(data)) for (let i = 0; i < n; i++) result[i] = data[indices[i]];
  else if (type.width === 2) {
    for (let i = 0; i < n; i++) {
      result[i * 2] = data[indices[i] * 2];
      result[i * 2 + 1] = data[indices[i] * 2 + 1];
    }
  } else for (let i = 0; i < n; i++) result[i] = data[indices[i]];
  return result;
}

/** Whether two elements of one array are the same; what is no number is the same as itself only with `nan`. */
export function sameElement(type: ElementType, data: Data, i: number, j: number, nan: boolean): boolean {
  if (type.kind === 'c') {
    const same = data[i * 2] === data[j * 2] && data[i * 2 + 1] === data[j * 2 + 1];
    return same || (nan && isNone(type, data, i) && isNone(type, data, j));
  }
  return data[i] === data[j] || (nan && isNone(type, data, i) && isNone(type, data, j));
}

/** Whether an element is no number. */
export function isNone(type: ElementType, data: Data, i: number): boolean {
  if (type.kind === 'c') return Number.isNaN(data[i * 2]) || Number.isNaN(data[i * 2 + 1]);
  return type.kind === 'f' && Number.isNaN(data[i]);
}

/** Which elements of a sorted run begin a new value: `nan` as in `sameElement`. */
export function firstOfEach(type: ElementType, sorted: Data, n: number, nan: boolean): number[] {
  const firsts: number[] = [];
  for (let i = 0; i < n; i++) if (i === 0 || !sameElement(type, sorted, i, i - 1, nan)) firsts.push(i);
  return firsts;
}
