import { H5FormatError, H5StateError, H5TypeError } from '../../errors.js';
import { UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { EditableSpace } from '../editable-space.js';
import type { FileSpace } from '../file-space.js';
import type { ChunkedLayout } from '../messages/data-layout.js';
import { BtreeV1Type } from './btree-v1.js';
import { putSignature, putUint } from './btree-v2.js';
import type { Chunk, ChunkIndex, ChunkIndexEditor } from './chunk.js';
import { checkChunk, checkPlace, chunkBytes, comparePlaces } from './chunk-records.js';
import { freeExtents } from './index-blocks.js';
import type { Meter } from './meter.js';
import { nodeSizes } from './node-sizes.js';
import { WalkMeter } from './walk-meter.js';

const WHAT = 'a version 1 B-tree of chunks';
const SIGNATURE = 'TREE';

/** Nodes that have not been changed are kept up to this many entries of them. */
const CLEAN_ENTRIES = 1 << 18;

/** The largest level that a node can have: it is stored in one byte. */
const MAX_LEVEL = 255;

/**
 * A node. Entry n tells of one chunk, or in an inner node of the first chunk below it, and has the address of the chunk or
 * of the node below. Behind the last entry comes one more key, the bound: what it says comes behind all chunks of the node.
 * It is the first key of the next node of the level, if there is one.
 */
class Node {
  readonly address: number;
  /** Counted from the leaves. */
  level: number;
  left = UNDEFINED_ADDRESS;
  right = UNDEFINED_ADDRESS;
  /** The places of all entries, one after another. */
  places: number[] = [];
  sizes: number[] = [];
  masks: number[] = [];
  children: number[] = [];
  /** A place, and behind it a coordinate within the element, which is 1 where the bound is no place of a chunk. */
  bound: number[];
  isDirty = false;

  constructor(address: number, level: number, bound: number[]) {
    this.address = address;
    this.level = level;
    this.bound = bound;
  }

  get count(): number {
    return this.children.length;
  }
}

/**
 * A version 1 B-tree of chunks (Format Specification, section III.A.1, node type 1). Keys are in the order of their
 * places.
 */
export class ChunkBtreeV1 implements ChunkIndex {
  protected readonly space: FileSpace;
  protected readonly source: ChunkedLayout;
  protected readonly filtered: boolean;
  protected readonly rank: number;
  protected readonly walk: WalkMeter;
  /** Of the root; the same as long as there is a tree. */
  protected address: number;
  protected readonly nodes = new Map<number, Node>();
  protected cleanEntries = 0;
  /** Walks that are under way. */
  protected walks = 0;

  constructor(space: FileSpace, layout: ChunkedLayout, filtered: boolean, meter: Meter) {
    if (layout.index.type !== 'btree-v1')
      throw new H5TypeError(`a layout with the index ${layout.index.type}`);
    this.space = space;
    this.source = layout;
    this.filtered = filtered;
    this.rank = layout.chunkDims.length;
    this.walk = new WalkMeter(meter);
    this.address = layout.address;
  }

  /** Size, filter mask, and the coordinates in elements, with one more within the element. */
  protected get keySize(): number {
    return 8 + 8 * (this.rank + 1);
  }

  protected get prefixSize(): number {
    return 8 + 2 * this.space.superblock.offsetSize;
  }

  /** The bytes of a node with so many entries. */
  protected sizeOf(count: number): number {
    return this.prefixSize + count * (this.keySize + this.space.superblock.offsetSize) + this.keySize;
  }

  protected fail(address: number, message: string): never {
    throw new H5FormatError(this.space.superblock.baseAddress + address, message);
  }

  /** A node. `level`: the one that it must have; -1 for the root. */
  protected node(address: number, level: number): Node {
    let node = this.nodes.get(address);
    if (!node) {
      node = this.#read(address);
      if (this.cleanEntries > CLEAN_ENTRIES) this.trim();
      this.nodes.set(address, node);
      this.cleanEntries += node.count + 1;
    }
    if (level >= 0 && node.level !== level) this.fail(address, `a node of ${WHAT} at the wrong level`);
    return node;
  }

  #read(address: number): Node {
    const { space, rank, prefixSize } = this;
    const prefix = space.reader(address, prefixSize, WHAT);
    prefix.signature(SIGNATURE);
    if (prefix.u8() !== BtreeV1Type.Chunk) prefix.fail(`a node of ${WHAT} of another type`);
    const level = prefix.u8();
    const count = prefix.u16();
    const node = new Node(address, level, []);
    node.left = prefix.address();
    node.right = prefix.address();
    // The unused rest of a node is not looked at.
    const reader = space.reader(address, this.sizeOf(count), WHAT);
    reader.take(prefixSize);
    const { chunkDims, elementSize } = this.source;
    for (let n = 0; n < count; n++) {
      node.sizes.push(reader.u32());
      node.masks.push(reader.u32());
      for (let axis = 0; axis < rank; axis++) {
        const place = reader.u64() / (chunkDims[axis] as number);
        if (!Number.isInteger(place)) reader.fail(`a chunk that begins within another`);
        node.places.push(place);
      }
      if (reader.u64() !== 0) reader.fail('a chunk that begins within an element');
      node.children.push(reader.address());
    }
    // Nothing but the editor needs the bound, and libhdf5 writes anything to an empty node.
    reader.take(8);
    for (let axis = 0; axis < rank; axis++) {
      node.bound.push(boundAt(reader.raw(8), chunkDims[axis] as number));
    }
    node.bound.push(boundAt(reader.raw(8), elementSize));
    return node;
  }

  /** Lets go of the nodes that the file holds as well. */
  protected trim(): void {
    for (const [address, node] of this.nodes) if (!node.isDirty) this.nodes.delete(address);
    this.cleanEntries = 0;
  }

  /** Where a place stands relative to that of an entry: negative if before it. */
  protected order(place: readonly number[], node: Node, entry: number): number {
    const { rank } = this;
    const start = entry * rank;
    for (let axis = 0; axis < rank; axis++) {
      const difference = (place[axis] as number) - (node.places[start + axis] as number);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** The last entry that is not behind a place, or -1. */
  protected search(place: readonly number[], node: Node): number {
    let low = 0;
    let high = node.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.order(place, node, middle) < 0) high = middle;
      else low = middle + 1;
    }
    return low - 1;
  }

  get(place: readonly number[]): Chunk | undefined {
    if (this.address === UNDEFINED_ADDRESS) return undefined;
    let node = this.node(this.address, -1);
    for (;;) {
      const n = this.search(place, node);
      if (n < 0) return undefined;
      if (node.level === 0) return this.order(place, node, n) === 0 ? this.#chunk(node, n) : undefined;
      node = this.node(node.children[n] as number, node.level - 1);
    }
  }

  #chunk(node: Node, n: number): Chunk {
    return {
      address: node.children[n] as number,
      size: node.sizes[n] as number,
      mask: node.masks[n] as number,
    };
  }

  forEach(visit: (place: readonly number[], chunk: Chunk) => void): void {
    if (this.address === UNDEFINED_ADDRESS) return;
    const { rank } = this;
    this.walk.start();
    this.walks++;
    let last: number[] | undefined;
    // The level falls by one from a node to those below, so there is no circle and no deep recursion.
    const visitNode = (node: Node): void => {
      this.walk.add(this.sizeOf(node.count));
      for (let n = 0; n < node.count; n++) {
        if (node.level > 0) {
          visitNode(this.node(node.children[n] as number, node.level - 1));
          continue;
        }
        const place = node.places.slice(n * rank, (n + 1) * rank);
        if (last && comparePlaces(place, last) <= 0) this.fail(node.address, `${WHAT} that is not in order`);
        last = place;
        visit(place, this.#chunk(node, n));
      }
    };
    try {
      visitNode(this.node(this.address, -1));
    } finally {
      this.walks--;
    }
  }
}

