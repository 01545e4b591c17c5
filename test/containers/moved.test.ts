/** What is only moved over, to be stored in another way or in another place, is stored as it was: no code of its class runs. */
import { describe, expect, it } from 'vitest';
import {
  deserialize,
  H5Dict,
  H5File,
  H5List,
  readSync,
  serialize,
  TypeRegistry,
  writeSync,
} from '../../src/node.js';
import { expectSame } from '../same.js';

class User {
  name: unknown;
  roles: string[] = [];
  visits = 0;
  constructor(name: unknown = '') {
    this.name = name;
  }
}
const registry = new TypeRegistry().register(User, {
  name: 'User',
  afterRead: (user) => {
    user.roles.push('reader');
    user.visits++;
  },
});
const users = () => [new User('b'), new User('a'), new User('c')];

describe('elements that have a hook', () => {
  it.each<[string, (file: H5File) => void, unknown[]]>([
    [
      'a cell is written',
      (file) => writeSync(file, 'x', { path: 'users/1/name', registry }),
      ['b', 'x', 'c'],
    ],
    [
      'a cell is another kind',
      (file) => writeSync(file, 5, { path: 'users/1/name', registry }),
      ['b', 5, 'c'],
    ],
    [
      'one is written',
      (file) => writeSync(file, new User('d'), { path: 'users/3', registry }),
      ['b', 'a', 'c', 'd'],
    ],
    [
      'one is merged into',
      (file) => writeSync(file, { name: 'm' }, { path: 'users/0', mode: 'merge', registry }),
      ['m', 'a', 'c'],
    ],
    ['one is pushed', (file) => listOf(file).push(new User('d')), ['b', 'a', 'c', 'd']],
    [
      'they are pushed and popped',
      (file) => {
        listOf(file).push(new User('d'), new User('e'));
        listOf(file).pop();
        listOf(file).shift();
      },
      ['a', 'c', 'd'],
    ],
    ['they are turned around', (file) => listOf(file).reverse(), ['c', 'a', 'b']],
    [
      'they are sorted',
      (file) => listOf(file).sort((a, b) => String(a.name).localeCompare(String(b.name))),
      ['a', 'b', 'c'],
    ],
    ['the list has others', (file) => listOf(file).insert(1, 'text' as never), ['b', 'text', 'a', 'c']],
  ])('stay as they are when %s', (_, change, names) => {
    const file = H5File.open(serialize({ users: users() }, { registry }), 'r+');
    change(file);
    file.commit();
    const read = readSync<{ users: unknown[] }>(file, { registry }).users;
    expect(read.map((user) => (user instanceof User ? user.name : user))).toEqual(names);
    for (const user of read)
      if (user instanceof User) expect([user.roles, user.visits]).toEqual([['reader'], 1]);
  });

  it('run it when they are shown', () => {
    const list = listOf(H5File.open(serialize({ users: users() }, { registry }), 'r+'));
    expect(list.get(0).visits).toBe(1);
    expect(list.pop()?.visits).toBe(1);
    const seen: number[] = [];
    list.sort((a, b) => {
      seen.push(a.visits, b.visits);
      return 0;
    });
    expect(new Set(seen)).toEqual(new Set([1]));
  });
});

function listOf(file: H5File): H5List<User> {
  return H5Dict.of(file, { registry }).get('users') as H5List<User>;
}

describe('the order of a list that is sorted', () => {
  it.each([
    [[3, 1, 10, 2]],
    [['b', undefined, 'a', null, 'c']],
    [[{ n: 2 }, { n: 1 }, undefined, [1], 'x']],
    // biome-ignore lint/suspicious/noSparseArray: holes come last
    [[3, , 1, undefined, 2]],
  ])('is that of an Array: %j', (values) => {
    const list = H5List.write(undefined, values as unknown[]);
    list.sort();
    expectSame(list.toArray(), [...values.keys()].length ? structuredClone(values).sort() : []);
    const down = (a: unknown, b: unknown) => (String(a) < String(b) ? 1 : -1);
    list.sort(down);
    expectSame(list.toArray(), structuredClone(values).sort(down));
  });
});

describe('a dict of very many keys', () => {
  const big = () => Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`k${i}`, { i }]));

  it('whose values other parts share is not taken apart', () => {
    for (const share of [
      (value: Record<string, object>) => ({ one: value['k5'] }),
      (value: Record<string, object>) => ({ some: [value['k7'], value['k8']] }),
      (value: Record<string, object>) => ({ map: new Map([[1, value['k9']]]) }),
    ]) {
      const value = big();
      const file = H5File.open(serialize({ big: value, ...share(value) }), 'r+');
      const before = file.toBytes();
      const dict = H5Dict.of(file).get('big') as H5Dict;
      for (const change of [() => dict.delete('k3'), () => dict.set('new', 1)])
        expect(change).toThrow(expect.objectContaining({ code: 'H5_REFERENCED' }));
      expectSame(deserialize(file.toBytes()), deserialize(before));
    }
  });

  it('is, where nobody shares them', () => {
    const value: Record<string, unknown> = big();
    value['k1'] = value['k2'];
    const file = H5File.open(serialize({ big: value }), 'r+');
    const dict = H5Dict.of(file).get('big') as H5Dict;
    dict.delete('k3');
    dict.set('new', 1);
    delete value['k3'];
    value['new'] = 1;
    const read = readSync<{ big: Record<string, unknown> }>(file).big;
    expectSame(read, value);
    expect(read['k1']).toBe(read['k2']);
  });
});
