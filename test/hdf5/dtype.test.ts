import { describe, expect, test } from 'vitest';
import { H5TypeError } from '../../src/errors.js';
import { type DType, formatDType, parseDType } from '../../src/hdf5/dtype.js';

describe('a dtype', () => {
  test.each<[DType, string]>([
    ['i1', 'i1'],
    ['u1', 'u1'],
    ['<u1', 'u1'],
    ['i4', '<i4'],
    ['>i4', '>i4'],
    ['int32', '<i4'],
    ['uint64', '<u8'],
    ['float16', '<f2'],
    ['>f4', '>f4'],
    ['float64', '<f8'],
    ['bool', 'bool'],
    ['str', 'str'],
    ['S10', 'S10'],
    ['ref', 'ref'],
    [{ compound: { a: 'i4', b: 'str' } }, '{a: <i4, b: str}'],
    [{ compound: [['x', { compound: [['y', 'bool']] }]] }, '{x: {y: bool}}'],
    [{ enum: { RED: 0, GREEN: 1 }, base: 'u1' }, 'enum(u1: RED=0, GREEN=1)'],
    [{ enum: { LOW: -5 } }, 'enum(<i4: LOW=-5)'],
    [{ enum: { FALSE: 0, TRUE: 1 }, base: 'i1' }, 'bool'],
    [{ array: [2, 3], base: '>u2' }, '(2, 3)>u2'],
    [{ vlen: { vlen: 'f4' } }, 'vlen(vlen(<f4))'],
    [{ opaque: 16 }, 'opaque(16)'],
    [{ opaque: 16, tag: 'uuid' }, 'opaque(16, uuid)'],
  ])('%j is %s', (dtype, text) => {
    const type = parseDType(dtype);
    expect(formatDType(type)).toBe(text);
    expect(parseDType(type)).toBe(type);
  });

  test.each(['float128', 'i3', 'f1', 'float8', 'S0', 'S', 'string', '', '=i4', 'int', 'constructor'])(
    '%j is none',
    (name) => {
      expect(() => parseDType(name as DType)).toThrow(H5TypeError);
      expect(() => parseDType(name as DType)).toThrow(/known are i1 i2 i4 i8/);
    },
  );

  test('what is not a dtype at all', () => {
    for (const none of [null, 5, {}, { compond: {} }]) {
      expect(() => parseDType(none as unknown as DType)).toThrow(H5TypeError);
    }
    const endless: { vlen: DType } = { vlen: 'i4' };
    endless.vlen = endless;
    expect(() => parseDType(endless)).toThrow(/nested more than/);
    expect(() => parseDType({ enum: { A: 300 }, base: 'u1' })).toThrow(/A = 300 does not fit/);
    expect(() => parseDType({ enum: { A: 1 }, base: 'f4' })).toThrow(/integer/);
    for (const names of [{}, { A: 1, B: 1 }, { A: 1, B: 2, C: 1n }]) {
      expect(() => parseDType({ enum: names })).toThrow(/a value of its own/);
      expect(() => parseDType({ vlen: { compound: { a: { enum: names } } } })).toThrow(/a value of its own/);
    }
    expect(() => parseDType({ array: [0], base: 'f4' })).toThrow(H5TypeError);
    expect(() => parseDType({ array: [2.5], base: 'f4' })).toThrow(H5TypeError);
    for (const dims of [[-2, -3], [-1], [2 ** 33, -1], 'f4', 3, null])
      expect(() => parseDType({ array: dims as number[], base: 'f4' })).toThrow(/are no dimensions/);
    expect(() => parseDType({ array: [2 ** 32], base: 'u1' })).toThrow(/1 to 2\^32 - 1 are possible/);
    expect(() => parseDType({ opaque: 0 })).toThrow(H5TypeError);
    for (const tag of ['a\0b', '\ud800', 'x\udfff'])
      expect(() => parseDType({ opaque: 4, tag })).toThrow(/the tag .* which HDF5 strings cannot hold/);
    expect(() => parseDType({ compound: {} })).toThrow(H5TypeError);
  });
});
