import { H5TypeError } from '../errors.js';
import type { Selection } from '../hdf5/selection.js';
import type { BlockData, DTypeName } from '../kernels/block-source.js';
import { convert, memorySizeOf, toBlockData, toElements, widthOf } from './block-data.js';
import type { ElementStore } from './element-store.js';

/** The elements of another store as those of another dtype, converted whenever they are read or written. */
export class ConvertedStore implements ElementStore {
  readonly source: ElementStore;
  readonly dtype: DTypeName;
  /** Whether what no integer can be is an error, and does not become what processors make of it. */
  readonly #isStrict: boolean;

  constructor(source: ElementStore, dtype: DTypeName, isStrict = false) {
    this.source = source;
    this.dtype = dtype;
    this.#isStrict = isStrict;
  }

  get dims(): readonly number[] {
    return this.source.dims;
  }

  get itemSize(): number {
    return memorySizeOf(this.dtype);
  }

  get cost(): number {
    return this.source.cost + memorySizeOf(this.dtype);
  }

  get chunkDims(): readonly number[] | undefined {
    return this.source.chunkDims;
  }

  get fillsAtOnce(): boolean {
    return this.source.fillsAtOnce;
  }

  read(selection: Selection): BlockData {
    const { source, dtype } = this;
    const data = source.read(selection);
    if (this.#isStrict && /^u?int/.test(dtype) && /^(float|complex)/.test(source.dtype)) {
      const none = (data as Float64Array).find((value) => !Number.isFinite(value));
      if (none !== undefined) throw new H5TypeError(`there is an element ${none}, which is no ${dtype}`);
    }
    return convert(data, source.dtype, dtype);
  }

  /** What does not fit the dtype that is stored exactly is an error. */
  write(selection: Selection, data: BlockData, isOne: boolean): void {
    const { source, dtype } = this;
    const isText = dtype === 'str' || source.dtype === 'str';
    const stored = isText
      ? convert(data, dtype, source.dtype)
      : toBlockData(source.dtype, widthOf(dtype) === 2 ? toElements(dtype, data) : data);
    source.write(selection, stored, isOne);
  }

  atomically<T>(action: () => T): T {
    return this.source.atomically(action);
  }
}

/** The elements of another store, each by way of a function. */
export class MappedStore implements ElementStore {
  readonly source: ElementStore;
  readonly dtype = 'object';
  readonly #make: (value: unknown) => unknown;
  readonly #take: ((value: unknown) => unknown) | undefined;

  constructor(
    source: ElementStore,
    make: (value: unknown) => unknown,
    take: ((value: unknown) => unknown) | undefined,
  ) {
    this.source = source;
    this.#make = make;
    this.#take = take;
  }

  get dims(): readonly number[] {
    return this.source.dims;
  }

  get itemSize(): number {
    return this.source.itemSize;
  }

  get cost(): number {
    return this.source.cost + memorySizeOf(this.dtype);
  }

  get chunkDims(): readonly number[] | undefined {
    return this.source.chunkDims;
  }

  get fillsAtOnce(): boolean {
    return this.source.fillsAtOnce;
  }

  read(selection: Selection): BlockData {
    const { source } = this;
    const make = this.#make;
    return Array.from(toElements(source.dtype, source.read(selection)) as ArrayLike<unknown>, (value) =>
      make(value),
    );
  }

  write(selection: Selection, data: BlockData, isOne: boolean): void {
    const { source } = this;
    const take = this.#take;
    if (!take)
      throw new H5TypeError(
        'an array of mapped objects is read only: mapType needs a second function to write them',
      );
    source.write(
      selection,
      toBlockData(
        source.dtype,
        Array.from(data as unknown[], (value) => take(value)),
      ),
      isOne,
    );
  }

  atomically<T>(action: () => T): T {
    return this.source.atomically(action);
  }
}
