import { H5FeatureError, H5FormatError, H5TypeError } from '../errors.js';
import { ByteReader, UNDEFINED_ADDRESS } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { MAX_RANK } from './messages/dataspace.js';
import {
  type Axis,
  GridSelection,
  isAscending,
  ListSelection,
  product,
  rowMajor,
  type Selection,
  selectAll,
  tableAxis,
  wholeAxis,
} from './selection.js';

/**
 * A part of a dataset as a region reference has it, in elements:
 * - `none` and `all`;
 * - `points`: single elements in an order, the coordinates of one after another;
 * - `blocks`: boxes, of each where it starts on every axis, then where it stops (not included); together they are a set,
 *   in row-major order, so that it does not matter which block comes first and what is in two of them;
 * - `regular`: on each axis `count` blocks of `block` elements, `stride` apart. `count` and `block` may be Infinity: as many
 *   as there is room for.
 */
export type Region =
  | { readonly kind: 'none' | 'all' }
  | { readonly kind: 'points'; readonly rank: number; readonly coordinates: Float64Array }
  | { readonly kind: 'blocks'; readonly rank: number; readonly bounds: Float64Array }
  | {
      readonly kind: 'regular';
      readonly start: readonly number[];
      readonly stride: readonly number[];
      readonly count: readonly number[];
      readonly block: readonly number[];
    };

export interface RegionReference {
  /** The address of the dataset. */
  readonly address: number;
  readonly region: Region;
}

// Selection types (H5S_sel_type).
const NONE = 0;
const POINTS = 1;
const HYPERSLABS = 2;
const ALL = 3;

/** Flag of a hyperslab selection: it is regular. */
const REGULAR = 1;
/** What the fields of version 1 hold. */
const MAX_U32 = 0xffffffff;
/** From so many blocks on libhdf5 writes a regular selection as such, and not block by block. */
const MANY_BLOCKS = 4;
/** Rows of the blocks of an irregular selection, or indices of one axis, that are kept as a list: no more than these. */
const MAX_PIECES = 1 << 22;

/**
 * Decodes the heap object that a region reference leads to (Format Specification, sections VIII.A, "Dataspace Selection",
 * and VIII.C): the address of a dataset and a selection.
 *
 * Throws H5FormatError if the bytes are damaged.
 */
export function decodeRegion(bytes: Uint8Array, offsetSize: number): RegionReference {
  const reader = new ByteReader(bytes, 0, offsetSize);
  const address = reader.address();
  if (address === UNDEFINED_ADDRESS) reader.fail('a region reference without an address');
  return { address, region: decodeSelection(reader) };
}

/** Decodes a serialized dataspace selection (Format Specification, section VIII.A). The reader stands behind it then. */
export function decodeSelection(reader: ByteReader): Region {
  const type = reader.u32();
  switch (type) {
    case NONE:
    case ALL:
      version(reader, 1);
      reader.take(8);
      return { kind: type === NONE ? 'none' : 'all' };
    case POINTS:
      return decodePoints(reader);
    case HYPERSLABS:
      return decodeHyperslabs(reader);
    default:
      return reader.fail(`a selection of type ${type}`);
  }
}

function version(reader: ByteReader, last: number): number {
  const number = reader.u32();
  if (number < 1 || number > last) reader.fail(`version ${number} of a selection, expected at most ${last}`);
  return number;
}

function decodePoints(reader: ByteReader): Region {
  let size = 4;
  // Version 1: reserved, and the length of what follows.
  if (version(reader, 2) === 1) reader.take(8);
  else size = encodedSize(reader);
  const rank = rankOf(reader);
  const coordinates = numbers(reader, reader.uint(size), rank, size);
  return { kind: 'points', rank, coordinates };
}

