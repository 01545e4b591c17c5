/**
 * What fields hold: instances of the class that a rule names, also in arrays, Sets and Maps. Where a file says no class, its
 * plain objects become such instances.
 */
import { H5FormatError, H5TypeError } from '../errors.js';
import {
  type Class,
  type Content,
  entriesOf,
  type FieldRule,
  h5write,
  keysOf,
  membersOf,
  type RegisteredClass,
  type Spend,
  setEntry,
  setMembers,
} from '../registry/index.js';
import { H5UnsupportedError } from '../serialize/errors.js';
import { memberSegment } from '../serialize/path.js';

/** The error of a field that holds what it should not: it is still to be told where its instance is. */
export class Misfit extends Error {
  readonly #segments: string;
  readonly #found: string;
  readonly #wanted: string;

  constructor(segments: string, found: unknown, wanted: Class) {
    const what = describe(found);
    const { name = '' } = wanted as { name?: string };
    super(`${what} where an instance of the class ${name} is to be`);
    this.#segments = segments;
    this.#found = what;
    this.#wanted = name;
  }

  /** In a value that is to be stored. */
  stored(path: string): Error {
    const remedy = `the field is to hold instances of the class ${this.#wanted}: make it one, or change \`as\``;
    return new H5UnsupportedError(path + this.#segments, this.#found, remedy);
  }

  /** In a file. */
  read(path: string): Error {
    return new H5FormatError(-1, `${path}${this.#segments}: ${this.message} (is it registered?)`);
  }
}

/** An error of an instance that is made of a plain object, which another instance holds. */
export class Within extends Error {
  readonly segments: string;
  readonly className: string;

