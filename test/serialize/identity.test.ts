import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deserialize, serialize } from '../../src/node.js';
import { AlikeIdentity } from '../../src/serialize/alike-identity.js';
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

describe('AlikeIdentity', () => {
  const steps = (count: number) => Array.from({ length: count }, (_, i) => [i % 7, i % 5]);
  const KIND = 9;
  const kinds = (count: number) => new Uint16Array(count).fill(KIND);

  it('takes in many arrays that hold much the same together, and finds them by themselves', () => {
    const table = new AlikeIdentity();
    const before = [[1, 2], [3, 4], { 0: 1 }];
    for (const [i, each] of before.entries()) expect(table.claim(each, mix(1, i), KIND)).toBe(-1);
    const many = steps(40_000);
    expect(table.claimMany(many, kinds(40_000))).toBe(true);
    expect(table.size).toBe(40_003);
    expect(table.object(3)).toBe(many[0]);
    const after = [1, 2];
    expect(table.claim(after, hashArray(after), KIND)).toBe(-1);
    for (const [i, each] of many.entries()) {
      if (table.find(each, hashArray(each)) !== i + 3) expect.fail(`found ${i}`);
      if (table.claim(each, hashArray(each), KIND) !== i + 3) expect.fail(`met ${i}`);
    }
    expect(table.find(after, hashArray(after))).toBe(40_003);
    expect(table.find(before[1] as object, mix(1, 1))).toBe(1);
    // Others of them are not the same.
    expect(table.claimMany(steps(50_000), kinds(50_000))).toBe(true);
    expect(table.size).toBe(90_004);
  });

  it('leaves it to claim where something has been met, stands there twice, or is of another kind', () => {
    const table = new AlikeIdentity();
    const many = steps(40_000);
    const met = many[39_000] as number[];
    table.claim(met, hashArray(met), KIND);
    expect(table.claimMany(many, kinds(40_000))).toBe(false);
    const others = steps(40_000);
    expect(table.claimMany([...others, others[7]], kinds(40_001))).toBe(false);
    expect(table.claimMany(others, kinds(40_000).fill(3, 5, 6))).toBe(false);
    expect(table.claimMany(steps(1000), kinds(1000))).toBe(false);
    const different = Array.from({ length: 40_000 }, (_, i) => [i, i / 3]);
    expect(table.claimMany(different, kinds(40_000))).toBe(false);
    expect(table.size).toBe(1);
    expect(table.claimMany(others, kinds(40_000))).toBe(true);
  });

  it('keeps what is shared within such lists, before and behind them', () => {
    const line = steps(40_000);
    const value = {
      first: line[3],
      lines: [line.slice(0, 30_000), line.slice(30_000)],
      again: [[line[39_999], line[5]], [[[line[30_000]]]]],
    };
    const twice = { lines: [[...line, line[17]], line.slice(100, 200)] };
    const copy = deserialize<typeof value>(serialize(value));
    expect(copy).toEqual(value);
    expect(copy.first).toBe(copy.lines[0]?.[3]);
    expect(copy.again[0]?.[0]).toBe(copy.lines[1]?.[9999]);
    expect(copy.again[0]?.[1]).toBe(copy.lines[0]?.[5]);
    expect((copy.again[1] as number[][][][])[0]?.[0]?.[0]).toBe(copy.lines[1]?.[0]);
    const { lines } = deserialize<typeof twice>(serialize(twice));
    expect(lines[0]?.[40_000]).toBe(lines[0]?.[17]);
    expect(lines[1]?.[5]).toBe(lines[0]?.[105]);
    expect(new Set(lines.flat()).size).toBe(40_000);
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
