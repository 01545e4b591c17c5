import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { DType } from '../../src/hdf5/dtype.js';
import { H5File } from '../../src/hdf5/h5-file.js';
import {
  attributesOf,
  datasetAt,
  describeOracle,
  groupAt,
  h5dump,
  h5py,
  h5wasm,
  PYTHON,
} from '../oracle/oracles.js';
import { withFile } from '../oracle/temporary-file.js';
import { expectAsH5py } from './compare.js';

/** Values of every datatype that can be written, with the shape that h5py is to see. */
const values: [name: string, data: unknown, dtype?: DType | undefined, shape?: number[] | undefined][] = [
  ['int32', 5],
  ['float64', 2.5],
  ['negative zero', -0],
  ['bigint', -(2n ** 63n)],
  ['boolean', true],
  ['text', 'héllo 🙂'],
  ['empty text', ''],
  ['nothing', null],
  ...(['i1', 'i2', 'i4', 'u1', 'u2', 'u4', '>i2', '>u4', 'f2', 'f4', 'f8', '>f4', '>f8'] as const).map(
    (dtype): [string, unknown, DType] => [dtype, [0, 1, 100], dtype],
  ),
  ...(['i8', 'u8', '>i8'] as const).map((dtype): [string, unknown, DType] => [
    dtype,
    [0n, 1n, 2n ** 62n],
    dtype,
  ]),
  ['typed', new Float32Array([1, 2])],
  [
    'matrix',
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  ],
  ['shaped', new Uint16Array([1, 2, 3, 4, 5, 6]), undefined, [1, 2, 3]],
  ['booleans', [true, false]],
  ['texts', ['a', '', 'ü🙂']],
  ['fixed', ['a', 'bcd'], 'S3'],
  ['empty', [], 'f4', [0]],
  ['no rows', [], 'i4', [0, 3]],
  ['enumeration', [0, 2], { enum: { RED: 0, BLUE: 2 } }],
  [
    'compound',
    [
      { x: 1, y: 'a' },
      { x: 2.5, y: 'ü' },
    ],
    { compound: { x: 'f8', y: 'str' } },
  ],
  [
    'nested',
    [{ p: { x: 1, y: [1, 2] } }],
    { compound: { p: { compound: { x: 'i2', y: { array: [2], base: 'u1' } } } } },
  ],
  [
    'boxes',
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    { array: [3], base: 'i4' },
    [2],
  ],
  ['opaque', [Uint8Array.of(1, 2), Uint8Array.of(3, 4)], { opaque: 2 }],
  ['sequences', [[1, 2], [], [3]], { vlen: 'i4' }],
  ['large', Float64Array.from({ length: 5000 }, (_, i) => i / 3)],
  ['larger than compact', Int32Array.from({ length: 200 }, (_, i) => i)],
];

function everything(): H5File {
  const file = H5File.open(undefined, 'w');
  const attributes = file.createGroup('attributes');
  for (const [name, data, dtype, shape] of values) {
    file.createDataset(`datasets/${name}`, {
      data: data as number[],
      ...(dtype && { dtype }),
      ...(shape && { shape }),
    });
    if (!name.startsWith('large')) {
      attributes.attrs.set(name, data, { ...(dtype && { dtype }), ...(shape && { shape }) });
    }
  }
  const target = file.dataset('datasets/int32');
  target.attrs.set('unit', 'm');
  file.createDataset('references', { data: [target.ref, null, attributes.ref], dtype: 'ref' });
  file.link('again/deeper', target);
  file.link('again/up', file);
  file.softLink('soft', '/datasets/float64');
  file.softLink('nowhere', '/no/such');
  file.externalLink('external', 'other.h5', '/x');
  return file;
}

describeOracle('h5py', () => {
  it('reads every datatype, shape and link as they were written', async () => {
    const file = everything();
    const bytes = file.toBytes();
    const dump = await h5py(bytes);
    // What is read back from the file, and what it said before it was saved, are both what h5py sees.
    expect(expectAsH5py(H5File.open(bytes), dump)).toBeGreaterThan(values.length);
    expect(datasetAt(dump, 'datasets/text').value).toBe('héllo 🙂');
    expect(datasetAt(dump, 'datasets/matrix')).toMatchObject({
      shape: [3, 2],
      value: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    });
    expect(datasetAt(dump, 'datasets/int32').linkCount).toBe(2);
    expect(dump.root.linkCount).toBe(2);
    expect(groupAt(dump, 'datasets').links.map(({ name }) => name)).toEqual(values.map(([name]) => name));
    expect(dump.root.links.slice(-3)).toMatchObject([
      { type: 'soft', path: '/datasets/float64' },
      { type: 'soft', path: '/no/such' },
      { type: 'external', file: 'other.h5', path: '/x' },
    ]);
    for (const [name, , , shape] of values)
      if (shape) expect(datasetAt(dump, `datasets/${name}`).shape).toEqual(shape);
  });

  it('reads a header of 1,000 attributes and a group of 100,000 children', { timeout: 300_000 }, async () => {
    const file = H5File.open(undefined, 'w');
    const group = file.createGroup('group');
    for (let i = 0; i < 1000; i++) group.attrs.set(`attribute ${i}`, i % 2 ? i : `value ${i}`);
    const children = file.createGroup('children');
    for (let i = 0; i < 100_000; i++) children.createDataset(`child ${i}`, { data: i });
    const bytes = file.toBytes();

    const again = H5File.open(bytes);
    expect(again.group('group').attrs.size).toBe(1000);
    expect(again.group('children').size).toBe(100_000);
    expect(again.dataset('children/child 99999').value).toBe(99_999);

    const few = H5File.open(undefined, 'w');
    const some = few.createGroup('group');
    for (let i = 0; i < 1000; i++) some.attrs.set(`attribute ${i}`, i % 2 ? i : `value ${i}`);
    const attributes = attributesOf(groupAt(await h5py(few.toBytes()), 'group'));
    expect(Object.keys(attributes)).toHaveLength(1000);
    for (let i = 0; i < 1000; i++) expect(attributes[`attribute ${i}`]).toBe(i % 2 ? i : `value ${i}`);

    // libhdf5 goes through the whole header to look up one name: not all of 100,000 are looked up.
    const program = [
      'import h5py, sys',
      "children = h5py.File(sys.argv[1], 'r')['children']",
      "assert list(children) == [f'child {i}' for i in range(100000)]",
      "assert [children[f'child {i}'][()] for i in (0, 50000, 99999)] == [0, 50000, 99999]",
    ].join('\n');
    await withFile(bytes, async (path) => execFileSync(PYTHON, ['-c', program, path]));
    expect(await h5dump(bytes, ['-d', '/children/child 99999'])).toContain('(0): 99999');
  });
});

