import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { H5LockedError, H5StaleError } from '../../src/errors.js';
import { deserialize, H5File, read, write } from '../../src/node.js';
import { seeded } from '../random.js';
import { THOROUGH } from '../thoroughness.js';
import { type Call, FaultStorage } from './fault-storage.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-readers-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a reader sees the state that it opened, or says that it is gone', () => {
  const path = join(folder, 'state.h5');
  const make = H5File.open(path, 'w');
  make.createDataset('data', { data: new Float64Array(50_000).fill(1) });
  make.attrs.set('n', 1);
  make.close();
  const reader = H5File.open(path);
  const writer = H5File.open(path, 'r+');
  writer.dataset('data').write(2, [[0, 25_000]]);
  // Not committed: nothing of it is there.
  expect(new Set(reader.dataset<Float64Array>('data').value)).toEqual(new Set([1]));
  writer.commit();
  expect(() => reader.dataset('data').value).toThrow(H5StaleError);
  expect(() => reader.dataset('data').value).toThrow(/open it again/);
  reader.close();
  const again = H5File.open(path);
  expect(again.dataset<Float64Array>('data').at(0)).toBe(2);
  writer.close();
  again.close();
  expect(H5File.open(path).dataset<Float64Array>('data').at(49_999)).toBe(1);
});

test('there is one writer', () => {
  const path = join(folder, 'locked.h5');
  const first = H5File.open(path, 'w');
  expect(() => H5File.open(path, 'r+')).toThrow(H5LockedError);
  expect(() => H5File.open(path, 'a')).toThrow(/is open for writing|locked|process/);
  first.attrs.set('a', 1);
  first.close();
  const second = H5File.open(path, 'r+');
  expect(second.attrs.get('a')).toBe(1);
  second.close();
});

test('who reads a file whose commit was interrupted sees it complete', async () => {
  const path = join(folder, 'interrupted.h5');
  await write(path, { list: [1, 2, 3], name: 'before' });
  const before = readFileSync(path);
  const storage = new FaultStorage(before);
  const file = H5File.open(storage, 'r+');
  file.attrs.set('name', 'after');
  file.commit();
  const seen = new Set<string>();
  const random = seeded(1);
  for (let call = 0; call < storage.calls.length; call++) {
    for (let i = 0; i < 20; i++) {
      const bytes = storage.killed(call, random);
      writeFileSync(path, bytes);
      // As long as the tail is not whole, opening it for writing is what mends it.
      const value = (await read(path).catch(() => {
        H5File.open(path, 'r+').close();
        return read(path);
      })) as { name: string };
      expect(['before', 'after']).toContain(value.name);
      seen.add(value.name);
      expect(deserialize(readFileSync(path))).toEqual({ list: [1, 2, 3], name: value.name });
    }
  }
  expect(seen.size).toBe(2);
});

/** What a call of a storage does to a file. */
function change(path: string, call: Call): void {
  if (call.kind === 'resize') truncateSync(path, call.size);
  if (call.kind !== 'write') return;
  const fd = openSync(path, 'r+');
  writeSync(fd, call.bytes, 0, call.bytes.length, call.position);
  closeSync(fd);
}

test('a reader that comes between any two calls of a writer never sees two states', () => {
  const path = join(folder, 'steps.h5');
  // Larger than a page that a reader keeps, and than what a writer gathers before it writes it.
  const [LARGE, HUGE] = [5000, 40_000];
  const first = H5File.open(undefined, 'w');
  first.createDataset('large', { data: new Float64Array(LARGE) });
  first.createDataset('small', { data: [0, 0, 0] });
  first.attrs.set('n', 0);
  const storage = new FaultStorage(first.toBytes());
  const file = H5File.open(storage, 'r+');
  for (let n = 1; n <= 4; n++) {
    file.attrs.set('n', n);
    file.dataset('large').write(n);
    file.delete('small');
    file.createDataset('small', { data: [n, n, n] });
    // What is new overwrites the tail of the last commit before that of this one is there.
    if (n % 2 === 0) file.createDataset(`new ${n}`, { data: new Float64Array(HUGE + n) });
    file.commit();
  }
  file.close();

  const { calls } = storage;
  let stale = 0;
  let whole = 0;
  for (let opened = 0; opened <= calls.length; opened += THOROUGH ? 1 : 2) {
    writeFileSync(path, storage.killed(opened));
    const readers = Array.from({ length: calls.length - opened + 1 }, () => H5File.open(path));
    for (const [later, reader] of readers.entries()) {
      const call = calls[opened + later - 1];
      if (later > 0 && call) change(path, call);
      try {
        const n = reader.attrs.get('n');
        const { value } = reader.dataset<Float64Array>('large');
        const seen = new Set([...value, ...reader.dataset<number[]>('small').value]);
        expect([...seen], `opened before call ${opened}, read before call ${opened + later}`).toEqual([n]);
        whole++;
      } catch (error) {
        if (!(error instanceof H5StaleError)) throw error;
        stale++;
      }
      reader.close();
    }
  }
  expect(whole).toBeGreaterThan(calls.length);
  expect(stale).toBeGreaterThan(calls.length);
});
