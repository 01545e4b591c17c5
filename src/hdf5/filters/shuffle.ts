import { H5FormatError, H5TypeError } from '../../errors.js';
import { type Filter, noOptions } from './filter.js';

/**
 * Filter 2: the first bytes of all elements, then the second bytes of all, and so on. It compresses nothing; what
 * comes after it finds more that is alike. Bytes after the last whole element stay where they are. The client data
 * are the size of an element.
 */
export const shuffle: Filter = {
  id: 2,
  name: 'shuffle',
  decode: (bytes, values) => transpose(bytes, sizeOf(values), gatherElements),
  // Of texts the library stores no size, and leaves it out then (H5Z__filter_shuffle).
  encode: (bytes, values) => (values[0] ? transpose(bytes, values[0], scatterElements) : undefined),
  configure(options, { datatype }) {
    noOptions('shuffle', options);
    if (datatype.size > 0xffffffff) throw new H5TypeError('the filter shuffle takes elements below 4 GB');
    return [datatype.size];
  },
};

function sizeOf(values: readonly number[]): number {
  const size = values[0];
  if (size === undefined || size === 0) {
    throw new H5FormatError(-1, 'the filter shuffle is stored without the size of an element');
  }
  return size;
}

function transpose(
  bytes: Uint8Array,
  size: number,
  move: (from: Uint8Array, to: Uint8Array, count: number, size: number) => void,
): Uint8Array {
  const count = Math.floor(bytes.length / size);
  if (size === 1 || count <= 1) return bytes;
  const result = new Uint8Array(bytes.length);
  move(bytes, result, count, size);
  const whole = count * size;
  if (whole < bytes.length) result.set(bytes.subarray(whole), whole);
  return result;
}

// Loops that know the size take less than half the time of the general one.

/** From a plane a byte to elements one after another. */
function gatherElements(from: Uint8Array, to: Uint8Array, n: number, size: number): void {
  if (size === 2) {
    for (let i = 0, at = 0; i < n; i++, at += 2) {
      to[at] = from[i];
      to[at + 1] = from[n + i];
    }
  } else if (size === 4) {
    for (let i = 0, at = 0; i < n; i++, at += 4) {
      to[at] = from[i];
      to[at + 1] = from[n + i];
      to[at + 2] = from[2 * n + i];
      to[at + 3] = from[3 * n + i];
    }
  } else if (size === 8) {
    for (let i = 0, at = 0; i < n; i++, at += 8) {
      to[at] = from[i];
      to[at + 1] = from[n + i];
      to[at + 2] = from[2 * n + i];
      to[at + 3] = from[3 * n + i];
      to[at + 4] = from[4 * n + i];
      to[at + 5] = from[5 * n + i];
      to[at + 6] = from[6 * n + i];
      to[at + 7] = from[7 * n + i];
    }
  } else {
    const end = n * size;
    for (let k = 0, plane = 0; k < size; k++) {
      for (let at = k; at < end; at += size) to[at] = from[plane++];
    }
  }
}

/** From elements one after another to a plane a byte. */
function scatterElements(from: Uint8Array, to: Uint8Array, n: number, size: number): void {
  if (size === 2) {
    for (let i = 0, at = 0; i < n; i++, at += 2) {
      to[i] = from[at];
      to[n + i] = from[at + 1];
    }
  } else if (size === 4) {
    for (let i = 0, at = 0; i < n; i++, at += 4) {
      to[i] = from[at];
      to[n + i] = from[at + 1];
      to[2 * n + i] = from[at + 2];
      to[3 * n + i] = from[at + 3];
    }
  } else if (size === 8) {
    for (let i = 0, at = 0; i < n; i++, at += 8) {
      to[i] = from[at];
      to[n + i] = from[at + 1];
      to[2 * n + i] = from[at + 2];
      to[3 * n + i] = from[at + 3];
      to[4 * n + i] = from[at + 4];
      to[5 * n + i] = from[at + 5];
      to[6 * n + i] = from[at + 6];
      to[7 * n + i] = from[at + 7];
    }
  } else {
    const end = n * size;
    for (let k = 0, plane = 0; k < size; k++) {
      for (let at = k; at < end; at += size) to[plane++] = from[at];
    }
  }
}
