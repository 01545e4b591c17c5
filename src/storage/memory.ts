import type { Storage } from './storage.js';

/** A file that lies in memory. Reads are views, nothing is copied. */
export class MemoryStorage implements Storage {
  #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  read(position: number, length: number): Uint8Array {
    return this.#bytes.subarray(position, position + length);
  }

  copy(position: number, length: number): Uint8Array<ArrayBuffer> {
    // Not slice: on a Buffer of Node's that would be a view.
    return new Uint8Array(this.read(position, length));
  }

  close(): void {
    this.#bytes = new Uint8Array(0);
  }
}
