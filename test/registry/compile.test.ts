import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileFixture } from './compile.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'h5pickle-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function fixture(name: string, text: string): Promise<URL> {
  const file = join(folder, name);
  await writeFile(file, text);
  return pathToFileURL(file);
}

test('tsc fails on a type error; esbuild does not look', async () => {
  const file = await fixture('wrong.ts', "export const wrong: number = 'text';");
  await expect(compileFixture(file, { compiler: 'tsc', decorators: 'standard' })).rejects.toThrow('TS2322');
  expect(await compileFixture(file, { compiler: 'esbuild', decorators: 'standard' })).toMatchObject({
    wrong: 'text',
  });
});

test('esbuild cannot emit decorator metadata', async () => {
  const file = await fixture('empty.ts', 'export {};');
  await expect(
    compileFixture(file, { compiler: 'esbuild', decorators: 'legacy', emitDecoratorMetadata: true }),
  ).rejects.toThrow('emits no decorator metadata');
});
