import type { ArrayInput, ArrayResult } from './source.js';
import type { Out } from './target.js';
import * as text from './text.js';

/** What functions of `char` take beside their operands. */
export interface TextOptions {
  /** Where the result goes; it is returned. */
  readonly out?: Out | undefined;
}

/** A function of the strings of two arrays. */
export type Binary<T> = (x: ArrayInput, y: ArrayInput, options?: TextOptions) => T;

/**
 * The strings of two arrays, one behind the other.
 *
 * @throws {KernelError} H5_DTYPE when an operand is not of strings.
 * @example
 * char.add(['a', 'b'], '.txt'); // ['a.txt', 'b.txt']
 */
export const add: Binary<ArrayResult> = (x, y, { out } = {}) => text.addText(x, y, out) as ArrayResult;

/**
 * Strings repeated so many times; less than once is the empty string.
 *
 * @example
 * char.multiply(['ab', 'c'], [2, 3]); // ['abab', 'ccc']
 */
export const multiply: Binary<ArrayResult> = (x, y, { out } = {}) =>
  text.multiplyText(x, y, out) as ArrayResult;

/**
 * Values put into formats, one each, as with Python's `%`.
 *
 * @throws {KernelError} H5_VALUE for a format that takes no value, or more than one.
 * @example
 * char.mod(['%d px', '%.1f %%'], [3, 99.5]); // ['3 px', '99.5 %']
 */
export const mod: Binary<ArrayResult> = (x, y, { out } = {}) => text.modText(x, y, out) as ArrayResult;

/**
 * Whether strings are the same but for white space at their ends.
 *
 * @example
 * char.equal(['a ', 'b'], ['a', 'c']); // [true, false]
 */
export const equal: Binary<ArrayResult> = (x, y, options) => text.equalText(x, y, options) as ArrayResult;

/** The opposite of `equal`. */
export const not_equal: Binary<ArrayResult> = (x, y, options) =>
  text.notEqualText(x, y, options) as ArrayResult;

/** Whether the first comes behind the second by code points, without white space at the ends. */
export const greater: Binary<ArrayResult> = (x, y, options) => text.greaterText(x, y, options) as ArrayResult;

/** Whether the first comes behind the second, or is the same. */
export const greater_equal: Binary<ArrayResult> = (x, y, options) =>
  text.greaterEqualText(x, y, options) as ArrayResult;

/** Whether the first comes before the second. */
export const less: Binary<ArrayResult> = (x, y, options) => text.lessText(x, y, options) as ArrayResult;

/** Whether the first comes before the second, or is the same. */
export const less_equal: Binary<ArrayResult> = (x, y, options) =>
  text.lessEqualText(x, y, options) as ArrayResult;
