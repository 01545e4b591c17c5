import { describe, expect, it } from 'vitest';
import { filters } from '../../src/filters.js';
import * as core from '../../src/index.js';
import {
  deserialize,
  type FieldEntry,
  H5File,
  H5UnsupportedError,
  indexes,
  serialize,
  TypeRegistry,
} from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import {
  attributesOf,
  datasetAt,
  describeOracle,
  groupAt,
  h5dump,
  h5py,
  h5wasm,
  readLayout,
} from '../oracle/oracles.js';
import { type CompileOptions, compileFixture } from '../registry/compile.js';
import { expectSame } from '../same.js';
import { THOROUGH } from '../thoroughness.js';
import { graphOf } from './graph.js';

type Fixture = typeof import('./fixtures/track.js');

const compile = (options: CompileOptions) =>
  compileFixture<Fixture>(new URL('./fixtures/track.ts', import.meta.url), options);

/** A class with whatever properties it is given, and a registry in which its fields are stored so. */
function classOf(fields: Record<string, Omit<FieldEntry, 'property'>>) {
  class Thing {
    [property: string]: unknown;
    constructor(properties: Record<string, unknown>) {
      Object.assign(this, properties);
    }
  }
  const entries = Object.entries(fields).map(([property, rest]) => ({ property, ...rest }));
  const registry = new TypeRegistry().register(Thing, { name: 'Thing', fields: entries });
  return { Thing, registry };
}

/** What comes back of an instance, alone, as a row among others, and of one in a list of instances that is too short for it. */
function back(
  properties: Record<string, unknown>,
  fields: Record<string, Omit<FieldEntry, 'property'>>,
): unknown[] {
  const { Thing, registry } = classOf(fields);
  const one = new Thing(properties);
  const value = {
    one,
    rows: Array.from({ length: 20 }, () => new Thing(properties)),
    few: [new Thing(properties)],
  };
  const bytes = serialize(value, { registry });
  expect(Buffer.compare(serialize(value, { registry }), bytes)).toBe(0);
  const copy = deserialize<typeof value>(bytes, { registry });
  expect(Buffer.compare(serialize(copy, { registry }), bytes)).toBe(0);
  const { problems } = verifyStorage(new MemoryStorage(bytes), { indexes, filters });
  expect(problems).toEqual([]);
  for (const each of [copy.one, ...copy.rows, ...copy.few]) expect(each).toBeInstanceOf(Thing);
  return [copy.one, copy.rows[19], copy.few[0]].map((each) => ({ ...each }));
}

describe.each<CompileOptions>([
  { compiler: 'tsc', decorators: 'standard' },
  { compiler: 'tsc', decorators: 'legacy' },
  { compiler: 'tsc', decorators: 'legacy', emitDecoratorMetadata: true },
  { compiler: 'esbuild', decorators: 'standard' },
  { compiler: 'esbuild', decorators: 'legacy' },
])('decorated fields, compiled with %j', (options) => {
  it('are stored as they say, and come back as they were', async () => {
    const { Track, registry, write, read } = await compile(options);
    const value = {
      one: new Track(),
      many: Array.from({ length: 20 }, (_, i) => Object.assign(new Track(), { channel: i })),
    };
    const bytes = write(value);
    const file = H5File.open(bytes);
    expect(file.tree().split('\n').slice(1, 9)).toEqual([
      '  one',
      '    readings: <i2 (3)',
      '    path: <f4 (2, 3)',
      '    rest: <i4 (2)',
      '  many',
      '    channel: u1 (20)',
      '    level: <f4 (20)',
      '    ticks: <i8 (20)',
    ]);
    file.close();
    const copy = read<typeof value>(bytes);
    for (const track of [value.one, ...value.many]) delete track.note;
    expectSame(graphOf(copy, registry), graphOf(value, registry));
    expect(Object.keys(copy.one)).toEqual(['channel', 'level', 'ticks', 'title', 'readings', 'path', 'rest']);
  });
});

