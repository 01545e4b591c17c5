import type { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5Group } from '../hdf5/h5-group.js';
import { hasReferences } from '../hdf5/release.js';
import { addMembers, placedIn } from '../serialize/part-writer.js';
import { memberSegment } from '../serialize/path.js';
import { readFrom } from '../serialize/serialize.js';
import type { Context } from './context.js';
import { HOLE, type ListStore } from './list-store.js';
import { storedObject } from './member.js';
import { storeWithCopies } from './own-collections.js';
import { become, placeOf } from './rewriting.js';
import { StoredList } from './stored-list.js';

/**
 * A list whose elements share objects, or lead back to it: one by one they would not be what they are. Each change is one of
 * all of it, through memory.
 */
export class WholeList implements ListStore {
  readonly #context: Context;
  #stored: StoredList;

  constructor(stored: StoredList, context: Context) {
    this.#stored = stored;
    this.#context = context;
  }

  get object(): H5Group | H5Dataset {
    return this.#stored.object;
  }

  get length(): number {
    return this.#stored.length;
  }

  get(index: number): unknown {
    return this.#stored.get(index);
  }

  slice(start: number, end: number, isMoved = false): unknown[] {
    return this.#stored.slice(start, end, isMoved);
  }

  fits(): boolean {
    return true;
  }

  adapt(): boolean {
    return true;
  }

  add(value: unknown): boolean {
    return this.splice(this.length, 0, [value]);
  }

  set(index: number, value: unknown): boolean {
    return this.splice(index, 1, [value]);
  }

  truncate(length: number): boolean {
    return this.splice(length, this.length - length, []);
  }

  splice(start: number, count: number, values: readonly unknown[]): boolean {
    const { codec } = this.#context;
    const whole = this.#stored.whole();
    const given = values.map((value) => {
      const object = storedObject(value);
      return object === undefined ? value : readFrom(object as H5Group | H5Dataset, codec);
    });
    whole.splice(start, count, ...given);
    for (const [i, value] of values.entries()) if (value === HOLE) delete whole[start + i];
    this.#become(whole);
    return true;
  }

  /** Puts elements in the places of others, as `order` says. */
  arrange(order: readonly number[]): void {
    const whole = this.#stored.whole();
    const before = whole.slice();
    for (const [i, place] of order.entries())
      if (place in before) whole[i] = before[place];
      else delete whole[i];
    this.#become(whole);
  }

  #become(whole: readonly unknown[]): void {
    const { codec } = this.#context;
    const { object } = this;
    const add = (holder: H5Group, name: string): void => {
      try {
        storeWithCopies(whole, this.#context, (each) => addMembers(holder, { [name]: each }, codec));
      } catch (error) {
        throw placedIn(error, `$${memberSegment(name)}`, placeOf(object));
      }
    };
    const made = become(object, add, this.#context);
    this.#stored = new StoredList(made, this.#context);
  }

  flush(): void {}
}

/** Whether parts of a value may be reached in two ways, by what the file says of it. */
export function mayShare(object: H5Group | H5Dataset): boolean {
  let links = 0;
  let objects = 0;
  let refers = false;
  const look = (each: H5Group | H5Dataset): void => {
    for (const name of each.attrs.keys()) {
      const datatype = each.attrs.info(name)?.datatype;
      if (datatype && hasReferences(datatype)) refers = true;
    }
    if (each instanceof H5Group) links += each.size;
    else if (hasReferences(each.datatype)) refers = true;
  };
  look(object);
  if (object instanceof H5Group)
    object.visit((_, each) => {
      objects++;
      if (each instanceof H5Group || 'shape' in each) look(each as H5Group | H5Dataset);
    });
  return refers || links > objects;
}
