/** Characters as netCDF stores them: texts of one byte, which is to end with a NUL. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { H5File, H5TypeError } from '../../src/node.js';
import { describeOracle, runPython } from '../oracle/oracles.js';

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-characters-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MAKE = `
import sys, h5py
from h5py import h5d, h5s, h5t
with h5py.File(sys.argv[1], 'w') as f:
    for size in (1, 2):
        type = h5t.C_S1.copy()
        type.set_size(size)
        type.set_strpad(h5t.STR_NULLTERM)
        h5d.create(f.id, b'of %d' % size, type, h5s.create_simple((3,)))
`;
const READ = `
import sys, json, h5py
with h5py.File(sys.argv[1], 'r') as f: print(json.dumps(f['of 1'][()].astype('U').tolist()))
`;

describeOracle('h5py', () => {
  test('reads those that we wrote, as we do', () => {
    const path = join(folder, 'characters.h5');
    runPython(['-c', MAKE, path]);
    const file = H5File.open(path, 'r+');
    file.dataset('of 1').write(['A', '', 'z']);
    expect(() => file.dataset('of 1').write(['AB', '', ''])).toThrow(H5TypeError);
    expect(() => file.dataset('of 2').write(['AB', '', ''])).toThrow(/takes 2 bytes, 'S2' has 1/);
    file.close();
    expect(H5File.open(path).dataset('of 1').value).toEqual(['A', '', 'z']);
    expect(JSON.parse(runPython(['-c', READ, path]))).toEqual(['A', '', 'z']);
  });
});
