import { H5StateError, H5TypeError, withoutIndexes } from '../errors.js';
import type { Editor } from '../hdf5/editing.js';
import type { ElementAccess } from '../hdf5/element-access.js';
import { decode, encode } from '../hdf5/elements.js';
import { LITTLE_ENDIAN, swapped } from '../hdf5/endian.js';
import type { H5Dataset } from '../hdf5/h5-dataset.js';
import type { Datatype } from '../hdf5/messages/datatype.js';
import { naming } from '../hdf5/named-errors.js';
import { decodeNumbers, isNative } from '../hdf5/number-elements.js';
import { hasPointers } from '../hdf5/release.js';
import { product, type Selection } from '../hdf5/selection.js';
import type { BlockData, DTypeName } from '../kernels/block-source.js';
import { nested } from './array-value.js';
import { complexPart, dtypeOf, memorySizeOf, toElements } from './block-data.js';
import type { ElementStore } from './element-store.js';
import { LiveFile } from './live-file.js';

/** A member of the records of a dataset, or one within that. */
export interface Field {
  readonly path: readonly string[];
  readonly offset: number;
  readonly type: Datatype;
}

/** The elements of a dataset, or one field of each; of a field that is an array all elements of it (see `ArrayFieldStore`). */
export class DatasetStore implements ElementStore {
  readonly dataset: H5Dataset<unknown>;
  readonly field: Field | undefined;
  readonly datatype: Datatype;
  /** The axes of a field that is an array; none of any other. */
  readonly inner: readonly number[];
  readonly dtype: DTypeName;
  readonly fillsAtOnce: boolean;

  constructor(dataset: H5Dataset<unknown>, field?: Field) {
    this.dataset = dataset;
    this.field = field;
    const { dims, base } = elementsWithin(field?.type);
    this.inner = dims;
    this.datatype = base ?? dataset.datatype;
    this.dtype = dtypeOf(this.datatype);
    this.fillsAtOnce = !field && !hasPointers(dataset.datatype);
  }

  get dims(): readonly number[] {
    const { dataset } = this;
    // It may have just been deleted: what is written to it would be lost.
    dataset.session.editor?.settle(dataset);
    const { shape } = dataset;
    if (shape === null) throw new H5TypeError(`"${dataset.path}" has no shape, and no elements`);
    return shape;
  }

  get itemSize(): number {
    return this.datatype.size;
  }

  get cost(): number {
    const { dtype, datatype, field, dataset } = this;
    const own = memorySizeOf(dtype);
    const part = complexPart(datatype) ?? datatype;
    // Numbers are a view of what is read, if they are in memory what they are in the file.
    if (!field && (dtype === 'bool' || (isNative(part) && dtype !== 'float16'))) return own;
    return own + (field ? dataset.datatype.size : datatype.size);
  }

  get chunkDims(): readonly number[] | undefined {
    return this.#access.chunkDims;
  }

