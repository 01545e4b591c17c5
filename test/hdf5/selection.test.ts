import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { H5FormatError, H5TypeError } from '../../src/errors.js';
import {
  type AxisSelection,
  broadcast,
  type Mask,
  parseSelection,
  product,
  rowMajor,
  type Selection,
  type SelectionInput,
  type Slice,
  selectAll,
} from '../../src/hdf5/selection.js';
import { runs, THOROUGH } from '../thoroughness.js';

// ---- a model: every element by itself -------------------------------------------------------------------

interface Model {
  shape: number[];
  /** The offset of each element, in the order of the result. */
  offsets: number[];
}

function pythonRange({ start, stop, step = 1 }: Slice, dim: number): number[] {
  const wrap = (index: number) => (index < 0 ? index + dim : index);
  const first = wrap(start ?? 0);
  const end = wrap(stop ?? dim);
  const indices: number[] = [];
  for (let i = Math.max(first, 0); i < end && i < dim; i += step) indices.push(i);
  return indices;
}

function modelAxis(entry: AxisSelection, dim: number): { indices: number[]; dropped: boolean } {
  if (entry === undefined) return { indices: pythonRange({}, dim), dropped: false };
  if (typeof entry === 'number') return { indices: [entry < 0 ? entry + dim : entry], dropped: true };
  if (Array.isArray(entry)) {
    const [start, stop, step] = entry as number[];
    return { indices: pythonRange({ start, stop, step }, dim), dropped: false };
  }
  const given = ArrayBuffer.isView(entry) ? (entry as Int32Array) : (entry as { indices?: number[] }).indices;
  if (given) return { indices: Array.from(given, (i) => (i < 0 ? i + dim : i)), dropped: false };
  return { indices: pythonRange(entry as Slice, dim), dropped: false };
}

function modelGrid(entries: readonly AxisSelection[], dims: readonly number[]): Model {
  const axes = dims.map((dim, axis) => modelAxis(entries[axis], dim));
  let offsets = [0];
  axes.forEach(({ indices }, axis) => {
    offsets = offsets.flatMap((offset) => indices.map((i) => offset * dims[axis]! + i));
  });
  return { shape: axes.filter((axis) => !axis.dropped).map((axis) => axis.indices.length), offsets };
}

// ---- what is generated ----------------------------------------------------------------------------------

const anyDims = fc.array(fc.nat(6), { minLength: 1, maxLength: 4 });

function anyIndices(dim: number): fc.Arbitrary<AxisSelection> {
  const index = fc.integer({ min: -dim, max: Math.max(dim - 1, 0) });
  return fc
    .array(index, { maxLength: dim === 0 ? 0 : 8 })
    .chain((indices) => fc.constantFrom<AxisSelection>({ indices }, Int16Array.from(indices)));
}

function anyAxis(dim: number): fc.Arbitrary<AxisSelection> {
  const bound = fc.option(fc.integer({ min: -9, max: 9 }), { nil: undefined });
  const step = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined });
  const choices: fc.Arbitrary<AxisSelection>[] = [
    fc.constant(undefined),
    fc.tuple(bound, bound),
    fc.tuple(bound, bound, step),
    fc.record({ start: bound, stop: bound, step }),
  ];
  if (dim > 0) choices.push(fc.integer({ min: -dim, max: dim - 1 }));
  return fc.oneof(...choices);
}

const anyGrid = anyDims.chain((dims) =>
  fc
    .record({
      entries: fc.tuple(...dims.map(anyAxis)),
      listAt: fc.option(fc.nat(dims.length - 1), { nil: undefined }),
      indices: fc.tuple(...dims.map(anyIndices)),
    })
    .map(({ entries, listAt, indices }) => {
      const all = [...entries];
      if (listAt !== undefined) all[listAt] = indices[listAt];
      return { dims, entries: all };
    }),
);

const anyPoints = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }).chain((dims) =>
  fc.record({
    dims: fc.constant(dims),
    points: fc.array(fc.tuple(...dims.map((dim) => fc.integer({ min: -dim, max: dim - 1 }))), {
      maxLength: 30,
    }),
  }),
);

const anyMask = anyDims.chain((dims) =>
  fc.record({
    dims: fc.constant(dims),
    mask: fc.array(fc.boolean(), { minLength: product(dims), maxLength: product(dims) }),
  }),
);

const anyChunks = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 4, maxLength: 4 });

// ---- what is checked ------------------------------------------------------------------------------------

