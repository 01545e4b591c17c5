import { H5PathError, H5StateError, H5TypeError } from '../errors.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5Group } from '../hdf5/h5-group.js';
import type { H5Object } from '../hdf5/h5-object.js';
import { given } from '../serialize/checked-options.js';
import { LAYOUT_VERSION, Reserved } from '../serialize/layout.js';
import { unescapeName } from '../serialize/names.js';
import { readFrom, writeInto } from '../serialize/serialize.js';
import { checkAttribute, checkFunction, checkGroupOrDataset, checkIterable } from './checks.js';
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
import { unviewed } from './dict-view.js';
import { isEqual } from './equal.js';
import { H5Dict } from './h5-dict.js';
import { jsonOf } from './json.js';
import { ListState, noIndex, otherThanList } from './list-state.js';
import { HOLE } from './list-store.js';
import { type ListView, listViewOf } from './list-view.js';
import type { ChangeListener } from './live-file.js';
import type { Copied, Stored } from './live-types.js';
import { setMember, valueIn } from './member.js';
import { storeWithCopies } from './own-collections.js';
import type { FileSource } from './platform.js';
import { addressOf } from './rewriting.js';
import { showList } from './text.js';

/** What is opened: a file, or a part of one that is open. */
export type ListSource = FileSource | H5Group | H5Dataset;

/**
 * How a list is opened.
 *
 * @example
 * const options: ListOpenOptions = { mode: 'a', name: 'log', commit: 'operation' };
 * using log = H5List.open<Entry>('state.h5', options);
 */
export interface ListOpenOptions extends OpenCollectionOptions {}

/**
 * An array on a file. Elements are read when they are asked for, and written when they are set; what is in the file is never
 * all in memory. Values come back as from an `H5Dict`: dicts in it are `H5Dict`s, lists `H5List`s, large arrays of numbers
 * `H5Array`s, on the same file; all other values are copies, which `set` and `update` write back.
 *
 * What `write` stored of an array can be opened, and what a list holds can be read with `read`. Elements may be of different
 * kinds. Lists of numbers, strings, booleans, bigints, dates, null and undefined, also of several of these, and of objects or
 * instances of the same properties with such values take the fewest bytes and are the fastest; what does not fit makes a list one of
 * any values. Objects in the former are copies, objects in the latter `H5Dict`s; in `view` they are objects either way.
 *
 * To append takes the same time however long a list is, and so does the access to any element. To insert or remove elements of
 * lists of any values does as well; in others, what follows is moved.
 *
 * @example
 * using log = H5List.open<Entry>('log.h5', { mode: 'a' });
 * log.push({ time: Date.now(), text: 'started' });
 * log.at(-1);
 */
export class H5List<T = unknown> extends Collection implements Iterable<T> {
  #state: ListState;
  /** What it was got from: that knows the path. */
  readonly #origin: H5Object;
  #view: ListView<T> | undefined;

  /** @internal */
  constructor(object: H5Group | H5Dataset, context: Context, isOwned = false) {
    super(context, isOwned);
    this.#origin = object;
    this.#state = ListState.of(object, context);
    // `list[0] = value` would be lost in silence: that is what `view` is for.
    if (new.target === H5List) Object.preventExtensions(this);
  }

  /**
   * Opens the list that a file holds, or one of its parts.
   *
   * @throws {H5PathError} when there is no such part, or it is no list.
   * @throws {H5LockedError} when it is to be changed and another writer has the file open.
   * @example
   * using users = H5List.open<User>('state.h5', { name: 'users', mode: 'r+' });
   */
  static open<T = unknown>(
    source: ListSource,
    { mode = 'r', name, ...options }: ListOpenOptions = {},
  ): H5List<T> {
    const names = namesIn(name ?? '');
    if (source instanceof H5Dataset || source instanceof H5Group) {
      const isWhole = names.length === 0 || source instanceof H5Dataset;
      return H5List.of<T>(
        isWhole ? source : listAt(source, names, false, contextOf(source, options)),
        options,
      );
    }
    return openIn(source, mode, options, (file) => {
      const context = contextOf(file, { commit: 'microtask', ...given(options) });
      const object = listAt(file, names, isMaking(mode), context);
      return new H5List<T>(checked(object), context, true);
    });
  }

