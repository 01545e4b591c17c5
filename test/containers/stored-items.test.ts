/** Large lists of any values in files that are opened for reading, where elements are found one by one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type H5Dataset, H5Dict, H5Error, H5File, H5List, readSync } from '../../src/node.js';
import { oracleTest, runPython } from '../oracle/oracles.js';
import { expectSame } from '../same.js';

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function written(values: Iterable<unknown>, change?: (list: H5List) => void): string {
  const path = join(folder, `${files++}.h5`);
  const list = H5List.open(path, { mode: 'w' });
  list.batch(() => {
    for (const value of values) list.push(value);
  });
  change?.(list);
  list.close();
  return path;
}

/** Values of all kinds, among them some whose headers differ in nothing but a few bytes. */
const KINDS: ((i: number) => unknown)[] = [
  (i) => i,
  (i) => i - 2 ** 31,
  (i) => i / 3,
  (i) => `text ${i}`,
  () => '',
  () => '\ud800',
  (i) => i % 3 === 0,
  () => null,
  (i) => BigInt(i) ** 2n,
  (i) => BigInt(i) ** 20n,
  (i) => new Date(i * 1e6),
  (i) => ({ id: i }),
  (i) => ({ id: i, tags: [i] }),
  (i) => [i, `${i}`],
  (i) => new Map([[i, i]]),
  (i) => Float64Array.of(i, i),
  () => -0,
  () => NaN,
];
const MISSING = () => undefined;
const anyOf = (kinds: typeof KINDS, count: number) =>
  Array.from({ length: count }, (_, i) => (kinds[(i * 7) % kinds.length] as (i: number) => unknown)(i));

/** What a program has of an element, as a value of its own. */
const snapshotOf = (element: unknown): unknown =>
  element instanceof H5List ? element.toArray() : element instanceof H5Dict ? element.toObject() : element;

/** The elements, in an order in which hardly any follows the one before it. */
function elements(list: H5List): unknown[] {
  const found: unknown[] = new Array(list.length);
  for (let i = 0, at = 0; i < found.length; i++, at = (at + 1009) % found.length)
    found[at] = snapshotOf(list.get(at));
  return found;
}

function check(path: string, values: unknown[]): void {
  const list = H5List.open(path, { mode: 'r' });
  expect(list.length).toBe(values.length);
  expectSame(elements(list), values);
  expect(snapshotOf(list.at(-1))).toEqual(values.at(-1));
  expect(list.at(values.length)).toBeUndefined();
  // Together, and one by one after that.
  expectSame(list.slice(3, 90).map(snapshotOf), values.slice(3, 90));
  expectSame(elements(list), values);
  list.close();
  expect(() => list.get(0)).toThrow(expect.objectContaining({ code: 'H5_CLOSED' }));
}

describe('elements of a list that is read', () => {
  it('are those that were stored, whatever they are', () => {
    const values = anyOf(KINDS, 2000);
    check(written(values), values);
  });

  it('are in their places between those that are missing', () => {
    const values = anyOf([...KINDS, MISSING], 1500);
    check(written(values), values);
    check(written([...values, undefined]), [...values, undefined]);
  });

  it('are in order after others were put in, moved and taken out', () => {
    const values = anyOf(KINDS, 600);
    const path = written(values, (list) => {
      for (let i = 0; i < 300; i++) {
        const at = (i * 37) % values.length;
        const cut = i % 3;
        const put = anyOf(KINDS, (i * 5) % 4);
        list.splice(at, cut, ...put);
        values.splice(at, cut, ...put);
      }
    });
    check(path, values);
  });

  it('may be few, and in the header of the group', () => {
    const values = anyOf(KINDS, 5);
    const list = H5List.open(written(values));
    expectSame(elements(list), values);
  });

  it('may be found by several handles, while another changes a copy', () => {
    const values = anyOf(KINDS, 500);
    const path = written(values);
    const one = H5List.open(path);
    const two = H5List.of(H5File.open(path));
    expectSame(elements(one), elements(two));
    expectSame(one.toArray(), values);
  });
});

describe('damage', () => {
  it('of an element is an error, or is as it is for who reads all of the file', () => {
    const values = Array.from({ length: 64 }, (_, i) => [i / 7, `text ${i}`, null, i % 2 === 0][i % 4]);
    // With nothing but scalars it would be stored in another way.
    const path = written([...values, []]);
    const bytes = H5File.open(path).toBytes();
    const { ref } = H5File.open(bytes, 'r').get('value/21') as H5Dataset;
    const { address } = ref;
    let same = 0;
    for (let at = 0; at < 80; at++)
      for (const flip of [1, 0x80]) {
        const damaged = bytes.slice();
        (damaged as Uint8Array)[address + at] = (damaged[address + at] as number) ^ flip;
        const list = H5List.of(H5File.open(damaged, 'r'));
        // The header of another element of its kind is known by then.
        list.get(17);
        let found: unknown;
        try {
          found = list.get(21);
        } catch (error) {
          expect(error).toBeInstanceOf(H5Error);
          continue;
        }
        const other = H5File.open(damaged, 'r').get('value/21') as unknown as { value: unknown };
        expect(found).toEqual(other.value);
        same++;
      }
    // Behind the header of an element, or what nobody checks.
    expect(same).toBeLessThan(40);
  });
});

describe('lists that others have changed', () => {
  oracleTest('h5py', 'have the elements that h5py has put there', () => {
    const values: unknown[] = anyOf(KINDS.slice(0, 8), 400);
    const path = written(values);
    const script = `
import h5py, sys
with h5py.File(sys.argv[1], 'r+') as whole:
    file = whole['value']
    for name in sorted(file, key=int)[::5]:
        del file[name]
    for i in range(50):
        file.create_dataset(f'new {i}', data=i * 2.5)
    file['soft'] = h5py.SoftLink('/value/1')
`;
    runPython(['-c', script, path]);
    const expected = values.filter((_, i) => i % 5 !== 0);
    for (let i = 0; i < 50; i++) expected.push(i * 2.5);
    const list = H5List.open(path);
    expect(list.length).toBe(expected.length + 1);
    for (const [i, value] of expected.entries()) expect(snapshotOf(list.get(i))).toEqual(value);
    expect(() => list.get(expected.length)).toThrow(expect.objectContaining({ code: 'H5_FORMAT' }));
  });

  oracleTest('h5py', 'may have no index of the order', () => {
    const path = join(folder, `${files++}.h5`);
    const script = `
import h5py, sys
with h5py.File(sys.argv[1], 'w', libver='latest') as file:
    file.attrs['@encoding'] = 'list'
    for i in range(100):
        file[str(i)] = i
`;
    runPython(['-c', script, path]);
    const list = H5List.open(path);
    expect(elements(list).map(Number)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(readSync(path)).toHaveLength(100);
  });
});
