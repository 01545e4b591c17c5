/** Handles of files, and of what is in them, as values: where they are, so that they can be opened again. */
import { H5FormatError, H5TypeError } from '../errors.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import type { H5File, H5Mode } from '../hdf5/h5-file.js';
import { H5Group } from '../hdf5/h5-group.js';
import type { DTypeName } from '../kernels/block-source.js';
import type { Content, ValueType } from '../registry/index.js';
import { contextOf } from './context.js';
import { H5Array } from './h5-array.js';
import { H5Dict } from './h5-dict.js';
import { H5List } from './h5-list.js';
import { lazyHandle } from './lazy-handle.js';
import { elementsOf, isOwn } from './own-collections.js';
import { openFile, type Platform, thePlatform } from './platform.js';

/** What a handle can be. */
export type Handle = H5File | H5Group | H5Dataset | H5Dict | H5List | H5Array;

/** Where a handle leads, as plain data: what `postMessage` and `structuredClone` take. */
export interface TransferableHandle {
  readonly kind: string;
  /** The path of the file; absent for one in memory. */
  readonly file?: string;
  /** The bytes of a file in memory, as it was. */
  readonly bytes?: Uint8Array;
  /** The path within the file. */
  readonly path: string;
  readonly mode: H5Mode;
}

/** One kind of handle. */
interface HandleKind {
  readonly name: string;
  readonly prototype: object;
  open(object: H5Group | H5Dataset): Handle;
  objectOf(handle: never): H5Group | H5Dataset;
}

function kind<T extends Handle>(
  type: { readonly prototype: T },
  name: string,
  open: (object: H5Group | H5Dataset) => T,
  objectOf: (handle: T) => H5Group | H5Dataset,
): HandleKind {
  return { name, prototype: type.prototype as object, open, objectOf: objectOf as HandleKind['objectOf'] };
}

function kinds(files = thePlatform().files): readonly HandleKind[] {
  const itself = <T extends H5Group | H5Dataset>(object: H5Group | H5Dataset): T => object as T;
  return [
    kind(
      H5Dict as unknown as { prototype: H5Dict },
      'H5Dict',
      (object) => H5Dict.of(object as H5Group),
      (dict) => dict.object,
    ),
    kind(
      H5List,
      'H5List',
      (object) => new H5List(object, contextOf(object)),
      (list) => list.object,
    ),
    kind(H5Array, 'H5Array', (object) => H5Array.of(object as H5Dataset), wholeDataset),
    ...files.map((type) =>
      kind(
        type,
        'H5File',
        (object) => object.file,
        (file) => file,
      ),
    ),
    kind(
      H5Group,
      'H5Group',
      (object) => itself<H5Group>(object),
      (group) => group,
    ),
    kind(
      H5Dataset as unknown as { prototype: H5Dataset },
      'H5Dataset',
      (object) => itself<H5Dataset>(object),
      (dataset) => dataset,
    ),
  ];
}

function wholeDataset(array: H5Array): H5Dataset {
  const { dataset } = array;
  if (!dataset) throw new H5TypeError('an array in memory is no handle: give its elements, toTypedArray()');
  if (!array.isView) return dataset as H5Dataset;
  throw new H5TypeError(
    'a part of an array is no handle: store the whole array, or a copy of the part, array.copy()',
  );
}

function arrayOf({ data, dtype, shape }: Content): H5Array {
  const isShape = Array.isArray(shape) || shape instanceof Int32Array;
  if (typeof dtype !== 'string' || !isShape)
    throw new H5FormatError(-1, 'an H5Array without a dtype or shape');
  return H5Array.from(data, { dtype: dtype as DTypeName, shape: Array.from(shape as number[]) });
}

function kindOf(handle: Handle): HandleKind {
  const prototype: unknown = Object.getPrototypeOf(handle);
  const found = kinds().find((each) => each.prototype === prototype);
  if (!found) throw new H5TypeError('it is no handle of a file, or of something in one');
  return found;
}

/**
 * Where a handle leads, as plain data, to be sent to a worker. Of a file in memory it has the bytes.
 *
 * Of a file that is open for writing it says so: the worker opens it for writing, too, and gets an `H5LockedError` as long as it
 * is open here. Close it first, or send the handle of one that is open for reading: then the worker reads.
 *
 * @example
 * worker.postMessage(toTransferable(state)); // and there: fromTransferable(data)
 *
 * @example
 * const data = toTransferable(state);
 * state.close(); // now the worker can write
 * worker.postMessage(data);
 */
export function toTransferable(handle: Handle): TransferableHandle {
  const { name, objectOf } = kindOf(handle);
  const object = objectOf(handle as never);
  const place = thePlatform().placeOf(object.file);
  if (!place) return { kind: name, bytes: object.file.toBytes(), path: object.path, mode: 'r' };
  return { kind: name, file: place.path, path: object.path, mode: again(place.mode) };
}

/** A file that was begun is opened again as what it has become. */
function again(mode: H5Mode): H5Mode {
  return mode === 'r' ? 'r' : 'r+';
}

/**
 * The handle that leads where `toTransferable` says. Its file is opened when it is first used, with its mode: 'r+' has to wait
 * until whoever else has the file open for writing has closed it.
 *
 * @example
 * parentPort?.on('message', (data: TransferableHandle) => {
 *   const state = fromTransferable(data) as H5Dict;
 * });
 */
export function fromTransferable(data: TransferableHandle): Handle {
  const { kind: name, file, bytes, path, mode } = data ?? ({} as Partial<TransferableHandle>);
  const found = kinds().find((each) => each.name === name);
  const source = file ?? bytes;
  if (!found || source === undefined || typeof path !== 'string' || (mode !== 'r' && mode !== 'r+'))
    throw new H5TypeError('these are no data of a handle');
  return lazyHandle(found.prototype, () => {
    const opened = openFile(source, mode);
    try {
      const object = path === '/' ? opened : opened.get(path);
      if (!(object instanceof H5Group || object instanceof H5Dataset))
        throw new H5TypeError(`there is no "${path}" in ${file ?? 'the file'} any more`);
      return found.open(object);
    } catch (error) {
      opened.close();
      throw error;
    }
  });
}

/** How handles are stored as values: nothing of the file that they lead to, but where it is; `files`: the classes of open files. */
export function handleTypes(files: Platform['files']): ValueType[] {
  return kinds(files).map(({ name, prototype, objectOf }) => ({
    name,
    prototype,
    encode(handle) {
      if (handle instanceof H5Array && !handle.dataset && !handle.isView) {
        const { dtype, shape } = handle;
        return { data: elementsOf(handle), dtype, shape };
      }
      // A part of an array is no handle, but may be stored as a copy.
      if (handle instanceof H5Array && handle.isView && handle.dataset) isOwn(handle.dataset as H5Dataset);
      const object = objectOf(handle as never);
      const place = thePlatform().placeOf(object.file);
      const isCollection = handle instanceof H5Dict || handle instanceof H5List || handle instanceof H5Array;
      if ((isCollection && isOwn(object)) || !place)
        throw new H5TypeError(
          'a handle of a file in memory leads nowhere later: store a copy of what it holds',
        );
      return { file: place.path, path: object.path, mode: again(place.mode) };
    },
    decode(content: Content) {
      const { file, path, mode } = content;
      if (name === 'H5Array' && 'data' in content) return arrayOf(content);
      const isPlace = typeof file === 'string' && typeof path === 'string';
      if (!isPlace || (mode !== 'r' && mode !== 'r+'))
        throw new H5FormatError(-1, `a ${name} that leads nowhere`);
      return fromTransferable({ kind: name, file, path, mode });
    },
  }));
}
