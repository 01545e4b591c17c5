import { H5FormatError } from '../../errors.js';
import { ByteWriter } from '../byte-writer.js';
import type { EditableSpace } from '../editable-space.js';
import { getU64, setU64 } from '../endian.js';
import type { FileSpace } from '../file-space.js';
import type { OddNumbers } from '../number-elements.js';
import { meterAt } from './meter.js';

const SIGNATURE = 'GCOL';
/** Of an object and of a collection: 8 bytes and a length, which is padded to 8 bytes where it is shorter (H5HG_SIZEOF_OBJHDR). */
export const HEADER = 16;
/** The least size of a collection that libhdf5 accepts (H5HG_MINSIZE). */
export const MIN_COLLECTION = 4096;
/** A collection is closed when it has grown to this: large enough to be few, small enough to be read whole. */
export const FULL_COLLECTION = 1 << 16;
/** An object's index within its collection is a 16-bit number, and 0 stands for free space. */
export const MAX_INDEX = 0xffff;

/**
 * The global heap of a file under construction: what variable-length strings and sequences hold (Format
 * Specification, section III.E). Addresses are relative to the start of the heap until the file is laid out.
 */
export class GlobalHeapBuilder {
  readonly out: ByteWriter;
  #start = -1;
  #index = 0;

  constructor(out = new ByteWriter(MIN_COLLECTION)) {
    this.out = out;
  }

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
    const needed = HEADER + padded(size);
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
    const free = this.#start + MIN_COLLECTION - out.length;
    if (free > 0) out.zeros(free);
    if (free >= HEADER) out.u64At(out.length - free + 8, free);
    out.u64At(this.#start + 8, out.length - this.#start);
    this.#start = -1;
    this.#index = 0;
  }
}

export function padded(size: number): number {
  return Math.ceil(size / 8) * 8;
}

/** One collection: its bytes, and where in them each object's data stand, by index (0, or nothing: there is none). */
export interface Collection {
  /** Where it stands in the file, in bytes. */
  readonly position: number;
  readonly bytes: Uint8Array;
  readonly starts: ArrayLike<number>;
  readonly sizes: ArrayLike<number>;
}

/** The collections kept at a time; a collection of usual size is 4 to 64 KB. */
const CACHED_COLLECTIONS = 64;

/** The global heap of a file, for reading. */
export class GlobalHeap {
  readonly #space: FileSpace;
  protected readonly known = new Map<number, Collection>();

  constructor(space: FileSpace) {
    this.#space = space;
  }

  get numbers(): OddNumbers | undefined {
    return this.#space.indexes?.numbers;
  }

  /** The size of the file: variable-length data cannot be more. */
  get limit(): number {
    return this.#space.end;
  }

  collection(address: number): Collection {
    const known = this.known.get(address);
    if (known) return known;
    if (this.known.size >= CACHED_COLLECTIONS) this.known.clear();
    const collection = this.#read(address);
    this.known.set(address, collection);
    return collection;
  }

  #read(address: number): Collection {
    const what = 'a global heap collection';
    let reader = this.#space.reader(address, HEADER, what);
    reader.signature(SIGNATURE);
    reader.version(what, 1);
    reader.take(3);
    const size = reader.size();
    // libhdf5 takes no smaller ones either; very many, each with a large index, would take forever.
    if (size < MIN_COLLECTION) reader.fail(`${what} of ${size} bytes`);
    // Many small elements that each lead to another large collection would take forever.
    meterAt(this.#space, address, size);
    reader = this.#space.reader(address, size, what);
    reader.take(HEADER);
    const starts: number[] = [];
    const sizes: number[] = [];
    while (reader.left >= HEADER) {
      const start = reader.position + HEADER;
      const index = reader.u16();
      reader.take(6);
      const objectSize = reader.size();
      if (index === 0) break;
      starts[index] = reader.position = start;
      sizes[index] = objectSize;
      reader.take(Math.min(padded(objectSize), Math.max(objectSize, reader.left)));
    }
    return { position: reader.base, bytes: reader.bytes, starts, sizes };
  }
}

/** The first `length` bytes of an object, or all of it. */
export function heapObject(space: FileSpace, address: number, index: number, length?: number): Uint8Array {
  const { position, bytes, starts, sizes } = space.globalHeap.collection(address);
  const start = starts[index] ?? 0;
  const size = length ?? sizes[index] ?? 0;
  if (start === 0 || size > (sizes[index] as number)) {
    throw new H5FormatError(position, `the global heap has no object ${index} of ${size} bytes`);
  }
  return bytes.subarray(start, start + size);
}

