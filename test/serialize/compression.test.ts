import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datasets as browserDatasets, indexes as browserIndexes } from '../../src/datasets.js';
import { filters } from '../../src/filters.js';
import * as core from '../../src/index.js';
import { deserialize, H5File, indexes, serialize, type WriteOptions } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import {
  datasetAt,
  describeOracle,
  type H5pyDataset,
  type H5pyFile,
  h5dump,
  h5py,
  h5wasm,
  readLayout,
  runPython,
} from '../oracle/oracles.js';
import { expectSame } from '../same.js';
import { casesOf, sampled } from '../thoroughness.js';
import { anyGraph } from './arbitrary.js';
import { cases } from './cases.js';
import { registry } from './classes.js';
import { graphOf } from './graph.js';

const GZIP = (level: number) => ({ id: 1, flags: 1, values: [level], name: 'deflate' });
const SHUFFLE = (size: number) => ({ id: 2, flags: 1, values: [size], name: 'shuffle' });

const numbers = Array.from({ length: 20_000 }, (_, i) => Math.round(Math.sin(i / 50) * 1e6) / 100);

/** Something of each kind that becomes a dataset, large enough for all of them to be compressed. */
const value = {
  numbers,
  integers: Array.from({ length: 3000 }, (_, i) => i),
  typed: Float32Array.from({ length: 5000 }, (_, i) => i / 4),
  bytes: Uint8Array.from({ length: 3000 }, (_, i) => i % 7),
  buffer: new Uint8Array(3000).fill(5).buffer,
  big: BigInt64Array.from({ length: 500 }, (_, i) => BigInt(i) ** 5n),
  booleans: Array.from({ length: 5000 }, (_, i) => i % 3 === 0),
  dates: Array.from({ length: 2000 }, (_, i) => new Date(1.6e12 + i * 60_000)),
  texts: Array.from({ length: 3000 }, (_, i) => `station ${i % 50}`),
  // Of very different lengths: eight times as much when it is padded, but for compression that is nothing.
  uneven: Array.from({ length: 1000 }, (_, i) => 'x'.repeat(1 + (i % 20 === 0 ? 200 : i % 40))),
  matrix: Array.from({ length: 200 }, (_, i) => Array.from({ length: 100 }, (_, j) => i * j)),
  ragged: Array.from({ length: 2000 }, (_, i) => Array.from({ length: i % 5 }, (_, j) => j)),
  mixed: Array.from({ length: 3000 }, (_, i) => (i % 2 ? i : `text ${i}`)),
  masked: Array.from({ length: 3000 }, (_, i) => (i % 10 ? i : null)),
  table: Array.from({ length: 3000 }, (_, i) => ({ id: i, ratio: i / 3, name: `name ${i}`, ok: i % 2 > 0 })),
  small: [1, 2, 3],
  scalar: 1,
};

const PLANS: Record<string, WriteOptions> = {
  'compression: true': { compression: true },
  'compression: 0': { compression: 0 },
  'everything, however small': { compression: { above: 0, level: 1 } },
  'everything, shuffled': { compression: { above: 0, shuffle: true } },
  'nothing shuffled': { compression: { shuffle: false } },
  'chunks: true': { chunks: true },
  'chunks of 20 rows': { chunks: 20, compression: { above: 0 } },
  'chunks by a function': { chunks: (shape) => shape.map((size) => Math.ceil(size / 3)), compression: true },
  'fixed strings': { stringEncoding: 'fixed' },
  'variable strings': { stringEncoding: 'variable' },
  'fixed strings, compressed': { stringEncoding: 'fixed', compression: { above: 0 } },
};

/** The plans, each with what is to be stored so: all of it in CI, else a part, another one for each plan. */
const plans = Object.entries(PLANS).map(([name, options], i, { length }) => {
  const part = <T extends object>(whole: T) => Object.fromEntries(sampled(Object.entries(whole), length, i));
  return [name, options, { cases: part(cases), value: part(value) }] as const;
});

function filtersOf(file: H5pyFile, path: string): H5pyDataset['filters'] {
  return datasetAt(file, path).filters;
}

