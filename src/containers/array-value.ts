import { H5TypeError } from '../errors.js';
import type { Datatype } from '../hdf5/messages/datatype.js';
import { product } from '../hdf5/selection.js';
import { shapedData } from '../hdf5/shaped-data.js';
import type { BlockData, DTypeName } from '../kernels/block-source.js';
import { isNumeric, toBlockData, widthOf } from './block-data.js';

/** Values on their way into an array. */
export interface ArrayValue {
  readonly shape: readonly number[];
  readonly data: BlockData;
}

const MAX_DEPTH = 64;

/** How many levels of lists are one element. */
function depthOf(type: Datatype | undefined): number {
  switch (type?.class) {
    case 'variable-length':
      return type.string ? 0 : 1 + depthOf(type.base);
    case 'array':
      return type.dims.length + depthOf(type.base);
    case 'opaque':
    case 'time':
      return 1;
    default:
      return 0;
  }
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function isPair(value: unknown): boolean {
  return (
    Array.isArray(value) && value.length === 2 && typeof value[0] === 'number' && typeof value[1] === 'number'
  );
}

/**
 * A value, or values in lists within lists, as elements of a dtype. `type` says what elements are that are lists themselves;
 * without it lists are at most `rank` levels deep, if that is given.
 *
 * @throws {H5TypeError} when the lists are ragged, or a value does not fit.
 */
export function arrayValue(dtype: DTypeName, value: unknown, type?: Datatype, rank?: number): ArrayValue {
  const shaped = shapedData(value);
  if (shaped) return { shape: shaped.shape, data: toBlockData(dtype, shaped.elements()) };
  const isComplex = widthOf(dtype) === 2;
  const most = dtype === 'object' && !type ? (rank ?? MAX_DEPTH) : MAX_DEPTH;
  const shape: number[] = [];
  for (let level: unknown = value; isList(level) && shape.length < most; level = level[0]) {
    if (isComplex && isPair(level)) break;
    shape.push(level.length);
    if (shape.length === MAX_DEPTH) throw new H5TypeError('the values are nested without end');
    if (level.length === 0 || ArrayBuffer.isView(level)) break;
  }
  const isEmpty = shape.length === 1 && shape[0] === 0;
  if (!isEmpty) shape.length = Math.max(0, shape.length - depthOf(type));
  if (shape.length === 1 && (isNumeric(dtype) || Array.isArray(value)))
    return { shape, data: toBlockData(dtype, value as ArrayLike<unknown>) };
  const flat: unknown[] = [];
  flatten(value, shape, 0, flat, isNumeric(dtype) && !isComplex);
  return { shape, data: toBlockData(dtype, flat) };
}

function flatten(
  value: unknown,
  shape: readonly number[],
  level: number,
  flat: unknown[],
  isPlain: boolean,
): void {
  if (level === shape.length) {
    if (isPlain && isList(value)) ragged(shape, level, value.length);
    flat.push(value);
    return;
  }
  if (!isList(value))
    throw new H5TypeError(
      `the values do not have the shape (${shape.join(', ')}): there is one of type ${typeof value} at depth ${level}`,
    );
  if (value.length !== shape[level]) ragged(shape, level, value.length);
  for (let i = 0; i < value.length; i++) flatten(value[i], shape, level + 1, flat, isPlain);
}

function ragged(shape: readonly number[], level: number, length: number): never {
  throw new H5TypeError(
    `the values are ragged: ${length} at depth ${level} of the shape (${shape.join(', ')})`,
  );
}

/** Flat elements as arrays within arrays. */
export function nested(flat: ArrayLike<unknown>, shape: readonly number[]): unknown {
  let at = 0;
  const build = (axis: number): unknown => {
    if (axis === shape.length) return flat[at++];
    return Array.from({ length: shape[axis] as number }, () => build(axis + 1));
  };
  if (shape.includes(0) && product(shape.slice(0, shape.indexOf(0))) > 2 ** 26)
    throw new H5TypeError('there are no elements, in more rows than there can be arrays');
  return build(0);
}
