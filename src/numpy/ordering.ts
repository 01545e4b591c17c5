import { options as containerOptions } from '../containers/options.js';
import { comparison } from '../kernels/arg-extreme.js';
import { convert } from '../kernels/convert.js';
import { allocate, BOOL, type Data, type ElementType, F8, I8, resultType } from '../kernels/element-type.js';
import { gather } from '../kernels/elementwise.js';
import { KernelError } from '../kernels/errors.js';
import { argsortRun, firstOfEach, isNone, pick, sameElement, sortRun } from '../kernels/sorting.js';
import { contiguous, copyStrided, normalizeAxis, rowMajor, sizeOf } from '../kernels/strides.js';
import { apart } from './apart.js';
import { createOnDisk } from './disk.js';
import { readRun } from './flat.js';
import { type AxisOption, flat, withAxis } from './manipulation.js';
import { NDArray } from './ndarray.js';
import {
  type ArrayInput,
  type ArrayResult,
  blockBytes,
  operandOf,
  partsOf,
  readAll,
  type Source,
  sourceOf,
} from './source.js';
import { existing, store, type Target, targetFor } from './target.js';

/** Options of `sort` and `argsort`: the last axis, unless another one is given; `null`: all elements. */
export interface SortOptions extends AxisOption {
  /** Taken for numpy's sake: sorting is always stable. */
  readonly kind?: 'quicksort' | 'mergesort' | 'heapsort' | 'stable' | null | undefined;
}

/** Goes through the lanes along an axis: as many at once as fit, each one run of memory. */
function eachLane(
  source: Source,
  axis: number,
  made: ElementType,
  target: Target,
  act: (type: ElementType, data: Data, lanes: number, n: number) => Data,
): void {
  const { shape, type } = source;
  const n = shape[axis];
  const others = shape.map((length, i) => (i === axis ? 1 : length));
  const lanes = Math.max(1, Math.floor(blockBytes(3) / Math.max(1, n * Math.max(type.size, made.size))));
  for (const part of partsOf(others, lanes)) {
    const whole = part.shape.map((length, i) => (i === axis ? n : length));
    const operand = operandOf(source, part.start, whole);
    const count = sizeOf(part.shape);
    // The axis last: so that a lane is a run.
    const order = [...whole.keys()].filter((i) => i !== axis).concat(axis);
    const turned = order.map((i) => whole[i]);
    const data = allocate(type, count * n);
    copyStrided(
      turned,
      { ...operand, strides: order.map((i) => operand.strides[i]) },
      { data, offset: 0, strides: rowMajor(turned) },
      type.width,
    );
    const result = act(type, data, count, n);
    const back = rowMajor(turned);
    const strides = new Array<number>(order.length);
    order.forEach((i, at) => {
      strides[i] = back[at];
    });
    store(
      target,
      { start: part.start, shape: whole },
      contiguous(whole, { data: result, offset: 0, strides }, made.width),
      made,
    );
  }
}

function axisOf(given: Source, { axis, out }: SortOptions): { source: Source; axis: number } {
  const source = apart(out, given, axis !== null || given.shape.length === 1);
  if (axis === null) return { source: flat(source), axis: 0 };
  if (source.shape.length === 0)
    throw new KernelError('H5_AXIS', 'what has no axes is not sorted: give axis: null');
  return { source, axis: normalizeAxis(axis ?? -1, source.shape.length) };
}

/**
 * The elements in ascending order along an axis; NaN comes last, strings go by their code points. A lane that does not fit the cap is
 * sorted in parts, which are merged.
 *
 * @throws {KernelError} H5_AXIS.
 * @example
 * sort([[3, 1, 2], [9, 8, 7]]); // [[1, 2, 3], [7, 8, 9]]
 */
export function sort(x: ArrayInput, options: SortOptions = {}): ArrayResult {
  const { source, axis } = axisOf(sourceOf(x), options);
  const { type } = source;
  const target = targetFor(source.shape, type, options.out);
  if (source.disk && source.shape[axis] * type.size > containerOptions().maxMemory / 4) {
    sortLarge(source, axis, target);
    return target.value as ArrayResult;
  }
  eachLane(source, axis, type, target, (_, data, lanes, n) => {
    for (let lane = 0; lane < lanes; lane++) sortRun(type, data, lane * n, n);
    return data;
  });
  return target.value as ArrayResult;
}

