import { H5TypeError } from '../errors.js';
import { shows, type Viewed } from './dict-view.js';
import { H5Dict } from './h5-dict.js';
import type { H5List } from './h5-list.js';
import { noIndex } from './list-state.js';
import { viewIsRead } from './own-collections.js';

/** A list as an array. Dicts in it are what `view` of them is, as in the view of a dict. */
export type ListView<T> = Viewed<T>[];

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** The list as what `Array.isArray` takes for an array. */
export function listViewOf<T>(list: H5List<T>): ListView<T> {
  const target: unknown[] = [];
  // Node looks past a proxy.
  Object.defineProperty(target, INSPECT, { value: () => list.toString(), configurable: true });
  const view = new Proxy(target, new Handler(list as H5List));
  shows(view, list as H5List);
  return view as ListView<T>;
}

/** The index that a property of an array is. */
function indexOf(key: string | symbol): number | undefined {
  if (typeof key === 'symbol') return undefined;
  const index = Number(key);
  return Number.isInteger(index) && index >= 0 && String(index) === key ? index : undefined;
}

/** Methods that change an array in place are done in one by the list. */
const CHANGING = new Set<string | symbol>([
  'push',
  'pop',
  'shift',
  'unshift',
  'splice',
  'sort',
  'reverse',
  'fill',
  'copyWithin',
]);

/** Methods that compare elements: a view is made anew each time, and what it shows is the same. */
const COMPARING = new Set<string | symbol>(['includes', 'indexOf', 'lastIndexOf']);

class Handler implements ProxyHandler<unknown[]> {
  readonly #list: H5List;

  constructor(list: H5List) {
    this.#list = list;
  }

  get(target: unknown[], key: string | symbol, receiver: unknown): unknown {
    const index = indexOf(key);
    if (index !== undefined) return shown(this.#list.at(index));
    if (key === 'length') {
      viewIsRead();
      return this.#list.length;
    }
    if (key === 'toJSON') return () => this.#list.toJSON();
    if (CHANGING.has(key)) return (...values: unknown[]) => this.#changed(key as 'push', values, receiver);
    if (COMPARING.has(key))
      return (...values: [unknown]) => this.#list[key as 'indexOf' | 'lastIndexOf'](...values);
    // Lists in it are no arrays.
    if (key === 'flat') return (depth?: number) => this.#list.flat(depth).map(shown);
    // A copy of a list is an array.
    if (key === 'constructor') return Array;
    return Reflect.get(target, key, receiver);
  }

  #changed(method: 'push', values: unknown[], receiver: unknown): unknown {
    const result: unknown = this.#list[method](...values);
    return (result as unknown) === this.#list ? receiver : result;
  }

  set(_target: unknown[], key: string | symbol, value: unknown): boolean {
    const list = this.#list;
    const index = indexOf(key);
    if (index !== undefined) {
      const { length } = list;
      if (index < length) list.set(index, value);
      else if (index === length) list.push(value);
      else noIndex(list.path, index, length);
      return true;
    }
    if (key !== 'length')
      throw new H5TypeError(`${String(key)} is no index of a list: these are whole numbers from 0 on`);
    list.truncate(value as number);
    return true;
  }

  has(target: unknown[], key: string | symbol): boolean {
    const index = indexOf(key);
    return index === undefined ? Reflect.has(target, key) : index < this.#list.length;
  }

  deleteProperty(_target: unknown[], key: string | symbol): boolean {
    const index = indexOf(key);
    if (index === undefined) return typeof key === 'string' && key !== 'length';
    if (index < this.#list.length)
      throw new H5TypeError(
        'an element of a list is removed with delete(index) or splice: there are no holes',
      );
    return true;
  }

  ownKeys(): string[] {
    return [...Array.from({ length: this.#list.length }, (_, i) => String(i)), 'length'];
  }

  getOwnPropertyDescriptor(target: unknown[], key: string | symbol): PropertyDescriptor | undefined {
    const { length } = this.#list;
    if (key === 'length') {
      // The target is to say the same of what cannot be configured.
      target.length = length;
      return { value: length, writable: true, enumerable: false, configurable: false };
    }
    const index = indexOf(key);
    if (index === undefined || index >= length) return undefined;
    return { value: shown(this.#list.at(index)), writable: true, enumerable: true, configurable: true };
  }

  defineProperty(target: unknown[], key: string | symbol, descriptor: PropertyDescriptor): boolean {
    if (!('value' in descriptor)) throw new H5TypeError('an element of a list is a value, and no accessor');
    return this.set(target, key, descriptor.value);
  }

  setPrototypeOf(): boolean {
    return false;
  }

  preventExtensions(): never {
    throw new H5TypeError(
      'a list in a file can be neither frozen nor sealed: copy() is its elements in memory',
    );
  }
}

function shown(value: unknown): unknown {
  return value instanceof H5Dict ? value.view : value;
}
