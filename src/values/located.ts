/** Where code of a class has thrown: looked for when that has happened, by a walk through the file. */
import { H5Error } from '../errors.js';
import type { FileSpace } from '../hdf5/file-space.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5File } from '../hdf5/h5-file.js';
import { H5Group } from '../hdf5/h5-group.js';
import { H5Reference } from '../hdf5/h5-reference.js';
import { placed } from '../hdf5/named-errors.js';
import { isReferredName } from '../hdf5/referred.js';
import { hasReferences } from '../hdf5/release.js';
import { Encoding, Missing, Reserved, Tag } from '../serialize/layout.js';
import { unescapeName } from '../serialize/names.js';
import { memberSegment, shortPath } from '../serialize/path.js';
import { MAX_UNION_DEPTH } from '../serialize/restore.js';
import { unreadable } from '../serialize/unreadable.js';
import type { FilePlace } from '../serialize/values.js';
import { Misfit, Within } from './held.js';

type Stored = H5Group | H5Dataset;

/**
 * Code of a class or of a codec has thrown while a value was read: a hook such as `migrate` or `afterRead`, a constructor, a setter. `path` says where
 * the instance stands, in JavaScript's own notation, `cause` is what was thrown.
 *
 * @example
 * try {
 *   await read('state.h5');
 * } catch (error) {
 *   if (error instanceof H5HookError) console.error(error.path, error.cause); // $.users[3] RangeError: ...
 * }
 */
export class H5HookError extends H5Error {
  override readonly name: string = 'H5HookError';
  readonly path: string;
  /** What the file calls the class, or the codec. */
  readonly className: string;

  constructor(path: string, className: string, cause: unknown) {
    const what = shortPath(cause instanceof Error ? cause.message : String(cause));
    super('H5_HOOK', `${path}: the value of class ${className} cannot be read: ${what}`, { cause });
    this.path = path;
    this.className = className;
  }
}

/** The error for what was thrown: it says where that has come to pass. */
export function located(error: unknown, where: string | FilePlace): unknown {
  if (typeof where === 'string') return unstored(error, where);
  const { path, className } = inFile(where);
  return unread(error, path, className);
}

function unstored(error: unknown, path: string): unknown {
  if (error instanceof Misfit) return error.stored(path);
  return error instanceof H5Error ? placed(error, shortPath(path)) : unreadable(path, { cause: error });
}

export function unread(error: unknown, path: string, name: string): unknown {
  if (error instanceof Within) return unread(error.cause, path + error.segments, error.className);
  if (error instanceof Misfit) return error.read(shortPath(path));
  return error instanceof H5Error
    ? placed(error, shortPath(path))
    : new H5HookError(shortPath(path), name, error);
}

// ---- in a file --------------------------------------------------------------------------------------------

/** Where an instance stands, and what the file says that it is. */
function inFile({ space, root, address, row }: FilePlace): {
  readonly path: string;
  readonly className: string;
} {
  const unknown = { path: `the object at byte ${address}`, className: '' };
  try {
    const { storage, indexes } = space as FileSpace;
    const file = H5File.open(storage, 'r', indexes ? { indexes } : {});
    const at = (where: number) => file.dereference(new H5Reference(where, 'object'));
    const object = at(address);
    if (!isStored(object)) return unknown;
    const className =
      wordOf(object, Reserved.class) ?? wordOf(object, Reserved.type) ?? wordOf(object, Reserved.items);
    return { path: pathTo(at(root) as H5Group, object, row), className: className ?? '' };
  } catch (error) {
    // A file that is damaged elsewhere, or is being changed: there is no way to the object that leads through it.
    if (error instanceof H5Error) return unknown;
    throw error;
  }
}

/** A link that leads to an object. */
interface Step {
  readonly from: H5Group;
  readonly name: string;
}

/** In the place of the number of an element: the object itself, or one of its elements, whichever. */
const ITSELF = -1;
const SOME = -2;

/** A place among the objects of a file: an object, or a number of an element in one, and how it goes on from there. */
interface Place {
  readonly at: Stored;
  readonly element: number;
  readonly path: string;
}

/** The path to element number `row` of those that are in an object, or to the object, if that is not known. */
function pathTo(root: Stored, target: Stored, row: number): string {
  let element = ITSELF;
  if (hasElements(target)) element = Number(target.attrs.get(Reserved.length)) === 1 ? 0 : row;
  const place = { at: target, element, path: '' };
  const { address } = target.ref;
  const { steps } = walk([root], (from, name) => from === root && isReferredName(name), address);
  if (address === root.ref.address || steps.has(address)) return `$${climb(place, steps).path}`;
  const found = new Pools(root).pathTo(place);
  return found ?? `$${climb(place, walk([root], () => false, address).steps).path}`;
}

