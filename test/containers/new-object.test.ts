/** What collections make of plain objects, instances and arrays at once is what the codec makes of them. */
import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isAlike } from '../../src/containers/alike.js';
import { contextOf } from '../../src/containers/context.js';
import { newObject } from '../../src/containers/new-object.js';
import { formatDType } from '../../src/hdf5/dtype.js';
import { memberNames } from '../../src/hdf5/members.js';
import {
  type CollectionOptions,
  deserialize,
  type H5Dataset,
  H5Dict,
  H5File,
  H5Group,
  H5LimitError,
  H5List,
  indexes,
  readSync,
  serialize,
  TypeRegistry,
} from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { expectSame } from '../same.js';
import { casesOf, SEED } from '../thoroughness.js';

const LABEL = Symbol('label');
/** Of any keys: `__proto__` is one as any other. */
function fromEntries(entries: (readonly [string, unknown])[]): object {
  return Object.fromEntries(entries) as object;
}
const key = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('id', 'name', 'tags', 'b', 'ä', '7', '0') },
  fc.constantFrom('', '@type', '.', 'a/b', '__proto__', 'constructor', 'x'.repeat(300), '\0', '\ud800'),
);
const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, -0, 2 ** 31, 2 ** 53));
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', 'a\0b', '\udc00', 'long '.repeat(50)),
);
const scalar = fc.oneof(
  number,
  text,
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.date({ noInvalidDate: false }),
  fc.constantFrom(null, undefined, Symbol.iterator),
);
const rows = fc
  .tuple(
    fc.uniqueArray(key, { maxLength: 3 }),
    fc.array(fc.array(fc.oneof(fc.integer(), number, text), { minLength: 3, maxLength: 3 }), {
      maxLength: 4,
    }),
    fc.constantFrom('object', 'Point', 'mixed'),
  )
  .map(([keys, cells, kind]) =>
    cells.map(([a, b, c], i) =>
      kind === 'Point' || (kind === 'mixed' && i === 1)
        ? new Point(a, b)
        : fromEntries(keys.map((name, k) => [name, [a, b, c][k]])),
    ),
  );
const matrix = fc
  .tuple(fc.nat(3), fc.array(fc.array(number, { minLength: 3, maxLength: 3 }), { maxLength: 3 }))
  .map(([width, all]) => all.map((row, i) => row.slice(0, i === 2 ? 3 : width)));
const list = fc.oneof(
  rows,
  matrix,
  fc.array(fc.integer(), { maxLength: 6 }).map((items) => new Set(items)),
  fc.uniqueArray(text, { maxLength: 6 }).map((items) => new Set(items)),
  fc.array(number, { maxLength: 6 }),
  fc.array(fc.integer(), { maxLength: 6 }),
  fc.array(text, { maxLength: 6 }),
  fc.array(fc.boolean(), { maxLength: 6 }),
  fc.array(scalar, { maxLength: 3 }),
);
const typed = fc.oneof(
  fc.uint8Array({ maxLength: 5 }),
  fc.float64Array({ maxLength: 5 }),
  fc.bigInt64Array({ maxLength: 5 }),
  fc.uint8ClampedArray({ maxLength: 5 }),
);
class Point {
  constructor(
    public x: unknown,
    public y: unknown,
  ) {}
}
class Track {
  readonly [LABEL] = 'a track';
  cache = 1;
  constructor(
    public path: unknown,
    public name: unknown,
  ) {}
}
class Code {
  constructor(public code: string) {}
}
class Level {
  constructor(public level: number) {}
}
class Round {
  constructor(public r: number) {}
  get area(): number {
    return this.r ** 2;
  }
}
class Words extends Map<string, unknown> {}
const registry = new TypeRegistry()
  .register(Point, { name: 'Pünkt' })
  .register(Track, {
    name: 'Track',
    version: 3,
    fields: [
      { property: 'path', name: 'p' },
      { property: 'name', name: '~name' },
      { property: LABEL, name: 'label' },
    ],
  })
  .register(Level, { name: 'Level', fields: [{ property: 'level', dtype: 'f4' }] })
  .register(Round, { name: 'Round', fields: ['r', 'area'] })
  .register(Words, { name: 'Words' })
  .codec(Code, {
    name: 'Code',
    encode: ({ code }) => ({ code: `${code}!` }),
    decode: ({ code }) => new Code(String(code).slice(0, -1)),
  });
