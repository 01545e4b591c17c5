import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { H5FormatError, H5TypeError } from '../../src/errors.js';
import { UNDEFINED_ADDRESS } from '../../src/hdf5/byte-reader.js';
import { ChunkCache, type ChunkSource } from '../../src/hdf5/chunk-cache.js';
import {
  type ChunkedElements,
  type ContiguousElements,
  type ElementTarget,
  readSelection,
  writeSelection,
} from '../../src/hdf5/dataset-io.js';
import type { EditableSpace } from '../../src/hdf5/editable-space.js';
import { type DatasetInfo, readObject } from '../../src/hdf5/object.js';
import {
  type AxisSelection,
  broadcast,
  parseSelection,
  product,
  rowMajor,
  type Selection,
  type SelectionInput,
  selectAll,
} from '../../src/hdf5/selection.js';
import { H5File, serialize } from '../../src/node.js';
import type { Storage } from '../../src/storage/storage.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, h5py, runPython } from '../oracle/oracles.js';
import { type Random, seeded } from '../random.js';
import { fixChecksums } from '../serialize/checksums.js';
import { runs, sampled, THOROUGH } from '../thoroughness.js';
import { MemorySpace } from './memory-space.js';

// ---- where elements lie -----------------------------------------------------------------------------------

/** Answers with copies, as a file does, and counts. */
class CountingStorage implements Storage {
  readonly #inner: Storage;
  reads = 0;
  copies = 0;
  bytes = 0;

  constructor(inner: Storage) {
    this.#inner = inner;
  }

  get size(): number {
    return this.#inner.size;
  }

  read(position: number, length: number): Uint8Array {
    this.reads++;
    this.bytes += length;
    return this.#inner.copy(position, length);
  }

  copy(position: number, length: number): Uint8Array<ArrayBuffer> {
    this.copies++;
    this.bytes += length;
    return this.#inner.copy(position, length);
  }

  close(): void {}
}

/** A space whose storage is not known to be in memory. */
class FileLikeSpace extends MemorySpace {
  readonly counter: CountingStorage;
  writes = 0;
  written = 0;

  constructor() {
    super();
    this.counter = new CountingStorage(this.storage);
    Object.defineProperty(this, 'storage', { value: this.counter });
  }

  override write(address: number, bytes: Uint8Array): void {
    this.writes++;
    this.written += bytes.length;
    super.write(address, bytes);
  }
}

/** Chunks in a Map. What is given away or taken in is garbled, so that nothing can be kept by mistake. */
class MapSource implements ChunkSource {
  readonly chunks = new Map<string, Uint8Array>();
  readonly log: string[] = [];

  read(place: readonly number[]): Uint8Array | undefined {
    this.log.push(`read ${place}`);
    return this.chunks.get(place.join())?.slice();
  }

  write(place: readonly number[], bytes: Uint8Array): void {
    this.log.push(`write ${place}`);
    this.chunks.set(place.join(), bytes.slice());
  }
}

function randomBytes(random: Random, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  // Not `from`, which takes ten times as long.
  for (let i = 0; i < length; i++) bytes[i] = random(256);
  return bytes;
}

/** A contiguous dataset with something before and after it, which `check` compares. */
function contiguous(space: MemorySpace, bytes: Uint8Array, shift = 0) {
  const address = space.allocate(bytes.length + 64 + shift) + 32 + shift;
  const around = new Uint8Array(bytes.length + 64 + shift).fill(0xee);
  around.set(bytes, 32 + shift);
  space.write(address - 32 - shift, around);
  const target: ContiguousElements<EditableSpace> = { kind: 'contiguous', space, address };
  const content = () => {
    const all = space.copy(address - 32 - shift, around.length, 'all');
    for (let i = 0; i < 32 + shift; i++) expect(all[i]).toBe(0xee);
    for (let i = all.length - 32; i < all.length; i++) expect(all[i]).toBe(0xee);
    return all.subarray(32 + shift, all.length - 32);
  };
  return { target, content };
}

function chunkStrides(dims: readonly number[], chunkDims: readonly number[]) {
  return { own: rowMajor(chunkDims), all: rowMajor(dims) };
}

/** For each element of a dataset its chunk and its place in that. */
function forEachElement(
  dims: readonly number[],
  chunkDims: readonly number[],
  visit: (element: number, place: string, within: number) => void,
): void {
  const { own, all } = chunkStrides(dims, chunkDims);
  for (let element = 0; element < product(dims); element++) {
    const index = dims.map((dim, axis) => Math.floor(element / all[axis]!) % dim);
    const place = index.map((i, axis) => Math.floor(i / chunkDims[axis]!));
    const within = index.reduce((sum, i, axis) => sum + (i % chunkDims[axis]!) * own[axis]!, 0);
    visit(element, place.join(), within);
  }
}

/** A chunked dataset; `content` is what it holds, read chunk by chunk from below the cache. */
function chunked(
  dims: readonly number[],
  chunkDims: readonly number[],
  size: number,
  bytes: Uint8Array | undefined,
  limit: number,
  fillValue?: Uint8Array,
) {
  const source = new MapSource();
  const chunkSize = product(chunkDims) * size;
  if (bytes) {
    forEachElement(dims, chunkDims, (element, place, within) => {
      const chunk = source.chunks.get(place) ?? new Uint8Array(chunkSize).fill(0xcc);
      source.chunks.set(place, chunk);
      chunk.set(bytes.subarray(element * size, (element + 1) * size), within * size);
    });
  }
  const cache = new ChunkCache(source, limit);
  const target: ChunkedElements = { kind: 'chunked', chunkDims, chunks: cache, fillValue };
  const content = () => {
    cache.flush();
    const all = new Uint8Array(product(dims) * size);
    forEachElement(dims, chunkDims, (element, place, within) => {
      const chunk = source.chunks.get(place);
      const value = chunk?.subarray(within * size, (within + 1) * size) ?? fillValue ?? new Uint8Array(size);
      all.set(value, element * size);
    });
    return all;
  };
  return { target, content, source, cache };
}

