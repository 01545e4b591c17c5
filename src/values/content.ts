import { H5Error, H5FormatError } from '../errors.js';

/** What a file has in the place of content: it may be of any type, where the file is damaged or hostile. */
export function checked<T>(
  what: string,
  value: unknown,
  type: (abstract new (...parameters: never[]) => T) | 'string',
): T {
  if (type === 'string' ? typeof value === 'string' : value instanceof type) return value as T;
  throw new H5FormatError(-1, `the content of a ${what} is something else than it should be`);
}

/** A number of bytes or elements that a file says. */
export function checkedSize(what: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new H5FormatError(
    -1,
    `a ${what} with ${String(value).slice(0, 40)} as a number of bytes or elements`,
  );
}

/** Makes a value of content that may not make one: a pattern that is none, a text that is no URL. */
export function madeOf<T>(what: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof H5Error) throw error;
    throw new H5FormatError(-1, `a ${what} that cannot be made again: ${String(error).slice(0, 200)}`);
  }
}

/** Whether a name is an index of an array. */
export function isIndex(name: string | symbol): boolean {
  return typeof name === 'string' && String(Number(name) >>> 0) === name && name !== '4294967295';
}

/** What an array has by itself: its elements and its length. A file may say that properties have such names. */
export function isElement(name: string | symbol): boolean {
  return name === 'length' || isIndex(name);
}

/** The same of a typed array: a name that is any number is an element, or nothing. */
export function isNumber(name: string | symbol): boolean {
  if (typeof name === 'symbol') return false;
  return name === 'length' || name === '-0' || String(Number(name)) === name;
}
