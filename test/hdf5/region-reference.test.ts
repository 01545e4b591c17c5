import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { File, Module, ready } from 'h5wasm/node';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { H5FeatureError, H5FormatError, H5TypeError } from '../../src/errors.js';
import { ByteReader } from '../../src/hdf5/byte-reader.js';
import { ByteWriter } from '../../src/hdf5/byte-writer.js';
import { readSelection } from '../../src/hdf5/dataset-io.js';
import {
  decodeRegion,
  decodeSelection,
  encodeRegion,
  type Region,
  regionToSelection,
  selectionToRegion,
} from '../../src/hdf5/region-reference.js';
import {
  parseSelection,
  product,
  rowMajor,
  type SelectionInput,
  selectAll,
} from '../../src/hdf5/selection.js';
import { describeOracle, oracleTest, runPython } from '../oracle/oracles.js';
import { type Random, seeded } from '../random.js';
import { MemorySpace } from './memory-space.js';

type Regular = Extract<Region, { kind: 'regular' }>;

// ---- a model: the set of elements ---------------------------------------------------------------------------

/** The elements of a region in their order, by looking at each element of the dataset. */
function modelOffsets(region: Region, dims: readonly number[]): number[] {
  const strides = rowMajor(dims);
  if (region.kind === 'points') {
    const { coordinates, rank } = region;
    return Array.from({ length: coordinates.length / rank }, (_, i) =>
      dims.reduce((offset, dim, axis) => offset * dim + coordinates[i * rank + axis]!, 0),
    );
  }
  const isIn = (index: number[]): boolean => {
    switch (region.kind) {
      case 'none':
        return false;
      case 'all':
        return true;
      case 'regular':
        return index.every((at, axis) => {
          for (let k = 0, start = region.start[axis]!; k < region.count[axis]! && start <= at; k++) {
            if (at < start + region.block[axis]!) return true;
            start += region.stride[axis]!;
          }
          return false;
        });
      default: {
        const { bounds, rank } = region;
        for (let at = 0; at < bounds.length; at += 2 * rank) {
          if (index.every((i, axis) => i >= bounds[at + axis]! && i < bounds[at + rank + axis]!)) return true;
        }
        return false;
      }
    }
  };
  return Array.from({ length: product(dims) }, (_, i) => i).filter((offset) =>
    isIn(dims.map((dim, axis) => Math.floor(offset / strides[axis]!) % dim)),
  );
}

function offsetsOf(region: Region, dims: readonly number[]): number[] {
  const offsets: number[] = [];
  regionToSelection(region, dims).forEachRun((offset, length, position) => {
    for (let i = 0; i < length; i++) offsets[position + i] = offset + i;
  });
  return offsets;
}

// ---- what is generated --------------------------------------------------------------------------------------

function randomRegular(random: Random, dims: readonly number[]): Regular {
  const start: number[] = [];
  const stride: number[] = [];
  const count: number[] = [];
  const block: number[] = [];
  for (const dim of dims) {
    const first = random(dim);
    const size = 1 + random(Math.min(3, dim - first));
    const step = size + random(3);
    const most = Math.floor((dim - first - size) / step) + 1;
    start.push(first);
    block.push(size);
    stride.push(step);
    count.push(1 + random(most));
  }
  return { kind: 'regular', start, stride, count, block };
}

function randomBlocks(random: Random, dims: readonly number[]): Region {
  const rank = dims.length;
  const bounds: number[] = [];
  for (let n = 1 + random(6); n > 0; n--) {
    const starts = dims.map((dim) => random(dim));
    bounds.push(...starts, ...starts.map((start, axis) => start + 1 + random(dims[axis]! - start)));
  }
  return { kind: 'blocks', rank, bounds: Float64Array.from(bounds) };
}

function randomPoints(random: Random, dims: readonly number[]): Region {
  const coordinates = Array.from({ length: 1 + random(8) }, () => dims.map((dim) => random(dim))).flat();
  return { kind: 'points', rank: dims.length, coordinates: Float64Array.from(coordinates) };
}

