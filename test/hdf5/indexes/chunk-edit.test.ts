import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { H5FormatError, H5StateError, H5TypeError } from '../../../src/errors.js';
import { UNDEFINED_ADDRESS } from '../../../src/hdf5/byte-reader.js';
import { type Chunk, createChunkLayout } from '../../../src/hdf5/indexes/chunk-index.js';
import type { ChunkedLayout, ChunkIndexType } from '../../../src/hdf5/messages/data-layout.js';
import { seeded } from '../../random.js';
import { runs } from '../../thoroughness.js';
import { MemorySpace } from '../memory-space.js';
import { chunksOf, type Dataset, editIndex, openIndex, SmallNodes } from './chunk-samples.js';

const NONE = Number.POSITIVE_INFINITY;

interface Kind {
  dims: number[];
  maxDims?: number[];
  chunkDims: number[];
  filtered?: boolean;
  index?: ChunkIndexType;
  version?: 3 | 4 | 5;
  k?: number;
  /** How far places go along each dimension. */
  reach: number[];
}

const SMALL_ARRAY: ChunkIndexType = {
  type: 'extensible-array',
  maxBits: 20,
  indexElements: 3,
  minPointers: 2,
  minElements: 2,
  pageBits: 2,
};

const KINDS: Record<string, Kind> = {
  single: { dims: [5, 6], chunkDims: [5, 6], reach: [1, 1] },
  'single, filtered': { dims: [5, 6], chunkDims: [5, 6], filtered: true, reach: [1, 1] },
  'fixed array': { dims: [40], maxDims: [60], chunkDims: [2], reach: [30] },
  'fixed array, filtered': { dims: [40, 40], chunkDims: [5, 6], filtered: true, reach: [8, 7] },
  'fixed array, pages': {
    dims: [40, 50],
    chunkDims: [2, 3],
    index: { type: 'fixed-array', pageBits: 3 },
    reach: [20, 17],
  },
  'fixed array, pages, filtered, version 5': {
    dims: [41],
    chunkDims: [1],
    index: { type: 'fixed-array', pageBits: 2 },
    filtered: true,
    version: 5,
    reach: [41],
  },
  'extensible array': { dims: [4, 10], maxDims: [NONE, 10], chunkDims: [2, 3], reach: [300, 4] },
  'extensible array, pages': { dims: [4], maxDims: [NONE], chunkDims: [2], index: SMALL_ARRAY, reach: [900] },
  'extensible array, pages, filtered': {
    dims: [9, 4],
    maxDims: [9, NONE],
    chunkDims: [5, 2],
    index: SMALL_ARRAY,
    filtered: true,
    reach: [2, 300],
  },
  'extensible array, version 5': {
    dims: [4],
    maxDims: [NONE],
    chunkDims: [2],
    index: { ...SMALL_ARRAY, indexElements: 0, pageBits: 20 },
    filtered: true,
    version: 5,
    reach: [500],
  },
  'version 2 B-tree': { dims: [4, 4], maxDims: [NONE, NONE], chunkDims: [2, 2], reach: [40, 40] },
  'version 2 B-tree, filtered': {
    dims: [4, 4],
    maxDims: [NONE, NONE],
    chunkDims: [2, 2],
    index: { type: 'btree-v2', nodeSize: 256, splitPercent: 100, mergePercent: 40 },
    filtered: true,
    reach: [20, 30],
  },
  'version 1 B-tree': {
    dims: [4, 4],
    maxDims: [NONE, NONE],
    chunkDims: [2, 3],
    index: { type: 'btree-v1' },
    version: 3,
    k: 1,
    reach: [20, 20],
  },
  'version 1 B-tree, wider nodes': {
    dims: [4],
    chunkDims: [2],
    index: { type: 'btree-v1' },
    version: 3,
    filtered: true,
    k: 3,
    reach: [600],
  },
};

function datasetOf({ dims, maxDims, chunkDims, filtered = false, index, version = 4 }: Kind): Dataset {
  const created = createChunkLayout(dims, maxDims, chunkDims, 4, filtered);
  const layout: ChunkedLayout = { ...created, version, index: index ?? created.index };
  const dataspace = { kind: 'simple', dims, ...(maxDims && { maxDims }) } as const;
  return { address: 1, dataspace, elementSize: 4, layout, filtered };
}

