import { H5FeatureError, optionOf } from '../errors.js';
import type { ByteReader } from './byte-reader.js';
import type { FileSpace } from './file-space.js';
import type { Extent } from './free-space.js';
import { meterAt } from './indexes/meter.js';
import { decodeContinuation } from './messages/continuation.js';
import { MessageFlag, MessageType } from './messages/message-type.js';

/** One message of an object header, its data not decoded yet. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  /** The creation order of an attribute, or -1 where that is not tracked. */
  readonly order: number;
  readonly data: ByteReader;
}

/** Flags of a version 2 object header (Format Specification, section IV.A.1.b). */
export enum HeaderFlag {
  SizeOfChunk0 = 0x03,
  AttributeOrderTracked = 0x04,
  AttributeOrderIndexed = 0x08,
  PhaseChange = 0x10,
  Times = 0x20,
}

/** A first look that holds most headers whole, so that they take one access. */
export const FIRST_LOOK = 512;

/**
 * All messages of an object header, version 1 or 2, through all its chunks. `extents` gets what these take, from the
 * first byte to the last, the first chunk first.
 */
export function readObjectHeader(space: FileSpace, address: number, extents: Extent[] = []): Message[] {
  const look = space.peek(address, FIRST_LOOK, 'an object header');
  const isNew = look.left >= 4 && look.u8() === 0x4f;
  look.position = 0;
  if (isNew) return readVersion2(space, address, look, extents);
  const { oldHeader } = space.indexes ?? {};
  if (oldHeader) return oldHeader(space, address, look, extents);
  look.version(`the object header (without ${optionOf('indexes')})`, 2);
  return [];
}

/**
 * A list of chunks that are still to be read; the first one is among the extents. They are metered: so a chain of chunks that bites its
 * tail ends in an error, and so do many headers that lead to the same chunk.
 */
export class Chunks {
  readonly #space: FileSpace;
  readonly #pending: { address: number; length: number }[] = [];
  readonly #extents: Extent[];
  #total = 0;

  constructor(space: FileSpace, extents: Extent[]) {
    this.#space = space;
    this.#extents = extents;
  }

  add(message: ByteReader): void {
    const chunk = decodeContinuation(message);
    this.#total += chunk.length;
    const [[owner]] = this.#extents as [Extent];
    meterAt(this.#space, owner, this.#total);
    this.#pending.push(chunk);
    this.#extents.push([chunk.address, chunk.length]);
  }

  next(): ByteReader | undefined {
    const chunk = this.#pending.shift();
    return chunk && this.#space.reader(chunk.address, chunk.length, 'an object header continuation');
  }
}

function readVersion2(space: FileSpace, address: number, look: ByteReader, extents: Extent[]): Message[] {
  look.signature('OHDR');
  look.version('the object header', 2);
  const flags = look.u8();
  if (flags & HeaderFlag.Times) look.take(16);
  if (flags & HeaderFlag.PhaseChange) look.take(4);
  const size = look.uint(1 << (flags & HeaderFlag.SizeOfChunk0));
  const prefix = look.position;
  const tracked = (flags & HeaderFlag.AttributeOrderTracked) !== 0;

  const total = prefix + size + 4;
  const whole = total <= look.length ? look : space.reader(address, total, 'an object header');
  whole.position = prefix;
  extents.push([address, total]);
  const messages: Message[] = [];
  const chunks = new Chunks(space, extents);
  readChunk2(whole, total, tracked, messages, chunks);
  for (let chunk = chunks.next(); chunk; chunk = chunks.next()) {
    chunk.signature('OCHK');
    readChunk2(chunk, chunk.length, tracked, messages, chunks);
  }
  return messages;
}

/** The messages of one chunk that takes the first `size` bytes of `reader`, checksum included. */
function readChunk2(
  reader: ByteReader,
  size: number,
  tracked: boolean,
  messages: Message[],
  chunks: Chunks,
): void {
  const end = size - 4;
  if (end < reader.position) reader.fail('an object header chunk that is too short');
  const start = reader.position;
  reader.position = end;
  reader.checksum('an object header');
  reader.position = start;
  const prefix = tracked ? 6 : 4;
  // What is left when no message prefix fits any more is a gap.
  while (reader.position + prefix <= end) {
    const type = reader.u8();
    const length = reader.u16();
    const flags = reader.u8();
    const order = tracked ? reader.u16() : -1;
    if (length > end - reader.position) reader.fail(`a message of ${length} bytes crosses its end`);
    keep(type, flags, order, reader.block(length), messages, chunks);
  }
}

/** Takes in a message: those of a continuation lead to one more chunk. */
export function keep(
  type: number,
  flags: number,
  order: number,
  data: ByteReader,
  messages: Message[],
  chunks: Chunks,
): void {
  if (type === MessageType.Continuation) chunks.add(data);
  else if (type !== MessageType.Nil) messages.push({ type, flags, order, data });
  if (type > MessageType.ReferenceCount && flags & MessageFlag.FailIfUnknown) {
    throw new H5FeatureError(`header message ${type}`);
  }
}
