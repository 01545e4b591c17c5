import { type ByteReader, UNDEFINED_ADDRESS } from '../byte-reader.js';
import { superblockSize } from '../superblock.js';
import { ObjectRecord } from './object-record.js';
import { checkExtension } from './superblock-extension.js';
import { expectTable } from './symbol-table.js';
import { ownTail } from './tail.js';
import type { Walk } from './walk.js';

/** Checks the superblock (Format Specification, section II.A). Returns the address of the root group. */
export function checkSuperblock(walk: Walk): number {
  const { superblock, storage } = walk.space;
  const { version, rootAddress } = superblock;
  const what = 'the superblock';
  const size = superblockSize(superblock);
  const root = walk.attempt('superblock', 0, undefined, () => {
    walk.claim(0, size, 'metadata', what, undefined);
    const reader = walk.reader(0, size, what);
    reader.signature('\x89HDF\r\n\x1a\n');
    if (reader.u8() !== version) reader.fail('the version of the superblock has changed');
    return version < 2
      ? checkOldSuperblock(walk, reader, version)
      : checkNewSuperblock(walk, reader, version);
  });
  const trailing = storage.size - walk.base - walk.space.end;
  if (trailing > 0 && !ownTail(walk.space))
    walk.note('trailing-bytes', walk.end, undefined, `${trailing} bytes follow the end of the file`);
  return root ?? rootAddress;
}

function checkOldSuperblock(walk: Walk, reader: ByteReader, version: number): number {
  reader.take(4);
  checkSizes(walk, reader);
  reader.take(1);
  walk.leafK = reader.u16();
  walk.internalK = reader.u16();
  if (reader.u32() !== 0)
    walk.note('unchecked', 20, undefined, 'the superblock has flags, which say nothing in this version');
  if (version === 1) {
    walk.chunkK = reader.u16();
    reader.take(2);
  }
  if (walk.leafK === 0 || walk.internalK === 0 || walk.chunkK === 0)
    walk.problem('superblock', 16, undefined, 'the superblock says that nodes of trees have no entries');
  const baseAddress = reader.address();
  const freeSpace = reader.address();
  checkEnd(walk, reader, baseAddress);
  const driver = reader.address();
  reader.take(walk.lengthSize);
  const root = reader.address();
  if (reader.u32() === 1) {
    reader.take(4);
    expectTable(walk, new ObjectRecord(0, undefined, ''), root, reader);
  }
  if (freeSpace !== UNDEFINED_ADDRESS) walk.unchecked(freeSpace, 'the free-space index of the superblock');
  if (driver !== UNDEFINED_ADDRESS) {
    walk.attempt('superblock', driver, undefined, () => {
      const prefix = walk.reader(driver, 16, 'the driver information');
      prefix.version('the driver information', 0);
      prefix.take(3);
      walk.claim(driver, 16 + prefix.u32(), 'metadata', 'the driver information', undefined);
    });
  }
  return root;
}

function checkNewSuperblock(walk: Walk, reader: ByteReader, version: number): number {
  checkSizes(walk, reader);
  const flags = reader.u8();
  if (version === 3 && flags !== 0)
    walk.problem(
      'open-for-writing',
      11,
      undefined,
      `the superblock has the flags ${flags}: a writer has the file open, or did not close it`,
    );
  const baseAddress = reader.address();
  const extension = reader.address();
  checkEnd(walk, reader, baseAddress);
  const root = reader.address();
  walk.checksum('superblock', undefined, reader, 'the superblock');
  if (extension !== UNDEFINED_ADDRESS) checkExtension(walk, extension);
  return root;
}

function checkSizes(walk: Walk, reader: ByteReader): void {
  if (reader.u8() !== walk.offsetSize || reader.u8() !== walk.lengthSize)
    reader.fail('the sizes of addresses and of lengths have changed');
}

/** The end counts from the start of the file, as far as the base address does. */
function checkEnd(walk: Walk, reader: ByteReader, baseAddress: number): void {
  const address = reader.offset - walk.base;
  const end = walk.base + reader.address() - baseAddress;
  const { size } = walk.space.storage;
  if (end > size)
    walk.problem(
      'end-of-file',
      address,
      undefined,
      `the superblock says that the file ends at byte ${end}; there are ${size} bytes`,
    );
}
