import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeExtents, encodeExtents, FreeSpace } from '../../src/hdf5/free-space.js';
import { runs } from '../thoroughness.js';

const SIZE = 4096;

/** The same as a bitmap: one byte a byte of the file. */
class Bitmap {
  readonly free = new Uint8Array(SIZE);

  extents(): [number, number][] {
    const extents: [number, number][] = [];
    for (let i = 0; i < SIZE; i++) {
      const last = extents.at(-1);
      if (!this.free[i]) continue;
      if (last && last[0] + last[1] === i) last[1]++;
      else extents.push([i, 1]);
    }
    return extents;
  }
}

describe('free space', () => {
  test('takes what it has found, among many that do not fit', () => {
    const space = new FreeSpace();
    for (let i = 0; i < 100; i++) space.add(16 * i + 4, 4);
    space.add(1608, 6);
    expect(space.takeUpTo(2, 4096)).toEqual([1608, 6]);
    expect(space.takeUpTo(2, 4096)).toBeUndefined();
    expect(space.take(1)).toBeUndefined();
    expect([space.count, space.total]).toEqual([100, 400]);
  });

  test('takes as much as there is, up to a limit, and gives back the rest', () => {
    const extent = fc.record({ gap: fc.integer({ min: 1, max: 20 }), size: fc.integer({ min: 1, max: 40 }) });
    const sizes = fc.record({ size: fc.integer({ min: 1, max: 30 }), most: fc.nat(60) });
    fc.assert(
      fc.property(
        fc.array(extent, { maxLength: 80 }),
        fc.array(sizes, { maxLength: 40 }),
        (extents, calls) => {
          const space = new FreeSpace();
          const free = new Set<number>();
          let end = 0;
          for (const { gap, size } of extents) {
            space.add(end + gap, size);
            for (let i = 0; i < size; i++) free.add(end + gap + i);
            end += gap + size;
          }
          for (const { size, most } of calls) {
            const taken = space.takeUpTo(size, most);
            if (!taken) continue;
            const [address, length] = taken;
            expect(address % 8).toBe(0);
            expect(length).toBeGreaterThanOrEqual(size);
            expect(length).toBeLessThanOrEqual(Math.max(size, most));
            for (let i = 0; i < length; i++) expect(free.delete(address + i)).toBe(true);
            expect(space.total).toBe(free.size);
          }
        },
      ),
      { numRuns: runs(200) },
    );
  });

  test('agrees with a bitmap', () => {
    const step = fc.record({
      add: fc.boolean(),
      address: fc.nat(SIZE - 1),
      size: fc.integer({ min: 1, max: 300 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const space = new FreeSpace();
        const bitmap = new Bitmap();
        for (const { add, address, size } of steps) {
          if (add) {
            const end = Math.min(address + size, SIZE);
            if (bitmap.free.subarray(address, end).includes(1)) continue;
            space.add(address, end - address);
            bitmap.free.fill(1, address, end);
          } else {
            const largest = Math.max(0, ...bitmap.extents().map(([start, length]) => length - (-start & 7)));
            const taken = space.take(size);
            // What is found only after several tries of its order of magnitude may be missed.
            if (taken === undefined) expect(largest).toBeLessThan(2 ** (Math.floor(Math.log2(size)) + 1));
            else {
              expect(taken % 8).toBe(0);
              expect(bitmap.free.subarray(taken, taken + size)).toEqual(new Uint8Array(size).fill(1));
              bitmap.free.fill(0, taken, taken + size);
            }
          }
          expect(space.extents()).toEqual(bitmap.extents());
          expect(space.count).toBe(bitmap.extents().length);
          expect(space.total).toBe(bitmap.free.reduce((sum, free) => sum + free, 0));
        }
        const extents = space.extents();
        expect(decodeExtents(encodeExtents(extents), 0, SIZE)).toEqual(extents);
        expect(new FreeSpace(extents).extents()).toEqual(extents);
      }),
      { numRuns: runs(200) },
    );
  });

  test('takes what is of the right size first', () => {
    const space = new FreeSpace([
      [0, 1000],
      [2000, 64],
      [3000, 500],
    ]);
    expect(space.take(64)).toBe(2000);
    expect(space.take(400)).toBe(3000);
    expect(space.takeEnd(1000)).toBe(0);
    expect(space.takeEnd(1000)).toBe(1000);
    expect(space.extents()).toEqual([[3400, 100]]);
  });

  test(`holds ${runs(100_000)} extents`, () => {
    const space = new FreeSpace();
    for (let i = 0; i < runs(100_000); i++) space.add(i * 64, 32);
    for (let i = 0; i < runs(100_000); i++) if (space.take(32) === undefined) throw new Error(`no ${i}`);
    expect([space.total, space.count]).toEqual([0, 0]);
  });
});

test('extents of a damaged file are none', () => {
  const far = encodeExtents([[2 ** 52, 2 ** 51]]);
  expect(decodeExtents(far, 0, 2 ** 53)).toEqual([[2 ** 52, 2 ** 51]]);
  expect(decodeExtents(far, 0, 2 ** 52)).toBeUndefined();
  expect(decodeExtents(far.subarray(0, -1), 0, 2 ** 53)).toBeUndefined();
  expect(decodeExtents(encodeExtents([[40, 8]]), 48, 100)).toBeUndefined();
  expect(decodeExtents(new Uint8Array(20).fill(255), 0, 2 ** 53)).toBeUndefined();
  expect(decodeExtents(new Uint8Array([8, 0]), 0, 100)).toBeUndefined();
});
