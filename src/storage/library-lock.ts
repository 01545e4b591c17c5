import { readFileSync, statSync } from 'node:fs';

/**
 * The process that has a file open for writing by the HDF5 library, which locks it by `flock`; undefined if there is none, or the
 * system does not say. Node cannot take such a lock, but Linux lists all of them in /proc/locks (proc(5)).
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
