import { dirname } from 'node:path';
import ts from 'typescript';
import { defineConfig, type Plugin } from 'vitest/config';

/**
 * Vitest's own transform leaves standard decorators as they are, and Node 20 cannot parse them. So files
 * with decorators go through the compiler that our users have. The nearest tsconfig.json says which kind
 * of decorator a file has: that of test/registry/legacy/ switches `experimentalDecorators` on.
 */
function decorators(): Plugin {
  const decorator = /^\s*@[A-Za-z_]\w*/m;

  function optionsFor(file: string): ts.CompilerOptions {
    const config = ts.findConfigFile(dirname(file), ts.sys.fileExists);
    if (!config) return {};
    const { config: json } = ts.readConfigFile(config, ts.sys.readFile);
    return ts.parseJsonConfigFileContent(json, ts.sys, dirname(config)).options;
  }

  return {
    name: 'h5pickle:decorators',
    enforce: 'pre',
    transform(code, id) {
      const file = id.split('?')[0]!;
      if (!/\.[cm]?ts$/.test(file) || file.includes('/node_modules/') || !decorator.test(code)) return null;
      const { outputText, sourceMapText } = ts.transpileModule(code, {
        fileName: file,
        compilerOptions: {
          ...optionsFor(file),
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

export default defineConfig({
  plugins: [decorators()],
  test: {
    include: ['test/**/*.test.ts'],
    // Processes, not threads: a test may exhaust memory or kill its process to prove a point.
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
