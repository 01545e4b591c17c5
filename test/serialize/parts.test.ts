import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, expectTypeOf, it } from 'vitest';
import {
  deserialize,
  H5Class,
  H5Field,
  H5File,
  H5FormatError,
  type H5Group,
  H5PathError,
  H5TypeError,
  type ReadOptions,
  read,
  readSync,
  serialize,
  TypeRegistry,
  writeSync,
} from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import type { Storage } from '../../src/storage/storage.js';
import { describeOracle } from '../oracle/oracles.js';
import { runPython } from '../oracle/python.js';
import { type Random, seeded } from '../random.js';
import { casesOf } from '../thoroughness.js';
import { anyGraph, coreGraph, hiddenOf } from './arbitrary.js';
import { cases } from './cases.js';
import { registry as classes } from './classes.js';
import { graphOf } from './graph.js';

const CASES = casesOf(75);

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
afterAll(() => rmSync(folder, { recursive: true }));

const registry = new TypeRegistry();

@H5Class('parts.User', { registry })
class User {
  @H5Field({ name: 'full name' }) name: string;
  age: number;
  tags: string[];
  friend: User | undefined;
  constructor(name: string, age: number, tags: string[] = []) {
    this.name = name;
    this.age = age;
    this.tags = tags;
  }
}

const people = Array.from({ length: 40 }, (_, i) => ({
  id: i,
  name: `user ${'x'.repeat(i % 7)}${i}`,
  tags: Array.from({ length: i % 3 }, (_, j) => `tag ${i}-${j}`),
  ...(i % 4 === 0 ? { email: `${i}@example.org` } : {}),
  at: i % 5 === 0 ? null : [i, i / 2],
}));
const state = {
  title: 'parts',
  'a/b': { '@c': 1 },
  nested: { deep: { deeper: [1, 2, 3] } },
  people,
  grid: Array.from({ length: 6 }, (_, i) => Array.from({ length: 5 }, (_, j) => i * 10 + j)),
  speed: Float64Array.from({ length: 1000 }, (_, i) => i / 2),
  mixed: [1, 'two', { three: 3 }, [4], 'five', { six: 6 }, null, undefined],
  scores: new Map([
    ['ada', 1],
    ['bob', 2],
  ]),
  byDate: new Map<unknown, unknown>([
    [1, 'one'],
    ['1', 'text'],
    [true, 'yes'],
  ]),
  set: new Set(['a', 'b']),
  users: [new User('Ada', 36, ['math']), new User('Bob', 40), new User('Cy', 3, ['a', 'b'])],
  user: new User('Dora', 5),
  big: Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`key ${i}`, i])),
  sparse: Object.assign([], { 5000: 'far' }),
  rows: [new Uint8Array([1, 2]), new Uint8Array([3, 4]), new Uint8Array([5, 6])],
  ragged: [new Uint16Array([1]), new Uint16Array([3, 4, 7])],
  maps: [new Map([['x', 1]]), new Map([['y', 2]])],
  dates: [new Date(1), new Date(2)],
  when: new Date(7),
  pattern: /part/g,
  none: null,
};
const bytes = serialize(state, { registry });
const part = (path: ReadOptions['path'], more: ReadOptions = {}) =>
  deserialize(bytes, { registry, path, ...more } as ReadOptions);

