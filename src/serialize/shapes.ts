import type { RegisteredClass } from '../registry/index.js';
import { hashRows } from './identity.js';
import { MAX_MEMBERS, MAX_NAME } from './layout.js';
import { type Leaf, LeafBuilder } from './leaf.js';

/** Rows with the same property names in the same order. */
export interface Shape {
  readonly keys: readonly string[];
  readonly rows: number[];
  /** Whether for-in lists just these keys of each such row, which is several times faster than to look each up. */
  forIn: boolean;
}

/** Tables are not split into more than this many, and not into more than one for every four rows. */
const MAX_GROUPS = 64;

/** Sorts rows by their shapes, in the order in which the shapes are met; `propertiesOf`: their keys, if not the usual ones. */
export function groupRows(
  rows: readonly object[],
  cls: RegisteredClass | undefined,
  propertiesOf?: (row: object) => readonly string[],
): Shape[] {
  const shapes: Shape[] = [];
  const byKeys = new Map<string, Shape>();
  // What a prototype makes enumerable, for-in would list among an object's own keys.
  const useForIn = !propertiesOf && !inheritsEnumerable(rows[0] as object);
  let last: Shape | undefined;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as object;
    if (last?.forIn && hasKeys(row, last.keys)) {
      last.rows.push(i);
      continue;
    }
    // Symbols are looked up as strings are; what tells shapes apart is what the file calls their keys.
    const keys = propertiesOf?.(row) ?? (cls ? (cls.propertiesOf(row) as string[]) : Object.keys(row));
    const signature = JSON.stringify(cls ? keys.map((key) => cls.storedName(key)) : keys);
    let shape = byKeys.get(signature);
    if (!shape) {
      shape = { keys, rows: [], forIn: useForIn && cls?.storesJust(keys) !== false };
      byKeys.set(signature, shape);
      shapes.push(shape);
    }
    // Fields are stored in the order of their class, which need not be that of an instance.
    shape.forIn &&= hasKeys(row, keys);
    shape.rows.push(i);
    last = shape;
  }
  return shapes;
}

function hasKeys(row: object, keys: readonly string[]): boolean {
  let i = 0;
  for (const key in row) if (key !== keys[i++]) return false;
  return i === keys.length;
}

/** Rows are gathered this many at a time, so that what is gathered stays in the processor's cache. */
const BLOCK = 1024;

/**
 * The columns of rows that all have the prototype and just the keys of the first; undefined if one of them is different, or an
 * instance that cannot be extended. And a hash of each row like that of `hashObject`, unless a column tells that no row is
 * there twice: one of numbers that rise.
 */
export function gatherUniform(
  rows: readonly object[],
  keys: readonly string[],
  areInstances = false,
): { columns: (unknown[] | Leaf)[]; hashes: Int32Array | undefined } | undefined {
  const [first] = rows as [object];
  if (inheritsEnumerable(first)) return undefined;
  // Hashes are of values that cannot change.
  if (keys.some((key) => Object.getOwnPropertyDescriptor(first, key)?.get)) return undefined;
  const prototype = Object.getPrototypeOf(first) as object | null;
  const { length } = rows;
  let hashes: Int32Array | undefined;
  const blocks = keys.map(() => new Array<unknown>(Math.min(BLOCK, length)));
  const leaves: (LeafBuilder | undefined)[] = keys.map(() => new LeafBuilder(length));
  for (let start = 0; start < length; start += BLOCK) {
    const count = Math.min(BLOCK, length - start);
    for (let i = 0; i < count; i++) {
      const row = rows[start + i] as Record<string, unknown>;
      if (
        typeof row !== 'object' ||
        row === null ||
        Object.getPrototypeOf(row) !== prototype ||
        (areInstances && !Object.isExtensible(row))
      )
        return undefined;
      let j = 0;
      for (const key in row) {
        if (key !== keys[j]) return undefined;
        (blocks[j++] as unknown[])[i] = row[key];
      }
      if (j !== keys.length) return undefined;
    }
    let isRising = false;
    for (let j = 0; j < keys.length; j++) {
      const leaf = leaves[j];
      if (leaf?.append(blocks[j] as unknown[], count)) isRising ||= leaf.isRising;
      else leaves[j] = undefined;
    }
    // Those before this block as well, if a column has risen up to here.
    if (!isRising) hashes = hashRows(rows, keys, hashes, hashes ? start : 0, start + count);
  }
  const columns = leaves.map((leaf, j) => {
    if (leaf) return leaf.finish();
    const key = keys[j] as string;
    return rows.map((row) => (row as Record<string, unknown>)[key]);
  });
  return { columns, hashes };
}

