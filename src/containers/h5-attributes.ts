import { H5PathError, H5TypeError } from '../errors.js';
import type { AttributeDraft } from '../hdf5/draft.js';
import type { ValueOptions } from '../hdf5/editing.js';
import type { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5Group } from '../hdf5/h5-group.js';
import type { H5Object } from '../hdf5/h5-object.js';
import type { Attribute } from '../hdf5/messages/attribute.js';
import type { Datatype } from '../hdf5/messages/datatype.js';
import { join } from '../hdf5/paths.js';
import { isPlainText } from '../hdf5/text.js';
import { defaultRegistry } from '../registry/index.js';
import type { TypedArray } from '../serialize/kinds.js';
import { escapeName, unescapeName } from '../serialize/names.js';
import { deserialize, serialize } from '../serialize/serialize.js';
import { checkObject } from './checks.js';
import { type CollectionOptions, type Context, contextOf } from './context.js';
import { jsonOf } from './json.js';
import { isHidden, markNumber } from './member.js';
import { isSimpleArray } from './new-object.js';
import { decodeScalar, encodeScalar } from './scalar.js';

/**
 * A value that is stored as a file of its own is opaque bytes, which begin as such files do. They have no tag: h5py reads none
 * that have one.
 */
const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

function isFile(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/** What ch5mpy stores for None. */
const CH5MPY_NONE = '__h5_NONE__';

/**
 * The attributes of a group, a dataset or a file, with any value: numbers, strings, booleans, null and dates are what other
 * programs find as such; so are lists of numbers, of strings or of booleans, and rows that are typed arrays. All else, objects, Maps,
 * instances of registered classes, is stored as the bytes that `serialize` makes.
 *
 * The scalars of an `H5Dict` are attributes of its group: so they are among these.
 *
 * @example
 * const attributes = H5Attributes.of(file.dataset('speed'));
 * attributes.set('unit', 'm/s');
 * attributes.set('calibrated', { by: 'Ada', on: new Date() });
 * attributes.asDict();
 */
export class H5Attributes implements Iterable<[string, unknown]> {
  readonly #of: H5Group | H5Dataset;
  readonly #context: Context;

  /** @internal */
  constructor(object: H5Group | H5Dataset, context: Context) {
    this.#of = object;
    this.#context = context;
  }

  /** Those of an object of an open file. */
  static of(object: H5Object, options?: CollectionOptions): H5Attributes {
    checkObject(object);
    return new H5Attributes(object as H5Group | H5Dataset, contextOf(object, options));
  }

  /** The group or dataset that has them. */
  get object(): H5Group | H5Dataset {
    return this.#of;
  }

  /** The same, unless it has just been deleted: what is set there would be lost. */
  get #object(): H5Group | H5Dataset {
    const object = this.#of;
    object.session.editor?.settle(object);
    return object;
  }

  /** The number of attributes. */
  get size(): number {
    let size = 0;
    for (const _ of this.keys()) size++;
    return size;
  }

  has(name: string): boolean {
    return this.#object.attrs.has(escapeName(name));
  }

  /** The value of an attribute; undefined if there is none. */
  get<T = unknown>(name: string): T | undefined {
    const stored = escapeName(name);
    const attribute = this.#object.node.attributes?.get(stored) as Attribute | AttributeDraft | undefined;
    if (attribute === undefined) return undefined;
    const { attrs } = this.#object;
    const info = attrs.info(stored) as {
      readonly shape: readonly number[] | null;
      readonly datatype: Datatype;
    };
    const { datatype, shape } = info;
    if (datatype.class === 'opaque' && shape?.length === 0) {
      // Others are those of another program, such as Python's pickles: they stay what they are.
      const bytes = attrs.get(stored) as Uint8Array;
      return (isFile(bytes) ? deserialize(bytes, this.#context.codec) : bytes) as T;
    }
    // Those of more axes are rows, as in a value that is read.
    if (shape?.length === 1) return attrs.get(stored) as T;
    const value = decodeScalar(this.#object, stored, attribute, this.#context);
    return (value === CH5MPY_NONE ? null : value) as T;
  }

  /**
   * Sets an attribute, in place of one of any type and size.
   *
   * @throws {H5UnsupportedError} when the value cannot be stored: then nothing has changed.
   * @throws {H5PathError} with the code `H5_EXISTS` when a group has a member of that name.
   */
  set(name: string, value: unknown): this {
    if (typeof name !== 'string')
      throw new H5TypeError(`the name of an attribute is a string, not ${typeof name}`);
    const stored = escapeName(name);
    const object = this.#object;
    const { live } = this.#context;
    live.edit();
    // Attributes of a dict are members of it; in files of others there may be one beside a member.
    if (object instanceof H5Group && object.linkInfo(stored) && !object.attrs.has(stored))
      throw new H5PathError(
        'H5_EXISTS',
        name,
        `"${object.path}" has a member ${JSON.stringify(name)} that is no attribute: set or delete that first`,
      );
    const scalar = encodeScalar(value, this.#context);
    const { data, ...options }: Encoded = scalar ?? this.#encoded(value);
    live.change(this.#pathOf(stored), () => {
      if (typeof value === 'bigint' && object instanceof H5Group) markNumber(object, stored, false);
      object.attrs.set(stored, data, options);
    });
    return this;
  }

  #encoded(value: unknown): Encoded {
    const { codec } = this.#context;
    // Of an instance, which may extend a list, there is more than the elements.
    const isInstance = (codec.registry ?? defaultRegistry).of(Object.getPrototypeOf(value)) !== undefined;
    const isList = (): boolean =>
      ArrayBuffer.isView(value) ? !(value instanceof DataView) : isListOfOneKind(value);
    if (!isInstance && isList()) return { data: value };
    const box = Array.isArray(value) ? boxOf(value) : undefined;
    if (box) return box;
    const bytes = serialize(value, codec);
    return { data: bytes, dtype: { opaque: bytes.length } };
  }

  /** Sets several attributes, all of them or none. */
  update(values: { readonly [name: string]: unknown } | ReadonlyMap<string, unknown>): this {
    const entries = values instanceof Map ? values : Object.entries(values);
    this.#context.live.whole(() => {
      for (const [name, value] of entries) this.set(name, value);
    });
    return this;
  }

  /** Removes an attribute. Returns whether there was one. */
  delete(name: string): boolean {
    const stored = escapeName(name);
    const { live } = this.#context;
    live.edit();
    if (!this.#object.attrs.has(stored)) return false;
    return live.change(this.#pathOf(stored), () => this.#object.attrs.delete(stored));
  }

  *keys(): IterableIterator<string> {
    for (const name of this.#object.attrs.keys()) if (!isHidden(name)) yield unescapeName(name);
  }

  *values(): IterableIterator<unknown> {
    for (const name of this.keys()) yield this.get(name);
  }

  *entries(): IterableIterator<[string, unknown]> {
    for (const name of this.keys()) yield [name, this.get(name)];
  }

  [Symbol.iterator](): IterableIterator<[string, unknown]> {
    return this.entries();
  }

  /** All of them in memory. */
  asDict(): Record<string, unknown> {
    return Object.fromEntries(this.entries());
  }

  toJSON(): unknown {
    return jsonOf(this.asDict());
  }

  #pathOf(name: string): string {
    const { path } = this.#object;
    return this.#object instanceof H5Group ? join(path, name) : path;
  }
}

/** What an attribute is made of. */
interface Encoded extends ValueOptions {
  readonly data: unknown;
}

/** Rows of numbers of one type as what HDF5 has for them, if they are as long as each other and share nothing. */
function boxOf(value: unknown): { readonly data: TypedArray; readonly shape: readonly number[] } | undefined {
  if (isSimpleArray(value)) {
    const isAlone = value.byteLength === value.buffer.byteLength;
    return isAlone ? { data: value, shape: [value.length] } : undefined;
  }
  if (!Array.isArray(value) || Object.keys(value).length !== value.length) return undefined;
  if (new Set(value).size < value.length) return undefined;
  const boxes = value.map(boxOf);
  const [first] = boxes;
  if (!first) return undefined;
  const { data, shape } = first;
  const { length } = data;
  const all = new (data.constructor as Float64ArrayConstructor)(value.length * length);
  for (const [i, box] of boxes.entries()) {
    const isSame = box && box.data.constructor === data.constructor && `${box.shape}` === `${shape}`;
    if (!isSame) return undefined;
    all.set(box.data as Float64Array, i * length);
  }
  return { data: all, shape: [value.length, ...shape] };
}

/** Whether it is a list whose elements HDF5 has one type for, in one dimension. */
function isListOfOneKind(value: unknown): value is readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0 || Object.keys(value).length !== value.length) return false;
  const kind = typeof value[0];
  if (kind !== 'number' && kind !== 'boolean' && kind !== 'string') return false;
  return value.every((each) => typeof each === kind && (kind !== 'string' || isPlainText(each as string)));
}
