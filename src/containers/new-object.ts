/**
 * Values of which nothing more is said than what they hold, as new objects of a file: plain objects, instances, Maps with keys that are
 * strings, and arrays and Sets of numbers, texts, booleans or rows. The codec makes the same of any value, but in a file of its own, of
 * which it is copied: of what has few members that takes many times as long.
 */
import type { AttributeDraft } from '../hdf5/draft.js';
import type { NewMember, NewObject } from '../hdf5/editing.js';
import type { CreateDatasetOptions } from '../hdf5/h5-group.js';
import { prepare } from '../hdf5/prepare.js';
import { defaultRegistry, type RegisteredClass } from '../registry/index.js';
import { hasInternalState, TYPED_ARRAYS, type TypedArray } from '../serialize/kinds.js';
import { Encoding, MAX_NAME, Reserved } from '../serialize/layout.js';
import { LeafBuilder } from '../serialize/leaf.js';
import { escapeName } from '../serialize/names.js';
import { sizeOfEach } from '../serialize/text-column.js';
import { NO_VALUES, type Values } from '../serialize/values.js';
import { dtypeOf, MISSING } from './column.js';
import type { Context } from './context.js';
import { unviewed } from './dict-view.js';
import { dtypeOfWord, encodeScalar, type StoredScalar } from './scalar.js';

/** More members of one object, or elements and members in all, or levels are the codec's. */
const MOST_MEMBERS = 32;
const MOST = 256;
const MOST_LEVELS = 32;

const NO_MEMBERS: readonly NewMember[] = [];
const IS_ARRAY = word(Reserved.type, 'Array');
const IS_SET = word(Reserved.type, 'Set');
const IS_MAP = word(Reserved.type, 'Map');
const HAS_NO_PROTOTYPE = [word(Reserved.type, 'null-prototype')];
const ARE_RECORDS = word(Reserved.encoding, Encoding.records);

/** What the codec makes of a value, of which nothing is kept; undefined of what only the codec can make, or refuse. */
export function newObject(value: object, context: Context): NewObject | undefined {
  return made(() => new Maker(context, MOST_LEVELS).make(value, 0), context);
}

/** The same of a value that is a group of attributes alone; undefined of all others. */
export function newFlatObject(value: object, context: Context): NewObject | undefined {
  return made(() => new Maker(context, 0).group(value, 0), context);
}

function made(make: () => NewObject | undefined, { options }: Context): NewObject | undefined {
  if (options.limits) return undefined;
  try {
    return make();
  } catch {
    // A proxy, or a class that is at odds with its fields: the codec says where, or leaves it out.
    return undefined;
  }
}

/** A dataset of nothing but elements, such as a scalar. */
export function newDataset({ data, dtype }: StoredScalar): NewObject {
  return { dataset: dtype === undefined ? { data } : { data, dtype }, members: NO_MEMBERS };
}

/** What of an object is stored, and what the file says of it before. */
interface Outline {
  readonly properties: readonly (string | symbol)[];
  /** What calls them otherwise. */
  readonly class: RegisteredClass | undefined;
  readonly head: readonly NewMember[];
}

/** The same of an object, if that is nothing but its properties. */
export function outlineOf(object: object, { codec }: Context): Outline | undefined {
  const prototype = Object.getPrototypeOf(object) as object | null;
  if (prototype === Object.prototype)
    return { properties: Object.keys(object), class: undefined, head: NO_MEMBERS };
  if (!prototype) return { properties: Object.keys(object), class: undefined, head: HAS_NO_PROTOTYPE };
  const { registry = defaultRegistry, values = NO_VALUES } = codec;
  const cls = registry.of(prototype);
  const head = cls && Object.isExtensible(object) ? headOf(cls, object, values) : undefined;
  return cls && head && { properties: cls.propertiesOf(object), class: cls, head };
}

class Maker {
  readonly #context: Context;
  readonly #levels: number;
  /** All objects in it: what is reached twice is one object. */
  readonly #seen = new Set<object>();
  #left = MOST;

  /** `levels`: so many there may be below the first. */
  constructor(context: Context, levels: number) {
    this.#context = context;
    this.#levels = levels;
  }

