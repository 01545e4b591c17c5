// @ts-check
/**
 * Makes a value and serializes it once, and tells memory.mjs, which started it, the most memory that the call took and
 * how large its output is.
 *
 *     node --expose-gc memory-of-call.mjs VALUE h5pickle|v8|JSON
 */
import { writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import * as v8 from 'node:v8';
import { serialize, TypeRegistry } from 'h5pickle';
import { memoryOf } from './largest-memory.mjs';
import { corpus, documentTree, mixedTree, Reading, readings, table } from './values.mjs';

const [name = '', call = ''] = process.argv.slice(2);
const { gc } = globalThis;
if (!gc) throw new Error('start node with --expose-gc');

/**
 * Makes strings one that have been put together of pieces, as they are when they come from a file: else whoever serializes them first
 * does that, and they stay so.
 *
 * @template T
 * @param {T} value without cycles
 */
function flat(value) {
  if (typeof value === 'string') value.charCodeAt(0);
  else if (value instanceof Map) for (const each of value) flat(each);
  else if (Array.isArray(value)) for (const each of value) flat(each);
  else if (typeof value === 'object') for (const key in value) flat(value[key]);
  return value;
}

/** @type {Record<string, () => unknown>} */
const makers = {
  instances: () => flat(readings(1_000_000)),
  table: () => flat(table(500_000)),
  corpus: () => flat(corpus(100_000)),
  documents: () => flat(documentTree(1_000_000)),
  mixed: () => mixedTree(100_000),
  numbers: () => Float64Array.from({ length: 2 ** 25 }, (_, i) => i / 7),
};
const registry = new TypeRegistry().register(Reading, { name: 'Reading' });
/** @type {Record<string, (value: unknown) => Uint8Array | string>} */
const calls = {
  h5pickle: (value) => serialize(value, { registry }),
  v8: (value) => v8.serialize(value),
  JSON: (value) => JSON.stringify(value),
};

const value = makers[name]?.();
// What a first call loads and allocates for good is not what the second one takes.
calls[call]?.([{ a: 1, b: 'text' }]);
// Memory that is free goes back to the system in the background.
for (let i = 0; i < 3; i++) {
  gc();
  await setTimeout(200);
}
writeFileSync('/proc/self/clear_refs', '5');
const before = memoryOf('VmRSS');
const output = calls[call]?.(value);
const most = memoryOf('VmHWM');
if (output === undefined || value === undefined) throw new Error(`no ${call} of ${name}`);
process.send?.({
  memory: most - before,
  // A string takes a byte a character in memory, or two.
  output: typeof output === 'string' ? Buffer.byteLength(output) : output.length,
});
