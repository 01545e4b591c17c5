import { describe, expect, it } from 'vitest';
import {
  type Class,
  deserialize,
  H5Error,
  H5File,
  h5read,
  h5write,
  serialize,
  TypeRegistry,
  writeSync,
} from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, h5py } from '../oracle/oracles.js';
import { type Random, seeded } from '../random.js';
import { expectSame } from '../same.js';
import { runs, THOROUGH } from '../thoroughness.js';
import { graphOf } from './graph.js';

type Holder = Record<string, unknown> | Map<string, unknown>;

/** A list that holds what refers to it, so that it is marked: references lead to it. */
const cyclicList = (): unknown[] => {
  const list: unknown[] = [];
  list.push({ b: list });
  return list;
};

const get = (holder: Holder, key: string): unknown =>
  holder instanceof Map ? holder.get(key) : Object.hasOwn(holder, key) ? holder[key] : undefined;

const set = (holder: Holder, key: string, value: unknown): void => {
  if (holder instanceof Map) holder.set(key, value);
  else holder[key] = value;
};

const isHolder = (value: unknown): value is Holder =>
  value instanceof Map ||
  (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype);

const keysOf = (holder: Holder): string[] =>
  holder instanceof Map ? [...holder.keys()] : Object.keys(holder);

/** What merging is to do, with values in memory. */
function mergeInto(there: Holder, value: Holder): void {
  const merged = new Map<object, Holder>();
  const places: [Holder, string, Holder][] = [];
  const pair = (old: Holder, made: Holder): void => {
    if (merged.has(made)) return;
    merged.set(made, old);
    for (const key of keysOf(made)) {
      const [part, other] = [get(made, key), get(old, key)];
      if (!isHolder(part) || !isHolder(other)) continue;
      places.push([old, key, part]);
      pair(other, part);
    }
  };
  pair(there, value);
  const copies = new Map<object, unknown>();
  const copyOf = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    const known = merged.get(part) ?? copies.get(part);
    if (known) return known;
    if (!Array.isArray(part) && !isHolder(part)) return structuredClone(part);
    const copy: unknown[] | Holder = Array.isArray(part) ? [] : part instanceof Map ? new Map() : {};
    copies.set(part, copy);
    if (Array.isArray(part)) (copy as unknown[]).push(...part.map(copyOf));
    else for (const key of keysOf(part)) set(copy as Holder, key, copyOf(get(part, key)));
    return copy;
  };
  const done = new Set<Holder>();
  const apply = (old: Holder, made: Holder): void => {
    done.add(made);
    for (const key of keysOf(made)) {
      const part = get(made, key);
      set(old, key, copyOf(part));
      const isMerged = places.some(([at, name, made]) => at === old && name === key && made === part);
      if (isMerged && !done.has(part as Holder)) apply(merged.get(part as Holder) as Holder, part as Holder);
    }
  };
  apply(there, value);
}

const self = () => {
  const value: Record<string, unknown> = {};
  value['s'] = value;
  return value;
};
const kid = () => {
  const k: Record<string, unknown> = {};
  k['s'] = k;
  return { k };
};
const up = () => {
  const k: Record<string, unknown> = {};
  return Object.assign(k, { k: { s: k } });
};
const cyclicObject = () => {
  const x: Record<string, unknown> = {};
  x['x'] = { y: x };
  return x;
};

