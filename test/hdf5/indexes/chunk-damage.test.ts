import { expect, test, vi } from 'vitest';
import { H5Error, H5FormatError } from '../../../src/errors.js';
import { UNDEFINED_ADDRESS } from '../../../src/hdf5/byte-reader.js';
import { createChunkLayout } from '../../../src/hdf5/indexes/chunk-index.js';
import type { ChunkedLayout, ChunkIndexType } from '../../../src/hdf5/messages/data-layout.js';
import { MemorySpace } from '../memory-space.js';
import { chunksOf, type Dataset, editIndex, openIndex, SmallNodes } from './chunk-samples.js';
import { Forge, littleEndian } from './forge.js';

// Who forges a file makes its checksums right. Here all of them are, whatever changes: the checksum of a block is
// whatever follows it.
vi.mock('../../../src/hdf5/checksum.js', () => ({
  lookup3: (view: DataView, _start: number, end: number) =>
    end + 4 <= view.byteLength ? view.getUint32(end, true) : 0,
}));

const NONE = Number.POSITIVE_INFINITY;

interface Kind {
  maxDims: number[];
  index: ChunkIndexType;
  filtered?: boolean;
  places: number[][];
}

const line = (...numbers: number[]) => numbers.map((n) => [n]);

const KINDS: Record<string, Kind> = {
  'fixed array': { maxDims: [60], index: { type: 'fixed-array', pageBits: 10 }, places: line(0, 7, 19) },
  'fixed array, pages': {
    maxDims: [60],
    index: { type: 'fixed-array', pageBits: 3 },
    filtered: true,
    places: line(0, 7, 19),
  },
  'extensible array': {
    maxDims: [NONE],
    index: {
      type: 'extensible-array',
      maxBits: 12,
      indexElements: 2,
      minPointers: 2,
      minElements: 2,
      pageBits: 2,
    },
    places: line(0, 3, 9, 30, 70, 100),
  },
  'version 2 B-tree': {
    maxDims: [NONE, NONE],
    index: { type: 'btree-v2', nodeSize: 200, splitPercent: 100, mergePercent: 40 },
    places: Array.from({ length: 30 }, (_, n) => [n % 7, n]),
  },
  'version 1 B-tree': {
    maxDims: [NONE],
    index: { type: 'btree-v1' },
    places: line(...Array.from({ length: 14 }, (_, n) => n)),
  },
};

function datasetOf({ maxDims, index, filtered = false }: Kind): Dataset {
  const dims = maxDims.map((n) => (n === NONE ? 3 : n));
  const chunkDims = maxDims.map(() => 3);
  const layout: ChunkedLayout = {
    ...createChunkLayout(dims, maxDims, chunkDims, 4, filtered),
    version: index.type === 'btree-v1' ? 3 : 4,
    index,
  };
  return { address: 1, dataspace: { kind: 'simple', dims, maxDims }, elementSize: 4, layout, filtered };
}

/** What is left of the room for a chunk is a result or an error that says what is wrong. Returns whether it is an error. */
function attempt(what: string, run: () => void): boolean {
  try {
    run();
    return false;
  } catch (error) {
    if (error instanceof H5FormatError) return true;
    throw new Error(`${what}: ${error}`, { cause: error });
  }
}

test.each(Object.keys(KINDS))('%s: every byte changed', (name) => {
  const kind = KINDS[name]!;
  let dataset = datasetOf(kind);
  const made = new SmallNodes(2);
  const start = made.end;
  const editor = editIndex(made, dataset);
  const chunkBytes = 4 * 3 ** kind.maxDims.length;
  for (const place of kind.places) editor.set(place, { address: 8, size: chunkBytes, mask: 0 });
  editor.flush();
  dataset = { ...dataset, layout: editor.layout };
  const bytes = made.copy(0, made.end, 'all');
  let errors = 0;
  const values = (before: number) => [before ^ 0xff, before ^ 0x80, (before + 1) & 0xff];
  for (let at = start; at < bytes.length; at++) {
    const before = bytes[at]!;
    for (const value of values(before)) {
      bytes[at] = value;
      const what = `byte ${at - start} as ${value}`;
      const space = new SmallNodes(2, bytes);
      const failed = attempt(what, () => {
        const index = openIndex(space, dataset);
        for (const place of kind.places) index.get(place);
        chunksOf(index);
      });
      if (failed) errors++;
    }
    if (at % 3 !== 0) {
      bytes[at] = before;
      continue;
    }
    // Editing may change the wrong place, which was damaged before, but comes to an end.
    bytes[at] = before ^ 0xff;
    const space = new SmallNodes(2, new Uint8Array(bytes));
    space.allocated.set(0, bytes.length);
    try {
      const index = editIndex(space, dataset);
      for (const place of kind.places) index.set(place, { address: 16, size: chunkBytes, mask: 0 });
      for (const place of kind.places.slice(1)) index.delete(place);
      index.flush();
      index.free();
    } catch (error) {
      if (!(error instanceof H5Error) && !/allocated/.test(String(error))) throw error;
    }
    bytes[at] = before;
  }
  expect(errors).toBeGreaterThan(100);
  expect(chunksOf(openIndex(new SmallNodes(2, bytes), dataset)).size).toBe(kind.places.length);
});

