import { H5TypeError } from '../errors.js';
import { product, type Slice } from '../hdf5/selection.js';
import { type ArrayView, type AxisIndex, indexView, type ListIndex } from './array-view.js';
import { H5IndexError } from './errors.js';

/** An array of indices or of booleans that knows its shape, such as an H5Array. */
export interface IndexArray {
  readonly shape: readonly number[];
  readonly dtype: string;
  toTypedArray(): ArrayLike<unknown>;
}

/** Whole numbers, in lists within lists for more axes. */
export type IndexList = ArrayLike<number | bigint> | readonly IndexList[];

/** Booleans, in lists within lists for more axes. */
export type BooleanList = readonly boolean[] | readonly BooleanList[];

/**
 * What of one axis is selected, as in an index of numpy:
 * - a number: that index, negative ones count from the end, and the axis is dropped;
 * - `{ start, stop, step }`, or a text such as `'1:10:2'`, `'::-1'`, `':'`: a slice; `undefined` is all of the axis;
 * - `null`, `'None'` or `'newaxis'`: a new axis of size 1;
 * - `'...'`: as many whole axes as there is room for;
 * - a list of indices, nested for more axes, a typed array, `{ indices }`, or an array of integers: these. Several lists
 *   are broadcast, and go along together;
 * - a list of booleans, nested for more axes, `{ mask }` (then also of 0 and 1), or an array of the dtype `bool`: where it is
 *   true. It stands for as many axes as it has itself.
 */
export type ArrayIndex =
  | number
  | bigint
  | string
  | null
  | undefined
  | boolean
  | Slice
  | IndexList
  | BooleanList
  | { readonly indices: IndexList | IndexArray }
  | { readonly mask: BooleanList | ArrayLike<number> | IndexArray }
  | IndexArray;

/**
 * A part of an array: a text with an index for each axis, such as `'1:10:2, ..., -1'`, a list with one for each axis, or
 * the index of the first axis. Axes that are left out are whole.
 *
 * Other than in a selection of an H5Dataset a list within the list is a list of indices, as in numpy, and no slice.
 *
 * @example
 * array.slice('2:4, [0, 2, 3]');
 * array.slice([{ start: 2, stop: 4 }, [0, 2, 3]]); // the same
 * array.slice([[0, 2, 3]]); // three rows
 * array.slice({ mask: new Uint8Array([1, 0, 1]) }); // rows 0 and 2
 */
export type ArraySelection = string | readonly ArrayIndex[] | Exclude<ArrayIndex, readonly unknown[]>;

/** A list of indices, or a mask, flat. */
interface FlatList {
  readonly shape: readonly number[];
  readonly values: ArrayLike<unknown>;
  readonly isMask: boolean;
}

const NEW_AXIS = new Set(['None', 'null', 'newaxis']);
const WHOLE: Slice = {};

/**
 * The part of a view that a selection selects.
 *
 * @throws {H5IndexError} when an index is not within its axis, or there are more than axes.
 * @throws {H5TypeError} when it is no selection, a mask has another shape, or lists do not broadcast.
 */
export function selectView(view: ArrayView, selection: ArraySelection): ArrayView {
  const { shape } = view;
  const given = entriesOf(selection).map(parsed);
  let used = 0;
  let dots = -1;
  given.forEach((entry, i) => {
    if (entry === '...') {
      if (dots >= 0) throw new H5TypeError("a selection has '...' at most once");
      dots = i;
    } else if (entry !== null && typeof entry !== 'boolean')
      used += isFlatList(entry) && entry.isMask ? entry.shape.length : 1;
  });
  if (used > shape.length)
    throw new H5IndexError(
      `the selection has ${used} indices, the array ${shape.length} axes, of (${shape.join(', ')})`,
    );
  const entries: AxisIndex[] = [];
  const lists: ListIndex[] = [];
  let axis = 0;
  const whole = (until: number): void => {
    for (; axis < until; axis++)
      entries.push({ kind: 'slice', axis, start: 0, step: 1, count: shape[axis] as number });
  };
  given.forEach((entry) => {
    if (entry === '...') {
      entries.push({ kind: 'gap' });
      whole(axis + shape.length - used);
    } else if (entry === null) entries.push({ kind: 'new' });
    else if (typeof entry === 'boolean')
      entries.push({ kind: 'list', axis: -1, shape: [Number(entry)], indices: new Float64Array(1) });
    else if (typeof entry === 'number') {
      entries.push({ kind: 'index', axis, index: checkIndex(entry, axis, shape[axis] as number) });
      axis++;
    } else if (!isFlatList(entry)) {
      entries.push(sliceOf(entry, axis, shape[axis] as number));
      axis++;
    } else if (entry.isMask) {
      entries.push(...maskIndices(entry, axis, shape));
      axis += entry.shape.length;
    } else {
      const list = listOf(entry, axis);
      if (list.shape.length > 0) {
        entries.push(list);
        lists.push(list);
      } else {
        // An array without axes is one index.
        const index = checkIndex(list.indices[0] as number, axis, shape[axis] as number);
        entries.push({ kind: 'index', axis, index });
      }
      axis++;
    }
  });
  whole(shape.length);
  const joint = jointShape(entries);
  for (const list of lists) checkList(list, shape[list.axis] as number, joint);
  return indexView(view, entries, joint);
}