  /**
   * The list that an object of an open file is. What is changed is committed with the file, unless `commit` says when.
   *
   * @throws {H5PathError} when it is no list.
   */
  static of<T = unknown>(object: H5Group | H5Dataset, options: CollectionOptions = {}): H5List<T> {
    checkGroupOrDataset(object);
    return new H5List<T>(checked(valueIn(object)), contextOf(object, options));
  }

  /**
   * Writes an array to a file, in place of what is there, and opens it as a list. Of a file that is open, it is the member `name`
   * of a group. It is a change as others are: it lasts when they do (`commit`), and a `rollback` before that takes it back.
   *
   * @example
   * using log = H5List.write('log.h5', []);
   */
  static write<T>(
    target: FileSource | H5Group | undefined,
    array: Iterable<T>,
    { name, ...options }: Omit<ListOpenOptions, 'mode'> = {},
  ): H5List<T> {
    const names = namesIn(name ?? '');
    checkIterable(array, 'a list is written from an array or something else iterable');
    const whole = Array.isArray(array) ? array : Array.from(array);
    if (target instanceof H5Group) {
      const context = contextOf(target, options);
      context.live.whole(() => writeAt(target, names, whole, context));
      return H5List.of<T>(listAt(target, names, false, context), options);
    }
    return openIn(target as FileSource, 'w', options, (file) => {
      const context = contextOf(file, { commit: 'microtask', ...given(options) });
      context.live.whole(() => writeAt(file, names, whole, context));
      return new H5List<T>(checked(listAt(file, names, false, context)), context, true);
    });
  }

  /** Opens a list for reading. */
  static read<T = unknown>(
    source: ListSource,
    name?: string,
    options: Omit<ListOpenOptions, 'mode' | 'name'> = {},
  ): H5List<T> {
    return H5List.open<T>(source, { ...options, mode: 'r', ...(name === undefined ? {} : { name }) });
  }

  /**
   * What becomes an empty list where it is set as the value of a dict.
   *
   * @example
   * dict.set('users', H5List.defer<User>());
   */
  static defer<T = never>(): T[] {
    return [];
  }

  // ---- what it is -----------------------------------------------------------------------------------

  /** The list as it is now. */
  get #list(): ListState {
    if (this.#state.epoch !== this.context.live.epoch) this.#find();
    const { object } = this.#state;
    object.session.check();
    // It may have just been deleted, or what it is in.
    object.session.editor?.settle(object);
    return this.#state;
  }

