/** The examples of the README are programs: they compile, they run, and they print what the README says. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { oracleTest, PYTHON } from './oracle/oracles.js';

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

describe.each(['standard', 'legacy'] as const)('with %s decorators', (decorators) => {
  test('the examples have no type errors', () => {
    expect(typeErrors(decorators)).toBe('');
  });

  test.each(programs)('$name prints what it says', async ({ text, name }) => {
    const file = join(folder, `${name} ${decorators}.mjs`);
    await build({
      stdin: { contents: text, loader: 'ts', resolveDir: ROOT },
      outfile: file,
      bundle: true,
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
    const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder });
    expect(stdout.trimEnd().split('\n')).toEqual(said(text));
  });
});

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

/** What the compiler has to say about the examples, under the options of this project. */
function typeErrors(decorators: 'standard' | 'legacy'): string {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, ROOT);
  const settings = { ...options, experimentalDecorators: decorators === 'legacy', noUnusedLocals: false };
  const sources = new Map(programs.map(({ text }, i) => [join(ROOT, `readme-${i + 1}.ts`), text]));
  const host = ts.createCompilerHost(settings);
  const { fileExists, readFile } = host;
  host.fileExists = (name) => sources.has(name) || fileExists(name);
  host.readFile = (name) => sources.get(name) ?? readFile(name);
  const program = ts.createProgram([...sources.keys()], settings, host);
  const diagnostics = [...sources.keys()].flatMap((name) => [
    ...program.getSyntacticDiagnostics(program.getSourceFile(name)),
    ...program.getSemanticDiagnostics(program.getSourceFile(name)),
  ]);
  return ts.formatDiagnostics(diagnostics, {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => ROOT,
    getNewLine: () => '\n',
  });
}
