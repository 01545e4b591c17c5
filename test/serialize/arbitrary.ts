import fc from 'fast-check';
import { Account, Counter, Point, Point3, Strict } from './classes.js';

/*
 * Arbitrary graphs. A tree is generated first, in which some leaves are slots; then slots are filled with objects of
 * the tree, chosen by number: so anything may be shared with anything, and cycles arise. Lists of records, tables and
 * nested numbers are generated on purpose, since uniformly random trees hardly ever make one.
 */

/** Stands for an object that is chosen later. */
class Slot {
  readonly choice: number;

  constructor(choice: number) {
    this.choice = choice;
  }
}

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const number = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  int32,
  fc.double(),
  fc.constantFrom(
    -0,
    Number.NaN,
    Infinity,
    -Infinity,
    2 ** 31,
    -(2 ** 31),
    2 ** 31 - 1,
    2 ** 53,
    Number.MIN_VALUE,
    Number.MAX_VALUE,
  ),
);
const bigint = fc.oneof(
  fc.bigInt({ min: -10n, max: 10n }),
  fc.bigInt(),
  fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n), 2n ** 63n, -(2n ** 63n) - 1n, 10n ** 50n),
);
const text = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.string({ maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '',
    '\0',
    'a\0',
    '\ud800',
    'x\udc00y',
    '\ufeffbom',
    '😀',
    'é'.repeat(40),
    'long '.repeat(100),
  ),
);
const date = fc.oneof(
  fc.date({ noInvalidDate: false }),
  fc.constantFrom(0, -1, 8.64e15, -8.64e15, Number.NaN).map((time) => new Date(time)),
);
const key = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'name', 'value', 'keys', 'values', 'offsets', '0', '1', '10'),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    '',
    '.',
    '..',
    'a/b',
    '@type',
    '@%',
    '@kinds',
    '%2F',
    '\ud800',
    'n\0',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const typed = fc.oneof(
  ...[
    fc.int8Array,
    fc.uint8Array,
    fc.uint8ClampedArray,
    fc.int16Array,
    fc.uint16Array,
    fc.int32Array,
    fc.uint32Array,
  ].map((make) => make({ maxLength: 5 }) as fc.Arbitrary<object>),
  fc.float32Array({ maxLength: 5 }),
  fc.float64Array({ maxLength: 5 }),
  fc.bigInt64Array({ maxLength: 5 }),
  fc.bigUint64Array({ maxLength: 5 }),
  fc.uint8Array({ maxLength: 5 }).map((bytes) => new Uint8Array(bytes).buffer),
  fc.uint8Array({ maxLength: 5 }).map((bytes) => new DataView(new Uint8Array(bytes).buffer)),
);
const primitive = fc.oneof(fc.constantFrom(null, undefined, true, false), number, bigint, text);
const slot = fc.nat().map((choice) => new Slot(choice));

