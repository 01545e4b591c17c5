/** Up to here a search through an array is as fast as a Map, and the array is smaller by far. */
const FEW = 8;

const NOTHING: readonly never[] = [];

/**
 * A Map of names, of which there may be very many with few entries: an array of keys and values by turns, at whose end there
 * may be room.
 */
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
    return entries instanceof Map ? entries.size : this.#used / 2;
  }

  /** How much of the array is in use. */
  get #used(): number {
    const entries = this.#entries as readonly unknown[];
    let { length } = entries;
    while (length > 0 && entries[length - 2] === undefined) length -= 2;
    return length;
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
    let entries = this.#entries as unknown[];
    const used = this.#used;
    if (used === 2 * FEW) {
      this.#entries = new Map(this).set(name, value);
      return;
    }
    if (used === entries.length) {
      // Room for 1, 4 or 8: `push` would make some for 16 more, in each of very many maps.
      const longer = new Array<unknown>(used === 0 ? 2 : used < FEW ? FEW : 2 * FEW);
      for (let i = 0; i < used; i++) longer[i] = entries[i];
      for (let i = used; i < longer.length; i++) longer[i] = undefined;
      this.#entries = longer;
      entries = longer;
    }
    entries[used] = name;
    entries[used + 1] = value;
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
    else
      for (let i = 0, used = this.#used; i < used; i += 2) action(entries[i + 1] as V, entries[i] as string);
  }

  some(test: (value: V) => boolean): boolean {
    const entries = this.#entries;
    if (entries instanceof Map) {
      for (const value of entries.values()) if (test(value)) return true;
      return false;
    }
    for (let i = 1, used = this.#used; i < used; i += 2) if (test(entries[i] as V)) return true;
    return false;
  }

  *[Symbol.iterator](): IterableIterator<[string, V]> {
    const entries = this.#entries;
    if (entries instanceof Map) yield* entries;
    else for (let i = 0; i < this.#used; i += 2) yield [entries[i] as string, entries[i + 1] as V];
  }
}
