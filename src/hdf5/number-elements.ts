import { H5FormatError, H5TypeError, withoutIndexes } from '../errors.js';
import { LITTLE_ENDIAN, swapped } from './endian.js';
import type { Bitfield, Datatype, FixedPoint, FloatingPoint } from './messages/datatype.js';

/** A typed array, of any element type. */
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

export type NumberType = FixedPoint | FloatingPoint | Bitfield;

/** Decodes numbers that no typed array holds as they are. */
export type OddNumbers = (type: NumberType, bytes: Uint8Array, count: number) => TypedArray | bigint[];

// The element types of typed arrays differ; the code below is the same for all of them.
interface AnyTypedArray {
  [index: number]: number | bigint;
}
type AnyConstructor = new (source: number | ArrayBufferLike, offset?: number, length?: number) => TypedArray;

export const SIGNED: { [size: number]: unknown } = {
  1: Int8Array,
  2: Int16Array,
  4: Int32Array,
  8: BigInt64Array,
};
export const UNSIGNED: { [size: number]: unknown } = {
  1: Uint8Array,
  2: Uint16Array,
  4: Uint32Array,
  8: BigUint64Array,
};

/** Whether the type is one of IEEE 754's binary16, binary32 and binary64. */
export function isIeee(type: FloatingPoint): boolean {
  const { size, mantissaSize, exponentSize } = type;
  return (
    exponentSize === (size === 2 ? 5 : size === 4 ? 8 : size === 8 ? 11 : -1) &&
    mantissaSize === size * 8 - 1 - exponentSize &&
    type.mantissaLocation === 0 &&
    type.exponentLocation === mantissaSize &&
    type.exponentBias === 2 ** (exponentSize - 1) - 1 &&
    type.signLocation === size * 8 - 1 &&
    type.impliedBit
  );
}

/** The typed array whose elements are laid out like the type's, but for the order of their bytes. */
export function nativeArray(type: NumberType): AnyConstructor | undefined {
  const { size } = type;
  if (type.class === 'floating-point') {
    if (size === 2 || !isIeee(type)) return undefined;
    return (size === 8 ? Float64Array : Float32Array) as AnyConstructor;
  }
  if (type.bitPrecision !== size * 8) return undefined;
  return (type.signed ? SIGNED : UNSIGNED)[size] as AnyConstructor | undefined;
}

/** Whether elements are numbers: those have their bits somewhere in their bytes. */
export function isNumber(type: Datatype): type is NumberType {
  return 'bitOffset' in type;
}

/** Whether numbers of a datatype are in memory what they are in a file. */
export function isNative(type: Datatype): type is NumberType {
  return isNumber(type) && !isForeign(type);
}

function isForeign(type: NumberType): boolean {
  return type.size > 1 && type.bigEndian === LITTLE_ENDIAN;
}

// ---- bytes to numbers ---------------------------------------------------------------------------------

/**
 * The elements as a typed array: a view of `bytes` where they lie right for one, else a copy. Integers of more
 * than 8 bytes are an array of bigints.
 */
export function decodeNumbers(
  type: NumberType,
  bytes: Uint8Array,
  count: number,
  odd: OddNumbers | undefined,
): TypedArray | bigint[] {
  const { size } = type;
  const native = nativeArray(type);
  if (native) {
    const foreign = isForeign(type);
    if (!foreign && bytes.byteOffset % size === 0) return new native(bytes.buffer, bytes.byteOffset, count);
    const whole = bytes.subarray(0, count * size);
    return new native((foreign ? swapped(whole, size) : new Uint8Array(whole)).buffer);
  }
  return (odd ?? withoutIndexes(`numbers of ${size} bytes`))(type, bytes, count);
}

/** 64-bit integers as numbers, where all of them are exact. */
export function exactNumbers(values: BigInt64Array | BigUint64Array): Float64Array {
  const numbers = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const number = Number(values[i]);
    if (!Number.isSafeInteger(number)) {
      throw new H5TypeError(
        `element ${i}: ${values[i]} is not exact as a number; open the file with { int64: 'bigint' }`,
      );
    }
    numbers[i] = number;
  }
  return numbers;
}

// ---- numbers to bytes ---------------------------------------------------------------------------------

