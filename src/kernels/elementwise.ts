import { convertInto } from './convert.js';
import { allocate, BOOL, canCast, type Data, type ElementType, type NumberArray } from './element-type.js';
import { coalesce, copyStrided, rowMajor, type Strided, sizeOf } from './strides.js';
import type { Plan } from './ufuncs.js';

/** An operand as elements in memory that stretch to the shape of the result. */
export interface Operand extends Strided {
  readonly type: ElementType;
}

/** Elements that are computed together: what a processor keeps near. */
export const TILE = 4096;

/** Gives the elements of an operand tile by tile, in the type and the order of the result. */
class Reader {
  array: Data;
  at = 0;
  readonly #operand: Operand;
  readonly #type: ElementType;
  readonly #mode: 'constant' | 'direct' | 'convert' | 'gather';
  readonly #dims: number[] = [];
  readonly #strides: number[] = [];
  readonly #index: number[] = [];
  readonly #tile: Data;
  readonly #native: Data;
  /** A type that elements become before that which is asked for, and those that are of it. */
  readonly #via: ElementType | undefined;
  readonly #between: Data | undefined;
  /** Where the next element of a strided operand is. */
  #position: number;

  constructor(
    operand: Operand,
    type: ElementType,
    shape: readonly number[],
    count: number,
    cast?: ElementType,
  ) {
    this.#operand = operand;
    this.#type = type;
    this.#position = operand.offset;
    const {
      dims,
      strides: [strides],
    } = coalesce(shape, [operand.strides]);
    const via = cast && !canCast(operand.type, cast, 'safe') ? cast : undefined;
    const isSame = type === operand.type && !via;
    const n = Math.min(TILE, count);
    this.#via = via;
    this.#between = via && allocate(via, n);
    if (strides.every((stride) => stride === 0)) {
      this.#mode = 'constant';
      const one = allocate(type, 1);
      this.#convert(operand.data, operand.offset, one, 1);
      this.#tile = allocate(type, n);
      if (type.width === 2) {
        for (let i = 0; i < n; i++) (this.#tile as Float64Array).set(one as Float64Array, i * 2);
      } else (this.#tile as Float64Array).fill(one[0] as number);
      this.#native = this.#tile;
    } else {
      const isRun = dims.length === 1 && strides[0] === 1;
      this.#mode = isRun ? (isSame ? 'direct' : 'convert') : 'gather';
      this.#dims = dims;
      this.#strides = strides;
      this.#index = dims.map(() => 0);
      this.#tile = this.#mode === 'direct' ? operand.data : allocate(type, n);
      this.#native = isRun || isSame ? this.#tile : allocate(operand.type, n);
    }
    this.array = this.#tile;
  }

  /** Makes `n` elements from the `p`th on be in `array` from `at` on. */
  next(p: number, n: number): void {
    const { data, offset } = this.#operand;
    switch (this.#mode) {
      case 'constant':
        return;
      case 'direct':
        this.at = offset + p;
        return;
      case 'convert':
        this.#convert(data, offset + p, this.#tile, n);
        return;
      case 'gather':
        this.#gather(n);
        if (this.#native !== this.#tile) this.#convert(this.#native, 0, this.#tile, n);
    }
  }

  #convert(from: Data, at: number, to: Data, n: number): void {
    const { type } = this.#operand;
    const via = this.#via;
    if (!via) {
      convertInto(type, from, at, this.#type, to, 0, n);
      return;
    }
    const between = this.#between as Data;
    convertInto(type, from, at, via, between, 0, n);
    convertInto(via, between, 0, this.#type, to, 0, n);
  }

  /** Takes up the next `n` elements, row by row. */
  #gather(n: number): void {
    const { data, type } = this.#operand;
    const dims = this.#dims;
    const strides = this.#strides;
    const index = this.#index;
    const last = dims.length - 1;
    const length = dims[last];
    const step = strides[last];
    for (let done = 0; done < n; ) {
      const take = Math.min(n - done, length - index[last]);
      copyRow(data, this.#position, step, this.#native, done, take, type.width);
      done += take;
      this.#position += step * take;
      index[last] += take;
      for (let axis = last; axis >= 0 && index[axis] === dims[axis]; axis--) {
        this.#position -= strides[axis] * dims[axis];
        index[axis] = 0;
        if (axis > 0) {
          index[axis - 1]++;
          this.#position += strides[axis - 1];
        }
      }
    }
  }
}

function copyRow(
  data: Data,
  from: number,
  step: number,
  to: Data,
  at: number,
  n: number,
  width: 1 | 2,
): void {
  if (width === 1 && data instanceof Float64Array) {
    const target = to as Float64Array;
    if (step === 0) target.fill(data[from], at, at + n);
    else for (let i = 0; i < n; i++) target[at + i] = data[from + i * step];
    return;
  }
  if (width === 1 && step === 1 && !Array.isArray(data)) {
    (to as NumberArray).set((data as NumberArray).subarray(from, from + n), at);
    return;
  }
  copyStrided([n], { data, offset: from, strides: [step] }, { data: to, offset: at, strides: [1] }, width);
}

/** Where results go: a run of elements of some type. */
export interface Target {
  readonly type: ElementType;
  readonly data: Data;
  readonly offset: number;
}

/**
 * Computes a function element by element. Operands stretch to `shape` by strides of 0; the result is row-major. Where `where` is
 * false, the target is as it was.
 */
export function runElementwise(
  { loop, cast, input, made, result }: Plan,
  operands: readonly Operand[],
  shape: readonly number[],
  target: Target,
  where?: Operand,
): void {
  const count = sizeOf(shape);
  if (count === 0) return;
  const readers = operands.map((operand) => new Reader(operand, input, shape, count, cast));
  const mask = where && new Reader(where, BOOL, shape, count);
  // What the result is modulo, or rounded to, it is also in a target of another type.
  const own = made !== result && target.type !== result ? result : undefined;
  const direct = made === target.type && !mask && !own;
  const tile = direct ? target.data : allocate(made, Math.min(TILE, count));
  const cut = own && allocate(own, Math.min(TILE, count));
  const [x, y] = readers;
  for (let p = 0; p < count; p += TILE) {
    const n = Math.min(TILE, count - p);
    const at = direct ? target.offset + p : 0;
    x.next(p, n);
    if (y) {
      y.next(p, n);
      loop(x.array, x.at, y.array, y.at, tile, at, n);
    } else loop(x.array, x.at, tile, at, n);
    if (own && cut) convertInto(made, tile, 0, own, cut, 0, n);
    const type = own ?? made;
    const elements = cut ?? tile;
    if (mask) {
      mask.next(p, n);
      putWhere(type, elements, target, p, n, mask.array as Uint8Array, mask.at);
    } else if (!direct) convertInto(type, elements, 0, target.type, target.data, target.offset + p, n);
  }
}

function putWhere(
  made: ElementType,
  tile: Data,
  { type, data, offset }: Target,
  p: number,
  n: number,
  mask: Uint8Array,
  maskAt: number,
): void {
  // Runs of what is to be put, so that most of it is moved at once.
  for (let i = 0; i < n; ) {
    if (mask[maskAt + i] === 0) {
      i++;
      continue;
    }
    let end = i + 1;
    while (end < n && mask[maskAt + end] !== 0) end++;
    convertInto(made, tile, i, type, data, offset + p + i, end - i);
    i = end;
  }
}

/** Elements of any strides and type as a run of another type: an array of its own unless they are that already. */
export function gather(operand: Operand, shape: readonly number[], type: ElementType): Data {
  const count = sizeOf(shape);
  const result = allocate(type, count);
  gatherInto(operand, shape, { type, data: result, offset: 0 });
  return result;
}

/** The same into an array that is there. */
export function gatherInto(
  operand: Operand,
  shape: readonly number[],
  target: Target,
  where?: Operand,
): void {
  const count = sizeOf(shape);
  if (count === 0) return;
  const { type } = target;
  if (!where && operand.type === type) {
    copyStrided(
      shape,
      operand,
      { data: target.data, offset: target.offset, strides: rowMajor(shape) },
      type.width,
    );
    return;
  }
  const reader = new Reader(operand, type, shape, count);
  const mask = where && new Reader(where, BOOL, shape, count);
  for (let p = 0; p < count; p += TILE) {
    const n = Math.min(TILE, count - p);
    reader.next(p, n);
    if (mask) {
      mask.next(p, n);
      const tile = reader.at === 0 ? reader.array : reader.array.slice(reader.at * type.width);
      putWhere(type, tile, target, p, n, mask.array as Uint8Array, mask.at);
    } else convertInto(type, reader.array, reader.at, type, target.data, target.offset + p, n);
  }
}
