import { describe, expect, test } from 'vitest';
import { H5FeatureError, H5FormatError } from '../../../src/errors.js';
import { UNDEFINED_ADDRESS } from '../../../src/hdf5/byte-reader.js';
import { lookup3 } from '../../../src/hdf5/checksum.js';
import type { FileSpace } from '../../../src/hdf5/file-space.js';
import { readFractalHeap } from '../../../src/hdf5/indexes/fractal-heap.js';
import { meterOf } from '../../../src/hdf5/indexes/meter.js';
import { Forge, littleEndian, readerOf } from './forge.js';

interface Fields {
  idSize: number;
  filters: number;
  flags: number;
  maxManagedSize: number;
  hugeIndex: number;
  width: number;
  startSize: number;
  maxDirectSize: number;
  maxBits: number;
  root: number;
  rootRows: number;
}

const USUAL: Fields = {
  idSize: 7,
  filters: 0,
  flags: 2,
  maxManagedSize: 32,
  hugeIndex: UNDEFINED_ADDRESS,
  width: 2,
  startSize: 64,
  maxDirectSize: 128,
  maxBits: 32,
  root: UNDEFINED_ADDRESS,
  rootRows: 0,
};

/** Adds a heap's header. Blocks name its address, so they come after it, and `root` is a relative address. */
function addHeader(forge: Forge, fields: Partial<Fields>): number {
  const all = { ...USUAL, ...fields };
  return forge.add((out, address) => {
    const word = (value: number) => (value === UNDEFINED_ADDRESS ? out.undefinedAddress() : out.u64(value));
    out.utf8('FRHP');
    out.u8(0);
    out.u16(all.idSize);
    out.u16(all.filters);
    out.u8(all.flags);
    out.u32(all.maxManagedSize);
    out.u64(0);
    word(all.hugeIndex);
    out.u64(0);
    out.undefinedAddress();
    out.zeros(64);
    out.u16(all.width);
    out.u64(all.startSize);
    out.u64(all.maxDirectSize);
    out.u16(all.maxBits);
    out.u16(1);
    word(all.root === UNDEFINED_ADDRESS ? all.root : address + all.root);
    out.u16(all.rootRows);
  }, true);
}

const HEADER_SIZE = 146;

/** A direct block with a checksum and the text at its end. */
function addDirectBlock(forge: Forge, heap: number, start: number, size: number, text: string): number {
  return forge.add((out, address) => {
    out.utf8('FHDB');
    out.u8(0);
    out.u64(heap);
    out.u32(start);
    out.u32(0);
    out.zeros(size - 21 - text.length);
    out.utf8(text);
    out.view.setUint32(address + 17, lookup3(out.view, address, out.length), true);
  });
}

function addIndirectBlock(forge: Forge, heap: number, start: number, entries: number[]): number {
  return forge.add((out) => {
    out.utf8('FHIB');
    out.u8(0);
    out.u64(heap);
    out.u32(start);
    for (const entry of entries) out.u64(entry);
  }, true);
}

const managed = (offset: number, size: number) => [0, ...littleEndian(offset, 4), size];

function text(space: FileSpace, heap: number, id: number[]): string {
  const object = readFractalHeap(space, heap, meterOf(space, 1)).get(readerOf(...id));
  return object.utf8(object.left);
}