// ---- changing it ----------------------------------------------------------------------------------------

/** The global heap of a file that is edited, for reading. */
export class ChangingGlobalHeap extends GlobalHeap {
  /** Collections with changes that are not in the file yet. */
  edited: ((address: number) => Collection | undefined) | undefined;

  override collection(address: number): Collection {
    return this.edited?.(address) ?? super.collection(address);
  }

  /** Reads what overlaps these bytes anew. */
  forget(address: number, size: number): void {
    for (const [start, { bytes }] of this.known) {
      if (start < address + size && address < start + bytes.length) this.known.delete(start);
    }
  }
}

/** Less room is not looked for again, nor in more collections than these. */
const NOTED_ROOM = 64;
const MAX_NOTED = 256;

/**
 * A collection in memory: objects one after another, then free space. What is removed leaves a gap, which is closed when room
 * is needed, or when the collection is written. Readers see it as any other.
 */
interface EditedCollection extends Collection {
  readonly address: number;
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  /** By index, with room for more. */
  starts: Uint32Array;
  sizes: Uint32Array;
  nextIndex: number;
  /** How many objects there are. */
  count: number;
  /** Where its free space begins. */
  free: number;
  /** How many bytes before that are gaps, and where the first one is. */
  gaps: number;
  firstGap: number;
  /** What is to be written: from here up to, not including, there. */
  changedFrom: number;
  changedTo: number;
  /** Whether it was made since the last flush, so that it can still be cut to its size. */
  isNew: boolean;
}

/**
 * The global heap of a file that is edited. Objects go to the collection of the last one, or to one that had others removed,
 * or to a new one, whose address is known at once.
 */
export class GlobalHeapEditor {
  readonly #space: EditableSpace;
  readonly #collections = new Map<number, EditedCollection>();
  #current: EditedCollection | undefined;
  /** What new collections have taken since the last flush. */
  #taken = 0;
  readonly #scratch = new ByteWriter();
  /** Whether something was changed since the last flush. */
  isChanged = false;

  /** Where the last object is: its collection, its index in that, and its data in `bytes`. */
  address = 0;
  index = 0;
  bytes: Uint8Array = new Uint8Array(0);
  position = 0;

  constructor(space: EditableSpace) {
    this.#space = space;
    space.globalHeap.edited = (address) => this.#changedAt(address);
  }

