import { H5TypeError } from '../errors.js';
import type { DType } from '../hdf5/dtype.js';
import type { Elements } from '../hdf5/elements.js';
import { type Datatype, isBoolean } from '../hdf5/messages/datatype.js';
import { exactNumbers, isIeee } from '../hdf5/number-elements.js';
import type { BlockData, DTypeName } from '../kernels/block-source.js';
import { digitsOf, floatOf, integerOf, textOf } from '../kernels/number-text.js';

type NumberArray = Exclude<BlockData, unknown[]>;
type Maker = new (length: number) => NumberArray;

/** For each dtype of numbers the typed array of its elements, the size of one in memory, and how many numbers it is. */
const NUMBERS: { readonly [name: string]: readonly [make: Maker, itemSize: number, width: number] } = {
  bool: [Uint8Array, 1, 1],
  int8: [Int8Array, 1, 1],
  int16: [Int16Array, 2, 1],
  int32: [Int32Array, 4, 1],
  int64: [BigInt64Array as unknown as Maker, 8, 1],
  uint8: [Uint8Array, 1, 1],
  uint16: [Uint16Array, 2, 1],
  uint32: [Uint32Array, 4, 1],
  uint64: [BigUint64Array as unknown as Maker, 8, 1],
  float16: [Float32Array, 2, 1],
  float32: [Float32Array, 4, 1],
  float64: [Float64Array, 8, 1],
  complex64: [Float32Array, 8, 2],
  complex128: [Float64Array, 16, 2],
};

const DTYPE_NAMES: ReadonlySet<string> = new Set([...Object.keys(NUMBERS), 'str', 'record', 'object']);

/** What one value takes in memory that is no number, about. */
const VALUE_SIZE = 64;

/** Whether elements of a dtype are typed arrays. */
export function isNumeric(dtype: DTypeName): boolean {
  return dtype in NUMBERS;
}

/** How many numbers are one element. */
export function widthOf(dtype: DTypeName): number {
  return NUMBERS[dtype]?.[2] ?? 1;
}

/** How many bytes one element takes in memory; of values that are no numbers a guess. */
export function memorySizeOf(dtype: DTypeName): number {
  return dtype === 'float16' ? 4 : (NUMBERS[dtype]?.[1] ?? VALUE_SIZE);
}

/** The dtype that a name means. */
export function checkDType(name: unknown): DTypeName {
  if (typeof name === 'string' && DTYPE_NAMES.has(name)) return name as DTypeName;
  const short = typeof name === 'string' ? /^[<>=|]?([iufcb])(\d{1,2})$/.exec(name) : null;
  const word = short ? { i: 'int', u: 'uint', f: 'float', c: 'complex', b: 'bool' }[short[1] as string] : '';
  const long = word === 'bool' ? 'bool' : `${word}${8 * Number(short?.[2])}`;
  if (DTYPE_NAMES.has(long)) return long as DTypeName;
  throw new H5TypeError(
    `${typeof name === 'string' ? `'${name}'` : String(name)} is no dtype: known are ${[...DTYPE_NAMES].join(', ')}`,
  );
}

/** New elements, all of them zero, or undefined. */
export function makeData(dtype: DTypeName, count: number): BlockData {
  const numbers = NUMBERS[dtype];
  return numbers ? new numbers[0](count * numbers[2]) : new Array<unknown>(count);
}

/** Copies `count` of the numbers or values that elements are, from one place to another. */
export function transfer(
  from: BlockData,
  start: number,
  into: BlockData,
  place: number,
  count: number,
): void {
  if (count > 16 && !Array.isArray(from)) {
    (into as Float64Array).set((from as Float64Array).subarray(start, start + count), place);
    return;
  }
  for (let i = 0; i < count; i++) into[place + i] = from[start + i] as number;
}

/** The dtype of what a dataset holds. */
export function dtypeOf(type: Datatype): DTypeName {
  switch (type.class) {
    case 'bitfield':
    case 'fixed-point': {
      const { size, signed } = type;
      if ([1, 2, 4, 8].includes(size)) return `${signed ? 'int' : 'uint'}${(8 * size) as 8}`;
      return size < 7 ? 'float64' : size === 7 ? (signed ? 'int64' : 'uint64') : 'object';
    }
    case 'floating-point':
      return !isIeee(type) ? 'float64' : `float${(8 * type.size) as 16}`;
    case 'enumerated':
      return isBoolean(type) ? 'bool' : dtypeOf(type.base);
    case 'string':
      return 'str';
    case 'variable-length':
      return type.string ? 'str' : 'object';
    case 'complex':
    case 'compound': {
      const part = complexPart(type);
      if (part) return part.size === 4 ? 'complex64' : 'complex128';
      return type.class === 'compound' ? 'record' : 'object';
    }
    default:
      return 'object';
  }
}

