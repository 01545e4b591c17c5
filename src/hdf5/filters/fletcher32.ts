import { H5FormatError } from '../../errors.js';
import { type Filter, noOptions } from './filter.js';

/** Filter 3: a checksum of 4 bytes after the data. It has no client data. */
export const fletcher32: Filter = {
  id: 3,
  name: 'fletcher32',
  decode(bytes) {
    const length = bytes.length - 4;
    if (length < 0) throw new H5FormatError(-1, 'a chunk is shorter than its checksum (fletcher32)');
    const data = bytes.subarray(0, length);
    const stored =
      (bytes[length] | (bytes[length + 1] << 8) | (bytes[length + 2] << 16) | (bytes[length + 3] << 24)) >>>
      0;
    const sum = fletcher(data);
    // Before 1.6.3, libhdf5 exchanged the bytes of each half on little-endian machines. It reads both.
    const exchanged = (((sum & 0x00ff00ff) << 8) | ((sum >>> 8) & 0x00ff00ff)) >>> 0;
    if (stored !== sum && stored !== exchanged) {
      throw new H5FormatError(-1, 'a chunk fails its checksum (fletcher32)');
    }
    return data;
  },
  encode(bytes) {
    const result = new Uint8Array(bytes.length + 4);
    result.set(bytes);
    new DataView(result.buffer).setUint32(bytes.length, fletcher(bytes), true);
    return result;
  },
  configure(options) {
    noOptions('fletcher32', options);
    return [];
  },
};

/** So many sums can be added up before the second one leaves 31 bits. */
const BLOCK = 240;

/** Fletcher's checksum of big-endian words of 16 bits; a last odd byte counts as the upper half of one. */
function fletcher(bytes: Uint8Array): number {
  const even = bytes.length & ~1;
  let sum1 = 0;
  let sum2 = 0;
  for (let i = 0; i < even; ) {
    const end = Math.min(even, i + 2 * BLOCK);
    for (; i < end; i += 2) {
      sum1 += (bytes[i] << 8) | bytes[i + 1];
      sum2 += sum1;
    }
    // Modulo 65535, save that a sum which is not 0 becomes 65535 and not 0.
    sum1 = (sum1 & 0xffff) + (sum1 >>> 16);
    sum2 = (sum2 & 0xffff) + (sum2 >>> 16);
  }
  if (even < bytes.length) {
    sum1 += bytes[even] << 8;
    sum2 += sum1;
    sum1 = (sum1 & 0xffff) + (sum1 >>> 16);
    sum2 = (sum2 & 0xffff) + (sum2 >>> 16);
  }
  sum1 = (sum1 & 0xffff) + (sum1 >>> 16);
  sum2 = (sum2 & 0xffff) + (sum2 >>> 16);
  return ((sum2 << 16) | sum1) >>> 0;
}
