// @ts-check
/**
 * Puts the figures of a run into the README, between its two markers.
 *
 *     npm run bench -- --json bench/results.json && node bench/report.mjs [bench/results.json]
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {import('./harness.mjs').Table} Table
 * @typedef {object} Results
 * @property {Record<string, string>} environment
 * @property {boolean} quick
 * @property {import('./harness.mjs').Result[]} scenarios
 */

const BEGIN = '<!-- bench:begin -->';
const END = '<!-- bench:end -->';

const readme = new URL('../README.md', import.meta.url);
const [source = new URL('results.json', import.meta.url)] = process.argv.slice(2);
/** @type {Results} */
const results = JSON.parse(readFileSync(source, 'utf8'));

const text = readFileSync(readme, 'utf8');
const begin = text.indexOf(BEGIN);
const end = text.indexOf(END);
if (begin < 0 || end < begin) throw new Error(`README.md has no ${BEGIN} and ${END}`);
writeFileSync(readme, `${text.slice(0, begin + BEGIN.length)}\n${report(results)}\n${text.slice(end)}`);
// Tables are aligned as the linter wants them.
const biome = new URL('../node_modules/@biomejs/biome/bin/biome', import.meta.url);
const { status } = spawnSync(
  process.execPath,
  [fileURLToPath(biome), 'format', '--write', fileURLToPath(readme)],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;

/** @param {Results} results */
function report({ environment, quick, scenarios }) {
  const { date, node, cpu, memory, platform, h5wasm, msgpackr, superjson, devalue, h5py } = environment;
  const parts = [
    `Measured on ${date} with Node ${node} on ${platform} (${cpu}; ${memory}), h5wasm ${h5wasm}, msgpackr ${msgpackr}, ` +
      `superjson ${superjson}, devalue ${devalue} and h5py ${h5py}${quick ? '; a quick run, so these are rough figures' : ''}. Medians; the last column ` +
      'says how many times as long it takes as the first line of its table.',
  ];
  for (const { title, notes, tables } of scenarios) {
    parts.push(`### ${title}`, notes);
    for (const table of tables) if (!table.isDetail) parts.push(markdown(table));
  }
  parts.push('### What is aimed at', targetTable(scenarios.flatMap(({ targets }) => targets)));
  return `\n${parts.join('\n\n')}\n`;
}

/** @param {Table} table */
function markdown({ title, unit, rows }) {
  const hasSize = rows.some((row) => row.size !== undefined);
  const first = rows[0]?.median ?? 1;
  const lines = [
    `| ${title} | ${unit} |${hasSize ? ' MB |' : ''} |`,
    `| --- | ---: |${hasSize ? ' ---: |' : ''} ---: |`,
  ];
  for (const { peer, median, size } of rows) {
    const cells = [peer, figure(median)];
    if (hasSize) cells.push(size === undefined ? '' : (size / 1e6).toFixed(1));
    cells.push(`${figure(median / first)}x`);
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
}

/** @param {import('./harness.mjs').Target[]} targets */
function targetTable(targets) {
  const lines = ['| aim | measured | |', '| --- | ---: | --- |'];
  for (const { text, value, bound, limit } of targets) {
    const isMet = bound === 'at least' ? value >= limit : value <= limit;
    lines.push(`| ${text} | ${figure(value)} | ${isMet ? '' : 'missed: '}${bound} ${limit} |`);
  }
  return lines.join('\n');
}

/** @param {number} value */
function figure(value) {
  // 99.6 has two digits before the point, and three when it is rounded.
  return value >= 99.5 ? Math.round(value).toLocaleString('en') : value.toPrecision(2);
}
