import { H5TypeError } from '../errors.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5Group } from '../hdf5/h5-group.js';
import type { Selection } from '../hdf5/selection.js';
import type { BlockData } from '../kernels/block-source.js';
import { given } from '../serialize/checked-options.js';
import { Encoding, Reserved } from '../serialize/layout.js';
import { type ReadOptions, readFrom, type WriteOptions, writeInto } from '../serialize/serialize.js';
import { memorySizeOf } from './block-data.js';
import type { ElementStore } from './element-store.js';
import { thePlatform } from './platform.js';

/** What the codec that reads and writes elements of any kind needs: in Node all of it is there. */
export type CodecOptions = Pick<ReadOptions, 'registry' | 'values' | 'parts' | 'limits' | 'unknownClass'> &
  Pick<WriteOptions, 'datasets' | 'onUnsupported'>;

/** The elements of a list that the codec has written, or will: values of any kind. */
export class CodecStore implements ElementStore {
  readonly parent: H5Group;
  /** Of the list in the group; undefined where the list is all that is in a file. */
  readonly name: string | undefined;
  readonly dtype = 'object';
  readonly chunkDims = undefined;
  readonly fillsAtOnce = false;
  readonly #options: CodecOptions;

  constructor(parent: H5Group, name: string | undefined, options: CodecOptions = {}) {
    this.parent = parent;
    this.name = name;
    this.#options = { ...thePlatform().codec, ...given(options) };
    void this.dims;
  }

  /** Makes the list of values. */
  static write(
    parent: H5Group,
    name: string,
    values: readonly unknown[],
    options: CodecOptions = {},
  ): CodecStore {
    putInto(parent, values, { ...thePlatform().codec, ...given(options), path: [name] });
    return new CodecStore(parent, name, options);
  }

  get #list(): H5Group | H5Dataset {
    const { parent, name } = this;
    // A write may have put another object in its place.
    const list = name === undefined ? parent : parent.get(name);
    if (list instanceof H5Group || list instanceof H5Dataset) return list;
    throw new H5TypeError(`there is no list "${name}" in "${parent.path}" any more`);
  }

  get dims(): readonly number[] {
    const list = this.#list;
    const encoding = list.attrs.get(Reserved.encoding);
    // An object may have a property of the name as well.
    const isList = list instanceof H5Dataset || (encoding !== undefined && encoding !== Encoding.entries);
    const length = isList ? readFrom(list, { ...this.#options, path: 'length' }) : undefined;
    if (typeof length === 'number') return [length];
    throw new H5TypeError(`"${list.path}" is a group that is no list of values`);
  }

  get itemSize(): number {
    return memorySizeOf('object');
  }

  get cost(): number {
    return memorySizeOf('object');
  }

  read(selection: Selection): BlockData {
    const result = new Array<unknown>(selection.count);
    const list = this.#list;
    selection.forEachRun((offset, length, position) => {
      const path = `${offset}:${offset + length}`;
      const values = readFrom(list, { ...this.#options, path }) as ArrayLike<unknown>;
      for (let i = 0; i < length; i++) result[position + i] = values[i];
    });
    return result;
  }

  write(selection: Selection, data: BlockData, isOne: boolean): void {
    const { parent, name } = this;
    this.atomically(() => {
      selection.forEachRun((offset, length, position) => {
        for (let i = 0; i < length; i++) {
          const path = name === undefined ? [offset + i] : [name, offset + i];
          putInto(parent, data[isOne ? 0 : position + i], { ...this.#options, path });
        }
      });
    });
  }

  atomically<T>(action: () => T): T {
    return this.parent.file.transaction(action);
  }
}

function putInto(group: H5Group, value: unknown, options: WriteOptions): void {
  if (writeInto(group, value, options) instanceof Promise)
    throw new H5TypeError('an element that is asynchronous cannot be written at once');
}
