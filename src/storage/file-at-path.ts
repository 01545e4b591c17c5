import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { H5FormatError } from '../errors.js';
import { syncFolder, systemError, WritableFileStorage } from './file.js';
import { acquireAlone } from './library-lock.js';
import { acquireLock, type Lock } from './lock.js';
import type { WritableStorage } from './storage.js';
import { newTemporary, publishNew, publishTemporary, removeTemporary } from './temporary.js';

/**
 * Where the file at a path is, or is to be: links are followed, also one that leads to where there is no file yet.
 *
 * @throws {H5FormatError} when there is something else: a folder, a pipe or a device, in whose place no file is to be put.
 */
export function placeOfFile(path: string): { readonly path: string; readonly exists: boolean } {
  let at = path;
  try {
    for (let links = 0; links < MAX_LINKS; links++) {
      const stats = statSync(at, { throwIfNoEntry: false });
      if (stats && !stats.isFile()) throw new H5FormatError(-1, `${path} is not a file`);
      if (stats) return { path: realpathSync(at), exists: true };
      if (!lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) break;
      at = resolve(dirname(at), readlinkSync(at));
    }
  } catch (error) {
    throw systemError(error, path, 'look at');
  }
  return { path: at, exists: false };
}

/** The most links that the system follows. */
const MAX_LINKS = 40;

/**
 * The file at a path, held by a lock as long as it is open. A new one (`create`) stands under another name until
 * `publish`, which puts it in the place of what is at the path.
 */
export class FileAtPath implements WritableStorage {
  readonly #path: string;
  readonly #lock: Lock;
  readonly #isSynced: boolean;
  readonly #isNew: boolean;
  #file: WritableFileStorage;
  /** Where it is until it is published. */
  #temporary: string | undefined;

  /**
   * `create`: a new file, which replaces what is there, or nothing (`new`). `isSynced`: whether a new file, and its place, are to
   * outlive a crash of the machine.
   */
  constructor(path: string, create: boolean | 'new', isSynced = true) {
    this.#isSynced = isSynced;
    this.#isNew = create === 'new';
    const { path: place, exists } = placeOfFile(path);
    this.#path = place;
    this.#lock = create ? acquireLock(this.#path) : acquireAlone(this.#path);
    let file: WritableFileStorage | undefined;
    try {
      if (create) {
        const temporary = newTemporary(this.#path);
        // Its name is not the one that has to last.
        file = new WritableFileStorage(temporary, { create: true, syncFolder: false });
        this.#temporary = temporary;
        if (exists) keepMode(this.#path, temporary);
      } else {
        file = new WritableFileStorage(this.#path);
      }
      this.#file = file;
    } catch (error) {
      file?.close();
      if (this.#temporary !== undefined) removeTemporary(this.#temporary);
      this.#lock.release();
      throw systemError(error, this.#path, 'write a new file beside');
    }
  }

  get size(): number {
    return this.#file.size;
  }

  read(position: number, length: number): Uint8Array {
    return this.#file.read(position, length);
  }

  copy(position: number, length: number): Uint8Array<ArrayBuffer> {
    return this.#file.copy(position, length);
  }

  readInto(position: number, target: Uint8Array): void {
    this.#file.readInto(position, target);
  }

  write(position: number, bytes: Uint8Array): void {
    this.#file.write(position, bytes);
  }

  resize(size: number): void {
    this.#file.resize(size);
  }

  sync(): void {
    this.#file.sync();
  }

  check(): void {
    this.#file.check();
  }

  publish(): void {
    if (this.#temporary === undefined) return;
    try {
      if (this.#isNew) publishNew(this.#temporary, this.#path);
      else publishTemporary(this.#temporary, this.#path);
    } catch (error) {
      throw systemError(error, this.#path, 'put the new file in the place of');
    }
    this.#temporary = undefined;
    if (this.#isSynced) syncFolder(dirname(this.#path));
  }

  replace(make: (storage: WritableStorage) => void): void {
    const temporary = newTemporary(this.#path);
    const file = new WritableFileStorage(temporary, { create: true });
    const target = this.#temporary ?? this.#path;
    try {
      keepMode(target, temporary);
      make(file);
      file.sync();
      publishTemporary(temporary, target);
    } catch (error) {
      file.close();
      removeTemporary(temporary);
      throw systemError(error, target, 'replace');
    }
    this.#file.close();
    this.#file = file;
    syncFolder(dirname(this.#path));
  }

  close(): void {
    try {
      this.#file.close();
      if (this.#temporary !== undefined) removeTemporary(this.#temporary);
      this.#temporary = undefined;
    } finally {
      this.#lock.release();
    }
  }
}

/** A file that replaces another one may be read and written by the same people, and is theirs as far as this process may say so. */
export function keepMode(from: string, to: string): void {
  const fd = openSync(to, 'r+');
  try {
    const { mode, uid, gid } = statSync(from);
    const own = fstatSync(fd);
    if (uid !== own.uid || gid !== own.gid) give(fd, uid, gid);
    fchmodSync(fd, mode & 0o7777);
  } finally {
    closeSync(fd);
  }
}

/** Gives a file to somebody. Only root may give to any, others to groups of theirs; who may not, keeps it. */
function give(fd: number, uid: number, gid: number): void {
  try {
    fchownSync(fd, uid, gid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}
