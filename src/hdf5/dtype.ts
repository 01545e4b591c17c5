import { H5TypeError } from '../errors.js';
import {
  arrayType,
  BOOLEAN,
  compound,
  type Datatype,
  type FixedPoint,
  fixedPoint,
  fixedString,
  floatingPoint,
  isBoolean,
  MAX_DATATYPE_DEPTH,
  OBJECT_REFERENCE,
  REGION_REFERENCE,
  VARIABLE_STRING,
  variableLength,
} from './messages/datatype.js';
import { encodeNumbers, isIeee } from './number-elements.js';
import { isPlainText } from './text.js';

type Size = 1 | 2 | 4 | 8;
type Bits = 8 | 16 | 32 | 64;

/** A datatype by its name, in numpy's spelling. Without `<` or `>` it is little-endian. */
export type DTypeName =
  | `${'' | '<' | '>'}${'i' | 'u'}${Size}`
  | `${'' | '<' | '>'}f${2 | 4 | 8}`
  | `${'int' | 'uint'}${Bits}`
  | `float${16 | 32 | 64}`
  | 'bool'
  | 'str'
  | `S${number}`
  | 'ref'
  | 'regionref';

/**
 * How the elements of a dataset or an attribute are stored.
 *
 * - `'<i4'`, `'int32'`, `'u1'`, `'>f8'`, ...: numbers, as numpy spells them
 * - `'bool'`: what h5py reads as a boolean; `'str'`: UTF-8 of any length; `'S10'`: UTF-8 of up to 10 bytes
 * - `'ref'`: references to objects of the same file; `'regionref'`: to parts of datasets
 * - `{ compound: { x: 'f8', y: 'f8' } }`: a record
 * - `{ enum: { RED: 0, GREEN: 1 }, base: 'u1' }`: named integers
 * - `{ array: [2, 3], base: 'f4' }`: a box of values in each element
 * - `{ vlen: 'i4' }`: a sequence in each element, of any length
 * - `{ opaque: 16, tag: 'uuid' }`: bytes
 *
 * @example
 * group.createDataset('points', { data: [{ x: 1, y: 2 }], dtype: { compound: { x: 'f4', y: 'f4' } } });
 */
export type DType =
  | DTypeName
  | Datatype
  | { readonly compound: readonly (readonly [string, DType])[] | { readonly [name: string]: DType } }
  | { readonly enum: { readonly [name: string]: number | bigint }; readonly base?: DType | undefined }
  | { readonly array: readonly number[]; readonly base: DType }
  | { readonly vlen: DType }
  | { readonly opaque: number; readonly tag?: string | undefined };

/** Number types by name. One object a type, so that what is derived from it can be kept beside it. */
const numberTypes = new Map<string, Datatype>();

/**
 * The datatype that a shorthand names.
 *
 * @example
 * parseDType('<i4'); // { class: 'fixed-point', size: 4, signed: true, ... }
 */
export function parseDType(dtype: DType, depth = 0): Datatype {
  if (depth > MAX_DATATYPE_DEPTH) {
    throw new H5TypeError(`a dtype is nested more than ${MAX_DATATYPE_DEPTH} deep`);
  }
  if (typeof dtype === 'string') return parseName(dtype);
  if (typeof dtype !== 'object' || dtype === null) return unknown(dtype);
  if ('class' in dtype) return dtype;
  if ('compound' in dtype) {
    const { compound: members } = dtype;
    const list = Array.isArray(members) ? members : Object.entries(members);
    if (new Set(list.map(([name]) => name)).size < list.length)
      throw new H5TypeError('a compound member comes twice');
    return sized(compound(list.map(([name, member]) => [name, parseDType(member, depth + 1)] as const)));
  }
  if ('enum' in dtype) {
    const names = Object.keys(dtype.enum);
    const values = Object.values(dtype.enum);
    const base = parseDType(dtype.base ?? '<i4', depth + 1);
    if (base.class !== 'fixed-point') throw new H5TypeError('the base of an enum is an integer dtype');
    encodeNumbers(base, values, values.length, (index) => {
      const wider = dtype.base ? 'give it a wider base' : "give it the base '<i8'";
      throw new H5TypeError(`the enum value ${names[index]} = ${values[index]} does not fit; ${wider}`);
    });
    const integers = values.map(BigInt);
    // The library does not make others, and cannot open an object with an enum without names.
    if (new Set(integers).size < (names.length || 1))
      throw new H5TypeError('an enum has names, and each of them a value of its own');
    return { class: 'enumerated', size: base.size, base, names, values: integers };
  }
  if ('array' in dtype) {
    const { array: dims, base } = dtype;
    // None, or more than 32 bits hold, is told by the size of all.
    if (!Array.isArray(dims) || !dims.every((dim) => Number.isInteger(dim) && dim >= 0))
      throw new H5TypeError(`(${dims}) are no dimensions`);
    return sized(arrayType(dims, parseDType(base, depth + 1)));
  }
  if ('vlen' in dtype) return variableLength(parseDType(dtype.vlen, depth + 1));
  if ('opaque' in dtype) {
    const { opaque: size } = dtype;
    const tag = dtype.tag ?? '';
    if (!isPlainText(tag))
      throw new H5TypeError(
        `the tag ${JSON.stringify(tag)} contains U+0000 or half of a surrogate pair, which HDF5 strings cannot hold`,
      );
    return sized({ class: 'opaque', size, tag });
  }
  return unknown(dtype);
}

