import { H5Array } from '../containers/h5-array.js';
import { options } from '../containers/options.js';
import { H5Group } from '../hdf5/h5-group.js';
import type { BlockSource } from '../kernels/block-source.js';
import { sizeOf } from '../kernels/strides.js';
import { createOnDisk, type Destination, isDestination } from './disk.js';
import { NDArray } from './ndarray.js';
import { type ArrayInput, isBlockSource, type Source, sourceOf, typeOfArray } from './source.js';
import { copyTo, existing, targetFor } from './target.js';

/**
 * Operands as they may be read while `out` is written: one that has elements in common with it is copied first, for it would be read
 * after some of them were written. With `inPlace`, elements are written where they were read, box by box: what stands just where
 * the result goes is then read as it is.
 */
export function apartFrom(out: unknown, sources: readonly Source[], inPlace = false): readonly Source[] {
  if (out === undefined || out === null) return sources;
  const near = sources.filter((source) => isNear(source, out, inPlace));
  if (near.length === 0) return sources;
  // Several copies that are below the half of the cap each may be above it together.
  const bytes = near.reduce((sum, { shape, type }) => sum + sizeOf(shape) * type.size, 0);
  const isLarge = near.length > 1 && bytes > options().maxMemory / 2;
  return sources.map((source) => (near.includes(source) ? copied(source, isLarge) : source));
}

/** The same of one operand. */
export function apart(out: unknown, source: Source, inPlace = false): Source {
  return apartFrom(out, [source], inPlace)[0];
}

function copied(source: Source, onDisk: boolean): Source {
  const { shape, type } = source;
  const target = onDisk ? existing(createOnDisk(shape, type)) : targetFor(shape, type);
  return { ...source, ...sourceOf(copyTo(target, source)) };
}

/** Whether elements of an operand may be written before they are read. */
function isNear(source: Source, out: unknown, inPlace: boolean): boolean {
  const { memory, disk } = source;
  if (isDestination(out)) return disk !== undefined && isReplaced(disk, out);
  if (memory) {
    const to = out instanceof NDArray || typeOfArray(out) ? sourceOf(out).memory : undefined;
    if (!to || !may_share_memory(memory, to)) return false;
    const [p, q] = [memory.data, to.data];
    const isSame =
      p.length === q.length &&
      memory.type === to.type &&
      (Array.isArray(p) || Array.isArray(q) ? p === q : p.byteOffset === q.byteOffset);
    return !(inPlace && isSame);
  }
  if (!disk || !isBlockSource(out) || (inPlace && disk === out)) return false;
  // Of arrays in memory that are no NDArray nobody says whether they are views of one.
  const isUnknown = [disk, out].every((array) => array instanceof H5Array && array.path === undefined);
  if (!isUnknown && !may_share_memory(disk, out)) return false;
  return !(inPlace && isWhole(disk) && isWhole(out));
}

/** Whether what an array shows is deleted before a result is there, in its place. */
function isReplaced(disk: BlockSource, { file, group = file, name, overwrite }: Destination): boolean {
  const dataset = datasetOf(disk);
  if (!overwrite || !dataset || !(group instanceof H5Group) || dataset.session !== group.session)
    return false;
  const there = group.get(name);
  if (!there) return false;
  return there instanceof H5Group ? dataset.path.startsWith(`${there.path}/`) : dataset.isSame(there);
}

function isWhole(array: unknown): boolean {
  return (array as { isView?: boolean }).isView === false;
}

/**
 * Whether two arrays may have elements in common: those in one typed array, or in one dataset.
 *
 * @example
 * may_share_memory(a, a.reshape(-1)); // true
 */
export function may_share_memory(x: ArrayInput, y: ArrayInput): boolean {
  const [a, b] = [sourceOf(x), sourceOf(y)];
  if (a.memory && b.memory) {
    const [p, q] = [a.memory.data, b.memory.data];
    if (Array.isArray(p) || Array.isArray(q)) return p === q;
    return (
      p.buffer === q.buffer &&
      p.byteOffset < q.byteOffset + q.byteLength &&
      q.byteOffset < p.byteOffset + p.byteLength
    );
  }
  if (!a.disk || !b.disk) return false;
  if (a.disk === b.disk) return true;
  const [p, q] = [datasetOf(a.disk), datasetOf(b.disk)];
  return p !== undefined && q !== undefined && p.isSame(q);
}

/** The dataset that an array on disk shows, whatever its path: there may be several. */
function datasetOf(disk: BlockSource): H5Array['dataset'] {
  return (disk as { readonly dataset?: H5Array['dataset'] }).dataset;
}
