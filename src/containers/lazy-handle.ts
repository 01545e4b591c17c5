/**
 * A handle that opens what it stands for when it is used: until then, only where that is is known. Everything that is asked of
 * it is asked of what it stands for.
 */
export function lazyHandle<T extends object>(prototype: object, open: () => T): T {
  return new Proxy(Object.create(prototype) as T, new Opener(prototype, open));
}

class Opener<T extends object> implements ProxyHandler<T> {
  readonly #prototype: object;
  readonly #open: () => T;
  #opened: T | undefined;

  constructor(prototype: object, open: () => T) {
    this.#prototype = prototype;
    this.#open = open;
  }

  get #target(): T {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  get(_: T, key: string | symbol): unknown {
    // Who asks whether it is a promise does not use it.
    if (key === 'then') return undefined;
    const target = this.#target;
    const value: unknown = Reflect.get(target, key, target);
    // Methods with private fields know only what they are in.
    return typeof value === 'function' && key !== 'constructor' ? value.bind(target) : value;
  }

  set(_: T, key: string | symbol, value: unknown): boolean {
    return Reflect.set(this.#target, key, value);
  }

  has(_: T, key: string | symbol): boolean {
    return Reflect.has(this.#target, key);
  }

  getPrototypeOf(): object {
    return this.#prototype;
  }
}
