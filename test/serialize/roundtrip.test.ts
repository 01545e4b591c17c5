import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deserialize, read, readSync, serialize, write, writeSync } from '../../src/node.js';
import { expectSame } from '../same.js';
import { casesOf, SEED, sampled } from '../thoroughness.js';
import { anyGraph, anyNamedGraph } from './arbitrary.js';
import { cases } from './cases.js';
import { named, registry } from './classes.js';
import { graphOf } from './graph.js';
import { roundTrip } from './round-trip.js';

const CASES = casesOf(100, 2);

const WRAPS: ((value: unknown) => unknown)[] = [
  (value) => ({ inside: value, again: value }),
  (value) => [value, value, 1],
  (value) => new Map([[value, { value }]]),
  // As a column, as rows of nested rows, and as one of several kinds.
  (value) => Array.from({ length: 20 }, (_, i) => ({ i, value })),
  (value) => [[value], [value, value], []],
  (value) => [1, 'a', [value], null, { value }],
];

/** The cases, each with what to put around it: two of the ways, all in CI. */
const wrapped = Object.entries(cases).map(([name, value], i) => [name, value, sampled(WRAPS, 3, i)] as const);

describe('what comes back is what was stored', () => {
  it.each(wrapped)('%s', (_, value, wraps) => {
    roundTrip(value);
    for (const wrap of wraps) roundTrip(wrap(value));
  });

  it('all of them in one', () => {
    roundTrip(cases);
  });
});

it(`any graph: ${CASES} cases, seed ${SEED}`, { timeout: 3_000_000 }, () => {
  fc.assert(
    fc.property(anyGraph, (value) => void roundTrip(value)),
    { numRuns: CASES },
  );
});

it(`any graph with registered values: ${CASES / 5} cases`, { timeout: 3_000_000 }, () => {
  fc.assert(
    fc.property(anyNamedGraph, (value) => void roundTrip(value, named)),
    { numRuns: CASES / 5 },
  );
});

it('what is read does not share memory with the bytes', () => {
  for (const [name, value] of Object.entries(cases)) {
    const bytes = serialize({ value, list: [value, 2] }, { registry });
    const copy = deserialize(bytes, { registry });
    const before = JSON.stringify(graphOf(copy, registry));
    bytes.fill(0xff);
    expect(JSON.stringify(graphOf(copy, registry)) === before, name).toBe(true);
  }
});

describe('by path', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('read and write, readSync and writeSync do the same', { timeout: 600_000 }, async () => {
    const path = join(folder, 'a.h5');
    const check = async (value: unknown) => {
      const bytes = serialize(value, { registry });
      const expected = graphOf(value, registry);
      writeSync(path, value, { registry });
      expect(Buffer.compare(readFileSync(path), bytes)).toBe(0);
      expectSame(graphOf(readSync(path, { registry }), registry), expected);
      await write(path, value, { registry });
      expect(Buffer.compare(readFileSync(path), bytes)).toBe(0);
      expectSame(graphOf(await read(path, { registry }), registry), expected);
      const pieces: Uint8Array[] = [];
      await write({ save: (all) => void pieces.push(...all) }, value, { registry });
      expect(Buffer.compare(Buffer.concat(pieces), bytes)).toBe(0);
      expect(readdirSync(folder)).toEqual(['a.h5']);
    };
    for (const value of Object.values(cases)) await check(value);
    await fc.assert(fc.asyncProperty(anyGraph, check), { numRuns: Math.ceil(CASES / 20) });
  });
});
