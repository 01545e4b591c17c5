import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { H5FeatureError, H5FormatError, H5TypeError } from '../../../src/errors.js';
import { filters, registerFilter } from '../../../src/filters.js';
import type { Filter } from '../../../src/hdf5/filters/filter.js';
import { FilterSet } from '../../../src/hdf5/filters/filter-set.js';
import { decodeChunk, encodeChunk } from '../../../src/hdf5/filters/pipeline.js';
import {
  arrayType,
  type Datatype,
  fixedPoint,
  fixedString,
  floatingPoint,
} from '../../../src/hdf5/messages/datatype.js';
import type { FilterInfo } from '../../../src/hdf5/messages/filter-pipeline.js';
import { describeOracle } from '../../oracle/oracles.js';
import { seeded } from '../../random.js';
import { runs } from '../../thoroughness.js';
import {
  DEFLATE,
  deflate,
  elements,
  FLETCHER32,
  fletcher32,
  LZF,
  NBIT,
  nbitCases,
  randomBytes,
  SCALE_OFFSET,
  SHUFFLE,
  shuffle,
} from './cases.js';
import { makeChunks } from './chunks.js';

const filter = (id: number): Required<Filter> => filters.get(id) as Required<Filter>;
const info = (id: number, values: number[] = [], optional = false): FilterInfo => ({
  id,
  name: `f${id}`,
  optional,
  values,
});
const about = (datatype: Datatype, ...chunk: number[]) => ({ datatype, chunk });

describe('shuffle', () => {
  test('any size of elements, any number of bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 20 }), (bytes, size) => {
        const shuffled = filter(SHUFFLE).encode(bytes, [size], false)!;
        const count = Math.floor(bytes.length / size);
        for (let i = 0; i < bytes.length; i++) {
          const at = i < count * size ? (i % size) * count + Math.floor(i / size) : i;
          expect(shuffled[at]).toBe(bytes[i]);
        }
        expect([...filter(SHUFFLE).decode(shuffled, [size], bytes.length)]).toEqual([...bytes]);
      }),
    );
  });

  test('without a size', () => {
    expect(() => filter(SHUFFLE).decode(new Uint8Array(8), [], 8)).toThrow(H5FormatError);
    expect(() => filter(SHUFFLE).decode(new Uint8Array(8), [0], 8)).toThrow(H5FormatError);
  });
});

describe('fletcher32', () => {
  /** As the checksum is defined: words modulo 65535, 0 only where all are 0. */
  function checksum(bytes: Uint8Array): number {
    let sum1 = 0n;
    let sum2 = 0n;
    for (let i = 0; i < bytes.length; i += 2) {
      sum1 += BigInt((bytes[i]! << 8) | (bytes[i + 1] ?? 0));
      sum2 += sum1;
    }
    const fold = (sum: bigint) => (sum === 0n ? 0 : Number(((sum - 1n) % 65535n) + 1n));
    return fold(sum2) * 0x10000 + fold(sum1);
  }

  test('long chunks of large words', () => {
    for (const [length, byte] of [
      [1, 255],
      [479, 255],
      [480, 255],
      [482, 255],
      [100_001, 255],
      [2 * 65535, 1],
      [0, 0],
      [1000, 0],
    ] as const) {
      const bytes = new Uint8Array(length).fill(byte);
      const encoded = filter(FLETCHER32).encode(bytes, [], false)!;
      expect(new DataView(encoded.buffer).getUint32(length, true), `${length} bytes`).toBe(checksum(bytes));
    }
  });

  test('any change is found', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 100 }),
        fc.nat(),
        fc.integer({ min: 1, max: 254 }),
        (bytes, place, change) => {
          const encoded = filter(FLETCHER32).encode(bytes, [], false)!;
          expect([...filter(FLETCHER32).decode(encoded, [], bytes.length)]).toEqual([...bytes]);
          encoded[place % bytes.length]! ^= change;
          expect(() => filter(FLETCHER32).decode(encoded, [], bytes.length)).toThrow(/checksum/);
        },
      ),
    );
    for (const length of [0, 3]) {
      expect(() => filter(FLETCHER32).decode(new Uint8Array(length), [], 8)).toThrow(H5FormatError);
    }
  });

  test('checksums of old versions', () => {
    const bytes = randomBytes(seeded(3), 50);
    expect([...filter(FLETCHER32).decode(oldChecksum(bytes), [], 50)]).toEqual([...bytes]);
  });
});

