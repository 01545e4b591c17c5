import { argExtreme, comparison } from '../kernels/arg-extreme.js';
import type { BlockSource } from '../kernels/block-source.js';
import { convert, convertInto } from '../kernels/convert.js';
import {
  allocate,
  type BigArray,
  BOOL,
  C16,
  canCast,
  type Data,
  type ElementType,
  F4,
  F8,
  I8,
  promote,
  typeOfName,
  U8,
} from '../kernels/element-type.js';
import { gather, runElementwise } from '../kernels/elementwise.js';
import { KernelError } from '../kernels/errors.js';
import {
  ALL,
  ANY,
  BIG_MAXIMUM,
  BIG_MINIMUM,
  BIG_PRODUCT,
  BIG_SUM,
  type BigFold,
  foldBigs,
  foldNumbers,
  MAXIMUM,
  MINIMUM,
  type NumberFold,
  PRODUCT,
  SUM,
  spread,
} from '../kernels/fold.js';
import { contiguous, normalizeAxis, rowMajor, sizeOf } from '../kernels/strides.js';
import { planUfunc } from '../kernels/ufuncs.js';
import { apart } from './apart.js';
import { numberIfExact, ufuncOf } from './elementwise.js';
import {
  type Complex,
  type ComplexName,
  type ComplexNested,
  elementOf,
  type RealNested,
  type Scalar,
  setElement,
} from './ndarray.js';
import {
  type ArrayInput,
  type ArrayResult,
  blockBytes,
  blocksOf,
  dataOf,
  operandOf,
  type Part,
  partsOf,
  type Source,
  type Spare,
  sourceOf,
} from './source.js';
import { finish, type Out, store, storeAs, type Target, targetFor } from './target.js';

/** Which axes a function goes along: one, some, or all of them. */
export type Axes = number | readonly number[] | null | undefined;

/** What functions take that make one element of many. */
export interface ReductionOptions {
  /** The axes that disappear; negative ones count from the end; all unless they are given. */
  readonly axis?: Axes;
  /** Whether these axes stay, with one element each. */
  readonly keepdims?: boolean | undefined;
  /** Where the result goes; it is returned. */
  readonly out?: Out | undefined;
  /** Which elements count. */
  readonly where?: ArrayInput | undefined;
}

/** The same of functions that begin with a value. */
export interface FoldOptions extends ReductionOptions {
  /** What the result is of no elements, and what all others are added to, multiplied with or compared with. */
  readonly initial?: Scalar | undefined;
  /** The type to compute in and to return. */
  readonly dtype?: string | undefined;
}

/** Options of `std` and `var`. */
export interface DeviationOptions extends ReductionOptions {
  readonly dtype?: string | undefined;
  /** The sum of squares is divided by the number of elements less this: 0, unless it is given. */
  readonly ddof?: number | undefined;
}

/** Axes that are folded, and what is left. */
interface Frame {
  readonly folded: readonly boolean[];
  /** Lengths of the axes that are left. */
  readonly kept: readonly number[];
  /** The shape of the result. */
  readonly shape: readonly number[];
  /** How many elements become one. */
  readonly count: number;
}

/** What has no axes has none to go along, but numpy lets the first and the last one of it be named. */
function axisOf<A extends Axes>(shape: readonly number[], axis: A): A | undefined {
  return shape.length === 0 && (axis === 0 || axis === -1) ? undefined : axis;
}

function frameOf(shape: readonly number[], axis: Axes, keepdims: boolean | undefined): Frame {
  const folded = shape.map(() => axis === undefined || axis === null);
  if (axis !== undefined && axis !== null) {
    for (const each of Array.isArray(axis) ? axis : [axis]) {
      const at = normalizeAxis(each, shape.length);
      if (folded[at]) throw new KernelError('H5_AXIS', `axis ${each} is given twice`);
      folded[at] = true;
    }
  }
  const kept = shape.filter((_, at) => !folded[at]);
  return {
    folded,
    kept,
    shape: keepdims ? shape.map((length, at) => (folded[at] ? 1 : length)) : kept,
    count: shape.reduce((product, length, at) => (folded[at] ? product * length : product), 1),
  };
}

/** A part of a source with the place of what it becomes. */
interface Piece {
  readonly part: Part;
  /** Where its result begins, and its shape, among the axes that are left. */
  readonly at: readonly number[];
  readonly shape: readonly number[];
}

/** Results of which the sums are in memory at once, and the parts that they come from. */
interface Slab {
  readonly at: readonly number[];
  readonly shape: readonly number[];
  readonly pieces: Iterable<Piece>;
}

/** Bytes of a part such that it takes as many as doubles. */
function readBytes(type: ElementType, count: number): number {
  return Math.max(1, Math.floor((Math.min(CACHED, blockBytes(count)) * type.size) / Math.max(8, type.size)));
}

/** What is folded as soon as it is read is in a processor's own cache then. */
const CACHED = 2 ** 20;

/**
 * Goes through a source slab by slab, of which there is one unless the result itself is too large: `perResult` bytes are needed
 * for each of its elements.
 */
