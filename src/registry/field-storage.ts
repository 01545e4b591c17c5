/**
 * A datatype by its name, as h5py and numpy spell it: `'i2'`, `'<u4'`, `'f4'`, `'int16'`, `'float32'`, ... for numbers; `'i8'`
 * and `'u8'` also for bigints; `'bool'` for booleans; `'S10'` for strings of at most 10 bytes of UTF-8, `'str'` for strings
 * of any length. Without `<` or `>` it is little-endian.
 *
 * @example
 * const dtype: FieldDType = 'f4';
 */
export type FieldDType =
  | `${'' | '<' | '>'}${'i' | 'u'}${1 | 2 | 4 | 8}`
  | `${'' | '<' | '>'}f${2 | 4 | 8}`
  | `${'int' | 'uint'}${8 | 16 | 32 | 64}`
  | `float${16 | 32 | 64}`
  | 'bool'
  | 'str'
  | `S${number}`;

/**
 * How the bytes of datasets are made smaller: `true` and `'gzip'` by deflate, a number by deflate of this level, 0 to 9.
 *
 * @example
 * await write('x.h5', value, { compression: { level: 6, above: 1 << 16 } });
 */
export type Compression = boolean | 'gzip' | number | CompressionOptions;

/** More about it. */
export interface CompressionOptions {
  /** Of deflate: 0 to 9; 4 unless told otherwise, as in h5py. */
  readonly level?: number | undefined;
  /** Whether the first bytes of all elements come together, then the second ones, ...: for numbers unless told otherwise. */
  readonly shuffle?: boolean | undefined;
  /** Only datasets of more than so many bytes. */
  readonly above?: number | undefined;
}

/**
 * How the value of a field is stored, where that is not to follow from the value.
 *
 * @example
 * const storage: FieldStorage = { dtype: 'f4', shape: [-1, 3], compression: 'gzip' };
 */
export interface FieldStorage {
  /** The datatype of a number, a string, ..., or of the elements of a list. A value that it does not hold is an error. */
  readonly dtype?: FieldDType | undefined;
  /** The shape in the file of a list that is flat in the program; -1 or undefined for the axis that follows from its length. */
  readonly shape?: readonly (number | undefined)[] | undefined;
  /**
   * Datasets in chunks: `true` for a size that suits most uses, rows along the first axis, or a shape, which is that of what one
   * instance has: in a table, chunks are as many rows of it as suit most uses.
   */
  readonly chunks?: boolean | number | readonly number[] | undefined;
  /** Whether and how the datasets of the field are compressed, whatever the options of the whole say. */
  readonly compression?: Compression | undefined;
  /** Whether it is left out of the file where it is undefined; then it is that again, whatever a constructor sets. */
  readonly optional?: boolean | undefined;
}
