import { H5FormatError } from '../../errors.js';
import { EditableSpace } from '../editable-space.js';
import type { FileSpace } from '../file-space.js';

/** Counts the bytes that the indexes of an object take, and throws when they are more than there can be. */
export type Meter = (bytes: number) => void;

/** Of a file: the bytes that the indexes of each object take, and their sum. */
interface Metered {
  readonly owners: Map<number, number>;
  total: number;
  /** Since when: what was given back then has other owners. */
  readonly freed: number;
}

const files = new WeakMap<FileSpace, Metered>();

/**
 * A meter for the indexes of the object at `owner`. What belongs to different objects, or to different entries of
 * one, cannot overlap, so all of it together is no more than the file; what lies in a block is counted with the
 * block and by itself, hence twice the file. Without this limit a small file could lead to the same entries again
 * and again, without end. An object that is read once more is not counted once more.
 */
export function meterOf(space: FileSpace, owner: number): Meter {
  const freed = space instanceof EditableSpace ? space.freed : 0;
  const before = files.get(space);
  const metered = before?.freed === freed ? before : { owners: new Map(), total: 0, freed };
  files.set(space, metered);
  let used = 0;
  return (bytes) => {
    used += bytes;
    const known = metered.owners.get(owner) ?? 0;
    if (used <= known) return;
    metered.owners.set(owner, used);
    metered.total += used - known;
    if (metered.total > 2 * space.end) {
      throw new H5FormatError(
        space.superblock.baseAddress + owner,
        'the indexes of objects overlap: together they are larger than the file',
      );
    }
  };
}
