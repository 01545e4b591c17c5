import type { H5Dataset } from '../hdf5/h5-dataset.js';
import type { H5Group } from '../hdf5/h5-group.js';
import { Reserved } from '../serialize/layout.js';
import { Column, type ColumnType, newColumn, STRIDE } from './column.js';
import type { CellStore } from './list-store.js';
import { become, setWord } from './rewriting.js';

/** A list of numbers, strings, booleans, bigints or dates: one dataset. */
export class VectorList implements CellStore {
  #column: Column;
  #limit = 0;

  constructor(dataset: H5Dataset) {
    this.#column = new Column(dataset);
    this.#limit = this.#column.limit;
  }

  /** Makes one without elements, under a name of a group; `isPart`: which is no value by itself, but a column. */
  static make(holder: H5Group, name: string, type: ColumnType, length: number, isPart = false): H5Dataset {
    const dataset = holder.createDataset(name, newColumn(type, length)) as H5Dataset;
    if (!isPart) setWord(dataset, Reserved.type, 'Array');
    return dataset;
  }

  get object(): H5Dataset {
    return this.#column.dataset;
  }

  /** Whether elements are objects, to which other parts of the file may refer. */
  get hasObjects(): boolean {
    return this.#column.type.kind === 'date';
  }

  get stored(): number {
    return this.#column.stored;
  }

  get length(): number {
    return this.#column.length;
  }

  get(index: number): unknown {
    return this.#column.get(index);
  }

  slice(start: number, end: number): unknown[] {
    return this.#column.slice(start, end);
  }

  fits(value: unknown): boolean {
    return this.#column.fits(value);
  }

  takes(value: unknown): boolean {
    const column = this.#column;
    return column.known < this.#limit && column.fits(value);
  }

  put(value: unknown): void {
    this.#column.add(value);
  }

  add(value: unknown): boolean {
    const isTaken = this.takes(value);
    if (isTaken) this.put(value);
    return isTaken;
  }

  canSet(_index: number, value: unknown): boolean {
    return this.#column.fits(value);
  }

  set(index: number, value: unknown): boolean {
    if (!this.#column.fits(value)) return false;
    this.#column.set(index, value);
    return true;
  }

  canSplice(_start: number, count: number, values: readonly unknown[]): boolean {
    const column = this.#column;
    const shift = values.length - count;
    // What write has stored in one piece cannot become shorter either.
    const hasRoom = shift === 0 || (this.#limit > 0 && column.length + shift <= this.#limit);
    return hasRoom && values.every((value) => column.fits(value));
  }

  splice(start: number, count: number, values: readonly unknown[]): boolean {
    if (!this.canSplice(start, count, values)) return false;
    this.#column.splice(start, count, values);
    return true;
  }

  truncate(length: number): boolean {
    if (this.#limit === 0) return false;
    this.#column.truncate(length);
    return true;
  }

  flush(): void {
    this.#column.flush();
  }

  adapt(values: readonly unknown[]): boolean {
    const column = this.#column;
    const type = column.typeWith(values);
    if (!type) return false;
    const isPart = !column.dataset.attrs.has(Reserved.type);
    this.#column = rebuilt(column, values.length, (holder, name, length) =>
      VectorList.make(holder, name, type, length, isPart),
    );
    this.#limit = this.#column.limit;
    return true;
  }
}

/** A column of another type, or of larger chunks, in the place of one. */
export function rebuilt(
  column: Column,
  more: number,
  make: (holder: H5Group, name: string, length: number) => H5Dataset,
): Column {
  column.flush();
  const { length } = column;
  const made = become(column.dataset, (holder, name) => {
    make(holder, name, length + more);
    holder.session.editor?.flush();
    const copy = new Column(holder.dataset(name) as H5Dataset);
    for (let start = 0; start < length; start += STRIDE) {
      for (const value of column.slice(start, Math.min(length, start + STRIDE))) copy.add(value);
      copy.flush();
    }
  });
  return new Column(made as H5Dataset);
}
