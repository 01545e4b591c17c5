/** Arrays of values of any kind: lists that the codec writes. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ArrayWriteOptions,
  H5Array,
  H5File,
  type H5Group,
  H5IndexError,
  H5TypeError,
  readSync,
  TypeRegistry,
  withOptions,
  writeSync,
} from '../../src/node.js';

class Point {
  x = 0;
  y = 0;
  toString() {
    return `Point(${this.x}, ${this.y})`;
  }
}
const registry = new TypeRegistry();
registry.register(Point, { name: 'Point' });
const point = (x: number, y: number) => Object.assign(new Point(), { x, y });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'h5pickle-objects-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('instances come back as instances, and are written through views', () => {
  const path = join(folder, 'points.h5');
  {
    using array = H5Array.write<Point>(path, 'points', [point(0, 1), point(2, 3), point(4, 5), point(6, 7)], {
      dtype: 'object',
      registry,
    });
    expect(array).toMatchObject({ dtype: 'object', shape: [4], path: '/points' });
    expect(array.at(-1)).toEqual(point(6, 7));
    array.slice('::2').set('1', point(-4, -5));
    array.set([[0, 3]], [point(9, 9), point(8, 8)]);
  }
  using array = H5Array.open<Point>(path, 'points', { registry });
  expect(array.read()).toEqual([point(9, 9), point(2, 3), point(-4, -5), point(8, 8)]);
  expect(array.at(0)).toBeInstanceOf(Point);
  expect(array.slice('::-1').toNested()).toEqual([point(8, 8), point(-4, -5), point(2, 3), point(9, 9)]);
  expect([...array.slice('1:3')]).toEqual([point(2, 3), point(-4, -5)]);
  expect(inspect(array)).toBe(
    'H5Array([Point(9, 9), Point(2, 3), Point(-4, -5), Point(8, 8)], shape=(4,), dtype=object)',
  );
  expect(() => array.at(4)).toThrow(H5IndexError);
  expect(() => array.set('0', point(1, 1))).toThrow(/open for reading/);
});

test('a list that write has stored is an array, whatever is in it', () => {
  const file = H5File.open(undefined, 'w');
  const list = [1, 'two', { three: [3, 3, 3] }, null, new Map([['k', new Date(5)]]), [1, [2]], undefined, 7n];
  writeSync(file, { nested: { list } });
  const array = H5Array.of(file.group('nested/list'));
  expect(array.shape).toEqual([8]);
  expect(array.read()).toEqual(list);
  expect(array.at(2)).toEqual({ three: [3, 3, 3] });
  expect(array.slice([[4, 0]]).read()).toEqual([list[4], 1]);
  array.set('1', { no: 'text' });
  array.set('5:', 0);
  const expected = [1, { no: 'text' }, ...list.slice(2, 5), 0, 0, 0];
  expect(array.read()).toEqual(expected);
  expect(readSync(file.group('nested'))).toEqual({ list: expected });
  const copy = array.copy();
  expect(copy.read()).toEqual(expected);
  expect(copy.reshape([4, 2]).toNested()).toHaveLength(4);
});

test('values that are lists themselves are elements', () => {
  const file = H5File.open(undefined, 'w');
  const array = H5Array.write(file, 'lists', [[1, 2], [3], []], { dtype: 'object' });
  expect(array.shape).toEqual([3]);
  array.set('1', [9, 9]);
  array.set('2:', [[8]]);
  expect(array.read()).toEqual([[1, 2], [9, 9], [8]]);
});

test('opened again it is what it was: by what is stored, or because that is asked for', () => {
  const file = H5File.open(undefined, 'w');
  const kinds = [[1, null, 2], [new Date(5), new Date(6)], [2n ** 70n], ['a\0b'], [{ a: 1 }, 'x']];
  for (const [i, values] of kinds.entries()) {
    H5Array.write<unknown>(file, `${i}`, values, { dtype: 'object' });
    const array = H5Array.open<unknown>(file, `${i}`, { mode: 'r+' });
    expect(array.dtype).toBe('object');
    expect(array.read()).toEqual(values);
    array.set(0, 'other');
    expect(H5Array.open(file, `${i}`).read()).toEqual(['other', ...values.slice(1)]);
  }
  const rows = [[1, 2], [3]];
  H5Array.write<unknown>(
    file,
    'rows',
    [
      [1, 2],
      [3, 4],
    ],
    { dtype: 'object' },
  );
  expect(H5Array.open(file, 'rows').shape).toEqual([2, 2]);
  const array = H5Array.open<unknown>(file, 'rows', { dtype: 'object' });
  expect(array.shape).toEqual([2]);
  array.set(1, [3]);
  expect(H5Array.of(file.get('rows') as H5Group).read()).toEqual(rows);
  expect(() => H5Array.open(file, 'rows', { dtype: 'int8' as never })).toThrow(/its own dtype/);
  expect(() => H5Array.write(file, 'c', [1, 2], { dtype: 'object', shape: [2, 1] })).toThrow(/one axis/);
  expect(file.has('c')).toBe(false);
});

test('what cannot be stored is an error, and the list as before', () => {
  const file = H5File.open(undefined, 'w');
  const array = H5Array.write<unknown>(file, 'a', [{ a: 1 }, { a: 2 }, { b: 'x' }], { dtype: 'object' });
  expect(() => array.set('...', [1, () => 1, 2])).toThrow(/function/);
  expect(array.read()).toEqual([{ a: 1 }, { a: 2 }, { b: 'x' }]);
  withOptions({ maxMemory: 130 }, () => expect(() => array.set('...', [1, 2, () => 1])).toThrow(/function/));
  expect(array.read()).toEqual([{ a: 1 }, { a: 2 }, { b: 'x' }]);
  expect(() => array.append([1])).toThrow(H5TypeError);
  expect(() => H5Array.write(file, 'a', [1], { dtype: 'object' })).toThrow(/exists/);
  expect(H5Array.write(file, 'a', ['x'], { dtype: 'object', overwrite: true }).read()).toEqual(['x']);
  writeSync(file, { length: 3 });
  expect(() => H5Array.of(file)).toThrow(/no list/);
  const other = H5File.open(undefined, 'w');
  expect(() => H5Array.write(other, 'b', 5, { dtype: 'object' })).toThrow(/list of values/);
});

test('what cannot be made leaves the file at the path as it was, or none', async () => {
  const own = await mkdtemp(join(folder, 'failing-'));
  const path = join(own, 'data.h5');
  const attempts: [unknown, ArrayWriteOptions][] = [
    [[[1, 2], [3]], {}],
    [[1], { dtype: 'none' as never }],
    [[() => 1], { dtype: 'object' }],
  ];
  for (const mode of ['w', 'a'] as const)
    for (const [values, options] of attempts)
      expect(() => H5Array.write(path, 'x', values, { mode, ...options })).toThrow();
  expect(() => H5Array.open(path, 'x', { mode: 'a' })).toThrow(/there is no "x"/);
  expect(await readdir(own)).toEqual([]);
  writeSync(path, { precious: 42 });
  for (const [values, options] of attempts)
    expect(() => H5Array.write(path, 'x', values, { mode: 'w', ...options })).toThrow();
  expect(readSync(path)).toEqual({ precious: 42 });
  expect(await readdir(own)).toEqual(['data.h5']);
});

test('a list is made at a path, with the groups on the way, and written where a name is escaped', () => {
  const file = H5File.open(undefined, 'w');
  const array = H5Array.write<unknown>(file, 'runs/7/values', [1, 'x'], { dtype: 'object' });
  expect(array.path).toBe('/runs/7/values');
  array.set('0', { a: 1 });
  expect(H5Array.write(file.group('runs'), '/other/list', ['y'], { dtype: 'object' }).path).toBe(
    '/other/list',
  );
  expect(() => H5Array.write(file, 'failing/list', [() => 1], { dtype: 'object' })).toThrow(/function/);
  expect(readSync(file)).toEqual({ runs: { 7: { values: [{ a: 1 }, 'x'] } }, other: { list: ['y'] } });
  writeSync(file, { 'a/b': [1, 'x'] });
  H5Array.of(file.get(file.keys().next().value as string) as H5Group).set('1', null);
  expect(readSync(file)).toEqual({ 'a/b': [1, null] });
});

test('what cannot be stored takes back nothing else that is not committed', () => {
  const file = H5File.open(undefined, 'w');
  const array = H5Array.write<unknown>(file, 'a', [1, 'x'], { dtype: 'object' });
  file.attrs.set('unit', 'm');
  expect(() => array.set('0', () => 1)).toThrow(/function/);
  expect(() => array.set('...', [5, () => 1])).toThrow(/function/);
  expect(array.read()).toEqual([1, 'x']);
  expect(file.attrs.get('unit')).toBe('m');
  array.set('0', 2);
  file.rollback();
  expect([array.read(), file.attrs.get('unit')]).toEqual([[2, 'x'], 'm']);
});

test('equal is what has the same content, of whatever kind', () => {
  const file = H5File.open(undefined, 'w');
  const make = (x: number): unknown[] => [
    new Date(x),
    new Map([[x, 'x']]),
    new Set([x]),
    new URL(`http://localhost/${x}`),
    point(x, 1),
    { list: [x, { deep: new Date(x) }] },
  ];
  for (const [i, value] of make(1).entries()) {
    const array = H5Array.write<unknown>(file, `${i}`, [value, 'text'], { dtype: 'object', registry });
    expect(array.equals([make(1)[i], 'text'])).toBe(true);
    expect(array.equals([make(2)[i], 'text'])).toBe(false);
    expect(array.equals([{}, 'text'])).toBe(false);
    expect(array.equals(H5Array.from([make(1)[i], 'text'], { dtype: 'object' }))).toBe(true);
  }
});
