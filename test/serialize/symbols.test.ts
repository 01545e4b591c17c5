import { describe, expect, it } from 'vitest';
import { deserialize as coreDeserialize, serialize as coreSerialize } from '../../src/index.js';
import {
  deserialize,
  H5Field,
  H5RegistryError,
  h5read,
  h5write,
  type RegisterOptions,
  serialize,
  TypeRegistry,
} from '../../src/node.js';
import { attributesOf, datasetAt, describeOracle, groupAt, h5py } from '../oracle/oracles.js';

const SECRET = Symbol('secret');
const OTHER = Symbol('secret');

class Agent {
  name = 'x';
  [SECRET]: unknown = 7;
  [OTHER]: unknown = undefined;
  constructor(name = 'x', secret: unknown = 7) {
    this.name = name;
    this[SECRET] = secret;
  }
}
const fields = [{ property: SECRET, name: 'secret' }, 'name', { property: OTHER, name: 'other' }] as const;
const registry = new TypeRegistry().register(Agent, { name: 'Agent', fields });
const back = <T>(value: T, types = registry): T =>
  deserialize<T>(serialize(value, { registry: types }), { registry: types });

describe('a property that a symbol names', () => {
  it('is stored under the name that its field gives it', () => {
    const shared = [1];
    const many = Array.from({ length: 30 }, (_, i) => new Agent(`agent ${i}`, i % 2 ? shared : i));
    many[3]![OTHER] = many[4];
    // The order of properties is that of the fields, so some lack one.
    delete (many[5] as Partial<Agent>)[OTHER];
    const found = back({ many, one: many[0], shared });
    expect(found.one).toBe(found.many[0]);
    expect(found.many[1]?.[SECRET]).toBe(found.shared);
    expect(found.many[2]?.[SECRET]).toBe(2);
    expect(found.many[3]?.[OTHER]).toBe(found.many[4]);
    expect(Object.hasOwn(found.many[5]!, OTHER)).toBe(false);
    expect(Object.hasOwn(found.many[6]!, OTHER)).toBe(true);
    expect(found.many[7]?.name).toBe('agent 7');
    expect(Reflect.ownKeys(found.many[0]!)).toEqual(['name', SECRET, OTHER]);
    expect(back(new Agent())[SECRET]).toBe(7);
  });

  it('is stored without more values too', () => {
    const bytes = coreSerialize([new Agent('a'), new Agent('b', 2)], { registry });
    const [, second] = coreDeserialize<Agent[]>(bytes, { registry });
    expect(second?.[SECRET]).toBe(2);
  });

  it('is not stored where no field names it', () => {
    class Plain {
      [SECRET] = 1;
      seen = 2;
    }
    const types = new TypeRegistry().register(Plain, { name: 'Plain' });
    expect(Reflect.ownKeys(back([new Plain(), new Plain()], types)[0]!)).toEqual(['seen']);
    const data = { [SECRET]: 1, seen: 2 };
    expect(Reflect.ownKeys(back(data))).toEqual(['seen']);
  });

  it('may be a getter, may have a default, and may be looked for under older names', () => {
    class Shape {
      side = 2;
      @H5Field({ name: 'area' }) get [SECRET](): number {
        return this.side ** 2;
      }
      @H5Field({ name: 'color', aliases: ['colour'], default: 'red' }) [OTHER] = '';
    }
    class Older {
      side = 3;
      colour = 'blue';
    }
    const types = new TypeRegistry().register(Shape, { name: 'Shape' });
    expect(types.get('Shape')?.propertiesOf(new Shape())).toEqual(['side', SECRET, OTHER]);
    const found = back(new Shape(), types);
    expect([found.side, found[SECRET], found[OTHER]]).toEqual([2, 4, '']);
    const read = (value: object) =>
      deserialize<Shape>(
        serialize(value, { registry: new TypeRegistry().register(Older, { name: 'Shape' }) }),
        {
          registry: types,
        },
      );
    expect(read(new Older())[OTHER]).toBe('blue');
    expect(read(Object.create(Older.prototype))[OTHER]).toBe('red');
    const required = new TypeRegistry().register(Agent, {
      name: 'Agent',
      fields: [{ property: OTHER, name: 'paint', required: true }],
    });
    expect(() => deserialize(serialize(new Agent(), { registry }), { registry: required })).toThrow(
      /^\$: an instance of class Agent in the file has no "paint", which is required \(property Symbol\(secret\)\)/,
    );
  });

  it('needs a name', () => {
    const registered = (some: NonNullable<RegisterOptions['fields']>) =>
      new TypeRegistry().register(Agent, { name: 'Agent', fields: some });
    const property = SECRET as unknown as string;
    const act = () => new TypeRegistry().register(Agent, { name: 'Agent', fields: [{ property }] });
    expect(act).toThrow(H5RegistryError);
    expect(act).toThrow(
      /the name of property "Symbol\(secret\)" of class Agent must be a string, not symbol/,
    );
    // @ts-expect-error: which the compiler knows
    expect(() => registered([{ property: SECRET }])).toThrow(H5RegistryError);
    const twice = [...fields, { property: SECRET, name: 'again' }];
    expect(() => new TypeRegistry().register(Agent, { name: 'Agent', fields: twice })).toThrow(
      /property "Symbol\(secret\)" of class Agent is listed twice/,
    );
    const clash = ['name', { property: SECRET, name: 'name' }] as const;
    expect(() => new TypeRegistry().register(Agent, { name: 'Agent', fields: clash })).toThrow(
      /is stored under the name "name", as is "name"/,
    );
  });

  it('is named in the path of what cannot be stored', () => {
    const bad = () => {};
    expect(() => serialize({ a: new Agent('x', bad) }, { registry })).toThrow(
      /\$\.a\["Symbol\(secret\)"\]: /,
    );
    const rows = Array.from({ length: 20 }, (_, i) => new Agent('x', i < 19 ? i : bad));
    expect(() => serialize(rows, { registry })).toThrow(/\$\[19\]\["Symbol\(secret\)"\]: /);
  });
});

