import { H5FeatureError, H5TypeError } from '../errors.js';
import type { DatasetDraft } from './draft.js';
import { formatDType } from './dtype.js';
import type { ElementAccess } from './element-access.js';
import { decode, type Elements, type H5Value, type Heap, nest } from './elements.js';
import { H5Object } from './h5-object.js';
import type { H5Reference } from './h5-reference.js';
import { type Dataspace, extent } from './messages/dataspace.js';
import type { Datatype } from './messages/datatype.js';
import type { FilterInfo } from './messages/filter-pipeline.js';
import type { DatasetInfo } from './object.js';
import { type RawData, rawData } from './raw-data.js';
import type { SelectionInput } from './selection.js';

/**
 * A part of a dataset: for each of the first axes the range from `start` up to, not including, `stop`. Negative
 * numbers count from the end. Axes that are left out, or undefined, are read whole.
 */
export type Selection = readonly (readonly [start: number, stop: number] | undefined)[];

/** Values that no file holds, only a shape, can be any number: here the line is drawn. In bytes. */
const MAX_FILLED = 2 ** 30;
/** The same for what is not numbers: an array of objects takes many times as much as its elements. */
const MAX_FILLED_OBJECTS = 2 ** 26;

/**
 * An array of elements of one datatype. Nothing is read before it is asked for.
 *
 * @example
 * const speed = file.dataset<Float64Array>('runs/7/speed');
 * speed.shape; // [1000, 3]
 * speed.dtype; // '<f8'
 * speed.value; // a Float64Array of 3000 elements
 * speed.read([[0, 10]]); // the first 10 rows
 * speed.at(5, 2); // one element
 */
