import type { ByteReader } from '../byte-reader.js';
import type { ByteWriter } from '../byte-writer.js';

/**
 * Object Reference Count message: how many hard links lead to the object, where that is not one (Format
 * Specification, section IV.A.2.w).
 */
export function encodeReferenceCount(out: ByteWriter, count: number): void {
  out.u8(0);
  out.u32(count);
}

export function decodeReferenceCount(reader: ByteReader): number {
  reader.version('the reference count message', 0);
  return reader.u32();
}
