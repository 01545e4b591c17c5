import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deserialize as coreDeserialize, serialize as coreSerialize } from '../../src/index.js';
import {
  deserialize,
  H5File,
  type H5Group,
  h5read,
  h5write,
  serialize,
  TypeRegistry,
} from '../../src/node.js';
import { attributesOf, describeOracle, groupAt, h5py } from '../oracle/oracles.js';
import { runs } from '../thoroughness.js';

class Point {
  constructor(
    public x: unknown = 1,
    public y: unknown = 2,
  ) {}
}
class Account {
  balance = 1;
}
const registry = new TypeRegistry()
  .register(Point, { name: 'Point' })
  .register(Account, { name: 'Account', version: 3 });
const back = <T>(value: T, types = registry): T =>
  deserialize<T>(serialize(value, { registry: types }), { registry: types });

type Integrity = 'frozen' | 'sealed' | 'inextensible' | undefined;
const of = (value: object): Integrity =>
  Object.isExtensible(value)
    ? undefined
    : Object.isFrozen(value)
      ? 'frozen'
      : Object.isSealed(value)
        ? 'sealed'
        : 'inextensible';
const make = <T extends object>(value: T, integrity: Integrity): T => {
  if (integrity === 'frozen') Object.freeze(value);
  else if (integrity === 'sealed') Object.seal(value);
  else if (integrity) Object.preventExtensions(value);
  return value;
};
const ALL: Integrity[] = ['frozen', 'sealed', 'inextensible', undefined];

