import { MemoryStorage } from '../storage/memory.js';
import { ByteReader } from './byte-reader.js';
import { ChunkStorage } from './chunk-storage.js';
import { type ChunkPlan, guessChunk, planChunks } from './dataset-creation.js';
import { writeSelection } from './dataset-io.js';
import { EditableSpace } from './editable-space.js';
import type { DatasetOptions } from './editing.js';
import { type Extent, FileBuilder, type ObjectId, type Piece, pieceBytes } from './file-builder.js';
import type { FilterSet } from './filters/filter-set.js';
import { encodeChunkedLayout } from './messages/data-layout.js';
import { type Dataspace, decodeDataspace } from './messages/dataspace.js';
import { type Datatype, decodeDatatype } from './messages/datatype.js';
import { encodeFillValue } from './messages/fill-value.js';
import { encodeFilterPipeline } from './messages/filter-pipeline.js';
import { MessageFlag, MessageType } from './messages/message-type.js';
import { parseSelection, product, selectAll } from './selection.js';
import { newSuperblock } from './superblock.js';

/** What the elements of a dataset are. */
export interface ElementsInfo {
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
}

/** Data that come bit by bit, since they are too many to be held at once. */
export interface LateData extends Extent {
  chunks(): Iterable<Uint8Array>;
  /** Keeps what becomes of them until the file is written; undefined: they cannot be put in chunks, for they hold addresses. */
  readonly keep?: (() => Keeper) | undefined;
}

/** Where bytes wait. */
export interface Keeper {
  /** How many there are. */
  readonly length: number;
  bytes(bytes: Uint8Array): void;
  read(position: number, length: number): Uint8Array;
}

/** Of data that come bit by bit, so many bytes are put in chunks at a time, if nobody says how large these are to be. */
const SLAB = 1 << 22;

/** Lays out a new file in which some datasets are in chunks, compressed or not. */
export abstract class ChunkedBuilder extends FileBuilder {
  readonly #filters: FilterSet;

  constructor(filters: FilterSet) {
    super();
    this.#filters = filters;
  }

  /** Whether a dataset of so many bytes may be put in chunks. */
  protected abstract isChunked(id: ObjectId, size: number): boolean;
  /** How it is put in chunks; undefined if it is not. */
  protected abstract chunkOptions(id: ObjectId, elements: ElementsInfo): DatasetOptions | undefined;

