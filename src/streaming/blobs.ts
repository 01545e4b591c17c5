import { lookup3 } from '../hdf5/checksum.js';
import { setU64 } from '../hdf5/endian.js';
import { FileBuilder, type ObjectId } from '../hdf5/file-builder.js';
import { NumberList } from '../hdf5/number-list.js';
import { SUPERBLOCK_SIZE } from '../hdf5/superblock.js';
import { Emitter } from '../serialize/emit.js';
import type { Node } from '../serialize/plan.js';
import type { Storing } from '../serialize/storing.js';
import { chunksOf, Lazy } from './lazy.js';
import { type Spill, type Track, TrackReader } from './spill.js';

/** Bytes are handed on in pieces of this size at most. */
const PIECE = 1 << 18;

/**
 * What a reference in a file leads to, before all has got its address: a part of a column, by its number in the store; an
 * object among those that are laid out here, as -1 less its address; or a node of the value around, from `OUTSIDE` on.
 */
export type Holder = number;
export const OUTSIDE: Holder = 2 ** 48;

/**
 * The objects of elements that make no column: each takes a group or a dataset of its own, and those of one batch are laid
 * out together. They stand before all else in the file, so that their addresses are known at once; those of other objects are
 * filled in when all is known.
 */
export class Blobs extends Lazy {
  readonly #content: Track;
  /** Of each address that is not known yet: where it belongs, of what, and the chunk of a header that it is in, if it is. */
  readonly #patches: Track;
  /** Of each blob: the bytes that have such, all bytes, and the number of addresses. */
  readonly #sizes = new NumberList();
  /** Known when all has got its address. */
  addressOf: (holder: Holder) => number = () => Number.NaN;
  /** How many objects there are. */
  count = 0;

  constructor(spill: Spill) {
    super();
    this.#content = spill.track();
    this.#patches = spill.track();
  }

  get length(): number {
    return this.#content.length;
  }

  /** Begins with the nodes of a batch: those that are not absorbed until it is added are laid out. */
  begin(nodes: readonly Node[], storing: Storing | undefined): Blob {
    const builder = storing ?? new FileBuilder();
    builder.base = this.length;
    return { builder, emitter: new Emitter(nodes, storing, builder) };
  }

  /** Lays out a batch of so many objects; `outside` says of nodes of which its objects refer what they are. */
  add({ builder, emitter }: Blob, count: number, outside: ReadonlyMap<Node, Holder>): void {
    this.count += count;
    const { referenceAt, referenceTo, chunkStart, chunkEnd, out } = builder;
    const holders = new Map<ObjectId, Holder>();
    for (const [node, holder] of outside) {
      // Of what is laid out already, the address is known.
      if (holder < 0) node.id = builder.newObject(-1 - holder);
      else {
        node.id = builder.newObject();
        holders.set(node.id, holder);
      }
    }
    while (emitter.step());

    const start = this.length;
    const patches = new NumberList();
    let chunk = 0;
    for (let i = 0; i < referenceAt.length; i++) {
      const holder = holders.get(referenceTo.data[i] as number);
      if (holder === undefined) continue;
      const at = referenceAt.data[i] as number;
      // Those in headers are in order, as these are.
      while (chunk < chunkEnd.length && (chunkEnd.data[chunk] as number) <= at) chunk++;
      const isInHeader = chunk < chunkEnd.length && (chunkStart.data[chunk] as number) < at;
      patches.push(start + at - SUPERBLOCK_SIZE);
      patches.push(holder);
      patches.push(isInHeader ? start + (chunkStart.data[chunk] as number) - SUPERBLOCK_SIZE : -1);
      patches.push(isInHeader ? start + (chunkEnd.data[chunk] as number) - SUPERBLOCK_SIZE : -1);
    }
    this.#patches.numbers(patches.data.subarray(0, patches.length), 8);
    // All but the superblock, which comes first.
    for (const bytes of chunksOf(emitter.pieces.slice(1))) this.#content.bytes(bytes);
    this.#content.bytes(new Uint8Array(-this.length & 7));
    this.#sizes.push(patches.length > 0 ? out.length - SUPERBLOCK_SIZE : 0);
    this.#sizes.push(this.length - start);
    this.#sizes.push(patches.length / 4);
  }

  *chunks(): Generator<Uint8Array, void> {
    const bytes = new TrackReader(this.#content);
    const patches = new TrackReader(this.#patches);
    let start = 0;
    for (let i = 0; i < this.#sizes.length; i += 3) {
      const head = this.#sizes.data[i] as number;
      const whole = this.#sizes.data[i + 1] as number;
      const own = new Uint8Array(bytes.take(head));
      const view = new DataView(own.buffer);
      const headers = new Map<number, number>();
      for (let n = this.#sizes.data[i + 2] as number; n > 0; n--) {
        const patch = patches.take(32);
        const numbers = new DataView(patch.buffer, patch.byteOffset);
        const [at, holder, from, to] = [0, 8, 16, 24].map((byte) => numbers.getFloat64(byte, true)) as [
          number,
          number,
          number,
          number,
        ];
        setU64(view, at - start, this.addressOf(holder));
        if (from >= 0) headers.set(from, to);
      }
      for (const [from, to] of headers)
        view.setUint32(to - start, lookup3(view, from - start, to - start), true);
      yield own;
      for (let left = whole - head; left > 0; left -= PIECE) yield bytes.take(Math.min(left, PIECE));
      start += whole;
    }
  }
}

/** A batch that is being laid out. */
export interface Blob {
  readonly builder: FileBuilder;
  readonly emitter: Emitter;
}
