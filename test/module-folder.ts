import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../node_modules/.cache', import.meta.url));

/** A new folder for modules that find the packages which this project finds: it is below node_modules. Who asks removes it. */
export async function moduleFolder(): Promise<string> {
  await mkdir(CACHE, { recursive: true });
  return mkdtemp(join(CACHE, 'h5pickle-'));
}
