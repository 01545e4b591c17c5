import { H5FormatError, H5TypeError } from '../../errors.js';
import { UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { ChunkedLayout } from '../messages/data-layout.js';
import type { Chunk, ChunkIndex, ChunkIndexEditor } from './chunk.js';
import { checkChunk, checkPlace, chunkBytes } from './chunk-records.js';

/** The index of a dataset that is one chunk: the layout message itself (Format Specification, section VII.A). */
export class SingleChunk implements ChunkIndex {
  protected readonly source: ChunkedLayout;
  protected readonly filtered: boolean;
  protected chunk: Chunk | undefined;

  constructor(layout: ChunkedLayout, filtered: boolean) {
    const { index, address, chunkDims } = layout;
    if (index.type !== 'single') throw new H5TypeError(`a layout with the index ${index.type}`);
    this.source = layout;
    this.filtered = filtered;
    this.place = chunkDims.map(() => 0);
    if (address === UNDEFINED_ADDRESS) return;
    if (filtered !== (index.size !== undefined)) {
      throw new H5FormatError(
        -1,
        'the layout of a single chunk does not say the same of filters as the dataset',
      );
    }
    this.chunk = { address, size: index.size ?? chunkBytes(layout), mask: index.mask ?? 0 };
  }

  protected readonly place: readonly number[];

  get(place: readonly number[]): Chunk | undefined {
    return place.every((n) => n === 0) ? this.chunk : undefined;
  }

  forEach(visit: (place: readonly number[], chunk: Chunk) => void): void {
    if (this.chunk) visit([...this.place], this.chunk);
  }
}

export class SingleChunkEditor extends SingleChunk implements ChunkIndexEditor {
  set(place: readonly number[], chunk: Chunk): void {
    checkPlace(place, this.place.length);
    if (!place.every((n) => n === 0))
      throw new H5TypeError(`a chunk at (${place.join(', ')}) of a dataset that has only one`);
    checkChunk(chunk, chunkBytes(this.source), this.filtered, Number.MAX_SAFE_INTEGER);
    this.chunk = { ...chunk };
  }

  delete(place: readonly number[]): void {
    if (place.every((n) => n === 0)) this.chunk = undefined;
  }

  resize(_dims: readonly number[]): void {}

  flush(): void {}

  get layout(): ChunkedLayout {
    const { address = UNDEFINED_ADDRESS, size = 0, mask = 0 } = this.chunk ?? {};
    return { ...this.source, address, index: { type: 'single', ...(this.filtered && { size, mask }) } };
  }

  free(): void {
    this.chunk = undefined;
  }
}