describe('a property that is not enumerable', () => {
  const hide = (target: object, property: string | symbol, value: unknown) =>
    Object.defineProperty(target, property, { value, enumerable: false, writable: true, configurable: true });

  class Node {
    name: string;
    declare parent: unknown;
    declare readonly [SECRET]: unknown;
    constructor(name: string, parent?: unknown) {
      this.name = name;
      hide(this, 'parent', parent);
      hide(this, SECRET, 'hidden too');
    }
  }
  const types = new TypeRegistry().register(Node, {
    name: 'Node',
    fields: [
      'name',
      { property: 'parent', enumerable: false },
      { property: SECRET, name: 'secret', enumerable: false },
    ],
  });

  it('is stored where a field declares it, and comes back as its rule says', () => {
    const root = new Node('root');
    (root as { parent: unknown }).parent = root;
    const many = Array.from({ length: 20 }, (_, i) => new Node(`node ${i}`, root));
    const found = back({ root, many }, types);
    for (const node of [found.root, found.many[7]!]) {
      expect(node.parent).toBe(found.root);
      expect(node[SECRET]).toBe('hidden too');
      expect(Object.keys(node)).toEqual(['name']);
      for (const property of ['parent', SECRET])
        expect(Object.getOwnPropertyDescriptor(node, property)).toMatchObject({
          enumerable: false,
          writable: true,
          configurable: true,
        });
    }
    // Written again, it is the same.
    expect(serialize(found, { registry: types })).toEqual(serialize({ root, many }, { registry: types }));
  });

  it('stays what the constructor has made it', () => {
    const made = new TypeRegistry().register(Node, {
      name: 'Node',
      create: () => new Node(''),
      fields: ['name', 'parent'],
    });
    expect(Object.keys(back(new Node('a', 1), made))).toEqual(['name']);
  });

  it('is enumerable again where no rule says otherwise', () => {
    const open = new TypeRegistry().register(Node, { name: 'Node', fields: ['name', 'parent'] });
    expect(Object.keys(back(new Node('a', 1), open))).toEqual(['name', 'parent']);
  });

  it('gets its default without being enumerable', () => {
    class Later {
      name = 'a';
    }
    const later = new TypeRegistry().register(Later, { name: 'Later' });
    class Now {
      name = '';
      @H5Field({ enumerable: false, default: () => [] }) log: string[] = [];
    }
    const now = new TypeRegistry().register(Now, { name: 'Later' });
    const found = deserialize<Now>(serialize(new Later(), { registry: later }), { registry: now });
    expect(found.log).toEqual([]);
    expect(Object.keys(found)).toEqual(['name']);
  });
});

