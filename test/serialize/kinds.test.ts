import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { deserialize, serialize } from '../../src/index.js';
import { serialize as serializeInNode } from '../../src/node.js';
import { isSparse } from '../../src/serialize/kinds.js';

it('takes values of another realm for what they are', () => {
  const value = runInNewContext(`({
    list: [1, { map: new Map([['k', new Date(5)]]) }],
    set: new Set(['a']),
    typed: [new Float64Array([1.5]), new Uint8ClampedArray([7])],
    rows: [new Int16Array([1]), new Int16Array([2, 3])],
    buffer: new Uint8Array([9]).buffer,
    view: new DataView(new ArrayBuffer(2)),
  })`);
  expect(deserialize(serialize(value))).toStrictEqual({
    list: [1, { map: new Map([['k', new Date(5)]]) }],
    set: new Set(['a']),
    typed: [Float64Array.of(1.5), Uint8ClampedArray.of(7)],
    rows: [Int16Array.of(1), Int16Array.of(2, 3)],
    buffer: Uint8Array.of(9).buffer,
    view: new DataView(new ArrayBuffer(2)),
  });
});

it('takes what has an empty prototype, as parsers of queries make it, for an object without one', () => {
  // As `cookie` and `fast-querystring` do.
  const prototype: unknown = Object.create(null);
  const make = (entries: object) => Object.assign(Object.create(prototype as object), entries);
  const value = {
    query: make({ page: '2', tags: ['a', 'b'] }),
    all: [make({ a: 1 }), make({ a: 2 }), Object.assign(Object.create(null), { a: 3 })],
    mixed: [make({ a: 1 }), { a: 1 }, 1],
  };
  for (const store of [serialize, serializeInNode]) {
    const back = deserialize<typeof value>(store(value));
    expect(back).toEqual(value);
    for (const each of [back.query, ...back.all, back.mixed[0]])
      expect(Object.getPrototypeOf(each)).toBe(null);
    expect(Object.getPrototypeOf(back.mixed[1])).toBe(Object.prototype);
  }
});

it.each([
  ['an object made from another object', Object.create({ method() {} })],
  ['a subclass of Array', class List extends Array<number> {}.from([1])],
  ['a class that extends null', Object.create(class Bare extends null {}.prototype)],
  ['a class of another realm', runInNewContext('class Foo {}; new Foo()')],
  ['a Buffer', Buffer.from('x')],
])('does not take %s for something simpler', (_, value) => {
  expect(() => serialize({ value })).toThrow(/^\$\.value: /);
});

it('tells sparse arrays from dense ones with some holes', () => {
  const sparse: number[] = [];
  sparse[5000] = 1;
  expect(isSparse(sparse)).toBe(true);
  expect(isSparse(new Array(100))).toBe(false);
  expect(isSparse(Array.from({ length: 5000 }, (_, i) => i))).toBe(false);
  const holes = Array.from({ length: 5000 }, (_, i) => i);
  for (let i = 0; i < 5000; i += 5) delete holes[i];
  expect(isSparse(holes)).toBe(false);
});
