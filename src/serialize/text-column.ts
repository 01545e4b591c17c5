import { H5TypeError } from '../errors.js';
import { ByteWriter } from '../hdf5/byte-writer.js';
import { viewOf } from '../hdf5/endian.js';
import type { Extent } from '../hdf5/file-builder.js';
import {
  FULL_COLLECTION,
  GlobalHeapBuilder,
  HEADER,
  MIN_COLLECTION,
  padded,
} from '../hdf5/indexes/global-heap.js';
import { utf8Encoder } from '../hdf5/text.js';
import { encodeWtf8 } from './wtf8.js';

/** The bytes of many strings, one after another, as WTF-8, which is UTF-8 for valid Unicode. */
export interface TextColumn {
  readonly bytes: Uint8Array;
  /** Where each string ends in `bytes`; it begins where the one before ends. */
  readonly ends: Uint32Array;
  /** The most bytes that one string takes. */
  readonly longest: number;
  /** Whether HDF5 can hold all of them as strings: valid Unicode, without U+0000. */
  readonly plain: boolean;
  /** The bytes that each is to take in the file; 0: as many as it has. Undefined: what takes less. */
  readonly fixedSize?: number;
}

/** A string that varies by at most this many bytes a string on average is stored with a fixed size. */
export const FIXED_SIZE_SLACK = 32;

/** The bytes that each string of a column takes in the file; 0 if that varies. */
export function sizeOfEach({ bytes, ends, longest, plain, fixedSize }: TextColumn): number {
  const { length } = ends;
  const auto = plain && length * longest <= bytes.length + length * FIXED_SIZE_SLACK;
  return fixedSize ?? (auto ? Math.max(1, longest) : 0);
}

/** Strings are encoded together, as many as come to this many UTF-16 code units. */
const BATCH = 1 << 14;

/** Encodes strings one after another: many by one call, whose result is measured. (Back: `splitText`.) */
export class TextColumnBuilder {
  readonly #ends: Uint32Array;
  #bytes: Uint8Array<ArrayBuffer>;
  #count = 0;
  #position = 0;
  #longest = 0;
  #plain = true;

  constructor(count: number) {
    this.#ends = new Uint32Array(count);
    // Memory that is not written to costs next to nothing, to grow costs a copy.
    this.#bytes = new Uint8Array(Math.max(64, count * 32));
  }

  /** Takes in the first `count` of the values. One that is no string is an empty string, or the end. */
  append(values: readonly unknown[], count: number, lenient: boolean): boolean {
    const ends = this.#ends;
    const first = this.#count;
    let text = '';
    for (let i = 0; i < count; i++) {
      const value = values[i];
      if (typeof value === 'string') {
        // To look at it also makes the string one piece in memory, if it has been put together of many: for good, where
        // encoding it as a part of another would go through all its pieces each time.
        if (value.charCodeAt(0) === 0) this.#plain = false;
        if (text !== '' && text.length + value.length > BATCH) {
          this.#encode(text, first + i);
          text = '';
        }
        text += value;
      } else if (!lenient) return false;
      // For the time being, where it ends in the text.
      ends[first + i] = text.length;
    }
    this.#encode(text, first + count);
    return true;
  }

  /** Encodes the text that the next strings make, up to the string `to`. */
  #encode(text: string, to: number): void {
    const ends = this.#ends;
    const bytes = this.#reserve(text.length * 3);
    let position = this.#position;
    const { written } = utf8Encoder.encodeInto(text, bytes.subarray(position));
    if (text.includes('\0')) this.#plain = false;
    const isAscii = written === text.length;
    let isWhole = isAscii || text.isWellFormed();
    let unit = 0;
    for (let i = this.#count; i < to; i++) {
      const end = ends[i] as number;
      const start = position;
      if (isAscii) position += end - unit;
      else if (isWhole) {
        for (let left = end - unit; left > 0; left--) {
          const lead = bytes[position] as number;
          // Two code units, of which one belongs to the next string: halves of a pair that met in the text.
          if (lead >= 0xf0 && --left === 0) isWhole = false;
          position += lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        }
      }
      if (!isWhole) {
        const own = text.slice(unit, end);
        const encoded = encodeWtf8(own);
        bytes.set(encoded, start);
        position = start + encoded.length;
        if (!own.isWellFormed()) this.#plain = false;
      }
      unit = end;
      ends[i] = position;
      if (position - start > this.#longest) this.#longest = position - start;
    }
    this.#count = to;
    this.#position = position;
  }

