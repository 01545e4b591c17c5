import { ByteReader } from '../../../src/hdf5/byte-reader.js';
import { ByteWriter } from '../../../src/hdf5/byte-writer.js';
import { lookup3 } from '../../../src/hdf5/checksum.js';
import type { FileSpace } from '../../../src/hdf5/file-space.js';
import { encodeSuperblock, SUPERBLOCK_SIZE } from '../../../src/hdf5/superblock.js';
import { openBytes } from './samples.js';

/** A file made piece by piece, right or wrong. Addresses and lengths take 8 bytes. */
export class Forge {
  readonly out = new ByteWriter();

  constructor() {
    this.out.zeros(SUPERBLOCK_SIZE);
  }

  /** Adds a piece, which ends with its checksum if one is asked for. Returns its address. */
  add(write: (out: ByteWriter, address: number) => void, checksum = false): number {
    const { out } = this;
    const address = out.length;
    write(out, address);
    if (checksum) out.u32(lookup3(out.view, address, out.length));
    return address;
  }

  open(): FileSpace {
    const superblock = new ByteWriter();
    encodeSuperblock(superblock, SUPERBLOCK_SIZE, this.out.length);
    this.out.bytes.set(superblock.finish());
    return openBytes(this.out.finish());
  }

  /** The header of a version 2 B-tree. */
  btreeV2(fields: {
    type?: number;
    nodeSize: number;
    recordSize: number;
    depth: number;
    root: number;
    rootCount: number;
    total: number;
  }): number {
    return this.add((out) => {
      out.utf8('BTHD');
      out.u8(0);
      out.u8(fields.type ?? 5);
      out.u32(fields.nodeSize);
      out.u16(fields.recordSize);
      out.u16(fields.depth);
      out.u16(0);
      out.u64(fields.root);
      out.u16(fields.rootCount);
      out.u64(fields.total);
    }, true);
  }

  /** A node of one; `children` are given for an internal node. The count of a child takes one byte. */
  nodeV2(
    nodeSize: number,
    records: readonly (readonly number[])[],
    children: readonly { at: number; count: number; total?: number }[] = [],
    type = 5,
    totalSize = 0,
  ): number {
    const address = this.add((out) => {
      out.utf8(children.length > 0 ? 'BTIN' : 'BTLF');
      out.u8(0);
      out.u8(type);
      for (const record of records) out.raw(Uint8Array.from(record));
      for (const { at, count, total = 0 } of children) {
        out.u64(at);
        out.u8(count);
        for (let i = 0; i < totalSize; i++) out.u8((total / 256 ** i) & 0xff);
      }
    }, true);
    this.out.zeros(address + nodeSize - this.out.length);
    return address;
  }
}

export function readerOf(...bytes: number[]): ByteReader {
  return new ByteReader(Uint8Array.from(bytes));
}

export function littleEndian(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);
}
