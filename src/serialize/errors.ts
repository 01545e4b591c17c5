import { H5Error } from '../errors.js';
import type { Limits } from './limits.js';
import { shortPath } from './path.js';

/**
 * A value that cannot be stored. `path` says where it stands in the value that was to be written, in
 * JavaScript's own notation; the message says what to do.
 *
 * @example
 * try {
 *   serialize({ users: [{ onClick() {} }] });
 * } catch (error) {
 *   if (error instanceof H5UnsupportedError) console.error(error.path); // $.users[0].onClick
 * }
 */
export class H5UnsupportedError extends H5Error {
  override readonly name: string = 'H5UnsupportedError';
  readonly path: string;

  constructor(path: string, what: string, remedy: string, options?: ErrorOptions) {
    super('H5_UNSUPPORTED', `${shortPath(path)}: ${what} cannot be stored; ${remedy}`, options);
    this.path = path;
  }
}

/**
 * A file holds an instance of a class, or the name of a value, that is not registered.
 *
 * @example
 * if (error instanceof H5UnknownClassError) value = readSync(path, { unknownClass: 'keep' });
 */
export class H5UnknownClassError extends H5Error {
  override readonly name: string = 'H5UnknownClassError';
  readonly className: string;

  constructor(className: string, what: 'class' | 'value' = 'class') {
    super(
      'H5_UNKNOWN_CLASS',
      `the ${what} "${className}", which is not registered, is in the file; register it under that name`,
    );
    this.className = className;
  }
}

/**
 * A value or a file goes beyond a limit, which may be the default. `limit` is its name in the option `limits`.
 *
 * @example
 * try {
 *   deserialize(upload, { limits: { depth: 100, bytes: 1e8 } });
 * } catch (error) {
 *   if (error instanceof H5LimitError) console.error('too large an upload:', error.limit);
 * }
 */
export class H5LimitError extends H5Error {
  override readonly name: string = 'H5LimitError';
  readonly limit: keyof Limits;

  constructor(limit: keyof Limits, most: number, what: string) {
    super('H5_LIMIT', `${what}: the limit \`${limit}\` is ${most}; { limits: { ${limit} } } moves it`);
    this.limit = limit;
  }
}