  constructor(segments: string, className: string, cause: unknown) {
    super('', { cause });
    this.segments = segments;
    this.className = className;
  }
}

// ---- storing ----------------------------------------------------------------------------------------------

/**
 * @throws {Misfit} when a field of an instance holds what `as` does not allow.
 * @throws {H5TypeError} when it lacks a field without which it would not be read again.
 */
export function checkHeld(cls: RegisteredClass, instance: object): void {
  const makesOther = h5write in instance;
  for (const { as, property, required } of cls.declared) {
    if (as)
      check(
        (instance as Record<string | symbol, unknown>)[property],
        classOf(as, property),
        String(property),
      );
    if (required && !makesOther && !(property in instance)) {
      const name = `"${String(property)}"`;
      throw new H5TypeError(
        `an instance of class ${cls.name} has no property ${name}, which is required: it could not be read again; give it one, if only undefined`,
      );
    }
  }
}

/** The class that a field says. */
function classOf(as: () => Class, property: string | symbol): Class {
  let found: unknown;
  try {
    found = as();
  } catch (error) {
    found = error;
  }
  if (typeof found === 'function') return found as unknown as Class;
  const told = found instanceof Error ? `throws ${String(found)}` : `returns ${typeof found}`;
  throw new H5TypeError(
    `\`as\` of the field ${JSON.stringify(String(property))} ${told}, and no class: where modules import each other, that of one may not be there yet`,
  );
}

function check(value: unknown, wanted: Class, property: string, known?: WeakMap<object, Class>): void {
  if (fits(value, wanted, known)) return;
  const found = misfit(value, wanted, memberSegment(property));
  throw new Misfit(found.path, found.value, wanted);
}

const { isPrototypeOf: isBaseOf } = Object.prototype;

const isFine = (value: unknown, wanted: Class): boolean =>
  value === undefined || value === null || isBaseOf.call(wanted.prototype, value as object);

/** Whether a value is an instance of a class, nothing, or an array, Set or Map of such values. */
function fits(root: unknown, wanted: Class, known: WeakMap<object, Class> | undefined): boolean {
  if (isFine(root, wanted)) return true;
  const todo = [root];
  const seen = new Set<unknown>();
  while (todo.length > 0) {
    const value = todo.pop();
    const items = itemsOf(value);
    if (!items) return false;
    if (seen.has(value) || known?.get(value as object) === wanted) continue;
    seen.add(value);
    for (const item of items) if (!isFine(item, wanted)) todo.push(item);
  }
  for (const list of seen) known?.set(list as object, wanted);
  return true;
}

function isCollection(value: unknown): boolean {
  return Array.isArray(value) || value instanceof Set || value instanceof Map;
}

function itemsOf(value: unknown): Iterable<unknown> | undefined {
  if (Array.isArray(value)) return value;
  // Whatever classes that extend them make of that.
  if (value instanceof Set) return membersOf(value);
  return value instanceof Map ? entriesOf(value).values() : undefined;
}

/** The first thing in a value that does not fit, and where it is. */
function misfit(
  root: unknown,
  wanted: Class,
  at: string,
): { readonly path: string; readonly value: unknown } {
  const found = walk(root, at, (value) => !isFine(value, wanted) && !isCollection(value));
  return found ?? { path: at, value: root };
}

/** Looks for something in a value and, level by level, in the arrays, Sets and Maps that it is made of. */
function walk(
  root: unknown,
  at: string,
  isIt: (value: unknown) => boolean,
): { readonly path: string; readonly value: unknown } | undefined {
  const todo = [{ value: root, path: at }];
  const seen = new Set<unknown>();
  for (const next of todo) {
    const { value, path } = next;
    if (isIt(value)) return next;
    const items = itemsOf(value);
    if (!items || seen.has(value)) continue;
    seen.add(value);
    const keys = value instanceof Map ? keysOf(value) : undefined;
    let i = 0;
    for (const item of items) {
      const key = keys?.[i];
      const segment = typeof key === 'string' ? memberSegment(key) : keys ? `[value ${i}]` : `[${i}]`;
      todo.push({ value: item, path: path + segment });
      i++;
    }
  }
  return undefined;
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  const { constructor: maker } = value as { constructor?: unknown };
  if (maker === Object) return 'a plain object';
  return typeof maker === 'function' ? `an instance of the class ${maker.name}` : 'an object of no class';
}

// ---- reading ----------------------------------------------------------------------------------------------

/** What makes an instance of content. */
export interface Parts {
  readonly name: string;
  /** What the instance is made of: the content, with instances in its fields. */
  prepare(content: Content, owner: Task | undefined, spend: Spend): Content;
  /** For those that are made of complete content; the others are created, and filled. */
  readonly make: ((content: Content, spend: Spend) => object) | undefined;
  create(): object;
  fill(instance: object, content: Content, spend: Spend): void;
  finish(instance: object, content: Content, spend: Spend): void;
}

export type PartsFor = (wanted: Class) => Parts | undefined;

/** An instance that is to be filled with what was a plain object. */
export interface Task {
  readonly instance: object;
  readonly parts: Parts;
  readonly plain: Content;
  content: Content;
  /** In which field of whose instance it is, and all that the field holds. */
  readonly owner: Task | undefined;
  readonly field: string;
  readonly holder: unknown;
}

/** What has been made of plain objects: one of each, wherever it stands. */
const made = new WeakMap<object, object>();
/** Lists that have been read and hold nothing but instances of a class: any number of fields may lead to one. */
const fine = new WeakMap<object, Class>();
/** What is being made of complete content. */
const making = new Set<object>();
/** As many of them in each other as the reader allows of values that codecs make. */
const MAX_MAKING = 500;
let queue: Task[] | undefined;

/** Makes plain objects in the content of an instance instances, where rules say so. */
export function readHeld(
  content: Content,
  rules: readonly FieldRule[],
  partsFor: PartsFor,
  owner: Task | undefined,
  spend: Spend,
): void {
  for (const { as, type, name, property, aliases = [] } of rules) {
    const wanted = as ? classOf(as, property) : (type as Class);
    for (const each of [name, ...aliases]) {
      if (!Object.hasOwn(content, each)) continue;
      const value = converted(content[each], wanted, partsFor, each, owner, spend);
      if (value !== content[each]) (content as Record<string, unknown>)[each] = value;
      if (as) check(value, wanted, each, fine);
    }
  }
}

/** The same value, with instances in the place of plain objects: in arrays, Sets and Maps, which stay what they are. */
export function converted(
  root: unknown,
  wanted: Class,
  partsFor: PartsFor,
  field: string,
  owner: Task | undefined,
  spend: Spend,
): unknown {
  const convert = (value: unknown): unknown => {
    if (!isPlain(value)) return value;
    const parts = made.has(value) ? undefined : partsFor(wanted);
    return parts
      ? instanceFrom(value as Content, parts, field, root, owner, spend)
      : (made.get(value) ?? value);
  };
  if (!isCollection(root)) return convert(root);
  const todo = [root];
  const seen = new Set<unknown>();
  while (todo.length > 0) {
    const list = todo.pop();
    if (seen.has(list) || isFine(list, wanted) || fine.get(list as object) === wanted) continue;
    seen.add(list);
    if (Array.isArray(list)) {
      spend(list.length);
      for (let i = 0; i < list.length; i++) {
        const item: unknown = list[i];
        if (isPlain(item)) list[i] = convert(item);
        else if (isCollection(item)) todo.push(item);
      }
    } else if (list instanceof Map) {
      const entries = entriesOf(list);
      spend(entries.size);
      for (const [key, item] of entries) {
        if (isPlain(item)) setEntry(list, key, convert(item));
        else if (isCollection(item)) todo.push(item);
      }
    } else if (list instanceof Set) {
      const items = [...membersOf(list)];
      spend(items.length);
      for (const item of items) if (isCollection(item)) todo.push(item);
      if (!items.some(isPlain)) continue;
      setMembers(list, new Set(items.map(convert)));
    }
  }
  return root;
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Those that are created are filled one after another, however deep they are in each other. */
function instanceFrom(
  plain: Content,
  parts: Parts,
  field: string,
  holder: unknown,
  owner: Task | undefined,
  spend: Spend,
): object {
  if (parts.make) return makeFrom(plain, parts, parts.make, field, holder, owner, spend);
  const instance = parts.create();
  made.set(plain, instance);
  const task: Task = { instance, parts, plain, content: plain, owner, field, holder };
  if (queue) {
    queue.push(task);
    return instance;
  }
  queue = [task];
  let at = task;
  try {
    // The queue grows by what is within; that is complete first.
    for (at of queue) at.content = at.parts.prepare(at.plain, at, spend);
    for (at of queue.reverse()) {
      at.parts.fill(at.instance, at.content, spend);
      at.parts.finish(at.instance, at.content, spend);
    }
  } catch (error) {
    throw within(at, error);
  } finally {
    queue = undefined;
  }
  return instance;
}

function makeFrom(
  plain: Content,
  parts: Parts,
  make: NonNullable<Parts['make']>,
  field: string,
  holder: unknown,
  owner: Task | undefined,
  spend: Spend,
): object {
  if (making.has(plain) || making.size === MAX_MAKING)
    throw new H5FormatError(-1, `a ${parts.name} is a part of what it is made of, or too deep in others`);
  making.add(plain);
  const outer = queue;
  queue = undefined;
  const task: Task = { instance: plain, parts, plain, content: plain, owner, field, holder };
  try {
    const content = parts.prepare(plain, task, spend);
    const instance = make(content, spend);
    parts.finish(instance, content, spend);
    made.set(plain, instance);
    return instance;
  } catch (error) {
    throw within(task, error);
  } finally {
    queue = outer;
    making.delete(plain);
  }
}

function within(task: Task, error: unknown): unknown {
  if (error instanceof Within) return error;
  let path = '';
  for (let at: Task | undefined = task; at; at = at.owner) {
    const { instance, plain, holder, field } = at;
    const found = walk(holder, '', (value) => value === instance || value === plain);
    path = (field === '' ? '' : memberSegment(field)) + (found?.path ?? '') + path;
  }
  return new Within(path, task.parts.name, error);
}