function decodeHyperslabs(reader: ByteReader): Region {
  const number = version(reader, 3);
  let flags = 0;
  let size = 4;
  if (number === 1) reader.take(8);
  else {
    flags = reader.u8();
    if (flags > REGULAR) reader.fail(`flags ${flags} of a hyperslab selection`);
    if (number === 2) {
      size = 8;
      reader.take(4);
    } else size = encodedSize(reader);
  }
  const rank = rankOf(reader);
  if (flags === REGULAR) return decodeRegular(reader, rank, size);
  const bounds = numbers(reader, reader.uint(size), 2 * rank, size);
  for (let at = 0; at < bounds.length; at += 2 * rank) {
    for (let axis = at; axis < at + rank; axis++) {
      // The file has the last element, here is the one after it.
      const stop = (bounds[axis + rank] as number) + 1;
      if ((bounds[axis] as number) >= stop) reader.fail('a block of a selection ends before it starts');
      bounds[axis + rank] = stop;
    }
  }
  return { kind: 'blocks', rank, bounds };
}

function decodeRegular(reader: ByteReader, rank: number, size: number): Region {
  const start: number[] = [];
  const stride: number[] = [];
  const count: number[] = [];
  const block: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    start.push(reader.uint(size));
    stride.push(reader.uint(size));
    count.push(unlimited(reader, size));
    block.push(unlimited(reader, size));
    if (!(stride[axis] as number) || !(count[axis] as number) || !(block[axis] as number)) {
      reader.fail('a hyperslab whose stride, count or block is 0');
    }
    if ((count[axis] as number) > 1 && (block[axis] as number) > (stride[axis] as number)) {
      reader.fail('a hyperslab whose blocks overlap');
    }
  }
  return { kind: 'regular', start, stride, count, block };
}

/** A number of which all bits set means that there is no limit. */
function unlimited(reader: ByteReader, size: number): number {
  return reader.isUnset(size) ? Infinity : reader.uint(size);
}

function encodedSize(reader: ByteReader): number {
  const size = reader.u8();
  if (size !== 2 && size !== 4 && size !== 8) reader.fail(`numbers of ${size} bytes in a selection`);
  return size;
}

function rankOf(reader: ByteReader): number {
  const rank = reader.u32();
  if (rank < 1 || rank > MAX_RANK) reader.fail(`a selection of ${rank} dimensions`);
  return rank;
}

function numbers(reader: ByteReader, count: number, each: number, size: number): Float64Array {
  if (count > reader.left / (each * size)) reader.fail(`a selection of ${count} parts, which are not there`);
  const result = new Float64Array(count * each);
  for (let i = 0; i < result.length; i++) result[i] = reader.uint(size);
  return result;
}

/**
 * The bytes of a region reference's heap object. Selections are in the oldest version that can hold them, which libhdf5
 * 1.8 or later reads; regular ones of many blocks, or beyond 2^32, need 1.10, other ones beyond 2^32 need 1.12.
 *
 * @example
 * encodeRegion(address, selectionToRegion(parseSelection([[0, 2]], [10, 3])), 8);
 */
export function encodeRegion(address: number, region: Region, offsetSize: number): Uint8Array {
  const out = new ByteWriter(64);
  for (let i = 0; i < offsetSize; i++) out.u8(Math.floor(address / 256 ** i) % 256);
  encodeSelection(out, region);
  return out.finish();
}

/** Encodes a dataspace selection (Format Specification, section VIII.A). */
export function encodeSelection(out: ByteWriter, region: Region): void {
  switch (region.kind) {
    case 'none':
    case 'all':
      out.u32(region.kind === 'none' ? NONE : ALL);
      out.u32(1);
      out.zeros(8);
      return;
    case 'points':
      encodeList(out, POINTS, 2, region.rank, region.coordinates, region.rank);
      return;
    case 'blocks': {
      const { rank, bounds } = region;
      const last = bounds.map((bound, i) => (i % (2 * rank) < rank ? bound : bound - 1));
      encodeList(out, HYPERSLABS, 3, rank, last, 2 * rank);
      return;
    }
    case 'regular':
      encodeRegular(out, region);
  }
}

