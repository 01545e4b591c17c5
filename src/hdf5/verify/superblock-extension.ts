import type { ByteReader } from '../byte-reader.js';
import { decodeFileSpaceInfo } from '../messages/file-space-info.js';
import { MessageType } from '../messages/message-type.js';
import { checkFreeSpace } from './free-space.js';
import { readHeader } from './object-header.js';
import { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

/** Messages that only the header of a superblock extension has. */
const ExtensionMessage = {
  SharedMessageTable: 0x0f,
  BtreeK: 0x13,
  DriverInfo: 0x14,
  CacheImage: 0x18,
} as const;

/** The superblock extension (section II.C): a header of its own kinds of messages. */
export function checkExtension(walk: Walk, address: number): void {
  const object = new ObjectRecord(address, undefined, 'the superblock extension');
  const header = walk.attempt('superblock', address, object, () => readHeader(walk, object));
  for (const { type, data } of header?.messages ?? []) {
    const place = data.offset - walk.base;
    walk.attempt('superblock', place, object, () => {
      switch (type) {
        case ExtensionMessage.BtreeK:
          data.version('the B-tree K message', 0);
          walk.chunkK = data.u16();
          walk.internalK = data.u16();
          walk.leafK = data.u16();
          break;
        case ExtensionMessage.SharedMessageTable:
          walk.unchecked(place, 'the table of shared messages', object);
          break;
        case ExtensionMessage.CacheImage:
          walk.unchecked(place, 'the metadata cache image', object);
          break;
        case MessageType.FileSpaceInfo:
          checkFileSpaceInfo(walk, data, object);
          break;
        default:
      }
    });
  }
}

/** The free space of a file that persists, in the managers that the message tells of (section IV.A.2.x). */
function checkFileSpaceInfo(walk: Walk, data: ByteReader, object: ObjectRecord): void {
  for (const manager of decodeFileSpaceInfo(data, walk.lengthSize, walk.offsetSize).managers)
    checkFreeSpace(walk, object, manager, 1, 0, (address, size) => {
      walk.claim(address, size, 'free', 'free space', object);
    });
}
