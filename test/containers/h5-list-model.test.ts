import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { indexes } from '../../src/indexes.js';
import { deserialize, H5Dict, H5File, H5List, TypeRegistry } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { h5py, haveOracle } from '../oracle/oracles.js';
import { expectSame } from '../same.js';
import { SEED } from '../thoroughness.js';

/** H5List against Array: whatever is done to both, they hold the same, and so does the file for `read`, `verify` and h5py. */

/** Programs of some forty operations. */
const CASES = Math.max(20, Math.ceil(Number(process.env.H5PICKLE_EDITS ?? 600) / 40));

class Point {
  x: number;
  label: string;
  constructor(x: number, label: string) {
    this.x = x;
    this.label = label;
  }
}

class Shape {
  parts: unknown[] = [];
}

const registry = new TypeRegistry();
registry.register(Point, { name: 'Point', version: 2 });
registry.register(Shape, { name: 'Shape' });

const int = fc.integer({ min: -50, max: 50 });
const float = fc.oneof(fc.double(), fc.constantFrom(-0, Number.NaN, Infinity, 0.5, 2 ** 40));
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('', 'ä', '€uro', 'x'.repeat(20), 'long '.repeat(40), '😀'.repeat(9)),
);
const oddText = fc.constantFrom('a\0b', '\ud800', 'x\udfff');
const bigint = fc.constantFrom(0n, -1n, 2n ** 62n, -(2n ** 63n));
const hugeInt = fc.constantFrom(2n ** 64n, -(2n ** 90n));
const date = fc.constantFrom(0, 1e12, -5, Number.NaN).map((time) => new Date(time));
const row = fc.record({ id: int, name: text }, { noNullPrototype: true });
const wideRow = fc.record(
  { id: fc.oneof(int, float), name: text, ok: fc.boolean(), at: date, n: bigint },
  { noNullPrototype: true },
);
const point = fc.tuple(int, text).map(([x, label]) => new Point(x, label));
const nested = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    int,
    text,
    fc.boolean(),
    fc.constantFrom(null, undefined),
    date,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'a/b', '', '__x', 'length'), tie('value'), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  ),
})).value;
const odd = fc.oneof(
  oddText,
  hugeInt,
  fc.constantFrom(null, undefined),
  fc.array(int, { maxLength: 3 }).map((numbers) => Float64Array.from(numbers)),
  fc.array(text, { maxLength: 3 }).map((texts) => new Set(texts)),
  fc.array(fc.tuple(text, int), { maxLength: 3 }).map((entries) => new Map<unknown, unknown>(entries)),
  point,
  nested.map((part) => Object.assign(new Shape(), { parts: [part] })),
  // What is reached twice stays one.
  row.map((each) => [each, each]),
);

/** Lists are of one kind for the most part: of another one now and then. */
const THEMES: readonly fc.Arbitrary<unknown>[] = [
  int,
  fc.oneof({ arbitrary: int, weight: 9 }, float),
  float,
  fc.boolean(),
  text,
  bigint,
  date,
  row,
  wideRow,
  point,
  nested,
  odd,
  // Scalars of several kinds, also in rows.
  fc.record(
    {
      id: fc.oneof({ arbitrary: int, weight: 9 }, float, fc.constant(null)),
      name: fc.oneof(text, fc.constantFrom(null, undefined, true)),
    },
    { noNullPrototype: true },
  ),
  fc.oneof(int, float, fc.constant(null)),
  fc.oneof(int, float, text, fc.boolean(), bigint, date, fc.constantFrom(null, undefined)),
];
const anything = fc.oneof(...THEMES);

type Op =
  | { op: 'push' | 'unshift'; values: unknown[] }
  | { op: 'splice'; at: number; count: number; values: unknown[] }
  | { op: 'insert' | 'set' | 'viewSet' | 'update'; at: number; value: unknown }
  | { op: 'delete' | 'get' | 'truncate'; at: number }
  | { op: 'fill'; at: number; end: number; value: unknown }
  | { op: 'copyWithin'; at: number; start: number; end: number }
  | { op: 'transaction'; ops: Op[]; fails: boolean }
  | {
      op:
        | 'pop'
        | 'shift'
        | 'clear'
        | 'reverse'
        | 'sort'
        | 'commit'
        | 'rollback'
        | 'reopen'
        | 'other'
        | 'bad'
        | 'flush'
        | 'iterate'
        | 'rewrite';
    };