  make(value: object, level: number): NewObject | undefined {
    if (level > this.#levels) return undefined;
    switch (Object.getPrototypeOf(value)) {
      case Array.prototype:
        return this.#isNew(value) ? this.#list(value as unknown[]) : undefined;
      case Set.prototype:
        return this.#isNew(value) ? this.#set(value as Set<unknown>) : undefined;
      default:
        return isSimpleArray(value) ? this.#numbers(value) : this.group(value, level);
    }
  }

  /** The same of what has members. */
  group(value: object, level: number): NewObject | undefined {
    if (!this.#isNew(value)) return undefined;
    return Object.getPrototypeOf(value) === Map.prototype
      ? this.#map(value as Map<unknown, unknown>, level)
      : this.#object(value, level);
  }

  /** Notes an object. Whether it is the first time, and no view of another one. */
  #isNew(object: object): boolean {
    const { size } = this.#seen;
    return this.#seen.add(object).size > size && unviewed(object) === object;
  }

  #spend(count: number): boolean {
    this.#left -= count;
    return this.#left >= 0;
  }

  // ---- objects --------------------------------------------------------------------------------------

  #object(value: object, level: number): NewObject | undefined {
    const outline = outlineOf(value, this.#context);
    if (!outline || !this.#isFew(outline.properties.length)) return undefined;
    const members = outline.head.slice();
    for (const property of outline.properties) {
      if (!isData(value, property)) return undefined;
      const member = this.#member(storedName(outline, property), propertyOf(value, property), level);
      if (!member) return undefined;
      members.push(member);
    }
    return { dataset: undefined, members };
  }

  #isFew(members: number): boolean {
    return members <= MOST_MEMBERS && this.#spend(members);
  }

  #map(value: Map<unknown, unknown>, level: number): NewObject | undefined {
    if (!this.#isFew(value.size)) return undefined;
    const members: NewMember[] = [IS_MAP];
    for (const [key, each] of value) {
      const member = typeof key === 'string' ? this.#member(key, each, level) : undefined;
      if (!member) return undefined;
      members.push(member);
    }
    return { dataset: undefined, members };
  }

