import type { Codec } from './codec.js';
import { H5RegistryError } from './errors.js';
import { type Class, nameOf } from './metadata.js';
import { checkName } from './names.js';
import { RegisteredClass, type RegisterOptions } from './registered-class.js';

/**
 * The classes whose instances may be written, and may be made when a file is read. A file can name
 * classes, but only those that stand here under that name are ever used.
 *
 * @example
 * const registry = new TypeRegistry()
 *   .register(Point, { name: 'geometry.Point', version: 2 })
 *   .register(Account, { name: 'Account', construct: true, ignore: ['session'] });
 */
export class TypeRegistry {
  #base: TypeRegistry | undefined;
  /** Also by the names that classes had before. */
  readonly #byName = new Map<string, RegisteredClass>();
  readonly #byPrototype = new Map<object, RegisteredClass>();
  readonly #predicates: { readonly applies: (value: object) => boolean; readonly entry: RegisteredClass }[] =
    [];
  #hasStored = false;
  /** What is stored by its name. */
  readonly #values = new Map<string, unknown>();
  readonly #names = new Map<unknown, string>();

  /**
   * A registry that knows all that this one does, also what is registered here later, and what is registered there: of
   * that, this one and others that extend it know nothing. What both have by one name is a conflict.
   *
   * @example
   * const plugin = defaultRegistry.extend().register(Widget, { name: 'plugin.Widget' });
   * deserialize(bytes, { registry: plugin });
   */
  extend(): TypeRegistry {
    const extension = new TypeRegistry();
    extension.#base = this;
    return extension;
  }

  /**
   * Adds a class. To register the same class again, with the same name and options, changes nothing.
   *
   * @throws {H5RegistryError} when the class or the name is taken, the name cannot stand in a file, or
   * the rules for its properties contradict each other. The registry is then as it was.
   * @example
   * registry.register(Point, { name: 'Point', fields: ['x', { property: 'y', name: 'ordinate' }] });
   */
  register<T extends object>(cls: Class<T>, options: RegisterOptions<T>): this {
    return this.#add(new RegisteredClass(cls, options));
  }