/** Of classes of which nothing more is said than the names of their properties. */
const instanceOf = (content: fc.Arbitrary<unknown>) =>
  fc.oneof(
    fc.tuple(content, content).map(([x, y]) => new Point(x, y)),
    fc.tuple(content, content).map(([path, name]) => new Track(path, name)),
  );

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    list,
    typed,
    fc.dictionary(key, fc.oneof(scalar, list), { maxKeys: 5 }),
    fc.dictionary(key, fc.oneof(scalar, list, typed, tie('value')), { maxKeys: 5 }),
    fc.array(tie('value'), { maxLength: 2 }),
    instanceOf(fc.oneof(scalar, list, tie('value'))),
    fc
      .array(fc.tuple(fc.oneof({ weight: 9, arbitrary: key }, number), fc.oneof(scalar, tie('value'))), {
        maxLength: 3,
      })
      .map((entries) => new Map<unknown, unknown>(entries)),
    fc
      .dictionary(key, tie('value'), { maxKeys: 2 })
      .map((each) => Object.assign(Object.create(null) as object, each)),
    fc.constantFrom(
      new Code('a'),
      new Level(1),
      new Round(2),
      new Words([['a', 1]]),
      Object.freeze(new Point(1, 2)),
    ),
    // One object in two places.
    tie('value').map((each) => ({ first: each, second: each })),
  ),
}));

function stored(make: (file: H5File) => void): H5File {
  const file = H5File.open(undefined, 'w');
  make(file);
  const bytes = file.toBytes();
  expect(verifyStorage(new MemoryStorage(bytes), { indexes }).problems).toEqual([]);
  return H5File.open(bytes);
}

/** All that the file says of an object, members in their order. */
function content(object: H5Group | H5Dataset): unknown {
  const attributes = new Map(
    [...object.attrs.keys()].map((name) => {
      const info = object.attrs.info(name);
      return [name, [info && formatDType(info.datatype), info?.shape, object.attrs.get(name)]] as const;
    }),
  );
  if (!(object instanceof H5Group))
    return [formatDType(object.datatype), object.shape, object.shape && object.read(), attributes];
  return memberNames(object.node).map((name) => {
    const member = object.get(name);
    return [name, member ? content(member as H5Group | H5Dataset) : attributes.get(name)];
  });
}

/** Whether the codec is not needed for it. */
function isDirectly(given: unknown, options: CollectionOptions): boolean {
  return newObject(given as object, contextOf(H5File.open(undefined, 'w'), options)) !== undefined;
}

/** Returns whether the codec was not needed. */
function expectAsCodec(given: unknown, options: CollectionOptions = { registry }): boolean {
  const isDirect = isDirectly(given, options);
  const expected = H5File.open(serialize({ given }, { ...options, groups: Number.POSITIVE_INFINITY }));
  const inDict = stored((file) => void H5Dict.of(file, options).set('given', given));
  const inList = stored((file) => {
    const elements = H5List.write<unknown>(file, [1, { a: 1 }, new Set()], { ...options, name: 'list' });
    elements.push(given);
  });
  for (const made of [inDict.get('given'), inList.get('list/3')]) {
    const wanted = expected.get('given') as H5Group;
    // What the codec stores refers to other addresses there.
    if (isDirect) expect(made && content(made as H5Group)).toEqual(content(wanted));
    expectSame(readSync(made as H5Group, options as object), readSync(wanted, options as object));
  }
  return isDirect;
}

it('of any value', () => {
  let direct = 0;
  const property = fc.property(value, (given) => {
    if (expectAsCodec(given)) direct++;
  });
  const numRuns = casesOf(40, 0.2);
  fc.assert(property, { numRuns, seed: SEED });
  expect(direct).toBeGreaterThan(numRuns / 4);
});

