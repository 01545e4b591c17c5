import { H5Error } from '../errors.js';
import { serialize, type WriteOptions } from '../serialize/serialize.js';
import { isSameBytes } from '../storage/bytes.js';

/**
 * Whether two values in memory have the same content. NaN is NaN, 0 is -0, a hole is undefined. Of instances, and of types whose
 * content is not in their properties, that is what is stored of them.
 */
export function isEqual(one: unknown, other: unknown, codec: WriteOptions): boolean {
  /** Pairs that are taken for equal, since they are being compared: values may lead back to themselves. */
  const pairs = new Map<object, Set<object>>();
  // Values may be deeper than there is room for calls.
  const todo: unknown[] = [one, other];
  const areEqual = (a: Iterable<unknown>, b: Iterable<unknown>): boolean => {
    const [left, right] = [[...a], [...b]];
    for (const [i, each] of left.entries()) todo.push(each, right[i]);
    return left.length === right.length;
  };
  while (todo.length > 0) {
    const b = todo.pop();
    const a = todo.pop();
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
    const [left, right] = [copyOf(a), copyOf(b)];
    const prototype = Object.getPrototypeOf(left) as object | null;
    if (prototype !== Object.getPrototypeOf(right)) return false;
    const met = pairs.get(left);
    if (met?.has(right)) continue;
    if (met) met.add(right);
    else pairs.set(left, new Set([right]));
    const isSame = comparisons.get(prototype) ?? isStoredSame;
    if (!isSame(left as never, right as never, areEqual, codec)) return false;
  }
  return true;
}

type Comparison<T> = (
  a: T,
  b: T,
  areEqual: (a: Iterable<unknown>, b: Iterable<unknown>) => boolean,
  codec: WriteOptions,
) => boolean;

const areEntries: Comparison<object> = (a, b, areEqual) => {
  const keys = Object.keys(a);
  const values = (object: object) => keys.map((key) => (object as Record<string, unknown>)[key]);
  const hasAll = keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key));
  return hasAll && areEqual(values(a), values(b));
};

/** How values are compared, by their prototypes. */
const comparisons = new Map<object | null, Comparison<never>>([
  [Object.prototype, areEntries],
  [null, areEntries],
  [Array.prototype, (a: unknown[], b: unknown[], areEqual) => areEqual(a, b)],
  [Set.prototype, (a: Set<unknown>, b: Set<unknown>, areEqual) => areEqual(a, b)],
  [
    Map.prototype,
    (a: Map<unknown, unknown>, b: Map<unknown, unknown>, areEqual) => areEqual([...a].flat(), [...b].flat()),
  ],
]);

/** The same value always gives the same bytes; what cannot be stored is equal to nothing in a file. */
function isStoredSame(a: object, b: object, _: unknown, codec: WriteOptions): boolean {
  try {
    return isSameBytes(serialize([a], codec), serialize([b], codec));
  } catch (error) {
    if (error instanceof H5Error) return false;
    throw error;
  }
}

/** A collection of a file is what it is in memory. */
function copyOf(value: object): object {
  return 'copy' in value && 'context' in value && typeof value.copy === 'function'
    ? (value.copy() as object)
    : value;
}
