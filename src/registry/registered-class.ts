import type { Codec } from './codec.js';
import { H5RegistryError } from './errors.js';
import type { FieldStorage } from './field-storage.js';
import { type Class, type FieldRule, nameOf, rulesOf } from './metadata.js';
import { checkName } from './names.js';

const MAX_VERSION = 0x7fff_ffff;

/**
 * How to store a class, for `TypeRegistry.register`. Rules given here win over those of decorators.
 *
 * @example
 * const options: RegisterOptions<Point> = { name: 'Point', fields: ['x', { property: 'y', name: 'ordinate' }] };
 */
export interface RegisterOptions<T extends object = object> {
  /**
   * What the file calls the class: 1 to 1,000 bytes, no control characters, no `@` in front. It should
   * stay the same when the class is renamed or minified.
   */
  readonly name: string;
  /** Goes into the file with each instance: a whole number from 0, which is the default, to 2^31 - 1. */
  readonly version?: number | undefined;
  /**
   * Makes the empty instance when one is read; its properties are set afterwards. By default that is
   * `Object.create(prototype)`, and no constructor runs. A class with private (`#x`) state or `accessor`
   * fields needs `create` or `construct`: only its constructor can make those.
   */
  readonly create?: (() => T) | undefined;
  /** Makes the empty instance by calling the constructor, without arguments. */
  readonly construct?: boolean | undefined;
  /**
   * Store exactly these properties, in this order, `name` being what the file calls one. By default all
   * own enumerable properties are stored, and then whatever else decorators declare. Of either, what an
   * instance does not have is left out.
   */
  readonly fields?: readonly (string | FieldEntry | SymbolEntry)[] | undefined;
  /** Names that files had for the class before. */
  readonly aliases?: readonly string[] | undefined;
  /**
   * Makes of what a file with another version holds, by the names in the file, what it would hold with this one. It may
   * change and return what it is given. A newer version comes here as well: to refuse it, throw. Without this option a file
   * is read whatever its version.
   */
  readonly migrate?: ((content: Record<string, unknown>, fromVersion: number) => object) | undefined;
  /** Called with each instance that was read, when all of the value has been made; for what is within it first. Nobody waits for it. */
  afterRead?(instance: T): void;
  /** Do not store these properties. */
  readonly ignore?: readonly string[] | undefined;
}

/**
 * A property to be stored, for the option `fields`.
 *
 * @example
 * registry.register(Track, { name: 'Track', fields: [{ property: 'path', name: 'p', dtype: 'f4' }] });
 */
export interface FieldEntry extends FieldDetails {
  readonly property: string;
  readonly name?: string | undefined;
}

/**
 * The same for a property that a symbol names: the file needs another name.
 *
 * @example
 * const entry: SymbolEntry = { property: Symbol.for('id'), name: 'id' };
 */
export interface SymbolEntry extends FieldDetails {
  readonly property: symbol;
  readonly name: string;
}

/** What is said of a property that is stored, beside its names. */
export type FieldDetails = FieldStorage &
  Pick<FieldRule, 'aliases' | 'default' | 'required' | 'as' | 'enumerable'>;

/**
 * One class of a registry: what the file calls it, which properties it stores under which names, and how
 * an instance is made. `TypeRegistry` hands these out; there is no need to make one.
 *
 * @example
 * const entry = registry.of(Object.getPrototypeOf(value));
 * for (const property of entry?.propertiesOf(value) ?? []) console.log(entry.storedName(property));
 */
export class RegisteredClass<T extends object = object> {
  readonly name: string;
  readonly target: Class<T>;
  readonly prototype: T;
  /** The version that new files get; 0 for a class that says none. */
  readonly version: number;

  readonly aliases: readonly string[];
  readonly migrate: RegisterOptions<T>['migrate'];
  readonly afterRead: ((instance: never) => void) | undefined;
  /** The declared fields, in order. */
  readonly declared: readonly FieldRule[];
  /** The fields that say how they are stored. */
  readonly stored: readonly FieldRule[];
  /** How its values are stored, if not by their properties. */
  readonly codec: Codec<T> | undefined;

