import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crossed, sampled } from '../thoroughness.js';
import {
  attributesOf,
  datasetAt,
  describeOracle,
  groupAt,
  type H5pyFile,
  type H5wasmDataset,
  type H5wasmGroup,
  h5dump,
  h5py,
  h5wasm,
  haveOracle,
  makeSamples,
  objectAt,
  oracleTest,
  parseDump,
} from './oracles.js';
import { runPython } from './python.js';

const DUMP = fileURLToPath(new URL('./h5py_dump.py', import.meta.url));
const VARIANTS = ['earliest', 'earliest-tracked', 'latest', 'latest-tracked'] as const;

let folder: string;
let made: Map<string, H5pyFile>;

const sample = (name: string, variant: (typeof VARIANTS)[number] = 'latest-tracked') =>
  join(folder, variant, `${name}.h5`);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-samples-'));
  if (haveOracle('h5py')) made = await makeSamples(folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeOracle('h5py', () => {
  test('makes every sample in every variant, and describes it as the dumper does', async () => {
    for (const variant of VARIANTS) {
      const files = readdirSync(join(folder, variant)).map((name) => join(folder, variant, name));
      expect(files).toHaveLength(7);
      for (const file of files) expect(await h5py(file)).toEqual(made.get(file));
    }
    expect(made.size).toBe(28);
  });

  test('takes bytes as well as paths', async () => {
    const fromBytes = await h5py(new Uint8Array(readFileSync(sample('links'))));
    expect(fromBytes.objects).toEqual(made.get(sample('links'))?.objects);
  });

  test('answers many questions at once, each with its own answer', async () => {
    const paths = VARIANTS.flatMap((variant) => [sample('links', variant), sample('deep', variant)]);
    const answers = await Promise.all(paths.map((path) => h5py(path)));
    expect(answers.map(({ file }) => file)).toEqual(paths);
  });

  test('reads many paths in one run of the program', () => {
    const paths = [sample('links'), sample('deep')];
    const lines = runPython([DUMP, ...paths])
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => parseDump(line).file)).toEqual(paths);
  });

  test('programs run one by one, with their arguments and input, and what they leave open is closed', () => {
    const path = join(folder, 'program.h5');
    const make = `
import h5py, sys
file = h5py.File(sys.argv[1], 'w')
file['ü'] = sys.stdin.read()
print(sys.argv[2:])`;
    expect(runPython(['-c', make, path, 'é'], { input: 'höh' })).toBe("['é']\n");
    const read = 'import h5py, sys; print(h5py.File(sys.argv[1])["ü"].asstr()[()], "file" in globals())';
    expect(runPython(['-c', read, path])).toBe('höh False\n');
  });

  test('programs that fail say why, and the next one runs', () => {
    expect(() => runPython(['-c', '1 / 0'])).toThrow(/ZeroDivisionError/);
    expect(() => runPython(['-c', 'import sys; sys.exit(3)'])).toThrow(/ended with 3/);
    expect(() => runPython(['-c', 'import os; os.kill(os.getpid(), 9)'])).toThrow(/ended with -9/);
    // What they are forks of.
    expect(() => runPython(['-c', 'import os; os.kill(os.getppid(), 9)'])).toThrow(/ended with nothing/);
    expect(runPython(['-c', 'print(5)'])).toBe('5\n');
  });

  test('says what is wrong, and goes on', async () => {
    await expect(h5py(join(folder, 'absent.h5'))).rejects.toThrow(/absent\.h5.*[Uu]nable to open file/);
    await expect(h5py(new Uint8Array(512))).rejects.toThrow(/file signature not found/);
    await expect(h5py(sample('links'))).resolves.toBeDefined();
  });

  describe('values', () => {
    const attributesIn = async (path: string) =>
      attributesOf(objectAt(await h5py(sample('attributes')), path));

    test.each(['little', 'big'])('integers, %s-endian', async (path) => {
      expect(await attributesIn(path)).toEqual({
        i1: [-128, 0, 1, 127],
        u1: [0, 0, 1, 255],
        i2: [-32768, 0, 1, 32767],
        u2: [0, 0, 1, 65535],
        i4: [-2147483648, 0, 1, 2147483647],
        u4: [0, 0, 1, 4294967295],
        i8: [-(2n ** 63n), 0, 1, 2n ** 63n - 1n],
        u8: [0, 0, 1, 2n ** 64n - 1n],
      });
    });

    test('floats, with -0, NaN and infinities', async () => {
      const floats = await attributesIn('floats');
      expect(floats['f8be']).toEqual([0, -0, 1.5, -2.25, Number.NaN, Infinity, -Infinity, 0.1]);
      expect(floats['f4le']).toEqual([0, -0, 1.5, -2.25, Number.NaN, Infinity, -Infinity, Math.fround(0.1)]);
      expect(floats['f2le']).toEqual([0, -0, 1.5, -2.25, Number.NaN, Infinity, -Infinity, 0.0999755859375]);
    });

    test('strings', async () => {
      expect(await attributesIn('strings')).toEqual({
        'fixed-ascii': 'hello',
        'fixed-utf8': 'grün',
        'fixed-array': ['a', 'bb', ''],
        'variable-ascii': 'plain',
        'variable-utf8': '日本 🙂',
        'variable-empty': '',
        'variable-array': ['one', '', 'drei ü', 'x'.repeat(300)],
        'variable-2d': [
          ['a', 'b'],
          ['c', 'd'],
        ],
      });
    });

    test('booleans, enums, opaque, complex, variable-length and array types', async () => {
      expect(await attributesIn('small')).toEqual({
        true: true,
        bools: [true, false, true],
        enum: -300,
        enums: [0, 1, -300],
        opaque: { $bytes: '0001ff7f' },
        complex: [{ $complex: [1, 2] }, { $complex: [-0, -0.5] }],
        vlens: [[1, 2, 3], [], [-4]],
        'arrays-ü': [
          [0, 1, 2],
          [3, 4, 5],
        ],
      });
    });

    test('compounds', async () => {
      const file = await h5py(sample('attributes'));
      expect(attributesOf(objectAt(file, 'compounds'))).toEqual({
        point: { x: 1.5, y: -2, inside: true },
        points: [
          { x: 0, y: 1, inside: false },
          { x: Infinity, y: 2, inside: true },
        ],
        nested: [
          {
            name: 'über',
            at: { x: 1, y: 2, inside: true },
            grid: [
              [1, 2, 3],
              [4, 5, 6],
            ],
            next: { $ref: objectAt(file, 'shapes').address },
          },
          {
            name: '',
            at: { x: -0, y: -1, inside: false },
            grid: [
              [0, 0, 0],
              [7, 8, 9],
            ],
            next: { $ref: null },
          },
        ],
        tagged: { bigint: 2n ** 62n },
        holes: [
          { b: 1, a: 2 },
          { b: 3, a: 4 },
        ],
      });
    });

    test('references', async () => {
      const file = await h5py(sample('attributes'));
      const shapes = { $ref: objectAt(file, 'shapes').address };
      expect(attributesOf(objectAt(file, 'references'))).toEqual({
        one: shapes,
        many: [shapes, { $ref: null }, { $ref: objectAt(file, 'references').address }],
      });
    });

    test('dataspaces', async () => {
      const { attrs } = objectAt(await h5py(sample('attributes')), 'shapes');
      expect(attrs.map(({ name, shape, value }) => [name, shape, value])).toEqual([
        ['scalar', [], 7],
        ['null-int', null, { $empty: '<i4' }],
        ['null-string', null, { $empty: '|O' }],
        ['zero', [0], []],
        ['zero-2d', [3, 0], [[], [], []]],
        [
          'matrix',
          [2, 3],
          [
            [0, 1, 2],
            [3, 4, 5],
          ],
        ],
        ['cube', [2, 3, 4], expect.anything()],
      ]);
    });

    test('the same in datasets as in attributes', async () => {
      const attributes = await h5py(sample('attributes'));
      const datasets = await h5py(sample('datasets'));
      for (const path of ['shapes', 'little', 'big', 'floats', 'strings']) {
        const values = groupAt(datasets, path).links.map(({ name }) => {
          return [name, datasetAt(datasets, `${path}/${name}`).value];
        });
        expect(Object.fromEntries(values)).toEqual(attributesOf(objectAt(attributes, path)));
      }
      expect(datasetAt(datasets, 'small/arrays')).toMatchObject({
        dtype: { class: 'array', dims: [3] },
        shape: [2],
        value: attributesOf(objectAt(attributes, 'small'))['arrays-ü'],
      });
      expect(datasetAt(datasets, 'small/complex').value).toEqual([
        { $complex: [1, 2] },
        { $complex: [-0, -0.5] },
      ]);
    });

    test('text that is not UTF-8, and compounds that look like something else', async () => {
      const path = join(folder, 'odd.h5');
      const program = `
import h5py, numpy as np
with h5py.File(${JSON.stringify(path)}, "w") as file:
    file.attrs["latin"] = np.bytes_(b"gr\\xfcn")
    file.attrs["ref"] = np.array((5,), dtype=[("$ref", "<i4")])
    file.attrs["numbers"] = np.array((5, 6), dtype=[("b", "<i4"), ("1", "<i4")])
`;
      runPython(['-c', program]);
      expect(attributesOf((await h5py(path)).root)).toEqual({
        latin: { $bytes: '6772fc6e' },
        ref: { $compound: [['$ref', 5]] },
        numbers: {
          $compound: [
            ['b', 5],
            ['1', 6],
          ],
        },
      });
    });
  });

  describe('types', () => {
    const typesIn = async (path: string) => {
      const { attrs } = objectAt(await h5py(sample('attributes')), path);
      return Object.fromEntries(attrs.map(({ name, dtype }) => [name, dtype]));
    };

    test('say what HDF5 has and what h5py makes of it', async () => {
      expect((await typesIn('big'))['u2']).toEqual({
        class: 'integer',
        numpy: '>u2',
        size: 2,
        order: 'big',
        signed: false,
      });
      expect((await typesIn('strings'))['fixed-utf8']).toEqual({
        class: 'string',
        numpy: '|S8',
        size: 8,
        string: { variable: false, length: 8, charset: 'utf-8', padding: 'nullpad' },
      });
      const small = await typesIn('small');
      expect(small['true']).toMatchObject({
        class: 'enum',
        numpy: '|b1',
        bool: true,
        members: [
          ['FALSE', 0],
          ['TRUE', 1],
        ],
      });
      expect(small['enum']).toMatchObject({
        class: 'enum',
        bool: false,
        base: { class: 'integer', numpy: '<i4' },
        members: expect.arrayContaining([['blue', -300]]),
      });
      expect(small['vlens']).toMatchObject({ class: 'vlen', base: { numpy: '<i4' } });
      expect(small['arrays-ü']).toMatchObject({ class: 'array', base: { numpy: '<i4' }, dims: [3] });
      expect((await typesIn('compounds'))['holes']).toMatchObject({
        class: 'compound',
        size: 24,
        fields: [
          { name: 'b', offset: 12 },
          { name: 'a', offset: 2 },
        ],
      });
    });
  });

  describe('structure', () => {
    test('shared objects and cycles are seen by their address', async () => {
      const file = await h5py(sample('links'));
      const b = groupAt(file, 'a/b');
      expect(objectAt(file, 'a/b/up/b/self')).toBe(b);
      expect(objectAt(file, 'a/b/root')).toBe(file.root);
      expect(objectAt(file, 'a/shared')).toBe(objectAt(file, 'a/b/same dataset'));
      expect(objectAt(file, 'a/shared').linkCount).toBe(2);
      expect(Object.keys(file.objects)).toHaveLength(7);
    });

    test.each(VARIANTS)('links of every kind: %s', async (variant) => {
      const { links } = (await h5py(sample('links', variant))).root;
      expect(links).toContainEqual(expect.objectContaining({ name: 'soft', type: 'soft', path: '/a/b' }));
      expect(links).toContainEqual(expect.objectContaining({ name: 'dangling', type: 'soft' }));
      expect(links).toContainEqual(
        expect.objectContaining({ name: 'external', type: 'external', file: 'elsewhere.h5', path: '/there' }),
      );
      expect(links).toContainEqual(expect.objectContaining({ name: 'ünï 日本', type: 'hard' }));
    });

    test('the order is that of creation where it is tracked, else that of the names', async () => {
      for (const variant of VARIANTS) {
        const file = await h5py(sample('dense', variant));
        const tracked = variant.endsWith('-tracked');
        const numbers = Array.from({ length: 20 }, (_, i) => (tracked ? (i * 7) % 20 : i));
        expect(Object.values(attributesOf(objectAt(file, 'attributes')))).toEqual(numbers);
        expect(groupAt(file, 'links').links.map(({ name }) => Number(String(name).slice(-2)))).toEqual(
          numbers,
        );
        expect(groupAt(file, 'links').linkOrder).toBe(tracked);
        expect(groupAt(file, 'links').links[3]?.order).toBe(tracked ? 3 : null);
      }
    });

    test('layouts, chunks and filters', async () => {
      const file = await h5py(sample('layouts'));
      const numbers = Array.from({ length: 100 }, (_, row) =>
        Array.from({ length: 10 }, (_, i) => row * 10 + i),
      );
      expect(datasetAt(file, 'plain/compact')).toMatchObject({
        layout: 'compact',
        value: [0, 1, 2, 3, 4, 5],
      });
      expect(datasetAt(file, 'plain/contiguous')).toMatchObject({ layout: 'contiguous', chunks: null });
      expect(datasetAt(file, 'plain/never-written').value).toEqual([2.5, 2.5, 2.5, 2.5, 2.5]);
      expect(datasetAt(file, 'index/b-tree')).toMatchObject({
        layout: 'chunked',
        chunks: [16, 4],
        maxshape: [null, null],
        value: numbers,
      });
      const all = datasetAt(file, 'filters/all');
      expect(all.filters.map(({ name }) => name)).toEqual(['shuffle', 'deflate', 'fletcher32']);
      expect(all.value).toEqual(numbers);
    });

    test('committed types, and datasets that have one', async () => {
      const file = await h5py(sample('links'));
      expect(objectAt(file, 'type')).toMatchObject({
        kind: 'datatype',
        dtype: { numpy: '<f4', committed: true },
      });
      expect(datasetAt(file, 'typed').dtype.committed).toBe(true);
    });

    test('deep nesting and large datasets', async () => {
      const path = join(folder, 'large.h5');
      const program = `
import h5py, numpy as np
with h5py.File(${JSON.stringify(path)}, "w", libver="latest") as file:
    file["integers"] = np.arange(100000) * 2**40
    file["floats"] = np.arange(100000) / 7
    file.create_dataset("strings", data=[f"s{i}" for i in range(100000)])
    group = file
    for _ in range(3000):
        group = group.create_group("d")
`;
      runPython(['-c', program]);
      const file = await h5py(path);
      expect(objectAt(file, '/d'.repeat(3000)).kind).toBe('group');
      expect((datasetAt(file, 'integers').value as unknown[])[99_999]).toBe(BigInt(99_999) * 2n ** 40n);
      expect((datasetAt(file, 'strings').value as unknown[])[99_999]).toBe('s99999');
    });
  });
});

