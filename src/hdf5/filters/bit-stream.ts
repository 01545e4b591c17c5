/** The most bits that one call can read or write. */
export const MOST_BITS = 24;

/** Numbers of a few bits, one after another, the highest bit of each first. Reading on after the end gives zeros. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #position: number;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array, position = 0) {
    this.#bytes = bytes;
    this.#position = position;
  }

  /** The next `width` bits, 1 to MOST_BITS. */
  take(width: number): number {
    let held = this.#held;
    let count = this.#count;
    while (count < width) {
      held = (held << 8) | this.#bytes[this.#position++];
      count += 8;
    }
    count -= width;
    this.#count = count;
    this.#held = held & ((1 << count) - 1);
    return held >>> count;
  }
}

/** Writes what BitReader reads, into bytes that are zero before. */
export class BitWriter {
  readonly #bytes: Uint8Array;
  #position: number;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array, position = 0) {
    this.#bytes = bytes;
    this.#position = position;
  }

  /** The lowest `width` bits of a value, 1 to MOST_BITS. */
  put(value: number, width: number): void {
    let count = this.#count + width;
    const held = (this.#held << width) | (value & ((1 << width) - 1));
    while (count >= 8) {
      count -= 8;
      this.#bytes[this.#position++] = held >>> count;
    }
    this.#count = count;
    this.#held = held & ((1 << count) - 1);
  }

  /** Writes the last bits, if any are held, with zeros after them. */
  finish(): void {
    if (this.#count > 0) this.#bytes[this.#position] = this.#held << (8 - this.#count);
  }
}