export class H5Dataset<T = H5Value> extends H5Object {
  get #info(): { datatype: Datatype; dataspace: Dataspace } {
    const { node } = this;
    // Its shape may have changed.
    return this.#elements ?? ('info' in node ? (node.info as DatasetInfo) : (node as DatasetDraft));
  }

  /** What reads any selection of the elements, if that is there. */
  get #elements(): ElementAccess | undefined {
    return this.session.elements(this.node);
  }

  /** The size of each axis; `[]` for a scalar, `null` where there is no value at all. */
  get shape(): readonly number[] | null {
    const { kind, dims } = this.#info.dataspace;
    return kind === 'null' ? null : [...dims];
  }

  /** How far each axis may grow: `Infinity` where there is no limit. */
  get maxShape(): readonly number[] | null {
    const { kind, dims, maxDims } = this.#info.dataspace;
    return kind === 'null' ? null : [...(maxDims ?? dims)];
  }

  /** The number of axes. */
  get ndim(): number {
    return this.#info.dataspace.dims.length;
  }

  /** The number of elements. */
  get size(): number {
    return extent(this.#info.dataspace);
  }

  /** The bytes that the elements take in the file, without what strings and sequences hold. */
  get nbytes(): number {
    return this.size * this.#info.datatype.size;
  }

  get datatype(): Datatype {
    return this.#info.datatype;
  }

  /** The datatype as a short text: `<f8`, `bool`, `str`, `{x: <i4, y: <i4}`. */
  get dtype(): string {
    return formatDType(this.#info.datatype);
  }

  /** All elements, flat, in row-major order; the element itself for a scalar; `null` for a null dataspace. */
  get value(): T {
    return this.read() as T;
  }

  /**
   * The elements, or those of a part, or those that a region reference selects. Only the bytes that are needed are read.
   *
   * @example
   * dataset.read([[10, 20], [0, 2]]); // rows 10 to 19, of each the first two columns
   */
  read<R = T>(selection: SelectionInput | H5Reference = []): R {
    const { datatype, dataspace } = this.#info;
    const { kind, dims } = dataspace;
    const elements = kind === 'null' ? undefined : this.#elements;
    if (elements) {
      this.session.check();
      const { bytes, count } = elements.select(selection);
      return this.#decode(datatype, bytes, count, kind === 'scalar') as R;
    }
    if (!Array.isArray(selection)) throw new H5TypeError(`selections of points and masks need ${OPTION}`);
    if (selection.length > dims.length) {
      throw new H5TypeError(`"${this.path}" has ${dims.length} axes, the selection ${selection.length}`);
    }
    this.session.check();
    if (kind === 'null') return null as R;
    const starts = dims.map((dim, axis) => clamp(range(selection, axis)?.[0] ?? 0, dim));
    const counts = dims.map((dim, axis) =>
      Math.max(0, clamp(range(selection, axis)?.[1] ?? dim, dim) - (starts[axis] as number)),
    );
    const { raw, heap } = this.#open();
    const count = counts.reduce((product, each) => product * each, 1);
    this.#checkFilled(raw, count);
    const bytes = gather(raw, datatype.size, dims, starts, counts, count);
    return this.#decode(datatype, bytes, count, kind === 'scalar', heap) as R;
  }

  /** The values of elements, or the one that there is. */
  #decode(datatype: Datatype, bytes: Uint8Array, count: number, isOne: boolean, heap?: Heap): unknown {
    const { space, options } = this.session;
    const values = decode(datatype, bytes, count, heap ?? space.globalHeap, options);
    return isOne ? values[0] : values;
  }

  /**
   * One element. Only its bytes are read.
   *
   * @example
   * matrix.at(0, -1); // the last element of the first row
   */
  at<R = T extends ArrayLike<infer Element> ? Element : H5Value>(...indices: number[]): R {
    const { datatype, dataspace } = this.#info;
    const { dims } = dataspace;
    this.session.check();
    if (indices.length !== dims.length || dataspace.kind === 'null') {
      throw new H5TypeError(`"${this.path}" has ${dims.length} axes, ${indices.length} indices are given`);
    }
    const place: number[] = [];
    for (let axis = 0; axis < dims.length; axis++) {
      const dim = dims[axis] as number;
      const given = indices[axis] as number;
      const index = given < 0 ? given + dim : given;
      if (!Number.isInteger(index) || index < 0 || index >= dim) {
        throw new H5TypeError(
          `"${this.path}": the index ${given} is not within axis ${axis}, of size ${dim}`,
        );
      }
      place.push(index);
    }
    const elements = this.#elements;
    if (elements) return this.#decode(datatype, elements.select(place).bytes, 1, true) as R;
    const { raw, heap } = this.#open();
    const first = place.reduce((row, index, axis) => row * (dims[axis] as number) + index, 0);
    return this.#decode(datatype, raw.copy(first, 1), 1, true, heap) as R;
  }

  /** The elements as arrays of arrays, by the shape; the element itself for a scalar. */
  toArray(): unknown {
    const { kind, dims } = this.#info.dataspace;
    const value = this.read<Elements>();
    if (kind !== 'simple') return value;
    const rows = dims.slice(0, Math.max(1, dims.indexOf(0)));
    if (value.length === 0 && rows.reduce((product, dim) => product * dim, 1) > MAX_FILLED_OBJECTS) {
      throw new H5TypeError(`"${this.path}" has no elements, in more rows than there can be arrays`);
    }
    return nest(Array.from<unknown>(value), dims);
  }

  /**
   * Writes elements: all of them, or those of a selection. The data are of its shape, or stretch to it as in numpy: one
   * value for all, one row for each. Nothing is written if one of them does not fit the datatype.
   *
   * @throws {H5TypeError} when a value does not fit, or the shape does not.
   * @example
   * dataset.write([[0, 1], [2, 3]], [[0, 2], [4, 6]]);
   * dataset.write(0, [[0, 100, 10]]); // every tenth
   */
  write(data: unknown, selection: SelectionInput = []): void {
    this.session.edit().writeElements(this.node, selection, data);
  }

  /**
   * Gives the dataset another shape, up to `maxShape`. What is cut off is gone; what is new is the fill value. Only
   * datasets in chunks can do this.
   *
   * @example
   * dataset.resize([2000, 3]);
   */
  resize(shape: readonly number[]): void {
    this.session.edit().resize(this.node, shape);
  }

  /**
   * Makes the dataset longer along an axis, and writes elements there: rows of the shape of the others, one row, or, along
   * the first axis, the elements of rows one after another. Nothing is changed if they do not fit.
   *
   * @throws {H5TypeError} when the data do not fit, or the dataset cannot grow as far.
   * @example
   * const log = file.createDataset('log', { shape: [0, 3], maxShape: [null, 3] });
   * log.append([1, 2, 3]);
   * log.append([[4, 5, 6], [7, 8, 9]]);
   */
  append(data: unknown, axis = 0): void {
    this.session.edit().append(this.node, data, axis);
  }

  /**
   * A reference to a part of the dataset, to be stored as a value in the same file.
   *
   * @example
   * file.createDataset('peaks', { data: [speed.regionRef([[100, 120]]), speed.regionRef([[300, 310]])] });
   */
  regionRef(selection: SelectionInput): H5Reference {
    return this.session.edit().regionReference(this.node, selection);
  }

  // ---- how it is stored -----------------------------------------------------------------------------

  /** The shape of a chunk; `null` if the elements are not in chunks. */
  get chunks(): readonly number[] | null {
    return this.#storage.chunkDims ?? null;
  }

  /** What is done to the bytes of each chunk, in this order. */
  get filters(): readonly FilterInfo[] {
    return this.#storage.filters;
  }

  /** What compresses the chunks: `'gzip'`, `'lzf'`, the name or the number of another filter; `null` if nothing does. */
  get compression(): string | null {
    return this.#storage.compression;
  }

  /** What an element is that was never written. */
  get fillValue(): H5Value {
    const { datatype } = this.#info;
    const bytes = this.#storage.fillValue ?? new Uint8Array(datatype.size);
    return this.#decode(datatype, bytes, 1, true) as H5Value;
  }

  /**
   * The parts of the dataset that are in one chunk each, in row-major order, for `read` and `write`: one part after another
   * is how to go through what does not fit into memory.
   *
   * @throws {H5TypeError} when the elements are not in chunks.
   * @example
   * for (const part of dataset.iterChunks()) sum += total(dataset.read(part));
   */
  *iterChunks(): IterableIterator<[start: number, stop: number][]> {
    if (!this.chunks) throw new H5TypeError(`"${this.path}" is not in chunks`);
    yield* (this.#elements as ElementAccess).parts();
  }

  get #storage(): Pick<ElementAccess, 'chunkDims' | 'filters' | 'compression' | 'fillValue'> {
    const { node } = this;
    const elements = this.#elements;
    if (elements) return elements;
    if (!('info' in node)) return NOTHING_STORED;
    throw new H5FeatureError(`how a dataset is stored (without ${OPTION})`);
  }

  override toString(): string {
    return `<H5Dataset "${this.path}": ${this.dtype} ${formatShape(this.shape)}>`;
  }

  #open(): { raw: RawData; heap: Heap } {
    const { node } = this;
    if (!('info' in node)) return (node as DatasetDraft).open();
    const { space } = this.session;
    const raw = rawData(space, node.info as DatasetInfo, `the data of "${this.path}"`);
    return { raw, heap: space.globalHeap };
  }

  #checkFilled(raw: RawData, count: number): void {
    const { class: kind, size } = this.#info.datatype;
    const limit = kind === 'fixed-point' || kind === 'floating-point' ? MAX_FILLED : MAX_FILLED_OBJECTS;
    if (!raw.stored && count * size > limit) {
      throw new H5TypeError(
        `"${this.path}" was never written; its ${count * size} bytes are too many to be made at once`,
      );
    }
  }
}

