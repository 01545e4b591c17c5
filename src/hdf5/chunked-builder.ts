import { MemoryStorage } from '../storage/memory.js';
import { ByteReader } from './byte-reader.js';
import { ChunkStorage } from './chunk-storage.js';
import { type ChunkPlan, planChunks } from './dataset-creation.js';
import { writeSelection } from './dataset-io.js';
import { EditableSpace } from './editable-space.js';
import type { DatasetOptions } from './editing.js';
import { FileBuilder, type ObjectId, type Piece, pieceBytes } from './file-builder.js';
import type { FilterSet } from './filters/filter-set.js';
import { encodeChunkedLayout } from './messages/data-layout.js';
import { type Dataspace, decodeDataspace } from './messages/dataspace.js';
import { type Datatype, decodeDatatype } from './messages/datatype.js';
import { encodeFillValue } from './messages/fill-value.js';
import { encodeFilterPipeline } from './messages/filter-pipeline.js';
import { MessageFlag, MessageType } from './messages/message-type.js';
import { selectAll } from './selection.js';
import { newSuperblock } from './superblock.js';

/** What the elements of a dataset are. */
export interface ElementsInfo {
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
}

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
    const plan = size > 0 && this.isChunked(id, size) ? this.#plan(id, datatype, dataspace) : undefined;
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

  #plan(id: ObjectId, datatype: Uint8Array, dataspace: Uint8Array): ChunkPlan | undefined {
    const elements: ElementsInfo = {
      datatype: decodeDatatype(new ByteReader(datatype)),
      dataspace: decodeDataspace(new ByteReader(dataspace)),
    };
    const options = this.chunkOptions(id, elements);
    return options && planChunks(elements.datatype, elements.dataspace, options, undefined, this.#filters);
  }

  protected override placed(data: Piece, address: number): readonly Piece[] {
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

  /** The chunks and their index, from an address on. The layout message, which says where they are, is set in `header`. */
  place(address: number, header: Uint8Array): Piece[] {
    const { layout, dataspace, filters } = this.#plan;
    const space = new PieceSpace(address);
    const storage = new ChunkStorage(space, layout, dataspace, undefined, filters, this.#filters, () => {});
    writeSelection(storage.target, selectAll(dataspace.dims), pieceBytes(this.#data), layout.elementSize);
    // Of the same length as the one that has no addresses yet.
    header.set(storage.flush(), this.#layoutAt);
    return space.pieces();
  }
}

/** Space behind all else, of which all that is written is kept as pieces. */
class PieceSpace extends EditableSpace {
  readonly #start: number;
  #end: number;
  readonly #written = new Map<number, Uint8Array>();

  constructor(start: number) {
    super(new MemoryStorage(), undefined, newSuperblock(0));
    this.#start = start;
    this.#end = start;
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
    this.#written.set(address, bytes);
  }

  /** What was written, in order, with zeros in between. */
  pieces(): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let end = this.#start;
    for (const [address, bytes] of [...this.#written].sort(([a], [b]) => a - b)) {
      if (address > end) pieces.push(new Uint8Array(address - end));
      pieces.push(bytes);
      end = address + bytes.length;
    }
    return pieces;
  }
}
