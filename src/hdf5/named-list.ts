/** Up to here a search through an array is as fast as a Map, and the array is smaller by far. */
const FEW = 8;

/** Things with names, in the order in which they were added. */
export class NamedList<T extends { readonly name: string }> {
  #few: T[];
  #many: Map<string, T> | undefined;

  constructor(items: T[] = []) {
    this.#few = items;
    if (items.length > FEW) this.#index();
  }

  get size(): number {
    return this.#many?.size ?? this.#few.length;
  }

  get items(): Iterable<T> {
    return this.#many?.values() ?? this.#few;
  }

  find(name: string): T | undefined {
    if (this.#many) return this.#many.get(name);
    const few = this.#few;
    for (let i = 0; i < few.length; i++) if ((few[i] as T).name === name) return few[i];
    return undefined;
  }

  /** Adds an item of a new name. */
  add(item: T): void {
    if (this.#many) {
      this.#many.set(item.name, item);
      return;
    }
    // Exactly as long as it needs to be: `push` would make room for 16 more, in each of very many lists.
    const few = this.#few;
    const { length } = few;
    const longer = new Array<T>(length + 1);
    for (let i = 0; i < length; i++) longer[i] = few[i] as T;
    longer[length] = item;
    this.#few = longer;
    if (length === FEW) this.#index();
  }

  /** Puts an item in the place of the one of the same name, or adds it. */
  set(item: T): void {
    const index = this.#many ? -1 : this.#few.findIndex(({ name }) => name === item.name);
    if (index < 0) this.add(item);
    else this.#few[index] = item;
  }

  delete(name: string): boolean {
    if (this.#many) return this.#many.delete(name);
    const index = this.#few.findIndex((item) => item.name === name);
    if (index >= 0) this.#few.splice(index, 1);
    return index >= 0;
  }

  #index(): void {
    this.#many = new Map();
    // Names come once in a well-formed file; else the first counts.
    for (const item of this.#few) if (!this.#many.has(item.name)) this.#many.set(item.name, item);
    this.#few = [];
  }
}
