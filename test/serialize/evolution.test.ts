import { describe, expect, it, test } from 'vitest';
import { deserialize as coreDeserialize } from '../../src/index.js';
import {
  type Class,
  deserialize,
  H5Class,
  H5Field,
  H5File,
  H5RegistryError,
  H5UnknownClassError,
  type RegisterOptions,
  serialize,
  TypeRegistry,
  UnknownInstance,
  unknownClassOf,
} from '../../src/node.js';

/** A program with one class: the same program at another time has another one. */
const program = <T extends object>(cls: Class<T>, options: RegisterOptions<T>) =>
  new TypeRegistry().register(cls, options);

class OldPoint {
  x = 1;
  y = 2;
  colour = 'red';
}
const oldProgram = program(OldPoint, { name: 'Point', version: 1 });
const old = (value: unknown) => serialize(value, { registry: oldProgram });

class Point {
  x = 0;
  y = 0;
  z?: number;
  color?: string;
  log: string[] = [];
}

describe('a class that has changed', () => {
  const written = { one: new OldPoint(), many: Array.from({ length: 20 }, () => new OldPoint()) };
  const read = (registry: TypeRegistry) =>
    deserialize<{ one: Point; many: Point[] }>(old(written), { registry });

  it('reads what it was called before', () => {
    const found = read(program(Point, { name: 'geometry.Point', aliases: ['shape.Point', 'Point'] }));
    expect(found.one).toBeInstanceOf(Point);
    expect(found.many[19]).toBeInstanceOf(Point);
    // It is written under the new name.
    const registry = program(Point, { name: 'geometry.Point', aliases: ['Point'] });
    expect(Buffer.from(serialize(found, { registry })).includes('geometry.Point')).toBe(true);
    expect(registry.names()).toEqual(['geometry.Point']);
  });

  it('reads fields that were called otherwise', () => {
    const fields = ['x', 'y', { property: 'color', aliases: ['tint', 'colour'] }];
    const found = read(program(Point, { name: 'Point', fields }));
    for (const point of [found.one, found.many[7]]) {
      expect(point).toMatchObject({ x: 1, y: 2, color: 'red' });
      expect(Object.keys(point as Point)).not.toContain('colour');
    }
  });

  it('gives what is missing a value, of its own each', () => {
    const fields = ['x', 'y', { property: 'z', default: 7 }, { property: 'log', default: () => ['new'] }];
    const found = read(program(Point, { name: 'Point', fields }));
    expect(found.one).toMatchObject({ x: 1, z: 7, log: ['new'] });
    expect(found.many[0]?.log).toEqual(['new']);
    expect(found.many[0]?.log).not.toBe(found.many[1]?.log);
    // What is there is not replaced, be it undefined.
    const registry = program(Point, { name: 'Point', fields });
    const point = Object.assign(new Point(), { z: undefined });
    expect(deserialize<Point>(serialize(point, { registry }), { registry }).z).toBe(undefined);
  });

  it('misses what is required', () => {
    const registry = program(Point, { name: 'Point', fields: ['x', { property: 'z', required: true }] });
    expect(() => read(registry)).toThrow(
      /an instance of class Point in the file has no "z", which is required/,
    );
    const whole = Object.assign(new Point(), { z: 3 });
    expect(deserialize<Point>(serialize(whole, { registry }), { registry }).z).toBe(3);
  });

  it('migrates what an older version has written', () => {
    const versions: number[] = [];
    const registry = program(Point, {
      name: 'Point',
      version: 3,
      migrate: ({ colour, ...rest }, from) => {
        versions.push(from);
        return { ...rest, color: colour, z: 0 };
      },
    });
    const found = read(registry);
    expect(found.one).toMatchObject({ x: 1, y: 2, z: 0, color: 'red' });
    expect(found.many[12]).toMatchObject({ x: 1, y: 2, z: 0, color: 'red' });
    expect(found.one).toBeInstanceOf(Point);
    expect(versions.length).toBe(21);
    expect(new Set(versions)).toEqual(new Set([1]));
    // Its own version it takes as it is.
    deserialize(serialize(found, { registry }), { registry });
    expect(versions.length).toBe(21);
    const bad = program(Point, { name: 'Point', version: 2, migrate: () => 1 as unknown as object });
    expect(() => read(bad)).toThrow(/`migrate` of class Point returned no object/);
    const wrong = (migrate: () => object) => () =>
      read(program(Point, { name: 'Point', version: 2, migrate }));
    expect(wrong(async () => ({ x: 1 }))).toThrow(/`migrate` of class Point returned .* of type Promise/);
    expect(wrong(() => new Map([['x', 1]]))).toThrow(/of type Map/);
    expect(wrong(() => [1, 2])).toThrow(/of type Array/);
  });

  it('is told when an instance is complete, what is within it first', () => {
    class Node {
      name = '';
      children: Node[] = [];
      parent?: Node;
      order?: number;
    }
    const seen: string[] = [];
    const registry = program(Node, {
      name: 'Node',
      afterRead: (node) => {
        // All of it is there by now.
        expect(node.children.every((child) => child.parent === node && child.name !== '')).toBe(true);
        seen.push(node.name);
      },
    });
    const make = (name: string, ...children: Node[]): Node => {
      const node = Object.assign(new Node(), { name, children });
      for (const child of children) child.parent = node;
      return node;
    };
    const tree = make('root', make('a', make('a1')), make('b'));
    const found = deserialize<Node>(serialize(tree, { registry }), { registry });
    expect(seen.sort()).toEqual(['a', 'a1', 'b', 'root']);
    expect(found.children[0]?.children[0]?.parent?.parent).toBe(found);
  });

  it('may extend a type of the language as well', () => {
    class OldBag extends Map<string, number> {
      label = 'old';
    }
    class Bag extends Map<string, number> {
      title = '';
      total = 0;
    }
    const bytes = serialize(Object.assign(new OldBag([['a', 1]]), {}), {
      registry: program(OldBag, { name: 'Bag' }),
    });
    const registry = program(Bag, {
      name: 'Bag',
      version: 2,
      migrate: ({ label, ...rest }) => ({ ...rest, title: label }),
      afterRead: (bag) => {
        bag.total = bag.size;
      },
    });
    const found = deserialize<Bag>(bytes, { registry });
    expect([found.get('a'), found.title, found.total]).toEqual([1, 'old', 1]);
  });

  it('is decorated with the same', () => {
    const registry = new TypeRegistry();
    let after = 0;
    @H5Class('Point', {
      registry,
      version: 2,
      aliases: ['Dot'],
      migrate: (content) => ({ ...content, y: 5 }),
      afterRead: () => after++,
    })
    class Decorated {
      @H5Field({ name: 'x' }) across = 0;
      @H5Field({ default: () => 9 }) depth = 0;
      @H5Field({ aliases: ['colour'], required: true }) color = '';
      y = 0;
    }
    const found = deserialize<Decorated>(old(new OldPoint()), { registry });
    expect(found).toBeInstanceOf(Decorated);
    expect({ ...found }).toEqual({ across: 1, y: 5, color: 'red', depth: 9 });
    expect(after).toBe(1);
  });

  it('is not waited for after it was read', async () => {
    const unhandled: unknown[] = [];
    const listen = (error: unknown) => void unhandled.push(error);
    process.on('unhandledRejection', listen);
    const bytes = old(new OldPoint());
    for (const afterRead of [
      async () => {
        await null;
        throw new Error('too late');
      },
      () => Promise.resolve(),
    ]) {
      const registry = program(Point, { name: 'Point', version: 3, afterRead });
      expect(() => deserialize(bytes, { registry })).toThrow(/^\$: afterRead of class Point is async/);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
  });

  it('has no default that all instances would share', () => {
    const withDefault = (value: unknown) => () =>
      program(Point, { name: 'Point', fields: ['x', { property: 'tags', default: value }] });
    expect(withDefault([])).toThrow(
      /property "tags" of class Point has a default that all instances would share; give a function/,
    );
    expect(withDefault(new Date(0))).toThrow(H5RegistryError);
    for (const value of [null, 'red', Object.freeze(['red']), () => []])
      expect(withDefault(value)).not.toThrow();
  });

  it('migrates a newer version, or refuses it', () => {
    const bytes = serialize(new OldPoint(), { registry: program(OldPoint, { name: 'Point', version: 3 }) });
    const registry = program(Point, {
      name: 'Point',
      version: 2,
      migrate: (content, fromVersion) => {
        if (fromVersion > 2) throw new Error(`version ${fromVersion} is newer than this program`);
        return content;
      },
    });
    expect(() => deserialize(bytes, { registry })).toThrow(/version 3 is newer than this program/);
  });

  it('needs what knows these things', () => {
    const bytes = old(new OldPoint());
    const registry = program(Point, { name: 'Point', version: 2, migrate: (content) => content });
    expect(() => coreDeserialize(bytes, { registry })).toThrow(H5RegistryError);
    expect(() => coreDeserialize(bytes, { registry })).toThrow(/is not read without the option \{ values \}/);
  });

  it('cannot have names that others have', () => {
    const registry = program(Point, { name: 'A', aliases: ['B'] });
    expect(() => registry.register(OldPoint, { name: 'B' })).toThrow(/belongs to class Point already/);
    expect(() => registry.register(OldPoint, { name: 'C', aliases: ['A'] })).toThrow(
      /the alias "A" of class OldPoint is the name of a class already/,
    );
    expect(() => program(Point, { name: 'A', aliases: ['A'] })).toThrow(H5RegistryError);
    expect(() => program(Point, { name: 'A', fields: ['x', { property: 'y', aliases: ['x'] }] })).toThrow(
      /is stored under the name "x", as is "x"/,
    );
    registry.register(OldPoint, { name: 'D' });
    expect(registry.names()).toEqual(['A', 'D']);
  });
});

describe('a class that nobody has registered', () => {
  const registry = program(OldPoint, { name: 'geo.Point', version: 4 });
  const value = {
    one: new OldPoint(),
    many: Array.from({ length: 20 }, (_, i) => Object.assign(new OldPoint(), { x: i })),
    mixed: [1, new OldPoint(), 'x'],
  };
  (value.one as { self?: unknown }).self = value.one;
  const bytes = serialize(value, { registry });
  const none = new TypeRegistry();

  it('is an error, unless told otherwise', () => {
    expect(() => deserialize(bytes, { registry: none })).toThrow(H5UnknownClassError);
    expect(() => deserialize(bytes, { registry: none, unknownClass: 'error' })).toThrow(/"geo.Point"/);
    expect(() => coreDeserialize(bytes, { registry: none, unknownClass: 'keep' })).toThrow(
      H5UnknownClassError,
    );
  });

  it('is kept, and written again as it was', () => {
    const found = deserialize<typeof value>(bytes, { registry: none, unknownClass: 'keep' });
    expect(found.one).toBeInstanceOf(UnknownInstance);
    expect(found.one).not.toBeInstanceOf(OldPoint);
    expect(unknownClassOf(found.one)).toMatchObject({ name: 'geo.Point', version: 4 });
    expect(unknownClassOf({})).toBeUndefined();
    expect(Object.keys(found.one)).toEqual(['x', 'y', 'colour', 'self']);
    expect(found.many[7]).toMatchObject({ x: 7, y: 2 });
    expect(serialize(found, { registry: none })).toEqual(bytes);
    // With the class at hand it is one again.
    expect(deserialize<typeof value>(serialize(found), { registry }).many[7]).toBeInstanceOf(OldPoint);
  });

  it('keeps what a codec or a base has made of it', () => {
    class Tags extends Set<string> {
      label = 'tags';
    }
    const known = new TypeRegistry().register(Tags, { name: 'Tags' });
    const tags = serialize({ tags: new Tags(['a', 'b']) }, { registry: known });
    const kept = deserialize(tags, { registry: none, unknownClass: 'keep' });
    expect(serialize(kept, { registry: none })).toEqual(tags);
    expect([...deserialize<{ tags: Tags }>(serialize(kept), { registry: known }).tags]).toEqual(['a', 'b']);
  });

  it('keeps how its class has stored its fields', () => {
    class Track {
      [field: string]: unknown;
    }
    const fields = [
      { property: 'f4', dtype: 'f4' },
      { property: 'f8', dtype: 'f8' },
      { property: 'i8', dtype: 'i8' },
      { property: 'u2', dtype: 'u2' },
      { property: 'S8', dtype: 'S8' },
      { property: 'list', dtype: 'f4', shape: [-1, 2] },
      { property: 'typed', dtype: '>f4' },
      { property: 'own', shape: [-1, 2] },
      'plain',
    ] as const;
    const tracks = program(Track, { name: 'Track', fields });
    const make = (entries: Record<string, unknown>) => Object.assign(new Track(), entries);
    const scalars = (i: number) => ({ f4: i / 2, f8: i, i8: i + 2 ** 40, u2: i, S8: `s${i}`, plain: i / 4 });
    const lists = (length: number) => ({
      f4: new Array(length).fill(0.5),
      f8: [1, 2],
      i8: [1, null],
      S8: ['a', 'b'],
      list: new Array(length).fill(1),
      typed: Float64Array.of(1, 2),
      own: Float64Array.of(1, 2),
      plain: [0.5, 1],
    });
    const range = (make: (i: number) => Track) => Array.from({ length: 20 }, (_, i) => make(i));
    for (const value of [
      { scalars: make(scalars(1)), lists: make(lists(4)), nothing: make({ f4: null, list: [] }) },
      range((i) => make(scalars(i))),
      range(() => make(lists(2))),
      range((i) => make(lists(2 + 2 * (i % 2)))),
      range((i) => make({ f4: i % 2 ? i : [i], S8: i % 3 ? 'text' : null })),
      range((i) => make(i % 2 ? scalars(i) : lists(2))),
      // Lists of lists, of several lengths on each level.
      range((i) =>
        make({ i8: [new Array(i % 3).fill(1), [2]], f4: [[[0.5], []], new Array(i % 2).fill([])] }),
      ),
    ]) {
      const stored = serialize(value, { registry: tracks });
      const kept = deserialize(stored, { registry: none, unknownClass: 'keep' });
      expect(serialize(kept, { registry: none })).toEqual(stored);
    }
    const whole = { one: make(scalars(1)) };
    const kept = deserialize<typeof whole>(serialize(whole, { registry: tracks }), {
      registry: none,
      unknownClass: 'keep',
    });
    kept.one['u2'] = 70_000;
    expect(() => serialize(kept, { registry: none })).toThrow(
      /\$\.one\.u2: the number 70000 cannot be stored/,
    );
  });

  it.each(['keep', 'object'] as const)('may be a value that is stored by its name: %s', (unknownClass) => {
    const dark = { name: 'dark' };
    const open = Symbol('open');
    const save = () => 'saved';
    class Shown {
      theme: unknown = dark;
    }
    const all = program(Shown, { name: 'Shown' })
      .registerValue('theme.dark', dark)
      .registerValue('handlers.save', save)
      .registerSymbol('status.open', open);
    const named = {
      dark,
      list: [dark, save, open, Shown, Symbol.iterator, Symbol.for('mine')],
      rows: [{ id: 1, at: open }, { id: 2, at: save }, { id: 3 }],
      map: new Map<unknown, unknown>([
        [save, dark],
        [dark, 1],
        ['x', new Set([open, Shown])],
      ]),
      shown: [new Shown(), new Shown()],
    };
    const stored = serialize(named, { registry: all });
    expect(() => deserialize(stored, { registry: none })).toThrow(H5UnknownClassError);
    const kept = deserialize<typeof named>(stored, { registry: none, unknownClass });
    expect(kept.dark).toBe(Symbol.for('h5pickle.unknown theme.dark'));
    expect(kept.list.slice(4)).toEqual([Symbol.iterator, Symbol.for('mine')]);
    const again = deserialize<typeof named>(serialize(kept, { registry: none }), {
      registry: all,
      unknownClass: 'error',
    });
    if (unknownClass === 'keep') expect(again).toStrictEqual(named);
    expect(again.list).toStrictEqual(named.list);
    expect(again.map).toStrictEqual(named.map);
    expect(again.shown[0]?.theme).toBe(dark);
  });

  it('is a plain object on request', () => {
    const found = deserialize<typeof value>(bytes, { registry: none, unknownClass: 'object' });
    expect(Object.getPrototypeOf(found.one)).toBe(Object.prototype);
    expect(found.many[7]).toEqual({ x: 7, y: 2, colour: 'red' });
  });

  test('cannot be given a name that pollutes anything', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const odd = serialize(new OldPoint(), { registry: program(OldPoint, { name }) });
      const found = deserialize<object>(odd, { registry: none, unknownClass: 'keep' });
      expect(unknownClassOf(found)?.name).toBe(name);
      expect(serialize(found)).toEqual(odd);
    }
    expect(({} as { x?: number }).x).toBeUndefined();
  });
});

it('keeps strings of any length in the columns of an unknown class', () => {
  class Named {
    name: string;
    constructor(name: string) {
      this.name = name;
    }
  }
  const fields = [{ property: 'name', dtype: 'str' }] as const;
  const named = new TypeRegistry().register(Named, { name: 'Named', fields });
  const bytes = serialize({ list: [new Named('a'), new Named('b')] }, { registry: named });
  const again = serialize(deserialize(bytes, { unknownClass: 'keep' }));
  for (const each of [bytes, again]) expect(H5File.open(each).dataset('list/name').dtype).toBe('str');
  expect(deserialize(again, { registry: named })).toEqual({ list: [new Named('a'), new Named('b')] });
});
