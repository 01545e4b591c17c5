import { type ByteReader, UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { ByteWriter } from '../byte-writer.js';

/** How an object stores its attributes; the addresses are undefined while they stand in its header. */
export interface AttributeInfo {
  readonly creationOrderTracked: boolean;
  /** The creation order that the next attribute gets. */
  readonly nextCreationOrder: number;
  readonly fractalHeap: number;
  readonly nameIndex: number;
  /** The index by creation order; undefined where there is none. */
  readonly orderIndex: number;
}

/** Flags: the creation order of attributes is tracked, and indexed. Those of an object header are the same times 4. */
const TRACKED = 1;
const INDEXED = 2;

/**
 * Attribute Info message (Format Specification, section IV.A.2.v): of an object whose attributes stand in its header, or
 * in dense storage; creation order is tracked, and there is no index by it, unless `flags` say otherwise. Without the message
 * libhdf5 would number the attributes that it adds from zero again.
 */
export function encodeAttributeInfo(
  out: ByteWriter,
  nextCreationOrder: number,
  dense?: AttributeInfo,
  flags = TRACKED,
): void {
  out.u16(flags << 8);
  if (flags & TRACKED) out.u16(nextCreationOrder);
  if (dense) {
    out.u64(dense.fractalHeap);
    out.u64(dense.nameIndex);
    if (flags & INDEXED) out.u64(dense.orderIndex);
  } else {
    out.undefinedAddress(flags & INDEXED ? 3 : 2);
  }
}

export function decodeAttributeInfo(reader: ByteReader): AttributeInfo {
  reader.version('the attribute info message', 0);
  const flags = reader.u8();
  const tracked = (flags & TRACKED) !== 0;
  const nextCreationOrder = tracked ? reader.u16() : 0;
  const fractalHeap = reader.address();
  const nameIndex = reader.address();
  const orderIndex = flags & INDEXED ? reader.address() : UNDEFINED_ADDRESS;
  return { creationOrderTracked: tracked, nextCreationOrder, fractalHeap, nameIndex, orderIndex };
}
