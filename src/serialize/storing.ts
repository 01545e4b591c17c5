import type { FileBuilder, ObjectId } from '../hdf5/file-builder.js';
import type { Compression, TypeRegistry } from '../registry/index.js';
import type { Node, ObjectNode, VectorNode } from './plan.js';
import type { Values } from './values.js';

/**
 * How the datasets of a whole are stored. Fields of classes may say something else for themselves.
 *
 * @example
 * writeSync('state.h5', state, { compression: { level: 6 }, chunks: 1000, stringEncoding: 'fixed' });
 */
export interface StorageOptions {
  /**
   * Makes datasets smaller by deflate, in chunks, as h5py does with `compression='gzip'`: `true`, `'gzip'`, a level from 0
   * to 9, or more about it. Datasets of at most 1 KB stay as they are, unless `above` says otherwise.
   */
  readonly compression?: Compression | undefined;
  /**
   * Puts the same datasets in chunks, compressed or not: `true` for a size that suits most uses, a number of rows along the
   * first axis, or a function that returns one of these, or a shape, for the shape of a dataset.
   */
  readonly chunks?: Chunks | undefined;
  /**
   * Whether lists of strings, and strings, take a fixed number of bytes each, padded (`'fixed'`), or are of variable length
   * (`'variable'`). `'auto'`, the default, has lists of strings of about the same length as fixed, and all others as variable.
   */
  readonly stringEncoding?: StringEncoding | undefined;
}

/**
 * How large the chunks of datasets are: `true` for what suits most uses, a number of rows along the first axis, or what a function
 * returns for a shape, also the shape of a chunk. `false`: none but where they are needed.
 *
 * @example
 * const chunks: Chunks = (shape) => [1, ...shape.slice(1)];
 */
export type Chunks = boolean | number | ((shape: readonly number[]) => true | number | readonly number[]);
/** Whether strings take as many bytes as the longest of a list, or each as many as it has; `'auto'` is what suits them. */
export type StringEncoding = 'auto' | 'fixed' | 'variable';

/**
 * What stores datasets otherwise than in one piece and as their values suggest. The export `h5pickle/datasets` holds it; in
 * Node it is always there.
 *
 * @example
 * import { datasets } from 'h5pickle/datasets';
 * const bytes = serialize(value, { datasets, compression: 'gzip' }); // in a browser
 */
export interface Datasets {
  /** Begins a file; undefined if nothing in it can be stored otherwise. */
  begin(
    registry: TypeRegistry,
    options: StorageOptions & { readonly values?: Values | undefined },
  ): Storing | undefined;
}

/** Lays out one file. */
export interface Storing extends FileBuilder {
  /** Looks at all nodes when they have their numbers, before the first of them is written. */
  prepare(nodes: readonly Node[]): void;
  /** Looks at a part of a list that is a member of an object. */
  prepareMember(part: VectorNode, holder: ObjectNode, name: string): void;
  /** What has been found to be done for the dataset of a node, if there is something, for that of a list that it is a part of. */
  storedOf(id: ObjectId): StoredOf | undefined;
  /** Stores a dataset so. */
  store(id: ObjectId, stored: StoredOf): void;
  /** The bytes that each string of a list is to take; 0: as many as it has; undefined: what is usual. */
  fixedSizeOf(texts: TextsOf): number | undefined;
}

/** How a dataset of a field is stored; only who made it knows more. */
export interface StoredOf {
  /** Its datatype message, if that is another than the value suggests. */
  readonly message?: Uint8Array;
  /** Whether the field says of what type its elements are. */
  readonly isTyped: boolean;
}

/** What is known of the strings of a list. */
export interface TextsOf {
  readonly count: number;
  /** The bytes of all of them, and of the longest. */
  readonly total: number;
  readonly longest: number;
  readonly plain: boolean;
}
