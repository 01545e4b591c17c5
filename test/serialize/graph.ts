import { types } from 'node:util';
import { Temporal } from '@js-temporal/polyfill';
import {
  defaultRegistry,
  type H5Writable,
  h5write,
  type RegisteredClass,
  type TypeRegistry,
} from '../../src/index.js';
import { isTracking } from '../../src/values/shared-bytes.js';
import { unknownClassOf } from '../../src/values.js';

/** A value as JSON: see test/oracle/layout_reader.py, which makes the same from a file. */
export interface Graph {
  readonly root: unknown;
  readonly objects: readonly Record<string, unknown>[];
}

/**
 * A value and all that it reaches, with everything that can be told apart: types and classes, the order of keys,
 * holes, -0, NaN, every UTF-16 unit, and which mentions are one object. Two values are the same to a program
 * if their graphs are; graph.test.ts breaks values in every way it can think of, and sees that their graphs differ.
 *
 * @throws {Error} when there is something that a graph does not show: a property that is hidden, frozen, or a getter, or one
 * of a kind of object that has none.
 */
export function graphOf(value: unknown, registry: TypeRegistry = defaultRegistry): Graph {
  const buffers = new Buffers();
  const graph = describeAll(value, registry, buffers);
  // Only when all views have been met is it known which of them share their bytes.
  return buffers.areShown ? describeAll(value, registry, buffers) : graph;
}

function describeAll(value: unknown, registry: TypeRegistry, buffers: Buffers): Graph {
  const numbers = new Map<object, number>();
  const found: object[] = [];
  const of = (item: unknown): unknown => {
    switch (typeof item) {
      case 'number':
        return number(item);
      case 'bigint':
        return ['b', String(item)];
      case 'undefined':
        return ['undefined'];
      case 'symbol':
      case 'function':
        return ['named', nameOf(item, registry)];
      case 'object': {
        if (item === null) return null;
        const name = registry.nameOf(item);
        if (name !== undefined) return ['named', name];
        let known = numbers.get(item);
        if (known === undefined) {
          known = found.push(item) - 1;
          numbers.set(item, known);
        }
        return ['o', known];
      }
      default:
        return item;
    }
  };
  const encode: Encode = Object.assign(of, { buffers });
  const root = encode(value);
  const objects: Record<string, unknown>[] = [];
  for (let at = 0; at < found.length; at++) objects.push(describe(found[at] as object, encode, registry));
  return { root, objects };
}

/** Which buffers are reached in more than one way, or are more than their bytes: a graph shows these by themselves. */
class Buffers {
  readonly #first = new Map<ArrayBufferLike, object>();
  readonly #shown = new Set<ArrayBufferLike>();

  /** Says that an object shows a buffer, or is it; returns whether it is one that the graph shows. */
  meet(buffer: ArrayBufferLike, object: object, isAll: boolean): boolean {
    const first = this.#first.get(buffer) ?? object;
    this.#first.set(buffer, first);
    if (first !== object || canGrow(buffer) || (isAll && buffer instanceof SharedArrayBuffer))
      this.#shown.add(buffer);
    return this.#shown.has(buffer);
  }

  get areShown(): boolean {
    return this.#shown.size > 0;
  }
}

type Growing = { resizable?: boolean; growable?: boolean; maxByteLength?: number };
const canGrow = (buffer: ArrayBufferLike): boolean =>
  (buffer as Growing).resizable === true || (buffer as Growing).growable === true;

type Encode = ((item: unknown) => unknown) & { readonly buffers: Buffers };
type Description = Record<string, unknown>;

const LANGUAGE = new Map(
  Object.getOwnPropertyNames(Symbol).flatMap((name) => {
    const value = (Symbol as unknown as Record<string, unknown>)[name];
    return typeof value === 'symbol' ? [[value, `Symbol.${name}`] as const] : [];
  }),
);

/** What a symbol, a function or a class is called: two that have one name are the same. */
function nameOf(item: symbol | object, registry: TypeRegistry): string {
  const name = registry.nameOf(item) ?? (typeof item === 'symbol' ? LANGUAGE.get(item) : undefined);
  if (name !== undefined) return name;
  if (typeof item === 'symbol' && Symbol.keyFor(item) !== undefined)
    return `Symbol.for(${Symbol.keyFor(item)})`;
  const cls = registry.names().find((each) => (registry.get(each)?.target as unknown) === item);
  if (cls === undefined) throw new Error(`a test compares what has no name: ${String(item)}`);
  return `class ${cls}`;
}

