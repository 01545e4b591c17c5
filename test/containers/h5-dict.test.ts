import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import {
  deserialize,
  H5Array,
  H5Attributes,
  type H5Dataset,
  H5Dict,
  H5Error,
  H5File,
  type H5Group,
  H5List,
  H5PathError,
  h5read,
  h5write,
  readSync,
  serialize,
  TypeRegistry,
  writeDataset,
  writeObject,
  writeSync,
} from '../../src/node.js';
import { describeOracle, h5py, objectAt, runPython } from '../oracle/oracles.js';
import { expectSame } from '../same.js';

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newPath = (): string => join(folder, `${files++}.h5`);

const registry = new TypeRegistry();
class User {
  name: string;
  age: number;
  constructor(name: string, age: number) {
    this.name = name;
    this.age = age;
  }
}
registry.register(User, { name: 'dict.User' });

class Secret {
  #value: number;
  constructor(value: number) {
    this.#value = value;
  }
  get value(): number {
    return this.#value;
  }
  [h5write](dict: Map<string, unknown>): void {
    dict.set('value', this.#value);
  }
  static [h5read](dict: ReadonlyMap<string, unknown>): Secret {
    return new Secret(dict.get('value') as number);
  }
}
registry.register(Secret, { name: 'dict.Secret' });

interface State {
  count: number;
  title: string;
  settings: H5Dict<{ dark: boolean; font: H5Dict<{ size: number }> }>;
  users: H5List;
  speed: Float64Array;
  owner: User;
}

const content = () => ({
  count: 1,
  title: 'state',
  settings: { dark: true, font: { size: 12 } },
  users: [new User('Ada', 36), new User('Bob', 40)],
  speed: Float64Array.of(1, 2, 3),
  owner: new User('Cy', 50),
});

function stored(): string {
  const path = newPath();
  writeSync(path, content(), { registry });
  return path;
}

const opened = (path = stored()): H5Dict<State> => H5Dict.open<State>(path, { mode: 'r+', registry });

it('JSON has no bigints, which is said with the key', () => {
  const file = H5File.open(undefined, 'w');
  const dict = H5Dict.of<Record<string, unknown>>(file);
  dict.set('a', { list: [1, { big: 5n }], big: new BigInt64Array(2) });
  const stringify = (value: unknown) => () => JSON.stringify(value);
  const code = expect.objectContaining({ code: 'H5_TYPE' });
  expect(stringify(dict)).toThrow(code);
  expect(stringify(dict)).toThrow(/there is one at a\/list\/1\/big: open it with \{ int64: 'number' \}/);
  expect(stringify(H5Attributes.of(file.createGroup('g', { attrs: { n: 1n } })))).toThrow(/at n:/);
  const list = dict.set('l', [1n, 2n]).get('l');
  expect(stringify(list)).toThrow(/at 0:/);
  const prototype = BigInt.prototype as { toJSON?: () => string };
  prototype.toJSON = function (this: bigint) {
    return String(this);
  };
  try {
    expect(JSON.stringify(dict.get('a'))).toBe('{"list":[1,{"big":"5"}],"big":{"0":"0","1":"0"}}');
  } finally {
    delete prototype.toJSON;
  }
});

describe('what an H5Dict gives', () => {
  it('is live where it can be, else a copy', () => {
    using dict = opened();
    expect([...dict.keys()]).toEqual(Object.keys(content()));
    expect(dict.get('count')).toBe(1);
    expect(dict.get('title')).toBe('state');
    expect(dict.get('settings')).toBeInstanceOf(H5Dict);
    expect(dict.get('settings').get('font').get('size')).toBe(12);
    expect(dict.get('users')).toBeInstanceOf(H5List);
    expect(dict.get('speed')).toEqual(Float64Array.of(1, 2, 3));
    expect(dict.get('owner')).toEqual(new User('Cy', 50));
    expect(dict.get('owner')).toBeInstanceOf(User);
    expect(dict.get('nothing' as string)).toBeUndefined();
    expect(dict.has('toString')).toBe(false);
    expect(dict.get('toString' as string)).toBeUndefined();
  });

  it('is an H5Array from the size on that is asked for', () => {
    const path = newPath();
    writeSync(path, { large: new Float64Array(1000), small: new Float64Array(10) });
    using dict = H5Dict.open(path, { largeArray: 1000 });
    expect(dict.get('large')).toBeInstanceOf(H5Array);
    expect(dict.get('small')).toBeInstanceOf(Float64Array);
  });

  it('is what an instance is stored as, if asked for', () => {
    using dict = opened();
    const raw = dict.raw('owner') as H5Dict;
    expect(raw).toBeInstanceOf(H5Dict);
    expect([...raw.entries()]).toEqual([
      ['name', 'Cy'],
      ['age', 50],
    ]);
    raw.set('age', 51);
    expect(dict.get('owner')).toEqual(new User('Cy', 51));
    dict.set('secret' as never, new Secret(7) as never);
    expect((dict.get('secret' as string) as unknown as Secret).value).toBe(7);
    expect((dict.raw('secret') as H5Dict).get('value')).toBe(7);
  });

  it('is a copy that update writes back', () => {
    using dict = opened();
    const owner = dict.get('owner');
    owner.age = 99;
    expect(dict.get('owner').age).toBe(50);
    dict.update('owner', (user) => {
      user.age++;
    });
    dict.update('count', (count) => count + 1);
    expect(dict.get('owner')).toEqual(new User('Cy', 51));
    expect(dict.get('count')).toBe(2);
  });

  it('is changed where it stands if it is a dict or a list, and stays what others share', () => {
    const shared = { a: 1 };
    const part: Record<string, unknown> = { shared, list: [shared, {}] };
    part['self'] = part;
    const file = H5File.open(serialize({ part, shared }), 'r+');
    const dict = H5Dict.of<{ part: H5Dict; shared: H5Dict }>(file);
    dict.update('part', (each) => {
      each.set('n', 1);
    });
    dict.update('part', (each) => each.set('m', 2));
    const { part: now, shared: other } = deserialize<Record<string, Record<string, unknown>>>(file.toBytes());
    expect(now).toMatchObject({ n: 1, m: 2 });
    expect(now?.['self']).toBe(now);
    expect(now?.['shared']).toBe(other);
    dict.update('shared', () => ({ a: 2 }));
    expect(dict.get('shared').toObject()).toEqual({ a: 2 });
  });

  it('is written by write, and read by read', () => {
    const path = newPath();
    H5Dict.write(
      path,
      new Map<string, unknown>([
        ['a', 1],
        ['b', { c: [1, 'two'] }],
      ]),
    ).close();
    expect(readSync(path)).toEqual(
      new Map<string, unknown>([
        ['a', 1],
        ['b', { c: [1, 'two'] }],
      ]),
    );
    expect(H5Dict.read(path).copy()).toEqual(readSync(path));
    using nested = H5Dict.read(path, 'b');
    expect(nested.path).toBe('/b');
    expect(nested.toObject()).toEqual({ c: [1, 'two'] });
    expect(nested.parent?.size).toBe(2);
    expect(nested.parent?.parent).toBeUndefined();
    expect(nested.file).toBeInstanceOf(H5File);
  });
});

it('is written to a group of an open file, as a member or as all of it', () => {
  const file = H5File.open(serialize({ keep: 1, list: [1], old: { a: { b: 1 }, c: 2 } }), 'r+');
  const made = H5Dict.write(file, { x: 1, l: ['a', 1] }, { name: 'new/within' });
  made.get('l').push('b');
  H5Dict.write(file, new Map([['k', 1]]), { name: 'list' }).set('j', 2);
  const all = H5Dict.write(file.group('old'), { a: { b: 2 }, d: 3 });
  expect(all.path).toBe('/old');
  expect(() => H5Dict.write(file, { bad: () => 1 }, { name: 'keep' })).toThrow(/keep.*bad/s);
  file.commit();
  expect(deserialize(file.toBytes())).toEqual({
    keep: 1,
    list: new Map([
      ['k', 1],
      ['j', 2],
    ]),
    old: { a: { b: 2 }, d: 3 },
    new: { within: { x: 1, l: ['a', 1, 'b'] } },
  });
  H5Dict.write(file, { only: 1 });
  expect(readSync(file)).toEqual({ only: 1 });
  file.rollback();
  expect(readSync(file)).toHaveProperty('keep', 1);
});

it('numbers that are stored as integers of 64 bits stay numbers, and bigints in their place are none', () => {
  class Counts {
    a = 1;
    b = 2;
    c = 3;
    d: number | bigint = 4;
  }
  const fields = ['a', 'b', 'c', 'd'].map((property) => ({ property, dtype: 'i8' as const }));
  const registry = new TypeRegistry().register(Counts, { name: 'Counts', fields });
  const dict = H5Dict.of(H5File.open(serialize({ counts: new Counts(), to: {} }, { registry }), 'r+'), {
    registry,
  });
  const large = 2n ** 60n + 1n;
  const counts = dict.raw('counts') as H5Dict;
  const to = dict.get('to') as H5Dict;
  counts.attributes.set('d', large);
  expect((dict.copy() as { counts: Counts }).counts.d).toBe(large);
  dict.rollback();
  counts.set('d', large);
  expect((dict.copy() as { counts: Counts }).counts.d).toBe(large);
  counts.rename('a', 'ä');
  counts.move('b', to, 'moved');
  counts.delete('c');
  counts.set('c', large);
  to.set('set', large);
  to.rename('moved', 'renamed');
  to.set('moved', large);
  dict.commit();
  expect(to.copy()).toEqual({ renamed: 2, set: large, moved: large });
  expect([...counts]).toEqual([
    ['ä', 1],
    ['d', large],
    ['c', large],
  ]);
  const read = deserialize(dict.file.toBytes(), { registry, unknownClass: 'object' }) as Record<
    string,
    object
  >;
  expect({ ...read['counts'] }).toMatchObject({ c: large, d: large });
  expect(read['to']).toEqual({ renamed: 2, set: large, moved: large });
});

describe('the view of an H5Dict', () => {
  it('has its keys as properties', () => {
    using dict = opened();
    const { view } = dict;
    view.count++;
    view.settings.font.size += 2;
    view.title = 'new';
    expect(dict.get('count')).toBe(2);
    expect(dict.get('settings').get('font').get('size')).toBe(14);
    expect('title' in view).toBe(true);
    expect('subtitle' in view).toBe(false);
    expect(Object.keys(view)).toEqual([...dict.keys()]);
    delete (view as { speed?: unknown }).speed;
    expect(dict.has('speed')).toBe(false);
    const { count, ...others } = view;
    expect(count).toBe(2);
    expect(Object.keys(others)).toEqual(['title', 'settings', 'users', 'owner']);
    expect(JSON.parse(JSON.stringify(view.settings))).toEqual({ dark: true, font: { size: 14 } });
    expect(Object.assign({}, view.settings.font)).toEqual({ size: 14 });
    expect(structuredClone(dict.get('settings').toObject())).toEqual({ dark: true, font: { size: 14 } });
    expect(`${view.settings.font}`).toBe('[object Object]');
    expect(Object.entries(view.settings.font)).toEqual([['size', 14]]);
  });

  it('changes what is in a large dict, too', () => {
    const many = () =>
      Object.fromEntries(
        Array.from({ length: 1001 }, (_, i) => [`u${i}`, { name: `x${i}`, n: 0, tags: ['a'], in: { q: i } }]),
      );
    const expected = many() as Record<string, Record<string, unknown>>;
    const dict = H5Dict.write(undefined, { users: many() });
    type User = { name?: string; n: number; tags: string[]; in: { q: number } };
    const { users } = dict.view as unknown as { users: Record<string, User> };
    const user = users['u7'] as User;
    expect(JSON.stringify(user)).toBe(JSON.stringify(expected['u7']));
    expect(Object.keys(users)).toEqual(Object.keys(expected));
    const isLarge = () => (dict.get('users') as unknown as H5Dict).isLarge;
    expect(isLarge()).toBe(true);
    user.n = 6;
    user.in.q++;
    user.tags.push('b');
    delete user.name;
    expect(isLarge()).toBe(false);
    expected['u7'] = { n: 6, tags: ['a', 'b'], in: { q: 8 } };
    expect(user).toEqual(expected['u7']);
    expectSame(dict.toObject(), { users: expected });
    expect(JSON.stringify(dict.view)).toBe(JSON.stringify({ users: expected }));
  });

  it.each([
    ['an object', (entries: [string, unknown][]) => Object.fromEntries(entries)],
    ['a Map', (entries: [string, unknown][]) => new Map(entries)],
  ])('is the value of a file that has tables of objects beside it: %s', (_, make) => {
    // More keys than members, more objects in them than groups, and too few of them alike for columns.
    const entry = (i: number): [string, unknown] => [
      ['keys', 'values', 'members 0'][i] ?? `k${i}`,
      { [`f${i % 700}`]: i, name: `n${i}`, in: { [`g${i % 900}`]: [i, 'x'] } },
    ];
    const entries = Array.from({ length: 1200 }, (_, i) => entry(i));
    const bytes = serialize(make(entries));
    expect([...H5File.open(bytes).keys()].sort()).toEqual(['@objects', 'value']);
    const dict = H5Dict.open<Record<string, unknown>>(bytes, { mode: 'r+' });
    expect([dict.size, dict.path, dict.parent]).toEqual([1200, '/value', undefined]);
    expectSame(dict.toObject(), Object.fromEntries(entries));
    dict.set('k7', 'set');
    dict.delete('k8');
    dict.set('new', [1, 2]);
    dict.update('k9', () => ({ id: -9 }));
    const model = new Map(entries);
    model.set('k7', 'set');
    model.delete('k8');
    model.set('new', [1, 2]);
    model.set('k9', { id: -9 });
    dict.commit();
    const read = deserialize<Record<string, unknown> | Map<string, unknown>>(dict.file.toBytes());
    expect(read instanceof Map).toBe(_ === 'a Map');
    expectSame(read instanceof Map ? [...read] : Object.entries(read), [...model]);
    expectSame(H5Dict.of(dict.file).toObject(), Object.fromEntries(model));
    expect((dict.get('k9') as H5Dict).parent?.path).toBe('/value');
    dict.close();
  });

  it('says how what others share in tables for the whole value can be changed', () => {
    const shared = { deep: { in: { it: 1 } } };
    const all = Object.fromEntries(
      Array.from({ length: 1100 }, (_, i) => [
        `k${i}`,
        i % 2 ? i : [{ a: { i } }, 'x', i ? { b: { i } } : shared.deep],
      ]),
    );
    const value = { shared, all };
    const dict = H5Dict.open<Record<string, unknown>>(serialize(value, { groups: 0 }), { mode: 'r+' });
    expect(() => (dict.get('all') as H5Dict).set('new', 1)).toThrow(
      expect.objectContaining({
        code: 'H5_REFERENCED',
        message: expect.stringContaining('{ groups: Infinity }'),
      }),
    );
    expectSame(dict.toObject(), value);
    expect((dict.get('shared') as H5Dict).toObject()).toEqual(shared);
  });

  it('takes what it gives', () => {
    using dict = opened();
    const { view } = dict;
    (view as unknown as Record<string, unknown>)['again'] = view.settings;
    dict.get('settings').set('dark', false);
    expect((dict.get('again' as never) as H5Dict).toObject()).toEqual({ dark: true, font: { size: 12 } });
    Object.defineProperty(view, 'defined', { value: 5 });
    expect(dict.get('defined' as string)).toBe(5);
    expect(() => Object.freeze(view)).toThrow(/neither frozen nor sealed/);
    expect(() => Object.defineProperty(view, 'x', { get: () => 1 })).toThrow(/no accessor/);
    expect(() => Object.assign(view, { [Symbol.iterator]: 1 })).toThrow(/key of a dict is a string/);
    expect(() => Object.setPrototypeOf(view, null)).toThrow(TypeError);
  });

  it('is set as what it shows, with all that is in it', () => {
    const value = {
      dict: { x: 1, list: [1, 'a', { y: [2, 'b'] }], n: { z: 1 } },
      list: ['a', { q: 1 }, ['b', 1]],
    };
    const dict = H5Dict.of(H5File.open(serialize({ ...value, there: { x: 0, n: { z: 0 } }, old: 1 }), 'r+'));
    const [inner, list] = [dict.get('dict') as H5Dict, dict.get('list') as H5List];
    dict.set('a', inner.view).set('b', list.view);
    dict.set('there', { list: list.view, n: inner.view });
    dict.getOrInsert('c', list.view);
    dict.update('old', () => list.view);
    (dict.view as Record<string, unknown>)['d'] = list.view;
    H5Dict.of(dict.file.createGroup('e')).assign(inner.view as never);
    H5Dict.of(dict.file.createGroup('f')).merge({ l: list.view, d: inner.view });
    dict.commit();
    expect(deserialize(dict.file.toBytes())).toEqual({
      ...value,
      there: { list: value.list, n: value.dict },
      old: value.list,
      a: value.dict,
      b: value.list,
      c: value.list,
      d: value.list,
      e: value.dict,
      f: { l: value.list, d: value.dict },
    });
  });

  it('is stored as a copy within other values, as all collections of the file', () => {
    const value = {
      dict: { x: 1, list: [1, 'a', { y: 2 }] },
      list: [{ q: 1 }, 'b', ['c', 1]],
      large: Float64Array.of(1, 2),
    };
    const path = newPath();
    const dict = H5Dict.write<Record<string, unknown>>(
      path,
      { ...value, there: { a: 1 } },
      { largeArray: 8 },
    );
    const [inner, list, large] = [
      dict.get('dict') as H5Dict,
      dict.get('list') as H5List,
      dict.get('large') as H5Array,
    ];
    list.push('d');
    dict.set('new', { inner, list, large, all: [inner.view, new Map([[1, list]]), new Set([inner])] });
    dict.set('there', { a: 1, in: [inner] });
    dict.set(
      'filtered',
      list.filter((each) => typeof each === 'object'),
    );
    dict.set('spread', { ...inner.view });
    const twice = { inner };
    dict.set('twice', [twice, twice]);
    list.push([inner], { inner });
    const shared = {};
    H5Dict.of(dict.file.createGroup('assigned')).assign({ shared, again: shared, all: [inner] } as never);
    H5Dict.of(dict.file.createGroup('merged')).merge({ shared, again: shared, all: [inner] });
    H5List.write(dict.file, [shared, shared, [inner]], { name: 'written' });
    inner.set('x', 2);
    dict.close();
    const pushed = [...value.list, 'd'];
    const { dict: old } = value;
    const read = readSync(path) as Record<string, unknown[]>;
    expect(read).toEqual({
      dict: { ...old, x: 2 },
      list: [...pushed, [old], { inner: old }],
      large: value.large,
      there: { a: 1, in: [old] },
      new: {
        inner: old,
        list: pushed,
        large: value.large,
        all: [old, new Map([[1, pushed]]), new Set([old])],
      },
      filtered: [{ q: 1 }, ['c', 1]],
      spread: old,
      twice: [{ inner: old }, { inner: old }],
      assigned: { shared, again: shared, all: [old] },
      merged: { shared, again: shared, all: [old] },
      written: [shared, shared, [old]],
    });
    expect(read['twice']?.[0]).toBe(read['twice']?.[1]);
  });

  it('has Maps and lists where it is stored within other values', () => {
    const value = {
      map: new Map<string, unknown>([
        ['k', new Map([['j', null]])],
        ['l', [1, 'a', {}]],
      ]),
      in: { n: 1 },
    };
    const other = H5Dict.of(H5File.open(serialize(value)));
    const dict = H5Dict.of<Record<string, unknown>>(H5File.open(serialize(value), 'r+'));
    const map = dict.get('map') as H5Dict;
    dict.set('a', { all: [map.view, dict.get('in'), other.view], other: (other.get('map') as H5Dict).view });
    dict.set('b', [[(map.get('l') as H5List).view], { in: (dict.view as typeof value).in }]);
    dict.commit();
    expect(deserialize(dict.file.toBytes())).toEqual({
      ...value,
      a: { all: [value.map, value.in, value], other: value.map },
      b: [[value.map.get('l')], { in: value.in }],
    });
  });

  it('does not let keys touch prototypes', () => {
    using dict = opened();
    const view = dict.view as unknown as Record<string, unknown>;
    dict.set('__proto__' as string, { polluted: true });
    expect((view['__proto__'] as { polluted: boolean }).polluted).toBe(true);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(view)).toBe(Object.prototype);
    expect(dict.delete('__proto__')).toBe(true);
    expect(view['__proto__']).toBeUndefined();
  });
});

