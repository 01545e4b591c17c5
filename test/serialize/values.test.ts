import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { types as nodeTypes } from 'node:util';
import { Temporal } from '@js-temporal/polyfill';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { deserialize as coreDeserialize, serialize as coreSerialize } from '../../src/index.js';
import {
  deserialize,
  H5Dict,
  H5Field,
  H5File,
  H5FormatError,
  H5RegistryError,
  H5UnknownClassError,
  H5UnsupportedError,
  h5read,
  h5write,
  readSync,
  serialize,
  TypeRegistry,
  write,
  writeSync,
} from '../../src/node.js';
import { values, valuesWith } from '../../src/values.js';
import { describeOracle, runPython } from '../oracle/oracles.js';
import { casesOf } from '../thoroughness.js';

const back = <T>(value: T, registry = new TypeRegistry()): T =>
  deserialize<T>(serialize(value, { registry }), { registry });

class Plain {
  x = 1;
}

const { QuotaExceededError: QuotaExceeded } = globalThis as {
  QuotaExceededError?: new (message: string, options: object) => DOMException;
};

/** A value of each type, and what of it is to be the same: also of those that later engines have. */
const CASES: [string, () => unknown, (value: never) => unknown][] = [
  [
    'RegExp',
    () => Object.assign(/a+\/b/giu, { lastIndex: 3 }),
    (r: RegExp) => [r.source, r.flags, r.lastIndex],
  ],
  ['Error', () => new Error('no'), (e: Error) => [e.message, e.stack, e.name, Object.keys(e)]],
  ['TypeError', () => new TypeError('no'), (e: Error) => [e.message, e.stack, String(e)]],
  ['RangeError', () => new RangeError(), (e: Error) => [e.message, Object.hasOwn(e, 'message')]],
  [
    'AggregateError',
    () => new AggregateError([new Error('a'), 1], 'both'),
    (e: AggregateError) => [e.message, (e.errors[0] as Error).message, e.errors[1]],
  ],
  [
    'DOMException',
    () => Object.assign(new DOMException('too late', 'TimeoutError'), { after: 5, cause: new Error('slow') }),
    (e: DOMException & { after: number }) => [
      e.name,
      e.message,
      e.code,
      e.stack,
      e.after,
      Object.keys(e),
      String(e.cause),
    ],
  ],
  ...(typeof QuotaExceeded === 'function'
    ? ([
        [
          'QuotaExceededError',
          () => new QuotaExceeded('full', { quota: 5, requested: 6.5 }),
          (e: DOMException & { quota: number; requested: number }) => [
            e.name,
            e.message,
            e.quota,
            e.requested,
            Object.keys(e),
          ],
        ],
      ] as [string, () => unknown, (value: never) => unknown][])
    : []),
  ...(typeof SuppressedError === 'function'
    ? ([
        [
          'SuppressedError',
          () => new SuppressedError(new Error('close'), new TypeError('use'), 'both'),
          (e: SuppressedError) => [e.message, String(e.error), String(e.suppressed), e.stack, Object.keys(e)],
        ],
      ] as [string, () => unknown, (value: never) => unknown][])
    : []),
  ['URL', () => new URL('https://example.org/a?b=c#d'), (u: URL) => [u.href, u.searchParams.get('b')]],
  ['URLSearchParams', () => new URLSearchParams('a=1&b=2&a=3'), (p: URLSearchParams) => [...p]],
  ['Number', () => Object(-0), (n: number) => Object.is(n.valueOf(), -0)],
  ['String', () => Object('text'), (s: string) => s.valueOf()],
  ['Boolean', () => Object(false), (b: boolean) => b.valueOf()],
  ['BigInt', () => Object(2n ** 70n), (b: bigint) => b.valueOf()],
  ['Symbol', () => Object(Symbol.iterator), (s: symbol) => s.valueOf()],
  ['Buffer', () => Buffer.from('bytes'), (b: Buffer) => [b.toString(), Buffer.isBuffer(b)]],
  [
    'SharedArrayBuffer',
    () => new Uint8Array(new SharedArrayBuffer(3)).fill(7).buffer,
    (b: SharedArrayBuffer) => [...new Uint8Array(b)],
  ],
];

