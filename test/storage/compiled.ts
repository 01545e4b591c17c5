import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Modules as plain JavaScript, for processes and threads that the tests start. */
export interface Compiled {
  /** The `file:` URL of a module. */
  url(name: string): string;
  remove(): Promise<void>;
}

/** `file` and `lock` of src/storage. */
export const compileStorage = (): Promise<Compiled> =>
  compile({ file: '../../src/storage/file.ts', lock: '../../src/storage/lock.ts' });

/** Modules by the names that they get, and where they are from here. Each is a bundle. */
export async function compile(modules: { readonly [name: string]: string }): Promise<Compiled> {
  const folder = await mkdtemp(join(tmpdir(), 'h5pickle-compiled-'));
  // Other users read it in the tests of permissions.
  await chmod(folder, 0o755);
  await build({
    entryPoints: Object.fromEntries(
      Object.entries(modules).map(([name, source]) => [
        name,
        fileURLToPath(new URL(source, import.meta.url)),
      ]),
    ),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
  });
  return {
    url: (name) => pathToFileURL(join(folder, `${name}.mjs`)).href,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
