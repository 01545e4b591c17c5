import { H5Error } from '../errors.js';

/** What can be wrong with the operands of a function on arrays. */
export type KernelErrorCode =
  /** An unknown dtype, or one that a function does not take. */
  | 'H5_DTYPE'
  /** A result that the dtype asked for, or that of `out`, cannot hold. */
  | 'H5_CASTING'
  /** Shapes that do not broadcast, or do not fit each other. */
  | 'H5_SHAPE'
  /** An axis that there is not. */
  | 'H5_AXIS'
  /** An index out of range. */
  | 'H5_INDEX'
  /** An `out` that does not fit. */
  | 'H5_OUT'
  /** An argument that is no number of the kind that is needed. */
  | 'H5_VALUE'
  /** More memory than the cap. */
  | 'H5_MEMORY'
  /** More than is free where a result is to be stored. */
  | 'H5_SPACE';

/**
 * Operands that a function on arrays cannot work with. Nothing has been computed, and `out` is as it was.
 *
 * @example
 * try {
 *   add(a, b);
 * } catch (error) {
 *   if (error instanceof KernelError && error.code === 'H5_SHAPE') console.error('the shapes do not broadcast');
 * }
 */
export class KernelError extends H5Error {
  override readonly name: string = 'KernelError';

  constructor(code: KernelErrorCode, message: string) {
    super(code, message);
  }
}