function oldChecksum(bytes: Uint8Array): Uint8Array {
  const encoded = filter(FLETCHER32).encode(bytes, [], false)!;
  const n = bytes.length;
  const [a, b, c, d] = encoded.subarray(n);
  encoded.set([b!, a!, d!, c!], n);
  return encoded;
}

describe('lzf', () => {
  /** Runs, repeats and noise, of lengths about the limits of the format. */
  const text = fc
    .array(
      fc.tuple(
        fc.constantFrom(1, 2, 3, 8, 9, 31, 32, 33, 263, 264, 265, 8191, 8192, 8193),
        fc.integer({ min: 0, max: 3 }),
        fc.nat(255),
      ),
      { maxLength: 12 },
    )
    .map((parts) => {
      const bytes: number[] = [];
      for (const [length, kind, seed] of parts) {
        const random = seeded(seed);
        for (let i = 0; i < length; i++) {
          bytes.push(
            kind === 0 ? seed : kind === 1 ? random(256) : kind === 2 ? random(2) : (bytes.at(-length) ?? 7),
          );
        }
      }
      return Uint8Array.from(bytes);
    });

  test('there and back', () => {
    fc.assert(
      fc.property(text, (bytes) => {
        const encoded = filter(LZF).encode(bytes, [], false)!;
        expect(encoded.length).toBeLessThanOrEqual(bytes.length + Math.ceil(bytes.length / 32));
        const decoded = filter(LZF).decode(encoded, [], bytes.length);
        expect(Buffer.compare(decoded, bytes)).toBe(0);
        if (bytes.length > 0) {
          expect(() => filter(LZF).decode(encoded, [], bytes.length - 1)).toThrow(/expands to more/);
        }
      }),
      { numRuns: runs(200) },
    );
  });

  test('it compresses', () => {
    expect(filter(LZF).encode(new Uint8Array(100_000), [], true)!.length).toBeLessThan(1200);
    expect(filter(LZF).encode(randomBytes(seeded(1), 1000), [], true)).toBeUndefined();
  });

  test('what is damaged', () => {
    const decode =
      (...bytes: number[]) =>
      () =>
        filter(LZF).decode(Uint8Array.from(bytes), [], 100);
    expect(decode(0x20, 0)).toThrow(/before its beginning/);
    expect(decode(0, 1, 0x20, 1)).toThrow(/before its beginning/);
    expect(decode(3, 1, 2)).toThrow(/end is missing/);
    expect(decode(0, 1, 0x20)).toThrow(/end is missing/);
    expect(decode(0, 1, 0xe0, 1)).toThrow(/end is missing/);
    expect(decode(0, 1, 0xe0, 255, 0)).toThrow(/more than 100 bytes/);
    expect(decode(0, 1, 0xe0, 90, 0)()).toEqual(new Uint8Array(100).fill(1));
  });
});