function operations(theme: fc.Arbitrary<unknown>): fc.Arbitrary<Op> {
  const value = fc.oneof({ arbitrary: theme, weight: 30 }, { arbitrary: anything, weight: 1 });
  const values = fc.oneof(
    fc.array(value, { maxLength: 4 }),
    fc.array(value, { minLength: 4, maxLength: 40 }),
  );
  const at = fc.integer({ min: -8, max: 60 });
  const simple = fc.record({
    op: fc.constantFrom(
      'pop' as const,
      'pop' as const,
      'shift' as const,
      'clear' as const,
      'reverse' as const,
      'sort' as const,
      'commit' as const,
      'rollback' as const,
      'reopen' as const,
      'reopen' as const,
      'other' as const,
      'bad' as const,
      'flush' as const,
      'iterate' as const,
      'rewrite' as const,
    ),
  });
  const one = fc.oneof(
    { arbitrary: fc.record({ op: fc.constant('push' as const), values }), weight: 6 },
    { arbitrary: fc.record({ op: fc.constant('unshift' as const), values }), weight: 1 },
    {
      arbitrary: fc.record({ op: fc.constant('splice' as const), at, count: fc.nat(5), values }),
      weight: 2,
    },
    {
      arbitrary: fc.record({
        op: fc.constantFrom(
          'insert' as const,
          'set' as const,
          'set' as const,
          'viewSet' as const,
          'update' as const,
        ),
        at,
        value,
      }),
      weight: 6,
    },
    {
      arbitrary: fc.record({
        op: fc.constantFrom('delete' as const, 'get' as const, 'get' as const, 'truncate' as const),
        at,
      }),
      weight: 5,
    },
    { arbitrary: fc.record({ op: fc.constant('fill' as const), at, end: at, value }), weight: 1 },
    { arbitrary: fc.record({ op: fc.constant('copyWithin' as const), at, start: at, end: at }), weight: 1 },
    { arbitrary: simple, weight: 9 },
  ) as fc.Arbitrary<Op>;
  const transaction = fc.record({
    op: fc.constant('transaction' as const),
    ops: fc.array(one, { maxLength: 5 }),
    fails: fc.boolean(),
  });
  return fc.oneof({ arbitrary: one, weight: 20 }, { arbitrary: transaction, weight: 1 });
}

/** An array that lacks some elements. */
function withHoles(...holes: number[]): unknown[] {
  const array: unknown[] = [1, 'b', 3, null];
  for (const hole of holes) delete array[hole];
  return array;
}

const program = fc.constantFrom(...THEMES).chain((theme) =>
  fc.record({
    isRoot: fc.boolean(),
    start: fc.oneof(
      fc.array(theme, { maxLength: 12 }),
      fc.array(anything, { maxLength: 8 }),
      fc.array(fc.oneof(theme, fc.constantFrom(null, undefined)), { maxLength: 8 }),
      fc.constantFrom<unknown[]>(withHoles(3), withHoles(1, 2), [[1, 2], [3]], new Array(3)),
    ),
    ops: fc.array(operations(theme), { maxLength: 25 }),
  }),
);

/** What an element is in memory. */
function inMemory(value: unknown): unknown {
  if (value instanceof H5Dict) return value.copy();
  return value instanceof H5List ? value.toArray() : value;
}

class Stopped extends Error {}

class Machine {
  #list!: H5List;
  #other!: H5List;
  #model: unknown[];
  #committed: unknown[];
  readonly #isRoot: boolean;
  #depth = 0;

  constructor(isRoot: boolean, start: unknown[]) {
    this.#isRoot = isRoot;
    this.#model = start.slice();
    this.#committed = start.slice();
    const file = H5File.open(undefined, 'w');
    if (isRoot) H5List.write(file, start, { registry });
    else {
      const dict = H5Dict.of(file, { registry });
      dict.set('before', { a: 1 });
      dict.set('list', start);
      dict.set('after', [1, 2, 3]);
    }
    file.commit();
    this.#open(file);
  }

