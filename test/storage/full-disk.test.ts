import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { H5SystemError } from '../../src/errors.js';
import { H5File, indexes, read, write, writeSync } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { DURABILITIES } from '../hdf5/crash.js';
import { describeFile } from '../hdf5/editing-model.js';
import { canMount, canMountNote } from './mounting.js';

if (!canMount) console.warn('SKIPPED: tests with a full disk, which need the right to mount one.');

const DISK = 2 << 20;
/** 3.2 MB. */
const TOO_LARGE = new Float64Array(400_000);

let folder: string;
let path: string;

beforeEach(() => {
  if (!canMount) return;
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-disk-'));
  path = join(folder, 'data.h5');
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', folder]);
});
afterEach(() => {
  if (!canMount) return;
  // Also with files open, after a failure.
  execFileSync('umount', ['--lazy', folder]);
  rmSync(folder, { recursive: true });
});

function thrown(run: () => unknown): Error & { code?: string } {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not throw');
}

/** What another program that opens the file sees. */
function committed(): string {
  using reader = H5File.open(path);
  return describeFile(reader);
}

/** Takes all the space that is left, except so many bytes. */
function fill(left = 0): void {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(join(folder, 'filler'), new Uint8Array(bavail * bsize - left));
}

/** Gives it back. */
const clear = () => rmSync(join(folder, 'filler'));

/** A file with 100 kB of data. */
function make(): void {
  using file = H5File.open(path, 'w');
  file.createDataset('data', { data: new Float64Array(12_500).fill(1) });
  file.attrs.set('n', 0);
}

describe.skipIf(!canMount)(`a file on a full disk${canMountNote}`, () => {
  // Data that wait for the commit, and such that are written at once.
  test.each(
    DURABILITIES.flatMap((durability) => [1000, 10_000, 50_000].map((size) => ({ durability, size }))),
  )('is as it was, and goes on: durability $durability, $size numbers a commit', ({ durability, size }) => {
    make();
    fill(1_000_000);
    const file = H5File.open(path, 'r+', { durability });
    let before = '';
    let n = 0;
    const error = thrown(() => {
      for (;;) {
        before = describeFile(file);
        file.transaction(() => {
          n++;
          file.attrs.set('n', n);
          file.dataset('data').write(n);
          file.createDataset(`data ${n}`, { data: new Float64Array(size).fill(n) });
        });
      }
    });
    expect(error).toBeInstanceOf(H5SystemError);
    expect(error).toMatchObject({ code: 'ENOSPC', path });
    expect(error.message).toContain('the disk is full: free some space');
    expect(n).toBeGreaterThan(2);
    expect(describeFile(file) === before).toBe(true);
    expect(committed() === before).toBe(true);

    // What is deleted makes room for what is new, and at the end of the file for the journal of that.
    file.delete('data 1');
    file.delete(`data ${n - 1}`);
    file.commit();
    expect(committed() === describeFile(file)).toBe(true);
    file.createDataset('data 1', { data: new Float64Array(size).fill(-1) });
    file.commit();
    const after = describeFile(file);
    file.close();
    expect(committed() === after).toBe(true);
    expect(verifyStorage(new MemoryStorage(readFileSync(path)), { indexes }).problems).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual(['data.h5', 'filler']);
  });

  test('fails wherever the space ends, and goes on when there is some again', () => {
    const codes = new Set<string | undefined>();
    for (let left = 0; left < 20; left++) {
      make();
      const file = H5File.open(path, 'r+');
      fill(left * 4096);
      const before = describeFile(file);
      const edit = () => {
        file.attrs.set('n', left);
        file.dataset('data').write(left + 2, [[0, 5000]]);
        file.commit();
      };
      let code: string | undefined;
      try {
        edit();
      } catch (error) {
        code = (error as { code: string }).code;
        expect(code).toBe('ENOSPC');
        expect(describeFile(file) === before, `${left} pages`).toBe(true);
        expect(committed() === before, `${left} pages`).toBe(true);
      }
      codes.add(code);
      clear();
      edit();
      expect(committed() === describeFile(file)).toBe(true);
      file.close();
    }
    expect(codes).toEqual(new Set(['ENOSPC', undefined]));
  });

  test('is as it was when it cannot be made anew', () => {
    make();
    using file = H5File.open(path, 'r+');
    file.createDataset('more', { data: new Float64Array(1000) });
    file.commit();
    fill(50_000);
    expect(thrown(() => file.compact())).toMatchObject({ code: 'ENOSPC' });
    expect(readdirSync(folder).sort()).toEqual(['.data.h5.h5lock', 'data.h5', 'filler']);
    clear();
    file.attrs.set('n', 1);
    file.commit();
    expect(committed() === describeFile(file)).toBe(true);
    file.compact();
    expect(committed() === describeFile(file)).toBe(true);
  });

  test('is not replaced by one that has no room', async () => {
    const value = { list: [1, 2, 3] };
    await write(path, value);
    const bytes = readFileSync(path);
    await expect(write(path, { TOO_LARGE })).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(thrown(() => writeSync(path, { TOO_LARGE }))).toMatchObject({ code: 'ENOSPC' });
    expect(thrown(() => writeSync(join(folder, 'new.h5'), { TOO_LARGE }))).toMatchObject({ code: 'ENOSPC' });
    const error = thrown(() => {
      using file = H5File.open(path, 'w');
      file.createDataset('data', { data: TOO_LARGE });
    });
    expect(error).toMatchObject({ code: 'ENOSPC' });
    expect(readFileSync(path)).toEqual(bytes);
    expect(readdirSync(folder)).toEqual(['data.h5']);
    expect(await read(path)).toEqual(value);
    expect(statfsSync(folder).bfree).toBeGreaterThan(400);
  });
});

describe.skipIf(!canMount)(`a file on a disk that is read-only${canMountNote}`, () => {
  test('can be read', async () => {
    await write(path, { list: [1, 2, 3] });
    execFileSync('mount', ['-o', 'remount,ro', folder]);
    expect(await read(path)).toEqual({ list: [1, 2, 3] });
    {
      using file = H5File.open(path);
      expect([...file.keys()]).toEqual(['list']);
    }
    for (const mode of ['r+', 'w', 'a'] as const) {
      const error = thrown(() => H5File.open(path, mode));
      expect(error, mode).toBeInstanceOf(H5SystemError);
      expect(error, mode).toMatchObject({ code: 'EROFS' });
      expect(error.message, mode).toContain('open it for reading only');
    }
    await expect(write(path, 1)).rejects.toMatchObject({ code: 'EROFS' });
    expect(thrown(() => writeSync(join(folder, 'new.h5'), 1))).toMatchObject({ code: 'EROFS' });
    expect(readdirSync(folder)).toEqual(['data.h5']);
    expect(await read(path)).toEqual({ list: [1, 2, 3] });
  });
});
