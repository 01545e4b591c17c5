/// <reference lib="esnext.disposable" preserve="true" />
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync as readDescriptor,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync as writeDescriptor,
  writevSync,
} from 'node:fs';
import { type FileHandle, open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { editing } from './editing.js';
import { H5FormatError } from './errors.js';
import { H5File as CoreFile, type H5Sink, type OpenOptions } from './hdf5/h5-file.js';
import { indexes } from './indexes.js';
import {
  deserialize as deserializeCore,
  type ReadOptions,
  type ReadSource,
  readFrom,
  restoreStorage,
  serializePieces,
  type WriteOptions,
  type WriteTarget,
  write as writeCore,
} from './serialize/serialize.js';
import type { Storage } from './storage/storage.js';

export * from './index.js';
export { editing, indexes };

/** Where a file is: a path, or a `file:` URL. */
export type FilePath = string | URL;

const pathOf = (path: FilePath): string => (typeof path === 'string' ? path : fileURLToPath(path));

// ---- reading --------------------------------------------------------------------------------------------

/** Small reads are answered from pages of this size, so that a walk over headers takes few system calls. */
const PAGE_SIZE = 1 << 15;
const CACHED_PAGES = 128;
/** Up to this size a file that is wanted whole is read in one go; of larger ones, large arrays are read in place. */
const WHOLE_FILE = 1 << 23;

/** A file on disk, read piece by piece through a descriptor. */
export class FileStorage implements Storage {
  readonly size: number;
  readonly #path: string;
  readonly #pages = new Map<number, Uint8Array>();
  #fd: number;

  constructor(path: FilePath) {
    this.#path = pathOf(path);
    this.#fd = openSync(this.#path, 'r');
    const stats = fstatSync(this.#fd);
    this.size = stats.size;
    if (!stats.isFile()) {
      this.close();
      throw new H5FormatError(-1, `${this.#path} is not a file`);
    }
  }

  read(position: number, length: number): Uint8Array {
    const page = Math.floor(position / PAGE_SIZE);
    const start = position - page * PAGE_SIZE;
    if (start + length > PAGE_SIZE) return this.copy(position, length);
    let bytes = this.#pages.get(page);
    if (!bytes) {
      bytes = this.copy(page * PAGE_SIZE, Math.min(PAGE_SIZE, this.size - page * PAGE_SIZE));
      if (this.#pages.size >= CACHED_PAGES) this.#pages.delete(this.#pages.keys().next().value as number);
      this.#pages.set(page, bytes);
    }
    return bytes.subarray(start, start + length);
  }

  copy(position: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const count = readDescriptor(this.#fd, bytes, done, length - done, position + done);
      if (count === 0)
        throw new H5FormatError(position + done, `${this.#path} has become shorter while it was read`);
      done += count;
    }
    return bytes;
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
    this.#pages.clear();
  }
}

/**
 * The value that `serialize` or `write` stored, or what a file of another program looks like.
 *
 * @throws {H5FormatError} when the bytes are not a whole HDF5 file.
 * @throws {H5UnknownClassError} when they hold an instance of a class that is not registered.
 * @example
 * const state = deserialize<State>(await readFile('state.h5'));
 */
export function deserialize<T = unknown>(bytes: Uint8Array, options?: ReadOptions): T {
  return deserializeCore<T>(bytes, { indexes, ...options });
}

/** The value in the file at a path. */
function readPath(path: FilePath, options: ReadOptions | undefined): unknown {
  const storage = new FileStorage(path);
  try {
    // Nearly all of the file is needed: then one large read is faster than many small ones.
    if (storage.size > WHOLE_FILE || storage.size === 0) return restoreStorage(storage, options);
    return deserializeCore(storage.read(0, storage.size), options);
  } finally {
    storage.close();
  }
}

/**
 * Reads the value that a file holds, from a path, from bytes, or from a part of an open file.
 *
 * @throws {H5FormatError} when it is not a whole HDF5 file.
 * @throws {H5UnknownClassError} when it holds an instance of a class that is not registered.
 * @example
 * const state = await read('state.h5');
 */
export async function read<T = unknown>(source: FilePath | ReadSource, options?: ReadOptions): Promise<T> {
  return readSync<T>(source, options);
}

/** What `read` does, at once. */
export function readSync<T = unknown>(source: FilePath | ReadSource, options?: ReadOptions): T {
  const all = { indexes, ...options };
  return (isPath(source) ? readPath(source, all) : readFrom(source, all)) as T;
}

function isPath(where: unknown): where is FilePath {
  return typeof where === 'string' || where instanceof URL;
}

// ---- writing --------------------------------------------------------------------------------------------

/** The most pieces that one system call takes on every platform (IOV_MAX). */
const PIECES_A_CALL = 512;

let temporaryFiles = 0;

/** A new name beside the file, so that a rename moves it within one file system. */
const temporaryName = (path: string): string => `${path}.${process.pid}.${++temporaryFiles}.tmp`;

/** Batches of pieces for one call each; what a call leaves over stands at the front of the next. */
function* batches(pieces: readonly Uint8Array[]): Generator<Uint8Array[], void, number> {
  let rest = pieces.filter((piece) => piece.length > 0);
  while (rest.length > 0) {
    const batch = rest.slice(0, PIECES_A_CALL);
    let written = yield batch;
    let whole = 0;
    while (whole < batch.length && written >= (batch[whole] as Uint8Array).length) {
      written -= (batch[whole++] as Uint8Array).length;
    }
    rest = rest.slice(whole);
    if (written > 0) rest[0] = (rest[0] as Uint8Array).subarray(written);
  }
}

function writePieces(fd: number, pieces: readonly Uint8Array[]): void {
  const calls = batches(pieces);
  for (let next = calls.next(); !next.done; ) next = calls.next(writevSync(fd, next.value));
}

function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeDescriptor(fd, bytes, done, bytes.length - done, position + done);
}

/** A problem with the file that is to be replaced, other than that there is none. */
function unlessMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  return undefined;
}

/** Some file systems cannot sync a folder; then the rename is as durable as they make it. */
function unlessUnsupported(error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'EINVAL' && code !== 'EPERM' && code !== 'EISDIR' && code !== 'EACCES') throw error;
}

