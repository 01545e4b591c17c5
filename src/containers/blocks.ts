import { H5TypeError } from '../errors.js';
import { product } from '../hdf5/selection.js';
import type { Block } from '../kernels/block-source.js';
import type { ArrayView, AxisMap } from './array-view.js';

/** What an element of a list of runs takes in memory while it is read or written. */
const LIST_COST = 64;

/** A box by its first indices and its shape. */
export function blockAt(start: readonly number[], shape: readonly number[]): Block {
  return {
    start,
    shape,
    selection: start.map((from, axis) => ({ start: from, stop: from + (shape[axis] as number) })),
  };
}

/** Blocks of about this size go through memory fastest: what is read is still in the processor's cache when it is used. */
const FAST = 1 << 22;

/**
 * Boxes that cover a view, in row-major order of where they begin. Each takes at most `maxBytes`, but for one of a single
 * element; they are as long as possible along the axes whose elements are next to one another in the array, which are the last
 * ones where the axes are in order, and end where chunks end, so that a chunk is decoded once. With `isFast` they are smaller
 * than that, if chunks are.
 */
export function* planBlocks(
  view: ArrayView,
  chunkDims: readonly number[] | undefined,
  elementSize: number,
  maxBytes: number,
  isFast = false,
): IterableIterator<Block> {
  if (!(maxBytes > 0)) throw new H5TypeError(`blocks of ${maxBytes} bytes: give at least 1`);
  const { shape } = view;
  if (shape.includes(0)) return;
  if (shape.length === 0) {
    yield blockAt([], []);
    return;
  }
  const { units, phases } = chunkUnits(view, chunkDims);
  const cost = elementSize * (isInOrder(view) ? 1 : 2) + (view.drivers && !view.stored ? 0 : listCost(view));
  const most = Math.max(1, Math.floor(maxBytes / cost));
  const chunk = product(shape.map((size, axis) => Math.min(size, units[axis] as number)));
  const fast = Math.max(chunk, Math.floor(FAST / cost), 1);
  const box = boxShape(shape, units, nearFirst(view), isFast ? Math.min(most, fast) : most);
  const start = shape.map(() => 0);
  for (;;) {
    yield blockAt(
      [...start],
      start.map((from, axis) => endOf(from, axis) - from),
    );
    let axis = shape.length - 1;
    for (; axis >= 0; axis--) {
      const next = endOf(start[axis] as number, axis);
      start[axis] = next < (shape[axis] as number) ? next : 0;
      if (start[axis] !== 0) break;
    }
    if (axis < 0) return;
  }

  function endOf(from: number, axis: number): number {
    const length = box[axis] as number;
    const unit = units[axis] as number;
    // The first one ends at the end of a chunk, and so do all others.
    const late =
      from === 0 && length >= unit && length < (shape[axis] as number) ? (phases[axis] as number) : 0;
    return Math.min(from + length - late, shape[axis] as number);
  }
}

function isInOrder({ maps, drivers }: ArrayView): boolean {
  if (!drivers) return true;
  let before = -1;
  return maps.every(({ strides }, a) => {
    const driver = drivers[a] as number;
    if (driver < 0) return true;
    const inOrder = driver > before && (strides[driver] as number) > 0;
    before = driver;
    return inOrder;
  });
}

/** What the runs of a list take for each element: little where a run is long. */
function listCost({ shape, maps, stored }: ArrayView): number {
  const last = shape.length - 1;
  const isRun = maps.at(-1)?.strides[last] === 1 && maps.at(-1)?.table === undefined;
  return isRun || stored ? Math.ceil(LIST_COST / (shape[last] as number)) : LIST_COST;
}

/** How long a chunk is along each axis of a view, and how much of the first one is before its first element. */
function chunkUnits(
  { shape, maps, drivers, stored }: ArrayView,
  chunkDims: readonly number[] | undefined,
): { units: number[]; phases: number[] } {
  const units = shape.map(() => 1);
  const phases = shape.map(() => 0);
  if (chunkDims && drivers && !stored)
    maps.forEach(({ offset, strides, table }: AxisMap, a) => {
      const driver = drivers[a] as number;
      if (driver < 0 || table) return;
      const stride = strides[driver] as number;
      const chunk = chunkDims[a] as number;
      units[driver] = Math.max(1, Math.ceil(chunk / Math.abs(stride)));
      if (stride === 1) phases[driver] = offset % chunk;
    });
  return { units, phases };
}

/** The axes of a view, those first along which elements are nearest to one another in the array. */
function nearFirst({ shape, drivers }: ArrayView): number[] {
  const last = shape.map((_, axis) => shape.length - 1 - axis);
  const near = (drivers ?? []).filter((driver) => driver >= 0).reverse();
  return [...near, ...last.filter((axis) => !near.includes(axis))];
}

/** The longest box of at most `most` elements, of whole chunks where there is room for one. */
function boxShape(
  shape: readonly number[],
  units: readonly number[],
  order: readonly number[],
  most: number,
): number[] {
  const box = shape.map((size, axis) => Math.min(size, units[axis] as number));
  for (const axis of order.toReversed()) {
    if (product(box) <= most) break;
    const others = product(box) / (box[axis] as number);
    box[axis] = Math.max(1, Math.floor(most / others));
  }
  for (const axis of order) {
    const size = shape[axis] as number;
    const unit = units[axis] as number;
    const room = Math.floor(most / (product(box) / (box[axis] as number)));
    if (room >= size) {
      box[axis] = size;
      continue;
    }
    if (room > (box[axis] as number)) box[axis] = Math.max(box[axis] as number, room - (room % unit));
    break;
  }
  return box;
}
