/** The examples of the README are programs: they compile, they run, and they print what the README says. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { moduleFolder } from './module-folder.js';
import { oracleTest, PYTHON } from './oracle/oracles.js';
import { THOROUGH } from './thoroughness.js';
import { compilerOptions, typeErrors } from './typescript.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const README = await readFile(join(ROOT, 'README.md'), 'utf8');

const programs = blocks('ts').map((text, i) => ({ text, name: `example ${i + 1}` }));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'h5pickle-readme-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('there are examples', () => {
  expect(programs.length).toBeGreaterThan(5);
  expect(blocks('pycon').length).toBeGreaterThan(1);
});

test('the table of errors has all codes', async () => {
  const all = new Set<string>();
  for (const file of await readdir(join(ROOT, 'src'), { recursive: true }))
    if (file.endsWith('.ts'))
      for (const [, code] of (await readFile(join(ROOT, 'src', file), 'utf8')).matchAll(/'(H5_[A-Z_]+)'/g))
        all.add(code as string);
  expect(all.size).toBeGreaterThan(30);
  const codes = new Set<string>();
  for (const [, , cell = ''] of README.matchAll(/^\| `(\w+Error)` +\|([^|]+)\|/gm)) {
    let family = '';
    for (const [, code = ''] of cell.matchAll(/`([^`]+)`/g)) {
      family = /^H5_[A-Z]+/.exec(code)?.[0] ?? family;
      codes.add(code.startsWith('_') ? family + code : code);
    }
  }
  expect([...all].filter((code) => !codes.has(code))).toEqual([]);
});

describe.each(['standard', 'legacy'] as const)('with %s decorators', (decorators) => {
  test('the examples have no type errors', () => {
    const texts = new Map(programs.map(({ text }, i) => [join(ROOT, `readme-${i + 1}.ts`), text]));
    const options = { experimentalDecorators: decorators === 'legacy', noUnusedLocals: false };
    expect(typeErrors([...texts.keys()], compilerOptions(options), texts)).toBe('');
  });

  // Without decorators, one is compiled to the same as above.
  const some = programs.filter(({ text }) => THOROUGH || decorators === 'standard' || /^\s*@/m.test(text));

  beforeAll(() => bundle(some, decorators));

  test.each(some)('$name prints what it says', async ({ text, name }) => {
    const file = join(folder, decorators, `${name}.mjs`);
    const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder });
    expect(stdout.trimEnd().split('\n')).toEqual(said(text));
  });
});

/** Compiles programs, each to a module of its name; what they share of the package is in modules that they import. */
async function bundle(
  programs: readonly { text: string; name: string }[],
  decorators: string,
): Promise<void> {
  const sources = await moduleFolder();
  for (const { text, name } of programs) await writeFile(join(sources, `${name}.ts`), text);
  await build({
    entryPoints: programs.map(({ name }) => join(sources, `${name}.ts`)),
    outdir: join(folder, decorators),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    alias: {
      h5pickle: join(ROOT, 'src/node.ts'),
      'h5pickle/numpy': join(ROOT, 'src/numpy-of-node.ts'),
      'h5pickle/class-transformer': join(ROOT, 'src/integrations/class-transformer.ts'),
    },
    tsconfigRaw: { compilerOptions: { experimentalDecorators: decorators === 'legacy', target: 'es2022' } },
  });
  await rm(sources, { recursive: true });
}

// After the examples that write the files.
oracleTest('h5py', 'Python shows what the README shows', async () => {
  const file = join(folder, 'readme.txt');
  await writeFile(file, blocks('pycon').join('\n'));
  await promisify(execFile)(PYTHON, ['-m', 'doctest', file], { cwd: folder }).catch(({ stdout }) => {
    throw new Error(stdout);
  });
});

/** The fenced blocks of a language. */
function blocks(language: string): string[] {
  return Array.from(README.matchAll(/^```(\w+)\n(.*?)^```$/gms))
    .filter(([, tag]) => tag === language)
    .map(([, , text]) => text!);
}

/** What the comments behind `console.log` say, or those in the lines below it. */
function said(text: string): string[] {
  const lines: string[] = [];
  let below = false;
  for (const line of text.split('\n')) {
    const [, comment] = /console\.log\(.*\);(?: \/\/ (.*))?$/.exec(line) ?? [];
    const [, next] = /^\/\/ (.*)$/.exec(line) ?? [];
    if (comment !== undefined) lines.push(comment);
    else if (below && next !== undefined) lines.push(next);
    below = /console\.log\(.*\);$/.test(line) || (below && next !== undefined);
  }
  return lines.length > 0 ? lines : [''];
}
