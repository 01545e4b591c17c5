import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { H5File, indexes } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import type { WritableStorage } from '../../src/storage/storage.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, h5py, runPython } from '../oracle/oracles.js';
import { seeded } from '../random.js';
import { expectSame } from '../same.js';
import { FaultStorage } from '../storage/fault-storage.js';
import { runs, SEED, THOROUGH } from '../thoroughness.js';
import { expectAsH5py } from './compare.js';
import { checkCut, crash, DURABILITIES, run } from './crash.js';
import { describeFile, Editing } from './editing-model.js';

const CUTS = Number(process.env.H5PICKLE_CUTS ?? (THOROUGH ? 30 : 12));
const OPERATIONS = THOROUGH ? 1200 : 150;

describe('a crash leaves the state before a commit or after it', () => {
  test.each(DURABILITIES)(
    `durability ${'%s'}: ${CUTS} cuts, seed ${SEED}`,
    { timeout: 3_000_000 },
    (durability) => {
      expect(crash(SEED, CUTS, durability, OPERATIONS)).toBeGreaterThan(OPERATIONS / 12);
    },
  );
});

describe('a commit that changes more in place than its buffer holds can be cut anywhere', () => {
  // What is written by a few, in an order that the file does not have, is page by page in memory and in the tail; what is
  // written at once is in large pieces.
  test.each([
    ['page by page', 1000, 40, 1, THOROUGH ? 3 : 24],
    ['in large pieces', 49_985, 4, THOROUGH ? 8 : 2, 1],
  ])('%s', (_, length, most, rounds, step) => {
    const make = H5File.open(new Uint8Array(0), 'w');
    make.createDataset('data', { data: new Float64Array(50_000).fill(1) });
    const storage = new FaultStorage(make.toBytes());
    const file = H5File.open(storage, 'r+', { durability: 'full' });
    const dataset = file.dataset<Float64Array>('data');
    const commits = [0];
    for (const value of [2, 3]) {
      const starts = Array.from({ length: Math.ceil(49_985 / length) }, (_, i) => 5 + i * length);
      for (const at of starts.reverse()) dataset.write(value, [[at, Math.min(at + length, 49_990)]]);
      file.commit();
      commits.push(storage.calls.length);
    }
    file.close();
    // The tail alone takes several writes.
    const writes = storage.calls.slice(0, commits[1]).filter(({ kind }) => kind === 'write');
    expect(writes.length).toBeGreaterThan(most);
    const random = seeded(SEED);
    for (let call = 0; call < storage.calls.length; call += call < 5 ? 1 : step) {
      const done = commits.findLastIndex((at) => at <= call) + 1;
      for (let round = 0; round < rounds; round++) {
        for (const bytes of [storage.killed(call, random), storage.cut(call, random)]) {
          const left = H5File.open(new FaultStorage(bytes), 'r+').dataset<Float64Array>('data').value;
          const [first, ...others] = [...new Set(left.subarray(5, 49_990))];
          expect(others, `after a crash in call ${call}`).toEqual([]);
          expect([done, done + 1]).toContain(first);
          expect([left[4], left[49_990]]).toEqual([1, 1]);
        }
      }
    }
  });
});