/** Checks what libhdf5 relies on in a version 1 B-tree, from its bytes: keys, bounds, and neighbours. */
function inspectBtreeV1(space: MemorySpace, { layout }: Dataset, k: number): number {
  const { chunkDims, elementSize } = layout;
  const rank = chunkDims.length;
  const size = 24 + 2 * k * 8 + (2 * k + 1) * (16 + 8 * rank);
  let nodes = 0;
  const levels: { address: number; left: number; right: number; first: string; bound: string }[][] = [];
  const visit = (address: number, level: number) => {
    nodes++;
    expect(space.allocated.get(address)).toBe(size);
    const node = space.reader(address, size, 'node');
    node.signature('TREE');
    expect(node.u8()).toBe(1);
    const found = node.u8();
    if (level >= 0) expect(found).toBe(level);
    const count = node.u16();
    expect(count).toBeLessThanOrEqual(2 * k);
    if (level >= 0) expect(count).toBeGreaterThan(0);
    const left = node.address();
    const right = node.address();
    const keys: number[][] = [];
    const raw: string[] = [];
    const children: number[] = [];
    for (let n = 0; n <= count; n++) {
      const start = node.position;
      node.take(8);
      keys.push([...chunkDims, elementSize].map((dim) => node.u64() / dim));
      raw.push(Buffer.from(node.bytes.subarray(start, node.position)).toString('hex'));
      if (n < count) children.push(node.address());
    }
    // Keys are in order.
    for (let n = 1; n <= count; n++) {
      const axis = keys[n]!.findIndex((value, i) => value !== keys[n - 1]![i]);
      expect(axis).toBeGreaterThanOrEqual(0);
      expect(keys[n]![axis]!).toBeGreaterThan(keys[n - 1]![axis]!);
    }
    const bound = keys[count]!.join();
    levels[found] ??= [];
    levels[found]!.push({ address, left, right, first: keys[0]!.join(), bound });
    for (const [n, child] of children.entries()) {
      if (found === 0) continue;
      const below = visit(child, found - 1);
      // A key repeats all of the first key below it; the next one is the bound of what is below.
      expect(below.first).toBe(raw[n]);
      expect(below.bound).toBe(keys[n + 1]!.join());
    }
    return { first: raw[0], bound };
  };
  visit(layout.address, -1);
  for (const level of levels) {
    for (const [i, node] of level.entries()) {
      expect(node.left).toBe(level[i - 1]?.address ?? UNDEFINED_ADDRESS);
      expect(node.right).toBe(level[i + 1]?.address ?? UNDEFINED_ADDRESS);
      if (level[i + 1]) expect(node.bound).toBe(level[i + 1]!.first);
    }
  }
  return nodes;
}