describe.each(CASES)('%s', (name, make, look) => {
  const same = (found: unknown, value: unknown): void => {
    expect(Object.getPrototypeOf(found)).toBe(Object.getPrototypeOf(value));
    expect(Object.prototype.toString.call(found)).toBe(Object.prototype.toString.call(value));
    expect(look(found as never)).toEqual(look(value as never));
  };

  it('comes back, wherever it stands', () => {
    const value = make();
    same(back(value), value);
    same(back({ value }).value, value);
    const { list, map, set, rows, mixed, missing } = back({
      list: [value, make(), value],
      map: new Map([[value, make()]]),
      set: new Set([value]),
      rows: Array.from({ length: 20 }, (_, i) => ({ i, value: i === 7 ? value : make() })),
      mixed: [1, value, 'x', new Plain().x, null, [make()]],
      missing: [undefined, value, null],
    });
    same(list[0], value);
    expect(list[0]).toBe(list[2]);
    expect(list[0]).not.toBe(list[1]);
    expect([...map.keys()][0]).toBe(list[0]);
    expect([...set][0]).toBe(list[0]);
    expect(rows[7]?.value).toBe(list[0]);
    expect(Object.getPrototypeOf(rows[8]?.value)).toBe(Object.getPrototypeOf(value));
    expect(mixed[1]).toBe(list[0]);
    expect(missing).toEqual([undefined, list[0], null]);
  });

  it('needs what knows it', () => {
    const value = make();
    expect(() => coreSerialize({ value })).toThrow(H5UnsupportedError);
    expect(() => coreSerialize({ value })).toThrow(
      /\$\.value: .*cannot be stored;.* try the option \{ values \}/,
    );
    if (name === 'Buffer') return;
    const bytes = coreSerialize({ value, list: [value, make()] }, { values });
    expect(() => coreDeserialize(bytes)).toThrow(H5FormatError);
    expect(() => coreDeserialize(bytes)).toThrow(`an unknown type: ${name} (without the option { values }`);
    same(coreDeserialize<{ value: unknown }>(bytes, { values }).value, value);
  });
});

test('Temporal, of a polyfill, comes back', () => {
  const withTemporal = valuesWith({ temporal: Temporal as never });
  const value = {
    instant: Temporal.Instant.from('2024-02-29T12:00:00.123456789Z'),
    zoned: Temporal.ZonedDateTime.from('2024-02-29T12:00[Europe/Paris]'),
    date: Temporal.PlainDate.from('2024-02-29'),
    time: Temporal.PlainTime.from('12:34:56.789'),
    dateTime: Temporal.PlainDateTime.from('2024-02-29T12:34'),
    yearMonth: Temporal.PlainYearMonth.from('2024-02'),
    monthDay: Temporal.PlainMonthDay.from('02-29'),
    duration: Temporal.Duration.from('P1Y2M3DT4H'),
    days: Array.from({ length: 20 }, (_, i) => Temporal.PlainDate.from({ year: 2024, month: 1, day: i + 1 })),
  };
  const bytes = serialize(value, { values: withTemporal });
  const found = deserialize<typeof value>(bytes, { values: withTemporal });
  expect(found.instant).toBeInstanceOf(Temporal.Instant);
  expect(JSON.stringify(found)).toBe(JSON.stringify(value));
  expect(found.days[7]?.equals('2024-01-08')).toBe(true);
});

