import { describe, expect, it } from 'vitest';
import {
  H5Array,
  H5Dict,
  H5File,
  H5List,
  readObject,
  storeDataset,
  TypeRegistry,
  writeDataset,
  writeDatasets,
  writeObject,
  writeObjects,
} from '../../src/node.js';

const registry = new TypeRegistry();
class User {
  name: string;
  constructor(name: string) {
    this.name = name;
  }
}
registry.register(User, { name: 'utilities.User' });

const newFile = (): H5File => H5File.open(undefined, 'w');

describe('writeDataset and storeDataset', () => {
  it('make datasets that can grow', () => {
    const file = newFile();
    writeDataset(file, 'a', [1, 2, 3]);
    writeDataset(file, 'names', ['a', 'b']);
    writeDataset(file, 'grid', [
      [1, 2],
      [3, 4],
    ]);
    writeDataset(file, 'fixed', [1.5], { chunks: false });
    writeDataset(file, 'number', 5);
    expect(Array.from(file.dataset<Int32Array>('a').value)).toEqual([1, 2, 3]);
    expect(file.dataset('a').maxShape).toEqual([Infinity]);
    expect(file.dataset('grid').toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(file.dataset('fixed').chunks).toBeNull();
    expect(file.dataset('number').value).toBe(5);
    file.dataset('grid').append([5, 6]);
    expect(file.dataset('grid').shape).toEqual([3, 2]);
    const log = storeDataset(file, 'log', undefined, { shape: [0, 3], dtype: 'f4', fillValue: 7 });
    log.resize([1, 3]);
    expect(Array.from(log.value as Iterable<number>)).toEqual([7, 7, 7]);
    expect(() => storeDataset(file, 'log', [1])).toThrow(/exists already/);
    expect(() => storeDataset(file, 'x', undefined)).toThrow(/data or a shape/);
  });

  it('take paths from a group, and keys of a dict', () => {
    const file = newFile();
    writeDataset(file, 'runs/7/speed', [1, 2]);
    storeDataset(file.group('runs'), '8/speed', [3]);
    storeDataset(file.group('runs'), '/top', [4]);
    writeObject(file, 'state/user', { name: 'Ada', 'a/b': 1 });
    writeObject(file, 'state/grid', Float64Array.of(1, 2));
    expect(Array.from(file.dataset<Int32Array>('runs/7/speed').value)).toEqual([1, 2]);
    expect([file.has('runs/8/speed'), file.has('top'), file.has('state/grid')]).toEqual([true, true, true]);
    expect(H5Dict.of(file.group('state')).toObject()).toEqual({
      user: { name: 'Ada', 'a/b': 1 },
      grid: Float64Array.of(1, 2),
    });
    writeDataset(file, 'runs/7/speed', 'a text');
    expect(file.dataset('runs/7/speed').value).toBe('a text');
    expect(() => writeObject(file, 'state/user', 1)).toThrow(/"\/state\/user" exists already/);
    expect(() => writeDataset(file, 'top/new', 1)).toThrow(/is a dataset/);
    expect(() => writeDataset(file, '//', 1)).toThrow(/names nothing in a group/);
    const dict = H5Dict.of<Record<string, unknown>>(file);
    writeObject(dict, 'a/b', [1]);
    expect([dict.has('a/b'), file.has('a')]).toEqual([true, false]);
    // Nothing is left of what could not be stored.
    expect(() => writeObject(file, 'new/f', () => 1)).toThrow(/cannot be stored/);
    expect(file.has('new')).toBe(false);
  });

  it('write objects as groups, and over what is there', () => {
    const file = newFile();
    writeDataset(file, 'dict', { a: [1, 2, 3], b: ['x', 'y'] });
    expect(Array.from(file.dataset<Int32Array>('dict/a').value)).toEqual([1, 2, 3]);
    expect(file.dataset('dict/b').value).toEqual(['x', 'y']);
    const same = file.dataset<Float64Array>('dict/a');
    writeDataset(file.group('dict'), 'a', Int32Array.of(4, 5, 6));
    expect(Array.from(same.value)).toEqual([4, 5, 6]);
    writeDataset(file.group('dict'), 'a', [[1.5]]);
    expect(file.dataset('dict/a').shape).toEqual([1, 1]);
    const array = H5Array.of(file.dataset('dict/a'));
    writeDataset(file, 'copy', array);
    expect(file.dataset('copy').toArray()).toEqual([[1.5]]);
    writeDataset(file.group('dict'), 'a', array);
    expect(file.dataset('dict/a').toArray()).toEqual([[1.5]]);
    const before = [...file.keys()];
    expect(() => writeDatasets(file, { one: [1], two: [() => 1] })).toThrow(/dtype/);
    expect([...file.keys()]).toEqual(before);
  });
});

describe('writeObject and readObject', () => {
  it('write anything, and read it', () => {
    const file = newFile();
    const seen: [number, number, string][] = [];
    writeObjects(
      file,
      { list: [1, 'two'], array: Float64Array.of(1, 2), user: new User('Ada'), inner: { a: 1 }, n: 5 },
      { registry, progress: (...all) => seen.push(all) },
    );
    expect(seen.map(([done, total, name]) => `${done}/${total} ${name}`)).toEqual([
      '1/5 list',
      '2/5 array',
      '3/5 user',
      '4/5 inner',
      '5/5 n',
    ]);
    expect(file.dataset('array').maxShape).toEqual([Infinity]);
    expect(readObject(file.group('user'), { registry })).toEqual(new User('Ada'));
    expect(readObject(file.group('user'), { registry, raw: true })).toBeInstanceOf(H5Dict);
    expect(readObject(file.group('inner'))).toBeInstanceOf(H5Dict);
    expect(readObject(file.get('list') as never)).toBeInstanceOf(H5List);
    expect(readObject(file.dataset('array'))).toEqual(Float64Array.of(1, 2));
    expect(H5Dict.of(file, { registry }).toObject()).toEqual({
      list: [1, 'two'],
      array: Float64Array.of(1, 2),
      user: new User('Ada'),
      inner: { a: 1 },
      n: 5,
    });
  });

  it('replace what is there only if told so, and all or nothing', () => {
    const dict = H5Dict.write<Record<string, unknown>>(undefined, { a: 1 });
    expect(() => writeObject(dict, 'a', 2)).toThrow(/"\/a" exists already: \{ overwrite: true \}/);
    writeObject(dict, 'a', { b: 1 }, { overwrite: true });
    expect(() => writeObjects(dict, { c: 1, d: () => 1 })).toThrow(/function/);
    expect(dict.toObject()).toEqual({ a: { b: 1 } });
  });
});
