import { H5PathError, H5TypeError } from '../errors.js';
import { isPlainText } from './text.js';

/** Link names are part of a header message, which is at most 64 KB; UTF-8 takes up to 3 bytes a code unit. */
const MAX_NAME = 21_000;

/** Throws if HDF5 has no such name of a link or an attribute. */
export function checkName(name: string, path = name): void {
  if (typeof name !== 'string') throw new H5TypeError(`a name is a string, not of type ${typeof name}`);
  if (name === '' || !isPlainText(name) || name.length > MAX_NAME) {
    const problem =
      name === ''
        ? 'is empty'
        : name.length > MAX_NAME
          ? `is longer than ${MAX_NAME} characters`
          : 'contains U+0000 or half of a surrogate pair';
    throw new H5PathError('H5_BAD_NAME', path, `a name in ${JSON.stringify(path.slice(0, 200))} ${problem}`);
  }
}
