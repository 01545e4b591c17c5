import { ByteReader, UNDEFINED_ADDRESS } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { DatasetStorage } from './dataset-storage.js';
import type { AttributeDraft, LinkDraft } from './draft.js';
import { EditableMap } from './editable-map.js';
import type { EditableSpace } from './editable-space.js';
import { DenseAttributes, DenseLinks } from './indexes/dense-storage.js';
import type { GlobalHeapEditor } from './indexes/global-heap.js';
import { freeSymbolTable } from './indexes/symbol-table.js';
import type { LinkTable } from './link-table.js';
import { type Attribute, attributeName } from './messages/attribute.js';
import { decodeAttributeInfo, encodeAttributeInfo } from './messages/attribute-info.js';
import { extent } from './messages/dataspace.js';
import { encodeGroupInfo } from './messages/group-info.js';
import { decodeLink, type Link } from './messages/link.js';
import { decodeLinkInfo, encodeLinkInfo } from './messages/link-info.js';
import { MessageFlag, MessageType } from './messages/message-type.js';
import { decodeSymbolTable } from './messages/symbol-table.js';
import { NumberList } from './number-list.js';
import type { ObjectInfo } from './object.js';
import { MAX_COMPACT, MIN_DENSE, needDenseStorage, type ObjectWriter } from './object-writer.js';
import { releaseElements } from './release.js';
import { type HeaderMessage, StoredHeader } from './stored-header.js';
import { StoredObject } from './stored-object.js';

/** An object of a file that is edited: its header, and how its attributes and links are to be. */
export class EditedObject extends StoredObject {
  readonly header: StoredHeader;
  /** Names of attributes, and of links, that were set or deleted; true for those that were deleted at some time. */
  readonly attributeChanges = new Map<string, boolean>();
  readonly linkChanges = new Map<string, boolean>();
  /** The creation orders that new attributes and links are to have; others come after all that there are. */
  readonly attributeOrders = new Map<string, number>();
  readonly linkOrders = new Map<string, number>();
  /** Behind all that have been given. */
  #nextOrder: number | undefined;

  constructor(space: EditableSpace, info: ObjectInfo) {
    super(info, EditableMap);
    this.header = new StoredHeader(space, info.address);
  }

  /** The attributes: those of the file, and new ones. */
  get allAttributes(): EditableMap<Attribute | AttributeDraft> {
    return this.attributes as EditableMap<Attribute | AttributeDraft>;
  }

  /** The links: those of the file, and new ones. */
  get allLinks(): LinkTable<Link | LinkDraft> {
    return this.links as LinkTable<Link | LinkDraft>;
  }

  /** The creation order of an attribute or a link that is in the file or is to have one; -1 if none is known. */
  orderOf(name: string): number {
    const known = this.attributeOrders.get(name) ?? this.linkOrders.get(name);
    if (known !== undefined) return known;
    const attribute = this.allAttributes.get(name);
    if (typeof attribute === 'object' && 'order' in attribute) return attribute.order;
    const link = this.links && this.allLinks.get(name);
    return link && 'order' in link ? link.order : -1;
  }

  /** The creation order that an attribute or a link of a name is to get: the one that it has, else one behind all others. */
  orderFor(name: string): number {
    const known = this.orderOf(name);
    if (known >= 0) return known;
    if (this.#nextOrder === undefined) {
      this.#nextOrder = this.#orderAfterAll();
      // What was added without a number is before this one.
      for (const other of this.attributeChanges.keys())
        if (this.allAttributes.get(other) !== undefined) this.number(this.attributeOrders, other);
      for (const other of this.linkChanges.keys())
        if (this.allLinks.get(other)) this.number(this.linkOrders, other);
    }
    return this.#nextOrder++;
  }

