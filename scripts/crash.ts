// Edits files at random and crashes at random moments until the budget is used up: each time there must be the state
// before a commit or the one after it, undamaged. What is wrong is printed with the seed that makes it again.
//
//   npm run crash -- --budget 100000 --seed 7
import { parseArgs } from 'node:util';
import { crash, DURABILITIES } from '../test/hdf5/crash.js';

/** Of each run; each batch has one run for each durability. */
const CRASHES = 500;

const { values: options } = parseArgs({
  options: {
    budget: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const budget = Number(options.budget);
let seed = Number(options.seed);
if (!(budget > 0) || !Number.isSafeInteger(seed)) throw new Error('--budget and --seed are whole numbers');

const begin = performance.now();
for (let left = budget; left > 0; seed++) {
  let commits = 0;
  let crashes = 0;
  for (const durability of DURABILITIES) {
    const count = Math.min(CRASHES, left);
    if (count === 0) break;
    try {
      commits += crash(seed, count, durability);
    } catch (error) {
      throw new Error(`a wrong state: seed ${seed}, durability ${durability}`, { cause: error });
    }
    crashes += count;
    left -= count;
  }
  const memory = Math.round(process.memoryUsage.rss() / 2 ** 20);
  console.log(`seed ${seed}: ${crashes} crashes in ${commits} commits; ${memory} MB`);
}
console.log(`${budget} crashes in ${Math.round((performance.now() - begin) / 1000)} s`);
