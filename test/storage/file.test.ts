import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { H5Error, H5FormatError, H5StaleError, H5StateError, H5SystemError } from '../../src/errors.js';
import { FileStorage, type Mark, WritableFileStorage } from '../../src/storage/file.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { isWritable, type Storage } from '../../src/storage/storage.js';
import { runs } from '../thoroughness.js';
import { type Compiled, compileStorage } from './compiled.js';
import { canMount, canMountNote } from './mounting.js';

/** What the system does today: how much at a time, what it fails at; and what it has been asked for. */
const system = vi.hoisted(() => ({
  most: Number.POSITIVE_INFINITY,
  fail: new Map<string, { code: string; after: number }>(),
  calls: [] as string[],
  beforeRead: () => {},
}));

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const call = (name: string, what: string) => {
    system.calls.push(what);
    const failure = system.fail.get(name);
    if (failure && failure.after-- <= 0)
      throw Object.assign(new Error(`${failure.code}: made up, ${name}`), { code: failure.code, errno: -1 });
  };
  const kind = (fd: number) => (fs.fstatSync(fd).isDirectory() ? 'folder' : 'file');
  const mocked = {
    readSync: (fd: number, bytes: Uint8Array, at: number, length: number, position: number) => {
      call('read', 'read');
      system.beforeRead();
      return fs.readSync(fd, bytes, at, Math.min(length, system.most), position);
    },
    writeSync: (fd: number, bytes: Uint8Array, at: number, length: number, position: number) => {
      call('write', 'write');
      return fs.writeSync(fd, bytes, at, Math.min(length, system.most), position);
    },
    fsyncSync: (fd: number) => {
      call('fsync', `fsync ${kind(fd)}`);
      fs.fsyncSync(fd);
    },
    fdatasyncSync: (fd: number) => {
      call('fdatasync', `fdatasync ${kind(fd)}`);
      fs.fdatasyncSync(fd);
    },
  };
  return { ...fs, ...mocked, default: { ...fs, ...mocked } };
});

let compiled: Compiled;
beforeAll(async () => {
  compiled = await compileStorage();
});
afterAll(() => compiled.remove());

let folder: string;
let path: string;
const open: Storage[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-file-'));
  path = join(folder, 'data.h5');
});
afterEach(() => {
  system.most = Number.POSITIVE_INFINITY;
  system.fail.clear();
  for (const storage of open.splice(0)) storage.close();
  rmSync(folder, { recursive: true, force: true });
});

function writable(options = {}): WritableFileStorage {
  const storage = new WritableFileStorage(path, options);
  open.push(storage);
  return storage;
}

function readable(mark?: Mark): FileStorage {
  const storage = new FileStorage(path, mark && { mark });
  open.push(storage);
  return storage;
}

function thrown(run: () => unknown): Error & { code?: string } {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not throw');
}

const PAGE = 1 << 15;
const pattern = (length: number, seed = 0) => Uint8Array.from({ length }, (_, i) => (i * 31 + seed) >> 3);
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

