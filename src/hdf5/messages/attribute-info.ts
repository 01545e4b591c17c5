import type { ByteReader } from '../byte-reader.js';
import type { ByteWriter } from '../byte-writer.js';
import { decodeOrderInfo, encodeOrderInfo, OrderFlag, type OrderInfo } from './order-info.js';

/** How an object stores its attributes; the addresses are undefined while they stand in its header. */
export type AttributeInfo = OrderInfo;

/**
 * Attribute Info message (Format Specification, section IV.A.2.v): of an object whose attributes stand in its header, or
 * in dense storage; creation order is tracked, and there is no index by it, unless `flags` say otherwise. Without the message
 * libhdf5 would number the attributes that it adds from zero again.
 */
export function encodeAttributeInfo(
  out: ByteWriter,
  nextCreationOrder: number,
  dense?: AttributeInfo,
  flags: number = OrderFlag.Tracked,
): void {
  encodeOrderInfo(out, true, nextCreationOrder, flags, dense);
}

export function decodeAttributeInfo(reader: ByteReader): AttributeInfo {
  return decodeOrderInfo(reader, 'the attribute info message', true);
}
