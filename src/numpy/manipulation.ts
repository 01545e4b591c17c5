import type { H5Array } from '../containers/h5-array.js';
import { options as memoryOptions } from '../containers/options.js';
import type { Block, BlockData, BlockSource, DTypeName } from '../kernels/block-source.js';
import { convert, convertInto } from '../kernels/convert.js';
import {
  allocate,
  BOOL,
  canCast,
  type Data,
  type ElementType,
  F8,
  I8,
  promoteAll,
  resultType,
  typeOfName,
} from '../kernels/element-type.js';
import { gather, gatherInto, type Operand } from '../kernels/elementwise.js';
import { KernelError } from '../kernels/errors.js';
import {
  broadcastShapes,
  contiguous,
  copyStrided,
  normalizeAxis,
  rowMajor,
  sizeOf,
} from '../kernels/strides.js';
import { apart, apartFrom } from './apart.js';
import { createOnDisk, settle } from './disk.js';
import { partsFor } from './elementwise.js';
import { boxesOfRun, readRun } from './flat.js';
import { NDArray, orderOf, reshaped, transposed } from './ndarray.js';
import {
  type ArrayInput,
  type ArrayResult,
  blockBytes,
  blocksOf,
  isBlockSource,
  operandOf,
  type Part,
  partsOf,
  readAll,
  type Source,
  sourceOf,
} from './source.js';
import { existing, finish, type Out, store, type Target, targetFor } from './target.js';

/** Where a result goes. */
export interface OutOption {
  readonly out?: Out | undefined;
}

/** Elements that go through memory at once. */
function elementsAtOnce(type: ElementType, blocks = 2): number {
  return Math.max(1, Math.floor(blockBytes(blocks) / type.size));
}

/** Copies all elements to a target of as many, in row-major order of both. */
function copyRuns(source: Source, target: Target): void {
  let at = 0;
  for (const part of partsOf(target.shape, elementsAtOnce(source.type))) {
    const count = sizeOf(part.shape);
    store(target, part, readRun(source, at, at + count), source.type);
    at += count;
  }
}

/**
 * The elements in another shape; one length may be -1. In memory they are shared with the array that is given, else they are copied.
 *
 * @throws {KernelError} H5_SHAPE when the elements do not fill it.
 * @example
 * reshape([1, 2, 3, 4, 5, 6], [2, -1]); // [[1, 2, 3], [4, 5, 6]]
 */
export function reshape(
  x: ArrayInput,
  shape: number | readonly number[],
  options: OutOption & { readonly order?: 'C' | 'F' | undefined } = {},
): ArrayResult {
  const source = sourceOf(x);
  const to = reshaped(source.shape, shape);
  if (options.order === 'F') {
    // Column by column is row by row of the transposed arrays.
    const turned = sourceOf(transpose(x));
    const target = targetFor([...to].reverse(), source.type);
    copyRuns(turned, target);
    return transpose(target.value as ArrayInput, undefined, { out: options.out });
  }
  if (source.memory && options.out === undefined) return source.memory.reshape(to);
  const target = targetFor(to, source.type, options.out);
  copyRuns(apart(options.out, source), target);
  return target.value as ArrayResult;
}

/**
 * All elements along one axis, in row-major order, or column by column with `order: 'F'`.
 *
 * @example
 * ravel([[1, 2], [3, 4]], { order: 'F' }); // [1, 3, 2, 4]
 */
export function ravel(
  x: ArrayInput,
  options: OutOption & { readonly order?: 'C' | 'F' | undefined } = {},
): ArrayResult {
  return reshape(x, [-1], options);
}

/**
 * The axes in another order: reversed, unless it is given. The elements are copied.
 *
 * @throws {KernelError} H5_AXIS when the axes are not each given once.
 * @example
 * transpose([[1, 2, 3], [4, 5, 6]]); // [[1, 4], [2, 5], [3, 6]]
 */
export function transpose(x: ArrayInput, axes?: readonly number[], options: OutOption = {}): ArrayResult {
  const source = sourceOf(x);
  const { type } = source;
  const order = orderOf(axes, source.shape.length);
  if (source.memory && options.out === undefined) return transposed(source.memory, order);
  const turn = (list: readonly number[]) => order.map((axis) => list[axis]);
  const target = targetFor(turn(source.shape), type, options.out);
  const read = apart(options.out, source);
  for (const { start, shape } of blocksOf(read, blockBytes(3))) {
    const { data, offset, strides } = operandOf(read, start, shape);
    const part: Part = { start: turn(start), shape: turn(shape) };
    store(target, part, contiguous(part.shape, { data, offset, strides: turn(strides) }, type.width), type);
  }
  return target.value as ArrayResult;
}

/** Options of functions that put arrays together. */
export interface JoinOptions extends OutOption {
  readonly dtype?: string | undefined;
}

/** The arrays that are put together: those of a list, or the rows of an array. */
function listOf(arrays: unknown): ArrayInput[] {
  const isList = typeof arrays === 'object' && arrays !== null && Symbol.iterator in arrays;
  const list = isList ? [...(arrays as Iterable<ArrayInput>)] : [];
  if (list.length > 0) return list;
  throw new KernelError('H5_VALUE', 'there is nothing to put together: give a list of arrays');
}

/**
 * Arrays one behind the other along an axis; with `axis: null` all their elements along one axis.
 *
 * @throws {KernelError} H5_SHAPE when they differ in another axis, or have none; H5_DTYPE for strings and numbers.
 * @example
 * concatenate([[1, 2], [3]]); // [1, 2, 3]
 */
