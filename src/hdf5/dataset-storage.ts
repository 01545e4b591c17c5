import { H5FeatureError, H5TypeError } from '../errors.js';
import { ByteReader, UNDEFINED_ADDRESS } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { ChunkStorage } from './chunk-storage.js';
import {
  type ChunkedElements,
  type ContiguousElements,
  type ElementTarget,
  fill,
  isElsewhere,
  MAX_FILLED,
  notHere,
  readSelection,
  writeSelection,
} from './dataset-io.js';
import type { EditableSpace } from './editable-space.js';
import type { Heap } from './elements.js';
import type { FileSpace } from './file-space.js';
import { FilterSet } from './filters/filter-set.js';
import { H5Reference } from './h5-reference.js';
import { ChunkGrid } from './indexes/chunk-grid.js';
import { createChunkLayout } from './indexes/chunk-index.js';
import type { GlobalHeapEditor } from './indexes/global-heap.js';
import { meterOf } from './indexes/meter.js';
import {
  type DataLayout,
  encodeCompactLayout,
  encodeContiguousLayout,
  type StoredLayout,
} from './messages/data-layout.js';
import { type Dataspace, encodeDataspace, extent } from './messages/dataspace.js';
import type { Datatype } from './messages/datatype.js';
import { decodeFilterPipeline, type FilterInfo } from './messages/filter-pipeline.js';
import { MessageType } from './messages/message-type.js';
import { type Named, naming } from './named-errors.js';
import { isNumber } from './number-elements.js';
import { decodeRegion, regionToSelection } from './region-reference.js';
import {
  hasPointers,
  hasReferences,
  heapBytes,
  ownElements,
  pointersOf,
  releaseElements,
} from './release.js';
import {
  type Axis,
  GridSelection,
  parseSelection,
  product,
  type Selection,
  type SelectionInput,
  selectAll,
} from './selection.js';
import type { HeaderMessage } from './stored-header.js';

/** What says where the elements of a dataset are, and what they are. */
export interface StoredElements {
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  readonly layout: StoredLayout;
  readonly fillValue: Uint8Array | undefined;
  /** The filter pipeline message. */
  readonly filters?: ByteReader | readonly FilterInfo[] | undefined;
  /** Of the object, if it is in a file. */
  readonly address?: number;
}

type ContiguousLayout = Extract<DataLayout, { kind: 'contiguous' }>;

/** What no bytes stand for and is not numbers takes many times as much in memory: at most so many bytes of it. */
const MAX_FILLED_OBJECTS = 2 ** 26;

/** So many chunks that nobody has written are filled at once. */
const MAX_FILLED_CHUNKS = 1 << 16;

/** Contiguous data of at least so many bytes that are all replaced go to new space: the journal would hold them as well. */
const REPLACED = 1 << 16;
/** Elements that are given back are looked through so many bytes at a time. */
const WINDOW = 1 << 20;

/** The elements of a dataset, read and written by selections, wherever its layout puts them. */
export class DatasetStorage {
  readonly datatype: Datatype;
  fillValue: Uint8Array | undefined;
  readonly heap: Heap | undefined;
  dataspace: Dataspace;
  /** Whether the messages in the header are other ones now. */
  isChanged = false;
  /** Whether all elements got their space at once. */
  isEarly = false;
  /** What is done to the bytes of chunks, in this order. */
  readonly filters: readonly FilterInfo[];
  readonly #target: ElementTarget;
  readonly #offsetSize: number;
  readonly #chunks: ChunkStorage | undefined;
  #layoutMessage: Uint8Array | undefined;
  /** Whether all chunks are known to be there, where they are to be filled. */
  #isFilled = false;
  #changes = 0;