describe('assignment', () => {
  /** How many bytes of a file a commit changes. */
  function changedBytes(dict: H5Dict, change: () => void): number {
    const before = dict.file.toBytes();
    change();
    const after = dict.file.toBytes();
    let changed = Math.abs(after.length - before.length);
    for (let i = 0; i < Math.min(before.length, after.length); i++) if (before[i] !== after[i]) changed++;
    return changed;
  }

  it('writes only the difference', () => {
    const dict = H5Dict.of(H5File.open(undefined, 'w'));
    const big = new Float64Array(100_000).map((_, i) => i);
    const value = () => ({
      big: Float64Array.from(big),
      names: ['a', 'b', 'c'],
      at: { x: 1, y: 2 },
      when: new Date(5),
    });
    dict.set('state', value());
    dict.commit();
    expect(changedBytes(dict, () => dict.set('state', value()))).toBe(0);
    const { big: _, ...small } = value();
    expect(changedBytes(dict, () => dict.set('state', { ...value(), at: { x: 1, y: 3 } }))).toBeLessThan(
      1000,
    );
    expect(changedBytes(dict, () => dict.set('state', small))).toBeLessThan(2000);
    expect((dict.get('state') as H5Dict).copy()).toEqual(small);
    expect(changedBytes(dict, () => dict.set('state', { ...small, names: ['a', 'b', 'd'] }))).toBeLessThan(
      2000,
    );
    expect((dict.get('state') as H5Dict).copy()).toEqual({ ...small, names: ['a', 'b', 'd'] });
  });

  it('does not change what another key shares', () => {
    const shared = { x: 1 };
    const dict = H5Dict.write(undefined, { a: shared, b: shared });
    dict.set('a', { x: 2 });
    expect(dict.copy()).toEqual({ a: { x: 2 }, b: { x: 1 } });
    dict.set('a', dict.get('b'));
    dict.set('b', { x: 3 });
    expect(dict.copy()).toEqual({ a: { x: 1 }, b: { x: 3 } });
  });

  it('has the keys of an object that was just set in their order', () => {
    const value = { a: 1, list: ['x', null], b: 2, numbers: Float64Array.of(1), inner: {}, c: 'text' };
    const dict = H5Dict.write<Record<string, unknown>>(undefined, { z: 0 });
    const inner = () => dict.get('value') as H5Dict<Record<string, unknown>>;
    dict.set('value', value);
    expect([...inner().keys()]).toEqual(Object.keys(value));
    expect(Object.keys(dict.view['value'] as object)).toEqual(Object.keys(value));
    inner().set('d', true);
    dict.commit();
    expect([...inner().keys()]).toEqual([...Object.keys(value), 'd']);
  });

  it('has no key that is too long for a member, whatever the value', () => {
    const key = 'k'.repeat(25_000);
    for (const value of [
      1,
      'text',
      [1, 2],
      ['a', null],
      { a: 1 },
      { a: ['b'] },
      Float64Array.of(1),
      new Set([1]),
    ]) {
      const dict = H5Dict.write<Record<string, unknown>>(undefined, { a: 1, inner: { b: 1 } });
      for (const set of [
        () => dict.set(key, value),
        () => dict.merge({ a: 2, [key]: value }),
        () => dict.assign({ a: 2, [key]: value }),
        () => dict.set('inner', { b: 2, [key]: value }),
      ]) {
        expect(set).toThrow(expect.objectContaining({ code: 'H5_BAD_NAME' }));
        expect(dict.copy()).toEqual({ a: 1, inner: { b: 1 } });
      }
      // What is stored at once may have it.
      dict.set('new', { [key]: value });
      expect(dict.copy()).toEqual({ a: 1, inner: { b: 1 }, new: { [key]: value } });
    }
  });

  it('makes what was shared no longer shared', () => {
    const shared = { x: 1 };
    const dict = H5Dict.write(undefined, { both: { a: shared, b: shared } });
    const copy = () => (dict.get('both') as unknown as H5Dict).copy() as unknown as { a: object; b: object };
    const first = copy();
    expect(first.a).toBe(first.b);
    dict.set('both', { a: { x: 1 }, b: { x: 1 } });
    const second = copy();
    expect(second.a).not.toBe(second.b);
    expect(second).toEqual(first);
  });

  it('keeps what is shared within a value, and cycles', () => {
    const dict = H5Dict.write<Record<string, unknown>>(undefined, {});
    const shared = { x: 1 };
    const ring: Record<string, unknown> = { shared, again: shared };
    ring['itself'] = ring;
    dict.set('ring', { a: 1 });
    dict.set('ring', ring);
    const copy = (dict.get('ring') as H5Dict).copy() as typeof ring;
    expect(copy['itself']).toBe(copy);
    expect(copy['again']).toBe(copy['shared']);
    dict.assign(ring);
    const all = dict.copy() as typeof ring;
    expect(all['itself']).toBe(all);
  });

  it('keeps what is shared where no property shows it', () => {
    class Session {
      readonly user: string;
      #draft: object;
      constructor(user: string, draft: object) {
        this.user = user;
        this.#draft = draft;
      }
      get draft(): object {
        return this.#draft;
      }
      set draft(draft: object) {
        this.#draft = draft;
      }
      hasDraft(): boolean {
        return #draft in this;
      }
    }
    class Tagged extends Set<unknown> {
      note: unknown;
    }
    const known = new TypeRegistry();
    known.register(Session, {
      name: 'dict.Session',
      fields: ['user', 'draft'],
      create: () => new Session('', {}),
    });
    known.register(Tagged, { name: 'dict.Tagged' });
    const dict = H5Dict.of(H5File.open(undefined, 'w'), { registry: known });
    const draft = { text: 'once' };
    const tagged = Object.assign(new Tagged([1]), { note: draft });
    const failed = new Error('no', { cause: draft });
    for (const holder of [new Session('ada', draft), tagged, failed]) {
      dict.set('both', { holder: 1, draft: 2 });
      dict.set('both', { holder, draft });
      const copy = (dict.get('both') as H5Dict).copy() as { holder: unknown; draft: unknown };
      const { draft: hidden, note, cause } = copy.holder as Record<string, unknown>;
      expect(copy.draft).toEqual(draft);
      expect(hidden ?? note ?? cause).toBe(copy.draft);
    }
  });

  it('brings keys into the order of the value, and leaves what they have', () => {
    const dict = H5Dict.write<Record<string, unknown>>(undefined, {
      state: { a: 1, list: [1, 'two'], inner: { x: 1, y: { z: 1 } }, b: 'text' },
    });
    const state = dict.get('state') as H5Dict;
    const list = state.get('list') as H5List;
    const inner = state.get('inner') as H5Dict;
    const orders = [
      { first: 0, a: 1, list: [1, 'two'], inner: { x: 1, y: { z: 1 } }, b: 'text' },
      { b: 'text', inner: { y: { z: 1 }, x: 1 }, list: [1, 'two'], a: 1 },
      { inner: { w: { z: 1 }, x: 2, y: { z: 1 } }, a: { now: 'a dict' }, list: [1, 'two'] },
      { list: [1, 'two'], inner: { x: 2, w: { z: 1 } }, a: [] },
    ];
    for (const value of orders) {
      dict.set('state', value);
      expect(JSON.stringify(dict)).toBe(JSON.stringify({ state: value }));
      dict.commit();
      expect(JSON.stringify(dict)).toBe(JSON.stringify({ state: value }));
      expect(JSON.stringify(deserialize(dict.file.toBytes()))).toBe(JSON.stringify({ state: value }));
      // They are the same objects as before.
      expect(list.toArray()).toEqual([1, 'two']);
      expect(inner.get('x')).toBe(value.inner.x);
    }
    dict.assign({ z: 1, state: orders[0], y: 2 });
    expect([...dict.keys()]).toEqual(['z', 'state', 'y']);
    expect(JSON.stringify(dict.get('state'))).toBe(JSON.stringify(orders[0]));
  });

  describe('of what is a part of what is set, or holds it, takes that as it was', () => {
    const make = () => ({
      a: 1,
      o: { x: 1, p: { q: 1 }, array: Float64Array.from({ length: 200_000 }, (_, i) => i) },
      l: [{ a: 1 }, 'x'],
      n: [1, 2],
      m: new Map<string, unknown>([['k', { z: 1 }]]),
      e: {},
    });
    type Made = ReturnType<typeof make>;
    // biome-ignore lint/suspicious/noExplicitAny: what is set is of another type than what was there
    it.each<[string, (dict: H5Dict<any>) => unknown, (value: Made) => object]>([
      ['all to a child', (dict) => dict.assign(dict.get('o')), ({ o }) => o],
      ['all to the view of a child', (dict) => dict.assign(dict.view.o), ({ o }) => o],
      ['all to itself', (dict) => dict.assign(dict), (value) => value],
      ['a child under another key', (dict) => dict.assign({ k: dict.get('o') }), ({ o }) => ({ k: o })],
      ['a view under another key', (dict) => dict.assign({ k: dict.view.o }), ({ o }) => ({ k: o })],
      ['a group', (dict) => dict.assign({ k: dict.get('o').object }), ({ o }) => ({ k: o })],
      ['an array', (dict) => dict.assign({ k: dict.get('o').get('array') }), ({ o }) => ({ k: o.array })],
      [
        'keys in turn',
        (dict) => dict.assign({ o: dict.get('m'), m: dict.get('o'), l: dict.get('n'), n: dict.get('l') }),
        ({ o, m, l, n }) => ({ o: m, m: o, l: n, n: l }),
      ],
      [
        'a key to what is in it',
        (dict) => dict.set('o', { z: dict.get('o').get('p') }),
        (value) => ({ ...value, o: { z: value.o.p } }),
      ],
      [
        'a key to what holds it',
        (dict) => dict.set('o', { up: dict }),
        (value) => ({ ...value, o: { up: value } }),
      ],
      ['a child to all', (dict) => dict.get('e').assign(dict), (value) => ({ ...value, e: value })],
      [
        'a Map to a part of it',
        (dict) => dict.set('m', new Map([['w', dict.get('m').get('k')]])),
        (value) => ({ ...value, m: new Map([['w', value.m.get('k')]]) }),
      ],
      [
        'what is merged',
        (dict) => dict.merge({ l: 5, k: dict.get('l'), o: { p: 5, k: dict.get('o').get('p') } }),
        (value) => ({ ...value, l: 5, k: value.l, o: { ...value.o, p: 5, k: value.o.p } }),
      ],
      [
        'a child by another name',
        (dict) => {
          const file = dict.file;
          file.link('same', file.group('o'));
          dict.get('o').assign({ p: dict.get('same').get('p'), all: dict.get('same') });
          dict.delete('same');
        },
        (value) => ({ ...value, o: { p: value.o.p, all: value.o } }),
      ],
      ['a child with all', (dict) => dict.get('e').merge(dict), (value) => ({ ...value, e: value })],
      ['a child with a view', (dict) => dict.get('e').merge(dict.view), (value) => ({ ...value, e: value })],
    ])('%s', (_, change, expected) => {
      const file = H5File.open(serialize(make()), 'r+');
      change(H5Dict.of(file));
      expectSame(deserialize(file.toBytes()), expected(make()));
    });

    it('with what its parts share', () => {
      const shared = [1, { a: 1 }];
      const o = { x: shared, y: { z: shared } };
      for (const change of [
        (dict: H5Dict) => dict.assign({ o: dict.get('o') }),
        (dict: H5Dict) => dict.assign({ k: dict.get('o') }),
        (dict: H5Dict) => dict.merge({ k: dict.get('o') }),
      ]) {
        const file = H5File.open(serialize({ o, e: 1 }), 'r+');
        change(H5Dict.of(file));
        const made = Object.values(deserialize<Record<string, typeof o>>(file.toBytes())).at(-1);
        expect(made).toEqual(o);
        expect(made?.x).toBe(made?.y.z);
      }
    });
  });

  it('takes collections of this and of other files as copies', () => {
    const other = H5Dict.write(undefined, { list: [1, 2, 3], inner: { deep: [{ a: 1 }] } });
    const dict = H5Dict.write<Record<string, unknown>>(undefined, {});
    dict.set('other', other);
    dict.set('list', other.get('list'));
    dict.set('self', dict.get('other'));
    other.set('list', [] as never);
    expect(dict.toObject()).toEqual({
      other: { list: [1, 2, 3], inner: { deep: [{ a: 1 }] } },
      list: [1, 2, 3],
      self: { list: [1, 2, 3], inner: { deep: [{ a: 1 }] } },
    });
    expect(deserialize(dict.file.toBytes())).toEqual(dict.toObject());
  });

  it('takes parts of arrays of its file within values as copies', () => {
    const rows = Float64Array.from({ length: 20 }, (_, i) => i);
    const dict = H5Dict.write<Record<string, unknown>>(undefined, {}, { largeArray: 1 });
    dict.file.createDataset('rows', { data: rows, shape: [10, 2] });
    const array = dict.get('rows') as H5Array;
    dict.set('parts', { rows: array.slice('1:3'), column: array.slice('::4, 1'), whole: array });
    expect(readSync(dict.file, { path: 'parts' })).toEqual({
      rows: [rows.slice(2, 4), rows.slice(4, 6)],
      column: Float64Array.of(1, 9, 17),
      whole: readSync(dict.file, { path: 'rows' }),
    });
    const records = [
      { x: 1, y: 2 },
      { x: 3, y: 4 },
    ];
    dict.file.createDataset('records', { data: records, dtype: { compound: { x: 'i4', y: 'f8' } } });
    // Also where there is something already, with which it is compared.
    for (const last of [1, 1, 2]) {
      const table = H5Array.of(dict.file.dataset('records') as H5Dataset<unknown>).slice('1:');
      dict.set('all', { list: [array, table, { last }], inner: [dict.get('parts')] });
      expect(readSync(dict.file, { path: 'all' })).toEqual({
        list: [readSync(dict.file, { path: 'rows' }), records.slice(1), { last }],
        inner: [readSync(dict.file, { path: 'parts' })],
      });
    }
  });

  it('as an object is all of an instance that has entries besides', () => {
    class Tagged extends Map<string, number> {
      tag = 'x';
    }
    const known = new TypeRegistry().register(Tagged, { name: 'Tagged' });
    const bytes = serialize(new Tagged([['a', 1]]), { registry: known });
    const copy: unknown = H5Dict.open(bytes, { registry: known }).toObject();
    expect(copy).toEqual(new Tagged([['a', 1]]));
    // No object has such keys.
    const odd = serialize({ map: new Map([[Object.create(null) as object, 1]]) });
    const dict = H5Dict.open<{ map: unknown }>(odd);
    expect(dict.raw('map')).toEqual(dict.get('map'));
    expect(String(dict)).toContain('map: Map(1)');
  });

  it('merges dicts that lead back to each other, each with each once', () => {
    const made = (value: number): H5Dict => {
      const file = H5File.open(undefined, 'w');
      const groups = Array.from({ length: 8 }, (_, i) =>
        file.createGroup(`g${i}`, { attrs: { [`v${value}`]: i } }),
      );
      for (const group of groups)
        for (const [i, other] of groups.entries()) file.link(`${group.path}/to${i}`, other);
      return H5Dict.of(file);
    };
    const dict = made(1);
    dict.merge(made(2));
    const { g3 } = dict.toObject() as Record<string, Record<string, unknown>>;
    expect(g3).toMatchObject({ v1: 3, v2: 3 });
    expect((g3?.['to5'] as typeof g3)?.['to3']).toBe(g3);
  });

  it('merges as |= does', () => {
    const dict = H5Dict.write<Record<string, unknown>>(undefined, {
      a: 1,
      c: { d: 'test', e: [1, 2] },
      f: 2,
    });
    dict.merge({ c: { d: 'new', g: -1 }, h: { i: 1 } });
    expect(dict.toObject()).toEqual({ a: 1, c: { d: 'new', e: [1, 2], g: -1 }, f: 2, h: { i: 1 } });
    dict.merge(H5Dict.write(undefined, { c: { z: 1 }, a: { now: 'a dict' } }));
    expect(dict.toObject()).toEqual({
      a: { now: 'a dict' },
      c: { d: 'new', e: [1, 2], g: -1, z: 1 },
      f: 2,
      h: { i: 1 },
    });
  });
});

