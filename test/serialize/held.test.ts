import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { deserialize as coreDeserialize, serialize as coreSerialize } from '../../src/index.js';
import {
  deserialize,
  H5Class,
  H5Field,
  H5File,
  H5FormatError,
  H5UnexpectedError,
  H5UnsupportedError,
  h5read,
  h5write,
  read,
  readSync,
  serialize,
  TypeRegistry,
} from '../../src/node.js';
import { describeOracle, runPython } from '../oracle/oracles.js';
import { type CompileOptions, compileFixture } from '../registry/compile.js';
import { THOROUGH } from '../thoroughness.js';

type Shop = typeof import('./fixtures/garage.js');

describe.each<CompileOptions>([
  { compiler: 'tsc', decorators: 'standard' },
  { compiler: 'tsc', decorators: 'legacy' },
  { compiler: 'tsc', decorators: 'legacy', emitDecoratorMetadata: true },
  { compiler: 'esbuild', decorators: 'standard' },
  { compiler: 'esbuild', decorators: 'legacy' },
])('fields that say what they hold, compiled with %j', (options) => {
  let module: Shop;
  beforeAll(async () => {
    module = await compileFixture<Shop>(new URL('./fixtures/garage.ts', import.meta.url), options);
  });

  it('make instances of the plain objects of another program', () => {
    const { readGarage, writePlain, Car, Engine, Person, Garage } = module;
    const shared = { engine: { power: 5 }, extras: [] };
    const garage = readGarage(
      writePlain({
        first: shared,
        cars: [shared, { engine: { power: 7 }, next: { engine: null } }, null],
        byPlace: new Map([['left', [shared, { engine: { power: 9 } }]]]),
        people: new Set([{ full_name: 'Ada' }]),
        secret: 'from the file',
        untyped: { engine: { power: 1 } },
      }),
    );
    expect(garage).toBeInstanceOf(Garage);
    expect(garage.first).toBeInstanceOf(Car);
    expect(garage.first?.engine).toBeInstanceOf(Engine);
    expect(garage.first?.engine.twice()).toBe(10);
    expect(garage.cars[0]).toBe(garage.first);
    expect(garage.cars[1]?.next).toBeInstanceOf(Car);
    expect(garage.cars[1]?.next?.engine).toBe(null);
    expect(garage.cars[1]?.extras).toEqual(['none']);
    expect(garage.cars[2]).toBe(null);
    expect(garage.byPlace.get('left')?.[0]).toBe(garage.first);
    expect(garage.byPlace.get('left')?.[1]?.engine.twice()).toBe(18);
    const [owner] = garage.owners;
    expect(owner).toBeInstanceOf(Person);
    expect(owner?.name).toBe('Ada');
    expect(garage[module.HIDDEN]).toBe('from the file');
    expect(garage.untyped).toEqual({ engine: { power: 1 } });
  });

  it('come back, and are checked when they are stored', () => {
    const { write, read, Garage, Car, Engine, Person, HIDDEN } = module;
    const garage = new Garage();
    const car = new Car();
    car.next = car;
    garage.cars = [car, new Car()];
    garage.owners.add(new Person());
    garage.unseen = 7;
    Reflect.set(garage, HIDDEN, 'kept');
    const found = read(write(garage)) as InstanceType<Shop['Garage']>;
    expect(found).toBeInstanceOf(Garage);
    expect(found.cars[0]?.next).toBe(found.cars[0]);
    expect(found.cars[1]?.engine).toBeInstanceOf(Engine);
    expect(Reflect.get(found, HIDDEN)).toBe('kept');
    expect(Object.getOwnPropertyDescriptor(found, 'unseen')).toEqual({
      value: 7,
      enumerable: false,
      writable: true,
      configurable: true,
    });
    expect(Object.keys(found)).not.toContain('secret');
    garage.byPlace.set('left', [car, { engine: null } as never]);
    const refused =
      /\$\.garages\[1\]\.byPlace\.left\[1\]: a plain object cannot be stored; .* of the class Car/;
    expect(() => write({ garages: [new Garage(), garage] })).toThrow(refused);
  });
});

