import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { H5File } from './hdf5/h5-file.js';
import { H5File as NodeFile } from './node.js';
import { useTemporary } from './numpy/disk.js';

export * from './numpy.js';

let folder: string | undefined;
let count = 0;

/** Removes the folder of temporary files. */
function clear(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
}

/** Of files that nobody reads any more. */
const forgotten = new FinalizationRegistry<string>((path) => {
  try {
    rmSync(path, { force: true });
  } catch {
    // Windows removes no file that is open: this one goes with the folder.
  }
});

useTemporary(
  () => {
    if (folder === undefined) {
      folder = mkdtempSync(join(tmpdir(), 'h5pickle-numpy-'));
      process.once('exit', clear);
    }
    const path = join(folder, `${++count}.h5`);
    const file = NodeFile.open(path, 'w') as H5File;
    forgotten.register(file, path);
    return file;
  },
  join(tmpdir(), 'h5pickle-numpy'),
);
