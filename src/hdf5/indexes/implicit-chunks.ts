import { H5FormatError, H5TypeError } from '../../errors.js';
import { UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { EditableSpace } from '../editable-space.js';
import type { FileSpace } from '../file-space.js';
import type { ChunkedLayout } from '../messages/data-layout.js';
import type { Chunk, ChunkIndex, ChunkIndexEditor } from './chunk.js';
import { ChunkGrid } from './chunk-grid.js';
import { chunkBytes } from './chunk-records.js';

/** The bytes that the chunks of a dataset take that are not looked up. */
export function implicitBytes(layout: ChunkedLayout, dims: readonly number[]): number {
  return new ChunkGrid(dims, layout.chunkDims).total * chunkBytes(layout);
}

/**
 * No index: all chunks that there can be lie one after another, from the address in the layout message on (Format
 * Specification, section VII.B).
 */
export class ImplicitChunks implements ChunkIndex {
  protected readonly space: FileSpace;
  protected readonly source: ChunkedLayout;
  protected readonly grid: ChunkGrid;
  protected readonly chunkBytes: number;
  protected address: number;
  /** The chunks along each dimension as it is now. */
  protected counts: readonly number[];

  constructor(space: FileSpace, layout: ChunkedLayout, grid: ChunkGrid, dims: readonly number[]) {
    this.space = space;
    this.source = layout;
    this.grid = grid;
    this.chunkBytes = chunkBytes(layout);
    this.address = layout.address;
    this.counts = this.count(dims);
    const { baseAddress } = space.superblock;
    if (this.address !== UNDEFINED_ADDRESS && !(this.address + grid.total * this.chunkBytes <= space.end)) {
      throw new H5FormatError(
        baseAddress + this.address,
        `${grid.total} chunks of ${this.chunkBytes} bytes lie outside of the file's ${space.end} bytes`,
      );
    }
  }

  protected count(dims: readonly number[]): number[] {
    return dims.map((dim, axis) => Math.ceil(dim / (this.source.chunkDims[axis] as number)));
  }

  protected isInside(place: readonly number[]): boolean {
    return place.every((n, axis) => n < (this.counts[axis] as number));
  }

  get(place: readonly number[]): Chunk | undefined {
    const number = this.grid.number(place);
    if (number < 0 || this.address === UNDEFINED_ADDRESS || !this.isInside(place)) return undefined;
    return this.chunk(number);
  }

  protected chunk(number: number): Chunk {
    const size = this.chunkBytes;
    return { address: this.address + number * size, size, mask: 0 };
  }

  /** Visits the chunks within the present dimensions. */
  forEach(visit: (place: readonly number[], chunk: Chunk) => void): void {
    if (this.address === UNDEFINED_ADDRESS) return;
    for (let number = 0; number < this.grid.total; number++) {
      const place = this.grid.place(number);
      if (this.isInside(place)) visit(place, this.chunk(number));
    }
  }
}

/**
 * The chunks are where they are as long as the dataset exists: they can neither be moved nor deleted. Those that come into
 * the dataset when it grows hold what they held before, or nothing that is defined: they are to be written.
 */
export class ImplicitChunksEditor extends ImplicitChunks implements ChunkIndexEditor {
  declare protected readonly space: EditableSpace;

  /** Does nothing if the chunk is where it must be; anything else is an H5TypeError. */
  set(place: readonly number[], { address, size, mask }: Chunk): void {
    const known = this.get(place);
    if (known && address === known.address && size === known.size && mask === 0) return;
    throw new H5TypeError(
      `the chunk (${place.join(', ')}) cannot be at ${address}: those of this dataset cannot be moved, write them in place`,
    );
  }

  /** Throws an H5TypeError: see above. */
  delete(place: readonly number[]): void {
    if (!this.get(place)) return;
    throw new H5TypeError(
      `the chunk (${place.join(', ')}) cannot be deleted: those of this dataset stay where they are`,
    );
  }

  resize(dims: readonly number[]): void {
    this.counts = this.count(dims);
  }

  flush(): void {}

  get layout(): ChunkedLayout {
    return { ...this.source, address: this.address };
  }

  /** Gives back the space of the chunks outside of the present dimensions, which `forEach` does not visit. */
  free(): void {
    const { address, chunkBytes } = this;
    if (address === UNDEFINED_ADDRESS) return;
    let start = -1;
    for (let number = 0; number <= this.grid.total; number++) {
      const isOutside = number < this.grid.total && !this.isInside(this.grid.place(number));
      if (isOutside && start < 0) start = number;
      if (isOutside || start < 0) continue;
      this.space.free(address + start * chunkBytes, (number - start) * chunkBytes);
      start = -1;
    }
    this.address = UNDEFINED_ADDRESS;
  }
}
