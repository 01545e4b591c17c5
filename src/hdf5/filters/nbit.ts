import { H5FormatError, H5TypeError } from '../../errors.js';
import { type Datatype, MAX_DATATYPE_DEPTH } from '../messages/datatype.js';
import { BitReader, BitWriter } from './bit-stream.js';
import { chunkElements, type Filter, noOptions } from './filter.js';

/**
 * Filter 5: keeps of each number only the bits that its datatype says are significant. They follow one another
 * without gaps, the highest first; the other bits are zeros when they are read back. The client data are how many
 * values they are, whether nothing is to be done, the number of elements, and the datatype:
 *
 *     1, size, byte order, precision, offset                 a number
 *     2, size, datatype of the base                          an array
 *     3, size, count, then for each: offset, datatype        a compound
 *     4, size                                                anything else, whose bytes are kept as they are
 */
export const nbit: Filter = {
  id: 5,
  name: 'nbit',
  decode(bytes, values, limit) {
    const packing = readPacking(values, limit);
    if (packing === undefined) return bytes;
    const { count, type } = packing;
    if (count * type.bits > bytes.length * 8) damaged('its end is missing');
    const result = new Uint8Array(count * type.size);
    unpack(new BitReader(bytes), type, result, 0, count);
    return result;
  },
  encode(bytes, values) {
    const packing = readPacking(values, Number.POSITIVE_INFINITY);
    if (packing === undefined) return bytes;
    const { count, type } = packing;
    if (count * type.size !== bytes.length) {
      throw new H5TypeError(`nbit is set up for ${count * type.size} bytes and gets ${bytes.length}`);
    }
    // libhdf5 writes one more byte where the last one is full.
    const result = new Uint8Array(Math.floor((count * type.bits) / 8) + 1);
    const out = new BitWriter(result);
    pack(out, type, bytes, 0, count);
    out.finish();
    return result;
  },
  configure(options, about) {
    noOptions('nbit', options);
    const values = [0, 0, chunkElements('nbit', about)];
    const needed = describe(values, about.datatype);
    if (values.length > MOST_VALUES)
      throw new H5TypeError('this datatype has too many parts for the filter nbit');
    if (!needed) values[1] = 1;
    values[0] = values.length;
    return values;
  },
};

const ATOMIC = 1;
const ARRAY = 2;
const COMPOUND = 3;
const OTHER = 4;

/** libhdf5's limit. */
const MOST_VALUES = 4096;

function damaged(what: string): never {
  throw new H5FormatError(-1, `a chunk packed with nbit is damaged: ${what}`);
}

/** A datatype as far as its bits matter. */
type Packed = Atomic | Repeated | Grouped;

/** A number, or one byte of other things: a piece of each of some bytes, in the order of the stream. */
interface Atomic {
  readonly kind: typeof ATOMIC;
  readonly size: number;
  readonly bits: number;
  /** The byte of the first piece, the way to the next one (1 or -1), and how many there are. */
  readonly first: number;
  readonly step: number;
  readonly pieces: number;
  /** The bits of the first piece and of the last one; those between them are whole bytes. */
  readonly firstWidth: number;
  readonly lastWidth: number;
  /** How far left the last piece stands in its byte. */
  readonly shift: number;
}

interface Repeated {
  readonly kind: typeof ARRAY;
  readonly size: number;
  readonly bits: number;
  readonly count: number;
  readonly base: Packed;
}

interface Grouped {
  readonly kind: typeof COMPOUND;
  readonly size: number;
  readonly bits: number;
  readonly offsets: readonly number[];
  readonly members: readonly Packed[];
}

/**
 * What the client data tell: `count` elements of a datatype, at most `limit` bytes together. Undefined where the bytes
 * are stored as they are.
 */
function readPacking(values: readonly number[], limit: number): { count: number; type: Packed } | undefined {
  if (values.length < 3 || values[0] !== values.length)
    damaged('its client data do not have the length they tell');
  if (values[1] !== 0) return undefined;
  const count = values[2];
  return { count, type: new Parameters(values).datatype(0, count === 0 ? limit : limit / count) };
}

/** The client data after the first three. */
class Parameters {
  readonly #values: readonly number[];
  #position = 3;

  constructor(values: readonly number[]) {
    this.#values = values;
  }

  #next(): number {
    if (this.#position >= this.#values.length) damaged('its client data are too short');
    return this.#values[this.#position++];
  }