describe('nbit', () => {
  test('client data that make no sense', () => {
    const bytes = new Uint8Array(64);
    const decode =
      (...values: number[]) =>
      () =>
        filter(NBIT).decode(bytes, [values.length + 2, 0, ...values], 64);
    expect(decode(8, 1, 4, 0, 17, 3)()).toHaveLength(32);
    expect(decode(8, 1, 4, 0, 17, 16)).toThrow(/bits lie outside/);
    expect(decode(8, 1, 4, 0, 0, 3)).toThrow(/bits lie outside/);
    expect(decode(8, 1, 4, 2, 17, 3)).toThrow(/bits lie outside/);
    expect(decode(8, 1, 4, 0, 17)).toThrow(/too short/);
    expect(decode(8, 5, 4)).toThrow(/unknown kind 5/);
    expect(decode(17, 1, 4, 0, 17, 3)).toThrow(/larger than the whole/);
    expect(decode(0xffffffff, 1, 0xffffffff, 0, 17, 3)).toThrow(/larger than the whole/);
    expect(decode(8, 1, 0, 0, 17, 3)).toThrow(/larger than the whole/);
    expect(decode(8, 2, 4, 1, 8, 0, 64, 0)).toThrow(/larger than the whole/);
    expect(decode(8, 3, 4, 2, 0, 4, 3, 2, 4, 2)).toThrow(/larger than the whole/);
    expect(decode(8, 3, 4, 1, 8, 4, 3)).toThrow(/larger than the whole/);
    expect(decode(8, 3, 4, 0xffffffff)).toThrow(/too short/);
    expect(decode(1, ...new Array<number[]>(40).fill([2, 4]).flat(), 1, 4, 0, 17, 3)).toThrow(/too deeply/);
    expect(() => filter(NBIT).decode(bytes, [9, 0, 8, 1, 4, 0, 17, 3], 64)).toThrow(/length they tell/);
    expect(() => filter(NBIT).decode(bytes.subarray(0, 16), [8, 0, 8, 1, 4, 0, 17, 3], 64)).toThrow(
      /end is missing/,
    );
  });

  test('a chunk of another size is not encoded', () => {
    const values = filter(NBIT).configure(undefined, about({ ...fixedPoint(4, true), bitPrecision: 17 }, 8));
    expect(() => filter(NBIT).encode(new Uint8Array(31), values, true)).toThrow(H5TypeError);
    expect(() => filter(NBIT).encode(new Uint8Array(36), values, true)).toThrow(H5TypeError);
  });

  test('a datatype of too many parts', () => {
    const members = Array.from({ length: 700 }, (_, i) => ({
      name: `m${i}`,
      offset: i,
      type: fixedPoint(1, true),
    }));
    expect(() =>
      filter(NBIT).configure(undefined, about({ class: 'compound', size: 700, members }, 8)),
    ).toThrow(/too many parts/);
  });
});

