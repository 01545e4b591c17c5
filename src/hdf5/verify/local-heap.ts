import { H5FormatError } from '../../errors.js';
import type { ByteReader } from '../byte-reader.js';
import { NumberList } from '../number-list.js';
import type { ObjectRecord } from './object-record.js';
import { findOverlap } from './overlap.js';
import type { Walk } from './walk.js';

/** The end of the free list of a local heap (H5HL_FREE_NULL). */
const FREE_LIST_END = 1;
const WHAT = 'a local heap';

/** Reads a local heap (section III.D); undefined if that was done before. */
export function openLocalHeap(walk: Walk, object: ObjectRecord, address: number): LocalHeap | undefined {
  // libhdf5 makes it a multiple of 8 bytes (H5HL_SIZEOF_HDR).
  const headerSize = 8 * Math.ceil((8 + 2 * walk.lengthSize + walk.offsetSize) / 8);
  const header = walk.structure(address, headerSize, WHAT, object);
  if (!header) return undefined;
  header.signature('HEAP');
  header.version(WHAT, 0);
  header.take(3);
  const size = header.size();
  const freeList = header.size();
  const dataAddress = header.address();
  const data = walk.structure(dataAddress, size, 'the data of a local heap', object);
  return data && new LocalHeap(header, data, freeList);
}

/** The local heap of a group, while what is in it is looked up. */
export class LocalHeap {
  readonly #header: ByteReader;
  readonly #data: ByteReader;
  readonly #bytes: Uint8Array;
  readonly #freeList: number;
  /** Where what is in use begins, and where it ends. */
  readonly #used = new NumberList();

  constructor(header: ByteReader, data: ByteReader, freeList: number) {
    this.#header = header;
    this.#data = data;
    this.#bytes = data.bytes;
    this.#freeList = freeList;
  }

  /** The text at an offset, without the NUL byte. */
  text(offset: number): Uint8Array {
    const size = this.#bytes.length;
    const end = offset < size ? this.#bytes.indexOf(0, offset) : -1;
    if (end < 0)
      throw new H5FormatError(this.#data.base + Math.min(offset, size), `${WHAT} has no text at ${offset}`);
    return this.#bytes.subarray(offset, end);
  }

  /** Notes that a name or a target takes its place in the heap. */
  use(offset: number, size: number): void {
    this.#used.push(offset);
    this.#used.push(offset + size);
  }

  /** Checks the free list, and that nothing overlaps. */
  finish(): void {
    const header = this.#header;
    const data = this.#data;
    const size = data.length;
    // The free list: the next block, and the size of this one. A list that has no end finds itself.
    const limit = size / (2 * header.lengthSize);
    let blocks = 0;
    for (let offset = this.#freeList; offset !== FREE_LIST_END; ) {
      if (++blocks > limit) header.fail(`${WHAT} whose free list has no end`);
      if (offset >= size) header.fail(`${WHAT} with free space at ${offset}, outside of its ${size} bytes`);
      data.position = offset;
      const next = data.size();
      const length = data.size();
      if (length > size - offset || length < 2 * header.lengthSize)
        header.fail(`${WHAT} with ${length} bytes of free space at ${offset} of ${size}`);
      this.use(offset, length);
      offset = next;
    }
    const crossing = findOverlap(this.#used);
    if (crossing >= 0) header.fail(`${WHAT} whose texts or free space overlap at ${crossing}`);
  }
}
