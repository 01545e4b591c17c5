/// <reference lib="esnext.disposable" preserve="true" />
import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { inspect } from 'node:util';
import { deflateSync, inflateSync } from 'node:zlib';
import { handleTypes } from './containers/handle.js';
import { useEnvironment } from './containers/options.js';
import { usePlatform } from './containers/platform.js';
import { editing } from './editing.js';
import { H5Error, H5FormatError, H5StaleError, H5TypeError } from './errors.js';
import type { FileSession } from './hdf5/file-session.js';
import { FilterSet } from './hdf5/filters/filter-set.js';
import { registeredFilters } from './hdf5/filters/registered-filters.js';
import { standardFilters } from './hdf5/filters/standard-filters.js';
import { zlibDeflate } from './hdf5/filters/zlib-deflate.js';
import type { GroupIndexes } from './hdf5/group-indexes.js';
import { H5File as CoreFile, type H5Mode, type OpenOptions } from './hdf5/h5-file.js';
import { H5Group as CoreGroup } from './hdf5/h5-group.js';
import { H5Object } from './hdf5/h5-object.js';
import { recovered } from './hdf5/recovery.js';
import { indexes as allIndexes } from './indexes.js';
import { parts } from './parts.js';
import type { ValueType } from './registry/index.js';
import { checked, checkedFile } from './serialize/checked-options.js';
import { datasetsWith } from './serialize/datasets.js';
import { expected } from './serialize/expectation.js';
import { parsePath, wrapped } from './serialize/part-path.js';
import {
  atOnce,
  isPart as isPartRead,
  type ReadOptions,
  type ReadSource,
  readFrom,
  serialize as serializeCore,
  type WriteOptions,
  type WriteTarget,
  within,
  write as writeCore,
} from './serialize/serialize.js';
import type { Datasets } from './serialize/storing.js';
import type { Watch } from './serialize/streaming.js';
import type { Values } from './serialize/values.js';
import { FileStorage, pathOf, WritableFileStorage } from './storage/file.js';
import { FileAtPath } from './storage/file-at-path.js';
import { MemoryStorage } from './storage/memory.js';
import {
  Replacement,
  replaceFile,
  replaceFileSync,
  replaceNow,
  type Source,
  takeTurn,
} from './storage/replace-file.js';
import type { Storage } from './storage/storage.js';
import { tailMark } from './storage/tail.js';
import { newTemporary, removeTemporary } from './storage/temporary.js';
import { finished, type Planned, piecesInTime, piecesNow, readInTime } from './streaming/in-time.js';
import { writeIntoInTime, writeIntoNow } from './streaming/into.js';
import { chunksOf } from './streaming/lazy.js';
import { Pace } from './streaming/pace.js';
import { streaming } from './streaming.js';
import { makeValues, type ValuesOptions } from './values.js';

export * from './containers.js';
export { H5LockedError, type H5LockHolder, H5StaleError, H5SystemError } from './errors.js';
export { FilterSet } from './hdf5/filters/filter-set.js';
export { registerFilter } from './hdf5/filters/registered-filters.js';
export * from './index.js';
export type { FileStorageOptions, Mark as FileMark } from './storage/file.js';
export { H5HookError, UnknownInstance, unknownClassOf } from './values.js';
export { datasetsWith, editing, FileStorage, filters, parts, streaming };

/** The filters of chunks: HDF5's own, lzf, and those that `registerFilter` adds; deflate is the platform's. */
const filters = /* @__PURE__ */ new FilterSet(
  /* @__PURE__ */ standardFilters(/* @__PURE__ */ zlibDeflate({ inflateSync, deflateSync })),
  registeredFilters,
);

/** Those of `h5pickle/indexes`, with the filters of chunks; deflate is the platform's. */
export const indexes: GroupIndexes = { ...allIndexes, filters };

/** What `h5pickle/datasets` has; deflate is the platform's. */
export const datasets: Datasets = /* @__PURE__ */ datasetsWith(filters);

const bufferType: ValueType = {
  name: 'Buffer',
  prototype: Buffer.prototype,
  encode: (buffer) => ({ bytes: new Uint8Array(buffer as Buffer) }),
  decode: ({ bytes }, spend) => {
    if (bytes instanceof Uint8Array) {
      spend(bytes.length);
      return Buffer.from(bytes);
    }
    throw new H5FormatError(-1, 'a Buffer without bytes');
  },
};

/** What is shown of an array: how many elements it has, and all of its other properties. */
const PROPERTIES_ONLY = {
  depth: 0,
  maxArrayLength: 0,
  maxStringLength: 0,
  customInspect: false,
  breakLength: Number.POSITIVE_INFINITY,
};

