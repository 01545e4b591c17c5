// @ts-check
/** Data as they come: the JSON files of vega-datasets and world-atlas. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'h5pickle';
import { checkSame, compare, runScenario } from './harness.mjs';

/**
 * @param {string} folder
 * @param {RegExp} pattern
 * @returns {unknown[]}
 */
function load(folder, pattern) {
  const root = new URL(`../node_modules/${folder}/`, import.meta.url);
  return readdirSync(fileURLToPath(root))
    .filter((name) => pattern.test(name))
    .map((name) => JSON.parse(readFileSync(new URL(name, root), 'utf8')));
}

await runScenario(async ({ quick }) => {
  /** @type {[string, string, unknown[]][]} */
  const sets = [
    ['vega', 'vega-datasets', load('vega-datasets/data', /\.json$/)],
    ['atlas', 'world-atlas', load('world-atlas', /-\d+m\.json$/)],
  ];
  const tables = [];
  for (const [id, name, values] of sets) {
    const bytes = values.map((value) => serialize(value));
    const texts = values.map((value) => JSON.stringify(value));
    checkSame(
      name,
      bytes.map((each) => deserialize(each)),
      values,
    );
    const out = await compare(
      [
        { name: 'h5pickle serialize', run: () => values.map((value) => serialize(value)) },
        { name: 'JSON.stringify', run: () => values.map((value) => JSON.stringify(value)) },
      ],
      { rounds: quick ? 3 : 11 },
    );
    const back = await compare(
      [
        { name: 'h5pickle deserialize', run: () => bytes.map((each) => deserialize(each)) },
        { name: 'JSON.parse', run: () => texts.map((text) => JSON.parse(text)) },
      ],
      { rounds: quick ? 3 : 11 },
    );
    const sizes = [
      bytes.reduce((sum, each) => sum + each.length, 0),
      texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
    ];
    const title = `${name}, ${values.length} files`;
    tables.push({
      id: `${id}-out`,
      title: `${title}: to bytes`,
      unit: 'ms',
      rows: out.map((row, i) => ({ ...row, size: /** @type {number} */ (sizes[i]) })),
    });
    tables.push({ id: `${id}-back`, title: `${title}: and back`, unit: 'ms', rows: back });
  }
  return {
    title: 'Real data',
    notes: [
      'All files of the package one after another, in memory. world-atlas is TopoJSON: ragged arrays of points.',
    ],
    tables,
    targets: [],
  };
});
