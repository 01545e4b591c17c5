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
  readonly #byName = new Map<string, RegisteredClass>();
  readonly #byAlias = new Map<string, RegisteredClass>();
  readonly #byPrototype = new Map<object, RegisteredClass>();
  readonly #predicates: { readonly applies: (value: object) => boolean; readonly entry: RegisteredClass }[] =
    [];
  /** Whether a class says how some of its fields are stored. */
  hasStored = false;
  /** What is stored by its name. */
  readonly #values = new Map<string, unknown>();
  readonly #names = new Map<unknown, string>();

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
    const known = this.#byPrototype.get(entry.prototype);
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
    this.hasStored ||= entry.stored.length > 0;
    this.#byName.set(entry.name, entry);
    for (const alias of entry.aliases) this.#byAlias.set(alias, entry);
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
    checkName(name, `the name of ${String(value)}`);
    if (/^(Symbol[.(]|class )/.test(name))
      throw conflict(`the name ${JSON.stringify(name)} is that of a symbol or a class`);
    const known = this.#names.get(value);
    if (known === name) return this;
    if (known !== undefined)
      throw conflict(`the value ${JSON.stringify(name)} is registered already, as ${JSON.stringify(known)}`);
    if (this.#values.has(name))
      throw conflict(`the name ${JSON.stringify(name)} belongs to another value already`);
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

  /** Whether objects may be among the registered values. */
  get hasValues(): boolean {
    return this.#values.size > 0;
  }

  /** The name of a registered value. */
  nameOf(value: unknown): string | undefined {
    return this.#names.get(value);
  }

  /** The registered value of a name. */
  named(name: string): unknown {
    return this.#values.get(name);
  }

  /** The class that an object's codec stands for, by predicates. */
  codecFor(value: object): RegisteredClass | undefined {
    return this.#predicates.find(({ applies }) => applies(value))?.entry;
  }

  /**
   * Whether this very class is registered; that a base class is does not count.
   *
   * @example
   * registry.has(Point); // true
   */
  has(cls: Class): boolean {
    return this.#byPrototype.has(cls.prototype);
  }

  /**
   * The class of this name, if there is one.
   *
   * @example
   * registry.get('geometry.Point')?.target === Point; // true
   */
  get(name: string): RegisteredClass | undefined {
    return this.#byName.get(name) ?? this.#byAlias.get(name);
  }

  /**
   * The class whose instances have exactly this prototype. An instance of a subclass that is not registered
   * is not taken for one of its base class: it would come back as something else.
   *
   * @example
   * registry.of(Object.getPrototypeOf(value))?.name;
   */
  of(prototype: object): RegisteredClass | undefined {
    return this.#byPrototype.get(prototype);
  }

  /**
   * The names of all classes, in the order of registration.
   *
   * @example
   * registry.names(); // ['geometry.Point', 'Account']
   */
  names(): string[] {
    return [...this.#byName.keys()];
  }
}

/**
 * The registry that `@H5Class` and the rest of the package use where no other is given.
 *
 * @example
 * defaultRegistry.register(Point, { name: 'Point' });
 */
export const defaultRegistry: TypeRegistry = /* @__PURE__ */ new TypeRegistry();

function conflict(message: string): H5RegistryError {
  return new H5RegistryError('H5_REGISTRY_CONFLICT', message);
}

function quote({ name }: RegisteredClass): string {
  return JSON.stringify(name);
}
