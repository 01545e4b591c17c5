import { describe, expect, it } from 'vitest';
import { deserialize as coreDeserialize, serialize as coreSerialize } from '../../src/index.js';
import {
  type Class,
  deserialize,
  H5File,
  H5FormatError,
  H5HookError,
  H5RegistryError,
  H5UnknownClassError,
  h5read,
  h5write,
  type RegisterOptions,
  read,
  serialize,
  TypeRegistry,
  values,
} from '../../src/node.js';
import { fixChecksums } from './checksums.js';

class Item {
  n: unknown;
  more: unknown;
  constructor(n: unknown = 0, more: unknown = null) {
    this.n = n;
    this.more = more;
  }
}
const BAD = -1;
const bad = () => new Item(BAD);
const plain = new TypeRegistry().register(Item, { name: 'Item' });

/** What goes wrong at the item whose `n` is -1, in each way that it can. */
const WAYS: Record<string, (fail: (n: unknown) => void) => TypeRegistry> = {
  afterRead: (fail) => new TypeRegistry().register(Item, { name: 'Item', afterRead: ({ n }) => fail(n) }),
  migrate: (fail) =>
    new TypeRegistry().register(Item, {
      name: 'Item',
      version: 1,
      migrate: (content) => {
        fail(content['n']);
        return content;
      },
    }),
  decode: (fail) =>
    new TypeRegistry().codec(Item, {
      name: 'Item',
      encode: (item) => item,
      decode: ({ n, more }) => {
        fail(n);
        return new Item(n, more);
      },
    }),
  fill: (fail) =>
    new TypeRegistry().codec(Item, {
      name: 'Item',
      encode: (item) => item,
      create: () => new Item(),
      fill: (item, { n, more }) => {
        fail(n);
        Object.assign(item, { n, more });
      },
    }),
  'a static [h5read]': (fail) => {
    class Made extends Item {
      static [h5read](dict: ReadonlyMap<string, unknown>): Made {
        fail(dict.get('n'));
        return new Made(dict.get('n'), dict.get('more'));
      }
    }
    return new TypeRegistry().register(Made, { name: 'Item' });
  },
  '[h5read]': (fail) => {
    class Filled extends Item {
      [h5read](dict: ReadonlyMap<string, unknown>): void {
        fail(dict.get('n'));
      }
    }
    return new TypeRegistry().register(Filled, { name: 'Item' });
  },
};

const grid = (count: number, at: number) =>
  Array.from({ length: count }, (_, i) => (i === at ? bad() : new Item(i)));
const sparse: unknown[] = [];
sparse[2000] = bad();

/** Where the item is, in each form that the layout has for a list or a member. */
const PLACES: [string, () => unknown][] = [
  ['$', () => bad()],
  ['$.one', () => ({ one: bad() })],
  ['$["two words"].deep', () => ({ 'two words': { deep: bad() } })],
  ['$["a/b"]["@class"]', () => ({ 'a/b': { '@class': bad() } })],
  ['$[2]', () => grid(5, 2)],
  ['$.users[33]', () => ({ users: grid(50, 33) })],
  ['$.users[3]', () => ({ users: [null, new Item(), undefined, bad(), new Item()] })],
  ['$.mixed[4]', () => ({ mixed: [1, 'a', new Item(), null, bad(), [1]] })],
  ['$.set[1]', () => ({ set: new Set([new Item(), bad()]) })],
  ['$.rows[2].item', () => ({ rows: [{ item: new Item() }, { item: null }, { item: bad() }, { other: 1 }] })],
  [
    '$.rows[1].items[2]',
    () => ({ rows: [{ items: [new Item()] }, { items: [new Item(), new Item(), bad()] }] }),
  ],
  ['$.lists[1][1][0]', () => ({ lists: [[[new Item()], []], [[], [bad()]], []] })],
  ['$.shapes[5]', () => ({ shapes: [...grid(4, -1), new Item(1, { a: 1 }), bad(), { b: [1] }] })],
  ['$.map.key', () => ({ map: new Map([['key', bad()]]) })],
  [
    '$.map[value 1]',
    () => ({
      map: new Map<unknown, unknown>([
        [1, 2],
        [2, bad()],
      ]),
    }),
  ],
  ['$.map[key 0]', () => ({ map: new Map<unknown, unknown>([[bad(), 2]]) })],
  [
    '$.maps[1][1]',
    () => ({
      maps: [
        new Map(),
        new Map<unknown, unknown>([
          [1, 2],
          [2, bad()],
        ]),
      ],
    }),
  ],
  ['$.list[1].x', () => ({ list: [{ a: 1 }, { x: bad() }, { y: 1 }, { z: [1] }] })],
  ['$.sparse[value 0]', () => ({ sparse })],
  ['$.outer.more', () => ({ outer: new Item(1, bad()) })],
  ['$.outer[1].more[0]', () => ({ outer: [new Item(), new Item(1, [bad()])] })],
];

