import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { H5SystemError } from '../../src/errors.js';
import { FileAtPath } from '../../src/storage/file-at-path.js';
import { replaceFile, replaceFileSync } from '../../src/storage/replace-file.js';

/** What the system fails at; which descriptors are open, and which were closed that were not. */
const system = vi.hoisted(() => ({ fails: '', open: new Set<number>(), closedAgain: [] as number[] }));

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const fail = (name: string) => {
    if (system.fails === name)
      throw Object.assign(new Error(`EIO: made up, ${name}`), { code: 'EIO', errno: -1 });
  };
  const mocked = {
    openSync: (...given: Parameters<typeof fs.openSync>) => {
      const fd = fs.openSync(...given);
      system.open.add(fd);
      return fd;
    },
    closeSync: (fd: number) => {
      if (!system.open.delete(fd)) system.closedAgain.push(fd);
      else fs.closeSync(fd);
    },
    fchmodSync: (fd: number, mode: number) => {
      fail('fchmod');
      fs.fchmodSync(fd, mode);
    },
    renameSync: (from: string, to: string) => {
      // A lock is put in its place by a rename as well.
      if (from.endsWith('.tmp') && to.endsWith('.h5')) fail('rename');
      fs.renameSync(from, to);
    },
  };
  return { ...fs, ...mocked, default: { ...fs, ...mocked } };
});

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-replace-'));
  path = join(folder, 'data.h5');
  writeFileSync(path, 'old');
  system.open.clear();
  system.closedAgain.length = 0;
});
afterEach(() => {
  system.fails = '';
  rmSync(folder, { recursive: true });
});

const bytes = [Uint8Array.of(1, 2, 3)];
const ways: Record<string, () => unknown> = {
  replaceFileSync: () => replaceFileSync(path, bytes),
  replaceFile: () => replaceFile(path, { pieces: async () => bytes, written: () => {} }),
  FileAtPath: () => {
    const file = new FileAtPath(path, true);
    try {
      file.write(0, bytes[0] as Uint8Array);
      file.publish();
    } finally {
      file.close();
    }
  },
};

describe.each(['fchmod', 'rename'])('a replacement that fails in %s', (fails) => {
  test.each(Object.entries(ways))(
    'leaves nothing behind, and closes what it has opened once: %s',
    async (_, run) => {
      system.fails = fails;
      const error = await Promise.resolve()
        .then(run)
        .catch((error: unknown) => error);
      expect(error).toBeInstanceOf(H5SystemError);
      expect(error).toMatchObject({ code: 'EIO', path });
      expect([...system.open, system.closedAgain]).toEqual([[]]);
      expect(readdirSync(folder)).toEqual(['data.h5']);
      expect(readFileSync(path, 'utf8')).toBe('old');
      // It is not locked either.
      system.fails = '';
      await run();
      expect([...readFileSync(path)]).toEqual([1, 2, 3]);
      expect([existsSync(path), system.closedAgain]).toEqual([true, []]);
    },
  );
});