/**
 * Splits nodes that are full, and takes those away that have become empty; like libhdf5 it does not join others. The
 * root stays where it is.
 */
export class ChunkBtreeV1Editor extends ChunkBtreeV1 implements ChunkIndexEditor {
  declare protected readonly space: EditableSpace;
  #dirty: Node[] = [];
  #most = 0;
  /** Nodes from the root down, and the entry that was taken in each: filled by a search for a place to change. */
  readonly #path: Node[] = [];
  readonly #taken: number[] = [];

  /** The most entries of a node. */
  get #mostEntries(): number {
    if (this.#most === 0) this.#most = 2 * nodeSizes(this.space).chunkK;
    return this.#most;
  }

  get #nodeSize(): number {
    return this.sizeOf(this.#mostEntries);
  }

  set(place: readonly number[], chunk: Chunk): void {
    this.#begin();
    checkPlace(place, this.rank);
    checkChunk(chunk, chunkBytes(this.source), this.filtered, 0xffffffff);
    const { address, size, mask } = chunk;
    if (this.address === UNDEFINED_ADDRESS) this.address = this.#create(0).address;
    const path = this.#path;
    const taken = this.#taken;
    const found = this.#descend(place);
    const depth = path.length - 1;
    const leaf = path[depth] as Node;
    let n = taken[depth] as number;
    this.#touch(leaf);
    if (found) {
      leaf.children[n] = address;
      leaf.sizes[n] = size;
      leaf.masks[n] = mask;
      if (n === 0) this.#firstChanged(depth);
      return;
    }
    n = ++(taken[depth] as number);
    leaf.places.splice(n * this.rank, 0, ...place);
    leaf.sizes.splice(n, 0, size);
    leaf.masks.splice(n, 0, mask);
    leaf.children.splice(n, 0, address);
    if (n === leaf.count - 1) this.#raiseBounds(place);
    if (n === 0) this.#firstChanged(depth);
    if (leaf.count > this.#mostEntries) this.#split(depth);
  }

  delete(place: readonly number[]): void {
    this.#begin();
    if (this.address === UNDEFINED_ADDRESS || !this.#descend(place)) return;
    const path = this.#path;
    let depth = path.length - 1;
    this.#removeEntry(depth);
    while (depth > 0 && (path[depth] as Node).count === 0) {
      this.#unlink(path[depth] as Node);
      this.#removeEntry(--depth);
    }
    const root = path[0] as Node;
    if (root.count === 0) root.level = 0;
    while (root.level > 0 && root.count === 1) this.#lower(root);
  }

  /** What is to be done before any change. */
  #begin(): void {
    if (this.walks > 0) throw new H5StateError('H5_GONE', 'a B-tree is changed while its chunks are visited');
  }

  /** Fills the path to the entry of a place, or to the one before which it is missing. Returns whether it is there. */
  #descend(place: readonly number[]): boolean {
    const path = this.#path;
    const taken = this.#taken;
    path.length = 0;
    let node = this.node(this.address, -1);
    for (;;) {
      if (node.count > this.#mostEntries) {
        this.fail(
          node.address,
          `a node of ${WHAT} with ${node.count} entries, where ${this.#mostEntries} are the most`,
        );
      }
      const n = this.search(place, node);
      taken[path.length] = node.level > 0 ? Math.max(0, n) : n;
      path.push(node);
      if (node.level === 0) return n >= 0 && this.order(place, node, n) === 0;
      if (node.count === 0) this.fail(node.address, `an inner node of ${WHAT} without entries`);
      node = this.node(node.children[Math.max(0, n)] as number, node.level - 1);
    }
  }