describe('a file that is not what it says', () => {
  it('keys that are no strings', () => {
    const file = H5File.open(undefined, 'w');
    const it = file.createGroup('it', { attrs: { '@class': 'X', '@encoding': 'entries' } });
    it.createDataset('keys', { data: [[1], [2, 3]], dtype: { vlen: 'i4' } });
    it.createDataset('values', { data: [1, 2] });
    const dict = H5Dict.of<{ it: unknown }>(file);
    expect(() => String(dict.raw('it'))).toThrow('"/it" has no list of keys');
  });
  type Dict = H5Dict<Record<string, unknown>>;
  /** Each of the actions gives a value, or an error of ours; and what else there is can be read. */
  function check(
    value: unknown,
    damage: (it: H5Group | H5Dataset) => void,
    actions: ((dict: Dict) => unknown)[],
  ): void {
    const whole = H5Dict.write<Record<string, unknown>>(undefined, { it: value, other: 1 });
    damage(whole.file.get('it') as H5Group | H5Dataset);
    const bytes = whole.file.toBytes();
    for (const action of actions) {
      const dict = H5Dict.of<Record<string, unknown>>(H5File.open(bytes, 'r+'));
      let error: unknown;
      try {
        action(dict);
      } catch (thrown) {
        error = thrown;
      }
      if (error !== undefined) expect(error).toBeInstanceOf(H5Error);
      expect(dict.get('other')).toBe(1);
    }
  }

  const values = [new Uint8Array(5), [1, 2], { a: 1 }, [{ a: 1 }]];
  it.each(['@type', '@encoding', '@class', '@items', '@length'])('a word that is none: %s', (name) => {
    for (const value of values)
      for (const word of [5, [1, 2], null])
        check(value, (it) => it.attrs.set(name, word), [
          (dict) => dict.get('it'),
          (dict) => dict.raw('it'),
          (dict) => dict.toObject(),
          (dict) => String(dict),
        ]);
  });

  it.each<[string, (it: H5Group) => void]>([
    ['no values', () => {}],
    ['values that lead nowhere', (it) => it.softLink('values', '/no')],
    ['values elsewhere', (it) => it.externalLink('values', 'x.h5', '/no')],
    ['values that are none', (it) => void it.createGroup('values')],
  ])('a large dict with %s', (_, put) => {
    const large = Object.fromEntries(Array.from({ length: 1100 }, (_, i) => [`k${i}`, i % 3 ? i : [i]]));
    const damage = (it: H5Group | H5Dataset) => {
      (it as H5Group).delete('values');
      put(it as H5Group);
    };
    check(large, damage, [
      (dict) => dict.get('it'),
      (dict) => (dict.get('it') as Dict).size,
      (dict) => [...(dict.get('it') as Dict).entries()],
      (dict) => (dict.get('it') as Dict).get('k3'),
      (dict) => (dict.get('it') as Dict).set('k7', 1),
      (dict) => (dict.get('it') as Dict).delete('k7'),
    ]);
  });
});

