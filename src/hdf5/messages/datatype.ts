import { H5FeatureError, H5TypeError } from '../../errors.js';
import { type ByteReader, bytesFor } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { isPlainText } from '../text.js';

/** An integer: two's complement or unsigned. */
export interface FixedPoint {
  readonly class: 'fixed-point';
  readonly size: number;
  readonly signed: boolean;
  readonly bigEndian: boolean;
  readonly bitOffset: number;
  readonly bitPrecision: number;
}

/** A binary floating-point number; the locations and sizes count bits from the least significant one. */
export interface FloatingPoint {
  readonly class: 'floating-point';
  readonly size: number;
  readonly bigEndian: boolean;
  readonly bitOffset: number;
  readonly bitPrecision: number;
  readonly signLocation: number;
  readonly exponentLocation: number;
  readonly exponentSize: number;
  readonly exponentBias: number;
  readonly mantissaLocation: number;
  readonly mantissaSize: number;
  /** Whether the leading bit of the mantissa is implied, as in IEEE 754, or stored. */
  readonly impliedBit: boolean;
}

/** What stands behind a string that is shorter than its place. */
export type StringPadding = 'null-terminated' | 'null-padded' | 'space-padded';
/** How characters are encoded. */
export type CharacterSet = 'ascii' | 'utf-8';

/** A string of a fixed number of bytes. */
export interface FixedString {
  readonly class: 'string';
  readonly size: number;
  readonly padding: StringPadding;
  readonly charset: CharacterSet;
}

/** Bits that are no number to other programs; as one, as h5py has them, they are an integer without a sign. */
export interface Bitfield {
  readonly class: 'bitfield';
  readonly size: number;
  readonly bigEndian: boolean;
  readonly signed?: undefined;
  readonly bitOffset: number;
  readonly bitPrecision: number;
}

/** A point in time, of which the specification says no more than how many bits it takes: its bytes are all that is known. */
export interface Time {
  readonly class: 'time';
  readonly size: number;
  readonly bigEndian: boolean;
  readonly bitPrecision: number;
}

/** Bytes that only the tag explains. */
export interface Opaque {
  readonly class: 'opaque';
  readonly size: number;
  readonly tag: string;
}

/** A member of a C struct. */
export interface CompoundMember {
  readonly name: string;
  /** In bytes, from the start of the element. */
  readonly offset: number;
  readonly type: Datatype;
}

/** A C struct: named members at fixed offsets. */
export interface Compound {
  readonly class: 'compound';
  readonly size: number;
  readonly members: readonly CompoundMember[];
}

/** A reference to an object (its address) or to a region of a dataset, in this file. */
export interface Reference {
  readonly class: 'reference';
  readonly size: number;
  readonly kind: 'object' | 'region';
}

/** Named integers. */
export interface Enumerated {
  readonly class: 'enumerated';
  readonly size: number;
  readonly base: FixedPoint;
  readonly names: readonly string[];
  readonly values: readonly bigint[];
}

/** A sequence, or a string, whose length differs from element to element; the data lie in the global heap. */
export interface VariableLength {
  readonly class: 'variable-length';
  readonly size: number;
  readonly base: Datatype;
  /** Given for a string, absent for a sequence. */
  readonly string?: { readonly padding: StringPadding; readonly charset: CharacterSet };
}

/** A small box of values within each element. */
export interface ArrayType {
  readonly class: 'array';
  readonly size: number;
  readonly dims: readonly number[];
  readonly base: Datatype;
}

/** A pair of floating-point numbers: real and imaginary part (HDF5 2.0). */
export interface Complex {
  readonly class: 'complex';
  readonly size: number;
  readonly base: Datatype;
}

/** How one element of a dataset or an attribute is laid out in bytes. */
export type Datatype = (
  | FixedPoint
  | FloatingPoint
  | Time
  | FixedString
  | Bitfield
  | Opaque
  | Compound
  | Reference
  | Enumerated
  | VariableLength
  | ArrayType
  | Complex
) & {
  /** The address of the committed datatype of the file that it is shared with. */
  readonly committed?: number;
};