describeOracle('h5py', () => {
  it('finds the dtypes, the shapes, the chunks and the filters of fields', async () => {
    const { Track, write } = await compile({ compiler: 'tsc', decorators: 'standard' });
    const many = Array.from({ length: 20 }, (_, i) =>
      Object.assign(new Track(), { channel: 200 + i, ticks: i * 1e14 }),
    );
    const bytes = write({ one: new Track(), many });
    const file = await h5py(bytes);
    const one = groupAt(file, 'one');
    expect(
      Object.fromEntries(one.attrs.map(({ name, dtype, shape }) => [name, [dtype.numpy, shape]])),
    ).toMatchObject({
      channel: ['|u1', []],
      level: ['<f4', []],
      ticks: ['<i8', []],
      label: ['|S10', []],
    });
    expect(attributesOf(one)).toMatchObject({
      channel: 3,
      level: 0.5,
      ticks: 2 ** 40,
      label: 'north',
      '@numbers': ['ticks'],
    });
    expect(datasetAt(file, 'one/readings')).toMatchObject({ value: [1, -2, 3], dtype: { numpy: '<i2' } });
    const path = {
      dtype: { numpy: '<f4' },
      chunks: [2, 3],
      filters: [{ name: 'shuffle' }, { name: 'deflate', values: [6] }],
    };
    expect(datasetAt(file, 'one/path')).toMatchObject({
      ...path,
      shape: [2, 3],
      value: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    });

    const column = (name: string) => datasetAt(file, `many/${name}`);
    expect(column('channel')).toMatchObject({
      dtype: { numpy: '|u1' },
      value: many.map(({ channel }) => channel),
    });
    expect(column('level')).toMatchObject({ dtype: { numpy: '<f4' } });
    expect(column('ticks')).toMatchObject({ dtype: { numpy: '<i8' }, value: many.map(({ ticks }) => ticks) });
    expect(column('label')).toMatchObject({ dtype: { numpy: '|S10' } });
    expect(column('readings')).toMatchObject({ dtype: { numpy: '<i2' }, shape: [20, 3] });
    expect(column('path')).toMatchObject({ ...path, shape: [20, 2, 3], chunks: [2, 2, 3] });
    expect(await h5wasm(bytes)).toBeTruthy();
    expect(await h5dump(bytes)).toContain('GROUP "many"');
  });

  it('a reader of docs/FORMAT.md reads them as what they are', async () => {
    const { Thing, registry } = classOf({
      small: { dtype: 'i1' },
      big: { dtype: 'i8' },
      unsigned: { dtype: 'u8' },
      bigint: { dtype: 'u8' },
      list: { dtype: 'i8' },
      matrix: { dtype: '>i2' },
      flat: { shape: [2, -1] },
      grid: { dtype: 'f4', shape: [2, 2] },
      rows: { dtype: 'u1' },
      varying: { dtype: 'i8', shape: [-1, 2] },
      typed: { dtype: 'u8' },
      masked: { dtype: 'u1' },
      text: { dtype: 'S4' },
      texts: { dtype: 'str' },
    });
    const make = (i: number) =>
      new Thing({
        small: 5 - i,
        big: i * 2 ** 50,
        unsigned: i,
        bigint: 2n ** 64n - 1n,
        list: [i, -1],
        matrix: [
          [1, i],
          [3, 4],
        ],
        flat: [1, 2, 3, i],
        grid: Float64Array.of(1, 2, 3, i),
        rows: [Int32Array.of(1, 2), Int32Array.of(i)],
        varying: Float32Array.from({ length: 2 * (i % 3) }, (_, j) => j),
        typed: BigInt64Array.of(5n),
        masked: i % 2 ? i : null,
        text: 'é',
        texts: ['a', 'b'],
      });
    const value = { one: make(1), many: Array.from({ length: 30 }, (_, i) => make(i)) };
    const bytes = serialize(value, { registry });
    expectSame(graphOf(deserialize(bytes, { registry }), registry), graphOf(value, registry));
    expectSame(await readLayout(bytes), graphOf(value, registry));
    const file = await h5py(bytes);
    expect(datasetAt(file, 'many/flat').shape).toEqual([30, 2, 2]);
    expect(datasetAt(file, 'many/varying/values').shape).toEqual([30, 2]);
    expect(datasetAt(file, 'many/matrix').dtype.numpy).toBe('>i2');
    expect(datasetAt(file, 'many/masked')).toMatchObject({ dtype: { numpy: '|u1' } });
    expect(datasetAt(file, 'many/texts').dtype.numpy).toBe('|O');
  });
});

