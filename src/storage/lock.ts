import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  statfsSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type H5Error, H5LockedError } from '../errors.js';
import { pathOf, systemError } from './file.js';
import { isTemporary } from './temporary.js';

/*
 * One writer at a time, by a file beside the file that is written: `.name.h5lock`, which says who made it. Who makes it
 * has the lock, who removes it releases it. Making it is one system call (link) of a file that is complete by then, so
 * a lock is never seen half made.
 *
 * The difficulty is a lock whose process has died. To look at it and then to remove it is wrong: between the two,
 * someone else may have removed it and made one of his own, which would be removed. Renaming it away and looking again
 * is wrong as well: for as long as a good lock is away, a third one finds the place free. So a dead lock is never
 * removed but replaced, and the right to replace it is given to one process only:
 *
 * - Each lock has an id that is never used again. Who wants to replace the dead lock with id s makes the *claim* of s,
 *   the file `.name.h5lock.s`, again by link. Only one can.
 * - He looks at the lock again. Only if it is s still, he renames his claim over it. That is one step, after which
 *   there is neither the lock s nor the claim of s.
 *
 * A claim is what a lock is, with the same content, and may be left behind by a process that died before its rename. It
 * has an id t, so the claim of t gives the right to replace both. In general there is a chain: the lock s0, the claim of
 * s0 with id s1, the claim of s1 with id s2 ... The last of the chain alone counts: if its process is alive, the file is
 * locked, otherwise its claim is to be made.
 *
 * Why there are never two:
 *
 * 1. While the lock is s0 and s0 is dead, the chain only grows. Its links are removed by their own processes, which are
 *    dead, or by those who have replaced s0.
 * 2. Who has made the claim of the last one, t, and then finds that the lock is s0, knows by 1. that the whole chain
 *    was there when he looked, with him at its end: no one else can make the claim of t, and no one makes the claim of
 *    himself, as he is alive. So until he renames, s0 stays, and anyone else finds him at the end of the chain.
 * 3. Who finds another lock than s0 was too slow: s0 has been replaced, and will never come back, since ids are not used
 *    again. So his claim is in no chain, means nothing, and he removes it and starts again.
 * 4. A lock that has gone was removed by its own process, which thereby has no lock: the place is free, and link gives
 *    it to one.
 *
 * What breaks this: a lock that is removed by hand while its process lives; a process that is held to be dead and is
 * not. Against the latter, who cannot be judged with certainty is held to be alive. See `judge`.
 */

/** Which process. */
interface Identity {
  readonly pid: number;
  /** The name of the machine. */
  readonly host: string;
  /** Which run of the machine, since it was started; undefined where the system does not say. */
  readonly boot: string | undefined;
  /** The namespace in which the pid counts: containers of one machine have their own. Undefined without /proc. */
  readonly space: string | undefined;
  /** When the process was started, in ticks since the machine was: tells it from others with the same pid. */
  readonly started: number | undefined;
  /** The thread, where that is not the first one: a worker may be terminated, and its process go on. Undefined without /proc. */
  readonly thread: Thread | undefined;
}

/** A thread of a process: its number among all threads of the system, and when it was started, as for processes. */
interface Thread {
  readonly id: number;
  readonly started: number;
}

/** What stands in a lock file, as JSON. */
interface LockRecord extends Identity {
  /** When the file was opened (ISO 8601). */
  readonly opened: string;
  /** 128 random bits in hexadecimal. */
  readonly id: string;
}

/**
 * What a lock file turned out to be. `key` names it for claims: its id, or what tells a damaged file from others.
 *
 * - `record`: a lock.
 * - `incomplete`: empty, or not JSON to its end. That happens when the machine lost power before the content was on
 *   the disk, and for a moment on file systems without links (see `createExclusive`).
 * - `foreign`: anything else. It may be the lock of a later version of this package.
 */
type Found =
  | { readonly kind: 'record'; readonly key: string; readonly record: LockRecord }
  | { readonly kind: 'incomplete'; readonly key: string; readonly changed: number }
  | { readonly kind: 'foreign'; readonly key: ''; readonly why: string };

