import { Temporal } from '@js-temporal/polyfill';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deserialize, serialize } from '../../src/node.js';
import { casesOf } from '../thoroughness.js';
import { anyGraph } from './arbitrary.js';
import {
  Account,
  Celsius,
  Counter,
  Crate,
  DARK,
  Day,
  Failure,
  Index,
  Money,
  Notes,
  named,
  OPEN,
  onSave,
  Point,
  Point3,
  Samples,
  Session,
  Sheet,
  Stack,
  Tags,
  Tree,
} from './classes.js';
import { graphOf } from './graph.js';

/*
 * Property tests find what their comparison sees. So values are broken here on purpose, in each way that a reader or a
 * writer could, and the comparison must notice every one.
 */

const CASES = casesOf(500, 1 / 2);

const graph = (value: unknown): string => JSON.stringify(graphOf(value, named));

/** Whether a graph is another one; or none, since it would hide something. */
function differs(value: unknown, original: string): boolean {
  try {
    return graph(value) !== original;
  } catch {
    return true;
  }
}

const hidden = (object: object, name: string, value: unknown) =>
  Object.defineProperty(object, name, { value, writable: true, enumerable: false, configurable: true });

/** Two of each: a value, and one that differs from it in one way. */
const PAIRS: Record<string, [value: unknown, other: unknown]> = {
  'minus zero': [0, -0],
  NaN: [Number.NaN, null],
  'a number as a string': [1, '1'],
  'a number as a bigint': [1, 1n],
  'a string that looks like a bigint of the graph': [['b', '1'], 1n],
  'a boolean as a number': [true, 1],
  'a close number': [0.1 + 0.2, 0.3],
  'an infinity': [Infinity, -Infinity],
  undefined: [undefined, null],
  'the empty string': ['', null],
  'a large bigint': [2n ** 70n, 2n ** 70n + 1n],
  'half a character': ['\ud800', '\ufffd'],
  'U+0000 at the end': ['a', 'a\0'],
  'a composed character': ['é', 'e\u0301'],
  'another symbol of the same description': [OPEN, Symbol('open')],
  'a symbol of Symbol.for': [Symbol.for('iterator'), Symbol.iterator],
  'a symbol as its name': [Symbol.iterator, 'Symbol.iterator'],
  'another function': [onSave, () => 'saved'],
  'a class as one of its instances': [Point, new Point(1, 2)],
  'another class': [Point, Point3],
  'a registered object as a copy of it': [DARK, { ...DARK }],

  'the order of keys': [
    { a: 1, b: 2 },
    { b: 2, a: 1 },
  ],
  'a key that is missing': [{ a: undefined }, {}],
  'an own __proto__': [JSON.parse('{"__proto__": {}}'), {}],
  'a key that was escaped': [{ 'a/b': 1 }, { '@%a%2Fb': 1 }],
  'no prototype': [{ a: 1 }, Object.assign(Object.create(null), { a: 1 })],
  'another prototype': [{ a: 1 }, Object.create({ a: 1 })],
  'an object as a Map': [{ a: 1 }, new Map([['a', 1]])],
  'a property that is hidden': [{}, hidden({}, 'a', 1)],
  'a symbol as a key': [{}, { [Symbol.iterator]: 1 }],
  'a getter': [
    { a: 1 },
    {
      get a() {
        return 1;
      },
    },
  ],
  'a frozen object': [{ a: 1 }, Object.freeze({ a: 1 })],
  'a property that is read-only': [{ a: 1 }, Object.defineProperty({ a: 1 }, 'a', { writable: false })],
  'an object that takes no more': [{ a: 1 }, Object.preventExtensions({ a: 1 })],

  'a hole as undefined': [new Array(1), [undefined]],
  'a hole as null': [new Array(1), [null]],
  'a length': [[1], Object.assign([1], { length: 2 })],
  'the order of elements': [
    [1, 2],
    [2, 1],
  ],
  'an array as an object': [[1], { 0: 1, length: 1 }],
  'an array as a Set': [[1], new Set([1])],
  'an array with a property': [[1], Object.assign([1], { a: 1 })],
  'an array of another prototype': [[1], Object.setPrototypeOf([1], null)],
  'an object with the prototype of an array': [[], Object.create(Array.prototype)],
  'a frozen array': [[1], Object.freeze([1])],
  'nested arrays as typed arrays': [[[1, 2]], [Float64Array.of(1, 2)]],

  'the order of a Set': [new Set([1, 2]), new Set([2, 1])],
  'the order of a Map': [
    new Map([
      [1, 1],
      [2, 2],
    ]),
    new Map([
      [2, 2],
      [1, 1],
    ]),
  ],
  'a key of a Map': [new Map([[1, 0]]), new Map([['1', 0]])],
  'a Map with a property': [new Map(), Object.assign(new Map(), { a: 1 })],
  'a Set with a property': [new Set(), Object.assign(new Set(), { a: 1 })],
  'a Map as an instance': [new Map(), new Index()],
  'a Map of another prototype': [new Map(), Object.setPrototypeOf(new Map(), Set.prototype)],
  'an object with the prototype of a Map': [new Map(), Object.create(Map.prototype)],
  'a Map with the prototype of an object': [{}, Object.setPrototypeOf(new Map([[1, 2]]), Object.prototype)],

  'a date': [new Date(0), new Date(1)],
  'an invalid date': [new Date(Number.NaN), new Date(0)],
  'a date as its time': [new Date(5), 5],
  'a date with a property': [new Date(0), Object.assign(new Date(0), { a: 1 })],
  'an object with the prototype of a date': [new Date(0), Object.create(Date.prototype)],

  'the type of a typed array': [Int8Array.of(1), Uint8Array.of(1)],
  'a clamped array': [Uint8Array.of(1), Uint8ClampedArray.of(1)],
  'a typed array as its buffer': [Uint8Array.of(1), Uint8Array.of(1).buffer],
  'a typed array of another prototype': [
    Int8Array.of(1),
    Object.setPrototypeOf(Int8Array.of(1), Uint8Array.prototype),
  ],
  'a typed array with a property': [Int8Array.of(1), Object.assign(Int8Array.of(1), { a: 1 })],
  'a byte of a part': [new Uint16Array([1, 2, 3]).subarray(1, 2), Uint16Array.of(3)],
  'the NaN of a Float64Array': [Float64Array.of(-0), Float64Array.of(0)],
  'a DataView': [new DataView(new ArrayBuffer(1)), new Uint8Array(1)],
  'a shared buffer': [new SharedArrayBuffer(1), new ArrayBuffer(1)],
  'a Buffer': [Buffer.of(1), Uint8Array.of(1)],

  'the source of a RegExp': [/a/, /b/],
  'the flags of a RegExp': [/a/g, /a/],
  'the lastIndex of a RegExp': [/a/g, Object.assign(/a/g, { lastIndex: 1 })],
  'a RegExp with a property': [/a/, Object.assign(/a/, { x: 1 })],
  'an object with the prototype of a RegExp': [/a/, Object.create(RegExp.prototype)],
  'a URL': [new URL('a:b'), new URL('a:c')],
  'a URL as text': [new URL('a:b'), 'a:b'],
  'a query': [new URLSearchParams('a=1&b'), new URLSearchParams('b&a=1')],
  'a box': [Object(1), Object('1')],
  'a box as what it holds': [Object(1), 1],
  'minus zero in a box': [Object(0), Object(-0)],
  'a box with a property': [Object('a'), Object.assign(Object('a'), { a: 1 })],
  'a symbol in a box': [Object(Symbol.iterator), Object(Symbol.asyncIterator)],
  'a time': [Temporal.PlainDate.from('2024-02-29'), Temporal.PlainDate.from('2024-02-28')],
  'a time of another type': [Temporal.Instant.from('2024-02-29T00Z'), Temporal.PlainDate.from('2024-02-29')],

  'an instance as an object': [new Point(1, 2), { x: 1, y: 2 }],
  'an instance of a base class': [
    new Point3(1, 2, 3),
    Object.setPrototypeOf(new Point3(1, 2, 3), Point.prototype),
  ],
  'a field': [new Account('a', 1), new Account('a', 2)],
  'a private field': [Object.assign(new Counter(), { count: 1 }), Object.assign(new Counter(), { count: 2 })],
  'the order of fields': [new Point(1, 2), Object.assign(Object.create(Point.prototype), { y: 2, x: 1 })],
  'a field that another made': [Celsius.of(1), Object.assign(Celsius.of(1), { place: 1 })],
  'a field with a setter': [new Session(1, 2), new Session(1, 3)],
  'a field of a base class': [new Sheet(1, 2, 3), new Sheet(2, 2, 3)],
  'a field as a getter': [
    new Point(1, 2),
    Object.defineProperty(new Point(1, 2), 'x', { get: () => 1, enumerable: true }),
  ],
  'a frozen instance': [new Point(1, 2), Object.freeze(new Point(1, 2))],
  'a codec': [new Money(1n), new Money(2n)],
  'what a codec fills': [new Tree(1), Object.assign(new Tree(1), { children: [1] })],
  'what an extended Set holds': [new Tags([1]), new Tags([2])],
  'what an extended Map holds': [new Index([[1, 2]]), new Index([[1, 3]])],
  'what an extended array holds': [Stack.of(1), Stack.of(2)],
  'the length of an extended array': [Stack.of(1), Object.assign(Stack.of(1), { length: 2 })],
  'a hole of an extended array': [Object.assign(new Stack(), { length: 1 }), Stack.of(undefined)],
  'what an extended date is': [new Day(1), new Day(2)],
  'what an extended typed array holds': [Samples.of(0), Samples.of(-0)],
  'a field of an extended Set': [new Tags(), Object.assign(new Tags(), { note: 1 })],
  'a field of an extended array': [new Stack(), Object.assign(new Stack(), { note: 1 })],
  'an object with the prototype of an extended Set': [
    new Tags(),
    Object.assign(Object.create(Tags.prototype), { note: null }),
  ],
};

