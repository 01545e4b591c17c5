import { options } from '../containers/options.js';
import type { Block, BlockData, BlockSource } from '../kernels/block-source.js';
import { type Data, type ElementType, type Typed, typeOfArray, typeOfName } from '../kernels/element-type.js';
import type { Operand } from '../kernels/elementwise.js';
import { KernelError } from '../kernels/errors.js';
import { broadcastStrides, rowMajor, runs, sizeOf } from '../kernels/strides.js';
import { fromValues, isScalar, NDArray, type Nested, type Scalar } from './ndarray.js';

/** What the functions take as an array: an H5Array, an NDArray, a typed array, nested arrays, or one value. */
export type ArrayInput = NDArray | BlockSource | Nested | readonly (NDArray | BlockSource | Nested)[];

/** What functions return as an array: in memory, or on disk if it takes more than half of the cap. */
export type ArrayResult = NDArray | BlockSource;

/** An operand: elements in memory, or where they are read from. */
export interface Source extends Typed {
  readonly shape: readonly number[];
  readonly memory: NDArray | undefined;
  readonly disk: BlockSource | undefined;
}

/** Whether something is read and written in blocks. */
export function isBlockSource(value: unknown): value is BlockSource {
  return typeof value === 'object' && value !== null && 'readBlock' in value && 'blocks' in value;
}

/**
 * An operand as it is computed with.
 *
 * @throws {KernelError} H5_DTYPE, H5_SHAPE when the values are no array.
 */
export function sourceOf(input: unknown): Source {
  return sourceAs(input, undefined);
}

/** The same of what is to be of a dtype: values that are to be numbers are made nothing else on the way. */
export function sourceAs(input: unknown, dtype: string | undefined): Source {
  if (isBlockSource(input)) {
    const own = input.dtype;
    if (own === 'record' || own === 'object') {
      throw new KernelError(
        'H5_DTYPE',
        `elements of the dtype '${own}' are not computed with: take a field, or map them`,
      );
    }
    const type = typeOfName(own);
    if (input.shape.length > 0) return { type, shape: input.shape, memory: undefined, disk: input };
    // What has no axes is a scalar, of which the value counts.
    return inMemory(readWhole(input, type));
  }
  if (input instanceof NDArray) return inMemory(input);
  const isNumber = dtype !== undefined && typeOfName(dtype).kind !== 's';
  const array = fromValues(Array.isArray(input) ? input.map(inner) : input, isNumber ? { dtype } : {});
  return { ...inMemory(array), literal: typeof input === 'number' };
}

/** An element of a list that is an array on disk, in memory. */
function inner(value: unknown): unknown {
  return isBlockSource(value) ? readAll(sourceOf(value)) : value;
}

function inMemory(array: NDArray): Source {
  const { type, shape } = array;
  let value: Typed['value'];
  if (array.ndim === 0) {
    const element = array.get();
    value = typeof element === 'object' ? [element.re, element.im] : element;
  }
  return { type, shape, memory: array, disk: undefined, value };
}

/** A block from its beginning and its shape. */
export function blockAt(start: readonly number[], shape: readonly number[]): Block {
  return { start, shape, selection: start.map((at, axis) => ({ start: at, stop: at + shape[axis] })) };
}

/** The elements of a block as kernels know them. */
export function dataOf(read: BlockData): Data {
  return read as Data;
}

function readWhole(disk: BlockSource, type: ElementType): NDArray {
  const { shape } = disk;
  const data =
    sizeOf(shape) === 0
      ? []
      : disk.readBlock(
          blockAt(
            shape.map(() => 0),
            shape,
          ),
        );
  if (sizeOf(shape) === 0) return fromValues([], { dtype: type.name, shape: [0] }).reshape(shape);
  return new NDArray(dataOf(data), shape, type);
}

/** All elements, in memory: the array itself if it is there already. */
export function readAll(source: Source): NDArray {
  if (source.memory) return source.memory;
  const { type, shape, disk } = source;
  const bytes = sizeOf(shape) * type.size;
  const { maxMemory } = options();
  if (bytes > maxMemory) {
    throw new KernelError(
      'H5_MEMORY',
      `an array of ${bytes} bytes is needed in memory at once, of which ${maxMemory} are allowed: raise maxMemory, or use parts of it`,
    );
  }
  return readWhole(disk as BlockSource, type);
}

/** Memory that the next block is read into: what is read with one replaces what was read with it before. */
export interface Spare {
  data?: BlockData | undefined;
  /** For elements that are converted. */
  converted?: Data | undefined;
}

/**
 * The elements of an operand that belong to a box of the result, of which it has the shape or stretches to it.
 */
export function operandOf(
  source: Source,
  start: readonly number[],
  shape: readonly number[],
  spare?: Spare,
): Operand {
  const { type, memory } = source;
  const shift = shape.length - source.shape.length;
  if (memory) {
    const strides = rowMajor(memory.shape);
    let offset = 0;
    for (let axis = 0; axis < memory.shape.length; axis++)
      if (memory.shape[axis] !== 1) offset += strides[axis] * start[axis + shift];
    const own = memory.shape.map((length, axis) => (length === 1 ? 1 : shape[axis + shift]));
    return { type, data: memory.data, offset, strides: broadcastStrides(own, strides, shape) };
  }
  const from = source.shape.map((length, axis) => (length === 1 ? 0 : start[axis + shift]));
  const lengths = source.shape.map((length, axis) => (length === 1 ? 1 : shape[axis + shift]));
  const read = (source.disk as BlockSource).readBlock(blockAt(from, lengths), spare?.data);
  if (spare) spare.data = read;
  const data = dataOf(read);
  return { type, data, offset: 0, strides: broadcastStrides(lengths, rowMajor(lengths), shape) };
}

/** The bytes that one block may take where `count` blocks are in memory at once. */
export function blockBytes(count: number): number {
  return Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(options().maxMemory / (4 * count))));
}

/** Larger blocks are slower: what has been read is no longer in the processor's cache when it is computed with. */
const MOST_AT_ONCE = 2 ** 21;

/** A box by its beginning and its shape. */
export interface Part {
  readonly start: readonly number[];
  readonly shape: readonly number[];
}

/** Boxes of a shape in row-major order, each one run of memory, of about as many elements. */
export function* partsOf(shape: readonly number[], elements: number): IterableIterator<Part> {
  for (const box of runs(shape, Math.max(1, elements)))
    yield { start: box.map(([start]) => start), shape: box.map(([start, stop]) => stop - start) };
}

/** The boxes that an operand is best gone through by: those of its chunks, or runs of memory. */
export function blocksOf(source: Source, bytes: number): Iterable<Part> {
  const { disk, shape, type } = source;
  if (disk) return disk.blocks(bytes);
  return partsOf(shape, Math.floor(bytes / type.size));
}

/** A result in JavaScript's values: of an array without axes its element. */
export function unwrap(array: NDArray): NDArray | Scalar {
  return array.ndim === 0 ? array.get() : array;
}

export { isScalar, typeOfArray };
