import { H5Error } from '../errors.js';

/** How much a value that is written, or a file that is read, may take: more is an `H5LimitError`. */
export interface Limits {
  /** How many values may be within each other. Default: 2,097,152 (2^21). */
  readonly depth?: number;
  /** How many objects there may be that take a group or a dataset each. Default when a value is written: 4,194,304 (2^22). */
  readonly nodes?: number;
  /**
   * The size of the file that is written; or how many bytes and values a file that is read may expand to. Default: files
   * that are written may have any size; of those that are read, 4,194,304 and 16 for each byte of the file.
   */
  readonly bytes?: number;
}

/** Unless told otherwise: more than anybody needs, and few enough that values without end do not take all memory. */
export const MAX_DEPTH = 1 << 21;
export const MAX_NODES = 1 << 22;

/**
 * A value or a file goes beyond a limit, which may be the default. `limit` is its name in the option `limits`.
 *
 * @example
 * try {
 *   deserialize(upload, { limits: { depth: 100, bytes: 1e8 } });
 * } catch (error) {
 *   if (error instanceof H5LimitError) console.error('too large an upload:', error.limit);
 * }
 */
export class H5LimitError extends H5Error {
  override readonly name: string = 'H5LimitError';
  readonly limit: keyof Limits;

  constructor(limit: keyof Limits, most: number, what: string) {
    super(
      'H5_LIMIT',
      `${what}: the limit \`${limit}\` is ${most}; the option { limits: { ${limit} } } moves it`,
    );
    this.limit = limit;
  }
}