/** Whether an array has nothing beside its elements, where it shows at once: Node does not look at these. */
function isPlainArray(array: readonly unknown[]): boolean {
  return inspect(array, PROPERTIES_ONLY) === `[ ... ${array.length} more items ]`;
}

/** Where a file is: a path, or a `file:` URL. */
export type FilePath = string | URL;

// ---- reading --------------------------------------------------------------------------------------------

/** Up to this size a file that is wanted whole is read in one go; of larger ones, large arrays are read in place. */
const WHOLE_FILE = 1 << 23;

/**
 * The value that `serialize` or `write` stored, or what a file of another program looks like.
 *
 * @throws {H5FormatError} when the bytes are not a whole HDF5 file.
 * @throws {H5UnknownClassError} when they hold an instance of a class that is not registered.
 * @example
 * const state = deserialize<State>(await readFile('state.h5'));
 */
export function deserialize<T = unknown>(bytes: Uint8Array, options?: ReadOptions<T>): T {
  // What a commit that was interrupted left is read as if it had been completed.
  return atOnce(
    readFrom(recovered(new MemoryStorage(bytesOf(bytes))), { indexes, values, parts, ...checked(options) }),
    options,
  );
}

function bytesOf(bytes: unknown): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes;
  // That of another realm: a frame, or a context of a test runner.
  if (ArrayBuffer.isView(bytes) && Object.prototype.toString.call(bytes) === '[object Uint8Array]')
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  throw new H5TypeError(
    bytes instanceof ArrayBuffer
      ? 'the bytes are a Uint8Array, not an ArrayBuffer: new Uint8Array(buffer) makes one'
      : `the bytes are a Uint8Array, not ${shown(bytes)}; read and readSync take paths`,
  );
}

function shown(value: unknown): string {
  if (typeof value === 'string') return 'a text';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** Closes files that nobody has closed, once nobody can any more. */
const unused = /* @__PURE__ */ new FinalizationRegistry<Storage>((file) => {
  try {
    file.close();
  } catch {
    // Nobody can be told; a lock that is still there counts no more when the process has ended.
  }
});

/** A value whose large parts are still in the file, which `using` or the garbage collection closes. */
function readLazily(path: FilePath, options: ReadOptions | undefined): unknown {
  const file = new FileStorage(path, { mark: tailMark });
  try {
    const storage = recovered(file);
    // What reads goes through this one: it is there as long as anything can be read.
    const view: Storage = {
      get size() {
        return storage.size;
      },
      read: (position, length) => storage.read(position, length),
      copy: (position, length) => storage.copy(position, length),
      close: () => storage.close(),
    };
    const value = readFrom(view, options);
    if (typeof value !== 'object' || value === null) {
      file.close();
      return value;
    }
    unused.register(view, file, view);
    // What is within one that is frozen need not be.
    if (!Object.isExtensible(value)) return value;
    const dispose = (): void => {
      unused.unregister(view);
      file.close();
    };
    Object.defineProperty(value, Symbol.dispose, { value: dispose, configurable: true, writable: true });
    return value;
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Does something with a file at a path: one that is whole, whatever a writer has left. Then it is to be closed. */
function opened<T>(path: FilePath, options: ReadOptions, use: (storage: Storage, file: FileStorage) => T): T {
  const file = new FileStorage(path, { mark: tailMark });
  try {
    const storage = recovered(file);
    // Nearly all of the file is needed: then one large read is faster than many small ones.
    const isWhole = !isPartRead(options) && storage.size <= WHOLE_FILE && storage.size > 0;
    return use(isWhole ? new MemoryStorage(storage.read(0, storage.size)) : storage, file);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** The value in the file at a path. */
function readPath(path: FilePath, options: ReadOptions): unknown {
  if (options.lazy) return readLazily(path, options);
  return opened(path, options, (storage, file) => {
    const value = readFrom(storage, options);
    file.close();
    return value;
  });
}

/** The same in time. */
async function readPathInTime(path: FilePath, options: ReadOptions, pace: Pace): Promise<unknown> {
  return opened(path, options, async (storage, file) => {
    try {
      return await within(storage, options, (space, address) => readInTime(space, address, options, pace));
    } finally {
      file.close();
    }
  });
}

/**
 * Reads the value that a file holds, from a path, from bytes, or from a part of an open file.
 *
 * @throws {H5FormatError} when it is not a whole HDF5 file.
 * @throws {H5UnknownClassError} when it holds an instance of a class that is not registered.
 * @throws {H5LimitError} when it is more than `limits` says; and the reason of `signal` when that is aborted.
 * @example
 * const state = await read('state.h5');
 */
export async function read<T = unknown>(
  source: FilePath | ReadSource,
  options: ReadOptions<T> & Watch = {},
): Promise<T> {
  const all = { indexes, values, parts, ...checked(options) };
  const pace = new Pace(options);
  let value: unknown;
  if (!pace.isWatched || isPartRead(all)) value = readAnything(source, all);
  else if (isPath(source)) value = await whileStaleInTime(() => readPathInTime(source, all, pace));
  else
    value = await within(checkSource(source), all, (space, address, check) =>
      readInTime(space, address, all, pace, check),
    );
  pace.end();
  return expected(value, options);
}

/**
 * What `read` does, at once.
 *
 * @throws {H5FormatError} when it is not a whole HDF5 file.
 * @throws {H5UnknownClassError} when it holds an instance of a class that is not registered.
 * @throws {H5LimitError} when it is more than `limits` says.
 * @example
 * const state = readSync<State>('state.h5');
 * const name = readSync('state.h5', { path: 'users/17/name' });
 */
export function readSync<T = unknown>(source: FilePath | ReadSource, options?: ReadOptions<T>): T {
  return atOnce(readAnything(source, { indexes, values, parts, ...checked(options) }), options);
}

function readAnything(source: FilePath | ReadSource, options: ReadOptions): unknown {
  return isPath(source)
    ? whileStale(() => readPath(source, options))
    : readFrom(checkSource(source), options);
}

function checkSource(source: ReadSource): ReadSource {
  const isSource = source instanceof H5Object || typeof (source as Storage | null)?.read === 'function';
  return isSource ? source : bytesOf(source);
}

/** A writer that commits over and over lets a reader begin after a few attempts. */
const ATTEMPTS = 100;

/** Does something again from the beginning when a writer has changed the file in the middle of it. */
function whileStale<T>(action: () => T): T {
  for (let attempt = 1; ; attempt++) {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof H5StaleError) || attempt === ATTEMPTS) throw error;
    }
  }
}

async function whileStaleInTime<T>(action: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof H5StaleError) || attempt === ATTEMPTS) throw error;
    }
  }
}

