import { H5Error } from '../errors.js';

/**
 * An index that is not within an array or a list, or more indices than there are axes.
 *
 * @example
 * expect(() => array.at(3)).toThrow(H5IndexError);
 */
export class H5IndexError extends H5Error {
  override readonly name: string = 'H5IndexError';

  constructor(message: string) {
    super('H5_INDEX', message);
  }
}
