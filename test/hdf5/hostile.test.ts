import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { H5Error, H5FormatError } from '../../src/errors.js';
import { ByteWriter } from '../../src/hdf5/byte-writer.js';
import { lookup3 } from '../../src/hdf5/checksum.js';
import { FileBuilder } from '../../src/hdf5/file-builder.js';
import { H5Dataset } from '../../src/hdf5/h5-dataset.js';
import { H5Reference } from '../../src/hdf5/h5-reference.js';
import { encodeDataspace } from '../../src/hdf5/messages/dataspace.js';
import { datatypeBytes, INT32 } from '../../src/hdf5/messages/datatype.js';
import { H5File } from '../../src/node.js';
import { verifyStorage } from '../../src/verify.js';
import { fixChecksums } from '../serialize/checksums.js';
import { everyByte, runs, STRIDE } from '../thoroughness.js';
import { finished } from './finished.js';

/** Longer than any of these may take, on a machine that is busy. */
const LONG_MS = 5_000;

function smallFile(): Uint8Array {
  const file = H5File.open(undefined, 'w');
  file.attrs.set('n', 5).set('text', 'ü').set('list', ['a', 'bb']).set('none', null);
  const group = file.createGroup('g');
  group.link('up', file);
  group.createDataset('compact', { data: [1, 2.5] });
  group.createDataset('contiguous', { data: Uint8Array.from({ length: 520 }, (_, i) => i) });
  file.createDataset('vlen', { data: [[1, 2], [3]], dtype: { vlen: 'i2' } });
  file.createDataset('ref', { data: [group, null] });
  file.createDataset('unwritten', { shape: [2, 3], dtype: 'i4' });
  const record = { a: 1, b: 'x', c: [1, 2] };
  file.createDataset('record', {
    data: [record],
    dtype: { compound: { a: '>f2', b: 'str', c: { array: [2], base: 'u1' } } },
  });
  file.createDataset('enum', { data: ['A'], dtype: { enum: { A: 1, B: 2 }, base: 'u1' } });
  file.createDataset('fixed', { data: ['ab', 'c'], dtype: 'S3' });
  file.softLink('soft', 'g/compact');
  file.externalLink('ext', 'x.h5', '/y');
  return file.toBytes();
}

/** Asks for all that a file holds. */
function readAll(bytes: Uint8Array): void {
  const file = H5File.open(bytes);
  file.tree();
  const check = (action: () => unknown) => {
    try {
      action();
    } catch (error) {
      if (!(error instanceof H5Error)) throw error;
    }
  };
  check(() => [...file.attrs]);
  check(() => [...file]);
  check(() => file.get('soft'));
  file.visit((_, object) => {
    check(() => [...object.attrs]);
    if (!(object instanceof H5Dataset)) return;
    check(() => {
      const values = object.value;
      if (!Array.isArray(values)) return;
      for (const value of values) if (value instanceof H5Reference) check(() => file.dereference(value));
    });
    check(() => object.at(...(object.shape ?? []).map(() => 0)));
  });
}

/** Reads a damaged file: that gives values, or an H5Error, and soon. */
function expectNoHarm(bytes: Uint8Array, what: string): void {
  const start = performance.now();
  try {
    readAll(bytes);
  } catch (error) {
    if (!(error instanceof H5Error)) throw new Error(`${what}: ${error}`, { cause: error });
  }
  const time = performance.now() - start;
  if (time > LONG_MS) throw new Error(`${what} took ${time} ms`);
}

/** The chunks of the object headers: where each begins, and where its checksum is. */
function headers(bytes: Uint8Array): [start: number, end: number][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const found: [number, number][] = [[0, 44]];
  for (let at = 48; at + 10 < bytes.length; at += 8) {
    if (view.getUint32(at, false) === 0x4f484452) found.push([at, at + 10 + view.getUint32(at + 6, true)]);
  }
  return found;
}

function forge(bytes: Uint8Array, chunks: [number, number][]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (const [start, end] of chunks) view.setUint32(end, lookup3(view, start, end), true);
}

