import { convert } from '../kernels/convert.js';
import {
  allocate,
  type BigArray,
  BOOL,
  C16,
  type Data,
  type ElementType,
  F8,
  I8,
  typeOfName,
  U8,
} from '../kernels/element-type.js';
import { KernelError } from '../kernels/errors.js';
import { contiguous, normalizeAxis, sizeOf } from '../kernels/strides.js';
import { apart } from './apart.js';
import { applyUfunc, ufuncOf } from './elementwise.js';
import { type AxisOption, concatenate, flat, withAxis } from './manipulation.js';
import { NDArray, type Scalar, setElement } from './ndarray.js';
import { castTo, sumType } from './reductions.js';
import {
  type ArrayInput,
  type ArrayResult,
  blockBytes,
  operandOf,
  partsOf,
  type Source,
  sourceOf,
} from './source.js';
import { finish, storeAs, targetFor } from './target.js';

/**
 * Sums of all elements up to each one, along an axis, or of all in row-major order. The type is that of `sum`.
 *
 * @throws {KernelError} H5_AXIS, H5_DTYPE for strings.
 * @example
 * cumsum([1, 2, 3]); // [1, 3, 6]
 */
export function cumsum(
  x: ArrayInput,
  options: AxisOption & { readonly dtype?: string | undefined } = {},
): ArrayResult {
  const isFlat = options.axis === undefined || options.axis === null;
  let source = withAxis(sourceOf(x));
  source = apart(options.out, source, !isFlat || source.shape.length === 1);
  if (source.type.kind === 's') throw new KernelError('H5_DTYPE', 'cumsum is not defined for strings');
  if (isFlat) source = flat(source);
  const axis = normalizeAxis(isFlat ? 0 : (options.axis as number), source.shape.length);
  const made = options.dtype === undefined ? sumType(source.type) : typeOfName(options.dtype);
  const target = targetFor(source.shape, made, options.out);
  // Without a type that is asked for, it is computed in that of `out`.
  const type = options.dtype === undefined ? target.type : made;
  if (type === BOOL) source = castTo(source, type);
  const compute = type.kind === 'c' ? C16 : type.kind === 'f' ? F8 : type.kind === 'u' ? U8 : I8;
  const width = compute.width;
  const inner = sizeOf(source.shape.slice(axis + 1));
  // What has been summed so far, for each lane that a part is in.
  let sums: Data | undefined;
  for (const part of partsOf(source.shape, Math.floor(blockBytes(3) / Math.max(8, source.type.size)))) {
    const { start, shape } = part;
    const read = contiguous(shape, operandOf(source, start, shape), source.type.width);
    const data =
      read === source.memory?.data || compute === source.type
        ? (convert(source.type, read, compute).slice() as Data)
        : convert(source.type, read, compute);
    const outer = sizeOf(shape.slice(0, axis));
    const n = shape[axis];
    const m = sizeOf(shape.slice(axis + 1)) * width;
    // Parts that are no whole rows go along the axis for one place of what is before it.
    if (start[axis] === 0 && (m === inner * width || start.slice(axis + 1).every((at) => at === 0)))
      sums = undefined;
    sums ??= newSums(compute, inner * width);
    const carry = sums;
    const offset = offsetWithin(source.shape, start, axis) * width;
    for (let o = 0; o < outer; o++) {
      if (o > 0) carry.fill((compute.compute === 'big' ? 0n : -0) as never);
      addUp(data, o * n * m, n, m, carry, offset);
    }
    storeAs(target, part, data, compute, type);
  }
  return finish(target, options.out) as ArrayResult;
}

function newSums(type: ElementType, count: number): Float64Array | BigArray {
  return type.compute === 'big'
    ? type === U8
      ? new BigUint64Array(count)
      : new BigInt64Array(count)
    : // What -0 is added to stays what it is.
      new Float64Array(count).fill(-0);
}

/** Where a part begins within the axes behind one. */
function offsetWithin(shape: readonly number[], start: readonly number[], axis: number): number {
  let offset = 0;
  for (let i = axis + 1; i < shape.length; i++) offset = offset * shape[i] + start[i];
  return offset;
}

function addUp(data: Data, from: number, n: number, m: number, carry: Data, offset: number): void {
  if (data instanceof Float64Array) addNumbers(data, from, n, m, carry as Float64Array, offset);
  else addBigs(data as BigArray, from, n, m, carry as BigArray, offset);
}

