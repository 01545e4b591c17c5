/** Collections as text. */
import { H5Error } from '../errors.js';
import { formatShape, H5Dataset } from '../hdf5/h5-dataset.js';
import { H5Dict } from './h5-dict.js';
import { H5List } from './h5-list.js';

/** Of more keys than this, so many are shown at each end. */
const MANY_KEYS = 100;
const SHOWN_KEYS = 10;
const LONG = 200;

/**
 * A dict with its values in one line each:
 *
 *     H5Dict {
 *       theme: 'dark',
 *       users: H5List(3),
 *       settings: {...}
 *     }
 */
export function showDict(dict: H5Dict): string {
  if (!dict.isOpen) return 'H5Dict (closed)';
  const note = dict.note === undefined ? '' : ` [${dict.note}]`;
  const keys = [...dict.keys()];
  if (keys.length === 0) return `H5Dict${note} {}`;
  const line = (key: string): string => `  ${showKey(key)}: ${showMember(dict, key)}`;
  const lines =
    keys.length > MANY_KEYS
      ? [
          ...keys.slice(0, SHOWN_KEYS).map(line),
          `  ... ${keys.length - 2 * SHOWN_KEYS} more`,
          ...keys.slice(-SHOWN_KEYS).map(line),
        ]
      : keys.map(line);
  return `H5Dict${note} {\n${lines.join(',\n')}\n}`;
}

/** Of more elements than this, so many are shown at each end. */
const MANY_ELEMENTS = 6;
const SHOWN_ELEMENTS = 3;

/** A list in one line: `H5List[1, 2, 3, ..., 98, 99, 100]`. */
export function showList(list: H5List): string {
  if (!list.isOpen) return 'H5List (closed)';
  const { length } = list;
  const show = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, i) => showSafely(() => list.get(from + i)));
  const shown =
    length > MANY_ELEMENTS
      ? [...show(0, SHOWN_ELEMENTS), '...', ...show(length - SHOWN_ELEMENTS, length)]
      : show(0, length);
  return `H5List[${shown.join(', ')}]`;
}

function showKey(key: string): string {
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? key : JSON.stringify(key);
}

function showMember(dict: H5Dict, key: string): string {
  return showSafely(() => dict.get(key));
}

function showSafely(get: () => unknown): string {
  let value: unknown;
  try {
    value = get();
  } catch (error) {
    // A value that cannot be made does not keep the others from being shown.
    if (!(error instanceof H5Error)) throw error;
    return `<${error.message}>`;
  }
  try {
    return showValue(value);
  } catch (error) {
    // Nor does one whose class throws, as methods do that miss what no constructor has made.
    return `<${error instanceof Error ? error.message : 'it cannot be shown'}>`;
  }
}

/** A value in one line. */
export function showValue(value: unknown): string {
  if (value instanceof H5Dict) return value.size === 0 ? '{}' : '{...}';
  if (value instanceof H5List) return `H5List(${value.length})`;
  if (value instanceof H5Dataset) return `${value.dtype} ${formatShape(value.shape)}`;
  switch (typeof value) {
    case 'string':
      return shorten(JSON.stringify(value));
    case 'bigint':
      return `${value}n`;
    case 'object':
      break;
    default:
      return shorten(String(value));
  }
  if (value === null) return 'null';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (ArrayBuffer.isView(value) && 'length' in value) {
    const list = value as Uint8Array;
    const more = list.length > 6 ? ', ...' : '';
    return `${list[Symbol.toStringTag]}(${list.length}) [${Array.prototype.slice.call(list, 0, 6).join(', ')}${more}]`;
  }
  if (value instanceof Map || value instanceof Set)
    return `${Object.prototype.toString.call(value).slice(8, -1)}(${value.size})`;
  if (Array.isArray(value)) return `Array(${value.length})`;
  const prototype = Object.getPrototypeOf(value) as {
    readonly constructor?: { readonly name?: unknown };
  } | null;
  if (prototype && prototype !== Object.prototype && Object.hasOwn(prototype, 'toString'))
    return shorten(String(value));
  const name = prototype?.constructor?.name;
  return `${typeof name === 'string' && name !== 'Object' ? `${name} ` : ''}{...}`;
}

function shorten(text: string): string {
  return text.length > LONG ? `${text.slice(0, LONG)}...` : text;
}
