import { optionOf } from '../errors.js';
import type { ObjectInfo } from '../hdf5/object.js';
import {
  type Class,
  type Decoder,
  type Encoder,
  H5RegistryError,
  h5read,
  h5write,
  type RegisteredClass,
  type Spend,
  type TypeRegistry,
  type ValueType,
} from '../registry/index.js';
import type { Node, Planner } from './plan.js';
import type { Restorer, UnknownClass } from './restore.js';

/** A place in a file that is being read: an object that the one at `root` leads to, and the number of an instance in it. */
export interface FilePlace {
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
  /** A class for the instances in a file, in an object of it, of one that nobody has registered. */
  unknown(name: string, version: number, info?: ObjectInfo, restorer?: Restorer): RegisteredClass | undefined;
  /** Whether such a class says how its fields are stored. */
  readonly hasStored?: boolean;
  /** What such a class is, by its prototype. */
  unknownOf(prototype: object): RegisteredClass | undefined;
  /** The name by which a symbol, a function or a registered value is stored. */
  nameOf(value: unknown, registry: TypeRegistry): string | undefined;
  /** The value of such a name, or what stands for one that is not registered; undefined if that is an error. */
  named(name: string, registry: TypeRegistry, unknownClass: UnknownClass): unknown;
  /** What plans and restores, with all that the options can ask for. */
  readonly Planner?: typeof Planner;
  readonly Restorer?: typeof Restorer;
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
    /** Waits for it, when it has been planned. */
    ready(nodes: readonly Node[]): Promise<void>;
  };
  /** The same, to read what is stored again as it is: the program does not see it, and no `afterRead` is to change it. */
  moving?(): Values;
  /** The instance of a class that a plain object is to be; what is none is returned as it is. */
  instance?(value: unknown, cls: Class, registry: TypeRegistry, spend: Spend): unknown;
  /** What of an instance cannot be changed that cannot be extended: a word for the file. */
  integrity?(instance: object): string;
  /** Makes instances be so. */
  fix?(instances: readonly object[], integrity: string): void;
  /** Throws if what has been planned could not be read again. */
  check?(nodes: readonly Node[], registry: TypeRegistry): void;
  /** The error for what a class or a codec has thrown: it says where in a value, or in a file. */
  located?(error: unknown, where: string | FilePlace): unknown;
}

/** Nothing else. */
export const NO_VALUES: Values = {
  types: [],
  encoder: (cls) => without(cls.codec || h5write in cls.prototype, cls, 'stored'),
  decoder: (cls) => without(isSpecial(cls), cls, 'read'),
  unknown: () => undefined,
  unknownOf: () => undefined,
  nameOf: () => undefined,
  named: () => undefined,
};

function isSpecial({ codec, declared, migrate, afterRead, prototype, target }: RegisteredClass): unknown {
  return (
    codec ||
    migrate ||
    afterRead ||
    h5read in prototype ||
    h5read in target ||
    declared.some(
      (rule) => rule.required || rule.as || rule.default !== undefined || rule.enumerable === false,
    )
  );
}

function without(isNeeded: unknown, cls: RegisteredClass, what: string): undefined {
  if (isNeeded)
    throw new H5RegistryError(
      'H5_REGISTRY_CLASS',
      `class ${cls.name} is not ${what} without ${optionOf('values')}`,
    );
}
