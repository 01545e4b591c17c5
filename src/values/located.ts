/** Where code of a class has thrown: looked for when that has happened, by a walk through the file. */
import { H5Error } from '../errors.js';
import type { FileSpace } from '../hdf5/file-space.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5File } from '../hdf5/h5-file.js';
import { H5Group } from '../hdf5/h5-group.js';
import { H5Reference } from '../hdf5/h5-reference.js';
import { Encoding, Missing, Reserved } from '../serialize/layout.js';
import { unescapeName } from '../serialize/names.js';
import { memberSegment, shortPath } from '../serialize/path.js';
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
  return error instanceof H5Error ? withPath(error, path) : unreadable(path, { cause: error });
}

export function unread(error: unknown, path: string, name: string): unknown {
  if (error instanceof Within) return unread(error.cause, path + error.segments, error.className);
  if (error instanceof Misfit) return error.read(shortPath(path));
  return error instanceof H5Error ? withPath(error, path) : new H5HookError(shortPath(path), name, error);
}

function withPath(error: H5Error, path: string): H5Error {
  const shown = shortPath(path);
  const message = `${shown}: ${error.message}`;
  // What is printed of an error that nobody catches is the stack.
  if (error.stack) error.stack = error.stack.replace(error.message, () => message);
  error.message = message;
  return error;
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

/** The path to element number `row` of those that are in an object, or to the object, if that is not known. */
function pathTo(root: Stored, target: Stored, row: number): string {
  const steps = stepsTo(root, target.ref.address);
  const segments: string[] = [];
  let at = target;
  let element = ITSELF;
  if (hasElements(target)) element = Number(target.attrs.get(Reserved.length)) === 1 ? 0 : row;
  for (let step = steps.get(at.ref.address); step; step = steps.get(at.ref.address)) {
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
        segments.push(`[${name === 'keys' ? 'key ' : ''}${within}]`);
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
  if (element !== ITSELF) segments.push(indexOf(at, element));
  return `$${segments.reverse().join('')}`;
}

/** The links by which objects are reached from the root, by the addresses of these, until the target is found. */
function stepsTo(root: Stored, target: number): Map<number, Step> {
  const steps = new Map<number, Step>();
  const seen = new Set([root.ref.address]);
  const todo = [root];
  for (const from of todo) {
    if (seen.has(target)) break;
    if (!(from instanceof H5Group)) continue;
    for (const name of from.keys()) {
      if (from.linkInfo(name)?.kind !== 'hard') continue;
      const object = from.get(name);
      if (!isStored(object) || seen.has(object.ref.address)) continue;
      seen.add(object.ref.address);
      steps.set(object.ref.address, { from, name });
      todo.push(object);
    }
  }
  return steps;
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
