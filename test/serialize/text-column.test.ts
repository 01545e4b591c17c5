import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FixedSizeText, TextColumnBuilder } from '../../src/serialize/text-column.js';
import { encodeWtf8 } from '../../src/serialize/wtf8.js';
import { expectSame } from '../same.js';
import { runs } from '../thoroughness.js';

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
