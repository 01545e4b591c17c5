import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs `use` with a path: the one given, or that of a temporary file with the bytes given. */
export async function withFile<T>(
  source: string | Uint8Array,
  use: (path: string) => Promise<T>,
): Promise<T> {
  if (typeof source === 'string') return use(source);
  const folder = await mkdtemp(join(tmpdir(), 'h5pickle-oracle-'));
  try {
    const path = join(folder, 'file.h5');
    await writeFile(path, source);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
