import { H5TypeError } from '../errors.js';
import { littleEndianBytes } from '../hdf5/endian.js';
import type { RegisteredClass } from '../registry/index.js';
import { concatenated } from '../serialize/emit.js';
import type { TypedArray } from '../serialize/kinds.js';
import { MAX_MEMBERS, Missing } from '../serialize/layout.js';
import type { Reference, VectorNode } from '../serialize/plan.js';
import type { StoredOf, Storing } from '../serialize/storing.js';
import type { TextColumn } from '../serialize/text-column.js';
import { encodeWtf8 } from '../serialize/wtf8.js';
import { type Spill, type Track, TrackReader } from './spill.js';

/** A table does not get more columns than it can fill half, unless there are this many tables already. */
const MAX_TABLES = 64;

/** All that belongs to what is taken in: the tracks, and the parts by their numbers. */
export class Store {
  readonly spill: Spill;
  readonly parts: Part[] = [];
  /** How many of them are tables. */
  tables = 0;
  /** What says of the vectors of the batch how they are stored, if somebody does. */
  storing: Storing | undefined;
  /** Vectors of the batch that is being taken in, and where their elements went. */
  readonly placed = new Map<VectorNode, Placement>();
  /** All vectors of the batch that are columns, or parts of such. */
  readonly taken = new Set<VectorNode>();
  /** Vectors of the batch whose elements are known when all others have been taken in. */
  readonly waiting: [ReferencesPart | ListPart, VectorNode][] = [];
  readonly #queue: [Column, VectorNode][] = [];

  constructor(spill: Spill) {
    this.spill = spill;
  }

  /** Takes in a vector, and all that it consists of. Nothing recurses, since elements may be nested at any depth. */
  take(column: Column, vector: VectorNode): void {
    this.#queue.push([column, vector]);
    for (let next = this.#queue.pop(); next; next = this.#queue.pop()) next[0].append(next[1]);
  }

  later(column: Column, vector: VectorNode): void {
    this.#queue.push([column, vector]);
  }
}

/** Where the elements of a vector are, of those that are present: the first is number `base` of a part. */
export interface Placement {
  readonly part: Part;
  readonly base: number;
}

/** What the elements of the same vector in all batches become: elements of one or more parts, some of which may be missing. */
export class Column {
  length = 0;
  present = 0;
  /** A code of `Missing` for each element, if one is missing. */
  mask: Track | undefined;
  /** The number of the part that each element that is present is in, a uint16, if there are several. */
  kinds: Track | undefined;
  readonly parts: Part[] = [];
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  append(vector: VectorNode): void {
    const { length, mask, encoding } = vector;
    this.#store.taken.add(vector);
    this.#masked(mask, length);
    if (encoding === 'missing') return;
    const used = new Set<Part>();
    if (encoding === 'union') {
      this.#union(vector, used);
      return;
    }
    let present = length;
    if (mask) for (const code of mask) if (code !== Missing.present) present--;
    const kind = this.#part(vector, present, used);
    if (this.kinds) this.kinds.numbers(new Uint16Array(present).fill(kind), 2);
    this.present += present;
  }

  /** Elements that are missing, for rows that do not have the property. */
  absent(count: number): void {
    if (count > 0) this.#masked(new Uint8Array(count).fill(Missing.absent), count);
  }

  #masked(mask: Uint8Array | undefined, length: number): void {
    if (mask && !this.mask) {
      this.mask = this.#store.spill.track();
      fill(this.mask, this.length);
    }
    if (mask) this.mask?.bytes(mask);
    else if (this.mask) fill(this.mask, length);
    this.length += length;
    if (this.length > 0xffffffff) throw new H5TypeError('a list of more than 2^32 - 1 elements');
  }

  /** Parts of parts become parts. */
  #union(vector: VectorNode, used: Set<Part>): void {
    const parts = vector.parts as Uint8Array;
    const kindOf = vector.children.map((child) => {
      if (child.encoding !== 'union') return this.#part(child, child.length, used);
      this.#store.taken.add(child);
      const inner = child.children.map((each) => this.#part(each, each.length, used));
      return Array.from(child.parts as Uint8Array, (part) => inner[part] as number);
    });
    const next = new Uint32Array(kindOf.length);
    const kinds = Uint16Array.from(parts, (part) => {
      const kind = kindOf[part] as number | number[];
      return typeof kind === 'number' ? kind : (kind[next[part]++ as number] as number);
    });
    if (this.kinds) this.kinds.numbers(kinds, 2);
    this.present += parts.length;
  }