describe('an instance that cannot be extended', () => {
  it.each(ALL.slice(0, 3))('comes back so: %s', (integrity) => {
    const point = make(new Point(), integrity);
    expect(of(back(point))).toBe(integrity);
    const found = back({
      point,
      again: point,
      list: [point, make(new Point(3, 4), integrity)],
      rows: Array.from({ length: 40 }, (_, i) => make(new Point(i, `row ${i}`), integrity)),
      map: new Map([[point, make(new Account(), integrity)]]),
      mixed: [1, make(new Account(), integrity), null],
    });
    const account = found.map.get(found.point) as Account;
    for (const each of [found.point, ...found.list, ...found.rows, account, found.mixed[1] as Account])
      expect(of(each)).toBe(integrity);
    expect(found.again).toBe(found.point);
    expect(found.list[0]).toBe(found.point);
    expect(found.rows[7]).toMatchObject({ x: 7, y: 'row 7' });
    expect(found.rows[7]).toBeInstanceOf(Point);
  });

  it('is told apart from others of its class, wherever one stands', () => {
    const rows = Array.from({ length: 40 }, (_, i) => make(new Point(i, i), ALL[i % 4]));
    const early = Array.from({ length: 40 }, (_, i) =>
      make(new Point(i, i), i === 39 ? 'frozen' : undefined),
    );
    const found = back({ rows, early, some: [rows[1], rows[2], rows[39]] });
    expect(found.rows.map(of)).toEqual(rows.map(of));
    expect(found.rows.map(({ x }) => x)).toEqual(rows.map(({ x }) => x));
    expect(found.early.map(of)).toEqual(early.map(of));
    expect(found.some).toEqual([found.rows[1], found.rows[2], found.rows[39]]);
    expect(found.some[1]).toBe(found.rows[2]);
  });

  it('is frozen last: it can be in cycles, and be looked after', () => {
    class Node {
      self: Node | undefined;
      others: Node[] = [];
      note = '';
    }
    const types = new TypeRegistry().register(Node, {
      name: 'Node',
      afterRead: (node) => {
        expect(Object.isFrozen(node)).toBe(false);
        node.note = 'read';
      },
    });
    const node = new Node();
    node.self = node;
    node.others = [node, Object.freeze(new Node())];
    const found = back({ node: Object.freeze(node) }, types).node;
    expect(found.self).toBe(found);
    expect(found.others[0]).toBe(found);
    expect([found.note, found.others[1]?.note]).toEqual(['read', 'read']);
    expect(found.others.map(of)).toEqual(['frozen', 'frozen']);
    // The array itself is plain data.
    expect(Object.isFrozen(found.others)).toBe(false);
  });

  it('may be made by its constructor, by hooks, or by a codec', () => {
    class Money {
      readonly #cents: number;
      constructor(cents: number) {
        this.#cents = cents;
        Object.freeze(this);
      }
      get cents(): number {
        return this.#cents;
      }
      [h5write](dict: Map<string, unknown>): void {
        dict.set('cents', this.#cents);
      }
      static [h5read](dict: ReadonlyMap<string, unknown>): Money {
        return new Money(dict.get('cents') as number);
      }
    }
    class Length {
      readonly meters: number;
      constructor(meters: number) {
        this.meters = meters;
      }
    }
    const types = new TypeRegistry().register(Money, { name: 'Money' }).codec(Length, {
      name: 'Length',
      encode: ({ meters }) => ({ meters }),
      decode: ({ meters }) => new Length(meters as number),
    });
    const value = {
      prices: [1, 2, 3].map((cents) => new Money(cents)),
      lengths: [new Length(1), Object.freeze(new Length(2))],
    };
    const found = back(value, types);
    expect(found.prices.map(({ cents }) => cents)).toEqual([1, 2, 3]);
    expect(found.prices.map(of)).toEqual(['frozen', 'frozen', 'frozen']);
    expect(found.lengths.map(of)).toEqual([undefined, 'frozen']);
  });

  it('may extend a type of the language', () => {
    class Tags extends Set<string> {
      color = 'red';
    }
    class Stack extends Array<number> {}
    class Failure extends Error {}
    class Samples extends Float64Array {
      rate = 1;
    }
    const types = new TypeRegistry()
      .register(Tags, { name: 'Tags' })
      .register(Stack, { name: 'Stack' })
      .register(Failure, { name: 'Failure' })
      .register(Samples, { name: 'Samples' });
    const found = back(
      {
        tags: Object.freeze(new Tags(['a'])),
        stack: Object.freeze(Stack.from([1, 2])),
        failure: Object.freeze(new Failure('no')),
        samples: Object.preventExtensions(new Samples([1])),
      },
      types,
    );
    expect(Object.values(found).map(of)).toEqual(['frozen', 'frozen', 'frozen', 'inextensible']);
    expect([...found.tags, found.failure.message, ...found.stack, ...found.samples]).toEqual([
      'a',
      'no',
      1,
      2,
      1,
    ]);
  });

  it('of a class of more than a thousand properties, and one without any', () => {
    const large = new Point();
    for (let i = 0; i < 1100; i++)
      Object.defineProperty(large, `p${i}`, { value: i, enumerable: true, writable: true });
    const found = back([Object.freeze(large)]);
    expect(of(found[0]!)).toBe('frozen');
    class Empty {}
    const types = new TypeRegistry().register(Empty, { name: 'Empty' });
    expect(of(back(Object.preventExtensions(new Empty()), types))).toBe('frozen');
    expect(of(back(new Empty(), types))).toBe(undefined);
  });

  it('is kept where nobody knows its class, and written again as it was', () => {
    const bytes = serialize({ points: ALL.map((each) => make(new Point(), each)) }, { registry });
    const none = new TypeRegistry();
    const kept = deserialize<{ points: object[] }>(bytes, { registry: none, unknownClass: 'keep' });
    expect(kept.points.map(of)).toEqual(ALL);
    expect(serialize(kept, { registry: none })).toEqual(bytes);
    const plain = deserialize<{ points: object[] }>(bytes, { registry: none, unknownClass: 'object' });
    expect(plain.points).toHaveLength(4);
  });

  it('is like any other one without more values', () => {
    const frozen = Object.freeze(new Point());
    expect(of(coreDeserialize(coreSerialize(frozen, { registry }), { registry }))).toBe(undefined);
    expect(of(coreDeserialize<object>(serialize(frozen, { registry }), { registry }))).toBe(undefined);
  });

  it('costs the others nothing: their bytes are what they were', () => {
    const rows = Array.from({ length: 20 }, (_, i) => new Point(i, i));
    expect(Buffer.from(serialize({ rows }, { registry })).includes('@integrity')).toBe(false);
  });
});

it('plain objects, arrays, Maps and Sets are not frozen, as in a structured clone', () => {
  const found = back({
    object: Object.freeze({ a: 1 }),
    array: Object.freeze([1, 2]),
    map: Object.freeze(new Map()),
    rows: Array.from({ length: 20 }, (_, i) => Object.freeze({ i })),
  });
  for (const each of [found.object, found.array, found.map, ...found.rows]) expect(of(each)).toBe(undefined);
});

it('any mixture of them comes back', () => {
  const integrity = fc.constantFrom(...ALL);
  const cls = fc.constantFrom('Point', 'Account');
  fc.assert(
    fc.property(fc.array(fc.tuple(cls, integrity, fc.integer()), { maxLength: 40 }), (all) => {
      const list = all.map(([name, each, n]) =>
        make(name === 'Point' ? new Point(n, n) : Object.assign(new Account(), { balance: n }), each),
      );
      const value = { list, first: list[0], again: [...list].reverse() };
      const found = back(value);
      expect(found.list.map(of)).toEqual(list.map(of));
      expect(found.list).toEqual(list);
      expect(found.first).toBe(found.list[0]);
      found.again.forEach((each, i) => {
        expect(each).toBe(found.list[list.length - 1 - i]);
      });
    }),
    { numRuns: runs(200) },
  );
});

describe('a file that lies about it', () => {
  const file = (word: unknown, more: (root: H5Group) => void = () => {}): Uint8Array => {
    const made = H5File.open(undefined, 'w');
    made.attrs.set('@h5pickle', 1);
    const point = made.createGroup('point');
    point.attrs.set('@class', 'Point');
    point.attrs.set('@integrity', word as string);
    more(point);
    return made.toBytes();
  };

  it.each(['melted', '', '__proto__', 'constructor', 'toString', 'freeze'])('with the word %j', (word) => {
    expect(() => deserialize(file(word), { registry })).toThrow(
      new RegExp(`^\\$\\.point: an unknown integrity: ${word}$`),
    );
  });

  it('with what is no word', () => {
    expect(() => deserialize(file(5), { registry })).toThrow(/@integrity is no string/);
  });

  it('of a typed array, which cannot be frozen', () => {
    class Samples extends Uint8Array {}
    const types = new TypeRegistry().register(Samples, { name: 'Point' });
    const bytes = file('frozen', (group) => {
      group.createDataset('[[Uint8Array]]', { data: Uint8Array.of(1) });
    });
    expect(() => deserialize(bytes, { registry: types })).toThrow(/^\$\.point: a typed array that is frozen/);
  });
});

describeOracle('h5py', () => {
  it('sees a word beside the class', async () => {
    const frozen = Array.from({ length: 20 }, (_, i) => Object.freeze(new Point(i, i)));
    const file = await h5py(
      serialize({ frozen, one: Object.seal(new Account()), all: [frozen[0], new Point()] }, { registry }),
    );
    expect(attributesOf(groupAt(file, 'frozen'))).toMatchObject({
      '@class': 'Point',
      '@integrity': 'frozen',
    });
    expect(attributesOf(groupAt(file, 'one'))).toMatchObject({
      '@class': 'Account',
      '@version': 3,
      '@integrity': 'sealed',
      balance: 1,
    });
    const mixed = await h5py(
      serialize([Object.freeze(new Point()), new Point(), Object.freeze(new Point())], { registry }),
    );
    expect(mixed.root.kind === 'group' && mixed.root.links.map(({ name }) => name)).toEqual([
      '@kinds',
      'Point',
      'Point-2',
    ]);
  });
});
