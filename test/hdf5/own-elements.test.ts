/** What elements lead to in the global heap belongs to one of them each, however they were written. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { SelectionInput } from '../../src/hdf5/selection.js';
import { type CreateDatasetOptions, type DType, filters, H5File, indexes } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { oracleTest, runPython } from '../oracle/oracles.js';
import { seeded } from '../random.js';
import { runs, SEED } from '../thoroughness.js';

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Nothing is wrong, and nothing belongs to two. */
function check(bytes: Uint8Array): void {
  const { problems, notes } = verifyStorage(new MemoryStorage(bytes), { indexes, filters });
  expect(problems).toEqual([]);
  expect(notes.filter(({ code }) => code === 'shared' || code === 'unreferenced')).toEqual([]);
}

describe('one value for many elements', () => {
  const vlen = { vlen: 'i4' } as const;
  const record = { compound: { a: 'i4', s: 'str', list: { vlen: 'str' } } } as const;
  it.each<[string, object, unknown, unknown, unknown]>([
    ['a text', { shape: [4], dtype: 'str' }, 'shared', 'x', ['shared', 'x', 'shared', 'shared']],
    [
      'a text in chunks',
      { shape: [4], dtype: 'str', chunks: [2], maxShape: [null] },
      'shared',
      'x',
      ['shared', 'x', 'shared', 'shared'],
    ],
    ['a sequence', { shape: [3], dtype: vlen }, [[1, 2]], [[3]], [[1, 2], [3], [1, 2]]],
    [
      'a record',
      { shape: [3], dtype: record },
      { a: 1, s: 's', list: ['p', 'q'] },
      { a: 2, s: 't', list: [] },
      [
        { a: 1, s: 's', list: ['p', 'q'] },
        { a: 2, s: 't', list: [] },
        { a: 1, s: 's', list: ['p', 'q'] },
      ],
    ],
  ])('%s', (_, options, value, other, expected) => {
    const file = H5File.open(undefined, 'w');
    const dataset = file.createDataset('d', options);
    dataset.write(value);
    check(file.toBytes());
    file.commit();
    dataset.write(other, [1]);
    file.commit();
    const shown = (each: unknown): unknown =>
      ArrayBuffer.isView(each) ? Array.from(each as Int32Array) : each;
    expect((dataset.value as unknown[]).map(shown)).toEqual(expected);
    check(file.toBytes());
    file.delete('d');
    file.compact();
  });

  it('along an axis', () => {
    const file = H5File.open(undefined, 'w');
    const dataset = file.createDataset('d', { shape: [3, 2], dtype: 'str' });
    dataset.write(['p', 'q']);
    dataset.write(['x', 'y'], [1]);
    dataset.write([['l'], ['m']], [[1, 3]]);
    file.commit();
    expect(dataset.value).toEqual(['p', 'q', 'l', 'l', 'm', 'm']);
    dataset.write('z', [2, 1]);
    expect(dataset.value).toEqual(['p', 'q', 'l', 'l', 'm', 'z']);
    check(file.toBytes());
  });

  oracleTest('h5py', 'that fills what was never written is not shared with what is written', () => {
    const path = join(folder, 'fill.h5');
    runPython([
      '-c',
      `
import h5py, sys
with h5py.File(sys.argv[1], 'w') as f:
    f.create_dataset('whole', (5,), dtype=h5py.string_dtype(), fillvalue='none')
    f.create_dataset('chunks', (5,), dtype=h5py.string_dtype(), fillvalue='none', chunks=(3,), maxshape=(None,))
`,
      path,
    ]);
    const file = H5File.open(path, 'r+');
    for (const name of ['whole', 'chunks']) {
      const dataset = file.dataset(name);
      expect(dataset.value).toEqual(['none', 'none', 'none', 'none', 'none']);
      // A copy has one of its own.
      file.copy(name, `${name} copied`);
      expect(file.dataset(`${name} copied`).value).toEqual(['none', 'none', 'none', 'none', 'none']);
      dataset.write('x', [1]);
      expect(dataset.value).toEqual(['none', 'x', 'none', 'none', 'none']);
      check(file.toBytes());
    }
    file.createDataset('n', { data: [1] });
    file.compact();
    const chunks = file.dataset('chunks');
    chunks.resize([2]);
    chunks.resize([8]);
    expect(chunks.value).toEqual(['none', 'x', 'none', 'none', 'none', 'none', 'none', 'none']);
    expect(file.dataset('whole').value).toEqual(['none', 'x', 'none', 'none', 'none']);
    for (const name of ['whole copied', 'chunks copied'])
      expect(file.dataset(name).value).toEqual(['none', 'none', 'none', 'none', 'none']);
    check(file.toBytes());
    file.close();
    // The library gives back what was there when it writes an element: that of another one is to stay.
    const out = runPython([
      '-c',
      `
import h5py, sys
with h5py.File(sys.argv[1], 'r+') as f:
    for name in 'whole', 'chunks':
        f[name][0] = 'other'
        f[name][1] = 'y'
    print(f['whole'].asstr()[:].tolist(), f['chunks'].asstr()[:].tolist())
`,
      path,
    ]);
    const rest = "'none', 'none', 'none'";
    expect(String(out).trim()).toBe(`['other', 'y', ${rest}] ['other', 'y', ${rest}, ${rest}]`);
  });

  const LAYOUTS: [string, CreateDatasetOptions][] = [
    ['contiguous', { shape: [7] }],
    ['early', { shape: [7], allocation: 'early' }],
    ['in chunks', { shape: [7], chunks: [3], maxShape: [null] }],
    ['in chunks that are there early', { shape: [7], chunks: [3], maxShape: [20], allocation: 'early' }],
    ['compressed', { shape: [7], chunks: [3], maxShape: [null], compression: 'gzip' }],
  ];
  const ELEMENTS: [string, DType, unknown, unknown, string][] = [
    ['a text', 'str', 'none', 'x', 'none'],
    ['a sequence', { vlen: 'i4' }, [7, 8], [1], '[7 8]'],
    ['sequences', { vlen: { vlen: 'i2' } }, [[1], [2, 3]], [[9]], ''],
    ['a record', { compound: { n: 'i4', s: 'str' } }, { n: 5, s: 'none' }, { n: 6, s: 'x' }, "(5, 'none')"],
  ];
  oracleTest('h5py', 'is given when a dataset is made, and h5py finds it', () => {
    const path = join(folder, 'made.h5');
    const plain = (each: unknown): unknown =>
      ArrayBuffer.isView(each)
        ? Array.from(each as Int32Array)
        : Array.isArray(each)
          ? each.map(plain)
          : each;
    {
      using file = H5File.open(path, 'w');
      for (const [what, dtype, fillValue, other] of ELEMENTS) {
        for (const [layout, options] of LAYOUTS) {
          const dataset = file.createDataset(`${what}, ${layout}`, { ...options, dtype, fillValue });
          expect(plain(dataset.fillValue)).toEqual(fillValue);
          expect(plain(dataset.value)).toEqual(Array(7).fill(fillValue));
          dataset.write([other], [4]);
          expect(plain(dataset.value)).toEqual(Array(7).fill(fillValue).with(4, other));
        }
      }
    }
    check(readFileSync(path));
    const code = `
import h5py, sys
# What may not be written to is read otherwise.
with h5py.File(sys.argv[1], 'r') as f:
    for name in f:
        if not name.startswith('sequences'): f[name][:]
with h5py.File(sys.argv[1], 'r+') as f:
    for name in f:
        if name.startswith('sequences'): continue
        d = f[name]
        for i in range(7):
            if i not in (2, 4): d[i] = d[4]
        print(name + ':', str(d[2]).replace("b'", "'"))`;
    const out = runPython(['-c', code, path]);
    const expected = ELEMENTS.flatMap(([what, , , , shown]) =>
      shown === ''
        ? []
        : LAYOUTS.map(([layout]) => `${what}, ${layout}: ${shown.replace(/^none$/, "'none'")}`),
    );
    expect(out.trim().split('\n').sort()).toEqual(expected.sort());
    using file = H5File.open(path, 'r+');
    for (const [what, , fillValue, other] of ELEMENTS)
      for (const [layout] of LAYOUTS) {
        const dataset = file.dataset(`${what}, ${layout}`);
        const all = Array(7).fill(what === 'sequences' ? fillValue : other);
        expect(plain(dataset.value)).toEqual(all.with(2, fillValue).with(4, other));
      }
  });

  it('is that of every element that is none of those written, whatever is done', () => {
    const random = seeded(SEED);
    for (let round = 0; round < runs(100); round++) {
      const [layout, options] = LAYOUTS[random(LAYOUTS.length)] as [string, CreateDatasetOptions];
      const isChunked = options.chunks !== undefined;
      let model = Array<string>(7).fill('none');
      const file = H5File.open(undefined, 'w');
      let dataset = file.createDataset('d', { ...options, dtype: 'str', fillValue: 'none' });
      for (let step = 0; step < 12; step++) {
        const { length } = model;
        const at = random(length + 1);
        switch (random(isChunked ? 6 : 4)) {
          case 0: {
            const end = at + random(length - at + 1);
            const values = Array.from({ length: end - at }, () => 'abcdefg'.slice(0, random(8)));
            dataset.write(values, [[at, end]]);
            model.splice(at, values.length, ...values);
            break;
          }
          case 1: {
            const indices = Array.from({ length: random(4) }, () => random(length || 1));
            if (length === 0) break;
            dataset.write('p', [{ indices }]);
            for (const index of indices) model[index] = 'p';
            break;
          }
          case 2:
            file.commit();
            break;
          case 3:
            if (random(2) === 0) {
              file.copy('d', 'copy');
              file.delete('d');
              file.rename('copy', 'd');
            }
            // What the fill value of the one that is deleted leads to stays till then.
            file.compact();
            break;
          case 4: {
            const size = random(15);
            dataset.resize([size]);
            model = Array.from({ length: size }, (_, i) => model[i] ?? 'none');
            break;
          }
          default: {
            dataset.append(['q', 'r']);
            model.push('q', 'r');
            if (model.length < 18) break;
            dataset.resize([3]);
            model.length = 3;
          }
        }
        dataset = file.dataset<string>('d');
        expect(dataset.value, `${layout}, round ${round}, step ${step}`).toEqual(model);
      }
      check(file.toBytes());
      file.close();
    }
  });

  it('of more than there is memory for is refused, before anything is changed', () => {
    const file = H5File.open(undefined, 'w');
    const dataset = file.createDataset('d', { shape: [1e6], dtype: 'str', fillValue: 'x'.repeat(100) });
    expect(() => dataset.write('y', [3])).toThrow(/would take more than 67108864 bytes/);
    expect(dataset.read([[2, 5]])).toEqual(Array(3).fill('x'.repeat(100)));
    dataset.write(Array(1e6).fill('z'));
    expect(dataset.read([[2, 5]])).toEqual(['z', 'z', 'z']);
    file.close();
  });

  oracleTest('h5py', 'and h5py changes one of them', () => {
    const path = join(folder, 'one.h5');
    const file = H5File.open(path, 'w');
    file.createDataset('d', { shape: [4], dtype: 'str' }).write('shared');
    file.close();
    runPython([
      '-c',
      `
import h5py, sys
with h5py.File(sys.argv[1], 'r+') as f:
    f['d'][0] = 'other'
    f['d'][1] = 'another text, which is longer'
with h5py.File(sys.argv[1], 'r') as f:
    assert list(f['d'][:]) == [b'other', b'another text, which is longer', b'shared', b'shared'], f['d'][:]
`,
      path,
    ]);
  });
});

