import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { H5FeatureError, H5FormatError, H5StateError, H5TypeError } from '../../../src/errors.js';
import { ByteReader } from '../../../src/hdf5/byte-reader.js';
import {
  ATTRIBUTE_HEAP,
  FractalHeapEditor,
  type FractalHeapParameters,
  LINK_HEAP,
  readFractalHeap,
} from '../../../src/hdf5/indexes/fractal-heap.js';
import { seeded } from '../../random.js';
import { runs } from '../../thoroughness.js';
import { MemorySpace } from '../memory-space.js';

/** Small blocks, so that few objects make deep heaps. */
const SMALL: FractalHeapParameters = {
  idSize: 7,
  maxManagedSize: 400,
  width: 2,
  startSize: 64,
  maxDirectSize: 512,
  maxBits: 32,
  startRows: 1,
  checksums: true,
};

function object(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (seed * 31 + i * 7) & 0xff);
}

interface Statistics {
  hugeIndex: number;
  free: number;
  manager: number;
  span: number;
  allocated: number;
  iterator: number;
  managed: number;
  hugeSize: number;
  huge: number;
  tinySize: number;
  tiny: number;
  root: number;
  rows: number;
}

function statistics(space: MemorySpace, address: number): Statistics {
  const header = space.reader(address, 146, 'header');
  header.take(22);
  const hugeIndex = header.address();
  const free = header.u64();
  const manager = header.address();
  const span = header.u64();
  const allocated = header.u64();
  const iterator = header.u64();
  const managed = header.u64();
  const hugeSize = header.u64();
  const huge = header.u64();
  const tinySize = header.u64();
  const tiny = header.u64();
  header.take(2 + 8 + 8 + 2 + 2);
  const root = header.address();
  const rows = header.u16();
  return {
    hugeIndex,
    free,
    manager,
    span,
    allocated,
    iterator,
    managed,
    hugeSize,
    huge,
    tinySize,
    tiny,
    root,
    rows,
  };
}

/** Walks a heap block by block, and compares with what its header and its free-space manager say. */
function inspect(
  space: MemorySpace,
  address: number,
  { width, startSize, maxDirectSize, maxBits }: FractalHeapParameters,
  live: readonly { offset: number; length: number }[],
): Statistics {
  const found = statistics(space, address);
  const bits = Math.ceil(maxBits / 8);
  const overhead = 5 + 8 + bits + 4;
  const size = (row: number) => startSize * 2 ** Math.max(0, row - 1);
  const start = (row: number) => (row === 0 ? 0 : startSize * width * 2 ** (row - 1));
  const directRows = Math.log2(maxDirectSize / startSize) + 2;
  const room = (row: number): number => {
    if (row < directRows) return size(row) - overhead;
    let sum = 0;
    for (let r = 0; r < row - Math.log2(width); r++) sum += width * room(r);
    return sum;
  };
  let allocated = 0;
  let unused = 0;
  let highest = 0;
  const blocks: { at: number; size: number }[] = [];
  const direct = (at: number, offset: number, length: number) => {
    expect(space.allocated.get(at)).toBe(length);
    const block = space.reader(at, length, 'block');
    block.signature('FHDB');
    block.take(1);
    expect([block.u64(), block.uint(bits)]).toEqual([address, offset]);
    blocks.push({ at: offset, size: length });
    allocated += length;
    highest = Math.max(highest, offset + length);
  };
  const indirect = (at: number, offset: number, rows: number) => {
    const block = space.reader(at, 9 + 8 + bits + rows * width * 8, 'block');
    block.signature('FHIB');
    block.take(1);
    expect([block.u64(), block.uint(bits)]).toEqual([address, offset]);
    let children = 0;
    for (let entry = 0; entry < rows * width; entry++) {
      const row = Math.floor(entry / width);
      const child = block.address();
      const childOffset = offset + start(row) + (entry % width) * size(row);
      if (child >= 0) {
        children++;
        if (row < directRows) direct(child, childOffset, size(row));
        else indirect(child, childOffset, row - Math.log2(width));
      } else {
        unused += room(row);
      }
    }
    expect(children).toBeGreaterThan(0);
  };
  if (found.root >= 0) {
    if (found.rows === 0) direct(found.root, 0, startSize);
    else indirect(found.root, 0, found.rows);
  }
  expect(found.allocated).toBe(allocated);
  if (found.rows > 0) {
    expect(found.iterator).toBe(highest);
    expect(found.span).toBe(startSize * width * 2 ** (found.rows - 1));
  } else expect(found.span).toBe(allocated);

  // What is not free is an object, and the other way round.
  const singles: { offset: number; length: number }[] = [];
  if (found.manager >= 0) {
    const manager = space.reader(found.manager, 82, 'manager');
    manager.take(6);
    const total = manager.u64();
    const count = manager.u64();
    const serial = manager.u64();
    const ghosts = manager.u64();
    expect([manager.u16(), manager.u16(), manager.u16(), manager.u16()]).toEqual([4, 80, 120, maxBits]);
    expect(manager.u64()).toBe(maxDirectSize);
    const at = manager.address();
    const used = manager.u64();
    expect(manager.u64()).toBe(used);
    expect(space.allocated.get(at)).toBe(used);
    expect([count, ghosts]).toEqual([serial, 0]);
    const sections = space.reader(at, used, 'sections');
    sections.take(5);
    expect(sections.u64()).toBe(found.manager);
    const width = (limit: number) => Math.floor(Math.log2(limit) / 8) + 1;
    let seen = 0;
    let last = 0;
    while (sections.left > 4) {
      const same = sections.uint(width(serial));
      const length = sections.uint(width(maxDirectSize));
      expect(length).toBeGreaterThan(last);
      last = length;
      for (let i = 0; i < same; i++, seen++) {
        const offset = sections.uint(bits);
        expect(sections.u8()).toBe(0);
        singles.push({ offset, length });
      }
    }
    sections.checksum('sections');
    expect(seen).toBe(serial);
    expect(total).toBe(singles.reduce((sum, { length }) => sum + length, 0));
  }
  const parts = [...singles, ...live, ...blocks.map(({ at }) => ({ offset: at, length: overhead }))];
  parts.sort((a, b) => a.offset - b.offset);
  let i = 0;
  for (const { at, size } of blocks) {
    let end = at;
    for (; i < parts.length && parts[i]!.offset < at + size; i++) {
      expect(parts[i]!.offset).toBe(end);
      end += parts[i]!.length;
    }
    expect(end).toBe(at + size);
  }
  expect(i).toBe(parts.length);
  expect(found.free).toBe(unused + singles.reduce((sum, { length }) => sum + length, 0));
  return found;
}

