/** Fields that say how they are stored, of instances that an iterable yields, and of those that hold one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { H5Dataset, H5File, type RegisterOptions, read, TypeRegistry, write } from '../../src/node.js';
import { expectSame } from '../same.js';

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'a.h5');

/** More than are taken in at once. */
const MANY = 70_000;

class Row {
  [field: string]: unknown;
  constructor(values: object) {
    Object.assign(this, values);
  }
}
const registryFor = (fields: RegisterOptions<Row>['fields']) =>
  new TypeRegistry().register(Row, { name: 'Row', fields });

/** What h5py would say of each member of the root. */
function members(): Record<string, string> {
  const file = H5File.open(path, 'r');
  const shown = Object.fromEntries(
    Array.from(file.keys(), (key) => {
      const member = file.get(key);
      return [key, member instanceof H5Dataset ? `${member.dtype} (${member.shape})` : 'group'];
    }),
  );
  file.close();
  return shown;
}

describe('instances that an iterable yields', () => {
  it.each<[string, RegisterOptions<Row>['fields'], (i: number) => object, Record<string, string>]>([
    [
      'beside nulls',
      ['id', 'note', { property: 'level', dtype: 'u2' }],
      (i) => ({ id: i, note: i % 3 ? null : `n${i}`, level: i % 60_000 }),
      { id: '<i4 (70000)', note: 'S6 (70000)', level: '<u2 (70000)' },
    ],
    [
      'lists',
      ['id', { property: 'xs', dtype: 'f8' }],
      (i) => ({ id: i, xs: [1, i % 100] }),
      { id: '<i4 (70000)', xs: '<f8 (70000,2)' },
    ],
    [
      'beside others of several kinds',
      [{ property: 'd', dtype: 'f4' }, 'any'],
      (i) => ({ d: i, any: [i, `${i}`, true][i % 3] }),
      { d: '<f4 (70000)', any: 'group' },
    ],
    [
      'that are optional',
      ['r', { property: 'o', optional: true }],
      (i) => ({ r: i, ...(i % 2 ? {} : { o: i }) }),
      { r: '<i4 (70000)', o: '<i4 (70000)' },
    ],
  ])('%s', async (_, fields, make, expected) => {
    const registry = registryFor(fields);
    const rows = Array.from({ length: MANY }, (_row, i) => new Row(make(i)));
    await write(path, rows.values(), { registry });
    expect(members()).toMatchObject(expected);
    expectSame(await read(path, { registry }), rows);
  });

  it('that are optional, and undefined', async () => {
    const registry = registryFor(['r', { property: 'o', optional: true }]);
    const rows = Array.from({ length: MANY }, (_row, i) => new Row({ r: i, o: i % 2 ? undefined : i }));
    await write(path, rows.values(), { registry });
    const found = await read<Row[]>(path, { registry });
    expect([found[0], found[1], found.at(-1)]).toStrictEqual([
      new Row({ r: 0, o: 0 }),
      new Row({ r: 1 }),
      new Row({ r: MANY - 1 }),
    ]);
  });
});

describe('a field that holds an iterable', () => {
  const numbers = Array.from({ length: MANY }, (_, i) => i);
  it.each<[string, object, unknown[], string]>([
    ['of a dtype', { dtype: 'f4' }, numbers, '<f4 (70000)'],
    ['of a smaller dtype', { dtype: 'u2' }, numbers.map((i) => i % 60_000), '<u2 (70000)'],
    [
      'of a dtype, with nulls',
      { dtype: 'u2' },
      numbers.map((i) => (i % 2 ? null : i % 60_000)),
      '<u2 (70000)',
    ],
    ['of a shape', { shape: [-1, 2] }, numbers, '<i4 (35000,2)'],
    ['of a shape that no part has', { shape: [-1, 7] }, numbers, '<i4 (10000,7)'],
    ['of both', { dtype: 'f8', shape: [-1, 2] }, numbers, '<f8 (35000,2)'],
    ['of fixed texts', { dtype: 'S8' }, numbers.map((i) => `s${i}`), 'S8 (70000)'],
  ])('%s', async (_, field, elements, shown) => {
    const registry = registryFor([{ property: 'data', ...field }]);
    await write(path, new Row({ data: elements.values() }), { registry });
    expect(members()).toEqual({ data: shown });
    expectSame(await read(path, { registry }), new Row({ data: elements }));
  });

  it('refuses what does not fit, with its place', async () => {
    const small = registryFor([{ property: 'data', dtype: 'u2' }]);
    await expect(write(path, new Row({ data: numbers.values() }), { registry: small })).rejects.toThrow(
      /^\$\.data\[65536\]: the number 65536 cannot be stored; the field "data" has the dtype 'u2'/,
    );
    const odd = registryFor([{ property: 'data', shape: [-1, 3] }]);
    await expect(write(path, new Row({ data: numbers.values() }), { registry: odd })).rejects.toThrow(
      /^\$\.data: a list of 70000 elements cannot be stored; the field "data" has the shape/,
    );
  });
});
