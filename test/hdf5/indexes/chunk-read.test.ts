import { expect, test } from 'vitest';
import { describeOracle } from '../../oracle/oracles.js';
import { expectSame, readDataset, type Step, withH5py } from './chunk-samples.js';
import { openBytes } from './samples.js';

interface Sample {
  shape: number[];
  maxshape?: (number | null)[];
  chunks: number[];
  options?: Record<string, unknown>;
  early?: boolean;
  dtype?: string;
  /** Boxes that are written, start and count; everything if there are none. */
  boxes?: [start: number[], count: number[]][];
  /** Whether libhdf5 1.10 tells wrong places (H5D__earray_idx_iterate_cb counts as if the dimensions were in order). */
  misplaced?: boolean;
  /** The index that libhdf5 chooses with `libver='latest'`. */
  type: string;
}

const DEFLATE = { compression: 'gzip', compression_opts: 1 };
const BOTH = { ...DEFLATE, shuffle: true, fletcher32: true };
const PAGED = 5000;

const SAMPLES: Record<string, Sample> = {
  single: { shape: [5, 7], chunks: [5, 7], type: 'single' },
  'single, filtered': { shape: [50, 7], chunks: [50, 7], options: BOTH, type: 'single' },
  'single, not written': { shape: [5], chunks: [5], boxes: [], type: 'single' },
  'single, filtered, not written': { shape: [5], chunks: [5], boxes: [], options: DEFLATE, type: 'single' },
  implicit: { shape: [40, 25], chunks: [8, 10], early: true, type: 'implicit' },
  'implicit, not full': {
    shape: [17, 11],
    maxshape: [40, 25],
    chunks: [8, 10],
    early: true,
    type: 'implicit',
  },
  'fixed array': { shape: [30, 20], chunks: [7, 3], type: 'fixed-array' },
  'fixed array, filtered': { shape: [300, 20], chunks: [70, 3], options: BOTH, type: 'fixed-array' },
  'fixed array, may grow': { shape: [10, 20], maxshape: [30, 60], chunks: [7, 3], type: 'fixed-array' },
  'fixed array, sparse': {
    shape: [30, 20],
    chunks: [7, 3],
    boxes: [
      [
        [8, 4],
        [2, 9],
      ],
      [
        [29, 19],
        [1, 1],
      ],
    ],
    type: 'fixed-array',
  },
  'fixed array, not written': { shape: [30], chunks: [7], boxes: [], type: 'fixed-array' },
  'fixed array, one page exactly': { shape: [1024], chunks: [1], dtype: 'u1', type: 'fixed-array' },
  'fixed array, pages': { shape: [PAGED, 3], chunks: [1, 3], dtype: 'u1', type: 'fixed-array' },
  'fixed array, pages, filtered': { shape: [PAGED], chunks: [2], options: DEFLATE, type: 'fixed-array' },
  'fixed array, pages, sparse': {
    shape: [20000],
    chunks: [1],
    dtype: 'u1',
    boxes: [
      [[3000], [5]],
      [[19990], [10]],
    ],
    type: 'fixed-array',
  },
  'extensible array, few': { shape: [3], maxshape: [null], chunks: [2], type: 'extensible-array' },
  'extensible array': { shape: [900], maxshape: [null], chunks: [3], type: 'extensible-array' },
  'extensible array, filtered': {
    shape: [900],
    maxshape: [null],
    chunks: [3],
    options: BOTH,
    type: 'extensible-array',
  },
  'extensible array, second dimension': {
    shape: [30, 90],
    maxshape: [30, null],
    chunks: [7, 4],
    misplaced: true,
    type: 'extensible-array',
  },
  'extensible array, middle dimension may grow, others too': {
    shape: [5, 40, 6],
    maxshape: [11, null, 20],
    chunks: [3, 2, 4],
    options: DEFLATE,
    misplaced: true,
    type: 'extensible-array',
  },
  'extensible array, not written': {
    shape: [0],
    maxshape: [null],
    chunks: [3],
    boxes: [],
    type: 'extensible-array',
  },
  'extensible array, sparse': {
    shape: [400000],
    maxshape: [null],
    chunks: [2],
    boxes: [
      [[0], [2]],
      [[9], [1]],
      [[777], [40]],
      [[30000], [3]],
      [[399990], [10]],
    ],
    type: 'extensible-array',
  },
  // Data blocks from the 131060th chunk on have pages.
  'extensible array, pages': {
    shape: [150000],
    maxshape: [null],
    chunks: [1],
    dtype: 'u1',
    boxes: [
      [[70000], [1100]],
      [[131000], [3000]],
      [[149999], [1]],
    ],
    type: 'extensible-array',
  },
  'extensible array, pages, filtered': {
    shape: [200000],
    maxshape: [null],
    chunks: [1],
    dtype: 'u1',
    options: { fletcher32: true },
    boxes: [
      [[0], [500]],
      [[20000], [300]],
      [[134000], [1300]],
      [[199000], [1000]],
    ],
    type: 'extensible-array',
  },
  'version 2 B-tree': { shape: [30, 40], maxshape: [null, null], chunks: [7, 3], type: 'btree-v2' },
  'version 2 B-tree, filtered': {
    shape: [90, 60],
    maxshape: [null, null],
    chunks: [2, 3],
    options: BOTH,
    type: 'btree-v2',
  },
  'version 2 B-tree, sparse': {
    shape: [900, 60, 20],
    maxshape: [null, 60, null],
    chunks: [2, 3, 5],
    boxes: [
      [
        [0, 50, 0],
        [3, 5, 20],
      ],
      [
        [700, 0, 7],
        [100, 9, 1],
      ],
    ],
    type: 'btree-v2',
  },
  'version 2 B-tree, not written': {
    shape: [3, 4],
    maxshape: [null, null],
    chunks: [7, 3],
    boxes: [],
    type: 'btree-v2',
  },
};

