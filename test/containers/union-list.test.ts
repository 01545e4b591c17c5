/** Lists of scalars of several kinds: a dataset for each kind, and one that says which element is of which. */
import { describe, expect, it } from 'vitest';
import { H5Dataset, H5Dict, H5File, H5FormatError, H5List, readSync } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { datasetAt, groupAt, h5py, oracleTest } from '../oracle/oracles.js';
import { seeded } from '../random.js';
import { expectSame } from '../same.js';
import { runs, SEED, THOROUGH } from '../thoroughness.js';

/** More than fit the smaller chunks; in CI more than fit those of any size but the largest. */
const MANY = THOROUGH ? 40_000 : 3000;

const scalars = (count: number): unknown[] =>
  Array.from(
    { length: count },
    (_, i) =>
      [i, `text ${i}`, null, i % 2 === 0, undefined, BigInt(i), new Date(i * 1000), i / 3][(i * 5) % 8],
  );

function listOf(values: readonly unknown[]): { file: H5File; list: H5List } {
  const file = H5File.open(undefined, 'w');
  const list = H5List.write<unknown>(file, [], { name: 'list' });
  for (const value of values) list.push(value);
  return { file, list };
}

/** The file holds these, for us and for who reads it as a whole, and nothing is wrong with it. */
function check(file: H5File, expected: readonly unknown[], encoding = 'union'): Uint8Array {
  const bytes = file.toBytes();
  const { problems } = verifyStorage(new MemoryStorage(bytes));
  expect(problems).toEqual([]);
  expectSame((readSync(bytes) as { list: unknown }).list, expected);
  const reader = H5List.open(bytes, { name: 'list' });
  expectSame(reader.copy(), expected);
  // Objects in a list of any values are shown as dicts and lists.
  if (encoding === 'union')
    expectSame(
      expected.map((_, i) => reader.get(i)),
      expected,
    );
  expect(reader.object.attrs.get('@encoding')).toBe(encoding);
  return bytes;
}