  #create(level: number): Node {
    const node = new Node(
      this.space.allocate(this.#nodeSize),
      level,
      new Array<number>(this.rank + 1).fill(0),
    );
    this.nodes.set(node.address, node);
    node.isDirty = true;
    this.#dirty.push(node);
    return node;
  }

  #touch(node: Node): void {
    if (node.isDirty) return;
    node.isDirty = true;
    this.#dirty.push(node);
    // It may have been let go since it was read.
    if (this.nodes.has(node.address)) this.cleanEntries -= node.count + 1;
    else this.nodes.set(node.address, node);
  }

  /** A place that has come behind all others may be behind the bounds of its nodes. */
  #raiseBounds(place: readonly number[]): void {
    for (let depth = this.#path.length - 1; depth >= 0; depth--) {
      const node = this.#path[depth] as Node;
      if (node.count > 1 && comparePlaces(place, node.bound) < 0) return;
      this.#touch(node);
      node.bound = [...place, 0].map((n) => n + 1);
      const above = this.#path[depth - 1];
      if (above && this.#taken[depth - 1] !== above.count - 1) return;
    }
  }

  /** The first entry of a node is another one: the node above repeats it, and so does the bound of the node before. */
  #firstChanged(depth: number): void {
    for (; depth >= 0; depth--) {
      const node = this.#path[depth] as Node;
      if (node.left !== UNDEFINED_ADDRESS) this.#bind(this.node(node.left, node.level), node);
      const above = this.#path[depth - 1];
      if (!above) return;
      const n = this.#taken[depth - 1] as number;
      this.#touch(above);
      for (let axis = 0; axis < this.rank; axis++)
        above.places[n * this.rank + axis] = node.places[axis] as number;
      above.sizes[n] = node.sizes[0] as number;
      above.masks[n] = node.masks[0] as number;
      if (n > 0) return;
    }
  }

  /** Makes the bound of a node what the first key of the next one is. */
  #bind(node: Node, next: Node): void {
    this.#touch(node);
    node.bound = [...next.places.slice(0, this.rank), 0];
  }

  /** Takes the entry of the path out of its node. */
  #removeEntry(depth: number): void {
    const node = this.#path[depth] as Node;
    const n = this.#taken[depth] as number;
    this.#touch(node);
    node.places.splice(n * this.rank, this.rank);
    node.sizes.splice(n, 1);
    node.masks.splice(n, 1);
    node.children.splice(n, 1);
    if (n === 0 && node.count > 0) this.#firstChanged(depth);
  }

  /** Takes an empty node out of its level and gives it back. */
  #unlink(node: Node): void {
    const { left, right, level } = node;
    if (left !== UNDEFINED_ADDRESS) {
      const before = this.node(left, level);
      this.#touch(before);
      before.right = right;
      before.bound = node.bound;
    }
    if (right !== UNDEFINED_ADDRESS) {
      const next = this.node(right, level);
      this.#touch(next);
      next.left = left;
    }
    this.#release(node);
  }

  #release(node: Node): void {
    this.#touch(node);
    this.nodes.delete(node.address);
    node.isDirty = false;
    this.space.free(node.address, this.#nodeSize);
  }

  /** Puts the only node below the root in its place. */
  #lower(root: Node): void {
    const child = this.node(root.children[0] as number, root.level - 1);
    this.#touch(root);
    root.level = child.level;
    root.places = child.places;
    root.sizes = child.sizes;
    root.masks = child.masks;
    root.children = child.children;
    root.bound = child.bound;
    this.#release(child);
  }

  /** Splits the node at a depth of the path, which has one entry too many, and those above that become too full. */
  #split(depth: number): void {
    const path = this.#path;
    const taken = this.#taken;
    for (; (path[depth] as Node).count > this.#mostEntries; depth--) {
      if (depth === 0) {
        this.#raise(path[0] as Node);
        depth++;
      }
      const node = path[depth] as Node;
      const { rank } = this;
      // Where chunks come in order the nodes behind are left full.
      const { count } = node;
      const n = taken[depth] as number;
      let keep = count >> 1;
      if (n === count - 1 && node.right === UNDEFINED_ADDRESS) keep = count - Math.ceil(count / 10);
      else if (n === 0 && node.left === UNDEFINED_ADDRESS) keep = Math.ceil(count / 10);
      const other = this.#create(node.level);
      other.places = node.places.splice(keep * rank);
      other.sizes = node.sizes.splice(keep);
      other.masks = node.masks.splice(keep);
      other.children = node.children.splice(keep);
      other.bound = node.bound;
      other.left = node.address;
      other.right = node.right;
      this.#touch(node);
      this.#bind(node, other);
      if (node.right !== UNDEFINED_ADDRESS) {
        const next = this.node(node.right, node.level);
        this.#touch(next);
        next.left = other.address;
      }
      node.right = other.address;
      const above = path[depth - 1] as Node;
      this.#touch(above);
      const at = (taken[depth - 1] as number) + 1;
      above.places.splice(at * rank, 0, ...other.places.slice(0, rank));
      above.sizes.splice(at, 0, other.sizes[0] as number);
      above.masks.splice(at, 0, other.masks[0] as number);
      above.children.splice(at, 0, other.address);
      // The new entry is what may make the node above too full.
      taken[depth - 1] = at;
    }
  }

  /** Moves what the root holds to a new node below it. */
  #raise(root: Node): void {
    if (root.level === MAX_LEVEL) this.fail(root.address, `${WHAT} that cannot grow any deeper`);
    const { rank } = this;
    const child = this.#create(root.level);
    child.places = root.places;
    child.sizes = root.sizes;
    child.masks = root.masks;
    child.children = root.children;
    child.bound = root.bound;
    this.#touch(root);
    root.level++;
    root.places = child.places.slice(0, rank);
    root.sizes = child.sizes.slice(0, 1);
    root.masks = child.masks.slice(0, 1);
    root.children = [child.address];
    root.bound = [...child.bound];
    this.#path.splice(1, 0, child);
    this.#taken.unshift(0);
  }

  resize(_dims: readonly number[]): void {}

  flush(): void {
    for (const node of this.#dirty) {
      // Some were given back.
      if (!node.isDirty) continue;
      this.space.write(node.address, this.#encode(node));
      node.isDirty = false;
      this.cleanEntries += node.count + 1;
    }
    this.#dirty = [];
  }

  #encode(node: Node): Uint8Array {
    const { rank, keySize } = this;
    const { offsetSize } = this.space.superblock;
    const { chunkDims, elementSize } = this.source;
    const bytes = new Uint8Array(this.#nodeSize);
    putSignature(bytes, SIGNATURE);
    bytes[4] = BtreeV1Type.Chunk;
    bytes[5] = node.level;
    putUint(bytes, 6, node.count, 2);
    putUint(bytes, 8, node.left, offsetSize);
    putUint(bytes, 8 + offsetSize, node.right, offsetSize);
    let at = this.prefixSize;
    for (let n = 0; n < node.count; n++) {
      putUint(bytes, at, node.sizes[n] as number, 4);
      putUint(bytes, at + 4, node.masks[n] as number, 4);
      for (let axis = 0; axis < rank; axis++) {
        const coordinate = (node.places[n * rank + axis] as number) * (chunkDims[axis] as number);
        putUint(bytes, at + 8 + 8 * axis, coordinate, 8);
      }
      at += keySize;
      putUint(bytes, at, node.children[n] as number, offsetSize);
      at += offsetSize;
    }
    for (let axis = 0; axis <= rank; axis++) {
      const step = axis < rank ? (chunkDims[axis] as number) : elementSize;
      putUint(bytes, at + 8 + 8 * axis, (node.bound[axis] as number) * step, 8);
    }
    return bytes;
  }

  get layout(): ChunkedLayout {
    return { ...this.source, address: this.address };
  }

  free(): void {
    this.#begin();
    if (this.address === UNDEFINED_ADDRESS) return;
    const size = this.#nodeSize;
    const extents: [number, number][] = [];
    this.walk.start();
    const visitNode = (node: Node): void => {
      this.walk.add(this.sizeOf(node.count));
      extents.push([node.address, size]);
      for (let n = 0; n < node.count && node.level > 0; n++) {
        const child = node.children[n] as number;
        if (node.level > 1) visitNode(this.node(child, node.level - 1));
        else extents.push([child, size]);
      }
    };
    visitNode(this.node(this.address, -1));
    freeExtents(this.space, extents, WHAT);
    this.address = UNDEFINED_ADDRESS;
    this.nodes.clear();
    this.#dirty = [];
    this.cleanEntries = 0;
  }
}

/** A coordinate of a bound, in chunks. It may be anything; what is too large is only cut short. */
function boundAt(bytes: Uint8Array, step: number): number {
  let value = 0;
  for (let i = 7; i >= 0; i--) value = value * 256 + (bytes[i] as number);
  return Math.min(Math.ceil(value / step), Math.floor(Number.MAX_SAFE_INTEGER / step));
}
