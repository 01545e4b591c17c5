// @ts-check
// A thread that takes and releases a lock one system call at a time, whenever it is told to, and that can be made to
// die between two of them. It is a process to the lock: it has a pid of its own, which lives or not.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

const { lockModule, shared, index, firstPid, failures } = workerData;
/** Of this thread: [0] what it may do, [1] what it does, [2] its pid, less the first. Then: which pids live. */
const words = new Int32Array(shared);
const MINE = index * 3;
const LIVES = workerData.threads * 3;
/** What it may do: nothing, one thing (1), or die. */
const [WAIT, DIE] = [0, 2];
const [WORKING, STOPPED, HOLDING, FINISHED] = [0, 1, 2, 3];

class Death extends Error {}
let dead = false;
let stepping = false;

/** @param {number} doing */
function pause(doing) {
  Atomics.store(words, MINE, WAIT);
  Atomics.store(words, MINE + 1, doing);
  Atomics.notify(words, MINE + 1);
  while (Atomics.load(words, MINE) === WAIT) Atomics.wait(words, MINE, WAIT);
  if (Atomics.load(words, MINE) === DIE) {
    dead = true;
    Atomics.store(words, LIVES + Atomics.load(words, MINE + 2), 0);
  }
  Atomics.store(words, MINE + 1, WORKING);
  if (dead) throw new Death();
}

for (const name of /** @type {const} */ ([
  'linkSync',
  'renameSync',
  'unlinkSync',
  'openSync',
  'writeFileSync',
])) {
  const call = /** @type {(...args: unknown[]) => unknown} */ (fs[name]);
  /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (fs))[name] = (
    /** @type {unknown[]} */ ...args
  ) => {
    // A dead one runs through its handlers of errors without doing anything.
    if (dead) throw new Death();
    if (stepping) pause(STOPPED);
    return call(...args);
  };
}
const { readFileSync } = fs;
/** @type {Record<string, unknown>} */ (/** @type {unknown} */ (fs)).readFileSync = (
  /** @type {string} */ path,
  /** @type {'utf8'} */ options,
) => {
  const pid = Number(/^\/proc\/(\d+)\/stat$/.exec(path)?.[1] ?? 0);
  if (pid < firstPid) return readFileSync(path, options);
  return `${pid} (node) S ${'1 '.repeat(18)}${pid} 0`;
};
const { readlinkSync } = fs;
/** @type {Record<string, unknown>} */ (/** @type {unknown} */ (fs)).readlinkSync = (
  /** @type {string} */ path,
) => (path === '/proc/thread-self' ? `${process.pid}/task/${process.pid}` : readlinkSync(path));
syncBuiltinESMExports();
Object.defineProperty(process, 'pid', { get: () => firstPid + Atomics.load(words, MINE + 2) });
process.kill = (pid) => {
  if (pid >= firstPid && Atomics.load(words, LIVES + pid - firstPid) === 1) return true;
  throw Object.assign(new Error('ESRCH'), { code: 'ESRCH', errno: -3 });
};

const { acquireLock } = await import(lockModule);

parentPort?.on('message', ({ path, attempts }) => {
  dead = false;
  stepping = true;
  /** @type {unknown} */
  let failure;
  try {
    for (let attempt = 0; attempt < attempts; attempt++) {
      try {
        const lock = acquireLock(path);
        pause(HOLDING);
        lock.release();
      } catch (error) {
        if (/** @type {{ code?: string }} */ (error).code !== 'H5_LOCKED') throw error;
      }
    }
  } catch (error) {
    if (!dead) failure = error;
  }
  stepping = false;
  if (!dead) Atomics.store(words, LIVES + Atomics.load(words, MINE + 2), 0);
  if (failure !== undefined) failures.postMessage(failure instanceof Error ? failure.stack : String(failure));
  Atomics.store(words, MINE + 1, FINISHED);
  Atomics.notify(words, MINE + 1);
});
parentPort?.postMessage('ready');
