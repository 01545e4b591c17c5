import { H5FeatureError, H5FormatError, H5TypeError } from '../errors.js';
import type { Elements } from '../hdf5/elements.js';
import { getU64, viewOf } from '../hdf5/endian.js';
import type { H5Reference } from '../hdf5/h5-reference.js';
import { type Datatype, INT64, OBJECT_REFERENCE } from '../hdf5/messages/datatype.js';
import type { DatasetInfo, GroupInfo, ObjectInfo } from '../hdf5/object.js';
import {
  type Class,
  type Content,
  type Decoder,
  entriesOf,
  membersOf,
  type RegisteredClass,
  type Spend,
  setEntries,
  setMembers,
} from '../registry/index.js';
import { components } from './components.js';
import { Reserved } from './layout.js';
import { newArray } from './new-array.js';
import { fail, find, isElement, Restorer } from './restore.js';
import { setProperty } from './rows.js';

/**
 * What code of a class has returned, `what` of the class or codec `name`. A promise is refused: nobody waits for it, and the value would be there before it is done.
 * Other values may have a method `then`.
 */
export function atOnce<T>(result: T, what: string, name: string): T {
  if (!(result instanceof Promise)) return result;
  // If it goes wrong, that is no news.
  result.catch(() => {});
  throw new H5TypeError(`${what} ${name} is async: a value that is read is there at once`);
}

/** Removes all entries of a map but the first ones. */
function dropAfter(kept: number, map: Map<number, unknown>): void {
  for (const key of [...map.keys()].slice(kept)) map.delete(key);
}

const OWN_PAIR = JSON.stringify([OBJECT_REFERENCE, INT64]);

/** Whether `{into, index}` takes 8 bytes each, one after the other, as the writer here lays it out. */
function isOwnPair(type: Datatype): boolean {
  if (type.class !== 'compound' || type.size !== 16) return false;
  const [into, index] = type.members;
  return into?.offset === 0 && JSON.stringify([into.type, index?.type]) === OWN_PAIR;
}

/** Values that codecs decode are made within each other at most so deep at once: each takes room on the stack. */
const MAX_DECODING = 500;

/** What holds nothing that stands elsewhere is in groups at most so deep. */
const MAX_CLOSED = 4;

/** Thrown when it turns out that values have to be made in the order in which they are made of each other. */
class NotInOrder extends Error {}

/** A value that a codec makes, and the content that it is made of. */
interface Unit {
  readonly info: ObjectInfo;
  readonly row: number;
  readonly codec: Decoder;
  readonly content: object;
}

/** References to references are followed so far: each takes some of the stack. */
const MOST_REFERRING = 256;

function isObjectReference(type: Datatype): boolean {
  return type.class === 'reference' && type.kind === 'object';
}

/**
 * What the core's restorer is without: it says where something was when code of a class throws, makes instances of what only
 * the program knows to be some, and freezes those that were frozen.
 */
export class CompleteRestorer extends Restorer {
  #types: Map<string, Decoder> | undefined;
  // What was found for the last class.
  #lastClass: RegisteredClass | undefined;
  #lastVersion = 0;
  #lastCodec: Decoder | undefined;
  /** Addresses of what is being decoded. */
  readonly #decoding = new Set<number>();
  /** And of datasets of references, each of which is referred to by the one before. */
  readonly #referring = new Set<number>();
  /** What is done when all tasks are: the first of them last, so that what is within comes first. */
  #finishers: (() => void)[] = [];
  /** What is done when all of a value has been made. */
  readonly #last: (() => void)[] = [];
  #isBusy = false;
  /** While code of a class runs: what its instances are read from, and the number of the one among them. */
  #at: ObjectInfo | undefined;
  #row = -1;
  readonly #spend: Spend = (count) => this.spend(count);
  #spent = 0;
  /**
   * What is made where values are made in order: by the content of those that a codec decodes, which stands for them until all
   * is there, else by the values.
   */
  #units: Map<object, Unit> | undefined;
  /** Classes without a codec have one then. */
  readonly #plain = new Map<RegisteredClass, Decoder>();

  override spend(count: number): void {
    this.#spent += count;
    super.spend(count);
  }

