import { EditableMap } from './editable-map.js';
import type { Link } from './messages/link.js';
import type { SmallMap } from './small-map.js';

/** Links of a group that are found one by one, without reading all of them. */
export interface LinkIndex {
  /** How many there are. */
  readonly size: number;
  /** The creation order that the next one gets. */
  readonly next: number;
  get(name: string): Link | undefined;
  /** Undefined where the order is not in an index. */
  inOrder?(): LinkSequence | undefined;
  /** Calls this for one link after another in the order of their creation, until it returns false. Returns whether there is one. */
  eachInOrder?(visit: (link: Link) => boolean): boolean;
}

/** The links of a group in the order of their creation. Each is read when it is asked for. */
export interface LinkSequence {
  readonly length: number;
  /** The link at a place; undefined if only the program that made it knows where it leads. */
  at(place: number): Link | undefined;
  /** Where the link at a place leads, if that is a hard one; else UNDEFINED_ADDRESS. */
  addressAt(place: number): number;
}

/** The links of a group by their names: a `SmallMap`, or what looks each up when it is asked for. */
export type Links<V> = Pick<SmallMap<V>, 'size' | 'get'> & Iterable<[string, V]>;

/** The same, to be changed. */
export type LinkTable<V> = Links<V> & Pick<EditableMap<V>, 'add' | 'delete' | 'forEach'>;

/** To look one link up costs as much as to go through so many. */
const LOOKUP = 4;
/** Of larger groups what was looked up is not reason enough to keep all links in memory. */
const MAX_LOADED = 1 << 16;

/**
 * The links of a large group. Each is looked up when it is asked for; all of them are read when they are gone through, or
 * when so many were looked up that it would have cost no more.
 * Changes are kept here: `V` is what a new link is.
 */
export class IndexedLinks<V> implements LinkTable<V | Link> {
  readonly #index: LinkIndex;
  readonly #list: () => readonly Link[];
  /** By name: new links, and undefined for those that were deleted. Set again when a link is made again. */
  readonly #changes = new Map<string, V | undefined>();
  #size: number;
  /** What was looked up last: who changes a link asks several times what is there. */
  #asked: string | undefined;
  #answer: Link | undefined;
  /** How many were looked up. */
  #count = 0;
  /** All of them, once they were gone through. */
  #all: EditableMap<V | Link> | undefined;

  constructor(index: LinkIndex, list: () => readonly Link[]) {
    this.#index = index;
    this.#list = list;
    this.#size = index.size;
  }

  get size(): number {
    return this.#all?.size ?? this.#size;
  }

  get(name: string): V | Link | undefined {
    // A name that is not UTF-8 in the file has another hash than what it was decoded to.
    if (this.#all || name.includes('\ufffd')) return this.#everything().get(name);
    if (this.#changes.has(name)) return this.#changes.get(name);
    if (name !== this.#asked) {
      const { size } = this.#index;
      if (size <= MAX_LOADED && ++this.#count * LOOKUP > size) return this.#everything().get(name);
      this.#answer = this.#index.get(name);
      this.#asked = name;
    }
    return this.#answer;
  }

  /** The links by their places in the order of their creation, as long as they are as the file has them. */
  inOrder(): LinkSequence | undefined {
    return this.#all || this.#changes.size > 0 ? undefined : this.#index.inOrder?.();
  }

  /**
   * The first links in the order of their creation, of those that are as the file has them, and the names of all others; undefined if
   * that takes reading all of them. `next`: the creation order of the next one, if there were no others.
   */
  first(count: number): { links: Link[]; changed: string[]; next: number } | undefined {
    const changes = this.#changes;
    const links: Link[] = [];
    const isKnown =
      !this.#all &&
      this.#index.eachInOrder?.((link) => {
        if (!changes.has(link.name)) links.push(link);
        return links.length < count;
      });
    if (!isKnown) return undefined;
    const changed = [...changes].flatMap(([name, link]) => (link === undefined ? [] : [name]));
    return { links, changed, next: this.#index.next };
  }

  add(name: string, link: V): boolean {
    // Looking for it may have read all of them.
    if (this.get(name) !== undefined) return false;
    if (this.#all) return this.#all.add(name, link);
    this.#changes.delete(name);
    this.#changes.set(name, link);
    this.#size++;
    return true;
  }

  delete(name: string): boolean {
    if (this.get(name) === undefined) return false;
    if (this.#all) return this.#all.delete(name);
    this.#changes.set(name, undefined);
    this.#size--;
    return true;
  }

  forEach(action: (link: V | Link, name: string) => void): void {
    this.#everything().forEach(action);
  }

  [Symbol.iterator](): IterableIterator<[string, V | Link]> {
    return this.#everything()[Symbol.iterator]();
  }

  #everything(): EditableMap<V | Link> {
    if (!this.#all) {
      const all = new EditableMap<V | Link>();
      for (const link of this.#list()) if (!this.#changes.has(link.name)) all.add(link.name, link);
      for (const [name, link] of this.#changes) if (link !== undefined) all.add(name, link);
      this.#all = all;
    }
    return this.#all;
  }
}
