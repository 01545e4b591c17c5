import { H5StateError, H5TypeError, optionOf } from '../errors.js';
import { concatenate, type Piece, pieceBytes } from '../hdf5/file-builder.js';
import { FileSpace } from '../hdf5/file-space.js';
import type { GroupIndexes } from '../hdf5/group-indexes.js';
import type { H5Dataset } from '../hdf5/h5-dataset.js';
import type { H5Group } from '../hdf5/h5-group.js';
import { H5Object } from '../hdf5/h5-object.js';
import type { StoredObject } from '../hdf5/stored-object.js';
import { defaultRegistry, type TypeRegistry } from '../registry/index.js';
import { MemoryStorage } from '../storage/memory.js';
import type { Storage } from '../storage/storage.js';
import { datasetsNeeded, Emitter } from './emit.js';
import { H5LimitError } from './errors.js';
import { type Expectation, expected } from './expectation.js';
import type { Limits } from './limits.js';
import type { PartPath } from './part-path.js';
import { type Node, type OnUnsupported, Planner, type PlanningOptions } from './plan.js';
import { Restorer, type UnknownClass } from './restore.js';
import type { Datasets, StorageOptions, Storing } from './storing.js';
import type { Streaming, Watch } from './streaming.js';
import { NO_VALUES, type Values } from './values.js';

/**
 * How a value is stored, for `write`, `writeSync` and `serialize`.
 *
 * @example
 * const options: WriteOptions = { compression: 'gzip', registry, limits: { nodes: 10_000 } };
 * await write('state.h5', state, options);
 */
export interface WriteOptions extends StorageOptions {
  /** The classes whose instances may be stored. Default: the registry that `@H5Class` uses. */
  readonly registry?: TypeRegistry | undefined;
  /** More types of the language and the platform: `values` of `h5pickle/values`. In Node they are the default. */
  readonly values?: Values | undefined;
  /**
   * What becomes of functions, promises and whatever else cannot be stored: an error unless told otherwise; with 'skip' the
   * property is left out, and of an array there is a hole; or what a function returns, given the value and its path.
   */
  readonly onUnsupported?: OnUnsupported | undefined;
  /**
   * Writes one part of an open file, or of a group: `'users/17/name'`. What it leads to is replaced, and made if it is not
   * there; all else stays.
   */
  readonly path?: PartPath | undefined;
  /** With 'merge' the members of an object are added to those that are there, and so on within; without, they replace them. */
  readonly mode?: 'replace' | 'merge' | undefined;
  /** What writes into open files: `parts` of `h5pickle/parts`. In Node it is the default. */
  readonly parts?: Parts | undefined;
  /**
   * What `compression`, `chunks`, `stringEncoding` and what fields of classes say of how they are stored need: `datasets` of
   * `h5pickle/datasets`. In Node it is the default.
   */
  readonly datasets?: Datasets | undefined;
  /**
   * What becomes of accessors that objects have as properties of their own: they are stored as what they return, unless told
   * otherwise; with 'skip' they are left out, and never called. What `@H5Field` or `fields` declare is stored always.
   */
  readonly accessors?: 'value' | 'skip' | undefined;
  /**
   * How many groups and datasets a value is stored in before objects that differ from those around them get none of their own:
   * 1,000 unless told otherwise. What comes then, from the outside inwards, is stored in tables of objects that are alike, which
   * `@objects` in the root group leads to, and is referred to where it belongs: many times as fast and as small, but it is read
   * back as a copy by `H5Dict`, and to change it takes longer. `Infinity`: each has a place of its own, as where `onUnsupported`
   * is another than 'error'. Needs `values`.
   */
  readonly groups?: number | undefined;
  /** How much it may be. What is more is an `H5LimitError`. */
  readonly limits?: Limits | undefined;
  /**
   * What lets `write` take in iterables bit by bit, wait for async ones, and be watched: `streaming` of `h5pickle/streaming`.
   * In Node it is the default.
   */
  readonly streaming?: Streaming | undefined;
}

/**
 * How a value is read, for `read`, `readSync` and `deserialize`.
 *
 * @example
 * const options: ReadOptions = { registry, unknownClass: 'keep' };
 * const name = await read('state.h5', { ...options, path: 'users/17/name' });
 */
