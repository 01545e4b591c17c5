import { describe, expect, it } from 'vitest';
import { H5Error } from '../../src/errors.js';
import { H5Dataset } from '../../src/hdf5/h5-dataset.js';
import { H5Group } from '../../src/hdf5/h5-group.js';
import { H5File } from '../../src/node.js';
import { fixChecksums } from '../serialize/checksums.js';
import { STRIDE, sampled } from '../thoroughness.js';

function sample(): Uint8Array {
  const file = H5File.open(undefined, 'w');
  file.attrs.set('text', 'some text');
  file.attrs.set('pair', [{ x: 1, y: 'a' }], { dtype: { compound: { x: 'i4', y: 'str' } } });
  const group = file.createGroup('group', { attrs: { ok: true } });
  group.createDataset('ints', { data: [1, 2, 3] });
  group.createDataset('texts', { data: ['a', 'bc'] });
  group.createDataset('matrix', { data: new Float64Array(100), shape: [10, 10] });
  file.link('again', group);
  file.softLink('soft', '/group/ints');
  file.softLink('loop', '/loop');
  return file.toBytes();
}

/** Reads all that a file holds. */
function readAll(bytes: Uint8Array): void {
  const file = H5File.open(bytes);
  const visit = (object: unknown) => {
    if (!(object instanceof H5Group || object instanceof H5Dataset)) return;
    for (const [name] of object.attrs) object.attrs.get(name);
    if (object instanceof H5Dataset) object.value;
  };
  visit(file);
  file.visit((_, object) => visit(object));
  file.tree();
}

describe('a damaged file', () => {
  const bytes = sample();

  it('that is cut short anywhere says so', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readAll(bytes.subarray(0, length))).toThrow(H5Error);
    }
  });

  it('with one wrong byte in a header fails its checksum, at its place', () => {
    const broken = new Uint8Array(bytes);
    broken[60] = (broken[60] as number) ^ 1;
    expect(() => readAll(broken)).toThrow(/checksum.*\(at byte \d+\)/);
  });

  it('with one wrong byte anywhere ends in a value or an error of ours', { timeout: 300_000 }, () => {
    for (let at = 0; at < bytes.length; at += STRIDE) {
      for (const value of sampled([0, 1, 0x80, 0xff], 2, at)) {
        if (at >= 4096 + 512 && value !== 0xff) continue;
        const broken = new Uint8Array(bytes);
        broken[at] = value;
        for (const file of [broken, fixChecksums(broken)]) {
          try {
            readAll(file);
          } catch (error) {
            if (!(error instanceof H5Error))
              throw new Error(`byte ${at} = ${value}: ${(error as Error).stack}`);
          }
        }
      }
    }
  });
});