/** What the two parts of a complex number are, as h5py writes them: a record of `r` and `i`. */
export function complexPart(type: Datatype): Extract<Datatype, { class: 'floating-point' }> | undefined {
  if (type.class === 'complex') return floatPart(type.base);
  if (type.class !== 'compound' || type.members.length !== 2) return undefined;
  const [real, imaginary] = type.members;
  if (!real || !imaginary || real.name !== 'r' || imaginary.name !== 'i') return undefined;
  const part = floatPart(real.type);
  const other = floatPart(imaginary.type);
  const isSame = part && other && part.size === other.size && part.bigEndian === other.bigEndian;
  const isDense =
    isSame && real.offset === 0 && imaginary.offset === part.size && type.size === 2 * part.size;
  return isDense ? part : undefined;
}

function floatPart(type: Datatype): Extract<Datatype, { class: 'floating-point' }> | undefined {
  return type.class === 'floating-point' && isIeee(type) && type.size > 2 ? type : undefined;
}

/** How a new dataset for elements of a dtype is stored. */
export function storedAs(dtype: DTypeName | DType): DType {
  if (dtype === 'complex64')
    return {
      compound: [
        ['r', 'f4'],
        ['i', 'f4'],
      ],
    };
  if (dtype === 'complex128')
    return {
      compound: [
        ['r', 'f8'],
        ['i', 'f8'],
      ],
    };
  if (dtype === 'record' || dtype === 'object')
    throw new H5TypeError(
      `the dtype '${dtype}' does not say how elements are stored: give one such as { compound: { x: 'f8' } }`,
    );
  return dtype as DType;
}

/** Elements as a user gets them: booleans, and pairs of numbers for complex ones. */
export function toElements(dtype: DTypeName, data: BlockData, int64?: 'bigint' | 'number'): Elements {
  if (dtype === 'bool') {
    const booleans = new Array<boolean>(data.length);
    for (let i = 0; i < booleans.length; i++) booleans[i] = data[i] === 1;
    return booleans;
  }
  if (widthOf(dtype) === 2) {
    const pairs = new Array<[number, number]>(data.length / 2);
    for (let i = 0; i < pairs.length; i++) pairs[i] = [data[2 * i] as number, data[2 * i + 1] as number];
    return pairs;
  }
  if (int64 === 'number' && (data instanceof BigInt64Array || data instanceof BigUint64Array))
    return exactNumbers(data);
  return data;
}

/** One element as a user gets it. */
export function toElement(dtype: DTypeName, data: BlockData, int64?: 'bigint' | 'number'): unknown {
  return toElements(dtype, data, int64)[0];
}

function misfit(dtype: DTypeName, index: number, value: unknown, why = ''): never {
  const shown =
    typeof value === 'string'
      ? JSON.stringify(value)
      : typeof value === 'bigint'
        ? `${value}n`
        : String(value);
  throw new H5TypeError(`element ${index}: ${shown} does not fit the dtype '${dtype}'${why}`);
}

/**
 * The elements of a dtype that values are: typed arrays of the same numbers as they are, all else is converted.
 *
 * @throws {H5TypeError} when a value is not exactly one of the dtype; only floats are rounded.
 */
export function toBlockData(dtype: DTypeName, values: ArrayLike<unknown>): BlockData {
  const numbers = NUMBERS[dtype];
  if (!numbers) return Array.isArray(values) ? values : Array.from(values);
  const [Make, , width] = numbers;
  if (dtype === 'bool') return toBooleans(values);
  if (width === 2) return toComplex(dtype, Make, values);
  // `Uint8Array` stands for more than `uint8`; an array of the same class is one of the same numbers.
  if (values.constructor === Make) return values as BlockData;
  const { length } = values;
  const result = new Make(length);
  if (result instanceof BigInt64Array || result instanceof BigUint64Array) {
    for (let i = 0; i < length; i++) {
      const value = values[i];
      if (typeof value !== 'bigint' && !Number.isInteger(value)) misfit(dtype, i, value);
      const integer = BigInt(value as number);
      result[i] = integer;
      if (result[i] !== integer) misfit(dtype, i, value);
    }
    return result;
  }
  const isFloat = dtype.startsWith('f');
  for (let i = 0; i < length; i++) {
    const value = values[i];
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number !== 'number') misfit(dtype, i, value);
    result[i] = number;
    if (result[i] === number) continue;
    if (!isFloat) misfit(dtype, i, value, fitting(number));
    if (Math.abs(result[i] as number) === Number.POSITIVE_INFINITY) misfit(dtype, i, value, fitting(number));
  }
  return result;
}

