import { H5FormatError, H5TypeError } from '../errors.js';

/**
 * A range of indices as numpy slices have it: `start` counts and `stop` does not, negative numbers count from the end, and
 * what lies outside is cut off. `step` is at least 1.
 */
export interface Slice {
  readonly start?: number | undefined;
  readonly stop?: number | undefined;
  readonly step?: number | undefined;
}

/** The same as a list: `[start, stop]` or `[start, stop, step]`. */
export type SliceTuple = readonly [
  start?: number | undefined,
  stop?: number | undefined,
  step?: number | undefined,
];

/** A typed array of whole numbers. */
export type Indices =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/**
 * What of one axis is selected: `undefined` all of it; a number that index, and the axis is dropped; a slice; or certain
 * indices in any order, as a typed array or `{ indices: [...] }` (a plain list of two or three numbers is a slice).
 */
export type AxisSelection =
  | undefined
  | number
  | SliceTuple
  | Slice
  | { readonly indices: ArrayLike<number> }
  | Indices;

/** Booleans, or 0 and 1, by the shape of a dataset or one after another. */
export type Mask = ArrayLike<boolean | number> | readonly Mask[];

/**
 * A part of a dataset:
 * - a list of what is selected of each axis; axes that are left out are whole, `'...'` stands for as many whole axes as
 *   there is room for;
 * - single elements by their indices, in the order given: a list of lists, or the indices of all one after another;
 * - a mask of the dataset's shape, which selects where it is true.
 *
 * @example
 * [[0, 10], undefined, 3] // the first ten rows, of each all columns, of each the element 3: the shape (10, columns)
 * ['...', { start: -5, step: 2 }]
 * [{ indices: [7, 3, 3] }] // these rows
 * { points: [[0, 0], [4, 1]] } // two elements
 * { mask: [[true, false], [false, true]] }
 */
export type SelectionInput =
  | readonly (AxisSelection | '...')[]
  | { readonly points: ArrayLike<number> | readonly ArrayLike<number>[] }
  | { readonly mask: Mask };

/** Called with elements of an array that follow one another, and their place in the result. */
export type VisitRun = (elementOffset: number, length: number, position: number) => void;

/** Called with a chunk, by its coordinates counted in chunks, and what is selected of it. Keep a copy of `place`, not it. */
export type VisitChunk = (place: readonly number[], part: Part) => void;

/** One of the nested loops of a LoopPart. A table has the offset for each turn; without one it is turn times step. */
export interface Loop {
  count: number;
  readonly fileStep: number;
  readonly memoryStep: number;
  readonly fileTable: Float64Array | undefined;
  readonly memoryTable: Float64Array | undefined;
}

/**
 * Elements of an array in a file (of a whole one, or of one chunk) and their places in memory, as nested loops, the
 * outermost first; the innermost thing is a run of elements that follow one another on both sides. All numbers are
 * elements.
 */
export class LoopPart {
  readonly count: number;
  /** Whether this is every element that the array has, each once. */
  readonly covers: boolean;
  readonly loops: readonly Loop[];
  readonly run: number;
  /** Where the loops begin. */
  readonly file: number;
  readonly memory: number;

  constructor(
    count: number,
    covers: boolean,
    loops: readonly Loop[],
    run: number,
    file: number,
    memory: number,
  ) {
    this.count = count;
    this.covers = covers;
    this.loops = loops;
    this.run = run;
    this.file = file;
    this.memory = memory;
  }

  /** All of these elements are among those of the array from `start` up to `end`. */
  get bounds(): { start: number; end: number } {
    let start = this.file;
    let end = this.file + this.run;
    for (const { count, fileStep, fileTable } of this.loops) {
      const offsets = fileTable ?? [0, (count - 1) * fileStep];
      let least = Infinity;
      let most = 0;
      for (let i = 0; i < offsets.length; i++) {
        least = Math.min(least, offsets[i] as number);
        most = Math.max(most, offsets[i] as number);
      }
      start += least;
      end += most;
    }
    return { start, end };
  }

  forEachRun(visit: VisitRun): void {
    if (this.count === 0) return;
    const merger = new RunMerger(visit);
    this.#visit(merger, 0, this.file, this.memory);
    merger.end();
  }

  #visit(merger: RunMerger, level: number, file: number, memory: number): void {
    const loop = this.loops[level];
    if (loop === undefined) {
      merger.add(file, this.run, memory);
      return;
    }
    const { count, fileStep, memoryStep, fileTable, memoryTable } = loop;
    const isLast = level === this.loops.length - 1;
    for (let i = 0; i < count; i++) {
      const fileAt = file + (fileTable ? (fileTable[i] as number) : i * fileStep);
      const memoryAt = memory + (memoryTable ? (memoryTable[i] as number) : i * memoryStep);
      if (isLast) merger.add(fileAt, this.run, memoryAt);
      else this.#visit(merger, level + 1, fileAt, memoryAt);
    }
  }
}