describe('a field with a dtype', () => {
  const same = (value: unknown, dtype: FieldEntry['dtype'], expected = value): void => {
    for (const copy of back({ value, after: 1 }, { value: { dtype }, after: {} }))
      expectSame(copy, { value: expected, after: 1 });
  };

  it('has a number of it', () => {
    for (const dtype of [
      'i1',
      'u1',
      '<i2',
      '>u2',
      'int32',
      'u4',
      'i8',
      'u8',
      '>i8',
      'f4',
      'float64',
    ] as const)
      same(100, dtype);
    same(-128, 'i1');
    same(2 ** 32 - 1, 'u4');
    same(2 ** 60, 'i8');
    same(2 ** 63, 'u8');
    same(0.1, 'f4', Math.fround(0.1));
    same(1.5, 'f2');
    same(-0, 'f4');
    same(-0, 'i4', 0);
    same(Number.NaN, 'f4');
    same(-Infinity, 'f8');
  });

  it('has lists of it, and lists of these', () => {
    for (const dtype of ['i1', 'u2', 'i8', 'u8', 'f4', '>f8'] as const) {
      same([1, 2, 3], dtype);
      same([], dtype);
      same([1, null, undefined], dtype);
      same([null, null], dtype);
      same(
        [
          [1, 2],
          [3, 4],
        ],
        dtype,
      );
      same([[1, 2], [], [3]], dtype);
      same(
        [
          [[1], [2]],
          [[3], [4]],
        ],
        dtype,
      );
      same(new Set([1, 2]), dtype);
      same([new Set([1, 2])], dtype);
      same(Float64Array.of(1, 2), dtype);
      same(Int32Array.of(1, 2), dtype);
      same(Uint8ClampedArray.of(1, 2), dtype);
      same(new Float32Array(0), dtype);
      same([Float64Array.of(1, 2), Float64Array.of(3, 4)], dtype);
      same([Float64Array.of(1, 2), Float64Array.of(3)], dtype);
      same([Float64Array.of(1, 2), Int8Array.of(3), 4, [5]], dtype);
    }
    // So large that each is a dataset.
    same([new Float64Array(20_000).fill(2), new Float64Array(10).fill(3)], 'u1');
    same(Object.assign(new Array(3), { 1: 5 }), 'u1');
  });

  it('has bigints, where it has 64 bits', () => {
    same(5n, 'i8');
    same(2n ** 64n - 1n, 'u8');
    same([2n ** 64n - 1n, 0n], 'u8');
    same([2n ** 63n, null, 1n], '>u8');
    same([1, 2n], 'i8');
    same(BigInt64Array.of(1n, 2n), 'u8');
    same(BigUint64Array.of(2n ** 64n - 1n), 'u8');
    same([BigInt64Array.of(1n), BigInt64Array.of(2n)], 'i8');
  });

  it('has strings, and booleans', () => {
    same('abc', 'S3');
    same('', 'S3');
    same('é', 'S2');
    same(['a', 'bcd', ''], 'S3');
    same(['a', null, 'bc'], 'S10');
    same(
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
      'S1',
    );
    same('abc', 'str');
    same(['abc', 'x'.repeat(100)], 'str');
    same(true, 'bool');
    same([true, false], 'bool');
  });

  it('has null, undefined, and what is missing', () => {
    same(null, 'f4');
    same(undefined, 'f4');
    const { Thing, registry } = classOf({ value: { dtype: 'u2' }, other: {} });
    const things = Array.from(
      { length: 20 },
      (_, i) => new Thing(i % 2 ? { value: i, other: 0 } : { other: i }),
    );
    expectSame(deserialize(serialize(things, { registry }), { registry }), things);
    const nulls = Array.from({ length: 20 }, (_, i) => new Thing({ value: i % 2 ? i : null }));
    expectSame(deserialize(serialize(nulls, { registry }), { registry }), nulls);
  });

  it('is inherited, and changed', () => {
    class Base {
      a = 1;
    }
    class Derived extends Base {
      b = 2;
    }
    const registry = new TypeRegistry();
    core.H5Field({ dtype: 'i2' })(Base.prototype, 'a');
    core.H5Field({ dtype: 'f4' })(Derived.prototype, 'b');
    core.H5Class('Base', { registry })(Base);
    core.H5Class('Derived', { registry })(Derived);
    const file = H5File.open(
      serialize({ list: Array.from({ length: 20 }, () => new Derived()) }, { registry }),
    );
    expect([file.dataset('list/a').dtype, file.dataset('list/b').dtype]).toEqual(['<i2', '<f4']);
  });

  it('is one of a getter, under another name', () => {
    class Square {
      side = 3;
      get area() {
        return this.side ** 2;
      }
    }
    const fields = [
      { property: 'side', name: 'edge', dtype: 'u1' },
      { property: 'area', dtype: 'i8' },
    ] as const;
    const registry = new TypeRegistry().register(Square, { name: 'Square', fields });
    const bytes = serialize(new Square(), { registry });
    expect(H5File.open(bytes).attrs.info('edge')?.dtype).toBe('u1');
    expect(deserialize<Square>(bytes, { registry }).area).toBe(9);
  });

  it('leaves what is reached elsewhere before as that is', () => {
    const shared = [1, 2, 3];
    const { Thing, registry } = classOf({ value: { dtype: 'f4' } });
    const value = { shared, things: [new Thing({ value: shared }), new Thing({ value: shared })] };
    const copy = deserialize<typeof value>(serialize(value, { registry }), { registry });
    expectSame(copy, value);
    expect(copy.things[1]?.['value']).toBe(copy.shared);
  });

  it.each<[string, unknown, FieldEntry['dtype'], string, string?]>([
    ['too large', 300, 'u1', 'the number 300 cannot be stored; the field "value" has the dtype \'u1\''],
    ['negative', -1, 'u4', 'the number -1 cannot'],
    ['a fraction', 1.5, 'i8', 'the number 1.5 cannot'],
    ['not a number', Number.NaN, 'i4', 'the number NaN cannot'],
    ['infinite', Infinity, 'i4', 'the number Infinity cannot'],
    ['too large for a float', 1e300, 'f4', 'the number 1e+300 cannot'],
    ['a number of 2 ** 64', 2 ** 64, 'u8', 'the number 18446744073709552000 cannot'],
    ['a bigint of less than 64 bits', 5n, 'i4', 'the bigint 5 cannot'],
    ['a bigint that is too large', 2n ** 63n, 'i8', 'the bigint 9223372036854775808 cannot'],
    ['a string', 'x', 'f4', 'the string "x" cannot'],
    ['a string that is too long', 'abcd', 'S3', 'the string "abcd" cannot'],
    ['a string that is no text', 'a\0', 'S3', 'the string "a\\u0000" cannot'],
    ['a boolean', true, 'u1', 'the boolean true cannot'],
    ['a number among strings', 1, 'S5', 'the number 1 cannot'],
    ['a number among booleans', 1, 'bool', 'the number 1 cannot'],
    ['an element', [1, 2, 300], 'u1', 'the number 300 cannot', '[2]'],
    [
      'an element behind others that are missing',
      [null, 1, undefined, 256],
      'u1',
      'the number 256 cannot',
      '[3]',
    ],
    ['an element of rows', [[1], [2, 1.5]], 'i2', 'the number 1.5 cannot', '[1][1]'],
    [
      'an element of a rectangle',
      [
        [1, 2],
        [3, -4],
      ],
      'u2',
      'the number -4 cannot',
      '[1][1]',
    ],
    ['a string among numbers', [1, 'x'], 'f4', 'the string "x" cannot', '[1]'],
    ['a string in a list', ['abc', 'é', 'toolong'], 'S3', 'the string "toolong" cannot', '[2]'],
    ['a string that is no text in a list', ['abc', '\ud800'], 'S3', 'cannot', '[1]'],
    ['booleans', [true], 'f4', 'the boolean true cannot', '[0]'],
    ['bigints', [5n], 'i4', 'the bigint 5 cannot', '[0]'],
    ['an element of a typed array', Float64Array.of(1, 2.5), 'i4', 'the number 2.5 cannot', '[1]'],
    ['a buffer', new ArrayBuffer(8), 'u1', 'ArrayBuffer cannot'],
    ['a Date', new Date(0), 'i8', 'a Date cannot'],
    ['a Map', new Map([['a', 1]]), 'f4', 'a Map cannot'],
    ['an object', { a: 1 }, 'f4', 'an object cannot'],
    ['Dates', [new Date(0)], 'i8', 'a Date cannot', '[0]'],
    ['objects', [{ a: 1 }], 'f4', 'an object cannot', '[0]'],
    ['Maps', [new Map([['a', 1]])], 'f4', 'a Map cannot', '[0]'],
  ])('refuses what it does not hold: %s', (_, value, dtype, message, at = '') => {
    const { Thing, registry } = classOf({ value: { dtype }, other: {} });
    const refuse = (whole: unknown, path: string) => {
      let thrown: unknown;
      try {
        serialize(whole, { registry });
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(H5UnsupportedError);
      expect((thrown as Error).message).toContain(message);
      expect((thrown as H5UnsupportedError).path).toBe(path);
    };
    refuse({ thing: new Thing({ value }) }, `$.thing.value${at}`);
    // The first rows hold something that goes.
    const good: unknown = Array.isArray(value) && at !== '[0]' ? [] : null;
    const rows = Array.from(
      { length: 20 },
      (_, i) => new Thing({ value: i === 17 ? value : good, other: i }),
    );
    // Of an object or a Map in a table only the kind is known.
    const isRow =
      typeof value !== 'object' || at !== '' || ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
    refuse({ rows }, isRow ? `$.rows[17].value${at}` : `$.rows[17].value`);
  });

  it('is also that of typed arrays without elements', () => {
    const { Thing, registry } = classOf({ value: { dtype: 'S12' } });
    const none = new Float64Array(0);
    for (const value of [none, [none], [none, none]])
      for (const stored of [new Thing({ value }), [new Thing({ value }), new Thing({ value })]])
        expect(() => serialize({ stored }, { registry })).toThrow(
          /Float64Array.* cannot be stored; the field "value"/,
        );
  });

  it('is one that there is', () => {
    for (const dtype of ['i3', 'ref', 'f16', 'S', 'S0', 'regionref', 5]) {
      const { Thing, registry } = classOf({ value: { dtype: dtype as 'f4' } });
      expect(() => serialize(new Thing({ value: 1 }), { registry })).toThrow(
        /^the field "value" of class Thing: .* is no dtype/,
      );
    }
  });
});

describe('a field with a shape', () => {
  const stored = (value: unknown, shape: FieldEntry['shape']) => {
    for (const copy of back({ value }, { value: { shape } })) expectSame(copy, { value });
    const { Thing, registry } = classOf({ value: { shape } });
    const one = H5File.open(serialize(new Thing({ value }), { registry }));
    const rows = H5File.open(
      serialize(
        Array.from({ length: 20 }, () => new Thing({ value: structuredClone(value) })),
        { registry },
      ),
    );
    const column = rows.get('value');
    return [one.dataset('value').shape, column instanceof core.H5Dataset ? column.shape : undefined];
  };

  it('is flat again when it is read', () => {
    expect(stored([1, 2, 3, 4, 5, 6], [2, 3])).toEqual([
      [2, 3],
      [20, 2, 3],
    ]);
    expect(stored([1, 2, 3, 4, 5, 6], [-1, 3])).toEqual([
      [2, 3],
      [20, 2, 3],
    ]);
    expect(stored([1, 2, 3, 4, 5, 6], [3, undefined])).toEqual([
      [3, 2],
      [20, 3, 2],
    ]);
    expect(stored(Float64Array.of(1, 2, 3, 4), [2, -1])).toEqual([
      [2, 2],
      [20, 2, 2],
    ]);
    expect(stored(Uint8ClampedArray.of(1, 2, 3, 4), [2, 2])).toEqual([
      [2, 2],
      [20, 2, 2],
    ]);
    expect(stored(['a', 'b'], [1, 2])).toEqual([
      [1, 2],
      [20, 1, 2],
    ]);
    expect(stored(['a', 'x'.repeat(100), 'b', 'c'], [2, 2])).toEqual([
      [2, 2],
      [20, 2, 2],
    ]);
    expect(stored([1, null, 3, undefined], [2, 2])).toEqual([
      [2, 2],
      [20, 2, 2],
    ]);
    expect(stored([true, false], [2, 1])).toEqual([
      [2, 1],
      [20, 2, 1],
    ]);
    expect(stored([new Date(5), new Date(6)], [1, 2])).toEqual([
      [1, 2],
      [20, 1, 2],
    ]);
    expect(stored([1, 2, 3], [-1])).toEqual([[3], [20, 3]]);
    expect(stored([1, 2, 3], [1, 1, 1, 3, 1])).toEqual([
      [1, 1, 1, 3, 1],
      [20, 1, 1, 1, 3, 1],
    ]);
    expect(
      stored(
        Float32Array.from({ length: 30_000 }, (_, i) => i),
        [100, 100, 3],
      ),
    ).toEqual([[100, 100, 3], undefined]);
  });

  it('may be empty, and a buffer', () => {
    for (const copy of back({ value: new Float32Array(0) }, { value: { shape: [-1, 3] } }))
      expectSame(copy, { value: new Float32Array(0) });
    for (const copy of back({ value: [] }, { value: { shape: [2, -1] } })) expectSame(copy, { value: [] });
    for (const copy of back({ value: [] }, { value: { shape: [0, 3] } })) expectSame(copy, { value: [] });
    const buffer = Uint8Array.of(1, 2, 3, 4).buffer;
    for (const copy of back({ value: buffer }, { value: { shape: [2, 2] } }))
      expect(copy).toEqual({ value: buffer });
    for (const copy of back({ value: null }, { value: { shape: [2, 2] } }))
      expect(copy).toEqual({ value: null });
  });

  it('may have lists of several lengths', () => {
    const { Thing, registry } = classOf({
      value: { shape: [-1, 3], dtype: 'f4' },
      other: { shape: [2, -1] },
    });
    const rows = Array.from(
      { length: 20 },
      (_, i) =>
        new Thing({
          value: new Float32Array(3 * (i % 4)).fill(i),
          other: i % 3 ? new Array(2 * i).fill(i) : null,
        }),
    );
    const bytes = serialize({ rows }, { registry });
    expectSame(deserialize(bytes, { registry }), { rows });
    const file = H5File.open(bytes);
    expect(file.dataset('rows/value/values').shape).toEqual([30, 3]);
    // Its first axis is not the one that varies.
    expect(file.dataset('rows/other/values').shape).toHaveLength(1);
  });

  it.each<[unknown, FieldEntry['shape'], string]>([
    [[1, 2, 3], [2, 2], 'a list of 3 elements cannot be stored; the field "value" has the shape [2,2]'],
    [[1, 2, 3], [2, -1], 'a list of 3 elements cannot'],
    [[], [2, 2], 'a list of 0 elements cannot'],
    [[1], [0, -1], 'a list of 1 elements cannot'],
    [Float64Array.of(1, 2, 3), [2, -1], '3 elements cannot'],
    [
      [
        [1, 2],
        [3, 4],
      ],
      [2, 2],
      'a list of lists cannot',
    ],
    [5, [1], 'cannot be stored; the field "value" has the shape [1]'],
    [{ a: 1 }, [1], 'an object cannot'],
  ])('refuses %j as %j', (value, shape, message) => {
    const { Thing, registry } = classOf({ value: { shape } });
    expect(() => serialize({ thing: new Thing({ value }) }, { registry })).toThrow(message);
    expect(() => serialize({ thing: new Thing({ value }) }, { registry })).toThrow('$.thing.value');
    const rows = Array.from({ length: 20 }, () => new Thing({ value }));
    expect(() => serialize({ rows }, { registry })).toThrow(message);
    expect(() => serialize({ rows }, { registry })).toThrow('$.rows[0].value');
  });

  it('is one that there can be', () => {
    for (const shape of [[], [-1, -1], [1.5], [-2], 'flat', Array.from({ length: 32 }, () => 1), ['2']]) {
      const { Thing, registry } = classOf({ value: { shape: shape as number[] } });
      expect(() => serialize(new Thing({ value: [1] }), { registry })).toThrow(
        /^the field "value" of class Thing: the shape /,
      );
    }
  });
});

describe('a field with chunks or compression', () => {
  const stored = (value: unknown, field: Omit<FieldEntry, 'property'>, options = {}) => {
    const { Thing, registry } = classOf({ value: field });
    return H5File.open(serialize({ one: new Thing({ value }) }, { registry, ...options })).get('one/value');
  };
  const describeDataset = (found: unknown) => {
    const { chunks, compression, filters: pipeline } = found as ReturnType<H5File['dataset']>;
    return { chunks, compression, filters: pipeline.map(({ id }) => id) };
  };

  it('is stored so, however small it is, and whatever the options say', () => {
    const value = [1, 2, 3];
    const gzip = { chunks: [3], compression: 'gzip', filters: [2, 1] };
    expectSame(describeDataset(stored(value, { compression: 'gzip' })), gzip);
    expect(
      describeDataset(stored(value, { compression: 9 }, { compression: { level: 1, above: 0 } })),
    ).toEqual(gzip);
    expect(describeDataset(stored(value, { compression: { shuffle: false } }))).toMatchObject({
      filters: [1],
    });
    expect(describeDataset(stored(value, { compression: { above: 12 } }))).toMatchObject({
      chunks: null,
    });
    expectSame(describeDataset(stored(value, { compression: { above: 11 } })), gzip);
    expect(describeDataset(stored(value, { chunks: true }))).toEqual({
      ...gzip,
      compression: null,
      filters: [],
    });
    expect(describeDataset(stored(value, { chunks: 2 }))).toMatchObject({ chunks: [2], filters: [] });
    expect(describeDataset(stored(value, { chunks: [100] }))).toMatchObject({ chunks: [3] });
    expect(describeDataset(stored(value, { chunks: [2] }, { compression: { above: 0 } }))).toEqual({
      ...gzip,
      chunks: [2],
    });
    const many = new Float64Array(10_000);
    expect(describeDataset(stored(many, { compression: false }, { compression: true }))).toMatchObject({
      chunks: null,
    });
    expect(describeDataset(stored(many, {}, { compression: true }))).toMatchObject({ compression: 'gzip' });
    expect(describeDataset(stored(many, { compression: true, chunks: 500 }))).toMatchObject({
      chunks: [500],
    });
  });

  it('says so for all that is in it', () => {
    class Inner {
      a = [1, 2];
    }
    const { Thing, registry } = classOf({ value: { compression: true } });
    registry.register(Inner, { name: 'Inner', fields: [{ property: 'a', compression: false }] });
    const value = {
      list: [1, 2],
      nested: {
        map: new Map([['x', [1, 2]]]),
        table: Array.from({ length: 20 }, (_, i) => ({ i, tags: [i] })),
      },
      ragged: [[1], [2, 3]],
      entries: new Map([[1, 2]]),
      lists: [[new Float64Array(20_000)], [{ x: [1] }, { y: [2] }]],
      inner: new Inner(),
    };
    const bytes = serialize({ thing: new Thing({ value }), other: [1, 2] }, { registry });
    expectSame(deserialize(bytes, { registry }), { thing: new Thing({ value }), other: [1, 2] });
    const file = H5File.open(bytes);
    const isChunked = (path: string) => file.dataset(path).chunks !== null;
    for (const path of [
      'list',
      'nested/map/x',
      'nested/table/i',
      'nested/table/tags',
      'ragged/values',
      'entries/keys',
    ])
      expect(isChunked(`thing/value/${path}`), path).toBe(true);
    for (const path of ['thing/value/inner/a', 'other']) expect(isChunked(path), path).toBe(false);
  });

  it('has chunks of its own shape, with rows of a table in front', () => {
    const { Thing, registry } = classOf({ flat: { chunks: [2] }, wide: { shape: [-1, 2], chunks: [1, 2] } });
    const make = (flat: number, wide: number) =>
      new Thing({ flat: new Float64Array(flat), wide: Float64Array.from({ length: wide }, (_, i) => i) });
    const value = {
      one: make(3, 4),
      table: Array.from({ length: 3 }, () => make(3, 4)),
      ragged: Array.from({ length: 3 }, (_, i) => make(i, 2 * i)),
      long: Array.from({ length: 5000 }, () => make(3, 4)),
      mixed: [make(1, 2), 'x', [make(3, 2)]],
    };
    const bytes = serialize(value, { registry });
    expectSame(graphOf(deserialize(bytes, { registry }), registry), graphOf(value, registry));
    const file = H5File.open(bytes);
    const chunks = (path: string) => file.dataset(path).chunks;
    expect([chunks('one/flat'), chunks('one/wide')]).toEqual([[2], [1, 2]]);
    expect([chunks('table/flat'), chunks('table/wide')]).toEqual([
      [3, 2],
      [3, 1, 2],
    ]);
    // As many rows as chunks suit most uses.
    const [rows = 0, ...own] = chunks('long/flat') ?? [];
    expect(own).toEqual([2]);
    expect(rows).toBeGreaterThan(100);
    expect(rows).toBeLessThan(5000);
  });

  it.each<[Omit<FieldEntry, 'property'>, string]>([
    [{ compression: 'lzf' as 'gzip' }, 'the field "value" of class Thing: the compression "lzf" is none of'],
    [{ compression: 11 }, 'the field "value" of class Thing: the compression 11 is none of'],
    [{ chunks: [2, 2] }, '$.thing.value: chunks of the shape [2,2] for a dataset of the shape [3]'],
    [{ chunks: 0 }, '$.thing.value: chunks of the shape [0]'],
  ])('is refused as %j', (field, message) => {
    const { Thing, registry } = classOf({ value: field });
    expect(() => serialize({ thing: new Thing({ value: [1, 2, 3] }) }, { registry })).toThrow(message);
  });
});

describe('an optional field', () => {
  it('is left out where it is undefined', () => {
    const { Thing, registry } = classOf({
      a: {},
      b: { optional: true },
      c: { optional: true, dtype: 'f4' },
      d: {},
    });
    const make = (i: number) =>
      new Thing({ a: i, b: i % 2 ? i : undefined, c: i % 3 ? i : undefined, d: undefined });
    const value = { one: make(0), two: make(1), many: Array.from({ length: 20 }, (_, i) => make(i)) };
    const copy = deserialize<typeof value>(serialize(value, { registry }), { registry });
    const keys = (i: number) => ['a', ...(i % 2 ? ['b'] : []), ...(i % 3 ? ['c'] : []), 'd'];
    expect(Object.keys(copy.one)).toEqual(keys(0));
    expect(Object.keys(copy.two)).toEqual(keys(1));
    for (const [i, each] of copy.many.entries()) {
      expect(Object.keys(each)).toEqual(keys(i));
      expect(each).toEqual(make(i));
    }
  });

  it('is null where it is null, and absent where all rows lack it', () => {
    const { Thing, registry } = classOf({ a: {}, b: { optional: true } });
    const nulls = Array.from({ length: 20 }, (_, i) => new Thing({ a: i, b: null }));
    expect(deserialize<typeof nulls>(serialize(nulls, { registry }), { registry })[3]).toEqual(
      new Thing({ a: 3, b: null }),
    );
    const none = Array.from({ length: 20 }, (_, i) => new Thing({ a: i, b: undefined }));
    const copy = deserialize<typeof none>(serialize(none, { registry }), { registry });
    expect(copy.map((each) => Object.keys(each))).toEqual(none.map(() => ['a']));
  });

  it('is undefined again, whatever the constructor sets', () => {
    class Profile {
      nick: string | undefined = 'anonymous';
      level = 1;
      role = 'reader';
      #mail: string | undefined = 'none';
      get mail(): string | undefined {
        return this.#mail;
      }
      set mail(mail: string | undefined) {
        this.#mail = mail;
      }
      #home = 'here';
      get home(): string {
        return this.#home;
      }
      set home(home: string) {
        this.#home = home.trim();
      }
    }
    const fields = [
      { property: 'nick', optional: true },
      'level',
      { property: 'mail', optional: true },
      { property: 'home', optional: true },
    ];
    const construct = new TypeRegistry().register(Profile, { name: 'Profile', construct: true, fields });
    const create = new TypeRegistry().register(Profile, {
      name: 'Profile',
      create: () => new Profile(),
      fields,
    });
    for (const registry of [construct, create]) {
      const full = Object.assign(new Profile(), { nick: 'ada', mail: 'a@b', home: ' there ' });
      const bare = Object.assign(new Profile(), { nick: undefined, mail: undefined, level: 2 });
      const value = { full, bare, rows: Array.from({ length: 20 }, (_, i) => (i % 2 ? full : bare)) };
      const copy = deserialize<typeof value>(serialize(value, { registry }), { registry });
      const told = ({ nick, mail, level, role, home }: Profile) => [nick, mail, level, role, home];
      expect(told(copy.full)).toEqual(['ada', 'a@b', 1, 'reader', 'there']);
      expect(told(copy.bare)).toEqual([undefined, undefined, 2, 'reader', 'here']);
      expect(copy.rows.map(told)).toEqual(value.rows.map(told));
      expect(Object.keys(copy.full)).toEqual(Object.keys(full));
    }
  });

  it('holds what it refers to', () => {
    const { Thing, registry } = classOf({ next: { optional: true } });
    const last = new Thing({ next: undefined });
    const first = new Thing({ next: last });
    last['next'] = first;
    const copy = deserialize<{ next: { next: unknown } }>(serialize(first, { registry }), { registry });
    expect(copy.next.next).toBe(copy);
  });
});

it('a class that says so needs the datasets in a browser, when an instance of it is written', () => {
  const { Thing, registry } = classOf({ value: { dtype: 'f4' } });
  const thing = new Thing({ value: 0.5 });
  expect(() => core.serialize(thing, { registry })).toThrow(/need the option \{ datasets \}/);
  expect(() =>
    core.serialize(
      Array.from({ length: 20 }, () => thing),
      { registry },
    ),
  ).toThrow(/need the option/);
  expect(core.deserialize(core.serialize({ a: 1 }, { registry }))).toEqual({ a: 1 });
  const bytes = serialize(thing, { registry });
  expect(core.deserialize(bytes, { registry })).toEqual(thing);
});

it('an instance of more properties than a header has cannot say it', () => {
  const { Thing } = classOf({});
  const registry = new TypeRegistry();
  registry.register(Thing, { name: 'Thing' });
  core.H5Field({ dtype: 'f4' })(Thing.prototype, 'k1');
  const decorated = new TypeRegistry().register(Thing, { name: 'Thing' });
  const many = new Thing(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`k${i}`, i])));
  expectSame(deserialize(serialize(many, { registry }), { registry }), many);
  expect(() => serialize({ many }, { registry: decorated })).toThrow(
    /^\$\.many: its class says how its fields are stored/,
  );
});

it('a chain of instances with such fields is no slower than it is long', { timeout: 60_000 }, () => {
  const { Thing, registry } = classOf({ next: { compression: true }, list: { dtype: 'f4' } });
  let chain = new Thing({ next: null, list: [1] });
  const count = THOROUGH ? 20_000 : 5000;
  for (let i = 0; i < count; i++) chain = new Thing({ next: i % 2 ? chain : { chain }, list: [i] });
  let copy = deserialize<Record<string, unknown>>(serialize(chain, { registry }), { registry });
  let length = 0;
  for (; copy['next']; length++)
    copy = (length % 2 === 0 ? copy['next'] : (copy['next'] as { chain: unknown }).chain) as never;
  expect(length).toBe(count);
});
