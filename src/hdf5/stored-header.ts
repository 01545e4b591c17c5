import { H5FeatureError, H5TypeError } from '../errors.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { lookup3 } from './checksum.js';
import type { EditableSpace } from './editable-space.js';
import type { FileSpace } from './file-space.js';
import type { Extent } from './free-space.js';
import { MESSAGE_LIMIT, OCHK, OHDR } from './header-writer.js';
import { encodeAttributeInfo } from './messages/attribute-info.js';
import { encodeContinuation } from './messages/continuation.js';
import { MessageType } from './messages/message-type.js';
import { decodeReferenceCount, referenceCountData } from './messages/reference-count.js';
import { HeaderFlag, type Message } from './object-header.js';

/** A message of an object header, its data as they stand in the file. */
export interface HeaderMessage {
  readonly type: number;
  readonly flags: number;
  /** The creation order of an attribute, or -1 where that is not tracked. */
  readonly order: number;
  readonly data: Uint8Array;
}

const VERSION = 2;
/** What a continuation message holds: an address and a length. */
const CONTINUATION_SIZE = 16;
/** A continuation gets room for this much more than it needs at once, in bytes. */
const SLACK = 64;

/**
 * An object header that stands in a file, to be written again with other messages. It stays where it is, since links
 * lead to it: what does not fit there goes to one continuation chunk. A header of version 1 becomes one of version 2.
 */
export class StoredHeader {
  readonly address: number;
  /** What it takes: its first chunk, and continuations. */
  chunks: Extent[];
  /** All messages but continuations and empty ones. */
  messages: HeaderMessage[];
  #flags: number;
  /** Times and limits of dense storage, as they stand behind the flags. */
  readonly #prefix: Uint8Array;

