// @ts-check
// A process that takes a lock again and again. While it has it, it listens on a socket, which the kernel gives to one
// process at a time and takes back when the process dies: so two inside are noticed whatever the lock says.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const { lockModule, path, log, socket, rounds, seed, deaths, links } = JSON.parse(
  /** @type {string} */ (process.argv[2]),
);

let state = seed;
/** @param {number} below */
function random(below) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
  return ((t ^ (t >>> 14)) >>> 0) % below;
}

const clock = new Int32Array(new SharedArrayBuffer(4));
/** Before and after a system call: a pause, now and then, or the end. */
function interrupt() {
  if (random(8) === 0) Atomics.wait(clock, 0, 0, random(20) / 10);
  if (deaths > 0 && random(10_000) < deaths) process.kill(process.pid, 'SIGKILL');
}

const calls = /** @type {const} */ (['linkSync', 'renameSync', 'unlinkSync', 'openSync', 'writeFileSync']);
for (const name of calls) {
  const call = /** @type {(...args: unknown[]) => unknown} */ (fs[name]);
  /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (fs))[name] = (
    /** @type {unknown[]} */ ...args
  ) => {
    // Not the calls about other files.
    if (!String(args[name === 'renameSync' || name === 'linkSync' ? 1 : 0]).includes('h5lock'))
      return call(...args);
    if (name === 'linkSync' && !links)
      throw Object.assign(new Error('EPERM: no links'), { code: 'EPERM', errno: -1 });
    interrupt();
    const result = call(...args);
    interrupt();
    return result;
  };
}
syncBuiltinESMExports();

const { acquireLock } = await import(lockModule);
/** @param {string} line */
const note = (line) => fs.appendFileSync(log, `${line} ${process.pid}\n`);

for (let done = 0; done < rounds; ) {
  let lock;
  try {
    lock = acquireLock(path);
  } catch (error) {
    if (/** @type {{ code?: string }} */ (error).code !== 'H5_LOCKED') {
      note(`error ${error instanceof Error ? error.stack?.replaceAll('\n', ' ') : error}`);
      process.exit(1);
    }
    await sleep(random(4));
    continue;
  }
  const server = createServer();
  await new Promise((resolve) => {
    server.once('error', () => resolve(note('TWO INSIDE')));
    server.listen({ path: `\0${socket}` }, () => resolve(undefined));
  });
  note('in');
  if (deaths > 0 && random(100) < 3) process.kill(process.pid, 'SIGKILL');
  await sleep(random(2));
  await new Promise((resolve) => server.close(resolve));
  done++;
  lock.release();
}
