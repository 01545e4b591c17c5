/** What of a dict differs from an object or a Map, so that no more than that is written. */
import { H5TypeError } from '../errors.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5Datatype } from '../hdf5/h5-datatype.js';
import type { H5Group } from '../hdf5/h5-group.js';
import { H5UnknownClassError } from '../serialize/errors.js';
import { TYPED_ARRAYS, type TypedArray } from '../serialize/kinds.js';
import { Reserved } from '../serialize/layout.js';
import { escapeName } from '../serialize/names.js';
import { readFrom, serialize, writeInto } from '../serialize/serialize.js';
import type { Context } from './context.js';
import { H5Dict } from './h5-dict.js';
import { storedObject } from './member.js';
import { decodeScalar, encodeScalar } from './scalar.js';

/** What a value is that a dict can be set to: what the file says of such a dict. */
type DictKind = 'object' | 'Map' | 'null-prototype';

function kindOf(value: unknown): DictKind | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return 'object';
  if (prototype === null) return 'null-prototype';
  if (prototype !== Map.prototype) return undefined;
  for (const key of (value as Map<unknown, unknown>).keys()) if (typeof key !== 'string') return undefined;
  return 'Map';
}

function kindOfGroup(group: H5Group): string {
  return group.attrs.get<string>(Reserved.type) ?? 'object';
}

function entriesOf(value: object): Iterable<readonly [string, unknown]> {
  if (value instanceof Map || value instanceof H5Dict) return value as Iterable<readonly [string, unknown]>;
  return Object.entries(value);
}

/** Whether no object is reached twice: then the parts of a value can be stored one by one. */
export function isTree(value: unknown): boolean {
  const seen = new Set<unknown>();
  const todo: unknown[] = [value];
  while (todo.length > 0) {
    const each = todo.pop();
    if (typeof each !== 'object' || each === null || ArrayBuffer.isView(each) || storedObject(each)) continue;
    if (seen.has(each)) return false;
    seen.add(each);
    if (each instanceof Map) todo.push(...each.keys(), ...each.values());
    else if (each instanceof Set || Array.isArray(each)) for (const item of each) todo.push(item);
    else todo.push(...Object.values(each));
  }
  return true;
}

/**
 * Sets a dict, or what it has for a key, to what a value says: what is the same stays as it is. Returns whether that could be
 * done: not where something else than a dict is or is to be.
 */
export function assign<T extends object>(dict: H5Dict<T>, key: string | undefined, value: unknown): boolean {
  const source = value instanceof H5Dict ? 'object' : kindOf(value);
  if (key === undefined) {
    if (!source) throw new H5TypeError('a dict is set to an object, or to a Map with keys that are strings');
    assignTo(dict as unknown as H5Dict, value as object, source);
    return true;
  }
  if (!source || value instanceof H5Dict) return false;
  const there = dictAt(dict as unknown as H5Dict, key);
  if (!there || kindOfGroup(there.object) !== source || !isTree(value)) return false;
  there.transaction(() => update(there, value as object));
  return true;
}

/** The dict that a dict has for a key, if it has one. */
function dictAt(dict: H5Dict, key: string): H5Dict | undefined {
  const { object: group } = dict;
  if (group.attrs.has(escapeName(key)) || !dict.has(key)) return undefined;
  const there = dict.get(key);
  return there instanceof H5Dict ? there : undefined;
}

function assignTo(dict: H5Dict, value: object, source: DictKind): void {
  const { object: group, context } = dict;
  const { live } = context;
  if (!(value instanceof H5Dict) && !isTree(value)) {
    // Parts that are shared, or lead back, are stored together.
    live.change(group.path, () => writeInto(group, value, context.codec));
    return;
  }
  if (!(value instanceof H5Dict) && kindOfGroup(group) !== source) {
    if (source === 'object') live.change(group.path, () => group.attrs.delete(Reserved.type));
    else live.change(group.path, () => group.attrs.set(Reserved.type, source));
  }
  update(dict, value);
}

/** Gives a dict these entries and no others. */
function update(dict: H5Dict, value: object): void {
  const wanted = new Map(entriesOf(value));
  for (const key of [...dict.keys()]) if (!wanted.has(key)) dict.delete(key);
  for (const [key, each] of wanted) put(dict, key, each, update);
}

/** Sets entries of a dict, and leaves others. */
export function merge<T extends object>(dict: H5Dict<T>, other: object): void {
  const source = other instanceof H5Dict ? 'object' : kindOf(other);
  if (!source)
    throw new H5TypeError('a dict is merged with an object, a Map with keys that are strings, or a dict');
  mergeInto(dict as unknown as H5Dict, other);
}

function mergeInto(dict: H5Dict, other: object): void {
  for (const [key, value] of entriesOf(other)) put(dict, key, value, mergeInto);
}

/** Sets what a dict has for a key, unless it has that already; `combine` is for two dicts. */
function put(
  dict: H5Dict,
  key: string,
  value: unknown,
  combine: (there: H5Dict, here: object) => void,
): void {
  const source = value instanceof H5Dict ? kindOfGroup(value.object) : kindOf(value);
  const there = source && dictAt(dict, key);
  if (there && kindOfGroup(there.object) === source) combine(there, value as object);
  else if (!isSame(dict, key, value)) dict.set(key, value);
}

/** Whether a dict has a value for a key that is the same, as far as a file can tell. */
function isSame(dict: H5Dict, key: string, value: unknown): boolean {
  const { object: group, context } = dict;
  const name = escapeName(key);
  const attribute = group.node.attributes?.get(name);
  if (attribute !== undefined) {
    if (!encodeScalar(value, context)) return false;
    const there = decodeScalar(group, name, attribute, context);
    return there instanceof Date && value instanceof Date
      ? Object.is(there.getTime(), value.getTime())
      : Object.is(there, value);
  }
  const object = dict.has(key) ? group.get(name) : undefined;
  if (!object || object instanceof H5Datatype || storedObject(value)) return false;
  if (object instanceof H5Dataset && isTyped(value)) return hasNumbers(object, value);
  return isStoredSame(object, value, context);
}

function isTyped(value: unknown): value is TypedArray {
  return TYPED_ARRAYS.some((type) => type.prototype === Object.getPrototypeOf(value));
}

/** So many elements of a large array are compared at a time. */
const BLOCK = 1 << 16;

function hasNumbers(dataset: H5Dataset, value: TypedArray): boolean {
  const { shape } = dataset;
  if (dataset.attrs.size > 0 || shape?.length !== 1 || shape[0] !== value.length) return false;
  for (let start = 0; start < value.length; start += BLOCK) {
    const there = dataset.read<ArrayLike<unknown>>([[start, Math.min(value.length, start + BLOCK)]]);
    if (Object.getPrototypeOf(there) !== Object.getPrototypeOf(value)) return false;
    for (let i = 0; i < there.length; i++) if (!Object.is(there[i], value[start + i])) return false;
  }
  return true;
}

/** The same value always gives the same bytes: so two that give the same are the same. */
function isStoredSame(object: H5Group | H5Dataset, value: unknown, { codec }: Context): boolean {
  let there: unknown;
  try {
    there = readFrom(object, codec);
  } catch (error) {
    // What cannot be made is not what is to be stored.
    if (error instanceof H5UnknownClassError) return false;
    throw error;
  }
  const [a, b] = [serialize(there, codec), serialize(value, codec)];
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
