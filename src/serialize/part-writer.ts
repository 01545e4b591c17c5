import { H5Error, H5PathError, H5StateError, H5TypeError } from '../errors.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5Datatype } from '../hdf5/h5-datatype.js';
import { H5File } from '../hdf5/h5-file.js';
import { H5Group } from '../hdf5/h5-group.js';
import { H5Object } from '../hdf5/h5-object.js';
import { H5Reference } from '../hdf5/h5-reference.js';
import { orderedLinks } from '../hdf5/members.js';
import { type Datatype, isBoolean } from '../hdf5/messages/datatype.js';
import { join } from '../hdf5/paths.js';
import type { StoredObject } from '../hdf5/stored-object.js';
import { isPlainText, utf8Encoder } from '../hdf5/text.js';
import {
  defaultRegistry,
  entryOf,
  hasEntry,
  keysOf,
  type RegisteredClass,
  type TypeRegistry,
} from '../registry/index.js';
import { isSameBytes } from '../storage/bytes.js';
import { MemoryStorage } from '../storage/memory.js';
import type { Storage } from '../storage/storage.js';
import { areApart, type Place } from './apart.js';
import { H5UnknownClassError } from './errors.js';
import {
  arraySetter,
  checkElement,
  compressionIn,
  isArray,
  keepAgain,
  keptOf,
  scalarSetter,
  wholeSetter,
} from './in-place.js';
import { Kind, Kinds } from './kinds.js';
import { Encoding, LAYOUT_VERSION, MAX_MEMBERS, MAX_NAME, Reserved, Tag } from './layout.js';
import {
  hasMembers,
  isCoded,
  isErrorGroup,
  isMergeable,
  isMerged,
  isObject,
  isObjectGroup,
} from './mergeable.js';
import { escapeName } from './names.js';
import { indexOf, mapKey, parsePath, rangeOf, type Step, showPath, wrapped } from './part-path.js';
import { isAccessor, readPart } from './part-reader.js';
import { shortPath } from './path.js';
import {
  addressIn,
  checkReferences,
  freeCycles,
  IN_TABLES,
  isElement,
  note,
  pooledIn,
  type Replaced,
  removeMember,
  replaceMembers,
  SCALE,
  sharedOf,
} from './replaced-references.js';
import { isReserved, type Restorer } from './restore.js';
import { setProperty } from './rows.js';
import {
  newRestorer,
  type ReadOptions,
  readFrom,
  type Store,
  serialize,
  type WriteOptions,
  within,
} from './serialize.js';
import { unreadable } from './unreadable.js';
import { described, isIterator, memberOf, NO_PLACE, setMember } from './value-members.js';
import { NO_VALUES, type Values } from './values.js';

/**
 * Puts a value in the place of what a path of an open file leads to, or merges it into that: all of it or, after an error,
 * nothing. `store` may take its time, and then so does this.
 */
export function writePart(
  target: H5Group,
  value: unknown,
  options: WriteOptions,
  store: Store = (stored, how) => new MemoryStorage(serialize(stored, how)),
): void | Promise<void> {
  return new PartWriter(target, options).write(value, store);
}

/** Sets members of a group to values, with the objects that they share. What has their names is replaced. */
export function writeMembers(group: H5Group, values: object, options: WriteOptions): void {
  prepareMembers(group, values, options)();
}

/** The same in two steps: what is returned sets them. What cannot be stored throws here, before anything changes. */
export function prepareMembers(group: H5Group, values: object, options: WriteOptions): () => void {
  const source = storedMembers(group, values, options);
  const isMember = (name: string): boolean => !isReserved(name);
  const replaced = [...source.keys()].filter(isMember).concat([...source.attrs.keys()].filter(isMember));
  return () =>
    replaceMembers(group, replaced, () =>
      group.session.edit().setCopies(group.node, source.session, isMember, MAX_MEMBERS),
    );
}

/** Adds members to a group whose names are new there, with these creation orders or behind all others. */
export function addMembers(
  group: H5Group,
  values: object,
  options: WriteOptions,
  orders?: ReadonlyMap<string, number>,
): void {
  const source = storedMembers(group, values, options);
  group.session.edit().graft(group.node, source.session, source.node as StoredObject, {
    isCleared: false,
    takes: (name) => !isReserved(name),
    merges: () => false,
    replaces: () => {},
    ...(orders && { orders }),
  });
}

/** The row of another table that a cell refers to, if it does. */
function rowBehind(column: H5Dataset, row: number): { vector: H5Group; row: number } | undefined {
  const { attrs, file } = column;
  if (column.ndim !== 1 || attrs.has(Reserved.mask)) return undefined;
  const into = attrs.get(Reserved.into);
  let reference: unknown = into;
  let index: unknown;
  if (into !== undefined) [index] = column.read([row]) as ArrayLike<unknown> as unknown[];
  else if (column.datatype.class === 'compound') {
    const [cell] = column.read([row]) as unknown[];
    if (!isElement(cell)) return undefined;
    reference = cell[Tag.into];
    index = cell[Tag.index];
  }
  if (!(reference instanceof H5Reference) || index === undefined || Number(index) < 0) return undefined;
  const vector = file.dereference(reference);
  return vector instanceof H5Group ? { vector, row: Number(index) } : undefined;
}

function storedMembers(group: H5Group, values: object, options: WriteOptions): H5File {
  const { path: _, mode: __, ...how } = options;
  const stored = new MemoryStorage(serialize(values, { ...how, groups: Infinity }));
  const { indexes } = group.session.space;
  return H5File.open(stored, 'r', indexes ? { indexes } : {});
}

/** A member of a group, and further steps through what it is. */
interface Home {
  readonly group: H5Group;
  /** What the file is to call it. */
  readonly name: string;
  /** The same as it stands in the file now: what its class was called before may have another name for it. */
  readonly link: string;
  readonly rest: readonly Step[];
  /** Whether there is nothing yet, so that the steps make objects. */
  readonly isNew: boolean;
}

/** A value that is to be stored, and copied into a group. */
interface Graft {
  readonly group: H5Group;
  readonly value: unknown;
  readonly how: 'members' | 'merge' | 'content';
  /** Whether it is what is there already, changed. */
  readonly isRewritten?: boolean;
  /** The member that this is, if it is no more than one. */
  readonly rewritten?: Member & { readonly row?: Place };
  /** Of what is merged: more that is to be done. */
  readonly merging?: Merging;
}

/** A member of a group by its name, and what the file calls it. */
type Member = Pick<Home, 'group' | 'name' | 'link'>;