const CLASS = {
  'fixed-point': 0,
  'floating-point': 1,
  time: 2,
  string: 3,
  bitfield: 4,
  opaque: 5,
  compound: 6,
  reference: 7,
  enumerated: 8,
  'variable-length': 9,
  array: 10,
  complex: 11,
} as const;

const PADDINGS: readonly StringPadding[] = ['null-terminated', 'null-padded', 'space-padded'];
const CHARSETS: readonly CharacterSet[] = ['ascii', 'utf-8'];

/** Datatypes nest (compounds, arrays, sequences); deeper than this is no datatype but an attack. */
export const MAX_DATATYPE_DEPTH = 32;

/** No machine computes with larger numbers; and time to decode one grows with the square of its bytes. */
export const MAX_INTEGER = 64;

export function fixedPoint(size: number, signed: boolean, bigEndian = false): FixedPoint {
  return { class: 'fixed-point', size, signed, bigEndian, bitOffset: 0, bitPrecision: size * 8 };
}

/** The IEEE 754 types of 2, 4 and 8 bytes. */
export function floatingPoint(size: 2 | 4 | 8, bigEndian = false): FloatingPoint {
  const exponentSize = size === 2 ? 5 : size === 4 ? 8 : 11;
  const mantissaSize = size * 8 - 1 - exponentSize;
  return {
    class: 'floating-point',
    size,
    bigEndian,
    bitOffset: 0,
    bitPrecision: size * 8,
    signLocation: size * 8 - 1,
    exponentLocation: mantissaSize,
    exponentSize,
    exponentBias: 2 ** (exponentSize - 1) - 1,
    mantissaLocation: 0,
    mantissaSize,
    impliedBit: true,
  };
}

export function fixedString(size: number, charset: CharacterSet = 'utf-8'): FixedString {
  return { class: 'string', size, padding: 'null-padded', charset };
}

/** Members are laid out one after another without gaps. */
export function compound(members: Iterable<readonly [string, Datatype]>): Compound {
  let size = 0;
  const placed: CompoundMember[] = [];
  for (const [name, type] of members) {
    placed.push({ name, offset: size, type });
    size += type.size;
  }
  return { class: 'compound', size, members: placed };
}

export function variableLength(base: Datatype): VariableLength {
  return { class: 'variable-length', size: 16, base };
}

export function arrayType(dims: readonly number[], base: Datatype): ArrayType {
  return { class: 'array', size: dims.reduce((product, dim) => product * dim, base.size), dims, base };
}

export const UINT8 = fixedPoint(1, false);
export const UINT32 = fixedPoint(4, false);
export const INT8 = fixedPoint(1, true);
export const INT32 = fixedPoint(4, true);
export const INT64 = fixedPoint(8, true);
export const FLOAT32 = floatingPoint(4);
export const FLOAT64 = floatingPoint(8);
export const OBJECT_REFERENCE: Reference = { class: 'reference', size: 8, kind: 'object' };
/** A place in the global heap: an address and an index. */
export const REGION_REFERENCE: Reference = { class: 'reference', size: 12, kind: 'region' };

/** UTF-8 of any length: what h5py writes for a Python str. */
export const VARIABLE_STRING: VariableLength = {
  class: 'variable-length',
  size: 16,
  base: UINT8,
  string: { padding: 'null-terminated', charset: 'utf-8' },
};

/** The enumeration that h5py reads and writes as a boolean. */
export const BOOLEAN: Enumerated = {
  class: 'enumerated',
  size: 1,
  base: INT8,
  names: ['FALSE', 'TRUE'],
  values: [0n, 1n],
};

/** Whether the datatype is BOOLEAN, as any writer may spell it. */
export function isBoolean(type: Datatype): boolean {
  return (
    type.class === 'enumerated' &&
    type.size === 1 &&
    type.names.join() === 'FALSE,TRUE' &&
    type.values.join() === '0,1'
  );
}

