import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Datatype, datatypeBytes } from '../../../src/hdf5/messages/datatype.js';
import type { FilterInfo } from '../../../src/hdf5/messages/filter-pipeline.js';
import { runPython } from '../../oracle/oracles.js';

const SCRIPT = fileURLToPath(new URL('./chunks.py', import.meta.url));

/** A dataset of one dimension that libhdf5 is to make. */
export interface Case {
  readonly name: string;
  readonly type: Datatype;
  /** Elements of the dataset and of a chunk. */
  readonly length: number;
  readonly chunk: number;
  /** What a program asks for; libhdf5 adds client data of its own. */
  readonly filters?: readonly AskedFilter[];
  /** Options of h5py's create_dataset instead. */
  readonly create?: Readonly<Record<string, unknown>>;
  readonly fill?: Uint8Array | 'undefined';
  /** All elements as bytes of the file... */
  readonly data?: Uint8Array;
  /** ...or the chunks as they are to be stored. */
  readonly chunks?: readonly StoredChunk[];
}

export interface AskedFilter {
  readonly id: number;
  readonly optional: boolean;
  readonly values?: readonly number[];
}

export interface StoredChunk {
  /** The first element. */
  readonly start: number;
  readonly mask: number;
  readonly bytes: Uint8Array;
}

export interface Made {
  readonly filters: FilterInfo[];
  readonly chunks: StoredChunk[];
  /** All elements as libhdf5 reads them. */
  readonly data: Uint8Array;
}

/** Has h5py make the datasets, in one file, and calls `use` while the file is there. */
export function makeChunks<T = void>(
  cases: readonly Case[],
  latest = true,
  use?: (file: string) => T,
): { made: Made[]; used: T | undefined } {
  const folder = mkdtempSync(join(tmpdir(), 'h5pickle-filters-'));
  try {
    const file = join(folder, 'file.h5');
    const request = JSON.stringify({ file, latest, cases: cases.map(asJson) });
    const lines = runPython([SCRIPT], { input: request });
    const made = lines
      .trimEnd()
      .split('\n')
      .map((line, i) => fromJson(JSON.parse(line), cases[i]!));
    return { made, used: use?.(file) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function asJson({ type, length, chunk, filters, create, fill, data, chunks }: Case): unknown {
  return {
    type: base64(datatypeBytes(type)),
    shape: [length],
    chunk: [chunk],
    filters: (filters ?? []).map(({ id, optional, values }) => [id, optional ? 1 : 0, values ?? []]),
    ...(create && { create }),
    fill: fill === undefined || fill === 'undefined' ? (fill ?? null) : base64(fill),
    ...(data && { data: base64(data) }),
    ...(chunks && { chunks: chunks.map(({ start, mask, bytes }) => [[start], mask, base64(bytes)]) }),
  };
}

interface Answer {
  error?: string;
  filters: [id: number, flags: number, values: number[], name: string][];
  chunks: [place: number[], mask: number, bytes: string][];
  data: string;
}

function fromJson({ error, filters, chunks, data }: Answer, { name }: Case): Made {
  if (error !== undefined) throw new Error(`${name}: ${error}`);
  return {
    filters: filters.map(([id, flags, values, name]) => ({ id, name, optional: (flags & 1) !== 0, values })),
    chunks: chunks.map(([place, mask, bytes]) => ({ start: place[0]!, mask, bytes: fromBase64(bytes) })),
    data: fromBase64(data),
  };
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const fromBase64 = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
