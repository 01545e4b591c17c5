/** What is beside a file while it is written is not there afterwards, however that ends; and a file that is new replaces none. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { H5File, readSync, write, writeSync } from '../../src/node.js';
import { type Compiled, compile } from './compiled.js';

let compiled: Compiled;
let folder: string;
let path: string;
beforeAll(async () => {
  compiled = await compile({ node: '../../src/node.ts', numpy: '../../src/numpy-of-node.ts' });
});
afterAll(() => compiled.remove());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-temporary-'));
  path = join(folder, 'data.h5');
});
afterEach(() => rmSync(folder, { recursive: true }));

const module = (body: string) => `
  const { H5Dict, H5File, write, writeSync } = await import(${JSON.stringify(compiled.url('node'))});
  const path = ${JSON.stringify(path)};
  ${body}`;
const run = (body: string, ...options: string[]) =>
  spawnSync(process.execPath, [...options, '--input-type=module', '-e', module(body)], {
    encoding: 'utf8',
    env: { ...process.env, MAX_MEM_USAGE: '1M' },
  });

/** Ways to be in the middle of a new file, which `await` something that never comes. */
const MIDDLES = {
  'a file that is made': `H5File.open(path, 'w').createDataset('x', { data: new Float64Array(1e6) });`,
  'a value that is written': `write(path, new Float64Array(3e7)); await new Promise(setImmediate);`,
  'a part of a new file': `write(path, new Float64Array(3e7), { path: 'x' }); await new Promise(setImmediate);`,
};

describe.each(Object.entries(MIDDLES))('a process that ends amid %s', (_, middle) => {
  test('leaves nothing when it exits', () => {
    const { stdout, stderr } = run(`
      import { readdirSync } from 'node:fs';
      ${middle}
      console.log(readdirSync(${JSON.stringify(folder)}).length);
      process.exit();`);
    expect([stderr, Number(stdout) > 1]).toEqual(['', true]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('leaves what the next writer removes when it is killed', async () => {
    const script = module(
      `${middle} console.log('amid'); setInterval(() => {}, 1000); process.kill(process.pid, 'SIGKILL');`,
    );
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    await once(child, 'close');
    expect(child.signalCode).toBe('SIGKILL');
    expect(readdirSync(folder).some((name) => name.endsWith('.tmp'))).toBe(true);
    const others = [
      'data.h5.12.0123456.tmp',
      'data.h5.a.01234567.tmp',
      'data.h5x.12.01234567.tmp',
      'more-data.h5.12.01234567.tmp',
    ];
    for (const name of others) writeFileSync(join(folder, name), '');
    writeSync(path, 'next');
    expect(readdirSync(folder).sort()).toEqual(['data.h5', ...others].sort());
    expect(readSync(path)).toBe('next');
  });
});

test('files that nobody has closed are closed when nobody can any more', () => {
  writeSync(path, { list: [1, 2, 3], dict: { x: 1 } });
  const { stdout, stderr } = run(
    `
    import { readdirSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    const np = await import(${JSON.stringify(compiled.url('numpy'))});
    const count = () => readdirSync('/proc/self/fd').length;
    const before = process.platform === 'linux' ? count() : 0;
    for (let i = 0; i < 10; i++) H5File.open(path).get('list');
    for (let i = 0; i < 10; i++) H5Dict.open(path).get('dict').get('x');
    for (let i = 0; i < 3; i++) np.sum(np.add(np.zeros([2 ** 18]), 1));
    H5Dict.open(path, { mode: 'r+' }).set('more', 2);
    H5File.open(path + '.new', 'w').createDataset('x', { data: [1] });
    const open = process.platform === 'linux' ? count() : before + 28;
    for (let i = 0; i < 50 && readdirSync(${JSON.stringify(folder)}).length > 1; i++) {
      await sleep(20);
      gc();
    }
    console.log(JSON.stringify([open - before > 27, process.platform === 'linux' ? count() - before : 0]));
    `,
    '--expose-gc',
  );
  expect([stderr, JSON.parse(stdout)]).toEqual(['', [true, 0]]);
  expect(readdirSync(folder)).toEqual(['data.h5']);
  expect(readSync(path)).toEqual({ list: [1, 2, 3], dict: { x: 1 }, more: 2 });
});

describe('a file that is to be new', () => {
  /** What a program that does not know of our locks puts there. */
  const other = 'of another program';
  const meanwhile = () => writeFileSync(path, other);

  test.each(['x', 'w-', 'a'] as const)('does not replace one that is made meanwhile: %s', (mode) => {
    const file = H5File.open(path, mode);
    file.attrs.set('n', 1);
    meanwhile();
    expect(() => file.commit()).toThrow(expect.objectContaining({ code: 'H5_EXISTS' }));
    file.close();
    expect(readFileSync(path, 'utf8')).toBe(other);
    expect(readdirSync(folder)).toEqual(['data.h5']);
  });

  test('does not replace one that is made while a part is written', async () => {
    function* rows() {
      yield 1;
      meanwhile();
      yield 2;
    }
    expect(() => writeSync(path, rows(), { path: 'rows' })).toThrow(
      expect.objectContaining({ code: 'H5_EXISTS' }),
    );
    rmSync(path);
    await expect(write(path, rows(), { path: 'rows' })).rejects.toMatchObject({ code: 'H5_EXISTS' });
    expect(readFileSync(path, 'utf8')).toBe(other);
    expect(readdirSync(folder)).toEqual(['data.h5']);
  });

  test('is locked while its first part is gathered', async () => {
    let go = () => {};
    const gone = new Promise<void>((resolve) => {
      go = resolve;
    });
    async function* rows() {
      yield 1;
      await gone;
    }
    const writing = write(path, rows(), { path: 'rows' });
    while (!existsSync(join(folder, '.data.h5.h5lock'))) await new Promise(setImmediate);
    const { stdout } = run(`
      try { writeSync(path, 1, { path: 'other' }); } catch (error) { console.log(error.code); }`);
    expect(stdout.trim()).toBe('H5_LOCKED');
    go();
    await writing;
    await write(path, 2, { path: 'other' });
    expect(readSync(path)).toEqual({ rows: [1], other: 2 });
  });

  test('of a whole value replaces what is there by then', async () => {
    const writing = write(path, 'whole');
    meanwhile();
    await writing;
    expect(readSync(path)).toBe('whole');
  });
});
