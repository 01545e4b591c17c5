import { H5FeatureError } from '../../errors.js';
import type { ByteReader } from '../byte-reader.js';
import type { ByteWriter } from '../byte-writer.js';

/** Where a shared message is: in the header of an object, as committed datatypes are, or in a heap of messages. */
const COMMITTED = 2;

/** Shared Message, version 2: the address of the object that has it (Format Specification, section IV.A.2, "Shared Message"). */
export function encodeSharedMessage(out: ByteWriter, address: number): void {
  out.u8(2);
  out.u8(COMMITTED);
  out.u64(address);
}

/** The address of the object that has the message. */
export function decodeSharedMessage(reader: ByteReader): number {
  const version = reader.version('a shared message', 1, 3);
  const kind = reader.u8();
  if (version === 3 && kind !== COMMITTED) throw new H5FeatureError('a message in the shared message heap');
  // In version 1 a symbol table entry stands behind six reserved bytes: a heap offset first (H5O_shared_decode).
  if (version === 1) reader.take(6 + reader.lengthSize);
  return reader.address();
}
