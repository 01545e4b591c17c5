import { describe, expect, it } from 'vitest';
import {
  deserialize,
  H5UnsupportedError,
  serialize,
  TypeRegistry,
  type WriteOptions,
} from '../../src/node.js';

/** What throws when it is looked at, in one way or another. */
function revoked(target: object = {}): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}
const boom = new TypeError('boom');
const refuse = (): never => {
  throw boom;
};
const throwing = (trap: keyof ProxyHandler<object>, target: object = { x: 1 }) =>
  new Proxy(target, { [trap]: refuse });
const withGetter = (more: object = {}) =>
  Object.defineProperty({ a: 1, ...more }, 'bad', { get: refuse, enumerable: true });

function transferred(make: (buffer: ArrayBuffer) => object): object {
  const buffer = new ArrayBuffer(16);
  const value = make(buffer);
  structuredClone(buffer, { transfer: [buffer] });
  return value;
}

class Gauge {
  a = 1;
}
class Money {}
const registry = new TypeRegistry().register(Gauge, { name: 'Gauge' }).codec(Money, {
  name: 'Money',
  encode: refuse,
  decode: () => new Money(),
});

function thrown(value: unknown, options?: WriteOptions): H5UnsupportedError {
  try {
    serialize(value, { registry, ...options });
  } catch (error) {
    expect(error).toBeInstanceOf(H5UnsupportedError);
    return error as H5UnsupportedError;
  }
  return expect.fail('nothing was thrown');
}

/** What cannot be read as a whole. */
const VALUES: [string, () => object][] = [
  ['a revoked proxy', revoked],
  ['a revoked proxy of an array', () => revoked([1])],
  ['a proxy without keys', () => throwing('ownKeys')],
  ['a proxy without a prototype', () => throwing('getPrototypeOf')],
  ['a proxy of a Map', () => new Proxy(new Map([[1, 2]]), {})],
  ['a proxy of a Set', () => new Proxy(new Set([1]), {})],
  ['a proxy of a Date', () => new Proxy(new Date(5), {})],
  ['a proxy of a typed array', () => new Proxy(new Uint8Array(3), {})],
  ['a proxy of an ArrayBuffer', () => new Proxy(new ArrayBuffer(3), {})],
  ['a proxy of an array that throws', () => throwing('get', [[1], 2])],
  ['what a codec throws at', () => new Money()],
  ['a buffer that was transferred', () => transferred((buffer) => buffer)],
  ['an array of a buffer that was transferred', () => transferred((buffer) => new Float64Array(buffer))],
  ['a view of a buffer that was transferred', () => transferred((buffer) => new DataView(buffer))],
];

/** Where something can stand, and what its path is there. */
const PLACES: [string, (value: unknown) => unknown][] = [
  ['$', (value) => value],
  ['$.a.b', (value) => ({ a: { b: value } })],
  ['$[1]', (value) => [1, value]],
  ['$[2]', (value) => [null, undefined, value]],
  [
    '$.rows[17].x',
    (value) => ({ rows: Array.from({ length: 20 }, (_, i) => ({ x: i === 17 ? value : {} })) }),
  ],
  ['$.list[17]', (value) => ({ list: Array.from({ length: 20 }, (_, i) => (i === 17 ? value : { x: 1 })) })],
  ['$[0][1]', (value) => [['x', value], ['y']]],
  [
    '$[key 1]',
    (value) =>
      new Map<unknown, unknown>([
        [{}, 1],
        [value, 2],
      ]),
  ],
  ['$[value 0]', (value) => new Map([[1, value]])],
  ['$.k', (value) => new Map([['k', value]])],
  ['$[0]', (value) => new Set([value])],
  ['$.g.a', (value) => ({ g: Object.assign(new Gauge(), { a: value }) })],
];

