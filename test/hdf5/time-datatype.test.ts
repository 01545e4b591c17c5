/** Points in time, which the specification leaves open and PyTables writes: they are bytes, and in nobody's way. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { filters, type H5Dataset, H5File, indexes } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { h5dump, oracleTest, PYTHON } from '../oracle/oracles.js';

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
afterAll(() => rmSync(folder, { recursive: true }));

oracleTest('h5dump', 'times are read as bytes, copied as they are, and deleted', async () => {
  const path = join(folder, 'time.h5');
  execFileSync(PYTHON, [
    '-c',
    `
import sys, tables
with tables.open_file(sys.argv[1], 'w') as f:
    f.create_array('/', 'plain', [1, 2, 3])
    a = f.create_carray('/', 't32', tables.Time32Atom(), (4,))
    a[:] = [1, 2, 3, 4]
    class Row(tables.IsDescription):
        when = tables.Time64Col()
        x = tables.Int32Col()
    t = f.create_table('/', 'rows', Row)
    t.append([(1.5, 7), (2.5, 8)])
`,
    path,
  ]);
  const file = H5File.open(path, 'r+');
  const times = file.get('t32') as H5Dataset;
  expect([times.dtype, times.shape]).toEqual(['time(4)', [4]]);
  expect((times.value as Uint8Array[]).map((bytes) => [...bytes])).toEqual([
    [1, 0, 0, 0],
    [2, 0, 0, 0],
    [3, 0, 0, 0],
    [4, 0, 0, 0],
  ]);
  expect([...file.keys()]).toEqual(['plain', 'rows', 't32']);
  const seen: string[] = [];
  file.visit((each) => {
    seen.push(each);
  });
  expect(seen).toEqual(['plain', 'rows', 't32']);
  expect(file.dataset('rows').dtype).toBe('{when: time(8), x: <i4}');
  file.copy('t32', 'copy');
  file.compact();
  file.close();
  // The elements it cannot show, in no file.
  expect(await h5dump(path, ['-H'])).toContain('DATATYPE  H5T_TIME');
  const again = H5File.open(path, 'r+');
  again.delete('t32');
  again.delete('rows');
  again.createDataset('mine', { data: [1, 2, 3] });
  again.close();
  const bytes = new Uint8Array(readFileSync(path));
  expect(verifyStorage(new MemoryStorage(bytes), { indexes, filters }).problems).toEqual([]);
  execFileSync(PYTHON, [
    '-c',
    `
import sys, tables, h5py
with h5py.File(sys.argv[1]) as f:
    assert sorted(f) == ['copy', 'mine', 'plain']
with tables.open_file(sys.argv[1]) as f:
    assert list(f.root.copy[:]) == [1, 2, 3, 4]
`,
    path,
  ]);
});
