import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { h5write, serialize } from '../../src/node.js';
import {
  describeOracle,
  type H5pyDtype,
  type H5pyFile,
  type H5pyObject,
  type H5pyValue,
  h5py,
} from '../oracle/oracles.js';
import { runs, sampled } from '../thoroughness.js';
import { coreGraph } from './arbitrary.js';
import { cases } from './cases.js';
import { Account, registry as common, Point } from './classes.js';
import { isReservedName, outline } from './outline.js';

// What docs/FORMAT.md promises to those who open a file in another program, as h5py finds it.

class Ledger {
  readonly entries: [string, unknown][];
  constructor(...entries: [string, unknown][]) {
    this.entries = entries;
  }
  [h5write](dict: Map<string, unknown>): void {
    for (const [key, value] of this.entries) dict.set(key, value);
  }
}
const registry = common.extend().register(Ledger, { name: 'Ledger', version: 1 });

const shared = { n: 1 };
const row = { id: 1 };
const date = new Date(5);
const inner = [1, 2];
const cycle: Record<string, unknown> = { name: 'c' };
cycle['self'] = cycle;
cycle['kids'] = [{ up: cycle }, { up: cycle }];

const values: Record<string, unknown> = {
  scalars: {
    i: 1,
    f: 1.5,
    z: -0,
    big: 2 ** 31,
    t: true,
    s: 'hé',
    s0: '',
    nul: 'a\0',
    sur: '\ud800',
    b: 7n,
    B: 2n ** 70n,
    n: null,
    u: undefined,
    d: new Date(1234),
    bad: new Date(NaN),
  },
  keys: {
    b: 1,
    list: [1],
    a: 2,
    '': 3,
    '.': 4,
    '..': 5,
    'a/b': 6,
    '@type': 7,
    '100%': 8,
    'x\ud800': 9,
    '@%': 10,
    'n\0': [11],
  },
  primitive: 'x',
  array: [1, 2],
  date: new Date(3),
  typed: Float32Array.of(1.5),
  typeds: {
    a: Int8Array.of(-1),
    c: Uint8ClampedArray.of(1),
    b: Uint8Array.of(1, 2).buffer,
    v: new DataView(Uint8Array.of(3).buffer),
    q: BigInt64Array.of(-1n),
    Q: BigUint64Array.of(2n ** 64n - 1n),
    e: new Int16Array(0),
  },
  map: {
    m: new Map<string, unknown>([
      ['k', 1],
      ['l', [2]],
    ]),
    a: new Map<unknown, unknown>([
      [1, 'a'],
      [{ x: 1 }, 'b'],
    ]),
    n: Object.assign(Object.create(null), { q: 1 }),
    s: new Set([1, 2]),
    es: new Set(),
  },
  leaves: {
    i: [1, 2],
    f: [1, 1.5],
    b: [true, false],
    s: ['a', 'bcd'],
    v: ['a'.repeat(100), 'b', ''],
    w: ['\ud800', 'b'],
    g: [1n, 2n],
    G: [1n, 2n ** 64n],
    d: [new Date(1), new Date(NaN)],
  },
  masks: {
    i: [1, null, 3],
    f: Object.assign(new Array(3), { 0: 1.5, 2: 3 }),
    s: ['a', undefined],
    d: [null, new Date(1)],
    all: Object.assign(new Array(3), [null, undefined]),
    e: [],
    r: [{ a: 1 }, null],
  },
  nested: {
    m: [
      [1, 2],
      [3, 4],
    ],
    c: [
      [[1], [2]],
      [[3], [4]],
    ],
    r: [[1], [2, 3]],
    mm: [
      [1, null],
      [3, 4],
    ],
    t: [Float64Array.of(1, 2), Float64Array.of(3, 4)],
    tr: [Int8Array.of(1), Int8Array.of(2, 3)],
    s: [new Set([1]), new Set()],
    maps: [new Map([['a', 1]])],
    z: [[], []],
    sm: new Set([
      [1, 2],
      [3, 4],
    ]),
  },
  records: [{ a: 1, b: 'x' }, { a: 2 }, null],
  instances: [new Point(1, [2]), new Point(3, [])],
  renamed: new Account('me', 1),
  nulls: [Object.assign(Object.create(null), { a: 1 })],
  union: [1, 'a', { x: 1 }, [2], null, 'b'],
  shapes: Array.from({ length: 8 }, (_, i) => (i % 2 ? { a: 1, b: 2 } : { b: 1, a: 2 })),
  list: [{}, {}],
  bufs: [new ArrayBuffer(1)],
  entries: { big: new Map([[1, 2]]) },
  sparse: { s: Object.assign([], { 5: 'x', 2000: 'y' }) },
  shared: { x: shared, y: shared },
  row: { first: row, rows: [row, { id: 2 }], again: [row, row] },
  dates: { a: date, b: date, c: [date, null] },
  dates2: { l: [new Date(0), null, date], m: date },
  innerRow: { l: [inner, [3]], i: inner },
  inner2: { i: inner, l: [inner, [3, 4]] },
  refs: [shared, shared, shared],
  mixed: { o: shared, rows: [{ id: 2 }, row], l: [row, shared] },
  cycle,
  frozen: { p: Object.freeze(new Point(1, 2)), s: Object.seal(new Account('Ada', 1)) },
  frozenRows: [Object.freeze(new Point(1, 2)), Object.freeze(new Point(3, 4)), new Point(5, 6)],
  ledger: { a: new Ledger(['b', 1], ['a', 2]), b: new Ledger(['10', 1], ['9', 'x']) },
  ledgers: [new Ledger(['b', 1], ['a', 2]), new Ledger(['b', 3], ['a', 4])],
};

