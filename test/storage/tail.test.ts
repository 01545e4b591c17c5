import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lookup3 } from '../../src/hdf5/checksum.js';
import { H5File, readSync, serialize } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { checksum, readTail, type Tail, TRAILER, writeTail } from '../../src/storage/tail.js';

const base = serialize({ a: 1 });
const head = base.slice(0, 48);
const guard = { position: 0, before: head, during: head, after: head };
const nothing = new Uint8Array(0);

/** A file with a tail as any program can write it: the checksums are right, also after a change of the journal. */
function withTail(tail: Partial<Tail>, change?: (journal: DataView) => void): Uint8Array<ArrayBuffer> {
  const storage = new MemoryStorage(base);
  const whole = { end: base.length, commit: 5, guard, pages: [], note: nothing, ...tail };
  writeTail(storage, base.length, whole, new Uint8Array(4096));
  const bytes = storage.copy(0, storage.size);
  const trailer = bytes.length - TRAILER;
  const view = new DataView(bytes.buffer);
  change?.(new DataView(bytes.buffer, base.length, trailer - base.length));
  const put = (at: number, sums: readonly number[]): void => {
    for (const [i, sum] of sums.entries()) view.setUint32(trailer + at + 4 * i, sum, true);
  };
  put(48, checksum(view, base.length, trailer));
  put(56, checksum(view, trailer, trailer + 56));
  return bytes;
}

/** The superblock of `base` with another end of the file. */
function headWithEnd(end: number): Uint8Array {
  const bytes = head.slice();
  const view = new DataView(bytes.buffer);
  view.setBigUint64(28, BigInt(end), true);
  view.setUint32(44, lookup3(view, 0, 44), true);
  return bytes;
}

const page = (position: number, size = 16) => ({ position, bytes: new Uint8Array(size) });

describe('a tail that is made to do harm', () => {
  const after = headWithEnd(2 ** 40);
  const tails: Record<string, Partial<Tail>> = {
    'a page far away': { pages: [page(2 ** 40)] },
    'a page beyond all numbers': { pages: [page(2 ** 53 - 8), page(2 ** 63)] },
    'a page over the tail itself': { pages: [page(base.length - 8)] },
    'a guard far away': { guard: { ...guard, position: 2 ** 40 } },
    'a page and an end far away': {
      pages: [page(2 ** 40)],
      guard: { position: 0, before: after, during: head, after },
    },
  };

  test.each(Object.entries(tails))('%s is no tail', (_, tail) => {
    const bytes = withTail(tail);
    expect(readTail(new MemoryStorage(bytes))).toBeUndefined();
    const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
    try {
      const path = join(folder, 'x.h5');
      writeFileSync(path, bytes);
      expect(readSync(path)).toEqual({ a: 1 });
      for (const mode of ['r', 'r+'] as const) {
        for (const source of [path, bytes]) {
          const file = H5File.open(source as string, mode);
          expect(file.attrs.get('a')).toBe(1);
          file.close();
        }
      }
      expect(readFileSync(path).length).toBeLessThanOrEqual(bytes.length);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('an end of the file that is not there is found', () => {
    const bytes = withTail({ guard: { position: 0, before: after, during: head, after } });
    for (const mode of ['r', 'r+'] as const)
      expect(() => H5File.open(bytes.slice(), mode)).toThrow(/cut short/);
  });

  // Where the size of the guard, the number of pages, and the size of the first one stand.
  const words = { guard: 8, pages: 12 + 3 * 48, page: 12 + 3 * 48 + 4 + 8 };
  test.each(Object.entries(words))('a wrong size of the %s is no tail', (_, at) => {
    const pages = [page(100), page(200)];
    expect(readTail(new MemoryStorage(withTail({ pages })))?.pages).toEqual(pages);
    for (const wrong of [0, 1, 3, 15, 17, 47, 49, 1000, 2 ** 31, 2 ** 32 - 1]) {
      const bytes = withTail({ pages }, (journal) => journal.setUint32(at, wrong, true));
      expect(readTail(new MemoryStorage(bytes)), `${wrong}`).toBeUndefined();
      for (const mode of ['r', 'r+'] as const) H5File.open(bytes.slice(), mode).close();
    }
  });
});
