import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { indexes } from '../../src/indexes.js';
import {
  deserialize,
  H5Dataset,
  H5Dict,
  H5File,
  H5FormatError,
  H5List,
  h5read,
  h5write,
  readSync,
  serialize,
  TypeRegistry,
  writeSync,
} from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { datasetAt, groupAt, h5py, oracleTest } from '../oracle/oracles.js';
import { expectSame } from '../same.js';
import { THOROUGH } from '../thoroughness.js';

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newPath = (): string => join(folder, `${files++}.h5`);

const registry = new TypeRegistry();

class Point {
  x: number;
  y: number;
  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }
}
registry.register(Point, { name: 'Point', version: 3 });

/** Says itself what is stored. */
class Box {
  items: number[];
  constructor(items: number[]) {
    this.items = items;
  }
  [h5write](content: { set(key: string, value: unknown): void }): void {
    content.set('l', this.items);
  }
  static [h5read](content: { get(key: string): unknown }): Box {
    return new Box(content.get('l') as number[]);
  }
}
registry.register(Box, { name: 'Box' });

function newList<T = unknown>(values: T[] = []): H5List<T> {
  return H5List.write(H5File.open(undefined, 'w'), values, { registry });
}

/** The encoding of a list in the file, or the datatype. */
function kindOf({ object }: H5List): string | undefined {
  return object instanceof H5Dataset ? object.dtype : object.attrs.get<string>('@encoding');
}

function check(list: H5List, values: unknown[]): void {
  expectSame(list.toArray(), values);
  expect(list.length).toBe(values.length);
  const bytes = list.file.toBytes();
  expect(verifyStorage(new MemoryStorage(bytes), { indexes }).problems).toEqual([]);
  if (list.file.attrs.has('@encoding')) expectSame(deserialize(bytes, { registry }), values);
}

describe('as ch5mpy has it', () => {
  const make = () => {
    const path = newPath();
    const data = [1.5, 2, new Box([1, 2, 3]), '4.', new Point(5, 0)];
    H5List.write(path, data, { name: 'data', registry }).close();
    return { data, list: H5List.open(path, { name: 'data', mode: 'r+', registry }) };
  };

  it('shows its elements', () => {
    const { list } = make();
    expect(String(list)).toBe('H5List[1.5, 2, Box {...}, "4.", Point {...}]');
    expect(inspect(list)).toBe(String(list));
    expect(inspect({ list })).toContain('H5List[1.5');
    for (let i = 0; i < 3; i++) list.push(i);
    expect(String(list)).toBe('H5List[1.5, 2, Box {...}, ..., 0, 1, 2]');
    list.close();
    expect(String(list)).toBe('H5List (closed)');
  });

  it('reads instances, also of classes that say what is stored', () => {
    using list = make().list;
    expect(list.get(4)).toStrictEqual(new Point(5, 0));
    expect(list.get(2)).toStrictEqual(new Box([1, 2, 3]));
  });

  it('is an array in memory by copy', () => {
    const { list, data } = make();
    expect(list.copy()).toStrictEqual(data);
    expect(list.equals(data)).toBe(true);
    expect(list.equals(data.slice(1))).toBe(false);
    expect(list.equals(H5List.write(H5File.open(undefined, 'w'), data, { registry }))).toBe(true);
    list.close();
  });

  it('is equal to what holds the same, whatever that is in', () => {
    const same = (a: unknown, b: unknown) =>
      H5List.write(H5File.open(undefined, 'w'), [a], { registry }).equals([b]);
    for (const make of [
      (n: number) => new URL(`http://example.org/${n}`),
      (n: number) => new Error(`${n}`, { cause: n }),
      (n: number) => Object(n) as unknown,
      (n: number) => Float64Array.of(n, Number.NaN),
      (n: number) => new Uint8Array([n]).buffer,
      (n: number) => new Box([n]),
      (n: number) => Object.assign(/a/g, { lastIndex: n }),
      (n: number) => new Map([[{ n }, new Set([n])]]),
    ]) {
      const first = make(1);
      if (first instanceof Error) first.stack = 'here';
      const again = make(1);
      if (again instanceof Error) again.stack = 'here';
      expect([same(first, again), same(first, make(2))], String(first)).toEqual([true, false]);
    }
    const deep = () => {
      let list: unknown[] = [];
      for (let i = 0; i < (THOROUGH ? 20_000 : 12_000); i++) list = [list];
      return list;
    };
    expect(same(deep(), deep())).toBe(true);
    expect(same(1, () => 1)).toBe(false);
  });

  it('as a view says which indices it has', () => {
    const { list } = make();
    for (const key of ['-1', '1.5', 'name'])
      expect(() => Object.assign(list.view, { [key]: 1 })).toThrow(`${key} is no index of a list`);
    expect(() => Object.defineProperty(list.view, '0', { get: () => 1 })).toThrow(/no accessor/);
    expect(() => Object.freeze(list.view)).toThrow(/neither frozen nor sealed/);
    list.close();
  });

  it('counts from the end with negative indices', () => {
    using list = make().list;
    expect(list.get(-2)).toBe('4.');
    expect(list.at(-2)).toBe('4.');
  });

  it('grows by append', () => {
    using list = make().list;
    expect(list.append(-1)).toBe(6);
    expect(list.get(5)).toBe(-1);
  });

  it('is what defer becomes in a dict', () => {
    const dict = H5Dict.of<{ z: H5List<number> }>(H5File.open(undefined, 'w'));
    dict.set('z', H5List.defer());
    expect(dict.get('z')).toBeInstanceOf(H5List);
    dict.get('z').push(1, 2);
    expect(dict.copy()).toEqual({ z: [1, 2] });
  });

  it('loses its last element, and one from the middle', () => {
    const { list, data } = make();
    list.delete(-1);
    expect(list.equals(data.slice(0, 4))).toBe(true);
    list.delete(2);
    expect(list.copy()).toStrictEqual([1.5, 2, '4.']);
    expect(list.toDict()).toEqual({ 0: 1.5, 1: 2, 2: '4.' });
    list.close();
  });
});

