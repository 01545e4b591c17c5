/** Objects and arrays to files in one call, as ch5mpy's functions of these names do it. */
import { H5PathError, H5TypeError } from '../errors.js';
import type { DatasetOptions } from '../hdf5/editing.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import type { CreateDatasetOptions, H5Group } from '../hdf5/h5-group.js';
import { components, join } from '../hdf5/paths.js';
import { given } from '../serialize/checked-options.js';
import { escapeName } from '../serialize/names.js';
import { type CollectionOptions, type Context, contextOf } from './context.js';
import { H5Array } from './h5-array.js';
import { H5Dict } from './h5-dict.js';
import { hasMember, presented, setMember } from './member.js';

/** Where something is written: a group, or a dict. */
export type WriteLocation = H5Group | H5Dict;

/**
 * How `writeDataset` stores an array.
 *
 * @example
 * writeDataset(file, 'speed', [1, 2], { dtype: 'f4', maxShape: [null] });
 */
export interface WriteDatasetOptions {
  /** The shape of a chunk; `true`, the default, for one that suits most uses; `false`: not in chunks, and of one size for ever. */
  readonly chunks?: boolean | number | readonly number[] | undefined;
  /** How far each axis may grow; unless told otherwise, all without limit. */
  readonly maxShape?: true | readonly (number | null)[] | undefined;
  readonly dtype?: DatasetOptions['dtype'];
  readonly fillValue?: unknown;
}

/**
 * How `writeObject` stores a value.
 *
 * @example
 * writeObject(file, 'state', state, { overwrite: true, registry });
 */
export interface WriteObjectOptions extends WriteDatasetOptions, ValueWriteOptions {
  /** Whether what has the name already is replaced; unless told so, that is an error. */
  readonly overwrite?: boolean | undefined;
  /** Is called after each object: how many have been written, of how many, and the name of the last one. */
  readonly progress?: ((done: number, total: number, name: string) => void) | undefined;
}

/** How values are stored that are no arrays. */
export type ValueWriteOptions = Omit<CollectionOptions, 'chunks'>;

/**
 * How `storeDataset` makes a dataset.
 *
 * @example
 * storeDataset(file, 'speed', undefined, { shape: [100, 3], dtype: 'f4' });
 */
export interface StoreDatasetOptions extends WriteDatasetOptions {
  /** Follows from the data; needed where there are none. */
  readonly shape?: readonly number[] | undefined;
}

function placeOf(
  target: WriteLocation,
  options: CollectionOptions = {},
): { group: H5Group; context: Context } {
  if (target instanceof H5Dict) return { group: target.object, context: target.context };
  return { group: target, context: contextOf(target, options) };
}

/**
 * Where a name leads: a key of a dict, or a path from a group, in which groups are made that are not there. Returns the group
 * and the name in it.
 */
function located(target: WriteLocation, name: string): readonly [WriteLocation, string] {
  if (target instanceof H5Dict || !name.includes('/')) return [target, name];
  const names = components(name);
  const last = names.pop();
  if (last === undefined)
    throw new H5PathError('H5_BAD_NAME', name, `${JSON.stringify(name)} names nothing in a group`);
  const above = name.startsWith('/') ? target.file : target;
  return [names.length === 0 ? above : above.requireGroup(names.map(escapeName).join('/')), last];
}

/** Does something at a place, in one transaction. */
function at<T>(target: WriteLocation, name: string, action: (target: WriteLocation, name: string) => T): T {
  const { context } = placeOf(target);
  return context.live.whole(() => action(...located(target, name)));
}

/**
 * Makes a dataset of data, or of a shape without data, which is then filled with `fillValue` or zero. By default it is in
 * chunks, and can grow along all its axes.
 *
 * The name is a key of a dict, or a path from a group: groups on the way are made.
 *
 * @throws {H5PathError} when there is something of that name.
 * @example
 * storeDataset(file, 'runs/speed', undefined, { shape: [0, 3], dtype: 'f4' }).append([1, 2, 3]);
 */
export function storeDataset(
  target: WriteLocation,
  name: string,
  data: unknown,
  options: StoreDatasetOptions = {},
): H5Dataset {
  return at(target, name, (group, key) => store(group, key, data, options));
}

function store(target: WriteLocation, name: string, data: unknown, options: StoreDatasetOptions): H5Dataset {
  const { group, context } = placeOf(target);
  const { dtype, fillValue, shape } = options;
  if (data === undefined && shape === undefined)
    throw new H5TypeError(`the dataset ${JSON.stringify(name)} needs data or a shape`);
  const values = data instanceof H5Array ? data.toTypedArray() : data;
  const isScalar = data === undefined ? shape?.length === 0 : !isList(values) && shape === undefined;
  const { chunks = true, maxShape = chunks === false ? undefined : true } = options;
  const created: CreateDatasetOptions = {
    ...(values === undefined ? {} : { data: values }),
    ...((shape ?? (data instanceof H5Array ? data.shape : undefined))
      ? { shape: shape ?? (data as H5Array).shape }
      : {}),
    ...(dtype === undefined ? {} : { dtype }),
    ...(fillValue === undefined ? {} : { fillValue }),
    ...(isScalar ? {} : { chunks, ...(maxShape === undefined ? {} : { maxShape }) }),
  };
  return context.live.change(pathOf(group, name), () => group.createDataset(escapeName(name), created));
}

