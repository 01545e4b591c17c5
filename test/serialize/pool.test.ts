import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  deserialize,
  H5Dict,
  H5File,
  H5LimitError,
  type H5List,
  indexes,
  serialize,
  type TypeRegistry,
  TypeRegistry as Types,
  type WriteOptions,
  write,
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
import { seeded } from '../random.js';
import { expectSame } from '../same.js';
import { casesOf, runs } from '../thoroughness.js';
import { anyGraph, anyNamedGraph } from './arbitrary.js';
import { cases } from './cases.js';
import { named, registry } from './classes.js';
import { graphOf } from './graph.js';
import { roundTrip as checkRoundTrip } from './round-trip.js';

const problemsOf = (file: H5File) => verifyStorage(new MemoryStorage(file.toBytes()), { indexes }).problems;

/*
 * Objects that have nothing in common with those around them, of which there are too many for a group each: they stand in
 * tables, beside the value. That begins at 1,000 nodes; here it begins at a few.
 */

function roundTrip(value: unknown, groups: number, types?: TypeRegistry): Uint8Array {
  return checkRoundTrip(value, types, { groups });
}

/** Enough of them for tables. */
const many = (graph: fc.Arbitrary<unknown>) => fc.array(graph, { minLength: 60, maxLength: 120 });

describe.each([0, 1, 7])('after %d nodes', (groups) => {
  it.each(Object.entries(cases))('%s', (_, value) => {
    roundTrip(value, groups);
    roundTrip([1, { value }], groups);
  });

  it('all of them in one', () => {
    roundTrip(cases, groups);
  });

  it('any graph', { timeout: 600_000 }, () => {
    fc.assert(
      fc.property(anyGraph, (value) => void roundTrip(value, groups)),
      { numRuns: casesOf(20, 1 / 4) },
    );
  });

  it('many graphs in one', { timeout: 600_000 }, () => {
    fc.assert(
      fc.property(many(anyGraph), (value) => void roundTrip(value, groups)),
      { numRuns: casesOf(3, 1 / 40) },
    );
    fc.assert(
      fc.property(many(anyNamedGraph), (value) => void roundTrip({ value }, groups, named)),
      { numRuns: casesOf(2, 1 / 40) },
    );
  });
});

type Syntax = { type: string; at: number; [key: string]: unknown };

/** A tree like that of a parser: nodes of many types, each with its own properties, in one another. */
function syntaxTree(count: number): Syntax {
  const random = seeded(3);
  const root: Syntax = { type: 'Program', at: 0, body: [] };
  const open: Syntax[][] = [root['body'] as Syntax[]];
  for (let at = 1; at < count; at++) {
    const type = random(30);
    const node: Syntax = { type: `Type${type}`, at };
    if (type % 3 === 0) node['name'] = `name ${random(500)}`;
    if (type % 5 === 0) node['optional'] = random(2) === 0 ? null : true;
    const parts: Syntax[] = [];
    if (type % 2 === 0) {
      node[`parts${type}`] = parts;
      open.push(parts);
    }
    if (type % 7 === 0) node['left'] = { type: 'Literal', at, value: random(2) ? at : String(at) };
    const list = open[random(open.length)] as Syntax[];
    list.push(node);
    if (list.length > 5) open.splice(open.indexOf(list), 1);
  }
  return root;
}

function objectsIn(bytes: Uint8Array): number {
  return verifyStorage(new MemoryStorage(bytes)).objects;
}