/** The right to write to a file. */
export interface Lock {
  /** The path of the lock file. */
  readonly path: string;
  /** Gives the right back. Calling it again does nothing. */
  release(): void;
}

/**
 * An incomplete lock file is in the way for so long, in ms, and then counts as that of a dead process. Whoever makes one
 * that is incomplete for a moment gives up if the moment takes half of this, so no live process loses its lock.
 */
const GRACE = 10_000;
/** More than a lock file has. */
const MAX_RECORD = 4096;
/** Each round ends because another process got ahead, so many are not to be expected. */
const MAX_ROUNDS = 1000;
/** A chain gets longer by a process that dies in the few microseconds between two system calls. */
const MAX_CHAIN = 100;

const held = new Set<FileLock>();

function releaseAll(): void {
  for (const lock of held) {
    try {
      lock.release();
    } catch {
      // The process ends, and then its lock counts no more: the next one takes it over.
    }
  }
}

class FileLock implements Lock {
  readonly path: string;
  readonly #id: string;

  constructor(path: string, id: string) {
    this.path = path;
    this.#id = id;
    if (held.size === 0) process.on('exit', releaseAll);
    held.add(this);
  }

  release(): void {
    if (!held.delete(this)) return;
    if (held.size === 0) process.off('exit', releaseAll);
    try {
      // No one replaces the lock of a live process, so it can be another one only if this one was removed by hand.
      if (look(this.path)?.key === this.#id) remove(this.path);
    } catch (error) {
      throw systemError(error, this.path, 'remove the lock');
    }
  }
}

/**
 * Takes the lock of a file, which one process at a time can have, and in it one caller. It is released by `release`,
 * and when the process ends, however it does; on Linux also when the worker ends that has taken it. All names of the file
 * that lead to it by symbolic links share the lock; hard links do not. Readers need no lock, and programs that do not know of
 * it are not kept out.
 *
 * @param path the file, which need not exist; its folder must.
 * @throws {H5LockedError} when another one has it, or when it cannot be found out whether it lives: a process of
 * another machine, or of another container.
 * @throws {H5SystemError} when there can be no lock file, in a folder that may not be written for example.
 * @example
 * const lock = acquireLock('data.h5');
 * try {
 *   // write
 * } finally {
 *   lock.release();
 * }
 */
export function acquireLock(path: string | URL): Lock {
  const name = pathOf(path);
  const lock = lockPath(name);
  const me = newRecord();
  const content = JSON.stringify(me);
  const temporary = `${lock}.${me.id}.tmp`;
  try {
    writeFileSync(temporary, content, { flag: 'wx' });
  } catch (error) {
    throw systemError(error, name, 'make a lock file, which writing needs, beside');
  }
  try {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      if (claim(lock, temporary, content)) return new FileLock(lock, me.id);
      const chain = deadChain(name, lock, temporary);
      if (chain.length > 0 && succeed(lock, chain, temporary, content)) {
        const won = new FileLock(lock, me.id);
        try {
          tidy(lock);
        } catch (error) {
          won.release();
          throw error;
        }
        return won;
      }
    }
    throw new H5LockedError(
      lock,
      undefined,
      `${name} is opened for writing by many at once: try again later`,
    );
  } catch (error) {
    throw systemError(error, lock, 'make');
  } finally {
    remove(temporary);
  }
}

/** What the name of a lock file ends with; in front of that of the file stands a dot. */
const ENDING = '.h5lock';

