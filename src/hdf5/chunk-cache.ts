import { H5FormatError } from '../errors.js';

/** Where the decoded chunks of a dataset come from and go to: filters and the chunk index. */
export interface ChunkSource {
  /**
   * The decoded bytes of the chunk at `place` (its coordinates, counted in chunks), for the caller to keep and to change;
   * undefined if it was never written.
   */
  read(place: readonly number[]): Uint8Array | undefined;
  /** The same, valid until the next call. `into`: where they may be put, if it takes no more than reading; then it is returned. */
  readOnce?(place: readonly number[], into?: Uint8Array): Uint8Array | undefined;
  /**
   * Stores a chunk. `bytes` may be used again afterwards. If the source has this chunk already, only the bytes from `from` up
   * to `to` are other ones than it has.
   */
  write(place: readonly number[], bytes: Uint8Array, from: number, to: number): void;
}

/** What reads and writes elements of a chunked dataset: a ChunkCache. */
export interface ChunkStore {
  /**
   * The decoded bytes of a chunk, or undefined if it was never written. They are valid until the next call, and may only
   * be changed if `put` with the same bytes comes next.
   */
  get(place: readonly number[]): Uint8Array | undefined;
  /** The same of a chunk that is not needed again soon. `into`: as of `readOnce`. */
  getOnce(place: readonly number[], into?: Uint8Array): Uint8Array | undefined;
  /**
   * Gives a whole chunk. `bytes` belong to the store from then on. If they are those that `get` has returned, those from `from`
   * up to `to` have been changed, by default all.
   */
  put(place: readonly number[], bytes: Uint8Array, from?: number, to?: number): void;
  /** Stores a whole chunk at once. `bytes` may be used again afterwards. */
  write(place: readonly number[], bytes: Uint8Array): void;
}

/**
 * The default limit of a cache, in bytes: a row of 16 chunks of 1 MB, which is the largest that h5py chooses by itself, so
 * that reading such a dataset row by row decodes each chunk once. (libhdf5's own 1 MB holds one of them.)
 */
export const CACHE_LIMIT = 1 << 24;

interface Entry {
  readonly place: readonly number[];
  readonly bytes: Uint8Array;
  /** What the source does not have yet; of what it has all, from Infinity to 0. */
  from: number;
  to: number;
}

/**
 * The decoded chunks of a dataset that were used last. What was changed is written when its room is needed, and on
 * `flush`. The cache holds at most `limit` bytes; a chunk that is larger is read and written directly.
 *
 * @example
 * const chunks = new ChunkCache(source);
 * chunks.put([0, 1], bytes);
 * chunks.flush(); // now the source has it
 */
export class ChunkCache implements ChunkStore {
  readonly #source: ChunkSource;
  readonly #limit: number;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();
  #used = 0;
  /** How often something was given. */
  changes = 0;
  /** How often something that was kept has gone to the source, or has begun to. */
  writes = 0;

  constructor(source: ChunkSource, limit = CACHE_LIMIT) {
    this.#source = source;
    this.#limit = limit;
  }

  /** The bytes that are held. */
  get used(): number {
    return this.#used;
  }

  get(place: readonly number[]): Uint8Array | undefined {
    const key = place.join();
    const entry = this.#entries.get(key);
    if (entry) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
      return entry.bytes;
    }
    const bytes = this.#source.read(place);
    if (bytes) this.#keep(key, place, bytes, Infinity, 0);
    return bytes;
  }

  getOnce(place: readonly number[], into?: Uint8Array): Uint8Array | undefined {
    const source = this.#source;
    const kept = this.#entries.get(place.join())?.bytes;
    return kept ?? (source.readOnce ? source.readOnce(place, into) : source.read(place));
  }

  write(place: readonly number[], bytes: Uint8Array): void {
    this.changes++;
    this.#source.write(place, bytes, 0, bytes.length);
    this.forget(place);
  }

  put(place: readonly number[], bytes: Uint8Array, from = 0, to = bytes.length): void {
    this.changes++;
    const key = place.join();
    const entry = this.#entries.get(key);
    if (entry?.bytes === bytes) {
      entry.from = Math.min(entry.from, from);
      entry.to = Math.max(entry.to, to);
      return;
    }
    if (entry) this.#drop(key, entry);
    if (!this.#keep(key, place, bytes, from, to)) this.#source.write(place, bytes, from, to);
  }

  /** Writes what was changed. */
  flush(): void {
    for (const entry of this.#entries.values()) this.#write(entry);
  }

  /** Forgets a chunk, also if it was changed: it is deleted, or was written by other means. */
  forget(place: readonly number[]): void {
    const key = place.join();
    const entry = this.#entries.get(key);
    if (entry) this.#drop(key, entry);
  }

  /** Forgets all chunks, also those that were changed: `flush` first if they are to be kept. */
  clear(): void {
    this.#entries.clear();
    this.#used = 0;
  }

  /** Returns false if the chunk is too large to be kept. */
  #keep(key: string, place: readonly number[], bytes: Uint8Array, from: number, to: number): boolean {
    // A view keeps the whole of its buffer in memory.
    const size = bytes.buffer.byteLength;
    if (size > this.#limit) return false;
    for (const [oldest, entry] of this.#entries) {
      if (this.#used + size <= this.#limit) break;
      // If writing fails the entry stays.
      this.#write(entry);
      this.#drop(oldest, entry);
    }
    this.#entries.set(key, { place: [...place], bytes, from, to });
    this.#used += size;
    return true;
  }

  #write(entry: Entry): void {
    const { place, bytes, from, to } = entry;
    if (to <= from) return;
    this.writes++;
    this.#source.write(place, bytes, from, to);
    entry.from = Infinity;
    entry.to = 0;
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#used -= entry.bytes.buffer.byteLength;
  }
}

/** Checks that a chunk has the size that it must have. */
export function checkChunk(bytes: Uint8Array, place: readonly number[], size: number): void {
  if (bytes.length !== size) {
    throw new H5FormatError(
      -1,
      `the chunk (${place.join(', ')}) has ${bytes.length} bytes, expected ${size}`,
    );
  }
}
