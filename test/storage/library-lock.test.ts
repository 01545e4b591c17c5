import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { H5File, H5LockedError, readSync, writeSync } from '../../src/node.js';
import { FileStorage } from '../../src/storage/file.js';
import { libraryWriter } from '../../src/storage/library-lock.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, PYTHON } from '../oracle/oracles.js';

/** Opens a file, and says whether the system lists its lock as that of the device and the file that `stat` names. */
const HOLD = `
import sys, os, h5py
f = h5py.File(sys.argv[1], sys.argv[2])
s = os.stat(sys.argv[1])
name = '%02x:%02x:%d ' % (os.major(s.st_dev), os.minor(s.st_dev), s.st_ino)
seen = os.path.exists('/proc/locks') and any(name in line and ' %d ' % os.getpid() in line for line in open('/proc/locks'))
print('seen' if seen else 'unseen', flush=True)
sys.stdin.readline()
if sys.argv[2] == 'r+': f.attrs['by'] = 'h5py'
f.close()
`;

let folder: string;
let path: string;
let children: ChildProcessWithoutNullStreams[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-library-lock-'));
  path = join(folder, 'data.h5');
  children = [];
  writeSync(path, { a: 1 });
});
afterEach(() => {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
});

async function holder(
  mode: 'r' | 'r+',
): Promise<{ isSeen: boolean; end(): Promise<unknown>; pid: number | undefined }> {
  const child = spawn(PYTHON, ['-c', HOLD, path, mode]);
  children.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    isSeen: line.toString().trim() === 'seen',
    pid: child.pid,
    end() {
      const ended = once(child, 'exit');
      child.stdin.end('\n');
      return ended;
    },
  };
}

test('nobody writes to a file that is not open, or not there', () => {
  expect(libraryWriter(path)).toBeUndefined();
  expect(libraryWriter(join(folder, 'none'))).toBeUndefined();
});

describeOracle('h5py', () => {
  test('who writes by the HDF5 library keeps us out, where the system tells of it', async () => {
    const { isSeen, end, pid } = await holder('r+');
    const before = readFileSync(path);
    // Elsewhere there is nothing to be seen.
    expect(libraryWriter(path)).toBe(isSeen ? pid : undefined);
    if (isSeen) {
      for (const mode of ['r+', 'a'] as const) {
        const attempt = () => H5File.open(path, mode);
        expect(attempt).toThrow(H5LockedError);
        expect(attempt).toThrow(`in the process ${pid}: close it there`);
      }
      expect(Buffer.compare(readFileSync(path), before)).toBe(0);
      expect(readdirSync(folder)).toEqual(['data.h5']);
    }
    await end();
    const file = H5File.open(path, 'r+');
    file.attrs.set('x', 1);
    file.close();
    expect(existsSync(join(folder, '.data.h5.h5lock'))).toBe(false);
  });

  test('it goes on with the old file when another one takes its place', async () => {
    const { end } = await holder('r+');
    writeSync(path, { b: 2 });
    await end();
    expect(readSync(path)).toEqual({ b: 2 });
    expect(verifyStorage(new FileStorage(path)).problems).toEqual([]);
  });

  test('who reads does not', async () => {
    const { end } = await holder('r');
    writeSync(path, { b: 2 });
    await end();
  });
});
