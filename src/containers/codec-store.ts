import { H5PathError, H5TypeError } from '../errors.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5Group } from '../hdf5/h5-group.js';
import { components, join } from '../hdf5/paths.js';
import type { Selection } from '../hdf5/selection.js';
import type { BlockData } from '../kernels/block-source.js';
import { given } from '../serialize/checked-options.js';
import { Encoding, Reserved } from '../serialize/layout.js';
import { unescapeName } from '../serialize/names.js';
import { type ReadOptions, readFrom, type WriteOptions, writeInto } from '../serialize/serialize.js';
import { memorySizeOf } from './block-data.js';
import type { ElementStore } from './element-store.js';
import { LiveFile } from './live-file.js';
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
  readonly options: CodecOptions;

  constructor(parent: H5Group, name: string | undefined, options: CodecOptions = {}) {
    this.parent = parent;
    this.name = name;
    this.options = { ...thePlatform().codec, ...given(options) };
    void this.dims;
  }

  /** Makes the list of values, and the groups on the way to it. */
  static write(
    group: H5Group,
    path: string,
    values: readonly unknown[],
    options: CodecOptions = {},
  ): CodecStore {
    const names = components(path);
    const name = names.pop();
    if (name === undefined) throw new H5PathError('H5_BAD_NAME', path, `"${path}" names no list to be made`);
    return atomically(group, join(group.path, path), () => {
      const from = path.startsWith('/') ? group.file : group;
      const parent = names.length > 0 ? from.requireGroup(names.join('/')) : from;
      putInto(parent, values, { ...thePlatform().codec, ...given(options), path: [unescapeName(name)] });
      return new CodecStore(parent, name, options);
    });
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
    const length = isList ? readFrom(list, { ...this.options, path: 'length' }) : undefined;
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
      const values = readFrom(list, { ...this.options, path }) as ArrayLike<unknown>;
      for (let i = 0; i < length; i++) result[position + i] = values[i];
    });
    return result;
  }

  write(selection: Selection, data: BlockData, isOne: boolean): void {
    const { parent, name } = this;
    // A part is found by the key that the name stands for.
    const way = name === undefined ? [] : [unescapeName(name)];
    this.atomically(() => {
      selection.forEachRun((offset, length, position) => {
        for (let i = 0; i < length; i++)
          putInto(parent, data[isOne ? 0 : position + i], { ...this.options, path: [...way, offset + i] });
      });
    });
  }

  atomically<T>(action: () => T): T {
    const { parent, name } = this;
    return atomically(parent, name === undefined ? parent.path : join(parent.path, name), action);
  }
}

/** What fails takes back only what it did itself. What was done is a commit, unless a transaction is under way. */
function atomically<T>(group: H5Group, path: string, action: () => T): T {
  const live = LiveFile.of(group);
  const result = live.atomically(path, action);
  if (group.session.depth === 0) live.commit();
  return result;
}

function putInto(group: H5Group, value: unknown, options: WriteOptions): void {
  if (writeInto(group, value, options) instanceof Promise)
    throw new H5TypeError('an element that is asynchronous cannot be written at once');
}
