import { H5TypeError } from '../errors.js';
import type { Extent } from '../hdf5/file-builder.js';

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
const FIXED_SIZE_SLACK = 32;

/** The bytes that each string of a column takes in the file; 0 if that varies. */
export function sizeOfEach({ bytes, ends, longest, plain, fixedSize }: TextColumn): number {
  const { length } = ends;
  const auto = plain && length * longest <= bytes.length + length * FIXED_SIZE_SLACK;
  return fixedSize ?? (auto ? Math.max(1, longest) : 0);
}

/** Longer strings are left to the platform's encoder; for short ones the call takes longer than the loop. */
const SHORT = 64;

const encoder = /* @__PURE__ */ new TextEncoder();

/** Encodes strings one after another: one loop over all of them, without a call for each. (Back: `splitText`.) */
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
    let position = this.#position;
    let bytes = this.#bytes;
    let longest = this.#longest;
    for (let i = 0; i < count; i++) {
      const text = values[i];
      const start = position;
      if (typeof text === 'string') {
        const { length } = text;
        if (position + length * 3 > bytes.length) bytes = this.#grow(position, length * 3);
        let j = 0;
        if (length <= SHORT) {
          for (; j < length; j++) {
            const unit = text.charCodeAt(j);
            // Only what is neither NUL nor beyond ASCII.
            if ((unit - 1) >>> 0 >= 0x7f) break;
            bytes[position + j] = unit;
          }
        }
        position = j === length ? position + j : this.#encode(text, position);
        if (position - start > longest) longest = position - start;
      } else if (!lenient) {
        return false;
      }
      ends[this.#count + i] = position;
    }
    this.#count += count;
    this.#position = position;
    this.#longest = longest;
    return true;
  }

  #grow(position: number, needed: number): Uint8Array<ArrayBuffer> {
    if (position + needed > 0xffffffff) throw new H5TypeError('a list of strings of more than 4 GB');
    const grown = new Uint8Array(Math.max(position + needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, position));
    this.#bytes = grown;
    return grown;
  }

  /** Encodes any string at a position and returns where it ends. */
  #encode(text: string, position: number): number {
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(position));
    if (text.includes('\0')) this.#plain = false;
    if (/\p{Surrogate}/u.test(text)) {
      this.#plain = false;
      restoreSurrogates(text, this.#bytes, position);
    }
    return position + written;
  }

  finish(): TextColumn {
    const bytes = this.#bytes.subarray(0, this.#position);
    return { bytes, ends: this.#ends, longest: this.#longest, plain: this.#plain };
  }
}

/** UTF-8 has U+FFFD, also three bytes, in the place of each lone surrogate of the text: puts them back. */
export function restoreSurrogates(text: string, bytes: Uint8Array, start: number): void {
  let position = start;
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    if (code >= 0xd800 && code <= 0xdfff) {
      bytes[position] = 0xed;
      bytes[position + 1] = 0x80 | ((code >> 6) & 0x3f);
      bytes[position + 2] = 0x80 | (code & 0x3f);
    }
    position += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
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
    let from = 0;
    for (let i = 0; i < ends.length; i++) {
      const end = ends[i] as number;
      let to = position + i * this.#size;
      while (from < end) target[to++] = bytes[from++] as number;
    }
  }
}
