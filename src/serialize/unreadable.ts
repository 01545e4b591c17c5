import { H5UnsupportedError } from './errors.js';

/** In the place of what throws when it is read: a property whose getter does, or that of a proxy. */
export class Unreadable {
  readonly #cause: unknown;

  constructor(cause: unknown) {
    this.#cause = cause;
  }

  /** Why a value cannot be read, if it is one of these; no proxy notices the question. */
  static cause(value: unknown): { readonly cause: unknown } | undefined {
    return typeof value === 'object' && value && #cause in value ? { cause: value.#cause } : undefined;
  }
}

/** A property of an object, or what stands for it if it cannot be read. */
export function read(object: object, key: string | number): unknown {
  try {
    return (object as Record<string | number, unknown>)[key];
  } catch (error) {
    return new Unreadable(error);
  }
}

/** The error for a value that throws when it is read. */
export function unreadable(path: string, why: { readonly cause: unknown }): H5UnsupportedError {
  return new H5UnsupportedError(path, 'the value', `reading it throws ${textOf(why.cause)}`, why);
}

/** What an error says. Anything can be thrown, also what has no text. */
function textOf(error: unknown): string {
  try {
    return String(error).slice(0, 200);
  } catch {
    return typeof error;
  }
}
