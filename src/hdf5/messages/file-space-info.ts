import { type ByteReader, UNDEFINED_ADDRESS } from '../byte-reader.js';

/** How HDF5 looks after the free space of a file. */
export interface FileSpaceInfo {
  /** Where the managers of free space are that persists. */
  readonly managers: readonly number[];
  /** The message of a file whose free space does not persist, and all else is the same. */
  readonly forgetful: Uint8Array;
}

/** In version 0: free space persists, or not (H5F_FILE_SPACE_ALL_PERSIST, H5F_FILE_SPACE_ALL). */
const ALL_PERSIST = 1;
const ALL = 2;

/** Reads a File Space Info message (section IV.A.2.x of the Format Specification; H5O__fsinfo_decode). */
export function decodeFileSpaceInfo(data: ByteReader, lengthSize: number, offsetSize: number): FileSpaceInfo {
  const forgetful = data.bytes.slice();
  const version = data.version('the file space message', 0, 1);
  const strategy = data.u8();
  let count = 0;
  if (version === 0) {
    data.take(lengthSize);
    // One a type of memory.
    if (strategy === ALL_PERSIST) {
      count = 6;
      forgetful[1] = ALL;
    }
  } else {
    const persists = data.u8() !== 0;
    forgetful[2] = 0;
    // The threshold, the size of a page, what counts as the end of one, and where the file ended without its managers.
    data.take(2 * lengthSize + 2);
    forgetful.fill(0xff, data.position, data.position + offsetSize);
    data.take(offsetSize);
    // Of small and of large ones.
    if (persists) count = 12;
  }
  const managers: number[] = [];
  for (let i = 0; i < count && data.left >= offsetSize; i++) {
    forgetful.fill(0xff, data.position, data.position + offsetSize);
    const manager = data.address();
    if (manager !== UNDEFINED_ADDRESS) managers.push(manager);
  }
  return { managers, forgetful };
}