  override whole<T>(make: () => T): T {
    if (this.#isBusy) return super.whole(make);
    this.#isBusy = true;
    const [objects, vectors, spent] = [this.known.size, this.vectors.size, this.#spent];
    try {
      let made: T;
      try {
        made = super.whole(make);
      } catch (error) {
        if (!(error instanceof NotInOrder)) throw error;
        this.#drop(objects, vectors);
        for (const _ of this.#inOrder(make, spent));
        made = super.whole(make);
      }
      for (const finish of this.#last.splice(0)) finish();
      return made;
    } catch (error) {
      // What is half made is no value: who asks again, for another part or for this one, has it made anew.
      this.#drop(objects, vectors);
      throw this.#located(error);
    } finally {
      this.#isBusy = false;
      this.#at = undefined;
    }
  }

  /** Forgets what is half made. */
  #drop(objects: number, vectors: number): void {
    dropAfter(objects, this.known);
    dropAfter(vectors, this.vectors);
    this.tasks = [];
    this.depths = [];
    this.#finishers = [];
    this.#last.length = 0;
    this.#decoding.clear();
    this.#referring.clear();
    this.#units = undefined;
    this.depth = 0;
  }

  /** What `restore` does, in steps. */
  *restoring(root: number): Generator<void, unknown> {
    this.#isBusy = true;
    const [objects, vectors, spent] = [this.known.size, this.vectors.size, this.#spent];
    try {
      let value: () => unknown;
      try {
        value = this.begin(root);
        while (this.step()) yield;
      } catch (error) {
        if (!(error instanceof NotInOrder)) throw error;
        this.#drop(objects, vectors);
        yield* this.#inOrder(() => this.begin(root), spent);
        value = this.begin(root);
        while (this.step()) yield;
      }
      for (const finish of this.#last.splice(0)) finish();
      return value();
    } catch (error) {
      throw this.#located(error);
    } finally {
      this.#isBusy = false;
      this.#at = undefined;
    }
  }

  /** Those that are laid out as we do it are read without an object for each. */
  protected override pairs(type: Datatype, bytes: Uint8Array, count: number, info: ObjectInfo): unknown[] {
    if (!isOwnPair(type)) return super.pairs(type, bytes, count, info);
    const view = viewOf(bytes);
    const values = newArray<unknown>(count);
    for (let i = 0, at = 0; i < count; i++, at += 16) {
      const address = getU64(view, at);
      if (address === 0 || address > Number.MAX_SAFE_INTEGER) fail(info, 'a reference that leads nowhere');
      const row = view.getUint32(at + 8, true) + view.getInt32(at + 12, true) * 2 ** 32;
      values[i] = row === -1 ? this.value(address) : this.element(address, row, info);
    }
    return values;
  }

  protected override datasetValue(info: DatasetInfo, type: string | undefined): unknown {
    if (!isObjectReference(info.datatype)) return super.datasetValue(info, type);
    this.#referring.add(info.address);
    try {
      return super.datasetValue(info, type);
    } finally {
      this.#referring.delete(info.address);
    }
  }

  /** References of other programs, such as the cells of MATLAB's, are what they lead to, as those of ours are. */
  override leaf(type: Datatype, bytes: Uint8Array, count: number): Elements {
    const elements = super.leaf(type, bytes, count);
    if (!isObjectReference(type)) return elements;
    return (elements as (H5Reference | null)[]).map((reference) => reference && this.#referred(reference));
  }

  /** The value that a reference leads to; without one, or on the way back to it, the reference itself. */
  #referred(reference: H5Reference): unknown {
    const { address } = reference;
    const referring = this.#referring;
    if (this.known.has(address)) return this.known.get(address);
    const isFar = referring.has(address) || referring.size > MOST_REFERRING;
    return isFar || !this.#isValue(address) ? reference : this.value(address);
  }

  #isValue(address: number): boolean {
    try {
      return this.info(address).kind !== 'datatype';
    } catch (error) {
      // What it led to has been deleted: other programs do not look for those who refer to it.
      if (error instanceof H5FormatError) return false;
      throw error;
    }
  }

  /** What cannot be read is named: it may be one of many things beside each other. */
  protected override read(info: DatasetInfo, keep?: false): Uint8Array;
  protected override read(info: DatasetInfo, keep: true): Uint8Array<ArrayBuffer>;
  protected override read(info: DatasetInfo, keep?: boolean): Uint8Array {
    try {
      return super.read(info, keep as true);
    } catch (error) {
      if (error instanceof H5FeatureError) {
        this.#at = info;
        this.#row = -1;
      }
      throw error;
    }
  }

  /** An error that says where the instances are that it is about. */
  #located(error: unknown): unknown {
    const { address } = this.#at ?? {};
    const { located } = this.values;
    if (address === undefined || !located) return error;
    return located(error, { space: this.space, root: this.root, address, row: this.#row });
  }

  override call<T>(info: ObjectInfo, action: () => T): T {
    const at = this.#at;
    this.#at = info;
    const result = action();
    this.#at = at;
    this.#row = -1;
    return result;
  }

  protected override setMember(
    info: GroupInfo,
    target: object,
    name: string,
    value: unknown,
    cls: RegisteredClass | undefined,
  ): void {
    this.#at = info;
    super.setMember(info, target, name, value, cls);
    this.#at = undefined;
  }

  override instance(value: unknown, as: Class): unknown {
    const { instance } = this.values;
    return instance ? instance(value, as, this.registry, this.#spend) : value;
  }

  /** The same instances, which are going to be frozen, or the like, when all of the value has been made. */
  override fixed<T extends readonly object[]>(info: ObjectInfo, instances: T): T {
    const word = this.word(info, Reserved.integrity);
    if (word !== undefined) this.#last.push(() => this.call(info, () => this.values.fix?.(instances, word)));
    return instances;
  }

  // ---- codecs ---------------------------------------------------------------------------------------

  override step(): boolean {
    if (super.step()) return true;
    const finish = this.#finishers.pop();
    finish?.();
    return finish !== undefined;
  }

  override codec(
    info: ObjectInfo,
    cls: RegisteredClass | undefined,
    type: string | undefined,
  ): Decoder | undefined {
    const codec = this.#codecOf(info, cls, type);
    return !codec && cls && this.#units ? this.#plainCodec(cls) : codec;
  }

  #codecOf(
    info: ObjectInfo,
    cls: RegisteredClass | undefined,
    type: string | undefined,
  ): Decoder | undefined {
    if (!cls) {
      this.#types ??= new Map(this.values.types.map((each) => [each.name, each]));
      return type === undefined ? undefined : this.#types.get(type);
    }
    const version = this.version(info);
    if (cls !== this.#lastClass || version !== this.#lastVersion) {
      this.#lastClass = cls;
      this.#lastVersion = version;
      this.#lastCodec = this.values.decoder(cls, version, this.registry);
    }
    return this.#lastCodec;
  }

  /** Sets the properties of instances as it is done without a codec, but later. */
  #plainCodec(cls: RegisteredClass): Decoder {
    let codec = this.#plain.get(cls);
    if (!codec) {
      codec = {
        name: cls.name,
        create: () => cls.create(),
        fill(instance, content) {
          for (const name of Object.keys(content)) setProperty(instance, name, content[name], cls);
        },
      };
      this.#plain.set(cls, codec);
    }
    return codec;
  }

  protected override made(info: ObjectInfo, codec: Decoder, contents: object[], fill: () => void): object[] {
    const { create } = codec;
    const units = this.#units;
    if (!create && !units) this.#complete(info, fill);
    const values = this.call(info, () =>
      contents.map((content, i) => {
        this.#row = i;
        const value = create ? create.call(codec) : units ? content : this.#decode(codec, content);
        units?.set(value, { info, row: i, codec, content });
        return value;
      }),
    );
    if (create || units) this.later(fill);
    if (create && !units) {
      this.#finishers.push(() => {
        this.call(info, () => {
          for (let i = 0; i < values.length; i++)
            this.#fill(values[i] as object, { info, row: i, codec, content: contents[i] as object });
        });
      });
    }
    return create || !units ? this.fixed(info, values) : values;
  }

  #decode(codec: Decoder, content: object): object {
    const { decode } = codec as Required<Decoder>;
    return atOnce(decode.call(codec, content as Content, this.#spend), 'decode of', codec.name);
  }

  #fill(value: object, { info, row, codec, content }: Unit): void {
    this.#row = row;
    atOnce(codec.fill?.(value, content as Content, this.version(info), this.#spend), 'fill of', codec.name);
  }

  /** Does a task, and all that come of it, at once. */
  #complete(info: ObjectInfo, task: () => void): void {
    const decoding = this.#decoding;
    const { address } = info;
    // What it leads to may have been met before, and be empty still; or it is being made of this.
    if (decoding.has(address) || decoding.size >= MAX_DECODING || !this.#isClosed(info))
      throw new NotInOrder();
    decoding.add(address);
    const before = [this.tasks, this.depths, this.#finishers, this.depth] as const;
    this.tasks = [];
    this.depths = [];
    this.#finishers = [];
    this.later(task);
    while (this.step());
    [this.tasks, this.depths, this.#finishers, this.depth] = before;
    decoding.delete(address);
  }

  /** Whether nothing that an object leads to stands elsewhere too, or could lead back: it holds only data. */
  #isClosed(info: ObjectInfo, depth = 0, seen = new Set<number>()): boolean {
    // Many ways may lead to one object, and each link of it lead on to many.
    if (seen.has(info.address)) return true;
    seen.add(info.address);
    if (info.kind === 'dataset') return !this.isReferences(info);
    if (info.kind !== 'group') return true;
    if (depth > 0 && (depth > MAX_CLOSED || !find(info, Reserved.type) || find(info, Reserved.class)))
      return false;
    return (
      !info.attributes.some(({ datatype }) => datatype.class === 'reference' || isElement(datatype)) &&
      info.links.every(
        (link) => link.kind !== 'hard' || this.#isClosed(this.info(link.address), depth + 1, seen),
      )
    );
  }

  // ---- values that are made of others -----------------------------------------------------------------

  /**
   * Makes what there is to be made in two passes: in the first, the content of what codecs decode stands for it, so that it does
   * not matter what is met first. Then each is decoded when all that it is made of is whole, and put where its content stood.
   */
  *#inOrder(make: () => unknown, spent: number): Generator<void, void> {
    // What the first try has cost is not what the file expands to.
    super.spend(spent - this.#spent);
    this.#spent = spent;
    const [objects, vectors, { lazy }] = [this.known.size, this.vectors.size, this];
    const units = new Map<object, Unit>();
    this.#units = units;
    this.lazy = undefined;
    try {
      make();
      while (this.step()) yield;
    } finally {
      this.#units = undefined;
      this.lazy = lazy;
    }
    const made = new Set<unknown>(units.keys());
    const lists: unknown[][] = [];
    for (const { elements, rows } of [...this.vectors.values()].slice(vectors)) {
      for (const list of new Set([elements, rows])) {
        if (!Array.isArray(list)) continue;
        lists.push(list);
        for (const element of list) made.add(element);
      }
    }
    for (const value of [...this.known.values()].slice(objects)) made.add(value);
    for (const each of made) if (typeof each !== 'object' || each === null) made.delete(each);

    const decoded = new Map<unknown, object>();
    const partsOf = (value: object): object[] => {
      const members = valuesIn(units.get(value)?.content ?? value);
      const parts: unknown[] = [];
      for (let i = 0; i < members.length; i++) if (made.has(members[i])) parts.push(members[i]);
      return parts as object[];
    };
    for (const component of components(made as Set<object>, partsOf)) {
      for (const value of component) replace(units.get(value)?.content ?? value, decoded);
      // What was met last is inmost.
      for (const value of component.reverse()) {
        const unit = units.get(value);
        if (unit) this.#finish(value, unit, decoded, component.length > 1 || partsOf(value).includes(value));
      }
      yield;
    }
    for (const list of lists) replace(list, decoded);
    for (const [address, value] of this.known) {
      const instead = decoded.get(value);
      if (instead) this.known.set(address, instead);
    }
  }

  #finish(value: object, unit: Unit, decoded: Map<unknown, object>, isInCircle: boolean): void {
    const { info, row, codec, content } = unit;
    this.call(info, () => {
      this.#row = row;
      if (codec.create) {
        this.#fill(value, unit);
        return;
      }
      if (isInCircle)
        fail(
          info,
          `a ${codec.name} that is a part of what it is made of: ` +
            'its codec needs `create` and `fill`, or its class a method [h5read] that is not static',
        );
      const [instance] = this.fixed(info, [this.#decode(codec, content)] as const);
      decoded.set(value, instance);
    });
  }
}

/**
 * The values that are held by what the restorer makes. What is read when it is asked for is not asked for, and not there yet.
 * An instance that has been made already, and its class, may have anything by the names of methods: what is called is the language's.
 */
function valuesIn(holder: object): readonly unknown[] {
  if (Array.isArray(holder)) return holder;
  if (holder instanceof Map) return [...entriesOf(holder)].flat();
  if (holder instanceof Set) return [...membersOf(holder)];
  return isPlain(holder) ? Object.keys(holder).map((name) => memberOf(holder, name)) : [];
}

function memberOf(holder: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(holder, name)?.value;
}

/** Puts others in the place of values, which keep their order. */
function replace(holder: object, others: ReadonlyMap<unknown, object>): void {
  const isOther = (value: unknown): boolean => others.has(value);
  if (others.size === 0 || !Array.prototype.some.call(valuesIn(holder), isOther)) return;
  const other = (value: unknown): unknown => others.get(value) ?? value;
  if (holder instanceof Map) {
    setEntries(holder, new Map([...entriesOf(holder)].map(([key, value]) => [other(key), other(value)])));
  } else if (holder instanceof Set) {
    setMembers(holder, new Set([...membersOf(holder)].map(other)));
  } else {
    for (const name of Object.keys(holder)) {
      const instead = others.get(memberOf(holder, name));
      // It is there already: no setter is called, `__proto__` included.
      if (instead) Object.defineProperty(holder, name, { value: instead });
    }
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
