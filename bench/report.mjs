// @ts-check
/**
 * Puts the figures of a run into the README, between its two markers: a section a scenario. Those of scenarios that were not
 * run stay as they are.
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
/** @type {Map<string, string>} */
const sections = new Map();
for (const section of text.slice(begin + BEGIN.length, end).split(/^(?=### )/m)) {
  const title = /^### (.*)/.exec(section)?.[1];
  if (title !== undefined) sections.set(title, section.trim());
}
for (const scenario of results.scenarios) sections.set(scenario.title, report(results, scenario));
const all = [...sections.values()].join('\n\n');
writeFileSync(readme, `${text.slice(0, begin + BEGIN.length)}\n\n${all}\n\n${text.slice(end)}`);
// Tables are aligned as the linter wants them.
const biome = new URL('../node_modules/@biomejs/biome/bin/biome', import.meta.url);
const { status } = spawnSync(
  process.execPath,
  [fileURLToPath(biome), 'format', '--write', fileURLToPath(readme)],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;

/**
 * @param {Results} results
 * @param {import('./harness.mjs').Result} scenario
 */
function report({ environment, quick }, { title, notes, tables, targets }) {
  const { date, node, cpu, memory, platform, ...versions } = environment;
  const names = Object.entries(versions).filter(([name]) => name !== 'v8' && name !== 'h5pickle');
  const peers = names.map(([name, version]) => `${name} ${version}`).join(', ');
  const parts = [
    `### ${title}`,
    notes,
    `Measured on ${date} with Node ${node} on ${platform} (${cpu}; ${memory}), ${peers}${quick ? '; a quick run, so these are rough figures' : ''}. ` +
      'Medians; the last column says how many times as long it takes as the first line of its table.',
  ];
  for (const table of tables) if (!table.isDetail) parts.push(markdown(table));
  if (targets.length > 0) parts.push(targetTable(targets));
  return parts.join('\n\n');
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