  /** Gives a number to what is added without one, where others have been given: no two may have the same. */
  number(orders: Map<string, number>, name: string): void {
    if (this.#nextOrder === undefined || orders.has(name)) return;
    const known = this.orderOf(name);
    orders.set(name, known >= 0 ? known : this.#nextOrder++);
  }

  #orderAfterAll(): number {
    const { header } = this;
    const links = header.find(MessageType.LinkInfo);
    const attributes = header.find(MessageType.AttributeInfo);
    let next = Math.max(
      links ? decodeLinkInfo(new ByteReader(links.data)).nextCreationOrder : 0,
      attributes ? decodeAttributeInfo(new ByteReader(attributes.data)).nextCreationOrder : 0,
    );
    for (const { type, order } of header.messages)
      if (type === MessageType.Attribute) next = Math.max(next, order + 1);
    for (const orders of [this.attributeOrders, this.linkOrders])
      for (const order of orders.values()) next = Math.max(next, order + 1);
    return next;
  }

  /** Gives back all that the object takes. */
  release(space: EditableSpace, heap: GlobalHeapEditor): void {
    this.releaseContent(space, heap);
    this.header.free(space);
  }

  /** The same but for its header. */
  releaseContent(space: EditableSpace, heap: GlobalHeapEditor): void {
    this.allAttributes.forEach((attribute) => {
      if (typeof attribute === 'object' && 'data' in attribute)
        releaseElements(space, heap, attribute.datatype, extent(attribute.dataspace), attribute.data);
    });
    const table = this.header.find(MessageType.SymbolTable);
    if (table) freeSymbolTable(space, decodeSymbolTable(new ByteReader(table.data)));
    if (this.info.kind === 'dataset') new DatasetStorage(space, this.info).release(space, heap);
    const info = this.header.find(MessageType.AttributeInfo);
    const attributes = info && decodeAttributeInfo(new ByteReader(info.data));
    if (attributes && attributes.fractalHeap !== UNDEFINED_ADDRESS)
      DenseAttributes.open(space, attributes).free();
    const linkInfo = this.header.find(MessageType.LinkInfo);
    const links = linkInfo && decodeLinkInfo(new ByteReader(linkInfo.data));
    if (links && links.fractalHeap !== UNDEFINED_ADDRESS) DenseLinks.open(space, links).free();
  }

  /** Puts messages for all that has changed into the header, and writes that. */
  write(space: EditableSpace, writer: ObjectWriter): void {
    if (this.attributeChanges.size > 0) this.#putAttributes(space, writer);
    if (this.linkChanges.size > 0) this.#putLinks(space, writer);
    this.header.write(space);
  }

  #putAttributes(space: EditableSpace, writer: ObjectWriter): void {
    const { header, allAttributes } = this;
    const { isTracked } = header;
    const stored = new Map<string, HeaderMessage>();
    for (const message of header.messages)
      if (message.type === MessageType.Attribute) stored.set(attributeName(message.data), message);
    const infoMessage = header.find(MessageType.AttributeInfo);
    const info = infoMessage && decodeAttributeInfo(new ByteReader(infoMessage.data));
    let next = info?.nextCreationOrder ?? 0;
    for (const { order } of stored.values()) next = Math.max(next, order + 1);
    let dense =
      info && info.fractalHeap !== UNDEFINED_ADDRESS ? DenseAttributes.open(space, info) : undefined;

    const fitsHeader = !needDenseStorage(allAttributes);
    if (dense && fitsHeader && allAttributes.size < MIN_DENSE) {
      dense.visit((message, order) => {
        stored.set(attributeName(message), {
          type: MessageType.Attribute,
          flags: 0,
          order,
          data: message.slice(),
        });
      });
      dense.free();
      dense = undefined;
    } else if (!dense && !fitsHeader) {
      dense = DenseAttributes.create(space, isTracked, isTracked, next);
      for (const { data, order } of [...stored.values()].sort((x, y) => x.order - y.order))
        dense.add(data, isTracked ? order : undefined);
    }

    header.remove(MessageType.Attribute);
    if (dense) {
      for (const [name, wasDeleted] of this.attributeChanges) {
        const value = allAttributes.get(name);
        if (wasDeleted || value === undefined) dense.delete(name);
        if (value === undefined || (typeof value === 'object' && 'data' in value)) continue;
        const message = writer.attributeMessage(name, value);
        if (!dense.replace(message)) dense.add(message, this.#attributeOrder(name));
      }
      dense.flush();
      next = dense.info.nextCreationOrder;
    } else {
      let last = -1;
      allAttributes.forEach((value, name) => {
        const message = stored.get(name);
        if (typeof value === 'object' && 'data' in value && message) {
          header.messages.push(message);
          last = message.order;
          return;
        }
        // One that was replaced keeps its place; one that was deleted and made again stands behind others.
        const asked = this.#attributeOrder(name);
        const order = !isTracked ? -1 : (asked ?? (message && message.order > last ? message.order : next));
        next = Math.max(next, order + 1);
        const data = writer.attributeMessage(name, value as AttributeDraft);
        header.messages.push({ type: MessageType.Attribute, flags: 0, order, data });
        if (asked === undefined) last = order;
      });
    }
    header.remove(MessageType.AttributeInfo);
    if (!dense && (!isTracked || allAttributes.size === 0)) return;
    const data = new ByteWriter(28);
    encodeAttributeInfo(data, next, isTracked, dense?.info);
    header.messages.push({ type: MessageType.AttributeInfo, flags: 0, order: 0, data: data.finish() });
  }

  /** The order that a new attribute is to have, where it can have it: a number of 16 bits. */
  #attributeOrder(name: string): number | undefined {
    const order = this.attributeOrders.get(name);
    return order !== undefined && order < 0xffff ? order : undefined;
  }

