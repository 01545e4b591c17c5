import type { Selection } from '../hdf5/selection.js';
import type { BlockData, DTypeName } from '../kernels/block-source.js';

/** Where the elements of an array are: in a dataset, in memory, or in another store that they are converted from. */
export interface ElementStore {
  readonly dims: readonly number[];
  readonly dtype: DTypeName;
  /** The bytes of one element as it is stored; in memory it may take more. */
  readonly itemSize: number;
  /** The bytes of memory that it takes to read one element, about: of what is no number a guess. */
  readonly cost: number;
  /** The shape of a chunk; undefined if there are none. */
  readonly chunkDims: readonly number[] | undefined;
  /** The elements of a selection, in its order, for the caller to keep; in the memory of `into` where that is possible. */
  read(selection: Selection, into?: BlockData): BlockData;
  /** Writes elements, or one element everywhere. `data` are as `read` returns them. */
  write(selection: Selection, data: BlockData, isOne: boolean): void;
  /** Whether one element can be written everywhere with one call, however many there are. */
  readonly fillsAtOnce: boolean;
  /** Does something, all of it or nothing. */
  atomically<T>(action: () => T): T;
}