function describe(object: object, encode: Encode, registry: TypeRegistry): Description {
  const prototype = Object.getPrototypeOf(object) as object | null;
  const integrity = integrityOf(object);
  const cls = prototype ? registry.of(prototype) : undefined;
  if (cls) return { ...instance(object, cls, encode, integrity), ...(integrity && { integrity }) };
  const unknown = unknownClassOf(object);
  if (unknown) {
    checkFlags(object, Reflect.ownKeys(object), undefined, integrity);
    const kind = `class ${unknown.name}`;
    return { ...parts(kind, object, encode), version: unknown.version, ...(integrity && { integrity }) };
  }
  if (integrity) throw new Error('an object that is not extensible');
  const platform = PLATFORM.get(prototype);
  if (platform) return platform(object, encode);
  throw new Error(
    `a test compares an object of a class that it did not register: ${object.constructor.name}`,
  );
}

/** An object of parts, each with its name: of which the layout makes members. */
function parts(kind: string, content: object, encode: Encode): Description {
  return { kind, keys: Object.keys(content), values: Object.values(content).map((part) => encode(part)) };
}

/** Descriptions of what the language and the platform have, by prototype. Each fails for an object that only looks so. */
const PLATFORM = new Map<object | null, (object: object, encode: Encode) => Description>();

// ---- objects and lists --------------------------------------------------------------------------------

function members(object: object, encode: Encode): Description {
  checkOwn(object, Object.keys(object));
  return parts('object', object, encode);
}
PLATFORM.set(Object.prototype, (object, encode) => {
  const tag = slotOf(object);
  if (tag !== undefined) throw new Error(`a ${tag} with the prototype of an object`);
  return members(object, encode);
});
PLATFORM.set(null, (object, encode) => ({ ...members(object, encode), kind: 'null-prototype' }));

PLATFORM.set(Array.prototype, (object, encode) => {
  if (!Array.isArray(object)) throw new Error('an object with the prototype of an array');
  const all = Object.keys(object);
  const keys = all.filter(isIndex);
  checkOwn(object, [...all, 'length'], 'length');
  if (keys.length < all.length) {
    const content = Object.create(null) as Record<string, unknown>;
    content['[[Array]]'] = inSlotOf(object, 'Array');
    for (const name of all) if (!isIndex(name)) content[name] = (object as unknown as typeof content)[name];
    return parts('Array', content, encode);
  }
  const values = keys.map((key) => encode(object[Number(key)]));
  return { kind: 'Array', length: object.length, keys: keys.map(Number), values };
});

PLATFORM.set(Set.prototype, (object, encode) => {
  checkOwn(object, []);
  return { kind: 'Set', values: Array.from(Set.prototype.values.call(object), (item) => encode(item)) };
});
PLATFORM.set(Map.prototype, (object, encode) => {
  checkOwn(object, []);
  const pairs = Array.from(Map.prototype.entries.call(object), ([key, item]) => [encode(key), encode(item)]);
  return { kind: 'Map', keys: pairs.map(([key]) => key), values: pairs.map(([, item]) => item) };
});

const isIndex = (name: string): boolean => String(Number(name) >>> 0) === name && name !== '4294967295';

// ---- dates and bytes ----------------------------------------------------------------------------------

PLATFORM.set(Date.prototype, (object) => {
  checkOwn(object, []);
  return { kind: 'Date', time: number(Date.prototype.getTime.call(object)) };
});

const hex = (buffer: ArrayBufferLike, start: number, length: number) =>
  Buffer.from(buffer, start, length).toString('hex');

PLATFORM.set(ArrayBuffer.prototype, (object, encode) => {
  checkOwn(object, []);
  const buffer = object as ArrayBuffer & Growing;
  encode.buffers.meet(buffer, buffer, false);
  if (canGrow(buffer))
    return parts('ArrayBuffer', { bytes: bytesOf(buffer), maxByteLength: buffer.maxByteLength }, encode);
  return { kind: 'ArrayBuffer', bytes: hex(buffer, 0, buffer.byteLength) };
});
const VIEWS = [
  DataView,
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
] as const;
for (const { name, prototype } of VIEWS) {
  PLATFORM.set(prototype, (object, encode) => {
    const view = object as Uint8Array;
    const { buffer, byteOffset, byteLength } = view;
    // What its slots say, which is not what its prototype says for an object that only looks so.
    const isData = types.isDataView(object);
    const tag = isData ? 'DataView' : view[Symbol.toStringTag];
    if (tag !== name) throw new Error(`a ${tag} with the prototype of ${name}`);
    checkElements(object, isData ? 0 : view.length);
    if (!copies.has(object) && encode.buffers.meet(buffer, object, byteLength === buffer.byteLength)) {
      const length = isTracking(view) ? {} : { length: isData ? byteLength : view.length };
      return parts(name, { buffer, byteOffset, ...length }, encode);
    }
    return { kind: name, bytes: hex(buffer, byteOffset, byteLength) };
  });
}

