import { H5TypeError } from '../errors.js';
import type { Encoder, RegisteredClass, TypeRegistry, ValueType } from '../registry/index.js';
import { H5UnsupportedError } from './errors.js';
import type { Values } from './values.js';

export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** Float16Array, where the engine has it; to TypeScript it is one of the others, as what is done with it is the same. */
const HALVES = (globalThis as { Float16Array?: Float32ArrayConstructor }).Float16Array;

export const TYPED_ARRAYS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  // Engines have it since 2025 (ECMAScript 2025).
  ...(HALVES ? [HALVES] : []),
] as const;

/** How a value is treated. Primitives come first. (Bundlers put the numbers of an enum in its places.) */
export enum Kind {
  Number = 1,
  String = 2,
  Boolean = 3,
  BigInt = 4,
  Date = 5,
  Array = 6,
  Set = 7,
  Map = 8,
  /** ArrayBuffer and DataView. */
  Buffer = 9,
  /** An array that is mostly holes. */
  SparseArray = 10,
  /** An object that has its home elsewhere. */
  Reference = 11,
  Unsupported = 12,
  /** A plain object or an instance of a registered class. */
  Object = 13,
  Typed = 14,
  /** A symbol, a function, a class, or what is registered: stored by its name. */
  Named = 15,
  /** Stored as the list of what it yields. */
  Iterable = 16,
}

/**
 * The first identifier that is not a Kind. Every class, and every type of typed array, gets one of its own
 * from here on, so that a list can be told apart by identifiers alone.
 */
export const FIRST_CLASS = 17;

export function isPrimitive(id: number): boolean {
  return id <= Kind.BigInt || id === Kind.Named;
}

export interface Entry {
  readonly kind: Kind;
  readonly class: RegisteredClass | undefined;
  /** What names the properties; what a codec makes has names of its own. */
  readonly fields: RegisteredClass | undefined;
  readonly type: string | undefined;
  readonly codec: Encoder | undefined;
  readonly partName: string;
  /** What of an instance cannot be changed: a word of `Integrity`. */
  readonly integrity?: string;
}

/** What lists of the kinds are called as parts of others, in the order of the kinds. */
const PART_NAMES =
  ' numbers strings booleans bigints dates arrays sets maps buffers arrays references    names arrays'.split(
    ' ',
  );

/** Tells objects apart by their prototypes. */
export class Kinds {
  readonly #registry: TypeRegistry;
  readonly #values: Values;
  readonly #isIterable: (value: object) => boolean;
  readonly #ids = new Map<object | null, number>();
  readonly #entries: Entry[] = [];
  /** Of instances that cannot be extended, by the identifier of their class and a word of `Integrity`. */
  readonly #fixed = new Map<string, number>();
  #lastPrototype: object | null | undefined;
  #lastId = 0;
  #lastIsClass = false;