describe('what leads back to an object that is merged into is replaced', () => {
  it.each<[string, () => Holder, string[], () => Holder]>([
    ['itself', self, ['s'], () => ({ r1: cyclicList(), s: 5, r3: [] })],
    ['itself, not replaced', self, ['s'], () => ({ r1: cyclicList(), r3: [] })],
    ['itself, first', self, ['s'], () => ({ s: 5, r1: cyclicList(), r3: [] })],
    ['itself, last', self, ['s'], () => ({ r3: [], r1: cyclicList(), s: 5 })],
    ['itself, without more', self, ['s'], () => ({ r1: cyclicList(), s: 5 })],
    ['itself, by what has no references', self, ['s'], () => ({ r1: [{}], s: 5, r3: [] })],
    ['itself, by a cycle of objects', self, ['s'], () => ({ r1: cyclicObject(), s: 5, r3: [] })],
    ['itself, by objects', self, ['s'], () => ({ r1: cyclicList(), s: 5, r3: {} })],
    ['itself, by numbers', self, ['s'], () => ({ r1: cyclicList(), s: 5, r3: new Float64Array(5) })],
    ['itself, by a table', self, ['s'], () => ({ r1: cyclicList(), s: 5, r3: { a: [{ q: 1 }] } })],
    ['the root', self, [], () => ({ r1: cyclicList(), s: 5, r3: [] })],
    ['a member of itself', kid, ['k', 's'], () => ({ r1: cyclicList(), s: 5, r3: [] })],
    ['a member', kid, ['k'], () => ({ r1: cyclicList(), s: 5, r3: [] })],
    ['what is above', up, ['k', 's'], () => ({ r1: cyclicList(), s: 5, r3: [] })],
    ['what leads to itself by what is above', up, ['k', 's'], () => ({ r1: cyclicList(), k: 5, r3: [] })],
    ['something else', () => ({ k: { a: { b: 1 } } }), ['k'], () => ({ r1: cyclicList(), a: 5, r3: [] })],
    ['itself, in a part that is merged into it', kid, ['k'], () => ({ s: { s: 5, r: cyclicList() }, z: {} })],
    ['and is merged into after that', kid, [], () => ({ k: { s: { s: 5, n: 1 }, r: [] } })],
  ])('%s', async (_, make, path, patch) => {
    const file = H5File.open(serialize(make()), 'r+');
    writeSync(file, patch(), { path, mode: 'merge' });
    const expected = make();
    mergeInto(
      path.reduce<Holder>((at, key) => get(at, key) as Holder, expected),
      patch(),
    );
    const bytes = file.toBytes();
    expect(verifyStorage(new MemoryStorage(bytes)).problems).toEqual([]);
    expect(graphOf(deserialize(bytes))).toEqual(graphOf(expected));
  });
});

/** Objects and Maps that lead to each other, and lists that do. `isListed`: lists hold them. */
function randomGraph(random: Random, count: number, isListed: boolean): Holder {
  const holders = Array.from(
    { length: count },
    (_, i): Holder => (i > 0 && random(6) === 0 ? new Map() : {}),
  );
  const lists = Array.from({ length: random(3) }, (): unknown[] => []);
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;
  const leaf = (): unknown =>
    [random(9), `t${random(9)}`, null, true, new Date(random(99)), Float64Array.of(random(9)), [random(9)]][
      random(7)
    ];
  const any = (): unknown =>
    [
      leaf,
      leaf,
      () => pick(holders),
      () => pick(holders),
      () => (lists.length > 0 ? pick(lists) : cyclicList()),
    ][random(5)]?.();
  for (const list of lists) {
    const of = random(3);
    const one = isListed ? any : leaf;
    for (let i = random(4); i >= 0; i--)
      list.push(of === 0 ? { b: one() } : of === 1 && isListed ? pick(holders) : one());
  }
  for (const holder of holders)
    for (let i = random(5); i > 0; i--) set(holder, 'abcdef'[random(6)] as string, any());
  // Most of it can be reached.
  for (const [i, holder] of holders.entries())
    if (i > 0) set(pick(holders.slice(0, i)), 'abcdef'[random(6)] as string, holder);
  return holders[0] as Holder;
}

/** A way to an object that is no part of a list. */
function randomPath(random: Random, root: Holder): string[] {
  const path: string[] = [];
  for (let at = root; random(3) > 0; ) {
    const keys = keysOf(at).filter((key) => isHolder(get(at, key)));
    if (keys.length === 0) break;
    const key = keys[random(keys.length)] as string;
    path.push(key);
    at = get(at, key) as Holder;
  }
  return path;
}

/** What is wrong with a file, but for links of objects in a circle that nothing leads to any more: these are left to `compact`. */
function problemsOf(bytes: Uint8Array): unknown[] {
  const { problems } = verifyStorage(new MemoryStorage(bytes));
  return problems.filter(({ code, message }) => {
    const [, counted = 0, there = 0] =
      /counts (\d+) links to the object; there are (\d+)/.exec(message) ?? [];
    return code !== 'link-count' || Number(counted) <= Number(there);
  });
}

interface Merged {
  readonly bytes: Uint8Array;
  readonly error: unknown;
  readonly expected: Holder;
}

/**
 * Merges at random; `expected` is what is to come of it. Where lists of the file hold objects that are merged into, these are
 * changed where they stand, and what else in the value holds what is merged gets copies.
 */
