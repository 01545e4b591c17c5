import { describe, expect, it } from 'vitest';
import {
  deserialize,
  H5FormatError,
  H5UnknownClassError,
  H5UnsupportedError,
  serialize,
  TypeRegistry,
} from '../../src/index.js';
import { fixChecksums } from './checksums.js';
import { Point, Point3 } from './classes.js';

const bad = () => {};

const thrown = (value: unknown): H5UnsupportedError => {
  try {
    serialize(value, { registry: new TypeRegistry().register(Point, { name: 'Point' }) });
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
    ['$[5000]', Object.assign([], { 5000: bad })],
  ])('%s', (path, value) => {
    // In a sparse array the path names the value by its number.
    const error = thrown(value);
    if (path === '$[5000]') expect(error.path).toBe('$[value 0]');
    else expect(error.path).toBe(path);
    expect(error.message.startsWith(error.path)).toBe(true);
    expect(error.code).toBe('H5_UNSUPPORTED');
  });

  it('of a function at the end of a long chain is not shown whole', () => {
    let chain: unknown = { bad };
    for (let i = 0; i < 100_000; i++) chain = { next: chain };
    const error = thrown(chain);
    expect(error.path.endsWith('.next.bad')).toBe(true);
    expect(error.message.length).toBeLessThan(1000);
  });
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
    [/x/, 'type RegExp'],
    [new Error('x'), 'type Error'],
    [new ReadableStream(), 'type ReadableStream'],
    [new URL('https://example.org'), 'URL'],
    [(function* () {})(), 'cannot be stored'],
    [Object(1), 'type Number'],
    [new Plain(), "class Plain cannot be stored; register its class first, with @H5Class('Plain')"],
    [new Sub(1, 2), 'class Sub'],
    [new Point3(1, 2, 3), 'class Point3'],
    [Buffer.from('x'), 'type Buffer'],
    [new SharedArrayBuffer(1), 'SharedArrayBuffer'],
  ])('%s', (value, what) => {
    expect(thrown({ value }).message).toContain(what);
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