  #reserve(needed: number): Uint8Array {
    const position = this.#position;
    if (position + needed > this.#bytes.length) {
      if (position + needed > 0xffffffff) throw new H5TypeError('strings of more than 4 GB');
      // About what all strings take, if the others are like those so far; a half too much would be memory for nothing.
      const all = (position / (this.#count + 1)) * this.#ends.length * 1.1;
      const grown = new Uint8Array(Math.max(position + needed, Math.min(all, this.#bytes.length * 16)));
      grown.set(this.#bytes.subarray(0, position));
      this.#bytes = grown;
    }
    return this.#bytes;
  }

  finish(): TextColumn {
    const bytes = this.#bytes.subarray(0, this.#position);
    return { bytes, ends: this.#ends, longest: this.#longest, plain: this.#plain };
  }
}

/** The strings of a column as `size` bytes each, padded with NUL; written in the place where they are to stand. */
export class FixedSizeText implements Extent {
  readonly #column: TextColumn;
  readonly #size: number;
  readonly length: number;

  constructor(column: TextColumn, size: number) {
    this.#column = column;
    this.#size = size;
    this.length = column.ends.length * size;
  }

  writeTo(target: Uint8Array, position: number): void {
    const { bytes, ends } = this.#column;
    const source = viewOf(bytes);
    const view = viewOf(target);
    let from = 0;
    for (let i = 0; i < ends.length; i++) {
      const end = ends[i] as number;
      let to = position + i * this.#size;
      // Four bytes at a time: twice as fast as one by one; a call for each string takes longer than either.
      for (; from + 4 <= end; from += 4, to += 4) view.setInt32(to, source.getInt32(from));
      while (from < end) target[to++] = bytes[from++] as number;
    }
  }
}

/**
 * The strings of a column as the elements of a variable-length dataset and, behind these, the global heap that holds them;
 * written in the place where they are to stand.
 */
export class HeapText implements Extent {
  readonly length: number;
  readonly #column: TextColumn;
  #address = 0;

  constructor(column: TextColumn) {
    this.#column = column;
    const { ends } = column;
    // As GlobalHeapBuilder divides them.
    let size = ends.length * 16;
    let used = HEADER;
    for (let i = 0, start = 0; i < ends.length; i++) {
      const end = ends[i] as number;
      const needed = end > start ? HEADER + padded(end - start) : 0;
      if (used > HEADER && used + needed > FULL_COLLECTION) {
        size += Math.max(used, MIN_COLLECTION);
        used = HEADER;
      }
      used += needed;
      start = end;
    }
    this.length = size + Math.max(used, MIN_COLLECTION);
  }

  placed(address: number): void {
    this.#address = address;
  }

  writeTo(target: Uint8Array<ArrayBuffer>, position: number): void {
    const { bytes, ends } = this.#column;
    const elements = new ByteWriter(target, position);
    const heap = new GlobalHeapBuilder(new ByteWriter(target, position + ends.length * 16));
    for (let i = 0, start = 0; i < ends.length; i++) {
      const end = ends[i] as number;
      if (end > start) {
        target.set(bytes.subarray(start, end), heap.allocate(end - start));
        elements.u32(end - start);
        elements.u64(this.#address - position + heap.collection);
        elements.u32(heap.index);
      } else elements.zeros(16);
      start = end;
    }
    heap.close();
  }
}
