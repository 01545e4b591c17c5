/** What programs give, where it would fail later, or be taken for something else. */
import { H5Error, H5PathError, H5TypeError } from '../errors.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5Group } from '../hdf5/h5-group.js';
import { H5Object } from '../hdf5/h5-object.js';
import { checked, checkedFile, checkWords } from '../serialize/checked-options.js';

/** What a value is, in the text of an error. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 40 ? `${value.slice(0, 40)}...` : value}'`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `an object (${value.constructor?.name ?? 'no class'})`;
}

/** @throws {H5TypeError} when what is to be called is no function. */
export function checkFunction(value: unknown): void {
  if (typeof value !== 'function') throw new H5TypeError(`${shown(value)} is no function`);
}

/** @throws {H5TypeError} when there is nothing to go through. */
export function checkIterable(value: unknown, what: string): void {
  const isIterable = value !== undefined && value !== null && Symbol.iterator in Object(value);
  if (!isIterable) throw new H5TypeError(`${what}: ${shown(value)} is not iterable`);
}

/** @throws {H5TypeError} when it is no group. */
export function checkGroup(value: unknown): void {
  if (value instanceof H5Group) return;
  throw new H5TypeError(`a dict is an H5Group of an open file, not ${shown(value)}; H5Dict.open opens files`);
}

/** @throws {H5TypeError} when it is neither a group nor a dataset. */
export function checkGroupOrDataset(value: unknown): void {
  if (value instanceof H5Group || value instanceof H5Dataset) return;
  throw new H5TypeError(
    `a list is an H5Group or an H5Dataset of an open file, not ${shown(value)}; H5List.open opens files`,
  );
}

/** @throws {H5TypeError} when it is not in a file. */
export function checkObject(value: unknown): void {
  if (value instanceof H5Object) return;
  throw new H5TypeError(`attributes are those of an object of an open file, not ${shown(value)}`);
}

const WORDS = { commit: ['operation', 'microtask', 'manual'] };

/**
 * Options of collections without those that are undefined.
 *
 * @throws {H5Error} `H5_OPTION` when one of them is none of what it may be.
 */
export function checkedOptions<O extends object>(options: O): O {
  checkWords(options, WORDS);
  const { largeArray } = options as { readonly largeArray?: unknown };
  if (largeArray !== undefined && !(typeof largeArray === 'number' && largeArray >= 0))
    throw new H5Error('H5_OPTION', `largeArray is a number from 0 on, not ${shown(largeArray)}`);
  return checked(checkedFile(options));
}

/** The object at the end of a path has none: if there is an attribute of the name, that is what was meant. */
export function checkAttribute(group: H5Group, path: string): void {
  const names = path.split('/').filter((name) => name !== '');
  const last = names.pop();
  const holder = names.length === 0 ? group : group.get(names.join('/'));
  if (last !== undefined && holder instanceof H5Group && holder.attrs.has(last))
    throw new H5PathError(
      'H5_WRONG_KIND',
      path,
      `"${last}" in "${holder.path}" is an attribute: H5Dict's get, or attrs, reads it`,
    );
}