describe.each(VALUES)('%s', (_, make) => {
  it.each(PLACES)('is an error at %s', (path, hold) => {
    const error = thrown(hold(make()));
    expect(error.path).toBe(path);
    expect(error.message.startsWith(`${path}: the value cannot be stored; reading it throws `)).toBe(true);
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it('is left out, or replaced, on request', () => {
    const value = make();
    const holder = () => ({
      first: value,
      a: { n: 1 },
      again: value,
      list: [value, 1, value],
      last: { n: 2 },
    });
    const options: WriteOptions = { registry, onUnsupported: 'skip' };
    const found = deserialize<ReturnType<typeof holder>>(serialize(holder(), options));
    expect(Object.keys(found)).toEqual(['a', 'list', 'last']);
    expect(found.a).toEqual({ n: 1 });
    expect(found.last).toEqual({ n: 2 });
    expect(found.list.length).toBe(3);
    expect(Object.keys(found.list)).toEqual(['1']);
    const places: string[] = [];
    const replaced = serialize(holder(), {
      registry,
      onUnsupported: (each, path) => {
        expect(each).toBe(value);
        places.push(path);
        return { instead: true };
      },
    });
    expect(places.sort()).toEqual(['$.again', '$.first', '$.list[0]', '$.list[2]']);
    expect(deserialize<ReturnType<typeof holder>>(replaced).list).toEqual([
      { instead: true },
      1,
      { instead: true },
    ]);
    expect(thrown(holder(), { onUnsupported: (each) => each }).path).toMatch(/^\$\./);
    expect(deserialize(serialize(value, options))).toBeUndefined();
  });
});

describe('a getter that throws', () => {
  it.each<[string, unknown]>([
    ['$.bad', withGetter()],
    ['$.a.bad', { a: withGetter() }],
    ['$[1].bad', [{ a: 1 }, withGetter()]],
    ['$[17].bad', Array.from({ length: 20 }, (_, i) => (i === 17 ? withGetter() : { a: 1, bad: 2 }))],
    ['$[0].bad', Array.from({ length: 20 }, () => withGetter())],
    ['$[3].bad', Array.from({ length: 20 }, (_, i) => (i < 3 ? { a: 1, bad: i } : withGetter()))],
    ['$[3].bad', Array.from({ length: 5 }, (_, i) => (i < 3 ? { a: 1, bad: i } : withGetter()))],
    ['$.m.k.bad', { m: new Map([['k', withGetter()]]) }],
    ['$.g.bad', { g: Object.defineProperty(new Gauge(), 'bad', { get: refuse, enumerable: true }) }],
    ['$.x', throwing('get')],
    ['$[1]', Object.defineProperty([1, 2, 3], 1, { get: refuse, enumerable: true })],
    ['$.rows[1]', { rows: [[1], Object.defineProperty([1, 2], 1, { get: refuse, enumerable: true })] }],
    [
      '$[value 1500]',
      Object.defineProperty(Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`k${i}`, i])), 'bad', {
        get: refuse,
        enumerable: true,
      }),
    ],
  ])('is an error that says where: %s', (path, value) => {
    const error = thrown(value);
    expect(error.path).toBe(path);
    expect(error.message).toBe(`${path}: the value cannot be stored; reading it throws TypeError: boom`);
    expect(error.cause).toBe(boom);
  });

  it('of a declared field is one, too', () => {
    class Square {
      side = 1;
      get area(): number {
        return refuse();
      }
    }
    const squares = new TypeRegistry().register(Square, {
      name: 'Square',
      fields: ['side', { property: 'area', name: 'surface' }],
    });
    expect(thrown({ square: new Square() }, { registry: squares }).path).toBe('$.square.area');
  });

  it('is left out or replaced on request, with what it throws', () => {
    const value = () => ({
      one: withGetter({ z: 3 }),
      rows: [withGetter(), { a: 2, bad: 5 }],
      list: Object.defineProperty([1, 2, 3], 1, { get: refuse, enumerable: true }),
    });
    const skipped = deserialize<ReturnType<typeof value>>(serialize(value(), { onUnsupported: 'skip' }));
    expect(skipped.one).toEqual({ a: 1, z: 3 });
    expect(skipped.rows).toEqual([{ a: 1 }, { a: 2, bad: 5 }]);
    expect(Object.keys(skipped.list)).toEqual(['0', '2']);
    const paths: string[] = [];
    const onUnsupported = (cause: unknown, path: string) => {
      paths.push(path);
      return (cause as Error).message;
    };
    const replaced = deserialize<ReturnType<typeof value>>(serialize(value(), { onUnsupported }));
    expect(paths.sort()).toEqual(['$.list[1]', '$.one.bad', '$.rows[0].bad']);
    expect(replaced).toEqual({
      one: { a: 1, z: 3, bad: 'boom' },
      rows: [
        { a: 1, bad: 'boom' },
        { a: 2, bad: 5 },
      ],
      list: [1, 'boom', 3],
    });
  });

  it('may throw anything', () => {
    for (const what of ['text', undefined, null, 5, Symbol('s'), Object.create(null), revoked()]) {
      const value = Object.defineProperty({}, 'x', {
        enumerable: true,
        get: () => {
          throw what;
        },
      });
      const error = thrown({ value });
      expect(error.path).toBe('$.value.x');
      expect(Object.is(error.cause, what)).toBe(true);
    }
  });
});

it('what is thrown by what onUnsupported calls is thrown as it is', () => {
  const mine = new Error('mine');
  const options = {
    onUnsupported: (): never => {
      throw mine;
    },
  };
  for (const value of [{ f() {} }, [() => {}], withGetter(), { a: revoked() }, [revoked()]])
    expect(() => serialize(value, options)).toThrow(mine);
});