/**
 * Writes an array, nested lists or a scalar as a dataset, or an object of such as a group of datasets. What is there of the
 * same shape and type gets the new elements; anything else is replaced. The name is a key of a dict, or a path from a group.
 *
 * @example
 * writeDataset(file, 'runs', { speed: [1, 2, 3], names: ['a', 'b'] });
 */
export function writeDataset(
  target: WriteLocation,
  name: string,
  data: unknown,
  options: WriteDatasetOptions = {},
): void {
  at(target, name, (group, key) => put(group, key, data, options));
}

function put(target: WriteLocation, name: string, data: unknown, options: WriteDatasetOptions): void {
  const { group, context } = placeOf(target);
  const isObject =
    typeof data === 'object' && data !== null && Object.getPrototypeOf(data) === Object.prototype;
  if (isObject || data instanceof Map) {
    const inner = group.requireGroup(escapeName(name));
    writeDatasets(inner, data as object, options);
    return;
  }
  context.live.whole(() => {
    const stored = escapeName(name);
    const there = hasMember(group, stored) ? group.get(stored) : undefined;
    if (
      there instanceof H5Dataset &&
      data instanceof H5Array &&
      !data.isView &&
      data.dataset &&
      there.isSame(data.dataset)
    )
      return;
    const isSimilar = there instanceof H5Dataset && hasShapeOf(there, data, options);
    if (isSimilar) {
      context.live.change(there.path, () =>
        there.write(data instanceof H5Array ? data.toTypedArray() : data),
      );
      return;
    }
    if (hasMember(group, stored)) context.live.change(pathOf(group, name), () => removed(group, stored));
    store(target, name, data, options);
  });
}

function removed(group: H5Group, name: string): void {
  if (group.attrs.has(name)) group.attrs.delete(name);
  else group.delete(name);
}

/** Whether a dataset is what data would make: then they can be written into it. */
function hasShapeOf(dataset: H5Dataset, data: unknown, { dtype }: WriteDatasetOptions): boolean {
  if (dtype !== undefined || !ArrayBuffer.isView(data) || data instanceof DataView) return false;
  const { shape } = dataset;
  if (shape?.length !== 1 || shape[0] !== (data as Uint8Array).length) return false;
  const there: unknown = shape[0] === 0 ? undefined : dataset.read([[0, 1]]);
  return there !== undefined && Object.getPrototypeOf(there) === Object.getPrototypeOf(data);
}

/** Writes several arrays as datasets, all of them or none. */
export function writeDatasets(
  target: WriteLocation,
  values: object,
  options: WriteDatasetOptions = {},
): void {
  const { context } = placeOf(target);
  context.live.whole(() => {
    for (const [name, data] of entriesOf(values)) put(target, name, data, options);
  });
}

/**
 * Writes any value: arrays of numbers as datasets that can grow, unless `chunks` is false; all else as `H5Dict.set` does. The name
 * is a key of a dict, or a path from a group.
 *
 * @throws {H5PathError} when there is something of that name, and `overwrite` is not set.
 * @throws {H5UnsupportedError} when the value cannot be stored: then nothing has changed.
 * @example
 * writeObject(file, 'state', { users: [new User('Ada')] }, { overwrite: true });
 */
export function writeObject(
  target: WriteLocation,
  name: string,
  value: unknown,
  options: WriteObjectOptions = {},
): void {
  at(target, name, (group, key) => writeObjects(group, new Map([[key, value]]), options));
}

/** Writes several values, all of them or none. */
export function writeObjects(target: WriteLocation, values: object, options: WriteObjectOptions = {}): void {
  const { overwrite = false, progress, chunks, maxShape, dtype, fillValue, ...others } = options;
  const { group, context } = placeOf(target, others);
  const entries = [...entriesOf(values)];
  context.live.whole(() => {
    for (const [i, [name, value]] of entries.entries()) {
      const stored = escapeName(name);
      if (hasMember(group, stored) && !overwrite) {
        const place = pathOf(group, name);
        throw new H5PathError(
          'H5_EXISTS',
          place,
          `"${place}" exists already: { overwrite: true } replaces it`,
        );
      }
      const isArray = (ArrayBuffer.isView(value) && !(value instanceof DataView)) || value instanceof H5Array;
      if (isArray) {
        const how = { chunks, maxShape, dtype, fillValue };
        put(target, name, value, given(how));
      } else context.live.change(pathOf(group, name), () => setMember(group, name, value, context));
      progress?.(i + 1, entries.length, name);
    }
  });
}

/**
 * What an object of a file is: an H5Dict, an H5List, an H5Array, or the value itself. `raw`: of an instance, what it is stored as.
 *
 * @example
 * readObject(file.group('state/owner')); // an instance of User
 */
export function readObject(
  object: H5Group | H5Dataset,
  options: CollectionOptions & { readonly raw?: boolean } = {},
): unknown {
  const { raw = false, ...others } = options;
  return presented(object, contextOf(object, others), raw);
}

function entriesOf(values: object): Iterable<readonly [string, unknown]> {
  return values instanceof Map ? (values as Map<string, unknown>) : Object.entries(values);
}

function isList(value: unknown): boolean {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function pathOf({ path }: H5Group, name: string): string {
  return join(path, escapeName(name));
}
