import { H5Error, H5TypeError } from '../errors.js';
import { hasEntry } from '../registry/index.js';
import { memberSegment } from './path.js';

/**
 * The way to a part of a value. As text, names and numbers with `/` between them: `users/17/name`; of lists also `-1`, the
 * last element, `10:20`, a slice, and `*`, all elements, as of objects and Maps all values. As an array, exact keys, for names
 * that hold a `/`: `['files', 'a/b.txt']`.
 */
export type PartPath = string | readonly (string | number)[];

/** One step of the way. */
export interface Step {
  readonly key: string | number;
  /** Written in a text, so that it may be a number, a slice, or all of them. */
  readonly isText: boolean;
}

/** @throws {H5Error} `H5_OPTION` for what is no path: a number would be taken for none, and all of a file replaced. */
export function checkPath(path: unknown): void {
  const isKey = (key: unknown) => typeof key === 'string' || typeof key === 'number';
  if (typeof path === 'string' || (Array.isArray(path) && path.every(isKey))) return;
  const shown = Array.isArray(path) ? 'one of others' : path instanceof Object ? 'an object' : String(path);
  throw new H5Error('H5_OPTION', `path is a text, or an array of texts and numbers, not ${shown}`);
}

export function parsePath(path: PartPath): Step[] {
  checkPath(path);
  if (typeof path !== 'string') return path.map((key) => ({ key, isText: false }));
  return path
    .split('/')
    .filter((key) => key !== '')
    .map((key) => ({ key, isText: true }));
}

/** The way that a function takes through a value: it is called with what notes each property that is asked for. */
export function recordPath(select: (value: never) => unknown): Step[] {
  const steps: Step[] = [];
  const recorder: unknown = new Proxy(() => {}, {
    get(_, key) {
      if (typeof key === 'symbol')
        throw new H5TypeError('a selector may only name properties, `.at(i)` and `.get(key)`');
      steps.push({ key, isText: isNumber(key) });
      return recorder;
    },
    set(_, key) {
      throw new H5TypeError(`a selector may only name properties, not set ${String(key)}`);
    },
    apply(_, __, [key]: unknown[]) {
      const method = steps.pop()?.key;
      const isKey = typeof key === 'string' || typeof key === 'number';
      if ((method !== 'at' && method !== 'get') || !isKey)
        throw new H5TypeError(
          `a selector may only name properties, \`.at(i)\` and \`.get(key)\`, not call ${String(method)}`,
        );
      steps.push({ key, isText: false });
      return recorder;
    },
  });
  const selected = select(recorder as never);
  if (selected === recorder) return steps;
  // Of one that is asynchronous, nobody waits for the error that it may come to as well.
  if (selected instanceof Promise) selected.catch(() => {});
  throw new H5TypeError('a selector must return a part of what it is given, at once');
}

/** For messages: `$.users[17].name`. */
export function showPath(steps: readonly Step[]): string {
  return `$${steps
    .map(({ key, isText }) =>
      typeof key === 'number' || (isText && /^(-?\d+|\*|-?\d*:-?\d*)$/.test(key))
        ? `[${key}]`
        : memberSegment(key),
    )
    .join('')}`;
}

function isNumber(key: string): boolean {
  return /^-?\d+$/.test(key);
}

/** The element of a list of this length that a step leads to; undefined: a step that leads to none. */
export function indexOf({ key, isText }: Step, length: number): number | undefined {
  const index = typeof key === 'number' ? key : isText && isNumber(key) ? Number(key) : undefined;
  if (index === undefined || !Number.isInteger(index)) return undefined;
  const at = index < 0 ? index + length : index;
  return at >= 0 && at < length ? at : undefined;
}

/** The elements of a list of this length that a step leads to, if it leads to several: from the first, up to the second. */
export function rangeOf({ key, isText }: Step, length: number): [number, number] | undefined {
  if (!isText || typeof key !== 'string') return undefined;
  if (key === '*') return [0, length];
  const slice = /^(-?\d+)?:(-?\d+)?$/.exec(key);
  if (!slice) return undefined;
  const bound = (text: string | undefined, otherwise: number): number => {
    const at = text === undefined ? otherwise : Number(text);
    return Math.min(length, Math.max(0, at < 0 ? at + length : at));
  };
  const start = bound(slice[1], 0);
  return [start, Math.max(start, bound(slice[2], length))];
}

/** An object that has a value at the end of a way, and nothing else. */
export function wrapped(value: unknown, steps: readonly Step[]): unknown {
  return steps.reduceRight<unknown>((inner, { key }) => ({ [key]: inner }), value);
}

/** The key of a Map that a step leads to: a number in a text is one if the Map has it, and not the text. */
export function mapKey(map: ReadonlyMap<unknown, unknown>, step: Step): unknown {
  const number = numberIn(step);
  return number !== undefined && !hasEntry(map, step.key) && hasEntry(map, number) ? number : step.key;
}

/** The number that a step of a text is as well: all other texts would be NaN, which a Map may have as a key. */
export function numberIn({ key, isText }: Step): number | undefined {
  return isText && String(Number(key)) === key ? Number(key) : undefined;
}
