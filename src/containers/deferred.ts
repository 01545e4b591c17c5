/** Values that are made where they are set. */
import type { H5Group } from '../hdf5/h5-group.js';

/** The name of what marks a function that makes a dataset where it is told to. */
export const deferred: unique symbol = /* @__PURE__ */ Symbol.for('h5pickle.deferred');

/** Where something is to be made: nothing has the name. */
export interface DeferredPlace {
  readonly group: H5Group;
  readonly name: string;
}

/**
 * Makes something in a file as soon as it is known where: when it is set as the value of a dict.
 *
 * @example
 * dict.set('weights', zeros.defer([1000, 1000])); // of h5pickle/numpy
 */
export interface Deferred {
  (place: DeferredPlace): unknown;
  readonly [deferred]: true;
}

export function isDeferred(value: unknown): value is Deferred {
  return typeof value === 'function' && deferred in value;
}