describe('a list of scalars of several kinds', () => {
  it.each([1, 2, 63, 64, 65, 200, MANY])('has elements that were appended: %d', (count) => {
    const values = [0, 'a', ...scalars(count)];
    const { file, list } = listOf(values);
    expectSame(list.toArray(), values);
    check(file, values);
    list.push('more', null);
    check(file, [...values, 'more', null]);
  });

  it('takes a few bytes an element', () => {
    const { file } = listOf(Array.from({ length: 10_000 }, (_, i) => [i, `${i}`, null, true][i % 4]));
    expect(file.toBytes().length).toBeLessThan(10 * 10_000);
  });

  it('is changed in the middle', () => {
    const values = scalars(300);
    const { file, list } = listOf(values);
    const random = seeded(SEED);
    for (let i = 0; i < 100; i++) {
      const at = random(values.length);
      const count = random(20);
      const added = scalars(random(20));
      expectSame(list.splice(at, count, ...added), values.splice(at, count, ...added));
      const index = random(values.length);
      const value = scalars(40)[random(40)];
      list.set(index, value);
      values[index] = value;
      if (i % 20 === 0) {
        const length = values.length - random(5);
        list.truncate(length);
        values.length = length;
        expectSame(list.toArray(), values);
      }
    }
    check(file, values);
  });

  it('has elements that are set to values of other kinds, however many', () => {
    const values = scalars(runs(3000));
    const { file, list } = listOf(values);
    const random = seeded(SEED);
    for (let i = runs(3000); i > 0; i--) {
      const at = random(values.length);
      const value = scalars(40)[random(40)];
      list.set(at, value);
      values[at] = value;
      const other = random(values.length);
      expectSame(list.get(other), values[other]);
      expectSame(list.get(at), values[at]);
      if (random(10) === 0) {
        list.push(value);
        values.push(value);
      }
      if (random(500) === 0) file.commit();
    }
    // All of one kind, which have to be moved together.
    for (let i = 0; i < values.length; i++) {
      list.set(i, `now a text ${i}`);
      values[i] = `now a text ${i}`;
    }
    list.push(null);
    check(file, [...values, null]);
  });

  it('has dates of its own', () => {
    const { list } = listOf([1, 'a', 2]);
    const date = new Date(5);
    list.set(0, date);
    date.setTime(6);
    (list.get(0) as Date).setTime(7);
    expectSame(list.get(0), new Date(5));
  });

  it('keeps its kinds where elements are set to others of the same', () => {
    const values = scalars(6000);
    const { file, list } = listOf(values);
    for (const [i, value] of values.entries()) {
      if (typeof value === 'number') values[i] = value + 0.5;
      else if (value === null) values[i] = undefined;
      else if (value instanceof Date) values[i] = new Date(7);
      else continue;
      list.set(i, values[i]);
    }
    check(file, values);
  });

  it('goes on as one of any values when something else comes', () => {
    for (const value of [{ a: 1 }, [1], 2n ** 80n, 'a\0b', new Map()]) {
      const values = scalars(100);
      const { file, list } = listOf(values);
      list.push(value);
      list.push(1, null);
      check(file, [...values, value, 1, null], 'list');
    }
  });

  it('is as it was after a rollback, and after a transaction that fails', () => {
    const values = scalars(100);
    const { file, list } = listOf(values);
    file.commit();
    list.push('lost', 1, null);
    list.set(3, 'lost, too');
    file.rollback();
    expectSame(list.toArray(), values);
    expect(() =>
      file.transaction(() => {
        list.push(true);
        list.splice(1, 50);
        throw new Error('no');
      }),
    ).toThrow('no');
    list.push('kept');
    check(file, [...values, 'kept']);
  });

  it('is seen by other handles, and changed by them', () => {
    const { file, list } = listOf(scalars(10));
    const other = H5Dict.of(file).get('list') as H5List;
    other.push('by the other');
    list.push(3);
    expect([list.at(-2), other.at(-1), other.length]).toEqual(['by the other', 3, 12]);
    check(file, [...scalars(10), 'by the other', 3]);
  });

  it('is read anew when its datasets have been changed', () => {
    const { file, list } = listOf([1, 'a', null]);
    file.commit();
    file.dataset('list/strings').write(['b']);
    expect(list.get(1)).toBe('b');
    file.dataset('list/numbers').append([5]);
    file.dataset('list/@kinds').append([0]);
    expectSame(list.toArray(), [1, 'b', null, 5]);
    list.push('c');
    check(file, [1, 'b', null, 5, 'c']);
  });

  it('what write has stored becomes one with the first change', () => {
    const file = H5File.open(undefined, 'w');
    const dict = H5Dict.of(file);
    dict.set('list', [1, null, 'a', undefined, true]);
    (dict.get('list') as H5List).push(2);
    check(file, [1, null, 'a', undefined, true, 2]);
  });
});