describe('a part by its path', () => {
  it.each<[NonNullable<ReadOptions['path']>, unknown]>([
    ['title', 'parts'],
    ['/title/', 'parts'],
    [['a/b', '@c'], 1],
    [['a/b'], { '@c': 1 }],
    ['nested', state.nested],
    ['nested/deep/deeper', [1, 2, 3]],
    ['nested/deep/deeper/2', 3],
    ['nested/deep/deeper/-1', 3],
    ['nested/deep/deeper/1:', [2, 3]],
    ['nested/deep/deeper/:-1', [1, 2]],
    ['nested/deep/deeper/length', 3],
    ['people/17', people[17]],
    ['people/17/name', people[17]?.name],
    ['people/-1/name', people[39]?.name],
    ['people/17/tags', people[17]?.tags],
    ['people/17/tags/1', people[17]?.tags[1]],
    ['people/17/at/1', 8.5],
    ['people/15/at', null],
    ['people/16/email', '16@example.org'],
    ['people/10:13', people.slice(10, 13)],
    ['people/10:13/id', [10, 11, 12]],
    ['people/-2:/tags/length', [2, 0]],
    ['people/*/id', people.map(({ id }) => id)],
    ['people/*/tags/*', people.map(({ tags }) => tags)],
    ['people/5:5', []],
    ['people/5:5/name', []],
    ['people/100:200', []],
    ['people/length', 40],
    ['grid/2', [20, 21, 22, 23, 24]],
    ['grid/2/3', 23],
    ['grid/1:3/0', [10, 20]],
    ['speed/3', 1.5],
    ['speed/-1', 499.5],
    ['speed/4:7', Float64Array.of(2, 2.5, 3)],
    ['speed/length', 1000],
    ['mixed/0', 1],
    ['mixed/1', 'two'],
    ['mixed/2/three', 3],
    ['mixed/3/0', 4],
    ['mixed/5', { six: 6 }],
    ['mixed/6', null],
    ['mixed/7', undefined],
    ['mixed/3:6', [[4], 'five', { six: 6 }]],
    ['scores/bob', 2],
    ['scores/*', state.scores],
    ['nested/*', state.nested],
    ['nested/*/deeper/0', { deep: 1 }],
    [['byDate', 1], 'one'],
    [['byDate', '1'], 'text'],
    ['byDate/1', 'text'],
    ['set', state.set],
    ['set/size', 2],
    ['users/1', state.users[1]],
    ['users/1/name', 'Bob'],
    ['users/*/name', ['Ada', 'Bob', 'Cy']],
    ['users/2/tags', ['a', 'b']],
    ['user', state.user],
    ['user/name', 'Dora'],
    ['big/key 1234', 1234],
    ['sparse/5000', 'far'],
    ['rows/1', new Uint8Array([3, 4])],
    ['rows/1/0', 3],
    ['ragged/1', new Uint16Array([3, 4, 7])],
    ['ragged/1/1:', new Uint16Array([4, 7])],
    ['ragged/1/-1', 7],
    ['maps/1', new Map([['y', 2]])],
    ['maps/1/y', 2],
    ['dates/1', new Date(2)],
    ['when', new Date(7)],
    ['pattern/source', 'part'],
    ['none', null],
    ['', state],
    [[], state],
  ])('%j', (path, expected) => {
    expect(part(path)).toStrictEqual(expected);
  });

  it.each([
    ['nothing', /there is no \$\.nothing: the object has no such property/],
    ['people/40', /there is no \$\.people\[40\]: the list has 40 elements/],
    ['people/-41/name', /\$\.people\[-41\]: the list has 40/],
    ['people/1/email', /\$\.people\[1\]\.email: the object has no such property/],
    ['people/name', /\$\.people\.name: the list has 40/],
    ['title/0', /a string has no members/],
    ['none/x', /null has no members/],
    ['scores/cy', /the Map has no such key/],
    ['nested/constructor', /no such property/],
    ['nested/__proto__/polluted', /no such property/],
    ['set/0', /no such property/],
    ['speed/1000', /the list has 1000/],
    ['people/1.5', /the list has 40/],
  ])('%s leads nowhere, and the error says where it ends', (path, message) => {
    expect(() => part(path)).toThrow(H5PathError);
    expect(() => part(path)).toThrow(message);
  });

  it('is found in a root that is a list, a scalar, or an array of numbers', () => {
    expect(deserialize(serialize([{ a: 1 }, { a: 2 }]), { path: '1/a' })).toBe(2);
    expect(deserialize(serialize([1, 2, 3]), { path: '-1' })).toBe(3);
    expect(deserialize(serialize(new Int32Array([4, 5])), { path: '0' })).toBe(4);
    expect(() => deserialize(serialize('text'), { path: '0' })).toThrow(/a string has no members/);
  });

  it('all elements of a Set', () => {
    const bytes = serialize({
      tags: new Set(['a', 'b']),
      users: new Set([{ n: 1 }, { n: 2 }]),
      none: new Set(),
    });
    expect(deserialize(bytes, { path: 'tags/*' })).toEqual(['a', 'b']);
    expect(deserialize(bytes, { path: 'users/*/n' })).toEqual([1, 2]);
    expect(deserialize(bytes, { path: 'none/*' })).toEqual([]);
    expect(deserialize(bytes, { path: 'tags/size' })).toBe(2);
    expect(() => deserialize(bytes, { path: 'tags/0' })).toThrow(H5PathError);
  });

  it('is found in each of many elements of several kinds, or of which some are missing', () => {
    const mixed = Array.from({ length: 20_000 }, (_, i) => (i % 2 === 0 ? new Uint8Array([i, 3]) : [i, 5]));
    expect(deserialize(serialize({ mixed }), { path: 'mixed/*/1' })).toEqual(mixed.map((each) => each[1]));
    const holed = Array.from({ length: 20_000 }, (_, i) => (i === 7 ? null : { id: i }));
    expect(deserialize(serialize({ holed }), { path: 'holed/8:/id' })).toEqual(
      Array.from({ length: 19_992 }, (_, i) => i + 8),
    );
    const ids = Array.from({ length: 20_000 }, (_, i) => i);
    delete ids[7];
    expect(deserialize(serialize({ holed }), { path: 'holed/*/id' })).toStrictEqual(ids);
  });

  describe('is a hole where an element has no such part', () => {
    const twice = { x: 1 };
    const hole = (...values: unknown[]) => {
      const list = [...values];
      for (const [i, value] of values.entries()) if (value === hole) delete list[i];
      return list;
    };
    class Reader extends Map<string, unknown> {}
    it.each<[string, () => unknown, string, unknown]>([
      ['a table', () => [{ a: 1 }, { b: 2 }], 'v/*/a', hole(1, hole)],
      [
        'a table, nothing of it',
        () => [{ a: 1 }, { a: undefined }, { b: 2 }],
        'v/*/a',
        hole(1, undefined, hole),
      ],
      ['a list with one object twice', () => [twice, { a: 1 }, twice], 'v/*/a', hole(hole, 1, hole)],
      ['with undefined', () => [{ a: 1 }, { b: 2 }, undefined], 'v/*/a', hole(1, hole, hole)],
      ['with holes', () => hole({ a: 1 }, hole, null), 'v/*/a', hole(1, hole, hole)],
      [
        'of many kinds',
        () => [{ a: 1 }, 5, 'x', [1], new Map([['a', 2]])],
        'v/*/a',
        hole(1, hole, hole, hole, 2),
      ],
      ['deeper', () => [{ a: { c: 1 } }, { a: { d: 1 } }, { b: 2 }], 'v/*/a/c', hole(1, hole, hole)],
      ['of lists', () => [[1, 2], [3], []], 'v/*/1', hole(2, hole, hole)],
      [
        'of lists of objects',
        () => [{ t: [{ x: 1 }, { y: 1 }] }, { t: [] }, {}],
        'v/*/t/*/x',
        hole(hole(1, hole), [], hole),
      ],
      ['a slice', () => [{ a: 1 }, { b: 2 }, { b: 3 }], 'v/0:2/a', hole(1, hole)],
      ['a Set', () => new Set([{ a: 1 }, { b: 2 }]), 'v/*/a', hole(1, hole)],
      ['an object', () => ({ x: { a: 1 }, y: { b: 2 }, z: 5 }), 'v/*/a', { x: 1 }],
      [
        'a Map',
        () =>
          new Map<unknown, unknown>([
            [1, { a: 1 }],
            ['y', { b: 2 }],
          ]),
        'v/*/a',
        new Map([[1, 1]]),
      ],
      ['none at all', () => [], 'v/*/a', []],
    ])('%s', (_, make, path, expected) => {
      expect(deserialize(serialize({ v: make() }), { path })).toStrictEqual(expected);
    });

    it.each<[string, () => unknown, string]>([
      ['a table', () => [{ a: 1 }, { b: 2 }], 'v/*/c'],
      ['a slice of a table', () => [{ a: 1 }, { b: 2 }], 'v/0:1/b'],
      ['one object twice', () => [twice, { a: 1 }, twice], 'v/*/c'],
      ['a slice of others', () => [twice, { a: 1 }, twice], 'v/0:1/a'],
      ['with undefined', () => [{ a: 1 }, undefined], 'v/*/c'],
      ['with holes', () => hole({ a: 1 }, hole), 'v/*/c'],
      ['a list of its own with holes', () => Object.assign(hole(twice, hole), { more: 1 }), 'v/*/c'],
      ['an object', () => ({ x: { a: 1 } }), 'v/*/c'],
    ])('but an error where none has it: %s', (_, make, path) => {
      expect(() => deserialize(serialize({ v: make() }), { path })).toThrow(/has no such property/);
    });

    it('and what code of a class throws is an error', () => {
      const failing = new TypeRegistry().codec(Reader, {
        name: 'Reader',
        encode: () => ({}),
        decode: () => {
          throw new H5PathError('H5_NOT_FOUND', '$', 'mine');
        },
      });
      const bytes = serialize({ v: [new Reader(), { a: 1 }] }, { registry: failing });
      expect(() => deserialize(bytes, { registry: failing, path: 'v/*/a' })).toThrow('mine');
    });
  });

  it('goes through shared and circular references', () => {
    const ada = new User('Ada', 1);
    const bob = new User('Bob', 2);
    ada.friend = bob;
    bob.friend = ada;
    const graph = serialize({ all: [ada, bob], first: ada, again: bob }, { registry });
    const at = (path: string) => deserialize<User>(graph, { registry, path });
    expect(at('first/friend/name')).toBe('Bob');
    expect(at('all/1/friend/friend/name')).toBe('Bob');
    const one = at('all/0');
    expect(one.friend?.friend).toBe(one);
    expect(one.friend?.name).toBe('Bob');
    const holder: Record<string, unknown> = { name: 'holder' };
    holder['self'] = holder;
    expect(deserialize(serialize(holder), { path: 'self/self/self/name' })).toBe('holder');
  });

  it('may be a function, typed by what it is given', async () => {
    const select = (value: typeof state) => value.people[17]?.tags.at(-1);
    const tag = deserialize(bytes, { registry, select });
    expectTypeOf(tag).toEqualTypeOf<string | undefined>();
    expect(tag).toBe('tag 17-1');
    expect(part(undefined, { select: (value: typeof state) => value.scores.get('bob') })).toBe(2);
    expect(part('people', { select: (value: typeof people) => value[3]?.id })).toBe(3);
    const call = (value: typeof state) => value.people.map(({ id }) => id);
    expect(() => part(undefined, { select: call })).toThrow(H5TypeError);
    expect(() => part(undefined, { select: () => 5 })).toThrow(/must return a part/);
    // Node would end with a rejection that nobody handles.
    expect(() => part(undefined, { select: async (value: typeof state) => value.people })).toThrow(/at once/);
    expect(() => part(undefined, { select: (value: { people: unknown }) => (value.people = 5) })).toThrow(
      /not set people/,
    );
  });

  it('goes on from each element of a dataset', () => {
    const file = H5File.open(undefined, 'w');
    file.createDataset('grid', { data: Float64Array.of(0, 1, 2, 3, 4, 5), shape: [2, 3] });
    file.createDataset('names', { data: ['Ada', 'Bob'] });
    const rows = [
      { x: 1.5, n: 1 },
      { x: 2.5, n: 2 },
    ];
    file.createDataset('rows', { dtype: { compound: { x: 'f8', n: 'i4' } }, data: rows });
    const at = (path: string) => deserialize(file.toBytes(), { path });
    expect(at('grid/*/0')).toEqual([0, 3]);
    expect(at('grid/0:2/1:')).toEqual([Float64Array.of(1, 2), Float64Array.of(4, 5)]);
    expect(at('rows/*/x')).toEqual([1.5, 2.5]);
    for (const path of ['grid/*/3', 'grid/0/*/0', 'names/*/0']) expect(() => at(path)).toThrow(H5PathError);
    expect(() => part('speed/*/0')).toThrow(/a number has no members/);
    expect(() => part('rows/0/*/0')).toThrow(/a number has no members/);
  });

  it('of typed arrays of several lengths is of their type', () => {
    class Run {
      speed: Float64Array;
      ticks: Int32Array;
      constructor(...all: number[]) {
        this.speed = Float64Array.from(all);
        this.ticks = Int32Array.from(all);
      }
    }
    const runs = new TypeRegistry().register(Run, {
      name: 'Run',
      fields: [
        { property: 'speed', dtype: 'f4' },
        { property: 'ticks', dtype: 'i8' },
      ],
    });
    const lists = {
      runs: [new Run(1), new Run(2, 3)],
      bytes: [Uint8ClampedArray.of(1), new Uint8ClampedArray()],
    };
    const stored = serialize(lists, { registry: runs });
    const at = (path: string) => deserialize(stored, { path, registry: runs });
    expect(at('bytes/0/*')).toEqual(Uint8ClampedArray.of(1));
    expect(at('runs/1/speed/1:')).toEqual(Float64Array.of(3));
    expect(at('runs/1/ticks/0')).toBe(2);
    expect(at('runs/*/ticks/0')).toEqual([1, 2]);
  });

  it('is one object where ways that have parted lead to one', () => {
    const row = { id: 1 };
    const rows = [row, { id: 2 }];
    const stored = serialize({ rows, first: row, again: { rows } });
    const all = deserialize<{ rows: object[]; first: object; again: { rows: object[] } }>(stored, {
      path: '*',
    });
    expect(all.rows[0]).toBe(all.first);
    expect(all.again.rows[0]).toBe(all.first);
    const found = deserialize<{ rows: object[]; again: { rows: object[] } }>(stored, { path: '*/*' });
    expect(found.rows[1]).toBe(found.again.rows[1]);
  });

  it('is of a Map what one of its keys leads to', () => {
    const map = new Map<unknown, unknown>([
      [Number.NaN, 'none'],
      ['*', { a: 1 }],
      [7, { a: 2 }],
    ]);
    const stored = serialize({ map, twice: new Map([['*', 1]]) });
    const at = (path: ReadOptions['path']) => deserialize(stored, { path });
    expect(at(['map', Number.NaN])).toBe('none');
    expect(at('map/NaN')).toBe('none');
    expect(() => at('map/other')).toThrow(/no such key/);
    expect(at(['map', '*', 'a'])).toBe(1);
    expect(at('map/7/a')).toBe(2);
    expect(at('map/*/a')).toEqual(
      new Map<unknown, unknown>([
        ['*', 1],
        [7, 2],
      ]),
    );
    expect(at('twice/*')).toEqual(new Map([['*', 1]]));
  });

  it('of an array is an array, whatever its properties are', () => {
    const list = Object.assign([{ a: 1 }, { a: 2 }], { constructor: { name: 'mine' } });
    Object.assign(list.constructor, { next: list });
    expect(deserialize(serialize({ list }), { path: 'list/1:/a' })).toEqual([2]);
  });

  it('is what the options `as` and `schema` are about', () => {
    expect(deserialize(bytes, { registry, path: 'users/1', as: User }).age).toBe(40);
    expect(() => deserialize(bytes, { registry, path: 'people/1/name', as: User })).toThrow(/no instance/);
    // What no class is said of is taken for one.
    expect(deserialize(bytes, { registry, path: 'people/1', as: User })).toBeInstanceOf(User);
  });
});