function randomRegion(random: Random, dims: readonly number[]): Region {
  switch (random(8)) {
    case 0:
      return { kind: random(2) ? 'none' : 'all' };
    case 1:
    case 2:
      return randomPoints(random, dims);
    case 3:
    case 4:
      return randomBlocks(random, dims);
    default:
      return randomRegular(random, dims);
  }
}

const SHAPES = [[20], [1], [7, 9], [1, 6], [4, 5, 6], [3, 2, 4, 3]];

// ---- bytes that newer versions of libhdf5 write ------------------------------------------------------------

function forge(address: number, ...fields: (readonly [size: number, ...values: number[]])[]): Uint8Array {
  const out = new ByteWriter();
  out.u64(address);
  for (const [size, ...values] of fields) {
    for (const value of values) for (let i = 0; i < size; i++) out.u8(Math.floor(value / 256 ** i) % 256);
  }
  return out.finish();
}

/** The newest encoding of a region, with numbers of a certain size. */
function forgeNewest(address: number, region: Region, size: number): Uint8Array {
  switch (region.kind) {
    case 'points': {
      const { rank, coordinates } = region;
      return forge(
        address,
        [4, 1, 2],
        [1, size],
        [4, rank],
        [size, coordinates.length / rank, ...coordinates],
      );
    }
    case 'blocks': {
      const { rank, bounds } = region;
      const last = bounds.map((bound, i) => (i % (2 * rank) < rank ? bound : bound - 1));
      return forge(address, [4, 2, 3], [1, 0, size], [4, rank], [size, bounds.length / (2 * rank), ...last]);
    }
    case 'regular': {
      const { start, stride, count, block } = region;
      const limit = (number: number) => (number === Number.POSITIVE_INFINITY ? 256 ** size - 1 : number);
      const fields = start.flatMap((first, axis) => [
        first,
        stride[axis]!,
        limit(count[axis]!),
        limit(block[axis]!),
      ]);
      return forge(address, [4, 2, 3], [1, 1, size], [4, start.length], [size, ...fields]);
    }
    default:
      return encodeRegion(address, region, 8);
  }
}

