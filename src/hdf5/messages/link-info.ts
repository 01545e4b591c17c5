import type { ByteReader } from '../byte-reader.js';
import { UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { ByteWriter } from '../byte-writer.js';

/** How a group stores its links; the addresses are undefined while they stand in the object header. */
export interface LinkInfo {
  readonly creationOrderTracked: boolean;
  /** The creation order that the next link gets. */
  readonly nextCreationOrder: number;
  readonly fractalHeap: number;
  readonly nameIndex: number;
  /** The index by creation order; undefined where there is none. */
  readonly orderIndex: number;
}

/** Version 0; creation order is tracked (1) and indexed (2). */
const VERSION_AND_FLAGS = 3 << 8;

/**
 * Link Info message of a group whose links stand in its header, creation order tracked and indexed
 * (Format Specification, section IV.A.2.c).
 */
export function encodeLinkInfo(out: ByteWriter, nextCreationOrder: number): void {
  out.u16(VERSION_AND_FLAGS);
  out.u64(nextCreationOrder);
  out.undefinedAddress(3);
}

export function decodeLinkInfo(reader: ByteReader): LinkInfo {
  reader.version('the link info message', 0);
  const flags = reader.u8();
  const tracked = (flags & 1) !== 0;
  const nextCreationOrder = tracked ? reader.u64() : 0;
  const fractalHeap = reader.address();
  const nameIndex = reader.address();
  const orderIndex = flags & 2 ? reader.address() : UNDEFINED_ADDRESS;
  return { creationOrderTracked: tracked, nextCreationOrder, fractalHeap, nameIndex, orderIndex };
}
