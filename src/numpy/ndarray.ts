import { type ArraySelection, selectView } from '../containers/array-selection.js';
import { wholeView } from '../containers/array-view.js';
import { storedAs } from '../containers/block-data.js';
import { SHAPED, type ShapedData } from '../hdf5/shaped-data.js';
import type { DTypeName } from '../kernels/block-source.js';
import { convert, convertInto } from '../kernels/convert.js';
import {
  allocate,
  BOOL,
  C16,
  type Data,
  type ElementType,
  F8,
  I8,
  promote,
  STR,
  typeOfArray,
  typeOfName,
  U8,
} from '../kernels/element-type.js';
import { KernelError } from '../kernels/errors.js';
import { pick } from '../kernels/sorting.js';
import {
  broadcastStrides,
  contiguous,
  copyStrided,
  normalizeAxis,
  rowMajor,
  sizeOf,
} from '../kernels/strides.js';
import { placesOf } from './places.js';

/** A complex number as an element. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

/** An element: of booleans a boolean, of 64-bit integers a bigint, of strings a string, of complex numbers their parts. */
export type Scalar = number | bigint | boolean | string | Complex;

/** Real numbers, or arrays of them within arrays. */
export type RealNested = number | bigint | boolean | readonly RealNested[] | ArrayBufferView;

/** Complex numbers in arrays of arrays. */
export type ComplexNested = Complex | readonly ComplexNested[];

/** The names of complex types. */
export type ComplexName = 'c8' | 'c16' | 'complex64' | 'complex128' | 'complex';

/** Elements in arrays of arrays. */
export type Nested = Scalar | readonly Nested[] | ArrayBufferView;

/** What `array` makes of values. */
export interface ArrayOptions {
  /** Such as `'f4'`, `'int64'`, `'bool'`, `'str'`; follows from the values unless it is given. */
  readonly dtype?: string | undefined;
  /** Of a flat list or a typed array: the shape that it has. */
  readonly shape?: readonly number[] | undefined;
}

/**
 * An array in memory, as numpy's `ndarray`: elements of one type, one after another in row-major order, and a shape.
 *
 * `data` is a typed array, or strings. Booleans are bytes of 0 and 1, 64-bit integers bigints, complex numbers two floats each.
 *
 * @example
 * const a = array([[1, 2], [3, 4]]);
 * a.shape; // [2, 2]
 * a.dtype; // 'float64'
 * a.get(1, 0); // 3
 * a.toNested(); // [[1, 2], [3, 4]]
 */
export class NDArray {
  readonly data: Data;
  readonly shape: readonly number[];
  /** How elements stand in `data`. */
  readonly type: ElementType;

  /**
   * @throws {KernelError} H5_SHAPE when the elements do not fill the shape.
   */
  constructor(data: Data, shape: readonly number[], type: ElementType) {
    if (data.length !== sizeOf(shape) * type.width) {
      throw new KernelError(
        'H5_SHAPE',
        `${data.length / type.width} elements do not fill the shape (${shape.join(', ')})`,
      );
    }
    this.data = data;
    this.shape = shape;
    this.type = type;
  }

  /** The name of the type: `float64`, `int8`, `bool`, `str`. */
  get dtype(): DTypeName {
    return this.type.dtype;
  }

