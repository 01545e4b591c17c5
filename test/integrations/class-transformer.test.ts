import 'reflect-metadata';
import { Exclude, Expose, instanceToPlain, plainToInstance, Transform, Type } from 'class-transformer';
import { describe, expect, it } from 'vitest';
import { transformed } from '../../src/integrations/class-transformer.js';
import { deserialize, serialize, TypeRegistry } from '../../src/node.js';

type Decorator = (target: object, property: string) => void;
/** Legacy decorators as compilers call them, since this project compiles standard ones. */
function decorate(cls: { prototype: object }, rules: Record<string, readonly PropertyDecorator[]>): void {
  for (const [property, decorators] of Object.entries(rules))
    for (const decorator of [...decorators].reverse()) (decorator as Decorator)(cls.prototype, property);
}

class Photo {
  url = '';
  private views = 0;
  see(): number {
    return ++this.views;
  }
}

class User {
  id = 0;
  firstName = '';
  lastName = '';
  password = 'secret';
  born: Date | undefined;
  photos: Photo[] = [];
  admin: string | undefined;
  legacy: string | undefined;
  roles: string[] = [];
  get name(): string {
    return `${this.firstName} ${this.lastName}`;
  }
}
decorate(User, {
  firstName: [Expose({ name: 'first_name' })],
  name: [Expose()],
  password: [Exclude()],
  photos: [Type(() => Photo)],
  born: [Type(() => Date)],
  admin: [Expose({ groups: ['admin'] })],
  legacy: [Expose({ since: 1, until: 2 })],
  roles: [
    Transform(({ value }) => (value as string[]).join('|'), { toPlainOnly: true }),
    Transform(({ value }) => (value as string).split('|'), { toClassOnly: true }),
  ],
});

function makeUser(): User {
  const photos = ['a.jpg', 'b.jpg'].map((url) => Object.assign(new Photo(), { url }));
  return Object.assign(new User(), {
    id: 7,
    firstName: 'Ada',
    lastName: 'Lovelace',
    born: new Date('1815-12-10'),
    photos,
    admin: 'yes',
    legacy: 'old',
    roles: ['reader', 'writer'],
  });
}

const back = <T>(value: T, registry: TypeRegistry): T =>
  deserialize<T>(serialize(value, { registry }), { registry });

