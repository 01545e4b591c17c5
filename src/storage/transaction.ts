import { H5StateError } from '../errors.js';
import type { Storage, WritableStorage } from './storage.js';
import { encodeTail, type Guard, liveTail, type Page } from './tail.js';

/** How much is synced: all of a commit, all but its very end, or nothing. */
export type Durability = 'full' | 'normal' | 'off';

const PAGE = 4096;
/** Small writes to new space are gathered to so many bytes. */
const BUFFER = 1 << 18;

/** A part of the file in memory, as it is to be: what is between `from` and `to` has been changed. */
interface ChangedPage {
  readonly bytes: Uint8Array<ArrayBuffer>;
  from: number;
  to: number;
}

/** What a commit makes of the file. */
export interface Commit {
  /** Where the content ends. */
  readonly end: number;
  readonly guard: Guard;
  /** For the next who opens the file. */
  readonly note: Uint8Array;
}

/**
 * A file with changes that are not there yet. What the committed state uses is changed in memory, page by page; what it
 * does not use is written at once. `commit` makes all of it last, in an order that leaves the old state or the new one
 * whatever is lost and wherever it stops:
 *
 * 0. New bytes, if there are so many that they were written, are synced: the tail must not be there without them. Few are
 *    treated as pages.
 * 1. The pages are written to the tail of the file (see tail.ts), and the guard that makes other programs refuse it is
 *    put up. Sync: now the commit is durable.
 * 2. The pages are written in place. Sync: now the tail is not needed any more.
 * 3. The guard is taken down. Before the tail is overwritten, this is synced too: at once if `durability` is 'full',
 *    else by the next change.
 */
export class Transaction implements Storage {
  readonly #storage: WritableStorage;
  readonly #sync: boolean;
  readonly #isFull: boolean;
  /** Where the committed content ends. */
  #end: number;
  #commit: number;
  #pages = new Map<number, ChangedPage>();
  /** New bytes on their way to the storage, from `#bufferAt` on. */
  readonly #buffer = new Uint8Array(BUFFER);
  #bufferAt = 0;
  #buffered = 0;
  /** Whether new bytes have gone to the storage and were not synced. */
  #freshUnsynced = false;
  /** Whether the guard was taken down and that was not synced. */
  #guardUnsynced = false;
  /** What the tail is to say when the file is closed; undefined if it is not ours to write. */
  #note: Uint8Array | undefined;
  #broken: H5StateError | undefined;

  /** `end`: where the committed content ends; `commit`: the number of the last commit. */
  constructor(storage: WritableStorage, end: number, options: { durability: Durability; commit: number }) {
    this.#storage = storage;
    this.#end = end;
    this.#commit = options.commit;
    this.#sync = options.durability !== 'off';
    this.#isFull = options.durability === 'full';
  }

  // ---- reading --------------------------------------------------------------------------------------

