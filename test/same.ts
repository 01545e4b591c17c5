import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';

/**
 * Expects two values to be the same: -0 is not 0, NaN is NaN, and prototypes, holes and `undefined` count. As `toStrictEqual`
 * does, which takes seconds for tens of thousands of objects; so it is there for what is different, to show it.
 */
export function expectSame(actual: unknown, expected: unknown, what?: string): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual, what).toStrictEqual(expected);
}
