import { H5FeatureError, H5FormatError, H5TypeError } from '../../errors.js';
import { BitReader, BitWriter } from './bit-stream.js';
import { chunkElements, type Filter, numberOption } from './filter.js';

/**
 * Filter 6: keeps of each number its distance from the least one in the chunk, in as few bits as will do. Floating
 * point numbers are rounded to a number of decimal digits before, so they lose what comes after. The distance that
 * has all bits set stands for the fill value, if the dataset has one.
 *
 * A chunk begins with 21 bytes: the number of bits (4 bytes), the size of the least value (1: always 8), the least
 * value (16 bytes, of which 8 are used), all little-endian.
 *
 * Its option is a number: for integers the bits of a distance, by default or with 0 as many as the chunk needs; for
 * floating-point numbers the decimal digits, which have no default.
 */
export const scaleOffset: Filter = {
  id: 6,
  name: 'scaleoffset',
  decode(bytes, values, limit) {
    const format = readFormat(values);
    if (format.full) return bytes;
    const { count, size } = format;
    if (count * size > limit)
      damaged(`${count} elements of ${size} bytes are more than the ${limit} of a chunk`);
    if (bytes.length < HEADER) damaged('its head is missing');
    const head = new DataView(bytes.buffer, bytes.byteOffset, HEADER);
    const bits = head.getUint32(0, true);
    if (bits > size * 8) damaged(`it has ${bits} bits for each number of ${size} bytes`);
    if (HEADER + (count * bits) / 8 > bytes.length) damaged('its end is missing');

    const result = new Uint8Array(count * size);
    const to = new DataView(result.buffer);
    if (bits === size * 8) {
      result.set(bytes.subarray(HEADER, HEADER + result.length));
      if (format.bigEndian) reverse(result, size);
      return result;
    }
    const minimumSize = Math.min(head.getUint8(4), 8);
    const minimum = new DataView(new ArrayBuffer(8));
    for (let i = 0; i < minimumSize; i++) minimum.setUint8(i, head.getUint8(5 + i));
    const input = new BitReader(bytes, HEADER);
    if (format.float) decodeFloats(input, format, bits, minimum, to);
    else if (size === 8) decodeWide(input, format, bits, minimum, to);
    else decodeNarrow(input, format, bits, minimum, to);
    return result;
  },

  encode(bytes, values) {
    const format = readFormat(values);
    if (format.full) return bytes;
    if (format.count * format.size !== bytes.length) {
      throw new H5TypeError(
        `scaleoffset is set up for ${format.count * format.size} bytes and gets ${bytes.length}`,
      );
    }
    const from = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    // A larger result is stored, too: see deflate.
    return format.float
      ? encodeFloats(from, format)
      : format.size === 8
        ? encodeWide(from, format)
        : encodeNarrow(from, format);
  },

  configure(options, about) {
    const { datatype, fillValue } = about;
    const values = new Array<number>(VALUES).fill(0);
    values[2] = chunkElements('scaleoffset', about);
    if (datatype.class === 'fixed-point' && [1, 2, 4, 8].includes(datatype.size)) {
      values[0] = INTEGERS;
      values[1] = numberOption('scaleoffset', 'a number of bits', options, 0, datatype.size * 8, 0);
      values[5] = datatype.signed ? 1 : 0;
    } else if (datatype.class === 'floating-point' && (datatype.size === 4 || datatype.size === 8)) {
      values[0] = DECIMAL_DIGITS;
      values[1] = numberOption('scaleoffset', 'a number of decimal digits', options, -400, 400) >>> 0;
      values[3] = 1;
    } else {
      throw new H5TypeError(
        'the filter scaleoffset is for integers of 1, 2, 4 and 8 bytes and floating-point numbers of 4 and 8',
      );
    }
    values[4] = datatype.size;
    values[6] = datatype.bigEndian ? 1 : 0;
    values[7] = 1;
    if (fillValue !== undefined) {
      if (fillValue.length !== datatype.size) {
        throw new H5TypeError(`a fill value of ${fillValue.length} bytes for elements of ${datatype.size}`);
      }
      for (let i = 0; i < fillValue.length; i++) {
        const byte = fillValue[datatype.bigEndian ? fillValue.length - 1 - i : i];
        values[8 + (i >> 2)] = (values[8 + (i >> 2)] | (byte << (8 * (i & 3)))) >>> 0;
      }
    }
    return values;
  },
};

/** Client data: scale type, scale factor, count, class, size, sign, order, whether there is a fill value, and it. */
const VALUES = 20;
const DECIMAL_DIGITS = 0;
const EXPONENT_BITS = 1;
const INTEGERS = 2;

/** The bytes before the distances. */
const HEADER = 21;

