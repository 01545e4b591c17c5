import type { H5Dataset } from '../hdf5/h5-dataset.js';
import type { H5Group } from '../hdf5/h5-group.js';

/** A hole, where values of lists are handed on one by one. */
export const HOLE: unique symbol = Symbol('hole');

/** How a list is stored. What is called to change it changes all that was asked for or, where it returns false, nothing. */
export interface ListStore {
  /** The HDF5 object that the list is. */
  readonly object: H5Group | H5Dataset;
  readonly length: number;
  /** An element as a program sees it. */
  get(index: number): unknown;
  /** Elements as values; `HOLE` where there is none. `isMoved`: the program does not see them, they are stored again. */
  slice(start: number, end: number, isMoved?: boolean): unknown[];
  /** Whether a value can be appended, set or put in as it is. */
  fits(value: unknown): boolean;
  /** Appends a value, which may be kept in memory until `flush` is called. */
  add(value: unknown): boolean;
  set(index: number, value: unknown): boolean;
  /** Removes elements, and puts values in their place. */
  splice(start: number, count: number, values: readonly unknown[]): boolean;
  /** Makes the list shorter. Returns false if it cannot do that as it is. */
  truncate(length: number): boolean;
  /** Writes what is kept in memory. */
  flush(): void;
  /**
   * Changes how elements are stored so that these values fit, and the list can change its length by so many; false where nothing
   * of this kind can.
   */
  adapt(values: readonly unknown[]): boolean;
}

/** A list of scalars, which may be a column of a table: then all of them are changed, or none. */
export interface CellStore extends ListStore {
  /** How many elements are in the file. */
  readonly stored: number;
  /** Whether a value can be appended as it is. */
  takes(value: unknown): boolean;
  /** Appends one that can. */
  put(value: unknown): void;
  /** Whether an element can be set to a value as it is. */
  canSet(index: number, value: unknown): boolean;
  /** Whether elements can be removed, and values be put in their place, as they are. */
  canSplice(start: number, count: number, values: readonly unknown[]): boolean;
}

/** A list that is read where it stands: with the first change it becomes one of another kind. */
export abstract class FixedList implements ListStore {
  abstract readonly object: H5Group | H5Dataset;
  abstract readonly length: number;
  abstract get(index: number): unknown;
  abstract slice(start: number, end: number, isMoved?: boolean): unknown[];

  fits(): boolean {
    return false;
  }

  add(): boolean {
    return false;
  }

  set(): boolean {
    return false;
  }

  splice(): boolean {
    return false;
  }

  truncate(): boolean {
    return false;
  }

  adapt(): boolean {
    return false;
  }

  flush(): void {}
}
