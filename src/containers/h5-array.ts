import { H5PathError, H5TypeError } from '../errors.js';
import { type DType, parseDType } from '../hdf5/dtype.js';
import type { Elements } from '../hdf5/elements.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import type { H5File, H5Mode, OpenOptions } from '../hdf5/h5-file.js';
import { type CreateDatasetOptions, H5Group } from '../hdf5/h5-group.js';
import { dtypeOfTyped } from '../hdf5/infer.js';
import type { Datatype } from '../hdf5/messages/datatype.js';
import { join } from '../hdf5/paths.js';
import { product, rowMajor } from '../hdf5/selection.js';
import { shapedData } from '../hdf5/shaped-data.js';
import type { StoredObject } from '../hdf5/stored-object.js';
import type { Block, BlockData, BlockSource, DTypeLike, DTypeName } from '../kernels/block-source.js';
import { attributesOf, setAttributes } from '../serialize/in-place.js';
import { Reserved } from '../serialize/layout.js';
import { tagOf } from '../serialize/restore.js';
import { ArrayFieldStore } from './array-field.js';
import { formatArray } from './array-format.js';
import { type ArrayIndex, type ArraySelection, broadcastShapes, selectView } from './array-selection.js';
import { type ArrayValue, arrayValue, nested } from './array-value.js';
import {
  type ArrayView,
  broadcastView,
  innerView,
  reshapeView,
  transposeView,
  wholeView,
} from './array-view.js';
import {
  checkDType,
  convert,
  dtypeOf,
  isNumeric,
  makeData,
  storedAs,
  toBlockData,
  toElement,
  toElements,
  widthOf,
} from './block-data.js';
import { blockAt, planBlocks } from './blocks.js';
import { elementSelection, planBox } from './box.js';
import { checkAttribute } from './checks.js';
import { type CodecOptions, CodecStore } from './codec-store.js';
import { ConvertedStore, MappedStore } from './converted-store.js';
import { DatasetStore, fieldOf, wasResized } from './dataset-store.js';
import type { ElementStore } from './element-store.js';
import { isEqual } from './equal.js';
import { H5IndexError } from './errors.js';
import { jsonOf } from './json.js';
import { LiveFile } from './live-file.js';
import { MemoryStore } from './memory-store.js';
import { type ContainerSource, leave, openSource } from './opening.js';
import { options as containerOptions } from './options.js';
import { thePlatform } from './platform.js';
import { gather } from './strided.js';

/**
 * How an array is opened.
 *
 * @example
 * using array = H5Array.open('data.h5', 'speed', { mode: 'r+', int64: 'number' });
 */
export interface ArrayOpenOptions extends OpenOptions, ArrayOptions {
  /** `'r'` unless told otherwise. */
  readonly mode?: H5Mode | undefined;
}

/**
 * How an array is looked at.
 *
 * @example
 * H5Array.open('data.h5', 'queue', { mode: 'r+', dtype: 'object' }).set(0, { any: 'value' });
 */
export interface ArrayOptions extends CodecOptions {
  /** `'object'`: as a list of values of any kind, also where what it holds are numbers or texts alone. */
  readonly dtype?: 'object' | undefined;
}

/**
 * How an array is made in a file.
 *
 * @example
 * H5Array.write('data.h5', 'speed', rows, { dtype: 'float32', maxShape: [null, 3], overwrite: true });
 */
export interface ArrayWriteOptions extends Omit<CreateDatasetOptions, 'data' | 'dtype'>, CodecOptions {
  /**
   * Follows from the values; also `'complex64'` and `'complex128'`, which are stored as h5py has them, and `'object'`: a list of
   * values of any kind, stored as `write` stores it.
   */
  readonly dtype?: DTypeName | DType | undefined;
  /** Whether an object that has the name already is replaced. */
  readonly overwrite?: boolean | undefined;
  /** How a file is opened that is given by its path: `'a'` unless told otherwise. */
  readonly mode?: H5Mode | undefined;
}

/** Filters that do not depend on the datatype: deflate, shuffle, fletcher32, lzf. */
const KEPT_FILTERS: ReadonlySet<number> = new Set([1, 2, 3, 32000]);

/** The name of a dataset until it takes the place of another one. */
const CONVERTED = 'converted';

/** How many bytes are read ahead when rows are asked for one after another. */
const READ_AHEAD = 1 << 20;

/**
 * An array whose elements stay in a dataset of a file, as numpy's interface has it. A part of it is a view: nothing is read
 * before its elements are asked for, and what is written to it is written to the dataset. Everything that goes through
 * elements does so in blocks of at most `options().maxMemory` bytes (of texts and other values that are no numbers as a guess); only `read`, `toTypedArray`, `toNested`, `toElements` and
 * `copy` return all that the array has, in memory, as they are asked to.
 *
 * It is a `BlockSource`: functions of arrays read and write it with `blocks`, `readBlock` and `writeBlock`.
 *
 * @example
 * const array = H5Array.open('data.h5', 'matrix', { mode: 'r+' });
 * array.shape; // [1000, 1000]
 * array.at(0, -1);
 * array.slice('::2, [0, 3]').toNested(); // every other row, of each two elements
 * array.set('0', 1); // the first row
 * array.close();
 */
export class H5Array<E = unknown> implements BlockSource {
  readonly #store: ElementStore;
  /** Absent for all of the store, whatever its shape becomes. */
  readonly #view: ArrayView | undefined;
  /** What `close` closes. */
  readonly #ownFile: H5File | undefined;

  private constructor(store: ElementStore, view?: ArrayView, ownFile?: H5File) {
    this.#store = store;
    this.#view = view;
    this.#ownFile = ownFile;
    // `array[0] = value` would be lost in silence: that is what `set` is for.
    Object.preventExtensions(this);
  }

  // ---- making ---------------------------------------------------------------------------------------

  /**
   * The array that a dataset is, or a list of values of any kind that `write` has stored: then elements are read and written
   * as `read` and `write` do, with the options of these, and each operation that writes is a commit. A dataset of values that
   * are alike is an array of these, unless `dtype: 'object'` says that it is to hold others.
   *
   * @throws {H5TypeError} when it has no shape, or is a group that is no list.
   * @example
   * H5Array.of(file.dataset('matrix'));
   * H5Array.of<User>(file.group('users')).at(-1); // an instance
   */
  static of<E = unknown>(source: H5Dataset<unknown> | H5Group, options?: ArrayOptions): H5Array<E> {
    return new H5Array<E>(storeOf(source, options));
  }

