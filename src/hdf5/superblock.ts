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
  /** Of the superblock extension, or UNDEFINED_ADDRESS. */
  readonly extensionAddress: number;
}

/** Of a file in which there is nothing yet. */
export function newSuperblock(baseAddress: number): Superblock {
  return {
    version: 3,
    offsetSize: 8,
    lengthSize: 8,
    baseAddress,
    endOfFile: SUPERBLOCK_SIZE,
    rootAddress: UNDEFINED_ADDRESS,
    extensionAddress: UNDEFINED_ADDRESS,
  };
}

/** "\x89HDF\r\n\x1a\n" */
const SIGNATURE = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a);

/** The size of a version 3 superblock with 8-byte addresses. */
export const SUPERBLOCK_SIZE = 48;
/** More than any superblock takes. */
const LONGEST = 128;

/**
 * The superblock of a file (Format Specification, section II.A, versions 2 and 3). The addresses count from the base
 * address, but for the end of the file in it, which counts from byte 0.
 */
export function encodeSuperblock(
  out: ByteWriter,
  rootAddress: number,
  endOfFile: number,
  baseAddress = 0,
): void {
  const start = out.length;
  out.raw(SIGNATURE);
  // The version, the sizes of addresses and of lengths, and no flags.
  out.u32(3 | (8 << 8) | (8 << 16));
  out.u64(baseAddress);
  out.undefinedAddress();
  out.u64(baseAddress + endOfFile);
  out.u64(rootAddress);
  out.u32(lookup3(out.view, start, out.length));
}

/** Flag: a writer is at it that others may read beside (SWMR). Alone, without that of writing, libhdf5 never sets it. */
const GUARD_FLAG = 4;
const LOWER_CASE = 0x20;
/** Version 3 is the first whose flags libhdf5 looks at. */
const FIRST_WITH_FLAGS = 3;

/**
 * The superblock with another end of the file, from its bytes as they are. `guarded`: so that the HDF5 library refuses
 * the file until a commit is complete: by a flag, or, where the library does not look at flags, by a signature in lower case.
 * `rootUncached`: without what a superblock of version 0 or 1 repeats of an old root group.
 */
export function patchSuperblock(
  bytes: Uint8Array,
  { version, offsetSize, lengthSize }: Superblock,
  changes: { endOfFile: number; rootAddress: number; rootUncached: boolean; guarded: boolean },
): Uint8Array<ArrayBuffer> {
  const patched = new Uint8Array(bytes);
  const view = new DataView(patched.buffer);
  const put = (at: number, value: number): void => {
    for (let i = 0, rest = value; i < offsetSize; i++, rest = Math.floor(rest / 256))
      patched[at + i] = rest % 256;
  };
  const { rootAddress, rootUncached, guarded } = changes;
  // What counts from the base address here counts from byte 0 there.
  const firstAddress = version === 0 ? 24 : version === 1 ? 28 : 12;
  const reader = new ByteReader(patched, 0, offsetSize, lengthSize);
  reader.position = firstAddress;
  const endOfFile = reader.address() + changes.endOfFile;
  for (let i = 1; i < 4; i++) {
    const upper = SIGNATURE[i] as number;
    patched[i] = guarded && version < FIRST_WITH_FLAGS ? upper | LOWER_CASE : upper;
  }
  if (version < 2) {
    put(firstAddress + 2 * offsetSize, endOfFile);
    // The symbol table entry of the root group: what is cached of it.
    if (rootUncached) view.setUint32(firstAddress + 5 * offsetSize + lengthSize, 0, true);
  } else {
    if (version >= FIRST_WITH_FLAGS) patched[11] = guarded ? GUARD_FLAG : 0;
    put(firstAddress + 2 * offsetSize, endOfFile);
    put(firstAddress + 3 * offsetSize, rootAddress);
    const checksum = firstAddress + 4 * offsetSize;
    view.setUint32(checksum, lookup3(view, 0, checksum), true);
  }
  return patched;
}

/** The bytes that a superblock takes. */
export function superblockSize({ version, offsetSize, lengthSize }: Superblock): number {
  if (version >= 2) return 12 + 4 * offsetSize + 4;
  // Behind the four addresses, the symbol table entry of the root group.
  return (version === 0 ? 24 : 28) + 4 * offsetSize + lengthSize + offsetSize + 24;
}

/** Reads the superblock. */
export function readSuperblock(storage: Storage): Superblock {
  const position = findSuperblock(storage);
  const length = Math.min(LONGEST, storage.size - position);
  const superblock = decodeSuperblock(new ByteReader(storage.read(position, length), position), position);
  const end = superblock.baseAddress + superblock.endOfFile;
  if (end > storage.size) {
    throw new H5FormatError(
      storage.size,
      `the file is cut short: its superblock says ${end} bytes, there are ${storage.size}`,
    );
  }
  return superblock;
}

