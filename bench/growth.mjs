// @ts-check
/** What a node costs in a small value, and in one that is a thousand times as large. */
import { deserialize, serialize } from 'h5pickle';
import { compare, ratio, runScenario } from './harness.mjs';
import { documentTree, mixedTree, table } from './values.mjs';

const OUT = 'serialize';
const IN = 'deserialize';

await runScenario(async ({ quick }) => {
  /** @type {[string, string, (count: number) => unknown][]} */
  const makers = [
    ['mixed', 'a mixed tree', mixedTree],
    ['documents', 'a tree of documents', documentTree],
    // A row and its ten values.
    ['table', 'a table', (count) => table(count / 11)],
  ];
  const counts = quick ? [1_000, 100_000] : [1_000, 10_000, 100_000, 1_000_000];
  const [least = 0, most = 0] = [counts[0], counts.at(-1)];
  const tables = [];
  const targets = [];
  for (const [id, name, make] of makers) {
    const values = counts.map(make);
    const bytes = values.map((value) => serialize(value));
    for (const verb of /** @type {const} */ ([OUT, IN])) {
      const rowOf = (/** @type {number} */ count) => `${count.toLocaleString('en')} nodes`;
      const rows = await compare(
        counts.map((count, i) => {
          // Small values are done over and over, so that every row takes as long as the largest value.
          const repeats = most / count;
          const [value, encoded] = [values[i], /** @type {Uint8Array} */ (bytes[i])];
          return {
            name: rowOf(count),
            run() {
              for (let n = 0; n < repeats; n++) verb === OUT ? serialize(value) : deserialize(encoded);
            },
          };
        }),
        { rounds: quick ? 3 : 5, per: most / 1e6 },
      );
      const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}: ${verb}`;
      tables.push({ id: `${id}-${verb}`, title, unit: 'ns a node', rows });
      targets.push({
        text: `${verb} ${name}: times the time a node of ${rowOf(most)} that of ${rowOf(least)}`,
        value: ratio(rows, rowOf(most), rowOf(least)),
        bound: /** @type {const} */ ('at most'),
        limit: 1.5,
      });
    }
  }
  return {
    title: 'Growth',
    notes: [
      `The same kinds of values from ${least.toLocaleString('en')} to ${most.toLocaleString('en')} nodes. In each round a small one is serialized as many times`,
      'as it takes to come to the number of nodes of the largest.',
    ],
    tables,
    targets,
  };
});