  /**
   * Opens the dataset of a name; without one the first that there is. `close` closes the file, if it was opened for this.
   *
   * @throws {H5PathError} when there is no such dataset.
   * @example
   * using array = H5Array.open('data.h5', 'runs/7/speed', { mode: 'r+' });
   */
  static open<E = unknown>(
    source: ContainerSource,
    name?: string,
    options: ArrayOpenOptions = {},
  ): H5Array<E> {
    const { mode = 'r', ...others } = options;
    const { group, isOwn } = openSource(source, mode, others);
    try {
      const store = storeOf(name === undefined ? firstDataset(group) : objectAt(group, name), options);
      return new H5Array<E>(store, undefined, isOwn ? group.file : undefined);
    } catch (error) {
      if (isOwn) leave(group.file, error);
      throw error;
    }
  }

  /**
   * Makes a dataset of values, or without any, of a `shape` and a `dtype`, and returns it as an array. Another array is
   * copied block by block. In a file that was opened for this, `close` makes it last.
   *
   * @throws {H5PathError} with the code `H5_EXISTS` when the name is taken, unless `overwrite` is true.
   * @throws {H5TypeError} when values do not fit; then nothing is changed.
   * @example
   * using array = H5Array.write('data.h5', 'matrix', [[1, 2], [3, 4]], { dtype: 'float32', maxShape: [null, 2] });
   */
  static write<E = unknown>(
    target: ContainerSource,
    name: string,
    values: unknown,
    options: ArrayWriteOptions = {},
  ): H5Array<E> {
    const { mode = 'a', ...others } = options;
    const { group, isOwn } = openSource(target, mode, {});
    try {
      const { file } = group;
      const live = LiveFile.of(group);
      const store =
        others.dtype === 'object'
          ? createList(group, name, values, others)
          : new DatasetStore(
              live.atomically(join(group.path, name), () => {
                const made = createArray(group, name, values, others);
                // Attributes and links are counted apart, and a dict has both in one order. It is a link, however many attributes there are.
                if (live.isOurs) file.session.edit().moveBehind(made.parent.node, [made.name], 0);
                return made;
              }),
            );
      return new H5Array<E>(store, undefined, isOwn ? file : undefined);
    } catch (error) {
      if (isOwn) leave(group.file, error);
      throw error;
    }
  }

  /**
   * An array in memory, of a typed array, of values in lists within lists, or of another array.
   *
   * @example
   * H5Array.from(new Float64Array(6), { shape: [2, 3] });
   * H5Array.from([[1, 2], [3, 4]]).dtype; // 'int32'
   */
  static from<E = unknown>(
    values: unknown,
    options: { readonly dtype?: DTypeLike | undefined; readonly shape?: readonly number[] | undefined } = {},
  ): H5Array<E> {
    if (values instanceof H5Array) {
      const { dtype = values.dtype, shape = values.shape } = options;
      return values.astype(dtype).copy().reshape(shape) as H5Array<E>;
    }
    const dtype = options.dtype === undefined ? inferDType(values) : checkDType(options.dtype);
    const { shape, data } = arrayValue(dtype, values);
    const given = options.shape ?? shape;
    if (product(given) !== product(shape))
      throw new H5TypeError(`${product(shape)} elements do not have the shape (${given.join(', ')})`);
    // What was given may change.
    const own = data === values ? (data.slice() as BlockData) : data;
    return new H5Array<E>(new MemoryStore(dtype, given, own));
  }

  // ---- what it is -----------------------------------------------------------------------------------