describe('an error of the storage', () => {
  test.each(['nothing', 'half', 'all'] as const)(
    'that does %s leaves the old state or the new one',
    (done) => {
      const editing = new Editing(SEED);
      for (let i = 0; i < 60; i++) editing.step();
      const bytes = editing.file.toBytes();
      const before = describeFile(H5File.open(bytes));
      let finished = false;
      for (let call = 0; !finished; call++) {
        const storage = new FaultStorage(bytes);
        const file = H5File.open(storage, 'r+');
        const error = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
        file.attrs.set('x', 'y'.repeat(1000));
        file.createDataset('new data', { data: new Float64Array(100_000) });
        file.delete([...file.keys()][0] as string);
        const after = describeFile(file);
        storage.failure = { call: storage.calls.length + call, error, done };
        let code: unknown;
        try {
          file.commit();
          finished = true;
        } catch (thrown) {
          code = (thrown as { code: unknown }).code;
        }
        storage.failure = undefined;
        if (code === 'H5_UNFINISHED') {
          // The handle is of no use any more, and says so; who opens the file finds what was committed.
          expect(() => file.attrs.set('z', 1)).toThrow(/opening the file again/);
          expect([before, after]).toContain(
            describeFile(H5File.open(new FaultStorage(storage.bytes()), 'r+')),
          );
        } else if (!finished) {
          expect(code).toBe('ENOSPC');
          expect(describeFile(file)).toBe(before);
          file.attrs.set('z', 1);
          file.commit();
          expect(H5File.open(storage.bytes()).attrs.get('z')).toBe(1);
        } else {
          expect(describeFile(file)).toBe(after);
        }
      }
    },
  );

  test('at the end of the use of a file does not lose what is free in it', () => {
    const first = H5File.open(undefined, 'w');
    first.createDataset('old', { data: new Float64Array(50_000) });
    first.createDataset('kept', { data: new Float64Array(10_000) });
    const storage = new FaultStorage(first.toBytes());
    const file = H5File.open(storage, 'r+');
    // What is new makes the tail give way, so that the file is longer than it needs to be.
    file.createDataset('new', { data: new Float64Array(50_000) });
    file.delete('old');
    file.commit();
    storage.failure = { call: storage.calls.length, error: new Error('ENOSPC'), done: 'nothing' };
    file.close();
    storage.failure = undefined;
    expect([...H5File.open(storage, 'r+').keys()]).toEqual(['kept', 'new']);
    const { problems, bytes } = verifyStorage(new MemoryStorage(storage.bytes()), { indexes });
    expect([problems, bytes.leaked]).toEqual([[], 0]);
    expect(bytes.free).toBeGreaterThan(390_000);
  });

  test('after `compact` has put the new file in the place of the old one does not damage that', () => {
    /** Puts a storage in the place of this one, and then fails, or as soon as that is read. */
    class Replaced extends MemoryStorage {
      other: MemoryStorage | undefined;
      failure: 'replacing' | 'reading' | undefined;
      override get size(): number {
        return this.other?.size ?? super.size;
      }
      override read(position: number, length: number): Uint8Array {
        if (this.other && this.failure === 'reading') throw new Error('EIO');
        return this.other?.read(position, length) ?? super.read(position, length);
      }
      override copy(position: number, length: number): Uint8Array<ArrayBuffer> {
        return new Uint8Array(this.read(position, length));
      }
      override write(position: number, bytes: Uint8Array): void {
        if (this.other) this.other.write(position, bytes);
        else super.write(position, bytes);
      }
      override resize(size: number): void {
        if (this.other) this.other.resize(size);
        else super.resize(size);
      }
      override replace(make: (storage: WritableStorage) => void): void {
        const other = new MemoryStorage();
        make(other);
        this.other = other;
        if (this.failure === 'replacing') throw new Error('EIO');
      }
      override close(): void {}
    }
    for (const failure of ['replacing', 'reading'] as const) {
      const first = H5File.open(undefined, 'w');
      first.createDataset('old', { data: new Float64Array(50_000) });
      const storage = new Replaced(first.toBytes());
      const file = H5File.open(storage, 'r+');
      // What is new makes the tail give way, so that the file is longer than it needs to be.
      file.createDataset('new', { data: new Float64Array(50_000) });
      file.delete('old');
      storage.failure = failure;
      expect(() => file.compact()).toThrow(/close it, and open it again/);
      storage.failure = undefined;
      const made = storage.copy(0, storage.size);
      if (failure === 'reading') file.rollback();
      file.close();
      // Where the old one ends it might be cut off, or get what is no part of it.
      expect(storage.size).toBe(made.length);
      expectSame(storage.copy(0, storage.size), made);
      const again = H5File.open(storage, 'r+');
      expect([...again.keys()]).toEqual(['new']);
      expect(again.dataset('new').shape).toEqual([50_000]);
    }
  });
});

const MAKE = `
import sys, h5py
with h5py.File(sys.argv[1], 'w') as f:
    for i in range(5):
        g = f.create_group(f'g{i}')
        g.attrs['a0'] = i
        for j in range(3): g[f'd{j}'] = [i, j, 0.5]
`;

describeOracle('h5py', () => {
  // Its superblock has no flags, and repeats what the root group has.
  test.each(DURABILITIES)('a file of version 0: durability %s', { timeout: 600_000 }, (durability) => {
    const folder = mkdtempSync(join(tmpdir(), 'h5pickle-crash-'));
    try {
      const path = join(folder, 'theirs.h5');
      runPython(['-c', MAKE, path]);
      const random = seeded(SEED + 2);
      const edits = run(SEED + 2, THOROUGH ? 300 : 80, durability, new Uint8Array(readFileSync(path)));
      for (let i = 0; i < runs(60); i++)
        checkCut(edits, random(edits.storage.calls.length), random, durability === 'off' || i % 3 === 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('reads what is left', { timeout: 600_000 }, async () => {
    const random = seeded(SEED + 1);
    const edits = run(SEED + 1, OPERATIONS / 4, 'full');
    for (let i = 0; i < runs(25); i++) {
      const bytes = checkCut(edits, random(edits.storage.calls.length), random, false);
      const theirs = await h5py(bytes);
      expect(expectAsH5py(H5File.open(bytes), theirs)).toBe(Object.keys(theirs.objects).length);
    }
  });
});