function define(target: object, entries: readonly (readonly [string, unknown])[]): object {
  for (const [name, value] of entries) {
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return target;
}

/** A list of values from one generator, some of which are missing, or not there at all. */
const listOf = (element: fc.Arbitrary<unknown>, maxLength = 6) =>
  fc.array(fc.tuple(element, fc.integer({ min: 0, max: 12 })), { maxLength }).map((items) => {
    const list: unknown[] = [];
    list.length = items.length;
    for (const [i, [value, fate]] of items.entries()) {
      if (fate === 10) list[i] = null;
      else if (fate === 11) list[i] = undefined;
      else if (fate < 10) list[i] = value;
    }
    return list;
  });

const { value: tree } = fc.letrec<{ value: unknown; object: unknown }>((tie) => {
  const value = tie('value');
  const oneKind = fc.oneof(number, text, bigint, date, fc.boolean(), int32, typed, slot, tie('object'));
  const record = (names: readonly string[]) =>
    fc
      .tuple(
        ...names.map((name) =>
          fc.tuple(
            fc.constant(name),
            fc.oneof({ weight: 4, arbitrary: primitive }, { weight: 1, arbitrary: value }),
            fc.integer({ min: 0, max: 9 }),
          ),
        ),
      )
      .map((fields) =>
        define(
          {},
          fields.filter(([, , fate]) => fate > 0).map(([name, item]) => [name, item] as const),
        ),
      );
  const table = fc.uniqueArray(key, { minLength: 1, maxLength: 4 }).chain((names) =>
    fc.array(fc.oneof({ weight: 9, arbitrary: record(names) }, { weight: 1, arbitrary: slot }), {
      maxLength: 30,
    }),
  );
  const points = fc.array(
    fc.tuple(primitive, value).map(([x, y]) => new Point(x, y)),
    { maxLength: 20 },
  );
  const matrix = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).chain(([n, m, k]) =>
    fc.array(fc.array(fc.array(number, { minLength: k, maxLength: k }), { minLength: m, maxLength: m }), {
      minLength: n,
      maxLength: n,
    }),
  );
  return {
    value: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'graph' },
      { weight: 6, arbitrary: primitive },
      { weight: 2, arbitrary: slot },
      { weight: 1, arbitrary: date },
      { weight: 1, arbitrary: typed },
      { weight: 8, arbitrary: tie('object') },
    ),
    object: fc.oneof(
      fc.array(fc.tuple(key, value), { maxLength: 5 }).map((entries) => define({}, entries)),
      fc
        .array(fc.tuple(key, value), { maxLength: 3 })
        .map((entries) => define(Object.create(null) as object, entries)),
      fc.array(value, { maxLength: 5 }),
      oneKind.chain((sample) => listOf(fc.oneof(fc.constant(sample), oneKind))),
      listOf(number, 20),
      listOf(text, 20),
      listOf(date),
      listOf(slot),
      listOf(listOf(number)),
      listOf(listOf(fc.oneof(text, slot))),
      listOf(typed),
      matrix,
      table,
      points,
      fc.array(fc.tuple(fc.oneof(text, key), value), { maxLength: 4 }).map((entries) => new Map(entries)),
      fc.array(fc.tuple(value, value), { maxLength: 4 }).map((entries) => new Map(entries)),
      fc.array(value, { maxLength: 4 }).map((items) => new Set(items)),
      fc.array(
        fc.array(value, { maxLength: 3 }).map((items) => new Set(items)),
        { maxLength: 3 },
      ),
      fc.tuple(value, value).map(([x, y]) => new Point(x, y)),
      fc.tuple(value, value, value).map(([x, y, z]) => new Point3(x, y, z)),
      fc.tuple(value, value).map(([owner, balance]) => new Account(owner, balance)),
      value.map((count) => Object.assign(new Counter(), { count })),
      value.map((inner) => new Strict(inner ?? null)),
      fc
        .tuple(
          fc.integer({ min: 1001, max: 5000 }),
          fc.array(fc.tuple(fc.nat(1000), value), { maxLength: 4 }),
        )
        .map(([length, entries]) => {
          const list: unknown[] = [];
          list.length = length;
          for (const [index, item] of entries) list[index] = item;
          return list;
        }),
    ),
  };
});

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

function childrenOf(value: object): unknown[] {
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  if (value instanceof Set) return [...value];
  if (value instanceof Counter) return [value.count];
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return [];
  return Object.values(value);
}

/** Replaces every slot by the object that it chose. */
function fillSlots(root: unknown): unknown {
  const objects = objectsOf(root);
  const fill = (value: unknown) =>
    value instanceof Slot ? (objects.length === 0 ? null : objects[value.choice % objects.length]) : value;
  for (const object of objects) {
    if (object instanceof Map) {
      const entries = [...object].map(([k, v]) => [fill(k), fill(v)] as const);
      object.clear();
      for (const [k, v] of entries) object.set(k, v);
    } else if (object instanceof Set) {
      const items = [...object].map(fill);
      object.clear();
      for (const item of items) object.add(item);
    } else if (object instanceof Counter) {
      object.count = fill(object.count);
    } else if (!ArrayBuffer.isView(object)) {
      for (const name of Object.keys(object)) {
        const value = Object.getOwnPropertyDescriptor(object, name)?.value as unknown;
        if (value instanceof Slot) define(object, [[name, fill(value)]]);
      }
    }
  }
  return fill(root);
}

/** Any value that this package stores, with sharing and cycles. */
export const anyGraph: fc.Arbitrary<unknown> = tree.map(fillSlots);
