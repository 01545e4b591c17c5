import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type Chunk, createChunkLayout } from '../../../src/hdf5/indexes/chunk-index.js';
import { TransactionSpace } from '../../../src/hdf5/transaction-space.js';
import { indexes } from '../../../src/indexes.js';
import { MemoryStorage } from '../../../src/storage/memory.js';
import { findAll } from '../../find-all.js';
import { describeOracle } from '../../oracle/oracles.js';
import { type Random, seeded } from '../../random.js';
import { sampled } from '../../thoroughness.js';
import { MemorySpace } from '../memory-space.js';
import {
  editIndex,
  expectSame,
  openIndex,
  readDataset,
  type Step,
  storeLayout,
  withH5py,
} from './chunk-samples.js';
import { openBytes } from './samples.js';

interface Sample {
  shape: number[];
  maxshape?: (number | null)[];
  chunks: number[];
  filtered?: boolean;
  /** What h5py writes at the beginning; nothing if it is missing. */
  box?: [start: number[], count: number[]];
  /** The shape that h5py gives it at the end. */
  grown?: number[];
  misplaced?: boolean;
  edits: number;
  /** Ranges of elements that are changed and compared; all if there are none. Chunks have one element then. */
  windows?: [start: number, end: number][];
}

const SAMPLES: Record<string, Sample> = {
  single: { shape: [5, 7], chunks: [5, 7], edits: 1 },
  'single, filtered': {
    shape: [5, 7],
    chunks: [5, 7],
    filtered: true,
    box: [
      [0, 0],
      [5, 7],
    ],
    edits: 3,
  },
  fixed: {
    shape: [30, 20],
    chunks: [7, 3],
    box: [
      [3, 4],
      [20, 9],
    ],
    edits: 40,
  },
  'fixed, new': {
    shape: [30, 20],
    maxshape: [60, 20],
    chunks: [7, 3],
    grown: [59, 20],
    filtered: true,
    edits: 40,
  },
  'fixed, pages': {
    shape: [9000],
    maxshape: [9999],
    chunks: [2],
    grown: [9999],
    box: [[5000], [300]],
    edits: 300,
  },
  'fixed, pages, new': { shape: [9000], chunks: [2], filtered: true, edits: 300 },
  extensible: {
    shape: [900, 4],
    maxshape: [null, 4],
    chunks: [3, 2],
    grown: [2000, 4],
    box: [
      [0, 0],
      [200, 4],
    ],
    edits: 300,
  },
  'extensible, new': {
    shape: [20, 500],
    maxshape: [30, null],
    chunks: [6, 5],
    filtered: true,
    grown: [25, 700],
    misplaced: true,
    edits: 300,
  },
  'extensible, pages': {
    shape: [135000],
    maxshape: [null],
    chunks: [1],
    grown: [200000],
    box: [[134000], [500]],
    edits: 900,
    windows: [
      [0, 700],
      [65000, 65500],
      [130900, 135000],
    ],
  },
  'extensible, pages, new': {
    shape: [150000],
    maxshape: [null],
    chunks: [1],
    filtered: true,
    edits: 900,
    windows: [
      [20, 400],
      [131000, 132000],
      [149000, 150000],
    ],
  },
  tree: {
    shape: [90, 90],
    maxshape: [null, null],
    chunks: [3, 2],
    grown: [90, 120],
    box: [
      [0, 0],
      [60, 90],
    ],
    edits: 400,
  },
  'tree, new': {
    shape: [90, 90],
    maxshape: [null, null],
    chunks: [3, 2],
    filtered: true,
    grown: [100, 100],
    edits: 900,
  },
  'tree, in order': { shape: [900, 9], maxshape: [null, null], chunks: [3, 2], grown: [960, 9], edits: -1 },
};

/** Changes values of a dataset as a chunk at a place changes them. */
function putChunk(
  values: Int32Array,
  sample: Sample,
  place: readonly number[],
  chunk: Int32Array | undefined,
): void {
  const { shape, chunks } = sample;
  const rank = shape.length;
  const total = chunks.reduce((product, n) => product * n, 1);
  for (let i = 0; i < total; i++) {
    let rest = i;
    let at = 0;
    let step = 1;
    let isInside = true;
    for (let axis = rank - 1; axis >= 0; axis--) {
      const n = place[axis]! * chunks[axis]! + (rest % chunks[axis]!);
      rest = Math.floor(rest / chunks[axis]!);
      isInside &&= n < shape[axis]!;
      at += n * step;
      step *= shape[axis]!;
    }
    if (isInside) values[at] = chunk ? chunk[i]! : 0;
  }
}