function steps(name: string, sample: Sample): Step[] {
  const { shape, maxshape, chunks, options, early, dtype = '<i4', boxes } = sample;
  const make: Step = {
    make: name,
    dtype,
    shape,
    chunks,
    ...(maxshape && { maxshape }),
    ...(options && { options }),
    ...(early && { early }),
  };
  const all: [number[], number[]][] = [[shape.map(() => 0), shape]];
  return [make, ...(boxes ?? all).map(([start, count], seed) => ({ write: name, start, count, seed }))];
}

describeOracle('h5py', () => {
  const names = Object.keys(SAMPLES);
  for (const libver of ['earliest', 'latest'] as const) {
    test(`finds chunks where libver ${libver} has put them`, () => {
      const all = names.flatMap((name) => steps(name, SAMPLES[name]!));
      const infos = names.map((name): Step => ({ info: name, most: 40 }));
      const made = withH5py([...all, ...infos], { libver });
      const space = openBytes(made.bytes);
      for (const [i, name] of names.entries()) {
        const dataset = readDataset(space, made.infos[i]!.object);
        expect(dataset.layout.index.type, name).toBe(libver === 'latest' ? SAMPLES[name]!.type : 'btree-v1');
        expectSame(dataset, made.infos[i]!, made.bytes, SAMPLES[name]!.misplaced && libver === 'latest');
      }
    });
  }

  test('finds chunks after the dataset has changed its shape', () => {
    const steps: Step[] = [];
    const shapes: Record<
      string,
      [number[], (number | null)[] | undefined, number[], Record<string, unknown>]
    > = {
      fixed: [[20, 20], [40, 30], [3, 4], {}],
      extensible: [[100, 20], [null, 20], [3, 4], DEFLATE],
      tree: [[50, 50], [null, null], [3, 4], {}],
      single: [[10], undefined, [10], DEFLATE],
    };
    for (const [name, [shape, maxshape, chunks, options]] of Object.entries(shapes)) {
      steps.push({ make: name, dtype: '<i2', shape, chunks, options, ...(maxshape && { maxshape }) });
      const smaller = shape.map((n) => Math.ceil(n / 2) + 1);
      steps.push({ write: name, start: shape.map(() => 0), count: shape });
      steps.push({ resize: name, shape: smaller });
      steps.push({ resize: name, shape });
      steps.push({ write: name, start: shape.map((n) => n - 1), count: shape.map(() => 1) });
    }
    for (const libver of ['earliest', 'latest'] as const) {
      const names = Object.keys(shapes);
      const made = withH5py([...steps, ...names.map((info): Step => ({ info }))], { libver });
      const space = openBytes(made.bytes);
      for (const info of made.infos) expectSame(readDataset(space, info.object), info, made.bytes);
    }
  });

  test('nodes of other sizes', () => {
    for (const libver of ['earliest', 'latest'] as const) {
      const sample: Sample = { shape: [60, 60], maxshape: [null, null], chunks: [2, 3], type: 'btree-v1' };
      const made = withH5py([...steps('x', sample), { info: 'x' }], { libver, istoreK: 3 });
      expectSame(readDataset(openBytes(made.bytes), made.infos[0]!.object), made.infos[0]!, made.bytes);
    }
  });
});