  /** A datatype of at most `most` bytes: so what is done for one element is never more than its size allows. */
  datatype(depth: number, most: number): Packed {
    if (depth > MAX_DATATYPE_DEPTH) damaged('its datatype is nested too deeply');
    const kind = this.#next();
    const size = this.#next();
    if (size === 0 || size > most) damaged('its datatype has parts that are larger than the whole');
    switch (kind) {
      case ATOMIC:
        return atomic(size, this.#next(), this.#next(), this.#next());
      case ARRAY: {
        if (this.#values[this.#position] === OTHER) {
          // The size of such a base is not needed, and libhdf5 does not look at it.
          this.#position += 2;
          return others(size);
        }
        const base = this.datatype(depth + 1, size);
        const count = Math.floor(size / base.size);
        return { kind, size, bits: count * base.bits, count, base };
      }
      case COMPOUND: {
        const offsets: number[] = [];
        const members: Packed[] = [];
        let left = size;
        let bits = 0;
        for (let count = this.#next(); count > 0; count--) {
          const offset = this.#next();
          const member = this.datatype(depth + 1, Math.min(left, size - offset));
          left -= member.size;
          bits += member.bits;
          offsets.push(offset);
          members.push(member);
        }
        return { kind, size, bits, offsets, members };
      }
      case OTHER:
        return others(size);
      default:
        return damaged(`its datatype has a part of the unknown kind ${kind}`);
    }
  }
}

function others(size: number): Repeated {
  return { kind: ARRAY, size, bits: 8 * size, count: size, base: atomic(1, 0, 8, 0) };
}

function atomic(size: number, order: number, precision: number, offset: number): Atomic {
  const top = precision + offset;
  if (order > 1 || precision === 0 || top > size * 8) {
    damaged('its datatype has a number whose bits lie outside of it');
  }
  // Counted from the byte with the lowest bits.
  const first = Math.ceil(top / 8) - 1;
  const last = Math.floor(offset / 8);
  const shift = offset - 8 * last;
  return {
    kind: ATOMIC,
    size,
    bits: precision,
    first: order === 0 ? first : size - 1 - first,
    step: order === 0 ? -1 : 1,
    pieces: first - last + 1,
    firstWidth: first === last ? precision : top - 8 * first,
    lastWidth: 8 - shift,
    shift,
  };
}

function unpack(input: BitReader, type: Packed, to: Uint8Array, at: number, count: number): void {
  switch (type.kind) {
    case ATOMIC: {
      const { size, first, step, pieces, firstWidth, lastWidth, shift } = type;
      for (let place = at + first; count > 0; count--, place += size) {
        if (pieces === 1) {
          to[place] = input.take(firstWidth) << shift;
          continue;
        }
        const last = place + step * (pieces - 1);
        to[place] = input.take(firstWidth);
        for (let i = place + step; i !== last; i += step) to[i] = input.take(8);
        to[last] = input.take(lastWidth) << shift;
      }
      return;
    }
    case ARRAY:
      for (; count > 0; count--, at += type.size) unpack(input, type.base, to, at, type.count);
      return;
    case COMPOUND: {
      const { offsets, members } = type;
      for (; count > 0; count--, at += type.size) {
        for (let i = 0; i < members.length; i++) unpack(input, members[i], to, at + offsets[i], 1);
      }
    }
  }
}

function pack(out: BitWriter, type: Packed, from: Uint8Array, at: number, count: number): void {
  switch (type.kind) {
    case ATOMIC: {
      const { size, first, step, pieces, firstWidth, lastWidth, shift } = type;
      for (let place = at + first; count > 0; count--, place += size) {
        if (pieces === 1) {
          out.put(from[place] >> shift, firstWidth);
          continue;
        }
        const last = place + step * (pieces - 1);
        out.put(from[place], firstWidth);
        for (let i = place + step; i !== last; i += step) out.put(from[i], 8);
        out.put(from[last] >> shift, lastWidth);
      }
      return;
    }
    case ARRAY:
      for (; count > 0; count--, at += type.size) pack(out, type.base, from, at, type.count);
      return;
    case COMPOUND: {
      const { offsets, members } = type;
      for (; count > 0; count--, at += type.size) {
        for (let i = 0; i < members.length; i++) pack(out, members[i], from, at + offsets[i], 1);
      }
    }
  }
}

/** Adds the client data of a datatype. Returns whether any of its bits are not significant. */
function describe(values: number[], type: Datatype, depth = 0): boolean {
  switch (type.class) {
    case 'fixed-point':
    case 'floating-point':
      values.push(ATOMIC, type.size, type.bigEndian ? 1 : 0, type.bitPrecision, type.bitOffset);
      return type.bitOffset !== 0 || type.bitPrecision !== type.size * 8;
    case 'array':
      values.push(ARRAY, type.size);
      return describe(values, type.base, depth + 1);
    case 'compound': {
      values.push(COMPOUND, type.size, type.members.length);
      let needed = false;
      for (const member of type.members) {
        values.push(member.offset);
        if (describe(values, member.type, depth + 1)) needed = true;
      }
      return needed;
    }
    default:
      // Alone, it needs no description: nothing is done.
      if (depth > 0) values.push(OTHER, type.size);
      return false;
  }
}