describeOracle('h5py', () => {
  it('of a file that another program has made', () => {
    const path = join(folder, 'foreign.h5');
    runPython([
      '-c',
      `
import h5py, numpy as np, sys
f = h5py.File(sys.argv[1], 'w')
f['grid'] = np.arange(12.0).reshape(3, 4)
f.create_dataset('chunked', data=np.arange(10000, dtype='i4').reshape(1000, 10), chunks=(10, 10), compression='gzip')
f.create_dataset('runs/7/name', data='seven')
f['runs/7'].attrs['speed'] = [1.5, 2.5]
`,
      path,
    ]);
    expect(readSync(path, { path: 'grid/1' })).toEqual(Float64Array.of(4, 5, 6, 7));
    expect(readSync(path, { path: 'grid/1/2' })).toBe(6);
    expect(readSync(path, { path: 'chunked/999' })).toEqual(
      Int32Array.from({ length: 10 }, (_, i) => 9990 + i),
    );
    expect(readSync(path, { path: 'runs/7' })).toEqual({ speed: Float64Array.of(1.5, 2.5), name: 'seven' });
    expect(readSync(path, { path: 'runs/7/name' })).toBe('seven');
  });
});

/** Counts the bytes that are read. */
function counting(content: Uint8Array): Storage & { bytes: number } {
  const memory = new MemoryStorage(content);
  const storage = {
    bytes: 0,
    size: memory.size,
    read: (position: number, length: number) => {
      storage.bytes += length;
      return memory.read(position, length);
    },
    copy: (position: number, length: number) => {
      storage.bytes += length;
      return memory.copy(position, length);
    },
    close: () => {},
  };
  return storage;
}

