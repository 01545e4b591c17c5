import { H5FormatError } from '../../errors.js';
import type { FileSpace } from '../file-space.js';

/** Counts the bytes that the indexes of an object take, and throws when they are more than there can be. */
export type Meter = (bytes: number) => void;

/**
 * Notes that what is at `owner`, an object or a collection of the global heap, takes so many bytes beside the first chunk of a
 * header, and returns whether all of them take more than there can be.
 *
 * What belongs to different objects, or to different entries of one, cannot overlap, so all of it together is no more than the
 * file; what lies in a block is counted with the block and by itself, hence twice the file. Without this limit a small file could
 * lead to the same entries again and again, without end. An object that is read once more is not counted once more.
 */
export function takesTooMuch({ metered, end }: FileSpace, owner: number, bytes: number): boolean {
  const more = bytes - (metered.get(owner) ?? 0);
  if (more <= 0) return false;
  // The sum of all stands where no object is.
  const sum = (metered.get(-1) ?? 0) + more;
  metered.set(owner, bytes).set(-1, sum);
  return sum > 2 * end;
}

/** A meter for the indexes of the object at `owner`. */
export function meterOf(space: FileSpace, owner: number): Meter {
  let used = 0;
  return (bytes) => {
    used += bytes;
    if (takesTooMuch(space, owner, used)) {
      throw new H5FormatError(
        space.superblock.baseAddress + owner,
        'the indexes of objects overlap: together they are larger than the file',
      );
    }
  };
}
