import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync as readDescriptor,
  type Stats,
  unlinkSync,
  writeSync as writeDescriptor,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { H5Error, H5FormatError, H5StaleError, H5StateError, H5SystemError, H5TypeError } from '../errors.js';
import type { Storage, WritableStorage } from './storage.js';

/** Small reads are answered from pages of this size, so that a walk over headers takes few system calls. */
const PAGE_SIZE = 1 << 15;
/** So many that a million links in random order are looked up without reading a page twice: 64 MB. */
const CACHED_PAGES = 2048;
/** So many bytes, where two pages meet, are taken from both: a look at a header is one, and another call takes longer. */
const FEW_BYTES = 512;
/** Within one of them, no writer changes the size of a file each time. */
const MARK_ATTEMPTS = 100;
/** The most bytes that one system call is asked for: Linux moves at most 2 GB at once, and Node counts in 31 bits. */
const BYTES_A_CALL = 1 << 30;

// ---- errors ---------------------------------------------------------------------------------------------

const NOT_ALLOWED = 'check the permissions of the file and of its folder, or open it for reading only';
const DISK_FULL = 'the disk is full: free some space';

/** What to do about errors of the operating system, by their codes. */
const REMEDIES: { readonly [code: string]: string } = {
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EROFS: 'the file system is read-only: open it for reading only, or work on a copy elsewhere',
  ENOSPC: DISK_FULL,
  EDQUOT: 'the quota of disk space is used up: free some space',
  EFBIG: 'it would become larger than the file system or the limit of this process (ulimit -f) allows',
  EIO: 'the disk reports an error: check the disk, and work on a copy of the file',
  EEXIST: 'there is such a file already: open it, remove it, or take another name',
  EISDIR: 'it is a folder, not a file',
  EMFILE: 'this process has too many files open: close some',
  ENAMETOOLONG: 'the name is too long',
};

/**
 * An error of Node's with the path and what to do, under the same code; any other error as it is.
 *
 * @example
 * throw systemError(error, 'a.h5', 'write to'); // cannot write to a.h5: the disk is full: free some space (ENOSPC: ...)
 */
export function systemError(error: unknown, path: string, doing: string): unknown {
  if (!(error instanceof Error) || error instanceof H5Error) return error;
  const { code, errno } = error as NodeJS.ErrnoException;
  // Errors without a number are Node's complaints about arguments.
  if (code === undefined || errno === undefined) return error;
  const remedy = REMEDIES[code];
  const reason = remedy === undefined ? error.message : `${remedy} (${error.message})`;
  return new H5SystemError(code, path, `cannot ${doing} ${path}: ${reason}`, error);
}

/** The absolute path that a path or a `file:` URL stands for: the folder of the process may be another one later. */
export function pathOf(path: string | URL): string {
  if (path === '') throw new H5TypeError('the path of the file is empty');
  if (typeof path === 'string') {
    if (path.includes('\0'))
      throw new H5TypeError(`the path of the file has a character U+0000: ${JSON.stringify(path)}`);
    return resolve(path);
  }
  if (path.protocol === 'file:') return fileURLToPath(path);
  throw new H5TypeError(`a file is at a path, or a URL with file: in front, not at ${path.href}`);
}

// ---- descriptors ----------------------------------------------------------------------------------------

/** An open file and its path, and the loops around the system calls, which may do less than they are asked for. */
class Descriptor {
  readonly path: string;
  #fd: number;