  #putLinks(space: EditableSpace, writer: ObjectWriter): void {
    const { header, allLinks } = this;
    const message = header.find(MessageType.LinkInfo);
    const info = message && decodeLinkInfo(new ByteReader(message.data));
    const isTracked = info?.creationOrderTracked ?? false;
    // The second byte has the flags, of which the second says that there is an index by creation order.
    const isIndexed = ((message?.data[1] ?? 0) & 2) !== 0;
    let next = info?.nextCreationOrder ?? 0;
    const encoded = (name: string, link: Link | LinkDraft): Uint8Array => {
      const order = !isTracked ? -1 : 'order' in link ? link.order : (this.linkOrders.get(name) ?? next);
      next = Math.max(next, order + 1);
      return writer.linkMessage(name, order, link);
    };
    // Links of a kind that only other programs know stay as they are.
    const isUnknown = ({ type, data }: HeaderMessage) =>
      type === MessageType.Link && decodeLink(new ByteReader(data)) === undefined;
    const unknown = header.messages.filter(isUnknown);
    let dense = info && info.fractalHeap !== UNDEFINED_ADDRESS ? DenseLinks.open(space, info) : undefined;

    header.remove(MessageType.Link);
    if (!dense && allLinks.size + unknown.length > MAX_COMPACT) {
      dense = DenseLinks.create(space, isTracked, isIndexed, next);
      // Those that are loaded stand in their order.
      if (unknown.length > 0 || this.linkOrders.size > 0) {
        for (const { data } of unknown) dense.add(data);
        for (const [name, link] of allLinks) dense.add(encoded(name, link));
      } else {
        const messages = new ByteWriter(1 << 10);
        const bounds = new NumberList();
        allLinks.forEach((link, name) => {
          bounds.push(messages.length);
          messages.raw(encoded(name, link));
          bounds.push(messages.length);
        });
        dense.load(messages.finish(), bounds);
      }
    } else if (dense) {
      for (const [name, wasDeleted] of this.linkChanges) {
        const link = allLinks.get(name);
        if (wasDeleted || !link) dense.delete(name);
        if (link) dense.add(encoded(name, link));
      }
      // With those of other kinds it stays. All are read before their place is given back.
      if (dense.size < MIN_DENSE && dense.size === [...allLinks].length) {
        dense.free();
        dense = undefined;
      }
    }
    dense?.flush();
    const links: HeaderMessage[] = [];
    if (!dense) {
      for (const [name, link] of allLinks)
        links.push({ type: MessageType.Link, flags: 0, order: 0, data: encoded(name, link) });
    }
    const data = new ByteWriter(34);
    encodeLinkInfo(
      data,
      Math.max(next, dense?.info.nextCreationOrder ?? 0),
      isTracked,
      isIndexed,
      dense?.info,
    );
    header.set({ type: MessageType.LinkInfo, flags: 0, order: 0, data: data.finish() });
    if (!header.find(MessageType.GroupInfo)) {
      const group = new ByteWriter(2);
      encodeGroupInfo(group);
      header.messages.push({
        type: MessageType.GroupInfo,
        flags: MessageFlag.Constant,
        order: 0,
        data: group.finish(),
      });
    }
    if (!dense) header.messages.push(...unknown, ...links);
    const table = header.find(MessageType.SymbolTable);
    if (table) {
      freeSymbolTable(space, decodeSymbolTable(new ByteReader(table.data)));
      header.remove(MessageType.SymbolTable);
      space.uncacheGroup(header.address);
    }
  }
}