describe('a Map that is no dict', () => {
  const maps: Record<string, Map<unknown, unknown>> = {
    'null and undefined': new Map<unknown, unknown>([
      ['a', 1],
      [undefined, 2],
      [null, 3],
      ['', 4],
    ]),
    'undefined and large': new Map<unknown, unknown>([
      ...Array.from({ length: 1500 }, (_, i) => [`k${i}`, i] as const),
      [undefined, 2],
    ]),
    'lists of strings': new Map<unknown, unknown>([
      [['a', 'b'], 1],
      [['c', 'd'], 2],
    ]),
    'numbers and strings': new Map<unknown, unknown>([
      [1, 'one'],
      ['a', 2],
    ]),
  };

  it.each(Object.entries(maps))('is itself, with all its keys: %s', (_, map) => {
    const dict = H5Dict.write<Record<string, unknown>>(undefined, { list: [] });
    dict.set('map', map);
    expect(dict.get('map')).toEqual(map);
    const list = dict.get('list') as H5List;
    list.push(map, 1);
    expect([list.get(0), list.toArray()]).toEqual([map, [map, 1]]);
    const other = new Map([['a', { b: 1 }]]);
    dict.set('map', other);
    expect(dict.toObject()).toEqual({ list: [map, 1], map: other });
    dict.set('map', map);
    dict.merge({ map });
    expect(deserialize(dict.file.toBytes())).toEqual({ list: [map, 1], map });
  });
});