/** The lock file of a file that may not exist yet, by the path without symbolic links. */
function lockPath(path: string): string {
  try {
    let real: string;
    try {
      real = realpathSync.native(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      real = join(realpathSync.native(dirname(path)), basename(path));
    }
    return join(dirname(real), `.${basename(real)}${ENDING}`);
  } catch (error) {
    throw systemError(error, path, 'find');
  }
}

// ---- making and replacing ---------------------------------------------------------------------------------

/** Makes a lock or a claim, with the content of `temporary`. False if there is one of this name. */
function claim(name: string, temporary: string, content: string): boolean {
  try {
    linkSync(temporary, name);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A network file system may repeat a request whose answer was lost, and then find the link that it has made.
    if (code === 'EEXIST') return statSync(temporary).nlink > 1;
  }
  // FAT and some network file systems have no links, and systems differ in how they say so. If it was for another
  // reason, this fails for the same one.
  return createExclusive(name, content);
}

/**
 * The same where there are no links: first the file is made, then it is filled. In between it is incomplete, and after
 * GRACE others would take it for a dead one's. So what took long does not count. The clocks are compared here for
 * half of GRACE; the other half is for file systems that keep times to 2 s, and for the clock of another machine.
 */
function createExclusive(name: string, content: string): boolean {
  const begin = Date.now();
  const tick = performance.now();
  // One of the clocks may be set, the other may stand still while the machine sleeps.
  const late = () => Math.max(Date.now() - begin, performance.now() - tick) > GRACE / 2;
  let fd: number;
  try {
    fd = openSync(name, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    // An empty file stays, which anyone may replace by the rules for incomplete ones.
    if (late()) return false;
    writeFileSync(fd, content);
    if (!late()) return true;
    throw new H5LockedError(
      name,
      undefined,
      `it took too long to make ${name}, so that another process may have replaced it: end this process and try again`,
    );
  } finally {
    closeSync(fd);
  }
}

/** A lock or claim whose process is dead. */
interface Dead {
  readonly name: string;
  readonly key: string;
}

/** The lock and the claims that follow from it, all of them dead; nothing if there is no lock any more. */
function deadChain(path: string, lock: string, temporary: string): Dead[] {
  const chain: Dead[] = [];
  for (let name = lock; chain.length < MAX_CHAIN; ) {
    const found = look(name);
    if (found === undefined) return chain;
    const living = judge(path, name, found, temporary);
    if (living) throw living;
    chain.push({ name, key: found.key });
    name = `${lock}.${found.key}`;
  }
  throw new H5LockedError(
    lock,
    undefined,
    `too many processes died while they opened ${path}: delete ${lock} and all files whose names begin with it`,
  );
}

/** Replaces a dead lock. False if someone else was faster. */
function succeed(lock: string, chain: readonly Dead[], temporary: string, content: string): boolean {
  const mine = `${lock}.${chain[chain.length - 1]?.key}`;
  if (!claim(mine, temporary, content)) return false;
  try {
    if (look(lock)?.key === chain[0]?.key) {
      renameSync(mine, lock);
      return true;
    }
  } catch (error) {
    remove(mine);
    throw error;
  }
  remove(mine);
  return false;
}

/**
 * Removes what dead processes have left besides the lock: claims and temporary files, also those of what was written. Only who has just
 * replaced a dead lock calls it. Files are written to take the place of the one that is locked by who has the lock, so that none of
 * those is needed. No chain begins at his own lock while he lives, so these files mean nothing, and if one that is removed
 * was made just now by someone who is too slow (3. above), that one removes it anyway.
 */
function tidy(lock: string): void {
  const locked = basename(lock).slice(1, -ENDING.length);
  const prefix = `${basename(lock)}.`;
  for (const entry of readdirSync(dirname(lock))) {
    if (isTemporary(entry, locked)) remove(join(dirname(lock), entry));
    if (!entry.startsWith(prefix) || !CLAIM.test(entry.slice(prefix.length))) continue;
    const name = join(dirname(lock), entry);
    const found = look(name);
    if (found && !judge(lock, name, found, lock)) remove(name);
  }
}

function remove(name: string): void {
  try {
    unlinkSync(name);
  } catch (error) {
    // It has been removed by `tidy`, or by hand.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

// ---- who it is, and whether he lives ------------------------------------------------------------------------

const ID = /^[0-9a-f]{32}$/;
/** What follows the name of the lock in claims and temporary files. */
const CLAIM = /^(?:[0-9a-f]{32}(?:\.tmp)?|\d+-\d+)$/;

function newRecord(): LockRecord {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return {
    ...thisProcess(),
    opened: new Date().toISOString(),
    id: Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join(''),
  };
}

function thisProcess(): Identity {
  return {
    pid: process.pid,
    host: hostname(),
    boot: fromProc(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    space: fromProc(() => readlinkSync('/proc/self/ns/pid')),
    started: statusOf(process.pid)?.started,
    thread: thisThread(),
  };
}

/** The thread that this code runs in; undefined if it is the first one of the process. */
function thisThread(): Thread | undefined {
  // proc(5): "pid/task/tid".
  const id = fromProc(() => Number(basename(readlinkSync('/proc/thread-self'))));
  const status = id === undefined || id === process.pid ? undefined : statusOf(process.pid, id);
  return status && { id: id as number, started: status.started };
}

/** What /proc says; undefined where there is none, or where it does not say. */
function fromProc<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).errno === undefined) throw error;
    return undefined;
  }
}

interface Status {
  /** It has ended, and its parent has not asked for the result yet. */
  readonly ended: boolean;
  readonly started: number;
}

/** What Linux knows of a process, or of a thread of it; undefined elsewhere. */
function statusOf(pid: number, thread?: number): Status | undefined {
  const task = thread === undefined ? '' : `/task/${thread}`;
  const stat = fromProc(() => readFileSync(`/proc/${pid}${task}/stat`, 'latin1'));
  if (stat === undefined) return undefined;
  // proc(5): pid (name) state ... 20 num_threads ... 22 starttime. The name may hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, threads, started] = [fields[0], Number(fields[17]), Number(fields[19])];
  if (state === undefined || !Number.isFinite(threads) || !Number.isFinite(started)) return undefined;
  // The first thread of a process may end before the others, which may be writing.
  return { ended: (state === 'Z' || state === 'X') && threads <= 1, started };
}

/** What a lock file is; undefined if there is none. */
function look(name: string): Found | undefined {
  let fd: number;
  try {
    // Not through symbolic links, and without waiting for a named pipe: anyone may have put them there.
    fd = openSync(name, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'EACCES' || code === 'EPERM') return foreign('may not be read by you');
    if (code === 'ELOOP' || code === 'EISDIR') return foreign('is not a file');
    throw error;
  }
  try {
    const stats = fstatSync(fd, { bigint: true });
    if (!stats.isFile()) return foreign('is not a file');
    const bytes = new Uint8Array(MAX_RECORD);
    let length = 0;
    for (let count = -1; count !== 0 && length < MAX_RECORD; length += count)
      count = readSync(fd, bytes, length, MAX_RECORD - length, length);
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder().decode(bytes.subarray(0, length)));
    } catch {
      if (length === MAX_RECORD) return foreign('is too long');
      // Another file may get the same number, but not with the same time of its last write, which is past.
      const key = `${stats.ino}-${stats.mtimeNs}`;
      return { kind: 'incomplete', key, changed: Number(stats.mtimeMs) };
    }
    if (!isRecord(value)) return foreign('is not of the kind that this version makes');
    return { kind: 'record', key: value.id, record: value };
  } finally {
    closeSync(fd);
  }
}

