import { H5FormatError, H5StateError } from '../errors.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5Group } from '../hdf5/h5-group.js';
import { orderedLinks } from '../hdf5/members.js';
import { Encoding, MAX_MEMBERS, MAX_NAME, Reserved } from '../serialize/layout.js';
import { escapeName } from '../serialize/names.js';
import { writeMembers } from '../serialize/part-writer.js';
import { rewriteObject } from '../serialize/replaced-references.js';
import { readFrom } from '../serialize/serialize.js';
import type { Context } from './context.js';
import { H5List } from './h5-list.js';
import { MAX_ATTRIBUTES } from './member.js';
import { addressOf } from './rewriting.js';

const KEYS = 'keys';
const VALUES = 'values';

/**
 * A dict of so many keys that `write` has stored it as a column of keys and one of values. It is read as it is; before it is
 * changed, it becomes a group with a member for each key.
 */
export class LargeDict {
  readonly #group: H5Group;
  readonly #context: Context;
  /** The number of each key. */
  readonly #places = new Map<string, number>();
  readonly #values: H5List;
  /** The addresses of its two parts, and when they were there. */
  readonly #keysAt: number;
  readonly #valuesAt: number;
  readonly #since: number;

  /** That of a group, kept as long as it is one. */
  static of(group: H5Group, context: Context): LargeDict {
    group.session.editor?.flush();
    const address = addressOf(group);
    const make = (): LargeDict => new LargeDict(group, context);
    const known = context.live.state(address, make);
    if (known.#isThere) return known;
    // What is written to a path in it replaces its values.
    context.live.dropState(address);
    return context.live.state(address, make);
  }

  private constructor(group: H5Group, context: Context) {
    this.#group = group;
    this.#context = context;
    const keys = readFrom(group.dataset(KEYS), context.codec) as unknown;
    if (!isTexts(keys)) throw new H5FormatError(-1, `"${group.path}" has no list of keys`);
    for (const [i, key] of keys.entries()) this.#places.set(key, i);
    const values = group.get(VALUES);
    if (!(values instanceof H5Group || values instanceof H5Dataset))
      throw new H5FormatError(-1, `"${group.path}" has no list of values`);
    this.#values = new H5List(values, context);
    this.#keysAt = addressOf(group.dataset(KEYS));
    this.#valuesAt = addressOf(values);
    this.#since = group.session.editor?.clock ?? 0;
  }

  get #isThere(): boolean {
    const { editor } = this.#group.session;
    const since = this.#since;
    return !editor || !(editor.isRemoved(this.#keysAt, since) || editor.isRemoved(this.#valuesAt, since));
  }

  get size(): number {
    return this.#places.size;
  }

  has(key: string): boolean {
    return this.#places.has(key);
  }

  get(key: string): unknown {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#values.get(place);
  }

  keys(): Iterable<string> {
    return this.#places.keys();
  }

  /**
   * Makes a member of each key. To be called in a transaction.
   *
   * @throws {H5StateError} when a key is too long to be the name of one, or other parts of the file share what it holds.
   */
  spread(): void {
    const group = this.#group;
    for (const key of this.#places.keys()) {
      if (key.length <= MAX_NAME) continue;
      throw new H5StateError(
        'H5_TOO_LARGE',
        `"${group.path}" has a key of ${key.length} characters, more than a member of a group can have: it can only be set as a whole`,
      );
    }
    const values = group.get(VALUES) as H5Group | H5Dataset;
    const links = linksOf(values);
    if (links?.length === this.size) this.#move(values as H5Group, links);
    // What other parts share with it would be another one, or gone.
    else rewriteObject(values, this.#context.codec, () => this.#rewrite(), group);
    this.#context.live.dropState(addressOf(group));
  }

  /** Each value is an object already: it stays where it is, and so does what others share with it. */
  #move(values: H5Group, links: readonly string[]): void {
    const group = this.#group;
    const editor = group.session.edit();
    // Both names may be keys.
    const free = freeName(this.#places);
    editor.moveMember(group.node, VALUES, group.node, free, MAX_ATTRIBUTES);
    group.delete(KEYS);
    group.attrs.delete(Reserved.encoding);
    for (const [key, i] of this.#places)
      editor.moveMember(values.node, links[i] as string, group.node, escapeName(key), MAX_ATTRIBUTES);
    group.delete(free);
  }

  /** Stores them anew. */
  #rewrite(): void {
    const group = this.#group;
    const { session } = group;
    const editor = session.edit();
    const whole = readFrom(group, this.#context.moving) as Map<string, unknown> | Record<string, unknown>;
    const entries = whole instanceof Map ? [...whole] : Object.entries(whole);
    // All are stored together, so that what they share is one, in groups that are not too large to have members.
    const slices: Record<string, Record<string, unknown>> = {};
    for (let start = 0; start < entries.length; start += MAX_MEMBERS) {
      const slice = Object.create(null) as Record<string, unknown>;
      for (const [key, value] of entries.slice(start, start + MAX_MEMBERS)) slice[key] = value;
      slices[String(start)] = slice;
    }
    for (const name of [KEYS, VALUES]) group.delete(name);
    group.attrs.delete(Reserved.encoding);
    // Now that it is empty, any name is free.
    const name = 'members';
    writeMembers(group, { [name]: slices }, this.#context.codec);
    const holder = group.group(name);
    // The name may be one of the keys.
    const free = freeName(this.#places);
    if (free !== name) editor.moveMember(group.node, name, group.node, free, MAX_ATTRIBUTES);
    for (let start = 0; start < entries.length; start += MAX_MEMBERS) {
      const slice = holder.group(String(start));
      for (const [key] of entries.slice(start, start + MAX_MEMBERS)) {
        const each = escapeName(key);
        editor.moveMember(slice.node, each, group.node, each, MAX_ATTRIBUTES);
      }
    }
    group.delete(free);
  }
}

/** The links of a list that is a link for each element, in their order. */
function linksOf(list: H5Group | H5Dataset): string[] | undefined {
  if (!(list instanceof H5Group)) return undefined;
  const { attrs } = list;
  if (attrs.get(Reserved.encoding) !== Encoding.list || attrs.has(Reserved.mask)) return undefined;
  const links = orderedLinks(list.node);
  // Other programs may have copied it without its order.
  return links.some(([, order]) => order < 0) ? undefined : links.map(([name]) => name);
}

/** A name that is no key, and none of the members that are there before. */
function freeName(keys: ReadonlyMap<string, unknown>): string {
  for (let i = 0; ; i++) {
    const name = `members ${i}`;
    if (!keys.has(name)) return name;
  }
}

function isTexts(keys: unknown): keys is readonly string[] {
  return Array.isArray(keys) && keys.every((key) => typeof key === 'string');
}
