import { H5FormatError } from '../../errors.js';
import { type Filter, numberOption } from './filter.js';

/** An implementation of deflate in the zlib format (RFC 1950). */
export interface Deflate {
  /** @throws {H5FormatError} the bytes are damaged, or their result has more than `limit` bytes. */
  inflate(bytes: Uint8Array, limit: number): Uint8Array;
  /** `level` is 0 (store) to 9 (smallest). */
  deflate(bytes: Uint8Array, level: number): Uint8Array;
}

/**
 * Filter 1, which h5py calls gzip. The client data are the level; as an option it is 0 to 9, by default 4, as in h5py.
 */
export function deflateFilter(implementation: Deflate): Filter {
  return {
    id: 1,
    name: 'deflate',
    decode: (bytes, _values, limit) => implementation.inflate(bytes, limit),
    // A larger result is stored, too, as libhdf5 does. It may be left out of a chunk as well, but if libhdf5 1.10 then writes to that,
    // and what it writes happens to be of the same size, it forgets to say that the filter was applied.
    encode: (bytes, values) => implementation.deflate(bytes, Math.min(values[0] ?? DEFAULT_LEVEL, 9)),
    configure: (options) => [numberOption('deflate', 'a level', options, 0, 9, DEFAULT_LEVEL)],
  };
}

const DEFAULT_LEVEL = 4;

/** The most bytes that so many bytes can expand to: nothing is shorter than a bit for 258 of them. */
export function mostInflated(length: number): number {
  return length * 1032 + 64;
}

/** The error for a stream that is damaged. */
export function damagedStream(what: string): H5FormatError {
  return new H5FormatError(-1, `a chunk compressed with deflate is damaged: ${what}`);
}

/** The error for a stream that gives more than it may. */
export function oversizedStream(limit: number): H5FormatError {
  return damagedStream(`it expands to more than ${limit} bytes`);
}