describe.each(Object.entries(WAYS))('an error of %s', (_, way) => {
  const cause = new RangeError('no such number');
  const failing = way((n) => {
    if (n === BAD) throw cause;
  });

  it.each(PLACES)('says where it has come to pass: %s', (path, make) => {
    const bytes = serialize(make(), { registry: plain });
    let thrown: unknown;
    try {
      deserialize(bytes, { registry: failing });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(H5HookError);
    const { path: found, code, className, cause: why, message } = thrown as H5HookError;
    expect([found, code, className]).toEqual([path, 'H5_HOOK', 'Item']);
    expect(why).toBe(cause);
    expect(message).toBe(`${path}: the value of class Item cannot be read: no such number`);
  });
});

describe('objects that stand in tables beside the value', () => {
  const cause = new RangeError('no such number');
  const failing = new TypeRegistry().register(Item, {
    name: 'Item',
    afterRead: ({ n }) => {
      if (n === BAD) throw cause;
    },
  });
  /** So many objects that there are tables for them, around the place and before it. */
  const around = (value: unknown) => {
    const parent: Record<string, unknown> = {};
    const tree = Array.from({ length: 90 }, (_, i) => ({
      up: parent,
      [`k${i % 3}`]: { a: [{ i }, new Item(i)] },
    }));
    return Object.assign(parent, { a: [[tree, { b: value }]] });
  };
  const placeOf = (value: unknown, registry: TypeRegistry, groups: number): unknown => {
    try {
      return deserialize(serialize(value, { registry: plain, groups }), { registry });
    } catch (error) {
      return (error as Error).message.split(':')[0];
    }
  };

  it.each(PLACES)('are named by where they belong: %s', (path, make) => {
    const where = path === '$.maps[1][1]' ? [path, '$.maps[1][value 1]'] : [path];
    for (const groups of [1, 3]) {
      expect(where, `groups: ${groups}`).toContain(placeOf(make(), failing, groups));
      expect(
        where.map((each) => each.replace('$', '$.a[0][1].b')),
        `groups: ${groups}`,
      ).toContain(placeOf(around(make()), failing, groups));
    }
  });

  it('are named if nobody knows their class', () => {
    for (const groups of [1, Infinity])
      expect(placeOf({ a: { b: [[{ q: new Item() }], [{ z: {} }]] } }, new TypeRegistry(), groups)).toBe(
        '$.a.b[0][0].q',
      );
  });
});

describe('other code of a class', () => {
  const thrownBy = (act: () => unknown): Error & { cause?: unknown; path?: string } => {
    try {
      act();
    } catch (error) {
      return error as Error;
    }
    return expect.fail('nothing was thrown');
  };
  const reading = <T extends object>(value: unknown, cls: Class<T>, options: Partial<RegisterOptions<T>>) =>
    thrownBy(() =>
      deserialize(serialize(value, { registry: plain }), {
        registry: new TypeRegistry().register(cls, { name: 'Item', ...options }),
      }),
    );

  it('that makes an empty instance', () => {
    const create = (): Item => {
      throw new Error('not today');
    };
    for (const [value, path] of [
      [{ a: { b: new Item() } }, '$.a.b'],
      [{ a: grid(20, 0) }, '$.a'],
    ] as const)
      expect(reading(value, Item, { create })).toMatchObject({
        name: 'H5HookError',
        path,
        cause: expect.objectContaining({ message: 'not today' }),
      });
    expect(reading([new Item(), 1], Item, { create: () => ({}) as Item }).message).toMatch(
      /^\$\[0\]: the option `create` of class Item returned no instance of it$/,
    );
  });

  it('such as a constructor, or a setter', () => {
    class Strict {
      readonly made: number;
      constructor(n?: number) {
        if (n === undefined) throw new TypeError('a Strict needs a number');
        this.made = n;
      }
    }
    expect(reading({ x: new Item() }, Strict, { construct: true })).toMatchObject({ path: '$.x' });
    class Setting {
      get n(): number {
        return 0;
      }
      set n(n: number) {
        if (n < 0) throw new RangeError('less than nothing');
      }
    }
    const fields = ['n'];
    expect(reading({ x: [1, { y: bad() }] }, Setting, { fields })).toMatchObject({
      path: '$.x[1].y',
      message: '$.x[1].y: the value of class Item cannot be read: less than nothing',
    });
    expect(reading({ x: grid(20, 3) }, Setting, { fields })).toMatchObject({ path: '$.x' });
  });

  it('such as the function of a default', () => {
    const fields = [
      {
        property: 'late',
        default: () => {
          throw new Error('no default');
        },
      },
    ];
    expect(reading({ list: [new Item(), 5] }, Item, { fields })).toMatchObject({ path: '$.list[0]' });
  });

  it('that freezes itself and is to be filled', () => {
    class Frozen {
      n = 0;
      constructor() {
        Object.freeze(this);
      }
    }
    expect(reading({ x: new Item() }, Frozen, { construct: true })).toMatchObject({ path: '$.x' });
  });

  it('may throw anything', () => {
    for (const what of ['text', undefined, null, 5, Symbol('x')]) {
      const afterRead = () => {
        throw what;
      };
      const error = reading([new Item()], Item, { afterRead });
      expect(error).toBeInstanceOf(H5HookError);
      expect(error.cause).toBe(what);
      expect(error.message).toContain(String(what));
    }
    const long = new Error('x'.repeat(5000));
    const error = reading([new Item()], Item, {
      afterRead: () => {
        throw long;
      },
    });
    expect(error.message.length).toBeLessThan(500);
    expect(error.cause).toBe(long);
  });
});

describe('an error of this package', () => {
  it('keeps its class and its code, and says where', () => {
    const required = new TypeRegistry().register(Item, {
      name: 'Item',
      fields: [{ property: 'size', required: true }],
    });
    const bytes = serialize({ users: grid(20, -1).concat(grid(1, -1)) }, { registry: plain });
    const act = () => deserialize(bytes, { registry: required });
    expect(act).toThrow(H5FormatError);
    expect(act).toThrow(
      /^\$\.users\[0\]: an instance of class Item in the file has no "size", which is required/,
    );
    const wrong = new TypeRegistry().register(Item, { name: 'Item', version: 1, migrate: () => 1 as never });
    expect(() => deserialize(bytes, { registry: wrong })).toThrow(H5RegistryError);
    expect(() => deserialize(bytes, { registry: wrong })).toThrow(/^\$\.users\[0\]: `migrate` of class Item/);
    try {
      act();
    } catch (error) {
      // What is printed of an error that nobody catches.
      expect((error as Error).stack).toMatch(
        /^H5FormatError: \$\.users\[0\]: an instance|^Error: \$\.users\[0\]: an/,
      );
    }
  });

  it('names a class that is not registered, and where it is', () => {
    const none = new TypeRegistry();
    for (const [value, path] of [
      [{ a: [1, { b: new Item() }] }, '$.a[1].b'],
      [{ a: grid(20, 0) }, '$.a'],
      [{ a: [{ b: new Item() }, { b: new Item() }] }, '$.a[…].b'],
      [{ a: [1, [[grid(5, 0)], []]] }, '$.a'],
      [new Item(), '$'],
    ] as const) {
      const bytes = serialize(value, { registry: plain });
      const act = () => deserialize(bytes, { registry: none });
      expect(act).toThrow(H5UnknownClassError);
      expect(act).toThrow(`${path}: the class "Item", which is not registered, is in the file`);
      expect(() => coreDeserialize(bytes, { registry: none })).toThrow(/^the class "Item"/);
    }
  });

  it('of a value of the platform', () => {
    const bytes = serialize({ links: [1, new URL('https://example.org/')] });
    const at = Buffer.from(bytes).indexOf('https://example.org/');
    bytes.set(Buffer.from('no such url'.padEnd(20, '?')), at);
    expect(() => deserialize(fixChecksums(bytes))).toThrow(
      /^\$\.links\[1\]: a URL that cannot be made again/,
    );
  });

  it('about what a codec cannot make', () => {
    const registry = new TypeRegistry().codec(Item, {
      name: 'Item',
      encode: (item) => item,
      decode: ({ n }) => new Item(n),
    });
    const item = new Item();
    item.more = { back: item };
    const message = /^\$\.list\[1\]: a Item that is a part of what it is made of/;
    expect(() => serialize({ list: [0, item] }, { registry })).toThrow(message);
    // What writes values that cannot be read.
    const { check: _, ...unchecked } = values;
    const bytes = serialize({ list: [0, item] }, { registry, values: unchecked });
    expect(() => deserialize(bytes, { registry })).toThrow(message);
  });
});

describe('a part of an open file', () => {
  it('is where the path begins', async () => {
    const failing = WAYS['afterRead']!((n) => {
      if (n === BAD) throw new Error('no');
    });
    using file = H5File.open(serialize({ a: { users: grid(20, 7) } }, { registry: plain }));
    await expect(read(file.group('a'), { registry: failing })).rejects.toMatchObject({ path: '$.users[7]' });
    await expect(read(file.group('a/users'), { registry: failing })).rejects.toMatchObject({ path: '$[7]' });
  });

  it('that other objects are damaged in does not hide what has gone wrong', () => {
    const bytes = serialize(
      { first: { inner: { x: [1] } }, a: { b: { c: { users: grid(20, 7) } } } },
      { registry: plain },
    );
    const failing = WAYS['decode']!(() => {
      throw new Error('the real reason');
    });
    // The header of another object, which is met before on the way to the users.
    const file = H5File.open(bytes);
    const { address } = file.group('first/inner').ref;
    const damaged = bytes.slice();
    damaged.fill(0xff, address, address + 6);
    let thrown: unknown;
    try {
      deserialize(damaged, { registry: failing });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      name: 'H5HookError',
      cause: expect.objectContaining({ message: 'the real reason' }),
      path: expect.stringMatching(/^the object at byte \d+$/),
    });
  });
});