/** Whether elements hold positions of other things in the file: heap objects or object headers. */
export function hasPointers(type: Datatype): boolean {
  switch (type.class) {
    case 'variable-length':
    case 'reference':
      return true;
    case 'compound':
      return type.members.some((member) => hasPointers(member.type));
    case 'array':
    case 'complex':
      return hasPointers(type.base);
    default:
      return false;
  }
}

/** Datatype message (Format Specification, section IV.A.2.d). */
export function encodeDatatype(out: ByteWriter, type: Datatype): void {
  switch (type.class) {
    case 'fixed-point':
    case 'bitfield':
      prefix(out, 1, type, Number(type.bigEndian) | (type.class === 'fixed-point' && type.signed ? 8 : 0));
      out.u16(type.bitOffset);
      out.u16(type.bitPrecision);
      return;
    case 'floating-point':
      prefix(out, 1, type, Number(type.bigEndian) | (type.impliedBit ? 0x20 : 0) | (type.signLocation << 8));
      out.u16(type.bitOffset);
      out.u16(type.bitPrecision);
      out.u8(type.exponentLocation);
      out.u8(type.exponentSize);
      out.u8(type.mantissaLocation);
      out.u8(type.mantissaSize);
      out.u32(type.exponentBias);
      return;
    case 'string':
      prefix(out, 1, type, PADDINGS.indexOf(type.padding) | (CHARSETS.indexOf(type.charset) << 4));
      return;
    case 'time':
      prefix(out, 1, type, Number(type.bigEndian));
      out.u16(type.bitPrecision);
      return;
    case 'opaque': {
      // "NUL-padded to a multiple of 8 bytes", and the length field counts the padding, as libhdf5 does.
      const tag = new ByteWriter(32);
      tag.utf8(type.tag);
      tag.align(8);
      if (tag.length > 248) throw new H5TypeError(`the tag "${type.tag}" is longer than 248 bytes`);
      prefix(out, 1, type, tag.length);
      out.raw(tag.finish());
      return;
    }
    case 'compound': {
      if (type.members.length === 0 || type.members.length > 0xffff) {
        throw new H5TypeError(`a compound has 1 to 65535 members, not ${type.members.length}`);
      }
      prefix(out, 3, type, type.members.length);
      const offsetSize = bytesFor(type.size);
      for (const member of type.members) {
        encodeName(out, member.name);
        for (let i = 0; i < offsetSize; i++) out.u8((member.offset / 256 ** i) & 0xff);
        encodeDatatype(out, member.type);
      }
      return;
    }
    case 'reference':
      prefix(out, 1, type, type.kind === 'object' ? 0 : 1);
      return;
    case 'enumerated':
      prefix(out, 3, type, type.names.length);
      encodeDatatype(out, type.base);
      for (const name of type.names) encodeName(out, name);
      for (const value of type.values) {
        for (let i = 0; i < type.size; i++) {
          const shift = type.base.bigEndian ? type.size - 1 - i : i;
          out.u8(Number((value >> BigInt(8 * shift)) & 0xffn));
        }
      }
      return;
    case 'variable-length': {
      const { string } = type;
      const bits = string
        ? 1 | (PADDINGS.indexOf(string.padding) << 4) | (CHARSETS.indexOf(string.charset) << 8)
        : 0;
      prefix(out, 1, type, bits);
      encodeDatatype(out, type.base);
      return;
    }
    case 'array':
      if (type.dims.length === 0 || type.dims.length > 32) {
        throw new H5TypeError(`an array datatype has 1 to 32 dimensions, not ${type.dims.length}`);
      }
      prefix(out, 3, type, 0);
      out.u8(type.dims.length);
      for (const dim of type.dims) out.u32(dim);
      encodeDatatype(out, type.base);
      return;
    case 'complex':
      prefix(out, 5, type, 1);
      encodeDatatype(out, type.base);
  }
}