function* slabsOf(
  source: Source,
  { folded, kept }: Frame,
  perResult: number,
  blocks: number,
): Iterable<Slab> {
  const bytes = readBytes(source.type, blocks);
  const restrict = (list: readonly number[]) => list.filter((_, axis) => !folded[axis]);
  if (sizeOf(kept) * perResult <= Math.max(blockBytes(1), 2 ** 16) || kept.length === 0) {
    const pieces = function* (): Iterable<Piece> {
      for (const part of blocksOf(source, bytes))
        yield { part, at: restrict(part.start), shape: restrict(part.shape) };
    };
    yield { at: kept.map(() => 0), shape: kept, pieces: pieces() };
    return;
  }
  for (const { start, shape } of partsOf(kept, Math.max(1, Math.floor(blockBytes(1) / perResult)))) {
    let next = 0;
    const place = folded.map((isFolded) => (isFolded ? -1 : next++));
    const whole = source.shape.map((length, axis) => (place[axis] < 0 ? length : shape[place[axis]]));
    const pieces = function* (): Iterable<Piece> {
      for (const inner of partsOf(whole, Math.floor(bytes / source.type.size))) {
        const part = {
          start: inner.start.map((at, axis) => at + (place[axis] < 0 ? 0 : start[place[axis]])),
          shape: inner.shape,
        };
        yield { part, at: restrict(inner.start), shape: restrict(inner.shape) };
      }
    };
    yield { at: start, shape, pieces: pieces() };
  }
}

/**
 * The elements of a part, one after another, in a type. They may be those of the source, and with `spare` they are there until
 * the next part is taken.
 */
function elementsOf(source: Source, { start, shape }: Part, type: ElementType, spare?: Spare): Data {
  const operand = operandOf(source, start, shape, spare);
  const elements = contiguous(shape, operand, source.type.width);
  if (!spare || source.type === type) return convert(source.type, elements, type);
  const count = sizeOf(shape);
  if (spare.converted?.length !== count * type.width) spare.converted = allocate(type, count);
  convertInto(source.type, elements, 0, type, spare.converted, 0, count);
  return spare.converted;
}

/** Which elements of a part count. */
function maskOf(mask: Source, shape: readonly number[], part: Part): Uint8Array {
  // It may have more axes of one element, or less than the source: it stretches to it.
  return gather(operandOf(stretch(mask, shape), part.start, part.shape), part.shape, BOOL) as Uint8Array;
}

function stretch(mask: Source, shape: readonly number[]): Source {
  const excess = mask.shape.length - shape.length;
  const own = mask.shape.slice(Math.max(0, excess));
  const fits =
    mask.shape.slice(0, Math.max(0, excess)).every((length) => length === 1) &&
    own.every((length, axis) => length === 1 || length === shape[axis + shape.length - own.length]);
  if (fits && excess <= 0) return mask;
  throw new KernelError(
    'H5_SHAPE',
    `where of the shape (${mask.shape.join(', ')}) does not stretch to (${shape.join(', ')})`,
  );
}

function sourceOfMask(
  where: ArrayInput | undefined,
  shape: readonly number[],
  out: unknown,
): Source | undefined {
  if (where === undefined || where === true) return undefined;
  const mask = apart(out, sourceOf(where));
  if (mask.type !== BOOL) throw new KernelError('H5_DTYPE', `where is ${mask.type.dtype}: it takes booleans`);
  return stretch(mask, shape);
}

/** Elements of which those that do not count are something else. */
function masked<A extends Float64Array | BigArray>(data: A, mask: Uint8Array, identity: number | bigint): A {
  const copy = data.slice() as A;
  for (let i = 0; i < mask.length; i++) if (mask[i] === 0) copy[i] = identity as never;
  return copy;
}

/** Puts the results of a piece to those of its slab. */
function combine<A>(
  to: A,
  slab: readonly number[],
  { at, shape }: Piece,
  from: A,
  into: (to: A, at: number, from: A, start: number, n: number) => void,
): void {
  const size = sizeOf(shape);
  if (size === sizeOf(slab)) {
    into(to, 0, from, 0, size);
    return;
  }
  const strides = rowMajor(slab);
  const n = shape[shape.length - 1] ?? 1;
  const outer = shape.slice(0, -1);
  const index = outer.map(() => 0);
  for (let row = 0; row * n < size; row++) {
    let position = at[at.length - 1] ?? 0;
    for (let axis = 0; axis < outer.length; axis++) position += (at[axis] + index[axis]) * strides[axis];
    into(to, position, from, row * n, n);
    for (let axis = outer.length - 1; axis >= 0 && ++index[axis] === outer[axis]; axis--) index[axis] = 0;
  }
}

/** Where the results of a slab stand in the whole result. */
function placeOf(frame: Frame, at: readonly number[], shape: readonly number[]): Part {
  if (frame.shape.length === frame.kept.length) return { start: at, shape };
  let next = 0;
  let size = 0;
  return {
    start: frame.folded.map((isFolded) => (isFolded ? 0 : at[next++])),
    shape: frame.folded.map((isFolded) => (isFolded ? 1 : shape[size++])),
  };
}

