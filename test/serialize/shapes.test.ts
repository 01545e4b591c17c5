import { describe, expect, it } from 'vitest';
import { deserialize, serialize, TypeRegistry } from '../../src/node.js';
import { gatherUniform, groupRows, mergeShapes, type RowGroup } from '../../src/serialize/shapes.js';

const read = (row: object, key: string) => (row as Record<string, unknown>)[key];
const merge = (rows: object[]) => mergeShapes(groupRows(rows, undefined), rows.length);
const repeat = (count: number, make: (i: number) => object) =>
  Array.from({ length: count }, (_, i) => make(i));

describe('groupRows', () => {
  it('sorts rows by their keys and the order of them', () => {
    const shapes = groupRows([{ a: 1, b: 2 }, { b: 1, a: 2 }, { a: 3, b: 4 }, {}], undefined);
    expect(shapes.map(({ keys, rows }) => ({ keys, rows }))).toEqual([
      { keys: ['a', 'b'], rows: [0, 2] },
      { keys: ['b', 'a'], rows: [1] },
      { keys: [], rows: [3] },
    ]);
  });

  it('does not take inherited properties for own ones', () => {
    const prototype = { b: 'inherited' };
    const rows = [
      Object.assign(Object.create(prototype), { a: 1 }),
      Object.assign(Object.create(prototype), { a: 2 }),
    ];
    expect(groupRows(rows, undefined).map(({ keys }) => keys)).toEqual([['a']]);
    expect(gatherUniform(rows, ['a'])).toBeUndefined();
  });
});

it('takes fields by their names where instances have them in another order than their class', () => {
  class Pair {
    [name: string]: unknown;
  }
  const registry = new TypeRegistry().register(Pair, { name: 'Pair', fields: ['a', 'b'] });
  const pair = (values: object) => Object.assign(new Pair(), values);
  for (const list of [
    [pair({ a: 1, b: 2 }), pair({ b: 2, a: 1 })],
    [pair({ a: 1, b: 'two' }), pair({ b: 'two', a: 1 }), pair({ a: 1, b: 'two' })],
    [pair({ b: [2], a: 1 }), pair({ a: 1, b: [2] }), pair({ b: [2], a: 1 }), 5],
  ]) {
    const copy = deserialize(serialize(list, { registry }), { registry });
    expect(copy).toEqual(list);
  }
});

describe('mergeShapes', () => {
  it('makes one table of rows that lack some keys, in an order that suits all', () => {
    const rows = [
      { a: 1, c: 3 },
      { a: 1, b: 2, c: 3 },
      { b: 2, c: 3, d: 4 },
    ];
    const groups = merge(rows);
    expect(groups?.map(({ columns }) => columns)).toEqual([['a', 'b', 'c', 'd']]);
    const [a, b, , d] = (groups as RowGroup[])[0]!.gather(rows, read);
    expect(a).toEqual([1, 1, undefined]);
    expect(2 in (a as unknown[])).toBe(false);
    expect(b).toEqual([undefined, 2, 2]);
    expect(0 in (d as unknown[])).toBe(false);
  });

  it('keeps rows apart whose keys have another order', () => {
    const groups = merge(repeat(16, (i) => (i % 2 ? { a: 1, b: 2 } : { b: 1, a: 2 })));
    expect(groups?.map(({ columns }) => columns)).toEqual([
      ['b', 'a'],
      ['a', 'b'],
    ]);
  });

  it('makes no table of objects that have nothing in common, or no keys', () => {
    expect(merge([{ a: 1 }, { b: 2 }, { c: 3 }])).toBeUndefined();
    expect(merge([{}, {}])).toBeUndefined();
    expect(merge(repeat(1000, (i) => ({ [`k${i}`]: 1 })))).toBeUndefined();
  });
});

describe('gatherUniform', () => {
  it('gathers columns of numbers, strings and booleans as bytes and others as they are', () => {
    const rows = repeat(3000, (i) => ({ n: i, f: i / 2, s: `s${i}`, b: i % 2 === 0, o: i % 2 ? null : [i] }));
    const table = gatherUniform(rows, ['n', 'f', 's', 'b', 'o']);
    const kinds = table?.columns.map((column) => (Array.isArray(column) ? 'array' : column.encoding));
    expect(kinds).toEqual(['numbers', 'numbers', 'strings', 'booleans', 'array']);
    expect(table?.columns[4]).toEqual(rows.map((row) => (row as { o: unknown }).o));
  });

  it.each([
    ['a missing key', { a: 1 }],
    ['one more key', { a: 1, b: 2, c: 3 }],
    ['another order', { b: 2, a: 1 }],
    ['another prototype', Object.assign(Object.create(null) as object, { a: 1, b: 2 })],
    ['a primitive', 5 as unknown as object],
    ['null', null as unknown as object],
  ])('leaves %s to others', (_, odd) => {
    expect(gatherUniform([...repeat(20, () => ({ a: 1, b: 2 })), odd], ['a', 'b'])).toBeUndefined();
  });
});
