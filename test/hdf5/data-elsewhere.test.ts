/** Datasets whose data are not in them: nothing reads these, and all else can be done. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { H5Array, H5Dataset, H5Dict, H5File, readSync, read as readValue } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, runPython } from '../oracle/oracles.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-elsewhere-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MAKE = `
import sys, h5py, numpy as np
with h5py.File(sys.argv[1], 'w', libver='latest') as f:
    f['a'] = np.arange(5, dtype='i4')
    f['texts'] = ['x', 'yy', 'zzz']
    for name, source, shape, dtype in ('numbers', '/a', (5,), 'i4'), ('strings', '/texts', (3,), h5py.string_dtype()):
        layout = h5py.VirtualLayout(shape=(1,) + shape, dtype=dtype)
        layout[0] = h5py.VirtualSource('.', source, shape=shape, dtype=dtype)
        f.create_virtual_dataset('g/' + name, layout).attrs['unit'] = 'm'
    f.create_dataset('g/outside', (10,), 'i4', external=[(sys.argv[1] + '.raw', 0, 40)]).attrs['unit'] = 's'
    f['g/outside'][:] = np.arange(10)
    f['g/link'] = f['g/numbers']
`;
const READ = `
import sys, json, h5py
with h5py.File(sys.argv[1], 'r') as f:
    data = lambda d: d.asstr()[()].tolist() if d.dtype.kind == 'O' else d[()].tolist()
    out = {}
    f.visititems(lambda name, o: out.update({name: [data(o), dict(o.attrs)]}) if isinstance(o, h5py.Dataset) else None)
    print(json.dumps(out))
`;

describeOracle('h5py', () => {
  const made = (name: string): string => {
    const path = join(folder, name);
    runPython(['-c', MAKE, path]);
    return path;
  };
  const read = (path: string): unknown => JSON.parse(runPython(['-c', READ, path]));
  const verify = (path: string): void =>
    expect(verifyStorage(new MemoryStorage(readFileSync(path))).problems).toEqual([]);

  test.each(['r', 'r+'] as const)('are looked at with the mode %s', (mode) => {
    using file = H5File.open(made(`look-${mode}.h5`), mode);
    const seen: unknown[] = [];
    file.visit((path, object) => {
      seen.push(
        object instanceof H5Dataset ? [path, object.shape, object.dtype, object.attrs.get('unit')] : path,
      );
    });
    expect(seen).toEqual([
      ['a', [5], '<i4', undefined],
      'g',
      ['g/link', [1, 5], '<i4', 'm'],
      ['g/outside', [10], '<i4', 's'],
      ['g/strings', [1, 3], 'str', 'm'],
      ['texts', [3], 'str', undefined],
    ]);
    expect([...file.group('g')].map(([name]) => name)).toEqual(['link', 'numbers', 'outside', 'strings']);
    expect(() => file.dataset('g/numbers').value).toThrow(/^"\/g\/numbers": the virtual layout/);
    expect(() => file.dataset('g/strings').read([0])).toThrow(/^"\/g\/strings": the virtual layout/);
    expect(() => file.dataset('g/outside').value).toThrow(/^"\/g\/outside": data in external files/);
    expect(() => H5Array.of(file.dataset('g/numbers')).toNested()).toThrow(/^"\/g\/numbers": /);
    expect(() => H5Dict.of(file.group('g')).get('numbers')).toThrow(/^"\/g\/numbers": /);
  });

  test('get attributes, other names, and other places', () => {
    const path = made('move.h5');
    const file = H5File.open(path, 'r+');
    file.dataset('g/numbers').attrs.set('unit', 'km');
    file.dataset('g/outside').attrs.set('more', 'x'.repeat(1000));
    file.move('g/strings', 'h/words');
    expect(() => file.dataset('g/numbers').write(1)).toThrow(/virtual layout/);
    expect(() => H5Array.of(file.dataset('g/numbers')).set('...', 1)).toThrow(/^"\/g\/numbers": the virtual/);
    file.close();
    verify(path);
    expect(read(path)).toMatchObject({
      'g/outside': [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], { unit: 's', more: 'x'.repeat(1000) }],
      'h/words': [[['x', 'yy', 'zzz']], { unit: 'm' }],
      'g/link': [[[0, 1, 2, 3, 4]], { unit: 'km' }],
    });
  });

  test('are deleted, and replaced', () => {
    const path = made('delete.h5');
    const file = H5File.open(path, 'r+');
    file.createGroup('work');
    file.delete('g/numbers');
    file.delete('g/link');
    file.delete('g/strings');
    file.delete('g/outside');
    file.createDataset('g/outside', { data: [1, 2] });
    file.close();
    verify(path);
    expect(read(path)).toEqual({
      a: [[0, 1, 2, 3, 4], {}],
      texts: [['x', 'yy', 'zzz'], {}],
      'g/outside': [[1, 2], {}],
    });
  });

  test("are named where a value is read that holds them, and are in nobody's way else", async () => {
    const path = made('value.h5');
    const error = /^\$\.g\.(numbers|strings|outside|link): .*(virtual layout|external files)/;
    expect(() => readSync(path)).toThrow(error);
    await expect(readValue(path)).rejects.toThrow(error);
    expect(() => readSync(path, { path: 'g' })).toThrow(error);
    expect(readSync(path, { path: 'a/1' })).toBe(1);
    expect(() => readSync(path, { path: 'nope' })).toThrow(/there is no \$\.nope/);
  });

  test('are not copied, and what is asked for with them fails as a whole', () => {
    const path = made('copy.h5');
    const file = H5File.open(path, 'r+');
    const before = readFileSync(path);
    const error = /^"\/g\/(link|numbers|strings|outside)": .*(virtual layout|external files)/;
    expect(() => file.copy('g', 'copy')).toThrow(error);
    expect(() => file.compact()).toThrow(error);
    expect([...file.keys()]).toEqual(['a', 'g', 'texts']);
    file.close();
    expect(Buffer.compare(readFileSync(path), before)).toBe(0);
  });
});
