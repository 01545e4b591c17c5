import { H5FeatureError } from '../errors.js';
import {
  type Bitfield,
  decodeInteger,
  type FixedPoint,
  type FloatingPoint,
  MAX_INTEGER,
} from './messages/datatype.js';
import { isIeee, type NumberType, SIGNED, type TypedArray, UNSIGNED } from './number-elements.js';

/** Integers of up to this many bytes are exact as numbers. */
const NUMBER_BYTES = 6;

/**
 * Numbers that no typed array holds as they are: integers of odd sizes or with fewer bits than bytes, halves, floats of
 * other machines. Integers of more than 6 bytes are bigints, floats the nearest float64.
 */
export function decodeOddNumbers(type: NumberType, bytes: Uint8Array, count: number): TypedArray | bigint[] {
  if (type.size > MAX_INTEGER) throw new H5FeatureError(`a number of ${type.size} bytes`);
  return type.class === 'floating-point'
    ? decodeFloats(type, bytes, count)
    : decodeIntegers(type, bytes, count);
}

function decodeIntegers(
  type: FixedPoint | Bitfield,
  bytes: Uint8Array,
  count: number,
): TypedArray | bigint[] {
  const { size, bitOffset, bitPrecision, signed } = type;
  if (size > NUMBER_BYTES) {
    const wide = size > 8 ? [] : signed ? new BigInt64Array(count) : new BigUint64Array(count);
    for (let i = 0; i < count; i++) wide[i] = decodeInteger(bytes.subarray(i * size, (i + 1) * size), type);
    return wide;
  }
  const values = new (((signed ? SIGNED : UNSIGNED)[size] ?? Float64Array) as Float64ArrayConstructor)(count);
  for (let i = 0; i < count; i++) {
    const value = field(unsigned(bytes, i * size, type), bitOffset, bitPrecision);
    values[i] = signed && value >= 2 ** (bitPrecision - 1) ? value - 2 ** bitPrecision : value;
  }
  return values;
}

function decodeFloats(type: FloatingPoint, bytes: Uint8Array, count: number): TypedArray {
  const { size, signLocation, exponentLocation, exponentSize, mantissaLocation, mantissaSize } = type;
  // A half is exact as a float.
  const values = size === 2 && isIeee(type) ? new Float32Array(count) : new Float64Array(count);
  const whole = {
    class: 'bitfield',
    size,
    bigEndian: type.bigEndian,
    bitOffset: 0,
    bitPrecision: size * 8,
  } as const;
  for (let i = 0; i < count; i++) {
    const raw =
      size <= NUMBER_BYTES
        ? unsigned(bytes, i * size, type)
        : decodeInteger(bytes.subarray(i * size, (i + 1) * size), whole);
    const magnitude = assemble(
      type,
      field(raw, exponentLocation, exponentSize),
      field(raw, mantissaLocation, mantissaSize),
    );
    values[i] = field(raw, signLocation, 1) === 1 ? -magnitude : magnitude;
  }
  return values;
}

/** The element at `start`, of at most NUMBER_BYTES, as an unsigned number. */
function unsigned(bytes: Uint8Array, start: number, { size, bigEndian }: NumberType): number {
  let value = 0;
  for (let i = 0; i < size; i++)
    value = value * 256 + (bytes[start + (bigEndian ? i : size - 1 - i)] as number);
  return value;
}

/** `size` bits at bit `location`; more than 53 of them are rounded. */
function field(raw: number | bigint, location: number, size: number): number {
  return typeof raw === 'number'
    ? Math.floor(raw / 2 ** location) % 2 ** size
    : Number(BigInt.asUintN(size, raw >> BigInt(location)));
}

function assemble(type: FloatingPoint, exponent: number, mantissa: number): number {
  const { exponentSize, exponentBias, mantissaSize, impliedBit } = type;
  // Where the leading bit of the mantissa is stored, it is the one before the point.
  const point = 2 ** (impliedBit ? mantissaSize : mantissaSize - 1);
  if (exponent === 2 ** exponentSize - 1) {
    return mantissa === 0 || (!impliedBit && mantissa === point) ? Number.POSITIVE_INFINITY : Number.NaN;
  }
  const significand = mantissa / point + (impliedBit && exponent > 0 ? 1 : 0);
  return significand * 2 ** (Math.max(exponent, 1) - exponentBias);
}