function sized(type: Datatype): Datatype {
  const { size } = type;
  if (Number.isInteger(size) && size > 0 && size <= 0xffffffff) return type;
  throw new H5TypeError(
    `the dtype '${formatDType(type)}' has elements of ${size} bytes; 1 to 2^32 - 1 are possible`,
  );
}

function parseName(name: string): Datatype {
  if (name === 'str') return VARIABLE_STRING;
  if (name === 'bool') return BOOLEAN;
  if (name === 'ref') return OBJECT_REFERENCE;
  if (name === 'regionref') return REGION_REFERENCE;
  const known = numberTypes.get(name);
  if (known) return known;
  const string = /^S([1-9]\d{0,8})$/.exec(name);
  if (string) return fixedString(Number(string[1]));
  const match = /^(?:([<>]?)([iuf])([1248])|(u?int|float)(8|16|32|64))$/.exec(name);
  if (!match) return unknown(name);
  const [, order, code, bytes, word = '', bits] = match;
  const letter = code ?? word[0];
  const size = bits ? Number(bits) / 8 : Number(bytes);
  const bigEndian = order === '>';
  if (letter === 'f' && size === 1) return unknown(name);
  const type =
    letter === 'f'
      ? floatingPoint(size as 2 | 4 | 8, bigEndian)
      : fixedPoint(size, letter === 'i', bigEndian);
  numberTypes.set(name, type);
  return type;
}

function unknown(dtype: unknown): never {
  const given = typeof dtype === 'string' ? `'${dtype}'` : typeof dtype;
  throw new H5TypeError(
    `${given} is no dtype: known are i1 i2 i4 i8, u1 u2 u4 u8, f2 f4 f8 (also as int8, >i2, ...), bool, str, S1, ref, ` +
      'and { compound }, { enum }, { array }, { vlen }, { opaque }',
  );
}

/**
 * A datatype in one line: `<f8`, `bool`, `str`, `S4`, `(2, 3)<i4`, `{a: <i4, b: str}`.
 *
 * @example
 * formatDType(parseDType({ vlen: 'int16' })); // 'vlen(<i2)'
 */
export function formatDType(type: Datatype): string {
  switch (type.class) {
    case 'fixed-point': {
      const { size, signed, bitPrecision } = type;
      const plain = bitPrecision === size * 8;
      return `${order(type)}${signed ? 'i' : 'u'}${size}${plain ? '' : `(${bitPrecision} bits)`}`;
    }
    case 'floating-point': {
      const layout = isIeee(type) ? '' : `(${type.exponentSize}+${type.mantissaSize} bits)`;
      return `${order(type)}f${type.size}${layout}`;
    }
    case 'string':
      return `S${type.size}`;
    case 'time':
    case 'bitfield':
      return `${type.class}(${type.size})`;
    case 'opaque':
      return type.tag === '' ? `opaque(${type.size})` : `opaque(${type.size}, ${type.tag})`;
    case 'compound':
      return `{${type.members.map(({ name, type }) => `${name}: ${formatDType(type)}`).join(', ')}}`;
    case 'reference':
      return type.kind === 'object' ? 'ref' : 'regionref';
    case 'enumerated':
      if (isBoolean(type)) return 'bool';
      return `enum(${formatDType(type.base)}: ${type.names.map((n, i) => `${n}=${type.values[i]}`).join(', ')})`;
    case 'variable-length':
      return type.string ? 'str' : `vlen(${formatDType(type.base)})`;
    case 'array':
      return `(${type.dims.join(', ')})${formatDType(type.base)}`;
    case 'complex':
      return `complex(${formatDType(type.base)})`;
  }
}

function order({ size, bigEndian }: FixedPoint | Extract<Datatype, { class: 'floating-point' }>): string {
  if (size === 1) return '';
  return bigEndian ? '>' : '<';
}
