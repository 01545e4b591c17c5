/**
 * Where the bytes of a file live. The engine above is synchronous code over this interface, so every
 * store that can answer `read` works: memory, a file descriptor, an OPFS access handle.
 */
export interface Storage {
  /** The size in bytes. */
  readonly size: number;
  /**
   * Bytes `position` to `position + length`, which the caller has checked to lie within `size`. The result
   * may be a view of shared memory: it must not be changed, and is valid until the storage is closed.
   */
  read(position: number, length: number): Uint8Array;
  /** The same bytes for the caller to keep and to change. */
  copy(position: number, length: number): Uint8Array<ArrayBuffer>;
  close(): void;
}
