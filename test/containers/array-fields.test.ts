/** Fields of records that are arrays, as h5py and numpy show them: their axes come last. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { H5Array, H5Error, H5File, indexes, withOptions } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { oracleTest } from '../oracle/oracles.js';
import { runPython } from '../oracle/python.js';
import { seeded } from '../random.js';
import { casesOf, SEED } from '../thoroughness.js';
import { arrayIndex, nestedValue, randomIndex, randomValue } from './random-arrays.js';

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-fields-'));
afterAll(() => rmSync(folder, { recursive: true }));

const problemsOf = (file: H5File) => verifyStorage(new MemoryStorage(file.toBytes()), { indexes }).problems;

const record = (i: number) => ({
  id: i,
  v: [
    [i, i + 0.25, i + 0.5],
    [-i, -i - 0.25, -i - 0.5],
  ],
  on: [i % 2 === 0, i % 3 === 0],
  tags: [`a${i}`, `b${i}`],
});
const PLAIN = {
  compound: {
    id: 'i4',
    v: { array: [2, 3], base: '>f8' },
    on: { array: [2], base: 'bool' },
  },
} as const;
const WITH_TEXT = { compound: { ...PLAIN.compound, tags: { array: [2], base: 'str' } } } as const;

function made(withText: boolean, chunks?: number[]) {
  const file = H5File.open(undefined, 'w');
  const records = Array.from({ length: 12 }, (_, i) => record(i));
  const data = withText ? records : records.map(({ tags: _, ...others }) => others);
  const array = H5Array.write(file, 'points', data, {
    shape: [3, 4],
    dtype: withText ? WITH_TEXT : PLAIN,
    ...(chunks && { chunks }),
  });
  return { file, array };
}

describe('fields that are arrays', () => {
  test('have the axes of the dataset, and then their own', () => {
    const { array } = made(true);
    const v = array.field<number>('v');
    expect(v).toMatchObject({ dtype: 'float64', shape: [3, 4, 2, 3], itemsize: 8 });
    expect(v.at(2, 3, 1, 0)).toBe(-11);
    expect(v.slice('0, 1').toNested()).toEqual(record(1).v);
    expect(array.slice('1').field('v').slice('::-1, 0, 1:').toNested()).toEqual([
      [7.25, 7.5],
      [6.25, 6.5],
      [5.25, 5.5],
      [4.25, 4.5],
    ]);
    expect(array.field('on')).toMatchObject({ dtype: 'bool', shape: [3, 4, 2] });
    expect(array.field('on').slice('0, :2').toNested()).toEqual([
      [true, true],
      [false, false],
    ]);
    expect(array.field('tags').slice('2, 3').toNested()).toEqual(['a11', 'b11']);
    expect(array.reshape(12).field('v').slice('11').toNested()).toEqual(record(11).v);
    expect(array.T.field('v').shape).toEqual([4, 3, 2, 3]);
    expect(
      array
        .slice([
          [2, 0],
          [3, 0],
        ])
        .field('tags')
        .toNested(),
    ).toEqual([
      ['a11', 'b11'],
      ['a0', 'b0'],
    ]);
  });

  for (const withText of [false, true])
    for (const chunks of [undefined, [2, 2]])
      test(`read and written by random selections, ${withText ? 'with' : 'without'} texts, chunks ${chunks}`, () => {
        const random = seeded(SEED);
        const { file, array } = made(withText, chunks);
        const field = array.field<number>('v');
        const model = H5Array.from(field.toNested(), { dtype: 'float64' }) as H5Array<number>;
        for (let i = 0; i < Math.min(400, casesOf(30)); i++) {
          const selection = randomIndex(random, field.shape).map((entry) => arrayIndex(entry, random));
          const place = JSON.stringify(selection);
          let expected: H5Array<number>;
          try {
            expected = model.slice(selection);
          } catch (error) {
            expect(() => field.slice(selection), place).toThrow((error as Error).message);
            continue;
          }
          expect(field.slice(selection).toNested(), place).toEqual(expected.toNested());
          const value = nestedValue(randomValue(random, expected.shape, () => random(1000)));
          const attempt = (target: H5Array<number>) => {
            try {
              target.set(selection, value);
              return undefined;
            } catch (error) {
              expect(error).toBeInstanceOf(H5Error);
              return (error as Error).message;
            }
          };
          withOptions({ maxMemory: [200, 1000, 1e6][random(3)] as number }, () =>
            expect(attempt(field), place).toBe(attempt(model)),
          );
          expect(field.toNested(), place).toEqual(model.toNested());
        }
        expect(array.field('id').toNested()).toEqual([
          [0, 1, 2, 3],
          [4, 5, 6, 7],
          [8, 9, 10, 11],
        ]);
        if (withText) expect(array.field('tags').slice('2, 3').toNested()).toEqual(['a11', 'b11']);
        expect(problemsOf(file)).toEqual([]);
      });

  test('texts and booleans are set as well', () => {
    const { file, array } = made(true);
    array.field('tags').set('..., 0', 'x');
    array.slice('0').field('tags').set('1', ['p', 'q']);
    array.field('on').set('1:, :, 1', true);
    expect(array.at(0, 1)).toMatchObject({ tags: ['p', 'q'], on: [false, false] });
    expect(array.at(2, 3)).toMatchObject({ tags: ['x', 'b11'], on: [false, true], id: 11 });
    expect(() => array.field('tags').set('0', 7)).toThrow(H5Error);
    expect(() => array.field('v').set('0', [1, 2])).toThrow(H5Error);
    expect(() => array.field('v').append([[1]])).toThrow(H5Error);
    expect(problemsOf(file)).toEqual([]);
  });

  oracleTest('h5py', 'as numpy has them, in both directions', () => {
    const path = join(folder, 'theirs.h5');
    const python = (code: string) =>
      runPython(['-c', `import h5py, json, sys\nimport numpy as np\n${code}`, path]);
    python(`
r = np.zeros((5,), dtype=[('a', 'i4'), ('v', '>f4', (2, 3)), ('s', 'S3', (2,)), ('z', 'c16', (2,)), ('n', [('w', 'u2', (4,))])])
r['v'] = np.arange(30).reshape(5, 2, 3)
r['s'] = [[b'a', b'bcd']] * 5
r['z'] = [[1+2j, 3]] * 5
r['n']['w'] = np.arange(20).reshape(5, 4)
with h5py.File(sys.argv[1], 'w') as f:
    f.create_dataset('r', data=r, chunks=(2,), compression='gzip')`);
    using file = H5File.open(path, 'r+');
    const array = H5Array.of(file.dataset('r'));
    expect(array.field('v')).toMatchObject({ dtype: 'float32', shape: [5, 2, 3] });
    expect(array.field('v').slice('-1, :, ::2').toNested()).toEqual([
      [24, 26],
      [27, 29],
    ]);
    expect(array.field('s').slice('0').toNested()).toEqual(['a', 'bcd']);
    expect(array.field('z').slice('4').toTypedArray()).toEqual([
      [1, 2],
      [3, 0],
    ]);
    expect(array.field('n').field('w').slice('1:3, -1').toNested()).toEqual([7, 11]);
    array.field('v').set('::2, 1', -1);
    array.field('z').set('1, 1', [[0, 9]]);
    array.field('s').set(':, 0', 'xy');
    array.field('n').field('w').set('0', [9, 8, 7, 6]);
    file.commit();
    const theirs = python(`
with h5py.File(sys.argv[1]) as f:
    r = f['r'][:]
print(json.dumps([r['v'].tolist(), [[x.decode() for x in row] for row in r['s']], [[[x.real, x.imag] for x in row] for row in r['z']], r['n']['w'].tolist(), r['a'].tolist()]))`);
    const v = Array.from({ length: 5 }, (_, i) => [
      [0, 1, 2].map((k) => 6 * i + k),
      [3, 4, 5].map((k) => (i % 2 === 0 ? -1 : 6 * i + k)),
    ]);
    const z = Array.from({ length: 5 }, (_, i) => [[1, 2], i === 1 ? [0, 9] : [3, 0]]);
    const w = Array.from({ length: 5 }, (_, i) =>
      i === 0 ? [9, 8, 7, 6] : [0, 1, 2, 3].map((k) => 4 * i + k),
    );
    expect(JSON.parse(theirs)).toEqual([v, Array(5).fill(['xy', 'bcd']), z, w, Array(5).fill(0)]);
  });
});

test('complex fields are written, one by one and in arrays, in records that have texts as well', () => {
  for (const base of ['f4', '>f8'] as const) {
    const complex = {
      compound: [
        ['r', base],
        ['i', base],
      ],
    } as const;
    const file = H5File.open(undefined, 'w');
    const array = H5Array.write(file, 'r', undefined, {
      shape: [3],
      dtype: { compound: { z: complex, many: { array: [2], base: complex }, text: 'str' } },
    });
    array.field('text').set('1', 'kept');
    array.field('z').set('1:', [
      [1, 2],
      [3, 4],
    ]);
    array.field('z').set('0', [[-1, 0.5]]);
    array.field('many').set('1, 0', [[5, 6]]);
    array.field('many').slice('2').fill([7, 8]);
    const read = H5Array.open(file.toBytes(), 'r');
    expect(read.field('z').read()).toEqual([
      [-1, 0.5],
      [1, 2],
      [3, 4],
    ]);
    const [none, five, seven] = [
      [0, 0],
      [5, 6],
      [7, 8],
    ];
    expect(read.field('many').toNested()).toEqual([
      [none, none],
      [five, none],
      [seven, seven],
    ]);
    expect(read.field('text').read()).toEqual(['', 'kept', '']);
  }
});