  get #now(): ArrayView {
    const view = this.#view;
    const { dims } = this.#store;
    if (!view) return wholeView(dims);
    const known = view.stored ?? view.dims;
    const isSame = view.stored
      ? product(known) === product(dims)
      : known.length === dims.length && known.every((size, axis) => size <= (dims[axis] as number));
    if (!isSame) wasResized(this.path ?? 'the array');
    return view;
  }

  /** The size of each axis. */
  get shape(): readonly number[] {
    return this.#view ? this.#view.shape : this.#store.dims;
  }

  /** What the elements are, by numpy's name; `dataset.dtype` says how they are stored. */
  get dtype(): DTypeName {
    return this.#store.dtype;
  }

  get ndim(): number {
    return this.shape.length;
  }

  get size(): number {
    return product(this.shape);
  }

  /** The size of the first axis. */
  get length(): number {
    const [length] = this.shape;
    if (length === undefined) throw new H5TypeError('an array without axes has no length');
    return length;
  }

  /** The bytes of one element as it is stored. */
  get itemsize(): number {
    return this.#store.itemSize;
  }

  get nbytes(): number {
    return this.size * this.itemsize;
  }

  /** The shape of a chunk of the dataset; null if it has none. */
  get chunks(): readonly number[] | null {
    return this.#store.chunkDims ?? null;
  }

  /** How far each axis may grow: `Infinity` where there is no limit. Of a view its shape. */
  get maxShape(): readonly number[] {
    return (this.isView ? undefined : this.dataset?.maxShape) ?? this.shape;
  }

  /** Whether it shows a part of an array, or all of it in another way. */
  get isView(): boolean {
    return this.#view !== undefined;
  }

  /** The dataset that it shows; undefined for an array in memory. */
  get dataset(): H5Dataset<unknown> | undefined {
    const store = rootOf(this.#store);
    return store instanceof DatasetStore ? store.dataset : undefined;
  }

  /** The file that it is in; undefined for an array in memory. */
  get file(): H5File | undefined {
    const root = rootOf(this.#store);
    return root instanceof CodecStore ? root.parent.file : this.dataset?.file;
  }

  /** How the elements are stored, a field as it is within the record; undefined where they are not, but made when they are read. */
  get datatype(): Datatype | undefined {
    return this.#store instanceof DatasetStore ? this.#store.datatype : undefined;
  }

  /** The path of the dataset, or of the list; undefined for an array in memory. */
  get path(): string | undefined {
    const root = rootOf(this.#store);
    if (!(root instanceof CodecStore)) return this.dataset?.path;
    const { parent, name } = root;
    return name === undefined ? parent.path : `${parent.path === '/' ? '' : parent.path}/${name}`;
  }

  /** Closes the file, if `open` or `write` opened it for this array. */
  close(): void {
    this.#ownFile?.close();
  }

  [Symbol.dispose](): void {
    this.#ownFile?.[Symbol.dispose]();
  }

  #with<F = E>(view: ArrayView | undefined, store: ElementStore = this.#store): H5Array<F> {
    return new H5Array<F>(store, view);
  }

  // ---- views ----------------------------------------------------------------------------------------

  /**
   * A part of the array as a view: reading it reads the dataset, writing to it writes to the dataset.
   *
   * @throws {H5IndexError} when an index is not within its axis.
   * @example
   * array.slice('1:10:2, ..., -1');
   * array.slice([null, { step: -1 }]); // a new axis, and the rows in reverse
   * array.slice([[4, 0, 2]]); // three rows
   */
  slice(selection: ArraySelection): H5Array<E> {
    return this.#with(selectView(this.#now, selection));
  }

  /** The view with its axes in reverse order. */
  get T(): H5Array<E> {
    return this.transpose();
  }

  /**
   * A view with the axes in another order; without one in reverse order.
   *
   * @example
   * array.transpose([1, 0, 2]);
   */
  transpose(axes?: readonly number[]): H5Array<E> {
    const view = this.#now;
    const { length } = view.shape;
    const order = axes
      ? axes.map((axis) => checkAxis(axis, length))
      : view.shape.map((_, axis) => length - 1 - axis);
    if (order.length !== length || new Set(order).size !== length)
      throw new H5TypeError(`(${order.join(', ')}) is no order of ${length} axes`);
    return this.#with(transposeView(view, order));
  }

  /**
   * The elements in another shape, as a list or as sizes one by one: a view where that is possible, else a copy in memory. One size
   * may be -1: what is left.
   *
   * @throws {H5TypeError} when it has another number of elements.
   */
  reshape(...shape: readonly (number | readonly number[])[]): H5Array<E> {
    const view = this.#now;
    const to = completeShape(shape.flat(), view.size);
    const reshaped = reshapeView(view, to, this.#store.dims);
    if (reshaped) return this.#with(reshaped);
    return new H5Array<E>(new MemoryStore(this.dtype, to, this.#readAll(view)));
  }

  /** The elements along one axis: a view where that is possible, else a copy in memory. */
  ravel(): H5Array<E> {
    return this.reshape(-1);
  }

  /** A copy of the elements along one axis, in memory. */
  flatten(): H5Array<E> {
    return new H5Array<E>(new MemoryStore(this.dtype, [this.size], this.#readAll(this.#now)));
  }

  /** A view without the axes of size 1. */
  squeeze(): H5Array<E> {
    return this.reshape(this.shape.filter((size) => size !== 1));
  }

  /** A view in which axes of size 1, or new ones, are repeated. What it shows several times is not to be written. */
  broadcastTo(shape: readonly number[]): H5Array<E> {
    const view = this.#now;
    if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0))
      throw new H5TypeError(`(${String(shape)}) is no shape: it has sizes of whole numbers from 0 on`);
    const joint = broadcastShapes([view.shape, shape]);
    if (joint.join() !== shape.join())
      throw new H5TypeError(
        `the shape (${view.shape.join(', ')}) does not broadcast to (${shape.join(', ')})`,
      );
    return this.#with(broadcastView(view, shape));
  }

  /**
   * One field of the records of the array, as a view. Of a field that is an array, its axes come last.
   *
   * @throws {H5TypeError} when the elements are no records, or have no such field.
   * @example
   * points.field('x').toTypedArray();
   */
  field<F = unknown>(name: string): H5Array<F> {
    const store = this.#store;
    if (!(store instanceof DatasetStore))
      throw new H5TypeError(`the elements are no records, so they have no field "${name}"`);
    const own = new DatasetStore(store.dataset, fieldOf(store.datatype, name, store.field));
    const view = this.#view;
    if (own.inner.length === 0) return this.#with<F>(view, own);
    return this.#with<F>(view && innerView(view, own.inner), new ArrayFieldStore(own));
  }

  /**
   * A view of the elements as another dtype, which converts them as numpy's `astype` does whenever they are read. What is
   * written to it must fit what is stored exactly.
   *
   * @throws {H5TypeError} when there is no such dtype; when elements are read that cannot be converted.
   * @example
   * array.astype('int32').toTypedArray();
   * array.astype('f4').dtype; // 'float32'
   */
  astype<F = unknown>(dtype: DTypeLike): H5Array<F> {
    const to = checkDType(dtype);
    if (to === this.dtype) return this.#with<F>(this.#view);
    return this.#with<F>(this.#view, new ConvertedStore(this.#store, to));
  }

  /** A view of the elements as text. */
  asString(): H5Array<string> {
    return this.astype<string>('str');
  }

  /** A view of the elements as numbers of the dtype `float64`. */
  asNumber(): H5Array<number> {
    return this.astype<number>('float64');
  }

  /**
   * A view of the elements by way of a function, or of a class whose constructor takes one. `take` makes an element of what is
   * written; without it the view is read only.
   *
   * @example
   * array.mapType(Temperature).at(0); // new Temperature(array.at(0))
   * array.mapType((kelvin) => new Temperature(kelvin), (temperature) => temperature.kelvin).set('0', hot);
   */
  mapType<F>(make: ((value: E) => F) | (new (value: E) => F), take?: (value: F) => E): H5Array<F> {
    const isClass = /^class\b/.test(Function.prototype.toString.call(make));
    const call = isClass
      ? (value: unknown) => new (make as new (value: E) => F)(value as E)
      : (make as (value: unknown) => unknown);
    const store = new MappedStore(this.#store, call, take as ((value: unknown) => unknown) | undefined);
    return this.#with<F>(this.#view, store);
  }

  // ---- reading --------------------------------------------------------------------------------------

  /**
   * What a selection selects: the element, where it names an index for each axis, else a view.
   *
   * @example
   * array.get('0, 1'); // an element
   * array.get(0); // the first row
   */
  get(selection: ArraySelection): E | H5Array<E> {
    const view = selectView(this.#now, selection);
    const isElement = view.shape.length === 0;
    return isElement ? (this.#readOne(view, []) as E) : this.#with(view);
  }

  /**
   * One element.
   *
   * @throws {H5IndexError} when an index is not within its axis, or there are not as many as axes.
   */
  at(...indices: number[]): E {
    const view = this.#now;
    const { shape } = view;
    if (indices.length !== shape.length)
      throw new H5IndexError(`${indices.length} indices for an array of ${shape.length} axes`);
    const start = indices.map((index, axis) => {
      const size = shape[axis] as number;
      const counted = index < 0 ? index + size : index;
      if (!Number.isInteger(index) || counted < 0 || counted >= size)
        throw new H5IndexError(`the index ${index} is not within axis ${axis}, of size ${size}`);
      return counted;
    });
    return this.#readOne(view, start) as E;
  }

  /** The only element of an array of size 1. */
  item(): E {
    if (this.size !== 1) throw new H5TypeError(`an array of ${this.size} elements is no single one`);
    return this.#readOne(
      this.#now,
      this.shape.map(() => 0),
    ) as E;
  }

  #readOne(view: ArrayView, start: readonly number[]): unknown {
    const store = this.#store;
    return toElement(this.dtype, store.read(elementSelection(view, store.dims, start)), this.#int64);
  }

  get #int64(): 'bigint' | 'number' | undefined {
    return this.dataset?.session.options.int64;
  }

  /**
   * The elements, or those of a part, in row-major order: a typed array of numbers, else an array of values. All of them are
   * in memory then.
   */
  read(selection?: ArraySelection): Elements {
    const view = selection === undefined ? this.#now : selectView(this.#now, selection);
    return toElements(this.dtype, this.#readAll(view), this.#int64);
  }

  /** The elements in row-major order, as `read` has them. */
  toTypedArray(): Elements {
    return this.read();
  }

  /** The elements as arrays within arrays; the element itself of an array without axes. */
  toNested(): unknown {
    return nested(this.read(), this.shape);
  }

  /** What `JSON.stringify` takes. */
  toJSON(): unknown {
    return jsonOf(this.toNested());
  }

  /** A copy in memory, with the same interface. */
  copy(): H5Array<E> {
    const view = this.#now;
    return new H5Array<E>(new MemoryStore(this.dtype, view.shape, this.#readAll(view)));
  }

  #readAll(view: ArrayView): BlockData {
    return this.#readBox(
      view,
      view.shape.map(() => 0),
      view.shape,
    );
  }

  #readBox(view: ArrayView, start: readonly number[], shape: readonly number[], into?: BlockData): BlockData {
    if (shape.includes(0)) return makeData(this.dtype, 0);
    const { selection, reading } = planBox(view, this.#store.dims, start, shape);
    if (!reading) return this.#store.read(selection, into);
    return gather(this.#store.read(selection), widthOf(this.dtype), reading, into);
  }

  /** The rows along the first axis, as views; the elements, where there is no other axis. */
  *[Symbol.iterator](): IterableIterator<H5Array<E> | E> {
    if (this.ndim === 1) {
      for (const block of this.blocks(READ_AHEAD))
        yield* toElements(this.dtype, this.readBlock(block), this.#int64) as Iterable<E>;
      return;
    }
    const { length } = this;
    for (let i = 0; i < length; i++) yield this.slice(i);
  }

  /** The elements of each row along the first axis; many rows are read at once. */
  *rows(): IterableIterator<Elements> {
    const [length, ...rest] = this.shape;
    if (length === undefined) throw new H5TypeError('an array without axes has no rows');
    const row = product(rest);
    const size = Math.max(1, row * this.#store.cost);
    const most = Math.max(1, Math.floor(Math.min(READ_AHEAD, containerOptions().maxMemory) / size));
    for (let start = 0; start < length; start += most) {
      const count = Math.min(most, length - start);
      const data = toElements(
        this.dtype,
        this.#readBox(this.#now, [start, ...rest.map(() => 0)], [count, ...rest]),
        this.#int64,
      );
      for (let i = 0; i < count; i++) yield data.slice(i * row, (i + 1) * row);
    }
  }

  // ---- blocks ---------------------------------------------------------------------------------------

  /**
   * Boxes that cover the array, none of them twice, in row-major order of where they begin. The data of each, and what it
   * takes to read them, are at most `maxBytes`, or one element; without it a few megabytes, which go through memory fastest,
   * and at most what the options say. They end where chunks end, so that each chunk is read once.
   *
   * @example
   * let data: BlockData | undefined;
   * for (const block of array.blocks()) {
   *   data = array.readBlock(block, data);
   *   sum += total(data);
   * }
   */
  blocks(maxBytes?: number): IterableIterator<Block> {
    return planBlocks(
      this.#now,
      this.#store.chunkDims,
      this.#store.cost,
      maxBytes ?? containerOptions().maxMemory,
      maxBytes === undefined,
    );
  }

  /**
   * The elements of a box, one after another in row-major order, as `BlockData` says; they belong to the caller. The memory of
   * `into`, elements of another box that are not needed any more, is used again where that is possible.
   */
  readBlock({ start, shape }: Pick<Block, 'start' | 'shape'>, into?: BlockData): BlockData {
    return this.#readBox(this.#now, start, shape, into);
  }

  /**
   * Writes the elements of a box; `data` are as `readBlock` returns them.
   *
   * @throws {H5TypeError} when they are too few, or do not fit what is stored.
   */
  writeBlock({ start, shape }: Pick<Block, 'start' | 'shape'>, data: BlockData): void {
    const width = widthOf(this.dtype);
    if (data.length !== product(shape) * width)
      throw new H5TypeError(`${data.length / width} elements are given for a block of (${shape.join(', ')})`);
    this.#writeBox(this.#now, start, shape, toBlockDataOf(this.dtype, data));
  }

  #writeBox(view: ArrayView, start: readonly number[], shape: readonly number[], data: BlockData): void {
    if (shape.includes(0)) return;
    const { selection, writing } = planBox(view, this.#store.dims, start, shape);
    this.#store.write(selection, writing ? gather(data, widthOf(this.dtype), writing) : data, false);
  }

  // ---- writing --------------------------------------------------------------------------------------

  /**
   * Writes to a part: a value, values in lists within lists, a typed array, or another array, which are broadcast to the shape
   * of the part as in numpy. Flat values may stand for as many elements of several axes.
   *
   * @throws {H5TypeError} when a value does not fit the dtype, or the shape does not broadcast; then nothing is written.
   * @throws {H5StateError} when the file is open for reading, or closed.
   * @example
   * array.set('0', 1); // the first row
   * array.set([[4, 0, 2]], [[1, 2], [3, 4], [5, 6]]); // three rows
   * array.set({ mask }, 0);
   */
  set(selection: ArraySelection, value: unknown): void {
    const view = selectView(this.#now, selection);
    if (value instanceof H5Array) {
      this.#setArray(view, value);
      return;
    }
    this.#assertWritable();
    const { dtype } = this;
    const type = this.datatype;
    // Where elements are lists, one without anything is an element where there is place for one.
    const isElement = dtype === 'object' && view.shape.length === 0 && isEmptyList(value);
    const values = isElement
      ? { shape: [], data: [value] }
      : arrayValue(dtype, value, type, view.shape.length);
    const isFlat = values.shape.length === 1 && view.shape.length > 1 && values.shape[0] === view.size;
    const given = isFlat ? { shape: view.shape, data: values.data } : values;
    const strides = stretch(given, view.shape);
    if (view.size === 0) return;
    if (given.data.length === widthOf(dtype)) this.#fillView(view, given.data);
    else this.#writeValues(view, given, strides);
  }

  /** Writes one value everywhere, which is one element also where it is a list, if elements are lists or anything. */
  fill(value: E): void {
    const view = this.#now;
    if (this.dtype !== 'object' || value instanceof H5Array || view.size === 0) this.set('...', value);
    else {
      this.#assertWritable();
      this.#fillView(view, [value]);
    }
  }

  #assertWritable(): void {
    this.file?.session.edit();
  }

  #fillView(view: ArrayView, element: BlockData): void {
    const store = this.#store;
    const { shape } = view;
    if (store.fillsAtOnce && view.drivers && !view.stored) {
      const { selection } = planBox(
        view,
        store.dims,
        shape.map(() => 0),
        shape,
      );
      store.write(selection, element, true);
      return;
    }
    this.#inBlocks(view, (block) => {
      const { selection } = planBox(view, store.dims, block.start, block.shape);
      store.write(selection, element, true);
    });
  }

  #writeValues(view: ArrayView, { data }: ArrayValue, strides: readonly number[]): void {
    const width = widthOf(this.dtype);
    const isAsItIs = strides.join() === rowMajor(view.shape).join();
    this.#inBlocks(view, ({ start, shape }) => {
      const offset = start.reduce((sum, at, axis) => sum + at * (strides[axis] as number), 0);
      const isAll = isAsItIs && product(shape) * width === data.length;
      this.#writeBox(view, start, shape, isAll ? data : gather(data, width, { shape, strides, offset }));
    });
  }

  /** Does something with each block of a view; if there are several, with all of them or with none. */
  #inBlocks(view: ArrayView, action: (block: Block) => void): void {
    const { maxMemory } = containerOptions();
    const blocks = planBlocks(view, this.#store.chunkDims, this.#store.cost, Math.ceil(maxMemory / 2));
    const [first, second] = [blocks.next(), blocks.next()];
    if (first.done) return;
    if (second.done) {
      action(first.value);
      return;
    }
    this.#store.atomically(() => {
      action(first.value);
      action(second.value);
      for (const block of blocks) action(block);
    });
  }

  #setArray(view: ArrayView, value: H5Array<unknown>): void {
    this.#assertWritable();
    const isFlat = value.ndim === 1 && view.shape.length > 1 && value.size === view.size;
    let source = isFlat ? value.reshape(view.shape) : value;
    const extra = source.ndim - view.shape.length;
    if (extra > 0 && source.shape.slice(0, extra).every((size) => size === 1))
      source = source.reshape(source.shape.slice(extra));
    stretch({ shape: source.shape }, view.shape);
    if (view.size === 0) return;
    this.#apart(source, this.#sharesElements(value), (apart) => {
      const all = apart.broadcastTo(view.shape);
      this.#inBlocks(view, (block) => {
        this.#writeBox(view, block.start, block.shape, fitted(this.dtype, value.dtype, all.readBlock(block)));
      });
    });
  }

  /**
   * Does something with elements that may be those that it changes: with a copy of them, in memory if they fit there, else in
   * the file, until it is done.
   */
  #apart(source: H5Array<unknown>, isOwn: boolean, action: (source: H5Array<unknown>) => void): void {
    const { file } = this;
    if (!isOwn) action(source);
    else if (!file || source.size * source.#store.cost <= containerOptions().maxMemory) action(source.copy());
    else
      this.#store.atomically(() => {
        const name = unusedName(file, 'aside');
        action(H5Array.write(file, name, source));
        file.delete(name);
      });
  }

  #sharesElements(other: H5Array<unknown>): boolean {
    const [own, its] = [this.dataset, other.dataset];
    if (own && its) return own.isSame(its);
    return this.path !== undefined && this.path === other.path
      ? this.file === other.file
      : rootOf(this.#store) === rootOf(other.#store);
  }

  // ---- other shapes ---------------------------------------------------------------------------------

  #resizable(what: string): H5Dataset<unknown> {
    const { dataset } = this;
    if (this.#view || !dataset)
      throw new H5TypeError(
        `${what} works on a whole dataset, not on a view, an array in memory or a list of values of any kind`,
      );
    dataset.session.edit();
    // What has just been deleted fails here.
    void this.shape;
    return dataset;
  }

  /**
   * Gives the dataset another shape, up to `maxShape`. What is cut off is gone; what is new is the fill value.
   *
   * @throws {H5TypeError} when it has no chunks, cannot grow as far, or this is a view.
   */
  resize(shape: readonly number[]): void {
    const dataset = this.#resizable('resize');
    dataset.resize(shape);
    LiveFile.of(dataset).changed(dataset.path);
  }

  /** Makes an axis, or several, longer by so many rows of the fill value. */
  expand(amount: number, axis: number | readonly number[] = 0): void {
    const { shape } = this;
    const axes = [axis].flat().map((given) => checkAxis(given, shape.length));
    this.resize(shape.map((size, i) => (axes.includes(i) ? size + amount : size)));
  }

  /** Makes an axis, or several, shorter by so many rows, which are gone. */
  contract(amount: number, axis: number | readonly number[] = 0): void {
    this.expand(-amount, axis);
  }

  /**
   * Stores the elements as another dtype, converted as `astype` does, in the same place: the dataset becomes another one with its
   * chunks, filters and attributes, to which links and references lead. Returns the array of it, which closes the file if this
   * does; views of the old one are gone. The fill value is converted as well; one that the dtype does not have becomes zero.
   *
   * @throws {H5TypeError} when this is a view, or an element cannot be converted, such as NaN to an integer; then nothing is
   * changed.
   * @example
   * const integers = array.convert('int32');
   */
  convert<F = unknown>(dtype: DTypeLike): H5Array<F> {
    const dataset = this.#resizable('convert');
    const { path, file, session } = dataset;
    const source = this.astype<F>(dtype);
    return this.#store.atomically(() => {
      const editor = session.edit();
      const apart = file.wrap(editor.groupApart(), `${path}#`) as H5Group;
      const made = apart.createDataset<unknown>(CONVERTED, {
        shape: this.shape,
        dtype: storedAs(source.dtype),
        fillValue: fillAs(dataset.fillValue, this.dtype, source.dtype),
        ...(dataset.chunks && {
          chunks: dataset.chunks,
          maxShape: dataset.maxShape as number[],
          filters: dataset.filters.flatMap(({ id, values }) =>
            KEPT_FILTERS.has(id) ? [{ id, ...(id === 1 && { options: values[0] }) }] : [],
          ),
        }),
      });
      setAttributes(
        made,
        attributesOf(dataset, () => true),
      );
      H5Array.of(made).set('...', new H5Array<F>(new ConvertedStore(this.#store, source.dtype, true)));
      editor.flush();
      // Links and references lead to it as before.
      const node = dataset.node as StoredObject;
      editor.become(node, apart.node, CONVERTED);
      editor.dropApart(apart.node);
      const converted = file.wrap(editor.stored(node.info.address), path) as H5Dataset<unknown>;
      return new H5Array<F>(new DatasetStore(converted), undefined, this.#ownFile);
    });
  }

  /**
   * Adds rows along an axis: values of the shape of the array but for this axis, or one row.
   *
   * @throws {H5TypeError} when they do not fit, or the dataset cannot grow as far; then nothing is changed.
   * @example
   * log.append([[1, 2, 3], [4, 5, 6]]);
   */
  append(values: unknown, axis = 0): void {
    this.insert(this.shape[checkAxis(axis, this.ndim)] as number, values, axis);
  }

  /**
   * Inserts rows along an axis before an index: values of the shape of the array but for this axis, or one row, which are
   * broadcast. With a list of indices, of the array as it is now, each row goes before its index.
   *
   * @throws {H5TypeError} when they do not fit, or the dataset cannot grow as far; then nothing is changed.
   * @example
   * array.insert(0, [1, 2, 3]);
   * array.insert([0, 2], [[1, 1, 1], [2, 2, 2]]);
   */
  insert(index: number | readonly number[], values: unknown, axis = 0): void {
    const dataset = this.#resizable('insert');
    const { shape } = this;
    const along = checkAxis(axis, shape.length);
    const length = shape[along] as number;
    const isOne = typeof index === 'number' || index.length === 1;
    const places = (typeof index === 'number' ? [index] : [...index]).map((given) => {
      const counted = given < 0 ? given + length : given;
      if (!Number.isInteger(given) || counted < 0 || counted > length)
        throw new H5IndexError(
          `the index ${given} is not within axis ${along}, of size ${length}, or at its end`,
        );
      return counted;
    });
    const type = this.datatype;
    const given =
      values instanceof H5Array ? values : this.#inMemory(arrayValue(this.dtype, values, type, shape.length));
    const rows = this.#asRows(given, along, isOne ? undefined : places.length);
    const count = isOne ? (rows.shape[along] as number) : places.length;
    if (count === 0) return;
    // One place for all rows, or each its own, in ascending order.
    const order = isOne
      ? undefined
      : places.map((_, i) => i).sort((a, b) => (places[a] as number) - (places[b] as number) || a - b);
    const sorted = order
      ? order.map((i) => places[i] as number)
      : new Array<number>(count).fill(places[0] as number);
    const source = order && rows.shape[along] !== 1 ? rows.slice(at(along, order)) : rows;
    const stretched = source.broadcastTo(shape.with(along, count));
    // Rows of the array itself are read after they have been moved.
    this.#store.atomically(() =>
      this.#apart(stretched, this.#sharesElements(given), (inserted) => {
        dataset.resize(shape.with(along, length + count));
        // From the end on, so that nothing is written over what is still to be moved.
        let end = length;
        for (let i = count - 1; i >= 0; ) {
          const place = sorted[i] as number;
          this.#move(along, place, end, i + 1);
          end = place;
          while (i >= 0 && sorted[i] === place) i--;
        }
        for (let i = 0; i < count; ) {
          let next = i + 1;
          while (next < count && sorted[next] === sorted[i]) next++;
          const start = (sorted[i] as number) + i;
          this.slice(at(along, { start, stop: start + next - i })).set(
            '...',
            inserted.slice(at(along, { start: i, stop: next })),
          );
          i = next;
        }
      }),
    );
  }

  /**
   * Deletes rows along an axis: one, certain ones, a slice, or those of a mask.
   *
   * @throws {H5IndexError} when an index is not within the axis; then nothing is changed.
   * @example
   * array.delete(-1);
   * array.delete({ start: 10, stop: 20 }, 1);
   */
  delete(indices: ArraySelection, axis = 0): void {
    const dataset = this.#resizable('delete');
    const { shape } = this;
    const along = checkAxis(axis, shape.length);
    const length = shape[along] as number;
    // Of indices, and of a mask, only which ones they are counts, as for numpy: not how they are nested.
    const flat: unknown[] = Array.isArray(indices) ? indices.flat(Number.POSITIVE_INFINITY) : [indices];
    const areIndices = flat.every((each) => typeof each === 'number' || typeof each === 'boolean');
    const list = Array.isArray(indices) && areIndices ? [flat] : indices;
    const { maps, size } = selectView(wholeView([length]), list as ArraySelection);
    const [map] = maps;
    const step = map?.strides[0] ?? 0;
    // In ascending order, each once.
    const from = (map?.offset ?? 0) + (step < 0 ? step * (size - 1) : 0);
    const table = map?.table && Float64Array.from(new Set(map.table)).sort();
    const count = table ? table.length : step === 0 ? Math.min(size, 1) : size;
    if (count === 0) return;
    const gone = (i: number): number => (table ? (table[i] as number) : from + i * Math.abs(step));
    this.#store.atomically(() => {
      for (let i = 0; i < count; ) {
        let next = i + 1;
        while (next < count && gone(next) === gone(next - 1) + 1) next++;
        // What follows, up to the next that is deleted, moves to the place of all before.
        this.#move(along, gone(next - 1) + 1, next < count ? gone(next) : length, -next);
        i = next;
      }
      dataset.resize(shape.with(along, length - count));
    });
  }

  /** Moves the rows `start` up to `end` along an axis, a part at a time, those first that others are moved to. */
  #move(axis: number, start: number, end: number, by: number): void {
    const row = (this.size / (this.shape[axis] as number)) * this.#store.cost;
    const most = Math.floor(containerOptions().maxMemory / 2);
    const rows = Math.max(1, Math.floor(most / Math.max(1, row)));
    for (let done = 0; done < end - start; ) {
      const count = Math.min(rows, end - start - done);
      const from = by > 0 ? end - done - count : start + done;
      const source = this.slice(at(axis, { start: from, stop: from + count }));
      const target = this.slice(at(axis, { start: from + by, stop: from + by + count }));
      // Of one row that is in several blocks none is in the way of another.
      const whole = blockAt(
        source.shape.map(() => 0),
        source.shape,
      );
      for (const block of row <= most ? [whole] : source.blocks(Math.max(1, most)))
        target.writeBlock(block, source.readBlock(block));
      done += count;
    }
  }

  #inMemory({ shape, data }: ArrayValue): H5Array<unknown> {
    return new H5Array(new MemoryStore(this.dtype, shape, data));
  }

  /** Values as rows along an axis: with all axes, each of the size of the array's, or 1. */
  #asRows(values: H5Array<unknown>, axis: number, count: number | undefined): H5Array<unknown> {
    const { shape } = this;
    const others = shape.filter((_, i) => i !== axis);
    const row = product(others);
    let rows = values;
    if (
      values.ndim === 1 &&
      shape.length > 1 &&
      axis === 0 &&
      row > 0 &&
      values.size !== row &&
      values.size % row === 0 &&
      values.size > 0 &&
      count === undefined
    )
      rows = values.reshape([values.size / row, ...others]);
    else if (values.ndim < shape.length) {
      // One row, the same for all places, or, of an array of one axis, one element for each.
      const padded = [
        ...new Array<number>(Math.max(0, others.length - values.ndim)).fill(1),
        ...values.shape,
      ];
      rows = values.reshape(shape.length === 1 ? [1] : padded.toSpliced(axis, 0, 1));
    }
    const fits =
      rows.ndim === shape.length &&
      rows.shape.every((size, i) =>
        i === axis ? count === undefined || size === 1 || size === count : size === shape[i] || size === 1,
      );
    if (!fits)
      throw new H5TypeError(
        `values of the shape (${values.shape.join(', ')}) do not go along axis ${axis} of the shape (${shape.join(', ')})`,
      );
    return rows;
  }

  // ---- comparing and showing --------------------------------------------------------------------------

  /** Whether any element is the value. */
  includes(value: E): boolean {
    const { dtype } = this;
    for (const block of this.blocks()) {
      const elements = toElements(dtype, this.readBlock(block), this.#int64);
      if (widthOf(dtype) === 1) {
        if ((elements as unknown[]).includes(value)) return true;
        continue;
      }
      const [real, imaginary] = toBlockData(dtype, [value]) as Float64Array;
      if ((elements as [number, number][]).some(([r, i]) => r === real && i === imaginary)) return true;
    }
    return false;
  }

  /**
   * Whether another array, or values in lists within lists, have the same shape and the same elements. NaN is not the same as
   * NaN, as in numpy, unless `equalNaN` is true.
   */
  equals(other: unknown, { equalNaN = false }: { readonly equalNaN?: boolean } = {}): boolean {
    if (!(other instanceof H5Array)) {
      let its: H5Array;
      try {
        its = this.#inMemory(arrayValue(this.dtype, other, undefined, this.ndim));
      } catch (error) {
        // What does not fit the dtype is not the same.
        if (error instanceof H5TypeError) return false;
        throw error;
      }
      return this.equals(its, { equalNaN });
    }
    if (this.shape.join() !== other.shape.join()) return false;
    const [root] = [this, other]
      .map((array) => rootOf(array.#store))
      .filter((store) => store instanceof CodecStore);
    const codec = root?.options ?? thePlatform().codec;
    for (const block of this.blocks(Math.ceil(containerOptions().maxMemory / 2))) {
      const own = this.readBlock(block);
      const its = other.readBlock(block);
      const isWide = widthOf(this.dtype) !== widthOf(other.dtype);
      const a = isWide ? toElements(this.dtype, own) : own;
      const b = isWide ? toElements(other.dtype, its) : its;
      for (let i = 0; i < a.length; i++) if (!isSameElement(a[i], b[i], equalNaN, codec)) return false;
    }
    return true;
  }

  /** The elements as text, those in the middle of long axes left out. Only what is shown is read. */
  toString(): string {
    return formatArray(this, { separator: ' ' });
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    if (this.file?.isOpen === false) return '<H5Array (closed)>';
    const text = formatArray(this, { separator: ', ', indent: 'H5Array('.length });
    return `H5Array(${text}, shape=(${this.shape.join(', ')}${this.ndim === 1 ? ',' : ''}), dtype=${this.dtype})`;
  }
}

// ---- helpers ----------------------------------------------------------------------------------------------

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : ArrayBuffer.isView(value) && value.byteLength === 0;
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? `an object (${value.constructor?.name ?? 'no class'})`
    : `a value of type ${typeof value}`;
}

function storeOf(source: unknown, { dtype, ...options }: ArrayOptions = {}): ElementStore {
  if (dtype !== undefined && dtype !== 'object')
    throw new H5TypeError(
      `an array is opened with its own dtype, or as one of 'object', not as ${String(dtype)}`,
    );
  if (!(source instanceof H5Group || source instanceof H5Dataset))
    throw new H5TypeError(`an array is an H5Dataset, or an H5Group that is a list, not ${describe(source)}`);
  if (source instanceof H5Group || dtype === 'object' || isCoded(source)) {
    const isRoot = source.path === '/';
    return new CodecStore(
      isRoot ? (source as H5Group) : source.parent,
      isRoot ? undefined : source.name,
      options,
    );
  }
  const store = new DatasetStore(source);
  // One without a shape is no array.
  void store.dims;
  return store;
}

/** Whether the elements of a list are not what stands in its dataset: some are missing, or of types that HDF5 does not have. */
function isCoded({ attrs, datatype }: H5Dataset): boolean {
  return attrs.has(Reserved.mask) || attrs.has(Reserved.into) || tagOf(datatype) !== undefined;
}

function objectAt(group: H5Group, name: string): unknown {
  const object = group.get(name);
  if (object) return object;
  checkAttribute(group, name);
  throw new H5PathError('H5_NOT_FOUND', name, `there is no "${name}" in "${group.path}"`);
}

function firstDataset(group: H5Group): H5Dataset<unknown> {
  for (const object of group.values()) if (object instanceof H5Dataset) return object as H5Dataset<unknown>;
  throw new H5PathError('H5_NOT_FOUND', group.path, `there is no dataset in "${group.path}"`);
}

function checkAxis(axis: number, rank: number): number {
  const counted = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || counted < 0 || counted >= rank)
    throw new H5IndexError(`an array of ${rank} axes has no axis ${axis}`);
  return counted;
}

