import type { Heap } from './elements.js';
import type { H5Reference } from './h5-reference.js';
import type { Dataspace } from './messages/dataspace.js';
import type { Datatype } from './messages/datatype.js';
import type { FilterInfo } from './messages/filter-pipeline.js';
import type { Named } from './named-errors.js';
import type { Selection, SelectionInput } from './selection.js';

/** The elements of one dataset, wherever they are. */
export interface ElementAccess {
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  /** The shape of a chunk; undefined if the elements are not in chunks. */
  readonly chunkDims: readonly number[] | undefined;
  /** What is done to the bytes of chunks, in this order. */
  readonly filters: readonly FilterInfo[];
  /** What compresses the chunks, by its name; null if nothing does. */
  readonly compression: string | null;
  /**
   * The bytes of an element that was never written.
   *
   * @throws {H5TypeError} when they are too many to be made.
   */
  readonly fillBytes: Uint8Array;
  /** Where their variable-length data are, if not in the global heap of the file. */
  readonly heap?: Heap | undefined;
  /** How many bytes they take in the file. */
  readonly stored: number;
  /** How often elements were written, or the shape was changed, where that can be: what is kept of them may be old. */
  readonly changes?: number;
  /** The parts of the dataset that are in one chunk each, in row-major order. */
  parts(): Iterable<[start: number, stop: number][]>;
  /** The bytes of a part, and how many elements they are. They go to `into`, if that is given, and large enough. */
  select(
    selection: SelectionInput | Selection | H5Reference,
    into?: Uint8Array<ArrayBuffer>,
    named?: Named,
  ): {
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly count: number;
  };
}
