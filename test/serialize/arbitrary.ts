import fc from 'fast-check';
import { seeded } from '../random.js';
import {
  Account,
  Celsius,
  Counter,
  Crate,
  DARK,
  Day,
  Failure,
  Index,
  MARK,
  Money,
  Notes,
  OPEN,
  onSave,
  Point,
  Point3,
  registry,
  Samples,
  Session,
  Sheet,
  Stack,
  Strict,
  Tags,
  Tree,
} from './classes.js';

/*
 * Arbitrary graphs. A tree is generated first, in which some leaves are slots; then slots are filled with objects of
 * the tree, chosen by number: so anything may be shared with anything, and cycles arise. A slot can ask for an object
 * of some kind, since a row of one table hardly ever turns up in another by chance. Tables, nested numbers and other
 * lists that are alike are generated on purpose: uniformly random trees hardly ever make one.
 * coverage.test.ts says what must turn up.
 */

type SlotKind = 'any' | 'record' | 'array' | 'date' | 'typed' | 'collection';

/** Stands for an object that is chosen later. */
class Slot {
  readonly choice: number;
  readonly kind: SlotKind;

  constructor(choice: number, kind: SlotKind) {
    this.choice = choice;
    this.kind = kind;
  }
}

const slot = (kind: SlotKind) => fc.nat().map((choice) => new Slot(choice, kind));

// ---- primitives ---------------------------------------------------------------------------------------

const smallInteger = fc.integer({ min: -5, max: 5 });
const int32 = fc.oneof(smallInteger, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
const oddNumber = fc.constantFrom(
  -0,
  Number.NaN,
  Infinity,
  -Infinity,
  2 ** 31,
  -(2 ** 31),
  -(2 ** 31) - 1,
  2 ** 31 - 1,
  2 ** 53,
  Number.MIN_VALUE,
  -Number.MIN_VALUE,
  Number.MAX_VALUE,
  0.1,
);
const number = fc.oneof(int32, fc.double(), oddNumber);
const smallBigint = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, 2n ** 63n - 1n, -(2n ** 63n)),
);
const bigint = fc.oneof(
  smallBigint,
  fc.bigInt(),
  fc.constantFrom(2n ** 63n, -(2n ** 63n) - 1n, 2n ** 64n, 10n ** 50n, -(10n ** 400n)),
);
const shortText = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('', 'é', '😀', '日本', '\ufeffbom', ' '),
);
const unevenText = fc.constantFrom('', 'a', 'é'.repeat(40), 'long '.repeat(100), '😀'.repeat(30));
const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('\0', 'a\0', '\0a', '\ud800', 'x\udc00y', '\udc00\ud800', 'a\ud83d', '\ufffd', '\uffff'),
);
const text = fc.oneof({ weight: 4, arbitrary: shortText }, unevenText, oddText);
const date = fc.oneof(
  fc.date({ noInvalidDate: false }),
  fc.constantFrom(0, -1, 8.64e15, -8.64e15, Number.NaN).map((time) => new Date(time)),
);
const primitive = fc.oneof(fc.constantFrom(null, undefined, true, false), number, bigint, text);

const plainKey = fc.constantFrom('a', 'b', 'c', 'd', 'name', 'id', 'value', 'keys', 'values', 'offsets');
const key = fc.oneof(
  { weight: 3, arbitrary: plainKey },
  fc.constantFrom('0', '1', '10', '4294967294', '4294967295', '-1', '1.5', 'length', 'then'),
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'),
  fc.constantFrom(
    '',
    '.',
    '..',
    'a/b',
    '/',
    '@type',
    '@',
    '@%',
    '@%2F',
    '@kinds',
    '@class',
    '%2F',
    '%',
    'n\0',
  ),
  fc.constantFrom('\ud800', '\udfff!', 'é'.repeat(100), 'two words'),
  fc.string({ unit: 'binary', maxLength: 6 }),
);

// ---- typed arrays -------------------------------------------------------------------------------------