function fitting(value: number): string {
  return Number.isInteger(value) || Number.isFinite(value)
    ? `; convert it, or the array with astype('${Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? 'int32' : 'float64'}')`
    : "; the dtype 'float64' holds it";
}

function toBooleans(values: ArrayLike<unknown>): Uint8Array {
  const { length } = values;
  const result = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const value = values[i];
    if (value === true || value === 1) result[i] = 1;
    else if (value !== false && value !== 0) misfit('bool', i, value);
  }
  return result;
}

function toComplex(dtype: DTypeName, Make: Maker, values: ArrayLike<unknown>): BlockData {
  const { length } = values;
  const result = new Make(2 * length);
  for (let i = 0; i < length; i++) {
    const value = values[i];
    const [real, imaginary] = typeof value === 'number' ? [value, 0] : partsOf(value);
    if (typeof real !== 'number' || typeof imaginary !== 'number')
      misfit(dtype, i, value, ': give a number, a pair [real, imaginary], or { re, im }');
    result[2 * i] = real;
    result[2 * i + 1] = imaginary;
  }
  return result;
}

function partsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const pair = value as ArrayLike<unknown>;
    return pair.length === 2 ? [pair[0], pair[1]] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  // As a record of a dataset, and as what functions of numpy return.
  const { r, i, re = r, im = i } = value as { r?: unknown; i?: unknown; re?: unknown; im?: unknown };
  return [re, im];
}

/** Elements of one dtype as those of another, as numpy's `astype` converts them. */
export function convert(data: BlockData, from: DTypeName, to: DTypeName): BlockData {
  if (from === to) return data;
  if (to === 'object') return [...toElements(from, data)] as unknown[];
  if (to === 'str') return toText(from, data);
  if (!isNumeric(from)) return fromValues(from, data as unknown[], to);
  if (to === 'record') throw new H5TypeError(`elements of the dtype '${from}' are no records`);
  const fromWidth = widthOf(from);
  const width = widthOf(to);
  const count = data.length / fromWidth;
  const result = makeData(to, count) as Float64Array;
  const numbers = data as Float64Array;
  if (to === 'bool') {
    for (let i = 0; i < count; i++) {
      let isSet = false;
      for (let k = 0; k < fromWidth; k++) isSet ||= Boolean(numbers[i * fromWidth + k]);
      result[i] = Number(isSet);
    }
    return result;
  }
  if ((result as unknown) instanceof BigInt64Array || (result as unknown) instanceof BigUint64Array) {
    const wide = result as unknown as BigInt64Array;
    for (let i = 0; i < count; i++) {
      const value = data[i * fromWidth] as number | bigint;
      wide[i] =
        typeof value === 'bigint' ? value : Number.isFinite(value) ? BigInt(Math.trunc(value)) : -(2n ** 63n);
    }
    return result;
  }
  const isWide = data instanceof BigInt64Array || data instanceof BigUint64Array;
  const isFloat = to.startsWith('f') || width === 2;
  for (let i = 0; i < count; i++) {
    const value = data[i * fromWidth] as number | bigint;
    // Of a wide integer the low bits stay.
    const number = isWide ? Number(isFloat ? value : BigInt.asIntN(32, value as bigint)) : (value as number);
    result[i * width] = number;
    if (width === 2 && fromWidth === 2) result[2 * i + 1] = numbers[2 * i + 1] as number;
  }
  return result;
}

function toText(from: DTypeName, data: BlockData): string[] {
  const values = toElements(from, data);
  const isFloat = from.startsWith('float');
  const digits = digitsOf(from);
  return Array.from(values, (value) => textOf(value, isFloat, digits));
}

/** Numbers from texts, or from other values. */
function fromValues(from: DTypeName, values: readonly unknown[], to: DTypeName): BlockData {
  if (!isNumeric(to)) {
    if (to === 'record' && values.every((value) => typeof value === 'object' && value !== null))
      return [...values];
    throw new H5TypeError(`elements of the dtype '${from}' do not become '${to}'`);
  }
  const result = values.map((value, i) => {
    if (typeof value !== 'string') return value;
    const number = numberOf(value, to);
    if (number === undefined)
      throw new H5TypeError(`element ${i}: ${JSON.stringify(value)} is no number of the dtype '${to}'`);
    return number;
  });
  return toBlockData(to, result);
}

function numberOf(text: string, to: DTypeName): unknown {
  if (to === 'bool') {
    const word = text.trim();
    if (word === 'True' || word === 'true') return true;
    if (word === 'False' || word === 'false') return false;
  } else if (!to.includes('int')) return floatOf(text);
  const whole = integerOf(text);
  if (whole === undefined || to.endsWith('64')) return whole;
  return to === 'bool' ? whole !== 0n : Number(whole);
}
