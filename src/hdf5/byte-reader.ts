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
 * DataView of its own would cost more than it saves.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly base: number;
  /** Bytes of an address and of a length in this file (superblock fields). */
  readonly offsetSize: number;
  readonly lengthSize: number;
  position = 0;

  constructor(bytes: Uint8Array, base = 0, offsetSize = 8, lengthSize = 8) {
    this.bytes = bytes;
    this.base = base;
    this.offsetSize = offsetSize;
    this.lengthSize = lengthSize;
  }

  get left(): number {
    return this.bytes.length - this.position;
  }

  /** The cursor's position in the file. */
  get offset(): number {
    return this.base + this.position;
  }

  fail(message: string): never {
    throw new H5FormatError(this.offset, message);
  }

  /** Steps over `count` bytes and returns the position that they begin at. */
  take(count: number): number {
    const start = this.position;
    if (count > this.bytes.length - start) {
      this.fail(`expected ${count} more bytes, ${this.bytes.length - start} are left`);
    }
    this.position = start + count;
    return start;
  }

  u8(): number {
    return this.bytes[this.take(1)] as number;
  }

  u16(): number {
    const start = this.take(2);
    return (this.bytes[start] as number) | ((this.bytes[start + 1] as number) << 8);
  }

  u32(): number {
    return this.uint(4);
  }

  /** An unsigned number of `size` bytes (1 to 8) that must be exact in JavaScript. */
  uint(size: number): number {
    const start = this.take(size);
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + (this.bytes[start + i] as number);
    if (value > Number.MAX_SAFE_INTEGER) {
      throw new H5FormatError(this.base + start, `the number ${value} is too large`);
    }
    return value;
  }

  u64(): number {
    return this.uint(8);
  }

  /** An address, or UNDEFINED_ADDRESS. */
  address(): number {
    const size = this.offsetSize;
    const start = this.take(size);
    let undefinedSoFar = true;
    for (let i = 0; i < size && undefinedSoFar; i++) undefinedSoFar = this.bytes[start + i] === 0xff;
    if (undefinedSoFar) return UNDEFINED_ADDRESS;
    this.position = start;
    return this.uint(size);
  }

  /** A length, in the file's own size of lengths. */
  size(): number {
    return this.uint(this.lengthSize);
  }

  raw(count: number): Uint8Array {
    const start = this.take(count);
    return this.bytes.subarray(start, start + count);
  }

  signature(expected: string): void {
    const start = this.take(expected.length);
    for (let i = 0; i < expected.length; i++) {
      if (this.bytes[start + i] !== expected.charCodeAt(i)) {
        throw new H5FormatError(this.base + start, `expected the signature "${expected}"`);
      }
    }
  }

  /** A version number that must be one of `known`. */
  version(what: string, ...known: number[]): number {
    const version = this.u8();
    if (!known.includes(version)) {
      throw new H5FormatError(
        this.offset - 1,
        `${what} has version ${version}, expected ${known.join(' or ')}`,
      );
    }
    return version;
  }

  /** A checksum of all bytes of the block up to here. */
  checksum(what: string): void {
    const { position, bytes } = this;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (this.u32() !== lookup3(view, 0, position)) {
      throw new H5FormatError(this.base + position, `${what} fails its checksum`);
    }
  }

  utf8(count: number): string {
    return decodeUtf8(this.raw(count));
  }

  /** Text up to a NUL byte, which is stepped over; the whole is padded to a multiple of `unit` bytes. */
  utf8z(unit = 1): string {
    const start = this.position;
    const end = this.bytes.indexOf(0, start);
    if (end < 0) this.fail('expected a NUL byte at the end of a name');
    const size = Math.ceil((end - start + 1) / unit) * unit;
    this.take(size);
    return decodeUtf8(this.bytes.subarray(start, end));
  }

  /** A reader of the next `count` bytes, which this one steps over. */
  block(count: number): ByteReader {
    const base = this.offset;
    return new ByteReader(this.raw(count), base, this.offsetSize, this.lengthSize);
  }
}
