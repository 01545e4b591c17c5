import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deserialize, serialize } from '../../src/index.js';
import { anyGraph } from './arbitrary.js';
import { cases } from './cases.js';
import { registry } from './classes.js';
import { graphOf } from './graph.js';

const CASES = Number(process.env.H5PICKLE_CASES ?? 2000);

/** The same value, the same bytes, and nothing of the one that was written in the one that was read. */
function roundTrip(value: unknown): void {
  const before = graphOf(value, registry);
  const bytes = serialize(value, { registry });
  const copy = deserialize(bytes, { registry });
  expect(graphOf(copy, registry)).toEqual(before);
  expect(graphOf(value, registry)).toEqual(before);
  expect(Buffer.compare(serialize(value, { registry }), bytes)).toBe(0);
  expect(Buffer.compare(serialize(copy, { registry }), bytes)).toBe(0);
}

describe('what comes back is what was stored', () => {
  it.each(Object.entries(cases))('%s', (_, value) => {
    roundTrip(value);
    roundTrip({ inside: value, again: value });
    roundTrip([value, value, 1]);
  });

  it('all of them in one', () => {
    roundTrip(cases);
  });
});

it(`any graph, in ${CASES} cases`, { timeout: 3_000_000 }, () => {
  const seed = Number(process.env.H5PICKLE_SEED ?? 20260101);
  fc.assert(fc.property(anyGraph, roundTrip), { numRuns: CASES, seed });
});
