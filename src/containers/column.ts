/** Values of one kind in a dataset of one axis, which grows: what is appended is kept in memory until it is asked for. */
import { H5FormatError } from '../errors.js';
import type { DType } from '../hdf5/dtype.js';
import type { Editor } from '../hdf5/editing.js';
import type { ElementAccess } from '../hdf5/element-access.js';
import { decode } from '../hdf5/elements.js';
import type { H5Dataset } from '../hdf5/h5-dataset.js';
import type { CreateDatasetOptions } from '../hdf5/h5-group.js';
import { type Datatype, type FixedPoint, isBoolean } from '../hdf5/messages/datatype.js';
import { isIeee } from '../hdf5/number-elements.js';
import type { DatasetInfo } from '../hdf5/object.js';
import { rawData } from '../hdf5/raw-data.js';
import { isPlainText, utf8Encoder } from '../hdf5/text.js';
import { Missing, NOT_A_TIME, Reserved, Tag } from '../serialize/layout.js';
import { isPlainDate } from './scalar.js';

/** `missing`: null and undefined; `code`: small numbers that are no values, but say something of these. */
export type ColumnKind = 'int32' | 'float64' | 'boolean' | 'bigint' | 'text' | 'date' | 'missing' | 'code';

/** What the elements of a column are. */
export interface ColumnType {
  readonly kind: ColumnKind;
  /** Of text: how many bytes an element takes; 0: each takes what it needs. */
  readonly size: number;
}

/** Decoded elements: of dates their milliseconds, as they stand in the file. */
type Block =
  | Int32Array
  | Float64Array
  | BigInt64Array
  | Int8Array
  | Uint8Array
  | readonly string[]
  | readonly boolean[];

const INT32: ColumnType = { kind: 'int32', size: 0 };
const FLOAT64: ColumnType = { kind: 'float64', size: 0 };
const BOOLEAN: ColumnType = { kind: 'boolean', size: 0 };
const BIGINT: ColumnType = { kind: 'bigint', size: 0 };
const DATE: ColumnType = { kind: 'date', size: 0 };
const TEXT: ColumnType = { kind: 'text', size: 0 };
export const MISSING: ColumnType = { kind: 'missing', size: 0 };
export const CODE: ColumnType = { kind: 'code', size: 0 };

/** The names of what a mask says (docs/FORMAT.md, section 5). */
const MISSING_CODES = { undefined: Missing.undefined, null: Missing.null, absent: Missing.absent };
const MISSING_NAMES = Object.keys(MISSING_CODES);

/** Elements that are decoded together. */
const BLOCK = 4096;
/** So many blocks are kept: of numbers, and of all else. */
const NUMBER_BLOCKS = 256;
const OTHER_BLOCKS = 32;
/** Elements that are gone through or copied at a time. */
export const STRIDE = 1 << 14;
/** Chunks get larger with the column: so many elements each. */
const CHUNKS = [128, 2048, 1 << 15] as const;
/** When there are so many chunks, they get larger. */
const MANY_CHUNKS = 16;
/** The least text of a fixed length, in bytes; and by how much it may be longer than the average (docs/FORMAT.md, section 5). */
const LEAST_TEXT = 8;
const MOST_WASTE = 32;

// ---- types ------------------------------------------------------------------------------------------------

/** What a column must be to hold a value; undefined: no column can. */
export function typeOfValue(value: unknown): ColumnType | undefined {
  switch (typeof value) {
    case 'number':
      return isInt32(value) ? INT32 : FLOAT64;
    case 'boolean':
      return BOOLEAN;
    case 'bigint':
      return BigInt.asIntN(64, value) === value ? BIGINT : undefined;
    case 'string':
      return isPlainText(value) ? { kind: 'text', size: fixedSize(byteLength(value)) } : undefined;
    default:
      return isPlainDate(value) ? DATE : undefined;
  }
}

function isInt32(value: number): boolean {
  return (value | 0) === value && !Object.is(value, -0);
}

/** The fixed length for a text: so that few lengths follow each other as texts get longer. */
function fixedSize(bytes: number): number {
  let size = LEAST_TEXT;
  while (size < bytes) size *= 2;
  return size;
}

/** An upper bound of the bytes of a text in UTF-8, or the number of them. */
function byteLength(text: string): number {
  // Most are short and ASCII.
  if (text.length > 64) return utf8Encoder.encode(text).length;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return utf8Encoder.encode(text).length;
  return text.length;
}