describeOracle('h5dump', () => {
  it('prints the whole file', async () => {
    const text = await h5dump(everything().toBytes());
    for (const [name] of values) expect(text).toContain(`DATASET "${name}"`);
    expect(text).toContain('TARGETFILE "other.h5"');
  });
});

describeOracle('h5wasm', () => {
  it('walks the whole file', async () => {
    const file = everything();
    // It knows no 16-bit floats.
    file.delete('datasets/f2');
    file.group('attributes').attrs.delete('f2');
    expect(
      JSON.stringify(await h5wasm(file.toBytes()), (_, v) => (typeof v === 'bigint' ? String(v) : v)),
    ).toContain('héllo');
  });
});

describe('a file that is written', () => {
  it('can be read back before it is saved, and gives the same afterwards', () => {
    const file = everything();
    const saved = H5File.open(file.toBytes());
    for (const [name] of values) {
      expect(file.dataset(`datasets/${name}`).value).toEqual(saved.dataset(`datasets/${name}`).value);
      expect(file.dataset(`datasets/${name}`).shape).toEqual(saved.dataset(`datasets/${name}`).shape);
    }
    expect(saved.get('again/up/again/deeper')?.isSame(saved.dataset('datasets/int32'))).toBe(true);
    expect([...saved.keys()]).toEqual([...file.keys()]);
    expect(Buffer.compare(file.toBytes(), file.toBytes())).toBe(0);
  });

  it('keeps what the data were when they were given', () => {
    const file = H5File.open(undefined, 'w');
    const data = new Float64Array(3000).fill(1);
    file.createDataset('x', { data });
    data.fill(2);
    expect(H5File.open(file.toBytes()).dataset('x').at(0)).toBe(1);
  });

  it.each<[string, (file: H5File) => unknown, string]>([
    [
      'an integer that does not fit',
      (file) => file.createDataset('x', { data: [1, 300], dtype: 'u1' }),
      '300',
    ],
    ['a fraction for an integer', (file) => file.createDataset('x', { data: [1.5], dtype: 'i4' }), '1.5'],
    ['a string that is too long', (file) => file.createDataset('x', { data: ['abcde'], dtype: 'S4' }), 'S5'],
    [
      'a bigint that does not fit',
      (file) => file.attrs.set('x', 2n ** 64n, { dtype: 'i8' }),
      '18446744073709551616',
    ],
    ['a string with NUL', (file) => file.attrs.set('x', 'a\0b'), 'U+0000'],
    ['ragged rows', (file) => file.createDataset('x', { data: [[1], [1, 2]] }), 'vlen'],
    ['a wrong shape', (file) => file.createDataset('x', { data: [1, 2, 3], shape: [2, 2] }), 'shape'],
    ['an unknown dtype', (file) => file.createDataset('x', { data: [1], dtype: 'q9' as never }), 'q9'],
    ['a name that exists', (file) => file.createGroup('there'), 'exists already'],
    ['an empty name', (file) => file.createGroup(''), 'names no object'],
    ['a path through a dataset', (file) => file.createGroup('data/inner'), 'data'],
  ])('refuses %s and stays as it was', (_, change, message) => {
    const file = H5File.open(undefined, 'w');
    file.createGroup('there');
    file.createDataset('data', { data: 1 });
    const before = file.toBytes();
    expect(() => change(file)).toThrow(message);
    expect(Buffer.compare(file.toBytes(), before)).toBe(0);
  });

  it('says so when it is closed, or only read', () => {
    const file = H5File.open(undefined, 'w');
    file.createGroup('g');
    const read = H5File.open(file.toBytes());
    expect(() => read.createGroup('h')).toThrow(expect.objectContaining({ code: 'H5_READ_ONLY' }));
    expect(() => read.attrs.set('h', 1)).toThrow(expect.objectContaining({ code: 'H5_READ_ONLY' }));
    const group = read.group('g');
    read.close();
    read.close();
    expect(() => read.get('g')).toThrow(expect.objectContaining({ code: 'H5_CLOSED' }));
    expect(() => group.attrs.size).toThrow(expect.objectContaining({ code: 'H5_CLOSED' }));
    expect(() => H5File.open(new Uint8Array(100), 'r+' as 'r')).toThrow("'r+'");
  });
});
