import { type Deflate, damagedStream, mostInflated, oversizedStream } from './deflate.js';

/** What is needed of `node:zlib`. */
export interface ZlibFunctions {
  inflateSync(bytes: Uint8Array, options: { maxOutputLength: number; chunkSize: number }): Uint8Array;
  deflateSync(bytes: Uint8Array, options: { level: number; chunkSize: number }): Uint8Array;
}

/**
 * Deflate by zlib, as Node has it: several times faster than in JavaScript.
 *
 * @example
 * import zlib from 'node:zlib';
 * const deflate = zlibDeflate(zlib);
 */
export function zlibDeflate(zlib: ZlibFunctions): Deflate {
  return {
    inflate(bytes, limit) {
      const most = Math.min(limit, mostInflated(bytes.length), MOST_OUTPUT);
      let result: Uint8Array;
      try {
        // With a buffer for the whole result, and a byte to see its end, it is not put together from pieces.
        const options = { maxOutputLength: Math.max(most, 1), chunkSize: chunkSize(most + 1) };
        result = plain(zlib.inflateSync(bytes, options));
      } catch (error) {
        if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') throw oversizedStream(limit);
        throw damagedStream(error instanceof Error ? error.message : String(error));
      }
      if (result.length > limit) throw oversizedStream(limit);
      return result;
    },
    deflate: (bytes, level) => plain(zlib.deflateSync(bytes, { level, chunkSize: chunkSize(bytes.length) })),
  };
}

/** The largest limit that Node 20 accepts. */
const MOST_OUTPUT = 2 ** 32;

/** Node accepts no less than 64. */
function chunkSize(length: number): number {
  return Math.max(length, 64);
}

/** A Uint8Array, where Node gives a Buffer: its methods do other things. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
