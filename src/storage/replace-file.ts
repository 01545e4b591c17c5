import { closeSync, fsync, fsyncSync, openSync, writev, writevSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { syncFolder, systemError } from './file.js';
import { keepMode, placeOfFile } from './file-at-path.js';
import { acquireLock, type Lock } from './lock.js';
import { newTemporary, publishNew, publishTemporary, removeTemporary } from './temporary.js';
import { Turns } from './turns.js';

/** The most pieces that one system call takes on every platform (IOV_MAX). */
const PIECES_A_CALL = 512;

/** Pieces are asked for until there are so many bytes: they may be made one by one, to be forgotten. */
const BYTES_A_CALL = 1 << 22;

/** Batches of pieces for one call each; what a call leaves over stands at the front of the next. */
function* batches(pieces: Iterable<Uint8Array>): Generator<Uint8Array[], void, number> {
  const source = pieces[Symbol.iterator]();
  const batch: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    while (batch.length < PIECES_A_CALL && size < BYTES_A_CALL) {
      const { done, value } = source.next();
      if (done) break;
      if (value.length > 0) batch.push(value);
      size += value.length;
    }
    if (batch.length === 0) return;
    let written = yield batch;
    size -= written;
    let whole = 0;
    while (whole < batch.length && written >= (batch[whole] as Uint8Array).length) {
      written -= (batch[whole++] as Uint8Array).length;
    }
    batch.splice(0, whole);
    if (written > 0) batch[0] = (batch[0] as Uint8Array).subarray(written);
  }
}

/** A new file beside the place that it is for, which is locked meanwhile. */
export class Replacement {
  readonly path: string;
  readonly fd: number;
  readonly #lock: Lock;
  readonly #temporary: string;
  /** Whether there was a file when the place was locked. */
  readonly #exists: boolean;
  /** Whether it is to replace no other. */
  #isNew = false;
  #isOpen = false;
  #isPublished = false;

  constructor(where: string) {
    this.path = placeOfFile(where).path;
    this.#lock = acquireLock(this.path);
    this.#temporary = newTemporary(this.path);
    try {
      this.#exists = placeOfFile(this.path).exists;
      this.fd = openSync(this.#temporary, 'wx');
      this.#isOpen = true;
      if (this.#exists) keepMode(this.path, this.#temporary);
    } catch (error) {
      this.close();
      throw systemError(error, this.path, 'write a new file beside');
    }
  }

  /** For a path at which there is no file; undefined where there is one. */
  static ofNew(where: string): Replacement | undefined {
    if (placeOfFile(where).exists) return undefined;
    const file = new Replacement(where);
    file.#isNew = !file.#exists;
    if (file.#isNew) return file;
    // Another process has made it before this one had the lock.
    file.close();
    return undefined;
  }

  /** The bytes are all there: puts the file in its place. One that is to be new takes that of no other. */
  publish(): void {
    this.#closeFile();
    if (this.#isNew) publishNew(this.#temporary, this.path);
    else publishTemporary(this.#temporary, this.path);
    this.#isPublished = true;
    syncFolder(dirname(this.path));
  }

  /** Once: afterwards the number is that of another file, which others may have opened. */
  #closeFile(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.fd);
  }

  /** Forgets the new file if it is not in its place. */
  close(): void {
    try {
      if (this.#isPublished) return;
      try {
        this.#closeFile();
      } catch {
        // What it holds is not needed.
      }
      removeTemporary(this.#temporary);
    } finally {
      this.#lock.release();
    }
  }
}

/**
 * Replaces the file at a path, or makes it. The new file is written beside it, synced, and renamed over it: at
 * any moment, and after a crash, the path leads to the old file or to the whole new one.
 *
 * @throws {H5LockedError} when a writer has the file open.
 * @throws {H5SystemError} when the system refuses to write it.
 */
export function replaceFileSync(where: string | Replacement, pieces: Iterable<Uint8Array>): void {
  const file = typeof where === 'string' ? new Replacement(where) : where;
  try {
    const calls = batches(pieces);
    for (let next = calls.next(); !next.done; ) next = calls.next(writevSync(file.fd, next.value));
    fsyncSync(file.fd);
    file.publish();
  } catch (error) {
    throw systemError(error, file.path, 'write');
  } finally {
    file.close();
  }
}

/** What makes the pieces of a new file, when its turn has come; and is told of each call how many bytes it has written. */
export interface Source {
  pieces(): Promise<Iterable<Uint8Array>>;
  written(count: number): void;
}

/** What takes turns, by the paths of the files. */
const turns = new Turns<string>(new Map());

/** Changes the file at a path when all that was begun before is done. */
export function takeTurn(where: string, change: () => Promise<void>): Promise<void> {
  return turns.take(where, change);
}

/** The same without blocking. Replacements of one file take turns, in the order of the calls. */
export function replaceFile(where: string, source: Source | Promise<Source>): Promise<void> {
  // If it fails while others have their turn, that is to be known when it has its own.
  if (source instanceof Promise) source.catch(() => {});
  return takeTurn(where, () => replaceNow(where, source));
}

const writevAsync = promisify(writev);
const fsyncAsync = promisify(fsync);

/** The same, whoever else is about to. */
export async function replaceNow(
  where: string | Replacement,
  whence: Source | Promise<Source>,
): Promise<void> {
  // What is there already takes the lock at once.
  const source = whence instanceof Promise ? await whence : whence;
  const file = typeof where === 'string' ? new Replacement(where) : where;
  try {
    const calls = batches(await source.pieces());
    for (let next = calls.next(); !next.done; ) {
      const { bytesWritten } = await writevAsync(file.fd, next.value);
      source.written(bytesWritten);
      next = calls.next(bytesWritten);
    }
    await fsyncAsync(file.fd);
    source.written(0);
    file.publish();
  } catch (error) {
    throw systemError(error, file.path, 'write');
  } finally {
    file.close();
  }
}
