import { H5FormatError } from '../errors.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import type { H5Group } from '../hdf5/h5-group.js';
import { orderedLinks } from '../hdf5/members.js';
import { Encoding, Reserved } from '../serialize/layout.js';
import { isReserved } from '../serialize/restore.js';
import {
  CODE,
  Column,
  type ColumnKind,
  type ColumnType,
  copied,
  kindOfDataset,
  MISSING,
  STRIDE,
  typeOfValue,
} from './column.js';
import type { CellStore } from './list-store.js';
import { become, setWord } from './rewriting.js';
import { rebuilt, VectorList } from './vector-list.js';

const KINDS = '@kinds';
/** What the parts are called, by the kinds of values that they hold. */
const PARTS = ['numbers', 'strings', 'booleans', 'bigints', 'dates', 'missing'] as const;
/** No filter makes fewer bytes of as many elements: what has more has not been written. */
const MOST_A_BYTE = 1 << 10;
/** It is known how many elements of each part there are before every so manieth element. */
const STEP = 64;

/** Which of these holds a column of a kind. */
const PART_OF: { readonly [kind in ColumnKind]: number } = {
  int32: 0,
  float64: 0,
  text: 1,
  boolean: 2,
  bigint: 3,
  date: 4,
  missing: 5,
  code: -1,
};

/** Of which part a value can be, as an index of `PARTS`; -1: of none. */
function partOfValue(value: unknown): number {
  switch (typeof value) {
    case 'number':
      return 0;
    case 'string':
      return 1;
    case 'boolean':
      return 2;
    case 'bigint':
      return 3;
    case 'undefined':
      return 5;
    case 'object':
      if (value === null) return 5;
      return value instanceof Date ? 4 : -1;
    default:
      return -1;
  }
}

function typeFor(value: unknown): ColumnType | undefined {
  return value === null || value === undefined ? MISSING : typeOfValue(value);
}

/** A part of another type, or of larger chunks, in the place of one. */
function remade(part: Column, type: ColumnType, more: number): Column {
  return rebuilt(part, more, (holder, name, length) => VectorList.make(holder, name, type, length, true));
}

/** Whether a list of scalars of several kinds can hold a value. */
export function isOfUnion(value: unknown): boolean {
  return typeFor(value) !== undefined;
}

/**
 * A list of numbers, strings, booleans, bigints, dates, null and undefined, of several of these kinds: a group with a dataset for
 * each, and one that says of which kind each element is.
 */
export class UnionList implements CellStore {
  readonly object: H5Group;
  #kinds: Column;
  /** By their numbers. */
  readonly #parts: Column[];
  /** How many elements each can have until its chunks are to be larger; and how many the list can. */
  #limits: number[] = [];
  #limit = 0;
  /** The number of the part that holds values of a kind, by the index in `PARTS`; -1 if there is none. */
  readonly #numbers = new Int8Array(PARTS.length).fill(-1);
  /** The number of the part that each element is in. */
  #codes = new Uint8Array(STEP);
  #length = 0;
  /** How many elements each part has. */
  readonly #counts = new Int32Array(PARTS.length);
  /** The same before each `STEP` elements, one after another. */
  #before = new Int32Array(PARTS.length);
  #foreign: number;
  /** Elements that have been set to values of other kinds: they move others, which is done for many at once. */
  readonly #moving = new Map<number, unknown>();

  private constructor(group: H5Group, kinds: Column, parts: Column[]) {
    this.object = group;
    this.#kinds = kinds;
    this.#parts = parts;
    for (const [number, { type }] of parts.entries()) this.#numbers[PART_OF[type.kind]] = number;
    this.#findLimits();
    this.#foreign = kinds.foreign;
    this.#load();
  }

  /** That of a group; undefined if it cannot be changed in place. */
  static of(group: H5Group): UnionList | undefined {
    for (const name of group.attrs.keys())
      if (isReserved(name) && name !== Reserved.encoding && name !== Reserved.layout) return undefined;
    group.session.editor?.flush();
    const columns: Column[] = [];
    let kinds: Column | undefined;
    for (const [name] of orderedLinks(group.node)) {
      const dataset = group.linkInfo(name)?.kind === 'hard' ? group.get(name) : undefined;
      const kind =
        dataset instanceof H5Dataset && !dataset.attrs.has(Reserved.type) && kindOfDataset(dataset);
      if (!kind || (dataset as H5Dataset).maxShape?.[0] !== Infinity) return undefined;
      const column = new Column(dataset as H5Dataset);
      if (name === KINDS) kinds = column;
      else if (kind === 'code') return undefined;
      else columns.push(column);
    }
    const parts = new Set(columns.map(({ type }) => PART_OF[type.kind]));
    if (kinds?.type.kind !== 'code' || parts.size < columns.length) return undefined;
    return new UnionList(group, kinds, columns);
  }

