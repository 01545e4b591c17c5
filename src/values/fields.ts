/** The fields of instances, as rules or the class itself say: [h5write] and [h5read]. */
import { H5TypeError } from '../errors.js';
import {
  type Content,
  type H5Readable,
  type H5ReadableClass,
  H5RegistryError,
  type H5Writable,
  h5read,
  h5write,
  type RegisteredClass,
} from '../registry/index.js';
import { setProperty } from '../serialize/rows.js';

/** What is stored of an instance by names, in order. */
export type Dict = Map<string, unknown>;

/** Tells names that are not those of fields. */
export type IsOther = (name: string | symbol) => boolean;

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

  /** The fields of an instance by their stored names. */
  of(instance: object, isOther: IsOther = none): Dict {
    const cls = this.#class;
    const dict: Dict = new Map();
    if (this.writes) {
      (instance as H5Writable)[h5write](dict);
      for (const name of dict.keys() as Iterable<unknown>) {
        if (typeof name !== 'string')
          throw new H5TypeError(`[h5write] of class ${cls.name} has a key that is no string`);
      }
      return dict;
    }
    for (const property of cls.propertiesOf(instance)) {
      if (!isOther(property))
        dict.set(cls.storedName(property), (instance as Record<string | symbol, unknown>)[property]);
    }
    return dict;
  }

  /** An instance, as its class makes it of all that was stored. */
  make(content: Content | Dict): object {
    const { target, prototype, name } = this.#class;
    const instance: unknown = (target as H5ReadableClass)[h5read](dictOf(content));
    if (isBaseOf.call(prototype, instance as object)) return instance as object;
    throw new H5RegistryError(
      'H5_REGISTRY_CREATE',
      `the static [h5read] of class ${name} returned no instance of it`,
    );
  }

  /** Sets the fields of an instance; of one that has been made of them, none. */
  set(instance: object, content: Content | Dict, isOther: IsOther = none): void {
    if (this.reads === 'static') return;
    const dict = dictOf(content);
    if (this.reads) {
      const fields = isOther === none ? dict : new Map([...dict].filter(([name]) => !isOther(name)));
      (instance as H5Readable)[h5read](fields);
      return;
    }
    for (const [name, value] of dict) if (!isOther(name)) this.setOne(instance, name, value);
  }

  setOne(instance: object, name: string, value: unknown): void {
    const cls = this.#class;
    const property = cls.propertyFor(name);
    const isHidden = cls.ruleFor(property)?.enumerable === false && !(property in instance);
    if (isHidden) Object.defineProperty(instance, property, { value, writable: true, configurable: true });
    else setProperty(instance, name, value, cls);
  }
}

const none: IsOther = () => false;
const { isPrototypeOf: isBaseOf } = Object.prototype;

/** Which of both ways to read a class has, or the nearest that it extends. */
function readerOf({ target, name }: RegisteredClass): Fields['reads'] {
  for (let cls: unknown = target; typeof cls === 'function'; cls = Object.getPrototypeOf(cls)) {
    const isStatic = Object.hasOwn(cls, h5read);
    const isMethod =
      typeof cls.prototype === 'object' && cls.prototype && Object.hasOwn(cls.prototype, h5read);
    if (isStatic && isMethod)
      throw new H5RegistryError(
        'H5_REGISTRY_CLASS',
        `class ${name} has [h5read] both as a static method and as one of its instances; they exclude each other`,
      );
    if (isStatic || isMethod) return isStatic ? 'static' : 'method';
  }
  return undefined;
}

export function dictOf(content: Content | Dict): Dict {
  return content instanceof Map ? (content as Dict) : new Map(Object.entries(content));
}

/** The same as an object; names such as `__proto__` are names like any other. */
export function objectOf(content: Content | Dict): Content {
  if (!(content instanceof Map)) return content as Content;
  const object = {};
  for (const [name, value] of content as Dict) setProperty(object, name, value, undefined);
  return object;
}

/** The content of a value: an object, unless that would bring its names into another order. */
export function contentOf(dict: Dict): object {
  for (const name of dict.keys()) if (isIndex(name)) return dict;
  return objectOf(dict);
}

export const isIndex: IsOther = (name) => typeof name === 'string' && String(Number(name) >>> 0) === name;