const TWO_32 = 0x100000000;

interface Format {
  /** Whether the numbers are stored as they are. */
  readonly full: boolean;
  readonly count: number;
  readonly size: number;
  readonly float: boolean;
  readonly signed: boolean;
  readonly bigEndian: boolean;
  /** For integers, the bits of a distance, 0 if each chunk tells; for floating-point numbers, decimal digits. */
  readonly factor: number;
  readonly fill: DataView | undefined;
}

function damaged(what: string): never {
  throw new H5FormatError(-1, `a chunk stored with scaleoffset is damaged: ${what}`);
}

function readFormat(values: readonly number[]): Format {
  if (values.length !== VALUES) damaged(`it has ${values.length} client values, expected ${VALUES}`);
  const [scale, factor, count, numberClass, size, sign, order, hasFill] = values;
  const float = numberClass === 1;
  if (scale === EXPONENT_BITS) throw new H5FeatureError('the E-scaling of the filter scaleoffset');
  if (numberClass > 1 || sign > 1 || order > 1 || (float ? scale !== DECIMAL_DIGITS : scale !== INTEGERS)) {
    damaged('its client data contradict one another');
  }
  if (float ? size !== 4 && size !== 8 : size !== 1 && size !== 2 && size !== 4 && size !== 8) {
    damaged(`it has numbers of ${size} bytes`);
  }
  const bits = Math.max(factor | 0, 0);
  if (!float && bits > size * 8) damaged(`its client data ask for ${bits} bits for numbers of ${size} bytes`);
  let fill: DataView | undefined;
  if (hasFill !== 0) {
    fill = new DataView(new ArrayBuffer(8));
    fill.setUint32(0, values[8], true);
    fill.setUint32(4, values[9], true);
  }
  return {
    full: !float && bits === size * 8,
    count,
    size,
    float,
    signed: sign === 1,
    bigEndian: order === 1,
    factor: float ? factor | 0 : bits,
    fill,
  };
}

/** Reverses the bytes of each number, in place. */
function reverse(bytes: Uint8Array, size: number): void {
  for (let start = 0; start < bytes.length; start += size) {
    for (let i = start, j = start + size - 1; i < j; i++, j--) {
      const byte = bytes[i];
      bytes[i] = bytes[j];
      bytes[j] = byte;
    }
  }
}

/** The next number of up to 32 bits; none for 0 bits. */
function take(input: BitReader, bits: number): number {
  if (bits <= 16) return bits === 0 ? 0 : input.take(bits);
  const high = input.take(bits - 16);
  return high * 0x10000 + input.take(16);
}

function put(out: BitWriter, value: number, bits: number): void {
  if (bits <= 16) {
    if (bits > 0) out.put(value, bits);
  } else {
    out.put(value >>> 16, bits - 16);
    out.put(value, 16);
  }
}

/** The bits that numbers up to `high * 2^32 + low` need. */
function bitsFor(high: number, low: number): number {
  return high !== 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(low);
}

/** The bytes of a chunk before the distances are written. There is one more than they need, as libhdf5 has it. */
function begin(count: number, bits: number): { result: Uint8Array; head: DataView; out: BitWriter } {
  const result = new Uint8Array(HEADER + Math.floor((count * bits) / 8) + 1);
  const head = new DataView(result.buffer);
  head.setUint32(0, bits, true);
  head.setUint8(4, 8);
  return { result, head, out: new BitWriter(result, HEADER) };
}

/** A chunk whose numbers need all their bits. */
function unchanged(from: DataView, { size, bigEndian }: Format): Uint8Array {
  const result = new Uint8Array(HEADER + from.byteLength);
  result[0] = size * 8;
  result[4] = 8;
  const numbers = result.subarray(HEADER);
  numbers.set(new Uint8Array(from.buffer, from.byteOffset, from.byteLength));
  if (bigEndian) reverse(numbers, size);
  return result;
}

// Integers of 1, 2 and 4 bytes: numbers of 32 bits hold them.

function getNarrow(view: DataView, at: number, size: number, signed: boolean, little: boolean): number {
  if (size === 4) return signed ? view.getInt32(at, little) : view.getUint32(at, little);
  if (size === 2) return signed ? view.getInt16(at, little) : view.getUint16(at, little);
  return signed ? view.getInt8(at) : view.getUint8(at);
}

function setNarrow(view: DataView, at: number, size: number, little: boolean, value: number): void {
  if (size === 4) view.setInt32(at, value, little);
  else if (size === 2) view.setInt16(at, value, little);
  else view.setInt8(at, value);
}