  constructor(space: FileSpace, elements: StoredElements, heap?: Heap) {
    this.heap = heap;
    const { datatype, dataspace, layout, filters, address } = elements;
    // A header is written again, and what stands in it moves.
    const fillValue = elements.fillValue?.slice();
    this.#offsetSize = space.superblock.offsetSize;
    this.datatype = datatype;
    this.dataspace = dataspace;
    this.fillValue = fillValue;
    this.filters = filters instanceof ByteReader ? decodedAnew(filters) : (filters ?? []);
    if (layout.kind === 'chunked') {
      const set = space.indexes?.filters ?? new FilterSet();
      // What many datasets of one file take is limited by it; a new one has nothing that could be read.
      const meter = address === undefined ? () => {} : meterOf(space, address);
      this.#chunks = new ChunkStorage(space, layout, dataspace, fillValue, this.filters, set, meter);
      this.#target = this.#chunks.target;
      this.#target.keepsEdges = this.#shared !== undefined;
      this.#layoutMessage = this.#chunks.message();
      return;
    }
    if (isElsewhere(layout)) {
      this.#target = layout;
      return;
    }
    this.#target =
      layout.kind === 'compact'
        ? // A header is written again, and what stands in it moves; a draft has no header.
          { kind: 'compact', bytes: layout.offset < 0 ? layout.data : new Uint8Array(layout.data) }
        : {
            kind: 'contiguous',
            space: space as EditableSpace,
            address: (layout as ContiguousLayout).address,
            fillValue,
          };
  }

  /** How often elements or the shape were changed, or have begun to be. */
  get changes(): number {
    return this.#changes + (this.#chunks?.changes ?? 0);
  }

