/** Files whose free space persists by HDF5's own means: who edits them after us is not misled by what these say. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { H5File, indexes } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, runPython } from '../oracle/oracles.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-file-space-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const python = (code: string, ...args: string[]): string => runPython(['-c', code, ...args]);

const MAKE = `
import sys, h5py, numpy as np
for strategy in 'fsm', 'page', 'aggregate', 'none':
    for persist in (True, False) if strategy in ('fsm', 'page') else (False,):
        for libver in 'earliest', 'latest':
            path = '%s/%s-%s-%s.h5' % (sys.argv[1], strategy, persist, libver)
            with h5py.File(path, 'w', libver=libver, fs_strategy=strategy, fs_persist=persist, fs_threshold=1) as f:
                f['a'] = np.arange(1000)
                f['b'] = np.arange(2000.)
                for i in range(50): f['g/%d' % i] = i
                del f['a']
                for i in range(0, 50, 2): del f['g/%d' % i]
`;

/** Edits each file, and reads all that it and others have put there. */
const EDIT = `
import sys, os, h5py, numpy as np
turn = int(sys.argv[2])
for name in sorted(os.listdir(sys.argv[1])):
    path = os.path.join(sys.argv[1], name)
    with h5py.File(path, 'r+') as f:
        f['theirs %d' % turn] = np.full(30000, turn)
        f['text %d' % turn] = 'text'
        del f['g/%d' % (2 * turn + 1)]
    with h5py.File(path, 'r') as f:
        assert (f['b'][:] == np.arange(2000.)).all(), name
        for i in range(turn + 1):
            assert (f['theirs %d' % i][:] == i).all() and (f['ours %d' % i][:] == 7 + i).all(), name
            assert f['text %d' % i][()] == b'text' and f['made %d' % i].attrs['x'] == i, name
        assert len(f['g']) == 25 - 2 * (turn + 1), name
`;

/** Files in which nothing is free, although that would persist. */
const MAKE_FULL = `
import sys, h5py
for strategy in 'fsm', 'page':
    for libver in 'earliest', 'latest', None:
        for count in 0, 1:
            path = '%s/full-%s-%s-%d.h5' % (sys.argv[1], strategy, libver, count)
            with h5py.File(path, 'w', libver=libver, fs_strategy=strategy, fs_persist=True) as f:
                for i in range(count): f['a'] = range(10)
`;
const EDIT_FULL = `
import sys, h5py
for path in sys.argv[1:]:
    with h5py.File(path, 'r+') as f:
        for i in range(5): f['theirs%d' % i] = [-1] * 1000
    with h5py.File(path, 'r') as f:
        assert all((f['ours%d' % i][:] == i).all() and (f['theirs%d' % i][:] == -1).all() for i in range(5)), path
`;