/** What the elements of a dataset are, if they make a column that values can be put into. */
export function typeOfDatatype(datatype: Datatype): ColumnType | undefined {
  const { size } = datatype;
  switch (datatype.class) {
    case 'fixed-point':
      if (!isWholeNumber(datatype)) return undefined;
      if (!datatype.signed) return size === 1 ? CODE : undefined;
      return size === 4 ? INT32 : size === 8 ? BIGINT : undefined;
    case 'floating-point':
      return size === 8 && !datatype.bigEndian && isIeee(datatype) ? FLOAT64 : undefined;
    case 'enumerated':
      if (isBoolean(datatype)) return BOOLEAN;
      return size === 1 && datatype.names.join() === MISSING_NAMES.join() ? MISSING : undefined;
    case 'string':
      return datatype.charset === 'utf-8' && datatype.padding === 'null-padded'
        ? { kind: 'text', size }
        : undefined;
    case 'variable-length':
      return datatype.string?.charset === 'utf-8' ? TEXT : undefined;
    case 'compound': {
      const [member] = datatype.members;
      const isDate = datatype.members.length === 1 && member?.name === Tag.date && size === 8;
      return isDate && typeOfDatatype(member.type)?.kind === 'bigint' ? DATE : undefined;
    }
    default:
      return undefined;
  }
}

function isWholeNumber({ bigEndian, bitOffset, bitPrecision, size }: FixedPoint): boolean {
  return !bigEndian && bitOffset === 0 && bitPrecision === 8 * size;
}

export function dtypeOf({ kind, size }: ColumnType): DType {
  switch (kind) {
    case 'int32':
      return '<i4';
    case 'float64':
      return '<f8';
    case 'boolean':
      return 'bool';
    case 'bigint':
      return '<i8';
    case 'date':
      return { compound: { [Tag.date]: 'i8' } };
    case 'missing':
      return { enum: MISSING_CODES, base: 'i1' };
    case 'code':
      return 'u1';
    default:
      return size > 0 ? `S${size}` : 'str';
  }
}

/** What makes a dataset of a column without elements that is to hold so many. */
export function newColumn(type: ColumnType, length: number): CreateDatasetOptions {
  return { shape: [0], maxShape: [null], chunks: [chunkFor(length)], dtype: dtypeOf(type) };
}

function chunkFor(length: number): number {
  return CHUNKS.find((size) => length < size * MANY_CHUNKS) ?? (CHUNKS.at(-1) as number);
}

/** Whether a dataset is one that a column of values can be. */
export function isColumn(dataset: H5Dataset): boolean {
  const kind = kindOfDataset(dataset);
  return kind !== undefined && kind !== 'missing' && kind !== 'code';
}

/** What a dataset holds, if it is one that a column can be. */
export function kindOfDataset(dataset: H5Dataset): ColumnKind | undefined {
  const { attrs, shape } = dataset;
  const isOther = [Reserved.mask, Reserved.into, Reserved.numbers, Reserved.flat, Reserved.items].some(
    (name) => attrs.has(name),
  );
  return isOther || shape?.length !== 1 ? undefined : typeOfDatatype(dataset.datatype)?.kind;
}

// ---- the column -------------------------------------------------------------------------------------------

export class Column {
  readonly dataset: H5Dataset;
  readonly type: ColumnType;
  /** Values that have been appended since they were last written. */
  pending: unknown[] = [];
  #access: ElementAccess | undefined;
  #changes = -1;
  #length = 0;
  /** How often somebody else has changed the dataset. */
  #foreign = 0;
  readonly #blocks = new Map<number, Block>();
  /** The block that was used last, and its first element. */
  #last: Block = [];
  #start = 0;

  readonly #datatype: Datatype;

