import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lookup3 } from '../../src/hdf5/checksum.js';
import { deserialize, type H5Dataset, H5File, H5FormatError, indexes, readSync } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, runPython } from '../oracle/oracles.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-user-block-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const python = (code: string, ...args: string[]): string =>
  runPython(['-c', `import sys, h5py, numpy\n${code}`, ...args]);

function expectSound(bytes: Uint8Array): void {
  expect(verifyStorage(new MemoryStorage(bytes), { indexes }).problems).toEqual([]);
}

/** Puts text into the user block of a file, as its owner would. */
function fillBlock(path: string, size: number): Uint8Array {
  const bytes = readFileSync(path);
  bytes.fill('mine ', 0, size);
  writeFileSync(path, bytes);
  return bytes.subarray(0, size);
}

describe('a user block', () => {
  test.each([512, 1024, 8192])('of %i bytes is before the file, and stays', (userBlockSize) => {
    const path = join(folder, 'new.h5');
    const file = H5File.open(path, 'w', { userBlockSize });
    file.createDataset('data', { data: new Float64Array(10_000).fill(1) });
    file.attrs.set('n', 1);
    file.close();
    expectSound(readFileSync(path));
    const block = fillBlock(path, userBlockSize);
    const again = H5File.open(path, 'r+');
    expect(again.userBlockSize).toBe(userBlockSize);
    again.attrs.set('n', 'two');
    again.createDataset('more', { data: new Float64Array(1000).fill(2) });
    again.commit();
    again.delete('data');
    again.commit();
    again.compact();
    again.attrs.set('n', 3);
    again.close();
    const bytes = readFileSync(path);
    expect(bytes.subarray(0, userBlockSize)).toEqual(block);
    expect(bytes.length).toBeLessThan(userBlockSize + 20_000);
    expectSound(bytes);
    expect(readSync(path)).toEqual({ more: new Float64Array(1000).fill(2), n: 3 });
  });

  test('counts in the places that errors name', () => {
    const made = H5File.open(undefined, 'w');
    made.createDataset('texts', { data: new Array<string>(500).fill('text'), dtype: 'str' });
    made.createDataset('data', { data: new Float64Array(1000) });
    made.createDataset('part', { data: new Array(500).fill(made.dataset('data').regionRef([[0, 2]])) });
    made.createGroup('group');
    const bytes = made.toBytes();
    const place = (path: string, what: string) =>
      verifyStorage(bytes).extents.find((extent) => extent.path === path && extent.what === what)
        ?.address as number;
    const damages: Record<string, (view: DataView, base: number) => void> = {
      // An object of the heap that is not there.
      texts: (view, base) => view.setUint32(base + place('/texts', 'elements') + 12, 60_000, true),
      part: (view, base) => view.setUint32(base + place('/part', 'elements') + 8, 60_000, true),
      // All messages are nothing.
      group: (view, base) => {
        const at = base + place('/group', 'an object header');
        const end = at + 10 + view.getUint32(at + 6, true);
        for (let i = at + 10; i + 6 <= end; i += 6 + view.getUint16(i + 1, true)) view.setUint8(i, 0);
        view.setUint32(end, lookup3(view, at, end), true);
      },
    };
    for (const [name, damage] of Object.entries(damages)) {
      const [without, behind] = [0, 1024].map((base) => {
        const damaged = new Uint8Array(base + bytes.length);
        damaged.set(bytes, base);
        damage(new DataView(damaged.buffer), base);
        try {
          const object = H5File.open(damaged).get(name);
          (object as H5Dataset).read();
        } catch (error) {
          return error as H5FormatError;
        }
        throw new Error(`${name} is read`);
      }) as [H5FormatError, H5FormatError];
      expect(without, name).toBeInstanceOf(H5FormatError);
      expect(without.offset, name).toBeGreaterThan(0);
      expect(behind.offset, name).toBe(without.offset + 1024);
    }
    // So it is with what is no value.
    made.createGroup('value').attrs.set('@encoding', 'nothing known');
    const { address } = H5File.open(made.toBytes()).group('value').ref;
    for (const base of [0, 1024]) {
      const file = new Uint8Array([...new Uint8Array(base), ...made.toBytes()]);
      expect(() => deserialize(file)).toThrow(`(at byte ${base + address})`);
    }
  });

  test('has a size that the specification allows', () => {
    for (const userBlockSize of [1, 256, 513, 1536, -512, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => H5File.open(undefined, 'w', { userBlockSize })).toThrow(/a user block has 0, 512/);
    const bytes = H5File.open(undefined, 'w', { userBlockSize: 512 }).toBytes();
    expect(() => H5File.open(bytes, 'r+', { userBlockSize: 1024 })).toThrow(/a user block of 512 bytes/);
    expect(H5File.open(bytes, 'a', { userBlockSize: 512 }).userBlockSize).toBe(512);
    expect(H5File.open(undefined, 'w').userBlockSize).toBe(0);
  });

  test('may be put before a finished file', () => {
    const file = H5File.open(undefined, 'w');
    file.attrs.set('n', 1);
    const inner = file.toBytes();
    const bytes = new Uint8Array(512 + inner.length);
    bytes.set(inner, 512);
    const moved = H5File.open(bytes, 'r+');
    moved.attrs.set('n', 'two');
    const edited = moved.toBytes();
    expect(H5File.open(edited).attrs.get('n')).toBe('two');
    expectSound(edited);
  });
});

describeOracle('h5py', () => {
  test('reads a user block of ours', () => {
    const path = join(folder, 'ours.h5');
    const file = H5File.open(path, 'w', { userBlockSize: 1024 });
    file.createDataset('data', { data: [1, 2, 3] });
    file.commit();
    file.createGroup('a/b');
    file.close();
    const code = `
with h5py.File(sys.argv[1], 'r+') as f:
    print(f.userblock_size, f['data'][:].tolist(), list(f['a']))
    f['new'] = numpy.arange(5)`;
    expect(python(code, path)).toBe("1024 [1, 2, 3] ['b']\n");
    const again = H5File.open(path, 'r+');
    expect([...again.dataset<BigInt64Array>('new').read()]).toEqual([0n, 1n, 2n, 3n, 4n]);
    again.close();
    expectSound(readFileSync(path));
  });

  test.each(['earliest', 'latest'])('is edited by us behind its user block, libver %s', (libver) => {
    const path = join(folder, `${libver}.h5`);
    const make = `
with h5py.File(sys.argv[1], 'w', libver=sys.argv[2], userblock_size=512) as f:
    f['data'] = numpy.arange(1000.0)
    for i in range(20): f.create_group('g%d' % i).attrs['i'] = i`;
    python(make, path, libver);
    const block = fillBlock(path, 512);
    expect(H5File.open(path).dataset<Float64Array>('data').at(999)).toBe(999);
    expectSound(readFileSync(path));
    const file = H5File.open(path, 'r+');
    for (let i = 0; i < 20; i += 2) file.delete(`g${i}`);
    file.createDataset('ours', { data: new Float64Array(5000).fill(7) });
    file.close();
    expectSound(readFileSync(path));
    const check = `
with h5py.File(sys.argv[1], 'r+') as f:
    print(f.userblock_size, len(f), f['ours'][:].sum(), f['g1'].attrs['i'])
    del f['ours']`;
    expect(python(check, path)).toBe('512 12 35000.0 1\n');
    const bytes = readFileSync(path);
    expect(bytes.subarray(0, 512)).toEqual(block);
    expectSound(bytes);
  });
});