describe('an element that is written several times at once', () => {
  const text = (length: number) => 'abcdefghij'.repeat(300).slice(0, length);
  it.each<[string, (indices: number[]) => SelectionInput]>([
    ['by indices', (indices) => [{ indices }]],
    ['by points', (indices) => ({ points: indices.map((index) => [index]) })],
  ])('is the last of them: %s', (_, select) => {
    const file = H5File.open(undefined, 'w');
    const dataset = file.createDataset('d', { data: [text(2081), text(1)], dtype: 'str' });
    dataset.write([text(2487), text(2695), text(2986), text(2)], select([1, 1, 0, 1]));
    check(file.toBytes());
    dataset.write([text(1698), text(5), text(1985)], select([1, 0, 1]));
    expect(dataset.value).toEqual([text(5), text(1985)]);
    check(file.toBytes());
  });

  it('of any number of elements, over and over', () => {
    const random = seeded(SEED);
    for (let round = 0; round < 200; round++) {
      const file = H5File.open(undefined, 'w');
      const count = 2 + random(3);
      const expected = Array.from({ length: count }, (_, i) => [`first ${i}`]);
      const dataset = file.createDataset('d', { data: expected, dtype: { vlen: 'str' }, shape: [count] });
      for (let turn = 0; turn < 5; turn++) {
        const indices = Array.from({ length: 2 + random(3) }, () => random(count));
        const values = indices.map((_, i) => [`${round} ${turn} ${i}`.padEnd(12, '_'), 'more']);
        dataset.write(values, [{ indices }]);
        for (const [i, index] of indices.entries()) expected[index] = values[i] as string[];
        if (random(2)) file.commit();
        expect(dataset.value).toEqual(expected);
      }
      check(file.toBytes());
    }
  });
});