describe('what is left out', () => {
  it('refuses a property with the name of what is stored beside it', () => {
    class List extends Array<unknown> {}
    class Dictionary extends Map<unknown, unknown> {}
    class Bytes extends Uint8Array {}
    const registry = new TypeRegistry()
      .register(List, { name: 'List' })
      .register(Dictionary, { name: 'Dictionary' })
      .register(Bytes, { name: 'Bytes' });
    const cases = [
      Object.assign([1], { '[[Array]]': 1 }),
      Object.assign(List.from([1]), { '[[Array]]': 1 }),
      Object.assign(new Dictionary(), { '[[Map]]': 1 }),
      Object.assign(new Bytes(2), { '[[Uint8Array]]': 1 }),
    ];
    for (const value of cases) {
      expect(() => serialize({ x: { value } }, { registry })).toThrow(
        /^\$\.x\.value: a property cannot be called \[\[/,
      );
      const found = deserialize(serialize({ x: { value } }, { registry, onUnsupported: 'skip' }), {
        registry,
      });
      expect(found).toEqual({ x: {} });
    }
  });

  it('leaves nothing of elements and entries that are left out', () => {
    const f = () => 0;
    const skipped = <T>(value: T): T => deserialize<T>(serialize(value, { onUnsupported: 'skip' }));
    const big = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`k${i}`, i]));
    const key = {};
    const cases: [unknown, unknown][] = [
      [new Set<unknown>([f, 1]), new Set([1])],
      [new Set([f]), new Set()],
      [
        new Map<unknown, unknown>([
          [1, f],
          [2, 2],
        ]),
        new Map([[2, 2]]),
      ],
      [
        new Map<unknown, unknown>([
          [f, 1],
          [2, 2],
        ]),
        new Map([[2, 2]]),
      ],
      [
        new Map<unknown, unknown>([
          ['1', f],
          ['2', 2],
        ]),
        new Map([['2', 2]]),
      ],
      [new Map<unknown, unknown>([[f, f]]), new Map()],
    ];
    for (const [value, expected] of cases) {
      expect(skipped(value)).toEqual(expected);
      // Alone, and in rows.
      expect(skipped([value, value, 1])).toEqual([expected, expected, 1]);
      const rows = skipped([
        value,
        new (expected as { constructor: new (all: unknown) => unknown }).constructor(value),
      ]);
      expect(rows).toEqual([expected, expected]);
    }
    expect(skipped([new Set([f, key]), key] as const)).toEqual([new Set([key]), key]);
    expect('k3' in skipped({ ...big, k3: f })).toBe(false);
    expect(Object.keys(skipped({ ...big, k3: f }))).toHaveLength(1000);
    const sparse: unknown[] = [];
    sparse[1_000_000] = 1;
    sparse[2_000_000] = f;
    sparse[3_000_000] = 3;
    expect(Object.keys(skipped(sparse))).toEqual(['1000000', '3000000']);
  });

  it('leaves its neighbours as they are, whatever they are', () => {
    const value = {
      f() {},
      a: { x: 1 },
      g() {},
      m: new Map([['k', { y: 2 }]]),
      list: [1],
      h() {},
      deep: { f() {}, o: { z: 3 } },
    };
    expect(deserialize(serialize(value, { onUnsupported: 'skip' }))).toEqual({
      a: { x: 1 },
      m: new Map([['k', { y: 2 }]]),
      list: [1],
      deep: { o: { z: 3 } },
    });
    expect(deserialize(serialize(() => {}, { onUnsupported: 'skip' }))).toBeUndefined();
  });

  it('leaves holes that were there before', () => {
    const list = Object.assign([], { 0: 1, 2: () => {}, 4: { x: 1 }, length: 6 });
    const found = deserialize<unknown[]>(serialize(list, { onUnsupported: 'skip' }));
    expect(found.length).toBe(6);
    expect(Object.keys(found)).toEqual(['0', '4']);
  });
});

