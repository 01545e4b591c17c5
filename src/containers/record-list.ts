import { H5FormatError } from '../errors.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5Group } from '../hdf5/h5-group.js';
import { orderedLinks } from '../hdf5/members.js';
import { defaultRegistry, type RegisteredClass } from '../registry/index.js';
import { Encoding, MAX_NAME, Reserved } from '../serialize/layout.js';
import { escapeName, unescapeName } from '../serialize/names.js';
import { setProperty } from '../serialize/rows.js';
import { NO_VALUES } from '../serialize/values.js';
import { isColumn, typeOfValue } from './column.js';
import type { Context } from './context.js';
import type { CellStore, ListStore } from './list-store.js';
import { setWord } from './rewriting.js';
import { isOfUnion, UnionList } from './union-list.js';
import { VectorList } from './vector-list.js';

type Row = Record<string, unknown>;

/** A table with more columns than this is no table. */
const MAX_COLUMNS = 256;
/** Would give an object another prototype. */
const PROTO = '__proto__';

/** What rows of a table have in common. */
export interface RowShape {
  /** The class of which they are instances. */
  readonly cls: RegisteredClass | undefined;
  readonly keys: readonly string[];
}

/** What a row has in common with others; undefined of what can be no row of a table that grows. */
export function shapeOfRow(value: unknown, { codec }: Context): RowShape | undefined {
  // Objects are taken for what their properties are. What a getter is may be another question.
  if (typeof value !== 'object' || value === null || codec.accessors === 'skip') return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (Object.getOwnPropertySymbols(value).length > 0) return undefined;
  if (prototype === Object.prototype) return { cls: undefined, keys: Object.keys(value) };
  if (prototype === null || Array.isArray(value) || !Object.isExtensible(value)) return undefined;
  const cls = (codec.registry ?? defaultRegistry).of(prototype as object);
  if (!cls || !isStoredByProperties(cls, cls.version, codec)) return undefined;
  const keys = Object.keys(value);
  return cls.storesJust(keys) ? { cls, keys } : undefined;
}

/** Whether instances of a class are what their properties are, and nothing else. */
function isStoredByProperties(
  cls: RegisteredClass,
  version: number,
  { values = NO_VALUES, registry = defaultRegistry }: Context['codec'],
): boolean {
  return (
    !cls.codec &&
    version === cls.version &&
    cls.stored.length === 0 &&
    cls.declared.every(({ property, as }) => typeof property === 'string' && !as) &&
    !values.encoder(cls) &&
    !values.decoder(cls, version, registry)
  );
}

/** Whether a value can be a row of a table that grows. */
export function isTableRow(value: unknown, { keys }: RowShape): value is Row {
  if (keys.length === 0 || keys.length > MAX_COLUMNS) return false;
  return keys.every((key) => key !== PROTO && key.length <= MAX_NAME && isOfUnion((value as Row)[key]));
}

/** A list of objects of the same properties, or of instances of one class: a group with a dataset for each property. */
export class RecordList implements ListStore {
  readonly object: H5Group;
  readonly #context: Context;
  readonly #shape: RowShape;
  readonly #columns: CellStore[];
  /** Makes objects that have the prototype at once. */
  readonly #Row: (new () => Row) | undefined;
  readonly #cells: unknown[] = [];
  /** Whether the number of rows is not the one that the file says. */
  #isChanged = false;

  private constructor(group: H5Group, context: Context, shape: RowShape, columns: CellStore[]) {
    this.object = group;
    this.#context = context;
    this.#shape = shape;
    this.#columns = columns;
    const prototype = shape.cls ? shape.cls.bareInstances : Object.prototype;
    if (!prototype) return;
    function EmptyRow() {}
    EmptyRow.prototype = prototype;
    this.#Row = EmptyRow as unknown as new () => Row;
  }

  /** That of a group; undefined if it cannot be changed in place. */
  static of(group: H5Group, context: Context): RecordList | undefined {
    const { attrs } = group;
    if ([Reserved.mask, Reserved.items, Reserved.integrity].some((name) => attrs.has(name))) return undefined;
    const { codec } = context;
    const name = attrs.get<string>(Reserved.class);
    const cls = name === undefined ? undefined : (codec.registry ?? defaultRegistry).get(name);
    if (name !== undefined && cls?.name !== name) return undefined;
    if (cls && !isStoredByProperties(cls, Number(attrs.get<number | bigint>(Reserved.version) ?? 0), codec))
      return undefined;
    group.session.editor?.flush();
    const names = orderedLinks(group.node).map(([each]) => each);
    if (names.length === 0 || names.length > MAX_COLUMNS) return undefined;
    const keys: string[] = [];
    const columns: CellStore[] = [];
    for (const each of names) {
      const column = group.linkInfo(each)?.kind === 'hard' ? columnOf(group.get(each)) : undefined;
      if (!column) return undefined;
      const key = cls ? cls.propertyFor(unescapeName(each)) : unescapeName(each);
      if (typeof key !== 'string' || key === PROTO || cls?.isWritable(key) === false) return undefined;
      keys.push(key);
      columns.push(column);
    }
    if (new Set(keys).size < keys.length || cls?.storesJust(keys) === false) return undefined;
    const length = Number(attrs.get<number | bigint>(Reserved.length) ?? 0);
    for (const { object, stored } of columns)
      if (stored !== length)
        throw new H5FormatError(
          -1,
          `"${object.path}" has ${stored} elements in a table of ${String(length)} rows`,
        );
    return new RecordList(group, context, { cls, keys }, columns);
  }