describe('a region', () => {
  test('is what it was after being encoded and decoded', () => {
    const random = seeded(5);
    for (let i = 0; i < 500; i++) {
      // Beyond 2^32, too.
      const dims = Array.from({ length: 1 + random(4) }, () => (random(3) ? 2 + random(50) : 2 ** 45));
      const region = randomRegion(random, dims);
      const bytes = encodeRegion(1000 + i, region, 8);
      const decoded = decodeRegion(bytes, 8);
      expect(decoded.address).toBe(1000 + i);
      // A few blocks are stored as such.
      if (decoded.region.kind !== 'blocks') expect(decoded.region).toEqual(region);
      else if (region.kind === 'blocks') expect(decoded.region).toEqual(region);
      else {
        expect(region.kind).toBe('regular');
        const flat = regionToSelection(decoded.region, dims);
        const expected = regionToSelection(region, dims);
        expect([flat.shape, flat.part()]).toEqual([expected.shape, expected.part()]);
      }
    }
    for (const size of [2, 4]) {
      const bytes = encodeRegion(0x1234, { kind: 'all' }, size);
      expect(bytes).toHaveLength(size + 16);
      expect(decodeRegion(bytes, size)).toEqual({ address: 0x1234, region: { kind: 'all' } });
    }
  });

  test('is decoded from the newest versions', () => {
    const random = seeded(6);
    for (let i = 0; i < 300; i++) {
      const region = randomRegion(random, SHAPES[random(SHAPES.length)]!);
      for (const size of [2, 4, 8]) {
        expect(decodeRegion(forgeNewest(99, region, size), 8)).toEqual({ address: 99, region });
      }
    }
    for (const size of [2, 4]) {
      const open: Region = {
        kind: 'regular',
        start: [1, 2],
        stride: [3, 4],
        count: [Number.POSITIVE_INFINITY, 1],
        block: [2, Number.POSITIVE_INFINITY],
      };
      expect(decodeRegion(forgeNewest(1, open, size), 8).region).toEqual(open);
      expect(decodeRegion(encodeRegion(1, open, 8), 8).region).toEqual(open);
    }
  });

  test('selects what a model does, in the same order', () => {
    const random = seeded(7);
    for (let i = 0; i < 1500; i++) {
      const dims = SHAPES[random(SHAPES.length)]!;
      const region = randomRegion(random, dims);
      expect(offsetsOf(region, dims), JSON.stringify({ region, dims })).toEqual(modelOffsets(region, dims));
    }
  });

  test('without a limit reaches as far as there is room', () => {
    const open = (start: number, stride: number, count: number, block: number): Region => ({
      kind: 'regular',
      start: [start],
      stride: [stride],
      count: [count],
      block: [block],
    });
    const none = Number.POSITIVE_INFINITY;
    for (const dim of [0, 1, 2, 7, 8, 9, 10]) {
      for (const region of [
        open(2, 3, none, 2),
        open(2, 3, none, 1),
        open(1, 4, none, 4),
        open(3, 1, 1, none),
      ]) {
        expect(offsetsOf(region, [dim])).toEqual(modelOffsets(region, [dim]));
      }
    }
  });

  test('has the shape of a box where it is one, however it is written', () => {
    const blocks = (...bounds: number[]): Region => ({
      kind: 'blocks',
      rank: 2,
      bounds: Float64Array.from(bounds),
    });
    const shape = (region: Region) => regionToSelection(region, [10, 10]).shape;
    expect(shape(blocks(0, 0, 2, 2))).toEqual([2, 2]);
    // Two halves of a box; overlapping parts of one; the four corners of a square, in any order.
    expect(shape(blocks(0, 0, 2, 2, 2, 0, 4, 2))).toEqual([4, 2]);
    expect(shape(blocks(0, 0, 3, 2, 2, 0, 4, 2))).toEqual([4, 2]);
    expect(shape(blocks(5, 5, 6, 6, 0, 0, 1, 1, 5, 0, 6, 1, 0, 5, 1, 6))).toEqual([2, 2]);
    // A corner is missing, or is there twice instead of another.
    expect(shape(blocks(0, 0, 1, 1, 0, 5, 1, 6, 5, 0, 6, 1))).toEqual([3]);
    expect(shape(blocks(0, 0, 1, 1, 0, 5, 1, 6, 5, 0, 6, 1, 5, 0, 6, 1))).toEqual([3]);
    expect(shape(blocks())).toEqual([0, 0]);
    expect(shape({ kind: 'none' })).toEqual([0, 0]);
    expect(shape({ kind: 'all' })).toEqual([10, 10]);
    expect(shape({ kind: 'points', rank: 2, coordinates: Float64Array.of(0, 0, 0, 0) })).toEqual([2]);
  });

  test('of a selection has the same elements', () => {
    const inputs: [SelectionInput, Region['kind']][] = [
      [[], 'regular'],
      [[[0, 7]], 'regular'],
      [[3], 'regular'],
      [[{ step: 2 }, [1, 5]], 'regular'],
      [[[4, 4]], 'none'],
      [{ points: [] }, 'none'],
      [[undefined, { indices: [1, 2, 5] }], 'blocks'],
      [[{ step: 3 }, { indices: [0, 1, 2, 5, 8] }], 'blocks'],
      [[{ indices: [5, 1, 1] }, [0, 3]], 'points'],
      [
        {
          points: [
            [6, 8],
            [0, 0],
          ],
        },
        'points',
      ],
      [{ mask: Array.from({ length: 63 }, (_, i) => i % 4 < 2) }, 'points'],
    ];
    for (const [input, kind] of inputs) {
      const selection = parseSelection(input, [7, 9]);
      const region = selectionToRegion(selection);
      expect(region.kind).toBe(kind);
      const offsets: number[] = [];
      selection.forEachRun((offset, length) => {
        for (let i = 0; i < length; i++) offsets.push(offset + i);
      });
      expect(offsetsOf(region, [7, 9])).toEqual(offsets);
    }
    expect(() => selectionToRegion(selectAll([]))).toThrow(H5TypeError);
  });
});