/** What is found out about a value while it is compared with what it is to be merged into. */
interface Merging {
  /** What has been compared with which group, and what is stored instead of it. */
  readonly met: Map<object, Met>;
  /** What members get, by the address of their group and their name. */
  readonly given: Map<string, unknown>;
  /** Elements that are set where they stand. */
  readonly sets: (() => Replaced)[];
  /** What was read, merged in memory, and is stored anew. */
  readonly rewritten: (Member & { readonly there: H5Group })[];
}

/** An object that is merged. */
interface Met {
  readonly group: H5Group;
  readonly place: readonly Step[];
  stored: object | undefined;
  /** Whether it has been met again before it was known what is stored. */
  isAsked: boolean;
}

/** So many levels of objects are merged into others: each takes some of the stack. */
const MAX_MERGED = 1000;
const TOO_DEEP = `it is more than ${MAX_MERGED} levels deep`;

/** Stands for a member whose parts are set where they stand. */
const SET = Symbol('set');

/** A member that an earlier version of a class has called otherwise, by the names of links. */
interface Renamed {
  readonly group: H5Group;
  readonly from: string;
  readonly to: string;
}

/** What has become of the file. */
interface Changed extends Replaced {
  /** Objects that something is merged into, so that they must not be gone, by their addresses. */
  readonly merged?: Map<number, Met>;
  /** Whether nothing else refers to the rows of tables for the whole value that what was written anew refers to. */
  readonly isApart?: boolean;
}

class PartWriter {
  readonly #target: H5Group;
  readonly #options: WriteOptions;
  readonly #steps: readonly Step[];
  /** Where classes are whose instances have fields of another one, and their names. */
  #parts: TypeRegistry | undefined;
  readonly #partNames = new Set<unknown>();
  /** What values are; only where a way leads through one that was read. */
  #kinds: Kinds | undefined;
  /** Ways to instances of which something is changed, and that have getters which are stored. */
  #computing: (readonly Step[])[] = [];
  /** Members on the way to what is changed that are to have the names that their classes give them now. */
  readonly #renamed: Renamed[] = [];
  /** What has read values that are to be changed: what they share with each other is one object. */
  #restorer: Restorer | undefined;
  /** What is frozen is frozen when all has been changed. */
  readonly #fixes: (() => void)[] = [];
  /** Whether it is such a getter that is stored: the last step is its name in the file. */
  readonly #isGetter: boolean;

