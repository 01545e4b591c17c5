import { H5Error } from '../errors.js';

/**
 * What went wrong, as a word that stays the same across versions:
 *
 * - `H5_REGISTRY_CLASS`: what is registered is not a class, or its options contradict each other
 * - `H5_REGISTRY_NAME`: a name that cannot stand in a file
 * - `H5_REGISTRY_CONFLICT`: the name, or the class, is registered already
 * - `H5_REGISTRY_FIELD`: the rules for the properties of a class contradict each other
 * - `H5_REGISTRY_DECORATOR`: a decorator stands where it cannot work
 * - `H5_REGISTRY_CREATE`: the `create` option of a class returned something else
 *
 * @example
 * const code: H5RegistryErrorCode = 'H5_REGISTRY_NAME';
 */
export type H5RegistryErrorCode =
  | 'H5_REGISTRY_CLASS'
  | 'H5_REGISTRY_NAME'
  | 'H5_REGISTRY_CONFLICT'
  | 'H5_REGISTRY_FIELD'
  | 'H5_REGISTRY_DECORATOR'
  | 'H5_REGISTRY_CREATE';

/**
 * A class cannot be registered as asked. The message says which class and property, and what to do.
 *
 * @example
 * try {
 *   registry.register(Point, { name: '@point' });
 * } catch (error) {
 *   if (error instanceof H5RegistryError) console.error(error.code); // 'H5_REGISTRY_NAME'
 * }
 */
export class H5RegistryError extends H5Error {
  override readonly name: string = 'H5RegistryError';
  declare readonly code: H5RegistryErrorCode;

  constructor(code: H5RegistryErrorCode, message: string) {
    super(code, message);
  }
}
