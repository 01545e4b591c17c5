// @ts-check
// Bundles the core as an application would, prints how large it is and what makes it so, and fails when it
// exceeds the budget or needs anything of Node's.
import { isBuiltin } from 'node:module';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const BUDGET = 40 * 1024;
const ENTRY = 'src/index.ts';

/** @type {{ specifier: string, importer: string }[]} */
const builtins = [];

// Builtins are marked external, so that the bundle is made and all of them are reported, not only the first.
/** @type {import('esbuild').Plugin} */
const findBuiltins = {
  name: 'find-builtins',
  setup({ onResolve }) {
    onResolve({ filter: /^[^.]/ }, ({ path, importer }) => {
      if (!isBuiltin(path)) return undefined;
      builtins.push({ specifier: path, importer });
      return { path, external: true };
    });
  },
};

const root = fileURLToPath(new URL('..', import.meta.url));
const { outputFiles, metafile } = await build({
  absWorkingDir: root,
  entryPoints: [ENTRY],
  bundle: true,
  platform: 'browser',
  format: 'esm',
  target: 'es2022',
  minify: true,
  metafile: true,
  write: false,
  logLevel: 'error',
  plugins: [findBuiltins],
});

const [bundle] = outputFiles;
const [output] = Object.values(metafile.outputs);
if (!bundle || !output) throw new Error(`esbuild made nothing of ${ENTRY}`);

/** @type {Map<string, number>} */
const folders = new Map();
for (const [file, { bytesInOutput }] of Object.entries(output.inputs)) {
  const folder = dirname(file);
  folders.set(folder, (folders.get(folder) ?? 0) + bytesInOutput);
}

const gzipped = gzipSync(bundle.contents, { level: 9 }).byteLength;
const pad = (/** @type {number} */ bytes) => bytes.toLocaleString('en').padStart(9);

console.log('minified bytes, by folder');
for (const [folder, bytes] of [...folders].sort(([, a], [, b]) => b - a))
  console.log(`${pad(bytes)}  ${folder}`);
console.log(`${pad(bundle.contents.byteLength)}  minified`);
console.log(`${pad(gzipped)}  gzipped, of ${BUDGET.toLocaleString('en')} at most`);

if (gzipped > BUDGET) {
  console.error(`size: ${gzipped - BUDGET} bytes over the budget`);
  process.exitCode = 1;
}
for (const { specifier, importer } of builtins) {
  console.error(`size: ${relative(root, importer)} imports '${specifier}'; the core must run without Node`);
  process.exitCode = 1;
}
