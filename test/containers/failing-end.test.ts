/** What ends in an error is closed all the same, where nobody has a handle to close it by. */
import { expect, test } from 'vitest';
import { H5Dict, H5File, H5List } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';

/** A storage of which every write fails from some moment on. */
class FullStorage extends MemoryStorage {
  isFull = false;
  isClosed = false;
  /** Bytes of one write. */
  most = Number.POSITIVE_INFINITY;

  override write(position: number, bytes: Uint8Array): void {
    if (this.isFull || bytes.length > this.most) throw new Error('no space');
    super.write(position, bytes);
  }

  override resize(size: number): void {
    if (this.isFull) throw new Error('no space');
    super.resize(size);
  }

  override close(): void {
    this.isClosed = true;
  }
}

test.each(['microtask', 'manual'] as const)(
  'a collection that is left, and cannot be committed: %s',
  (commit) => {
    for (const open of [
      (storage: FullStorage) => {
        const dict = H5Dict.open<Record<string, unknown>>(storage, { mode: 'w', commit });
        dict.set('large', new Float64Array(1000));
        return dict;
      },
      (storage: FullStorage) => {
        const list = H5List.open<unknown>(storage, { mode: 'w', commit });
        list.push('some', 1, 'thing');
        return list;
      },
    ]) {
      const storage = new FullStorage();
      const collection = open(storage);
      storage.isFull = true;
      expect(() => collection[Symbol.dispose]()).toThrow('no space');
      expect([collection.isOpen, storage.isClosed]).toEqual([false, true]);
    }
  },
);

test('a dict that cannot be written', () => {
  const storage = new FullStorage();
  storage.most = 10_000;
  expect(() => H5Dict.write(storage, { large: new Float64Array(100_000) })).toThrow('no space');
  expect(storage.isClosed).toBe(true);
  expect(() => H5File.open(storage)).toThrow();
});