describe('how it is opened', () => {
  it('is the value of a file, or a part of it', () => {
    const path = newPath();
    writeSync(path, { a: { b: [1, 2, 3] }, c: 1 });
    {
      using list = H5List.open<number>(path, { name: 'a/b', mode: 'r+' });
      list.push(4);
      expect((list.parent as H5Dict).path).toBe('/a');
    }
    expect(readSync(path)).toEqual({ a: { b: [1, 2, 3, 4] }, c: 1 });
    writeSync(path, [{ a: 1 }, { b: [] }, [2]]);
    using list = H5List.read(path);
    expect(list.parent).toBeUndefined();
    expect(list.toJSON()).toEqual([{ a: 1 }, { b: [] }, [2]]);
    expect(() => list.push(1)).toThrow(expect.objectContaining({ code: 'H5_READ_ONLY' }));
  });

  it('is made by the modes that make files', () => {
    const path = newPath();
    expect(() => H5List.open(path)).toThrow();
    using list = H5List.open<number>(path, { mode: 'a', name: 'x/y' });
    list.push(1);
    list.commit();
    expect(readSync(path)).toEqual({ x: { y: [1] } });
    list.close();
    const other = newPath();
    {
      using root = H5List.open<number>(other, { mode: 'a' });
      root.push(1, 2);
    }
    using root = H5List.open<number>(other, { mode: 'a' });
    root.push(3);
    expect(root.copy()).toEqual([1, 2, 3]);
  });

  it('is no dict, no Set and no array of numbers', () => {
    const file = H5File.open(serialize({ a: { b: 1 }, s: new Set([1]), n: Float64Array.of(1) }), 'r');
    for (const name of ['a', 's', 'n', ''])
      expect(() => H5List.open(file, { name })).toThrow(expect.objectContaining({ code: 'H5_WRONG_KIND' }));
    expect(() => H5List.open(file, { name: 'q' })).toThrow(expect.objectContaining({ code: 'H5_NOT_FOUND' }));
  });
});

describe('bad input', () => {
  it('an index that is none', () => {
    const list = newList([1, 2]);
    expect(() => list.get(2)).toThrow('the list "/value" has 2 elements, and none with the index 2');
    expect(() => list.get(-3)).toThrow(expect.objectContaining({ code: 'H5_NOT_FOUND' }));
    expect(() => list.set(2, 1)).toThrow(expect.objectContaining({ code: 'H5_NOT_FOUND' }));
    expect(() => list.delete(5)).toThrow(expect.objectContaining({ code: 'H5_NOT_FOUND' }));
    expect(() => list.get(0.5)).toThrow(expect.objectContaining({ code: 'H5_TYPE' }));
    expect(() => list.truncate(3)).toThrow(expect.objectContaining({ code: 'H5_TYPE' }));
    expect(list.at(2)).toBeUndefined();
    check(list, [1, 2]);
  });

  it.each([
    ['a vector', [1, 2, 3]],
    ['a table', [{ a: 1 }, { a: 2 }]],
    ['any values', [1, 'x', { a: [1] }]],
    ['missing elements', [1, null, 2]],
  ])('a value that cannot be stored, in the middle of others, in %s', (_, values: unknown[]) => {
    const list = newList(values);
    const bad = () => list.push(4, { deep: [() => 1] }, 5);
    expect(bad).toThrow(expect.objectContaining({ code: 'H5_UNSUPPORTED' }));
    expect(() => list.set(0, new WeakMap())).toThrow(expect.objectContaining({ code: 'H5_UNSUPPORTED' }));
    expect(() => list.insert(1, 1, new WeakMap())).toThrow(
      expect.objectContaining({ code: 'H5_UNSUPPORTED' }),
    );
    check(list, values);
    list.transaction(() => {
      list.push(values[0]);
      expect(bad).toThrow();
    });
    check(list, [...values, values[0]]);
  });

  it('is named by its place in the file', () => {
    const twice = { a: 1 };
    const make = () => ({
      rows: [new Point(1, 2), new Point(3, 4)],
      any: [1, 'x', { tags: [{ a: [1] }, 'y'] }],
      shared: [twice, { b: twice }, twice],
      none: [],
    });
    const dict = H5Dict.open(H5File.open(serialize(make(), { registry }), 'r+'), { registry });
    const list = (name: string) => dict.get(name) as H5List<unknown>;
    const bad = { deep: [() => 1] };
    const cases: [() => unknown, string][] = [
      [() => list('rows').push(bad), '$.rows[2].deep[0]'],
      [() => list('any').set(1, bad), '$.any[1].deep[0]'],
      [() => list('any').insert(1, 5, bad), '$.any[2].deep[0]'],
      [() => list('none').push([bad]), '$.none[0][0].deep[0]'],
      [() => list('shared').push(bad), '$.shared[3].deep[0]'],
    ];
    for (const [change, place] of cases)
      expect(change).toThrow(
        expect.objectContaining({ path: place, message: expect.stringContaining(`${place}: a function`) }),
      );
    list('any').delete(0);
    const inner = (list('any').get(1) as { tags: H5List<unknown> } & H5Dict).get('tags') as H5List<unknown>;
    expect(() => inner.push(bad)).toThrow(expect.objectContaining({ path: '$.any[1].tags[2].deep[0]' }));
  });

  it('a handle of what is gone, or closed', () => {
    const dict = H5Dict.of<Record<string, H5List<number>>>(H5File.open(undefined, 'w'));
    dict.set('a', [1, 2]);
    const list = dict.get('a') as H5List<number>;
    list.push(3);
    dict.delete('a');
    dict.commit();
    expect(() => list.push(4)).toThrow(expect.objectContaining({ code: 'H5_GONE' }));
    expect(() => list.length).toThrow(expect.objectContaining({ code: 'H5_GONE' }));
    dict.close();
    expect(() => list.length).toThrow(expect.objectContaining({ code: 'H5_CLOSED' }));
    const closed = H5List.open(serialize([1, 'x', { a: [] }]));
    expect(closed.get(0)).toBe(1);
    closed.close();
    expect(() => closed.get(0)).toThrow(expect.objectContaining({ code: 'H5_CLOSED' }));
    expect(() => closed.length).toThrow(expect.objectContaining({ code: 'H5_CLOSED' }));
  });
});

