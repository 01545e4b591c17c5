/** Up to here a search through an array is as fast as a Map, and the array is smaller by far. */
export const FEW = 8;

const NOTHING: readonly never[] = [];

/** What has a name by itself, as what is read from a file does. */
type Named<V> = V & { readonly name: string };

/**
 * A Map of names, of which there may be very many with few entries: an array of keys and values by turns, at whose end there
 * may be room. Those that change are `EditableMap`s.
 */
export class SmallMap<V> {
  protected entries: readonly unknown[] | Map<string, V> = NOTHING;

  /** Items by their names. Names come once in a well-formed file; else the first counts. */
  constructor(items?: readonly Named<V>[]) {
    if (!items) return;
    if (items.length > FEW) {
      const many = new Map<string, V>();
      for (const item of items) if (!many.has(item.name)) many.set(item.name, item);
      this.entries = many;
      return;
    }
    const few: unknown[] = new Array(2 * items.length).fill(undefined);
    this.entries = few;
    let used = 0;
    for (const item of items) {
      if (this.indexOf(item.name) >= 0) continue;
      few[used++] = item.name;
      few[used++] = item;
    }
  }

  get size(): number {
    const { entries } = this;
    return entries instanceof Map ? entries.size : this.used / 2;
  }

  /** How much of the array is in use. */
  protected get used(): number {
    const entries = this.entries as readonly unknown[];
    let { length } = entries;
    while (length > 0 && entries[length - 2] === undefined) length -= 2;
    return length;
  }

  protected indexOf(name: string): number {
    const entries = this.entries as readonly unknown[];
    for (let i = 0; i < entries.length; i += 2) if (entries[i] === name) return i;
    return -1;
  }

  get(name: string): V | undefined {
    const { entries } = this;
    if (entries instanceof Map) return entries.get(name);
    const index = this.indexOf(name);
    return index < 0 ? undefined : (entries[index + 1] as V);
  }

  /** In the order in which the names were added. */
  *[Symbol.iterator](): IterableIterator<[string, V]> {
    const { entries } = this;
    if (entries instanceof Map) yield* entries;
    else for (let i = 0; i < this.used; i += 2) yield [entries[i] as string, entries[i + 1] as V];
  }
}
