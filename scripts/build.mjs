// @ts-check
// Makes dist: the entries as bundles, since an import costs a millisecond or two a file, and the declarations, which the
// compiler writes file by file.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });

const compiler = fileURLToPath(import.meta.resolve('typescript/bin/tsc'));
execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  // src/ is not in the published package: the maps carry the text themselves.
  sourcemap: true,
  sourcesContent: true,
  logLevel: 'warning',
};
/** @type {import('esbuild').BuildOptions} */
const shared = { chunkNames: 'shared/[hash]', splitting: true, external: ['node:*', 'fflate'] };

/**
 * What esbuild makes, with the names of classes: it calls `H5Dict` `_H5Dict` where the class refers to itself, and users would
 * see that in messages and traces. What stands on the same line is a column or two from where the source map has it.
 *
 * @param {import('esbuild').BuildOptions} options
 */
async function bundle(options) {
  const { outputFiles = [] } = await build({ ...options, write: false });
  for (const { path, text } of outputFiles) {
    let named = text;
    for (const [, name] of path.endsWith('.js') ? text.matchAll(/\bvar (\w+) = class _\1\b/g) : [])
      named = named.replace(new RegExp(`(?<![\\w$.#])_${name}\\b`, 'g'), () => String(name));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, named);
  }
}

// For Node: all in one, but for what only `verify` and `numpy` need.
await bundle({
  ...common,
  ...shared,
  entryPoints: [
    { in: 'src/node.ts', out: 'node' },
    { in: 'src/verify.ts', out: 'verify-of-node' },
    { in: 'src/numpy-of-node.ts', out: 'numpy-of-node' },
  ],
});
for (const [entry, names] of [
  ['indexes', 'indexes'],
  ['editing', 'editing'],
  ['filters', 'FilterSet, filters, registerFilter'],
  ['values', 'H5HookError, UnknownInstance, unknownClassOf, values, valuesWith'],
  ['parts', 'parts'],
  ['datasets', 'datasets, datasetsWith, indexes'],
  ['streaming', 'streaming'],
  [
    'containers',
    'H5Array, H5Attributes, H5Dict, H5IndexError, H5List, fromTransferable, options, parseMemorySize, readObject, ' +
      'setOptions, storeDataset, toTransferable, withOptions, writeDataset, writeDatasets, writeObject, writeObjects',
  ],
])
  writeFileSync(`${root}dist/${entry}-of-node.js`, `export { ${names} } from './node.js';\n`);

// For everything else.
await bundle({
  ...common,
  ...shared,
  entryPoints: [
    'index',
    'indexes',
    'editing',
    'filters',
    'datasets',
    'streaming',
    'containers',
    'values',
    'parts',
    'verify',
    'numpy',
  ].map((entry) => `src/${entry}.ts`),
});

// This takes the package by its name, so that it is of the same one in Node and elsewhere.
await bundle({
  ...common,
  entryPoints: ['src/integrations/class-transformer.ts'],
  outbase: 'src',
  external: ['class-transformer'],
  plugins: [
    {
      name: 'by-name',
      setup({ onResolve }) {
        onResolve({ filter: /^\.\.\/(registry\/index|errors)\.js$/ }, () => ({
          path: 'h5pickle',
          external: true,
        }));
      },
    },
  ],
});
