/**
 * How much a value that is written, or a file that is read, may take: more is an `H5LimitError`.
 *
 * @example
 * deserialize(bytes, { limits: { depth: 1000, nodes: 10_000, bytes: 1 << 20 } });
 */
export interface Limits {
  /** How many values may be within each other. Default: 2,097,152 (2^21). */
  readonly depth?: number | undefined;
  /** How many objects there may be that take a group or a dataset each. Default when a value is written: 4,194,304 (2^22). */
  readonly nodes?: number | undefined;
  /**
   * The size of the file that is written; or how many bytes and values a file that is read may expand to. Default: files
   * that are written may have any size; of those that are read, 4,194,304 and 16 for each byte of the file.
   */
  readonly bytes?: number | undefined;
}

/** Unless told otherwise: more than anybody needs, and few enough that values without end do not take all memory. */
export const MAX_DEPTH = 1 << 21;
export const MAX_NODES = 1 << 22;