describeOracle('h5py', () => {
  test('also those in which nothing is free', () => {
    const own = mkdtempSync(join(folder, 'full-'));
    runPython(['-c', MAKE_FULL, own]);
    const paths = readdirSync(own).map((name) => join(own, name));
    expect(paths).toHaveLength(12);
    for (const path of paths) {
      const file = H5File.open(path, 'r+');
      for (let i = 0; i < 5; i++) file.createDataset(`ours${i}`, { data: new Int32Array(1000).fill(i) });
      file.close();
    }
    runPython(['-c', EDIT_FULL, ...paths]);
    for (const path of paths)
      expect(verifyStorage(new MemoryStorage(readFileSync(path))).problems, path).toEqual([]);
    rmSync(own, { recursive: true });
  });

  test('and we edit them in turns', () => {
    runPython(['-c', MAKE, folder]);
    const paths = readdirSync(folder).map((name) => join(folder, name));
    expect(paths).toHaveLength(12);
    for (const turn of [0, 1, 2]) {
      for (const path of paths) {
        const file = H5File.open(path, 'r+');
        file.createDataset(`ours ${turn}`, { data: new Float64Array(5000).fill(7 + turn) });
        file.createGroup(`made ${turn}`).attrs.set('x', turn);
        // Those that h5py deletes stand between.
        file.delete(`g/${49 - 2 * turn}`);
        file.close();
        expect(verifyStorage(new MemoryStorage(readFileSync(path))).problems, path).toEqual([]);
      }
      runPython(['-c', EDIT, folder, String(turn)]);
    }
  });

  test('a file that is opened, and not changed, stays as it is', () => {
    runPython(['-c', MAKE, folder]);
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const before = readFileSync(path);
      const file = H5File.open(path, 'r+');
      file.commit();
      file.close();
      expect(Buffer.compare(readFileSync(path), before), name).toBe(0);
    }
  });

  test.each([0, 2])(
    'nodes of old groups of other sizes than usual are given back as they are: superblock %i',
    (version) => {
      const own = mkdtempSync(join(folder, 'nodes-'));
      const path = join(own, 'a.h5');
      // What is not as usual is in the superblock, or in its extension.
      python(
        `
import sys, ctypes, h5py
from h5py import h5f, h5p
with open('/proc/self/maps') as maps:
    names = [line.split(None, 5)[-1].strip() for line in maps]
name = next(n for n in names if '/libhdf5_serial.so' in n or '/libhdf5.so' in n or '/libhdf5-' in n)
sizes = h5p.create(h5p.FILE_CREATE)
ctypes.CDLL(name).H5Pset_sym_k(ctypes.c_int64(sizes.id), ctypes.c_uint(2), ctypes.c_uint(1))
if ${version}: sizes.set_file_space_strategy(h5f.FSPACE_STRATEGY_AGGR, False, 1)
with h5py.File(h5f.create(sys.argv[1].encode(), h5f.ACC_TRUNC, sizes)) as f:
    for i in range(20): f.create_group('groups/%d' % i)
    for i in range(20): f['groups/%d' % (i // 2)].create_group(str(i))`,
        path,
      );
      expect(readFileSync(path)[8]).toBe(version);
      // The HDF5 library leaves some bytes that nothing uses.
      const before = verifyStorage(new MemoryStorage(readFileSync(path)), { indexes });
      expect(before.problems).toEqual([]);
      {
        using file = H5File.open(path, 'r+');
        for (let i = 0; i < 20; i += 3)
          file.createGroup(`groups/${i}/new`).attrs.set('text', 'text '.repeat(50));
        file.commit();
        file.delete('groups/12');
        file.commit();
        file.createDataset('numbers', { data: new Float64Array(200).fill(7) });
      }
      const { problems, bytes } = verifyStorage(new MemoryStorage(readFileSync(path)), { indexes });
      expect([problems, bytes.leaked]).toEqual([[], before.bytes.leaked]);
      const names = python(
        'import sys, h5py; names = []; h5py.File(sys.argv[1]).visit(names.append); print(len(names))',
        path,
      );
      expect(Number(names)).toBe(1 + 19 + 20 + 6 + 1);
      rmSync(own, { recursive: true });
    },
  );

  test('empty texts and sequences, which it gives objects of the heap, are given back', () => {
    const own = mkdtempSync(join(folder, 'empty-'));
    const path = join(own, 'a.h5');
    python(
      `
import sys, h5py, numpy as np
with h5py.File(sys.argv[1], 'w', libver='latest') as f:
    texts = ['', 'a', ''] * 500
    f['texts'] = texts
    f['written'] = texts
    f.create_dataset('chunks', data=texts, dtype=h5py.string_dtype(), chunks=(100,), maxshape=(None,))
    rows = f.create_dataset('rows', (100,), dtype=h5py.vlen_dtype('i4'))
    for i in range(100): rows[i] = np.arange(i % 3)
    f.attrs['texts'] = texts
    pairs = np.zeros(3, np.dtype([('a', h5py.string_dtype()), ('b', 'i4')]))
    pairs['a'] = ['', '', 'c']
    f['pairs'] = pairs`,
      path,
    );
    const before = verifyStorage(new MemoryStorage(readFileSync(path)), { indexes });
    {
      using file = H5File.open(path, 'r+');
      for (const name of ['texts', 'rows', 'pairs']) file.delete(name);
      file.attrs.delete('texts');
      file.dataset('written').write('other');
      file.dataset('chunks').resize([0]);
    }
    const { problems, notes, bytes } = verifyStorage(new MemoryStorage(readFileSync(path)), { indexes });
    expect([problems, notes, bytes.leaked]).toEqual([[], [], before.bytes.leaked]);
    const read = python("import sys, h5py; print(set(h5py.File(sys.argv[1])['written'][:]))", path);
    expect(read.trim()).toBe("{b'other'}");
    rmSync(own, { recursive: true });
  });
});
