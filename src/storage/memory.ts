import type { WritableStorage } from './storage.js';

/**
 * A file that lies in memory. Reads are views, nothing is copied. The bytes that are given are not changed: writing
 * begins with a copy of them.
 *
 * @example
 * using file = H5File.open(new MemoryStorage(bytes));
 */
export class MemoryStorage implements WritableStorage {
  #bytes: Uint8Array;
  #size: number;
  #own = false;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#bytes = bytes;
    this.#size = bytes.length;
  }

  get size(): number {
    return this.#size;
  }

  read(position: number, length: number): Uint8Array {
    return this.#bytes.subarray(position, position + length);
  }

  copy(position: number, length: number): Uint8Array<ArrayBuffer> {
    // Not slice: on a Buffer of Node's that would be a view.
    return new Uint8Array(this.read(position, length));
  }

  write(position: number, bytes: Uint8Array): void {
    const end = position + bytes.length;
    this.#grow(end);
    this.#bytes.set(bytes, position);
    this.#size = Math.max(this.#size, end);
  }

  resize(size: number): void {
    this.#grow(size);
    if (size < this.#size) this.#bytes.fill(0, size, this.#size);
    this.#size = size;
  }

  sync(): void {}

  replace(make: (storage: WritableStorage) => void): void {
    const other = new MemoryStorage();
    make(other);
    this.#bytes = other.#bytes;
    this.#size = other.#size;
    this.#own = other.#own;
  }

  close(): void {
    this.#bytes = new Uint8Array(0);
    this.#size = 0;
  }

  #grow(size: number): void {
    if (this.#own && size <= this.#bytes.length) return;
    const grown = new Uint8Array(
      size <= this.#bytes.length ? this.#bytes.length : Math.max(size, this.#bytes.length * 2),
    );
    grown.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = grown;
    this.#own = true;
  }
}
