import type { ChunkedLayout } from '../messages/data-layout.js';

/** Where one chunk of a dataset lies. */
export interface Chunk {
  readonly address: number;
  /** In the file, in bytes. */
  readonly size: number;
  /** Bit i: the filter i was left out. */
  readonly mask: number;
}

/** Says where the chunks of a dataset are. `place`: the coordinates of a chunk, counted in chunks. */
export interface ChunkIndex {
  /** The chunk at a place; undefined if there is none. Reads no more of the index than that takes. */
  get(place: readonly number[]): Chunk | undefined;
  /** Visits all chunks. The index must not be changed meanwhile. */
  forEach(visit: (place: readonly number[], chunk: Chunk) => void): void;
}

/** A chunk index that can be changed. Changes are kept in memory until `flush`. */
export interface ChunkIndexEditor extends ChunkIndex {
  /**
   * Says where a chunk is from now on. Throws an H5TypeError if the place or the size is one that the index cannot hold.
   */
  set(place: readonly number[], chunk: Chunk): void;
  /** Throws an H5TypeError if the index cannot hold a chunk at a place, where it cannot hold all that a dataset may have. */
  check?(place: readonly number[]): void;
  /** There is no chunk at a place any more. Its space is the caller's to give back. */
  delete(place: readonly number[]): void;
  /** The dataset has other dimensions now. Chunks that fall outside have been deleted by the caller. */
  resize(dims: readonly number[]): void;
  /** Writes what has changed. Afterwards `layout` is what the Data Layout message is to say. */
  flush(): void;
  readonly layout: ChunkedLayout;
  /** Gives all space of the index itself back, not that of the chunks. It is empty then. */
  free(): void;
}