/** All kinds of storage with the same elements. */
function everywhere(dims: readonly number[], size: number, bytes: Uint8Array, random: Random) {
  const chunkDims = dims.map(() => 1 + random(6));
  const compact = new Uint8Array(bytes.length + 8).subarray(random(8)).subarray(0, bytes.length);
  compact.set(bytes);
  const targets: { name: string; target: ElementTarget; content: () => Uint8Array }[] = [
    { name: 'compact', target: { kind: 'compact', bytes: compact }, content: () => compact },
    { name: 'in memory', ...contiguous(new MemorySpace(), bytes) },
    { name: 'in memory at an odd address', ...contiguous(new MemorySpace(), bytes, 1 + random(7)) },
    { name: 'in a file', ...contiguous(new FileLikeSpace(), bytes) },
  ];
  for (const limit of [1 << 20, 0, 3 * product(chunkDims) * size]) {
    targets.push({ name: `in chunks, limit ${limit}`, ...chunked(dims, chunkDims, size, bytes, limit) });
  }
  return targets;
}

// ---- a model ------------------------------------------------------------------------------------------------

function offsetsOf(selection: Selection): Uint32Array {
  const offsets = new Uint32Array(selection.count);
  selection.forEachRun((offset, length, position) => {
    for (let i = 0; i < length; i++) offsets[position + i] = offset + i;
  });
  return offsets;
}

function modelRead(bytes: Uint8Array, selection: Selection, size: number): Uint8Array {
  const result = new Uint8Array(selection.count * size);
  offsetsOf(selection).forEach((offset, i) => {
    for (let k = 0; k < size; k++) result[i * size + k] = bytes[offset * size + k]!;
  });
  return result;
}

function modelWrite(
  bytes: Uint8Array,
  selection: Selection,
  values: Uint8Array,
  size: number,
  valueShape: readonly number[],
): Uint8Array {
  const result = bytes.slice();
  const { shape } = selection;
  const strides = rowMajor(shape);
  offsetsOf(selection).forEach((offset, i) => {
    let from = 0;
    valueShape.forEach((dim, k) => {
      const axis = k + shape.length - valueShape.length;
      const index = axis < 0 ? 0 : Math.floor(i / strides[axis]!) % shape[axis]!;
      from = from * dim + (dim === 1 ? 0 : index);
    });
    for (let k = 0; k < size; k++) result[offset * size + k] = values[from * size + k]!;
  });
  return result;
}

function expectSame(given: Uint8Array, expected: Uint8Array, what: string): void {
  // Far faster than toEqual.
  if (Buffer.compare(given, expected) !== 0) expect(Array.from(given), what).toEqual(Array.from(expected));
}

// ---- what is generated --------------------------------------------------------------------------------------

function anyAxis(dim: number): fc.Arbitrary<AxisSelection> {
  const bound = fc.option(fc.integer({ min: -dim - 2, max: dim + 2 }), { nil: undefined });
  const step = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined });
  const choices: fc.Arbitrary<AxisSelection>[] = [
    fc.constant(undefined),
    fc.record({ start: bound, stop: bound, step }),
    fc.record({ start: fc.constant(undefined), stop: fc.constant(undefined), step: fc.constant(2) }),
  ];
  if (dim > 0) choices.push(fc.integer({ min: -dim, max: dim - 1 }));
  return fc.oneof(...choices);
}

function anySelection(dims: readonly number[]): fc.Arbitrary<SelectionInput> {
  const axes = fc.tuple(...dims.map(anyAxis));
  const index = (dim: number) => fc.integer({ min: -dim, max: Math.max(dim - 1, 0) });
  const withList = fc.nat(dims.length - 1).chain((at) => {
    const dim = dims[at]!;
    const indices = fc.oneof(
      fc.array(index(dim), { maxLength: dim && 10 }),
      fc
        .uniqueArray(fc.nat(Math.max(dim - 1, 0)), { maxLength: dim })
        .map((list) => list.sort((a, b) => a - b)),
    );
    return fc.tuple(axes, indices).map(([entries, list]) => {
      const all: AxisSelection[] = [...entries];
      all[at] = { indices: list };
      return all;
    });
  });
  const mask = fc
    .array(fc.boolean(), { minLength: product(dims), maxLength: product(dims) })
    .map((flat) => ({ mask: flat }));
  const choices: fc.Arbitrary<SelectionInput>[] = [axes, axes, withList, mask];
  if (product(dims) > 0) {
    choices.push(fc.array(fc.tuple(...dims.map(index)), { maxLength: 20 }).map((points) => ({ points })));
  }
  return fc.oneof(...choices);
}

/** A selection, and a shape of values that fits it. */
const anyCase = fc
  .array(fc.nat(7), { minLength: 1, maxLength: 4 })
  .filter((dims) => product(dims) <= 600)
  .chain((dims) =>
    fc.record({
      dims: fc.constant(dims),
      input: anySelection(dims),
      size: fc.constantFrom(1, 2, 3, 4, 6, 8, 12, 16, 120),
      seed: fc.nat(2 ** 31),
    }),
  );

function shapeOfValues(shape: readonly number[], random: Random): number[] {
  const kept = shape.slice(random(2) * random(shape.length + 1));
  const values = kept.map((size) => (random(3) === 0 ? 1 : size));
  return random(5) === 0
    ? [1, ...shape.slice(0, shape.length - values.length).map(() => 1), ...values]
    : values;
}

// ---- tests ----------------------------------------------------------------------------------------------------

