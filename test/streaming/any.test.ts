import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatenate } from '../../src/hdf5/file-builder.js';
import { deserialize, H5Dataset, H5File, serialize, values } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { finished, piecesInTime, piecesNow } from '../../src/streaming/in-time.js';
import { Pace } from '../../src/streaming/pace.js';
import { describeOracle, h5dump, h5wasm, readLayout } from '../oracle/oracles.js';
import { expectSame } from '../same.js';
import { graphOfOwnBytes } from '../serialize/arbitrary.js';
import { cases } from '../serialize/cases.js';
import { registry } from '../serialize/classes.js';
import { graphOf } from '../serialize/graph.js';
import { casesOf, crossed, SEED, sampled, THOROUGH } from '../thoroughness.js';

const CASES = casesOf(30);

/** The file of a value, of whose iterators so many elements are taken at a time. */
function fileOf(value: unknown, elements: number): Uint8Array {
  // Into a storage as soon as there is anything, as when there is much more.
  return concatenate(
    piecesNow(value, { registry, values }, () => new MemoryStorage(), { elements, bytes: Infinity }),
  );
}

/** As many as make hundreds of batches. */
const MOST = THOROUGH ? 1000 : 300;

/** What a value consists of: what an iterator is made of, and a list to compare with. */
function elementsOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [value, value, value];
  if (Array.isArray(value)) return Array.from(value).slice(0, MOST);
  const isOfMany = value instanceof Set || value instanceof Map;
  const parts = isOfMany ? [...value.keys(), ...value.values()] : Object.values(value);
  const some = parts.slice(0, MOST);
  return isOfMany ? some : [...some, value, ...some];
}

/** The same value twice: with iterators, and with arrays in their place. */
function both(value: unknown, shape: number): [streamed: () => unknown, whole: unknown] {
  const list = elementsOf(value);
  switch (shape) {
    case 0:
      return [() => list.values(), [...list]];
    case 1:
      return [
        () => ({ before: list[0], rows: list.values(), value }),
        { before: list[0], rows: [...list], value },
      ];
    default: {
      const half = list.slice(0, list.length >> 1);
      return [
        () => ({ a: list.values(), half, b: half.values(), last: list.at(-1), c: list.values() }),
        { a: [...list], half, b: [...half], last: list.at(-1), c: [...list] },
      ];
    }
  }
}

function roundTrip(value: unknown, elements: number, shape: number): void {
  const [streamed, whole] = both(value, shape);
  const bytes = fileOf(streamed(), elements);
  const expected = graphOf(whole, registry);
  const actual = graphOf(deserialize(bytes, { registry }), registry);
  expectSame(actual, expected);
  expect(Buffer.compare(fileOf(streamed(), elements), bytes)).toBe(0);
}

const BATCHES = [1, 3];

/** The cases, each with the ways to stream it: all of them in CI, else one. */
const streamed = Object.entries(cases).map(([name, value], i) => {
  return [name, value, sampled(crossed(BATCHES, [0, 1, 2]), 3, i), sampled(BATCHES, 2, i)] as const;
});

describe('what iterators yield comes back as it was', () => {
  it.each(streamed)('%s', (_, value, ways) => {
    for (const [elements, shape] of ways) roundTrip(value, elements, shape);
  });

  it(`any graph: ${CASES} cases, seed ${SEED}`, { timeout: 3_000_000 }, () => {
    const batches = fc.integer({ min: 1, max: 7 });
    fc.assert(fc.property(graphOfOwnBytes, batches, fc.nat(2), roundTrip), { numRuns: CASES });
  });
});

it('nested rows have no more dimensions than those of arrays', () => {
  let deep: unknown = ['a', 'b'];
  for (let level = 1; level < 34; level++) deep = [deep];
  // More than one batch: one alone is an array like any other.
  const list = [deep, deep, deep];
  const bytes = fileOf({ list: list.map((row) => structuredClone(row)).values() }, 1);
  const shapes = (file: H5File): unknown[] => {
    const found: unknown[] = [];
    file.visit((_, object) => void (object instanceof H5Dataset && found.push(object.shape)));
    return found;
  };
  const whole = serialize({ list: list.map((row) => structuredClone(row)) });
  expect(shapes(H5File.open(bytes))).toEqual(shapes(H5File.open(whole)));
  expect(shapes(H5File.open(bytes)).some((shape) => (shape as number[]).length === 31)).toBe(true);
});

