/** What the elements of an array are, by numpy's names. `'record'` has named fields, `'object'` is any other value. */
export type DTypeName =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'float16'
  | 'float32'
  | 'float64'
  | 'complex64'
  | 'complex128'
  | 'str'
  | 'record'
  | 'object';

/** A dtype by its name, or in numpy's short spelling. The order of bytes says nothing of elements in memory. */
export type DTypeLike =
  | DTypeName
  | `${'' | '<' | '>' | '=' | '|'}${'b1' | 'i1' | 'i2' | 'i4' | 'i8' | 'u1' | 'u2' | 'u4' | 'u8' | 'f2' | 'f4' | 'f8' | 'c8' | 'c16'}`;

/**
 * The elements of a block, one after another in row-major order:
 *
 * | dtype              | data                                                             |
 * | ------------------ | ---------------------------------------------------------------- |
 * | `bool`             | `Uint8Array` of 0 and 1                                          |
 * | `int8` ... `uint32` | the typed array of the same name                                 |
 * | `int64`, `uint64`  | `BigInt64Array`, `BigUint64Array`                                |
 * | `float16`          | `Float32Array`                                                   |
 * | `float32`, `float64` | the typed array of the same name                               |
 * | `complex64`        | `Float32Array`, twice as long: real and imaginary parts in turns |
 * | `complex128`       | `Float64Array`, the same                                         |
 * | `str`              | an array of strings                                              |
 * | `record`, `object` | an array of values                                               |
 */
export type BlockData =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array
  | unknown[];

/** A box of an array: along each axis the indices from `start` up to, not including, `start + shape`. */
export interface Block {
  readonly start: readonly number[];
  readonly shape: readonly number[];
  /** The same box as a selection. */
  readonly selection: readonly { readonly start: number; readonly stop: number }[];
}

/**
 * An array that is read and written in boxes, each of which fits into memory, wherever its elements are. An H5Array is one.
 *
 * @example
 * let sum = 0;
 * let data: BlockData | undefined;
 * for (const block of source.blocks()) {
 *   data = source.readBlock(block, data);
 *   for (const value of data as Float64Array) sum += value;
 * }
 */
export interface BlockSource {
  readonly shape: readonly number[];
  readonly dtype: DTypeName;
  /**
   * Boxes that cover the array, none of them twice, in row-major order of where they begin; an array without elements has
   * none, one without axes has one. The data of each, and what it takes to read them, are at most `maxBytes`, or one element;
   * without it they are as large as goes through memory fastest, a few megabytes.
   */
  blocks(maxBytes?: number): Iterable<Block>;
  /**
   * The elements of a box, which need not be one of `blocks`. They belong to the caller. `into` are those of another box that
   * are not needed any more: their memory is used again where that is possible, so that a loop over blocks does not fill memory
   * faster than it is collected.
   */
  readBlock(block: Block, into?: BlockData): BlockData;
  /** Writes the elements of a box; `data` are as `readBlock` returns them, and may be used again afterwards. */
  writeBlock(block: Block, data: BlockData): void;
}