/** A fold in all the types that it is computed in. */
interface Folding {
  readonly name: 'sum' | 'prod' | 'min' | 'max';
  readonly number: NumberFold;
  readonly big: BigFold;
  /** The function of two elements that it is made of, for complex numbers. */
  readonly pair: string;
}

const SUMMING: Folding = { name: 'sum', number: SUM, big: BIG_SUM, pair: 'add' };
const MULTIPLYING: Folding = { name: 'prod', number: PRODUCT, big: BIG_PRODUCT, pair: 'multiply' };
const LEAST: Folding = { name: 'min', number: MINIMUM, big: BIG_MINIMUM, pair: 'minimum' };
const MOST: Folding = { name: 'max', number: MAXIMUM, big: BIG_MAXIMUM, pair: 'maximum' };

/** The type that sums and products have. */
export function sumType(type: ElementType): ElementType {
  if (type.kind === 'b' || type.kind === 'i') return I8;
  return type.kind === 'u' ? U8 : type;
}

function fold(folding: Folding, input: ArrayInput, options: FoldOptions = {}): unknown {
  const { axis, keepdims, out, where, dtype } = options;
  const source = apart(out, sourceOf(input));
  const frame = frameOf(source.shape, axisOf(source.shape, axis), keepdims);
  const mask = sourceOfMask(where, source.shape, out);
  const compares = folding === LEAST || folding === MOST;
  if (source.type.kind === 's') {
    throw new KernelError('H5_DTYPE', `${folding.name} is not defined for strings: sort them`);
  }
  const made = dtype !== undefined ? typeOfName(dtype) : compares ? source.type : sumType(source.type);
  if (made.kind === 's') throw new KernelError('H5_DTYPE', `${folding.name} makes no strings`);
  if (compares && options.initial === undefined && (mask || frame.count === 0)) {
    throw new KernelError(
      'H5_VALUE',
      `there is no ${folding.name} of no elements${mask ? ', which where may select' : ''}: give { initial }`,
    );
  }
  const target = targetFor(frame.shape, made, out);
  // Without a type that is asked for, it is computed in that of `out`; compared is what has not been cut to it.
  const type = dtype !== undefined ? made : compares ? promote(made, target.type) : target.type;
  const initial = options.initial === undefined ? undefined : inType(options.initial, type);
  // What is half, or a multiple of 2^64, is true nevertheless.
  const read = compares || type === BOOL ? castTo(source, type) : source;
  if (type.kind === 'c') foldComplex(folding, read, frame, mask, initial, target, type);
  else if (type.compute === 'big' || (type.kind !== 'f' && !compares))
    foldIntegers(folding, read, frame, mask, initial, type, target);
  else foldDoubles(folding, read, frame, mask, initial, target, type);
  return finishSum(target, out, source);
}

/** A source of which the elements are of a type before they are compared, unless that type holds them all. */
export function castTo(source: Source, type: ElementType): Source {
  const { memory, disk } = source;
  if (canCast(source.type, type, 'safe')) return source;
  if (memory) return { ...source, type, memory: memory.astype(type.name) };
  const own = disk as BlockSource;
  return {
    ...source,
    type,
    disk: {
      shape: own.shape,
      dtype: type.dtype,
      blocks: (maxBytes) => own.blocks(maxBytes),
      readBlock: (block) => convert(source.type, dataOf(own.readBlock(block)), type),
      writeBlock: () => {
        throw new KernelError('H5_OUT', 'what is cast to another type is only read');
      },
    },
  };
}

/** Without axes: an integer of 64 bits is a number if no operand was one of them, and it is exact. */
function finishSum(target: Target, out: unknown, source: Source): unknown {
  const value = finish(target, out);
  return source.type.compute === 'big' ? value : numberIfExact(value);
}

/** Adds what a sum has lost, so that many parts are as exact as one. */
function addExactly(to: Float64Array, lost: Float64Array) {
  return (_: Float64Array, at: number, a: Float64Array, from: number, n: number): void => {
    for (let i = 0; i < n; i++) {
      const x = to[at + i];
      const y = a[from + i];
      const sum = x + y;
      lost[at + i] += Math.abs(x) >= Math.abs(y) ? x - sum + y : y - sum + x;
      to[at + i] = sum;
    }
  };
}

function foldDoubles(
  { number, name }: Folding,
  source: Source,
  frame: Frame,
  mask: Source | undefined,
  initial: Scalar | undefined,
  target: Target,
  type: ElementType,
): void {
  for (const { at, shape, pieces } of slabsOf(source, frame, name === 'sum' ? 16 : 8, mask ? 3 : 2)) {
    const result = new Float64Array(sizeOf(shape)).fill(number.identity);
    const lost = name === 'sum' ? new Float64Array(result.length) : undefined;
    const into = lost ? addExactly(result, lost) : number.into;
    const spare: Spare = {};
    for (const piece of pieces) {
      // Numbers that are cast to a type on the way lose digits there.
      let data = elementsOf(source, piece.part, F8, spare) as Float64Array;
      if (mask) data = masked(data, maskOf(mask, source.shape, piece.part), number.identity);
      combine(result, shape, piece, foldNumbers(number, data, piece.part.shape, frame.folded), into);
    }
    if (lost) {
      for (let i = 0; i < result.length; i++) if (Number.isFinite(result[i])) result[i] += lost[i];
    }
    if (initial !== undefined)
      number.into(result, 0, filled(F8, result.length, initial) as Float64Array, 0, result.length);
    storeAs(target, placeOf(frame, at, shape), result, F8, type);
  }
}

