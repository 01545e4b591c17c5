import { deferred } from '../containers/deferred.js';
import { convert } from '../kernels/convert.js';
import { BOOL, type ElementType, F4, F8, I8, typeOfName, U8 } from '../kernels/element-type.js';
import { KernelError } from '../kernels/errors.js';
import { apart } from './apart.js';
import { createOnDisk, type Destination, isDestination } from './disk.js';
import { type ArrayOptions, fromValues, lengthsOf, type NDArray, type Scalar } from './ndarray.js';
import {
  type ArrayInput,
  type ArrayResult,
  blockBytes,
  isBlockSource,
  partsOf,
  readAll,
  sourceAs,
  sourceOf,
} from './source.js';
import { copyTo, existing, store, type Target, targetFor } from './target.js';

/** The lengths of the axes; of one axis its length. */
export type Shape = number | readonly number[];

/**
 * How an array is made: with `name` and `file` or `group` as a dataset there, else in memory, or in a temporary file if it takes more than
 * half of the cap.
 */
export interface CreationOptions extends Partial<Destination> {
  /** `float64`, unless it is given. */
  readonly dtype?: string | undefined;
}

/** Checked lengths. */
export function shapeOf(shape: Shape): number[] {
  const list = lengthsOf(shape);
  if (list.every((length) => length >= 0)) {
    if (list.includes(0) || list.reduce((size, length) => size * length, 1) <= Number.MAX_SAFE_INTEGER)
      return list;
    throw new KernelError('H5_SHAPE', `(${list.join(', ')}) has more elements than there can be: 2^53`);
  }
  throw new KernelError('H5_SHAPE', `(${list.join(', ')}) is no shape: lengths are whole numbers from 0`);
}

/** Where a new array is to be. */
export function placeFor(
  shape: readonly number[],
  type: ElementType,
  options: CreationOptions,
  written = true,
): Target {
  if (isDestination(options)) return existing(createOnDisk(shape, type, options));
  if (options.name !== undefined) {
    throw new KernelError(
      'H5_VALUE',
      `'${options.name}' is to be made nowhere: give { file } or { group } as well`,
    );
  }
  return targetFor(shape, type, undefined, written);
}

function filled(shape: Shape, value: Scalar, options: CreationOptions): ArrayResult {
  const lengths = shapeOf(shape);
  const given = fromValues(value);
  const type = options.dtype === undefined ? given.type : typeOfName(options.dtype);
  // NaN is no integer, as it is none in a list of values.
  const isNumber = typeof value === 'number' && type.kind !== 's';
  const one = isNumber ? fromValues(value, { dtype: type.name }) : given.astype(type.name);
  const isZero =
    type.kind !== 's' &&
    Array.from(one.data as ArrayLike<number>).every((part) => Object.is(Number(part), 0));
  if (isDestination(options)) {
    // What is not written is the fill value: nothing is stored but that.
    const fillValue =
      options.fillValue ?? (isZero || type.kind === 'c' || type.kind === 's' ? undefined : one.get());
    const isWritten = !isZero && fillValue === undefined;
    const place = fillValue === undefined ? options : { ...options, fillValue };
    const target = existing(createOnDisk(lengths, type, place, isWritten));
    if (isWritten) copyTo(target, sourceOf(one));
    return target.value as ArrayResult;
  }
  const target = placeFor(lengths, type, options, !isZero);
  if (!isZero) copyTo(target, sourceOf(one));
  return target.value as ArrayResult;
}

/** An array that is made later, where it is then said to be: in a group, by a name. */
export interface DeferredArray {
  (place: Destination): ArrayResult;
  /** Set as the value of a dict, it is made there. */
  readonly [deferred]: true;
}

function deferring(make: (place: Destination) => ArrayResult): DeferredArray {
  return Object.assign(make, { [deferred]: true } as const);
}