  #open(file: H5File): void {
    const name = this.#isRoot ? {} : { name: 'list' };
    this.#list = H5List.open(file, { registry, ...name });
    this.#other = this.#isRoot
      ? H5List.open(file, { registry })
      : (H5Dict.of(file, { registry }).get('list') as H5List);
  }

  get bytes(): Uint8Array {
    return this.#list.file.toBytes();
  }

  get model(): unknown[] {
    return this.#model;
  }

  run(op: Op): void {
    const list = this.#list;
    const model = this.#model;
    const { length } = model;
    const within = (at: number): boolean => at < length && at >= -length;
    const real = (at: number): number => (at < 0 ? at + length : at);
    switch (op.op) {
      case 'push':
        expect(list.push(...op.values)).toBe(model.push(...op.values));
        break;
      case 'unshift':
        expect(list.unshift(...op.values)).toBe(model.unshift(...op.values));
        break;
      case 'pop':
        expectSame(list.pop(), model.pop());
        break;
      case 'shift':
        expectSame(list.shift(), model.shift());
        break;
      case 'splice':
        expectSame(list.splice(op.at, op.count, ...op.values), model.splice(op.at, op.count, ...op.values));
        break;
      case 'insert':
        list.insert(op.at, op.value);
        model.splice(op.at, 0, op.value);
        break;
      case 'delete':
        if (within(op.at)) {
          list.delete(op.at);
          model.splice(real(op.at), 1);
        } else expect(() => list.delete(op.at)).toThrow(`none with the index ${op.at}`);
        break;
      case 'set':
      case 'update':
        if (within(op.at)) {
          if (op.op === 'set') list.set(op.at, op.value);
          else list.update(op.at, () => op.value);
          // What `update` is told nothing stays what it is.
          if (op.op === 'set' || op.value !== undefined) model[real(op.at)] = op.value;
          else this.#fillHole(real(op.at));
        } else expect(() => list.set(op.at, op.value)).toThrow(`none with the index ${op.at}`);
        break;
      case 'viewSet':
        if (op.at >= 0 && op.at <= length) {
          list.view[op.at] = op.value;
          model[op.at] = op.value;
        }
        break;
      case 'get':
        expectSame(inMemory(list.at(op.at)), model.at(op.at));
        break;
      case 'truncate':
        if (op.at >= 0 && op.at < length) {
          list.view.length = op.at;
          model.length = op.at;
        }
        break;
      case 'fill':
        list.fill(op.value, op.at, op.end);
        model.fill(op.value, op.at, op.end);
        break;
      case 'copyWithin':
        list.copyWithin(op.at, op.start, op.end);
        model.copyWithin(op.at, op.start, op.end);
        break;
      case 'clear':
        list.clear();
        model.length = 0;
        break;
      case 'reverse':
        list.reverse();
        model.reverse();
        break;
      case 'sort':
        list.sort(byText);
        model.sort(byText);
        break;
      case 'iterate':
        expectSame(Array.from(list, inMemory), Array.from(model));
        break;
      case 'bad':
        expect(() => list.push(1, new WeakMap())).toThrow('cannot be stored');
        if (length > 0) expect(() => list.set(0, { a: [Promise.resolve()] })).toThrow('cannot be stored');
        break;
      case 'flush':
        // Whoever looks at the file finds what has been appended.
        if (this.#depth === 0) list.file.transaction(() => {});
        if (this.#depth === 0) this.#committed = model.slice();
        break;
      case 'rewrite':
        // The same value again, as the codec stores it.
        list.splice(0, length, ...(list.copy() as unknown[]));
        for (let i = 0; i < length; i++) this.#fillHole(i);
        break;
      case 'other':
        [this.#list, this.#other] = [this.#other, list];
        expect(this.#list.length).toBe(length);
        break;
      case 'transaction': {
        const before = model.slice();
        this.#depth++;
        try {
          list.transaction(() => {
            for (const each of op.ops) if (isInner(each)) this.run(each);
            if (op.fails) throw new Stopped();
          });
        } catch (error) {
          if (!(error instanceof Stopped)) throw error;
          this.#model = before;
        }
        this.#depth--;
        break;
      }
      case 'commit':
        list.commit();
        this.#committed = model.slice();
        break;
      case 'rollback':
        list.rollback();
        this.#model = this.#committed.slice();
        break;
      case 'reopen': {
        const file = H5File.open(list.file.toBytes(), 'r+');
        list.close();
        this.#committed = model.slice();
        this.#open(file);
        break;
      }
      default:
        throw new Error(`an unknown operation: ${JSON.stringify(op)}`);
    }
    this.#check();
  }

  #fillHole(at: number): void {
    if (!(at in this.#model)) this.#model[at] = undefined;
  }

  #check(): void {
    expect(this.#list.length).toBe(this.#model.length);
    expect(this.#other.length).toBe(this.#model.length);
  }

  /** Compares all of it. */
  compare(): void {
    expectSame(Array.from(this.#other, inMemory), Array.from(this.#model));
    expectSame(this.#list.toArray(), this.#model);
    expect(this.#list.equals(this.#model)).toBe(true);
    // That commits.
    const { bytes } = this;
    this.#committed = this.#model.slice();
    const { problems } = verifyStorage(new MemoryStorage(bytes), { indexes });
    expect(problems).toEqual([]);
    const value = deserialize(bytes, { registry }) as { list: unknown[] };
    expectSame(this.#isRoot ? value : value.list, this.#model);
    if (this.#isRoot) return;
    expectSame(Object.keys(value), ['before', 'list', 'after']);
    expectSame({ ...value, list: [] }, { before: { a: 1 }, list: [], after: [1, 2, 3] });
  }
}

function byText(a: unknown, b: unknown): number {
  const [x, y] = [
    typeof a + String(typeof a === 'object' ? '' : String(a)),
    typeof b + String(typeof b === 'object' ? '' : String(b)),
  ];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** What is done within a transaction: not what ends one. */
function isInner({ op }: Op): boolean {
  return op !== 'commit' && op !== 'rollback' && op !== 'reopen';
}

it(`whatever is done to a list: ${CASES} programs, seed ${SEED}`, { timeout: 3_000_000 }, async () => {
  let n = 0;
  await fc.assert(
    fc.asyncProperty(program, async ({ isRoot, start, ops }) => {
      const machine = new Machine(isRoot, start);
      machine.compare();
      for (const [i, op] of ops.entries()) {
        machine.run(op);
        if (i % 5 === 4) machine.compare();
      }
      machine.compare();
      if (n++ % 10 === 0 && haveOracle('h5py')) await h5py(machine.bytes);
    }),
    { numRuns: CASES },
  );
});
