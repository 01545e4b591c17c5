import { H5FormatError, H5TypeError } from '../../errors.js';
import { chunkElements, type Filter, noOptions } from './filter.js';

/**
 * Filter 32000, which h5py brings along: LZF, fast and simple. The data are a row of these:
 *
 *     000lllll                    l + 1 bytes follow
 *     lllooooo oooooooo           copy l + 2 bytes (l is 1 to 6) from o + 1 bytes before
 *     111ooooo llllllll oooooooo  copy l + 9 bytes from o + 1 bytes before
 *
 * The client data are the versions of the filter and of the library, and the size of a chunk in bytes.
 */
export const lzf: Filter = {
  id: 32000,
  name: 'lzf',
  decode: decompress,
  encode(bytes, _values, optional) {
    const result = compress(bytes);
    return optional && result.length >= bytes.length ? undefined : result;
  },
  configure(options, about) {
    noOptions('lzf', options);
    const size = chunkElements('lzf', about) * about.datatype.size;
    if (size > 0xffffffff) throw new H5TypeError('the filter lzf takes chunks of less than 4 GB');
    return [FILTER_VERSION, LIBRARY_VERSION, size];
  },
};

const FILTER_VERSION = 4;
const LIBRARY_VERSION = 0x0105;

const LONGEST_RUN = 32;
const LONGEST_COPY = 264;
const FARTHEST = 8192;
const HASH_BITS = 14;

function damaged(what: string): never {
  throw new H5FormatError(-1, `a chunk compressed with lzf is damaged: ${what}`);
}

function decompress(bytes: Uint8Array, _values: readonly number[], limit: number): Uint8Array {
  const end = bytes.length;
  // Three bytes become at most 264.
  const result = new Uint8Array(Math.min(limit, end * 88));
  let from = 0;
  let to = 0;
  while (from < end) {
    const control = bytes[from++];
    if (control < LONGEST_RUN) {
      const stop = from + control + 1;
      if (stop > end) damaged('its end is missing');
      if (to + control >= result.length) damaged(`it expands to more than ${limit} bytes`);
      while (from < stop) result[to++] = bytes[from++];
    } else {
      const long = control >= 0xe0;
      if (from + (long ? 2 : 1) > end) damaged('its end is missing');
      const length = long ? bytes[from++] + 9 : (control >> 5) + 2;
      let source = to - 1 - ((control & 0x1f) << 8) - bytes[from++];
      const stop = to + length;
      if (source < 0) damaged('it copies from before its beginning');
      if (stop > result.length) damaged(`it expands to more than ${limit} bytes`);
      // What is copied may be what this loop writes: a run of equal bytes is a copy from one byte before.
      while (to < stop) result[to++] = result[source++];
    }
  }
  return to === result.length ? result : result.subarray(0, to);
}

function compress(bytes: Uint8Array): Uint8Array {
  const end = bytes.length;
  const result = new Uint8Array(end + Math.ceil(end / LONGEST_RUN));
  // The last position after which three bytes with this hash have been seen, plus 1.
  const seen = new Int32Array(1 << HASH_BITS);
  let to = 0;
  let at = 0;
  let literals = 0;

  while (at + 2 < end) {
    const slot = hash(bytes, at);
    const candidate = seen[slot] - 1;
    seen[slot] = at + 1;
    const distance = at - candidate;
    if (
      candidate < 0 ||
      distance > FARTHEST ||
      bytes[candidate] !== bytes[at] ||
      bytes[candidate + 1] !== bytes[at + 1] ||
      bytes[candidate + 2] !== bytes[at + 2]
    ) {
      at++;
      continue;
    }
    const longest = Math.min(LONGEST_COPY, end - at);
    let length = 3;
    while (length < longest && bytes[candidate + length] === bytes[at + length]) length++;

    to = run(bytes, literals, at, result, to);
    const offset = distance - 1;
    if (length < 9) {
      result[to++] = ((length - 2) << 5) | (offset >> 8);
    } else {
      result[to++] = 0xe0 | (offset >> 8);
      result[to++] = length - 9;
    }
    result[to++] = offset & 0xff;

    at += length;
    literals = at;
    // Of what has been copied only the end is noted: nearly as good as all, and far faster.
    if (at < end) seen[hash(bytes, at - 2)] = at - 1;
    if (at + 1 < end) seen[hash(bytes, at - 1)] = at;
  }
  return result.subarray(0, run(bytes, literals, end, result, to));
}

/** Of the three bytes at a position. */
function hash(bytes: Uint8Array, at: number): number {
  const three = (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
  return Math.imul(three, 0x9e3779b1) >>> (32 - HASH_BITS);
}

/** Bytes as they are, from `start` to `end`. Returns the position after them in the result. */
function run(bytes: Uint8Array, start: number, end: number, result: Uint8Array, to: number): number {
  while (start < end) {
    const stop = Math.min(end, start + LONGEST_RUN);
    result[to++] = stop - start - 1;
    while (start < stop) result[to++] = bytes[start++];
  }
  return to;
}