describeOracle('h5py', () => {
  it('sees the datatype of a field that a symbol names, and of one whose class says what is stored', async () => {
    class Gauge {
      [SECRET]: unknown = 1;
      constructor(value: unknown = 1) {
        this[SECRET] = value;
      }
    }
    class Meter {
      #speed = 1.5;
      speed = 0;
      [h5write](dict: Map<string, unknown>): void {
        dict.set('speed', this.#speed).set('twice', this.#speed * 2);
      }
      [h5read](dict: ReadonlyMap<string, unknown>): void {
        this.#speed = dict.get('speed') as number;
        this.speed = this.#speed;
      }
    }
    const types = new TypeRegistry()
      .register(Gauge, { name: 'Gauge', fields: [{ property: SECRET, name: 'secret', dtype: 'i2' }] })
      .register(Meter, { name: 'Meter', construct: true, fields: [{ property: 'speed', dtype: 'f4' }] });
    const value = {
      one: new Gauge(5),
      many: Array.from({ length: 20 }, (_, i) => new Gauge(i)),
      meter: new Meter(),
      meters: Array.from({ length: 20 }, () => new Meter()),
      // Frozen ones are kept apart, and stored in the same way.
      frozen: [Object.freeze(new Gauge(1)), Object.freeze(new Gauge(2))],
    };
    const bytes = serialize(value, { registry: types });
    const file = await h5py(bytes);
    expect(datasetAt(file, 'many/secret').dtype.numpy).toBe('<i2');
    expect(datasetAt(file, 'frozen/secret').dtype.numpy).toBe('<i2');
    expect(datasetAt(file, 'meters/speed').dtype.numpy).toBe('<f4');
    expect(datasetAt(file, 'meters/twice').dtype.numpy).toBe('<i4');
    const found = deserialize<typeof value>(bytes, { registry: types });
    expect(found.many.map((each) => each[SECRET])).toEqual(value.many.map((_, i) => i));
    expect([found.one[SECRET], found.meter.speed, found.meters[19]?.speed]).toEqual([5, 1.5, 1.5]);
    expect(found.frozen.map((each) => Object.isFrozen(each))).toEqual([true, true]);
    expect(() => serialize(new Gauge('text'), { registry: types })).toThrow(
      /the field "Symbol\(secret\)" has the dtype 'i2'/,
    );
  });

  it('sees the names that the fields give', async () => {
    const many = Array.from({ length: 20 }, (_, i) => new Agent('x', i));
    const file = await h5py(serialize({ many, one: new Agent('one', 'text') }, { registry }));
    expect(datasetAt(file, 'many/secret').value).toEqual(many.map((_, i) => i));
    expect(attributesOf(groupAt(file, 'one'))).toMatchObject({
      '@class': 'Agent',
      secret: 'text',
      name: 'one',
    });
  });
});

describe('a symbol of Symbol.for', () => {
  it.each(['a\0b', '\ud800', '@%41', 'a/%00', '', '.', '@', ')', 'é'])('with the key %j', (key) => {
    const symbol = Symbol.for(key);
    const found = back({ symbol, list: [symbol, symbol] });
    expect(found.symbol).toBe(symbol);
    expect(found.list).toEqual([symbol, symbol]);
  });
});
