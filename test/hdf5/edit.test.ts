import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type CreateDatasetOptions,
  type H5Dataset,
  H5File,
  type H5Group,
  type H5Reference,
  indexes,
} from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, h5dump, h5py, runPython } from '../oracle/oracles.js';
import { expectSame } from '../same.js';
import { SEED, THOROUGH } from '../thoroughness.js';
import { expectAsH5py } from './compare.js';
import { describeFile, Editing, rebuilt } from './editing-model.js';

const OPERATIONS = Number(process.env.H5PICKLE_EDITS ?? (THOROUGH ? 600 : 300));
/** Many operations are several runs: a file that has grown is compared with the model for longer each time. */
const A_RUN = Math.min(OPERATIONS, 5000);
const RUNS = Array.from({ length: Math.ceil(OPERATIONS / A_RUN) }, (_, i) => SEED + i);

describe('editing', () => {
  test.each(RUNS)(`${A_RUN} operations agree with a model: seed %i`, { timeout: 3_000_000 }, (seed) => {
    const editing = new Editing(seed);
    for (let i = 0; i < A_RUN; i++) {
      editing.step();
      if (i % 20 === 0) editing.check();
      if (i % 50 === 0) editing.file.commit();
      if (i % 250 === 0) {
        const bytes = editing.file.toBytes();
        const { problems } = verifyStorage(new MemoryStorage(bytes), { indexes });
        // What no path reaches, because it is in a cycle, links to what others reach.
        expect(problems.filter(({ code }) => code !== 'link-count')).toEqual([]);
        editing.file = H5File.open(bytes, 'r+');
        editing.check();
      }
    }
    editing.check();
    // Cycles that no path reaches are all that is lost, and that is given back, too.
    editing.file.compact();
    editing.check();
    const compact = verifyStorage(new MemoryStorage(editing.file.toBytes()), { indexes });
    expect(compact.problems).toEqual([]);
    expect(compact.bytes.leaked).toBe(0);
    // The rest of the last collection of texts.
    const all = compact.bytes.metadata + compact.bytes.data;
    expect(compact.bytes.free).toBeLessThan((1 << 13) + all / 16);
  });

  test.each([5, 20])('what is gone through can be deleted meanwhile, as in a Map: of %i', (count) => {
    const file = H5File.open(undefined, 'w');
    const names = Array.from({ length: count }, (_, i) => `name ${i}`);
    for (const name of names) {
      file.attrs.set(name, 1);
      file.createGroup(name);
    }
    file.commit();
    // What has been changed already is the same object, with and without a flush after it.
    for (const change of [() => {}, () => file.commit()]) {
      file.attrs.set('name 0', 2).set('more', 3);
      if (!file.has('more')) file.createGroup('more');
      change();
      const seen: string[] = [];
      for (const name of file.attrs.keys()) {
        seen.push(name);
        if (name === 'name 1') file.attrs.delete('name 2');
      }
      expect(seen).toEqual([...names.filter((name) => name !== 'name 2'), 'more']);
      for (const name of file.keys()) if (name !== 'more') file.delete(name);
      for (const name of file.attrs.keys()) file.attrs.delete(name);
      expect([[...file.keys()], file.attrs.size]).toEqual([['more'], 0]);
      file.rollback();
    }
  });

  test('what is deleted and made again in one commit is the last one, in memory and in the file', () => {
    const file = H5File.open(undefined, 'w');
    for (const name of 'abcdefghijkl') {
      file.createGroup(name);
      file.attrs.set(name, 1);
    }
    file.commit();
    file.delete('a');
    file.attrs.delete('a');
    for (const name of ['y', 'a', 'z']) {
      file.createGroup(name);
      file.attrs.set(name, 2);
    }
    file.attrs.set('a', 3).set('b', 4);
    const expected = [...'bcdefghijklyaz'];
    for (const seen of [file, H5File.open(file.toBytes())]) {
      expect([...seen.keys()]).toEqual(expected);
      expect([...seen.attrs.keys()]).toEqual(expected);
      expect([seen.attrs.get('a'), seen.attrs.get('b')]).toEqual([3, 4]);
    }
  });

  test('texts that are replaced leave nothing behind', () => {
    let bytes = H5File.open(undefined, 'w').toBytes();
    for (let i = 0; i < 40; i++) {
      const file = H5File.open(bytes, 'r+');
      file.attrs.set('text', 'x'.repeat(1 + ((i * 37) % 500)));
      file.createDataset(`text ${i}`, { data: ['y'.repeat(i)] });
      if (i > 0) file.delete(`text ${i - 1}`);
      bytes = file.toBytes();
      const { problems, bytes: sizes } = verifyStorage(new MemoryStorage(bytes), { indexes });
      expect(problems).toEqual([]);
      expect(sizes.leaked).toBe(0);
    }
  });

  test('a rollback leaves what was committed', () => {
    const editing = new Editing(SEED + 1);
    for (let i = 0; i < 200; i++) editing.step();
    editing.file.commit();
    const before = describeFile(editing.file);
    const size = editing.file.toBytes().length;
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 30; i++) editing.step();
      editing.file.rollback();
      expect(describeFile(editing.file)).toBe(before);
      editing.root = rebuilt(editing.file);
    }
    expect(editing.file.toBytes().length).toBe(size);
  });
});

