/** What programs do by mistake is told to them, with what they could have meant. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  H5Array,
  H5Attributes,
  H5Dict,
  H5File,
  H5List,
  options,
  setOptions,
  withOptions,
  writeSync,
} from '../../src/node.js';

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-misuse-'));
  path = join(folder, 'a.h5');
});
beforeEach(() => writeSync(path, { scalar: 1, list: [1, 2], dict: { a: 1 } }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const wrong = (value: unknown) => value as never;
const type = (message: string | RegExp) =>
  expect.objectContaining({ name: 'H5TypeError', code: 'H5_TYPE', message: expect.stringMatching(message) });
const option = (message: string | RegExp) =>
  expect.objectContaining({ code: 'H5_OPTION', message: expect.stringMatching(message) });

test('what is no object of a file', () => {
  for (const value of [undefined, null, {}, 'a.h5', 5]) {
    expect(() => H5List.of(wrong(value))).toThrow(
      type(/^a list is an H5Group or an H5Dataset of an open file, not/),
    );
    expect(() => H5Dict.of(wrong(value))).toThrow(type(/^a dict is an H5Group of an open file, not/));
    expect(() => H5Attributes.of(wrong(value))).toThrow(
      type(/^attributes are those of an object of an open file/),
    );
  }
  expect(() => H5List.of(wrong('a.h5'))).toThrow(type('H5List.open opens files'));
  expect(() => H5Dict.of(wrong('a.h5'))).toThrow(type('H5Dict.open opens files'));
  expect(() => H5List.write(path, wrong(5))).toThrow(
    type('a list is written from an array or something else iterable'),
  );
  expect(() => H5List.write(path, wrong(undefined))).toThrow(type('a list is written from an array'));
});

test('what is no function', () => {
  using list = H5List.open(path, { name: 'list', mode: 'r+' });
  const methods = [
    'map',
    'forEach',
    'filter',
    'find',
    'findIndex',
    'findLast',
    'findLastIndex',
    'some',
    'every',
  ] as const;
  for (const value of [5, undefined, {}, 'x']) {
    for (const method of [...methods, 'reduce', 'reduceRight', 'flatMap', 'subscribe'] as const)
      expect(
        () => (list[method] as (given: unknown) => unknown).call(list, value),
        `${method} of ${value}`,
      ).toThrow(type(/is no function/));
    if (value !== undefined) {
      expect(() => list.sort(wrong(value))).toThrow(type(/is no function/));
      expect(() => list.toSorted(wrong(value))).toThrow(type(/is no function/));
    }
    expect(() => list.update(0, wrong(value))).toThrow(type(/is no function/));
  }
  expect(() => list.sort(wrong(5))).toThrow('5 is no function');
  expect(list.toArray()).toEqual([1, 2]);
  expect(() => list.extend(wrong(undefined))).toThrow(type('undefined is not iterable'));
  list.close();
  using dict = H5Dict.open(path, { mode: 'r+' });
  expect(() => dict.forEach(wrong(5))).toThrow(type('5 is no function'));
  expect(() => dict.update('scalar', wrong(5))).toThrow(type('5 is no function'));
  expect(() => dict.getOrInsertComputed('other', wrong(5))).toThrow(type('5 is no function'));
  expect(() => dict.subscribe('scalar', wrong(undefined))).toThrow(type('undefined is no function'));
  expect(() => dict.subscribe(wrong(undefined))).toThrow(type('undefined is no function'));
  expect(() => dict.transaction(wrong(5))).toThrow(type('5 is no function'));
});

test('options that there are not', () => {
  const before = readFileSync(path);
  const open = (given: object, mode: 'w' | 'r+' | 'r' = 'w') => [
    () => H5Dict.open(path, { mode, ...given }),
    () => H5List.open(path, { mode, ...given }),
    () => H5Dict.write(path, {}, given),
    () => H5List.write(path, [], given),
  ];
  for (const attempt of open({ commit: 'never' }))
    expect(attempt).toThrow(option(/^commit is 'operation' or 'microtask' or 'manual', not 'never'$/));
  for (const attempt of open({ int64: 'num' }))
    expect(attempt).toThrow(option(/^int64 is 'bigint' or 'number', not 'num'$/));
  for (const attempt of open({ durability: 'none' })) expect(attempt).toThrow(option(/^durability is/));
  for (const attempt of open({ largeArray: '1M' }))
    expect(attempt).toThrow(option(/^largeArray is a number from 0 on, not '1M'$/));
  for (const attempt of open({ unknownClass: 'kept' })) expect(attempt).toThrow(option(/^unknownClass is/));
  expect(() => H5File.open(path, 'r', wrong({ int64: 'num' }))).toThrow(option(/^int64 is/));
  expect(() => H5File.open(path, 'w', wrong({ durability: 'none' }))).toThrow(option(/^durability is/));
  expect(() => H5Array.open(path, 'x', wrong({ int64: 'num' }))).toThrow(option(/^int64 is/));
  expect(readFileSync(path).equals(before)).toBe(true);
  using file = H5File.open(path);
  expect(() => H5Dict.of(file, wrong({ commit: 'never' }))).toThrow(option(/^commit is/));
});

test('options of all containers that there are not', () => {
  const before = options();
  expect(() => setOptions(wrong({ maxMem: 5 }))).toThrow(
    option(/^there is no option 'maxMem': there are errorMode and maxMemory$/),
  );
  expect(() => withOptions(wrong({ errormode: 'ignore' }), () => 1)).toThrow(option('errormode'));
  expect(() => setOptions(wrong(undefined))).toThrow(option('options are an object'));
  expect(() => setOptions(wrong(5))).toThrow(option('options are an object'));
  expect(options()).toEqual(before);
});

test('an attribute is no array, no list and no dict', () => {
  const what = /"scalar" in "\/" is an attribute: H5Dict's get, or attrs, reads it/;
  const wrongKind = expect.objectContaining({ code: 'H5_WRONG_KIND', message: expect.stringMatching(what) });
  expect(() => H5Array.open(path, 'scalar')).toThrow(wrongKind);
  expect(() => H5List.open(path, { name: 'scalar' })).toThrow(wrongKind);
  expect(() => H5Array.open(path, 'dict/a')).toThrow(/"a" in "\/dict" is an attribute/);
  expect(() => H5Array.open(path, 'dict/b')).toThrow(/there is no "dict\/b" in "\/"/);
});

test('what is no name, and no dict', () => {
  for (const name of [5, ['dict'], {}]) {
    expect(() => H5Dict.open(path, { name: wrong(name) })).toThrow(type(/^the name of a part is a text/));
    expect(() => H5List.open(path, { name: wrong(name) })).toThrow(type(/^the name of a part is a text/));
  }
  using dict = H5Dict.open(path, { mode: 'r+' });
  for (const target of [undefined, null, {}, dict.file])
    expect(() => dict.move('scalar', wrong(target))).toThrow(type(/^a value is moved to an H5Dict, not to/));
  expect(dict.get('scalar')).toBe(1);
});
