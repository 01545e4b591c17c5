import { H5TypeError } from '../errors.js';
import { type DType, parseDType } from './dtype.js';
import { type Encoded, encode, isList } from './elements.js';
import { inferDatatype } from './infer.js';
import { type Dataspace, MAX_RANK, NULL_SPACE, SCALAR, simple } from './messages/dataspace.js';
import { type Datatype, FLOAT64 } from './messages/datatype.js';
import { nativeBytes } from './number-elements.js';
import { shapedData } from './shaped-data.js';

/** Data on their way into a file: what they are, and their bytes. */
export interface Prepared {
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  /** Absent where no data were given: the elements are zeros. */
  readonly encoded: Encoded | undefined;
  /** The address of the committed datatype that an attribute is to share. */
  readonly committed?: number | undefined;
}

/** A typed array of the same numbers is not encoded again, but used as it is: what is done with it is done at once. */
function encodeNow(datatype: Datatype, values: ArrayLike<unknown>, count: number): Encoded {
  const bytes = nativeBytes(datatype, values);
  return bytes ? { ...NOTHING_LED_TO, bytes } : encode(datatype, values, count);
}

const NOTHING_LED_TO = { at: [], targets: [] };

/**
 * Encodes JavaScript data, `encoder` its elements. What `dtype` and `shape` leave open follows from the data, as in numpy: rectangular
 * nested arrays have dimensions, `null` and `undefined` have no element at all.
 */
export function prepare(
  data: unknown,
  dtype?: DType,
  shape?: readonly number[] | null,
  encoder: typeof encodeNow = encode,
): Prepared {
  if (ArrayBuffer.isView(data) && isList(data) && dtype === undefined && !shape) {
    const datatype = inferDatatype(data);
    return { datatype, dataspace: vector(data.length), encoded: encoder(datatype, data, data.length) };
  }
  const shaped = shapedData(data);
  if (shaped) {
    const dims = shape ?? shaped.shape;
    const elements = shaped.elements();
    return prepare(dims.length > 0 ? elements : elements[0], dtype ?? shaped.dtype, dims, encoder);
  }
  const given = dtype === undefined ? undefined : parseDType(dtype);
  if (data === undefined || data === null) {
    const dataspace = shape ? checkShape(shape) : NULL_SPACE;
    return { datatype: given ?? FLOAT64, dataspace, encoded: undefined };
  }
  const depth = given ? elementDepth(given) : 0;
  const dims = shape ? checkShape(shape).dims : dimensions(data, depth);
  const count = dims.reduce((product, dim) => product * dim, 1);
  let values: ArrayLike<unknown>;
  if (isList(data) && depth === 0 && (dims.length === 1 || ArrayBuffer.isView(data) || !isList(data[0]))) {
    // Flat already.
    values = data;
    if (values.length !== count || dims.length === 0) mismatch(dims, `${values.length} elements`);
  } else {
    const flat: unknown[] = [];
    flatten(data, dims, 0, flat, given);
    values = flat;
  }
  const datatype = given ?? inferDatatype(values);
  const dataspace: Dataspace = dims.length === 0 ? SCALAR : { kind: 'simple', dims };
  return { datatype, dataspace, encoded: encoder(datatype, values, count) };
}

/** The same for data that are written at once: typed arrays of the same numbers are not copied. */
export function prepareNow(data: unknown, dtype?: DType, shape?: readonly number[] | null): Prepared {
  return prepare(data, dtype, shape, encodeNow);
}

/**
 * Encodes JavaScript data as elements of a datatype, for a part of a dataset that is written at once. `shape` is that of the
 * data: `[]` for one element; `rank`: how many axes there are where they go.
 */
export function prepareElements(
  datatype: Datatype,
  data: unknown,
  rank?: number,
): { shape: readonly number[]; encoded: Encoded } {
  // Of an empty list alone nothing tells whether it is no elements, or one that is an empty sequence.
  if (rank === 0 && isList(data) && data.length === 0 && elementDepth(datatype) > 0)
    return { shape: [], encoded: encode(datatype, [data], 1) };
  const shaped = shapedData(data);
  if (shaped) {
    const elements = shaped.elements();
    return { shape: shaped.shape, encoded: encode(datatype, elements, elements.length) };
  }
  const shape = dimensions(data, elementDepth(datatype), rank);
  const count = shape.reduce((product, dim) => product * dim, 1);
  if (isList(data) && shape.length === 1 && elementDepth(datatype) === 0)
    return { shape, encoded: encodeNow(datatype, data, count) };
  const flat: unknown[] = [];
  flatten(data, shape, 0, flat, datatype);
  return { shape, encoded: encode(datatype, flat, count) };
}

