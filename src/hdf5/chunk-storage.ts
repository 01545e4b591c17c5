import { H5TypeError } from '../errors.js';
import { ByteWriter } from './byte-writer.js';
import { ChunkCache, type ChunkSource } from './chunk-cache.js';
import { type ChunkedElements, fill } from './dataset-io.js';
import { EditableSpace } from './editable-space.js';
import type { FileSpace } from './file-space.js';
import type { FilterSet } from './filters/filter-set.js';
import { checkFilters, decodeChunk, encodeChunk } from './filters/pipeline.js';
import {
  type ChunkIndex,
  type ChunkIndexEditor,
  editChunkIndex,
  openChunkIndex,
} from './indexes/chunk-index.js';
import type { Meter } from './indexes/meter.js';
import { type ChunkedLayout, encodeChunkedLayout } from './messages/data-layout.js';
import type { Dataspace } from './messages/dataspace.js';
import type { FilterInfo } from './messages/filter-pipeline.js';
import { product } from './selection.js';

/** What is changed of a chunk is written in place if it is at most one in so many parts. */
const LEAST_PARTS = 4;

/** The chunks of a dataset: where they are, what filters make of them, and those that were used last. */
export class ChunkStorage implements ChunkSource {
  readonly target: ChunkedElements;
  readonly #space: FileSpace;
  readonly #index: ChunkIndex;
  readonly #editor: ChunkIndexEditor | undefined;
  readonly #cache: ChunkCache;
  readonly #filters: readonly FilterInfo[];
  readonly #set: FilterSet;
  readonly #chunkDims: readonly number[];
  readonly #size: number;
  readonly #unfilteredEdges: boolean;
  #memory = new Uint8Array(0);
  #layout: ChunkedLayout;
  #dims: readonly number[];

  constructor(
    space: FileSpace,
    layout: ChunkedLayout,
    dataspace: Dataspace,
    fillValue: Uint8Array | undefined,
    filters: readonly FilterInfo[],
    set: FilterSet,
    meter: Meter,
  ) {
    const { chunkDims, elementSize } = layout;
    const filtered = filters.length > 0;
    this.#space = space;
    this.#layout = layout;
    this.#filters = filters;
    this.#set = set;
    this.#chunkDims = chunkDims;
    this.#size = product(chunkDims) * elementSize;
    this.#unfilteredEdges = layout.unfilteredEdges;
    this.#dims = dataspace.dims;
    if (space instanceof EditableSpace) {
      this.#editor = editChunkIndex(space, layout, dataspace, elementSize, filtered, meter);
      this.#index = this.#editor;
    } else {
      this.#index = openChunkIndex(space, layout, dataspace, elementSize, filtered, meter);
    }
    this.#cache = new ChunkCache(this);
    this.target = { kind: 'chunked', chunkDims, chunks: this.#cache, fillValue };
  }

  // ---- one chunk ------------------------------------------------------------------------------------

  read(place: readonly number[]): Uint8Array | undefined {
    return this.#load(place, false);
  }

  readOnce(place: readonly number[], into?: Uint8Array): Uint8Array | undefined {
    return this.#load(place, true, into);
  }

  /** A decoded chunk; `isOnce`: from memory that the next one is read to, or from `into`, if it is stored as it is. */
  #load(place: readonly number[], isOnce: boolean, into?: Uint8Array): Uint8Array | undefined {
    const chunk = this.#index.get(place);
    if (!chunk) return undefined;
    const isPlain = this.#filters.length === 0 || this.#isEdge(place);
    const size = isPlain ? this.#size : chunk.size;
    const stored = isOnce
      ? this.#scratch(chunk.address, size, isPlain && into?.length === size ? into : undefined)
      : this.#copy(chunk.address, size);
    return isPlain ? stored : decodeChunk(this.#filters, chunk.mask, stored, this.#size, this.#set);
  }

  #copy(address: number, size: number): Uint8Array {
    return this.#space.copy(address, size, 'a chunk of a dataset');
  }

  /** Bytes of the file in memory that is used again, where the storage can do that. */
  #scratch(address: number, size: number, into?: Uint8Array): Uint8Array {
    const { storage, end, superblock } = this.#space;
    if (!storage.readInto || address < 0 || address + size > end) return this.#copy(address, size);
    if (!into && this.#memory.length < size) this.#memory = new Uint8Array(size);
    const target = into ?? this.#memory.subarray(0, size);
    storage.readInto(superblock.baseAddress + address, target);
    return target;
  }

