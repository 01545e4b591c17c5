/** How the lists of a file are stored, and become stored in other ways. */
import { H5PathError, H5StateError } from '../errors.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import type { H5Group } from '../hdf5/h5-group.js';
import { Encoding, Reserved } from '../serialize/layout.js';
import { checkUnreferred } from '../serialize/replaced-references.js';
import { isColumn, STRIDE, typeOfValue } from './column.js';
import type { Context } from './context.js';
import { ItemList } from './item-list.js';
import type { ListStore } from './list-store.js';
import type { Deferred } from './live-file.js';
import { CH5MPY } from './member.js';
import { PythonList } from './python-list.js';
import { isTableRow, RecordList, shapeOfRow } from './record-list.js';
import { addressOf, become } from './rewriting.js';
import { StoredList } from './stored-list.js';
import { isTree } from './tree.js';
import { isOfUnion, UnionList } from './union-list.js';
import { VectorList } from './vector-list.js';
import { mayShare, WholeList } from './whole-list.js';

const LISTS = new Set<string>([
  Encoding.records,
  Encoding.ragged,
  Encoding.union,
  Encoding.list,
  Encoding.sparse,
]);

/** What an object is if it is no list. */
export function otherThanList(object: H5Group | H5Dataset): string | undefined {
  const { attrs } = object;
  const type = attrs.get<string>(Reserved.type);
  if (object instanceof H5Dataset) return type === 'Array' ? undefined : (type ?? 'dataset');
  if (attrs.get(CH5MPY.type) === 'list') return undefined;
  const encoding = attrs.get<string>(Reserved.encoding);
  if (encoding === undefined || !LISTS.has(encoding))
    return encoding ?? type ?? attrs.get<string>(Reserved.class) ?? 'object';
  return type;
}

/** One list of an open file, as all its handles share it. What is appended is written together, before others look. */
export class ListState implements Deferred {
  readonly #context: Context;
  #store: ListStore;
  #isDeferred = false;
  /** Where the list is in the file, as long as it is one. */
  readonly address: number;
  /** How often changes had been taken back when this was made: after one more it is no longer true. */
  readonly epoch: number;
  /** When it was last known to be there. */
  since: number;

  /** That of an object. */
  static of(object: H5Group | H5Dataset, context: Context): ListState {
    const { live } = context;
    const address = addressOf(object);
    const known = live.state(address, () => new ListState(object, address, context));
    if (known instanceof ListState && known.isThere) return known;
    // Another object was there.
    live.dropState(address);
    return live.state(address, () => new ListState(object, address, context));
  }

  private constructor(object: H5Group | H5Dataset, address: number, context: Context) {
    this.#context = context;
    this.address = address;
    this.epoch = context.live.epoch;
    this.since = object.session.editor?.clock ?? 0;
    this.#store = openStore(object, context);
  }

  get isThere(): boolean {
    const { session } = this.object;
    if (session.editor?.isDeleted(this.address, this.since)) return false;
    try {
      return this.object.node !== undefined;
    } catch (error) {
      if (error instanceof H5StateError && error.code === 'H5_GONE') return false;
      throw error;
    }
  }

  get object(): H5Group | H5Dataset {
    return this.#store.object;
  }

  get length(): number {
    return this.#store.length;
  }

  get(index: number): unknown {
    return this.#store.get(index);
  }

  /** Elements as values of their own. */
  slice(start: number, end: number, isMoved = false): unknown[] {
    return this.#store.slice(start, end, isMoved);
  }

  // ---- changes: each is to be made in one of `LiveFile.change` --------------------------------------

  push(values: readonly unknown[]): void {
    if (values.length === 1) this.#add(values[0]);
    else if (this.#isQuick && values.every((value) => this.#store.fits(value))) this.#addAll(values);
    else if (values.length > 0) this.#whole(() => this.#addAll(values));
  }

  /** Whether values that fit are just kept in memory. */
  get #isQuick(): boolean {
    const store = this.#store;
    return store instanceof VectorList || store instanceof RecordList || store instanceof UnionList;
  }

