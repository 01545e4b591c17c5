import { H5FormatError } from '../../errors.js';
import type { FileSpace } from '../file-space.js';

/** Counts the bytes that the indexes of an object take, and throws when they are more than there can be. */
export type Meter = (bytes: number) => void;

/**
 * Notes that what is at `owner`, an object or a collection of the global heap, takes so many bytes beside the first chunk of a
 * header, and throws when all of them take more than there can be.
 *
 * What belongs to different objects, or to different entries of one, cannot overlap, so all of it together is no more than the
 * file; what lies in a block is counted with the block and by itself, hence twice the file. Without this limit a small file could
 * lead to the same entries again and again, without end. An object that is read once more is not counted once more.
 */
export function meterAt(space: FileSpace, owner: number, bytes: number): void {
  const { metered } = space;
  const more = bytes - (metered[owner] ?? 0);
  if (more > 0) {
    metered[owner] = bytes;
    // The sum of all stands where no object is.
    metered[-1] = (metered[-1] ?? 0) + more;
    if (metered[-1] > 2 * space.end)
      throw new H5FormatError(space.superblock.baseAddress + owner, 'parts of the file overlap');
  }
}

/** A meter for the indexes of the object at `owner`. */
export function meterOf(space: FileSpace, owner: number): Meter {
  let used = 0;
  return (bytes) => {
    used += bytes;
    meterAt(space, owner, used);
  };
}
