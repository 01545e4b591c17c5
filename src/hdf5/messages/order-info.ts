/** What the messages Link Info and Attribute Info have in common: how the members of an object are stored, and in what order. */
import { type ByteReader, UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { ByteWriter } from '../byte-writer.js';

/** How an object stores its links, or its attributes; the addresses are undefined while they stand in its header. */
export interface OrderInfo {
  readonly creationOrderTracked: boolean;
  /** The creation order that the next one gets. */
  readonly nextCreationOrder: number;
  readonly fractalHeap: number;
  readonly nameIndex: number;
  /** The index by creation order; undefined where there is none. */
  readonly orderIndex: number;
}

/** The creation order is tracked, or indexed as well. The flags of an object header are the same, for attributes, times 4. */
export enum OrderFlag {
  Tracked = 1,
  Indexed = 2,
}

/** Format Specification, sections IV.A.2.c and IV.A.2.v. `isShort`: the next creation order takes 2 bytes, not 8. */
export function encodeOrderInfo(
  out: ByteWriter,
  isShort: boolean,
  nextCreationOrder: number,
  flags: number,
  dense: OrderInfo | undefined,
): void {
  out.u16(flags << 8);
  if (flags & OrderFlag.Tracked) {
    if (isShort) out.u16(nextCreationOrder);
    else out.u64(nextCreationOrder);
  }
  if (dense) {
    out.u64(dense.fractalHeap);
    out.u64(dense.nameIndex);
    if (flags & OrderFlag.Indexed) out.u64(dense.orderIndex);
  } else out.undefinedAddress(flags & OrderFlag.Indexed ? 3 : 2);
}

export function decodeOrderInfo(reader: ByteReader, what: string, isShort: boolean): OrderInfo {
  reader.version(what, 0);
  const flags = reader.u8();
  const tracked = (flags & OrderFlag.Tracked) !== 0;
  return {
    creationOrderTracked: tracked,
    nextCreationOrder: tracked ? (isShort ? reader.u16() : reader.u64()) : 0,
    fractalHeap: reader.address(),
    nameIndex: reader.address(),
    orderIndex: flags & OrderFlag.Indexed ? reader.address() : UNDEFINED_ADDRESS,
  };
}