describe('elements, wherever they lie,', () => {
  test('are read as selected', () => {
    fc.assert(
      fc.property(anyCase, ({ dims, input, size, seed }) => {
        const random = seeded(seed);
        const bytes = randomBytes(random, product(dims) * size);
        const selection = parseSelection(input, dims);
        const expected = modelRead(bytes, selection, size);
        for (const { name, target, content } of everywhere(dims, size, bytes, random)) {
          expectSame(readSelection(target, selection, size), expected, name);
          expectSame(content(), bytes, name);
        }
      }),
      { numRuns: runs(400) },
    );
  });

  test('are written as selected, with values that are repeated as numpy does', () => {
    fc.assert(
      fc.property(anyCase, ({ dims, input, size, seed }) => {
        const random = seeded(seed);
        const bytes = randomBytes(random, product(dims) * size);
        const selection = parseSelection(input, dims);
        const isPlain = random(2) === 0;
        const shape = isPlain ? [...selection.shape] : shapeOfValues(selection.shape, random);
        const values = randomBytes(random, product(shape) * size + 8).subarray(random(8));
        const expected = modelWrite(bytes, selection, values, size, shape);
        const steps = isPlain ? undefined : broadcast(shape, selection.shape);
        for (const { name, target, content } of everywhere(dims, size, bytes, random)) {
          writeSelection(target, selection, values, size, steps);
          expectSame(readSelection(target, selectAll(dims), size), expected, `${name}, read again`);
          expectSame(content(), expected, name);
        }
      }),
      { numRuns: runs(400) },
    );
  });

  test('are read and written in windows', () => {
    const random = seeded(7);
    const bytes = randomBytes(random, 400 * 500 * 8);
    const points = Array.from({ length: 500 }, () => [random(400), random(500)]);
    const mask = Uint8Array.from({ length: 400 * 500 }, () => (random(9) === 0 ? 1 : 0)).fill(
      1,
      70_000,
      210_000,
    );
    const shapes = [[400, 500], [200_000], [400, 5, 100], [4, 100, 500], [200, 2, 500]];
    const inputs: SelectionInput[] = [
      [],
      [{ step: 2 }],
      [{ step: 3 }, { step: 2 }],
      [undefined, [3, 5]],
      [undefined, 5],
      [
        [1, -1],
        [1, -1],
      ],
      [{ step: 50 }, { start: 20, step: 5 }],
      [{ indices: Array.from({ length: 200 }, () => random(400)) }, [10, 400]],
      [{ indices: Array.from({ length: 200 }, () => random(400)) }, { step: 3 }],
      [undefined, { indices: Array.from({ length: 90 }, () => random(500)) }],
      [{ step: 7 }, { indices: [0, 1, 2, 80, 81, 499, 3] }],
      { points },
      { points: [...points].sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]!) },
      { mask },
    ];
    const parsed = inputs.map((input) => parseSelection(input, [400, 500]));
    for (const dims of shapes.slice(1)) {
      parsed.push(
        parseSelection(
          dims.map((_, axis) => ({ start: 1, step: axis + 1 })),
          dims,
        ),
      );
      parsed.push(
        parseSelection(
          dims.map((_, axis) => ({ start: 1, stop: -1, step: dims.length - axis })),
          dims,
        ),
      );
      parsed.push(selectAll(dims));
    }
    for (const [i, selection] of sampled(parsed, 2).entries()) {
      const { target, content } = contiguous(new FileLikeSpace(), bytes);
      expectSame(readSelection(target, selection, 8), modelRead(bytes, selection, 8), `read ${i}`);
      const values = randomBytes(random, selection.count * 8);
      writeSelection(target, selection, values, 8);
      expectSame(content(), modelWrite(bytes, selection, values, 8, selection.shape), `write ${i}`);
      const one = randomBytes(random, 8);
      writeSelection(target, selection, one, 8, broadcast([], selection.shape));
      expectSame(content(), modelWrite(bytes, selection, one, 8, []), `fill ${i}`);
    }
  });

  test('keep their bits, also those of NaNs', () => {
    const bytes = new Uint8Array(
      BigUint64Array.from([0x7ff0000000000001n, 0xfff8dead0000beefn, 1n, 2n]).buffer,
    );
    const { target } = contiguous(new MemorySpace(), bytes);
    const read = readSelection(target, parseSelection([{ step: 2, stop: 3 }], [4]), 8);
    expect(new BigUint64Array(read.buffer)).toEqual(BigUint64Array.of(0x7ff0000000000001n, 1n));
  });

  test('are not written from too few values', () => {
    const target: ElementTarget = { kind: 'compact', bytes: new Uint8Array(80) };
    const selection = parseSelection([[0, 5]], [10]);
    expect(() => writeSelection(target, selection, new Uint8Array(39), 8)).toThrow(H5TypeError);
    expect(() => writeSelection(target, selection, new Uint8Array(7), 8, [0])).toThrow(
      /7 bytes are given for 1/,
    );
  });
});