/** Points or blocks: with 4 bytes a number as version 1, with 8 as `wide`. */
function encodeList(
  out: ByteWriter,
  type: number,
  wide: number,
  rank: number,
  fields: Float64Array,
  each: number,
): void {
  const count = fields.length / each;
  const isWide = count > MAX_U32 || fields.some((field) => field > MAX_U32);
  out.u32(type);
  out.u32(isWide ? wide : 1);
  if (isWide) {
    if (type === HYPERSLABS) out.u8(0);
    out.u8(8);
    out.u32(rank);
    out.u64(count);
    for (const field of fields) out.u64(field);
    return;
  }
  out.u32(0);
  // The length of all that follows.
  out.u32(8 + 4 * fields.length);
  out.u32(rank);
  out.u32(count);
  out.reserve(4 * fields.length);
  for (const field of fields) out.u32(field);
}

function encodeRegular(out: ByteWriter, region: Region & { kind: 'regular' }): void {
  const { start, stride, count, block } = region;
  const rank = start.length;
  const last = (axis: number) =>
    (start[axis] as number) +
    ((count[axis] as number) - 1) * (stride[axis] as number) +
    (block[axis] as number) -
    1;
  const fits = start.every((_, axis) => last(axis) <= MAX_U32);
  if (fits && product(count) < MANY_BLOCKS) {
    encodeSelection(out, { kind: 'blocks', rank, bounds: blocksOf(region) });
    return;
  }
  out.u32(HYPERSLABS);
  out.u32(2);
  out.u8(REGULAR);
  // The length of all that follows.
  out.u32(4 + 32 * rank);
  out.u32(rank);
  for (let axis = 0; axis < rank; axis++) {
    out.u64(start[axis] as number);
    out.u64(stride[axis] as number);
    for (const number of [count[axis] as number, block[axis] as number]) {
      if (number === Number.POSITIVE_INFINITY) out.undefinedAddress();
      else out.u64(number);
    }
  }
}

/** The blocks of a regular selection, in row-major order. */
function blocksOf({ start, stride, count, block }: Region & { kind: 'regular' }): Float64Array {
  const rank = start.length;
  const bounds = new Float64Array(product(count) * 2 * rank);
  const index = start.map(() => 0);
  for (let at = 0; at < bounds.length; at += 2 * rank) {
    for (let axis = 0; axis < rank; axis++) {
      const first = (start[axis] as number) + (index[axis] as number) * (stride[axis] as number);
      bounds[at + axis] = first;
      bounds[at + rank + axis] = first + (block[axis] as number);
    }
    for (let axis = rank - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (count[axis] as number)) break;
      index[axis] = 0;
    }
  }
  return bounds;
}

// ---- regions and selections -------------------------------------------------------------------------------

/**
 * What a region selects of a dataset of `dims`. Its shape is that of the dataset's axes where the region is every
 * combination of indices of each axis, as all regular ones are; else it has one axis.
 *
 * Throws H5FormatError if the region does not lie within the dataset, and H5FeatureError if it is of more than 2^22
 * pieces.
 */
export function regionToSelection(region: Region, dims: readonly number[]): Selection {
  switch (region.kind) {
    case 'none':
      return new GridSelection(
        dims,
        dims.map(() => ({ ...wholeAxis(0) })),
      );
    case 'all':
      return selectAll(dims);
    case 'points': {
      const { rank, coordinates } = region;
      checkRank(rank, dims);
      const starts = new Float64Array(coordinates.length / rank);
      for (let i = 0; i < starts.length; i++) {
        let offset = 0;
        for (let axis = 0; axis < rank; axis++) {
          const index = coordinates[i * rank + axis] as number;
          checkWithin(index + 1, axis, dims);
          offset = offset * (dims[axis] as number) + index;
        }
        starts[i] = offset;
      }
      return new ListSelection(dims, starts, undefined, isAscending(starts));
    }
    case 'blocks':
      return blocksToSelection(region.rank, region.bounds, dims);
    case 'regular': {
      const { start, stride, count, block } = region;
      checkRank(start.length, dims);
      const axes = dims.map((dim, axis) => {
        const first = start[axis] as number;
        return regularAxis(
          first,
          stride[axis] as number,
          count[axis] as number,
          block[axis] as number,
          axis,
          dims,
          dim,
        );
      });
      return new GridSelection(dims, axes);
    }
  }
}

