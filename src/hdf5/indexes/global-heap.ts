import { H5FormatError } from '../../errors.js';
import { ByteWriter } from '../byte-writer.js';
import type { FileSpace } from '../file-space.js';

const SIGNATURE = 'GCOL';
const OBJECT_HEADER = 16;
/** The least size of a collection that libhdf5 accepts (H5HG_MINSIZE). */
const MIN_COLLECTION = 4096;
/** A collection is closed when it has grown to this: large enough to be few, small enough to be read whole. */
const FULL_COLLECTION = 1 << 16;
/** An object's index within its collection is a 16-bit number, and 0 stands for free space. */
const MAX_INDEX = 0xffff;

/**
 * The global heap of a file under construction: what variable-length strings and sequences hold (Format
 * Specification, section III.E). Addresses are relative to the start of the heap until the file is laid out.
 */
export class GlobalHeapBuilder {
  readonly out = new ByteWriter(MIN_COLLECTION);
  #start = -1;
  #index = 0;

  /** The relative address of the collection that the last object went to. */
  get collection(): number {
    return this.#start;
  }

  /** The index of the last object in its collection. */
  get index(): number {
    return this.#index;
  }

  /** Adds an object of `size` bytes and returns the position in `out.bytes` that the caller writes them to. */
  allocate(size: number): number {
    const { out } = this;
    const needed = OBJECT_HEADER + padded(size);
    const full = this.#start >= 0 && out.length - this.#start + needed > FULL_COLLECTION;
    if (full || this.#index === MAX_INDEX) this.close();
    if (this.#start < 0) this.#open();
    out.reserve(needed);
    out.u16(++this.#index);
    // libhdf5 leaves the reference count of variable-length data at zero.
    out.u16(0);
    out.u32(0);
    out.u64(size);
    const position = out.length;
    out.bytes.fill(0, position + size, position + padded(size));
    out.length = position + padded(size);
    return position;
  }

  /** Adds the UTF-8 bytes of a well-formed text that is not empty. Returns their number. */
  allocateText(text: string): number {
    // The size stands before the text: written for the worst case first, then set right and cut back.
    const position = this.allocate(text.length * 3);
    const { out } = this;
    out.length = position;
    const size = out.utf8(text);
    out.u64At(position - 8, size);
    out.align(8);
    return size;
  }

  #open(): void {
    const { out } = this;
    this.#start = out.length;
    this.#index = 0;
    out.utf8(SIGNATURE);
    out.u32(1);
    out.u64(0);
  }

  /** Ends the collection in use. What is missing to the least size becomes free space: object 0. */
  close(): void {
    if (this.#start < 0) return;
    const { out } = this;
    const free = MIN_COLLECTION - (out.length - this.#start);
    if (free >= OBJECT_HEADER) {
      out.u64(0);
      out.u64(free);
      out.zeros(free - OBJECT_HEADER);
    } else if (free > 0) {
      out.zeros(free);
    }
    out.u64At(this.#start + 8, out.length - this.#start);
    this.#start = -1;
    this.#index = 0;
  }
}

function padded(size: number): number {
  return Math.ceil(size / 8) * 8;
}

/** One collection: its bytes, and where in them each object's data stand, by index (0: there is none). */
export interface Collection {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly sizes: Uint32Array;
}

/** The collections kept at a time; a collection of usual size is 4 to 64 KB. */
const CACHED_COLLECTIONS = 64;

/** The global heap of a file, for reading. */
export class GlobalHeap {
  readonly #space: FileSpace;
  readonly #collections = new Map<number, Collection>();
  /** The collections that have been read, and their size. */
  readonly #seen = new Set<number>();
  #seenSize = 0;

  constructor(space: FileSpace) {
    this.#space = space;
  }

  /** The size of the file: variable-length data cannot be more. */
  get limit(): number {
    return this.#space.end;
  }

  /** The first `length` bytes of an object. */
  get(address: number, index: number, length: number): Uint8Array {
    const { bytes, starts, sizes } = this.collection(address);
    const start = index < starts.length ? (starts[index] as number) : 0;
    if (start === 0 || length > (sizes[index] as number)) {
      throw new H5FormatError(
        this.#space.superblock.baseAddress + address,
        `the global heap has no object ${index} of ${length} bytes`,
      );
    }
    return bytes.subarray(start, start + length);
  }

  collection(address: number): Collection {
    const known = this.#collections.get(address);
    if (known) return known;
    if (this.#collections.size >= CACHED_COLLECTIONS) this.#collections.clear();
    const collection = this.#read(address);
    this.#collections.set(address, collection);
    return collection;
  }

  #read(address: number): Collection {
    const what = 'a global heap collection';
    const { lengthSize } = this.#space.superblock;
    const prefix = this.#space.reader(address, 8 + lengthSize, what);
    prefix.signature(SIGNATURE);
    prefix.version(what, 1);
    prefix.take(3);
    const size = prefix.size();
    if (!this.#seen.has(address)) {
      this.#seen.add(address);
      this.#seenSize += size;
      // Many small elements that each lead to another large collection would take forever.
      if (this.#seenSize > this.limit) prefix.fail('global heap collections overlap');
    }
    const reader = this.#space.reader(address, size, what);
    reader.take(8 + lengthSize);
    const starts: number[] = [0];
    const sizes: number[] = [0];
    const headerSize = 8 + lengthSize;
    while (reader.left >= headerSize) {
      const index = reader.u16();
      reader.take(6);
      const objectSize = reader.size();
      if (index === 0) break;
      starts[index] = reader.position;
      sizes[index] = objectSize;
      reader.take(Math.min(padded(objectSize), Math.max(objectSize, reader.left)));
    }
    return { bytes: reader.bytes, starts: Uint32Array.from(starts), sizes: Uint32Array.from(sizes) };
  }
}