describe('how it is stored, and becomes stored in other ways', () => {
  const cases: [string, unknown[], unknown[], string][] = [
    ['integers stay integers', [1, 2], [3, -5], '<i4'],
    ['integers become floats', [1, 2], [2.5], '<f8'],
    ['-0 makes floats', [1], [-0], '<f8'],
    ['floats stay floats', [0.5], [1, Number.NaN], '<f8'],
    ['booleans', [true], [false], 'bool'],
    ['bigints', [1n], [-5n], '<i8'],
    ['a bigint that does not fit', [1n], [2n ** 70n], 'list'],
    ['dates', [new Date(0)], [new Date(5), new Date(Number.NaN)], '{date_ms: <i8}'],
    ['strings of one length', ['a', 'b'], ['c'], 'S1'],
    ['longer strings', ['a', 'b'], ['c'.repeat(20)], 'S32'],
    ['strings of very different lengths', ['a', 'b'], ['c'.repeat(300)], 'str'],
    ['strings with a NUL', ['a'], ['b\0'], 'list'],
    ['numbers and strings', [1], ['b'], 'union'],
    ['numbers and null', [1], [null], 'union'],
    ['numbers and undefined', [1], [undefined], 'union'],
    ['missing elements', [1, null, undefined], [2], 'union'],
    ['nothing but missing elements', [null, undefined], [1], 'union'],
    [
      'scalars of all kinds',
      [1, 'a', true, 2n, new Date(3), null],
      [undefined, 0.5, 'b'.repeat(50)],
      'union',
    ],
    ['scalars and an object', [1, 'a', null], [{ a: 1 }], 'list'],
    ['scalars and a bigint that does not fit', [1, 'a'], [2n ** 70n], 'list'],
    ['an empty list of null', [], [null, 1], 'union'],
    ['an empty list of numbers', [], [1, 2], '<i4'],
    ['an empty list of objects', [], [{ a: 1 }, { a: 2 }], 'records'],
    ['an empty list of others', [], [[1]], 'list'],
    [
      'objects',
      [
        { a: 1, b: 'x' },
        { a: 2, b: 'y' },
      ],
      [{ a: 3, b: 'z' }],
      'records',
    ],
    [
      'objects whose numbers become floats',
      [
        { a: 1, b: 'x' },
        { a: 2, b: 'y' },
      ],
      [{ a: 0.5, b: 'z'.repeat(70) }],
      'records',
    ],
    ['objects of other properties', [{ a: 1 }, { a: 2 }], [{ b: 3 }], 'list'],
    [
      'objects in another order of properties',
      [
        { a: 1, b: 2 },
        { a: 2, b: 3 },
      ],
      [{ b: 3, a: 1 }],
      'list',
    ],
    ['objects with null', [{ a: 1 }, { a: 2 }], [{ a: null }], 'records'],
    [
      'objects with scalars of several kinds',
      [
        { a: 1, b: null },
        { a: 2, b: 'x' },
      ],
      [{ a: 'y', b: undefined }],
      'records',
    ],
    [
      'objects with cells that are missing',
      [{ a: 1, b: 1 }, { a: 2 }, { a: 3, b: 3 }],
      [{ a: 1, b: 2 }],
      'list',
    ],
    ['instances', [new Point(1, 2), new Point(3, 4)], [new Point(5, 6.5)], 'records'],
    ['instances and objects', [new Point(1, 2), new Point(3, 4)], [{ x: 1, y: 2 }], 'list'],
    ['instances that say what is stored', [new Box([1]), new Box([2, 3])], [new Box([])], 'list'],
    [
      'rows of one length',
      [
        [1, 2],
        [3, 4],
      ],
      [[5, 6]],
      'list',
    ],
    ['rows of several lengths', [[1], [2, 3]], [[4]], 'list'],
    ['Sets', [new Set([1]), new Set([2, 3])], [new Set(['x'])], 'list'],
    ['typed arrays', [Float64Array.of(1), Float64Array.of(2, 3)], [Int8Array.of(1)], 'list'],
    ['many kinds', [1, 'a', 2, 'b', true, { a: 1 }, { a: 2 }], [3n], 'list'],
    ['what has nothing in common', [{ a: { x: 1 } }, { b: [1] }, { c: 'd' }], [{ d: 1 }], 'list'],
    ['regular expressions', [/a/g, /b/], [/c/], 'list'],
  ];
  it.each(cases)('%s', (_, start, more, kind) => {
    const list = newList(start);
    expect(list.toArray()).toStrictEqual(start);
    list.push(...more);
    check(list, [...start, ...more]);
    expect(kindOf(list)).toBe(kind);
    expect((list.splice as () => unknown[]).call(list)).toEqual([]);
    list.splice(0, 1);
    list.unshift(start[0] ?? more[0]);
    list.set(-1, more[0]);
    const now = [...start, ...more];
    now.splice(0, 1);
    now.unshift(start[0] ?? more[0]);
    now[now.length - 1] = more[0];
    check(list, now);
  });

  it('holes stay holes where nothing is set', () => {
    const start: unknown[] = [1, 2, 3];
    delete start[1];
    const list = newList(start);
    expect(list.get(1)).toBeUndefined();
    list.push('x');
    const wanted: unknown[] = [1, 2, 3, 'x'];
    delete wanted[1];
    check(list, wanted);
    list.set(1, undefined);
    check(list, [1, undefined, 3, 'x']);
  });

  it('a sparse array stays one', () => {
    const start: unknown[] = [];
    start[5000] = 1;
    start.length = 100_000;
    const list = H5List.of(H5File.open(serialize(start), 'r+'));
    list.push('x');
    expect(list.length).toBe(100_001);
    expect(list.get(5000)).toBe(1);
    const [last] = (list.copy() as unknown[]).slice(-1);
    expect(last).toBe('x');
    expect(0 in list.copy()).toBe(false);
  });

  it('elements that share an object go on to share it', () => {
    const shared = { n: 1 };
    const list = newList<unknown>([shared, [shared], shared]);
    list.push(2);
    const now = list.copy() as [object, [object], object, number];
    expect(now).toEqual([shared, [shared], shared, 2]);
    expect(now[0]).toBe(now[2]);
    expect(now[1][0]).toBe(now[0]);
    list.set(1, 'x');
    list.delete(-1);
    check(list, [shared, 'x', shared]);
    expect((list.copy()[0] as object) === list.copy()[2]).toBe(false);
  });

  it('a list that is reached in two ways is one', () => {
    const rows: unknown[] = [1, 2];
    const dict = H5Dict.of<Record<string, H5List>>(H5File.open(serialize({ a: rows, b: { c: rows } }), 'r+'));
    const a = dict.get('a') as H5List;
    const c = (dict.get('b') as unknown as H5Dict<Record<string, H5List>>).get('c') as H5List;
    a.push(3.5);
    expect(c.copy()).toEqual([1, 2, 3.5]);
    c.push('x');
    expect(a.copy()).toEqual([1, 2, 3.5, 'x']);
    const back = deserialize<{ a: unknown[]; b: { c: unknown[] } }>(dict.file.toBytes());
    expect(back.a).toBe(back.b.c);
    expect(back.a).toEqual([1, 2, 3.5, 'x']);
  });

  it('what other parts refer to is not stored anew', () => {
    const row = { n: 1, s: 'x' };
    const value = { rows: [row, { n: 2, s: 'y' }, { n: 3, s: 'z' }], best: row };
    const file = H5File.open(serialize(value), 'r+');
    const rows = H5List.of(file.get('rows') as never);
    expect(() => rows.push(5)).toThrow(expect.objectContaining({ code: 'H5_REFERENCED' }));
    const back = deserialize<typeof value>(file.toBytes());
    expect(back).toEqual(value);
    expect(back.best).toBe(back.rows[0]);
  });

  it('parts of elements can be written where the names of elements are not their indices', () => {
    const file = H5File.open(serialize({ list: ['x', { a: { n: 1 } }, { b: { n: 2 } }] }), 'r+');
    const list = H5List.of(file.get('list') as never);
    list.push([1]);
    list.shift();
    list.commit();
    writeSync(file, 5, { path: 'list/1/b/n' });
    expect(readSync(file)).toEqual({ list: [{ a: { n: 1 } }, { b: { n: 5 } }, [1]] });
    expect(list.copy()).toEqual([{ a: { n: 1 } }, { b: { n: 5 } }, [1]]);
  });

  it('other handles of the dataset see what is appended, and it sees what they write', () => {
    const file = H5File.open(serialize({ n: [1, 2, 3] }), 'r+');
    const list = H5List.of<number>(file.get('n') as never);
    list.push(4);
    // It was another dataset before.
    const dataset = file.dataset<Int32Array>('n');
    list.get(0);
    list.commit();
    dataset.write([10], [[0, 1]]);
    expect(list.get(0)).toBe(10);
    dataset.append([5]);
    expect(list.copy()).toEqual([10, 2, 3, 4, 5]);
  });
});