describe('a damaged region', () => {
  test('ends in an error', () => {
    const random = seeded(8);
    let errors = 0;
    for (let i = 0; i < 4000; i++) {
      const dims = SHAPES[random(SHAPES.length)]!;
      const region = randomRegion(random, dims);
      const good = random(2) ? encodeRegion(1, region, 8) : forgeNewest(1, region, [2, 4, 8][random(3)]!);
      const bytes = good.slice(0, random(4) ? good.length : random(good.length));
      for (let n = random(4); n > 0 && bytes.length > 0; n--) {
        bytes[random(bytes.length)] = [0, 1, 0xff, random(256)][random(4)]!;
      }
      try {
        regionToSelection(decodeRegion(bytes, 8).region, dims).part();
      } catch (error) {
        if (!(error instanceof H5FormatError)) throw error;
        errors++;
      }
    }
    expect(errors).toBeGreaterThan(1000);
  });

  test('of any bytes ends in an error, or is one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.constantFrom(0, 1, 2, 3), (bytes, type) => {
        const whole = Uint8Array.of(type, 0, 0, 0, ...bytes);
        try {
          decodeSelection(new ByteReader(whole));
        } catch (error) {
          expect(error).toBeInstanceOf(H5FormatError);
        }
      }),
    );
  });

  const wrong: [string, Uint8Array, RegExp][] = [
    ['an address of none', new Uint8Array(8).fill(255), /without an address/],
    ['another type', forge(1, [4, 4, 1, 0, 0]), /a selection of type 4/],
    ['another version', forge(1, [4, 2, 4], [1, 0, 4], [4, 1, 0]), /version 4/],
    ['other flags', forge(1, [4, 2, 3], [1, 2, 4], [4, 1, 0]), /flags 2/],
    ['numbers of 3 bytes', forge(1, [4, 1, 2], [1, 3], [4, 1, 0]), /numbers of 3 bytes/],
    ['33 dimensions', forge(1, [4, 1, 1, 0, 8, 33, 0]), /33 dimensions/],
    ['no dimension', forge(1, [4, 1, 1, 0, 8, 0, 5]), /0 dimensions/],
    ['points that are not there', forge(1, [4, 1, 1, 0, 8, 2, 0xffffffff]), /4294967295 parts/],
    ['a block that ends first', forge(1, [4, 2, 1, 0, 8, 1, 1, 5, 4]), /before it starts/],
    ['no stride', forge(1, [4, 2, 2], [1, 1], [4, 36, 1], [8, 0, 0, 1, 1]), /is 0/],
    ['blocks over one another', forge(1, [4, 2, 2], [1, 1], [4, 36, 1], [8, 0, 1, 2, 2]), /overlap/],
  ];
  test.each(wrong)('with %s', (_, bytes, message) => {
    expect(() => decodeRegion(bytes, 8)).toThrow(H5FormatError);
    expect(() => decodeRegion(bytes, 8)).toThrow(message);
  });

  test('that reaches beyond the dataset, or has another rank', () => {
    const random = seeded(9);
    const expectBad = (region: Region, dims: number[], message: RegExp) => {
      expect(() => regionToSelection(region, dims)).toThrow(H5FormatError);
      expect(() => regionToSelection(region, dims)).toThrow(message);
    };
    for (const make of [randomRegular, randomBlocks, randomPoints]) {
      for (let i = 0; i < 20; i++) {
        const region = make(random, [50, 50]);
        expectBad(region, [50], /2 dimensions in a dataset of 1/);
        expectBad(region, [50, 0], /of axis 1, of size 0; the dataset may have been larger/);
      }
    }
  });

  test('cannot take all memory', () => {
    const huge = [2 ** 26, 2 ** 26];
    const blocks: Region = {
      kind: 'blocks',
      rank: 2,
      bounds: Float64Array.of(0, 0, 2 ** 26, 1, 0, 0, 2 ** 26, 2),
    };
    expect(() => regionToSelection(blocks, huge)).toThrow(H5FeatureError);
    const regular: Region = {
      kind: 'regular',
      start: [0, 0],
      stride: [3, 1],
      count: [2 ** 24, 1],
      block: [2, 9],
    };
    expect(() => regionToSelection(regular, huge)).toThrow(H5FeatureError);
    // One block, however large, is a box; so is one of single rows.
    expect(regionToSelection({ ...blocks, bounds: blocks.bounds.subarray(0, 4) }, huge).shape).toEqual([
      2 ** 26,
      1,
    ]);
    expect(regionToSelection({ ...regular, block: [1, 9] }, huge).shape).toEqual([2 ** 24, 9]);
  });
});

