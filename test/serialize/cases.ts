import { Account, Counter, Point, Point3, Strict } from './classes.js';

const shared = { n: 1, s: 'shared' };
const date = new Date(5);
const row = { id: 1, name: 'a', tags: ['x'] };
const inner = [1, 2];

const cycle: Record<string, unknown> = { name: 'c' };
cycle.self = cycle;
cycle.list = [cycle, cycle];
cycle.map = new Map<unknown, unknown>([[cycle, cycle]]);
cycle.set = new Set([cycle]);

const loop: unknown[] = [];
loop.push(loop, [loop], { loop });

const itself: unknown[] = [];
itself.push(itself);
const ring: unknown[] = [[]];
(ring[0] as unknown[]).push(ring);
const deep = (inner: unknown[], levels: number): unknown[] =>
  levels === 1 ? inner : [deep(inner, levels - 1)];

const sparse: unknown[] = [];
sparse[100_000] = 1;
sparse[3] = 'x';

const nodes = [
  { id: 1, out: [] as unknown[] },
  { id: 2, out: [] as unknown[] },
];
const edges = nodes.map((from, i) => ({ from, to: nodes[1 - i] }));
for (const [i, node] of nodes.entries()) node.out.push(edges[i]);

const parent = new Point('parent', []);
const children = Array.from({ length: 20 }, (_, i) => new Point(i, parent));
parent.y = children;

const owner: unknown[] = [];
const owned = new Set([owner]);
owner.push(owned, [owned]);

/** With a declared field that an enumeration of its keys does not show. */
const hidden = Array.from({ length: 20 }, (_, i) => {
  const account = new Account(`owner ${i}`, i);
  return i % 2 ? Object.defineProperty(account, 'owner', { enumerable: false }) : account;
});

