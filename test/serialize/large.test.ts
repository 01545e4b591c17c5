import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { deserialize, serialize, TypeRegistry } from '../../src/index.js';
import { runs } from '../thoroughness.js';

const same = (value: unknown) => isDeepStrictEqual(deserialize(serialize(value)), value);

describe('depth', () => {
  it(`a list of ${runs(100_000)} links`, () => {
    let list: unknown = null;
    for (let i = 0; i < runs(100_000); i++) list = { i, next: list };
    let copy = deserialize<{ i: number; next: unknown } | null>(serialize(list));
    for (let i = runs(100_000) - 1; i >= 0; i--) {
      if (copy?.i !== i) expect.fail(`link ${i}`);
      copy = copy.next as typeof copy;
    }
    expect(copy).toBeNull();
  });

  it('arrays within arrays, 10,000 deep', () => {
    let nested: unknown = 'core';
    for (let i = 0; i < 10_000; i++) nested = i % 3 === 0 ? [nested, i] : [nested];
    let copy = deserialize(serialize(nested));
    let depth = 0;
    for (; Array.isArray(copy); depth++) copy = copy[0];
    expect([depth, copy]).toEqual([10_000, 'core']);
  });

  it('Maps within Maps, as keys and as values, 5,000 deep', () => {
    let nested = new Map<unknown, unknown>();
    for (let i = 0; i < 5000; i++) nested = i % 2 ? new Map([[nested, i]]) : new Map([['inner', nested]]);
    let copy = deserialize<Map<unknown, unknown>>(serialize(nested));
    let depth = 0;
    for (; copy.size > 0; depth++) {
      const [[key, value]] = [...copy] as [[unknown, unknown]];
      copy = (key === 'inner' ? value : key) as typeof copy;
    }
    expect(depth).toBe(5000);
  });
});

describe('size', () => {
  it.each<[string, () => unknown]>([
    [
      'an object of 100,000 keys',
      () => Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key ${i}`, i])),
    ],
    [
      'a Map of 100,000 objects',
      () => new Map(Array.from({ length: 100_000 }, (_, i) => [`key ${i}`, { i }])),
    ],
    ['a million numbers', () => Array.from({ length: 1_000_000 }, (_, i) => i / 3)],
    ['a million integers', () => Array.from({ length: 1_000_000 }, (_, i) => i)],
    [
      '70,000 strings of many lengths',
      () => Array.from({ length: 70_000 }, (_, i) => 'x'.repeat(i % 97 === 0 ? 500 : i % 5)),
    ],
    [
      '100,000 records',
      () => Array.from({ length: 100_000 }, (_, i) => ({ id: i, name: `n${i}`, on: i % 2 === 0 })),
    ],
    ['100,000 points', () => Array.from({ length: 100_000 }, (_, i) => [i % 300, i % 7])],
    ['100,000 equal records', () => Array.from({ length: 100_000 }, () => ({ x: 0, y: 0 }))],
    [
      '1,000 members',
      () => Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i % 2 ? i : { i }])),
    ],
    [
      'a table of 1,000 columns',
      () =>
        Array.from({ length: 20 }, () =>
          Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`c${i}`, i])),
        ),
    ],
  ])('%s', (_, make) => {
    expect(same(make())).toBe(true);
  });

  it('300 classes in one list', () => {
    const registry = new TypeRegistry();
    const list = Array.from({ length: 300 }, (_, i) => {
      const type = class {
        value = i;
      };
      registry.register(type, { name: `class ${i}` });
      return new type();
    });
    const copy = deserialize<typeof list>(serialize([...list, ...list.slice(0, 3)], { registry }), {
      registry,
    });
    expect(copy.map(({ value }) => value)).toEqual([...list.keys(), 0, 1, 2]);
    for (const [i, item] of list.entries())
      expect(Object.getPrototypeOf(copy[i])).toBe(Object.getPrototypeOf(item));
    expect(copy[300]).toBe(copy[0]);
  });
});
