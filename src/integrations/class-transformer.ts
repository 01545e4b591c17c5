/**
 * Classes with the decorators of class-transformer, stored as these say: `@Expose` and `@Exclude` with names, groups and
 * versions, `@Transform`, and `@Type` with discriminators.
 *
 * Unlike `instanceToPlain` and `plainToInstance`, what is one object stays one, cycles come back, and so do Maps, Sets and
 * dates, and instances in places where no `@Type` says what they are.
 */
// The package has no other place for what its decorators have noted.
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { H5TypeError } from '../errors.js';
import {
  type Class,
  type Codec,
  type Content,
  entriesOf,
  H5RegistryError,
  membersOf,
  setEntry,
  setMembers,
  TypeRegistry,
} from '../registry/index.js';
import { type Base, baseOf, isElementOf, unknownBaseOf } from './class-transformer-bases.js';

type Constructor = new () => object;
/** A class or a function, as class-transformer has them. */
export type AnyFunction = (...parameters: never[]) => unknown;

/** What the decorators have noted: class-transformer's `MetadataStorage`, as far as it is used here. */
export interface MetadataStorage {
  getStrategy(target: AnyFunction): string;
  getExposedProperties(target: AnyFunction, direction: number): string[];
  getExcludedProperties(target: AnyFunction, direction: number): string[];
  findExposeMetadata(target: AnyFunction, property: string): { options?: ExposeOptions } | undefined;
  findExposeMetadataByCustomName(target: AnyFunction, name: string): { propertyName?: string } | undefined;
  findTypeMetadata(target: AnyFunction, property: string): TypeMetadata | undefined;
  findTransformMetadatas(target: AnyFunction, property: string, direction: number): TransformMetadata[];
}

/** For which versions and groups something is said. */
export interface Scope {
  readonly since?: number;
  readonly until?: number;
  readonly groups?: readonly string[];
}

/** What `@Expose` was given. */
export interface ExposeOptions extends Scope {
  readonly name?: string | undefined;
}

/** What the function of `@Type` is given, as class-transformer gives it. */
export interface TypeHelp {
  readonly newObject: object;
  readonly object: object;
  readonly property: string;
}

/** What `@Type` was given. */
export interface TypeMetadata {
  /** The type that the compiler has noted of the property, with `emitDecoratorMetadata`. */
  readonly reflectedType?: unknown;
  readonly typeFunction?: (help: TypeHelp) => unknown;
  readonly options?: {
    readonly discriminator?: {
      readonly property: string;
      readonly subTypes: readonly { readonly value: unknown; readonly name: string }[];
    };
    readonly keepDiscriminatorProperty?: boolean;
  };
}

/** What `@Transform` was given. */
export interface TransformMetadata {
  readonly options?: Scope;
  transformFn(parameters: {
    value: unknown;
    key: string;
    obj: unknown;
    type: number;
    options: object;
  }): unknown;
}

/** As class-transformer's `TransformationType`. */
const PLAIN_TO_CLASS = 0;
const CLASS_TO_PLAIN = 1;

/**
 * class-transformer's own options, and what else there is to say.
 *
 * @example
 * const registry = transformed([User], { version: 2, groups: ['admin'] });
 */
export interface TransformedOptions {
  readonly groups?: readonly string[] | undefined;
  readonly version?: number | undefined;
  readonly strategy?: 'exposeAll' | 'excludeAll' | undefined;
  readonly excludePrefixes?: readonly string[] | undefined;
  /** Only what has `@Expose`. */
  readonly excludeExtraneousValues?: boolean | undefined;
  /**
   * Whether an exposed property that a file has not is as the constructor makes it: so it is unless told otherwise. `false`, as
   * class-transformer has it, makes it what `@Transform` makes of undefined.
   */
  readonly exposeDefaultValues?: boolean | undefined;
  /** Whether what is undefined is stored, and set: `true` unless told otherwise. */
  readonly exposeUnsetFields?: boolean | undefined;
  /** Where there is no `@Type`, the type is that which the compiler has noted (`emitDecoratorMetadata`). */
  readonly enableImplicitConversion?: boolean | undefined;
  /** What files call a class: its `name` unless told otherwise. Say it where code is minified. */
  readonly name?: ((cls: Class) => string) | undefined;
  /** Where more classes are registered: a registry that goes on being used. What `@Type` leads to and it knows stays as it is. */
  readonly registry?: TypeRegistry | undefined;
  /** What the decorators have noted; for bundlers that take another build of class-transformer than Node does. */
  readonly storage?: MetadataStorage | undefined;
}