describe('a tree of nodes that differ', () => {
  const tree = syntaxTree(6000);

  it('is stored in few objects and few bytes', () => {
    const bytes = roundTrip(tree, 1000);
    const apart = serialize(tree, { groups: Infinity });
    expectSame(deserialize(apart), tree);
    expect(objectsIn(bytes)).toBeLessThan(objectsIn(apart) / 4);
    expect(bytes.length).toBeLessThan(apart.length / 2);
    expect(bytes.length).toBeLessThan(JSON.stringify(tree).length * 2.7);
    // That is what happens if nothing else is asked for.
    expect(Buffer.compare(serialize(tree), bytes)).toBe(0);
  });

  it('is sound, and leads everywhere', () => {
    const { problems, notes, extents } = verifyStorage(new MemoryStorage(serialize(tree)));
    expect([problems, notes]).toEqual([[], []]);
    expect(extents.filter(({ use }) => use === 'leaked')).toEqual([]);
  });

  it('has its outer nodes where they would be', () => {
    using file = H5File.open(serialize(tree), 'r');
    expect(file.attrs.get('type')).toBe('Program');
    expect(file.get('body')).toBeDefined();
  });

  it('has its outer nodes where they would be, however much is in a list that stands before them', () => {
    const log = Array.from({ length: 300 }, (_, i) => ({
      [`p${i % 97}`]: { q: i },
      [`s${i % 89}`]: [{ t: i }, 'x'],
    }));
    const value = { log, settings: { dark: true, font: { size: 12 } }, users: { ada: { id: 1 } } };
    const file = H5File.open(roundTrip(value, 1000), 'r+');
    expect(file.has('@objects')).toBe(true);
    expect(file.group('settings/font').attrs.get('size')).toBe(12);
    expect(file.has('users/ada')).toBe(true);
    H5Dict.of<{ settings: { font: { size: number } } }>(file).view.settings.font.size = 14;
    expect(deserialize(file.toBytes(), { path: 'settings/font/size' })).toBe(14);
  });

  it('asks each getter once', () => {
    for (const isKeyEach of [false, true]) {
      let calls = 0;
      const make = (depth: number): object =>
        depth === 0
          ? { end: 1 }
          : {
              [isKeyEach ? `u${calls}` : `k${depth}`]: depth,
              get [`g${depth}`]() {
                calls++;
                return make(depth - 1);
              },
            };
      const bytes = serialize({ x: { y: make(12) } }, { groups: 1 });
      expect(calls).toBe(12);
      expect([...H5File.open(bytes).keys()].filter((name) => name.startsWith('@'))).toEqual(['@objects']);
      const path = `x/y${Array.from({ length: 12 }, (_, i) => `/g${12 - i}`).join('')}/end`;
      expect(deserialize(bytes, { path })).toBe(1);
    }
  });

  it('leads through objects that have to have groups to at most some more tables', () => {
    class Step {
      next: unknown = undefined;
    }
    const types = new Types().register(Step, { name: 'Step', afterRead: () => {} });
    let chain: unknown = 'end';
    for (let i = 0; i < 300; i++) {
      const step = new Step();
      step.next = { [`k${i % 7}`]: chain };
      chain = step;
    }
    const bytes = roundTrip({ chain }, 1, types);
    const links = [...H5File.open(bytes).keys()].filter((name) => name.startsWith('@'));
    expect(links.length).toBeLessThan(65);
  });

  it('a value that is no group keeps its place beside the tables', () => {
    const values = [1, 'a', ...(tree['body'] as unknown[]), new Map([[{}, tree]])];
    using file = H5File.open(roundTrip(values, 3), 'r');
    expect([...file.keys()]).toEqual(['value', '@objects']);
  });

  it('a chain is a table', () => {
    type Link = { at: number; next: Link | null };
    let chain: Link | null = null;
    for (let at = 0; at < 100_000; at++) chain = { at, next: chain };
    const bytes = serialize(chain);
    expect(objectsIn(bytes)).toBeLessThan(1100);
    let found = deserialize<Link | null>(bytes);
    let count = 0;
    for (; found; found = found.next)
      if (found.at !== 100_000 - ++count) expect.fail(`the link ${count} is ${found.at}`);
    expect(count).toBe(100_000);
  });

  it('objects that have nothing in common at all', () => {
    const random = seeded(9);
    const value = Object.fromEntries(
      Array.from({ length: 400 }, (_, i) => [
        `k${i}`,
        { [`p${i}`]: { [`q${random(900)}`]: [{ [`r${i}`]: i }] } },
      ]),
    );
    roundTrip(value, 10);
  });

  it('more kinds of objects than there are tables', () => {
    const types = new Types();
    const value: unknown[] = [];
    for (let i = 0; i < 300; i++) {
      const type = { [`C${i}`]: class {} }[`C${i}`] as new () => object;
      types.register(type, { name: `C${i}` });
      for (let n = 0; n < (i % 2 ? 20 : 2); n++)
        value.push([{ in: Object.assign(new type(), { [`own${i}`]: n, next: value.at(-1) }) }]);
    }
    roundTrip(value, 5, types);
  });

  it('long lists of objects that are alike stay tables by themselves', () => {
    const rows = Array.from({ length: 100 }, (_, i) => ({ i, at: { x: i, y: -i } }));
    const bytes = roundTrip({ a: { b: { rows } } }, 0);
    using file = H5File.open(bytes, 'r');
    expect(file.tree()).toContain('x');
    expect(serialize({ rows }, { groups: 0 })).toEqual(serialize({ rows }, { groups: Infinity }));
  });
});