describe('a fractal heap', () => {
  test('gives a managed object of its one direct block', () => {
    const forge = new Forge();
    const heap = addHeader(forge, { root: HEADER_SIZE });
    addDirectBlock(forge, heap, 0, 64, 'an object');
    const space = forge.open();
    expect(text(space, heap, managed(55, 9))).toBe('an object');
    expect(text(space, heap, managed(58, 6))).toBe('object');
    expect(() => text(space, heap, managed(56, 9))).toThrow(
      /an object of 9 bytes that its block .* has no room for/,
    );
    expect(() => text(space, heap, managed(1e6, 1))).toThrow(H5FormatError);
    expect(() => text(space, heap, managed(1e6, 0))).toThrow(H5FormatError);
  });

  test.each<[string, Partial<Fields>]>([
    ['the largest object', { maxManagedSize: 255, maxDirectSize: 2 ** 16 }],
    ['the largest block', { maxManagedSize: 4096, maxDirectSize: 256 }],
  ])('has lengths of as many bytes as %s needs', (_, fields) => {
    const forge = new Forge();
    const heap = addHeader(forge, { root: HEADER_SIZE, ...fields });
    addDirectBlock(forge, heap, 0, 64, 'object');
    // A second byte would be another length.
    expect(text(forge.open(), heap, [...managed(58, 6), 0xff])).toBe('object');
  });

  test('finds direct blocks of every size through indirect blocks in indirect blocks', () => {
    // Rows of two blocks each: of 64, 64, 128 bytes, which are direct, then of 256 and 512, which are indirect.
    const forge = new Forge();
    const rows = 5;
    const heap = addHeader(forge, { root: HEADER_SIZE, rootRows: rows });
    const rootSize = 4 + 1 + 8 + 4 + rows * 2 * 8 + 4;
    const root = forge.out.length;
    forge.out.zeros(rootSize);
    const size = (row: number) => (row === 0 ? 64 : 64 * 2 ** (row - 1));
    const texts: [offset: number, text: string][] = [];
    const add = (start: number, row: number): number => {
      if (size(row) <= 128) {
        const label = `at ${start}`;
        texts.push([start + size(row) - label.length, label]);
        return addDirectBlock(forge, heap, start, size(row), label);
      }
      return addIndirectBlock(forge, heap, start, addRows(start, row - 1));
    };
    // An indirect block for a block of row r has r - 1 rows, since the width is two.
    const addRows = (start: number, count: number): number[] => {
      const entries: number[] = [];
      let at = start;
      for (let row = 0; row < count; row++) {
        for (let column = 0; column < 2; column++, at += size(row)) entries.push(add(at, row));
      }
      return entries;
    };
    const entries = addRows(0, rows);
    const end = forge.out.length;
    forge.out.length = root;
    addIndirectBlock(forge, heap, 0, entries);
    forge.out.length = end;
    const space = forge.open();
    expect(texts).toHaveLength(6 + 2 * 4 + 2 * 6);
    for (const [offset, label] of texts) expect(text(space, heap, managed(offset, label.length))).toBe(label);
    expect(() => text(space, heap, managed(4096, 1))).toThrow(/no object at 4096/);
  });

  test('gives tiny objects, which their ID holds', () => {
    const forge = new Forge();
    const heap = addHeader(forge, {});
    const long = addHeader(forge, { idSize: 600 });
    const space = forge.open();
    expect(text(space, heap, [0x22, 65, 66, 67, 0, 0, 0])).toBe('ABC');
    const letters = Array<number>(598).fill(65);
    expect(text(space, long, [0x21, 0x2b, ...letters])).toBe('A'.repeat(300));
    expect(() => text(space, heap, [0x2f, 65, 66])).toThrow(H5FormatError);
  });

  test('gives huge objects whose ID holds their place', () => {
    const forge = new Forge();
    const object = forge.add((out) => out.utf8('elsewhere'));
    const heap = addHeader(forge, { idSize: 17 });
    const space = forge.open();
    const id = (size: number) => [0x10, ...littleEndian(object, 8), ...littleEndian(size, 8)];
    expect(text(space, heap, id(9))).toBe('elsewhere');
    expect(() => text(space, heap, id(1e9))).toThrow(H5FormatError);
  });

  test('gives huge objects that a B-tree finds by number', () => {
    const forge = new Forge();
    const records = ['one', 'three', 'seven'].map((name, i) => {
      const at = forge.add((out) => out.utf8(name));
      return [at, name.length, [1, 3, 7][i]!].flatMap((field) => littleEndian(field, 8));
    });
    const root = forge.nodeV2(128, records, [], 1);
    const tree = { type: 1, nodeSize: 128, recordSize: 24, depth: 0, root, rootCount: 3, total: 3 };
    const heap = addHeader(forge, { hugeIndex: forge.btreeV2(tree) });
    const space = forge.open();
    const { get } = readFractalHeap(space, heap, meterOf(space, 1));
    const at = (number: number) => {
      const object = get(readerOf(0x10, ...littleEndian(number, 6)));
      return object.utf8(object.left);
    };
    expect([at(1), at(3), at(7)]).toEqual(['one', 'three', 'seven']);
    expect(() => at(2)).toThrow(/no huge object 2/);
  });

  test('fails for an ID of another version or type', () => {
    const forge = new Forge();
    const heap = addHeader(forge, {});
    const space = forge.open();
    for (const first of [0x30, 0x40, 0x80, 0xff]) {
      expect(() => text(space, heap, [first, 0, 0, 0, 0, 0, 0])).toThrow(/unknown type/);
    }
    expect(() => text(space, heap, [])).toThrow(H5FormatError);
  });

  test('is not read if it has filters', () => {
    const forge = new Forge();
    const heap = addHeader(forge, { filters: 20 });
    expect(() => text(forge.open(), heap, [])).toThrow(H5FeatureError);
  });

  test.each<[string, Partial<Fields>]>([
    ['no width', { width: 0 }],
    ['a width that is no power of two', { width: 3 }],
    ['blocks of no bytes', { startSize: 0 }],
    ['blocks whose size is no power of two', { startSize: 96 }],
    ['a largest block that is smaller than the first', { maxDirectSize: 32 }],
    ['blocks that are too large', { maxDirectSize: 2 ** 32 }],
    ['more bits than a number has', { maxBits: 65 }],
    ['no bits', { maxBits: 0 }],
    ['no root', { root: UNDEFINED_ADDRESS }],
    ['more rows than the file has room for', { rootRows: 0xffff }],
    ['another number of rows than its root', { rootRows: 3 }],
    ['rows of the largest width', { rootRows: 40, width: 0x8000 }],
    ['a direct block where an indirect one should be', { root: HEADER_SIZE + 100 }],
    ['a root far beyond the file', { root: 1e12 }],
    // A child of the second row would have less than one row.
    ['indirect blocks of no rows', { width: 0x4000, rootRows: 1, maxDirectSize: 64 }],
  ])('fails if it has %s', (_, fields) => {
    const forge = new Forge();
    const heap = addHeader(forge, { root: HEADER_SIZE, rootRows: 2, ...fields });
    addIndirectBlock(forge, heap, 0, Array<number>(4).fill(UNDEFINED_ADDRESS));
    addDirectBlock(forge, heap, 0, 64, 'object');
    const space = forge.open();
    for (const offset of [0, 58, 130, 0x7fffffff]) {
      expect(() => text(space, heap, managed(offset, 6))).toThrow(H5FormatError);
    }
  });

  test('fails for a block of another heap, or of another place', () => {
    const forge = new Forge();
    const heap = addHeader(forge, { root: HEADER_SIZE });
    addDirectBlock(forge, heap, 64, 64, 'object');
    expect(() => text(forge.open(), heap, managed(58, 6))).toThrow(/belongs elsewhere/);
    const other = new Forge();
    const otherHeap = addHeader(other, { root: HEADER_SIZE });
    addDirectBlock(other, 4711, 0, 64, 'object');
    expect(() => text(other.open(), otherHeap, managed(58, 6))).toThrow(/belongs elsewhere/);
  });

  test('fails if a byte of a block has changed, unless it has no checksums', () => {
    for (const flags of [2, 0]) {
      const forge = new Forge();
      const heap = addHeader(forge, { root: HEADER_SIZE, flags });
      const block = addDirectBlock(forge, heap, 0, 64, 'object');
      forge.out.bytes[block + 63]! ^= 1;
      const space = forge.open();
      if (flags === 0) expect(text(space, heap, managed(58, 6))).toBe('objecu');
      else expect(() => text(space, heap, managed(58, 6))).toThrow(/checksum/);
    }
  });

  test('fails soon if the same object is asked for without end', () => {
    const forge = new Forge();
    const heap = addHeader(forge, { root: HEADER_SIZE });
    addDirectBlock(forge, heap, 0, 64, 'object');
    const space = forge.open();
    const { get } = readFractalHeap(space, heap, meterOf(space, 1));
    expect(() => {
      for (let i = 0; i < 1000; i++) get(readerOf(...managed(58, 6)));
    }).toThrow(/overlap/);
  });
});
