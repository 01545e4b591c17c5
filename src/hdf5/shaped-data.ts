import type { DType } from './dtype.js';

/** What an array holds: its shape, what its elements are, and, when they are asked for, these. */
export interface ShapedData {
  /** One after another, the last axis fastest. */
  elements(): ArrayLike<unknown>;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** The name of the method by which an array that is no list says what it holds: then it can be stored like one. */
export const SHAPED: unique symbol = Symbol.for('h5pickle.shaped');

/** What a value holds that has such a method; undefined of any other value. */
export function shapedData(value: unknown): ShapedData | undefined {
  if (typeof value !== 'object' || value === null || !(SHAPED in value)) return undefined;
  return (value as { [SHAPED](): ShapedData })[SHAPED]();
}