/** A value as an element of a type has it: modulo its range, or rounded to it. */
function inType(value: Scalar, type: ElementType): Scalar {
  return elementOf(type, filled(type, 1, value), 0);
}

/** As many elements of one value. */
function filled(type: ElementType, count: number, value: Scalar): Data {
  const data = allocate(type, count);
  for (let i = 0; i < count; i++) setElement(type, data, i, value);
  return data;
}

function foldIntegers(
  { number, big, name }: Folding,
  source: Source,
  frame: Frame,
  mask: Source | undefined,
  initial: Scalar | undefined,
  type: ElementType,
  target: Target,
): void {
  const wide = type.kind === 'u' ? U8 : I8;
  // Sums of so many are exact as doubles, which are much faster.
  const asDoubles = name === 'sum' && source.type.compute === 'number' && source.type.kind !== 'f';
  for (const { at, shape, pieces } of slabsOf(source, frame, 8, mask ? 3 : 2)) {
    const result = allocate(wide, sizeOf(shape)) as BigArray;
    result.fill(big.identity(wide === I8) as never);
    const spare: Spare = {};
    for (const piece of pieces) {
      let partial: BigArray;
      if (asDoubles) {
        let data = elementsOf(source, piece.part, F8, spare) as Float64Array;
        if (mask) data = masked(data, maskOf(mask, source.shape, piece.part), 0);
        partial = convert(F8, foldNumbers(number, data, piece.part.shape, frame.folded), wide) as BigArray;
      } else {
        let data = elementsOf(source, piece.part, wide, spare) as BigArray;
        if (mask) data = masked(data, maskOf(mask, source.shape, piece.part), big.identity(wide === I8));
        partial = foldBigs(big, data, piece.part.shape, frame.folded);
      }
      combine(result, shape, piece, partial, big.into);
    }
    if (initial !== undefined)
      big.into(result, 0, filled(wide, result.length, initial) as BigArray, 0, result.length);
    storeAs(target, placeOf(frame, at, shape), result, wide, type);
  }
}

/** By the function of two elements, slice by slice. */
function foldComplex(
  { pair, name }: Folding,
  source: Source,
  frame: Frame,
  mask: Source | undefined,
  initial: Scalar | undefined,
  target: Target,
  type: ElementType,
): void {
  const plan = planUfunc(ufuncOf(pair), C16);
  for (const { at, shape, pieces } of slabsOf(source, frame, 16, mask ? 3 : 2)) {
    const size = sizeOf(shape);
    // What is no number stays what it is when it comes first: so the initial element does.
    const result = filled(C16, size, initial ?? 0) as Float64Array;
    const begun = new Uint8Array(size).fill(initial === undefined ? 0 : 1);
    const spare: Spare = {};
    for (const piece of pieces) {
      const data = elementsOf(source, piece.part, C16, spare);
      const counts = mask && maskOf(mask, source.shape, piece.part);
      const strides = rowMajor(piece.part.shape);
      const keptStrides = strides.filter((_, axis) => !frame.folded[axis]);
      const own = piece.part.shape.filter((_, axis) => !frame.folded[axis]);
      const slabStrides = rowMajor(shape);
      const lanes = piece.part.shape.filter((_, axis) => frame.folded[axis]);
      const laneStrides = strides.filter((_, axis) => frame.folded[axis]);
      // Each element of the result goes along its lane.
      for (let o = 0; o < sizeOf(own); o++) {
        let [from, to] = [0, 0];
        for (let axis = own.length - 1, rest = o; axis >= 0; axis--) {
          const index = rest % own[axis];
          rest = (rest - index) / own[axis];
          from += index * keptStrides[axis];
          to += (index + piece.at[axis]) * slabStrides[axis];
        }
        for (let l = 0; l < sizeOf(lanes); l++) {
          let position = from;
          for (let axis = lanes.length - 1, rest = l; axis >= 0; axis--) {
            const index = rest % lanes[axis];
            rest = (rest - index) / lanes[axis];
            position += index * laneStrides[axis];
          }
          if (counts && counts[position] === 0) continue;
          if (begun[to]) plan.loop(result, to, data, position, result, to, 1);
          else {
            result[to * 2] = data[position * 2] as number;
            result[to * 2 + 1] = data[position * 2 + 1] as number;
            begun[to] = 1;
          }
        }
      }
    }
    for (let i = 0; i < size; i++) if (!begun[i] && name === 'prod') result[i * 2] = 1;
    storeAs(target, placeOf(frame, at, shape), result, C16, type);
  }
}