function checkRank(rank: number, dims: readonly number[]): void {
  if (rank !== dims.length) {
    throw new H5FormatError(-1, `a region of ${rank} dimensions in a dataset of ${dims.length}`);
  }
}

function checkWithin(stop: number, axis: number, dims: readonly number[]): void {
  if (stop <= (dims[axis] as number)) return;
  throw new H5FormatError(
    -1,
    `a region reaches the index ${stop - 1} of axis ${axis}, of size ${dims[axis]}; the dataset may have been larger once`,
  );
}

function regularAxis(
  start: number,
  stride: number,
  count: number,
  block: number,
  axis: number,
  dims: readonly number[],
  dim: number,
): Axis {
  // Without a limit: what there is room for.
  const room = Math.max(0, dim - start);
  const blocks = count === Number.POSITIVE_INFINITY ? Math.ceil(room / stride) : count;
  const length = block === Number.POSITIVE_INFINITY ? room : block;
  const isOpen = count === Number.POSITIVE_INFINITY || block === Number.POSITIVE_INFINITY;
  if (!isOpen) checkWithin(start + (blocks - 1) * stride + length, axis, dims);
  if (blocks === 0 || length === 0) return wholeAxis(0);
  const stop = Math.min(dim, start + (blocks - 1) * stride + length);
  const last = stop - (start + (blocks - 1) * stride);
  const total = (blocks - 1) * length + last;
  if (blocks === 1 || length === stride) {
    return { start, step: 1, count: stop - start, table: undefined, dropped: false };
  }
  if (length === 1) return { start, step: stride, count: blocks, table: undefined, dropped: false };
  checkPieces(total);
  const table = new Float64Array(total);
  for (let i = 0; i < total; i++) table[i] = start + Math.floor(i / length) * stride + (i % length);
  return tableAxis(table);
}

function checkPieces(count: number): void {
  if (count > MAX_PIECES) throw new H5FeatureError(`a region of ${count} pieces`);
}

function blocksToSelection(rank: number, bounds: Float64Array, dims: readonly number[]): Selection {
  checkRank(rank, dims);
  for (let i = 0; i < bounds.length; i++) {
    if (i % (2 * rank) >= rank) checkWithin(bounds[i] as number, i % rank, dims);
  }
  if (bounds.length === 0) return regionToSelection({ kind: 'none' }, dims);
  return blockGrid(rank, bounds, dims) ?? blockRows(rank, bounds, dims);
}

/** Blocks that are every combination of intervals of each axis, as libhdf5 writes a regular selection block by block. */
function blockGrid(rank: number, bounds: Float64Array, dims: readonly number[]): GridSelection | undefined {
  const count = bounds.length / (2 * rank);
  const ranks: Map<number, number>[] = [];
  const axes: Axis[] = [];
  let combinations = 1;
  for (let axis = 0; axis < rank; axis++) {
    const ends = new Map<number, number>();
    for (let i = axis; i < bounds.length; i += 2 * rank) {
      const stop = bounds[i + rank] as number;
      if ((ends.get(bounds[i] as number) ?? stop) !== stop) return undefined;
      ends.set(bounds[i] as number, stop);
    }
    combinations *= ends.size;
    if (combinations > count) return undefined;
    const starts = Float64Array.from(ends.keys()).sort();
    const stops = starts.map((start) => ends.get(start) as number);
    for (let k = 1; k < starts.length; k++) {
      if ((stops[k - 1] as number) > (starts[k] as number)) return undefined;
    }
    ranks.push(new Map(Array.from(starts, (start, k) => [start, k])));
    axes.push(intervalAxis(starts, stops));
  }
  if (combinations !== count) return undefined;
  // As many blocks as combinations: these are all of them, if no block is there twice.
  const steps = rowMajor(ranks.map((each) => each.size));
  const seen = new Uint8Array(count);
  for (let i = 0; i < bounds.length; i += 2 * rank) {
    let number = 0;
    for (let axis = 0; axis < rank; axis++) {
      number += (ranks[axis]?.get(bounds[i + axis] as number) as number) * (steps[axis] as number);
    }
    if (seen[number]) return undefined;
    seen[number] = 1;
  }
  return new GridSelection(dims, axes);
}

