import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { H5Error, H5FormatError, H5TypeError } from '../../src/errors.js';
import { ByteReader, UNDEFINED_ADDRESS } from '../../src/hdf5/byte-reader.js';
import { ByteWriter } from '../../src/hdf5/byte-writer.js';
import { parseDType } from '../../src/hdf5/dtype.js';
import { decodeAttribute, encodeAttribute } from '../../src/hdf5/messages/attribute.js';
import { decodeAttributeInfo, encodeAttributeInfo } from '../../src/hdf5/messages/attribute-info.js';
import { decodeContinuation, encodeContinuation } from '../../src/hdf5/messages/continuation.js';
import {
  decodeDataLayout,
  encodeCompactLayout,
  encodeContiguousLayout,
} from '../../src/hdf5/messages/data-layout.js';
import { type Dataspace, decodeDataspace, encodeDataspace } from '../../src/hdf5/messages/dataspace.js';
import {
  type Datatype,
  datatypeBytes,
  decodeDatatype,
  encodeDatatype,
  FLOAT64,
  fixedPoint,
  INT32,
  VARIABLE_STRING,
} from '../../src/hdf5/messages/datatype.js';
import { decodeFillValue, encodeFillValue } from '../../src/hdf5/messages/fill-value.js';
import {
  decodeLink,
  encodeExternalLink,
  encodeHardLink,
  encodeSoftLink,
  type Link,
} from '../../src/hdf5/messages/link.js';
import { decodeLinkInfo, encodeLinkInfo } from '../../src/hdf5/messages/link-info.js';
import { decodeReferenceCount, encodeReferenceCount } from '../../src/hdf5/messages/reference-count.js';
import { encodeSuperblock, readSuperblock } from '../../src/hdf5/superblock.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { runs } from '../thoroughness.js';

const unused = (): never => {
  throw new Error('no shared datatype was written');
};

/** What a decoder makes of what an encoder writes; all bytes must be read. */
function roundTrip<T>(encode: (out: ByteWriter) => void, decode: (reader: ByteReader) => T): T {
  const out = new ByteWriter(1);
  encode(out);
  const reader = new ByteReader(out.finish());
  const result = decode(reader);
  expect(reader.left).toBe(0);
  return result;
}

const float: Datatype = {
  class: 'floating-point',
  size: 16,
  bigEndian: true,
  bitOffset: 0,
  bitPrecision: 80,
  signLocation: 79,
  exponentLocation: 64,
  exponentSize: 15,
  exponentBias: 16383,
  mantissaLocation: 0,
  mantissaSize: 64,
  impliedBit: false,
};