/** The position of the superblock: byte 0, 512, 1024, 2048, ... (Format Specification, section II.A). */
function findSuperblock(storage: Storage): number {
  for (
    let position = 0;
    position + SUPERBLOCK_SIZE <= storage.size;
    position = position === 0 ? 512 : position * 2
  ) {
    const bytes = storage.read(position, SIGNATURE.length);
    if (SIGNATURE.every((byte, i) => byte === signatureByte(bytes, i))) return position;
  }
  throw new H5FormatError(0, `not an HDF5 file: no HDF5 signature in its ${storage.size} bytes`);
}

/** A byte of a signature, its letters in upper case. */
function signatureByte(bytes: Uint8Array, i: number): number {
  return (bytes[i] as number) & (i > 0 && i < 4 ? ~LOWER_CASE : 0xff);
}

/** Where the superblock is, and its bytes as they were before a commit that left them guarded or half written. */
export function mendSuperblock(storage: Storage): { position: number; bytes: Uint8Array } {
  const position = findSuperblock(storage);
  const bytes = storage.copy(position, Math.min(LONGEST, storage.size - position));
  for (let i = 1; i < 4; i++) bytes[i] = SIGNATURE[i] as number;
  const version = bytes[8] as number;
  const offsetSize = bytes[9] as number;
  if (version < FIRST_WITH_FLAGS || offsetSize > 8) return { position, bytes };
  const checksum = 12 + 4 * offsetSize;
  const view = new DataView(bytes.buffer);
  const found = view.getUint32(checksum, true);
  const sums = [GUARD_FLAG, 0].map((flag) => {
    if (((bytes[11] as number) & ~GUARD_FLAG) === 0) bytes[11] = flag;
    return lookup3(view, 0, checksum);
  });
  // Each byte of the checksum is that of one of the two states, or else this is damage of another kind.
  const shifts = [0, 8, 16, 24];
  const torn = shifts.every((shift) => sums.some((sum) => ((sum ^ found) & (0xff << shift)) === 0));
  if (torn) view.setUint32(checksum, sums[1] as number, true);
  return { position, bytes };
}

function decodeSuperblock(reader: ByteReader, position: number): Superblock {
  const signature = reader.raw(SIGNATURE.length);
  if (!SIGNATURE.every((byte, i) => byte === signature[i])) interrupted(reader);
  const version = reader.version('the superblock', 0, 3);
  if (version < 2) reader.take(4);
  const offsetSize = reader.u8();
  const lengthSize = reader.u8();
  for (const size of [offsetSize, lengthSize]) {
    if (![2, 4, 8].includes(size)) reader.fail(`addresses or lengths of ${size} bytes`);
  }
  const sized = new ByteReader(reader.bytes, reader.base, offsetSize, lengthSize);
  sized.position = reader.position;
  const isOld = version < 2;
  let flags = 0;
  if (isOld) {
    // The sizes of nodes (see node-sizes.ts), and consistency flags; version 1 has one size more, and reserved bytes.
    sized.take(version === 0 ? 9 : 13);
  } else flags = sized.u8();
  const baseAddress = sized.address();
  // Of the superblock extension; in old ones of free space, which never was implemented.
  const second = sized.address();
  const endOfFile = endBehind(sized, baseAddress);
  if (isOld) {
    sized.address();
    // The root group's symbol table entry begins with the offset of a name, which libhdf5 takes for a length.
    sized.take(lengthSize);
  }
  const rootAddress = sized.address();
  if (!isOld) sized.checksum('the superblock');
  if (version === 3 && flags & 1) sized.fail('the file was not closed by its writer (h5clear)');
  if (version === 3 && flags === GUARD_FLAG) interrupted(sized);
  if (rootAddress < 0 || rootAddress >= endOfFile) sized.fail('the root group lies outside of the file');
  return {
    version,
    offsetSize,
    lengthSize,
    // A user block put in front of a finished file moves everything: the signature's place counts.
    baseAddress: position,
    endOfFile,
    rootAddress,
    extensionAddress: isOld ? UNDEFINED_ADDRESS : second,
  };
}

/** The end of the file, counted from the base address; the superblock counts from byte 0 (H5F__cache_superblock_serialize). */
function endBehind(reader: ByteReader, baseAddress: number): number {
  const end = reader.address();
  if (baseAddress === UNDEFINED_ADDRESS || end === UNDEFINED_ADDRESS)
    reader.fail('a superblock without addresses');
  return end - baseAddress;
}

function interrupted(reader: ByteReader): never {
  reader.fail(
    "a commit to the file is under way, or was interrupted: opening it with the mode 'r+' completes it",
  );
}
