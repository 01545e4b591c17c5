import { H5Error } from '../errors.js';
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

/** A file holds an instance of a class, or the name of a value, that is not registered. */
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
