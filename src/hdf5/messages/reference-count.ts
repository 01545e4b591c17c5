import type { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';

/**
 * Object Reference Count message: how many hard links lead to the object, where that is not one (Format
 * Specification, section IV.A.2.w).
 */
export function encodeReferenceCount(out: ByteWriter, count: number): void {
  out.u8(0);
  out.u32(count);
}

/** The same by itself, as the data of a message. */
export function referenceCountData(count: number): Uint8Array {
  const data = new ByteWriter(5);
  encodeReferenceCount(data, count);
  return data.finish();
}

export function decodeReferenceCount(reader: ByteReader): number {
  reader.version('the reference count message', 0);
  return reader.u32();
}
