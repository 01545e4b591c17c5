import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  deserialize,
  H5Class,
  H5Field,
  H5File,
  H5PathError,
  h5read,
  h5write,
  indexes,
  readSync,
  serialize,
  TypeRegistry,
  type WriteOptions,
  write,
  writeSync,
} from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, runPython } from '../oracle/oracles.js';
import { type Random, seeded } from '../random.js';
import { casesOf } from '../thoroughness.js';
import { coreGraph } from './arbitrary.js';
import { cases } from './cases.js';
import { registry as classes } from './classes.js';
import { graphOf } from './graph.js';

const CASES = casesOf(50);

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
afterAll(() => rmSync(folder, { recursive: true }));

const registry = new TypeRegistry();

@H5Class('parts.User', { registry })
class User {
  @H5Field({ name: 'full name' }) name: string;
  age: number;
  constructor(name: string, age: number) {
    this.name = name;
    this.age = age;
  }
}

const makeState = () => ({
  title: 'parts',
  count: 1,
  settings: { dark: true, font: { size: 12, family: 'serif' } },
  users: [new User('Ada', 36), new User('Bob', 40), new User('Cy', 3)],
  rows: Array.from({ length: 30 }, (_, id) => ({ id, x: id / 2, name: `row ${id}`, tags: [id] })),
  speed: Float64Array.of(1, 2, 3),
  grid: [
    [1, 2],
    [3, 4],
  ],
  mixed: [1, 'two', { three: 3 }, null],
  things: [{ a: 1 }, { b: [1] }, { c: { d: 1 } }].map((each) => ({ ...each })),
  scores: new Map([['ada', 1]]),
  dates: new Map([[1, 'one']]),
  user: new User('Dora', 5),
  last: null,
});
type State = ReturnType<typeof makeState>;

/** What a file holds after a part was written, in which nothing is leaked or wrong. */
function written(value: unknown, part: unknown, options: WriteOptions): unknown {
  const file = H5File.open(serialize(value, { registry }), 'r+');
  writeSync(file, part, { registry, ...options });
  const bytes = file.toBytes();
  expect(verifyStorage(new MemoryStorage(bytes), { indexes }).problems).toEqual([]);
  return deserialize(bytes, { registry });
}

/** A state that is changed as a program would. */
function changed(change: (state: State) => void): State {
  const state = makeState();
  change(state);
  return state;
}