function decodeNarrow(input: BitReader, format: Format, bits: number, minimum: DataView, to: DataView): void {
  const { count, size, fill, bigEndian } = format;
  const least = minimum.getInt32(0, true);
  const filled = fill === undefined ? 0 : fill.getInt32(0, true);
  const mark = fill === undefined ? -1 : 2 ** bits - 1;
  for (let i = 0, at = 0; i < count; i++, at += size) {
    const distance = take(input, bits);
    setNarrow(to, at, size, !bigEndian, distance === mark ? filled : (distance + least) | 0);
  }
}

function encodeNarrow(from: DataView, format: Format): Uint8Array {
  const { count, size, signed, fill, bigEndian } = format;
  const little = !bigEndian;
  const filled = fill === undefined ? Number.NaN : getNarrow(fill, 0, size, signed, true);
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0, at = 0; i < count; i++, at += size) {
    const value = getNarrow(from, at, size, signed, little);
    if (value === filled) continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (least > most) least = most = 0;
  const span = most - least;
  // One distance more is needed for the fill value.
  // Each chunk tells its bits, so it may have more than the user asked for: it would lose numbers otherwise.
  const bits = Math.max(format.factor, bitsFor(0, fill === undefined ? span : span + 1));
  if (bits >= size * 8 || span > 0xfffffffd) return unchanged(from, format);

  const { result, head, out } = begin(count, bits);
  head.setInt32(5, least, true);
  head.setInt32(9, least < 0 ? -1 : 0, true);
  const mark = 2 ** bits - 1;
  for (let i = 0, at = 0; i < count; i++, at += size) {
    const value = getNarrow(from, at, size, signed, little);
    put(out, value === filled ? mark : value - least, bits);
  }
  out.finish();
  return result;
}

// Integers of 8 bytes, as two halves: far faster than bigints.

function decodeWide(input: BitReader, format: Format, bits: number, minimum: DataView, to: DataView): void {
  const { count, fill, bigEndian } = format;
  const little = !bigEndian;
  const lowAt = bigEndian ? 4 : 0;
  const highAt = 4 - lowAt;
  const leastLow = minimum.getUint32(0, true);
  const leastHigh = minimum.getInt32(4, true);
  const filledLow = fill === undefined ? 0 : fill.getInt32(0, true);
  const filledHigh = fill === undefined ? 0 : fill.getInt32(4, true);
  const highBits = Math.max(bits - 32, 0);
  const lowBits = bits - highBits;
  const markHigh = fill === undefined ? -1 : 2 ** highBits - 1;
  const markLow = 2 ** lowBits - 1;
  for (let i = 0, at = 0; i < count; i++, at += 8) {
    const high = take(input, highBits);
    const low = take(input, lowBits);
    if (high === markHigh && low === markLow) {
      to.setInt32(at + lowAt, filledLow, little);
      to.setInt32(at + highAt, filledHigh, little);
    } else {
      const sum = low + leastLow;
      to.setInt32(at + lowAt, sum | 0, little);
      to.setInt32(at + highAt, (high + leastHigh + (sum >= TWO_32 ? 1 : 0)) | 0, little);
    }
  }
}

function encodeWide(from: DataView, format: Format): Uint8Array {
  const { count, signed, fill, bigEndian } = format;
  const little = !bigEndian;
  const lowAt = bigEndian ? 4 : 0;
  const highAt = 4 - lowAt;
  // The upper halves of signed numbers compare as unsigned ones do, once their sign bit is turned over.
  const turn = signed ? 0x80000000 : 0;
  const filledLow = fill === undefined ? -1 : fill.getUint32(0, true);
  const filledHigh = fill === undefined ? -1 : (fill.getUint32(4, true) ^ turn) >>> 0;
  let leastHigh = 0xffffffff;
  let leastLow = 0xffffffff;
  let mostHigh = 0;
  let mostLow = 0;
  let found = false;
  for (let i = 0, at = 0; i < count; i++, at += 8) {
    const low = from.getUint32(at + lowAt, little);
    const high = (from.getUint32(at + highAt, little) ^ turn) >>> 0;
    if (low === filledLow && high === filledHigh) continue;
    found = true;
    if (high < leastHigh || (high === leastHigh && low < leastLow)) {
      leastHigh = high;
      leastLow = low;
    }
    if (high > mostHigh || (high === mostHigh && low > mostLow)) {
      mostHigh = high;
      mostLow = low;
    }
  }
  if (!found) {
    leastHigh = mostHigh = turn;
    leastLow = mostLow = 0;
  }
  const borrow = mostLow < leastLow ? 1 : 0;
  let spanLow = mostLow - leastLow + borrow * TWO_32;
  let spanHigh = mostHigh - leastHigh - borrow;
  if (spanHigh === 0xffffffff && spanLow > 0xfffffffd) return unchanged(from, format);
  if (fill !== undefined) {
    spanLow++;
    if (spanLow === TWO_32) {
      spanLow = 0;
      spanHigh++;
    }
  }
  const bits = Math.max(format.factor, bitsFor(spanHigh, spanLow));
  if (bits >= 64) return unchanged(from, format);

  const { result, head, out } = begin(count, bits);
  head.setUint32(5, leastLow, true);
  head.setUint32(9, leastHigh ^ turn, true);
  const highBits = Math.max(bits - 32, 0);
  const lowBits = bits - highBits;
  for (let i = 0, at = 0; i < count; i++, at += 8) {
    const low = from.getUint32(at + lowAt, little);
    const high = (from.getUint32(at + highAt, little) ^ turn) >>> 0;
    const isFill = low === filledLow && high === filledHigh;
    put(out, isFill ? -1 : high - leastHigh - (low < leastLow ? 1 : 0), highBits);
    put(out, isFill ? -1 : low - leastLow, lowBits);
  }
  out.finish();
  return result;
}