/** Values by name; each exercises one rule of the layout. */
export const cases: Record<string, unknown> = {
  sharedInLists: { list: [nodes[0], nodes[1]], refs: [nodes[0], null] },
  nullInLists: [[null]],
  ownerInItsOwn: owner,
  hiddenFields: hidden,
  zero: 0,
  negativeZero: -0,
  notANumber: Number.NaN,
  infinity: -Infinity,
  int32: -(2 ** 31),
  float: 2 ** 31,
  bigint: -5n,
  largeBigint: 10n ** 30n,
  text: 'héllo 😀',
  textWithNul: 'a\0b',
  loneSurrogate: 'x\ud800y',
  emptyText: '',
  longText: 'x'.repeat(100_000),
  true: true,
  null: null,
  undefined: undefined,
  date,
  invalidDate: new Date(Number.NaN),
  object: { b: 1, a: { deep: 'w' }, c: 'x', 10: 'ten', 2: 'two' },
  oddKeys: { '': 1, '.': 2, 'a/b': {}, '@type': 4, '%': 6, '@%': [7], 'l\ud800': 8, 'n\0': {}, '..': 9 },
  prototypeKeys: JSON.parse('{"__proto__": {"x": 1}, "constructor": 2, "toString": "s"}'),
  prototypeColumns: JSON.parse(
    '[{"__proto__": {"x": 1}, "constructor": 2}, {"__proto__": {"x": 3}, "constructor": 4}]',
  ),
  nullPrototype: Object.assign(Object.create(null) as object, { q: 1 }),
  nullPrototypeRows: [
    Object.assign(Object.create(null) as object, { q: 1 }),
    Object.assign(Object.create(null) as object, { q: 2 }),
  ],
  longKey: { ['k'.repeat(70_000)]: 1 },
  manyKeys: Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`k${i}`, i])),
  emptyObject: {},
  integers: [1, 2, 3],
  floats: [1.5, -0, Number.NaN],
  booleans: [true, false, null],
  bigints: [1n, 2n],
  largeBigints: [1n, 10n ** 40n, undefined],
  texts: ['a', 'bb', '', 'é'],
  textsOfManyLengths: ['a'.repeat(1000), 'b', '', 'd'],
  oddTexts: ['\ud800', 'ok', 'x\0'],
  dates: [new Date(1), null, new Date(Number.NaN), new Date(-8.64e15)],
  missing: [null, undefined, null],
  // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
  holes: [1, , 3, undefined, null],
  onlyHoles: new Array(5),
  sparse,
  emptyArray: [],
  emptyArrays: [[], [], []],
  emptyObjects: [{}, {}],
  mixed: [
    1,
    'a',
    null,
    undefined,
    true,
    5n,
    new Date(3),
    { a: 1 },
    [1],
    new Map([[1, 2]]),
    new Set([1]),
    new Uint8Array(3),
  ],
  matrix: [
    [1, 2],
    [3, 4],
  ],
  cube: [
    [[1], [2]],
    [[3], [4]],
  ],
  deepTexts: deep(['a', 'b'.repeat(100)], 32),
  deepOddTexts: deep(['', '\0'], 32),
  deepNumbers: deep([1.5, -0], 40),
  ragged: [[1], [2, 3], []],
  raggedTexts: [['a'], [], ['b', 'c']],
  raggedWithNull: [[1], null, [2, 3]],
  rectangleWithHoles: [
    [1, null],
    [undefined, 4],
  ],
  records: [{ a: 1, b: 'x' }, { a: 2, b: 'y' }, { a: 3 }],
  recordsWithNull: [{ a: 1 }, null, { a: 2 }],
  nestedRecords: [{ p: { x: 1, y: [1, 2] } }, { p: { x: 2, y: [] } }],
  unlikeRecords: [{ a: 1 }, { b: 2 }, { c: 3 }],
  otherOrder: [
    { a: 1, b: 2 },
    { b: 1, a: 2 },
  ],
  manyRecords: Array.from({ length: 500 }, (_, i) => ({
    id: i,
    half: i / 2,
    even: i % 2 === 0,
    text: `row ${i}`,
    tag: i % 7 ? null : 'x',
  })),
  alikeRecords: Array.from({ length: 500 }, () => ({ same: 1 })),
  map: new Map<string, unknown>([
    ['a', 1],
    ['b', [1]],
  ]),
  mapOfAnything: new Map<unknown, unknown>([
    [{ k: 1 }, 'v'],
    [2, shared],
    [Number.NaN, null],
  ]),
  largeMap: new Map(Array.from({ length: 2000 }, (_, i) => [`key ${i}`, { i }])),
  maps: [new Map([['a', 1]]), new Map()],
  set: new Set(['a', 'b']),
  setOfAnything: new Set<unknown>([1, 'x', {}, [1]]),
  sets: [new Set([1]), new Set([2, 3])],
  float64: new Float64Array([1, 2]),
  bigInt64: new BigInt64Array([1n, -2n]),
  bigUint64: new BigUint64Array([2n ** 64n - 1n]),
  clamped: new Uint8ClampedArray([1, 2]),
  emptyTyped: new Int16Array(0),
  largeTyped: new Float64Array(20_000).map((_, i) => i / 3),
  part: new Uint16Array([1, 2, 3, 4]).subarray(1, 3),
  buffer: new Uint8Array([1, 2, 3]).buffer,
  view: new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2),
  rowsOfFloats: [new Float32Array([1, 2]), new Float32Array([3, 4])],
  raggedFloats: [new Float32Array([1, 2]), new Float32Array([3])],
  manyBuffers: [new Uint8Array([1]).buffer, new Uint8Array([2]).buffer],
  largeRows: [new Float64Array(20_000).fill(1), new Float64Array(20_000).fill(2)],
  sharedMembers: { x: shared, y: shared, z: [shared, shared] },
  sharedDate: { a: date, b: date, c: [date, new Date(7)] },
  sharedRow: { first: row, rows: [row, { id: 2, name: 'b', tags: [] }, null, row] },
  sharedInner: { inner, matrix: [inner, [3, 4]], ragged: [inner, [5]] },
  sharedTyped: (() => {
    const array = new Int8Array([1]);
    return { a: array, b: [array, new Int8Array([2])] };
  })(),
  interned: (() => {
    const countries = ['no', 'fr', 'de'].map((code) => ({ code }));
    return Array.from({ length: 200 }, (_, i) => ({ i, country: countries[i % 3] }));
  })(),
  cycle,
  loop,
  itself,
  ring: { ring, inner: ring[0] },
  graph: { first: nodes[0], nodes, edges },
  instance: new Point(5, { deep: new Point3(1, 2, 3) }),
  instances: [new Point(1, 2), new Point(3, 4)],
  instancesOfTwoClasses: [new Point(1, 2), new Point3(3, 4, 5), new Point(6, 7)],
  renamed: [new Account('me', 1), new Account(2, 'x')],
  constructed: [Object.assign(new Counter(), { count: 5 }), Object.assign(new Counter(), { count: 'x' })],
  notConstructed: new Strict([1]),
  family: parent,
};