  get size(): number {
    let size = Math.max(this.#storage.size, this.#buffered > 0 ? this.#bufferAt + this.#buffered : 0);
    for (const [page, { to }] of this.#pages) size = Math.max(size, page * PAGE + to);
    return size;
  }

  read(position: number, length: number): Uint8Array {
    this.#check();
    const first = Math.floor(position / PAGE);
    if (this.#pages.size > 0 && position + length <= (first + 1) * PAGE) {
      const page = this.#pages.get(first);
      if (page) return page.bytes.subarray(position - first * PAGE, position - first * PAGE + length);
    } else if (this.#isChanged(position, length)) {
      return this.copy(position, length);
    }
    if (this.#buffered > 0) {
      const at = position - this.#bufferAt;
      if (at >= 0 && at + length <= this.#buffered) return this.#buffer.slice(at, at + length);
      if (at < this.#buffered && at + length > 0) this.#flush();
    }
    return this.#storage.read(position, length);
  }

  copy(position: number, length: number): Uint8Array<ArrayBuffer> {
    this.#check();
    if (
      this.#buffered > 0 &&
      position < this.#bufferAt + this.#buffered &&
      position + length > this.#bufferAt
    )
      this.#flush();
    if (!this.#isChanged(position, length)) return this.#storage.copy(position, length);
    const bytes = new Uint8Array(length);
    const stored = Math.min(length, this.#storage.size - position);
    if (stored > 0) bytes.set(this.#storage.read(position, stored));
    this.#eachChanged(position, length, (page, { bytes: changed }) => {
      const start = page * PAGE;
      const from = Math.max(start, position);
      const to = Math.min(start + PAGE, position + length);
      bytes.set(changed.subarray(from - start, to - start), from - position);
    });
    return bytes;
  }

  #isChanged(position: number, length: number): boolean {
    let found = false;
    this.#eachChanged(position, length, () => {
      found = true;
    });
    return found;
  }

  /** The changed pages of a part of the file. */
  #eachChanged(position: number, length: number, visit: (page: number, changed: ChangedPage) => void): void {
    if (this.#pages.size === 0 || length === 0) return;
    const first = Math.floor(position / PAGE);
    const last = Math.floor((position + length - 1) / PAGE);
    if (last - first < this.#pages.size) {
      for (let page = first; page <= last; page++) {
        const changed = this.#pages.get(page);
        if (changed) visit(page, changed);
      }
    } else {
      for (const [page, changed] of this.#pages) if (page >= first && page <= last) visit(page, changed);
    }
  }

  // ---- writing --------------------------------------------------------------------------------------

  /** Changes bytes that the committed state may use: in memory, until the commit. */
  write(position: number, bytes: Uint8Array): void {
    this.#check();
    for (let done = 0; done < bytes.length; ) {
      const page = Math.floor((position + done) / PAGE);
      const at = position + done - page * PAGE;
      const count = Math.min(PAGE - at, bytes.length - done);
      let changed = this.#pages.get(page);
      if (!changed) {
        changed = { bytes: this.#page(page), from: at, to: at + count };
        this.#pages.set(page, changed);
      }
      changed.bytes.set(bytes.subarray(done, done + count), at);
      changed.from = Math.min(changed.from, at);
      changed.to = Math.max(changed.to, at + count);
      done += count;
    }
  }

  /** A page as it is now; what lies behind the end is zeros. */
  #page(page: number): Uint8Array<ArrayBuffer> {
    const start = page * PAGE;
    if (this.#buffered > 0 && start < this.#bufferAt + this.#buffered && start + PAGE > this.#bufferAt)
      this.#flush();
    const bytes = new Uint8Array(PAGE);
    const stored = Math.min(PAGE, this.#storage.size - start);
    if (stored > 0) bytes.set(this.#storage.read(start, stored));
    return bytes;
  }

  /** Writes bytes to space that the committed state does not use. */
  writeFresh(position: number, bytes: Uint8Array): void {
    this.#check();
    if (this.#pages.size > 0) this.#updatePages(position, bytes);
    const at = position - this.#bufferAt;
    if (this.#buffered > 0 && at >= 0 && at <= this.#buffered && at + bytes.length <= BUFFER) {
      this.#buffer.set(bytes, at);
      this.#buffered = Math.max(this.#buffered, at + bytes.length);
      return;
    }
    this.#flush();
    if (bytes.length >= BUFFER) {
      this.#settle();
      this.#freshUnsynced = true;
      this.#storage.write(position, bytes);
      return;
    }
    this.#buffer.set(bytes);
    this.#bufferAt = position;
    this.#buffered = bytes.length;
  }

  /** What is changed in memory already has the new bytes as well. */
  #updatePages(position: number, bytes: Uint8Array): void {
    this.#eachChanged(position, bytes.length, (page, changed) => {
      const start = page * PAGE;
      const from = Math.max(start, position);
      const to = Math.min(start + PAGE, position + bytes.length);
      changed.bytes.set(bytes.subarray(from - position, to - position), from - start);
    });
  }

  #flush(): void {
    if (this.#buffered === 0) return;
    this.#settle();
    const count = this.#buffered;
    this.#buffered = 0;
    this.#freshUnsynced = true;
    this.#storage.write(this.#bufferAt, this.#buffer.subarray(0, count));
  }

  /** Before the tail of the last commit may be overwritten, it must not be needed any more. */
  #settle(): void {
    if (!this.#guardUnsynced) return;
    if (this.#sync) this.#storage.sync();
    this.#guardUnsynced = false;
  }

  #check(): void {
    if (this.#broken) throw this.#broken;
  }

  // ---- the end --------------------------------------------------------------------------------------

  /**
   * The first commit of a new file: nothing is there that could be lost. `head` is written at last. There is a tail
   * only if there is a note.
   */
  create(end: number, head: Page, note: Uint8Array): void {
    this.#check();
    this.#flush();
    for (const { position, bytes } of this.#changes(end)) this.#storage.write(position, bytes);
    this.#storage.resize(end);
    if (note.length > 0) {
      const tail = encodeTail({ end, commit: this.#commit, guard: undefined, pages: [], note });
      this.#storage.write(end, tail);
    }
    if (this.#sync) this.#storage.sync();
    this.#storage.write(head.position, head.bytes);
    if (this.#sync) this.#storage.sync();
    this.#pages.clear();
    this.#freshUnsynced = false;
    this.#end = end;
  }

  /** What has changed in place, by position. */
  #changes(end: number): Page[] {
    const changes: Page[] = [];
    for (const page of [...this.#pages.keys()].sort((a, b) => a - b)) {
      const { bytes, from, to } = this.#pages.get(page) as ChangedPage;
      const position = page * PAGE + from;
      if (position < end)
        changes.push({ position, bytes: bytes.subarray(from, Math.min(to, end - page * PAGE)) });
    }
    return changes;
  }

  /**
   * Makes all changes last. If it fails before the commit is durable, the file is as it was, and the changes are still
   * waiting. If it fails later, the commit is durable, and who opens the file next completes it.
   *
   * @throws {H5StateError} with the code 'H5_UNFINISHED' in that case.
   */
  commit({ end, guard, note }: Commit): void {
    this.#check();
    const storage = this.#storage;
    const pages = this.#changes(end);
    // Not where the old content is, as long as that counts.
    const start = Math.max(end, this.#end);
    let isGuarded = false;
    try {
      this.#settle();
      if (this.#freshUnsynced) {
        this.#flush();
        if (this.#sync) storage.sync();
        this.#freshUnsynced = false;
      } else if (this.#buffered > 0) {
        pages.unshift({ position: this.#bufferAt, bytes: this.#buffer.slice(0, this.#buffered) });
      }
      const tail = encodeTail({ end, commit: this.#commit + 1, guard, pages, note });
      storage.write(start, tail);
      storage.resize(start + tail.length);
      isGuarded = true;
      storage.write(guard.position, guard.during);
      if (this.#sync) storage.sync();
    } catch (error) {
      if (isGuarded) this.#undo(guard, error);
      throw error;
    }
    try {
      for (const { position, bytes } of pages) storage.write(position, bytes);
      if (this.#sync) storage.sync();
      storage.write(guard.position, guard.after);
      this.#guardUnsynced = true;
      if (this.#isFull) this.#settle();
    } catch (error) {
      throw this.#break('H5_UNFINISHED', 'the commit is durable, but could not be completed', error);
    }
    this.#commit++;
    this.#end = end;
    this.#note = note;
    this.#pages.clear();
    this.#buffered = 0;
  }

  /** After a commit that did not become durable: the guard says again that nothing is under way. */
  #undo(guard: Guard, cause: unknown): void {
    try {
      this.#storage.write(guard.position, guard.before);
      this.#storage.resize(Math.max(this.#end, guard.position + guard.before.length));
    } catch {
      // The cause is what went wrong first, and is reported with this.
      this.#break('H5_UNFINISHED', 'the commit failed, and could not be undone', cause);
    }
  }

  #break(code: 'H5_UNFINISHED', what: string, cause: unknown): H5StateError {
    this.#broken = new H5StateError(code, `${what}; opening the file again does that`, { cause });
    return this.#broken;
  }

  /** Remembers the changes. What is returned goes back to them; what was fresh must be written by `write` from now on. */
  savepoint(): () => void {
    const pages = new Map<number, ChangedPage>();
    for (const [page, { bytes, from, to }] of this.#pages)
      pages.set(page, { bytes: bytes.slice(), from, to });
    return () => {
      this.#pages = pages;
    };
  }

  /** Forgets all changes since the last commit. */
  rollback(): void {
    this.#pages.clear();
    this.#buffered = 0;
  }

  /** Ends the use of the file: its tail is cut to what the next one needs. */
  close(): void {
    const note = this.#note;
    this.#note = undefined;
    if (note === undefined || this.#broken) return;
    this.#settle();
    const tail = encodeTail({ end: this.#end, commit: this.#commit, guard: undefined, pages: [], note });
    this.#storage.write(this.#end, tail);
    this.#storage.resize(this.#end + tail.length);
  }
}

/** A file with the commit that was interrupted applied, for reading; the storage itself if there is none. */
export function recovered(storage: Storage): Storage {
  const tail = liveTail(storage);
  if (!tail) return storage;
  // It is never committed, so nothing is written.
  const view = new Transaction(storage as WritableStorage, tail.end, {
    durability: 'off',
    commit: tail.commit,
  });
  for (const { position, bytes } of tail.pages) view.write(position, bytes);
  view.write(tail.guard.position, tail.guard.after);
  return view;
}
