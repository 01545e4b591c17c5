import { H5Error, H5FormatError } from '../../errors.js';
import type { ByteReader } from '../byte-reader.js';
import type { Extent } from '../free-space.js';
import { type Datatype, decodeDatatype } from '../messages/datatype.js';
import { MessageFlag, MessageType } from '../messages/message-type.js';
import { decodeSharedMessage } from '../messages/shared-message.js';
import { FIRST_LOOK, readObjectHeader } from '../object-header.js';
import { readOldHeader } from '../old-object-header.js';
import type { ObjectRecord } from './object-record.js';
import { Endless, type Walk } from './walk.js';

/** A datatype that is shared with a committed one, which counts that as a link (H5O__shared_link_adj). */
export function sharedDatatype(walk: Walk, object: ObjectRecord, reader: ByteReader): Datatype {
  const address = decodeSharedMessage(reader);
  walk.inFile(address, 1, 'a committed datatype');
  walk.link(object, '(datatype)', address);
  let known = walk.types.get(address);
  if (!known) {
    if (walk.typeBytes > 2 * walk.end)
      throw new Endless('H5_FORMAT', 'headers of committed datatypes overlap without end');
    known = readCommitted(walk, address);
    walk.types.set(address, known);
  }
  if (known instanceof H5Error) throw known;
  return known;
}

/** The datatype at an address, or what is wrong with it. */
function readCommitted(walk: Walk, address: number): Datatype | H5Error {
  const chunks: Extent[] = [];
  try {
    const { space } = walk;
    const look = space.peek(address, FIRST_LOOK, 'an object header');
    // The walk knows headers of both versions, whatever the space knows.
    const messages =
      look.bytes[0] === 0x4f
        ? readObjectHeader(space, address, chunks)
        : readOldHeader(space, address, look, chunks);
    const message = messages.find(({ type }) => type === MessageType.Datatype);
    if (!message || message.flags & MessageFlag.Shared)
      throw new H5FormatError(walk.base + address, 'no committed datatype');
    return decodeDatatype(message.data);
  } catch (error) {
    if (error instanceof H5Error) return error;
    throw error;
  } finally {
    // Other headers of types may lead to the same continuations again.
    for (const [, size] of chunks) walk.typeBytes += size;
  }
}

export const EMPTY_ENUM = 'a datatype is an enum without names, which the HDF5 library cannot open';

/** Whether a datatype is, or contains, an enum without names. */
export function hasEmptyEnum(type: Datatype): boolean {
  switch (type.class) {
    case 'enumerated':
      return type.names.length === 0;
    case 'compound':
      return type.members.some((member) => hasEmptyEnum(member.type));
    case 'array':
    case 'variable-length':
      return hasEmptyEnum(type.base);
    default:
      return false;
  }
}