  /** Whether filters are left out because the chunk reaches over the edge of the dataset. */
  #isEdge(place: readonly number[], dims = this.#dims): boolean {
    if (!this.#unfilteredEdges) return false;
    return place.some((at, axis) => (at + 1) * (this.#chunkDims[axis] as number) > (dims[axis] as number));
  }

  write(place: readonly number[], raw: Uint8Array, from = 0, to = raw.length): void {
    const editor = this.#editor as ChunkIndexEditor;
    const space = this.#space as EditableSpace;
    const isPlain = this.#filters.length === 0 || this.#isEdge(place);
    const { bytes, mask } = isPlain ? { bytes: raw, mask: 0 } : encodeChunk(this.#filters, raw, this.#set);
    const before = editor.get(place);
    // Where the committed state needs what is there, a new place is better than the journal, but for a small part.
    const stays =
      before?.size === bytes.length &&
      (space.isFresh(before.address) ||
        (isPlain && (to - from) * LEAST_PARTS <= bytes.length && space.hasRoomInJournal) ||
        // An implicit index has no other place.
        this.#layout.index.type === 'implicit');
    if (stays && isPlain && before.mask === mask) {
      space.write(before.address + from, bytes.subarray(from, to));
      return;
    }
    if (before && !stays) space.free(before.address, before.size);
    const address = stays ? before.address : this.#place(place, bytes.length);
    space.write(address, bytes);
    if (!stays || before.mask !== mask) editor.set(place, { address, size: bytes.length, mask });
  }

  #place(place: readonly number[], size: number): number {
    if (this.#layout.index.type !== 'implicit') return (this.#space as EditableSpace).allocate(size);
    // All chunks are there from the first on.
    const editor = this.#editor as ChunkIndexEditor;
    editor.flush();
    const chunk = editor.get(place);
    if (!chunk) throw new H5TypeError('the chunk lies outside of the dataset');
    return chunk.address;
  }

  // ---- all of them ----------------------------------------------------------------------------------

  /** Writes what is kept in memory. Returns the layout message. */
  flush(): Uint8Array {
    if (this.#editor) {
      this.#cache.flush();
      this.#editor.flush();
      this.#layout = this.#editor.layout;
    }
    return this.message();
  }

  message(): Uint8Array {
    const out = new ByteWriter(64);
    encodeChunkedLayout(out, this.#layout);
    return out.finish();
  }

  /** Throws an H5TypeError if the index cannot hold the chunks of so large a dataset: before one is in memory that cannot leave it. */
  checkRoom(dims = this.#dims): void {
    const last = dims.map((dim, axis) => Math.ceil(dim / (this.#chunkDims[axis] as number)) - 1);
    if (last.every((at) => at >= 0)) this.#editor?.check?.(last);
  }

  /** Throws if no chunk could be stored: before one is in memory that cannot leave it. Returns whether any can be read. */
  checkFilters(): boolean {
    return checkFilters(this.#filters, this.#set);
  }

  /** How often something was changed, or has begun to be. */
  get changes(): number {
    return this.#cache.changes;
  }

  /** How often what was changed before has been written, or has begun to be. */
  get writes(): number {
    return this.#cache.writes;
  }

  /** Changes the dimensions. What is cut off is gone, and what comes again is the fill value; `own` gets bytes that hold it. */
  resize(dims: readonly number[], own: (bytes: Uint8Array) => void): void {
    const editor = this.#editor as ChunkIndexEditor;
    const space = this.#space as EditableSpace;
    const before = this.#dims;
    const isImplicit = this.#layout.index.type === 'implicit';
    const isShrinking = dims.some((dim, axis) => dim < (before[axis] as number));
    // What is in memory of chunks stays right as long as there are only more of them.
    const staysCached = !isShrinking && !this.#unfilteredEdges && !isImplicit;
    if (!staysCached) this.#cache.flush();
    // Chunks that are stored otherwise from now on: cut, or at the edge no more, or at the edge now.
    const changed: { place: number[]; bytes: Uint8Array }[] = [];
    if (isShrinking || this.#unfilteredEdges) {
      const outside: { place: number[]; address: number; size: number }[] = [];
      const inside: number[][] = [];
      editor.forEach((place, { address, size }) => {
        if (place.some((at, axis) => at * (this.#chunkDims[axis] as number) >= (dims[axis] as number)))
          outside.push({ place: [...place], address, size });
        else if (this.#isCut(place, dims) || this.#isEdge(place) !== this.#isEdge(place, dims))
          inside.push([...place]);
      });
      for (const place of inside) {
        const bytes = this.read(place);
        if (bytes)
          changed.push({ place, bytes: this.#isCut(place, dims) ? this.#cut(place, bytes, dims) : bytes });
      }
      if (changed.length > 0) this.checkFilters();
      this.#cache.changes++;
      if (!isImplicit) {
        for (const { place, address, size } of outside) {
          space.free(address, size);
          editor.delete(place);
        }
      }
    }
    this.#cache.changes++;
    editor.resize(dims);
    this.#dims = dims;
    if (!staysCached) this.#cache.clear();
    for (const { place, bytes } of changed) {
      own(bytes);
      this.write(place, bytes);
    }
    if (!isImplicit) return;
    // Its chunks are all there, and those that have come in hold what they held at some time.
    const filled = new Uint8Array(this.#size);
    fill(filled, this.target.fillValue, this.#layout.elementSize);
    const places: number[][] = [];
    editor.forEach((place) => {
      if (place.some((at, axis) => at * (this.#chunkDims[axis] as number) >= (before[axis] as number)))
        places.push([...place]);
    });
    for (const place of places) {
      const bytes = filled.slice();
      own(bytes);
      this.write(place, bytes);
    }
  }

  /** Whether less of a chunk is left within dimensions than there was. */
  #isCut(place: readonly number[], dims: readonly number[]): boolean {
    return place.some((at, axis) => {
      const end = (at + 1) * (this.#chunkDims[axis] as number);
      return end > (dims[axis] as number) && (dims[axis] as number) < (this.#dims[axis] as number);
    });
  }

  /** A chunk with the fill value where it is outside of dimensions. */
  #cut(place: readonly number[], bytes: Uint8Array, dims: readonly number[]): Uint8Array {
    const { elementSize } = this.#layout;
    const chunkDims = this.#chunkDims;
    const filled = new Uint8Array(bytes.length);
    fill(filled, this.target.fillValue, elementSize);
    const rank = dims.length;
    const inside = place.map((at, axis) =>
      Math.min((dims[axis] as number) - at * (chunkDims[axis] as number), chunkDims[axis] as number),
    );
    const row = (inside[rank - 1] as number) * elementSize;
    const index = new Array<number>(rank - 1).fill(0);
    for (;;) {
      let at = 0;
      for (let axis = 0; axis < rank; axis++)
        at = at * (chunkDims[axis] as number) + (axis < rank - 1 ? (index[axis] as number) : 0);
      filled.set(bytes.subarray(at * elementSize, at * elementSize + row), at * elementSize);
      let axis = rank - 2;
      while (axis >= 0 && (index[axis] as number) + 1 >= (inside[axis] as number)) index[axis--] = 0;
      if (axis < 0) return filled;
      index[axis] = (index[axis] as number) + 1;
    }
  }

  /** Puts all chunks, as they are stored, into the storage of a dataset like this one. */
  copyTo(other: ChunkStorage): void {
    const space = other.#space as EditableSpace;
    const editor = other.#editor as ChunkIndexEditor;
    this.#cache.flush();
    this.#index.forEach((place, { address, size, mask }) => {
      const isPlain = this.#filters.length === 0 || this.#isEdge(place);
      const bytes = this.#space.copy(address, isPlain ? this.#size : size, 'a chunk of a dataset');
      const to = other.#place(place, bytes.length);
      space.write(to, bytes);
      editor.set(place, { address: to, size: bytes.length, mask });
    });
  }

  get unfilteredEdges(): boolean {
    return this.#unfilteredEdges;
  }

  /** How many chunks there are. */
  get count(): number {
    let count = 0;
    this.forEach(() => {
      count++;
    });
    return count;
  }

  /** How many bytes all chunks take in the file. */
  get stored(): number {
    let bytes = 0;
    this.#cache.flush();
    this.#index.forEach((_, { size }) => {
      bytes += size;
    });
    return bytes;
  }

  /** Visits the places of the chunks that are there. */
  forEach(visit: (place: readonly number[]) => void): void {
    this.#cache.flush();
    this.#index.forEach(visit);
  }

  /** Gives back the chunks and their index. */
  release(): void {
    const editor = this.#editor as ChunkIndexEditor;
    const space = this.#space as EditableSpace;
    const chunks: [number, number][] = [];
    editor.forEach((_, { address, size }) => {
      chunks.push([address, size]);
    });
    for (const [address, size] of chunks) space.free(address, size);
    this.#cache.clear();
    editor.free();
  }
}
