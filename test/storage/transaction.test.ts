import { expect, test } from 'vitest';
import { MemoryStorage } from '../../src/storage/memory.js';
import { readTail } from '../../src/storage/tail.js';
import { type Savepoint, Transaction } from '../../src/storage/transaction.js';
import { seeded } from '../random.js';
import { runs, SEED } from '../thoroughness.js';

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
  const [before, during, complete, after] = [0, 1, 2, 3].map((byte) => new Uint8Array(8).fill(byte)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const guard = { position: 0, before, during, complete, after };
  transaction.commit({ end: 120, guard, note: new Uint8Array(0) });
  expect(readTail(storage)?.end).toBe(120);
  expect(storage.read(100, 20)).toEqual(new Uint8Array(20).fill(1));
});

test(`there is a way back to each savepoint, whatever is changed and given up since: seed ${SEED}`, () => {
  const random = seeded(SEED);
  const size = 200_000;
  for (let run = 0; run < runs(300); run++) {
    const transaction = new Transaction(new MemoryStorage(new Uint8Array(size)), size, {
      durability: 'off',
      commit: 1,
      note: new Uint8Array(0),
    });
    let content = new Uint8Array(size);
    const open: { content: Uint8Array<ArrayBuffer>; savepoint: Savepoint }[] = [];
    for (let step = 0; step < 40; step++) {
      const what = random(10);
      if (what < 5) {
        // One in ten is so large that whole pages are written side by side.
        const length = 1 + random(random(10) === 0 ? 100_000 : 6000);
        const position = random(size - length);
        const bytes = new Uint8Array(length).fill(1 + random(255));
        transaction.write(position, bytes);
        content.set(bytes, position);
      } else if (what < 7) {
        open.push({ content: content.slice(), savepoint: transaction.savepoint() });
      } else if (open.length > 0 && what < 9) {
        // To go back to one is to go back behind those that came after it.
        const at = random(3) === 0 ? random(open.length) : open.length - 1;
        const [{ savepoint, content: before }] = open.splice(at) as [(typeof open)[0]];
        savepoint.goBack();
        content = before;
      } else if (random(4) > 0) {
        open.pop()?.savepoint.giveUp();
      } else {
        // Also when another one that is still open came after it: then it is left as it is.
        open.splice(random(open.length), 1);
      }
      expect(Buffer.compare(transaction.copy(0, size), content), `run ${run}, step ${step}`).toBe(0);
    }
  }
});
