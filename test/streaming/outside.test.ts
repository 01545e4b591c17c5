/** Other readers find a list that an iterator has yielded as they find the same list written from an array. */
import { expect, it } from 'vitest';
import { concatenate } from '../../src/hdf5/file-builder.js';
import { datasets, serialize, values } from '../../src/node.js';
import type { WriteOptions } from '../../src/serialize/serialize.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { piecesNow } from '../../src/streaming/in-time.js';
import { describeOracle, type H5pyDataset, type H5pyFile, h5dump, h5py, h5wasm } from '../oracle/oracles.js';
import { Point, registry } from '../serialize/classes.js';
import { outline } from '../serialize/outline.js';
import { crossed, sampled } from '../thoroughness.js';

const COUNT = 20;
const list = <T>(make: (i: number) => T): T[] => Array.from({ length: COUNT }, (_, i) => make(i));
const shared = { shared: true };

const LISTS: { readonly [name: string]: readonly unknown[] } = {
  'records of everything that makes a column': list((i) => ({
    integer: i,
    float: i / 2,
    text: `text ${i}`,
    long: 'x'.repeat(100 * (i % 3)),
    flag: i % 2 === 0,
    date: new Date(i),
    big: BigInt(i),
    huge: 2n ** 70n + BigInt(i),
    nested: { x: i, y: { z: `${i}` } },
    rows: Array.from({ length: i % 4 }, (_, j) => j),
    pair: [i, i + 1],
    set: new Set([i]),
    map: new Map([[i, 'x']]),
    bytes: Uint8Array.of(i, 1),
    point: new Point(i, -i),
  })),
  'integers that become floats': list((i) => (i < 15 ? i : i + 0.5)),
  'a value that is missing late': list((i) => (i === 17 ? null : i)),
  'a field that is missing late': list((i) => (i === 17 ? { a: i } : { a: i, b: `${i}` })),
  'a field that comes late': list((i) => (i < 17 ? { a: i } : { a: i, b: i })),
  'a field that is always null': list((i) => ({ a: i, b: null })),
  'integers of 64 bits, one of which has more': list((i) => (i === 19 ? 2n ** 80n : BigInt(i))),
  'rows of one length': list((i) => [i, i + 1, i + 2]),
  'rows of several lengths': list((i) => Array.from({ length: i % 5 }, (_, j) => `${i} ${j}`)),
  'rows of records': list((i) => [{ a: i }, { a: -i }]),
  'texts that are no text': list((i) => `\ud800${i}`),
  'one object over and over': list(() => shared),
  'records, one of which has other fields, and one of other types': list((i) =>
    i === 11 ? { other: i } : i === 13 ? { a: 'text', b: [i] } : { a: i, b: `${i}` },
  ),
  'a mixed list': list((i) => [i, `${i}`, { a: i }, null, [i], new Point(i, i)][i % 6]),
  'one that becomes a mixed list with its last element': list((i) => (i < 19 ? i : 'last')),
  'records with a column that becomes mixed': list((i) => ({ a: i < 19 ? i : { deep: i } })),
  'instances of a class': list((i) => new Point(i, i / 4)),
  'frozen instances': list((i) => Object.freeze(new Point(i, i))),
  'instances, some of which are sealed': list((i) =>
    i % 5 < 4 ? new Point(i, i) : Object.seal(new Point(-i, i)),
  ),
  'nothing at all': [],
  'nothing but undefined': list(() => undefined),
};

const OPTIONS: { readonly [name: string]: WriteOptions } = {
  'as usual': {},
  compressed: { compression: { level: 6, above: 16 } },
  'in chunks': { chunks: 7 },
  'texts of fixed size': { stringEncoding: 'fixed' },
  'texts of any size': { stringEncoding: 'variable' },
};

/** The lists, each with how many elements are taken at a time: each of these in CI, else one. */
const streamed = Object.entries(LISTS).map(([name, elements], i) => {
  return [name, elements, sampled([1, 6, COUNT], 3, i)] as const;
});

function files(elements: readonly unknown[], batch: number, options: WriteOptions) {
  const all = { registry, values, datasets, ...options };
  const streamed = concatenate(
    piecesNow({ before: 1, list: elements.values(), after: 'x' }, all, () => new MemoryStorage(), {
      elements: batch,
      bytes: Infinity,
    }),
  );
  return { streamed, whole: serialize({ before: 1, list: [...elements], after: 'x' }, all) };
}

/** What datasets are in chunks, and how. */
function chunked({ objects }: H5pyFile): string[] {
  return Object.values(objects)
    .filter((object) => object.kind === 'dataset' && object.layout === 'chunked')
    .map((object) => {
      const { shape, dtype, chunks, filters } = object as H5pyDataset;
      return JSON.stringify({ shape, dtype, chunks, filters });
    })
    .sort();
}

describeOracle('h5py', () => {
  for (const [[how, options], [name, elements, batches]] of crossed(Object.entries(OPTIONS), streamed))
    it(`${how}: ${name}`, async () => {
      for (const batch of batches) {
        const { streamed, whole } = files(elements, batch, options);
        const found = await h5py(streamed);
        const expected = await h5py(whole);
        expect(outline(found)).toEqual(outline(expected));
        expect(chunked(found)).toEqual(chunked(expected));
      }
    });
});

describeOracle('h5dump', () => {
  it.each(streamed)('prints %s', async (_, elements, batches) => {
    for (const batch of batches) {
      const { streamed, whole } = files(elements, batch, {});
      // References are printed with addresses.
      const [found, expected] = await Promise.all(
        [streamed, whole].map(async (bytes) => (await h5dump(bytes)).replace(/(GROUP|DATASET) \d+/g, '$1')),
      );
      expect(found?.replace(/".*\.h5"/, '')).toBe(expected?.replace(/".*\.h5"/, ''));
    }
  });
});

describeOracle('h5wasm', () => {
  it.each(streamed)('reads %s', async (_, elements, batches) => {
    const withoutAddresses = (found: unknown) =>
      JSON.stringify(found, (key, value) =>
        key === 'ref' || key === 'address' ? 0 : typeof value === 'bigint' ? `${value}n` : value,
      );
    for (const batch of batches) {
      const { streamed, whole } = files(elements, batch, {});
      expect(withoutAddresses(await h5wasm(streamed))).toBe(withoutAddresses(await h5wasm(whole)));
    }
  });
});
