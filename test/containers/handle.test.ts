import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import {
  deserialize,
  fromTransferable,
  H5Array,
  H5Dataset,
  H5Dict,
  H5File,
  H5Group,
  H5List,
  readSync,
  serialize,
  toTransferable,
  writeSync,
} from '../../src/node.js';

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'handles.h5');
const content = { settings: { dark: true }, list: [1, 2, 3], speed: Float64Array.of(1, 2, 3) };
writeSync(path, content);

describe('handles are values', () => {
  it('that lead where they led, when they are used', () => {
    const bytes = (() => {
      using file = H5File.open(path);
      const dict = H5Dict.of(file);
      return serialize({
        file,
        group: file.group('settings'),
        dataset: file.dataset('speed'),
        dict: dict.get('settings'),
        list: dict.get('list'),
        array: H5Array.of(file.dataset('speed')),
        again: dict,
      });
    })();
    const back = deserialize<{
      file: H5File;
      group: H5Group;
      dataset: H5Dataset;
      dict: H5Dict;
      list: H5List;
      array: H5Array;
      again: H5Dict;
    }>(bytes);
    expect(back.file).toBeInstanceOf(H5File);
    expect(back.group).toBeInstanceOf(H5Group);
    expect(back.group).not.toBeInstanceOf(H5File);
    expect(back.dataset).toBeInstanceOf(H5Dataset);
    expect(back.dict).toBeInstanceOf(H5Dict);
    expect(back.list).toBeInstanceOf(H5List);
    expect(back.array).toBeInstanceOf(H5Array);
    expect(back.file.mode).toBe('r');
    expect([...back.file.keys()]).toEqual(['settings', 'list', 'speed']);
    expect(back.group.attrs.get('dark')).toBe(true);
    expect(back.dataset.value).toEqual(content.speed);
    expect(back.dict.get('dark')).toBe(true);
    expect(back.list.get(1)).toBe(2);
    expect(back.array.toTypedArray()).toEqual(content.speed);
    expect(back.again.copy()).toEqual(content);
    // They can be stored once more, and stand for what they are.
    expect(deserialize<H5Dict>(serialize(back.dict)).get('dark')).toBe(true);
    const other = H5Dict.write<Record<string, unknown>>(undefined, {});
    other.set('copied', back.dict);
    expect(other.toObject()).toEqual({ copied: { dark: true } });
    back.file.close();
    expect(back.file.isOpen).toBe(false);
    for (const handle of [back.group, back.dataset, back.dict, back.list, back.again]) handle.file.close();
    back.array.dataset?.file.close();
  });

  it('and open nothing before', () => {
    const gone = join(folder, 'gone.h5');
    writeSync(gone, { a: 1 });
    const bytes = (() => {
      using dict = H5Dict.open(gone, { mode: 'r+' });
      return serialize([dict]);
    })();
    rmSync(gone);
    const [dict] = deserialize<[H5Dict]>(bytes);
    expect(dict).toBeInstanceOf(H5Dict);
    expect(() => dict.get('a')).toThrow(/gone\.h5/);
    writeSync(gone, { a: 2 });
    expect(dict.get('a')).toBe(2);
    dict.set('a', 3);
    dict.close();
    expect(readSync(gone)).toEqual({ a: 3 });
  });

  it('arrays in memory as their elements', () => {
    const arrays = {
      matrix: H5Array.from([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      bytes: H5Array.from([[[7]]], { dtype: 'uint8' }),
      words: H5Array.from(['x', 'yz']),
      flags: H5Array.from([true, false]),
      big: H5Array.from([1n, -2n]),
      complex: H5Array.from([{ re: 1, im: 2 }], { dtype: 'complex128' }),
      none: H5Array.from([], { dtype: 'float32', shape: [0, 3] }),
      scalar: H5Array.from(5),
      any: H5Array.from([{ x: 1 }, [1]], { dtype: 'object' }),
      copy: H5Array.of(H5File.open(new Uint8Array(0), 'w').createDataset('a', { data: [1.5, 2.5, 3.5] }))
        .slice('::-1')
        .copy(),
    };
    const back = deserialize<typeof arrays>(serialize(arrays));
    for (const [name, array] of Object.entries(arrays)) {
      const own = back[name as keyof typeof arrays];
      expect(own, name).toBeInstanceOf(H5Array);
      expect([own.dtype, own.shape, own.toNested()], name).toEqual([
        array.dtype,
        array.shape,
        array.toNested(),
      ]);
    }
    // What others see is a dataset of the shape.
    const file = H5File.open(serialize(arrays));
    expect(file.dataset('matrix/data').shape).toEqual([2, 3]);
    expect(file.dataset('bytes/data').dtype).toBe('u1');
  });

  it('but not of files in memory, nor parts of arrays', () => {
    const dict = H5Dict.write(undefined, { a: 1, array: new Float64Array(5) });
    expect(() => serialize({ dict })).toThrow(/file in memory/);
    expect(() => toTransferable(H5Array.of(dict.file.dataset('array')).slice('1:2'))).toThrow(
      /part of an array/,
    );
    expect(() => toTransferable(H5Array.from([1]))).toThrow(/in memory is no handle/);
    expect(() => toTransferable({} as H5Dict)).toThrow(/no handle/);
    for (const none of [null, undefined, {}])
      expect(() => fromTransferable(none as never)).toThrow(/no data of a handle/);
    expect(() => fromTransferable({ kind: 'H5Dict', file: path, path: '/', mode: 'w' })).toThrow(
      /no data of a handle/,
    );
  });
});

describe('handles cross to a worker', () => {
  it('as plain data', () => {
    using dict = H5Dict.open(path, { name: 'settings' });
    const data = structuredClone(toTransferable(dict));
    const back = fromTransferable(data) as H5Dict;
    expect(back.get('dark')).toBe(true);
    back.close();
    const memory = H5Dict.write(undefined, { a: [1, 2] });
    const copy = fromTransferable(structuredClone(toTransferable(memory))) as H5Dict;
    expect(copy.toObject()).toEqual({ a: [1, 2] });
  });

  it('which opens them', async () => {
    using dict = H5Dict.open(path, { name: 'settings' });
    const script = `
      const { parentPort, workerData } = require('node:worker_threads');
      parentPort.postMessage({ kind: workerData.kind, path: workerData.path, mode: workerData.mode });
    `;
    const worker = new Worker(script, { eval: true, workerData: toTransferable(dict) });
    const message = await new Promise((done, fail) => worker.once('message', done).once('error', fail));
    expect(message).toEqual({ kind: 'H5Dict', path: '/settings', mode: 'r' });
  });
});
