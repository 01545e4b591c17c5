import { execFile } from 'node:child_process';
import { withFile } from './temporary-file.js';

/**
 * The output of h5dump: by default the whole file. Throws what it says on stderr, if anything: it reports some
 * failures there and goes on.
 */
export async function h5dump(source: string | Uint8Array, args: string[] = []): Promise<string> {
  return withFile(
    source,
    (path) =>
      new Promise((resolve, reject) => {
        execFile('h5dump', [...args, path], { maxBuffer: 2 ** 30 }, (error, stdout, stderr) => {
          if (stderr.trim() !== '') reject(new Error(`h5dump ${path}: ${stderr.trim()}`));
          else if (error) reject(error);
          else resolve(stdout);
        });
      }),
  );
}
