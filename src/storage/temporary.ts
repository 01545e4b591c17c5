/** Files beside another one, which they are to replace, or are about, and which nobody is to find later. */
import { randomBytes } from 'node:crypto';
import { linkSync, lstatSync, renameSync, rmSync } from 'node:fs';
import { H5Error } from '../errors.js';

/** What follows the name of the file. */
const ENDING = /^\.\d+\.[0-9a-f]{8}\.tmp$/;

/** Whether a name is that of a temporary file of the one with another name. */
export const isTemporary = (name: string, file: string): boolean =>
  name.startsWith(file) && ENDING.test(name.slice(file.length));

/** Those of this process that have this name still. */
const temporary = new Set<string>();

function removeAll(): void {
  for (const name of temporary) {
    try {
      removeTemporary(name);
    } catch {
      // The process ends. Who takes over the lock of one that was killed removes what is left.
    }
  }
}

/**
 * A name for a new file, so that a rename moves it within one file system. It is never used again: a process may have the number of
 * one that has died, and left such a file behind. Until `removeTemporary` or `publishTemporary` the file is removed when the process
 * ends.
 */
export function newTemporary(path: string): string {
  const name = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  if (temporary.size === 0) process.on('exit', removeAll);
  temporary.add(name);
  return name;
}

/** Removes such a file. Others who clear such files away may have been here. */
export function removeTemporary(name: string): void {
  forget(name);
  rmSync(name, { force: true });
}

/** Puts such a file in the place of another, or of none. */
export function publishTemporary(name: string, path: string): void {
  renameSync(name, path);
  forget(name);
}

/**
 * Puts such a file where there is none: what another program has put there meanwhile stays. Where the file system has no links this is
 * looked up before, and a program may be in between.
 *
 * @throws {H5Error} H5_EXISTS
 */
export function publishNew(name: string, path: string): void {
  try {
    linkSync(name, path);
  } catch {
    if (lstatSync(path, { throwIfNoEntry: false }))
      throw new H5Error('H5_EXISTS', `another program has made ${path} meanwhile: it stays as it is`);
    // What else is in the way is in the way of this as well.
    publishTemporary(name, path);
    return;
  }
  removeTemporary(name);
}

/** The file has another name now. */
function forget(name: string): void {
  if (temporary.delete(name) && temporary.size === 0) process.off('exit', removeAll);
}
