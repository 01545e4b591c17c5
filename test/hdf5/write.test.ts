import { describe, expect, test } from 'vitest';
import type { DType } from '../../src/hdf5/dtype.js';
import { H5File } from '../../src/node.js';
import {
  attributesOf,
  datasetAt,
  describeOracle,
  groupAt,
  type H5wasmDataset,
  type H5wasmGroup,
  h5dump,
  h5py,
  h5wasm,
} from '../oracle/oracles.js';
import { runPython } from '../oracle/python.js';
import { withFile } from '../oracle/temporary-file.js';
import { expectSame } from '../same.js';
import { runs } from '../thoroughness.js';
import { expectAsH5py } from './compare.js';

const point: DType = { compound: { x: 'f4', y: '>i2', inside: 'bool' } };
const nested: DType = {
  compound: {
    name: 'str',
    at: point,
    grid: { array: [2, 3], base: 'i4' },
    next: 'ref',
    code: 'S4',
    color: { enum: { RED: 0, BLUE: -7 }, base: 'i2' },
  },
};

/** Data of every type and shape, as [name, data, dtype, shape]. */
function everything(
  file: H5File,
): [name: string, data: unknown, dtype?: DType | undefined, shape?: number[]][] {
  const { ref } = file;
  const record = (name: string, next: unknown) => ({
    name,
    at: { x: 0.5, y: -2, inside: true },
    grid: [
      [1, 2, 3],
      [4, 5, -6],
    ],
    next,
    code: 'ü',
    color: 'BLUE',
  });
  return [
    ...['i1', 'u1', 'i2', 'u2', 'i4', 'u4'].flatMap((name) => {
      const bits = Number(name[1]) * 8;
      const limits = name[0] === 'i' ? [-(2 ** (bits - 1)), 0, 2 ** (bits - 1) - 1] : [0, 1, 2 ** bits - 1];
      return ['<', '>'].map(
        (order) => [`${order}${name}`, limits, `${order}${name}` as DType] as [string, unknown, DType],
      );
    }),
    ['<i8', [-(2n ** 63n), 0, 2n ** 63n - 1n], '<i8'],
    ['>i8', [-(2n ** 63n), 0, 2n ** 63n - 1n], '>i8'],
    ['<u8', [0, 2n ** 64n - 1n], '<u8'],
    ['>u8', [0, 2n ** 64n - 1n], '>u8'],
    ...['<f2', '>f2', '<f4', '>f4', '<f8', '>f8'].map((name) => {
      const floats = [0, -0, 1.5, -2.25, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1];
      return [name, floats, name as DType] as [string, unknown, DType];
    }),
    ['bool', true],
    ['bools', [true, false, true]],
    ['text', 'ünï 日本 🙂'],
    ['empty text', ''],
    ['texts', ['one', '', 'drei ü', 'x'.repeat(300)]],
    [
      'texts 2d',
      [
        ['a', 'b'],
        ['c', ''],
      ],
    ],
    ['fixed', ['a', 'bbbb', '', 'ü'], 'S4'],
    ['fixed scalar', 'abc', 'S3'],
    ['enum', ['RED', -7], { enum: { RED: 0, BLUE: -7 } }],
    ['opaque', [Uint8Array.of(0, 1, 255), Uint8Array.of(9, 9, 9)], { opaque: 3 }],
    ['vlen', [[1, 2, 3], [], [-4]], { vlen: 'i4' }],
    ['vlen scalar', [0.5], { vlen: 'f8' }, []],
    ['vlen texts', [['a', ''], [], ['ü', 'long '.repeat(100)]], { vlen: 'str' }],
    ['arrays', [[[1, 2]], [[3, 4]]], { array: [1, 2], base: 'u1' }],
    ['point', { x: 1, y: 2, inside: false }, point],
    [
      'points',
      [
        { x: 1, y: 2, inside: false },
        { x: -0, y: -1, inside: true },
      ],
      point,
    ],
    ['nested', [record('ü', ref), record('', null)], nested],
    [
      '__proto__',
      [JSON.parse('{"__proto__": 1, "1": 2}')],
      {
        compound: [
          ['__proto__', 'i4'],
          ['1', 'i4'],
        ],
      },
    ],
    ['reference', ref],
    ['references', [ref, null, ref]],
    ['null', null],
    ['null text', null, 'str'],
    ['zero', [], 'i4'],
    ['zero 2d', undefined, 'f8', [3, 0]],
    ['cube', Uint8Array.from({ length: 24 }, (_, i) => i), undefined, [2, 3, 4]],
    ['row of 32 axes', [7], 'i4', Array<number>(32).fill(1)],
  ];
}