describe('errors', () => {
  it('keep their causes, in cycles too, and what else they have', () => {
    const cause = new TypeError('deep');
    const error = Object.assign(new Error('top', { cause }), { code: 'E_TOP', list: [cause] });
    (cause as { back?: unknown }).back = error;
    const found = back({ error, all: [error, cause] }).error as typeof error;
    expect(found.cause).toBeInstanceOf(TypeError);
    expect((found.cause as { back: unknown }).back).toBe(found);
    expect(found.list[0]).toBe(found.cause);
    expect(found.code).toBe('E_TOP');
    expect(Object.keys(found)).toEqual(['code', 'list']);
    for (const key of ['message', 'stack', 'cause'])
      expect(Object.getOwnPropertyDescriptor(found, key)).toMatchObject({
        enumerable: false,
        writable: true,
      });
    expect(nodeTypes.isNativeError(found)).toBe(true);
  });

  it('go without their stacks where that is asked for', () => {
    const error = new Error('x');
    const bytes = serialize({ error }, { values: valuesWith({ stack: false }) });
    expect(Buffer.from(bytes).includes('values.test.ts')).toBe(false);
    const found = deserialize<{ error: Error }>(bytes).error;
    expect(found.message).toBe('x');
    expect(Object.hasOwn(found, 'stack')).toBe(false);
  });

  it('may have a name of their own', () => {
    const error = new Error('x');
    error.name = 'Special';
    const found = back(error);
    expect(String(found)).toBe('Special: x');
    expect(Object.keys(found)).toEqual(['name']);
  });

  it('keep what is enumerable of them so, in its order', () => {
    class ValidationError extends Error {
      field: string;
      constructor(message: string, field: string) {
        super(message, { cause: 'why' });
        this.name = 'ValidationError';
        this.field = field;
      }
    }
    const types = new TypeRegistry().register(ValidationError, { name: 'ValidationError' });
    const late = new ValidationError('late', 'b');
    Object.defineProperty(late, 'name', { enumerable: false });
    const errors = [
      new ValidationError('m', 'age'),
      late,
      ...Array.from({ length: 20 }, (_, i) => new ValidationError(`${i}`, 'n')),
      Object.assign(new Error('m'), { code: 5, cause: 'why', name: 'Custom' }),
      Object.assign(new RangeError(), { message: 'own', stack: 'none' }),
      Object.assign(new AggregateError([1]), { errors: [2] }),
    ];
    const shown = (error: Error) => [
      JSON.stringify(error),
      // Later engines have it as an accessor.
      [error.stack, Object.getOwnPropertyDescriptor(error, 'stack')?.enumerable],
      ...['name', 'message', 'cause', 'errors'].map((name) => Object.getOwnPropertyDescriptor(error, name)),
    ];
    for (const error of errors) {
      const found = back({ error }, types).error;
      expect(shown(found)).toEqual(shown(error));
      expect(Object.keys(found)).toEqual(Object.keys(error));
    }
    expect(back(errors, types).map(shown)).toEqual(errors.map(shown));
    const odd = Object.assign(new Error(), { '[[enumerable]]': 'name' });
    expect(() => serialize(odd)).toThrow(/cannot be called \[\[enumerable\]\]/);
  });

  it.runIf(typeof SuppressedError === 'function')(
    'of a class that extends SuppressedError hide what that hides',
    () => {
      class CloseError extends SuppressedError {
        file = 'a.h5';
      }
      const types = new TypeRegistry().register(CloseError, { name: 'CloseError' });
      const first = new Error('use');
      const found = back({ error: new CloseError('close', first, 'both'), first }, types);
      expect(found.error).toBeInstanceOf(CloseError);
      expect([found.error.message, found.error.error, found.error.file]).toEqual(['both', 'close', 'a.h5']);
      expect(found.error.suppressed).toBe(found.first);
      expect(Object.keys(found.error)).toEqual(['file']);
    },
  );

  it('of the platform are made by their constructors, which refuse what lies', () => {
    const file = H5File.open(undefined, 'w');
    file.attrs.set('@h5pickle', 1);
    file.attrs.set('@type', 'DOMException');
    file.attrs.set('message', 'm');
    expect(() => deserialize(file.toBytes())).toThrow(H5FormatError);
    file.attrs.set('name', 'AbortError');
    expect(deserialize<DOMException>(file.toBytes()).code).toBe(DOMException.ABORT_ERR);
  });

  it('may have fields that rules, or the class itself, name', () => {
    class Ruled extends Error {
      override name = 'Ruled';
      code = 1;
      more = [2];
    }
    class Said extends Error {
      code = 0;
      [h5write](dict: Map<string, unknown>): void {
        dict.set('0', this.code);
      }
      [h5read](dict: ReadonlyMap<string, unknown>): void {
        this.code = dict.get('0') as number;
      }
    }
    const types = new TypeRegistry()
      .register(Ruled, { name: 'Ruled', fields: ['more', { property: 'code', name: 'c' }] })
      .register(Said, { name: 'Said' });
    const found = back([new Ruled('r'), Object.assign(new Said('s'), { name: 'Said', code: 4 })], types);
    expect(found.map(String)).toEqual(['Ruled: r', 'Said: s']);
    expect(found.map((error) => Object.keys(error))).toEqual([
      ['name', 'more', 'code'],
      ['name', 'code'],
    ]);
    expect(found.map(({ code }) => code)).toEqual([1, 4]);
  });
});

