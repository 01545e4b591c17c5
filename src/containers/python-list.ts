import { H5FormatError } from '../errors.js';
import type { H5Dataset } from '../hdf5/h5-dataset.js';
import type { H5Group } from '../hdf5/h5-group.js';
import type { Context } from './context.js';
import { H5Array } from './h5-array.js';
import { H5Dict } from './h5-dict.js';
import { H5List } from './h5-list.js';
import { FixedList } from './list-store.js';
import { presented } from './member.js';

/** A list as ch5mpy stores it: a group whose members are named by their indices. When it is changed it becomes one of ours. */
export class PythonList extends FixedList {
  readonly object: H5Group;
  readonly #context: Context;
  readonly length: number;

  constructor(group: H5Group, context: Context) {
    super();
    this.object = group;
    this.#context = context;
    this.length = group.size;
  }

  get(index: number): unknown {
    const { object } = this;
    const element = object.get(String(index));
    if (element) return presented(element as H5Group | H5Dataset, this.#context);
    throw new H5FormatError(
      -1,
      `the list "${object.path}" has ${this.length} members, none of them named ${index}`,
    );
  }

  slice(start: number, end: number): unknown[] {
    return Array.from({ length: end - start }, (_, i) => {
      const value = this.get(start + i);
      if (value instanceof H5Dict || value instanceof H5List) return value.copy();
      return value instanceof H5Array ? value.toNested() : value;
    });
  }
}
