/** Up to here a search through an array is as fast as a Map, which takes longer to make. */
const FEW = 8;

/** Things with names, in the order in which they were added. */
export class NamedList<T extends { readonly name: string }> {
  #few: T[];
  #many: Map<string, T> | undefined;

  constructor(items: T[] = []) {
    this.#few = items;
    if (items.length > FEW) this.#many = new Map(items.map((item) => [item.name, item]));
  }

  get size(): number {
    return this.#many?.size ?? this.#few.length;
  }

  get items(): Iterable<T> {
    return this.#many?.values() ?? this.#few;
  }

  find(name: string): T | undefined {
    if (this.#many) return this.#many.get(name);
    for (const item of this.#few) if (item.name === name) return item;
    return undefined;
  }

  /** Adds an item, or puts it in the place of the one of the same name. */
  set(item: T): void {
    if (this.#many) {
      this.#many.set(item.name, item);
      return;
    }
    const few = this.#few;
    for (let i = 0; i < few.length; i++) {
      if ((few[i] as T).name === item.name) {
        few[i] = item;
        return;
      }
    }
    few.push(item);
    if (few.length > FEW) {
      this.#many = new Map(few.map((each) => [each.name, each]));
      this.#few = [];
    }
  }

  delete(name: string): boolean {
    if (this.#many) return this.#many.delete(name);
    const index = this.#few.findIndex((item) => item.name === name);
    if (index >= 0) this.#few.splice(index, 1);
    return index >= 0;
  }
}