  /** A collection as it will be, if it is another one than in the file. */
  #changedAt(address: number): Collection | undefined {
    const collection = this.#collections.get(address);
    return collection && (collection.isNew || collection.changedFrom < collection.changedTo)
      ? collection
      : undefined;
  }

  /** Adds an object of `size` bytes, which the caller writes to `bytes` at `position` before the next call. */
  insert(size: number): void {
    this.isChanged = true;
    const needed = HEADER + padded(size);
    const collection = this.#withRoom(needed);
    const { bytes, view } = collection;
    const at = collection.free;
    view.setUint16(at, collection.nextIndex, true);
    view.setUint16(at + 2, 0, true);
    view.setUint32(at + 4, 0, true);
    setU64(view, at + 8, size);
    bytes.fill(0, at + HEADER + size, at + needed);
    collection.free += needed;
    changed(collection, at, collection.free);
    place(collection, collection.nextIndex, at + HEADER, size);
    this.address = collection.address;
    this.index = collection.nextIndex++;
    this.bytes = bytes;
    this.position = at + HEADER;
  }

  /** Adds the UTF-8 bytes of a well-formed text that is not empty. Returns their number. */
  insertText(text: string): number {
    const scratch = this.#scratch;
    scratch.length = 0;
    const size = scratch.utf8(text);
    this.insert(size);
    const { bytes, position } = this;
    if (size > 32) bytes.set(scratch.finish(), position);
    else for (let i = 0; i < size; i++) bytes[position + i] = scratch.bytes[i] as number;
    return size;
  }

  /** Removes an object, if there is one. A collection without any is given back. */
  remove(address: number, index: number): void {
    const collection = this.#collections.get(address) ?? this.#load(address);
    const start = collection.starts[index] ?? 0;
    if (start === 0) return;
    this.isChanged = true;
    const at = start - HEADER;
    const { starts, sizes, bytes } = collection;
    collection.gaps += HEADER + padded(sizes[index] as number);
    collection.firstGap = Math.min(collection.firstGap, at);
    starts[index] = 0;
    sizes[index] = 0;
    changed(collection, at, at + 1);
    if (--collection.count > 0) return;
    this.#space.free(address, bytes.length);
    this.#collections.delete(address);
    this.#space.heapRoom = this.#space.heapRoom.filter(([noted]) => noted !== address);
    if (this.#current === collection) this.#current = undefined;
  }

  /**
   * Removes an object of no bytes, which libhdf5 gives to an empty text or sequence: with it, its collection would never be empty. Others
   * do not, and what they say in its place may be anything.
   */
  removeEmpty(address: number, index: number): void {
    try {
      const { sizes } = this.#collections.get(address) ?? this.#space.globalHeap.collection(address);
      if (sizes[index] === 0) this.remove(address, index);
    } catch (error) {
      if (!(error instanceof H5FormatError)) throw error;
    }
  }

  /** The bytes of an object that was inserted since the last flush, to be changed. */
  object(address: number, index: number): Uint8Array {
    const collection = this.#collections.get(address) ?? this.#load(address);
    const start = collection.starts[index] ?? 0;
    if (start === 0) throw new H5FormatError(collection.position, `no global heap object ${index}`);
    const end = start + (collection.sizes[index] as number);
    changed(collection, start - HEADER, end);
    return collection.bytes.subarray(start, end);
  }

  /** Writes what has changed. */
  flush(): void {
    for (const collection of this.#collections.values()) {
      if (collection.isNew) this.#cut(collection);
      this.#write(collection);
    }
    this.#noteRoom();
    // Few are kept: those that may have room.
    for (const [address, collection] of this.#collections) {
      if (this.#collections.size <= CACHED_COLLECTIONS) break;
      if (collection !== this.#current) this.#collections.delete(address);
    }
    this.#taken = 0;
    this.isChanged = false;
  }

  /** Notes which collections have room, so that the next opening uses it: what it adds would take a new one else. */
  #noteRoom(): void {
    if (this.#collections.size === 0) return;
    const rooms = new Map(this.#space.heapRoom.filter(([address]) => !this.#collections.has(address)));
    for (const { address, bytes, free, nextIndex } of this.#collections.values()) {
      const room = bytes.length - free;
      if (room >= NOTED_ROOM && nextIndex <= MAX_INDEX) rooms.set(address, room);
    }
    const most = [...rooms].sort((a, b) => b[1] - a[1]).slice(0, MAX_NOTED);
    this.#space.heapRoom = most.sort((a, b) => a[0] - b[0]);
  }

  /** Forgets what has not been written. */
  forget(): void {
    this.#collections.clear();
    this.#current = undefined;
    this.#taken = 0;
    this.isChanged = false;
  }

  #write(collection: EditedCollection): void {
    closeGaps(collection);
    const { address, bytes, view, free, changedFrom, changedTo } = collection;
    collection.isNew = false;
    if (changedFrom >= changedTo) return;
    const left = bytes.length - free;
    bytes.fill(0, free);
    // Object 0 is the free space, if there is room to say so.
    if (left >= HEADER) view.setUint32(free + 8, left, true);
    const from = Math.min(changedFrom, free);
    const to = Math.max(changedTo, free + Math.min(left, HEADER));
    this.#space.write(address + from, bytes.subarray(from, to));
    this.#space.globalHeap.forget(address, bytes.length);
    collection.changedFrom = bytes.length;
    collection.changedTo = 0;
  }

  /** Gives the free space of a new collection back, as far as libhdf5 lets it be small. */
  #cut(collection: EditedCollection): void {
    closeGaps(collection);
    const size = Math.max(MIN_COLLECTION, collection.free);
    if (size === collection.bytes.length) return;
    this.#space.free(collection.address + size, collection.bytes.length - size);
    collection.bytes = collection.bytes.slice(0, size);
    collection.view = new DataView(collection.bytes.buffer);
    writeSize(collection);
    collection.changedFrom = 0;
  }

  #withRoom(needed: number): EditedCollection {
    const current = this.#current;
    if (current && hasRoom(current, needed)) return current;
    if (current?.isNew) {
      // It is full, and will hardly be needed again.
      this.#write(current);
      this.#collections.delete(current.address);
    }
    for (const collection of this.#collections.values()) {
      if (!collection.isNew && hasRoom(collection, needed)) return this.#use(collection);
    }
    for (const [address, room] of this.#space.heapRoom) {
      if (room < needed || this.#collections.has(address)) continue;
      const collection = this.#load(address);
      if (hasRoom(collection, needed)) return this.#use(collection);
    }
    // The rest of the last one is given back when others stand behind it already: it is to be little beside all of them.
    const next = MIN_COLLECTION * Math.ceil(this.#taken / MIN_COLLECTION / 16);
    const size = Math.max(MIN_COLLECTION, Math.min(next, FULL_COLLECTION), HEADER + needed);
    this.#taken += size;
    const bytes = new Uint8Array(size);
    const address = this.#space.allocate(size);
    const collection: EditedCollection = {
      address,
      position: this.#space.superblock.baseAddress + address,
      bytes,
      view: new DataView(bytes.buffer),
      starts: new Uint32Array(64),
      sizes: new Uint32Array(64),
      nextIndex: 1,
      count: 0,
      free: HEADER,
      gaps: 0,
      firstGap: size,
      changedFrom: 0,
      changedTo: HEADER,
      isNew: true,
    };
    for (let i = 0; i < SIGNATURE.length; i++) bytes[i] = SIGNATURE.charCodeAt(i);
    bytes[4] = 1;
    writeSize(collection);
    this.#collections.set(collection.address, collection);
    return this.#use(collection);
  }

  #use(collection: EditedCollection): EditedCollection {
    this.#current = collection;
    return collection;
  }

  #load(address: number): EditedCollection {
    const { position, bytes: stored, starts, sizes } = this.#space.globalHeap.collection(address);
    const bytes = new Uint8Array(stored);
    let free = HEADER;
    let count = 0;
    for (let i = 1; i < starts.length; i++) {
      const start = starts[i] ?? 0;
      if (start === 0) continue;
      free = Math.max(free, start + padded(sizes[i] as number));
      count++;
    }
    if (free > bytes.length)
      throw new H5FormatError(position, 'a global heap object crosses the end of its collection');
    const collection: EditedCollection = {
      address,
      position,
      bytes,
      view: new DataView(bytes.buffer),
      starts: Uint32Array.from(starts),
      sizes: Uint32Array.from(sizes),
      nextIndex: starts.length,
      count,
      free,
      gaps: 0,
      firstGap: bytes.length,
      changedFrom: bytes.length,
      changedTo: 0,
      isNew: false,
    };
    this.#collections.set(address, collection);
    return collection;
  }
}

