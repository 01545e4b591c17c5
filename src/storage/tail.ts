import { isSameBytes } from './bytes.js';
import type { Storage, WritableStorage } from './storage.js';

/**
 * What stands behind the content of a file, past the end that its superblock names, where other programs do not look:
 *
 *     [content 0 ... end) ... [guard, pages, note, trailer]
 *
 * The trailer has a fixed size and ends where the file ends. The pages are what the last commit changes in place, with
 * the guard, the bytes by which other programs know whether to trust the file; the note is the list of free space. So the
 * file holds its own journal, and there is never a second file that a copy would leave behind.
 */
export interface Tail {
  /** Where the content ends. */
  readonly end: number;
  /** Counts the commits of the file. */
  readonly commit: number;
  /** Undefined in a tail that holds the note only. `complete` is a page, where it is written. */
  readonly guard: Omit<Guard, 'complete'> | undefined;
  readonly pages: readonly Page[];
  /** Bytes that mean something to the caller. */
  readonly note: Uint8Array;
}

/** Bytes at a position. */
export interface Page {
  readonly position: number;
  readonly bytes: Uint8Array;
}

/**
 * The bytes of the file that say whether a commit is under way: before it, while it writes in place, and after it. Before and
 * during it they speak of the old state. `complete`: as after it, but that a commit is under way; the same, therefore, as those
 * during the next one.
 */
export interface Guard {
  readonly position: number;
  readonly before: Uint8Array;
  readonly during: Uint8Array;
  readonly complete: Uint8Array;
  readonly after: Uint8Array;
}

/** "h5pickle" */
const MAGIC = [0x69703568, 0x656c6b63] as const;
const VERSION = 1;
export const TRAILER = 64;
/** More than a superblock takes. */
const HEAD = 128;
/** Of the trailer, what its own checksum covers. */
const CHECKED = 56;

/** Bytes of what stands before the note. */
function journalSize({ guard, pages }: Tail): number {
  let size = 12 + 3 * (guard ? guard.before.length : 0) + 4;
  for (const { bytes } of pages) size += 12 + bytes.length;
  return size;
}

/** Bytes that a tail takes. */
export function tailSize(tail: Tail): number {
  return journalSize(tail) + tail.note.length + TRAILER;
}

/**
 * Writes a tail, by way of `buffer`, whose size is a multiple of 4 and more than that of a trailer: a tail that is larger is
 * written in as many parts, and is one when the last of them is there.
 */
export function writeTail(
  storage: WritableStorage,
  position: number,
  tail: Tail,
  buffer: Uint8Array<ArrayBuffer>,
): void {
  const { end, commit, guard, pages, note } = tail;
  const journal = journalSize(tail);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  const sum = new Checksum(journal + note.length);
  let written = position;
  let at = 0;
  const flush = (): void => {
    storage.write(written, buffer.subarray(0, at));
    written += at;
    at = 0;
  };
  const raw = (bytes: Uint8Array): void => {
    let done = 0;
    if (bytes.length >= buffer.length && at % 4 === 0) {
      // So many go as they are.
      if (at > 0) {
        sum.add(view, 0, at);
        flush();
      }
      done = bytes.length - (bytes.length % 4);
      sum.add(new DataView(bytes.buffer, bytes.byteOffset, done), 0, done);
      storage.write(written, bytes.subarray(0, done));
      written += done;
    }
    while (done < bytes.length) {
      const count = Math.min(bytes.length - done, buffer.length - at);
      buffer.set(bytes.subarray(done, done + count), at);
      done += count;
      at += count;
      if (at === buffer.length) {
        sum.add(view, 0, at);
        flush();
      }
    }
  };
  const few = new Uint8Array(12);
  const fewView = new DataView(few.buffer);
  const numbers = (long: number, short: number): void => {
    fewView.setUint32(0, long >>> 0, true);
    fewView.setUint32(4, Math.floor(long / 0x100000000), true);
    fewView.setUint32(8, short, true);
    raw(few);
  };
  numbers(guard?.position ?? 0, guard ? guard.before.length : 0);
  for (const bytes of guard ? [guard.before, guard.during, guard.after] : []) raw(bytes);
  fewView.setUint32(0, pages.length, true);
  raw(few.subarray(0, 4));
  for (const page of pages) {
    numbers(page.position, page.bytes.length);
    raw(page.bytes);
  }
  raw(note);
  sum.add(view, 0, at);
  if (at + TRAILER > buffer.length) flush();

  const trailer = at;
  const u32 = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  u32(MAGIC[0]);
  u32(MAGIC[1]);
  u32(VERSION);
  u32(0);
  for (const value of [commit, end, journal, note.length]) {
    u32(value >>> 0);
    u32(Math.floor(value / 0x100000000));
  }
  for (const part of sum.end()) u32(part);
  for (const part of checksum(view, trailer, trailer + CHECKED)) u32(part);
  flush();
}