// Floating-point numbers. Those of 4 bytes are computed in 4 bytes, as libhdf5 does.

function getFloat(view: DataView, at: number, size: number, little: boolean): number {
  return size === 4 ? view.getFloat32(at, little) : view.getFloat64(at, little);
}

const exact = (value: number) => value;

/** The power of ten. Parsed, since the operator is off by a bit for some. */
function powerOfTen(exponent: number): number {
  return Number(`1e${exponent}`);
}

function decodeFloats(input: BitReader, format: Format, bits: number, minimum: DataView, to: DataView): void {
  const { count, size, fill, bigEndian } = format;
  const little = !bigEndian;
  const round = size === 4 ? Math.fround : exact;
  const scale = round(powerOfTen(format.factor));
  const least = getFloat(minimum, 0, size, true);
  const highBits = Math.max(bits - 32, 0);
  const lowBits = bits - highBits;
  const markHigh = fill === undefined ? -1 : 2 ** highBits - 1;
  const markLow = 2 ** lowBits - 1;
  for (let i = 0, at = 0; i < count; i++, at += size) {
    const high = take(input, highBits);
    const low = take(input, lowBits);
    if (high === markHigh && low === markLow) {
      // As bytes, since a NaN can carry more than a number in JavaScript keeps.
      if (size === 4) to.setUint32(at, fill!.getUint32(0, true), little);
      else {
        to.setUint32(at + (little ? 0 : 4), fill!.getUint32(0, true), little);
        to.setUint32(at + (little ? 4 : 0), fill!.getUint32(4, true), little);
      }
    } else if (size === 4) {
      to.setFloat32(at, round(round(low) / scale) + least, little);
    } else {
      to.setFloat64(at, (high * TWO_32 + low) / scale + least, little);
    }
  }
}

function encodeFloats(from: DataView, format: Format): Uint8Array {
  const { count, size, fill, bigEndian } = format;
  const little = !bigEndian;
  const round = size === 4 ? Math.fround : exact;
  const scale = round(powerOfTen(format.factor));
  // What is this near to the fill value is taken for it.
  const near = round(powerOfTen(-format.factor));
  const filled = fill === undefined ? Number.NaN : getFloat(fill, 0, size, true);

  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0, at = 0; i < count; i++, at += size) {
    const value = getFloat(from, at, size, little);
    // Infinities and NaN have no distance from anything.
    if (!Number.isFinite(value)) return unchanged(from, format);
    if (Math.abs(round(value - filled)) < near) continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (least > most) least = most = 0;
  const scaledLeast = round(least * scale);
  const span = round(round(most * scale) - scaledLeast);
  // Here libhdf5 gives up; beyond the range of numbers, it would have to.
  if (!(span <= 2 ** (size * 8 - 1))) return unchanged(from, format);
  const last = Math.round(span) + (fill === undefined ? 0 : 1);
  const bits = bitsFor(Math.floor(last / TWO_32), last % TWO_32);
  if (bits >= size * 8) return unchanged(from, format);

  const { result, head, out } = begin(count, bits);
  if (size === 4) head.setFloat32(5, least, true);
  else head.setFloat64(5, least, true);
  const highBits = Math.max(bits - 32, 0);
  const lowBits = bits - highBits;
  for (let i = 0, at = 0; i < count; i++, at += size) {
    const value = getFloat(from, at, size, little);
    if (Math.abs(round(value - filled)) < near) {
      put(out, -1, highBits);
      put(out, -1, lowBits);
    } else {
      const distance = Math.round(round(round(value * scale) - scaledLeast));
      const high = Math.floor(distance / TWO_32);
      put(out, high, highBits);
      put(out, distance - high * TWO_32, lowBits);
    }
  }
  out.finish();
  return result;
}