const layouts: Record<string, string[]> = {
  scalars: [
    'i: int32 = 1',
    'f: float64 = 1.5',
    'z: float64 = -0',
    'big: float64 = 2147483648',
    't: bool = true',
    's: vlen utf-8 = hé',
    's0: vlen utf-8 = ',
    'nul: {wtf8 vlen(uint8)} = {wtf8:[97,0]}',
    'sur: {wtf8 vlen(uint8)} = {wtf8:[237,160,128]}',
    'b: int64 = 7',
    'B: {bigint vlen utf-8} = {bigint:1180591620717411303424}',
    'n: float32 null',
    'u: {undefined uint8} null',
    'd: {date_ms int64} = {date_ms:1234}',
    'bad: {date_ms int64} = {date_ms:-9223372036854775808n}',
  ],
  keys: [
    'b: int32 = 1',
    'list: int32[1] = [1] {type Array}',
    'a: int32 = 2',
    '@%: int32 = 3',
    '@%%2E: int32 = 4',
    '..: int32 = 5',
    '@%a%2Fb: int32 = 6',
    '@%@type: int32 = 7',
    '100%: int32 = 8',
    '@%x%ED%A0%80: int32 = 9',
    '@%@%25: int32 = 10',
    '@%n%00: int32[1] = [11] {type Array}',
  ],
  primitive: ['@encoding: utf-8 of 5, nullpad = value', 'value: vlen utf-8 = x'],
  array: ['@encoding: utf-8 of 5, nullpad = value', 'value: int32[2] = [1,2] {type Array}'],
  date: ['@encoding: utf-8 of 5, nullpad = value', 'value: {date_ms int64} = {date_ms:3}'],
  typed: ['@encoding: utf-8 of 5, nullpad = value', 'value: float32[1] = [1.5]'],
  typeds: [
    'a: int8[1] = [-1]',
    'c: uint8[1] = [1] {type Uint8ClampedArray}',
    'b: uint8[2] = [1,2] {type ArrayBuffer}',
    'v: uint8[1] = [3] {type DataView}',
    'q: int64[1] = [-1]',
    'Q: uint64[1] = [18446744073709551615n]',
    'e: int16[0] = []',
  ],
  map: [
    'm/ {type Map}',
    '  k: int32 = 1',
    '  l: int32[1] = [2] {type Array}',
    'a/ {type Map, encoding entries}',
    '  keys/ {encoding union}',
    '    @kinds: uint8[2] = [0,1]',
    '    numbers: int32[1] = [1]',
    '    records/ {encoding records, length 1}',
    '      x: int32[1] = [1]',
    '  values: utf-8 of 1, nullpad[2] = [a,b]',
    'n/ {type null-prototype}',
    '  q: int32 = 1',
    's: int32[2] = [1,2] {type Set}',
    'es: enum int8 undefined|null|absent[0] = [] {type Set}',
  ],
  leaves: [
    'i: int32[2] = [1,2] {type Array}',
    'f: float64[2] = [1,1.5] {type Array}',
    'b: bool[2] = [true,false] {type Array}',
    's: utf-8 of 3, nullpad[2] = [a,bcd] {type Array}',
    'v: vlen utf-8[3] = [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,b,] {type Array}',
    'w: {wtf8 vlen(uint8)}[2] = [{wtf8:[237,160,128]},{wtf8:[98]}] {type Array}',
    'g: int64[2] = [1,2] {type Array}',
    'G: {bigint vlen utf-8}[2] = [{bigint:1},{bigint:18446744073709551616}] {type Array}',
    'd: {date_ms int64}[2] = [{date_ms:1},{date_ms:-9223372036854775808n}] {type Array}',
  ],
  masks: [
    'i: int32[3] = [1,0,3] {type Array, mask [0,2,0]}',
    'f: float64[3] = [1.5,NaN,3] {type Array, mask [0,3,0]}',
    's: utf-8 of 1, nullpad[2] = [a,] {type Array, mask [0,1]}',
    'd: {date_ms int64}[2] = [{date_ms:-9223372036854775808n},{date_ms:1}] {type Array, mask [2,0]}',
    'all: enum int8 undefined|null|absent[3] = [2,1,3] {type Array}',
    'e: enum int8 undefined|null|absent[0] = [] {type Array}',
    'r/ {encoding records, length 1, mask [0,2]}',
    '  a: int32[1] = [1]',
  ],
  nested: [
    'm: int32[2,2] = [[1,2],[3,4]] {type Array}',
    'c: int32[2,2,1] = [[[1],[2]],[[3],[4]]] {type Array}',
    'r/ {encoding ragged}',
    '  offsets: uint32[3] = [0,1,3]',
    '  values: int32[3] = [1,2,3]',
    'mm: int32[2,2] = [[1,0],[3,4]] {type Array, mask [0,2,0,0]}',
    't: float64[2,2] = [[1,2],[3,4]] {type Array, items Float64Array}',
    'tr/ {encoding ragged, items Int8Array}',
    '  offsets: uint32[3] = [0,1,3]',
    '  values: int8[3] = [1,2,3]',
    's/ {encoding ragged, items Set}',
    '  offsets: uint32[3] = [0,1,1]',
    '  values: int32[1] = [1]',
    'maps/ {encoding ragged, items Map}',
    '  offsets: uint32[2] = [0,1]',
    '  keys: utf-8 of 1, nullpad[1] = [a]',
    '  values: int32[1] = [1]',
    'z/ {encoding ragged}',
    '  offsets: uint32[3] = [0,0,0]',
    '  values: enum int8 undefined|null|absent[0] = []',
    'sm: int32[2,2] = [[1,2],[3,4]] {type Set}',
  ],
  records: [
    '@encoding: utf-8 of 7, nullpad = records',
    '@length: uint32 = 2',
    '@mask: vlen(uint8) = [0,0,2]',
    'a: int32[2] = [1,2]',
    'b: utf-8 of 1, nullpad[2] = [x,] {mask [0,3]}',
  ],
  instances: [
    '@class: utf-8 of 9, nullpad = geo.Point',
    '@encoding: utf-8 of 7, nullpad = records',
    '@length: uint32 = 2',
    'x: int32[2] = [1,3]',
    'y/ {encoding ragged}',
    '  offsets: uint32[3] = [0,1,1]',
    '  values: int32[1] = [2]',
  ],
  renamed: [
    '@class: utf-8 of 12, nullpad = bank/Account',
    'who: vlen utf-8 = me',
    'balance: int32 = 1',
    'label: vlen utf-8 = account of string',
  ],
  nulls: [
    '@items: utf-8 of 14, nullpad = null-prototype',
    '@encoding: utf-8 of 7, nullpad = records',
    '@length: uint32 = 1',
    'a: int32[1] = [1]',
  ],
  union: [
    '@encoding: utf-8 of 5, nullpad = union',
    '@mask: vlen(uint8) = [0,0,0,0,2,0]',
    '@kinds: uint8[5] = [0,1,3,2,1]',
    'numbers: int32[1] = [1]',
    'strings: utf-8 of 1, nullpad[2] = [a,b]',
    'arrays: int32[1,1] = [[2]]',
    'records/ {encoding records, length 1}',
    '  x: int32[1] = [1]',
  ],
  shapes: [
    '@encoding: utf-8 of 5, nullpad = union',
    '@kinds: uint8[8] = [0,1,0,1,0,1,0,1]',
    'records/ {encoding records, length 4}',
    '  b: int32[4] = [1,1,1,1]',
    '  a: int32[4] = [2,2,2,2]',
    'records-2/ {encoding records, length 4}',
    '  a: int32[4] = [1,1,1,1]',
    '  b: int32[4] = [2,2,2,2]',
  ],
  list: ['@encoding: utf-8 of 4, nullpad = list', '0/', '1/'],
  bufs: ['@encoding: utf-8 of 4, nullpad = list', '0: uint8[1] = [0] {type ArrayBuffer}'],
  entries: ['big/ {type Map, encoding entries}', '  keys: int32[1] = [1]', '  values: int32[1] = [2]'],
  sparse: [
    's/ {encoding sparse, length 2001}',
    '  indices: int32[2] = [5,2000]',
    '  values: utf-8 of 1, nullpad[2] = [x,y]',
  ],
  shared: ['x/', '  n: int32 = 1', 'y -> /x'],
  row: [
    'first: {into object reference, index int64} = {into:-> /rows,index:0}',
    'rows/ {referenced 1, encoding records, length 2}',
    '  id: int32[2] = [1,2]',
    'again: uint32[2] = [0,0] {into -> /rows, type Array}',
  ],
  dates: [
    'a: {date_ms int64} = {date_ms:5} {referenced 1}',
    'b -> /a',
    'c/ {encoding union, mask [0,2]}',
    '  @kinds: uint8[1] = [0]',
    '  references: object reference[1] = [-> /a]',
  ],
  dates2: [
    'l/ {encoding union, mask [0,2,0]}',
    '  @kinds: uint8[2] = [0,1]',
    '  dates: {date_ms int64}[1] = [{date_ms:0}]',
    '  references: object reference[1] = [-> /m]',
    'm: {date_ms int64} = {date_ms:5} {referenced 1}',
  ],
  innerRow: [
    'l/ {encoding union}',
    '  @kinds: uint8[2] = [0,1]',
    '  references: object reference[1] = [-> /i]',
    '  arrays: int32[1,1] = [[3]]',
    'i: int32[2] = [1,2] {type Array, referenced 1}',
  ],
  inner2: [
    'i: int32[2] = [1,2] {type Array, referenced 1}',
    'l/ {encoding union}',
    '  @kinds: uint8[2] = [0,1]',
    '  references: object reference[1] = [-> /i]',
    '  arrays: int32[1,2] = [[3,4]]',
  ],
  refs: [
    '@encoding: utf-8 of 5, nullpad = union',
    '@kinds: uint8[3] = [1,0,0]',
    'references: uint32[2] = [0,0] {into -> /records}',
    'records/ {referenced 1, encoding records, length 1}',
    '  n: int32[1] = [1]',
  ],
  mixed: [
    'o: {into object reference, index int64} = {into:-> /l/records,index:0}',
    'rows/ {referenced 1, encoding records, length 2}',
    '  id: int32[2] = [2,1]',
    'l/ {encoding union}',
    '  @kinds: uint8[2] = [0,1]',
    '  references: uint32[1] = [1] {into -> /rows}',
    '  records/ {referenced 1, encoding records, length 1}',
    '    n: int32[1] = [1]',
  ],
  cycle: [
    '@referenced: int32 = 1',
    'name: vlen utf-8 = c',
    'self -> /',
    'kids/ {encoding records, length 2}',
    '  up: object reference[2] = [-> /,-> /]',
  ],
  frozen: [
    'p/ {class geo.Point, integrity frozen}',
    '  x: int32 = 1',
    '  y: int32 = 2',
    's/ {class bank/Account, integrity sealed}',
    '  who: vlen utf-8 = Ada',
    '  balance: int32 = 1',
    '  label: vlen utf-8 = account of string',
  ],
  frozenRows: [
    '@encoding: utf-8 of 5, nullpad = union',
    '@kinds: uint8[3] = [0,0,1]',
    'geo.Point/ {class geo.Point, integrity frozen, encoding records, length 2}',
    '  x: int32[2] = [1,3]',
    '  y: int32[2] = [2,4]',
    'geo.Point-2/ {class geo.Point, encoding records, length 1}',
    '  x: int32[1] = [5]',
    '  y: int32[1] = [6]',
  ],
  ledger: [
    'a/ {class Ledger, version 1}',
    '  b: int32 = 1',
    '  a: int32 = 2',
    'b/ {class Ledger, version 1}',
    '  [[entries]]/ {type Map}',
    '    10: int32 = 1',
    '    9: vlen utf-8 = x',
  ],
  ledgers: [
    '@class: utf-8 of 6, nullpad = Ledger',
    '@version: int32 = 1',
    '@encoding: utf-8 of 7, nullpad = records',
    '@length: uint32 = 2',
    'b: int32[2] = [1,3]',
    'a: int32[2] = [2,4]',
  ],
};

