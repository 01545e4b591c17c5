import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { deserialize as coreDeserialize, serialize as coreSerialize } from '../../src/index.js';
import {
  deserialize,
  H5Class,
  type H5Readable,
  type H5ReadableClass,
  H5RegistryError,
  type H5Writable,
  h5read,
  h5write,
  serialize,
  TypeRegistry,
  values,
} from '../../src/node.js';
import { attributesOf, datasetAt, describeOracle, groupAt, h5py } from '../oracle/oracles.js';
import { THOROUGH } from '../thoroughness.js';

type Dict = Map<string, unknown>;
type ReadDict = ReadonlyMap<string, unknown>;

/** What writes values that cannot be read. */
const { check: _, ...unchecked } = values;

class Point implements H5Writable {
  readonly #x: number;
  readonly #y: unknown;
  constructor(x: number, y: unknown) {
    this.#x = x;
    this.#y = y;
  }
  get both(): unknown[] {
    return [this.#x, this.#y];
  }
  [h5write](dict: Dict): void {
    dict.set('x', this.#x).set('y', this.#y);
  }
  static [h5read](dict: ReadDict): Point {
    return new Point(dict.get('x') as number, dict.get('y'));
  }
}

class Tree implements H5Writable, H5Readable {
  #children: Tree[] = [];
  #parent: Tree | undefined;
  name = '';
  add(...children: Tree[]): this {
    for (const child of children) child.#parent = this;
    this.#children.push(...children);
    return this;
  }
  get children(): readonly Tree[] {
    return this.#children;
  }
  get parent(): Tree | undefined {
    return this.#parent;
  }
  [h5write](dict: Dict): void {
    dict.set('name', this.name).set('children', this.#children).set('parent', this.#parent);
  }
  [h5read](dict: ReadDict): void {
    this.name = dict.get('name') as string;
    this.#children = dict.get('children') as Tree[];
    this.#parent = dict.get('parent') as Tree;
  }
}

const registry = new TypeRegistry()
  .register(Point, { name: 'Point' })
  .register(Tree, { name: 'Tree', construct: true });
const back = <T>(value: T, types = registry): T =>
  deserialize<T>(serialize(value, { registry: types }), { registry: types });

describe('[h5write] and a static [h5read]', () => {
  it('store what a class says, and make it again of that', () => {
    const shared = { deep: [1] };
    const point = new Point(1.5, shared);
    const many = Array.from({ length: 30 }, (_, i) => new Point(i, i % 3 === 0 ? 'text' : [i]));
    const found = back({
      point,
      again: point,
      shared,
      many,
      mixed: [1, point, null],
      map: new Map([[point, 1]]),
    });
    expect(found.point).toBeInstanceOf(Point);
    expect(found.point.both).toEqual([1.5, shared]);
    expect(found.again).toBe(found.point);
    expect(found.point.both[1]).toBe(found.shared);
    expect(found.many.map(({ both }) => both)).toEqual(many.map(({ both }) => both));
    expect(found.mixed[1]).toBe(found.point);
    expect([...found.map.keys()]).toEqual([found.point]);
    expect(back(new Point(1, 2)).both).toEqual([1, 2]);
  });

  it('say that an instance is a part of its own content', () => {
    const list: unknown[] = [];
    list.push(new Point(1, list));
    const message =
      /\$\.list\[0\]: a Point that is a part of what it.* is made of.*a method \[h5read\] that is not static/;
    expect(() => serialize({ list }, { registry })).toThrow(message);
    const bytes = serialize({ list }, { registry, values: unchecked });
    expect(() => deserialize(bytes, { registry })).toThrow(message);
  });

  it('may be inherited', () => {
    class Base {
      #name: string;
      constructor(name: string) {
        this.#name = name;
      }
      get name(): string {
        return this.#name;
      }
      [h5write](dict: Dict): void {
        dict.set('name', this.#name);
      }
      static [h5read](this: new (name: string) => Base, dict: ReadDict): Base {
        return new this(dict.get('name') as string);
      }
    }
    class Same extends Base {}
    class More extends Base {
      #more: number;
      constructor(name: string, more = 0) {
        super(name);
        this.#more = more;
      }
      get more(): number {
        return this.#more;
      }
      override [h5write](dict: Dict): void {
        super[h5write](dict);
        dict.set('more', this.#more);
      }
      static override [h5read](dict: ReadDict): More {
        return new More(dict.get('name') as string, dict.get('more') as number);
      }
    }
    class Wrong extends Base {
      static override [h5read](): Base {
        return new Base('wrong');
      }
    }
    const types = new TypeRegistry()
      .register(Base, { name: 'Base' })
      .register(Same, { name: 'Same' })
      .register(More, { name: 'More' })
      .register(Wrong, { name: 'Wrong' });
    const found = back([new Base('a'), new Same('b'), new More('c', 3)] as const, types);
    expect(found.map((each) => each.constructor.name)).toEqual(['Base', 'Same', 'More']);
    expect(found.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(found[2].more).toBe(3);
    expect(() => back([new Wrong('d')], types)).toThrow(
      /\$\[0\]: the static \[h5read\] of class Wrong returned no instance of it/,
    );
  });

  it('says at once what is stored', () => {
    class Late {
      async [h5write](dict: Dict): Promise<void> {
        await null;
        dict.set('x', 1);
      }
    }
    const types = new TypeRegistry().register(Late, { name: 'Late' });
    expect(() => serialize([{ late: new Late() }], { registry: types })).toThrow(
      /\$\[0\]\.late: \[h5write\] of class Late is async/,
    );
  });
});

it('what is read is there at once', () => {
  class Late {
    x = 1;
    [h5write](dict: Dict): void {
      dict.set('x', this.x);
    }
    async [h5read](_: ReadDict): Promise<void> {
      throw new Error('later');
    }
  }
  class Coded {
    x = 1;
    // biome-ignore lint/suspicious/noThenProperty: a value may have it.
    then(): void {}
  }
  const late = async (): Promise<never> => {
    throw new Error('later');
  };
  const encode = ({ x }: Coded) => ({ x });
  const codec = (how: object) => new TypeRegistry().codec(Coded, { name: 'Coded', encode, ...how } as never);
  const fill = (value: Coded, content: object) => Object.assign(value, content);
  for (const [value, types, what] of [
    [
      new Late(),
      new TypeRegistry().register(Late, { name: 'Late' }),
      /\$\[0\]\.a: \[h5read\] of class Late is async/,
    ],
    [new Coded(), codec({ decode: late }), /\$\[0\]\.a: decode of Coded is async/],
    [new Coded(), codec({ create: () => new Coded(), fill: late }), /\$\[0\]\.a: fill of Coded is async/],
  ] as const) {
    const bytes = serialize([{ a: value }, { b: 1 }], { registry: types });
    expect(() => deserialize(bytes, { registry: types })).toThrow(what);
  }
  const plain = serialize({ x: 2 });
  expect(() => deserialize(plain, { registry: codec({ decode: late }), as: Coded })).toThrow(
    /decode of Coded is async/,
  );
  const filled = codec({ create: () => new Coded(), fill });
  expect(deserialize(plain, { registry: filled, as: Coded }).x).toBe(2);
  expect(
    deserialize<Coded[]>(serialize([new Coded()], { registry: filled }), { registry: filled })[0]?.x,
  ).toBe(1);
});

describe('many of them in each other', () => {
  class Made {
    readonly left: unknown;
    constructor(left: unknown) {
      this.left = left;
    }
    [h5write](dict: Dict): void {
      dict.set('left', this.left);
    }
    static [h5read](dict: ReadDict): Made {
      return new Made(dict.get('left'));
    }
  }
  class Filled {
    left: unknown = null;
    [h5write](dict: Dict): void {
      dict.set('left', this.left);
    }
    [h5read](dict: ReadDict): void {
      this.left = dict.get('left');
    }
  }
  const registry = new TypeRegistry().register(Made, { name: 'Made' }).register(Filled, { name: 'Filled' });
  const depthOf = (value: unknown): number => {
    let depth = 0;
    for (let each = value as Made | null; each; each = each.left as Made | null) depth++;
    return depth;
  };

  it('are read where a static method makes them', () => {
    for (const depth of [500, 501, 20_000]) {
      let value: Made | null = null;
      for (let i = 0; i < depth; i++) value = new Made(value);
      expect(depthOf(deserialize(serialize(value, { registry }), { registry }))).toBe(depth);
    }
  });

  it('and where a method fills them, as many as there are', () => {
    let value = new Filled();
    for (let i = 1; i < 20_000; i++) value = Object.assign(new Filled(), { left: value });
    expect(depthOf(deserialize(serialize(value, { registry }), { registry }))).toBe(20_000);
  });
});

describe('[h5write] and a method [h5read]', () => {
  it('bring cycles back', () => {
    const leaf = Object.assign(new Tree(), { name: 'leaf' });
    const root = Object.assign(new Tree(), { name: 'root' }).add(new Tree().add(leaf), new Tree());
    const found = back({ root, leaf, all: [leaf, root] });
    expect(found.leaf.parent?.parent).toBe(found.root);
    expect(found.root.children[0]?.children[0]).toBe(found.leaf);
    expect(found.root.children[0]?.parent).toBe(found.root);
    expect(found.all).toEqual([found.leaf, found.root]);
    const chain = Array.from({ length: 5000 }, (_, i) => Object.assign(new Tree(), { name: `number ${i}` }));
    chain.forEach((each, i) => {
      if (i > 0) chain[i - 1]?.add(each);
    });
    const first = back(chain[0] as Tree);
    let depth = 0;
    for (let at: Tree | undefined = first; at; at = at.children[0]) depth++;
    expect(depth).toBe(5000);
  });

  it('may call that of the base class', () => {
    class Named extends Tree {
      #tags = new Set<string>();
      tag(tag: string): this {
        this.#tags.add(tag);
        return this;
      }
      get tags(): string[] {
        return [...this.#tags];
      }
      override [h5write](dict: Dict): void {
        dict.set('tags', this.#tags);
        super[h5write](dict);
      }
      override [h5read](dict: ReadDict): void {
        super[h5read](dict);
        this.#tags = dict.get('tags') as Set<string>;
        // All of the content is there.
        expect(this.children.every((child) => child.parent === this)).toBe(true);
      }
    }
    const types = registry.extend().register(Named, { name: 'Named', construct: true });
    const tree = new Named().tag('a').tag('b').add(new Named().tag('c'), new Tree());
    const found = back(tree, types);
    expect(found.tags).toEqual(['a', 'b']);
    expect((found.children[0] as Named).tags).toEqual(['c']);
    expect(found.children[1]?.constructor).toBe(Tree);
  });

  it('need an instance that the constructor has made, for #private fields', () => {
    const types = new TypeRegistry().register(Tree, { name: 'Tree' });
    expect(() => back(new Tree(), types)).toThrow(/\$: the value of class Tree cannot be read: .*private/);
  });
});

it('one without the other is as for pickle: the content is that of the fields', () => {
  class Half {
    kept = 1;
    dropped = 2;
    [h5write](dict: Dict): void {
      dict.set('kept', this.kept + 1);
    }
  }
  class OtherHalf {
    a = 1;
    b = 'x';
    total = '';
    [h5read](dict: ReadDict): void {
      this.total = [...dict].join(' ');
    }
  }
  const types = new TypeRegistry()
    .register(Half, { name: 'Half' })
    .register(OtherHalf, { name: 'OtherHalf', fields: ['b', { property: 'a', name: 'alpha' }] });
  expect({ ...back(new Half(), types) }).toEqual({ kept: 2 });
  expect({ ...back(new OtherHalf(), types) }).toEqual({ total: 'b,x alpha,1' });
  expect(
    back(
      [1, 2].map(() => new Half()),
      types,
    )[1],
  ).toEqual(Object.assign(Object.create(Half.prototype), { kept: 2 }));
});

describe('the dict', () => {
  class Bag {
    readonly dict: ReadDict;
    constructor(dict: ReadDict) {
      this.dict = dict;
    }
    [h5write](dict: Dict): void {
      for (const [key, value] of this.dict) dict.set(key, value);
    }
    static [h5read](dict: ReadDict): Bag {
      return new Bag(dict);
    }
  }
  const types = new TypeRegistry().register(Bag, { name: 'Bag' });
  const bag = (...entries: [string, unknown][]) => new Bag(new Map(entries));

  it('is a Map that keeps any keys in any order', () => {
    const names = [
      'b',
      '10',
      '9',
      '',
      '__proto__',
      'constructor',
      '@type',
      'a/b',
      '[[entries]]',
      '\ud800',
      'a',
      '0',
    ];
    const found = back(bag(...names.map((name, i): [string, unknown] => [name, i])), types);
    expect(found.dict).toBeInstanceOf(Map);
    expect([...found.dict]).toEqual(names.map((name, i) => [name, i]));
    expect([...back(bag(['[[entries]]', new Map([['x', 1]])]), types).dict]).toEqual([
      ['[[entries]]', new Map([['x', 1]])],
    ]);
    expect([...back(bag(), types).dict]).toEqual([]);
  });

  it('of any graph comes back', () => {
    const key = fc.oneof(
      fc.constantFrom('a', 'b', '1', '2', '__proto__', '[[entries]]', '@class'),
      fc.string(),
    );
    const entries = fc.uniqueArray(
      fc.tuple(key, fc.oneof(fc.integer(), fc.string(), fc.array(fc.boolean()))),
      {
        selector: ([name]) => name,
        maxLength: 6,
      },
    );
    fc.assert(
      fc.property(fc.array(entries, { maxLength: 20 }), (all) => {
        const bags = all.map((each) => bag(...each));
        const found = back({ bags, one: bags[0] }, types);
        expect(found.bags.map(({ dict }) => [...dict])).toEqual(all);
        expect(found.one).toBe(found.bags[0]);
      }),
      { numRuns: THOROUGH ? 300 : 15 },
    );
  });

  it('of more than a thousand keys comes back', () => {
    const entries = Array.from({ length: 1500 }, (_, i): [string, unknown] => [`key ${i}`, i]);
    expect([...back({ a: bag(...entries) }, types).a.dict]).toEqual(entries);
  });

  it('takes strings as keys only', () => {
    const wrong = bag([1 as unknown as string, 2]);
    expect(() => serialize({ wrong }, { registry: types })).toThrow(
      /\$\.wrong: \[h5write\] of class Bag has set a key that is no string/,
    );
  });

  it('is a Map for the compiler too, whose values are not known', () => {
    expectTypeOf<H5ReadableClass<Point>[typeof h5read]>().returns.toEqualTypeOf<Point>();
    expectTypeOf<Parameters<H5Writable[typeof h5write]>[0]>().toEqualTypeOf<Map<string, unknown>>();
    const readable: H5ReadableClass<Point> = Point;
    expect(readable).toBe(Point);
    // @ts-expect-error: a Tree has no static [h5read]
    const not: H5ReadableClass<Tree> = Tree;
    expect(not).toBe(Tree);
  });
});

describe('with what else a class may have', () => {
  it('extends a type of the language: what that holds is stored besides', () => {
    class Tags extends Set<string> {
      #color = 'red';
      paint(color: string): this {
        this.#color = color;
        return this;
      }
      get color(): string {
        return this.#color;
      }
      [h5write](dict: Dict): void {
        dict.set('color', this.#color);
      }
      [h5read](dict: ReadDict): void {
        expect([...dict.keys()]).toEqual(['color']);
        expect(this.size).toBe(2);
        this.#color = dict.get('color') as string;
      }
    }
    class Index extends Map<string, number> {
      readonly made: string;
      constructor(made: string) {
        super();
        this.made = made;
      }
      [h5write](dict: Dict): void {
        dict.set('7', this.made);
      }
      static [h5read](dict: ReadDict): Index {
        expect([...dict.keys()]).toEqual(['7', '[[Map]]']);
        return new Index(String(dict.get('7')));
      }
    }
    class Failure extends Error {
      #code = 0;
      constructor(message?: string, code = 0) {
        super(message);
        this.#code = code;
      }
      get code(): number {
        return this.#code;
      }
      [h5write](dict: Dict): void {
        dict.set('code', this.#code);
      }
      [h5read](dict: ReadDict): void {
        this.#code = dict.get('code') as number;
      }
    }
    class Samples extends Float64Array {
      #rate = 1;
      at100(): this {
        this.#rate = 100;
        return this;
      }
      get rate(): number {
        return this.#rate;
      }
      [h5write](dict: Dict): void {
        dict.set('rate', this.#rate);
      }
      static [h5read](dict: ReadDict): Samples {
        const samples = new Samples(dict.get('[[Float64Array]]') as Float64Array);
        samples.#rate = dict.get('rate') as number;
        return samples;
      }
    }
    const types = new TypeRegistry()
      .register(Tags, { name: 'Tags', construct: true })
      .register(Index, { name: 'Index' })
      .register(Failure, { name: 'Failure', construct: true })
      .register(Samples, { name: 'Samples' });
    const tags = new Tags(['a', 'b']).paint('blue');
    const index = new Index('by hand').set('one', 1) as Index;
    const failure = new Failure('broken', 42);
    const found = back({ tags, index, failure, samples: new Samples([1, 2]).at100() }, types);
    expect([found.tags.color, ...found.tags]).toEqual(['blue', 'a', 'b']);
    expect(found.index).toBeInstanceOf(Index);
    expect([found.index.made, ...found.index]).toEqual(['by hand', ['one', 1]]);
    expect([found.failure.message, found.failure.code, found.failure.stack]).toEqual([
      'broken',
      42,
      failure.stack,
    ]);
    expect([found.samples.rate, ...found.samples]).toEqual([100, 1, 2]);
  });

  it('is told with `afterRead`, and may migrate', () => {
    class Old {
      [h5write](dict: Dict): void {
        dict.set('3', 'three').set('name', 'old');
      }
    }
    const bytes = serialize([new Old(), new Old()], {
      registry: new TypeRegistry().register(Old, { name: 'Thing' }),
    });
    const seen: unknown[] = [];
    class Thing {
      readonly #title: unknown;
      constructor(title: unknown) {
        this.#title = title;
      }
      get title(): unknown {
        return this.#title;
      }
      static [h5read](dict: ReadDict): Thing {
        return new Thing(dict.get('title'));
      }
    }
    const types = new TypeRegistry().register(Thing, {
      name: 'Thing',
      version: 1,
      migrate: (content) => ({ title: `${content['3'] ?? ''} ${content['name'] ?? ''}` }),
      afterRead: (thing) => seen.push(thing.title),
    });
    const found = deserialize<Thing[]>(bytes, { registry: types });
    expect(found.map(({ title }) => title)).toEqual(['three old', 'three old']);
    expect(seen.length).toBe(2);
  });

  it('is decorated', () => {
    const types = new TypeRegistry();
    @H5Class('Secret', { registry: types })
    class Secret {
      #secret: string;
      constructor(secret: string) {
        this.#secret = secret;
      }
      reveal(): string {
        return this.#secret;
      }
      [h5write](dict: Dict): void {
        dict.set('secret', this.#secret);
      }
      static [h5read](dict: ReadDict): Secret {
        return new Secret(dict.get('secret') as string);
      }
    }
    expect(back({ a: new Secret('x') }, types).a.reveal()).toBe('x');
  });

  it('cannot have [h5read] twice', () => {
    class Twice {
      [h5read](): void {}
      static [h5read](): Twice {
        return new Twice();
      }
    }
    const types = new TypeRegistry().register(Twice, { name: 'Twice' });
    expect(() => serialize(new Twice(), { registry: types })).toThrow(H5RegistryError);
    expect(() => serialize(new Twice(), { registry: types })).toThrow(
      /class Twice has \[h5read\] both as a static method and as one of its instances/,
    );
    // The nearest one counts.
    class Once extends Tree {
      static [h5read](): Once {
        return new Once();
      }
    }
    const once = new TypeRegistry().register(Once, { name: 'Once' });
    expect(back(Object.assign(new Once(), { name: 'lost' }), once).name).toBe('');
  });

  it('needs what knows these things', () => {
    expect(() => coreSerialize(new Point(1, 2), { registry })).toThrow(
      /class Point is not stored without the option/,
    );
    const bytes = serialize(new Point(1, 2), { registry });
    expect(() => coreDeserialize(bytes, { registry })).toThrow(/class Point is not read without the option/);
  });
});

it('a file that has something else in the place of the content', () => {
  class Bag {
    [h5write](dict: Dict): void {
      dict.set('1', 1);
    }
    [h5read](): void {}
  }
  const types = new TypeRegistry().register(Bag, { name: 'Bag' });
  class Fake {}
  const fake = new TypeRegistry().register(Fake, { name: 'Bag' });
  for (const entries of [1, null, [1], 'text']) {
    const bytes = serialize([Object.assign(new Fake(), { '[[entries]]': entries })], { registry: fake });
    expect(() => deserialize(bytes, { registry: types })).toThrow(
      /\$\[0\]: an instance of class Bag has no Map as its \[\[entries\]\]/,
    );
  }
});

describeOracle('h5py', () => {
  it('sees the names that a class gives', async () => {
    const points = Array.from({ length: 20 }, (_, i) => new Point(i, `point ${i}`));
    const bytes = serialize({ points, one: new Point(2.5, true) }, { registry });
    const file = await h5py(bytes);
    expect(attributesOf(groupAt(file, 'one'))).toMatchObject({ '@class': 'Point', x: 2.5, y: true });
    expect(attributesOf(groupAt(file, 'points'))).toMatchObject({
      '@class': 'Point',
      '@encoding': 'records',
    });
    expect(datasetAt(file, 'points/x').value).toEqual(points.map((_, i) => i));
    expect((datasetAt(file, 'points/y').value as string[])[3]).toBe('point 3');
  });
});