test(`a file cut off after ${everyByte} is refused`, () => {
  const bytes = smallFile();
  for (let length = 0; length < bytes.length; length += STRIDE) {
    expect(() => readAll(bytes.subarray(0, length)), `${length} bytes`).toThrow(H5FormatError);
  }
});

describe('a byte that is wrong', () => {
  const bytes = smallFile();
  const chunks = headers(bytes);

  test('does no harm; in a header it is found', () => {
    for (let at = 0; at < bytes.length; at += STRIDE) {
      const damaged = bytes.slice();
      damaged[at] = damaged[at]! ^ 0x41;
      expectNoHarm(damaged, `byte ${at}`);
    }
    // The superblock and the root group, which come first and last.
    for (const [start, end] of [chunks.at(0)!, chunks.at(-1)!]) {
      for (let at = start; at < end + 4; at++) {
        const damaged = bytes.slice();
        damaged[at] = damaged[at]! ^ 1;
        expect(() => H5File.open(damaged), `byte ${at}`).toThrow(H5FormatError);
      }
    }
  });

  // Whoever makes a file to do harm gets the checksums right.
  test.each([0x00, 0x01, 0x7f, 0x80, 0xff])('does no harm with the right checksums: %i', (value) => {
    for (const chunk of chunks) {
      for (let at = chunk[0]; at < chunk[1]; at += STRIDE) {
        for (const damage of [value, bytes[at]! ^ value]) {
          if (damage === bytes[at]) continue;
          const damaged = bytes.slice();
          damaged[at] = damage;
          forge(damaged, [chunk]);
          expectNoHarm(damaged, `byte ${at} = ${damage}`);
        }
      }
    }
  });

  test('nor do several', () => {
    const at = fc.integer({ min: 48, max: bytes.length - 1 });
    const damages = fc.array(
      fc.tuple(at, fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 255))),
      {
        minLength: 2,
        maxLength: 8,
      },
    );
    fc.assert(
      fc.property(damages, (list) => {
        const damaged = bytes.slice();
        for (const [at, value] of list) damaged[at] = value;
        forge(damaged, chunks);
        expectNoHarm(damaged, JSON.stringify(list));
      }),
      { numRuns: runs(3000) },
    );
  });
});

test('bytes that are no file at all', () => {
  for (const size of [0, 1, 8, 48, 100, 600, 5000]) {
    expect(() => H5File.open(new Uint8Array(size))).toThrow(/not an HDF5 file/);
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => expectNoHarm(bytes, 'random')));
});

test('a header whose continuation is itself', () => {
  const builder = new FileBuilder();
  const root = builder.newObject();
  builder.beginGroup(root, 2, 0);
  builder.end();
  const bytes = finished(builder, root);
  // The group info message becomes a continuation to the header's own chunk, and to one after another of no bytes.
  const view = new DataView(bytes.buffer);
  const header = 48;
  const end = header + 10 + view.getUint32(header + 6, true);
  for (const [address, length] of [
    [header, end + 4 - header],
    [header, 0],
    [header, 16],
  ] as const) {
    const damaged = bytes.slice();
    const into = new DataView(damaged.buffer);
    // The link info message, of 34 bytes, holds a continuation as well.
    const message = header + 10 + 6 + 5;
    into.setUint8(message, 0x10);
    into.setUint16(message + 1, 34, true);
    into.setBigUint64(message + 6, BigInt(address), true);
    into.setBigUint64(message + 14, BigInt(length), true);
    forge(damaged, [[header, end]]);
    expectNoHarm(damaged, 'a cycle of continuations');
  }
});

