import { H5FormatError, H5TypeError } from '../../errors.js';
import { UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { EditableSpace } from '../editable-space.js';
import type { FileSpace } from '../file-space.js';
import type { ChunkedLayout } from '../messages/data-layout.js';
import { BtreeV2, type BtreeV2Compare, BtreeV2Editor, BtreeV2Type, putUint } from './btree-v2.js';
import type { Chunk, ChunkIndex, ChunkIndexEditor } from './chunk.js';
import { type ChunkRecords, checkPlace, comparePlaces, uintAt } from './chunk-records.js';
import type { Meter } from './meter.js';
import { WalkMeter } from './walk-meter.js';

/** Bytes of a coordinate in a record. */
const COORDINATE = 8;

/**
 * A version 2 B-tree of chunks (Format Specification, section III.A.2, types 10 and 11): where a chunk is, then its place
 * along each dimension. Records are in the order of their places.
 */
export class ChunkBtreeV2 implements ChunkIndex {
  protected readonly source: ChunkedLayout;
  protected readonly records: ChunkRecords;
  protected readonly walk: WalkMeter;
  protected readonly rank: number;
  protected tree: BtreeV2 | undefined;
  /** The place that `compare` looks for. */
  protected wanted: readonly number[] = [];
  protected readonly compare: BtreeV2Compare = (bytes, at) => {
    at += this.records.size;
    for (let axis = 0; axis < this.rank; axis++, at += COORDINATE) {
      const difference = (this.wanted[axis] as number) - uintAt(bytes, at, COORDINATE);
      if (difference !== 0) return difference;
    }
    return 0;
  };

  constructor(space: FileSpace, layout: ChunkedLayout, records: ChunkRecords, meter: Meter) {
    if (layout.index.type !== 'btree-v2')
      throw new H5TypeError(`a layout with the index ${layout.index.type}`);
    this.source = layout;
    this.records = records;
    this.walk = new WalkMeter(meter);
    this.rank = layout.chunkDims.length;
    if (layout.address !== UNDEFINED_ADDRESS) this.tree = this.open(space, layout.address);
  }

  protected get type(): number {
    return this.records.filtered ? BtreeV2Type.FilteredChunks : BtreeV2Type.Chunks;
  }

  protected get recordSize(): number {
    return this.records.size + this.rank * COORDINATE;
  }

  protected open(space: FileSpace, address: number): BtreeV2 {
    return BtreeV2.open(space, address, this.type, this.recordSize);
  }

  get(place: readonly number[]): Chunk | undefined {
    this.wanted = place;
    const record = this.tree?.find(this.compare);
    return record && this.records.get(record, 0);
  }

  forEach(visit: (place: readonly number[], chunk: Chunk) => void): void {
    const { records, rank, recordSize } = this;
    this.walk.start();
    let last: number[] | undefined;
    this.tree?.visit((bytes, at) => {
      this.walk.add(recordSize);
      const chunk = records.get(bytes, at);
      if (!chunk) return;
      const place: number[] = [];
      for (let axis = 0; axis < rank; axis++)
        place.push(uintAt(bytes, at + records.size + axis * COORDINATE, COORDINATE));
      if (last && comparePlaces(place, last) <= 0)
        throw new H5FormatError(-1, 'a version 2 B-tree of chunks that is not in order');
      last = place;
      visit(place, chunk);
    });
  }
}

export class ChunkBtreeV2Editor extends ChunkBtreeV2 implements ChunkIndexEditor {
  declare protected tree: BtreeV2Editor | undefined;
  readonly #space: EditableSpace;

  constructor(space: EditableSpace, layout: ChunkedLayout, records: ChunkRecords, meter: Meter) {
    super(space, layout, records, meter);
    this.#space = space;
  }

  protected override open(space: EditableSpace, address: number): BtreeV2Editor {
    return BtreeV2Editor.open(space, address, this.type, this.recordSize);
  }

  set(place: readonly number[], chunk: Chunk): void {
    checkPlace(place, this.rank);
    this.records.check(chunk);
    this.tree ??= this.#create();
    const record = new Uint8Array(this.recordSize);
    this.records.put(record, 0, chunk);
    for (let axis = 0; axis < this.rank; axis++)
      putUint(record, this.records.size + axis * COORDINATE, place[axis] as number, COORDINATE);
    this.wanted = place;
    if (!this.tree.insert(record, this.compare)) this.tree.update(record, this.compare);
  }

  #create(): BtreeV2Editor {
    const { index } = this.source;
    if (index.type !== 'btree-v2') throw new H5TypeError(`a layout with the index ${index.type}`);
    const { nodeSize, splitPercent, mergePercent } = index;
    return BtreeV2Editor.create(
      this.#space,
      this.type,
      this.recordSize,
      nodeSize,
      splitPercent,
      mergePercent,
    );
  }

  delete(place: readonly number[]): void {
    this.wanted = place;
    this.tree?.delete(this.compare);
  }

  resize(_dims: readonly number[]): void {}

  flush(): void {
    this.tree?.flush();
  }

  get layout(): ChunkedLayout {
    return { ...this.source, address: this.tree?.address ?? UNDEFINED_ADDRESS };
  }

  free(): void {
    this.tree?.free();
    this.tree = undefined;
  }
}
