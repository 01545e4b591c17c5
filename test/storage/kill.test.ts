import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { H5StaleError } from '../../src/errors.js';
import { H5File, indexes } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { expectAsH5py } from '../hdf5/compare.js';
import { DURABILITIES } from '../hdf5/crash.js';
import { describeFile, describeModel, newGroup } from '../hdf5/editing-model.js';
import { describeOracle, h5py } from '../oracle/oracles.js';
import { seeded } from '../random.js';
import { SEED, THOROUGH } from '../thoroughness.js';
import { type Compiled, compile } from './compiled.js';
import type { Task } from './killed.js';
import { editsOf, LARGE } from './killed-edits.js';

const KILLS = Number(process.env.H5PICKLE_KILLS ?? (THOROUGH ? 8 : 4));
/** While there are readers. */
const COMMITS = Math.min(1000, 10 * KILLS);
/** A process is killed so many milliseconds after it was ready, at the latest. */
const PATIENCE = 200;

let compiled: Compiled;
let folder: string;
let path: string;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  compiled = await compile({ killed: '../../test/storage/killed.ts' });
});
afterAll(() => compiled.remove());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-kill-'));
  path = join(folder, 'data.h5');
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** What the file is to hold after a commit. Only ever later ones. */
class Expected {
  readonly #root = newGroup();
  #n = 0;

  /** Makes the file as it is before the first commit. */
  constructor() {
    const file = H5File.open(path, 'w');
    file.attrs.set('n', 0);
    const data = new Float64Array(LARGE.length);
    file.createDataset(LARGE.name, { data });
    file.close();
    this.#root.attributes.set('n', 0);
    this.#root.links.set(LARGE.name, { kind: 'dataset', attributes: new Map(), value: data });
  }

  after(n: number): string {
    const { links, attributes } = this.#root;
    while (this.#n < n) {
      this.#n++;
      attributes.set('n', this.#n);
      for (const { kind, name, length } of editsOf(this.#n)) {
        if (kind !== 'write') links.delete(name);
        const value = new Float64Array(length).fill(this.#n);
        if (kind !== 'delete') links.set(name, { kind: 'dataset', attributes: new Map(), value });
      }
    }
    return describeModel(this.#root);
  }
}

interface Worker {
  readonly child: ChildProcess;
  /** The last commit that it said was done. */
  readonly done: () => number | undefined;
  readonly ended: Promise<unknown>;
}

/** A process that changes the file; it is about to open it. */
async function worker(task: Omit<Task, 'path'>): Promise<Worker> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(compiled.url('killed')), JSON.stringify({ ...task, path })],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  children.add(child);
  let output = '';
  child.stdout?.on('data', (text) => {
    output += text;
  });
  const ended = once(child, 'close').then(() => children.delete(child));
  await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), ended]);
  const done = () => {
    const line = output.slice(0, output.lastIndexOf('\n')).split('\n').pop();
    return line === 'ready' ? undefined : Number(line);
  };
  return { child, done, ended };
}

/** Kills processes that change one file, each where the last one was stopped; what they leave is to be whole. */
async function killed(kills: number, seed: number, look: () => Promise<void> | void): Promise<void> {
  const random = seeded(seed);
  const expected = new Expected();
  let n = 0;
  for (let kill = 0; kill < kills; kill++) {
    const durability = DURABILITIES[kill % DURABILITIES.length]!;
    const isOutside = random(3) === 0;
    const { child, done, ended } = await worker({
      durability,
      last: Number.MAX_SAFE_INTEGER,
      seed: isOutside ? undefined : random(2 ** 30),
    });
    if (isOutside) {
      await sleep(random(PATIENCE));
      child.kill('SIGKILL');
    }
    await ended;
    expect(child.signalCode).toBe('SIGKILL');
    const last = done() ?? n;

    const reader = H5File.open(path);
    n = reader.attrs.get('n') as number;
    expect([last, last + 1], `kill ${kill}, seed ${seed}`).toContain(n);
    const content = expected.after(n);
    expect(describeFile(reader) === content, `a reader, kill ${kill}, seed ${seed}, commit ${n}`).toBe(true);
    reader.close();
    // Now and then it is the next process that has to put things right.
    if (random(2) === 0) continue;
    const writer = H5File.open(path, 'r+');
    expect(describeFile(writer) === content, `a writer, kill ${kill}, seed ${seed}, commit ${n}`).toBe(true);
    writer.close();
    expect(verifyStorage(new MemoryStorage(readFileSync(path)), { indexes }).problems).toEqual([]);
    await look();
  }
  expect(n).toBeGreaterThan(0);
}

describe('a process that is killed', () => {
  test(`leaves the last commit, or the next: ${KILLS} times, seed ${SEED}`, { timeout: 3_000_000 }, () =>
    killed(KILLS, SEED, () => {}),
  );
});

describeOracle('h5py', () => {
  test('reads what processes leave that are killed', { timeout: 3_000_000 }, () =>
    killed(Math.ceil(KILLS / 3), SEED + 1, async () => {
      const bytes = readFileSync(path);
      const theirs = await h5py(bytes);
      expect(expectAsH5py(H5File.open(bytes), theirs)).toBe(Object.keys(theirs.objects).length);
    }),
  );
});

describe('readers of a file that another process changes', () => {
  test.each(DURABILITIES)(
    'see one state, or are told to open it again (%s)',
    { timeout: 3_000_000 },
    async (durability) => {
      const expected = new Expected();
      const random = seeded(SEED);
      const { child, ended } = await worker({ durability, last: COMMITS });
      const seen = new Set<number>();
      let stale = 0;
      while (child.exitCode === null) {
        try {
          using reader = H5File.open(path);
          const n = reader.attrs.get('n') as number;
          if (random(3) === 0) await sleep(random(5));
          const content = describeFile(reader);
          expect(content === expected.after(n), `commit ${n}`).toBe(true);
          seen.add(n);
        } catch (error) {
          if (!(error instanceof H5StaleError)) throw error;
          expect(error.message).toContain('open it again');
          stale++;
        }
        await setImmediate();
      }
      await ended;
      expect(child.exitCode).toBe(0);
      expect(seen.size).toBeGreaterThan(5);
      expect(stale).toBeGreaterThan(0);
    },
  );
});
