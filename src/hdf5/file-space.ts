import { H5FormatError } from '../errors.js';
import type { Storage } from '../storage/storage.js';
import { ByteReader, UNDEFINED_ADDRESS } from './byte-reader.js';
import type { GroupIndexes } from './group-indexes.js';
import { GlobalHeap } from './indexes/global-heap.js';
import type { ChunkedLayoutDecoder } from './messages/data-layout.js';
import type { Datatype } from './messages/datatype.js';
import { readSuperblock, type Superblock } from './superblock.js';

/** The bytes of an open file by HDF5 address: every access is checked against the end of the file. */
export class FileSpace {
  readonly storage: Storage;
  readonly superblock: Superblock;
  readonly globalHeap: GlobalHeap;
  readonly indexes: GroupIndexes | undefined;
  /** Committed datatypes that objects have been found to share, by address: each is decoded once, however many share it. */
  readonly datatypes = new Map<number, Datatype>();
  /** How many bytes there are of what is large, by the address of what has them: see `meterAt`. */
  metered: Record<number, number> = {};

  constructor(storage: Storage, indexes?: GroupIndexes, superblock = readSuperblock(storage)) {
    this.storage = storage;
    this.indexes = indexes;
    this.superblock = superblock;
    this.globalHeap = new GlobalHeap(this);
  }

  /** What decodes the layout of data in chunks, if that is there. */
  get chunkedLayout(): ChunkedLayoutDecoder | undefined {
    return this.indexes?.chunkedLayout;
  }

  /** The first address after the file. */
  get end(): number {
    return this.superblock.endOfFile;
  }

  /** `length` bytes at an address. */
  bytes(address: number, length: number, what: string): Uint8Array {
    return this.storage.read(this.#position(address, length, what), length);
  }

  /** The same bytes for the caller to keep. */
  copy(address: number, length: number, what: string): Uint8Array<ArrayBuffer> {
    return this.storage.copy(this.#position(address, length, what), length);
  }

  #position(address: number, length: number, what: string): number {
    if (address === UNDEFINED_ADDRESS) throw new H5FormatError(-1, `${what} has no address`);
    if (length < 0 || address + length > this.end) {
      throw new H5FormatError(
        this.superblock.baseAddress + address,
        `${what} of ${length} bytes lies outside of the file's ${this.end} bytes`,
      );
    }
    return this.superblock.baseAddress + address;
  }

  /** A reader of the `length` bytes at an address. */
  reader(address: number, length: number, what: string): ByteReader {
    const { baseAddress, offsetSize, lengthSize } = this.superblock;
    return new ByteReader(this.bytes(address, length, what), baseAddress + address, offsetSize, lengthSize);
  }

  /** A reader of at most `length` bytes: a first look at something whose size is not known yet. */
  peek(address: number, length: number, what: string): ByteReader {
    return this.reader(address, Math.max(0, Math.min(length, this.end - address)), what);
  }
}