describe('what is said of a place in them', () => {
  const nested = (inner: unknown) => ({
    a: { list: [{ b: 1 }, { 'c d': new Map<unknown, unknown>([['x', { y: [[0, inner]] }]]) }] },
  });
  const PATH = '$.a.list[1]["c d"].x.y[0][1]';

  it('names it by where it is in the value', () => {
    const refused = (value: unknown, options: WriteOptions = {}) => {
      try {
        serialize(value, { groups: 0, ...options });
      } catch (error) {
        return (error as Error).message;
      }
      return undefined;
    };
    expect(refused(nested(() => 1))).toContain(PATH);
    expect(refused(nested({ f: Promise.resolve() }))).toContain(`${PATH}.f`);
    // Enough of them for tables.
    const values = Array.from({ length: 100 }, (_, i) => ({
      [`k${i % 3}`]: { n: i, inner: i === 70 ? () => 1 : [{}] },
    }));
    expect(refused({ values })).toContain('$.values[70].k1.inner');
    const withKey = new Map<unknown, unknown>([[{ k: { f: () => 1 } }, {}]]);
    expect(refused({ m: { withKey } })).toContain('[key 0].k.f');
    expect(refused({ s: { set: new Set([{ f: Symbol('x') }]) } })).toContain('$.s.set[0].f');
    const thrower = {
      get t(): unknown {
        throw new Error('no');
      },
    };
    expect(refused({ a: { b: [thrower, {}] } })).toContain('$.a.b[0].t');
  });

  it('counts how deep it is', () => {
    const value = nested({ z: 1 });
    expect(() => serialize(value, { groups: 0, limits: { depth: 20 } })).not.toThrow();
    expect(() => serialize(value, { groups: 0, limits: { depth: 5 } })).toThrow(H5LimitError);
    expect(() => serialize(value, { groups: 0, limits: { depth: 5 } })).toThrow(/\$\.a\.list\[1\]/);
  });
});

describe('classes', () => {
  class Part {
    name = '';
    up: unknown = null;
    parts: unknown[] = [];
  }

  it('are what they were, shared and in cycles', () => {
    const types = new Types().register(Part, { name: 'Part' });
    const root = new Part();
    let last = root;
    for (let i = 0; i < 500; i++) {
      const part = Object.assign(new Part(), { name: `part ${i}`, up: last });
      if (i % 3 === 0) Object.freeze(part.parts);
      last.parts = [part, i % 5 === 0 ? root : { part }];
      if (i % 7 === 0) Object.freeze(last);
      last = part;
    }
    roundTrip(root, 10, types);
  });

  it('have their hooks called for what is within them first', () => {
    const order: string[] = [];
    const types = new Types().register(Part, {
      name: 'Part',
      afterRead: ({ name }) => void order.push(name),
    });
    let root = Object.assign(new Part(), { name: 'part 0' });
    for (let i = 1; i < 200; i++)
      root = Object.assign(new Part(), { name: `part ${i}`, parts: [{ x: { root } }] });
    deserialize(serialize(root, { registry: types, groups: 5 }), { registry: types });
    expect(order).toEqual(Array.from({ length: 200 }, (_, i) => `part ${i}`));
  });
});

describe('a part of it', () => {
  const tree = syntaxTree(3000);
  const bytes = serialize(tree, { groups: 50 });

  it('is read by its path, and by and by', () => {
    let path = '';
    let at: unknown = tree;
    for (let depth = 0; depth < 8; depth++) {
      const [key, next] =
        Object.entries(at as object).find(([, value]) => typeof value === 'object' && value) ?? [];
      if (key === undefined || (Array.isArray(next) && next.length === 0)) break;
      path += `/${key}`;
      at = next;
      expectSame(deserialize(bytes, { path: path.slice(1) }), at, path);
    }
    expect(path.split('/').length).toBeGreaterThan(4);
    expectSame(structuredClone(deserialize(bytes, { lazy: true })), tree);
  });

  it('is a copy in a dict, whose other members are changed', () => {
    using dict = H5Dict.of(H5File.open(bytes, 'r+'));
    expect([...dict.keys()]).toEqual(Object.keys(tree));
    expect(dict.size).toBe(Object.keys(tree).length);
    expectSame(dict.toObject(), tree);
    dict.set('more', { than: ['that'] });
    dict.delete('at');
    dict.commit();
    const { at: _, ...rest } = tree;
    expectSame(deserialize(dict.file.toBytes()), { ...rest, more: { than: ['that'] } });
    dict.clear();
    expect([dict.size, [...dict.file.keys()]]).toEqual([0, []]);
  });

  it('is written by its path', async () => {
    using file = H5File.open(bytes, 'r+');
    await write(file, { new: [{ a: { b: 1 } }] }, { path: 'added' });
    expectSame(deserialize(file.toBytes()), { ...tree, added: { new: [{ a: { b: 1 } }] } });
    await write(file, { all: 'new' });
    expect([...file.keys(), ...file.attrs.keys()]).toEqual(['@h5pickle', 'all']);
  });
});