// ---- h5py and h5wasm ------------------------------------------------------------------------------------------

const SCRIPT = `
import json, struct, sys, h5py, numpy as np
from h5py import h5r, h5s
from h5py._hl.selections import guess_shape

mode, path, given = sys.argv[1], sys.argv[2], json.load(sys.stdin)
OPS = {'or': h5s.SELECT_OR, 'xor': h5s.SELECT_XOR, 'and': h5s.SELECT_AND, 'notb': h5s.SELECT_NOTB}

def describe(f, ref):
    ds = f[ref]
    sid = h5r.get_region(ref, f.id)
    n = sid.get_select_npoints()
    kind = sid.get_select_type()
    answer = {'name': ds.name, 'address': h5py.h5o.get_info(ds.id).addr, 'count': n, 'shape': guess_shape(sid),
              'values': ds[ref].ravel().tolist() if n else [], 'kind': kind,
              'bounds': None, 'blocks': None}
    if n: answer['bounds'] = [[int(x) for x in b] for b in sid.get_select_bounds()]
    if kind == h5s.SEL_HYPERSLABS and n:
        answer['blocks'] = sid.get_select_hyper_blocklist().tolist()
    return answer

if mode == 'make':
    with h5py.File(path, 'w', libver=given['libver']) as f:
        for name, dims in given['datasets']:
            f[name] = (np.arange(np.prod(dims)) * 7 + 1000).astype('<i4').reshape(dims)
        refs = f.create_dataset('refs', (len(given['cases']),), dtype=h5py.regionref_dtype)
        for i, case in enumerate(given['cases']):
            ds = f[case['name']]
            sid = ds.id.get_space()
            if case['kind'] == 'none': sid.select_none()
            elif case['kind'] == 'points': sid.select_elements(np.array(case['points'], dtype='u8'))
            elif case['kind'] == 'slabs':
                for k, s in enumerate(case['slabs']):
                    sid.select_hyperslab(tuple(s['start']), tuple(s['count']), tuple(s['stride']), tuple(s['block']),
                                         OPS[s['op']] if k else h5s.SELECT_SET)
            refs[i] = h5r.create(ds.id, b'.', h5r.DATASET_REGION, sid)
        answers = [describe(f, r) for r in refs]
        addresses = {name: h5py.h5o.get_info(f[name].id).addr for name, _ in given['datasets']}
        offset = refs.id.get_offset()
    print(json.dumps({'answers': answers, 'addresses': addresses, 'offset': offset}))
else:
    # What goes to the heap as a list of bytes is there as it is; then region references are made to lead to it.
    blobs = [np.frombuffer(bytes.fromhex(b), 'u1') for b in given['blobs']]
    n = len(blobs)
    with h5py.File(path, 'r+') as f:
        lists = f.create_dataset('blobs', (n,), dtype=h5py.vlen_dtype('u1'))
        for i, b in enumerate(blobs): lists[i] = b
        refs = f.create_dataset('ours', (n,), dtype=h5py.regionref_dtype)
        refs[0] = f[given['name']].regionref[...]
        f.flush()
        where, to = lists.id.get_offset(), refs.id.get_offset()
    with open(path, 'r+b') as raw:
        raw.seek(where)
        ids = raw.read(16 * n)
        raw.seek(to)
        for i in range(n): raw.write(ids[16 * i + 4 : 16 * i + 16])
    if mode == 'patch': answers = []
    else:
        with h5py.File(path, 'r') as f: answers = [describe(f, r) for r in f['ours']]
    print(json.dumps({'answers': answers}))
`;

interface Answer {
  name: string;
  address: number;
  count: number;
  shape: number[];
  values: number[];
  /** H5S_sel_type. */
  kind: number;
  bounds: [number[], number[]] | null;
  /** Of each block where it starts, and its last element. */
  blocks: [number[], number[]][] | null;
}

