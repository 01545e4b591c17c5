// @ts-check
/**
 * Side by side with the peers.
 *
 *     npm run bench                            # tables
 *     npm run bench -- --quick                 # fewer rounds, and less of everything
 *     npm run bench -- --json FILE             # the tables, and the figures to a file
 *     npm run --silent bench -- --json         # the figures to stdout, the tables to stderr
 *     npm run bench -- --only large-array      # one scenario
 *
 * The exit status tells whether all peers worked and all data came back; a target that is missed says FAIL.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import { log, runChild } from './harness.mjs';

/** @typedef {import('./harness.mjs').Outcome} Outcome */

const SCENARIOS = [
  'objects',
  'instances',
  'tree',
  'applications',
  'growth',
  'memory',
  'large-array',
  'large-files',
  'arrays',
  'numpy',
  'editing',
  'dicts',
  'lists',
  'import-time',
  'real-data',
];

const args = process.argv.slice(2);
const quick = args.includes('--quick');
const json = optionOf('--json');
const only = optionOf('--only');
if (only !== undefined && !SCENARIOS.includes(only)) {
  throw new Error(`--only takes one of ${SCENARIOS.join(', ')}`);
}
const print = json === '' ? console.error : console.log;

const environment = {
  date: new Date().toISOString().slice(0, 10),
  node: process.versions.node,
  v8: process.versions.v8,
  cpu: `${cpus()[0]?.model.trim()}, ${cpus().length} threads`,
  memory: `${Math.round(totalmem() / 2 ** 30)} GB; the first touch of a page takes ${pageFaultTime()} µs`,
  platform: `${platform()} ${arch()}`,
  ...versionsOf('h5pickle', 'h5wasm', 'msgpackr', 'superjson', 'devalue', 'lmdb'),
  h5py: versionOfH5py(),
};
for (const [name, value] of Object.entries(environment)) print(`${name.padEnd(10)} ${value}`);
if (quick) print('A quick run: few rounds, so the figures are rough.');

/** @type {import('./harness.mjs').Result[]} */
const scenarios = [];
for (const id of SCENARIOS) {
  if (only !== undefined && only !== id) continue;
  log(id);
  /** @type {Outcome} */
  const outcome = await runChild(`${id}.mjs`, quick ? ['--quick'] : [], ['--expose-gc']);
  log('');
  printOutcome(outcome);
  scenarios.push({ id, ...outcome, notes: outcome.notes.join(' ') });
}

const targets = scenarios.flatMap((scenario) => scenario.targets);
print(`\n${'='.repeat(100)}`);
for (const target of targets) {
  print(
    `${isMet(target) ? 'PASS' : 'FAIL'}  ${target.text}: ${target.value} (${target.bound} ${target.limit})`,
  );
}
const result = JSON.stringify({ environment, quick, scenarios }, undefined, 2);
if (json === '') console.log(result);
else if (json !== undefined) writeFileSync(json, `${result}\n`);

/**
 * What follows an option; '' if nothing does, undefined if it is not given.
 *
 * @param {string} name
 */
function optionOf(name) {
  const at = args.indexOf(name);
  if (at < 0) return undefined;
  const value = args[at + 1];
  return value === undefined || value.startsWith('--') ? '' : value;
}

/** @param {Outcome} outcome */
function printOutcome({ title, notes, tables }) {
  print(`\n${'='.repeat(100)}\n${title}\n`);
  for (const note of notes) print(`  ${note}`);
  for (const { title, unit, rows } of tables) {
    const hasSize = rows.some((row) => row.size !== undefined);
    const heading = `${title} (${unit})`.padEnd(52);
    print(
      `\n${heading}${'median'.padStart(10)}${'min'.padStart(10)}${'rounds'.padStart(8)}${'x'.padStart(9)}${hasSize ? 'MB'.padStart(9) : ''}`,
    );
    const first = rows[0]?.median ?? 1;
    for (const { peer, median, min, rounds, size, of } of rows) {
      const cells = [figure(median).padStart(10), figure(min).padStart(10), String(rounds).padStart(8)];
      cells.push(figure(median / (of?.median ?? first)).padStart(9));
      if (size !== undefined) cells.push((size / 1e6).toFixed(of ? 4 : 1).padStart(9));
      if (size !== undefined && of?.size) cells.push(`${figure(size / of.size).padStart(9)}x`);
      print(`  ${peer.padEnd(50)}${cells.join('')}`);
    }
  }
}

/** @param {number} value */
function figure(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** @param {import('./harness.mjs').Target} target */
function isMet({ value, bound, limit }) {
  return bound === 'at least' ? value >= limit : value <= limit;
}

/**
 * What memory costs that the process has not had before, in µs a page: 0.2 on bare metal, up to a hundred times that in
 * some virtual machines, where it is most of the time of whatever makes large results.
 */
function pageFaultTime() {
  const before = process.resourceUsage().minorPageFault;
  const start = performance.now();
  const memory = new Uint8Array(2 ** 26);
  for (let i = 0; i < memory.length; i += 4096) memory[i] = 1;
  const time = performance.now() - start;
  return ((time * 1000) / Math.max(1, process.resourceUsage().minorPageFault - before)).toFixed(1);
}

/**
 * The versions of packages: our own, and those of the peers.
 *
 * @param {string[]} names
 */
function versionsOf(...names) {
  return Object.fromEntries(
    names.map((name) => {
      const path = name === 'h5pickle' ? '../package.json' : `../node_modules/${name}/package.json`;
      return [name, JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version];
    }),
  );
}

/** The Python of the scenario `editing`. */
function versionOfH5py() {
  const program = 'import h5py; print(h5py.__version__, "with HDF5", h5py.version.hdf5_version)';
  const { status, stdout } = spawnSync('/usr/bin/python3', ['-c', program], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : 'none';
}
