import type { DTypeName } from './block-source.js';
import { KernelError } from './errors.js';

/** The types of elements that kernels know, by numpy's letters and sizes. */
export type TypeName =
  | 'bool'
  | 'i1'
  | 'i2'
  | 'i4'
  | 'i8'
  | 'u1'
  | 'u2'
  | 'u4'
  | 'u8'
  | 'f4'
  | 'f8'
  | 'c8'
  | 'c16'
  | 'str';

/** A typed array of numbers. */
export type NumberArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;
/** A typed array of bigints. */
export type BigArray = BigInt64Array | BigUint64Array;

/** Elements in memory: booleans as bytes of 0 and 1, complex numbers as pairs of floats, strings as strings. */
export type Data = NumberArray | BigArray | string[];

/** How elements of one type stand in memory. */
export interface ElementType {
  readonly name: TypeName;
  /** The name that users see: `float64`, `int8`, `bool`, `str`, `complex128`. */
  readonly dtype: DTypeName;
  readonly kind: 'b' | 'i' | 'u' | 'f' | 'c' | 's';
  /** Bytes of an element; of a string what it takes on average, as far as a number can be given. */
  readonly size: number;
  /** Slots of the array that an element takes: 2 for complex numbers. */
  readonly width: 1 | 2;
  /** What loops compute in: `big` for 64-bit integers. */
  readonly compute: 'number' | 'big' | 'complex' | 'string';
  /** The class of the array; for strings, `Array`. */
  readonly array: { new (length: number): Data; readonly BYTES_PER_ELEMENT?: number };
}

function type(
  name: TypeName,
  kind: ElementType['kind'],
  size: number,
  array: ElementType['array'],
): ElementType {
  const compute =
    kind === 's' ? 'string' : kind === 'c' ? 'complex' : kind !== 'f' && size === 8 ? 'big' : 'number';
  const word = { b: 'bool', i: 'int', u: 'uint', f: 'float', c: 'complex', s: 'str' }[kind];
  const dtype = (kind === 'b' || kind === 's' ? word : `${word}${size * 8}`) as DTypeName;
  return { name, dtype, kind, size, width: kind === 'c' ? 2 : 1, compute, array };
}

/** What a string takes in memory, about: its object, and some characters. */
const STRING_SIZE = 32;

export const BOOL = type('bool', 'b', 1, Uint8Array);
export const I1 = type('i1', 'i', 1, Int8Array);
export const I2 = type('i2', 'i', 2, Int16Array);
export const I4 = type('i4', 'i', 4, Int32Array);
export const I8 = type('i8', 'i', 8, BigInt64Array);
export const U1 = type('u1', 'u', 1, Uint8Array);
export const U2 = type('u2', 'u', 2, Uint16Array);
export const U4 = type('u4', 'u', 4, Uint32Array);
export const U8 = type('u8', 'u', 8, BigUint64Array);
export const F4 = type('f4', 'f', 4, Float32Array);
export const F8 = type('f8', 'f', 8, Float64Array);
export const C8 = type('c8', 'c', 8, Float32Array);
export const C16 = type('c16', 'c', 16, Float64Array);
export const STR = type('str', 's', STRING_SIZE, Array as unknown as ElementType['array']);

export const TYPES: readonly ElementType[] = [BOOL, I1, I2, I4, I8, U1, U2, U4, U8, F4, F8, C8, C16, STR];

const NAMES = new Map<string, ElementType>([
  ...TYPES.map((each): [string, ElementType] => [each.name, each]),
  ['int8', I1],
  ['int16', I2],
  ['int32', I4],
  ['int64', I8],
  ['int', I8],
  ['uint8', U1],
  ['uint16', U2],
  ['uint32', U4],
  ['uint64', U8],
  ['float16', F4],
  ['f2', F4],
  ['float32', F4],
  ['float64', F8],
  ['float', F8],
  ['complex64', C8],
  ['complex128', C16],
  ['complex', C16],
  ['complex(<f4)', C8],
  ['complex(<f8)', C16],
  ['complex(>f4)', C8],
  ['complex(>f8)', C16],
]);

/**
 * The type that a short name stands for, in any byte order: in memory it is that of the machine. Half floats become `f4`.
 *
 * @throws {KernelError} H5_DTYPE for another name.
 * @example
 * typeOfName('>i4'); // I4
 */
export function typeOfName(dtype: unknown): ElementType {
  if (typeof dtype === 'string') {
    const found = NAMES.get(dtype) ?? NAMES.get(dtype.replace(/^[<>=|]/, ''));
    if (found) return found;
    if (/^[<>=|]?[SU]\d+$/.test(dtype)) return STR;
  }
  throw new KernelError(
    'H5_DTYPE',
    `${typeof dtype === 'string' ? `'${dtype}'` : typeof dtype} is no dtype of numpy's functions: known are bool, i1 i2 i4 i8, ` +
      'u1 u2 u4 u8, f4 f8, c8 c16 and str (also as int32, <f8, ...)',
  );
}

