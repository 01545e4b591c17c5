import type { FileSpace } from '../file-space.js';
import type { Extent } from '../free-space.js';
import type { Meter } from './meter.js';

const WHAT = 'a local heap';

/**
 * The heap that holds the names of a group of the old style (Format Specification, section III.D). The result
 * reads the text at an offset. The free list says nothing that a reader needs.
 */
export function readLocalHeap(space: FileSpace, address: number, meter: Meter): (offset: number) => string {
  const { offsetSize, lengthSize } = space.superblock;
  const header = space.reader(address, 8 + 2 * lengthSize + offsetSize, WHAT);
  header.signature('HEAP');
  header.version(WHAT, 0);
  header.take(3);
  const size = header.size();
  header.take(lengthSize);
  const dataAddress = header.address();
  meter(size);
  const data = space.reader(dataAddress, size, WHAT);
  return (offset) => {
    data.position = offset;
    const text = data.utf8z();
    meter(data.position - offset);
    return text;
  };
}

/** What a local heap takes: its header, and its data. */
export function localHeapExtents(space: FileSpace, address: number): Extent[] {
  const { offsetSize, lengthSize } = space.superblock;
  const headerSize = 8 + 2 * lengthSize + offsetSize;
  const header = space.reader(address, headerSize, WHAT);
  header.signature('HEAP');
  header.take(4);
  const size = header.size();
  header.take(lengthSize);
  return [
    [address, headerSize],
    [header.address(), size],
  ];
}