  /** @param flags as of open(2). */
  constructor(path: string, flags: number) {
    this.path = path;
    try {
      // Without O_NONBLOCK, opening a named pipe would wait for its other end. Files do not mind.
      this.#fd = openSync(path, flags | constants.O_NONBLOCK);
    } catch (error) {
      throw systemError(error, path, flags & constants.O_CREAT ? 'create' : 'open');
    }
    try {
      if (!fstatSync(this.#fd).isFile()) throw new H5FormatError(-1, `${path} is not a file`);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The size now, whoever changed it. */
  size(): number {
    return this.#stats('find the size of').size;
  }

  /** The same, and whether the file still has a name. */
  state(): { size: number; hasName: boolean } {
    const { size, nlink } = this.#stats('look at');
    return { size, hasName: nlink > 0 };
  }

  #stats(doing: string): Stats {
    try {
      return fstatSync(this.#fd);
    } catch (error) {
      throw this.#explain(error, doing);
    }
  }

  /** Fills a part of `bytes` from a position, or says how much there was before the file ended. */
  readInto(bytes: Uint8Array, length: number, position: number): number {
    let done = 0;
    try {
      while (done < length) {
        const count = readDescriptor(
          this.#fd,
          bytes,
          done,
          Math.min(length - done, BYTES_A_CALL),
          position + done,
        );
        if (count === 0) break;
        done += count;
      }
    } catch (error) {
      throw this.#explain(error, 'read');
    }
    return done;
  }

  /** What one call reads, which may be less than there is. */
  readOnce(bytes: Uint8Array, length: number, position: number): number {
    try {
      return readDescriptor(this.#fd, bytes, 0, length, position);
    } catch (error) {
      throw this.#explain(error, 'read');
    }
  }

  write(bytes: Uint8Array, position: number): void {
    try {
      for (let done = 0; done < bytes.length; ) {
        const length = Math.min(bytes.length - done, BYTES_A_CALL);
        const count = writeDescriptor(this.#fd, bytes, done, length, position + done);
        // POSIX allows it for devices; asking again could go on forever.
        if (count === 0) throw new H5SystemError('EIO', this.path, `${this.path} takes no bytes`, undefined);
        done += count;
      }
    } catch (error) {
      throw this.#explain(error, 'write to');
    }
  }

  truncate(size: number): void {
    try {
      ftruncateSync(this.#fd, size);
    } catch (error) {
      throw this.#explain(error, 'change the size of');
    }
  }

  sync(full: boolean): void {
    try {
      if (full) fsyncSync(this.#fd);
      else fdatasyncSync(this.#fd);
    } catch (error) {
      throw this.#explain(error, 'sync');
    }
  }

  close(): void {
    const fd = this.#fd;
    if (fd < 0) return;
    this.#fd = -1;
    try {
      closeSync(fd);
    } catch (error) {
      throw this.#explain(error, 'close');
    }
  }

  #explain(error: unknown, doing: string): unknown {
    if (this.#fd < 0 && !(error instanceof H5Error) && doing !== 'close')
      return new H5StateError('H5_CLOSED', `${this.path} has been closed: open it again`);
    return systemError(error, this.path, doing);
  }
}

/** Makes the name of a new file durable. Some file systems cannot: then it is as durable as they make it. */
export function syncFolder(folder: string): void {
  let fd = -1;
  try {
    fd = openSync(folder, constants.O_RDONLY);
    fsyncSync(fd);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EINVAL' && code !== 'EPERM' && code !== 'EISDIR' && code !== 'EACCES')
      throw systemError(error, folder, 'sync the folder');
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}

// ---- pages ----------------------------------------------------------------------------------------------

/** Parts of a file that have been read, by their numbers. Each is a whole page, with zeros after the file's end. */
class PageCache {
  readonly #pages = new Map<number, Uint8Array>();
  /** Reads a page from the file, as far as there is one. */
  readonly #load: (bytes: Uint8Array, position: number) => void;

  constructor(load: (bytes: Uint8Array, position: number) => void) {
    this.#load = load;
  }

  /** Whether bytes are to be had by way of pages: those of one, or few that are in two, and all of them in the file. */
  takes(position: number, length: number, size: number): boolean {
    const isFew = length <= FEW_BYTES && position + length <= size;
    return isFew || (position % PAGE_SIZE) + length <= PAGE_SIZE;
  }

  read(position: number, length: number): Uint8Array {
    const number = Math.floor(position / PAGE_SIZE);
    const start = position - number * PAGE_SIZE;
    const left = PAGE_SIZE - start;
    const page = this.#page(number);
    if (length <= left) return page.subarray(start, start + length);
    const bytes = new Uint8Array(length);
    bytes.set(page.subarray(start));
    bytes.set(this.#page(number + 1).subarray(0, length - left), left);
    return bytes;
  }

  /** A page, which is kept, in the place of the oldest if there are many. */
  #page(number: number): Uint8Array {
    let bytes = this.#pages.get(number);
    if (bytes === undefined) {
      bytes = new Uint8Array(PAGE_SIZE);
      this.#load(bytes, number * PAGE_SIZE);
      if (this.#pages.size >= CACHED_PAGES) this.#pages.delete(this.#pages.keys().next().value as number);
      this.#pages.set(number, bytes);
    }
    return bytes;
  }

  /** After a write: the pages that it lies in are changed as well. */
  written(position: number, bytes: Uint8Array): void {
    const first = Math.floor(position / PAGE_SIZE);
    const last = Math.floor((position + bytes.length - 1) / PAGE_SIZE);
    for (let page = first; page <= last; page++) {
      const start = page * PAGE_SIZE - position;
      this.#pages.get(page)?.set(bytes.subarray(Math.max(0, start), start + PAGE_SIZE), Math.max(0, -start));
    }
  }

  forget(position: number, length: number): void {
    for (const page of this.#pages.keys()) {
      const start = page * PAGE_SIZE;
      if (start < position + length && start + PAGE_SIZE > position) this.#pages.delete(page);
    }
  }

  /** After the file has been cut off: what comes back when it grows again is zeros. */
  cut(size: number): void {
    for (const [page, bytes] of this.#pages) {
      const left = size - page * PAGE_SIZE;
      if (left <= 0) this.#pages.delete(page);
      else if (left < PAGE_SIZE) bytes.fill(0, left);
    }
  }

  clear(): void {
    this.#pages.clear();
  }
}

// ---- reading --------------------------------------------------------------------------------------------

/**
 * What a file looks like to a reader who wants to notice changes: bytes that every change of the file changes. The
 * storage that it is given shows the file as it is now, its size as well. It depends on nothing else: it is computed again
 * only when something that it asked for has changed.
 */
export type Mark = (storage: Storage) => Uint8Array;

/**
 * How a file is read by `FileStorage`.
 *
 * @example
 * const storage = new FileStorage('state.h5', { mark: (file) => file.read(0, 48) });
 */
export interface FileStorageOptions {
  /**
   * Computed when the file is opened, and again after each read that went to the disk: when the results differ, the
   * read throws an `H5StaleError`, for what it returned may belong to another state than what was read before.
   */
  readonly mark?: Mark | undefined;
}

/** The file as it is now, to compute a mark from. It remembers what it was asked for. */
class LiveFile implements Storage {
  readonly #file: Descriptor;
  readonly #parts: { readonly position: number; readonly bytes: Uint8Array }[] = [];
  #size = -1;
  /** Whether the size was the same each time. */
  #isSteady = true;
  #again = new Uint8Array(0);

  constructor(file: Descriptor) {
    this.#file = file;
  }

  get size(): number {
    const size = this.#file.size();
    if (this.#size >= 0 && this.#size !== size) this.#isSteady = false;
    this.#size = size;
    return size;
  }

  /**
   * Whether all that was asked for is still as it was. For the usual marks these are one or two short reads, where
   * asking for the size as well would take as long again: one byte more than there was shows that the end is where it was.
   */
  isSame(): boolean {
    if (!this.#isSteady) return false;
    let isSized = this.#size < 0;
    for (const { position, bytes } of this.#parts) {
      const { length } = bytes;
      const isLast = position + length === this.#size;
      if (this.#again.length <= length) this.#again = new Uint8Array(length + 1);
      const again = this.#again;
      if (this.#file.readOnce(again, isLast ? length + 1 : length, position) !== length) return false;
      for (let i = 0; i < length; i++) if (again[i] !== bytes[i]) return false;
      isSized ||= isLast;
    }
    return isSized || this.#file.size() === this.#size;
  }

  read(position: number, length: number): Uint8Array {
    return this.copy(position, length);
  }

  copy(position: number, length: number): Uint8Array<ArrayBuffer> {
    // So many bytes before the end, of a file that does not have so many any more.
    if (position < 0) throw shorter(this.#file.path, 0);
    const bytes = new Uint8Array(length);
    const count = this.#file.readInto(bytes, length, position);
    if (count < length) throw shorter(this.#file.path, position + count);
    this.#parts.push({ position, bytes: bytes.slice() });
    return bytes;
  }

  close(): void {}
}

function shorter(path: string, position: number): H5FormatError {
  return new H5FormatError(position, `${path} has become shorter while it was open`);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * A file on disk, read piece by piece through a descriptor.
 *
 * @throws {H5SystemError} when it cannot be opened or read.
 * @throws {H5FormatError} when it is not a file, or has become shorter than it was.
 * @throws {H5StaleError} when there is a `mark`, and a read finds it changed.
 * @example
 * const storage = new FileStorage('data.h5');
 * const signature = storage.read(0, 8);
 * storage.close();
 */
export class FileStorage implements Storage {
  readonly size: number;
  readonly #file: Descriptor;
  readonly #pages = new PageCache((bytes, at) => this.#fill(bytes, Math.min(PAGE_SIZE, this.size - at), at));
  readonly #mark: Mark | undefined;
  /** What `mark` said at first. */
  readonly #marked: Uint8Array | undefined;
  /** What the mark was last computed from. */
  #source: LiveFile | undefined;

  constructor(path: string | URL, options: FileStorageOptions = {}) {
    this.#file = new Descriptor(pathOf(path), constants.O_RDONLY);
    this.#mark = options.mark;
    try {
      // Before the size: should the file change in between, the first read finds that it has.
      this.#marked = this.#findMark();
      this.size = this.#file.size();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  read(position: number, length: number): Uint8Array {
    const isPaged = this.#pages.takes(position, length, this.size);
    return isPaged ? this.#pages.read(position, length) : this.copy(position, length);
  }

  copy(position: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    this.#fill(bytes, length, position);
    return bytes;
  }

  readInto(position: number, target: Uint8Array): void {
    this.#fill(target, target.length, position);
  }

  close(): void {
    this.#pages.clear();
    this.#file.close();
  }

  /** Reads from the disk. The mark is compared last: if it is the old one then, so was all that was read before. */
  #fill(bytes: Uint8Array, length: number, position: number): void {
    const count = this.#file.readInto(bytes, length, position);
    if (this.#changed()) throw new H5StaleError(this.#file.path);
    // With the same mark, it is no content that is missing at the end.
    if (count < length && this.#mark === undefined) throw shorter(this.#file.path, position + count);
  }

  /** The mark at first. A file that becomes shorter while it is computed is about to have another one. */
  #findMark(): Uint8Array | undefined {
    for (let attempt = 0; ; attempt++) {
      try {
        return this.#mark && this.#compute(this.#mark);
      } catch (error) {
        if (attempt === MARK_ATTEMPTS || !(error instanceof H5FormatError)) throw error;
      }
    }
  }

  #compute(mark: Mark): Uint8Array {
    const source = new LiveFile(this.#file);
    // Kept as a copy, since it may be a view of what is used again.
    const bytes = new Uint8Array(mark(source));
    // What another mark was computed from proves nothing.
    this.#source = this.#marked === undefined || equal(bytes, this.#marked) ? source : undefined;
    return bytes;
  }

  #changed(): boolean {
    if (this.#mark === undefined || this.#source?.isSame()) return false;
    try {
      return !equal(this.#compute(this.#mark), this.#marked as Uint8Array);
    } catch (error) {
      // The mark could be computed once, and now its bytes are not there or make no sense: they are others.
      if (error instanceof H5FormatError) return true;
      throw error;
    }
  }
}

// ---- writing --------------------------------------------------------------------------------------------

export interface WritableFileOptions {
  /** Makes a new file, and fails if there is one already. Without it, the file must exist. */
  readonly create?: boolean;
  /**
   * `sync` uses fsync instead of fdatasync when the size has changed. By POSIX, fdatasync stores the size as well, as
   * data could not be found without it; this is for file systems that are not trusted to.
   */
  readonly full?: boolean;
  /** Whether the folder of a new file is synced, so that the file outlives a crash; `true` unless told otherwise. */
  readonly syncFolder?: boolean;
}

/**
 * A file on disk that can be changed in place. Writes go to the system at once; only reads are cached. It relies on
 * being the only one that changes the file: hold a lock (`acquireLock`) as long as it is open.
 *
 * @throws {H5SystemError} with the code of the system, ENOSPC for example. Then a write may have been done in part.
 * @throws {H5FormatError} when it is not a file, or someone else has made it shorter.
 * @throws {H5StateError} when it has been closed.
 * @example
 * const storage = new WritableFileStorage('new.h5', { create: true });
 * storage.write(0, Uint8Array.of(1, 2, 3));
 * storage.sync();
 * storage.close();
 */
export class WritableFileStorage implements WritableStorage {
  readonly #file: Descriptor;
  readonly #pages = new PageCache((bytes, at) => this.#fill(bytes, Math.min(PAGE_SIZE, this.#size - at), at));
  readonly #full: boolean;
  #size: number;
  /** The size when all was synced. */
  #syncedSize: number;
  /** Why it is not known any more what is on the disk. */
  #lost: unknown;

  constructor(path: string | URL, options: WritableFileOptions = {}) {
    const { create = false, full = false, syncFolder: isSynced = true } = options;
    this.#full = full;
    const name = pathOf(path);
    const flags = create ? constants.O_RDWR | constants.O_CREAT | constants.O_EXCL : constants.O_RDWR;
    this.#file = new Descriptor(name, flags);
    try {
      this.#size = this.#file.size();
      this.#syncedSize = this.#size;
      if (create && isSynced) syncFolder(dirname(name));
    } catch (error) {
      this.#file.close();
      if (create) unlinkSync(name);
      throw error;
    }
  }

  get size(): number {
    return this.#size;
  }

  read(position: number, length: number): Uint8Array {
    const isPaged = this.#pages.takes(position, length, this.size);
    return isPaged ? this.#pages.read(position, length) : this.copy(position, length);
  }

  copy(position: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    this.#fill(bytes, length, position);
    return bytes;
  }

  readInto(position: number, target: Uint8Array): void {
    this.#fill(target, target.length, position);
  }

  write(position: number, bytes: Uint8Array): void {
    if (bytes.length === 0) {
      if (position > this.#size) this.resize(position);
      return;
    }
    try {
      this.#file.write(bytes, position);
    } catch (error) {
      // A part of it may be there.
      this.#pages.forget(position, bytes.length);
      this.#findSize();
      throw error;
    }
    this.#pages.written(position, bytes);
    this.#size = Math.max(this.#size, position + bytes.length);
  }

  resize(size: number): void {
    // A new file that is cut to nothing is one whose content a file system (ext4) writes out when it is closed, while that waits.
    if (size === this.#size) return;
    try {
      this.#file.truncate(size);
    } catch (error) {
      this.#findSize();
      throw error;
    }
    if (size < this.#size) this.#pages.cut(size);
    this.#size = size;
  }

  check(): void {
    const { path } = this.#file;
    const { size, hasName } = this.#file.state();
    if (size < this.#size) throw shorter(path, size);
    if (!hasName)
      throw new H5SystemError(
        'ENOENT',
        path,
        `${path} has been deleted, or replaced, while it was open`,
        undefined,
      );
  }

  sync(): void {
    // After a failure the system may have dropped what it could not write, and report success the next time.
    if (this.#lost !== undefined) throw this.#lost;
    try {
      this.#file.sync(this.#full && this.#size !== this.#syncedSize);
    } catch (error) {
      if (error instanceof H5SystemError) {
        const { code, path, cause } = error;
        const message = `${error.message}; what has reached the disk is not known: close the file and open it again`;
        this.#lost = new H5SystemError(code, path, message, cause);
        throw this.#lost;
      }
      throw error;
    }
    this.#syncedSize = this.#size;
  }

  close(): void {
    this.#pages.clear();
    this.#file.close();
  }

  /** After an error: the size as the system knows it. */
  #findSize(): void {
    const size = this.#file.size();
    if (size < this.#size) this.#pages.cut(size);
    this.#size = size;
  }

  #fill(bytes: Uint8Array, length: number, position: number): void {
    const count = this.#file.readInto(bytes, length, position);
    if (count < length) throw shorter(this.#file.path, position + count);
  }
}