export function formatShape(shape: readonly number[] | null): string {
  if (shape === null) return 'null';
  return shape.length === 0 ? 'scalar' : `(${shape.join(', ')})`;
}

const OPTION = "the option { indexes } from 'h5pickle/indexes'";

/** How elements are stored that are in no file yet. */
const NOTHING_STORED = { chunkDims: undefined, filters: [], compression: null, fillValue: undefined };

/** The simple sort of selection on one axis. */
function range(selection: readonly unknown[], axis: number): readonly [number?, number?] | undefined {
  const part = selection[axis];
  if (part === undefined) return undefined;
  if (Array.isArray(part) && part.length <= 2) return part as [number, number];
  throw new H5TypeError(`selections by steps and indices need ${OPTION}`);
}

function clamp(index: number, size: number): number {
  if (!Number.isInteger(index)) throw new H5TypeError(`a selection is whole numbers, not ${index}`);
  return Math.min(Math.max(index < 0 ? index + size : index, 0), size);
}

/** A copy of the bytes of a box of elements: those of each run that is contiguous, one after another. */
function gather(
  raw: RawData,
  size: number,
  dims: readonly number[],
  starts: readonly number[],
  counts: readonly number[],
  count: number,
): Uint8Array {
  if (count === 0) return new Uint8Array(0);
  // A run goes from the last axis that is not whole to the last of all.
  let axis = dims.length - 1;
  while (axis > 0 && counts[axis] === dims[axis]) axis--;
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const run = (counts[axis] ?? 1) * inner;
  const bytes = count === run ? undefined : new Uint8Array(count * size);
  const index = starts.slice(0, Math.max(axis, 0));
  for (let done = 0; ; ) {
    let row = 0;
    for (let i = 0; i < index.length; i++) row = row * (dims[i] as number) + (index[i] as number);
    const first = axis < 0 ? 0 : (row * (dims[axis] as number) + (starts[axis] as number)) * inner;
    if (!bytes) return raw.copy(first, run);
    bytes.set(raw.read(first, run), done * size);
    done += run;
    if (done === count) return bytes;
    for (let i = index.length - 1; ; i--) {
      const next = (index[i] as number) + 1;
      if (next < (starts[i] as number) + (counts[i] as number)) {
        index[i] = next;
        break;
      }
      index[i] = starts[i] as number;
    }
  }
}
