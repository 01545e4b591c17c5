import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeSync as writeDescriptor,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  FileStorage,
  H5File,
  H5FormatError,
  H5TypeError,
  H5UnsupportedError,
  read,
  readSync,
  serialize,
  write,
  writeSync,
} from '../src/node.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});
const at = (name: string) => join(folder, name);

const value = {
  name: 'Ada',
  numbers: Float64Array.from({ length: 5_000 }, (_, i) => i / 7),
  list: [1, 'two', null],
};

const writers = {
  write,
  writeSync: async (path: string | URL, what: unknown) => writeSync(path, what),
};

describe.each(Object.entries(writers))('%s', (_, writer) => {
  it('stores the bytes of serialize, and nothing beside them', async () => {
    await writer(at('a.h5'), value);
    expect(Buffer.compare(readFileSync(at('a.h5')), serialize(value))).toBe(0);
    expect(readdirSync(folder)).toEqual(['a.h5']);
    expect(await read(at('a.h5'))).toEqual(value);
    expect(readSync(pathToFileURL(at('a.h5')))).toEqual(value);
  });

  it('takes a file URL', async () => {
    await writer(pathToFileURL(at('with space.h5')), 1);
    expect(readSync(at('with space.h5'))).toBe(1);
  });

  it('leaves the old file and no other when the value cannot be stored', async () => {
    await writer(at('a.h5'), 'old');
    await expect(writer(at('a.h5'), { f() {} })).rejects.toThrow(H5UnsupportedError);
    await expect(writer(at('b.h5'), { f() {} })).rejects.toThrow('$.f');
    expect(readdirSync(folder)).toEqual(['a.h5']);
    expect(readSync(at('a.h5'))).toBe('old');
  });

  it('leaves nothing behind when the file cannot be made', async () => {
    await expect(writer(at('no/such/folder.h5'), 1)).rejects.toThrow('ENOENT');
    await expect(writer(folder, 1)).rejects.toThrow(`${folder} is not a file`);
    expect(readdirSync(folder)).toEqual([]);
    expect(
      readdirSync(join(folder, '..')).filter((name) => name.startsWith(`${folder.split('/').pop()}.`)),
    ).toEqual([]);
  });

  it('keeps the permissions of the file that it replaces', async () => {
    writeFileSync(at('a.h5'), '');
    chmodSync(at('a.h5'), 0o640);
    await writer(at('a.h5'), 1);
    expect(statSync(at('a.h5')).mode & 0o777).toBe(0o640);
  });

  // Others may not give files away.
  it.runIf(process.getuid?.() === 0)('keeps the owner of the file that it replaces', async () => {
    writeFileSync(at('a.h5'), '');
    chmodSync(at('a.h5'), 0o600);
    chownSync(at('a.h5'), 1234, 5678);
    await writer(at('a.h5'), 1);
    const { uid, gid, mode } = statSync(at('a.h5'));
    expect([uid, gid, mode & 0o777]).toEqual([1234, 5678, 0o600]);
  });

  it('writes through a symbolic link instead of replacing it', async () => {
    await writer(at('target.h5'), 'old');
    symlinkSync(at('target.h5'), at('link.h5'));
    await writer(at('link.h5'), 'new');
    expect(readSync(at('target.h5'))).toBe('new');
    expect(readdirSync(folder)).toEqual(['link.h5', 'target.h5']);
  });

  it('makes the file that a symbolic link leads to', async () => {
    symlinkSync('second.h5', at('first.h5'));
    symlinkSync('target.h5', at('second.h5'));
    await writer(at('first.h5'), 'new');
    expect(readSync(at('target.h5'))).toBe('new');
    expect(lstatSync(at('first.h5')).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder)).toEqual(['first.h5', 'second.h5', 'target.h5']);
    symlinkSync('around.h5', at('around.h5'));
    await expect(writer(at('around.h5'), 1)).rejects.toThrow('ELOOP');
  });

  it('puts no file in the place of what is none', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    await expect(writer(at('pipe'), 1)).rejects.toThrow('is not a file');
    expect(() => H5File.open(at('pipe'), 'w')).toThrow('is not a file');
    expect(statSync(at('pipe')).isFIFO()).toBe(true);
    expect(readdirSync(folder)).toEqual(['pipe']);
    await expect(writer(`${at('a')}\0.h5`, 1)).rejects.toThrow(H5TypeError);
  });

  it('goes on where it has begun when the folder of the process is another one', async () => {
    const before = process.cwd();
    const other = mkdtempSync(join(tmpdir(), 'h5pickle-other-'));
    try {
      process.chdir(folder);
      const file = H5File.open('by-hand.h5', 'w');
      file.attrs.set('a', 1);
      const writing = writer('later.h5', { a: 1 });
      process.chdir(other);
      file.close();
      await writing;
      expect(readdirSync(folder)).toEqual(['by-hand.h5', 'later.h5']);
      expect(readdirSync(other)).toEqual([]);
    } finally {
      process.chdir(before);
      rmSync(other, { recursive: true });
    }
  });

  it('writes more pieces than one system call takes', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 900 }, (_, i) => [`k${i}`, new Float64Array(2100).fill(i)]),
    );
    await writer(at('many.h5'), many);
    expect(isDeepStrictEqual(readSync(at('many.h5')), many)).toBe(true);
  });
});

