import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  deserialize,
  H5Dict,
  H5Error,
  type H5List,
  readSync,
  TypeRegistry,
  writeSync,
} from '../../src/node.js';
import { describeOracle, makeSamples, PYTHON } from '../oracle/oracles.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const PROGRAM = `
import h5py, numpy as np, sys
f = h5py.File(sys.argv[1], 'w', libver=sys.argv[2], track_order=sys.argv[3] == 'tracked')
f.attrs['title'] = 'héllo'; f.attrs['n'] = 5; f.attrs['x'] = 2.5; f.attrs['ok'] = True
f.attrs['none'] = h5py.Empty('f4'); f.attrs['list'] = [1.5, 2.5]
f['temperature'] = np.array([1.5, 2.5]); f['image'] = np.arange(6, dtype='u1').reshape(2, 3)
f['scalar'] = 7.5; f['names'] = ['a', 'bc']; f['fixed'] = np.array([b'x', b'yz'])
f['flags'] = np.array([True, False]); f['big'] = np.array([1, -2], dtype='>i8')
f['pairs'] = np.array([(1, 2.5)], dtype=[('i', 'i4'), ('f', 'f8')])
g = f.create_group('run/first', track_order=True); g.attrs['speed'] = np.int16(3)
f['again'] = g; f['soft'] = h5py.SoftLink('/run')
f.close()
`;

const NUMBERS = `
import h5py, sys
with h5py.File(sys.argv[1], 'r+') as f:
    def renew(name, o):
        for key in ('@length', '@version', '@flat', '@h5pickle'):
            if key in o.attrs:
                o.attrs[key] = int(o.attrs[key])  # an int64
    renew('', f)
    f.visititems(renew)
    for name in ('a', 'b'):
        column = f['rows'][name]
        column.resize((5,))
        column[3:] = column[:2]
    f['rows'].attrs['@length'] = 5
`;

describeOracle('h5py', () => {
  it('changed the numbers that say how something is stored, which are of 64 bits there', () => {
    class Point {
      x = 1;
    }
    const own = new TypeRegistry();
    own.register(Point, { name: 'Point', version: 2 });
    const path = join(folder, 'numbers.h5');
    const sparse = Object.assign(new Array(4000), { 7: 'x', 900: { y: 1 } });
    const value = { rows: [{ a: 1, b: 'x' }], point: new Point(), points: [new Point()], sparse };
    const dict = H5Dict.write(path, value, { registry: own });
    const rows = dict.get('rows') as unknown as H5List<unknown>;
    rows.push({ a: 2, b: 'y' }, { a: 3, b: 'z' });
    dict.close();
    execFileSync(PYTHON, ['-c', NUMBERS, path]);
    const all = [
      { a: 1, b: 'x' },
      { a: 2, b: 'y' },
      { a: 3, b: 'z' },
      { a: 1, b: 'x' },
      { a: 2, b: 'y' },
    ];
    const read = readSync<typeof value>(path, { registry: own });
    expect(read).toEqual({ ...value, rows: all });
    expect(readSync(path, { registry: own, path: 'rows/4/a' })).toBe(2);
    writeSync(path, 9, { registry: own, path: 'rows/4/a', mode: 'merge' });
    const again = H5Dict.open(path, { mode: 'r+', registry: own });
    const list = again.get('rows') as H5List<unknown>;
    expect([list.length, list.at(-1)]).toEqual([5, { a: 9, b: 'y' }]);
    list.push({ a: 6, b: 'w' });
    again.close();
    expect(readSync<typeof value>(path, { registry: own }).rows.length).toBe(6);
  });

  it.each(
    ['earliest', 'latest'].flatMap((libver) =>
      ['tracked', 'untracked'].map((order) => [libver, order] as const),
    ),
  )('wrote a file (%s, %s) that is read as what it looks like', (libver, order) => {
    const path = join(folder, `${libver}-${order}.h5`);
    execFileSync(PYTHON, ['-c', PROGRAM, path, libver, order]);
    const value = deserialize<Record<string, unknown> & { run: { first: unknown } }>(readFileSync(path));
    const first = { speed: 3 };
    expect(value).toEqual({
      title: 'héllo',
      n: 5n,
      x: 2.5,
      ok: true,
      none: null,
      list: Float64Array.of(1.5, 2.5),
      temperature: Float64Array.of(1.5, 2.5),
      image: [Uint8Array.of(0, 1, 2), Uint8Array.of(3, 4, 5)],
      scalar: 7.5,
      names: ['a', 'bc'],
      fixed: ['x', 'yz'],
      flags: [true, false],
      big: BigInt64Array.of(1n, -2n),
      pairs: [{ i: 1, f: 2.5 }],
      run: { first },
      again: first,
    });
    expect(value.again).toBe(value.run.first);
  });

  it('wrote files of all kinds, which are read or refused for what they use', async () => {
    const refused: string[] = [];
    const samples = await makeSamples(join(folder, 'samples'));
    for (const path of samples.keys()) {
      try {
        expect(deserialize(readFileSync(path))).toBeTypeOf('object');
      } catch (error) {
        if (!(error instanceof H5Error) || error.code !== 'H5_FEATURE') throw error;
        refused.push(`${path.split('/').pop()}: ${error.message}`);
      }
    }
    expect(samples.size).toBeGreaterThan(20);
    for (const line of refused) expect(line).toMatch(/^layouts\.h5: |^datasets\.h5: /);
  });
});
