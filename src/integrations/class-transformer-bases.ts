/**
 * What instances hold of classes that extend a type of the language: it is in none of their properties, so that the decorators
 * say nothing of it.
 */
import { H5FormatError } from '../errors.js';
import {
  type Class,
  type Content,
  entriesOf,
  membersOf,
  type Spend,
  setEntries,
  setMembers,
} from '../registry/index.js';

/** A type of the language that classes extend. */
export interface Base {
  readonly prototype: object;
  /** The name under which what its instances hold is stored: no property has it. */
  readonly inner: string;
  /** What is stored of it; `excluded`: properties that are not to be. */
  encode(instance: object, excluded: readonly string[]): unknown;
  /** Gives an instance that its constructor has made what it held. Without it in the content it stays as it is. */
  fill?(instance: object, content: Content, spend: Spend): void;
  /** The instance itself, where it cannot be filled. */
  make?(content: Content, cls: Class): object;
  /** Tells names of what it holds, which are those of properties too. */
  isElement?(name: string): boolean;
}

/** The type that a class extends, if what its instances hold is not in their properties. */
export function baseOf(prototype: object): Base | undefined {
  if (isBaseOf.call(ABOVE, prototype)) return numbersOf(typeOf(prototype));
  return BASES.find((base) => isBaseOf.call(base.prototype, prototype));
}

/** Types that say what they hold to nobody, or each in a way of its own. */
const UNKNOWN = [
  ...['Number', 'String', 'Boolean', 'BigInt', 'Symbol', 'Function', 'RegExp', 'Promise', 'ArrayBuffer'],
  ...['SharedArrayBuffer', 'DataView', 'WeakMap', 'WeakSet', 'WeakRef', 'URL', 'URLSearchParams', 'Blob'],
  ...['DOMException', 'Headers', 'FormData', 'Request', 'Response', 'ReadableStream'],
];

/** The name of a type that a class extends of which nothing is known. */
export function unknownBaseOf(prototype: object): string | undefined {
  const all = globalThis as unknown as Record<string, { readonly prototype?: unknown } | undefined>;
  return UNKNOWN.find((name) => {
    const base = all[name]?.prototype;
    return typeof base === 'object' || typeof base === 'function'
      ? isBaseOf.call(base as object, prototype)
      : false;
  });
}

export function isElementOf(base: Base, name: string): boolean {
  return base.isElement?.(name) ?? false;
}

const { isPrototypeOf: isBaseOf } = Object.prototype;

/** Properties of errors that are not enumerable when the language makes them. */
const HIDDEN = ['name', 'message', 'stack', 'cause', 'errors'];

/** A type whose instances can be given what they hold. */
function filled<T extends object, I>(
  type: { readonly name: string; readonly prototype: T } & (new () => T),
  encode: (instance: T, excluded: readonly string[]) => I,
  fill: (instance: T, inner: I, spend: Spend) => void,
  isInner: (inner: unknown) => boolean = (inner) => inner instanceof type,
): Base {
  const inner = `[[${type.name}]]`;
  return {
    prototype: type.prototype,
    inner,
    encode: (instance, excluded) => encode(instance as T, excluded),
    fill(instance, content, spend) {
      if (!Object.hasOwn(content, inner)) return;
      if (!isInner(content[inner])) refuse(inner);
      fill(instance as T, content[inner] as I, spend);
    },
  };
}

function refuse(inner: string): never {
  throw new H5FormatError(-1, `an instance in the file has no ${inner}, or something else under that name`);
}

const map = filled(Map<unknown, unknown>, entriesOf, setEntries);

const set = filled(Set<unknown>, membersOf, setMembers);

const array: Base = {
  ...filled(
    Array<unknown>,
    (instance) => copyTo([], instance),
    (instance, inner, spend) => {
      spend(inner.length);
      instance.length = 0;
      copyTo(instance, inner);
    },
  ),
  isElement: (name) => String(Number(name) >>> 0) === name,
};

/** Copies elements, and holes. */
function copyTo(target: unknown[], source: readonly unknown[]): unknown[] {
  target.length = source.length;
  Array.prototype.forEach.call(source, (value, i) => {
    Object.defineProperty(target, i, { value, writable: true, enumerable: true, configurable: true });
  });
  return target;
}

const date = filled(
  Date,
  (instance) => Date.prototype.getTime.call(instance),
  (instance, time) => Date.prototype.setTime.call(instance, time),
  (time) => typeof time === 'number',
);

// As an error of the language's own, whose stack the caller may not want to be stored.
const error = filled(
  Error,
  (instance, excluded) => {
    const takes = (name: string) => !isEnumerable.call(instance, name) && !excluded.includes(name);
    return copyHidden(new Error(), instance, takes);
  },
  (instance, inner) => copyHidden(instance, inner, () => true),
);

function copyHidden(target: Error, source: Error, takes: (name: string) => boolean): Error {
  // The engine has given it the stack of this place.
  delete target.stack;
  for (const name of HIDDEN) {
    if (!Object.hasOwn(source, name) || !takes(name)) continue;
    const value = (source as unknown as Record<string, unknown>)[name];
    Object.defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });
  }
  return target;
}

const { propertyIsEnumerable: isEnumerable } = Object.prototype;

type TypedArray = Uint8Array | BigInt64Array;
type TypedArrayClass = (new (...parameters: never[]) => TypedArray) & { readonly prototype: TypedArray };

/** All typed arrays have one constructor above them, which names none of them. */
const ABOVE = Object.getPrototypeOf(Uint8Array.prototype) as object;

function numbersOf(type: TypedArrayClass): Base {
  const inner = `[[${type.name}]]`;
  return {
    prototype: type.prototype,
    inner,
    encode(instance) {
      const { buffer, byteOffset, length } = instance as Uint8Array;
      return Reflect.construct(type, [buffer, byteOffset, length]) as object;
    },
    // Their length is fixed when they are made.
    make(content, cls) {
      const array = content[inner];
      if (!(array instanceof type)) return refuse(inner);
      const { buffer, byteOffset, length } = array;
      return Reflect.construct(type, [buffer, byteOffset, length], cls as unknown as NewableFunction);
    },
    isElement: (name) => String(Number(name)) === name || name === '-0',
  };
}

/** The type of the language's own among those that a prototype of typed arrays inherits from. */
function typeOf(prototype: object): TypedArrayClass {
  for (let at = prototype; ; ) {
    const above = Object.getPrototypeOf(at) as object;
    if (above === ABOVE) return (at as { constructor: unknown }).constructor as TypedArrayClass;
    at = above;
  }
}

const BASES: readonly Base[] = [map, set, array, date, error];