/** The tail of a file; undefined if there is none, or not a whole one. */
export function readTail(storage: Storage): Tail | undefined {
  const trailer = readTrailer(storage);
  if (!trailer) return undefined;
  const { view } = trailer;
  const u64At = (from: DataView, at: number) =>
    from.getUint32(at, true) + from.getUint32(at + 4, true) * 0x100000000;
  const [commit, end, journal, noteSize] = [16, 24, 32, 40].map((at) => u64At(view, at)) as [
    number,
    number,
    number,
    number,
  ];
  const start = storage.size - TRAILER - noteSize - journal;
  if (!(journal >= 16 && start >= end && Number.isSafeInteger(journal + noteSize))) return undefined;
  const blob = storage.copy(start, journal + noteSize);
  const content = new DataView(blob.buffer);
  const [low, high] = checksum(content, 0, blob.length);
  if (low !== view.getUint32(48, true) || high !== view.getUint32(52, true)) return undefined;

  // A checksum shows what was torn, not who wrote it: a tail that is made to do harm has the right one as well. So nothing in it
  // may lie outside of the journal, nor be put where it would make the file longer, or go over the tail itself.
  const part = (from: number, size: number) => blob.subarray(from, from + size);
  const fits = (position: number, size: number) => position + size <= start;
  const guardSize = content.getUint32(8, true);
  let at = 12 + 3 * guardSize;
  if (at + 4 > journal || !fits(u64At(content, 0), guardSize)) return undefined;
  const guard =
    guardSize === 0
      ? undefined
      : {
          position: u64At(content, 0),
          before: part(12, guardSize),
          during: part(12 + guardSize, guardSize),
          after: part(12 + 2 * guardSize, guardSize),
        };
  const count = content.getUint32(at, true);
  at += 4;
  const pages: Page[] = [];
  for (let i = 0; i < count; i++) {
    if (at + 12 > journal) return undefined;
    const position = u64At(content, at);
    const length = content.getUint32(at + 8, true);
    at += 12 + length;
    if (at > journal || !fits(position, length)) return undefined;
    pages.push({ position, bytes: part(at - length, length) });
  }
  if (at !== journal) return undefined;
  return { end, commit, guard, pages, note: part(journal, noteSize) };
}

function readTrailer(storage: Storage): { bytes: Uint8Array; view: DataView } | undefined {
  if (storage.size < TRAILER) return undefined;
  const bytes = storage.copy(storage.size - TRAILER, TRAILER);
  const view = new DataView(bytes.buffer);
  if (MAGIC.some((word, i) => view.getUint32(4 * i, true) !== word)) return undefined;
  const sums = checksum(view, 0, CHECKED);
  if (sums.some((sum, i) => view.getUint32(CHECKED + 4 * i, true) !== sum)) return undefined;
  return view.getUint32(8, true) === VERSION ? { bytes, view } : undefined;
}