/** Whether all, or any, of the elements are true. */
function test(number: NumberFold, name: string, input: ArrayInput, options: ReductionOptions = {}): unknown {
  const source = apart(options.out, sourceOf(input));
  if (source.type.kind === 's')
    throw new KernelError('H5_DTYPE', `${name} is not defined for strings: compare them first`);
  const frame = frameOf(source.shape, axisOf(source.shape, options.axis), options.keepdims);
  const mask = sourceOfMask(options.where, source.shape, options.out);
  const target = targetFor(frame.shape, BOOL, options.out);
  for (const { at, shape, pieces } of slabsOf(source, frame, 8, mask ? 3 : 2)) {
    const result = new Float64Array(sizeOf(shape)).fill(number.identity);
    const spare: Spare = {};
    for (const piece of pieces) {
      const truth = source.type.kind === 'c' ? BOOL : F8;
      let data = convert(truth, elementsOf(source, piece.part, truth, spare), F8) as Float64Array;
      if (mask) data = masked(data, maskOf(mask, source.shape, piece.part), number.identity);
      combine(result, shape, piece, foldNumbers(number, data, piece.part.shape, frame.folded), number.into);
      // One element decides.
      if (result.length === 1 && result[0] !== number.identity) break;
    }
    store(target, placeOf(frame, at, shape), result, F8);
  }
  return finish(target, options.out);
}

/** Number, mean (less a center), and squared distances from it, of some elements; they can be joined. */
interface Moments {
  readonly count: Float64Array;
  readonly mean: Float64Array;
  /** Imaginary parts of the means, of complex numbers. */
  readonly imaginary: Float64Array | undefined;
  readonly squares: Float64Array;
}

function moments(size: number, isComplex: boolean): Moments {
  return {
    count: new Float64Array(size),
    mean: new Float64Array(size),
    imaginary: isComplex ? new Float64Array(size) : undefined,
    squares: new Float64Array(size),
  };
}

/** Joins what is known of two sets of elements, without a loss of digits. */
function joinMoments(to: Moments, at: number, from: Moments, start: number, n: number): void {
  for (let i = 0; i < n; i++) {
    const b = from.count[start + i];
    if (b === 0) continue;
    const a = to.count[at + i];
    const count = a + b;
    const apart = from.mean[start + i] - to.mean[at + i];
    to.count[at + i] = count;
    to.squares[at + i] += from.squares[start + i] + (a === 0 ? 0 : (apart * apart * a * b) / count);
    to.mean[at + i] = a === 0 ? from.mean[start + i] : to.mean[at + i] + (apart * b) / count;
    if (to.imaginary && from.imaginary) {
      const aside = from.imaginary[start + i] - to.imaginary[at + i];
      to.squares[at + i] += a === 0 ? 0 : (aside * aside * a * b) / count;
      to.imaginary[at + i] = a === 0 ? from.imaginary[start + i] : to.imaginary[at + i] + (aside * b) / count;
    }
  }
}

/** Of elements their number, and their mean as a distance from a center, and squares around it. */
function momentsOf(
  data: Float64Array,
  shape: readonly number[],
  folded: readonly boolean[],
  mask: Uint8Array | undefined,
  center: Float64Array,
): { count: Float64Array; mean: Float64Array; squares: Float64Array } {
  const size = center.length;
  if (size === 1 && !mask) {
    const n = data.length;
    const { distances, squares } = spread(data, center[0]);
    const mean = distances / n;
    const around = distances * mean;
    // Where the center is not far from the mean, what is too much of the squares is taken off: little is lost by that.
    const isNear = around <= squares / 2 && Number.isFinite(squares);
    const own = isNear ? squares - around : spread(data, center[0] + mean).squares;
    return { count: Float64Array.of(n), mean: Float64Array.of(mean), squares: Float64Array.of(own) };
  }
  const near = apartFrom(data, shape, folded, center);
  const { count, mean } = meanOf(near, shape, folded, mask);
  const apart = apartFrom(near, shape, folded, mean);
  for (let i = 0; i < apart.length; i++) apart[i] *= apart[i];
  const squares = foldNumbers(SUM, mask ? masked(apart, mask, 0) : apart, shape, folded);
  return { count, mean, squares };
}

function meanOf(
  data: Float64Array,
  shape: readonly number[],
  folded: readonly boolean[],
  mask: Uint8Array | undefined,
): { count: Float64Array; mean: Float64Array } {
  const mean = foldNumbers(SUM, mask ? masked(data, mask, 0) : data, shape, folded);
  const count = mask
    ? foldNumbers(SUM, Float64Array.from(mask), shape, folded)
    : new Float64Array(mean.length).fill(sizeOf(shape) / Math.max(1, mean.length));
  for (let i = 0; i < mean.length; i++) mean[i] = count[i] === 0 ? 0 : mean[i] / count[i];
  return { count, mean };
}

