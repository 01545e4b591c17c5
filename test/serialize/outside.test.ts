import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { deserialize, serialize } from '../../src/node.js';
import {
  attributesOf,
  datasetAt,
  describeOracle,
  groupAt,
  type H5pyValue,
  h5dump,
  h5py,
  h5wasm,
  readLayout,
  runPython,
} from '../oracle/oracles.js';
import { expectSame } from '../same.js';
import { casesOf, runs, sampled } from '../thoroughness.js';
import { anyGraph } from './arbitrary.js';
import { cases } from './cases.js';
import { registry } from './classes.js';
import { graphOf } from './graph.js';

describeOracle('h5py', () => {
  const wrapped = Object.entries(cases).map(([name, value], i) => {
    return [name, sampled([value, { inside: value }, [value, value, 1]], 3, i)] as const;
  });
  it.each(wrapped)('a reader written from docs/FORMAT.md finds %s', async (_, ways) => {
    for (const wrapped of ways) {
      expectSame(await readLayout(serialize(wrapped, { registry })), graphOf(wrapped, registry));
    }
  });

  it('and arbitrary graphs', { timeout: 600_000 }, async () => {
    const found = fc.asyncProperty(anyGraph, async (value) => {
      expectSame(await readLayout(serialize(value, { registry })), graphOf(value, registry));
    });
    await fc.assert(found, { numRuns: casesOf(10, 1 / 10), seed: 42 });
  });

  it('every object has as many links as it says', async () => {
    const file = await h5py(serialize(cases, { registry }));
    const counts = new Map<number, number>([[file.root.address, 1]]);
    for (const object of Object.values(file.objects)) {
      if (object.kind !== 'group') continue;
      for (const link of object.links) {
        expect(link.type).toBe('hard');
        if (link.type === 'hard') counts.set(link.target, (counts.get(link.target) ?? 0) + 1);
      }
    }
    for (const object of Object.values(file.objects))
      expect(object.linkCount).toBe(counts.get(object.address));
  });

  it('finds names, order and types where docs/FORMAT.md puts them', async () => {
    const users = [
      { name: 'Ada', age: 36, tags: ['x', 'y'], born: new Date(0) },
      { name: 'Bob', age: null, tags: [], born: new Date(1000) },
    ];
    const value = {
      count: 2,
      users,
      ratio: 0.5,
      matrix: [
        [1, 2],
        [3, 4],
      ],
      ok: true,
      nothing: null,
      not: undefined,
      big: 7n,
      huge: 2n ** 70n,
      title: 'héllo',
      when: new Date(1234),
      first: users[0],
      raw: new Uint16Array([1, 2]),
    };
    const file = await h5py(serialize(value));
    // One creation order runs through attributes and links.
    const members = [...file.root.attrs, ...file.root.links].filter(
      ({ name }) => !String(name).startsWith('@'),
    );
    members.sort((a, b) => (a.order as number) - (b.order as number));
    expect(members.map(({ name }) => name)).toEqual(Object.keys(value));

    const types = Object.fromEntries(
      file.root.attrs.map(({ name, dtype, shape }) => [name, [dtype.numpy, dtype.class, shape]]),
    );
    expect(types).toMatchObject({
      '@h5pickle': ['<i4', 'integer', []],
      count: ['<i4', 'integer', []],
      ratio: ['<f8', 'float', []],
      ok: ['|b1', 'enum', []],
      nothing: ['<f4', 'float', null],
      big: ['<i8', 'integer', []],
      title: ['|O', 'string', []],
      when: ['|V8', 'compound', []],
    });
    expect(attributesOf(file.root)).toMatchObject({
      '@h5pickle': 1,
      count: 2,
      ratio: 0.5,
      ok: true,
      big: 7,
      title: 'héllo',
      when: { date_ms: 1234 },
      huge: { bigint: String(2n ** 70n) },
    });

    const column = (path: string) => datasetAt(file, path).value as H5pyValue[];
    expect(attributesOf(groupAt(file, 'users'))).toMatchObject({ '@encoding': 'records', '@length': 2 });
    expect(groupAt(file, 'users').links.map(({ name }) => name)).toEqual(['name', 'age', 'tags', 'born']);
    expect(column('users/name')).toEqual(['Ada', 'Bob']);
    expect(datasetAt(file, 'users/name').dtype).toMatchObject({
      class: 'string',
      string: { variable: false, length: 3, charset: 'utf-8' },
    });
    expect(column('users/age')).toEqual([36, 0]);
    expect(attributesOf(datasetAt(file, 'users/age'))['@mask']).toEqual([0, 2]);
    expect(column('users/tags/offsets')).toEqual([0, 2, 2]);
    expect(column('users/tags/values')).toEqual(['x', 'y']);
    expect(column('users/born')).toEqual([{ date_ms: 0 }, { date_ms: 1000 }]);
    expect(datasetAt(file, 'matrix')).toMatchObject({
      shape: [2, 2],
      value: [
        [1, 2],
        [3, 4],
      ],
    });
    expect(datasetAt(file, 'raw')).toMatchObject({ value: [1, 2], attrs: [] });
    expect(attributesOf(file.root).first).toEqual({
      into: { $ref: groupAt(file, 'users').address },
      index: 0,
    });
  });

  it('edits such a file, and it is still the value, changed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'h5pickle-'));
    try {
      const path = join(folder, 'a.h5');
      const value = { a: 1, list: [1, 2, 3], gone: [1], inner: { text: 'x' }, again: {} as unknown };
      value.again = value.inner;
      writeFileSync(path, serialize(value));
      const program = [
        'import h5py, sys',
        "f = h5py.File(sys.argv[1], 'r+')",
        "f['list'][1] = 20; del f['gone']; f.attrs['a'] = 'changed'; f['inner'].attrs['more'] = 2.5",
        "f['new'] = [1.5, 2.5]; f['again'].attrs['text'] = 'y'",
        "[f['inner'].attrs.__setitem__(f'n{i}', i) for i in range(20)]; [f.__setitem__(f'd{i}', i) for i in range(20)]",
        'f.close()',
      ].join('\n');
      runPython(['-c', program, path]);
      const numbered = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`n${i}`, BigInt(i)]));
      const scalars = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`d${i}`, BigInt(i)]));
      const inner = { text: 'y', more: 2.5, ...numbered };
      const edited = deserialize<typeof value>(readFileSync(path));
      expect(edited).toEqual({
        a: 'changed',
        list: [1, 20, 3],
        inner,
        again: inner,
        new: Float64Array.of(1.5, 2.5),
        ...scalars,
      });
      expect(edited.again).toBe(edited.inner);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describeOracle('h5dump', () => {
  it.each(Object.entries(cases))('prints %s', async (name, value) => {
    const text = await h5dump(serialize({ [name]: value, more: [value, 1] }, { registry }));
    expect(text).toContain('GROUP "/"');
  });

  it('and arbitrary graphs', { timeout: 600_000 }, async () => {
    const printed = fc.asyncProperty(anyGraph, async (value) => {
      expect(await h5dump(serialize(value, { registry }))).toContain('GROUP "/"');
    });
    await fc.assert(printed, { numRuns: runs(60), seed: 7 });
  });
});

describeOracle('h5wasm', () => {
  it.each(Object.entries(cases))('walks %s', async (_, value) => {
    expect(await h5wasm(serialize({ value, more: [value, 1] }, { registry }))).toBeTruthy();
  });

  it('and arbitrary graphs', { timeout: 600_000 }, async () => {
    const walked = fc.asyncProperty(anyGraph, async (value) => {
      expect(await h5wasm(serialize(value, { registry }))).toBeTruthy();
    });
    await fc.assert(walked, { numRuns: runs(100), seed: 9 });
  });
});
