/** Handles of all kinds on one object see what the others have done to it, and listeners hear of it. */
import { describe, expect, it } from 'vitest';
import {
  H5Array,
  type H5Dataset,
  H5Dict,
  H5File,
  type H5List,
  readSync,
  serialize,
  write,
  writeSync,
} from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';

describe('what a list has put off', () => {
  const begin = () => {
    const file = H5File.open(serialize({ l: [1, 2] }), 'r+');
    const list = H5Dict.of(file).get('l') as H5List<number>;
    // From now on it can grow.
    list.push(3);
    file.commit();
    return { file, list, dataset: file.get('l') as H5Dataset<Int32Array> };
  };

  it('is seen by who reads the dataset', () => {
    const { list, dataset } = begin();
    list.push(4);
    expect(dataset.shape).toEqual([4]);
    list.push(5);
    expect([...dataset.value]).toEqual([1, 2, 3, 4, 5]);
    list.push(6);
    expect(dataset.at(-1)).toBe(6);
    list.push(7);
    expect([...(dataset.read([[5, 7]]) as Int32Array)]).toEqual([6, 7]);
  });

  it('is seen by arrays', () => {
    const { list, dataset } = begin();
    const array = H5Array.of(dataset);
    list.push(4);
    expect(array.toNested()).toEqual([1, 2, 3, 4]);
    array.set(1, 20);
    list.push(5);
    array.set(-1, 50);
    expect(list.toArray()).toEqual([1, 20, 3, 4, 50]);
  });

  it('comes before what others append, write and cut off', () => {
    const { file, list, dataset } = begin();
    list.push(4);
    dataset.append([5]);
    list.push(6);
    expect(list.toArray()).toEqual([1, 2, 3, 4, 5, 6]);
    list.push(7);
    dataset.write(70, [-1]);
    list.push(8);
    dataset.resize([7]);
    list.push(9);
    file.commit();
    expect(list.toArray()).toEqual([1, 2, 3, 4, 5, 6, 70, 9]);
    expect(readSync(file)).toEqual({ l: [1, 2, 3, 4, 5, 6, 70, 9] });
  });
});

it('what has been appended to a list that is then deleted keeps nothing else from being stored', () => {
  const elements = [1, { x: 1 }, [2.5], { x: [1] }];
  for (const first of elements)
    for (const second of elements) {
      const value = {
        before: ['a', {}],
        in: { any: ['a', {}], numbers: [1], rows: [{ x: 1 }] },
        left: ['a', {}],
      };
      const dict: H5Dict = H5Dict.write(undefined, value, { commit: 'manual' });
      const inner = dict.get('in') as H5Dict;
      const [before, left] = [dict.get('before'), dict.get('left')] as H5List[];
      const deleted = [before, ...inner.values()] as H5List[];
      for (const list of [left, ...deleted] as H5List[]) list.push(first, second);
      dict.delete('before');
      dict.delete('in');
      dict.commit();
      expect(dict.copy()).toEqual({ left: ['a', {}, first, second] });
      for (const list of deleted) expect(() => list.length).toThrow(/deleted/);
    }
});

describe('a list that has just been deleted or replaced', () => {
  const kinds: [string, unknown[]][] = [
    ['numbers', [1, 2, 3]],
    ['rows', [{ x: 1 }, { x: 2 }]],
    ['anything', ['a', 1, {}]],
  ];
  it.each(kinds)('is gone for all that have it: %s', (_, values) => {
    for (const remove of [
      (dict: H5Dict) => dict.delete('a'),
      (dict: H5Dict) => dict.set('a', Float64Array.of(1)),
      (dict: H5Dict) => dict.assign({ b: 1 }),
    ]) {
      for (const use of [
        (list: H5List) => list.push(values[0]),
        (list: H5List) => list.set(0, values[0]),
        (list: H5List) => list.pop(),
        (list: H5List) => list.at(0),
        (list: H5List) => list.length,
      ]) {
        const dict = H5Dict.of(H5File.open(serialize({ a: [], b: 1 }), 'r+'));
        const list = dict.get('a') as H5List;
        list.extend(values);
        dict.commit();
        remove(dict);
        expect(() => use(list)).toThrow(expect.objectContaining({ code: 'H5_GONE' }));
      }
    }
  });
});