describe('read', () => {
  it('reads files larger than what is read in one go, and the arrays are the caller’s own', async () => {
    const large = { a: new Float64Array(1 << 21).fill(3), b: 'x' };
    writeSync(at('large.h5'), large);
    const first = await read<typeof large>(at('large.h5'));
    first.a.fill(0);
    expect(isDeepStrictEqual(readSync(at('large.h5')), large)).toBe(true);
    expect(first.a.buffer.byteLength).toBe(first.a.byteLength);
  });

  it('says what is wrong with a file that is none', async () => {
    writeFileSync(at('empty'), '');
    writeFileSync(at('text'), 'x'.repeat(5000));
    writeFileSync(at('cut.h5'), serialize(value).subarray(0, 3000));
    await expect(read(at('empty'))).rejects.toThrow(H5FormatError);
    await expect(read(at('text'))).rejects.toThrow('not an HDF5 file');
    await expect(read(at('cut.h5'))).rejects.toThrow('cut short');
    await expect(read(folder)).rejects.toThrow(/not a file|EISDIR/);
    await expect(read(at('missing.h5'))).rejects.toThrow('ENOENT');
  });

  it('closes the file, whatever happens', () => {
    writeFileSync(at('text'), 'x'.repeat(5000));
    const next = () => {
      const fd = openSync(at('text'), 'r');
      closeSync(fd);
      return fd;
    };
    const before = next();
    for (let i = 0; i < 20; i++) {
      expect(() => readSync(at('text'))).toThrow(H5FormatError);
      expect(() => H5File.open(at('text'))).toThrow(H5FormatError);
      expect(() => H5File.open(folder)).toThrow();
    }
    expect(next()).toBe(before);
  });
});

describe('FileStorage', () => {
  it('answers reads within a page, across pages and of many pages', () => {
    const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31) >> 3);
    writeFileSync(at('bytes'), bytes);
    const storage = new FileStorage(at('bytes'));
    for (const [position, length] of [
      [0, 10],
      [32_760, 16],
      [32_768, 32_768],
      [5, 150_000],
      [199_990, 10],
      [0, 200_000],
    ] as const) {
      expect(
        Buffer.compare(storage.read(position, length), bytes.subarray(position, position + length)),
      ).toBe(0);
    }
    storage.close();
  });

  it('notices that the file has become shorter', () => {
    writeFileSync(at('bytes'), new Uint8Array(100_000));
    const storage = new FileStorage(at('bytes'));
    truncateSync(at('bytes'), 10);
    expect(() => storage.read(50_000, 10)).toThrow(H5FormatError);
    storage.close();
  });

  it('reads what is asked for, not the file', () => {
    writeSync(at('a.h5'), { big: new Float64Array(1 << 20).fill(1), small: 5 });
    const file = H5File.open(at('a.h5'));
    const before = process.memoryUsage().arrayBuffers;
    expect(file.attrs.get('small')).toBe(5);
    expect(file.dataset('big').at(-1)).toBe(1);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
    file.close();
  });
});

describe('H5File.open with a path', () => {
  it('makes the file when it is closed, whole', () => {
    const file = H5File.open(at('a.h5'), 'w');
    file.createDataset('x', { data: [1, 2, 3] });
    expect(existsSync(at('a.h5'))).toBe(false);
    file.close();
    expect(readdirSync(folder)).toEqual(['a.h5']);
    const again = H5File.open(at('a.h5'));
    expect(again.dataset('x').value).toEqual(Int32Array.of(1, 2, 3));
    again.close();
  });

  it('refuses a folder that does not exist at once', () => {
    expect(() => H5File.open(at('no/such.h5'), 'w')).toThrow('ENOENT');
  });

  it('reads a group of an open file, and of one that is being written', () => {
    writeSync(at('a.h5'), { inner: { list: [1, 2], text: 'x' } });
    const file = H5File.open(at('a.h5'));
    expect(readSync(file.group('inner'))).toEqual({ list: [1, 2], text: 'x' });
    file.close();
    const draft = H5File.open(undefined, 'w');
    draft.createGroup('g').attrs.set('a', 1);
    expect(readSync(draft.group('g'))).toEqual({ a: 1 });
  });
});

it('a file that another program appends to while it is read stays readable', () => {
  writeSync(at('a.h5'), value);
  const fd = openSync(at('a.h5'), 'a');
  writeDescriptor(fd, 'journal');
  closeSync(fd);
  expect(readSync(at('a.h5'))).toEqual(value);
});
