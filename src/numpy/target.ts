import { options } from '../containers/options.js';
import type { BlockSource } from '../kernels/block-source.js';
import { convert, convertInto } from '../kernels/convert.js';
import { allocate, canCast, type Data, type ElementType } from '../kernels/element-type.js';
import { gatherInto } from '../kernels/elementwise.js';
import { KernelError } from '../kernels/errors.js';
import { copyStrided, rowMajor, sizeOf } from '../kernels/strides.js';
import { createOnDisk, type Destination, isDestination, noteWritten } from './disk.js';
import { NDArray } from './ndarray.js';
import {
  type ArrayResult,
  blockAt,
  blockBytes,
  isBlockSource,
  operandOf,
  type Part,
  partsOf,
  type Source,
  sourceOf,
  typeOfArray,
} from './source.js';

/** Where a result goes: an array that is there, or a place in a file. */
export type Out = NDArray | BlockSource | ArrayBufferView | Destination;

/** Where the elements of a result are put, box by box. */
export interface Target {
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly memory: NDArray | undefined;
  readonly disk: BlockSource | undefined;
  /** What the caller gets: what it gave as `out`, or the result. */
  readonly value: unknown;
}

/**
 * Where a result of a shape and a type goes: to `out`, if that is given and fits; else into memory if it takes at most half of the
 * cap, else into a temporary file. What is not `written` is zeros, which take no space there.
 *
 * @throws {KernelError} H5_OUT when the shape of `out` is another one, H5_CASTING when its type cannot hold the result.
 */
export function targetFor(
  shape: readonly number[],
  type: ElementType,
  out?: unknown,
  written = true,
): Target {
  if (out === undefined || out === null) {
    if (sizeOf(shape) * type.size <= options().maxMemory / 2) {
      const memory = new NDArray(allocate(type, sizeOf(shape)), shape, type);
      return { shape, type, memory, disk: undefined, value: memory };
    }
    const disk = createOnDisk(shape, type, undefined, written);
    return { shape, type, memory: undefined, disk, value: disk };
  }
  if (isDestination(out)) {
    const disk = createOnDisk(shape, type, out);
    return { shape, type, memory: undefined, disk, value: disk };
  }
  const target = existing(out);
  if (target.shape.length !== shape.length || target.shape.some((length, axis) => length !== shape[axis])) {
    throw new KernelError(
      'H5_OUT',
      `out has the shape (${target.shape.join(', ')}), the result (${shape.join(', ')}): give an out of that shape`,
    );
  }
  if (!canCast(type, target.type)) {
    throw new KernelError(
      'H5_CASTING',
      `the result is ${type.dtype}, which out of ${target.type.dtype} cannot hold: give an out of ${type.dtype}`,
    );
  }
  return target;
}

/** An array that is there, as a target. */
export function existing(out: unknown): Target {
  if (isBlockSource(out)) {
    const { type, shape } = sourceOf(out);
    return { shape, type, memory: undefined, disk: out, value: out };
  }
  const typed = typeOfArray(out);
  if (!typed && !(out instanceof NDArray)) {
    throw new KernelError(
      'H5_OUT',
      'out is no array that can be written: give an NDArray, a typed array, an H5Array, or { file, name }',
    );
  }
  // What is written to is the array itself, also one that is computed with as another one (of clamped bytes, of half floats).
  const memory = typed ? new NDArray(out as Data, [(out as Uint8Array).length], typed) : (out as NDArray);
  return { shape: memory.shape, type: memory.type, memory, disk: undefined, value: out };
}

/** Puts the elements of a box, which may be of another type. */
export function store(target: Target, { start, shape }: Part, data: Data, type: ElementType): void {
  if (sizeOf(shape) === 0) return;
  if (target.disk) {
    const count = sizeOf(shape) * type.width;
    const exact =
      data.length === count ? data : Array.isArray(data) ? data.slice(0, count) : data.subarray(0, count);
    target.disk.writeBlock(blockAt(start, shape), convert(type, exact, target.type));
    noteWritten(target.disk, sizeOf(shape) * target.type.size);
    return;
  }
  const { memory } = target as { memory: NDArray };
  const strides = rowMajor(memory.shape);
  const offset = start.reduce((sum, at, axis) => sum + at * strides[axis], 0);
  const runStrides = rowMajor(shape);
  const isRun = shape.every((length, axis) => length === 1 || strides[axis] === runStrides[axis]);
  if (isRun) {
    convertInto(type, data, 0, target.type, memory.data, offset, sizeOf(shape));
    return;
  }
  const converted = convert(type, data, target.type);
  copyStrided(
    shape,
    { data: converted, offset: 0, strides: runStrides },
    { data: memory.data, offset, strides },
    target.type.width,
  );
}

/** The same of elements that are of a type before that of the target: modulo it, or rounded to it. */
export function storeAs(
  target: Target,
  part: Part,
  data: Data,
  type: ElementType,
  result: ElementType | undefined,
): void {
  if (result === undefined || target.type === result) store(target, part, data, type);
  else store(target, part, convert(type, data, result), result);
}

/** Where in memory the elements of a box stand, if they are one run. */
export function runOf(target: Target, { start, shape }: Part): number | undefined {
  if (!target.memory) return undefined;
  const strides = rowMajor(target.shape);
  const own = rowMajor(shape);
  if (shape.some((length, axis) => length !== 1 && strides[axis] !== own[axis])) return undefined;
  return start.reduce((sum, at, axis) => sum + at * strides[axis], 0);
}

/** What a function returns: the value of an array without axes, unless it was given. */
export function finish(target: Target, out: unknown): unknown {
  if (out !== undefined && out !== null) return target.value;
  const { memory } = target;
  return memory && memory.ndim === 0 ? memory.get() : target.value;
}

/** Copies all elements to a target of that shape, or of one that they stretch to. */
export function copyTo(target: Target, source: Source): ArrayResult {
  const { type } = target;
  for (const part of partsOf(target.shape, Math.max(1, Math.floor(blockBytes(3) / source.type.size)))) {
    const data = allocate(type, sizeOf(part.shape));
    gatherInto(operandOf(source, part.start, part.shape), part.shape, { type, data, offset: 0 });
    store(target, part, data, type);
  }
  return target.value as ArrayResult;
}
