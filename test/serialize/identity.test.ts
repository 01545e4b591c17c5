import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashArray, hashObject, IdentityTable, mix, RangeTable } from '../../src/serialize/identity.js';

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
          expect(table.claim(object, hashes[i] as number)).toBe(known);
          if (known < 0) model.set(object, model.size);
          expect(table.find(object, hashes[i] as number)).toBe(model.get(object));
        }
        expect(table.size).toBe(model.size);
      }),
      { numRuns: 30 },
    );
  });

  it.each([1, 10, 100_000])('holds 100,000 objects of %d different hashes', (kinds) => {
    const table = new IdentityTable();
    const objects = Array.from({ length: 100_000 }, (_, i) => ({ i }));
    for (const [i, object] of objects.entries()) expect(table.claim(object, mix(1, i % kinds))).toBe(-1);
    for (const [i, object] of objects.entries())
      if (table.claim(object, mix(1, i % kinds)) !== i) expect.fail(`${i}`);
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
});