function prefix(out: ByteWriter, version: number, type: Datatype, bits: number): void {
  out.u32(CLASS[type.class] | (version << 4) | (bits << 8));
  out.u32(type.size);
}

function encodeName(out: ByteWriter, name: string): void {
  if (name === '' || !isPlainText(name)) throw new H5TypeError(`"${name}" cannot name a member`);
  out.utf8(name);
  out.u8(0);
}

/** The message's bytes, for datatypes that are written many times. */
export function datatypeBytes(type: Datatype): Uint8Array {
  const out = new ByteWriter(64);
  encodeDatatype(out, type);
  return out.finish();
}

export function decodeDatatype(reader: ByteReader, depth = 0): Datatype {
  if (depth > MAX_DATATYPE_DEPTH) reader.fail(`a datatype nested more than ${MAX_DATATYPE_DEPTH} deep`);
  const start = reader.offset;
  const classAndVersion = reader.u8();
  const version = classAndVersion >> 4;
  if (version < 1 || version > 5) reader.fail(`datatype version ${version}`);
  const bits = reader.u8() | (reader.u8() << 8) | (reader.u8() << 16);
  const bigEndian = (bits & 1) !== 0;
  const size = reader.u32();
  if (size === 0) reader.fail('a datatype of 0 bytes');

  switch (classAndVersion & 0x0f) {
    case CLASS['fixed-point']:
      return {
        class: 'fixed-point',
        size,
        signed: (bits & 8) !== 0,
        bigEndian,
        ...decodePrecision(reader, size),
      };
    case CLASS['floating-point']: {
      if ((bits & 0x41) === 0x41) throw new H5FeatureError('VAX byte order');
      const type: FloatingPoint = {
        class: 'floating-point',
        size,
        bigEndian,
        ...decodePrecision(reader, size),
        signLocation: (bits >> 8) & 0xff,
        exponentLocation: reader.u8(),
        exponentSize: reader.u8(),
        mantissaLocation: reader.u8(),
        mantissaSize: reader.u8(),
        exponentBias: reader.u32(),
        impliedBit: ((bits >> 4) & 3) === 2,
      };
      const width = size * 8;
      if (
        type.signLocation >= width ||
        type.exponentLocation + type.exponentSize > width ||
        type.mantissaLocation + type.mantissaSize > width ||
        type.exponentSize > 32
      ) {
        reader.fail('a floating-point number with parts outside of it');
      }
      return type;
    }
    case CLASS.string:
      return {
        class: 'string',
        size,
        ...decodeStringBits(reader, bits),
      };
    case CLASS.time:
      return { class: 'time', size, bigEndian, bitPrecision: reader.u16() };
    case CLASS.bitfield:
      return { class: 'bitfield', size, bigEndian, ...decodePrecision(reader, size) };
    case CLASS.opaque: {
      const tag = reader.block(bits & 0xff);
      const end = tag.bytes.indexOf(0);
      return { class: 'opaque', size, tag: tag.utf8(end < 0 ? tag.left : end) };
    }
    case CLASS.compound: {
      const count = bits & 0xffff;
      const members: CompoundMember[] = [];
      for (let i = 0; i < count; i++) {
        const name = reader.utf8z(version < 3 ? 8 : 1);
        const offset = version < 3 ? reader.u32() : reader.uint(bytesFor(size));
        let dims: number[] = [];
        if (version === 1) {
          const rank = reader.u8();
          if (rank > 4) reader.fail(`a compound member of ${rank} dimensions`);
          reader.take(11);
          dims = [reader.u32(), reader.u32(), reader.u32(), reader.u32()].slice(0, rank);
        }
        let type = decodeDatatype(reader, depth + 1);
        if (dims.length > 0) type = arrayType(dims, type);
        // Nothing would be any number of arrays that have no elements.
        if (offset + type.size > size || type.size === 0)
          reader.fail(`the compound member "${name}" does not lie in its element`);
        members.push({ name, offset, type });
      }
      // Members that overlap would make a small element into any number of values.
      if (members.reduce((sum, member) => sum + member.type.size, 0) > size)
        reader.fail('compound members overlap');
      return { class: 'compound', size, members };
    }
    case CLASS.reference: {
      const kind = bits & 0x0f;
      if (version >= 4 || kind > 1)
        throw new H5FeatureError('the reference datatype of HDF5 1.12 (H5R_ref_t)');
      return { class: 'reference', size, kind: kind === 0 ? 'object' : 'region' };
    }
    case CLASS.enumerated: {
      const count = bits & 0xffff;
      const base = decodeDatatype(reader, depth + 1);
      if (base.class !== 'fixed-point' || base.size !== size || size > MAX_INTEGER)
        reader.fail(`an enumeration that is not of integers of up to ${MAX_INTEGER} bytes`);
      const names = Array.from({ length: count }, () => reader.utf8z(version < 3 ? 8 : 1));
      const values = names.map(() => decodeInteger(reader.raw(size), base));
      return { class: 'enumerated', size, base, names, values };
    }
    case CLASS['variable-length']: {
      const kind = bits & 0x0f;
      if (kind > 1) reader.fail(`variable-length type ${kind}`);
      const base = decodeDatatype(reader, depth + 1);
      if (size !== 8 + reader.offsetSize) reader.fail(`a variable-length datatype of ${size} bytes`);
      if (kind === 0) return { class: 'variable-length', size, base };
      return { class: 'variable-length', size, base, string: decodeStringBits(reader, bits >> 4) };
    }
    case CLASS.array: {
      const rank = reader.u8();
      if (rank > 32) reader.fail(`an array datatype of ${rank} dimensions`);
      if (version < 3) reader.take(3);
      const dims = Array.from({ length: rank }, () => reader.u32());
      if (version < 3) reader.take(4 * rank);
      const type = arrayType(dims, decodeDatatype(reader, depth + 1));
      if (type.size !== size) reader.fail(`an array datatype of ${size} bytes, its parts take ${type.size}`);
      return type;
    }
    case CLASS.complex: {
      const base = decodeDatatype(reader, depth + 1);
      if (base.size * 2 !== size)
        reader.fail(`a complex datatype of ${size} bytes, its parts take ${2 * base.size}`);
      return { class: 'complex', size, base };
    }
    default:
      throw new H5FeatureError(`datatype class ${classAndVersion & 0x0f} (at byte ${start})`);
  }
}