describe('a chunk index that is edited', () => {
  test.each(Object.keys(KINDS))('%s: agrees with a Map', (name) => {
    const kind = KINDS[name]!;
    const { reach, filtered = false, k } = kind;
    const all = reach.reduce((product, n) => product * n, 1);
    const step = fc.record({
      what: fc.constantFrom('set', 'set', 'set', 'delete', 'get', 'flush', 'reopen', 'free'),
      start: fc.nat(all - 1),
      run: fc.integer({ min: 1, max: 40 }),
      stride: fc.constantFrom(1, 1, -1, 17),
    });
    const placeOf = (number: number): number[] => {
      const place = reach.map(() => 0);
      for (let axis = reach.length - 1; axis >= 0; axis--) {
        place[axis] = number % reach[axis]!;
        number = Math.floor(number / reach[axis]!);
      }
      return place;
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const space = k === undefined ? new MemorySpace() : new SmallNodes(k);
        let dataset = datasetOf(kind);
        let index = editIndex(space, dataset);
        const map = new Map<string, Chunk>();
        const size = dataset.elementSize * kind.chunkDims.reduce((product, n) => product * n, 1);
        let next = 4096;
        for (const { what, start, run, stride } of [
          ...steps,
          { what: 'reopen', start: 0, run: 1, stride: 1 },
        ]) {
          switch (what) {
            case 'flush':
            case 'reopen':
              index.flush();
              dataset = { ...dataset, layout: index.layout };
              expect(chunksOf(openIndex(space, dataset))).toEqual(map);
              if (k !== undefined && dataset.layout.address !== UNDEFINED_ADDRESS)
                expect(inspectBtreeV1(space, dataset, k)).toBe(space.allocated.size);
              if (what === 'reopen') index = editIndex(space, dataset);
              break;
            case 'free':
              // Rarely: there would not be much to it otherwise.
              if (run > 4) break;
              index.free();
              map.clear();
              expect(space.used).toBe(0);
              expect(index.layout.address).toBe(UNDEFINED_ADDRESS);
              break;
            default:
              for (let n = 0; n < run; n++) {
                const place = placeOf((((start + n * stride) % all) + all) % all);
                const key = place.join();
                if (what === 'set') {
                  next += 8;
                  const chunk = {
                    address: next,
                    size: filtered ? next % 97 : size,
                    mask: filtered ? next % 3 : 0,
                  };
                  index.set(place, chunk);
                  map.set(key, chunk);
                } else if (what === 'delete') {
                  index.delete(place);
                  map.delete(key);
                } else {
                  expect(index.get(place)).toEqual(map.get(key));
                }
              }
          }
        }
        expect(chunksOf(index)).toEqual(map);
        index.free();
        expect(space.used).toBe(0);
        expect(chunksOf(index).size).toBe(0);
      }),
      { numRuns: runs(60) },
    );
  });

  test.each(Object.keys(KINDS))('%s: what it cannot hold', (name) => {
    const kind = KINDS[name]!;
    const index = editIndex(new MemorySpace(), datasetOf(kind));
    const size = 4 * kind.chunkDims.reduce((product, n) => product * n, 1);
    const chunk = { address: 4096, size, mask: 0 };
    const place = kind.reach.map(() => 0);
    expect(() => index.set([...place, 0], chunk)).toThrow(H5TypeError);
    expect(() =>
      index.set(
        place.map(() => -1),
        chunk,
      ),
    ).toThrow(H5TypeError);
    expect(() =>
      index.set(
        place.map(() => 0.5),
        chunk,
      ),
    ).toThrow(H5TypeError);
    expect(() => index.set(place, { ...chunk, address: -1 })).toThrow(H5TypeError);
    expect(() => index.set(place, { ...chunk, mask: kind.filtered ? -1 : 1 })).toThrow(H5TypeError);
    expect(() => index.set(place, { ...chunk, size: kind.filtered ? 2 ** 64 : size - 1 })).toThrow(
      H5TypeError,
    );
    const grows = kind.maxDims?.includes(NONE) || kind.index?.type === 'btree-v1';
    if (!grows) expect(() => index.set([...kind.reach], chunk)).toThrow(H5TypeError);
    else if (kind.index?.type === 'extensible-array')
      expect(() =>
        index.set(
          kind.maxDims!.map((n) => (n === NONE ? 2 ** 40 : 0)),
          chunk,
        ),
      ).toThrow(H5TypeError);
    expect(chunksOf(index).size).toBe(0);
    expect(index.layout.address).toBe(UNDEFINED_ADDRESS);
  });

  test('the size of a chunk that has grown', () => {
    // A chunk of 255 bytes has a size of 2 bytes, one of 256 of 3 (Format Specification, section VII.C).
    for (const [length, most] of [
      [255, 0xffff],
      [256, 0xffffff],
    ] as const) {
      const layout = createChunkLayout([9 * length], undefined, [length], 1, true);
      const dataspace = { kind: 'simple', dims: [9 * length] } as const;
      const index = editIndex(new MemorySpace(), {
        address: 1,
        dataspace,
        elementSize: 1,
        layout,
        filtered: true,
      });
      index.set([0], { address: 4096, size: most, mask: 0 });
      expect(index.get([0])?.size).toBe(most);
      expect(() => index.set([1], { address: 4096, size: most + 1, mask: 0 })).toThrow(H5TypeError);
    }
  });

  test('B-trees are not changed while they are visited', () => {
    for (const name of ['version 1 B-tree', 'version 2 B-tree']) {
      const kind = KINDS[name]!;
      const space = kind.k === undefined ? new MemorySpace() : new SmallNodes(kind.k);
      const index = editIndex(space, datasetOf(kind));
      const size = 4 * kind.chunkDims.reduce((product, n) => product * n, 1);
      for (let n = 0; n < 9; n++) index.set([n, n], { address: 4096, size, mask: 0 });
      expect(() => index.forEach((place) => void index.delete(place))).toThrow(H5StateError);
      index.delete([3, 3]);
      expect(chunksOf(index).size).toBe(8);
    }
  });

  test('an implicit index: chunks stay where they are', () => {
    const space = new MemorySpace();
    // 3 by 4 chunks of 6 elements.
    const chunkBytes = 24;
    const address = space.allocate(12 * chunkBytes);
    const layout: ChunkedLayout = {
      ...createChunkLayout([5, 5], [6, 12], [2, 3], 4, false),
      index: { type: 'implicit' },
      address,
    };
    const dataspace = { kind: 'simple', dims: [5, 5], maxDims: [6, 12] } as const;
    const dataset = { address: 1, dataspace, elementSize: 4, layout, filtered: false };
    const index = editIndex(space, dataset);
    const chunk = { address: address + 5 * chunkBytes, size: chunkBytes, mask: 0 };
    expect(index.get([1, 1])).toEqual(chunk);
    expect(index.get([1, 2])).toBeUndefined();
    index.set([1, 1], chunk);
    expect(() => index.set([1, 1], { ...chunk, address: address + 8 })).toThrow(H5TypeError);
    expect(() => index.set([0, 2], { ...chunk, address: address + 2 * chunkBytes })).toThrow(H5TypeError);
    expect(() => index.delete([1, 1])).toThrow(H5TypeError);
    index.delete([1, 2]);
    expect([...chunksOf(index).keys()]).toEqual(['0,0', '0,1', '1,0', '1,1', '2,0', '2,1']);
    index.resize([1, 12]);
    index.flush();
    expect([...chunksOf(index).keys()]).toEqual(['0,0', '0,1', '0,2', '0,3']);
    expect(index.layout).toEqual(layout);
    // What is no chunk is given back; chunks are the caller's.
    index.free();
    expect(space.used).toBe(4 * chunkBytes);
    expect(index.get([0, 0])).toBeUndefined();
    expect(() => openIndex(space, { ...dataset, layout: { ...layout, address: space.end - 100 } })).toThrow(
      H5FormatError,
    );
  });

  test('what is dropped from memory is read again', () => {
    // More than is kept: 300,000 chunks, and records of 16 MB.
    const space = new MemorySpace();
    let dataset = datasetOf({
      dims: [1],
      chunkDims: [1],
      index: { type: 'btree-v1' },
      version: 3,
      reach: [],
    });
    const editor = editIndex(space, dataset);
    const random = seeded(5);
    const count = 300_000;
    for (let n = 0; n < count; n++) editor.set([n], { address: 8 * n, size: 4, mask: 0 });
    editor.flush();
    dataset = { ...dataset, layout: editor.layout };
    const again = editIndex(space, dataset);
    let seen = 0;
    again.forEach((place, { address }) => {
      if (place[0] !== seen || address !== 8 * seen) throw new Error(`${place} is at ${address}`);
      seen++;
    });
    expect(seen).toBe(count);
    const changed = new Set<number>();
    for (let i = 0; i < 3000; i++) {
      const n = random(count);
      changed.add(n);
      again.set([n], { address: 8 * n + 8 * count, size: 4, mask: 0 });
      const other = random(count);
      const expected = 8 * other + (changed.has(other) ? 8 * count : 0);
      if (again.get([other])?.address !== expected) throw new Error(`the chunk ${other}`);
    }
    again.flush();
    let differences = 0;
    openIndex(space, dataset).forEach((place, { address }) => {
      if (address !== 8 * place[0]!) differences++;
    });
    expect(differences).toBe(changed.size);
  });
});

