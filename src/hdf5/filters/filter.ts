import { H5TypeError } from '../../errors.js';
import type { Datatype } from '../messages/datatype.js';

/** The dataset that a filter is configured for. */
export interface FilterSubject {
  readonly datatype: Datatype;
  /** The dimensions of a chunk, in elements. */
  readonly chunk: readonly number[];
  /** One element as it stands in the file. Without it the fill value is zeros, as in libhdf5. */
  readonly fillValue?: Uint8Array;
}

/**
 * One step between the elements of a chunk and the bytes that are stored of it.
 *
 * `values` is the client data: what the file keeps for the filter of one dataset, unsigned numbers of 32 bits.
 * None of the functions changes the bytes that it gets; the result may be a view of them, or they themselves.
 *
 * @example
 * const invert: Filter = {
 *   id: 300,
 *   name: 'invert',
 *   decode: (bytes) => bytes.map((byte) => byte ^ 0xff),
 *   encode: (bytes) => bytes.map((byte) => byte ^ 0xff),
 * };
 */
export interface Filter {
  /** The number that is registered for it, 1 to 65535; 256 to 511 are for tests. */
  readonly id: number;
  readonly name: string;

  /**
   * Undoes the filter. `limit` is the most bytes that the result may have: a filter must not allocate more for a
   * damaged or hostile chunk, and throws an H5FormatError instead.
   */
  decode(bytes: Uint8Array, values: readonly number[], limit: number): Uint8Array;

  /**
   * Applies the filter. The answer is undefined where it does not pay, or cannot be done: then the filter is left
   * out for this chunk. `optional` tells whether it may be; where it may not, undefined is an error.
   */
  encode?(bytes: Uint8Array, values: readonly number[], optional: boolean): Uint8Array | undefined;

  /**
   * The client data for a new dataset. `options` is what the user gives for this filter, undefined if nothing.
   * Without this function, the client data are the options, a list of numbers.
   *
   * @throws {H5TypeError} the options are wrong, or the filter cannot be used for this datatype.
   */
  configure?(options: unknown, about: FilterSubject): number[];
}

/** Whole numbers from `from` to `to`, with a default, as several filters take them. */
export function numberOption(
  filter: string,
  meaning: string,
  options: unknown,
  from: number,
  to: number,
  byDefault?: number,
): number {
  const value = options === undefined ? byDefault : options;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < from || value > to) {
    throw new H5TypeError(
      `the filter ${filter} takes ${meaning}, a whole number from ${from} to ${to}, not ${String(options)}`,
    );
  }
  return value;
}

/** For filters that take no options. */
export function noOptions(filter: string, options: unknown): void {
  if (options !== undefined && options !== true) throw new H5TypeError(`the filter ${filter} has no options`);
}

/** The number of elements of a chunk. Client data have room for 32 bits of it. */
export function chunkElements(filter: string, { chunk }: FilterSubject): number {
  const count = chunk.reduce((product, dim) => product * dim, 1);
  if (count > 0xffffffff)
    throw new H5TypeError(`the filter ${filter} takes chunks of less than 2**32 elements`);
  return count;
}