it('and what is compared without the codec is the same for it, or not', () => {
  const context = contextOf(H5File.open(undefined, 'w'), { registry });
  const store = (given: unknown): Uint8Array => serialize({ given }, { registry });
  const counts = new Map<boolean | undefined, number>();
  const property = fc.property(fc.clone(value, 2), value, fc.boolean(), ([first, again], other, isAgain) => {
    const there = (deserialize(store(first), { registry }) as { given: unknown }).given;
    const next = isAgain ? again : other;
    const result = isAlike(there, next, context);
    counts.set(result, (counts.get(result) ?? 0) + 1);
    if (result !== undefined) expect(result).toBe(Buffer.compare(store(there), store(next)) === 0);
  });
  const numRuns = casesOf(100, 0.5);
  fc.assert(property, { numRuns, seed: SEED });
  expect(counts.get(true)).toBeGreaterThan(numRuns / 10);
  expect(counts.get(false)).toBeGreaterThan(numRuns / 10);
});

it('nothing is told of handles, of views, and of what has a name', () => {
  const own = new TypeRegistry();
  const settings = { theme: 'dark' };
  own.registerValue('settings', settings);
  const dict = H5Dict.write(undefined, { inner: { a: 1 } }, { registry: own });
  const { context } = dict;
  const inner = dict.get('inner') as unknown as H5Dict;
  for (const value of [[inner], [inner.object], [inner.view]])
    expect(isAlike([{ a: 1 }], value, context)).toBeUndefined();
  expect(isAlike([{ theme: 'dark' }], [settings], context)).toBeUndefined();
  expect(isAlike([{ theme: 'dark' }], [{ theme: 'dark' }], context)).toBe(true);
  expect(isAlike([{ theme: 'dark' }], [{ theme: 'light' }], context)).toBe(false);
});

it('of few properties and elements in all', () => {
  const values: [isDirect: boolean, value: unknown][] = [
    [true, { id: 1, tags: ['a', 'b'], at: { x: 1.5, y: -0 }, none: [], isIt: [true, false] }],
    [true, Array.from({ length: 256 }, (_, i) => i)],
    [false, Array.from({ length: 257 }, (_, i) => i)],
    [true, Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`key ${i}`, i]))],
    [false, Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`key ${i}`, i]))],
    [false, Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`key ${i}`, new Float32Array(30)]))],
    [false, Array.from({ length: 40 }).reduce((inner) => ({ inner }), 1)],
    [true, { text: ['short', 'long '.repeat(30)], more: ['ä', '\u{1F600}', ''] }],
    [true, new Point(1, { at: new Point('a', []) })],
    [true, new Track([1, 2], null)],
    // What is said of how a class is stored, or what an instance is beside its properties.
    [false, new Code('a')],
    [false, new Level(1)],
    [false, new Round(2)],
    [false, new Words([['a', 1]])],
    [false, Object.freeze(new Point(1, 2))],
    [false, { at: new Code('a') }],
    // What is there twice is one.
    [false, ((date) => ({ from: date, to: date }))(new Date(0))],
    [false, (({ buffer }) => [new Uint8Array(buffer, 0, 2), new Uint8Array(buffer, 2)])(new Uint8Array(4))],
    // What HDF5 has no text for.
    [false, { names: ['a\0b'] }],
    [true, [[1], [2]]],
    [
      true,
      {
        boxes: [
          [1.5, 2, 3],
          [4, 5, 6],
        ],
      },
    ],
    [false, [[1], [2, 3]]],
    [false, [[[1]], [[2]]]],
    [
      true,
      {
        items: [
          { id: 1, name: 'a' },
          { id: 2, name: 'b' },
        ],
      },
    ],
    [true, [new Point(1, 'a'), new Point(2, 'b')]],
    [true, [new Track(1, 'a')]],
    [false, [{ id: 1 }, { name: 'b' }]],
    [false, [{ id: 1 }, new Point(1, 2)]],
    [false, [{ id: 1 }, null]],
    [false, [{ id: null }]],
    [false, [{ id: [1] }]],
    [false, [{}]],
    [false, Array.from({ length: 129 }, (_, i) => ({ a: i, b: i }))],
    [false, ((row) => [row, row])({ id: 1 })],
    [
      true,
      new Map<string, unknown>([
        ['a', 1],
        ['b', new Map()],
        ['c', [1, 2]],
      ]),
    ],
    [false, new Map([[1, 1]])],
    [true, { a: new Set([1, 2]), b: new Set(['x']), c: new Set() }],
    [false, new Set([{ id: 1 }])],
    [true, Object.assign(Object.create(null) as object, { a: 1 })],
    // Elements of several kinds.
    [false, [1, 'a']],
    [false, [1, null]],
    [false, [1n]],
  ];
  for (const [isDirect, value] of values) expect(expectAsCodec(value), inspect(value)).toBe(isDirect);
});

