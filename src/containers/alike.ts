/** What a file has and what it is to have: whether that is the same, so that nothing is to be written. */
import { defaultRegistry } from '../registry/index.js';
import type { TypedArray } from '../serialize/kinds.js';
import type { Context } from './context.js';
import { unviewed } from './dict-view.js';
import { storedObject } from './member.js';
import { isData, isDense, isSimpleArray, outlineOf, propertyOf } from './new-object.js';
import { isPlainDate } from './scalar.js';

/** More elements and properties in all take longer than the codec does, and more levels more of the stack than there may be. */
const MOST = 4096;
const MOST_LEVELS = 100;

/**
 * Whether a value that was read is stored as another one would be: also the order of keys and -0 count, and which objects are one. Undefined
 * where the codec has to say it, of what is more than its elements and its properties.
 */
export function isAlike(there: unknown, value: unknown, context: Context): boolean | undefined {
  try {
    return new Comparison(context).compare(there, value, 0);
  } catch {
    // A proxy, for example.
    return undefined;
  }
}

class Comparison {
  readonly #context: Context;
  readonly #seen = new Set<object>();
  #left = MOST;

  constructor(context: Context) {
    this.#context = context;
  }

  compare(a: unknown, b: unknown, level: number): boolean | undefined {
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
    if (level > MOST_LEVELS || this.#standsForOther(a) || this.#standsForOther(b)) return undefined;
    // What is there twice is one object.
    if (!this.#isNew(a) || !this.#isNew(b)) return undefined;
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
    if (isPlainDate(a) && isPlainDate(b)) return Object.is(a.getTime(), b.getTime());
    switch (Object.getPrototypeOf(a)) {
      case Array.prototype:
        return this.#arrays(a as unknown[], b as unknown[], level);
      case Set.prototype:
        return this.#sets(a as Set<unknown>, b as Set<unknown>, level);
      case Map.prototype:
        return this.#maps(a as Map<unknown, unknown>, b as Map<unknown, unknown>, level);
      default:
        return isSimpleArray(a) && isSimpleArray(b) ? this.#numbers(a, b, level) : this.#objects(a, b, level);
    }
  }

  /** Whether something else is stored than its properties: what a handle leads to, or a view shows, or a name. */
  #standsForOther(value: object): boolean {
    const { registry = defaultRegistry } = this.#context.codec;
    return (
      registry.nameOf(value) !== undefined || storedObject(value) !== undefined || unviewed(value) !== value
    );
  }

  #isNew(object: object): boolean {
    const { size } = this.#seen;
    return this.#seen.add(object).size > size;
  }

  /** Whether there are as many of one thing as of another; undefined if they are too many. */
  #areAsMany(one: number, other: number): boolean | undefined {
    if (one !== other) return false;
    this.#left -= one;
    return this.#left < 0 ? undefined : true;
  }

  /** Of as many. */
  #all(a: ArrayLike<unknown>, b: ArrayLike<unknown>, level: number): boolean | undefined {
    for (let i = 0; i < a.length; i++) {
      const result = this.compare(a[i], b[i], level + 1);
      if (!result) return result;
    }
    return true;
  }

  #arrays(a: readonly unknown[], b: readonly unknown[], level: number): boolean | undefined {
    const areAsMany = this.#areAsMany(a.length, b.length);
    return areAsMany && (isDense(a) && isDense(b) ? this.#all(a, b, level) : undefined);
  }

  #sets(a: ReadonlySet<unknown>, b: ReadonlySet<unknown>, level: number): boolean | undefined {
    return this.#areAsMany(a.size, b.size) && this.#all([...a], [...b], level);
  }

  #maps(
    a: ReadonlyMap<unknown, unknown>,
    b: ReadonlyMap<unknown, unknown>,
    level: number,
  ): boolean | undefined {
    return this.#areAsMany(a.size, b.size) && this.#all([...a].flat(), [...b].flat(), level);
  }

  #numbers(a: TypedArray, b: TypedArray, level: number): boolean | undefined {
    const areAsMany = this.#areAsMany(a.length, b.length);
    return areAsMany && (this.#isNew(a.buffer) && this.#isNew(b.buffer) ? this.#all(a, b, level) : undefined);
  }

  #objects(a: object, b: object, level: number): boolean | undefined {
    const one = outlineOf(a, this.#context);
    const other = outlineOf(b, this.#context);
    if (!one || !other) return undefined;
    const { properties } = other;
    const areAsMany = this.#areAsMany(one.properties.length, properties.length);
    if (!areAsMany) return areAsMany;
    for (const [i, property] of properties.entries()) {
      if (one.properties[i] !== property) return false;
      if (!isData(b, property)) return undefined;
      const result = this.compare(propertyOf(a, property), propertyOf(b, property), level + 1);
      if (!result) return result;
    }
    return true;
  }
}
