/** Arrays that have properties beside their elements, as the matches of a RegExp do. */
import { H5FormatError, H5TypeError } from '../errors.js';
import type { Content, Spend, ValueType } from '../registry/index.js';
import { isSparse } from '../serialize/kinds.js';
import { setProperty } from '../serialize/rows.js';
import { checked, isElement, isIndex } from './content.js';

/** What the elements are called, beside the properties: the notation of the language's specification. */
const ELEMENTS = '[[Array]]';

/** An array of just the elements of another, with its holes. */
export function elementsOf(array: readonly unknown[]): unknown[] {
  return Array.prototype.concat.call([], array) as unknown[];
}

/** Gives an array the elements of another, and its length. */
export function setElements(array: unknown[], elements: readonly unknown[], spend: Spend): void {
  array.length = elements.length;
  if (isSparse(elements)) {
    const keys = Object.keys(elements);
    spend(keys.length);
    for (const key of keys) if (isIndex(key)) array[Number(key)] = elements[Number(key)];
    return;
  }
  spend(elements.length);
  for (let i = 0; i < elements.length; i++) if (i in elements) array[i] = elements[i];
}

/** Refuses a property that has the name under which something else is stored. */
export function checkNames(value: object, inner: string): void {
  if (Object.prototype.propertyIsEnumerable.call(value, inner))
    throw new H5TypeError(`a property cannot be called ${inner} here: what is in the object has that name`);
}

export const arrayWithProperties: ValueType<unknown[]> = {
  name: 'Array',
  // Stands for it: its prototype is that of all arrays.
  prototype: [],
  encode: (array) => {
    const content = Object.create(null) as Record<string, unknown>;
    content[ELEMENTS] = elementsOf(array);
    checkNames(array, ELEMENTS);
    for (const name of Object.keys(array))
      if (!isIndex(name)) content[name] = array[name as unknown as number];
    return content;
  },
  create: () => [],
  fill: (array, content: Content, _, spend) => {
    setElements(array, checked('Array', content[ELEMENTS], Array<unknown>), spend);
    for (const name of Object.keys(content)) {
      if (name === ELEMENTS) continue;
      if (isElement(name)) throw new H5FormatError(-1, `an array has a property ${name} beside its elements`);
      setProperty(array, name, content[name], undefined);
    }
  },
};

/** Up to this length, to list the keys of an array takes no longer than to ask for those that are no indices. */
const SHORT = 64;

/**
 * Whether an array has properties beside its elements. Nothing in the language tells that but a list of all its keys, in which
 * they come last: this takes 100 ns for a short array, and as many for each element of a long one. So where the platform has
 * a better way to say that a long array has none, `isPlain`, it comes first.
 */
export function hasProperties(
  array: readonly unknown[],
  isPlain: ((array: readonly unknown[]) => boolean) | undefined,
): boolean {
  if (array.length > SHORT && isPlain?.(array)) return false;
  const last = Object.keys(array).at(-1);
  return last !== undefined && !isIndex(last);
}