  constructor(target: H5Group, options: WriteOptions, getter?: readonly Step[]) {
    this.#target = target;
    this.#options = options;
    this.#isGetter = getter !== undefined;
    this.#steps = getter ?? (options.path === undefined ? [] : parsePath(options.path));
    if (this.#steps.some((step) => rangeOf(step, 0) !== undefined))
      this.#refuse('it is not one place: write to one after another');
  }

  write(value: unknown, store: Store): void | Promise<void> {
    this.#target.session.edit();
    const home = this.#home((way) => this.#computing.push(way));
    const change = this.#prepare(home, value);
    for (const fix of this.#fixes) fix();
    if (typeof change === 'function') return this.#apply(change);
    const { path: _, mode: __, ...options } = this.#options;
    // What is stored must not refer to anything beside it.
    const how = {
      ...this.#packing(change),
      ...options,
      groups: Infinity,
      ...(this.#parts && { registry: this.#parts }),
    };
    // Errors say where in the value something stands: that begins with the member that it becomes.
    const above = home ? this.#steps.slice(0, this.#steps.length - home.rest.length - 1) : [];
    const fail = (error: unknown): never => {
      throw below(above, error);
    };
    let stored: ReturnType<Store>;
    try {
      // What cannot be stored throws before anything changes.
      stored = store(change.value, how);
    } catch (error) {
      return fail(error);
    }
    if (!(stored instanceof Promise)) return this.#apply(this.#graft(change, stored));
    return stored.then((storage) => {
      // Meanwhile the file may have been changed, or closed. An error later would take back what others have done.
      this.#target.session.edit().flush();
      if (!isSameHome(home, this.#home()))
        throw new H5StateError('H5_GONE', `${showPath(this.#steps)} has changed while the value was stored`);
      this.#apply(this.#graft(change, storage));
    }, fail);
  }

  /** How what is stored anew is compressed, unless that is said: as it was. */
  #packing({ group, rewritten, isRewritten, how }: Graft): WriteOptions {
    const { datasets, compression: said } = this.#options;
    if (!isRewritten || !datasets || said !== undefined) return {};
    const compression = compressionIn(how === 'content' ? group : rewritten?.group.get(rewritten.link));
    return compression ? { compression } : {};
  }

  #apply(change: () => Changed): void {
    const { session, file } = this.#target;
    const editor = session.edit();
    file.transaction(() => {
      const { clock } = editor;
      const left = this.#rename();
      const { marked, rewritten, merged, isApart } = change();
      marked.push(...left);
      const base = this.#target.path === '/' ? '' : this.#target.path;
      editor.watcher?.noted([base, ...this.#steps.map(({ key }) => key)].join('/') || '/');
      if (marked.length > 0 || rewritten.length > 0) {
        editor.flush();
        freeCycles(file, rewritten, clock);
        const shared = sharedOf(file, rewritten, clock, isApart ?? false);
        if (shared !== undefined) this.#refuse(`it holds what ${shared}`);
        checkReferences(
          file,
          marked.filter((address) => editor.isDeleted(address, clock)),
        );
      }
      if (merged) this.#checkMerged(merged);
      for (const way of this.#computing) this.#storeGetters(way);
    });
  }

  /**
   * Gives members the names that their classes give them now. Where the file has both, the old one is gone; returns what
   * references may lead to in that.
   */
  #rename(): number[] {
    const marked: number[] = [];
    for (const { group, from, to } of this.#renamed) {
      const editor = group.session.edit();
      if (!hasMember(group, from)) continue;
      if (hasMember(group, to)) marked.push(...removeMember(group, from).marked);
      else if (editor.moveMember(group.node, from, group.node, to, Infinity)) {
        renameNumber(group, from, to);
        editor.moved(group.session, join(group.path, from), join(group.path, to));
      }
    }
    return marked;
  }

  /** What a group has for a member of this name, as its link or attribute: under that name or an alias, which is to be renamed. */
  #linkOf(group: H5Group, name: string, cls: RegisteredClass | undefined, renamed = this.#renamed): string {
    const to = escapeName(name);
    const { aliases = [] } = cls?.ruleFor(cls.propertyFor(name)) ?? {};
    const old = aliases.map(escapeName).filter((each) => hasMember(group, each));
    for (const from of old) renamed.push({ group, from, to });
    return old[0] === undefined || hasMember(group, to) ? to : old[0];
  }

  /** Whether what something is merged into is still a part of the file, of what was within what has been replaced. */
  #checkMerged(merged: Map<number, Met>): void {
    if (merged.size === 0) return;
    const { file, session } = this.#target;
    session.edit().flush();
    const keep = (each: H5Object): boolean => merged.delete(addressIn(each));
    keep(file);
    file.visit((_, object) => void keep(object));
    for (const { place } of merged.values())
      this.#refuseMerge(place, 'another part of the value takes the place of what it is in');
  }

  /** Stores anew, for other readers of the file, what the getters of an instance return that has been changed. */
  #storeGetters(way: readonly Step[]): void {
    const { registry = defaultRegistry, values = NO_VALUES, path: _, mode: __, ...others } = this.#options;
    const options = { ...others, registry, values: values.moving?.() ?? values };
    const read = (steps: readonly Step[], how: typeof options): unknown =>
      within(this.#target, how, (space, address) => readPart(newRestorer(space, how), address, steps));
    let instance: unknown;
    try {
      instance = read(way, options);
    } catch (error) {
      // It was a way in a circle, through what is another one now: a shorter one leads to the instance.
      if (error instanceof H5PathError && error.code === 'H5_NOT_FOUND') return;
      throw error;
    }
    if (typeof instance !== 'object' || instance === null) return;
    const cls = registry.of(Object.getPrototypeOf(instance));
    for (const { property } of cls?.declared ?? []) {
      if (!cls || !isAccessor(cls.prototype, property)) continue;
      const at = [...way, { key: String(property), isText: false }];
      let value: unknown;
      try {
        value = (instance as Record<PropertyKey, unknown>)[property];
      } catch (cause) {
        throw unreadable(showPath(at), { cause });
      }
      // What can be set is what has been stored, as far as it is an object.
      const isObject = typeof value === 'object' && value !== null;
      if (isObject && cls.isWritable(property)) continue;
      const name = { key: cls.storedName(property), isText: false };
      new PartWriter(this.#target, { ...others, registry, values }, [...way, name]).write(
        value,
        (stored, how) => new MemoryStorage(serialize(stored, how)),
      );
    }
  }

  /** What changes an element where it stands, or what is to be copied to where. */
  #prepare(home: Home | undefined, value: unknown): (() => Replaced) | Graft {
    const isMerged = this.#options.mode === 'merge';
    const target = this.#target;
    // What is compared has an address.
    if (isMerged) target.session.edit().flush();
    if (!home) {
      // The target itself, or a part of what it is as a whole.
      if (this.#steps.length === 0)
        return isMerged ? this.#mergedTarget(value) : { group: target, value, how: 'content' };
      const whole = this.#changed(target, this.#steps, value);
      return { group: target, value: whole, how: 'content', isRewritten: true };
    }
    const { group, name, link, rest, isNew } = home;
    if (isMerged && rest.length === 0 && !isNew) {
      const merging: Merging = { met: new Map(), given: new Map(), sets: [], rewritten: [] };
      const member = this.#mergedMember(group, name, value, this.#steps, merging);
      const members = this.#membersOf(group, new Map(member === SET ? [] : [[name, member]]));
      return { group, value: members, how: 'merge', merging };
    }
    const memberOnly = (member: unknown): object => this.#membersOf(group, new Map([[name, member]]));
    if (this.#isGetter && rest.length === 0 && !isNew) {
      const there = group.get(link);
      const stored =
        there && !(there instanceof H5Datatype) ? this.#read(there, () => {}) : group.attrs.get(link);
      // It may be a part of the instance, which other links lead to as well.
      if (isSameBytes(this.#bytesOf(stored), this.#bytesOf(value)))
        return () => ({ marked: [], rewritten: [] });
    }
    if (rest.length === 0 && this.#isLeftOut(group, name, value))
      return () => (isNew ? { marked: [], rewritten: [] } : removeMember(group, escapeName(name)));
    if (rest.length === 0 && !isNew) {
      const set = this.#scalarSetter(group, name, link, value) ?? this.#scaleSetter(group, link, value);
      if (set) return set;
    }
    if (rest.length === 0 || isNew) return { group, value: memberOnly(wrapped(value, rest)), how: 'members' };
    const member = group.get(link);
    if (member instanceof H5Group || member instanceof H5Dataset) {
      const set = this.#elementSetter(member, rest, value) ?? this.#arraySetter(member, rest, value);
      if (set) return set;
      // All getters of what is written anew are asked.
      const whole = memberOnly(
        this.#isGetter ? this.#read(member, () => {}) : this.#changed(member, rest, value),
      );
      return { group, value: whole, how: 'members', isRewritten: true, rewritten: { group, name, link } };
    }
    const element = group.attrs.get(link);
    if (isElement(element)) {
      const vector = group.file.dereference(element[Tag.into]);
      const at = { key: Number(element[Tag.index]), isText: false };
      const set =
        vector instanceof H5Datatype ? undefined : this.#elementSetter(vector, [at, ...rest], value);
      if (set) return set;
      const row = { address: addressIn(vector), row: Number(element[Tag.index]) };
      if (!pooledIn(vector.file).has(row.address))
        this.#refuse('it is in a list that other parts share: write to it there');
      // It gets a place of its own, unless the row is one for others as well.
      const above = this.#steps.slice(0, this.#steps.length - rest.length);
      return {
        group,
        value: memberOnly(this.#changed(above, rest, value)),
        how: 'members',
        isRewritten: true,
        rewritten: { group, name, link, row },
      };
    }
    return this.#refuse(`${showPath(this.#steps.slice(0, -rest.length))} has no members`);
  }

  // ---- where it goes --------------------------------------------------------------------------------

  /**
   * The member of a group that the path leads to, or that holds it; undefined: the target is itself no object of members.
   * `met` is told of instances on the way that have getters which are stored.
   */
  #home(met?: (way: readonly Step[]) => void): Home | undefined {
    let group = this.#target;
    let home: Home | undefined;
    for (const [i, { key }] of this.#steps.entries()) {
      const rest = this.#steps.slice(i + 1);
      const encoding = group.attrs.get(Reserved.encoding);
      let name = String(key);
      let cls: RegisteredClass | undefined;
      if (encoding === Encoding.list && !group.attrs.has(Reserved.mask) && rest.length > 0) {
        // In their order, for what their names are says nothing.
        const links = orderedLinks(group.node);
        const at = indexOf(this.#steps[i] as Step, links.length);
        if (at === undefined) return home;
        name = (links[at] as [string, number])[0];
      } else if (encoding !== undefined || !this.#hasMembers(group)) {
        return home;
      } else if (group.attrs.get(Reserved.type) === 'Map' && typeof key === 'number') {
        // A key that is no string makes it another kind of Map.
        return home;
      } else {
        cls = this.#class(group);
        const isGetter = this.#isGetter && rest.length === 0;
        if (cls?.hasAccessors && !this.#isGetter) met?.(this.#steps.slice(0, i));
        if (cls && !isGetter) {
          if (!cls.isWritable(name)) this.#refuse(`the class ${cls.name} does not store ${name}`);
          name = cls.storedName(name);
        }
      }
      const link = this.#linkOf(group, name, cls);
      const next = group.get(link);
      home = { group, name, link, rest, isNew: next === undefined && !group.attrs.has(link) };
      if (!(next instanceof H5Group)) return home;
      group = next;
    }
    return home;
  }

  /** Whether a group without an encoding is an object of members, and not the content of something. */
  #hasMembers(group: H5Group): boolean {
    const type = group.attrs.get(Reserved.type);
    if (type !== undefined && type !== 'Map' && type !== 'null-prototype') return false;
    const cls = this.#class(group);
    const { values = NO_VALUES, registry = defaultRegistry } = this.#options;
    const version = Number(group.attrs.get<number | bigint>(Reserved.version) ?? 0);
    return !cls || (!values.decoder(cls, version, registry) && !values.encoder(cls));
  }

  #class(group: H5Group): RegisteredClass | undefined {
    const name = group.attrs.get<string>(Reserved.class);
    if (name === undefined) return undefined;
    const cls = (this.#options.registry ?? defaultRegistry).get(name);
    if (!cls) throw new H5UnknownClassError(name);
    return cls;
  }

  #refuse(reason: string): never {
    const place = showPath(this.#steps);
    throw new H5PathError('H5_WRONG_KIND', place, `nothing can be written to ${place}: ${reason}`);
  }

  // ---- in place -------------------------------------------------------------------------------------

  /** What sets an element of a column or of an array where it stands, if it is of the kind that stands there. */
  #elementSetter(
    vector: H5Group | H5Dataset,
    steps: readonly Step[],
    value: unknown,
    place = this.#steps,
  ): (() => Replaced) | undefined {
    let at = vector;
    let [step, ...rest] = steps as [Step, ...Step[]];
    let row: number | undefined;
    const computing: (readonly Step[])[] = [];
    const renamed: Renamed[] = [];
    while (at instanceof H5Group) {
      const { attrs } = at;
      if (attrs.get(Reserved.encoding) !== Encoding.records || attrs.has(Reserved.mask)) return undefined;
      row ??= indexOf(step, Number(attrs.get<number | bigint>(Reserved.length) ?? 0));
      const [member, ...others] = rest;
      if (row === undefined || !member || !this.#hasMembers(at)) return undefined;
      const cls = this.#class(at);
      const isGetter = this.#isGetter && others.length === 0;
      if (cls && !isGetter && !cls.isWritable(String(member.key))) return undefined;
      if (cls?.hasAccessors && !this.#isGetter) computing.push(place.slice(0, place.length - rest.length));
      const name = cls && !isGetter ? cls.storedName(String(member.key)) : String(member.key);
      const column = at.get(this.#linkOf(at, name, cls, renamed));
      if (!(column instanceof H5Group || column instanceof H5Dataset)) return undefined;
      const other = column instanceof H5Dataset && others.length > 0 ? rowBehind(column, row) : undefined;
      rest = others;
      step = member;
      at = other?.vector ?? column;
      if (other) ({ row } = other);
    }
    const { attrs, shape, datatype } = at;
    // An element of a Set has no place.
    if (attrs.get(Reserved.type) === 'Set') return undefined;
    if (attrs.has(Reserved.mask) || attrs.has(Reserved.into) || !shape) return undefined;
    const places = row === undefined ? [step, ...rest] : rest;
    const inner = row === undefined ? shape : shape.slice(1);
    const indices = places.map((place, axis) => indexOf(place, inner[axis] ?? 0));
    if (indices.length !== inner.length || indices.includes(undefined)) return undefined;
    const isList = row !== undefined || attrs.get(Reserved.type) === 'Array';
    const areNumbers = attrs.has(Reserved.numbers) || datatype.size < 8;
    if (!fits(value, datatype, isList, areNumbers)) return undefined;
    this.#computing.push(...computing);
    this.#renamed.push(...renamed);
    const dataset = at;
    const selection = (row === undefined ? indices : [row, ...indices]) as number[];
    return () => {
      try {
        // Errors name the place in the value, and not the dataset.
        dataset.session.edit().writeElements(dataset.node, selection, value);
      } catch (error) {
        if (!(error instanceof H5TypeError)) throw error;
        // It counts what is written, which is one element.
        throw new H5TypeError(`${showPath(place)}: ${error.message.replace(/^element 0: /, '')}`);
      }
      return { marked: [], rewritten: [] };
    };
  }

  /** The same for a dataset of numbers, or of another program, whatever is set in it: all else about it stays. */
  #arraySetter(
    dataset: H5Group | H5Dataset,
    steps: readonly Step[],
    value: unknown,
    place = this.#steps,
  ): (() => Replaced) | undefined {
    if (!(dataset instanceof H5Dataset) || !isArray(dataset)) return undefined;
    const isMerged = this.#options.mode === 'merge';
    return done(arraySetter(dataset, steps, value, place, isMerged));
  }

  /** Whether a value is not stored at all as a member of a group, because its class says so. */
  #isLeftOut(group: H5Group, name: string, value: unknown): boolean {
    if (value !== undefined) return false;
    const cls = this.#class(group);
    return (
      cls !== undefined && !isCoded(cls) && cls.stored.some((rule) => rule.name === name && rule.optional)
    );
  }

  /** What gives a dimension scale all of its elements anew: what it is attached to refers to this dataset. */
  #scaleSetter(group: H5Group, link: string, value: unknown): (() => Replaced) | undefined {
    const there = group.get(link);
    if (!(there instanceof H5Dataset) || !there.attrs.has(SCALE) || !isArray(there)) return undefined;
    const set = wholeSetter(there, value);
    return set && done(set);
  }

  /** What sets a scalar where it stands in a dataset of its own. */
  #scalarSetter(group: H5Group, name: string, link: string, value: unknown): (() => Replaced) | undefined {
    if (group.linkInfo(link)?.kind !== 'hard') return undefined;
    if (this.#class(group)?.stored.some((rule) => rule.name === name)) return undefined;
    const there = group.get(link);
    if (!(there instanceof H5Dataset) || [...there.attrs.keys()].some(isReserved)) return undefined;
    const set = scalarSetter(there, value);
    return set && done(set);
  }

  /** An object of members for a group: as its class says, if that says how they are stored. */
  #membersOf(group: H5Group, members: ReadonlyMap<string, unknown>): object {
    const cls = this.#class(group);
    if (!cls || !this.#isStored(cls, members)) return setMembers({}, members);
    const fields = Array.from(members.keys(), (name) => {
      const { dtype, shape, chunks, compression } = cls.stored.find((rule) => rule.name === name) ?? {};
      return {
        property: name,
        ...(dtype !== undefined && { dtype }),
        ...(shape !== undefined && { shape }),
        ...(chunks !== undefined && { chunks }),
        ...(compression !== undefined && { compression }),
      };
    });
    class Part {}
    const name = `part ${this.#partNames.size} of ${cls.name}`;
    this.#parts ??= (this.#options.registry ?? defaultRegistry).extend();
    this.#parts.register(Part, { name, fields });
    this.#partNames.add(name);
    return setMembers(new Part(), members);
  }

  /** Whether a class says how one of its members is stored. */
  #isStored(cls: RegisteredClass | undefined, members: ReadonlyMap<string, unknown>): boolean {
    return !!cls && !isCoded(cls) && cls.stored.some((rule) => members.has(rule.name));
  }

  // ---- merged ---------------------------------------------------------------------------------------

  #mergedTarget(value: unknown): Graft {
    const group = this.#target;
    const merging: Merging = { met: new Map(), given: new Map(), sets: [], rewritten: [] };
    if (!isMergeable(value, this.#options)) {
      // It replaces what is there, if that is no more than such a value either.
      const cls = this.#class(group);
      const isAlike = cls
        ? (this.#options.registry ?? defaultRegistry).of(Object.getPrototypeOf(value ?? {})) === cls
        : value instanceof Error && isErrorGroup(group);
      if (isAlike || !isObjectGroup(group)) return { group, value, how: 'content' };
    }
    if (!isMergeable(value, this.#options) || !isObjectGroup(group))
      this.#refuseMerge([], 'only objects of one kind can be merged');
    if (this.#isMemberwise(group, value, [])) {
      const members = this.#mergedMembers(group, value, [], merging);
      return { group, value: members, how: 'merge', merging };
    }
    return {
      group,
      value: this.#read(group, (there) => this.#mergeInto(there, value, [])),
      how: 'content',
      isRewritten: true,
    };
  }

  /** What is to be stored, in a group that it is merged into, instead of an object: that itself, if possible. */
  #mergedMembers(group: H5Group, value: object, place: readonly Step[], merging: Merging): object {
    const known = merging.met.get(value);
    if (known) {
      if (!known.group.isSame(group))
        this.#refuseMerge(place, 'what is merged into it is merged elsewhere, too');
      known.isAsked ||= known.stored === undefined;
      return known.stored ?? value;
    }
    if (place.length - this.#steps.length > MAX_MERGED) this.#refuseMerge(place, TOO_DEEP);
    const met: Met = { group, place, stored: undefined, isAsked: false };
    merging.met.set(value, met);
    const cls = this.#class(group);
    if (cls?.hasAccessors) this.#computing.push(place);
    const own = (this.#options.registry ?? defaultRegistry).of(Object.getPrototypeOf(value));
    const keys = value instanceof Map ? keysOf(value) : own ? own.propertiesOf(value) : Object.keys(value);
    const members = new Map<string, unknown>();
    let isSame = true;
    for (const key of keys as string[]) {
      const at = [...place, { key: String(key), isText: false }];
      if (cls && !own && !cls.isWritable(key))
        this.#refuseMerge(at, `the class ${cls.name} does not store it`);
      const name = cls ? cls.storedName(key) : key;
      const each = value instanceof Map ? entryOf(value, key) : (value as Record<string, unknown>)[key];
      const member = this.#mergedMember(group, name, each, at, merging);
      if (member !== SET) members.set(name, member);
      // Of what is left out, an instance says so itself.
      const isThat = Object.is(member, each) || (own !== undefined && this.#isLeftOut(group, name, each));
      isSame &&= isThat && (own !== undefined || name === key);
    }
    if (met.isAsked && !(isSame && (own || !this.#isStored(cls, members))))
      this.#refuseMerge(place, 'what is merged into it holds itself');
    if (isSame && (own || !this.#isStored(cls, members))) met.stored = value;
    else met.stored = value instanceof Map ? members : this.#membersOf(group, members);
    return met.stored;
  }

  /** What is to be stored as a member of a group that it is merged into; SET if it is set where it stands. */
  #mergedMember(
    group: H5Group,
    name: string,
    value: unknown,
    place: readonly Step[],
    merging: Merging,
  ): unknown {
    const link = this.#linkOf(group, name, this.#class(group));
    const there = group.get(link);
    this.#give(group, name, there, value, place, merging);
    if (this.#isLeftOut(group, name, value)) {
      merging.sets.push(() => removeMember(group, escapeName(name)));
      return SET;
    }
    const set = this.#scalarSetter(group, name, link, value);
    if (set) {
      merging.sets.push(set);
      return SET;
    }
    if (!isMergeable(value, this.#options)) return value;
    const refuse = (): never => this.#refuseMerge(place, 'only objects of one kind can be merged');
    if (there instanceof H5Group) {
      if (!isObjectGroup(there)) refuse();
      if (group.linkInfo(link)?.kind !== 'hard')
        this.#refuseMerge(place, 'it is behind a link to somewhere else');
      if (this.#isMemberwise(there, value, place)) return this.#mergedMembers(there, value, place, merging);
      merging.rewritten.push({ group, name, link, there });
      return this.#read(there, (whole) => this.#mergeInto(whole, value, place));
    }
    if (there instanceof H5Dataset && isObject(there)) refuse();
    const element = there ? undefined : group.attrs.get(link);
    if (!isElement(element)) {
      // A Date, or what another program has as a list.
      if (typeof element === 'object' && element !== null && (Array.isArray(element) || Tag.date in element))
        refuse();
      return value;
    }
    // Its home is in a list: there its own elements can be set, if they have places.
    const vector = group.file.dereference(element[Tag.into]);
    if (!(vector instanceof H5Group)) return refuse();
    const isTable = vector.attrs.get(Reserved.encoding) === Encoding.records;
    if (!isTable && vector.attrs.get(Reserved.items) !== 'Map')
      this.#refuseMerge(place, 'it is in a list that other parts share');
    const row: Step = { key: Number(element[Tag.index]), isText: false };
    for (const [key, each] of Object.entries(value)) {
      const set = this.#elementSetter(vector, [row, { key, isText: false }], each, [
        ...place,
        { key, isText: false },
      ]);
      if (set) merging.sets.push(set);
      else this.#refuseMerge(place, 'it is in a list that other parts share');
    }
    if (!isTable || value instanceof Map) this.#refuseMerge(place, 'it is in a list that other parts share');
    return SET;
  }

  /**
   * Notes what a member gets. Where two parts of a value are merged into one object, and both give it a member, the second one
   * must not replace an object of the first: what else refers to that would lead nowhere.
   */
  #give(
    group: H5Group,
    name: string,
    there: H5Object | undefined,
    value: unknown,
    place: readonly Step[],
    { given, met }: Merging,
  ): void {
    const key = `${addressIn(group)}/${name}`;
    const known = given.get(key);
    given.set(key, value);
    if (typeof known !== 'object' || known === null || known === value) return;
    // What it was merged into is looked for when all is done.
    if (!(there instanceof H5Group && met.get(known)?.group.isSame(there)))
      this.#refuseMerge(place, 'another part of the value is merged into the same object, and has it too');
  }

  /** Whether an object becomes part of a group member by member: else it can only be merged in memory. */
  #isMemberwise(group: H5Group, value: object, place: readonly Step[]): boolean {
    const { attrs } = group;
    const type = attrs.get<string>(Reserved.type);
    const cls = this.#class(group);
    const prototype = Object.getPrototypeOf(value) as object | null;
    const isInstance = prototype !== null && prototype !== Object.prototype && prototype !== Map.prototype;
    const own = isInstance ? (this.#options.registry ?? defaultRegistry).of(prototype) : undefined;
    const isSame = isInstance ? cls !== undefined && own === cls : value instanceof Map === (type === 'Map');
    if (!isSame) this.#refuseMerge(place, 'only objects of one kind can be merged');
    if (cls && isCoded(cls)) this.#refuseMerge(place, `the class ${cls.name} says itself what is stored`);
    if (attrs.has(Reserved.encoding)) return false;
    const keys = value instanceof Map ? keysOf(value) : Object.keys(value);
    const isLarge = keys.length > MAX_MEMBERS || keys.some((key) => String(key).length > MAX_NAME);
    if (isLarge || keys.some((key) => typeof key !== 'string')) return false;
    const { values = NO_VALUES } = this.#options;
    // What is of an older version of its class is to become one of the new version as a whole.
    const isOld = cls?.migrate && Number(attrs.get<number | bigint>(Reserved.version) ?? 0) !== cls.version;
    return !cls || (!values.encoder(cls) && !isOld);
  }

  /** Sets members of a value that was read. */
  #mergeInto(there: unknown, value: object, place: readonly Step[], within = new Set<object>()): void {
    if (within.has(value)) this.#refuseMerge(place, 'what is merged into it holds itself');
    if (within.size > MAX_MERGED) this.#refuseMerge(place, TOO_DEEP);
    const kind = Object.getPrototypeOf(there) as object | null;
    const other = Object.getPrototypeOf(value) as object | null;
    const isPlain = other === null || other === Object.prototype;
    const cls = (this.#options.registry ?? defaultRegistry).of(kind as object);
    const isSame = kind === other || (isPlain && hasMembers(there, this.#options) && !(there instanceof Map));
    if (cls?.codec) this.#refuseMerge(place, `the class ${cls.name} says itself what is stored`);
    if (!isSame) this.#refuseMerge(place, 'only objects of one kind can be merged');
    within.add(value);
    const combine = (key: string, member: unknown, each: unknown, set: () => string | undefined): void => {
      const at = [...place, { key, isText: false }];
      if (isMergeable(each, this.#options) && typeof member === 'object' && member !== null)
        this.#mergeInto(member, each, at, within);
      else {
        const why = set();
        if (why !== undefined) this.#refuseMerge(at, why);
      }
    };
    const entries: [unknown, unknown][] =
      value instanceof Map ? keysOf(value).map((key) => [key, entryOf(value, key)]) : [];
    if (cls && !isPlain) {
      // What the class does not store is no part of it.
      for (const property of cls.propertiesOf(value)) {
        if (!cls.isWritable(property)) continue;
        const each = (value as Record<PropertyKey, unknown>)[property];
        if (typeof property === 'symbol' || value instanceof Map) {
          const name = cls.storedName(property);
          combine(name, (there as Record<PropertyKey, unknown>)[property], each, () => {
            setProperty(there as object, name, each, cls);
            return undefined;
          });
        } else entries.push([property, each]);
      }
    } else if (!(value instanceof Map)) entries.push(...Object.entries(value));
    for (const [key, each] of entries as [string, unknown][]) {
      const step: Step = { key, isText: false };
      if (cls && isPlain && !cls.isWritable(key))
        this.#refuseMerge([...place, step], `the class ${cls.name} does not store it`);
      const isEntry = value instanceof Map;
      const member = isEntry ? entryOf(there as Map<unknown, unknown>, key) : memberOf(there, step);
      combine(key, member, each, () =>
        this.#setMember(there, step, each, this.#isCoded(there) ? there : undefined, isEntry),
      );
    }
    within.delete(value);
  }

  #refuseMerge(place: readonly Step[], reason: string): never {
    const shown = shortPath(showPath(place));
    throw new H5PathError(
      'H5_WRONG_KIND',
      shown,
      `nothing can be merged into ${shown}: ${reason}; mode: 'replace' replaces it, or read it, change it and write it`,
    );
  }

  // ---- anew -----------------------------------------------------------------------------------------

  /** The value of an object, with another value at the end of a way through it. */
  #changed(object: H5Group | H5Dataset | readonly Step[], steps: readonly Step[], value: unknown): unknown {
    const isMerged = this.#options.mode === 'merge' && isMergeable(value, this.#options);
    const change = (whole: unknown): void => {
      let holder = whole;
      let coded: object | undefined;
      for (const [i, step] of steps.entries()) {
        const left = steps.length - 1 - i;
        if (left === 0) checkElement(holder, step, value, this.#steps);
        const next = left > 0 || isMerged ? memberOf(holder, step) : undefined;
        coded ??= this.#isCoded(holder) ? holder : undefined;
        const isObject = typeof next === 'object' && next !== null;
        if (left > 0 && isObject) {
          holder = next;
          continue;
        }
        const done = this.#steps.slice(0, this.#steps.length - left);
        if (isObject) {
          this.#mergeInto(next, value as object, done);
          return;
        }
        const why = left > 0 ? NO_PLACE : this.#setMember(holder, step, value, coded);
        if (why === undefined) return;
        if (why !== NO_PLACE) this.#refuse(why);
        const place = showPath(done);
        if (left > 0 && next !== undefined) this.#refuse(`${place} has no members`);
        throw new H5PathError('H5_NOT_FOUND', place, `there is no ${place} to be written to`);
      }
    };
    return this.#read(object, change);
  }

  /** What is stored of a value; undefined if it cannot be. */
  #bytesOf(value: unknown): Uint8Array | undefined {
    const { path: _, mode: __, ...options } = this.#options;
    try {
      return serialize([value], options);
    } catch {
      return undefined;
    }
  }

  /** Whether something else than the members of a value is stored of it. */
  #isCoded(value: unknown): value is object {
    if (typeof value !== 'object' || value === null) return false;
    const { registry = defaultRegistry, values = NO_VALUES } = this.#options;
    this.#kinds ??= new Kinds(registry, values, () => false);
    const { kind, codec } = this.#kinds.entry(this.#kinds.of(value));
    return codec ? !codec.checks : kind === Kind.Date || kind === Kind.Buffer || kind === Kind.Unsupported;
  }

  /**
   * Sets a member. Within a value of which something else than its members is stored, that must become another one: what is
   * set would be lost otherwise. Returns why it cannot be.
   */
  #setMember(
    holder: unknown,
    step: Step,
    value: unknown,
    coded: object | undefined,
    isEntry = false,
  ): string | undefined {
    if (!coded) return setMember(holder, step, value, this.#options, false, isEntry);
    const { path: _, mode: __, ...options } = this.#options;
    const isOurs = (options.registry ?? defaultRegistry).of(Object.getPrototypeOf(coded)) === undefined;
    let failure: unknown;
    const stored = (each: unknown): Uint8Array | undefined => {
      try {
        return serialize(each, options);
      } catch (error) {
        failure = error;
        return undefined;
      }
    };
    const isThere =
      typeof holder === 'object' &&
      holder !== null &&
      (step.key in holder || (holder instanceof Map && hasEntry(holder, mapKey(holder, step))));
    const old = isThere ? stored([memberOf(holder, step)]) : undefined;
    const before = stored(coded);
    const isOwn = Object.hasOwn(coded, step.key);
    const why = setMember(holder, step, value, this.#options, true, isEntry);
    if (why !== undefined) return why;
    const lost = `it is no part of what is stored of ${described(coded)}`;
    // It can be asked for its elements once only.
    if (isIterator(value)) return this.#isContent(coded, value) ? undefined : lost;
    const after = stored(coded);
    // Who stores what cannot be stored says where that stands.
    if (!after) return failure instanceof H5Error ? undefined : String(failure);
    if (isSameBytes(after, before) && !(isThere && isSameBytes(stored([value]), old))) return lost;
    // It stands before a getter without a setter, which is there again when it has been read.
    const hides =
      holder === coded &&
      !isOwn &&
      Object.hasOwn(coded, step.key) &&
      step.key in Object.getPrototypeOf(coded);
    try {
      // A pattern that is none makes no RegExp. What a class makes of it is its own affair.
      if (!isOurs && !hides) return undefined;
      const { indexes } = this.#target.session.space;
      const again = memberOf(readFrom(after, { ...options, indexes }), step);
      if (hides && !isSameBytes(stored([again]), stored([value]))) return lost;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return undefined;
  }

  /** Whether a value is itself a part of what is stored of another one. */
  #isContent(coded: object, value: unknown): boolean {
    const { codec } = (this.#kinds as Kinds).entry((this.#kinds as Kinds).of(coded));
    return codec !== undefined && Object.values(codec.encode(coded)).includes(value);
  }

  /** The value of an object, or of what is at the end of steps, when it has been changed. */
  #read(object: H5Group | H5Dataset | readonly Step[], change: (whole: unknown) => void): unknown {
    const isThere = object instanceof H5Group || object instanceof H5Dataset;
    const whole = within(isThere ? object : this.#target, this.#options, (space, address) => {
      this.#restorer ??= newRestorer(space, this.#reading());
      return isThere ? this.#restorer.restore(address) : readPart(this.#restorer, address, object);
    });
    change(whole);
    return whole;
  }

  /** How values are read that are to be changed. */
  #reading(): ReadOptions {
    const { values = NO_VALUES } = this.#options;
    const fix: Values['fix'] = (instances, integrity) => {
      // What comes into the place of one is the program's, and stays as it is.
      const those = [...instances];
      this.#fixes.push(() => values.fix?.(those, integrity));
    };
    return { ...this.#options, values: { ...(values.moving?.() ?? values), fix } };
  }

  #graft(
    { group, value, how, merging, isRewritten = false, rewritten }: Graft,
    stored: Storage,
  ): () => Changed {
    const { indexes } = group.session.space;
    const source = H5File.open(stored, 'r', indexes ? { indexes } : {});
    if (how !== 'content' && source.attrs.has(Reserved.encoding))
      this.#refuse('it is not stored as an object with members');
    const isRoot = group.isSame(group.file);
    if (how === 'content' && !isRoot && source.attrs.get(Reserved.encoding) === Encoding.value)
      this.#refuse('a group can only become an object or a list: write to its path from the group above');
    const into = new Map(Array.from(merging?.met.values() ?? [], (met) => [addressIn(met.group), met]));
    const replaced = { marked: [] as number[], rewritten: [], merged: new Map<number, Met>() };
    const pairs: (readonly [H5Group, H5Group])[] = how === 'content' ? [] : [[group, source]];
    const merges = (there: H5Object, here: H5Object): boolean => {
      // What replaces something takes nothing of it.
      if (!into.has(addressIn(there)) || !isMerged(there, here, this.#partNames, this.#options.registry))
        return false;
      pairs.push([there as H5Group, here as H5Group]);
      return true;
    };
    return () => {
      for (const set of merging?.sets ?? []) replaced.marked.push(...set().marked);
      const all = [...(rewritten ? [rewritten] : []), ...(merging?.rewritten ?? [])];
      const places =
        how === 'content' && isRewritten ? [group] : all.map((member) => rowOf(member) ?? memberIn(member));
      const isApart = this.#areApart(places, how !== 'content');
      if (rewritten?.row && !isApart) this.#refuse(`it is ${IN_TABLES}`);
      const kept = all.map((member) => keptOf(member.group.get(escapeName(member.name))));
      const own = how === 'content' && isRewritten ? keptOf(group) : undefined;
      const isNew = group.size === 0 && group.attrs.size === 0;
      if (isRoot && isNew && how !== 'content') group.attrs.set(Reserved.layout, LAYOUT_VERSION);
      group.session.edit().graft(group.node, source.session, source.node as StoredObject, {
        isCleared: how === 'content',
        takes: (name) => !isReserved(name) || (how === 'content' && (isRoot || name !== Reserved.layout)),
        merges: (there, here) => how === 'merge' && merges(group.wrap(there, ''), source.wrap(here, '')),
        replaces: (node) => {
          const old = group.wrap(node, '');
          const isAnew = merging?.rewritten.some(({ there }) => there.isSame(old)) ?? false;
          note(old, replaced, isRewritten || isAnew, (address) => {
            const met = into.get(address);
            if (met) replaced.merged.set(address, met);
          });
        },
      });
      if (merging) this.#checkMet(merging, value, pairs);
      for (const [there, here] of pairs) updateNumbers(there, here);
      if (own) keepAgain(group, own);
      for (const [i, member] of all.entries())
        if (kept[i]) keepAgain(member.group.get(escapeName(member.name)), kept[i]);
      return { ...replaced, isApart };
    };
  }

  /** Whether what is to be written anew is, or refers to, rows of tables for the whole value, to which nothing else leads. */
  #areApart(objects: readonly (H5Object | Place | undefined)[], isMoved: boolean): boolean {
    const { file } = this.#target;
    const pooled = objects.length > 0 ? pooledIn(file) : undefined;
    if (!pooled?.size) return false;
    const places: Place[] = [];
    const replaced: Replaced = { marked: [], rewritten: [] };
    for (const object of objects) {
      if (!object) return false;
      const isObject = object instanceof H5Object;
      places.push(isObject ? { address: addressIn(object) } : object);
      if (isObject) note(object, replaced, true);
      else replaced.rewritten.push(object.address);
    }
    return (
      replaced.rewritten.some((address) => pooled.has(address)) &&
      areApart(file, places, this.#options, isMoved)
    );
  }

  /**
   * Whether all that is merged has become part of a group. An object that a list of the value holds as well may be stored there:
   * then what it was to be merged into has been replaced.
   */
  #checkMet({ met }: Merging, stored: unknown, pairs: readonly (readonly [H5Group, H5Group])[]): void {
    const all = [...met.values()];
    const made = new Set(pairs.map(([, here]) => addressIn(here)));
    // What is stored is one of them, or holds one of them as a member.
    if (made.size >= all.length + (all.some((each) => each.stored === stored) ? 0 : 1)) return;
    const { place } =
      all.find(({ group }) => !pairs.some(([there]) => there.isSame(group))) ?? (all[0] as Met);
    this.#refuseMerge(place, 'what is merged into it is in a list as well');
  }
}

/** The object that a member is, if it is one. */
const memberIn = ({ group, link }: Member): H5Object | undefined => group.get(link);
const rowOf = (member: Member & { readonly row?: Place }): Place | undefined => member.row;

/** What changes a file where something stands, so that nothing is replaced. */
function done(change: () => void): () => Replaced {
  return () => {
    change();
    return { marked: [], rewritten: [] };
  };
}

/** Says of a group which of its attributes are numbers that are stored as 64-bit integers, when it has those of another. */
function updateNumbers(there: H5Group, here: H5Group): void {
  const namesIn = ({ attrs }: H5Group): string[] => (attrs.get<string[]>(Reserved.numbers) ?? []) as string[];
  const old = namesIn(there);
  const names = old.filter((name) => !here.attrs.has(name) && here.linkInfo(name) === undefined);
  names.push(...namesIn(here));
  if (names.length === old.length && names.every((name, i) => name === old[i])) return;
  if (names.length === 0) there.attrs.delete(Reserved.numbers);
  else there.attrs.set(Reserved.numbers, names);
}

/** Says of a member that is a number all the same, if it was one, when it has another name. */
function renameNumber({ attrs }: H5Group, from: string, to: string): void {
  const names = attrs.get<string[]>(Reserved.numbers) as string[] | undefined;
  if (!names?.includes(from)) return;
  attrs.set(
    Reserved.numbers,
    Array.from(names, (name) => (name === from ? to : name)),
  );
}

/** Whether a group has a member of a name, as a link or an attribute. */
function hasMember(group: H5Group, name: string): boolean {
  return group.attrs.has(name) || group.linkInfo(name) !== undefined;
}

/** An error that names a place in a value, with the way to that before it. */
function below(steps: readonly Step[], error: unknown): unknown {
  return steps.length === 0 ? error : placedIn(error, '$', showPath(steps));
}

/** An error that names a place in a value, which the program knows by another way: `to` instead of `from`. */
export function placedIn(error: unknown, from: string, to: string): unknown {
  if (!(error instanceof H5Error) || !error.message.startsWith(from)) return error;
  const message = to + error.message.slice(from.length);
  if (error.stack) error.stack = error.stack.replace(error.message, () => message);
  error.message = message;
  if ('path' in error && typeof error.path === 'string' && error.path.startsWith(from))
    Object.assign(error, { path: to + error.path.slice(from.length) });
  return error;
}

/** Whether a path still leads to where it led. */
function isSameHome(a: Home | undefined, b: Home | undefined): boolean {
  if (!a || !b) return a === b;
  return (
    a.group.isSame(b.group) && a.name === b.name && a.rest.length === b.rest.length && a.isNew === b.isNew
  );
}

/**
 * Whether a value can stand in a dataset as it is: in one of a list it is to come back as the very same. `areNumbers`: what
 * integers are read as, which are bigints otherwise.
 */
function fits(value: unknown, type: Datatype, isList: boolean, areNumbers: boolean): boolean {
  switch (type.class) {
    case 'bitfield':
    case 'fixed-point':
      if (isList)
        return areNumbers && typeof value === 'number' && (value | 0) === value && !Object.is(value, -0);
      return typeof value === (type.size === 8 ? 'bigint' : 'number');
    case 'floating-point':
      return typeof value === 'number';
    case 'enumerated':
      return isBoolean(type) && typeof value === 'boolean';
    case 'string':
      return isText(value) && utf8Encoder.encode(value).length <= type.size;
    case 'variable-length':
      return type.string !== undefined && isText(value);
    default:
      return false;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && isPlainText(value);
}

function setMembers(object: object, members: ReadonlyMap<string, unknown>): object {
  for (const [name, value] of members) setProperty(object, name, value, undefined);
  return object;
}