/** Elements less what stands for them among the results. */
function apartFrom(
  data: Float64Array,
  shape: readonly number[],
  folded: readonly boolean[],
  center: Float64Array,
): Float64Array {
  let step = 1;
  const strides = new Array<number>(shape.length).fill(0);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (folded[axis]) continue;
    strides[axis] = step;
    step *= shape[axis];
  }
  const apart = new Float64Array(data.length);
  const whole = { type: F8, data, offset: 0, strides: rowMajor(shape) };
  const other = { type: F8, data: center, offset: 0, strides };
  runElementwise(SUBTRACT, [whole, other], shape, { type: F8, data: apart, offset: 0 });
  return apart;
}

const SUBTRACT = planUfunc(ufuncOf('subtract'), F8);

/**
 * Values near which elements are, for each result: the mean of the first that come. Distances from them are exact where the elements
 * themselves are large and close together.
 */
class Centers {
  readonly #values: Float64Array;
  readonly #shape: readonly number[];

  constructor(shape: readonly number[]) {
    this.#shape = shape;
    this.#values = new Float64Array(sizeOf(shape)).fill(Number.NaN);
  }

  at(index: number): number {
    return this.#values[index];
  }

  /** Those of a piece. */
  of(
    piece: Piece,
    data: Float64Array,
    folded: readonly boolean[],
    mask: Uint8Array | undefined,
  ): Float64Array {
    const center = new Float64Array(sizeOf(piece.shape));
    const known = this.#values;
    combine(center, this.#shape, piece, center, (_, at, __, start, n) => {
      for (let i = 0; i < n; i++) center[start + i] = known[at + i];
    });
    if (!center.some(Number.isNaN)) return center;
    const { mean } = meanOf(data, piece.part.shape, folded, mask);
    for (let i = 0; i < center.length; i++) {
      if (Number.isNaN(center[i])) center[i] = Number.isFinite(mean[i]) ? mean[i] : 0;
    }
    combine(known, this.#shape, piece, center, (to, at, from, start, n) => {
      for (let i = 0; i < n; i++) to[at + i] = from[start + i];
    });
    return center;
  }
}

function parts(data: Float64Array, which: 0 | 1): Float64Array {
  const result = new Float64Array(data.length / 2);
  for (let i = 0; i < result.length; i++) result[i] = data[i * 2 + which];
  return result;
}

function deviation(kind: 'mean' | 'var' | 'std', input: ArrayInput, options: DeviationOptions = {}): unknown {
  const { axis, keepdims, out, where, dtype, ddof = 0 } = options;
  const source = apart(out, sourceOf(input));
  if (source.type.kind === 's') throw new KernelError('H5_DTYPE', `${kind} is not defined for strings`);
  const frame = frameOf(source.shape, axis, keepdims);
  const mask = sourceOfMask(where, source.shape, out);
  const isComplex = source.type.kind === 'c';
  let type = source.type.kind === 'f' || isComplex ? source.type : F8;
  if (dtype !== undefined) {
    type = typeOfName(dtype);
    if (!canCast(source.type, type)) {
      throw new KernelError(
        'H5_CASTING',
        `${kind} of ${source.type.dtype} cannot be computed as ${type.dtype}`,
      );
    }
  }
  if (kind !== 'mean' && type.kind !== 'f' && type.kind !== 'c') {
    throw new KernelError(
      'H5_CASTING',
      `${kind} is computed in floats, not as ${type.dtype}: leave the dtype away, and convert the result`,
    );
  }
  // Variances of complex numbers are real, unless a complex type is asked for.
  if (kind !== 'mean' && type.kind === 'c' && dtype === undefined) type = type.size === 8 ? F4 : F8;
  const target = targetFor(frame.shape, type, out);
  const withSquares = kind !== 'mean';
  for (const { at, shape, pieces } of slabsOf(source, frame, 32, mask ? 5 : 3)) {
    const size = sizeOf(shape);
    const all = moments(size, isComplex);
    const centers = new Centers(shape);
    const others = new Centers(shape);
    const sum = new Float64Array(size);
    const lost = new Float64Array(size);
    const add = addExactly(sum, lost);
    const spare: Spare = {};
    for (const piece of pieces) {
      const data = elementsOf(source, piece.part, isComplex ? C16 : F8, spare) as Float64Array;
      const counts = mask && maskOf(mask, source.shape, piece.part);
      const of = (values: Float64Array, around: Centers) =>
        momentsOf(
          values,
          piece.part.shape,
          frame.folded,
          counts,
          around.of(piece, values, frame.folded, counts),
        );
      if (isComplex) {
        const real = of(parts(data, 0), centers);
        const imaginary = of(parts(data, 1), others);
        const squares = real.squares.map((square, i) => square + imaginary.squares[i]);
        combine(all, shape, piece, { ...real, imaginary: imaginary.mean, squares }, joinMoments);
      } else if (withSquares)
        combine(all, shape, piece, { ...of(data, centers), imaginary: undefined }, joinMoments);
      else {
        // Means are sums, which need no mean of their own.
        const values = counts ? masked(data, counts, 0) : data;
        combine(sum, shape, piece, foldNumbers(SUM, values, piece.part.shape, frame.folded), add);
        const own = counts && foldNumbers(SUM, Float64Array.from(counts), piece.part.shape, frame.folded);
        if (own) combine(all.count, shape, piece, own, SUM.into);
      }
    }
    const made = type.kind === 'c' ? C16 : F8;
    const result = allocate(made, size) as Float64Array;
    for (let i = 0; i < size; i++) {
      if (kind === 'mean' && isComplex) {
        const none = all.count[i] === 0;
        result[i * 2] = none ? Number.NaN : all.mean[i] + centers.at(i);
        result[i * 2 + 1] = none ? Number.NaN : (all.imaginary as Float64Array)[i] + others.at(i);
        continue;
      }
      let value: number;
      if (kind === 'mean') {
        const total = Number.isFinite(sum[i]) ? sum[i] + lost[i] : sum[i];
        value = total / (mask ? all.count[i] : frame.count);
      } else {
        const variance = all.squares[i] / Math.max(0, all.count[i] - ddof);
        value = kind === 'std' ? Math.sqrt(variance) : variance;
      }
      result[i * made.width] = value;
      // A complex quotient of what is not finite has no imaginary part that is a number.
      if (made === C16) result[i * 2 + 1] = Number.isFinite(value) ? 0 : Number.NaN;
    }
    storeAs(target, placeOf(frame, at, shape), result, made, dtype === undefined ? undefined : type);
  }
  return finish(target, out);
}