it.each<[string, unknown[], string, RegExp]>([
  ['a part of its own', [1, 'a'], 'list/more', /"\/list\/more" has 1 elements, the list has 0 of them/],
  [
    'elements of a part',
    [1, 2, 'a', 'b'],
    'list/strings',
    /"\/list\/strings" has 1 elements, the list has 2 of them/,
  ],
  [
    'elements of rows',
    [[1], [2, 3]],
    'list/values',
    /"\/list\/values" has 1 elements, the list has 3 of them/,
  ],
])('does not lose what another program has added: %s', (_, value, path, error) => {
  const file = H5File.open(serialize({ list: value }), 'r+');
  file.delete(path);
  file.createDataset(path, { data: [9] });
  const before = file.group('list').tree();
  const list = H5List.of(file.group('list'));
  expect(() => readSync(file)).toThrow(H5FormatError);
  expect(() => list.push('more')).toThrow(error);
  expect(file.group('list').tree()).toBe(before);
});

describe('as an array', () => {
  const values = [3, 1, 2, 1];
  it('has its methods', () => {
    const list = newList([...values]);
    expect([...list]).toEqual(values);
    expect([...list.keys()]).toEqual([0, 1, 2, 3]);
    expect([...list.entries()]).toEqual([...values.entries()]);
    expect(list.map((value, i) => value * i)).toEqual(values.map((value, i) => value * i));
    expect(list.filter((value) => value > 1)).toEqual([3, 2]);
    expect(list.find((value) => value < 3)).toBe(1);
    expect(list.findIndex((value) => value < 3)).toBe(1);
    expect(list.findLast((value) => value < 3)).toBe(1);
    expect(list.findLastIndex((value) => value > 1 && value < 3)).toBe(2);
    expect(list.indexOf(1)).toBe(1);
    expect(list.indexOf(1, 2)).toBe(3);
    expect(list.lastIndexOf(1)).toBe(3);
    expect(list.lastIndexOf(1, -2)).toBe(1);
    expect(list.includes(2)).toBe(true);
    expect(newList([Number.NaN]).includes(Number.NaN)).toBe(true);
    expect(newList([Number.NaN]).indexOf(Number.NaN)).toBe(-1);
    expect(list.some((value) => value > 2)).toBe(true);
    expect(list.every((value) => value > 2)).toBe(false);
    expect(list.reduce((sum, value) => sum + value)).toBe(7);
    expect(list.reduceRight((text, value) => `${text}${value}`, '')).toBe('1213');
    expect(() => newList<number>().reduce((sum) => sum)).toThrow(TypeError);
    expect(list.join('-')).toBe('3-1-2-1');
    expect(newList([null, undefined, 'a']).join()).toBe(',,a');
    expect(list.slice(-3, -1)).toEqual([1, 2]);
    expect(list.concat([5], newList([6]), 7)).toEqual([...values, 5, 6, 7]);
    expect(list.toSorted()).toEqual([1, 1, 2, 3]);
    expect(list.toReversed()).toEqual([1, 2, 1, 3]);
    expect(list.toSpliced(1, 2, 8, 9, 10)).toEqual(values.toSpliced(1, 2, 8, 9, 10));
    expect(list.toSpliced(1)).toEqual([3]);
    expect(list.toSpliced()).toEqual(values);
    expect(list.with(-1, 7)).toEqual(values.with(-1, 7));
    expect(() => list.with(4, 7)).toThrow(/index/);
    expect(list.flatMap((value, i) => (i === 1 ? [] : [value, [i]]))).toEqual([3, [0], 2, [2], 1, [3]]);
    expect(list.lastIndexOf(1, undefined)).toBe(values.lastIndexOf(1, undefined));
    expect([list.lastIndexOf(1, -2), list.lastIndexOf(1)]).toEqual([1, 3]);
    const nested = newList<unknown>([1, [2, [3, [4]]], 'a', [], { a: [5] }]);
    const inMemory = nested.toArray();
    expect(
      nested
        .flat()
        .map((value) => (value instanceof H5List ? value.toArray() : value))
        .slice(0, 3),
    ).toEqual(inMemory.flat().slice(0, 3));
    expect(nested.flat(Number.POSITIVE_INFINITY).slice(0, 5)).toEqual([1, 2, 3, 4, 'a']);
    expect(nested.flatMap((value, i) => (i < 3 ? value : [])).length).toBe(4);
    const seen: number[] = [];
    list.forEach((value) => {
      seen.push(value);
    });
    expect(seen).toEqual(values);
    expect(JSON.stringify(list)).toBe('[3,1,2,1]');
    check(list.sort((a, b) => b - a) as H5List, [3, 2, 1, 1]);
    check(list.reverse() as H5List, [1, 1, 2, 3]);
    check(list.fill(0, 1, -1) as H5List, [1, 0, 0, 3]);
    check(list.copyWithin(1, 2) as H5List, [1, 0, 3, 3]);
  });

  it('is sorted by a function that changes it', () => {
    const file = H5File.open(serialize({ numbers: [3, 1, 2], rows: [{ a: 3 }, { a: 1 }, { a: 2 }] }), 'r+');
    const dict = H5Dict.of<Record<string, H5List<unknown>>>(file);
    for (const key of ['numbers', 'rows']) {
      const list = dict.get(key);
      const sort = (change: () => unknown): unknown => {
        let done = false;
        return list.sort((a, b) => {
          if (!done) change();
          done = true;
          return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
        });
      };
      sort(() => list.push('appended'));
      expect(list.at(-1)).toBe('appended');
      expect(JSON.stringify(list.at(0))).toMatch(/1/);
      expect(() => sort(() => list.pop())).toThrow(/removed while they were compared/);
      expect(list.length).toBe(3);
    }
    expect(verifyStorage(new MemoryStorage(file.toBytes()), { indexes }).problems).toEqual([]);
  });

  it('is gone through while it changes, as an array is', () => {
    const list = newList([1, 2, 3]);
    const seen: number[] = [];
    for (const value of list) {
      seen.push(value);
      if (value < 3) list.push(value + 10);
      if (value === 3) list.truncate(4);
    }
    expect(seen).toEqual([1, 2, 3, 11]);
  });

  it('has a view', () => {
    const list = newList<unknown>([1, 2, 3]);
    const { view } = list;
    expect(Array.isArray(view)).toBe(true);
    view[0] = 5;
    view.push('x', { a: [1] });
    view[5] = 'end';
    expect([...view].length).toBe(6);
    expect(view.length).toBe(6);
    (view[4] as { a: H5List<number> }).a.view[0] = 7;
    expect(list.toArray()).toEqual([5, 2, 3, 'x', { a: [7] }, 'end']);
    expect(2 in view).toBe(true);
    expect(6 in view).toBe(false);
    expect(Object.keys(view)).toEqual(['0', '1', '2', '3', '4', '5']);
    expect(() => {
      view[10] = 1;
    }).toThrow(expect.objectContaining({ code: 'H5_NOT_FOUND' }));
    view.length = 2;
    expect(view.map((value) => (value as number) + 1)).toEqual([6, 3]);
    expect(view.sort()).toBe(view);
    const [first, ...rest] = view;
    expect([first, rest]).toEqual([2, [5]]);
    expect(JSON.stringify({ view })).toBe('{"view":[2,5]}');
    expect(inspect(view)).toBe('H5List[2, 5]');
    expect(view.concat([1])).toEqual([2, 5, 1]);
    check(list, [2, 5]);
  });

  it('has a view that finds what it shows, and knows its lists', () => {
    const list = H5List.write(undefined, [[1, [2]], 'x', { a: 1 }, [3]] as unknown[], { commit: 'manual' });
    // From now on what is in it is live.
    list.push({ b: 1 });
    const { view } = list;
    expect([view.indexOf(view[2]), view.lastIndexOf(view[2]), view.includes(view[2])]).toEqual([2, 2, true]);
    expect([view.indexOf(view[0]), view.includes({ a: 1 }), view.indexOf('x', 2)]).toEqual([0, false, -1]);
    const flat = view.flat(2);
    expect(flat.map((each) => (typeof each === 'object' ? { ...each } : each))).toEqual([
      1,
      2,
      'x',
      { a: 1 },
      3,
      { b: 1 },
    ]);
    (flat[3] as { a: number }).a++;
    expect(view.copyWithin(0, 2)).toBe(view);
    expect(list.toArray()).toEqual([{ a: 2 }, [3], { b: 1 }, [3], { b: 1 }]);
  });

  it.each(['microtask', 'manual'] as const)(
    'that is written is a change as others are: %s',
    async (commit) => {
      const storage = new MemoryStorage(serialize(['old']));
      const list = H5List.write<unknown>(storage, ['new'], { commit });
      list.rollback();
      expect(() => list.length).toThrow(/there after what has been rolled back|deleted or replaced/);
      const other = H5List.write(H5File.open(serialize({}), 'r+'), [1], { name: 'l', commit });
      other.rollback();
      expect(other.file.has('l')).toBe(false);
      const kept = H5List.write<unknown>(new MemoryStorage(), ['kept'], { commit });
      if (commit === 'manual') kept.commit();
      await Promise.resolve();
      kept.rollback();
      expect(kept.toArray()).toEqual(['kept']);
    },
  );

  it('has a view in which rows are objects, whatever else comes', () => {
    type Event = { id: number; type: string; payload?: object };
    const list = newList<Event>([
      { id: 1, type: 'add' },
      { id: 2, type: 'add' },
    ]);
    const look = () => [
      list.view.filter(({ type }) => type === 'add').length,
      list.view.map(({ id }) => id),
      list.view[0]?.id,
      list.view.at(-1)?.type,
    ];
    expect(look()).toEqual([2, [1, 2], 1, 'add']);
    expect(list.get(0)).toEqual({ id: 1, type: 'add' });
    list.push({ id: 3, type: 'set', payload: { a: 1 } });
    expect(list.get(0)).toBeInstanceOf(H5Dict);
    expect(look()).toEqual([2, [1, 2, 3], 1, 'set']);
    expect(list.view[2]?.payload).toEqual({ a: 1 });
  });

  it('holds dicts and lists that are live, and takes them as values', () => {
    const list = newList<unknown>([{ a: { b: 1 } }, [1, 2], 'x']);
    list.push(1);
    (list.get(0) as H5Dict).set('c', 2);
    (list.get(1) as H5List).push('y');
    check(list, [{ a: { b: 1 }, c: 2 }, [1, 2, 'y'], 'x', 1]);
    expect(list.indexOf(list.get(1))).toBe(1);
    expect((list.get(1) as H5List).parent?.path).toBe('/');
    list.push(list.get(0), (list.get(1) as H5List).view);
    list.set(2, (list.get(0) as H5Dict).view);
    const dict = { a: { b: 1 }, c: 2 };
    check(list, [dict, [1, 2, 'y'], dict, 1, dict, [1, 2, 'y']]);
  });

  it('takes itself more than once as what it was before', () => {
    const list = newList<unknown>([1, 'x']);
    list.push(list, list.view);
    const first = [1, 'x'];
    check(list, [1, 'x', first, first]);
    list.truncate(2);
    list.unshift(list, 2, list);
    check(list, [first, 2, first, 1, 'x']);
    list.splice(0, 3);
    list.fill(list);
    check(list, [first, first]);
  });

  it('update writes back what is a copy', () => {
    const list = newList([new Point(1, 2), new Point(3, 4)]);
    list.get(0).x = 9;
    list.update(1, (point) => {
      point.x = 5;
    });
    list.update(0, ({ y }) => new Point(0, y));
    check(list as H5List, [new Point(0, 2), new Point(5, 4)]);
  });
});