/** The same with async iterables, in time. */
async function fileInTime(value: unknown, elements: number): Promise<Uint8Array> {
  const batch = { elements, bytes: Infinity };
  const planned = await piecesInTime(value, { registry, values }, new Pace({}), batch);
  return concatenate(await finished(planned, () => new MemoryStorage()));
}

/** No generator: these wait for what they yield, if it has a method `then`. */
class InTime {
  readonly #elements: Iterator<unknown>;

  constructor(list: readonly unknown[]) {
    this.#elements = now(list);
  }

  async next(): Promise<IteratorResult<unknown>> {
    return this.#elements.next();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const inTime = (list: readonly unknown[]): InTime => new InTime(list);

function* now(list: readonly unknown[]): Generator<unknown, void> {
  for (const element of list) yield [element];
  yield list[0];
}

/** A value with iterables in many places, which `iterable` makes, and what comes back. */
function withIterables(value: unknown, iterable: (list: readonly unknown[]) => unknown): unknown {
  const list = elementsOf(value).slice(0, 20);
  const again = iterable(list);
  return {
    value,
    again,
    map: new Map<unknown, unknown>([
      [iterable(list), 'key'],
      ['value', iterable([1, 2])],
      ['again', again],
    ]),
    set: new Set([iterable(list)]),
    rows: [[iterable([3])], [iterable(list)], []],
    columns: [{ x: iterable(list) }, { x: iterable([]) }, { x: [5] }],
    error: Object.assign(new Error('with a cause', { cause: iterable(list) }), { stack: 'here' }),
    within: iterable([value, iterable([{ deep: iterable(list) }, again]), { and: iterable([value]) }]),
    last: iterable([]),
  };
}

describe('async iterables', () => {
  it.each(streamed)('are stored as iterators are, and come back: %s', async (_, value, __, batches) => {
    const expected = graphOf(
      withIterables(value, (list) => [...now(list)]),
      registry,
    );
    for (const elements of batches) {
      const bytes = await fileInTime(withIterables(value, inTime), elements);
      expectSame(graphOf(deserialize(bytes, { registry }), registry), expected);
      expect(Buffer.compare(fileOf(withIterables(value, now), elements), bytes)).toBe(0);
    }
    const whole = serialize(withIterables(value, now), { registry });
    expectSame(graphOf(deserialize(whole, { registry }), registry), expected);
  });

  it('any graph', { timeout: 600_000 }, async () => {
    const comesBack = fc.asyncProperty(
      graphOfOwnBytes,
      fc.integer({ min: 1, max: 7 }),
      async (value, elements) => {
        const expected = graphOf(
          withIterables(value, (list) => [...now(list)]),
          registry,
        );
        const bytes = await fileInTime(withIterables(value, inTime), elements);
        expectSame(graphOf(deserialize(bytes, { registry }), registry), expected);
      },
    );
    await fc.assert(comesBack, { numRuns: Math.ceil(CASES / 5) });
  });
});

const CASES_OUTSIDE = Math.ceil(CASES / 20);
const streamedGraph = fc
  .tuple(graphOfOwnBytes, fc.integer({ min: 1, max: 7 }), fc.nat(2))
  .map(([value, elements, shape]) => {
    const [streamed, whole] = both(value, shape);
    return { bytes: fileOf(streamed(), elements), whole };
  });

describeOracle('h5py', () => {
  it('a reader written from docs/FORMAT.md finds it', { timeout: 600_000 }, async () => {
    const found = fc.asyncProperty(streamedGraph, async ({ bytes, whole }) => {
      expectSame(await readLayout(bytes), graphOf(whole, registry));
    });
    await fc.assert(found, { numRuns: CASES_OUTSIDE });
  });
});

describeOracle('h5dump', () => {
  // Without iterators, serialize/outside.test.ts has all of them printed.
  it.each(sampled(Object.entries(cases), 6))('prints %s', async (_, value) => {
    // Not of every graph: it follows references round in circles.
    const bytes = fileOf({ rows: [value, value, 1].values() }, 1);
    expect(await h5dump(bytes)).toContain('GROUP "/"');
  });
});

describeOracle('h5wasm', () => {
  it('walks it', { timeout: 600_000 }, async () => {
    const walked = fc.asyncProperty(streamedGraph, async ({ bytes }) => {
      expect(await h5wasm(bytes)).toBeTruthy();
    });
    await fc.assert(walked, { numRuns: CASES_OUTSIDE });
  });
});
