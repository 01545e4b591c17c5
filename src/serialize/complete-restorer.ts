import { type Datatype, INT64, OBJECT_REFERENCE } from '../hdf5/messages/datatype.js';
import type { GroupInfo, ObjectInfo } from '../hdf5/object.js';
import type { Class, Content, Decoder, RegisteredClass, Spend } from '../registry/index.js';
import { Reserved } from './layout.js';
import { newArray } from './new-array.js';
import { fail, Restorer } from './restore.js';

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

/** Values that codecs decode are made within each other at most so deep: each takes room on the stack. */
export const MAX_DECODING = 500;

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
  /** What is done when all tasks are: the first of them last, so that what is within comes first. */
  #finishers: (() => void)[] = [];
  /** What is done when all of a value has been made. */
  readonly #last: (() => void)[] = [];
  #isBusy = false;
  /** While code of a class runs: what its instances are read from, and the number of the one among them. */
  #at: ObjectInfo | undefined;
  #row = -1;
  readonly #spend: Spend = (count) => this.spend(count);

  override whole<T>(make: () => T): T {
    const isOuter = !this.#isBusy;
    this.#isBusy = true;
    const [objects, vectors] = [this.known.size, this.vectors.size];
    try {
      const made = super.whole(make);
      if (isOuter) for (const finish of this.#last.splice(0)) finish();
      return made;
    } catch (error) {
      if (!isOuter) throw error;
      // What is half made is no value: who asks again, for another part or for this one, has it made anew.
      dropAfter(objects, this.known);
      dropAfter(vectors, this.vectors);
      this.tasks = [];
      this.depths = [];
      this.#finishers = [];
      this.#last.length = 0;
      this.#decoding.clear();
      this.depth = 0;
      throw this.#located(error);
    } finally {
      if (isOuter) {
        this.#isBusy = false;
        this.#at = undefined;
      }
    }
  }

  /** What `restore` does, in steps. */
  *restoring(root: number): Generator<void, unknown> {
    this.#isBusy = true;
    try {
      const value = this.begin(root);
      while (this.step()) yield;
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
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const values = newArray<unknown>(count);
    for (let i = 0, at = 0; i < count; i++, at += 16) {
      const address = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
      if (address === 0 || address > Number.MAX_SAFE_INTEGER) fail(info, 'a reference that leads nowhere');
      const row = view.getUint32(at + 8, true) + view.getInt32(at + 12, true) * 2 ** 32;
      values[i] = row === -1 ? this.value(address) : this.element(address, row, info);
    }
    return values;
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

  protected override made(info: ObjectInfo, codec: Decoder, contents: object[], fill: () => void): object[] {
    const { create } = codec;
    if (!create) this.#complete(info, codec, fill);
    const values = this.call(info, () =>
      contents.map((content, i) => {
        this.#row = i;
        return create
          ? create.call(codec)
          : (codec as Required<Decoder>).decode(content as Content, this.#spend);
      }),
    );
    if (create) {
      this.later(fill);
      this.#finishers.push(() => {
        const version = this.version(info);
        this.call(info, () => {
          for (let i = 0; i < values.length; i++) {
            this.#row = i;
            codec.fill?.(values[i] as object, contents[i] as Content, version, this.#spend);
          }
        });
      });
    }
    return this.fixed(info, values);
  }

  /** Throws for a value that cannot be made of its content. */
  protected undecodable(info: ObjectInfo, what: string, remedy: string): never {
    fail(info, `${what}: ${remedy}`);
  }

  /** Does a task, and all that come of it, at once. */
  #complete(info: ObjectInfo, codec: Decoder, task: () => void): void {
    const decoding = this.#decoding;
    const { address } = info;
    const isTable = this.lengthOf(info) > 1;
    this.call(info, () => {
      if (decoding.has(address))
        this.undecodable(
          info,
          `a ${codec.name} that is a part of what ${isTable ? 'it, or another one in the same list, is' : 'it is'} made of`,
          'its codec needs `create` and `fill`, or its class a method [h5read] that is not static',
        );
      if (decoding.size >= MAX_DECODING)
        this.undecodable(
          info,
          `more than ${MAX_DECODING} values that codecs make, in each other`,
          '`create` and `fill`, or a method [h5read] that is not static, have no such limit',
        );
    });
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
}
