import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  deserialize,
  H5Array,
  H5Dict,
  H5File,
  H5List,
  MemoryStorage,
  read,
  readSync,
  serialize,
  TypeRegistry,
  write,
  writeSync,
} from '../../src/node.js';
import * as np from '../../src/numpy-of-node.js';

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-undefined-'));
  path = join(folder, 'a.h5');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a program has that hands on options of its own. */
const none = {
  registry: undefined,
  values: undefined,
  parts: undefined,
  path: undefined,
  onUnsupported: undefined,
  accessors: undefined,
  compression: undefined,
  chunks: undefined,
  stringEncoding: undefined,
  limits: { depth: undefined, nodes: undefined, bytes: undefined },
};
const noneOfReading = {
  ...{ registry: undefined, values: undefined, parts: undefined, path: undefined, indexes: undefined },
  ...{ select: undefined, lazy: undefined, as: undefined, schema: undefined, unknownClass: undefined },
  limits: undefined,
};
const noneOfOpening = {
  ...{ mode: undefined, name: undefined, largeArray: undefined, commit: undefined, registry: undefined },
  ...{ values: undefined, datasets: undefined, indexes: undefined, editing: undefined, filters: undefined },
  ...{ durability: undefined, int64: undefined, userBlockSize: undefined, limits: undefined },
};
const value = { pattern: /x/, list: [1, 2], big: new Float64Array(10) };

test('an option that is undefined is none, of values', async () => {
  const options = { ...none, mode: undefined, datasets: undefined, groups: undefined };
  expect(serialize(value, options)).toEqual(serialize(value));
  expect(deserialize(serialize(value), noneOfReading)).toEqual(value);
  writeSync(path, value, options);
  expect(readSync(path, noneOfReading)).toEqual(value);
  await write(path, value, { ...options, signal: undefined, onProgress: undefined, streaming: undefined });
  expect(await read(path, { ...noneOfReading, signal: undefined, onProgress: undefined })).toEqual(value);
  expect(readSync(path, { ...noneOfReading, path: 'list/1' })).toBe(2);
  writeSync(path, [3], { ...options, path: 'list' });
  expect(readSync(path, { path: 'list/0' })).toBe(3);
});

test('of collections and files', async () => {
  writeSync(path, value);
  using dict = H5Dict.open<{ pattern: RegExp; count: number; list: H5List<number> }>(path, {
    ...noneOfOpening,
    mode: 'r+',
  });
  expect(dict.get('pattern')).toEqual(/x/);
  dict.set('count', 1);
  // At the end of the task, as without the option.
  await Promise.resolve();
  expect(readSync(path, { path: 'count' })).toBe(1);
  dict.close();
  using list = H5List.open<number>(path, { ...noneOfOpening, name: 'list' });
  expect(list.at(0)).toBe(1);
  list.close();
  using array = H5Array.open<number>(path, 'big', noneOfOpening);
  expect(array.shape).toEqual([10]);
  array.dataset?.file.close();
  using file = H5File.open(path, 'r+', {
    ...{ indexes: undefined, editing: undefined, filters: undefined },
    ...{ durability: undefined, userBlockSize: undefined },
  });
  const nothing = {
    ...{ chunks: undefined, maxShape: undefined, compression: undefined, compressionLevel: undefined },
    ...{ shuffle: undefined, fletcher32: undefined, scaleOffset: undefined, nbit: undefined },
    ...{ filters: undefined, allocation: undefined, fillValue: undefined, attrs: undefined },
  };
  const dataset = file.createDataset('d', { ...nothing, data: [1, 2], shape: undefined, dtype: undefined });
  expect([dataset.read(), dataset.chunks]).toEqual([Int32Array.of(1, 2), null]);
  using other = H5Array.write<number>(new MemoryStorage(), 'a', [1, 2], {
    ...nothing,
    mode: undefined,
    dtype: undefined,
  });
  expect(other.toNested()).toEqual([1, 2]);
});

test('of classes, and of numpy', () => {
  class Point {
    x = 1;
  }
  const registry = new TypeRegistry().register(Point, {
    ...{ name: 'Point', aliases: undefined, create: undefined, construct: undefined, fields: undefined },
    version: undefined,
  });
  expect(deserialize(serialize(new Point(), { registry }), { registry })).toBeInstanceOf(Point);
  expect(np.sum([1, 2], { axis: undefined, dtype: undefined, keepdims: undefined, out: undefined })).toBe(3);
  expect(np.zeros([2], { dtype: undefined }).dtype).toBe('float64');
});
