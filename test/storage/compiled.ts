import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Modules of src/storage as plain JavaScript, for processes and threads that the tests start. */
export interface Compiled {
  /** The `file:` URL of a module. */
  url(name: 'file' | 'lock'): string;
  remove(): Promise<void>;
}

export async function compileStorage(): Promise<Compiled> {
  const folder = await mkdtemp(join(tmpdir(), 'h5pickle-compiled-'));
  // Other users read it in the tests of permissions.
  await chmod(folder, 0o755);
  const source = (name: string) => fileURLToPath(new URL(`../../src/storage/${name}.ts`, import.meta.url));
  await build({
    entryPoints: [source('file'), source('lock')],
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
