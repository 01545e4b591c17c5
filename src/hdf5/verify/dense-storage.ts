import { H5FeatureError } from '../../errors.js';
import { ByteReader, UNDEFINED_ADDRESS } from '../byte-reader.js';
import { lookup3 } from '../checksum.js';
import { BtreeV2Type } from '../indexes/btree-v2.js';
import { compareBytes } from '../indexes/dense-storage.js';
import { type Attribute, decodeAttribute } from '../messages/attribute.js';
import type { AttributeInfo } from '../messages/attribute-info.js';
import type { Datatype } from '../messages/datatype.js';
import { decodeLink, type Link } from '../messages/link.js';
import type { LinkInfo } from '../messages/link-info.js';
import { MessageFlag } from '../messages/message-type.js';
import { decodeUtf8 } from '../text.js';
import { walkBtreeV2 } from './btree-v2.js';
import { quote } from './findings.js';
import { openFractalHeap } from './fractal-heap.js';
import type { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

/** Adds the links in dense storage. Returns whether all could be read. */
export function readDenseLinks(walk: Walk, object: ObjectRecord, info: LinkInfo, links: Link[]): boolean {
  if (info.fractalHeap === UNDEFINED_ADDRESS) return true;
  if (links.length > 0)
    walk.problem('link', object.address, object, 'there are links in the header and in dense storage');
  return readDense(walk, object, info, 'link', (message) => {
    const link = decodeLink(new ByteReader(message.bytes, message.base, walk.offsetSize, walk.lengthSize));
    if (link) links.push(link);
    return { name: linkName(message), order: link?.order ?? -1 };
  });
}

export function readDenseAttributes(
  walk: Walk,
  object: ObjectRecord,
  info: AttributeInfo,
  attributes: Attribute[],
  resolve: (shared: ByteReader) => Datatype,
): void {
  if (info.fractalHeap === UNDEFINED_ADDRESS) return;
  if (attributes.length > 0)
    walk.problem(
      'attribute',
      object.address,
      object,
      'there are attributes in the header and in dense storage',
    );
  const whole = readDense(walk, object, info, 'attribute', (message, order) => {
    const copy = new ByteReader(message.bytes, message.base, walk.offsetSize, walk.lengthSize);
    attributes.push(decodeAttribute(copy, info.creationOrderTracked ? order : -1, resolve));
    return { name: attributeName(message), order };
  });
  if (!whole) walk.sawHeap = false;
}

/**
 * Dense storage: messages in a fractal heap, an index of them by the hash of their name, and perhaps one by creation
 * order (records of types 5 and 6, 8 and 9; sections III.A.2 and III.G). `decode` gets each message, and the order
 * that the record of an attribute has; it returns the name as bytes, and the order. Returns whether all could be read.
 */
function readDense(
  walk: Walk,
  object: ObjectRecord,
  info: LinkInfo | AttributeInfo,
  kind: 'link' | 'attribute',
  decode: (message: ByteReader, order: number) => { name: Uint8Array; order: number },
): boolean {
  const { fractalHeap, nameIndex, orderIndex } = info;
  const heap = walk.attempt('fractal-heap', fractalHeap, object, () =>
    openFractalHeap(walk, object, fractalHeap),
  );
  if (!heap) return false;
  const { idSize } = heap;
  const isLink = kind === 'link';
  let whole = true;
  /** The creation order by heap ID. */
  const byId = new Map<string, number>();
  let lastHash = -1;
  let lastName: Uint8Array | undefined;
  const nameType = isLink ? BtreeV2Type.LinksByName : BtreeV2Type.AttributesByName;
  const nameSize = idSize + (isLink ? 4 : 9);
  const byName = walkBtreeV2(walk, object, nameIndex, nameType, nameSize, (record) => {
    const place = record.offset - walk.base;
    const done = walk.attempt(kind, place, object, () => {
      let hash = isLink ? record.u32() : 0;
      const id = record.block(idSize);
      let order = -1;
      if (!isLink) {
        // The ID of a shared one is that of another heap.
        if (record.u8() & MessageFlag.Shared) throw new H5FeatureError('a shared attribute');
        order = record.u32();
        hash = record.u32();
      }
      const key = idKey(id.bytes);
      if (byId.has(key)) record.fail(`two records of an index lead to the same ${kind}`);
      const message = heap.get(id);
      const { name, order: ownOrder } = decode(message, order);
      byId.set(key, ownOrder);
      const view = new DataView(name.buffer, name.byteOffset, name.length);
      if (lookup3(view, 0, name.length) !== hash)
        walk.problem(
          'btree-v2',
          place,
          object,
          `the index of names has another hash for the ${kind} ${quote(decodeUtf8(name))}`,
        );
      if (hash < lastHash || (hash === lastHash && lastName && compareBytes(lastName, name) >= 0))
        walk.problem(
          'btree-v2',
          place,
          object,
          `the index of names is not in order at ${quote(decodeUtf8(name))}`,
        );
      lastHash = hash;
      lastName = name;
      return true;
    });
    if (!done) whole = false;
  });
  if (!byName) whole = false;
  if (whole) walk.attempt('fractal-heap', fractalHeap, object, () => heap.finish());
  if (orderIndex !== UNDEFINED_ADDRESS) {
    let last = -1;
    let count = 0;
    const orderType = isLink ? BtreeV2Type.LinksByOrder : BtreeV2Type.AttributesByOrder;
    const orderSize = idSize + (isLink ? 8 : 5);
    const byOrder = walkBtreeV2(walk, object, orderIndex, orderType, orderSize, (record) => {
      const place = record.offset - walk.base;
      walk.attempt('btree-v2', place, object, () => {
        let order = isLink ? record.u64() : 0;
        const id = record.raw(idSize);
        if (!isLink) {
          record.take(1);
          order = record.u32();
        }
        if (order <= last) record.fail('the index of creation orders is not in order');
        last = order;
        count++;
        const known = byId.get(idKey(id));
        if (whole && known !== order)
          record.fail(
            known === undefined
              ? `the index of creation orders has a ${kind} that the index of names does not have`
              : `the ${kind} of creation order ${known} stands at ${order} in the index of creation orders`,
          );
      });
    });
    if (byOrder && whole && count !== byId.size)
      walk.problem(
        'btree-v2',
        orderIndex,
        object,
        `the index of creation orders has ${count} records, that of names ${byId.size}`,
      );
  }
  return whole;
}

function idKey(id: Uint8Array): string {
  return String.fromCharCode(...id);
}

/** The bytes of the name in a link message (section IV.A.2.g). */
function linkName(message: ByteReader): Uint8Array {
  message.position = 1;
  const flags = message.u8();
  message.take((flags & 8 ? 1 : 0) + (flags & 4 ? 8 : 0) + (flags & 16 ? 1 : 0));
  return message.raw(message.uint(1 << (flags & 3)));
}

/** The bytes of the name in an attribute message (section IV.A.2.m), without the NUL byte. */
function attributeName(message: ByteReader): Uint8Array {
  message.position = 0;
  const version = message.u8();
  message.take(1);
  const size = message.u16();
  message.take(version === 3 ? 5 : 4);
  const name = message.raw(size);
  const end = name.indexOf(0);
  return end < 0 ? name : name.subarray(0, end);
}