describe('transactions', () => {
  it('what fails is taken back, also of what has not been written yet', () => {
    const path = newPath();
    using list = H5List.open<unknown>(path, { mode: 'w' });
    list.push(1, 2);
    list.commit();
    expect(() =>
      list.batch(() => {
        list.push(3);
        list.push('x');
        list.push(5);
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(list.copy()).toEqual([1, 2]);
    list.push(4);
    list.rollback();
    expect(list.copy()).toEqual([1, 2]);
    list.push(7);
    expect(list.copy()).toEqual([1, 2, 7]);
  });

  it('a list that a rollback takes away says so', () => {
    const dict = H5Dict.of<Record<string, H5List<number>>>(H5File.open(undefined, 'w'));
    dict.commit();
    dict.set('a', [1]);
    const list = dict.get('a') as H5List<number>;
    list.push(2);
    dict.rollback();
    expect(() => list.length).toThrow(expect.objectContaining({ code: 'H5_GONE' }));
  });

  it('one that another handle has stored in another way after a rollback is the same list', () => {
    const dict = H5Dict.write(undefined, { a: [1], n: 0 }, { commit: 'manual' });
    dict.commit();
    const [one, two, three] = [dict.get('a'), dict.get('a'), dict.get('a')];
    dict.set('n', 1).rollback();
    // What `write` has stored becomes a list that grows.
    one.push(2);
    two.push(3);
    dict.commit();
    dict.set('n', 1).rollback();
    three.push(4);
    expect([one, two, three].map((each) => each.toArray())).toEqual(Array(3).fill([1, 2, 3, 4]));
    dict.set('a', [5] as never).rollback();
    expect([one, two, three].map((each) => each.toArray())).toEqual(Array(3).fill([1, 2, 3]));
    dict.set('a', [5] as never).commit();
    dict.set('n', 1).rollback();
    for (const list of [one, two, three])
      expect(() => list.length).toThrow(expect.objectContaining({ code: 'H5_GONE' }));
  });

  it('changes last at the end of a task, or of an operation', async () => {
    const path = newPath();
    using list = H5List.open<number>(path, { mode: 'w' });
    for (let i = 0; i < 10; i++) list.push(i);
    await Promise.resolve();
    await Promise.resolve();
    expect(readSync(path)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    list.close();
    using other = H5List.open<number>(path, { mode: 'r+', commit: 'operation' });
    other.push(10);
    expect((readSync(path) as number[]).length).toBe(11);
    other.pop();
    expect((readSync(path) as number[]).length).toBe(10);
  });

  it('listeners hear of commits', () => {
    const dict = H5Dict.of<Record<string, H5List<number>>>(H5File.open(undefined, 'w'));
    dict.set('a', [1]);
    dict.set('b', [1]);
    dict.commit();
    const list = dict.get('a') as H5List<number>;
    const heard: unknown[] = [];
    const stop = list.subscribe(({ paths }) => heard.push(paths));
    (dict.get('b') as H5List<number>).push(1);
    dict.commit();
    expect(heard).toEqual([]);
    list.push(2);
    list.push(3);
    expect(heard).toEqual([]);
    dict.commit();
    expect(heard).toEqual([['/a']]);
    list.push(4);
    list.rollback();
    stop();
    list.push(5);
    dict.commit();
    expect(heard).toEqual([['/a']]);
  });
});

it.each<[string, (list: H5List<number>, i: number) => void]>([
  ['unshift', (list, i) => list.unshift(i)],
  [
    'shift and push',
    (list, i) => {
      list.push(i);
      list.shift();
    },
  ],
  ['splice', (list, i) => list.splice(list.length >> 1, 2, i, i, i)],
])('the space of columns is used again within one commit: %s', (_, change) => {
  const list = H5List.write(
    undefined,
    Array.from({ length: 100 }, (_, i) => i),
    { commit: 'manual' },
  );
  list.commit();
  for (let i = 0; i < 500; i++) change(list, i);
  const elements = list.toArray();
  list.commit();
  const bytes = list.file.toBytes();
  expect(bytes.length).toBeLessThan(20_000);
  expect(readSync(bytes)).toEqual(elements);
});

describe('large lists', () => {
  it.each<[string, (i: number) => unknown]>([
    ['numbers', (i) => i / 2],
    ['records', (i) => ({ id: i, name: `n${i % 100}` })],
    ['texts', (i) => `text ${i}`],
    ['any', (i) => [i, `x${i}`, { a: i }, [i]][i % 4]],
  ])('%s: moved, cut and turned into others', (name, make) => {
    const count = name === 'any' || !THOROUGH ? 5000 : 40_000;
    const values = Array.from({ length: count }, (_, i) => make(i));
    const list = newList<unknown>();
    for (const value of values) list.push(value);
    const at = count - 3000;
    list.splice(100, 7, make(1), make(2));
    values.splice(100, 7, make(1), make(2));
    list.splice(5, 0, ...values.slice(0, 20));
    values.splice(5, 0, ...values.slice(0, 20));
    list.truncate(at);
    values.length = at;
    list.set(at - 1, make(7));
    values[at - 1] = make(7);
    check(list, values);
    list.push(new Map([[1, 2]]));
    values.push(new Map([[1, 2]]));
    expect(kindOf(list)).toBe('list');
    check(list, values);
  });
});

describe('hostile files', () => {
  const table = (): H5File => {
    const file = H5File.open(undefined, 'w');
    H5List.write<unknown>(file, [], { name: 'rows' }).push({ a: 1, b: 'x' }, { a: 2, b: 'y' });
    file.commit();
    return file;
  };
  const reopened = (file: H5File): H5File => H5File.open(file.toBytes(), 'r+');

  it('columns of unequal lengths', () => {
    const file = table();
    file.dataset('rows/a').append([3]);
    expect(() => H5List.open(reopened(file), { name: 'rows' })).toThrow(H5FormatError);
  });

  it('a length that lies', () => {
    const file = table();
    file.group('rows').attrs.set('@length', 2 ** 31, { dtype: 'u4' });
    expect(() => H5List.open(reopened(file), { name: 'rows' })).toThrow(H5FormatError);
    file.group('rows').attrs.set('@length', 'many');
    expect(() => H5List.open(reopened(file), { name: 'rows' })).toThrow(H5FormatError);
  });

  it('a mask that does not go with the elements', () => {
    const file = H5File.open(undefined, 'w');
    H5List.write<unknown>(file, [], { name: 'any' }).push(1, 'x', undefined, [2]);
    file.commit();
    for (const codes of [[0], [0, 0, 0, 0], [0, 0, 9], [], [1, 1, 1]]) {
      file.group('any').attrs.set('@mask', Uint8Array.from(codes), { dtype: { vlen: 'u1' }, shape: [] });
      expect(() => H5List.open(reopened(file), { name: 'any' }).length).toThrow(H5FormatError);
    }
    file.group('any').attrs.set('@mask', 'no mask');
    expect(() => H5List.open(reopened(file), { name: 'any' }).length).toThrow(H5FormatError);
  });

  it('a link that leads nowhere', () => {
    const file = H5File.open(undefined, 'w');
    H5List.write<unknown>(file, [], { name: 'any' }).push(1, 'x', [2]);
    file.commit();
    file.group('any').softLink('9', '/nowhere');
    const list = H5List.open(reopened(file), { name: 'any' });
    expect(() => list.get(3)).toThrow(H5FormatError);
    expect(list.get(1)).toBe('x');
  });
});

oracleTest('h5py', 'h5py finds lists as docs/FORMAT.md says', async () => {
  const file = H5File.open(undefined, 'w');
  const dict = H5Dict.of<Record<string, H5List>>(file);
  for (const name of ['n', 's', 'r', 'any']) dict.set(name, []);
  (dict.get('n') as H5List).push(1, 2, 3);
  (dict.get('s') as H5List).push('ä', 'b');
  (dict.get('r') as H5List).push({ id: 1, at: new Date(5) }, { id: 2, at: new Date(6) });
  const any = dict.get('any') as H5List;
  any.push(1, 'x', { a: 1 }, undefined, [1, 2]);
  any.shift();
  any.insert(1, true);
  const seen = await h5py(file.toBytes());
  expect(datasetAt(seen, 'n')).toMatchObject({ value: [1, 2, 3], maxshape: [null], layout: 'chunked' });
  expect(datasetAt(seen, 's').value).toEqual(['ä', 'b']);
  expect(datasetAt(seen, 'r/id').value).toEqual([1, 2]);
  const group = groupAt(seen, 'any');
  expect(group.links.map(({ type }) => type)).toEqual(['hard', 'hard', 'hard', 'hard']);
  expect(group.links.map(({ name }) => datasetOrGroup(seen, `any/${String(name)}`))).toEqual([
    'x',
    true,
    'group',
    [1, 2],
  ]);
});

function datasetOrGroup(seen: Parameters<typeof datasetAt>[0], path: string): unknown {
  try {
    return datasetAt(seen, path).value;
  } catch {
    return groupAt(seen, path).kind;
  }
}

it.each<[string, (i: number) => unknown]>([
  ['numbers', (i) => i],
  ['numbers and null', (i) => (i % 3 === 0 ? null : i)],
  ['objects', (i) => ({ i })],
  ['any', (i) => [i, `x${i}`, [i]][i % 3]],
])('the values of a large dict are read as a list: %s', (_, make) => {
  const value = Object.fromEntries(Array.from({ length: 1500 }, (__, i) => [`key ${i}`, make(i)]));
  const dict = H5Dict.of<Record<string, unknown>>(H5File.open(serialize({ value }), 'r+').group('value'));
  expect(dict.get('key 1234')).toEqual(make(1234));
  expect(dict.get('key 0')).toEqual(make(0));
  dict.set('key 1', 'other');
  expect(dict.copy()).toEqual({ ...value, 'key 1': 'other' });
});

describe('elements that lead back to their list', () => {
  it('are read, and a change that would lose that is refused', () => {
    const loop: Record<string, unknown> = { name: 'loop' };
    loop['self'] = loop;
    const dict = H5Dict.write<Record<string, unknown>>(undefined, {
      list: [loop, { name: 'other', self: null }],
    });
    const list = dict.get('list') as H5List;
    const [first] = list.toArray() as (typeof loop)[];
    expect(first?.['self']).toBe(first);
    expect(() => list.pop()).toThrow(/leads back to it/);
    const [again, other] = H5List.of<typeof loop>(dict.file.group('list')).toArray();
    expect(again?.['self']).toBe(again);
    expect(other).toEqual({ name: 'other', self: null });
    dict.set('list', list.toArray().slice(0, 1));
    expect((dict.get('list') as H5List).length).toBe(1);
  });
});

describe('names of elements of any kind', () => {
  const make = () => newList<unknown>([[], 'a', { x: 1 }]);
  it.each<[string, (list: H5List) => void, unknown[]]>([
    [
      'insert, insert, splice, push',
      (list) => {
        list.insert(1, { x: 0 });
        list.insert(1, 1);
        list.splice(3, 2);
        list.push(4);
      },
      [[], 1, { x: 0 }, 4],
    ],
    [
      'insert, insert, pop, pop, push',
      (list) => {
        list.insert(1, { x: 0 });
        list.insert(1, 1);
        list.pop();
        list.pop();
        list.push('kept');
        list.push({ y: 1 });
      },
      [[], 1, { x: 0 }, 'kept', { y: 1 }],
    ],
    [
      'insert, truncate, push',
      (list) => {
        list.insert(1, { x: 0 });
        list.insert(0, 1);
        list.truncate(3);
        list.push('kept');
      },
      [1, [], { x: 0 }, 'kept'],
    ],
    [
      'pop until it is empty',
      (list) => {
        list.unshift('u');
        while (list.length > 0) list.pop();
        list.push('a', {}, 'b');
      },
      ['a', {}, 'b'],
    ],
  ])('are not taken twice: %s', (_, change, expected) => {
    const list = make();
    change(list);
    check(list, expected);
  });
});

describe('elements to which other parts of a file refer', () => {
  const rows = [{ q: 1 }, { q: 2 }, { q: 3 }];
  const dates = [new Date(1), new Date(2), new Date(3)];
  const CHANGES: [string, (list: H5List) => unknown][] = [
    ['set', (list) => list.set(0, list.get(1))],
    ['pop', (list) => list.pop()],
    ['shift', (list) => list.shift()],
    ['insert', (list) => list.insert(0, list.get(2))],
    ['splice', (list) => list.splice(1, 1)],
    ['truncate', (list) => list.truncate(1)],
    ['clear', (list) => list.clear()],
    ['reverse', (list) => list.reverse()],
    ['fill', (list) => list.fill(list.get(0))],
  ];
  describe.each([
    ['a member', { list: rows, other: rows[1] }],
    ['a list', { list: rows, other: [rows[2], rows[0]] }],
    ['a Map', { list: rows, other: new Map([[1, rows[1]]]) }],
    ['a list of dates', { list: dates, other: [dates[1], dates[1]] }],
  ])('of %s', (_, value) => {
    it.each(CHANGES)('stay where they are: %s', (_name, change) => {
      const file = H5File.open(serialize(value), 'r+');
      const list = H5Dict.of(file).get('list') as H5List;
      expect(() => change(list)).toThrow(expect.objectContaining({ code: 'H5_REFERENCED' }));
      expectSame(readSync(file), value);
      if (value.list === dates) return;
      // Others may come behind them.
      list.push({ q: 4 });
      expectSame(readSync(file), { ...value, list: [...rows, { q: 4 }] });
    });

    it('may change when nothing refers to them any more', () => {
      const file = H5File.open(serialize(value), 'r+');
      const dict = H5Dict.of(file);
      dict.delete('other');
      const list = dict.get('list') as H5List;
      list.shift();
      expectSame(readSync(file), { list: value.list.slice(1) });
    });
  });
});

it('keeps attributes of any datatype when it becomes another kind of list', () => {
  const file = H5File.open(serialize({ list: [1, 2] }), 'r+');
  const dtype = { compound: { a: 'i4', b: { vlen: 'f8' } } } as const;
  file.dataset('list').attrs.set('pair', { a: 1, b: [2, 3] }, { dtype });
  const list = H5Dict.of<{ list: H5List<unknown> }>(file).get('list');
  list.push('x', { y: 1 });
  const { attrs } = file.group('list');
  expect(attrs.get('pair')).toEqual({ a: 1, b: Float64Array.of(2, 3) });
  expect(list.toArray()).toEqual([1, 2, 'x', { y: 1 }]);
});
