import type { ByteWriter } from '../byte-writer.js';

/**
 * Group Info message with every default (Format Specification, section IV.A.2.k). It says nothing that a
 * reader needs, so there is no decoder; libhdf5 requires it before it adds a link.
 */
export function encodeGroupInfo(out: ByteWriter): void {
  out.u16(0);
}