  /** The number of the part that takes the elements of a vector; they are taken. */
  #part(vector: VectorNode, present: number, used: Set<Part>): number {
    const store = this.#store;
    let index = this.parts.findIndex((part) => !used.has(part) && part.fits(vector, false));
    const isTable = vector.encoding === 'records';
    if (index < 0 && isTable && this.parts.length >= MAX_TABLES)
      index = this.parts.findIndex((part) => !used.has(part) && part.fits(vector, true));
    if (index < 0) {
      index = this.parts.push(newPart(vector, store)) - 1;
      if (isTable) store.tables++;
      if (index > 0xffff) throw new H5TypeError('a list of values of more than 65,536 kinds');
      if (index === 1) {
        // From here on it matters what each element is; all before were of the first part.
        this.kinds = store.spill.track();
        fill(this.kinds, 2 * this.present);
      }
    }
    const part = this.parts[index] as Part;
    const stored = store.storing?.storedOf(vector.id);
    // A batch in which all is missing says less.
    if (stored && (!part.stored || stored.message)) part.stored = stored;
    used.add(part);
    store.taken.add(vector);
    store.placed.set(vector, { part, base: part.count });
    part.append(vector);
    part.count += present;
    return index;
  }
}

/** Elements of one kind, which are all present. */
export abstract class Part {
  readonly encoding: VectorNode['encoding'];
  /** Its number in the store. */
  readonly code: number;
  count = 0;
  /** Its number in the file. */
  id = -1;
  /** Whether something refers to an element. */
  isReferenced = false;
  /** How it is stored, if a field says so. */
  stored: StoredOf | undefined;
  protected readonly store: Store;

  constructor({ encoding }: VectorNode, store: Store) {
    this.encoding = encoding;
    this.store = store;
    this.code = store.parts.push(this) - 1;
  }

  /** Whether it takes the elements of a vector; `anyway`: even if a table has more holes then than it should. */
  fits(vector: VectorNode, _anyway: boolean): boolean {
    return vector.encoding === this.encoding;
  }

  /** Takes the elements that are present. */
  abstract append(vector: VectorNode): void;
}

function newPart(vector: VectorNode, store: Store): Part {
  switch (vector.encoding) {
    case 'numbers':
      return new NumbersPart(vector, store);
    case 'booleans':
    case 'typed':
      return new BytesPart(vector, store);
    case 'strings':
    case 'named':
      return new TextPart(vector, store);
    case 'bigints':
      return new BigIntsPart(vector, store);
    case 'dates':
      return new DatesPart(vector, store);
    case 'records':
      return new RecordsPart(vector, store);
    case 'ragged':
      return new RaggedPart(vector, store);
    case 'list':
      return new ListPart(vector, store);
    default:
      return new ReferencesPart(vector, store);
  }
}

/** Zeros. */
function fill(track: Track, count: number): void {
  const zeros = new Uint8Array(Math.min(count, 1 << 16));
  for (let left = count; left > 0; left -= zeros.length) track.bytes(zeros.subarray(0, left));
}

function presentOf<T>(values: readonly T[], { mask }: VectorNode): readonly T[] {
  return mask ? values.filter((_, i) => mask[i] === Missing.present) : values;
}

/** Integers, and from the first number on that is none, floats. */
export class NumbersPart extends Part {
  readonly integers = this.store.spill.track();
  floats: Track | undefined;

  append({ data, mask }: VectorNode): void {
    let numbers = data as Int32Array | Float64Array;
    if (mask) numbers = numbers.filter((_: number, i: number) => mask[i] === Missing.present);
    if (numbers instanceof Float64Array) this.floats ??= this.store.spill.track();
    if (this.floats) this.floats.numbers(Float64Array.from(numbers), 8);
    else this.integers.numbers(numbers, 4);
  }
}

/** Booleans, the numbers of typed arrays, or elements of the datatype of a field: as bytes. */
export class BytesPart extends Part {
  readonly track = this.store.spill.track();
  /** An array of this sort, of any length. */
  readonly sample: TypedArray;

