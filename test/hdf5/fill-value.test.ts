import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type H5Dataset, H5File, H5TypeError, indexes } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, runPython } from '../oracle/oracles.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-fill-value-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MAKE = `
import sys, h5py, numpy
with h5py.File(sys.argv[1], 'w', libver=sys.argv[2]) as f:
    f.create_dataset('chunked', data=numpy.arange(20), chunks=(20,), maxshape=(None,), fillvalue=1)
    f.create_dataset('whole', shape=(1000,), dtype='i4', fillvalue=3)
    large = h5py.h5t.C_S1.copy()
    large.set_size(2**32 - 5)
    h5py.h5d.create(f.id, b'large', large, h5py.h5s.create_simple((2,)))
`;
/** Makes the fill value message of a dataset one of another version, which says otherwise whether there is one. */
const PATCH = `
import sys, struct, h5py
path, version, defined, size = sys.argv[1], *map(int, sys.argv[2:])
with h5py.File(path, 'w', libver='earliest') as f:
    f.create_dataset('a', shape=(3,), dtype='i4', fillvalue=0x11223344, chunks=(3,))
with open(path, 'rb') as f: data = bytearray(f.read())
at = data.index(struct.pack('<ii', 4, 0x11223344)) - 4
assert data[at] == 2
data[at], data[at + 3], data[at + 4:at + 8] = version, defined, struct.pack('<i', size)
# The message of version 0, which says the same.
old = data.index(struct.pack('<ii', 4, 0x11223344), at + 8)
data[old:old + 8] = bytes(8)
with open(path, 'wb') as f: f.write(data)
with h5py.File(path, 'r') as f:
    try: print(f['a'].fillvalue)
    except RuntimeError: print(0)
`;
const READ = `
import sys, json, h5py
with h5py.File(sys.argv[1], 'r') as f: print(json.dumps([f['chunked'][20:].tolist(), f['whole'][:].tolist()]))
`;

describeOracle('h5py', () => {
  test.each(['earliest', 'latest'])(
    'what a header said stays as it was when the header is written again: %s',
    (libver) => {
      const path = join(folder, `${libver}.h5`);
      runPython(['-c', MAKE, path, libver]);
      const file = H5File.open(path, 'r+');
      const chunked = file.dataset<BigInt64Array>('chunked');
      const whole = file.dataset<Int32Array>('whole');
      const expected = { chunked: [] as number[], whole: new Array<number>(1000).fill(3) };
      for (let k = 1; k < 8; k++) {
        chunked.resize([20 + 20 * k]);
        whole.attrs.set(`k${k}`, 'some text'.repeat(k));
        file.commit();
        chunked.write([7n], [[20 * k + 5, 20 * k + 6]]);
        if (k > 3) {
          whole.write(k, [[k, k + 1]]);
          expected.whole[k] = k;
        }
        file.commit();
        expected.chunked.push(...Array.from({ length: 20 }, (_, i) => (i === 5 ? 7 : 1)));
        expect([chunked.fillValue, whole.fillValue]).toEqual([1n, 3]);
        expect(Array.from(chunked.value.subarray(20), Number)).toEqual(expected.chunked);
      }
      file.close();
      const found = JSON.parse(runPython(['-c', READ, path])) as unknown;
      expect(found).toEqual([expected.chunked, expected.whole]);
    },
  );

  test.each(
    [1, 2].flatMap((version) =>
      [0, 1].flatMap((defined) => [4, 0, -1].map((size) => [version, defined, size] as const)),
    ),
  )('a message of version %i that says defined: %i, of a size of %i', (...message) => {
    const path = join(folder, `${message.join(' ')}.h5`);
    const theirs = runPython(['-c', PATCH, path, ...message.map(String)]);
    const dataset = H5File.open(path).dataset<Int32Array>('a');
    expect(dataset.fillValue).toBe(Number(theirs));
    expect(dataset.value).toEqual(new Int32Array(3).fill(Number(theirs)));
  });

  test('a text: elements that have their space are written, and it stays', () => {
    const path = join(folder, 'text.h5');
    const make = `
import sys, ctypes, h5py
with open('/proc/self/maps') as maps:
    names = [line.split(None, 5)[-1].strip() for line in maps]