/** What stands for bytes that are no value by themselves: one object each time a graph is made, as one is made of the file. */
function bytesOf(source: ArrayBufferLike | Uint8Array): object {
  const copy = new Uint8Array(source as ArrayBuffer).slice();
  copies.add(copy);
  return copy;
}
const copies = new WeakSet<object>();

PLATFORM.set(SharedArrayBuffer.prototype, (object, encode) => {
  checkOwn(object, []);
  const buffer = object as SharedArrayBuffer & Growing;
  encode.buffers.meet(buffer, buffer, false);
  const most = canGrow(buffer) ? { maxByteLength: buffer.maxByteLength } : {};
  return parts('SharedArrayBuffer', { bytes: bytesOf(buffer), ...most }, encode);
});
PLATFORM.set(Buffer.prototype, (object, encode) => {
  checkElements(object, (object as Buffer).length);
  return parts('Buffer', { bytes: bytesOf(object as Buffer) }, encode);
});

// ---- what has content that is not in its properties ---------------------------------------------------

PLATFORM.set(RegExp.prototype, (object, encode) => {
  checkOwn(object, ['lastIndex'], 'lastIndex');
  const { source, flags, lastIndex } = object as RegExp;
  return parts('RegExp', { source, flags, lastIndex }, encode);
});

/** What errors have as properties that are not enumerable. */
const HIDDEN = ['name', 'message', 'stack', 'cause', 'errors'];

/** Names that are numbers come first in any object, whatever is put there first: so all of them are put in one. */
function contentOf(entries: readonly (readonly [string, unknown])[]): object {
  const content = Object.create(null) as Record<string, unknown>;
  for (const [name, part] of entries) content[name] = part;
  return content;
}

const propertyOf = (object: object, name: string | symbol) =>
  (object as Record<string | symbol, unknown>)[name];

function errorParts(error: object, names: readonly string[]): (readonly [string, unknown])[] {
  if (!types.isNativeError(error)) throw new Error('an object with the prototype of an error');
  const hidden = HIDDEN.filter((name) => Object.hasOwn(error, name));
  const others = names.filter((name) => !HIDDEN.includes(name));
  return [...hidden, ...others].map((name) => [name, propertyOf(error, name)]);
}
for (const type of [
  ...[Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError],
]) {
  PLATFORM.set(type.prototype as object, (object, encode) => {
    const names = Object.keys(object);
    checkOwn(object, [...names, ...HIDDEN], 'stack');
    return parts(type.name, contentOf(errorParts(object, names)), encode);
  });
}

for (const { name, prototype } of [Number, String, Boolean, BigInt, Symbol]) {
  PLATFORM.set(prototype, (object, encode) => {
    const value = (prototype as { valueOf(): unknown }).valueOf.call(object);
    checkElements(object, typeof value === 'string' ? value.length + 1 : 0);
    return parts(name, { value }, encode);
  });
}

function single(kind: string, prototype: object, part: string, text: (object: object) => string): void {
  PLATFORM.set(prototype, (object, encode) => {
    checkOwn(object, []);
    return parts(kind, { [part]: text(object) }, encode);
  });
}
single('URL', URL.prototype, 'href', (url) => (url as URL).href);
single('URLSearchParams', URLSearchParams.prototype, 'query', (query) =>
  URLSearchParams.prototype.toString.call(query),
);
for (const type of [
  ...[Temporal.Instant, Temporal.ZonedDateTime, Temporal.PlainDate, Temporal.PlainTime],
  ...[Temporal.PlainDateTime, Temporal.PlainYearMonth, Temporal.PlainMonthDay, Temporal.Duration],
]) {
  single(`Temporal.${type.name}`, type.prototype, 'iso', (time) => type.prototype.toString.call(time));
}

// ---- instances ----------------------------------------------------------------------------------------

/** What an object is by its slots, whatever its prototype: undefined if by its properties alone. */
function slotOf(object: object): string | undefined {
  if (Array.isArray(object)) return 'Array';
  if (types.isMap(object)) return 'Map';
  if (types.isSet(object)) return 'Set';
  if (types.isDate(object)) return 'Date';
  if (types.isNativeError(object)) return 'Error';
  if (types.isTypedArray(object)) return object[Symbol.toStringTag];
  if (types.isRegExp(object)) return 'RegExp';
  if (types.isBoxedPrimitive(object)) return 'box';
  if (types.isAnyArrayBuffer(object)) return 'ArrayBuffer';
  if (types.isDataView(object)) return 'DataView';
  if (types.isPromise(object)) return 'Promise';
  return undefined;
}

