import { H5RegistryError } from './errors.js';
import type { RegisteredClass } from './registered-class.js';
import type { TypeRegistry } from './type-registry.js';

/**
 * How values are stored that their properties alone do not make again: by their content, a record of other values, which
 * may hold anything that can be stored. It comes back by `decode`, which gets the complete content; or by `create` and
 * `fill`, for values that may be part of what they contain: then `create` makes an empty value, and `fill` completes it
 * when all else is made.
 *
 * @example
 * const decimal: Codec<Decimal> = {
 *   name: 'Decimal',
 *   encode: (value) => ({ digits: value.toString() }),
 *   decode: ({ digits }) => new Decimal(digits as string),
 * };
 */
export interface Codec<T extends object = object> {
  /** What the file calls such values. */
  readonly name: string;
  /** The content of a value: an object with a property for each part. */
  encode(value: T): object;
  /** The value with a content. */
  decode?(content: Content, spend: Spend): T;
  /** A value without content. */
  create?(): T;
  /** Gives a value that `create` made its content; `version`: of its class, as the file says it. */
  fill?(value: T, content: Content, version: number, spend: Spend): void;
}

/**
 * What a codec calls that copies parts of a content, with how many elements or bytes it copies. A hostile file may have the
 * same large part in the content of any number of values: this ends in an error when it is too much for the size of the file.
 */
export type Spend = (count: number) => void;

/** What `encode` returned, made again: a plain object. */
export interface Content {
  readonly [property: string]: unknown;
}

/** A type of the platform's, and how its values are stored. */
export interface ValueType<T extends object = object> extends Codec<T> {
  /** What the prototype of its values is. */
  readonly prototype: T;
}

/** What else than the core's own types can be stored, for the option `values`: `h5pickle/values` has it all. */
export interface Values {
  readonly types: readonly ValueType[];
  /**
   * How instances of a class are stored that extends a type whose content is not in their properties; or, if the `version`
   * is given that a file holds, how they are read, when there is more to it than setting their properties.
   */
  extend(cls: RegisteredClass, version?: number): Codec | undefined;
  /** A class for the instances in a file of one that nobody has registered. */
  unknown(name: string, version: number): RegisteredClass | undefined;
  /** What such a class is, by its prototype. */
  unknownOf(prototype: object): RegisteredClass | undefined;
  /** The name by which a symbol, a function or a registered value is stored. */
  nameOf(value: unknown, registry: TypeRegistry): string | undefined;
  /** The value of such a name. */
  named(name: string, registry: TypeRegistry): unknown;
  /** How an array is stored that its elements alone do not make again, if it is not by them. */
  typeOfArray?(array: readonly unknown[]): ValueType | undefined;
  /**
   * For one value that is written: called with lists of all typed arrays, DataViews and ArrayBuffers in it, and again with
   * those that come of the answer, which says of each how it is stored, if not by its bytes alone. Undefined: all are.
   */
  sharing?(): (met: readonly (readonly object[])[]) => ((value: object) => ValueType | undefined) | undefined;
  /** For one value that is written by `write`, which can wait: what else is stored then, if it is waited for. */
  inTime?(): {
    readonly values: Values;
    /** Waits for it. `pathOf` says where a typed array stands that is a part of what was planned. */
    ready(pathOf: (array: Uint8Array) => string): Promise<void>;
  };
}

/** Nothing else. */
export const NO_VALUES: Values = {
  types: [],
  extend(cls, version) {
    if (version !== undefined && (cls.migrate || cls.afterRead || cls.expected.length > 0))
      throw new H5RegistryError(
        'H5_REGISTRY_CLASS',
        `class ${cls.name} is not read without the option { values }`,
      );
    return undefined;
  },
  unknown: () => undefined,
  unknownOf: () => undefined,
  nameOf: () => undefined,
  named: () => undefined,
};