const foreign = (why: string): Found => ({ kind: 'foreign', key: '', why });

function isRecord(value: unknown): value is LockRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, host, boot, space, started, thread, opened, id } = value as {
    [key in keyof LockRecord]?: unknown;
  };
  return (
    typeof pid === 'number' &&
    Number.isInteger(pid) &&
    pid > 0 &&
    pid < 2 ** 31 &&
    typeof host === 'string' &&
    (boot === undefined || typeof boot === 'string') &&
    (space === undefined || typeof space === 'string') &&
    (started === undefined || typeof started === 'number') &&
    (thread === undefined || isThread(thread)) &&
    typeof opened === 'string' &&
    !Number.isNaN(Date.parse(opened)) &&
    // It becomes a part of a file name.
    typeof id === 'string' &&
    ID.test(id)
  );
}

function isThread(value: unknown): value is Thread {
  if (typeof value !== 'object' || value === null) return false;
  const { id, started } = value as { [key in keyof Thread]?: unknown };
  return Number.isInteger(id) && typeof started === 'number';
}

/**
 * Undefined if what has been found is left by a process that is dead for certain; otherwise the error to throw.
 *
 * @param now a file of our own that has just been made: its time is by the clock that sets the times of files.
 */
function judge(path: string, name: string, found: Found, now: string): H5Error | undefined {
  if (found.kind === 'foreign')
    return new H5LockedError(
      name,
      undefined,
      `the lock file ${name} ${found.why}: if no program writes to ${path}, delete it`,
    );
  if (found.kind === 'incomplete') {
    const age = statSync(now).mtimeMs - found.changed;
    if (age > GRACE) return undefined;
    return new H5LockedError(
      name,
      undefined,
      `the lock file ${name} is incomplete: another program makes it just now, or was cut off; try again in ${GRACE / 1000} s`,
    );
  }
  const { record } = found;
  const verdict = life(record, name);
  if (verdict === 'dead') return undefined;
  const { pid, host, opened } = record;
  const holder = { pid, host, since: new Date(opened) };
  const who = verdict === 'this' ? 'this process' : `process ${pid} on ${host}`;
  const remedy =
    verdict === 'unknown'
      ? `if that process does not exist any more, which cannot be seen from here, delete ${name}`
      : 'close it there first, or open it for reading only';
  return new H5LockedError(
    name,
    holder,
    `${path} is open for writing in ${who} since ${holder.since.toISOString()}: ${remedy}`,
  );
}

