// @ts-check
/** Data as they come: the JSON files of vega-datasets and world-atlas. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'h5pickle';
import { checkSame, compare, runScenario, summarize } from './harness.mjs';

/**
 * @param {string} folder
 * @param {RegExp} pattern
 */
function load(folder, pattern) {
  const root = new URL(`../node_modules/${folder}/`, import.meta.url);
  return readdirSync(fileURLToPath(root))
    .filter((name) => pattern.test(name))
    .map((name) => ({
      name,
      value: /** @type {unknown} */ (JSON.parse(readFileSync(new URL(name, root), 'utf8'))),
    }));
}

/**
 * A peer that does something with one file after another, and notes the time of each.
 *
 * @template Input
 * @param {string} name
 * @param {Input[]} inputs
 * @param {(input: Input) => unknown} run
 */
function eachOf(name, inputs, run) {
  const times = inputs.map(() => /** @type {number[]} */ ([]));
  return {
    name,
    run() {
      for (const [i, input] of inputs.entries()) {
        const start = performance.now();
        run(input);
        times[i]?.push(performance.now() - start);
      }
    },
    /** Of file `i`, in the last `rounds` rounds. */
    timing: (/** @type {number} */ i, /** @type {number} */ rounds) =>
      summarize(name, times[i]?.slice(-rounds) ?? []),
  };
}

await runScenario(async ({ quick }) => {
  const rounds = quick ? 3 : 11;
  /** @type {[string, string, ReturnType<typeof load>][]} */
  const sets = [
    ['vega', 'vega-datasets', load('vega-datasets/data', /\.json$/)],
    ['atlas', 'world-atlas', load('world-atlas', /-\d+m\.json$/)],
  ];
  const tables = [];
  const targets = [];
  const notes = [];
  for (const [id, name, files] of sets) {
    const values = files.map(({ value }) => value);
    const bytes = values.map((value) => serialize(value));
    const texts = values.map((value) => JSON.stringify(value));
    checkSame(
      name,
      bytes.map((each) => deserialize(each)),
      values,
    );
    const ways = [
      {
        way: 'out',
        does: 'to bytes',
        ours: eachOf('h5pickle serialize', values, (value) => serialize(value)),
        json: eachOf('JSON.stringify', values, (value) => JSON.stringify(value)),
      },
      {
        way: 'back',
        does: 'and back',
        ours: eachOf('h5pickle deserialize', bytes, (each) => deserialize(each)),
        json: eachOf('JSON.parse', texts, (text) => JSON.parse(text)),
      },
    ];
    const sizes = {
      ours: bytes.map(({ length }) => length),
      json: texts.map((text) => Buffer.byteLength(text)),
    };
    const sums = [sizes.ours, sizes.json].map((each) => each.reduce((sum, size) => sum + size, 0));
    const title = `${name}, ${files.length} files`;
    const time = { ours: 0, json: 0 };
    for (const { way, does, ours, json } of ways) {
      const rows = await compare([ours, json], { rounds });
      time.ours += Number(rows[0]?.median);
      time.json += Number(rows[1]?.median);
      tables.push({
        id: `${id}-${way}`,
        title: `${title}: ${does}`,
        unit: 'ms',
        rows: way === 'out' ? rows.map((row, i) => ({ ...row, size: Number(sums[i]) })) : rows,
      });
      tables.push({
        id: `${id}-${way}-each`,
        title: `${name}, each file: ${does}`,
        unit: 'ms',
        isDetail: true,
        rows: files.map((file, i) => ({
          ...ours.timing(i, rounds),
          peer: file.name,
          ...(way === 'out' && { size: Number(sizes.ours[i]) }),
          of: {
            median: json.timing(i, rounds).median,
            ...(way === 'out' && { size: Number(sizes.json[i]) }),
          },
        })),
      });
    }
    const larger = files
      .filter((_, i) => Number(sizes.ours[i]) >= Number(sizes.json[i]))
      .map((file) => file.name);
    if (larger.length > 0) notes.push(`Not smaller than JSON, of ${name}: ${larger.join(', ')}.`);
    targets.push(
      {
        text: `${name}: files that are not smaller than as JSON`,
        value: larger.length,
        bound: /** @type {const} */ ('at most'),
        limit: 0,
      },
      {
        text: `${name}, all files to bytes and back: times the time of JSON`,
        value: Number((time.ours / time.json).toPrecision(4)),
        bound: /** @type {const} */ ('at most'),
        limit: 1,
      },
    );
  }
  return {
    title: 'Real data',
    notes: [
      'All files of the package one after another, in memory. world-atlas is TopoJSON: ragged arrays of points.',
      ...notes,
    ],
    tables,
    targets,
  };
});