  constructor(vector: VectorNode, store: Store) {
    super(vector, store);
    this.sample = dataOf(vector).subarray(0, 0);
  }

  append(vector: VectorNode): void {
    const bytes = littleEndianBytes(dataOf(vector));
    const { mask, length } = vector;
    this.track.bytes(mask ? presentBytes(bytes, mask, bytes.length / length) : bytes);
  }
}

function dataOf(vector: VectorNode): TypedArray {
  return vector.data ?? concatenated(vector);
}

function presentBytes(bytes: Uint8Array, mask: Uint8Array, size: number): Uint8Array {
  const present = new Uint8Array(bytes.length);
  let end = 0;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] !== Missing.present) continue;
    present.set(bytes.subarray(i * size, (i + 1) * size), end);
    end += size;
  }
  return present.subarray(0, end);
}

/** Texts: how long each is, and all of them one after another. */
export class TextPart extends Part {
  readonly lengths = this.store.spill.track();
  readonly text = this.store.spill.track();
  longest = 0;
  plain = true;
  /** The bytes that a field gives to each; 0: as many as it has. */
  fixedSize: number | undefined;

  append(vector: VectorNode): void {
    if (this.stored?.isTyped) this.fixedSize = vector.text?.fixedSize;
    if (vector.text) this.appendColumn(vector.text, vector.mask);
    else this.appendTexts(presentOf(vector.values as readonly string[], vector));
  }

  protected appendColumn({ bytes, ends, longest, plain }: TextColumn, mask: Uint8Array | undefined): void {
    const lengths = new Uint32Array(ends.length);
    for (let i = 0, start = 0; i < ends.length; i++) {
      const end = ends[i] as number;
      lengths[i] = end - start;
      start = end;
    }
    // What stands in the place of a missing one takes no bytes.
    this.lengths.numbers(mask ? lengths.filter((_, i) => mask[i] === Missing.present) : lengths, 4);
    this.text.bytes(bytes);
    this.longest = Math.max(this.longest, longest);
    this.plain &&= plain;
  }

  appendTexts(texts: readonly string[]): void {
    const encoded = texts.map((text) => encodeWtf8(text));
    this.lengths.numbers(
      Uint32Array.from(encoded, ({ length }) => length),
      4,
    );
    for (const bytes of encoded) this.text.bytes(bytes);
  }
}

/** Integers of 64 bits, until one does not fit: then the digits of all of them. */
export class BigIntsPart extends Part {
  readonly small = this.store.spill.track();
  digits: TextPart | undefined;

  append(vector: VectorNode): void {
    const values = presentOf(vector.values as readonly bigint[], vector);
    if (!this.digits && values.some((value) => BigInt.asIntN(64, value) !== value)) {
      this.digits = new TextPart(vector, this.store);
      const reader = new TrackReader(this.small);
      for (let left = this.count; left > 0; left -= CHUNK) {
        const bytes = reader.take(8 * Math.min(left, CHUNK));
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        this.digits.appendTexts(
          Array.from({ length: bytes.length / 8 }, (_, i) => String(view.getBigInt64(8 * i, true))),
        );
      }
    }
    if (this.digits) this.digits.appendTexts(values.map(String));
    else this.small.numbers(BigInt64Array.from(values), 8);
  }
}

const CHUNK = 4096;

/** Milliseconds; NaN is an invalid date. */
export class DatesPart extends Part {
  readonly times = this.store.spill.track();

  append({ values }: VectorNode): void {
    this.times.numbers(
      Float64Array.from(values as readonly Date[], (date) => date.getTime()),
      8,
    );
  }
}

/** A table. */
export class RecordsPart extends Part {
  readonly class: RegisteredClass | undefined;
  readonly items: string | undefined;
  readonly integrity: string | undefined;
  names: readonly string[] = [];
  columns = new Map<string, Column>();
  #cells = 0;

  constructor(vector: VectorNode, store: Store) {
    super(vector, store);
    this.class = vector.class;
    this.items = vector.items;
    this.integrity = vector.integrity;
  }