const large = serialize({
  small: { name: 'small' },
  rows: Array.from({ length: 50_000 }, (_, i) => ({ id: i, x: i / 2, name: `row ${i}`, on: i % 2 === 0 })),
  numbers: new Float64Array(200_000),
});

describe('what is beside the way is not read', () => {
  it.each([
    ['small', 6000],
    ['rows/30000/name', 5000],
    ['rows/30000', 10_000],
    ['rows/30000:30010', 12_000],
    ['numbers/100000', 5000],
    ['rows/*/id', 210_000],
  ])('%s', async (path, most) => {
    const storage = counting(large);
    await read(storage, { path });
    expect(large.length).toBeGreaterThan(2_000_000);
    expect(storage.bytes).toBeLessThan(most);
  });
});

describe('what is not there is looked for, and not read', () => {
  class Plain {
    a = new Float64Array(100_000);
  }
  class Counted extends Plain {
    get count(): number {
      return this.a.length;
    }
  }
  class Known extends Plain {
    b: number;
    constructor() {
      super();
      this.b = 1;
    }
  }
  const known = new TypeRegistry()
    .register(Plain, { name: 'Plain' })
    .register(Counted, { name: 'Counted' })
    .register(Known, { name: 'Known', construct: true });
  const value = () => ({
    object: { a: new Float64Array(100_000) },
    map: new Map([['a', new Float64Array(100_000)]]),
    bare: Object.assign(Object.create(null), { a: new Float64Array(100_000) }),
    plain: new Plain(),
    counted: new Counted(),
    known: new Known(),
  });
  const stored = serialize(value(), { registry: known });

  it.each(['nope', 'nope/x', 'object/nope', 'map/nope', 'bare/nope', 'plain/nope', 'counted/nope'])(
    '%s',
    async (path) => {
      const storage = counting(stored);
      await expect(read(storage, { path, registry: known })).rejects.toMatchObject({ code: 'H5_NOT_FOUND' });
      expect(storage.bytes).toBeLessThan(10_000);
    },
  );

  it('is found all the same where a type or a class has it', () => {
    expect(deserialize(stored, { path: 'map/size', registry: known })).toBe(1);
    expect(deserialize(stored, { path: 'counted/count', registry: known })).toBe(100_000);
    expect(deserialize(stored, { path: 'known/b', registry: known })).toBe(1);
  });

  it('is no part of the value where a link leads to another place', () => {
    const file = H5File.open(serialize({ a: [1] }), 'r+');
    file.softLink('s', '/a');
    expect(() => readSync(file, { path: 's' })).toThrow(
      /there is no \$\.s: it is a soft or an external link/,
    );
    expect(() => readSync(file, { path: 's/0' })).toThrow(H5PathError);
  });
});

