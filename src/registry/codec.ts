import { H5RegistryError } from './errors.js';
import { h5read, h5write } from './hooks.js';
import type { RegisteredClass } from './registered-class.js';
import type { TypeRegistry } from './type-registry.js';

/** How values are stored that their properties alone do not make again: by their content. */
export interface Encoder<T extends object = object> {
  /** What the file calls such values. */
  readonly name: string;
  /**
   * The content of a value: an object with a property for each part, or a Map, which keeps any order. The value itself
   * stands for its own fields.
   */
  encode(value: T): object;
}

/** How they are made again. */
export interface Decoder<T extends object = object> {
  readonly name: string;
  /** The value with a content. */
  decode?(content: Content): T;
  /** A value without content. */
  create?(): T;
  /** Gives a value that `create` made its content; `version`: of its class, as the file says it. */
  fill?(value: T, content: Content, version: number): void;
  /** Whether the content comes as a Map where it can, for the order of its parts. */
  readonly ordered?: boolean;
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

/** What `encode` returned, made again: a plain object. */
export interface Content {
  readonly [property: string]: unknown;
}

/** A type of the platform's, and how its values are stored. */
export interface ValueType<T extends object = object> extends Codec<T> {
  /** What the prototype of its values is. */
  readonly prototype: T;
}

/** A place in a file that is being read. */
export interface Place {
  /** What reads it. */
  readonly reader: object;
  /** Where the object is that is read, and the one that is read as a whole. */
  readonly address: number;
  readonly root: number;
  /** The number of the instance among those of the object. */
  readonly row: number;
}

/** What else than the core's own types can be stored, for the option `values`: `h5pickle/values` has it all. */
export interface Values {
  readonly types: readonly ValueType[];
  /** How instances of a class are stored, when there is more to it than their properties. */
  encoder(cls: RegisteredClass): Encoder | undefined;
  /**
   * How instances of a class are read that a file has in a version, when there is more to it than setting their properties;
   * `always`: and when there is not.
   */
  decoder(cls: RegisteredClass, version: number, always?: boolean): Decoder | undefined;
  /** A class for the instances in a file of one that nobody has registered. */
  unknown(name: string, version: number): RegisteredClass | undefined;
  /** What such a class is, by its prototype. */
  unknownOf(prototype: object): RegisteredClass | undefined;
  /** The name by which a symbol, a function or a registered value is stored. */
  nameOf(value: unknown, registry: TypeRegistry): string | undefined;
  /** The value of such a name. */
  named(name: string, registry: TypeRegistry): unknown;
  /** The error for what a class or a codec has thrown: it says where, and what was being stored or made. */
  located(error: unknown, where: string | Place, name?: string): unknown;
  /**
   * Notes which classes things are of that a file holds without saying one: what is in the fields of instances of a class, or
   * what is itself expected to be such an instance.
   */
  mark(cls: RegisteredClass, place: Place, registry: TypeRegistry, itself?: boolean): void;
}

/** Nothing else. */
export const NO_VALUES: Values = {
  types: [],
  encoder: (cls) => without(cls, 'stored', cls.expected.some(({ as }) => as) || hasHooks(cls)),
  decoder: (cls) =>
    without(cls, 'read', cls.migrate ?? cls.afterRead ?? (cls.expected.length > 0 || hasHooks(cls))),
  unknown: () => undefined,
  unknownOf: () => undefined,
  nameOf: () => undefined,
  named: () => undefined,
  located: (error) => error,
  mark() {},
};

function hasHooks({ prototype, target }: RegisteredClass): boolean {
  return h5write in prototype || h5read in prototype || h5read in target;
}

function without(cls: RegisteredClass, what: string, isNeeded: unknown): undefined {
  if (isNeeded)
    throw new H5RegistryError(
      'H5_REGISTRY_CLASS',
      `class ${cls.name} is not ${what} without the option { values }`,
    );
}