const errorOf = (change: (error: Error) => unknown = () => {}): Error => {
  const error = new Error('a', { cause: 1 });
  error.stack = 'here';
  change(error);
  return error;
};
const ERRORS: Record<string, Error> = {
  'its message': errorOf((error) => hidden(error, 'message', 'b')),
  'no message': errorOf((error) => Reflect.deleteProperty(error, 'message')),
  'its name': errorOf((error) => hidden(error, 'name', 'X')),
  'its cause': errorOf((error) => hidden(error, 'cause', 2)),
  'no cause': errorOf((error) => Reflect.deleteProperty(error, 'cause')),
  'its stack': errorOf((error) => hidden(error, 'stack', 'there')),
  'no stack': errorOf((error) => Reflect.deleteProperty(error, 'stack')),
  'a property of its own': errorOf((error) => Object.assign(error, { code: 1 })),
  'a property that is hidden': errorOf((error) => hidden(error, 'code', 1)),
  'another type': errorOf((error) => Object.setPrototypeOf(error, TypeError.prototype)),
  'no error at all': errorOf((error) => error) && Object.assign(Object.create(Error.prototype) as Error, {}),
  'an instance': errorOf((error) => Object.setPrototypeOf(error, Failure.prototype)),
};

describe('a graph shows', () => {
  it.each(Object.entries(PAIRS))('%s', (_, [value, other]) => {
    expect(differs(value, graph(value))).toBe(false);
    expect(differs(other, graph(value))).toBe(true);
    // Wherever it stands.
    for (const within of [
      (inner: unknown) => [inner, 1],
      (inner: unknown) => ({ inner }),
      (inner: unknown) => new Map([[inner, inner]]),
      // A Set has no -0.
      (inner: unknown) => new Set([[inner]]),
      (inner: unknown) => Object.assign(new Tags([inner]), { note: inner }),
      (inner: unknown) => new Point(inner, [inner]),
      (inner: unknown) => errorOf((error) => hidden(error, 'cause', inner)),
    ]) {
      expect(differs(within(value), graph(within(value)))).toBe(false);
      expect(differs(within(other), graph(within(value)))).toBe(true);
    }
  });

  it.each(Object.entries(ERRORS))('of an error %s', (_, other) => {
    expect(differs(errorOf(), graph(errorOf()))).toBe(false);
    expect(differs(other, graph(errorOf()))).toBe(true);
  });

  /** One object, or two that are alike: in each pair of places. */
  const places: Record<string, (a: unknown, b: unknown) => unknown> = {
    'two properties': (a, b) => ({ a, b }),
    'two elements': (a, b) => [a, b],
    'an element and a property': (a, b) => ({ list: [a], b }),
    'the key and the value of a Map': (a, b) => new Map([[a, b]]),
    'a key of a Map and an element': (a, b) => [new Map([[a, 1]]), b],
    'a member of a Set and an element': (a, b) => [new Set([a]), b],
    'a field and an element': (a, b) => [new Point(a, 1), b],
    'a private field and an element': (a, b) => [Object.assign(new Counter(), { count: a }), b],
    'two rows': (a, b) => [{ x: a }, { x: b }],
    'the cause of an error and an element': (a, b) => [errorOf((error) => hidden(error, 'cause', a)), b],
    'one of the errors of an AggregateError and an element': (a, b) => [new AggregateError([a]).errors, b],
    'what an extended Set holds and its field': (a, b) => Object.assign(new Tags([a]), { note: b }),
    'what an extended Map holds, and an element': (a, b) => [new Index([[a, 1]]), b],
    'what an extended array holds, and an element': (a, b) => [Stack.of(a), b],
    'what a codec stores, and an element': (a, b) => [new Tree(a), b],
  };
  const objects: Record<string, () => unknown> = {
    objects: () => ({ a: 1 }),
    arrays: () => [1],
    dates: () => new Date(0),
    Maps: () => new Map(),
    Sets: () => new Set(),
    'typed arrays': () => Uint8Array.of(1),
    buffers: () => new ArrayBuffer(1),
    instances: () => new Point(1, 2),
    errors: errorOf,
    URLs: () => new URL('a:b'),
    boxes: () => Object(1),
    'extended arrays': () => Stack.of(1),
  };
  it.each(Object.keys(places))('whether %s are one object', (place) => {
    const put = places[place] as (a: unknown, b: unknown) => unknown;
    for (const make of Object.values(objects)) {
      const one = make();
      const shared = graph(put(one, one));
      const apart = graph(put(make(), make()));
      expect(shared).not.toBe(apart);
      expect(graph(put(make(), make()))).toBe(apart);
    }
  });

  it('where a cycle closes', () => {
    const ring = (length: number) => {
      const nodes = Array.from({ length }, (): { next: unknown } => ({ next: null }));
      for (const [i, node] of nodes.entries()) node.next = nodes[(i + 1) % length];
      return nodes[0];
    };
    expect(graph(ring(2))).toBe(graph(ring(2)));
    expect(graph(ring(2))).not.toBe(graph(ring(1)));
    expect(graph(ring(2))).not.toBe(graph({ next: ring(2) }));
  });
});

