import { H5TypeError } from '../errors.js';
import type { ByteWriter } from './byte-writer.js';
import { encodeAttribute } from './messages/attribute.js';
import { type AttributeInfo, encodeAttributeInfo } from './messages/attribute-info.js';
import { encodeContinuation } from './messages/continuation.js';
import { encodeFillValue } from './messages/fill-value.js';
import { encodeGroupInfo } from './messages/group-info.js';
import { encodeHardLink } from './messages/link.js';
import { encodeLinkInfo, type LinkInfo } from './messages/link-info.js';
import { MessageFlag, MessageType } from './messages/message-type.js';
import { encodeReferenceCount } from './messages/reference-count.js';
import { HeaderFlag } from './object-header.js';

/** A header chunk is continued elsewhere when it has grown to this; libhdf5 caches chunks whole. */
const CHUNK_LIMIT = 1 << 16;
/** The size of a message is a 16-bit number. */
export const MESSAGE_LIMIT = 0xffff;
/** The signatures "OHDR" and "OCHK" (Format Specification, section IV.A.1.b). */
export const OHDR = 0x5244484f;
export const OCHK = 0x4b48434f;
const VERSION = 2;
/** Signature, version, flags, size of chunk 0. */
const CHUNK0_PREFIX = 10;
/**
 * No index by the creation order of attributes: libhdf5 loses the attributes that it renames from one, and h5py renames each
 * that it replaces. It finds their order without.
 */
const CHUNK0_FLAGS = 2 | HeaderFlag.AttributeOrderTracked;
/** Type, size, flags, creation order. */
export const MESSAGE_PREFIX = 6;

/**
 * Writes the headers of new objects, each as soon as its content is known. What an object is before it has an address,
 * where that comes from, and the checksums are the affair of those who extend this.
 */
export abstract class HeaderWriter<Target> {
  readonly out: ByteWriter;
  #chunk = 0;
  /** Where the length of this chunk stands once it is known: in the prefix, or in the continuation message. */
  #chunkLengthAt = 0;
  #firstChunk = true;
  #message = 0;
  #nextAttributeOrder = 0;
  #linkCount = 1;

  /** Whether messages are made that go to other places than a header, where they may be larger. */
  protected isLoose = false;

  constructor(out: ByteWriter) {
    this.out = out;
  }

  /** A header begins at the end of `out`. */
  protected abstract began(target: Target): void;
  /** A chunk goes from `start` to `end`, where there is room for its checksum; `isLast` of its header. */
  protected abstract chunkEnded(start: number, end: number, isLast: boolean): void;
  /** The address of a position in `out`, for the continuation of a header right behind it. */
  protected abstract addressOf(position: number): number;
  /** Writes an object reference at the end of `out`: an address, as soon as it is known. None: to nothing. */
  abstract objectReference(target: Target | undefined): void;
  /** Called before the checksum of the last chunk of a header, to fill it up. */
  protected fill(): void {}

  protected beginHeader(target: Target, linkCount: number): void {
    const { out } = this;
    const start = out.align(8);
    this.began(target);
    this.#chunk = start;
    this.#firstChunk = true;
    this.#chunkLengthAt = start + 6;
    this.#nextAttributeOrder = 0;
    this.#linkCount = linkCount;
    out.u32(OHDR);
    out.u16(VERSION | (CHUNK0_FLAGS << 8));
    out.u32(0);
  }

