import { ByteReader } from './byte-reader.js';
import type { FileSpace } from './file-space.js';
import type { Extent } from './free-space.js';
import { MessageType } from './messages/message-type.js';
import { referenceCountData } from './messages/reference-count.js';
import { Chunks, keep, type Message } from './object-header.js';

/**
 * The messages of an object header of version 1, whose first bytes are in `look` (Format Specification, section IV.A.1.a). The
 * number of links, which stands in front of them there, is one of them, as in version 2.
 */
export function readOldHeader(
  space: FileSpace,
  address: number,
  look: ByteReader,
  extents: Extent[],
): Message[] {
  look.version('the object header', 1);
  look.take(1);
  const count = look.u16();
  const links = look.u32();
  const size = look.u32();
  look.take(4);
  const messages: Message[] = links === 1 ? [] : [referenceCount(links)];
  extents.push([address, 16 + size]);
  const chunks = new Chunks(space, extents);
  let chunk: ByteReader | undefined = space.reader(address + 16, size, 'an object header');
  for (let seen = 0; chunk; chunk = chunks.next()) {
    for (; seen < count && chunk.left >= 8; seen++) {
      const type = chunk.u16();
      const length = chunk.u16();
      const flags = chunk.u8();
      chunk.take(3);
      keep(type, flags, -1, chunk.block(length), messages, chunks);
    }
  }
  return messages;
}

function referenceCount(count: number): Message {
  const data = new ByteReader(referenceCountData(count));
  return { type: MessageType.ReferenceCount, flags: 0, order: -1, data };
}
