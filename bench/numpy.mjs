// @ts-check
/** Functions of numpy over an array on disk that is larger than the memory they may take, and numpy over h5py by chunks. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { H5File } from 'h5pickle';
import { log, PYTHON, ratio, runChild, runScenario, summarize } from './harness.mjs';

/** @typedef {{ time: number, result: number, memory: number }} Run */

const CAP = '64M';

/** For each what it may take, in times of numpy's; the last is measured only. */
const LIMITS = /** @type {const} */ ([
  ['sum', 1.2],
  ['mean', 1.2],
  ['std', 1.2],
  ['max', 1.2],
  ['add', 1.5],
  ['sin', 1.5],
  ['in-place', undefined],
]);

/**
 * Makes a file with two arrays of numbers.
 *
 * @param {string} path
 * @param {number} megabytes
 */
function make(path, megabytes) {
  const file = H5File.open(path, 'w', { durability: 'off' });
  const part = new Float64Array(2 ** 20);
  for (const name of ['a', 'b']) {
    const dataset = file.createDataset(name, { shape: [megabytes * 2 ** 17], dtype: 'f8' });
    for (let start = 0; start < dataset.size; start += part.length) {
      for (let i = 0; i < part.length; i++) part[i] = 100 * Math.sin(start + i / 5000);
      dataset.write(part, [[start, start + part.length]]);
    }
  }
  file.close();
}

/**
 * @param {string} what
 * @param {string} path
 * @param {string} out
 * @returns {Run | undefined}
 */
function runNumpy(what, path, out) {
  const script = fileURLToPath(new URL('numpy_blocks.py', import.meta.url));
  const { status, stdout, stderr } = spawnSync(PYTHON, [script, what, path, out], { encoding: 'utf8' });
  if (status === 0) return JSON.parse(stdout);
  log(stderr);
  return undefined;
}

await runScenario(async ({ quick, folder }) => {
  const megabytes = quick ? 128 : 1024;
  const path = join(folder, 'arrays.h5');
  const out = join(folder, 'out.h5');
  make(path, megabytes);
  const tables = [];
  const targets = [];
  const notes = [
    `Arrays of ${megabytes} MB of float64, under a cap of ${CAP}; files in the cache of the system, nothing waits for the disk.`,
  ];
  let most = 0;
  for (const [what, limit] of LIMITS) {
    log(`numpy ${what}`);
    /** @type {Run[]} */
    const ours = [];
    /** @type {Run[]} */
    const theirs = [];
    for (let round = 0; round < (quick ? 3 : 9); round++) {
      rmSync(out, { force: true });
      ours.push(await runChild('numpy-ours.mjs', [what, path, out, CAP]));
      rmSync(out, { force: true });
      const run = runNumpy(what, path, out);
      if (run) theirs.push(run);
    }
    const [first] = ours;
    const [other] = theirs;
    // In place, each round adds 1.
    const isSame =
      first &&
      other &&
      Math.abs(first.result + (what === 'in-place' ? 1 : 0) - other.result) <=
        1e-9 * Math.max(1, Math.abs(other.result));
    if (other && !isSame) throw new Error(`${what} is ${first?.result}, by numpy ${other.result}`);
    most = Math.max(most, ...ours.map(({ memory }) => memory));
    const row = (/** @type {string} */ peer, /** @type {Run[]} */ runs) => ({
      ...summarize(
        peer,
        runs.map(({ time }) => time),
      ),
      size: Math.max(...runs.map(({ memory }) => memory)),
    });
    const rows = [row('h5pickle/numpy', ours)];
    if (theirs.length > 0) rows.push(row('numpy over h5py', theirs));
    tables.push({ id: what, title: `${what}, and the most memory`, unit: 'ms', rows });
    if (limit !== undefined && theirs.length > 0) {
      targets.push({
        text: `${what} of ${megabytes} MB against numpy over h5py by chunks`,
        value: ratio(rows, 'h5pickle/numpy', 'numpy over h5py'),
        bound: /** @type {const} */ ('at most'),
        limit,
      });
    }
  }
  targets.push({
    text: `most memory of a process under a cap of ${CAP}, in MB`,
    value: Math.round(most / 2 ** 20),
    bound: /** @type {const} */ ('at most'),
    limit: 128,
  });
  if (tables.every(({ rows }) => rows.length === 1))
    notes.push('There is no numpy here: nothing to compare with.');
  return { title: 'numpy: functions over arrays on disk', notes, tables, targets };
});
