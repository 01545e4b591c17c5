import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import {
  H5Array,
  H5Attributes,
  H5Dict,
  H5List,
  options,
  setOptions,
  TypeRegistry,
  withOptions,
} from '../../src/node.js';
import { describeOracle, runPython } from '../oracle/oracles.js';

const MAKE = fileURLToPath(new URL('../oracle/ch5mpy_make.py', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
afterAll(() => rmSync(folder, { recursive: true }));

describeOracle('h5py', () => {
  it('files of ch5mpy open as what they are', () => {
    const path = join(folder, 'ch5mpy.h5');
    runPython([MAKE, path]);
    using dict = H5Dict.open(path, { name: 'uns', mode: 'r+', int64: 'number', largeArray: 100 });
    const keys = ['a', 'b', 'c', 'list', 'name', 'none', 'object', 'pi', 'pickled', 'state'];
    expect([...dict.keys()].sort()).toEqual(keys);
    expect(dict.size).toBe(keys.length);
    expect(dict.get('a')).toBe(1);
    expect(dict.get('name')).toBe('test');
    expect(dict.get('pi')).toBe(3.5);
    expect(Array.from(dict.get('b') as Iterable<number | bigint>, Number)).toEqual([0, 1, 2]);
    const inner = dict.get('c') as H5Dict;
    expect(inner.get('d')).toBe('inner');
    expect(inner.get('e')).toBeInstanceOf(H5Array);
    expect((inner.get('e') as H5Array).shape).toEqual([10, 10]);
    expect(inner.get('s')).toEqual(['x', 'yy']);
    const list = H5List.open(dict.object, { name: 'list' });
    expect(list).toBeInstanceOf(H5List);
    expect(list.length).toBe(12);
    expect([list.get(0), list.get(1), Number(list.get(10)), Number(list.at(-1))]).toEqual([1, 'two', 10, 11]);
    expect(list.get(2)).toBeInstanceOf(H5Dict);
    const object = dict.get('object') as H5Dict;
    expect(object.note).toMatch(/ch5mpy/);
    expect([...object.keys()]).toEqual(['value']);
    expect(Number(object.get('value'))).toBe(5);
    expect(String(object)).toMatch(/^H5Dict \[stored by ch5mpy: an instance of a Python class\] \{/);
    // A pickle is bytes, and nobody runs it.
    expect(dict.get('pickled')).toBeInstanceOf(Uint8Array);
    const attributes = H5Attributes.of(dict.object);
    expect(attributes.get('none')).toBeNull();
    expect(attributes.get('state')).toBeInstanceOf(Uint8Array);
    // It becomes a list of ours when it is changed.
    list.push({ new: true });
    list.set(0, 'first');
    dict.set('a', 2);
    dict.close();
    using again = H5Dict.open(path, { name: 'uns' });
    const elements = H5List.open(again.object, { name: 'list' });
    expect(elements.length).toBe(13);
    expect([elements.get(0), elements.get(1), Number(elements.get(11))]).toEqual(['first', 'two', 11]);
    expect((elements.get(12) as H5Dict).copy()).toEqual({ new: true });
    // It stays the dataset of 64-bit integers in which ch5mpy looks for it.
    expect(again.get('a')).toBe(2n);
    expect(again.object.dataset('a').dtype).toBe('<i8');
  });

  it('what H5Dict of ch5mpy finds in a file of ours are its members that are no attributes', () => {
    const path = join(folder, 'ours.h5');
    H5Dict.write(path, {
      scalar: 1,
      array: Float64Array.of(1, 2),
      numbers: [1, 2],
      names: ['a', 'bc'],
      grid: [
        [1, 2],
        [3, 4],
      ],
      inner: { deep: Int32Array.of(5) },
      rows: [
        { x: 1, y: 'a' },
        { x: 2, y: 'b' },
      ],
    }).close();
    const shown: unknown = JSON.parse(runPython([MAKE, '--show', path]));
    expect(shown).toEqual({
      array: [1, 2],
      numbers: [1, 2],
      names: ['a', 'bc'],
      grid: [
        [1, 2],
        [3, 4],
      ],
      inner: { deep: [5] },
      rows: { x: [1, 2], y: ['a', 'b'] },
    });
  });
});

it('what cannot be made is an error, or shown as its content', () => {
  const registry = new TypeRegistry();
  class Lost {
    x = 1;
  }
  registry.register(Lost, { name: 'ch5mpy.Lost' });
  const bytes = H5Dict.write(undefined, { lost: new Lost() }, { registry }).file.toBytes();
  const dict = H5Dict.open(bytes);
  expect(() => dict.get('lost')).toThrow(/ch5mpy\.Lost/);
  const shown = withOptions({ errorMode: 'ignore' }, () => dict.get('lost') as H5Dict);
  expect(shown).toBeInstanceOf(H5Dict);
  expect(shown.note).toMatch(/ch5mpy\.Lost/);
  expect(shown.get('x')).toBe(1);
  expect(options().errorMode).toBe('raise');
  setOptions({ errorMode: 'ignore' });
  expect(dict.get('lost')).toBeInstanceOf(H5Dict);
  setOptions({ errorMode: 'raise' });
  expect(() => dict.get('lost')).toThrow(/ch5mpy\.Lost/);
});