describeOracle('h5py', () => {
  it.each(Object.keys(values))('%s', async (name) => {
    const lines = outline(await h5py(serialize(values[name], { registry })));
    expect(lines).toEqual(['@h5pickle: int32 = 1', ...(layouts[name] as string[])]);
  });

  it('every value has its layout, and every layout its value', () => {
    expect(Object.keys(layouts)).toEqual(Object.keys(values));
  });

  describe('the container', () => {
    const wrapped = Object.entries(cases).map(([name, value], i) => {
      return [name, sampled([value, { inside: value, again: value }, [value, value, 1]], 3, i)] as const;
    });
    it.each(wrapped)('of %s', async (_, ways) => {
      for (const wrapped of ways) {
        const bytes = serialize(wrapped, { registry });
        checkContainer(bytes, await h5py(bytes));
      }
    });

    it('of arbitrary graphs', { timeout: 600_000 }, async () => {
      const found = fc.asyncProperty(coreGraph, async (value) => {
        const bytes = serialize(value, { registry });
        checkContainer(bytes, await h5py(bytes));
      });
      await fc.assert(found, { numRuns: runs(100), seed: 11 });
    });
  });
});

const NAME = /^[^@/][^/]*$|^@%[^/]*$/;
/** Sections 3 and 5: which reserved attributes there are, their types, and what they stand on. */
const RESERVED: Record<string, { type: RegExp; on: 'group' | 'dataset' | 'both' }> = {
  '@h5pickle': { type: /^<i4$/, on: 'group' },
  '@type': { type: /^\|S\d+$/, on: 'both' },
  '@class': { type: /^\|S\d+$/, on: 'group' },
  '@version': { type: /^<i4$/, on: 'group' },
  '@integrity': { type: /^\|S\d+$/, on: 'group' },
  '@encoding': { type: /^\|S\d+$/, on: 'group' },
  '@length': { type: /^<u4$/, on: 'group' },
  '@mask': { type: /^\|O$/, on: 'both' },
  '@items': { type: /^\|S\d+$/, on: 'both' },
  '@into': { type: /^\|O$/, on: 'dataset' },
  '@referenced': { type: /^<i4$/, on: 'both' },
};
const TYPES = /^(Array|Set|Map|null-prototype|ArrayBuffer|DataView|Uint8ClampedArray)$/;
const ENCODINGS = /^(records|ragged|union|list|sparse|entries|value)$/;

