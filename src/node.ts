/// <reference lib="esnext.disposable" preserve="true" />
import { existsSync, unlinkSync } from 'node:fs';
import { deflateSync, inflateSync } from 'node:zlib';
import { editing } from './editing.js';
import { H5Error, H5FormatError, H5StaleError } from './errors.js';
import { FilterSet } from './hdf5/filters/filter-set.js';
import { registeredFilters } from './hdf5/filters/registered-filters.js';
import { standardFilters } from './hdf5/filters/standard-filters.js';
import { zlibDeflate } from './hdf5/filters/zlib-deflate.js';
import type { GroupIndexes } from './hdf5/group-indexes.js';
import { H5File as CoreFile, type H5Mode, type OpenOptions } from './hdf5/h5-file.js';
import { indexes as allIndexes } from './indexes.js';
import type { Values } from './registry/index.js';
import { expected } from './serialize/expectation.js';
import {
  atOnce,
  begunFrom,
  begunStorage,
  type ReadOptions,
  type ReadSource,
  readFrom,
  restoreStorage,
  serialize as serializeCore,
  type WriteOptions,
  type WriteTarget,
  write as writeCore,
} from './serialize/serialize.js';
import type { Watch } from './serialize/streaming.js';
import { FileStorage, pathOf, WritableFileStorage } from './storage/file.js';
import { FileAtPath, temporaryName } from './storage/file-at-path.js';
import { MemoryStorage } from './storage/memory.js';
import { replaceFile, replaceFileSync, type Source } from './storage/replace-file.js';
import type { Storage } from './storage/storage.js';
import { tailMark } from './storage/tail.js';
import { recovered } from './storage/transaction.js';
import { chunksOf, type Finish, piecesInTime, piecesNow, restoredInTime } from './streaming/in-time.js';
import { Pace } from './streaming/pace.js';
import { streaming } from './streaming.js';
import { valuesWith } from './values.js';

export { H5LockedError, H5StaleError, H5SystemError } from './errors.js';
export { registerFilter } from './hdf5/filters/registered-filters.js';
export * from './index.js';
export { UnknownInstance, unknownClassOf, valuesWith } from './values.js';
export { editing, FileStorage, streaming };

/** Those of `h5pickle/indexes`, with the filters of chunks; deflate is the platform's. */
export const indexes: GroupIndexes = {
  ...allIndexes,
  filters: /* @__PURE__ */ new FilterSet(
    /* @__PURE__ */ standardFilters(/* @__PURE__ */ zlibDeflate({ inflateSync, deflateSync })),
    registeredFilters,
  ),
};

/** Those of `h5pickle/values`, and `Buffer`. */
export const values: Values = /* @__PURE__ */ valuesWith({
  types: [
    {
      name: 'Buffer',
      prototype: Buffer.prototype,
      encode: (buffer) => ({ bytes: new Uint8Array(buffer as Buffer) }),
      decode: ({ bytes }) => {
        if (bytes instanceof Uint8Array) return Buffer.from(bytes);
        throw new H5FormatError(-1, 'a Buffer without bytes');
      },
    },
  ],
});

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
    restoreStorage(recovered(new MemoryStorage(bytes)), { indexes, values, ...options }),
    options,
  );
}

/** A file that is to be read: as one that is whole, whatever a writer has left. */
function openPath(path: FilePath): Storage {
  const file = new FileStorage(path, { mark: tailMark });
  try {
    const storage = recovered(file);
    // Nearly all of the file is needed: then one large read is faster than many small ones.
    if (storage.size > WHOLE_FILE || storage.size === 0) return storage;
    const whole = new MemoryStorage(storage.read(0, storage.size));
    file.close();
    return whole;
  } catch (error) {
    file.close();
    throw error;
  }
}

/** The value in the file at a path. */
function readPath(path: FilePath, options: ReadOptions | undefined): unknown {
  const storage = openPath(path);
  try {
    return restoreStorage(storage, options);
  } finally {
    storage.close();
  }
}

/** The same in time. */
async function readPathInTime(path: FilePath, options: ReadOptions, pace: Pace): Promise<unknown> {
  const storage = openPath(path);
  try {
    return await restoredInTime(begunStorage(storage, options), pace);
  } finally {
    storage.close();
  }
}

/**
 * Reads the value that a file holds, from a path, from bytes, or from a part of an open file.
 *
 * @throws {H5FormatError} when it is not a whole HDF5 file.
 * @throws {H5UnknownClassError} when it holds an instance of a class that is not registered.
 * @throws {H5LimitError} when it expands to more than `limits` says; the reason of `signal` when that is aborted.
 * @example
 * const state = await read('state.h5');
 */