/** An instance of a registered class: the names and values of what is stored of it, and what is in its slots. */
function instance(
  object: object,
  cls: RegisteredClass,
  encode: Encode,
  integrity: string | undefined,
): Description {
  const kind = `class ${cls.name}`;
  if (cls.codec) return parts(kind, cls.codec.encode(object), encode);
  if (h5write in object) {
    const dict = new Map<string, unknown>();
    (object as H5Writable)[h5write](dict);
    return { kind, keys: [...dict.keys()], values: Array.from(dict.values(), (part) => encode(part)) };
  }
  const slot = slotOf(object);
  const own = Reflect.ownKeys(object);
  if (types.isTypedArray(object)) own.splice(0, object.length);
  checkFlags(object, own, slot === 'Array' ? 'length' : 'stack', integrity);
  const inSlot = (name: string) =>
    slot === 'Error' ? HIDDEN.includes(name) : slot?.includes('Array') && isIndex(name);
  const properties = cls
    .propertiesOf(object)
    .filter((property) => typeof property === 'symbol' || !inSlot(property));
  const content = slot === 'Error' ? errorParts(object, []) : [];
  for (const property of properties) content.push([cls.storedName(property), propertyOf(object, property)]);
  if (slot === undefined)
    return {
      kind,
      keys: content.map(([name]) => name),
      values: content.map(([, part]) => encode(part)),
    };
  if (slot !== 'Error') content.push([`[[${slot}]]`, inSlotOf(object, slot)]);
  return parts(kind, contentOf(content), encode);
}

const inner = new WeakMap<object, object>();

/** What is in the slots of an instance, as a value of the language's own. */
function inSlotOf(object: object, slot: string): unknown {
  switch (slot) {
    case 'Array': {
      const plain: unknown[] = [];
      plain.length = (object as unknown[]).length;
      for (const key of Object.keys(object).filter(isIndex))
        plain[Number(key)] = (object as Record<string, unknown>)[key];
      return plain;
    }
    case 'Map':
      return new Map(Map.prototype.entries.call(object));
    case 'Set':
      return new Set(Set.prototype.values.call(object));
    case 'Date':
      return Date.prototype.getTime.call(object);
    default: {
      const type = VIEWS.find(({ name }) => name === slot) as Uint8ArrayConstructor | undefined;
      if (!type) throw new Error(`an instance that is a ${slot}`);
      // One view each time it is asked: a buffer that only this shows is not one that is reached in several ways.
      const { buffer, byteOffset, length } = object as Uint8Array;
      const view = inner.get(object) ?? new type(buffer as ArrayBuffer, byteOffset, length);
      inner.set(object, view);
      return view;
    }
  }
}

// ---- what a graph does not show -----------------------------------------------------------------------

/** An object must have just these properties of its own, as usual but for those that the language makes otherwise. */
function checkOwn(object: object, names: readonly string[], fixed?: string): void {
  const own = Reflect.ownKeys(object);
  const expected = new Set<string | symbol>(names);
  for (const name of own) {
    if (expected.has(name)) continue;
    throw new Error(`a property that a graph does not show: ${String(name)}`);
  }
  checkFlags(object, own, fixed);
}

function integrityOf(object: object): string | undefined {
  if (Object.isExtensible(object)) return undefined;
  if (Object.isFrozen(object)) return 'frozen';
  return Object.isSealed(object) ? 'sealed' : 'inextensible';
}

/** Nothing is frozen that is not said to be, or a getter that only looks like a value. */
function checkFlags(
  object: object,
  names: readonly (string | symbol)[],
  fixed?: string,
  integrity?: string,
): void {
  for (const name of names) {
    const { get, writable, configurable } = Object.getOwnPropertyDescriptor(object, name) ?? {};
    // Not to be deleted, by the language; and `stack`, which some engines have as a getter.
    const canBeSet = writable || integrity === 'frozen';
    const canBeDeleted = configurable || integrity === 'frozen' || integrity === 'sealed';
    const asUsual = name === fixed ? canBeSet || name === 'stack' : !get && canBeSet && canBeDeleted;
    if (!asUsual) throw new Error(`the property ${String(name)} is not as usual`);
  }
}

/** What the language gives an object as elements of its own is as it is; there must be nothing else. */
function checkElements(object: object, count: number): void {
  const own = Reflect.ownKeys(object);
  if (own.length !== count)
    throw new Error(`a property that a graph does not show: ${String(own[own.length - 1])}`);
}

// ---- numbers ------------------------------------------------------------------------------------------

const bits = new DataView(new ArrayBuffer(8));

function number(value: number): [string, string] {
  if (Number.isNaN(value)) return ['n', 'nan'];
  bits.setFloat64(0, value);
  return ['n', bits.getBigUint64(0).toString(16).padStart(16, '0')];
}
