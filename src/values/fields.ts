/** The fields of instances by their stored names, as rules or the class itself say: [h5write] and [h5read]. */
import { H5FormatError, H5TypeError } from '../errors.js';
import {
  type Content,
  type H5Readable,
  type H5ReadableClass,
  H5RegistryError,
  type H5Writable,
  h5read,
  h5write,
  type RegisteredClass,
  type Spend,
} from '../registry/index.js';
import { atOnce } from '../serialize/complete-restorer.js';
import { setProperty } from '../serialize/rows.js';
import { isIndex } from './content.js';

export type Dict = Map<string, unknown>;

/** Tells names that are not those of fields. */
export type IsOther = (name: string | symbol) => boolean;

/** The name under which a dict is stored as a Map, since an object would bring its names into another order. */
const ENTRIES = '[[entries]]';

/** What it costs to copy an entry, of which the class makes something else in turn. */
const COPY = 4;

/** Gets and sets the fields of the instances of one class. */
export class Fields {
  readonly #class: RegisteredClass;
  /** Whether the class says what is stored. */
  readonly writes: boolean;
  /** Whether the class makes its instances of what was stored, or fills them with it. */
  readonly reads: 'static' | 'method' | undefined;

  /** @throws {H5RegistryError} when the class has [h5read] twice. */
  constructor(cls: RegisteredClass) {
    this.#class = cls;
    this.writes = h5write in cls.prototype;
    this.reads = readerOf(cls);
  }

  /** What is stored of an instance. */
  of(instance: object, isOther: IsOther = none): Dict {
    const cls = this.#class;
    const dict: Dict = new Map();
    if (this.writes) {
      const result: unknown = (instance as H5Writable)[h5write](dict);
      if (typeof (result as { then?: unknown } | undefined)?.then === 'function')
        throw new H5TypeError(
          `[h5write] of class ${cls.name} is async: what it sets later is not stored; set all of it at once`,
        );
      let inOrder = true;
      for (const name of dict.keys() as Iterable<unknown>) {
        if (typeof name !== 'string')
          throw new H5TypeError(`[h5write] of class ${cls.name} has set a key that is no string`);
        if (isIndex(name) || name === ENTRIES) inOrder = false;
      }
      return inOrder ? dict : new Map([[ENTRIES, dict]]);
    }
    for (const property of cls.propertiesOf(instance)) {
      if (!isOther(property))
        dict.set(cls.storedName(property), (instance as Record<string | symbol, unknown>)[property]);
    }
    return dict;
  }

  /** An instance, as its class makes it of all that was stored. */
  make(content: Content, spend: Spend): object {
    const { target, prototype, name } = this.#class;
    const instance: unknown = (target as H5ReadableClass)[h5read](this.#dictOf(content, spend, none));
    if (isBaseOf.call(prototype, instance as object)) return instance as object;
    throw new H5RegistryError(
      'H5_REGISTRY_CREATE',
      `the static [h5read] of class ${name} returned no instance of it`,
    );
  }

  /** Sets the fields of an instance; of one that has been made of them, none. */
  set(instance: object, content: Content, spend: Spend, isOther: IsOther = none): void {
    if (this.reads === 'static') return;
    const dict = this.#dictOf(content, spend, isOther);
    if (this.reads) atOnce((instance as H5Readable)[h5read](dict), '[h5read] of class', this.#class.name);
    else for (const [name, value] of dict) this.setOne(instance, name, value);
  }

  setOne(instance: object, name: string, value: unknown): void {
    const cls = this.#class;
    const property = cls.propertyFor(name);
    const isHidden = cls.ruleFor(property)?.enumerable === false && !(property in instance);
    if (isHidden) Object.defineProperty(instance, property, { value, writable: true, configurable: true });
    else setProperty(instance, name, value, cls);
  }

  #dictOf(content: Content, spend: Spend, isOther: IsOther): Dict {
    const dict: Dict = new Map();
    const entries = this.entriesIn(content);
    if (entries) spend(COPY * entries.size);
    for (const [name, value] of entries ?? []) if (!isOther(name)) dict.set(name, value);
    for (const [name, value] of Object.entries(content))
      if (!isOther(name) && !(entries && name === ENTRIES)) dict.set(name, value);
    return dict;
  }

  /** The dict that is a part of a content, for the order of its names. */
  entriesIn(content: Content): Dict | undefined {
    const { name, migrate } = this.#class;
    if (!Object.hasOwn(content, ENTRIES) || !(this.writes || this.reads || migrate)) return undefined;
    const entries = content[ENTRIES];
    if (entries instanceof Map) {
      for (const key of entries.keys())
        if (typeof key !== 'string')
          throw new H5FormatError(
            -1,
            `an instance of class ${name} has a key among its ${ENTRIES} that is no string`,
          );
      return entries as Dict;
    }
    // Without [h5write] it may be the name of a property.
    if (!this.writes) return undefined;
    throw new H5FormatError(-1, `an instance of class ${name} has no Map as its ${ENTRIES}`);
  }

  /** A content with all names in one object, in any order. */
  flat(content: Content, spend: Spend): Content {
    const entries = this.entriesIn(content);
    if (!entries) return content;
    spend(COPY * entries.size);
    const { [ENTRIES]: _, ...others } = content;
    return { ...contentOf(entries), ...others };
  }
}

const none: IsOther = () => false;
const { isPrototypeOf: isBaseOf } = Object.prototype;

/** Which of both ways to read a class has, or the nearest that it extends. */
function readerOf({ target, name }: RegisteredClass): Fields['reads'] {
  for (let cls: unknown = target; typeof cls === 'function'; cls = Object.getPrototypeOf(cls)) {
    const isStatic = Object.hasOwn(cls, h5read);
    const isMethod = cls.prototype instanceof Object && Object.hasOwn(cls.prototype, h5read);
    if (isStatic && isMethod)
      throw new H5RegistryError(
        'H5_REGISTRY_CLASS',
        `class ${name} has [h5read] both as a static method and as one of its instances; they exclude each other`,
      );
    if (isStatic || isMethod) return isStatic ? 'static' : 'method';
  }
  return undefined;
}

/** The content of a value: names such as `__proto__` are names like any other. */
export function contentOf(dict: Dict): Record<string, unknown> {
  const object = {};
  for (const [name, value] of dict) setProperty(object, name, value, undefined);
  return object;
}
