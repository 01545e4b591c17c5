import { H5TypeError } from '../errors.js';
import { concatenate, type Piece, pieceBytes } from '../hdf5/file-builder.js';
import { FileSpace } from '../hdf5/file-space.js';
import type { GroupIndexes } from '../hdf5/group-indexes.js';
import type { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5File } from '../hdf5/h5-file.js';
import type { H5Group } from '../hdf5/h5-group.js';
import { H5Object } from '../hdf5/h5-object.js';
import { defaultRegistry, NO_VALUES, type TypeRegistry, type Values } from '../registry/index.js';
import { MemoryStorage } from '../storage/memory.js';
import type { Storage } from '../storage/storage.js';
import type { IdentityTable } from './identity.js';
import { Emitter } from './emit.js';
import { type Expectation, expected } from './expectation.js';
import { H5LimitError, type Limits } from './limits.js';
import { type OnUnsupported, Planner } from './plan.js';
import { Restorer, type UnknownClass } from './restore.js';
import type { Streaming, Watch } from './streaming.js';

export interface WriteOptions {
  /** The classes whose instances may be stored. Default: the registry that `@H5Class` uses. */
  readonly registry?: TypeRegistry;
  /** More types of the language and the platform: `values` of `h5pickle/values`. In Node they are the default. */
  readonly values?: Values;
  /**
   * What becomes of functions, promises and whatever else cannot be stored: an error unless told otherwise; with 'skip' the
   * property is left out, and of an array there is a hole; or what a function returns, given the value and its path.
   */
  readonly onUnsupported?: OnUnsupported;
  /** How much it may be. What is more is an `H5LimitError`. */
  readonly limits?: Limits;
  /**
   * What lets `write` take in iterables bit by bit, wait for async ones, and be watched: `streaming` of `h5pickle/streaming`.
   * In Node it is the default.
   */
  readonly streaming?: Streaming | undefined;
}

export interface ReadOptions<T = unknown> extends Expectation<T> {
  /** Decoders of what only other programs write: `indexes` of `h5pickle/indexes`. In Node they are the default. */
  readonly indexes?: GroupIndexes;
  /** The classes whose instances may be made. Default: the registry that `@H5Class` uses. */
  readonly registry?: TypeRegistry;
  /** More types of the language and the platform: `values` of `h5pickle/values`. In Node they are the default. */
  readonly values?: Values;
  /**
   * What becomes of an instance of a class that is not registered: an error unless told otherwise; with 'keep' it is an
   * `UnknownInstance`, which is written again as what it was; with 'object' a plain object.
   */
  readonly unknownClass?: UnknownClass;
  /** How much it may be. What is more is an `H5LimitError`. */
  readonly limits?: Limits;
  /** What lets `read` be watched: `streaming` of `h5pickle/streaming`. In Node it is the default. */
  readonly streaming?: Streaming | undefined;
}

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

/** What decides how values are stored; `waits`: also what async iterables yield. */
export function newPlanner(
  { registry = defaultRegistry, values = NO_VALUES, onUnsupported = 'error', limits }: WriteOptions,
  ...more: [waits?: boolean, identity?: IdentityTable]
): Planner {
  return new Planner(registry, values, onUnsupported, limits, ...more);
}

/** A file of all that is planned, in pieces. */
export function emitted({ nodes, root }: Planner, options: WriteOptions): Piece[] {
  const emitter = new Emitter(nodes);
  emitter.begin(root);
  while (emitter.step());
  return limited(emitter.finish(), options);
}

/** Pieces, if they are not more than they may be. */
export function limited(pieces: Piece[], { limits = {} }: WriteOptions): Piece[] {
  const { bytes = Infinity } = limits;
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  if (size > bytes) throw new H5LimitError('bytes', bytes, `a file of ${size} bytes`);
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
  return atOnce(restoreStorage(new MemoryStorage(bytes), options), options);
}

/** A value that was read, as the options expect it; a schema that takes its time is an error. */
export function atOnce<T>(value: unknown, options: ReadOptions<T> | undefined): T {
  const result = options ? expected(value, options) : (value as T);
  if (result instanceof Promise) throw new H5TypeError('the schema takes its time: use read, which waits');
  return result;
}

/** What a value is read from: the bytes of a file, a storage that holds one, an open file, or a part of it. */
export type ReadSource = Uint8Array | Storage | H5Group | H5Dataset;

/** What takes the pieces of a new file, at once or in time. */
export interface WriteTarget {
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

/**
 * Hands a value, as the pieces of a new HDF5 file, to a target. Large typed arrays are not copied: they must
 * not change before the target is done.
 *
 * @throws {H5UnsupportedError} when the value reaches something that cannot be stored; then nothing is written.
 * @example
 * await write({ save: (pieces) => upload(new Blob(pieces)) }, state);
 */
export async function write(
  target: WriteTarget,
  value: unknown,
  options: WriteOptions & Watch = {},
): Promise<void> {
  const { signal, streaming } = options;
  signal?.throwIfAborted();
  if (streaming) await streaming.write(target, value, options);
  else await target.save(serializePieces(value, options));
}

/** What `read` does, at once. */
export function readFrom(source: ReadSource, options?: ReadOptions): unknown {
  return restored(begunFrom(source, options));
}

export function begunFrom(source: ReadSource, options?: ReadOptions): Restorer {
  if (source instanceof Uint8Array) return begunStorage(new MemoryStorage(source), options);
  if (source instanceof H5Object) {
    const { session, node, path } = source;
    session.check();
    if (session.space && 'info' in node) return begun(session.space, node.info.address, options);
    // The file is being written: what it would be if it were closed now.
    return begunFrom(H5File.open(source.file.toBytes()).get(path) as H5Group, options);
  }
  return begunStorage(source, options);
}

/** The value in a storage. */
export function restoreStorage(storage: Storage, options?: ReadOptions): unknown {
  return restored(begunStorage(storage, options));
}

/** The value in a storage, as far as it can be made without reading on. */
export function begunStorage(storage: Storage, options?: ReadOptions): Restorer {
  const space = new FileSpace(storage, options?.indexes);
  return begun(space, space.superblock.rootAddress, options);
}

function begun(
  space: FileSpace,
  address: number,
  { registry = defaultRegistry, values = NO_VALUES, unknownClass = 'error', limits }: ReadOptions = {},
): Restorer {
  return new Restorer(space, registry, values, unknownClass, limits).begin(address);
}

function restored(restorer: Restorer): unknown {
  while (restorer.step());
  return restorer.finish();
}