describeOracle('h5dump', () => {
  oracleTest('h5py', 'prints a whole file', async () => {
    const names = ['attributes', 'datasets', 'links', 'deep', 'dense', 'many'];
    for (const [variant, name] of crossed(VARIANTS, names))
      expect(await h5dump(sample(name, variant))).toMatch(/^HDF5 ".*" \{\nGROUP "\/" \{/);
  });

  oracleTest('h5py', 'takes bytes and options', async () => {
    const text = await h5dump(new Uint8Array(readFileSync(sample('attributes'))), [
      '-a',
      '/strings/fixed-ascii',
    ]);
    expect(text).toContain('(0): "hello"');
  });

  oracleTest('h5py', 'throws what is wrong, also in the middle of a file', async () => {
    // LZF is a filter of h5py's own.
    await expect(h5dump(sample('layouts'))).rejects.toThrow(/unable to print data/);
  });

  test('throws for what is no HDF5 file', async () => {
    await expect(h5dump(new Uint8Array(512))).rejects.toThrow(/unable to open file/);
    await expect(h5dump(join(folder, 'absent.h5'))).rejects.toThrow(/unable to open file/);
  });
});

describeOracle('h5wasm', () => {
  const groupIn = (group: H5wasmGroup, name: string) => group.members[name] as H5wasmGroup;
  const datasetIn = (group: H5wasmGroup, name: string) => group.members[name] as H5wasmDataset;

  oracleTest('h5py', 'reads every sample', async () => {
    for (const path of sampled([...made.keys()], 3))
      expect(await h5wasm(path)).toMatchObject({ kind: 'group' });
  });

  oracleTest('h5py', 'values of every type', async () => {
    const root = await h5wasm(new Uint8Array(readFileSync(sample('attributes'))));
    const valuesIn = (name: string) =>
      Object.fromEntries(Object.entries(groupIn(root, name).attrs).map(([key, { value }]) => [key, value]));

    expect(valuesIn('little')['i8']).toEqual(BigInt64Array.of(-(2n ** 63n), 0n, 1n, 2n ** 63n - 1n));
    expect(valuesIn('floats')['f8be']).toEqual(
      Float64Array.of(0, -0, 1.5, -2.25, Number.NaN, Infinity, -Infinity, 0.1),
    );
    expect(valuesIn('floats')['f2le']).toEqual({ unreadable: 'Error: Float16 not supported' });
    expect(valuesIn('strings')).toMatchObject({
      'fixed-utf8': 'grün',
      'fixed-array': ['a', 'bb', ''],
      'variable-utf8': '日本 🙂',
      'variable-2d': ['a', 'b', 'c', 'd'],
    });
    expect(valuesIn('small')).toEqual({
      true: true,
      bools: [true, false, true],
      enum: -300,
      enums: Int32Array.of(0, 1, -300),
      opaque: Uint8Array.of(0, 1, 255, 127),
      complex: [
        { r: 1, i: 2 },
        { r: -0, i: -0.5 },
      ],
      vlens: [Int32Array.of(1, 2, 3), Int32Array.of(), Int32Array.of(-4)],
      'arrays-ü': [
        [0, 1, 2],
        [3, 4, 5],
      ],
    });
    expect(valuesIn('compounds')['tagged']).toEqual({ bigint: 2n ** 62n });
    expect(valuesIn('compounds')['holes']).toEqual([
      { b: 1, a: 2 },
      { b: 3, a: 4 },
    ]);
    const shapes = { ref: groupIn(root, 'shapes').address };
    expect(valuesIn('references')['one']).toEqual(shapes);
    expect(valuesIn('references')['many']).toMatchObject([shapes, { ref: 0 }, {}]);
    expect(groupIn(root, 'shapes').attrs).toMatchObject({
      scalar: { shape: [], value: 7 },
      'null-int': { shape: null, value: null },
      zero: { shape: [0], value: Float64Array.of() },
      matrix: { shape: [2, 3], value: Int32Array.of(0, 1, 2, 3, 4, 5) },
    });
  });

  oracleTest('h5py', 'links, sharing and cycles', async () => {
    const root = await h5wasm(sample('links'));
    const a = groupIn(root, 'a');
    const b = groupIn(a, 'b');
    expect(Object.keys(root.members)).toEqual([
      'a',
      'soft',
      'dangling',
      'external',
      'ünï 日本',
      'type',
      'typed',
      'empty',
    ]);
    expect(root.members['soft']).toEqual({ kind: 'soft', path: '/a/b' });
    expect(root.members['dangling']).toEqual({ kind: 'soft', path: 'no/such/path' });
    expect(root.members['external']).toEqual({ kind: 'external', file: 'elsewhere.h5', path: '/there' });
    expect(root.members['ünï 日本']).toEqual({ kind: 'seen', address: a.address });
    expect(b.members).toEqual({
      'same dataset': { kind: 'seen', address: datasetIn(a, 'shared').address },
      up: { kind: 'seen', address: a.address },
      root: { kind: 'seen', address: root.address },
      self: { kind: 'seen', address: b.address },
    });
    expect(datasetIn(a, 'shared').value).toEqual(Int32Array.of(0, 1, 2));
  });

  test('throws for what is no HDF5 file', async () => {
    await expect(h5wasm(new Uint8Array(512))).rejects.toThrow();
    writeFileSync(join(folder, 'text.h5'), 'no');
    await expect(h5wasm(join(folder, 'text.h5'))).rejects.toThrow();
  });
});