function fileOfEverything(file = H5File.open(undefined, 'w')): H5File {
  const datasets = file.createGroup('datasets');
  const attributes = file.createGroup('attributes');
  for (const [name, data, dtype, shape] of everything(file)) {
    datasets.createDataset(name, { data, ...(dtype && { dtype }), ...(shape && { shape }) });
    if (name === 'zero 2d') continue;
    attributes.attrs.set(name, data, { ...(dtype && { dtype }), ...(shape && { shape }) });
  }
  return file;
}

/** Sizes about the limits between compact data, data among the headers, and data behind them. */
function fileOfSizes(file = H5File.open(undefined, 'w')): H5File {
  for (const size of [1, 63, 64, 65, 511, 512, 513, 16383, 16384, 16385, 100_000]) {
    file.createDataset(`bytes ${size}`, { data: Uint8Array.from({ length: size }, (_, i) => i * 7) });
    file.createDataset(`doubles ${size}`, { data: Float64Array.from({ length: size }, (_, i) => i / 7) });
  }
  file.createDataset('never written', { shape: [10], dtype: 'i4' });
  file.createDataset('never written, text', { shape: [10], dtype: 'str' });
  return file;
}

function fileOfLinks(file = H5File.open(undefined, 'w')): H5File {
  const b = file.createGroup('a/b', { attrs: { depth: 2 } });
  b.createDataset('data', { data: [1, 2, 3] });
  file.link('again', b.dataset('data'));
  file.link('and again', b.dataset('data'));
  b.link('up', file.group('a'));
  b.link('root', file);
  b.link('self', b);
  file.softLink('soft', '/a/b');
  file.softLink('dangling', 'no/such/path');
  file.externalLink('external', 'elsewhere ü.h5', '/there');
  file.createGroup('ünï 日本');
  file.createGroup('x'.repeat(300));
  file.createGroup('ü'.repeat(200));
  file.createGroup('__proto__');
  file.createGroup('deleted').createDataset('x', { data: 1 });
  file.delete('deleted');
  return file;
}

function fileOfMany(file = H5File.open(undefined, 'w')): H5File {
  const busy = file.createGroup('attributes');
  for (let i = 0; i < 1000; i++)
    busy.attrs.set(`attribute number ${(i * 7) % 1000}`, `value ${i} `.repeat(10));
  const children = file.createGroup('links');
  for (let i = 0; i < 3000; i++) children.createGroup(`child number ${(i * 7) % 3000}`);
  file.createDataset('texts', {
    data: Array.from({ length: 20_000 }, (_, i) => `text ${i} `.repeat(i % 20)),
  });
  return file;
}

/** As much as takes many parts when it is saved, with links and references back and forth. */
function fileOfParts(file = H5File.open(undefined, 'w')): H5File {
  const shared = file.createDataset('shared', { data: Float64Array.from({ length: 5001 }, (_, i) => i / 3) });
  let before = file.createGroup('first');
  for (let i = 0; i < 2000; i++) {
    const group = file.createGroup(`group ${i}`, { attrs: { i, text: `text ${i} `.repeat(i % 50) } });
    group.attrs.set('before', before.ref);
    if (i % 10 === 0) group.link('shared', shared);
    if (i % 500 < 250) group.link('before', before);
    // A cycle, which is closed long after it was begun.
    if (i === 1000) before.link('far', file.group('group 10'));
    if (i % 100 === 0) {
      // Of an odd size, and larger than what is copied.
      group.createDataset('large', { data: Uint8Array.from({ length: 20_001 }, (_, k) => k * i) });
      group.createDataset('sequences', {
        data: [[before, null], [], [group, shared]],
        dtype: { vlen: 'ref' },
      });
      group.createDataset('texts', { data: ['a', 'b'.repeat(100_000), ''] });
    }
    before = group;
  }
  file.group('group 17').link('last', before);
  return file;
}