/** A function that makes an array of a shape. */
export interface Creation {
  (shape: Shape, options?: CreationOptions): ArrayResult;
  /**
   * The array to be made later.
   *
   * @example
   * const make = ones.defer([5, 5]);
   * make({ group, name: 'weights' });
   */
  defer(shape: Shape, options?: CreationOptions): DeferredArray;
}

function creation(value: Scalar): Creation {
  const make = (shape: Shape, options: CreationOptions = {}) =>
    filled(shape, value, { dtype: 'float64', ...options });
  return Object.assign(make, {
    defer: (shape: Shape, options: CreationOptions = {}) =>
      deferring((place) => make(shape, { ...options, ...place })),
  });
}

/**
 * An array of zeros. It is as `zeros`: memory that was used before is shown to nobody.
 *
 * @throws {KernelError} H5_SHAPE, H5_DTYPE.
 * @example
 * empty([2, 3], { group, name: 'later', dtype: 'f4' });
 */
export const empty: Creation = creation(0);

/**
 * An array of zeros.
 *
 * @example
 * zeros([2, 2]); // [[0, 0], [0, 0]]
 */
export const zeros: Creation = creation(0);

/**
 * An array of ones.
 *
 * @example
 * ones(3, { dtype: 'i4' }); // [1, 1, 1]
 */
export const ones: Creation = creation(1);

/** A function that makes an array of a shape and a value. */
export interface FullCreation {
  (shape: Shape, value: Scalar, options?: CreationOptions): ArrayResult;
  /** The array to be made later. */
  defer(shape: Shape, value: Scalar, options?: CreationOptions): DeferredArray;
}

/**
 * An array of one value, of its type unless another one is given.
 *
 * @example
 * full([2], 7); // [7, 7]
 */
export const full: FullCreation = Object.assign(
  (shape: Shape, value: Scalar, options: CreationOptions = {}) => filled(shape, value, options),
  {
    defer: (shape: Shape, value: Scalar, options: CreationOptions = {}) =>
      deferring((place) => filled(shape, value, { ...options, ...place })),
  },
);

/**
 * Numbers from `start` (0, if only one is given) up to, not including, `stop`, `step` apart. Whole ones are doubles as well, unless a
 * dtype is given or they are bigints.
 *
 * @throws {KernelError} H5_VALUE when the step is zero.
 * @example
 * arange(4); // [0, 1, 2, 3]
 * arange(1, 2, 0.25); // [1, 1.25, 1.5, 1.75]
 */
export function arange(stop: number | bigint, options?: CreationOptions): ArrayResult;
export function arange(start: number | bigint, stop: number | bigint, options?: CreationOptions): ArrayResult;
export function arange(
  start: number | bigint,
  stop: number | bigint,
  step: number | bigint,
  options?: CreationOptions,
): ArrayResult;
export function arange(...args: readonly unknown[]): ArrayResult {
  const numbers = args.filter((arg) => typeof arg === 'number' || typeof arg === 'bigint') as (
    | number
    | bigint
  )[];
  const options = (args.find((arg) => typeof arg === 'object' && arg !== null) ?? {}) as CreationOptions;
  const given = numbers.length === 1 ? [0, numbers[0], 1] : numbers.length === 2 ? [...numbers, 1] : numbers;
  const [start, stop, step] = given.map(Number);
  if (step === 0 || !Number.isFinite(start) || !Number.isFinite(stop) || !Number.isFinite(step)) {
    throw new KernelError('H5_VALUE', `there is no way from ${start} to ${stop} in steps of ${step}`);
  }
  // What bigints are may be more than a double holds.
  const whole =
    numbers.some((number) => typeof number === 'bigint') &&
    given.every((number) => Number.isInteger(Number(number)))
      ? given.map(BigInt)
      : undefined;
  const wide = whole?.some((number) => number >= 2n ** 63n) ? U8 : I8;
  const type = options.dtype !== undefined ? typeOfName(options.dtype) : whole ? wide : F8;
  const size = Math.max(0, whole ? stepsIn(whole) : Math.ceil((stop - start) / step));
  const target = placeFor([size], type, options);
  // As in numpy, the first two elements are of the type, and say how far all others are apart.
  const round = type === F4 ? Math.fround : Number;
  const begin = convert(F8, Float64Array.of(start, start + step), type === BOOL ? F8 : type);
  const first = Number(begin[0]);
  const between = round(Number(begin[type.width]) - first);
  for (const part of partsOf([size], Math.max(1, Math.floor(blockBytes(2) / 8)))) {
    const from = part.start[0];
    const made = whole ? wide : F8;
    const data = new made.array(part.shape[0]);
    for (let i = 0; i < data.length; i++)
      data[i] = whole ? whole[0] + BigInt(from + i) * whole[2] : first + round((from + i) * between);
    store(target, part, data, made);
  }
  return target.value as ArrayResult;
}