function expectSelects(selection: Selection, { shape, offsets }: Model): void {
  expect(selection.shape).toEqual(shape);
  expect(selection.count).toBe(offsets.length);
  const found = new Array<number>(offsets.length).fill(-1);
  let end = [-1, -1];
  selection.forEachRun((offset, length, position) => {
    expect(length).toBeGreaterThan(0);
    // Neighbours are joined.
    expect([offset, position]).not.toEqual(end);
    end = [offset + length, position + length];
    for (let i = 0; i < length; i++) {
      expect(found[position + i]).toBe(-1);
      found[position + i] = offset + i;
    }
  });
  expect(found).toEqual(offsets);
}

/** `points` may be all of a chunk without saying so. */
function expectSelectsInChunks(
  selection: Selection,
  chunkDims: number[],
  { offsets }: Model,
  points = false,
): void {
  const { dims } = selection;
  const strides = rowMajor(dims);
  const chunkStrides = rowMajor(chunkDims);
  const found = new Array<number>(offsets.length).fill(-1);
  const visited = new Set<string>();
  selection.forEachChunk(chunkDims, (place, part) => {
    expect(visited).not.toContain(place.join());
    visited.add(place.join());
    const elements = new Set<number>();
    let count = 0;
    part.forEachRun((offset, length, position) => {
      expect(offset + length).toBeLessThanOrEqual(product(chunkDims));
      for (let i = 0; i < length; i++) {
        let element = 0;
        for (let axis = 0; axis < dims.length; axis++) {
          const within = Math.floor((offset + i) / chunkStrides[axis]!) % chunkDims[axis]!;
          const index = place[axis]! * chunkDims[axis]! + within;
          expect(index).toBeLessThan(dims[axis]!);
          element += index * strides[axis]!;
        }
        expect(found[position + i]).toBe(-1);
        found[position + i] = element;
        elements.add(element);
        count++;
      }
    });
    expect(count).toBe(part.count);
    expect(count).toBeGreaterThan(0);
    const room = product(chunkDims.map((size, axis) => Math.min(size, dims[axis]! - place[axis]! * size)));
    const isWhole = elements.size === room && count === room;
    if (part.covers || !points) expect(part.covers).toBe(isWhole);
  });
  expect(found).toEqual(offsets);
}

