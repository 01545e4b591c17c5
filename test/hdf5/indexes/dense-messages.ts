import { ByteWriter } from '../../../src/hdf5/byte-writer.js';
import { encodeAttribute } from '../../../src/hdf5/messages/attribute.js';
import type { Link } from '../../../src/hdf5/messages/link.js';

/** Decodes a datatype that an attribute shares: there is none. */
export function noDatatype(): never {
  throw new Error('no datatype is shared here');
}

/** Bytes that `data` of dense_edit.py makes as well. */
export function bytesLike(size: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 7 + seed * 31) & 0xff);
}

/** An attribute message of a list of bytes. */
export function attributeOf(name: string, values: Uint8Array): Uint8Array {
  const out = new ByteWriter();
  const datatype = Uint8Array.of(0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0);
  const dataspace = new ByteWriter();
  dataspace.u32(2 | (1 << 8) | (1 << 24));
  dataspace.u64(values.length);
  encodeAttribute(out, name, datatype, dataspace.finish());
  out.raw(values);
  return out.finish();
}

export function softLink(name: string, target: string, order = -1): Link {
  return { kind: 'soft', name, order, target };
}