  /** `messages` and `chunks`: what `readObjectHeader` returned. */
  constructor(space: FileSpace, address: number, messages: readonly Message[], chunks: Extent[]) {
    this.address = address;
    this.chunks = chunks;
    const what = 'an object header';
    const start = space.peek(address, 26, what);
    if (start.bytes[0] === (OHDR & 0xff)) {
      start.take(5);
      this.#flags = start.u8();
      this.#prefix = new Uint8Array(
        start.raw((this.#flags & HeaderFlag.Times ? 16 : 0) + (this.#flags & HeaderFlag.PhaseChange ? 4 : 0)),
      );
    } else {
      this.#prefix = new Uint8Array(0);
      // The room for the messages, in as few bytes as a header of version 2 says it.
      const [, size] = this.chunks[0] as Extent;
      this.#flags = size - 11 < 256 ? 0 : size - 12 < 65536 ? 1 : 2;
    }
    this.messages = messages.map(({ type, flags, order, data }) => {
      return { type, flags, order, data: new Uint8Array(data.bytes) };
    });
  }

  /** Whether attributes have a creation order. */
  get isTracked(): boolean {
    return (this.#flags & HeaderFlag.AttributeOrderTracked) !== 0;
  }

  /** Whether attributes in dense storage have an index by it. */
  get isIndexed(): boolean {
    return (this.#flags & HeaderFlag.AttributeOrderIndexed) !== 0;
  }

  /** The same two, as an Attribute Info message has them. */
  get orderFlags(): number {
    return (this.#flags / HeaderFlag.AttributeOrderTracked) & 3;
  }

  /** The number of hard links that lead here. */
  get linkCount(): number {
    const message = this.find(MessageType.ReferenceCount);
    return message ? decodeReferenceCount(new ByteReader(message.data)) : 1;
  }

  set linkCount(count: number) {
    this.remove(MessageType.ReferenceCount);
    if (count !== 1) this.messages.push(referenceCount(count));
  }

  /** Says from now on what another header says, of whatever object; as many links lead here as before. */
  takeOver(other: StoredHeader): void {
    const { linkCount } = this;
    // How the first chunk is laid out stays.
    const own = HeaderFlag.SizeOfChunk0 | HeaderFlag.Times | HeaderFlag.PhaseChange;
    this.#flags = (this.#flags & own) | (other.#flags & ~own);
    this.messages = other.messages;
    this.linkCount = linkCount;
  }

  find(type: number): HeaderMessage | undefined {
    return this.messages.find((message) => message.type === type);
  }

  remove(type: number): void {
    this.messages = this.messages.filter((message) => message.type !== type);
  }

  /** Puts a message in the place of those of its type, or behind all others. */
  set(message: HeaderMessage): void {
    const index = this.messages.findIndex(({ type }) => type === message.type);
    if (index < 0) this.messages.push(message);
    else this.messages[index] = message;
  }

  /**
   * A header of version 2 without this message has no attributes for the HDF5 library when it adds one: of too few that it has counted
   * it loses all with the last one that it removes. One of version 1 has none, and neither have those of some other programs.
   */
  #completeAttributes(): void {
    const orders = this.messages.flatMap(({ type, order }) =>
      type === MessageType.Attribute ? [order] : [],
    );
    if (orders.length === 0 || this.find(MessageType.AttributeInfo)) return;
    const data = new ByteWriter(20);
    encodeAttributeInfo(data, Math.max(...orders) + 1, undefined, this.orderFlags);
    this.messages.push({ type: MessageType.AttributeInfo, flags: 0, order: 0, data: data.finish() });
  }

  /** Writes all messages. Space that is no longer needed is given back. */
  write(space: EditableSpace): void {
    this.#completeAttributes();
    const prefix = this.isTracked ? 6 : 4;
    // It stands behind all others, in whatever chunk: see HeaderWriter.
    const count = this.find(MessageType.ReferenceCount);
    if (count && count !== this.messages.at(-1)) {
      this.remove(count.type);
      this.messages.push(count);
    }
    for (const { type, data } of this.messages) {
      if (data.length > MESSAGE_LIMIT)
        throw new H5TypeError(
          `a header message of type ${type} takes ${data.length} bytes; at most ${MESSAGE_LIMIT} fit`,
        );
    }
    const [address, total] = this.chunks[0] as Extent;
    const sizeBytes = 1 << (this.#flags & HeaderFlag.SizeOfChunk0);
    const start = 6 + this.#prefix.length + sizeBytes;
    const room = total - start - 4;
    const sizes = this.messages.map(({ data }) => prefix + data.length);
    const needed = sizes.reduce((sum, size) => sum + size, 0);
    // libhdf5 leaves so much in each header (H5O_MIN_SIZE), other programs need not.
    if (needed > room && room < prefix + CONTINUATION_SIZE)
      throw new H5FeatureError(
        `more in an object header of ${total} bytes that has no room for a continuation (h5repack makes one that has)`,
      );
    const here: HeaderMessage[] = [];
    const there: HeaderMessage[] = [];
    let left = needed <= room ? room : room - prefix - CONTINUATION_SIZE;
    let rest = 0;
    this.messages.forEach((message, i) => {
      const size = sizes[i] as number;
      const isBehind = message.type === MessageType.ReferenceCount && there.length > 0;
      if (size <= left && !isBehind) {
        here.push(message);
        left -= size;
      } else {
        there.push(message);
        rest += size;
      }
    });

    const continuation = this.#placeContinuation(space, rest === 0 ? 0 : rest + 8);
    const out = new ByteWriter(total);
    out.u32(OHDR);
    out.u8(VERSION);
    out.u8(this.#flags);
    out.raw(this.#prefix);
    for (let i = 0, size = room; i < sizeBytes; i++, size = Math.floor(size / 256)) out.u8(size % 256);
    if (continuation) {
      const data = new ByteWriter(CONTINUATION_SIZE);
      encodeContinuation(data, continuation[0], continuation[1]);
      here.push({ type: MessageType.Continuation, flags: 0, order: 0, data: data.finish() });
    }
    // It may be of a committed datatype.
    space.datatypes.delete(address);
    space.write(address, this.#chunk(out, here, total));
    if (continuation) {
      const chunk = new ByteWriter(continuation[1]);
      chunk.u32(OCHK);
      space.write(continuation[0], this.#chunk(chunk, there, continuation[1]));
    }
  }

  /** Gives back what the header takes. */
  free(space: EditableSpace): void {
    for (const [address, size] of this.chunks) space.free(address, size);
  }

  #placeContinuation(space: EditableSpace, needed: number): Extent | undefined {
    const [first, ...others] = this.chunks as [Extent, ...Extent[]];
    const kept = needed > 0 ? others.find(([, size]) => size >= needed) : undefined;
    for (const chunk of others) if (chunk !== kept) space.free(chunk[0], chunk[1]);
    this.chunks = [first];
    if (needed === 0) return undefined;
    const size = (needed + SLACK + 7) & ~7;
    const chunk = kept ?? ([space.allocate(size), size] as const);
    this.chunks.push(chunk);
    return chunk;
  }

  /** Completes a chunk of `size` bytes that has been begun: its messages, what fills it up, and its checksum. */
  #chunk(out: ByteWriter, messages: readonly HeaderMessage[], size: number): Uint8Array {
    const tracked = this.isTracked;
    const prefix = tracked ? 6 : 4;
    const put = (type: number, flags: number, order: number, length: number): void => {
      out.u8(type);
      out.u16(length);
      out.u8(flags);
      if (tracked) out.u16(Math.max(order, 0));
    };
    for (const { type, flags, order, data } of messages) {
      put(type, flags, order, data.length);
      out.raw(data);
    }
    const end = size - 4;
    // Less than a message's prefix is a gap, more is an empty message.
    while (end - out.length >= prefix) {
      const length = Math.min(end - out.length - prefix, MESSAGE_LIMIT);
      put(MessageType.Nil, 0, 0, length);
      out.zeros(length);
    }
    out.zeros(end - out.length);
    out.u32(lookup3(out.view, 0, end));
    return out.finish();
  }
}

function referenceCount(count: number): HeaderMessage {
  return { type: MessageType.ReferenceCount, flags: 0, order: 0, data: referenceCountData(count) };
}
