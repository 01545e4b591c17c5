/**
 * The outside readers: h5py, h5dump and h5wasm. What we write, they must read.
 *
 * Where one is missing its tests are skipped, and say so; with `H5PICKLE_ORACLES=required` in the environment
 * they fail.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, describe, test } from 'vitest';
import { stopH5py } from './h5py.js';
import { stopLayoutReader } from './layout-reader.js';
import { PYTHON } from './python.js';

export { h5dump } from './h5dump.js';
export * from './h5py.js';
export * from './h5wasm.js';
export { readLayout } from './layout-reader.js';
export { PYTHON, runPython } from './python.js';

export type OracleName = 'h5py' | 'h5dump' | 'h5wasm';

const runs = (command: string, ...args: string[]) =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const ORACLES: Record<OracleName, { isThere(): boolean; install: string }> = {
  h5py: {
    isThere: () => runs(PYTHON, '-c', 'import h5py'),
    install: "Debian's package python3-h5py: apt-get install python3-h5py",
  },
  h5dump: {
    isThere: () => runs('h5dump', '--version'),
    install: "Debian's package hdf5-tools: apt-get install hdf5-tools",
  },
  h5wasm: {
    isThere: () => existsSync(new URL('../../node_modules/h5wasm/package.json', import.meta.url)),
    install: 'the npm package h5wasm: npm ci',
  },
};

const known = new Map<OracleName, boolean>();

/** Whether a reader is installed, and works. */
export function haveOracle(name: OracleName): boolean {
  const answer = known.get(name) ?? ORACLES[name].isThere();
  known.set(name, answer);
  return answer;
}

/** A `describe` whose tests need a reader. */
export function describeOracle(name: OracleName, body: () => void): void {
  if (haveOracle(name)) describe(name, body);
  else if (isRequired()) describe(name, () => test('is installed', () => fail([name])));
  else {
    warn([name]);
    describe.skip(name, body);
  }
}

/** A `test` that needs readers. */
export function oracleTest(
  needs: OracleName | OracleName[],
  title: string,
  body: () => void | Promise<void>,
): void {
  const missing = [needs].flat().filter((name) => !haveOracle(name));
  if (missing.length === 0) test(title, body);
  else if (isRequired()) test(title, () => fail(missing));
  else {
    warn(missing);
    test.skip(title, body);
  }
}

function isRequired(): boolean {
  return process.env['H5PICKLE_ORACLES'] === 'required';
}

function hint(missing: OracleName[]): string {
  return missing.map((name) => `${name} is not there. It comes with ${ORACLES[name].install}`).join('\n');
}

function fail(missing: OracleName[]): never {
  throw new Error(`H5PICKLE_ORACLES=required, but ${hint(missing)}`);
}

function warn(missing: OracleName[]): void {
  console.warn(`SKIPPED: tests that compare with ${missing.join(', ')}. ${hint(missing)}`);
}

afterAll(stopH5py);
afterAll(stopLayoutReader);
