import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { File, ready } from 'h5wasm/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { H5File, type H5Group, indexes } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, type H5pyFile, h5py, makeSamples, runPython } from '../oracle/oracles.js';
import { expectAsH5py } from './compare.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'h5pickle-read-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describeOracle('h5py', () => {
  let samples: Map<string, H5pyFile>;

  beforeAll(async () => {
    samples = await makeSamples(folder);
  });

  async function sample(variant: string, name: string) {
    const path = join(folder, variant, `${name}.h5`);
    return { file: H5File.open(await readFile(path)), expected: samples.get(path)! };
  }

  describe.each(['earliest', 'earliest-tracked', 'latest', 'latest-tracked'])(
    'files of libver %s',
    (variant) => {
      test('attributes of every type', async () => {
        const { file, expected } = await sample(variant, 'attributes');
        expect(expectAsH5py(file, expected)).toBe(9);
      });

      test('datasets of every type', async () => {
        const { file, expected } = await sample(variant, 'datasets');
        expect(expectAsH5py(file, expected)).toBeGreaterThan(60);
      });

      test('contiguous and compact layouts, and what was never written', async () => {
        const { file, expected } = await sample(variant, 'layouts');
        // Chunks are read elsewhere.
        const others = (path: string) => path === '/index' || path === '/filters';
        expect(expectAsH5py(file, expected, others)).toBe(5);
        expect(file.dataset('plain/never-written').value).toEqual(new Float32Array(5).fill(2.5));
      });

      test('links of every kind, and committed datatypes', async () => {
        const { file, expected } = await sample(variant, 'links');
        expectAsH5py(file, expected);
        expect(file.group('a/b/up/b/root/a').isSame(file.group('a'))).toBe(true);
        expect(file.dataset('soft/same dataset').isSame(file.dataset('a/shared'))).toBe(true);
        expect(file.get('dangling')).toBeUndefined();
        expect(file.get('type')?.toString()).toBe('<H5Datatype "/type": <f4>');
      });

      test('groups in groups, 64 deep', async () => {
        const { file, expected } = await sample(variant, 'deep');
        expect(expectAsH5py(file, expected)).toBe(65);
      });
    },
  );

  test.each([
    [8, 4],
    [4, 8],
    [4, 4],
  ])('addresses of %i bytes, lengths of %i', async (addresses, lengths) => {
    const path = join(folder, `sizes-${addresses}-${lengths}.h5`);
    const code = `
import sys, h5py, numpy as np
sizes = h5py.h5p.create(h5py.h5p.FILE_CREATE)
sizes.set_sizes(${addresses}, ${lengths})
f = h5py.File(h5py.h5f.create(sys.argv[1].encode(), h5py.h5f.ACC_TRUNC, sizes))
f['texts'] = ['a', 'bcd', 'hello world', ''] + ['many'] * 500
f.attrs['text'] = 'one'
rows = f.create_dataset('rows', (2,), dtype=h5py.vlen_dtype('i4'))
rows[:] = [np.array([1, 2, 3]), np.array([4])]
f['chunks'] = np.arange(60)
f.create_dataset('more', data=np.arange(60), chunks=(7,), compression=4)
for i in range(20): f.create_group('group/%d' % i)
f.close()`;
    runPython(['-c', code, path]);
    const bytes = await readFile(path);
    const file = H5File.open(bytes);
    expect(expectAsH5py(file, await h5py(bytes))).toBeGreaterThan(5);
    expect(verifyStorage(new MemoryStorage(bytes), { indexes }).problems).toEqual([]);
    const copy = H5File.open(undefined, 'w');
    copy.copy(file.dataset('more'), 'more');
    copy.copy(file.group('group'), 'group');
    if (addresses === 8) copy.copy(file.dataset('texts'), 'texts');
    else {
      for (const name of ['texts', 'rows', '/'])
        expect(() => copy.copy(file.get(name) as H5Group, 'copy')).toThrow(/addresses of 4 bytes.*h5repack/);
    }
    expectAsH5py(H5File.open(copy.toBytes()), await h5py(copy.toBytes()));
    expect([...copy.keys()]).toEqual(['more', 'group', ...(addresses === 8 ? ['texts'] : [])]);
  });

  test('an int64 as a number, where that is exact', async () => {
    const path = join(folder, 'latest', 'attributes.h5');
    const file = H5File.open(await readFile(path), 'r', { int64: 'number' });
    const { attrs } = file.group('little');
    expect(() => attrs.get('i8')).toThrow(/-9223372036854775808 is not exact.*int64: 'bigint'/);
    const tagged = file.group('compounds').attrs;
    expect(() => tagged.get('tagged')).toThrow(/4611686018427387904/);
  });
});

describeOracle('h5wasm', () => {
  test('files that it writes', async () => {
    await ready;
    const path = join(folder, 'h5wasm.h5');
    const written = new File(path, 'w');
    written.create_attribute('title', 'grün');
    written.create_attribute('numbers', new Float64Array([1, 2.5]));
    const group = written.create_group('group');
    group.create_dataset({ name: 'ints', data: new Int32Array([1, -2, 3, 4]), shape: [2, 2] });
    group.create_dataset({ name: 'texts', data: ['a', 'bb', 'ü🙂'] });
    written.close();
    const bytes = await readFile(path);
    const file = H5File.open(bytes);
    expectAsH5py(file, await h5py(bytes));
    expect(file.attrs.get('title')).toBe('grün');
    expect(file.dataset('group/ints').toArray()).toEqual([
      [1, -2],
      [3, 4],
    ]);
    expect(file.dataset('group/texts').value).toEqual(['a', 'bb', 'ü🙂']);
  });
});