function isPath(where: unknown): where is FilePath {
  return typeof where === 'string' || where instanceof URL;
}

// ---- writing --------------------------------------------------------------------------------------------

/**
 * A value, and everything that it reaches, as the bytes of an HDF5 file. The same value always gives the same bytes.
 *
 * @throws {H5UnsupportedError} when the value reaches something that cannot be stored; it names the place.
 * @example
 * const bytes = serialize({ name: 'Ada', born: new Date('1815-12-10'), pattern: /h5/ });
 */
export function serialize(value: unknown, options?: WriteOptions): Uint8Array<ArrayBuffer> {
  return serializeCore(value, { values, datasets, ...checked(options) });
}

/**
 * Writes a value, and everything that it reaches, to an HDF5 file. A file that exists is replaced as a whole: a
 * crash or an error leaves the old one. Large typed arrays are not copied: they must not change before the
 * promise settles. Writes to one path that overlap take turns.
 *
 * With `path` or the mode 'merge' a part of the file is changed in place, in one transaction, and all else stays. So it is for
 * a file that is open, or a group of one.
 *
 * Iterators and async iterables are stored as the list of what they yield, which need not fit into memory.
 *
 * @throws {H5LockedError} when the file is open for writing.
 * @throws {H5UnsupportedError} when the value reaches something that cannot be stored; then no file is made.
 * @throws {H5LimitError} when it is more than `limits` says; and the reason of `signal` when that is aborted.
 * @example
 * await write('state.h5', { users: [new User('Ada')], saved: new Date() });
 *
 * @example
 * await write('log.h5', { day: 'today', rows: database.query('select ...') }); // an async iterable of rows
 */
export async function write(
  target: FilePath | WriteTarget,
  value: unknown,
  options: WriteOptions & Watch = {},
): Promise<void> {
  const all = { values, parts, datasets, streaming, ...checked(options) };
  checkTarget(target, isSink);
  if (target instanceof CoreGroup) await writeIntoOpen(target, value, all);
  else if (!isPath(target)) {
    if (isPart(all))
      throw new H5TypeError(
        "`path` and the mode 'merge' are about a file that is there: a sink gets a whole one",
      );
    await writeCore(target, value, all);
  } else if (isPart(all)) await takeTurn(pathOf(target), () => writeIntoPathInTime(target, value, all));
  else await writeInTime(pathOf(target), value, all, replaceFile);
}

