import { H5FormatError } from '../errors.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5Group } from '../hdf5/h5-group.js';
import { orderedLinks } from '../hdf5/members.js';
import { Encoding, Reserved } from '../serialize/layout.js';
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

  /**
   * Before it becomes another list: throws if parts of it hold more than the list does, as when another program has added to them. That
   * would be lost, and as a value the list cannot be read.
   */
  checkParts(): void {
    const { object } = this;
    if (!(object instanceof H5Group)) return;
    const expect = (name: string, count: number): void => {
      const length = this.#lengthOf(object.get(name));
      if (length !== undefined && length !== count)
        throw new H5FormatError(
          -1,
          `"${object.path}/${name}" has ${length} elements, the list has ${count} of them`,
        );
    };
    const encoding = object.attrs.get(Reserved.encoding);
    const numbers = object.get(encoding === Encoding.union ? '@kinds' : 'offsets');
    if (!(numbers instanceof H5Dataset)) return;
    if (encoding === Encoding.union) {
      const counts = new Float64Array(256);
      for (const kind of numbers.value as Iterable<number>) counts[kind] = (counts[kind] ?? 0) + 1;
      const parts = orderedLinks(object.node).filter(([name]) => name !== '@kinds');
      for (const [kind, [name]] of parts.entries()) expect(name, counts[kind] ?? 0);
    } else if (encoding === Encoding.ragged) {
      for (const name of ['keys', 'values']) expect(name, numbers.size > 0 ? Number(numbers.at(-1)) : 0);
    }
  }

  #lengthOf(part: unknown): number | undefined {
    if (part instanceof H5Dataset) return part.shape?.[0];
    if (!(part instanceof H5Group)) return undefined;
    return readFrom(part, { ...this.#context.codec, path: 'length' }) as number;
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