/** Sets and deletes chunks of a dataset at random, in the file and in its values. */
function edit(
  space: TransactionSpace,
  address: number,
  sample: Sample,
  values: Int32Array,
  random: Random,
): number {
  const dataset = readDataset(space, address);
  const index = editIndex(space, dataset);
  const counts = sample.shape.map((n, axis) => Math.ceil(n / sample.chunks[axis]!));
  const all = counts.reduce((product, n) => product * n, 1);
  const length = sample.chunks.reduce((product, n) => product * n, 1);
  const edits = sample.edits < 0 ? all : sample.edits;
  const start = random(all);
  for (let i = 0; i < edits; i++) {
    // Here and there, and some in a row.
    let number = sample.edits < 0 ? i : i % 3 === 0 ? random(all) : (start + i) % all;
    if (sample.windows) {
      const [from, to] = sample.windows[random(sample.windows.length)]!;
      number = from + (i % 3 === 0 ? random(to - from) : (start + i) % (to - from));
    }
    const place = counts.map(() => 0);
    for (let axis = counts.length - 1; axis >= 0; axis--) {
      place[axis] = number % counts[axis]!;
      number = Math.floor(number / counts[axis]!);
    }
    const old = index.get(place);
    if (old) space.free(old.address, old.size);
    if (sample.edits > 1 && random(4) === 0) {
      index.delete(place);
      putChunk(values, sample, place, undefined);
      continue;
    }
    const chunk = Int32Array.from({ length }, () => random(1000) - 500);
    const raw = new Uint8Array(chunk.buffer);
    // Some without the filter.
    const mask = dataset.filtered && random(3) === 0 ? 1 : 0;
    const bytes = dataset.filtered && mask === 0 ? new Uint8Array(deflateSync(raw)) : raw;
    const at = space.allocate(bytes.length);
    space.write(at, bytes);
    index.set(place, { address: at, size: bytes.length, mask });
    putChunk(values, sample, place, chunk);
  }
  index.flush();
  storeLayout(space, dataset, index.layout);
  let count = 0;
  index.forEach(() => void count++);
  return count;
}

const int32 = (base64: string) => {
  const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
  return new Int32Array(bytes.buffer);
};

/** Puts the values of windows where they belong. */
function spread(values: Int32Array, { shape, windows }: Sample): Int32Array {
  if (!windows) return values;
  const all = new Int32Array(shape[0]!);
  let at = 0;
  for (const [start, end] of windows) {
    all.set(values.subarray(at, at + end - start), start);
    at += end - start;
  }
  return all;
}

