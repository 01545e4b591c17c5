// A process that writes to a path more rows than it could hold, and says how much memory it has taken.

import { largestMemory } from '../../bench/largest-memory.mjs';
import { write } from '../../src/node.js';
import { type Row, rowOf } from './memory-rows.js';

const [, , path, count, how] = process.argv as string[] as [string, string, string, string, string];

async function* rows(): AsyncGenerator<Row, void> {
  for (let i = 0; i < Number(count); i++) yield rowOf(i);
}

if (how === 'into') {
  await write(path, { before: 1 });
  await write(path, rows(), { path: 'rows' });
} else {
  await write(path, { before: 1, rows: rows() }, how === 'compressed' ? { compression: { level: 1 } } : {});
}
console.log(largestMemory() / 2 ** 20);