/** The bytes of numbers that are in memory what they are in a file: a view of these. */
export function nativeBytes(type: Datatype, values: unknown): Uint8Array | undefined {
  if (!ArrayBuffer.isView(values) || !isNative(type)) return undefined;
  if (values.constructor !== nativeArray(type as NumberType)) return undefined;
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Called with an element that the datatype does not hold. */
export type Misfit = (index: number, value: unknown) => never;

/** The bytes of `count` numbers. What the type does not hold exactly is a misfit; only floats are rounded. */
export function encodeNumbers(
  type: NumberType,
  values: ArrayLike<unknown>,
  count: number,
  misfit: Misfit,
): Uint8Array {
  const { size } = type;
  const float = type.class === 'floating-point';
  const native = nativeArray(type);
  const bytes = new Uint8Array(count * size);
  if (native && (values as object).constructor === native) {
    const { buffer, byteOffset } = values as TypedArray;
    bytes.set(new Uint8Array(buffer, byteOffset, bytes.length));
  } else if (!native) {
    for (let i = 0; i < count; i++) {
      const value = values[i];
      const raw = float ? floatBits(type, value) : integerBits(type, value);
      if (raw === undefined) misfit(i, value);
      for (let k = 0; k < size; k++) {
        bytes[i * size + (type.bigEndian ? size - 1 - k : k)] = Number((raw >> BigInt(8 * k)) & 0xffn);
      }
    }
    return bytes;
  } else {
    const convert = float ? toFloat : size === 8 ? toInteger : toNumber;
    const stored = new native(bytes.buffer) as AnyTypedArray;
    for (let i = 0; i < count; i++) {
      const value = convert(values[i]);
      if (value === undefined) misfit(i, values[i]);
      // A typed array keeps the low bits of an integer: what is not the same afterwards did not fit.
      stored[i] = value;
      const same =
        stored[i] === value || (float && Math.abs(stored[i] as number) !== Number.POSITIVE_INFINITY);
      if (!same) misfit(i, values[i]);
    }
  }
  return isForeign(type) ? swapped(bytes, size) : bytes;
}

function toInteger(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return Number.isInteger(value) ? BigInt(value as number) : undefined;
}

function toNumber(value: unknown): number | undefined {
  return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : undefined;
}

function toFloat(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'bigint' && BigInt(Number(value)) === value ? Number(value) : undefined;
}

function integerBits(type: FixedPoint | Bitfield, value: unknown): bigint | undefined {
  const integer = toInteger(value);
  if (integer === undefined) return undefined;
  const { bitPrecision, bitOffset, signed } = type;
  const kept = signed ? BigInt.asIntN(bitPrecision, integer) : BigInt.asUintN(bitPrecision, integer);
  return kept === integer ? BigInt.asUintN(bitPrecision, integer) << BigInt(bitOffset) : undefined;
}

/** A number in a layout such as binary16 or bfloat16, rounded to the nearest, ties to even. */
function floatBits(type: FloatingPoint, given: unknown): bigint | undefined {
  const { exponentSize, exponentBias, mantissaSize } = type;
  if (!type.impliedBit || mantissaSize > 52 || exponentSize > 11) {
    throw new H5TypeError(
      `floating-point numbers of ${type.size} bytes in this layout are read, not written`,
    );
  }
  const value = toFloat(given);
  if (value === undefined) return undefined;
  const magnitude = Math.abs(value);
  const last = 2 ** exponentSize - 1;
  // Exponent and mantissa as one number, so that a mantissa that is rounded up carries into the exponent.
  let joined = 0;
  if (Number.isNaN(magnitude)) joined = last * 2 ** mantissaSize + 2 ** (mantissaSize - 1);
  else if (magnitude === Number.POSITIVE_INFINITY) joined = last * 2 ** mantissaSize;
  else if (magnitude > 0) {
    let exponent = Math.floor(Math.log2(magnitude));
    if (2 ** exponent > magnitude) exponent--;
    exponent = Math.max(exponent, 1 - exponentBias);
    const significand = (magnitude / 2 ** exponent) * 2 ** mantissaSize;
    joined = (exponent + exponentBias - 1) * 2 ** mantissaSize + roundToEven(significand);
    if (joined >= last * 2 ** mantissaSize) return undefined;
  }
  const mantissa = joined % 2 ** mantissaSize;
  const exponent = (joined - mantissa) / 2 ** mantissaSize;
  const negative = value < 0 || Object.is(value, -0);
  return (
    (BigInt(mantissa) << BigInt(type.mantissaLocation)) |
    (BigInt(exponent) << BigInt(type.exponentLocation)) |
    (BigInt(negative) << BigInt(type.signLocation))
  );
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** Decoders are given the bytes that they need; this is the check that they were. */
export function checkBytes(bytes: Uint8Array, needed: number): void {
  if (!(needed <= bytes.length)) {
    throw new H5FormatError(-1, `${needed} bytes of elements are expected, there are ${bytes.length}`);
  }
}