/** Whether the process that made a lock lives, as far as can be known from this one. */
function life(record: LockRecord, name: string): 'this' | 'alive' | 'dead' | 'unknown' {
  const me = thisProcess();
  if (record.host !== me.host) return 'unknown';
  if (record.boot !== me.boot) {
    // The machine has been started again since, or it is another one with the same name. Another one cannot have
    // written to a disk that is this one's alone.
    const restarted = record.boot !== undefined && me.boot !== undefined && isLocal(dirname(name));
    return restarted ? 'dead' : 'unknown';
  }
  if (record.space !== me.space) return 'unknown';
  if (record.pid === me.pid && record.started === me.started) return isOver(record) ? 'dead' : 'this';
  try {
    process.kill(record.pid, 0);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return 'dead';
    // It exists, and is someone else's.
    if (code !== 'EPERM') throw error;
  }
  // Also undefined where users do not see each other's processes.
  const status = statusOf(record.pid);
  if (status === undefined || record.started === undefined) return 'alive';
  return status.ended || status.started !== record.started || isOver(record) ? 'dead' : 'alive';
}

/** Whether a lock was made in a thread of a living process that has ended, as a worker does that is terminated. */
function isOver({ pid, thread }: LockRecord): boolean {
  if (thread === undefined) return false;
  const status = statusOf(pid, thread.id);
  if (status) return status.started !== thread.started;
  // Only what is not there is over: not what may not be looked at.
  return (
    fromProc(() => statSync(`/proc/${pid}/task/${thread.id}`, { throwIfNoEntry: false }) === undefined) ===
    true
  );
}

/**
 * File systems that one machine at a time can use, by the numbers of statfs(2): ext, XFS, Btrfs, ZFS, F2FS, tmpfs,
 * overlayfs, FAT, exFAT.
 */
const LOCAL = [
  0xef53, 0x58465342, 0x9123683e, 0x2fc12fc1, 0xf2f52010, 0x01021994, 0x794c7630, 0x4d44, 0x2011bab0,
];

/** Whether only processes of this machine can have files in a folder; false if in doubt. Asked on Linux only. */
function isLocal(folder: string): boolean {
  // The type is signed on some machines.
  return LOCAL.includes(statfsSync(folder).type >>> 0);
}
