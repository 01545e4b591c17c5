import { readTail, type Tail } from '../../storage/tail.js';
import type { FileSpace } from '../file-space.js';
import { decodeNote, type Extent } from '../free-space.js';

/** What the last commit noted behind the end of the file, if that was one of ours. */
export function ownTail({ storage, superblock, end }: FileSpace): Tail | undefined {
  const tail = readTail(storage);
  return tail?.end === superblock.baseAddress + end ? tail : undefined;
}

/** The free space that it noted. */
export function notedFree(space: FileSpace): readonly Extent[] {
  const tail = ownTail(space);
  return (tail && decodeNote(tail.note, space.end)?.free) ?? [];
}
