import { expect, test } from 'vitest';
import { MemoryStorage } from '../../src/storage/memory.js';
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
