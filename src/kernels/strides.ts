import type { BigArray, Data, NumberArray } from './element-type.js';
import { KernelError } from './errors.js';

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** How far apart neighbours are along each axis, in row-major order. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

/**
 * The shape that all stretch to.
 *
 * @throws {KernelError} H5_SHAPE when they do not.
 * @example
 * broadcastShapes([3, 1], [4]); // [3, 4]
 */
export function broadcastShapes(...shapes: readonly (readonly number[])[]): number[] {
  const ndim = Math.max(0, ...shapes.map(({ length }) => length));
  const result = new Array<number>(ndim).fill(1);
  for (const shape of shapes) {
    const shift = ndim - shape.length;
    for (let axis = 0; axis < shape.length; axis++) {
      const length = shape[axis];
      if (length === 1 || length === result[axis + shift]) continue;
      if (result[axis + shift] !== 1) {
        const all = shapes.map((each) => `(${each.join(', ')})`).join(' and ');
        throw new KernelError(
          'H5_SHAPE',
          `the shapes ${all} do not broadcast: axis ${axis + shift} has ${result[axis + shift]} and ${length} elements`,
        );
      }
      result[axis + shift] = length;
    }
  }
  return result;
}

/** Whether a shape stretches to another one. */
export function stretches(shape: readonly number[], to: readonly number[]): boolean {
  const shift = to.length - shape.length;
  return shift >= 0 && shape.every((length, axis) => length === 1 || length === to[axis + shift]);
}

/**
 * The strides of an array as if it had a larger shape: 0 along axes where it is repeated.
 *
 * @throws {KernelError} H5_SHAPE when it does not stretch to that shape.
 */
export function broadcastStrides(
  shape: readonly number[],
  strides: readonly number[],
  to: readonly number[],
): number[] {
  const shift = to.length - shape.length;
  const result = new Array<number>(to.length).fill(0);
  let fits = shift >= 0;
  for (let axis = 0; fits && axis < shape.length; axis++) {
    if (shape[axis] === to[axis + shift]) result[axis + shift] = shape[axis] === 1 ? 0 : strides[axis];
    else if (shape[axis] !== 1) fits = false;
  }
  if (fits) return result;
  throw new KernelError('H5_SHAPE', `the shape (${shape.join(', ')}) does not stretch to (${to.join(', ')})`);
}

/** An axis counted from the front. */
export function normalizeAxis(axis: number, ndim: number): number {
  if (Number.isInteger(axis) && axis >= -ndim && axis < ndim) return axis < 0 ? axis + ndim : axis;
  throw new KernelError(
    'H5_AXIS',
    `axis ${axis} is out of range for ${ndim} ${ndim === 1 ? 'axis' : 'axes'}: ${
      ndim === 0 ? 'the array has none' : `-${ndim} to ${ndim - 1} are possible`
    }`,
  );
}

/** A box of elements: for each axis from where up to, not including, where. */
export type Box = readonly (readonly [start: number, stop: number])[];

export function boxShape(box: Box): number[] {
  return box.map(([start, stop]) => stop - start);
}

/** Elements in memory as an array of any strides, in elements. */
export interface Strided {
  readonly data: Data;
  readonly offset: number;
  readonly strides: readonly number[];
}

// A loop for each class of array, so that each sees one only: loops that all classes go through take ten times as long.

function move8(a: Uint8Array, ai: number, as: number, b: Uint8Array, bi: number, bs: number, n: number) {
  for (let i = 0; i < n; i++) b[bi + i * bs] = a[ai + i * as];
}
function move16(a: Uint16Array, ai: number, as: number, b: Uint16Array, bi: number, bs: number, n: number) {
  for (let i = 0; i < n; i++) b[bi + i * bs] = a[ai + i * as];
}
function move32(a: Uint32Array, ai: number, as: number, b: Uint32Array, bi: number, bs: number, n: number) {
  for (let i = 0; i < n; i++) b[bi + i * bs] = a[ai + i * as];
}
function move64(a: Float64Array, ai: number, as: number, b: Float64Array, bi: number, bs: number, n: number) {
  for (let i = 0; i < n; i++) b[bi + i * bs] = a[ai + i * as];
}
function moveBig(
  a: BigInt64Array,
  ai: number,
  as: number,
  b: BigInt64Array,
  bi: number,
  bs: number,
  n: number,
) {
  for (let i = 0; i < n; i++) b[bi + i * bs] = a[ai + i * as];
}
function moveStrings(a: string[], ai: number, as: number, b: string[], bi: number, bs: number, n: number) {
  for (let i = 0; i < n; i++) b[bi + i * bs] = a[ai + i * as];
}

type Move = (a: Data, ai: number, as: number, b: Data, bi: number, bs: number, n: number) => void;

/** The same bytes as unsigned integers, or as what is moved without a change of bits. */
function bits(data: Data): Data {
  if (Array.isArray(data) || data instanceof Float64Array || data instanceof Uint8Array) return data;
  const { buffer, byteOffset, length } = data;
  switch (data.BYTES_PER_ELEMENT) {
    case 1:
      return new Uint8Array(buffer, byteOffset, length);
    case 2:
      return new Uint16Array(buffer, byteOffset, length);
    case 4:
      return new Uint32Array(buffer, byteOffset, length);
    default:
      return new BigInt64Array(buffer, byteOffset, length);
  }
}