describe('a part is replaced', () => {
  // biome-ignore lint/suspicious/noExplicitAny: a state that is changed as no type allows.
  it.each<[NonNullable<WriteOptions['path']>, unknown, (state: any) => void]>([
    ['title', 'new', (s) => (s.title = 'new')],
    ['title', { now: 'an object' }, (s) => (s.title = { now: 'an object' })],
    ['count', 2.5, (s) => (s.count = 2.5)],
    ['last', [1, 2], (s) => (s.last = [1, 2])],
    ['settings', 7, (s) => (s.settings = 7)],
    ['settings/dark', false, (s) => (s.settings.dark = false)],
    ['settings/font', { size: 9 }, (s) => (s.settings.font = { size: 9 })],
    ['settings/font/size', 9, (s) => (s.settings.font.size = 9)],
    ['settings/more/deep', [1], (s) => (s.settings.more = { deep: [1] })],
    [['settings', 'a/b', '@x'], 1, (s) => (s.settings['a/b'] = { '@x': 1 })],
    ['users', [new User('Eve', 1)], (s) => (s.users = [new User('Eve', 1)])],
    ['users/1/age', 41, (s) => (s.users[1].age = 41)],
    ['users/1/name', 'B', (s) => (s.users[1].name = 'B')],
    ['users/-1/name', 'a name that is longer', (s) => (s.users[2].name = 'a name that is longer')],
    ['users/1', new User('Eve', 1), (s) => (s.users[1] = new User('Eve', 1))],
    ['users/3', new User('Eve', 1), (s) => s.users.push(new User('Eve', 1))],
    ['rows/7/x', 0.25, (s) => (s.rows[7].x = 0.25)],
    ['rows/7/id', -1, (s) => (s.rows[7].id = -1)],
    ['rows/7/id', 2 ** 40, (s) => (s.rows[7].id = 2 ** 40)],
    ['rows/7/id', 'text', (s) => (s.rows[7].id = 'text')],
    ['rows/7/tags/0', 5, (s) => (s.rows[7].tags[0] = 5)],
    ['rows/7/tags', [5, 6], (s) => (s.rows[7].tags = [5, 6])],
    ['rows/7/extra', true, (s) => (s.rows[7].extra = true)],
    ['speed/1', 9.5, (s) => (s.speed[1] = 9.5)],
    ['grid/1/0', 9, (s) => (s.grid[1][0] = 9)],
    ['grid/1', [9], (s) => (s.grid[1] = [9])],
    ['mixed/2/three', 4, (s) => (s.mixed[2].three = 4)],
    ['mixed/0', 'one', (s) => (s.mixed[0] = 'one')],
    ['things/1/b', [7], (s) => (s.things[1].b = [7])],
    ['things/1/z', 7, (s) => (s.things[1].z = 7)],
    ['scores/bob', 2, (s) => s.scores.set('bob', 2)],
    ['scores/ada', { points: 1 }, (s) => s.scores.set('ada', { points: 1 })],
    [['scores', 5], 'five', (s) => s.scores.set(5, 'five')],
    ['dates/1', 'uno', (s) => s.dates.set(1, 'uno')],
    [['dates', 2], 'two', (s) => s.dates.set(2, 'two')],
    ['user/name', 'D', (s) => (s.user.name = 'D')],
    ['user/age', null, (s) => (s.user.age = null)],
    ['new', undefined, (s) => (s.new = undefined)],
  ])('%j', (path, part, change) => {
    expect(written(makeState(), part, { path })).toStrictEqual(changed(change as (state: State) => void));
    expect(Object.keys(written(makeState(), part, { path }) as object)).toEqual(
      Object.keys(changed(change as never)),
    );
  });

  it('all of the file, or of a group', () => {
    expect(written(makeState(), { other: [1] }, {})).toStrictEqual({ other: [1] });
    expect(written(makeState(), 5, {})).toBe(5);
    expect(written([1, { a: 2 }], 'x', { path: '1/a' })).toStrictEqual([1, { a: 'x' }]);
    expect(written([1, 2], 3, { path: '0' })).toStrictEqual([3, 2]);
    const file = H5File.open(serialize(makeState(), { registry }), 'r+');
    const settings = file.group('settings');
    writeSync(settings, { light: 1 });
    expect(readSync(settings)).toEqual({ light: 1 });
    writeSync(settings, [{ a: 1 }, { a: 2 }]);
    expect(readSync(file, { path: 'settings', registry })).toEqual([{ a: 1 }, { a: 2 }]);
    expect(() => writeSync(settings, 5)).toThrow(/write to its path from the group above/);
  });

  it('and what else refers to it keeps the old one, as in a program', () => {
    const shared = { n: 1 };
    const value = written({ a: shared, b: shared }, { n: 2 }, { path: 'a' });
    expect(value).toEqual({ a: { n: 2 }, b: { n: 1 } });
    const inner = written({ a: shared, b: shared }, 3, { path: 'a/n' }) as { a: object; b: object };
    expect(inner.a).toBe(inner.b);
    expect(inner).toEqual({ a: { n: 3 }, b: { n: 3 } });
  });

  it('in a row that is shared', () => {
    const users = [new User('Ada', 1), new User('Bob', 2)];
    const value = written({ users, first: users[0] }, 'A', { path: 'first/name' }) as {
      users: User[];
      first: User;
    };
    expect(value.users[0]).toBe(value.first);
    expect(value.first.name).toBe('A');
  });

  it('keeps the sharing within what is written', () => {
    const shared = [1, 2];
    const value = written({ x: 0 }, { p: shared, q: { r: shared } }, { path: 'y' }) as {
      y: { p: unknown; q: { r: unknown } };
    };
    expect(value.y.p).toBe(value.y.q.r);
  });

  it('but not what references would lose', () => {
    const users = [new User('Ada', 1), new User('Bob', 2)];
    const value = { users, list: [users[1], 5], first: users[0] };
    expect(() => written(value, [], { path: 'users' })).toThrow(/refers to what is to be replaced/);
    expect(written(value, 0, { path: 'first' })).toEqual({ users, list: [users[1], 5], first: 0 });
  });
});

describe('a part is merged', () => {
  it('within objects, Maps and instances of one class', () => {
    const part = { settings: { font: { size: 9 } }, count: 2, more: [1], scores: new Map([['bob', 2]]) };
    const expected = changed((state) => {
      state.settings.font.size = 9;
      state.count = 2;
      state.scores.set('bob', 2);
      Object.assign(state, { more: [1] });
    });
    expect(written(makeState(), part, { mode: 'merge' })).toStrictEqual(expected);
    expect(written({ a: { b: { c: 1 } } }, { d: 2 }, { mode: 'merge', path: 'a/b' })).toEqual({
      a: { b: { c: 1, d: 2 } },
    });
    expect(written({ a: 1 }, { d: 2 }, { mode: 'merge', path: 'a' })).toEqual({ a: { d: 2 } });
    expect(() => written([1], { d: 2 }, { mode: 'merge' })).toThrow(/only objects of one kind/);
  });
});