const files = {
  everything: fileOfEverything,
  sizes: fileOfSizes,
  links: fileOfLinks,
  many: fileOfMany,
  parts: fileOfParts,
};

const made = new Map<keyof typeof files, Uint8Array>();

/** Each file is made once for all that read it. */
function bytesOf(name: keyof typeof files): Uint8Array {
  const bytes = made.get(name) ?? files[name]().toBytes();
  made.set(name, bytes);
  return bytes;
}

describeOracle('h5py', () => {
  test.each(Object.keys(files) as (keyof typeof files)[])('reads the file of %s as we do', async (name) => {
    const bytes = bytesOf(name);
    const theirs = await h5py(bytes);
    expect(expectAsH5py(H5File.open(bytes), theirs)).toBe(Object.keys(theirs.objects).length);
  });

  test('reads the values that were given', async () => {
    const file = await h5py(fileOfEverything().toBytes());
    const value = (name: string) => datasetAt(file, `datasets/${name}`).value;
    const attributes = attributesOf(groupAt(file, 'attributes'));
    const record = (name: string, next: number | null) => ({
      name,
      at: { x: 0.5, y: -2, inside: true },
      grid: [
        [1, 2, 3],
        [4, 5, -6],
      ],
      next: { $ref: next },
      code: 'ü',
      color: -7,
    });
    const root = file.root.address;
    const expected: Record<string, unknown> = {
      '>i2': [-32768, 0, 32767],
      '<u4': [0, 1, 4294967295],
      '>i8': [-(2n ** 63n), 0, 2n ** 63n - 1n],
      '<u8': [0, 2n ** 64n - 1n],
      '>f8': [0, -0, 1.5, -2.25, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1],
      '<f2': [
        0,
        -0,
        1.5,
        -2.25,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        0.0999755859375,
      ],
      bool: true,
      bools: [true, false, true],
      text: 'ünï 日本 🙂',
      'empty text': '',
      texts: ['one', '', 'drei ü', 'x'.repeat(300)],
      'texts 2d': [
        ['a', 'b'],
        ['c', ''],
      ],
      fixed: ['a', 'bbbb', '', 'ü'],
      enum: [0, -7],
      opaque: [{ $bytes: '0001ff' }, { $bytes: '090909' }],
      vlen: [[1, 2, 3], [], [-4]],
      'vlen scalar': [0.5],
      'vlen texts': [['a', ''], [], ['ü', 'long '.repeat(100)]],
      arrays: [[[1, 2]], [[3, 4]]],
      point: { x: 1, y: 2, inside: false },
      nested: [record('ü', root), record('', null)],
      __proto__: undefined,
      reference: { $ref: root },
      references: [{ $ref: root }, { $ref: null }, { $ref: root }],
      null: { $empty: '<f8' },
      zero: [],
      'zero 2d': [[], [], []],
      cube: [0, 12].map((i) => [0, 4, 8].map((j) => [0, 1, 2, 3].map((k) => i + j + k))),
    };
    for (const [name, each] of Object.entries(expected)) {
      expect(value(name), name).toEqual(each);
      if (name !== 'zero 2d') expect(attributes[name], name).toEqual(each);
    }
  });

  test('keeps the order of creation, and counts links', async () => {
    const file = await h5py(fileOfLinks().toBytes());
    expect(file.root.linkOrder).toBe(true);
    expect(file.root.attributeOrder).toBe(true);
    expect(file.root.links.map(({ name }) => name).slice(0, 4)).toEqual(['a', 'again', 'and again', 'soft']);
    expect(datasetAt(file, 'again').linkCount).toBe(3);
    expect(groupAt(file, 'a').linkCount).toBe(2);
    expect(groupAt(file, 'a/b').linkCount).toBe(2);
    expect(groupAt(file, 'ünï 日本').linkCount).toBe(1);
    expect(file.root.linkCount).toBe(2);
  });

  const count = runs(100_000);

  test(`${count} children`, async () => {
    const made = H5File.open(undefined, 'w');
    const data = made.createDataset('0', { data: [7] });
    for (let i = 1; i < count; i++) made.link(String(i), data);
    // Not through the dump: libhdf5 looks each name up from the first link on.
    const script = `
import sys, h5py
file = h5py.File(sys.argv[1])
assert sorted(file, key=int) == [str(i) for i in range(${count})]
assert file['${count - 1}'][0] == 7
print(h5py.h5o.get_info(file['5'].id).rc)`;
    const answer = await withFile(made.toBytes(), async (path) => runPython(['-c', script, path]));
    expect(answer).toBe(`${count}\n`);
  });
});