describe('classes that extend types of the language', () => {
  class Tags extends Set<string> {
    color = 'red';
    first(): string | undefined {
      return [...this][0];
    }
  }
  class Index extends Map<unknown, unknown> {
    label?: string;
    override set(key: unknown, value: unknown): this {
      throw new Error(`no one sets ${String(key)} to ${String(value)} here`);
    }
    fill(key: unknown, value: unknown): this {
      return super.set(key, value);
    }
  }
  class Stack extends Array<unknown> {
    top = 0;
  }
  class Day extends Date {
    zone = 'UTC';
  }
  class Failure extends Error {
    override name = 'Failure';
    readonly code: number;
    constructor(message: string, code: number) {
      super(message);
      this.code = code;
    }
  }
  class Samples extends Float64Array {
    rate = 44_100;
  }
  const registry = new TypeRegistry()
    .register(Tags, { name: 'Tags' })
    .register(Index, { name: 'Index' })
    .register(Stack, { name: 'Stack' })
    .register(Day, { name: 'Day' })
    .register(Failure, { name: 'Failure' })
    .register(Samples, { name: 'Samples' });

  it('may have properties that are called like those of their types', () => {
    const samples = new Samples(new Float64Array([0, 1, 2, 3]).buffer, 8, 2);
    for (const name of ['buffer', 'byteOffset', 'byteLength', 'constructor'])
      Object.defineProperty(samples, name, {
        value: 0,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    const bytes = serialize({ samples }, { registry });
    const copy = deserialize<{ samples: Samples }>(bytes, { registry }).samples;
    expect([...copy]).toEqual([1, 2]);
    expect(Object.entries(copy).slice(2)).toEqual(Object.entries(samples).slice(2));
    expect(String(H5Dict.open(bytes, { registry }))).toContain('samples: Float64Array(2) [1, 2]');
  });

  it('come back with what they hold and what they have', () => {
    const tags = Object.assign(new Tags(['a', 'b']), { color: 'blue' });
    const index = Object.assign(new Index(), { label: 'by anything' }).fill(1, 'one');
    index.fill(index, tags).fill('self', index);
    const stack = Object.assign(Stack.from([1, 'two']) as Stack, { top: 2 });
    stack[4] = stack;
    const day = new Day('2024-02-29');
    const failure = new Failure('broken', 42);
    const samples = Object.assign(new Samples([1, 2.5]), { rate: 8000 });
    const found = back({ tags, index, stack, day, failure, samples }, registry);
    expect(found.tags).toBeInstanceOf(Tags);
    expect([found.tags.first(), found.tags.size, found.tags.color]).toEqual(['a', 2, 'blue']);
    expect(found.index.label).toBe('by anything');
    expect([...found.index.keys()]).toEqual([1, found.index, 'self']);
    expect(found.index.get(found.index)).toBe(found.tags);
    expect(found.stack).toBeInstanceOf(Stack);
    expect(Array.isArray(found.stack)).toBe(true);
    expect(found.stack.length).toBe(5);
    expect(2 in found.stack).toBe(false);
    expect([found.stack[1], found.stack[4], found.stack.top]).toEqual(['two', found.stack, 2]);
    expect(found.day).toBeInstanceOf(Day);
    expect([found.day.getTime(), found.day.zone]).toEqual([day.getTime(), 'UTC']);
    expect(found.failure).toBeInstanceOf(Failure);
    expect(nodeTypes.isNativeError(found.failure)).toBe(true);
    expect([found.failure.message, found.failure.code, String(found.failure)]).toEqual([
      'broken',
      42,
      'Failure: broken',
    ]);
    expect(found.failure.stack).toBe(failure.stack);
    expect(found.samples).toBeInstanceOf(Samples);
    expect([...found.samples, found.samples.rate]).toEqual([1, 2.5, 8000]);
  });

  it('may have fields with other names, or just some', () => {
    class Bag extends Set<string> {
      color = 'red';
      size2 = 1;
    }
    const some = new TypeRegistry().register(Bag, {
      name: 'Bag',
      fields: [{ property: 'color', name: 'farbe' }],
    });
    const found = back([Object.assign(new Bag(['a']), { color: 'blue', size2: 7 }), new Bag()], some);
    expect([...(found[0] as Bag)]).toEqual(['a']);
    expect(found.map(({ color, size2 }) => [color, size2])).toEqual([
      ['blue', undefined],
      ['red', undefined],
    ]);
    const renamed = new TypeRegistry().register(Bag, { name: 'Bag' });
    const odd = new Bag(['x']);
    for (const name of ['__proto__', 'constructor', '5'])
      Object.defineProperty(odd, name, { value: name, enumerable: true, writable: true, configurable: true });
    const copy = back(odd, renamed);
    expect(Object.entries(copy)).toEqual(Object.entries(odd));
    expect(Object.getPrototypeOf(copy)).toBe(Bag.prototype);
    expect([...copy]).toEqual(['x']);
    class Loud extends Error {
      @H5Field({ name: 'text' }) note = 'n';
    }
    const loud = new TypeRegistry().register(Loud, { name: 'Loud', ignore: ['other'] });
    const error = back([Object.assign(new Loud('m'), { note: 'kept', other: 1 })], loud)[0];
    expect([error?.message, error?.note, Object.keys(error ?? {})]).toEqual(['m', 'kept', ['note']]);
  });

  it('hold what they held, and nothing that a constructor puts in', () => {
    class Settings extends Map<string, unknown> {
      constructor() {
        super([['theme', 'light']]);
      }
    }
    class Roles extends Set<string> {
      constructor() {
        super();
        this.add('guest');
      }
    }
    const types = new TypeRegistry()
      .register(Settings, { name: 'Settings', construct: true })
      .register(Roles, { name: 'Roles', create: () => new Roles() });
    const settings = new Settings();
    settings.delete('theme');
    settings.set('font', 1);
    const again = new Settings();
    again.delete('theme');
    again.set('a', 1).set('theme', 'dark');
    const roles = new Roles();
    roles.delete('guest');
    const found = back({ settings, again, roles }, types);
    expect([...found.settings]).toEqual([['font', 1]]);
    expect([...found.again.keys()]).toEqual(['a', 'theme']);
    expect([found.roles.size, found.roles instanceof Roles]).toEqual([0, true]);
  });

  it('that hold one value come back with it', () => {
    class Cents extends Number {
      currency = 'EUR';
    }
    class Name extends String {
      short = true;
    }
    class Flag extends Boolean {
      note?: unknown;
    }
    class Link extends URL {
      label = '';
      override get href(): string {
        return 'else';
      }
    }
    class Query extends URLSearchParams {
      order = 1;
    }
    const types = new TypeRegistry()
      .register(Cents, { name: 'Cents' })
      .register(Name, { name: 'Name' })
      .register(Flag, { name: 'Flag' })
      .register(Link, { name: 'Link' })
      .register(Query, { name: 'Query' });
    const cents = new Cents(-0);
    const value = {
      cents,
      many: Array.from({ length: 50 }, (_, i) => new Cents(i / 2)),
      name: Object.assign(new Name('Ada\0'), { short: false, more: [cents] }),
      flag: new Flag(false),
      link: Object.assign(new Link('https://example.org/a?b=c'), { label: 'x' }),
      query: Object.assign(new Query('a=1&a=2'), { order: 2 }),
    };
    const found = back(value, types);
    expect(found.cents).toBeInstanceOf(Cents);
    expect([Object.is(found.cents.valueOf(), -0), found.cents.currency]).toEqual([true, 'EUR']);
    expect(found.many.map(Number)).toEqual(value.many.map(Number));
    expect([String(found.name), found.name.length, found.name.short]).toEqual(['Ada\0', 4, false]);
    expect(found.name.more[0]).toBe(found.cents);
    expect([found.flag.valueOf(), Object.keys(found.flag)]).toEqual([false, Object.keys(value.flag)]);
    expect([found.link.search, found.link.label]).toEqual(['?b=c', 'x']);
    expect([found.query.getAll('a'), found.query.order]).toEqual([['1', '2'], 2]);
    for (const member of ['name', 'link', 'cents'] as const)
      expect(found[member]).toBeInstanceOf(value[member].constructor);
  });

  it('whose content nothing brings back are refused', () => {
    class Photo extends Blob {
      title = 'x';
    }
    class Stop extends DOMException {}
    class Saved extends Blob {
      [h5write](dict: Map<string, unknown>): void {
        dict.set('size', this.size);
      }
      static [h5read](dict: ReadonlyMap<string, unknown>): Saved {
        return new Saved([new Uint8Array(dict.get('size') as number)]);
      }
    }
    const types = new TypeRegistry()
      .register(Photo, { name: 'Photo' })
      .register(Stop, { name: 'Stop' })
      .register(Saved, { name: 'Saved' });
    expect(() => serialize({ a: [new Photo(['x'])] }, { registry: types })).toThrow(
      /^\$\.a\[0\]: class Photo extends Blob, whose content is in no property/,
    );
    expect(() => serialize(new Stop('x'), { registry: types })).toThrow(H5RegistryError);
    expect(back(new Saved(['abc']), types).size).toBe(3);
    const skipped = serialize([new Photo(['x']), 1], { registry: types, onUnsupported: 'skip' });
    expect(deserialize(skipped)).toEqual([undefined, 1]);
  });

  it('are tables where there are many', () => {
    const many = Array.from({ length: 100 }, (_, i) => new Failure(`number ${i}`, i));
    const found = back({ many, last: many[99] }, registry);
    expect(found.many[50]).toBeInstanceOf(Failure);
    expect(found.many.map(({ code }) => code)).toEqual(many.map(({ code }) => code));
    expect(found.last).toBe(found.many[99]);
  });
});

describe('a codec', () => {
  class Money {
    readonly #cents: bigint;
    constructor(cents: bigint) {
      this.#cents = cents;
    }
    get cents(): bigint {
      return this.#cents;
    }
  }
  class Tree {
    readonly #children: Tree[] = [];
    parent: Tree | undefined;
    add(child: Tree): this {
      this.#children.push(child);
      child.parent = this;
      return this;
    }
    get children(): readonly Tree[] {
      return this.#children;
    }
  }
  const registry = new TypeRegistry()
    .codec(Money, {
      name: 'shop.Money',
      encode: ({ cents }) => ({ cents }),
      decode: ({ cents }) => new Money(cents as bigint),
    })
    .codec(Tree, {
      name: 'Tree',
      encode: ({ children }) => ({ children }),
      create: () => new Tree(),
      fill: (tree, { children }) => {
        for (const child of children as Tree[]) tree.add(child);
      },
    });

  it('stores what properties do not show', () => {
    const price = new Money(1999n);
    const found = back({ price, prices: [price, new Money(2n)], by: new Map([[price, 1]]) }, registry);
    expect(found.price).toBeInstanceOf(Money);
    expect(found.price.cents).toBe(1999n);
    expect(found.prices[0]).toBe(found.price);
    expect(found.prices[1]?.cents).toBe(2n);
    expect([...found.by.keys()][0]).toBe(found.price);
  });

  it('with create and fill brings cycles back', () => {
    const leaf = new Tree();
    const root = new Tree().add(new Tree().add(leaf)).add(new Tree());
    const found = back({ root, leaf }, registry);
    expect(found.leaf.parent?.parent).toBe(found.root);
    expect(found.root.children.length).toBe(2);
    expect(found.root.children[0]?.children[0]).toBe(found.leaf);
  });

  it('may be an object with state of its own', () => {
    class Tagger {
      readonly name = 'Plain';
      made = 0;
      encode({ x }: Plain) {
        return { x };
      }
      decode({ x }: { readonly [part: string]: unknown }): Plain {
        this.made++;
        return Object.assign(new Plain(), { x: x as number });
      }
    }
    const tagger = new Tagger();
    const found = back([new Plain(), new Plain()], new TypeRegistry().codec(Plain, tagger));
    expect(found[1]).toBeInstanceOf(Plain);
    expect(tagger.made).toBe(2);
  });

  it('with decode alone says that it is in a cycle', () => {
    class Node {
      next: unknown;
    }
    const cyclic = new TypeRegistry().codec(Node, {
      name: 'Node',
      encode: ({ next }) => ({ next }),
      decode: ({ next }) => Object.assign(new Node(), { next }),
    });
    const node = new Node();
    node.next = [node];
    // What writes values that cannot be read.
    const { check: _, ...unchecked } = values;
    const isRefused = (value: unknown, message: RegExp): void => {
      expect(() => serialize(value, { registry: cyclic })).toThrow(message);
      expect(() => serialize(value, { registry: cyclic })).toThrow(H5UnsupportedError);
      const bytes = serialize(value, { registry: cyclic, values: unchecked });
      expect(() => deserialize(bytes, { registry: cyclic })).toThrow(message);
    };
    isRefused({ node }, /\$\.node: a Node that is a part of what it is made of.*`create` and `fill`/);
    const chain = Array.from({ length: 1000 }, () => new Node());
    chain.forEach((each, i) => {
      each.next = chain[i + 1];
    });
    // What is made of others is in no cycle, however many they are.
    expect(back({ first: chain[0] }, cyclic)).toEqual({ first: chain[0] });
    expect(back({ chain: chain.slice(-3) }, cyclic)).toEqual({ chain: chain.slice(-3) });
    const holder = { back: {}, parts: [] as unknown[] };
    holder.back = holder;
    const parts = chain.slice(-400);
    const all = { holder, ...Object.fromEntries(parts.toReversed().map((each, i) => [`part${i}`, each])) };
    const read = deserialize<typeof all>(serialize(all, { registry: cyclic }), { registry: cyclic });
    expect(read.holder.back).toBe(read.holder);
  });

  it('is checked for that before anything is written, and by no code of a class', async () => {
    let made = 0;
    class Item {
      next: unknown;
    }
    const items = new TypeRegistry().codec(Item, {
      name: 'Item',
      encode: ({ next }) => ({ next }),
      decode: ({ next }) => {
        made++;
        return Object.assign(new Item(), { next });
      },
    });
    const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
    try {
      const path = join(folder, 'a.h5');
      writeSync(path, { is: 'whole' });
      const item = new Item();
      item.next = { item };
      expect(() => writeSync(path, item, { registry: items })).toThrow(H5UnsupportedError);
      await expect(write(path, item, { registry: items })).rejects.toThrow(H5UnsupportedError);
      expect(() => writeSync(path, item, { registry: items, path: 'a' })).toThrow(H5UnsupportedError);
      expect(readSync(path)).toEqual({ is: 'whole' });
      const good = { item: new Item(), back: {} };
      good.back = good;
      good.item.next = new Item();
      writeSync(path, good, { registry: items });
      expect(made).toBe(0);
      readSync(path, { registry: items });
      expect(made).toBe(2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('may be for what a predicate tells', () => {
    const make = () =>
      Object.create({
        brand: 'strange',
        get twice(): number {
          return (this as unknown as { n: number }).n * 2;
        },
      }) as { n: number; twice: number; brand: string };
    const strange = new TypeRegistry().codec((value) => (value as { brand?: string }).brand === 'strange', {
      name: 'strange',
      encode: ({ n }: { n: number }) => ({ n }),
      decode: ({ n }) => Object.assign(make(), { n }),
    });
    const found = back({ a: Object.assign(make(), { n: 21 }) }, strange);
    expect(found.a.twice).toBe(42);
  });

  it('that cannot bring values back, or whose name is taken, is refused', () => {
    const encode = () => ({});
    expect(() => new TypeRegistry().codec(Plain, { name: 'P', encode })).toThrow(H5RegistryError);
    expect(() => new TypeRegistry().codec(Plain, { name: 'P', encode, create: () => new Plain() })).toThrow(
      /neither `decode` nor `create` and `fill`/,
    );
    expect(() => registry.codec(Plain, { name: 'Tree', encode, decode: () => new Plain() })).toThrow(
      /belongs to class Tree already/,
    );
    const bad = new TypeRegistry().codec(Plain, {
      name: 'P',
      encode: () => 'text' as unknown as object,
      decode: () => new Plain(),
    });
    expect(() => serialize(new Plain(), { registry: bad })).toThrow(
      /`encode` of the codec "P" returned no object/,
    );
    const made = [
      new Map([['a', 1]]),
      new Set(),
      new Date(0),
      Promise.resolve(),
      new Uint8Array(2),
      [1],
      /x/,
    ];
    for (const content of made) {
      const wrong = new TypeRegistry().codec(Plain, {
        name: 'P',
        encode: () => content,
        decode: () => new Plain(),
      });
      expect(() => serialize([{ x: new Plain() }], { registry: wrong })).toThrow(
        /^\$.*`encode` of the codec "P" returned no object whose properties are the parts/,
      );
    }
  });

  it('of a class that is not registered is an error when a file is read', () => {
    const bytes = serialize({ price: new Money(1n) }, { registry });
    expect(() => deserialize(bytes, { registry: new TypeRegistry() })).toThrow(H5UnknownClassError);
  });
});

describe('what is stored by its name', () => {
  const OPEN = Symbol('open');
  const DARK = { name: 'dark' };
  function onSave(): string {
    return 'saved';
  }
  class Shape {}
  const registry = new TypeRegistry()
    .registerSymbol('status.open', OPEN)
    .registerValue('handlers.save', onSave)
    .registerValue('theme.dark', DARK)
    .register(Shape, { name: 'geo.Shape' });

  it('is the very same value again, wherever it stands', () => {
    const all = [OPEN, onSave, DARK, Shape, Symbol.iterator, Symbol.for('app.key'), Symbol.for('')];
    for (const value of all) {
      expect(back(value, registry)).toBe(value);
      expect(back({ value }, registry).value).toBe(value);
      expect(back([value, value, undefined, null], registry)).toEqual([value, value, undefined, null]);
      expect([...back(new Map([[value, value]]), registry)]).toEqual([[value, value]]);
      const rows = Array.from({ length: 20 }, (_, i) => ({ i, value }));
      expect(back(rows, registry)[19]?.value).toBe(value);
    }
    expect(back(all, registry)).toEqual(all);
    expect(back([1, 'x', ...all, [DARK], { DARK }], registry)).toEqual([1, 'x', ...all, [DARK], { DARK }]);
    expect(back({ theme: DARK, other: { name: 'dark' } }, registry).theme).toBe(DARK);
  });

  it('is an error where nobody has registered it', () => {
    expect(() => serialize({ a: [Symbol('x')] })).toThrow(/\$\.a\[0\]: Symbol\(x\) cannot be stored/);
    expect(() => serialize({ a: onSave })).toThrow(/\$\.a: the function onSave cannot be stored/);
    const bytes = serialize({ a: onSave }, { registry });
    expect(() => deserialize(bytes)).toThrow(/the value "handlers.save", which is not registered/);
    const cls = serialize({ a: Shape }, { registry });
    expect(() => deserialize(cls)).toThrow(/the value "class geo.Shape", which is not registered/);
  });

  it('has one name, and the name one value', () => {
    expect(() => registry.registerValue('again', onSave)).toThrow(/registered already, as "handlers.save"/);
    expect(() => registry.registerValue('handlers.save', () => {})).toThrow(/is that of another value/);
    expect(() => registry.registerValue('Symbol.iterator', {})).toThrow(/the name of|is that of a symbol/);
    expect(() => registry.registerValue('class x', {})).toThrow(/is that of a symbol or a class/);
    registry.registerValue('handlers.save', onSave);
  });

  it('that a file invents is not looked up anywhere', () => {
    for (const name of ['Symbol.prototype', 'Symbol.keyFor', 'constructor', 'class Object', '__proto__']) {
      const one = new TypeRegistry().registerValue('x'.repeat(name.length), onSave);
      const bytes = serialize({ a: onSave }, { registry: one });
      const at = Buffer.from(bytes).indexOf('x'.repeat(name.length));
      bytes.set(Buffer.from(name), at);
      expect(() => deserialize(bytes, { registry: one })).toThrow(H5UnknownClassError);
    }
  });
});

describe('what cannot be stored', () => {
  const value = () => ({
    a: 1,
    f() {},
    list: [1, () => {}, 3],
    rows: [{ p: Promise.resolve(), q: 2 }, { q: 3 }],
  });

  it('is left out on request', () => {
    const found = deserialize<ReturnType<typeof value>>(serialize(value(), { onUnsupported: 'skip' }));
    expect(Object.keys(found)).toEqual(['a', 'list', 'rows']);
    expect(found.list.length).toBe(3);
    expect(1 in found.list).toBe(false);
    expect(found.rows).toEqual([{ q: 2 }, { q: 3 }]);
    expect(deserialize(serialize({ only: () => {} }, { onUnsupported: 'skip' }))).toEqual({});
  });

  it('is replaced by what a function returns, which is told where it is', () => {
    const paths: string[] = [];
    const found = deserialize(
      serialize(value(), {
        onUnsupported: (_, path) => {
          paths.push(path);
          return { was: path };
        },
      }),
    );
    expect(paths.sort()).toEqual(['$.f', '$.list[1]', '$.rows[0].p']);
    expect(found).toEqual({
      a: 1,
      f: { was: '$.f' },
      list: [1, { was: '$.list[1]' }, 3],
      rows: [{ p: { was: '$.rows[0].p' }, q: 2 }, { q: 3 }],
    });
    expect(() => serialize(value(), { onUnsupported: (each) => each })).toThrow(H5UnsupportedError);
    expect(() => serialize([() => {}], { onUnsupported: () => () => {} })).toThrow(H5UnsupportedError);
    expect(() => serialize({ f() {} }, { onUnsupported: () => Symbol('x') })).toThrow(/\$\.f: Symbol\(x\)/);
    expect(() => serialize({ f() {} }, { onUnsupported: () => new WeakMap() })).toThrow(H5UnsupportedError);
  });
});

test('any graph of them comes back', { timeout: 900_000 }, () => {
  const leaf = fc.oneof(
    fc.string().map((text) => new Error(text)),
    fc.constantFrom('g', 'i', 'gimsuy').map((flags) => new RegExp('a|b', flags)),
    fc.webUrl().map((url) => new URL(url)),
    fc.anything().filter((value) => typeof value !== 'object' && typeof value !== 'symbol'),
    fc.constantFrom(Symbol.iterator, Symbol.for('x')),
    fc.boolean().map((value) => Object(value) as object),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('tree')),
      fc.dictionary(fc.string(), tie('tree')),
      fc.tuple(fc.string(), tie('tree')).map(([text, cause]) => new Error(text, { cause })),
    ),
  }));
  fc.assert(
    fc.property(fc.array(tree), (graph) => {
      const shared = [graph, graph[0], { graph }];
      const found = back(shared);
      expect(found[1]).toBe((found[0] as unknown[])[0]);
      expect(found[2]).toEqual({ graph: found[0] });
      expect(found).toEqual(shared);
    }),
    { numRuns: casesOf(20, 1 / 5), seed: 7 },
  );
});

describeOracle('h5py', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'h5pickle-values-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('finds each part where one would look', () => {
    const path = join(folder, 'values.h5');
    const errors = Array.from({ length: 20 }, (_, i) => new RangeError(`number ${i}`));
    const state = {
      pattern: /h5|hdf/i,
      home: new URL('https://example.org/'),
      sites: ['a', 'b'].map((name) => new URL(`https://${name}.org/`)),
      errors,
      kind: Symbol.iterator,
      kinds: [Symbol.iterator, Symbol.for('x')],
    };
    writeFileSync(path, serialize(state, { values: valuesWith({ stack: false }) }));
    const seen = runPython([
      '-c',
      `
import sys, json, h5py
f = h5py.File(sys.argv[1])
text = lambda a: [s.decode() if isinstance(s, bytes) else s for s in a]
print(json.dumps({
  'pattern': [f['pattern'].attrs['@type'].decode(), f['pattern'].attrs['source'], f['pattern'].attrs['flags']],
  'home': f['home'].attrs['href'],
  'sites': text(f['sites/href'][:]),
  'types': [f['sites'].attrs['@items'].decode(), f['errors'].attrs['@items'].decode()],
  'errors': text(f['errors/message'][:2]),
  'kind': text(f.attrs['kind'].item())[0], 'kinds': text(f['kinds']['named'])}))`,
      path,
    ]);
    expect(JSON.parse(seen)).toEqual({
      pattern: ['RegExp', 'h5|hdf', 'i'],
      home: 'https://example.org/',
      sites: ['https://a.org/', 'https://b.org/'],
      types: ['URL', 'RangeError'],
      errors: ['number 0', 'number 1'],
      kind: 'Symbol.iterator',
      kinds: ['Symbol.iterator', 'Symbol.for(x)'],
    });
  });
});

it('instances of classes that extend Number, String or Boolean need what knows their content', () => {
  for (const type of [Number, String, Boolean]) {
    const Own = class extends (type as unknown as new (value: unknown) => object) {
      unit = 'm';
    };
    const registry = new TypeRegistry().register(Own, { name: 'Own' });
    expect(() => coreSerialize({ value: new Own(1) }, { registry })).toThrow(H5UnsupportedError);
    const bytes = coreSerialize({ value: new Own(1) }, { registry, values });
    const { value } = coreDeserialize<{ value: { unit: string } }>(bytes, { registry, values });
    expect([value.valueOf(), value.unit]).toEqual([new type(1).valueOf(), 'm']);
  }
});
