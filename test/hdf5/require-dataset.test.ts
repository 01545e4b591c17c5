import { describe, expect, test } from 'vitest';
import type { DType } from '../../src/hdf5/dtype.js';
import type { RequireDatasetOptions } from '../../src/hdf5/h5-group.js';
import { H5File as CoreFile } from '../../src/index.js';
import { H5File } from '../../src/node.js';
import { runPython } from '../oracle/python.js';

const NAMES = 'bool i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8'.split(' ') as (DType & string)[];

/** What h5py's require_dataset says of each dtype where there is a dataset of each: whether it is returned; the same exactly. */
const SCRIPT = `
import json, sys, h5py, numpy
names = json.load(sys.stdin)
answers = {}
with h5py.File("x", "w", driver="core", backing_store=False) as f:
    for there in names:
        f.create_dataset(there, (2,), there)
    for wanted in names:
        for there in names:
            for exact in (False, True):
                try:
                    f.require_dataset(there, (2,), numpy.dtype(wanted), exact=exact)
                    answers[f"{wanted} {there} {exact}"] = True
                except TypeError:
                    answers[f"{wanted} {there} {exact}"] = False
json.dump(answers, sys.stdout)
`;

function refusal(file: H5File, name: string, options: RequireDatasetOptions): string | undefined {
  try {
    file.requireDataset(name, options);
    return undefined;
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
}

describe('requireDataset', () => {
  test('makes what is missing, with all options', () => {
    const file = H5File.open(undefined, 'w');
    const made = file.requireDataset('a/b', {
      shape: [0],
      dtype: 'f4',
      maxShape: [null],
      attrs: { unit: 'm' },
    });
    expect([made.path, made.dtype, made.maxShape]).toEqual(['/a/b', '<f4', [Number.POSITIVE_INFINITY]]);
    expect(made.attrs.get('unit')).toBe('m');
    const again = file.requireDataset('a/b', { shape: [0], dtype: 'f4', exact: true, attrs: { unit: 's' } });
    expect(again.isSame(made)).toBe(true);
    expect(made.attrs.get('unit')).toBe('m');
  });

  test('takes the dtypes that h5py takes', () => {
    const input = JSON.stringify(NAMES);
    const answers = JSON.parse(runPython(['-c', SCRIPT], { input }));
    const file = H5File.open(undefined, 'w');
    for (const name of NAMES) file.createDataset(name, { shape: [2], dtype: name });
    for (const wanted of NAMES)
      for (const there of NAMES)
        for (const exact of [false, true])
          expect(
            refusal(file, there, { shape: [2], dtype: wanted, exact }) === undefined,
            `${wanted} for ${there}, exact: ${exact}`,
          ).toBe(answers[`${wanted} ${there} ${exact ? 'True' : 'False'}`]);
  });

  test('other dtypes hold what each element of the given one is', () => {
    const types: { readonly [name: string]: DType } = {
      point: { compound: { x: 'f4', y: 'f4' } },
      wide: { compound: { x: 'f8', y: 'f4' } },
      other: { compound: { x: 'f4', z: 'f4' } },
      color: { enum: { RED: 0, BLUE: 1 }, base: 'u1' },
      box: { array: [2, 2], base: 'f4' },
      run: { vlen: 'i4' },
      text: 'str',
      short: 'S4',
      long: 'S8',
      ref: 'ref',
      uuid: { opaque: 16, tag: 'uuid' },
      u1: 'u1',
    };
    const fits = new Set(['point wide', 'short text', 'long text', 'short long', 'color u1', 'u1 color']);
    const file = H5File.open(undefined, 'w');
    for (const [name, dtype] of Object.entries(types)) file.createDataset(name, { shape: [1], dtype });
    for (const [wanted, dtype] of Object.entries(types))
      for (const there of Object.keys(types)) {
        const isFine = refusal(file, there, { shape: [1], dtype }) === undefined;
        expect(isFine, `${wanted} for ${there}`).toBe(wanted === there || fits.has(`${wanted} ${there}`));
        const isExact = refusal(file, there, { shape: [1], dtype, exact: true }) === undefined;
        expect(isExact, `exactly ${wanted} for ${there}`).toBe(wanted === there);
      }
  });

  test('refuses others, and says which', () => {
    const file = H5File.open(undefined, 'w');
    file.createDataset('d', { shape: [2, 3], dtype: 'i4' });
    file.createDataset('none', { data: null });
    file.createGroup('g');
    expect(refusal(file, 'd', { shape: [3, 2], dtype: 'i4' })).toBe(
      'H5_TYPE: "/d" has the shape (2, 3), and (3, 2) is required; delete it first, or take another name',
    );
    expect(refusal(file, 'd', { shape: [2, 3], dtype: 'f4' })).toBe(
      'H5_TYPE: "/d" has the dtype <i4, and one that <f4 fits into is required; delete it first, or take another name',
    );
    expect(refusal(file, 'd', { shape: [2, 3], dtype: 'i2', exact: true })).toContain('and <i2 is required');
    expect(refusal(file, 'none', { shape: [], dtype: 'i4' })).toContain('H5_TYPE');
    expect(refusal(file, 'g', { shape: [2], dtype: 'i4' })).toContain('H5_WRONG_KIND');
    expect(refusal(file, 'x', { data: [1] } as never)).toContain('needs the shape and the dtype');
    expect(file.has('x')).toBe(false);
  });

  test('of a file that is read gives what is there', () => {
    const made = H5File.open(undefined, 'w');
    made.createDataset('d', { shape: [2], dtype: 'i4' });
    const file = H5File.open(made.toBytes());
    expect(file.requireDataset('d', { shape: [2], dtype: 'i2' }).path).toBe('/d');
    expect(refusal(file, 'd', { shape: [3], dtype: 'i2' })).toContain('H5_TYPE');
    expect(refusal(file, 'x', { shape: [3], dtype: 'i2' })).toContain('H5_READ_ONLY');
    const core = CoreFile.open(made.toBytes());
    expect(() => core.requireDataset('d', { shape: [2], dtype: 'i2' })).toThrow(
      expect.objectContaining({ code: 'H5_READ_ONLY' }),
    );
  });
});
