/** Bit fields, in which PyTables stores booleans: integers without a sign, as h5py has them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { decode, encode, NO_HEAP } from '../../src/hdf5/elements.js';
import { decodeOddNumbers } from '../../src/hdf5/odd-numbers.js';
import { H5Array, H5Dict, H5File, indexes, readSync } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { h5py, oracleTest, runPython } from '../oracle/oracles.js';
import { expectAsH5py } from './compare.js';

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
afterAll(() => rmSync(folder, { recursive: true }));

const MAKE = `
import sys, h5py, numpy as np
from h5py import h5a, h5d, h5s, h5t
def put(where, name, tid, values, dtype):
    values = np.array(values, dtype)
    space = h5s.create_simple(values.shape) if values.shape else h5s.create(h5s.SCALAR)
    d = h5d.create(where.id, name, tid, space)
    d.write(h5s.ALL, h5s.ALL, values, mtype=tid)
with h5py.File(sys.argv[1], 'w') as f:
    put(f, b'b8', h5t.STD_B8LE, [0, 1, 255], 'u1')
    put(f, b'b16', h5t.STD_B16BE, [1, 2, 0x1234], '>u2')
    put(f, b'b32', h5t.STD_B32LE, [[1, 2**31]], '<u4')
    put(f, b'b64', h5t.STD_B64LE, [1, 2**63], '<u8')
    put(f, b'one', h5t.STD_B8LE, 5, 'u1')
    row = h5t.create(h5t.COMPOUND, 5)
    row.insert(b'flag', 0, h5t.STD_B8LE)
    row.insert(b'x', 1, h5t.STD_I32LE)
    put(f, b'rows', row, [(1, -1), (0, -2)], [('flag', 'u1'), ('x', '<i4')])
    a = h5a.create(f.id, b'bits', h5t.STD_B8LE, h5s.create(h5s.SCALAR))
    a.write(np.array(7, 'u1'), mtype=h5t.STD_B8LE)
`;

function check(path: string): void {
  expect(verifyStorage(new MemoryStorage(readFileSync(path)), { indexes }).problems).toEqual([]);
}

oracleTest('h5py', 'they are numbers, which can be changed', async () => {
  const path = join(folder, 'bits.h5');
  runPython(['-c', MAKE, path]);
  expect(readSync(path)).toEqual({
    b8: Uint8Array.of(0, 1, 255),
    b16: Uint16Array.of(1, 2, 0x1234),
    b32: [Uint32Array.of(1, 2 ** 31)],
    b64: BigUint64Array.of(1n, 2n ** 63n),
    bits: 7,
    one: 5,
    rows: [
      { flag: 1, x: -1 },
      { flag: 0, x: -2 },
    ],
  });
  {
    using file = H5File.open(path, 'r+');
    expect(file.dataset('b8').dtype).toBe('bitfield(1)');
    file.dataset('b8').write([2, 3, 4]);
    file.dataset('b16').write([7], [1]);
    file.dataset('rows').write({ flag: 1, x: 9 }, [1]);
    expect(() => file.dataset('b8').write([256, 0, 0])).toThrow(/256 does not fit/);
    const dict = H5Dict.of(file);
    expect([dict.get('one'), dict.get('bits')]).toEqual([5, 7]);
    dict.set('one', 6);
    const array = H5Array.of(file.dataset('b8'));
    expect([array.dtype, array.get(2)]).toEqual(['uint8', 4]);
    array.set([0], 9);
  }
  check(path);
  const theirs = await h5py(path);
  using file = H5File.open(path, 'r');
  expect(expectAsH5py(file, theirs)).toBe(7);
  expect(readSync(path)).toMatchObject({
    b8: Uint8Array.of(9, 3, 4),
    b16: Uint16Array.of(1, 7, 0x1234),
    one: 6,
  });
});

test('of some of their bits, the others are nothing', () => {
  const type = { class: 'bitfield', size: 2, bigEndian: false, bitOffset: 3, bitPrecision: 5 } as const;
  const { bytes } = encode(type, [31, 1], 2);
  expect([...bytes]).toEqual([31 << 3, 0, 8, 0]);
  expect(decode(type, Uint8Array.of(255, 255, 8, 0), 2, { ...NO_HEAP, numbers: decodeOddNumbers })).toEqual(
    Uint16Array.of(31, 1),
  );
  expect(() => encode(type, [1, 32], 2)).toThrow("element 1: 32 does not fit the dtype 'bitfield(2)'");
});