describe('a dataspace that is too large', () => {
  function fileOf(dims: number[], data: Uint8Array): Uint8Array {
    const builder = new FileBuilder();
    const [root, dataset] = [builder.newObject(), builder.newObject()];
    const space = new ByteWriter();
    encodeDataspace(space, { kind: 'simple', dims });
    builder.beginGroup(root, 2, 1);
    builder.hardLink('d', 0, dataset);
    builder.end();
    builder.beginDataset(dataset, 1, datatypeBytes(INT32), space.finish(), data);
    builder.end();
    return finished(builder, root);
  }

  test.each([[[2 ** 40, 2 ** 40]], [[2 ** 52, 2]], [[2 ** 31, 2 ** 31]], [[2 ** 30]], [[5]]])(
    '%j, with 16 bytes',
    (dims) => {
      const file = H5File.open(fileOf(dims, new Uint8Array(16)));
      expect(() => file.dataset('d').value).toThrow(H5FormatError);
    },
  );

  test('with 0 somewhere', () => {
    const file = H5File.open(fileOf([2 ** 50, 0], new Uint8Array(0)));
    expect(file.dataset('d').value).toHaveLength(0);
    expect(() => file.dataset('d').toArray()).toThrow(H5Error);
  });

  test('without data', () => {
    for (const dims of [[2 ** 40], [2 ** 20, 2 ** 20]]) {
      const file = H5File.open(fileOf(dims, new Uint8Array(0)));
      expect(() => file.dataset('d').value).toThrow(/never written/);
      expect(file.dataset('d').at(...dims.map(() => -1))).toBe(0);
    }
  });
});

test('data that lie beyond the end of the file are given back to nobody', () => {
  const file = H5File.open(undefined, 'w');
  file.createDataset('far', { data: new Float64Array(700).fill(1.5) });
  file.createDataset('near', { data: new Float64Array(700).fill(2.5) });
  const bytes = file.toBytes();
  const { address } = verifyStorage(bytes).extents.find(
    ({ path, what }) => path === '/far' && what === 'elements',
  ) as { address: number };
  const view = new DataView(bytes.buffer);
  const at = Array.from({ length: bytes.length - 8 }, (_, i) => i).filter(
    (i) => view.getBigUint64(i, true) === BigInt(address),
  );
  for (const i of at) view.setBigUint64(i, 2n ** 46n, true);
  expect(at.length).toBe(1);
  const damaged = H5File.open(fixChecksums(bytes), 'r+');
  expect(() => damaged.dataset('far').value).toThrow(H5FormatError);
  expect(damaged.delete('far')).toBe(true);
  damaged.commit();
  damaged.createDataset('new', { data: new Float64Array(700).fill(3.5) });
  const after = damaged.toBytes();
  expect(after.length).toBeLessThan(bytes.length * 2);
  expect(verifyStorage(after).problems).toEqual([]);
  const again = H5File.open(after);
  expect([again.dataset<Float64Array>('near').at(5), again.dataset<Float64Array>('new').at(5)]).toEqual([
    2.5, 3.5,
  ]);
});

test('soft links in circles end', () => {
  const file = H5File.open(undefined, 'w');
  file.softLink('a', 'b/b/b');
  file.softLink('b', 'a/a/a');
  const deep = file.createGroup('x');
  deep.softLink('y', '/x/y/y');
  const read = H5File.open(file.toBytes());
  for (const path of ['a', 'b', 'x/y', `${'a/'.repeat(1000)}b`]) expect(read.get(path)).toBeUndefined();
});

test('a fixed array that is not there yet becomes as large as the dataset needs it', () => {
  const made = H5File.open(undefined, 'w');
  made.createDataset('x', { data: Int8Array.from({ length: 1237 }, (_, i) => i), chunks: [10] });
  const bytes = made.toBytes();
  const at = Buffer.from(bytes.buffer).indexOf('FAHD');
  for (const count of [124, 2 ** 33, 2 ** 43, 2 ** 50]) {
    const forged = bytes.slice();
    const view = new DataView(forged.buffer);
    view.setBigUint64(at + 8, BigInt(count), true);
    view.setBigUint64(at + 16, 2n ** 64n - 1n, true);
    view.setUint32(at + 24, lookup3(view, at, at + 24), true);
    const file = H5File.open(forged, 'r+');
    file.dataset('x').write(1, [[5, 6]]);
    const after = file.toBytes();
    expect(after.length).toBeLessThan(2 * bytes.length);
    expect([
      ...H5File.open(after)
        .dataset('x')
        .read<Int8Array>([[4, 7]]),
    ]).toEqual([0, 1, 0]);
  }
});

