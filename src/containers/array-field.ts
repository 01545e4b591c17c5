import { ListSelection, product, type Selection } from '../hdf5/selection.js';
import type { BlockData, DTypeName } from '../kernels/block-source.js';
import { makeData, memorySizeOf, transfer, widthOf } from './block-data.js';
import type { DatasetStore } from './dataset-store.js';
import type { ElementStore } from './element-store.js';

/** A run of elements of a selection: where it is among those that are read, how long it is, where it is in the result. */
type VisitRun = (at: number, length: number, position: number) => void;

/**
 * The elements of arrays that are a field of each record, as numpy shows such a field: their axes come after those of the
 * dataset. The source has the elements of as many records as are selected, one record after another.
 */
export class ArrayFieldStore implements ElementStore {
  readonly source: DatasetStore;
  readonly dtype: DTypeName;
  readonly fillsAtOnce = false;
  /** How many elements the array of one record has. */
  readonly #size: number;

  constructor(source: DatasetStore) {
    this.source = source;
    this.dtype = source.dtype;
    this.#size = product(source.inner);
  }

  get dims(): readonly number[] {
    return [...this.source.dims, ...this.source.inner];
  }

  get itemSize(): number {
    return this.source.itemSize;
  }

  get cost(): number {
    // What is read of a record counts for its elements together.
    return memorySizeOf(this.dtype) + Math.ceil(this.source.cost / Math.max(1, this.#size));
  }

  get chunkDims(): readonly number[] | undefined {
    const { chunkDims, inner } = this.source;
    return chunkDims && [...chunkDims, ...inner];
  }

  read(selection: Selection): BlockData {
    const { records, forEachRun } = this.#split(selection);
    const all = this.source.read(records);
    const width = widthOf(this.dtype);
    const result = makeData(this.dtype, selection.count);
    forEachRun((at, length, position) => {
      transfer(all, at * width, result, position * width, length * width);
    });
    return result;
  }

  /** The arrays are read, and written with other elements in the place of those that are selected. */
  write(selection: Selection, data: BlockData, isOne: boolean): void {
    const { records, forEachRun } = this.#split(selection);
    const width = widthOf(this.dtype);
    const all = this.source.read(records);
    forEachRun((at, length, position) => {
      if (!isOne) transfer(data, position * width, all, at * width, length * width);
      else for (let i = 0; i < length; i++) transfer(data, 0, all, (at + i) * width, width);
    });
    this.source.write(records, all, false);
  }

  atomically<T>(action: () => T): T {
    return this.source.atomically(action);
  }

  /** The records that hold what is selected, each once and in their order, and where in their arrays that is. */
  #split(selection: Selection): { records: Selection; forEachRun: (visit: VisitRun) => void } {
    const size = this.#size;
    const runs: [first: number, end: number][] = [];
    selection.forEachRun((offset, length) => {
      const first = Math.floor(offset / size);
      const end = Math.floor((offset + length - 1) / size) + 1;
      const last = runs.at(-1);
      if (last && first >= last[0] && first <= last[1]) last[1] = Math.max(last[1], end);
      else runs.push([first, end]);
    });
    runs.sort(([a], [b]) => a - b);
    const starts: number[] = [];
    const lengths: number[] = [];
    for (const [first, end] of runs) {
      const last = starts.length - 1;
      const known = last < 0 ? -1 : (starts[last] as number) + (lengths[last] as number);
      if (first > known) {
        starts.push(first);
        lengths.push(end - first);
      } else if (end > known) (lengths[last] as number) += end - known;
    }
    /** How many records are read before those of each run. */
    const before = new Float64Array(starts.length + 1);
    lengths.forEach((length, i) => {
      before[i + 1] = (before[i] as number) + length;
    });
    const records = new ListSelection(
      this.source.dims,
      Float64Array.from(starts),
      Float64Array.from(lengths),
      true,
    );
    const placeOf = (record: number): number => {
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((starts[middle] as number) <= record) low = middle;
        else high = middle - 1;
      }
      return (before[low] as number) + record - (starts[low] as number);
    };
    return {
      records,
      forEachRun: (visit) =>
        selection.forEachRun((offset, length, position) => {
          const record = Math.floor(offset / size);
          visit(placeOf(record) * size + (offset - record * size), length, position);
        }),
    };
  }
}
