import { lookup3 } from '../hdf5/checksum.js';
import { getU64, setU64 } from '../hdf5/endian.js';
import { FileBuilder, type ObjectId, pieceBytes } from '../hdf5/file-builder.js';
import { NumberList } from '../hdf5/number-list.js';
import { SUPERBLOCK_SIZE } from '../hdf5/superblock.js';
import type { Node } from '../serialize/plan.js';
import { Emitter } from '../serialize/emit.js';
import { Lazy } from './lazy.js';
import { type Spill, type Track, TrackReader } from './spill.js';

/** Bytes are handed on in pieces of this size at most. */
const PIECE = 1 << 18;

/**
 * What a reference in a file leads to, before anything has an address: a part of a column, by its number in the store; an
 * object among those that are laid out here, as -1 less its position; or a node of the value around, from `OUTSIDE` on.
 */
export type Holder = number;
export const OUTSIDE: Holder = 2 ** 48;

/** The headers and small data of some objects, which refer to others that may be anywhere. */
class BlobBuilder extends FileBuilder {
  /** What the objects are that are not written here. */
  readonly #holders = new Map<ObjectId, Holder>();
  /** Where addresses stand in `out` that are positions there. */
  readonly #own = new NumberList();

  protected override addressOf(position: number): number {
    // It is asked for when it is about to be written.
    this.#own.push(this.out.length);
    return position;
  }

  override beginDatasetAt(...args: Parameters<FileBuilder['beginDatasetAt']>): void {
    super.beginDatasetAt(...args);
    // The address and the size have been written last.
    this.#own.push(this.out.length - 16);
  }

  outside(holder: Holder): ObjectId {
    const id = this.newObject();
    this.#holders.set(id, holder);
    return id;
  }

  positionOf(id: ObjectId): number {
    return (this.addresses.data[id] as number) - SUPERBLOCK_SIZE;
  }

  /** Adds all that has been written to tracks. Nothing may be written afterwards. */
  moveTo({ content, patches, chunks, sizes }: BlobTracks): void {
    const { out, heap } = this;
    const base = content.length - SUPERBLOCK_SIZE;
    heap.close();
    out.align(8);
    const heapBase = base + out.length;
    // Where an address belongs, and of what.
    const pairs = new NumberList();
    const patch = (at: number, holder: Holder) => {
      pairs.push(at >= 0 ? base + at : heapBase - at);
      pairs.push(holder);
    };
    let end = heapBase + heap.out.length;
    for (const [i, extent] of this.extents.entries()) {
      patch(this.extentAt.data[i] as number, -1 - end);
      end += padded(extent.length);
    }
    for (let i = 0; i < this.referenceAt.length; i++) {
      const id = this.referenceTo.data[i] as number;
      patch(
        this.referenceAt.data[i] as number,
        this.#holders.get(id) ?? -1 - (base + (this.addresses.data[id] as number)),
      );
    }
    for (let i = 0; i < this.#own.length; i++) {
      const at = this.#own.data[i] as number;
      patch(at, -1 - (base + getU64(out.view, at)));
    }
    for (let i = 0; i < this.heapReferenceAt.length; i++) {
      const at = this.heapReferenceAt.data[i] as number;
      patch(at, -1 - (heapBase + getU64((at >= 0 ? out : heap.out).view, Math.abs(at))));
    }
    const ranges = new Float64Array(2 * this.chunkStart.length);
    for (let i = 0; i < this.chunkStart.length; i++) {
      ranges[2 * i] = base + (this.chunkStart.data[i] as number);
      ranges[2 * i + 1] = base + (this.chunkEnd.data[i] as number);
    }
    sizes.push(heapBase + heap.out.length - content.length);
    sizes.push(end - content.length);
    sizes.push(pairs.length / 2);
    sizes.push(ranges.length / 2);
    patches.numbers(pairs.data.subarray(0, pairs.length), 8);
    chunks.numbers(ranges, 8);
    content.bytes(out.finish().subarray(SUPERBLOCK_SIZE));
    content.bytes(heap.out.finish());
    for (const extent of this.extents) {
      content.bytes(pieceBytes(extent));
      content.bytes(new Uint8Array(padded(extent.length) - extent.length));
    }
  }
}

const padded = (size: number): number => Math.ceil(size / 8) * 8;

interface BlobTracks {
  /** The bytes, one blob after another, without addresses and checksums. */
  readonly content: Track;
  /** Pairs: where an address belongs, and of what. */
  readonly patches: Track;
  /** Pairs: where a chunk of a header begins, and where its checksum is. */
  readonly chunks: Track;
  /** Of each blob: the bytes that have such, all bytes, and the number of both. */
  readonly sizes: NumberList;
}

/**
 * The objects of elements that make no column: each takes a group or a dataset of its own, and those of one batch are laid
 * out together. Addresses and checksums are filled in when the file is.
 */
export class Blobs extends Lazy {
  readonly #tracks: BlobTracks;
  /** Known when all has got its address. */
  addressOf: (holder: Holder) => number = () => Number.NaN;
  /** How many objects there are. */
  count = 0;

  constructor(spill: Spill) {
    super();
    this.#tracks = { content: spill.track(), patches: spill.track(), chunks: spill.track(), sizes: new NumberList() };
  }

  get length(): number {
    return this.#tracks.content.length;
  }

  /**
   * Lays out some nodes. `outside` says of what else they refer to what it is. What is returned says, of these nodes, where
   * they are.
   */
  add(nodes: readonly Node[], outside: Iterable<readonly [Node, Holder]>): (node: Node) => number {
    const start = this.length;
    const builder = new BlobBuilder();
    const emitter = new Emitter(nodes, builder);
    for (const [node, holder] of outside) node.id = builder.outside(holder);
    while (emitter.step());
    builder.moveTo(this.#tracks);
    this.count += nodes.length;
    return (node) => start + builder.positionOf(node.id);
  }

  *chunks(): Generator<Uint8Array, void> {
    const { content, patches, chunks, sizes } = this.#tracks;
    const bytes = new TrackReader(content);
    const places = new TrackReader(patches);
    const ranges = new TrackReader(chunks);
    let start = 0;
    for (let i = 0; i < sizes.length; i += 4) {
      const [head, whole, patchCount, chunkCount] = sizes.data.subarray(i, i + 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      const own = new Uint8Array(bytes.take(head));
      const view = new DataView(own.buffer);
      for (let n = 0; n < patchCount; n++) {
        const [at, holder] = pair(places);
        setU64(view, at - start, this.addressOf(holder));
      }
      for (let n = 0; n < chunkCount; n++) {
        const [from, to] = pair(ranges);
        view.setUint32(to - start, lookup3(view, from - start, to - start), true);
      }
      yield own;
      for (let left = whole - head; left > 0; left -= PIECE) yield bytes.take(Math.min(left, PIECE));
      start += whole;
    }
  }
}

function pair(reader: TrackReader): [number, number] {
  const bytes = reader.take(16);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return [view.getFloat64(0, true), view.getFloat64(8, true)];
}