const typedKinds = (maxLength: number): fc.Arbitrary<object>[] => [
  fc.int8Array({ maxLength }),
  fc.uint8Array({ maxLength }),
  fc.uint8ClampedArray({ maxLength }),
  fc.int16Array({ maxLength }),
  fc.uint16Array({ maxLength }),
  fc.int32Array({ maxLength }),
  fc.uint32Array({ maxLength }),
  fc.float32Array({ maxLength }),
  fc.float64Array({ maxLength }),
  fc.bigInt64Array({ maxLength }),
  fc.bigUint64Array({ maxLength }),
];
const bytes = fc.uint8Array({ minLength: 2, maxLength: 8 });
const buffer = fc.oneof(
  bytes.map((array) => new Uint8Array(array).buffer),
  bytes.map((array) => new DataView(new Uint8Array(array).buffer, 1, 1)),
  fc.constantFrom(0).map((length) => new ArrayBuffer(length)),
);
/** Also one that is a part of a larger buffer, at an offset. */
const typed = fc.oneof(
  ...typedKinds(5),
  buffer,
  fc.uint16Array({ minLength: 2, maxLength: 6 }).map((array) => array.subarray(1)),
);

// ---- what has content that is not in its properties -----------------------------------------------------

const pattern = fc
  .tuple(
    fc.constantFrom('a|b', '(?:)', '\\/', '[\\u{1f600}]?', '^\\s*$', '(?<year>\\d{4})'),
    fc.constantFrom('', 'g', 'i', 'gimsuy', 'dg'),
    fc.nat(3),
  )
  .map(([source, flags, lastIndex]) => Object.assign(new RegExp(source, flags), { lastIndex }));
const url = fc
  .tuple(fc.constantFrom('https://example.org/?q=', 'file:///a b', 'data:,'), text)
  .map(([start, more]) => new URL(start + encodeURIComponent(Buffer.from(more).toString())));
const query = fc
  .array(fc.tuple(shortText, text), { maxLength: 3 })
  .map((pairs) => new URLSearchParams(pairs));
const box = fc
  .oneof(number, text, fc.boolean(), bigint, fc.constantFrom(Symbol.iterator, Symbol.for('box')))
  .map((primitive): object => Object(primitive));
const sharedBytes = bytes.map((array) => {
  const shared = new SharedArrayBuffer(array.length);
  new Uint8Array(shared).set(array);
  return shared;
});
const withContent = fc.oneof(
  { weight: 2, arbitrary: pattern },
  url,
  query,
  { weight: 2, arbitrary: box },
  bytes.map((array) => Buffer.from(array)),
  sharedBytes,
);

/** Views of one buffer, one after another or over each other, and the buffer itself; sometimes it can grow, or is shared. */
const views = fc
  .tuple(
    fc.nat(2),
    fc.uint8Array({ minLength: 8, maxLength: 8 }),
    fc.subarray([0, 1, 2, 3, 4, 5], { minLength: 2 }),
  )
  .map(([what, content, which]): unknown => {
    const Growing = ArrayBuffer as new (length: number, options?: unknown) => ArrayBuffer;
    const source =
      what === 0
        ? new ArrayBuffer(8)
        : what === 1
          ? new Growing(8, { maxByteLength: 16 })
          : new SharedArrayBuffer(8);
    new Uint8Array(source).set(content);
    const all = [
      () => source,
      () => new Uint8Array(source),
      () => new Uint16Array(source, 2, 2),
      () => new Float64Array(source),
      () => new DataView(source, 1, 3),
      () => new Uint8ClampedArray(source, 8, 0),
    ];
    const [first, ...others] = which.map((i) => all[i]?.());
    return { first, others };
  });

/** Symbols that need no registration, and a class. */
const nameOnly = fc.constantFrom<unknown>(
  Symbol.iterator,
  Symbol.asyncIterator,
  Symbol.for('key'),
  Symbol.for(''),
  Point,
);
const registered = fc.constantFrom<unknown>(OPEN, onSave, DARK, Tags);

// ---- lists --------------------------------------------------------------------------------------------