/**
 * A registry of classes that class-transformer's decorators are on, and of all classes that `@Type` leads to from them.
 * Where the function of a `@Type` tells the class by the object, name those that it may return as well. Groups and versions are
 * those of the registry: make one for each.
 *
 * @throws {H5RegistryError} when two classes have the same name, or class-transformer knows of no decorators.
 * @example
 * class User {
 *   @Expose({ name: 'userName' }) name = '';
 *   @Exclude() password = '';
 *   @Type(() => Photo) photos: Photo[] = [];
 * }
 * const registry = transformed([User], { groups: ['admin'] });
 * const user = deserialize<User>(serialize(someone, { registry }), { registry });
 */
export function transformed(classes: readonly Class[], options: TransformedOptions = {}): TypeRegistry {
  const { registry = new TypeRegistry(), name = (cls) => (cls as { name?: string }).name ?? '' } = options;
  const transformer = new Transformer(options);
  const todo = [...classes];
  const seen = new Set<Class>();
  for (let cls = todo.pop(); cls; cls = todo.pop()) {
    // What `@Type` leads to may be stored in a way of its own, by a codec that is there already.
    if (seen.has(cls) || (!classes.includes(cls) && registry.has(cls))) continue;
    seen.add(cls);
    registry.codec(cls, transformer.codec(cls as Class & AnyFunction, name(cls)));
    todo.push(...transformer.reached(cls as Class & AnyFunction));
  }
  return registry;
}

class Transformer {
  readonly #options: TransformedOptions;
  readonly #storage: MetadataStorage;
  /** What plain objects have become, by the class. */
  readonly #instances = new WeakMap<object, Map<AnyFunction, object>>();
  /** The types for which what collections hold has been replaced. */
  readonly #done = new WeakMap<object, Set<TypeMetadata>>();
  /** What is known of a property by the type that the compiler has noted alone. */
  readonly #implicit = new Map<unknown, TypeMetadata>();

  constructor(options: TransformedOptions) {
    this.#options = options;
    this.#storage = options.storage ?? (defaultMetadataStorage as unknown as MetadataStorage);
    const noted = Object.values(this.#storage).filter((each) => each instanceof Map);
    if (noted.every((each) => each.size === 0))
      throw new H5RegistryError(
        'H5_REGISTRY_CLASS',
        'class-transformer has noted no decorators at all: is there another build of it? Then give the `defaultMetadataStorage` of that as `storage`',
      );
  }

  codec(cls: Class & AnyFunction, name: string): Codec {
    const unknown = unknownBaseOf(cls.prototype);
    const base = baseOf(cls.prototype);
    const create = () => new (cls as unknown as Constructor)();
    return {
      name,
      encode: (instance) => {
        if (unknown)
          throw new H5TypeError(
            `class ${name} extends ${unknown}, and what that holds is in no property: give it a codec of its own (registry.codec)`,
          );
        return this.#encode(cls, instance, base);
      },
      ...(base?.make
        ? {
            decode: (content) => {
              // As with other classes, what is not stored is as the constructor makes it.
              const made = create();
              const instance = (base as Required<Base>).make(content, cls);
              for (const key of Object.keys(made))
                if (!isElementOf(base, key)) define(instance, key, (made as Content)[key]);
              this.#fill(cls, instance, content, base);
              return instance;
            },
          }
        : {
            create,
            fill: (instance, content, _, spend) => {
              base?.fill?.(instance, content, spend);
              this.#fill(cls, instance, content, base);
            },
          }),
    };
  }

  /** The classes that `@Type` names on the properties of a class and of those that it extends, or that the compiler has noted. */
  reached(cls: AnyFunction): Class[] {
    const found: Class[] = [];
    for (const property of this.#notedProperties(cls)) {
      const type = this.#typeOf(cls, property);
      const made = this.#reachedBy(type, property);
      if (made) found.push(made);
      for (const { value } of type?.options?.discriminator?.subTypes ?? []) found.push(value as Class);
    }
    return found;
  }

  /** The class that `@Type` names before there is an object, if it does: its function may ask for one. */
  #reachedBy(type: TypeMetadata | undefined, property: string): Class | undefined {
    try {
      return this.#classOf(type, { newObject: {}, object: {}, property });
    } catch (error) {
      if (type?.typeFunction?.length === 0) throw error;
      return undefined;
    }
  }