describe('a selection', () => {
  test('of any axes agrees with a model', () => {
    fc.assert(
      fc.property(anyGrid, anyChunks, ({ dims, entries }, chunks) => {
        const model = modelGrid(entries, dims);
        const selection = parseSelection(entries, dims);
        expectSelects(selection, model);
        expectSelectsInChunks(selection, chunks.slice(0, dims.length), model);
      }),
      { numRuns: runs(1500) },
    );
  });

  test('of points agrees with a model, nested and flat', () => {
    fc.assert(
      fc.property(anyPoints, anyChunks, ({ dims, points }, chunks) => {
        const offsets = points.map((point) =>
          point.reduce(
            (offset, index, axis) => offset * dims[axis]! + (index < 0 ? index + dims[axis]! : index),
            0,
          ),
        );
        const model = { shape: [points.length], offsets };
        for (const given of [points, points.flat(), Int32Array.from(points.flat())]) {
          expectSelects(parseSelection({ points: given }, dims), model);
        }
        expectSelectsInChunks(parseSelection({ points }, dims), chunks.slice(0, dims.length), model, true);
      }),
      { numRuns: runs(500) },
    );
  });

  test('of a mask agrees with a model, nested and flat', () => {
    fc.assert(
      fc.property(anyMask, anyChunks, ({ dims, mask }, chunks) => {
        const offsets = mask.flatMap((selected, i) => (selected ? [i] : []));
        const model = { shape: [offsets.length], offsets };
        const nested = nest(mask, dims);
        for (const given of [mask, Uint8Array.from(mask, Number), nested]) {
          expectSelects(parseSelection({ mask: given }, dims), model);
        }
        expectSelectsInChunks(parseSelection({ mask }, dims), chunks.slice(0, dims.length), model);
      }),
      { numRuns: runs(500) },
    );
  });

  test('with dots, or fewer entries than axes, leaves the other axes whole', () => {
    const dims = [3, 4, 5, 6];
    const shapes: [SelectionInput, number[]][] = [
      [[], dims],
      [['...'], dims],
      [[1], [4, 5, 6]],
      [
        ['...', 1],
        [3, 4, 5],
      ],
      [
        [1, '...'],
        [4, 5, 6],
      ],
      [
        [[1, 3], '...', [0, 2]],
        [2, 4, 5, 2],
      ],
      [[0, '...', 1, 2], [4]],
      [[0, 1, '...', 2, 3], []],
      [[0, 1, 2, 3, '...'], []],
      [['...', 0, 1, 2, 3], []],
    ];
    for (const [input, shape] of shapes) expect(parseSelection(input, dims).shape).toEqual(shape);
    expectSelects(
      parseSelection([[1, 3], '...', -1], dims),
      modelGrid([[1, 3], undefined, undefined, -1], dims),
    );
  });

  test('of a scalar is its element', () => {
    for (const input of [[], ['...']] as SelectionInput[]) {
      const selection = parseSelection(input, []);
      expectSelects(selection, { shape: [], offsets: [0] });
      expectSelectsInChunks(selection, [], { shape: [], offsets: [0] });
    }
  });

  test('bounds without an end may be infinite', () => {
    expect(parseSelection([[2, Number.POSITIVE_INFINITY]], [5]).shape).toEqual([3]);
    expect(parseSelection([[Number.NEGATIVE_INFINITY, 2]], [5]).shape).toEqual([2]);
  });

  test('of everything is one run, and each chunk as few as it can be', () => {
    const runs: number[][] = [];
    selectAll([100, 200, 30]).forEachRun((...run) => runs.push(run));
    expect(runs).toEqual([[0, 600_000, 0]]);
    const parts: number[][] = [];
    // Whole rows.
    parseSelection([[10, 30]], [100, 200, 30]).forEachChunk([20, 200, 30], (place, part) => {
      part.forEachRun((...run) => parts.push([...place, ...run]));
    });
    expect(parts).toEqual([
      [0, 0, 0, 60_000, 60_000, 0],
      [1, 0, 0, 0, 60_000, 60_000],
    ]);
  });

  test('touches only the chunks that it needs, in a dataset that is huge', () => {
    const places: number[][] = [];
    const visit = (place: readonly number[]) => places.push([...place]);
    const dims = [2 ** 25, 2 ** 26];
    parseSelection([-1, [0, 2 ** 26, 2 ** 25]], dims).forEachChunk([2, 4], visit);
    parseSelection({ points: [[5, 5]] }, dims).forEachChunk([2, 4], visit);
    parseSelection([{ indices: [2 ** 24, 7, 2 ** 24] }, 0], dims).forEachChunk([2, 4], visit);
    expect(places).toEqual([
      [2 ** 24 - 1, 0],
      [2 ** 24 - 1, 2 ** 23],
      [2, 1],
      [3, 0],
      [2 ** 23, 0],
    ]);
  });

  test('of more points than are sorted at once still has each in its place', () => {
    const [dims, gap] = THOROUGH ? [[1500, 1000], 5] : [[1100, 1000], 50];
    const mask = Uint8Array.from({ length: product(dims) }, (_, i) => Number(i % gap !== 0));
    mask.fill(1, 0, 300_000);
    const order: number[] = [];
    parseSelection({ mask }, dims).forEachChunk([1, 1], (place, part) => {
      part.forEachRun((offset, length, position) => {
        if (offset !== 0 || length !== 1) throw new Error('a chunk has one element');
        order[position] = place[0]! * 1000 + place[1]!;
      });
    });
    const expected: number[] = [];
    for (const [i, selected] of mask.entries()) if (selected) expected.push(i);
    // Far faster than toEqual.
    expect(Buffer.compare(bytesOf(order), bytesOf(expected))).toBe(0);
  });
});