function inheritsEnumerable(row: object): boolean {
  const prototype = Object.getPrototypeOf(row) as object | null;
  for (const _ in prototype) return true;
  return false;
}

/** Rows that share a table: each row has some of its columns, in the table's order. */
export class RowGroup {
  columns: readonly string[];
  readonly shapes: Shape[];
  #names: Set<string>;
  #rowCount: number;
  #cells: number;

  constructor(shape: Shape) {
    this.columns = shape.keys;
    this.#names = new Set(shape.keys);
    this.shapes = [shape];
    this.#rowCount = shape.rows.length;
    this.#cells = shape.rows.length * shape.keys.length;
  }

  /** The numbers of all rows, in order. */
  get rows(): number[] {
    const [first] = this.shapes as [Shape];
    if (this.shapes.length === 1) return first.rows;
    return this.shapes.flatMap((shape) => shape.rows).sort((a, b) => a - b);
  }

  /** Takes in the rows of a shape, if the order of their keys allows it and at least half of the table is used. */
  merge(shape: Shape): boolean {
    const { keys, rows } = shape;
    const columns = [...this.columns];
    const isNew = (key: string) => !this.#names.has(key);
    const rowCount = this.#rowCount + rows.length;
    const cells = this.#cells + rows.length * keys.length;
    // Before their order is looked at, which takes much longer.
    if (cells * 2 < rowCount * (columns.length + keys.filter(isNew).length)) return false;
    let at = 0;
    for (const key of keys) {
      const found = columns.indexOf(key, at);
      if (found >= 0) {
        at = found + 1;
      } else {
        if (!isNew(key)) return false;
        columns.splice(at++, 0, key);
      }
    }
    this.#names = new Set(columns);
    this.columns = columns;
    this.shapes.push(shape);
    this.#rowCount = rowCount;
    this.#cells = cells;
    return true;
  }

  /**
   * The values of each column, for the rows of this group; a property that a row lacks is a hole. `read` gives those that
   * cannot be taken as they are.
   */
  gather(rows: readonly object[], read: (row: object, key: string) => unknown): unknown[][] {
    const { columns } = this;
    const { length } = rows;
    const values = columns.map(() => new Array<unknown>(length));
    const [only] = this.shapes as [Shape];
    if (this.shapes.length === 1 && only.forIn) {
      for (let i = 0; i < length; i++) {
        const row = rows[i] as Record<string, unknown>;
        try {
          let j = 0;
          for (const key in row) (values[j++] as unknown[])[i] = row[key];
        } catch {
          // One of them throws: that is noted in its place.
          for (const [j, key] of only.keys.entries()) (values[j] as unknown[])[i] = read(row, key);
        }
      }
      return values;
    }
    // Which shape a row has, by its place among the rows of all shapes.
    const order = this.shapes
      .flatMap((shape) => shape.rows.map((row) => ({ row, shape })))
      .sort((a, b) => a.row - b.row);
    const places = new Map(columns.map((column, j) => [column, j]));
    for (let i = 0; i < length; i++) {
      const row = rows[i] as Record<string, unknown>;
      for (const key of (order[i] as { shape: Shape }).shape.keys) {
        (values[places.get(key) as number] as unknown[])[i] = read(row, key);
      }
    }
    return values;
  }
}

/**
 * The tables for rows of these shapes, or undefined if they differ so much that a table would be mostly
 * holes, that its columns would not fit, or that it would have none.
 */
export function mergeShapes(shapes: readonly Shape[], rowCount: number): RowGroup[] | undefined {
  const groups: RowGroup[] = [];
  const most = Math.min(MAX_GROUPS, Math.max(1, rowCount >> 2));
  for (const shape of shapes) {
    if (shape.keys.some((key) => key.length > MAX_NAME)) return undefined;
    if (groups.some((group) => group.merge(shape))) continue;
    if (groups.push(new RowGroup(shape)) > most) return undefined;
  }
  return groups.every(({ columns }) => columns.length > 0 && columns.length <= MAX_MEMBERS)
    ? groups
    : undefined;
}