it('a union that is a part of itself is an error', () => {
  const file = H5File.open(serialize({ t: [{ a: 1 }, 'x', { b: 2 }] }), 'r+');
  const union = file.get('t') as H5Group;
  union.delete('strings');
  union.link('strings', union);
  const bytes = file.toBytes();
  for (const path of ['t', 't/0', 't/0/a', 't/*/a'])
    expect(() => deserialize(bytes, { path }), path).toThrow(H5FormatError);
});

/** Some way through a value by keys and elements, with what is at its end. */
function someWay(value: unknown, below: Random): { path: (string | number)[]; end: unknown } {
  const path: (string | number)[] = [];
  let end = value;
  for (let left = below(6); left > 0; left--) {
    let keys: (string | number)[] = [];
    if (Array.isArray(end)) keys = Array.from(end.keys());
    else if (end instanceof Map) keys = [...end.keys()].filter((key) => isKey(key));
    else if (ArrayBuffer.isView(end) && !(end instanceof DataView)) keys = [...(end as Uint8Array).keys()];
    else if (typeof end === 'object' && end !== null) keys = Object.keys(end);
    const key = keys[below(Math.max(1, keys.length))];
    if (key === undefined) break;
    path.push(key);
    end = end instanceof Map ? end.get(key) : (end as Record<string, unknown>)[key];
  }
  return { path, end };
}

