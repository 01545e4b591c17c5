import { describe, expect, test } from 'vitest';
import { H5FeatureError, H5FormatError } from '../../src/errors.js';
import { datatypeBytes, INT32 } from '../../src/hdf5/messages/datatype.js';
import { MessageFlag, MessageType } from '../../src/hdf5/messages/message-type.js';
import { readObject } from '../../src/hdf5/object.js';
import { H5File } from '../../src/node.js';
import { h5py, oracleTest } from '../oracle/oracles.js';
import { fixChecksums } from '../serialize/checksums.js';
import { Forge, littleEndian } from './indexes/forge.js';

/** Adds a version 1 object header of one message. */
function addObject(forge: Forge, type: number, data: ArrayLike<number>, flags = 0): number {
  return forge.add((out) => {
    const size = Math.ceil(data.length / 8) * 8;
    out.u8(1);
    out.u8(0);
    out.u16(1);
    out.u32(1);
    out.u32(8 + size);
    out.u32(0);
    out.u16(type);
    out.u16(size);
    out.u8(flags);
    out.zeros(3);
    out.raw(Uint8Array.from(data));
    out.zeros(size - data.length);
  });
}

describe('a shared datatype', () => {
  const zeros = (count: number) => Array<number>(count).fill(0);

  test.each<[number, number[]]>([
    // A symbol table entry, which begins with a place in a local heap.
    [1, [1, 0, ...zeros(6), ...littleEndian(4711, 8)]],
    [2, [2, 0]],
    [3, [3, 2]],
  ])('is found by a message of version %i', (_, prefix) => {
    const forge = new Forge();
    const committed = addObject(forge, MessageType.Datatype, datatypeBytes(INT32));
    const message = [...prefix, ...littleEndian(committed, 8)];
    const object = addObject(forge, MessageType.Datatype, message, MessageFlag.Shared);
    expect(readObject(forge.open(), object)).toMatchObject({ kind: 'datatype', datatype: INT32 });
  });

  test('fails if it leads to itself, or to another shared one', () => {
    const forge = new Forge();
    const itself = forge.out.length;
    addObject(forge, MessageType.Datatype, [3, 2, ...littleEndian(itself, 8)], MessageFlag.Shared);
    const next = addObject(
      forge,
      MessageType.Datatype,
      [3, 2, ...littleEndian(itself, 8)],
      MessageFlag.Shared,
    );
    const space = forge.open();
    for (const object of [itself, next]) expect(() => readObject(space, object)).toThrow(H5FormatError);
  });

  test('is not read from the heap of shared messages; nor is another message', () => {
    const forge = new Forge();
    const types = [MessageType.Datatype, MessageType.Dataspace, MessageType.FillValue, MessageType.Attribute];
    const objects = types.map((type) => addObject(forge, type, [3, 1, ...zeros(8)], MessageFlag.Shared));
    const space = forge.open();
    for (const object of objects) expect(() => readObject(space, object)).toThrow(H5FeatureError);
  });
});

oracleTest('h5py', 'attributes of one and the same creation order stay as they stand', async () => {
  const file = H5File.open(undefined, 'w');
  for (const name of ['rows', 'columns', 'depth']) file.attrs.set(name, 1);
  const bytes = file.toBytes();
  // Before a name: the creation order of the message, and 9 bytes that begin it.
  for (const name of ['columns', 'depth'])
    new DataView(bytes.buffer).setUint16(Buffer.from(bytes).indexOf(name) - 11, 0, true);
  const fixed = fixChecksums(bytes);
  expect([...H5File.open(fixed).attrs.keys()]).toEqual(['rows', 'columns', 'depth']);
  expect((await h5py(fixed)).root.attrs.map(({ name, order }) => [name, order])).toEqual([
    ['rows', 0],
    ['columns', 0],
    ['depth', 0],
  ]);
});