  /** One with the elements of a list that is stored in another way, and which takes its place. */
  static from(list: CellStore & { readonly object: H5Dataset }): UnionList {
    list.flush();
    const { length } = list;
    const made = become(list.object, (holder, name) => {
      UnionList.make(holder, name, length);
      holder.session.edit().flush();
      const union = UnionList.of(holder.group(name)) as UnionList;
      for (let start = 0; start < length; start += STRIDE) {
        for (const value of list.slice(start, Math.min(length, start + STRIDE)))
          if (!union.add(value)) {
            union.adapt([value]);
            union.put(value);
          }
        union.flush();
      }
    });
    return UnionList.of(made as H5Group) as UnionList;
  }

  /** Makes one without elements, under a name of a group. */
  static make(holder: H5Group, name: string, length: number): H5Group {
    const group = holder.createGroup(name);
    setWord(group, Reserved.encoding, Encoding.union);
    VectorList.make(group, KINDS, CODE, length, true);
    return group;
  }

  #findLimits(): void {
    this.#limits = this.#parts.map(({ limit }) => limit);
    this.#limit = this.#kinds.limit;
  }

  // ---- which element of which part ------------------------------------------------------------------

  #load(): void {
    const kinds = this.#kinds;
    const { path, session } = this.object;
    const { end } = session.space;
    if (kinds.stored > end * MOST_A_BYTE)
      throw new H5FormatError(
        -1,
        `"${path}/${KINDS}" has ${kinds.stored} elements in a file of ${end} bytes`,
      );
    const codes = kinds.codes();
    this.#codes = codes.length > 0 ? codes : new Uint8Array(STEP);
    this.#length = codes.length;
    this.#count(0);
    if (this.#counts.subarray(this.#parts.length).some((count) => count > 0))
      throw new H5FormatError(-1, `"${path}/${KINDS}" has numbers of parts that there are not`);
    for (const [number, part] of this.#parts.entries())
      if (part.length !== this.#counts[number])
        throw new H5FormatError(
          -1,
          `"${part.dataset.path}" has ${part.length} elements, the list has ${this.#counts[number]} of them`,
        );
  }

  /** Counts elements, from one on. */
  #count(from: number): void {
    const width = PARTS.length;
    const first = Math.floor(from / STEP);
    const steps = Math.ceil(this.#codes.length / STEP) + 1;
    if (this.#before.length < steps * width) {
      const before = new Int32Array(2 * steps * width);
      before.set(this.#before);
      this.#before = before;
    }
    const counts = this.#counts;
    counts.set(this.#before.subarray(first * width, (first + 1) * width));
    for (let i = first * STEP; i < this.#length; i++) {
      const code = this.#codes[i] as number;
      if (code >= width)
        throw new H5FormatError(-1, `"${this.object.path}/${KINDS}" has a number of no part: ${code}`);
      counts[code] = (counts[code] as number) + 1;
      if (i % STEP === STEP - 1) this.#before.set(counts, ((i + 1) / STEP) * width);
    }
  }

  #append(code: number): void {
    const at = this.#length;
    if (at === this.#codes.length) {
      const codes = new Uint8Array(2 * at);
      codes.set(this.#codes);
      this.#codes = codes;
      this.#count(at);
    }
    this.#codes[at] = code;
    this.#length = at + 1;
    this.#counts[code] = (this.#counts[code] as number) + 1;
    if (this.#length % STEP === 0) this.#before.set(this.#counts, (this.#length / STEP) * PARTS.length);
  }

  /** How many elements of a part are before an element. */
  #rank(index: number, part: number): number {
    const start = index - (index % STEP);
    let rank = this.#before[(start / STEP) * PARTS.length + part] as number;
    for (let i = start; i < index; i++) if (this.#codes[i] === part) rank++;
    return rank;
  }

  /** Finds out whether somebody else has changed which element is of which part. */
  #sync(): void {
    const { foreign } = this.#kinds;
    if (foreign === this.#foreign) return;
    this.#foreign = foreign;
    this.#load();
  }

  // ---- reading --------------------------------------------------------------------------------------

  get stored(): number {
    return this.#kinds.stored;
  }

  get length(): number {
    // The group is asked, for it may be gone.
    void this.object.node;
    this.#sync();
    return this.#length;
  }

  get(index: number): unknown {
    this.#sync();
    if (this.#moving.has(index)) return copied(this.#moving.get(index));
    const part = this.#codes[index] as number;
    return (this.#parts[part] as Column).get(this.#rank(index, part));
  }

  slice(start: number, end: number): unknown[] {
    this.#settle();
    const next = this.#parts.map((_, part) => this.#rank(start, part));
    const values: unknown[] = [];
    for (let i = start; i < end; i++) {
      const part = this.#codes[i] as number;
      const at = next[part] as number;
      values.push((this.#parts[part] as Column).get(at));
      next[part] = at + 1;
    }
    return values;
  }

  // ---- changes --------------------------------------------------------------------------------------

  /** The number of the part that a value fits; -1: it fits none. */
  #partFor(value: unknown): number {
    const number = this.#numbers[partOfValue(value)] ?? -1;
    return number >= 0 && (this.#parts[number] as Column).fits(value) ? number : -1;
  }

  fits(value: unknown): boolean {
    return this.#partFor(value) >= 0;
  }

  takes(value: unknown): boolean {
    const number = this.#partFor(value);
    return number >= 0 && this.#length < this.#limit && this.#hasRoom(number, this.#moving.size + 1);
  }

  put(value: unknown): void {
    const number = this.#numbers[partOfValue(value)] as number;
    (this.#parts[number] as Column).add(value);
    this.#kinds.add(number);
    this.#append(number);
  }

  add(value: unknown): boolean {
    const isTaken = this.takes(value);
    if (isTaken) this.put(value);
    return isTaken;
  }

  canSet(index: number, value: unknown): boolean {
    this.#sync();
    const part = this.#partFor(value);
    return part >= 0 && (part === this.#codes[index] || this.#hasRoom(part, this.#moving.size + 1));
  }

  set(index: number, value: unknown): boolean {
    if (!this.canSet(index, value)) return false;
    const part = this.#partFor(value);
    if (part === this.#codes[index]) {
      this.#moving.delete(index);
      (this.#parts[part] as Column).set(this.#rank(index, part), value);
    } else this.#moving.set(index, copied(value));
    return true;
  }

  /** Whether a part can have so many more elements as it is. */
  #hasRoom(part: number, count: number): boolean {
    return (this.#parts[part] as Column).known + count <= (this.#limits[part] as number);
  }

  /** Puts elements that were set to values of other kinds where they belong. */
  #settle(): void {
    this.#sync();
    if (this.#moving.size === 0) return;
    const moving = new Map(this.#moving);
    this.#moving.clear();
    let start = Infinity;
    let end = 0;
    for (const index of moving.keys()) {
      start = Math.min(start, index);
      end = Math.max(end, index + 1);
    }
    const values = this.slice(start, end);
    for (const [index, value] of moving) values[index - start] = value;
    this.splice(start, end - start, values);
  }

  canSplice(start: number, count: number, values: readonly unknown[]): boolean {
    this.#settle();
    const added = new Int32Array(PARTS.length);
    for (const value of values) {
      const number = this.#partFor(value);
      if (number < 0) return false;
      added[number] = (added[number] as number) + 1;
    }
    const hasRoom = this.#parts.every((part, number) => {
      const removed = this.#rank(start + count, number) - this.#rank(start, number);
      return part.known - removed + (added[number] as number) <= (this.#limits[number] as number);
    });
    return hasRoom && this.#length - count + values.length <= this.#limit;
  }

  splice(start: number, count: number, values: readonly unknown[]): boolean {
    if (!this.canSplice(start, count, values)) return false;
    const length = this.#length - count + values.length;
    const codes = values.map((value) => this.#partFor(value));
    for (const [number, part] of this.#parts.entries()) {
      const from = this.#rank(start, number);
      const removed = this.#rank(start + count, number) - from;
      const added = values.filter((_, i) => codes[i] === number);
      if (removed + added.length > 0) part.splice(from, removed, added);
    }
    this.#kinds.splice(start, count, codes);
    const before = this.#codes;
    this.#codes = new Uint8Array(Math.max(STEP, length));
    this.#codes.set(before.subarray(0, start));
    this.#codes.set(codes, start);
    this.#codes.set(before.subarray(start + count, this.#length), start + codes.length);
    this.#length = length;
    this.#count(start);
    this.#foreign = this.#kinds.foreign;
    return true;
  }

  truncate(length: number): boolean {
    this.#settle();
    for (const [number, part] of this.#parts.entries()) part.truncate(this.#rank(length, number));
    this.#kinds.truncate(length);
    this.#length = length;
    this.#count(length);
    return true;
  }

  flush(): void {
    this.#settle();
    for (const part of this.#parts) part.flush();
    this.#kinds.flush();
  }

  adapt(values: readonly unknown[]): boolean {
    if (!values.every(isOfUnion)) return false;
    this.flush();
    for (const [i, name] of PARTS.entries()) {
      const those = values.filter((value) => partOfValue(value) === i);
      if (those.length === 0) continue;
      let number = this.#numbers[i] as number;
      if (number < 0) {
        number = this.#parts.length;
        const type = typeFor(those[0]) as ColumnType;
        const dataset = VectorList.make(this.object, name, type, those.length, true);
        this.object.session.edit().flush();
        this.#parts.push(new Column(dataset));
        this.#numbers[i] = number;
      }
      const part = this.#parts[number] as Column;
      const type = part.typeWith(those);
      if (!type) return false;
      const isSame = type.kind === part.type.kind && type.size === part.type.size;
      if (!isSame || part.length + those.length > part.limit)
        this.#parts[number] = remade(part, type, those.length);
    }
    if (this.#length + values.length > this.#kinds.limit)
      this.#kinds = remade(this.#kinds, CODE, values.length);
    this.#foreign = this.#kinds.foreign;
    this.#findLimits();
    return true;
  }
}
