import type { Selection } from '../hdf5/selection.js';
import type { BlockData, DTypeName } from '../kernels/block-source.js';
import { makeData, memorySizeOf, transfer, widthOf } from './block-data.js';
import type { ElementStore } from './element-store.js';

/** Elements in memory, one after another. */
export class MemoryStore implements ElementStore {
  readonly dims: readonly number[];
  readonly dtype: DTypeName;
  readonly data: BlockData;
  readonly chunkDims = undefined;
  readonly fillsAtOnce = true;

  constructor(dtype: DTypeName, dims: readonly number[], data: BlockData) {
    this.dtype = dtype;
    this.dims = dims;
    this.data = data;
  }

  get itemSize(): number {
    return memorySizeOf(this.dtype);
  }

  get cost(): number {
    return memorySizeOf(this.dtype);
  }

  read(selection: Selection): BlockData {
    const { data } = this;
    const width = widthOf(this.dtype);
    const result = makeData(this.dtype, selection.count);
    selection.forEachRun((offset, length, position) => {
      transfer(data, offset * width, result, position * width, length * width);
    });
    return result;
  }

  write(selection: Selection, data: BlockData, isOne: boolean): void {
    const target = this.data;
    const width = widthOf(this.dtype);
    selection.forEachRun((offset, length, position) => {
      if (!isOne) transfer(data, position * width, target, offset * width, length * width);
      else for (let i = 0; i < length; i++) transfer(data, 0, target, (offset + i) * width, width);
    });
  }

  /** What fits the dtype is written at once: there is nothing that could fail in the middle. */
  atomically<T>(action: () => T): T {
    return action();
  }
}