/** The indices of intervals that are sorted; they may meet or overlap. */
function intervalAxis(starts: Float64Array, stops: Float64Array): Axis {
  const merged: number[] = [];
  let total = 0;
  for (let i = 0; i < starts.length; i++) {
    const start = starts[i] as number;
    const stop = stops[i] as number;
    const end = merged.at(-1) ?? -1;
    if (start > end) merged.push(start, stop);
    else merged[merged.length - 1] = Math.max(end, stop);
    total += Math.max(0, stop - Math.max(start, end));
  }
  if (merged.length === 2) {
    return { start: merged[0] as number, step: 1, count: total, table: undefined, dropped: false };
  }
  checkPieces(total);
  const table = new Float64Array(total);
  let at = 0;
  for (let i = 0; i < merged.length; i += 2) {
    for (let index = merged[i] as number; index < (merged[i + 1] as number); index++) table[at++] = index;
  }
  return tableAxis(table);
}

/** Any blocks, as a list of their rows: sorted, and joined where they meet or overlap. */
function blockRows(rank: number, bounds: Float64Array, dims: readonly number[]): Selection {
  const strides = rowMajor(dims);
  let rows = 0;
  for (let at = 0; at < bounds.length; at += 2 * rank) {
    let each = 1;
    for (let axis = at; axis < at + rank - 1; axis++) {
      each *= (bounds[axis + rank] as number) - (bounds[axis] as number);
    }
    rows += each;
    checkPieces(rows);
  }
  const starts = new Float64Array(rows);
  const stops = new Float64Array(rows);
  const index = new Array<number>(rank).fill(0);
  let row = 0;
  for (let at = 0; at < bounds.length; at += 2 * rank) {
    let offset = 0;
    for (let axis = 0; axis < rank; axis++) {
      index[axis] = bounds[at + axis] as number;
      offset += (index[axis] as number) * (strides[axis] as number);
    }
    const length = (bounds[at + 2 * rank - 1] as number) - (bounds[at + rank - 1] as number);
    for (let more = true; more; ) {
      starts[row] = offset;
      stops[row++] = offset + length;
      more = false;
      for (let axis = rank - 2; axis >= 0 && !more; axis--) {
        const first = bounds[at + axis] as number;
        const next = (index[axis] as number) + 1;
        more = next < (bounds[at + rank + axis] as number);
        offset += ((more ? next : first) - (index[axis] as number)) * (strides[axis] as number);
        index[axis] = more ? next : first;
      }
    }
  }
  const list = joined(starts, stops, dims);
  return asGrid(rank, bounds, list) ?? list;
}

function joined(starts: Float64Array, stops: Float64Array, dims: readonly number[]): ListSelection {
  const order = Uint32Array.from(starts.keys()).sort((a, b) => (starts[a] as number) - (starts[b] as number));
  const from = new Float64Array(starts.length);
  const lengths = new Float64Array(starts.length);
  let runs = 0;
  let end = -1;
  for (const i of order) {
    const start = starts[i] as number;
    const stop = stops[i] as number;
    if (start > end) {
      from[runs] = start;
      lengths[runs++] = stop - start;
      end = stop;
    } else if (stop > end) {
      lengths[runs - 1] = stop - (from[runs - 1] as number);
      end = stop;
    }
  }
  return new ListSelection(dims, from.slice(0, runs), lengths.slice(0, runs), true);
}

