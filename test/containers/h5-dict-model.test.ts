import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deserialize, H5Dict, H5File, indexes, MemoryStorage, serialize } from '../../src/node.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, h5py, readLayout } from '../oracle/oracles.js';
import { coreGraph } from '../serialize/arbitrary.js';
import { registry } from '../serialize/classes.js';
import { graphOf } from '../serialize/graph.js';
import { casesOf } from '../thoroughness.js';

/*
 * Random operations on an H5Dict and on a Map. After each, both hold the same, in the same order; and so does the file when it
 * is opened again, by us, by h5py, and by the reader in Python that was written from docs/FORMAT.md.
 */

const timeout = 900_000;

type Model = Map<string, unknown>;

const key = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f') },
  fc.constantFrom(
    '',
    '.',
    'a/b',
    '@type',
    '@%',
    '__proto__',
    'constructor',
    'keys',
    'values',
    '10',
    '9',
    '\ud800',
    'é',
  ),
);
const plain = fc.dictionary(
  fc.constantFrom('x', 'y', 'z'),
  fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.constantFrom([1, 2], { deep: 1 }, { deep: 2 })),
  { noNullPrototype: true },
);
const value = fc.oneof(
  { weight: 2, arbitrary: fc.oneof(fc.integer(), fc.double(), fc.string(), fc.boolean(), fc.bigInt()) },
  fc.constantFrom(undefined, null, -0, '\0', '\ud800', 2n ** 70n, new Date(5), new Date(Number.NaN)),
  { weight: 2, arbitrary: plain },
  plain.map((members) => new Map(Object.entries(members))),
  fc.float64Array({ maxLength: 6 }),
  coreGraph.filter((graph) => !hasLongKey(graph)),
);

/** What has a key too long for a name of HDF5's cannot be changed in place. */
function hasLongKey(item: unknown, seen = new Set<unknown>()): boolean {
  if (typeof item !== 'object' || item === null || ArrayBuffer.isView(item) || seen.has(item)) return false;
  seen.add(item);
  const keys = item instanceof Map ? [...item.keys()] : Object.keys(item);
  const parts = item instanceof Map || item instanceof Set ? [...item.values()] : Object.values(item);
  return (
    keys.some((each) => typeof each === 'string' && each.length > 20_000) ||
    [...keys, ...parts].some((each) => hasLongKey(each, seen))
  );
}

type Operation =
  | { readonly do: 'set' | 'insert'; readonly key: string; readonly value: unknown }
  | { readonly do: 'delete'; readonly key: string }
  | { readonly do: 'rename'; readonly key: string; readonly to: string }
  | { readonly do: 'merge'; readonly entries: [string, unknown][] }
  | { readonly do: 'commit' | 'rollback' | 'reopen' | 'clear' }
  | { readonly do: 'transaction'; readonly within: readonly Operation[]; readonly fails: boolean };

const simple: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('set' as const), key, value }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rename' as const), key, to: key }) },
  fc.record({ do: fc.constant('insert' as const), key, value }),
  fc.record({
    do: fc.constant('merge' as const), // What is shared is stored together, and stays so.
    entries: fc.array(fc.tuple(key, value), { maxLength: 3 }).filter(isTree),
  }),
);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 12, arbitrary: simple },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('commit' as const, 'rollback' as const, 'reopen' as const) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'clear' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('transaction' as const),
      within: fc.array(simple, { maxLength: 4 }),
      fails: fc.boolean(),
    }),
  },
);

/** Whether nothing that is stored is reached twice. */
function isTree(item: unknown): boolean {
  const { root, objects } = graphOf(item, registry);
  const seen = new Set<number>();
  const todo: unknown[] = [root, ...objects.flatMap((each) => Object.values(each))];
  while (todo.length > 0) {
    const each = todo.pop();
    if (!Array.isArray(each)) continue;
    if (each[0] !== 'o' || each.length !== 2) todo.push(...(each as unknown[]));
    else if (seen.has(each[1] as number)) return false;
    else seen.add(each[1] as number);
  }
  return true;
}

function dictKind(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const prototype: unknown = Object.getPrototypeOf(item);
  if (prototype === Object.prototype) return 'object';
  if (prototype === null) return 'null-prototype';
  const isMap =
    prototype === Map.prototype &&
    [...(item as Map<unknown, unknown>).keys()].every((each) => typeof each === 'string');
  return isMap ? 'Map' : undefined;
}

const entriesOf = (item: object): [string, unknown][] =>
  item instanceof Map ? [...(item as Model)] : Object.entries(item);

/** Whether a dict or a Map would replace another object, or something in it. */
function isLossy(there: unknown, here: unknown): boolean {
  const [old, kind] = [dictKind(there), dictKind(here)];
  if ((kind === undefined && !(here instanceof Map)) || typeof there !== 'object' || there === null)
    return false;
  if (old === undefined && kind === undefined) return !(there instanceof Map);
  if (old === undefined || kind === undefined || (old === 'Map') !== (kind === 'Map')) return true;
  const before = new Map(entriesOf(there));
  return entriesOf(here as object).some(([name, item]) => isLossy(before.get(name), item));
}