it.each<[string, (list: H5List) => void]>([
  ['pop', (list) => list.pop()],
  ['truncate', (list) => list.truncate(1)],
  ['clear', (list) => list.clear()],
  ['delete', (list) => list.delete(2)],
  ['splice', (list) => list.splice(1, 2)],
  ['set', (list) => list.set(2, 5)],
])('an element of a list that has just been removed is gone: %s', (_, remove) => {
  const list = H5Dict.write(undefined, { l: ['x'] as unknown[] }, { commit: 'manual' }).get('l') as H5List;
  list.push({}, { a: { b: 1 }, l: ['x', {}] });
  const dict = list.get(2) as H5Dict;
  const [inner, within] = [dict.get('a') as H5Dict, dict.get('l') as H5List];
  within.push(1);
  list.commit();
  for (const use of [
    () => dict.set('c', 1),
    () => inner.delete('b'),
    () => within.push(2),
    () => within.set(0, 2),
  ]) {
    remove(list);
    expect(use).toThrow(expect.objectContaining({ code: 'H5_GONE' }));
    list.rollback();
  }
});

it('a list that is appended to itself, by another handle, is one list after a rollback', () => {
  for (const start of [[], [1], [{ x: 1 }]]) {
    const dict: H5Dict = H5Dict.write(undefined, { l: start }, { commit: 'manual' });
    const [list, other] = [dict.get('l'), dict.get('l')] as H5List[];
    dict.commit();
    list.push('taken back');
    dict.rollback();
    list.push(other);
    list.push('last');
    expect(other.length).toBe(list.length);
    expect(other.toArray()).toEqual([...start, start, 'last']);
  }
});

describe('listeners', () => {
  it('hear of what is written to a path of the open file', async () => {
    const file = H5File.open(serialize({ a: 1, o: { q: 1 }, l: [{ x: 1 }, { x: 2 }] }), 'r+');
    const told: string[] = [];
    H5Dict.of(file).subscribe(({ paths }) => told.push(...paths));
    const heard = () => {
      file.commit();
      return told.splice(0);
    };
    writeSync(file, 2, { path: 'a' });
    expect(heard()).toEqual(['/a']);
    await write(file, { r: 2 }, { path: 'o', mode: 'merge' });
    expect(heard()).toEqual(['/o']);
    writeSync(file, 5, { path: 'l/1/x' });
    expect(heard()).toEqual(['/l/1/x']);
    writeSync(file, { all: 'new' });
    expect(heard()).toEqual(['/']);
    expect(() => writeSync(file, 1, { path: 'all/x' })).toThrow();
    expect(heard()).toEqual([]);
  });
});

it('a listener that another one has ended is not called any more', () => {
  const dict: H5Dict = H5Dict.write(undefined, { a: 1 }, { commit: 'operation' });
  const told: string[] = [];
  const stop = dict.subscribe(() => {
    told.push('first');
    stop();
    stopOther();
  });
  const stopOther = dict.subscribe(() => told.push('other'));
  dict.set('a', 2).set('a', 3);
  expect(told).toEqual(['first']);
});

it.each(['operation', 'microtask', 'manual'] as const)(
  'what listeners change is stored when the file is closed: %s',
  (commit) => {
    for (const end of ['close', Symbol.dispose] as const) {
      const storage = new (class extends MemoryStorage {
        override close(): void {}
      })();
      const dict = H5Dict.write(storage, { a: 1, b: 0, c: 0, l: [1, 'x'] as unknown[] }, { commit });
      dict.commit();
      dict.subscribe('a', () => dict.set('b', dict.get('a') * 10));
      dict.subscribe('b', () => {
        dict.set('c', dict.get('b') * 10);
        dict.get('l').push(dict.get('b'));
      });
      dict.set('a', 2);
      dict[end]();
      expect(dict.isOpen).toBe(false);
      expect(readSync(storage.copy(0, storage.size))).toEqual({ a: 2, b: 20, c: 200, l: [1, 'x', 20] });
    }
  },
);

it('a listener that always changes something keeps no file from being closed', () => {
  const dict: H5Dict = H5Dict.write(undefined, { a: 0 });
  dict.subscribe(() => dict.set('a', (dict.get('a') as number) + 1));
  dict.set('b', 1).close();
  expect(dict.isOpen).toBe(false);
});

describe('a property that is set on a handle', () => {
  it('is an error, for it would be lost', () => {
    const dict = H5Dict.of(H5File.open(serialize({ l: ['a', {}], n: 1, d: Float64Array.of(1, 2) }), 'r+'));
    const list = dict.get('l');
    const array = H5Array.of(dict.file.dataset('d'));
    for (const handle of [dict, list, array] as Record<string, unknown>[])
      expect(() => {
        handle['0'] = 5;
      }).toThrow(TypeError);
    (dict.view as Record<string, unknown>)['n'] = 2;
    ((list as H5List).view as unknown[])[0] = 'b';
    expect(readSync(dict.file)).toMatchObject({ l: ['b', {}], n: 2 });
  });
});