export function concatenate(
  arrays: readonly ArrayInput[],
  options: JoinOptions & { readonly axis?: number | null | undefined } = {},
): ArrayResult {
  const sources = apartFrom(options.out, listOf(arrays).map(sourceOf));
  const type =
    options.dtype === undefined
      ? promoteAll(sources.map((source) => source.type))
      : typeOfName(options.dtype);
  for (const source of sources) {
    if (!canCast(source.type, type)) {
      throw new KernelError('H5_CASTING', `elements of ${source.type.dtype} cannot become ${type.dtype}`);
    }
  }
  if (options.axis === null) {
    const total = sources.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    const target = targetFor([total], type, options.out);
    let at = 0;
    for (const source of sources) {
      const size = sizeOf(source.shape);
      const step = elementsAtOnce(source.type);
      for (let from = 0; from < size; from += step) {
        const to = Math.min(size, from + step);
        store(target, { start: [at + from], shape: [to - from] }, readRun(source, from, to), source.type);
      }
      at += size;
    }
    return target.value as ArrayResult;
  }
  const { shape: first } = sources[0];
  if (first.length === 0)
    throw new KernelError('H5_SHAPE', 'what has no axes is not put together: use stack');
  const axis = normalizeAxis(options.axis ?? 0, first.length);
  const length = sources.reduce((sum, { shape }) => {
    const fits = shape.length === first.length && shape.every((each, i) => i === axis || each === first[i]);
    if (fits) return sum + shape[axis];
    throw new KernelError(
      'H5_SHAPE',
      `arrays of the shapes (${first.join(', ')}) and (${shape.join(', ')}) are not put together along axis ${axis}: ` +
        'they are the same along all others',
    );
  }, 0);
  const target = targetFor(
    first.map((each, i) => (i === axis ? length : each)),
    type,
    options.out,
  );
  let at = 0;
  for (const source of sources) {
    for (const { start, shape } of blocksOf(source, blockBytes(3))) {
      const data = contiguous(shape, operandOf(source, start, shape), source.type.width);
      const place = { start: start.map((each, i) => (i === axis ? each + at : each)), shape };
      store(target, place, convert(source.type, data, type), type);
    }
    at += source.shape[axis];
  }
  return target.value as ArrayResult;
}

/** An operand with a new axis of one element at a place among the axes that it has then; on disk it is still read from there. */
function widened(x: ArrayInput, axis: number): ArrayInput {
  const source = sourceOf(x);
  const to = source.shape.toSpliced(axis, 0, 1);
  return source.memory ? source.memory.reshape(to) : new Widened(source, to, axis);
}

/** An array on disk with an axis of one element more. */
class Widened implements BlockSource {
  readonly #source: Source;
  readonly shape: readonly number[];
  readonly #axis: number;

  constructor(source: Source, shape: readonly number[], axis: number) {
    this.#source = source;
    this.shape = shape;
    this.#axis = axis;
  }

