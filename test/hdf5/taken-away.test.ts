/** A file that others cut, delete or replace while it is open for writing: the next commit says so. */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { H5Dict, H5File } from '../../src/node.js';

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'a.h5');

beforeEach(() => {
  const file = H5File.open(path, 'w');
  file.createDataset('z', { data: new Float64Array(5000).fill(1.5) });
  file.createGroup('g/h', { attrs: { a: 1 } });
  file.createDataset('last', { data: ['text'] });
  file.close();
});

describe('a commit', () => {
  it.each([50, 2000, 30_000])('to a file that was cut to %d bytes', (size) => {
    const file = H5File.open(path, 'r+');
    file.createDataset('y', { data: [1] });
    truncateSync(path, size);
    const cut = readFileSync(path);
    expect(() => file.commit()).toThrow(/a\.h5 has become shorter while it was open/);
    file.close();
    // What is left of it is as it was left.
    expect(readFileSync(path).equals(cut)).toBe(true);
    expect(existsSync(`${path}.h5lock`)).toBe(false);
  });

  it('to a file that is not there any more', () => {
    const dict = H5Dict.open(path, { mode: 'r+', commit: 'manual' });
    dict.set('more', 1);
    rmSync(path);
    const gone = expect.objectContaining({
      code: 'ENOENT',
      message: expect.stringContaining('deleted, or replaced'),
    });
    expect(() => dict.commit()).toThrow(gone);
    dict.set('more', 1);
    expect(() => dict.close()).toThrow(gone);
    dict.close();
    expect(existsSync(path)).toBe(false);
  });

  it('to a file that another one has taken the place of', () => {
    const other = join(folder, 'b.h5');
    copyFileSync(path, other);
    const file = H5File.open(path, 'r+');
    renameSync(other, path);
    const { size } = statSync(path);
    file.createDataset('y', { data: [1] });
    expect(() => file.commit()).toThrow(/deleted, or replaced/);
    file.close();
    expect(statSync(path).size).toBe(size);
    expect([...H5File.open(path).keys()]).toEqual(['z', 'g', 'last']);
  });

  it('to a file that was renamed goes where it is now', () => {
    const other = join(folder, 'c.h5');
    const file = H5File.open(path, 'r+');
    file.createDataset('y', { data: [1] });
    renameSync(path, other);
    file.close();
    expect([...H5File.open(other).keys()]).toEqual(['z', 'g', 'last', 'y']);
  });
});
