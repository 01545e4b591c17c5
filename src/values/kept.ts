/** How the class of an instance that nobody knows has stored its fields: what of that does not follow from their values. */
import { formatDType } from '../hdf5/dtype.js';
import { extent } from '../hdf5/messages/dataspace.js';
import type { Datatype } from '../hdf5/messages/datatype.js';
import type { DatasetInfo, ObjectInfo } from '../hdf5/object.js';
import { rawData } from '../hdf5/raw-data.js';
import { utf8Encoder } from '../hdf5/text.js';
import type { FieldRule } from '../registry/index.js';
import { fieldType } from '../serialize/field-types.js';
import { TYPED_ARRAYS } from '../serialize/kinds.js';
import { Encoding, Reserved } from '../serialize/layout.js';
import { unescapeName } from '../serialize/names.js';
import { find, isReserved, type Restorer } from '../serialize/restore.js';

/** So many bytes are looked at to find out whether they are more than they need be. */
const MAX_BYTES = 1 << 24;
/** Unions within unions, and lists within lists. */
const MAX_DEPTH = 32;

/** What is said of one dataset or attribute. */
type Stored = Pick<FieldRule, 'dtype' | 'shape'>;

/** Rules for the members of an instance, or for the columns of a table of such. */
export function storageOf(info: ObjectInfo, restorer: Restorer): FieldRule[] {
  const encoding = restorer.word(info, Reserved.encoding);
  if (info.kind !== 'group' || (encoding !== undefined && encoding !== Encoding.records)) return [];
  const rules: FieldRule[] = [];
  const add = (name: string, { dtype, shape }: Stored): void => {
    const property = unescapeName(name);
    // A field cannot have such a name; and what is within an instance of a type of the language is no field of it.
    if ((dtype ?? shape) === undefined || property in Object.prototype || property.startsWith('[[')) return;
    rules.push({ property, name: property, ignored: false, needsConstructor: false, dtype, shape });
  };
  const numbers = new Set(restorer.attribute(info, Reserved.numbers));
  for (const { name, datatype, dataspace, data } of info.attributes) {
    if (isReserved(name) || dataspace.kind !== 'scalar') continue;
    const values = () => restorer.leaf(datatype, data, 1);
    add(name, { dtype: numberType(datatype, values, numbers.has(name)) ?? textType(datatype) });
  }
  for (const link of info.links)
    if (link.kind === 'hard') add(link.name, storedAt(link.address, encoding === Encoding.records, restorer));
  return rules;
}

/** How a member, or a column, is stored that is an object of its own. */
function storedAt(address: number, isColumn: boolean, restorer: Restorer, depth = 0): Stored {
  const info = restorer.info(address);
  const items = restorer.word(info, Reserved.items);
  if (info.kind === 'dataset') {
    // Rows of other tables are no numbers.
    if (find(info, Reserved.into)) return {};
    const type = isColumn ? (items ?? 'Array') : restorer.word(info, Reserved.type);
    return storedIn(info, type, restorer);
  }
  if (info.kind !== 'group') return {};
  const encoding = restorer.word(info, Reserved.encoding);
  if (encoding === Encoding.ragged) {
    const values = info.links.find(({ name }) => name === 'values');
    if (values?.kind !== 'hard' || depth > MAX_DEPTH) return {};
    const inner = restorer.info(values.address);
    if (inner.kind === 'dataset') return storedIn(inner, items ?? 'Array', restorer);
    return { dtype: storedAt(values.address, true, restorer, depth + 1).dtype };
  }
  if (encoding !== Encoding.union || depth > MAX_DEPTH) return {};
  // A dtype holds for all parts, or for none.
  const parts = info.links.filter(({ name }) => name !== '@kinds');
  const dtypes = new Set(
    parts.map((link) =>
      link.kind === 'hard' ? storedAt(link.address, true, restorer, depth + 1).dtype : undefined,
    ),
  );
  return dtypes.size === 1 ? { dtype: [...dtypes][0] } : {};
}

/** The same of a dataset whose elements are those of a list, or of a typed array of this type; undefined: as they are. */
function storedIn(info: DatasetInfo, type: string | undefined, restorer: Restorer): Stored {
  const { datatype, dataspace } = info;
  if (dataspace.kind !== 'simple') return {};
  const flat = restorer.attribute(info, Reserved.flat)?.[0];
  const inner = typeof flat === 'number' && flat > 1 ? dataspace.dims.slice(1 - flat) : undefined;
  const first = inner && dataspace.dims.at(-inner.length - 1);
  const shape = inner && [inner.includes(0) ? (first as number) : -1, ...inner];
  const native = TYPED_ARRAYS.find(({ name }) => name === type);
  if (native)
    return { shape, dtype: plainName(datatype) === nativeName(native) ? undefined : known(datatype) };
  if (type !== 'Array' && type !== 'Set') return { shape };
  const count = extent(dataspace);
  const values = (): ArrayLike<unknown> | undefined => {
    if (count * datatype.size > MAX_BYTES) return undefined;
    restorer.spend(count);
    return restorer.leaf(datatype, rawData(restorer.space, info, 'a field').read(0, count), count);
  };
  const areNumbers = find(info, Reserved.numbers) !== undefined;
  return { shape, dtype: numberType(datatype, values, areNumbers) ?? textsType(datatype, values) };
}

/** The dtype of numbers, if they would be of another one without it. */
function numberType(
  datatype: Datatype,
  values: () => ArrayLike<unknown> | undefined,
  areNumbers: boolean,
): Stored['dtype'] {
  const name = plainName(datatype);
  if (datatype.class !== 'fixed-point' && datatype.class !== 'floating-point') return undefined;
  if (name === '<i4' || (name === '<i8' && !areNumbers)) return undefined;
  if (name !== '<f8') return known(datatype);
  const isInteger = (value: unknown) => (Number(value) | 0) === value && !Object.is(value, -0);
  const all = values();
  return all && Array.from(all).every(isInteger) ? name : undefined;
}

/** That of strings of any length, and of those which are shorter than they could be. */
function textsType(datatype: Datatype, values: () => ArrayLike<unknown> | undefined): Stored['dtype'] {
  if (datatype.class === 'variable-length') return datatype.string ? known(datatype) : undefined;
  const all = datatype.class === 'string' ? values() : undefined;
  const isFull = (text: unknown) => utf8Encoder.encode(String(text)).length >= datatype.size;
  return all && !Array.from(all).some(isFull) ? known(datatype) : undefined;
}

/** Of a string that is no list, the number of bytes that it takes. */
function textType(datatype: Datatype): Stored['dtype'] {
  return datatype.class === 'string' ? known(datatype) : undefined;
}

/** The name of a datatype, if a field can have it. */
function known(datatype: Datatype): Stored['dtype'] {
  const name = formatDType(datatype);
  try {
    fieldType(name);
    return name as Stored['dtype'];
  } catch {
    return undefined;
  }
}

function plainName(datatype: Datatype): string {
  return formatDType(datatype).replace(/^\|/, '');
}

function nativeName({ name, BYTES_PER_ELEMENT: size }: (typeof TYPED_ARRAYS)[number]): string {
  const kind = name.startsWith('Float') ? 'f' : name.includes('Uint') ? 'u' : 'i';
  return `${size === 1 ? '' : '<'}${kind}${size}`;
}
