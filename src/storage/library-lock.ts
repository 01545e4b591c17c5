import { readFileSync, statSync } from 'node:fs';
import { H5LockedError } from '../errors.js';
import { acquireLock, type Lock } from './lock.js';

/**
 * The lock of a file that is to be changed where it is: not to be had while the HDF5 library is writing to it, which does not know
 * of our locks, where the system says so (`libraryWriter`). To ask takes Linux some ms, so what is to be replaced by another file is
 * not asked about: what the library writes then goes to the old one, and the new one stays whole.
 *
 * @throws {H5LockedError} as `acquireLock`, and when the HDF5 library is writing to the file.
 * @throws {H5SystemError} as `acquireLock`.
 */
export function acquireAlone(path: string): Lock {
  const lock = acquireLock(path);
  const pid = libraryWriter(path);
  if (pid === undefined) return lock;
  lock.release();
  throw new H5LockedError(
    lock.path,
    undefined,
    `${path} is open for writing by the HDF5 library, in the process ${pid}: close it there`,
  );
}

/**
 * The process that has a file open for writing by the HDF5 library, which locks it by `flock`; undefined if there is none, or the
 * system does not say. Node cannot take such a lock, but Linux lists all of them in /proc/locks (proc(5)), for which it waits until
 * no processor is amid taking one: some ms, unless somebody has just asked.
 */
export function libraryWriter(path: string): number | undefined {
  let locks: string;
  let dev: number;
  let ino: number;
  try {
    locks = readFileSync('/proc/locks', 'latin1');
    ({ dev, ino } = statSync(path));
  } catch {
    // Another system, or a file that is not there yet: then nobody has it open.
    return undefined;
  }
  for (const line of locks.split('\n')) {
    const [, pid, major, minor, inode] = FLOCK.exec(line) ?? [];
    if (Number(inode) !== ino) continue;
    if (Number.parseInt(major as string, 16) !== majorOf(dev)) continue;
    if (Number.parseInt(minor as string, 16) === minorOf(dev)) return Number(pid);
  }
  return undefined;
}

const FLOCK = /^\d+: FLOCK +ADVISORY +WRITE (-?\d+) ([\da-f]+):([\da-f]+):(\d+) /;

/** Of the number of a device (makedev(3)). */
function majorOf(dev: number): number {
  return (Math.floor(dev / 0x100) & 0xfff) + Math.floor(dev / 2 ** 44) * 0x1000;
}

function minorOf(dev: number): number {
  return (dev & 0xff) + (Math.floor(dev / 0x100000) & 0xffffff) * 0x100;
}