/** Lanes that do not fit the memory: runs that do are sorted, and merged pair by pair until there is one. */
function sortLarge(source: Source, axis: number, target: Target): void {
  const { shape, type } = source;
  const n = shape[axis];
  const others = shape.map((length, i) => (i === axis ? 1 : length));
  const run = Math.max(2, Math.floor(containerOptions().maxMemory / 8 / type.size));
  const part = Math.max(1, Math.floor(run / 4));
  for (const lane of partsOf(others, 1)) {
    const box = (from: number, to: number) => ({
      start: lane.start.map((at, i) => (i === axis ? from : at)),
      shape: lane.shape.map((length, i) => (i === axis ? to - from : length)),
    });
    const passes = Math.ceil(Math.log2(Math.max(1, Math.ceil(n / run))));
    const other = passes === 0 ? target : existing(createOnDisk([n], type));
    const ofTarget = {
      put: (from: number, data: Data) =>
        store(target, box(from, from + data.length / type.width), data, type),
      get: (from: number, to: number) => {
        const { start, shape: lengths } = box(from, to);
        return contiguous(lengths, operandOf({ ...target, value: undefined }, start, lengths), type.width);
      },
    };
    const ofOther = {
      put: (from: number, data: Data) =>
        store(other, { start: [from], shape: [data.length / type.width] }, data, type),
      get: (from: number, to: number) =>
        contiguous([to - from], operandOf({ ...other, value: undefined }, [from], [to - from]), type.width),
    };
    // The last pass ends in the target.
    let [from, to] = passes % 2 === 0 ? [ofTarget, ofOther] : [ofOther, ofTarget];
    for (let start = 0; start < n; start += run) {
      const stop = Math.min(n, start + run);
      const { start: at, shape: lengths } = box(start, stop);
      const data = contiguous(lengths, operandOf(source, at, lengths), type.width).slice() as Data;
      sortRun(type, data, 0, stop - start);
      from.put(start, data);
    }
    for (let width = run; width < n; width *= 2) {
      for (let start = 0; start < n; start += width * 2) {
        const middle = Math.min(n, start + width);
        mergeRuns(type, from.get, to.put, start, middle, Math.min(n, start + width * 2), part);
      }
      [from, to] = [to, from];
    }
  }
}

/** Merges two runs that follow each other, of which parts are in memory. */
function mergeRuns(
  type: ElementType,
  get: (from: number, to: number) => Data,
  put: (from: number, data: Data) => void,
  start: number,
  middle: number,
  end: number,
  part: number,
): void {
  // Both parts stand in one array, so that one comparison does for them.
  const both = allocate(type, part * 2);
  const compare = comparison(type, both);
  const made = allocate(type, part);
  let [left, leftEnd, leftNext] = [0, 0, start];
  let [right, rightEnd, rightNext] = [part, part, middle];
  let filled = 0;
  let at = start;
  const copy = (from: Data, i: number, to: Data, j: number) => {
    for (let k = 0; k < type.width; k++) to[j * type.width + k] = from[i * type.width + k];
  };
  for (;;) {
    if (left === leftEnd && leftNext < middle) {
      const stop = Math.min(middle, leftNext + part);
      const data = get(leftNext, stop);
      for (let i = 0; i < stop - leftNext; i++) copy(data, i, both, i);
      [left, leftEnd, leftNext] = [0, stop - leftNext, stop];
    }
    if (right === rightEnd && rightNext < end) {
      const stop = Math.min(end, rightNext + part);
      const data = get(rightNext, stop);
      for (let i = 0; i < stop - rightNext; i++) copy(data, i, both, part + i);
      [right, rightEnd, rightNext] = [part, part + stop - rightNext, stop];
    }
    if (left === leftEnd && right === rightEnd) break;
    const fromLeft = right === rightEnd || (left < leftEnd && compare(left, right) <= 0);
    copy(both, fromLeft ? left++ : right++, made, filled++);
    if (filled === part) {
      put(at, made.slice() as Data);
      at += filled;
      filled = 0;
    }
  }
  if (filled > 0) put(at, made.slice(0, filled * type.width) as Data);
}

/**
 * The indices that would sort the elements along an axis. Equal elements stay in their order.
 *
 * @throws {KernelError} H5_AXIS, H5_MEMORY when a lane does not fit the cap.
 * @example
 * argsort([30, 10, 20]); // [1n, 2n, 0n]
 */
