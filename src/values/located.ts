/** Where in a file, or in what is written, code of a class has thrown: found when that has happened, by a walk through the file. */
import { H5Error } from '../errors.js';
import type { DatasetInfo, GroupInfo, ObjectInfo } from '../hdf5/object.js';
import type { Place } from '../registry/index.js';
import { Encoding, Missing, Reserved } from '../serialize/layout.js';
import { unescapeName } from '../serialize/names.js';
import { memberSegment } from '../serialize/path.js';
import type { Reader } from '../serialize/restore.js';
import { Misfit } from './held.js';

/**
 * Code of a class or of a codec has thrown: a hook such as `migrate` or `afterRead`, a constructor, a setter. `path` says where
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

  constructor(path: string, className: string, action: 'read' | 'stored', cause: unknown) {
    const what = cause instanceof Error ? cause.message : String(cause);
    super('H5_HOOK', `${path}: an instance of class ${className} cannot be ${action}: ${shortened(what)}`, {
      cause,
    });
    this.path = path;
    this.className = className;
  }
}

/** The same error, or one about it, which says where it has come to pass. */
export function located(error: unknown, where: string | Place, name?: string): unknown {
  const reading = typeof where !== 'string';
  const path = shortened(reading ? pathOrAddress(where) : where);
  if (error instanceof Misfit) return reading ? error.read(path) : error.stored(path);
  if (!(error instanceof H5Error))
    return new H5HookError(path, name ?? (reading ? nameAt(where) : ''), reading ? 'read' : 'stored', error);
  const message = `${path}: ${error.message}`;
  // What is printed of an error that nobody catches is the stack.
  if (error.stack) error.stack = error.stack.replace(error.message, () => message);
  error.message = message;
  return error;
}

function shortened(text: string): string {
  return text.length > 300 ? `${text.slice(0, 140)} … ${text.slice(-140)}` : text;
}

function nameAt({ reader, address }: Place): string {
  const { info, word, marks } = reader as Reader;
  const at = info(address);
  return word(at, Reserved.class) ?? marks.get(address)?.name ?? word(at, Reserved.type) ?? '';
}

/** A link that leads to an object. */
interface Step {
  readonly from: GroupInfo;
  readonly name: string;
  /** The number of the link among those of the group. */
  readonly index: number;
}

/** A file that is damaged somewhere else may have no path to the place: then the address tells more than another error. */
function pathOrAddress(place: Place): string {
  try {
    return pathInFile(place);
  } catch (error) {
    if (error instanceof H5Error) return `the object at byte ${place.address}`;
    throw error;
  }
}

/** Where an instance stands, in JavaScript's own notation: `$.users[3]`. */
function pathInFile(place: Place): string {
  const reader = place.reader as Reader;
  const steps = stepsTo(reader, place.root, place.address);
  const segments: string[] = [];
  let at = reader.info(place.address);
  // The number of an element among those that the vector has, or -1 for the object itself.
  let element = isVector(reader, at) ? place.row : -1;
  for (;;) {
    const step = steps.get(at.address);
    if (!step) {
      if (element >= 0) segments.push(indices(reader, at, element));
      break;
    }
    const { from, name, index } = step;
    const how = reader.word(from, Reserved.encoding);
    const isItself = how === undefined || how === Encoding.value || how === Encoding.list;
    if (isItself) {
      if (element >= 0) segments.push(indices(reader, at, element));
      element = -1;
    }
    switch (how) {
      case undefined:
        segments.push(memberSegment(propertyOf(reader, from, name)));
        break;
      case Encoding.value:
        return `$${segments.reverse().join('')}`;
      case Encoding.list:
        element = index;
        break;
      case Encoding.records:
        segments.push(memberSegment(propertyOf(reader, from, name)));
        element = positionOf(reader, at, element);
        break;
      case Encoding.ragged: {
        const position = positionOf(reader, at, element);
        const offsets = numbersOf(reader, from, 'offsets');
        element = offsets.findIndex((offset) => offset > position) - 1;
        segments.push(`[${name === 'keys' ? 'key ' : ''}${position - (offsets[element] as number)}]`);
        break;
      }
      case Encoding.union: {
        const part = from.links
          .filter((link) => link.name !== '@kinds')
          .findIndex((link) => link.name === name);
        let left = element;
        element = numbersOf(reader, from, '@kinds').findIndex((kind) => kind === part && left-- === 0);
        break;
      }
      default:
        segments.push(`[${name.slice(0, -1)} ${positionOf(reader, at, element)}]`);
        element = -1;
    }
    at = from;
  }
  return `$${segments.reverse().join('')}`;
}

/** The links that lead from the root to an object, by what they lead to; on the way, others too. */
function stepsTo({ info }: Reader, root: number, target: number): Map<number, Step> {
  const steps = new Map<number, Step>();
  const todo = [root];
  for (const address of todo) {
    if (address === target) break;
    const from = info(address);
    if (from.kind !== 'group') continue;
    for (const [index, link] of from.links.entries()) {
      if (link.kind !== 'hard' || link.address === root || steps.has(link.address)) continue;
      steps.set(link.address, { from, name: link.name, index });
      todo.push(link.address);
    }
  }
  return steps;
}

function isVector({ word }: Reader, info: ObjectInfo): boolean {
  const how = word(info, Reserved.encoding);
  return (
    info.kind === 'dataset' || (how !== undefined && how !== Encoding.entries && how !== Encoding.sparse)
  );
}

function propertyOf({ word, marks }: Reader, info: GroupInfo, name: string): string {
  const key = unescapeName(name);
  return word(info, Reserved.class) === undefined
    ? String(marks.get(info.address)?.propertyFor(key) ?? key)
    : key;
}

/** The segments for an element: of a dataset of records, there may be several. */
function indices(reader: Reader, info: ObjectInfo, element: number): string {
  const dims = info.kind === 'dataset' ? info.dataspace.dims : [];
  let left = positionOf(reader, info, element);
  let segments = '';
  for (let level = dims.length - 1; level > 0; level--) {
    const size = dims[level] as number;
    segments = `[${left % size}]${segments}`;
    left = Math.floor(left / size);
  }
  return `[${left}]${segments}`;
}

/** The position in a vector of the element that is number `element` of those that are there. */
function positionOf({ mask }: Reader, info: ObjectInfo, element: number): number {
  const codes = info.kind === 'group' ? mask(info) : undefined;
  if (!codes) return element;
  let left = element;
  return codes.findIndex((code) => code === Missing.present && left-- === 0);
}

/** Offsets, kinds or indices. */
function numbersOf(reader: Reader, holder: GroupInfo, name: string): number[] {
  const link = holder.links.find((each) => each.name === name);
  const info = link?.kind === 'hard' ? reader.info(link.address) : undefined;
  if (info?.kind !== 'dataset') return [];
  const { datatype, dataspace } = info as DatasetInfo;
  return Array.from(reader.decode(datatype, reader.data(info), dataspace.dims[0] ?? 0) as ArrayLike<number>);
}