/** Sections 1 to 3, for every object of a file. */
function checkContainer(bytes: Uint8Array, file: H5pyFile): void {
  const view = new DataView(bytes.buffer);
  // Superblock version 3, addresses and lengths of 8 bytes, no flags, no user block, and no byte after the end.
  expect([...bytes.subarray(8, 12)]).toEqual([3, 8, 8, 0]);
  expect(view.getBigUint64(12, true)).toBe(0n);
  expect(Number(view.getBigUint64(28, true))).toBe(bytes.length);

  const links = new Map<number, number>([[file.root.address, 1]]);
  for (const object of Object.values(file.objects)) {
    // Headers of version 2, without times.
    expect(Buffer.from(bytes.subarray(object.address, object.address + 5)).toString('latin1')).toBe(
      'OHDR\x02',
    );
    expect((bytes[object.address + 5] as number) & 0x3c).toBe(0x04);
    checkAttributes(object, object === file.root);
    if (object.kind === 'group') {
      expect(object.linkOrder && object.attributeOrder).toBe(true);
      for (const link of object.links) {
        expect(link.type).toBe('hard');
        expect(link.charset).toBe('utf-8');
        if (link.type === 'hard') links.set(link.target, (links.get(link.target) ?? 0) + 1);
        expect(link.name).toMatch(link.name === '@kinds' ? /^/ : NAME);
      }
      // One order runs through both, with no number twice.
      const orders = [...object.attrs, ...object.links].map(({ order }) => order);
      expect(new Set(orders).size).toBe(orders.length);
    } else if (object.kind === 'dataset') {
      expect(object.attributeOrder).toBe(true);
      expect(object.filters).toEqual([]);
      expect(object.maxshape).toEqual(object.shape);
      const count = (object.shape as number[]).reduce((product, dim) => product * dim, 1);
      const size = count * object.dtype.size;
      const small = size > 0 && size <= 512 && !hasPointers(object.dtype);
      expect(object.layout, JSON.stringify(object.dtype)).toBe(small ? 'compact' : 'contiguous');
      expect(object.shape?.length).toBeLessThanOrEqual(32);
      checkLittleEndian(object.dtype);
    }
  }
  for (const object of Object.values(file.objects)) expect(object.linkCount).toBe(links.get(object.address));

  // What references lead to says so.
  const referenced = new Set<number>();
  for (const object of Object.values(file.objects)) {
    for (const { value } of object.attrs) noteReferences(value, referenced);
    if (object.kind === 'dataset') noteReferences(object.value, referenced);
  }
  const marked = Object.values(file.objects).filter(({ attrs }) =>
    attrs.some(({ name }) => name === '@referenced'),
  );
  expect(marked.map(({ address }) => address).sort()).toEqual([...referenced].sort());
}