describe('a part of what is in the tables', () => {
  type Term = { op?: string; left?: Term; right?: Term; value?: number; name?: string };
  const parse = (at: number, depth: number): Term =>
    depth === 0
      ? at % 3
        ? { value: at }
        : { name: `x${at}` }
      : { op: at % 2 ? '+' : '*', left: parse(2 * at, depth - 1), right: parse(2 * at + 1, depth - 1) };
  const deep = (...last: string[]) => [...Array<string>(8).fill('left'), ...last];

  it('is written where it stands, if it fits there: for all that share it', async () => {
    const tree = parse(1, 10);
    let inner = tree;
    for (let i = 0; i < 8; i++) inner = inner.left as Term;
    const value = { tree, again: [inner] };
    using file = H5File.open(serialize(value, { groups: 5 }), 'r+');
    const { size } = file;
    await write(file, '-', { path: ['tree', ...deep('op')] });
    await write(file, 7, { path: ['tree', ...deep('left', 'right', 'value')] });
    inner.op = '-';
    (inner.left?.right as Term).value = 7;
    const back = deserialize<typeof value>(file.toBytes());
    expectSame(back, value);
    let there = back.tree;
    for (let i = 0; i < 8; i++) there = there.left as Term;
    expect(there).toBe(back.again[0]);
    expect(file.size).toBe(size);
  });

  it('gets a place of its own if it does not fit, with all that it holds', async () => {
    const tree = parse(1, 10);
    const value = {
      tree,
      list: [1, { a: 1 }],
      terms: [{ b: 2 }, { c: { d: [3] } }],
      big: new Map<string, unknown>(),
    };
    for (let i = 0; i < 1100; i++)
      value.big.set(`k${i}`, i % 2 ? i : [{ a: { i } }, 'x', { b: { [`c${i % 50}`]: { i } } }]);
    using file = H5File.open(serialize(value, { groups: 5 }), 'r+');
    const same = () => {
      expectSame(deserialize(file.toBytes()), value);
      expect(problemsOf(file)).toEqual([]);
    };
    let inner = tree;
    for (let i = 0; i < 8; i++) inner = inner.left as Term;
    await write(file, 'minus', { path: ['tree', ...deep('op')] });
    inner.op = 'minus';
    same();
    await write(file, { z: 1 }, { path: ['tree', 'right', 'right', 'left'] });
    Object.assign(tree.right?.right as Term, { left: { z: 1 } });
    same();
    await write(file, { d: 4 }, { path: 'list/0' });
    value.list[0] = { d: 4 } as never;
    await write(file, { e: 5 }, { path: 'terms/1' });
    value.terms[1] = { e: 5 } as never;
    same();
    const dict = H5Dict.of(file);
    const big = dict.get('big') as H5Dict;
    big.set('new', [1]);
    big.delete('k2');
    value.big.set('new', [1]);
    value.big.delete('k2');
    dict.commit();
    same();
  });

  it('is refused where others share it, or what it holds, with what can be done', async () => {
    const tree = parse(1, 10);
    let inner = tree;
    for (let i = 0; i < 8; i++) inner = inner.left as Term;
    const shared = { of: { two: 1 } };
    const value = { tree, again: [inner], list: [1, { shared }], more: { shared: { shared } } };
    const bytes = serialize(value, { groups: 5 });
    using file = H5File.open(bytes, 'r+');
    for (const [path, part] of [
      [['tree', ...deep('more')], 1],
      [['tree', ...deep('left')], { new: {} }],
      [['tree', 'left', 'left', 'new'], 1],
      [['list', 0], { new: 1 }],
    ] as const)
      await expect(write(file, part, { path }), String(path)).rejects.toThrow(/groups: Infinity/);
    expectSame(deserialize(file.toBytes()), deserialize(bytes));
    await write(file, { z: 1 }, { path: 'tree' });
    const { again, list, more } = value;
    expectSame(deserialize(file.toBytes()), deserialize(serialize({ tree: { z: 1 }, again, list, more })));
  });
});