  get dtype(): DTypeName {
    return (this.#source.disk as BlockSource).dtype;
  }

  /** That of which it shows elements. */
  get dataset(): H5Array['dataset'] {
    return (this.#source.disk as { readonly dataset?: H5Array['dataset'] }).dataset;
  }

  *blocks(maxBytes?: number): IterableIterator<Block> {
    for (const part of partsOf(this.shape, Math.max(1, (maxBytes ?? Infinity) / this.#source.type.size)))
      yield {
        ...part,
        selection: part.start.map((start, axis) => ({ start, stop: start + part.shape[axis] })),
      };
  }

  readBlock({ start, shape }: Block): BlockData {
    const part = { start: start.toSpliced(this.#axis, 1), shape: shape.toSpliced(this.#axis, 1) };
    return contiguous(part.shape, operandOf(this.#source, part.start, part.shape), this.#source.type.width);
  }

  writeBlock(): never {
    throw new KernelError('H5_OUT', 'an array with more axes than its dataset is not written');
  }
}

/**
 * Arrays side by side: along the second axis, or along the only one.
 *
 * @example
 * hstack([[[1], [2]], [[3], [4]]]); // [[1, 3], [2, 4]]
 */
export function hstack(arrays: readonly ArrayInput[], options: JoinOptions = {}): ArrayResult {
  const all = listOf(arrays).map((each) => (sourceOf(each).shape.length === 0 ? widened(each, 0) : each));
  return concatenate(all, { ...options, axis: sourceOf(all[0]).shape.length === 1 ? 0 : 1 });
}

/**
 * Arrays one below the other: along the first axis; what has one axis is a row.
 *
 * @example
 * vstack([[1, 2], [3, 4]]); // [[1, 2], [3, 4]]
 */
export function vstack(arrays: readonly ArrayInput[], options: JoinOptions = {}): ArrayResult {
  const all = listOf(arrays).map((each) => {
    const { length } = sourceOf(each).shape;
    return length === 0 ? widened(widened(each, 0), 0) : length === 1 ? widened(each, 0) : each;
  });
  return concatenate(all, { ...options, axis: 0 });
}

/**
 * Arrays of one shape along a new axis.
 *
 * @throws {KernelError} H5_SHAPE when their shapes differ.
 * @example
 * stack([[1, 2], [3, 4]], { axis: 1 }); // [[1, 3], [2, 4]]
 */
export function stack(
  arrays: readonly ArrayInput[],
  options: JoinOptions & { readonly axis?: number | undefined } = {},
): ArrayResult {
  const list = listOf(arrays);
  const first = sourceOf(list[0]).shape;
  const axis = normalizeAxis(options.axis ?? 0, first.length + 1);
  for (const each of list) {
    const { shape } = sourceOf(each);
    if (shape.length !== first.length || shape.some((length, i) => length !== first[i])) {
      throw new KernelError(
        'H5_SHAPE',
        `arrays of the shapes (${first.join(', ')}) and (${shape.join(', ')}) are not stacked: give them one shape`,
      );
    }
  }
  return concatenate(
    list.map((each) => widened(each, axis)),
    { ...options, axis },
  );
}

/** Indices as whole numbers from 0 up to, not including, `length`, which are read where they are needed. */
function indicesOf(
  input: ArrayInput,
  length: number,
  out: unknown,
): { indices: Indices; shape: readonly number[] } {
  const source = apart(out, sourceOf(input));
  if (source.type.kind !== 'i' && source.type.kind !== 'u' && source.type.kind !== 'f') {
    throw new KernelError('H5_DTYPE', `indices are whole numbers, not ${source.type.dtype}`);
  }
  const { shape } = source;
  const indices = new GivenIndices(flat(source), length);
  // None is written before all are known to be right.
  const step = elementsAtOnce(F8, 3);
  for (let from = 0; from < indices.length; from += step)
    indices.window(from, Math.min(step, indices.length - from));
  return { indices, shape };
}

/** Which slices of a source come where in a target, window by window: there may be more of them than memory has room for. */
abstract class Indices {
  abstract readonly length: number;
  #data = new Float64Array(0);

  /** The indices of `n` slices of the target, from one on; -1 where none goes. They are good until the next ones are asked for. */
  window(from: number, n: number): Float64Array {
    if (this.#data.length < n) this.#data = new Float64Array(n);
    const indices = this.#data.subarray(0, n);
    this.fill(indices, from, n);
    return indices;
  }

  protected abstract fill(indices: Float64Array, from: number, n: number): void;
}

/** Indices that an array along one axis says. */
class GivenIndices extends Indices {
  readonly length: number;
  readonly #source: Source;
  readonly #end: number;

  constructor(source: Source, end: number) {
    super();
    this.length = source.shape[0];
    this.#source = source;
    this.#end = end;
  }

  protected fill(indices: Float64Array, from: number, n: number): void {
    const { type, memory } = this.#source;
    if (memory) convertInto(type, memory.data, from, F8, indices, 0, n);
    else convertInto(type, readRun(this.#source, from, from + n), 0, F8, indices, 0, n);
    const end = this.#end;
    for (let i = 0; i < n; i++) {
      const index = indices[i];
      if (!Number.isInteger(index) || index < -end || index >= end)
        throw new KernelError('H5_INDEX', `the index ${index} is out of range for ${end} elements`);
      if (index < 0) indices[i] = index + end;
    }
  }
}

/** Each slice equally often. */
class RepeatedIndices extends Indices {
  readonly length: number;
  readonly #times: number;

  constructor(length: number, times: number) {
    super();
    this.length = length * times;
    this.#times = times;
  }

  protected fill(indices: Float64Array, from: number, n: number): void {
    const times = this.#times;
    let index = Math.floor(from / times);
    let left = times - (from - index * times);
    for (let i = 0; i < n; i++) {
      if (left === 0) {
        index++;
        left = times;
      }
      indices[i] = index;
      left--;
    }
  }
}

/** How many of the sorted numbers are below one. */
function countBelow(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (sorted[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Each slice as often as a list says. */
class CountedIndices extends Indices {
  readonly length: number;
  /** Where the copies of each end. */
  readonly #ends: Float64Array;

  constructor(ends: Float64Array) {
    super();
    this.length = ends.length === 0 ? 0 : ends[ends.length - 1];
    this.#ends = ends;
  }

  protected fill(indices: Float64Array, from: number, n: number): void {
    const ends = this.#ends;
    let index = countBelow(ends, from + 1);
    for (let i = 0; i < n; i++) {
      while (ends[index] <= from + i) index++;
      indices[i] = index;
    }
  }
}

/** All slices, one after another, except at the places in the target that others take, which are sorted. */
class SpacedIndices extends Indices {
  readonly length: number;
  readonly #taken: Float64Array;

  constructor(length: number, taken: Float64Array) {
    super();
    this.length = length + taken.length;
    this.#taken = taken;
  }

  protected fill(indices: Float64Array, from: number, n: number): void {
    const taken = this.#taken;
    let before = countBelow(taken, from);
    for (let i = 0; i < n; i++) {
      const isTaken = taken[before] === from + i;
      indices[i] = isTaken ? -1 : from + i - before;
      if (isTaken) before++;
    }
  }
}

/** All slices but those of a list, which is sorted, and has none twice. */
class RemainingIndices extends Indices {
  readonly length: number;
  readonly #gone: Float64Array;

  constructor(length: number, gone: Float64Array) {
    super();
    this.length = length - gone.length;
    this.#gone = gone;
  }

  protected fill(indices: Float64Array, from: number, n: number): void {
    const gone = this.#gone;
    // As many are gone before the slice that comes to `from` as have at most so many left before them.
    let low = 0;
    let high = gone.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (gone[middle] - middle <= from) low = middle + 1;
      else high = middle;
    }
    for (let i = 0; i < n; i++) {
      while (low < gone.length && gone[low] - low <= from + i) low++;
      indices[i] = from + i + low;
    }
  }
}

/** All slices but `count` of them, the first at `start`, and then each `step`. */
class UnslicedIndices extends Indices {
  readonly length: number;
  readonly #start: number;
  readonly #step: number;
  readonly #count: number;

  constructor(length: number, start: number, step: number, count: number) {
    super();
    this.length = length - count;
    this.#start = start;
    this.#step = step;
    this.#count = count;
  }

  protected fill(indices: Float64Array, from: number, n: number): void {
    const start = this.#start;
    const between = this.#step - 1;
    const count = this.#count;
    for (let i = 0; i < n; i++) {
      const at = from + i;
      const gone = at < start ? 0 : between === 0 ? count : Math.floor((at - start) / between) + 1;
      indices[i] = at + Math.min(gone, count);
    }
  }
}

/** All slices but those where a mask is true. */
class UnmaskedIndices extends Indices {
  readonly length: number;
  readonly #mask: Source;
  readonly #step: number;
  /** How many are left in all blocks of the mask up to each. */
  readonly #left: Float64Array;

  constructor(mask: Source) {
    super();
    const [size] = mask.shape;
    this.#mask = mask;
    this.#step = elementsAtOnce(F8, 3);
    this.#left = new Float64Array(Math.ceil(size / this.#step));
    let left = 0;
    for (let block = 0; block < this.#left.length; block++) {
      const gone = this.#read(block);
      for (let i = 0; i < gone.length; i++) if (gone[i] === 0) left++;
      this.#left[block] = left;
    }
    this.length = left;
  }

  #read(block: number): Uint8Array {
    const from = block * this.#step;
    return readRun(this.#mask, from, Math.min(this.#mask.shape[0], from + this.#step)) as Uint8Array;
  }

  protected fill(indices: Float64Array, from: number, n: number): void {
    let block = countBelow(this.#left, from + 1);
    let skip = from - (block === 0 ? 0 : this.#left[block - 1]);
    for (let found = 0; found < n; block++) {
      const gone = this.#read(block);
      for (let i = 0; i < gone.length && found < n; i++) {
        if (gone[i] !== 0) continue;
        if (skip > 0) skip--;
        else indices[found++] = block * this.#step + i;
      }
    }
  }
}

/**
 * Puts slices of a source along an axis to a target, of which the axis has as many. Where an index is -1, what is there stays.
 */
function takeSlices(source: Source, axis: number, indices: Indices, target: Target): void {
  const { type } = source;
  const own = source.shape;
  const around = own.map((length, i) => (i === axis ? indices.length : length));
  const most = Math.floor(blockBytes(4) / Math.max(type.size, F8.size));
  let [known, count] = [-1, 0];
  let window: Float64Array = new Float64Array(0);
  for (const part of partsOf(around, most)) {
    const from = part.start[axis];
    const n = part.shape[axis];
    if (from !== known || n !== count) window = indices.window(from, n);
    [known, count] = [from, n];
    takePart(source, axis, window, part, target);
  }
}

/** The same for a box of the target. */
function takePart(source: Source, axis: number, indices: Float64Array, part: Part, target: Target): void {
  const { type } = source;
  const n = part.shape[axis];
  let least = Infinity;
  let most = -1;
  for (let i = 0; i < n; i++) {
    if (indices[i] < 0) continue;
    least = Math.min(least, indices[i]);
    most = Math.max(most, indices[i]);
  }
  if (most < 0) return;
  const size = sizeOf(part.shape);
  const data = allocate(type, size);
  const strides = rowMajor(part.shape);
  const one = part.shape.map((length, i) => (i === axis ? 1 : length));
  const isNear = source.memory !== undefined || most - least < n * 2 + 8;
  const span = part.shape.map((length, i) => (i === axis ? most - least + 1 : length));
  const begin = part.start.map((start, i) => (i === axis ? least : start));
  const near = isNear ? operandOf(source, begin, span) : undefined;
  for (let i = 0; i < n; ) {
    const index = indices[i];
    if (index < 0) {
      i++;
      continue;
    }
    // Slices that follow each other are copied at once.
    let end = i + 1;
    while (end < n && indices[end] === index + end - i) end++;
    const run = end - i === 1 ? one : part.shape.map((length, j) => (j === axis ? end - i : length));
    const read =
      near ??
      operandOf(
        source,
        part.start.map((start, j) => (j === axis ? index : start)),
        run,
      );
    const offset = read.offset + (near ? (index - least) * near.strides[axis] : 0);
    copyStrided(
      run,
      { data: read.data, offset, strides: read.strides },
      { data, offset: i * strides[axis], strides },
      type.width,
    );
    i = end;
  }
  // Runs of what is taken: the rest is not touched.
  for (let i = 0; i < n; ) {
    if (indices[i] < 0) {
      i++;
      continue;
    }
    let end = i + 1;
    while (end < n && indices[end] >= 0) end++;
    const shape = part.shape.map((length, j) => (j === axis ? end - i : length));
    const start = part.start.map((at, j) => (j === axis ? at + i : at));
    const taken =
      end - i === n ? data : contiguous(shape, { data, offset: i * strides[axis], strides }, type.width);
    store(target, { start, shape }, taken, type);
    i = end;
  }
}

/** Options of functions that go along an axis, or along all elements. */
export interface AxisOption extends OutOption {
  /** The axis; without it, all elements in row-major order. */
  readonly axis?: number | null | undefined;
}

/**
 * Elements by their indices, or slices along an axis. Negative indices count from the end.
 *
 * @throws {KernelError} H5_INDEX when an index is out of range.
 * @example
 * take([10, 20, 30], [2, 0]); // [30, 10]
 * take([[1, 2], [3, 4]], [1], { axis: 1 }); // [[2], [4]]
 */
export function take(x: ArrayInput, indices: ArrayInput, options: AxisOption = {}): ArrayResult {
  const { axis, out } = options;
  const source = withAxis(apart(out, sourceOf(x)));
  const { type } = source;
  if (axis === undefined || axis === null) {
    const { indices: list, shape } = indicesOf(indices, sizeOf(source.shape), out);
    const target = targetFor(shape, type, out);
    takeElements(source, list, target);
    return finish(target, out) as ArrayResult;
  }
  const at = normalizeAxis(axis, source.shape.length);
  const { indices: list, shape } = indicesOf(indices, source.shape[at], out);
  const before = source.shape.slice(0, at);
  const after = source.shape.slice(at + 1);
  const target = targetFor([...before, ...shape, ...after], type, out);
  takeSlices(source, at, list, flattened(target, [...before, list.length, ...after], at, shape));
  return finish(target, out) as ArrayResult;
}

/** A target as if some of its axes were one. */
function flattened(target: Target, shape: readonly number[], axis: number, axes: readonly number[]): Target {
  if (axes.length === 1) return target;
  if (target.memory) return { ...target, shape, memory: target.memory.reshape(shape) };
  const disk: BlockSource = {
    shape,
    dtype: (target.disk as BlockSource).dtype,
    blocks: () => [],
    readBlock: () => [],
    // One slice after another: along several axes they are no box.
    writeBlock: (part, block) => {
      const data = block as Data;
      const strides = rowMajor(part.shape);
      const one = part.shape.map((length, i) => (i === axis ? 1 : length));
      for (let i = 0; i < part.shape[axis]; i++) {
        const index: number[] = [];
        for (let j = axes.length - 1, rest = part.start[axis] + i; j >= 0; j--) {
          index.unshift(rest % axes[j]);
          rest = Math.floor(rest / axes[j]);
        }
        const slice = contiguous(one, { data, offset: i * strides[axis], strides }, target.type.width);
        store(
          target,
          {
            start: [...part.start.slice(0, axis), ...index, ...part.start.slice(axis + 1)],
            shape: [...part.shape.slice(0, axis), ...axes.map(() => 1), ...part.shape.slice(axis + 1)],
          },
          slice,
          target.type,
        );
      }
    },
  };
  return { ...target, shape, disk };
}

/** Single elements, of which those that are near each other are read together. */
function takeElements(source: Source, list: Indices, target: Target): void {
  const { type } = source;
  const window = Math.floor(blockBytes(5) / Math.max(type.size, F8.size)) || 1;
  const strides = rowMajor(target.shape);
  for (const part of partsOf(target.shape, window)) {
    const count = sizeOf(part.shape);
    const first = part.start.reduce((sum, at, axis) => sum + at * strides[axis], 0);
    const indices = list.window(first, count);
    const data = allocate(type, count);
    if (source.memory) {
      for (let i = 0; i < count; i++) convertInto(type, source.memory.data, indices[i], type, data, i, 1);
    } else {
      const order = Array.from({ length: count }, (_, i) => i).sort((a, b) => indices[a] - indices[b]);
      for (let i = 0; i < count; ) {
        const from = indices[order[i]];
        let end = i;
        let to = from + 1;
        while (end < count && indices[order[end]] < Math.min(from + window, to + 64)) {
          to = Math.max(to, indices[order[end]] + 1);
          end++;
        }
        const run = readRun(source, from, to);
        for (; i < end; i++) convertInto(type, run, indices[order[i]] - from, type, data, order[i], 1);
      }
    }
    store(target, part, data, type);
  }
}

/**
 * Each element, or each slice along an axis, several times: as often as `repeats` says, of all or of each.
 *
 * @throws {KernelError} H5_SHAPE when there are not as many `repeats`, H5_VALUE when one is negative.
 * @example
 * repeat([1, 2], 2); // [1, 1, 2, 2]
 * repeat([1, 2], [1, 3]); // [1, 2, 2, 2]
 */
export function repeat(x: ArrayInput, repeats: ArrayInput, options: AxisOption = {}): ArrayResult {
  const { source, axis } = along(withAxis(apart(options.out, sourceOf(x))), options.axis);
  const n = source.shape[axis];
  const times = readAll(sourceOf(repeats));
  const list = convert(times.type, times.data, F8) as Float64Array;
  if (list.length !== 1 && list.length !== n) {
    throw new KernelError(
      'H5_SHAPE',
      `there are ${list.length} repeats for ${n} elements: give one, or one for each`,
    );
  }
  const ends = new Float64Array(list.length);
  for (let i = 0, total = 0; i < list.length; i++) {
    const count = list[i];
    if (!Number.isInteger(count) || count < 0) {
      throw new KernelError('H5_VALUE', `nothing is repeated ${count} times: give a whole number`);
    }
    total += count;
    ends[i] = total;
  }
  const indices = list.length === 1 ? new RepeatedIndices(n, list[0]) : new CountedIndices(ends);
  const target = targetFor(
    source.shape.map((length, i) => (i === axis ? indices.length : length)),
    source.type,
    options.out,
  );
  takeSlices(source, axis, indices, target);
  return target.value as ArrayResult;
}

/** A source along one of its axes; without one, all its elements as the only axis. */
function along(source: Source, axis: number | null | undefined): { source: Source; axis: number } {
  if (axis !== undefined && axis !== null) return { source, axis: normalizeAxis(axis, source.shape.length) };
  return { source: flat(source), axis: 0 };
}

/** What has no axes as the only element along one: some functions of numpy take it for that. */
export function withAxis(source: Source): Source {
  return source.shape.length === 0 ? flat(source) : source;
}

/** All elements of a source along one axis. */
export function flat(source: Source): Source {
  if (source.shape.length === 1) return source;
  const size = sizeOf(source.shape);
  if (source.memory) {
    const memory = source.memory.reshape([size]);
    return { ...source, shape: [size], memory, value: undefined };
  }
  const disk: BlockSource = {
    shape: [size],
    dtype: (source.disk as BlockSource).dtype,
    *blocks(maxBytes?: number) {
      for (const part of partsOf([size], Math.floor((maxBytes ?? Infinity) / source.type.size)))
        yield { ...part, selection: [{ start: part.start[0], stop: part.start[0] + part.shape[0] }] };
    },
    readBlock: ({ start, shape }) => readRun(source, start[0], start[0] + shape[0]),
    writeBlock: ({ start, shape }, block) => {
      const data = block as Data;
      let at = 0;
      for (const part of boxesOfRun(source.shape, start[0], start[0] + shape[0])) {
        const n = sizeOf(part.shape);
        const own = contiguous([n], { data, offset: at, strides: [1] }, source.type.width);
        store(existing(source.disk), part, own, source.type);
        at += n;
      }
    },
  };
  return { ...source, shape: [size], disk };
}

/** Where to insert or delete: one index, several, a slice, or, to delete, true for each that goes. */
export type Places =
  | number
  | bigint
  | ArrayInput
  | {
      readonly start?: number | undefined;
      readonly stop?: number | undefined;
      readonly step?: number | undefined;
    };

/** A slice, where places are one. */
function sliceOf(places: Places): { start?: number; stop?: number; step?: number } | undefined {
  if (typeof places !== 'object' || places === null || Array.isArray(places)) return undefined;
  if (places instanceof NDArray || ArrayBuffer.isView(places) || isBlockSource(places)) return undefined;
  return places as { start?: number; stop?: number; step?: number };
}

/** Indices along an axis of so many elements; `end` is one that is possible beyond them. */
function placesOf(places: Places, length: number, end: 0 | 1): { list: Float64Array; single: boolean } {
  const slice = sliceOf(places);
  if (slice) {
    const { from, step, count } = boundsOf(slice, length);
    const list = new Float64Array(count);
    for (let i = 0; i < count; i++) list[i] = from + i * step;
    return { list, single: false };
  }
  const array = readAll(sourceOf(places));
  if (array.type === BOOL && array.ndim === 1) {
    checkMask(array.size, length);
    const mask = array.data as Uint8Array;
    let count = 0;
    for (let i = 0; i < length; i++) if (mask[i] !== 0) count++;
    const list = new Float64Array(count);
    for (let i = 0, at = 0; i < length; i++) if (mask[i] !== 0) list[at++] = i;
    return { list, single: false };
  }
  if (array.size === 0) return { list: new Float64Array(0), single: false };
  if (!'iuf'.includes(array.type.kind)) {
    throw new KernelError('H5_DTYPE', `indices are whole numbers, not ${array.type.dtype}`);
  }
  const list = new Float64Array(array.size);
  convertInto(array.type, array.data, 0, F8, list, 0, list.length);
  for (let i = 0; i < list.length; i++) {
    const index = list[i];
    const at = index < 0 ? index + length : index;
    if (!Number.isInteger(index) || at < 0 || at >= length + end)
      throw new KernelError('H5_INDEX', `the index ${index} is out of range for ${length} elements`);
    list[i] = at;
  }
  return { list, single: array.ndim === 0 };
}

function checkMask(size: number, length: number): void {
  if (size !== length) throw new KernelError('H5_SHAPE', `a mask of ${size} elements is given for ${length}`);
}

/** Where a slice begins, and how many indices it has. */
function boundsOf(
  { start, stop, step = 1 }: { start?: number; stop?: number; step?: number },
  length: number,
): { from: number; step: number; count: number } {
  if (!Number.isInteger(step) || step === 0)
    throw new KernelError('H5_INDEX', `the step ${step} leads nowhere`);
  const bound = (value: number | undefined, other: number) => {
    if (value === undefined) return other;
    const at = value < 0 ? value + length : value;
    return step > 0 ? Math.min(Math.max(at, 0), length) : Math.min(Math.max(at, -1), length - 1);
  };
  const from = bound(start, step > 0 ? 0 : length - 1);
  const to = bound(stop, step > 0 ? length : -1);
  return { from, step, count: Math.max(0, Math.ceil((to - from) / step)) };
}

/** The indices along an axis that are not deleted. */
function remaining(places: Places, length: number, out: unknown): Indices {
  const slice = sliceOf(places);
  if (slice) {
    const { from, step, count } = boundsOf(slice, length);
    const first = step > 0 || count === 0 ? from : from + (count - 1) * step;
    return new UnslicedIndices(length, first, Math.abs(step), count);
  }
  const source = sourceOf(places);
  if (source.type === BOOL && source.shape.length === 1) {
    checkMask(source.shape[0], length);
    return new UnmaskedIndices(apart(out, source));
  }
  const gone = placesOf(places, length, 0).list.sort();
  let count = 0;
  for (let i = 0; i < gone.length; i++) if (i === 0 || gone[i] !== gone[i - 1]) gone[count++] = gone[i];
  return new RemainingIndices(length, gone.subarray(0, count));
}

/** Whether the result is to be the array itself. */
function isInPlace(x: unknown, out: unknown): boolean {
  return out !== undefined && out === x;
}

/** An operand as it may be read while `out` is written, unless it is to be changed in place. */
function beside(x: ArrayInput, out: unknown): Source {
  return isInPlace(x, out) ? sourceOf(x) : apart(out, sourceOf(x));
}

/**
 * The array without some elements, or slices along an axis. With `out` the array on disk that is given, it is changed in place.
 *
 * @throws {KernelError} H5_INDEX when an index is out of range.
 * @example
 * delete_([1, 2, 3, 4], [0, -1]); // [2, 3]
 */
export function delete_(x: ArrayInput, places: Places, options: AxisOption = {}): ArrayResult {
  const { source, axis } = along(beside(x, options.out), options.axis);
  const n = source.shape[axis];
  const indices = remaining(places, n, options.out);
  const shape = source.shape.map((length, i) => (i === axis ? indices.length : length));
  if (isInPlace(x, options.out)) return changeInPlace(x, source, axis, indices, shape, []);
  const target = targetFor(shape, source.type, options.out);
  takeSlices(source, axis, indices, target);
  return target.value as ArrayResult;
}

/**
 * The array with values before some elements, or slices along an axis. Several indices are those of the array as it was. With `out` the
 * array on disk that is given, it is changed in place.
 *
 * @throws {KernelError} H5_INDEX when an index is out of range, H5_SHAPE when the values do not fit.
 * @example
 * insert([1, 2, 3], 1, 9); // [1, 9, 2, 3]
 * insert([[1, 2], [3, 4]], 1, [9, 8], { axis: 1 }); // [[1, 9, 2], [3, 8, 4]]
 */
export function insert(
  x: ArrayInput,
  places: Places,
  values: ArrayInput,
  options: AxisOption = {},
): ArrayResult {
  const { source, axis } = along(beside(x, options.out), options.axis);
  const { type } = source;
  const n = source.shape[axis];
  const { list, single } = placesOf(places, n, 1);
  let given = readAll(apart(options.out, sourceOf(values)));
  if (
    !canCast(given.type, type, 'same_kind') &&
    !(given.type === F8 && type.kind !== 's') &&
    !(given.type === I8 && type.kind !== 's' && type.kind !== 'b')
  ) {
    throw new KernelError('H5_CASTING', `values of ${given.type.dtype} are not inserted into ${type.dtype}`);
  }
  given = given.type === type ? given : given.astype(type.name);
  const ndim = source.shape.length;
  let count = list.length;
  if (list.length === 1) {
    // Of one index, all values come there. A single one has its slice as the first axis of the values.
    if (given.ndim < ndim)
      given = given.reshape([...new Array<number>(ndim - given.ndim).fill(1), ...given.shape]);
    if (single) {
      const order = Array.from({ length: given.ndim }, (_, i) => i).slice(1);
      order.splice(axis, 0, 0);
      given = transposed(given, order);
    }
    count = given.shape[axis] ?? 1;
  }
  const shape = source.shape.map((length, i) => (i === axis ? n + count : length));
  const slots = shape.map((length, i) => (i === axis ? count : length));
  broadcastTo(given, slots);
  const isOne = list.length === 1;
  const order = new Float64Array(isOne ? count : list.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  if (!isOne) order.sort((a, b) => list[a] - list[b] || a - b);
  // Where the values come, in the array as it will be.
  const placed = new Float64Array(order.length);
  for (let i = 0; i < placed.length; i++) placed[i] = (isOne ? list[0] : list[order[i]]) + i;
  const indices = new SpacedIndices(n, placed);
  const fill = (target: Target) => {
    const inserted = sourceOf(given);
    const one = slots.map((length, i) => (i === axis ? 1 : length));
    for (const [nth, at] of placed.entries()) {
      for (const part of partsOf(one, elementsAtOnce(type))) {
        const from = part.start.map((start, i) => (i === axis ? order[nth] : start));
        const data = gather(operandOf(inserted, from, part.shape), part.shape, type);
        store(
          target,
          { start: part.start.map((start, i) => (i === axis ? at : start)), shape: part.shape },
          data,
          type,
        );
      }
    }
  };
  if (isInPlace(x, options.out)) return changeInPlace(x, source, axis, indices, shape, [fill]);
  const target = targetFor(shape, type, options.out);
  takeSlices(source, axis, indices, target);
  fill(target);
  return target.value as ArrayResult;
}

function broadcastTo(array: NDArray, shape: readonly number[]): void {
  const together = broadcastShapes(array.shape, shape);
  if (together.length === shape.length && together.every((length, i) => length === shape[i])) return;
  throw new KernelError(
    'H5_SHAPE',
    `values of the shape (${array.shape.join(', ')}) do not stretch to (${shape.join(', ')})`,
  );
}

/** An array that can get another shape. */
interface Resizable {
  resize(shape: readonly number[]): unknown;
}

/**
 * Moves the slices of an array on disk to where they are to be, from the side where nothing is overwritten before it is read.
 */
function changeInPlace(
  x: ArrayInput,
  source: Source,
  axis: number,
  indices: Indices,
  shape: readonly number[],
  then: ((target: Target) => void)[],
): ArrayResult {
  const own = x as unknown as Partial<Resizable>;
  if (!isBlockSource(x) || typeof own.resize !== 'function' || source.disk !== x) {
    throw new KernelError(
      'H5_OUT',
      'only an array on disk is changed in place, along one of its axes: without out there is a new one',
    );
  }
  const resizable = own as Resizable;
  const grows = shape[axis] > source.shape[axis];
  if (grows) resizable.resize(shape);
  const now: Source = { ...sourceOf(x), memory: undefined };
  const target: Target = { ...existing(x), shape };
  const slice = sizeOf(source.shape) / Math.max(1, source.shape[axis]);
  const step = Math.max(1, Math.floor(elementsAtOnce(source.type, 3) / Math.max(1, slice)));
  const n = indices.length;
  const windows = Math.ceil(n / step);
  // Where it grows, slices move towards the end, so the last ones go first.
  for (let w = 0; w < windows; w++) {
    const from = (grows ? windows - 1 - w : w) * step;
    const window = indices.window(from, Math.min(n - from, step));
    let moves = false;
    for (let i = 0; i < window.length; i++) {
      if (window[i] === from + i) window[i] = -1;
      moves ||= window[i] >= 0;
    }
    if (moves) takeWindow(now, axis, window, from, target);
  }
  for (const each of then) each(target);
  if (!grows) resizable.resize(shape);
  return x as ArrayResult;
}

/** Slices of one window of the target, all of which are read before one is written. */
function takeWindow(source: Source, axis: number, indices: Float64Array, from: number, target: Target): void {
  const { type } = source;
  const pending: { part: Part; data: Data }[] = [];
  for (let i = 0; i < indices.length; i++) {
    if (indices[i] < 0) continue;
    let end = i + 1;
    while (end < indices.length && indices[end] === indices[end - 1] + 1) end++;
    const shape = source.shape.map((length, j) => (j === axis ? end - i : length));
    const start = shape.map((_, j) => (j === axis ? indices[i] : 0));
    const data = contiguous(shape, operandOf(source, start, shape), type.width);
    pending.push({ part: { start: shape.map((_, j) => (j === axis ? from + i : 0)), shape }, data });
    i = end - 1;
  }
  for (const { part, data } of pending) store(target, part, data, type);
}

/**
 * The array with values at the end of an axis; without one, all elements and all values along one axis.
 *
 * @throws {KernelError} H5_SHAPE when the values do not fit.
 * @example
 * append([1, 2], [3]); // [1, 2, 3]
 */
export function append(x: ArrayInput, values: ArrayInput, options: AxisOption = {}): ArrayResult {
  const { axis = null, out } = options;
  return concatenate([x, values], { axis, out });
}

/**
 * Copies elements into an array that is there, in memory or on disk; those of `where`, if it is given. What is smaller is repeated.
 *
 * @throws {KernelError} H5_CASTING when the type cannot hold them, H5_SHAPE when they do not fit.
 * @example
 * copyto(target, 0, { where: isnan(target) });
 */
export function copyto(
  target: NDArray | Exclude<ArrayInput, string | number | bigint | boolean>,
  values: ArrayInput,
  options: {
    readonly where?: ArrayInput | undefined;
    readonly casting?: 'same_kind' | 'unsafe' | undefined;
  } = {},
): void {
  const to = existing(target);
  const isPart = options.where !== undefined && options.where !== true;
  const given = [sourceOf(values), ...(isPart ? [sourceOf(options.where as ArrayInput)] : [])];
  const [from, mask] = apartFrom(target, given, true) as readonly [Source, Source?];
  if (mask && mask.type !== BOOL)
    throw new KernelError('H5_DTYPE', `where is ${mask.type.dtype}: it takes booleans`);
  const isOwn = from.value !== undefined && resultType([{ type: to.type }, from]) === to.type;
  if (!isOwn && options.casting !== 'unsafe' && !canCast(from.type, to.type)) {
    throw new KernelError(
      'H5_CASTING',
      `elements of ${from.type.dtype} are not copied to ${to.type.dtype}: give { casting: 'unsafe' } if they may be cut`,
    );
  }
  for (const each of mask ? [from, mask] : [from]) {
    const together = broadcastShapes(each.shape.slice(axesAhead(each, to.shape.length)), to.shape);
    if (together.length !== to.shape.length || together.some((length, i) => length !== to.shape[i])) {
      throw new KernelError(
        'H5_SHAPE',
        `the shape (${each.shape.join(', ')}) does not stretch to (${to.shape.join(', ')})`,
      );
    }
  }
  const inputs = mask ? [from, mask] : [from];
  const onDisk = inputs.filter(({ disk }) => disk).length + (to.disk ? 1 : 0);
  const whole: Part = { start: to.shape.map(() => 0), shape: to.shape };
  for (const part of onDisk === 0 ? [whole] : partsFor(inputs, to, onDisk)) {
    const { start, shape } = part;
    const where = mask && partOf(mask, start, shape);
    const data = where
      ? gather(operandOf({ ...to, value: undefined }, start, shape), shape, to.type)
      : allocate(to.type, sizeOf(shape));
    gatherInto(partOf(from, start, shape), shape, { type: to.type, data, offset: 0 }, where);
    store(to, part, data, to.type);
  }
  settle(to.disk);
}

/** How many axes of one element a source has in front of as many as there are: `copyto` takes it as if it did not have them. */
function axesAhead({ shape }: Source, rank: number): number {
  const ahead = Math.max(0, shape.length - rank);
  return shape.slice(0, ahead).every((length) => length === 1) ? ahead : 0;
}

/** The same as `operandOf`, of what may have such axes. */
function partOf(source: Source, start: readonly number[], shape: readonly number[]): Operand {
  const ahead = axesAhead(source, shape.length);
  if (ahead === 0) return operandOf(source, start, shape);
  const each = (value: number) => new Array<number>(ahead).fill(value);
  const operand = operandOf(source, [...each(0), ...start], [...each(1), ...shape]);
  return { ...operand, strides: operand.strides.slice(ahead) };
}

/** Of a list of conditions. */
export interface Where {
  (condition: ArrayInput): ArrayResult[];
  (condition: ArrayInput, x: ArrayInput, y: ArrayInput, options?: OutOption): ArrayResult;
}

/**
 * Elements of the one where the condition holds, else of the other. With the condition alone, the indices where it holds, for each axis:
 * on disk if all of them take more than half of the cap.
 *
 * @example
 * where([true, false], [1, 2], [10, 20]); // [1, 20]
 * where([0, 3, 4]); // [[1n, 2n]]
 */
export const where: Where = ((
  condition: ArrayInput,
  x?: ArrayInput,
  y?: ArrayInput,
  options: OutOption = {},
): unknown => {
  if (x === undefined || y === undefined) {
    if (x === y) return placesWhere(sourceOf(condition));
    throw new KernelError('H5_VALUE', 'where takes the elements for both cases, or none');
  }
  const [test, ...sources] = apartFrom(options.out, [condition, x, y].map(sourceOf), true);
  const type = resultType(sources);
  const shape = broadcastShapes(test.shape, ...sources.map((source) => source.shape));
  const target = targetFor(shape, type, options.out);
  const inputs = [test, ...sources];
  const onDisk = inputs.filter(({ disk }) => disk).length + (target.disk ? 1 : 0);
  const whole: Part = { start: shape.map(() => 0), shape };
  for (const part of onDisk === 0 ? [whole] : partsFor(inputs, target, onDisk + 1)) {
    const [mask, a, b] = inputs.map((source) => operandOf(source, part.start, part.shape));
    const data = gather(b, part.shape, type);
    gatherInto(a, part.shape, { type, data, offset: 0 }, mask);
    store(target, part, data, type);
  }
  return finish(target, options.out);
}) as Where;

/** A text is true if there is more in it than space, or anything behind a zero, as for numpy's `nonzero`. */
function truthOfText(text: string): number {
  return Number(/\0.*[^\0]|[^\0\s]/s.test(text));
}

/** The indices of all elements that are other than zero, for each axis. */
function placesWhere(test: Source): ArrayResult[] {
  const { shape } = test;
  if (shape.length === 0) throw new KernelError('H5_AXIS', 'what has no axes has no indices');
  const size = sizeOf(shape);
  const step = Math.max(1, Math.floor(blockBytes(shape.length + 3) / F8.size));
  const truthOf = (from: number) => {
    const run = readRun(test, from, Math.min(size, from + step));
    return test.type.kind === 's'
      ? (run as string[]).map(truthOfText)
      : (convert(test.type, run, BOOL) as Uint8Array);
  };
  let count = 0;
  for (let from = 0; from < size; from += step) {
    const truth = truthOf(from);
    for (let i = 0; i < truth.length; i++) if (truth[i] !== 0) count++;
  }
  // Those of several axes are in memory together.
  const isLarge = count * I8.size * shape.length > memoryOptions().maxMemory / 2;
  const targets = shape.map(() => (isLarge ? existing(createOnDisk([count], I8)) : targetFor([count], I8)));
  const strides = rowMajor(shape);
  const found = new Float64Array(Math.min(step, size));
  const along = new Float64Array(found.length);
  for (let from = 0, at = 0; from < size && at < count; from += step) {
    const truth = truthOf(from);
    let n = 0;
    for (let i = 0; i < truth.length; i++) if (truth[i] !== 0) found[n++] = from + i;
    for (let axis = 0; axis < shape.length; axis++) {
      const [length, stride] = [shape[axis], strides[axis]];
      for (let i = 0; i < n; i++) along[i] = Math.floor(found[i] / stride) % length;
      store(targets[axis], { start: [at], shape: [n] }, along.subarray(0, n), F8);
    }
    at += n;
  }
  return targets.map(({ value }) => value as ArrayResult);
}
