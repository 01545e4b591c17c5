// @ts-check
/**
 * What the scenarios share. Each scenario is a process of its own, so that what one leaves on the heap does not
 * slow down the next; the peers of a scenario run in that one process, taking turns, so that whatever else the
 * machine does hits all of them alike.
 */
import { fork, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
 * @property {{ median: number, size?: number }} [of] What it is compared with, if not with the first row.
 *
 * @typedef {object} Table
 * @property {string} id
 * @property {string} title
 * @property {string} unit
 * @property {Timing[]} rows The first one is the package's own, which the others are compared with.
 * @property {boolean} [isDetail] Whether it is too long for the README.
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
 * @typedef {Omit<Outcome, 'notes'> & { id: string, notes: string }} Result What is kept of the outcome of a scenario.
 *
 * @typedef {object} Settings
 * @property {boolean} quick
 * @property {string} folder An empty folder on disk, for files.
 */

/** Each peer is warmed up for about so many milliseconds, or so many runs. */
const WARM_UP = { time: 1000, runs: 30 };

/**
 * Times peers in turns: a warm-up of each, then rounds in which each runs once. The order is turned round in every
 * second round, so that none always comes after the same one.
 *
 * Before each run young garbage is collected, so that none pays for the others' garbage. Not all garbage: a full
 * collection that is asked for throws compiled code away as well (V8 takes it for a sign that memory is short), and
 * code in JavaScript would be compiled again in each round, while what is native would not. `fullCollections` is
 * for scenarios with little code and very large arrays.
 *
 * @param {Peer[]} peers
 * @param {{ rounds: number, per?: number, fullCollections?: boolean }} options `per`: times are divided by this.
 * @returns {Promise<Timing[]>}
 */
export async function compare(peers, { rounds, per = 1, fullCollections = false }) {
  const { gc } = globalThis;
  if (!gc) throw new Error('start node with --expose-gc');
  /** @param {Peer} peer */
  const time = async ({ run }) => {
    if (fullCollections) gc();
    else gc({ type: 'minor' });
    const start = performance.now();
    const result = run();
    if (result instanceof Promise) await result;
    return performance.now() - start;
  };

  gc();
  for (const peer of peers) {
    log(`warm-up: ${peer.name}`);
    // What runs once only is not warmed up either: nothing that takes that long gains by it.
    if (peer.rounds === 1) continue;
    let spent = 0;
    for (let i = 0; i < WARM_UP.runs && spent < WARM_UP.time; i++) spent += await time(peer);
  }
  /** @type {number[][]} */
  const times = peers.map(() => []);
  for (let round = 0; round < rounds; round++) {
    const order = [...peers.keys()];
    if (round & 1) order.reverse();
    for (const i of order) {
      const peer = /** @type {Peer} */ (peers[i]);
      if (round >= (peer.rounds ?? rounds)) continue;
      log(`${round + 1}/${rounds}: ${peer.name}`);
      times[i]?.push((await time(peer)) / per);
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
 * How many times as long the one takes as the fastest of some others, by their medians.
 *
 * @param {Timing[]} rows
 * @param {string} ours
 * @param {string[]} others
 */
export function ratioToBest(rows, ours, others) {
  return Math.max(...others.map((other) => ratio(rows, ours, other)));
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

/**
 * The same for a graph of which parts stand in several places, or contain themselves: identity is compared too. With
 * `asPlain`, objects may have lost their classes.
 *
 * @param {string} who
 * @param {unknown} copy
 * @param {unknown} original
 * @param {boolean} [asPlain]
 */
export function checkSameGraph(who, copy, original, asPlain = false) {
  /** @type {Map<unknown, unknown>} */
  const twins = new Map();
  const pairs = [[copy, original]];
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    const [a, b] = pair;
    if (Object.is(a, b)) continue;
    let same = typeof a === 'object' && typeof b === 'object' && a !== null && b !== null;
    if (same && twins.has(b)) {
      if (twins.get(b) === a) continue;
      same = false;
    }
    if (!same) throw new Error(`${who} brought back something else: ${String(a)} for ${String(b)}`);
    twins.set(b, a);
    const prototypes = [a, b].map((each) => Object.getPrototypeOf(each));
    const parts = [a, b].map((each) => {
      if (each instanceof Date) return [each.getTime()];
      if (each instanceof Map) return [...each].flat();
      return Object.entries(/** @type {object} */ (each)).flat();
    });
    const [[ofA, ofB], [first = [], second = []]] = [prototypes, parts];
    if (first.length !== second.length || !(ofA === ofB || (asPlain && ofA === Object.prototype)))
      throw new Error(`${who} brought back something else: an object of other content or of another class`);
    for (let i = 0; i < first.length; i++) pairs.push([first[i], second[i]]);
  }
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
 * Runs a script of this folder in a process of its own.
 *
 * @template T
 * @param {string} script
 * @param {string[]} args
 * @param {string[]} [execArgv] Options of Node's.
 * @returns {Promise<T>} What it has sent.
 */
export function runChild(script, args, execArgv = []) {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), args, { execArgv });
  return new Promise((resolve, reject) => {
    /** @type {T | undefined} */
    let result;
    child.on('message', (message) => {
      result = /** @type {T} */ (message);
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (code === 0 && result) resolve(result);
      else reject(new Error([script, ...args, 'ended with', signal ?? code].join(' ')));
    });
  });
}

export const PYTHON = '/usr/bin/python3';

/**
 * What a script of this folder answers in Python: JSON; undefined if Python or its h5py is missing.
 *
 * @param {string} script
 * @param {(string | number)[]} args
 * @returns {any}
 */
export function fromPython(script, ...args) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { stdout, stderr, status, error } = spawnSync(PYTHON, [path, ...args.map(String)], {
    encoding: 'utf8',
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  if (error || status === 3) {
    log(`${PYTHON} has no h5py: nothing to compare with (python3-h5py is missing)`);
    return undefined;
  }
  if (status !== 0) throw new Error(`${script} ${args.join(' ')}: ${stderr}`);
  return JSON.parse(stdout);
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