function define(target: object, entries: readonly (readonly [string, unknown])[]): object {
  for (const [name, value] of entries) {
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return target;
}

/** Stands for a property that a row does not have, or for a hole. */
const ABSENT = Symbol('absent');
type Gap = null | undefined | typeof ABSENT;

const noGap = fc.constant<'present' | Gap>('present');
const someGap = fc.oneof(
  { weight: 5, arbitrary: noGap },
  { weight: 1, arbitrary: fc.constantFrom<Gap>(null, undefined, ABSENT) },
);
const nullOnly = fc.oneof({ weight: 3, arbitrary: noGap }, fc.constant<Gap>(null));

/** As many values of one generator as there are rows, some of which may be missing. */
function cells(count: number, values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown[]> {
  const size = { minLength: count, maxLength: count };
  const gaps = fc.oneof(
    { weight: 3, arbitrary: fc.array(noGap, size) },
    { weight: 2, arbitrary: fc.array(someGap, size) },
    { weight: 1, arbitrary: fc.array(nullOnly, size) },
  );
  return fc
    .tuple(fc.array(values, size), gaps)
    .map(([list, missing]) => list.map((value, i) => (missing[i] === 'present' ? value : missing[i])));
}

const asList = (values: readonly unknown[]): unknown[] => {
  const list: unknown[] = [];
  list.length = values.length;
  for (const [i, value] of values.entries()) if (value !== ABSENT) list[i] = value;
  return list;
};

/** A list of values from one generator, some of which are missing, or not there at all. */
const listOf = (values: fc.Arbitrary<unknown>, maxLength = 6) =>
  fc.nat(maxLength).chain((count) => cells(count, values).map(asList));

/** Few rows mostly; sometimes so many that they are gathered in one pass. */
const rowCount = fc.oneof(
  { weight: 5, arbitrary: fc.nat(4) },
  { weight: 1, arbitrary: fc.integer({ min: 5, max: 15 }) },
  { weight: 3, arbitrary: fc.integer({ min: 16, max: 22 }) },
);

/** Rows with their cells by property: how a sort of object is made from them. */
type MakeRow = (entries: (readonly [string, unknown])[]) => object;
interface Sort {
  readonly fields: fc.Arbitrary<string[]>;
  readonly make: MakeRow;
}

const fixedFields = (...names: string[]) => fc.constant(names);
const assign =
  (create: () => object, ...required: string[]): MakeRow =>
  (entries) => {
    const object = create();
    const present = new Map(entries);
    for (const name of required) Reflect.set(object, name, present.get(name));
    // A property that is not required may be missing.
    for (const name of ['x', 'y', 'z'])
      if (!present.has(name) && !required.includes(name)) Reflect.deleteProperty(object, name);
    for (const [name, value] of entries) Reflect.set(object, name, value);
    return object;
  };

const sorts: fc.Arbitrary<Sort> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constant<Sort>({
      fields: fc.uniqueArray(key, { minLength: 1, maxLength: 4 }),
      make: (entries) => define({}, entries),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constant<Sort>({
      fields: fc.uniqueArray(key, { minLength: 1, maxLength: 3 }),
      make: (entries) => define(Object.create(null) as object, entries),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Sort>(
      { fields: fixedFields('x', 'y'), make: assign(() => new Point(0, 0)) },
      { fields: fixedFields('x', 'y', 'z'), make: assign(() => new Point3(0, 0, 0)) },
      { fields: fixedFields('owner', 'balance'), make: assign(() => new Account(0, 0), 'owner', 'balance') },
      { fields: fixedFields('count'), make: assign(() => new Counter(), 'count') },
      { fields: fixedFields('value'), make: assign(() => new Strict(0), 'value') },
      { fields: fixedFields('degrees', 'place'), make: assign(() => Celsius.of(0), 'degrees', 'place') },
      { fields: fixedFields('user', 'state'), make: assign(() => new Session(0, 0), 'user', 'state') },
      { fields: fixedFields('title', 'size'), make: assign(() => new Sheet(0, 0, 0), 'title', 'size') },
      { fields: fixedFields('label', 'children'), make: assign(() => new Tree(0), 'label', 'children') },
    ),
  },
);

// ---- graphs -------------------------------------------------------------------------------------------

/** What is stored in another way when it is large: tables of more rows than are gathered at once, and entries. */
const large = fc.tuple(fc.nat(5), fc.nat()).map(([what, seed]): unknown => {
  const random = seeded(seed);
  const count = 1001 + random(60);
  const cell = [
    () => random(100),
    () => random(2 ** 32) / 7,
    () => `text ${random(50)}`,
    () => (random(5) === 0 ? null : random(2) === 0),
    () => (random(9) === 0 ? '\ud800' : 'plain'),
  ];
  const value = cell[seed % cell.length] as () => unknown;
  const many = (make: (i: number) => unknown) => Array.from({ length: count }, (_, i) => make(i));
  switch (what) {
    case 0:
      return many((i) => ({ i, value: value(), other: random(2) === 0 }));
    case 1:
      return many((i) => (i === seed % count ? { value: value(), i } : { i, value: value() }));
    case 2:
      return Object.fromEntries(many((i) => [`key ${i}`, value()]) as [string, unknown][]);
    case 3:
      return new Map(many((i) => [i % 2 ? i : `key ${i}`, value()]) as [unknown, unknown][]);
    case 4:
      return Object.assign(
        new Point(0, 0),
        Object.fromEntries(many((i) => [`k${i}`, i]) as [string, unknown][]),
      );
    default:
      return { ['long '.repeat(13_200) + String(seed)]: value(), short: many(value) };
  }
});

/** What else than the core's own values there is; `names`: those that are stored by a name. */
const treesOf = (names: fc.Arbitrary<unknown>, isAll: boolean, hasViews: boolean) =>
  fc.letrec<{ value: unknown; object: unknown }>((tie) => {
    const value = tie('value');
    const object = tie('object');

    /** What one column, or one list, is made of. */
    const oneKind = fc.constantFrom<fc.Arbitrary<unknown>[]>(
      smallInteger,
      int32,
      number,
      fc.boolean(),
      shortText,
      unevenText,
      text,
      smallBigint,
      bigint,
      date,
      fc.oneof({ weight: 3, arbitrary: date }, slot('date')),
      fc.constantFrom(null, undefined),
      fc.oneof(...typedKinds(4)),
      fc.float64Array({ minLength: 2, maxLength: 2 }),
      buffer,
      fc.array(smallInteger, { maxLength: 3 }),
      fc.tuple(number, number),
      fc.oneof({ weight: 2, arbitrary: fc.array(text, { maxLength: 2 }) }, slot('array')),
      listOf(fc.oneof(text, slot('any')), 3),
      slot('record'),
      slot('any'),
      slot('collection'),
      fc.oneof(smallInteger, shortText),
      fc.oneof(number, text, fc.boolean(), bigint, slot('record')),
      fc.array(fc.tuple(shortText, smallInteger), { maxLength: 2 }).map((entries) => new Map(entries)),
      fc.array(fc.oneof(smallInteger, slot('record')), { maxLength: 2 }).map((items) => new Set(items)),
      fc.record({ x: number, y: number }),
      fc.record({ x: number, y: slot('any') }, { requiredKeys: ['x'] }),
      names,
      fc.oneof(names, smallInteger, slot('any')),
      ...(isAll ? [pattern, url, query, box, withContent] : []),
      bigint.map((cents) => new Money(cents)),
      value,
    );

    const table = fc.tuple(sorts, rowCount).chain(([{ fields, make }, count]) =>
      fields.chain((names) =>
        fc
          .tuple(
            fc.tuple(...names.map(() => oneKind.chain((kind) => cells(count, kind)))),
            // Some rows are missing, or have their home elsewhere.
            cells(count, fc.oneof({ weight: 12, arbitrary: fc.constant('row') }, slot('record'))),
          )
          .map(([columns, rows]) =>
            asList(
              rows.map((row, i) => {
                if (row !== 'row') return row;
                const entries = names.map((name, j) => [name, columns[j]?.[i]] as const);
                return make(entries.filter(([, cell]) => cell !== ABSENT));
              }),
            ),
          ),
      ),
    );
    /** Rows of few shapes: with some keys, or the same keys in another order. */
    const mixedTable = fc.array(
      fc
        .tuple(fc.subarray(['a', 'b', 'c'], { minLength: 1 }), fc.boolean(), primitive, primitive)
        .map(([names, backwards, first, second]) => {
          const ordered = backwards ? [...names].reverse() : names;
          return define(
            {},
            ordered.map((name, i) => [name, i === 0 ? first : second] as const),
          );
        }),
      { minLength: 4, maxLength: 24 },
    );
    const matrix = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), oneKind).chain(([n, m, k, kind]) => {
      const size = (length: number) => ({ minLength: length, maxLength: length });
      return fc.array(fc.array(cells(k, kind).map(asList), size(m)), size(n));
    });
    const nested = fc.tuple(fc.oneof(value, number), fc.integer({ min: 1, max: 36 })).map(([core, depth]) => {
      let list = core;
      for (let i = 0; i < depth; i++) list = [list];
      return list;
    });
    const sparse = fc
      .tuple(fc.integer({ min: 1001, max: 5000 }), fc.array(fc.tuple(fc.nat(1000), value), { maxLength: 4 }))
      .map(([length, entries]) => {
        const list: unknown[] = [];
        list.length = length;
        for (const [index, item] of entries) list[index] = item;
        return list;
      });
    const error = fc
      .tuple(
        fc.constantFrom(Error, TypeError, RangeError, SyntaxError, EvalError, ReferenceError, URIError),
        fc.option(text, { nil: undefined }),
        fc.option(text, { nil: undefined }),
        fc.option(
          value.map((cause) => ({ cause })),
          { nil: undefined },
        ),
        fc.array(fc.tuple(fc.constantFrom('code', 'a/b', '__proto__', '0', 'toString'), value), {
          maxLength: 2,
        }),
      )
      .map(([type, message, stack, options, more]) => {
        const made = new type(message, options);
        if (stack === undefined) delete made.stack;
        else made.stack = stack;
        return define(made, more);
      });
    const aggregate = fc.tuple(text, fc.array(value, { maxLength: 3 })).map(([message, errors]) => {
      const made = new AggregateError([], message);
      Object.defineProperty(made, 'errors', { value: errors });
      return define(made, [['stack', 'short']]);
    });
    /** Many of a type, which are a table. */
    const errors = fc.array(
      fc.tuple(fc.boolean(), shortText, value).map(([isOther, message, cause]) => {
        const made = isOther ? new RangeError(message) : new RangeError(message, { cause });
        made.stack = 'short';
        return made;
      }),
      { minLength: 1, maxLength: 5 },
    );
    const extended = fc
      .tuple(fc.nat(8), fc.array(value, { maxLength: 4 }), value, fc.nat(9))
      .map(([what, items, note, n]): object => {
        switch (what) {
          case 0:
            return Object.assign(new Tags(items), { note });
          case 1:
            return Object.assign(new Index(items.map((item, i) => (i % 2 ? [item, i] : [i, item]))), {
              note,
            });
          case 2: {
            const stack = Object.assign(new Stack(), { note, length: items.length });
            for (const [i, item] of items.entries()) if (i !== n) stack[i] = item;
            return stack;
          }
          case 3:
            return Object.assign(new Day(n === 0 ? Number.NaN : n), { note });
          case 4:
            return Object.assign(Samples.from(items.map(Number.isFinite)), { note: n });
          case 5: {
            const failure = new Failure(`no ${n}`, note, n % 2 ? { cause: items } : undefined);
            failure.stack = 'short';
            return failure;
          }
          case 6: {
            const points = items.map((item, i) => (i === n ? null : new Point(item, i)));
            return Object.assign(new Crate(), { points: n === 0 ? new Set(points) : points, [MARK]: note });
          }
          case 7: {
            const names = ['b', 'a', n < 3 ? '10' : 'c', '__proto__', n < 5 ? '9' : '@type'];
            return Object.assign(new Notes(), {
              entries: new Map([note, ...items].map((item, i) => [names[i] as string, item])),
            });
          }
          default:
            return Object.assign(new Tree(note), { children: items });
        }
      });
    const arrayWithProperties = fc
      .tuple(
        fc.array(value, { maxLength: 3 }),
        fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 3 }),
      )
      .map(([list, more]) => {
        const others = more.filter(
          ([name]) => name !== 'length' && (!/^\d+$/.test(name) || Number(name) > 2 ** 32),
        );
        return define(list, others);
      });
    const sheet = fc.tuple(value, value, value).map(([title, size, extra]) => new Sheet(title, size, extra));
    const shared = fc.tuple(table, value).map(([rows, other]) => ({
      rows,
      first: rows[0] ?? null,
      again: rows,
      inner: { last: rows.at(-1), other },
    }));

    return {
      value: fc.oneof(
        { maxDepth: 4, depthIdentifier: 'graph' },
        { weight: 6, arbitrary: primitive },
        { weight: 2, arbitrary: slot('any') },
        { weight: 1, arbitrary: slot('record') },
        { weight: 1, arbitrary: date },
        { weight: 1, arbitrary: typed },
        { weight: 1, arbitrary: names },
        { weight: isAll ? 1 : 0, arbitrary: withContent },
        { weight: 8, arbitrary: object },
      ),
      object: fc.oneof(
        {
          weight: 30,
          arbitrary: fc.array(fc.tuple(key, value), { maxLength: 6 }).map((entries) => define({}, entries)),
        },
        {
          weight: 5,
          arbitrary: fc
            .array(fc.tuple(key, value), { maxLength: 3 })
            .map((entries) => define(Object.create(null) as object, entries)),
        },
        { weight: 10, arbitrary: fc.array(value, { maxLength: 5 }) },
        { weight: 25, arbitrary: oneKind.chain((kind) => listOf(kind, 8)) },
        { weight: 10, arbitrary: oneKind.chain((kind) => listOf(listOf(kind, 4), 5)) },
        { weight: 5, arbitrary: oneKind.chain((kind) => listOf(kind, 5)).map((list) => new Set(list)) },
        { weight: 8, arbitrary: matrix },
        { weight: 40, arbitrary: table },
        { weight: 10, arbitrary: mixedTable },
        { weight: 20, arbitrary: shared },
        { weight: 3, arbitrary: nested },
        {
          weight: 8,
          arbitrary: fc
            .array(fc.tuple(fc.oneof(text, key), value), { maxLength: 4 })
            .map((entries) => new Map(entries)),
        },
        {
          weight: 8,
          arbitrary: fc.array(fc.tuple(value, value), { maxLength: 4 }).map((entries) => new Map(entries)),
        },
        { weight: 8, arbitrary: fc.array(value, { maxLength: 4 }).map((items) => new Set(items)) },
        {
          weight: 4,
          arbitrary: listOf(
            fc.array(fc.tuple(value, value), { maxLength: 2 }).map((entries) => new Map(entries)),
            3,
          ),
        },
        { weight: 4, arbitrary: fc.tuple(value, value).map(([x, y]) => new Point(x, y)) },
        { weight: 2, arbitrary: fc.tuple(value, value, value).map(([x, y, z]) => new Point3(x, y, z)) },
        {
          weight: 2,
          arbitrary: fc.tuple(value, value).map(([owner, balance]) => new Account(owner, balance)),
        },
        { weight: 2, arbitrary: value.map((count) => Object.assign(new Counter(), { count })) },
        { weight: 2, arbitrary: value.map((inner) => new Strict(inner ?? null)) },
        {
          weight: 2,
          arbitrary: fc
            .tuple(number, value)
            .map(([degrees, place]) => Object.assign(Celsius.of(degrees), { place })),
        },
        { weight: 2, arbitrary: fc.tuple(value, value).map(([user, state]) => new Session(user, state)) },
        { weight: 4, arbitrary: sparse },
        { weight: 1, arbitrary: large },
        { weight: 2, arbitrary: sheet },
        ...(isAll
          ? [
              { weight: 4, arbitrary: error },
              { weight: 1, arbitrary: aggregate },
              { weight: 2, arbitrary: errors },
              { weight: 10, arbitrary: extended },
              { weight: 4, arbitrary: fc.array(extended, { minLength: 2, maxLength: 4 }) },
              { weight: hasViews ? 4 : 0, arbitrary: views },
              { weight: 4, arbitrary: arrayWithProperties },
            ]
          : []),
      ),
    };
  });