/** The type of a typed array, which for one of half floats is that of what they are computed with; `undefined` for anything else. */
export function typeOfArray(value: unknown): ElementType | undefined {
  if (!ArrayBuffer.isView(value) || value instanceof DataView) return undefined;
  switch ((value as unknown as { [Symbol.toStringTag]: string })[Symbol.toStringTag]) {
    case 'Int8Array':
      return I1;
    case 'Uint8Array':
    case 'Uint8ClampedArray':
      return U1;
    case 'Int16Array':
      return I2;
    case 'Uint16Array':
      return U2;
    case 'Int32Array':
      return I4;
    case 'Uint32Array':
      return U4;
    case 'BigInt64Array':
      return I8;
    case 'BigUint64Array':
      return U8;
    case 'Float16Array':
    case 'Float32Array':
      return F4;
    case 'Float64Array':
      return F8;
    default:
      return undefined;
  }
}

/** An array for `count` elements: zeros, or empty strings. */
export function allocate(type: ElementType, count: number): Data {
  if (type.kind === 's') return new Array<string>(count).fill('');
  return new type.array(count * type.width);
}

/** A part of an array, without a copy where it is a typed array. */
export function part<D extends Data>(data: D, from: number, to: number): D {
  return (Array.isArray(data) ? data.slice(from, to) : data.subarray(from, to)) as D;
}

const SIGNED: { readonly [size: number]: ElementType } = { 1: I1, 2: I2, 4: I4, 8: I8 };
const UNSIGNED: { readonly [size: number]: ElementType } = { 1: U1, 2: U2, 4: U4, 8: U8 };

/**
 * The smallest type that both can be cast to safely, as numpy 1.24 has it: `i8` and `u8` become `f8`.
 *
 * @throws {KernelError} H5_DTYPE for strings and numbers.
 */
export function promote(a: ElementType, b: ElementType): ElementType {
  if (a === b) return a;
  if (a.kind === 's' || b.kind === 's') {
    throw new KernelError(
      'H5_DTYPE',
      `strings and numbers (${a.dtype} and ${b.dtype}) have no common dtype: convert one of them`,
    );
  }
  if (a.kind === 'b') return b;
  if (b.kind === 'b') return a;
  if (a.kind === 'c' || b.kind === 'c') {
    // Of a real number, what float it needs.
    const needs = (type: ElementType) =>
      type.kind === 'c' ? type.size / 2 : type.kind === 'f' ? type.size : type.size <= 2 ? 4 : 8;
    return Math.max(needs(a), needs(b)) > 4 ? C16 : C8;
  }
  if (a.kind === 'f' || b.kind === 'f') {
    const needs = (type: ElementType) => (type.kind === 'f' ? type.size : type.size <= 2 ? 4 : 8);
    return Math.max(needs(a), needs(b)) > 4 ? F8 : F4;
  }
  if (a.kind === b.kind) return a.size > b.size ? a : b;
  const [signed, unsigned] = a.kind === 'i' ? [a, b] : [b, a];
  if (signed.size > unsigned.size) return signed;
  return unsigned.size === 8 ? F8 : SIGNED[unsigned.size * 2];
}

/**
 * The type of elements of several arrays, as numpy has it: the most general type decides what the others become, whatever the
 * order, so that `u2`, `i2` and `f4` are `f4`.
 *
 * @throws {KernelError} H5_DTYPE for strings and numbers.
 */
export function promoteAll(types: readonly ElementType[]): ElementType {
  const most = types.reduce((a, b) => (rank(b) > rank(a) ? b : a));
  return types.reduce(promote, most);
}

/** numpy's numbers of the types go by size, signed integers before unsigned ones. */
function rank(type: ElementType): number {
  const kind = { b: 0, i: 1, u: 1, f: 2, c: 3, s: 4 }[type.kind];
  return kind * 100 + type.size * 2 + (type.kind === 'u' ? 1 : 0);
}

/**
 * The type in which functions compute that take the first of numpy's loops that holds all operands, where `common` holds them:
 * signed integers come before unsigned ones of the same size, which matters where a scalar is wider than the arrays.
 */
export function firstType(operands: readonly Typed[], common: ElementType): ElementType {
  if (common.kind !== 'u' || operands.every(({ value }) => value !== undefined)) return common;
  const signed = SIGNED[common.size];
  const isHeld = (operand: Typed) =>
    promote(operand.value === undefined ? operand.type : smallestType(operand, signed), signed) === signed;
  return operands.every(isHeld) ? signed : common;
}

/** How general a kind is, for the rules of scalars and of casting. */
function category(type: ElementType): number {
  return type.kind === 'b' ? 0 : type.kind === 'i' || type.kind === 'u' ? 1 : type.kind === 's' ? 3 : 2;
}

