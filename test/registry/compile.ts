import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import ts from 'typescript';
import { moduleFolder } from '../module-folder.js';
import { compilerOptions, typeErrors } from '../typescript.js';

/** How to compile a fixture: what users of the package choose among. */
export interface CompileOptions {
  readonly compiler: 'tsc' | 'esbuild';
  readonly decorators: 'standard' | 'legacy';
  /** Only `tsc` can, and only for legacy decorators. */
  readonly emitDecoratorMetadata?: boolean;
  /** As a build for production does: classes get other names. */
  readonly minify?: boolean;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = join(root, 'src') + sep;

/**
 * Compiles a TypeScript module as a user's build would, and imports the result. With `tsc` it is type-checked
 * as well, and a diagnostic fails the test.
 *
 * The sources of this package that the fixture imports are compiled into the same bundle. So each call gets
 * an instance of the package of its own: what a test needs of it (a registry, an error class), the fixture
 * must export.
 *
 * @example
 * const fixture = new URL('./fixtures/points.ts', import.meta.url);
 * const { Point } = await compileFixture<typeof import('./fixtures/points.js')>(fixture, {
 *   compiler: 'tsc',
 *   decorators: 'standard',
 * });
 */
export async function compileFixture<Module = Record<string, unknown>>(
  fixture: URL,
  options: CompileOptions,
): Promise<Module> {
  const file = fileURLToPath(fixture);
  const key = JSON.stringify([file, options]);
  const compiling = compiled.get(key) ?? compile(file, options);
  compiled.set(key, compiling);
  const text = await compiling;

  // Vitest leaves the import to Node there.
  const folder = await moduleFolder();
  try {
    const path = join(folder, `${basename(file, '.ts')}.mjs`);
    await writeFile(path, text);
    return await import(pathToFileURL(path).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What was made of a fixture, which does not change while tests run. */
const compiled = new Map<string, Promise<string>>();

async function compile(file: string, options: CompileOptions): Promise<string> {
  const { compiler, decorators, emitDecoratorMetadata = false, minify = false } = options;
  if (compiler === 'esbuild' && emitDecoratorMetadata) throw new Error('esbuild emits no decorator metadata');
  if (compiler === 'tsc') checkTypes(file, options);
  const { outputFiles } = await build({
    entryPoints: [file],
    write: false,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    sourcemap: 'inline',
    minify,
    logLevel: 'silent',
    tsconfigRaw: { compilerOptions: { experimentalDecorators: decorators === 'legacy' } },
    plugins: compiler === 'tsc' ? [transpileFixtures(options)] : [],
  });
  return (outputFiles[0] as { text: string }).text;
}

/** Throws an error with the compiler's own report, when it has anything to say about the file. */
function checkTypes(file: string, options: CompileOptions): void {
  const errors = typeErrors([file], optionsOf(options));
  if (errors !== '') throw new Error(errors);
}

/**
 * Has esbuild, which bundles, see what TypeScript makes of the fixture and of what it imports; but not of our
 * own sources, which have no decorators and would only take time.
 */
function transpileFixtures(options: CompileOptions): Plugin {
  return {
    name: 'transpile-fixtures',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (path.startsWith(sources)) return undefined;
        const { outputText } = ts.transpileModule(await readFile(path, 'utf8'), {
          fileName: path,
          compilerOptions: {
            ...optionsOf(options),
            module: ts.ModuleKind.ESNext,
            moduleResolution: ts.ModuleResolutionKind.Bundler,
            inlineSourceMap: true,
          },
        });
        return { contents: outputText, loader: 'js' };
      });
    },
  };
}

/** Those of this project, with the decorators as asked. */
function optionsOf({ decorators, emitDecoratorMetadata = false }: CompileOptions): ts.CompilerOptions {
  return compilerOptions({ experimentalDecorators: decorators === 'legacy', emitDecoratorMetadata });
}