test('chunks that are more than the file has room for', () => {
  const space = new MemorySpace();
  const dataset = datasetOf(KINDS['fixed array']!);
  for (const type of ['fixed-array', 'implicit'] as const) {
    const dims = [2 ** 50];
    const index: ChunkIndexType = type === 'implicit' ? { type } : { type, pageBits: 10 };
    const layout = { ...dataset.layout, index, address: type === 'implicit' ? 48 : UNDEFINED_ADDRESS };
    const large: Dataset = { ...dataset, dataspace: { kind: 'simple', dims }, layout };
    if (type === 'implicit') expect(() => openIndex(space, large)).toThrow(H5FormatError);
    else expect(openIndex(space, large).get([2 ** 40])).toBeUndefined();
  }
  const numbers: Dataset = {
    ...dataset,
    dataspace: { kind: 'simple', dims: [2 ** 50, 2 ** 50] },
    layout: { ...dataset.layout, chunkDims: [1, 1], index: { type: 'fixed-array', pageBits: 10 } },
  };
  expect(() => openIndex(space, numbers)).toThrow('too many chunks');
});

test('an index that does not fit the dataset', () => {
  const space = new MemorySpace();
  const dataset = datasetOf(KINDS['extensible array']!);
  const open = (changes: Partial<Dataset>) => () => openIndex(space, { ...dataset, ...changes });
  expect(open({})).not.toThrow();
  expect(open({ dataspace: { kind: 'simple', dims: [3] } })).toThrow('may grow in another way');
  expect(open({ dataspace: { kind: 'scalar', dims: [] } })).toThrow('1 dimensions in a dataset of 0');
  expect(open({ elementSize: 8 })).toThrow('elements of 4 bytes in a dataset of elements of 8');
  const implicit = { ...dataset.layout, index: { type: 'implicit' } } as const;
  expect(open({ layout: implicit, filtered: true, dataspace: { kind: 'simple', dims: [3] } })).toThrow(
    'filters',
  );
  const single = { ...dataset.layout, index: { type: 'single' }, address: 48 } as const;
  expect(open({ layout: single, filtered: true })).toThrow('filters');
});

test('an extensible array that is divided in a way that cannot be', () => {
  const { index } = KINDS['extensible array']!;
  const dataset = datasetOf(KINDS['extensible array']!);
  for (const change of [
    { minElements: 3 },
    { minElements: 0 },
    { minPointers: 0 },
    { minPointers: 1 },
    { minPointers: 6 },
    { maxBits: 0 },
    { maxBits: 65 },
    { pageBits: 0 },
    { pageBits: 40 },
    { indexElements: 5 },
  ]) {
    const layout = { ...dataset.layout, index: { ...index, ...change } as ChunkIndexType };
    expect(() => openIndex(new MemorySpace(), { ...dataset, layout }), JSON.stringify(change)).toThrow(
      'divided in a way that cannot be',
    );
  }
});

test('a version 1 B-tree whose nodes all lead to the same node', () => {
  const dataset = datasetOf(KINDS['version 1 B-tree']!);
  for (const [entries, message] of [
    [60, 'not in order'],
    [0, 'parts of the file overlap'],
  ] as const) {
    const forge = new Forge();
    let child = 8;
    for (let level = 0; level < 20; level++) {
      const below = child;
      const count = level === 0 ? entries : 60;
      child = forge.add((out) => {
        out.utf8('TREE');
        out.u8(1);
        out.u8(level);
        out.u16(count);
        out.undefinedAddress(2);
        for (let n = 0; n < count; n++) {
          for (const field of [12, 3 * n, 0, below]) out.u64(field);
        }
        out.zeros(24);
      });
    }
    const layout = { ...dataset.layout, address: child };
    const index = openIndex(forge.open(), { ...dataset, layout });
    expect(index.get([7])).toEqual(entries > 0 ? { address: 8, size: 12, mask: 0 } : undefined);
    let seen = 0;
    expect(() => index.forEach(() => void seen++)).toThrow(message);
    expect(seen).toBe(entries);
  }
  // The root below itself.
  const round = new Forge();
  const root = round.add((out, address) => {
    out.utf8('TREE');
    out.u8(1);
    out.u8(1);
    out.u16(1);
    out.undefinedAddress(2);
    out.zeros(24);
    out.u64(address);
    out.zeros(24);
  });
  const circle = openIndex(round.open(), {
    ...dataset,
    layout: { ...dataset.layout, address: root },
  });
  expect(() => circle.get([0])).toThrow('wrong level');
  expect(() => chunksOf(circle)).toThrow('wrong level');
});