describe('scaleoffset', () => {
  const configure = (type: Datatype, count: number, options?: unknown, fillValue?: Uint8Array) =>
    filter(SCALE_OFFSET).configure(options, { ...about(type, count), ...(fillValue && { fillValue }) });
  const roundTrip = (bytes: Uint8Array, values: number[]) =>
    filter(SCALE_OFFSET).decode(filter(SCALE_OFFSET).encode(bytes, values, false)!, values, bytes.length);

  test('integers of any size come back as they were', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 4, 8),
        fc.boolean(),
        fc.boolean(),
        fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 0, max: 63 }),
        fc.integer({ min: 0, max: 8 }),
        fc.boolean(),
        (size, signed, bigEndian, numbers, shift, bits, filled) => {
          const type = fixedPoint(size, signed, bigEndian);
          const bytes = elements(
            type,
            numbers.map((value) => value >> BigInt(shift)),
          );
          // Also where the user asks for fewer bits than there are.
          const values = configure(type, numbers.length, bits, filled ? bytes.slice(0, size) : undefined);
          expect([...roundTrip(bytes, values)]).toEqual([...bytes]);
        },
      ),
      { numRuns: runs(500) },
    );
  });

  test('floating-point numbers keep their decimal digits', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: -3, max: 6 }),
        (bigEndian, numbers, digits) => {
          const type = floatingPoint(8, bigEndian);
          const result = roundTrip(elements(type, numbers), configure(type, numbers.length, digits));
          const view = new DataView(result.buffer);
          for (const [i, value] of numbers.entries()) {
            const error = Math.abs(view.getFloat64(8 * i, !bigEndian) - value);
            // What is nearer to the fill value than the last digit becomes it.
            expect(error).toBeLessThanOrEqual(10 ** -digits * 1.001);
          }
        },
      ),
    );
  });

  test('what has no distance is kept', () => {
    for (const size of [4, 8] as const) {
      for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e38]) {
        const type = floatingPoint(size);
        const bytes = elements(type, [1.25, odd, -1.25]);
        expect([...roundTrip(bytes, configure(type, 3, 2))]).toEqual([...bytes]);
      }
    }
  });

  test('a fill value that is no number', () => {
    for (const size of [4, 8] as const) {
      for (const bigEndian of [false, true]) {
        const type = floatingPoint(size, bigEndian);
        const fill = new Uint8Array(size).fill(0xff);
        const bytes = elements(type, [1.25, 3.5, -1.25]);
        expect([...roundTrip(bytes, configure(type, 3, 2, fill))]).toEqual([...bytes]);
      }
    }
  });

  test('client data and heads that make no sense', () => {
    const good = configure(fixedPoint(4, true), 8);
    const encoded = filter(SCALE_OFFSET).encode(
      elements(fixedPoint(4, true), [1, 2, 3, 4, 5, 6, 7, 8]),
      good,
      false,
    )!;
    const decode =
      (change: (values: number[], bytes: Uint8Array) => void, cut = 0) =>
      () => {
        const values = good.slice();
        const bytes = encoded.slice();
        change(values, bytes);
        return filter(SCALE_OFFSET).decode(bytes.subarray(0, bytes.length - cut), values, 32);
      };
    const set = (i: number, value: number) => (values: number[]) => {
      values[i] = value;
    };
    expect(decode(() => {})()).toHaveLength(32);
    expect(decode((values) => values.pop())).toThrow(/19 client values/);
    expect(decode(set(0, 1))).toThrow(H5FeatureError);
    expect(decode(set(0, 0))).toThrow(/contradict/);
    expect(decode(set(3, 1))).toThrow(/contradict/);
    expect(decode(set(3, 2))).toThrow(/contradict/);
    expect(decode(set(5, 2))).toThrow(/contradict/);
    expect(decode(set(6, 2))).toThrow(/contradict/);
    expect(decode(set(4, 3))).toThrow(/numbers of 3 bytes/);
    expect(decode(set(1, 33))).toThrow(/33 bits/);
    expect(decode(set(2, 9))).toThrow(/more than the 32/);
    expect(decode(set(2, 0xffffffff))).toThrow(/more than the 32/);
    expect(decode((_, bytes) => bytes.fill(33, 0, 1))).toThrow(/33 bits/);
    expect(decode((_, bytes) => bytes.fill(255, 0, 4))).toThrow(/4294967295 bits/);
    expect(decode((_, bytes) => bytes.fill(32, 0, 1))).toThrow(/end is missing/);
    expect(decode(() => {}, encoded.length - 20)).toThrow(/head is missing/);
    expect(decode(() => {}, 2)).toThrow(/end is missing/);
  });

  test('datatypes and options that it is not for', () => {
    expect(() => configure(fixedString(4), 8)).toThrow(H5TypeError);
    expect(() => configure(arrayType([2], fixedPoint(4, true)), 8)).toThrow(H5TypeError);
    expect(() => configure(fixedPoint(3, true), 8)).toThrow(H5TypeError);
    expect(() => configure(floatingPoint(2), 8, 2)).toThrow(H5TypeError);
    expect(() => configure(floatingPoint(4), 8)).toThrow(/a number of decimal digits/);
    expect(() => configure(fixedPoint(4, true), 8, 33)).toThrow(/from 0 to 32, not 33/);
    expect(() => configure(fixedPoint(4, true), 8, 2, new Uint8Array(2))).toThrow(/a fill value of 2 bytes/);
    expect(() => configure(fixedPoint(4, true), 2 ** 32)).toThrow(/2\*\*32 elements/);
  });
});

