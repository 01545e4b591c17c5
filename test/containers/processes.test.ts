import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { H5Dict, indexes } from '../../src/node.js';
import { FileStorage } from '../../src/storage/file.js';
import { verifyStorage } from '../../src/verify.js';
import { type Compiled, compile } from '../storage/compiled.js';
import { THOROUGH } from '../thoroughness.js';

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
let compiled: Compiled;
beforeAll(async () => {
  compiled = await compile({ process: '../containers/dict-process.ts' });
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await compiled.remove();
});

/** In CI a minute, else a second. */
const SECONDS = THOROUGH ? 60 : 1;

interface Outcome {
  readonly done: number;
  readonly stale: number;
}

/** One of the processes that work on one file. */
function run(role: 'write' | 'read', path: string, from: number): Promise<Outcome> {
  const child = fork(fileURLToPath(compiled.url('process')), [role, path, String(SECONDS), String(from)], {
    execArgv: [],
  });
  return new Promise((done, fail) => {
    let outcome: Outcome | { error: string } | undefined;
    child.once('message', (message) => {
      outcome = message as Outcome;
    });
    child.once('exit', () => {
      if (outcome && 'done' in outcome) done(outcome);
      else fail(new Error(outcome?.error ?? `the ${role} process ended without a word`));
    });
  });
}

it(`readers see one state of a dict, while another process writes: ${SECONDS} s`, {
  timeout: 180_000,
}, async () => {
  const path = join(folder, 'shared.h5');
  H5Dict.write(path, { a: 0, b: 0, inner: { c: 0, list: [0, 0, 0] }, text: '0' }).close();
  const [writer, ...readers] = await Promise.all([
    run('write', path, 0),
    run('read', path, 0),
    run('read', path, 0),
    run('read', path, 0),
  ]);
  expect(writer.done).toBeGreaterThan(5);
  for (const reader of readers) expect(reader.done).toBeGreaterThan(1);
  using dict = H5Dict.open(path);
  expect(dict.get('a')).toBe(writer.done);
  const storage = new FileStorage(path);
  expect(verifyStorage(storage, { indexes }).problems).toEqual([]);
  storage.close();
});
