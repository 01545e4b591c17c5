import { H5FormatError } from '../errors.js';
import { lookup3 } from './checksum.js';
import { decodeUtf8 } from './text.js';

/** "Not allocated": the address that HDF5 writes as all bits set. */
export const UNDEFINED_ADDRESS = -1;

/** The number of bytes that a field needs whose largest value is `limit`. */
export function bytesFor(limit: number): number {
  let size = 1;
  for (; limit >= 256; limit /= 256) size++;
  return size;
}

/**
 * A cursor over a block of metadata. Every read is checked against the end of the block, so no size that
 * a file claims is believed before the bytes are there. `base` is the position of the block in the file;
 * errors name positions in the file. There is a reader for each part of a header, so it is made of little: a
 * view of its own, of any kind, would cost more than it saves.
 */
export class ByteReader {
  /** What the block is a part of, and where it begins there. */
  readonly #source: Uint8Array;
  readonly #from: number;
  readonly length: number;
  readonly base: number;
  /** Bytes of an address and of a length in this file (superblock fields). */
  readonly offsetSize: number;
  readonly lengthSize: number;
  position = 0;

  constructor(
    source: Uint8Array,
    base = 0,
    offsetSize = 8,
    lengthSize = 8,
    from = 0,
    length = source.length,
  ) {
    this.#source = source;
    this.#from = from;
    this.length = length;
    this.base = base;
    this.offsetSize = offsetSize;
    this.lengthSize = lengthSize;
  }

  /** The whole block. */
  get bytes(): Uint8Array {
    return this.#source.subarray(this.#from, this.#from + this.length);
  }

  get left(): number {
    return this.length - this.position;
  }

  /** The cursor's position in the file. */
  get offset(): number {
    return this.base + this.position;
  }

  fail(message: string): never {
    throw new H5FormatError(this.offset, message);
  }

  /** Steps over `count` bytes. Returns where in what the block is a part of they begin. */
  take(count: number): number {
    if (count > this.left) this.fail(`expected ${count} more bytes, ${this.left} are left`);
    this.position += count;
    return this.#from + this.position - count;
  }

  u8(): number {
    return this.#source[this.take(1)] as number;
  }

  u16(): number {
    const start = this.take(2);
    return (this.#source[start] as number) | ((this.#source[start + 1] as number) << 8);
  }

  u32(): number {
    return this.uint(4);
  }

  /** An unsigned number of `size` bytes (1 to 8) that must be exact in JavaScript. */
  uint(size: number): number {
    const source = this.#source;
    const start = this.take(size);
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + (source[start + i] as number);
    if (value > Number.MAX_SAFE_INTEGER)
      throw new H5FormatError(this.offset - size, `the number ${value} is too large`);
    return value;
  }

  u64(): number {
    return this.uint(8);
  }

  /** Whether all bits of the next `size` bytes are set: no address, or no limit. If so, it steps over them. */
  isUnset(size: number): boolean {
    const start = this.take(size);
    for (let i = 0; i < size; i++)
      if (this.#source[start + i] !== 0xff) {
        this.position -= size;
        return false;
      }
    return true;
  }

  /** An address, or UNDEFINED_ADDRESS. */
  address(): number {
    return this.isUnset(this.offsetSize) ? UNDEFINED_ADDRESS : this.uint(this.offsetSize);
  }

  /** A length, in the file's own size of lengths. */
  size(): number {
    return this.uint(this.lengthSize);
  }

  raw(count: number): Uint8Array {
    const start = this.take(count);
    return this.#source.subarray(start, start + count);
  }

  signature(expected: string): void {
    const size = expected.length;
    const start = this.take(size);
    for (let i = 0; i < size; i++)
      if (this.#source[start + i] !== expected.charCodeAt(i))
        throw new H5FormatError(this.offset - size, `expected the signature "${expected}"`);
  }

  /** A version number from `first` to `last`. */
  version(what: string, first: number, last = first): number {
    const version = this.u8();
    if (version < first || version > last) {
      const expected = first === last ? first : `${first} to ${last}`;
      throw new H5FormatError(this.offset - 1, `${what} has version ${version}, expected ${expected}`);
    }
    return version;
  }

  /** A checksum of all bytes of the block up to here. */
  checksum(what: string): void {
    const source = this.#source;
    const { position } = this;
    const view = new DataView(source.buffer, source.byteOffset + this.#from, this.length);
    if (this.u32() !== lookup3(view, 0, position)) {
      throw new H5FormatError(this.base + position, `${what} fails its checksum`);
    }
  }

  utf8(count: number): string {
    const start = this.take(count);
    return decodeUtf8(this.#source, start, start + count);
  }

  /** Text up to a NUL byte, which is stepped over; the whole is padded to a multiple of `unit` bytes. */
  utf8z(unit = 1): string {
    const source = this.#source;
    const start = this.#from + this.position;
    const most = this.#from + this.length;
    let end = start;
    while (end < most && source[end] !== 0) end++;
    if (end >= most) this.fail('expected a NUL byte at the end of a name');
    this.take(Math.ceil((end - start + 1) / unit) * unit);
    return decodeUtf8(source, start, end);
  }

  /** A reader of the next `count` bytes, which this one steps over. */
  block(count: number): ByteReader {
    const base = this.offset;
    const { offsetSize, lengthSize } = this;
    return new ByteReader(this.#source, base, offsetSize, lengthSize, this.take(count), count);
  }
}