describe('WritableFileStorage', () => {
  it('makes a file, and only a new one', () => {
    const storage = writable({ create: true });
    expect(isWritable(storage)).toBe(true);
    expect(storage.size).toBe(0);
    storage.write(3, Uint8Array.of(1, 2));
    expect(storage.size).toBe(5);
    expect([...storage.read(0, 5)]).toEqual([0, 0, 0, 1, 2]);
    storage.close();
    storage.close();
    expect([...readFileSync(path)]).toEqual([0, 0, 0, 1, 2]);

    const error = thrown(() => writable({ create: true }));
    expect(error).toBeInstanceOf(H5SystemError);
    expect(error).toMatchObject({ code: 'EEXIST', path, cause: { code: 'EEXIST' } });
    expect(error.message).toMatch(/cannot create .*data\.h5: there is such a file already: .*EEXIST/);
    expect([...readFileSync(path)]).toEqual([0, 0, 0, 1, 2]);
  });

  it('opens what exists, and only that', () => {
    expect(thrown(() => writable())).toMatchObject({ code: 'ENOENT', path });
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, pattern(10));
    const storage = new WritableFileStorage(pathToFileURL(path));
    expect(storage.size).toBe(10);
    storage.write(8, Uint8Array.of(7, 7, 7));
    storage.close();
    expect([...readFileSync(path)]).toEqual([...pattern(8), 7, 7, 7]);
  });

  it.each([0, 40_000])('does what a storage in memory does (a file of %i bytes)', (size) => {
    const position = fc.oneof(
      fc.nat(5 * PAGE),
      fc
        .nat(4)
        .chain((page) => fc.integer({ min: 0, max: 12 }).map((by) => Math.max(0, page * PAGE + by - 6))),
    );
    const length = fc.oneof(fc.nat(20), fc.nat(2000), fc.nat(2 * PAGE + 100));
    const step = fc.record({
      what: fc.constantFrom('write', 'write', 'read', 'read', 'copy', 'resize', 'move', 'sync'),
      position,
      to: position,
      length,
      seed: fc.nat(255),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 30 }),
        fc.constantFrom(Number.POSITIVE_INFINITY, 20_001),
        (steps, most) => {
          system.most = most;
          rmSync(path, { force: true });
          writeFileSync(path, pattern(size));
          const model = new MemoryStorage(pattern(size));
          const storage = new WritableFileStorage(path);
          try {
            for (const { what, position, to, length, seed } of steps) {
              // What may be read lies within the size.
              const start = Math.min(position, model.size);
              const count = Math.min(length, model.size - start);
              if (what === 'write') {
                storage.write(position, pattern(length, seed));
                model.write(position, pattern(length, seed));
              } else if (what === 'move') {
                // A part of the storage's own memory is written to where it may be changed by that.
                const bytes = model.copy(start, count);
                storage.write(to, storage.read(start, count));
                model.write(to, bytes);
              } else if (what === 'resize') {
                storage.resize(position);
                model.resize(position);
              } else if (what === 'sync') {
                storage.sync();
              } else if (!same(storage[what as 'read' | 'copy'](start, count), model.read(start, count))) {
                return false;
              }
              if (storage.size !== model.size) return false;
            }
          } finally {
            storage.close();
          }
          return same(readFileSync(path), model.read(0, model.size));
        },
      ),
      { numRuns: runs(150), seed: 11 },
    );
  });

  it('goes on where the system did only a part', () => {
    system.most = 7;
    const storage = writable({ create: true });
    system.calls.length = 0;
    storage.write(5, pattern(1000));
    expect(system.calls.filter((call) => call === 'write')).toHaveLength(143);
    expect(same(storage.copy(5, 1000), pattern(1000))).toBe(true);
    expect(same(readFileSync(path).subarray(5), pattern(1000))).toBe(true);
  });

  it('keeps no memory of what it is given', () => {
    const storage = writable({ create: true });
    const bytes = pattern(100);
    storage.write(0, bytes);
    storage.read(0, 100);
    storage.write(50, bytes);
    bytes.fill(0);
    const copy = storage.copy(0, 150);
    expect(same(copy.subarray(50), pattern(100))).toBe(true);
    copy.fill(9);
    expect(same(storage.read(50, 100), pattern(100))).toBe(true);
  });

  it('answers from memory what it has read, also after a small write', () => {
    writeFileSync(path, pattern(PAGE));
    const storage = writable();
    storage.read(0, 10);
    system.calls.length = 0;
    storage.write(100, Uint8Array.of(255, 254));
    expect([...storage.read(99, 4)]).toEqual([...pattern(100).subarray(99), 255, 254, pattern(103)[102]]);
    expect(system.calls).toEqual(['write']);
  });

  it('has zeros where it was cut off and has grown again', () => {
    writeFileSync(path, pattern(PAGE + 100));
    const storage = writable();
    storage.read(0, 100);
    storage.read(PAGE, 100);
    storage.resize(50);
    storage.write(PAGE + 90, Uint8Array.of(1));
    expect(same(storage.read(0, 50), pattern(50))).toBe(true);
    expect(storage.read(50, PAGE - 50).every((byte) => byte === 0)).toBe(true);
    expect([...storage.read(PAGE + 88, 3)]).toEqual([0, 0, 1]);
    storage.resize(PAGE + 90);
    storage.resize(PAGE + 200);
    expect([...storage.read(PAGE + 88, 5)]).toEqual([0, 0, 0, 0, 0]);
  });

  it('keeps at most 2,048 pages in memory', () => {
    writeFileSync(path, '');
    truncateSync(path, 4000 * PAGE);
    const storage = writable();
    const reads = (pages: number[]) => {
      system.calls.length = 0;
      for (const page of pages) storage.read(page * PAGE, 1);
      return system.calls.length;
    };
    const all = Array.from({ length: 4000 }, (_, page) => page);
    expect(reads(all)).toBe(4000);
    expect(reads(all.slice(0, 3200))).toBe(3200);
    // The last ones are there.
    expect(reads(all.slice(2800, 3200))).toBe(0);
  });

  it('works beyond 4 GB', () => {
    const storage = writable({ create: true });
    const far = 5 * 2 ** 30 + 3;
    storage.write(far, pattern(100_000));
    storage.write(2 ** 32 - 5, pattern(10, 1));
    expect(storage.size).toBe(far + 100_000);
    storage.resize(6 * 2 ** 30);
    storage.sync();
    expect(storage.size).toBe(6 * 2 ** 30);
    expect(same(storage.read(2 ** 32 - 5, 10), pattern(10, 1))).toBe(true);
    expect(same(storage.copy(far, 100_000), pattern(100_000))).toBe(true);
    expect([...storage.read(6 * 2 ** 30 - 2, 2)]).toEqual([0, 0]);
    storage.close();
    expect(statSync(path).size).toBe(6 * 2 ** 30);
    expect(statSync(path).blocks * 512).toBeLessThan(2 ** 20);
    const reader = readable();
    expect(reader.size).toBe(6 * 2 ** 30);
    expect(same(reader.read(2 ** 32 - 5, 10), pattern(10, 1))).toBe(true);
    expect(same(reader.read(far, 100_000), pattern(100_000))).toBe(true);
  });

  it('notices that someone else has made the file shorter', () => {
    writeFileSync(path, pattern(100_000));
    const storage = writable();
    truncateSync(path, 70_000);
    expect(same(storage.copy(69_000, 1000), pattern(70_000).subarray(69_000))).toBe(true);
    const error = thrown(() => storage.read(90_000, 10));
    expect(error).toBeInstanceOf(H5FormatError);
    expect(error.message).toMatch(/data\.h5 has become shorter.*70000/);
    expect(thrown(() => storage.copy(60_000, 20_000))).toBeInstanceOf(H5FormatError);
  });

  it('says that it is closed', () => {
    const storage = writable({ create: true });
    storage.write(0, pattern(10));
    storage.read(0, 1);
    storage.close();
    for (const use of [
      () => storage.read(0, 1),
      () => storage.copy(0, 1),
      () => storage.write(0, pattern(1)),
      () => storage.resize(5),
      () => storage.sync(),
    ]) {
      expect(thrown(use)).toBeInstanceOf(H5StateError);
      expect(thrown(use)).toMatchObject({ code: 'H5_CLOSED' });
    }
  });
});

