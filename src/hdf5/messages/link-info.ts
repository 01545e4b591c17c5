import type { ByteReader } from '../byte-reader.js';
import type { ByteWriter } from '../byte-writer.js';
import { decodeOrderInfo, encodeOrderInfo, OrderFlag, type OrderInfo } from './order-info.js';

/** How a group stores its links; the addresses are undefined while they stand in the object header. */
export type LinkInfo = OrderInfo;

/**
 * Link Info message (Format Specification, section IV.A.2.c): of a group whose links stand in its header, or in dense
 * storage; creation order is tracked and indexed unless `flags` say otherwise.
 */
export function encodeLinkInfo(
  out: ByteWriter,
  nextCreationOrder: number,
  dense?: LinkInfo,
  flags = OrderFlag.Tracked | OrderFlag.Indexed,
): void {
  encodeOrderInfo(out, false, nextCreationOrder, flags, dense);
}

export function decodeLinkInfo(reader: ByteReader): LinkInfo {
  return decodeOrderInfo(reader, 'the link info message', false);
}