export interface ReadOptions<T = unknown> extends Expectation<T> {
  /** Decoders of what only other programs write: `indexes` of `h5pickle/indexes`. In Node they are the default. */
  readonly indexes?: GroupIndexes | undefined;
  /** The classes whose instances may be made. Default: the registry that `@H5Class` uses. */
  readonly registry?: TypeRegistry | undefined;
  /** More types of the language and the platform: `values` of `h5pickle/values`. In Node they are the default. */
  readonly values?: Values | undefined;
  /**
   * What becomes of an instance of a class that is not registered: an error unless told otherwise; with 'keep' it is an
   * `UnknownInstance`, which is written again as what it was; with 'object' a plain object. With both, what is
   * stored by a name that is not registered is a symbol, `h5pickle.unknown NAME`, which is written again under that name.
   */
  readonly unknownClass?: UnknownClass | undefined;
  /** Reads one part, and touches what that needs: `'users/17/name'`. */
  readonly path?: PartPath | undefined;
  /**
   * The same as a function, which is not called with a value but with what notes its steps: `(state) => state.users[17].name`.
   * All of them have to be there: `?.` is a step like `.`, and what is missing is an error, not undefined.
   */
  readonly select?: ((value: never) => T) | undefined;
  /** Large parts of objects are read when they are first asked for. What the value is read from must stay as it is. */
  readonly lazy?: boolean | undefined;
  /** What `path`, `select` and `lazy` need: `parts` of `h5pickle/parts`. In Node it is the default. */
  readonly parts?: Parts | undefined;
  /** How much it may be. What is more is an `H5LimitError`. */
  readonly limits?: Limits | undefined;
  /** What lets `read` be watched: `streaming` of `h5pickle/streaming`. In Node it is the default. */
  readonly streaming?: Streaming | undefined;
}

/** Reads and writes parts of values. The export `h5pickle/parts` holds it; in Node it is always there. */
export interface Parts {
  /** `check` throws when what is asked for later cannot be read any more. */
  read(restorer: Restorer, address: number, options: ReadOptions<never>, check?: () => void): unknown;
  /** Puts a value into an open file, in one transaction: at once, if it is stored at once. */
  write(target: H5Group, value: unknown, options: WriteOptions, store?: Store): void | Promise<void>;
}

/** Makes a file of a value, which is copied from there. */
export type Store = (value: unknown, options: WriteOptions) => Storage | Promise<Storage>;

/**
 * A value, and everything that it reaches, as the bytes of an HDF5 file. The same value always gives the
 * same bytes.
 *
 * @throws {H5UnsupportedError} when the value reaches something that cannot be stored; it names the place.
 * @example
 * const bytes = serialize({ name: 'Ada', born: new Date('1815-12-10'), tags: new Set(['first']) });
 * deserialize(bytes); // the same again
 */
export function serialize(value: unknown, options?: WriteOptions): Uint8Array<ArrayBuffer> {
  return concatenate(pieces(value, options));
}

/** The same in pieces, in order; large typed arrays among them are the value's own, not copies. */
export function serializePieces(value: unknown, options?: WriteOptions): Uint8Array[] {
  return pieces(value, options).map(pieceBytes);
}

function pieces(value: unknown, options: WriteOptions = {}): Piece[] {
  const planner = newPlanner(options);
  planner.plan(value);
  return emitted(planner, options);
}

/** What decides how values are stored. */
export function newPlanner(options: WriteOptions): Planner {
  const { values = NO_VALUES, onUnsupported = 'error', accessors } = options;
  if (!values.Planner && (onUnsupported !== 'error' || accessors === 'skip'))
    throw new H5TypeError(`onUnsupported and accessors need ${optionOf('values')}`);
  return new (values.Planner ?? Planner)(...planning(options));
}

/** What the options say to a planner. */
export function planning(options: WriteOptions): PlanningOptions {
  const { registry = defaultRegistry, values = NO_VALUES, onUnsupported = 'error' } = options;
  return [registry, values, onUnsupported, options.accessors !== 'skip', options.limits, options.groups];
}

/** What stores datasets otherwise, if that is asked for. */
export function newStoring(options: WriteOptions): Storing | undefined {
  const { registry = defaultRegistry, datasets } = options;
  if (!datasets && (options.compression || options.chunks || options.stringEncoding)) datasetsNeeded();
  return datasets?.begin(registry, options);
}

/** A file of what has been planned, as the options say. */
export function emitted({ nodes, root }: Planner, options: WriteOptions): Piece[] {
  const emitter = new Emitter(nodes, newStoring(options));
  emitter.begin(root);
  while (emitter.step());
  return limited(emitter.pieces, options, nodes);
}

/** Pieces, if they are not more than they may be, and what they hold can be read; `nodes`: what is in them. */
export function limited(pieces: Piece[], options: WriteOptions, nodes: readonly Node[]): Piece[] {
  const { limits: { bytes = Infinity } = {}, values, registry = defaultRegistry } = options;
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  if (size > bytes) throw new H5LimitError('bytes', bytes, `a file of ${size} bytes`);
  values?.check?.(nodes, registry);
  return pieces;
}

/**
 * The value that `serialize` or `write` stored. HDF5 that other programs wrote is read as what it looks
 * like: groups as objects, scalars as primitives, datasets as typed arrays.
 *
 * @throws {H5FormatError} when the bytes are not a whole HDF5 file.
 * @throws {H5UnknownClassError} when they hold an instance of a class that is not registered.
 * The type parameter is what you know the value to be; it is not checked.
 *
 * @example
 * const state = deserialize<State>(new Uint8Array(await (await fetch('state.h5')).arrayBuffer()));
 */