/**
 * What a reader remembers when it opens a file, and compares after each read: the number of the last commit.
 *
 * A writer writes the tail of its commit before it changes anything in place, and bytes that no commit refers to yet
 * only where the last state refers to nothing. So if the mark is the same after a read as it was when the file was
 * opened, no commit had begun to write in place until then, and what was read is of the state that was opened. A mark
 * never comes back, since commits are counted. As soon as a writer adds to a file that has no tail, it gets one; the mark
 * of one without is what can be seen of it.
 */
export function tailMark(storage: Storage): Uint8Array {
  const trailer = readTrailer(storage);
  if (trailer) return trailer.bytes.slice(16, 24);
  const { size } = storage;
  const head = storage.copy(0, Math.min(HEAD, size));
  const mark = new Uint8Array(8 + head.length);
  new DataView(mark.buffer).setFloat64(0, size);
  mark.set(head, 8);
  return mark;
}

// ---- recovery -------------------------------------------------------------------------------------------

/** The tail, if its commit is durable, and what it changes in place may not all be there yet. */
export function liveTail(
  storage: Storage,
): (Tail & { readonly guard: NonNullable<Tail['guard']> }) | undefined {
  const tail = readTail(storage);
  const guard = tail?.guard;
  if (!tail || !guard || guard.position + guard.before.length > storage.size) return undefined;
  const { position, before, during, after } = guard;
  const found = storage.read(position, before.length);
  // All is done. Where the guard does not tell, because it is the same before and after, doing it again changes nothing.
  if (isSameBytes(found, after) && !isSameBytes(before, after)) return undefined;
  // Torn: every byte is that of one of its states. Else somebody else has written the file since.
  const states = [before, during, after];
  for (const page of tail.pages) if (page.position === position) states.push(page.bytes);
  const isOurs = found.every((byte, i) => states.some((state) => state[i] === byte));
  return isOurs ? { ...tail, guard } : undefined;
}

/**
 * Completes a commit that is durable, and was interrupted. It can be interrupted as well, and done again: what it writes
 * is the same each time, and the tail stays until the guard says that all is there.
 */
export function recover(storage: WritableStorage): void {
  const tail = liveTail(storage);
  if (!tail) return;
  for (const { position, bytes } of tail.pages) storage.write(position, bytes);
  storage.sync();
  storage.write(tail.guard.position, tail.guard.after);
  storage.sync();
}

/** A checksum of 64 bits, to tell what is whole from what was torn: two multiplicative hashes of 32-bit words. */
class Checksum {
  #a: number;
  #b = 0x85ebca6b;

  constructor(length: number) {
    this.#a = 0x9e3779b9 ^ length;
  }

  /** Adds bytes: as many as are a multiple of 4, but for the last ones. */
  add(view: DataView, start: number, end: number): void {
    // As integers from the first on: a loop that begins with a double goes on with doubles.
    let a = this.#a | 0;
    let b = this.#b | 0;
    let at = start;
    for (; at + 4 <= end; at += 4) {
      const word = view.getInt32(at, true);
      a = Math.imul(a ^ word, 0x01000193);
      a ^= a >>> 15;
      b = Math.imul(((b << 13) | (b >>> 19)) + word, 0xc2b2ae35);
    }
    for (; at < end; at++) {
      const byte = view.getUint8(at);
      a = Math.imul(a ^ byte, 0x01000193);
      b = Math.imul(((b << 13) | (b >>> 19)) + byte, 0xc2b2ae35);
    }
    this.#a = a;
    this.#b = b;
  }

  end(): [number, number] {
    let a = this.#a;
    let b = this.#b;
    a = Math.imul(a ^ (a >>> 16), 0x85ebca6b);
    b = Math.imul(b ^ (b >>> 15), 0x27d4eb2f);
    return [(a ^ (a >>> 13)) >>> 0, (b ^ (b >>> 16)) >>> 0];
  }
}

export function checksum(view: DataView, start: number, end: number): [number, number] {
  const sum = new Checksum(end - start);
  sum.add(view, start, end);
  return sum.end();
}