  override fits(vector: VectorNode, anyway: boolean): boolean {
    const { class: cls, items, integrity } = this;
    if (vector.encoding !== 'records' || vector.class !== cls) return false;
    if (vector.items !== items || vector.integrity !== integrity) return false;
    const names = this.#merged(vector.names);
    if (!names || names.length > MAX_MEMBERS) return false;
    const rows = this.count + vector.length;
    const cells = this.#cells + vector.length * vector.names.length;
    return anyway || cells * 2 >= rows * names.length;
  }

  /** The names of both, if the order of the one allows that of the other. */
  #merged(more: readonly string[]): readonly string[] | undefined {
    const { names, columns } = this;
    if (more.length === names.length && more.every((name, i) => name === names[i])) return names;
    const merged = [...names];
    let at = 0;
    for (const name of more) {
      const found = merged.indexOf(name, at);
      if (found >= 0) at = found + 1;
      else if (columns.has(name)) return undefined;
      else merged.splice(at++, 0, name);
    }
    return merged;
  }

  append(vector: VectorNode): void {
    const { names, children, mask } = vector;
    const { store } = this;
    this.names = this.#merged(names) as readonly string[];
    let rows = vector.length;
    if (mask) for (const code of mask) if (code !== Missing.present) rows--;
    for (const [i, name] of names.entries()) {
      let column = this.columns.get(name);
      if (!column) {
        column = new Column(store);
        column.absent(this.count);
        this.columns.set(name, column);
      }
      store.later(column, children[i] as VectorNode);
    }
    if (names.length < this.names.length) {
      const here = new Set(names);
      for (const [name, column] of this.columns) if (!here.has(name)) column.absent(rows);
    }
    this.#cells += rows * names.length;
  }
}

/** Rows of any length. */
export class RaggedPart extends Part {
  readonly items: string;
  readonly lengths = this.store.spill.track();
  /** The length of all rows, as long as that is one. */
  width = -1;
  isUniform = true;
  total = 0;
  readonly children: readonly Column[];

  constructor(vector: VectorNode, store: Store) {
    super(vector, store);
    this.items = vector.items as string;
    this.children = vector.children.map(() => new Column(store));
  }

  override fits(vector: VectorNode, _anyway: boolean): boolean {
    return vector.encoding === 'ragged' && vector.items === this.items;
  }

  append({ offsets, children }: VectorNode): void {
    const ends = offsets as Uint32Array;
    const lengths = new Uint32Array(ends.length - 1);
    for (let i = 0; i < lengths.length; i++) lengths[i] = (ends[i + 1] as number) - (ends[i] as number);
    if (this.width < 0) this.width = lengths[0] as number;
    this.isUniform &&= lengths.every((length) => length === this.width);
    this.lengths.numbers(lengths, 4);
    this.total += ends.at(-1) as number;
    if (this.total > 0xffffffff) throw new H5TypeError('nested arrays of more than 2^32 elements');
    for (const [i, child] of children.entries()) this.store.later(this.children[i] as Column, child);
  }
}

/** Objects that take a group or a dataset each: where they are among all of those. */
export class ListPart extends Part {
  readonly places = this.store.spill.track();

  append(vector: VectorNode): void {
    this.store.waiting.push([this, vector]);
  }
}

/** Mentions of objects that live elsewhere: a number for what holds the object, and which of the elements there it is. */
export class ReferencesPart extends Part {
  readonly targets = this.store.spill.track();
  /** What holds them all, if that is the same; -1 if it is not known yet, NaN if there are several. */
  holder = -1;
  /** Whether there are elements among them, and objects that stand by themselves. */
  hasElements = false;
  hasWholes = false;

  append(vector: VectorNode): void {
    this.store.waiting.push([this, vector]);
  }

  /** Takes references by numbers, which `resolve` knows. */
  take({ values }: VectorNode, resolve: (reference: Reference) => Target): void {
    const pairs = new Float64Array(2 * values.length);
    for (const [i, reference] of values.entries()) {
      const { holder, index } = resolve(reference as Reference);
      pairs[2 * i] = holder;
      pairs[2 * i + 1] = index;
      if (index < 0) this.hasWholes = true;
      else this.hasElements = true;
      if (this.holder === -1) this.holder = holder;
      else if (this.holder !== holder) this.holder = Number.NaN;
    }
    this.targets.numbers(pairs, 8);
  }
}

/** What a reference leads to: an object by its number, or element `index` of one. */
export interface Target {
  readonly holder: number;
  readonly index: number;
}
