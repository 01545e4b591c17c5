import { EditableSpace } from '../../src/hdf5/editable-space.js';
import { H5File, indexes } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';

/**
 * A space in memory, of a file with an empty root group, that is strict: what is freed must have been allocated, what is
 * written must be allocated, and freed bytes become garbage.
 */
export class MemorySpace extends EditableSpace {
  readonly #storage: MemoryStorage;
  /** Allocated and not freed: addresses and sizes. */
  readonly allocated = new Map<number, number>();
  #end: number;

  constructor(bytes: Uint8Array = H5File.open(undefined, 'w').toBytes()) {
    const storage = new MemoryStorage(bytes);
    super(storage, indexes);
    this.#storage = storage;
    this.#end = storage.size;
  }

  override get end(): number {
    return this.#end;
  }

  /** The bytes that are allocated. */
  get used(): number {
    return [...this.allocated.values()].reduce((sum, size) => sum + size, 0);
  }

  allocate(size: number): number {
    if (!(Number.isSafeInteger(size) && size > 0)) throw new Error(`${size} bytes are allocated`);
    const address = (this.#end + 7) & ~7;
    this.#end = address + size;
    this.allocated.set(address, size);
    this.#storage.write(address, new Uint8Array(size).fill(0xdb));
    return address;
  }

  free(address: number, size: number): void {
    for (const [start, length] of this.allocated) {
      const end = start + length;
      if (address < start || address + size > end) continue;
      this.allocated.delete(start);
      if (address > start) this.allocated.set(start, address - start);
      if (address + size < end) this.allocated.set(address + size, end - address - size);
      this.#storage.write(address, new Uint8Array(size).fill(0xdf));
      return;
    }
    throw new Error(`${size} bytes at ${address} are freed and were not allocated`);
  }

  isFresh(): boolean {
    return true;
  }

  uncacheGroup(): void {}

  write(address: number, bytes: Uint8Array): void {
    for (const [start, length] of this.allocated) {
      if (address >= start && address + bytes.length <= start + length) {
        this.#storage.write(address, bytes);
        return;
      }
    }
    throw new Error(`${bytes.length} bytes at ${address} are written and were not allocated`);
  }
}