describe('sequences of lists, of which the first are empty,', () => {
  const nested = { vlen: { vlen: 'i4' } } as const;
  const opaque = { vlen: { opaque: 2 } } as const;
  const plain = (value: unknown): unknown =>
    ArrayBuffer.isView(value) || Array.isArray(value) ? Array.from(value as number[], plain) : value;
  const two = Uint8Array.of(1, 2);
  it.each<[string, object, number[], unknown[]]>([
    ['all', nested, [3], [[], [], []]],
    ['one', nested, [3], [[], [[1], []], [[]]]],
    [
      'in two dimensions',
      nested,
      [2, 2],
      [
        [[], [[5]]],
        [[[], [6, 7]], []],
      ],
    ],
    [
      'all in two dimensions',
      nested,
      [2, 2],
      [
        [[], []],
        [[], []],
      ],
    ],
    [
      'of opaque bytes',
      opaque,
      [2, 2],
      [
        [[], [two]],
        [[two, two], []],
      ],
    ],
    ['in one element', nested, [], [[]]],
  ])('are written where they are read: %s', (_, dtype, shape, values) => {
    const file = H5File.open(undefined, 'w');
    const options = { shape, dtype, ...(shape.length > 0 && { chunks: shape.map(() => 1) }) };
    const dataset = file.createDataset('d', options as CreateDatasetOptions);
    dataset.write(values);
    const read = plain(shape.length === 2 ? dataset.toArray() : dataset.value);
    expect(read).toEqual(plain(values));
    dataset.write(dataset.value);
    expect(plain(shape.length === 2 ? dataset.toArray() : dataset.value)).toEqual(read);
    if (shape.length > 0) {
      const log = file.createDataset('log', {
        shape: [0, ...shape.slice(1)],
        dtype,
        maxShape: [null, ...shape.slice(1)],
      } as CreateDatasetOptions);
      log.append(values);
      expect(plain(shape.length === 2 ? log.toArray() : log.value)).toEqual(read);
    }
    check(file.toBytes());
  });
});