/** The same as a list of runs, `from` up to, not including, `to`: where each begins, how long it is, where it goes. */
export class ListPart {
  readonly count: number;
  readonly covers: boolean;
  readonly starts: Float64Array;
  /** Without it each run is one element. */
  readonly lengths: Float64Array | undefined;
  /** Without it each run follows the one before, and the first goes to 0. */
  readonly positions: Float64Array | undefined;
  readonly from: number;
  readonly to: number;
  /** 1, or 0 where one value is for all elements. */
  readonly memoryStep: number;

  constructor(
    count: number,
    covers: boolean,
    starts: Float64Array,
    lengths: Float64Array | undefined,
    positions: Float64Array | undefined,
    from: number,
    to: number,
    memoryStep: number,
  ) {
    this.count = count;
    this.covers = covers;
    this.starts = starts;
    this.lengths = lengths;
    this.positions = positions;
    this.from = from;
    this.to = to;
    this.memoryStep = memoryStep;
  }

  /** As of a LoopPart. */
  get bounds(): { start: number; end: number } {
    const { starts, lengths } = this;
    let start = Infinity;
    let end = 0;
    for (let i = this.from; i < this.to; i++) {
      const first = starts[i] as number;
      start = Math.min(start, first);
      end = Math.max(end, first + (lengths ? (lengths[i] as number) : 1));
    }
    return { start, end };
  }

  forEachRun(visit: VisitRun): void {
    const { starts, lengths, positions, memoryStep } = this;
    const merger = new RunMerger(visit);
    let next = 0;
    for (let i = this.from; i < this.to; i++) {
      const length = lengths ? (lengths[i] as number) : 1;
      const position = positions ? (positions[i] as number) : next;
      next += length;
      if (memoryStep === 1) merger.add(starts[i] as number, length, position);
      else for (let k = 0; k < length; k++) merger.add((starts[i] as number) + k, 1, 0);
    }
    merger.end();
  }
}

export type Part = LoopPart | ListPart;

/** Joins runs that follow one another on both sides. */
class RunMerger {
  readonly #visit: VisitRun;
  #offset = 0;
  #length = 0;
  #position = 0;

  constructor(visit: VisitRun) {
    this.#visit = visit;
  }

  add(offset: number, length: number, position: number): void {
    if (offset === this.#offset + this.#length && position === this.#position + this.#length) {
      this.#length += length;
      return;
    }
    this.end();
    this.#offset = offset;
    this.#length = length;
    this.#position = position;
  }

  end(): void {
    if (this.#length > 0) this.#visit(this.#offset, this.#length, this.#position);
  }
}

/**
 * Which elements of a row-major array of `dims` are selected, and in which order.
 *
 * @example
 * const selection = parseSelection([[0, 2], [1, 3]], [4, 4]);
 * selection.shape; // [2, 2]
 * selection.forEachRun((offset, length, position) => ...); // 1, 2, 0 and 5, 2, 2
 */
export abstract class Selection {
  readonly dims: readonly number[];
  /** The shape of what is selected. */
  readonly shape: readonly number[];
  /** The number of elements that are selected. */
  readonly count: number;

  constructor(dims: readonly number[], shape: readonly number[], count: number) {
    this.dims = dims;
    this.shape = shape;
    this.count = count;
  }

  /** Whether an element can be selected more than once. */
  abstract get mayRepeat(): boolean;

  /** Visits runs of elements in the order of the result; runs that follow one another are joined. */
  forEachRun(visit: VisitRun): void {
    this.part().forEachRun(visit);
  }

  /**
   * The selection as a part of the whole array. `steps` say how far the position in memory moves along each axis of
   * `shape` (see `broadcast`); without them memory is row-major.
   */
  abstract part(steps?: readonly number[]): Part;

  /** How many chunks `forEachChunk` visits, as far as that is known without a look at each: at least so many. */
  chunksTouched(_chunkDims: readonly number[]): number {
    return 0;
  }

  /** Visits the chunks that are touched, each with the part that is selected of it; `steps` as for `part`. */
  abstract forEachChunk(chunkDims: readonly number[], visit: VisitChunk, steps?: readonly number[]): void;
}

/** What is selected of one axis: `count` indices from `start` on, a `step` apart, or those of a table. */
export interface Axis {
  readonly start: number;
  readonly step: number;
  readonly count: number;
  readonly table: Float64Array | undefined;
  /** Whether the axis is not in the shape of the result. */
  readonly dropped: boolean;
}

/** Every combination of what is selected of each axis. */
export class GridSelection extends Selection {
  readonly axes: readonly Axis[];

