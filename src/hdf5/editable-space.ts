import { FileSpace } from './file-space.js';
import type { Extent } from './free-space.js';
import { ChangingGlobalHeap } from './indexes/global-heap.js';
import { type ChunkedLayoutDecoder, decodeChunkedLayout } from './messages/data-layout.js';

/**
 * The bytes of a file that is being edited, by HDF5 address. What is written here is seen by every reader of this
 * space at once, and by the file when it is committed.
 */
export abstract class EditableSpace extends FileSpace {
  override readonly globalHeap: ChangingGlobalHeap = new ChangingGlobalHeap(this);

  /** Chunks can be written, so they can be read. */
  override get chunkedLayout(): ChunkedLayoutDecoder {
    return decodeChunkedLayout;
  }

  /**
   * The address of `size` bytes that belong to nothing else, a multiple of 8. What stands there is not defined:
   * all of it is to be written.
   */
  abstract allocate(size: number): number;
  /** Whether the committed state does not use what stands at an address: it can be overwritten at once. */
  abstract isFresh(address: number): boolean;
  /** Whether few bytes wait to be changed in place: it takes memory until the commit, and the journal holds them. */
  get hasRoomInJournal(): boolean {
    return true;
  }

  /** From this address on nothing was ever written: once something stands behind it, there are zeros. */
  get unwritten(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** Forgets what stood where: space was given back, so that something else may stand there. */
  protected forgetPlaces(): void {
    this.datatypes.clear();
    this.metered = {};
  }

  /** Gives `size` bytes back. They may be a part of what was allocated together. */
  abstract free(address: number, size: number): void;
  /** Collections of the global heap that have room, by address: where they are, and how much. */
  heapRoom: readonly Extent[] = [];
  /** A group is no longer one of the old kind, of which the superblock, or its parent, may repeat parts. */
  abstract uncacheGroup(address: number): void;
  /** Puts bytes at an address. They are copied. */
  abstract write(address: number, bytes: Uint8Array): void;
}
