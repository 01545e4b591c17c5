import { closeSync, fsync, fsyncSync, openSync, renameSync, rmSync, writev, writevSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { syncFolder, systemError } from './file.js';
import { keepMode, placeOfFile, temporaryName } from './file-at-path.js';
import { acquireLock, type Lock } from './lock.js';
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

/** A new file beside one that it is to replace, which is locked meanwhile. */
class Replacement {
  readonly path: string;
  readonly fd: number;
  readonly #lock: Lock;
  readonly #temporary: string;
  #isOpen = false;

  constructor(where: string) {
    const { path, exists } = placeOfFile(where);
    this.path = path;
    this.#lock = acquireLock(this.path);
    this.#temporary = temporaryName(this.path);
    try {
      this.fd = openSync(this.#temporary, 'wx');
      this.#isOpen = true;
      if (exists) keepMode(this.path, this.#temporary);
    } catch (error) {
      if (this.#isOpen) this.#remove();
      this.#lock.release();
      throw systemError(error, this.path, 'write a new file beside');
    }
  }

  /** The bytes are all there: puts the file in its place. */
  publish(): void {
    this.#close();
    renameSync(this.#temporary, this.path);
  }

  /** Once: afterwards the number is that of another file, which others may have opened. */
  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.fd);
  }

  #remove(): void {
    try {
      this.#close();
    } catch {
      // What it holds is not needed.
    }
    // Who clears such files away may have been here.
    rmSync(this.#temporary, { force: true });
  }

  /** Forgets the new file. Returns the error that is to be thrown. */
  abandon(error: unknown): unknown {
    this.#remove();
    return systemError(error, this.path, 'write');
  }

  release(): void {
    this.#lock.release();
  }
}

/**
 * Replaces the file at a path, or makes it. The new file is written beside it, synced, and renamed over it: at
 * any moment, and after a crash, the path leads to the old file or to the whole new one.
 *
 * @throws {H5LockedError} when a writer has the file open.
 * @throws {H5SystemError} when the system refuses to write it.
 */
export function replaceFileSync(where: string, pieces: Iterable<Uint8Array>): void {
  const file = new Replacement(where);
  try {
    try {
      const calls = batches(pieces);
      for (let next = calls.next(); !next.done; ) next = calls.next(writevSync(file.fd, next.value));
      fsyncSync(file.fd);
      file.publish();
    } catch (error) {
      throw file.abandon(error);
    }
    syncFolder(dirname(file.path));
  } finally {
    file.release();
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
export async function replaceNow(where: string, whence: Source | Promise<Source>): Promise<void> {
  // What is there already takes the lock at once.
  const source = whence instanceof Promise ? await whence : whence;
  const file = new Replacement(where);
  try {
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
      throw file.abandon(error);
    }
    syncFolder(dirname(file.path));
  } finally {
    file.release();
  }
}