const managed = (id: Uint8Array, bits: number) => {
  const reader = new ByteReader(id);
  return reader.u8() === 0 ? { offset: reader.uint(bits), length: reader.u16() } : undefined;
};

describe('a fractal heap that is edited', () => {
  test('agrees with a Map, and says exactly what is in it', () => {
    const step = fc.record({
      what: fc.constantFrom('insert', 'insert', 'insert', 'delete', 'delete', 'replace', 'flush', 'reopen'),
      size: fc.oneof(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 7, max: 60 }),
        fc.integer({ min: 61, max: 400 }),
        fc.integer({ min: 401, max: 2000 }),
      ),
      run: fc.integer({ min: 1, max: 40 }),
      which: fc.nat(1000),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 50 }),
        fc.constantFrom(0, 1, 3),
        fc.constantFrom(2, 4),
        fc.boolean(),
        (steps, startRows, width, ends) => {
          const parameters = { ...SMALL, startRows, width, maxBits: startRows === 0 ? 16 : 32 };
          const bits = Math.ceil(parameters.maxBits / 8);
          // The sizes of IDs and of lengths in them stay.
          const space = new MemorySpace();
          let heap = FractalHeapEditor.create(space, { ...parameters, idSize: 3 + bits });
          const map = new Map<string, Uint8Array>();
          const ids = () => [...map.keys()].map((key) => Uint8Array.from(key.split(',').map(Number)));
          const check = () => {
            heap.flush();
            const live = ids().flatMap((id) => managed(id, bits) ?? []);
            const found = inspect(space, heap.address, parameters, live);
            expect(found.managed).toBe(live.length);
            const huge = [...map].filter(([key]) => key.startsWith('16,')).map(([, bytes]) => bytes.length);
            const tiny = [...map].filter(([key]) => Number.parseInt(key, 10) >= 32);
            expect([found.huge, found.tiny]).toEqual([huge.length, tiny.length]);
            expect(found.hugeSize).toBe(huge.reduce((sum, length) => sum + length, 0));
            expect(found.tinySize).toBe(tiny.reduce((sum, [, bytes]) => sum + bytes.length, 0));
            const reading = readFractalHeap(space, heap.address, () => {});
            for (const id of ids()) {
              const bytes = map.get(id.join())!;
              const read = reading.get(new ByteReader(id));
              expect(Buffer.compare(read.raw(read.left), bytes)).toBe(0);
              expect(Buffer.compare(heap.get(id), bytes)).toBe(0);
            }
          };
          let seed = 0;
          for (const { what, size, run, which } of steps) {
            for (let i = 0; i < run; i++) {
              const known = ids();
              const id = known[(which + i * 7) % Math.max(1, known.length)];
              try {
                if (what === 'insert') {
                  const bytes = object(size, seed++);
                  const added = heap.insert(bytes);
                  // A tiny object is its own ID.
                  if (map.has(added.join())) heap.delete(added);
                  map.set(added.join(), bytes);
                } else if (what === 'delete' && id) {
                  heap.delete(id);
                  map.delete(id.join());
                } else if (what === 'replace' && id) {
                  const bytes = object(which % 2 ? map.get(id.join())!.length : size, seed++);
                  map.delete(id.join());
                  const replaced = heap.replace(id, bytes);
                  if (map.has(replaced.join())) heap.delete(replaced);
                  map.set(replaced.join(), bytes);
                }
              } catch (error) {
                // Heaps of 16 bits are soon full.
                if (!(error instanceof H5TypeError && startRows === 0)) throw error;
                if (what === 'replace' && id) map.set(id.join(), heap.get(id).slice());
              }
              expect(heap.size).toBe(map.size);
            }
            if (what === 'flush') check();
            if (what === 'reopen') {
              check();
              heap = FractalHeapEditor.open(space, heap.address);
            }
          }
          check();
          if (ends) {
            for (const id of ids()) heap.delete(id);
            map.clear();
            check();
            // Only the header is left.
            expect(space.used).toBe(146);
          }
          heap.free();
          expect(space.used).toBe(0);
        },
      ),
      { numRuns: runs(100) },
    );
  });

  test.each([
    ['links', LINK_HEAP],
    ['attributes', ATTRIBUTE_HEAP],
  ])('holds 12,000 objects with what libhdf5 uses for %s', (_, parameters) => {
    const space = new MemorySpace();
    let heap = FractalHeapEditor.create(space, parameters);
    const bits = parameters.maxBits / 8;
    const random = seeded(5);
    const kept = new Map<Uint8Array, number>();
    for (let i = 0; i < 12_000; i++) kept.set(heap.insert(object(10 + random(90), i)), i);
    const check = () => {
      const live = [...kept.keys()].flatMap((id) => managed(id, bits) ?? []);
      return inspect(space, heap.address, parameters, live);
    };
    heap.flush();
    expect(check().rows).toBeGreaterThan(Math.log2(65536 / parameters.startSize) + 2);
    heap = FractalHeapEditor.open(space, heap.address);
    for (const [id, i] of kept) {
      if (i % 3 === 0) continue;
      heap.delete(id);
      kept.delete(id);
    }
    heap.flush();
    const before = check();
    for (let i = 0; i < 4000; i++) kept.set(heap.insert(object(10 + random(90), i)), i);
    heap.flush();
    // What was free is used first.
    expect(check().allocated).toBe(before.allocated);
    for (const id of kept.keys()) heap.delete(id);
    kept.clear();
    heap.flush();
    expect(check().root).toBe(-1);
    expect(space.used).toBe(146);
  });

  test('refuses what cannot be in it', () => {
    const space = new MemorySpace();
    const heap = FractalHeapEditor.create(space, SMALL);
    expect(() => heap.insert(new Uint8Array(0))).toThrow(H5TypeError);
    const id = heap.insert(object(50, 1));
    heap.insert(object(50, 2));
    heap.delete(id);
    expect(() => heap.delete(id)).toThrow(/free twice/);
    for (const bad of [
      [0, 0, 0, 0, 0, 50, 0],
      [0, 1, 0, 0, 0, 0, 0],
      [0, 60, 0, 0, 0, 50, 0],
      [0, 0xff, 0xff, 0xff, 0xff, 1, 0],
      [0x10, 1, 0, 0, 0, 0, 0],
      [0x2f, 1, 0, 0, 0, 0, 0],
      [0x30, 0, 0, 0, 0, 0, 0],
      [0xc0, 0, 0, 0, 0, 0, 0],
    ]) {
      expect(() => heap.get(Uint8Array.from(bad)), bad.join()).toThrow(H5FormatError);
      expect(() => heap.delete(Uint8Array.from(bad)), bad.join()).toThrow(H5FormatError);
    }
    heap.free();
    expect(() => heap.insert(object(5, 1))).toThrow(H5StateError);
  });

  test('a damaged heap ends in an error, whatever is done to it', () => {
    const random = seeded(11);
    let failed = 0;
    for (let round = 0; round < 300; round++) {
      const space = new MemorySpace();
      const made = FractalHeapEditor.create(space, SMALL);
      const ids = Array.from({ length: 60 }, (_, i) => made.insert(object(20 + (i % 50) * 9, i)));
      for (let i = 10; i < 40; i++) made.delete(ids[i]!);
      made.flush();
      const structures = [...space.allocated];
      const [at, size] = structures[random(structures.length)]!;
      const bytes = space.copy(at, size, 'structure');
      for (let n = 1 + random(3); n > 0; n--)
        bytes[random(size)] = [0, 1, 0x7f, 0xff, random(256)][random(5)]!;
      space.write(at, bytes);
      try {
        const heap = FractalHeapEditor.open(space, made.address);
        for (let i = 0; i < 60; i++) if (i < 10 || i >= 40) heap.get(ids[i]!);
        for (let i = 0; i < 30; i++) heap.insert(object(30 + i * 5, i));
        for (let i = 40; i < 60; i++) heap.delete(ids[i]!);
        heap.flush();
        heap.free();
      } catch (error) {
        if (!(error instanceof H5FeatureError)) expect(error).toBeInstanceOf(H5FormatError);
        failed++;
      }
    }
    expect(failed).toBeGreaterThan(100);
  });
});