describe('sync', () => {
  it('stores the data, and the folder of a new file', () => {
    system.calls.length = 0;
    const storage = writable({ create: true });
    expect(system.calls).toEqual(['fsync folder']);
    storage.write(0, pattern(10));
    storage.sync();
    expect(system.calls).toEqual(['fsync folder', 'write', 'fdatasync file']);
    storage.close();
    system.calls.length = 0;
    writable().sync();
    expect(system.calls).toEqual(['fdatasync file']);
  });

  it('also stores the size by itself when it is asked for', () => {
    const storage = writable({ create: true, full: true });
    system.calls.length = 0;
    storage.write(0, pattern(10));
    storage.sync();
    storage.write(0, pattern(10));
    storage.sync();
    storage.resize(5);
    storage.sync();
    storage.sync();
    expect(system.calls.filter((call) => call !== 'write')).toEqual([
      'fsync file',
      'fdatasync file',
      'fsync file',
      'fdatasync file',
    ]);
  });

  it('never succeeds again once it has failed, for the system forgets what it could not write', () => {
    const storage = writable({ create: true });
    storage.write(0, pattern(10));
    system.fail.set('fdatasync', { code: 'EIO', after: 0 });
    const error = thrown(() => storage.sync());
    expect(error).toBeInstanceOf(H5SystemError);
    expect(error).toMatchObject({ code: 'EIO', path });
    expect(error.message).toMatch(/the disk reports an error.*close the file and open it again/);
    system.fail.clear();
    expect(thrown(() => storage.sync())).toBe(error);
    // What was there can be put back, though.
    storage.resize(0);
    expect(storage.size).toBe(0);
  });

  it('of the folder: what a file system cannot do is left, what fails is not', () => {
    system.fail.set('fsync', { code: 'EINVAL', after: 0 });
    writable({ create: true }).close();
    rmSync(path);
    system.fail.set('fsync', { code: 'EIO', after: 0 });
    expect(thrown(() => writable({ create: true }))).toMatchObject({ code: 'EIO', path: folder });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('errors of the system', () => {
  it.each(['read', 'write'] as const)('keep their code and say where: %s', (name) => {
    const storage = writable({ create: true });
    storage.write(0, pattern(100));
    system.fail.set(name, { code: 'EIO', after: 0 });
    const error = thrown(() => (name === 'read' ? storage.read(0, 10) : storage.write(0, pattern(10))));
    expect(error).toBeInstanceOf(H5Error);
    expect(error).toMatchObject({ name: 'H5SystemError', code: 'EIO', path, cause: { code: 'EIO' } });
    expect(error.message).toContain(path);
    system.fail.clear();
    expect(same(storage.read(0, 100), pattern(100))).toBe(true);
  });

  it('leave the size and the pages as the file has them', () => {
    writeFileSync(path, pattern(100));
    const storage = writable();
    storage.read(0, 100);
    system.most = 30;
    system.fail.set('write', { code: 'EIO', after: 2 });
    expect(thrown(() => storage.write(80, pattern(200, 5)))).toMatchObject({ code: 'EIO' });
    expect(storage.size).toBe(140);
    expect(statSync(path).size).toBe(140);
    expect(same(storage.read(80, 60), pattern(200, 5).subarray(0, 60))).toBe(true);
  });

  it.skipIf(!canMount)(`a full disk: ENOSPC, and all is well when there is space${canMountNote}`, () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder]);
    let storage: WritableFileStorage | undefined;
    try {
      const ballast = join(folder, 'ballast');
      writeFileSync(ballast, pattern(100_000));
      storage = new WritableFileStorage(path, { create: true });
      storage.write(0, pattern(50_000, 1));
      storage.read(49_000, 1000);
      const error = thrown(() => storage?.write(40_000, pattern(300_000, 2)));
      expect(error).toBeInstanceOf(H5SystemError);
      expect(error).toMatchObject({ code: 'ENOSPC', path });
      expect(error.message).toMatch(/cannot write to .*data\.h5: the disk is full: free some space/);
      // A part of it was written, and is known.
      const size = statSync(path).size;
      expect(size).toBeGreaterThan(50_000);
      expect(storage.size).toBe(size);
      expect(same(storage.read(0, 40_000), pattern(50_000, 1).subarray(0, 40_000))).toBe(true);
      expect(same(storage.copy(40_000, size - 40_000), pattern(300_000, 2).subarray(0, size - 40_000))).toBe(
        true,
      );
      expect(thrown(() => storage?.write(size, pattern(50_000)))).toMatchObject({ code: 'ENOSPC' });
      rmSync(ballast);
      storage.write(40_000, pattern(100_000, 3));
      storage.sync();
      expect(same(readFileSync(path).subarray(40_000, 140_000), pattern(100_000, 3))).toBe(true);
    } finally {
      storage?.close();
      execFileSync('umount', [folder]);
    }
  });

  it.skipIf(process.platform === 'win32')('a limit of the size: EFBIG, after a part has been written', () => {
    const program = `
      import { WritableFileStorage } from ${JSON.stringify(compiled.url('file'))};
      const storage = new WritableFileStorage(${JSON.stringify(path)}, { create: true });
      const results = [];
      const attempt = (run) => {
        try { run(); results.push('done'); } catch ({ code, message }) { results.push(code, message); }
        results.push(storage.size);
      };
      attempt(() => storage.write(0, new Uint8Array(1500).fill(1)));
      attempt(() => storage.write(1000, new Uint8Array(5000).fill(2)));
      attempt(() => storage.resize(5000));
      attempt(() => storage.write(2000, new Uint8Array(40).fill(3)));
      console.log(JSON.stringify(results));`;
    // 2 blocks of 1024 bytes in bash.
    const { stdout } = spawnSync(
      'bash',
      ['-c', 'ulimit -f 2 && exec "$0" "$@"', process.execPath, '--input-type=module', '-e', program],
      { encoding: 'utf8' },
    );
    const limit = expect.stringContaining('the limit of this process (ulimit -f)');
    expect(JSON.parse(stdout)).toEqual([
      'done',
      1500,
      'EFBIG',
      limit,
      2048,
      'EFBIG',
      limit,
      2048,
      'done',
      2048,
    ]);
    const bytes = readFileSync(path);
    expect(bytes.length).toBe(2048);
    expect([bytes[999], bytes[1000], bytes[1999], bytes[2000], bytes[2039], bytes[2040]]).toEqual([
      1, 2, 2, 3, 3, 2,
    ]);
  });

  it.skipIf(!canMount)(`a file system that is read-only: EROFS${canMountNote}`, () => {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder]);
    try {
      writeFileSync(path, pattern(100));
      execFileSync('mount', ['-o', 'remount,ro', folder]);
      const error = thrown(() => writable());
      expect(error).toMatchObject({ name: 'H5SystemError', code: 'EROFS', path });
      expect(error.message).toContain('open it for reading only');
      path = join(folder, 'new.h5');
      expect(thrown(() => writable({ create: true }))).toMatchObject({ code: 'EROFS', path });
      path = join(folder, 'data.h5');
      const reader = new FileStorage(path);
      expect(same(reader.read(0, 100), pattern(100))).toBe(true);
      reader.close();
    } finally {
      execFileSync('umount', [folder]);
    }
  });

  it.skipIf(process.platform === 'win32')('a file that is for others to write: EACCES', () => {
    writeFileSync(path, pattern(100));
    chmodSync(path, 0o444);
    chmodSync(folder, 0o555);
    const program = `
      import { FileStorage, WritableFileStorage } from ${JSON.stringify(compiled.url('file'))};
      const results = [new FileStorage(${JSON.stringify(path)}).size];
      for (const [path, create] of ${JSON.stringify([
        [path, false],
        [`${path}.new`, true],
      ])}) {
        try { new WritableFileStorage(path, { create }); } catch ({ code, message }) { results.push(code, message); }
      }
      console.log(JSON.stringify(results));`;
    // Permissions do not hold for root.
    const other = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      ...other,
      encoding: 'utf8',
    });
    chmodSync(folder, 0o755);
    const remedy = expect.stringContaining('check the permissions');
    expect(JSON.parse(stdout)).toEqual([100, 'EACCES', remedy, 'EACCES', remedy]);
  });

  it('what is no file', () => {
    expect(thrown(() => new WritableFileStorage(folder))).toMatchObject({ code: 'EISDIR', path: folder });
    expect(thrown(() => new FileStorage(folder)).message).toContain('is not a file');
    if (process.platform === 'win32') return;
    for (const device of ['/dev/full', '/dev/null']) {
      expect(thrown(() => new WritableFileStorage(device)).message).toBe(`${device} is not a file`);
      expect(thrown(() => new FileStorage(device)).message).toBe(`${device} is not a file`);
    }
    execFileSync('mkfifo', [path]);
    // Without waiting for the other end.
    expect(thrown(() => readable()).message).toContain('is not a file');
    expect(thrown(() => writable()).message).toContain('is not a file');
  });

  it('leave no descriptor open', () => {
    const next = () => {
      const fd = openSync(folder, 'r');
      closeSync(fd);
      return fd;
    };
    const before = next();
    writeFileSync(path, 'x');
    for (let i = 0; i < 10; i++) {
      thrown(() => new FileStorage(folder));
      thrown(() => new WritableFileStorage(folder));
      thrown(() => new WritableFileStorage(path, { create: true }));
      thrown(() => readable(() => fail()));
      system.fail.set('fsync', { code: 'EIO', after: 0 });
      thrown(() => new WritableFileStorage(join(folder, 'new'), { create: true }));
    }
    expect(next()).toBe(before);
  });
});