class Part {
  weight = 1;
}
class Bolt extends Part {
  size = 2;
}
class Box {
  parts: unknown;
  other: unknown;
}

const registry = new TypeRegistry()
  .register(Part, { name: 'Part' })
  .register(Bolt, { name: 'Bolt' })
  .register(Box, { name: 'Box', fields: [{ property: 'parts', as: () => Part }, 'other'] });
const box = (parts: unknown, other: unknown = 1) => Object.assign(new Box(), { parts, other });
const none = new TypeRegistry();
/** What a program has written that has no classes, as a Box. */
const readBox = (parts: unknown, types = registry): Box =>
  deserialize(serialize({ parts, other: 2 }, { registry: none }), { registry: types, as: Box });

describe('what a field holds', () => {
  it('may be of a class that extends the one it is to be, or nothing', () => {
    for (const parts of [
      null,
      undefined,
      new Part(),
      new Bolt(),
      [],
      [new Bolt(), null],
      new Map(),
      new Set([new Part()]),
    ])
      expect(deserialize<Box>(serialize(box(parts), { registry }), { registry }).parts).toEqual(parts);
  });

  it('is checked when it is stored, wherever it stands', () => {
    const refused = (value: unknown, path: string, what: string) => {
      const act = () => serialize(value, { registry });
      expect(act).toThrow(H5UnsupportedError);
      expect(act).toThrow(
        `${path}: ${what} cannot be stored; the field is to hold instances of the class Part`,
      );
    };
    refused(box({ weight: 1 }), '$.parts', 'a plain object');
    refused(box('text'), '$.parts', 'a string');
    refused({ a: [box(new Part()), box([new Part(), [3]])] }, '$.a[1].parts[1][0]', 'a number');
    refused(
      Array.from({ length: 30 }, (_, i) => box(i < 29 ? new Bolt() : new Box())),
      '$[29].parts',
      'an instance of the class Box',
    );
    refused(
      box(new Map([[{}, new Set([Object.create(null)])]])),
      '$.parts[value 0][0]',
      'an object of no class',
    );
    refused(
      box(new Map([['a key', Float64Array.of(1)]])),
      '$.parts["a key"]',
      'an instance of the class Float64Array',
    );
    const cyclic: unknown[] = [new Part()];
    cyclic.push(cyclic);
    expect(deserialize<Box>(serialize(box(cyclic), { registry }), { registry }).parts).toHaveLength(2);
  });

  it('says so where its class is none', () => {
    class Holder {
      part = {};
    }
    const registryOf = (as: () => unknown) =>
      new TypeRegistry().register(Holder, {
        name: 'Holder',
        fields: [{ property: 'part', as: as as never }],
      });
    const bytes = serialize(
      { all: [new Holder()] },
      {
        registry: new TypeRegistry().register(Holder, { name: 'Holder' }),
      },
    );
    const late = registryOf(() => {
      throw new ReferenceError('no Part yet');
    });
    for (const [registry, told] of [
      [registryOf(() => undefined), 'returns undefined'],
      [late, 'throws ReferenceError: no Part yet'],
    ] as const) {
      const message = new RegExp(`^\\$\\.all\\[0\\]: \`as\` of the field "part" ${told}, and no class`);
      expect(() => serialize({ all: [new Holder()] }, { registry })).toThrow(message);
      expect(() => deserialize(bytes, { registry })).toThrow(message);
    }
  });

  it('is made of plain objects, in all that the layout has for them', () => {
    const rows = Array.from({ length: 40 }, (_, i) => ({ weight: i }));
    const isParts = (list: Iterable<unknown>) => {
      for (const part of list) expect(part).toBeInstanceOf(Part);
    };
    isParts(readBox(rows).parts as Part[]);
    expect((readBox(rows).parts as Part[])[7]?.weight).toBe(7);
    isParts(readBox(new Set(rows)).parts as Set<Part>);
    isParts((readBox(new Map(rows.map((row, i) => [{ i }, row]))).parts as Map<unknown, Part>).values());
    isParts((readBox(new Map(rows.map((row, i) => [`key ${i}`, row]))).parts as Map<unknown, Part>).values());
    isParts((readBox([rows, [], rows.slice(0, 2)]).parts as Part[][]).flat());
    isParts(readBox([{ weight: 1 }, { size: 2 }, { x: 1, y: 2 }, { z: 3 }, {}]).parts as Part[]);
    isParts((readBox([null, { weight: 1 }, [{ weight: 2 }]]).parts as Part[]).flat().filter((each) => each));
    const sparse: unknown[] = [];
    sparse[2000] = { weight: 1 };
    expect((readBox(sparse).parts as Part[])[2000]).toBeInstanceOf(Part);
    const many = Object.fromEntries(
      rows.concat(...Array.from({ length: 30 }, () => rows)).map((_, i) => [`p${i}`, i]),
    );
    expect(readBox(many).parts).toBeInstanceOf(Part);
    // The order of a Set stays, and what is an instance already.
    const mixed = serialize(
      { parts: new Set([new Bolt(), { weight: 5 }, new Part()]), other: 0 },
      { registry: none.extend().register(Part, { name: 'Part' }).register(Bolt, { name: 'Bolt' }) },
    );
    const found = deserialize(mixed, { registry, as: Box }).parts as Set<Part>;
    expect([...found].map(({ constructor: maker, weight }) => [maker.name, weight])).toEqual([
      ['Bolt', 1],
      ['Part', 5],
      ['Part', 1],
    ]);
  });

  it('is one instance where it was one object, and plain where nothing says otherwise', () => {
    const part = { weight: 3 };
    const bytes = serialize({ boxes: [{ parts: part }, { parts: [part], other: part }] }, { registry: none });
    class Store {
      boxes: Box[] = [];
    }
    const types = registry
      .extend()
      .register(Store, { name: 'Store', fields: [{ property: 'boxes', as: () => Box }] });
    const [one, two] = deserialize(bytes, { registry: types, as: Store }).boxes as [Box, Box];
    expect(one.parts).toBeInstanceOf(Part);
    expect((two.parts as Part[])[0]).toBe(one.parts);
    expect(two.other).toEqual({ weight: 3 });
    expect(two.other).not.toBeInstanceOf(Part);
  });

  it('is an error when it is something else in a file', () => {
    for (const [parts, message] of [
      [5, /^\$\.parts: a number where an instance of the class Part is to be/],
      [[{ weight: 1 }, 'x'], /^\$\.parts\[1\]: a string where/],
      [Object.create(null), /^\$\.parts: an object of no class where/],
    ] as const) {
      expect(() => readBox(parts)).toThrow(H5FormatError);
      expect(() => readBox(parts)).toThrow(message);
    }
    const unregistered = new TypeRegistry().register(Box, {
      name: 'Box',
      fields: [{ property: 'parts', as: () => Part }, 'other'],
    });
    expect(() => readBox({ weight: 1 }, unregistered)).toThrow(
      /a plain object where .* \(is it registered\?\)/,
    );
  });

  it('is an instance as its class says how to make one', () => {
    class Node {
      static alive = 0;
      readonly #made = ++Node.alive;
      label = '';
      next: Node | undefined;
      get made(): number {
        return this.#made;
      }
    }
    const told: string[] = [];
    const types = new TypeRegistry().register(Node, {
      name: 'Node',
      version: 4,
      construct: true,
      fields: [
        { property: 'label', aliases: ['name'], default: 'none' },
        { property: 'next', as: () => Node },
      ],
      migrate: () => expect.fail('what says no version is of this one'),
      afterRead: ({ label }) => told.push(label),
    });
    const last: { name: string; next?: unknown } = { name: 'c' };
    const first = { name: 'a', next: { name: 'b', next: last } };
    last.next = first;
    const found = deserialize(serialize(first, { registry: none }), { registry: types, as: Node });
    expect([found.label, found.next?.label, found.next?.next?.label]).toEqual(['a', 'b', 'c']);
    expect(found.next?.next?.next).toBe(found);
    expect(found.made).toBe(1);
    // What is within comes first.
    expect(told).toEqual(['c', 'b', 'a']);
  });

  it('may be as deep as one likes', () => {
    class Link {
      next: Link | null = null;
    }
    const types = new TypeRegistry().register(Link, {
      name: 'Link',
      fields: [{ property: 'next', as: () => Link }],
    });
    const DEPTH = THOROUGH ? 50_000 : 10_000;
    let chain: { next: unknown } = { next: null };
    for (let i = 0; i < DEPTH; i++) chain = { next: chain };
    let depth = 0;
    const found = deserialize(serialize(chain, { registry: none }), { registry: types, as: Link });
    for (let at: Link | null = found; at; at = at.next) {
      expect(Object.getPrototypeOf(at)).toBe(Link.prototype);
      depth++;
    }
    expect(depth).toBe(DEPTH + 1);
  });

  it('may be made by a static [h5read], of complete content', () => {
    class Money {
      readonly #cents: number;
      readonly parts: readonly Money[];
      constructor(cents: number, parts: readonly Money[]) {
        this.#cents = cents;
        this.parts = parts;
      }
      get total(): number {
        return this.parts.reduce((sum, { total }) => sum + total, this.#cents);
      }
      static [h5read](dict: ReadonlyMap<string, unknown>): Money {
        return new Money(dict.get('cents') as number, (dict.get('parts') ?? []) as Money[]);
      }
    }
    const types = new TypeRegistry().register(Money, {
      name: 'Money',
      fields: [{ property: 'parts', as: () => Money }],
    });
    const plain = {
      cents: 1,
      parts: [
        { cents: 2, parts: [] },
        { cents: 3, parts: [{ cents: 4, parts: [] }] },
      ],
    };
    const found = deserialize(serialize(plain, { registry: none }), { registry: types, as: Money });
    expect(found.total).toBe(10);
    const cyclic: { cents: number; parts: unknown[] } = { cents: 1, parts: [] };
    cyclic.parts.push({ cents: 1, parts: [cyclic] });
    expect(() => deserialize(serialize(cyclic, { registry: none }), { registry: types, as: Money })).toThrow(
      /a Money is a part of what it is made of/,
    );
    let deep = plain;
    for (let i = 0; i < 600; i++) deep = { cents: 0, parts: [deep] } as never;
    expect(() => deserialize(serialize(deep, { registry: none }), { registry: types, as: Money })).toThrow(
      /or too deep in others/,
    );
  });

  it('may be what a codec makes', () => {
    class Money {
      readonly #cents: bigint;
      constructor(cents: bigint) {
        this.#cents = cents;
      }
      get cents(): bigint {
        return this.#cents;
      }
    }
    class Price {
      value: Money | undefined;
    }
    const types = new TypeRegistry()
      .codec(Money, {
        name: 'Money',
        encode: ({ cents }) => ({ cents }),
        decode: ({ cents }) => new Money(cents as bigint),
      })
      .register(Price, { name: 'Price', fields: [{ property: 'value', as: () => Money }] });
    const bytes = serialize({ value: { cents: 5n } }, { registry: none });
    expect(deserialize(bytes, { registry: types, as: Price }).value?.cents).toBe(5n);
  });

  it('may be of a class that extends a type of the language, or migrated from what an older version has', () => {
    class Tags extends Set<string> {
      color = '';
    }
    class Doc {
      tags: Tags | undefined;
      part: Part | undefined;
    }
    class OldDoc {
      weight = 3;
    }
    const types = registry
      .extend()
      .register(Tags, { name: 'Tags' })
      .register(Doc, {
        name: 'Doc',
        version: 2,
        migrate: ({ weight }) => ({ part: { weight } }),
        fields: [
          { property: 'tags', as: () => Tags },
          { property: 'part', as: () => Part },
        ],
      });
    const doc = Object.assign(new Doc(), { tags: Object.assign(new Tags(['a']), { color: 'red' }) });
    expect([
      ...(deserialize<Doc>(serialize(doc, { registry: types }), { registry: types }).tags ?? []),
    ]).toEqual(['a']);
    const old = serialize([new OldDoc()], { registry: new TypeRegistry().register(OldDoc, { name: 'Doc' }) });
    const [found] = deserialize<Doc[]>(old, { registry: types });
    expect(found?.part).toBeInstanceOf(Part);
    expect(found?.part?.weight).toBe(3);
    // A Set is not a Tags: it has no color.
    const wrong = serialize({ tags: new Set(['a']) }, { registry: none });
    expect(() => deserialize(wrong, { registry: types, as: Doc })).toThrow(/\$\.tags\[0\]: a string where/);
  });

  it('says where something went wrong', () => {
    class Leaf {
      size = 0;
    }
    class Branch {
      leaves: Leaf[] = [];
    }
    const types = new TypeRegistry()
      .register(Leaf, {
        name: 'Leaf',
        fields: [{ property: 'size', required: true }],
        afterRead: ({ size }) => {
          if (size < 0) throw new RangeError('a leaf of no size');
        },
      })
      .register(Branch, { name: 'Branch', fields: [{ property: 'leaves', as: () => Leaf }] });
    const readBranch = (leaves: unknown) =>
      deserialize(serialize({ leaves }, { registry: none }), { registry: types, as: Branch });
    expect(() => readBranch([{ size: 1 }, { siz: 1 }])).toThrow(
      /^\$\.leaves\[1\]: an instance of class Leaf in the file has no "size", which is required/,
    );
    expect(() => readBranch(new Map([['a', [{ size: -1 }]]]))).toThrow(
      expect.objectContaining({
        name: 'H5HookError',
        code: 'H5_HOOK',
        path: '$.leaves.a[0]',
        className: 'Leaf',
        cause: expect.objectContaining({ message: 'a leaf of no size' }),
      }),
    );
    // Nothing is left of it: the next one is read as ever.
    expect(readBranch([{ size: 1 }]).leaves[0]).toBeInstanceOf(Leaf);
  });

  it('needs what knows these things, to be read', () => {
    const bytes = coreSerialize(box(new Part()), { registry });
    expect(() => coreDeserialize(bytes, { registry })).toThrow(/class Box is not read without the option/);
    expect(deserialize<Box>(bytes, { registry }).parts).toBeInstanceOf(Part);
  });
});

describe('the value itself', () => {
  it('is an instance of the class that it is expected to be of', () => {
    const bytes = serialize({ weight: 7 }, { registry: none });
    const found = deserialize(bytes, { registry, as: Part });
    expectTypeOf(found).toEqualTypeOf<Part>();
    expect(found).toBeInstanceOf(Part);
    expect(found.weight).toBe(7);
    // Of what is not registered, no instance is made.
    expect(() => deserialize(bytes, { registry: none, as: Part })).toThrow(H5UnexpectedError);
    expect(() => deserialize(serialize([{}], { registry: none }), { registry, as: Part })).toThrow(
      H5UnexpectedError,
    );
    // What says its class is what it says.
    const bolt = serialize(new Bolt(), { registry });
    expect(deserialize(bolt, { registry, as: Part })).toBeInstanceOf(Bolt);
    expect(() => deserialize(serialize(new Part(), { registry }), { registry, as: Bolt })).toThrow(
      /no instance of the class Bolt/,
    );
  });
});

it('the type that reflect-metadata has noted is taken for what is read, and not checked', async () => {
  await import('reflect-metadata');
  const types = new TypeRegistry();
  class Wheel {
    size = 1;
  }
  types.register(Wheel, { name: 'Wheel' });
  class Bike {
    front: Wheel | undefined;
    parts: unknown[] = [];
    name = '';
  }
  // As the compiler emits them for legacy decorators.
  const { metadata } = Reflect as unknown as {
    metadata(key: string, value: unknown): (target: object, property: string) => void;
  };
  for (const [property, type] of [
    ['front', Wheel],
    ['parts', Array],
    ['name', String],
  ] as const) {
    metadata('design:type', type)(Bike.prototype, property);
    H5Field()(Bike.prototype, property);
  }
  H5Class('Bike', { registry: types })(Bike);
  const plain = { front: { size: 3 }, parts: [{ size: 1 }], name: 'x' };
  const found = deserialize(serialize(plain, { registry: none }), { registry: types, as: Bike });
  expect(found.front).toBeInstanceOf(Wheel);
  expect(found.parts).toEqual([{ size: 1 }]);
  const odd = Object.assign(new Bike(), { front: 'no wheel' });
  expect(deserialize<Bike>(serialize(odd, { registry: types }), { registry: types }).front).toBe('no wheel');
});

describeOracle('h5py', () => {
  let folder: string;
  let path: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'h5pickle-held-'));
    path = join(folder, 'lab.h5');
    const program = `
import h5py, numpy as np, sys
f = h5py.File(sys.argv[1], 'w')
f.attrs['title'] = 'a lab'
station = np.dtype([('name', h5py.string_dtype()), ('height', 'f8')])
f['stations'] = np.array([('Zugspitze', 2962.0), ('Brocken', 1141.0)], dtype=station)
f['grid'] = np.array([[('a', 1.0), ('b', 2.0)], [('c', 3.0), ('d', 4.0)]], dtype=station)
f.attrs.create('main', np.array(('Wendelstein', 1838.0), dtype=station), dtype=station)
run = f.create_group('runs/first', track_order=True)
run.attrs['speed'] = 2.5
run['station'] = f['stations'][1]
`;
    runPython(['-c', program, path]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  class Station {
    name = '';
    height = 0;
    get isHigh(): boolean {
      return this.height > 1500;
    }
  }
  class Run {
    speed = 0;
    station: Station | undefined;
  }
  class Lab {
    title = '';
    stations: Station[] = [];
    grid: Station[][] = [];
    main: Station | undefined;
    runs: { first?: unknown } = {};
  }
  const types = new TypeRegistry()
    .register(Station, { name: 'Station' })
    .register(Run, { name: 'Run', fields: ['speed', { property: 'station', as: () => Station }] })
    .register(Lab, {
      name: 'Lab',
      fields: [
        'title',
        { property: 'stations', as: () => Station },
        { property: 'grid', as: () => Station },
        { property: 'main', as: () => Station },
        'runs',
      ],
    });

  it('wrote groups and records, which are instances here', async () => {
    const lab = readSync(path, { registry: types, as: Lab });
    expect(lab).toBeInstanceOf(Lab);
    expect(lab.title).toBe('a lab');
    expect(lab.stations.map(({ isHigh }) => isHigh)).toEqual([true, false]);
    expect(lab.grid[1]?.[0]).toBeInstanceOf(Station);
    expect(lab.grid[1]?.[0]?.name).toBe('c');
    expect(lab.main?.isHigh).toBe(true);
    using file = H5File.open(path);
    const run = await read(file.group('runs/first'), { registry: types, as: Run });
    expect(run).toBeInstanceOf(Run);
    expect(run.speed).toBe(2.5);
    expect(run.station).toBeInstanceOf(Station);
  });
});

