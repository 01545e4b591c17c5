/** Members of values that have been read, as a path leads to them and changes them. */
import {
  defaultRegistry,
  entryOf,
  h5write,
  hasEntry,
  setEntry,
  type TypeRegistry,
} from '../registry/index.js';
import { indexOf, mapKey, type Step } from './part-path.js';
import { hasField, isAccessor } from './part-reader.js';
import { setProperty } from './rows.js';
import type { WriteOptions } from './serialize.js';

/** What a step leads to; undefined if it leads nowhere. */
export function memberOf(holder: unknown, step: Step): unknown {
  if (Array.isArray(holder) || ArrayBuffer.isView(holder)) {
    const at = indexOf(step, (holder as unknown[]).length);
    if (at !== undefined) return (holder as unknown[])[at];
    return isField(holder, step.key) ? fieldOf(holder, step.key) : undefined;
  }
  if (holder instanceof Map) {
    const key = mapKey(holder, step);
    if (!hasEntry(holder, key) && isField(holder, key)) return fieldOf(holder, key);
    return entryOf(holder, key);
  }
  if (typeof holder !== 'object' || holder === null) return undefined;
  // What it inherits is the program's, and no part of the value.
  if (!Object.hasOwn(holder, step.key) && !isAccessor(holder, step.key)) return undefined;
  return (holder as Record<string, unknown>)[step.key];
}

/** Whether a key is that of a property beside what a list, a Map or a Set holds, and not of something of the language's own. */
function isField(holder: object, key: unknown): key is string {
  if (typeof key !== 'string') return false;
  // Of a list, what is a number is an element.
  const isKeyed = holder instanceof Map || holder instanceof Set;
  if (key === 'length' || key === 'size') return isKeyed && Object.hasOwn(holder, key);
  return (isKeyed || String(Number(key)) !== key) && hasField(holder, key);
}

function fieldOf(holder: object, key: string): unknown {
  return (holder as Record<string, unknown>)[key];
}

/**
 * Sets a property beside what a list, a Map or a Set holds: one that it has, or that its class declares. Returns why it cannot
 * be.
 */
function setField(holder: object, { key }: Step, value: unknown, registry: TypeRegistry): string | undefined {
  const cls = registry.of(Object.getPrototypeOf(holder));
  if (typeof key !== 'string' || !(isField(holder, key) || cls?.isDeclared(key))) return NO_PLACE;
  if (cls && !cls.isWritable(key)) return `the class ${cls.name} does not store ${key}`;
  setProperty(holder, cls ? cls.storedName(key) : key, value, cls);
  return undefined;
}

/**
 * Sets what a step leads to; one behind the last element of an array makes it longer. `isCoded`: something else than its
 * members is stored of what holds it; `isEntry`: of a Map, whatever properties it has. Returns why it cannot be.
 */
export function setMember(
  holder: unknown,
  step: Step,
  value: unknown,
  { registry = defaultRegistry }: WriteOptions,
  isCoded: boolean,
  isEntry: boolean,
): string | undefined {
  if (Array.isArray(holder)) {
    const at = indexOf(step, holder.length + 1);
    const isLast = Number(step.key) < 0;
    if (at === undefined) return setField(holder, step, value, registry);
    holder[isLast ? at - 1 : at] = value;
    return undefined;
  }
  if (ArrayBuffer.isView(holder) && !(holder instanceof DataView)) {
    const at = indexOf(step, (holder as Uint8Array).length);
    if (at === undefined) return setField(holder, step, value, registry);
    if (typeof value !== typeof (holder as Uint8Array)[at]) return NO_PLACE;
    (holder as Uint8Array)[at] = value as number;
    return undefined;
  }
  if (holder instanceof Map) {
    const key = mapKey(holder, step);
    // To set a field must not make an entry.
    const cls = registry.of(Object.getPrototypeOf(holder));
    const isOfField = isField(holder, key) || cls?.isDeclared(key as string) === true;
    if (isEntry || !isOfField) setEntry(holder, key, value);
    else if (hasEntry(holder, key)) return `${String(key)} is a key of the Map and a property as well`;
    else return setField(holder, step, value, registry);
    return undefined;
  }
  if (holder instanceof Set) return setField(holder, step, value, registry);
  if (typeof holder !== 'object' || holder === null) return NO_PLACE;
  // They hold nothing but bytes.
  if (ArrayBuffer.isView(holder) || holder instanceof ArrayBuffer) return NO_PLACE;
  const cls = registry.of(Object.getPrototypeOf(holder));
  const property = String(step.key);
  const isKnown = Object.hasOwn(holder, property) || isAccessor(holder, property);
  // What the class says of what is stored is not known: a property that it does not have cannot be a part of that.
  if (h5write in holder) return isKnown && Reflect.set(holder, property, value) ? undefined : NO_PLACE;
  if (cls && !cls.isWritable(property)) return `the class ${cls.name} does not store ${property}`;
  try {
    if (isCoded && isKnown && Reflect.set(holder, property, value)) return undefined;
  } catch (error) {
    // What a class throws is its own affair.
    if (cls) throw error;
    return String(error);
  }
  const own = Object.getOwnPropertyDescriptor(holder, property);
  if (own && !own.configurable && !own.writable && !own.set)
    return `${described(holder)} cannot be changed: write another one in its place`;
  setProperty(holder, cls ? cls.storedName(property) : property, value, cls);
  return undefined;
}

/** There is nothing to be set. */
export const NO_PLACE = 'there is no such place';

/** What a value is, for messages. */
export function described(value: object): string {
  const { constructor: maker } = Object.getPrototypeOf(value) as { constructor?: { name?: string } };
  return maker?.name ? `an object of type ${maker.name}` : 'the object';
}

/** Whether what an object yields is gone when it has been asked for. */
export function isIterator(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Symbol.asyncIterator in value || typeof (value as { next?: unknown }).next === 'function')
  );
}