describe('options', () => {
  test('client data', () => {
    const subject = about(fixedPoint(4, true), 8, 10);
    expect(filter(DEFLATE).configure(undefined, subject)).toEqual([4]);
    expect(filter(DEFLATE).configure(9, subject)).toEqual([9]);
    expect(filter(SHUFFLE).configure(true, subject)).toEqual([4]);
    expect(filter(FLETCHER32).configure(undefined, subject)).toEqual([]);
    expect(filter(LZF).configure(undefined, subject)).toEqual([4, 0x0105, 320]);
    expect(filter(NBIT).configure(undefined, subject)).toEqual([8, 1, 80, 1, 4, 0, 32, 0]);
    expect(filter(SCALE_OFFSET).configure(undefined, subject).slice(0, 8)).toEqual([2, 0, 80, 0, 4, 1, 0, 1]);
  });

  test('wrong ones', () => {
    const subject = about(fixedPoint(4, true), 8);
    for (const level of [10, -1, 1.5, '6', null]) {
      expect(() => filter(DEFLATE).configure(level, subject)).toThrow(H5TypeError);
    }
    for (const id of [SHUFFLE, FLETCHER32, LZF, NBIT]) {
      expect(() => filter(id).configure(5, subject)).toThrow(/has no options/);
    }
  });
});

describe('the pipeline', () => {
  const bytes = elements(
    fixedPoint(4, true),
    Array.from({ length: 100 }, (_, i) => i),
  );
  const all = [info(SHUFFLE, [4]), info(DEFLATE, [6]), info(FLETCHER32)];

  test('there and back', () => {
    const encoded = encodeChunk(all, bytes, filters);
    expect(encoded.mask).toBe(0);
    expect(encoded.bytes.length).toBeLessThan(200);
    expect([...decodeChunk(all, encoded.mask, encoded.bytes, 400, filters)]).toEqual([...bytes]);
  });

  test('without filters', () => {
    expect(encodeChunk([], bytes, filters)).toEqual({ bytes, mask: 0 });
    expect(decodeChunk([], 0, bytes, 400, filters)).toBe(bytes);
  });

  test('optional filters that do not pay are left out', () => {
    const noise = randomBytes(seeded(1), 400);
    const pipeline = [info(SHUFFLE, [4], true), info(LZF, [], true), info(FLETCHER32)];
    const encoded = encodeChunk(pipeline, noise, filters);
    expect(encoded.mask).toBe(0b010);
    expect(encoded.bytes).toHaveLength(404);
    expect([...decodeChunk(pipeline, encoded.mask, encoded.bytes, 400, filters)]).toEqual([...noise]);
    // Deflate is not, as by libhdf5, which 1.10 may forget that it has been applied where it was left out before.
    expect(encodeChunk([info(DEFLATE, [6], true)], noise, filters).mask).toBe(0);
    // Those that are not optional are applied all the same.
    const forced = encodeChunk([info(DEFLATE, [6])], noise, filters);
    expect(forced.mask).toBe(0);
    expect(forced.bytes.length).toBeGreaterThan(400);
    expect([...decodeChunk([info(DEFLATE, [6])], 0, forced.bytes, 400, filters)]).toEqual([...noise]);
  });

  test('32 filters', () => {
    const pipeline = Array.from({ length: 32 }, (_, i) => info(i === 31 ? 300 : FLETCHER32, [], true));
    const encoded = encodeChunk(pipeline, randomBytes(seeded(2), 100), filters);
    expect(encoded.mask).toBe(2 ** 31);
    expect(decodeChunk(pipeline, encoded.mask, encoded.bytes, 100, filters)).toHaveLength(100);
  });

  test('filters that are not known', () => {
    const zstd: FilterInfo = { id: 32015, name: 'zstd', optional: true, values: [] };
    expect(() => decodeChunk([zstd], 0, bytes, 400, filters)).toThrow(H5FeatureError);
    expect(() => decodeChunk([zstd], 0, bytes, 400, filters)).toThrow(/32015 \(zstd\).*registerFilter/);
    expect(() => decodeChunk([info(4)], 0, bytes, 400, filters)).toThrow(/4 \(f4\)/);
    // A chunk that was stored without it can be read.
    expect(decodeChunk([zstd], 1, bytes, 400, filters)).toBe(bytes);
    expect(encodeChunk([zstd], bytes, filters)).toEqual({ bytes, mask: 1 });
    expect(() => encodeChunk([{ ...zstd, optional: false }], bytes, filters)).toThrow(/registerFilter/);
  });

  test('filters that cannot encode', () => {
    const set = new FilterSet();
    set.register({ id: 300, name: 'decodes', decode: (stored) => stored });
    set.register({ id: 301, name: 'refuses', decode: (stored) => stored, encode: () => undefined });
    expect(() => encodeChunk([info(300)], bytes, set)).toThrow(/only decodes/);
    expect(() => encodeChunk([info(301)], bytes, set)).toThrow(/is not optional/);
    expect(encodeChunk([info(300, [], true), info(301, [], true)], bytes, set)).toEqual({ bytes, mask: 3 });
  });

  test('a chunk of another size', () => {
    const encoded = encodeChunk(all, bytes, filters);
    expect(() => decodeChunk(all, 0, encoded.bytes, 396, filters)).toThrow(H5FormatError);
    expect(() => decodeChunk(all, 0, encoded.bytes, 404, filters)).toThrow(/has 400 bytes, .* asks for 404/);
    expect(() => decodeChunk([], 0, bytes, 404, filters)).toThrow(/has 400 bytes/);
    const set = new FilterSet();
    set.register({ id: 300, name: 'doubles', decode: (stored) => new Uint8Array(stored.length * 2) });
    expect(() => decodeChunk([info(300)], 0, bytes, 400, set)).toThrow(/makes 800 bytes, more than 400/);
  });

  test('filters that are registered', () => {
    const invert: Filter = {
      id: 257,
      name: 'invert',
      decode: (stored) => stored.map((byte) => byte ^ 0xff),
      encode: (raw) => raw.map((byte) => byte ^ 0xff),
    };
    registerFilter(invert);
    const encoded = encodeChunk([info(257)], bytes, filters);
    expect(encoded.bytes[0]).toBe(0xff);
    expect([...decodeChunk([info(257)], 0, encoded.bytes, 400, filters)]).toEqual([...bytes]);
  });

  test('sets that share filters', () => {
    const named = (id: number, name: string): Filter => ({ id, name, decode: (stored) => stored });
    const shared = new FilterSet([named(1, 'shared'), named(2, 'shared')]);
    const set = new FilterSet([named(1, 'own')], shared);
    expect(set.get(1)?.name).toBe('own');
    expect(set.get(2)?.name).toBe('shared');
    expect(set.get(3)).toBeUndefined();
    // What is registered goes before what was there.
    shared.register(named(1, 'registered'));
    expect(set.get(1)?.name).toBe('registered');
    set.register(named(1, 'registered here'));
    expect(set.get(1)?.name).toBe('registered here');
    expect(shared.get(1)?.name).toBe('registered');
    for (const id of [0, 65536, 1.5]) expect(() => registerFilter(named(id, 'x'))).toThrow(H5TypeError);
  });
});

