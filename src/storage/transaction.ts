import { H5StateError } from '../errors.js';
import type { Storage, WritableStorage } from './storage.js';
import {
  type Guard,
  liveTail,
  type Page,
  readTail,
  type Tail,
  TRAILER,
  tailSize,
  writeTail,
} from './tail.js';

/** How much is synced: all of a commit, all that makes it last, or nothing. */
export type Durability = 'full' | 'normal' | 'off';

const PAGE = 4096;
/** Up to here a storage has what it is asked for in memory, or something near it, more often than not: a look at a header. */
const SMALL = 512;
/** Small writes to new space are gathered to so many bytes. */
const BUFFER = 1 << 18;
const NO_BUFFER = new Uint8Array(0);
/** What is not in use, for the next one: the first touch of new memory takes longer than most commits. */
const spareBuffers: Uint8Array<ArrayBuffer>[] = [];

function takeBuffer(): Uint8Array<ArrayBuffer> {
  return spareBuffers.pop() ?? new Uint8Array(BUFFER);
}

function giveBuffer(buffer: Uint8Array<ArrayBuffer>): void {
  if (spareBuffers.length < 2) spareBuffers.push(buffer);
}

/** Pages are side by side in memory of so many bytes: those that are so in the file as well are written at once. */
const SLAB = 1 << 18;
/** From so many bytes on whole pages are changed many at a time. */
const LARGE = 1 << 16;
/** As many parts are kept for the next transaction. */
const MOST_SLABS = 24;

/** A tail is put so far behind new bytes, at least, that it does not have to make way for the next ones at once. */
const CLEARANCE = 1 << 16;

/** A part of the file in memory, as it is to be: what is between `from` and `to` has been changed. */
interface ChangedPage {
  /** Its bytes, and those of others: it begins at `at`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly at: number;
  from: number;
  to: number;
}

/** A state to which there is a way back, until it is given up. */
export interface Savepoint {
  goBack(): void;
  /** There is no way back any more. Savepoints are given up in the reverse of their order, or not at all. */
  giveUp(): void;
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
 * 1. The pages are written to the tail of the file (see tail.ts): from now on who opens the file completes the commit. So are, in their
 *    place, new bytes where the file did not reach, since that may take room which is not there. The guard that makes other programs
 *    refuse it is put up. Sync: now the commit is durable.
 * 2. The pages are written in place. Sync: now the tail is not needed any more.
 * 3. The guard is taken down. If `durability` is 'full', sync: now other programs read the file whatever happens. If it is
 *    'normal', that is done when the file is closed. Until then the guard may be up on the disk when the tail is overwritten. So
 *    what it guards is the new state already: it has been written as one of the pages (`Guard.complete`).
 *
 * At any moment the file ends with the tail of a commit, which readers know it by: before new bytes go where it is, another
 * one of the same commit is put behind them.
 */
export class Transaction implements Storage {
  readonly #storage: WritableStorage;
  readonly #durability: Durability;
  readonly #sync: boolean;
  /** Where the committed content ends. */
  #end: number;
  /** The number of the last commit, and the last one that was given to any, successful or not. */
  #commit: number;
  #lastNumber: number;
  /** What the tail says; undefined as long as there is no committed state, and no tail. */
  #note: Uint8Array | undefined;
  /** Where the tail begins, at the earliest. */
  #tailStart: number;
  /** Whether the file is longer than the committed state needs it to be. */
  #isLong = false;
  readonly #pages = new Map<number, ChangedPage>();
  /** For each savepoint, in their order, the pages that were changed since then and before the next, as they were. */
  readonly #savepoints: Map<number, ChangedPage | undefined>[] = [];
  /** What holds the pages: the last one is taken up to `#slabUsed`. */
  #slabs: Uint8Array<ArrayBuffer>[] = [];
  #slabUsed = SLAB;
  /** What is not in use: memory that is thrown away is collected too late for a cap, and touched for the first time again. */
  readonly #spareSlabs: Uint8Array<ArrayBuffer>[] = [];
  /** New bytes on their way to the storage, from `#bufferAt` on. */
  #buffer = NO_BUFFER;
  #bufferAt = 0;
  #buffered = 0;
  /** Whether new bytes have gone to the storage and were not synced. */
  #freshUnsynced = false;
  /** Whether the guard was taken down and that was not synced. */
  #guardUnsynced = false;
  #broken: H5StateError | undefined;