describe('tables that nothing refers to any more', () => {
  const value = { tree: syntaxTree(600), other: { small: syntaxTree(40), text: 'kept' } };
  const links = (file: H5File) => [...file.keys()].filter((name) => name.startsWith('@'));

  it('are gone when the file is compacted', () => {
    const file = H5File.open(serialize({ tree: value.tree, text: 'kept' }, { groups: 5 }), 'r+');
    H5Dict.of(file).delete('tree');
    file.commit();
    expect(links(file)).toHaveLength(1);
    file.compact();
    expect(links(file)).toEqual([]);
    expectSame(deserialize(file.toBytes()), { text: 'kept' });
    expect(new TextDecoder().decode(file.toBytes())).not.toContain('Program');
  });

  it('do not keep what they referred to from being replaced', async () => {
    const x = { big: { k: [1, 2, { a: 1 }] } };
    const w = Array.from({ length: 50 }, (_, i) => ({ [`k${i % 2}`]: { ref: x, i } }));
    const bytes = serialize({ x, y: { z: { w } } }, { groups: 4 });
    const file = H5File.open(bytes, 'r+');
    await expect(write(file, 1, { path: 'x' })).rejects.toThrow(/a table of a large tree refers to/);
    const dict = H5Dict.of(file);
    expect(() => dict.set('x', 5)).toThrow(/a table of a large tree refers to/);
    expectSame(deserialize(file.toBytes()), { x, y: { z: { w } } });
    dict.delete('y');
    dict.set('x', 5);
    await write(file, 6, { path: 'x' });
    expectSame(deserialize(file.toBytes()), { x: 6 });
    expect(links(file)).toEqual([]);
  });

  it('stay while something refers to one of them', () => {
    const file = H5File.open(serialize(value, { groups: 5 }), 'r+');
    H5Dict.of(file).delete('tree');
    file.compact();
    expect(links(file).length).toBeGreaterThan(0);
    expectSame(deserialize(file.toBytes()), { other: value.other });
    H5Dict.of(file).delete('other');
    file.compact();
    expect([...file.keys()]).toEqual([]);
    const bytes = file.toBytes();
    expect(verifyStorage(new MemoryStorage(bytes), { indexes }).problems).toEqual([]);
  });
});

describe('a copy of a part in another file', () => {
  const tree = syntaxTree(600);
  const bytes = serialize({ keep: { tree, other: [tree] }, rest: 1 }, { groups: 5 });
  const empty = () => H5File.open(serialize({ list: [1, 'a'] }), 'r+');
  const source = () => H5File.open(bytes);
  const keep = () => H5Dict.of<{ keep: H5Dict }>(source()).get('keep') as H5Dict;

  it.each<[string, (file: H5File) => void, (value: { [name: string]: unknown }) => unknown]>([
    ['set of a dict', (file) => H5Dict.of(file).set('x', keep()), ({ x }) => x],
    ['merge', (file) => H5Dict.of(file).merge(keep()), ({ list: _, ...all }) => all],
    ['merge of all', (file) => H5Dict.of(file).merge(H5Dict.of(source())), (value) => value['keep']],
    [
      'push',
      (file) => (H5Dict.of(file).get('list') as H5List).push(keep()),
      ({ list }) => (list as []).at(-1),
    ],
    ['copy', (file) => file.copy(source().group('keep'), 'x', { expandRefs: true }), ({ x }) => x],
  ])('%s', (how, act, find) => {
    const file = empty();
    act(file);
    const found = find(deserialize(file.toBytes())) as { tree: unknown; other: unknown[] };
    expectSame(found, { tree, other: [tree] });
    // What is merged is copied entry by entry.
    if (how !== 'merge') expect(found.other[0]).toBe(found.tree);
    expect(problemsOf(file)).toEqual([]);
    file.compact();
    expectSame(find(deserialize(file.toBytes())), { tree, other: [tree] });
  });

  it('is edited in place, if it was set', () => {
    const file = empty();
    const dict = H5Dict.of(file);
    dict.set('x', H5Dict.of(H5File.open(serialize({ tree: syntaxTree(50) }, { groups: 5 }))));
    const inner = (dict.get('x') as H5Dict).get('tree');
    expect(inner).toBeInstanceOf(H5Dict);
    (inner as H5Dict).set('more', 1);
    expect(deserialize(file.toBytes(), { path: 'x/tree/more' })).toBe(1);
  });

  it('leads to nothing where it led out of it, as in h5py, unless that is copied too', () => {
    const file = empty();
    file.copy(source().group('keep'), 'x');
    expect(() => deserialize(file.toBytes(), { path: 'x' })).toThrow(/leads nowhere/);
    file.copy(source().group('keep'), 'y', { expandRefs: true });
    const links = [...file.keys()];
    expect(links.slice(0, 5)).toEqual(['list', 'x', 'y', '@objects', '@objects1']);
    file.copy(source().group('keep'), 'z', { expandRefs: true });
    expect([...file.keys()].slice(links.length, links.length + 2)).toEqual([
      'z',
      `@objects${links.length - 3}`,
    ]);
    expectSame(deserialize(file.toBytes(), { path: 'z' }), { tree, other: [tree] });
  });
});

