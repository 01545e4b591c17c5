// A process that reads files that may be anything. A path comes in as a line; what goes out is a line of JSON: what it came
// to, and the most memory that the process has taken so far. See hostile-reader.ts.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { largestMemory } from '../../bench/largest-memory.mjs';
import { deserialize, H5Error } from '../../src/node.js';
import { registry } from './classes.js';
import type { Outcome } from './hostile-reader.js';

for await (const path of createInterface({ input: process.stdin })) {
  const bytes = readFileSync(path);
  const begin = performance.now();
  let came = 'a value';
  let isOurs = true;
  try {
    deserialize(bytes, { registry });
  } catch (error) {
    isOurs = error instanceof H5Error;
    came = isOurs ? (error as Error).message : String((error as Error).stack);
  }
  const milliseconds = performance.now() - begin;
  const megabytes = largestMemory() / 2 ** 20;
  console.log(JSON.stringify({ came, isOurs, milliseconds, megabytes } satisfies Outcome));
}
