import { H5RegistryError } from './errors.js';
import { h5read, h5write } from './hooks.js';
import type { Class } from './metadata.js';
import type { RegisteredClass } from './registered-class.js';
import type { TypeRegistry } from './type-registry.js';

/** How values are stored that their properties alone do not make again: by their content. */
export interface Encoder<T extends object = object> {
  /** What the file calls such values. */
  readonly name: string;
  /** The content of a value: an object with a property for each part. */
  encode(value: T): object;
  /** Whether `encode` only looks at instances and returns them, so that they are stored by their properties. */
  readonly checks?: boolean;
}

/** How they are made again. */
export interface Decoder<T extends object = object> {
  readonly name: string;
  /** The value with a content. */
  decode?(content: Content, spend: Spend): T;
  /** A value without content. */
  create?(): T;
  /** Gives a value that `create` made its content; `version`: of its class, as the file says it. */
  fill?(value: T, content: Content, version: number, spend: Spend): void;
}

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
export interface Codec<T extends object = object> extends Encoder<T>, Decoder<T> {}

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

/** A place in a file that is being read: an object that the one at `root` leads to, and the number of an instance in it. */
export interface Place {
  readonly space: object;
  readonly root: number;
  readonly address: number;
  readonly row: number;
}

/** What else than the core's own types can be stored, for the option `values`: `h5pickle/values` has it all. */
export interface Values {
  readonly types: readonly ValueType[];
  /** How instances of a class are stored, when there is more to it than their properties. */
  encoder(cls: RegisteredClass): Encoder | undefined;
  /** How instances of a class are read that a file has in a version, when there is more to it than setting their properties. */
  decoder(cls: RegisteredClass, version: number, registry: TypeRegistry): Decoder | undefined;
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
  /** The instance of a class that a plain object is to be; what is none is returned as it is. */
  instance?(value: unknown, cls: Class, registry: TypeRegistry, spend: Spend): unknown;
  /** What of an instance cannot be changed that cannot be extended: a word for the file. */
  integrity?(instance: object): string;
  /** Makes instances be so. */
  fix?(instances: readonly object[], integrity: string): void;
  /** The error for what a class or a codec has thrown: it says where in a value, or in a file. */
  located?(error: unknown, where: string | Place): unknown;
}

/** Nothing else. */
export const NO_VALUES: Values = {
  types: [],
  encoder: (cls) => without(h5write in cls.prototype, cls, 'stored'),
  decoder: (cls) => without(isSpecial(cls), cls, 'read'),
  unknown: () => undefined,
  unknownOf: () => undefined,
  nameOf: () => undefined,
  named: () => undefined,
};

function isSpecial({ declared, migrate, afterRead, prototype, target }: RegisteredClass): boolean {
  return (
    migrate !== undefined ||
    afterRead !== undefined ||
    h5read in prototype ||
    h5read in target ||
    declared.some(
      (rule) => rule.required || rule.as || rule.default !== undefined || rule.enumerable === false,
    )
  );
}

function without(isNeeded: boolean, cls: RegisteredClass, what: string): undefined {
  if (isNeeded)
    throw new H5RegistryError(
      'H5_REGISTRY_CLASS',
      `class ${cls.name} is not ${what} without the option { values }`,
    );
}