  constructor(dims: readonly number[], axes: readonly Axis[]) {
    super(
      dims,
      axes.filter((axis) => !axis.dropped).map((axis) => axis.count),
      product(axes.map((axis) => axis.count)),
    );
    this.axes = axes;
  }

  get mayRepeat(): boolean {
    return this.axes.some(({ table }) => table !== undefined);
  }

  part(steps?: readonly number[]): LoopPart {
    return loopPart(this.#cursors(this.dims, steps), this.count);
  }

  override chunksTouched(chunkDims: readonly number[]): number {
    return this.axes.reduce((touched, { start, step, count, table }, i) => {
      const chunk = chunkDims[i] as number;
      if (table || count === 0) return count === 0 ? 0 : touched;
      if (step >= chunk) return touched * count;
      return touched * (Math.floor((start + (count - 1) * step) / chunk) - Math.floor(start / chunk) + 1);
    }, 1);
  }

  forEachChunk(chunkDims: readonly number[], visit: VisitChunk, steps?: readonly number[]): void {
    checkChunkDims(chunkDims, this.dims);
    if (this.count === 0) return;
    const cursors = this.#cursors(chunkDims, steps);
    const place = cursors.map((cursor) => cursor.chunk);
    for (;;) {
      let count = 1;
      for (const cursor of cursors) count *= cursor.length;
      visit(place, loopPart(cursors, count));
      let axis = cursors.length - 1;
      for (; axis >= 0; axis--) {
        const cursor = cursors[axis] as AxisCursor;
        const more = cursor.next();
        place[axis] = cursor.chunk;
        if (more) break;
      }
      if (axis < 0) return;
    }
  }

  /** For each axis a cursor at its first chunk. */
  #cursors(chunkDims: readonly number[], steps: readonly number[] = rowMajor(this.shape)): AxisCursor[] {
    const strides = rowMajor(chunkDims);
    let kept = 0;
    return this.axes.map((axis, i) => {
      const memoryStep = axis.dropped ? 0 : (steps[kept++] as number);
      return new AxisCursor(
        axis,
        this.dims[i] as number,
        chunkDims[i] as number,
        strides[i] as number,
        memoryStep,
      );
    });
  }
}

/** Goes from chunk to chunk along one axis. */
class AxisCursor {
  readonly #axis: Axis;
  readonly #dim: number;
  readonly #chunkDim: number;
  readonly #stride: number;
  readonly memoryStep: number;
  /** The indices of the table, those of a chunk together, and where they stood before. */
  readonly #table: Float64Array | undefined;
  readonly #order: Float64Array | undefined;
  /** How many turns were done in the chunks before. */
  #done = 0;

  /** The chunk, counted in chunks. */
  chunk = 0;
  /** How many turns are in it. */
  length = 0;
  /** Whether they are all that it has, each once. */
  covers = false;
  /** In elements from the start of the chunk, and of the result. */
  file = 0;
  memory = 0;
  readonly fileStep: number;
  fileTable: Float64Array | undefined;
  memoryTable: Float64Array | undefined;

  constructor(axis: Axis, dim: number, chunkDim: number, stride: number, memoryStep: number) {
    this.#axis = axis;
    this.#dim = dim;
    this.#chunkDim = chunkDim;
    this.#stride = stride;
    this.memoryStep = memoryStep;
    this.fileStep = axis.step * stride;
    let { table } = axis;
    if (table && chunkDim < dim && !isAscending(table)) {
      const given = table;
      // Sorting keeps the order within a chunk: of two values for one element the last one stays.
      const order = Float64Array.from(given.keys()).sort(
        (a, b) =>
          Math.floor((given[a] as number) / chunkDim) - Math.floor((given[b] as number) / chunkDim) || a - b,
      );
      table = order.map((i) => given[i] as number);
      this.#order = order;
    }
    this.#table = table;
    this.#settle();
  }

  /** Goes to the next chunk. After the last one it goes back to the first and returns false. */
  next(): boolean {
    const done = this.#done + this.length;
    const more = done < this.#axis.count;
    const wasOnly = !more && this.#done === 0;
    if (wasOnly) return false;
    this.#done = more ? done : 0;
    this.#settle();
    return more;
  }

