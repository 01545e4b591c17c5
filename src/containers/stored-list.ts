import { H5Dataset } from '../hdf5/h5-dataset.js';
import type { H5Group } from '../hdf5/h5-group.js';
import { Reserved } from '../serialize/layout.js';
import { newRestorer, readFrom, within } from '../serialize/serialize.js';
import type { Context } from './context.js';
import { FixedList, HOLE } from './list-store.js';

/** Elements that are read together, where they turn out to be no objects. */
const BLOCK = 256;

/**
 * A list as `write` stored it, where it cannot grow as it is: with missing elements, of several kinds, of rows of several
 * lengths, ... It is read where it stands.
 */
export class StoredList extends FixedList {
  readonly object: H5Group | H5Dataset;
  readonly #context: Context;
  readonly length: number;
  /** All elements, where a part of them cannot be read by itself. */
  readonly #all: readonly unknown[] | undefined;
  #block: readonly unknown[] = [];
  #start = 0;
  #areObjects = false;

  constructor(object: H5Group | H5Dataset, context: Context) {
    super();
    this.object = object;
    this.#context = context;
    const { codec } = context;
    if (object instanceof H5Dataset && !object.attrs.has(Reserved.type)) {
      // A column, which is no value by itself.
      this.#all = within(object, codec, (space, address) => {
        const restorer = newRestorer(space, codec);
        return restorer.whole(() => Array.from(restorer.vector(address).elements as ArrayLike<unknown>));
      });
      this.length = this.#all.length;
    } else this.length = readFrom(object, { ...codec, path: 'length' }) as number;
  }

  get(index: number): unknown {
    void this.object.node;
    if (this.#all) return this.#all[index];
    const at = index - this.#start;
    if (at >= 0 && at < this.#block.length) return this.#block[at];
    if (this.#areObjects) return this.#read(index);
    const start = index - (index % BLOCK);
    const block = this.#part(start, Math.min(this.length, start + BLOCK));
    this.#areObjects = block.some((value) => typeof value === 'object' && value !== null);
    if (this.#areObjects) return this.#read(index);
    this.#block = block;
    this.#start = start;
    return block[index - start];
  }

  #read(index: number): unknown {
    return readFrom(this.object, { ...this.#context.codec, path: [index] });
  }

  #part(start: number, end: number, codec = this.#context.codec): readonly unknown[] {
    return readFrom(this.object, { ...codec, path: `${start}:${end}` }) as readonly unknown[];
  }

  /** All elements, with the objects that they share, to be changed and stored again: what leads back to the list leads to this array. */
  whole(): unknown[] {
    return this.#all?.slice() ?? (readFrom(this.object, this.#context.moving) as unknown[]);
  }

  slice(start: number, end: number, isMoved = false): unknown[] {
    const codec = isMoved ? this.#context.moving : this.#context.codec;
    const part = this.#all?.slice(start, end) ?? this.#part(start, end, codec);
    return Array.from(part, (value, i) => (i in part ? value : HOLE));
  }
}
