import { expect, test } from 'vitest';
import { lookup3 } from '../../src/hdf5/checksum.js';

const hash = (text: string) => {
  const bytes = new TextEncoder().encode(text);
  return lookup3(viewOf(bytes), 0, bytes.length);
};

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

test('the vectors of its author', () => {
  // driver5() of lookup3.c, those with an initial value of 0.
  expect(hash('')).toBe(0xdeadbeef);
  expect(hash('Four score and seven years ago')).toBe(0x17770551);
});

test('the position within a buffer does not matter, nor what stands around', () => {
  for (let length = 0; length <= 40; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 0xff);
    const around = new Uint8Array(length + 20).fill(0xaa);
    around.set(bytes, 7);
    expect(lookup3(viewOf(around), 7, 7 + length)).toBe(lookup3(viewOf(bytes), 0, length));
  }
});
