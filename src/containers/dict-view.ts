import { H5TypeError } from '../errors.js';
import { H5Dict } from './h5-dict.js';
import { H5List } from './h5-list.js';
import { viewIsRead } from './own-collections.js';

/**
 * A dict as an object: each key is a property. Dicts in it are views as well; lists and arrays are what `get` returns.
 * Properties are those of the file alone; methods of the dict are not among them.
 */
export type DictView<T> = {
  [K in keyof T]: Viewed<T[K]>;
};

/** What a view has of a value. */
export type Viewed<V> = V extends H5Dict<infer D> ? DictView<D> : V;

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

const collections = new WeakMap<object, H5Dict | H5List>();

/** Says of a view what it shows. */
export function shows(view: object, collection: H5Dict | H5List): void {
  collections.set(view, collection);
}

/** What a value is set as: a view as the dict or the list that it shows. */
export function unviewed(value: unknown): unknown {
  return (typeof value === 'object' && value !== null && collections.get(value)) || value;
}

export function viewOf<T extends object>(dict: H5Dict<T>): DictView<T> {
  // What is not in the dict is that of any object: `toString` and the like. Node shows the target instead of a proxy.
  const target = Object.defineProperty({}, INSPECT, { value: () => dict.toString(), configurable: true });
  const view = new Proxy(target, new Handler(dict as unknown as H5Dict));
  shows(view, dict as unknown as H5Dict);
  return view as DictView<T>;
}

class Handler implements ProxyHandler<object> {
  readonly #dict: H5Dict;

  constructor(dict: H5Dict) {
    this.#dict = dict;
  }

  get(target: object, key: string | symbol, receiver: unknown): unknown {
    if (typeof key === 'string' && this.#dict.has(key)) return this.#shown(key);
    // It would give the views of an object another prototype.
    return key === '__proto__' ? undefined : Reflect.get(target, key, receiver);
  }

  set(_target: object, key: string | symbol, value: unknown): boolean {
    this.#dict.set(keyOf(key), value);
    return true;
  }

  has(target: object, key: string | symbol): boolean {
    return (typeof key === 'string' && this.#dict.has(key)) || Reflect.has(target, key);
  }

  deleteProperty(_target: object, key: string | symbol): boolean {
    if (typeof key === 'string') this.#dict.delete(key);
    return true;
  }

  ownKeys(): string[] {
    viewIsRead();
    return [...this.#dict.keys()];
  }

  getOwnPropertyDescriptor(_target: object, key: string | symbol): PropertyDescriptor | undefined {
    if (typeof key === 'symbol' || !this.#dict.has(key)) return undefined;
    return { value: this.#shown(key), writable: true, enumerable: true, configurable: true };
  }

  #shown(key: string): unknown {
    const dict = this.#dict;
    const value = dict.get(key);
    if (value instanceof H5Dict) return value.view;
    return dict.isLarge ? viewOfCopy(value, () => viewOf(dict.spread()), key) : value;
  }

  defineProperty(_target: object, key: string | symbol, descriptor: PropertyDescriptor): boolean {
    if (!('value' in descriptor))
      throw new H5TypeError('what a dict has of a key is a value, and no accessor');
    this.#dict.set(keyOf(key), descriptor.value);
    return true;
  }

  setPrototypeOf(): boolean {
    return false;
  }

  preventExtensions(): never {
    throw new H5TypeError(
      'a dict in a file can be neither frozen nor sealed: copy() is what it has in memory',
    );
  }
}

function keyOf(key: string | symbol): string {
  if (typeof key === 'string') return key;
  throw new H5TypeError(`the key of a dict is a string, not ${String(key)}`);
}

/**
 * What a large dict has of a key is a copy in memory. As a view it is what is in the file: before it is changed, the dict gets a
 * member for each key, and the change is made there as well; `holder` is then the view that it is in.
 */
function viewOfCopy(copy: unknown, holder: () => object, key: string): unknown {
  if (!isPlain(copy)) return copy;
  const live = (): object => {
    const value = (holder() as Record<string, unknown>)[key];
    return (value instanceof H5List ? value.view : value) as object;
  };
  return new Proxy(copy, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      return typeof name === 'string' ? viewOfCopy(value, live, name) : value;
    },
    set: (target, name, value) => Reflect.set(live(), name, value) && Reflect.set(target, name, value),
    deleteProperty: (target, name) =>
      Reflect.deleteProperty(live(), name) && Reflect.deleteProperty(target, name),
    defineProperty: (target, name, descriptor) =>
      Reflect.defineProperty(live(), name, descriptor) && Reflect.defineProperty(target, name, descriptor),
  });
}

/** Whether it is what becomes a dict or a list. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === Object.prototype || prototype === null || prototype === Array.prototype;
}