describe('the index of a new dataset', () => {
  test('is the one that libhdf5 chooses', () => {
    const type = (dims: number[], maxDims: number[] | undefined, chunkDims: number[]) =>
      createChunkLayout(dims, maxDims, chunkDims, 8, false).index.type;
    expect(type([5, 6], undefined, [5, 6])).toBe('single');
    expect(type([5, 6], [5, 6], [5, 6])).toBe('single');
    expect(type([5, 6], [5, 7], [5, 6])).toBe('fixed-array');
    expect(type([5, 6], undefined, [5, 3])).toBe('fixed-array');
    expect(type([5, 6], [5, NONE], [5, 6])).toBe('extensible-array');
    expect(type([0, 6], [NONE, NONE], [5, 6])).toBe('btree-v2');
  });

  test('cannot be made of anything', () => {
    const make =
      (dims: number[], maxDims: number[] | undefined, chunkDims: number[], size = 8) =>
      () =>
        createChunkLayout(dims, maxDims, chunkDims, size, false);
    expect(make([], undefined, [])).toThrow(H5TypeError);
    expect(make([5], undefined, [5, 5])).toThrow(H5TypeError);
    expect(make([5], [5, 5], [5])).toThrow(H5TypeError);
    expect(make([5], undefined, [0])).toThrow(H5TypeError);
    expect(make([5], undefined, [1.5])).toThrow(H5TypeError);
    expect(make([5], undefined, [6])).toThrow('larger than the dataset can become');
    expect(make([0], [NONE], [2 ** 32])).toThrow(H5TypeError);
    expect(make([0], [NONE], [2 ** 29])).toThrow('4294967296 bytes');
    expect(make([2 ** 40, 2 ** 40], undefined, [1, 1])).toThrow('too many');
    expect(make([0, 1], [NONE, 2 ** 40], [1, 1])).not.toThrow();
  });
});
