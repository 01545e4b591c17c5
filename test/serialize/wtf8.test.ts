import fc from 'fast-check';
import { expect, it } from 'vitest';
import { deserialize, serialize } from '../../src/index.js';
import { decodeWtf8, encodeWtf8 } from '../../src/serialize/wtf8.js';

it('is UTF-8 for valid Unicode', () => {
  for (const text of ['', 'abc', 'é', '€', '😀', '\ufeffx', 'a\0b']) {
    expect(encodeWtf8(text)).toEqual(new TextEncoder().encode(text));
    expect(decodeWtf8(encodeWtf8(text))).toBe(text);
  }
});

it.each([
  ['\ud800', [0xed, 0xa0, 0x80]],
  ['\udfff', [0xed, 0xbf, 0xbf]],
  ['a\udc00😀\ud83d', [0x61, 0xed, 0xb0, 0x80, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xa0, 0xbd]],
])('keeps lone surrogates: %j', (text, bytes) => {
  expect(Array.from(encodeWtf8(text))).toEqual(bytes);
  expect(decodeWtf8(Uint8Array.from(bytes))).toBe(text);
});

it('any string comes back', () => {
  const unit = fc.constantFrom('a', '\0', 'é', '€', '\ud83d', '\ude00', '\ufffd', '\ud7ff');
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit }), fc.string({ unit: 'binary' })), (text) => {
      expect(decodeWtf8(encodeWtf8(text))).toBe(text);
    }),
  );
});

it('a list of so many that the heap grows comes back', () => {
  const texts = Array.from({ length: 500 }, (_, i) => `\ud800${'x'.repeat(i)}`);
  expect(deserialize(serialize(texts))).toEqual(texts);
});
