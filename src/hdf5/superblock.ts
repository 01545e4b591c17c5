import { H5FormatError } from '../errors.js';
import type { Storage } from '../storage/storage.js';
import { ByteReader, UNDEFINED_ADDRESS } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import { lookup3 } from './checksum.js';

/** The entry point of a file: where it begins and ends, and where its root group is. */
export interface Superblock {
  readonly version: number;
  readonly offsetSize: number;
  readonly lengthSize: number;
  /** The position that all addresses count from: behind the user block, where there is one. */
  readonly baseAddress: number;
  /** The first byte after the file, counted from the base address. */
  readonly endOfFile: number;
  readonly rootAddress: number;
}

/** "\x89HDF\r\n\x1a\n" */
const SIGNATURE = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a);

/** The size of a version 3 superblock with 8-byte addresses. */
export const SUPERBLOCK_SIZE = 48;

/** The superblock of a file that begins at byte 0 (Format Specification, section II.A, versions 2 and 3). */
export function encodeSuperblock(out: ByteWriter, rootAddress: number, endOfFile: number): void {
  const start = out.length;
  out.raw(SIGNATURE);
  // The version, the sizes of addresses and of lengths, and no flags.
  out.u32(3 | (8 << 8) | (8 << 16));
  out.u64(0);
  out.undefinedAddress();
  out.u64(endOfFile);
  out.u64(rootAddress);
  out.u32(lookup3(out.view, start, out.length));
}

/** Finds the superblock at byte 0, 512, 1024, 2048, ... and reads it. */
export function readSuperblock(storage: Storage): Superblock {
  for (
    let position = 0;
    position + SUPERBLOCK_SIZE <= storage.size;
    position = position === 0 ? 512 : position * 2
  ) {
    const length = Math.min(128, storage.size - position);
    const reader = new ByteReader(storage.read(position, length), position);
    if (!SIGNATURE.every((byte, i) => reader.bytes[i] === byte)) continue;
    const superblock = decodeSuperblock(reader, position);
    const end = superblock.baseAddress + superblock.endOfFile;
    if (end > storage.size) {
      throw new H5FormatError(
        storage.size,
        `the file is cut short: its superblock says ${end} bytes, there are ${storage.size}`,
      );
    }
    return superblock;
  }
  throw new H5FormatError(0, `not an HDF5 file: no HDF5 signature in its ${storage.size} bytes`);
}

function decodeSuperblock(reader: ByteReader, position: number): Superblock {
  reader.take(SIGNATURE.length);
  const version = reader.version('the superblock', 0, 1, 2, 3);
  if (version < 2) reader.take(4);
  const offsetSize = reader.u8();
  const lengthSize = reader.u8();
  for (const size of [offsetSize, lengthSize]) {
    if (![2, 4, 8].includes(size)) reader.fail(`addresses or lengths of ${size} bytes`);
  }
  const sized = new ByteReader(reader.bytes, reader.base, offsetSize, lengthSize);
  sized.position = reader.position;
  if (version < 2) {
    // Reserved byte, the two K of the B-trees, consistency flags; version 1 has one K more.
    sized.take(version === 0 ? 9 : 13);
    const baseAddress = sized.address();
    sized.address();
    const endOfFile = sized.address();
    sized.address();
    // The root group's symbol table entry begins with the offset of a name, which libhdf5 takes for a length.
    sized.take(lengthSize);
    const rootAddress = sized.address();
    return checked(sized, { version, offsetSize, lengthSize, baseAddress, endOfFile, rootAddress }, position);
  }
  const flags = sized.u8();
  const baseAddress = sized.address();
  sized.address();
  const endOfFile = sized.address();
  const rootAddress = sized.address();
  sized.checksum('the superblock');
  if (version === 3 && (flags & 1) !== 0) {
    sized.fail('the file was not closed by its writer');
  }
  return checked(sized, { version, offsetSize, lengthSize, baseAddress, endOfFile, rootAddress }, position);
}

function checked(reader: ByteReader, superblock: Superblock, position: number): Superblock {
  const { endOfFile, rootAddress } = superblock;
  if (superblock.baseAddress === UNDEFINED_ADDRESS || endOfFile === UNDEFINED_ADDRESS) {
    reader.fail('a superblock without addresses');
  }
  if (rootAddress < 0 || rootAddress >= endOfFile) reader.fail('the root group lies outside of the file');
  // A user block put in front of a finished file moves everything: the signature's place counts.
  return superblock.baseAddress === position ? superblock : { ...superblock, baseAddress: position };
}
