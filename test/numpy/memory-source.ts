import type { Block, BlockData, BlockSource, DTypeName } from '../../src/kernels/block-source.js';
import type { ElementType } from '../../src/kernels/element-type.js';
import { copyStrided, rowMajor, sizeOf } from '../../src/kernels/strides.js';
import { NDArray } from '../../src/numpy/ndarray.js';

const NAMES: { readonly [name: string]: DTypeName } = {
  bool: 'bool',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  f4: 'float32',
  f8: 'float64',
  c8: 'complex64',
  c16: 'complex128',
  str: 'str',
};

/** An array that is read in blocks, as one on disk is, and counts them. */
export class MemorySource implements BlockSource {
  readonly array: NDArray;
  readonly #chunk: readonly number[];
  reads = 0;
  writes = 0;
  /** The most bytes that a block had. */
  largest = 0;

  constructor(array: NDArray, chunk?: readonly number[]) {
    this.array = new NDArray(array.data.slice() as never, array.shape, array.type);
    this.#chunk = chunk ?? array.shape.map((length) => Math.max(1, Math.min(3, length)));
  }

  get shape(): readonly number[] {
    return this.array.shape;
  }

  get dtype(): DTypeName {
    return NAMES[this.array.type.name] as DTypeName;
  }

  *blocks(maxBytes = Infinity): IterableIterator<Block> {
    const { shape } = this;
    if (sizeOf(shape) === 0) return;
    const steps = [...this.#chunk];
    for (let axis = 0; axis < steps.length; axis++) {
      while (sizeOf(steps) * this.array.itemsize > maxBytes && steps[axis] > 1) steps[axis]--;
    }
    const index = shape.map(() => 0);
    for (;;) {
      const lengths = index.map((at, axis) => Math.min(steps[axis], shape[axis] - at));
      const start = [...index];
      yield {
        start,
        shape: lengths,
        selection: start.map((at, axis) => ({ start: at, stop: at + lengths[axis] })),
      };
      let axis = shape.length - 1;
      for (; axis >= 0; axis--) {
        index[axis] += steps[axis];
        if (index[axis] < shape[axis]) break;
        index[axis] = 0;
      }
      if (axis < 0) return;
    }
  }

  readBlock({ start, shape }: Block): BlockData {
    this.reads++;
    const { data, type } = this.array;
    this.largest = Math.max(this.largest, sizeOf(shape) * type.size);
    const target = newData(type, sizeOf(shape));
    const strides = rowMajor(this.shape);
    const offset = start.reduce((sum, at, axis) => sum + at * strides[axis], 0);
    copyStrided(
      shape,
      { data, offset, strides },
      { data: target, offset: 0, strides: rowMajor(shape) },
      type.width,
    );
    return target;
  }

  writeBlock({ start, shape }: Block, block: BlockData): void {
    this.writes++;
    const { data, type } = this.array;
    if (block.length !== sizeOf(shape) * type.width) throw new Error('a block of another size');
    if (!Array.isArray(block) && block.constructor !== type.array) throw new Error('a block of another type');
    const strides = rowMajor(this.shape);
    const offset = start.reduce((sum, at, axis) => sum + at * strides[axis], 0);
    copyStrided(
      shape,
      { data: block as never, offset: 0, strides: rowMajor(shape) },
      { data, offset, strides },
      type.width,
    );
  }
}

function newData(type: ElementType, count: number): never {
  return (type.kind === 's' ? new Array(count).fill('') : new type.array(count * type.width)) as never;
}
