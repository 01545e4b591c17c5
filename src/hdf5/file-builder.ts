import { H5TypeError } from '../errors.js';
import { UNDEFINED_ADDRESS } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { lookup3 } from './checksum.js';
import { GlobalHeapBuilder } from './indexes/global-heap.js';
import { encodeAttribute } from './messages/attribute.js';
import { encodeAttributeInfo } from './messages/attribute-info.js';
import { encodeContinuation } from './messages/continuation.js';
import { encodeCompactLayout, encodeContiguousLayout } from './messages/data-layout.js';
import { encodeFillValue } from './messages/fill-value.js';
import { encodeGroupInfo } from './messages/group-info.js';
import { encodeExternalLink, encodeHardLink, encodeSoftLink } from './messages/link.js';
import { encodeLinkInfo } from './messages/link-info.js';
import { MessageFlag, MessageType } from './messages/message-type.js';
import { encodeReferenceCount } from './messages/reference-count.js';
import { NumberList } from './number-list.js';
import { HeaderFlag } from './object-header.js';
import { encodeSuperblock, SUPERBLOCK_SIZE } from './superblock.js';

/** An object of the file under construction: known by this number before it has an address. */
export type ObjectId = number;

/** Raw data up to this many bytes stand in the dataset's own header: one access reads all of it. */
const COMPACT_LIMIT = 512;
/** Raw data from this many bytes on are not copied into the buffer, but laid out behind it as they are. */
const EXTENT_LIMIT = 1 << 14;
/** A header chunk is continued elsewhere when it has grown to this; libhdf5 caches chunks whole. */
const CHUNK_LIMIT = 1 << 16;
/** The size of a message is a 16-bit number. */
const MESSAGE_LIMIT = 0xffff;
/** The signatures "OHDR" and "OCHK" (Format Specification, section IV.A.1.b). */
const OHDR = 0x5244484f;
const OCHK = 0x4b48434f;
const VERSION = 2;
/** Signature, version, flags, size of chunk 0. */
const CHUNK0_PREFIX = 10;
const CHUNK0_FLAGS = 2 | HeaderFlag.AttributeOrderTracked | HeaderFlag.AttributeOrderIndexed;
/** Type, size, flags, creation order. */
const MESSAGE_PREFIX = 6;

/** Raw data that are made where they are to stand, so that they are never copied. */
export interface Extent {
  /** In bytes. */
  readonly length: number;
  /** Writes the bytes to `target`, which holds zeros from `position` on. */
  writeTo(target: Uint8Array, position: number): void;
}

/** A file, or a part of one, as what it is made of, in order. */
export type Piece = Uint8Array | Extent;

/** The bytes of a piece: itself, if it is bytes already. */
export function pieceBytes(piece: Piece): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  const bytes = new Uint8Array(piece.length);
  piece.writeTo(bytes, 0);
  return bytes;
}

/** Takes bytes of a file, and where they belong. They may become others as soon as it returns. */
export type Write = (bytes: Uint8Array, position: number) => void;

/** A file that is streamed is written in about so many bytes at a time: what fits into a processor's cache. */
const WINDOW = 1 << 18;

/**
 * Lays out a new file. Object headers are written one after another into one buffer, each as soon as its
 * content is known and in any order: an object has a number at once and an address when its header is
 * written, and what refers to it before that is filled in at the end, before the checksums. So nothing is
 * encoded twice, cycles need no special case, and nothing recurses.
 *
 * The file: superblock, headers and small data, global heap, large data. A file that is streamed repeats this,
 * without the superblock: as soon as nothing waits for an address, the buffers are written and used again,
 * since new memory costs more than all that is done with it here.
 */
export class FileBuilder {
  readonly out: ByteWriter;
  readonly #heap = new GlobalHeapBuilder();
  /** Address by object number; 0 until its header is written. */
  readonly #addresses = new NumberList();
  /** Where an address of an object is to be filled in, and of which. Negative: in the heap, not in `out`. */
  readonly #referenceAt = new NumberList();
  readonly #referenceTo = new NumberList();
  /** Where a position in the global heap is to be made an address. Negative: in the heap itself. */
  readonly #heapReferenceAt = new NumberList();
  #extents: Piece[] = [];
  readonly #extentAt = new NumberList();
  /** Header chunks, from the first byte of each to its checksum. */
  readonly #chunkStart = new NumberList();
  readonly #chunkEnd = new NumberList();

  // The header that is being written.
  #chunk = 0;
  /** Where the length of this chunk stands once it is known: in the prefix, or in the continuation message. */
  #chunkLengthAt = 0;
  #firstChunk = true;
  #message = 0;
  #nextAttributeOrder = 0;