describe('transactions within each other', () => {
  /** Edits in transactions of transactions, of which some fail: they leave what there was. */
  function edit(editing: Editing, depth: number): void {
    const { file } = editing;
    for (let i = editing.int(4); i >= 0; i--) {
      for (let step = editing.int(6); step > 0; step--) editing.step();
      if (depth === 0 || editing.int(3) === 0) continue;
      if (editing.int(3) > 0) {
        file.transaction(() => edit(editing, depth - 1));
        continue;
      }
      const before = describeFile(file);
      const fails = () => {
        edit(editing, depth - 1);
        throw new Error('no');
      };
      expect(() => file.transaction(fails)).toThrow('no');
      expect(describeFile(file)).toBe(before);
      editing.root = rebuilt(file);
    }
  }

  test.each(Array.from({ length: THOROUGH ? Math.ceil(OPERATIONS / 100) : 3 }, (_, i) => SEED + i))(
    'agree with a model: seed %i',
    (seed) => {
      const editing = new Editing(seed);
      for (let i = 0; i < 60; i++) editing.step();
      for (let commits = 0; commits < 6; commits++) {
        editing.file.commit();
        editing.file.transaction(() => edit(editing, 3));
        editing.check();
        const bytes = editing.file.toBytes();
        const { problems } = verifyStorage(new MemoryStorage(bytes), { indexes });
        expect(problems.filter(({ code }) => code !== 'link-count')).toEqual([]);
        expect(describeFile(H5File.open(bytes))).toBe(describeFile(editing.file));
      }
    },
  );

  test('use the space again that one of them has used and given back', () => {
    const file = H5File.open(undefined, 'w');
    file.createDataset('there', { data: new Float64Array(1000).fill(1) });
    file.commit();
    const size = file.toBytes().length;
    const replace = (value: number) => {
      file.delete('x');
      file.createDataset('x', { data: new Float64Array(1000).fill(value) });
    };
    file.transaction(() => {
      for (let i = 0; i < 100; i++) {
        file.transaction(() => replace(i));
        // What one that fails has used it is taken back, and what was there is there again.
        const fails = () => {
          replace(-1);
          file.delete('there');
          file.transaction(() => replace(-2));
          throw new Error('no');
        };
        expect(() => file.transaction(fails)).toThrow('no');
        expect([file.dataset('x').at(999), file.dataset('there').at(0)]).toEqual([i, 1]);
      }
    });
    const bytes = file.toBytes();
    expect(bytes.length).toBeLessThan(size + 40_000);
    expect(verifyStorage(new MemoryStorage(bytes), { indexes })).toMatchObject({
      problems: [],
      bytes: { leaked: 0 },
    });
    expect(H5File.open(bytes).dataset('x').at(0)).toBe(99);
  });
});