describeOracle('h5py', () => {
  for (const [i, libver] of (['earliest', 'latest'] as const).entries()) {
    test(`reads, and goes on with, indexes of libver ${libver} that were edited`, () => {
      const names = sampled(Object.keys(SAMPLES), 2, i);
      const steps: Step[] = [];
      for (const name of names) {
        const { shape, maxshape, chunks, filtered, box } = SAMPLES[name]!;
        const options = filtered ? { compression: 'gzip', compression_opts: 4 } : {};
        steps.push({ make: name, dtype: '<i4', shape, chunks, options, ...(maxshape && { maxshape }) });
        if (box) steps.push({ write: name, start: box[0], count: box[1], seed: 1 });
      }
      const infos = names.map((info): Step => ({ info, most: 30, values: SAMPLES[info]!.windows ?? true }));
      const made = withH5py([...steps, ...infos], { libver });

      const storage = new MemoryStorage(made.bytes);
      const space = TransactionSpace.open(storage, { indexes });
      const random = seeded(11);
      const values = made.infos.map((info, i) => spread(int32(info.values), SAMPLES[names[i]!]!));
      const counts = names.map((name, i) =>
        edit(space, made.infos[i]!.object, SAMPLES[name]!, values[i]!, random),
      );
      space.commit();
      const bytes = new Uint8Array(storage.copy(0, storage.size));
      const read = withH5py(infos, { libver, file: bytes });
      for (const [i, name] of names.entries()) {
        const info = read.infos[i]!;
        expect(info.count, name).toBe(counts[i]);
        const theirs = spread(int32(info.values), SAMPLES[name]!);
        expect(Buffer.compare(Buffer.from(theirs.buffer), Buffer.from(values[i]!.buffer)), name).toBe(0);
        const misplaced = SAMPLES[name]!.misplaced && libver === 'latest';
        expectSame(readDataset(openBytes(bytes), info.object), info, bytes, misplaced);
      }

      // The library fills gaps, grows and shrinks what it has found.
      const more: Step[] = [];
      for (const name of names) {
        const { shape, grown } = SAMPLES[name]!;
        const third = shape.map((n) => Math.floor(n / 3));
        more.push({ write: name, start: third, count: third.map((n) => Math.min(n, 40)), seed: 3 });
        if (grown) {
          more.push({ resize: name, shape: shape.map((n) => n - Math.floor(n / 5)) });
          more.push({ resize: name, shape: grown });
          more.push({ write: name, start: grown.map((n) => n - 1), count: grown.map(() => 1), seed: 4 });
        }
      }
      const changed = withH5py([...more, ...infos], { libver, file: bytes });
      for (const [i, name] of names.entries()) {
        const info = changed.infos[i]!;
        const misplaced = SAMPLES[name]!.misplaced && libver === 'latest';
        expectSame(readDataset(openBytes(changed.bytes), info.object), info, changed.bytes, misplaced);
      }
    });
  }

  test('arrays are the same as those of the library', () => {
    const shapes: Record<string, { shape: number[]; maxshape?: (number | null)[]; filtered?: boolean }> = {
      few: { shape: [3], maxshape: [null] },
      extensible: { shape: [3000], maxshape: [null] },
      filtered: { shape: [900], maxshape: [null], filtered: true },
      fixed: { shape: [900] },
      'fixed, pages': { shape: [2100], filtered: true },
    };
    for (const [name, { shape, maxshape, filtered = false }] of Object.entries(shapes)) {
      const made = withH5py([
        {
          make: name,
          dtype: '<i4',
          shape,
          chunks: [1],
          options: filtered ? { fletcher32: true } : {},
          ...(maxshape && { maxshape }),
        },
        { write: name, start: [0], count: shape },
        { info: name, most: 1 },
      ]);
      const theirs = openBytes(made.bytes);
      const dataset = readDataset(theirs, made.infos[0]!.object);
      const space = new MemorySpace();
      const maxDims = maxshape?.map((n) => n ?? Number.POSITIVE_INFINITY);
      const layout = createChunkLayout(shape, maxDims, [1], 4, filtered);
      expect(layout).toEqual({ ...dataset.layout, address: layout.address });
      const index = editIndex(space, { ...dataset, layout });
      openIndex(theirs, dataset).forEach((place, chunk: Chunk) => void index.set(place, chunk));
      index.flush();
      const ours = space.copy(0, space.end, 'all');
      for (const signature of ['FAHD', 'FADB', 'EAHD', 'EAIB', 'EASB', 'EADB']) {
        // Up to addresses of blocks and checksums: what a header counts, and where a block begins in the array.
        const [start, end] = signature.endsWith('HD') ? [0, signature === 'EAHD' ? 60 : 16] : [14, 18];
        const contents = (bytes: Uint8Array) =>
          findAll(bytes, signature)
            .filter(
              (at) => signature.endsWith('HD') || signature === 'EASB' || signature === 'EADB' || at > 0,
            )
            .map((at) => Buffer.from(bytes.subarray(at + start, at + end)).toString('hex'))
            .sort();
        const found = contents(ours);
        if (signature === 'EAIB' || signature === 'FADB')
          expect(found.length).toBe(contents(made.bytes).length);
        else expect(found, `${signature} of ${name}`).toEqual(contents(made.bytes));
        if (signature.startsWith(maxshape ? 'EAH' : 'FAH')) expect(found.length).toBe(1);
      }
    }
  });
});