describe('the datatype message', () => {
  test.each<Datatype>([
    ...(['i1', '>u2', 'i4', '>u8', 'f2', '>f4', 'f8', 'bool', 'str', 'S7', 'ref'] as const).map((name) =>
      parseDType(name),
    ),
    float,
    { class: 'fixed-point', size: 2, signed: true, bigEndian: true, bitOffset: 3, bitPrecision: 12 },
    { class: 'string', size: 3, padding: 'space-padded', charset: 'ascii' },
    { class: 'string', size: 3, padding: 'null-terminated', charset: 'utf-8' },
    { class: 'bitfield', size: 4, bigEndian: true, bitOffset: 1, bitPrecision: 30 },
    { class: 'opaque', size: 5, tag: '' },
    { class: 'opaque', size: 5, tag: 'exactly8' },
    { class: 'opaque', size: 5, tag: 'ü'.repeat(100) },
    { class: 'reference', size: 12, kind: 'region' },
    { class: 'complex', size: 16, base: FLOAT64 },
    parseDType({ compound: { a: 'i4', 'ü 🙂': { compound: { b: 'str' } } } }),
    { class: 'compound', size: 70_000, members: [{ name: 'far', offset: 69_000, type: INT32 }] },
    parseDType({ enum: { RED: 0, BLUE: -7 }, base: '>i2' }),
    parseDType({ enum: { MAX: 2n ** 64n - 1n }, base: 'u8' }),
    parseDType({ vlen: { vlen: 'f4' } }),
    parseDType({ array: [2, 3, 4], base: { compound: { x: 'f4' } } }),
    { ...VARIABLE_STRING, string: { padding: 'space-padded', charset: 'ascii' } } as Datatype,
  ])('%o', (type) => {
    expect(roundTrip((out) => encodeDatatype(out, type), decodeDatatype)).toEqual(type);
  });

  test('what cannot be written', () => {
    const member = (name: string): Datatype => ({
      class: 'compound',
      size: 4,
      members: [{ name, offset: 0, type: INT32 }],
    });
    const none: Datatype[] = [
      member(''),
      member('a\0b'),
      member('\ud800'),
      parseDType({ enum: { 'x\udfff': 1 } }),
      { class: 'compound', size: 4, members: [] },
      { class: 'opaque', size: 4, tag: 'x'.repeat(300) },
      { class: 'array', size: 4, dims: [], base: INT32 },
    ];
    for (const type of none) expect(() => datatypeBytes(type)).toThrow(H5TypeError);
  });

  test('nested without end, and members that overlap', () => {
    let type = INT32 as Datatype;
    for (let i = 0; i < 40; i++) type = { class: 'variable-length', size: 16, base: type };
    expect(() => decodeDatatype(new ByteReader(datatypeBytes(type)))).toThrow(/nested/);
    const members = [0, 2].map((offset) => ({ name: `at ${offset}`, offset, type: INT32 }));
    const overlapping = datatypeBytes({ class: 'compound', size: 6, members });
    expect(() => decodeDatatype(new ByteReader(overlapping))).toThrow(/overlap/);
  });

  /** The version 1 has dimensions in compounds (section IV.A.2.d). */
  const oldCompound = (size: number, ...dims: number[]) => {
    const out = new ByteWriter();
    out.u32(6 | (1 << 4) | (1 << 8));
    out.u32(size);
    out.utf8('a');
    out.zeros(7);
    out.u32(0);
    out.u8(dims.length);
    out.zeros(11);
    for (let i = 0; i < 4; i++) out.u32(dims[i] ?? 0);
    encodeDatatype(out, INT32);
    return new ByteReader(out.finish());
  };

  test('members with dimensions', () => {
    const type = { class: 'array', size: 24, dims: [2, 3], base: INT32 };
    expect(decodeDatatype(oldCompound(24, 2, 3))).toMatchObject({ members: [{ name: 'a', type }] });
    // Nothing fits anywhere, and would be any number of arrays without elements.
    for (const dims of [[0], [2 ** 32 - 1, 0], [2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1, 0], [2, 4]])
      expect(() => decodeDatatype(oldCompound(24, ...dims))).toThrow(/does not lie in its element/);
  });

  test('enumerations of integers that no machine has', () => {
    const enumeration = (size: number) => {
      const base = { ...fixedPoint(size, false), bitPrecision: 8 };
      return datatypeBytes({ class: 'enumerated', size, base, names: ['A'], values: [7n] });
    };
    expect(decodeDatatype(new ByteReader(enumeration(64)))).toMatchObject({ values: [7n] });
    expect(() => decodeDatatype(new ByteReader(enumeration(65)))).toThrow(/up to 64 bytes/);
  });

  test('any bytes are a datatype or an H5Error', () => {
    const start = fc.tuple(
      fc.constantFrom(0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
      fc.integer({ min: 1, max: 5 }),
    );
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 64 }), ([code, version], rest) => {
        try {
          decodeDatatype(new ByteReader(Uint8Array.from([code | (version << 4), ...rest])));
        } catch (error) {
          expect(error).toBeInstanceOf(H5Error);
        }
      }),
      { numRuns: runs(5000) },
    );
  });
});

describe('the dataspace message', () => {
  test.each<Dataspace>([
    { kind: 'null', dims: [] },
    { kind: 'scalar', dims: [] },
    { kind: 'simple', dims: [0] },
    { kind: 'simple', dims: [2 ** 40, 3] },
    { kind: 'simple', dims: [2, 3], maxDims: [2, Number.POSITIVE_INFINITY] },
    { kind: 'simple', dims: Array<number>(32).fill(1) },
  ])('%o', (space) => {
    expect(roundTrip((out) => encodeDataspace(out, space), decodeDataspace)).toEqual(space);
  });

  test('too many dimensions, or elements', () => {
    const bytes = (dims: number[]) => {
      const out = new ByteWriter();
      encodeDataspace(out, { kind: 'simple', dims });
      return new ByteReader(out.finish());
    };
    expect(() => decodeDataspace(bytes(Array<number>(33).fill(1)))).toThrow(H5FormatError);
    expect(() => decodeDataspace(bytes([2 ** 40, 2 ** 40]))).toThrow(H5FormatError);
  });
});