const isKey = (key: unknown): key is string | number => typeof key === 'string' || Number.isInteger(key);

describe('of any graph', () => {
  it('a part is what it is in the whole', { timeout: 600_000 }, () => {
    const check = (value: unknown, seed: number): void => {
      const content = serialize(value, { registry: classes });
      // Not all that a value has is stored.
      const whole = deserialize(content, { registry: classes });
      const below = seeded(seed);
      for (let i = 0; i < 5; i++) {
        const { path, end } = someWay(whole, below);
        const read = deserialize(content, { registry: classes, path });
        expect(graphOf(read, classes), JSON.stringify(path)).toEqual(graphOf(end, classes));
      }
    };
    fc.assert(fc.property(coreGraph, fc.nat(), check), { numRuns: Math.ceil(CASES / 5) });
    for (const [i, value] of Object.values(cases).entries()) check({ value, list: [value, 1, value] }, i);
  });

  it('what is read lazily is the same', { timeout: 600_000 }, () => {
    const check = (value: unknown): void => {
      const content = serialize(value, { registry: classes });
      const read = deserialize(content, { registry: classes, lazy: true });
      readAll(read);
      expect(graphOf(read, classes)).toEqual(graphOf(value, classes));
    };
    fc.assert(fc.property(anyGraph, check), { numRuns: Math.ceil(CASES / 5) });
    for (const value of Object.values(cases)) check({ value, again: value });
  });
});

