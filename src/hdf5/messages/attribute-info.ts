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

/** Version 0; creation order is tracked (1) and indexed (2). */
const VERSION_AND_FLAGS = 3 << 8;

/**
 * Attribute Info message of an object whose attributes stand in its header, creation order tracked and
 * indexed (Format Specification, section IV.A.2.v). Without it libhdf5 would number the attributes that it
 * adds from zero again.
 */
export function encodeAttributeInfo(out: ByteWriter, nextCreationOrder: number): void {
  out.u16(VERSION_AND_FLAGS);
  out.u16(nextCreationOrder);
  out.undefinedAddress(3);
}

export function decodeAttributeInfo(reader: ByteReader): AttributeInfo {
  reader.version('the attribute info message', 0);
  const flags = reader.u8();
  const tracked = (flags & 1) !== 0;
  const nextCreationOrder = tracked ? reader.u16() : 0;
  const fractalHeap = reader.address();
  const nameIndex = reader.address();
  const orderIndex = flags & 2 ? reader.address() : UNDEFINED_ADDRESS;
  return { creationOrderTracked: tracked, nextCreationOrder, fractalHeap, nameIndex, orderIndex };
}