const DATASETS = SHAPES.map((dims, i) => [`d${i}`, dims] as const);
const KINDS = { none: 0, points: 1, blocks: 2, regular: 2, all: 3 };

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-region-'));
afterAll(() => rmSync(folder, { recursive: true }));

function ask<Result>(mode: string, path: string, given: unknown): Result {
  const out = runPython(['-c', SCRIPT, mode, path], {
    input: JSON.stringify(given),
  });
  return JSON.parse(out.toString()) as Result;
}

interface Made {
  answers: Answer[];
  addresses: Record<string, number>;
  offset: number;
}

function expectSame(given: Uint8Array, expected: Uint8Array, what: string): void {
  expect(Buffer.from(given).toString('hex'), what).toBe(Buffer.from(expected).toString('hex'));
}

function valuesOf(offsets: number[]): number[] {
  return offsets.map((offset) => offset * 7 + 1000);
}

describeOracle('h5py', () => {
  test.each(['earliest', 'latest'])('writes region references that are read, libver %s', (libver) => {
    const random = seeded(21);
    const ops = ['or', 'or', 'xor', 'and', 'notb'];
    const cases = Array.from({ length: 300 }, () => {
      const [name, dims] = DATASETS[random(DATASETS.length)]!;
      const kind = ['none', 'all', 'points', 'points', ...new Array<string>(8).fill('slabs')][random(12)]!;
      const points = Array.from({ length: 1 + random(9) }, () => dims.map((dim) => random(dim)));
      const slabs = Array.from({ length: random(2) ? 1 : 2 + random(3) }, () => ({
        ...randomRegular(random, dims),
        op: ops[random(5)],
      }));
      return { name, dims, kind, points, slabs };
    });
    const path = join(folder, `${libver}.h5`);
    const { answers, addresses, offset } = ask<Made>('make', path, { libver, datasets: DATASETS, cases });
    const space = new MemorySpace(Uint8Array.from(readFileSync(path)));
    const kinds = new Set<string>();
    let shapes = 0;
    for (const [i, { name, dims, kind, slabs }] of cases.entries()) {
      const answer = answers[i]!;
      const id = space.reader(offset + 12 * i, 12, 'a reference');
      const { bytes, starts, sizes } = space.globalHeap.collection(id.address());
      const index = id.u32();
      const object = bytes.subarray(starts[index]!, starts[index]! + sizes[index]!);
      const { address, region } = decodeRegion(object, 8);
      // The same bytes, also those that no reader looks at.
      expectSame(encodeRegion(address, region, 8), object, `case ${i}`);
      kinds.add(region.kind);
      expect([address, answer.name]).toEqual([addresses[name], `/${name}`]);
      const selection = regionToSelection(region, dims);
      const data = Int32Array.from({ length: product(dims) }, (_, k) => k * 7 + 1000);
      const read = readSelection({ kind: 'compact', bytes: new Uint8Array(data.buffer) }, selection, 4);
      expect(Array.from(new Int32Array(read.buffer)), `case ${i}`).toEqual(answer.values);
      // Of several hyperslabs h5py guesses the shape, and may be wrong.
      if (kind !== 'slabs' || slabs.length === 1 || selection.shape.length === dims.length) {
        expect(selection.shape, `case ${i}`).toEqual(answer.shape);
        shapes++;
      }
    }
    expect(shapes).toBeGreaterThan(200);
    const all = ['all', 'blocks', 'none', 'points'];
    expect([...kinds].sort()).toEqual(libver === 'latest' ? [...all, 'regular'] : all);
  });

  test('reads region references that are written', () => {
    const random = seeded(22);
    const path = join(folder, 'ours.h5');
    const { addresses } = ask<Made>('make', path, { libver: 'latest', datasets: DATASETS, cases: [] });
    const cases = Array.from({ length: 300 }, (_, i) => {
      const [name, dims] = DATASETS[random(DATASETS.length)]!;
      let region = randomRegion(random, dims);
      if (i % 3 === 0) {
        // As users select.
        const axes = dims.map((dim) => ({ start: random(dim), step: 1 + random(3) }));
        const indices = Array.from({ length: 1 + random(5) }, () => random(dims[0]!));
        const input = random(2) ? axes : [{ indices }, ...axes.slice(1)];
        region = selectionToRegion(parseSelection(input, dims));
      }
      return { name, dims, region };
    });
    const blobs = cases.map(({ name, region }) => encodeRegion(addresses[name]!, region, 8));
    const { answers } = ask<Made>('check', path, {
      name: 'd0',
      blobs: blobs.map((blob) => Buffer.from(blob).toString('hex')),
    });
    for (const [i, { name, dims, region }] of cases.entries()) {
      const answer = answers[i]!;
      const offsets = modelOffsets(region, dims);
      expect([answer.name, answer.kind, answer.count], `case ${i}`).toEqual([
        `/${name}`,
        KINDS[region.kind],
        offsets.length,
      ]);
      expect(answer.values, `case ${i}`).toEqual(valuesOf(offsets));
      if (offsets.length === 0) continue;
      const strides = rowMajor(dims);
      const index = (offset: number) => dims.map((dim, axis) => Math.floor(offset / strides[axis]!) % dim);
      const all = offsets.map(index);
      const ends = [Math.min, Math.max].map((end) =>
        dims.map((_, axis) => end(...all.map((at) => at[axis]!))),
      );
      expect(answer.bounds).toEqual(ends);
      if (region.kind === 'regular' || region.kind === 'blocks') {
        const bounds = answer.blocks!.flatMap(([first, last]) => [...first, ...last.map((at) => at + 1)]);
        const theirs: Region = { kind: 'blocks', rank: dims.length, bounds: Float64Array.from(bounds) };
        expect(modelOffsets(theirs, dims)).toEqual(offsets);
      }
    }
  });
});

