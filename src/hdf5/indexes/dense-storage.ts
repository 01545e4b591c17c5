import { H5FeatureError } from '../../errors.js';
import { type ByteReader, UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { FileSpace, Meter } from '../file-space.js';
import { type Attribute, decodeAttribute } from '../messages/attribute.js';
import type { AttributeInfo } from '../messages/attribute-info.js';
import type { Datatype } from '../messages/datatype.js';
import { decodeLink, type Link } from '../messages/link.js';
import type { LinkInfo } from '../messages/link-info.js';
import { MessageFlag } from '../messages/message-type.js';
import { BtreeV2Type, readBtreeV2 } from './btree-v2.js';
import { readFractalHeap } from './fractal-heap.js';

/**
 * The links of a group that are too many for its header: link messages in a fractal heap, which a B-tree finds by
 * the hash of their name, and another one by creation order, where there is one (records of type 5 and 6).
 */
export function readDenseLinks(space: FileSpace, info: LinkInfo, meter: Meter): Link[] {
  const heap = readFractalHeap(space, info.fractalHeap, meter);
  const ordered = info.orderIndex !== UNDEFINED_ADDRESS;
  const index = ordered ? info.orderIndex : info.nameIndex;
  const type = ordered ? BtreeV2Type.LinksByOrder : BtreeV2Type.LinksByName;
  const keySize = ordered ? 8 : 4;
  const links: Link[] = [];
  readBtreeV2(space, index, type, keySize + heap.idSize, meter, (record) => {
    record.take(keySize);
    const link = decodeLink(heap.get(record));
    if (link) links.push(link);
  });
  return links;
}

/** The same for attributes, which do not hold their creation order themselves (records of type 8 and 9). */
export function readDenseAttributes(
  space: FileSpace,
  info: AttributeInfo,
  resolve: (shared: ByteReader) => Datatype,
  meter: Meter,
): Attribute[] {
  const heap = readFractalHeap(space, info.fractalHeap, meter);
  const ordered = info.orderIndex !== UNDEFINED_ADDRESS;
  const index = ordered ? info.orderIndex : info.nameIndex;
  const type = ordered ? BtreeV2Type.AttributesByOrder : BtreeV2Type.AttributesByName;
  const attributes: Attribute[] = [];
  readBtreeV2(space, index, type, heap.idSize + (ordered ? 5 : 9), meter, (record) => {
    const id = record.block(heap.idSize);
    // The ID of a shared one is that of another heap.
    if (record.u8() & MessageFlag.Shared) throw new H5FeatureError('a shared attribute');
    const order = record.u32();
    attributes.push(decodeAttribute(heap.get(id), info.creationOrderTracked ? order : -1, resolve));
  });
  return attributes;
}
