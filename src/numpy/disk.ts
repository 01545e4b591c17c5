import { H5Array } from '../containers/h5-array.js';
import type { ContainerSource } from '../containers/opening.js';
import { options } from '../containers/options.js';
import { thePlatform } from '../containers/platform.js';
import { type CreateDatasetOptions, H5Group } from '../hdf5/h5-group.js';
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
let temporaryPlace: string | undefined;

/** Sets where results go that are too large for the memory: how a file is opened, and a path beside it. */
export function useTemporary(open: OpenTemporary, place: string): void {
  openTemporary = open;
  temporaryPlace = place;
}

/** Below this, nobody asks whether there is so much space. */
const SMALL = 2 ** 16;

/** What an element takes at least in a file: of a string, where it is. */
function bytesOf(shape: readonly number[], type: ElementType): number {
  return sizeOf(shape) * (type.kind === 's' ? 16 : type.size);
}

/** The path of the file that a source is, or is in. */
function pathOf(source: ContainerSource | undefined): string | URL | undefined {
  if (typeof source === 'string' || source instanceof URL) return source;
  return source instanceof H5Group ? thePlatform().placeOf(source.file)?.path : undefined;
}

/** Refuses what will not fit, before the disk is full of the beginning of it. */
function checkSpace(bytes: number, place: string | URL | undefined): void {
  if (place === undefined || bytes < SMALL) return;
  const free = thePlatform().freeSpace(place);
  if (free === undefined || bytes <= free) return;
  throw new KernelError(
    'H5_SPACE',
    `a result takes ${bytes} bytes on disk, where ${free} are free (${String(place)}): compute parts of it, or give ` +
      '{ out: { file, name } } where there is more space',
  );
}

let count = 0;

/**
 * A new array on disk: at a place in a file, else in a temporary file. What is not `written` takes no space there.
 *
 * @throws {KernelError} H5_MEMORY when there are no temporary files, H5_SPACE when the disk has not so much space.
 */
export function createOnDisk(
  shape: readonly number[],
  type: ElementType,
  destination?: Destination,
  written = true,
): BlockSource {
  const { dtype } = type;
  if (destination) {
    const { file, group, name, overwrite, chunks, maxShape, compression, fillValue } = destination;
    // Nobody knows yet what is left of it when it is compressed.
    if (written && !compression) checkSpace(bytesOf(shape, type), pathOf(group ?? file));
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
  if (written) checkSpace(bytesOf(shape, type), temporaryPlace);
  return H5Array.write(openTemporary(), `array-${++count}`, undefined, { shape: [...shape], dtype });
}

/** Bytes that were written to files since they were committed last. */
const changed = new WeakMap<object, number>();

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
  const total = (changed.get(session) ?? 0) + bytes;
  const isMuch = total >= Math.min(MOST_CHANGED, options().maxMemory / 16);
  changed.set(session, isMuch ? 0 : total);
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
  changed.delete(session);
  if (session.depth === 0) file.commit();
}
