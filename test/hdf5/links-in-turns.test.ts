/** Links that h5py removes from groups of ours, in which some lead to the group itself. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { H5File } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, runPython } from '../oracle/oracles.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-links-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const REMOVE = `
import sys, h5py
with h5py.File(sys.argv[1], 'r+') as f:
    g = f[sys.argv[2]]
    for name in sys.argv[3:]: del g[name]
    print(*sorted(g))
`;

describeOracle('h5py', () => {
  const others = ['a', 'b', 'c', 'd'];

  test.each([
    ['at once', '/', false, ['self']],
    ['at once', 'g', false, ['self']],
    ['bit by bit', '/', true, ['self']],
    ['bit by bit', 'g', true, ['self']],
    ['with others', 'g', true, ['a', 'self', 'b']],
  ])('made %s in %s', (_, where, isCommitted, removed) => {
    const path = join(folder, 'self.h5');
    const file = H5File.open(path, 'w');
    const group = where === '/' ? file : file.createGroup(where);
    group.link('self', group);
    for (const name of others) {
      if (isCommitted) file.commit();
      group.createDataset(name, { data: [1] });
    }
    file.close();
    const left = runPython(['-c', REMOVE, path, where, ...removed]);
    const expected = others.filter((name) => !removed.includes(name));
    expect(left.trim().split(' ')).toEqual(expected);
    expect(verifyStorage(new MemoryStorage(readFileSync(path))).problems).toEqual([]);
    const again = H5File.open(path, 'r+');
    expect([...again.group(where).keys()]).toEqual(expected);
    again.close();
  });

  test('user-defined ones stay, and nothing else gets their names', () => {
    const path = join(folder, 'user-defined.h5');
    const code = `
import sys, ctypes as C, h5py
with open('/proc/self/maps') as maps:
    names = [line.split(None, 5)[-1].strip() for line in maps]
lib = C.CDLL(next(n for n in names if '/libhdf5_serial.so' in n or '/libhdf5.so' in n or '/libhdf5-' in n))
traverse = C.CFUNCTYPE(C.c_int64, C.c_char_p, C.c_int64, C.c_void_p, C.c_size_t, C.c_int64, C.c_int64)(lambda *a: -1)
class Class(C.Structure):
    _fields_ = [('version', C.c_int), ('id', C.c_int), ('comment', C.c_char_p)] + [
        (n, C.c_void_p) for n in ('create', 'move', 'copy', 'traverse', 'delete', 'query')]
own = Class(1, 187, b'own', None, None, None, C.cast(traverse, C.c_void_p), None, None)
assert lib.H5Lregister(C.byref(own)) >= 0
with h5py.File(sys.argv[1], 'w', libver='latest') as f:
    g = f.create_group('g')
    g.create_group('a')
    assert lib.H5Lcreate_ud(C.c_int64(g.id.id), b'own', C.c_int(187), b'data', C.c_size_t(4), C.c_int64(0), C.c_int64(0)) >= 0`;
    runPython(['-c', code, path]);
    {
      using file = H5File.open(path, 'r+');
      expect(() => file.createGroup('g/own')).toThrow(/"own" is a link of a kind.*another name/);
      expect(() => file.move('g/a', 'g/own')).toThrow(/another name/);
      file.createGroup('g/b');
    }
    const list = "import sys, h5py; print(sorted(h5py.File(sys.argv[1])['g'].id))";
    const names = runPython(['-c', list, path]);
    expect(names.trim()).toBe("[b'a', b'b', b'own']");
    expect(verifyStorage(new MemoryStorage(readFileSync(path))).problems).toEqual([]);
  });
});