/**
 * Replaces the file at a path, or makes it. The new file is written beside it, synced, and renamed over it: at
 * any moment, and after a crash, the path leads to the old file or to the whole new one.
 */
function replaceFileSync(where: string, fill: (fd: number) => void): void {
  let path = where;
  let mode: number | undefined;
  try {
    path = realpathSync(where);
    mode = statSync(path).mode & 0o7777;
  } catch (error) {
    unlessMissing(error);
  }
  const temporary = temporaryName(path);
  const fd = openSync(temporary, 'wx');
  try {
    try {
      if (mode !== undefined) fchmodSync(fd, mode);
      fill(fd);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
  let folder = -1;
  try {
    folder = openSync(dirname(path), 'r');
    fsyncSync(folder);
  } catch (error) {
    unlessUnsupported(error);
  } finally {
    if (folder >= 0) closeSync(folder);
  }
}

/** The same without blocking. */
async function replaceFile(where: string, pieces: readonly Uint8Array[]): Promise<void> {
  const path = (await realpath(where).catch(unlessMissing)) ?? where;
  const mode = (await stat(path).catch(unlessMissing))?.mode;
  const temporary = temporaryName(path);
  const file = await open(temporary, 'wx');
  try {
    try {
      if (mode !== undefined) await file.chmod(mode & 0o7777);
      const calls = batches(pieces);
      for (let next = calls.next(); !next.done; )
        next = calls.next((await file.writev(next.value)).bytesWritten);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary);
    throw error;
  }
  let folder: FileHandle | undefined;
  try {
    folder = await open(dirname(path), 'r');
    await folder.sync();
  } catch (error) {
    unlessUnsupported(error);
  } finally {
    await folder?.close();
  }
}

/**
 * Writes a value, and everything that it reaches, to an HDF5 file. A file that exists is replaced as a whole: a
 * crash or an error leaves the old one. Large typed arrays are not copied: they must not change before the
 * promise settles.
 *
 * @throws {H5UnsupportedError} when the value reaches something that cannot be stored; then no file is made.
 * @example
 * await write('state.h5', { users: [new User('Ada')], saved: new Date() });
 */
export async function write(
  target: FilePath | WriteTarget,
  value: unknown,
  options?: WriteOptions,
): Promise<void> {
  if (isPath(target)) await replaceFile(pathOf(target), serializePieces(value, options));
  else await writeCore(target, value, options);
}

/** What `write` does, at once. */
export function writeSync(path: FilePath, value: unknown, options?: WriteOptions): void {
  const pieces = serializePieces(value, options);
  replaceFileSync(pathOf(path), (fd) => writePieces(fd, pieces));
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
  static override open(source: FilePath | Uint8Array | Storage, mode?: 'r', options?: OpenOptions): H5File;
  static override open(sink: FilePath | H5Sink | undefined, mode: 'w', options?: OpenOptions): H5File;
  static override open(
    where: FilePath | Uint8Array | Storage | H5Sink | undefined,
    mode: 'r' | 'w' = 'r',
    options?: OpenOptions,
  ): H5File {
    if (!isPath(where)) return super.open(where as never, mode as 'w', { indexes, editing, ...options });
    if (mode === 'w') {
      const path = pathOf(where);
      accessSync(dirname(path), constants.W_OK);
      const save: H5Sink['save'] = (make) =>
        replaceFileSync(path, (fd) => make((bytes, position) => writeAt(fd, bytes, position)));
      return super.open({ save }, 'w', { editing, ...options });
    }
    const storage = new FileStorage(where);
    try {
      return super.open(storage as never, mode as 'w', { indexes, ...options });
    } catch (error) {
      storage.close();
      throw error;
    }
  }
}
