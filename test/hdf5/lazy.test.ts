import { expect, it } from 'vitest';
import { H5File } from '../../src/hdf5/h5-file.js';
import { serialize } from '../../src/index.js';
import { indexes } from '../../src/indexes.js';
import { MemoryStorage } from '../../src/storage/memory.js';

/** Counts what is read of a file. */
class CountingStorage extends MemoryStorage {
  bytes = 0;

  override read(position: number, length: number): Uint8Array {
    this.bytes += length;
    return super.read(position, length);
  }
}

it('opening a large file, and one value of it, read what they need', () => {
  const table = Array.from({ length: 50_000 }, (_, i) => ({ id: i, name: `name ${i}` }));
  const storage = new CountingStorage(serialize({ answer: 42, big: new Float64Array(1_000_000), table }));
  const file = H5File.open(storage, 'r', { indexes });
  expect(storage.bytes).toBeLessThan(4_000);
  expect(file.attrs.get('answer')).toBe(42);
  expect(file.dataset('big').at(999_999)).toBe(0);
  expect(file.dataset('table/id').at(12_345)).toBe(12_345);
  expect(file.dataset('table/name').read([[7, 9]])).toEqual(['name 7', 'name 8']);
  expect(storage.bytes).toBeLessThan(10_000);
});

it('parts of datasets need what reads selections, whole datasets do not', () => {
  const dataset = H5File.open(serialize({ numbers: new Float64Array([1, 2, 3]) })).dataset('numbers');
  expect(dataset.value).toEqual(new Float64Array([1, 2, 3]));
  const needs = /a part of "\/numbers".*the option \{ indexes \} of 'h5pickle\/indexes'/;
  expect(() => dataset.at(1)).toThrow(needs);
  expect(() => dataset.read([[0, 2]])).toThrow(needs);
  expect(() => dataset.chunks).toThrow(needs);
});
