/** Scalars of the codec as attributes, or as datasets without a dimension, one by one. */
import type { AttributeDraft } from '../hdf5/draft.js';
import type { DType } from '../hdf5/dtype.js';
import { decode, type Elements } from '../hdf5/elements.js';
import type { FileSession } from '../hdf5/file-session.js';
import type { H5Dataset } from '../hdf5/h5-dataset.js';
import type { H5Group } from '../hdf5/h5-group.js';
import type { Attribute } from '../hdf5/messages/attribute.js';
import { extent } from '../hdf5/messages/dataspace.js';
import { type Datatype, isBoolean } from '../hdf5/messages/datatype.js';
import { isNative, nativeArray } from '../hdf5/number-elements.js';
import type { DatasetInfo, ObjectInfo } from '../hdf5/object.js';
import { rawData } from '../hdf5/raw-data.js';
import type { StoredObject } from '../hdf5/stored-object.js';
import { isPlainText, utf8Encoder } from '../hdf5/text.js';
import { defaultRegistry } from '../registry/index.js';
import { NOT_A_TIME, Reserved, Tag } from '../serialize/layout.js';
import { newRestorer } from '../serialize/serialize.js';
import { encodeWtf8 } from '../serialize/wtf8.js';
import type { Context } from './context.js';

/** A scalar as HDF5 has it. */
export interface StoredScalar {
  readonly data: unknown;
  readonly dtype?: DType;
}

const NULL: StoredScalar = { data: null, dtype: 'f4' };
const UNDEFINED: StoredScalar = { data: null, dtype: { compound: { [Tag.undefined]: 'u1' } } };

/** How a value is stored that is a scalar; undefined of other values, among them those that cannot be stored. */
export function encodeScalar(value: unknown, { codec }: Context): StoredScalar | undefined {
  switch (typeof value) {
    case 'number':
    case 'boolean':
      return { data: value };
    case 'string':
      if (isPlainText(value)) return { data: value };
      return tagged(Tag.text, { vlen: 'u1' }, encodeWtf8(value));
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) return { data: value };
      return tagged(Tag.bigint, 'str', String(value));
    case 'undefined':
      return UNDEFINED;
    case 'symbol':
    case 'function':
      return named(value, codec);
    default:
      if (value === null) return NULL;
      if (!isPlainDate(value)) return named(value, codec);
      return tagged(Tag.date, 'i8', Number.isNaN(value.getTime()) ? NOT_A_TIME : BigInt(value.getTime()));
  }
}

function named(
  value: unknown,
  { values, registry = defaultRegistry }: Context['codec'],
): StoredScalar | undefined {
  const name = values?.nameOf(value, registry);
  return name === undefined ? undefined : tagged(Tag.named, 'str', name);
}

function tagged(tag: string, dtype: DType, value: unknown): StoredScalar {
  return { data: { [tag]: value }, dtype: { compound: { [tag]: dtype } } };
}

/** The dtype of a word of the layout, which is a text of fixed length. */
export function dtypeOfWord(word: string): DType {
  return `S${utf8Encoder.encode(word).length}`;
}

/** Whether it is a Date and no more: not one of a subclass, or with properties. */
export function isPlainDate(value: unknown): value is Date {
  return (
    value instanceof Date &&
    Object.getPrototypeOf(value) === Date.prototype &&
    Object.keys(value).length === 0
  );
}

/** The value of an attribute of a group that is no reserved one. */
export function decodeScalar(
  group: H5Group | H5Dataset,
  name: string,
  attribute: Attribute | AttributeDraft,
  context: Context,
): unknown {
  if (typeof attribute !== 'object') return attribute;
  if ('data' in attribute && isUsual(attribute, context.live.isOurs)) return group.attrs.get(name);
  // What has not been written yet is to be found in the file.
  const { session } = group;
  session.editor?.flush();
  const { info } = group.node as StoredObject;
  const restorer = newRestorer(session.space, context.codec);
  restorer.root = info.address;
  const stored = info.attributes.find((each) => each.name === name) as Attribute;
  const value = restorer.whole(() => restorer.scalar(stored, info));
  if (typeof value !== 'bigint') return value;
  const numbers = restorer.attribute(info, Reserved.numbers) as unknown[] | undefined;
  return numbers?.includes(name) ? Number(value) : value;
}

