import { H5TypeError, withoutIndexes } from '../errors.js';
import type { DatasetDraft } from './draft.js';
import { formatDType } from './dtype.js';
import type { Editor } from './editing.js';
import type { ElementAccess } from './element-access.js';
import { decode, type Elements, type H5Value, type Heap, nest } from './elements.js';
import { H5Object } from './h5-object.js';
import type { H5Reference } from './h5-reference.js';
import { type Dataspace, extent } from './messages/dataspace.js';
import type { Datatype } from './messages/datatype.js';
import type { FilterInfo } from './messages/filter-pipeline.js';
import { isNumber } from './number-elements.js';
import type { DatasetInfo } from './object.js';
import { rawData } from './raw-data.js';
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
    this.session.editor?.gather();
    const { node } = this;
    // Its shape may have changed.
    if ('info' in node) return this.#elements ?? (node.info as DatasetInfo);
    return (node as DatasetDraft).storage ?? (node as DatasetDraft);
  }

  /** What changes it, when others have made their changes. */
  get #editor(): Editor {
    const editor = this.session.edit();
    editor.gather();
    return editor;
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
    this.session.check();
    const { datatype, dataspace } = this.#info;
    const isScalar = dataspace.kind === 'scalar';
    if (Array.isArray(selection) && selection.length === 0) {
      if (dataspace.kind === 'null') return null as R;
      if (!this.#elements) return this.#decode(datatype, this.#whole(), this.size, isScalar) as R;
    }
    const parts = this.#parts;
    const { bytes, count } = parts.select(selection, undefined, this);
    return this.#decode(datatype, bytes, count, isScalar, parts.heap) as R;
  }

  /** The values of elements, or the one that there is. */
  #decode(datatype: Datatype, bytes: Uint8Array, count: number, isOne: boolean, heap?: Heap): unknown {
    const { space, options } = this.session;
    const values = decode(datatype, bytes, count, heap ?? space.globalHeap, options);
    return isOne ? values[0] : values;
  }

  /** The bytes of all elements, without what reads selections. */
  #whole(): Uint8Array {
    const raw = rawData(this.session.space, this.#info as DatasetInfo, `the data of "${this.place}"`);
    const limit = isNumber(this.datatype) ? MAX_FILLED : MAX_FILLED_OBJECTS;
    if (!raw.stored && this.nbytes > limit) {
      throw new H5TypeError(
        `"${this.path}" was never written; its ${this.nbytes} bytes are too many to be made at once`,
      );
    }
    return raw.copy(0, this.size);
  }

  /** What reads a part of the elements. */
  get #parts(): ElementAccess {
    return this.#elements ?? withoutIndexes(`a part of "${this.place}", or how it is stored`);
  }

  /**
   * One element. Only its bytes are read.
   *
   * @example
   * matrix.at(0, -1); // the last element of the first row
   */
  at<R = T extends ArrayLike<infer Element> ? Element : H5Value>(...indices: number[]): R {
    this.session.check();
    const { datatype, dataspace } = this.#info;
    const { length } = dataspace.dims;
    if (indices.length !== length || dataspace.kind === 'null') {
      throw new H5TypeError(`"${this.path}" has ${length} axes, ${indices.length} indices are given`);
    }
    const parts = this.#parts;
    return this.#decode(datatype, parts.select(indices, undefined, this).bytes, 1, true, parts.heap) as R;
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
    this.#editor.writeElements(this.node, selection, data, this);
  }

  /**
   * Gives the dataset another shape, up to `maxShape`. What is cut off is gone; what is new is the fill value. Only
   * datasets in chunks can do this.
   *
   * @example
   * dataset.resize([2000, 3]);
   */
  resize(shape: readonly number[]): void {
    this.#editor.resize(this.node, shape, this);
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
    this.#editor.append(this.node, data, axis, this);
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
    return this.#parts.chunkDims ?? null;
  }

  /** What is done to the bytes of each chunk, in this order. */
  get filters(): readonly FilterInfo[] {
    return this.#parts.filters;
  }

  /** What compresses the chunks: `'gzip'`, `'lzf'`, the name or the number of another filter; `null` if nothing does. */
  get compression(): string | null {
    return this.#parts.compression;
  }

  /**
   * What an element is that was never written.
   *
   * @throws {H5TypeError} when it is too large to be made.
   */
  get fillValue(): H5Value {
    return this.#decode(this.#info.datatype, this.#parts.fillBytes, 1, true) as H5Value;
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
    yield* this.#parts.parts();
  }

  override toString(): string {
    return `<H5Dataset "${this.path}": ${this.dtype} ${formatShape(this.shape)}>`;
  }
}

export function formatShape(shape: readonly number[] | null): string {
  if (shape === null) return 'null';
  return shape.length === 0 ? 'scalar' : `(${shape.join(', ')})`;
}
