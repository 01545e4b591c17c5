import { product, rowMajor } from '../hdf5/selection.js';

/**
 * Where an index of a view leads along one axis of its base: to `offset + the sum of strides[j] * index[j]`, or to what a
 * table has at that place.
 */
export interface AxisMap {
  readonly offset: number;
  /** One for each axis of the view. */
  readonly strides: readonly number[];
  readonly table: Float64Array | undefined;
}

/**
 * Which elements of an array of the shape `dims` a view shows, and where: for each axis of the base a map. Views of views
 * are views again; nothing is copied but lists of indices.
 */
export class ArrayView {
  readonly dims: readonly number[];
  readonly shape: readonly number[];
  readonly maps: readonly AxisMap[];
  /** Of the same elements in row-major order, where `dims` is not the shape of the array but one that it was given. */
  readonly stored: readonly number[] | undefined;
  #drivers: readonly number[] | null | undefined;

  constructor(
    dims: readonly number[],
    shape: readonly number[],
    maps: readonly AxisMap[],
    stored?: readonly number[],
  ) {
    this.dims = dims;
    this.shape = shape;
    this.maps = maps;
    this.stored = stored;
  }

  get size(): number {
    return product(this.shape);
  }

  /** Whether it shows every element where it is. */
  get isWhole(): boolean {
    const { dims, shape, maps } = this;
    return (
      shape.length === dims.length &&
      maps.every(
        ({ offset, strides, table }, axis) =>
          shape[axis] === dims[axis] &&
          offset === 0 &&
          table === undefined &&
          strides.every((stride, j) => shape[j] === 1 || stride === (j === axis ? 1 : 0)),
      )
    );
  }

  /**
   * For each axis of the base the axis of the view that it follows, -1 for none; undefined if one follows several, or
   * several follow one: then the elements are no grid.
   */
  get drivers(): readonly number[] | undefined {
    if (this.#drivers === undefined) this.#drivers = this.#findDrivers() ?? null;
    return this.#drivers ?? undefined;
  }

  #findDrivers(): readonly number[] | undefined {
    const { shape, maps } = this;
    const used = new Set<number>();
    const drivers: number[] = [];
    for (const { strides } of maps) {
      let driver = -1;
      for (let j = 0; j < strides.length; j++) {
        if (strides[j] === 0 || shape[j] === 1) continue;
        if (driver >= 0 || used.has(j)) return undefined;
        driver = j;
        used.add(j);
      }
      drivers.push(driver);
    }
    return drivers;
  }
}

const WHOLE_MAPS: (readonly AxisMap[])[] = [];

/** The maps of views of whole arrays, which do not depend on the sizes of the axes. */
function wholeMaps(rank: number): readonly AxisMap[] {
  WHOLE_MAPS[rank] ??= Array.from({ length: rank }, (_, axis) => ({
    offset: 0,
    strides: Array.from({ length: rank }, (_, j) => (j === axis ? 1 : 0)),
    table: undefined,
  }));
  return WHOLE_MAPS[rank];
}

/** The view of a whole array. */
export function wholeView(dims: readonly number[], stored?: readonly number[]): ArrayView {
  return new ArrayView(dims, dims, wholeMaps(dims.length), stored);
}

/** The same elements, of which each has axes of its own, all of which are shown. */
export function innerView({ dims, shape, maps, stored }: ArrayView, inner: readonly number[]): ArrayView {
  const rank = shape.length;
  const none = inner.map(() => 0);
  return new ArrayView(
    [...dims, ...inner],
    [...shape, ...inner],
    [
      ...maps.map(({ offset, strides, table }) => ({ offset, strides: [...strides, ...none], table })),
      ...inner.map((_, axis) => ({
        offset: 0,
        strides: Array.from({ length: rank + inner.length }, (_, j) => Number(j === rank + axis)),
        table: undefined,
      })),
    ],
    stored && [...stored, ...inner],
  );
}

/** The same elements with the axes in another order. */
export function transposeView({ dims, shape, maps, stored }: ArrayView, axes: readonly number[]): ArrayView {
  return new ArrayView(
    dims,
    axes.map((axis) => shape[axis] as number),
    maps.map(({ offset, strides, table }) => ({
      offset,
      strides: axes.map((axis) => strides[axis] as number),
      table,
    })),
    stored,
  );
}

