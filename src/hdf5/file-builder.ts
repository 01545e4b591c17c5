import { ByteWriter } from './byte-writer.js';
import { lookup3 } from './checksum.js';
import { getU64 } from './endian.js';
import { HeaderWriter } from './header-writer.js';
import { GlobalHeapBuilder } from './indexes/global-heap.js';
import { encodeCompactLayout, encodeContiguousLayout } from './messages/data-layout.js';
import { NumberList } from './number-list.js';
import { encodeSuperblock, SUPERBLOCK_SIZE } from './superblock.js';

/** An object of the file under construction: known by this number before it has an address. */
export type ObjectId = number;

/** Raw data up to this many bytes stand in the dataset's own header: one access reads all of it. */
export const COMPACT_LIMIT = 512;
/** Raw data from this many bytes on are not copied into the buffer, but laid out behind it as they are. */
const EXTENT_LIMIT = 1 << 14;

/** Raw data that are made where they are to stand, so that they are never copied. */
export interface Extent {
  /** In bytes. */
  readonly length: number;
  /** Writes the bytes to `target`, which holds zeros from `position` on. */
  writeTo(target: Uint8Array<ArrayBuffer>, position: number): void;
  /**
   * Of data that are made only when they are written, for they need addresses: tells them where they are to stand, and the
   * addresses of all objects by their numbers, which they may complete.
   */
  placed?(address: number, addresses: NumberList): void;
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

/**
 * Lays out a new file in memory. Object headers are written in any order: an object has a number at once and an
 * address when its header is written, and what refers to it is filled in by `finish`, before the checksums. So nothing
 * is encoded twice, cycles need no special case, and nothing recurses.
 *
 * The file: superblock, headers and small data, global heap, large data (which may have collections of that heap, too).
 */
export class FileBuilder extends HeaderWriter<ObjectId> {
  readonly #heap = new GlobalHeapBuilder();
  /** Address by object number; 0 until its header is written. */
  readonly addresses = new NumberList();
  /** Where an address of an object is to be filled in, and of which. */
  readonly referenceAt = new NumberList();
  readonly referenceTo = new NumberList();
  /** Where a position in the global heap is to be made an address. */
  readonly #heapReferenceAt = new NumberList();
  /** What stands between the superblock and all else, of so many bytes. */
  before: readonly Piece[] = [];
  base = 0;
  readonly #extents: Piece[] = [];
  readonly #extentAt = new NumberList();
  /** Header chunks, from the first byte of each to its checksum. */
  readonly chunkStart = new NumberList();
  readonly chunkEnd = new NumberList();

  /** `capacity`: about how many bytes are to come, without large data. Too much costs next to nothing. */
  constructor(capacity = 1 << 14) {
    super(new ByteWriter(capacity));
    this.out.zeros(SUPERBLOCK_SIZE);
  }

  /** A new object; `address`: of one that is not written here. */
  newObject(address = 0): ObjectId {
    return this.addresses.push(address);
  }

  protected began(id: ObjectId): void {
    this.addresses.data[id] = this.addressOf(this.out.length);
  }

  protected chunkEnded(start: number, end: number): void {
    // The checksum is written by `finish`, when nothing in the chunk changes any more.
    this.chunkStart.push(start);
    this.chunkEnd.push(end);
  }

  protected addressOf(position: number): number {
    return position + this.base;
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
    const isLate = 'placed' in data;
    if (size > 0 && size <= COMPACT_LIMIT && !isLate) {
      this.beginDatasetHeader(id, linkCount, datatype, dataspace, true);
      encodeCompactLayout(out, size);
      out.raw(pieceBytes(data), start, size);
    } else if (size === 0) {
      this.beginDatasetHeader(id, linkCount, datatype, dataspace, false);
      encodeContiguousLayout(out);
      out.undefinedAddress();
      out.u64(0);
    } else if (size < EXTENT_LIMIT && !isLate) {
      const address = out.align(8);
      out.raw(pieceBytes(data), start, size);
      this.beginDatasetAt(id, linkCount, datatype, dataspace, address);
      return;
    } else {
      this.beginDatasetHeader(id, linkCount, datatype, dataspace, false);
      encodeContiguousLayout(out);
      this.extent(data, out.length);
      out.u64(0);
      out.u64(size);
    }
    this.endMessage();
  }

