/** What can be merged into what. */
import type { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5Group } from '../hdf5/h5-group.js';
import type { H5Object } from '../hdf5/h5-object.js';
import { defaultRegistry, h5write, type RegisteredClass, type TypeRegistry } from '../registry/index.js';
import { Encoding, Reserved, Tag } from './layout.js';
import type { WriteOptions } from './serialize.js';

/** Whether a group in what is stored becomes part of one that is there: they are of one type or class, or it is plain. */
export function isMerged(
  there: H5Object,
  here: H5Object,
  parts: ReadonlySet<unknown>,
  registry: TypeRegistry = defaultRegistry,
): boolean {
  if (!(there instanceof H5Group && here instanceof H5Group)) return false;
  if (there.attrs.has(Reserved.encoding) || here.attrs.has(Reserved.encoding)) return false;
  const type = here.attrs.get(Reserved.type);
  const cls = here.attrs.get(Reserved.class);
  const old = there.attrs.get<string>(Reserved.class);
  // The file may have an earlier name of the class.
  const isSame = there.attrs.get(Reserved.type) === type && (old && (registry.get(old)?.name ?? old)) === cls;
  const isPlain = (cls === undefined || parts.has(cls)) && (type === undefined || type === 'null-prototype');
  return isSame || (isPlain && isObjectGroup(there) && there.attrs.get(Reserved.type) !== 'Map');
}

/** Whether a group is an object of members that others can be added to: no list, and no value such as a RegExp. */
export function isObjectGroup({ attrs }: H5Group): boolean {
  const encoding = attrs.get(Reserved.encoding);
  if (encoding !== undefined && encoding !== Encoding.entries) return false;
  const type = attrs.get<string>(Reserved.type);
  return type === undefined || type === 'Map' || type === 'null-prototype' || isErrorGroup({ attrs });
}

export function isErrorGroup({ attrs }: Pick<H5Group, 'attrs'>): boolean {
  return /Error$/.test(attrs.get<string>(Reserved.type) ?? '');
}

/** Whether what a dataset stands for is an object: a list, numbers, a Date. */
export function isObject(dataset: H5Dataset): boolean {
  if ((dataset.shape?.length ?? 0) > 0) return true;
  const { value } = dataset;
  return typeof value === 'object' && value !== null && Tag.date in value;
}

/** Whether what is stored of instances is not their properties. */
export function isCoded({ codec, prototype }: RegisteredClass): boolean {
  return codec !== undefined || h5write in prototype;
}

/** Whether a value is an object of members that can be merged into another: what is more than these replaces that. */
export function isMergeable(value: unknown, options: WriteOptions): value is object {
  const { registry = defaultRegistry } = options;
  if (!hasMembers(value, options) || ArrayBuffer.isView(value)) return false;
  const cls = registry.of(Object.getPrototypeOf(value));
  if (cls && isCoded(cls)) return false;
  return !HOLDERS.some((type) => value instanceof type);
}

/** Types of the language whose instances, and those of classes that extend them, hold something beside their properties. */
const HOLDERS: readonly (new (...parameters: never[]) => object)[] = [
  Array,
  Set,
  Date,
  Error,
  RegExp,
  Number,
  String,
  Boolean,
  ArrayBuffer,
  ...(typeof URL === 'function' ? [URL, URLSearchParams] : []),
];

/** Whether others can be added to the members of an object. */
export function hasMembers(value: unknown, { registry = defaultRegistry }: WriteOptions): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  return (
    prototype === null ||
    prototype === Object.prototype ||
    prototype === Map.prototype ||
    value instanceof Error ||
    registry.of(prototype) !== undefined
  );
}