// ---- slots --------------------------------------------------------------------------------------------

function kindOf(value: object): SlotKind {
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  if (value instanceof Map || value instanceof Set) return 'collection';
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer ? 'typed' : 'record';
}

/** The objects of a tree, in a fixed order. */
function objectsOf(root: unknown): object[] {
  const found: object[] = [];
  const seen = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || value instanceof Slot || seen.has(value)) return;
    seen.add(value);
    found.push(value);
    for (const child of childrenOf(value)) visit(child);
  };
  visit(root);
  return found;
}

/** What a class has hidden, by the names by which it is set. */
export function hiddenOf(value: object): readonly string[] {
  if (value instanceof Counter) return ['count'];
  if (value instanceof Tree) return ['children'];
  if (value instanceof Notes) return ['entries'];
  return [];
}

function childrenOf(value: object): unknown[] {
  if (kindOf(value) === 'typed') return [];
  const items =
    value instanceof Map
      ? [...value.keys(), ...value.values()]
      : value instanceof Set
        ? [...Set.prototype.values.call(value)]
        : [];
  const properties = Reflect.ownKeys(value).map(
    (name) => Reflect.getOwnPropertyDescriptor(value, name)?.value,
  );
  return [...items, ...properties, ...hiddenOf(value).map((name) => Reflect.get(value, name) as unknown)];
}