function fail(): never {
  throw new H5FormatError(0, 'no mark');
}

describe('FileStorage with a mark', () => {
  /** The size, and the last 64 bytes. */
  const mark: Mark = (storage) => {
    const { size } = storage;
    const length = Math.min(64, size);
    const bytes = new Uint8Array(8 + length);
    new DataView(bytes.buffer).setFloat64(0, size);
    bytes.set(storage.read(size - length, length), 8);
    return bytes;
  };
  const overwrite = (position: number, bytes: Uint8Array) => {
    const fd = openSync(path, 'r+');
    writeSync(fd, bytes, 0, bytes.length, position);
    closeSync(fd);
  };
  const SIZE = 10 * PAGE;
  beforeEach(() => writeFileSync(path, pattern(SIZE)));

  it('reads as ever while nothing changes', () => {
    const storage = readable(mark);
    expect(storage.size).toBe(SIZE);
    expect(same(storage.read(5, 100), pattern(105).subarray(5))).toBe(true);
    expect(same(storage.copy(0, SIZE), pattern(SIZE))).toBe(true);
    expect(same(storage.read(PAGE - 5, 10), pattern(PAGE + 5).subarray(PAGE - 5))).toBe(true);
  });

  it.each<[string, () => void]>([
    ['has grown', () => appendFileSync(path, 'x')],
    ['is shorter by a byte', () => truncateSync(path, SIZE - 1)],
    ['is shorter than what is read', () => truncateSync(path, 100)],
    ['is empty', () => truncateSync(path, 0)],
    ['has other last bytes', () => overwrite(SIZE - 64, Uint8Array.of(201))],
  ])('throws at the next read from the disk when the file %s', (_, change) => {
    const storage = readable(mark);
    storage.read(0, 10);
    change();
    for (const read of [
      () => storage.read(3 * PAGE, 10),
      () => storage.copy(3 * PAGE, 10),
      () => storage.read(10, 2 * PAGE),
      () => storage.copy(0, 1),
    ]) {
      const error = thrown(read);
      expect(error).toBeInstanceOf(H5StaleError);
      expect(error).toMatchObject({ code: 'H5_STALE', path });
      expect(error.message).toBe(`${path} has been changed since it was opened: close it and open it again`);
    }
    // What had been read before the change still belongs together.
    expect(same(storage.read(0, 20), pattern(20))).toBe(true);
    // Opened again, it is a file like any other.
    expect(same(readable(mark).copy(0, statSync(path).size), readFileSync(path))).toBe(true);
  });

  it('keeps nothing of a read that it has refused', () => {
    const storage = readable(mark);
    appendFileSync(path, 'x');
    overwrite(PAGE, Uint8Array.of(200));
    expect(thrown(() => storage.read(PAGE, 1))).toBeInstanceOf(H5StaleError);
    truncateSync(path, SIZE);
    overwrite(PAGE, pattern(PAGE + 1).subarray(PAGE));
    expect(same(storage.read(PAGE, 1), pattern(PAGE + 1).subarray(PAGE))).toBe(true);
  });

  it('compares after the read, not before', () => {
    const storage = readable(mark);
    // The writer comes between the first thing that a read does and the next.
    system.beforeRead = () => {
      system.beforeRead = () => {};
      appendFileSync(path, 'x');
    };
    expect(thrown(() => storage.read(PAGE, 1))).toBeInstanceOf(H5StaleError);
  });

  it('remembers what the mark was, although its memory is used again', () => {
    const memory = new Uint8Array(72);
    const storage = readable((live) => {
      memory.set(mark(live));
      return memory;
    });
    storage.read(0, 1);
    overwrite(SIZE - 1, Uint8Array.of(99));
    expect(thrown(() => storage.read(PAGE, 1))).toBeInstanceOf(H5StaleError);
  });

  it('takes a mark that cannot be made any more for another one', () => {
    const last: Mark = (live) => live.read(live.size - 64, 64);
    const storage = readable(last);
    truncateSync(path, 10);
    expect(thrown(() => storage.read(0, 1))).toBeInstanceOf(H5StaleError);
    expect(thrown(() => readable(last))).toBeInstanceOf(H5FormatError);
  });

  it('does not take an error of the disk for a change', () => {
    const storage = readable(mark);
    // The read, then the one for the mark.
    system.fail.set('read', { code: 'EIO', after: 1 });
    expect(thrown(() => storage.read(PAGE, 1))).toMatchObject({ code: 'EIO', path });
  });

  it('is not asked for what is in memory', () => {
    let asked = 0;
    const storage = readable((live) => {
      asked++;
      return mark(live);
    });
    for (let i = 0; i < 100; i++) storage.read(i * 10, 10);
    storage.copy(0, 10);
    // Nor again as long as what it was computed from is the same.
    expect(asked).toBe(1);
  });

  it('follows a writer in another process: what it returns is the state that it opened', () => {
    // The writer changes the end before anything else, as the commits of this package do.
    const storage = readable(mark);
    const program = `
      import { WritableFileStorage } from ${JSON.stringify(compiled.url('file'))};
      const storage = new WritableFileStorage(${JSON.stringify(path)});
      storage.write(storage.size, new Uint8Array(64).fill(1));
      storage.write(0, new Uint8Array(${5 * PAGE}).fill(2));
      storage.close();`;
    const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', program]);
    expect(status).toBe(0);
    for (let page = 0; page < 10; page++)
      expect(thrown(() => storage.read(page * PAGE, 10))).toBeInstanceOf(H5StaleError);
    const again = readable(mark);
    expect(again.size).toBe(SIZE + 64);
    expect(again.read(0, 1)[0]).toBe(2);
  });
});

it('FileStorage says that it is closed', () => {
  writeFileSync(path, pattern(10));
  const storage = readable();
  storage.close();
  expect(thrown(() => storage.read(0, 1))).toMatchObject({ code: 'H5_CLOSED' });
});