/** Indices that are broadcast to nothing need not be within their axis: numpy does not look at them. */
function checkList({ indices, axis }: ListIndex, size: number, joint: readonly number[]): void {
  if (joint.includes(0)) indices.fill(0);
  else for (let i = 0; i < indices.length; i++) indices[i] = checkIndex(indices[i] as number, axis, size);
}

function isFlatList(entry: unknown): entry is FlatList {
  return typeof entry === 'object' && entry !== null && 'isMask' in entry;
}

function entriesOf(selection: ArraySelection): readonly ArrayIndex[] {
  if (typeof selection === 'string') return splitText(selection);
  return Array.isArray(selection) ? (selection as readonly ArrayIndex[]) : [selection as ArrayIndex];
}

/** The parts of a text between the commas that are not within brackets. */
function splitText(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '[') depth++;
    else if (character === ']') depth--;
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  const rest = text.slice(start);
  if (rest.trim() !== '' || parts.length === 0) parts.push(rest);
  return parts.length === 1 && rest.trim() === '' && parts[0] === rest ? [] : parts;
}

type Parsed = number | '...' | null | boolean | Slice | FlatList;

function parsed(entry: ArrayIndex): Parsed {
  switch (typeof entry) {
    case 'undefined':
      return WHOLE;
    case 'number':
      return entry;
    case 'bigint':
      return Number(entry);
    case 'boolean':
      return entry;
    case 'string':
      return parseText(entry.trim());
    case 'object':
      break;
    default:
      throw new H5TypeError(`a value of type ${typeof entry} is no index`);
  }
  if (entry === null) return null;
  if ('indices' in entry) return listed(entry.indices, 'indices');
  if ('mask' in entry) return listed(entry.mask, 'mask');
  if ('toTypedArray' in entry) return flatArray(entry);
  if ('length' in entry) return flatList(entry);
  return entry;
}

function parseText(text: string): Parsed {
  if (text === '...' || text === 'Ellipsis') return '...';
  if (NEW_AXIS.has(text)) return null;
  if (text === 'True' || text === 'true') return true;
  if (text === 'False' || text === 'false') return false;
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  const slice = /^([+-]?\d+)?\s*:\s*([+-]?\d+)?\s*(?::\s*([+-]?\d+)?)?$/.exec(text);
  if (slice) {
    const [start, stop, step] = slice
      .slice(1)
      .map((number) => (number === undefined ? undefined : Number(number)));
    return { start, stop, step };
  }
  if (text.startsWith('[')) {
    let list: unknown;
    try {
      list = JSON.parse(text.replaceAll('True', 'true').replaceAll('False', 'false'));
    } catch (error) {
      throw new H5TypeError(`'${text}' is no list of indices: ${(error as Error).message}`);
    }
    return flatList(list);
  }
  throw new H5TypeError(
    `'${text}' is no index: give a number, a slice such as '1:10:2', '...', 'None', or a list such as '[0, 2]'`,
  );
}

// ---- indices and slices -----------------------------------------------------------------------------------

function checkWhole(index: number, axis: number): void {
  if (!Number.isInteger(index)) throw new H5TypeError(`axis ${axis}: ${index} is no whole number`);
}

function checkIndex(index: number, axis: number, size: number): number {
  const counted = index < 0 ? index + size : index;
  checkWhole(index, axis);
  if (counted < 0 || counted >= size)
    throw new H5IndexError(`the index ${index} is not within axis ${axis}, of size ${size}`);
  return counted;
}

function sliceOf({ start, stop, step = 1 }: Slice, axis: number, size: number): AxisIndex {
  if (!Number.isSafeInteger(step) || step === 0)
    throw new H5TypeError(`axis ${axis}: the step ${step} is no whole number other than 0`);
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? size : size - 1;
  const bound = (at: number | undefined, otherwise: number): number => {
    if (at === undefined || at === null) return otherwise;
    if (!Number.isInteger(at) && Math.abs(at) !== Number.POSITIVE_INFINITY)
      throw new H5TypeError(`axis ${axis}, of size ${size}: ${String(at)} is no whole number`);
    return Math.min(Math.max(at < 0 ? at + size : at, low), high);
  };
  const first = bound(start, step > 0 ? low : high);
  const end = bound(stop, step > 0 ? high : low);
  const count = Math.max(0, Math.ceil((end - first) / step));
  return { kind: 'slice', axis, start: count === 0 ? 0 : first, step, count };
}

// ---- lists and masks --------------------------------------------------------------------------------------