  get #access(): ElementAccess {
    const { session, node, path } = this.dataset;
    session.check();
    return session.elements(node) ?? withoutIndexes(`a part of "${path}", or how it is stored`);
  }

  read(selection: Selection, into?: BlockData): BlockData {
    const access = this.#access;
    const { field } = this;
    const memory =
      into && !Array.isArray(into) && !field
        ? new Uint8Array(into.buffer as ArrayBuffer, into.byteOffset, into.byteLength)
        : undefined;
    const { bytes, count } = access.select(selection, memory, this.dataset);
    const own = field ? column(bytes, access.datatype.size, field, count) : bytes;
    return this.#decode(own, count * product(this.inner), access);
  }

  #decode(bytes: Uint8Array, count: number, access: ElementAccess): BlockData {
    const { datatype, dataset } = this;
    if (this.dtype === 'bool') {
      // What is not 0 is true.
      for (let i = 0; i < count; i++) if ((bytes[i] as number) > 1) bytes[i] = 1;
      return bytes;
    }
    const part = complexPart(datatype);
    if (part) return decodeNumbers(part, bytes, 2 * count, undefined) as BlockData;
    const { space } = dataset.session;
    return decode(datatype, bytes, count, access.heap ?? space.globalHeap) as BlockData;
  }

  write(selection: Selection, data: BlockData, isOne: boolean): void {
    const { dataset, field } = this;
    const live = LiveFile.of(dataset);
    const editor = live.edit();
    naming(dataset, () => {
      if (field) this.#writeField(field, selection, data, isOne);
      else this.#writeWhole(editor, selection, data, isOne);
    });
    live.changed(dataset.path);
  }

  #writeWhole(editor: Editor, selection: Selection, data: BlockData, isOne: boolean): void {
    const { dataset, datatype } = this;
    const bytes = this.#bytes(data);
    if (bytes) editor.writeBytes(dataset.node, selection, bytes, isOne);
    else if (!isOne) editor.writeElements(dataset.node, selection, data);
    else if (hasPointers(datatype))
      editor.writeElements(dataset.node, selection, new Array<unknown>(selection.count).fill(data[0]));
    else {
      const encoded = encode(datatype, data, 1);
      if (encoded.at.length > 0) {
        editor.writeElements(dataset.node, selection, new Array<unknown>(selection.count).fill(data[0]));
      } else editor.writeBytes(dataset.node, selection, encoded.bytes, true);
    }
  }

  /** The bytes of elements that are in memory what they are in the file, up to the order of bytes. */
  #bytes(data: BlockData): Uint8Array | undefined {
    if (Array.isArray(data)) return undefined;
    const { datatype } = this;
    const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (this.dtype === 'bool') return raw;
    const part = complexPart(datatype);
    if (part) return part.bigEndian === LITTLE_ENDIAN ? swapped(raw, part.size) : raw;
    const isSame = isNative(datatype) && data.length * datatype.size === data.byteLength;
    return isSame && this.dtype !== 'float16' ? raw : undefined;
  }

  /** The records are read, and written with other bytes in the place of the field. */
  #writeField(field: Field, selection: Selection, data: BlockData, isOne: boolean): void {
    const { dataset } = this;
    const access = this.#access;
    const { size } = access.datatype;
    const { bytes, count } = access.select(selection, undefined, this.dataset);
    const own = this.#bytes(data);
    if (hasPointers(access.datatype)) {
      const { space } = dataset.session;
      const records = decode(access.datatype, bytes, count, access.heap ?? space.globalHeap) as object[];
      const size = product(this.inner);
      // Complex numbers are records there, if no others.
      const values =
        own && complexPart(this.datatype)
          ? decode(this.datatype, own, (isOne ? 1 : count) * size, space.globalHeap)
          : toElements(this.dtype, data);
      records.forEach((record, i) => {
        const value =
          this.inner.length > 0
            ? nested(Array.prototype.slice.call(values, i * size, (i + 1) * size), this.inner)
            : values[isOne ? 0 : i];
        replaceMember(record, field.path, value);
      });
      dataset.session.edit().writeElements(dataset.node, selection, records);
      return;
    }
    const length = (isOne ? 1 : count) * product(this.inner);
    const from = own ?? encode(this.datatype, data, length).bytes;
    const step = isOne ? 0 : field.type.size;
    for (let i = 0; i < count; i++) {
      const at = i * size + field.offset;
      for (let k = 0; k < field.type.size; k++) bytes[at + k] = from[i * step + k] as number;
    }
    dataset.session.edit().writeBytes(dataset.node, selection, bytes, false);
  }

  atomically<T>(action: () => T): T {
    const { dataset } = this;
    return LiveFile.of(dataset).atomically(dataset.path, action);
  }
}

/** The axes and the elements of a field that is an array, unless these are records, or what only lists can hold. */
function elementsWithin(type: Datatype | undefined): { dims: readonly number[]; base: Datatype | undefined } {
  const dims: number[] = [];
  let base = type;
  while (base?.class === 'array') {
    dims.push(...base.dims);
    base = base.base;
  }
  const dtype = base && dtypeOf(base);
  return dtype === 'object' || dtype === 'record' ? { dims: [], base: type } : { dims, base };
}

function column(bytes: Uint8Array, size: number, { offset, type }: Field, count: number): Uint8Array {
  const own = new Uint8Array(count * type.size);
  for (let i = 0; i < count; i++) {
    const at = i * size + offset;
    for (let k = 0; k < type.size; k++) own[i * type.size + k] = bytes[at + k] as number;
  }
  return own;
}

function replaceMember(record: object, [name = '', ...rest]: readonly string[], value: unknown): void {
  const { value: member } = Object.getOwnPropertyDescriptor(record, name) as PropertyDescriptor;
  if (rest.length > 0) replaceMember(member as object, rest, value);
  else Object.defineProperty(record, name, { value });
}

/**
 * A member of the records of a datatype, by its name, or by names with points between them.
 *
 * @throws {H5TypeError} when there is none.
 */
export function fieldOf(type: Datatype, name: string, within?: Field): Field {
  if (type.class !== 'compound')
    throw new H5TypeError(`the elements are no records, so they have no field "${name}"`);
  const member = type.members.find((candidate) => candidate.name === name);
  if (!member) {
    const names = type.members.map((candidate) => `"${candidate.name}"`).join(', ');
    throw new H5TypeError(`there is no field "${name}"; the fields are ${names}`);
  }
  return {
    path: [...(within?.path ?? []), name],
    offset: (within?.offset ?? 0) + member.offset,
    type: member.type,
  };
}

/** What a dataset can no longer do. */
export function wasResized(path: string): never {
  throw new H5StateError(
    'H5_GONE',
    `"${path}" has another shape than when the view was taken: take it again`,
  );
}