  /** The properties of a class, and of those that it extends, that have decorators. */
  #notedProperties(cls: AnyFunction): Iterable<string> {
    const names = new Set<string>();
    for (const notes of ['_typeMetadatas', '_exposeMetadatas', '_excludeMetadatas', '_transformMetadatas']) {
      const all = (
        this.#storage as unknown as Record<string, Map<unknown, Map<string, unknown>> | undefined>
      )[notes];
      for (let at: unknown = cls; typeof at === 'function'; at = Object.getPrototypeOf(at))
        for (const property of all?.get(at)?.keys() ?? []) names.add(property);
    }
    return names;
  }

  /** What is known of the type of a property; always the same. */
  #typeOf(cls: AnyFunction, property: string): TypeMetadata | undefined {
    const told = this.#storage.findTypeMetadata(cls, property);
    if (told || !this.#options.enableImplicitConversion) return told;
    const { getMetadata } = Reflect as {
      getMetadata?: (key: string, target: object, property: string) => unknown;
    };
    const reflectedType = getMetadata?.('design:type', cls.prototype, property);
    if (typeof reflectedType !== 'function') return undefined;
    const known = this.#implicit.get(reflectedType) ?? { reflectedType };
    this.#implicit.set(reflectedType, known);
    return known;
  }

  /** The class that a property is declared to hold, unless it is one of the language's own. */
  #classOf(type: TypeMetadata | undefined, help: TypeHelp): Class | undefined {
    const cls = declaredBy(type, help);
    const isOwn = typeof cls === 'function' && (globalThis as Record<string, unknown>)[cls.name] !== cls;
    return isOwn ? (cls as unknown as Class) : undefined;
  }

  #encode(cls: AnyFunction, instance: object, base: Base | undefined): object {
    const content: Record<string, unknown> = {};
    for (const property of this.#keys(cls, instance, CLASS_TO_PLAIN)) {
      if (base && isElementOf(base, property)) continue;
      const exposed = this.#storage.findExposeMetadata(cls, property);
      let value = (instance as Record<string, unknown>)[property];
      if (typeof value === 'function') {
        if (!exposed) continue;
        value = (value as () => unknown).call(instance);
      }
      const name = exposed?.options?.name ?? property;
      const made = this.#apply(cls, property, value, instance, CLASS_TO_PLAIN);
      if (this.#takes(made)) define(content, name, made);
    }
    if (!base) return content;
    if (Object.hasOwn(content, base.inner))
      throw new H5TypeError(`the name ${base.inner} is taken: what the instance holds is stored under it`);
    content[base.inner] = base.encode(instance, this.#storage.getExcludedProperties(cls, CLASS_TO_PLAIN));
    return content;
  }

  #fill(cls: AnyFunction, instance: object, content: Content, base?: Base): void {
    const hasInner = base !== undefined && Object.hasOwn(content, base.inner);
    for (const name of this.#keys(cls, content, PLAIN_TO_CLASS)) {
      const isThere = Object.hasOwn(content, name);
      if (!isThere && this.#options.exposeDefaultValues !== false) continue;
      if (hasInner && (name === base.inner || isElementOf(base, name))) continue;
      const property = this.#storage.findExposeMetadataByCustomName(cls, name)?.propertyName ?? name;
      if (isComputed(instance, property, this.#storage.findExposeMetadata(cls, property) !== undefined))
        continue;
      const typed = this.#typed(cls, instance, content, property)(isThere ? content[name] : undefined);
      const value = this.#apply(cls, property, typed, content, PLAIN_TO_CLASS);
      if (!this.#takes(value)) continue;
      if (property in instance && property !== '__proto__')
        (instance as Record<string, unknown>)[property] = value;
      else define(instance, property, value);
    }
  }

  #takes(value: unknown): boolean {
    return value !== undefined || this.#options.exposeUnsetFields !== false;
  }

  /** Of the names that an object has, those that are to be stored, or to be set: as `TransformOperationExecutor.getKeys`. */
  #keys(cls: AnyFunction, object: object, direction: number): Iterable<string> {
    const storage = this.#storage;
    const { version, groups = [], excludePrefixes = [], strategy: otherwise = 'exposeAll' } = this.#options;
    const noted = storage.getStrategy(cls);
    const strategy = noted === 'none' ? otherwise : noted;
    let keys = strategy === 'exposeAll' && !this.#options.excludeExtraneousValues ? Object.keys(object) : [];
    const toProperty = (key: string) =>
      direction === PLAIN_TO_CLASS
        ? (storage.findExposeMetadataByCustomName(cls, key)?.propertyName ?? key)
        : key;
    for (const property of storage.getExposedProperties(cls, direction)) {
      const name = storage.findExposeMetadata(cls, property)?.options?.name;
      keys.push(direction === PLAIN_TO_CLASS && name ? name : property);
    }
    const excluded = storage.getExcludedProperties(cls, direction);
    keys = keys.filter((key) => {
      const property = toProperty(key);
      if (excluded.includes(property)) return false;
      const scope = storage.findExposeMetadata(cls, property)?.options;
      if (!isVersion(scope, version)) return false;
      const wanted = scope?.groups ?? [];
      if (groups.length > 0 ? scope && !isGroup(wanted, groups) : wanted.length > 0) return false;
      return !excludePrefixes.some((prefix) => key.startsWith(prefix));
    });
    return new Set(keys);
  }

  #apply(cls: AnyFunction, key: string, value: unknown, obj: object, type: number): unknown {
    const { version, groups = [] } = this.#options;
    let result = value;
    for (const { options: scope, transformFn } of this.#storage.findTransformMetadatas(cls, key, type)) {
      if (version !== undefined && scope && !isVersion(scope, version)) continue;
      const wanted = scope?.groups ?? [];
      if (groups.length > 0 ? scope && !isGroup(wanted, groups) : wanted.length > 0) continue;
      result = transformFn({ value: result, key, obj, type, options: this.#options });
    }
    return result;
  }

  /** What a property is declared to hold, of plain objects that stand there; instances stay what they are. */
  #typed(
    cls: AnyFunction,
    instance: object,
    content: Content,
    property: string,
  ): (value: unknown) => unknown {
    const type = this.#typeOf(cls, property);
    const help: TypeHelp = { newObject: instance, object: content, property };
    const declared = this.#classOf(type, help);
    const convert = declared ? undefined : CONVERSIONS.get(declaredBy(type, help));
    const discriminator = type?.options?.discriminator;
    if (!type || !(declared || convert || discriminator || type.reflectedType)) return (value) => value;
    const made = (value: unknown): unknown => {
      const plain = convert ? convert(value) : value;
      if (!isPlain(plain)) return plain;
      const tag = discriminator && (plain as Record<string, unknown>)[discriminator.property];
      const subType = discriminator?.subTypes.find(({ name }) => name === tag)?.value ?? declared;
      return subType ? this.#made(plain, subType as Constructor & AnyFunction, type) : plain;
    };
    return (value) => {
      const whole = this.#collection(value, type.reflectedType);
      // Arrays, Sets and Maps stay what they are too, since others may refer to them: what they hold is replaced.
      const todo = isCollection(whole) ? [whole] : [];
      for (let at = todo.pop(); at; at = todo.pop()) {
        if (this.#isDone(at, type)) continue;
        replaceIn(at, (each) => {
          if (isCollection(each)) todo.push(each);
          return made(each);
        });
      }
      return made(whole);
    };
  }

  /** The Map, Set or array of a class of its own that plain data become in a property of that type: always the same. */
  #collection(plain: unknown, type: unknown): unknown {
    const isArray = Array.isArray(plain) && Object.getPrototypeOf(plain) === Array.prototype;
    if (!(type === Map && isPlain(plain)) && !(isArray && isListClass(type))) return plain;
    const known = this.#known(plain);
    const met = known.get(type as AnyFunction);
    if (met) return met;
    const made = new (type as new () => Collection)();
    known.set(type as AnyFunction, made);
    if (made instanceof Map) for (const [key, value] of Object.entries(plain)) made.set(key, value);
    else if (made instanceof Set) for (const value of plain as unknown[]) made.add(value);
    else for (const value of plain as unknown[]) made.push(value);
    return made;
  }

  #known(plain: object): Map<AnyFunction, object> {
    const known = this.#instances.get(plain) ?? new Map<AnyFunction, object>();
    this.#instances.set(plain, known);
    return known;
  }

  /** The instance that a plain object becomes: always the same. */
  #made(plain: object, cls: Constructor & AnyFunction, { options }: TypeMetadata): object {
    const known = this.#known(plain);
    const met = known.get(cls);
    if (met) return met;
    const instance = new cls();
    // It may be a part of its own content.
    known.set(cls, instance);
    const content = { ...plain } as Record<string, unknown>;
    if (options?.discriminator && !options.keepDiscriminatorProperty)
      delete content[options.discriminator.property];
    this.#fill(cls, instance, content);
    return instance;
  }

  /** Whether what a collection holds has been replaced. One that is empty may still get what it holds. */
  #isDone(collection: Collection, type: TypeMetadata): boolean {
    if ((Array.isArray(collection) ? collection.length : collection.size) === 0) return true;
    const types = this.#done.get(collection) ?? new Set<TypeMetadata>();
    this.#done.set(collection, types);
    const isDone = types.has(type);
    types.add(type);
    return isDone;
  }
}