  #add(entry: RegisteredClass): this {
    const cls = entry.target;
    const known = this.of(entry.prototype);
    if (known?.equals(entry)) return this;
    if (known) {
      throw conflict(
        known.name === entry.name
          ? `class ${nameOf(cls)} is registered already, as ${quote(known)}, with other options`
          : `class ${nameOf(cls)} is registered already, as ${quote(known)}; it cannot be ${quote(entry)} as well`,
      );
    }
    const holder = this.get(entry.name);
    if (holder) {
      throw conflict(
        `the name ${quote(entry)} of class ${nameOf(cls)} belongs to class ${nameOf(holder.target)} already; rename ` +
          'one, or, for a module that was reloaded, take a new TypeRegistry',
      );
    }
    for (const alias of entry.aliases) {
      checkName(alias, `an alias of class ${nameOf(cls)}`);
      const other = this.get(alias);
      if (other || alias === entry.name)
        throw conflict(
          `the alias ${JSON.stringify(alias)} of class ${nameOf(cls)} is the name of a class already`,
        );
    }
    this.#hasStored ||= entry.stored.length > 0;
    for (const name of [entry.name, ...entry.aliases]) this.#byName.set(name, entry);
    this.#byPrototype.set(entry.prototype, entry);
    return this;
  }

  /**
   * Adds a way to store values: those of a class, or those that a predicate tells. A predicate is an arrow function; it is
   * asked about a value of each prototype that is met, and its answer holds for all of that prototype.
   *
   * @throws {H5RegistryError} when the class or the name is taken, or the codec cannot bring values back.
   * @example
   * registry.codec(Decimal, {
   *   name: 'Decimal',
   *   encode: (value) => ({ digits: value.toString() }),
   *   decode: ({ digits }) => new Decimal(digits as string),
   * });
   * registry.codec((value) => Temporal.isDuration(value), durationCodec);
   */
  codec<T extends object>(type: Class<T> | ((value: object) => boolean), codec: Codec<T>): this {
    const { name } = codec;
    if (codec.decode === undefined && (codec.create === undefined || codec.fill === undefined)) {
      const problem = `the codec ${JSON.stringify(name)} has neither \`decode\` nor \`create\` and \`fill\``;
      throw new H5RegistryError('H5_REGISTRY_CLASS', problem);
    }
    const isClass = typeof type !== 'function' || 'prototype' in type;
    // Those of a predicate have a name, and no class.
    const target = (isClass ? type : class {}) as Class<T>;
    const entry = new RegisteredClass(target, { name }, codec) as RegisteredClass;
    this.#add(entry);
    if (!isClass) this.#predicates.push({ applies: type as (value: object) => boolean, entry });
    return this;
  }

  /**
   * Gives a function, a symbol or an object a name, by which it is stored: a file that is read holds this very one again.
   *
   * @throws {H5RegistryError} when the name or the value is taken, or the name begins like that of a symbol or a class.
   * @example
   * registry.registerValue('handlers.save', onSave).registerValue('theme.dark', DARK);
   */
  registerValue(name: string, value: object | symbol): this {
    checkName(name, 'the name of a value');
    if (/^(Symbol[.(]|class )/.test(name))
      throw conflict(`the name ${JSON.stringify(name)} is that of a symbol or a class`);
    const known = this.nameOf(value);
    if (known === name) return this;
    if (known !== undefined)
      throw conflict(`the value ${JSON.stringify(name)} is registered already, as ${JSON.stringify(known)}`);
    if (this.named(name) !== undefined)
      throw conflict(`the name ${JSON.stringify(name)} is that of another value`);
    this.#values.set(name, value);
    this.#names.set(value, name);
    return this;
  }

  /**
   * Gives a symbol a name, by which it is stored. Those of the language and those of `Symbol.for` need none.
   *
   * @example
   * registry.registerSymbol('status.open', OPEN);
   */
  registerSymbol(name: string, symbol: symbol): this {
    return this.registerValue(name, symbol);
  }

  /** Whether a class says how some of its fields are stored. */
  get hasStored(): boolean {
    return this.#hasStored || this.#base?.hasStored === true;
  }

  /** Whether objects may be among the registered values. */
  get hasValues(): boolean {
    return this.#values.size > 0 || this.#base?.hasValues === true;
  }

  /** The name of a registered value. */
  nameOf(value: unknown): string | undefined {
    const own = this.#names.get(value);
    const name = only(own, this.#base?.nameOf(value), own);
    // It may have got another meaning here.
    if (name !== undefined) this.named(name);
    return name;
  }

  /** The registered value of a name. */
  named(name: string): unknown {
    return only(this.#values.get(name), this.#base?.named(name), name);
  }

  /** The class that an object's codec stands for, by predicates. */
  codecFor(value: object): RegisteredClass | undefined {
    return this.#predicates.find(({ applies }) => applies(value))?.entry ?? this.#base?.codecFor(value);
  }

  /**
   * Whether this very class is registered; that a base class is does not count.
   *
   * @example
   * registry.has(Point); // true
   */
  has(cls: Class): boolean {
    return this.of(cls.prototype) !== undefined;
  }

  /**
   * The class of this name, if there is one.
   *
   * @example
   * registry.get('geometry.Point')?.target === Point; // true
   */
  get(name: string): RegisteredClass | undefined {
    return only(this.#byName.get(name), this.#base?.get(name), name);
  }

  /**
   * The class whose instances have exactly this prototype. An instance of a subclass that is not registered
   * is not taken for one of its base class: it would come back as something else.
   *
   * @example
   * registry.of(Object.getPrototypeOf(value))?.name;
   */
  of(prototype: object): RegisteredClass | undefined {
    const own = this.#byPrototype.get(prototype);
    const entry = only(own, this.#base?.of(prototype), own?.name);
    if (entry) this.get(entry.name);
    return entry;
  }

  /**
   * The names of all classes, in the order of registration: of a registry that this one extends, first.
   *
   * @example
   * registry.names(); // ['geometry.Point', 'Account']
   */
  names(): string[] {
    const names = new Set(this.#base?.names());
    for (const { name } of this.#byName.values()) names.add(name);
    return [...names];
  }
}

/**
 * The registry that `@H5Class` and the rest of the package use where no other is given.
 *
 * @example
 * defaultRegistry.register(Point, { name: 'Point' });
 */
export const defaultRegistry: TypeRegistry = /* @__PURE__ */ new TypeRegistry();

/** What a registry has for a key, or the one that it extends: which may have got something else for it since. */
function only<T>(own: T | undefined, inherited: T | undefined, name: unknown): T | undefined {
  if (own === undefined || inherited === undefined || own === inherited) return own ?? inherited;
  if (own instanceof RegisteredClass && own.equals(inherited as never)) return own;
  throw conflict(`${JSON.stringify(name)} is registered twice: also in the registry that is extended`);
}

function conflict(message: string): H5RegistryError {
  return new H5RegistryError('H5_REGISTRY_CONFLICT', message);
}

function quote({ name }: RegisteredClass): string {
  return JSON.stringify(name);
}
