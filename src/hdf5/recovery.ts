/**
 * What is done about a commit that was interrupted: if its tail is whole it is completed; else there is nothing of it but,
 * perhaps, the guard in the superblock, which goes.
 */
import type { Storage, WritableStorage } from '../storage/storage.js';
import { type Page, recover } from '../storage/tail.js';
import { completed, overlaid } from '../storage/transaction.js';
import { mendSuperblock } from './superblock.js';

/** The file as it is after that, for reading: nothing is written. A storage with nothing to be done is returned itself. */
export function recovered(storage: Storage): Storage {
  const whole = completed(storage);
  if (whole) return whole;
  const mended = unguarded(storage);
  return mended ? overlaid(storage, [mended]) : storage;
}

/** Does it to the file itself. */
export function recoverInPlace(storage: WritableStorage): void {
  recover(storage);
  const mended = unguarded(storage);
  if (!mended) return;
  storage.write(mended.position, mended.bytes);
  storage.sync();
}

/** The superblock without the mark of a commit that did not happen; undefined if there is none. */
function unguarded(storage: Storage): Page | undefined {
  const { position, bytes } = mendSuperblock(storage);
  const before = storage.read(position, bytes.length);
  return bytes.every((byte, i) => byte === before[i]) ? undefined : { position, bytes };
}