oracleTest(['h5py', 'h5wasm'], 'a newer libhdf5 reads the newest versions as this does', async () => {
  const random = seeded(23);
  const path = join(folder, 'newest.h5');
  const { addresses } = ask<Made>('make', path, { libver: 'latest', datasets: DATASETS, cases: [] });
  const cases = Array.from({ length: 200 }, (_, i) => {
    const [name, dims] = DATASETS[random(DATASETS.length)]!;
    // Only some points: about each of them h5wasm complains in print, since it is no hyperslab, and goes on.
    const make = i < 5 ? randomPoints : [randomBlocks, randomRegular][random(2)]!;
    const region = make(random, dims);
    return { dims, region, blob: forgeNewest(addresses[name]!, region, [2, 4, 8][random(3)]!) };
  });
  ask('patch', path, { name: 'd0', blobs: cases.map(({ blob }) => Buffer.from(blob).toString('hex')) });
  await ready;
  const file = new File(path, 'r');
  const references = (file.get('ours') as { value: unknown }).value as { ref_data: Uint8Array }[];
  const wasm = Module as unknown as {
    HEAPU8: Uint8Array;
    activate_throwing_error_handler(): void;
    deactivate_throwing_error_handler(): void;
    _malloc(size: number): number;
    _free(at: number): void;
    get_region_data(file: bigint, reference: Uint8Array, to: bigint): number;
  };
  // Not by its class DatasetRegion, which takes boxes only.
  const read = ({ ref_data }: { ref_data: Uint8Array }, count: number) => {
    const at = wasm._malloc(4 * count);
    try {
      expect(wasm.get_region_data(file.file_id, ref_data, BigInt(at))).toBeGreaterThanOrEqual(0);
      return Array.from(new Int32Array(wasm.HEAPU8.slice(at, at + 4 * count).buffer));
    } finally {
      wasm._free(at);
    }
  };
  // It is to go on, whatever other tests in this process want.
  wasm.deactivate_throwing_error_handler();
  onTestFinished(() => wasm.activate_throwing_error_handler());
  for (const [i, { dims, region, blob }] of cases.entries()) {
    const offsets = modelOffsets(region, dims);
    expect(read(references[i]!, offsets.length), `case ${i}`).toEqual(valuesOf(offsets));
    expect(offsetsOf(decodeRegion(blob, 8).region, dims)).toEqual(offsets);
  }
  file.close();
});
