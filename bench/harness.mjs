// @ts-check
/**
 * What the scenarios share. Each scenario is a process of its own, so that what one leaves on the heap does not
 * slow down the next; the peers of a scenario run in that one process, taking turns, so that whatever else the
 * machine does hits all of them alike.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

/**
 * @typedef {object} Peer
 * @property {string} name
 * @property {() => unknown} run What is timed. If it returns a promise, until that settles.
 * @property {number} [rounds] How many rounds it takes part in, at most: for what takes very long.
 *
 * @typedef {object} Timing
 * @property {string} peer
 * @property {number} median In the unit of the table.
 * @property {number} min
 * @property {number} rounds
 * @property {number} [size] Bytes of what was written.
 *
 * @typedef {object} Table
 * @property {string} id
 * @property {string} title
 * @property {string} unit
 * @property {Timing[]} rows The first one is the package's own, which the others are compared with.
 *
 * @typedef {object} Target
 * @property {string} text
 * @property {number} value
 * @property {'at least' | 'at most'} bound
 * @property {number} limit
 *
 * @typedef {object} Outcome
 * @property {string} title
 * @property {string[]} notes What exactly is compared.
 * @property {Table[]} tables
 * @property {Target[]} targets
 *
 * @typedef {object} Settings
 * @property {boolean} quick
 * @property {string} folder An empty folder on disk, for files.
 */

/**
 * Times peers in turns: a warm-up, then rounds in which each runs once. The order is turned round in every second
 * round, so that none always comes after the same one.
 *
 * @param {Peer[]} peers
 * @param {{ rounds: number, warmup?: number, per?: number }} options `per`: the times are divided by this.
 * @returns {Promise<Timing[]>}
 */
export async function compare(peers, { rounds, warmup = 1, per = 1 }) {
  /** @type {number[][]} */
  const times = peers.map(() => []);
  for (let round = -warmup; round < rounds; round++) {
    const order = [...peers.keys()];
    if (round & 1) order.reverse();
    for (const i of order) {
      const { name, run, rounds: most = rounds } = /** @type {Peer} */ (peers[i]);
      // What runs once only is not warmed up either: nothing that takes that long gains by it.
      if (round < 0 ? most === 1 : round >= most) continue;
      log(round < 0 ? `warm-up: ${name}` : `${round + 1}/${rounds}: ${name}`);
      collectGarbage();
      const start = performance.now();
      const result = run();
      if (result instanceof Promise) await result;
      const time = performance.now() - start;
      if (round >= 0) times[i]?.push(time / per);
    }
  }
  log('');
  return peers.map(({ name }, i) => summarize(name, /** @type {number[]} */ (times[i])));
}

/**
 * @param {string} peer
 * @param {number[]} times
 * @returns {Timing}
 */
export function summarize(peer, times) {
  const sorted = [...times].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const median =
    sorted.length % 2 === 1 ? Number(sorted[half]) : (Number(sorted[half - 1]) + Number(sorted[half])) / 2;
  return { peer, median: round(median), min: round(Number(sorted[0])), rounds: sorted.length };
}

/** @param {number} value */
function round(value) {
  return Number(value.toPrecision(4));
}

/**
 * How many times as long the one takes as the other, by their medians.
 *
 * @param {Timing[]} rows
 * @param {string} slow
 * @param {string} fast
 */
export function ratio(rows, slow, fast) {
  return round(timing(rows, slow).median / timing(rows, fast).median);
}

/**
 * @param {Timing[]} rows
 * @param {string} peer
 */
function timing(rows, peer) {
  const row = rows.find((candidate) => candidate.peer === peer);
  if (!row) throw new Error(`no peer is called ${peer}`);
  return row;
}

/**
 * What is fast must be right as well.
 *
 * @param {string} who
 * @param {unknown} copy
 * @param {unknown} original
 */
export function checkSame(who, copy, original) {
  if (!isDeepStrictEqual(copy, original)) throw new Error(`${who} brought back something else`);
}

/** Garbage of one peer must not be collected at the cost of the next. */
function collectGarbage() {
  const { gc } = globalThis;
  if (!gc) throw new Error('start node with --expose-gc');
  gc();
}

/**
 * Where a person looks at a terminal, a line that says what is running.
 *
 * @param {string} text
 */
export function log(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/**
 * Runs a scenario in this process: for `bench.mjs`, which started it, or by itself.
 *
 * @param {(settings: Settings) => Promise<Outcome>} scenario
 */
export async function runScenario(scenario) {
  const folder = mkdtempSync(join(tmpdir(), 'h5pickle-bench-'));
  try {
    const outcome = await scenario({ quick: process.argv.includes('--quick'), folder });
    if (process.send) process.send(outcome);
    else console.log(JSON.stringify(outcome, undefined, 2));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Numbers from 0 to 1 that look random, the same on every run (mulberry32). */
export function randomNumbers(seed = 1) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
