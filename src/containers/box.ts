import {
  type Axis,
  GridSelection,
  isAscending,
  ListSelection,
  product,
  rowMajor,
  type Selection,
  tableAxis,
} from '../hdf5/selection.js';
import type { ArrayView, AxisMap } from './array-view.js';
import { isRowMajor, type Strides } from './strided.js';

/** How a box of a view is read and written. */
export interface BoxPlan {
  /** Its elements in the array. */
  readonly selection: Selection;
  /** Where each element of the box is among those that are read; undefined if they come in that order. */
  readonly reading: Strides | undefined;
  /** Where each element that is to be written is in the box. */
  readonly writing: Strides | undefined;
}

/**
 * Which elements of an array of the shape `dims` are in a box of a view, as a selection that the array is read and
 * written by. Where the axes of the view follow those of the array one by one, it is a grid, else a list of runs.
 */
export function planBox(
  view: ArrayView,
  dims: readonly number[],
  start: readonly number[],
  shape: readonly number[],
): BoxPlan {
  const { drivers } = view;
  if (!drivers) {
    return { selection: listSelection(view, dims, start, shape), reading: undefined, writing: undefined };
  }
  const axes: Axis[] = [];
  const flipped: boolean[] = [];
  view.maps.forEach((map, a) => {
    const driver = drivers[a] as number;
    const count = driver < 0 ? 1 : (shape[driver] as number);
    const step = driver < 0 ? 1 : (map.strides[driver] as number);
    const base = baseOf(map, start);
    const flip = !map.table && step < 0;
    flipped.push(flip);
    if (map.table) {
      const table = new Float64Array(count);
      for (let i = 0; i < count; i++) table[i] = map.table[base + i * step] as number;
      axes.push(tableAxis(table));
    } else
      axes.push({
        start: flip ? base + step * (count - 1) : base,
        step: Math.abs(step),
        count,
        table: undefined,
        dropped: false,
      });
  });
  const counts = axes.map(({ count }) => count);
  const stored = rowMajor(counts);
  const boxed = rowMajor(shape);
  const readStrides = shape.map(() => 0);
  const writeStrides: number[] = [];
  let readOffset = 0;
  let writeOffset = 0;
  drivers.forEach((driver, a) => {
    const sign = flipped[a] ? -1 : 1;
    if (flipped[a]) {
      readOffset += ((counts[a] as number) - 1) * (stored[a] as number);
      writeOffset += ((counts[a] as number) - 1) * (boxed[driver] as number);
    }
    if (driver >= 0) readStrides[driver] = sign * (stored[a] as number);
    writeStrides.push(driver < 0 ? 0 : sign * (boxed[driver] as number));
  });
  // Of an element that is in the box several times the last one is written.
  shape.forEach((size, j) => {
    if (!drivers.includes(j)) writeOffset += (size - 1) * (boxed[j] as number);
  });
  const reading = { shape, strides: readStrides, offset: readOffset };
  const isInOrder = isRowMajor(reading);
  const grid = new GridSelection(view.stored ? view.dims : dims, axes);
  return {
    selection: view.stored ? runsOf(grid, dims) : grid,
    reading: isInOrder ? undefined : reading,
    writing: isInOrder ? undefined : { shape: counts, strides: writeStrides, offset: writeOffset },
  };
}

/** Where the first element of a box is along an axis, in the table if there is one. */
function baseOf({ offset, strides }: AxisMap, start: readonly number[]): number {
  let base = offset;
  for (let j = 0; j < strides.length; j++) base += (strides[j] as number) * (start[j] as number);
  return base;
}

/** The same elements, of an array of the same elements in another shape. */
function runsOf(grid: GridSelection, dims: readonly number[]): ListSelection {
  const starts: number[] = [];
  const lengths: number[] = [];
  grid.forEachRun((offset, length) => {
    starts.push(offset);
    lengths.push(length);
  });
  return listOf(dims, Float64Array.from(starts), Float64Array.from(lengths));
}

function listOf(dims: readonly number[], starts: Float64Array, lengths?: Float64Array): ListSelection {
  let ascending = true;
  if (!lengths) ascending = isAscending(starts);
  else
    for (let i = 1; i < starts.length && ascending; i++)
      ascending = (starts[i] as number) >= (starts[i - 1] as number) + (lengths[i - 1] as number);
  return new ListSelection(dims, starts, lengths, ascending);
}

/** Every element of a box, by its place in the array, in the order of the box. */
function listSelection(
  view: ArrayView,
  dims: readonly number[],
  start: readonly number[],
  shape: readonly number[],
): ListSelection {
  const { maps } = view;
  const steps = rowMajor(view.stored ? view.dims : dims);
  const rank = shape.length;
  const last = rank - 1;
  // Elements along the last axis that follow one another in the array are one run.
  const isRun =
    last >= 0 &&
    (shape[last] as number) > 1 &&
    maps.every(({ strides, table }, a) => {
      const stride = strides[last] as number;
      return stride === 0 || (a === maps.length - 1 && stride === 1 && table === undefined);
    }) &&
    (maps.at(-1) as AxisMap).strides[last] === 1;
  const depth = isRun ? last : rank;
  const outer = shape.slice(0, depth);
  const count = product(outer);
  const starts = new Float64Array(count);
  const at = outer.map(() => 0);
  const places = maps.map((map) => baseOf(map, start));
  for (let i = 0; i < count; i++) {
    let offset = 0;
    for (let a = 0; a < maps.length; a++) {
      const { table } = maps[a] as AxisMap;
      const place = places[a] as number;
      offset += (table ? (table[place] as number) : place) * (steps[a] as number);
    }
    starts[i] = offset;
    for (let j = depth - 1; j >= 0; j--) {
      const size = outer[j] as number;
      const isOver = ++(at[j] as number) === size;
      const turns = isOver ? 1 - size : 1;
      for (let a = 0; a < maps.length; a++)
        (places[a] as number) += turns * ((maps[a] as AxisMap).strides[j] as number);
      if (!isOver) break;
      at[j] = 0;
    }
  }
  return listOf(dims, starts, isRun ? new Float64Array(count).fill(shape[last] as number) : undefined);
}

/** The selection of one element of a view. */
export function elementSelection(
  view: ArrayView,
  dims: readonly number[],
  start: readonly number[],
): GridSelection | ListSelection {
  const axes = view.maps.map((map): Axis => {
    const base = baseOf(map, start);
    const at = map.table ? (map.table[base] as number) : base;
    return { start: at, step: 1, count: 1, table: undefined, dropped: true };
  });
  const grid = new GridSelection(view.stored ? view.dims : dims, axes);
  return view.stored ? runsOf(grid, dims) : grid;
}