  override beginDataset(
    id: ObjectId,
    linkCount: number,
    datatype: Uint8Array,
    dataspace: Uint8Array,
    data: Piece,
    start = 0,
    size = data.length,
  ): void {
    const isWhole = !('chunks' in data);
    // Of variable-length data there is more than their elements.
    const isAll = size > 0 && size === data.length;
    const canBe = isAll && this.isChunked(id, size) && (isWhole || (data as LateData).keep !== undefined);
    const plan = canBe ? this.#plan(id, datatype, dataspace, isWhole) : undefined;
    if (!plan) {
      super.beginDataset(id, linkCount, datatype, dataspace, data, start, size);
      return;
    }
    const { out } = this;
    this.beginHeader(id, linkCount);
    this.beginMessage(MessageType.Dataspace);
    out.raw(dataspace);
    this.endMessage();
    this.datatype(datatype, MessageFlag.Constant);
    this.beginMessage(MessageType.FillValue);
    encodeFillValue(out, 'incremental');
    this.endMessage();
    if (plan.filters.length > 0) {
      this.beginMessage(MessageType.FilterPipeline);
      encodeFilterPipeline(out, plan.filters);
      this.endMessage();
    }
    this.beginMessage(MessageType.DataLayout);
    const at = out.length;
    encodeChunkedLayout(out, plan.layout);
    this.endMessage();
    this.extent(new Chunks(data, plan, this.#filters, at), at);
  }

  #plan(id: ObjectId, datatype: Uint8Array, dataspace: Uint8Array, isWhole: boolean): ChunkPlan | undefined {
    const elements: ElementsInfo = {
      datatype: decodeDatatype(new ByteReader(datatype)),
      dataspace: decodeDataspace(new ByteReader(dataspace)),
    };
    let options = this.chunkOptions(id, elements);
    if (options?.chunks === true && !isWhole)
      options = { ...options, chunks: narrowChunk(elements.dataspace.dims, elements.datatype.size) };
    return options && planChunks(elements.datatype, elements.dataspace, options, undefined, this.#filters);
  }

  protected override placed(data: Piece, address: number): Iterable<Piece | undefined> {
    return data instanceof Chunks ? data.place(address, this.out.bytes) : super.placed(data, address);
  }
}

/** The elements of a dataset that are to become chunks, and the index of these. */
class Chunks {
  /** Of the elements. What they take in the file is known when they are placed. */
  readonly length: number;
  readonly #data: Piece;
  readonly #plan: ChunkPlan;
  readonly #filters: FilterSet;
  readonly #layoutAt: number;

  constructor(data: Piece, plan: ChunkPlan, filters: FilterSet, layoutAt: number) {
    this.length = data.length;
    this.#data = data;
    this.#plan = plan;
    this.#filters = filters;
    this.#layoutAt = layoutAt;
  }

  writeTo(target: Uint8Array, position: number): void {
    target.set(pieceBytes(this.#data), position);
  }

  /**
   * The chunks and their index, from an address on; undefined in between, since it takes its time. The layout message, which
   * says where they are, is set in `header` at the end.
   */
  *place(address: number, header: Uint8Array): Generator<Piece | undefined> {
    const { layout, dataspace, filters } = this.#plan;
    const { dims } = dataspace;
    const data = this.#data;
    const keeper = (data as Partial<LateData>).keep?.();
    const space = new PieceSpace(address, keeper);
    const storage = new ChunkStorage(space, layout, dataspace, undefined, filters, this.#filters, () => {});
    const { elementSize, chunkDims } = layout;
    if (keeper) {
      const rowSize = product(dims.slice(1)) * elementSize;
      const rows = chunkDims[0] as number;
      let row = 0;
      for (const slab of slabs((data as LateData).chunks(), rows * rowSize)) {
        const count = slab.length / rowSize;
        writeSelection(storage.target, parseSelection([[row, row + count]], dims), slab, elementSize);
        row += count;
        yield undefined;
      }
    } else {
      writeSelection(storage.target, selectAll(dims), pieceBytes(data), elementSize);
    }
    // Of the same length as the one that has no addresses yet.
    header.set(storage.flush(), this.#layoutAt);
    yield* space.pieces();
  }
}

/** The same bytes in portions of `size` each, but for the last. */
function* slabs(pieces: Iterable<Uint8Array>, size: number): Generator<Uint8Array, void> {
  let slab = new Uint8Array(size);
  let filled = 0;
  for (const piece of pieces) {
    for (let from = 0; from < piece.length; ) {
      const part = piece.subarray(from, from + size - filled);
      slab.set(part, filled);
      filled += part.length;
      from += part.length;
      if (filled < size) continue;
      yield slab;
      // Chunks may be parts of it that wait to be written.
      slab = new Uint8Array(size);
      filled = 0;
    }
  }
  if (filled > 0) yield slab.subarray(0, filled);
}

/** A shape of chunks, a row of which is no more than can be held. */
function narrowChunk(dims: readonly number[], elementSize: number): number[] {
  const chunk = guessChunk(dims, elementSize);
  const rowSize = product(dims.slice(1)) * elementSize;
  const rows = Math.max(1, Math.floor(SLAB / rowSize));
  if (rows >= (chunk[0] as number)) return chunk;
  return [rows, ...guessChunk(dims.slice(1), rows * elementSize)];
}

/** Space behind all else, of which all that is written is kept as pieces. */
class PieceSpace extends EditableSpace {
  readonly #start: number;
  readonly #keeper: Keeper | undefined;
  #end: number;
  readonly #written = new Map<number, Piece>();

  constructor(start: number, keeper: Keeper | undefined) {
    super(new MemoryStorage(), undefined, newSuperblock(0));
    this.#start = start;
    this.#end = start;
    this.#keeper = keeper;
  }

  override get end(): number {
    return this.#end;
  }

  allocate(size: number): number {
    const address = this.#end + (-this.#end & 7);
    this.#end = address + size;
    return address;
  }

  isFresh(): boolean {
    return true;
  }

  free(): void {}

  uncacheGroup(): void {}

  write(address: number, bytes: Uint8Array): void {
    // Not copied: chunks are made for this, or they are the user's own memory, which is not to change.
    this.#written.set(address, this.#keeper ? new Kept(this.#keeper, bytes) : bytes);
  }

  /** What was written, in order, with zeros in between. */
  pieces(): Piece[] {
    const pieces: Piece[] = [];
    let end = this.#start;
    for (const [address, piece] of [...this.#written].sort(([a], [b]) => a - b)) {
      if (address > end) pieces.push(new Uint8Array(address - end));
      pieces.push(piece);
      end = address + piece.length;
    }
    return pieces;
  }
}

/** Bytes that wait somewhere else. */
class Kept implements LateData {
  readonly #keeper: Keeper;
  readonly #position: number;
  readonly length: number;

  constructor(keeper: Keeper, bytes: Uint8Array) {
    this.#keeper = keeper;
    this.#position = keeper.length;
    this.length = bytes.length;
    keeper.bytes(bytes);
  }

  writeTo(target: Uint8Array, position: number): void {
    target.set(this.#keeper.read(this.#position, this.length), position);
  }

  chunks(): Iterable<Uint8Array> {
    return [this.#keeper.read(this.#position, this.length)];
  }
}