/** Whether the value is what its datatype says, and nothing else. */
function isUsual({ datatype, dataspace }: Attribute, isOurs: boolean): boolean {
  return dataspace.kind === 'scalar' && isUsualType(datatype, isOurs);
}

/** Whether values of a datatype are what it says; in files of ours an integer of 64 bits may stand for a number. */
export function isUsualType(datatype: Datatype, isOurs = true): boolean {
  switch (datatype.class) {
    case 'bitfield':
    case 'fixed-point':
      return datatype.size < 8 || !isOurs;
    case 'floating-point':
      return true;
    case 'enumerated':
      return isBoolean(datatype);
    default:
      return datatype.class === 'variable-length' && datatype.string !== undefined;
  }
}

/** Whether an object is a number, a string or a boolean, and no more than its datatype says; `isOurs`: in a file of ours. */
export function isScalar(info: ObjectInfo | undefined, isOurs = true): info is DatasetInfo {
  if (info?.kind !== 'dataset' || info.dataspace.kind !== 'scalar') return false;
  const { datatype, attributes, layout } = info;
  if (layout.kind !== 'compact' && layout.kind !== 'contiguous') return false;
  return isUsualType(datatype, isOurs) && (attributes.length === 0 || !isOurs);
}

/** Whether an object is null, as a scalar that is a dataset of its own. */
export function isNull(info: ObjectInfo | undefined): boolean {
  return (
    info?.kind === 'dataset' &&
    info.dataspace.kind === 'null' &&
    info.datatype.class === 'floating-point' &&
    info.attributes.length === 0
  );
}

/** From so many bytes on an array is one that stays in the file, unless told otherwise. */
export const LARGE_ARRAY = 1 << 20;

/** Whether an object is a typed array of less than so many bytes, and no more. */
export function isSmallArray(info: ObjectInfo, most: number): info is DatasetInfo {
  if (info.kind !== 'dataset' || info.attributes.length > 0 || info.dataspace.dims.length !== 1) return false;
  const { datatype, dataspace, layout } = info;
  const size = extent(dataspace) * datatype.size;
  return (
    (layout.kind === 'compact' || layout.kind === 'contiguous') &&
    isNative(datatype) &&
    size > 0 &&
    size < most
  );
}

/** The bytes of one number, and views of it by what they are arrays of: to make an array for each number takes longer. */
const NUMBER = new Uint8Array(8);
const NUMBERS = new Map<unknown, ArrayLike<number>>(
  [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array].map(
    (type) => [type, new type(NUMBER.buffer)],
  ),
);

/** The one element of a scalar, as the file has it. */
export function readScalar(session: FileSession, info: DatasetInfo): unknown {
  const { datatype, layout } = info;
  if (layout.kind === 'compact' && layout.data.length >= datatype.size)
    return scalarOf(session, datatype, layout.data);
  return readElements(session, info)[0];
}

/** The same by its bytes. */
export function scalarOf({ space, options }: FileSession, datatype: Datatype, bytes: Uint8Array): unknown {
  if (isNative(datatype)) {
    const view = NUMBERS.get(nativeArray(datatype));
    if (view) {
      for (let i = 0; i < datatype.size; i++) NUMBER[i] = bytes[i] as number;
      return view[0];
    }
  }
  return decode(datatype, bytes, 1, space.globalHeap, options)[0];
}

/** The elements of a small array, as the file has them. */
export function readElements({ space, options }: FileSession, info: DatasetInfo): Elements {
  const count = extent(info.dataspace);
  const bytes = rawData(space, info, 'the data of a dataset').copy(0, count);
  return decode(info.datatype, bytes, count, space.globalHeap, options);
}
