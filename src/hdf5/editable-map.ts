import { FEW, SmallMap } from './small-map.js';

/** A `SmallMap` that can be changed. */
export class EditableMap<V> extends SmallMap<V> {
  set(name: string, value: V): void {
    const { entries } = this;
    if (entries instanceof Map) {
      entries.set(name, value);
      return;
    }
    const index = this.indexOf(name);
    if (index < 0) this.#append(name, value);
    else (entries as unknown[])[index + 1] = value;
  }

  /** Adds an entry, unless there is one of that name. Returns whether it did. */
  add(name: string, value: V): boolean {
    const { entries } = this;
    if (entries instanceof Map) {
      if (entries.has(name)) return false;
      entries.set(name, value);
      return true;
    }
    if (this.indexOf(name) >= 0) return false;
    this.#append(name, value);
    return true;
  }

  #append(name: string, value: V): void {
    let entries = this.entries as unknown[];
    const { used } = this;
    if (used === 2 * FEW) {
      this.entries = new Map(this).set(name, value);
      return;
    }
    if (used === entries.length) {
      // Room for 1, 4 or 8: `push` would make some for 16 more, in each of very many maps.
      const longer = new Array<unknown>(used === 0 ? 2 : used < FEW ? FEW : 2 * FEW);
      for (let i = 0; i < used; i++) longer[i] = entries[i];
      for (let i = used; i < longer.length; i++) longer[i] = undefined;
      this.entries = longer;
      entries = longer;
    }
    entries[used] = name;
    entries[used + 1] = value;
  }

  delete(name: string): boolean {
    const { entries } = this;
    if (entries instanceof Map) return entries.delete(name);
    const index = this.indexOf(name);
    if (index >= 0) this.entries = entries.filter((_, i) => i !== index && i !== index + 1);
    return index >= 0;
  }

  /** As that of a Map: what is deleted meanwhile does not come any more. */
  override *[Symbol.iterator](): Generator<[string, V]> {
    const { entries } = this;
    if (entries instanceof Map) {
      yield* entries;
      return;
    }
    for (let i = 0, { used } = this; i < used; i += 2) {
      const name = entries[i] as string;
      const value = this.get(name);
      if (value !== undefined) yield [name, value];
    }
  }

  /** In the order in which the names were added. */
  forEach(action: (value: V, name: string) => void): void {
    const { entries } = this;
    if (entries instanceof Map) entries.forEach(action);
    else for (let i = 0, { used } = this; i < used; i += 2) action(entries[i + 1] as V, entries[i] as string);
  }

  some(test: (value: V) => boolean): boolean {
    const { entries } = this;
    if (entries instanceof Map) {
      for (const value of entries.values()) if (test(value)) return true;
      return false;
    }
    for (let i = 1, { used } = this; i < used; i += 2) if (test(entries[i] as V)) return true;
    return false;
  }
}