export function deserialize<T = unknown>(bytes: Uint8Array, options?: ReadOptions<T>): T {
  return atOnce(readFrom(bytes, options), options);
}

/** A value that was read, as the options expect it; a schema that takes its time is an error. */
export function atOnce<T>(value: unknown, options: ReadOptions<T> | undefined): T {
  const result = options ? expected(value, options) : (value as T);
  if (result instanceof Promise) throw new H5TypeError('the schema takes its time: use read, which waits');
  return result;
}

/** What a value is read from: the bytes of a file, a storage that holds one, an open file, or a part of it. */
export type ReadSource = Uint8Array | Storage | H5Group | H5Dataset;

/**
 * What takes the pieces of a new file, at once or in time.
 *
 * @example
 * const sink: Sink = { save: (pieces) => upload(new Blob(pieces as BlobPart[])) };
 * await write(sink, state);
 */
export interface Sink {
  save(pieces: Uint8Array[]): void | Promise<void>;
}

/**
 * Reads the value that a file holds, or a group or dataset of an open file.
 *
 * @throws {H5FormatError} when it is not a whole HDF5 file.
 * @throws {H5UnknownClassError} when it holds an instance of a class that is not registered.
 * @example
 * using file = H5File.open(bytes);
 * const users = await read(file.group('users'));
 */
export async function read<T = unknown>(
  source: ReadSource,
  options: ReadOptions<T> & Watch = {},
): Promise<T> {
  const { signal, streaming } = options;
  signal?.throwIfAborted();
  return expected(streaming ? await streaming.read(source, options) : readFrom(source, options), options);
}

/** What a value is written to: what takes a new file, or an open file, or a group of one. */
export type WriteTarget = Sink | H5Group;

/**
 * Hands a value, as the pieces of a new HDF5 file, to what takes them: large typed arrays are not copied, and must not
 * change before it is done. Or puts a value into an open file or a group, in the place of what is there or of one part of it,
 * in one transaction.
 *
 * @throws {H5UnsupportedError} when the value reaches something that cannot be stored; then nothing is written.
 * @example
 * await write({ save: (pieces) => upload(new Blob(pieces)) }, state);
 * await write(file, 'dark', { path: 'settings/theme' });
 */
export async function write(
  target: WriteTarget,
  value: unknown,
  options: WriteOptions & Watch = {},
): Promise<void> {
  const { signal, streaming } = options;
  signal?.throwIfAborted();
  if (streaming) await streaming.write(target, value, options);
  else if (target instanceof H5Object) writeInto(target, value, options);
  else await target.save(serializePieces(value, options));
}

/** Puts a value into an open file. */
export function writeInto(
  target: H5Group,
  value: unknown,
  options: WriteOptions | undefined,
  store?: Store,
): void | Promise<void> {
  if (!options?.parts) throw new H5TypeError(`to write into an open file needs ${optionOf('parts')}`);
  return options.parts.write(target, value, options, store);
}

/** What `read` does, at once. */
export function readFrom(source: ReadSource, options?: ReadOptions): unknown {
  return within(source, options, (space, address, check) => restore(space, address, options, check));
}

/**
 * Makes something of a file and of an address in it: those of what is to be read. `check` throws when what is asked for later
 * cannot be read any more.
 */
export function within<T>(
  source: ReadSource,
  options: ReadOptions | undefined,
  make: (space: FileSpace, address: number, check?: () => void) => T,
): T {
  if (source instanceof H5Object) {
    const { session } = source;
    session.check();
    // What has changed is to be found in the space of the file.
    session.editor?.flush();
    const changes = session.editor?.changes;
    const check = (): void => {
      session.check();
      if (session.editor?.changes !== changes)
        throw new H5StateError('H5_GONE', 'the file has changed since the value was read: read it again');
    };
    return make(session.space, (source.node as StoredObject).info.address, check);
  }
  const storage = source instanceof Uint8Array ? new MemoryStorage(source) : source;
  const space = new FileSpace(storage, options?.indexes);
  return make(space, space.superblock.rootAddress);
}

/** What makes the values of a file again. */
export function newRestorer(
  space: FileSpace,
  { registry = defaultRegistry, values = NO_VALUES, unknownClass = 'error', limits }: ReadOptions = {},
  Type = values.Restorer ?? Restorer,
): Restorer {
  return new Type(space, registry, values, unknownClass, limits);
}

/** Whether not all of what there is is to be read now. */
export function isPart({ path, select, lazy }: ReadOptions): boolean {
  return (path ?? '') !== '' || !!(select || lazy);
}

function restore(space: FileSpace, address: number, options: ReadOptions = {}, check?: () => void): unknown {
  const restorer = newRestorer(space, options);
  let value: unknown;
  if (!isPart(options)) value = restorer.restore(address);
  else if (options.parts) value = options.parts.read(restorer, address, options as ReadOptions<never>, check);
  else throw new H5TypeError(`path, select and lazy need ${optionOf('parts')}`);
  return options.as ? restorer.instance(value, options.as) : value;
}