export function argsort(x: ArrayInput, options: SortOptions = {}): ArrayResult {
  const { source, axis } = axisOf(withAxis(sourceOf(x)), options);
  const bytes = source.shape[axis] * (source.type.size + 16);
  if (source.disk && bytes > containerOptions().maxMemory) {
    throw new KernelError(
      'H5_MEMORY',
      `the indices of ${source.shape[axis]} elements need ${bytes} bytes of memory: raise maxMemory, or use sort`,
    );
  }
  const target = targetFor(source.shape, I8, options.out);
  eachLane(source, axis, I8, target, (type, data, lanes, n) => {
    const result = allocate(I8, lanes * n) as BigInt64Array;
    const numbers = new Float64Array(n);
    for (let lane = 0; lane < lanes; lane++) {
      numbers.set(argsortRun(type, data, lane * n, n));
      result.set(convert(F8, numbers, I8) as BigInt64Array, lane * n);
    }
    return result;
  });
  return target.value as ArrayResult;
}

/** What `unique` is to return beside the elements. */
export interface UniqueOptions {
  /** Where each element comes first. */
  readonly return_index?: boolean | undefined;
  /** Of each element of the array, its place among the unique ones. */
  readonly return_inverse?: boolean | undefined;
  /** How often each comes. */
  readonly return_counts?: boolean | undefined;
  /** Slices along this axis instead of elements. */
  readonly axis?: number | null | undefined;
  /** Whether all NaN are one: so, unless it is false. */
  readonly equal_nan?: boolean | undefined;
}

/** With a `return_` option, the elements and what was asked for, in numpy's order. */
export interface Unique {
  (
    x: ArrayInput,
    options: UniqueOptions &
      (
        | { readonly return_index: true }
        | { readonly return_inverse: true }
        | { readonly return_counts: true }
      ),
  ): NDArray[];
  (x: ArrayInput, options?: UniqueOptions): NDArray;
}

/** Elements that are known so far, each once, in order. */
interface Known {
  data: Data;
  count: number;
  index: Float64Array;
  counts: Float64Array;
}

/**
 * The elements, each once, in ascending order.
 *
 * @throws {KernelError} H5_MEMORY when so many are unique that they do not fit the cap.
 * @example
 * unique([3, 1, 3]); // [1, 3]
 * unique([3, 1, 3], { return_counts: true }); // [[1, 3], [1n, 2n]]
 */
export const unique: Unique = ((x: ArrayInput, options: UniqueOptions = {}): unknown => {
  const { axis, equal_nan = true } = options;
  if (axis !== undefined && axis !== null) return uniqueSlices(sourceOf(x), axis, options);
  const source = sourceOf(x);
  const { type } = source;
  const size = sizeOf(source.shape);
  const step = Math.max(1, Math.floor(blockBytes(4) / (type.size + 4)));
  let known: Known = {
    data: allocate(type, 0),
    count: 0,
    index: new Float64Array(0),
    counts: new Float64Array(0),
  };
  for (let from = 0; from < size; from += step) {
    const to = Math.min(size, from + step);
    known = merged(
      type,
      known,
      uniqueOf(type, readRun(source, from, to), to - from, from, equal_nan),
      equal_nan,
    );
    const { maxMemory } = containerOptions();
    if (source.disk && known.count * (type.size + 16) > maxMemory) {
      throw new KernelError(
        'H5_MEMORY',
        `more than ${known.count} elements are unique, which takes more than the ${maxMemory} bytes allowed: raise maxMemory`,
      );
    }
  }
  const values = new NDArray(known.data, [known.count], type);
  const results: NDArray[] = [values];
  if (options.return_index) results.push(integers(known.index));
  if (options.return_inverse) results.push(integers(inverseOf(source, values, equal_nan)));
  if (options.return_counts) results.push(integers(known.counts));
  return results.length === 1 ? values : results;
}) as Unique;

function integers(values: Float64Array): NDArray {
  return new NDArray(convert(F8, values, I8), [values.length], I8);
}

/** Unique elements of a run that begins at the `from`th of all. */
function uniqueOf(type: ElementType, data: Data, n: number, from: number, nan: boolean): Known {
  const order = argsortRun(type, data, 0, n);
  const sorted = pick(type, data, order);
  const firsts = firstOfEach(type, sorted, n, nan);
  const counts = new Float64Array(firsts.length);
  for (let i = 0; i < firsts.length; i++) counts[i] = (firsts[i + 1] ?? n) - firsts[i];
  return {
    data: pick(type, sorted, firsts),
    count: firsts.length,
    index: Float64Array.from(firsts, (first) => from + order[first]),
    counts,
  };
}

