import { UNDEFINED_ADDRESS } from '../byte-reader.js';

/** An unsigned number of `size` bytes, or UNDEFINED_ADDRESS where all bits are set. Above 2**53 it is not exact. */
export function uintAt(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  let isUndefined = true;
  for (let i = size - 1; i >= 0; i--) {
    const byte = bytes[at + i] ?? 0;
    if (byte !== 0xff) isUndefined = false;
    value = value * 256 + byte;
  }
  return isUndefined && size > 1 ? UNDEFINED_ADDRESS : value;
}

/** The order of two names: negative if `a` comes before `b`. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