function addNumbers(
  a: Float64Array,
  from: number,
  n: number,
  m: number,
  carry: Float64Array,
  offset: number,
): void {
  for (let i = 0; i < n; i++)
    for (let j = 0; j < m; j++) {
      const at = from + i * m + j;
      a[at] = carry[offset + j] += a[at];
    }
}

function addBigs(a: BigArray, from: number, n: number, m: number, carry: BigArray, offset: number): void {
  for (let i = 0; i < n; i++)
    for (let j = 0; j < m; j++) {
      const at = from + i * m + j;
      carry[offset + j] += a[at];
      a[at] = carry[offset + j];
    }
}

/** Options of `diff`. */
export interface DiffOptions {
  /** How often: once, unless it is given. */
  readonly n?: number | undefined;
  /** The last axis, unless it is given. */
  readonly axis?: number | undefined;
  /** Put before the elements: an array, or one value. */
  readonly prepend?: ArrayInput | undefined;
  /** Put behind them. */
  readonly append?: ArrayInput | undefined;
}

/**
 * The differences of neighbours along an axis; of booleans, whether they differ.
 *
 * @throws {KernelError} H5_AXIS, H5_VALUE when `n` is negative.
 * @example
 * diff([1, 4, 9]); // [3, 5]
 * diff([1, 4], { prepend: 0 }); // [1, 3]
 */
export function diff(x: ArrayInput, options: DiffOptions = {}): ArrayResult {
  const { n = 1, prepend, append } = options;
  if (!Number.isInteger(n) || n < 0) throw new KernelError('H5_VALUE', `there are no differences ${n} times`);
  let source = sourceOf(x);
  if (source.shape.length === 0) throw new KernelError('H5_AXIS', 'what has no axes has no neighbours');
  if (n === 0) return (source.memory ?? source.disk) as ArrayResult;
  const axis = normalizeAxis(options.axis ?? -1, source.shape.length);
  if (prepend !== undefined || append !== undefined) {
    const beside = (values: ArrayInput): ArrayInput => {
      const given = sourceOf(values);
      if (given.shape.length > 0) return values;
      const one = source.shape.map((length, i) => (i === axis ? 1 : length));
      const value = (given.memory as NDArray).get();
      // A whole number is an integer, as it is in Python, where it is one of 64 bits.
      const isWhole = given.literal && Number.isInteger(value) && Math.abs(value as number) < 2 ** 63;
      return filled(value, one, isWhole ? I8 : given.type);
    };
    const parts = [
      ...(prepend === undefined ? [] : [beside(prepend)]),
      (source.memory ?? source.disk) as ArrayInput,
      ...(append === undefined ? [] : [beside(append)]),
    ];
    source = sourceOf(concatenate(parts, { axis }));
  }
  const func = ufuncOf(source.type === BOOL ? 'not_equal' : 'subtract');
  for (let i = 0; i < n; i++) {
    const length = Math.max(0, source.shape[axis] - 1);
    source = sourceOf(applyUfunc(func, [slice(source, axis, 1, length), slice(source, axis, 0, length)]));
  }
  return (source.memory ?? source.disk) as ArrayResult;
}

function filled(value: Scalar, shape: readonly number[], type: ElementType): NDArray {
  const data = allocate(type, sizeOf(shape));
  for (let i = 0; i < sizeOf(shape); i++) setElement(type, data, i, value);
  return new NDArray(data, shape, type);
}

/** A part of a source along an axis, as an array of its own. */
function slice(source: Source, axis: number, from: number, length: number): ArrayInput {
  const shape = source.shape.map((each, i) => (i === axis ? length : each));
  const start = shape.map((_, i) => (i === axis ? Math.min(from, source.shape[axis]) : 0));
  if (source.memory) {
    const operand = operandOf(source, start, shape);
    return new NDArray(contiguous(shape, operand, source.type.width).slice() as Data, shape, source.type);
  }
  const disk = source.disk as NonNullable<Source['disk']>;
  return {
    shape,
    dtype: disk.dtype,
    *blocks(maxBytes?: number) {
      for (const part of partsOf(shape, Math.floor((maxBytes ?? Infinity) / source.type.size)))
        yield { ...part, selection: part.start.map((at, i) => ({ start: at, stop: at + part.shape[i] })) };
    },
    readBlock: (block) => {
      const at = block.start.map((each, i) => each + start[i]);
      return contiguous(block.shape, operandOf(source, at, block.shape), source.type.width);
    },
    writeBlock: () => {
      throw new KernelError('H5_OUT', 'a part that is only read');
    },
  };
}
