import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { H5Error, H5FormatError, H5TypeError } from '../../src/errors.js';
import { type DType, parseDType } from '../../src/hdf5/dtype.js';
import { decode, encode, NO_HEAP, readable } from '../../src/hdf5/elements.js';
import { extent } from '../../src/hdf5/messages/dataspace.js';
import type { Datatype, FixedPoint, FixedString, FloatingPoint } from '../../src/hdf5/messages/datatype.js';
import { prepare } from '../../src/hdf5/prepare.js';
import { runs } from '../thoroughness.js';

/** Values that have been encoded and decoded. */
function roundTrip(type: Datatype, values: ArrayLike<unknown>): unknown {
  const { bytes, heap } = readable(encode(type, values, values.length));
  return decode(type, bytes, values.length, heap);
}

const hexBytes = (text: string) =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

describe('numbers', () => {
  test.each([
    ['i1', Int8Array],
    ['u1', Uint8Array],
    ['i2', Int16Array],
    ['u2', Uint16Array],
    ['i4', Int32Array],
    ['u4', Uint32Array],
    ['i8', BigInt64Array],
    ['u8', BigUint64Array],
    ['f4', Float32Array],
    ['f8', Float64Array],
  ] as const)('%s in both byte orders', (name, Class) => {
    const raw = Uint8Array.from({ length: 64 }, (_, i) => (i * 73 + 5) & 0x7f);
    const values = new Class(raw.buffer);
    for (const order of ['<', '>']) {
      const type = parseDType(`${order}${name}` as DType);
      expect(roundTrip(type, values)).toEqual(values);
      expect(roundTrip(type, Array.from<number | bigint>(values))).toEqual(values);
    }
    // Big-endian bytes are those of a DataView.
    const { bytes } = encode(parseDType(`>${name}` as DType), values, values.length);
    const size = Class.BYTES_PER_ELEMENT;
    if (size > 1) expect(bytes.slice(0, size)).toEqual(raw.slice(0, size).reverse());
  });

  test('a view where the bytes are aligned, else a copy', () => {
    const bytes = new Uint8Array(24);
    const type = parseDType('<f8');
    expect((decode(type, bytes.subarray(8), 2, NO_HEAP) as Float64Array).buffer).toBe(bytes.buffer);
    const copy = decode(type, bytes.subarray(3), 2, NO_HEAP) as Float64Array;
    expect(copy.buffer).not.toBe(bytes.buffer);
    expect(copy.buffer.byteLength).toBe(16);
  });

  test('every half there is', () => {
    const type = parseDType('<f2');
    const halves = Uint16Array.from({ length: 0x10000 }, (_, i) => i);
    const values = decode(type, new Uint8Array(halves.buffer), halves.length, NO_HEAP) as Float32Array;
    expect(values).toBeInstanceOf(Float32Array);
    expect([
      values[0x3c00],
      values[0xc000],
      values[0x0001],
      values[0x7bff],
      values[0x7c00],
      values[0x3555],
    ]).toEqual([1, -2, 2 ** -24, 65504, Number.POSITIVE_INFINITY, 0.333251953125]);
    expect(Object.is(values[0x8000], -0)).toBe(true);
    const back = new Uint16Array(encode(type, values, values.length).bytes.buffer);
    for (let i = 0; i < halves.length; i++) {
      if (!Number.isNaN(values[i])) expect(back[i]).toBe(i);
    }
  });

  test('halves are rounded to the nearest, ties to even', () => {
    const type = parseDType('<f2');
    const given = [
      2049,
      2051,
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
      65519.99,
      2 ** -25,
      2 ** -25 * 1.01,
      2 ** -14 * (1 - 2 ** -12),
    ];
    const expected = [2048, 2052, 1, 1 + 2 ** -9, 65504, 0, 2 ** -24, 2 ** -14];
    expect(roundTrip(type, given)).toEqual(Float32Array.from(expected));
  });

  test('other layouts of floats', () => {
    const x87: FloatingPoint = {
      class: 'floating-point',
      size: 16,
      bigEndian: false,
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
    const bytes = hexBytes(
      `0000000000000080ff3f000000000000${'00000000000000a000c0000000000000'}${'0000000000000080ff7f000000000000'}${'00000000000000c0ff7f000000000000'}${'00'.repeat(16)}${'cdccccccccccccccfb3f000000000000'}`,
    );
    expect(decode(x87, bytes, 6, NO_HEAP)).toEqual(
      Float64Array.of(1, -2.5, Number.POSITIVE_INFINITY, Number.NaN, 0, 0.1),
    );
    expect(() => encode(x87, [1], 1)).toThrow(/read, not written/);
    const bfloat16: FloatingPoint = {
      ...x87,
      size: 2,
      bitPrecision: 16,
      signLocation: 15,
      exponentLocation: 7,
      exponentSize: 8,
      exponentBias: 127,
      mantissaSize: 7,
      impliedBit: true,
    };
    const floats = [1, -0.5, 3.140625, 2 ** 100, 0, -0, Number.NEGATIVE_INFINITY, Number.NaN];
    expect(roundTrip(bfloat16, floats)).toEqual(Float64Array.from(floats));
    expect(roundTrip({ ...bfloat16, bigEndian: true }, floats)).toEqual(Float64Array.from(floats));
  });

  test('integers of other sizes and precisions', () => {
    const int = (size: number, bitPrecision: number, bitOffset: number, signed = true): FixedPoint => ({
      class: 'fixed-point',
      size,
      signed,
      bigEndian: false,
      bitOffset,
      bitPrecision,
    });
    expect(roundTrip(int(3, 24, 0), [-(2 ** 23), 2 ** 23 - 1])).toEqual(
      Float64Array.of(-(2 ** 23), 2 ** 23 - 1),
    );
    expect(roundTrip(int(6, 48, 0, false), [2 ** 48 - 1])).toEqual(Float64Array.of(2 ** 48 - 1));
    expect(roundTrip(int(2, 12, 3), [-2048, 2047, -1])).toEqual(Int16Array.of(-2048, 2047, -1));
    expect(() => encode(int(2, 12, 3), [2048], 1)).toThrow(H5TypeError);
    expect(roundTrip(int(7, 56, 0), [-(2n ** 55n)])).toEqual(BigInt64Array.of(-(2n ** 55n)));
    expect(roundTrip(int(16, 128, 0, false), [2n ** 128n - 1n, 7])).toEqual([2n ** 128n - 1n, 7n]);
    expect(() => encode(int(16, 128, 0), [2n ** 127n], 1)).toThrow(H5TypeError);
  });

  test('int64 as numbers, where asked for', () => {
    const type = parseDType('<i8');
    const bytes = new Uint8Array(BigInt64Array.of(1n, -(2n ** 53n - 1n)).buffer);
    expect(decode(type, bytes, 2, NO_HEAP, { int64: 'number' })).toEqual(Float64Array.of(1, -(2 ** 53 - 1)));
    const large = new Uint8Array(BigInt64Array.of(2n ** 53n).buffer);
    expect(() => decode(type, large, 1, NO_HEAP, { int64: 'number' })).toThrow(H5TypeError);
  });

  test.each<[DType, unknown, RegExp]>([
    ['u1', 300, /element 1: 300 does not fit the dtype 'u1'; the dtype '<i4' holds it/],
    ['u4', -1, /-1 does not fit the dtype '<u4'; the dtype '<i4' holds it/],
    ['i4', 1.5, /1.5 does not fit the dtype '<i4'; the dtype '<f8' holds it/],
    ['i4', Number.NaN, /NaN does not fit/],
    ['i8', 1.5, /1.5 does not fit/],
    ['i8', 2n ** 63n, /9223372036854775808n does not fit the dtype '<i8'; the dtype '<u8' holds it/],
    ['u8', -1n, /-1n does not fit the dtype '<u8'; the dtype '<i8' holds it/],
    ['i8', 2n ** 64n, /store it as text, with the dtype 'str'/],
    ['f4', 1e39, /1e\+39 does not fit the dtype '<f4'; the dtype '<f8' holds it/],
    ['f2', 65520, /65520 does not fit the dtype '<f2'; the dtype '<f8' holds it/],
    ['f8', 2n ** 53n + 1n, /does not fit the dtype '<f8'/],
    ['f8', 'x', /"x" does not fit the dtype '<f8'; the dtype 'str' holds it/],
    ['i2', '5', /"5" does not fit/],
    ['i2', true, /true does not fit the dtype '<i2'; the dtype 'bool' holds it/],
    ['f8', null, /null does not fit.*NaN/],
    ['f8', undefined, /undefined does not fit/],
    ['bool', 1, /1 does not fit the dtype 'bool'; the dtype '<i4' holds it/],
    ['str', 5, /5 does not fit the dtype 'str'; the dtype '<i4' holds it/],
    ['S4', 'abcde', /"abcde" takes 5 bytes, 'S4' has 4; use 'S5' or 'str'/],
    ['S4', 'üüü', /takes 6 bytes/],
    ['str', 'a\0b', /U\+0000/],
    ['S9', '\ud800', /surrogate/],
    ['str', '\udc00x', /surrogate/],
    [{ enum: { A: 0 } }, 'B', /"B" does not fit/],
    [{ opaque: 2 }, new Uint8Array(3), /does not fit/],
    [{ compound: { a: 'i4' } }, { b: 1 }, /has no member "b"/],
    [{ compound: { a: 'i4', b: 'i4' } }, { a: 1 }, /the member "b" is missing/],
    [{ compound: { a: 'u1' } }, { a: 300 }, /member "a", element 1: 300 does not fit/],
    [{ array: [2], base: 'u1' }, [1, 2, 3], /does not fit the dtype '\(2\)u1'/],
    [{ vlen: 'u1' }, [1, 300], /element 1, element 1: 300 does not fit/],
    [{ vlen: 'u1' }, 5, /5 does not fit the dtype 'vlen\(u1\)'/],
  ])('%o does not take %s', (dtype, value, message) => {
    const type = parseDType(dtype);
    const good: unknown = {
      'fixed-point': 0,
      'floating-point': 0,
      enumerated: dtype === 'bool' ? false : 0,
      string: '',
      'variable-length': dtype === 'str' ? '' : [],
      opaque: new Uint8Array(2),
      compound:
        typeof dtype === 'object' && 'compound' in dtype && 'b' in dtype.compound ? { a: 0, b: 0 } : { a: 0 },
      array: [0, 0],
      bitfield: 0,
      time: new Uint8Array(type.size),
      reference: null,
      complex: [0, 0],
    }[type.class];
    expect(() => encode(type, [good, value], 2)).toThrow(H5TypeError);
    expect(() => encode(type, [good, value], 2)).toThrow(message);
  });

  test('exact conversions are no errors', () => {
    expect(roundTrip(parseDType('i4'), [5n, -0])).toEqual(Int32Array.of(5, 0));
    expect(roundTrip(parseDType('i8'), [5, 2 ** 60])).toEqual(BigInt64Array.of(5n, 2n ** 60n));
    expect(roundTrip(parseDType('f8'), [5n])).toEqual(Float64Array.of(5));
    expect(roundTrip(parseDType('f4'), [0.1])).toEqual(Float32Array.of(0.1));
    expect(roundTrip(parseDType('u1'), Float64Array.of(1, 255))).toEqual(Uint8Array.of(1, 255));
    expect(roundTrip(parseDType('u1'), Uint8ClampedArray.of(7))).toEqual(Uint8Array.of(7));
  });
});

describe('strings', () => {
  const plain = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));

  test('of variable length', () => {
    fc.assert(
      fc.property(fc.array(plain), (texts) => {
        expect(roundTrip(parseDType('str'), texts)).toEqual(texts);
      }),
    );
  });

  test('of fixed size', () => {
    fc.assert(
      fc.property(fc.array(plain), (texts) => {
        expect(roundTrip(parseDType('S60'), texts)).toEqual(texts);
      }),
    );
  });

  const fixed = (size: number, padding: FixedString['padding'], bytes: string) =>
    decode(
      { class: 'string', size, padding, charset: 'utf-8' },
      hexBytes(bytes),
      bytes.length / 2 / size,
      NO_HEAP,
    );

  test('padding is honoured', () => {
    expect(fixed(4, 'null-terminated', '61006200610000006162636400000000')).toEqual(['a', 'a', 'abcd', '']);
    expect(fixed(4, 'null-padded', '61006200610000006162636400000000')).toEqual(['a\0b', 'a', 'abcd', '']);
    expect(fixed(4, 'space-padded', '61202020206120206162636420202020')).toEqual(['a', ' a', 'abcd', '']);
    expect(
      roundTrip({ class: 'string', size: 4, padding: 'space-padded', charset: 'ascii' }, ['a', 'abcd']),
    ).toEqual(['a', 'abcd']);
    expect(() =>
      encode({ class: 'string', size: 4, padding: 'null-terminated', charset: 'utf-8' }, ['abcd'], 1),
    ).toThrow(H5TypeError);
    expect(() =>
      encode({ class: 'string', size: 4, padding: 'null-padded', charset: 'ascii' }, ['ü'], 1),
    ).toThrow(/ASCII/);
  });

  test('what is not UTF-8 damages its own string only', () => {
    // A lead byte at the end of one element and its continuation at the start of the next are not a character.
    expect(fixed(2, 'null-padded', '61c3bc62c3bc')).toEqual(['a\ufffd', '\ufffdb', 'ü']);
    expect(fixed(2, 'null-padded', 'ffffc3bc6162')).toEqual(['\ufffd\ufffd', 'ü', 'ab']);
    expect(fixed(2, 'null-padded', '61c3bc00c3bc')).toEqual(['a\ufffd', '\ufffd', 'ü']);
  });

  test('a byte order mark is a character', () => {
    expect(roundTrip(parseDType('str'), ['\ufeffa', 'b'])).toEqual(['\ufeffa', 'b']);
  });
});