describe('links', () => {
  const long = 'ü'.repeat(10_000);

  test.each<Link>([
    { kind: 'hard', name: 'a', order: 0, address: 4711 },
    { kind: 'hard', name: long, order: 2 ** 40, address: 2 ** 50 },
    { kind: 'soft', name: 'ünï', order: 7, target: '/some/where ü' },
    { kind: 'soft', name: long, order: 7, target: long },
    { kind: 'external', name: 'x', order: 1, file: 'ü.h5', target: '/y' },
  ])('%o', (link) => {
    const encode = (out: ByteWriter) => {
      if (link.kind === 'soft') encodeSoftLink(out, link.name, link.order, link.target);
      else if (link.kind === 'external')
        encodeExternalLink(out, link.name, link.order, link.file, link.target);
      else {
        encodeHardLink(out, link.name, link.order);
        out.u64(link.address);
      }
    };
    expect(roundTrip(encode, decodeLink)).toEqual(link);
  });

  test('one that is user-defined leads nowhere', () => {
    const message = Uint8Array.of(1, 8, 70, 1, 0x61, 2, 0, 9, 9);
    expect(decodeLink(new ByteReader(message))).toBeUndefined();
  });
});

test('the attribute message', () => {
  const space: Dataspace = { kind: 'simple', dims: [2] };
  const spaceBytes = new ByteWriter();
  encodeDataspace(spaceBytes, space);
  const attribute = roundTrip(
    (out) => {
      encodeAttribute(out, 'größe', datatypeBytes(INT32), spaceBytes.finish());
      out.i32(-1);
      out.i32(7);
    },
    (reader) => decodeAttribute(reader, 3, unused),
  );
  expect(attribute).toMatchObject({ name: 'größe', order: 3, datatype: INT32, dataspace: space });
  expect(attribute.data).toEqual(Uint8Array.of(255, 255, 255, 255, 7, 0, 0, 0));
});

test('the data layout message', () => {
  const compact = roundTrip(
    (out) => {
      encodeCompactLayout(out, 3);
      out.raw(Uint8Array.of(1, 2, 3));
    },
    (reader) => decodeDataLayout(reader, 3),
  );
  expect(compact).toEqual({ kind: 'compact', offset: 4, data: Uint8Array.of(1, 2, 3) });
  const contiguous = roundTrip(
    (out) => {
      encodeContiguousLayout(out);
      out.u64(4096);
      out.u64(100);
    },
    (reader) => decodeDataLayout(reader, 100),
  );
  expect(contiguous).toEqual({ kind: 'contiguous', address: 4096, size: 100 });
});

test('the smaller messages', () => {
  const info = { creationOrderTracked: true, fractalHeap: UNDEFINED_ADDRESS, nameIndex: UNDEFINED_ADDRESS };
  const skip = (reader: ByteReader) => reader.take(reader.left);
  const attributeInfo = (reader: ByteReader) => {
    const decoded = decodeAttributeInfo(reader);
    skip(reader);
    return decoded;
  };
  const linkInfo = (reader: ByteReader) => {
    const decoded = decodeLinkInfo(reader);
    skip(reader);
    return decoded;
  };
  expect(roundTrip((out) => encodeAttributeInfo(out, 9), attributeInfo)).toMatchObject({
    ...info,
    nextCreationOrder: 9,
  });
  expect(roundTrip((out) => encodeLinkInfo(out, 2 ** 40), linkInfo)).toMatchObject({
    ...info,
    nextCreationOrder: 2 ** 40,
  });
  expect(roundTrip((out) => encodeReferenceCount(out, 7), decodeReferenceCount)).toBe(7);
  expect(roundTrip((out) => encodeContinuation(out, 2 ** 50, 99), decodeContinuation)).toEqual({
    address: 2 ** 50,
    length: 99,
  });
  for (const time of ['early', 'late', 'incremental'] as const) {
    expect(roundTrip((out) => encodeFillValue(out, time), decodeFillValue)).toBeUndefined();
    expect(roundTrip((out) => encodeFillValue(out, time, Uint8Array.of(1, 2)), decodeFillValue)).toEqual(
      Uint8Array.of(1, 2),
    );
  }
  expect(decodeFillValue(new ByteReader(Uint8Array.of(3, 0x29, 2, 0, 0, 0, 8, 9)))).toEqual(
    Uint8Array.of(8, 9),
  );
});

test('the superblock', () => {
  const out = new ByteWriter();
  encodeSuperblock(out, 96, 4000);
  const file = new Uint8Array(5000);
  for (const position of [0, 512, 2048]) {
    file.fill(0);
    if (position === 2048 || position === 512) file.set(out.finish(), position);
    else file.set(out.finish());
    const read = () => readSuperblock(new MemoryStorage(file.subarray(0, position + 4000)));
    if (position + 4000 > file.length) expect(read).toThrow(/cut short/);
    else {
      expect(read()).toMatchObject({
        version: 3,
        offsetSize: 8,
        rootAddress: 96,
        endOfFile: 4000,
        baseAddress: position,
      });
    }
  }
});
