/** Up to here a search through an array is as fast as a Map, and the array is smaller by far. */
const FEW = 8;

const NOTHING: readonly never[] = [];

/** A Map of names, of which there may be very many with few entries: an array of keys and values by turns. */
export class SmallMap<V> {
  #entries: readonly unknown[] | Map<string, V> = NOTHING;

  /** Items by their names. Names come once in a well-formed file; else the first counts. */
  static of<T extends { readonly name: string }>(items: readonly T[]): SmallMap<T> {
    const map = new SmallMap<T>();
    if (items.length > FEW) {
      const many = new Map<string, T>();
      for (const item of items) if (!many.has(item.name)) many.set(item.name, item);
      map.#entries = many;
    } else {
      for (const item of items) map.add(item.name, item);
    }
    return map;
  }

  get size(): number {
    const entries = this.#entries;
    return entries instanceof Map ? entries.size : entries.length / 2;
  }

  #indexOf(name: string): number {
    const entries = this.#entries as readonly unknown[];
    for (let i = 0; i < entries.length; i += 2) if (entries[i] === name) return i;
    return -1;
  }

  get(name: string): V | undefined {
    const entries = this.#entries;
    if (entries instanceof Map) return entries.get(name);
    const index = this.#indexOf(name);
    return index < 0 ? undefined : (entries[index + 1] as V);
  }

  set(name: string, value: V): void {
    const entries = this.#entries;
    if (entries instanceof Map) {
      entries.set(name, value);
      return;
    }
    const index = this.#indexOf(name);
    if (index < 0) this.#append(name, value);
    else (entries as unknown[])[index + 1] = value;
  }

  /** Adds an entry, unless there is one of that name. Returns whether it did. */
  add(name: string, value: V): boolean {
    const entries = this.#entries;
    if (entries instanceof Map) {
      if (entries.has(name)) return false;
      entries.set(name, value);
      return true;
    }
    if (this.#indexOf(name) >= 0) return false;
    this.#append(name, value);
    return true;
  }

  #append(name: string, value: V): void {
    const entries = this.#entries as readonly unknown[];
    const { length } = entries;
    if (length === 2 * FEW) {
      this.#entries = new Map(this).set(name, value);
      return;
    }
    // Exactly as long as it needs to be: `push` would make room for 16 more, in each of very many maps.
    const longer = new Array<unknown>(length + 2);
    for (let i = 0; i < length; i++) longer[i] = entries[i];
    longer[length] = name;
    longer[length + 1] = value;
    this.#entries = longer;
  }

  delete(name: string): boolean {
    const entries = this.#entries;
    if (entries instanceof Map) return entries.delete(name);
    const index = this.#indexOf(name);
    if (index >= 0) this.#entries = entries.filter((_, i) => i !== index && i !== index + 1);
    return index >= 0;
  }

  /** In the order in which the names were added. */
  forEach(action: (value: V, name: string) => void): void {
    const entries = this.#entries;
    if (entries instanceof Map) entries.forEach(action);
    else for (let i = 0; i < entries.length; i += 2) action(entries[i + 1] as V, entries[i] as string);
  }

  some(test: (value: V) => boolean): boolean {
    const entries = this.#entries;
    if (entries instanceof Map) {
      for (const value of entries.values()) if (test(value)) return true;
      return false;
    }
    for (let i = 1; i < entries.length; i += 2) if (test(entries[i] as V)) return true;
    return false;
  }

  *[Symbol.iterator](): IterableIterator<[string, V]> {
    const entries = this.#entries;
    if (entries instanceof Map) yield* entries;
    else for (let i = 0; i < entries.length; i += 2) yield [entries[i] as string, entries[i + 1] as V];
  }
}
