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

/** Flags: the creation order of links is tracked, and indexed. */
const TRACKED = 1;
const INDEXED = 2;

/**
 * Link Info message (Format Specification, section IV.A.2.c): of a group whose links stand in its header, or in dense
 * storage; creation order is tracked and indexed unless told otherwise.
 */
export function encodeLinkInfo(
  out: ByteWriter,
  nextCreationOrder: number,
  tracked = true,
  indexed = tracked,
  dense?: LinkInfo,
): void {
  out.u16(((tracked ? TRACKED : 0) | (indexed ? INDEXED : 0)) << 8);
  if (tracked) out.u64(nextCreationOrder);
  if (dense) {
    out.u64(dense.fractalHeap);
    out.u64(dense.nameIndex);
    if (indexed) out.u64(dense.orderIndex);
  } else {
    out.undefinedAddress(indexed ? 3 : 2);
  }
}

export function decodeLinkInfo(reader: ByteReader): LinkInfo {
  reader.version('the link info message', 0);
  const flags = reader.u8();
  const tracked = (flags & TRACKED) !== 0;
  const nextCreationOrder = tracked ? reader.u64() : 0;
  const fractalHeap = reader.address();
  const nameIndex = reader.address();
  const orderIndex = flags & INDEXED ? reader.address() : UNDEFINED_ADDRESS;
  return { creationOrderTracked: tracked, nextCreationOrder, fractalHeap, nameIndex, orderIndex };
}