export async function read<T = unknown>(
  source: FilePath | ReadSource,
  options: ReadOptions<T> & Watch = {},
): Promise<T> {
  const all = { indexes, values, ...options };
  const pace = new Pace(options);
  let value: unknown;
  if (!isPath(source)) value = await restoredInTime(begunFrom(source, all), pace);
  else if (pace.isWatched) value = await whileStaleInTime(() => readPathInTime(source, all, pace));
  else value = whileStale(() => readPath(source, all));
  pace.end();
  return expected(value, options);
}

/** What `read` does, at once. */
export function readSync<T = unknown>(source: FilePath | ReadSource, options?: ReadOptions<T>): T {
  const all = { indexes, values, ...options };
  const value = isPath(source) ? whileStale(() => readPath(source, all)) : readFrom(source, all);
  return atOnce(value, options);
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
  return serializeCore(value, { values, ...options });
}

/**
 * Writes a value, and everything that it reaches, to an HDF5 file. A file that exists is replaced as a whole: a
 * crash or an error leaves the old one. Large typed arrays are not copied: they must not change before the
 * promise settles. Writes to one path that overlap take turns.
 *
 * Iterators and async iterables are stored as the list of what they yield, which need not fit into memory.
 *
 * @throws {H5LockedError} when the file is open for writing.
 * @throws {H5UnsupportedError} when the value reaches something that cannot be stored; then no file is made.
 * @throws {H5LimitError} when it is more than `limits` says; the reason of `signal` when that is aborted.
 * @example
 * await write('state.h5', { users: [new User('Ada')], saved: new Date() });
 *
 * @example
 * await write('log.h5', { from: 'today', rows: database.query('select ...') }); // an async iterable of rows
 */
export async function write(
  target: FilePath | WriteTarget,
  value: unknown,
  options: WriteOptions & Watch = {},
): Promise<void> {
  const all = { values, streaming, ...options };
  if (!isPath(target)) return writeCore(target, value, all);
  const path = pathOf(target);
  const pace = new Pace(options);
  const finish = piecesInTime(value, all, pace);
  const spill = new FileSpill(path);
  const source = (made: Finish): Source => ({
    pieces: async () => chunksOf(await made(spill.make)),
    written: (count) => {
      pace.done += count;
      pace.tell(() => '$');
      pace.check();
    },
  });
  try {
    await replaceFile(path, finish instanceof Promise ? finish.then(source) : source(finish));
  } finally {
    spill.close();
  }
  pace.end();
}

/** What `write` does, at once. Iterators are taken in bit by bit as well, but not async iterables. */
export function writeSync(path: FilePath, value: unknown, options?: WriteOptions): void {
  const spill = new FileSpill(pathOf(path));
  try {
    const pieces = piecesNow(value, { values, ...options }, spill.make);
    replaceFileSync(pathOf(path), chunksOf(pieces));
  } finally {
    spill.close();
  }
}

/** A file beside the one that is to be written, without a name: when the process ends, it is gone. */
class FileSpill {
  readonly #path: string;
  #file: WritableFileStorage | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  readonly make = (): WritableFileStorage => {
    const path = temporaryName(this.#path);
    this.#file = new WritableFileStorage(path, { create: true, syncFolder: false });
    unlinkSync(path);
    return this.#file;
  };

  close(): void {
    this.#file?.close();
  }
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
  /**
   * Opens the file at a path, or in memory. A writer locks the file; a new one appears at its path when it is
   * committed for the first time, whole, in the place of what was there.
   *
   * @throws {H5LockedError} when another writer has it open.
   * @throws {H5FormatError} when it is not a whole HDF5 file.
   */
  static override open(
    where: FilePath | Uint8Array | Storage | undefined,
    mode: H5Mode = 'r',
    options?: OpenOptions,
  ): H5File {
    const all = { indexes, editing, ...options };
    if (!isPath(where)) return super.open(where, mode, all);
    const path = pathOf(where);
    const exists = existsSync(path);
    if (exists && (mode === 'x' || mode === 'w-'))
      throw new H5Error('H5_EXISTS', `${path} exists already, and the mode '${mode}' makes new files only`);
    const create = mode === 'w' || (!exists && mode !== 'r' && mode !== 'r+');
    const begin = (storage: Storage): H5File => {
      try {
        return super.open(storage, create ? 'w' : mode, all);
      } catch (error) {
        storage.close();
        throw error;
      }
    };
    if (mode === 'r') return whileStale(() => begin(new FileStorage(path, { mark: tailMark })));
    return begin(new FileAtPath(path, create, options?.durability !== 'off'));
  }
}