describe('what holds other things', () => {
  const nested: DType = {
    compound: {
      name: 'str',
      at: { compound: { x: '>f4', y: 'i8' } },
      grid: { array: [2, 2], base: 'u2' },
      tags: { vlen: 'str' },
      rows: { vlen: { vlen: 'i2' } },
      flag: 'bool',
      color: { enum: { RED: 1, BLUE: 7 }, base: 'u1' },
      code: 'S3',
    },
  };

  test('records, boxes and sequences in each other', () => {
    const values = [
      {
        name: 'über',
        at: { x: 0.5, y: 3n },
        grid: [Uint16Array.of(1, 2), Uint16Array.of(3, 4)],
        tags: ['a', '', 'bb'],
        rows: [Int16Array.of(1), Int16Array.of(), Int16Array.of(2, 3)],
        flag: true,
        color: 7,
        code: 'xyz',
      },
      {
        name: '',
        at: { x: -1, y: -3n },
        grid: [Uint16Array.of(0, 0), Uint16Array.of(0, 9)],
        tags: [],
        rows: [],
        flag: false,
        color: 1,
        code: '',
      },
    ];
    expect(roundTrip(parseDType(nested), values)).toEqual(values);
  });

  test('enum members by name', () => {
    expect(roundTrip(parseDType({ enum: { RED: 1, BLUE: -7 } }), ['BLUE', 1])).toEqual(Int32Array.of(-7, 1));
  });

  test('a member named __proto__ is a member', () => {
    const type = parseDType({ compound: [['__proto__', 'i4']] });
    const [record] = roundTrip(type, [JSON.parse('{"__proto__": 3}')]) as [object];
    expect(Object.keys(record)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
  });

  test('complex numbers', () => {
    const type: Datatype = { class: 'complex', size: 16, base: parseDType('f8') };
    expect(
      roundTrip(type, [
        [1, -2],
        [0, 0.5],
      ]),
    ).toEqual([Float64Array.of(1, -2), Float64Array.of(0, 0.5)]);
  });
});

describe('bytes that are wrong', () => {
  const vlen = parseDType({ vlen: { vlen: 'u1' } });

  /** A sequence of `count` elements, object 1 of a heap that holds it many times over. */
  const pointer = (count: number, index = 1) => {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setUint32(0, count, true);
    bytes[4] = 1;
    bytes[12] = index;
    return bytes;
  };
  const heap = (data: Uint8Array, limit: number) => ({
    limit,
    collection: () => ({ position: 5000, bytes: data, starts: [0, 0], sizes: [0, data.length] }),
  });

  test('fewer than the elements need', () => {
    expect(() => decode(parseDType('i4'), new Uint8Array(11), 3, NO_HEAP)).toThrow(H5FormatError);
  });

  test('sequences that lead to the same bytes again and again', () => {
    const data = new Uint8Array(1600);
    for (let at = 0; at < data.length; at += 16) data.set(pointer(100), at);
    // 100 sequences of 100 sequences of the same 1,600 bytes.
    expect(() => decode(vlen, pointer(100), 1, heap(data, 4000))).toThrow(/larger than the file/);
  });

  test('an object that is not there, or is too short', () => {
    expect(() => decode(vlen, pointer(1, 5), 1, heap(new Uint8Array(16), 1000))).toThrow(H5FormatError);
    expect(() => decode(vlen, pointer(2), 1, heap(new Uint8Array(16), 1000))).toThrow(H5FormatError);
  });

  test('any bytes as any type give values or an H5Error', () => {
    const types: Datatype[] = [
      ...(['i1', '>i8', 'f2', '>f4', 'bool', 'str', 'S3', 'ref', { vlen: 'i4' }, { opaque: 3 }] as const).map(
        (name) => parseDType(name),
      ),
      parseDType({ compound: { a: 'i2', b: 'str', c: { array: [2, 2], base: 'f2' } } }),
      { class: 'reference', size: 12, kind: 'region' },
    ];
    const bytes = fc.uint8Array({ maxLength: 60 });
    fc.assert(
      fc.property(bytes, bytes, fc.constantFrom(...types), (data, stored, type) => {
        const count = Math.floor(data.length / type.size);
        try {
          expect(decode(type, data, count, heap(stored, 1000))).toHaveLength(count);
        } catch (error) {
          expect(error).toBeInstanceOf(H5Error);
        }
      }),
      { numRuns: runs(2000) },
    );
  });
});

describe('what follows from the data', () => {
  const facts = (data: unknown, dtype?: DType, shape?: number[]) => {
    const { datatype, dataspace, encoded } = prepare(data, dtype, shape);
    const { bytes, heap } = encoded ? readable(encoded) : { bytes: new Uint8Array(), heap: NO_HEAP };
    const values = encoded && decode(datatype, bytes, extent(dataspace), heap);
    return [dataspace.kind === 'null' ? null : dataspace.dims, values];
  };

  test('datatype and shape', () => {
    expect(facts(5)).toEqual([[], Int32Array.of(5)]);
    expect(facts(-0)).toEqual([[], Float64Array.of(-0)]);
    expect(facts(2 ** 31)).toEqual([[], Float64Array.of(2 ** 31)]);
    expect(facts(5n)).toEqual([[], BigInt64Array.of(5n)]);
    expect(facts('a')).toEqual([[], ['a']]);
    expect(facts(true)).toEqual([[], [true]]);
    expect(facts([])).toEqual([[0], new Float64Array()]);
    expect(facts([1, 2.5])).toEqual([[2], Float64Array.of(1, 2.5)]);
    expect(facts([[], []])).toEqual([[2, 0], new Float64Array()]);
    expect(
      facts([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    ).toEqual([[3, 2], Int32Array.of(1, 2, 3, 4, 5, 6)]);
    expect(facts([Float32Array.of(1, 2), Float32Array.of(3, 4)], 'f4')).toEqual([
      [2, 2],
      Float32Array.of(1, 2, 3, 4),
    ]);
    expect(facts([[['a'], ['b']]])).toEqual([
      [1, 2, 1],
      ['a', 'b'],
    ]);
    expect(facts(new Uint16Array(6), undefined, [2, 3])).toEqual([[2, 3], new Uint16Array(6)]);
    expect(facts([1, 2, 3, 4], 'u1', [2, 2])).toEqual([[2, 2], Uint8Array.of(1, 2, 3, 4)]);
    expect(facts(null)).toEqual([null, undefined]);
    expect(facts(undefined, 'i2', [2])).toEqual([[2], undefined]);
    expect(facts([[1, 2], [3]], { vlen: 'i4' })).toEqual([[2], [Int32Array.of(1, 2), Int32Array.of(3)]]);
    expect(facts([1, 2], { vlen: 'i4' })).toEqual([[], [Int32Array.of(1, 2)]]);
    expect(facts([], { vlen: 'i4' })).toEqual([[0], []]);
    expect(facts([], { vlen: 'i4' }, [])).toEqual([[], [Int32Array.of()]]);
  });

  test.each<[unknown, RegExp]>([
    [[[1, 2], [3]], /ragged.*vlen/],
    [[1, [2]], /type|dtype|ragged/],
    [[[1], 2], /shape/],
    [[1, 'a'], /element 1 is of type string, element 0 of type number/],
    [[1, 2n], /element 1 is of type bigint/],
    [[1, null], /element 1 is of type null/],
    [{}, /compound/],
    [new Date(), /has no dtype/],
    [() => 1, /has no dtype/],
    [[undefined], /has no dtype/],
  ])('no dtype holds %o', (data, message) => {
    expect(() => prepare(data)).toThrow(H5TypeError);
    expect(() => prepare(data)).toThrow(message);
  });

  test('shapes that are none, or not those of the data', () => {
    for (const shape of [[-1], [1.5], [Number.NaN], [2 ** 30, 2 ** 30], Array<number>(33).fill(1)]) {
      expect(() => prepare(undefined, 'i4', shape)).toThrow(H5TypeError);
    }
    for (const shape of [[3], [], [2, 2]]) expect(() => prepare([1, 2], 'i4', shape)).toThrow(H5TypeError);
    expect(() => prepare(5, 'i4', [1])).toThrow(H5TypeError);
    const endless: unknown[] = [];
    endless.push(endless);
    expect(() => prepare(endless)).toThrow(/without end/);
  });
});