describe('an error while a value is stored', () => {
  it('says where the instance is whose content was asked for', () => {
    class Writing {
      n: number;
      constructor(n: number) {
        this.n = n;
      }
      [h5write](dict: Map<string, unknown>): void {
        if (this.n === BAD) throw new RangeError('cannot be told');
        dict.set('n', this.n);
      }
    }
    const registry = new TypeRegistry().register(Writing, { name: 'Writing' });
    const many = Array.from({ length: 20 }, (_, i) => new Writing(i === 7 ? BAD : i));
    for (const [value, path] of [
      [new Writing(BAD), '$'],
      [{ a: { b: new Writing(BAD) } }, '$.a.b'],
      [{ many }, '$.many[7]'],
      [{ mixed: [1, null, many[0], many[7]] }, '$.mixed[3]'],
      [new Map([[1, { x: many[7] }]]), '$[value 0].x'],
    ] as const) {
      const act = () => serialize(value, { registry });
      expect(act).toThrow(
        expect.objectContaining({
          name: 'H5UnsupportedError',
          path,
          message: `${path}: the value cannot be stored; reading it throws RangeError: cannot be told`,
        }),
      );
    }
  });

  it('of a codec, with more values and without them', () => {
    const registry = new TypeRegistry().codec(Item, {
      name: 'Item',
      encode: () => {
        throw new RangeError('as it is');
      },
      decode: () => new Item(),
    });
    const refused = expect.objectContaining({
      name: 'H5UnsupportedError',
      path: '$[0]',
      cause: expect.any(RangeError) as RangeError,
    });
    expect(() => serialize([new Item()], { registry })).toThrow(refused);
    // It is not asked without more values.
    expect(() => coreSerialize([new Item()], { registry })).toThrow(
      /class Item is not stored without the option/,
    );
  });
});
