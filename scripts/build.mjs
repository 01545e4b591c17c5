// @ts-check
// Makes dist: the entries as bundles that share their common parts, since an import costs a millisecond or two a file,
// and the declarations, which the compiler writes file by file.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });

const compiler = fileURLToPath(import.meta.resolve('typescript/bin/tsc'));
execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });

await build({
  absWorkingDir: root,
  entryPoints: [
    'src/index.ts',
    'src/node.ts',
    'src/indexes.ts',
    'src/editing.ts',
    'src/filters.ts',
    'src/datasets.ts',
    'src/streaming.ts',
    'src/verify.ts',
  ],
  outdir: 'dist',
  chunkNames: 'shared/[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'neutral',
  external: ['node:*', 'fflate'],
  target: 'es2022',
  // src/ is not in the published package: the maps carry the text themselves.
  sourcemap: true,
  sourcesContent: true,
  logLevel: 'warning',
});

// These take the package by its name: common parts with it would be more files for everyone to load. In Node the values and
// the parts are in the main entry.
await build({
  absWorkingDir: root,
  entryPoints: ['src/values.ts', 'src/parts.ts', 'src/integrations/class-transformer.ts'],
  outbase: 'src',
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  external: ['class-transformer'],
  target: 'es2022',
  sourcemap: true,
  sourcesContent: true,
  logLevel: 'warning',
  plugins: [
    {
      name: 'by-name',
      setup({ onResolve }) {
        onResolve({ filter: /\/(registry\/index|errors)\.js$/ }, () => ({
          path: 'h5pickle',
          external: true,
        }));
      },
    },
  ],
});
for (const [entry, names] of [
  ['values', 'UnknownInstance, unknownClassOf, values, valuesWith'],
  ['parts', 'parts'],
  ['datasets', 'datasets, datasetsWith, indexes'],
  ['streaming', 'streaming'],
])
  writeFileSync(`${root}dist/${entry}-of-node.js`, `export { ${names} } from './node.js';\n`);
