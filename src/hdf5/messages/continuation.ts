import type { ByteReader } from '../byte-reader.js';
import type { ByteWriter } from '../byte-writer.js';

/** Where the next chunk of an object header stands. */
export interface Continuation {
  readonly address: number;
  readonly length: number;
}

/** Object Header Continuation message (Format Specification, section IV.A.2.q). */
export function encodeContinuation(out: ByteWriter, address: number, length: number): void {
  out.u64(address);
  out.u64(length);
}

export function decodeContinuation(reader: ByteReader): Continuation {
  return { address: reader.address(), length: reader.size() };
}