describe('contiguous elements', () => {
  const dims = [1000, 500];
  const bytes = randomBytes(seeded(1), 500_000 * 8);
  const open = () => {
    const space = new FileLikeSpace();
    const made = contiguous(space, bytes);
    const { counter } = space;
    counter.reads = counter.copies = counter.bytes = space.writes = space.written = 0;
    return { ...made, space, counter };
  };

  test('that are together are read with one copy, and written with one call', () => {
    const { target, counter, space } = open();
    for (const input of [[], [[100, 900]], [7], [3, [10, 20]]] as SelectionInput[]) {
      const selection = parseSelection(input, dims);
      readSelection(target, selection, 8);
      expect([counter.reads, counter.copies, counter.bytes]).toEqual([0, 1, selection.count * 8]);
      writeSelection(target, selection, new Uint8Array(selection.count * 8), 8);
      expect([space.writes, space.written, counter.copies]).toEqual([1, selection.count * 8, 1]);
      counter.copies = counter.bytes = space.writes = space.written = 0;
    }
  });

  test('that lie near together are read in a few windows', () => {
    const { target, counter } = open();
    // 4 MB in windows of 1 MB, which end with a row.
    for (const input of [[undefined, { step: 2 }], [undefined, [1, 499]], [{ step: 2 }], [undefined, 3]]) {
      readSelection(target, parseSelection(input as SelectionInput, dims), 8);
      expect(counter.reads).toBeLessThanOrEqual(6);
      counter.reads = 0;
    }
    const mask = new Uint8Array(500_000).map((_, i) => Number(i % 3 !== 0));
    readSelection(target, parseSelection({ mask }, dims), 8);
    expect(counter.reads).toBeLessThanOrEqual(6);
    expect(counter.copies).toBe(0);
  });

  test('that lie far apart are read one by one, and nothing else', () => {
    const { target, counter } = open();
    readSelection(target, parseSelection([{ step: 100 }, [0, 10]], dims), 8);
    expect([counter.reads, counter.bytes]).toEqual([10, 10 * 80]);
    counter.reads = counter.bytes = 0;
    readSelection(
      target,
      parseSelection(
        {
          points: [
            [999, 0],
            [0, 0],
            [500, 1],
          ],
        },
        dims,
      ),
      8,
    );
    expect([counter.reads, counter.bytes]).toEqual([3, 24]);
  });

  test('are written without being read where nothing lies between', () => {
    const { target, counter, space } = open();
    writeSelection(target, parseSelection([undefined, [0, 100]], dims), new Uint8Array(800_000), 8);
    expect([counter.reads, counter.copies, space.writes, space.written]).toEqual([0, 0, 1000, 800_000]);
    // One value for all.
    writeSelection(target, selectAll(dims), new Uint8Array(8), 8, [0, 0]);
    expect([counter.reads, counter.copies, space.writes - 1000]).toEqual([0, 0, 4]);
  });

  test('that were never written are the fill value, and get their place with the first write', () => {
    const fillValue = Uint8Array.of(1, 2, 3);
    for (const fill of [undefined, fillValue]) {
      for (const input of [[[2, 5]], [], { mask: new Array(12).fill(true) }, [{ indices: [3, 2, 1, 0] }]]) {
        const space = new MemorySpace();
        const target: ContiguousElements<EditableSpace> = {
          kind: 'contiguous',
          space,
          address: UNDEFINED_ADDRESS,
          fillValue: fill,
        };
        const dims = Array.isArray(input) ? [6, 2] : [12];
        const selection = parseSelection(input as SelectionInput, dims);
        const before = Uint8Array.from({ length: 36 }, (_, i) => fill?.[i % 3] ?? 0);
        expect(readSelection(target, selectAll(dims), 3)).toEqual(before);
        expect(space.used).toBe(0);
        const values = Uint8Array.from({ length: selection.count * 3 }, (_, i) => 100 + i);
        writeSelection(target, selection, values, 3);
        expect(space.allocated.get(target.address)).toBe(36);
        expect(readSelection(target, selectAll(dims), 3)).toEqual(
          modelWrite(before, selection, values, 3, selection.shape),
        );
      }
    }
  });

  test('get no place for nothing', () => {
    const space = new MemorySpace();
    const target: ElementTarget = { kind: 'contiguous', space, address: UNDEFINED_ADDRESS };
    writeSelection(target, parseSelection([[3, 3]], [6]), new Uint8Array(0), 8);
    writeSelection(target, selectAll([0, 4]), new Uint8Array(0), 8);
    expect(target.address).toBe(UNDEFINED_ADDRESS);
    expect(readSelection(target, parseSelection([[3, 3]], [6]), 8)).toHaveLength(0);
  });

  test('that were never written cannot be more than there is room for', () => {
    const target: ElementTarget = {
      kind: 'contiguous',
      space: new MemorySpace(),
      address: UNDEFINED_ADDRESS,
    };
    expect(() => readSelection(target, selectAll([2 ** 40]), 8)).toThrow(H5TypeError);
    expect(() => readSelection(target, selectAll([1000]), 8, 7999)).toThrow(/never written/);
    expect(readSelection(target, selectAll([1000]), 8, 8000)).toHaveLength(8000);
    expect(() => readSelection({ ...target, fillValue: new Uint8Array(3) }, selectAll([5]), 8)).toThrow(
      H5FormatError,
    );
  });

  test('outside of the file are an error before anything is allocated', () => {
    const space = new MemorySpace();
    for (const address of [0, 100, 2 ** 50]) {
      const source: ElementTarget = { kind: 'contiguous', space, address };
      for (const input of [[], [{ step: 2 }], { points: [0, 5] }] as SelectionInput[]) {
        expect(() => readSelection(source, parseSelection(input, [2 ** 45]), 8)).toThrow(H5FormatError);
      }
    }
    const short: ElementTarget = { kind: 'compact', bytes: new Uint8Array(10) };
    expect(() => readSelection(short, parseSelection([0], [2 ** 45]), 8)).toThrow(H5FormatError);
    expect(() => writeSelection(short, parseSelection([0], [2]), new Uint8Array(8), 8)).toThrow(
      H5FormatError,
    );
  });
});

