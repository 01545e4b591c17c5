/**
 * Values whose objects are shared and lead back to each other, in their own places or in tables for the whole value: changed by paths
 * and by collections in turns, what is read is, with its identities, what a program would have.
 */
import { expect, test } from 'vitest';
import { deserialize, H5Dict, H5Error, H5File, H5List, serialize, writeSync } from '../../src/node.js';
import { type Random, seeded } from '../random.js';
import { expectSame } from '../same.js';
import { SEED, THOROUGH } from '../thoroughness.js';

type Key = string | number;

/** A value of up to so many levels, in which so many objects of a hundred are ones that are there already. */
function makeValue(random: Random, levels: number, known: object[], shared: number): unknown {
  if (known.length > 0 && random(100) < shared) return known[random(known.length)];
  const kind = random(levels <= 0 ? 4 : 14);
  const next = () => makeValue(random, levels - 1, known, shared);
  const made = <T extends object>(value: T): T => {
    known.push(value);
    return value;
  };
  if (kind < 4) return [random(100), `x${random(9)}`, null, new Date(random(1e6))][kind];
  if (kind < 8) {
    const object = made<Record<string, unknown>>({});
    for (let i = random(5); i > 0; i--) object['abcdefg'[random(7)] as string] = next();
    return object;
  }
  if (kind < 9) {
    const map = made(new Map<string, unknown>());
    for (let i = random(4); i > 0; i--) map.set(`k${random(6)}`, next());
    return map;
  }
  const list = made<unknown[]>([]);
  for (let i = random(6); i > 0; i--) list.push(kind < 11 ? made({ id: i, t: `n${random(5)}` }) : next());
  return kind < 13 ? list : made(new Set(list));
}

const isHolder = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !(value instanceof Date) && !(value instanceof Set);
const keysOf = (holder: object): Key[] =>
  holder instanceof Map
    ? [...holder.keys()]
    : Array.isArray(holder)
      ? [...holder.keys()]
      : Object.keys(holder);
const get = (holder: object, key: Key): unknown =>
  holder instanceof Map ? holder.get(key) : (holder as Record<Key, unknown>)[key];
const set = (holder: object, key: Key, value: unknown): void => {
  if (holder instanceof Map) holder.set(key, value);
  else (holder as Record<Key, unknown>)[key] = value;
};

/** A way from a value through what it holds, and who holds the end of it. */
function someWay(root: object, random: Random): { path: Key[]; holder: object } {
  let holder = root;
  const path: Key[] = [];
  for (let left = 1 + random(6); ; left--) {
    const keys = keysOf(holder);
    const isNew = keys.length === 0 || (!Array.isArray(holder) && random(6) === 0);
    const key = isNew
      ? Array.isArray(holder)
        ? holder.length
        : `new${random(9)}`
      : (keys[random(keys.length)] as Key);
    path.push(key);
    const next = get(holder, key);
    if (left <= 1 || !isHolder(next)) return { path, holder };
    holder = next;
  }
}

/** The collection that holds the end of a path, if all on the way there are some. */
function collectionAt(file: H5File, path: readonly Key[]): H5Dict | H5List | undefined {
  let at: unknown = H5Dict.of(file, { commit: 'manual' });
  for (const key of path.slice(0, -1)) {
    if (at instanceof H5Dict) at = at.get(String(key));
    else if (at instanceof H5List) at = at.at(key as number);
  }
  return at instanceof H5Dict || at instanceof H5List ? at : undefined;
}

test(`changed by paths and by collections, values are what a program would have: seed ${SEED}`, {
  timeout: 900_000,
}, () => {
  let refused = 0;
  let total = 0;
  for (let run = 0; run < (THOROUGH ? 600 : 12); run++) {
    const random = seeded(SEED + run);
    const shared = [0, 5, 15, 30][random(4)] as number;
    const known: object[] = [];
    const made: Record<string, unknown> = {};
    for (let i = random(6); i >= 0; i--) made[`r${i}`] = makeValue(random, 4, known, shared);
    // One in six has more keys than members, and becomes columns of keys and values.
    for (let i = random(6) === 0 ? 1001 : 0; i > 0; i--)
      made[`k${i}`] = random(5) > 0 ? { id: i, s: 'x' } : makeValue(random, 2, known, shared);
    const file = H5File.open(serialize(made, { groups: [0, 1, 3, 10, 30, 1000][random(6)] as number }), 'r+');
    let value = deserialize<object>(file.toBytes());
    const done: string[] = [];
    for (let step = random(6); step >= 0; step--) {
      const { path, holder } = someWay(value, random);
      const key = path.at(-1) as Key;
      const part = makeValue(random, 2, [], 0);
      const what = `run ${run}: ${[...done, path.join('/')].join(', ')}`;
      total++;
      try {
        const collection = random(2) === 0 ? collectionAt(file, path) : undefined;
        if (collection instanceof H5Dict) collection.set(String(key), part);
        else if (collection && (key as number) < collection.length) collection.set(key as number, part);
        else if (collection) collection.push(part);
        else writeSync(file, part, { path });
        file.commit();
        set(holder, key, part);
        done.push(path.join('/'));
      } catch (error) {
        // What others share, or refer to, may not be taken apart; nothing has changed then.
        expect(error, what).toBeInstanceOf(H5Error);
        expect((error as H5Error).message, what).toMatch(/refers to|share|leads back|index/);
        file.rollback();
        refused++;
      }
      const found = deserialize<object>(file.toBytes());
      expectSame(found, value, what);
      value = found;
    }
  }
  expect(refused).toBeLessThan(total / 5);
});

test('a list that holds itself stays one: it is set as a whole', () => {
  const direct: unknown[] = [null, { a: [1] }, 'x'];
  direct[0] = direct;
  const through: unknown[] = [new Map(), [], []];
  (through[0] as Map<string, unknown>).set('k', through);
  for (const value of [direct, through]) {
    const bytes = serialize({ value });
    const file = H5File.open(bytes, 'r+');
    const list = H5Dict.of(file).get('value') as H5List;
    expect(() => list.set(2, { new: 1 })).toThrow(/leads back to it/);
    expect(() => list.reverse()).toThrow(/leads back to it/);
    expect(() => list.sort(() => 0)).toThrow(/leads back to it/);
    expect(() => list.copyWithin(1, 2)).toThrow(/leads back to it/);
    expectSame(deserialize(file.toBytes()), deserialize(bytes));
  }
});

test('a dict of very many keys knows what was written to a path in it', () => {
  const value = Object.fromEntries(Array.from({ length: 1100 }, (_, i) => [`k${i}`, { id: i, s: 'x' }]));
  const file = H5File.open(serialize(value), 'r+');
  const dict = H5Dict.of<Record<string, unknown>>(file);
  expect(dict.get('k7')).toEqual({ id: 7, s: 'x' });
  writeSync(file, { of: ['another', 'kind'] }, { path: 'k7/s' });
  expect(dict.get('k7')).toEqual({ id: 7, s: { of: ['another', 'kind'] } });
  dict.set('k8', 8);
  expect(dict.get('k8')).toBe(8);
});
