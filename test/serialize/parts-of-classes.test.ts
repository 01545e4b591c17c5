import { describe, expect, it } from 'vitest';
import {
  deserialize,
  H5File,
  H5PathError,
  h5read,
  h5write,
  indexes,
  readSync,
  serialize,
  TypeRegistry,
  writeSync,
} from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';

// Parts are read and written through instances whose class has a say in what is stored.

type Dict = Map<string, unknown>;
type ReadDict = ReadonlyMap<string, unknown>;

const ID = Symbol('id');

/** Says what is stored; `log` has a setter, `sum` has none. */
class Account {
  #balance: number;
  #log: unknown;
  constructor(balance: number, log: unknown = []) {
    this.#balance = balance;
    this.#log = log;
  }
  get sum(): number {
    return this.#balance;
  }
  get log(): unknown {
    return this.#log;
  }
  set log(log: unknown) {
    this.#log = log;
  }
  [h5write](dict: Dict): void {
    dict.set('balance', this.#balance).set('log', this.#log);
  }
  static [h5read](dict: ReadDict): Account {
    return new Account(dict.get('balance') as number, dict.get('log'));
  }
}

/** The same, filled. */
class Tree {
  #children: unknown[] = [];
  name = '';
  get children(): unknown[] {
    return this.#children;
  }
  [h5write](dict: Dict): void {
    dict.set('name', this.name).set('children', this.#children);
  }
  [h5read](dict: ReadDict): void {
    this.name = dict.get('name') as string;
    this.#children = dict.get('children') as unknown[];
  }
}

class Item {
  price = 0;
  tags: string[] = [];
  twice(): number {
    return this.price * 2;
  }
}
class Cart {
  items: unknown;
  first: unknown;
  [ID] = 0;
}
class Point {
  x: unknown;
  y: unknown;
  constructor(x: unknown, y: unknown) {
    this.x = x;
    this.y = y;
  }
}
class Loud {
  n = 0;
}

const registry = new TypeRegistry()
  .register(Account, { name: 'Account' })
  .register(Tree, { name: 'Tree', construct: true })
  .register(Item, { name: 'Item' })
  .register(Cart, {
    name: 'Cart',
    fields: [
      { property: 'items', as: () => Item },
      { property: 'first', as: () => Item },
      { property: ID, name: 'id' },
    ],
  })
  .register(Point, { name: 'Point' })
  .register(Loud, {
    name: 'Loud',
    afterRead: ({ n }) => {
      if (n === 13) throw new RangeError('too loud');
    },
  });

const item = (price: number): Item => Object.assign(new Item(), { price });
const make = () => {
  const tree = new Tree();
  tree.name = 'root';
  tree.children.push(tree, { leaf: [1, 2] });
  return {
    account: new Account(5, [{ at: 'noon' }]),
    accounts: Array.from({ length: 20 }, (_, i) => new Account(i, [i])),
    tree,
    cart: Object.assign(new Cart(), { items: [item(1), item(2)], first: item(3), [ID]: 7 }),
    frozen: Object.freeze(new Point(1, { deep: new Float64Array(5000) })),
    points: Array.from({ length: 20 }, (_, i) => Object.freeze(new Point(i, i * 2))),
    mixed: [Object.freeze(new Point(1, 2)), new Point(3, 4), Object.seal(new Point(5, 6)), null],
    sealed: Object.seal(new Point(1, new Float64Array(5000))),
    loud: { a: [new Loud(), Object.assign(new Loud(), { n: 13 })], b: new Loud() },
  };
};
const bytes = serialize(make(), { registry });
const part = <T = unknown>(path: string): T => readSync<T>(bytes, { registry, path });

describe('a part that is read', () => {
  it('is that of an instance whose class says what is stored', () => {
    expect(part('account/sum')).toBe(5);
    expect(part('account/log/0/at')).toBe('noon');
    expect(part<Account>('account')).toBeInstanceOf(Account);
    expect(part<Account>('accounts/17').sum).toBe(17);
    expect(part('accounts/17/log')).toEqual([17]);
    expect(part<Account[]>('accounts/3:5').map(({ sum }) => sum)).toEqual([3, 4]);
    expect(part('tree/children/1/leaf')).toEqual([1, 2]);
    expect(part<Tree>('tree/children/0').name).toBe('root');
    // The names in the file are its own.
    expect(() => part('account/balance')).toThrow(H5PathError);
  });

  it('is an instance where a field says so', () => {
    expect(part<Item>('cart/items/1').twice()).toBe(4);
    expect(part('cart/first/price')).toBe(3);
    // Of a program that knows no classes.
    const plain = serialize({ cart: { items: [{ price: 4 }], id: 9 } });
    for (const options of [{ path: 'cart' }, { select: (value: { cart: Cart }) => value.cart }]) {
      const cart = readSync(plain, { registry, as: Cart, ...options });
      expect((cart.items as Item[])[0]?.twice()).toBe(8);
      expect(cart[ID]).toBe(9);
    }
  });

  it('is frozen, or the like', () => {
    for (const path of ['frozen', 'points/3', 'mixed/0']) {
      expect(Object.isFrozen(part(path)), path).toBe(true);
      expect(part(path)).toBeInstanceOf(Point);
    }
    expect(part<Point[]>('points/3:6').map((each) => Object.isFrozen(each))).toEqual([true, true, true]);
    expect(part<Point[]>('points/3:6').map(({ y }) => y)).toEqual([6, 8, 10]);
    expect(Object.isExtensible(part('mixed/1'))).toBe(true);
    expect([Object.isSealed(part('mixed/2')), Object.isFrozen(part('mixed/2'))]).toEqual([true, false]);
    expect(part('frozen/y/deep')).toHaveLength(5000);
    expect(part('points/3/x')).toBe(3);
    expect(part('points/*/x')).toHaveLength(20);
  });

  it('says where code of a class has thrown', () => {
    expect(part<Loud>('loud/b').n).toBe(0);
    expect(() => part('loud/a/1')).toThrow(
      expect.objectContaining({ name: 'H5HookError', path: '$.loud.a[1]', className: 'Loud' }),
    );
  });
});

describe('a value that is read lazily', () => {
  const { loud: _, ...quiet } = make();
  const stored = serialize(quiet, { registry });

  it('has instances that are what they were', () => {
    const lazy = deserialize<ReturnType<typeof make>>(stored, { registry, lazy: true });
    expect(lazy.account.sum).toBe(5);
    expect(lazy.accounts[3]?.log).toEqual([3]);
    expect(lazy.tree.children[0]).toBe(lazy.tree);
    expect((lazy.cart.items as Item[])[1]?.twice()).toBe(4);
    expect(lazy.cart[ID]).toBe(7);
    expect(lazy.points.every((each) => Object.isFrozen(each))).toBe(true);
  });

  it('has none that is frozen and still changes', () => {
    const { frozen, sealed } = deserialize<ReturnType<typeof make>>(stored, { registry, lazy: true });
    expect(Object.isFrozen(frozen)).toBe(true);
    expect(Object.getOwnPropertyDescriptor(frozen, 'y')).toHaveProperty('value');
    expect(() => Object.assign(frozen, { y: 1 })).toThrow(TypeError);
    expect([Object.isSealed(sealed), Object.isFrozen(sealed)]).toEqual([true, false]);
    sealed.y = 4;
    expect(sealed.y).toBe(4);
    // Written again, it is the same.
    const again = deserialize<ReturnType<typeof make>>(stored, { registry, lazy: true });
    expect(serialize(again, { registry })).toEqual(stored);
  });

  it('may be asked for a part while a hook runs', () => {
    class Holder {
      held: { readonly numbers?: Float64Array } = {};
      length = 0;
      [h5write](dict: Dict): void {
        dict.set('held', this.held);
      }
      [h5read](dict: ReadDict): void {
        this.held = dict.get('held') as Holder['held'];
        this.length = this.held.numbers?.length ?? 0;
      }
    }
    const types = new TypeRegistry().register(Holder, { name: 'Holder', construct: true });
    const holder = Object.assign(new Holder(), { held: { numbers: new Float64Array(3000) } });
    const value = { holders: [holder, Object.freeze(Object.assign(new Holder(), { held: {} }))] };
    const found = deserialize<typeof value>(serialize(value, { registry: types }), {
      registry: types,
      lazy: true,
    });
    expect(found.holders.map(({ length }) => length)).toEqual([3000, 0]);
    expect(found.holders.map((each) => Object.isFrozen(each))).toEqual([false, true]);
  });

  it('says where code of a class has thrown, when that is', () => {
    const lazy = deserialize<ReturnType<typeof make>>(bytes, { registry, lazy: true });
    expect(lazy.account.sum).toBe(5);
    expect(() => lazy.loud.a).toThrow(
      expect.objectContaining({ name: 'H5HookError', path: '$.loud.a[1]', className: 'Loud' }),
    );
  });
});

describe('a part that is written', () => {
  const { loud: _, ...quiet } = make();
  type Quiet = typeof quiet;
  const written = (path: string, value: unknown): Quiet => {
    const file = H5File.open(serialize(quiet, { registry }), 'r+');
    writeSync(file, value, { registry, path });
    const content = file.toBytes();
    expect(verifyStorage(new MemoryStorage(content))).toMatchObject({ problems: [] });
    return deserialize<Quiet>(content, { registry });
  };

  it('may be an instance', () => {
    expect(written('account', new Account(9)).account.sum).toBe(9);
    expect(written('accounts/4', new Account(9)).accounts.map(({ sum }) => sum)).toEqual(
      Array.from({ length: 20 }, (_, i) => (i === 4 ? 9 : i)),
    );
    expect(written('tree/name', 'top').tree.name).toBe('top');
    expect(Object.isFrozen(written('account', Object.freeze(new Point(1, 2))).account)).toBe(true);
  });

  it('sets a property of an instance whose class says what is stored, and all of that is stored again', () => {
    const { account } = written('account/log', ['new']);
    expect([account.sum, account.log]).toEqual([5, ['new']]);
    expect(written('account/log/0/at', 'night').account.log).toEqual([{ at: 'night' }]);
    expect(written('accounts/7/log', 'x').accounts.map(({ log }) => log)[7]).toBe('x');
    expect(written('tree/children/1/leaf', 'x').tree.children[1]).toEqual({ leaf: 'x' });
  });

  it.each(['account/sum', 'account/balance', 'account/constructor', 'account/__proto__', 'account/more'])(
    'is none that such a class does not know: %s',
    (path) => {
      expect(() => written(path, 1)).toThrow(H5PathError);
    },
  );

  it('is checked where a field says what it holds', () => {
    const { cart } = written('cart/items/0/price', 8);
    expect((cart.items as Item[]).map((each) => each.twice())).toEqual([16, 4]);
    expect(() => written('cart/items/0', { price: 1 })).toThrow(
      /items\[0\]: a plain object cannot be stored; the field is to hold instances of the class Item/,
    );
    expect(written('cart/first', item(5)).cart.first).toEqual(item(5));
    expect(written('cart/first', item(5)).cart[ID]).toBe(7);
  });

  it('may be in what is frozen, which stays so', () => {
    for (const path of ['frozen/x', 'points/4/x', 'mixed/0/x']) {
      const found = written(path, 'new');
      const [point] = [found.frozen, found.points[4], found.mixed[0]].filter((each) => each?.x === 'new');
      expect(Object.isFrozen(point), path).toBe(true);
    }
    const sealed = written('mixed/2/y', 'new').mixed[2];
    expect([sealed?.y, Object.isSealed(sealed), Object.isFrozen(sealed)]).toEqual(['new', true, false]);
  });

  it('is not frozen itself in the place of what is', () => {
    for (const value of [{ a: 1 }, Float32Array.of(1)]) {
      const [found] = written('points/0', value).points as unknown[];
      expect(found).toEqual(value);
      expect([Object.isFrozen(value), Object.isFrozen(found)]).toEqual([false, false]);
    }
  });
});

describe('a getter that is stored', () => {
  class Circle {
    r: number;
    inner?: object | undefined;
    constructor(r: number, inner?: object) {
      this.r = r;
      if (inner) this.inner = inner;
    }
    get area(): unknown {
      if (this.r < 0) throw new RangeError('no such circle');
      return this.r ** 2;
    }
    get all(): unknown {
      return this.inner;
    }
    get text(): unknown {
      return this.r > 100 ? null : `r ${this.r}`;
    }
  }
  const circles = new TypeRegistry().register(Circle, {
    name: 'Circle',
    fields: ['r', 'inner', 'all', { property: 'area', name: 'a', dtype: 'f8' }, 'text'],
  });
  const make = () => ({
    c: new Circle(1),
    deep: new Circle(1, { x: { y: 1 } }),
    l: [new Circle(1), new Circle(2)],
    m: new Map([['k', new Circle(1)]]),
    mixed: [1, new Circle(4), 'x'],
  });
  type State = ReturnType<typeof make>;
  const open = () => H5File.open(serialize(make(), { registry: circles }), 'r+');
  const part = (file: H5File, path: string) => readSync(file, { registry: circles, path });

  it('is stored again where the way to it was in a circle', () => {
    const circle = new Circle(2);
    circle.inner = circle;
    const file = H5File.open(serialize({ circle }, { registry: circles }), 'r+');
    writeSync(file, { gone: 1 }, { registry: circles, path: 'circle/inner/inner/inner' });
    const read = readSync<{ circle: Circle }>(file, { registry: circles }).circle;
    expect([read.area, read.inner, read.all]).toEqual([4, { gone: 1 }, { gone: 1 }]);
    expect(file.get('circle/all/gone') ?? file.group('circle/all').attrs.get('gone')).toBe(1);
  });

  it.each<[string, unknown, string, unknown]>([
    ['c/r', 3, 'c', 9],
    ['c', { r: 3 }, 'c', 9],
    ['l/0/r', 3, 'l/0', 9],
    ['l/1/r', 101, 'l/1', 10201],
    ['l/1/r', 2.5, 'l/1', 6.25],
    ['m/k/r', 3, 'm/k', 9],
    ['mixed/1/r', 3, 'mixed/1', 9],
    ['deep/inner/x/y', 5, 'deep', 1],
    ['', { c: { r: 3 } }, 'c', 9],
    ['', { c: new Circle(3) }, 'c', 9],
  ])('is stored again after a write to %j', (path, value, at, area) => {
    const file = open();
    const mode = typeof value === 'object' ? 'merge' : 'replace';
    writeSync(file, value, { registry: circles, path, mode });
    const whole = readSync<State>(H5File.open(file.toBytes()), {
      registry: circles,
      path: at,
    }) as unknown as Circle;
    expect(whole.area).toBe(area);
    // What other programs see: the same class without getters.
    class Stored {}
    const stored = readSync<Record<string, unknown>>(H5File.open(file.toBytes()), {
      registry: new TypeRegistry().register(Stored, { name: 'Circle' }),
      path: at,
    });
    expect(stored.a).toBe(area);
    expect(stored.text).toBe(whole.text);
    expect(stored.all).toEqual(whole.inner);
    expect(part(file, `${at}/area`)).toBe(area);
    expect(verifyStorage(new MemoryStorage(file.toBytes()), { indexes }).problems).toEqual([]);
  });

  it('is computed where a part of the value is read', () => {
    class Written {
      r = 3;
      a = 1;
    }
    const old = new TypeRegistry().register(Written, { name: 'Circle' });
    const bytes = serialize(
      { c: new Written(), l: [new Written(), new Written()], h: [new Written(), null] },
      { registry: old },
    );
    const read = (path: string) => deserialize(bytes, { registry: circles, path });
    expect(read('c/area')).toBe(9);
    expect(read('l/1/area')).toBe(9);
    expect(read('l/*/area')).toEqual([9, 9]);
    expect(read('l/0:1/area')).toEqual([9]);
    expect(read('h/0/area')).toBe(9);
    expect(read('c/*')).toMatchObject({ r: 3, area: 9 });
  });

  it('that throws is an error, and nothing is changed', () => {
    for (const path of ['c/r', 'l/0/r', 'm/k/r']) {
      const file = open();
      const before = file.toBytes();
      expect(() => writeSync(file, -1, { registry: circles, path })).toThrow(
        /\.area: the value cannot be stored; reading it throws RangeError: no such circle/,
      );
      expect(deserialize(file.toBytes(), { registry: circles })).toEqual(
        deserialize(before, { registry: circles }),
      );
      expect(part(file, path)).toBe(1);
    }
  });
});

describe('a property beside what a list, a Map or a Set holds', () => {
  class List extends Array<unknown> {
    label: unknown = 'l';
    meta = { x: 1 };
    get count(): number {
      return this.length;
    }
  }
  class Vector extends Float64Array {
    label: unknown = 'l';
    meta = { x: 1 };
  }
  class Names extends Map<unknown, unknown> {
    label: unknown = 'l';
    meta = { x: 1 };
    later: unknown;
  }
  class Tags extends Set<unknown> {
    label: unknown = 'l';
    meta = { x: 1 };
  }
  const lists = new TypeRegistry()
    .register(List, { name: 'List', fields: ['label', 'meta', 'count'] })
    .register(Vector, { name: 'Vector' })
    .register(Names, { name: 'Names', fields: ['label', 'meta', 'later'] })
    .register(Tags, { name: 'Tags' });
  const make = () => {
    const names = new Names([['k', 1]]);
    delete names.later;
    return {
      list: List.of(1, 2),
      vector: Vector.of(1, 2),
      names,
      tags: new Tags(['a']),
      array: Object.assign([1, 2], { label: 'l', meta: { x: 1 } }),
    };
  };
  type All = ReturnType<typeof make>;
  const open = () => H5File.open(serialize(make(), { registry: lists }), 'r+');
  const whole = (file: H5File) => deserialize<All>(file.toBytes(), { registry: lists });

  it.each(Object.keys(make()) as (keyof All)[])('is read and written: %s', (name) => {
    const file = open();
    const read = (path: string) => readSync(file, { registry: lists, path: `${name}/${path}` });
    expect([read('label'), read('meta/x')]).toEqual(['l', 1]);
    writeSync(file, 'new', { registry: lists, path: `${name}/label` });
    writeSync(file, 5, { registry: lists, path: `${name}/meta/x` });
    const expected = Object.assign(make()[name], { label: 'new', meta: { x: 5 } });
    const found = whole(file)[name] as object as { label: unknown; meta: unknown };
    expect(found).toStrictEqual(expected);
    expect([found.label, found.meta]).toEqual(['new', { x: 5 }]);
    expect(read('label')).toBe('new');
  });

  it.each<[string, RegExp]>([
    ['list/other', /there is no \$\.list\.other/],
    ['list/length', /there is no \$\.list\.length/],
    ['list/count', /the class List does not store count/],
    ['array/other', /there is no/],
    ['vector/other', /there is no/],
    ['vector/byteLength', /there is no/],
    ['tags/other', /there is no/],
    ['tags/size', /there is no/],
  ])('is an error where there is none: %s', (path, message) => {
    const file = open();
    expect(() => writeSync(file, 1, { registry: lists, path })).toThrow(message);
    expect(whole(file)).toStrictEqual(whole(open()));
  });

  it('may be called like a number in a Map', () => {
    class Numbered extends Map<string, unknown> {
      10: unknown = { x: 1 };
    }
    const known = { registry: new TypeRegistry().register(Numbered, { name: 'Numbered' }) };
    const file = H5File.open(serialize(new Numbered(), known), 'r+');
    writeSync(file, 2, { ...known, path: '10/x' });
    writeSync(file, 3, { ...known, path: '11' });
    const found = () => deserialize<Numbered>(file.toBytes(), known);
    expect([[...found()], found()[10]]).toEqual([[['11', 3]], { x: 2 }]);
    writeSync(file, 4, { ...known, path: '10' });
    expect([[...found()], found()[10]]).toEqual([[['11', 3]], 4]);
  });

  it('and entries are what is stored, whatever a class makes of the methods of its type', () => {
    class Odd extends Map<string, unknown> {
      size2 = 1;
      override get(): unknown {
        return 'made up';
      }
      override has(): boolean {
        return true;
      }
      override set(): this {
        throw new Error('no one sets it');
      }
      override *keys(): MapIterator<string> {}
    }
    const known = { registry: new TypeRegistry().register(Odd, { name: 'Odd' }) };
    const odd = new Odd();
    for (const key of ['a', 'b']) Map.prototype.set.call(odd, key, { key });
    for (const [name, value] of Object.entries({ size: 7, has: 8 }))
      Object.defineProperty(odd, name, { value, writable: true, enumerable: true, configurable: true });
    const make = () => serialize({ odd }, known);
    const read = (path: string) => readSync(make(), { ...known, path });
    expect([read('odd/a/key'), read('odd/size2'), read('odd/size'), read('odd/has')]).toEqual(['a', 1, 7, 8]);
    expect(read('odd/*/key')).toEqual(
      new Map([
        ['a', 'a'],
        ['b', 'b'],
      ]),
    );
    expect(() => read('odd/none')).toThrow(/there is no \$\.odd\.none/);
    const file = H5File.open(make(), 'r+');
    for (const path of ['odd/a', 'odd/c', 'odd/size']) writeSync(file, 5, { ...known, path });
    const { odd: found } = deserialize<{ odd: Odd & { size: number } }>(file.toBytes(), known);
    expect([...Map.prototype.entries.call(found)]).toEqual([
      ['a', 5],
      ['b', { key: 'b' }],
      ['c', 5],
    ]);
    expect(found.size).toBe(5);
  });

  it('stands beside entries that are set to what they are', () => {
    const file = open();
    writeSync(file, 1, { registry: lists, path: 'names/k' });
    expect(whole(file)).toStrictEqual(whole(open()));
  });

  it('stands beside elements that are stored in chunks', () => {
    const file = open();
    const noise = Float64Array.from({ length: 5000 }, (_, i) => i % 7);
    writeSync(file, noise, { registry: lists, path: 'array/0', compression: 'gzip' });
    expect(whole(file).array).toEqual(Object.assign([noise, 2], { label: 'l', meta: { x: 1 } }));
  });

  it('is never an entry of the Map that has it', () => {
    const file = open();
    writeSync(file, 2, { registry: lists, path: 'names/other' });
    writeSync(file, 3, { registry: lists, path: 'names/later' });
    writeSync(file, 4, { registry: lists, path: 'names/size' });
    const { names } = whole(file);
    expect([...names]).toEqual([
      ['k', 1],
      ['other', 2],
      ['size', 4],
    ]);
    expect(names.later).toBe(3);
    expect(readSync(file, { registry: lists, path: 'names/size' })).toBe(4);

    const both = { names: new Names([['label', 1]]) };
    const other = H5File.open(serialize(both, { registry: lists }), 'r+');
    expect(() => writeSync(other, 1, { registry: lists, path: 'names/label' })).toThrow(
      /label is a key of the Map and a property as well/,
    );
  });

  it('is merged with what it holds', () => {
    const file = open();
    const more = Object.assign(new Names([['label', 1]]), { label: 'merged' });
    writeSync(file, { names: more }, { registry: lists, mode: 'merge' });
    const { names } = whole(file);
    expect([...names]).toEqual([
      ['k', 1],
      ['label', 1],
    ]);
    expect(names.label).toBe('merged');
  });

  it('is merged with what is there, as what Maps hold is', () => {
    const mark = Symbol('mark');
    class Marked {
      [mark]: unknown = { a: { x: 1 } };
    }
    const registry = new TypeRegistry()
      .register(Names, { name: 'Names' })
      .register(Marked, { name: 'Marked', fields: [{ property: mark, name: 'mark' }] });
    const make = (value: unknown) => ({
      names: Object.assign(new Names([['k', value]]), { label: value }),
      marked: Object.assign(new Marked(), { [mark]: value }),
    });
    const file = H5File.open(serialize([make({ a: { x: 1 } }), 'x'], { registry }), 'r+');
    writeSync(file, make({ a: { y: 2 } }), { path: '0', mode: 'merge', registry });
    const both = { a: { x: 1, y: 2 } };
    const { names, marked } = readSync<ReturnType<typeof make>>(file, { path: '0', registry });
    expect(names.get('k')).toEqual(both);
    expect(names.label).toEqual(both);
    expect(marked[mark]).toEqual(both);
  });
});

it('all members of an instance are the same, whether it is a group or a row', () => {
  const hidden = Symbol('hidden');
  class Point {
    #x: unknown = 0;
    [hidden] = { z: 1 };
    label = 'a';
    cache = 1;
    get x(): unknown {
      return this.#x;
    }
    set x(x: unknown) {
      this.#x = x;
    }
  }
  const points = new TypeRegistry().register(Point, {
    name: 'Point',
    construct: true,
    ignore: ['cache'],
    fields: ['label', 'x', { property: hidden, name: 'hidden' }],
  });
  const make = () => {
    const point = new Point();
    point.x = { q: 1 };
    return point;
  };
  const expected = { label: 'a', x: { q: 1 }, [hidden]: { z: 1 } };
  for (const groups of [1, Infinity]) {
    const bytes = serialize({ a: { one: make() }, list: [make(), make()] }, { registry: points, groups });
    for (const path of ['a/one/*', 'list/1/*'])
      expect(deserialize(bytes, { registry: points, path }), `${path}, groups: ${groups}`).toEqual(expected);
  }
});