describe('chunked elements', () => {
  test('are read only from the chunks that they are in, and a whole chunk is written without being read', () => {
    const dims = [10, 10];
    const { target, source } = chunked(dims, [4, 4], 8, new Uint8Array(800), 1 << 20);
    readSelection(target, parseSelection([[4, 8], 9], dims), 8);
    expect(source.log.splice(0)).toEqual(['read 1,2']);
    const whole = parseSelection(
      [
        [0, 8],
        [8, 10],
      ],
      dims,
    );
    writeSelection(chunked(dims, [4, 4], 8, undefined, 0).target, whole, new Uint8Array(128), 8);
    const again = chunked(dims, [4, 4], 8, new Uint8Array(800), 0);
    writeSelection(again.target, whole, new Uint8Array(128), 8);
    expect(again.source.log.splice(0)).toEqual(['write 0,2', 'write 1,2']);
    writeSelection(
      again.target,
      parseSelection(
        [
          [0, 8],
          [7, 10],
        ],
        dims,
      ),
      new Uint8Array(8 * 24),
      8,
    );
    expect(again.source.log.splice(0).filter((line) => line.startsWith('read'))).toEqual([
      'read 0,1',
      'read 1,1',
    ]);
    const mask = Uint8Array.from({ length: 100 }, (_, i) => Number(i % 10 >= 8));
    writeSelection(again.target, parseSelection({ mask }, dims), new Uint8Array(160), 8);
    expect(again.source.log.splice(0)).toEqual(['write 0,2', 'write 1,2', 'write 2,2']);
    writeSelection(again.target, selectAll(dims), new Uint8Array(8), 8, [0, 0]);
    expect(again.source.log).toHaveLength(9);
  });

  test('of chunks that are not there are the fill value, also beyond the edges of the dataset', () => {
    fc.assert(
      fc.property(anyCase, ({ dims, input, size, seed }) => {
        const random = seeded(seed);
        const fillValue = random(2) === 0 ? undefined : randomBytes(random, size);
        const before = new Uint8Array(product(dims) * size).map((_, i) => fillValue?.[i % size] ?? 0);
        const chunkDims = dims.map(() => 1 + random(6));
        const selection = parseSelection(input, dims);
        const made = chunked(dims, chunkDims, size, undefined, random(2) << 20, fillValue);
        expectSame(
          readSelection(made.target, selection, size),
          modelRead(before, selection, size),
          'nothing',
        );
        const values = randomBytes(random, selection.count * size);
        writeSelection(made.target, selection, values, size);
        const expected = modelWrite(before, selection, values, size, selection.shape);
        expectSame(readSelection(made.target, selectAll(dims), size), expected, 'something');
        expectSame(made.content(), expected, 'below the cache');
        const touched = new Set<string>();
        selection.forEachChunk(chunkDims, (place) => touched.add(place.join()));
        expect(new Set(made.source.chunks.keys())).toEqual(touched);
        // What lies beyond the edges comes to light when the dataset grows.
        forEachElement(dims, chunkDims, (_, place, within) => {
          made.source.chunks.get(place)?.set(fillValue ?? new Uint8Array(size), within * size);
        });
        for (const chunk of made.source.chunks.values()) {
          expectSame(
            chunk,
            chunk.map((_, i) => fillValue?.[i % size] ?? 0),
            'beyond the edges',
          );
        }
      }),
      { numRuns: runs(300) },
    );
  });

  test('of the wrong size, and dimensions that are none, are a damaged file', () => {
    const { target, source } = chunked([10], [4], 8, new Uint8Array(80), 0);
    source.chunks.set('1', new Uint8Array(31));
    expect(() => readSelection(target, selectAll([10]), 8)).toThrow(/chunk \(1\) has 31 bytes, expected 32/);
    expect(() => writeSelection(target, parseSelection([5], [10]), new Uint8Array(8), 8)).toThrow(
      H5FormatError,
    );
    const none = { ...target, chunkDims: [0] };
    expect(() => readSelection(none, selectAll([10]), 8)).toThrow(H5FormatError);
    const fill = { ...target, fillValue: new Uint8Array(7) };
    expect(() => readSelection(fill, selectAll([10]), 8)).toThrow(H5FormatError);
  });

  test('that were never written cannot take forever, nor all memory', () => {
    const empty = { get: () => undefined, getOnce: () => undefined, put: () => {}, write: () => {} };
    const read = (dims: number[], chunkDims: number[], limit?: number, fillValue?: Uint8Array) =>
      readSelection({ kind: 'chunked', chunkDims, chunks: empty, fillValue }, selectAll(dims), 1, limit);
    expect(() => read([2 ** 31], [2 ** 27], 2 ** 28, Uint8Array.of(1))).toThrow(H5TypeError);
    expect(() => read([2 ** 31], [2 ** 31])).toThrow(H5TypeError);
    expect(() => read([2 ** 20], [1], 2 ** 25)).toThrow(/never written/);
    expect(() => read([2 ** 50], [2 ** 20])).toThrow(/memory|never written/);
    expect(read([1000], [10], 6400)).toHaveLength(1000);
  });
});

describe('the cache of chunks', () => {
  const bytes = (value: number) => new Uint8Array(100).fill(value);

  test('keeps what was used last, and writes what was changed', () => {
    const source = new MapSource();
    for (let i = 0; i < 5; i++) source.chunks.set(`${i}`, bytes(i));
    const cache = new ChunkCache(source, 300);
    for (const i of [0, 1, 2, 0, 3, 0, 1]) expect(cache.get([i])).toEqual(bytes(i));
    expect(source.log.splice(0)).toEqual(['read 0', 'read 1', 'read 2', 'read 3', 'read 1']);
    expect(cache.used).toBe(300);
    const chunk = cache.get([3])!;
    chunk[0] = 33;
    cache.put([3], chunk);
    expect(source.log).toEqual([]);
    cache.flush();
    cache.flush();
    expect(source.log.splice(0)).toEqual(['write 3']);
    expect(source.chunks.get('3')![0]).toBe(33);
    cache.put([4], bytes(44));
    expect(cache.get([4])).toEqual(bytes(44));
    for (const i of [0, 1, 2]) cache.get([i]);
    expect(source.log.splice(0)).toEqual(['read 0', 'read 1', 'read 2', 'write 4']);
    expect(source.chunks.get('4')).toEqual(bytes(44));
    expect(cache.get([9])).toBeUndefined();
  });

  test('passes on what is larger than it', () => {
    const source = new MapSource();
    const cache = new ChunkCache(source, 99);
    cache.put([0, 0], bytes(1));
    expect(source.chunks.get('0,0')).toEqual(bytes(1));
    cache.get([0, 0]);
    cache.get([0, 0]);
    expect(source.log).toEqual(['write 0,0', 'read 0,0', 'read 0,0']);
    expect(cache.used).toBe(0);
  });

  test('forgets', () => {
    const source = new MapSource();
    const cache = new ChunkCache(source);
    cache.put([0], bytes(1));
    cache.put([1], bytes(1));
    cache.forget([0]);
    cache.forget([7]);
    expect(cache.used).toBe(100);
    expect(cache.get([0])).toBeUndefined();
    cache.clear();
    cache.flush();
    expect(cache.used).toBe(0);
    expect(source.chunks.size).toBe(0);
  });

  test('loses nothing when writing fails', () => {
    const source = new MapSource();
    let isFull = true;
    const write = source.write.bind(source);
    source.write = (place, chunk) => {
      if (isFull) throw new Error('the disk is full');
      write(place, chunk);
    };
    const cache = new ChunkCache(source, 200);
    cache.put([0], bytes(1));
    cache.put([1], bytes(2));
    expect(() => cache.get([2])).not.toThrow();
    source.chunks.set('2', bytes(3));
    expect(() => cache.get([2])).toThrow('full');
    expect(() => cache.flush()).toThrow('full');
    isFull = false;
    cache.flush();
    expect(source.chunks.get('0')).toEqual(bytes(1));
    expect(source.chunks.get('1')).toEqual(bytes(2));
  });

  test('agrees with a Map, within its limit', () => {
    const step = fc.record({ put: fc.boolean(), place: fc.nat(9), value: fc.nat(255), flush: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.nat(600), (steps, limit) => {
        const source = new MapSource();
        const cache = new ChunkCache(source, limit);
        const model = new Map<number, number>();
        for (const { put, place, value, flush } of steps) {
          if (put) {
            cache.put([place], bytes(value));
            model.set(place, value);
          } else if (value % 2 === 0) {
            const chunk = cache.get([place]);
            if (chunk) {
              chunk.fill(value);
              cache.put([place], chunk);
              model.set(place, value);
            }
          } else expect(cache.get([place])?.[0]).toBe(model.get(place));
          expect(cache.used).toBeLessThanOrEqual(limit);
          if (flush === 0) {
            cache.flush();
            for (const [key, expected] of model) expect(source.chunks.get(`${key}`)?.[0]).toBe(expected);
          }
        }
      }),
      { numRuns: runs(100) },
    );
  });

  const ROWS = THOROUGH ? 1024 : 256;

  test(`${ROWS} MB go through it slice by slice`, () => {
    // Rows of 1 MB, chunks of 8 rows: none is read, each is written once.
    const dims = [ROWS, 1 << 17];
    const chunkDims = [8, 1 << 14];
    let writes = 0;
    let first = 0;
    const cache = new ChunkCache({
      read: () => undefined,
      write: (_, chunk) => {
        writes++;
        first += chunk[0]!;
      },
    });
    const row = new Uint8Array(1 << 20).fill(1);
    let most = 0;
    for (let i = 0; i < dims[0]!; i++) {
      writeSelection({ kind: 'chunked', chunkDims, chunks: cache }, parseSelection([i], dims), row, 8);
      most = Math.max(most, cache.used);
    }
    cache.flush();
    expect([writes, first]).toEqual([ROWS, ROWS]);
    expect(most).toBe(1 << 24);
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(2 ** 29);
  });
});

