import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { H5FormatError, H5TypeError } from '../../../src/errors.js';
import { ByteReader } from '../../../src/hdf5/byte-reader.js';
import { ByteWriter } from '../../../src/hdf5/byte-writer.js';
import {
  decodeFilterPipeline,
  encodeFilterPipeline,
  type FilterInfo,
} from '../../../src/hdf5/messages/filter-pipeline.js';
import { MessageType } from '../../../src/hdf5/messages/message-type.js';
import { readObject } from '../../../src/hdf5/object.js';
import { readObjectHeader } from '../../../src/hdf5/object-header.js';
import { describeOracle } from '../../oracle/oracles.js';
import { openBytes } from '../indexes/samples.js';
import { createdCases, nbitCases, plainCases } from './cases.js';
import { type Case, makeChunks } from './chunks.js';

function encode(filters: readonly FilterInfo[]): Uint8Array {
  const out = new ByteWriter();
  encodeFilterPipeline(out, filters);
  return out.finish();
}

/** The bytes of the message of each dataset. */
function messagesIn(file: string): Map<string, Uint8Array> {
  const space = openBytes(readFileSync(file));
  const root = readObject(space, space.superblock.rootAddress);
  if (root.kind !== 'group') throw new Error('the root is no group');
  const messages = new Map<string, Uint8Array>();
  for (const link of root.links) {
    if (link.kind !== 'hard') continue;
    const found = readObjectHeader(space, link.address).find(
      ({ type }) => type === MessageType.FilterPipeline,
    );
    messages.set(link.name, Uint8Array.from(found!.data.raw(found!.data.left)));
  }
  return messages;
}

describeOracle('h5py', () => {
  const cases: Case[] = [...plainCases(), ...nbitCases(), ...createdCases()].filter((_, i) => i % 5 === 0);

  for (const latest of [false, true]) {
    const version = latest ? 2 : 1;
    test(`messages of version ${version}`, () => {
      const { made, used: messages } = makeChunks(cases, latest, messagesIn);
      expect(messages!.size).toBe(cases.length);
      for (const [i, { filters }] of made.entries()) {
        const bytes = messages!.get(`d${i}`)!;
        expect(bytes[0]).toBe(version);
        const reader = new ByteReader(bytes);
        expect(decodeFilterPipeline(reader), cases[i]!.name).toEqual(filters);
        // Version 1 of an object header pads its messages.
        expect(reader.left, cases[i]!.name).toBeLessThan(8);
        if (latest) expect(encode(filters), cases[i]!.name).toEqual(bytes.slice(0, reader.position));
      }
    });
  }
});

const info = fc.record({
  id: fc.integer({ min: 256, max: 0xffff }),
  name: fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.includes('\0')),
  optional: fc.boolean(),
  values: fc.array(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 30 }),
});

describe('the filter pipeline message', () => {
  test('what is encoded is decoded', () => {
    fc.assert(
      fc.property(fc.array(info, { maxLength: 32 }), (filters) => {
        const reader = new ByteReader(encode(filters));
        expect(decodeFilterPipeline(reader)).toEqual(filters);
        expect(reader.left).toBe(0);
      }),
    );
  });

  test('filters of libhdf5 get their names', () => {
    const filters = [1, 2, 3, 4, 5, 6, 7].map((id) => ({ id, name: 'x', optional: false, values: [] }));
    expect(decodeFilterPipeline(new ByteReader(encode(filters))).map(({ name }) => name)).toEqual([
      'deflate',
      'shuffle',
      'fletcher32',
      'szip',
      'nbit',
      'scaleoffset',
      '',
    ]);
  });

  test('damaged messages end in errors', () => {
    fc.assert(
      fc.property(
        fc.array(info, { maxLength: 5 }),
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        fc.nat(),
        (filters, place, byte, cut) => {
          const bytes = encode(filters).slice();
          bytes[place % bytes.length] = byte;
          const reader = new ByteReader(bytes.subarray(0, bytes.length - (cut % bytes.length)));
          try {
            decodeFilterPipeline(reader);
          } catch (error) {
            expect(error).toBeInstanceOf(H5FormatError);
          }
        },
      ),
    );
    const message =
      (...bytes: number[]) =>
      () =>
        decodeFilterPipeline(new ByteReader(Uint8Array.from(bytes)));
    expect(message(3, 0)).toThrow(/version 3/);
    expect(message(2, 33)).toThrow(/33 filters, at most 32/);
    expect(message(2, 1, 1, 0, 0, 0, 0xff, 0xff)).toThrow(/262140 more bytes/);
  });

  test('what has no room ends in errors', () => {
    const filter: FilterInfo = { id: 300, name: '', optional: true, values: [] };
    expect(() => encode(new Array(33).fill(filter))).toThrow(H5TypeError);
    expect(() => encode([{ ...filter, values: new Array(0x10000).fill(0) }])).toThrow(H5TypeError);
    expect(() => encode([{ ...filter, name: 'x'.repeat(0xffff) }])).toThrow(H5TypeError);
  });
});
