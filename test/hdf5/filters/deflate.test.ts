import zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { H5FormatError } from '../../../src/errors.js';
import type { Deflate } from '../../../src/hdf5/filters/deflate.js';
import { fflateDeflate } from '../../../src/hdf5/filters/fflate-deflate.js';
import { zlibDeflate } from '../../../src/hdf5/filters/zlib-deflate.js';
import { seeded } from '../../random.js';
import { runs } from '../../thoroughness.js';
import { randomBytes } from './cases.js';

const IMPLEMENTATIONS: [name: string, deflate: Deflate][] = [
  ['fflate', fflateDeflate],
  ['zlib', zlibDeflate(zlib)],
];

/** Bytes that can be compressed somewhat; the longer ones are inflated in slices. */
function sample(length: number): Uint8Array {
  const random = seeded(length);
  return Uint8Array.from({ length }, (_, i) => (i % 3 === 0 ? random(256) : i >> 8));
}

describe.each(IMPLEMENTATIONS)('%s', (_, implementation) => {
  for (const length of [0, 1, 2, 1000, 0x8000, 100_000, 500_000]) {
    test(`${length} bytes there and back, and from zlib`, () => {
      const bytes = sample(length);
      for (const level of [0, 1, 4, 6, 9]) {
        const ours = implementation.deflate(bytes, level);
        expect(Buffer.compare(zlib.inflateSync(ours), bytes), `level ${level}`).toBe(0);
        for (const stored of [ours, zlib.deflateSync(bytes, { level })]) {
          const result = implementation.inflate(stored, length);
          expect(Object.getPrototypeOf(result)).toBe(Uint8Array.prototype);
          expect(Buffer.compare(result, bytes), `level ${level}`).toBe(0);
          expect(implementation.inflate(stored, length + 1000)).toHaveLength(length);
        }
      }
    });
  }

  test('a byte more than the limit', () => {
    for (const length of [1, 2, 1000, 200_000]) {
      for (const level of [0, 6]) {
        const stored = zlib.deflateSync(sample(length), { level });
        expect(() => implementation.inflate(stored, length - 1)).toThrow(
          `it expands to more than ${length - 1} bytes`,
        );
      }
    }
  });

  test('a bomb does not go off', () => {
    // 400 MB of zeros, in blocks that end at a byte.
    const block = zlib.deflateRawSync(new Uint8Array(1e7), { finishFlush: zlib.constants.Z_SYNC_FLUSH });
    const bomb = Buffer.concat([
      Uint8Array.of(0x78, 0x9c),
      ...new Array<Buffer>(40).fill(block),
      new Uint8Array(6),
    ]);
    expect(bomb.length).toBeGreaterThan(0x20000);
    const before = process.memoryUsage().rss;
    expect(() => implementation.inflate(bomb, 1000)).toThrow('it expands to more than 1000 bytes');
    expect(process.memoryUsage().rss - before).toBeLessThan(2.5e8);
  });

  test('a limit beyond all bounds takes no memory', () => {
    const stored = zlib.deflateSync(sample(100));
    expect(implementation.inflate(stored, 2 ** 40)).toHaveLength(100);
    expect(implementation.inflate(stored, 2 ** 40).buffer.byteLength).toBeLessThan(1e6);
  });

  test('damaged streams end in errors', () => {
    const small = zlib.deflateSync(sample(300));
    const large = zlib.deflateSync(sample(150_000));
    const stored = zlib.deflateSync(sample(300), { level: 0 });
    fc.assert(
      fc.property(
        fc.constantFrom(small, large, stored),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (stream, place, change) => {
          const bytes = new Uint8Array(stream);
          bytes[place % bytes.length]! ^= change;
          let result: Uint8Array;
          try {
            result = implementation.inflate(bytes, 150_000);
          } catch (error) {
            expect(error).toBeInstanceOf(H5FormatError);
            return;
          }
          // Some bits tell nothing. All others are under a checksum.
          expect(Buffer.compare(result, zlib.inflateSync(stream))).toBe(0);
        },
      ),
      { numRuns: runs(200) },
    );
    for (let length = 0; length < small.length; length++) {
      expect(() => implementation.inflate(small.subarray(0, length), 300)).toThrow(H5FormatError);
    }
    for (const cut of [1, 4, 5, 100, 40_000]) {
      expect(() => implementation.inflate(large.subarray(0, large.length - cut), 150_000)).toThrow(
        H5FormatError,
      );
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        const bytes = Uint8Array.from([0x78, 0x9c, ...noise]);
        expect(() => implementation.inflate(bytes, 1000)).toThrow(H5FormatError);
      }),
      { numRuns: runs(300) },
    );
  });

  test('noise grows by little', () => {
    const noise = randomBytes(seeded(1), 100_000);
    expect(implementation.deflate(noise, 6).length).toBeLessThan(100_000 + 100_000 / 16 + 1024);
  });
});