describe('what is merged is never lost', () => {
  class Unit {
    p = 1;
  }
  const units = new TypeRegistry().register(Unit, {
    name: 'Unit',
    fields: [
      { property: 'p', required: true },
      { property: 'q', name: 'the q' },
    ],
  });
  const makeValue = () => {
    const shared = { a: 1 };
    const big = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`k${i}`, i]));
    return {
      big,
      rows: [{ a: 1 }, { a: 2 }],
      map: new Map<unknown, unknown>([['x', 1]]),
      keyed: new Map([[1, { n: 2 }]]),
      list: [shared, { a: 2 }],
      shared,
      error: new Error('boom'),
      unit: new Unit(),
      bare: Object.assign(Object.create(null), { a: 1 }),
      plain: { deep: { rows: [{ a: 1 }], keyed: new Map([[1, 2]]) } },
      date: new Date(0),
      dates: [new Date(1), 2],
      set: new Set([1]),
      pattern: /x/g,
      address: new URL('http://a/'),
      speed: Float64Array.of(1),
      bytes: new ArrayBuffer(2),
      pixels: Buffer.from('a'),
      boxed: Object(5) as object,
      text: 'a text',
      none: null,
      flag: true,
    };
  };
  type Value = ReturnType<typeof makeValue>;
  const merged = (path: string, part: unknown): Value => {
    const file = H5File.open(serialize(makeValue(), { registry: units }), 'r+');
    writeSync(file, part, { registry: units, path, mode: 'merge' });
    const bytes = file.toBytes();
    expect(verifyStorage(new MemoryStorage(bytes), { indexes }).problems).toEqual([]);
    return deserialize(bytes, { registry: units });
  };

  // biome-ignore lint/suspicious/noExplicitAny: a value that is changed as no type allows.
  it.each<[string, unknown, (value: any) => void]>([
    ['big', { extra: 1, k3: 'x' }, ({ big }) => Object.assign(big, { extra: 1, k3: 'x' })],
    ['', { big: { extra: 1 } }, ({ big }) => Object.assign(big, { extra: 1 })],
    ['rows/1', { b: 1 }, ({ rows }) => Object.assign(rows[1], { b: 1 })],
    ['map', new Map([[5, 6]]), ({ map }) => map.set(5, 6)],
    ['map', new Map([['y', 6]]), ({ map }) => map.set('y', 6)],
    ['keyed', new Map([[5, 6]]), ({ keyed }) => keyed.set(5, 6)],
    ['keyed', new Map([[1, { m: 6 }]]), ({ keyed }) => keyed.set(1, { n: 2, m: 6 })],
    ['shared', { a: 7 }, ({ shared }) => Object.assign(shared, { a: 7 })],
    ['unit', { q: 2 }, ({ unit }) => Object.assign(unit, { q: 2 })],
    ['', { unit: { q: 2 } }, ({ unit }) => Object.assign(unit, { q: 2 })],
    ['unit', Object.assign(new Unit(), { p: 2 }), ({ unit }) => Object.assign(unit, { p: 2 })],
    ['bare', { b: { c: 1 } }, ({ bare }) => Object.assign(bare, { b: { c: 1 } })],
    ['plain', { deep: { keyed: new Map([[3, 4]]) } }, ({ plain }) => plain.deep.keyed.set(3, 4)],
    [
      'plain',
      Object.fromEntries(Array.from({ length: 1200 }, (_, i) => [`k${i}`, i])),
      ({ plain }) =>
        Object.assign(plain, Object.fromEntries(Array.from({ length: 1200 }, (_, i) => [`k${i}`, i]))),
    ],
    ['plain', { deep: 5 }, ({ plain }) => Object.assign(plain, { deep: 5 })],
    ['rows', [1], (value) => Object.assign(value, { rows: [1] })],
    ['', { date: new Date(1), rows: [1] }, (value) => Object.assign(value, { date: new Date(1), rows: [1] })],
    ['text', { a: 1 }, (value) => Object.assign(value, { text: { a: 1 } })],
    ['', { none: { a: 1 }, flag: {} }, (value) => Object.assign(value, { none: { a: 1 }, flag: {} })],
  ])('%j %o', (path, part, change) => {
    const expected = makeValue();
    change(expected);
    const value = merged(path, part);
    expect(value).toStrictEqual(expected);
    expect(value.list[0]).toBe(value.shared);
  });

  it('an error has more properties', () => {
    const { error } = merged('error', { code: 7 });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ message: 'boom', code: 7 });
    const changed = merged('error', { message: 'new', cause: [1] }).error;
    expect(changed.message).toBe('new');
    expect(changed.cause).toEqual([1]);
  });

  it('two objects into one', () => {
    const one = { n: 1 };
    const file = H5File.open(serialize({ a: one, b: one }), 'r+');
    writeSync(file, { a: { x: 1 }, b: { y: 2 } }, { mode: 'merge' });
    const value = readSync<{ a: object; b: object }>(file);
    expect(value.a).toBe(value.b);
    expect(value.a).toEqual({ n: 1, x: 1, y: 2 });
  });

  it.each<[string, unknown]>([
    ['map', { y: 1 }],
    ['plain', new Map([['y', 1]])],
    ['plain', { deep: new Map([['y', 1]]) }],
    ['keyed', { y: 1 }],
    ['big', new Map([['y', 1]])],
    ['rows/1', new Map([['y', 1]])],
    ['shared', { b: 1 }],
    ['shared', { a: { b: 1 } }],
    ['plain', new Unit()],
    ['unit', { r: 2 }],
    ['unit', new Map()],
    ['rows', { a: 1 }],
    ['date', { a: 1 }],
    ['dates/0', { a: 1 }],
    ['set', { a: 1 }],
    ['pattern', { lastIndex: 1 }],
    ['address', { href: 'http://b/' }],
    ['speed', { a: 1 }],
    ['bytes', { a: 1 }],
    ['pixels', { a: 1 }],
    ['boxed', { a: 1 }],
    ['', { set: { a: 1 } }],
    ['', { date: new Unit() }],
    ['', { map: new Map([['x', 5]]), rows: new Map([[1, 2]]) }],
  ])('or it is an error: %j %o', (path, part) => {
    const file = H5File.open(serialize(makeValue(), { registry: units }), 'r+');
    const before = file.toBytes();
    expect(() => writeSync(file, part, { registry: units, path, mode: 'merge' })).toThrow(
      /nothing can be merged into \$\.[a-z]+.*mode: 'replace'/,
    );
    expect(Buffer.compare(file.toBytes(), before)).toBe(0);
  });
});

