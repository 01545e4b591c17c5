import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { H5File, indexes } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, runPython } from '../oracle/oracles.js';
import { seeded } from '../random.js';
import { THOROUGH } from '../thoroughness.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-edge-chunks-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// h5py has no call for H5Pset_chunk_opts; the library that it has loaded does.
const MAKE = `
import sys, ctypes, h5py, numpy
library = next(line.split()[-1] for line in open('/proc/self/maps') if 'libhdf5' in line and '_hl' not in line)
lib = ctypes.CDLL(library)
lib.H5Pset_chunk_opts.argtypes = [ctypes.c_int64, ctypes.c_uint]
with h5py.File(sys.argv[1], 'w', libver='latest') as f:
    for name, limit in ('a', h5py.h5s.UNLIMITED), ('b', 100):
        dcpl = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        dcpl.set_chunk((10, 10))
        dcpl.set_deflate(6)
        assert lib.H5Pset_chunk_opts(dcpl.id, 2) >= 0
        space = h5py.h5s.create_simple((25, 25), (limit, limit))
        d = h5py.Dataset(h5py.h5d.create(f.id, name.encode(), h5py.h5t.NATIVE_INT32, space, dcpl))
        d[...] = numpy.arange(625).reshape(25, 25)
`;
const READ = `
import sys, json, h5py
with h5py.File(sys.argv[1], 'r') as f: print(json.dumps([f[n][...].tolist() for n in 'ab']))
`;

/** What a resized array holds: zeros where it had not been. */
function resized(rows: number[][], [height, width]: readonly [number, number]): number[][] {
  return Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => rows[y]?.[x] ?? 0));
}

describeOracle('h5py', () => {
  test('chunks at the edge that go without filters are filtered as soon as they are not at the edge', () => {
    const path = join(folder, 'edges.h5');
    runPython(['-c', MAKE, path]);
    const random = seeded(7);
    let expected = resized([], [25, 25]).map((row, y) => row.map((_, x) => y * 25 + x));
    for (let round = 0; round < (THOROUGH ? 8 : 3); round++) {
      const shape = [1 + random(60), 1 + random(60)] as const;
      const file = H5File.open(path, 'r+');
      expected = resized(expected, shape);
      const at = [random(shape[0]), random(shape[1])] as const;
      for (const name of 'ab') {
        const dataset = file.dataset<Int32Array>(name);
        dataset.resize(shape);
        dataset.write(round + 1000, [...at]);
      }
      (expected[at[0]] as number[])[at[1]] = round + 1000;
      file.close();
      const theirs = runPython(['-c', READ, path]);
      expect(JSON.parse(theirs)).toEqual([expected, expected]);
      expect([...H5File.open(path).dataset<Int32Array>('a').read()]).toEqual(expected.flat());
      const { problems } = verifyStorage(new MemoryStorage(readFileSync(path)), { indexes });
      expect(problems).toEqual([]);
    }
  });
});

const REWRITE = `
import h5py, random, struct, sys, zlib
with h5py.File(sys.argv[1], 'r+') as f:
    random.seed(1)
    while True:
        values = [random.choice([0, 1, 2**31 - 1, -2**31, 255, 65536, 7]) for _ in range(4)]
        if len(zlib.compress(struct.pack('<4i', *values), 2)) == 16: break
    f['d'][:] = values
print(*values)
`;

describeOracle('h5py', () => {
  test('a chunk that gzip has not made smaller is what h5py writes to it, also if that takes as many bytes as it has', () => {
    const path = join(folder, 'mask.h5');
    const file = H5File.open(path, 'w');
    const data = [1234567890, -2147483648, 2147483647, 987654321];
    file.createDataset('d', { data, dtype: '<i4', chunks: [4], compression: 2 });
    file.close();
    const written = runPython(['-c', REWRITE, path]);
    const expected = written.trim().split(' ').map(Number);
    expect([...H5File.open(path).dataset<Int32Array>('d').read()]).toEqual(expected);
  });
});
