import { UNDEFINED_ADDRESS } from '../byte-reader.js';

/** An unsigned number of `size` bytes. Above 2**53 it is not exact. */
export function uintAt(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

/** An address of `size` bytes: UNDEFINED_ADDRESS where all bits are set. */
export function addressAt(bytes: Uint8Array, at: number, size: number): number {
  for (let i = 0; i < size; i++) if (bytes[at + i] !== 0xff) return uintAt(bytes, at, size);
  return UNDEFINED_ADDRESS;
}