it('with the options of a collection', () => {
  const value = { name: 'a name', tags: ['a', 'b'] };
  expect(expectAsCodec(value, { registry, stringEncoding: 'variable' })).toBe(false);
  expect(expectAsCodec(value, { registry, compression: 'gzip' })).toBe(false);
  expect(expectAsCodec({ id: 1, name: 'a name' }, { registry, compression: 'gzip' })).toBe(true);
  const limited = { registry, limits: { nodes: 2 } };
  expect(isDirectly(value, limited)).toBe(false);
  const file = H5File.open(undefined, 'w');
  expect(() => H5Dict.of(file, limited).set('value', value)).toThrow(H5LimitError);
  expect([...file.keys()]).toEqual([]);
});

it('but not of what is more than its properties', () => {
  const getter = {
    get now() {
      return 1;
    },
  };
  const holes = Object.assign([1, 2, 3], { more: 4 });
  delete holes[1];
  for (const value of [{ getter }, [getter], holes, new Map([['a', getter]])])
    expect(isDirectly(value, { registry })).toBe(false);
  const dict = H5Dict.of(H5File.open(undefined, 'w'), { registry });
  dict.set('getter', { getter });
  expect(dict.get('getter')).toHaveProperty('size', 1);
  // What a proxy shows is stored.
  const shown = new Proxy({ a: 1 }, { get: () => 2 });
  dict.set('proxy', { shown });
  expect((dict.get('proxy') as H5Dict).toObject()).toEqual({ shown: { a: 2 } });
  const { proxy, revoke } = Proxy.revocable({ a: 1 }, {});
  revoke();
  expect(() => dict.set('revoked', { proxy })).toThrow(/revoked.*proxy/);
  expect(() => dict.set('revoked', proxy)).toThrow(/revoked/);
  expect(dict.has('revoked')).toBe(false);
});

it('nor of what is stored by its name', () => {
  const own = new TypeRegistry();
  const settings = { theme: 'dark' };
  own.registerValue('settings', settings);
  const options = { registry: own };
  expect(isDirectly({ settings }, options)).toBe(true);
  const dict = H5Dict.of(H5File.open(undefined, 'w'), options);
  dict.set('settings', { settings });
  expect((dict.get('settings') as H5Dict).get('settings')).toBe(settings);
  const list = H5List.write<unknown>(dict.file, [1, { a: 1 }, new Set()], { ...options, name: 'list' });
  list.push(settings);
  list.push({ settings });
  expect(list.at(3)).toBe(settings);
  expect((list.at(4) as H5Dict).get('settings')).toBe(settings);
});

it('what was appended is what it was then', () => {
  const list = H5List.write<unknown>(H5File.open(undefined, 'w'), [1, { a: 1 }, new Set()], {
    name: 'list',
    registry,
  });
  const value = { date: new Date(0), tags: ['a'], numbers: new Float32Array(2), at: { x: 1 } };
  list.push(value);
  value.date.setTime(1);
  value.tags.push('b');
  value.numbers[0] = 5;
  value.at.x = 2;
  expect(list.copy().at(-1)).toEqual({
    date: new Date(0),
    tags: ['a'],
    numbers: new Float32Array(2),
    at: { x: 1 },
  });
});