async function writeInTime<Where extends string | Replacement>(
  where: Where,
  value: unknown,
  options: WriteOptions & Watch,
  replace: (where: Where, source: Source | Promise<Source>) => Promise<void>,
): Promise<void> {
  const pace = new Pace(options);
  const spill = new FileSpill(placeOf(where));
  const source = (planned: Planned): Source => ({
    pieces: async () => chunksOf(await finished(planned, spill.make)),
    written: (count) => {
      pace.done += count;
      pace.tell(() => '$');
      pace.check();
    },
  });
  const planned = piecesInTime(value, options, pace);
  try {
    await replace(where, planned instanceof Promise ? planned.then(source) : source(planned));
  } finally {
    spill.close();
  }
  pace.end();
}

/** Opens a file, writes a part of it, and closes it; where there is none, the part is all of a new one. */
async function writeIntoPathInTime(
  path: FilePath,
  value: unknown,
  options: WriteOptions & Watch,
): Promise<void> {
  const whole = Replacement.ofNew(pathOf(path));
  if (whole) {
    try {
      await writeInTime(whole, wrapped(value, parsePath(options.path ?? [])), options, replaceNow);
    } finally {
      whole.close();
    }
    return;
  }
  const file = H5File.open(path, 'r+');
  try {
    await writeIntoOpen(file, value, options);
  } finally {
    file.close();
  }
}

async function writeIntoOpen(group: CoreGroup, value: unknown, options: WriteOptions & Watch): Promise<void> {
  const spill = spillOf(group);
  try {
    await writeIntoInTime(group, value, options, spill?.make);
  } finally {
    spill?.close();
  }
}

/**
 * What `write` does, at once: iterators are taken in bit by bit as well, but async iterables take their time.
 *
 * @throws {H5LockedError} when the file is open for writing.
 * @throws {H5UnsupportedError} when the value reaches something that cannot be stored; then no file is made.
 * @throws {H5LimitError} when it is more than `limits` says.
 * @example
 * writeSync('state.h5', { users: [new User('Ada')] });
 * writeSync('state.h5', 'Grace', { path: 'users/0/name' });
 */
export function writeSync(target: FilePath | CoreGroup, value: unknown, options?: WriteOptions): void {
  const all = { values, parts, datasets, ...checked(options) };
  checkTarget(target, () => false);
  if (!isPath(target)) writeIntoOpenNow(target, value, all);
  else if (isPart(all)) writeIntoPath(target, value, all);
  else writeNow(pathOf(target), value, all);
}

function isSink(target: unknown): boolean {
  return typeof (target as { save?: unknown } | null | undefined)?.save === 'function';
}

function checkTarget(target: unknown, isOther: (target: unknown) => boolean): void {
  if (isPath(target) || target instanceof CoreGroup || isOther(target)) return;
  throw new H5TypeError(`a value is written to a path, or to an open file, not to ${shown(target)}`);
}

/** Where a file is, or will be. */
const placeOf = (where: string | Replacement): string => (typeof where === 'string' ? where : where.path);

function writeNow(where: string | Replacement, value: unknown, options: WriteOptions): void {
  const spill = new FileSpill(placeOf(where));
  try {
    replaceFileSync(where, chunksOf(piecesNow(value, options, spill.make)));
  } finally {
    spill.close();
  }
}

function writeIntoPath(path: FilePath, value: unknown, options: WriteOptions): void {
  const whole = Replacement.ofNew(pathOf(path));
  if (whole) {
    try {
      writeNow(whole, wrapped(value, parsePath(options.path ?? [])), options);
    } finally {
      whole.close();
    }
    return;
  }
  const file = H5File.open(path, 'r+');
  try {
    writeIntoOpenNow(file, value, options);
  } finally {
    file.close();
  }
}

function writeIntoOpenNow(group: CoreGroup, value: unknown, options: WriteOptions): void {
  const spill = spillOf(group);
  try {
    writeIntoNow(group, value, options, spill?.make);
  } finally {
    spill?.close();
  }
}

/** Where the files are that are open, and how they were opened. */
const places = new WeakMap<FileSession, { readonly path: string; readonly mode: H5Mode }>();

/** Where data wait that go into an open file; of one in memory, in memory. */
function spillOf({ session }: CoreGroup): FileSpill | undefined {
  const place = session.editor && places.get(session);
  return place && new FileSpill(place.path);
}