describeOracle('h5py', () => {
  it('finds all that is large enough in chunks, with gzip, and what is wider than a byte shuffled', async () => {
    const file = await h5py(serialize(value, { compression: 'gzip' }));
    for (const [path, size] of Object.entries({
      numbers: 8,
      integers: 4,
      typed: 4,
      bytes: 1,
      buffer: 1,
      big: 8,
      booleans: 1,
      dates: 8,
      matrix: 4,
      'ragged/offsets': 4,
      'ragged/values': 4,
      'mixed/@kinds': 1,
      'mixed/numbers': 4,
      masked: 4,
      'table/id': 4,
      'table/ratio': 8,
      'table/ok': 1,
    })) {
      const dataset = datasetAt(file, path);
      expect(dataset, path).toMatchObject({ layout: 'chunked' });
      expect(dataset.filters, path).toEqual(size > 1 ? [SHUFFLE(size), GZIP(4)] : [GZIP(4)]);
    }
    // Bytes of strings are not shuffled.
    for (const path of ['texts', 'uneven', 'table/name', 'mixed/strings'])
      expect(filtersOf(file, path), path).toEqual([GZIP(4)]);
    expect(datasetAt(file, 'uneven').dtype).toMatchObject({ string: { variable: false, length: 201 } });
    expect(datasetAt(file, 'small')).toMatchObject({ layout: 'compact', chunks: null, filters: [] });
    expectSame(datasetAt(file, 'numbers').value, numbers);
    expectSame(datasetAt(file, 'texts').value, value.texts);
    expectSame(datasetAt(file, 'uneven').value, value.uneven);
    expectSame(datasetAt(file, 'matrix').value, value.matrix);
    expect(datasetAt(file, 'table/ok').value).toEqual(value.table.map(({ ok }) => ok));
  });

  it('has chunks of the shape that it would choose itself', async () => {
    const typed = Object.fromEntries(
      [200, 1025, 20_000, 300_000].map((size) => [`${size}`, new Float64Array(size)]),
    );
    const nested = {
      square: Array.from({ length: 200 }, () => new Int32Array(100)),
      points: Array.from({ length: 100_000 }, () => new Float64Array(2)),
      deep: Array.from({ length: 3 }, () => Array.from({ length: 1000 }, () => new Int16Array(50))),
    };
    const file = await h5py(serialize({ ...typed, ...nested }, { compression: true }));
    const found = file.root.links.map(({ name }) => {
      const { shape, dtype, chunks } = datasetAt(file, String(name));
      return { shape, size: dtype.size, chunks };
    });
    expect(found).toHaveLength(7);
    const program = [
      'import json, sys',
      'from h5py._hl.filters import guess_chunk',
      'print(json.dumps([guess_chunk(tuple(each["shape"]), (None,) * len(each["shape"]), each["size"])',
      '                  for each in json.loads(sys.argv[1])]))',
    ].join('\n');
    const guessed = JSON.parse(runPython(['-c', program, JSON.stringify(found)]));
    expect(found.map(({ chunks }) => chunks)).toEqual(guessed);
  });

  it('finds the level, the chunks and the strings that were asked for', async () => {
    const at = async (
      path: keyof typeof value,
      options: WriteOptions,
      whole: object = { [path]: value[path] },
    ) => datasetAt(await h5py(serialize(whole, options)), path);
    expect(await at('numbers', { compression: 9 })).toMatchObject({ filters: [SHUFFLE(8), GZIP(9)] });
    expect(await at('numbers', { compression: 0 })).toMatchObject({ filters: [SHUFFLE(8), GZIP(0)] });
    expect(await at('numbers', { compression: { shuffle: false } })).toMatchObject({ filters: [GZIP(4)] });
    expect(await at('texts', { compression: { shuffle: true } })).toMatchObject({
      filters: [SHUFFLE(10), GZIP(4)],
    });
    expect(await at('small', { compression: { above: 0 } })).toMatchObject({
      layout: 'chunked',
      chunks: [3],
    });
    expect(await at('masked', { compression: { above: 12_000 } })).toMatchObject({ layout: 'contiguous' });
    expect(await at('masked', { compression: { above: 11_999 } })).toMatchObject({ layout: 'chunked' });
    expect(await at('numbers', { compression: false })).toMatchObject({ layout: 'contiguous' });
    expect(await at('numbers', { chunks: true })).toMatchObject({ layout: 'chunked', filters: [] });
    expect(await at('matrix', { chunks: 16 })).toMatchObject({ chunks: [16, 100], filters: [] });
    expect(await at('matrix', { chunks: 1000, compression: true })).toMatchObject({ chunks: [200, 100] });
    const shapes: (readonly number[])[] = [];
    const chunks = (shape: readonly number[]) => {
      shapes.push(shape);
      return shape.length === 2 ? [10, 1000] : true;
    };
    expect(await at('matrix', { chunks }, value)).toMatchObject({ chunks: [10, 100] });
    expect(shapes).toContainEqual([200, 100]);
    expect(shapes).toContainEqual([20_000]);
    const isFixed = async (path: keyof typeof value, stringEncoding: 'auto' | 'fixed' | 'variable') =>
      (await at(path, { stringEncoding })).dtype.numpy !== '|O';
    expect(await isFixed('texts', 'auto')).toBe(true);
    expect(await isFixed('uneven', 'auto')).toBe(false);
    expect(await isFixed('uneven', 'fixed')).toBe(true);
    expect(await isFixed('texts', 'variable')).toBe(false);
  });

  it('finds strings that are no lists of a fixed size, too', async () => {
    const texts = { a: 'abc', empty: '', wide: 'é', nul: 'a\0', long: 'x'.repeat(50_000) };
    const file = await h5py(serialize(texts, { stringEncoding: 'fixed' }));
    const type = (name: string) => file.root.attrs.find((attribute) => attribute.name === name)?.dtype;
    expect(type('a')).toMatchObject({
      class: 'string',
      string: { variable: false, length: 3, padding: 'nullpad' },
    });
    expect(type('wide')).toMatchObject({ string: { variable: false, length: 2 } });
    expect(type('empty')).toMatchObject({ string: { variable: false, length: 1 } });
    // What HDF5 has no string for, and what is too long for a header.
    expect(type('nul')).toMatchObject({ class: 'compound' });
    expect(type('long')).toMatchObject({ class: 'string', string: { variable: true } });
    expect(deserialize(serialize(texts, { stringEncoding: 'fixed' }))).toEqual(texts);
  });

  it.each(plans)('reads with %s what a reader of docs/FORMAT.md reads', async (_, options, whole) => {
    expectSame(await readLayout(serialize(whole, { registry, ...options })), graphOf(whole, registry));
  });

  it('goes on with it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
    try {
      const path = join(folder, 'a.h5');
      writeFileSync(path, serialize(value, { compression: true }));
      const program = [
        'import h5py, sys',
        "f = h5py.File(sys.argv[1], 'r+')",
        "f['numbers'][5] = 0.5; f['table/id'][-1] = 7; f['matrix'][:, 3] = 1; del f['ragged']",
        'f.close()',
      ].join('\n');
      runPython(['-c', program, path]);
      const copy = deserialize<typeof value>(readFileSync(path));
      expect(copy.numbers[5]).toBe(0.5);
      expect(copy.numbers[6]).toBe(numbers[6]);
      expect(copy.table.at(-1)).toEqual({ ...value.table.at(-1), id: 7 });
      expect(copy.matrix.every((row, i) => row[3] === 1 && row[4] === i * 4)).toBe(true);
      expect('ragged' in copy).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describeOracle('h5dump', () => {
  it('shows the pipeline', async () => {
    const text = await h5dump(serialize({ numbers }, { compression: 6 }), ['-p', '-H']);
    expect(text).toMatch(/CHUNKED \( 1250 \)\s+SIZE \d+ \(\d+\.\d+:1 COMPRESSION\)/);
    expect(text).toMatch(/FILTERS \{\s+PREPROCESSING SHUFFLE\s+COMPRESSION DEFLATE \{ LEVEL 6 \}\s+\}/);
  });

  it.each(plans)('prints it all with %s', async (_, options, whole) => {
    expect(await h5dump(serialize(whole, { registry, ...options }))).toContain('GROUP "/"');
  });
});

describeOracle('h5wasm', () => {
  it('reads the same', async () => {
    const plain = await h5wasm(serialize(value, { stringEncoding: 'fixed' }));
    const file = await h5wasm(serialize(value, { stringEncoding: 'fixed', compression: { above: 0 } }));
    const values = (group: typeof file): unknown[] =>
      Object.entries(group.members).map(([name, member]) => [
        name,
        member.kind === 'group' ? values(member) : member.kind === 'dataset' ? member.value : member.kind,
      ]);
    expectSame(values(file), values(plain));
  });
});

describe('what is stored so', () => {
  const check = (whole: unknown, options: WriteOptions): Uint8Array => {
    const all = { registry, ...options };
    const bytes = serialize(whole, all);
    const copy = deserialize(bytes, { registry });
    expectSame(graphOf(copy, registry), graphOf(whole, registry));
    expect(Buffer.compare(serialize(whole, all), bytes)).toBe(0);
    expect(Buffer.compare(serialize(copy, all), bytes)).toBe(0);
    const { problems } = verifyStorage(new MemoryStorage(bytes), { indexes, filters });
    expect(problems).toEqual([]);
    return bytes;
  };

  it.each(plans)('comes back: %s', (_, options, { cases, value }) => {
    check(value, options);
    check(cases, options);
    check([cases, value, [cases]], options);
  });

  it('any graph, in any way', { timeout: 600_000 }, () => {
    const options = fc.record(
      {
        compression: fc.oneof(
          fc.boolean(),
          fc.integer({ min: 0, max: 9 }),
          fc.record({ above: fc.constantFrom(0, 10, 100), shuffle: fc.boolean() }, { requiredKeys: [] }),
        ),
        chunks: fc.oneof(fc.boolean(), fc.integer({ min: 1, max: 50 })),
        stringEncoding: fc.constantFrom('auto' as const, 'fixed' as const, 'variable' as const),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anyGraph, options, (whole, how) => {
        check(whole, how);
      }),
      { numRuns: casesOf(20, 1 / 5), seed: 11 },
    );
  });

  it('is as small as deflate makes it, and what is not asked for costs nothing', () => {
    const plain = serialize(value);
    const small = serialize(value, { compression: { above: 0, level: 9 } });
    expect(small.length * 3).toBeLessThan(plain.length);
    expect(
      Buffer.compare(serialize(value, { compression: false, chunks: false, stringEncoding: 'auto' }), plain),
    ).toBe(0);
  });

  it('comes back however much less it takes', () => {
    const zeros = {
      typed: new Float64Array(5e6),
      list: new Array(3e6).fill(false),
      rows: Array.from({ length: 3e5 }, () => [0, 0]),
    };
    const bytes = serialize(zeros, { compression: 9, chunks: 100_000 });
    expect(bytes.length).toBeLessThan(150_000);
    const copy = deserialize<typeof zeros>(bytes);
    expect(copy.typed.every((number) => number === 0)).toBe(true);
    expect(copy.list.length).toBe(3e6);
    expect(copy.list.every((each) => each === false)).toBe(true);
    expect(copy.rows.every(([a, b]) => a === 0 && b === 0)).toBe(true);
  });

  it('has many chunks, and an index of several pages', () => {
    const bytes = check({ numbers, matrix: value.matrix }, { chunks: 3, compression: { above: 1024 } });
    const file = H5File.open(bytes);
    expect(file.dataset('numbers').chunks).toEqual([3]);
    expect(file.dataset('numbers').at(19_999)).toBe(numbers[19_999]);
    file.close();
  });

  it('is edited in place like other files', () => {
    const file = H5File.open(serialize(value, { compression: true }), 'r+');
    file.dataset('numbers').write([1, 2, 3], [[100, 103]]);
    file.dataset('table/name').write(['changed'], [[0, 1]]);
    file.delete('matrix');
    file.createDataset('more', { data: [1, 2], compression: 'gzip' });
    const bytes = file.toBytes();
    file.close();
    const { problems } = verifyStorage(new MemoryStorage(bytes), { indexes, filters });
    expect(problems).toEqual([]);
    const copy = deserialize<typeof value & { more: Float64Array }>(bytes);
    expect(copy.numbers.slice(99, 104)).toEqual([numbers[99], 1, 2, 3, numbers[103]]);
    expect(copy.table[0]).toEqual({ ...value.table[0], name: 'changed' });
    expect(copy.more.length).toBe(2);
    expect('matrix' in copy).toBe(false);
  });

  it('stores the chunks of incompressible bytes as they are', () => {
    const random = new Uint8Array(50_000);
    for (let i = 0, seed = 1; i < random.length; i++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      random[i] = seed >>> 16;
    }
    const bytes = check({ random }, { compression: true });
    expect(bytes.length).toBeLessThan(random.length + 1500);
  });
});

describe('in a browser', () => {
  it('needs the datasets', () => {
    for (const option of [{ compression: 'gzip' }, { chunks: true }, { stringEncoding: 'fixed' }] as const)
      expect(() => core.serialize(value, option)).toThrow(
        /need the option \{ datasets \} of 'h5pickle\/datasets'/,
      );
  });

  it('is the same, with the filters of fflate', () => {
    const bytes = core.serialize(value, { datasets: browserDatasets, compression: 'gzip' });
    const expected = JSON.stringify(graphOf(value, registry));
    expect(JSON.stringify(graphOf(deserialize(bytes), registry))).toBe(expected);
    expect(JSON.stringify(graphOf(core.deserialize(bytes, { indexes: browserIndexes }), registry))).toBe(
      expected,
    );
    expect(
      JSON.stringify(
        graphOf(core.deserialize(serialize(value, { compression: 9 }), { indexes: browserIndexes })),
      ),
    ).toBe(expected);
  });
});

it('what was never written does not count as compressed', () => {
  const file = H5File.open(undefined, 'w');
  file.createDataset('there', { data: new Uint8Array(2 ** 24), chunks: [2 ** 20], compression: 'gzip' });
  const some = file.toBytes();
  expect(deserialize<{ there: Uint8Array }>(some).there.length).toBe(2 ** 24);
  for (const name of 'abc')
    file.createDataset(name, { shape: [2 ** 27], dtype: 'f8', chunks: [1000], compression: 'gzip' });
  // The more there is in a file, the more it may expand to.
  file.createDataset('noise', { data: Uint8Array.from({ length: 200_000 }, (_, i) => (i * i) >> 3) });
  const bytes = file.toBytes();
  expect(() => deserialize(bytes)).toThrow(core.H5LimitError);
  expect(() => deserialize(bytes)).toThrow('expands to far more than its size allows');
});

describe('an option that is none', () => {
  it.each<[unknown, string]>([
    [{ compression: 'lzf' }, 'the compression "lzf" is none of'],
    [{ compression: 10 }, 'the compression 10 is none of'],
    [{ compression: 1.5 }, 'the compression 1.5 is none of'],
    [{ compression: { level: -1 } }, "is none of true, 'gzip', a level from 0 to 9"],
    [{ compression: null }, 'the compression null is none of'],
    [{ compression: { above: -1 } }, '`above` of compression is a number of bytes'],
    [{ compression: { above: 'much' } }, '`above` of compression is a number of bytes'],
    [{ chunks: 0 }, '$.numbers: chunks of the shape [0] for a dataset of the shape [20000]'],
    [{ chunks: 1.5 }, 'chunks of the shape [1.5]'],
    [{ chunks: () => [1, 2, 3] }, '$.numbers: chunks of the shape [1,2,3]'],
    [{ chunks: () => 'many' }, 'chunks of the shape "many"'],
    [{ chunks: 'many' }, 'chunks of the shape "many"'],
    [{ stringEncoding: 'utf-16' }, "stringEncoding is 'auto', 'fixed' or 'variable', not utf-16"],
  ])('%j', (options, message) => {
    expect(() => serialize(value, options as WriteOptions)).toThrow(message);
    expect(() => serialize(value, options as WriteOptions)).toThrow(core.H5TypeError);
  });

  it('fixed strings of more than there is room for', () => {
    const texts = [...Array.from({ length: 3000 }, () => 'a'), 'x'.repeat(2 ** 21)];
    expect(() => serialize({ texts }, { stringEncoding: 'fixed' })).toThrow(
      '$.texts: 3001 strings of 2097152 bytes each are more than 4 GB',
    );
    expect(deserialize(serialize({ texts }, { compression: true }))).toEqual({ texts });
  });
});
