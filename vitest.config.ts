import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { defineConfig, type Plugin } from 'vitest/config';

/**
 * Vitest's own transform leaves standard decorators as they are, and Node 20 cannot parse them. So files with
 * decorators go through the compiler that our users have.
 */
function decorators(): Plugin {
  const decorator = /^\s*(export\s+)?(default\s+)?@[A-Za-z_]\w*/m;
  const { config } = ts.readConfigFile(
    fileURLToPath(new URL('./tsconfig.json', import.meta.url)),
    ts.sys.readFile,
  );
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, '.');

  return {
    name: 'h5pickle:decorators',
    enforce: 'pre',
    transform(code, id) {
      const file = id.split('?')[0]!;
      if (!file.endsWith('.ts') || file.includes('/node_modules/') || !decorator.test(code)) return null;
      const { outputText, sourceMapText } = ts.transpileModule(code, {
        fileName: file,
        compilerOptions: {
          ...options,
          module: ts.ModuleKind.ESNext,
          moduleResolution: ts.ModuleResolutionKind.Bundler,
          sourceMap: true,
          inlineSources: true,
        },
      });
      return { code: outputText.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'), map: sourceMapText! };
    },
  };
}

/**
 * They replace modules, are about a process that has not loaded one, or hear of errors that nobody in their process catches. All
 * others share what they import, for that takes as long as the tests.
 */
const ALONE = [
  'test/containers/failing-end.test.ts',
  'test/storage/file.test.ts',
  'test/storage/lock.test.ts',
  'test/storage/replace-file.test.ts',
  'test/hdf5/indexes/forged-checksums.test.ts',
  'test/hdf5/indexes/chunk-damage.test.ts',
  'test/registry/decorators.test.ts',
];

export default defineConfig({
  plugins: [decorators()],
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'together', include: ['test/**/*.test.ts'], exclude: ALONE, isolate: false },
      },
      { extends: true, test: { name: 'alone', include: ALONE } },
    ],
    // Processes, not threads: a test may exhaust memory or kill its process to prove a point.
    pool: 'forks',
    // Vitest leaves one processor idle, which of two is half of them.
    maxWorkers: '100%',
    // For what hangs: how long a test takes is up to the machine, and to all that runs beside it.
    testTimeout: process.env['H5PICKLE_CASES'] === undefined ? 120_000 : 900_000,
    hookTimeout: 300_000,
    setupFiles: ['./test/setup.ts'],
  },
});
