/**
 * Plain objects, and arrays of numbers, texts or booleans, as new objects of a file. The codec makes the same of any value, but in a
 * file of its own, of which it is copied: of what has few members that takes several times as long.
 */
import type { AttributeDraft } from '../hdf5/draft.js';
import type { NewMember, NewObject } from '../hdf5/editing.js';
import { prepare } from '../hdf5/prepare.js';
import { TYPED_ARRAYS, type TypedArray } from '../serialize/kinds.js';
import { MAX_NAME, Reserved } from '../serialize/layout.js';
import { LeafBuilder } from '../serialize/leaf.js';
import { escapeName } from '../serialize/names.js';
import { sizeOfEach, type TextColumn } from '../serialize/text-column.js';
import { dtypeOf, MISSING } from './column.js';
import type { Context } from './context.js';
import { unviewed } from './dict-view.js';
import { encodeScalar, type StoredScalar } from './scalar.js';

/** More properties of one object, or elements and properties in all, or levels are the codec's. */
const MOST_PROPERTIES = 32;
const MOST = 256;
const MOST_LEVELS = 32;

const IS_ARRAY: NewMember = {
  name: Reserved.type,
  object: undefined,
  attribute: prepare('Array', 'S5'),
};
const NO_MEMBERS: readonly NewMember[] = [];

/** What the codec makes of a value, of which nothing is kept; undefined of what only the codec can make, or refuse. */
export function newObject(value: object, context: Context): NewObject | undefined {
  if (context.options.limits) return undefined;
  try {
    return new Maker(context).make(value, 0);
  } catch {
    // A proxy: the codec says where, or leaves it out.
    return undefined;
  }
}

/** A dataset of nothing but elements, such as a scalar. */
export function newDataset({ data, dtype }: StoredScalar): NewObject {
  return { dataset: dtype === undefined ? { data } : { data, dtype }, members: NO_MEMBERS };
}

class Maker {
  readonly #context: Context;
  /** All objects in it: what is reached twice is one object. */
  readonly #seen = new Set<object>();
  #left = MOST;

  constructor(context: Context) {
    this.#context = context;
  }

  make(value: object, level: number): NewObject | undefined {
    if (level > MOST_LEVELS || !this.#isNew(value) || unviewed(value) !== value) return undefined;
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype) return this.#group(value as Record<string, unknown>, level);
    if (!this.#context.isPlain) return undefined;
    if (prototype === Array.prototype) return this.#list(value as unknown[]);
    return isSimpleArray(value) ? this.#numbers(value) : undefined;
  }

  #isNew(object: object): boolean {
    const { size } = this.#seen;
    return this.#seen.add(object).size > size;
  }

  #spend(count: number): boolean {
    this.#left -= count;
    return this.#left >= 0;
  }

  #group(value: Record<string, unknown>, level: number): NewObject | undefined {
    const keys = Object.keys(value);
    if (keys.length > MOST_PROPERTIES || !this.#spend(keys.length)) return undefined;
    const members: NewMember[] = [];
    for (const key of keys) {
      if (key.length > MAX_NAME || !Object.hasOwn(Object.getOwnPropertyDescriptor(value, key) ?? {}, 'value'))
        return undefined;
      const member = this.#member(escapeName(key), value[key], level);
      if (!member) return undefined;
      members.push(member);
    }
    return { dataset: undefined, members };
  }

  #member(name: string, value: unknown, level: number): NewMember | undefined {
    if (typeof value === 'string' && this.#context.options.stringEncoding) return undefined;
    const scalar = encodeScalar(value, this.#context);
    if (scalar) {
      if (value instanceof Date && !this.#isNew(value)) return undefined;
      const { data, dtype } = scalar;
      return { name, object: undefined, attribute: dtype ? prepare(data, dtype) : (data as AttributeDraft) };
    }
    if (typeof value !== 'object') return undefined;
    const object = this.make(value as object, level + 1);
    return object && { name, object, attribute: undefined };
  }

  #list(value: readonly unknown[]): NewObject | undefined {
    const { length } = value;
    const hasOthers = Object.keys(value).length !== length;
    if (!this.#spend(length) || hasOthers || this.#context.codec.accessors === 'skip') return undefined;
    if (length === 0)
      return { dataset: { data: [], shape: [0], dtype: dtypeOf(MISSING) }, members: [IS_ARRAY] };
    const elements = value.slice();
    const builder = new LeafBuilder(length);
    if (!builder.append(elements, length)) return undefined;
    const { data, text } = builder.finish();
    if (text) return text.plain ? { dataset: textsOf(elements, text), members: [IS_ARRAY] } : undefined;
    const isNumbers = typeof elements[0] === 'number';
    return { dataset: { data: isNumbers ? data : elements }, members: [IS_ARRAY] };
  }

  #numbers(value: TypedArray): NewObject | undefined {
    if (!this.#spend(value.length) || !this.#isNew(value.buffer)) return undefined;
    return { dataset: { data: value.slice() }, members: NO_MEMBERS };
  }
}

function textsOf(data: readonly unknown[], column: TextColumn): NewObject['dataset'] {
  const size = sizeOfEach(column);
  return { data, dtype: size > 0 ? `S${size}` : 'str' };
}

const SIMPLE_ARRAYS = new Set<unknown>(
  TYPED_ARRAYS.filter(({ name }) => !/Clamped|Float16/.test(name)).map(({ prototype }) => prototype),
);

/** Whether it is numbers, which make a dataset as they are. */
export function isSimpleArray(value: unknown): value is TypedArray {
  return (
    SIMPLE_ARRAYS.has(Object.getPrototypeOf(value)) &&
    (value as Uint8Array).length > 0 &&
    Object.getPrototypeOf((value as Uint8Array).buffer) === ArrayBuffer.prototype &&
    !((value as Uint8Array).buffer as { resizable?: boolean }).resizable
  );
}
