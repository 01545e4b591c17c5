import { expect, test } from 'vitest';
import { MemoryStorage } from '../../src/storage/memory.js';
import { readTail } from '../../src/storage/tail.js';
import { Transaction } from '../../src/storage/transaction.js';

test('a look ahead beyond what has been written so far sees zeros', () => {
  const storage = new MemoryStorage();
  const transaction = new Transaction(storage, 0, { durability: 'off', commit: 0 });
  transaction.writeFresh(1000, new Uint8Array(100).fill(1));
  // Sends the first bytes to the storage.
  transaction.writeFresh(0, new Uint8Array(100).fill(2));
  const expected = new Uint8Array(512);
  expected.fill(1, 0, 50);
  expect(transaction.read(1050, 512)).toEqual(expected);
  expect(transaction.copy(1050, 512)).toEqual(expected);
});

test('new bytes that were given back before the commit do not go over its tail', () => {
  const storage = new MemoryStorage(new Uint8Array(100));
  const transaction = new Transaction(storage, 100, {
    durability: 'full',
    commit: 1,
    note: new Uint8Array(0),
  });
  transaction.writeFresh(100, new Uint8Array(50).fill(1));
  const state = new Uint8Array(8);
  const guard = { position: 0, before: state, during: state.slice().fill(1), after: state.slice().fill(2) };
  transaction.commit({ end: 120, guard, note: new Uint8Array(0) });
  expect(readTail(storage)?.end).toBe(120);
  expect(storage.read(100, 20)).toEqual(new Uint8Array(20).fill(1));
});
