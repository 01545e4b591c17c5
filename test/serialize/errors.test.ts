import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  deserialize,
  H5FormatError,
  H5UnknownClassError,
  H5UnsupportedError,
  serialize,
  TypeRegistry,
  write,
  writeSync,
} from '../../src/node.js';
import { casesOf } from '../thoroughness.js';
import { coreGraph } from './arbitrary.js';
import { fixChecksums } from './checksums.js';
import { Account, Counter, Point, Point3, registry, Session } from './classes.js';
import { follow } from './follow.js';

const bad = () => {};

const onlyPoint = new TypeRegistry().register(Point, { name: 'Point' });

const thrown = (value: unknown, types = onlyPoint): H5UnsupportedError => {
  try {
    serialize(value, { registry: types });
  } catch (error) {
    expect(error).toBeInstanceOf(H5UnsupportedError);
    return error as H5UnsupportedError;
  }
  return expect.fail('nothing was thrown');
};

describe('the path of what cannot be stored', () => {
  it.each<[string, unknown]>([
    ['$', bad],
    ['$.users[3].onClick', { users: [{ a: 1 }, null, { a: 2 }, { onClick: bad }] }],
    ['$["two words"]["1"]', { 'two words': { 1: bad } }],
    ['$[0][2][1]', [[[1], [2], [3, bad]]]],
    ['$.rows[1].items[0].f', { rows: [{ items: [] }, { items: [{ f: bad }] }] }],
    ['$.rows[19].f', { rows: Array.from({ length: 20 }, (_, i) => ({ i, f: i < 19 ? 1 : bad })) }],
    ['$.rows[2].p.x', { rows: [new Point(1, 2), null, { p: new Point(bad, 1) }] }],
    ['$.mixed[4].f', { mixed: [1, 'a', null, { g: 1 }, { f: bad }, [1]] }],
    [
      '$[key 1]',
      new Map<unknown, unknown>([
        [{}, 1],
        [bad, 2],
      ]),
    ],
    [
      '$[value 1].x',
      new Map<unknown, unknown>([
        [{}, 1],
        [2, { x: bad }],
      ]),
    ],
    ['$.map.name', { map: new Map([['name', bad]]) }],
    ['$.set[1]', { set: new Set([1, bad]) }],
    ['$.sets[1][0]', { sets: [new Set([1]), new Set([bad])] }],
    ['$.users[1].tags[0][2]', { users: [{ tags: [] }, { tags: [[1, 2, bad]] }] }],
    [
      '$.rows[1].maps[0][key 1]',
      {
        rows: [
          { maps: [] },
          {
            maps: [
              new Map<unknown, unknown>([
                [1, 2],
                [bad, 3],
              ]),
            ],
          },
        ],
      },
    ],
    ['$.list[2].a.b', { list: [{ a: 1 }, { x: 2 }, { a: { b: bad } }, { y: 1 }, { z: 1 }] }],
    ['$["@type"]["a/b"]["\\u0000"]', { '@type': { 'a/b': { '\0': bad } } }],
    ['$.__proto__.x', JSON.parse('{"__proto__": {"x": 1}}', (key, item) => (key === 'x' ? bad : item))],
    ['$.über.$_1', { über: { $_1: bad } }],
    ['$.map["two words"][0]', { map: new Map([['two words', [bad]]]) }],
    ['$[1][1]', [new Set([1]), new Set([2, bad])]],
    ['$[9].x.y', [...Array.from({ length: 9 }, (_, i) => new Point(i, 0)), new Point({ y: bad }, 0)]],
    // Of a sparse array, and of an object of thousands of members, the path says which value.
    ['$[value 1]', Object.assign([], { 5: 1, 5000: bad })],
    [
      '$[value 1500]',
      Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`k${i}`, i === 1500 ? bad : i])),
    ],
  ])('%s', (path, value) => {
    const error = thrown(value);
    expect(error.path).toBe(path);
    expect(follow(value, error.path)).toBe(bad);
    expect(error.message.startsWith(error.path)).toBe(true);
    expect(error.code).toBe('H5_UNSUPPORTED');
  });

  it('says the property of an instance, not the name that it is stored under', () => {
    expect(thrown(new Account(bad, 1), registry).path).toBe('$.owner');
    expect(thrown([new Account(bad, 1)], registry).path).toBe('$[0].owner');
    expect(thrown({ a: new Account({ x: [bad] }, 1) }, registry).path).toBe('$.a.owner.x[0]');
  });

  it('leads to it, wherever it stands in any graph', () => {
    const graphWithPlace = fc.tuple(coreGraph, fc.nat());
    fc.assert(
      fc.property(graphWithPlace, ([value, choice]) => {
        const places = placesIn(value);
        if (places.length === 0) return;
        (places[choice % places.length] as () => void)();
        const { path } = thrown(value, registry);
        expect(path).toBeDefined();
        expect(follow(value, path), path).toBe(bad);
      }),
      { numRuns: casesOf(60, 1 / 2), seed: 3 },
    );
  });

  it('of a function at the end of a long chain is not shown whole', () => {
    let chain: unknown = { bad };
    for (let i = 0; i < 100_000; i++) chain = { next: chain };
    const error = thrown(chain);
    expect(error.path.endsWith('.next.bad')).toBe(true);
    expect(error.message.length).toBeLessThan(1000);
  });
});

