/// <reference lib="esnext.disposable" preserve="true" />
import { H5PathError, H5TypeError } from '../errors.js';
import type { Editor } from '../hdf5/editing.js';
import { H5File } from '../hdf5/h5-file.js';
import { H5Group } from '../hdf5/h5-group.js';
import { eachName } from '../hdf5/members.js';
import { isWithin, join } from '../hdf5/paths.js';
import { referredName } from '../hdf5/referred.js';
import type { StoredObject } from '../hdf5/stored-object.js';
import { indexes } from '../indexes.js';
import { given } from '../serialize/checked-options.js';
import { Encoding, Reserved } from '../serialize/layout.js';
import { escapeName, unescapeName } from '../serialize/names.js';
import { readFrom, serialize, type WriteOptions } from '../serialize/serialize.js';
import { checkFunction, checkGroup, shown } from './checks.js';
import {
  Collection,
  groupAt,
  isLive,
  isMaking,
  namesIn,
  type OpenCollectionOptions,
  openIn,
} from './collection.js';
import { type CollectionOptions, type Context, contextOf } from './context.js';
import { type DictView, unviewed, viewOf } from './dict-view.js';
import { assign, kindOf, merge } from './difference.js';
import { H5Attributes } from './h5-attributes.js';
import { jsonOf } from './json.js';
import { LargeDict } from './large-dict.js';
import { type ChangeListener, LiveFile } from './live-file.js';
import type { Copied, CopiedMembers, LiveMembers, Stored, StoredMembers } from './live-types.js';
import {
  CH5MPY,
  checkKey,
  countPools,
  deleteMember,
  getMember,
  hasMember,
  isDict,
  isHidden,
  MAX_ATTRIBUTES,
  markNumber,
  replaceMember,
  setMember,
  valueIn,
} from './member.js';
import { type ContainerSource, leave } from './opening.js';
import { type FileSource, thePlatform } from './platform.js';
import { showDict } from './text.js';

/**
 * How a dict is opened.
 *
 * @example
 * const options: DictOpenOptions = { mode: 'r+', name: 'settings', commit: 'manual' };
 * using settings = H5Dict.open<Settings>('state.h5', options);
 */
export interface DictOpenOptions extends OpenCollectionOptions {}

/** The state of a program by the names of its parts, or any keys. */
export type DictKey<T> = keyof T & string;

/** A key that is computed; one that is written down is one of the dict's. */
export type OtherKey<K extends string> = string extends K ? K : never;

/**
 * A Map on a file. Values are read when they are asked for, and written when they are set; what is in the file is never
 * all in memory. Dicts in it are `H5Dict`s, lists `H5List`s, large arrays of numbers `H5Array`s, on the same file; all other
 * values are copies, which `set` writes back.
 *
 * What `write` stored of an object or a Map can be opened, and what a dict holds can be read with `read`.
 *
 * @example
 * using state = H5Dict.open<State>('state.h5', { mode: 'a' });
 * state.set('theme', 'dark');
 * state.get('users').at(-1);
 *
 * @example
 * const { view } = H5Dict.open<State>('state.h5', { mode: 'r+' });
 * view.count++;
 */