  /** Makes one without rows, for rows like one, under a name of a group. */
  static make(holder: H5Group, name: string, { cls, keys }: RowShape, row: Row, length: number): H5Group {
    const group = holder.createGroup(name);
    setWord(group, Reserved.encoding, Encoding.records);
    group.attrs.set(Reserved.length, 0, { dtype: 'u4' });
    if (cls) {
      setWord(group, Reserved.class, cls.name);
      if (cls.version > 0) group.attrs.set(Reserved.version, cls.version);
    }
    for (const key of keys) {
      const column = escapeName(cls ? cls.storedName(key) : key);
      const type = typeOfValue(row[key]);
      if (type) VectorList.make(group, column, type, length, true);
      else UnionList.make(group, column, length);
    }
    return group;
  }

  get length(): number {
    // The group is asked, for it may be gone.
    void this.object.node;
    return (this.#columns[0] as CellStore).length;
  }

  get(index: number): unknown {
    const { cls, keys } = this.#shape;
    const columns = this.#columns;
    const Row = this.#Row;
    const row = Row ? new Row() : ((cls as RegisteredClass).create() as Row);
    if (cls)
      for (let i = 0; i < keys.length; i++)
        setProperty(row, cls.storedName(keys[i] as string), (columns[i] as CellStore).get(index), cls);
    else for (let i = 0; i < keys.length; i++) row[keys[i] as string] = (columns[i] as CellStore).get(index);
    return row;
  }

  slice(start: number, end: number): unknown[] {
    const values: unknown[] = [];
    for (let i = start; i < end; i++) values.push(this.get(i));
    return values;
  }

  fits(value: unknown): boolean {
    if (!this.#isRow(value)) return false;
    const { keys } = this.#shape;
    const columns = this.#columns;
    for (let i = 0; i < keys.length; i++)
      if (!(columns[i] as CellStore).fits((value as Row)[keys[i] as string])) return false;
    return true;
  }

  /** Whether a value has what all rows have. */
  #isRow(value: unknown): value is Row {
    const shape = shapeOfRow(value, this.#context);
    const { cls, keys } = this.#shape;
    if (shape?.cls !== cls || shape?.keys.length !== keys.length) return false;
    for (let i = 0; i < keys.length; i++) if (shape.keys[i] !== keys[i]) return false;
    return true;
  }

  add(value: unknown): boolean {
    if (!this.#isRow(value)) return false;
    const columns = this.#columns;
    const { keys } = this.#shape;
    // What a getter returns is asked for once.
    const cells = this.#cells;
    for (let i = 0; i < keys.length; i++) {
      cells[i] = value[keys[i] as string];
      if (!(columns[i] as CellStore).takes(cells[i])) return false;
    }
    for (let i = 0; i < keys.length; i++) (columns[i] as CellStore).put(cells[i]);
    this.#isChanged = true;
    return true;
  }

  set(index: number, value: unknown): boolean {
    if (!this.#isRow(value)) return false;
    const cells = this.#shape.keys.map((key) => value[key]);
    const columns = this.#columns;
    if (!columns.every((column, i) => column.canSet(index, cells[i]))) return false;
    for (const [i, column] of columns.entries()) column.set(index, cells[i]);
    return true;
  }

  splice(start: number, count: number, values: readonly unknown[]): boolean {
    if (!values.every((value) => this.#isRow(value))) return false;
    const cells = this.#shape.keys.map((key) => values.map((value) => (value as Row)[key]));
    const columns = this.#columns;
    if (!columns.every((column, i) => column.canSplice(start, count, cells[i] as unknown[]))) return false;
    for (const [i, column] of columns.entries()) column.splice(start, count, cells[i] as unknown[]);
    this.#isChanged = true;
    this.flush();
    return true;
  }

  truncate(length: number): boolean {
    const columns = this.#columns;
    const count = this.length - length;
    if (!columns.every((column) => column.canSplice(length, count, []))) return false;
    for (const column of columns) column.truncate(length);
    this.#isChanged = true;
    return true;
  }

  flush(): void {
    for (const column of this.#columns) column.flush();
    if (!this.#isChanged) return;
    this.#isChanged = false;
    this.object.attrs.set(Reserved.length, (this.#columns[0] as CellStore).stored, { dtype: 'u4' });
  }

  adapt(values: readonly unknown[]): boolean {
    if (!values.every((value) => this.#isRow(value) && isTableRow(value, this.#shape))) return false;
    this.flush();
    const { length } = this;
    for (const [i, key] of this.#shape.keys.entries()) {
      const column = this.#columns[i] as CellStore;
      const cells = values.map((value) => (value as Row)[key]);
      // What write has stored in one piece could not become shorter either.
      const canShrink = length === 0 || column.canSplice(0, 1, []);
      if ((canShrink && column.canSplice(length, 0, cells)) || column.adapt(cells)) continue;
      const union = UnionList.from(column as VectorList);
      union.adapt(cells);
      this.#columns[i] = union;
    }
    return true;
  }
}

/** The cells of a column; undefined if it cannot be changed in place. */
function columnOf(object: unknown): CellStore | undefined {
  if (object instanceof H5Dataset)
    return isColumn(object) && !object.attrs.has(Reserved.type) ? new VectorList(object) : undefined;
  const isUnion = object instanceof H5Group && object.attrs.get(Reserved.encoding) === Encoding.union;
  return isUnion ? UnionList.of(object) : undefined;
}
