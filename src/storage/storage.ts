/**
 * Where the bytes of a file live. The engine above is synchronous code over this interface, so every
 * store that can answer `read` works: memory, a file descriptor, an OPFS access handle.
 */
export interface Storage {
  /** The size in bytes. */
  readonly size: number;
  /**
   * Bytes `position` to `position + length`, which the caller has checked to lie within `size`. The result
   * may be a view of shared memory: it must not be changed, and is valid until the storage is written or closed.
   */
  read(position: number, length: number): Uint8Array;
  /** The same bytes for the caller to keep and to change. */
  copy(position: number, length: number): Uint8Array<ArrayBuffer>;
  /** Puts as many bytes as there is room for into `target`: memory that is used again is not touched for the first time. */
  readInto?(position: number, target: Uint8Array): void;
  close(): void;
}

/** A storage that can be changed. A call that throws may have done its work, a part of it, or nothing. */
export interface WritableStorage extends Storage {
  /** Puts bytes at a position. The file grows as far as needed; a gap is zeros. `bytes` may be used again afterwards. */
  write(position: number, bytes: Uint8Array): void;
  /** Makes the file `size` bytes long: cuts it off, or adds zeros. */
  resize(size: number): void;
  /** Returns when all that was written will survive a crash of the machine. */
  sync(): void;
  /** Throws if others have cut the file, or taken it away: what was not written by this storage is not there any more. */
  check?(): void;
  /** Called when a new file is whole for the first time. Until then nobody else needs to see it. */
  publish?(): void;
  /**
   * Puts what `make` writes to an empty storage in the place of all that is here, at once: a crash leaves the one or
   * the other. What cannot do this cannot be compacted.
   */
  replace?(make: (storage: WritableStorage) => void): void;
}

export function isWritable(storage: Storage): storage is WritableStorage {
  return 'write' in storage && 'resize' in storage && 'sync' in storage;
}
