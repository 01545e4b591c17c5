import { product, rowMajor } from '../hdf5/selection.js';
import type { BlockData } from '../kernels/block-source.js';

/** The places of elements in memory: from `offset` on, so far apart along each axis of `shape`. */
export interface Strides {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** What is copied element by element: whole numbers of 1, 2 or 4 bytes, whatever they stand for, or values. */
type Lanes = Uint8Array | Uint16Array | Uint32Array | unknown[];

/** Of a transposed copy so many rows and columns are in the cache together. */
const TILE = 32;
/** Runs of more elements than this are copied by `set`. */
const LONG_RUN = 24;

/** Whether these are the places of a row-major array. */
export function isRowMajor({ shape, strides, offset }: Strides): boolean {
  if (offset !== 0) return false;
  const steps = rowMajor(shape);
  return shape.every((size, axis) => size === 1 || strides[axis] === steps[axis]);
}

/**
 * The elements at certain places, one after another; `width` numbers of `data` are one element. They go to the memory of
 * `into`, if that is of the same kind and large enough.
 *
 * @example
 * gather(new Int8Array([1, 2, 3, 4]), 1, { shape: [2, 2], strides: [1, 2], offset: 0 }); // Int8Array [1, 3, 2, 4]
 */
export function gather<Data extends BlockData>(
  data: Data,
  width: number,
  places: Strides,
  into?: BlockData,
): Data {
  const count = product(places.shape) * width;
  if (Array.isArray(data)) {
    const result = new Array<unknown>(count);
    copy(data, result, places, 1);
    return result as Data;
  }
  const { BYTES_PER_ELEMENT: size, buffer, byteOffset, length } = data;
  type Numbers = Exclude<BlockData, unknown[]>;
  const given = into?.constructor === data.constructor ? (into as Numbers) : undefined;
  const result =
    given && given.length >= count && given.buffer !== buffer
      ? given.subarray(0, count)
      : new (data.constructor as new (length: number) => Numbers)(count);
  const { buffer: target, byteOffset: at } = result;
  if (size === 1) {
    const from = new Uint8Array(buffer, byteOffset, length);
    copy(from, new Uint8Array(target, at, count), places, width);
  } else if (size === 2) {
    const from = new Uint16Array(buffer, byteOffset, length);
    copy(from, new Uint16Array(target, at, count), places, width);
  } else {
    const lanes = size / 4;
    const from = new Uint32Array(buffer, byteOffset, length * lanes);
    copy(from, new Uint32Array(target, at, count * lanes), places, width * lanes);
  }
  return result as unknown as Data;
}

function copy(from: Lanes, into: Lanes, { shape, strides, offset }: Strides, width: number): void {
  // As few axes as possible, the innermost last.
  const sizes: number[] = [];
  const steps: number[] = [];
  const add = (size: number, step: number): void => {
    const last = sizes.length - 1;
    if (last >= 0 && steps[last] === step * size) {
      (sizes[last] as number) *= size;
      steps[last] = step;
    } else if (size !== 1) {
      sizes.push(size);
      steps.push(step);
    }
  };
  shape.forEach((size, axis) => {
    add(size, (strides[axis] as number) * width);
  });
  if (width > 1) add(width, 1);
  if (sizes.includes(0)) return;
  while (sizes.length < 2) {
    sizes.unshift(1);
    steps.unshift(0);
  }
  const rank = sizes.length;
  const inner = sizes[rank - 1] as number;
  const outer = sizes[rank - 2] as number;
  const innerStep = steps[rank - 1] as number;
  const outerStep = steps[rank - 2] as number;
  const at = sizes.map(() => 0);
  let base = offset * width;
  let place = 0;
  for (;;) {
    copyPlane(from, base, into, place, outer, outerStep, inner, innerStep);
    place += outer * inner;
    let axis = rank - 3;
    for (; axis >= 0; axis--) {
      base += steps[axis] as number;
      if (++(at[axis] as number) < (sizes[axis] as number)) break;
      base -= (sizes[axis] as number) * (steps[axis] as number);
      at[axis] = 0;
    }
    if (axis < 0) return;
  }
}

function copyPlane(
  from: Lanes,
  start: number,
  into: Lanes,
  place: number,
  outer: number,
  outerStep: number,
  inner: number,
  innerStep: number,
): void {
  if (innerStep === 1 && inner > LONG_RUN && !Array.isArray(from)) {
    for (let i = 0; i < outer; i++) {
      const at = start + i * outerStep;
      (into as Uint8Array).set(from.subarray(at, at + inner), place + i * inner);
    }
    return;
  }
  // Where the rows of the result are far apart in the source, a few columns of many rows are near one another.
  const isFar = Math.abs(innerStep) > Math.abs(outerStep) && outer > 1;
  const rows = isFar ? TILE : outer;
  const columns = isFar ? TILE : inner;
  for (let i0 = 0; i0 < outer; i0 += rows) {
    const i1 = Math.min(i0 + rows, outer);
    for (let j0 = 0; j0 < inner; j0 += columns) {
      const j1 = Math.min(j0 + columns, inner);
      for (let i = i0; i < i1; i++) {
        let at = start + i * outerStep + j0 * innerStep;
        const row = place + i * inner;
        for (let j = j0; j < j1; j++) {
          into[row + j] = from[at];
          at += innerStep;
        }
      }
    }
  }
}