/** What `@Type` says of a property; without a function it is the type that the compiler has noted. */
function declaredBy(type: TypeMetadata | undefined, help: TypeHelp): unknown {
  return type?.typeFunction ? type.typeFunction(help) : type?.reflectedType;
}

/** What a value becomes where `@Type` names a type of the language, as class-transformer has it. */
const CONVERSIONS: ReadonlyMap<unknown, (value: unknown) => unknown> = new Map([
  scalar(String, String),
  scalar(Number, Number),
  scalar(Boolean, Boolean),
  // What other programs have as 64-bit integers is read as bigints.
  scalar(Date, (value) =>
    value instanceof Date ? value : new Date(typeof value === 'bigint' ? Number(value) : (value as string)),
  ),
  ...bytes(),
]);

/** Objects other than dates are what they were, and so is nothing. */
function scalar(type: unknown, convert: (value: unknown) => unknown): [unknown, (value: unknown) => unknown] {
  const isScalar = (value: unknown) =>
    value instanceof Date || /^(string|number|boolean|bigint)$/.test(typeof value);
  return [type, (value) => (isScalar(value) ? convert(value) : value)];
}

/** Node's `Buffer`, which other programs do not know: they store bytes. */
function bytes(): [unknown, (value: unknown) => unknown][] {
  const { Buffer: type } = globalThis as {
    Buffer?: { readonly prototype: object; from(bytes: Uint8Array): Uint8Array };
  };
  if (!type) return [];
  const isBytes = (value: unknown): value is Uint8Array =>
    value instanceof Uint8Array && !isBaseOf.call(type.prototype, value);
  return [[type, (value) => (isBytes(value) ? type.from(value) : value)]];
}

