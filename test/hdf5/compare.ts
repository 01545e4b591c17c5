import { expect } from 'vitest';
import type { AttributeManager } from '../../src/hdf5/attribute-manager.js';
import { nest } from '../../src/hdf5/elements.js';
import { H5Dataset } from '../../src/hdf5/h5-dataset.js';
import type { H5File } from '../../src/hdf5/h5-file.js';
import { H5Group } from '../../src/hdf5/h5-group.js';
import type { H5Object } from '../../src/hdf5/h5-object.js';
import type { H5Reference } from '../../src/hdf5/h5-reference.js';
import type { Datatype } from '../../src/hdf5/messages/datatype.js';
import type { H5pyAttribute, H5pyFile, H5pyObject, H5pyValue } from '../oracle/oracles.js';
import { expectSame } from '../same.js';

/** A value of ours as h5py's dump has it. */
export function asH5py(value: unknown, type: Datatype, shape: readonly number[] | null): H5pyValue {
  if (shape === null) return { $empty: expect.any(String) as unknown as string };
  if (shape.length === 0) return element(value, type);
  const flat = Array.from(value as ArrayLike<unknown>, (each) => element(each, type));
  return nest(flat, shape) as H5pyValue;
}

function element(value: unknown, type: Datatype): H5pyValue {
  switch (type.class) {
    case 'reference': {
      const address = value === null ? null : (value as H5Reference).address;
      return (type.kind === 'object' ? { $ref: address } : { $regionref: address }) as H5pyValue;
    }
    case 'opaque':
      return { $bytes: hex(value as Uint8Array) };
    case 'variable-length':
      if (type.string) return value as string;
      return Array.from(value as ArrayLike<unknown>, (each) => element(each, type.base));
    case 'array':
      return nest(
        flatten(value, type.dims.length).map((each) => element(each, type.base)),
        type.dims,
      ) as H5pyValue;
    case 'compound': {
      const record = value as Record<string, unknown>;
      const names = type.members.map(({ name }) => name);
      if (names.join() === 'r,i') return { $complex: [record['r'], record['i']] as number[] };
      const members = type.members.map(({ name, type }) => [name, element(record[name], type)] as const);
      const plain = names.every((name) => !/^\$|^\d+$|^__proto__$/.test(name));
      return plain ? Object.fromEntries(members) : { $compound: members as unknown as H5pyValue };
    }
    default:
      if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value);
      return value as H5pyValue;
  }
}

function flatten(value: unknown, depth: number): unknown[] {
  const list = Array.from(value as ArrayLike<unknown>);
  return depth === 1 ? list : list.flatMap((each) => flatten(each, depth - 1));
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function compareAttributes(
  attrs: AttributeManager,
  expected: H5pyAttribute[],
  ordered: boolean,
  place: string,
): void {
  const names = [...attrs.keys()];
  const theirs = expected.map(({ name }) => name as string);
  if (ordered) expectSame(names, theirs, place);
  else expectSame([...names].sort(), [...theirs].sort(), place);
  for (const { name, shape, value } of expected) {
    const info = attrs.info(name as string);
    expectSame(info?.shape, shape, `${place}@${name}`);
    expectSame(asH5py(attrs.get(name as string), info!.datatype, shape), value, `${place}@${name}`);
  }
}

/**
 * Expects that we read a file as h5py does: every object that hard links lead to, its attributes, links and
 * values. `skip` says which paths are left out. Returns how many objects were compared.
 */
export function expectAsH5py(
  file: H5File,
  expected: H5pyFile,
  skip: (path: string) => boolean = () => false,
): number {
  const seen = new Set<number>();
  const todo: [H5Object, H5pyObject][] = [[file, expected.root]];
  for (let next = todo.pop(); next; next = todo.pop()) {
    const [ours, theirs] = next;
    if (seen.has(theirs.address) || skip(ours.path)) continue;
    seen.add(theirs.address);
    const place = ours.path;
    expect(ours.ref.address, place).toBe(theirs.address);
    const ordered = theirs.kind !== 'datatype' && theirs.attributeOrder;
    compareAttributes(ours.attrs, theirs.attrs, ordered, place);
    if (theirs.kind === 'group') {
      expect(ours, place).toBeInstanceOf(H5Group);
      const group = ours as H5Group;
      const names = theirs.links.map(({ name }) => name as string);
      if (theirs.linkOrder) expectSame([...group.keys()], names, place);
      else expectSame([...group.keys()].sort(), [...names].sort(), place);
      for (const link of theirs.links) {
        const name = link.name as string;
        const info = group.linkInfo(name);
        if (link.type === 'hard') {
          expectSame(info, { kind: 'hard' }, place);
          const path = `${place === '/' ? '' : place}/${name}`;
          if (!skip(path)) todo.push([group.get(name) as H5Object, expected.objects[link.target]!]);
        } else if (link.type === 'soft') {
          expectSame(info, { kind: 'soft', target: link.path }, place);
        } else if (link.type === 'external') {
          expectSame(info, { kind: 'external', file: link.file, target: link.path }, place);
        }
      }
    } else if (theirs.kind === 'dataset') {
      expect(ours, place).toBeInstanceOf(H5Dataset);
      const dataset = ours as H5Dataset;
      expectSame(dataset.shape, theirs.shape, place);
      const maxShape =
        dataset.maxShape?.map((size) => (size === Number.POSITIVE_INFINITY ? null : size)) ?? null;
      expectSame(maxShape, theirs.maxshape, place);
      expectSame(asH5py(dataset.value, dataset.datatype, dataset.shape), theirs.value, place);
    }
  }
  return seen.size;
}