describe('a way through what is stored by something else than its members', () => {
  class Money {
    #cents: bigint;
    constructor(cents: bigint) {
      this.#cents = cents;
    }
    get cents() {
      return this.#cents;
    }
    set cents(cents: bigint) {
      this.#cents = cents;
    }
  }
  class Length {
    readonly #meters: number;
    constructor(meters: number) {
      this.#meters = meters;
    }
    get meters(): number {
      return this.#meters;
    }
    get feet(): number {
      return this.#meters / 0.3048;
    }
  }
  class Account {
    owner = 'ada';
    cache = 1;
    #items = [1];
    get items() {
      return this.#items;
    }
    [h5write](dict: Map<string, unknown>) {
      dict.set('owner', this.owner).set('items', this.#items);
    }
    [h5read](dict: ReadonlyMap<string, unknown>) {
      this.owner = dict.get('owner') as string;
      this.#items = dict.get('items') as number[];
    }
  }
  class Listed {
    a = 1;
  }
  const coded = new TypeRegistry()
    .register(Account, { name: 'Account', construct: true })
    .register(Listed, { name: 'Listed', fields: ['a'] })
    .codec(Money, {
      name: 'Money',
      encode: ({ cents }) => ({ cents }),
      decode: ({ cents }) => new Money(cents as bigint),
    })
    // For other programs it is stored in feet as well.
    .codec(Length, {
      name: 'Length',
      encode: ({ meters, feet }) => ({ meters, feet }),
      decode: ({ meters }) => new Length(meters as number),
    });
  const makeValue = () => ({
    address: new URL('http://a/b?x=1'),
    query: new URLSearchParams('a=1'),
    pattern: /x/g,
    dates: [new Date(5), 1],
    error: new Error('m'),
    boxed: Object(5) as object,
    bytes: new ArrayBuffer(4),
    view: new DataView(new ArrayBuffer(4)),
    money: new Money(5n),
    length: new Length(2),
    account: new Account(),
    listed: [new Listed()],
    set: new Set([1, 2]),
  });
  type Value = ReturnType<typeof makeValue>;
  const open = () => H5File.open(serialize(makeValue(), { registry: coded }), 'r+');

  it.each<[string, unknown, (value: Value) => unknown]>([
    ['address/href', 'http://z/', ({ address }) => address.href],
    ['address/pathname', '/new', ({ address }) => address.pathname],
    ['address/href', 'http://a/b?x=1', ({ address }) => address.href],
    ['pattern/lastIndex', 3, ({ pattern }) => pattern.lastIndex],
    ['pattern/source', 'y', ({ pattern }) => pattern.source],
    ['pattern/global', false, ({ pattern }) => pattern.global],
    ['error/message', 'new', ({ error }) => error.message],
    ['error/code', 'E1', ({ error }) => (error as Error & { code?: string }).code],
    ['money/cents', 9n, ({ money }) => money.cents],
    ['length/meters', 3, ({ length }) => length.meters],
    ['error/code', [1, 2].values(), ({ error }) => (error as Error & { code?: unknown }).code],
    ['account/owner', 'eve', ({ account }) => account.owner],
    ['account/items/0', 7, ({ account }) => account.items[0]],
    ['bytes/0', 65, ({ bytes }) => new Uint8Array(bytes)[0]],
  ])('is taken where that is stored: %s', (path, part, get) => {
    const file = open();
    writeSync(file, part, { registry: coded, path });
    const found = get(deserialize<Value>(file.toBytes(), { registry: coded }));
    expect(found).toEqual(typeof part === 'object' ? [1, 2] : part);
  });

  it.each<[string, unknown]>([
    ['address/query', 'x'],
    ['address/port', '99999'],
    ['address/href', 'no address'],
    ['address/searchParams/a', 1],
    ['query/a', 'b'],
    ['query/size', 3],
    ['dates/0/ms', 9],
    ['boxed/value', 6],
    ['bytes/bytes', 1],
    ['view/byteLength', 9],
    ['view/byteOffset', 1],
    ['pattern/source', '('],
    ['pattern/flags', 'no'],
    ['pattern/nope', [1].values()],
    ['money/nope', 9n],
    ['length/feet', 9],
    ['account/cache', 2],
    ['account/nope', 2],
    ['listed/0/b', 2],
    ['set/0', 9],
    ['set/5', 9],
  ])('or it is an error: %s', (path, part) => {
    const file = open();
    const before = file.toBytes();
    expect(() => writeSync(file, part, { registry: coded, path })).toThrow(H5PathError);
    expect(Buffer.compare(file.toBytes(), before)).toBe(0);
  });
});

describe('a field of a class is written as the class says', () => {
  class Typed {
    n: unknown = 1;
    b: unknown = 5;
    v: unknown = new Float64Array(4);
    other = 0;
  }
  const typed = new TypeRegistry().register(Typed, {
    name: 'Typed',
    fields: [
      { property: 'n', dtype: 'u1' },
      { property: 'b', name: 'big', dtype: 'i8' },
      { property: 'v', dtype: 'f4', shape: [-1, 2], compression: true },
      'other',
    ],
  });
  const open = () => H5File.open(serialize({ t: new Typed() }, { registry: typed }), 'r+');
  const result = (file: H5File): Typed =>
    readSync<{ t: Typed }>(H5File.open(file.toBytes()), { registry: typed }).t;

  it.each<WriteOptions['mode']>(['replace', 'merge'])('%s', (mode) => {
    const file = open();
    const set = (key: keyof Typed, value: unknown): void => {
      if (mode === 'replace') writeSync(file, value, { registry: typed, path: `t/${key}` });
      else writeSync(file, { t: { [key]: value } }, { registry: typed, mode: 'merge' });
    };
    set('b', 2n ** 60n + 1n);
    expect(result(file).b).toBe(2n ** 60n + 1n);
    set('b', 7);
    expect(result(file).b).toBe(7);
    set('other', 3);
    set('n', 200);
    expect(result(file)).toMatchObject({ b: 7, other: 3, n: 200 });
    set('v', Float64Array.of(1, 2, 3, 4));
    expect(file.dataset('t/v').shape).toEqual([2, 2]);
    expect(file.dataset('t/v').chunks).toBeDefined();
    expect(result(file).v).toEqual(Float64Array.of(1, 2, 3, 4));
    expect(() => set('n', 300.5)).toThrow(/\$\.(t\.)?n: the number 300.5 cannot be stored/);
    expect(() => set('v', Float64Array.of(1, 2, 3))).toThrow(/shape/);
    expect(result(file)).toMatchObject({ b: 7, other: 3, n: 200 });
    expect(verifyStorage(new MemoryStorage(file.toBytes()), { indexes }).problems).toEqual([]);
  });
});

describe('an instance that is merged into one', () => {
  class Old {
    name = 'Ada';
  }
  const id = Symbol('id');
  class Now {
    name = 'Grace';
    online = true;
    [id] = 7;
    get size(): number {
      return this.name.length;
    }
  }
  const v1 = new TypeRegistry().register(Old, { name: 'User' });
  const v2 = new TypeRegistry().register(Now, {
    name: 'User',
    version: 2,
    fields: ['name', { property: id, name: 'id' }, 'size'],
    migrate: (content) => content,
  });
  it.each<[string, TypeRegistry, object]>([
    ['the current version', v2, new Now()],
    ['an older version', v1, new Old()],
  ])('leaves out what the class does not store: of %s', (_, how, user) => {
    const file = H5File.open(serialize({ user }, { registry: how }), 'r+');
    const now = Object.assign(new Now(), { name: 'Emmy', [id]: 9 });
    writeSync(file, now, { registry: v2, path: 'user', mode: 'merge' });
    const read = readSync<{ user: Now }>(H5File.open(file.toBytes()), { registry: v2 }).user;
    expect(read).toBeInstanceOf(Now);
    expect({ ...read }).toEqual({ name: 'Emmy', [id]: 9 });
    expect(file.group('user').attrs.get('size')).toBe(4);
    const plain = { online: false };
    expect(() => writeSync(file, plain, { registry: v2, path: 'user', mode: 'merge' })).toThrow(
      /the class User does not store/,
    );
  });
});

describe('a number among bigints stays a number', () => {
  class Ticks {
    at: unknown = 1n;
  }
  const typed = new TypeRegistry().register(Ticks, {
    name: 'Ticks',
    fields: [{ property: 'at', dtype: 'i8' }],
  });
  it.each<[(string | number)[], () => unknown, unknown]>([
    [[0], () => [1n, 2n], [7, 2n]],
    [[1, 'id'], () => [{ id: 1n }, { id: 2n }], [{ id: 1n }, { id: 7 }]],
    [[0, 1], () => [[1n, 2n]], [[1n, 7]]],
    [['k', 1], () => new Map([['k', [1n, 2n]]]), new Map([['k', [1n, 7]]])],
    [[0], () => [2 ** 40, 1], [7, 1]],
  ])('%j', (path, make, expected) => {
    expect(written({ z: make() }, 7, { path: ['z', ...path] })).toStrictEqual({ z: expected });
  });

  it('in a field with a dtype, and beside others', () => {
    const file = H5File.open(serialize({ l: [new Ticks(), new Ticks()] }, { registry: typed }), 'r+');
    writeSync(file, 7, { registry: typed, path: 'l/1/at' });
    const { l } = readSync<{ l: Ticks[] }>(H5File.open(file.toBytes()), { registry: typed });
    expect(l.map(({ at }) => at)).toEqual([1n, 7]);
  });

  it('but a typed array refuses it', () => {
    for (const value of [
      { b: BigInt64Array.of(1n) },
      { b: [BigInt64Array.of(1n, 2n), BigInt64Array.of(3n, 4n)] },
    ])
      expect(() => written(value, 7, { path: Array.isArray(value.b) ? 'b/0/0' : 'b/0' })).toThrow(
        /an element of a BigInt64Array is a bigint, not a number/,
      );
  });
});

it('what holds itself is not merged in memory', () => {
  const there: { m: Map<number, object>; next?: object } = { m: new Map([[1, {}]]) };
  there.next = there;
  const file = H5File.open(serialize({ rows: [there, there.next] }), 'r+');
  const patch: { a: number; next?: object } = { a: 1 };
  patch.next = patch;
  const before = file.toBytes();
  expect(() => writeSync(file, patch, { path: 'rows/0', mode: 'merge' })).toThrow(/holds itself/);
  expect(Buffer.compare(file.toBytes(), before)).toBe(0);
});

describe('nothing is half written', () => {
  it.each<[string, unknown, WriteOptions, RegExp]>([
    ['a value that cannot be stored', { a: 1, b: () => {} }, { path: 'settings' }, /function/],
    ['a slice', 1, { path: 'rows/1:3' }, /not one place/],
    ['a member of a string', 1, { path: 'title/x' }, /has no members/],
    ['an element far behind the end', 1, { path: 'mixed/9' }, /there is no \$\.mixed\[9\]/],
    ['a member of nothing', 1, { path: 'mixed/3/x' }, /\$\.mixed\[3\] has no members/],
    ['a number for a bigint', 5, { path: 'bigs/1' }, /^\$\.bigs\[1\]: .* is a bigint, not a number/],
    ['a bigint for a number', 5n, { path: 'ints/1' }, /\$\.ints\[1\]: .* is a number, not a bigint/],
    ['too large a number', 300, { path: 'q/ints/1' }, /\$\.q\.ints\[1\]: 300 does not fit/],
    ['one in a row', 300, { path: 'typed/0/ints/1' }, /\$\.typed\[0\]\.ints\[1\]: 300 does not fit/],
    ['a number that does not fit', 2 ** 40, { path: 'ints/0' }, /2\^?|fit|out of range|1099511627776/],
  ])('%s', (_, part, options, message) => {
    const ints = new Int8Array(2);
    const typed = [{ ints: new Uint8Array(2) }, { ints: new Uint8Array(3) }];
    const state = { ...makeState(), ints, bigs: new BigInt64Array(2), q: { ints: new Uint8Array(2) }, typed };
    const file = H5File.open(serialize(state, { registry }), 'r+');
    const before = file.toBytes();
    expect(() => writeSync(file, part, { registry, ...options })).toThrow(message);
    expect(Buffer.compare(file.toBytes(), before)).toBe(0);
  });

  it('and the prototype of nothing is touched', () => {
    const value = written({ a: {} }, 1, { path: 'a/__proto__/polluted' }) as { a: object };
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.keys(value.a)).toEqual(['__proto__']);
  });
});