  /** Changes were taken back: finds the list as it is after that. */
  #find(): void {
    const { address, object, since } = this.#state;
    const { session, file } = object;
    session.check();
    const isRemoved = session.editor?.isRemoved(address, since) === true;
    const path = this.path;
    const there = isRemoved
      ? undefined
      : path === '/'
        ? file
        : path.startsWith('/')
          ? file.get(path)
          : undefined;
    const isList = there instanceof H5Group || there instanceof H5Dataset;
    if (!isList || addressOf(there) !== address)
      throw new H5StateError(
        'H5_GONE',
        `"${path}" is not there after what has been rolled back: get it again`,
      );
    this.#state = ListState.of(there, this.context);
  }

  /** The HDF5 object that the list is: another one when it has come to be stored in another way. */
  get object(): H5Group | H5Dataset {
    const list = this.#list;
    list.flush();
    return list.object;
  }

  /** Where it is in the file: `/users`. */
  get path(): string {
    return this.#origin.path;
  }

  /** The dict or list that holds it; undefined for that of the whole file. */
  get parent(): H5Dict | H5List | undefined {
    const path = this.path;
    if (path === '/' || !path.startsWith('/')) return undefined;
    const holder = this.file.group(path.slice(0, path.lastIndexOf('/')) || '/');
    if (valueIn(holder) !== holder) return undefined;
    return otherThanList(holder) === undefined
      ? new H5List(holder, this.context)
      : new H5Dict(holder, this.context);
  }

  /**
   * The same as an array: `list.view[3] = x`, `view.length`, and the methods of arrays.
   *
   * @example
   * const { view } = H5List.open<number>('numbers.h5', { mode: 'r+' });
   * view[0]++;
   */
  get view(): ListView<T> {
    this.#view ??= listViewOf(this);
    return this.#view;
  }

  // ---- elements -------------------------------------------------------------------------------------

  get length(): number {
    return this.#list.length;
  }

  /** The element at an index, from the end if that is negative; undefined if there is none, like that of an array. */
  at(index: number): T | undefined {
    const list = this.#list;
    const { length } = list;
    const whole = Math.trunc(index) || 0;
    const at = whole < 0 ? whole + length : whole;
    return at >= 0 && at < length ? (list.get(at) as T) : undefined;
  }

  /**
   * The element at an index, from the end if that is negative.
   *
   * @throws {H5PathError} when there is none.
   */
  get(index: number): T {
    const list = this.#list;
    return list.get(this.#index(index, list.length)) as T;
  }

  /**
   * Sets the element at an index, from the end if that is negative.
   *
   * @throws {H5PathError} when there is none: `push` makes a list longer.
   * @throws {H5UnsupportedError} when the value cannot be stored: then nothing has changed.
   */
  set(index: number, value: T | Stored<T>): this {
    this.#change((list) => list.set(this.#index(index, list.length), unviewed(value)));
    return this;
  }

  /**
   * Gets an element, lets `change` change it or return another, and sets it. A dict, a list or an array on the file stays where it
   * is, unless it is to be another one.
   *
   * @example
   * users.update(0, (user) => { user.name = 'Ada'; });
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a function without a return is one of these
  update(index: number, change: (value: T) => T | Stored<T> | void): this {
    checkFunction(change);
    const value = this.get(index);
    const changed = change(value);
    // What a function without a return changes is what it was given.
    if (isLive(value) && (changed === undefined || changed === value)) return this;
    return this.set(index, (changed === undefined ? value : changed) as T);
  }

  #index(index: number, length: number): number {
    const at = index < 0 ? index + length : index;
    if (!Number.isInteger(index))
      throw new H5TypeError(`the index of a list is a whole number, not ${String(index)}`);
    return at >= 0 && at < length ? at : noIndex(this.path, index, length);
  }

  // ---- what changes the length ----------------------------------------------------------------------

  /** Appends values: all of them or, if one cannot be stored, none. Returns the new length. */
  push(...values: (T | Stored<T>)[]): number {
    return this.extend(values);
  }

  /** The same for one value. */
  append(value: T | Stored<T>): number {
    return this.extend([value]);
  }

  /** The same for all that something iterable yields. */
  extend(values: Iterable<T | Stored<T>>): number {
    checkIterable(values, 'a list is extended by an array or something else iterable');
    const given = Array.isArray(values) ? values : Array.from(values);
    const all = this.#asGiven(given);
    return this.#change((list) => {
      // It may be gone.
      const { length } = list;
      list.push(all);
      return length + all.length;
    });
  }

  /** Removes the last element, and returns it; undefined if there is none. */
  pop(): T | undefined {
    return this.#change((list) => {
      const { length } = list;
      if (length === 0) return undefined;
      const [value] = list.slice(length - 1, length);
      list.truncate(length - 1);
      return real(value) as T;
    });
  }

  /** Removes the first element, and returns it; undefined if there is none. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    return this.splice(0, 1)[0];
  }

  /** Puts values in front of all others. Returns the new length. */
  unshift(...values: (T | Stored<T>)[]): number {
    this.splice(0, 0, ...values);
    return this.length;
  }

  /** Puts values in front of the element at an index; from the end if that is negative. */
  insert(index: number, ...values: (T | Stored<T>)[]): this {
    this.splice(index, 0, ...values);
    return this;
  }

  /** Removes elements, puts others in their place, and returns those that were removed: copies, in an array. */
  splice(start: number, deleteCount?: number, ...values: (T | Stored<T>)[]): T[];
  splice(...args: [start?: number, ...rest: unknown[]]): T[] {
    // Without arguments nothing is removed, as of an array.
    if (args.length === 0) return [];
    const [start = 0, ...rest] = args;
    const { length } = this;
    const from = bound(start, length);
    // Without a number, all that follow; one that is undefined is none, as of an array.
    const most = rest.length === 0 ? length : Math.trunc(rest[0] as number) || 0;
    const values = rest.slice(1);
    const count = Math.max(0, Math.min(most, length - from));
    return this.#change((list) => {
      const removed = list.slice(from, from + count);
      list.splice(from, count, this.#asGiven(values));
      return asArray(removed) as T[];
    });
  }

  /**
   * Removes the element at an index, from the end if that is negative.
   *
   * @throws {H5PathError} when there is none.
   */
  delete(index: number): void {
    this.#change((list) => list.splice(this.#index(index, list.length), 1, []));
  }

  /** Removes all elements. */
  clear(): void {
    this.truncate(0);
  }

  /** Removes all elements but the first `length`. */
  truncate(length: number): void {
    if (!Number.isInteger(length) || length < 0)
      throw new H5TypeError(`the length of a list is a whole number, not ${String(length)}`);
    this.#change((list) => {
      if (length > list.length)
        throw new H5TypeError(`the list has ${list.length} elements: push makes it longer`);
      if (length < list.length) list.truncate(length);
    });
  }

  /** Sets elements to one value. */
  fill(value: T | Stored<T>, start = 0, end?: number): this {
    this.#change((list) => {
      const { length } = list;
      const from = bound(start, length);
      const to = end === undefined ? length : bound(end, length);
      if (to > from) list.splice(from, to - from, this.#asGiven(new Array<unknown>(to - from).fill(value)));
    });
    return this;
  }

  /** Sorts the elements as an array does, in memory, and writes them back. */
  sort(compare?: (a: T, b: T) => number): this {
    if (compare !== undefined) checkFunction(compare);
    return this.#arrange((places, list) => {
      const shown = asArray(list.slice(0, list.length)) as T[];
      // Holes come last, as those of an Array; undefined comes before them, and is given to no function.
      const rank = (place: number) => (shown[place] !== undefined ? 0 : place in shown ? 1 : 2);
      const order = compare ?? byText;
      return places.sort(
        (a, b) => rank(a) - rank(b) || (rank(a) === 0 ? order(shown[a] as T, shown[b] as T) : 0),
      );
    });
  }

  /** Turns the order of the elements around, in memory. */
  reverse(): this {
    return this.#arrange((places) => places.reverse());
  }

  /** Puts elements in the places of others, as an array does, in memory. */
  copyWithin(target: number, start: number, end?: number): this {
    return this.#arrange((places) => places.copyWithin(target, start, end));
  }

  /** Arranges the places of all elements, and then these. */
  #arrange(arrange: (places: number[], list: ListState) => readonly number[]): this {
    this.#change((list) => {
      const places = Array.from({ length: list.length }, (_, place) => place);
      list.arrange(arrange(places, list));
    });
    return this;
  }

  // ---- iteration ------------------------------------------------------------------------------------

  *keys(): IterableIterator<number> {
    for (let i = 0; i < this.length; i++) yield i;
  }

  *values(): IterableIterator<T> {
    for (let i = 0; i < this.length; i++) yield this.#list.get(i) as T;
  }

  *entries(): IterableIterator<[number, T]> {
    for (let i = 0; i < this.length; i++) yield [i, this.#list.get(i) as T];
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.values();
  }

  forEach(callback: (value: T, index: number, list: this) => void, thisArg?: unknown): void {
    checkFunction(callback);
    for (const [i, value] of this.entries()) callback.call(thisArg, value, i, this);
  }

  map<U>(callback: (value: T, index: number, list: this) => U, thisArg?: unknown): U[] {
    checkFunction(callback);
    const results: U[] = [];
    for (const [i, value] of this.entries()) results.push(callback.call(thisArg, value, i, this));
    return results;
  }

  filter<U extends T>(callback: (value: T, index: number, list: this) => value is U, thisArg?: unknown): U[];
  filter(callback: (value: T, index: number, list: this) => unknown, thisArg?: unknown): T[];
  filter(callback: (value: T, index: number, list: this) => unknown, thisArg?: unknown): T[] {
    checkFunction(callback);
    const results: T[] = [];
    for (const [i, value] of this.entries()) if (callback.call(thisArg, value, i, this)) results.push(value);
    return results;
  }

  find(callback: (value: T, index: number, list: this) => unknown, thisArg?: unknown): T | undefined {
    checkFunction(callback);
    for (const [i, value] of this.entries()) if (callback.call(thisArg, value, i, this)) return value;
    return undefined;
  }

  findIndex(callback: (value: T, index: number, list: this) => unknown, thisArg?: unknown): number {
    checkFunction(callback);
    for (const [i, value] of this.entries()) if (callback.call(thisArg, value, i, this)) return i;
    return -1;
  }

  findLast(callback: (value: T, index: number, list: this) => unknown, thisArg?: unknown): T | undefined {
    const at = this.findLastIndex(callback, thisArg);
    return at < 0 ? undefined : this.get(at);
  }

  findLastIndex(callback: (value: T, index: number, list: this) => unknown, thisArg?: unknown): number {
    checkFunction(callback);
    for (let i = this.length - 1; i >= 0; i--)
      if (callback.call(thisArg, this.#list.get(i) as T, i, this)) return i;
    return -1;
  }

  /** The first index of a value, which is compared as `===` does; of what is read as a copy each time there is none. */
  indexOf(value: T, from = 0): number {
    const { length } = this;
    for (let i = bound(from, length); i < length; i++) if (this.#isIt(i, value)) return i;
    return -1;
  }

  lastIndexOf(value: T, ...given: [from?: number]): number {
    const { length } = this;
    // Undefined, if it is given, is zero, as for an Array.
    const from = given.length > 0 ? Math.trunc(given[0] as number) || 0 : length - 1;
    const start = from < 0 ? from + length : Math.min(from, length - 1);
    for (let i = start; i >= 0; i--) if (this.#isIt(i, value)) return i;
    return -1;
  }

  /** Whether an element is a value; NaN is NaN. */
  includes(value: T, from = 0): boolean {
    const { length } = this;
    for (let i = bound(from, length); i < length; i++)
      if (this.#isIt(i, value) || (Number.isNaN(value) && Number.isNaN(this.#list.get(i)))) return true;
    return false;
  }

  #isIt(index: number, value: unknown): boolean {
    const there = this.#list.get(index);
    return there === value || (there instanceof Collection && isSame(there, value));
  }

  some(callback: (value: T, index: number, list: this) => unknown, thisArg?: unknown): boolean {
    return this.findIndex(callback, thisArg) >= 0;
  }

  every(callback: (value: T, index: number, list: this) => unknown, thisArg?: unknown): boolean {
    checkFunction(callback);
    for (const [i, value] of this.entries()) if (!callback.call(thisArg, value, i, this)) return false;
    return true;
  }

  reduce(callback: (sum: T, value: T, index: number, list: this) => T): T;
  reduce<U>(callback: (sum: U, value: T, index: number, list: this) => U, initial: U): U;
  reduce(
    callback: (sum: never, value: T, index: number, list: this) => unknown,
    ...initial: unknown[]
  ): unknown {
    checkFunction(callback);
    let i = 0;
    if (initial.length === 0 && this.length === 0)
      throw new TypeError('reduce of an empty list without an initial value');
    let sum = initial.length > 0 ? initial[0] : this.#list.get(i++);
    for (; i < this.length; i++) sum = callback(sum as never, this.#list.get(i) as T, i, this);
    return sum;
  }

  reduceRight(callback: (sum: T, value: T, index: number, list: this) => T): T;
  reduceRight<U>(callback: (sum: U, value: T, index: number, list: this) => U, initial: U): U;
  reduceRight(
    callback: (sum: never, value: T, index: number, list: this) => unknown,
    ...initial: unknown[]
  ): unknown {
    checkFunction(callback);
    let i = this.length - 1;
    if (initial.length === 0 && i < 0)
      throw new TypeError('reduceRight of an empty list without an initial value');
    let sum = initial.length > 0 ? initial[0] : this.#list.get(i--);
    for (; i >= 0; i--) sum = callback(sum as never, this.#list.get(i) as T, i, this);
    return sum;
  }

  join(separator = ','): string {
    return this.map((value) => (value === null || value === undefined ? '' : String(value))).join(separator);
  }

  /** Elements in an array, as `get` returns them. */
  slice(start = 0, end?: number): T[] {
    const { length } = this;
    const to = end === undefined ? length : bound(end, length);
    const values: T[] = [];
    for (let i = bound(start, length); i < to; i++) values.push(this.#list.get(i) as T);
    return values;
  }

  /** An array of all elements, and those of others. */
  concat(...others: unknown[]): unknown[] {
    return this.slice().concat(
      ...(others.map((other) => (other instanceof H5List ? (other.slice() as unknown[]) : other)) as T[][]),
    );
  }

  /** An array of all elements, and, in the places of lists among them, the elements of those. */
  flat(depth = 1): unknown[] {
    const flat: unknown[] = [];
    for (const value of this.values()) {
      const isList = depth >= 1 && (value instanceof H5List || Array.isArray(value));
      // One after another: there may be more of them than a call takes arguments.
      if (isList) for (const each of (value as unknown[]).flat(depth - 1)) flat.push(each);
      else flat.push(value);
    }
    return flat;
  }

  /** An array of what `callback` makes of the elements; of arrays and lists, of what is in these. */
  flatMap<U>(callback: (value: T, index: number, list: this) => U | readonly U[], thisArg?: unknown): U[] {
    return this.map(callback, thisArg).flatMap((made) =>
      made instanceof H5List ? (made.slice() as U[]) : (made as U | readonly U[]),
    );
  }

  toSorted(compare?: (a: T, b: T) => number): T[] {
    if (compare !== undefined) checkFunction(compare);
    return this.slice().sort(compare);
  }

  toSpliced(...args: [start?: number, deleteCount?: number, ...values: T[]]): T[] {
    const copy = this.slice();
    copy.splice(...(args as [number, number, ...T[]]));
    return copy;
  }

  /** An array of all elements, with another one in one place. */
  with(index: number, value: T): T[] {
    const copy = this.slice();
    copy[this.#index(index, copy.length)] = value;
    return copy;
  }

  toReversed(): T[] {
    return this.slice().reverse();
  }

  // ---- in memory ------------------------------------------------------------------------------------

  /** All of it in memory: nothing in it is on the file. */
  toArray(): Copied<T>[] {
    return readFrom(this.object, this.context.codec) as Copied<T>[];
  }

  /** The same. */
  copy(): Copied<T>[] {
    return this.toArray();
  }

  /** What `JSON.stringify` takes. */
  toJSON(): unknown {
    return jsonOf(this.toArray());
  }

  /** The elements by their indices, as `get` returns them. */
  toDict(): Record<string, T> {
    return Object.fromEntries(this.entries()) as Record<string, T>;
  }

  /** Whether a list or something else iterable has equal elements, in the same order. */
  equals(other: Iterable<unknown>): boolean {
    if (other === this) return true;
    if (typeof other !== 'object' || other === null || !(Symbol.iterator in other)) return false;
    return isEqual(this.toArray(), Array.from(other), this.context.codec);
  }

  // ---- listeners ------------------------------------------------------------------------------------

  /**
   * Calls a listener after each commit that has changed this list, or what is in it. Returns what ends that.
   *
   * @example
   * const stop = users.subscribe(() => render(users));
   */
  subscribe(listener: ChangeListener): () => void {
    checkFunction(listener);
    return this.context.live.subscribe(this.path, listener);
  }

  get [Symbol.toStringTag](): string {
    return 'H5List';
  }

  /** As text: of more than six elements the first three and the last three. */
  override toString(): string {
    return showList(this as H5List);
  }

  // ---- how it is done -------------------------------------------------------------------------------

  /** Values to be stored one after another. This list, and what it is in, are what they were before the first one was. */
  #asGiven(values: readonly unknown[]): unknown[] {
    const all = values.map(unviewed);
    if (all.length < 2) return all;
    const copies = new Map<unknown, unknown>();
    return all.map((value) => {
      if (!(value instanceof Collection) || !this.#isWithin(value)) return value;
      if (!copies.has(value)) copies.set(value, readFrom(value.object as H5Group, value.context.moving));
      return copies.get(value);
    });
  }

  #isWithin({ file, path }: Collection): boolean {
    return file === this.file && (path === '/' || this.path === path || this.path.startsWith(`${path}/`));
  }

  #change<R>(action: (list: ListState) => R): R {
    return this.context.live.change(this.path, () => action(this.#list));
  }
}

/** Whether both are the same collection. */
function isSame(there: Collection, value: unknown): boolean {
  const other = unviewed(value);
  return other instanceof Collection && there.object.isSame(other.object);
}

function real(value: unknown): unknown {
  return value === HOLE ? undefined : value;
}

/** The order in which an Array is sorted when nobody says otherwise: that of UTF-16 code units. */
function byText(a: unknown, b: unknown): number {
  const [x, y] = [String(a), String(b)];
  return x < y ? -1 : Number(x > y);
}

/** Elements as an array has them, holes too. */
function asArray(values: readonly unknown[]): unknown[] {
  const array = new Array<unknown>(values.length);
  for (let i = 0; i < values.length; i++) if (values[i] !== HOLE) array[i] = values[i];
  return array;
}

/** An index as methods of arrays take it: from the end if it is negative, and within. */
function bound(index: number, length: number): number {
  const whole = Math.trunc(index) || 0;
  return whole < 0 ? Math.max(0, whole + length) : Math.min(whole, length);
}

// ---- where lists are --------------------------------------------------------------------------------------

function checked(object: H5Group | H5Dataset): H5Group | H5Dataset {
  const what = otherThanList(object);
  if (what === undefined) return object;
  throw new H5PathError(
    'H5_WRONG_KIND',
    object.path,
    `"${object.path}" is no list, but a value of the kind '${what}': read reads it, and H5Dict.open opens dicts`,
  );
}

/** The object at the end of names; an empty list is made there if one is to be. */
function listAt(
  group: H5Group,
  names: readonly string[],
  isMade: boolean,
  context: Context,
): H5Group | H5Dataset {
  if (names.length === 0) {
    if (isMade && group.attrs.size === 0 && group.size === 0) writeAt(group, names, [], context);
    return valueIn(group);
  }
  const holder = groupAt(group, names.slice(0, -1), isMade);
  const last = names.at(-1) as string;
  if (isMade && !holder.has(last) && !holder.attrs.has(last)) writeAt(holder, [last], [], context);
  const object = holder.get(last);
  if (object instanceof H5Group || object instanceof H5Dataset) return object;
  checkAttribute(holder, last);
  throw new H5PathError('H5_NOT_FOUND', last, `there is no list "${names.join('/')}" in "${group.path}"`);
}

function writeAt(
  group: H5Group,
  names: readonly string[],
  array: readonly unknown[],
  context: Context,
): void {
  if (names.length === 0) {
    void storeWithCopies(array, context, (each) => writeInto(group, each, context.codec));
    return;
  }
  const holder = groupAt(group, names.slice(0, -1), true);
  const last = names.at(-1) as string;
  setMember(holder, unescapeName(last), array, context);
  if (holder.isSame(holder.file) && !holder.attrs.has(Reserved.layout))
    holder.attrs.set(Reserved.layout, LAYOUT_VERSION);
}