describe('a table with columns of several kinds', () => {
  const rowOf = (i: number): object => ({
    id: i,
    name: i % 3 === 0 ? null : `name ${i}`,
    value: [i / 2, undefined, true, 'text'][i % 4],
  });
  const rows = (count: number) => Array.from({ length: count }, (_, i) => rowOf(i));

  it.each([1, 5, 200, MANY])('has rows that were appended: %d', (count) => {
    const { file, list } = listOf(rows(count));
    expectSame(list.toArray(), rows(count));
    check(file, rows(count), 'records');
  });

  it('gets its kinds when they come', () => {
    const all = [
      { a: 1, b: 'x' },
      { a: 2, b: null },
      { a: null, b: 'y' },
      { a: 'z', b: true },
    ];
    const { file, list } = listOf(all);
    check(file, all, 'records');
    list.push({ a: 2.5, b: undefined });
    check(file, [...all, { a: 2.5, b: undefined }], 'records');
  });

  it('is changed in the middle', () => {
    const all = rows(300);
    const { file, list } = listOf(all);
    const random = seeded(SEED);
    for (let i = 0; i < 60; i++) {
      const at = random(all.length);
      const added = rows(random(10));
      expectSame(list.splice(at, 7, ...added), all.splice(at, 7, ...added));
      const row = rowOf(random(1000));
      const place = random(all.length);
      list.set(place, row);
      all[place] = row;
      if (i % 20 === 0) {
        list.truncate(all.length - 3);
        all.length -= 3;
        file.commit();
      }
      expectSame(list.at(-1), all.at(-1));
    }
    check(file, all, 'records');
  });

  it('what write has stored becomes one with the first change', () => {
    for (const change of [
      (list: H5List | object[]) => void list.push(rowOf(7)),
      (list: H5List | object[]) => void list.pop(),
      (list: H5List | object[]) => void list.splice(3, 2, rowOf(8)),
    ]) {
      const all = rows(50);
      const file = H5File.open(undefined, 'w');
      H5Dict.of(file).set('list', all);
      change(H5List.open(file, { name: 'list' }));
      change(all);
      check(file, all, 'records');
    }
  });

  it('goes on as a list of any values when a cell is something else', () => {
    const all: object[] = rows(20);
    const { file, list } = listOf(all);
    const odd = { id: 1, name: ['no scalar'], value: null };
    list.push(odd);
    check(file, [...all, odd], 'list');
  });
});

describe('hostile files', () => {
  const changed = (change: (file: H5File) => void): (() => unknown) => {
    const { file } = listOf(scalars(100));
    file.commit();
    change(file);
    const bytes = file.toBytes();
    return () => {
      const list = H5List.open(H5File.open(bytes, 'r+'), { name: 'list' });
      list.push('x');
      return list.toArray();
    };
  };

  it.each<[string, (file: H5File) => void]>([
    ['kinds that there are not', (file) => file.dataset('list/@kinds').write(200, [3])],
    ['kinds of no part', (file) => file.dataset('list/@kinds').write(7, [3])],
    ['too many kinds', (file) => file.dataset('list/@kinds').append([0])],
    ['too few kinds', (file) => file.dataset('list/@kinds').resize([50])],
    ['kinds without end', (file) => file.dataset('list/@kinds').resize([2 ** 38])],
    ['a part that is too long', (file) => file.dataset('list/numbers').append([1])],
    ['a part that is too short', (file) => file.dataset('list/strings').resize([1])],
    ['a part that is missing', (file) => file.delete('list/strings')],
    ['no kinds', (file) => file.delete('list/@kinds')],
    ['a part that leads nowhere', (file) => file.softLink('list/more', '/nowhere')],
  ])('%s', (_, change) => {
    expect(changed(change)).toThrow(H5FormatError);
  });

  it('two parts of one kind, and parts of no kind, are read as they are', () => {
    const { file } = listOf([1, 'a']);
    file.commit();
    file.createDataset('list/more', { data: [0.5], maxShape: [null] });
    file.dataset('list/@kinds').append([2]);
    const list = H5List.open(H5File.open(file.toBytes(), 'r+'), { name: 'list' });
    expectSame(list.toArray(), [1, 'a', 0.5]);
  });
});

oracleTest('h5py', 'h5py finds the parts as docs/FORMAT.md says', async () => {
  const { file } = listOf([1, 'a', null, 2.5, undefined, true, 'b']);
  const seen = await h5py(file.toBytes());
  const links = groupAt(seen, 'list').links.map(({ name }) => name);
  expect(links).toEqual(['@kinds', 'numbers', 'strings', 'missing', 'booleans']);
  const values = links.map((name) => datasetAt(seen, `list/${String(name)}`).value);
  expect(values).toEqual([[0, 1, 2, 0, 2, 3, 1], [1, 2.5], ['a', 'b'], [2, 1], [true]]);
  expect(file.get('list/missing')).toBeInstanceOf(H5Dataset);
});
