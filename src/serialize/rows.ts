import type { Elements } from '../hdf5/elements.js';
import type { RegisteredClass } from '../registry/index.js';
import { newArray } from './new-array.js';

/** Sets a property as the writer found it: own, enumerable, and without running a setter that no rule names. */
export function setProperty(
  target: object,
  name: string,
  value: unknown,
  cls: RegisteredClass | undefined,
): void {
  const property = cls ? cls.propertyFor(name) : name;
  if (cls && !cls.isWritable(property)) return;
  if (cls?.isDeclared(property) || !(property in target))
    (target as Record<string | symbol, unknown>)[property] = value;
  else define(target, property, value);
}

/** Names such as `__proto__` are data: defined, they are properties like any other. */
function define(target: object, property: string | symbol, value: unknown): void {
  Object.defineProperty(target, property, { value, writable: true, enumerable: true, configurable: true });
}

/** How many objects V8 makes before it fixes how many properties fit into the next ones themselves. */
const TRIAL_ROWS = 8;

/**
 * Empty rows of a table. Made by a constructor of their own, the engine learns from the first of them how many
 * properties they will have and makes room within the objects; without that, each row would get its
 * properties in an array beside it that is replaced as it grows.
 */
export function makeRows(
  count: number,
  names: readonly string[],
  cls: RegisteredClass | undefined,
  nullPrototype: boolean,
): object[] {
  const rows = newArray<object>(count);
  const prototype = cls ? cls.bareInstances : nullPrototype ? null : Object.prototype;
  if (!prototype) {
    for (let i = 0; i < count; i++) rows[i] = cls ? cls.create() : (Object.create(null) as object);
    return rows;
  }
  function Row() {}
  Row.prototype = prototype;
  const RowClass = Row as unknown as new () => Record<string, unknown>;
  if (count > TRIAL_ROWS) {
    for (let i = 0; i < TRIAL_ROWS; i++) {
      const row = new RowClass();
      for (const name of names) if (!(name in row)) row[name] = 0;
    }
  }
  for (let i = 0; i < count; i++) rows[i] = new RowClass();
  return rows;
}

/** A column whose values are made one by one, as each row gets its own: there is no array of them. */
export interface LazyColumn {
  readonly length: number;
  get(index: number): unknown;
}

/** Booleans, as the bytes that stand for them. */
export class BooleanColumn implements LazyColumn {
  readonly #bytes: Uint8Array;
  readonly length: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.length = bytes.length;
  }

  get(index: number): boolean {
    return this.#bytes[index] !== 0;
  }
}

/** Strings that take `size` bytes each, padded with NUL, decoded together. They must be asked for in order. */
export class FixedTextColumn implements LazyColumn {
  readonly #bytes: Uint8Array;
  readonly #text: string;
  readonly #size: number;
  readonly length: number;
  /** Where the next string starts in the text. */
  #position = 0;

  constructor(bytes: Uint8Array, text: string, size: number) {
    this.#bytes = bytes;
    this.#text = text;
    this.#size = size;
    this.length = bytes.length / size;
  }

  /** Whether the strings are valid UTF-8, each by itself. */
  get isValid(): boolean {
    if (this.#text.includes('\ufffd')) return false;
    for (let i = 0; i < this.#bytes.length; i += this.#size) if (isContinuation(this.#bytes[i])) return false;
    return true;
  }

  get(index: number): string {
    const bytes = this.#bytes;
    const start = index * this.#size;
    const padded = start + this.#size;
    let end = padded;
    while (end > start && bytes[end - 1] === 0) end--;
    const from = this.#position;
    let to = from + end - start;
    if (this.#text.length < bytes.length) {
      // A character of two or three bytes is one UTF-16 code unit, one of four bytes is two.
      for (let i = start; i < end; i++) {
        if (isContinuation(bytes[i])) to--;
        else if ((bytes[i] as number) >= 0xf0) to++;
      }
    }
    this.#position = to + padded - end;
    return this.#text.slice(from, to);
  }
}

function isContinuation(byte: number | undefined): boolean {
  return ((byte as number) & 0xc0) === 0x80;
}

/** Sets one property of all rows; where the column has a hole, the row lacks the property. */
export function setColumn(
  rows: readonly object[],
  name: string,
  column: Elements | LazyColumn,
  cls: RegisteredClass | undefined,
): void {
  const property = cls ? cls.propertyFor(name) : name;
  if (cls && !cls.isWritable(property)) return;
  const [first] = rows;
  // What holds for one row holds for all: they have one prototype and have got the same columns so far.
  const assign = first !== undefined && (cls?.isDeclared(property) || !(property in first));
  const { length } = column;
  const lazy = 'get' in column ? column : undefined;
  const values = lazy ? [] : (column as Elements);
  for (let i = 0; i < length; i++) {
    const value = lazy ? lazy.get(i) : values[i];
    if (value === undefined && !(i in values)) continue;
    const row = rows[i] as Record<string | symbol, unknown>;
    if (assign) row[property] = value;
    else define(row, property, value);
  }
}