/** A dict that is merged with another is the same dict, with more in it: so it is wherever it is. */
function merged(there: unknown, here: unknown): unknown {
  const kind = dictKind(here);
  const old = dictKind(there);
  if (kind === undefined || old === undefined || (kind === 'Map') !== (old === 'Map')) return here;
  for (const [name, item] of entriesOf(here as object)) {
    if (there instanceof Map) there.set(name, merged(there.get(name), item));
    else {
      const old: unknown = Object.hasOwn(there as object, name)
        ? (there as Record<string, unknown>)[name]
        : undefined;
      const value = merged(old, item);
      Object.defineProperty(there, name, { value, writable: true, enumerable: true, configurable: true });
    }
  }
  return there;
}

function renamed(model: Model, from: string, to: string): Model {
  if (from === to) return model;
  return new Map(
    [...model].filter(([name]) => name !== to).map(([name, item]) => [name === from ? to : name, item]),
  );
}

const FAILURE = new Error('not this time');

class Run {
  file: H5File;
  dict: H5Dict;
  model: Model = new Map();
  committed: Model = new Map();

  constructor() {
    this.file = H5File.open(undefined, 'w');
    this.dict = H5Dict.of(this.file, { registry });
    this.dict.assign(new Map());
    this.file.commit();
  }

  do(operation: Operation): void {
    const { dict, model } = this;
    switch (operation.do) {
      case 'set':
        dict.set(operation.key, operation.value);
        model.set(operation.key, operation.value);
        break;
      case 'insert':
        dict.getOrInsert(operation.key, operation.value);
        if (!model.has(operation.key)) model.set(operation.key, operation.value);
        break;
      case 'delete':
        expect(dict.delete(operation.key)).toBe(model.delete(operation.key));
        break;
      case 'rename':
        if (!model.has(operation.key)) {
          expect(() => dict.rename(operation.key, operation.to)).toThrow(/there is no key/);
          break;
        }
        dict.rename(operation.key, operation.to);
        this.model = renamed(model, operation.key, operation.to);
        break;
      case 'merge': {
        const entries = new Map(operation.entries);
        if ([...entries].some(([name, item]) => isLossy(model.get(name), item))) {
          expect(() => dict.merge(entries)).toThrow(/only dicts of one kind/);
          break;
        }
        dict.merge(entries);
        for (const [name, item] of entries)
          model.set(name, model.has(name) ? merged(model.get(name), item) : item);
        break;
      }
      case 'clear':
        dict.clear();
        model.clear();
        break;
      case 'commit':
        this.file.commit();
        this.committed = copy(this.model) as Model;
        break;
      case 'rollback':
        this.file.rollback();
        this.model = copy(this.committed) as Model;
        break;
      case 'reopen':
        this.committed = copy(this.model) as Model;
        this.file = H5File.open(this.file.toBytes(), 'r+');
        this.dict = H5Dict.of(this.file, { registry });
        break;
      default:
        this.#transaction(operation.within, operation.fails);
    }
  }

  #transaction(within: readonly Operation[], fails: boolean): void {
    // Merging changes what is within.
    const before = copy(this.model) as Model;
    const run = (): void =>
      this.dict.transaction(() => {
        for (const each of within) this.do(each);
        if (fails) throw FAILURE;
      });
    if (!fails) run();
    else {
      expect(run).toThrow(FAILURE);
      this.model = before;
    }
  }

  check(): void {
    expect([...this.dict.keys()]).toEqual([...this.model.keys()]);
    expect(this.dict.size).toBe(this.model.size);
    expect(graphOf(this.dict.copy(), registry)).toEqual(graphOf(this.model, registry));
    for (const name of this.model.keys()) expect(this.dict.has(name)).toBe(true);
  }
}

/** What values have to be told apart for: an own identity of each member. */
const separate = (operations: readonly Operation[]): Operation[] =>
  operations.map((each) => structured(each));

/** Members are stored one by one: what two operations share is not one in the file. */
function structured(operation: Operation): Operation {
  switch (operation.do) {
    case 'set':
    case 'insert':
      return { ...operation, value: copy(operation.value) };
    case 'merge':
      return { ...operation, entries: operation.entries.map(([name, item]) => [name, copy(item)]) };
    case 'transaction':
      return { ...operation, within: operation.within.map(structured) };
    default:
      return operation;
  }
}

const copy = (item: unknown): unknown => deserialize(serialize(item, { registry }), { registry });

describe('an H5Dict is a Map', () => {
  it('whatever is done to both', { timeout }, () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 14 }), (operations) => {
        const run = new Run();
        for (const each of separate(operations)) {
          run.do(each);
          run.check();
        }
        const bytes = run.file.toBytes();
        expect(verifyStorage(new MemoryStorage(bytes), { indexes }).problems).toEqual([]);
        expect(graphOf(deserialize(bytes, { registry }), registry)).toEqual(graphOf(run.model, registry));
      }),
      { numRuns: casesOf(25, 1 / 2), endOnFailure: true },
    );
  });

  describeOracle('h5py', () => {
    it('as other readers find it', { timeout }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { maxLength: 14 }), async (operations) => {
          const run = new Run();
          for (const each of separate(operations)) run.do(each);
          const bytes = run.file.toBytes();
          expect(await readLayout(bytes)).toEqual(graphOf(run.model, registry));
          const names = (await h5py(bytes)).root;
          expect(names.kind).toBe('group');
        }),
        { numRuns: casesOf(3, 1 / 20), endOnFailure: true },
      );
    });
  });
});
