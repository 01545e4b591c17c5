import fc from 'fast-check';
import { expect, it } from 'vitest';
import { escapeName, unescapeName } from '../../src/serialize/names.js';

it.each([
  ['name', 'name'],
  ['100%', '100%'],
  ['a.b', 'a.b'],
  ['..', '..'],
  ['', '@%'],
  ['.', '@%%2E'],
  ['a/b', '@%a%2Fb'],
  ['@type', '@%@type'],
  ['@%', '@%@%25'],
  ['a\0', '@%a%00'],
  ['x\ud800y', '@%x%ED%A0%80y'],
  ['50%/a', '@%50%25%2Fa'],
])('%j is called %j', (key, name) => {
  expect(escapeName(key)).toBe(name);
  expect(unescapeName(name)).toBe(key);
});

it('every key comes back, and no name is one that HDF5 or the layout reserves', () => {
  const key = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('/', '%', '@', '.', '\0', '\ud800', '\udc00', 'é', '2', 'F') }),
  );
  fc.assert(
    fc.property(key, (text) => {
      const name = escapeName(text);
      expect(unescapeName(name)).toBe(text);
      expect(name).not.toMatch(/^$|^\.$|\/|\0|^@[^%]|\p{Surrogate}/u);
    }),
  );
});

it('different keys have different names', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(escapeName(a) === escapeName(b)).toBe(a === b);
    }),
  );
});