describe('texts and sequences that the library stores with shuffle, of which it leaves it out', () => {
  oracleTest('h5py', 'are written, appended, cut and copied', () => {
    const path = join(folder, 'shuffle.h5');
    runPython([
      '-c',
      `
import h5py, sys, numpy as np
with h5py.File(sys.argv[1], 'w') as f:
    for name in ('gzip', 'lzf'):
        kw = dict(shuffle=True, compression=name, maxshape=(None,))
        f.create_dataset(name, data=[f'text {i}' for i in range(100)], dtype=h5py.string_dtype(), chunks=(10,), **kw)
        d = f.create_dataset('v' + name, (20,), dtype=h5py.vlen_dtype('i4'), chunks=(5,), **kw)
        for i in range(20): d[i] = np.arange(i)
`,
      path,
    ]);
    const file = H5File.open(path, 'r+');
    for (const name of ['gzip', 'lzf']) {
      const texts = file.dataset(name);
      texts.write('changed', [[3, 8]]);
      texts.append(['more', 'and more']);
      const sequences = file.dataset(`v${name}`);
      sequences.write([[9, 9, 9]], [[0, 3]]);
      sequences.resize([12]);
      file.copy(name, `copy of ${name}`);
    }
    file.close();
    check(new Uint8Array(readFileSync(path)));
    runPython([
      '-c',
      `
import h5py, sys
with h5py.File(sys.argv[1], 'r') as f:
    texts = [b'changed' if 3 <= i < 8 else b'text %d' % i for i in range(100)] + [b'more', b'and more']
    for name in ('gzip', 'lzf'):
        assert list(f[name][:]) == texts == list(f['copy of ' + name][:])
        rows = [list(row) for row in f['v' + name][:]]
        assert rows == [[9, 9, 9]] * 3 + [list(range(i)) for i in range(3, 12)], rows
`,
      path,
    ]);
    const again = H5File.open(path, 'r+');
    again.compact();
    expect(again.dataset('gzip').at(101)).toBe('and more');
    again.close();
  });
});

it('an empty list is an element where one is written', () => {
  const file = H5File.open(undefined, 'w');
  const lists = file.createDataset<number[][]>('lists', { data: [[1], [2, 3]], dtype: { vlen: 'i4' } });
  const one = file.createDataset('one', { shape: [], dtype: { vlen: 'i4' } });
  lists.write(lists.at(1), [0]);
  lists.write([], [1]);
  one.write([5]);
  one.write([]);
  expect(Array.from(lists.read(), (each) => [...each])).toEqual([[2, 3], []]);
  expect([...(one.value as ArrayLike<number> & Iterable<number>)]).toEqual([]);
  expect(() => lists.write([], [[0, 2]])).toThrow(/shape/);
});

it.each([100, 2200, 4500, 10_000])(
  '%i texts leave little space free that is theirs, compacted or not',
  (count) => {
    const file = H5File.open(undefined, 'w');
    file.createDataset('texts', { data: Array.from({ length: count }, (_, i) => `text ${i}`), dtype: 'str' });
    for (let i = 0; i < 50; i++) file.createGroup(`g${i}`, { attrs: { name: `${i} `.repeat(10) } });
    for (const isCompact of [false, true]) {
      if (isCompact) file.compact();
      const bytes = file.toBytes();
      const { problems, bytes: of } = verifyStorage(bytes, { indexes });
      expect(problems).toEqual([]);
      expect(of.free + of.padding).toBeLessThan(4096 + (of.metadata + of.data) / 12);
    }
  },
);