  /** Of a dataset that stands in the file. */
  constructor(dataset: H5Dataset) {
    this.dataset = dataset;
    this.#datatype = dataset.datatype;
    this.type = typeOfDatatype(this.#datatype) as ColumnType;
    this.#sync();
  }

  /** Another number once somebody else has changed the dataset. */
  get foreign(): number {
    this.#sync();
    return this.#foreign;
  }

  /** How many elements are in the file. */
  get stored(): number {
    this.#sync();
    return this.#length;
  }

  get length(): number {
    return this.stored + this.pending.length;
  }

  /** The same, if nobody else has changed the dataset. */
  get known(): number {
    return this.#length + this.pending.length;
  }

  /** From how many elements on its chunks are to be larger. */
  get limit(): number {
    const { maxShape } = this.dataset;
    if (maxShape?.[0] !== Infinity) return 0;
    const [size = 0] = this.dataset.chunks ?? [];
    return size >= (CHUNKS.at(-1) as number) ? Infinity : size * MANY_CHUNKS;
  }

  /** Whether a value can be an element. */
  fits(value: unknown): boolean {
    switch (this.type.kind) {
      case 'int32':
        return typeof value === 'number' && isInt32(value);
      case 'float64':
        return typeof value === 'number';
      case 'boolean':
        return typeof value === 'boolean';
      case 'bigint':
        return typeof value === 'bigint' && BigInt.asIntN(64, value) === value;
      case 'date':
        return isPlainDate(value);
      case 'missing':
        return value === null || value === undefined;
      default: {
        if (typeof value !== 'string') return false;
        const { size } = this.type;
        return isPlainText(value) && (size === 0 || (value.length <= size && byteLength(value) <= size));
      }
    }
  }

  /** What the column must be to hold these values as well; undefined: no column can. */
  typeWith(values: Iterable<unknown>): ColumnType | undefined {
    let { type } = this;
    // There is nothing wider.
    if (type.kind === 'missing') return type;
    const texts: number[] = [];
    for (const value of values) {
      const other = typeOfValue(value);
      if (!other) return undefined;
      if (other.kind === 'text') texts.push(byteLength(value as string));
      if (other.kind === type.kind) continue;
      if (type.kind === 'int32' && other.kind === 'float64') type = FLOAT64;
      else if (type.kind !== 'float64' || other.kind !== 'int32') return undefined;
    }
    const longest = texts.reduce((most, bytes) => Math.max(most, bytes), 0);
    return type.kind === 'text' && type.size > 0 && longest > type.size
      ? this.#textWith(texts, longest)
      : type;
  }

  /** The type for longer texts than there have been. */
  #textWith(texts: readonly number[], longest: number): ColumnType {
    let bytes = texts.reduce((sum, each) => sum + each, 0);
    const { length } = this;
    for (let start = 0; start < length; start += STRIDE)
      for (const each of this.slice(start, Math.min(length, start + STRIDE)))
        bytes += byteLength(each as string);
    const average = bytes / (length + texts.length);
    return longest - average > MOST_WASTE ? TEXT : { kind: 'text', size: fixedSize(longest) };
  }

  get(index: number): unknown {
    this.#sync();
    if (index >= this.#length) return copied(this.pending[index - this.#length]);
    let at = index - this.#start;
    if (at < 0 || at >= this.#last.length) {
      this.#load(index);
      at = index - this.#start;
    }
    return this.#value(this.#last[at]);
  }

  #value(stored: unknown): unknown {
    const { kind } = this.type;
    if (kind === 'missing') return stored === Missing.null ? null : undefined;
    if (kind !== 'date') return stored;
    return new Date(stored === NOT_A_TIME ? Number.NaN : Number(stored));
  }

  /** All elements of a column of codes. */
  codes(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.length);
    if (this.#length > 0) all.set(this.#raw(0, this.#length) as Uint8Array);
    all.set(this.pending as number[], this.#length);
    return all;
  }

  slice(start: number, end: number): unknown[] {
    const values: unknown[] = [];
    for (let i = start; i < end; i++) values.push(this.get(i));
    return values;
  }

  // ---- changes --------------------------------------------------------------------------------------

  /** Sets an element to a value that fits. */
  set(index: number, value: unknown): void {
    this.#sync();
    if (index >= this.#length) {
      this.pending[index - this.#length] = copied(value);
      return;
    }
    this.#write(index, [value]);
    const block = this.#blocks.get(index - (index % BLOCK));
    if (block) (block as unknown[])[index % BLOCK] = this.#encoded([value])[0];
  }

  /** Appends a value that fits. */
  add(value: unknown): void {
    this.pending.push(copied(value));
  }

  /** Writes what is kept in memory. */
  flush(): void {
    const { pending } = this;
    if (pending.length === 0) return;
    this.pending = [];
    this.#sync();
    const last = this.#length - (this.#length % BLOCK);
    // Not by the dataset, which would ask for what waits.
    this.#editor.append(this.dataset.node, this.#data(pending), 0);
    this.#blocks.delete(last);
    this.#own();
  }

  /** Cuts off what is behind the first `length` elements. */
  truncate(length: number): void {
    const { stored } = this;
    if (length >= stored) {
      this.pending.length = length - stored;
      return;
    }
    this.pending = [];
    this.#editor.resize(this.dataset.node, [length]);
    this.#blocks.clear();
    this.#own();
  }

  /** Removes elements and puts values that fit in their place. What follows is moved as it is. */
  splice(start: number, count: number, values: readonly unknown[]): void {
    this.flush();
    const { length } = this;
    const { node } = this.dataset;
    const editor = this.#editor;
    const from = start + count;
    const to = start + values.length;
    const changed = length + to - from;
    if (to > from) editor.resize(node, [changed]);
    editor.moveRows(node, from, to, length - from);
    if (to < from) editor.resize(node, [changed]);
    this.#write(start, values);
    this.#blocks.clear();
    this.#own();
  }

  // ---- the file -------------------------------------------------------------------------------------

  get #editor(): Editor {
    return this.dataset.session.edit();
  }

  #write(start: number, values: readonly unknown[] | Block): void {
    if (values.length === 0) return;
    const place = [[start, start + values.length]] as const;
    this.#editor.writeElements(this.dataset.node, place, this.#data(values as readonly unknown[]));
    this.#own();
  }

