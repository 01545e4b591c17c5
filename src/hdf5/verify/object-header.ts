import { H5FormatError } from '../../errors.js';
import type { ByteReader } from '../byte-reader.js';
import { decodeContinuation } from '../messages/continuation.js';
import { MessageType } from '../messages/message-type.js';
import { HeaderFlag, type Message } from '../object-header.js';
import type { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

/** A first look at an object header. */
const FIRST_LOOK = 512;

export interface Header {
  readonly messages: readonly Message[];
  /** Whether all chunks could be read. */
  readonly whole: boolean;
}

/** All messages of a header, through all its chunks (section IV.A.1). What can be read is read. */
export function readHeader(walk: Walk, object: ObjectRecord): Header | undefined {
  const what = 'an object header';
  const { address } = object;
  walk.inFile(address, 0, what);
  const look = walk.reader(address, Math.min(FIRST_LOOK, walk.end - address), what);
  const messages: Message[] = [];
  const pending: { address: number; size: number }[] = [];
  let whole = true;
  let seen = 0;

  const keep = (type: number, flags: number, order: number, data: ByteReader): void => {
    seen++;
    if (type === MessageType.Continuation) {
      const chunk = decodeContinuation(data);
      pending.push({ address: chunk.address, size: chunk.length });
    } else if (type !== MessageType.Nil) {
      messages.push({ type, flags, order, data });
    }
  };

  const isNew = look.left >= 4 && look.bytes[0] === 0x4f;
  let tracked = false;
  let count = 0;
  /** Reads the messages from the reader's position up to `end`. */
  const readMessages = (reader: ByteReader, end: number): void => {
    const prefix = isNew ? (tracked ? 6 : 4) : 8;
    while (reader.position + prefix <= end) {
      const type = isNew ? reader.u8() : reader.u16();
      const length = reader.u16();
      const flags = reader.u8();
      const order = isNew && tracked ? reader.u16() : -1;
      if (!isNew) reader.take(3);
      if (length > end - reader.position) reader.fail(`a message of ${length} bytes crosses its end`);
      const data = reader.block(length);
      if (!isNew && length % 8 !== 0) reader.fail(`a message of ${length} bytes, which is no multiple of 8`);
      keep(type, flags, order, data);
    }
  };
  const readChunk = (reader: ByteReader): boolean => {
    const start = reader.position;
    let end = reader.length;
    if (isNew) {
      end -= 4;
      if (end < start) reader.fail('an object header chunk that is too short');
      reader.position = end;
      walk.checksum('object-header', object, reader, what);
      reader.position = start;
    }
    readMessages(reader, end);
    return true;
  };

  if (isNew) {
    look.signature('OHDR');
    look.version('the object header', 2);
    const flags = look.u8();
    tracked = (flags & HeaderFlag.AttributeOrderTracked) !== 0;
    if (flags & HeaderFlag.Times) look.take(16);
    if (flags & HeaderFlag.PhaseChange) look.take(4);
    const size = look.uint(1 << (flags & HeaderFlag.SizeOfChunk0));
    const first = walk.structure(address, look.position + size + 4, what, object);
    if (!first) return undefined;
    first.position = look.position;
    object.count = 1;
    if (!walk.attempt('object-header', address, object, () => readChunk(first))) whole = false;
  } else {
    look.version('the object header', 1);
    look.take(1);
    count = look.u16();
    const links = look.u32();
    const first = walk.structure(address, 16 + look.u32(), what, object);
    if (!first) return undefined;
    first.position = 16;
    object.count = links;
    if (!walk.attempt('object-header', address, object, () => readChunk(first))) whole = false;
  }
  const part = 'an object header continuation';
  // Each is claimed, so that a chain that bites its tail ends.
  for (const chunk of pending) {
    const done = walk.attempt('object-header', chunk.address, object, () => {
      if (chunk.size === 0) throw new H5FormatError(walk.base + chunk.address, `${part} of 0 bytes`);
      const reader = walk.structure(chunk.address, chunk.size, part, object);
      if (!reader) return undefined;
      if (isNew) reader.signature('OCHK');
      return readChunk(reader);
    });
    if (!done) whole = false;
  }
  if (!isNew && whole && seen !== count)
    walk.problem(
      'object-header',
      address,
      object,
      `the header says that it has ${count} messages; there are ${seen}`,
    );
  return { messages, whole };
}
