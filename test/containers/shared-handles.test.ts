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
