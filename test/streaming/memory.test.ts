/** Ten times more than fits into memory: written by a process of a small heap, read by h5py and by a part. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect } from 'vitest';
import { readSync } from '../../src/node.js';
import { oracleTest, PYTHON } from '../oracle/oracles.js';
import { type Compiled, compile } from '../storage/compiled.js';
import { sampled, THOROUGH } from '../thoroughness.js';
import { rowOf, SAMPLES } from './memory-rows.js';

/** Megabytes that the objects of the process may take, and all of it. */
const HEAP = THOROUGH ? 64 : 32;
const MEMORY = THOROUGH ? 256 : 320;
const COUNT = THOROUGH ? 45_000 : 22_500;

let compiled: Compiled;
let folder: string;
beforeAll(async () => {
  compiled = await compile({ process: '../streaming/memory-process.ts' });
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await compiled.remove();
});

const CHECK = `
import sys, h5py
with h5py.File(sys.argv[1]) as file:
    rows, count = file['rows'], int(sys.argv[2])
    assert len(rows['id']) == rows.attrs['@length'] == count
    for i in (0, count // 2, count - 1):
        assert rows['id'][i] == i, i
        assert rows['name'][i].decode() == f'reading number {i}', i
        assert rows['at'][i]['date_ms'] == i, i
        assert (rows['signal'][i] == [i + j for j in range(${SAMPLES})]).all(), i
    assert (rows['id'][:] == list(range(count))).all()
    assert file.attrs['before'] == 1
    print('all there', rows['signal'].chunks)
`;

const WAYS = [
  ['into', COUNT, 'all there None'],
  ['whole', COUNT, 'all there None'],
  ['compressed', COUNT, /^all there \(\d+, \d+\)$/],
] as const;

for (const [how, count, shown] of sampled(WAYS, WAYS.length))
  oracleTest('h5py', `an async iterable of more than memory: ${how}`, async () => {
    const path = join(folder, `${how}.h5`);
    const program = fileURLToPath(compiled.url('process'));
    const args = [`--max-old-space-size=${HEAP}`, program, path, String(count), how];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const written = count * 8 * SAMPLES;
    expect(written).toBeGreaterThan(10 * HEAP * 2 ** 20);
    expect(Number(stdout)).toBeLessThan(MEMORY);
    if (how !== 'compressed') expect(statSync(path).size).toBeGreaterThan(written);
    const found = await promisify(execFile)(PYTHON, ['-c', CHECK, path, String(count)]);
    expect(found.stdout.trim()).toMatch(shown);
    expect(readSync(path, { path: `rows/${count - 1}` })).toEqual(rowOf(count - 1));
    rmSync(path);
  });