  /** The number of axes. */
  get ndim(): number {
    return this.shape.length;
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Bytes of an element. */
  get itemsize(): number {
    return this.type.size;
  }

  /** Bytes of all elements. */
  get nbytes(): number {
    return this.size * this.type.size;
  }

  /** The length of the first axis. */
  get length(): number {
    return this.shape[0] ?? 0;
  }

  /** How it is stored, where a dataset, an `H5Array` or a dict gets it as a value. */
  [SHAPED](): ShapedData {
    const { data, shape, dtype, type } = this;
    const elements = (): ArrayLike<unknown> =>
      type.width === 2
        ? Array.from({ length: data.length / 2 }, (_, i) => ({ r: data[2 * i], i: data[2 * i + 1] }))
        : dtype === 'bool'
          ? Array.from(data as Uint8Array, Boolean)
          : data;
    return { elements, shape, dtype: storedAs(dtype) };
  }

  /**
   * An element by its indices; negative ones count from the end.
   *
   * @throws {KernelError} H5_INDEX when there is no such element.
   */
  get(...indices: readonly number[]): Scalar {
    return elementOf(this.type, this.data, this.#position(indices));
  }

  /**
   * A part, by a selection as an `H5Array` takes it: slices, lists of indices, masks, new axes. Other than numpy's it is a copy.
   *
   * @throws {H5IndexError} when an index is not within its axis.
   * @example
   * a.slice('1:10:2, ..., -1');
   * a.slice([[4, 0, 2]]); // three rows
   * a.slice(greater(a, 0)); // what is above 0
   */
  slice(selection: ArraySelection): NDArray {
    const view = selectView(wholeView(this.shape), selection);
    return new NDArray(pick(this.type, this.data, placesOf(view)), view.shape, this.type);
  }

  /**
   * Sets an element: its indices, then the value. Or a part: a selection as for `slice`, and what is stretched to its shape;
   * flat values may stand for as many elements of several axes.
   *
   * @throws {KernelError} H5_INDEX when there is no such element, H5_DTYPE when a value does not fit, H5_SHAPE when the values
   * do not stretch to the part.
   * @throws {H5IndexError} when an index of a selection is not within its axis.
   * @example
   * a.set(0, 1, 7);
   * a.set('1:, ::2', 0);
   * a.set([[0, 2]], [[1, 2], [3, 4]]);
   */
  set(...indicesAndValue: readonly [...number[], Scalar]): void;
  set(selection: ArraySelection, values: Nested | NDArray): void;
  set(...given: readonly unknown[]): void {
    const value = given.at(-1);
    const indices = given.slice(0, -1);
    if (indices.length === 1 && (typeof indices[0] !== 'number' || this.ndim > 1))
      this.#setPart(indices[0] as ArraySelection, value);
    else setElement(this.type, this.data, this.#position(indices as number[]), value as Scalar);
  }

  #setPart(selection: ArraySelection, given: unknown): void {
    const { type, data } = this;
    const { width } = type;
    const view = selectView(wholeView(this.shape), selection);
    let values = fromValues(given, { dtype: type.name });
    if (values.ndim === 1 && values.size === view.size) values = values.reshape(view.shape);
    // As in numpy, axes of one element that are too many do not count.
    const extra = Math.max(0, values.ndim - view.shape.length);
    const shape = values.shape.slice(0, extra).every((length) => length === 1)
      ? values.shape.slice(extra)
      : values.shape;
    const strides = broadcastStrides(shape, rowMajor(shape), view.shape);
    // A copy, for they may be elements of this very array.
    const own = contiguous(view.shape, { data: values.data.slice() as Data, offset: 0, strides }, width);
    const places = placesOf(view);
    for (let i = 0; i < places.length; i++)
      for (let k = 0; k < width; k++) data[places[i] * width + k] = own[i * width + k];
  }

  #position(indices: readonly number[]): number {
    const { shape } = this;
    if (indices.length !== shape.length) {
      throw new KernelError(
        'H5_INDEX',
        `an array of ${shape.length} axes takes as many indices, not ${indices.length}`,
      );
    }
    let position = 0;
    for (let axis = 0; axis < shape.length; axis++) {
      const index = indices[axis];
      const length = shape[axis];
      if (!Number.isInteger(index) || index < -length || index >= length) {
        throw new KernelError(
          'H5_INDEX',
          `there is no index ${index} along axis ${axis} of ${length} elements`,
        );
      }
      position = position * length + (index < 0 ? index + length : index);
    }
    return position;
  }

  /** The elements as arrays of arrays; the element itself if there are no axes. */
  toNested(): Nested {
    const { shape, type, data } = this;
    const nest = (axis: number, at: number, step: number): Nested => {
      if (axis === shape.length) return elementOf(type, data, at);
      const inner = shape[axis] === 0 ? 0 : step / shape[axis];
      return Array.from({ length: shape[axis] }, (_, i) => nest(axis + 1, at + i * inner, inner));
    };
    return nest(0, 0, this.size);
  }

  /**
   * The elements as a typed array of its own.
   *
   * @throws {KernelError} H5_DTYPE for strings.
   */
  toTypedArray(): Exclude<Data, string[]> {
    const { data } = this;
    if (Array.isArray(data)) throw new KernelError('H5_DTYPE', 'strings are in no typed array: take `data`');
    return data.slice();
  }

  /**
   * The same elements in another shape; one length may be -1, which is what is left. They are shared: what is set here is set there.
   *
   * @throws {KernelError} H5_SHAPE when the elements do not fill it.
   */
  reshape(...shape: readonly (number | readonly number[])[]): NDArray {
    return new NDArray(this.data, reshaped(this.shape, shape.flat()), this.type);
  }

  /** The elements in another type. */
  astype(dtype: string): NDArray {
    const type = typeOfName(dtype);
    const data = type === this.type ? this.data.slice() : convert(this.type, this.data, type);
    return new NDArray(data as Data, this.shape, type);
  }

  /** The axes in reverse order. */
  get T(): NDArray {
    return transposed(this);
  }

  /** Along the first axis: elements if that is the only one, else arrays, which share theirs. */
  *[Symbol.iterator](): IterableIterator<Scalar | NDArray> {
    const { shape, type, data } = this;
    if (shape.length === 0)
      throw new KernelError('H5_AXIS', 'an array without axes has no elements to go through');
    const inner = shape.slice(1);
    const size = sizeOf(inner) * type.width;
    for (let i = 0; i < shape[0]; i++) {
      if (inner.length === 0) yield elementOf(type, data, i);
      else {
        const row = Array.isArray(data)
          ? data.slice(i * size, (i + 1) * size)
          : data.subarray(i * size, (i + 1) * size);
        yield new NDArray(row, inner, type);
      }
    }
  }

  /** As numpy shows it, without what is in the middle of long axes. */
  toString(): string {
    return `array(${textOf(this)}, dtype=${this.dtype})`;
  }

  toJSON(): unknown {
    return this.toNested();
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** An array with the axes in another order: reversed, unless it is given. */
export function transposed(array: NDArray, axes?: readonly number[]): NDArray {
  const { shape, type, data } = array;
  const order = orderOf(axes, shape.length);
  const result = order.map((axis) => shape[axis]);
  const strides = rowMajor(shape);
  const target = allocate(type, array.size);
  copyStrided(
    result,
    { data, offset: 0, strides: order.map((axis) => strides[axis]) },
    { data: target, offset: 0, strides: rowMajor(result) },
    type.width,
  );
  return new NDArray(target, result, type);
}

/** An order of axes, each once. */
export function orderOf(axes: readonly number[] | undefined, ndim: number): number[] {
  if (!axes) return Array.from({ length: ndim }, (_, axis) => ndim - 1 - axis);
  if (!Array.isArray(axes))
    throw new KernelError('H5_AXIS', `axes are a list, such as [1, 0], and no value of type ${typeof axes}`);
  const order = axes.map((axis) => normalizeAxis(axis, ndim));
  if (order.length === ndim && new Set(order).size === ndim) return order;
  throw new KernelError('H5_AXIS', `the axes (${axes.join(', ')}) are not each of the ${ndim} once`);
}

/**
 * A shape as a list of lengths: it is given as one, or as a number.
 *
 * @throws {KernelError} H5_SHAPE when it is no list of whole numbers.
 */
export function lengthsOf(shape: unknown): number[] {
  const isList = typeof shape === 'object' && shape !== null && Symbol.iterator in shape;
  const list: unknown[] = isList ? [...(shape as Iterable<unknown>)] : [shape];
  if (list.every(Number.isInteger)) return list as number[];
  throw new KernelError(
    'H5_SHAPE',
    `(${list.map(String).join(', ')}) is no shape: that is a list of whole numbers`,
  );
}

/** A shape of as many elements as another, in which one length may be -1. */
export function reshaped(from: readonly number[], wanted: unknown): number[] {
  const to = lengthsOf(wanted);
  const size = sizeOf(from);
  const unknown = to.indexOf(-1);
  const rest = to.reduce((product, length, axis) => (axis === unknown ? product : product * length), 1);
  const shape = to.map((length, axis) => (axis === unknown ? size / rest : length));
  if (shape.every((length) => Number.isInteger(length) && length >= 0) && sizeOf(shape) === size)
    return shape;
  throw new KernelError('H5_SHAPE', `${size} elements do not fill the shape (${to.join(', ')})`);
}

/** An element as a value. */
export function elementOf(type: ElementType, data: Data, index: number): Scalar {
  if (type.kind === 'b') return data[index] !== 0;
  if (type.kind === 'c') return { re: data[index * 2] as number, im: data[index * 2 + 1] as number };
  return data[index];
}

function isComplex(value: unknown): value is Complex {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Complex).re === 'number' &&
    typeof (value as Complex).im === 'number'
  );
}

/**
 * Sets an element to a value.
 *
 * @throws {KernelError} H5_DTYPE when it does not fit.
 */
export function setElement(type: ElementType, data: Data, index: number, value: Scalar): void {
  if (type.kind === 's') {
    if (typeof value === 'string') (data as string[])[index] = value;
    else (data as string[])[index] = String(value);
    return;
  }
  if (isComplex(value)) {
    if (type.kind !== 'c') misfit(value, type);
    (data as Float64Array)[index * 2] = value.re;
    (data as Float64Array)[index * 2 + 1] = value.im;
    return;
  }
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'boolean')
    misfit(value, type);
  if (type.kind === 'c') {
    (data as Float64Array)[index * 2] = Number(value);
    (data as Float64Array)[index * 2 + 1] = 0;
  } else if (type.kind === 'b') {
    (data as Uint8Array)[index] = value || Number.isNaN(value) ? 1 : 0;
  } else if (type.kind === 'f') {
    (data as Float64Array)[index] = Number(value);
  } else if (typeof value === 'number' && Number.isSafeInteger(value) && type.compute !== 'big') {
    (data as Int32Array)[index] = value;
  } else {
    if (typeof value === 'number' && !Number.isFinite(value)) misfit(value, type);
    const integer = BigInt(typeof value === 'number' ? Math.trunc(value) : value);
    // As in numpy, negative numbers and those above the type wrap around, as long as an integer of the processor holds them.
    const holds = BigInt.asIntN(64, integer) === integer || type === U8;
    if (!holds || integer < -(2n ** 63n) || integer >= 2n ** 64n) misfit(value, type);
    if (type.compute === 'big') (data as BigInt64Array)[index] = integer;
    else (data as Int32Array)[index] = Number(BigInt.asIntN(32, integer));
  }
}