test.each([
  [8, 'not in order', 7],
  // No chunks, so none that could be out of order.
  [2 ** 64, 'parts of the file overlap', 0],
])('a version 2 B-tree whose nodes all lead to the same node: address %d', (address, message, visited) => {
  const forge = new Forge();
  const size = 8 + 8;
  const records = Array.from({ length: 7 }, (_, n) => [
    ...(address < 2 ** 64 ? littleEndian(address, 8) : new Array(8).fill(255)),
    ...littleEndian(n, 8),
  ]);
  const depth = 6;
  let at = forge.nodeV2(512, records, [], 10);
  let total = 7;
  // The most records at and below a node of a level, which say how many bytes their number takes.
  let most = Math.floor(502 / size);
  let width = 0;
  for (let level = 1; level <= depth; level++) {
    const children = Array.from({ length: 8 }, () => ({ at, count: 7, total }));
    at = forge.nodeV2(512, records, children, 10, width);
    total = 7 + 8 * total;
    const pointer = 9 + width;
    const here = Math.floor((502 - pointer) / (size + pointer));
    most = here + (here + 1) * most;
    width = Math.floor(Math.log2(most) / 8) + 1;
  }
  const root = forge.btreeV2({
    type: 10,
    nodeSize: 512,
    recordSize: size,
    depth,
    root: at,
    rootCount: 7,
    total,
  });
  const dataset = datasetOf({ ...KINDS['version 2 B-tree']!, maxDims: [NONE] });
  const index = openIndex(forge.open(), { ...dataset, layout: { ...dataset.layout, address: root } });
  expect(index.get([3])).toEqual(visited > 0 ? { address: 8, size: 12, mask: 0 } : undefined);
  let seen = 0;
  expect(() => index.forEach(() => void seen++)).toThrow(message);
  expect(seen).toBe(visited);
});

test('an extensible array whose data blocks are all the same one', () => {
  const space = new MemorySpace();
  const kind: Kind = {
    maxDims: [NONE],
    index: {
      type: 'extensible-array',
      maxBits: 32,
      indexElements: 0,
      minPointers: 2,
      minElements: 2,
      pageBits: 20,
    },
    places: [],
  };
  let dataset = datasetOf(kind);
  const editor = editIndex(space, dataset);
  // One block of each of the levels, and the last number of all.
  for (let n = 0; n < 20; n++) editor.set([2 * (2 ** n - 1)], { address: 8, size: 12, mask: 0 });
  editor.set([2 * (2 ** 20 - 1) - 1], { address: 8, size: 12, mask: 0 });
  editor.flush();
  dataset = { ...dataset, layout: editor.layout };
  expect(chunksOf(openIndex(space, dataset)).size).toBe(21);
  const bytes = space.copy(0, space.end, 'all');
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + 4 < bytes.length; at++) {
    if (Buffer.from(bytes.buffer, at, 4).toString('latin1') !== 'EASB') continue;
    const first = view.getUint32(at + 14, true);
    const blocks = 2 ** (Math.log2(first / 2 + 1) >> 1);
    const block = view.getBigUint64(at + 18, true);
    for (let n = 1; n < blocks; n++) view.setBigUint64(at + 18 + 8 * n, block, true);
  }
  let seen = 0;
  expect(() => openIndex(new MemorySpace(bytes), dataset).forEach(() => void seen++)).toThrow(
    'parts of the file overlap',
  );
  expect(seen).toBeGreaterThan(21);
  const damaged = new MemorySpace(bytes);
  damaged.allocated.set(0, bytes.length);
  expect(() => editIndex(damaged, dataset).free()).toThrow(H5FormatError);
  expect(damaged.used).toBe(bytes.length);
});
