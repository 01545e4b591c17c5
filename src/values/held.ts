/** What fields hold: instances of the class that `as` names, also in arrays, Sets and Maps. */
import { H5FormatError } from '../errors.js';
import type { Class, RegisteredClass } from '../registry/index.js';
import { H5UnsupportedError } from '../serialize/errors.js';
import { memberSegment } from '../serialize/path.js';

/** A field holds what it should not: an error that is still to be told where its instance is. */
export class Misfit extends Error {
  readonly #segments: string;
  readonly #found: string;
  readonly #wanted: string;

  constructor(segments: string, found: unknown, wanted: Class) {
    super();
    this.#segments = segments;
    this.#found = describe(found);
    this.#wanted = (wanted as { name?: string }).name ?? '';
  }

  /** In a value that is to be stored. */
  stored(path: string): Error {
    const remedy = `the field is said to hold instances of the class ${this.#wanted}: make it one, or change \`as\``;
    return new H5UnsupportedError(path + this.#segments, this.#found, remedy);
  }

  /** In a file. */
  read(path: string): Error {
    return new H5FormatError(
      -1,
      `${path}${this.#segments}: ${this.#found}, where the class ${this.#wanted} is expected (is it registered?)`,
    );
  }
}

/** @throws {Misfit} when a field of an instance holds what `as` does not allow. */
export function checkHeld(cls: RegisteredClass, instance: object): void {
  for (const { as, property } of cls.expected) {
    if (!as) continue;
    const wanted = as();
    const value = (instance as Record<string | symbol, unknown>)[property];
    if (fits(value, wanted)) continue;
    const found = misfit(value, wanted, memberSegment(String(property)));
    throw new Misfit(found.path, found.value, wanted);
  }
}

const { isPrototypeOf: isBaseOf } = Object.prototype;

/** Whether a value is an instance of a class, nothing, or an array, Set or Map of such values. */
function fits(root: unknown, wanted: Class): boolean {
  const todo = [root];
  const seen = new Set<unknown>();
  for (let next = todo.pop(), left = true; left; left = todo.length > 0, next = todo.pop()) {
    if (next === undefined || next === null || isBaseOf.call(wanted.prototype, next as object)) continue;
    const items = itemsOf(next);
    if (!items) return false;
    if (seen.has(next)) continue;
    seen.add(next);
    for (const item of items) {
      if (item !== undefined && item !== null && !isBaseOf.call(wanted.prototype, item as object))
        todo.push(item);
    }
  }
  return true;
}

function itemsOf(value: unknown): Iterable<unknown> | undefined {
  if (Array.isArray(value) || value instanceof Set) return value;
  return value instanceof Map ? value.values() : undefined;
}

/** The first thing that does not fit, and where it is. */
function misfit(
  root: unknown,
  wanted: Class,
  at: string,
): { readonly path: string; readonly value: unknown } {
  const todo = [{ value: root, path: at }];
  const seen = new Set<unknown>();
  for (const next of todo) {
    const { value, path } = next;
    const items = itemsOf(value);
    if (!items) {
      if (!fits(value, wanted)) return next;
      continue;
    }
    if (seen.has(value)) continue;
    seen.add(value);
    const keys = value instanceof Map ? [...value.keys()] : undefined;
    let i = 0;
    for (const item of items) {
      const key = keys?.[i];
      const segment = typeof key === 'string' ? memberSegment(key) : keys ? `[value ${i}]` : `[${i}]`;
      todo.push({ value: item, path: path + segment });
      i++;
    }
  }
  return { path: at, value: root };
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  const { constructor: maker } = value as { constructor?: unknown };
  if (maker === Object) return 'a plain object';
  return typeof maker === 'function' ? `an instance of the class ${maker.name}` : 'an object of no class';
}