/** An operand as far as its type is concerned: with `value` it is a scalar. */
export interface Typed {
  readonly type: ElementType;
  /** What it is, if it has no axes: its value counts then, and not only its type. */
  readonly value?: number | bigint | boolean | string | readonly [number, number] | undefined;
  /** Whether it is a JavaScript number, which may be an integer as well as a float. */
  readonly literal?: boolean | undefined;
}

/**
 * The type of a result of operands. Scalars count by what they are, not by their type, where an array is of as general a kind:
 * an `i1` array plus 100 is `i1`, plus 1000 `i2`.
 */
export function resultType(operands: readonly Typed[]): ElementType {
  const arrays = operands.filter(({ value }) => value === undefined);
  const scalars = operands.filter(({ value }) => value !== undefined);
  const decisive = arrays.length > 0 ? arrays : scalars;
  if (decisive.length === 0) return F8;
  if (decisive === scalars) return scalarsType(scalars);
  let type = promoteAll(decisive.map((each) => each.type));
  const byValue = scalars.every((scalar) => scalarCategory(scalar) <= category(type));
  for (const scalar of scalars) {
    type = promote(type, byValue ? smallestType(scalar, type) : fullType(scalar));
  }
  return type;
}

/**
 * The type of a result of scalars alone. A whole number is an integer beside integers, as it is in Python: of 64 bits, or, beside
 * those, of theirs if it fits.
 */
function scalarsType(scalars: readonly Typed[]): ElementType {
  const typed = scalars.filter(({ literal }) => !literal);
  const literals = scalars.filter(({ literal }) => literal);
  const isWhole =
    typed.every(({ type }) => category(type) <= 1) && literals.every((each) => scalarCategory(each) === 1);
  if (typed.length === 0 || !isWhole) return promoteAll(scalars.map((each) => each.type));
  const own = promoteAll(typed.map((each) => each.type));
  if (own.compute !== 'big') return literals.map(fullType).reduce(promote, own);
  return literals.map((each) => smallestType(each, own)).reduce(promote, own);
}

/** Whether a result of scalars alone is a number also where its type has bigints: numbers made it, and integers that numbers are. */
export function isOfNumbers(operands: readonly Typed[]): boolean {
  return (
    operands.some(({ literal }) => literal) &&
    operands.every(({ value, type, literal }) => value !== undefined && (literal || type.compute !== 'big'))
  );
}

function scalarCategory({ type, value, literal }: Typed): number {
  return literal && Number.isInteger(value) && !Object.is(value, -0) ? 1 : category(type);
}

/** The type of a scalar that is more general than the arrays. A whole number is an integer there, as it is in Python. */
function fullType(scalar: Typed): ElementType {
  const { type, value } = scalar;
  if (!scalar.literal || scalarCategory(scalar) !== 1) return type;
  return Math.abs(value as number) < 2 ** 63 ? I8 : F8;
}

/** The smallest type that holds a scalar, of those that suit the type of the arrays. */
function smallestType(scalar: Typed, beside: ElementType): ElementType {
  const { type, value } = scalar;
  if (type.kind === 'b' || type.kind === 's') return type;
  if (type.kind === 'c') {
    // Other than a real number, one that is not finite stays what it is.
    const isSmall = (value as readonly [number, number]).every((part) => Number.isFinite(Math.fround(part)));
    return isSmall ? C8 : type;
  }
  const whole = scalarCategory(scalar) === 1;
  if (!whole && type.kind === 'f') return fitsFloat32(value as number) ? F4 : F8;
  const integer = BigInt(value as number | bigint);
  for (const size of [1, 2, 4, 8]) {
    const bits = BigInt(size * 8);
    if (integer < 0n) {
      if (BigInt.asIntN(Number(bits), integer) === integer) return SIGNED[size];
    } else if (BigInt.asUintN(Number(bits), integer) === integer) {
      const signed = BigInt.asIntN(Number(bits), integer) === integer;
      return signed && beside.kind === 'i' ? SIGNED[size] : UNSIGNED[size];
    }
  }
  return F8;
}

function fitsFloat32(value: number): boolean {
  return !Number.isFinite(value) || Number.isFinite(Math.fround(value));
}

/**
 * Whether values may be cast: `safe` loses nothing, `same_kind` at most digits.
 *
 * @example
 * canCast(F8, F4); // true
 * canCast(F8, I8); // false
 */
export function canCast(
  from: ElementType,
  to: ElementType,
  rule: 'safe' | 'same_kind' = 'same_kind',
): boolean {
  if (from === to) return true;
  if (from.kind === 's' || to.kind === 's') return false;
  if (promote(from, to) === to) return true;
  if (rule === 'safe') return false;
  const order = { b: 0, u: 1, i: 2, f: 3, c: 4, s: 5 };
  return order[from.kind] <= order[to.kind];
}
