import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  deserialize,
  H5Dict,
  H5File,
  H5UnsupportedError,
  h5read,
  h5write,
  read,
  serialize,
  TypeRegistry,
  values,
} from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { runs } from '../thoroughness.js';

type Dict = Map<string, unknown>;

class Party {
  name: string;
  account: unknown;
  constructor(name: string, account: unknown = null) {
    this.name = name;
    this.account = account;
  }
}

/** Made by a static method of what is whole. */
class Account {
  readonly #holder: unknown;
  /** What it has seen of its holder when it was made. */
  readonly seen: string;
  constructor(holder: unknown) {
    this.#holder = holder;
    this.seen = shown(holder);
  }
  get holder(): unknown {
    return this.#holder;
  }
  [h5write](dict: Dict): void {
    dict.set('holder', this.#holder);
  }
  static [h5read](dict: ReadonlyMap<string, unknown>): Account {
    return new Account(dict.get('holder'));
  }
}

/** A text of all that a value holds, in order. */
function shown(value: unknown): string {
  if (value instanceof Party) return `Party(${value.name},${shown(value.account)})`;
  if (value instanceof Account) return `Account(${shown(value.holder)})`;
  if (value instanceof Vec) return `Vec(${[...value]},${shown(value.prev)})`;
  if (value instanceof Link) return `Link(${shown(value.next)})`;
  if (value instanceof Map) return `Map(${[...value].flat().map(shown)})`;
  if (value instanceof Set) return `Set(${[...value].map(shown)})`;
  if (Array.isArray(value)) return `[${Array.from(value, shown)}]`;
  if (typeof value === 'object' && value) return `{${Object.entries(value).map(([k, v]) => k + shown(v))}}`;
  return String(value);
}

class Vec extends Float64Array {
  declare prev: unknown;
}

class Link {
  next: unknown;
}

const registry = new TypeRegistry()
  .register(Party, { name: 'Party' })
  .register(Account, { name: 'Account' })
  .register(Vec, { name: 'Vec' })
  .codec(Link, {
    name: 'Link',
    encode: ({ next }) => ({ next }),
    decode: ({ next }) => Object.assign(new Link(), { next }),
  });

/** What writes values that cannot be read. */
const { check: _, ...unchecked } = values;

/** Reads a value as a whole, in time, each member by its path, and lazily, the last member first. */
async function check(value: object, parts = Object.keys(value)): Promise<void> {
  const bytes = serialize(value, { registry });
  const all = deserialize<Record<string, unknown>>(bytes, { registry });
  expect(shown(all)).toBe(shown(value));
  expect(allSeen(all)).toEqual(allSeen(value));
  const inTime = await read(new MemoryStorage(bytes), { registry, onProgress: () => {} });
  expect(shown(inTime)).toBe(shown(value));
  const lazy = deserialize<Record<string, unknown>>(bytes, { registry, lazy: true });
  for (const part of parts.toReversed()) {
    const expected = (value as Record<string, unknown>)[part];
    expect(shown(deserialize(bytes, { registry, path: part }))).toBe(shown(expected));
    expect(shown(lazy[part])).toBe(shown(expected));
  }
  expect(shown(lazy)).toBe(shown(value));
}

/** What all accounts have seen when they were made. */
function allSeen(value: unknown, seen: string[] = []): string[] {
  if (value instanceof Account) seen.push(value.seen);
  const parts =
    value instanceof Account
      ? [value.holder]
      : value instanceof Map || value instanceof Set
        ? [...value].flat()
        : typeof value === 'object' && value && !ArrayBuffer.isView(value)
          ? Object.values(value)
          : [];
  for (const part of parts) allSeen(part, seen);
  return seen;
}

const bank = new Party('bank');
const account = new Account(bank);
const ada = new Party('ada', account);
const main = new Account('x');
const vec = (n: number, prev: unknown): Vec => Object.assign(Vec.of(n) as Vec, { prev });
const first = vec(1, null);
const second = vec(2, first);
const sub = new Account(main);
const chain = Array.from({ length: 6 }, () => new Link());
for (const [i, link] of chain.entries()) link.next = chain[i + 1] ?? [i];

describe('what is made of its whole content', () => {
  it.each<[string, object]>([
    ['a list before', { parties: [bank, ada], account }],
    ['a list behind', { account, parties: [bank, ada] }],
    ['a row before', { ada, parties: [bank, ada] }],
    ['a row behind', { parties: [bank, ada], ada }],
    ['rows alone', [bank, ada]],
    ['rows of several classes', [account, ada, bank]],
    ['rows in an order of their own', [bank, account, ada]],
    ['a row of the same list', [main, sub]],
    ['and that comes first', [sub, main]],
    ['with missing ones between', [null, sub, undefined, main, null]],
    ['elements of a Set', { set: new Set([sub, main]) }],
    [
      'keys of a Map',
      {
        map: new Map<unknown, unknown>([
          [sub, 1],
          [main, 2],
          [3, sub],
        ]),
      },
    ],
    [
      'values of a Map',
      new Map([
        ['sub', sub],
        ['main', main],
      ]),
    ],
    ['nested lists', { lists: [[sub], [main], [bank, sub]] }],
    ['lists that are shared', { a: [sub, main], b: chain, c: [chain, [sub]] }],
    ['typed arrays', [second, first]],
    ['typed arrays by names', { second, first, list: [first, second] }],
    ['a chain', chain],
    ['a chain in a table', chain.map((link, i) => ({ i, link }))],
    ['a chain, the other way', { chain: chain.toReversed(), last: chain[0] }],
    [
      'rows that others hold',
      {
        rows: [
          { a: sub, b: main },
          { a: main, b: sub },
        ],
        main,
      },
    ],
  ])('%s', async (_, value) => {
    await check(value, value instanceof Map ? [] : undefined);
  });

  it('is whole when it is made, whatever has been met before', () => {
    const held = { deep: { deeper: [1, { name: 'x' }] } };
    const value = { held, made: new Account(held), again: new Account([held]) };
    const found = deserialize<typeof value>(serialize(value, { registry }), { registry });
    expect(found.made.seen).toBe(shown(held));
    expect(found.again.seen).toBe(shown([held]));
    expect(found.made.holder).toBe(found.held);
  });

  it('is the same wherever it stands', () => {
    const value = { list: [sub, main, sub], main, map: new Map([[main, sub]]), set: new Set([main, sub]) };
    const found = deserialize<typeof value>(serialize(value, { registry }), { registry });
    expect(found.list[0]).toBe(found.list[2]);
    expect(found.list[1]).toBe(found.main);
    expect(found.list[0]?.holder).toBe(found.main);
    expect([...found.map].flat()).toEqual([found.main, found.list[0]]);
    expect([...found.map.keys()][0]).toBe(found.main);
    expect([...found.set][1]).toBe(found.list[0]);
  });

  it('is made once', () => {
    let made = 0;
    class Item {
      parts: unknown[] = [];
    }
    const items = new TypeRegistry().codec(Item, {
      name: 'Item',
      encode: ({ parts }) => ({ parts }),
      decode: ({ parts }) => {
        made++;
        return Object.assign(new Item(), { parts });
      },
    });
    const [a, b] = [new Item(), new Item()];
    b.parts.push(a, { a });
    deserialize(serialize({ a, list: [b, a], b }, { registry: items }), { registry: items });
    expect(made).toBe(2);
  });

  it('may be frozen, and hold what is', () => {
    const inner = Object.freeze(new Party('inner'));
    const value = [Object.freeze(new Account([inner])), inner];
    const found = deserialize<[Account, Party]>(serialize(value, { registry }), { registry });
    expect(found.map(Object.isFrozen)).toEqual([true, true]);
    expect(found[0].holder).toEqual([found[1]]);
  });

  it('may hold instances that constructors make, with setters and private fields', () => {
    class Counter {
      #count: unknown;
      get count(): unknown {
        return this.#count;
      }
      set count(value: unknown) {
        this.#count = value;
      }
    }
    const types = registry
      .extend()
      .register(Counter, { name: 'Counter', construct: true, fields: ['count'] });
    const counter = new Counter();
    counter.count = [sub, main];
    const value = { made: new Account(counter), counter, main };
    const found = deserialize<typeof value>(serialize(value, { registry: types }), { registry: types });
    expect(found.made.holder).toBe(found.counter);
    expect((found.counter.count as unknown[])[1]).toBe(found.main);
  });

  it('is found after a file was changed', () => {
    const file = H5File.open(serialize({ parties: [bank, ada], account }, { registry }), 'r+');
    file.move('parties', 'people');
    const bytes = file.toBytes();
    expect(shown(deserialize(bytes, { registry }))).toBe(shown({ account, people: [bank, ada] }));
    using dict = H5Dict.open(bytes, { registry });
    expect(shown(dict.get('account'))).toBe(shown(account));
  });

  it('costs what it is: a limit counts no byte twice', () => {
    const numbers = new Float64Array(10_000);
    const bytes = serialize({ numbers, list: [sub, main], sub }, { registry });
    const limits = { bytes: 85_000 };
    expect(deserialize<{ numbers: unknown }>(bytes, { registry, limits }).numbers).toEqual(numbers);
  });

  it('any graph', { timeout: 600_000 }, async () => {
    const graph = fc.array(fc.record({ kind: fc.nat(6), of: fc.array(fc.nat(), { maxLength: 3 }) }), {
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(graph, fc.infiniteStream(fc.nat()), async (parts, random) => {
        const made: unknown[] = ['x'];
        for (const { kind, of } of parts) {
          const held = of.map((i) => made[i % made.length]);
          if (kind === 0) made.push(held);
          else if (kind === 1) made.push(new Account(held));
          else if (kind === 2) made.push(new Party('p', held[0]));
          else if (kind === 3) made.push(Object.assign(new Link(), { next: held[0] ?? null }));
          else if (kind === 4) made.push(new Map(held.map((each, i) => [each, held[held.length - i - 1]])));
          else if (kind === 5) made.push(vec(1, held));
          else made.push(new Set(held));
        }
        for (let i = made.length - 1; i > 0; i--) {
          const j = (random.next().value as number) % (i + 1);
          [made[i], made[j]] = [made[j], made[i]];
        }
        const half = made.slice(0, made.length >> 1);
        await check({ half, ...Object.fromEntries(made.map((each, i) => [`m${i}`, each])) });
        await check(made);
      }),
      { numRuns: runs(60) },
    );
  });
});

describe('what is made of itself', () => {
  const cyclic = new Party('c');
  cyclic.account = new Account(cyclic);
  const link = new Link();
  link.next = [[link]];
  const round = vec(1, null);
  round.prev = { round };
  it.each<[string, unknown, RegExp]>([
    ['a member', cyclic, /^\$\.account: a Account that is a part of what it is made of/],
    ['the other way', { account: cyclic.account, cyclic }, /a Account that is a part of what it is made of/],
    ['an element', [1, bank, main, cyclic], /^\$\[3\]\.account: a Account/],
    ['an element of several', [bank, main, sub, cyclic.account], /^\$\[3\]: a Account/],
    ['a codec', { list: [chain, link] }, /^\$\.list\[1\].*: a Link that is/],
    [
      'a typed array',
      { a: [first, second, round] },
      /^\$\.a\[2\]: a Vec that is.*a typed array, a number, a text or a URL is made of what it holds/,
    ],
  ])('%s', (_, value, message) => {
    expect(() => serialize(value, { registry })).toThrow(message);
    expect(() => serialize(value, { registry })).toThrow(H5UnsupportedError);
    const bytes = serialize(value, { registry, values: unchecked });
    expect(() => deserialize(bytes, { registry })).toThrow(/that is a part of what it is made of/);
  });
});

it('may hold what has been read lazily before, whatever a class makes of the methods of its type', () => {
  const refuse = (): never => {
    throw new Error('nobody asks');
  };
  class OddSet extends Set<unknown> {
    override [Symbol.iterator](): SetIterator<unknown> {
      return refuse();
    }
  }
  class OddMap extends Map<unknown, unknown> {
    override keys(): MapIterator<unknown> {
      return refuse();
    }
  }
  class OddList extends Array<unknown> {
    override filter = refuse;
  }
  const known = registry
    .extend()
    .register(OddSet, { name: 'OddSet' })
    .register(OddMap, { name: 'OddMap' })
    .register(OddList, { name: 'OddList', ignore: ['filter'] });
  const set = new OddSet();
  const map = new OddMap();
  const list = new OddList();
  set.add({ a: 1 });
  map.set('k', { b: 1 });
  list[0] = { c: 1 };
  const link = Object.assign(new Link(), { next: [set, map, list] });
  const bytes = serialize({ set, map, list, link }, { registry: known });
  const lazy = deserialize<Record<string, unknown>>(bytes, { registry: known, lazy: true });
  const before = [lazy['set'], lazy['map'], lazy['list']];
  const { next } = lazy['link'] as Link;
  expect((next as unknown[]).map((each, i) => each === before[i])).toEqual([true, true, true]);
  expect((lazy['list'] as unknown[])[0]).toEqual({ c: 1 });
});