// ---- h5py -------------------------------------------------------------------------------------------------------

const SCRIPT = `
import json, sys, h5py, numpy as np

def data(case):
    n = int(np.prod(case['dims']))
    return ((np.arange(n) * 2654435761 + case['seed']) % 2**31).astype(case['dtype']).reshape(case['dims'])

def index(entry, dim):
    if entry is None: return np.arange(dim), slice(None)
    if isinstance(entry, int): return np.arange(dim)[[entry]], entry
    if 'indices' in entry:
        i = np.array(entry['indices'], dtype=int)
        return np.arange(dim)[i], entry['indices']
    s = slice(entry.get('start'), entry.get('stop'), entry.get('step'))
    return np.arange(dim)[s], s

def parse(case):
    """What numpy indexes with, what h5py does (or None), and the shape."""
    sel, dims = case['input'], case['dims']
    if 'points' in sel:
        p = np.array(sel['points'], dtype=int).reshape(-1, len(dims))
        return tuple(p.T), None, (len(p),)
    if 'mask' in sel:
        m = np.array(sel['mask'], dtype=bool).reshape(dims)
        return m, m, (int(m.sum()),)
    pairs = [index(e, d) for e, d in zip(sel['axes'], dims)]
    shape = tuple(len(i) for (i, _), e in zip(pairs, sel['axes']) if not isinstance(e, int))
    lists = [e['indices'] for e in sel['axes'] if isinstance(e, dict) and 'indices' in e]
    # h5py takes indices only if they increase.
    ok = all(l and l[0] >= 0 and all(a < b for a, b in zip(l, l[1:])) for l in lists)
    return np.ix_(*(i for i, _ in pairs)), tuple(h for _, h in pairs) if ok else None, shape

mode, path, cases = sys.argv[1], sys.argv[2], json.load(sys.stdin)
answers = []
compared = 0
with h5py.File(path, 'w' if mode == 'make' else 'r') as f:
    for n, case in enumerate(cases):
        name = str(n)
        if mode == 'make':
            a = data(case)
            kind = case['kind']
            if kind == 'chunked':
                ds = f.create_dataset(name, a.shape, a.dtype, chunks=tuple(case['chunks']), fillvalue=a.dtype.type(77),
                                      maxshape=(None,) * a.ndim)
                if case['sparse']:
                    half = (a.shape[0] + 1) // 2
                    ds[:half] = a[:half]
                    a = ds[()]
                else: ds[...] = a
            elif kind == 'compact':
                space = h5py.h5s.create_simple(a.shape)
                plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
                plist.set_layout(h5py.h5d.COMPACT)
                ds = h5py.Dataset(h5py.h5d.create(f.id, name.encode(), h5py.h5t.py_create(a.dtype), space, plist))
                ds[...] = a
            else: ds = f.create_dataset(name, data=a)
            key, mine, shape = parse(case)
            expected = a[key].reshape(shape)
            if mine is not None:
                got = ds[mine]
                compared += 1
                assert got.shape == shape and np.array_equal(got, expected), (case, got, expected)
            f.flush()
            chunks = None
            if kind == 'chunked':
                infos = [ds.id.get_chunk_info(i) for i in range(ds.id.get_num_chunks())]
                chunks = [[[int(o) // c for o, c in zip(i.chunk_offset, case['chunks'])], i.byte_offset] for i in infos]
            answers.append({'header': h5py.h5o.get_info(ds.id).addr, 'offset': ds.id.get_offset(), 'chunks': chunks, 'shape': shape,
                            'bytes': expected.tobytes().hex(), 'all': ds[()].tobytes().hex()})
        elif case.get('values') is not None:
            a = data(case)
            key, mine, shape = parse(case)
            v = np.frombuffer(bytes.fromhex(case['values']), a.dtype).reshape(case['valueShape'])
            while v.ndim > len(shape): v = v[0]
            v = np.broadcast_to(v, shape)
            a[key] = v if 'axes' not in case['input'] else v.reshape(a[key].shape)
            got = f[name][()]
            assert np.array_equal(got, a), (n, case, got, a)
            compared += 1
print(json.dumps({'answers': answers, 'compared': compared}))
`;

type PythonInput = { axes: unknown[] } | Exclude<SelectionInput, readonly unknown[]>;