test('a fixed array that is larger than any file is refused before it is made', () => {
  const made = H5File.open(undefined, 'w');
  made.createDataset('x', { shape: [10], maxShape: [4e9], chunks: [5000], dtype: 'i1' });
  const bytes = made.toBytes();
  const view = new DataView(bytes.buffer);
  // The most elements that there may be, in the dataspace.
  const at = Array.from({ length: bytes.length - 8 }, (_, i) => i).filter(
    (i) => view.getBigUint64(i, true) === 4_000_000_000n,
  );
  expect(at.length).toBe(1);
  view.setBigUint64(at[0] as number, 2n ** 52n, true);
  const file = H5File.open(fixChecksums(bytes), 'r+');
  expect(() => {
    file.dataset('x').write(1, [0]);
    file.flush();
  }).toThrow(/a fixed array of \d+ bytes/);
});

test('many texts of the same bytes are not copied', () => {
  const made = H5File.open(undefined, 'w');
  const long = 'y'.repeat(200_000);
  const texts = Array.from({ length: 1000 }, (_, i) => (i === 0 ? long : 'z'));
  made.createDataset('d', { data: texts, dtype: 'str' });
  made.createDataset('nested', { data: [texts], dtype: { vlen: 'str' } });
  made.createDataset('chunks', { data: texts, dtype: 'str', chunks: [10] });
  made.createGroup('g').attrs.set('a', texts, { dtype: 'str' });
  const bytes = made.toBytes();
  const view = new DataView(bytes.buffer);
  let shared = 0;
  for (let at = 0, first = -1; at + 16 <= bytes.length; at++) {
    const length = view.getUint32(at, true);
    const address = view.getUint32(at + 4, true);
    if (address > bytes.length - 4 || view.getUint32(address) !== 0x47434f4c) continue;
    if (length === long.length) first = at;
    if (length !== 1 || first < 0 || at - first > 16 * 999) continue;
    bytes.copyWithin(at, first, first + 16);
    shared++;
  }
  expect(shared).toBeGreaterThan(2000);
  const refused = /variable-length data larger than the file/;
  for (const name of ['d', 'nested', 'chunks', 'g']) {
    const file = H5File.open(fixChecksums(bytes), 'r+');
    expect(() => file.copy(name, 'copy'), name).toThrow(refused);
    expect(() => H5File.open(undefined, 'w').copy(file.get(name) as H5Dataset, 'copy')).toThrow(refused);
  }
  expect(() => H5File.open(fixChecksums(bytes), 'r+').compact()).toThrow(refused);
});

describe('many collections of the global heap', () => {
  /** A dataset of texts, each in a collection of its own, of `size` bytes, whose one object has the last index that there is. */
  function apart(count: number, size: number): H5File {
    const made = H5File.open(undefined, 'w');
    made.createDataset('d', { data: new Array<string>(count).fill('x'), dtype: 'str' });
    made.createDataset('room', { data: new Uint8Array(count * size) });
    const bytes = made.toBytes();
    const find = (path: string) =>
      verifyStorage(bytes).extents.find((extent) => extent.path === path && extent.what === 'elements')
        ?.address;
    const [elements, room] = [find('/d') as number, find('/room') as number];
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < count; i++) {
      const at = room + i * size;
      bytes.set([0x47, 0x43, 0x4f, 0x4c, 1], at);
      view.setUint32(at + 8, size, true);
      view.setUint16(at + 16, 0xffff, true);
      view.setUint32(at + 24, 8, true);
      bytes.fill(65, at + 32, at + 40);
      view.setUint32(elements + 16 * i, 8, true);
      view.setBigUint64(elements + 16 * i + 4, BigInt(at), true);
      view.setUint32(elements + 16 * i + 12, 0xffff, true);
    }
    return H5File.open(bytes);
  }

  test('that are smaller than libhdf5 takes them are refused', () => {
    expect(() => apart(1000, 48).dataset('d').read()).toThrow('a global heap collection of 48 bytes');
  });

  test('with large indexes take no longer than others', () => {
    const start = performance.now();
    expect(new Set(apart(2000, 4096).dataset<string[]>('d').read())).toEqual(new Set(['AAAAAAAA']));
    expect(performance.now() - start).toBeLessThan(LONG_MS);
  });
});
