import { H5Array } from '../containers/h5-array.js';
import type { ContainerSource } from '../containers/opening.js';
import { options } from '../containers/options.js';
import type { CreateDatasetOptions } from '../hdf5/h5-group.js';
import type { BlockSource } from '../kernels/block-source.js';
import type { ElementType } from '../kernels/element-type.js';
import { KernelError } from '../kernels/errors.js';
import { sizeOf } from '../kernels/strides.js';

/** A place in a file where a result is to be a dataset. */
export interface Destination {
  /** A file that is open, or its path, in Node. */
  readonly file?: ContainerSource | undefined;
  /** A group of an open file. */
  readonly group?: ContainerSource | undefined;
  /** The name that the dataset gets: none that there is. */
  readonly name: string;
  /** Whether a dataset of that name is replaced. */
  readonly overwrite?: boolean | undefined;
  /** How it is stored; see `createDataset`. */
  readonly chunks?: CreateDatasetOptions['chunks'] | undefined;
  readonly maxShape?: CreateDatasetOptions['maxShape'] | undefined;
  readonly compression?: CreateDatasetOptions['compression'] | undefined;
  readonly fillValue?: unknown;
}

/** Whether a value says where a dataset is to be. */
export function isDestination(value: unknown): value is Destination {
  return (
    typeof value === 'object' && value !== null && 'name' in value && ('file' in value || 'group' in value)
  );
}

/** Opens a file that lives as long as what is in it. */
export type OpenTemporary = () => ContainerSource;

let openTemporary: OpenTemporary | undefined;

/** Sets where results go that are too large for the memory. */
export function useTemporary(open: OpenTemporary): void {
  openTemporary = open;
}

let count = 0;

/**
 * A new array on disk: at a place in a file, else in a temporary file.
 *
 * @throws {KernelError} H5_MEMORY when there are no temporary files.
 */
export function createOnDisk(
  shape: readonly number[],
  type: ElementType,
  destination?: Destination,
): BlockSource {
  const { dtype } = type;
  if (destination) {
    const { file, group, name, overwrite, chunks, maxShape, compression, fillValue } = destination;
    return H5Array.write((group ?? file) as ContainerSource, name, undefined, {
      shape: [...shape],
      dtype,
      ...(overwrite !== undefined && { overwrite }),
      ...(chunks !== undefined && { chunks }),
      ...(maxShape !== undefined && { maxShape }),
      ...(compression !== undefined && { compression }),
      ...(fillValue !== undefined && { fillValue }),
    });
  }
  if (!openTemporary) {
    throw new KernelError(
      'H5_MEMORY',
      `a result of ${sizeOf(shape) * type.size} bytes is above the half of maxMemory: give { out: { file, name } } for it`,
    );
  }
  return H5Array.write(openTemporary(), `array-${++count}`, undefined, { shape: [...shape], dtype });
}

/** Bytes that were written to files since they were committed last. */
const written = new WeakMap<object, number>();

/** At most so many bytes of a file are changed in memory. */
const MOST_CHANGED = 2 ** 22;

/**
 * Notes that elements were written. What a file held before is changed in memory until it is committed: so it is, whenever a sixteenth of
 * the cap has come together, unless a transaction is under way, or the file is new, where nothing is in memory.
 */
export function noteWritten(disk: BlockSource, bytes: number): void {
  if (!(disk instanceof H5Array) || !disk.dataset) return;
  const { session, file } = disk.dataset;
  const space = session.editor?.space as { readonly isNew?: boolean } | undefined;
  if (!space || space.isNew || session.depth > 0) return;
  const total = (written.get(session) ?? 0) + bytes;
  const isMuch = total >= Math.min(MOST_CHANGED, options().maxMemory / 16);
  written.set(session, isMuch ? 0 : total);
  if (!isMuch) return;
  file.commit();
  inParts.add(session);
}

/** Files of which a part of a result has been committed. */
const inParts = new WeakSet<object>();

/** Commits the last part, if there were others: a result is not left half committed. */
export function settle(disk: BlockSource | undefined): void {
  if (!(disk instanceof H5Array) || !disk.dataset) return;
  const { session, file } = disk.dataset;
  if (!inParts.delete(session)) return;
  written.delete(session);
  if (session.depth === 0) file.commit();
}
