import { H5FormatError } from '../../errors.js';
import { ByteReader } from '../byte-reader.js';
import type { EditableSpace } from '../editable-space.js';
import type { FileSpace } from '../file-space.js';
import { putChecksum, putSignature, putUint } from './btree-v2.js';

/** Blocks that have not been changed are kept up to this many bytes of them. */
const CLEAN_BYTES = 1 << 24;

/** A block of a fixed or an extensible array, whole: its checksum is the last 4 bytes. */
export interface IndexBlock {
  readonly address: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  isDirty: boolean;
}

/** Signature, version and client ID, before the address of the header. */
const PREFIX = 6;

/**
 * The blocks of one fixed or extensible array that are in memory. All but pages begin alike: a signature, the version 0,
 * the client ID, and the address of the header (Format Specification, sections VII.C and VII.D).
 */
export class IndexBlocks {
  /** Of the header of the array. */
  header: number;
  readonly #space: FileSpace;
  readonly #client: number;
  readonly #blocks = new Map<number, IndexBlock>();
  #dirty: IndexBlock[] = [];
  #cleanBytes = 0;

  constructor(space: FileSpace, header: number, client: number) {
    this.#space = space;
    this.header = header;
    this.#client = client;
  }

  /** Bytes of what stands before the contents of a block. */
  get prefix(): number {
    return PREFIX + this.#space.superblock.offsetSize;
  }

  /** A block of `size` bytes, checked. `signature`: undefined for a page. */
  get(address: number, size: number, signature: string | undefined, what: string): IndexBlock {
    const known = this.#blocks.get(address);
    if (known) {
      if (known.bytes.length !== size) this.#fail(address, `${what} at the place of another block`);
      return known;
    }
    const { offsetSize, lengthSize, baseAddress } = this.#space.superblock;
    const bytes = this.#space.copy(address, size, what);
    const reader = new ByteReader(bytes, baseAddress + address, offsetSize, lengthSize);
    if (signature !== undefined) {
      reader.signature(signature);
      reader.version(what, 0);
      if (reader.u8() !== this.#client) reader.fail(`${what} of another client`);
      if (reader.address() !== this.header) reader.fail(`${what} of another array`);
    }
    reader.position = size - 4;
    reader.checksum(what);
    if (this.#cleanBytes > CLEAN_BYTES) this.#trim();
    const block = { address, bytes, isDirty: false };
    this.#blocks.set(address, block);
    this.#cleanBytes += size;
    return block;
  }

  /** A new block, zeros behind its prefix. */
  create(address: number, size: number, signature: string | undefined): IndexBlock {
    const bytes = new Uint8Array(size);
    if (signature !== undefined) {
      putSignature(bytes, signature);
      bytes[5] = this.#client;
      putUint(bytes, PREFIX, this.header, this.#space.superblock.offsetSize);
    }
    const block = { address, bytes, isDirty: true };
    this.#blocks.set(address, block);
    this.#dirty.push(block);
    return block;
  }

  /** A block is to be changed. */
  touch(block: IndexBlock): void {
    if (block.isDirty) return;
    block.isDirty = true;
    this.#dirty.push(block);
    // It may have been let go since it was asked for.
    if (this.#blocks.has(block.address)) this.#cleanBytes -= block.bytes.length;
    else this.#blocks.set(block.address, block);
  }

  /** Writes what has changed. */
  flush(space: EditableSpace): void {
    for (const block of this.#dirty) {
      putChecksum(block.bytes, block.bytes.length - 4);
      space.write(block.address, block.bytes);
      block.isDirty = false;
      this.#cleanBytes += block.bytes.length;
    }
    this.#dirty = [];
  }

  /** Forgets all blocks, also those that were changed. */
  clear(): void {
    this.#blocks.clear();
    this.#dirty = [];
    this.#cleanBytes = 0;
  }

  #trim(): void {
    for (const [address, block] of this.#blocks) if (!block.isDirty) this.#blocks.delete(address);
    this.#cleanBytes = 0;
  }

  #fail(address: number, message: string): never {
    throw new H5FormatError(this.#space.superblock.baseAddress + address, message);
  }
}

/** A bit of a map of pages, the highest of a byte first (H5VM_bit_get in libhdf5). */
export function pageBit(bytes: Uint8Array, start: number, bit: number): boolean {
  return ((bytes[start + Math.floor(bit / 8)] as number) & (0x80 >> (bit % 8))) !== 0;
}

export function setPageBit(bytes: Uint8Array, start: number, bit: number): void {
  const at = start + Math.floor(bit / 8);
  bytes[at] = (bytes[at] as number) | (0x80 >> (bit % 8));
}

/**
 * Gives back extents of a file, an address and a size each. Throws an H5FormatError, and gives nothing back, if some
 * overlap or lie outside: so they can in a damaged file.
 */
export function freeExtents(
  space: EditableSpace,
  extents: (readonly [number, number])[],
  what: string,
): void {
  const sorted = [...extents].sort((a, b) => a[0] - b[0]);
  let end = 0;
  for (const [address, size] of sorted) {
    if (address < end || address + size > space.end) {
      throw new H5FormatError(
        space.superblock.baseAddress + Math.max(address, 0),
        `a part of ${what} that cannot be given back: it lies within another, or outside of the file`,
      );
    }
    end = address + size;
  }
  for (const [address, size] of extents) space.free(address, size);
}