describeOracle('h5py', () => {
  it('a reader written from docs/FORMAT.md finds what is in the tables', { timeout: 600_000 }, async () => {
    const tree = syntaxTree(runs(1500));
    expectSame(await readLayout(serialize(tree, { groups: 20 })), graphOf(tree, registry));
    const found = fc.asyncProperty(many(anyGraph), async (value) => {
      expectSame(await readLayout(serialize(value, { registry, groups: 3 })), graphOf(value, registry));
    });
    await fc.assert(found, { numRuns: casesOf(2, 1 / 100), seed: 42 });
  });

  it('sees tables, and references to their rows', async () => {
    const value = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [
        `n${i}`,
        { place: { x: i, y: 2 * i }, tags: [{ tag: `t${i}` }] },
      ]),
    );
    const file = await h5py(serialize(value, { groups: 0 }));
    const objects = groupAt(file, '@objects');
    expect(objects.links.map(({ name }) => name)).toEqual([
      '@kinds',
      'arrays',
      'records',
      'records-2',
      'records-3',
    ]);
    expect(datasetAt(file, '@objects/records-2/x').value).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(datasetAt(file, '@objects/records-3/tag').value).toEqual(
      Array.from({ length: 100 }, (_, i) => `t${i}`),
    );
    // The rows of another table, by their numbers.
    const place = datasetAt(file, '@objects/records/place');
    expect(place.value).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(Object.keys(attributesOf(place))).toContain('@into');
  });

  it('h5dump and h5wasm read all of it', async () => {
    const bytes = serialize(syntaxTree(2000), { groups: 100 });
    expect(await h5dump(bytes)).toContain('@objects');
    expect(await h5wasm(bytes)).toBeDefined();
  });
});

it('errors name what a Map holds as where it is stored by itself', () => {
  const make = (map: Map<unknown, unknown>) => ({ a: { b: { c: map } } });
  const bad = { d: () => 1 };
  const placeIn = (map: Map<unknown, unknown>, groups: number): unknown => {
    try {
      return serialize(make(map), { groups });
    } catch (error) {
      return (error as { path?: string }).path;
    }
  };
  for (const groups of [1, Infinity]) {
    expect(placeIn(new Map([['k0', bad]]), groups)).toBe('$.a.b.c.k0.d');
    expect(placeIn(new Map<unknown, unknown>([['x y', [1, bad]]]), groups)).toBe('$.a.b.c["x y"][1].d');
    expect(placeIn(new Map<unknown, unknown>([[{ e: 1 }, bad]]), groups)).toBe('$.a.b.c[value 0].d');
    expect(placeIn(new Map<unknown, unknown>([[bad, 1]]), groups)).toBe('$.a.b.c[key 0].d');
  }
});

it('is kept as it is by who does not know its classes', () => {
  class Node {
    constructor(
      readonly left: unknown,
      readonly right: unknown,
    ) {}
  }
  class Leaf {
    constructor(readonly value: number) {}
  }
  const own = new Types().register(Node, { name: 'Node' }).register(Leaf, { name: 'Leaf' });
  const make = (depth: number): unknown =>
    depth === 0 ? new Leaf(depth) : new Node(make(depth - 1), new Map([['x', make(depth - 1)]]));
  const tree = make(9);
  const options = { registry: new Types(), unknownClass: 'keep' } as const;
  for (const groups of [1, 100, Infinity]) {
    const kept = deserialize(serialize(tree, { registry: own, groups }), options);
    expectSame(deserialize(serialize(kept, { registry: options.registry }), { registry: own }), tree);
  }
});