/** From a place up the links that lead to it, to where none does, or to one of some objects. */
function climb(place: Place, steps: ReadonlyMap<number, Step>, ends?: ReadonlyMap<number, Stored>): Place {
  const segments: string[] = [];
  let { at, element } = place;
  for (let step = steps.get(at.ref.address); step; step = steps.get(at.ref.address)) {
    if (ends?.has(at.ref.address)) break;
    const { from, name } = step;
    const how = wordOf(from, Reserved.encoding);
    const isWhole = how === undefined || how === Encoding.value || how === Encoding.list;
    if (isWhole && element !== ITSELF) {
      segments.push(indexOf(at, element));
      element = ITSELF;
    }
    switch (how) {
      case Encoding.value:
        break;
      case Encoding.list:
        element = namesIn(from).indexOf(name);
        break;
      case Encoding.records:
        segments.push(memberSegment(unescapeName(name)));
        element = element === ITSELF ? SOME : positionOf(at, element);
        break;
      case Encoding.ragged: {
        if (element === ITSELF) break;
        const position = positionOf(at, element);
        const offsets = numbersIn(from, 'offsets');
        const isKnown = position >= 0;
        element = isKnown ? offsets.findIndex((offset) => offset > position) - 1 : SOME;
        const within = isKnown ? position - (offsets[element] ?? 0) : '…';
        const isPooledMap = ends?.has(from.ref.address) && wordOf(from, Reserved.items) === 'Map';
        if (isPooledMap && name === 'values') segments.push(valueOfMap(from, offsets, element, within));
        else segments.push(`[${name === 'keys' ? 'key ' : ''}${within}]`);
        break;
      }
      case Encoding.union: {
        const part = namesIn(from).indexOf(name);
        let left = element;
        if (element >= 0)
          element = numbersIn(from, '@kinds').findIndex((kind) => kind === part && left-- === 0);
        break;
      }
      case Encoding.entries:
      case Encoding.sparse:
        if (element !== ITSELF) segments.push(indexOf(at, element, `${name.slice(0, -1)} `));
        element = ITSELF;
        break;
      default:
        segments.push(memberSegment(unescapeName(name)));
    }
    at = from;
  }
  if (element !== ITSELF && !ends?.has(at.ref.address)) {
    segments.push(indexOf(at, element));
    element = ITSELF;
  }
  return { at, element, path: segments.reverse().join('') + place.path };
}

/** How a value of one of several Maps is reached: by its key where that is a string, as where the Map stands by itself. */
function valueOfMap(maps: H5Group, offsets: readonly number[], map: number, within: number | string): string {
  const all: unknown = maps.get('keys') instanceof H5Dataset ? maps.dataset('keys').value : undefined;
  const keys = Array.isArray(all) ? all.slice(offsets[map], offsets[map + 1]) : [];
  const isNamed = typeof within === 'number' && keys.every((key) => typeof key === 'string');
  const key: unknown = isNamed ? keys[within] : undefined;
  return typeof key === 'string' ? memberSegment(key) : `[value ${within}]`;
}

/** The links by which objects are reached from some, by the addresses of these, until the target is found; and the objects. */
function walk(
  starts: readonly Stored[],
  skips: (from: H5Group, name: string) => boolean,
  target?: number,
): { readonly steps: Map<number, Step>; readonly objects: readonly Stored[] } {
  const steps = new Map<number, Step>();
  const seen = new Set(starts.map(({ ref }) => ref.address));
  const objects = [...starts];
  for (const from of objects) {
    if (target !== undefined && seen.has(target)) break;
    if (!(from instanceof H5Group)) continue;
    for (const name of from.keys()) {
      if (from.linkInfo(name)?.kind !== 'hard' || skips(from, name)) continue;
      const object = from.get(name);
      if (!isStored(object) || seen.has(object.ref.address)) continue;
      seen.add(object.ref.address);
      steps.set(object.ref.address, { from, name });
      objects.push(object);
    }
  }
  return { steps, objects };
}

// ---- objects that stand beside the value ------------------------------------------------------------------

/** Where objects belong that have their homes beside the value: there they are referred to from. */
class Pools {
  readonly #root: Stored;
  /** The lists beside the value and their parts, and the objects that stand in those one by one. */
  readonly #vectors = new Map<number, Stored>();
  readonly #items = new Map<number, Stored>();
  readonly #steps: ReadonlyMap<number, Step>;
  /** What refers to an element of a vector, or to an object. */
  readonly #mentions = new Map<string, Place[]>();

  constructor(root: Stored) {
    this.#root = root;
    if (root instanceof H5Group)
      for (const name of root.keys()) if (isReferredName(name)) this.#take(root.get(name));
    const value = walk([root], (from, name) => from === root && isReferredName(name));
    const isValue = (each: Stored) => each === root || value.steps.has(each.ref.address);
    const beside = walk(
      [...this.#vectors.values(), ...this.#items.values()].filter((each) => !isValue(each)),
      (from) => this.#vectors.has(from.ref.address) && this.#hasItems(from),
    );
    this.#steps = new Map([...beside.steps, ...value.steps]);
    for (const object of new Set([...value.objects, ...beside.objects])) this.#lookInto(object);
  }

  #hasItems(vector: Stored): boolean {
    const how = wordOf(vector, Reserved.encoding);
    return how === Encoding.list || how === Encoding.union;
  }