/** Options of `argmin` and `argmax`. */
export interface ArgOptions {
  readonly axis?: number | null | undefined;
  readonly keepdims?: boolean | undefined;
  readonly out?: Out | undefined;
}

function argOf(least: boolean, input: ArrayInput, options: ArgOptions = {}): unknown {
  const { keepdims, out } = options;
  const source = apart(out, sourceOf(input));
  const axis = axisOf(source.shape, options.axis);
  const frame = frameOf(source.shape, axis, keepdims);
  if (frame.count === 0) {
    throw new KernelError('H5_VALUE', `there is no ${least ? 'argmin' : 'argmax'} of no elements`);
  }
  const { shape: whole, type } = source;
  const lane = axis === undefined || axis === null ? -1 : normalizeAxis(axis, whole.length);
  const compute = type.compute === 'number' ? F8 : type.kind === 'c' ? C16 : type;
  const target = targetFor(frame.shape, I8, out);
  const wholeStrides = rowMajor(whole);
  for (const { at, shape, pieces } of slabsOf(source, frame, 8 + type.size, 2)) {
    const size = sizeOf(shape);
    const best = allocate(compute, size + 1);
    const where = new Float64Array(size).fill(-1);
    // The last place holds what is compared with the best.
    const compare = comparison(compute, best);
    const isNone = (i: number) =>
      compute === F8
        ? Number.isNaN(best[i])
        : compute === C16 && (Number.isNaN(best[i * 2]) || Number.isNaN(best[i * 2 + 1]));
    const width = compute.width;
    const spare: Spare = {};
    for (const piece of pieces) {
      const { part } = piece;
      const data = elementsOf(source, part, compute, spare);
      const outer = lane < 0 ? 1 : sizeOf(part.shape.slice(0, lane));
      const n = lane < 0 ? sizeOf(part.shape) : part.shape[lane];
      const inner = lane < 0 ? 1 : sizeOf(part.shape.slice(lane + 1));
      const found = argExtreme(compute, data, outer, n, inner, least);
      const own = rowMajor(part.shape);
      const slabStrides = rowMajor(shape);
      for (let r = 0; r < found.length; r++) {
        const o = Math.floor(r / inner);
        const position = (o * n + found[r]) * inner + (r % inner);
        // The index in the whole array: along the lane, or of all elements.
        let index = 0;
        if (lane >= 0) index = part.start[lane] + found[r];
        else {
          for (let axis = 0, rest = position; axis < whole.length; axis++) {
            const along = Math.floor(rest / own[axis]);
            rest -= along * own[axis];
            index += (part.start[axis] + along) * wholeStrides[axis];
          }
        }
        let to = 0;
        for (let axis = piece.shape.length - 1, rest = r; axis >= 0; axis--) {
          const along = rest % piece.shape[axis];
          rest = (rest - along) / piece.shape[axis];
          to += (piece.at[axis] + along) * slabStrides[axis];
        }
        for (let k = 0; k < width; k++) best[size * width + k] = data[position * width + k];
        let better = where[to] < 0;
        if (!better) {
          const order = isNone(size)
            ? isNone(to)
              ? 0
              : -1
            : isNone(to)
              ? 1
              : compare(size, to) * (least ? 1 : -1);
          better = order < 0 || (order === 0 && index < where[to]);
        }
        if (better) {
          where[to] = index;
          for (let k = 0; k < width; k++) best[to * width + k] = data[position * width + k];
        }
      }
    }
    store(target, placeOf(frame, at, shape), where, F8);
  }
  const value = finish(target, out);
  return typeof value === 'bigint' ? Number(value) : value;
}