describe('a wrong selection', () => {
  const dims = [4, 5];
  const wrong: [string, unknown, RegExp][] = [
    ['an index outside', [4], /the index 4 is not within axis 0, of size 4/],
    ['a negative index outside', [0, -6], /the index -6 is not within axis 1, of size 5/],
    ['half an index', [0.5], /the index 0.5 is not within axis 0/],
    ['half a bound', [[0, 1.5]], /axis 0, of size 4: 1.5 is no whole number/],
    ['NaN', [[Number.NaN]], /axis 0, of size 4: NaN is no whole number/],
    ['a step of 0', [{ step: 0 }], /axis 0: the step 0/],
    ['a step back', [undefined, [4, 0, -1]], /axis 1: the step -1/],
    ['an endless step', [{ step: Number.POSITIVE_INFINITY }], /axis 0: the step Infinity/],
    ['too many axes', [0, 0, 0], /3 entries, the dataset 2 axes, of \(4, 5\)/],
    ['dots twice', ['...', '...'], /at most once/],
    ['a long list', [[0, 1, 2, 3]], /axis 0: a list of 4 .*indices/],
    ['two lists', [{ indices: [0] }, new Uint8Array(1)], /axes 0 and 1/],
    ['a listed index outside', [{ indices: [0, 4] }], /the index 4 is not within axis 0, of size 4/],
    ['text', ['x'], /axis 0: x is neither/],
    ['null', [null], /axis 0: null is neither/],
    ['no list', 'all', /a selection is a list/],
    ['nothing', null, /a selection is a list/],
    ['bigints', [new BigInt64Array(1)], /axis 0: 0n is a bigint, and indices are numbers/],
    [
      'a point outside',
      {
        points: [
          [0, 0],
          [3, 5],
        ],
      },
      /the index 5 is not within axis 1, of size 5/,
    ],
    ['a point of another rank', { points: [[0, 0], [3]] }, /the point 1 has 1 indices, the dataset 2 axes/],
    ['half a point', { points: [0, 1, 2] }, /3 indices are no points in a dataset of 2 axes/],
    ['a short mask', { mask: [true] }, /a mask of 1 elements for a dataset of \(4, 5\), which has 20/],
    [
      'a mask of another shape',
      { mask: nest(new Array(20).fill(true), [5, 4]) },
      /5 entries along axis 0, of size 4/,
    ],
    [
      'a ragged mask',
      { mask: [[0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [1], []] },
      /1 entries along axis 1, of size 5/,
    ],
    ['a mask of numbers', { mask: new Array(20).fill(2) }, /element 0 of the mask is 2/],
    ['a nested mask of text', { mask: nest(new Array(20).fill('1'), dims) }, /element 0 of the mask is 1/],
  ];
  test.each(wrong)('%s is an error that says so', (_, input, message) => {
    expect(() => parseSelection(input as SelectionInput, dims)).toThrow(H5TypeError);
    expect(() => parseSelection(input as SelectionInput, dims)).toThrow(message);
  });

  test('points of a scalar', () => {
    expect(() => parseSelection({ points: [[]] }, [])).toThrow(/scalar/);
  });

  test('chunks that are none are a damaged file', () => {
    for (const chunkDims of [[0, 1], [1], [1, 1.5], [1, 2 ** 60]]) {
      expect(() => selectAll(dims).forEachChunk(chunkDims, () => {})).toThrow(H5FormatError);
      expect(() => parseSelection({ points: [0, 0] }, dims).forEachChunk(chunkDims, () => {})).toThrow(
        H5FormatError,
      );
    }
  });
});

describe('broadcasting', () => {
  test('follows numpy', () => {
    expect(broadcast([2, 3], [2, 3])).toEqual([3, 1]);
    expect(broadcast([], [2, 3])).toEqual([0, 0]);
    expect(broadcast([1], [2, 3])).toEqual([0, 0]);
    expect(broadcast([3], [2, 3])).toEqual([0, 1]);
    expect(broadcast([2, 1], [2, 3])).toEqual([1, 0]);
    expect(broadcast([1, 1, 2, 3], [2, 3])).toEqual([3, 1]);
    expect(broadcast([4, 1, 3], [4, 2, 3])).toEqual([3, 0, 1]);
    expect(broadcast([0], [5, 0])).toEqual([0, 1]);
    expect(broadcast([], [])).toEqual([]);
    expect(broadcast([1, 1], [])).toEqual([]);
  });

  test('says what does not fit', () => {
    expect(() => broadcast([2], [2, 3])).toThrow(H5TypeError);
    expect(() => broadcast([2], [2, 3])).toThrow(
      /\(2\) do not fit .*\(2, 3\): axis 1 is of size 3, theirs of size 2/,
    );
    expect(() => broadcast([2, 2, 3], [2, 3])).toThrow(/more axes/);
    expect(() => broadcast([0], [3])).toThrow(/axis 0 is of size 3/);
    expect(() => broadcast([3], [])).toThrow(/more axes/);
  });
});

function nest<T>(flat: readonly T[], dims: readonly number[]): Mask {
  if (dims.length === 1) return flat as unknown as Mask;
  const step = product(dims.slice(1));
  return Array.from({ length: dims[0]! }, (_, i) =>
    nest(flat.slice(i * step, (i + 1) * step), dims.slice(1)),
  ) as Mask;
}

function bytesOf(numbers: number[]): Uint8Array {
  return new Uint8Array(Float64Array.from(numbers).buffer);
}