function misfit(value: unknown, type: ElementType): never {
  const shown = isComplex(value)
    ? 'a complex number'
    : typeof value === 'string'
      ? `'${value}'`
      : typeof value === 'object' && value !== null
        ? 'an object'
        : String(value);
  throw new KernelError('H5_DTYPE', `${shown} does not fit the dtype ${type.dtype}: give another dtype`);
}

/** Elements as text, in brackets; of long axes only both ends. */
function textOf({ shape, type, data }: NDArray): string {
  const isLarge = sizeOf(shape) > 1000;
  const show = (axis: number, at: number, step: number): string => {
    if (axis === shape.length) {
      const value = elementOf(type, data, at);
      if (typeof value === 'string') return `'${value}'`;
      return typeof value === 'object' ? `${value.re}${value.im < 0 ? '' : '+'}${value.im}j` : String(value);
    }
    const length = shape[axis];
    const inner = length === 0 ? 0 : step / length;
    const parts: string[] = [];
    for (let i = 0; i < length; i++) {
      if (isLarge && length > 6 && i === 3) {
        parts.push('...');
        i = length - 3;
      }
      parts.push(show(axis + 1, at + i * inner, inner));
    }
    const between =
      axis === shape.length - 1 ? ', ' : `,${'\n'.repeat(shape.length - 1 - axis)}${' '.repeat(7 + axis)}`;
    return `[${parts.join(between)}]`;
  };
  return show(0, 0, sizeOf(shape));
}

