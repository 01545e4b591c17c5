import { Inflate, inflateSync, zlibSync } from 'fflate';
import { type Deflate, damagedStream, mostInflated, oversizedStream } from './deflate.js';

/** Deflate by the package fflate, which runs everywhere. */
export const fflateDeflate: Deflate = {
  inflate(bytes, limit) {
    const end = bytes.length - 4;
    // RFC 1950: the method and its window, a check of the two bytes, and no dictionary; the checksum at the end.
    if (end < 2) throw damagedStream('its end is missing');
    const head = (bytes[0] << 8) | bytes[1];
    if ((bytes[0] & 0x0f) !== 8 || bytes[0] >> 4 > 7 || head % 31 !== 0 || (bytes[1] & 0x20) !== 0) {
      throw damagedStream('it has no zlib header');
    }
    const body = bytes.subarray(2, end);
    const result = body.length <= AT_ONCE ? inflateAtOnce(body, limit) : inflateInSlices(body, limit);
    const stored = (bytes[end] << 24) | (bytes[end + 1] << 16) | (bytes[end + 2] << 8) | bytes[end + 3];
    if (adler32(result) !== stored) throw damagedStream('it fails its checksum');
    return result;
  },
  deflate: (bytes, level) => zlibSync(bytes, { level: level as 0 }),
};

/**
 * fflate has no limit for what it makes. Of so many bytes it makes 66 MB at most: it may go on to the end, and what
 * does not fit is lost on the way. Longer streams are given to it in slices, each of which it makes into 33 MB at most
 * before there is a look at how much it is.
 */
const AT_ONCE = 0x10000;
const SLICE = 0x8000;

function inflateAtOnce(body: Uint8Array, limit: number): Uint8Array {
  // With a byte too many, since a stream that does not fit could not be told from one that just does.
  const out = new Uint8Array(Math.min(limit + 1, mostInflated(body.length)));
  let result: Uint8Array;
  try {
    result = inflateSync(body, { out });
  } catch (error) {
    throw damagedStream(reason(error));
  }
  if (result.length > limit) throw oversizedStream(limit);
  return result;
}

function inflateInSlices(body: Uint8Array, limit: number): Uint8Array {
  const result = new Uint8Array(Math.min(limit, mostInflated(body.length)));
  let length = 0;
  const stream = new Inflate((piece) => {
    if (length + piece.length <= result.length) result.set(piece, length);
    length += piece.length;
  });
  for (let start = 0; start < body.length && length <= limit; start += SLICE) {
    const end = Math.min(start + SLICE, body.length);
    try {
      stream.push(body.subarray(start, end), end === body.length);
    } catch (error) {
      throw damagedStream(reason(error));
    }
  }
  if (length > limit) throw oversizedStream(limit);
  return length === result.length ? result : result.subarray(0, length);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** So many sums can be added up before the second one leaves 31 bits. */
const BLOCK = 3000;

/** The checksum of RFC 1950, as a signed number of 32 bits. */
function adler32(bytes: Uint8Array): number {
  let sum1 = 1;
  let sum2 = 0;
  for (let i = 0; i < bytes.length; ) {
    const end = Math.min(bytes.length, i + BLOCK);
    for (; i < end; i++) {
      sum1 += bytes[i];
      sum2 += sum1;
    }
    sum1 %= 65521;
    sum2 %= 65521;
  }
  return (sum2 << 16) | sum1;
}