/** Of all elements one; with `axis` or `keepdims` an array; with `out` that. */
export interface Reduction<O, Value, OfComplex = Value> {
  <T extends Out>(x: ArrayInput, options: O & { readonly out: T }): T;
  (x: ArrayInput, options: O & { readonly axis: number | readonly number[] }): ArrayResult;
  (x: ArrayInput, options: O & { readonly keepdims: true }): ArrayResult;
  (x: RealNested, options?: O): Value;
  (x: ComplexNested, options?: O): OfComplex;
  (x: ArrayInput, options?: O): Value;
}

/** The same, of which the type may be said to be complex. */
export interface TypedReduction<O, Value, OfComplex> extends Reduction<O, Value, OfComplex> {
  (x: ArrayInput, options: O & AllElements & { readonly dtype: ComplexName }): Complex;
}

/** Options by which one element is made of all. */
export interface AllElements {
  readonly axis?: null | undefined;
  readonly keepdims?: false | undefined;
  readonly out?: undefined;
}

function reduction<R>(run: (x: ArrayInput, options?: never) => unknown): R {
  return run as R;
}

/**
 * The sum. Of booleans and integers it is a 64-bit integer: without axes a number if the elements have less bits and it is exact,
 * else a bigint. Floats are added pairwise.
 *
 * @throws {KernelError} H5_AXIS, H5_OUT, H5_CASTING, H5_DTYPE.
 * @example
 * sum([[1, 2], [3, 4]]); // 10
 * sum([[1, 2], [3, 4]], { axis: 0, keepdims: true }); // [[4, 6]]
 */
export const sum: TypedReduction<FoldOptions, number | bigint, Complex> = reduction(
  (x: ArrayInput, options) => fold(SUMMING, x, options),
);

/**
 * The product; its type is that of `sum`.
 *
 * @example
 * prod([2, 3], { initial: 10 }); // 60
 */
export const prod: TypedReduction<FoldOptions, number | bigint, Complex> = reduction(
  (x: ArrayInput, options) => fold(MULTIPLYING, x, options),
);

/**
 * The least element; what is no number counts as less.
 *
 * @throws {KernelError} H5_VALUE of no elements, unless there is `initial`.
 * @example
 * min([[3, 1], [2, 5]], { axis: 1 }); // [1, 2]
 */
export const min: TypedReduction<FoldOptions, number | bigint | boolean, Complex> = reduction(
  (x: ArrayInput, options) => fold(LEAST, x, options),
);

/**
 * The greatest element; what is no number counts as greater.
 *
 * @throws {KernelError} H5_VALUE of no elements, unless there is `initial`.
 * @example
 * max([3, 1, 2]); // 3
 */
export const max: TypedReduction<FoldOptions, number | bigint | boolean, Complex> = reduction(
  (x: ArrayInput, options) => fold(MOST, x, options),
);

/** The same as `min`. */
export const amin = min;

/** The same as `max`. */
export const amax = max;

/**
 * Whether all elements are other than zero.
 *
 * @example
 * all([[true, false], [true, true]], { axis: 1 }); // [false, true]
 */
export const all: Reduction<ReductionOptions, boolean> = reduction((x: ArrayInput, options) =>
  test(ALL, 'all', x, options),
);

/**
 * Whether any element is other than zero.
 *
 * @example
 * any([0, 0, 2]); // true
 */
export const any: Reduction<ReductionOptions, boolean> = reduction((x: ArrayInput, options) =>
  test(ANY, 'any', x, options),
);

/**
 * The mean: of integers a double. Of no elements it is no number.
 *
 * @example
 * mean([1, 2, 3, 4]); // 2.5
 */
export const mean: TypedReduction<DeviationOptions, number, Complex> = reduction((x: ArrayInput, options) =>
  deviation('mean', x, options),
);

/**
 * The variance, in one pass over what is on disk: each part has its mean and squares, which are joined without a loss of digits.
 *
 * @example
 * var_([1, 2, 3, 4], { ddof: 1 }); // 1.6666666666666667
 */
export const var_: TypedReduction<DeviationOptions, number, number> = reduction((x: ArrayInput, options) =>
  deviation('var', x, options),
);

/**
 * The standard deviation: the root of the variance.
 *
 * @example
 * std([1, 2, 3, 4]); // 1.118033988749895
 */
export const std: TypedReduction<DeviationOptions, number, number> = reduction((x: ArrayInput, options) =>
  deviation('std', x, options),
);

/**
 * The index of the least element: the first of equal ones, the first that is no number. Without `axis` it counts all elements.
 *
 * @throws {KernelError} H5_VALUE of no elements.
 * @example
 * argmin([[3, 1], [0, 5]], { axis: 1 }); // [1n, 0n]
 */
export const argmin: Reduction<ArgOptions, number> = reduction((x: ArrayInput, options) =>
  argOf(true, x, options),
);

/**
 * The index of the greatest element, as `argmin`.
 *
 * @example
 * argmax([3, 9, 4]); // 1
 */
export const argmax: Reduction<ArgOptions, number> = reduction((x: ArrayInput, options) =>
  argOf(false, x, options),
);
