import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runPython } from './python.js';

/** An index of one axis, as numpy_arrays.py takes it. */
export type NumpyIndex =
  | { at: number }
  | { slice: [number | null, number | null, number | null] }
  | { new: true }
  | { dots: true }
  | { list: unknown[] }
  | { mask: unknown[] }
  | { is: boolean };

export type NumpyLink = { index: NumpyIndex[] } | { transpose: number[] } | { reshape: number[] };

export interface NumpyValue {
  shape: readonly number[];
  data: readonly number[];
}

export type NumpyStep =
  | { read: NumpyLink[] }
  | { write: NumpyLink[]; value: NumpyValue }
  | { insert: number | number[]; value: NumpyValue; axis: number }
  | { delete: number | number[] | NumpyIndex; axis: number }
  | { all: true };

export interface NumpyJob {
  shape?: readonly number[];
  file?: string;
  dataset?: string;
  steps: NumpyStep[];
}

export type NumpyOutcome = NumpyValue | null | { error: string; message: string };

const SCRIPT = fileURLToPath(new URL('./numpy_arrays.py', import.meta.url));

/** What numpy makes of jobs, all of them in one process: see numpy_arrays.py. */
export async function askNumpy(jobs: readonly NumpyJob[]): Promise<NumpyOutcome[][]> {
  const folder = await mkdtemp(join(tmpdir(), 'h5pickle-numpy-'));
  try {
    const path = join(folder, 'jobs.json');
    await writeFile(path, JSON.stringify(jobs));
    const stdout = runPython([SCRIPT, path]);
    return JSON.parse(stdout) as NumpyOutcome[][];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