// ---- any graph, broken anywhere -------------------------------------------------------------------------

function reachable(root: unknown): object[] {
  const found = new Set<object>();
  const waiting = [root];
  for (let item = waiting.pop(); waiting.length > 0 || item !== undefined; item = waiting.pop()) {
    if (typeof item !== 'object' || item === null || found.has(item)) continue;
    found.add(item);
    if (item instanceof Map) waiting.push(...item.keys(), ...item.values());
    else if (item instanceof Set) waiting.push(...Set.prototype.values.call(item));
    if (!ArrayBuffer.isView(item) && !(item instanceof String))
      for (const name of Reflect.ownKeys(item))
        waiting.push(Reflect.getOwnPropertyDescriptor(item, name)?.value);
  }
  return [...found];
}

/** Ways to break one object, each for those that it fits; false if this one is none of them. */
const BREAKS: Record<string, (object: object, choice: number) => boolean> = {
  'a prototype': (object) => {
    if (Object.getPrototypeOf(object) !== Object.prototype) return false;
    Object.setPrototypeOf(object, null);
    return true;
  },
  'a property that changes': (object, choice) => {
    const names = storedNames(object);
    if (names.length === 0) return false;
    const name = names[choice % names.length] as string;
    Object.defineProperty(object, name, { value: 'no value of a graph is this' });
    return true;
  },
  'a property that goes': (object, choice) => {
    const names = storedNames(object);
    if (names.length === 0) return false;
    return Reflect.deleteProperty(object, names[choice % names.length] as string);
  },
  'a property that is new': (object) => {
    if (ArrayBuffer.isView(object)) return false;
    if (object instanceof Account || object instanceof Counter || object instanceof Session) return false;
    if (object instanceof Money || object instanceof Crate || object instanceof Notes) return false;
    return Reflect.set(object, 'no property of a graph', 1) && !(object instanceof Tree);
  },
  'a property that moves to the end': (object, choice) => {
    if (Object.getPrototypeOf(object) !== Object.prototype) return false;
    const names = Object.keys(object).filter((name) => !/^\d+$/.test(name));
    if (names.length < 2) return false;
    const name = names[choice % (names.length - 1)] as string;
    const property = Object.getOwnPropertyDescriptor(object, name) as PropertyDescriptor;
    Reflect.deleteProperty(object, name);
    Object.defineProperty(object, name, property);
    return true;
  },
  'an element that is no hole': (object, choice) => {
    if (!Array.isArray(object) || object.length === 0) return false;
    const at = choice % object.length;
    if (at in object) return Reflect.deleteProperty(object, at);
    object[at] = undefined;
    return true;
  },
  'a length': (object) => Array.isArray(object) && ++object.length > 0,
  'an entry that goes': (object, choice) => {
    if (!(object instanceof Map || object instanceof Set) || object.size === 0) return false;
    return object.delete([...object.keys()][choice % object.size]);
  },
  'an entry that moves to the end': (object) => {
    if (!(object instanceof Map || object instanceof Set) || object.size < 2) return false;
    const [[first, value]] = object.entries() as Iterable<[unknown, unknown]> as [[unknown, unknown]];
    // Where empty objects change places, nobody can tell.
    if (typeof first === 'object') return false;
    object.delete(first);
    if (object instanceof Map) object.set(first, value);
    else object.add(first);
    return true;
  },
  'a time': (object) => object instanceof Date && object.setTime(12_345) > 0,
  'a byte': (object, choice) => {
    const {
      buffer,
      byteOffset = 0,
      byteLength,
    } = (
      ArrayBuffer.isView(object) ? object : { buffer: object, byteLength: (object as ArrayBuffer).byteLength }
    ) as ArrayBufferView;
    if (!(buffer instanceof ArrayBuffer || buffer instanceof SharedArrayBuffer) || byteLength === 0)
      return false;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    (bytes[choice % byteLength] as number) ^= 0x41;
    return true;
  },
};

