/** What a commit writes: what it changes, and not what that is a part of. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { H5Dict, H5File, type H5List } from '../../src/node.js';
import { verifyStorage } from '../../src/verify.js';
import { FaultStorage } from '../storage/fault-storage.js';

/** The bytes that one more change writes to a file, once a change of the same kind has been made. */
function written(make: (file: H5File) => void, change: (file: H5File, i: number) => void): number {
  const storage = new FaultStorage(new Uint8Array(0));
  const made = H5File.open(storage, 'w');
  make(made);
  made.close();
  const file = H5File.open(storage, 'r+');
  let before = 0;
  for (let i = 0; i < 3; i++) {
    before = storage.calls.length;
    change(file, i);
    file.commit();
  }
  let bytes = 0;
  for (const call of storage.calls.slice(before)) if (call.kind === 'write') bytes += call.bytes.length;
  file.close();
  expect(verifyStorage(storage).problems).toEqual([]);
  return bytes;
}

const MEGABYTE = 1 << 20;
const large = Float64Array.from({ length: 300_000 }, (_, i) => i / 2);

describe('of a dataset in chunks of 1 MB', () => {
  const make = (file: H5File) =>
    file.createDataset('x', { data: large, chunks: [MEGABYTE / 8], maxShape: [null] });

  test.each<[string, (file: H5File, i: number) => void, number]>([
    ['an element that is appended', (file, i) => file.dataset('x').append([i]), 2000],
    ['an element that is set', (file, i) => file.dataset('x').write(i, [1000 * i]), 2000],
    ['elements near each other', (file, i) => file.dataset('x').write(i, [[i, 500, 100]]), 10_000],
    [
      'elements by a list',
      (file, i) => file.dataset('x').write(i, { points: [i, i + 700, i + 1400] }),
      2 * 8 * 1400 + 2000,
    ],
  ])('%s', (_, change, most) => {
    expect(written(make, change)).toBeLessThan(most);
  });

  test('a whole chunk is written once, to a new place', () => {
    const all = new Float64Array(MEGABYTE / 8);
    const bytes = written(make, (file, i) => file.dataset('x').write(all.fill(i), [[0, all.length]]));
    expect(bytes).toBeGreaterThan(MEGABYTE);
    expect(bytes).toBeLessThan(MEGABYTE + 10_000);
  });

  test('most of a chunk as well', () => {
    const most = new Float64Array(MEGABYTE / 8 - 1);
    const bytes = written(make, (file, i) => file.dataset('x').write(most.fill(i), [[0, most.length]]));
    expect(bytes).toBeLessThan(MEGABYTE + 10_000);
  });
});

test('so much in small parts of many chunks goes to new places that the journal does not hold all of it', () => {
  const make = (file: H5File) =>
    file.createDataset('x', { shape: [4096, 512], dtype: 'f8', chunks: [1, 512] });
  const bytes = written(
    (file) => {
      make(file);
      file.dataset('x').write(1, []);
    },
    // 16 MB of chunks, of each of which a part is changed.
    (file, i) => file.dataset('x').write(i, ['...', [0, 100]]),
  );
  // The journal would have all twice.
  expect(bytes).toBeLessThan(20 * MEGABYTE);
});

describe('of collections', () => {
  const list = (values: unknown[]) => (file: H5File) => {
    const dict = H5Dict.of(file);
    dict.set('list', values);
  };
  const push = (make: (i: number) => unknown) => (file: H5File, i: number) => {
    (H5Dict.of(file).get('list') as H5List).push(make(i));
  };
  const mixed = (i: number) => [i, `text ${i}`, null, i % 2 === 0][i % 4];

  test.each<[string, (file: H5File) => void, (file: H5File, i: number) => void, number]>([
    ['a number at the end of 100,000', list([...large.subarray(0, 100_000)]), push((i) => i / 2), 2000],
    [
      'a record at the end of 50,000',
      list(Array.from({ length: 50_000 }, (_, i) => ({ id: i, name: `name ${i}` }))),
      push((i) => ({ id: i, name: `name ${i}` })),
      4000,
    ],
    [
      'any value at the end of 20,000',
      list(Array.from({ length: 20_000 }, (_, i) => mixed(i))),
      push(mixed),
      24_000,
    ],
    [
      'a key among 20,000',
      (file) => {
        const dict = H5Dict.of(file);
        for (let i = 0; i < 20_000; i++) dict.set(`key ${i}`, i);
      },
      (file, i) => H5Dict.of(file).set(`new ${i}`, i),
      24_000,
    ],
  ])('%s', (_, make, change, most) => {
    expect(written(make, change)).toBeLessThan(most);
  });
});

describe('of a dataset in one piece that is new', () => {
  const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'sparse.h5');
  const SIZE = 2 ** 31;

  test.each(['w', 'r+'] as const)('an element is written, and not all around it: %s', (mode) => {
    const first = H5File.open(path, 'w');
    first.createDataset('before', { data: large });
    if (mode === 'r+') first.close();
    const file = mode === 'r+' ? H5File.open(path, 'r+') : first;
    // What was written there once is no zero.
    file.delete('before');
    if (mode === 'r+') file.commit();
    const dataset = file.createDataset('x', { shape: [SIZE], dtype: 'u1' });
    dataset.write(1, [5]);
    dataset.write(2, [SIZE - 3]);
    file.close();
    const { size, blocks } = statSync(path);
    expect(size).toBeGreaterThan(SIZE);
    expect(blocks * 512).toBeLessThan(20 * MEGABYTE);
    const read = H5File.open(path).dataset<Uint8Array>('x');
    const at = (start: number, stop: number) => Array.from(read.read([[start, stop]]) as Uint8Array);
    expect(at(0, 8)).toEqual([0, 0, 0, 0, 0, 1, 0, 0]);
    expect(at(SIZE - 4, SIZE)).toEqual([0, 2, 0, 0]);
    for (const start of [MEGABYTE, 3 * MEGABYTE, SIZE / 2])
      expect((read.read([[start, start + MEGABYTE]]) as Uint8Array).every((byte) => byte === 0)).toBe(true);
  });
});
