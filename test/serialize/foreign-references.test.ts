/** References that other programs have written, in datasets and attributes: they are what they lead to. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { H5Dict, H5File, H5Reference, readSync, TypeRegistry, writeSync } from '../../src/node.js';
import { oracleTest, runPython } from '../oracle/oracles.js';

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
afterAll(() => rmSync(folder, { recursive: true }));

function python(path: string, program: string): void {
  runPython(['-c', `import sys, h5py, numpy as np\nR = h5py.ref_dtype\n${program}`, path]);
}

oracleTest('h5py', 'they are the objects, each one and the same wherever it is referred to', () => {
  const path = join(folder, 'refs.h5');
  python(
    path,
    `
with h5py.File(sys.argv[1], 'w') as f:
    a, b = f.create_group('a'), f.create_group('b')
    a.attrs['name'] = 'A'
    f['n'] = np.arange(3)
    f.create_dataset('cells', data=np.array([[a.ref, f['n'].ref], [b.ref, None]], dtype=R), dtype=R)
    f.create_dataset('row', data=[a.ref, a.ref], dtype=R)
    f.create_dataset('one', data=b.ref, dtype=R)
    b.attrs.create('to', a.ref, dtype=R)
    b.attrs.create('all', [a.ref, b.ref], dtype=R)
    # Cells of cells, a list that refers to itself, and what is there no more.
    f.create_dataset('deep', data=[f['cells'].ref, f['row'].ref], dtype=R)
    loop = f.create_dataset('loop', (2,), dtype=R)
    loop[0], loop[1] = loop.ref, f['one'].ref
    f['gone'] = 1
    f.create_dataset('stale', data=[f['gone'].ref], dtype=R)
    f.create_dataset('part', data=[f['n'].regionref[1:]], dtype=h5py.regionref_dtype)
    f['type'] = np.dtype('i4')
    f.create_dataset('types', data=[f['type'].ref], dtype=R)
    del f['gone']`,
  );
  const value = readSync(path) as Record<string, never>;
  const { a, b, n } = value;
  expect(a).toEqual({ name: 'A' });
  expect(value['cells']).toEqual([
    [a, n],
    [b, null],
  ]);
  const [[first, second], [third]] = value['cells'] as [unknown[], unknown[]];
  expect([first, second, third]).toSatisfy(
    (each: unknown[]) => each[0] === a && each[1] === n && each[2] === b,
  );
  expect((value['row'] as unknown[]).every((each) => each === a)).toBe(true);
  expect(value['one']).toBe(b);
  expect((b as { to: unknown }).to).toBe(a);
  expect((b as { all: unknown[] }).all.map((each) => each === a || each === b)).toEqual([true, true]);
  expect((value['deep'] as unknown[]).every((each, i) => each === value[i === 0 ? 'cells' : 'row'])).toBe(
    true,
  );
  // The list is not there yet when what is in it is made.
  expect((value['loop'] as unknown[])[0]).toBeInstanceOf(H5Reference);
  expect((value['loop'] as unknown[])[1]).toBe(b);
  expect((value['part'] as unknown[])[0]).toBeInstanceOf(H5Reference);
  expect((value['types'] as unknown[])[0]).toBeInstanceOf(H5Reference);
  expect(Object.keys(value)).toContain('stale');

  expect(readSync(path, { path: 'cells' })).toEqual([
    [{ name: 'A' }, BigInt64Array.of(0n, 1n, 2n)],
    [expect.objectContaining({ to: { name: 'A' } }), null],
  ]);
  expect(readSync(path, { path: 'row/1' })).toEqual({ name: 'A' });
  expect((readSync(path, { lazy: true }) as { cells: unknown[][] }).cells[0]?.[0]).toEqual({ name: 'A' });
  using dict = H5Dict.open<Record<string, unknown>>(path);
  expect(dict.get('row')).toEqual([{ name: 'A' }, { name: 'A' }]);
  // By hand they stay what they are.
  expect(dict.file.dataset('row').at(0)).toBeInstanceOf(H5Reference);
});

oracleTest('h5py', 'they lead to instances, also to those that a codec makes', () => {
  class Point {
    readonly x: number;
    constructor(x: number) {
      this.x = x;
    }
  }
  class Plain {
    y = 1;
  }
  const registry = new TypeRegistry().register(Plain, { name: 'Plain' });
  registry.codec(Point, {
    name: 'Point',
    encode: ({ x }) => ({ x }),
    decode: ({ x }) => new Point(x as number),
  });
  const path = join(folder, 'instances.h5');
  writeSync(path, { point: new Point(5), plain: new Plain() }, { registry });
  python(
    path,
    `
with h5py.File(sys.argv[1], 'r+') as f:
    f.create_dataset('refs', data=[f['point'].ref, f['plain'].ref], dtype=R)
    f.create_dataset('grid', data=[[f['point'].ref]], dtype=R)
    f.create_dataset('first', data=f['point'].ref, dtype=R)`,
  );
  const value = readSync(path, { registry }) as Record<string, unknown>;
  expect(value['point']).toBeInstanceOf(Point);
  expect(value['refs']).toEqual([value['point'], value['plain']]);
  expect((value['refs'] as unknown[])[0]).toBe(value['point']);
  expect(value['grid']).toEqual([[new Point(5)]]);
  expect(value['first']).toBe(value['point']);
});

it('a chain of references to references ends', () => {
  const path = join(folder, 'chain.h5');
  using file = H5File.open(path, 'w');
  file.createDataset('d0', { data: [1, 2] });
  for (let i = 1; i <= 5000; i++)
    file.createDataset(`d${i}`, { data: [file.dataset(`d${i - 1}`).ref], dtype: 'ref' });
  file.commit();
  const value = readSync(path, { path: 'd5000' });
  let depth = 0;
  let each: unknown = value;
  for (; Array.isArray(each); depth++) each = each[0];
  expect(depth).toBeGreaterThan(100);
  expect(each).toBeInstanceOf(H5Reference);
  expect((readSync(path, { path: 'd50' }) as unknown[]).flat(50)).toEqual([Int32Array.of(1, 2)]);
});