  /**
   * The same for data that have been written to `out` just now, because they hold references. `address`: where they begin in it.
   */
  beginDatasetAt(
    id: ObjectId,
    linkCount: number,
    datatype: Uint8Array,
    dataspace: Uint8Array,
    address: number,
    size = this.out.length - address,
  ): void {
    this.beginDatasetHeader(id, linkCount, datatype, dataspace, false);
    encodeContiguousLayout(this.out);
    this.out.u64(this.addressOf(address));
    this.out.u64(size);
    this.endMessage();
  }

  /** Lays out large data behind the rest; their address is written to the position `at`, which is nowhere if it is 0. */
  extent(data: Piece, at = 0): void {
    this.#extentAt.push(at);
    this.#extents.push(data);
  }

  /** What is laid out for large data at an address, which is known now; undefined in between, if that takes its time. */
  protected placed(data: Piece, address: number): Iterable<Piece | undefined> {
    if ('placed' in data) data.placed?.(address, this.addresses);
    return [data];
  }

  // ---- values that refer to other places ------------------------------------------------------------

  objectReference(target: ObjectId | undefined): void {
    if (target !== undefined) {
      this.referenceAt.push(this.out.length);
      this.referenceTo.push(target);
    }
    this.out.u64(0);
  }

  /** Writes a variable-length string. The text must be well-formed. */
  text(text: string): void {
    if (text === '') this.out.zeros(16);
    else this.#heapReference(this.#heap.allocateText(text));
  }

  /** Writes a variable-length sequence of `count` elements that are `bytes`. */
  sequence(count: number, bytes: Uint8Array): void {
    if (count === 0) {
      this.out.zeros(16);
      return;
    }
    // First the place: with it the heap may have got other bytes.
    const position = this.#heap.allocate(bytes.length);
    this.#heap.out.bytes.set(bytes, position);
    this.#heapReference(count);
  }

  #heapReference(count: number): void {
    const { collection, index } = this.#heap;
    this.out.u32(count);
    this.#heapReferenceAt.push(this.out.length);
    this.out.u64(collection);
    this.out.u32(index);
  }

  // ---- the whole ------------------------------------------------------------------------------------

  /** Completes the file, in steps, and returns its bytes in pieces, in order. Nothing may be added afterwards. */
  *finishing(root: ObjectId): Generator<void, Piece[]> {
    const { out } = this;
    const heap = this.#heap.out;
    this.#heap.close();
    const heapAddress = this.addressOf(out.align(8));
    const tail: Piece[] = [];
    let end = heapAddress + heap.length;
    for (let i = 0; i < this.#extents.length; i++) {
      out.u64At(this.#extentAt.data[i] as number, end);
      for (const piece of this.placed(this.#extents[i] as Piece, end)) {
        if (piece) {
          tail.push(piece);
          end += piece.length;
        } else yield;
      }
      const padding = -end & 7;
      if (padding > 0) tail.push(new Uint8Array(padding));
      end += padding;
    }

    for (let i = 0; i < this.referenceAt.length; i++) {
      const address = this.addresses.data[this.referenceTo.data[i] as number] as number;
      out.u64At(this.referenceAt.data[i] as number, address);
    }
    for (let i = 0; i < this.#heapReferenceAt.length; i++) {
      const at = this.#heapReferenceAt.data[i] as number;
      out.u64At(at, heapAddress + getU64(out.view, at));
    }
    for (let i = 0; i < this.chunkStart.length; i++) {
      const chunkEnd = this.chunkEnd.data[i] as number;
      out.view.setUint32(chunkEnd, lookup3(out.view, this.chunkStart.data[i] as number, chunkEnd), true);
    }
    const superblock = new ByteWriter(SUPERBLOCK_SIZE);
    encodeSuperblock(superblock, this.addresses.data[root] as number, end);
    return [superblock.bytes, ...this.before, out.finish().subarray(SUPERBLOCK_SIZE), heap.finish(), ...tail];
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