describe('damaged chunks', () => {
  const client = fc.array(
    fc.oneof(
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 0, max: 64 }),
      fc.constantFrom(300, 2 ** 31, 2 ** 32 - 1),
    ),
    { maxLength: 24 },
  );
  const known = [DEFLATE, SHUFFLE, FLETCHER32, NBIT, SCALE_OFFSET, LZF];

  function expectErrorOrSize(read: () => Uint8Array, size: number): void {
    let result: Uint8Array;
    try {
      result = read();
    } catch (error) {
      if (!(error instanceof H5FormatError || error instanceof H5FeatureError)) throw error;
      return;
    }
    expect(result).toHaveLength(size);
  }

  test('any bytes with any client data', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.constantFrom(...known), client, fc.boolean()).map(([id, values, told]) => {
            // Else hardly any client data of these two would be looked at.
            if (id === NBIT && told) return info(id, [values.length + 2, 0, ...values]);
            if (id === SCALE_OFFSET && told)
              return info(id, [...values, ...new Array(20).fill(0)].slice(0, 20));
            return info(id, values);
          }),
          { minLength: 1, maxLength: 3 },
        ),
        fc.uint8Array({ maxLength: 100 }),
        fc.integer({ min: 0, max: 200 }),
        (pipeline, bytes, size) => {
          expectErrorOrSize(() => decodeChunk(pipeline, 0, bytes, size, filters), size);
        },
      ),
      { numRuns: runs(3000) },
    );
  });

  test('chunks with a byte changed, or cut off', () => {
    const pipelines: FilterInfo[][] = [
      [info(SHUFFLE, [4]), info(DEFLATE, [6])],
      [info(SHUFFLE, [4]), info(LZF)],
      [info(SCALE_OFFSET, filter(SCALE_OFFSET).configure(0, about(fixedPoint(4, true), 100)))],
      [info(SCALE_OFFSET, filter(SCALE_OFFSET).configure(0, about(fixedPoint(8, false), 50)))],
      [info(SCALE_OFFSET, filter(SCALE_OFFSET).configure(2, about(floatingPoint(4, true), 100)))],
      [
        info(
          NBIT,
          filter(NBIT).configure(undefined, about({ ...fixedPoint(4, true), bitPrecision: 9 }, 100)),
        ),
      ],
    ];
    const bytes = elements(
      fixedPoint(4, true),
      Array.from({ length: 100 }, (_, i) => i * 3),
    );
    const stored = pipelines.map((pipeline) => encodeChunk(pipeline, bytes, filters).bytes);
    fc.assert(
      fc.property(
        fc.nat(pipelines.length - 1),
        fc.nat(),
        fc.nat(255),
        fc.nat(3),
        (which, place, byte, cut) => {
          const damaged = stored[which]!.slice(0, stored[which]!.length - cut);
          damaged[place % damaged.length] = byte;
          expectErrorOrSize(() => decodeChunk(pipelines[which]!, 0, damaged, 400, filters), 400);
        },
      ),
      { numRuns: runs(2000) },
    );
  });

  test('client data of real datatypes with a value changed', () => {
    const samples = nbitCases()
      .slice(-12)
      .map(({ type }) => ({
        values: filter(NBIT).configure(undefined, about(type, 4)),
        size: 4 * type.size,
      }));
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.nat(),
        fc.oneof(fc.nat(16), fc.constantFrom(2 ** 31, 2 ** 32 - 1)),
        ({ values, size }, place, value) => {
          const changed = values.slice();
          changed[place % changed.length] = value;
          const bytes = new Uint8Array(size).fill(0xa5);
          expectErrorOrSize(() => decodeChunk([info(NBIT, changed)], 0, bytes, size, filters), size);
        },
      ),
      { numRuns: runs(2000) },
    );
  });

  test('a chunk that claims to be enormous takes no memory', () => {
    const size = 2 ** 40;
    for (const [id, values] of [
      [DEFLATE, [6]],
      [LZF, [4, 0x0105, 0xffffffff]],
      [NBIT, [8, 0, 0xffffffff, 1, 8, 0, 1, 0]],
      [NBIT, [9, 0, 2 ** 16, 3, 2 ** 24, 1, 0, 4, 2 ** 24]],
      [SCALE_OFFSET, [2, 0, 0xffffffff, 0, 8, ...new Array<number>(15).fill(0)]],
    ] as const) {
      const noise = randomBytes(seeded(4), 1000);
      expect(() => decodeChunk([info(id, [...values])], 0, noise, size, filters)).toThrow(H5FormatError);
    }
  });
});

describeOracle('h5py', () => {
  test('reads checksums of old versions, as we do, and chunks without some filters', () => {
    const type = fixedPoint(4, true);
    const [first, second, third] = [1, 2, 3].map((seed) => randomBytes(seeded(seed), 160)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const shuffled = filter(SHUFFLE).encode(third, [4], true)!;
    const chunks = [
      { start: 0, mask: 0b011, bytes: oldChecksum(first) },
      { start: 40, mask: 0b111, bytes: second },
      { start: 80, mask: 0b110, bytes: shuffled },
    ];
    const given = {
      name: 'masks',
      type,
      length: 120,
      chunk: 40,
      filters: [shuffle, deflate, fletcher32],
      chunks,
    };
    const [made] = makeChunks([given]).made;
    expect([...made!.data]).toEqual([...first, ...second, ...third]);
    for (const [i, { mask, bytes }] of made!.chunks.entries()) {
      const decoded = decodeChunk(made!.filters, mask, bytes, 160, filters);
      expect([...decoded]).toEqual([...[first, second, third][i]!]);
    }
  });
});
