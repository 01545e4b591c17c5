/** What a user installs: the tarball, in an empty project of theirs. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { THOROUGH } from './thoroughness.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

const USE_IN_JAVASCRIPT = `
import assert from 'node:assert/strict';
import { deserialize, H5File, read, serialize, TypeRegistry, write } from 'h5pickle';

assert.deepEqual({ ...deserialize(serialize({ a: 1 })) }, { a: 1 });

await write('value.h5', { a: 1 });
assert.deepEqual({ ...(await read('value.h5')) }, { a: 1 });

assert.equal(typeof H5File.open, 'function');
for (const each of ['h5pickle', 'h5pickle/containers', 'h5pickle/numpy', 'h5pickle/values'])
  for (const [name, value] of Object.entries(await import(each)))
    if (typeof value === 'function' && /^class/.test(Function.prototype.toString.call(value))) assert.equal(value.name, name);
assert.ok(new TypeRegistry());
console.log('it works');
`;

// Without Node's types: a project for the browser must compile too.
const USE_IN_BROWSER = `
import { deserialize, H5File, read, serialize, TypeRegistry, write } from 'h5pickle';

const bytes: Uint8Array = serialize({ a: 1 });
const copy = deserialize(bytes) as { a: number };
if (copy.a !== 1) throw new Error('a is ' + copy.a);
export const registry: TypeRegistry = new TypeRegistry();
export const open: typeof H5File.open = H5File.open;
export const both = [write, read] as const;
`;

const USE_IN_TYPESCRIPT = `${USE_IN_BROWSER}
import { H5Dict, H5List, readSync, writeSync } from 'h5pickle';
import { sum } from 'h5pickle/numpy';

writeSync('typed.h5', { count: 1, users: ['ada'] });
const dict: H5Dict = H5Dict.open('typed.h5', { mode: 'r+' });
dict.set('count', 2);
if (!(dict.get('users') instanceof H5List)) throw new Error('no list');
dict.close();
const { count } = readSync<{ count: number }>('typed.h5');
if (count !== 2) throw new Error('count is ' + count);
export const total: unknown = sum([1, 2]);
`;

// What is exported without a type has that of the package, which must have a name for the declaration.
const DECLARED = `
import { H5Array, H5Class, H5Dict, H5Field, H5File, H5Ignore, H5List, type H5LockedError, TypeRegistry } from 'h5pickle';
import * as np from 'h5pickle/numpy';

export const [dict, list, array] = [H5Dict.open<{ a: number }>('x'), H5List.open<number>('x'), H5Array.open<number>('x', 'a')];
export const { attributes, object, view, parent, subscribe, transaction, entries } = dict;
export const { get, set, map, toDict, view: listView } = list;
export const { slice, at, readBlock, dtype, field, toNested, toTypedArray, dataset: ofArray } = array;
export const file = H5File.open('x');
export const { attrs, createDataset, requireDataset, createDatatype, linkInfo, keys, visit, ref, copy } = file;
export const dataset = file.dataset('x');
export const { read, regionRef, iterChunks, filters, datatype, append, write } = dataset;
export const { register, codec, registerValue } = new TypeRegistry();
export const entity = (name: string) => H5Class(\`shop.\${name}\`);
export const [field1, field2, ignored] = [H5Field(), H5Field({ name: 'id' }), H5Ignore()];
export const holder = (error: H5LockedError) => error.holder;
export const { add, sum, sin, random, char, array: arrayOf } = np;
export const { type, data } = np.array([1]);
`;

let folder: string;
let project: string;
let packed: { filename: string; files: { path: string }[] };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'h5pickle-package-'));
  project = join(folder, 'project');
  await mkdir(project);
  if ((await newest(join(ROOT, 'dist'))) <= (await newest(join(ROOT, 'src'))))
    await npm(ROOT, 'run', 'build');
  const report = await npm(ROOT, 'pack', '--ignore-scripts', '--json', '--pack-destination', folder);
  [packed] = JSON.parse(report) as [typeof packed];
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'project', type: 'module' }));
  // What it depends on comes from here as well: npm's cache need not know which versions there are.
  const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  await npm(
    project,
    ...['install', '--offline', '--no-audit', '--no-fund', '--install-links'],
    ...Object.keys(dependencies).map((name) => join(ROOT, 'node_modules', name)),
    join(folder, packed.filename),
  );
}, 180_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test('it holds what users need, and nothing else', () => {
  const paths = packed.files.map(({ path }) => path);
  expect(paths.filter((path) => !path.startsWith('dist/') && !path.startsWith('docs/')).sort()).toEqual([
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'LICENSE',
    'README.md',
    'package.json',
  ]);
  expect(paths.filter((path) => path.startsWith('dist/') && !/\.(js|js\.map|d\.ts)$/.test(path))).toEqual([]);
  expect(paths).toEqual(
    expect.arrayContaining(['dist/index.js', 'dist/index.d.ts', 'dist/node.js', 'dist/node.d.ts']),
  );
});

test('what its pages link to is there', async () => {
  const paths = new Set(packed.files.map(({ path }) => path));
  const missing: string[] = [];
  for (const page of ['README.md', ...[...paths].filter((path) => /^docs\/.*\.md$/.test(path))]) {
    const text = await readFile(join(ROOT, page), 'utf8');
    for (const [, link = ''] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      const path = join(page, '..', link);
      if (!paths.has(path)) missing.push(`${page}: ${link}`);
    }
  }
  expect(missing).toEqual([]);
});

test('it needs one other package, and that only for filters in browsers', async () => {
  expect((await readdir(join(project, 'node_modules'))).filter((name) => !name.startsWith('.'))).toEqual([
    'fflate',
    'h5pickle',
  ]);
});

test('it runs from JavaScript', async () => {
  await writeFile(join(project, 'use.mjs'), USE_IN_JAVASCRIPT);
  expect(await run(project, process.execPath, 'use.mjs')).toBe('it works\n');
});

test('in Node the other entries are of the main one', async () => {
  const use = `
    import * as main from 'h5pickle';
    import { datasets } from 'h5pickle/datasets';
    import { editing } from 'h5pickle/editing';
    import { filters, FilterSet } from 'h5pickle/filters';
    import { indexes } from 'h5pickle/indexes';
    import { parts } from 'h5pickle/parts';
    import { formatVerify, verifyStorage } from 'h5pickle/verify';
    const same = { datasets, editing, filters, FilterSet, indexes, parts };
    for (const [name, value] of Object.entries(same)) if (value !== main[name]) console.log(name);
    console.log(formatVerify(verifyStorage(new main.MemoryStorage(main.serialize({ a: [1] })))));`;
  await writeFile(join(project, 'entries.mjs'), use);
  expect(await run(project, process.execPath, 'entries.mjs')).toMatch(/^No problems/);
});

test('more values are the same in Node, and come by themselves in a browser', async () => {
  const use = `
    import * as main from 'h5pickle';
    import { UnknownInstance, values } from 'h5pickle/values';
    const bytes = main.serialize({ a: /x/g, e: new RangeError('no') }, { values });
    const { a, e } = main.deserialize(bytes, { values });
    const kept = main.deserialize(main.serialize(new (class P {})(), {
      registry: new main.TypeRegistry().codec((v) => true, { name: 'P', encode: () => ({ b: 1 }), decode: () => ({}) }),
      values,
    }), { values, unknownClass: 'keep', registry: new main.TypeRegistry() });
    console.log(String(a), e instanceof RangeError, kept instanceof UnknownInstance, values === main.values);`;
  await writeFile(join(project, 'values.mjs'), use);
  expect(await run(project, process.execPath, 'values.mjs')).toBe('/x/g true true true\n');
  // As a bundler for browsers does: without the condition "node".
  const outfile = join(project, 'values-bundle.mjs');
  const entryPoints = [join(project, 'values.mjs')];
  await build({
    entryPoints,
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['browser'],
  });
  expect(await run(project, process.execPath, 'values-bundle.mjs')).toBe('/x/g true true false\n');
});

test.each([
  ['nodenext', 'nodenext', []],
  ['esnext', 'bundler', []],
  ['esnext', 'bundler', ['browser']],
])(
  'it compiles with --module %s --moduleResolution %s %s, and runs',
  async (module, moduleResolution, conditions) => {
    const output = `from-${moduleResolution}-${conditions.join()}`;
    const isBrowser = conditions.length > 0;
    await writeFile(join(project, 'use.ts'), isBrowser ? USE_IN_BROWSER : USE_IN_TYPESCRIPT);
    await writeFile(
      join(project, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          target: 'es2022',
          module,
          moduleResolution,
          ...(isBrowser && { customConditions: conditions }),
          strict: true,
          exactOptionalPropertyTypes: true,
          skipLibCheck: false,
          // That takes most of the time, and only CI has it.
          skipDefaultLibCheck: !THOROUGH,
          types: [],
          outDir: output,
        },
        files: ['use.ts'],
      }),
    );
    await run(project, process.execPath, TSC, '-p', '.');
    await run(project, process.execPath, join(output, 'use.js'));
  },
);

test('what programs export without a type has one that can be declared', async () => {
  await writeFile(join(project, 'declared.ts'), DECLARED);
  const compilerOptions = {
    ...{ target: 'es2022', module: 'nodenext', strict: true, types: [], skipLibCheck: true },
    ...{ declaration: true, emitDeclarationOnly: true, outDir: 'declared' },
  };
  await writeFile(
    join(project, 'tsconfig.declared.json'),
    JSON.stringify({ compilerOptions, files: ['declared.ts'] }),
  );
  await run(project, process.execPath, TSC, '-p', 'tsconfig.declared.json');
  expect(await readFile(join(project, 'declared/declared.d.ts'), 'utf8')).not.toMatch(/dist\/|\bany\b/);
});

/** When the newest file of a folder was written; 0 if there is none. */
async function newest(directory: string): Promise<number> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const times = files
    .filter((entry) => entry.isFile())
    .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).mtimeMs);
  return Math.max(0, ...(await Promise.all(times)));
}

function npm(directory: string, ...args: string[]): Promise<string> {
  return run(directory, 'npm', ...args);
}

async function run(directory: string, command: string, ...args: string[]): Promise<string> {
  // `npm test` tells its children about this project by these; the project there is another.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
  const child = promisify(execFile)(command, args, { cwd: directory, env });
  return (
    await child.catch(({ message, stdout, stderr }) => {
      throw new Error(`${message}\n${stdout}\n${stderr}`);
    })
  ).stdout;
}