/** Whether a value is an object of no class. */
function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Whether a list becomes another object in a property of that type: a Set, or an array of a class of its own. */
function isListClass(type: unknown): boolean {
  if (typeof type !== 'function') return false;
  return type === Set || [Set, Array].some((base) => isBaseOf.call(base.prototype, type.prototype as object));
}

const { isPrototypeOf: isBaseOf } = Object.prototype;

type Collection = unknown[] | Set<unknown> | Map<unknown, unknown>;

function isCollection(value: unknown): value is Collection {
  return Array.isArray(value) || value instanceof Set || value instanceof Map;
}

/** Puts others in the place of what a collection holds. Methods of a subclass are not asked: they may do more. */
function replaceIn(collection: Collection, replacement: (value: unknown) => unknown): void {
  if (Array.isArray(collection)) {
    collection.forEach((value, i) => {
      const made = replacement(value);
      if (made !== value) collection[i] = made;
    });
  } else if (collection instanceof Map) {
    for (const [key, value] of entriesOf(collection)) {
      const made = replacement(value);
      if (made !== value) setEntry(collection, key, made);
    }
  } else {
    const values = [...membersOf(collection)];
    const all = values.map(replacement);
    // In the same order.
    if (all.some((made, i) => made !== values[i])) setMembers(collection, new Set(all));
  }
}

function isVersion(scope: Scope | undefined, version: number | undefined): boolean {
  if (version === undefined || !scope) return true;
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = scope;
  return version >= since && version < until;
}

function isGroup(wanted: readonly string[], groups: readonly string[]): boolean {
  return wanted.length === 0 || wanted.some((group) => groups.includes(group));
}

/** Whether what is stored of a property is what a getter without a setter has returned, or a method that is exposed. */
function isComputed(instance: object, property: string, isExposed: boolean): boolean {
  for (let at: object | null = instance; at; at = Object.getPrototypeOf(at)) {
    const descriptor = Object.getOwnPropertyDescriptor(at, property);
    if (!descriptor) continue;
    const { get, set, value } = descriptor;
    return get ? set === undefined : isExposed && typeof value === 'function';
  }
  return false;
}

function define(target: object, property: string, value: unknown): void {
  Object.defineProperty(target, property, { value, writable: true, enumerable: true, configurable: true });
}