/** The list as a grid, if it is every combination of the indices that occur on each axis: if it is as many. */
function asGrid(
  rank: number,
  bounds: Float64Array,
  { dims, count }: ListSelection,
): GridSelection | undefined {
  const sides = dims.map((_, axis) => {
    const blocks = Array.from({ length: bounds.length / (2 * rank) }, (_, i) => i * 2 * rank + axis);
    blocks.sort((a, b) => (bounds[a] as number) - (bounds[b] as number));
    return {
      starts: Float64Array.from(blocks, (at) => bounds[at] as number),
      stops: Float64Array.from(blocks, (at) => bounds[at + rank] as number),
    };
  });
  let combinations = 1;
  for (const { starts, stops } of sides) {
    let total = 0;
    let end = 0;
    for (let i = 0; i < starts.length; i++) {
      const stop = stops[i] as number;
      total += Math.max(0, stop - Math.max(starts[i] as number, end));
      end = Math.max(end, stop);
    }
    combinations *= total;
  }
  if (combinations !== count) return undefined;
  return new GridSelection(
    dims,
    sides.map(({ starts, stops }) => intervalAxis(starts, stops)),
  );
}

/**
 * A selection as a region, for a reference to it: a grid as a hyperslab, anything else as points. The shape of the result,
 * which axes were dropped, is not in a region.
 *
 * Throws H5TypeError for a scalar dataset, whose only element no region selects.
 *
 * @example
 * selectionToRegion(parseSelection([[0, 10, 2]], [100])); // { kind: 'regular', start: [0], stride: [2], ... }
 */
export function selectionToRegion(selection: Selection): Region {
  const { dims, count } = selection;
  const rank = dims.length;
  if (rank === 0) throw new H5TypeError('a scalar dataset has no regions; refer to the dataset');
  if (count === 0) return { kind: 'none' };
  if (selection instanceof GridSelection) {
    const { axes } = selection;
    if (axes.every(({ table }) => !table)) {
      return {
        kind: 'regular',
        start: axes.map((axis) => axis.start),
        stride: axes.map((axis) => axis.step),
        count: axes.map((axis) => (axis.step === 1 ? 1 : axis.count)),
        block: axes.map((axis) => (axis.step === 1 ? axis.count : 1)),
      };
    }
    // A hyperslab has no order of its own, and nothing twice.
    if (axes.every(({ table }) => !table || isAscending(table))) return gridBlocks(axes);
  }
  const coordinates = new Float64Array(count * rank);
  const strides = rowMajor(dims);
  let at = 0;
  selection.forEachRun((start, length) => {
    for (let offset = start; offset < start + length; offset++) {
      for (let axis = 0; axis < rank; axis++) {
        coordinates[at++] = Math.floor(offset / (strides[axis] as number)) % (dims[axis] as number);
      }
    }
  });
  return { kind: 'points', rank, coordinates };
}

/** Every combination of the intervals that the indices of each axis are. */
function gridBlocks(axes: readonly Axis[]): Region {
  const rank = axes.length;
  const intervals = axes.map(({ start, step, count, table }) => {
    const list: number[] = [];
    for (let i = 0; i < count; i++) {
      const index = table ? (table[i] as number) : start + i * step;
      if (list.at(-1) === index) list[list.length - 1] = index + 1;
      else list.push(index, index + 1);
    }
    return list;
  });
  const counts = intervals.map((list) => list.length / 2);
  const steps = rowMajor(counts);
  const total = product(counts);
  const bounds = new Float64Array(total * 2 * rank);
  for (let i = 0; i < total; i++) {
    for (let axis = 0; axis < rank; axis++) {
      const k = Math.floor(i / (steps[axis] as number)) % (counts[axis] as number);
      bounds[i * 2 * rank + axis] = intervals[axis]?.[2 * k] as number;
      bounds[i * 2 * rank + rank + axis] = intervals[axis]?.[2 * k + 1] as number;
    }
  }
  return { kind: 'blocks', rank, bounds };
}
