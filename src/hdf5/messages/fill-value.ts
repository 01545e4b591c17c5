import type { ByteReader } from '../byte-reader.js';
import type { ByteWriter } from '../byte-writer.js';

const ALLOCATED_EARLY = 1;
const ALLOCATED_LATE = 2;
const WRITTEN_IF_SET = 2 << 2;
const DEFINED = 0x20;

/** Fill Value message, version 3, without a value: all zeros (Format Specification, section IV.A.2.f). */
export function encodeFillValue(out: ByteWriter, compact: boolean): void {
  out.u8(3);
  out.u8((compact ? ALLOCATED_EARLY : ALLOCATED_LATE) | WRITTEN_IF_SET);
}

/** The bytes of one element, or undefined where the fill value is zeros or not defined. */
export function decodeFillValue(reader: ByteReader): Uint8Array | undefined {
  const version = reader.version('the fill value message', 1, 2, 3);
  const flags = version === 3 ? reader.u8() : 0;
  if (version < 3) reader.take(2);
  const defined = version === 3 ? (flags & DEFINED) !== 0 : reader.u8() !== 0 || version === 1;
  if (!defined) return undefined;
  const size = reader.u32();
  return size === 0 ? undefined : reader.raw(size);
}
