/** What ends in an error is closed all the same, where nobody has a handle to close it by. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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

describe('a commit at the end of a task that fails', () => {
  const failing = () => {
    const storage = new FullStorage();
    const dict = H5Dict.open<Record<string, unknown>>(storage, { mode: 'w' });
    dict.set('text', 'that is lost');
    storage.isFull = true;
    return dict;
  };
  const uncaught: unknown[] = [];
  const listener = (error: unknown) => void uncaught.push(error);
  // Vitest has listeners of its own, for which it would be a failure.
  let others: NodeJS.UncaughtExceptionListener[];
  beforeEach(() => {
    others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', listener);
    uncaught.length = 0;
  });
  afterEach(() => {
    process.removeAllListeners('uncaughtException');
    for (const each of others) process.on('uncaughtException', each);
  });
  const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 20));

  test('is an uncaught error, if nobody asks', async () => {
    failing();
    await nextTurn();
    expect(uncaught.map(String)).toEqual(['Error: no space']);
  });

  test('is thrown by what asks, and then by nothing else', async () => {
    const dict = failing();
    await Promise.resolve();
    expect(() => dict.commit()).toThrow('no space');
    await nextTurn();
    expect(uncaught).toEqual([]);
  });

  test.each(['commit', 'close'] as const)('is told once, if the program asks first: %s', async (end) => {
    const dict = failing();
    expect(() => dict[end]()).toThrow('no space');
    await nextTurn();
    expect(uncaught).toEqual([]);
  });
});