describe('accessors', () => {
  const make = () => {
    const calls = { count: 0 };
    return {
      calls,
      value: {
        a: 1,
        get double() {
          calls.count++;
          return this.a * 2;
        },
        b: 'x',
        set only(_: unknown) {
          calls.count++;
        },
      },
    };
  };

  it('are stored as what they return', () => {
    const { value } = make();
    const found = deserialize<typeof value>(serialize(value));
    expect(found).toEqual({ a: 1, double: 2, b: 'x', only: undefined });
    expect(Object.getOwnPropertyDescriptor(found, 'double')).toMatchObject({ value: 2, writable: true });
  });

  it('are left out, and never called, on request', () => {
    const options: WriteOptions = { registry, accessors: 'skip' };
    const { value, calls } = make();
    const many = Array.from({ length: 20 }, make);
    const gauge = Object.defineProperty(new Gauge(), 'now', { get: refuse, enumerable: true });
    const all = {
      value,
      rows: many.map((each) => each.value),
      // The first has none, and the same keys as others that have some.
      mixed: [{ a: 0, double: 0, b: '', only: 0 }, ...many.map((each) => each.value)],
      map: new Map<unknown, unknown>([[1, make().value]]),
      gauge,
      large: Object.defineProperty(
        Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`k${i}`, i])),
        'bad',
        { get: refuse, enumerable: true },
      ),
    };
    const found = deserialize<typeof all>(serialize(all, options), { registry });
    expect(found.value).toEqual({ a: 1, b: 'x' });
    expect(found.rows).toEqual(many.map(() => ({ a: 1, b: 'x' })));
    expect(found.mixed[0]).toEqual({ a: 0, double: 0, b: '', only: 0 });
    expect(found.mixed[7]).toBe(found.rows[6]);
    expect(found.map.get(1)).toEqual({ a: 1, b: 'x' });
    expect(found.gauge).toEqual(new Gauge());
    expect(Object.keys(found.large).length).toBe(1500);
    for (const each of [{ calls }, ...many]) expect(each.calls.count).toBe(0);
  });

  it('that a class declares are stored whatever the option says', () => {
    class Circle {
      r = 2;
      get area(): number {
        return this.r ** 2;
      }
    }
    const circles = new TypeRegistry().register(Circle, { name: 'Circle', fields: ['r', 'area', 'own'] });
    const circle = Object.defineProperty(new Circle(), 'own', { get: () => 7, enumerable: true });
    const bytes = serialize(
      { circle, all: [circle, new Circle()] },
      { registry: circles, accessors: 'skip' },
    );
    const plain = deserialize<{ circle: unknown }>(bytes, {
      registry: new TypeRegistry(),
      unknownClass: 'object',
    });
    expect(plain.circle).toEqual({ r: 2, area: 4, own: 7 });
  });

  it('that return something else each time do not make two objects of one', () => {
    let n = 0;
    const make = () => {
      const object: Record<string, unknown> = {};
      Object.defineProperty(object, 'next', { enumerable: true, get: () => n++ });
      object.self = object;
      object.list = [object, object, { object }];
      return object;
    };
    const rows = Array.from({ length: 20 }, make);
    const found = deserialize<{ one: ReturnType<typeof make>; rows: ReturnType<typeof make>[] }>(
      serialize({ one: rows[3], rows, again: rows }),
    );
    expect(found.one).toBe(found.rows[3]);
    for (const row of found.rows) {
      expect(row.self).toBe(row);
      expect((row.list as unknown[])[1]).toBe(row);
      expect(typeof row.next).toBe('number');
    }
  });

  it('that change their object when they are read do not, either', () => {
    const lazy = () => {
      const object = {
        a: 0,
        get value(): number {
          this.a++;
          return this.a;
        },
        self: undefined as unknown,
      };
      object.self = [object, object];
      return object;
    };
    const one = lazy();
    const found = deserialize<{ x: ReturnType<typeof lazy>; list: ReturnType<typeof lazy>[] }>(
      serialize({ x: one, list: [one, one, lazy()], more: { one } }),
    );
    expect(found.list[0]).toBe(found.list[1]);
    const [first] = found.list as [ReturnType<typeof lazy>];
    expect((first.self as unknown[])[1]).toBe(first);
  });
});

describe('an iterator', () => {
  function* numbers(): Generator<number, void> {
    for (let i = 0; ; i++) yield i;
  }

  it('without an end goes as far as the limit', () => {
    const limits = { bytes: 1000 };
    const limited = (value: unknown) => () => serialize(value, { limits });
    expect(limited({ a: numbers() })).toThrow(/^\$\.a: the limit `bytes` is 1000/);
    expect(limited([1, numbers()])).toThrow(/^\$\[1\]: the limit `bytes`/);
    expect(limited(numbers())).toThrow(/^\$: the limit `bytes`/);
  });
});

describe('what replaces others', () => {
  const wraps: [string, (value: unknown) => unknown][] = [
    ['an object', (wrapped) => ({ wrapped })],
    ['a list', (wrapped) => [wrapped, 1]],
    ['a list of objects', (wrapped) => [{ wrapped }]],
    ['a Map', (wrapped) => new Map([[1, wrapped]])],
  ];
  it.each(wraps)('has an end, if it is %s with the same again', { timeout: 20_000 }, (_, onUnsupported) => {
    expect(() => serialize({ a: () => 1 }, { onUnsupported })).toThrow(H5UnsupportedError);
    expect(() => serialize([() => 1], { onUnsupported })).toThrow(/more than 1000 others/);
  });

  it('may be as deep as what is replaced is', () => {
    let value: unknown = null;
    for (let i = 0; i < 3000; i++) value = { f: () => i, value };
    expect(() => serialize(value, { onUnsupported: () => ({ f: 'gone' }) })).not.toThrow();
  });
});
