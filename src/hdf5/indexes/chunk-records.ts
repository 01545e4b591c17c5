import { H5TypeError } from '../../errors.js';
import { bytesFor, UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { ChunkedLayout } from '../messages/data-layout.js';
import { putUint } from './btree-v2.js';
import type { Chunk } from './chunk.js';

/** What a record says where there is no chunk. */
export const NO_CHUNK: Chunk = { address: UNDEFINED_ADDRESS, size: 0, mask: 0 };

/** An unsigned number of `size` bytes, which is not exact beyond 2^53. */
export function uintAt(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] as number);
  return value;
}

/** An address, or UNDEFINED_ADDRESS. */
export function addressAt(bytes: Uint8Array, at: number, size: number): number {
  let i = 0;
  while (i < size && bytes[at + i] === 0xff) i++;
  return i === size ? UNDEFINED_ADDRESS : uintAt(bytes, at, size);
}

/**
 * How arrays and version 2 B-trees write where a chunk is: its address and, if the dataset has filters, its size and
 * its filter mask (Format Specification, sections III.A.2, VII.C and VII.D).
 */
export class ChunkRecords {
  /** Of a chunk without filters, in bytes. */
  readonly chunkBytes: number;
  readonly filtered: boolean;
  /** Bytes of a record. */
  readonly size: number;
  /** Bytes of the size of a chunk in a record; 0 without filters. */
  readonly sizeSize: number;
  readonly #offsetSize: number;

  constructor(layout: ChunkedLayout, offsetSize: number, filtered: boolean) {
    this.chunkBytes = chunkBytes(layout);
    this.filtered = filtered;
    this.#offsetSize = offsetSize;
    // A filter may make a chunk larger; version 4 has one byte to spare for that.
    const sizeSize = layout.version === 5 ? offsetSize : Math.min(8, 1 + bytesFor(this.chunkBytes));
    this.sizeSize = filtered ? sizeSize : 0;
    this.size = offsetSize + (filtered ? sizeSize + 4 : 0);
  }

  /** The chunk that a record tells of; undefined if of none. */
  get(bytes: Uint8Array, at: number): Chunk | undefined {
    const address = addressAt(bytes, at, this.#offsetSize);
    if (address === UNDEFINED_ADDRESS) return undefined;
    if (!this.filtered) return { address, size: this.chunkBytes, mask: 0 };
    at += this.#offsetSize;
    const size = uintAt(bytes, at, this.sizeSize);
    return { address, size, mask: uintAt(bytes, at + this.sizeSize, 4) };
  }

  put(bytes: Uint8Array, at: number, chunk: Chunk): void {
    putUint(bytes, at, chunk.address, this.#offsetSize);
    if (!this.filtered) return;
    at += this.#offsetSize;
    putUint(bytes, at, chunk.size, this.sizeSize);
    putUint(bytes, at + this.sizeSize, chunk.mask, 4);
  }

  /** Puts `count` records of no chunk. */
  clear(bytes: Uint8Array, at: number, count: number): void {
    const { size } = this;
    bytes.fill(0, at, at + count * size);
    for (let i = 0; i < count; i++, at += size) bytes.fill(0xff, at, at + this.#offsetSize);
  }

  /** Throws an H5TypeError if a record cannot tell of this chunk. */
  check(chunk: Chunk): void {
    checkChunk(chunk, this.chunkBytes, this.filtered, 256 ** this.sizeSize - 1);
  }
}

/** The bytes of a chunk without filters. */
export function chunkBytes({ chunkDims, elementSize }: ChunkedLayout): number {
  return chunkDims.reduce((product, dim) => product * dim, elementSize);
}

/** Throws an H5TypeError if there can be no such chunk. `most`: the largest size of a filtered one. */
export function checkChunk(chunk: Chunk, bytes: number, filtered: boolean, most: number): void {
  const { address, size, mask } = chunk;
  if (!Number.isSafeInteger(address) || address < 0)
    throw new H5TypeError(`a chunk at the address ${address}`);
  if (filtered) {
    if (!Number.isSafeInteger(size) || size < 0 || size > most)
      throw new H5TypeError(`a chunk of ${size} bytes; a filtered one of this dataset has at most ${most}`);
    if (mask >>> 0 !== mask) throw new H5TypeError(`a chunk with the filter mask ${mask}`);
  } else if (size !== bytes || mask !== 0) {
    throw new H5TypeError(
      `a chunk of ${size} bytes with the filter mask ${mask}; the dataset has no filters: ${bytes} bytes, mask 0`,
    );
  }
}

/** Throws an H5TypeError if something is no place of a chunk in a dataset of `rank` dimensions. */
export function checkPlace(place: readonly number[], rank: number): void {
  if (place.length === rank && place.every((n) => Number.isSafeInteger(n) && n >= 0)) return;
  throw new H5TypeError(`(${place.join(', ')}) is no place of a chunk in ${rank} dimensions`);
}

/** The order of two places: negative if `a` comes before `b`. */
export function comparePlaces(a: readonly number[], b: readonly number[]): number {
  for (let axis = 0; axis < a.length; axis++) {
    const difference = (a[axis] as number) - (b[axis] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