/** The type that a value suggests. */
function typeOfScalar(value: unknown): ElementType | undefined {
  switch (typeof value) {
    case 'number':
      return F8;
    case 'bigint':
      return BigInt.asIntN(64, value) === value ? I8 : U8;
    case 'boolean':
      return BOOL;
    case 'string':
      return STR;
    default:
      return isComplex(value) ? C16 : undefined;
  }
}

/** Whether a value is an element, and no array. */
export function isScalar(value: unknown): value is Scalar {
  return typeOfScalar(value) !== undefined;
}

/**
 * An array of values: nested arrays, typed arrays, or one value. Numbers become `f8`, bigints `i8`, booleans `bool`, strings `str`;
 * mixtures what holds both.
 *
 * @throws {KernelError} H5_SHAPE when rows differ in length, H5_DTYPE when strings and others are mixed, or for other values.
 */
export function fromValues(values: unknown, { dtype, shape }: ArrayOptions = {}): NDArray {
  const wanted = dtype === undefined ? undefined : typeOfName(dtype);
  if (values instanceof NDArray) {
    const cast = wanted && wanted !== values.type ? values.astype(wanted.name) : values;
    return shape ? cast.reshape(shape) : cast;
  }
  const known = typeOfArray(values);
  if (known) {
    const typed = values as Exclude<Data, string[]>;
    const complex =
      wanted?.kind === 'c' && wanted.array === known.array && shape && sizeOf(shape) * 2 === typed.length;
    if (complex) return new NDArray(typed, shape, wanted);
    const isOther = /^Uint8C|^Float16/.test(typed[Symbol.toStringTag]);
    const plain = isOther ? (new known.array(typed as never) as typeof typed) : typed;
    const data = wanted ? convert(known, plain, wanted) : plain;
    return new NDArray(data, shape ? reshaped([typed.length], shape) : [typed.length], wanted ?? known);
  }
  const lengths: number[] = [];
  let first: unknown = values;
  while (isRow(first)) {
    if (lengths.push(rowLength(first)) > 64)
      throw new KernelError('H5_SHAPE', 'arrays are nested more than 64 deep');
    if (rowLength(first) === 0) break;
    first = rowItem(first, 0);
  }
  const size = sizeOf(lengths);
  const flat = new Array<Scalar>(size);
  let count = 0;
  let type: ElementType | undefined;
  const collect = (value: unknown, axis: number): void => {
    if (axis < lengths.length) {
      if (!isRow(value) || rowLength(value) !== lengths[axis]) {
        throw new KernelError(
          'H5_SHAPE',
          `rows differ in length: along axis ${axis} there are ${lengths[axis]} elements and ${
            isRow(value) ? rowLength(value) : 'one that is no array'
          }`,
        );
      }
      for (let i = 0; i < lengths[axis]; i++) collect(rowItem(value, i), axis + 1);
      return;
    }
    const own = value instanceof NDArray && value.ndim === 0 ? value.type : typeOfScalar(value);
    if (!own) {
      if (isRow(value)) throw new KernelError('H5_SHAPE', 'rows differ in length: some elements are arrays');
      throw new KernelError(
        'H5_DTYPE',
        `a value of type ${value === null ? 'null' : typeof value} is no element`,
      );
    }
    if (!wanted) type = type && type !== own ? promote(type, own) : own;
    flat[count++] = value instanceof NDArray ? value.get() : (value as Scalar);
  };
  collect(values, 0);
  const target = wanted ?? type ?? F8;
  const data = allocate(target, size);
  for (let i = 0; i < size; i++) {
    if (typeof flat[i] === 'string') convertInto(STR, flat as string[], i, target, data, i, 1);
    else setElement(target, data, i, flat[i]);
  }
  return new NDArray(data, shape ? reshaped(lengths, shape) : lengths, target);
}

function isRow(value: unknown): value is ArrayLike<unknown> | NDArray {
  return (
    Array.isArray(value) || typeOfArray(value) !== undefined || (value instanceof NDArray && value.ndim > 0)
  );
}

function rowLength(row: ArrayLike<unknown> | NDArray): number {
  return row.length;
}

function rowItem(row: ArrayLike<unknown> | NDArray, index: number): unknown {
  if (!(row instanceof NDArray)) return row[index];
  const inner = row.shape.slice(1);
  const size = sizeOf(inner) * row.type.width;
  if (inner.length === 0) return elementOf(row.type, row.data, index);
  return new NDArray(row.data.slice(index * size, (index + 1) * size) as Data, inner, row.type);
}
