/**
 * Plain objects, instances of classes that nothing else is said of, and arrays of numbers, texts or booleans, as new objects of a file.
 * The codec makes the same of any value, but in a file of its own, of which it is copied: of what has few members that takes many times
 * as long.
 */
import type { AttributeDraft } from '../hdf5/draft.js';
import type { NewMember, NewObject } from '../hdf5/editing.js';
import { prepare } from '../hdf5/prepare.js';
import { utf8Encoder } from '../hdf5/text.js';
import { defaultRegistry, type RegisteredClass } from '../registry/index.js';
import { hasInternalState, TYPED_ARRAYS, type TypedArray } from '../serialize/kinds.js';
import { MAX_NAME, Reserved } from '../serialize/layout.js';
import { LeafBuilder } from '../serialize/leaf.js';
import { escapeName } from '../serialize/names.js';
import { sizeOfEach, type TextColumn } from '../serialize/text-column.js';
import { NO_VALUES, type Values } from '../serialize/values.js';
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
    if (prototype === Object.prototype) return this.#group(value, Object.keys(value), level);
    const { isPlain, codec } = this.#context;
    if (prototype === Array.prototype) return isPlain ? this.#list(value as unknown[]) : undefined;
    if (isSimpleArray(value)) return isPlain ? this.#numbers(value) : undefined;
    const { registry = defaultRegistry, values = NO_VALUES } = codec;
    const cls = prototype ? registry.of(prototype) : undefined;
    const head = cls && Object.isExtensible(value) ? headOf(cls, value, values) : undefined;
    return cls && head && this.#group(value, cls.propertiesOf(value), level, cls, head);
  }

  #isNew(object: object): boolean {
    const { size } = this.#seen;
    return this.#seen.add(object).size > size;
  }

  #spend(count: number): boolean {
    this.#left -= count;
    return this.#left >= 0;
  }

  #group(
    value: object,
    properties: readonly (string | symbol)[],
    level: number,
    cls?: RegisteredClass,
    head: readonly NewMember[] = NO_MEMBERS,
  ): NewObject | undefined {
    if (properties.length > MOST_PROPERTIES || !this.#spend(properties.length)) return undefined;
    const members = head.slice();
    for (const property of properties) {
      const name = cls ? cls.storedName(property) : (property as string);
      const isData = Object.hasOwn(Object.getOwnPropertyDescriptor(value, property) ?? {}, 'value');
      if (name.length > MAX_NAME || !isData) return undefined;
      const member = this.#member(escapeName(name), (value as Record<PropertyKey, unknown>)[property], level);
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

/** What the file says of instances before their properties. */
interface Head {
  readonly values: Values;
  readonly members: readonly NewMember[] | undefined;
}

const heads = new WeakMap<RegisteredClass, Head>();

/** The same of a class; undefined if more is said of how it is stored than the names of its properties. */
function headOf(cls: RegisteredClass, instance: object, values: Values): Head['members'] {
  let head = heads.get(cls);
  if (head?.values !== values) {
    const isOther = cls.stored.length > 0 || cls.hasAccessors || hasInternalState(instance);
    head = { values, members: isOther || values.encoder(cls) ? undefined : classMembers(cls) };
    heads.set(cls, head);
  }
  return head.members;
}

function classMembers({ name, version }: RegisteredClass): NewMember[] {
  const { length } = utf8Encoder.encode(name);
  const members = [{ name: Reserved.class, object: undefined, attribute: prepare(name, `S${length}`) }];
  if (version === 0) return members;
  return [...members, { name: Reserved.version, object: undefined, attribute: version }];
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