function randomMerge(seed: number, isListed: boolean): Merged {
  const state = () => randomGraph(seeded(seed), 1 + (seed % 5), isListed);
  const patch = () => randomGraph(seeded(-1 - seed), 1 + (seed % 4), true);
  const expected = state();
  const path = randomPath(seeded(seed * 3 + 1), expected);
  const file = H5File.open(serialize(state(), { groups: Infinity }), 'r+');
  let error: unknown;
  try {
    writeSync(file, patch(), { path, mode: 'merge' });
    mergeInto(
      path.reduce<Holder>((at, key) => get(at, key) as Holder, expected),
      patch(),
    );
  } catch (refused) {
    error = refused;
  }
  return { bytes: file.toBytes(), error, expected };
}

describe('objects that lead to each other are merged at random', () => {
  it('as they would be in memory, or not at all', () => {
    let done = 0;
    const count = THOROUGH ? 3000 : 120;
    for (let seed = 0; seed < count; seed++) {
      const isListed = seed % 4 === 0;
      const { bytes, error, expected } = randomMerge(seed, isListed);
      if (error) {
        expect(error, `seed ${seed}`).toBeInstanceOf(H5Error);
        expect((error as H5Error).code, `seed ${seed}`).toMatch(/^H5_(WRONG_KIND|REFERENCED)$/);
      } else done++;
      expect(problemsOf(bytes), `seed ${seed}`).toEqual([]);
      const graph = graphOf(deserialize(bytes));
      if (error || !isListed) expectSame(graph, graphOf(expected), `seed ${seed}`);
    }
    expect(done / count).toBeGreaterThan(0.3);
  });

  describeOracle('h5py', () => {
    it('reads them', async () => {
      for (let seed = 0; seed < runs(200); seed++) await h5py(randomMerge(seed, seed % 4 === 0).bytes);
    });
  });
});

it('what Maps share that are merged in memory is one object', () => {
  for (const shared of [[], { a: 1 }, new Map([[{}, 1]]), new Date(5)]) {
    const file = H5File.open(serialize({ a: new Map([[1, shared]]), b: new Map([[7, shared]]) }), 'r+');
    writeSync(file, { a: new Map([[2, 0]]), b: new Map([[8, 0]]) }, { mode: 'merge' });
    const bytes = file.toBytes();
    expect(verifyStorage(new MemoryStorage(bytes)).problems).toEqual([]);
    const expected = {
      a: new Map<number, unknown>([
        [1, shared],
        [2, 0],
      ]),
      b: new Map<number, unknown>([
        [7, shared],
        [8, 0],
      ]),
    };
    expect(graphOf(deserialize(bytes))).toEqual(graphOf(expected));
  }
});

