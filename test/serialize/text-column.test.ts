import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPlainText } from '../../src/hdf5/text.js';
import { H5File, serialize } from '../../src/node.js';
import { FixedSizeText, TextColumnBuilder } from '../../src/serialize/text-column.js';
import { encodeWtf8 } from '../../src/serialize/wtf8.js';
import { verifyStorage as verify } from '../../src/verify.js';
import { datasetAt, describeOracle, h5dump, h5py } from '../oracle/oracles.js';
import { expectSame } from '../same.js';
import { runs, THOROUGH } from '../thoroughness.js';
import { roundTrip } from './round-trip.js';

const build = (values: unknown[]) => {
  const builder = new TextColumnBuilder(values.length);
  expect(builder.append(values, values.length, true)).toBe(true);
  return builder.finish();
};

it('holds the bytes of all strings, where each ends, and the size of the longest', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ maxLength: 300 }),
    fc.constantFrom('', '\ud800', 'a\0', 'a\ud83d', '\ude00b', '😀', 'é'.repeat(9000)),
  );
  fc.assert(
    fc.property(fc.array(text), (strings) => {
      const column = build(strings);
      const expected = strings.map(encodeWtf8);
      let start = 0;
      for (const [i, bytes] of expected.entries()) {
        expectSame(column.bytes.slice(start, column.ends[i]), bytes);
        start = column.ends[i] as number;
      }
      expect(column.longest).toBe(Math.max(0, ...expected.map((bytes) => bytes.length)));
      expect(column.plain).toBe(strings.every((string) => !/\0|\p{Surrogate}/u.test(string)));
    }),
    { numRuns: runs(100) },
  );
});

it('takes in blocks one after another', () => {
  const builder = new TextColumnBuilder(4);
  builder.append(['a', 'bc', 'ignored'], 2, false);
  builder.append(['', 'é'], 2, false);
  const { bytes, ends } = builder.finish();
  expect(new TextDecoder().decode(bytes)).toBe('abcé');
  expect(Array.from(ends)).toEqual([1, 3, 3, 5]);
});

it('refuses what is no string, unless it is to be let through', () => {
  expect(new TextColumnBuilder(2).append(['a', null], 2, false)).toBe(false);
  expect(Array.from(build(['a', null, 'b']).ends)).toEqual([1, 1, 2]);
});

it('writes strings of one size in their place', () => {
  const text = new FixedSizeText(build(['ab', '', 'cde']), 3);
  const target = new Uint8Array(11);
  text.writeTo(target, 1);
  expect(text.length).toBe(9);
  expect(new TextDecoder().decode(target)).toBe('\0ab\0\0\0\0cde\0');
});

describe('texts too many for the heap of all', () => {
  const text = fc.oneof(
    { weight: 20, arbitrary: fc.string({ maxLength: 300 }) },
    { weight: 5, arbitrary: fc.constantFrom('', 'é'.repeat(900), '😀'.repeat(3000)) },
    { weight: 1, arbitrary: fc.constantFrom('a'.repeat(70_000), 'ß'.repeat(40_000)) },
    { weight: 1, arbitrary: fc.constantFrom('a\0', '\ud83d', null, undefined) },
  );
  const many = fc.array(text, { minLength: 40, maxLength: 600, size: 'max' });

  it('come back, alone and in lists, and the file is sound', () => {
    const values = fc.tuple(many, fc.array(many, { maxLength: 4 }), fc.constantFrom(1, 3));
    fc.assert(
      fc.property(values, ([list, ragged, columns]) => {
        const rows = list.map((text, i) => Array.from({ length: columns }, (_, j) => `${text}${i + j}`));
        const bytes = roundTrip({ list, ragged, rows, after: ['short', 'texts'.repeat(20)] });
        expect(verify(bytes).problems).toEqual([]);
        const file = H5File.open(bytes);
        if (list.every((text) => text && isPlainText(text)))
          expect(file.dataset('list').read()).toEqual(list);
      }),
      { numRuns: THOROUGH ? 15 : 4 },
    );
  });

  it('take the space that they are said to, whatever their lengths', () => {
    // The first fills a collection by itself. One that has not the least size ends with free space.
    const large = 'a'.repeat(70_000);
    for (const last of [1, 8, 4000, 5000, 65_500, 66_000]) {
      const list = [large, 'b'.repeat(last)];
      for (const texts of [list, [...list].reverse(), [...list, ...list, '']]) {
        const bytes = roundTrip({ texts });
        expect(verify(bytes).problems).toEqual([]);
        expect(bytes.length).toBeLessThan((texts.length / 2) * (70_000 + Math.max(last, 4096)) + 6000);
      }
    }
    const many = [...Array.from({ length: 100_000 }, (_, i) => String(i % 10)), large];
    expect(verify(roundTrip({ many })).problems).toEqual([]);
  });
});

describeOracle('h5py', () => {
  it('reads texts too many for the heap of all', { timeout: 60_000 }, async () => {
    const list = Array.from({ length: 500 }, (_, i) => (i % 7 ? `${i} `.repeat(i) : ''));
    const bytes = serialize({ list, more: [...list].reverse() });
    const file = await h5py(bytes);
    for (const [name, expected] of [
      ['list', list],
      ['more', [...list].reverse()],
    ] as const)
      expect(datasetAt(file, name).value).toEqual(expected);
    expect((await h5dump(bytes)).match(/H5T_VARIABLE/g)?.length).toBeGreaterThanOrEqual(2);
  });
});