describe('the decorators of class-transformer', () => {
  it.each([
    ['nothing', {}],
    ['groups', { groups: ['admin'] }],
    ['a version', { version: 1.5 }],
    ['a later version', { version: 3 }],
    ['excludeAll', { strategy: 'excludeAll' }],
    ['prefixes', { excludePrefixes: ['last'] }],
  ] as const)('store what instanceToPlain makes: with %s', (_, options) => {
    const registry = transformed([User], options as never);
    const plain = instanceToPlain(makeUser(), options as never);
    // What is stored is seen without the class.
    const stored = deserialize<Record<string, unknown>>(serialize(makeUser(), { registry }), {
      registry: new TypeRegistry(),
      unknownClass: 'object',
    });
    expect(Object.keys(stored).sort()).toEqual(Object.keys(plain).sort());
    expect({ ...stored, photos: 0 }).toEqual({ ...plain, photos: 0 });
    // And comes back as plainToInstance brings it back.
    const theirs = plainToInstance(User, plain, options as never);
    const ours = back(makeUser(), registry);
    expect(ours).toBeInstanceOf(User);
    expect({ ...ours, photos: 0 }).toEqual({ ...theirs, photos: 0 });
    if (stored.photos) expect(ours.photos[1]).toBeInstanceOf(Photo);
  });

  it('bring back what class-transformer loses', () => {
    class Node {
      name = '';
      parent: Node | undefined;
      children: Node[] = [];
      byName = new Map<string, Node>();
      tags = new Set<string>();
    }
    decorate(Node, { children: [Type(() => Node)], name: [Expose({ name: 'title' })] });
    const root = Object.assign(new Node(), { name: 'root' });
    const child = Object.assign(new Node(), { name: 'child', parent: root, tags: new Set(['a']) });
    root.children.push(child);
    root.byName.set('child', child);
    const found = back(root, transformed([Node]));
    expect(found.children[0]?.parent).toBe(found);
    expect(found.byName.get('child')).toBe(found.children[0]);
    expect(found.children[0]?.tags).toEqual(new Set(['a']));
    expect(found.name).toBe('root');
    // class-transformer goes round in the cycle until the stack is full.
    expect(() => plainToInstance(Node, instanceToPlain(root))).toThrow(RangeError);
  });

  it('tell by a discriminator what a plain object is to be', () => {
    class Shape {
      color = 'red';
    }
    class Circle extends Shape {
      radius = 1;
    }
    class Square extends Shape {
      side = 1;
    }
    class Drawing {
      shapes: Shape[] = [];
      main: Shape | undefined;
    }
    const discriminator = {
      property: 'kind',
      subTypes: [
        { value: Circle, name: 'circle' },
        { value: Square, name: 'square' },
      ],
    };
    decorate(Drawing, {
      shapes: [Type(() => Shape, { discriminator })],
      main: [Type(() => Shape, { discriminator, keepDiscriminatorProperty: true })],
    });
    const registry = transformed([Drawing]);
    expect(registry.names().sort()).toEqual(['Circle', 'Drawing', 'Shape', 'Square']);
    const drawing = Object.assign(new Drawing(), {
      shapes: [new Circle(), { kind: 'square', side: 3 }, { kind: 'unheard of' }],
      main: { kind: 'circle', radius: 9 },
    });
    const found = back(drawing, registry);
    expect(found.shapes[0]).toBeInstanceOf(Circle);
    expect(found.shapes[1]).toBeInstanceOf(Square);
    expect(found.shapes[1]).toEqual(Object.assign(new Square(), { side: 3 }));
    expect(found.shapes[2]).toBeInstanceOf(Shape);
    expect(found.main).toBeInstanceOf(Circle);
    expect((found.main as unknown as { kind: string }).kind).toBe('circle');
  });

  it('give classes names of their own, in a registry of the caller', () => {
    const registry = transformed([User], {
      name: (cls) => `app.${(cls as unknown as { name: string }).name}`,
      registry: new TypeRegistry(),
    });
    expect(registry.names().sort()).toEqual(['app.Photo', 'app.User']);
    const many = back(Array.from({ length: 50 }, makeUser), registry);
    expect(many[49]).toBeInstanceOf(User);
    expect(many[49]?.photos[0]?.see()).toBe(1);
    expect(many[49]?.password).toBe('secret');
  });

  describe('on what is shared', () => {
    class Album extends Map<string, unknown> {}
    class Shelf {
      all: unknown;
    }
    decorate(Shelf, { all: [Type(() => Photo)] });
    const registry = transformed([Shelf], {
      registry: new TypeRegistry().register(Album, { name: 'Album' }),
    });
    const shelf = (all: unknown) => Object.assign(new Shelf(), { all });
    const photo = () => ({ url: 'x' }) as unknown;

    it('leave Maps, Sets and arrays what they are', () => {
      const map = new Map([['x', photo()]]);
      map.set('me', map);
      const { on, map: same } = back({ on: shelf(map), map }, registry);
      expect(on.all).toBe(same);
      expect(same.get('me')).toBe(same);
      expect(same.get('x')).toBeInstanceOf(Photo);

      const set = new Set([1, photo(), 2]);
      const [one, two] = back([shelf(set), shelf(set)], registry) as [Shelf, Shelf];
      expect(one.all).toBe(two.all);
      const [first, second, third] = one.all as Set<unknown>;
      expect([first, third]).toEqual([1, 2]);
      expect(second).toBeInstanceOf(Photo);

      const array = [photo(), undefined, undefined, 3];
      delete array[1];
      const found = back([shelf(array), array] as const, registry);
      expect(found[0].all).toBe(found[1]);
      expect(found[1][0]).toBeInstanceOf(Photo);
      expect(1 in found[1]).toBe(false);
    });

    it('leave subclasses what they are', () => {
      const { all } = back(shelf(new Album([['x', photo()]])), registry);
      expect(all).toBeInstanceOf(Album);
      expect((all as Album).get('x')).toBeInstanceOf(Photo);
    });

    it('make one instance of one plain object, which may lead to itself', () => {
      const plain = photo();
      const all = back(shelf([plain, plain]), registry).all as unknown[];
      expect(all[0]).toBeInstanceOf(Photo);
      expect(all[0]).toBe(all[1]);

      const loop: Record<string, unknown> = {};
      loop.all = [loop];
      class Ring {
        all: unknown;
      }
      decorate(Ring, { all: [Type(() => Ring)] });
      const ring = back(Object.assign(new Ring(), { all: loop }), transformed([Ring])).all as unknown as Ring;
      expect(ring).toBeInstanceOf(Ring);
      expect((ring.all as unknown[])[0]).toBe(ring);
    });

    it('go into collections in collections', () => {
      const plain = { all: [[photo()], undefined] };
      const theirs = plainToInstance(Shelf, plain).all as unknown[][];
      const ours = back(shelf(plain.all), registry).all as unknown[][];
      expect(ours[0]?.[0]).toBeInstanceOf(Photo);
      expect(ours).toEqual(theirs);
      const mixed = back(shelf([new Map([['x', new Set([photo()])]])]), registry).all as Map<
        string,
        Set<unknown>
      >[];
      expect([...(mixed[0]?.get('x') ?? [])][0]).toBeInstanceOf(Photo);
    });
  });

  describe('on classes that extend types of the language', () => {
    class Kennel extends Map<string, unknown> {
      label = 'l';
      secret = 's';
    }
    class Prefilled extends Map<string, unknown> {
      constructor() {
        super([['theme', 'light']]);
      }
    }
    class Tags extends Set<unknown> {
      label = 'l';
    }
    class Day extends Date {
      label = 'l';
    }
    class Failure extends TypeError {
      code = 5;
    }
    class Vector extends Float64Array {
      unit = 'm';
      secret = 's';
    }
    class Bytes extends BigUint64Array {}
    class Pack extends Array<unknown> {
      label = 'l';
    }
    for (const cls of [Kennel, Tags, Day, Pack]) decorate(cls, { label: [Expose()] });
    for (const cls of [Kennel, Vector]) decorate(cls, { secret: [Exclude()] });
    const classes = [Photo, Kennel, Prefilled, Tags, Day, Failure, Vector, Bytes, Pack];
    const registry = transformed(classes);

    it('keep what these hold', () => {
      const photo = Object.assign(new Photo(), { url: 'a' });
      const kennel = Object.assign(new Kennel([['a', photo]]), { label: 'k', secret: 'changed' });
      kennel.set('me', kennel);
      const found = back({ kennel, photo }, registry);
      expect(found.kennel).toBeInstanceOf(Kennel);
      expect([...found.kennel.keys()]).toEqual(['a', 'me']);
      expect(found.kennel.get('a')).toBe(found.photo);
      expect(found.kennel.get('me')).toBe(found.kennel);
      expect({ ...found.kennel }).toEqual({ label: 'k', secret: 's' });

      const tags = Object.assign(new Tags([1, 'x']), { label: 't' });
      expect(back(tags, registry)).toStrictEqual(tags);
      const day = Object.assign(new Day(5), { label: 'd' });
      expect(back(day, registry)).toStrictEqual(day);
      expect(back(day, registry).getTime()).toBe(5);
      const pack = Object.assign(new Pack(), { label: 'p' });
      pack[2] = photo;
      pack.length = 4;
      const other = back(pack, registry);
      expect(other).toStrictEqual(pack);
      expect([other.length, 0 in other, other[2] instanceof Photo]).toEqual([4, false, true]);
      const prefilled = new Prefilled();
      prefilled.delete('theme');
      expect(back(prefilled, registry).size).toBe(0);
    });

    it('keep errors with their message, stack and cause', () => {
      const failure = new Failure('no', { cause: 'why' });
      const found = back(failure, registry);
      expect(found).toBeInstanceOf(Failure);
      expect([found.message, found.stack, found.cause, found.code]).toEqual(['no', failure.stack, 'why', 5]);
      expect(Object.keys(found)).toEqual(['code']);
    });

    it('keep numbers', () => {
      const vector = Object.assign(Vector.of(1, 2), { unit: 'km', secret: 'changed' });
      const [one, two] = back([vector, vector], registry) as [Vector, Vector];
      expect(one).toBe(two);
      expect(one).toBeInstanceOf(Vector);
      expect([...one, one.unit, one.secret]).toEqual([1, 2, 'km', 's']);
      expect(back(Bytes.of(2n ** 64n - 1n), registry)).toStrictEqual(Bytes.of(2n ** 64n - 1n));
    });

    it('store elements whatever is exposed', () => {
      const some = transformed(classes, { strategy: 'excludeAll' });
      expect([...back(Pack.of(1, 2), some)]).toEqual([1, 2]);
      expect([...back(new Kennel([['a', 1]]), some)]).toEqual([['a', 1]]);
    });

    it('do not bring back what the decorators exclude of an error', () => {
      class Quiet extends Error {}
      decorate(Quiet, { stack: [Exclude()] });
      const quiet = transformed([Quiet]);
      const stored = deserialize(serialize(new Quiet('m'), { registry: quiet }), { unknownClass: 'object' });
      expect(JSON.stringify(stored)).not.toContain('class-transformer.test');
      expect(back(new Quiet('m'), quiet).message).toBe('m');
    });

    it.each([
      ['RegExp', class extends RegExp {}],
      ['Number', class extends Number {}],
      ['URL', class extends URL {}],
      ['ArrayBuffer', class extends ArrayBuffer {}],
    ])('refuse what nothing is known of: %s', (name, Odd) => {
      const odd = transformed([Odd as never], { name: () => 'Odd' });
      const value = Reflect.construct(Odd, name === 'URL' ? ['http://a/'] : [1]) as object;
      expect(() => serialize({ a: [value] }, { registry: odd })).toThrow(
        new RegExp(`\\$\\.a\\[0\\].*class Odd extends ${name}`),
      );
    });

    it('say of a damaged file that it is', () => {
      class Fake {
        '[[Map]]' = 5;
        '[[Float64Array]]' = Float32Array.of(1);
      }
      const bytes = (name: string) =>
        serialize(new Fake(), { registry: new TypeRegistry().register(Fake, { name }) });
      for (const [name, inner] of [
        ['Kennel', 'Map'],
        ['Vector', 'Float64Array'],
      ] as const)
        expect(() => deserialize(bytes(name), { registry })).toThrow(
          `an instance in the file has no [[${inner}]]`,
        );
    });
  });

  describe('and types of the language', () => {
    class Pack extends Array<unknown> {}
    class Owner {
      born: unknown = new Date(0);
      count: unknown = 1;
      name: unknown = 'n';
      open: unknown = true;
      days: unknown = [];
      pets: unknown = new Map<string, Photo>();
      set: unknown = new Set<Photo>();
      pack: unknown = new Pack();
      when: unknown = new Date(0);
      dates: unknown = new Map<string, Date>();
    }
    const noted: Record<string, unknown> = { pets: Map, set: Set, pack: Pack, when: Date, dates: Map };
    for (const [property, type] of Object.entries(noted))
      (Reflect as unknown as { defineMetadata(...all: unknown[]): void }).defineMetadata(
        'design:type',
        type,
        Owner.prototype,
        property,
      );
    decorate(Owner, {
      born: [
        Type(() => Date),
        Transform(({ value }) => (value as Date).toISOString(), { toPlainOnly: true }),
      ],
      count: [Type(() => Number)],
      name: [Type(() => String)],
      open: [Type(() => Boolean)],
      days: [Type(() => Date)],
      pets: [Type(() => Photo)],
      set: [Type(() => Photo)],
      pack: [Type(() => Photo)],
      when: [Type()],
      dates: [Type(() => Date)],
    });
    const registry = transformed([Owner]);
    const read = (plain: object) => deserialize(serialize(plain), { registry, as: Owner });

    it('are made of what plain files have, as class-transformer does', () => {
      const plain = () => ({
        born: '2020-01-01',
        count: '7',
        name: 5,
        open: 0,
        days: ['2020-01-01', [86_400_000], null],
        pets: { a: { url: 'x' }, b: null },
        set: [{ url: 'y' }, 5],
        pack: [{ url: 'z' }],
        when: 5,
        dates: { a: '2021-01-01' },
      });
      const found = read(plain());
      const theirs = plainToInstance(Owner, plain());
      expect(found).toStrictEqual(theirs);
      expect((found.pets as Map<string, unknown>).get('a')).toBeInstanceOf(Photo);
      expect([...(found.set as Set<unknown>)][0]).toBeInstanceOf(Photo);
      expect(found.pack).toBeInstanceOf(Pack);
      expect([found.born, found.when].every((each) => each instanceof Date)).toBe(true);
    });

    it('leave alone what is none, and what is one already', () => {
      expect(read({ born: null, count: undefined, name: new Map(), days: Int8Array.of(1) })).toMatchObject({
        born: null,
        count: undefined,
        name: new Map(),
        days: Int8Array.of(1),
      });
      expect(read({ born: 5n }).born).toEqual(new Date(5));
      const pets = { a: { url: 'x' } };
      const both = deserialize<{ pets: unknown }[]>(
        serialize(
          [1, 2].map(() => Object.assign(new Owner(), { pets, pack: [] })),
          { registry },
        ),
        { registry },
      );
      expect(both[0]?.pets).toBeInstanceOf(Map);
      expect(both[0]?.pets).toBe(both[1]?.pets);
    });

    it('come back from what was written', () => {
      const owner = new Owner();
      owner.days = [new Date(1)];
      owner.pets = new Map([['a', new Photo()]]);
      owner.pack = [];
      const found = back(owner, registry);
      expect(found).toEqual(owner);
      expect(found.born).toEqual(new Date(0));
    });
  });

  it('tell by the object what a property is to be', () => {
    class Box {
      kind = '';
      thing: unknown;
    }
    const told: unknown[] = [];
    decorate(Box, {
      thing: [
        Type((help) => {
          told.push(help?.property, help?.newObject);
          return help?.object.kind === 'photo' ? Photo : User;
        }),
      ],
    });
    const registry = transformed([Box, Photo]);
    const box = (kind: string) => Object.assign(new Box(), { kind, thing: { url: 'x' } });
    class Deep {}
    decorate(Deep, { x: [Type((help) => (help?.object.kind.length > 3 ? Photo : User))] });
    expect(transformed([Deep]).names()).toEqual(['Deep']);
    class Late {}
    decorate(Late, {
      x: [
        Type(() => {
          throw new ReferenceError('not yet');
        }),
      ],
    });
    expect(() => transformed([Late])).toThrow('not yet');
    told.length = 0;
    const found = back(box('photo'), registry);
    expect(found.thing).toBeInstanceOf(Photo);
    expect(told).toEqual(['thing', found]);
    expect(back(box('user'), registry).thing).toBeInstanceOf(User);
  });

  it('store what exposed methods return, which is not set when they are read', () => {
    class Named {
      first = 'Ada';
      last = 'Lovelace';
      onChange = () => 'not stored';
      full(): string {
        return `${this.first} ${this.last}`;
      }
      initials(): string {
        return `${this.first[0]}${this.last[0]}`;
      }
      rename(first: string): void {
        this.first = first;
      }
    }
    class Titled extends Named {
      title = 'Countess';
      override full(): string {
        return `${this.title} ${super.full()}`;
      }
    }
    decorate(Named, {
      full: [Expose({ name: 'full_name' }), Transform(({ value }) => `${value}!`, { toPlainOnly: true })],
      initials: [Expose()],
    });
    const registry = transformed([Titled]);
    const stored = deserialize(serialize(new Titled(), { registry }), {
      registry: new TypeRegistry(),
      unknownClass: 'object',
    });
    expect(stored).toEqual({
      first: 'Ada',
      last: 'Lovelace',
      title: 'Countess',
      full_name: 'Countess Ada Lovelace!',
      initials: 'AL',
    });
    const found = back(new Titled(), registry);
    found.rename('Byron');
    expect([found.full(), found.initials()]).toEqual(['Countess Byron Lovelace', 'BL']);
    expect(Object.keys(found)).toEqual(['first', 'last', 'onChange', 'title']);
  });

  it('leave a class that the registry knows as it is known there', () => {
    class Price {
      readonly #cents: number;
      constructor(cents: number) {
        this.#cents = cents;
      }
      get cents(): number {
        return this.#cents;
      }
    }
    class Item {
      price = new Price(250);
    }
    decorate(Item, { price: [Type(() => Price)] });
    const known = new TypeRegistry().codec(Price, {
      name: 'Price',
      encode: ({ cents }) => ({ cents }),
      decode: ({ cents }) => new Price(cents as number),
    });
    const registry = transformed([Item], { registry: known });
    expect(back(new Item(), registry).price.cents).toBe(250);
    // What is named is to be stored by its decorators, which it then would not be.
    expect(() => transformed([Price], { registry: known })).toThrow(/registered already/);
  });

  describe('with more of its options', () => {
    class Account {
      id = 1;
      owner: string | undefined = 'nobody';
      balance = 0;
      label: string | undefined;
      extra: unknown;
    }
    decorate(Account, {
      owner: [Expose()],
      balance: [
        Expose({ name: 'sum' }),
        Transform(({ value }) => Number(value ?? 100), { toClassOnly: true }),
      ],
      label: [
        Expose(),
        Transform(({ obj }) => (obj.code ? `${obj.code}: ${obj.owner}` : undefined), { toClassOnly: true }),
      ],
    });
    const make = () => Object.assign(new Account(), { balance: 7, owner: undefined, more: 'yes' });

    it.each([
      ['excludeExtraneousValues', { excludeExtraneousValues: true }],
      ['exposeDefaultValues', { exposeDefaultValues: true }],
      ['exposeDefaultValues, which is false', { exposeDefaultValues: false }],
      ['exposeUnsetFields', { exposeUnsetFields: false }],
      ['all', { excludeExtraneousValues: true, exposeDefaultValues: false, exposeUnsetFields: false }],
    ])('store and bring back what class-transformer does: %s', (_, options) => {
      const registry = transformed([Account], options);
      const stored = deserialize(serialize(make(), { registry }), {
        registry: new TypeRegistry(),
        unknownClass: 'object',
      });
      expect(stored).toStrictEqual(instanceToPlain(make(), options));
      for (const plain of [{}, { code: 'A', owner: 'Ada', sum: '5', more: [1], id: 4 }]) {
        const found = deserialize(serialize(plain), { registry, as: Account });
        expect(found).toStrictEqual(
          plainToInstance(Account, plain, { exposeDefaultValues: true, ...options }),
        );
      }
    });

    it('keep what the constructor makes, unless told otherwise', () => {
      const bytes = serialize({ code: 'A' });
      const read = (options: object) =>
        deserialize(bytes, { registry: transformed([Account], options), as: Account });
      expect(read({})).toMatchObject({ owner: 'nobody', balance: 0, label: undefined });
      expect(read({ exposeDefaultValues: false })).toMatchObject({ balance: 100, label: 'A: undefined' });
    });
  });

  it('take the types that the compiler has noted, with enableImplicitConversion', () => {
    class Tag {
      text = '';
    }
    class Post {
      count = 0;
      title = '';
      draft = true;
      at: Date | undefined;
      tag: Tag | undefined;
      tags: Map<string, Tag> | undefined;
      seen: Set<string> | undefined;
      list: unknown[] = [];
      raw: unknown;
      told: unknown;
    }
    const types = { count: Number, title: String, draft: Boolean, at: Date, tag: Tag, tags: Map, seen: Set };
    for (const [property, type] of Object.entries({ ...types, list: Array, raw: Object, told: Number }))
      Reflect.defineMetadata('design:type', type, Post.prototype, property);
    decorate(Post, {
      tag: [Expose({ name: 'label' })],
      told: [Type(() => String)],
    });
    const plain = () => ({
      count: '5',
      title: 7,
      draft: 0,
      at: '2020-01-01',
      label: { text: 'x' },
      list: ['1', 2],
      raw: '5',
      told: 5,
    });
    const registry = transformed([Post], { enableImplicitConversion: true });
    const read = (value: object) => deserialize(serialize(value), { registry, as: Post });
    const found = read(plain());
    expect(found).toStrictEqual(plainToInstance(Post, plain(), { enableImplicitConversion: true }));
    expect(found.tag).toBeInstanceOf(Tag);
    // An int64 of another program.
    expect(read({ count: 5n }).count).toBe(5);
    expect(read({ tags: { a: { text: 'y' } }, seen: ['b'] })).toMatchObject({
      tags: new Map([['a', { text: 'y' }]]),
      seen: new Set(['b']),
    });
    // What holds a class is stored without naming it.
    expect(back(found, registry)).toStrictEqual(found);
    const otherwise = deserialize(serialize(plain()), { registry: transformed([Post]), as: Post });
    expect([otherwise.count, otherwise.tag, otherwise.told]).toEqual(['5', { text: 'x' }, '5']);
  });

  it('make a Buffer of bytes', () => {
    class Secret {
      hash: unknown;
    }
    decorate(Secret, { hash: [Type(() => Buffer)] });
    const registry = transformed([Secret]);
    const found = deserialize(serialize({ hash: Uint8Array.of(255, 1) }), { registry, as: Secret });
    expect(found.hash).toStrictEqual(Buffer.of(255, 1));
    expect(back(found, registry).hash).toStrictEqual(Buffer.of(255, 1));
  });

  it('of another build are not taken for none', () => {
    const storage = { _typeMetadatas: new Map(), _exposeMetadatas: new Map() };
    expect(() => transformed([User], { storage: storage as never })).toThrow(/noted no decorators at all/);
  });

  it('cannot set __proto__', () => {
    class Bag {}
    const registry = transformed([Bag]);
    const bag = Object.assign(new Bag(), JSON.parse('{"__proto__x": 1}'));
    Object.defineProperty(bag, '__proto__', { value: { polluted: true }, enumerable: true });
    const found = back(bag, registry);
    expect(Object.getPrototypeOf(found)).toBe(Bag.prototype);
    expect((found as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.hasOwn(found, '__proto__')).toBe(true);
  });
});