lib = ctypes.CDLL(next(n for n in names if '/libhdf5_serial.so' in n or '/libhdf5.so' in n or '/libhdf5-' in n))
text = h5py.h5t.py_create(h5py.string_dtype(), logical=True)
plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
value = ctypes.c_char_p(b'none')
assert lib.H5Pset_fill_value(ctypes.c_int64(plist.id), ctypes.c_int64(text.id), ctypes.byref(value)) >= 0
with h5py.File(sys.argv[1], 'w', libver='latest') as f:
    for name in b'texts', b'never': h5py.h5d.create(f.id, name, text, h5py.h5s.create_simple((5,)), plist)
    f['texts'][0] = 'a'
    plist.set_chunk((3,))
    h5py.h5d.create(f.id, b'chunked', text, h5py.h5s.create_simple((8,), (h5py.h5s.UNLIMITED,)), plist)
    f['chunked'][4] = 'x'`;
    runPython(['-c', make, path]);
    {
      using file = H5File.open(path, 'r+');
      const texts = file.dataset('texts');
      expect(texts.value).toEqual(['a', 'none', 'none', 'none', 'none']);
      texts.write('b', [[1, 3]]);
      file.commit();
      texts.write(['c', 'none'], [[0, 2]]);
      file.dataset('chunked').write('y', [6]);
    }
    const read = `
import sys, h5py
with h5py.File(sys.argv[1], 'r+') as f:
    print(*[t.decode() for t in f['texts'][:]], *[t.decode() for t in f['never'][:]])
    f['never'][4] = 'd'
    print(*[t.decode() for t in f['never'][:]])`;
    const [first, second] = runPython(['-c', read, path]).split('\n');
    expect(first).toBe('c none b none none none none none none none');
    expect(second).toBe('none none none none d');
    expect(verifyStorage(new MemoryStorage(readFileSync(path)), { indexes }).problems).toEqual([]);

    // Copies have one of their own, in this file, in another, and in that which compact makes.
    const other = join(folder, 'copied-text.h5');
    {
      using file = H5File.open(path, 'r+');
      file.copy('chunked', 'copy');
      expect(file.dataset('copy').value).toEqual(file.dataset('chunked').value);
      file.commit();
      expect(file.dataset('copy').fillValue).toBe('none');
      using target = H5File.open(other, 'w');
      for (const name of file.keys()) target.copy(file.get(name) as H5Dataset, name);
      expect(target.dataset('never').value).toEqual(['none', 'none', 'none', 'none', 'd']);
      file.compact();
      file.delete('chunked');
    }
    const copies = `
import sys, h5py
for path in sys.argv[1:]:
    with h5py.File(path, 'r+') as f:
        print(*[t.decode() for t in f['copy'][:]])
        f['copy'].resize((10,))
        print(*[t.decode() for t in f['copy'][8:]], *[t.decode() for t in f['texts'][:]])`;
    const lines = runPython(['-c', copies, path, other]).trim().split('\n');
    const expected = ['none none none none x none y none', 'none none c none b none none'];
    expect(lines).toEqual([...expected, ...expected]);
    for (const each of [path, other])
      expect(verifyStorage(new MemoryStorage(readFileSync(each)), { indexes }).problems).toEqual([]);
  });

  test('what is written in part for the first time by h5py is zeros else, whatever stood there', () => {
    const path = join(folder, 'part.h5');
    {
      using file = H5File.open(path, 'w');
      file.createDataset('deleted', { data: new Float64Array(3000).fill(7) });
    }
    {
      using file = H5File.open(path, 'r+');
      file.createDataset('rows', { shape: [40], dtype: { vlen: 'i4' } });
      file.createDataset('numbers', { shape: [400], dtype: 'i4' });
      file.createDataset('copied', { shape: [40], dtype: 'str' });
      file.copy('copied', 'copy');
      // What is free stands in the tail of the file, behind all else: there h5py puts what is new.
      for (let i = 0; i < 30; i++) file.createGroup(`group ${i}`);
      file.commit();
      for (let i = 0; i < 30; i += 2) file.delete(`group ${i}`);
      file.delete('deleted');
    }
    const code = `
import sys, h5py, numpy as np
with h5py.File(sys.argv[1], 'r+') as f:
    f['rows'][0] = np.arange(3, dtype='i4')
    f['numbers'][0] = 7
    f['copy'][1] = 'text'
with h5py.File(sys.argv[1]) as f:
    print([len(row) for row in f['rows']][:3], sum(f['numbers'][:]), f['copy'][:3].tolist())`;
    const read = runPython(['-c', code, path]);
    expect(read.trim()).toBe("[3, 0, 0] 7 [b'', b'text', b'']");
  });

  test('one of gigabytes is not made', () => {
    const path = join(folder, 'large.h5');
    runPython(['-c', MAKE, path, 'latest']);
    using file = H5File.open(readFileSync(path));
    expect(() => file.dataset('large').fillValue).toThrow(H5TypeError);
    expect(() => file.dataset('large').value).toThrow(/too many to be made at once/);
  });
});
