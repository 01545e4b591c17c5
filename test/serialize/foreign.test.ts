import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  deserialize,
  H5Dict,
  H5Error,
  H5File,
  type H5List,
  readSync,
  serialize,
  TypeRegistry,
  writeSync,
} from '../../src/node.js';
import { describeOracle, makeSamples, runPython } from '../oracle/oracles.js';

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
    runPython(['-c', NUMBERS, path]);
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
    runPython(['-c', PROGRAM, path, libver, order]);
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

  it('wrote rows of numbers, which are written again as what they were: no views of one buffer', () => {
    const path = join(folder, 'rows.h5');
    const code = `
import h5py, numpy as np, sys
f = h5py.File(sys.argv[1], 'w')
f.attrs['matrix'] = np.arange(6.).reshape(2, 3)
f['grid'] = np.arange(6, dtype='f4').reshape(2, 3)
f['cube'] = np.arange(8, dtype='u1').reshape(2, 2, 2)
f.create_dataset('boxes', (2,), dtype=np.dtype(('i4', (3,))))[:] = np.arange(6).reshape(2, 3)
f['times'] = np.array([1, 2], dtype='M8[s]').astype(h5py.opaque_dtype('M8[s]'))
f['rows'] = np.array([([1, 2],), ([3, 4],)], dtype=[('x', 'f8', (2,))])
f.close()`;
    runPython(['-c', code, path]);
    const value = readSync<Record<string, unknown>>(path);
    const file = H5File.open(serialize(value));
    expect(deserialize(file.toBytes())).toEqual(value);
    expect(file.tree().split('\n')).toEqual([
      '/',
      '  matrix: <f8 (2, 3)',
      '  boxes: <i4 (2, 3)',
      '  cube: u1 (2, 2, 2)',
      '  grid: <f4 (2, 3)',
      '  rows',
      '    x: <f8 (2, 2)',
      '  times: u1 (2, 8)',
    ]);
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

/** Datasets of all kinds, and what each of them is beside its elements. */
const ARRAYS = `
import h5py, numpy as np, sys, json
def make(f):
    pair = [('p', '<i4'), ('q', '>f8'), ('in', [('a', 'u1', (2,)), ('t', h5py.string_dtype())])]
    rows = np.array([(1, 2.5, ([1, 2], 'x')), (3, 4.5, ([3, 4], 'y'))], dtype=pair)
    f.create_dataset('rows', data=rows, chunks=(2,), compression='gzip', maxshape=(None,))
    f.create_dataset('grid', data=np.arange(6, dtype='>f4').reshape(2, 3), chunks=(1, 3), shuffle=True, maxshape=(None, 3))
    f['enum'] = np.array([0, 5, 0], dtype=h5py.enum_dtype({'A': 0, 'B': 5}, basetype='u1'))
    f['texts'] = ['a', 'bc']
    f['fixed'] = np.array([b'ab', b'cd'])
    f['vlen'] = np.array([np.array([1, 2], 'i4'), np.array([], 'i4')], dtype=h5py.vlen_dtype('i4'))
    f['complex'] = np.array([1 + 2j, 3])
    f['scalar'] = np.int64(5)
    f['one'] = rows[0]
    f.create_dataset('log', data=np.array([1.5]), chunks=(4,), maxshape=(None,))
    for d in f.values():
        d.attrs['units'] = 'm'
def show(f):
    plain = lambda v: [v.real, v.imag] if isinstance(v, complex) else v.decode() if isinstance(v, bytes) else v
    def value(v):
        if isinstance(v, np.void): return {n: value(v[n]) for n in v.dtype.names}
        if isinstance(v, np.ndarray): return [value(x) for x in v]
        return plain(v.item() if isinstance(v, np.generic) else v)
    return {k: [value(d[()]), [str(d.dtype), d.chunks, d.compression, d.shuffle, d.maxshape, dict(d.attrs)]] for k, d in f.items()}
with h5py.File(sys.argv[1], sys.argv[2]) as f:
    make(f) if sys.argv[2] == 'w' else print(json.dumps(show(f)))
`;

type Shown = Record<string, [value: unknown, about: unknown]>;

describeOracle('h5py', () => {
  const path = () => join(folder, 'arrays.h5');
  /** The file is the same each time: Python is started for it once. */
  let made: Uint8Array | undefined;
  const make = () => {
    if (!made) {
      runPython(['-c', ARRAYS, path(), 'w']);
      made = readFileSync(path());
    } else writeFileSync(path(), made);
  };
  const show = () => JSON.parse(runPython(['-c', ARRAYS, path(), 'r'])) as Shown;
  const row = { p: 1, q: 2.5, in: { a: [1, 2], t: 'x' } };
  const other = { p: 3, q: 4.5, in: { a: [3, 4], t: 'y' } };

  it.each<[path: (string | number)[], part: unknown, value: unknown, mode?: 'merge']>([
    [['rows', 0, 'p'], 7, [{ ...row, p: 7 }, other]],
    [['rows', -1, 'in', 'a', 1], 9, [row, { ...other, in: { a: [3, 9], t: 'y' } }]],
    [['rows', 0, 'in', 't'], 'a longer text', [{ ...row, in: { a: [1, 2], t: 'a longer text' } }, other]],
    [['rows', 1], row, [row, row]],
    [['rows', 1], { q: 0.5, in: { t: 'z' } }, [row, { p: 3, q: 0.5, in: { a: [3, 4], t: 'z' } }], 'merge'],
    [['rows', 2], row, [row, other, row]],
    [
      ['grid', 0],
      [7, 8, 9],
      [
        [7, 8, 9],
        [3, 4, 5],
      ],
    ],
    [
      ['grid', 1],
      Float32Array.of(7, 8, 9),
      [
        [0, 1, 2],
        [7, 8, 9],
      ],
    ],
    [
      ['grid', 2],
      [7, 8, 9],
      [
        [0, 1, 2],
        [3, 4, 5],
        [7, 8, 9],
      ],
    ],
    [
      ['grid', 1, 1],
      0.5,
      [
        [0, 1, 2],
        [3, 0.5, 5],
      ],
    ],
    [['enum', 0], 5, [5, 5, 0]],
    [['texts', 1], 'a longer text', ['a', 'a longer text']],
    [['fixed', 1], 'x', ['ab', 'x']],
    [['vlen', 0], [3], [[3], []]],
    [['vlen', 0], [], [[], []]],
    [['vlen', 0, 1], 9, [[1, 9], []]],
    [
      ['complex', 1],
      { r: 5, i: 6 },
      [
        [1, 2],
        [5, 6],
      ],
    ],
    [
      ['complex', 0, 'i'],
      0,
      [
        [1, 0],
        [3, 0],
      ],
    ],
    [['scalar'], 9n, 9],
    [['scalar'], 9n, 9, 'merge'],
    [['one', 'q'], 0.5, { ...row, q: 0.5 }],
    [['log', 1], 2.5, [1.5, 2.5]],
  ])('made an array of which %j is changed, and nothing else', (steps, part, value, mode) => {
    make();
    const name = steps[0] as string;
    const before = show();
    writeSync(path(), part, { path: steps, ...(mode && { mode }) });
    const after = show();
    expect(after[name]).toEqual([value, (before[name] as unknown[])[1]]);
    expect({ ...after, [name]: before[name] }).toEqual(before);
  });

  it('made scalars into which others are merged', () => {
    make();
    const before = show();
    writeSync(path(), { scalar: 6n, more: 1 }, { mode: 'merge' });
    expect(show()).toEqual({ ...before, scalar: [6, (before['scalar'] as unknown[])[1]] });
  });

  it.each<[path: (string | number)[], part: unknown, error: RegExp]>([
    [['rows', 0, 'p'], 7.5, /^\$\.rows\[0\]\.p: .*7\.5 does not fit.*write to \$\.rows to replace it/],
    [['rows', 0, 'z'], 7, /there is no \$\.rows\[0\]\.z to be written to: .* no such member/],
    [['rows', 0], { p: 1 }, /^\$\.rows\[0\]: /],
    [['rows', 0], { ...row, z: 1 }, /no member "z"/],
    [['rows', 3], row, /there is no \$\.rows\[3\]/],
    [['grid', 0], [1], /it is not read back as it is, from a dataset of the shape \(2, 3\)/],
    [['grid', 0], 5, /it is not read back as it is/],
    [['grid', 0, 0], 'x', /is a number, not a string/],
    [['grid', 0, 3], 5, /there is no \$\.grid\[0\]\[3\]/],
    [['texts', 0], null, /^\$\.texts\[0\]: null does not fit/],
    [['texts', 2], 'x', /there is no \$\.texts\[2\] .*has 2 elements, and cannot grow/],
    [['fixed', 0], 'abc', /takes 3 bytes/],
    [['vlen', 0], 'x', /^\$\.vlen\[0\]: /],
    [['complex', 0], 5, /^\$\.complex\[0\]: /],
    [['one', 'q'], 'x', /^\$\.one\.q: /],
  ])('made an array that does not hold what %j is to be', (steps, part, error) => {
    make();
    const before = readFileSync(path());
    expect(() => writeSync(path(), part, { path: steps })).toThrow(error);
    expect(readFileSync(path()).equals(before)).toBe(true);
  });

  it('has said something of lists, which is kept when these are stored anew', () => {
    const value = {
      list: [1, 2, 3],
      texts: ['a', 'b'],
      table: [
        { p: 1, q: 'x' },
        { p: 2, q: 'y' },
      ],
      grid: [
        [1, 2],
        [3, 4],
      ],
      mixed: [1, 'x', [5]],
    };
    const long = Array.from({ length: 1000 }, (_, i) => i);
    writeSync(path(), { ...value, long }, { compression: 3 });
    const all = ['list', 'texts', 'table', 'table/p', 'grid', 'mixed', 'long'];
    const mark = `import h5py, sys\nwith h5py.File(sys.argv[1], 'r+') as f:\n  for n in ${JSON.stringify(all)}: f[n].attrs['units'] = [1.5, 2]`;
    runPython(['-c', mark, path()]);
    const parts: [string, unknown][] = [
      ['list/3', 4],
      ['list/0', 0.5],
      ['texts/1', 'longer'],
      ['table/2', { p: 3, q: 'z' }],
      ['table/0/p', 'text'],
      ['grid/0', [5, 6]],
      ['grid/1/0', 0.5],
      ['mixed/1', 2n],
      ['long/0', 0.5],
    ];
    for (const [each, part] of parts) writeSync(path(), part, { path: each });
    const read = `import h5py, sys, json\nwith h5py.File(sys.argv[1]) as f:\n  print(json.dumps([[list(f[n].attrs['units']) for n in ${JSON.stringify(all)}], f['long'].compression, f['long'].compression_opts]))`;
    const [units, ...compression] = JSON.parse(runPython(['-c', read, path()])) as unknown[];
    expect(units).toEqual(all.map(() => [1.5, 2]));
    expect(compression).toEqual(['gzip', 3]);
    expect(readSync(path())).toEqual({
      list: [0.5, 2, 3, 4],
      texts: ['a', 'longer'],
      table: [
        { p: 'text', q: 'x' },
        { p: 2, q: 'y' },
        { p: 3, q: 'z' },
      ],
      grid: [
        [5, 6],
        [0.5, 4],
      ],
      mixed: [1, 2n, [5]],
      long: [0.5, ...long.slice(1)],
    });
  });
});

const SCALES = `
import h5py, numpy as np, sys, json
with h5py.File(sys.argv[1], sys.argv[2], libver=sys.argv[3]) as f:
    if sys.argv[2] == 'w':
        f['x'] = np.array([1, 2, 3], 'i4')
        f['x'].make_scale('x')
        f['records'] = np.array([(1, 2.5)] * 3, dtype=[('p', 'i4'), ('q', 'f8')])
        f['numbers'] = np.zeros(3)
        for name in ('records', 'numbers'):
            f[name].dims[0].attach_scale(f['x'])
    elif sys.argv[2] == 'r+':
        f['list'].dims[0].attach_scale(f['x'])
    else:
        attached = {k: [list(d.dims[0].keys()), d.dims[0][0][()].tolist()] for k, d in f.items() if 'DIMENSION_LIST' in d.attrs}
        print(json.dumps([attached, {k: d[()].tolist() for k, d in f.items()}]))
`;

describeOracle('h5py', () => {
  describe.each(['earliest', 'latest'])('attached a dimension scale (%s)', (libver) => {
    const path = () => join(folder, `scales-${libver}.h5`);
    const python = (mode: string) => runPython(['-c', SCALES, path(), mode, libver]);
    const show = () => JSON.parse(python('r')) as [Record<string, unknown>, Record<string, unknown>];
    const replaced = (value: unknown) => () => writeSync(path(), value, { path: 'x' });

    it('to what is changed all the same', () => {
      python('w');
      writeSync(path(), 7, { path: ['records', 0, 'p'] });
      writeSync(path(), { p: 8, q: 0.5 }, { path: ['records', 1] });
      writeSync(path(), 9, { path: ['numbers', 2] });
      const [attached, values] = show();
      expect(attached).toEqual({ records: [['x'], [1, 2, 3]], numbers: [['x'], [1, 2, 3]] });
      expect(values).toMatchObject({
        records: [
          [7, 2.5],
          [8, 0.5],
          [1, 2.5],
        ],
        numbers: [0, 0, 9],
      });
    });

    it('to a list, which has it when it is stored anew', () => {
      python('w');
      writeSync(path(), [1, 2, 3], { path: 'list' });
      python('r+');
      writeSync(path(), 0.5, { path: 'list/0' });
      writeSync(path(), 4, { path: 'list/3' });
      const [attached, values] = show();
      expect(attached).toMatchObject({ list: [['x'], [1, 2, 3]] });
      expect(values).toMatchObject({ list: [0.5, 2, 3, 4] });
    });

    it('that gets other elements, and is replaced by nothing else', () => {
      python('w');
      replaced(Int32Array.of(4, 5, 6))();
      const [attached] = show();
      expect(attached).toEqual({ records: [['x'], [4, 5, 6]], numbers: [['x'], [4, 5, 6]] });
      const before = readFileSync(path());
      const reason = /the attribute DIMENSION_LIST of "\/(records|numbers)" refers to what is to be replaced/;
      for (const value of [Int32Array.of(1), Float64Array.of(1, 2, 3), 5, { a: 1 }])
        expect(replaced(value)).toThrow(reason);
      using dict = H5Dict.open<Record<string, unknown>>(path(), { mode: 'r+' });
      expect(() => dict.set('x', [1])).toThrow(reason);
      expect(() => dict.delete('x')).toThrow(reason);
      dict.close();
      expect(readFileSync(path()).equals(before)).toBe(true);
    });

    it('that is gone, and what it was attached to can be changed', () => {
      python('w');
      writeSync(path(), [1, 2, 3], { path: 'list' });
      python('r+');
      {
        using file = H5File.open(path(), 'r+');
        file.delete('x');
        file.createDataset('more', { data: new Float64Array(500).fill(Number.NaN) });
      }
      writeSync(path(), 7, { path: ['records', 0, 'p'] });
      writeSync(path(), 9, { path: ['numbers', 2] });
      writeSync(path(), 'text', { path: ['list', 0] });
      expect(readSync(path(), { path: 'records/0/p' })).toBe(7);
      expect(readSync(path(), { path: 'list' })).toEqual(['text', 2, 3]);
    });
  });
});