  /** How often something was written, or has begun to be: if that fails, it may be half done. */
  get begun(): number {
    return this.changes + (this.#chunks?.writes ?? 0);
  }

  /** Of the elements, in bytes. */
  get size(): number {
    return extent(this.dataspace) * this.datatype.size;
  }

  get stored(): number {
    if (this.#chunks) return this.#chunks.stored;
    // Of what is elsewhere that is not known, only that there may be something.
    return this.#isWritten || isElsewhere(this.#target) ? this.size : 0;
  }

  get fillBytes(): Uint8Array {
    const { fillValue, datatype } = this;
    if (fillValue) return fillValue;
    if (datatype.size > MAX_FILLED_OBJECTS)
      throw new H5TypeError(
        `an element of ${datatype.size} bytes that was never written is too large to be made`,
      );
    return new Uint8Array(datatype.size);
  }

  /** The header messages that say what is here. */
  messages(): HeaderMessage[] {
    if (this.#chunks) {
      const space = new ByteWriter(4 + 16 * this.dataspace.dims.length);
      encodeDataspace(space, this.dataspace);
      return [
        { type: MessageType.Dataspace, flags: 0, order: 0, data: space.finish() },
        { type: MessageType.DataLayout, flags: 0, order: 0, data: this.#layoutMessage as Uint8Array },
      ];
    }
    const layout = new ByteWriter(32);
    const target = this.#target;
    if (target.kind === 'compact') {
      encodeCompactLayout(layout, target.bytes.length);
      layout.raw(target.bytes);
    } else {
      encodeContiguousLayout(layout);
      const { address } = target as ContiguousElements;
      if (address === UNDEFINED_ADDRESS) layout.undefinedAddress();
      else layout.u64(address);
      layout.u64(this.size);
    }
    return [{ type: MessageType.DataLayout, flags: 0, order: 0, data: layout.finish() }];
  }

  /** All elements, if they are in the header. */
  get compact(): Uint8Array | undefined {
    return this.#target.kind === 'compact' ? this.#target.bytes : undefined;
  }

  read(selection: Selection): Uint8Array<ArrayBuffer> {
    return readSelection(this.#target, selection, this.datatype.size);
  }

  select(
    input: SelectionInput | Selection | H5Reference,
    into?: Uint8Array<ArrayBuffer>,
    named?: Named,
  ): { bytes: Uint8Array<ArrayBuffer>; count: number } {
    const { dims } = this.dataspace;
    const { size } = this.datatype;
    return naming(named, () => {
      const selection =
        input instanceof H5Reference ? regionOf(input, dims, this.#offsetSize) : parseSelection(input, dims);
      const most = isNumber(this.datatype) ? MAX_FILLED : MAX_FILLED_OBJECTS;
      return { bytes: readSelection(this.#target, selection, size, most, into), count: selection.count };
    });
  }

  /** Writes elements; `steps` as `broadcast` returns them. What they replace in the global heap is given back. */
  write(
    space: EditableSpace,
    heap: GlobalHeapEditor,
    selection: Selection,
    bytes: Uint8Array,
    steps?: readonly number[],
  ): void {
    const { datatype } = this;
    this.#fillMissing(space, heap, this.#checkWrite(selection));
    const isPointers = hasPointers(datatype);
    const mayRepeat = isPointers && selection.mayRepeat;
    const replaced = isPointers && this.#isWritten ? this.read(selection) : undefined;
    // Chunks count for themselves: of one that cannot be read nothing has been changed.
    if (!this.#chunks || replaced) this.#changes++;
    if (replaced) {
      const kept = this.#shared ?? (mayRepeat ? new Set<string>() : undefined);
      releaseElements(space, heap, datatype, selection.count, replaced, kept);
    }
    this.#put(space, selection, bytes, steps);
    if (mayRepeat) this.#releaseReplaced(space, heap, selection, bytes);
  }

  /** Throws before anything is changed if elements cannot be written. Returns where something is to be filled first. */
  #checkWrite(selection: Selection): readonly (readonly number[])[] {
    if (isElsewhere(this.#target)) notHere(this.#target);
    const missing = this.#missing(selection);
    if (missing.length > 0) this.#checkFill();
    this.#chunks?.checkRoom();
    this.#chunks?.checkFilters();
    return missing;
  }

  /** Writes elements over others, of which nothing is given back. */
  #put(space: EditableSpace, selection: Selection, bytes: Uint8Array, steps?: readonly number[]): void {
    const target = this.#target;
    if (target.kind === 'contiguous' && this.#isReplaced(space, selection)) {
      space.free(target.address, this.size);
      target.address = UNDEFINED_ADDRESS;
    }
    const before = target.kind === 'contiguous' ? target.address : 0;
    writeSelection(target, selection, bytes, this.datatype.size, steps);
    if (target.kind === 'compact' || (target.kind === 'contiguous' && target.address !== before))
      this.isChanged = true;
  }

  /**
   * Moves rows, what there is at indices of the first axis, to others as they are: what they lead to in the global heap goes with
   * them. What that of others led to is given back; rows that have moved away lead to nothing.
   */
  move(space: EditableSpace, heap: GlobalHeapEditor, from: number, to: number, count: number): void {
    if (count === 0 || from === to) return;
    const { dims } = this.dataspace;
    const size = dims.slice(1).reduce((product, dim) => product * dim, this.datatype.size);
    const most = Math.max(1, Math.floor(WINDOW / Math.max(1, size)));
    const rows = (start: number, end: number): Selection => parseSelection([[start, end]], dims);
    const eachPart = (start: number, end: number, action: (start: number, end: number) => void): void => {
      for (let at = start; at < end; at += most) action(at, Math.min(end, at + most));
    };
    this.#fillMissing(space, heap, this.#checkWrite(rows(to, to + count)));
    const isDown = to < from;
    const shift = to - from;
    const isPointers = hasPointers(this.datatype);
    // Rows that are overwritten, and are not among those that move.
    const [first, behind] = isDown
      ? [to, Math.min(from, to + count)]
      : [Math.max(to, from + count), to + count];
    if (isPointers)
      eachPart(first, behind, (start, end) =>
        this.write(space, heap, rows(start, end), new Uint8Array((end - start) * size)),
      );
    if (!this.#chunks || isPointers) this.#changes++;
    // The ones first whose places others come to.
    for (let done = 0; done < count; ) {
      const some = Math.min(most, count - done);
      const start = isDown ? from + done : from + count - done - some;
      const bytes = this.read(rows(start, start + some));
      // What was never written is the fill value there as well.
      this.#own(space, heap, bytes);
      this.#put(space, rows(start + shift, start + shift + some), bytes);
      done += some;
    }
    const [left, last] = isDown
      ? [Math.max(from, to + count), from + count]
      : [from, Math.min(to, from + count)];
    if (isPointers)
      eachPart(left, last, (start, end) =>
        this.#put(space, rows(start, end), new Uint8Array((end - start) * size)),
      );
  }

  /** Of an element that was written several times, the last counts: gives back what the others hold. */
  #releaseReplaced(
    space: EditableSpace,
    heap: GlobalHeapEditor,
    selection: Selection,
    bytes: Uint8Array,
  ): void {
    const { datatype } = this;
    const { size } = datatype;
    const now = this.read(selection);
    for (let at = 0; at < bytes.length; at += size) {
      const own = bytes.subarray(at, at + size);
      if (own.some((byte, i) => byte !== now[at + i])) releaseElements(space, heap, datatype, 1, own);
    }
  }

  /**
   * What the fill value leads to in the heap, which stays: elements, also those of other datasets, may lead to it. Those that we fill have
   * a copy of it each, as libhdf5 has it (H5D__fill_refill_vl), so that one can be changed without the others.
   */
  get #shared(): Set<string> | undefined {
    const { fillValue, datatype } = this;
    return fillValue && hasPointers(datatype) && fillValue.some((byte) => byte !== 0)
      ? pointersOf(datatype, fillValue)
      : undefined;
  }

  /** Throws if what is filled at once is too much: a chunk, or all that is not in chunks. */
  #checkFill(): void {
    const { fillValue, datatype } = this;
    if (!this.#shared) return;
    const elements = product(this.chunkDims ?? this.dataspace.dims);
    const most = MAX_FILLED_OBJECTS;
    if (elements * heapBytes(datatype, fillValue as Uint8Array) > most)
      throw new H5TypeError(
        `the fill value stands for ${elements} texts or sequences that would take more than ${most} bytes: write all of them at once`,
      );
  }

  /**
   * Where the fill value is to be put before a selection is written: the places of chunks, or one place of no chunk. What is written whole
   * is not filled. Else all chunks are once one is there, unless they are very many: libhdf5 1.10 cannot read others beside it in a file
   * that it may not write to, since it would put copies of what the fill value leads to there.
   */
  #missing(selection?: Selection): readonly (readonly number[])[] {
    const chunks = this.#chunks;
    if (!this.#shared || this.#isFilled) return [];
    if (!chunks) return this.#isWritten || selection?.part().covers ? [] : [[]];
    const { chunkDims } = chunks.target;
    const size = product(chunkDims);
    const there = new Set<string>();
    chunks.forEach((place) => {
      there.add(place.join());
    });
    const grid = new ChunkGrid(this.dataspace.dims, chunkDims);
    this.#isFilled = there.size === grid.total;
    const touched: number[][] = [];
    selection?.forEachChunk(chunkDims, (place, part) => {
      if (part.covers && part.count === size) there.add(place.join());
      else touched.push([...place]);
    });
    if (there.size + touched.length === 0) return [];
    const bytes = grid.total * size * heapBytes(this.datatype, this.fillValue as Uint8Array);
    const isSparse = grid.total > MAX_FILLED_CHUNKS || bytes > MAX_FILLED_OBJECTS;
    const places = isSparse ? touched : Array.from({ length: grid.total }, (_, i) => grid.place(i));
    return places.filter((place) => !there.has(place.join()));
  }

  /** Fills what has been found missing. */
  #fillMissing(space: EditableSpace, heap: GlobalHeapEditor, missing: readonly (readonly number[])[]): void {
    const target = this.#target;
    if (missing.length > 0) this.#changes++;
    for (const place of missing) {
      if (target.kind === 'chunked')
        target.chunks.write(place, this.#filled(space, heap, product(target.chunkDims)));
      else
        for (const selection of this.#windows(this.dataspace.dims))
          this.#put(space, selection, this.#filled(space, heap, selection.count));
    }
  }

  /** So many elements, each the fill value. */
  #filled(space: EditableSpace, heap: GlobalHeapEditor, count: number): Uint8Array {
    const { datatype, fillValue } = this;
    const bytes = new Uint8Array(count * datatype.size);
    fill(bytes, fillValue, datatype.size);
    this.#own(space, heap, bytes);
    return bytes;
  }

  #own(space: EditableSpace, heap: GlobalHeapEditor, bytes: Uint8Array): void {
    const shared = this.#shared;
    if (shared) ownElements(space, heap, this.datatype, bytes.length / this.datatype.size, bytes, shared);
  }

  /** Gives all elements their space at once, with the fill value in it. */
  allocate(space: EditableSpace, heap: GlobalHeapEditor): void {
    this.isEarly = true;
    const { dataspace } = this;
    const { dims } = dataspace;
    if (extent(dataspace) === 0) return;
    if (!this.#chunks) {
      // The first element is written, and the others are filled around it.
      const first = dims.map(() => 0);
      this.write(space, heap, parseSelection(first, dims), this.#filled(space, heap, 1));
      return;
    }
    this.#checkFill();
    this.#chunks.checkRoom();
    this.#chunks.checkFilters();
    const { chunkDims, chunks } = this.#chunks.target;
    const grid = new ChunkGrid(dims, chunkDims);
    for (let number = 0; number < grid.total; number++)
      chunks.write(grid.place(number), this.#filled(space, heap, product(chunkDims)));
  }

  /** What is in the chunk at a place. */
  #chunkAt(place: readonly number[], chunkDims: readonly number[], dims: readonly number[]): GridSelection {
    const axes = selectAll(dims).axes.map((whole, i) => {
      const start = (place[i] as number) * (chunkDims[i] as number);
      return { ...whole, start, count: Math.min(chunkDims[i] as number, whole.count - start) };
    });
    return new GridSelection(dims, axes);
  }

  /** Whether anything was ever written here. */
  get #isWritten(): boolean {
    const target = this.#target;
    if (target.kind === 'contiguous') return target.address !== UNDEFINED_ADDRESS;
    return !isElsewhere(target);
  }

  #isReplaced(space: EditableSpace, selection: Selection): boolean {
    const target = this.#target as ContiguousElements;
    return (
      this.size >= REPLACED &&
      selection instanceof GridSelection &&
      selection.count === extent(this.dataspace) &&
      target.address !== UNDEFINED_ADDRESS &&
      !space.isFresh(target.address)
    );
  }

  /** Throws before the shape is another one if elements could not be written that come behind others along an axis. */
  checkAppend(axis: number): void {
    const { dims } = this.dataspace;
    const last = (dims[axis] as number) - 1;
    // A chunk that is to be filled up is read.
    if (this.#chunks?.checkFilters() === false && (last + 1) % (this.chunkDims?.[axis] as number) > 0)
      this.read(
        parseSelection(
          dims.map((_, i) => (i === axis ? last : undefined)),
          dims,
        ),
      );
  }

  /** Gives the dataset another shape. What elements that are cut off hold in the global heap is given back. */
  resize(space: EditableSpace, heap: GlobalHeapEditor, dims: readonly number[]): void {
    const { dataspace, datatype } = this;
    const most = dataspace.maxDims ?? dataspace.dims;
    if (dims.length !== most.length)
      throw new H5TypeError(`a shape of ${dims.length} axes for a dataset of ${most.length}`);
    dims.forEach((dim, axis) => {
      if (!Number.isSafeInteger(dim) || dim < 0)
        throw new H5TypeError(`a shape is whole numbers, not ${dim}`);
      if (this.#chunks && dim > (most[axis] as number))
        throw new H5TypeError(
          `axis ${axis} can grow to ${most[axis]}, not to ${dim}; \`maxShape\` says how far`,
        );
    });
    if (dims.every((dim, axis) => dim === dataspace.dims[axis])) return;
    if (!this.#chunks)
      throw new H5TypeError(
        'only a dataset in chunks can change its shape: make it with `chunks` or `maxShape`',
      );
    this.#checkFill();
    this.#chunks.checkRoom(dims);
    if (hasPointers(datatype))
      for (const selection of this.#cutOff(dims)) {
        const bytes = this.read(selection);
        this.#changes++;
        releaseElements(space, heap, datatype, selection.count, bytes, this.#shared);
      }
    this.#chunks.resize(dims, (bytes) => this.#own(space, heap, bytes));
    // Where nothing says how far it can grow, it is the shape that it was made with: that is to be known from now on.
    this.dataspace = { ...dataspace, dims: [...dims], maxDims: most };
    this.isChanged = true;
    this.#isFilled = false;
    this.#fillMissing(space, heap, this.#missing());
  }

  /** The shape of a chunk; undefined if the elements are not in chunks. */
  get chunkDims(): readonly number[] | undefined {
    return this.#chunks?.target.chunkDims;
  }

  get compression(): string | null {
    // Those of smaller numbers, and fletcher32, scaleoffset and nbit, do not compress by themselves.
    const filter = this.filters.find(({ id }) => id === 1 || id === 4 || id > 6);
    if (!filter) return null;
    return (
      ({ 1: 'gzip', 4: 'szip', 32000: 'lzf' } as Record<number, string>)[filter.id] ??
      (filter.name || `${filter.id}`)
    );
  }

  /** What is in one chunk each, for a dataset in chunks. */
  *parts(): IterableIterator<[start: number, stop: number][]> {
    const { dims } = this.dataspace;
    const chunkDims = this.chunkDims as readonly number[];
    if (dims.includes(0)) return;
    const starts = dims.map(() => 0);
    for (let axis = 0; axis >= 0; ) {
      yield starts.map((start, i) => [start, Math.min(start + (chunkDims[i] as number), dims[i] as number)]);
      for (axis = dims.length - 1; axis >= 0; axis--) {
        const next = (starts[axis] as number) + (chunkDims[axis] as number);
        starts[axis] = next < (dims[axis] as number) ? next : 0;
        if (starts[axis] !== 0) break;
      }
    }
  }

  /**
   * A storage in a space that is like this one, and empty: the same chunks, filters and fill value, but for one that leads to
   * the heap: it is copied with the elements.
   */
  emptyCopy(space: EditableSpace): DatasetStorage {
    const { datatype, filters } = this;
    // Such elements are written when the header has been, which holds the fill value.
    if (hasReferences(datatype) && this.#shared)
      throw new H5FeatureError('a copy of a dataset of references that has sequences as its fill value');
    const fillValue = hasPointers(datatype) ? undefined : this.fillValue;
    const chunks = this.#chunks;
    const chunkDims = chunks?.target.chunkDims ?? [];
    let { dataspace } = this;
    // What others have made smaller without saying how large it was, was as large as a chunk at least.
    if (!dataspace.maxDims && dataspace.dims.some((dim, axis) => dim < (chunkDims[axis] ?? 0))) {
      const maxDims = dataspace.dims.map((dim, axis) => Math.max(dim, chunkDims[axis] as number));
      dataspace = { ...dataspace, maxDims };
    }
    const layout: DataLayout = chunks
      ? {
          ...createChunkLayout(
            dataspace.dims,
            dataspace.maxDims,
            chunkDims,
            datatype.size,
            filters.length > 0,
            false,
            chunks.count,
          ),
          unfilteredEdges: chunks.unfilteredEdges,
        }
      : { kind: 'contiguous', address: UNDEFINED_ADDRESS, size: this.size };
    return new DatasetStorage(space, { datatype, dataspace, layout, fillValue, filters });
  }

  /**
   * Puts all elements that were ever written into an empty copy. `convert`: what becomes of them, where they have pointers;
   * else chunks are taken as they are stored.
   */
  copyTo(
    copy: DatasetStorage,
    space: EditableSpace,
    heap: GlobalHeapEditor,
    convert: (bytes: Uint8Array, count: number) => Uint8Array,
  ): void {
    if (isElsewhere(this.#target)) notHere(this.#target);
    if (this.fillValue && !copy.fillValue) {
      const fillValue = convert(this.fillValue, 1);
      copy.fillValue = fillValue;
      const target = copy.#target as ChunkedElements | ContiguousElements;
      target.fillValue = fillValue;
      if (target.kind === 'chunked') target.keepsEdges = copy.#shared !== undefined;
    }
    if (this.#chunks && !hasPointers(this.datatype, true)) {
      this.#chunks.copyTo(copy.#chunks as ChunkStorage);
    } else if (this.#isWritten) {
      for (const selection of this.#windows(this.dataspace.dims)) {
        const bytes = this.read(selection);
        copy.write(space, heap, selection, convert(bytes, selection.count));
      }
    }
    copy.flush();
  }

  /** The shape of all elements that lead to something of their own: those outside of the dataset as well, in chunks that were filled. */
  get #room(): readonly number[] {
    const { dims } = this.dataspace;
    const { chunkDims } = this;
    if (!chunkDims || !this.#shared) return dims;
    return dims.map((dim, axis) => {
      const chunk = chunkDims[axis] as number;
      return Math.ceil(dim / chunk) * chunk;
    });
  }

  /** All elements of a shape, a part at a time: rows along the first axis, or, of those in chunks, what is in one that is there. */
  *#windows(dims: readonly number[]): IterableIterator<GridSelection> {
    const all = selectAll(dims);
    const [axis, ...others] = all.axes;
    if (!axis) {
      yield all;
      return;
    }
    if (this.#chunks) {
      const { chunkDims } = this.#chunks.target;
      const places: number[][] = [];
      this.#chunks.forEach((place) => {
        places.push([...place]);
      });
      for (const place of places) {
        const selection = this.#chunkAt(place, chunkDims, dims);
        if (selection.axes.every(({ count }) => count > 0)) yield selection;
      }
      return;
    }
    const row = (extent(this.dataspace) / Math.max(1, axis.count)) * this.datatype.size;
    const step = Math.max(1, Math.floor(WINDOW / Math.max(1, row)));
    for (let start = 0; start < axis.count; start += step)
      yield new GridSelection(dims, [
        { ...axis, start, count: Math.min(step, axis.count - start) },
        ...others,
      ]);
  }

  /** The elements that another shape cuts off, in boxes. */
  *#cutOff(dims: readonly number[]): IterableIterator<Selection> {
    const before = this.dataspace.dims;
    const room = this.#room;
    for (const { axes } of this.#windows(room)) {
      const isCut = ({ start, count }: Axis, i: number): boolean =>
        (dims[i] as number) < (before[i] as number) && start + count > (dims[i] as number);
      if (!axes.some(isCut)) continue;
      const inner = [...axes];
      for (const [i, axis] of axes.entries()) {
        const { start, count } = axis;
        const kept = Math.min(count, Math.max(0, (dims[i] as number) - start));
        if (kept < count) {
          const outer = { ...axis, start: start + kept, count: count - kept };
          yield new GridSelection(room, inner.with(i, outer));
        }
        if (kept === 0) break;
        inner[i] = { ...axis, count: kept };
      }
    }
  }

  /** Gives back all that the elements take. */
  release(space: EditableSpace, heap: GlobalHeapEditor): void {
    const { datatype } = this;
    if (hasPointers(datatype) && this.#isWritten) {
      const kept = this.#shared;
      for (const selection of this.#windows(this.#room))
        releaseElements(space, heap, datatype, selection.count, this.read(selection), kept);
    }
    this.#chunks?.release();
    const target = this.#target;
    if (target.kind === 'contiguous' && target.address !== UNDEFINED_ADDRESS)
      space.free(target.address, this.size);
  }

  /** Writes what is kept in memory. */
  flush(): void {
    if (!this.#chunks) return;
    const message = this.#chunks.flush();
    const before = this.#layoutMessage as Uint8Array;
    if (message.length !== before.length || message.some((byte, i) => byte !== before[i]))
      this.isChanged = true;
    this.#layoutMessage = message;
  }
}

/** What a region reference selects of a dataset. */
function regionOf({ region }: H5Reference, dims: readonly number[], offsetSize: number): Selection {
  if (!region) throw new H5TypeError('a reference to an object selects no part of a dataset');
  return regionToSelection(decodeRegion(region, offsetSize).region, dims);
}

/** The filters of a message that others decode, too. */
function decodedAnew(message: ByteReader): readonly FilterInfo[] {
  const { position } = message;
  const filters = decodeFilterPipeline(message);
  message.position = position;
  return filters;
}
