import fc from 'fast-check';
import { expect, test } from 'vitest';
import { H5RegistryError } from '../../src/registry/index.js';
import { checkName } from '../../src/registry/names.js';

test.each(['Point', 'geometry.Point', 'a/b', 'ünï ☃ 😀', 'x'.repeat(1000), '😀'.repeat(250), 'a@b', '.'])(
  'takes %j',
  (name) => expect(() => checkName(name, 'the name')).not.toThrow(),
);

test.each([
  [undefined, 'the name must be a string, not undefined'],
  [null, 'the name must be a string, not null'],
  [class {}, 'the name must be a string, not function'],
  ['', 'the name is empty'],
  ['@type', 'the name ("@type") starts with "@", which is reserved'],
  ['a\0b', 'the name ("a\\u0000b") has a control character or a lone surrogate'],
  ['\x7f', 'has a control character'],
  ['a\x85', 'has a control character'],
  ['\ud83d', 'the name ("\\ud83d") has a control character or a lone surrogate'],
  ['\ude00\ud83d', 'a lone surrogate'],
  ['x'.repeat(1001), 'the name takes 1001 bytes of UTF-8; at most 1000 are allowed'],
  [`${'😀'.repeat(250)}x`, 'takes 1001 bytes'],
])('refuses %j', (name, message) => {
  expect(() => checkName(name, 'the name')).toThrow(message);
  expect(() => checkName(name, 'the name')).toThrow(
    expect.objectContaining({ name: 'H5RegistryError', code: 'H5_REGISTRY_NAME' }),
  );
});

test('takes what UTF-8 carries unchanged, and nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }), fc.nat(0xffff), (text, unit) => {
      const name = `_${text}${String.fromCharCode(unit)}`;
      const survives = new TextDecoder().decode(new TextEncoder().encode(name)) === name;
      const printable = ![...name].some((char) => /\p{Cc}/u.test(char));
      if (survives && printable) checkName(name, 'the name');
      else expect(() => checkName(name, 'the name')).toThrow(H5RegistryError);
    }),
  );
});