function decodeStringBits(
  reader: ByteReader,
  bits: number,
): { padding: StringPadding; charset: CharacterSet } {
  const padding = bits & 0x0f;
  const charset = (bits >> 4) & 0x0f;
  return {
    padding: PADDINGS[padding] ?? reader.fail(`string padding ${padding}`),
    charset: CHARSETS[charset] ?? reader.fail(`character set ${charset}`),
  };
}

function decodePrecision(reader: ByteReader, size: number): { bitOffset: number; bitPrecision: number } {
  const bitOffset = reader.u16();
  const bitPrecision = reader.u16();
  if (bitPrecision === 0 || bitOffset + bitPrecision > size * 8) {
    reader.fail(`${bitPrecision} bits at bit ${bitOffset} of a number of ${size} bytes`);
  }
  return { bitOffset, bitPrecision };
}

/** One integer of any size and precision, exactly. */
export function decodeInteger(bytes: Uint8Array, type: FixedPoint | Bitfield): bigint {
  const { size, bitOffset, bitPrecision } = type;
  let value = 0n;
  for (let i = 0; i < size; i++) {
    const byte = bytes[type.bigEndian ? i : size - 1 - i] as number;
    value = (value << 8n) | BigInt(byte);
  }
  value >>= BigInt(bitOffset);
  return type.class === 'fixed-point' && type.signed
    ? BigInt.asIntN(bitPrecision, value)
    : BigInt.asUintN(bitPrecision, value);
}
