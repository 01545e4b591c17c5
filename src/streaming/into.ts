import { concatenate, type Piece } from '../hdf5/file-builder.js';
import type { FileSession } from '../hdf5/file-session.js';
import type { H5Group } from '../hdf5/h5-group.js';
import { type Store, type WriteOptions, writeInto } from '../serialize/serialize.js';
import type { Watch } from '../serialize/streaming.js';
import { MemoryStorage } from '../storage/memory.js';
import type { Storage } from '../storage/storage.js';
import { Turns } from '../storage/turns.js';
import { finished, piecesInTime, piecesNow } from './in-time.js';
import { chunksOf } from './lazy.js';
import { Pace } from './pace.js';
import type { MakeSpill } from './take.js';

/** What is no larger than this stays in memory until it is copied into the open file. */
const KEPT = 1 << 22;

/** Who writes to an open file while iterables are asked. */
const turns = new Turns<FileSession>(new WeakMap());

/**
 * Puts a value into an open file. What its iterables yield is taken in first, and kept where `make` says; the file changes when
 * all of it is there, in one transaction. If there is nothing to wait for, it is done at once.
 */
export function writeIntoInTime(
  target: H5Group,
  value: unknown,
  options: WriteOptions & Watch,
  make?: MakeSpill,
): Promise<void> {
  return turns.take(target.session, async () => {
    const pace = new Pace(options);
    const store: Store = (stored, how) => {
      const planned = piecesInTime(stored, how, pace);
      if (!(planned instanceof Promise) && typeof planned !== 'function') return fileOf(planned, make);
      return (async () => {
        const pieces = await finished(await planned, make);
        pace.check();
        return fileOf(pieces, make);
      })();
    };
    const writing = writeInto(target, value, options, store);
    if (writing) await writing;
    pace.end();
  });
}

/** The same at once: only iterators can be taken in. */
export function writeIntoNow(target: H5Group, value: unknown, options: WriteOptions, make?: MakeSpill): void {
  writeInto(target, value, options, (stored, how) => fileOf(piecesNow(stored, how, make), make));
}

function fileOf(pieces: readonly Piece[], make: MakeSpill | undefined): Storage {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  if (!make || size <= KEPT) return new MemoryStorage(concatenate(pieces));
  const storage = make();
  let end = 0;
  for (const chunk of chunksOf(pieces)) {
    storage.write(end, chunk);
    end += chunk.length;
  }
  return storage;
}