/** All places of a graph where something can be put; each call puts the function there. */
function placesIn(root: unknown): (() => void)[] {
  const places: (() => void)[] = [];
  const seen = new Set<unknown>();
  const waiting = [root];
  while (waiting.length > 0) {
    const object = waiting.pop();
    if (typeof object !== 'object' || object === null || seen.has(object)) continue;
    seen.add(object);
    if (object instanceof Map) {
      for (const [key, value] of object) {
        waiting.push(key, value);
        places.push(() => object.set(key, bad));
      }
      places.push(() => object.set(bad, 1));
    } else if (object instanceof Set) {
      waiting.push(...object);
      places.push(() => object.add(bad));
    } else if (!(object instanceof Date || object instanceof ArrayBuffer || ArrayBuffer.isView(object))) {
      const stored = registry.of(Object.getPrototypeOf(object) ?? {})?.propertiesOf(object);
      for (const name of stored ?? Object.keys(object)) {
        if (name === 'label') continue;
        waiting.push((object as Record<string | symbol, unknown>)[name]);
        places.push(() => {
          const writable = { value: bad, writable: true, enumerable: true, configurable: true };
          if (object instanceof Counter || object instanceof Session) Reflect.set(object, name, bad);
          else Object.defineProperty(object, name, writable);
        });
      }
    }
  }
  return places;
}

it('what cannot be stored leaves no file, and the one that was there as it was', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
  try {
    const path = join(folder, 'a.h5');
    for (const value of [bad, { bad }, [[1, { bad }]], new Map([['k', Symbol('s')]])]) {
      expect(() => writeSync(path, value)).toThrow(H5UnsupportedError);
      await expect(write(path, value)).rejects.toThrow(H5UnsupportedError);
      await expect(write({ save: () => expect.fail('something is saved') }, value)).rejects.toThrow(
        H5UnsupportedError,
      );
      expect(readdirSync(folder)).toEqual([]);
    }
    writeFileSync(path, 'old');
    expect(() => writeSync(path, { bad })).toThrow(H5UnsupportedError);
    await expect(write(path, { bad })).rejects.toThrow(H5UnsupportedError);
    expect(readdirSync(folder)).toEqual(['a.h5']);
    expect(readFileSync(path, 'utf8')).toBe('old');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('what cannot be stored, and the remedy', () => {
  class Plain {}
  class Sub extends Point {}
  it.each<[unknown, string]>([
    [bad, 'the function bad'],
    [() => {}, 'a function'],
    [Symbol('s'), 'Symbol(s)'],
    [Promise.resolve(), 'type Promise'],
    [new WeakMap(), 'type WeakMap'],
    [new ReadableStream(), 'type ReadableStream'],
    [(async function* () {})(), 'an async iterable'],
    [new Plain(), "class Plain cannot be stored; register its class first, with @H5Class('Plain')"],
    [new Sub(1, 2), 'class Sub'],
    [new Point3(1, 2, 3), 'class Point3'],
  ])('%s', (value, what) => {
    // As a member, an element, a column, a key, in nested rows: the same.
    const message = thrown({ value }).message.replace('$.value: ', '');
    expect(message).toContain(what);
    expect(message).toContain('cannot be stored; ');
    for (const [place, holder] of [
      ['$', value],
      ['$[1]', [1, value]],
      ['$[1].x', [{ x: null }, { x: value }, { x: null }]],
      ['$[0][1]', [[1, value]]],
      ['$[key 0]', new Map([[value, 1]])],
      ['$.k', new Map([['k', value]])],
      ['$[0]', new Set([value])],
    ] as const) {
      expect(thrown(holder).message).toBe(`${place}: ${message}`);
    }
  });
});

describe('a file that cannot be read', () => {
  it('names the class that is not registered', () => {
    const bytes = serialize(
      { p: [new Point(1, 2)] },
      { registry: new TypeRegistry().register(Point, { name: 'geo.Point' }) },
    );
    const read = () => deserialize(bytes, { registry: new TypeRegistry() });
    expect(read).toThrow(H5UnknownClassError);
    expect(read).toThrow('"geo.Point", which is not registered');
  });

  it('says that a newer version of the package is needed', () => {
    const bytes = serialize({ a: 1 });
    // The version is the int32 behind the name, the datatype and the dataspace of the attribute.
    const at = Buffer.from(bytes).indexOf('@h5pickle\0');
    const version = bytes.indexOf(1, at + 10 + 12 + 4);
    const newer = fixChecksums(bytes.with(version, 2));
    expect(() => deserialize(newer)).toThrow('layout version 2, this reader knows 1');
  });

  it('is told from one that is no HDF5', () => {
    expect(() => deserialize(new Uint8Array(0))).toThrow(H5FormatError);
    expect(() => deserialize(new TextEncoder().encode('{"a": 1}'.repeat(100)))).toThrow('not an HDF5 file');
  });
});
