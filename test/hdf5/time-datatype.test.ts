/** Points in time, which the specification leaves open, and PyTables writes: they are bytes, and in nobody's way. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { filters, type H5Dataset, H5File, indexes } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { h5dump, oracleTest, runPython } from '../oracle/oracles.js';

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
afterAll(() => rmSync(folder, { recursive: true }));

oracleTest('h5dump', 'times are read as bytes, copied as they are, and deleted', async () => {
  const path = join(folder, 'time.h5');
  runPython([
    '-c',
    `
import sys, h5py, numpy as np
from h5py import h5d, h5s, h5t
with h5py.File(sys.argv[1], 'w') as f:
    f['plain'] = [1, 2, 3]
    space = h5s.create_simple((4,))
    d = h5d.create(f.id, b't32', h5t.UNIX_D32LE, space)
    d.write(h5s.ALL, h5s.ALL, np.array([1, 2, 3, 4], 'i4'), mtype=h5t.UNIX_D32LE)
    row = h5t.create(h5t.COMPOUND, 12)
    row.insert(b'when', 0, h5t.UNIX_D64LE)
    row.insert(b'x', 8, h5t.STD_I32LE)
    h5d.create(f.id, b'rows', row, h5s.create_simple((2,)))
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
  runPython([
    '-c',
    `
import sys, h5py, numpy as np
from h5py import h5s, h5t
with h5py.File(sys.argv[1]) as f:
    assert sorted(f) == ['copy', 'mine', 'plain']
    times = np.zeros(4, 'i4')
    f['copy'].id.read(h5s.ALL, h5s.ALL, times, mtype=h5t.UNIX_D32LE)
    assert list(times) == [1, 2, 3, 4], times
`,
    path,
  ]);
});