describe('an instance without a field that is required', () => {
  class Contact {
    email?: string | undefined = 'a@b';
    name = 'n';
  }
  const contacts = new TypeRegistry().register(Contact, {
    name: 'Contact',
    fields: [{ property: 'email', required: true }, 'name'],
  });
  const bare = () => {
    const contact = new Contact();
    delete contact.email;
    return contact;
  };

  it('is not stored, since it could not be read again', () => {
    const error = /"email", which is required: it could not be read again; give it one/;
    expect(() => serialize(bare(), { registry: contacts })).toThrow(error);
    expect(() => serialize({ all: [new Contact(), bare()] }, { registry: contacts })).toThrow(
      /^\$\.all\[1\]: an instance of class Contact has no property "email"/,
    );
  });

  it('is stored when it has it, whatever it is', () => {
    const contact = new Contact();
    contact.email = undefined;
    const read = deserialize<Contact[]>(serialize([contact, new Contact()], { registry: contacts }), {
      registry: contacts,
    });
    expect(read).toEqual([contact, new Contact()]);
    expect(Object.hasOwn(read[0] as Contact, 'email')).toBe(true);
  });

  it('may be one whose class says itself what is stored', () => {
    class Own {
      [h5write](dict: Map<string, unknown>) {
        dict.set('email', 'x');
      }
      [h5read](dict: Map<string, unknown>) {
        Object.assign(this, { got: dict.get('email') });
      }
    }
    const registry = new TypeRegistry().register(Own, {
      name: 'Own',
      fields: [{ property: 'email', required: true }],
    });
    expect(deserialize(serialize(new Own(), { registry }), { registry })).toEqual({ got: 'x' });
  });
});
