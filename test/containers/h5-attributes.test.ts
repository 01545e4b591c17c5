import { describe, expect, it } from 'vitest';
import { H5Attributes, H5Dict, H5File, TypeRegistry } from '../../src/node.js';
import { describeOracle, h5py } from '../oracle/oracles.js';

const registry = new TypeRegistry();
class State {
  name: string;
  constructor(name: string) {
    this.name = name;
  }
}
class Samples extends Float64Array {
  rate = 44_100;
}
registry.register(State, { name: 'attributes.State' }).register(Samples, { name: 'attributes.Samples' });

const values: Record<string, unknown> = {
  int: 1,
  float: 1.5,
  text: 'abc',
  yes: true,
  big: 2n ** 70n,
  nothing: null,
  undefined: undefined,
  date: new Date(5),
  typed: Float64Array.of(1, 2),
  object: { deep: [1, { a: 'b' }] },
  map: new Map([[1, 'one']]),
  state: new State('RNA'),
  samples: Samples.of(1, 2),
  rows: [Float64Array.of(1, 2), Float64Array.of(3, 4)],
  cube: [[Int8Array.of(1)], [Int8Array.of(2)]],
  lists: [
    [1, 2],
    [3, 4],
  ],
  uneven: [Float64Array.of(1, 2), Float64Array.of(3)],
  mixed: [Float64Array.of(1), Int8Array.of(1)],
  none: [new Float64Array(0)],
  '@odd': 'name',
  'with/slash': 2,
  texts: ['a\0b', 'half \ud800'],
  halves: ['\udc00'],
};

describe('H5Attributes', () => {
  it('take any value, and give it back', () => {
    const file = H5File.open(undefined, 'w');
    const dataset = file.createDataset('data', { data: [1, 2, 3] });
    const attributes = H5Attributes.of(dataset, { registry });
    for (const [name, value] of Object.entries(values)) attributes.set(name, value);
    const again = H5Attributes.of(H5File.open(file.toBytes()).dataset('data'), { registry });
    expect([...again.keys()]).toEqual(Object.keys(values));
    expect(again.size).toBe(Object.keys(values).length);
    expect(again.asDict()).toEqual(values);
    expect(again.get('state')).toBeInstanceOf(State);
    expect(again.get('samples')).toBeInstanceOf(Samples);
    expect(again.get('nothing')).toBeNull();
    expect(again.has('nothing')).toBe(true);
    expect(again.get('missing')).toBeUndefined();
    expect([...again][0]).toEqual(['int', 1]);
    expect([...again.values()][2]).toBe('abc');
    expect(JSON.parse(JSON.stringify(H5Attributes.of(file)))).toEqual({});
  });

  it('are replaced by ones of any type and size, and deleted', () => {
    const file = H5File.open(undefined, 'w');
    const attributes = H5Attributes.of(file);
    attributes
      .set('a', 1)
      .set('a', 'text')
      .set('a', { x: 'y'.repeat(100_000) });
    expect(attributes.get('a')).toEqual({ x: 'y'.repeat(100_000) });
    attributes.set('a', [1, 2, 3]);
    expect(Array.from(attributes.get('a') as Iterable<number>)).toEqual([1, 2, 3]);
    attributes.update({ b: ['x', 'y'], c: [true, false] });
    expect(attributes.get('b')).toEqual(['x', 'y']);
    expect(attributes.get('c')).toEqual([true, false]);
    expect(attributes.delete('a')).toBe(true);
    expect(attributes.delete('a')).toBe(false);
    expect(() => attributes.update({ d: 1, e: () => 1 })).toThrow(/function/);
    expect([...attributes.keys()]).toEqual(['b', 'c']);
    expect(() => attributes.set(5 as never, 1)).toThrow(/string/);
  });

  it('of a dict are its scalars', () => {
    const dict = H5Dict.write(undefined, { a: 1, b: { c: 2 } });
    expect(H5Attributes.of(dict.object).asDict()).toEqual({ a: 1 });
    expect(dict.attributes.get('a')).toBe(1);
  });
});

describeOracle('h5py', () => {
  it('finds plain ones as what they are', async () => {
    const file = H5File.open(undefined, 'w');
    H5Attributes.of(file).update({
      unit: 'm',
      range: [1.5, 2],
      names: ['a', 'b'],
      none: null,
      any: { x: 1 },
    });
    const { attrs } = (await h5py(file.toBytes())).root;
    const found = Object.fromEntries(
      attrs.map(({ name, value, dtype }) => [String(name), [value, dtype.class]]),
    );
    expect(found['unit']?.[0]).toBe('m');
    expect(found['range']?.[0]).toEqual([1.5, 2]);
    expect(found['names']?.[0]).toEqual(['a', 'b']);
    expect(found['none']?.[0]).toMatchObject({ $empty: expect.anything() as unknown });
    expect(found['any']?.[1]).toBe('opaque');
  });

  it('has those of more axes, which are rows here, and stay what they are when they are set again', async () => {
    const file = H5File.open(undefined, 'w');
    file.attrs.set('grid', Float32Array.of(1, 2, 3, 4, 5, 6), { shape: [3, 2] });
    file.attrs.set('words', ['a', 'b', 'c', 'd'], { shape: [2, 2] });
    const attributes = H5Attributes.of(file);
    const rows = [Float32Array.of(1, 2), Float32Array.of(3, 4), Float32Array.of(5, 6)];
    expect(attributes.asDict()).toEqual({
      grid: rows,
      words: [
        ['a', 'b'],
        ['c', 'd'],
      ],
    });
    attributes.set('grid', attributes.get('grid'));
    const grid = (await h5py(file.toBytes())).root.attrs.find(({ name }) => name === 'grid');
    expect(grid).toMatchObject({
      shape: [3, 2],
      dtype: { numpy: '<f4' },
      value: rows.map((row) => [...row]),
    });
  });
});

it('an attribute does not take the name of another member of a dict', () => {
  const dict = H5Dict.of<Record<string, unknown>>(H5File.open(undefined, 'w'));
  dict.set('list', [1, 'x', {}]);
  expect(() => dict.attributes.set('list', 5)).toThrow(/has a member "list" that is no attribute/);
  expect(() => dict.attributes.update({ a: 1, list: 5 })).toThrow(/has a member/);
  expect([...dict.keys()]).toEqual(['list']);
});

it('of what has just been deleted are gone', () => {
  for (const isCommitted of [false, true]) {
    const file = H5File.open(undefined, 'w');
    const all = [file.createDataset('g/data', { data: [1] }), file.createGroup('g/group'), file.group('g')];
    const attributes = all.map((object) => H5Attributes.of(object).set('a', 1));
    if (isCommitted) file.commit();
    file.delete('g');
    for (const each of attributes) {
      expect(() => each.set('a', 2)).toThrow(expect.objectContaining({ code: 'H5_GONE' }));
      expect(() => each.delete('a')).toThrow(expect.objectContaining({ code: 'H5_GONE' }));
    }
  }
});
