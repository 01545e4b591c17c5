import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { H5FormatError } from '../../src/errors.js';
import { ByteReader, UNDEFINED_ADDRESS } from '../../src/hdf5/byte-reader.js';
import { ByteWriter } from '../../src/hdf5/byte-writer.js';
import {
  type ChunkedLayout,
  type ChunkIndexType,
  decodeDataLayout,
  encodeChunkedLayout,
} from '../../src/hdf5/messages/data-layout.js';

function decode(bytes: readonly number[] | Uint8Array, offsetSize = 8, lengthSize = 8) {
  return decodeDataLayout(new ByteReader(Uint8Array.from(bytes), 0, offsetSize, lengthSize), 120);
}

function encode(layout: ChunkedLayout): Uint8Array {
  const out = new ByteWriter();
  encodeChunkedLayout(out, layout);
  return out.finish();
}

const UNDEFINED = new Array<number>(8).fill(0xff);

const CHUNKED = { kind: 'chunked', chunkDims: [3, 500], elementSize: 4, unfilteredEdges: false } as const;

describe('the data layout message, chunked', () => {
  test('versions 1 and 2, whose dimensions end with the size of an element', () => {
    for (const version of [1, 2]) {
      const bytes = [version, 3, 2, 0, 0, 0, 0, 0, 0x10, 0x20, 3, 0, 0, 0, 0xf4, 1, 0, 0, 4, 0, 0, 0];
      expect(decode(bytes, 2)).toEqual({
        ...CHUNKED,
        version: 3,
        index: { type: 'btree-v1' },
        address: 0x2010,
      });
    }
    expect(() => decode([1, 3, 7, 0, 0, 0, 0, 0])).toThrow('an unknown layout class');
  });

  test('version 3', () => {
    const bytes = [3, 2, 3, ...UNDEFINED, 3, 0, 0, 0, 0xf4, 1, 0, 0, 4, 0, 0, 0];
    const layout = {
      ...CHUNKED,
      version: 3,
      index: { type: 'btree-v1' },
      address: UNDEFINED_ADDRESS,
    } as const;
    expect(decode(bytes)).toEqual(layout);
    expect([...encode(layout)]).toEqual(bytes);
  });

  test('versions 4 and 5', () => {
    const address = [0x34, 0x12, 0, 0, 0, 0, 0, 0];
    const cases: [ChunkIndexType, number[]][] = [
      [{ type: 'single' }, [1]],
      [{ type: 'implicit' }, [2]],
      [{ type: 'fixed-array', pageBits: 10 }, [3, 10]],
      [
        {
          type: 'extensible-array',
          maxBits: 32,
          indexElements: 4,
          minPointers: 5,
          minElements: 16,
          pageBits: 10,
        },
        [4, 32, 4, 5, 16, 10],
      ],
      [{ type: 'btree-v2', nodeSize: 2048, splitPercent: 100, mergePercent: 40 }, [5, 0, 8, 0, 0, 100, 40]],
    ];
    for (const version of [4, 5] as const) {
      for (const [index, information] of cases) {
        for (const unfilteredEdges of [false, true]) {
          const bytes = [
            version,
            2,
            unfilteredEdges ? 1 : 0,
            3,
            2,
            3,
            0,
            0xf4,
            1,
            4,
            0,
            ...information,
            ...address,
          ];
          const layout = { ...CHUNKED, version, unfilteredEdges, index, address: 0x1234 };
          expect(decode(bytes)).toEqual(layout);
          expect([...encode(layout)]).toEqual(bytes);
        }
      }
    }
  });

  test('a single chunk with filters', () => {
    const index = { type: 'single', size: 0x0102, mask: 5 } as const;
    const layout: ChunkedLayout = { ...CHUNKED, version: 4, index, address: 9 };
    const size = [2, 1, 0, 0, 0, 0, 0, 0];
    const bytes = [4, 2, 2, 3, 2, 3, 0, 0xf4, 1, 4, 0, 1, ...size, 5, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0];
    expect([...encode(layout)]).toEqual(bytes);
    expect(decode(bytes)).toEqual(layout);
    // Addresses of 2 bytes, and lengths of 4.
    expect(decode([...bytes.slice(0, 12), 2, 1, 0, 0, 5, 0, 0, 0, 9, 0], 2, 4)).toEqual(layout);
  });

  test('what is written is read again', () => {
    const byte = fc.nat(255);
    const index: fc.Arbitrary<ChunkIndexType> = fc.oneof(
      fc.constant({ type: 'single' } as const),
      fc.record({ type: fc.constant('single' as const), size: fc.maxSafeNat(), mask: fc.nat(0xffffffff) }),
      fc.constant({ type: 'implicit' } as const),
      fc.record({ type: fc.constant('fixed-array' as const), pageBits: byte }),
      fc.record({
        type: fc.constant('btree-v2' as const),
        nodeSize: fc.nat(0xffffffff),
        splitPercent: byte,
        mergePercent: byte,
      }),
    );
    const layout: fc.Arbitrary<ChunkedLayout> = fc.record({
      kind: fc.constant('chunked' as const),
      version: fc.constantFrom(4 as const, 5 as const),
      chunkDims: fc.array(fc.integer({ min: 1, max: 70000 }), { minLength: 1, maxLength: 3 }),
      elementSize: fc.integer({ min: 1, max: 20 }),
      unfilteredEdges: fc.boolean(),
      index,
      address: fc.oneof(fc.constant(UNDEFINED_ADDRESS), fc.maxSafeNat()),
    });
    fc.assert(
      fc.property(layout, (layout) => {
        expect(decode(encode(layout))).toEqual(layout);
      }),
    );
  });

  test('what cannot be', () => {
    const good = [4, 2, 0, 3, 1, 3, 5, 4, 3, 10, ...UNDEFINED];
    expect(decode(good).kind).toBe('chunked');
    const bad = (at: number, value: number) => () => decode(good.with(at, value));
    expect(bad(1, 4)).toThrow('an unknown layout class');
    expect(bad(1, 3)()).toEqual({ kind: 'virtual' });
    expect(bad(3, 1)).toThrow('a chunk of 0 dimensions');
    expect(bad(3, 34)).toThrow('a chunk of 33 dimensions');
    expect(bad(4, 0)).toThrow('in 0 bytes');
    expect(bad(4, 9)).toThrow('in 9 bytes');
    expect(bad(5, 0)).toThrow('a chunk without extent');
    expect(bad(8, 0)).toThrow('a chunk index of the type 0');
    expect(bad(8, 6)).toThrow('a chunk index of the type 6');
    const huge = [4, 2, 0, 3, 6, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 3, 10, ...UNDEFINED];
    expect(() => decode(huge)).toThrow(H5FormatError);
    for (let length = 0; length < good.length; length++)
      expect(() => decode(good.slice(0, length))).toThrow(H5FormatError);
  });
});