  /** Values as they are written. */
  #data(values: readonly unknown[]): unknown {
    const encoded = this.#encoded(values);
    return this.type.kind === 'date'
      ? Array.from(encoded as BigInt64Array, (time) => ({ [Tag.date]: time }))
      : encoded;
  }

  #encoded(values: readonly unknown[]): Block {
    if (ArrayBuffer.isView(values)) return values as unknown as Block;
    switch (this.type.kind) {
      case 'int32':
        return Int32Array.from(values as readonly number[]);
      case 'float64':
        return Float64Array.from(values as readonly number[]);
      case 'bigint':
        return BigInt64Array.from(values as readonly bigint[]);
      case 'date':
        return BigInt64Array.from(values as readonly (Date | bigint)[], (each) =>
          typeof each === 'bigint'
            ? each
            : Number.isNaN(each.getTime())
              ? NOT_A_TIME
              : BigInt(each.getTime()),
        );
      case 'missing':
        return Int8Array.from(values, (each) => (each === null ? Missing.null : Missing.undefined));
      case 'code':
        return Uint8Array.from(values as readonly number[]);
      default:
        return values as Block;
    }
  }

  /** Finds out whether somebody else has changed the dataset: what is kept of it is not that any more. */
  #sync(): void {
    const { node, session } = this.dataset;
    const access = session.elements(node);
    if (access === this.#access && access && access.changes === this.#changes) return;
    this.#foreign++;
    this.#access = access;
    this.#changes = access?.changes ?? -1;
    const { dataspace } = access ?? ((node as { info: DatasetInfo }).info as DatasetInfo);
    this.#length = dataspace.dims[0] ?? 0;
    this.#blocks.clear();
    this.#last = [];
  }

  /** The dataset is as it is by what has been done here. */
  #own(): void {
    const { node, session } = this.dataset;
    const access = session.elements(node);
    this.#access = access;
    this.#changes = access?.changes ?? -1;
    this.#length = access?.dataspace.dims[0] ?? 0;
    this.#last = [];
  }

  #load(index: number): void {
    const start = index - (index % BLOCK);
    let block = this.#blocks.get(start);
    if (!block) {
      block = this.#raw(start, Math.min(this.#length, start + BLOCK));
      const most = ArrayBuffer.isView(block) ? NUMBER_BLOCKS : OTHER_BLOCKS;
      if (this.#blocks.size >= most) this.#blocks.delete(this.#blocks.keys().next().value as number);
      this.#blocks.set(start, block);
    }
    this.#last = block;
    this.#start = start;
  }

  #raw(start: number, end: number): Block {
    const { dataset } = this;
    const datatype = this.#datatype;
    const { space } = dataset.session;
    const access = this.#access;
    const count = end - start;
    const bytes = access
      ? access.select([[start, end]]).bytes
      : rawData(space, (dataset.node as { info: DatasetInfo }).info, `the data of "${dataset.path}"`).copy(
          start,
          count,
        );
    const type = datatype.class === 'compound' ? (datatype.members[0]?.type as Datatype) : datatype;
    const block = decode(type, bytes, count, access?.heap ?? space.globalHeap) as Block;
    if (block.length !== count)
      throw new H5FormatError(-1, `"${dataset.path}" has ${block.length} elements, not ${count}`);
    return block;
  }
}

/** A date can be changed: each has its own. */
export function copied(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? new Date(value as Date) : value;
}
