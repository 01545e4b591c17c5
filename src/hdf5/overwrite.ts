import { lookup3 } from './checksum.js';
import { encodedType } from './draft.js';
import type { EditableSpace } from './editable-space.js';
import type { Extent } from './free-space.js';
import { OHDR } from './header-writer.js';
import { decodeStoredLayout, type StoredLayout } from './messages/data-layout.js';
import { decodeDataspace } from './messages/dataspace.js';
import { MessageFlag, MessageType } from './messages/message-type.js';
import { readObjectHeader } from './object-header.js';
import type { Prepared } from './prepare.js';

/** Of larger data what is new takes less memory until the commit than what is changed. */
const LIMIT = 4096;

/**
 * Writes elements in the place of those of a dataset of the file, if these are of the same datatype and shape, lead to
 * nothing, and there is nothing else about the dataset: no attribute, no filter, no second link. Returns whether it did.
 */
export function overwrite(space: EditableSpace, address: number, prepared: Prepared): boolean {
  const bytes = prepared.encoded?.bytes;
  if (!bytes || bytes.length > LIMIT) return false;
  const type = encodedType(prepared.datatype).message;
  const { dims } = prepared.dataspace;
  const chunks: Extent[] = [];
  const messages = readObjectHeader(space, address, chunks);
  const [[, size]] = chunks as [Extent];
  if (chunks.length !== 1) return false;
  let layout: StoredLayout | undefined;
  for (const { type: kind, flags, data } of messages) {
    switch (kind) {
      case MessageType.Dataspace: {
        const found = decodeDataspace(data);
        const isSame = found.kind === prepared.dataspace.kind && found.dims.length === dims.length;
        if (!isSame || found.maxDims || found.dims.some((dim, i) => dim !== dims[i])) return false;
        break;
      }
      case MessageType.Datatype:
        if (flags & MessageFlag.Shared || data.length !== type.length) return false;
        for (const byte of type) if (data.u8() !== byte) return false;
        break;
      case MessageType.DataLayout:
        layout = decodeStoredLayout(data, bytes.length, undefined);
        break;
      case MessageType.FillValue:
      case MessageType.Nil:
        break;
      default:
        return false;
    }
  }
  if (layout?.kind === 'contiguous' && layout.size === bytes.length && layout.address >= 0) {
    space.write(layout.address, bytes);
    return true;
  }
  if (layout?.kind !== 'compact' || layout.data.length !== bytes.length) return false;
  // The checksum of the header is that of its one chunk; one of version 1 has none.
  const header = new Uint8Array(space.bytes(address, size, 'an object header'));
  if (header[0] !== (OHDR & 0xff)) return false;
  header.set(bytes, layout.offset - space.superblock.baseAddress - address);
  const end = size - 4;
  const view = new DataView(header.buffer);
  view.setUint32(end, lookup3(view, 0, end), true);
  space.write(address, header);
  return true;
}
