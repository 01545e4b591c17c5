import { describe, expect, test } from 'vitest';
import { H5FormatError } from '../../../src/errors.js';
import { UNDEFINED_ADDRESS } from '../../../src/hdf5/byte-reader.js';
import type { FileSpace } from '../../../src/hdf5/file-space.js';
import { readBtreeV2 } from '../../../src/hdf5/indexes/btree-v2.js';
import { meterOf } from '../../../src/hdf5/indexes/meter.js';
import { Forge } from './forge.js';

const NODE = 64;

function records(space: FileSpace, header: number, { type = 5, recordSize = 2 } = {}): number[] {
  const seen: number[] = [];
  readBtreeV2(space, header, type, recordSize, meterOf(space, 1), (record) => seen.push(record.u16()));
  return seen;
}

/** A tree of full binary nodes; every record is the number that it has in the order of all. */
function grow(forge: Forge, depth: number, fields: { total?: number; root?: number } = {}) {
  let next = 0;
  const add = (level: number): { at: number; count: number; total: number } => {
    if (level === 0) return { at: forge.nodeV2(NODE, [[next++, 0]]), count: 1, total: 1 };
    const left = add(level - 1);
    const middle = next++;
    const right = add(level - 1);
    const total = left.total + 1 + right.total;
    // With records of two bytes, nodes of 64 and up to 27 records in a leaf, totals take 1 byte, then 2.
    const totalSize = level === 1 ? 0 : level === 2 ? 1 : 2;
    return { at: forge.nodeV2(NODE, [[middle, 0]], [left, right], 5, totalSize), count: 1, total };
  };
  const { at, count, total } = add(depth);
  const header = { nodeSize: NODE, recordSize: 2, depth, root: at, rootCount: count, total, ...fields };
  return forge.btreeV2(header);
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('a version 2 B-tree', () => {
  test.each([0, 1, 2, 3, 4])('gives its records in order, at depth %i', (depth) => {
    const forge = new Forge();
    const header = grow(forge, depth);
    expect(records(forge.open(), header)).toEqual(upTo(2 ** (depth + 1) - 1));
  });

  test('may be empty', () => {
    const forge = new Forge();
    const empty = {
      nodeSize: NODE,
      recordSize: 2,
      depth: 0,
      root: UNDEFINED_ADDRESS,
      rootCount: 0,
      total: 0,
    };
    const header = forge.btreeV2(empty);
    expect(records(forge.open(), header)).toEqual([]);
  });

  test.each([
    ['another type', { type: 6 }, /another type/],
    ['records of another size', { recordSize: 3 }, /records are not of 3 bytes/],
  ])('fails if it is of %s', (_, expected, message) => {
    const forge = new Forge();
    const header = grow(forge, 1);
    expect(() => records(forge.open(), header, expected)).toThrow(message);
  });

  test.each([2, 4, 7])('fails if its header counts %i records, and there are 3', (total) => {
    const forge = new Forge();
    const header = grow(forge, 1, { total });
    expect(() => records(forge.open(), header)).toThrow(/records.* header says/);
  });

  test.each(['BTHD', 'BTIN', 'BTLF'])('fails if a byte of %s has changed', (signature) => {
    const forge = new Forge();
    const header = grow(forge, 1);
    const bytes = forge.out.finish();
    const at = Buffer.from(bytes).indexOf(signature);
    forge.open();
    forge.out.bytes[at + 7]! ^= 1;
    expect(() => records(forge.open(), header)).toThrow(H5FormatError);
    forge.out.bytes[at + 7]! ^= 1;
    expect(records(forge.open(), header)).toEqual([0, 1, 2]);
  });

  test.each([
    ['no address', UNDEFINED_ADDRESS],
    ['an address beyond the end of the file', 1e9],
    ['the address of something else', 0],
  ])('fails if its root has %s', (_, root) => {
    const forge = new Forge();
    const header = grow(forge, 1, { root });
    expect(() => records(forge.open(), header)).toThrow(H5FormatError);
  });

  test.each([
    ['deeper than any file', { depth: 33 }, /depth 33/],
    ['as deep as can be written', { depth: 0xffff }, /depth 65535/],
    ['without room for a record', { depth: 1, nodeSize: 20 }, /no room for a record/],
    ['without room for anything', { depth: 0, nodeSize: 0 }, H5FormatError],
    ['with nodes larger than the file', { depth: 0, nodeSize: 0xffffffff }, H5FormatError],
  ])('fails if it is %s', (_, fields, message) => {
    const forge = new Forge();
    const root = forge.nodeV2(NODE, [[1, 0]]);
    const header = forge.btreeV2({ nodeSize: NODE, recordSize: 2, root, rootCount: 1, total: 1, ...fields });
    expect(() => records(forge.open(), header)).toThrow(message);
  });

  test('fails soon if there are far more ways through it than nodes', () => {
    // Both children of each node are the same one, so 2 ** 20 ways lead to the one leaf, and each level is right.
    const forge = new Forge();
    const depth = 20;
    let child = { at: forge.nodeV2(NODE, [[1, 0]]), count: 1, total: 1 };
    let most = Math.floor((NODE - 10) / 2);
    let totalSize = 0;
    for (let level = 1; level <= depth; level++) {
      const at = forge.nodeV2(NODE, [[1, 0]], [child, child], 5, totalSize);
      child = { at, count: 1, total: 2 * child.total + 1 };
      const pointer = 8 + 1 + totalSize;
      const fit = Math.floor((NODE - 10 - pointer) / (2 + pointer));
      most = fit + (fit + 1) * most;
      totalSize = Math.floor(Math.log2(most) / 8) + 1;
    }
    const { at: root, count: rootCount, total } = child;
    const header = forge.btreeV2({ nodeSize: NODE, recordSize: 2, depth, root, rootCount, total });
    expect(() => records(forge.open(), header)).toThrow(/overlap/);
  });
});