describeOracle('h5py', () => {
  test('reads what was edited, and h5dump', { timeout: 600_000 }, async () => {
    const editing = new Editing(SEED + 2);
    const rounds = THOROUGH ? 5 : 2;
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < 300; i++) editing.step();
      const bytes = editing.file.toBytes();
      const theirs = await h5py(bytes);
      expect(expectAsH5py(H5File.open(bytes), theirs)).toBe(Object.keys(theirs.objects).length);
      expect((await h5dump(bytes)).length).toBeGreaterThan(1000);
      editing.file = H5File.open(bytes, 'r+');
    }
  });
});

describe('what is deleted before it is committed', () => {
  test('leaves nothing in the file, and cannot be linked afterwards', () => {
    const file = H5File.open(undefined, 'w');
    file.createGroup('kept');
    const size = file.toBytes().length;
    for (const options of [{}, { chunks: 1000, compression: 'gzip' as const }]) {
      const dataset = file.createDataset('large', { data: new Float64Array(50_000).fill(1), ...options });
      const group = file.createGroup('group');
      file.delete('large');
      file.delete('group');
      expect(dataset.at(0)).toBe(1);
      file.commit();
      expect(() => dataset.at(0)).toThrow(/has been deleted/);
      expect(() => file.link('again', dataset)).toThrow(/has been deleted/);
      expect(() => file.link('again', group)).toThrow(/has been deleted/);
      expect(() => group.createGroup('in it')).toThrow(/has been deleted/);
      expect(verifyStorage(new MemoryStorage(file.toBytes()), { indexes })).toMatchObject({
        problems: [],
        bytes: { leaked: 0 },
      });
    }
    expect(file.toBytes().length).toBeLessThan(size + 1000);
  });

  test('lives on when it is linked again in time', () => {
    const file = H5File.open(undefined, 'w');
    const data = new Float64Array(50_000);
    const dataset = file.createDataset('large', { data });
    data.fill(7);
    file.delete('large');
    file.link('again', dataset);
    expect(H5File.open(file.toBytes()).dataset<Float64Array>('again').at(49_999)).toBe(0);
  });
});