function noteReferences(value: H5pyValue, found: Set<number>): void {
  if (Array.isArray(value)) for (const element of value) noteReferences(element, found);
  else if (typeof value === 'object' && value !== null) {
    if (typeof value['$ref'] === 'number') found.add(value['$ref']);
    for (const member of Object.values(value)) noteReferences(member, found);
  }
}

function checkAttributes(object: H5pyObject, isRoot: boolean): void {
  let named = false;
  for (const { name, charset, dtype, shape, value } of object.attrs) {
    expect(charset).toBe('utf-8');
    if (!isReservedName(name)) {
      expect(name).toMatch(NAME);
      expect(object.kind).toBe('group');
      expect(shape === null || shape.length === 0).toBe(true);
      named = true;
      continue;
    }
    const rule = RESERVED[String(name)];
    expect(rule, String(name)).toBeDefined();
    expect(named, 'reserved attributes come first').toBe(false);
    expect(dtype.numpy).toMatch(rule?.type as RegExp);
    expect(shape).toEqual([]);
    if (rule?.on !== 'both') expect(object.kind).toBe(rule?.on);
    if (dtype.class === 'string') {
      const { variable, length, padding } = dtype.string;
      expect({ variable, length, padding }).toEqual({
        variable: false,
        length: Buffer.byteLength(String(value)),
        padding: 'nullpad',
      });
    }
    if (name === '@h5pickle') expect(isRoot).toBe(true);
    if (name === '@type') expect(value).toMatch(TYPES);
    if (name === '@integrity') expect(value).toMatch(/^(frozen|sealed|inextensible)$/);
    if (name === '@encoding') expect(value).toMatch(ENCODINGS);
    if (name === '@mask') expect((value as number[]).some((code) => code > 0)).toBe(true);
  }
  if (isRoot) expect(object.attrs[0]?.name).toBe('@h5pickle');
}

function hasPointers(dtype: H5pyDtype): boolean {
  if (dtype.class === 'string') return dtype.string.variable;
  if (dtype.class === 'compound') return dtype.fields.some((field) => hasPointers(field.dtype));
  return dtype.class === 'vlen' || dtype.class === 'reference';
}

function checkLittleEndian(dtype: H5pyDtype): void {
  if ('order' in dtype) expect(dtype.order).not.toBe('big');
  if (dtype.class === 'compound') for (const field of dtype.fields) checkLittleEndian(field.dtype);
  if ('base' in dtype) checkLittleEndian(dtype.base);
}