  #settle(): void {
    const { start, step, count } = this.#axis;
    const table = this.#table;
    const done = this.#done;
    if (count === 0) return;
    const first = table ? (table[done] as number) : start + done * step;
    // Where the array is not chunked there is one chunk, also where the axis is empty.
    const chunkDim = Math.max(this.#chunkDim, 1);
    const chunk = Math.floor(first / chunkDim);
    const chunkStart = chunk * chunkDim;
    const chunkEnd = Math.min(chunkStart + chunkDim, this.#dim);
    this.chunk = chunk;
    this.memory = this.#order ? 0 : done * this.memoryStep;
    if (!table) {
      this.length = Math.min(count - done, Math.ceil((chunkEnd - first) / step));
      this.covers = this.length === chunkEnd - chunkStart;
      this.file = (first - chunkStart) * this.#stride;
      return;
    }
    let end = done + 1;
    while (end < count && (table[end] as number) >= chunkStart && (table[end] as number) < chunkEnd) end++;
    const length = end - done;
    this.length = length;
    this.file = 0;
    const stride = this.#stride;
    const fileTable = new Float64Array(length);
    for (let i = 0; i < length; i++) fileTable[i] = ((table[done + i] as number) - chunkStart) * stride;
    this.fileTable = fileTable;
    this.covers = length === chunkEnd - chunkStart && new Set(fileTable).size === length;
    const order = this.#order;
    if (!order) return;
    const memoryTable = new Float64Array(length);
    for (let i = 0; i < length; i++) memoryTable[i] = (order[done + i] as number) * this.memoryStep;
    this.memoryTable = memoryTable;
  }
}

/** What the cursors stand on, as loops: as few as possible. */
function loopPart(cursors: readonly AxisCursor[], count: number): LoopPart {
  if (count === 0) return new LoopPart(0, false, [], 0, 0, 0);
  const loops: Loop[] = [];
  let run = 1;
  let file = 0;
  let memory = 0;
  let covers = true;
  for (let axis = cursors.length - 1; axis >= 0; axis--) {
    const cursor = cursors[axis] as AxisCursor;
    const { length, fileStep, memoryStep, fileTable, memoryTable } = cursor;
    covers &&= cursor.covers;
    file += cursor.file;
    memory += cursor.memory;
    if (length === 1) {
      file += fileTable?.[0] ?? 0;
      memory += memoryTable?.[0] ?? 0;
      continue;
    }
    if (!fileTable) {
      const inner = loops.at(-1);
      if (inner === undefined && fileStep === run && memoryStep === run) {
        run *= length;
        continue;
      }
      if (
        inner !== undefined &&
        !inner.fileTable &&
        fileStep === inner.fileStep * inner.count &&
        memoryStep === inner.memoryStep * inner.count
      ) {
        inner.count *= length;
        continue;
      }
    }
    loops.push({ count: length, fileStep, memoryStep, fileTable, memoryTable });
  }
  return new LoopPart(count, covers, loops.reverse(), run, file, memory);
}

/** So many pieces of runs are sorted by chunk at once. */
const BATCH = 1 << 20;

/**
 * A list of runs, in the order of the result, which has one axis. `ascending` says that each begins after the end of the
 * one before, so that no element is in two.
 */
export class ListSelection extends Selection {
  readonly starts: Float64Array;
  readonly lengths: Float64Array | undefined;
  readonly ascending: boolean;

  constructor(
    dims: readonly number[],
    starts: Float64Array,
    lengths: Float64Array | undefined,
    ascending: boolean,
  ) {
    const count = lengths ? lengths.reduce((sum, length) => sum + length, 0) : starts.length;
    super(dims, [count], count);
    this.starts = starts;
    this.lengths = lengths;
    this.ascending = ascending;
  }

  get mayRepeat(): boolean {
    return !this.ascending;
  }

  part(steps?: readonly number[]): ListPart {
    const { count, starts, lengths } = this;
    const covers = this.ascending && count > 0 && count === product(this.dims);
    return new ListPart(count, covers, starts, lengths, undefined, 0, starts.length, steps?.[0] ?? 1);
  }

  forEachChunk(chunkDims: readonly number[], visit: VisitChunk, steps?: readonly number[]): void {
    checkChunkDims(chunkDims, this.dims);
    const { starts, lengths } = this;
    const pieces = new ChunkPieces(this.dims, chunkDims, this.ascending, steps?.[0] ?? 1);
    let position = 0;
    for (let i = 0; i < starts.length; i++) {
      const length = lengths ? (lengths[i] as number) : 1;
      for (let done = 0; done < length; ) {
        done += pieces.add((starts[i] as number) + done, length - done, position + done);
        if (pieces.count === BATCH) pieces.visit(visit);
      }
      position += length;
    }
    pieces.visit(visit);
  }
}

/** Pieces of runs that each lie in one row of one chunk. */
class ChunkPieces {
  readonly #dims: readonly number[];
  readonly #chunkDims: readonly number[];
  readonly #chunkStrides: readonly number[];
  /** How many chunks there are along each axis, and in the array how far apart by number. */
  readonly #grid: readonly number[];
  readonly #gridStrides: readonly number[];
  readonly #ascending: boolean;
  readonly #memoryStep: number;

