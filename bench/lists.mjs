// @ts-check
/** Lists on a file: what it takes to append an element, and to read any one of them. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { H5List } from 'h5pickle';
import { checkSame, compare, randomNumbers, runScenario } from './harness.mjs';

/**
 * @typedef {import('./harness.mjs').Table} Table
 * @typedef {import('./harness.mjs').Target} Target
 */

/** @type {[id: string, title: string, make: (i: number) => unknown, push: number, read: number][]} */
const KINDS = [
  ['numbers', 'Numbers', (i) => i / 2, 5, 3],
  ['records', 'Records', (i) => ({ id: i, name: `name ${i}`, isEven: i % 2 === 0 }), 5, 3],
  ['texts', 'Strings', (i) => `text ${i}`, 5, 3],
  ['scalars', 'Scalars of several kinds', (i) => [i, `text ${i}`, null, i % 2 === 0][i % 4], 10, 15],
  ['mixed', 'Any values', (i) => [i, `text ${i}`, { id: i }, null, { id: i, tags: [i] }][i % 5], 80, 30],
];

await runScenario(async ({ quick, folder }) => {
  const count = quick ? 20_000 : 100_000;
  const shown = count.toLocaleString('en');
  /** @type {Table[]} */
  const tables = [];
  /** @type {Target[]} */
  const targets = [];
  for (const [id, title, make, push, read] of KINDS) {
    const path = join(folder, `${id}.h5`);
    const values = Array.from({ length: count }, (_, i) => make(i));
    const random = randomNumbers();
    const indices = values.map(() => Math.floor(random() * count));
    /** @param {(list: H5List) => void} fill */
    const write = (fill) => {
      rmSync(path, { force: true });
      const list = H5List.open(path, { mode: 'w', durability: 'off' });
      list.batch(() => fill(list));
      list.close();
    };
    const rows = await compare(
      [
        {
          name: 'push, one by one',
          run: () =>
            write((list) => {
              for (const value of values) list.push(value);
            }),
        },
        { name: 'extend, all at once', run: () => write((list) => list.extend(values)) },
        {
          name: 'get, in random order',
          run() {
            const list = H5List.open(path);
            for (const index of indices) list.get(index);
            list.close();
          },
        },
      ],
      { rounds: quick ? 3 : 5, per: count / 1000 },
    );
    const list = H5List.read(path);
    checkSame('H5List', list.copy(), values);
    list.close();
    tables.push({ id: `lists-${id}`, title: `${title}: ${shown} elements`, unit: 'µs an element', rows });
    targets.push(
      { text: `${title}: µs to push one`, value: Number(rows[0]?.median), bound: 'at most', limit: push },
      { text: `${title}: µs to get one`, value: Number(rows[2]?.median), bound: 'at most', limit: read },
    );
  }
  return {
    title: 'Lists on a file',
    notes: [
      `${shown} elements are appended to a list in a new file, in one batch and with its commit, and read in random order`,
      'from the file, which is opened for that.',
    ],
    tables,
    targets,
  };
});