  readonly #create: (() => T) | undefined;
  readonly #construct: boolean;
  /** Whether nothing but the declared fields is stored. */
  readonly #exact: boolean;
  /** Declared fields and ignored properties. */
  readonly #rules: ReadonlyMap<string | symbol, FieldRule>;
  /** The declared fields, in order. */
  readonly #fields: readonly (string | symbol)[];
  /** Of the declared fields, those that are getters of the class, by whether they have a setter. */
  readonly #accessors: ReadonlyMap<string | symbol, boolean>;
  /** From the stored name of each field that is renamed to the property. */
  readonly #renamed: ReadonlyMap<string, string | symbol>;

  /** @throws {H5RegistryError} when the class cannot be stored as the options ask. */
  constructor(target: Class<T>, options: RegisterOptions<T>, codec?: Codec<T>) {
    checkClass(target);
    checkName(options?.name, `the name of class ${nameOf(target)}`);
    checkOptions(target, options);
    this.name = options.name;
    this.target = target;
    this.prototype = target.prototype;
    this.version = options.version ?? 0;
    this.#create = options.create;
    this.#construct = options.construct ?? false;
    this.#exact = options.fields !== undefined;
    this.codec = codec;
    this.aliases = options.aliases ?? [];
    this.migrate = options.migrate;
    this.afterRead = options.afterRead;
    // What a codec makes of an instance is stored as it is.
    this.#rules = codec ? new Map() : effectiveRules(target, options);
    const declared = [...this.#rules.values()].filter((rule) => !rule.ignored);
    this.declared = declared;
    this.#fields = declared.map((rule) => rule.property);
    this.stored = declared.filter(isStored);
    this.#accessors = accessorsAmong(target, this.#fields);
    this.#renamed = renamedAmong(target, declared);

    for (const { property, default: value, optional, required } of declared) {
      // What is left out is undefined again, so that a default would be for nothing.
      if (optional && (required || value) !== undefined)
        fieldError(target, property, 'is optional and required, or has a default');
      // Frozen, nobody can change it for the others.
      if (typeof value === 'object' && !Object.isFrozen(value))
        fieldError(target, property, 'has a default that all instances would share; give a function');
    }
    const needy = declared.find((rule) => rule.needsConstructor);
    if (needy && !this.#construct && !this.#create) {
      fieldError(
        target,
        needy.property,
        'is an `accessor`, which only the constructor makes; give the class `construct: true` or `create`',
      );
    }
  }

  /**
   * The properties of an instance to store, in order: the own enumerable ones as they stand there, then
   * declared getters and properties that are not enumerable or named by symbols. With the option `fields`: those, as listed.
   *
   * @throws {H5RegistryError} when an undeclared property has the name that a field is stored under.
   * @example
   * registry.register(Point, { name: 'Point', ignore: ['cache'] });
   * registry.of(Point.prototype)?.propertiesOf(new Point(1, 2)); // ['x', 'y']
   */
  propertiesOf(instance: T): (string | symbol)[] {
    if (this.#exact) return this.#fields.filter((property) => this.#has(instance, property));
    const keys = Object.keys(instance);
    if (this.#rules.size === 0) return keys;

    const properties: (string | symbol)[] = [];
    let unseen = this.#fields.length;
    for (const key of keys) {
      const rule = this.#rules.get(key);
      if (rule?.ignored) continue;
      if (rule) unseen--;
      else if (this.#renamed.has(key)) this.#nameTaken(key);
      properties.push(key);
    }
    if (unseen === 0) return properties;
    for (const property of this.#fields) {
      const isListed = typeof property === 'string' && isEnumerable.call(instance, property);
      if (!isListed && this.#has(instance, property)) properties.push(property);
    }
    return properties;
  }

  /**
   * Whether of each instance with just these enumerable properties of its own just these are stored, in this order.
   *
   * @example
   * entry.storesJust(Object.keys(instance));
   */
  storesJust(keys: readonly string[]): boolean {
    if (this.#exact)
      return keys.length === this.#fields.length && keys.every((key, i) => key === this.#fields[i]);
    if (this.#rules.size === 0) return true;
    return (
      // A field that is not among them may be there all the same, if it is not enumerable.
      this.#fields.every((field) => keys.includes(field as string)) &&
      keys.every((key) => !this.#rules.get(key)?.ignored && !this.#renamed.has(key))
    );
  }

  /** Whether fields of it are getters of the class. */
  get hasAccessors(): boolean {
    return this.#accessors.size > 0;
  }

  /** The prototype of the instances where `create` makes them from nothing else, so that a reader may too. */
  get bareInstances(): T | undefined {
    return this.#construct || this.#create ? undefined : this.prototype;
  }

  /**
   * What the file calls a property.
   *
   * @example
   * entry.storedName('r'); // 'radius'
   */
  storedName(property: string | symbol): string {
    return this.#rules.get(property)?.name ?? (property as string);
  }

  /**
   * The property that the file calls so; a name that no field has is that of the property itself.
   *
   * @example
   * entry.propertyFor('radius'); // 'r'
   */
  propertyFor(storedName: string): string | symbol {
    return this.#renamed.get(storedName) ?? storedName;
  }

  /**
   * Whether a value that a file has for this property is to be set. Not that of a declared getter without
   * a setter, which is stored for other readers of the file; nor of a property that is never stored.
   *
   * @example
   * entry.isWritable('area'); // false
   */
  isWritable(property: string | symbol): boolean {
    const rule = this.#rules.get(property);
    return rule ? !rule.ignored && this.#accessors.get(property) !== false : !this.#exact;
  }

  /**
   * Whether the property is a field by decorator or by the option `fields`. Such a property may be assigned,
   * which runs its setter. A file must not get to run any other setter: define the rest on the instance.
   *
   * @example
   * if (entry.isDeclared(property)) instance[property] = value;
   */
  isDeclared(property: string | symbol): boolean {
    return this.#rules.get(property)?.ignored === false;
  }

  /**
   * All that was declared about a property, if anything was.
   *
   * @example
   * entry.ruleFor('built')?.type === Date; // with reflect-metadata
   */
  ruleFor(property: string | symbol): FieldRule | undefined {
    return this.#rules.get(property);
  }

  /**
   * An empty instance, for a reader to fill.
   *
   * @throws {H5RegistryError} when the option `create` returns no instance of the class; and whatever
   * that option or the constructor throws.
   * @example
   * const instance = entry.create();
   */
  create(): T {
    if (this.#construct) return this.#withoutOptional(new (this.target as unknown as new () => T)());
    if (!this.#create) return Object.create(this.prototype) as T;
    const instance = this.#create();
    if (!isBaseOf.call(this.prototype, instance)) {
      throw new H5RegistryError(
        'H5_REGISTRY_CREATE',
        `the option \`create\` of class ${nameOf(this.target)} returned no instance of it`,
      );
    }
    return this.#withoutOptional(instance);
  }

  /** The same instance, with undefined for fields that are left out where they are that: the constructor may have set others. */
  #withoutOptional(instance: T): T {
    for (const { property, optional } of this.stored) {
      const isData = Object.getOwnPropertyDescriptor(instance, property)?.writable;
      if (optional && (isData || this.#accessors.get(property)))
        try {
          (instance as Record<string | symbol, unknown>)[property] = undefined;
        } catch {
          // A setter that does not take it has never been left out.
        }
    }
    return instance;
  }

  /**
   * Whether `other` registers the same class under the same name with the same options.
   *
   * @example
   * entry.equals(registry.get('Point')!);
   */
  equals(other: RegisteredClass): boolean {
    return (
      this.prototype === other.prototype &&
      this.name === other.name &&
      this.version === other.version &&
      this.codec === (other.codec as unknown) &&
      this.migrate === other.migrate &&
      this.afterRead === other.afterRead &&
      String(this.aliases) === String(other.aliases) &&
      this.#create === other.#create &&
      this.#construct === other.#construct &&
      this.#exact === other.#exact &&
      shown(this.#rules) === shown(other.#rules)
    );
  }

  /** Own, or a getter of the class: what else a prototype has (methods, `constructor`) is no data. */
  #has(instance: T, property: string | symbol): boolean {
    return this.#accessors.has(property) || Object.hasOwn(instance, property);
  }

  #nameTaken(property: string): never {
    const renamed = JSON.stringify(String(this.#renamed.get(property)));
    fieldError(this.target, property, `has the name that ${renamed} is stored under`);
  }
}

/** Rules as text: functions by their source, for one that is written in place is another one each time. */
function shown(rules: ReadonlyMap<string | symbol, FieldRule>): string {
  return JSON.stringify([...rules], (_, value) =>
    value == null || typeof value === 'object' ? value : typeof value + String(value),
  );
}

/** Whether a rule says more than under which name. */
function isStored({ dtype, shape, chunks, compression, optional }: FieldStorage): boolean {
  return (dtype ?? shape ?? chunks ?? compression ?? optional) !== undefined;
}

const { propertyIsEnumerable: isEnumerable, isPrototypeOf: isBaseOf } = Object.prototype;

function checkClass(target: unknown): void {
  const prototype = typeof target === 'function' ? target.prototype : undefined;
  if (typeof prototype !== 'object' || prototype === null) {
    throw new H5RegistryError('H5_REGISTRY_CLASS', `expected a class, got ${typeof target}`);
  }
}

function checkOptions(target: Class, { version = 0, create, construct }: RegisterOptions): void {
  if (!Number.isInteger(version) || version < 0 || version > MAX_VERSION) {
    throw new H5RegistryError(
      'H5_REGISTRY_CLASS',
      `class ${nameOf(target)} cannot have the version ${version}`,
    );
  }
  if (create && construct)
    throw new H5RegistryError(
      'H5_REGISTRY_CLASS',
      `class ${nameOf(target)} has both \`create\` and \`construct\`; they exclude each other`,
    );
}

/** The rules of the decorators, as the options `fields` and `ignore` change them. */
function effectiveRules(
  target: Class,
  { fields, ignore = [] }: RegisterOptions,
): Map<string | symbol, FieldRule> {
  const decorated = rulesOf(target);
  const rules = fields ? new Map<string | symbol, FieldRule>() : decorated;
  for (const field of fields ?? []) {
    const entry = typeof field === 'string' ? { property: field } : field;
    const { property } = entry;
    if (rules.has(property)) fieldError(target, property, 'is listed twice in `fields`');
    const earlier = decorated.get(property);
    const name = entry.name ?? earlier?.name ?? property;
    if (entry.name !== undefined || typeof name === 'symbol')
      checkName(name, `the name of ${describe(target, property)}`);
    rules.set(property, {
      ...earlier,
      ...entry,
      property,
      name: name as string,
      ignored: false,
      needsConstructor: earlier?.needsConstructor ?? false,
    });
  }
  for (const property of ignore) {
    if (fields && rules.has(property)) fieldError(target, property, 'is both in `fields` and in `ignore`');
    rules.set(property, { property, name: property, ignored: true, needsConstructor: false });
  }
  return rules;
}

/** Which of the fields are getters of the class, and whether they have a setter. */
function accessorsAmong(target: Class, fields: readonly (string | symbol)[]): Map<string | symbol, boolean> {
  const accessors = new Map<string | symbol, boolean>();
  for (const property of fields) {
    // Assigning it would exchange the prototype of the instance.
    if (property === '__proto__') fieldError(target, property, 'cannot be a field');
    const { get, set } = descriptorOf(target.prototype, property) ?? {};
    if (get) accessors.set(property, set !== undefined);
    else if (set) fieldError(target, property, 'has a setter and no getter');
  }
  return accessors;
}

function descriptorOf(prototype: object, property: string | symbol): PropertyDescriptor | undefined {
  for (let object: object | null = prototype; object; object = Object.getPrototypeOf(object)) {
    const descriptor = Object.getOwnPropertyDescriptor(object, property);
    if (descriptor) return descriptor;
  }
  return undefined;
}

/** From the stored name to the property, of the fields where these differ. */
function renamedAmong(target: Class, fields: readonly FieldRule[]): Map<string, string | symbol> {
  const propertyByName = new Map<string, string | symbol>();
  for (const { property, name: current, aliases = [] } of fields) {
    for (const name of [current, ...aliases]) {
      const other = propertyByName.get(name);
      if (other !== undefined) {
        const names = `stored under the name ${JSON.stringify(name)}, as is ${JSON.stringify(String(other))}`;
        fieldError(target, property, `is ${names}; rename one of them`);
      }
      propertyByName.set(name, property);
    }
  }
  return new Map([...propertyByName].filter(([name, property]) => name !== property));
}

function fieldError(target: Class, property: string | symbol, problem: string): never {
  throw new H5RegistryError('H5_REGISTRY_FIELD', `${describe(target, property)} ${problem}`);
}

function describe(target: Class, property: string | symbol): string {
  return `property ${JSON.stringify(String(property))} of class ${nameOf(target)}`;
}
