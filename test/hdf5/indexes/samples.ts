import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { H5FeatureError, H5FormatError } from '../../../src/errors.js';
import { FileSpace } from '../../../src/hdf5/file-space.js';
import { type ObjectInfo, readObject } from '../../../src/hdf5/object.js';
import { indexes } from '../../../src/indexes.js';
import { MemoryStorage } from '../../../src/storage/memory.js';
import {
  type H5pyAttribute,
  type H5pyFile,
  type H5pyLink,
  type H5pyObject,
  parseDump,
  runPython,
} from '../../oracle/oracles.js';
import { expectSame } from '../../same.js';

const MAKE = fileURLToPath(new URL('../../oracle/dense_make.py', import.meta.url));

/** Has h5py write the samples of dense_make.py, or those named. The answer is how h5py reads each, by its path. */
export async function makeDenseSamples(folder: string, ...names: string[]): Promise<Map<string, H5pyFile>> {
  const stdout = runPython([MAKE, folder, ...names]);
  const dumps = stdout.trimEnd().split('\n').map(parseDump);
  return new Map(dumps.map((dump) => [dump.file, dump]));
}

export function openBytes(bytes: Uint8Array): FileSpace {
  return new FileSpace(new MemoryStorage(bytes), indexes);
}

export async function openFile(path: string): Promise<FileSpace> {
  return openBytes(await readFile(path));
}

/** Of each group so many links are looked up one by one, too. */
const LOOKED_UP = 20;

/** Expects that an object has the links and attributes that h5py lists, in the same order. */
export function expectListedAs(ours: ObjectInfo, theirs: H5pyObject): void {
  expect(ours.kind).toBe(theirs.kind);
  if (ours.kind === 'group') {
    expectSame(ours.links, (theirs as { links: H5pyLink[] }).links.map(asLink));
    const { linkTable } = ours;
    if (linkTable) {
      // What a name that is not UTF-8 was decoded to is not found.
      const links = ours.links.slice(-LOOKED_UP).filter(({ name }) => !name.includes('\ufffd'));
      expect(links.map(({ name }) => linkTable.get(name))).toEqual(links);
      expect(linkTable.get('no such name')).toBeUndefined();
      expect(linkTable.size).toBe((theirs as { links: H5pyLink[] }).links.length);
    }
  }
  // Dense attributes have an order in any case, which h5py tells, and does not follow if it is not tracked.
  const tracked = theirs.kind !== 'datatype' && theirs.attributeOrder;
  expectSame(
    ours.attributes.map(({ name, order }) => ({ name, order })),
    theirs.attrs.map(({ name, order }) => ({ name, order: tracked ? order : -1 })),
  );
  for (const [i, { data }] of ours.attributes.entries()) {
    const attribute = theirs.attrs[i]!;
    // Far faster than toEqual.
    if (Buffer.compare(data, bytesOf(attribute)) !== 0) expect.fail(`the attribute ${attribute.name}`);
  }
}

function asLink(link: H5pyLink): unknown {
  const { name, type } = link;
  const order = link.order ?? -1;
  switch (type) {
    case 'hard':
      return { kind: 'hard', name, order, address: link.target };
    case 'soft':
      return { kind: 'soft', name, order, target: link.path };
    case 'external':
      return { kind: 'external', name, order, file: link.file, target: link.path };
    default:
      throw new Error(`no sample has a ${type} link`);
  }
}

function bytesOf({ name, dtype, value }: H5pyAttribute): Uint8Array {
  const numbers = [value].flat() as number[];
  if (dtype.numpy === '|u1') return Uint8Array.from(numbers);
  if (dtype.numpy === '<i4') return new Uint8Array(Int32Array.from(numbers).buffer);
  throw new Error(`${name} has the type ${dtype.numpy}, which is not compared here`);
}

/**
 * Reads all objects that hard links lead to, from a file that may be damaged. Any other end than a result or an
 * error that says what is wrong fails the test. Returns the number of errors.
 */
export function readDamaged(bytes: Uint8Array, what: string): number {
  let errors = 0;
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof H5FormatError || error instanceof H5FeatureError)) {
        throw new Error(`${what}: ${error}`, { cause: error });
      }
      errors++;
      return undefined;
    }
  };
  const space = attempt(() => openBytes(bytes));
  if (!space) return errors;
  const seen = new Set([space.superblock.rootAddress]);
  for (const address of seen) {
    const object = attempt(() => readObject(space, address));
    if (object?.kind !== 'group') continue;
    const links = attempt(() => object.links) ?? [];
    for (const link of links) if (link.kind === 'hard') seen.add(link.address);
    for (const { name } of links.slice(0, LOOKED_UP)) attempt(() => object.linkTable?.get(name));
  }
  return errors;
}