describeOracle('h5dump', () => {
  test.each(Object.keys(files) as (keyof typeof files)[])('reads the file of %s', async (name) => {
    const text = await h5dump(bytesOf(name));
    expect(text.length).toBeGreaterThan(1000);
  });

  test('reads the tag of opaque data', async () => {
    const file = H5File.open(undefined, 'w');
    file.createDataset('id', {
      data: Uint8Array.of(1, 255),
      dtype: { opaque: 2, tag: 'two bytes' },
      shape: [],
    });
    expect(await h5dump(file.toBytes())).toMatch(/OPAQUE_TAG "two bytes"[\s\S]*01:ff/);
  });
});

describeOracle('h5wasm', () => {
  test.each(['sizes', 'links', 'many'] as const)('reads the file of %s', async (name) => {
    const file = files[name]();
    const theirs = await h5wasm(bytesOf(name));
    const todo: [H5wasmGroup, string][] = [[theirs, '/']];
    for (let next = todo.pop(); next; next = todo.pop()) {
      const [group, path] = next;
      for (const [name, member] of Object.entries(group.members)) {
        const place = `${path}${name}`;
        if (member.kind === 'group') todo.push([member, `${place}/`]);
        if (member.kind !== 'dataset' || member.shape === null) continue;
        expectSame(file.dataset(place).shape, member.shape, place);
        expectSame(file.dataset(place).value, member.value, place);
      }
    }
    expect(Object.keys(theirs.members).sort()).toEqual([...file.keys()].sort());
  });

  test('reads the values of every type that it knows', async () => {
    const { members } = await h5wasm(bytesOf('everything'));
    const datasets = (members['datasets'] as H5wasmGroup).members;
    const value = (name: string) => (datasets[name] as H5wasmDataset).value;
    expect(value('<i8')).toEqual(BigInt64Array.of(-(2n ** 63n), 0n, 2n ** 63n - 1n));
    expect(value('>u2')).toEqual(Uint16Array.of(0, 1, 65535));
    expect(value('bools')).toEqual([true, false, true]);
    expect(value('text')).toBe('ünï 日本 🙂');
    expect(value('texts')).toEqual(['one', '', 'drei ü', 'x'.repeat(300)]);
    expect(value('fixed')).toEqual(['a', 'bbbb', '', 'ü']);
    expect(value('cube')).toEqual(Uint8Array.from({ length: 24 }, (_, i) => i));
    // Its big-endian members are another matter: it does not swap their bytes.
    expect(value('points')).toMatchObject([{ x: 1 }, { x: -0 }]);
  });
});

describe('our own reader', () => {
  test.each(Object.keys(files) as (keyof typeof files)[])('reads the file of %s as it was made', (name) => {
    const made = files[name]();
    const tree = made.tree();
    const bytes = made.toBytes();
    // The same when all has been written, and by who reads only.
    for (const read of [made, H5File.open(bytes)]) {
      expect(read.tree()).toBe(tree);
      const fresh = files[name]();
      read.visit((path, object) => {
        const before = fresh.get(path)!;
        expectSame([...object.attrs.keys()], [...before.attrs.keys()], path);
        if ('value' in object && 'value' in before && !object.dtype.includes('ref'))
          expectSame(object.value, before.value, path);
      });
    }
  });
});
