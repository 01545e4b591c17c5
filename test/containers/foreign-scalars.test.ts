/** Scalar datasets of other programs, which a dict sets: there they are looked for, with their attributes. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { H5Dict, indexes } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { oracleTest, runPython } from '../oracle/oracles.js';

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
afterAll(() => rmSync(folder, { recursive: true }));

function python(path: string, code: string): string {
  const all = `import h5py, json, sys\nimport numpy as np\nf = h5py.File(sys.argv[1], sys.argv[2])\n${code}`;
  return runPython(['-c', all, path, code.startsWith('print') ? 'r' : 'w']);
}

const MAKE = `
f['int64'] = 5
f['int64'].attrs['unit'] = 'm'
f['double'] = 1.5
f['single'] = np.float32(1.5)
f['text'] = 'abc'
f['flag'] = True
f['byte'] = np.int8(3)
f['fixed'] = np.bytes_(b'abc')
f['uint64'] = np.uint64(7)
f.close()`;

const SHOW = `print(json.dumps([
  {k: [f[k].asstr()[()] if f[k].dtype.kind in 'OS' else f[k][()].item(), str(f[k].dtype)] for k in f},
  {k: v if isinstance(v, str) else v.item() for k, v in f.attrs.items()},
  dict(f['int64'].attrs) if 'int64' in f else None]))`;

oracleTest('h5py', 'stay datasets as far as they can hold what is set', () => {
  const path = join(folder, 'scalars.h5');
  python(path, MAKE);
  const values = {
    byte: 4,
    double: 6,
    fixed: 'xyz',
    flag: false,
    int64: 6n,
    single: 2.5,
    text: 'a longer text, ä',
    uint64: 2n ** 63n,
  };
  {
    using dict = H5Dict.open(path, { mode: 'r+' });
    for (const [key, value] of Object.entries(values)) dict.set(key, value);
    expect(dict.toObject()).toEqual(values);
  }
  const [datasets, attributes, units] = JSON.parse(python(path, SHOW)) as unknown[];
  expect(datasets).toEqual({
    byte: [4, 'int8'],
    double: [6, 'float64'],
    fixed: ['xyz', '|S3'],
    flag: [false, 'bool'],
    int64: [6, 'int64'],
    single: [2.5, 'float32'],
    text: ['a longer text, ä', 'object'],
    uint64: [2 ** 63, 'uint64'],
  });
  expect([attributes, units]).toEqual([{}, { unit: 'm' }]);
  expect(verifyStorage(new MemoryStorage(readFileSync(path)), { indexes }).problems).toEqual([]);
});

oracleTest('h5py', 'become something else where they cannot, so that what is got is what was set', () => {
  const path = join(folder, 'others.h5');
  python(path, MAKE);
  const others = { byte: 1000, fixed: 'too long', int64: 7, single: 0.1, text: 5 };
  using dict = H5Dict.open(path, { mode: 'r+' });
  for (const [key, value] of Object.entries(others)) dict.set(key, value);
  expect(dict.toObject()).toEqual({ ...others, double: 1.5, flag: true, uint64: 7n });
  dict.commit();
  const [datasets, attributes] = JSON.parse(python(path, SHOW)) as unknown[];
  expect(Object.keys(datasets as object)).toEqual(['double', 'flag', 'uint64']);
  expect(attributes).toEqual(others);
});