describeOracle('h5py', () => {
  test.each(['earliest', 'latest'])(
    'the comments of objects stay in copies, and when the file is compacted: %s',
    async (libver) => {
      const folder = mkdtempSync(join(tmpdir(), 'h5pickle-comments-'));
      try {
        const path = join(folder, 'a.h5');
        const code = `
import sys, h5py, numpy as np
with h5py.File(sys.argv[1], 'w', libver='${libver}') as f:
    f['group/numbers'] = [1, 2, 3]
    f['group/type'] = np.dtype('f4')
    f['group/plain'] = 1
    for name in ['/', 'group', 'group/numbers', 'group/type']:
        h5py.h5o.set_comment(f[name].id, ('of ' + name).encode(), obj_name=b'.')`;
        runPython(['-c', code, path]);
        using file = H5File.open(path, 'r+');
        file.copy('group', 'copy');
        const other = H5File.open(undefined, 'w');
        other.copy(file.group('group'), 'there');
        file.copy(H5File.open(other.toBytes()).group('there'), 'back');
        file.compact();
        const bytes = file.toBytes();
        expect(verifyStorage(new MemoryStorage(bytes), { indexes }).problems).toEqual([]);
        // Not those of datatypes, which h5dump does not show.
        const comments = (await h5dump(bytes, ['-H'])).match(/COMMENT ".*"/g);
        const each = ['COMMENT "of group"', 'COMMENT "of group/numbers"'];
        expect(comments).toEqual(['COMMENT "of /"', ...each, ...each, ...each]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

describe('copies, and what compact makes,', () => {
  test.each(['numbers', 'texts', 'chunks', 'group'])(
    'of %s that no link leads to any more: an error',
    (name) => {
      const file = H5File.open(undefined, 'w');
      const old = file.createGroup('old');
      old.createDataset('numbers', { data: new Float64Array(1000).fill(1) });
      old.createDataset('texts', { data: ['one', 'two'] });
      old.createDataset('chunks', { data: new Float64Array(1000).fill(1), compression: 'gzip' });
      old.createGroup('group/inner').attrs.set('text', 'a text');
      file.commit();
      const kept = old.get(name) as H5Group;
      expect(file.delete('old')).toBe(true);
      expect(() => file.copy(kept, 'copy')).toThrow(/has been deleted/);
      const other = H5File.open(undefined, 'w');
      expect(() => other.copy(kept, 'copy')).toThrow(/has been deleted/);
      expect([file.size, other.size]).toEqual([0, 0]);
    },
  );

  const make = (file: H5File) => {
    const options = { maxShape: [null, 10], chunks: [10, 10], fillValue: 7 } as const;
    const data = Int32Array.from({ length: 1000 }, (_, i) => i);
    file.createDataset('gzip', { data, shape: [100, 10], compression: 'gzip', shuffle: true, ...options });
    file.createDataset('sparse', { shape: [100, 10], dtype: 'i4', ...options }).write(1, [50, 5]);
    file.createDataset('filled', { shape: [5], fillValue: 3 });
    file.createDataset('texts', { data: ['a', 'bc', '', 'd'.repeat(300)], chunks: [3], maxShape: [null] });
    file.createDataset('large', { data: new Float64Array(100_000).fill(1.5) });
    file.createDataset('references', {
      data: [file.dataset('gzip').ref, null],
      chunks: [1],
      maxShape: [null],
    });
  };
  /** What references in chunks lead to, in the same order: paths below where the copy is. */
  const followed = (file: H5File, name: string) =>
    file.dataset<(H5Reference | null)[]>(name).value.map((reference) => {
      if (!reference) return null;
      const found = file.visit((path, object) =>
        object.isSame(file.dereference(reference)) ? path : undefined,
      );
      return found ?? 'nothing';
    });
  const describeAll = (file: H5File | H5Group) =>
    ['gzip', 'sparse', 'filled', 'texts', 'large'].map((name) => {
      const dataset = file.dataset(name);
      const { chunks, compression, maxShape, fillValue, shape, dtype, filters } = dataset;
      return { name, chunks, compression, maxShape, fillValue, shape, dtype, filters, value: dataset.read() };
    });

  test('are stored as they were', () => {
    const file = H5File.open(undefined, 'w');
    make(file);
    const expected = describeAll(file);
    file.createGroup('copy');
    for (const name of [...file.keys()]) if (name !== 'copy') file.copy(name, `copy/${name}`);
    expectSame(describeAll(file.group('copy')), expected);
    const other = H5File.open(undefined, 'w');
    other.copy(file, 'all');
    for (const bytes of [file.toBytes(), other.toBytes()]) {
      const { problems, bytes: sizes } = verifyStorage(new MemoryStorage(bytes), { indexes });
      expect(problems).toEqual([]);
      expect(sizes.leaked).toBe(0);
    }
    expectSame(describeAll(H5File.open(file.toBytes()).group('copy')), expected);
    expectSame(describeAll(H5File.open(other.toBytes()).group('all')), expected);
    for (const [owner, name] of [
      [file, 'references'],
      [other, 'all/references'],
    ] as const) {
      const { chunks, maxShape, compression } = owner.dataset(name);
      expect({ chunks, maxShape, compression }).toEqual({
        chunks: [1],
        maxShape: [Infinity],
        compression: null,
      });
    }
    expect(followed(file, 'references')).toEqual(['gzip', null]);
    // By itself within a file, it leads to what it led to.
    expect(followed(file, 'copy/references')).toEqual(['gzip', null]);
    expect(followed(other, 'all/references')).toEqual(['all/gzip', null]);
    const reopened = H5File.open(other.toBytes());
    expect(followed(reopened, 'all/references')).toEqual(['all/gzip', null]);
    const [first] = other.group('all').dataset<H5Reference[]>('references').value;
    expect(other.dereference(first as H5Reference).isSame(other.dataset('all/gzip'))).toBe(true);
    file.compact();
    expectSame(describeAll(file), expected);
    expectSame(describeAll(H5File.open(file.toBytes()).group('copy')), expected);
    // It goes on growing as before.
    file.dataset('gzip').append(new Int32Array(10).fill(-1));
    file.dataset('texts').append('e');
    const again = H5File.open(file.toBytes());
    expect(again.dataset('gzip').at(100, 9)).toBe(-1);
    expect(again.dataset('texts').at(4)).toBe('e');
  });
});

test('texts in chunks are read before they are committed', () => {
  const file = H5File.open(undefined, 'w');
  const dataset = file.createDataset<string[]>('texts', { data: ['a', 'b'], chunks: [2], maxShape: [null] });
  expect(dataset.read()).toEqual(['a', 'b']);
  file.commit();
  dataset.append(['c', 'd']);
  dataset.write('x', [0]);
  expect(dataset.read()).toEqual(['x', 'b', 'c', 'd']);
  expect(H5File.open(file.toBytes()).dataset('texts').read()).toEqual(['x', 'b', 'c', 'd']);
});

test('a name with a replacement character is added to a large group, and deleted', () => {
  const first = H5File.open(undefined, 'w');
  for (let i = 0; i < 20; i++) first.createGroup(`g${i}`);
  const file = H5File.open(first.toBytes(), 'r+');
  file.createGroup('a\ufffd');
  file.createGroup('b\ufffd');
  expect(file.has('a\ufffd')).toBe(true);
  expect(file.delete('b\ufffd')).toBe(true);
  expect(H5File.open(file.toBytes()).has('a\ufffd')).toBe(true);
  expect(file.size).toBe(21);
});

test('a new object is not taken for one that has just been deleted', () => {
  const file = H5File.open(undefined, 'w');
  file.commit();
  const editor = file.session.edit();
  file.createGroup('old', { attrs: { x: 1 } });
  // What is not committed can be used again at once.
  editor.flush();
  file.delete('old');
  file.createGroup('new', { attrs: { x: 2 } });
  const handle = file.group('new');
  editor.flush();
  expect(handle.attrs.get('x')).toBe(2);
  expect(handle.attrs.get('x')).toBe(2);
  file.delete('new');
  editor.flush();
  expect(() => handle.attrs.get('x')).toThrow(/deleted/);
});

/** Datasets, and what makes their elements stand elsewhere than their header says until that is written. */
const MOVED: Record<string, [CreateDatasetOptions, (dataset: H5Dataset) => void]> = {
  'contiguous, without elements before': [{ shape: [5000], dtype: 'f8' }, (d) => d.write(1)],
  'contiguous, replaced': [
    { data: new Float64Array(2 ** 17) },
    (d) => d.write(new Float64Array(2 ** 17).fill(1)),
  ],
  'texts, without any before': [{ shape: [300], dtype: 'str' }, (d) => d.write('text')],
  'texts, replaced': [{ data: Array.from({ length: 300 }, (_, i) => `text ${i}`) }, (d) => d.write('other')],
  'a single chunk': [{ shape: [5000], chunks: [5000], dtype: 'f8', compression: 'gzip' }, (d) => d.write(1)],
  'a fixed array': [{ shape: [5000], chunks: [100], maxShape: [10_000], dtype: 'f8' }, (d) => d.write(1)],
  'an extensible array': [{ shape: [5000], chunks: [100], maxShape: [null], dtype: 'f8' }, (d) => d.write(1)],
  'a B-tree': [{ shape: [50, 50], chunks: [10, 10], maxShape: [null, null], dtype: 'f8' }, (d) => d.write(1)],
  'another shape': [{ data: new Float64Array(5000), chunks: [100], maxShape: [null] }, (d) => d.resize([10])],
  'texts behind others': [
    { data: ['a'], chunks: [10], maxShape: [null] },
    (d) => {
      for (let i = 0; i < 50; i++) d.append([`text ${i}`]);
    },
  ],
};

describe('what is written and deleted before it is committed', () => {
  test.each(Object.entries(MOVED))('is given back: %s', (_, [options, change]) => {
    const file = H5File.open(undefined, 'w');
    file.createDataset('before', { data: [1, 2, 3] });
    file.createDataset('deleted', options);
    file.commit();
    change(file.dataset('deleted'));
    file.delete('deleted');
    file.createDataset('after', { data: new Float64Array(3000).fill(2) });
    const { problems, bytes } = verifyStorage(new MemoryStorage(file.toBytes()), { indexes });
    expect([problems, bytes.leaked]).toEqual([[], 0]);
    expect([file.dataset('before').toArray(), file.dataset('after').at(-1)]).toEqual([[1, 2, 3], 2]);
  });
});