function flatArray(array: IndexArray): FlatList {
  const isMask = array.dtype === 'bool';
  if (!isMask && !/^u?int/.test(array.dtype))
    throw new H5TypeError(`an array of the dtype '${array.dtype}' is no index: integers or booleans are`);
  return { shape: array.shape, values: array.toTypedArray(), isMask };
}

/** What is said to be indices or a mask, which an array may be as well: a mask then also of 0 and 1. */
function listed(list: unknown, kind: 'indices' | 'mask'): FlatList {
  const isArray = typeof list === 'object' && list !== null && 'toTypedArray' in list;
  if (!isArray) return flatList(list, kind);
  const { shape, dtype } = list as IndexArray;
  if (dtype === 'bool' && kind === 'indices')
    throw new H5TypeError('an array of booleans is a mask, and no indices');
  return { shape, values: (list as IndexArray).toTypedArray(), isMask: kind === 'mask' };
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/** Lists within lists as a flat one. Without `kind` a list whose first element is a boolean is a mask. */
function flatList(list: unknown, kind?: 'indices' | 'mask'): FlatList {
  if (!isList(list)) throw new H5TypeError(`a value of type ${typeof list} is no list of indices`);
  const shape: number[] = [];
  let first: unknown = list;
  while (isList(first)) {
    shape.push(first.length);
    if (shape.length > 64) throw new H5TypeError('a list of indices is nested without end');
    first = first[0];
  }
  const isMask = kind ? kind === 'mask' : typeof first === 'boolean';
  if (shape.length === 1) return { shape, values: list, isMask };
  const values: unknown[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (depth === shape.length) {
      values.push(value);
      return;
    }
    if (!isList(value) || value.length !== shape[depth])
      throw new H5TypeError(`a list of indices is ragged: it does not have the shape (${shape.join(', ')})`);
    for (let i = 0; i < value.length; i++) visit(value[i], depth + 1);
  };
  visit(list, 0);
  return { shape, values, isMask };
}

function listOf({ shape, values }: FlatList, axis: number): ListIndex {
  const indices = new Float64Array(values.length);
  for (let i = 0; i < indices.length; i++) {
    const value = values[i];
    if (typeof value !== 'number' && typeof value !== 'bigint')
      throw new H5TypeError(`axis ${axis}: ${String(value)} in a list of indices is no number`);
    indices[i] = Number(value);
    checkWhole(indices[i] as number, axis);
  }
  return { kind: 'list', axis, shape, indices };
}

/** For each axis of a mask the indices where it is true. */
function maskIndices(mask: FlatList, axis: number, shape: readonly number[]): AxisIndex[] {
  const { values } = mask;
  const own = shape.slice(axis, axis + mask.shape.length);
  const isFlat = mask.shape.length === 1 && own.length === 1;
  if (mask.shape.some((size, i) => size !== own[i]))
    throw new H5IndexError(
      `a mask of the shape (${mask.shape.join(', ')}) for axes of (${own.join(', ')}), from axis ${axis} on`,
    );
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === true || value === 1) count++;
    else if (value !== false && value !== 0)
      throw new H5TypeError(`element ${i} of a mask is ${String(value)}, neither true nor false`);
  }
  const indices = own.map(() => new Float64Array(count));
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    if (!values[i]) continue;
    if (isFlat) (indices[0] as Float64Array)[at] = i;
    else {
      let left = i;
      for (let k = own.length - 1; k >= 0; k--) {
        const size = own[k] as number;
        (indices[k] as Float64Array)[at] = left % size;
        left = Math.floor(left / size);
      }
    }
    at++;
  }
  return indices.map((list, k) => ({ kind: 'list', axis: axis + k, shape: [count], indices: list }));
}

/** What all lists are broadcast to. */
function jointShape(entries: readonly AxisIndex[]): readonly number[] {
  const shapes = entries.flatMap((entry) => (entry.kind === 'list' ? [entry.shape] : []));
  return broadcastShapes(shapes, 'lists of indices');
}

/**
 * The shape that arrays of these shapes are broadcast to, as in numpy.
 *
 * @throws {H5TypeError} when they do not fit.
 * @example
 * broadcastShapes([[3, 1], [4]]); // [3, 4]
 */
export function broadcastShapes(shapes: readonly (readonly number[])[], what = 'arrays'): number[] {
  const rank = shapes.reduce((most, shape) => Math.max(most, shape.length), 0);
  const joint = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    const extra = rank - shape.length;
    shape.forEach((size, k) => {
      const known = joint[extra + k] as number;
      if (size !== known && size !== 1 && known !== 1)
        throw new H5TypeError(
          `${what} of the shapes ${shapes.map((each) => `(${each.join(', ')})`).join(', ')} do not broadcast: ${known} and ${size}`,
        );
      if (known === 1) joint[extra + k] = size;
    });
  }
  if (!Number.isSafeInteger(product(joint))) throw new H5TypeError(`${what} broadcast to too many elements`);
  return joint;
}
