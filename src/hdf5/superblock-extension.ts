import type { EditableSpace } from './editable-space.js';
import type { Extent } from './free-space.js';
import { decodeFileSpaceInfo } from './messages/file-space-info.js';
import { MessageType } from './messages/message-type.js';
import { readObjectHeader } from './object-header.js';
import { StoredHeader } from './stored-header.js';

/**
 * What the superblock extension (section II.C of the Format Specification) says of free space that persists is wrong as soon
 * as something else uses it: the HDF5 library would put new things over ours. Says that there is none.
 */
export function forgetFreeSpace(space: EditableSpace, extension: number): void {
  const chunks: Extent[] = [];
  const messages = readObjectHeader(space, extension, chunks);
  const info = messages.find(({ type }) => type === MessageType.FileSpaceInfo);
  if (!info) return;
  const { lengthSize, offsetSize } = space.superblock;
  const { forgetful } = decodeFileSpaceInfo(info.data, lengthSize, offsetSize);
  // Also where nothing is free there may stand in it where the file ended.
  if (forgetful.every((byte, i) => byte === info.data.bytes[i])) return;
  const header = new StoredHeader(space, extension, messages, chunks);
  header.set({ type: info.type, flags: info.flags, order: info.order, data: forgetful });
  header.write(space);
}