  #addAll(values: readonly unknown[]): void {
    for (const value of values) this.#add(value);
  }

  #add(value: unknown): void {
    if (this.#store instanceof WholeList || !this.#store.add(value))
      this.#whole(() => {
        if (this.#store.add(value)) return;
        this.#convert([value]);
        this.#store.add(value);
      });
    else this.#madeAnew();
    this.#defer();
  }

  /** There is something to be written. */
  #defer(): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    this.#context.live.defer(this);
  }

  set(index: number, value: unknown): void {
    this.#checkFree();
    const store = this.#store;
    if (store instanceof VectorList && store.set(index, value)) return;
    if (store instanceof UnionList && store.set(index, value)) {
      this.#defer();
      return;
    }
    if (store instanceof ItemList && store.setScalar(index, value)) return;
    this.#whole(() => {
      if (this.#store.set(index, value)) return;
      this.#convert([value]);
      this.#store.set(index, value);
    });
  }

  splice(start: number, count: number, values: readonly unknown[]): void {
    if (count === 0 && values.length === 0) return;
    if (count > 0 || start < this.length) this.#checkFree();
    this.#whole(() => this.#splice(start, count, values));
  }

  #splice(start: number, count: number, values: readonly unknown[]): void {
    if (this.#store.splice(start, count, values)) return;
    this.#convert(values);
    this.#store.splice(start, count, values);
  }

  /** Puts elements in the places of others: `order` says for each place whose element comes there. */
  arrange(order: readonly number[]): void {
    if (order.length === 0) return;
    if (order.length > this.length)
      throw new H5StateError(
        'H5_GONE',
        `elements of "${this.object.path}" have been removed while they were compared`,
      );
    this.#checkFree();
    this.#whole(() => {
      // What leads back to a list that is a whole must not become a copy of that.
      if (this.#store instanceof StoredList) this.#convert([]);
      if (this.#store instanceof WholeList) {
        this.#store.arrange(order);
        return;
      }
      // A function that compares may have appended more.
      const all = this.#store.slice(0, order.length, true);
      const arranged = order.map((place) => all[place]);
      this.#splice(0, order.length, arranged);
    });
  }

  truncate(length: number): void {
    this.#checkFree();
    const store = this.#store;
    // To remove one element is all or nothing by itself.
    const isOne = store instanceof ItemList && length === store.length - 1;
    if (store.truncate(length) || (isOne && store.splice(length, 1, []))) {
      this.#madeAnew();
      this.#defer();
      return;
    }
    this.#whole(() => {
      this.#convert([]);
      if (!this.#store.truncate(length)) this.#store.splice(length, this.length - length, []);
    });
  }

  /**
   * Elements that others refer to by their places must stay in them.
   *
   * @throws {H5StateError} when something refers to an element.
   */
  #checkFree(): void {
    const store = this.#store;
    if (!(store instanceof RecordList || (store instanceof VectorList && store.hasObjects))) return;
    if (!store.object.attrs.has(Reserved.referenced)) return;
    checkUnreferred(store.object);
    store.object.attrs.delete(Reserved.referenced);
  }

  /** A list that is stored as a whole is another one after each change. */
  #madeAnew(): void {
    if (this.#store instanceof WholeList) this.since = this.object.session.edit().clock;
  }

  flush(): void {
    this.#isDeferred = false;
    const store = this.#store;
    // To write these is to flush what has changed: the list may have been deleted since they were appended, and would be gone then.
    if (store instanceof ItemList && store.waitsWithObjects) this.object.session.edit().flush();
    if (this.isThere) store.flush();
  }

  /** Does what is all or nothing, also within a transaction. */
  #whole(change: () => void): void {
    const { file, session } = this.object;
    // What was appended before is no part of it.
    this.flush();
    if (session.depth > 0) file.transaction(change);
    else change();
    this.since = session.edit().clock;
    this.#defer();
  }

  // ---- other ways to be stored ----------------------------------------------------------------------

  /** Comes to a store that values fit, and that can change its length. */
  #convert(values: readonly unknown[], isTried = false): void {
    const store = this.#store;
    store.flush();
    if (store.adapt(values)) return;
    const { length } = store;
    if (store instanceof StoredList && length > 0 && isShared(store, this.#context)) {
      this.#store = new WholeList(store, this.#context);
      return;
    }
    const isFixed = store instanceof StoredList;
    if (isFixed) store.checkParts();
    if (isFixed && length > 0) this.#become(storeFor(store.slice(0, 1), this.#context));
    else if (length === 0 && !isTried) this.#become(storeFor(values, this.#context));
    else if (store instanceof VectorList && values.every(isOfUnion)) this.#become(UnionList.make);
    else this.#become(ItemList.make);
    // Now that it can be changed, values may still not fit.
    if (!values.every((value) => this.#store.fits(value))) this.#convert(values, true);
  }

  /** Puts all elements, which have been flushed, into a store of another kind. */
  #become(makeStore: MakeStore): void {
    const store = this.#store;
    const { length } = store;
    const made = become(
      store.object,
      (holder, name) => {
        makeStore(holder, name, length);
        holder.session.editor?.flush();
        const list = ListState.of(holder.get(name) as H5Group | H5Dataset, this.#context);
        for (let start = 0; start < length; start += STRIDE) {
          list.#addAll(store.slice(start, Math.min(length, start + STRIDE), true));
          list.flush();
        }
        this.#context.live.dropState(list.address);
      },
      this.#context,
    );
    this.#store = openStore(made, this.#context);
    // What is to be added may be this list, by a handle that has to find it first.
    this.since = made.session.edit().clock;
  }
}

/** Makes a store without elements, that is to hold so many, under a name of a group. */
type MakeStore = (holder: H5Group, name: string, length: number) => unknown;

/** What a list is stored in. */
function openStore(object: H5Group | H5Dataset, context: Context): ListStore {
  const { attrs } = object;
  if (object instanceof H5Dataset) {
    const type = attrs.get<string>(Reserved.type);
    // The values of a large dict are a column, without a type.
    const isVector = (type === 'Array' || type === undefined) && isColumn(object);
    return isVector ? new VectorList(object) : new StoredList(object, context);
  }
  switch (attrs.get<string>(Reserved.encoding)) {
    case Encoding.list:
      return new ItemList(object, context);
    case Encoding.records:
      return RecordList.of(object, context) ?? new StoredList(object, context);
    case Encoding.union:
      return UnionList.of(object) ?? new StoredList(object, context);
    default:
      if (attrs.get(CH5MPY.type) === 'list') return new PythonList(object, context);
      return new StoredList(object, context);
  }
}

/** Makes what can hold values such as the first of these. */
function storeFor([first]: readonly unknown[], context: Context): MakeStore {
  const type = typeOfValue(first);
  if (type) return (holder, name, length) => VectorList.make(holder, name, type, length);
  if (isOfUnion(first)) return UnionList.make;
  const shape = shapeOfRow(first, context);
  if (!shape || !isTableRow(first, shape)) return ItemList.make;
  return (holder, name, length) => RecordList.make(holder, name, shape, first, length);
}

/** Whether elements share objects, or are far between. */
function isShared(store: StoredList, context: Context): boolean {
  if (store.object.attrs.get(Reserved.encoding) === Encoding.sparse) return true;
  return mayShare(store.object) && !isTree(store.whole(), context);
}

export function noIndex(path: string, index: unknown, length: number): never {
  throw new H5PathError(
    'H5_NOT_FOUND',
    path,
    `the list "${path}" has ${length} elements, and none with the index ${String(index)}`,
  );
}