/** A name that nothing in a group has. */
function unusedName(group: H5Group, name: string): string {
  let aside = `${name}~`;
  while (group.has(aside)) aside += '~';
  return aside;
}

/** A selection of one axis. */
function at(axis: number, index: ArrayIndex): ArraySelection {
  return [...new Array<undefined>(axis).fill(undefined), index];
}

function completeShape(shape: readonly number[], size: number): number[] {
  const open = shape.indexOf(-1);
  const known = product(shape.filter((_, axis) => axis !== open));
  if (shape.some((dim, axis) => axis !== open && !(Number.isSafeInteger(dim) && dim >= 0)))
    throw new H5TypeError(`(${shape.join(', ')}) is no shape`);
  // Of no elements anything could be left: then it is no whole number.
  const rest = size / known;
  const complete = open < 0 ? [...shape] : shape.with(open, rest);
  if ((open >= 0 && !Number.isInteger(rest)) || product(complete) !== size)
    throw new H5TypeError(`${size} elements do not have the shape (${shape.join(', ')})`);
  return complete;
}

/** How values are broadcast to a shape. */
function stretch({ shape }: Pick<ArrayValue, 'shape'>, to: readonly number[]): number[] {
  const extra = shape.length - to.length;
  const misfit = (): never => {
    throw new H5TypeError(`values of the shape (${shape.join(', ')}) do not broadcast to (${to.join(', ')})`);
  };
  for (let axis = 0; axis < extra; axis++) if (shape[axis] !== 1) misfit();
  const own = rowMajor(shape);
  return to.map((size, axis) => {
    const given = shape[axis + extra] ?? 1;
    if (given === size) return own[axis + extra] ?? 0;
    if (given !== 1) misfit();
    return 0;
  });
}

