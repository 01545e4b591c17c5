import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hashArray,
  hashObject,
  hashRows,
  IdentityTable,
  mix,
  RangeTable,
} from '../../src/serialize/identity.js';
import { runs } from '../thoroughness.js';

describe('IdentityTable', () => {
  it('agrees with a Map, whatever the hashes', () => {
    // Few different hashes: nearly all objects share theirs with others.
    const step = fc.record({ object: fc.nat(300), spread: fc.constantFrom(1, 3, 1000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 2000 }), (steps) => {
        const objects = Array.from({ length: 301 }, () => ({}));
        const hashes = objects.map((_, i) => mix(1, i % 7));
        const table = new IdentityTable();
        const model = new Map<object, number>();
        for (const { object: i } of steps) {
          const object = objects[i] as object;
          const known = model.get(object) ?? -1;
          expect(table.claim(object, hashes[i] as number, i % 3)).toBe(known);
          if (known < 0) model.set(object, model.size);
          expect(table.find(object, hashes[i] as number)).toBe(model.get(object));
        }
        expect(table.size).toBe(model.size);
      }),
      { numRuns: 30 },
    );
  });

  it.each([1, 10, runs(100_000)])(`holds ${runs(100_000)} objects of %d different hashes`, (kinds) => {
    const table = new IdentityTable();
    const objects = Array.from({ length: runs(100_000) }, (_, i) => ({ i }));
    for (const [i, object] of objects.entries())
      if (table.claim(object, mix(1, i % kinds), 13) !== -1) expect.fail(`${i}`);
    for (const [i, object] of objects.entries())
      if (table.claim(object, mix(1, i % kinds), 13) !== i) expect.fail(`${i}`);
  });

  it('knows objects that came all together when more of their kind come', () => {
    const table = new IdentityTable();
    const rows = Array.from({ length: 1000 }, (_, id) => ({ id, name: `row ${id % 3}`, x: id / 2, y: 0 }));
    const other = { id: 3, name: 'row 0', x: 1.5, y: 1 };
    const date = new Date(0);
    expect(table.claim(date, 5, 4)).toBe(-1);
    expect(table.claimAll(rows, 20, ['id', 'name', 'x', 'y'])).toBe(true);
    expect(table.size).toBe(1001);
    // Of another kind: they wait on.
    expect(table.claim(date, 5, 4)).toBe(0);
    expect(table.claim(rows[3] as object, hashObject(rows[3] as object), 20)).toBe(4);
    expect(table.claim(other, hashObject(other), 20)).toBe(-1);
    expect(table.find(other, hashObject(other))).toBe(1001);
    for (const [i, row] of rows.entries())
      if (table.find(row, hashObject(row)) !== i + 1) expect.fail(`${i}`);
    // Some have been met: whether these are among them, they must be asked one by one.
    expect(table.claimAll([{ id: 1 }], 20, ['id'])).toBe(false);
    expect(table.claimAll([{ id: 1 }], 4, ['id'])).toBe(false);
    expect(table.claimAll([], 21, ['id'])).toBe(true);
    expect(table.claimAll([], 21, ['id'])).toBe(false);
  });
});

it('RangeTable finds the owner of a number and its place', () => {
  const table = new RangeTable<string>();
  table.add(0, 'a');
  table.add(1, 'b');
  table.add(5, 'c');
  expect([0, 1, 4, 5, 900].map((number) => table.locate(number))).toEqual([
    { owner: 'a', index: 0 },
    { owner: 'b', index: 0 },
    { owner: 'b', index: 3 },
    { owner: 'c', index: 0 },
    { owner: 'c', index: 895 },
  ]);
});

it('hashes tell most contents apart and are the same for the same content', () => {
  expect(hashArray([1, 2])).toBe(hashArray([1, 2]));
  expect(hashObject({ a: 'x', b: 1 })).toBe(hashObject({ a: 'x', b: 1 }));
  const hashes = new Set(
    Array.from({ length: 10_000 }, (_, i) => hashObject({ kind: 'node', id: i, x: i / 3 })),
  );
  expect(hashes.size).toBeGreaterThan(9_990);
  const rows = Array.from({ length: 10 }, (_, id) => ({ kind: 'node', id, x: id / 3, y: 1 }));
  expect([...hashRows(rows, Object.keys(rows[0] as object))]).toEqual(rows.map(hashObject));
  expect([...hashRows(rows, ['kind', 'id'])]).toEqual(rows.map(({ kind, id }) => hashObject({ kind, id })));
});