  #take(vector: unknown, depth = 0): void {
    if (!isStored(vector) || this.#vectors.has(vector.ref.address) || depth > MAX_UNION_DEPTH) return;
    this.#vectors.set(vector.ref.address, vector);
    if (!(vector instanceof H5Group) || !this.#hasItems(vector)) return;
    const isList = wordOf(vector, Reserved.encoding) === Encoding.list;
    for (const name of namesIn(vector)) {
      const each = vector.get(name);
      if (!isList) this.#take(each, depth + 1);
      else if (isStored(each)) this.#items.set(each.ref.address, each);
    }
  }

  #note(to: unknown, index: unknown, at: Stored, element: number, path = ''): void {
    if (!(to instanceof H5Reference) || (typeof index !== 'number' && typeof index !== 'bigint')) return;
    const key = `${to.address}/${Number(index)}`;
    const known = this.#mentions.get(key);
    if (known) known.push({ at, element, path });
    else this.#mentions.set(key, [{ at, element, path }]);
  }

  /** Notes what an object refers to. */
  #lookInto(object: Stored): void {
    for (const [name, value] of object.attrs)
      if (isElement(value))
        this.#note(value[Tag.into], value[Tag.index], object, ITSELF, memberSegment(unescapeName(name)));
    if (object instanceof H5Dataset) this.#lookIntoElements(object);
    else if (!this.#vectors.has(object.ref.address)) {
      const isList = wordOf(object, Reserved.encoding) === Encoding.list;
      for (const [i, name] of namesIn(object).entries()) {
        const each = object.linkInfo(name)?.kind === 'hard' ? object.get(name) : undefined;
        if (!isStored(each) || !this.#items.has(each.ref.address)) continue;
        this.#note(
          each.ref,
          -1,
          object,
          isList ? i : ITSELF,
          isList ? '' : memberSegment(unescapeName(name)),
        );
      }
    }
  }

  #lookIntoElements(dataset: H5Dataset): void {
    const into = dataset.attrs.get(Reserved.into);
    if (into === undefined && !hasReferences(dataset.datatype)) return;
    const { shape, value } = dataset;
    const mask: unknown = dataset.attrs.get(Reserved.mask);
    const inner = (shape ?? []).slice(1);
    const elements = Array.isArray(value)
      ? value.flat(inner.length)
      : Array.from((value ?? []) as ArrayLike<unknown>);
    for (const [position, each] of elements.entries()) {
      if (mask instanceof Uint8Array && mask[position] !== Missing.present) continue;
      let path = '';
      let row = position;
      for (const dim of [...inner].reverse()) {
        path = `[${row % dim}]${path}`;
        row = Math.floor(row / dim);
      }
      if (into !== undefined) this.#note(into, each, dataset, row, path);
      else if (isElement(each)) this.#note(each[Tag.into], each[Tag.index], dataset, row, path);
      else this.#note(each, -1, dataset, row, path);
    }
  }

  /** The shortest way by which a place is a part of the value. */
  pathTo(place: Place): string | undefined {
    const seen = new Set<string>();
    const todo = [place];
    for (const each of todo) {
      const { at, element, path } = climb(each, this.#steps, this.#vectors);
      if (at.ref.address === this.#root.ref.address) return `$${path}`;
      // Of all rows of a table that are alike, the first one.
      const index = this.#vectors.has(at.ref.address) ? Math.max(0, element) : -1;
      const key = `${at.ref.address}/${index}`;
      if (seen.has(key)) continue;
      seen.add(key);
      for (const mention of this.#mentions.get(key) ?? [])
        todo.push({ ...mention, path: mention.path + path });
    }
    return undefined;
  }
}

function isElement(value: unknown): value is { readonly [Tag.into]: unknown; readonly [Tag.index]: unknown } {
  return typeof value === 'object' && value !== null && Tag.into in value;
}

function isStored(object: unknown): object is Stored {
  return object instanceof H5Group || object instanceof H5Dataset;
}

function wordOf(object: Stored, name: string): string | undefined {
  const word: unknown = object.attrs.get(name);
  return typeof word === 'string' ? word : undefined;
}

function hasElements(object: Stored): boolean {
  const how = wordOf(object, Reserved.encoding);
  return (
    how === Encoding.records || how === Encoding.ragged || how === Encoding.union || how === Encoding.list
  );
}

/** The names of parts or elements, in order. */
function namesIn(group: H5Group): string[] {
  return [...group.keys()].filter((name) => name !== '@kinds');
}

/** The segment for an element of a list. */
function indexOf(list: Stored, element: number, what = ''): string {
  return `[${what}${element === SOME ? '…' : positionOf(list, element)}]`;
}

/** The position in a vector of the element that is number `element` of those that are there. */
function positionOf(vector: Stored, element: number): number {
  const mask: unknown = vector instanceof H5Group ? vector.attrs.get(Reserved.mask) : undefined;
  if (element < 0 || !(mask instanceof Uint8Array)) return element;
  let left = element;
  return mask.findIndex((code) => code === Missing.present && left-- === 0);
}

/** Offsets or kinds. */
function numbersIn(group: H5Group, name: string): number[] {
  return Array.from(group.dataset(name).value as ArrayLike<number>, Number);
}