  constructor(registry: TypeRegistry, values: Values, isIterable: (value: object) => boolean) {
    this.#registry = registry;
    this.#values = values;
    this.#isIterable = isIterable;
    for (const [id, partName] of PART_NAMES.entries())
      this.#entries.push({
        kind: id as Kind,
        class: undefined,
        fields: undefined,
        type: id === Kind.Map ? 'Map' : undefined,
        codec: undefined,
        partName,
      });
    const ids = this.#ids;
    ids.set(Array.prototype, Kind.Array);
    ids.set(Date.prototype, Kind.Date);
    ids.set(Map.prototype, Kind.Map);
    ids.set(Set.prototype, Kind.Set);
    ids.set(ArrayBuffer.prototype, Kind.Buffer);
    ids.set(DataView.prototype, Kind.Buffer);
    this.#add(Object.prototype, Kind.Object, undefined, undefined, 'records');
    this.#add(null, Kind.Object, undefined, 'null-prototype', 'records');
    for (const { prototype } of TYPED_ARRAYS) {
      this.#add(prototype, Kind.Typed, undefined, undefined, prototype.constructor.name);
    }
    for (const type of values.types)
      this.#add(type.prototype, Kind.Object, undefined, type.name, type.name, type);
  }

  /** The identifier of an object's kind, or of its class. */
  of(value: object): number {
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype !== this.#lastPrototype) {
      this.#lastId = this.#ids.get(prototype) ?? this.#meet(prototype as object, value);
      this.#lastPrototype = prototype;
      this.#lastIsClass = this.entry(this.#lastId).class !== undefined;
    }
    if (this.#lastIsClass && !Object.isExtensible(value)) return this.#fixedOf(value);
    if (this.#lastId === Kind.Array) {
      const type = this.#values.typeOfArray?.(value as unknown[]);
      if (type) return this.idOf(type);
      if (isSparse(value as unknown[])) return Kind.SparseArray;
    }
    return this.#lastId;
  }

  /** The identifier of an instance that cannot be extended. */
  #fixedOf(value: object): number {
    const integrity = this.#values.integrity?.(value);
    if (!integrity) return this.#lastId;
    const key = `${integrity} ${this.#lastId}`;
    const id = this.#fixed.get(key) ?? this.#entries.length;
    if (id === this.#entries.length) this.#entries.push({ ...this.entry(this.#lastId), integrity });
    this.#fixed.set(key, id);
    return id;
  }

  /** Takes the objects of a prototype for such of a kind. */
  add(prototype: object, id: Kind): Kind {
    this.#ids.set(prototype, id);
    return id;
  }

  /** The identifier of a type among the option `values`. */
  idOf(type: ValueType): number {
    return this.#ids.get(type.prototype) as number;
  }

  kind(id: number): Kind {
    return (this.#entries[id] as Entry).kind;
  }

  entry(id: number): Entry {
    return this.#entries[id] as Entry;
  }

  partName(id: number): string {
    return (this.#entries[id] as Entry).partName;
  }

  #meet(prototype: object, value: object): number {
    const cls =
      this.#registry.of(prototype) ?? this.#registry.codecFor(value) ?? this.#values.unknownOf(prototype);
    const codec = cls && this.#values.encoder(cls);
    if (cls && (codec || !hasInternalState(value)))
      return this.#add(prototype, Kind.Object, cls, undefined, cls.name, codec);
    // As parsers of queries and cookies make them: no more than objects without a prototype, and faster.
    if (!Object.getPrototypeOf(prototype) && Reflect.ownKeys(prototype).length === 0)
      return this.add(prototype, this.#ids.get(null) as number);
    if (this.#isIterable(value)) return this.add(prototype, Kind.Iterable);
    // The platform's own types of another realm (a frame, a vm context) are what they are here.
    const maker = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value as unknown;
    if (isPlatformObject(maker) && Object.prototype.toString.call(value) === `[object ${maker.name}]`) {
      for (const [known, id] of this.#ids) {
        if (id !== Kind.Unsupported && known?.constructor.name === maker.name) return this.add(prototype, id);
      }
    }
    return this.add(prototype, Kind.Unsupported);
  }

  #add(
    prototype: object | null,
    kind: Kind,
    cls: RegisteredClass | undefined,
    type: Entry['type'],
    partName: string,
    codec?: Encoder,
  ): number {
    const id = this.#entries.length;
    if (id > 0xffff) throw new H5TypeError('more than 65,000 classes in one value');
    const fields = codec && !codec.checks ? undefined : cls;
    this.#entries.push({ kind, class: cls, fields, type, codec, partName });
    this.#ids.set(prototype, id);
    return id;
  }
}

/** Objects whose content is not in their properties, so that the properties alone would not bring it back. */
export function hasInternalState(value: object): boolean {
  return (
    Array.isArray(value) ||
    ArrayBuffer.isView(value) ||
    [Map, Set, WeakMap, WeakSet, Date, RegExp, Error, Promise, ArrayBuffer, Number, String, Boolean].some(
      (type) => value instanceof type,
    )
  );
}

/** Whether an array of some length is mostly holes: by a sample first, then by a count. */
export function isSparse(array: readonly unknown[]): boolean {
  const { length } = array;
  if (length <= 1000) return false;
  let holes = 0;
  for (let i = 0; i < 16; i++) if (!(Math.floor((i * length) / 16) in array)) holes++;
  return holes >= 8 && Object.keys(array).length * 2 < length;
}

/** The error for a value that cannot be stored: what it is, and what to do. `more`: what else would help. */
export function unsupported(value: unknown, path: string, more: string): H5UnsupportedError {
  const leaveOut = `leave it out (with @H5Ignore())${more}`;
  if (typeof value === 'function') {
    return new H5UnsupportedError(path, value.name ? `the function ${value.name}` : 'a function', leaveOut);
  }
  if (typeof value === 'symbol') return new H5UnsupportedError(path, String(value), leaveOut);
  const { constructor: maker } = Object.getPrototypeOf(value) as { constructor?: unknown };
  if (typeof maker !== 'function' || maker === Object) {
    return new H5UnsupportedError(path, 'an object of no class', 'copy it into a plain one: { ...object }');
  }
  const { name } = maker;
  if (hasInternalState(value as object) || isPlatformObject(maker)) {
    const remedy = `${leaveOut}, or store what it holds`;
    return new H5UnsupportedError(path, `a value of type ${name}`, remedy);
  }
  const remedy = `register its class first, with @H5Class('${name || 'itsName'}') or registry.register`;
  return new H5UnsupportedError(
    path,
    name ? `an instance of the class ${name}` : 'an instance of a class without a name',
    remedy,
  );
}

/** Whether a class is the platform's own (ReadableStream, WeakRef, URL, ...) and not the program's. */
function isPlatformObject(maker: unknown): maker is { readonly name: string } {
  if (typeof maker !== 'function') return false;
  if ((globalThis as Record<string, unknown>)[maker.name] === maker) return true;
  return /\[native code\]\s*\}$/.test(Function.prototype.toString.call(maker));
}