/** Asks for every property. */
function readAll(value: unknown): void {
  const seen = new Set<unknown>();
  const todo = [value];
  for (let item = todo.pop(); todo.length > 0 || item !== undefined; item = todo.pop()) {
    if (typeof item !== 'object' || item === null || seen.has(item) || ArrayBuffer.isView(item)) continue;
    seen.add(item);
    if (item instanceof Map) todo.push(...item.keys(), ...item.values());
    if (item instanceof Set) todo.push(...item);
    const properties = classes.of(Object.getPrototypeOf(item))?.propertiesOf(item);
    for (const key of [...(properties ?? Reflect.ownKeys(item)), ...hiddenOf(item)])
      todo.push((item as Record<PropertyKey, unknown>)[key]);
  }
}

describe('lazy', () => {
  const file = join(folder, 'state.h5');
  writeSync(file, state, { registry });

  it('gives the same value', async () => {
    const value = await read<typeof state>(file, { registry, lazy: true });
    expect(Object.keys(value)).toEqual(Object.keys(state));
    expect(Object.getOwnPropertyDescriptor(value, 'people')?.get).toBeTypeOf('function');
    expect(value.people[3]).toEqual(people[3]);
    expect(Object.getOwnPropertyDescriptor(value, 'people')?.value).toBe(value.people);
    expect(value).toEqual(state);
  });

  it('reads what is asked for', async () => {
    const storage = counting(large);
    const value = await read<{ small: { name: string }; rows: unknown[]; numbers: Float64Array }>(storage, {
      lazy: true,
    });
    expect(storage.bytes).toBeLessThan(3000);
    expect(value.small.name).toBe('small');
    expect(storage.bytes).toBeLessThan(8000);
    expect(value.numbers.length).toBe(200_000);
    expect(storage.bytes).toBeGreaterThan(1_600_000);
    expect(storage.bytes).toBeLessThan(1_700_000);
  });

  it('keeps what is shared shared, whichever is asked for first', () => {
    const shared = { list: [1, 2, 3] };
    const value = deserialize<{ a: object; b: { inner: object } }>(
      serialize({ a: shared, b: { inner: shared } }),
      { lazy: true },
    );
    expect(value.b.inner).toBe(value.a);
  });

  it('takes what is assigned, and instances of classes', () => {
    const value = deserialize<{ user: Omit<User, 'friend'> & { friend: unknown } }>(
      serialize(
        { user: Object.assign(new User('Ada', 1, ['a']), { friend: new User('Bob', 2) }) },
        { registry },
      ),
      { registry, lazy: true },
    );
    expect(value.user).toBeInstanceOf(User);
    expect(value.user.name).toBe('Ada');
    value.user.friend = 5;
    expect({ ...value.user }).toEqual({ name: 'Ada', age: 1, tags: ['a'], friend: 5 });
  });

  it('holds the file open until it is disposed', () => {
    const value = readSync<typeof state & Disposable>(file, { registry, lazy: true });
    expect(value.grid).toEqual(state.grid);
    value[Symbol.dispose]();
    expect(value.grid).toEqual(state.grid);
    expect(() => value.people).toThrow(/closed/);
  });

  it('holds the file open for what is within an instance that is frozen', () => {
    const path = join(folder, 'frozen.h5');
    const user = Object.assign(new User('Ada', 1), { inner: { deep: { numbers: new Float64Array(1000) } } });
    writeSync(path, Object.freeze(user), { registry });
    const value = readSync<typeof user>(path, { registry, lazy: true });
    expect(value.inner.deep.numbers.length).toBe(1000);
    expect(Object.isFrozen(value)).toBe(true);
  });

  it('of an open file says when what it is read from has changed, in its place too', () => {
    const changing = H5File.open(serialize({ a: { n: 6, text: 'x' }, b: { c: { n: [1, 2, 3] } } }), 'r+');
    const open = () => readSync<{ a: { n: unknown }; b: { c: { n: number[] } } }>(changing, { lazy: true });
    writeSync(changing, 5, { path: 'a/n' });
    const after = open();
    changing.commit();
    expect(after.a.n).toBe(5);
    for (const change of [
      () => writeSync(changing, 7, { path: 'a/n' }),
      () => writeSync(changing, 'long'.repeat(1000), { path: 'a/n' }),
      () => writeSync(changing, 9, { path: 'b/c/n/1' }),
      () => changing.rollback(),
      () => changing.compact(),
    ]) {
      const value = open();
      change();
      expect(() => value.b).toThrow(/the file has changed since the value was read/);
    }
    const { a } = after;
    expect(a.n).toBe(5);
  });

  it('of an open file says when that has been closed', () => {
    const open = H5File.open(bytes);
    const value = readSync<typeof state>(open, { registry, lazy: true });
    expect(value.nested).toEqual(state.nested);
    open.close();
    expect(() => value.people).toThrow(/closed/);
  });
});