describe('in a file at a path', () => {
  it('costs what it changes', async () => {
    const path = join(folder, 'large.h5');
    await write(path, { ...makeState(), large: new Float64Array(500_000) }, { registry });
    const { size } = statSync(path);
    await write(path, 'changed', { path: 'settings/font/family' });
    expect(statSync(path).size).toBeLessThan(size + 10_000);
    expect(readSync(path, { path: 'settings/font/family' })).toBe('changed');
    expect(readSync(path, { registry, path: 'user' })).toEqual(new User('Dora', 5));
  });

  it('is made if it is not there', () => {
    const path = join(folder, 'new.h5');
    writeSync(path, 5, { path: 'a/b' });
    expect(readSync(path)).toEqual({ a: { b: 5 } });
    writeSync(path, { c: 6 }, { mode: 'merge' });
    expect(readSync(path)).toEqual({ a: { b: 5 }, c: 6 });
  });

  it('is committed with the transaction that it is in', () => {
    const path = join(folder, 'transaction.h5');
    writeSync(path, { a: 1, b: 2 });
    const file = H5File.open(path, 'r+');
    expect(() =>
      file.transaction(() => {
        writeSync(file, 3, { path: 'a' });
        expect(readSync(file)).toEqual({ a: 3, b: 2 });
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(readSync(file)).toEqual({ a: 1, b: 2 });
    file.close();
  });

  it('in a new file, too', () => {
    const file = H5File.open(undefined, 'w');
    writeSync(file, [1, 2], { path: 'a/b' });
    writeSync(file, 'x', { path: 'a/c' });
    expect(readSync(file)).toEqual({ a: { b: [1, 2], c: 'x' } });
    expect(deserialize(file.toBytes())).toEqual({ a: { b: [1, 2], c: 'x' } });
  });
});

describeOracle('h5py', () => {
  it('reads what was written, and writes in turns', () => {
    const path = join(folder, 'turns.h5');
    writeSync(path, makeState(), { registry });
    writeSync(path, { size: 20, family: 'mono' }, { path: 'settings/font' });
    writeSync(path, 'B', { path: 'users/1/name', registry });
    const shown = runPython([
      '-c',
      `
import h5py, sys
with h5py.File(sys.argv[1], 'r+') as f:
    print(dict(f['settings/font'].attrs), f['users/full name'][:].tolist(), list(f['settings'].attrs))
    f['settings'].attrs['from'] = 'python'
`,
      path,
    ]);
    expect(shown.toString().trim()).toBe("{'size': 20, 'family': 'mono'} [b'Ada', b'B', b'Cy'] ['dark']");
    writeSync(path, 1, { path: 'settings/last' });
    expect(readSync(path, { path: 'settings' })).toEqual({
      dark: true,
      font: { size: 20, family: 'mono' },
      from: 'python',
      last: 1,
    });
    expect(verifyStorage(new MemoryStorage(readFileSync(path)), { indexes }).problems).toEqual([]);
  });
});

/** Some way to an object or an element, and what changes the same in memory. */
function someChange(
  root: unknown,
  below: Random,
): { path: (string | number)[]; set: (value: unknown) => void } | undefined {
  const path: (string | number)[] = [];
  let at = root;
  for (let left = 1 + below(4); ; left--) {
    let keys: (string | number)[] = [];
    if (Array.isArray(at)) keys = Array.from(at.keys());
    else if (at instanceof Map) keys = [...at.keys()].filter((key) => typeof key === 'string');
    else if (typeof at === 'object' && at !== null && !ArrayBuffer.isView(at)) keys = Object.keys(at);
    const key = keys[below(Math.max(1, keys.length))];
    if (key === undefined) return undefined;
    path.push(key);
    const holder = at as Record<string, unknown>;
    const next = at instanceof Map ? at.get(key) : holder[key];
    const isObject =
      typeof next === 'object' && next !== null && !(next instanceof Date) && !(next instanceof Set);
    if (left <= 1 || !isObject || ArrayBuffer.isView(next)) {
      return {
        path,
        set: (value) => {
          if (holder instanceof Map) holder.set(key, value);
          else holder[key] = value;
        },
      };
    }
    at = next;
  }
}

it('of any graph: what is read is what a program would have', { timeout: 600_000 }, () => {
  let refused = 0;
  let total = 0;
  const check = (value: unknown, part: unknown, seed: number): void => {
    const bytes = serialize(value, { registry: classes, groups: [1000, 0, 3, 20][seed % 4] as number });
    const expected = deserialize(bytes, { registry: classes });
    const copy = deserialize(serialize(part, { registry: classes }), { registry: classes });
    const change = someChange(expected, seeded(seed));
    if (!change) return;
    total++;
    const file = H5File.open(bytes, 'r+');
    try {
      writeSync(file, part, { registry: classes, path: change.path });
    } catch (error) {
      if (!/refers to what is to be replaced|other parts share|groups: Infinity/.test(String(error)))
        throw error;
      refused++;
      return;
    }
    change.set(copy);
    let result = file.toBytes();
    const { problems } = verifyStorage(new MemoryStorage(result), { indexes });
    if (problems.length > 0) {
      // What was replaced was a cycle: nothing leads to it any more, and it leads to what is still there.
      expect(problems.every(({ code }) => code === 'link-count')).toBe(true);
      file.compact();
      result = file.toBytes();
      expect(verifyStorage(new MemoryStorage(result), { indexes }).problems).toEqual([]);
    }
    expect(graphOf(deserialize(result, { registry: classes }), classes), JSON.stringify(change.path)).toEqual(
      graphOf(expected, classes),
    );
  };
  fc.assert(fc.property(coreGraph, coreGraph, fc.nat(), check), {
    numRuns: Math.ceil(CASES / 5),
  });
  for (const [i, value] of Object.values(cases).entries()) check({ value, list: [1, 'a'] }, { new: i }, i);
  expect(refused).toBeLessThan(total / 4);
});

describe('what cannot be stored at a path', () => {
  class Stranger {
    n = 1;
  }
  class Small {
    d = 500;
  }
  const registry = new TypeRegistry().register(Small, {
    name: 'Small',
    fields: [{ property: 'd', dtype: 'u1' }],
  });
  const open = () =>
    H5File.open(serialize({ a: { b: { c: 1 } }, l: [{ x: [1] }, { x: [2] }], 'a b': { c: {} } }), 'r+');

  it.each<[string, unknown, string]>([
    ['a/b', () => 1, '$.a.b'],
    ['a/b', { q: () => 1 }, '$.a.b.q'],
    ['a/b/c', { q: [new Stranger()] }, '$.a.b.c.q[0]'],
    ['a/b/new', new Stranger(), '$.a.b.new'],
    ['l/1/x', new Stranger(), '$.l[1].x'],
    ['l/1', new Stranger(), '$.l[1]'],
    ['a/b', new Small(), '$.a.b.d'],
    ['a b/c', { d: new Stranger() }, '$["a b"].c.d'],
  ])('is named by its place in the file: %s', async (path, value, place) => {
    const error = { code: 'H5_UNSUPPORTED', path: place, message: expect.stringContaining(`${place}: `) };
    expect(() => writeSync(open(), value, { path, registry })).toThrow(expect.objectContaining(error));
    await expect(write(open(), value, { path, registry })).rejects.toMatchObject(error);
  });

  it.each([
    ['a/b/c/d/e', '$.a.b.c.d.e', '$.a.b.c has no members'],
    ['l/0/x/0/w/z', '$.l[0].x[0].w.z', '$.l[0].x[0] has no members'],
  ])('nor below what has no members: %s', (path, place, why) => {
    expect(() => writeSync(open(), 1, { path })).toThrow(`nothing can be written to ${place}: ${why}`);
  });

  it('is so in what iterables yield', async () => {
    function* rows() {
      yield 1;
      yield () => 1;
    }
    await expect(write(open(), { rows: rows() }, { path: 'a/b' })).rejects.toMatchObject({
      path: '$.a.b.rows[1]',
    });
  });
});

it('what the language does not let be changed is named', () => {
  const file = H5File.open(serialize({ s: { k: { text: new String('abc') } } }), 'r+');
  for (const key of ['0', 'length'])
    expect(() => writeSync(file, 'x', { path: ['s', 'k', 'text', key] })).toThrow(
      /nothing can be written to \$\.s\.k\.text.*: an object of type String cannot be changed: write another one/,
    );
});

describe('a class that has other names for its fields by now', () => {
  class OldPage {
    mail: unknown = 'a@b';
    conf: unknown = { dark: true, size: 1 };
    items: unknown = [{ n: 1 }, { n: 2 }];
    big: unknown = 2 ** 40;
    get last() {
      return 1;
    }
  }
  class Page {
    email: unknown;
    settings: unknown;
    list: unknown;
    large: unknown;
    get final() {
      return (this.settings as { size: number }).size;
    }
  }
  const before = new TypeRegistry().register(OldPage, {
    name: 'OldPage',
    fields: ['mail', 'conf', 'items', { property: 'big', dtype: 'i8' }, 'last'],
  });
  const now = new TypeRegistry().register(Page, {
    name: 'Page',
    aliases: ['OldPage'],
    fields: [
      { property: 'email', aliases: ['mail'] },
      { property: 'settings', aliases: ['conf'] },
      { property: 'list', aliases: ['items'] },
      { property: 'large', aliases: ['big'], dtype: 'i8' },
      { property: 'final', aliases: ['last'] },
    ],
  });
  const page = (members: object): Page =>
    Object.assign(new Page(), {
      email: 'a@b',
      settings: { dark: true, size: 1 },
      list: [{ n: 1 }, { n: 2 }],
      large: 2 ** 40,
      ...members,
    });
  const settings = { dark: true, size: 7 };
  it.each<[string, unknown, WriteOptions['mode'], object]>([
    ['email', 'c@d', 'replace', { email: 'c@d' }],
    ['email', 5, 'replace', { email: 5 }],
    ['settings/size', 7, 'replace', { settings }],
    ['settings', { size: 7 }, 'merge', { settings }],
    ['', { settings: { size: 7 } }, 'merge', { settings }],
    ['', page({ settings: { size: 7 } }), 'merge', { settings }],
    ['list', [5], 'replace', { list: [5] }],
    ['list/0', { n: 9 }, 'replace', { list: [{ n: 9 }, { n: 2 }] }],
    ['list/0/n', 9, 'replace', { list: [{ n: 9 }, { n: 2 }] }],
    ['large', 2 ** 41, 'replace', { large: 2 ** 41 }],
  ])('%s %j %s', (path, part, mode, members) => {
    const check = (make: (each: unknown) => unknown, above: string): void => {
      const file = H5File.open(serialize(make(new OldPage()), { registry: before }), 'r+');
      writeSync(file, part, { path: `${above}/${path}`, mode, registry: now });
      const bytes = file.toBytes();
      expect(verifyStorage(new MemoryStorage(bytes), { indexes }).problems).toEqual([]);
      const expected = make(page(members));
      expect(deserialize(bytes, { registry: now })).toEqual(expected);
      // There is one name, and it is that of now.
      const member = readSync<Page>(file, { path: above, registry: now });
      for (const key of Object.keys(members)) {
        const value = readSync(file, { path: `${above}/${key}`, registry: now });
        expect(value).toEqual((members as Record<string, unknown>)[key]);
      }
      expect(member.final).toBe((member.settings as { size: number }).size);
    };
    check((each) => ({ a: 1, each, z: 2 }), 'each');
    check((each) => each, '');
    if (mode === 'replace') check((each) => ({ list: [each, 1] }), 'list/0');
  });

  it('and a file that has both', () => {
    const file = H5File.open(serialize({ page: new OldPage() }, { registry: before }), 'r+');
    file.group('page').attrs.set('email', 'c@d');
    writeSync(file, 'e@f', { path: 'page/email', registry: now });
    expect([...file.group('page').attrs.keys()]).not.toContain('mail');
    expect(readSync(file, { path: 'page/email', registry: now })).toBe('e@f');
    expect(readSync<{ page: Page }>(file, { registry: now }).page.email).toBe('e@f');
  });
});

it('what an object inherits is no part of the value, and stays as it is', () => {
  class Plan {
    a = 1;
  }
  const defaults = { z: 1 };
  Object.assign(Plan.prototype, { defaults });
  const own = new TypeRegistry().register(Plan, { name: 'Plan' });
  for (const mode of ['replace', 'merge'] as const) {
    const file = H5File.open(serialize({ list: [new Plan(), 'x'] }, { registry: own }), 'r+');
    const options = { path: 'list/0/defaults/more', mode, registry: own };
    expect(() => writeSync(file, 99, options)).toThrow(
      /there is no \$\.list\[0\]\.defaults to be written to/,
    );
    writeSync(file, { defaults: { more: 99 } }, { path: 'list/0', mode: 'merge', registry: own });
    expect(defaults).toEqual({ z: 1 });
    const { list } = readSync<{ list: [Plan] }>(file, { registry: own });
    expect(list[0]).toHaveProperty('defaults', { more: 99 });
  }
});

it.each(['replace', 'merge'] as const)('an optional field that is undefined is left out (%s)', (mode) => {
  class Track {
    name = 'north';
    note?: unknown = [1];
    by?: unknown = 'me';
  }
  const own = new TypeRegistry().register(Track, {
    name: 'Track',
    fields: ['name', { property: 'note', optional: true }, { property: 'by', optional: true }],
  });
  const file = H5File.open(serialize({ track: new Track() }, { registry: own }), 'r+');
  for (const key of ['note', 'by', 'by']) {
    if (mode === 'replace') writeSync(file, undefined, { path: ['track', key], registry: own });
    else writeSync(file, { track: { [key]: undefined } }, { mode, registry: own });
  }
  const track = file.group('track');
  expect([...track.keys(), ...track.attrs.keys()].filter((name) => !name.startsWith('@'))).toEqual(['name']);
  const { problems } = verifyStorage(new MemoryStorage(file.toBytes()), { indexes });
  expect(problems).toEqual([]);
});