/** Files beside the one that is to be written, without names: they are gone when the process is. */
class FileSpill {
  readonly #path: string;
  readonly #files: WritableFileStorage[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  readonly make = (): WritableFileStorage => {
    const path = newTemporary(this.#path);
    const file = new WritableFileStorage(path, { create: true, syncFolder: false });
    this.#files.push(file);
    removeTemporary(path);
    return file;
  };

  close(): void {
    for (const file of this.#files) file.close();
  }
}

function isPart({ path, mode }: WriteOptions): boolean {
  return (path !== undefined && path.length > 0) || mode === 'merge';
}

// ---- files ----------------------------------------------------------------------------------------------

/**
 * An HDF5 file, and its root group; here also one at a path.
 *
 * @example
 * using file = H5File.open('data.h5');
 * file.dataset('runs/7/speed').value;
 *
 * @example
 * using file = H5File.open('new.h5', 'w'); // appears when it is closed, whole
 * file.createDataset('speed', { data: [1.5, 2.5] });
 */
export class H5File extends CoreFile {
  static {
    // In the bundle there are two of this name, of which it is the second.
    Object.defineProperty(this, 'name', { value: 'H5File' });
  }

  /**
   * Opens the file at a path, or in memory. A writer locks the file; a new one appears at its path when it is
   * committed for the first time, whole, in the place of what was there.
   *
   * @throws {H5LockedError} when another writer has it open.
   * @throws {H5FormatError} when it is not a whole HDF5 file.
   * @throws {H5TypeError} when it is neither a path, nor bytes, nor a storage.
   */
  static override open(
    where: FilePath | Uint8Array | Storage | undefined,
    mode: H5Mode = 'r',
    options?: OpenOptions,
  ): H5File {
    const all = { indexes, editing, ...checkedFile(options) };
    if (!isPath(where)) {
      if (where !== undefined && !(where instanceof Uint8Array) && typeof where?.copy !== 'function')
        throw new H5TypeError(
          `a file is opened at a path, in a Uint8Array or in a storage, not in ${Object.prototype.toString.call(where).slice(8, -1)}`,
        );
      return super.open(where, mode, all);
    }
    const path = pathOf(where);
    const exists = existsSync(path);
    if (exists && (mode === 'x' || mode === 'w-'))
      throw new H5Error('H5_EXISTS', `${path} exists already, and the mode '${mode}' makes new files only`);
    const create = mode === 'w' || (!exists && mode !== 'r' && mode !== 'r+' && 'new');
    const begin = (storage: Storage): H5File => {
      try {
        const file = super.open(storage, create ? 'w' : mode, all);
        unused.register(file.session, storage);
        return file;
      } catch (error) {
        storage.close();
        throw error;
      }
    };
    const locked = mode === 'r' ? undefined : new FileAtPath(path, create, options?.durability !== 'off');
    if (locked && create === 'new' && existsSync(path)) {
      // Another process has made it before this one had the lock.
      locked.close();
      return H5File.open(where, mode, options);
    }
    const file = locked ? begin(locked) : whileStale(() => begin(new FileStorage(path, { mark: tailMark })));
    // As it was given: what is stored of a handle may be read elsewhere.
    places.set(file.session, { path: typeof where === 'string' ? where : path, mode });
    return file;
  }
}

// ---- what Node has ---------------------------------------------------------------------------------------

/**
 * What of the platform's values is stored, for the option `values`: those of `h5pickle/values`, and `Buffer`.
 *
 * @example
 * const bytes = serialize(report, { values: valuesWith({ stack: false }) });
 */
export function valuesWith(options: ValuesOptions = {}): Values {
  return makeValues(
    { ...options, types: [bufferType, ...handleTypes([H5File]), ...(options.types ?? [])] },
    isPlainArray,
  );
}

/** All of them. */
export const values: Values = /* @__PURE__ */ valuesWith();

/** How many bytes a file at a path may take. */
function freeSpace(path: string | URL): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(dirname(pathOf(path)));
    return bavail * bsize;
  } catch {
    // A folder that there is not, or that does not say: who writes to it will see.
    return undefined;
  }
}

useEnvironment(process.env);
// What `console.log` shows: not what is behind a handle, but what `toString` says of it.
Object.defineProperty(H5Object.prototype, inspect.custom, {
  value(this: CoreGroup): string {
    return this.session.closed ? `<${this.constructor.name} (closed)>` : String(this);
  },
});

usePlatform({
  openFile: (where, mode, options) => H5File.open(where, mode, options),
  placeOf: ({ session }) => places.get(session),
  freeSpace,
  files: [H5File],
  codec: { indexes, values, parts, datasets },
});
