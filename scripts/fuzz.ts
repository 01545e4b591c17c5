// Reads damaged files until the budget is used up: each must give a value, or an error of ours, soon and in little
// memory. What fails is printed with the seed that makes it again.
//
//   npm run fuzz -- --budget 1000000 --seed 7
import { parseArgs } from 'node:util';
import { fuzz } from '../test/serialize/fuzz.js';

/** Each batch has samples of its own. */
const BATCH = 20_000;

const { values: options } = parseArgs({
  options: {
    budget: { type: 'string', default: '200000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const budget = Number(options.budget);
let seed = Number(options.seed);
if (!(budget > 0) || !Number.isSafeInteger(seed)) throw new Error('--budget and --seed are whole numbers');

const begin = performance.now();
const totals = new Map<string, number>();
for (let left = budget; left > 0; left -= BATCH, seed++) {
  const { values, errors } = fuzz(Math.min(BATCH, left), seed);
  for (const [code, count] of [['a value', values] as const, ...errors]) {
    totals.set(code, (totals.get(code) ?? 0) + count);
  }
  const memory = Math.round(process.memoryUsage.rss() / 2 ** 20);
  console.log(
    `seed ${seed}: ${Array.from(totals, ([code, count]) => `${count} ${code}`).join(', ')}; ${memory} MB`,
  );
}
console.log(`${budget} files in ${Math.round((performance.now() - begin) / 1000)} s`);