/** The dataspaces of short one-dimensional data, which many objects share. */
const vectors: Dataspace[] = [];

export function vector(length: number): Dataspace {
  if (length >= 256) return simple(length);
  vectors[length] ??= simple(length);
  return vectors[length];
}

export function checkShape(shape: readonly number[]): Dataspace {
  if (!Array.isArray(shape))
    throw new H5TypeError(`a shape is a list of whole numbers, not ${String(shape)}`);
  let count = 1;
  for (const dim of shape) {
    if (!Number.isSafeInteger(dim) || dim < 0) throw new H5TypeError(`a shape is whole numbers, not ${dim}`);
    count *= dim;
  }
  if (!Number.isSafeInteger(count)) throw new H5TypeError(`the shape ${shape.join(' x ')} is too large`);
  if (shape.length > MAX_RANK) {
    throw new H5TypeError(`a shape of ${shape.length} dimensions`);
  }
  return shape.length === 0 ? SCALAR : { kind: 'simple', dims: [...shape] };
}

/** How many levels of arrays make one element. */
function elementDepth(type: Datatype): number {
  switch (type.class) {
    case 'variable-length':
      return type.string ? 0 : 1 + elementDepth(type.base);
    case 'array':
      return type.dims.length + elementDepth(type.base);
    case 'complex':
    case 'opaque':
    case 'time':
      return 1;
    default:
      return 0;
  }
}

/** The shape of nested data whose elements are `depth` lists deep; `most`: how many axes there can be, if that is known. */
function dimensions(data: unknown, depth: number, most?: number): number[] {
  const dims: number[] = [];
  for (let level = data; isList(level); level = level[0]) {
    dims.push(level.length);
    if (dims.length > 2 * MAX_RANK) throw new H5TypeError('the data are nested without end');
    if (level.length === 0 || ArrayBuffer.isView(level)) break;
  }
  let rank = dims.length - depth;
  if (dims.at(-1) === 0) {
    // An empty list is no elements, rather than one that is an empty sequence; in others it is one.
    const inner = dims.length - 1;
    if (inner === 0) rank = 1;
    else if (depth > 1) {
      const leaf = leafDepth(data, 0);
      if (leaf !== undefined) rank = leaf - depth;
      else if (most !== undefined) rank = Math.min(inner, most);
    }
  }
  return [...checkShape(dims.slice(0, Math.max(0, rank))).dims];
}

/** In how many lists the first value stands that is none, of data that begin with empty ones. */
function leafDepth(data: unknown, level: number): number | undefined {
  if (!isList(data)) return level;
  if (level > 2 * MAX_RANK) throw new H5TypeError('the data are nested without end');
  if (ArrayBuffer.isView(data)) return data.length > 0 ? level + 1 : undefined;
  for (let i = 0; i < data.length; i++) {
    const found = leafDepth(data[i], level + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function flatten(
  data: unknown,
  dims: readonly number[],
  level: number,
  flat: unknown[],
  given: Datatype | undefined,
): void {
  if (level === dims.length) {
    if (given === undefined && isList(data)) ragged(dims, level, data.length);
    flat.push(data);
    return;
  }
  if (!isList(data)) mismatch(dims, `a value of type ${typeof data} at depth ${level}`);
  if (data.length !== dims[level]) ragged(dims, level, data.length);
  if (level === dims.length - 1 && ArrayBuffer.isView(data)) {
    for (let i = 0; i < data.length; i++) flat.push(data[i]);
  } else {
    for (let i = 0; i < data.length; i++) flatten(data[i], dims, level + 1, flat, given);
  }
}

function mismatch(dims: readonly number[], found: string): never {
  throw new H5TypeError(`the data do not have the shape (${dims.join(', ')}): there are ${found}`);
}

function ragged(dims: readonly number[], level: number, length: number): never {
  throw new H5TypeError(
    `the data are ragged: ${length} elements at depth ${level} of the shape (${dims.join(', ')}); give a dtype such as { vlen: 'f8' }`,
  );
}
