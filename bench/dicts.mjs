// @ts-check
/** Dicts on a file: what it takes to set, get, overwrite and delete a key, beside Python. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { H5Dict } from 'h5pickle';
import { log, runScenario, summarize } from './harness.mjs';

/**
 * @typedef {import('./harness.mjs').Table} Table
 * @typedef {import('./harness.mjs').Target} Target
 * @typedef {'set' | 'get' | 'overwrite' | 'delete'} Action
 */

const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('./dicts.py', import.meta.url));

/** @type {[id: string, title: string, make: (i: number) => unknown][]} */
const KINDS = [
  ['scalars', 'Numbers', (i) => i],
  ['arrays', 'Arrays of 3 numbers', (i) => Float64Array.of(i, 2, 3)],
  ['objects', 'Objects of 2 properties', (i) => ({ id: i, name: `name ${i}` })],
];

/** @type {readonly Action[]} */
const ACTIONS = ['set', 'get', 'overwrite', 'delete'];

await runScenario(async ({ quick, folder }) => {
  const count = quick ? 500 : 1000;
  const rounds = quick ? 3 : 7;
  /** @type {Table[]} */
  const tables = [];
  /** @type {Target[]} */
  const targets = [];
  for (const [id, title, make] of KINDS) {
    const path = join(folder, `${id}.h5`);
    const keys = Array.from({ length: count }, (_, i) => `key ${i}`);
    /** @type {Record<Action, number[]>} */
    const times = { set: [], get: [], overwrite: [], delete: [] };
    /** @type {(action: Action, run: () => void) => void} */
    const timed = (action, run) => {
      const start = performance.now();
      run();
      times[action].push((performance.now() - start) * (1000 / count));
    };
    for (let round = -1; round < rounds; round++) {
      const dict = H5Dict.open(path, { mode: 'w', durability: 'off' });
      // Each with the commit at its end; the first round is there to warm up.
      timed('set', () => {
        for (const [i, key] of keys.entries()) dict.set(key, make(i));
        dict.commit();
      });
      timed('get', () => {
        for (const key of keys) dict.get(key);
      });
      timed('overwrite', () => {
        for (const [i, key] of keys.entries()) dict.set(key, make(i + 1));
        dict.commit();
      });
      timed('delete', () => {
        for (const key of keys) dict.delete(key);
        dict.commit();
      });
      dict.close();
      if (round < 0) for (const action of ACTIONS) times[action].length = 0;
    }
    const { stdout, status, stderr } = spawnSync(PYTHON, [SCRIPT, id, String(count), join(folder, 'p.h5')], {
      encoding: 'utf8',
    });
    if (status === 3) log(`${PYTHON} has no h5py: nothing to compare dicts with (python3-h5py is missing)`);
    else if (status !== 0) throw new Error(stderr);
    /** @type {{ who: string, times: Record<Action, number> } | undefined} */
    const python = status === 0 ? JSON.parse(stdout) : undefined;
    for (const action of ACTIONS) {
      const ours = summarize('H5Dict', times[action]);
      const rows = python ? [ours, summarize(python.who, [python.times[action]])] : [ours];
      tables.push({ id: `dicts-${id}-${action}`, title: `${title}: ${action}`, unit: 'µs a key', rows });
      if (!python) continue;
      targets.push({
        text: `${title}: times as fast to ${action} as ${python.who}`,
        value: python.times[action] / Number(ours.median),
        bound: 'at least',
        limit: action === 'delete' ? 1 : 50,
      });
    }
  }
  return {
    title: 'Dicts on a file',
    notes: [
      `${count.toLocaleString('en')} keys are set, got, set to something else and deleted, each time with one commit at the end, without syncs:`,
      'so does h5py.',
    ],
    tables,
    targets,
  };
});