  #member(key: string, value: unknown, level: number): NewMember | undefined {
    if (key.length > MAX_NAME) return undefined;
    if (typeof value === 'string' && this.#context.options.stringEncoding) return undefined;
    const name = escapeName(key);
    const scalar = encodeScalar(value, this.#context);
    if (scalar) {
      if (value instanceof Date && !this.#isNew(value)) return undefined;
      const { data, dtype } = scalar;
      return attribute(name, dtype ? prepare(data, dtype) : (data as AttributeDraft));
    }
    if (typeof value !== 'object') return undefined;
    const object = this.make(value as object, level + 1);
    return object && link(name, object);
  }

  // ---- lists ----------------------------------------------------------------------------------------

  #list(value: readonly unknown[]): NewObject | undefined {
    // There may be very many: to look at them takes longer than the codec does.
    if (value.length > this.#left || !isDense(value) || this.#context.codec.accessors === 'skip')
      return undefined;
    const elements = value.slice();
    const [first] = elements;
    if (typeof first !== 'object' || first === null) return this.#leaf(elements, IS_ARRAY);
    return Array.isArray(first) ? this.#rectangle(elements) : this.#records(elements);
  }

  #set(value: Set<unknown>): NewObject | undefined {
    return value.size > this.#left ? undefined : this.#leaf([...value], IS_SET);
  }

  /** Elements that are all numbers, texts or booleans. */
  #leaf(elements: readonly unknown[], ...members: readonly NewMember[]): NewObject | undefined {
    const { length } = elements;
    if (!this.#context.isPlain || !this.#spend(length)) return undefined;
    if (length === 0) return { dataset: { data: [], shape: [0], dtype: dtypeOf(MISSING) }, members };
    const builder = new LeafBuilder(length);
    if (!builder.append(elements, length)) return undefined;
    const { encoding, data, text } = builder.finish();
    let dataset: CreateDatasetOptions = { data: encoding === 'numbers' ? data : elements };
    if (text) {
      if (!text.plain) return undefined;
      const size = sizeOfEach(text);
      dataset = { data: elements, dtype: size > 0 ? `S${size}` : 'str' };
    }
    return { dataset, members };
  }

  /** Rows of one length. */
  #rectangle(rows: readonly unknown[]): NewObject | undefined {
    const [{ length: width }] = rows as [unknown[]];
    if (width === 0 || width * rows.length > this.#left) return undefined;
    const elements: unknown[] = [];
    for (const row of rows) {
      const isRow = Array.isArray(row) && Object.getPrototypeOf(row) === Array.prototype;
      if (!isRow || row.length !== width || !isDense(row) || !this.#isNew(row)) return undefined;
      elements.push(...row);
    }
    const leaf = this.#leaf(elements, IS_ARRAY);
    return leaf && { ...leaf, dataset: { ...leaf.dataset, shape: [rows.length, width] } };
  }

  /** Rows with the same properties, of which each is a column. */
  #records(rows: readonly unknown[]): NewObject | undefined {
    const [first] = rows as [object];
    const outline = outlineOf(first, this.#context);
    if (!outline || outline.head === HAS_NO_PROTOTYPE) return undefined;
    const { properties, head } = outline;
    const { length } = properties;
    if (length === 0 || !this.#isFew(length) || length * rows.length > this.#left) return undefined;
    const columns = properties.map(() => [] as unknown[]);
    for (const row of rows as object[]) {
      const isRow = typeof row === 'object' && row !== null && this.#isNew(row);
      const own = isRow ? outlineOf(row, this.#context) : undefined;
      // Of each class there is one.
      if (own?.head !== head || own.properties.length !== length) return undefined;
      for (const [i, property] of properties.entries()) {
        if (own.properties[i] !== property || !isData(row, property)) return undefined;
        columns[i]?.push(propertyOf(row, property));
      }
    }
    const members = [...head, ARE_RECORDS, attribute(Reserved.length, prepare(rows.length, 'u4'))];
    for (const [i, property] of properties.entries()) {
      const column = this.#leaf(columns[i] as unknown[]);
      const name = storedName(outline, property);
      if (!column || name.length > MAX_NAME) return undefined;
      members.push(link(escapeName(name), column));
    }
    return { dataset: undefined, members };
  }

  #numbers(value: TypedArray): NewObject | undefined {
    if (!this.#context.isPlain || !this.#spend(value.length)) return undefined;
    if (!this.#isNew(value) || !this.#isNew(value.buffer)) return undefined;
    return { dataset: { data: value.slice() }, members: NO_MEMBERS };
  }
}

/** Whether a property is a value, and nothing that computes one. */
export function isData(object: object, property: string | symbol): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(object, property);
  return descriptor !== undefined && 'value' in descriptor;
}

export function propertyOf(object: object, property: string | symbol): unknown {
  return (object as Record<PropertyKey, unknown>)[property];
}

/** What the file calls a property. */
function storedName({ class: cls }: Outline, property: string | symbol): string {
  return cls ? cls.storedName(property) : (property as string);
}

/** Whether an array has no holes, and no properties beside its elements. */
export function isDense(array: readonly unknown[]): boolean {
  return Object.keys(array).length === array.length;
}

function link(name: string, object: NewObject): NewMember {
  return { name, object, attribute: undefined };
}

function attribute(name: string, value: AttributeDraft): NewMember {
  return { name, object: undefined, attribute: value };
}

/** An attribute that is a word: a text of fixed length. */
function word(name: string, text: string): NewMember {
  return attribute(name, prepare(text, dtypeOfWord(text)));
}

// ---- classes ----------------------------------------------------------------------------------------------

/** What the file says of instances before their properties, if no more is said of these than their names. */
interface Head {
  readonly values: Values;
  readonly members: readonly NewMember[] | undefined;
}

const heads = new WeakMap<RegisteredClass, Head>();

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
  const members = [word(Reserved.class, name)];
  if (version !== 0) members.push(attribute(Reserved.version, version));
  return members;
}

// ---- numbers ----------------------------------------------------------------------------------------------

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