  // The file that is streamed.
  readonly #write: Write | undefined;
  /** The address of the first byte of `out`. */
  #base = 0;
  /** The size of `#extents`. */
  #extentSize = 0;
  /** The size from which on there is a try to write what is there. */
  #window = WINDOW;

  /** `capacity`: about how many bytes are to come, without large data. `write`: where the file is streamed to. */
  constructor(capacity = 1 << 14, write?: Write) {
    this.out = new ByteWriter(write ? 2 * WINDOW : capacity);
    this.out.zeros(SUPERBLOCK_SIZE);
    this.#write = write;
  }

  /** The address of what is written next. */
  get position(): number {
    return this.#base + this.out.length;
  }

  newObject(): ObjectId {
    return this.#addresses.push(0);
  }

  // ---- object headers -------------------------------------------------------------------------------

  #beginHeader(id: ObjectId, linkCount: number): void {
    const { out } = this;
    out.align(8);
    const start = out.length;
    this.#addresses.data[id] = this.position;
    this.#chunk = start;
    this.#firstChunk = true;
    this.#chunkLengthAt = start + 6;
    this.#nextAttributeOrder = 0;
    out.u32(OHDR);
    out.u16(VERSION | (CHUNK0_FLAGS << 8));
    out.u32(0);
    if (linkCount !== 1) {
      this.#beginMessage(MessageType.ReferenceCount);
      encodeReferenceCount(out, linkCount);
      this.#endMessage();
    }
  }

  /** Ends the header that is open. `nextOrder`: the creation order that its next attribute is to get, at least. */
  end(nextOrder = 0): void {
    if (this.#nextAttributeOrder > 0) {
      this.#beginMessage(MessageType.AttributeInfo);
      encodeAttributeInfo(this.out, Math.max(nextOrder, this.#nextAttributeOrder));
      this.#endMessage();
    }
    this.#endChunk();
    const size = this.out.length + this.#heap.out.length + this.#extentSize;
    if (this.#write && size >= this.#window) {
      const settled = this.#isSettled();
      if (settled) this.#flush();
      // To look again with each header what is still waiting would take longer and longer.
      this.#window = settled ? WINDOW : 2 * size;
    }
  }

  #endChunk(): void {
    const { out } = this;
    // The checksum is written when nothing in the chunk changes any more.
    this.#chunkStart.push(this.#chunk);
    this.#chunkEnd.push(out.length);
    out.u32(0);
    const length = out.length - this.#chunk;
    if (this.#firstChunk) out.view.setUint32(this.#chunkLengthAt, length - CHUNK0_PREFIX - 4, true);
    else out.u64At(this.#chunkLengthAt, length);
  }

  #beginMessage(type: number, flags = 0, order = 0): void {
    const { out } = this;
    if (out.length - this.#chunk > CHUNK_LIMIT) this.#continueHeader();
    out.reserve(MESSAGE_PREFIX);
    this.#message = out.length;
    out.u32(type | (flags << 24));
    out.u16(order);
  }

  #endMessage(): void {
    const { out } = this;
    const size = out.length - this.#message - MESSAGE_PREFIX;
    if (size > MESSAGE_LIMIT) {
      throw new H5TypeError(`a header message of ${size} bytes; at most ${MESSAGE_LIMIT} fit`);
    }
    out.view.setUint16(this.#message + 1, size, true);
  }

  #continueHeader(): void {
    const { out } = this;
    out.u32(MessageType.Continuation | (16 << 8));
    out.u16(0);
    encodeContinuation(out, this.position + 16 + 4, 0);
    const lengthAt = out.length - 8;
    this.#endChunk();
    this.#chunk = out.length;
    this.#firstChunk = false;
    this.#chunkLengthAt = lengthAt;
    out.u32(OCHK);
  }

  // ---- groups ---------------------------------------------------------------------------------------

  /** Opens the header of a group. `nextOrder`: the creation order after the last of its links. */
  beginGroup(id: ObjectId, linkCount: number, nextOrder: number): void {
    this.#beginHeader(id, linkCount);
    this.#beginMessage(MessageType.LinkInfo);
    encodeLinkInfo(this.out, nextOrder);
    this.#endMessage();
    this.#beginMessage(MessageType.GroupInfo);
    encodeGroupInfo(this.out);
    this.#endMessage();
  }

  hardLink(name: string, order: number, target: ObjectId): void {
    this.#beginMessage(MessageType.Link);
    encodeHardLink(this.out, name, order);
    this.objectReference(target);
    this.#endMessage();
  }

  softLink(name: string, order: number, target: string): void {
    this.#beginMessage(MessageType.Link);
    encodeSoftLink(this.out, name, order, target);
    this.#endMessage();
  }

  externalLink(name: string, order: number, file: string, target: string): void {
    this.#beginMessage(MessageType.Link);
    encodeExternalLink(this.out, name, order, file, target);
    this.#endMessage();
  }

  // ---- attributes -----------------------------------------------------------------------------------

  /**
   * Opens an attribute of the header that is open; the caller writes its data to `out` and ends it.
   * `datatype` and `dataspace` are encoded messages, `order` is at most 65,534.
   */
  beginAttribute(
    name: string,
    datatype: Uint8Array,
    dataspace: Uint8Array,
    order = this.#nextAttributeOrder,
  ): void {
    this.#nextAttributeOrder = order + 1;
    this.#beginMessage(MessageType.Attribute, 0, order);
    encodeAttribute(this.out, name, datatype, dataspace);
  }

  endAttribute(): void {
    this.#endMessage();
  }

  // ---- datasets -------------------------------------------------------------------------------------

  /**
   * Opens the header of a dataset. `datatype` and `dataspace` are encoded messages. `data` must not change
   * until the file is written: large data are not copied. Of small data, `size` bytes from `start` on can be meant.
   */
  beginDataset(
    id: ObjectId,
    linkCount: number,
    datatype: Uint8Array,
    dataspace: Uint8Array,
    data: Piece,
    start = 0,
    size = data.length,
  ): void {
    const { out } = this;
    if (size > 0 && size <= COMPACT_LIMIT) {
      this.#beginDatasetHeader(id, linkCount, datatype, dataspace, true);
      encodeCompactLayout(out, size);
      out.raw(pieceBytes(data), start, size);
    } else if (size === 0) {
      this.#beginDatasetHeader(id, linkCount, datatype, dataspace, false);
      encodeContiguousLayout(out);
      out.undefinedAddress();
      out.u64(0);
    } else if (size < EXTENT_LIMIT) {
      out.align(8);
      const address = this.position;
      out.raw(pieceBytes(data), start, size);
      this.beginDatasetAt(id, linkCount, datatype, dataspace, address, size);
      return;
    } else {
      this.#beginDatasetHeader(id, linkCount, datatype, dataspace, false);
      encodeContiguousLayout(out);
      this.#extentAt.push(out.length);
      this.#extents.push(data);
      this.#extentSize += size;
      out.u64(0);
      out.u64(size);
    }
    this.#endMessage();
  }

  /**
   * The same for data that have been written to `out` already, because they hold references, or that are not
   * written at all and read as zeros: their address is UNDEFINED_ADDRESS.
   */
  beginDatasetAt(
    id: ObjectId,
    linkCount: number,
    datatype: Uint8Array,
    dataspace: Uint8Array,
    address: number,
    size: number,
  ): void {
    this.#beginDatasetHeader(id, linkCount, datatype, dataspace, false);
    encodeContiguousLayout(this.out);
    if (address === UNDEFINED_ADDRESS) this.out.undefinedAddress();
    else this.out.u64(address);
    this.out.u64(size);
    this.#endMessage();
  }

  #beginDatasetHeader(
    id: ObjectId,
    linkCount: number,
    datatype: Uint8Array,
    dataspace: Uint8Array,
    compact: boolean,
  ): void {
    this.#beginHeader(id, linkCount);
    this.#beginMessage(MessageType.Dataspace);
    this.out.raw(dataspace);
    this.#endMessage();
    this.#beginMessage(MessageType.Datatype, MessageFlag.Constant);
    this.out.raw(datatype);
    this.#endMessage();
    this.#beginMessage(MessageType.FillValue);
    encodeFillValue(this.out, compact);
    this.#endMessage();
    this.#beginMessage(MessageType.DataLayout);
  }

  // ---- values that refer to other places ------------------------------------------------------------

  // They go to the end of `out`, or to `heapAt`: a position in the global heap, within a sequence that has
  // been written with zeros in their place.

  /** Writes an object reference: the address of an object, as soon as that is known. None: to nothing. */
  objectReference(target: ObjectId | undefined, heapAt = -1): void {
    const address = target === undefined ? 0 : (this.#addresses.data[target] as number);
    if (target !== undefined && address === 0) {
      this.#referenceAt.push(heapAt < 0 ? this.out.length : -heapAt);
      this.#referenceTo.push(target);
    }
    if (heapAt < 0) this.out.u64(address);
    else this.#heap.out.u64At(heapAt, address);
  }

  /** Writes a variable-length string. The text must be well-formed. */
  text(text: string, heapAt = -1): void {
    if (text === '') {
      if (heapAt < 0) this.out.zeros(16);
      return;
    }
    this.#heapReference(this.#heap.allocateText(text), heapAt);
  }

  /** Writes a variable-length sequence of `count` elements that are `bytes`. Returns their place in the heap. */
  sequence(count: number, bytes: Uint8Array, heapAt = -1): number {
    if (count === 0) {
      if (heapAt < 0) this.out.zeros(16);
      return -1;
    }
    const position = this.#heap.allocate(bytes.length);
    this.#heap.out.bytes.set(bytes, position);
    this.#heapReference(count, heapAt);
    return position;
  }

  #heapReference(count: number, heapAt: number): void {
    const { collection, index } = this.#heap;
    if (heapAt < 0) {
      this.out.u32(count);
      this.#heapReferenceAt.push(this.out.length);
      this.out.u64(collection);
      this.out.u32(index);
    } else {
      const { out } = this.#heap;
      this.#heapReferenceAt.push(-heapAt - 4);
      out.view.setUint32(heapAt, count, true);
      out.u64At(heapAt + 4, collection);
      out.view.setUint32(heapAt + 12, index, true);
    }
  }

  // ---- the whole ------------------------------------------------------------------------------------

  /** Whether every object that is referred to has an address. */
  #isSettled(): boolean {
    const { data, length } = this.#referenceTo;
    for (let i = 0; i < length; i++) if (this.#addresses.data[data[i] as number] === 0) return false;
    return true;
  }

  /** Completes what is there, and returns it in pieces, in order. */
  #complete(): Piece[] {
    const { out } = this;
    const heap = this.#heap.out;
    this.#heap.close();
    out.align(8);
    const heapAddress = this.position;
    const tail: Piece[] = [];
    let end = heapAddress + heap.length;
    for (let i = 0; i < this.#extents.length; i++) {
      const extent = this.#extents[i] as Piece;
      out.u64At(this.#extentAt.data[i] as number, end);
      const padding = -extent.length & 7;
      tail.push(extent);
      if (padding > 0) tail.push(new Uint8Array(padding));
      end += extent.length + padding;
    }

    for (let i = 0; i < this.#referenceAt.length; i++) {
      const address = this.#addresses.data[this.#referenceTo.data[i] as number] as number;
      const at = this.#referenceAt.data[i] as number;
      if (at >= 0) out.u64At(at, address);
      else heap.u64At(-at, address);
    }
    for (let i = 0; i < this.#heapReferenceAt.length; i++) {
      const at = this.#heapReferenceAt.data[i] as number;
      const into = at >= 0 ? out : heap;
      const place = Math.abs(at);
      const position = into.view.getUint32(place, true) + into.view.getUint32(place + 4, true) * 0x100000000;
      into.u64At(place, heapAddress + position);
    }
    for (let i = 0; i < this.#chunkStart.length; i++) {
      const chunkEnd = this.#chunkEnd.data[i] as number;
      out.view.setUint32(chunkEnd, lookup3(out.view, this.#chunkStart.data[i] as number, chunkEnd), true);
    }
    return [out.finish(), heap.finish(), ...tail];
  }

  /** Writes what is there, and begins anew behind it. */
  #flush(): void {
    for (const piece of this.#complete()) {
      this.#write?.(pieceBytes(piece), this.#base);
      this.#base += piece.length;
    }
    for (const emptied of [
      this.out,
      this.#heap.out,
      this.#referenceAt,
      this.#referenceTo,
      this.#heapReferenceAt,
      this.#extentAt,
      this.#chunkStart,
      this.#chunkEnd,
    ])
      emptied.length = 0;
    this.#extents = [];
    this.#extentSize = 0;
  }

  /** Completes the file. Returns its bytes in pieces, in order, unless it is streamed. Nothing may be added afterwards. */
  finish(root: ObjectId): Piece[] {
    const superblock = new ByteWriter(SUPERBLOCK_SIZE);
    const rootAddress = () => this.#addresses.data[root] as number;
    if (this.#write) {
      this.#flush();
      encodeSuperblock(superblock, rootAddress(), this.#base);
      // At last: what is not a whole file does not look like one.
      this.#write(superblock.bytes, 0);
      return [];
    }
    const pieces = this.#complete();
    const end = pieces.reduce((size, piece) => size + piece.length, 0);
    encodeSuperblock(superblock, rootAddress(), end);
    this.out.bytes.set(superblock.bytes);
    return pieces;
  }
}

/** The pieces of a file as one. */
export function concatenate(pieces: readonly Piece[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const piece of pieces) size += piece.length;
  const whole = new Uint8Array(size);
  let position = 0;
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) whole.set(piece, position);
    else piece.writeTo(whole, position);
    position += piece.length;
  }
  return whole;
}
