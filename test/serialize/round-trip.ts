import { expect } from 'vitest';
import { deserialize, serialize, type WriteOptions } from '../../src/node.js';
import { expectSame } from '../same.js';
import { registry as classes } from './classes.js';
import { graphOf } from './graph.js';

/** The same value, the same bytes, and nothing of the one that was written in the one that was read. Returns the bytes. */
export function roundTrip(value: unknown, registry = classes, how: WriteOptions = {}): Uint8Array {
  const options = { ...how, registry };
  const before = graphOf(value, registry);
  const bytes = serialize(value, options);
  const copy = deserialize(bytes, { registry });
  expectSame(graphOf(copy, registry), before);
  expectSame(graphOf(value, registry), before);
  expect(Buffer.compare(serialize(value, options), bytes)).toBe(0);
  expect(Buffer.compare(serialize(copy, options), bytes)).toBe(0);
  return bytes;
}