/** The same elements repeated along axes of size 1, or along new ones, as `broadcast` allows. */
export function broadcastView({ dims, shape, maps, stored }: ArrayView, to: readonly number[]): ArrayView {
  const extra = to.length - shape.length;
  return new ArrayView(
    dims,
    to,
    maps.map(({ offset, strides, table }) => ({
      offset,
      strides: to.map((size, axis) => {
        const given = shape[axis - extra];
        return given === undefined || (given === 1 && size !== 1) ? 0 : (strides[axis - extra] as number);
      }),
      table,
    })),
    stored,
  );
}

/**
 * The same elements in another shape, where that is possible without a copy: axes of size 1 come and go, one axis is
 * split, or axes that the base has as well are joined. Undefined where it is not. `now` is the shape of the base, which may
 * have grown since the view was taken.
 */
export function reshapeView(
  view: ArrayView,
  to: readonly number[],
  now: readonly number[],
): ArrayView | undefined {
  const { dims, shape, maps, stored } = view;
  // All of an array in order is all of one of any other shape.
  if (view.isWhole && (stored || dims.every((size, axis) => size === now[axis])))
    return wholeView(to, stored ?? dims);
  if (view.size === 0) return emptyView(view, to);
  // Axes of the old and of the new shape, in groups of the same number of elements.
  const strides = maps.map(() => to.map(() => 0));
  let from = 0;
  let into = 0;
  while (from < shape.length || into < to.length) {
    let old = shape[from] ?? 1;
    let now = to[into] ?? 1;
    let fromEnd = Math.min(from + 1, shape.length);
    let intoEnd = Math.min(into + 1, to.length);
    while (old !== now) {
      if (old < now) old *= shape[fromEnd++] as number;
      else now *= to[intoEnd++] as number;
    }
    const group = shape.slice(from, fromEnd);
    const steps = rowMajor(group);
    const newSteps = rowMajor(to.slice(into, intoEnd));
    for (let a = 0; a < maps.length; a++) {
      const own = (maps[a] as AxisMap).strides;
      // How far one element of the group is along this axis: the same for all of its axes, or it is no view.
      let unit: number | undefined;
      for (let j = 0; j < group.length; j++) {
        if (group[j] === 1) continue;
        const each = (own[from + j] as number) / (steps[j] as number);
        if (unit !== undefined && each !== unit) return undefined;
        unit = each;
      }
      for (let j = into; j < intoEnd; j++)
        (strides[a] as number[])[j] = (unit ?? 0) * (newSteps[j - into] as number);
    }
    from = fromEnd;
    into = intoEnd;
  }
  if (!strides.every((own) => own.every(Number.isInteger))) return undefined;
  return new ArrayView(
    dims,
    to,
    maps.map(({ offset, table }, a) => ({ offset, strides: strides[a] as number[], table })),
    stored,
  );
}

function emptyView({ dims, stored }: ArrayView, shape: readonly number[]): ArrayView {
  return new ArrayView(
    dims,
    shape,
    dims.map(() => ({ offset: 0, strides: shape.map(() => 0), table: undefined })),
    stored,
  );
}

/** What an index does to the axes of a view; a list is broadcast with the other lists. */
export type AxisIndex =
  | { readonly kind: 'index'; readonly axis: number; readonly index: number }
  | {
      readonly kind: 'slice';
      readonly axis: number;
      readonly start: number;
      readonly step: number;
      readonly count: number;
    }
  | { readonly kind: 'new' }
  /** Stands between others, and is nothing by itself. */
  | { readonly kind: 'gap' }
  | {
      readonly kind: 'list';
      /** -1 for one that selects along no axis: whether all of it is there. */
      readonly axis: number;
      readonly shape: readonly number[];
      readonly indices: Float64Array;
    };

export type ListIndex = Extract<AxisIndex, { kind: 'list' }>;

/**
 * A part of a view as numpy has it: each of its axes is in one of `entries`, whose indices are within the axis. `joint` is the
 * shape that all lists are broadcast to.
 */