function stepsIn([start, stop, step]: readonly bigint[]): number {
  const last = stop - start + (step > 0n ? -1n : 1n);
  return last < 0n === step < 0n || last === 0n ? Number(last / step) + 1 : 0;
}

/** Options of functions that make an array as another one is. */
export interface LikeOptions extends CreationOptions {
  readonly shape?: Shape | undefined;
}

function like(x: ArrayInput, value: Scalar, { shape, ...options }: LikeOptions): ArrayResult {
  const source = sourceOf(x);
  const lengths = shape === undefined ? source.shape : shape;
  if (source.type.kind === 's' && options.dtype === undefined) {
    return filled(lengths, value === 0 ? '' : String(value), { dtype: 'str', ...options });
  }
  return filled(lengths, value, { dtype: source.type.name, ...options });
}

/**
 * Zeros, of the shape and the type of another array.
 *
 * @example
 * zeros_like(new Int32Array([1, 2])); // [0, 0]
 */
export function zeros_like(x: ArrayInput, options: LikeOptions = {}): ArrayResult {
  return like(x, 0, options);
}

/**
 * Ones, of the shape and the type of another array.
 *
 * @example
 * ones_like([[1.5, 2]]); // [[1, 1]]
 */
export function ones_like(x: ArrayInput, options: LikeOptions = {}): ArrayResult {
  return like(x, 1, options);
}

/**
 * A copy: in memory, or where the options say.
 *
 * @example
 * copy(a, { file, name: 'copy' });
 */
export function copy(x: ArrayInput, options: CreationOptions = {}): ArrayResult {
  const source = apart(options, sourceAs(x, options.dtype));
  const type = options.dtype === undefined ? source.type : typeOfName(options.dtype);
  return copyTo(placeFor(source.shape, type, options), source);
}

/**
 * An array in memory, of values or of an array on disk.
 *
 * @throws {KernelError} H5_SHAPE when rows differ in length, H5_DTYPE for values that are none, H5_MEMORY for what is above the cap.
 * @example
 * array([[1, 2], [3, 4]], { dtype: 'f4' });
 */
export function array(x: ArrayInput, options: ArrayOptions = {}): NDArray {
  const result = asarray(x, options);
  const isOwn = isBlockSource(x) || Array.isArray(x) || options.dtype !== undefined;
  return isOwn && result !== x ? result : result.astype(result.type.name);
}

/**
 * The same, without a copy of what is an array already. Typed arrays are shared.
 *
 * @example
 * asarray(new Float32Array(3)).dtype; // 'float32'
 */
export function asarray(x: ArrayInput, options: ArrayOptions = {}): NDArray {
  return fromValues(readAll(sourceAs(x, options.dtype)), options);
}

/** The same as `asarray`: there are no other arrays. */
export function asanyarray(x: ArrayInput, options: ArrayOptions = {}): NDArray {
  return asarray(x, options);
}

/**
 * The number of axes.
 *
 * @example
 * ndim([[1, 2]]); // 2
 */
export function ndim(x: ArrayInput): number {
  return sourceOf(x).shape.length;
}
