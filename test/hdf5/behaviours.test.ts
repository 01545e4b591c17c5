import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { H5Dataset } from '../../src/hdf5/h5-dataset.js';
import { H5Group } from '../../src/hdf5/h5-group.js';
import { H5File } from '../../src/node.js';
import { describeOracle } from '../oracle/oracles.js';
import { runPython } from '../oracle/python.js';

interface Case {
  /** What h5py is asked: sets `r`. */
  readonly code: string;
  /** The same of ours. */
  readonly ours: (file: H5File) => unknown;
  /** Why the answers differ, where they do, and what ours is: a value, or 'error'. */
  readonly differs?: readonly [reason: string, ours: unknown];
}

/** What users of h5py expect of each call. */
const CASES: Record<string, Case> = {
  // ---- files
  'a new file is open': { code: 'r = bool(f)', ours: (f) => f.isOpen },
  'a closed file is not': {
    code: 'f.close(); r = bool(f)',
    ours: (f) => {
      f.close();
      return f.isOpen;
    },
  },
  'a file for writing has the mode r+': { code: 'r = f.mode', ours: (f) => f.mode },
  'the name of the root': { code: 'r = f.name', ours: (f) => f.path },
  'the root is its own parent': { code: 'r = f.parent.name', ours: (f) => f.parent.path },
  'use after close': {
    code: 'f.close(); f["a"]',
    ours: (f) => {
      f.close();
      return f.group('a');
    },
  },
  'closing twice': {
    code: 'f.close(); f.close(); r = 1',
    ours: (f) => {
      f.close();
      f.close();
      return 1;
    },
  },

  // ---- groups
  'create_group returns it': { code: 'r = f.create_group("a").name', ours: (f) => f.createGroup('a').path },
  'create_group makes those between': {
    code: 'f.create_group("a/b/c"); r = "a/b" in f',
    ours: (f) => {
      f.createGroup('a/b/c');
      return f.has('a/b');
    },
  },
  'create_group with an absolute path': {
    code: 'r = f.create_group("a").create_group("/b").name',
    ours: (f) => f.createGroup('a').createGroup('/b').path,
  },
  'create_group of what exists': {
    code: 'f.create_group("a"); f.create_group("a")',
    ours: (f) => {
      f.createGroup('a');
      f.createGroup('a');
    },
  },
  'create_group without a name': {
    code: 'r = f.create_group(None).name',
    ours: () => {
      throw new Error('no such call');
    },
    differs: ['an object without a name is lost when its handle is, so there is no call for it', 'error'],
  },
  'create_group with an empty name': { code: 'f.create_group("")', ours: (f) => f.createGroup('') },
  'require_group of what exists': {
    code: 'f.create_group("a/x"); r = list(f.require_group("a"))',
    ours: (f) => {
      f.createGroup('a/x');
      return [...f.requireGroup('a').keys()];
    },
  },
  'require_group of a dataset': {
    code: 'f["a"] = 1; f.require_group("a")',
    ours: (f) => {
      f.createDataset('a', { data: 1 });
      f.requireGroup('a');
    },
  },
  'getting what is not there': { code: 'f["a"]', ours: (f) => f.group('a') },
  'get with a default': { code: 'r = f.get("a")', ours: (f) => f.get('a') ?? null },
  in: { code: 'r = "a" in f', ours: (f) => f.has('a') },
  'the root is in itself': { code: 'r = "/" in f', ours: (f) => f.has('/') },
  'a path through what is not there is not in': { code: 'r = "a/b" in f', ours: (f) => f.has('a/b') },
  'a soft link that dangles is in': {
    code: 'f["s"] = h5py.SoftLink("/no"); r = "s" in f',
    ours: (f) => {
      f.softLink('s', '/no');
      return f.has('s');
    },
  },
  len: {
    code: 'f.create_group("a"); f["b"] = h5py.SoftLink("/no"); r = len(f)',
    ours: (f) => {
      f.createGroup('a');
      f.softLink('b', '/no');
      return f.size;
    },
  },
  'the order of keys is that of creation': {
    code: 'for n in "cab": f.create_group("g/" + n) if n != "c" else f.create_group("g", track_order=True).create_group(n)\nr = list(f["g"])',
    ours: (f) => {
      for (const name of 'cab') f.createGroup(`g/${name}`);
      return [...f.group('g').keys()];
    },
  },
  deleting: {
    code: 'f.create_group("a"); del f["a"]; r = "a" in f',
    ours: (f) => {
      f.createGroup('a');
      f.delete('a');
      return f.has('a');
    },
  },
  'deleting what is not there': {
    code: 'del f["a"]',
    ours: (f) => f.delete('a'),
    differs: ["as JavaScript's Map: false", false],
  },
  'deleting one of two links leaves the object': {
    code: 'a = f.create_group("a"); f["b"] = a; del f["a"]; a.attrs["x"] = 1; r = f["b"].attrs["x"]',
    ours: (f) => {
      const a = f.createGroup('a');
      f.link('b', a);
      f.delete('a');
      a.attrs.set('x', 1);
      return f.group('b').attrs.get('x');
    },
  },
  'a hard link is the same object': {
    code: 'a = f.create_group("a"); f["b"] = a; r = f["a"] == f["b"]',
    ours: (f) => {
      f.link('b', f.createGroup('a'));
      return f.group('a').isSame(f.group('b'));
    },
  },
  'a link over an existing name': {
    code: 'a = f.create_group("a"); f.create_group("b"); f["b"] = a',
    ours: (f) => {
      const a = f.createGroup('a');
      f.createGroup('b');
      f.link('b', a);
    },
  },
  'a soft link is followed': {
    code: 'f.create_group("a/x"); f["s"] = h5py.SoftLink("/a"); r = list(f["s"])',
    ours: (f) => {
      f.createGroup('a/x');
      f.softLink('s', '/a');
      return [...f.group('s').keys()];
    },
  },
  'a soft link counts from its group': {
    code: 'f.create_group("a/x"); f["a/s"] = h5py.SoftLink("x"); r = f["a/s"] == f["a/x"]',
    ours: (f) => {
      f.createGroup('a/x');
      f.softLink('a/s', 'x');
      return f.group('a/s').isSame(f.group('a/x'));
    },
  },
  'a soft link that dangles': {
    code: 'f["s"] = h5py.SoftLink("/no"); f["s"]',
    ours: (f) => {
      f.softLink('s', '/no');
      return f.group('s');
    },
  },
  move: {
    code: 'f.create_group("a/x"); f.move("a", "b/c"); r = [list(f), list(f["b/c"])]',
    ours: (f) => {
      f.createGroup('a/x');
      f.move('a', 'b/c');
      return [[...f.keys()], [...f.group('b/c').keys()]];
    },
  },
  'move onto what exists': {
    code: 'f.create_group("a"); f.create_group("b"); f.move("a", "b")',
    ours: (f) => {
      f.createGroup('a');
      f.createGroup('b');
      f.move('a', 'b');
    },
  },
  'move of what is not there': { code: 'f.move("a", "b")', ours: (f) => f.move('a', 'b') },
  'copy is deep': {
    code: 'f.create_group("a/x").attrs["n"] = 1; f.copy("a", "b"); f["a/x"].attrs["n"] = 2; r = f["b/x"].attrs["n"]',
    ours: (f) => {
      f.createGroup('a/x').attrs.set('n', 1);
      f.copy('a', 'b');
      f.group('a/x').attrs.set('n', 2);
      return f.group('b/x').attrs.get('n');
    },
  },
  'copy onto what exists': {
    code: 'f.create_group("a"); f.create_group("b"); f.copy("a", "b"); r = list(f["b"])',
    ours: (f) => {
      f.createGroup('a');
      f.createGroup('b');
      f.copy('a', 'b');
    },
  },
  'visit goes depth first, each object once': {
    code: 'f.create_group("a/b/c"); f.create_group("d"); f["a/again"] = f["d"]; r = []; f.visit(lambda n: r.append(n))',
    ours: (f) => {
      f.createGroup('a/b/c');
      f.createGroup('d');
      f.link('a/again', f.group('d'));
      const names: string[] = [];
      f.visit((path) => void names.push(path));
      return names;
    },
    differs: ['h5py goes by name, ours in the order of creation', ['a', 'a/b', 'a/b/c', 'a/again']],
  },
  'visit ends with what is returned': {
    code: 'f.create_group("a/b"); r = f.visit(lambda n: n if n == "a/b" else None)',
    ours: (f) => {
      f.createGroup('a/b');
      return f.visit((path) => (path === 'a/b' ? path : undefined));
    },
  },

  // ---- attributes
  'an attribute is set over another of another type': {
    code: 'f.attrs["a"] = 1; f.attrs["a"] = "text"; r = f.attrs["a"]',
    ours: (f) => f.attrs.set('a', 1).set('a', 'text').get('a'),
  },
  'getting an attribute that is not there': {
    code: 'f.attrs["a"]',
    ours: (f) => f.attrs.get('a') ?? null,
    differs: ["as JavaScript's Map: undefined", null],
  },
  'deleting an attribute that is not there': {
    code: 'del f.attrs["a"]',
    ours: (f) => f.attrs.delete('a'),
    differs: ["as JavaScript's Map: false", false],
  },
  'attributes in order': {
    code: 'g = f.create_group("g", track_order=True)\nfor n in "cab": g.attrs[n] = n\nr = list(g.attrs)',
    ours: (f) => {
      const { attrs } = f.createGroup('g');
      for (const name of 'cab') attrs.set(name, name);
      return [...attrs.keys()];
    },
  },
  'len of attributes': { code: 'f.attrs["a"] = 1; r = len(f.attrs)', ours: (f) => f.attrs.set('a', 1).size },
  'an empty attribute': {
    code: 'f.attrs["a"] = h5py.Empty("f8"); r = f.attrs["a"]',
    ours: (f) => f.attrs.set('a', null).get('a'),
  },
  'an array as an attribute': {
    code: 'f.attrs["a"] = [1.5, 2]; r = f.attrs["a"]',
    ours: (f) => f.attrs.set('a', [1.5, 2]).get('a'),
  },
  'an attribute with an empty name': {
    code: 'f.attrs[""] = 1; r = f.attrs[""]',
    ours: (f) => f.attrs.set('', 1),
  },

  // ---- datasets
  'the shape follows from the data': {
    code: 'r = f.create_dataset("d", data=[[1, 2], [3, 4]]).shape',
    ours: (f) =>
      f.createDataset('d', {
        data: [
          [1, 2],
          [3, 4],
        ],
      }).shape,
  },
  'a scalar': {
    code: 'f["d"] = 5; r = [f["d"].shape, f["d"][()]]',
    ours: (f) => [f.createDataset('d', { data: 5 }).shape, f.dataset('d').value],
  },
  'an empty dataset': {
    code: 'f["d"] = h5py.Empty("f8"); r = f["d"].shape',
    ours: (f) => f.createDataset('d', { data: null }).shape,
  },
  'without data it is zeros': {
    code: 'r = f.create_dataset("d", (2, 2), "i4")[:]',
    ours: (f) => f.createDataset('d', { shape: [2, 2], dtype: 'i4' }).toArray(),
  },
  'neither data, nor a shape, nor a dtype': {
    code: 'f.create_dataset("d")',
    ours: (f) => f.createDataset('d', {}),
  },
  'a dtype alone': {
    code: 'r = f.create_dataset("d", dtype="i4").shape',
    ours: (f) => f.createDataset('d', { dtype: 'i4' }).shape,
  },
  'data that do not have the shape': {
    code: 'f.create_dataset("d", (3,), data=[1, 2])',
    ours: (f) => f.createDataset('d', { shape: [3], data: [1, 2] }),
  },
  'a dataset of what exists': {
    code: 'f["d"] = 1; f["d"] = 2',
    ours: (f) => {
      f.createDataset('d', { data: 1 });
      f.createDataset('d', { data: 2 });
    },
  },
  'size and ndim': {
    code: 'd = f.create_dataset("d", (2, 3)); r = [d.size, d.ndim, d.nbytes]',
    ours: (f) => {
      const d = f.createDataset('d', { shape: [2, 3], dtype: 'f4' });
      return [d.size, d.ndim, d.nbytes];
    },
  },
  'a slice': {
    code: 'f["d"] = np.arange(10); r = f["d"][2:5]',
    ours: (f) => f.createDataset('d', { data: Array.from({ length: 10 }, (_, i) => i) }).read([[2, 5]]),
  },
  'a slice with a step': {
    code: 'f["d"] = np.arange(10); r = f["d"][1:9:3]',
    ours: (f) => f.createDataset('d', { data: Array.from({ length: 10 }, (_, i) => i) }).read([[1, 9, 3]]),
  },
  'a negative index': {
    code: 'f["d"] = np.arange(10); r = f["d"][-2]',
    ours: (f) => f.createDataset('d', { data: Array.from({ length: 10 }, (_, i) => i) }).at(-2),
  },
  'an index out of range': {
    code: 'f["d"] = np.arange(10); f["d"][10]',
    ours: (f) => f.createDataset('d', { data: Array.from({ length: 10 }, (_, i) => i) }).at(10),
  },
  'a slice out of range is cut': {
    code: 'f["d"] = np.arange(3); r = f["d"][1:99]',
    ours: (f) => f.createDataset('d', { data: [0, 1, 2] }).read([[1, 99]]),
  },
  'a list of indices': {
    code: 'f["d"] = np.arange(10); r = f["d"][[1, 4, 7]]',
    ours: (f) =>
      f.createDataset('d', { data: Array.from({ length: 10 }, (_, i) => i) }).read([[1, 4, 7] as never]),
    differs: ['three numbers are [start, stop, step]; a list of indices is a typed array', [1]],
  },
  'a boolean mask': {
    code: 'f["d"] = np.arange(4); r = f["d"][np.array([True, False, False, True])]',
    ours: (f) => f.createDataset('d', { data: [0, 1, 2, 3] }).read({ mask: [true, false, false, true] }),
  },
  'writing a part': {
    code: 'd = f.create_dataset("d", (4,), "i4"); d[1:3] = [7, 8]; r = d[:]',
    ours: (f) => {
      const d = f.createDataset('d', { shape: [4], dtype: 'i4' });
      d.write([7, 8], [[1, 3]]);
      return d.value;
    },
  },
  'writing one value to all': {
    code: 'd = f.create_dataset("d", (2, 2), "i4"); d[...] = 5; r = d[:]',
    ours: (f) => {
      const d = f.createDataset('d', { shape: [2, 2], dtype: 'i4' });
      d.write(5);
      return d.toArray();
    },
  },
  'writing one row to all': {
    code: 'd = f.create_dataset("d", (2, 3), "i4"); d[...] = [1, 2, 3]; r = d[:]',
    ours: (f) => {
      const d = f.createDataset('d', { shape: [2, 3], dtype: 'i4' });
      d.write([1, 2, 3]);
      return d.toArray();
    },
  },
  'writing what does not have the shape': {
    code: 'd = f.create_dataset("d", (2, 3), "i4"); d[...] = [1, 2]',
    ours: (f) => f.createDataset('d', { shape: [2, 3], dtype: 'i4' }).write([1, 2]),
  },
  'resizing a contiguous dataset': {
    code: 'f.create_dataset("d", (2,)).resize((3,))',
    ours: (f) => f.createDataset('d', { shape: [2] }).resize([3]),
  },
  'chunks, compression and the fill value': {
    code: 'd = f.create_dataset("d", (10, 6), "i4", chunks=(4, 3), compression="gzip", shuffle=True, fillvalue=7); r = [d.chunks, d.compression, d.fillvalue, d.maxshape]',
    ours: (f) => {
      const d = f.createDataset('d', {
        shape: [10, 6],
        dtype: 'i4',
        chunks: [4, 3],
        compression: 'gzip',
        shuffle: true,
        fillValue: 7,
      });
      return [d.chunks, d.compression, d.fillValue, d.maxShape];
    },
  },
  'of a contiguous dataset': {
    code: 'd = f.create_dataset("d", (10,), "f8"); r = [d.chunks, d.compression, d.fillvalue]',
    ours: (f) => {
      const d = f.createDataset('d', { shape: [10] });
      return [d.chunks, d.compression, d.fillValue];
    },
  },
  'compression by lzf': {
    code: 'r = f.create_dataset("d", (10,), compression="lzf").compression',
    ours: (f) => f.createDataset('d', { shape: [10], compression: 'lzf' }).compression,
  },
  iter_chunks: {
    code: 'd = f.create_dataset("d", (5, 6), chunks=(2, 4)); r = [[[s.start, s.stop] for s in c] for c in d.iter_chunks()]',
    ours: (f) => [...f.createDataset('d', { shape: [5, 6], chunks: [2, 4] }).iterChunks()],
  },
  'iter_chunks of a contiguous dataset': {
    code: 'r = list(f.create_dataset("d", (5,)).iter_chunks())',
    ours: (f) => [...f.createDataset('d', { shape: [5] }).iterChunks()],
  },
  'names in the order of names': {
    code: 'g = f.create_group("g", track_order=False); [g.create_group(n) for n in ["b", "ä", "a", "B", "😀", "\uffee"]]; r = list(g)',
    ours: (f) => {
      for (const name of ['b', 'ä', 'a', 'B', '😀', '\uffee']) f.createGroup(`g/${name}`);
      return [...f.group('g').keys('name')];
    },
  },
  strings: {
    code: 'f["d"] = ["a", "ü"]; r = [s.decode() for s in f["d"][:]]',
    ours: (f) => f.createDataset('d', { data: ['a', 'ü'] }).value,
  },
  booleans: {
    code: 'f["d"] = [True, False]; r = f["d"][:]',
    ours: (f) => f.createDataset('d', { data: [true, false] }).value,
  },
  'a committed datatype': {
    code: 'import numpy; f["t"] = numpy.dtype("i2"); d = f.create_dataset("d", (2,), dtype=f["t"]); r = [d.dtype == f["t"].dtype, d.id.get_type().committed(), list(f)]',
    ours: (f) => {
      const t = f.createDatatype('t', 'i2');
      const d = f.createDataset('d', { shape: [2], dtype: t });
      f.commit();
      return [d.dtype === t.dtype, d.datatype.committed === t.ref.address, [...f.keys()]];
    },
  },
  'a reference is followed': {
    code: 'g = f.create_group("g"); f["d"] = g.ref; r = f[f["d"][()]].name',
    ours: (f) => {
      const d = f.createDataset('d', { data: f.createGroup('g') });
      f.commit();
      return f.dereference(d.value as never).isSame(f.group('g')) ? '/g' : 'another';
    },
  },
};

describeOracle('h5py', () => {
  let answers: Record<string, { value?: unknown; error?: string }>;

  beforeAll(() => {
    const script = fileURLToPath(new URL('../oracle/behaviours.py', import.meta.url));
    const input = JSON.stringify(Object.entries(CASES).map(([name, { code }]) => ({ name, code })));
    answers = JSON.parse(runPython([script], { input }));
  });

  test.each(Object.keys(CASES))('%s', (name) => {
    const { ours, differs } = CASES[name] as Case;
    const theirs = answers[name]!;
    const expected = theirs.error === undefined ? theirs.value : 'error';
    let answer: unknown;
    try {
      answer = plain(ours(H5File.open(undefined, 'w')));
    } catch {
      answer = 'error';
    }
    if (differs) {
      expect(answer).toEqual(differs[1]);
      expect(answer, 'the answers do not differ any more').not.toEqual(expected);
    } else {
      expect(answer).toEqual(expected);
    }
  });
});

function plain(value: unknown): unknown {
  if (value instanceof H5Group || value instanceof H5Dataset) return value.path;
  if (ArrayBuffer.isView(value)) return [...(value as Uint8Array)].map(plain);
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === 'bigint' ? Number(value) : value;
}