describe('merging', () => {
  const value = () => ({
    a: 1,
    map: new Map<unknown, unknown>([['a', 1]]),
    keyed: new Map<unknown, unknown>([[1, 1]]),
    plain: { a: 1, deep: { map: new Map([['a', 1]]) } },
    bare: Object.assign(Object.create(null) as object, { a: 1 }),
    list: [1],
    date: new Date(5),
    text: 'a text',
    none: null,
  });

  it.each<[string, object]>([
    ['map', { map: { b: 2 } }],
    ['map', { map: new Map([[1, 2]]) }],
    ['map', { map: H5Dict.write(undefined, { b: 2 }) }],
    ['keyed', { keyed: { b: 2 } }],
    ['keyed', { keyed: new Map([['b', 2]]) }],
    ['plain', { plain: new Map([['b', 2]]) }],
    ['plain', { plain: new Map([[1, 2]]) }],
    ['list', { list: { b: 2 } }],
    ['list', { list: new Map([[1, 2]]) }],
    ['date', { date: { b: 2 } }],
    ['plain.deep.map', { plain: { b: 1, deep: { map: { b: 2 } } } }],
  ])('is an error where it would lose an object, and nothing changes: %s %o', (place, other) => {
    const dict = H5Dict.write<Record<string, unknown>>(undefined, value());
    expect(() => dict.merge({ a: 2, ...other })).toThrow(
      expect.objectContaining({ code: 'H5_WRONG_KIND', path: `$.${place}` }),
    );
    expect(dict.toObject()).toEqual(value());
  });

  it('is right for dicts of one kind, and for what is no dict', () => {
    const dict = H5Dict.write<Record<string, unknown>>(undefined, value());
    dict.merge({ map: new Map([['b', 2]]), bare: { b: 2 }, plain: 5, keyed: [1] });
    dict.merge({ list: [2], date: new Date(6), text: { a: 1 }, none: new Map([['a', 1]]) });
    dict.merge({ plain: { b: 1 }, keyed: 1 });
    dict.merge({ keyed: new Map([[1, 1]]) });
    dict.merge({ keyed: new Map([[2, 2]]) });
    expect(dict.toObject()).toStrictEqual({
      a: 1,
      map: new Map([
        ['a', 1],
        ['b', 2],
      ]),
      keyed: new Map([[2, 2]]),
      plain: { b: 1 },
      bare: Object.assign(Object.create(null) as object, { a: 1, b: 2 }),
      list: [2],
      date: new Date(6),
      text: { a: 1 },
      none: new Map([['a', 1]]),
    });
  });
});

describe('keys', () => {
  it('are renamed in their place, and moved', () => {
    using dict = opened();
    dict.rename('title', 'name');
    expect([...dict.keys()].slice(0, 3)).toEqual(['count', 'name', 'settings']);
    dict.rename('users', 'people');
    expect([...dict.keys()][3]).toBe('people');
    dict.move('count', dict.get('settings') as unknown as H5Dict, 'counted');
    dict.move('speed', dict.get('settings').get('font') as unknown as H5Dict);
    expect(dict.get('settings').toObject()).toEqual({
      dark: true,
      font: { size: 12, speed: Float64Array.of(1, 2, 3) },
      counted: 1,
    });
    expect(dict.has('count')).toBe(false);
    expect(() => dict.move('settings', dict.get('settings') as unknown as H5Dict)).toThrow(/into itself/);
    expect(() => dict.rename('nothing', 'something')).toThrow(/there is no key "nothing"/);
    expect(() => dict.move('nothing', dict as unknown as H5Dict)).toThrow(/there is no key "nothing"/);
  });

  it('are moved out of a large dict, and into the place of what they are in', () => {
    const path = newPath();
    const big = Object.fromEntries(Array.from({ length: 1500 }, (_, n) => [`k${n}`, { n }]));
    writeSync(path, { big, o: {}, child: { g: { y: 1, in: { z: 1 } }, gone: 2 } });
    using dict = H5Dict.open<Record<string, H5Dict>>(path, { mode: 'r+' });
    dict.get('big').move('k3', dict.get('o'), 'moved');
    expect([dict.get('big').size, dict.get('big').has('k3')]).toEqual([1499, false]);
    expect(() => dict.move('big', dict.get('big').get('k4') as H5Dict)).toThrow(/into itself/);
    const child = dict.get('child');
    const part = child.get('g') as H5Dict;
    const inner = part.get('in') as H5Dict;
    child.move('g', dict as H5Dict, 'child');
    inner.set('z', 2);
    expect([part.path, inner.path]).toEqual(['/child', '/child/in']);
    expect(() => child.set('x', 1)).toThrow(expect.objectContaining({ code: 'H5_GONE' }));
    dict.commit();
    delete big.k3;
    expect(readSync(path)).toEqual({ big, o: { moved: { n: 3 } }, child: { y: 1, in: { z: 2 } } });
  });

  it.each([true, false])('of a large dict where another one stood: within one commit: %s', (isOne) => {
    const dict = H5Dict.write<Record<string, H5Dict>>(undefined, {}, { commit: 'manual' });
    const replace = (): void => {
      for (const prefix of ['a', 'b', 'c']) {
        const big = Object.fromEntries(Array.from({ length: 1500 }, (_, n) => [`${prefix}${n}`, n]));
        dict.transaction(() => writeSync(dict.file, big, { path: ['big'] }));
        if (!isOne) dict.commit();
        expect([...dict.get('big').keys()].at(-1)).toBe(`${prefix}1499`);
        expect(dict.get('big').get(`${prefix}3`)).toBe(3);
        dict.transaction(() => dict.delete('big'));
        if (!isOne) dict.commit();
        // What was there is given back, and used again.
        dict.toObject();
      }
    };
    if (isOne) dict.transaction(replace);
    else replace();
  });

  it('are inserted if they are not there', () => {
    const dict = H5Dict.write<Record<string, unknown>>(undefined, { a: 1 });
    expect(dict.getOrInsert('a', 2)).toBe(1);
    expect(dict.getOrInsert('b', 2)).toBe(2);
    expect(dict.getOrInsertComputed('c', (key) => `${key}!`)).toBe('c!');
    expect(dict.getOrInsertComputed('c', () => expect.fail())).toBe('c!');
  });

  it('may be more than HDF5 has attributes for', () => {
    const dict = H5Dict.write<Record<string, unknown>>(undefined, {});
    const model = new Map<string, unknown>();
    dict.batch(() => {
      for (let i = 0; i < 3000; i++) {
        const value = i % 7 === 0 ? undefined : i % 5 === 0 ? null : i % 3 === 0 ? new Date(i) : i;
        dict.set(`key ${i}`, value);
        model.set(`key ${i}`, value);
      }
    });
    const again = H5Dict.of(H5File.open(dict.file.toBytes(), 'r+'));
    expect(new Map(again.entries())).toEqual(model);
    expect(deserialize(dict.file.toBytes())).toEqual(Object.fromEntries(model));
    expect(again.get('key 2999')).toBe(2999);
    again.set('key 2998', 'changed');
    again.delete('key 0');
    expect([...again.keys()].slice(-2)).toEqual(['key 2998', 'key 2999']);
  });

  it('of a large object that write stored can be changed', () => {
    const entries = Array.from({ length: 2500 }, (_, i) => [`k${i}`, i % 2 ? i : { i }] as const);
    const shared = { shared: true };
    const value = { map: new Map<string, unknown>([...entries, ['one', shared], ['two', shared]]) };
    const path = newPath();
    writeSync(path, value);
    {
      using dict = H5Dict.open(path, { mode: 'r+' });
      const map = dict.get('map') as H5Dict;
      expect(map.size).toBe(2502);
      expect(map.get('k2499')).toBe(2499);
      expect(map.get('k2')).toEqual({ i: 2 });
      expect(map.has('k2500')).toBe(false);
      map.set('k1', 'changed');
      map.delete('k3');
      map.set('members 0', 1);
      value.map.set('k1', 'changed');
      value.map.delete('k3');
      value.map.set('members 0', 1);
    }
    const back = readSync<typeof value>(path);
    expect([...back.map]).toEqual([...value.map]);
    expect(back.map.get('one')).toBe(back.map.get('two'));
  });
});

