import { H5FormatError } from '../errors.js';
import type { NewLink, NewObject } from '../hdf5/editing.js';
import type { H5Dataset } from '../hdf5/h5-dataset.js';
import type { H5Group } from '../hdf5/h5-group.js';
import { orderedLinks } from '../hdf5/members.js';
import { type ObjectInfo, readObject } from '../hdf5/object.js';
import { join } from '../hdf5/paths.js';
import { type AnyLink, isHard, StoredObject } from '../hdf5/stored-object.js';
import { Encoding, MAX_MEMBERS, Missing, Reserved } from '../serialize/layout.js';
import { addMembers, placedIn } from '../serialize/part-writer.js';
import { memberSegment } from '../serialize/path.js';
import { readFrom } from '../serialize/serialize.js';
import type { Context } from './context.js';
import { HOLE, type ListStore } from './list-store.js';
import { deleteMember, getMember, prepareObjectMember, presented, replaceMember } from './member.js';
import { newDataset, newObject } from './new-object.js';
import { placeOf, setWord } from './rewriting.js';
import { encodeScalar, isNull, isScalar, type StoredScalar } from './scalar.js';
import { StoredItems } from './stored-items.js';

/** An element: the name of its link, or what a mask says of one that is missing. */
type Slot = string | number;

/** Elements that wait are written when there are so many. */
const MANY = 1 << 13;
/** Creation orders between two elements at the end of a list, where there is need of any. */
const GAP = 1 << 10;
/** And at least so many between those within it that get other ones. */
const SPREAD = 16;
const MAX_DEPTH = 32;

/** What is to be written of a value: a new object, or a copy for the codec. */
class Snapshot {
  readonly made: NewObject | undefined;
  readonly copy: object | undefined;

  constructor(made: NewObject | undefined, copy: object | undefined) {
    this.made = made;
    this.copy = copy;
  }
}

/** A list of any values: a group with a link for each element, in the order of the elements. */
export class ItemList implements ListStore {
  readonly object: H5Group;
  readonly #context: Context;
  /** As long as nothing but that is needed. */
  #stored: StoredItems | undefined;
  readonly #slots: Slot[] = [];
  /** The creation orders of the links. */
  readonly #orders: number[] = [];
  /** Elements that have been appended since they were last written. */
  #pending: unknown[] = [];
  #nextName = 0;
  /** Whether names are numbers that rise, so that the last element has the greatest. */
  #areNamesRising = true;
  #nextOrder = 0;
  #hasMask = false;
  #isMaskChanged = false;

  /** Of a group that stands in the file. */
  constructor(group: H5Group, context: Context) {
    this.object = group;
    this.#context = context;
    this.#stored = StoredItems.of(group, context);
    if (!this.#stored) this.#load();
  }

  /** Makes one without elements, under a name of a group. */
  static make(holder: H5Group, name: string): H5Group {
    const group = holder.createGroup(name);
    setWord(group, Reserved.encoding, Encoding.list);
    return group;
  }

  /** Goes on with the names of all elements. */
  #all(): void {
    if (!this.#stored) return;
    this.#stored = undefined;
    this.#load();
  }

  #load(): void {
    const { object } = this;
    object.session.editor?.flush();
    const links = orderedLinks(object.node);
    if (links.some(([, order]) => order < 0)) links.sort(([a], [b]) => Number(a) - Number(b));
    for (const [i, [name, order]] of links.entries()) {
      this.#orders.push(order < 0 ? i : order);
      const number = /^\d{1,15}$/.test(name) ? Number(name) : -1;
      this.#areNamesRising &&= number >= this.#nextName;
      this.#nextName = Math.max(this.#nextName, number + 1);
    }
    this.#nextOrder = (this.#orders.at(-1) ?? -1) + 1;
    const mask = object.attrs.get(Reserved.mask) as ArrayLike<number> | undefined;
    if (mask === undefined) {
      for (const [name] of links) this.#slots.push(name);
      return;
    }
    this.#hasMask = true;
    const orders = this.#orders.splice(0);
    for (let i = 0, next = 0; i < mask.length; i++) {
      const code = mask[i] as number;
      const name = links[next]?.[0];
      if (code > Missing.absent || (code === Missing.present && name === undefined)) this.#damaged();
      this.#slots.push(code === Missing.present ? (name as string) : code);
      this.#orders.push(code === Missing.present ? (orders[next++] as number) : -1);
      if (i === mask.length - 1 && next < links.length) this.#damaged();
    }
    if (mask.length === 0 && links.length > 0) this.#damaged();
  }

