import { LITTLE_ENDIAN, swapped } from '../hdf5/endian.js';
import { NumberList } from '../hdf5/number-list.js';
import { H5LimitError } from '../serialize/errors.js';
import type { WritableStorage } from '../storage/storage.js';

/** So many bytes of all tracks together stay in memory. */
const BUFFERED = 8 << 20;
/** Blocks of memory begin small, since there may be thousands of tracks, and grow up to this. */
const MAX_BLOCK = 1 << 16;
const MIN_BLOCK = 1 << 8;
/** Bytes come back in pieces of this size at most. */
const PIECE = 1 << 18;
/** What is spilled becomes at least so much less in the file: a string of a byte has a length of four beside it. */
const SHRINKS = 5;

/**
 * Where data wait that come in small portions for many places of a file. Each place has a track, and what is more than
 * memory is to hold goes to a storage, which is made when it is needed; without one, all of it stays in memory.
 */
export class Spill {
  /** Bytes of all tracks. */
  size = 0;
  readonly #make: (() => WritableStorage) | undefined;
  readonly #limit: number;
  readonly #tracks: Track[] = [];
  #storage: WritableStorage | undefined;
  #end = 0;
  #buffered = 0;

  /** `limit`: how many bytes the file may have. */
  constructor(make: (() => WritableStorage) | undefined, limit = Infinity) {
    this.#make = make;
    this.#limit = limit;
  }

  get storage(): WritableStorage {
    return this.#storage as WritableStorage;
  }

  track(): Track {
    const track = new Track(this);
    this.#tracks.push(track);
    return track;
  }

  /** A track has got so many more bytes. */
  grown(count: number): void {
    this.size += count;
    this.#buffered += count;
    if (this.size > SHRINKS * this.#limit)
      throw new H5LimitError('bytes', this.#limit, 'what iterables yield is more than the file may be');
    if (this.#buffered <= BUFFERED || !this.#make) return;
    this.#storage ??= this.#make();
    for (const track of this.#tracks) this.#end = track.flush(this.#storage, this.#end);
    this.#buffered = 0;
  }
}

/** Bytes one after another. They are added at the end, and read from the beginning when all are there. */
export class Track {
  length = 0;
  readonly #spill: Spill;
  /** Where those are that are not in memory: a position and a length each. */
  readonly #extents = new NumberList();
  #blocks: Uint8Array[] = [];
  /** Room that is left in the last block. */
  #room = 0;

  constructor(spill: Spill) {
    this.#spill = spill;
  }

  /** Adds a copy of some bytes. */
  bytes(bytes: Uint8Array): void {
    let from = 0;
    while (from < bytes.length) {
      if (this.#room === 0) {
        const size = Math.min(MAX_BLOCK, Math.max(MIN_BLOCK, this.length, bytes.length - from));
        this.#blocks.push(new Uint8Array(size));
        this.#room = size;
      }
      const block = this.#blocks.at(-1) as Uint8Array;
      const count = Math.min(this.#room, bytes.length - from);
      block.set(bytes.subarray(from, from + count), block.length - this.#room);
      this.#room -= count;
      from += count;
    }
    this.length += bytes.length;
    this.#spill.grown(bytes.length);
  }

  /** Adds numbers of `size` bytes each, in little-endian order. */
  numbers(numbers: ArrayBufferView, size: number): void {
    const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    this.bytes(LITTLE_ENDIAN || size === 1 ? bytes : swapped(bytes, size));
  }

  /** Moves all that is in memory to a storage, which has `end` bytes; returns how many it has then. */
  flush(storage: WritableStorage, end: number): number {
    const start = end;
    for (const block of this.#buffered()) {
      storage.write(end, block);
      end += block.length;
    }
    if (end > start) {
      this.#extents.push(start);
      this.#extents.push(end - start);
    }
    this.#blocks = [];
    this.#room = 0;
    return end;
  }

  /** What is in memory. */
  #buffered(): Uint8Array[] {
    const last = this.#blocks.length - 1;
    return this.#blocks.map((block, i) =>
      i === last ? block.subarray(0, block.length - this.#room) : block,
    );
  }

  /** All bytes that are there when it is begun, in pieces. Meanwhile there may come more. */
  *pieces(): Generator<Uint8Array, void> {
    const { data, length } = this.#extents;
    const buffered = this.#buffered();
    for (let i = 0; i < length; i += 2) {
      const end = (data[i] as number) + (data[i + 1] as number);
      for (let at = data[i] as number; at < end; at += PIECE)
        yield this.#spill.storage.copy(at, Math.min(PIECE, end - at));
    }
    yield* buffered;
  }

  /** Some bytes from the middle. */
  read(position: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    const end = position + length;
    let start = 0;
    const take = (size: number, get: (from: number, to: number) => Uint8Array): void => {
      const from = Math.max(position, start);
      const to = Math.min(end, start + size);
      if (from < to) bytes.set(get(from - start, to - start), from - position);
      start += size;
    };
    const { data } = this.#extents;
    for (let i = 0; i < this.#extents.length && start < end; i += 2) {
      const at = data[i] as number;
      take(data[i + 1] as number, (from, to) => this.#spill.storage.copy(at + from, to - from));
    }
    for (const block of this.#buffered()) take(block.length, (from, to) => block.subarray(from, to));
    return bytes;
  }
}

/** Reads a track from its beginning, in portions of any size. */
export class TrackReader {
  readonly #pieces: Iterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(track: Track) {
    this.#pieces = track.pieces();
  }

  /** The next `count` bytes, of which there must be as many. They are valid until the next call. */
  take(count: number): Uint8Array {
    if (this.#at + count <= this.#piece.length) {
      this.#at += count;
      return this.#piece.subarray(this.#at - count, this.#at);
    }
    const bytes = new Uint8Array(count);
    for (let filled = 0; filled < count; ) {
      if (this.#at === this.#piece.length) {
        this.#piece = this.#pieces.next().value as Uint8Array;
        this.#at = 0;
      }
      const part = this.#piece.subarray(this.#at, this.#at + count - filled);
      bytes.set(part, filled);
      filled += part.length;
      this.#at += part.length;
    }
    return bytes;
  }

  /** The next portion, of any size; undefined at the end. */
  next(): Uint8Array | undefined {
    if (this.#at < this.#piece.length) {
      this.#at = this.#piece.length;
      return this.#piece.subarray(this.#at);
    }
    return this.#pieces.next().value ?? undefined;
  }
}
