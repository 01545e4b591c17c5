// @ts-check
/** Dicts on a file: what it takes to set, get, overwrite and delete a key, beside other stores and Python. */
import { join } from 'node:path';
import { fromPython, log, ratio, runScenario, summarize } from './harness.mjs';
import { OURS, otherStores } from './stores.mjs';

/**
 * @typedef {import('./harness.mjs').Table} Table
 * @typedef {import('./harness.mjs').Target} Target
 * @typedef {'set' | 'get' | 'overwrite' | 'delete'} Action
 * @typedef {Record<Action, number[]>} Times
 * @typedef {import('./stores.mjs').StoreKind} StoreKind
 */

/** @type {[id: string, title: string, make: (i: number) => unknown][]} */
const KINDS = [
  ['scalars', 'Numbers', (i) => i],
  ['arrays', 'Arrays of 3 numbers', (i) => Float64Array.of(i, 2, 3)],
  ['objects', 'Objects of 2 properties', (i) => ({ id: i, name: `name ${i}` })],
];

/** @type {readonly Action[]} */
const ACTIONS = ['set', 'get', 'overwrite', 'delete'];
/** How many times as long as lmdb it may take at most. */
const LMDB_TIMES = 3;

await runScenario(async ({ quick, folder }) => {
  const others = await otherStores(log);
  const stores = [OURS, ...others];
  /** @type {Table[]} */
  const tables = [];
  /** @type {Target[]} */
  const targets = [];

  /**
   * Microseconds a key, by store: rounds in which they take turns, each with a new file.
   *
   * @param {{ count: number, rounds: number, isDurable: boolean, isBatch: boolean }} how
   * @param {(i: number) => unknown} make
   * @returns {Promise<Map<StoreKind, Times>>}
   */
  const measure = async ({ count, rounds, isDurable, isBatch }, make) => {
    const keys = Array.from({ length: count }, (_, i) => `key ${i}`);
    /** @type {Map<StoreKind, Times>} */
    const all = new Map(stores.map((kind) => [kind, { set: [], get: [], overwrite: [], delete: [] }]));
    // The first rounds are there to warm up.
    for (let round = isDurable ? -1 : -5; round < rounds; round++) {
      for (const [kind, times] of all) {
        const store = kind.open(join(folder, 'store'), { isDurable, isBatch });
        /** @type {(action: Action, run: () => void) => void} */
        const timed = (action, run) => {
          globalThis.gc?.({ type: 'minor' });
          const start = performance.now();
          if (isBatch) store.batch(run);
          else run();
          if (round >= 0) times[action].push((performance.now() - start) * (1000 / count));
        };
        timed('set', () => {
          for (const [i, key] of keys.entries()) store.set(key, make(i));
        });
        timed('get', () => {
          for (const key of keys) store.get(key);
        });
        timed('overwrite', () => {
          for (const [i, key] of keys.entries()) store.set(key, make(i + 1));
        });
        timed('delete', () => {
          for (const key of keys) store.delete(key);
        });
        await store.close();
      }
    }
    return all;
  };

  /**
   * @param {Map<StoreKind, Times>} all
   * @param {Action} action
   * @param {string} title
   */
  const against = (all, action, title) => {
    const rows = [...all].map(([{ name }, times]) => summarize(name, times[action]));
    targets.push({
      text: `${title}: times as long as lmdb to ${action}`,
      value: ratio(rows, OURS.name, 'lmdb'),
      bound: 'at most',
      limit: LMDB_TIMES,
    });
    return rows;
  };

  const count = quick ? 500 : 1000;
  for (const [id, title, make] of KINDS) {
    log(title);
    const all = await measure({ count, rounds: quick ? 5 : 15, isDurable: false, isBatch: true }, make);
    /** @type {{ who: string, times: Record<Action, number> } | undefined} */
    const python = fromPython('dicts.py', id, count, join(folder, 'p.h5'));
    for (const action of ACTIONS) {
      const rows = against(all, action, title);
      if (python) {
        rows.push(summarize(python.who, [python.times[action]]));
        targets.push({
          text: `${title}: times as fast to ${action} as ${python.who}`,
          value: ratio(rows, python.who, OURS.name),
          bound: 'at least',
          limit: action === 'delete' ? 1 : 50,
        });
      }
      tables.push({
        id: `dicts-${id}-${action}`,
        title: `${title}: ${action}`,
        unit: 'µs a key',
        rows,
        isDetail: id === 'arrays',
      });
    }
  }
  const keys = quick ? 100 : 200;
  for (const isDurable of [false, true]) {
    const title = `Numbers, each a commit, ${isDurable ? 'synced' : 'without syncs'}`;
    log(title);
    const how = { count: keys, rounds: quick ? 3 : 7, isDurable, isBatch: false };
    const all = await measure(how, (i) => i);
    for (const action of ACTIONS) {
      if (action === 'get') continue;
      const rows = against(all, action, title);
      const id = `dicts-${isDurable ? 'synced' : 'commit'}-${action}`;
      tables.push({ id, title: `${title}: ${action}`, unit: 'µs a key', rows });
    }
  }
  log('');
  return {
    title: 'Dicts on a file',
    notes: [
      `${count.toLocaleString('en')} keys are set, got, set to something else and deleted, each time with one commit at the end, without`,
      `syncs; then ${keys} keys, of which each is a commit of its own, without syncs and with those that make it last. The others store`,
      'values as msgpackr encodes them; Python as ch5mpy does, by itself or, where it is not installed, by the calls of h5py that it makes.',
    ],
    tables,
    targets,
  };
});
