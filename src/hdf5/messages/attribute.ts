import { H5FeatureError } from '../../errors.js';
import { ByteReader } from '../byte-reader.js';
import type { ByteWriter } from '../byte-writer.js';
import { type Dataspace, decodeDataspace, extent } from './dataspace.js';
import { type Datatype, decodeDatatype } from './datatype.js';

/** A named value on an object. `data` are its bytes as they stand in the file, at `offset`. */
export interface Attribute {
  readonly name: string;
  /** Its creation order, or -1 where that is not tracked. */
  readonly order: number;
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  readonly data: Uint8Array;
  readonly offset: number;
}

/** Flags of an attribute message: its datatype, or its dataspace, is shared. */
const SHARED_DATATYPE = 1;
const SHARED_DATASPACE = 2;

/**
 * Attribute message, version 3, up to its data, which the caller writes (Format Specification, section
 * IV.A.2.m). `datatype` and `dataspace` are encoded messages; `isShared`: the first says where the datatype is.
 */
export function encodeAttribute(
  out: ByteWriter,
  name: string,
  datatype: Uint8Array,
  dataspace: Uint8Array,
  isShared = false,
): void {
  const start = out.length;
  // The version, flags, and room for the size of the name.
  out.u32(3 | (isShared ? SHARED_DATATYPE << 8 : 0));
  out.u32(datatype.length | (dataspace.length << 16));
  out.u8(1);
  const nameSize = out.utf8(name) + 1;
  out.u8(0);
  out.view.setUint16(start + 2, nameSize, true);
  out.raw(datatype);
  out.raw(dataspace);
}

/** The name in an attribute message, of any version. */
export function attributeName(message: Uint8Array): string {
  const reader = new ByteReader(message);
  const version = reader.u8();
  reader.take(1);
  const size = reader.u16();
  reader.take(version === 3 ? 5 : 4);
  return reader.block(size).utf8z();
}

/** What stands in an attribute message before its data. */
export interface AttributeHead {
  readonly name: string;
  /** A datatype message. */
  readonly datatype: Uint8Array;
  readonly dataspace: Dataspace;
}

/**
 * The same of a message whose parts are not padded, as those of version 1 are, and that shares nothing; undefined of another one. The
 * reader stands at the data then.
 */
export function attributeHead(reader: ByteReader): AttributeHead | undefined {
  reader.position = 0;
  const version = reader.u8();
  if (version < 2 || reader.u8() !== 0) return undefined;
  const nameSize = reader.u16();
  const datatypeSize = reader.u16();
  const dataspaceSize = reader.u16();
  if (version === 3) reader.u8();
  const name = reader.block(nameSize).utf8z();
  const datatype = reader.raw(datatypeSize);
  return { name, datatype, dataspace: decodeDataspace(reader.block(dataspaceSize)) };
}

/**
 * `resolve` decodes a datatype that the attribute shares with a committed one, given the message that says
 * where that stands.
 */
export function decodeAttribute(
  reader: ByteReader,
  order: number,
  resolve: (shared: ByteReader) => Datatype,
): Attribute {
  const version = reader.version('the attribute message', 1, 3);
  const flags = reader.u8();
  const nameSize = reader.u16();
  const datatypeSize = reader.u16();
  const dataspaceSize = reader.u16();
  if (version === 3) reader.u8();
  // In version 1 every part is padded to a multiple of 8 bytes.
  const padded = (size: number) => (version === 1 ? Math.ceil(size / 8) * 8 : size);
  const name = reader.block(padded(nameSize)).utf8z();
  const datatypeBlock = reader.block(padded(datatypeSize));
  // In version 1 the byte of the flags is reserved.
  const shared = version > 1 ? flags : 0;
  if (shared & SHARED_DATASPACE) throw new H5FeatureError('a shared dataspace');
  const datatype = shared & SHARED_DATATYPE ? resolve(datatypeBlock) : decodeDatatype(datatypeBlock);
  const dataspace = decodeDataspace(reader.block(padded(dataspaceSize)));
  const size = extent(dataspace) * datatype.size;
  const offset = reader.offset;
  return { name, order, datatype, dataspace, data: reader.raw(size), offset };
}
