/** Whether nothing else in a file shares the objects that a part of its value holds. */
import { H5Error } from '../errors.js';
import type { H5File } from '../hdf5/h5-file.js';
import { TypeRegistry } from '../registry/index.js';
import { newRestorer, type ReadOptions, within } from './serialize.js';

/** Where an object stands in a file: an HDF5 object, or a row of one. */
export interface Place {
  readonly address: number;
  readonly row?: number;
}

/**
 * Whether all objects within those at some places are reached from the value of the file through these alone, so that they can be stored
 * anew with them. Who shares rows of tables only the value itself can tell: all of it is read. `isMoved`: whether what stands at the
 * places is to be another object, so that there must be no other way to it either. False if that cannot be told.
 */
export function areApart(
  file: H5File,
  places: readonly Place[],
  { values }: Pick<ReadOptions, 'values'>,
  isMoved: boolean,
): boolean {
  // No code of a class is to run for that.
  const options = {
    registry: new TypeRegistry(),
    unknownClass: 'object',
    ...(values && { values }),
  } as const;
  try {
    return within(file, options, (space, address) => {
      const restorer = newRestorer(space, options);
      const value = restorer.restore(address);
      const parts = places.map(({ address: at, row }) =>
        restorer.whole(() =>
          row === undefined ? restorer.value(at) : restorer.element(at, row, restorer.info(at)),
        ),
      );
      const others = reach([value], new Set(parts));
      const own = reach(parts, new Set());
      if (!others || !own || !parts.every((part) => (isMoved ? others.get(part) === 1 : others.has(part))))
        return false;
      for (const each of own.keys()) if (others.has(each) && !parts.includes(each)) return false;
      return true;
    });
  } catch (error) {
    // What no one can read whole without its classes.
    if (error instanceof H5Error) return false;
    throw error;
  }
}

/**
 * The objects that values lead to, and by how many ways, not going on from those at which it ends. Undefined if there is one that may
 * hold others where nobody sees them.
 */
function reach(values: readonly unknown[], ends: ReadonlySet<unknown>): Map<unknown, number> | undefined {
  const ways = new Map<unknown, number>();
  const todo = [...values];
  while (todo.length > 0) {
    const value = todo.pop();
    if (typeof value !== 'object' || value === null) continue;
    const count = ways.get(value) ?? 0;
    ways.set(value, count + 1);
    if (count > 0 || ends.has(value)) continue;
    if (ArrayBuffer.isView(value)) todo.push(value.buffer);
    else if (!isOfLanguage(value)) return undefined;
    else {
      if (value instanceof Map) for (const [key, held] of value) todo.push(key, held);
      if (value instanceof Set) todo.push(...value);
      for (const key of Reflect.ownKeys(value)) todo.push(Object.getOwnPropertyDescriptor(value, key)?.value);
    }
  }
  return ways;
}

/** Whether an object is one that the language or the platform has, which holds others as its properties or elements alone. */
function isOfLanguage(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
  const type = prototype?.constructor;
  return prototype === null || (type !== undefined && Reflect.get(globalThis, type.name as string) === type);
}