/** Replaces every slot by the object that it chose. */
function fillSlots(root: unknown): unknown {
  const objects = objectsOf(root);
  const byKind = new Map<SlotKind, object[]>();
  for (const object of objects) {
    const kind = kindOf(object);
    byKind.set(kind, [...(byKind.get(kind) ?? []), object]);
  }
  const fill = (value: unknown): unknown => {
    if (!(value instanceof Slot)) return value;
    const choices = byKind.get(value.kind) ?? objects;
    return choices.length === 0 ? null : choices[value.choice % choices.length];
  };
  for (const object of objects) {
    if (object instanceof Map) {
      const entries = [...object].map(([k, v]) => [fill(k), fill(v)] as const);
      object.clear();
      for (const [k, v] of entries) object.set(k, v);
    } else if (object instanceof Set) {
      const items = [...object].map(fill);
      object.clear();
      for (const item of items) object.add(item);
    }
    if (kindOf(object) === 'typed') continue;
    for (const name of hiddenOf(object)) Reflect.set(object, name, fill(Reflect.get(object, name)));
    for (const name of Reflect.ownKeys(object)) {
      const property = Reflect.getOwnPropertyDescriptor(object, name);
      if (property?.value instanceof Slot)
        Object.defineProperty(object, name, { ...property, value: fill(property.value) });
    }
  }
  return fill(root);
}