export class H5Dict<T extends object = Record<string, unknown>>
  extends Collection
  implements Iterable<[DictKey<T>, T[DictKey<T>]]>
{
  readonly #group: H5Group;
  #view: DictView<T> | undefined;
  /** Why it is no instance of its class, if it should be one. */
  readonly note: string | undefined;

  /** @internal */
  constructor(group: H5Group, context: Context, isOwned = false, note?: string) {
    super(context, isOwned);
    this.#group = group;
    this.note = note;
    // `dict.key = value` would be lost in silence: that is what `view` is for.
    if (new.target === H5Dict) Object.preventExtensions(this);
  }

  /**
   * Opens the dict that a file holds, or one of its parts. Its type has what `get` returns: `H5List<string>` for a list.
   *
   * @throws {H5PathError} when there is no such part, or it is no dict.
   * @throws {H5LockedError} when it is to be changed and another writer has the file open.
   * @example
   * using settings = H5Dict.open('state.h5', { name: 'settings', mode: 'r+' });
   */
  static open<T extends object = Record<string, unknown>>(
    source: ContainerSource,
    { mode = 'r', name, ...options }: DictOpenOptions = {},
  ): H5Dict<T> {
    if (source instanceof H5Group)
      return H5Dict.of<T>(name === undefined ? source : groupAt(source, namesIn(name)), options);
    return openIn(source, mode, options, (file) => {
      if (file.mode !== 'r') LiveFile.of(file).begin();
      const group = name === undefined ? dictIn(file) : groupAt(file, namesIn(name), isMaking(mode));
      const dict = new H5Dict<T>(group, contextOf(file, { commit: 'microtask', ...given(options) }), true);
      dict.#check();
      return dict;
    });
  }

  /**
   * The dict that a group of an open file is. What is changed is committed with the file, unless `commit` says when.
   *
   * @throws {H5PathError} when the group is no dict, but a list or an instance.
   */
  static of<T extends object = Record<string, unknown>>(
    group: H5Group,
    options: CollectionOptions = {},
  ): H5Dict<T> {
    checkGroup(group);
    const dict = new H5Dict<T>(dictIn(group), contextOf(group, options));
    dict.#check();
    return dict;
  }

  /**
   * Writes an object, or a Map with keys that are strings, to a file, in place of what is there, and opens it. Of a file that is
   * open, it is the member `name` of a group; without a name all of that group. The type of the dict follows from the value, or
   * is said as for `open`. It is a change as others are: it lasts when they do (`commit`), and a `rollback` before that takes it
   * back.
   *
   * @example
   * using state = H5Dict.write('state.h5', { tags: ['a'], count: 0 });
   * state.get('tags').push('b'); // an H5List<string>
   *
   * @example
   * using state = H5Dict.write<{ users: H5List<User> }>('state.h5', { users: [] });
   */
  static write<T extends object = never>(
    target: FileSource | H5Group | undefined,
    value: NoInfer<Written<T>>,
    options?: Omit<DictOpenOptions, 'mode'>,
  ): H5Dict<T>;
  static write<V extends object>(
    target: FileSource | H5Group | undefined,
    value: V,
    options?: Omit<DictOpenOptions, 'mode'>,
  ): H5Dict<LiveMembers<V>>;
  static write(
    target: FileSource | H5Group | undefined,
    value: object,
    options: Omit<DictOpenOptions, 'mode'> = {},
  ): H5Dict {
    if (!kindOf(value))
      throw new H5TypeError('a dict is written from an object, or from a Map with keys that are strings');
    const { name, ...how } = options;
    if (target instanceof H5Group) return writeIn(target, namesIn(name ?? ''), value, how);
    // What cannot be stored throws before a file is touched.
    // All of it is to be edited: nothing in it is stored in tables of its own.
    const stored = serialize(value, {
      ...thePlatform().codec,
      ...given(how),
      groups: Infinity,
    } as WriteOptions);
    const source = H5File.open(stored, 'r', { indexes });
    const dict = H5Dict.open(target as FileSource, { ...options, mode: 'w' });
    const group = dict.#group;
    const isRoot = group.path === '/';
    try {
      dict.context.live.change(group.path, (editor) =>
        editor.graft(group.node, source.session, source.node as StoredObject, {
          isCleared: false,
          takes: (each) => isRoot || each !== Reserved.layout,
          merges: () => false,
          replaces: () => {},
        }),
      );
    } catch (error) {
      leave(dict.file, error);
      throw error;
    }
    return dict;
  }

  /** Opens a dict for reading. */
  static read<T extends object = Record<string, unknown>>(
    source: ContainerSource,
    name?: string,
    options: Omit<DictOpenOptions, 'mode' | 'name'> = {},
  ): H5Dict<T> {
    return H5Dict.open<T>(source, { ...options, mode: 'r', ...(name === undefined ? {} : { name }) });
  }

  /** Makes sure that the group is a dict. */
  #check(): void {
    const group = this.#group;
    const { attrs } = group;
    if (isDict(group)) return;
    const type = attrs.get<string>(CH5MPY.type);
    const encoding = attrs.get(Reserved.encoding);
    if (encoding === undefined && (type === 'object' || attrs.has(Reserved.class))) return;
    const what = encoding ?? attrs.get(Reserved.type) ?? type;
    throw new H5PathError(
      'H5_WRONG_KIND',
      group.path,
      `"${group.path}" is no dict, but a value of the kind '${String(what)}': read reads it, and H5List.open opens lists`,
    );
  }

  // ---- what it is -----------------------------------------------------------------------------------

  /** The group that the dict is. */
  get object(): H5Group {
    return this.#group;
  }

  /** Where it is in the file: `/settings`. */
  get path(): string {
    return this.#group.path;
  }

  /** The dict that holds it; undefined for that of the whole file. */
  get parent(): H5Dict | undefined {
    if (this.#group.path === '/') return undefined;
    const { parent } = this.#group;
    return dictIn(parent) === parent ? new H5Dict(parent, this.context) : undefined;
  }

  /** The attributes of its group, with any values: its scalars are among them. */
  get attributes(): H5Attributes {
    return new H5Attributes(this.#group, this.context);
  }

  /**
   * The same as an object: its properties are the values, read and written in the file.
   *
   * @example
   * const { view } = H5Dict.open<State>('state.h5', { mode: 'r+' });
   * view.count++;
   * delete view.draft;
   * Object.keys(view);
   */
  get view(): DictView<T> {
    this.#view ??= viewOf(this);
    return this.#view;
  }

  /** Its group, unless that is one that has just been deleted. */
  get #current(): H5Group {
    const group = this.#group;
    group.session.editor?.settle(group);
    return group;
  }

  /** Its content as keys and values, if it is stored so. */
  get #large(): LargeDict | undefined {
    const group = this.#current;
    if (group.attrs.get(Reserved.encoding) !== Encoding.entries) return undefined;
    return LargeDict.of(group, this.context);
  }

  // ---- Map ------------------------------------------------------------------------------------------

  /** The number of keys. */
  get size(): number {
    const large = this.#large;
    if (large) return large.size;
    const { links } = this.#group.node;
    let size = this.#group.size;
    if (this.context.live.isOurs) size -= countPools(this.#group);
    else for (const name of this.#group.keys()) if (isHidden(name)) size--;
    for (const name of this.#group.attrs.keys()) if (!isHidden(name) && !links?.get(name)) size++;
    return size;
  }

  has(key: string): boolean {
    if (typeof key !== 'string') return false;
    const large = this.#large;
    return large ? large.has(key) : hasMember(this.#group, escapeName(key));
  }

  /** The value of a key; undefined if there is none, like that of a Map. */
  get<K extends DictKey<T>>(key: K): T[K];
  get<K extends string>(key: OtherKey<K>): unknown;
  get(key: string): unknown {
    checkKey(key);
    const large = this.#large;
    return large ? large.get(key) : getMember(this.#group, escapeName(key), this.context);
  }

  /**
   * What is stored of an instance of a class, as a dict by itself; of all else the same as `get`.
   *
   * @example
   * state.raw('owner').get('name'); // of an instance of User, without making one
   */
  raw(key: string): unknown {
    checkKey(key);
    if (this.#large) return this.get(key);
    return getMember(this.#group, escapeName(key), this.context, true);
  }

  /**
   * Sets the value of a key. A dict that is there is changed to what an object or a Map says, also in the order of its keys:
   * only the difference is written.
   *
   * @throws {H5UnsupportedError} when the value cannot be stored: then nothing has changed.
   */
  set<K extends DictKey<T>>(key: K, value: T[K] | Stored<T[K]>): this;
  set<K extends string>(key: OtherKey<K>, value: unknown): this;
  set(key: string, value: unknown): this {
    checkKey(key);
    this.context.live.edit();
    const given = unviewed(value);
    if (!assign(this, key, given)) this.change(key, () => setMember(this.#group, key, given, this.context));
    return this;
  }

  /** Removes a key. Returns whether it was there. */
  delete(key: string): boolean {
    if (typeof key !== 'string') return false;
    const { live } = this.context;
    live.edit();
    if (!this.has(key)) return false;
    return this.change(key, () => deleteMember(this.#group, escapeName(key)));
  }

  /** Removes all keys. */
  clear(): void {
    this.context.live.whole(() => {
      for (const key of [...this.keys()]) this.delete(key);
      // What those have led to.
      for (let i = countPools(this.#group) - 1; i >= 0; i--) deleteMember(this.#group, referredName(i));
    });
  }

  *keys(): IterableIterator<DictKey<T>> {
    const large = this.#large;
    if (large) yield* large.keys() as Iterable<DictKey<T>>;
    else {
      const group = this.#group;
      for (const name of eachName(() => group.node))
        if (!isHidden(name)) yield unescapeName(name) as DictKey<T>;
    }
  }

  *values(): IterableIterator<T[DictKey<T>]> {
    for (const key of this.keys()) yield this.get(key);
  }

  *entries(): IterableIterator<[DictKey<T>, T[DictKey<T>]]> {
    for (const key of this.keys()) yield [key, this.get(key)];
  }

  [Symbol.iterator](): IterableIterator<[DictKey<T>, T[DictKey<T>]]> {
    return this.entries();
  }

  forEach(callback: (value: T[DictKey<T>], key: DictKey<T>, dict: this) => void, thisArg?: unknown): void {
    checkFunction(callback);
    for (const [key, value] of this.entries()) callback.call(thisArg, value, key, this);
  }

  // ---- more than a Map ------------------------------------------------------------------------------

  /** The value of a key, which is set first, to this value, if it is not there. */
  getOrInsert<K extends DictKey<T>>(key: K, value: T[K] | Stored<T[K]>): T[K] {
    if (!this.has(key)) this.set(key, value);
    return this.get(key);
  }

  /** The same with a value that is made when it is needed. */
  getOrInsertComputed<K extends DictKey<T>>(key: K, make: (key: K) => T[K] | Stored<T[K]>): T[K] {
    checkFunction(make);
    if (!this.has(key)) this.set(key, make(key));
    return this.get(key);
  }

  /**
   * Gets a value, lets `change` change it or return another, and sets it. A dict, a list or an array on the file stays where it is,
   * unless it is to be another one.
   *
   * @example
   * state.update('owner', (owner) => { owner.name = 'Ada'; });
   */
  update<K extends DictKey<T>>(key: K, change: (value: T[K]) => unknown): this {
    checkFunction(change);
    const value = this.get(key);
    const changed = change(value);
    // A function without a return changes what it was given.
    if (isLive(value) && (changed === undefined || changed === value)) return this;
    return this.set(key, (changed === undefined ? value : changed) as T[K]);
  }

  /** Sets this dict to what an object or a Map says: keys that it does not have are removed. Only the difference is written. */
  assign(value: T | StoredMembers<T> | ReadonlyMap<string, unknown>): this {
    assign(this, undefined, unviewed(value));
    return this;
  }

  /**
   * Sets keys to the values that an object, a Map or another dict has for them; where both have a dict, that is merged, too.
   * Other keys stay.
   *
   * @throws {H5PathError} when a dict would replace another object, as where one of both is a Map; then nothing changes.
   */
  merge(other: Partial<T> | Partial<StoredMembers<T>> | ReadonlyMap<string, unknown> | H5Dict): this {
    merge(this, unviewed(other) as object);
    return this;
  }

  /** Gives a value another key, and leaves it in its place. What has that key already is replaced. */
  rename(key: string, newKey: string): void {
    checkKey(key);
    checkKey(newKey);
    const { live } = this.context;
    live.together(() => {
      this.change(key, (editor) => {
        const { node } = this.#group;
        replaceMember(this.#group, escapeName(newKey), () => {
          if (!editor.moveMember(node, escapeName(key), node, escapeName(newKey), MAX_ATTRIBUTES))
            this.#missing(key);
        });
        const isNumber = markNumber(this.#group, escapeName(key), false);
        markNumber(this.#group, escapeName(newKey), isNumber);
        editor.moved(this.#group.session, this.#pathOf(key), this.#pathOf(newKey));
      });
      live.change(this.#pathOf(newKey), () => {});
    });
  }

  /** Moves a value to another dict of the same file, there under `newKey`. */
  move(key: string, target: H5Dict, newKey = key): void {
    checkKey(key);
    checkKey(newKey);
    if (!(target instanceof H5Dict))
      throw new H5TypeError(`a value is moved to an H5Dict, not to ${shown(target)}`);
    if (!this.has(key)) this.#missing(key);
    if (target.file !== this.file)
      throw new H5TypeError('a value is moved within its file: set it in the other one, and delete it here');
    const group = this.#group;
    const from = this.#pathOf(key);
    this.context.live.whole(() => {
      this.change(key, () => {});
      const object = group.get(escapeName(key));
      if (object && isWithin(target.path, object.path))
        throw new H5TypeError(`"${object.path}" cannot be moved into itself`);
      target.change(newKey, (editor) => {
        const to = target.#pathOf(newKey);
        replaceMember(target.#group, escapeName(newKey), () =>
          editor.moveMember(
            group.node,
            escapeName(key),
            target.#group.node,
            escapeName(newKey),
            MAX_ATTRIBUTES,
          ),
        );
        const isNumber = markNumber(group, escapeName(key), false);
        markNumber(target.#group, escapeName(newKey), isNumber);
        editor.moved(group.session, from, to);
      });
    });
  }

  /** All of it in memory: an object, or a Map if it was one. Nothing in it is on the file. */
  copy(): Copied<H5Dict<T>> {
    return readFrom(this.#current, this.context.codec) as Copied<H5Dict<T>>;
  }

  /** All of it in memory as an object. */
  toObject(): CopiedMembers<T> {
    const copy: unknown = this.copy();
    // An instance of a class that extends Map has more than its entries, whose keys may be anything.
    const isMap = Object.getPrototypeOf(copy) === Map.prototype;
    return (isMap ? Object.fromEntries(copy as Map<string, unknown>) : copy) as CopiedMembers<T>;
  }

  /** What `JSON.stringify` takes. */
  toJSON(): unknown {
    return jsonOf(this.toObject());
  }

  // ---- listeners ------------------------------------------------------------------------------------

  /**
   * Calls a listener after each commit that has changed the value of a key, or what is at a path below this dict, or in
   * it; without a key, anything in this dict. Returns what ends that.
   *
   * @example
   * const stop = state.subscribe('settings/theme', ({ paths }) => console.log('changed:', paths));
   */
  subscribe(listener: ChangeListener): () => void;
  subscribe(keyOrPath: string, listener: ChangeListener): () => void;
  subscribe(keyOrPath: string | ChangeListener, listener?: ChangeListener): () => void {
    const { live } = this.context;
    if (typeof keyOrPath === 'function') return live.subscribe(this.path, keyOrPath);
    checkFunction(typeof keyOrPath === 'string' ? listener : keyOrPath);
    const keys = keyOrPath.split('/').filter((key) => key !== '');
    const names = this.has(keyOrPath) ? [keyOrPath] : keys;
    const path = names.map(escapeName).join('/');
    return live.subscribe(
      this.path === '/' ? `/${path}` : `${this.path}/${path}`,
      listener as ChangeListener,
    );
  }

  get [Symbol.toStringTag](): string {
    return 'H5Dict';
  }

  /** As text: keys and values, of dicts and lists in it only that they are there; of more than 100 keys the first and the last ten. */
  override toString(): string {
    return showDict(this as H5Dict);
  }

  /** @internal Whether it has to be made anew before it can be changed. */
  get isLarge(): boolean {
    return this.#large !== undefined;
  }

  // ---- how it is done -------------------------------------------------------------------------------

  /** @internal Makes a change of what a key has. */
  change<R>(key: string, action: (editor: Editor) => R): R {
    const { live } = this.context;
    // With keys of any number in two columns there is nothing to be changed in place.
    live.edit();
    this.spread();
    return live.change(this.#pathOf(key), action);
  }

  /** @internal Gives each key a member, as far as it is large. */
  spread(): this {
    const large = this.#large;
    if (large) this.context.live.whole(() => large.spread());
    return this;
  }

  #pathOf(key: string): string {
    return join(this.path, escapeName(key));
  }

  #missing(key: string): never {
    throw new H5PathError(
      'H5_NOT_FOUND',
      this.#pathOf(key),
      `there is no key ${JSON.stringify(key)} in the dict "${this.path}"`,
    );
  }
}

/** The dict that a group has as its value, if it is a file with more in it: tables of objects. */
function dictIn(group: H5Group): H5Group {
  const value = valueIn(group);
  return value instanceof H5Group ? value : group;
}

/** Makes an object the member at the end of names, or all of a group. */
function writeIn(
  group: H5Group,
  names: readonly string[],
  value: object,
  options: CollectionOptions,
): H5Dict {
  const context = contextOf(group, options);
  const last = names.at(-1);
  return context.live.whole(() => {
    if (last === undefined) return H5Dict.of(group, options).assign(value as Record<string, unknown>);
    const holder = groupAt(group, names.slice(0, -1), true);
    setMember(holder, unescapeName(last), value, context);
    return H5Dict.of(holder.group(last), options);
  });
}

/** What a dict of a type that is said is written from; nothing, where none is said. */
export type Written<T> = [T] extends [never] ? never : T | StoredMembers<T> | ReadonlyMap<string, unknown>;