export function indexView(
  view: ArrayView,
  entries: readonly AxisIndex[],
  joint: readonly number[],
): ArrayView {
  const lists = entries.filter((entry): entry is ListIndex => entry.kind === 'list');
  const isAdvanced = (entry: AxisIndex): boolean =>
    lists.length > 0 && (entry.kind === 'list' || entry.kind === 'index');
  // The axes of the lists stand where these stand if they follow one another, else in front.
  const first = entries.findIndex(isAdvanced);
  const last = entries.findLastIndex(isAdvanced);
  const together = first >= 0 && entries.slice(first, last + 1).every(isAdvanced);
  const shape: number[] = [];
  /** The axis of the result that each axis of the view becomes, -1 if none. */
  const becomes = view.shape.map(() => -1);
  let jointAt = 0;
  if (lists.length > 0 && !together) shape.push(...joint);
  entries.forEach((entry, i) => {
    if (together && i === first) {
      jointAt = shape.length;
      shape.push(...joint);
    }
    if (entry.kind === 'new') shape.push(1);
    else if (entry.kind === 'slice') {
      becomes[entry.axis] = shape.length;
      shape.push(entry.count);
    }
  });
  const rank = shape.length;
  const maps = view.maps.map(({ offset, strides, table }) => {
    let start = offset;
    const own = new Array<number>(rank).fill(0);
    const driving: { entry: ListIndex; stride: number }[] = [];
    for (const entry of entries) {
      if (entry.kind === 'new' || entry.kind === 'gap' || entry.axis < 0) continue;
      const stride = strides[entry.axis] as number;
      if (stride === 0) continue;
      if (entry.kind === 'index') start += stride * entry.index;
      else if (entry.kind === 'slice') {
        start += stride * entry.start;
        own[becomes[entry.axis] as number] = stride * entry.step;
      } else driving.push({ entry, stride });
    }
    if (driving.length === 0 || product(shape) === 0) return settled(start, own, table, shape);
    return gathered(start, own, table, shape, driving, joint.length, jointAt);
  });
  return new ArrayView(view.dims, shape, maps, view.stored);
}

/** A map with a table for lists that it follows. */
function gathered(
  offset: number,
  own: readonly number[],
  table: Float64Array | undefined,
  shape: readonly number[],
  driving: readonly { readonly entry: ListIndex; readonly stride: number }[],
  jointRank: number,
  jointAt: number,
): AxisMap {
  // The axes of the result that it depends on: where lists have more than one element, and what it followed before.
  const depends = shape.map((_, j) => (own[j] as number) !== 0);
  for (const { entry } of driving) {
    const extra = jointRank - entry.shape.length;
    entry.shape.forEach((size, k) => {
      if (size > 1) depends[jointAt + extra + k] = true;
    });
  }
  const axes = shape.flatMap((size, j) => (depends[j] && size > 1 ? [j] : []));
  const sizes = axes.map((j) => shape[j] as number);
  const count = product(sizes);
  // How far each list moves for a step along each of these axes.
  const steps = driving.map(({ entry }) => {
    const extra = jointRank - entry.shape.length;
    const strides = rowMajor(entry.shape);
    return axes.map((j) => {
      const k = j - jointAt - extra;
      return k >= 0 && k < entry.shape.length && entry.shape[k] !== 1 && j < jointAt + jointRank
        ? (strides[k] as number)
        : 0;
    });
  });
  const result = new Float64Array(count);
  const at = axes.map(() => 0);
  const places = driving.map(() => 0);
  let base = offset;
  for (let i = 0; i < count; i++) {
    let place = base;
    for (let d = 0; d < driving.length; d++) {
      const { entry, stride } = driving[d] as { entry: ListIndex; stride: number };
      place += stride * (entry.indices[places[d] as number] as number);
    }
    result[i] = table ? (table[place] as number) : place;
    for (let k = axes.length - 1; k >= 0; k--) {
      const j = axes[k] as number;
      const size = sizes[k] as number;
      const isOver = ++(at[k] as number) === size;
      const turns = isOver ? 1 - size : 1;
      base += turns * (own[j] as number);
      for (let d = 0; d < places.length; d++)
        (places[d] as number) += turns * ((steps[d] as number[])[k] as number);
      if (!isOver) break;
      at[k] = 0;
    }
  }
  const inner = rowMajor(sizes);
  const strides = new Array<number>(shape.length).fill(0);
  axes.forEach((j, k) => {
    strides[j] = inner[k] as number;
  });
  return settled(0, strides, result, shape);
}

/** A map without a table where it can do without: one element, or evenly spaced ones along one axis. */
function settled(
  offset: number,
  strides: readonly number[],
  table: Float64Array | undefined,
  shape: readonly number[],
): AxisMap {
  if (!table) return { offset, strides, table };
  const axes = shape.flatMap((size, j) => (size > 1 && strides[j] !== 0 ? [j] : []));
  const [axis] = axes;
  if (axis === undefined)
    return { offset: table[offset] ?? 0, strides: shape.map(() => 0), table: undefined };
  if (axes.length > 1) return { offset, strides, table };
  const by = strides[axis] as number;
  const count = shape[axis] as number;
  const first = table[offset] as number;
  const step = (table[offset + by] as number) - first;
  for (let i = 2; i < count; i++)
    if (table[offset + i * by] !== first + i * step) return { offset, strides, table };
  return { offset: first, strides: shape.map((_, j) => (j === axis ? step : 0)), table: undefined };
}