/** What is known of two runs, the second of which comes behind the first. */
function merged(type: ElementType, a: Known, b: Known, nan: boolean): Known {
  if (a.count === 0) return b;
  const n = a.count + b.count;
  const both = allocate(type, n);
  for (let i = 0; i < a.data.length; i++) both[i] = a.data[i];
  for (let i = 0; i < b.data.length; i++) both[a.data.length + i] = b.data[i];
  const compare = comparison(type, both);
  const chosen: number[] = [];
  const counts: number[] = [];
  for (let i = 0, j = a.count; i < a.count || j < n; ) {
    const order =
      j >= n ? -1 : i >= a.count ? 1 : sameElement(type, both, i, j, nan) ? 0 : compare(i, j) || -1;
    counts.push((order <= 0 ? a.counts[i] : 0) + (order >= 0 ? b.counts[j - a.count] : 0));
    // Of several that are no numbers, the first in their order stands for all.
    chosen.push(order < 0 || (order === 0 && compare(i, j) <= 0) ? i : j);
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
  return {
    data: pick(type, both, chosen),
    count: chosen.length,
    index: Float64Array.from(chosen, (at) => (at < a.count ? a.index[at] : b.index[at - a.count])),
    counts: Float64Array.from(counts),
  };
}

/** Of each element its place among the unique ones. */
function inverseOf(source: Source, values: NDArray, nan: boolean): Float64Array {
  const { type } = source;
  const size = sizeOf(source.shape);
  const inverse = new Float64Array(size);
  const step = Math.max(1, Math.floor(blockBytes(4) / (type.size + 4)));
  const n = values.size;
  // The last NaN is not yet given away: each is another one, unless they are all the same.
  let none = n;
  while (none > 0 && isNone(type, values.data, none - 1)) none--;
  for (let from = 0; from < size; from += step) {
    const to = Math.min(size, from + step);
    const run = readRun(source, from, to);
    const both = allocate(type, n + to - from);
    for (let i = 0; i < values.data.length; i++) both[i] = values.data[i];
    for (let i = 0; i < run.length; i++) both[values.data.length + i] = run[i];
    const compare = comparison(type, both);
    for (let i = 0; i < to - from; i++) {
      if (isNone(type, both, n + i)) {
        inverse[from + i] = nan ? none : none++;
        continue;
      }
      let [low, high] = [0, n - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (compare(middle, n + i) < 0) low = middle + 1;
        else high = middle;
      }
      inverse[from + i] = low;
    }
  }
  return inverse;
}

/** Slices along an axis, each once. */
function uniqueSlices(source: Source, axis: number, options: UniqueOptions): unknown {
  const at = normalizeAxis(axis, source.shape.length);
  const array = readAll(source);
  const { type } = array;
  const n = array.shape[at];
  const rest = array.shape.filter((_, i) => i !== at);
  const m = sizeOf(rest);
  // Slices as rows.
  const order = [at, ...array.shape.keys()].filter((i, place) => place === 0 || i !== at);
  const strides = rowMajor(array.shape);
  const rows = gather(
    { type, data: array.data, offset: 0, strides: order.map((i) => strides[i]) },
    order.map((i) => array.shape[i]),
    type,
  );
  const compare = comparison(type, rows);
  const compareRows = (a: number, b: number): number => {
    for (let i = 0; i < m; i++) {
      const result = compare(a * m + i, b * m + i);
      if (result !== 0) return result;
    }
    return 0;
  };
  const sorted = Array.from({ length: n }, (_, i) => i).sort((a, b) => compareRows(a, b) || a - b);
  const firsts = sorted
    .map((_, i) => i)
    .filter((i) => i === 0 || compareRows(sorted[i], sorted[i - 1]) !== 0);
  const chosen = firsts.map((i) => sorted[i]);
  const shape = array.shape.map((length, i) => (i === at ? chosen.length : length));
  const data = allocate(type, sizeOf(shape));
  const own = rowMajor(shape);
  const inner = rowMajor(rest);
  chosen.forEach((row, i) => {
    copyStrided(
      rest,
      { data: rows, offset: row * m, strides: inner },
      { data, offset: i * own[at], strides: own.filter((_, j) => j !== at) },
      type.width,
    );
  });
  const results: NDArray[] = [new NDArray(data, shape, type)];
  const group = new Float64Array(n);
  firsts.forEach((first, i) => {
    for (let j = first; j < (firsts[i + 1] ?? n); j++) group[sorted[j]] = i;
  });
  if (options.return_index) results.push(integers(Float64Array.from(chosen)));
  if (options.return_inverse) results.push(integers(group));
  if (options.return_counts)
    results.push(integers(Float64Array.from(firsts, (first, i) => (firsts[i + 1] ?? n) - first)));
  return results.length === 1 ? results[0] : results;
}

/** What `isin` takes beside its arrays. */
export interface InOptions {
  /** Whether to say the opposite. */
  readonly invert?: boolean | undefined;
  /** Taken for numpy's sake. */
  readonly assume_unique?: boolean | undefined;
}

/**
 * Which elements are among others. NaN is among none.
 *
 * @throws {KernelError} H5_DTYPE for strings and numbers.
 * @example
 * isin([[1, 2], [3, 4]], [2, 4]); // [[false, true], [false, true]]
 */
export function isin(x: ArrayInput, among: ArrayInput, options: InOptions = {}): ArrayResult {
  const source = sourceOf(x);
  const others = sourceOf(among);
  const type = resultType([{ type: source.type }, { type: others.type }]);
  const target = targetFor(source.shape, BOOL);
  const { maxMemory } = containerOptions();
  const fits = sizeOf(others.shape) <= maxMemory / 8 / (type.size + 24);
  const mark = fits ? membership(type, others) : mergedMembership(type, others);
  const most = fits ? blockBytes(4) : maxMemory / 8;
  for (const part of partsOf(source.shape, Math.max(1, Math.floor(most / (type.size + (fits ? 0 : 16)))))) {
    const count = sizeOf(part.shape);
    const found = new Uint8Array(count);
    mark(gather(operandOf(source, part.start, part.shape), part.shape, type), count, found);
    if (options.invert === true) for (let i = 0; i < count; i++) found[i] ^= 1;
    store(target, part, found, BOOL);
  }
  const { memory } = target;
  return (memory && memory.ndim === 0 ? memory.get() : target.value) as ArrayResult;
}

/** Says in `found` which of the first `n` elements are among others. */
type Mark = (data: Data, n: number, found: Uint8Array) => void;

/** By a Set of the others. */
function membership(type: ElementType, others: Source): Mark {
  const set = new Set<unknown>();
  const isComplex = type.kind === 'c';
  // Text for a complex number, of which 0 and -0 are one.
  const key = (data: Data, i: number): unknown =>
    isComplex ? `${Number(data[i * 2]) + 0} ${Number(data[i * 2 + 1]) + 0}` : data[i];
  const size = sizeOf(others.shape);
  const step = Math.max(1, Math.floor(blockBytes(8) / type.size));
  for (let from = 0; from < size; from += step) {
    const to = Math.min(size, from + step);
    const run = convert(others.type, readRun(others, from, to), type);
    for (let i = 0; i < to - from; i++) if (!isNone(type, run, i)) set.add(key(run, i));
  }
  return (data, n, found) => {
    for (let i = 0; i < n; i++) if (!isNone(type, data, i) && set.has(key(data, i))) found[i] = 1;
  };
}

/** Others that are too many for a Set are sorted; the order of the elements goes along them. */
function mergedMembership(type: ElementType, others: Source): Mark {
  const sorted = sourceOf(sort((others.memory ?? others.disk) as ArrayInput, { axis: null }));
  const size = sizeOf(sorted.shape);
  const step = Math.max(1, Math.floor(containerOptions().maxMemory / 16 / type.size));
  return (data, n, found) => {
    const order = argsortRun(type, data, 0, n);
    // Both stand in one array, so that one comparison does for them.
    const both = allocate(type, n + step);
    for (let i = 0; i < n * type.width; i++) both[i] = data[i];
    const compare = comparison(type, both);
    let at = 0;
    for (let from = 0; from < size && at < n; from += step) {
      const to = Math.min(size, from + step);
      const run = convert(sorted.type, readRun(sorted, from, to), type);
      for (let i = 0; i < run.length; i++) both[n * type.width + i] = run[i];
      for (let j = n; j < n + to - from && at < n; ) {
        const i = order[at];
        // What is no number comes last, and is among none.
        if (isNone(type, both, i)) return;
        const side = compare(i, j);
        if (side === 0) found[i] = 1;
        if (side <= 0) at++;
        else j++;
      }
    }
  };
}

/**
 * Which elements are among others, along one axis.
 *
 * @example
 * in1d([1, 2, 3], [3, 1]); // [true, false, true]
 */
export function in1d(x: ArrayInput, among: ArrayInput, options: InOptions = {}): ArrayResult {
  const source = flat(sourceOf(x));
  return isin((source.memory ?? source.disk) as ArrayInput, among, options);
}
