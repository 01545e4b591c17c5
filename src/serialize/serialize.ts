import { concatenate } from '../hdf5/file-builder.js';
import { FileSpace } from '../hdf5/file-space.js';
import { defaultRegistry, type TypeRegistry } from '../registry/index.js';
import { MemoryStorage } from '../storage/memory.js';
import type { Storage } from '../storage/storage.js';
import { emit } from './emit.js';
import { Planner } from './plan.js';
import { Restorer } from './restore.js';

export interface WriteOptions {
  /** The classes whose instances may be stored. Default: the registry that `@H5Class` uses. */
  readonly registry?: TypeRegistry;
}

export interface ReadOptions {
  /** The classes whose instances may be made. Default: the registry that `@H5Class` uses. */
  readonly registry?: TypeRegistry;
}

/**
 * A value, and everything that it reaches, as the bytes of an HDF5 file. The same value always gives the
 * same bytes.
 *
 * @throws {H5UnsupportedError} when the value reaches something that cannot be stored; it names the place.
 * @example
 * const bytes = serialize({ name: 'Ada', born: new Date('1815-12-10'), tags: new Set(['first']) });
 * deserialize(bytes); // the same again
 */
export function serialize(value: unknown, options?: WriteOptions): Uint8Array<ArrayBuffer> {
  return concatenate(serializePieces(value, options));
}

/** The same in pieces, in order; large typed arrays among them are the value's own, not copies. */
export function serializePieces(value: unknown, options?: WriteOptions): Uint8Array[] {
  const planner = new Planner(options?.registry ?? defaultRegistry);
  const holder = planner.plan(value);
  return emit(planner.nodes, holder);
}

/**
 * The value that `serialize` or `write` stored. HDF5 that other programs wrote is read as what it looks
 * like: groups as objects, scalars as primitives, datasets as typed arrays.
 *
 * @throws {H5FormatError} when the bytes are not a whole HDF5 file.
 * @throws {H5UnknownClassError} when they hold an instance of a class that is not registered.
 * @example
 * const state = deserialize(await (await fetch('state.h5')).bytes());
 */
export function deserialize(bytes: Uint8Array, options?: ReadOptions): unknown {
  return restore(new MemoryStorage(bytes), options);
}

/** The value in a storage. */
export function restore(storage: Storage, options?: ReadOptions): unknown {
  const space = new FileSpace(storage);
  return new Restorer(space, options?.registry ?? defaultRegistry).restore(space.superblock.rootAddress);
}