const graphsOf = (names: fc.Arbitrary<unknown>, isAll = true, hasViews = true): fc.Arbitrary<unknown> => {
  const { value, object } = treesOf(names, isAll, hasViews);
  return fc.oneof({ weight: 1, arbitrary: value }, { weight: 12, arbitrary: object }).map(fillSlots);
};

/** Any value that this package stores, with sharing and cycles, for `registry` of classes.ts; nothing in it is frozen. */
export const anyOpenGraph: fc.Arbitrary<unknown> = graphsOf(nameOnly);

const FIXES = [Object.freeze, Object.seal, Object.preventExtensions];

/** Has instances of registered classes frozen, or the like: all of them in one way, or one in this and one in that. */
function fixInstances(root: unknown, choice: number): void {
  const random = seeded(choice);
  const [all, some] = [choice % 4 === 0, choice % 4 === 1];
  if (!all && !some) return;
  for (const object of objectsOf(root)) {
    if (!registry.of(Object.getPrototypeOf(object) ?? {})) continue;
    // The elements of typed arrays can always be changed.
    const way = ArrayBuffer.isView(object) ? 2 : all ? choice % 3 : random(FIXES.length + 2);
    FIXES[way]?.(object);
  }
}

const fixed = ([value, choice]: readonly [unknown, number]): unknown => {
  fixInstances(value, choice);
  return value;
};

/** The same, with instances that are frozen, sealed or not extensible. */
export const anyGraph: fc.Arbitrary<unknown> = fc.tuple(anyOpenGraph, fc.nat()).map(fixed);

/** The same without views that share a buffer. */
export const graphOfOwnBytes: fc.Arbitrary<unknown> = fc
  .tuple(graphsOf(nameOnly, true, false), fc.nat())
  .map(fixed);

/** The same with what is registered by its name, for `named` of classes.ts. */
export const anyNamedGraph: fc.Arbitrary<unknown> = fc
  .tuple(graphsOf(fc.oneof(nameOnly, registered)), fc.nat())
  .map(fixed);

/** Only what the core stores without the option `values`: all of it can be reached by paths of names and numbers. */
export const coreGraph: fc.Arbitrary<unknown> = graphsOf(fc.boolean(), false);