  #damaged(): never {
    throw new H5FormatError(-1, `the mask of "${this.object.path}" does not go with its elements`);
  }

  get length(): number {
    // The group is asked, for it may be gone.
    void this.object.node;
    if (this.#stored) return this.#stored.length;
    return this.#slots.length + this.#pending.length;
  }

  // ---- reading --------------------------------------------------------------------------------------

  get(index: number): unknown {
    if (this.#stored) return this.#stored.get(index);
    const slots = this.#slots;
    if (index >= slots.length) {
      const value = this.#pending[index - slots.length];
      if (value === HOLE) return undefined;
      if (value instanceof Date) return new Date(value);
      if (!(value instanceof Snapshot)) return value;
      this.flush();
    }
    const slot = slots[index] as Slot;
    if (typeof slot === 'string') {
      const { session } = this.object;
      const { live, options } = this.#context;
      const link = this.#linkAt(slot);
      if (link?.kind === 'hard' && !session.editor?.isWritten(link.address)) {
        const value = live.smallValues.readKnown(link.address, options.largeArray);
        if (value !== undefined) return value;
      }
      const info = this.#infoOf(link);
      if (isNull(info)) return null;
      return isScalar(info) && !session.editor?.isWritten(info.address)
        ? live.smallValues.read(info.address)
        : presented(this.#objectAt(slot, info), this.#context);
    }
    return slot === Missing.null ? null : undefined;
  }

  #linkAt(name: string): AnyLink | undefined {
    return this.object.node.links?.get(name) as AnyLink | undefined;
  }

  /** What the file says of an element, given its link. */
  #infoOf(link: AnyLink | undefined): ObjectInfo | undefined {
    const { session } = this.object;
    if (!link || !isHard(link)) return undefined;
    // Of a file that nobody changes, there is nothing else to ask.
    if (!session.editor && link.kind === 'hard') return readObject(session.space, link.address);
    const target = session.target(link);
    return 'info' in target ? target.info : undefined;
  }

  #objectAt(name: string, info?: ObjectInfo): H5Group | H5Dataset {
    const { object } = this;
    const { session } = object;
    const found =
      info && !session.editor
        ? object.wrap(new StoredObject(info), join(object.path, name))
        : object.linkInfo(name)?.kind === 'hard' && object.get(name);
    if (!found || (found.node.kind !== 'group' && found.node.kind !== 'dataset'))
      throw new H5FormatError(-1, `"${object.path}" has no element ${name}`);
    return found as H5Group | H5Dataset;
  }

  slice(start: number, end: number, isMoved = false): unknown[] {
    const codec = isMoved ? this.#context.moving : this.#context.codec;
    this.#all();
    this.flush();
    const values: unknown[] = [];
    for (let i = start; i < end; i++) {
      const slot = this.#slots[i] as Slot;
      if (typeof slot === 'string') values.push(readFrom(this.#objectAt(slot), codec));
      else values.push(slot === Missing.absent ? HOLE : slot === Missing.null ? null : undefined);
    }
    return values;
  }

  // ---- changes --------------------------------------------------------------------------------------

  /** It takes all values that can be stored. */
  fits(): boolean {
    return true;
  }

  adapt(): boolean {
    return true;
  }

  add(value: unknown): boolean {
    const kept = this.#kept(value);
    if (kept !== undefined || value === undefined) {
      this.#pending.push(kept);
      if (this.#pending.length >= MANY) this.flush();
      return true;
    }
    this.flush();
    this.#append(this.#put(String(this.#nextName), value, this.#nextOrder, this.#slots.length));
    return true;
  }

  /** What a value is kept as until it is written; undefined of what is to be written at once, and of undefined. */
  #kept(value: unknown): unknown {
    switch (typeof value) {
      case 'number':
      case 'string':
      case 'boolean':
        return value;
      case 'undefined':
        return undefined;
      case 'object':
        if (value === null) return null;
        if (!encodeScalar(value, this.#context)) return this.#snapshot(value);
        return value instanceof Date ? new Date(value) : value;
      default:
        return value === HOLE || encodeScalar(value, this.#context) ? value : undefined;
    }
  }

  #snapshot(value: object): Snapshot | undefined {
    const made = newObject(value, this.#context);
    if (made) return new Snapshot(made, undefined);
    if (this.#context.codec.accessors === 'skip') return undefined;
    const copy = new Copier(this.#context).copy(value);
    return copy && new Snapshot(undefined, copy);
  }

  /** The next element has this name. */
  #append(slot: Slot): void {
    this.#slots.push(slot);
    if (typeof slot !== 'string') {
      this.#orders.push(-1);
      this.#isMaskChanged = true;
      return;
    }
    this.#orders.push(this.#nextOrder++);
    this.#nextName++;
    if (this.#hasMask) this.#isMaskChanged = true;
  }

  /** Puts a value behind a new link, or in the place of what a link leads to. Returns what the element is then. */
  #put(name: string, value: unknown, order: number, index: number): Slot {
    const { object } = this;
    const context = this.#context;
    const editor = object.session.edit();
    const scalar = encodeScalar(value, context);
    if (!scalar) {
      let set: () => void;
      try {
        set = prepareObjectMember(object, name, value, context);
      } catch (error) {
        // It names the link, of which the program knows nothing.
        throw placedIn(error, `$${memberSegment(name)}`, `${placeOf(object)}[${index}]`);
      }
      set();
      if (object.has(name)) {
        editor.orderLinks(object.node, new Map([[name, order]]));
        return name;
      }
      // What cannot be stored may be left out, by an option, or be stored as something else.
      if (!object.attrs.has(name)) return Missing.absent;
      const other = getMember(object, name, context);
      object.attrs.delete(name);
      return other === undefined ? Missing.undefined : this.#put(name, other, order, index);
    }
    const made = newDataset(scalar);
    if (object.has(name)) replaceMember(object, name, () => editor.setObject(object.node, name, made));
    else editor.addObjects(object.node, [{ name, order, object: made }]);
    return name;
  }

  /** Whether elements are to be written that are stored as values are, and not as a link to a few bytes. */
  get waitsWithObjects(): boolean {
    return this.#pending.some((value) => value instanceof Snapshot && !value.made);
  }

  flush(): void {
    if (this.#pending.length > 0) this.#writePending();
    if (this.#isMaskChanged) this.#writeMask();
  }

  #writePending(): void {
    const pending = this.#pending;
    this.#pending = [];
    const { object } = this;
    const editor = object.session.edit();
    const direct: NewLink[] = [];
    let others = Object.create(null) as Record<string, unknown>;
    let count = 0;
    const orders = new Map<string, number>();
    const writeOthers = (): void => {
      if (count === 0) return;
      addMembers(object, others, this.#context.codec, orders);
      orders.clear();
      others = Object.create(null) as Record<string, unknown>;
      count = 0;
    };
    for (const value of pending) {
      if (value === undefined || value === HOLE) {
        this.#append(value === HOLE ? Missing.absent : Missing.undefined);
        continue;
      }
      const name = String(this.#nextName);
      const order = this.#nextOrder;
      const made =
        value instanceof Snapshot
          ? value.made
          : newDataset(encodeScalar(value, this.#context) as StoredScalar);
      if (made) direct.push({ name, order, object: made });
      else {
        others[name] = (value as Snapshot).copy;
        orders.set(name, order);
        if (++count === MAX_MEMBERS) writeOthers();
      }
      this.#append(name);
    }
    writeOthers();
    if (direct.length > 0) editor.addObjects(object.node, direct);
  }

  #writeMask(): void {
    this.#isMaskChanged = false;
    const codes = Uint8Array.from(this.#slots, (slot) => (typeof slot === 'string' ? Missing.present : slot));
    this.#hasMask = codes.some((code) => code !== Missing.present);
    const { attrs } = this.object;
    if (this.#hasMask) attrs.set(Reserved.mask, codes, { dtype: { vlen: 'u1' }, shape: [] });
    else attrs.delete(Reserved.mask);
  }

  /** Sets an element that is a scalar to another one. False if it is not one, or could only be made one. */
  setScalar(index: number, value: unknown): boolean {
    const { object } = this;
    const scalar = encodeScalar(value, this.#context);
    const slot = this.#slots[index];
    if (!scalar || value === undefined || typeof slot !== 'string') return false;
    const info = this.#infoOf(this.#linkAt(slot));
    if (info?.kind !== 'dataset' || info.dataspace.kind === 'simple' || info.attributes.length > 0)
      return false;
    const editor = object.session.edit();
    if (!editor.overwrite(object.node, slot, scalar.data, scalar))
      editor.setObject(object.node, slot, newDataset(scalar));
    return true;
  }

  set(index: number, value: unknown): boolean {
    this.flush();
    const slot = this.#slots[index] as Slot;
    if (value !== undefined && value !== HOLE && typeof slot === 'string') {
      const next = this.#put(slot, value, this.#orders[index] as number, index);
      if (next === slot) return true;
      this.#slots[index] = next;
      this.#orders[index] = -1;
      this.#writeMask();
      return true;
    }
    return this.splice(index, 1, [value]);
  }

  splice(start: number, count: number, values: readonly unknown[]): boolean {
    this.flush();
    const slots = this.#slots;
    const orders = this.#orders;
    const { object } = this;
    const present = values.filter((value) => value !== undefined && value !== HOLE).length;
    const first = this.#room(start, start + count, present);
    // What cannot be stored throws before anything is deleted.
    const newSlots: Slot[] = [];
    const newOrders: number[] = [];
    let order = first;
    for (const value of values) {
      const isMissing = value === undefined || value === HOLE;
      const name = String(this.#nextName);
      const missing = value === HOLE ? Missing.absent : Missing.undefined;
      const slot = isMissing ? missing : this.#put(name, value, order, start + newSlots.length);
      if (slot === name) this.#nextName++;
      newSlots.push(slot);
      newOrders.push(slot === name ? order++ : -1);
    }
    for (let i = start; i < start + count; i++) {
      const slot = slots[i] as Slot;
      if (typeof slot === 'string') deleteMember(object, slot);
    }
    spliceInto(slots, start, count, newSlots);
    spliceInto(orders, start, count, newOrders);
    this.#nextOrder = Math.max(this.#nextOrder, order);
    const isAtEnd = start + newSlots.length === slots.length;
    if (!isAtEnd && newSlots.some((slot) => typeof slot === 'string')) this.#areNamesRising = false;
    this.#takeNamesAgain();
    this.#isMaskChanged = this.#hasMask || newSlots.some((slot) => typeof slot !== 'string');
    if (this.#isMaskChanged) this.#writeMask();
    return true;
  }

  /** Names of elements that are gone from the end are free. */
  #takeNamesAgain(): void {
    const last = this.#slots.findLast((slot) => typeof slot === 'string');
    if (last === undefined) {
      this.#nextName = 0;
      this.#areNamesRising = true;
    } else if (this.#areNamesRising) this.#nextName = Number(last) + 1;
  }

  /** A creation order that has, with so many behind it, none of other elements than those from `start` to `end`. */
  #room(start: number, end: number, count: number): number {
    const orders = this.#orders;
    let before = -1;
    for (let i = start - 1; i >= 0 && before < 0; i--) before = orders[i] as number;
    // Links that are replaced still have theirs.
    for (let i = start; i < end; i++) before = Math.max(before, orders[i] as number);
    let after = this.#orderFrom(end);
    if (after - before > count)
      return after === Infinity
        ? Math.max(before + 1, this.#nextOrder)
        : before + 1 + Math.floor((after - before - 1 - count) / 2);
    // Some of those that follow get other numbers, with room between them: as few as there is room for.
    let stop = end;
    for (let size = 1; after - before - 1 < SPREAD * (stop - end + count); size *= 2) {
      stop = Math.min(orders.length, stop + size);
      after = this.#orderFrom(stop);
    }
    let moving = 0;
    for (let i = end; i < stop; i++) if ((orders[i] as number) >= 0) moving++;
    const step = after === Infinity ? GAP : Math.floor((after - before - 1) / (moving + count + 1));
    const moved = new Map<string, number>();
    let next = before + step * (count + 1);
    for (let i = end; i < stop; i++) {
      if ((orders[i] as number) < 0) continue;
      moved.set(this.#slots[i] as string, next);
      orders[i] = next;
      next += step;
    }
    if (after === Infinity) this.#nextOrder = Math.max(this.#nextOrder, next);
    this.object.session.edit().orderLinks(this.object.node, moved);
    return before + 1 + Math.floor((step * (count + 1) - 1 - count) / 2);
  }

  /** The creation order of the first element from an index on that has one; else any is free. */
  #orderFrom(start: number): number {
    const orders = this.#orders;
    for (let i = start; i < orders.length; i++) if ((orders[i] as number) >= 0) return orders[i] as number;
    return Infinity;
  }

  /** It can only if the elements that are to go have not been written: else they may be referred to, and `splice` removes them. */
  truncate(length: number): boolean {
    const stored = this.#slots.length;
    if (length < stored) return false;
    this.#pending.length = length - stored;
    return true;
  }
}

/** Any number of elements. */
function spliceInto<T>(list: T[], start: number, count: number, values: readonly T[]): void {
  if (values.length < 10_000) list.splice(start, count, ...values);
  else {
    const rest = list.splice(start).slice(count);
    for (const value of values) list.push(value);
    for (const value of rest) list.push(value);
  }
}

/** Copies trees of plain objects, arrays and scalars. */
class Copier {
  readonly #context: Context;
  /** The objects that have been met, but for the first. */
  readonly #seen = new Set<object>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Undefined of all else, and of what reaches an object twice: the codec stores that as it is. */
  copy(value: object, depth = MAX_DEPTH): object | undefined {
    if (depth === 0) return undefined;
    const isList = Array.isArray(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== (isList ? Array.prototype : Object.prototype)) return undefined;
    const keys = Object.keys(value);
    if (isList && keys.length !== value.length) return undefined;
    if (Object.getOwnPropertySymbols(value).length > 0) return undefined;
    const copy = (isList ? [] : {}) as Record<string, unknown>;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      if (key === '__proto__' || (isList && key !== String(i))) return undefined;
      let each = (value as Record<string, unknown>)[key];
      if (typeof each === 'object' && each !== null) {
        each = this.#inner(each, depth);
        if (each === undefined) return undefined;
      } else if (typeof each === 'symbol' || typeof each === 'function') return undefined;
      copy[key] = each;
    }
    return copy;
  }

  #inner(value: object, depth: number): object | undefined {
    if (this.#seen.has(value)) return undefined;
    this.#seen.add(value);
    if (value instanceof Date) return encodeScalar(value, this.#context) ? new Date(value) : undefined;
    return this.copy(value, depth - 1);
  }
}
