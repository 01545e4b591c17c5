import type { ByteReader } from '../byte-reader.js';
import type { ByteWriter } from '../byte-writer.js';

/** When space is allocated: with the dataset, when it is first written, or with each chunk. */
const ALLOCATION = { early: 1, late: 2, incremental: 3 } as const;
/**
 * When it is written: only if somebody has set it. Else, where space is allocated late, whenever that is done: anything may stand there
 * by then, such as what had been the tail of the file, and libhdf5 would take it for elements, and for what these lead to.
 */
const WRITTEN_IF_SET = 2 << 2;
const DEFINED = 0x20;

/** Fill Value message, version 3; without a value it is all zeros (Format Specification, section IV.A.2.f). */
export function encodeFillValue(
  out: ByteWriter,
  allocation: keyof typeof ALLOCATION,
  value?: Uint8Array,
): void {
  out.u8(3);
  out.u8(ALLOCATION[allocation] | (allocation === 'late' ? 0 : WRITTEN_IF_SET) | (value ? DEFINED : 0));
  if (!value) return;
  out.u32(value.length);
  out.raw(value);
}

/** The bytes of one element, or undefined where the fill value is zeros or not defined. */
export function decodeFillValue(reader: ByteReader): Uint8Array | undefined {
  const version = reader.version('the fill value message', 1, 3);
  const flags = version === 3 ? reader.u8() : 0;
  if (version < 3) reader.take(2);
  const defined = version === 3 ? flags & DEFINED : reader.u8();
  // Of older versions it is a signed number: -1 where nothing is defined, which some writers store as if it were.
  const size = defined ? reader.u32() | 0 : 0;
  return size > 0 ? reader.raw(size) : undefined;
}