  /**
   * `end`: where the committed content ends; `commit`: the number of the last commit, and `note` what its tail says, none
   * for a new file.
   */
  constructor(
    storage: WritableStorage,
    end: number,
    options: { durability: Durability; commit: number; note?: Uint8Array },
  ) {
    this.#storage = storage;
    this.#end = end;
    this.#tailStart = end;
    this.#commit = options.commit;
    this.#lastNumber = options.commit;
    this.#note = options.note;
    this.#durability = options.durability;
    this.#sync = options.durability !== 'off';
  }

  // ---- reading --------------------------------------------------------------------------------------

  get size(): number {
    let size = Math.max(this.#storage.size, this.#buffered > 0 ? this.#bufferAt + this.#buffered : 0);
    for (const [page, { to }] of this.#pages) size = Math.max(size, page * PAGE + to);
    return size;
  }

  /** How many bytes the pages have that are changed in memory. */
  get changed(): number {
    return this.#pages.size * PAGE;
  }

  read(position: number, length: number): Uint8Array {
    this.#check();
    const first = Math.floor(position / PAGE);
    if (this.#pages.size > 0 && position + length <= (first + 1) * PAGE) {
      const page = this.#pages.get(first);
      if (page) {
        const at = page.at + position - first * PAGE;
        // The memory is used again after the commit.
        return page.bytes.slice(at, at + length);
      }
    } else if (this.#isChanged(position, length)) {
      return this.copy(position, length);
    }
    if (this.#buffered > 0) {
      const at = position - this.#bufferAt;
      if (at >= 0 && at + length <= this.#buffered) return this.#buffer.slice(at, at + length);
      if (this.#isBuffered(position, length)) return this.copy(position, length);
    }
    // A look ahead may go beyond what has been written so far.
    return position + length <= this.#storage.size
      ? this.#storage.read(position, length)
      : this.copy(position, length);
  }

  copy(position: number, length: number): Uint8Array<ArrayBuffer> {
    this.#check();
    const isStored = position + length <= this.#storage.size && !this.#isBuffered(position, length);
    if (isStored && !this.#isChanged(position, length))
      return length <= SMALL
        ? new Uint8Array(this.#storage.read(position, length))
        : this.#storage.copy(position, length);
    const bytes = new Uint8Array(length);
    this.readInto(position, bytes);
    return bytes;
  }

  readInto(position: number, target: Uint8Array): void {
    this.#check();
    const storage = this.#storage;
    const { length } = target;
    const stored = Math.max(0, Math.min(length, storage.size - position));
    const known = target.subarray(0, stored);
    if (stored > SMALL && storage.readInto) storage.readInto(position, known);
    else if (stored > 0) known.set(storage.read(position, stored));
    if (stored < length) target.fill(0, stored);
    this.#addBuffered(position, target);
    this.#eachChanged(position, length, (page, { bytes, at }) => {
      const start = page * PAGE;
      const from = Math.max(start, position);
      const to = Math.min(start + PAGE, position + length);
      target.set(bytes.subarray(at + from - start, at + to - start), from - position);
    });
  }

  /** Whether new bytes that have not gone to the storage are among these. */
  #isBuffered(position: number, length: number): boolean {
    const end = this.#bufferAt + this.#buffered;
    return this.#buffered > 0 && position < end && position + length > this.#bufferAt;
  }

  /** Puts them over what the storage has. */
  #addBuffered(position: number, target: Uint8Array): void {
    if (!this.#isBuffered(position, target.length)) return;
    const at = this.#bufferAt;
    const from = Math.max(at, position);
    const to = Math.min(at + this.#buffered, position + target.length);
    target.set(this.#buffer.subarray(from - at, to - at), from - position);
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
      let changed = this.#pages.get(page);
      if (!changed && at === 0 && bytes.length >= LARGE && bytes.length - done >= PAGE) {
        done += this.#writePages(page, bytes.subarray(done));
        continue;
      }
      const count = Math.min(PAGE - at, bytes.length - done);
      this.#keep(page);
      if (!changed) {
        changed = { bytes: this.#slab(), at: this.#slabUsed, from: at, to: at + count };
        if (count < PAGE) this.#load(page, changed.bytes.subarray(changed.at, changed.at + PAGE));
        this.#slabUsed += PAGE;
        this.#pages.set(page, changed);
      }
      changed.bytes.set(bytes.subarray(done, done + count), changed.at + at);
      changed.from = Math.min(changed.from, at);
      changed.to = Math.max(changed.to, at + count);
      done += count;
    }
  }

  /**
   * Changes whole pages, the first of which has not been changed before, side by side in memory. Returns how many bytes: up to
   * the next page that has been, or as many as there is room for.
   */
  #writePages(first: number, bytes: Uint8Array): number {
    const slab = this.#slab();
    const start = this.#slabUsed;
    const most = Math.min(bytes.length, SLAB - start);
    let count = 0;
    for (let page = first; count + PAGE <= most && !this.#pages.has(page); page++) {
      this.#keep(page);
      this.#pages.set(page, { bytes: slab, at: start + count, from: 0, to: PAGE });
      count += PAGE;
    }
    slab.set(bytes.subarray(0, count), start);
    this.#slabUsed += count;
    return count;
  }

  /** What has room for the next page, from `#slabUsed` on. */
  #slab(): Uint8Array<ArrayBuffer> {
    if (this.#slabUsed === SLAB) {
      this.#slabs.push(this.#spareSlabs.pop() ?? new Uint8Array(SLAB));
      this.#slabUsed = 0;
    }
    return this.#slabs[this.#slabs.length - 1] as Uint8Array<ArrayBuffer>;
  }

  /** Nothing is changed in memory any more. */
  #forgetPages(): void {
    this.#pages.clear();
    this.#savepoints.length = 0;
    const most = MOST_SLABS - this.#spareSlabs.length;
    if (most > 0) this.#spareSlabs.push(...this.#slabs.slice(0, most));
    this.#slabs = [];
    this.#slabUsed = SLAB;
  }

  /** Fills a page in memory with what it is now; what lies behind the end is zeros. */
  #load(page: number, bytes: Uint8Array): void {
    const start = page * PAGE;
    const stored = Math.max(0, Math.min(PAGE, this.#storage.size - start));
    if (stored > 0) bytes.set(this.#storage.read(start, stored));
    if (stored < PAGE) bytes.fill(0, stored);
    this.#addBuffered(start, bytes);
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
      this.#writeNow(position, bytes);
      return;
    }
    if (this.#buffer === NO_BUFFER) this.#buffer = takeBuffer();
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
      changed.bytes.set(bytes.subarray(from - position, to - position), changed.at + from - start);
    });
  }

  #flush(): void {
    if (this.#buffered === 0) return;
    this.#writeNow(this.#bufferAt, this.#buffer.subarray(0, this.#buffered));
    // If that fails the bytes are still there: a savepoint may need them.
    this.#buffered = 0;
  }

  #writeNow(position: number, bytes: Uint8Array): void {
    // What others have cut off would be there again, as zeros.
    this.#storage.check?.();
    this.#makeWay(position + bytes.length);
    this.#freshUnsynced = true;
    this.#storage.write(position, bytes);
  }

  /** Puts the tail behind new bytes that end there, if it is in their way. */
  #makeWay(end: number): void {
    if (this.#note === undefined || end <= this.#tailStart) return;
    const clearance = Math.max(CLEARANCE, (end - this.#end) >> 2);
    this.#tailStart = Math.max(this.#storage.size, end + clearance);
    this.#isLong = true;
    this.#writeTail(this.#tailStart, this.#shortTail(this.#note));
  }

  /** The tail of the committed state, when nothing of it is left to do. */
  #shortTail(note: Uint8Array): Tail {
    return { end: this.#end, commit: this.#commit, guard: undefined, pages: [], note };
  }

  #writeTail(position: number, tail: Tail): void {
    const buffer = takeBuffer();
    try {
      writeTail(this.#storage, position, tail, buffer);
    } finally {
      giveBuffer(buffer);
    }
  }

  /** Puts a tail to a position, or behind all if another one would be overwritten before the file ends with this one. */
  #putTail(position: number, tail: Tail): void {
    const { size } = this.#storage;
    const length = tailSize(tail);
    const end = position + length;
    const start = end > size - TRAILER && end < size ? size : position;
    this.#writeTail(start, tail);
    // Very often it ends where the last one did.
    if (this.#storage.size !== start + length) this.#storage.resize(start + length);
    this.#tailStart = start;
  }

  /** Cuts off what the committed state does not need. */
  #trim(): void {
    if (!this.#isLong || this.#note === undefined) return;
    try {
      this.#putTail(this.#end, this.#shortTail(this.#note));
    } catch {
      // On a disk that is full there may be no room even for that. If the tail is not there any more, the file has none from now on;
      // else it stays as long as it is, so that what is free is not lost.
      if (readTail(this.#storage)?.commit !== this.#commit) {
        this.#storage.resize(this.#end);
        this.#tailStart = this.#end;
      }
    }
    this.#isLong = false;
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
      this.#writeTail(end, { end, commit: this.#commit, guard: undefined, pages: [], note });
    }
    if (this.#sync) this.#storage.sync();
    this.#storage.write(head.position, head.bytes);
    if (this.#sync) this.#storage.sync();
    this.#forgetPages();
    this.#freshUnsynced = false;
    this.#end = end;
    this.#tailStart = end;
    this.#note = note;
  }

  /** What has changed in place, by position: pages that are side by side in memory as well are one. */
  #changes(end: number): Page[] {
    const changes: Page[] = [];
    let run: { position: number; bytes: Uint8Array; at: number; length: number } | undefined;
    const add = (): void => {
      if (run)
        changes.push({ position: run.position, bytes: run.bytes.subarray(run.at, run.at + run.length) });
    };
    for (const page of [...this.#pages.keys()].sort((a, b) => a - b)) {
      const { bytes, at, from, to } = this.#pages.get(page) as ChangedPage;
      const position = page * PAGE + from;
      if (position >= end) break;
      const length = Math.min(to, end - page * PAGE) - from;
      const isNext =
        run?.bytes === bytes && run.at + run.length === at + from && run.position + run.length === position;
      if (run && isNext) run.length += length;
      else {
        add();
        run = { position, bytes, at: at + from, length };
      }
    }
    add();
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
    storage.check?.();
    const pages = this.#changes(end);
    // Not where the old content is, as long as that counts.
    const start = Math.max(end, this.#end);
    const { size } = storage;
    let fresh: Page | undefined;
    let isBegun = false;
    let isGuarded = false;
    try {
      if (this.#freshUnsynced) {
        this.#flush();
        if (this.#sync) storage.sync();
        this.#freshUnsynced = false;
      } else if (this.#buffered > 0) {
        // What was given back at the end is no longer content, and the tail may stand there.
        const count = Math.min(this.#buffered, end - this.#bufferAt);
        if (count > 0) {
          fresh = { position: this.#bufferAt, bytes: this.#buffer.slice(0, count) };
          pages.unshift(fresh);
        }
      }
      // Very often it is there already, since before the commit lasts.
      if (this.#durability === 'normal' && guard.complete !== guard.during)
        pages.push({ position: guard.position, bytes: guard.complete });
      const commit = ++this.#lastNumber;
      isBegun = true;
      this.#isLong = true;
      this.#putTail(start, { end, commit, guard, pages, note });
      // Where the file did not reach, the disk may have no room: that is to show before the commit lasts.
      if (fresh && fresh.position + fresh.bytes.length > size) {
        storage.write(fresh.position, fresh.bytes);
        pages.shift();
      }
      isGuarded = true;
      storage.write(guard.position, guard.during);
      if (this.#sync) storage.sync();
    } catch (error) {
      if (isBegun) this.#undo(isGuarded ? guard : undefined, error);
      throw error;
    }
    try {
      for (const { position, bytes } of pages) storage.write(position, bytes);
      if (this.#sync) storage.sync();
      storage.write(guard.position, guard.after);
      if (this.#durability === 'full') storage.sync();
      this.#guardUnsynced = this.#durability === 'normal';
    } catch (error) {
      throw this.#break(
        'the commit is durable, but could not be completed: opening the file again does that',
        error,
      );
    }
    this.#commit = this.#lastNumber;
    this.#end = end;
    this.#note = note;
    this.#forgetPages();
    this.#buffered = 0;
  }

  /**
   * After a commit that did not become durable: the guard says again that nothing is under way, and the tail goes. Both are
   * to last before anything else is written.
   */
  #undo(guard: Guard | undefined, cause: unknown): void {
    try {
      if (guard) this.#storage.write(guard.position, guard.before);
      this.#trim();
      if (this.#sync) this.#storage.sync();
    } catch {
      // The cause is what went wrong first, and is reported with this.
      this.#break(
        'the commit failed, and could not be taken back: open the file again to see whether it is there, whole, or not',
        cause,
      );
    }
  }

  #break(what: string, cause: unknown): H5StateError {
    this.#broken = new H5StateError('H5_UNFINISHED', what, { cause });
    return this.#broken;
  }

  /** Remembers what a page is that is about to change, if there is a way back to it. */
  #keep(page: number): void {
    const last = this.#savepoints[this.#savepoints.length - 1];
    if (!last || last.has(page)) return;
    const changed = this.#pages.get(page);
    last.set(
      page,
      changed && { ...changed, bytes: changed.bytes.slice(changed.at, changed.at + PAGE), at: 0 },
    );
  }

  /**
   * Remembers the changes, until they are committed or rolled back. What was fresh must be written by `write` from now on. To give it up
   * gives up all that came after it.
   */
  savepoint(): Savepoint {
    const own = new Map<number, ChangedPage | undefined>();
    const savepoints = this.#savepoints;
    savepoints.push(own);
    /** From the last one on, up to this one: nothing if it is there no more. */
    const leave = (each: (pages: Map<number, ChangedPage | undefined>) => void): void => {
      const index = savepoints.indexOf(own);
      while (index >= 0 && savepoints.length > index) each(savepoints.pop() as typeof own);
    };
    return {
      goBack: () =>
        leave((pages) => {
          for (const [page, changed] of pages) {
            if (changed) this.#pages.set(page, changed);
            else this.#pages.delete(page);
          }
        }),
      giveUp: () =>
        leave((pages) => {
          const before = savepoints[savepoints.length - 1];
          for (const [page, changed] of pages) if (before && !before.has(page)) before.set(page, changed);
        }),
    };
  }

  /** Forgets all changes since the last commit. */
  rollback(): void {
    this.#forgetPages();
    this.#buffered = 0;
    if (this.#broken) return;
    this.#trim();
  }

  /** Ends the use of the file: its tail is cut to what the next one needs. */
  close(): void {
    try {
      if (this.#broken) return;
      this.#trim();
      if (this.#guardUnsynced) this.#storage.sync();
    } finally {
      if (this.#buffer !== NO_BUFFER) giveBuffer(this.#buffer);
      this.#buffer = NO_BUFFER;
      this.#buffered = 0;
    }
  }
}

/** A file in which some bytes are other ones, for reading. */
export function overlaid(storage: Storage, pages: readonly Page[]): Storage {
  // It is never committed, so nothing is written.
  const view = new Transaction(storage as WritableStorage, storage.size, { durability: 'off', commit: 0 });
  for (const { position, bytes } of pages) view.write(position, bytes);
  return view;
}

/** A file with the commit that was interrupted applied, for reading; undefined if there is none. */
export function completed(storage: Storage): Storage | undefined {
  const tail = liveTail(storage);
  if (!tail) return undefined;
  const { position, after } = tail.guard;
  return overlaid(storage, [...tail.pages, { position, bytes: after }]);
}