interface OracleCase {
  dims: number[];
  dtype: string;
  size: number;
  seed: number;
  kind: 'compact' | 'contiguous' | 'chunked';
  chunks: number[];
  sparse: boolean;
  input: PythonInput;
  ours: SelectionInput;
  values?: string;
  valueShape?: number[];
}

interface Answer {
  /** The address of the object header. */
  header: number;
  offset: number | null;
  chunks: [number[], number][] | null;
  shape: number[];
  bytes: string;
  all: string;
}

describeOracle('h5py', () => {
  const folder = mkdtempSync(join(tmpdir(), 'h5pickle-selection-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const ask = (mode: string, path: string, cases: OracleCase[]) =>
    JSON.parse(
      runPython(['-c', SCRIPT, mode, path], {
        input: JSON.stringify(cases),
      }).toString(),
    ) as { answers: Answer[]; compared: number };

  const sizes: Record<string, number> = {
    u1: 1,
    '<i2': 2,
    '<i4': 4,
    '>i4': 4,
    '<f8': 8,
    '<c16': 16,
    '<i8': 8,
  };

  const makeCases = (count: number): OracleCase[] =>
    fc.sample(anyCase, { seed: 11, numRuns: count }).map(({ dims, input, seed }, i) => {
      const random = seeded(seed);
      // libhdf5 has no chunks of nothing, and no contiguous data without an address.
      const kind = (['contiguous', 'chunked', 'compact'] as const)[i % 3]!;
      const dtype = Object.keys(sizes)[random(7)]!;
      const axes = Array.isArray(input) ? input.map((entry) => entry ?? null) : [];
      return {
        dims,
        dtype,
        size: sizes[dtype]!,
        seed,
        kind,
        chunks: dims.map((dim) => 1 + random(Math.max(dim, 1))),
        sparse: random(4) === 0,
        input: Array.isArray(input) ? { axes } : (input as Exclude<SelectionInput, readonly unknown[]>),
        ours: input,
      };
    });

  /** Reads and writes the chunks in the bytes of a file. */
  const chunksIn = (file: Uint8Array, { chunks, size }: OracleCase, answer: Answer): ChunkSource => {
    const at = new Map(answer.chunks!.map(([place, offset]) => [place.join(), offset]));
    const length = product(chunks) * size;
    return {
      read: (place) => {
        const offset = at.get(place.join());
        return offset === undefined ? undefined : file.slice(offset, offset + length);
      },
      write: (place, bytes) => file.set(bytes, at.get(place.join())!),
    };
  };

  const targetOf = (space: MemorySpace, file: Uint8Array, one: OracleCase, answer: Answer) => {
    const { dims, size, kind, dtype, chunks } = one;
    if (kind === 'chunked') {
      const fillValue = new Uint8Array(size);
      const view = new DataView(fillValue.buffer);
      if (dtype === '<f8' || dtype === '<c16') view.setFloat64(0, 77, true);
      else fillValue[dtype === '>i4' ? size - 1 : 0] = 77;
      const cache = new ChunkCache(chunksIn(file, one, answer), 500);
      return { target: { kind, chunkDims: chunks, chunks: cache, fillValue } as ElementTarget, cache };
    }
    if (kind === 'compact') {
      const { layout } = readObject(space, answer.header) as DatasetInfo;
      return { target: { kind, bytes: (layout as { data: Uint8Array }).data } as ElementTarget };
    }
    const address = answer.offset ?? UNDEFINED_ADDRESS;
    if (address !== UNDEFINED_ADDRESS) space.allocated.set(address, product(dims) * size);
    return { target: { kind, space, address } as ElementTarget };
  };

  const COUNT = THOROUGH ? 600 : 150;

  test(`selects the same of ${COUNT} datasets, and reads what we write to a part of them`, () => {
    const cases = makeCases(COUNT);
    const path = join(folder, 'many.h5');
    const { answers, compared } = ask('make', path, cases);
    // h5py itself takes no points, nor indices in any order.
    expect(compared).toBeGreaterThan((COUNT * 2) / 3);
    const file = Uint8Array.from(readFileSync(path));
    const space = new MemorySpace(file);
    for (const [i, one] of cases.entries()) {
      const answer = answers[i]!;
      const { dims, size, ours } = one;
      const selection = parseSelection(ours, dims);
      expect(selection.shape).toEqual(answer.shape);
      const { target } = targetOf(space, file, one, answer);
      const what = `case ${i}: ${JSON.stringify(one)}`;
      expectSame(readSelection(target, selection, size), Buffer.from(answer.bytes, 'hex'), what);
      expectSame(readSelection(target, selectAll(dims), size), Buffer.from(answer.all, 'hex'), what);
    }

    // Into the file: contiguous data through the space, chunks in its bytes afterwards.
    const random = seeded(3);
    const writes: (() => void)[] = [];
    let written = 0;
    for (const [i, one] of cases.entries()) {
      const answer = answers[i]!;
      if (one.kind === 'compact' || (one.kind === 'chunked' && one.sparse) || product(one.dims) === 0)
        continue;
      const selection = parseSelection(one.ours, one.dims);
      one.valueShape = shapeOfValues(selection.shape, random);
      const values = randomBytes(random, product(one.valueShape) * one.size);
      // Bytes of floats without NaNs, which numpy does not find equal.
      if (one.dtype === '<f8' || one.dtype === '<c16') values.fill(0x40);
      one.values = Buffer.from(values).toString('hex');
      const steps = broadcast(one.valueShape, selection.shape);
      written++;
      if (one.kind === 'contiguous') {
        writeSelection(targetOf(space, file, one, answer).target, selection, values, one.size, steps);
      } else {
        writes.push(() => {
          const { target, cache } = targetOf(space, changed, one, answer);
          writeSelection(target, selection, values, one.size, steps);
          cache!.flush();
        });
      }
    }
    const changed = space.copy(0, file.length, 'the file');
    for (const write of writes) write();
    writeFileSync(path, changed);
    expect(written).toBeGreaterThan(COUNT / 3);
    expect(ask('check', path, cases).compared).toBe(written);
  });
});

test('one element of a dataset with filters, of a file that is read and of one that is edited', () => {
  const file = H5File.open(undefined, 'w');
  const data = Float64Array.from({ length: 1000 }, (_, i) => i / 2);
  file.createDataset('gzip', { data, chunks: 100, compression: 'gzip', shuffle: true });
  const bytes = file.toBytes();
  for (const mode of ['r', 'r+'] as const) {
    const dataset = H5File.open(bytes, mode).dataset<Float64Array>('gzip');
    expect([dataset.at(0), dataset.at(999), dataset.at(-1), dataset.at(500)]).toEqual([0, 499.5, 499.5, 250]);
    expect(dataset.read()).toEqual(data);
    expect(dataset.at(3)).toBe(1.5);
  }
});

describe('a dataset that was made without a maximum', () => {
  const data = Float64Array.from({ length: 1000 }, (_, i) => i % 10);
  const make = (options: { chunks: number[]; compression?: 'gzip' }, values = data) => {
    const file = H5File.open(undefined, 'w');
    file.createDataset('d', { data: values, ...options });
    return file;
  };
  const files: Record<string, () => H5File> = {
    'in a fixed array': () => make({ chunks: [500] }),
    'in one chunk': () => make({ chunks: [1000] }),
    'in one chunk, compressed': () => make({ chunks: [1000], compression: 'gzip' }),
    'that write has stored': () => H5File.open(serialize({ d: data }, { compression: 'gzip' }), 'r+'),
  };

  test.each(Object.entries(files))('%s can become as large again as it was', (_, open) => {
    const file = open();
    const dataset = () => file.dataset<Float64Array>('d');
    for (const size of [300, 700, 0]) {
      dataset().resize([size]);
      expect([dataset().shape, dataset().maxShape]).toEqual([[size], [1000]]);
      expect(() => dataset().resize([1001])).toThrow(/can grow to 1000, not to 1001/);
      file.commit();
      file.copy('d', `copy ${size}`);
      file.compact();
      expect(file.dataset(`copy ${size}`).maxShape).toEqual([1000]);
    }
    dataset().resize([1000]);
    dataset().write(data.subarray(500), [[500, 1000]]);
    const again = H5File.open(file.toBytes()).dataset<Float64Array>('d');
    expect([again.maxShape, again.read()]).toEqual([[1000], data.slice().fill(0, 0, 500)]);
  });

  describeOracle('h5py', () => {
    test.each(Object.entries(files))('%s: h5py sees the same', async (_, open) => {
      const file = open();
      for (const size of [300, 0, 700]) {
        file.dataset('d').resize([size]);
        const { objects } = await h5py(file.toBytes());
        const found = Object.values(objects).find(({ kind }) => kind === 'dataset');
        expect(found).toMatchObject({ shape: [size], maxshape: [1000] });
      }
    });
  });

  test('and has lost it is copied and compacted, with room for a chunk at least', () => {
    const bytes = make({ chunks: [5] }, data.slice(0, 10)).toBytes();
    const view = new DataView(bytes.buffer);
    // The dataspace message: version 2, of one axis, without a maximum, a simple one; then the 10.
    const at = Array.from({ length: bytes.length - 12 }, (_, i) => i).filter(
      (i) => view.getUint32(i, true) === 0x01000102 && view.getBigUint64(i + 4, true) === 10n,
    );
    expect(at.length).toBe(1);
    view.setBigUint64((at[0] as number) + 4, 3n, true);
    const file = H5File.open(fixChecksums(bytes), 'r+');
    expect([file.dataset('d').shape, file.dataset('d').maxShape]).toEqual([[3], [3]]);
    file.copy('d', 'copy');
    file.compact();
    for (const name of ['d', 'copy']) {
      const dataset = file.dataset<Float64Array>(name);
      expect([dataset.maxShape, [...dataset.read()]]).toEqual([[5], [0, 1, 2]]);
      dataset.resize([5]);
    }
    expect(verifyStorage(file.toBytes()).problems).toEqual([]);
  });
});

describe('append', () => {
  const make = (shape: number[], maxShape: (number | null)[]) =>
    H5File.open(undefined, 'w').createDataset<Int32Array>('d', {
      shape,
      maxShape,
      dtype: 'i4',
      chunks: shape.map(() => 2),
    });

  test('takes rows, one row, and flat rows, along any axis', () => {
    const dataset = make([0, 3], [null, null]);
    dataset.append([1, 2, 3]);
    dataset.append([
      [4, 5, 6],
      [7, 8, 9],
    ]);
    dataset.append(Int32Array.of(10, 11, 12, 13, 14, 15));
    dataset.append([]);
    expect(dataset.shape).toEqual([5, 3]);
    expect([...dataset.read()]).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
    dataset.append([-1, -2, -3, -4, -5], 1);
    dataset.append([[1], [2], [3], [4], [5]], -1);
    expect(dataset.shape).toEqual([5, 5]);
    expect([...dataset.read<Int32Array>([4])]).toEqual([13, 14, 15, -5, 5]);
    const list = make([0], [null]);
    list.append(5);
    list.append([6, 7]);
    expect([...H5File.open(list.file.toBytes()).dataset<Int32Array>('d').read()]).toEqual([5, 6, 7]);
  });

  test('changes nothing when the data do not fit', () => {
    const dataset = make([1, 3], [2, 3]);
    const before = dataset.file.toBytes();
    expect(() => dataset.append([1, 2])).toThrow(/shape \(2\) cannot be appended along axis 0/);
    expect(() => dataset.append([1, 2, 3], 1)).toThrow(H5TypeError);
    expect(() => dataset.append([1, 2, 3], 2)).toThrow(/no axis 2/);
    expect(() => dataset.append([1, 2, 2 ** 40])).toThrow(H5TypeError);
    expect(() =>
      dataset.append([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ).toThrow(/axis 0 can grow to 2, not to 3/);
    expect(dataset.shape).toEqual([1, 3]);
    expect(dataset.file.toBytes()).toEqual(before);
    const contiguous = dataset.file.createDataset('c', { data: [1, 2] });
    expect(() => contiguous.append(3)).toThrow(/only a dataset in chunks/);
  });
});
