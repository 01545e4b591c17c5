import { H5RegistryError } from './errors.js';
import { type Class, nameOf } from './metadata.js';
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
  readonly #byPrototype = new Map<object, RegisteredClass>();

  /**
   * Adds a class. To register the same class again, with the same name and options, changes nothing.
   *
   * @throws {H5RegistryError} when the class or the name is taken, the name cannot stand in a file, or
   * the rules for its properties contradict each other. The registry is then as it was.
   * @example
   * registry.register(Point, { name: 'Point', fields: ['x', { property: 'y', name: 'ordinate' }] });
   */
  register<T extends object>(cls: Class<T>, options: RegisterOptions<T>): this {
    const entry = new RegisteredClass(cls, options);
    const known = this.#byPrototype.get(entry.prototype);
    if (known?.equals(entry)) return this;
    if (known) {
      throw conflict(
        known.name === entry.name
          ? `class ${nameOf(cls)} is registered already, as ${quote(known)}, with other options`
          : `class ${nameOf(cls)} is registered already, as ${quote(known)}; it cannot be ${quote(entry)} as well`,
      );
    }
    const holder = this.#byName.get(entry.name);
    if (holder) {
      throw conflict(
        `the name ${quote(entry)} of class ${nameOf(cls)} belongs to class ${nameOf(holder.target)} already; rename ` +
          'one, or, for a module that was reloaded, take a new TypeRegistry',
      );
    }
    this.#byName.set(entry.name, entry);
    this.#byPrototype.set(entry.prototype, entry);
    return this;
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
    return this.#byName.get(name);
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