/** Data that a block is written with, checked. */
function toBlockDataOf(dtype: DTypeName, data: BlockData): BlockData {
  if (!isNumeric(dtype) || widthOf(dtype) === 2) return data;
  return toBlockData(dtype, data);
}

/** Elements of another array: booleans are 0 and 1, all else must fit exactly, as a value must. */
function fitted(dtype: DTypeName, from: DTypeName, data: BlockData): BlockData {
  if (dtype === from) return data;
  if (from === 'bool' && isNumeric(dtype)) return convert(data, from, dtype);
  return toBlockData(dtype, widthOf(from) === 2 || from === 'bool' ? toElements(from, data) : data);
}

function isSameElement(a: unknown, b: unknown, equalNaN: boolean, codec: CodecOptions): boolean {
  // Numbers and bigints of the same value are the same.
  // biome-ignore lint/suspicious/noDoubleEquals: 1 == 1n
  if (a === b || (typeof a === 'bigint' && typeof b === 'number' && a == (b as unknown))) return true;
  // biome-ignore lint/suspicious/noDoubleEquals: 1 == 1n
  if (typeof a === 'number' && typeof b === 'bigint' && a == (b as unknown)) return true;
  if (equalNaN && Number.isNaN(a) && Number.isNaN(b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const kind = kindOf(a);
  if (kind !== kindOf(b)) return false;
  // The content of others is not in their properties, or not all of it.
  if (kind === 'other') return isEqual(a, b, codec);
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return (
    keys.length === others.length &&
    keys.every(
      (key) =>
        Object.hasOwn(b, key) &&
        isSameElement(
          (a as Record<string, unknown>)[key],
          (b as Record<string, unknown>)[key],
          equalNaN,
          codec,
        ),
    )
  );
}

/** Sequences may be lists or typed arrays, records have any prototype that says nothing. */
function kindOf(value: object): 'list' | 'record' | 'other' {
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) return 'list';
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype ? 'record' : 'other';
}

function rootOf(store: ElementStore): ElementStore {
  let root = store;
  while (root instanceof ConvertedStore || root instanceof MappedStore || root instanceof ArrayFieldStore)
    root = root.source;
  return root;
}

/** The dtype that holds values: that of a typed array, else the smallest of a few that holds all of them. */
function inferDType(values: unknown): DTypeName {
  const shaped = shapedData(values);
  if (shaped) return dtypeOf(parseDType(shaped.dtype));
  if (ArrayBuffer.isView(values)) return values instanceof DataView ? 'object' : dtypeOfTyped(values);
  let dtype: DTypeName | undefined;
  const visit = (value: unknown): void => {
    if (Array.isArray(value) || ArrayBuffer.isView(value)) {
      if (ArrayBuffer.isView(value)) dtype = wider(dtype, inferDType(value));
      else for (const each of value as readonly unknown[]) visit(each);
      return;
    }
    const own: DTypeName =
      typeof value === 'number'
        ? (value | 0) === value && !Object.is(value, -0)
          ? 'int32'
          : 'float64'
        : typeof value === 'boolean'
          ? 'bool'
          : typeof value === 'bigint'
            ? 'int64'
            : typeof value === 'string'
              ? 'str'
              : 'object';
    dtype = wider(dtype, own);
  };
  visit(values);
  return dtype ?? 'float64';
}

function wider(a: DTypeName | undefined, b: DTypeName): DTypeName {
  if (a === undefined || a === b) return b;
  const isBoth = (x: DTypeName, y: DTypeName): boolean => (a === x && b === y) || (a === y && b === x);
  if (isBoth('int32', 'float64')) return 'float64';
  if (isBoth('int32', 'int64')) return 'int64';
  return 'object';
}

function createList(
  group: H5Group,
  name: string,
  values: unknown,
  { overwrite, dtype, ...options }: ArrayWriteOptions,
): CodecStore {
  if (group.has(name) && !overwrite)
    throw new H5PathError('H5_EXISTS', name, `"${name}" exists already; \`overwrite: true\` replaces it`);
  const list = values instanceof H5Array ? values.read() : values;
  if (!Array.isArray(list) && !ArrayBuffer.isView(list))
    throw new H5TypeError(
      `an array of the dtype '${String(dtype)}' is made of a list of values, not of ${describe(values)}`,
    );
  const { length } = list as ArrayLike<unknown>;
  const { shape = [length] } = options;
  if (shape.length !== 1 || shape[0] !== length)
    throw new H5TypeError(
      `an array of the dtype '${String(dtype)}' has one axis, here of ${length} elements, not the shape (${shape.join(', ')})`,
    );
  return CodecStore.write(group, name, Array.from(list as ArrayLike<unknown>), options);
}

function createArray(
  group: H5Group,
  name: string,
  values: unknown,
  { overwrite, dtype, ...options }: ArrayWriteOptions,
): H5Dataset<unknown> {
  if (overwrite && group.has(name)) {
    if (values instanceof H5Array) {
      // It may be what is replaced, or a part of that.
      const aside = unusedName(group, name);
      const made = createArray(group, aside, values, dtype === undefined ? options : { dtype, ...options });
      group.delete(name);
      group.rename(aside, name);
      return made;
    }
    group.delete(name);
  }
  if (values instanceof H5Array) {
    const own = dtype === undefined ? values.datatype : undefined;
    const dataset = group.createDataset<unknown>(name, {
      ...options,
      shape: options.shape ?? values.shape,
      dtype: own ?? storedAs(dtype ?? values.dtype),
    });
    H5Array.of(dataset).set('...', values);
    return dataset;
  }
  if (values === undefined || values === null)
    return group.createDataset<unknown>(name, {
      ...options,
      ...(dtype !== undefined && { dtype: storedAs(dtype) }),
    });
  const isComplex = dtype === 'complex64' || dtype === 'complex128';
  if (!isComplex)
    return group.createDataset<unknown>(name, {
      ...options,
      data: values,
      ...(dtype !== undefined && { dtype: storedAs(dtype) }),
    });
  const { shape, data } = arrayValue(dtype, values);
  const dataset = group.createDataset<unknown>(name, {
    ...options,
    shape: options.shape ?? shape,
    dtype: storedAs(dtype),
  });
  H5Array.of(dataset)
    .ravel()
    .writeBlock(blockAt([0], [product(shape)]), data);
  return dataset;
}

/** What a dataset is filled with, as an element of another dtype; undefined where that has none. */
function fillAs(fill: unknown, from: DTypeName, to: DTypeName): unknown {
  // Texts of any length have none.
  if (to === 'str') return undefined;
  if (from === to || (widthOf(from) === 2 && widthOf(to) === 2)) return fill;
  // What records are filled with, and complex numbers.
  if (typeof fill === 'object') return undefined;
  if (/^u?int/.test(to) && typeof fill === 'number' && !Number.isFinite(fill)) return undefined;
  try {
    return toElement(to, convert(toBlockData(from, [fill]), from, to));
  } catch (error) {
    if (error instanceof H5TypeError) return undefined;
    throw error;
  }
}
