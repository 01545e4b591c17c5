/**
 * Collections within values that are stored in their own file. A handle of one would lead to a file that is open for writing, and
 * to what may be gone by then: it is stored as a copy, as a collection is that is set by itself. So is what any view shows.
 */
import { H5TypeError } from '../errors.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5Group } from '../hdf5/h5-group.js';
import { SHAPED, type ShapedData } from '../hdf5/shaped-data.js';
import { setProperty } from '../serialize/rows.js';
import { readFrom } from '../serialize/serialize.js';
import { storedAs } from './block-data.js';
import type { Context } from './context.js';
import { unviewed } from './dict-view.js';
import { H5Array } from './h5-array.js';
import { H5Dict } from './h5-dict.js';
import { H5List } from './h5-list.js';

/** The file that something is being stored in, and whether a collection of it has been met. */
interface Storing {
  readonly live: Context['live'];
  isMet: boolean;
}

let storing: Storing | undefined;

/** Whether a handle is to be stored in the file that it leads to. */
export function isOwn({ session }: H5Group | H5Dataset): boolean {
  if (!storing || session.file !== storing.live.file) return false;
  storing.isMet = true;
  return true;
}

/**
 * A view is looked at. What is being stored, if there is anything, has to have what it shows: a view has no Maps, and what is no
 * dict in it are handles.
 */
export function viewIsRead(): void {
  if (!storing) return;
  storing.isMet = true;
  throw new H5TypeError('a view is stored as a copy of what it shows');
}

/** Stores a value, or prepares that; again, if there are collections of its file in it, with copies of these. */
export function storeWithCopies<V, R>(value: V, context: Context, store: (value: V) => R): R {
  const before = storing;
  const own: Storing = { live: context.live, isMet: false };
  storing = own;
  try {
    const result = store(value);
    if (!own.isMet) return result;
  } catch (error) {
    if (!own.isMet) throw error;
  } finally {
    storing = before;
  }
  return store(copied(value, context, new Map()) as V);
}

/** A copy in memory of what is in a file, a collection or an object of it. */
export function copyOf(value: unknown, context: Context): unknown {
  if (value instanceof H5Group || value instanceof H5Dataset) return readFrom(value, context.moving);
  return copied(value, context, new Map());
}

/** A value with copies of the collections in it. What is no part of an object, an array, a Map or a Set stays as it is. */
function copied(given: unknown, context: Context, copies: Map<unknown, unknown>): unknown {
  if (typeof given !== 'object' || given === null) return given;
  const value = unviewed(given) as object;
  const known = copies.get(value);
  if (known !== undefined) return known;
  const note = <T>(copy: T): T => {
    copies.set(value, copy);
    return copy;
  };
  const isCollection = value instanceof H5Dict || value instanceof H5List || value instanceof H5Array;
  if (isCollection && (value.file === context.live.file || value !== given)) {
    if (value instanceof H5Array && value.isView) return note(elementsOf(value));
    const whole = value instanceof H5Array ? value.dataset : value.object;
    const object = whole as H5Group | H5Dataset | undefined;
    const { moving } = value instanceof H5Array ? context : value.context;
    return object ? note(readFrom(object, moving)) : value;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Map.prototype) {
    const copy = note(new Map<unknown, unknown>());
    for (const [key, each] of value as Map<unknown, unknown>)
      copy.set(copied(key, context, copies), copied(each, context, copies));
    return copy;
  }
  if (prototype === Set.prototype) {
    const copy = note(new Set<unknown>());
    for (const each of value as Set<unknown>) copy.add(copied(each, context, copies));
    return copy;
  }
  const isArray = prototype === Array.prototype;
  if (!isArray && prototype !== Object.prototype && prototype !== null) return value;
  const copy = note(
    isArray ? new Array<unknown>((value as unknown[]).length) : (Object.create(prototype as null) as object),
  );
  for (const key of Object.keys(value))
    setProperty(copy, key, copied((value as Record<string, unknown>)[key], context, copies), undefined);
  return copy;
}

/** What an array holds, to be stored as any array of such elements. */
export function elementsOf(array: H5Array<unknown>): unknown {
  const isTyped = array.dtype !== 'object' && array.dtype !== 'record';
  return isTyped ? new ElementsOf(array) : array.toNested();
}

/** Elements that are read when they are stored. */
class ElementsOf {
  readonly #array: H5Array<unknown>;

  constructor(array: H5Array<unknown>) {
    this.#array = array;
  }

  [SHAPED](): ShapedData {
    const array = this.#array;
    return { elements: () => array.read(), shape: array.shape, dtype: storedAs(array.dtype) };
  }
}
