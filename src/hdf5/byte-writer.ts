import { setU64, viewOf } from './endian.js';
import { utf8Encoder } from './text.js';

/**
 * One growing buffer of little-endian bytes. HDF5 metadata is always little-endian, whatever the machine.
 * Positions stay valid while it grows, so a size or an address can be written later with the `…At` methods.
 */
export class ByteWriter {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  length: number;

  /** Writes to memory of its own, of so many bytes at first, or to what it is given, from the position `length` on. */
  constructor(memory: number | Uint8Array<ArrayBuffer> = 1024, length = 0) {
    this.bytes = typeof memory === 'number' ? new Uint8Array(memory) : memory;
    this.view = viewOf(this.bytes);
    this.length = length;
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = viewOf(grown);
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  u16(value: number): void {
    this.reserve(2);
    this.view.setUint16(this.length, value, true);
    this.length += 2;
  }

  u32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.length, value, true);
    this.length += 4;
  }

  /** An unsigned 64-bit number that JavaScript holds exactly: at most 2^53 - 1. */
  u64(value: number): void {
    this.reserve(8);
    this.u64At(this.length, value);
    this.length += 8;
  }

  u64At(position: number, value: number): void {
    setU64(this.view, position, value);
  }

  i32(value: number): void {
    this.reserve(4);
    this.view.setInt32(this.length, value, true);
    this.length += 4;
  }

  i64(value: bigint): void {
    this.reserve(8);
    this.view.setBigInt64(this.length, value, true);
    this.length += 8;
  }

  f64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** Undefined addresses: all bits set (Format Specification, section I.C). */
  undefinedAddress(count = 1): void {
    for (let i = 0; i < 2 * count; i++) this.u32(0xffffffff);
  }

  raw(source: Uint8Array, start = 0, count = source.length): void {
    this.reserve(count);
    const { bytes, length } = this;
    // Few bytes are copied before `set` has begun.
    if (count > 32)
      bytes.set(count === source.length ? source : source.subarray(start, start + count), length);
    else for (let i = 0; i < count; i++) bytes[length + i] = source[start + i] as number;
    this.length += count;
  }

  zeros(count: number): void {
    this.reserve(count);
    this.bytes.fill(0, this.length, this.length + count);
    this.length += count;
  }

  /** Pads with zeros up to the next multiple of `unit` (a power of two). Returns what that is. */
  align(unit: number): number {
    const rest = -this.length & (unit - 1);
    if (rest !== 0) this.zeros(rest);
    return this.length;
  }

  /** Well-formed text as UTF-8. Returns the number of bytes. Short ASCII, the usual case, needs no encoder. */
  utf8(text: string): number {
    const count = text.length;
    this.reserve(count * 3);
    const start = this.length;
    const { bytes } = this;
    if (count <= 32) {
      let i = 0;
      for (; i < count; i++) {
        const unit = text.charCodeAt(i);
        if (unit > 0x7f) break;
        bytes[start + i] = unit;
      }
      if (i === count) {
        this.length = start + count;
        return count;
      }
    }
    const { written } = utf8Encoder.encodeInto(text, bytes.subarray(start));
    this.length = start + written;
    return written;
  }

  /** What has been written, as a view. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }
}