describe('what is more than its members replaces what is there', () => {
  class Day extends Date {
    zone = '';
  }
  class Tags extends Set<unknown> {
    note = '';
  }
  class Failure extends Error {
    code: unknown;
  }
  class Row extends Array<unknown> {
    note = '';
  }
  class Signal extends Float64Array {
    unit = '';
  }
  class Money {
    readonly cents: bigint;
    constructor(cents: bigint) {
      this.cents = cents;
    }
  }
  class Notes {
    content: ReadonlyMap<string, unknown> = new Map();
    [h5write](dict: Map<string, unknown>) {
      for (const [key, value] of this.content) dict.set(key, value);
    }
    [h5read](dict: ReadonlyMap<string, unknown>) {
      this.content = new Map(dict);
    }
  }
  const registry = new TypeRegistry();
  const types: Record<string, Class> = { Day, Tags, Failure, Row, Signal, Notes };
  for (const [name, type] of Object.entries(types)) registry.register(type, { name });
  registry.codec(Money, {
    name: 'Money',
    encode: ({ cents }) => ({ cents }),
    decode: ({ cents }) => new Money(cents as bigint),
  });
  const row = (note: string, ...elements: unknown[]) =>
    Object.assign(new Row(), { note }, Object.fromEntries(elements.entries()));
  const kinds: Record<string, (i: number) => object> = {
    'a class that extends Date': (i) => Object.assign(new Day(i), { zone: `${i}` }),
    'a class that extends Set': (i) => Object.assign(new Tags([i]), { note: `${i}` }),
    'a class that extends Error': (i) => Object.assign(new Failure(`m${i}`), { code: i }),
    'a class that extends Array': (i) => row(`${i}`, i, i),
    'a class that extends a typed array': (i) => Object.assign(Signal.of(i), { unit: `${i}` }),
    'a class with a codec': (i) => new Money(BigInt(i)),
    'a class that says itself what is stored': (i) =>
      Object.assign(new Notes(), { content: new Map([[`k${i}`, { in: i }]]) }),
    'an error': (i) => new Error(`m${i}`),
    'an error with a cause': (i) => (i === 1 ? new Error('m1', { cause: [1] }) : new TypeError('m2')),
    'a list with properties': (i) => Object.assign([i], { note: i }),
    'a Set': (i) => new Set([i]),
    'a RegExp': (i) => new RegExp(`${i}`),
    'a URL': (i) => new URL(`http://${i}.test/`),
    'a Buffer': (i) => Buffer.from(`${i}`),
  };
  const places: Record<string, [make: (value: unknown) => unknown, path: (string | number)[]]> = {
    'as a member': [(value) => ({ a: 1, member: value }), ['member']],
    'in a list': [(value) => ({ list: ['x', value, [1]] }), ['list', 1]],
    'as all there is': [(value) => value, []],
  };
  const all = Object.keys(kinds).flatMap((kind) =>
    Object.keys(places).map((place) => [kind, place] as const),
  );
  it.each(all)('%s, %s', (kind, place) => {
    const make = kinds[kind] as (i: number) => object;
    const [holder, path] = places[place] as (typeof places)[string];
    const file = H5File.open(serialize(holder(make(1)), { registry }), 'r+');
    const value = make(2);
    writeSync(file, value, { path, mode: 'merge', registry });
    const bytes = file.toBytes();
    expect(verifyStorage(new MemoryStorage(bytes)).problems).toEqual([]);
    // What it held before has left nothing behind.
    expect(graphOf(deserialize(bytes, { registry }), registry)).toEqual(graphOf(holder(value), registry));
  });

  it('but not a whole that has members', () => {
    const file = H5File.open(serialize({ a: 1 }), 'r+');
    for (const value of [5, [1], new Date(1), new Error('x')])
      expect(() => writeSync(file, value, { mode: 'merge' })).toThrow(
        /nothing can be merged into \$: only objects of one kind can be merged; mode: 'replace'/,
      );
  });
});

/** Objects within objects. */
const deep = (levels: number, leaf: unknown): unknown => {
  let value: unknown = { leaf };
  for (let i = 0; i < levels; i++) value = { a: value };
  return value;
};

describe('objects within objects', () => {
  const asMap = (value: unknown) => new Map([[1, value]]);
  const leafOf = (value: unknown): unknown => {
    let at = value as { a?: unknown; leaf?: unknown };
    while (at.a) at = at.a as typeof at;
    return at.leaf;
  };
  it.each<[string, (value: unknown) => unknown]>([
    ['by members', (value) => value],
    ['in memory', (value) => asMap(value)],
  ])('are merged a thousand levels deep, %s', (_, make) => {
    const merged = (levels: number): unknown => {
      const file = H5File.open(serialize({ a: make(deep(levels, 1)) }, { groups: Infinity }), 'r+');
      writeSync(file, make(deep(levels, 2)), { path: 'a', mode: 'merge' });
      const { a } = deserialize<{ a: unknown }>(file.toBytes());
      return leafOf(a instanceof Map ? a.get(1) : a);
    };
    expect(merged(990)).toBe(2);
    for (const levels of [1100, 10_000])
      expect(() => merged(levels)).toThrow(
        /^nothing can be merged into \$\.a.{1,400}: it is more than 1000 levels deep; mode: 'replace'/,
      );
  });

  it('are found by a path of any length', () => {
    // More than a call each has room for.
    const levels = THOROUGH ? 20_000 : 12_000;
    const file = H5File.open(serialize({ list: ['x', deep(levels, 1)] }, { groups: Infinity }), 'r+');
    const above = ['list', 1] as const;
    writeSync(file, 2, { path: [...above, ...Array<string>(levels).fill('a'), 'leaf'] });
    const { list } = deserialize<{ list: unknown[] }>(file.toBytes());
    expect(leafOf(list[1])).toBe(2);
  });
});
