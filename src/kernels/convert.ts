import { allocate, type BigArray, type Data, type ElementType, type NumberArray } from './element-type.js';
import { KernelError } from './errors.js';
import { complexText, digitsOf, floatOf, integerOf, textOf } from './number-text.js';

const TWO_32 = 4294967296;

// Integers of 64 bits are taken apart rather than made bigints: that is several times as fast.

function bigToNumber(
  words: Int32Array,
  signed: boolean,
  from: number,
  to: NumberArray,
  at: number,
  n: number,
) {
  for (let i = 0; i < n; i++) {
    const low = words[(from + i) * 2] >>> 0;
    const high = words[(from + i) * 2 + 1];
    to[at + i] = (signed ? high : high >>> 0) * TWO_32 + low;
  }
}

function numberToBig(from: NumberArray, start: number, words: Int32Array, at: number, n: number) {
  for (let i = 0; i < n; i++) {
    const value = Math.trunc(from[start + i]);
    const high = Math.floor(value / TWO_32);
    words[(at + i) * 2] = value - high * TWO_32;
    words[(at + i) * 2 + 1] = high;
    // What no integer of 64 bits is, becomes what processors make of it.
    if (!(value >= -(2 ** 63) && value < 2 ** 64)) {
      words[(at + i) * 2] = 0;
      words[(at + i) * 2 + 1] = -2147483648;
    }
  }
}

function wordsOf(data: BigArray): Int32Array {
  return new Int32Array(data.buffer, data.byteOffset, data.length * 2);
}

function truth(from: NumberArray, start: number, to: Uint8Array, at: number, n: number) {
  for (let i = 0; i < n; i++) to[at + i] = from[start + i] === 0 ? 0 : 1;
}

/**
 * Converts a run of elements to another type, into an array that is there. Numbers that do not fit an integer wrap around.
 *
 * @throws {KernelError} H5_VALUE for a string that is no number.
 */
export function convertInto(
  fromType: ElementType,
  from: Data,
  start: number,
  toType: ElementType,
  to: Data,
  at: number,
  n: number,
): void {
  if (fromType === toType) {
    if (Array.isArray(from)) for (let i = 0; i < n; i++) (to as string[])[at + i] = from[start + i];
    else {
      const { width } = fromType;
      (to as NumberArray).set((from as NumberArray).subarray(start * width, (start + n) * width), at * width);
    }
    return;
  }
  if (toType.kind === 's') {
    toText(fromType, from, start, to as string[], at, n);
    return;
  }
  if (fromType.kind === 's') {
    const strings = from as string[];
    for (let i = 0; i < n; i++) setFromText(strings[start + i], toType, to, at + i);
    return;
  }
  if (fromType.kind === 'c' || toType.kind === 'c') {
    convertComplex(fromType, from as NumberArray, start, toType, to as NumberArray, at, n);
    return;
  }
  const fromBig = fromType.compute === 'big';
  const toBig = toType.compute === 'big';
  if (fromBig && toBig) {
    wordsOf(to as BigArray).set(wordsOf(from as BigArray).subarray(start * 2, (start + n) * 2), at * 2);
  } else if (fromBig) {
    const words = wordsOf(from as BigArray);
    if (toType.kind === 'b') {
      const bytes = to as Uint8Array;
      for (let i = 0; i < n; i++)
        bytes[at + i] = (words[(start + i) * 2] | words[(start + i) * 2 + 1]) === 0 ? 0 : 1;
    } else if (toType.kind === 'f') {
      bigToNumber(words, fromType.kind === 'i', start, to as NumberArray, at, n);
    } else {
      // The low word is the number modulo 2^32.
      const numbers = to as NumberArray;
      for (let i = 0; i < n; i++) numbers[at + i] = words[(start + i) * 2];
    }
  } else if (toBig) {
    numberToBig(from as NumberArray, start, wordsOf(to as BigArray), at, n);
  } else if (toType.kind === 'b') {
    truth(from as NumberArray, start, to as Uint8Array, at, n);
  } else {
    (to as NumberArray).set((from as NumberArray).subarray(start, start + n), at);
  }
}

function convertComplex(
  fromType: ElementType,
  from: NumberArray | BigArray,
  start: number,
  toType: ElementType,
  to: NumberArray | BigArray,
  at: number,
  n: number,
): void {
  if (fromType.kind === 'c' && toType.kind === 'c') {
    (to as NumberArray).set((from as NumberArray).subarray(start * 2, (start + n) * 2), at * 2);
  } else if (toType.kind === 'c') {
    for (let i = 0; i < n; i++) {
      to[(at + i) * 2] = Number(from[start + i]);
      to[(at + i) * 2 + 1] = 0;
    }
  } else {
    const pairs = from as NumberArray;
    if (toType.kind === 'b') {
      for (let i = 0; i < n; i++)
        to[at + i] = pairs[(start + i) * 2] !== 0 || pairs[(start + i) * 2 + 1] !== 0 ? 1 : 0;
      return;
    }
    if (toType.compute !== 'big') {
      for (let i = 0; i < n; i++) (to as NumberArray)[at + i] = pairs[(start + i) * 2];
      return;
    }
    const reals = new Float64Array(n);
    for (let i = 0; i < n; i++) reals[i] = pairs[(start + i) * 2];
    numberToBig(reals, 0, wordsOf(to as BigArray), at, n);
  }
}

function toText(type: ElementType, data: Data, start: number, to: string[], at: number, n: number): void {
  const digits = digitsOf(type.dtype);
  if (type.kind === 'c') {
    const pairs = data as NumberArray;
    for (let i = 0; i < n; i++)
      to[at + i] = complexText(pairs[(start + i) * 2], pairs[(start + i) * 2 + 1], digits);
  } else if (type.kind === 'b') {
    for (let i = 0; i < n; i++) to[at + i] = data[start + i] ? 'True' : 'False';
  } else {
    const isFloat = type.kind === 'f';
    for (let i = 0; i < n; i++) to[at + i] = textOf(data[start + i], isFloat, digits);
  }
}

function setFromText(text: string, type: ElementType, data: Data, index: number): void {
  if (type.kind === 'f' || type.kind === 'c') {
    const value = floatOf(text);
    if (value !== undefined) {
      (data as NumberArray)[index * type.width] = value;
      return;
    }
  } else {
    const value = integerOf(text);
    if (value !== undefined && (type.kind === 'b' || fits64(value, type.kind === 'u'))) {
      if (type.kind === 'b') (data as NumberArray)[index] = value === 0n ? 0 : 1;
      else if (type.compute === 'big') (data as BigArray)[index] = value;
      // Modulo the range of the type.
      else (data as NumberArray)[index] = Number(BigInt.asIntN(32, value));
      return;
    }
  }
  throw new KernelError(
    'H5_VALUE',
    `'${text}' is no ${type.dtype}: strings become numbers only if they are some`,
  );
}

function fits64(value: bigint, isUnsigned: boolean): boolean {
  return BigInt.asIntN(64, value) === value || (isUnsigned && BigInt.asUintN(64, value) === value);
}

/** Elements in another type; the same array if it is of that type already. */
export function convert(fromType: ElementType, data: Data, toType: ElementType): Data {
  if (fromType === toType) return data;
  const count = data.length / fromType.width;
  const result = allocate(toType, count);
  convertInto(fromType, data, 0, toType, result, 0, count);
  return result;
}