/** Properties of an object that its graph shows. */
function storedNames(object: object): string[] {
  if (ArrayBuffer.isView(object) || object instanceof String) return [];
  if (object instanceof Account) return ['owner', 'balance'];
  if (object instanceof Session) return ['user'];
  if (object instanceof Sheet)
    return ['title', 'size', 'extra'].filter((name) => Object.hasOwn(object, name));
  return Object.keys(object);
}

it('any graph in which anything is broken is another one', { timeout: 600_000 }, () => {
  const broken = new Map<string, number>();
  const ways = Object.keys(BREAKS);
  const cases = fc.tuple(anyGraph, fc.nat(), fc.nat(), fc.nat());
  fc.assert(
    fc.property(cases, ([value, where, how, choice]) => {
      const before = graph(value);
      // A copy, so that the graph that is broken has nothing of the one that it is compared with.
      const copy = deserialize(serialize({ value }, { registry: named }), { registry: named });
      // What is frozen, or the like, cannot be broken.
      const objects = reachable(copy).slice(1).filter(Object.isExtensible);
      const way = ways[how % ways.length] as string;
      const at = objects.findIndex((_, i) =>
        BREAKS[way]?.(objects[(where + i) % objects.length] as object, choice),
      );
      if (at < 0) return;
      broken.set(way, (broken.get(way) ?? 0) + 1);
      if (!differs((copy as { value: unknown }).value, before)) throw new Error(`${way} goes unnoticed`);
    }),
    { numRuns: CASES, seed: 1 },
  );
  // Each of them, and more than once.
  for (const way of ways) expect(broken.get(way) ?? 0, way).toBeGreaterThan(1);
});