describe('changes', () => {
  it('are committed at the end of the task, with each operation, or by hand', async () => {
    const path = stored();
    using dict = opened(path);
    dict.set('count', 5);
    dict.set('title', 'x');
    expect(readSync<State>(path, { registry }).count).toBe(1);
    await Promise.resolve();
    expect(readSync<State>(path, { registry })).toMatchObject({ count: 5, title: 'x' });
    dict.close();
    const each = H5Dict.open<State>(path, { mode: 'r+', commit: 'operation', registry });
    each.set('count', 6);
    expect(readSync<State>(path, { registry }).count).toBe(6);
    each.close();
    const byHand = H5Dict.open<State>(path, { mode: 'r+', commit: 'manual', registry });
    byHand.set('count', 7);
    byHand.transaction(() => byHand.set('title', 'y'));
    await Promise.resolve();
    expect(readSync<State>(path, { registry })).toMatchObject({ count: 6, title: 'x' });
    byHand.commit();
    expect(readSync<State>(path, { registry })).toMatchObject({ count: 7, title: 'y' });
    byHand.set('count', 8);
    byHand.rollback();
    expect(byHand.get('count')).toBe(7);
    byHand.close();
  });

  it('are one commit at the end of the task, whatever they are', async () => {
    const path = newPath();
    const big = Object.fromEntries(Array.from({ length: 1100 }, (_, n) => [`k${n}`, n]));
    const content = { a: 1, o: { x: 1, y: { z: 1 } }, l: [3, 2, 1], big };
    const changes: Record<string, (dict: H5Dict<Record<string, unknown>>) => void> = {
      set: (dict) => dict.set('a', 9),
      'set of a dict': (dict) => dict.set('o', { y: { z: 2 }, x: 2 }),
      'set in a large dict': (dict) => (dict.get('big') as H5Dict).set('k1', 'x'),
      delete: (dict) => dict.delete('a'),
      clear: (dict) => (dict.get('o') as H5Dict).clear(),
      'clear of all': (dict) => dict.clear(),
      move: (dict) => dict.move('a', dict.get('o') as H5Dict),
      rename: (dict) => dict.rename('a', 'b'),
      merge: (dict) => dict.merge({ o: { q: 1 }, big: { k2: 'x' } }),
      assign: (dict) => (dict.get('o') as H5Dict).assign({ y: 1 }),
      attributes: (dict) => dict.attributes.update({ a: 5, b: 6 }),
      writeObject: (dict) => writeObject(dict as H5Dict, 'w', { x: 1 }),
      writeDataset: (dict) => writeDataset(dict as H5Dict, 'w', Float64Array.of(1)),
    };
    for (const [what, change] of Object.entries(changes)) {
      writeSync(path, content);
      using dict = H5Dict.open<Record<string, unknown>>(path, { mode: 'r+' });
      change(dict);
      expectSame(readSync(path), content, what);
      const changed = dict.toObject();
      expect(changed, what).not.toEqual(content);
      dict.rollback();
      expectSame(dict.toObject(), content, what);
      change(dict);
      await Promise.resolve();
      await Promise.resolve();
      expectSame(readSync(path), changed, what);
    }
  });

  it('by hand are forgotten by a rollback, also those of transactions, and what was written first', () => {
    const path = newPath();
    const dict = H5Dict.write(path, { a: 1 }, { commit: 'manual' });
    dict.transaction(() => dict.set('a', 2));
    dict.rollback();
    expect(dict.toObject()).toEqual({});
    dict.set('a', 3).commit();
    dict.batch(() => dict.set('a', 4));
    expect(readSync(path)).toEqual({ a: 3 });
    dict.rollback();
    dict.close();
    expect(readSync(path)).toEqual({ a: 3 });
  });

  it('are one commit, of which is told once, when each operation is one', () => {
    const path = newPath();
    const dict = H5Dict.write<Record<string, unknown>>(
      path,
      { a: 1, o: { x: 1 }, q: 2 },
      { commit: 'operation' },
    );
    for (const [change, paths, keys] of [
      [() => dict.rename('o', 'p'), ['/o', '/p'], ['a', 'p', 'q']],
      [() => dict.rename('a', 'q'), ['/a', '/q'], ['q', 'p']],
      [() => dict.move('q', dict.get('p') as H5Dict), ['/q', '/p/q'], ['p']],
      [() => (dict.get('p') as H5Dict).clear(), ['/p/x', '/p/q'], ['p']],
    ] as const) {
      const told: unknown[] = [];
      const stop = dict.subscribe((event) => told.push([event.paths, Object.keys(readSync<object>(path))]));
      change();
      expect(told).toEqual([[paths, keys]]);
      stop();
    }
    dict.close();
  });

  it('are all or none in a transaction, which may take its time', async () => {
    const path = stored();
    using dict = opened(path);
    const before = dict.toObject();
    expect(() =>
      dict.batch(() => {
        dict.set('count', 5);
        dict.get('settings').set('dark', false);
        dict.delete('owner');
        dict.set('title', (() => 1) as never);
      }),
    ).toThrow(/title: .*function cannot be stored/);
    expect(dict.toObject()).toEqual(before);
    await dict.transaction(async () => {
      dict.set('count', 2);
      await new Promise((done) => setTimeout(done, 5));
      dict.set('title', 'later');
    });
    expect(readSync<State>(path, { registry })).toMatchObject({ count: 2, title: 'later' });
    await expect(
      dict.transaction(async () => {
        dict.set('count', 3);
        await new Promise((done) => setTimeout(done, 5));
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(dict.get('count')).toBe(2);
  });

  it('that came before a transaction that takes its time last when it is over', async () => {
    const path = stored();
    using dict = opened(path);
    dict.set('count', 2);
    const transaction = dict.transaction(async () => {
      await new Promise((done) => setTimeout(done, 5));
      throw new Error('no');
    });
    await expect(transaction).rejects.toThrow('no');
    await new Promise((done) => setTimeout(done, 10));
    expect(readSync<State>(path, { registry }).count).toBe(2);
  });

  it('are seen by all handles of a group', () => {
    using dict = opened();
    const one = dict.get('settings');
    const two = H5Dict.of<{ dark: boolean }>(dict.file.group('settings'));
    one.set('dark', false);
    expect(two.get('dark')).toBe(false);
    two.set('dark', true);
    expect(one.get('dark')).toBe(true);
    dict.delete('settings');
    dict.commit();
    const named = /"\/settings" has been deleted or replaced, .*: get it again/;
    expect(() => one.get('dark')).toThrow(named);
    expect(() => two.set('dark', true)).toThrow(named);
  });

  it('have the type that the key has', () => {
    using dict = H5Dict.write<{ x: number; list: number[] }>(undefined, { x: 1, list: [] });
    const check = () => {
      // @ts-expect-error
      dict.set('x', 'no');
      // @ts-expect-error
      dict.set('list', [true]);
    };
    expect(check).not.toThrow();
    dict.set('other' as string, 'any').set('x', 2);
    const key: string = 'list';
    dict.set(key, [1]);
    expect(dict.get('x')).toBe(2);
  });

  it('do not go to what has been deleted before the commit', () => {
    using dict = H5Dict.write(undefined, { stored: { in: { x: 1 } } }) as H5Dict;
    const gone = expect.objectContaining({ code: 'H5_GONE' });
    const ways: [string, (key: string) => void][] = [
      ['deleted', (key) => dict.delete(key)],
      ['replaced by a number', (key) => dict.set(key, 5)],
      ['replaced by a list', (key) => dict.set(key, [1])],
      [
        'renamed over',
        (key) => {
          dict.set('other', { y: 1 });
          dict.rename('other', key);
        },
      ],
      ['cleared', () => dict.clear()],
    ];
    for (const isCommitted of [true, false]) {
      for (const [what, remove] of ways) {
        for (const isTouched of [true, false]) {
          dict.set('k', { in: { x: 1 } });
          if (isCommitted) dict.commit();
          const handle = dict.get('k') as H5Dict;
          const inner = handle.get('in') as H5Dict;
          if (isTouched) inner.set('x', 2);
          remove('k');
          expect(() => handle.set('a', 1), what).toThrow(gone);
          expect(() => inner.set('x', 1), what).toThrow(gone);
          expect(() => handle.get('in'), what).toThrow(gone);
          expect(() => inner.size, what).toThrow(gone);
          dict.delete('k');
        }
      }
    }
  });

  it('are told after the commit to those who listen', async () => {
    using dict = opened();
    const heard: string[][] = [];
    const stop = dict.subscribe('settings/font', ({ paths }) => heard.push([...paths]));
    const all: string[][] = [];
    dict.subscribe(({ paths }) => all.push([...paths]));
    dict.get('settings').get('font').set('size', 13);
    dict.set('count', 2);
    expect(heard).toEqual([]);
    await Promise.resolve();
    expect(heard).toEqual([['/settings/font/size']]);
    expect(all).toEqual([['/settings/font/size', '/count']]);
    expect(() =>
      dict.transaction(() => {
        dict.get('settings').get('font').set('size', 14);
        throw new Error('no');
      }),
    ).toThrow('no');
    dict.commit();
    expect(heard.length).toBe(1);
    dict.delete('settings');
    dict.commit();
    expect(heard[1]).toEqual(['/settings']);
    stop();
    dict.set('settings', { dark: true, font: { size: 1 } } as never);
    dict.commit();
    expect(heard.length).toBe(2);
  });
});

describe('a dict says', () => {
  it('what it holds, in a few lines', () => {
    const dict = H5Dict.write<Record<string, unknown>>(undefined, {
      count: 1,
      title: 'text',
      nothing: null,
      inner: { a: 1 },
      empty: {},
      list: [1, 2],
      'two words': 5n,
    });
    const text = [
      'H5Dict {',
      '  count: 1,',
      '  title: "text",',
      '  nothing: null,',
      '  inner: {...},',
      '  empty: {},',
      '  list: H5List(2),',
      '  "two words": 5n',
      '}',
    ].join('\n');
    expect(String(dict)).toBe(text);
    expect(inspect(dict)).toBe(text);
    expect(inspect(dict.view)).toBe(text);
    // A method that misses what the constructor makes.
    class Secret {
      #text = 'x';
      toString(): string {
        return this.#text;
      }
    }
    const known = new TypeRegistry().register(Secret, { name: 'Secret' });
    const bytes = serialize({ dates: [new Date(0)], secret: new Secret(), z: 1 }, { registry: known });
    expect(String(H5Dict.open(bytes, { registry: known }))).toMatch(
      / {2}secret: <Cannot read private .*>,\n {2}z: 1/,
    );
    // What has no prototype, where it is a copy.
    const bare = () => Object.assign(Object.create(null) as object, { a: 1 });
    expect(String(H5Dict.write(undefined, { rows: [bare(), bare()] }).get('rows'))).toBe(
      'H5List[{...}, {...}]',
    );
    const many = H5Dict.write(
      undefined,
      Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`k${i}`, i])),
    );
    const lines = String(many).split('\n');
    expect(lines.length).toBe(23);
    expect(lines[11]).toBe('  ... 81 more,');
    expect(Object.prototype.toString.call(dict)).toBe('[object H5Dict]');
    dict.close();
    expect(String(dict)).toBe('H5Dict (closed)');
  });

  it('what is wrong', () => {
    const path = stored();
    const size = statSync(path).size;
    const bytes = readFileSync(path);
    {
      using reader = H5Dict.open<State>(path, { registry });
      expect(() => reader.set('count', 2)).toThrow(/open for reading/);
      expect(() => reader.delete('count')).toThrow(/open for reading/);
      expect(() => reader.get(5 as never)).toThrow(/string/);
      expect(reader.has(5 as never)).toBe(false);
    }
    const closed = H5Dict.open<State>(path);
    closed.close();
    expect(() => closed.get('count')).toThrow(/closed/);
    expect(() => closed.size).toThrow(/closed/);
    using dict = opened(path);
    expect(() => dict.set(Symbol('s') as never, 1 as never)).toThrow(/string/);
    expect(() => dict.set('count', Promise.resolve() as never)).toThrow(/\$\.count: .*Promise/);
    expect(() => dict.set('owner', new (class Unknown {})() as never)).toThrow(/Unknown/);
    expect(() => H5Dict.open(path, { name: 'users' })).toThrow(H5PathError);
    expect(() => H5Dict.open(path, { name: 'users' })).toThrow(/no dict.*'records'/);
    expect(() => H5Dict.open(path, { name: 'nowhere' })).toThrow(/does not exist/);
    expect(() => dict.assign(5 as never)).toThrow(/object/);
    expect(() => dict.merge(new Map([[1, 2]]) as never)).toThrow(/keys that are strings/);
    dict.close();
    expect(statSync(path).size).toBe(size);
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it('where what cannot be stored would have stood in the value of the file', () => {
    const file = H5File.open(serialize({ a: { map: new Map([['x', 1]]), list: [{ a: {} }, 'x'] } }), 'r+');
    const dict = H5Dict.of<Record<string, H5Dict>>(file);
    const a = dict.get('a');
    const map = a.get('map') as H5Dict;
    const list = a.get('list') as H5List<unknown>;
    list.set(1, { b: {} });
    const bad = { of: () => 1 };
    const places: [string, () => unknown][] = [
      ['$.a.k.of', () => a.set('k', bad)],
      ['$.a.k.of', () => dict.assign({ a: { k: bad } as never })],
      ['$.a.k.of', () => a.merge({ k: bad })],
      ['$.a.k.of', () => a.merge({ k: bad, same: bad })],
      ['$.a.map.k.of', () => map.set('k', bad)],
      ['$.a.map.k.of', () => Object.assign(a.view.map as object, { k: bad })],
      ['$.a.list[1].k.of', () => (list.get(1) as H5Dict).set('k', bad)],
      ['$.a.k.of', () => H5Dict.write(file, bad, { name: 'a/k' })],
      ['$.a.k[0].of', () => H5List.write(file, [bad], { name: 'a/k' })],
    ];
    for (const [place, action] of places)
      expect(action, `${action}`).toThrow(
        expect.objectContaining({ path: place, message: expect.stringContaining(`${place}: `) }),
      );
  });
});

/** A new file that Python makes, or changes, with the variable `path`. */
function madeByH5py(script: string, path = newPath()): string {
  runPython(['-c', `import h5py, sys; path = sys.argv[1]; ${script}`, path]);
  return path;
}

describeOracle('h5py', () => {
  it('finds what a dict has written where one would look', async () => {
    const path = newPath();
    {
      using dict = H5Dict.open(path, { mode: 'w' });
      dict.set('speed', Float64Array.of(1, 2));
      dict.set('unit', 'm/s');
      dict.set('settings', { dark: true });
      dict.set('names', ['a', 'b']);
    }
    const file = await h5py(path);
    expect(objectAt(file, 'speed')).toMatchObject({ kind: 'dataset', value: [1, 2] });
    expect(file.root.attrs.find(({ name }) => name === 'unit')?.value).toBe('m/s');
    expect(objectAt(file, 'settings').attrs).toMatchObject([{ name: 'dark', value: true }]);
    expect(objectAt(file, 'names')).toMatchObject({ value: ['a', 'b'] });
  });

  it('leaves groups of others as they are that have no order, when only that differs', () => {
    const path = madeByH5py(
      'f = h5py.File(path, "w"); g = f.create_group("g"); g["b"] = [1.5, 2.5]; g["a"] = 1.5; g.attrs["c"] = 3.5',
    );
    const bytes = readFileSync(path);
    using dict = H5Dict.open(path, { mode: 'r+' });
    const group = dict.get('g') as H5Dict;
    const value = { b: group.get('b'), c: 3.5, a: 1.5 };
    dict.set('g', value);
    dict.commit();
    expect(readFileSync(path).equals(bytes)).toBe(true);
    dict.set('g', { ...value, a: 2.5 });
    expect(group.toObject()).toEqual({ ...value, a: 2.5 });
  });

  it('keeps an attribute and a link of one name when it brings keys into another order', () => {
    const path = madeByH5py(
      'f = h5py.File(path, "w", track_order=True); g = f.create_group("g", track_order=True); g["x"] = [1.5, 2.5]; g["y"] = 1.5; g.attrs["x"] = 3.5',
    );
    using dict = H5Dict.open(path, { mode: 'r+' });
    const group = dict.get('g') as H5Dict;
    dict.set('g', { y: 1.5, x: group.get('x') });
    dict.commit();
    expect(group.get('x')).toEqual(Float64Array.of(1.5, 2.5));
    expect(group.object.attrs.get('x')).toBe(3.5);
    expect(group.get('y')).toBe(1.5);
  });

  it.each<[string, (dict: H5Dict) => unknown]>([
    ['set', (dict) => dict.set('there', { b: 1 })],
    ['set', (dict) => dict.set('there', 5).set('there', { b: 1 })],
    ['merge', (dict) => dict.merge({ there: { b: 1 } })],
    ['assign', (dict) => dict.assign({ a: 1, there: { b: 1 } })],
  ])('%s takes the place of a link to another file, which it does not follow', (_, change) => {
    const path = madeByH5py(
      'f = h5py.File(path, "w"); f.attrs["a"] = 1.5; f["there"] = h5py.ExternalLink("none.h5", "/x")',
    );
    using dict = H5Dict.open(path, { mode: 'r+' });
    change(dict);
    expect(dict.toObject()).toMatchObject({ there: { b: 1 } });
    expect(dict.object.linkInfo('there')?.kind).toBe('hard');
  });

  it('has no members of another program whose names are kept for the layout, in its size neither', () => {
    const path = madeByH5py(
      'f = h5py.File(path, "w"); f["@a"] = 1; f["b"] = 2; f.attrs["@c"] = 3; f.attrs["d"] = 4',
    );
    using dict = H5Dict.open(path);
    expect([dict.size, [...dict.keys()]]).toEqual([2, ['d', 'b']]);
    expect(dict.toObject()).toEqual({ d: 4n, b: 2n });
  });

  it('set to what it holds leaves datasets of another program as they are', () => {
    const path = madeByH5py(
      'f = h5py.File(path, "w"); f.create_dataset("n", data=[1.5, 2.5], chunks=(2,), compression="gzip").attrs["unit"] = "m"; f["m"] = [[1.5], [2.5]]; f["m"].attrs["unit"] = "s"; f["t"] = ["a"]; f["t"].attrs["unit"] = "t"',
    );
    using dict = H5Dict.open<Record<string, unknown>>(path, { mode: 'r+' });
    dict.merge(dict.toObject());
    dict.assign({ ...dict.toObject(), more: 1 });
    dict.commit();
    const units = ['n', 'm', 't'].map((name) => dict.object.get(name)?.attrs.get('unit'));
    expect(units).toEqual(['m', 's', 't']);
    expect(dict.object.dataset('n').compression).toBe('gzip');
  });

  it('takes something else for what cannot be compared: references, and what is stored elsewhere', () => {
    const path = madeByH5py(
      'f = h5py.File(path, "w"); f["n"] = [1.5]; f.create_dataset("cell", data=[f["n"].ref], dtype=h5py.ref_dtype); l = h5py.VirtualLayout((1,), "f8"); l[:] = h5py.VirtualSource(f["n"]); f.create_virtual_dataset("virtual", l); f.create_virtual_dataset("other", l)',
    );
    using dict = H5Dict.open(path, { mode: 'r+' });
    dict.merge({ cell: [1], virtual: Float64Array.of(2) });
    dict.assign({ cell: ['a'], other: [3] });
    expect(dict.toObject()).toEqual({ cell: ['a'], other: [3] });
  });

  // As AnnData has them: an attribute of a group says which of its datasets is the index, and is called like that.
  describe('takes the link for the member where there is an attribute of that name, which stays what it is', () => {
    const NAMES = 'g.attrs["y"] = g.attrs["z"] = 1.5; g.attrs["x"] = "name"';
    const open = (made = 'by another program') => {
      let path: string;
      if (made === 'by another program') {
        const group = 'f = h5py.File(path, "w", track_order=True); g = f.create_group("g", track_order=True)';
        path = madeByH5py(`${group}; ${NAMES}; g["x"] = ["a", "b"]`);
      } else {
        path = newPath();
        const isLink = made.endsWith('the link');
        writeSync(path, { g: isLink ? { y: 1.5, z: 1.5, x: 'name' } : { x: ['a', 'b'] } });
        const change = isLink ? 'g["x"] = ["a", "b"]' : NAMES;
        madeByH5py(`f = h5py.File(path, "r+"); g = f["g"]; ${change}`, path);
      }
      return H5Dict.open<{ g: H5Dict }>(path, { mode: 'r+', commit: 'manual' });
    };
    const plain = (value: unknown) => (value instanceof H5List ? value.toArray() : value);

    it.each([
      'by another program',
      'by us, to which h5py has added the link',
      'by us, to which h5py has added the attribute',
    ])('in a file that was made %s', (made) => {
      using dict = open(made);
      const group = dict.get('g');
      expect([group.size, [...group.keys()].sort(), plain(group.get('x'))]).toEqual([
        3,
        ['x', 'y', 'z'],
        ['a', 'b'],
      ]);
      expect(group.toObject()).toEqual({ x: ['a', 'b'], y: 1.5, z: 1.5 });
      expect(readSync(dict.object, { path: 'g/x' })).toEqual(['a', 'b']);
      expect(readSync(dict.object, { path: 'g/*' })).toEqual({ x: ['a', 'b'], y: 1.5, z: 1.5 });
      expect(group.attributes.get('x')).toBe('name');
      group.attributes.set('x', 'other');
      expect([group.attributes.get('x'), plain(group.get('x'))]).toEqual(['other', ['a', 'b']]);
    });

    it.each<[string, unknown]>([
      ['a number', 5],
      ['a text', 'c'],
      ['a list', ['c']],
      ['an array', Float64Array.of(1)],
      ['an object', { c: 1 }],
    ])('when it is set to %s', (_, value) => {
      for (const isWritten of [false, true]) {
        using dict = open();
        if (isWritten) writeSync(dict.file, value, { path: 'g/x' });
        else dict.get('g').set('x', value);
        dict.commit();
        const now = dict.get('g').get('x');
        expect(now instanceof H5Dict ? now.toObject() : plain(now)).toEqual(value);
        expect(dict.toObject()).toMatchObject({ g: { x: value, y: 1.5, z: 1.5 } });
        expect(dict.get('g').attributes.get('x')).toBe('name');
      }
    });

    it('when it is renamed', () => {
      using dict = open();
      dict.get('g').rename('x', 'w');
      dict.commit();
      expect(dict.toObject()).toEqual({ g: { w: ['a', 'b'], x: 'name', y: 1.5, z: 1.5 } });
    });

    it.each(['earliest', 'latest'])('unless that leads elsewhere (%s)', (libver) => {
      const path = madeByH5py(
        `f = h5py.File(path, "w", libver="${libver}", track_order=True); f["x"] = h5py.ExternalLink("none.h5", "/x"); f["y"] = [1.5]; f.attrs["w"] = 1.5; f.attrs["v"] = 1.5; f.attrs["x"] = "name"`,
      );
      using dict = H5Dict.open(path, { mode: 'r+', commit: 'manual' });
      expect([dict.size, dict.get('x')]).toEqual([4, 'name']);
      expect(dict.toObject()).toEqual({ x: 'name', y: Float64Array.of(1.5), v: 1.5, w: 1.5 });
      expect(readSync(dict.object, { path: 'x' })).toBe('name');
      dict.set('x', 'other');
      dict.commit();
      expect([dict.get('x'), dict.object.linkInfo('x')?.kind]).toEqual(['other', 'external']);
    });

    it('when something is merged into it', () => {
      const path = newPath();
      writeSync(path, { x: { a: [1] }, y: 2 });
      madeByH5py('f = h5py.File(path, "r+"); f.attrs["x"] = "name"', path);
      using dict = H5Dict.open<Record<string, unknown>>(path, { mode: 'r+' });
      dict.merge({ x: { b: 1 }, y: 3 });
      expect(dict.toObject()).toEqual({ x: { a: [1], b: 1 }, y: 3 });
      dict.assign({ x: { c: 1 } });
      expect(dict.toObject()).toEqual({ x: { c: 1 } });
      expect(dict.attributes.get('x')).toBe('name');
    });

    it('until it is deleted', () => {
      using dict = open();
      expect(dict.get('g').delete('x')).toBe(true);
      expect(dict.get('g').has('x')).toBe(false);
      dict.commit();
      expect(dict.toObject()).toEqual({ g: { y: 1.5, z: 1.5 } });
    });
  });
});

describe('arrays of a dict', () => {
  it('are committed and told like the rest', async () => {
    const path = newPath();
    writeSync(path, { array: new Float64Array(100) });
    using dict = H5Dict.open(path, { mode: 'r+', largeArray: 1 });
    const heard: string[][] = [];
    dict.subscribe('array', ({ paths }) => heard.push([...paths]));
    const array = dict.get('array') as H5Array;
    array.set('3', 5);
    expect(readSync<{ array: Float64Array }>(path).array[3]).toBe(0);
    await Promise.resolve();
    expect(readSync<{ array: Float64Array }>(path).array[3]).toBe(5);
    expect(heard).toEqual([['/array']]);
    expect(() =>
      dict.transaction(() => {
        array.set('4', 5);
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(array.at(4)).toBe(0);
    dict.close();
    using each = H5Dict.open(path, { mode: 'r+', largeArray: 1, commit: 'operation' });
    (each.get('array') as H5Array).set('5', 6);
    expect(readSync<{ array: Float64Array }>(path).array[5]).toBe(6);
  });
});

describe('how a dict stores', () => {
  it('is what its options say', () => {
    const dict = H5Dict.of(H5File.open(undefined, 'w'), { compression: 'gzip', stringEncoding: 'fixed' });
    dict.set('array', new Float64Array(10_000));
    dict.set('text', 'abc');
    dict.set('object', { text: 'abc', list: new Float64Array(10_000) });
    expect(dict.file.dataset('array').compression).toBe('gzip');
    expect(dict.file.dataset('object/list').compression).toBe('gzip');
    expect(dict.file.attrs.info('text')?.dtype).toBe('S3');
    expect(dict.get('text')).toBe('abc');
    expect(dict.get('array')).toEqual(new Float64Array(10_000));
  });
});

it('holds objects within objects some thousand levels deep, of which the first are compared', () => {
  const deep = (levels: number, leaf: unknown): unknown => {
    let value: unknown = { leaf };
    for (let i = 0; i < levels; i++) value = { a: value };
    return value;
  };
  const file = H5File.open(undefined, 'w');
  const dict = H5Dict.of<Record<string, unknown>>(file);
  const leafOf = (): unknown => {
    let at = deserialize<{ k: unknown }>(file.toBytes()).k as { a?: unknown; leaf?: unknown };
    while (at.a) at = at.a as typeof at;
    return at.leaf;
  };
  for (const leaf of [1, 2, 2]) {
    dict.set('k', deep(3000, leaf));
    expect(leafOf()).toBe(leaf);
  }
  expect(() => dict.merge({ k: deep(3000, 3) })).toThrow(/it is more than 1000 levels deep; set replaces it/);
  expect(leafOf()).toBe(2);
});