function moveOf(data: Data): Move {
  if (Array.isArray(data)) return moveStrings as Move;
  if (data instanceof Float64Array) return move64 as Move;
  const size = data.BYTES_PER_ELEMENT;
  return (size === 1 ? move8 : size === 2 ? move16 : size === 4 ? move32 : moveBig) as Move;
}

/**
 * Copies elements between arrays of one type and any strides. `width` is that of the type.
 */
export function copyStrided(shape: readonly number[], from: Strided, to: Strided, width: 1 | 2 = 1): void {
  if (width === 2) {
    const pairs = ({ data, offset, strides }: Strided): Strided => ({
      data,
      offset: offset * 2,
      strides: [...strides.map((stride) => stride * 2), 1],
    });
    copyStrided([...shape, 2], pairs(from), pairs(to));
    return;
  }
  if (sizeOf(shape) === 0) return;
  const { dims, strides } = coalesce(shape, [from.strides, to.strides]);
  const [fromStrides, toStrides] = strides;
  const source = bits(from.data);
  const target = bits(to.data);
  const move = moveOf(source);
  const last = dims.length - 1;
  if (last < 0) {
    move(source, from.offset, 1, target, to.offset, 1, 1);
    return;
  }
  const n = dims[last];
  const fromStep = fromStrides[last];
  const toStep = toStrides[last];
  const run = fromStep === 1 && toStep === 1 && n >= 64 && !Array.isArray(source);
  let fromAt = from.offset;
  let toAt = to.offset;
  const index = new Array<number>(last).fill(0);
  for (;;) {
    if (run) (target as NumberArray).set((source as NumberArray).subarray(fromAt, fromAt + n), toAt);
    else move(source, fromAt, fromStep, target, toAt, toStep, n);
    let axis = last - 1;
    for (; axis >= 0; axis--) {
      fromAt += fromStrides[axis];
      toAt += toStrides[axis];
      if (++index[axis] < dims[axis]) break;
      fromAt -= fromStrides[axis] * dims[axis];
      toAt -= toStrides[axis] * dims[axis];
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** Joins axes that lie behind each other in all arrays, and leaves out those of one element. */
export function coalesce(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
): { dims: number[]; strides: number[][] } {
  const dims: number[] = [];
  const result = strides.map(() => [] as number[]);
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] === 1) continue;
    const last = dims.length - 1;
    if (last >= 0 && strides.every((each, i) => result[i][last] === each[axis] * shape[axis])) {
      dims[last] *= shape[axis];
      for (let i = 0; i < strides.length; i++) result[i][last] = strides[i][axis];
    } else {
      dims.push(shape[axis]);
      for (let i = 0; i < strides.length; i++) result[i].push(strides[i][axis]);
    }
  }
  return { dims, strides: result };
}

/** A box of a strided array, row-major, in an array of its own or, where it lies so already, as a part of it. */
export function contiguous(
  shape: readonly number[],
  { data, offset, strides }: Strided,
  width: 1 | 2 = 1,
): Data {
  const size = sizeOf(shape);
  const { dims, strides: joined } = coalesce(shape, [strides]);
  if (dims.length === 0 || (dims.length === 1 && joined[0][0] === 1)) {
    if (offset === 0 && data.length === size * width) return data;
    return Array.isArray(data)
      ? data.slice(offset, offset + size)
      : data.subarray(offset * width, (offset + size) * width);
  }
  const target = Array.isArray(data)
    ? new Array<string>(size).fill('')
    : new (data.constructor as { new (length: number): NumberArray | BigArray })(size * width);
  copyStrided(shape, { data, offset, strides }, { data: target, offset: 0, strides: rowMajor(shape) }, width);
  return target;
}

/** A box as a part of an array of a shape. */
export function boxOf(data: Data, shape: readonly number[], box: Box): Strided {
  const strides = rowMajor(shape);
  let offset = 0;
  for (let axis = 0; axis < box.length; axis++) offset += box[axis][0] * strides[axis];
  return { data, offset, strides };
}

/**
 * Boxes of at most about `limit` elements that go through a shape in row-major order, each one run of memory.
 */
export function* runs(shape: readonly number[], limit: number): IterableIterator<[number, number][]> {
  if (sizeOf(shape) === 0) return;
  let axis = shape.length - 1;
  let inner = 1;
  while (axis > 0 && inner * shape[axis] <= limit) inner *= shape[axis--];
  if (axis < 0) {
    yield [];
    return;
  }
  const step = Math.max(1, Math.floor(limit / inner));
  const index = new Array<number>(axis).fill(0);
  for (;;) {
    for (let start = 0; start < shape[axis]; start += step) {
      const box: [number, number][] = index.map((at) => [at, at + 1]);
      box.push([start, Math.min(shape[axis], start + step)]);
      for (let rest = axis + 1; rest < shape.length; rest++) box.push([0, shape[rest]]);
      yield box;
    }
    let outer = axis - 1;
    for (; outer >= 0; outer--) {
      if (++index[outer] < shape[outer]) break;
      index[outer] = 0;
    }
    if (outer < 0) return;
  }
}
