/** Float16Array (ECMAScript 2025), which engines have since Node 24: what it is stored as, and what others make of that. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  deserialize,
  H5Array,
  H5Dict,
  H5File,
  type H5List,
  readSync,
  serialize,
  TypeRegistry,
  write,
  writeSync,
} from '../../src/node.js';
import { add, greater } from '../../src/numpy-of-node.js';
import { datasetAt, describeOracle, h5py } from '../oracle/oracles.js';

const Half = (globalThis as { Float16Array?: Float32ArrayConstructor }).Float16Array;
const NUMBERS = [1.5, -0, Number.NaN, Number.POSITIVE_INFINITY, 65504, 2 ** -24];

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-half-'));
  path = join(folder, 'halves.h5');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a file with half floats', () => {
  /** What an engine that has them writes. */
  function stored(): Uint8Array {
    const file = H5File.open(undefined, 'w');
    file.attrs.set('@h5pickle', 1);
    const dataset = file.createDataset('alone', { dtype: 'f2', data: NUMBERS });
    dataset.attrs.set('@type', 'Float16Array');
    const buffer = file.createDataset('buffer', { data: Uint8Array.of(0, 0x3e, 0, 0x80, 0, 0x3c) });
    buffer.attrs.set('@type', 'ArrayBuffer');
    for (const [name, byteOffset, length] of [
      ['view', 2, 2],
      ['short', 0, 1],
    ] as const) {
      const view = file.createGroup(name);
      view.attrs.set('@type', 'Float16Array');
      view.attrs.set('byteOffset', byteOffset);
      view.attrs.set('length', length);
      view.link('buffer', buffer);
    }
    return file.toBytes();
  }

  it('is read in each engine: where there are no arrays of them, as Float32Array', () => {
    const found = deserialize<Record<string, Float32Array>>(stored());
    const type = Half ?? Float32Array;
    expect(found.alone).toEqual(new type(NUMBERS));
    expect(found.view).toEqual(type.of(-0, 1));
    expect(found.short).toEqual(type.of(1.5));
  });

  it('that lies about them is refused', () => {
    const file = H5File.open(stored(), 'r+');
    file.get('view')?.attrs.set('length', 3);
    file.commit();
    expect(() => deserialize(file.toBytes())).toThrow(/Float16Array that cannot be made again/);
  });
});

describe.runIf(Half)('a Float16Array', () => {
  const halves = Half?.from(NUMBERS) as Float32Array;
  const again = <T>(value: T): T => deserialize<T>(serialize(value));

  it('comes back, alone and in rows', () => {
    const value = {
      halves,
      none: halves.slice(0, 0),
      rows: [halves.slice(), halves.map((each) => each * 2)],
      ragged: [halves.slice(1), halves.slice(2)],
      records: Array.from({ length: 100 }, (_, i) => ({ i, pair: halves.slice(0, 2).fill(i) })),
      map: new Map([[1, halves]]),
    };
    const found = again(value);
    expect(found).toEqual(value);
    expect(found.map.get(1)).toBe(found.halves);
    expect(Object.getPrototypeOf(found.records[7]?.pair)).toBe(Half?.prototype);
  });

  it('shares its bytes, and may be the base of a class', () => {
    const found = again({ halves, part: halves.subarray(1, 3) });
    expect(found.part).toEqual(halves.subarray(1, 3));
    expect(found.part.buffer).toBe(found.halves.buffer);

    class Weights extends (Half as Float32ArrayConstructor) {
      layer = 'a';
    }
    const registry = new TypeRegistry().register(Weights, { name: 'Weights' });
    const weights = Weights.from([1, 2]) as Weights;
    weights.layer = 'b';
    const back = deserialize<Weights>(serialize(weights, { registry }), { registry });
    expect(back).toBeInstanceOf(Weights);
    expect([back.layer, ...back]).toEqual(['b', 1, 2]);
  });

  it('is kept by dicts and lists, and found by arrays', () => {
    const dict = H5Dict.open<Record<string, unknown>>(path, { mode: 'w' });
    dict.set('halves', halves);
    expect(dict.get('halves')).toEqual(halves);
    dict.set(
      'halves',
      halves.map((each) => each / 2),
    );
    expect(dict.get('halves')).toEqual(halves.map((each) => each / 2));
    dict.set('records', [{ halves }, { halves }]);
    const records = dict.get('records') as H5List<{ halves: Float32Array }>;
    records.push({ halves: halves.slice(2) });
    expect(records.at(-1)).toEqual({ halves: halves.slice(2) });
    dict.close();

    const file = H5File.open(undefined, 'w');
    const array = H5Array.of(file.createDataset('x', { data: halves }));
    expect(array.dtype).toBe('float16');
    array.set('1:3', halves.slice(4, 6));
    expect(array.toNested()).toEqual([1.5, 65504, 2 ** -24, Number.POSITIVE_INFINITY, 65504, 2 ** -24]);
  });

  it('comes from a stream, and is written to in parts', async () => {
    async function* rows() {
      for (let i = 0; i < 10; i++) yield { i, pair: halves.slice(0, 2).fill(i) };
    }
    await write(path, { rows: rows() });
    expect(readSync(path, { path: 'rows/3' })).toEqual({ i: 3, pair: halves.slice(0, 2).fill(3) });
    writeSync(path, 2.25, { path: 'rows/3/pair/1' });
    expect(readSync(path, { path: 'rows/3/pair' })).toEqual(Half?.of(3, 2.25));
  });

  it('is computed with as float32, and takes results', () => {
    const sum = add(halves, 1) as { dtype: string; toNested(): unknown };
    expect(sum.dtype).toBe('float32');
    expect(sum.toNested()).toEqual(Array.from(halves, (each) => Math.fround(each + 1)));
    const out = halves.slice();
    add(halves, halves, { out });
    expect(out).toEqual(halves.map((each) => each * 2));
  });

  describeOracle('h5py', () => {
    it('is float16 there', async () => {
      writeSync(path, { halves, rows: [halves.slice(), halves.slice()] });
      const found = await h5py(path);
      const shown = (name: string) => {
        const { dtype, shape, value } = datasetAt(found, name);
        return [dtype.numpy, shape, value];
      };
      expect(shown('halves')).toEqual(['<f2', [6], NUMBERS]);
      expect(shown('rows')).toEqual(['<f2', [2, 6], [NUMBERS, NUMBERS]]);
    });
  });
});

it('an array of clamped bytes takes results', () => {
  const out = new Uint8ClampedArray(2);
  greater([1, 2], [2, 1], { out });
  expect(out).toEqual(Uint8ClampedArray.of(0, 1));
});