/** Whether there is room for so many bytes more; gaps are closed if that makes it. */
function hasRoom(collection: EditedCollection, needed: number): boolean {
  const { bytes, free, gaps, nextIndex } = collection;
  if (nextIndex > MAX_INDEX || free - gaps + needed > bytes.length) return false;
  if (free + needed > bytes.length) closeGaps(collection);
  return true;
}

function changed(collection: EditedCollection, from: number, to: number): void {
  collection.changedFrom = Math.min(collection.changedFrom, from);
  collection.changedTo = Math.max(collection.changedTo, to);
}

/** Notes where an object stands. */
function place(collection: EditedCollection, index: number, start: number, size: number): void {
  if (index >= collection.starts.length) {
    collection.starts = longer(collection.starts, index + 1);
    collection.sizes = longer(collection.sizes, index + 1);
  }
  collection.starts[index] = start;
  collection.sizes[index] = size;
  collection.count++;
}

function longer(numbers: Uint32Array, length: number): Uint32Array {
  const more = new Uint32Array(2 * length);
  more.set(numbers);
  return more;
}

/** Moves what is behind gaps together. */
function closeGaps(collection: EditedCollection): void {
  const { bytes, view, starts, free, gaps, firstGap } = collection;
  if (gaps === 0) return;
  let to = firstGap;
  for (let at = firstGap; at < free; ) {
    const size = HEADER + padded(sizeAt(collection, at));
    const index = view.getUint16(at, true);
    if (starts[index] === at + HEADER) {
      bytes.copyWithin(to, at, at + size);
      starts[index] = to + HEADER;
      to += size;
    }
    at += size;
  }
  collection.free = to;
  collection.gaps = 0;
  collection.firstGap = bytes.length;
  changed(collection, firstGap, to);
}

function writeSize({ bytes, view }: EditedCollection): void {
  setU64(view, 8, bytes.length);
}

function sizeAt({ view }: EditedCollection, at: number): number {
  return getU64(view, at + 8);
}