  /**
   * Ends the header that is open. `nextOrder`: the creation order that its next attribute is to get, at least; `dense`:
   * where its attributes are, if they are not in the header.
   */
  end(nextOrder = 0, dense?: AttributeInfo): void {
    // Behind links: libhdf5 counts these while it removes one. If that was the last but one to this very object, it takes the message
    // out, and went on with the wrong link where that moved up.
    if (this.#linkCount !== 1) {
      this.beginMessage(MessageType.ReferenceCount);
      encodeReferenceCount(this.out, this.#linkCount);
      this.endMessage();
    }
    if (this.#nextAttributeOrder > 0 || dense) {
      this.beginMessage(MessageType.AttributeInfo);
      encodeAttributeInfo(this.out, Math.max(nextOrder, this.#nextAttributeOrder), dense);
      this.endMessage();
    }
    this.#endChunk(true);
  }

  #endChunk(isLast: boolean): void {
    const { out } = this;
    if (isLast) this.fill();
    const end = out.length;
    out.u32(0);
    const length = out.length - this.#chunk;
    if (this.#firstChunk) out.view.setUint32(this.#chunkLengthAt, length - CHUNK0_PREFIX - 4, true);
    else out.u64At(this.#chunkLengthAt, length);
    this.chunkEnded(this.#chunk, end, isLast);
  }

  protected beginMessage(type: number, flags = 0, order = 0): void {
    const { out } = this;
    if (out.length - this.#chunk > CHUNK_LIMIT && !this.isLoose) this.#continueHeader();
    out.reserve(MESSAGE_PREFIX);
    this.#message = out.length;
    out.u32(type | (flags << 24));
    out.u16(order);
  }

  protected endMessage(): void {
    const { out } = this;
    const size = out.length - this.#message - MESSAGE_PREFIX;
    if (size > MESSAGE_LIMIT && !this.isLoose) {
      throw new H5TypeError(`a header message of ${size} bytes; at most ${MESSAGE_LIMIT} fit`);
    }
    out.view.setUint16(this.#message + 1, size, true);
  }

  #continueHeader(): void {
    const { out } = this;
    out.u32(MessageType.Continuation | (16 << 8));
    out.u16(0);
    encodeContinuation(out, this.addressOf(out.length + 16 + 4), 0);
    const lengthAt = out.length - 8;
    this.#endChunk(false);
    this.#chunk = out.length;
    this.#firstChunk = false;
    this.#chunkLengthAt = lengthAt;
    out.u32(OCHK);
  }

  // ---- groups ---------------------------------------------------------------------------------------

  /**
   * Opens the header of a group. `nextOrder`: the creation order after the last of its links; `dense`: where they are, if
   * they are not in the header.
   */
  beginGroup(target: Target, linkCount: number, nextOrder: number, dense?: LinkInfo): void {
    this.beginHeader(target, linkCount);
    this.beginMessage(MessageType.LinkInfo);
    encodeLinkInfo(this.out, nextOrder, dense);
    this.endMessage();
    this.beginMessage(MessageType.GroupInfo);
    encodeGroupInfo(this.out);
    this.endMessage();
  }

  hardLink(name: string, order: number, target: Target): void {
    this.beginMessage(MessageType.Link);
    encodeHardLink(this.out, name, order);
    this.objectReference(target);
    this.endMessage();
  }

  // ---- attributes -----------------------------------------------------------------------------------

  /**
   * Opens an attribute of the header that is open; the caller writes its data to `out` and ends it.
   * `datatype` and `dataspace` are encoded messages, `order` is at most 65,534; `isShared` as for `encodeAttribute`.
   */
  beginAttribute(
    name: string,
    datatype: Uint8Array,
    dataspace: Uint8Array,
    order = this.#nextAttributeOrder,
    isShared = false,
  ): void {
    this.#nextAttributeOrder = order + 1;
    this.beginMessage(MessageType.Attribute, 0, order);
    encodeAttribute(this.out, name, datatype, dataspace, isShared);
  }

  endAttribute(): void {
    this.endMessage();
  }

  // ---- datatypes and datasets -------------------------------------------------------------------------------------

  /** A datatype message, or one that says where it is. */
  protected datatype(message: Uint8Array, flags: number): void {
    this.beginMessage(MessageType.Datatype, flags);
    this.out.raw(message);
    this.endMessage();
  }

  /** Opens the header of a dataset up to its layout message, which the caller writes to `out` and ends. */
  protected beginDatasetHeader(
    target: Target,
    linkCount: number,
    datatype: Uint8Array,
    dataspace: Uint8Array,
    compact: boolean,
    isShared = false,
  ): void {
    this.beginHeader(target, linkCount);
    this.beginMessage(MessageType.Dataspace);
    this.out.raw(dataspace);
    this.endMessage();
    this.datatype(datatype, isShared ? MessageFlag.Constant | MessageFlag.Shared : MessageFlag.Constant);
    this.beginMessage(MessageType.FillValue);
    encodeFillValue(this.out, compact ? 'early' : 'late');
    this.endMessage();
    this.beginMessage(MessageType.DataLayout);
  }
}
