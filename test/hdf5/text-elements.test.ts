import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { StringPadding } from '../../src/hdf5/messages/datatype.js';
import { splitText } from '../../src/hdf5/text-elements.js';

const PADDING: Record<StringPadding, RegExp> = {
  'null-terminated': /\0.*$/s,
  'null-padded': /\0+$/,
  'space-padded': / +$/,
};

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    'plain text ',
    'naïve text, for the most part',
    '北京',
    '😀',
    'abc😀defg😀',
    'ab😀def',
    'a\0b\0\0',
    'é  ',
  ),
);

it('cuts up what is decoded together as if each string were decoded by itself', () => {
  const paddings = fc.constantFrom(...(Object.keys(PADDING) as StringPadding[]));
  fc.assert(
    fc.property(fc.array(text), paddings, (strings, padding) => {
      const encoded = strings.map((string) => new TextEncoder().encode(string));
      let end = 0;
      const ends = encoded.map(({ length }) => (end += length));
      const found: string[] = [];
      splitText(Buffer.concat(encoded), ends, padding, found);
      expect(found).toEqual(strings.map((string) => string.toWellFormed().replace(PADDING[padding], '')));
    }),
    { numRuns: 300 },
  );
});

it('also where the bytes are no UTF-8, or a string ends within a character', () => {
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.array(text).map((texts) => new TextEncoder().encode(texts.join(''))),
  );
  fc.assert(
    fc.property(bytes, fc.array(fc.nat({ max: 12 })), (bytes, steps) => {
      let end = 0;
      const ends = steps.map((step) => (end = Math.min(bytes.length, end + step)));
      ends.push(bytes.length);
      const found: string[] = [];
      splitText(bytes, ends, 'null-padded', found);
      const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
      const expected = ends.map((end, i) => decoder.decode(bytes.subarray(ends[i - 1] ?? 0, end)));
      expect(found).toEqual(expected.map((string) => string.replace(/\0+$/, '')));
    }),
    { numRuns: 300 },
  );
});