  count = 0;
  #slots = new Uint32Array(64);
  #starts = new Float64Array(64);
  #lengths = new Float64Array(64);
  #positions = new Float64Array(64);
  /** The numbers of the chunks that are touched, and which slot each has. */
  readonly #slotOf = new Map<number, number>();

  // The row that the last piece lies in: its chunk and its offset in that, but for the last axis.
  #row = -1;
  #rowChunk = 0;
  #rowOffset = 0;
  #lastChunk = -1;
  #lastSlot = 0;

  constructor(dims: readonly number[], chunkDims: readonly number[], ascending: boolean, memoryStep: number) {
    this.#dims = dims;
    this.#chunkDims = chunkDims;
    this.#chunkStrides = rowMajor(chunkDims);
    this.#grid = dims.map((dim, axis) => Math.ceil(dim / (chunkDims[axis] as number)));
    this.#gridStrides = rowMajor(this.#grid);
    this.#ascending = ascending;
    this.#memoryStep = memoryStep;
  }

  /** Adds the elements from `start` on that lie in the same row of the same chunk, and returns how many they are. */
  add(start: number, length: number, position: number): number {
    const last = this.#dims.length - 1;
    const dim = last < 0 ? 1 : (this.#dims[last] as number);
    const chunkDim = last < 0 ? 1 : (this.#chunkDims[last] as number);
    const row = Math.floor(start / dim);
    if (row !== this.#row) this.#findRow(row);
    const column = start - row * dim;
    const chunkColumn = Math.floor(column / chunkDim);
    const within = column - chunkColumn * chunkDim;
    const size = Math.min(length, chunkDim - within, dim - column);
    const chunk = this.#rowChunk + chunkColumn;
    if (chunk !== this.#lastChunk) this.#useSlot(chunk);
    if (this.count === this.#starts.length) this.#grow();
    const i = this.count++;
    this.#slots[i] = this.#lastSlot;
    this.#starts[i] = this.#rowOffset + within;
    this.#lengths[i] = size;
    this.#positions[i] = position;
    return size;
  }

  /** Visits the chunks of the pieces that were added, by their number, and forgets the pieces. */
  visit(visit: VisitChunk): void {
    const { count } = this;
    if (count === 0) return;
    const chunks = Float64Array.from(this.#slotOf.keys()).sort();
    const rank = new Uint32Array(chunks.length);
    chunks.forEach((chunk, i) => {
      rank[this.#slotOf.get(chunk) as number] = i;
    });
    // A counting sort, which keeps the order of the pieces of a chunk.
    const ends = new Uint32Array(chunks.length + 1);
    for (let i = 0; i < count; i++) (ends[(rank[this.#slots[i] as number] as number) + 1] as number)++;
    for (let i = 1; i < ends.length; i++) (ends[i] as number) += ends[i - 1] as number;
    const next = ends.slice();
    const starts = new Float64Array(count);
    const lengths = new Float64Array(count);
    const positions = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const to = (next[rank[this.#slots[i] as number] as number] as number)++;
      starts[to] = this.#starts[i] as number;
      lengths[to] = this.#lengths[i] as number;
      positions[to] = (this.#positions[i] as number) * this.#memoryStep;
    }
    this.count = 0;
    this.#slotOf.clear();
    this.#lastChunk = -1;
    const place = this.#dims.map(() => 0);
    for (let c = 0; c < chunks.length; c++) {
      let left = chunks[c] as number;
      let size = 1;
      for (let axis = 0; axis < place.length; axis++) {
        const stride = this.#gridStrides[axis] as number;
        const at = Math.floor(left / stride);
        left -= at * stride;
        place[axis] = at;
        const chunkDim = this.#chunkDims[axis] as number;
        size *= Math.min(chunkDim, (this.#dims[axis] as number) - at * chunkDim);
      }
      const from = ends[c] as number;
      const to = ends[c + 1] as number;
      let elements = 0;
      for (let i = from; i < to; i++) elements += lengths[i] as number;
      const covers = this.#ascending && elements === size;
      visit(place, new ListPart(elements, covers, starts, lengths, positions, from, to, this.#memoryStep));
    }
  }

  #findRow(row: number): void {
    this.#row = row;
    this.#rowChunk = 0;
    this.#rowOffset = 0;
    for (let axis = this.#dims.length - 2; axis >= 0; axis--) {
      const dim = this.#dims[axis] as number;
      const chunkDim = this.#chunkDims[axis] as number;
      const above = Math.floor(row / dim);
      const index = row - above * dim;
      const chunk = Math.floor(index / chunkDim);
      this.#rowChunk += chunk * (this.#gridStrides[axis] as number);
      this.#rowOffset += (index - chunk * chunkDim) * (this.#chunkStrides[axis] as number);
      row = above;
    }
  }

  #useSlot(chunk: number): void {
    let slot = this.#slotOf.get(chunk);
    if (slot === undefined) {
      slot = this.#slotOf.size;
      this.#slotOf.set(chunk, slot);
    }
    this.#lastChunk = chunk;
    this.#lastSlot = slot;
  }

  #grow(): void {
    const size = 2 * this.count;
    const slots = new Uint32Array(size);
    slots.set(this.#slots);
    this.#slots = slots;
    this.#starts = grown(this.#starts, size);
    this.#lengths = grown(this.#lengths, size);
    this.#positions = grown(this.#positions, size);
  }
}

function grown(numbers: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(size);
  larger.set(numbers);
  return larger;
}

function checkChunkDims(chunkDims: readonly number[], dims: readonly number[]): void {
  if (chunkDims.length !== dims.length || !chunkDims.every((dim) => Number.isSafeInteger(dim) && dim > 0)) {
    throw new H5FormatError(-1, `chunks of ${list(chunkDims)} in a dataset of ${list(dims)}`);
  }
}

/** How far apart neighbours along each axis are in a row-major array, in elements. */
export function rowMajor(shape: readonly number[]): number[] {
  const steps = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    steps[axis] = step;
    step *= shape[axis] as number;
  }
  return steps;
}

export function product(numbers: readonly number[]): number {
  let result = 1;
  for (const number of numbers) result *= number;
  return result;
}

/** Whether each number is greater than the one before. */
export function isAscending(numbers: Float64Array): boolean {
  for (let i = 1; i < numbers.length; i++) {
    if ((numbers[i] as number) <= (numbers[i - 1] as number)) return false;
  }
  return true;
}

/**
 * How values of one shape fill a selection of another, as numpy broadcasts: shapes are compared from the last axis on, and
 * an axis of size 1, or one that is not there, is repeated. The result says how far to go in the values for one step
 * along each axis of the selection, in elements.
 *
 * Throws H5TypeError where the shapes do not fit.
 *
 * @example
 * broadcast([3], [2, 3]); // [0, 1]: the same row twice
 * broadcast([], [2, 3]); // [0, 0]: one value for all
 */
export function broadcast(valueShape: readonly number[], selectionShape: readonly number[]): number[] {
  const extra = valueShape.length - selectionShape.length;
  const misfit = (why: string): never => {
    throw new H5TypeError(
      `values of the shape ${list(valueShape)} do not fit a selection of the shape ${list(selectionShape)}: ${why}`,
    );
  };
  for (let axis = 0; axis < extra; axis++) {
    if (valueShape[axis] !== 1) misfit('they have more axes');
  }
  const own = rowMajor(valueShape);
  return selectionShape.map((size, axis) => {
    const given = valueShape[axis + extra] ?? 1;
    if (given === size) return own[axis + extra] ?? 0;
    if (given !== 1)
      misfit(`axis ${axis} is of size ${size}, theirs of size ${given}, and only 1 is repeated`);
    return 0;
  });
}

function list(shape: readonly number[]): string {
  return `(${shape.join(', ')})`;
}

// ---- what users give --------------------------------------------------------------------------------------

/**
 * Which elements of a dataset of `dims` an input selects; a selection of such a dataset is that itself.
 *
 * Throws H5TypeError, which names the axis, the index and the size, where an index is not within the dataset, a step is
 * less than 1, or a mask has another shape.
 *
 * @example
 * parseSelection([[0, 10], -1], [100, 3]).shape; // [10]
 */
export function parseSelection(input: SelectionInput | Selection, dims: readonly number[]): Selection {
  if (input instanceof Selection) return input;
  if (Array.isArray(input)) return parseAxes(input, dims);
  if (typeof input === 'object' && input !== null) {
    if ('points' in input) return parsePoints(input.points, dims);
    if ('mask' in input) return parseMask(input.mask, dims);
  }
  throw new H5TypeError(
    'a selection is a list with an entry for each axis, { points: [...] } or { mask: [...] }; one axis is [[start, stop]]',
  );
}

/** The selection of all elements. */
export function selectAll(dims: readonly number[]): GridSelection {
  return new GridSelection(dims, dims.map(wholeAxis));
}

export function wholeAxis(dim: number): Axis {
  return { start: 0, step: 1, count: dim, table: undefined, dropped: false };
}

function parseAxes(input: readonly (AxisSelection | '...')[], dims: readonly number[]): GridSelection {
  const rank = dims.length;
  const dots = input.indexOf('...');
  if (dots !== input.lastIndexOf('...')) throw new H5TypeError("a selection has '...' at most once");
  const given = dots < 0 ? input.length : input.length - 1;
  if (given > rank) {
    throw new H5TypeError(`the selection has ${given} entries, the dataset ${rank} axes, of ${list(dims)}`);
  }
  let listed = -1;
  const axes = dims.map((dim, axis) => {
    // The axes after the dots count from the end.
    const entry = dots < 0 || axis < dots ? axis : axis - rank + input.length;
    if (entry >= input.length || (dots >= 0 && entry <= dots && axis >= dots)) return wholeAxis(dim);
    const parsed = parseAxis(input[entry] as AxisSelection, axis, dim);
    if (isIndices(input[entry])) {
      if (listed >= 0) {
        throw new H5TypeError(
          `axes ${listed} and ${axis} have both a list of indices, where one can; use { points }, or read more and choose`,
        );
      }
      listed = axis;
    }
    return parsed;
  });
  return new GridSelection(dims, axes);
}

function isIndices(entry: unknown): boolean {
  return typeof entry === 'object' && entry !== null && ('indices' in entry || ArrayBuffer.isView(entry));
}

function parseAxis(entry: AxisSelection, axis: number, dim: number): Axis {
  if (entry === undefined) return wholeAxis(dim);
  if (typeof entry === 'number') {
    return { start: indexOf(entry, axis, dim), step: 1, count: 1, table: undefined, dropped: true };
  }
  if (Array.isArray(entry)) {
    if (entry.length > 3) {
      throw new H5TypeError(
        `axis ${axis}: a list of ${entry.length} is no [start, stop, step]; certain indices are { indices: [...] }`,
      );
    }
    return slice(entry[0], entry[1], entry[2], axis, dim);
  }
  if (typeof entry === 'object' && entry !== null) {
    if ('indices' in entry) return indexAxis(entry.indices, axis, dim);
    if (ArrayBuffer.isView(entry)) return indexAxis(entry as Indices, axis, dim);
    const { start, stop, step } = entry as Slice;
    return slice(start, stop, step, axis, dim);
  }
  checkNumber(entry, axis);
  throw new H5TypeError(
    `axis ${axis}: ${String(entry)} is neither an index, [start, stop], nor { indices: [...] }`,
  );
}

function slice(
  start: number | undefined,
  stop: number | undefined,
  step: number | undefined,
  axis: number,
  dim: number,
): Axis {
  checkNumber(step, axis);
  if (step !== undefined && !(Number.isSafeInteger(step) && step >= 1)) {
    throw new H5TypeError(`axis ${axis}: the step ${step} is no whole number of at least 1`);
  }
  const by = step ?? 1;
  const first = bound(start ?? 0, axis, dim);
  const count = Math.max(0, Math.ceil((bound(stop ?? dim, axis, dim) - first) / by));
  return { start: first, step: by, count, table: undefined, dropped: false };
}

/** What a dataset of 64-bit integers holds is a bigint, and so no index. */
function checkNumber(index: unknown, axis: number): void {
  if (typeof index !== 'bigint') return;
  throw new H5TypeError(
    `axis ${axis}: ${index}n is a bigint, and indices are numbers: Number(${index}n), or open the file with { int64: 'number' }`,
  );
}

/** The end of a slice, from 0 to `dim`. */
function bound(index: number, axis: number, dim: number): number {
  checkNumber(index, axis);
  if (!Number.isInteger(index) && Math.abs(index) !== Number.POSITIVE_INFINITY) {
    throw new H5TypeError(`axis ${axis}, of size ${dim}: ${String(index)} is no whole number`);
  }
  return Math.min(Math.max(index < 0 ? index + dim : index, 0), dim);
}

function indexOf(index: number, axis: number, dim: number): number {
  checkNumber(index, axis);
  const counted = index < 0 ? index + dim : index;
  if (!Number.isInteger(index) || counted < 0 || counted >= dim) {
    throw new H5TypeError(`the index ${String(index)} is not within axis ${axis}, of size ${dim}`);
  }
  return counted;
}

function indexAxis(indices: ArrayLike<number>, axis: number, dim: number): Axis {
  const table = new Float64Array(indices.length);
  for (let i = 0; i < table.length; i++) table[i] = indexOf(indices[i] as number, axis, dim);
  return tableAxis(table);
}

/** An axis of certain indices: a table only where they are not evenly spaced. */
export function tableAxis(table: Float64Array): Axis {
  const count = table.length;
  const start = table[0] ?? 0;
  const step = count < 2 ? 1 : (table[1] as number) - start;
  let even = step >= 1;
  for (let i = 2; i < count && even; i++) even = (table[i] as number) - (table[i - 1] as number) === step;
  return even
    ? { start, step, count, table: undefined, dropped: false }
    : { start: 0, step: 1, count, table, dropped: false };
}

function parsePoints(
  points: ArrayLike<number> | readonly ArrayLike<number>[],
  dims: readonly number[],
): ListSelection {
  const rank = dims.length;
  if (rank === 0) throw new H5TypeError('a scalar dataset has no axes to count points on; select it with []');
  if (points.length > 0 && typeof points[0] === 'object') {
    const nested = points as readonly ArrayLike<number>[];
    const starts = new Float64Array(nested.length);
    for (let i = 0; i < starts.length; i++) {
      const point = nested[i] as ArrayLike<number>;
      if (point.length !== rank) {
        throw new H5TypeError(`the point ${i} has ${point.length} indices, the dataset ${rank} axes`);
      }
      starts[i] = offsetOf(point, 0, dims);
    }
    return new ListSelection(dims, starts, undefined, isAscending(starts));
  }
  const flat = points as ArrayLike<number>;
  if (flat.length % rank !== 0) {
    throw new H5TypeError(`${flat.length} indices are no points in a dataset of ${rank} axes`);
  }
  const starts = new Float64Array(flat.length / rank);
  for (let i = 0; i < starts.length; i++) starts[i] = offsetOf(flat, i * rank, dims);
  return new ListSelection(dims, starts, undefined, isAscending(starts));
}

function offsetOf(indices: ArrayLike<number>, at: number, dims: readonly number[]): number {
  let offset = 0;
  for (let axis = 0; axis < dims.length; axis++) {
    const dim = dims[axis] as number;
    offset = offset * dim + indexOf(indices[at + axis] as number, axis, dim);
  }
  return offset;
}

function parseMask(mask: Mask, dims: readonly number[]): ListSelection {
  const size = product(dims);
  const isNested = dims.length > 1 && mask.length > 0 && typeof mask[0] === 'object';
  if (!isNested && mask.length !== size) {
    throw new H5TypeError(
      `a mask of ${mask.length} elements for a dataset of ${list(dims)}, which has ${size}`,
    );
  }
  if (isNested) checkShape(mask, dims);
  const flat = isNested ? new Uint8Array(size) : (mask as ArrayLike<boolean | number>);
  if (isNested) flatten(mask, dims, 0, flat as Uint8Array, 0);
  let runs = 0;
  let before = false;
  for (let i = 0; i < size; i++) {
    const value = flat[i];
    if (value !== true && value !== false && value !== 0 && value !== 1) badMask(value, i);
    const selected = value === true || value === 1;
    if (selected && !before) runs++;
    before = selected;
  }
  const starts = new Float64Array(runs);
  const lengths = new Float64Array(runs);
  runs = 0;
  for (let i = 0; i < size; ) {
    if (!flat[i]) {
      i++;
      continue;
    }
    const start = i;
    while (i < size && flat[i]) i++;
    starts[runs] = start;
    lengths[runs++] = i - start;
  }
  return new ListSelection(dims, starts, lengths, true);
}

/** Checks the lists that come first, so that no more is made than was given. */
function checkShape(mask: Mask, dims: readonly number[]): void {
  let first: unknown = mask;
  for (let axis = 0; axis < dims.length && dims[axis] !== 0; axis++) {
    checkLength(first, dims, axis);
    first = (first as readonly unknown[])[0];
  }
}

function checkLength(mask: unknown, dims: readonly number[], axis: number): void {
  const isList = typeof mask === 'object' && mask !== null && 'length' in mask;
  if (isList && mask.length === dims[axis]) return;
  throw new H5TypeError(
    `the mask has ${isList ? `${mask.length} entries` : String(mask)} along axis ${axis}, of size ${dims[axis]}; it must have the dataset's shape`,
  );
}

function flatten(mask: Mask, dims: readonly number[], axis: number, flat: Uint8Array, at: number): number {
  checkLength(mask, dims, axis);
  const isLast = axis === dims.length - 1;
  for (let i = 0; i < mask.length; i++) {
    if (!isLast) {
      at = flatten(mask[i] as Mask, dims, axis + 1, flat, at);
      continue;
    }
    const value = mask[i];
    if (value !== true && value !== false && value !== 0 && value !== 1) badMask(value, at);
    flat[at++] = Number(value);
  }
  return at;
}

function badMask(value: unknown, index: number): never {
  throw new H5TypeError(`element ${index} of the mask is ${String(value)}, neither true nor false, 1 nor 0`);
}
