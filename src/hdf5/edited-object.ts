import { ByteReader, UNDEFINED_ADDRESS } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import type { DatasetStorage } from './dataset-storage.js';
import type { AttributeDraft, LinkDraft } from './draft.js';
import { EditableMap } from './editable-map.js';
import type { EditableSpace } from './editable-space.js';
import { DenseAttributes, DenseLinks } from './indexes/dense-storage.js';
import type { GlobalHeapEditor } from './indexes/global-heap.js';
import { freeSymbolTable } from './indexes/symbol-table.js';
import { IndexedLinks, type LinkTable } from './link-table.js';
import { type LoadedObject, releaseAttribute, releaseContent, releaseMessage } from './loaded-object.js';
import { type Attribute, attributeName, decodeAttribute } from './messages/attribute.js';
import { decodeAttributeInfo, encodeAttributeInfo } from './messages/attribute-info.js';
import { encodeGroupInfo } from './messages/group-info.js';
import { decodeLink, decodeLinkPrefix, type Link } from './messages/link.js';
import { decodeLinkInfo, encodeLinkInfo } from './messages/link-info.js';
import { MessageFlag, MessageType } from './messages/message-type.js';
import { OrderFlag } from './messages/order-info.js';
import { decodeSymbolTable } from './messages/symbol-table.js';
import { NumberList } from './number-list.js';
import { type GroupInfo, inOrder, type ObjectInfo, readObject } from './object.js';
import { MAX_COMPACT, MIN_DENSE, needDenseStorage, type ObjectWriter } from './object-writer.js';
import { type HeaderMessage, StoredHeader } from './stored-header.js';
import { StoredObject } from './stored-object.js';

/** Creation orders of attributes are numbers of 16 bits, of which the last stands for none. */
const MOST_ATTRIBUTES = 0xffff;
/** So many links in dense storage are kept in memory when they have been written. */
const KEPT_LINKS = 4096;

/** What a group is that has been written: what `EditedObject` knows of it, as if it had been read. */
class WrittenGroup implements GroupInfo {
  readonly kind = 'group';
  readonly address: number;
  readonly position: number;
  readonly #attributes: EditableMap<Attribute>;
  readonly #table: LinkTable<Link>;
  #links: Link[] | undefined;

  constructor(
    space: EditableSpace,
    address: number,
    attributes: EditableMap<Attribute>,
    links: LinkTable<Link>,
  ) {
    this.address = address;
    this.position = space.superblock.baseAddress + address;
    this.#attributes = attributes;
    this.#table = links;
  }

  get attributes(): Attribute[] {
    return [...this.#attributes].map(([, attribute]) => attribute);
  }

  get links(): Link[] {
    this.#links ??= [...this.#table].map(([, link]) => link);
    return this.#links;
  }

  get linkTable(): LinkTable<Link> | undefined {
    return this.#table instanceof IndexedLinks ? this.#table : undefined;
  }
}

/** An object of a file that is edited: its header, and how its attributes and links are to be. */
export class EditedObject extends StoredObject {
  declare info: ObjectInfo;
  declare attributes: EditableMap<Attribute>;
  declare links: LinkTable<Link> | undefined;
  readonly header: StoredHeader;
  /** Names of attributes, and of links, that were set or deleted; true for those that were deleted at some time. */
  readonly attributeChanges = new Map<string, boolean>();
  readonly linkChanges = new Map<string, boolean>();
  /** The creation orders that new attributes and links are to have; others come after all that there are. */
  readonly attributeOrders = new Map<string, number>();
  readonly linkOrders = new Map<string, number>();
  /** Behind all that have been given. */
  #nextOrder: number | undefined;
  #unknownLinks: ReadonlySet<string> | undefined;
  /** What is open of the dense storage, between two times that it is written. */
  #denseAttributes: DenseAttributes | undefined;
  #denseLinks: DenseLinks | undefined;

  constructor(space: EditableSpace, { info, messages, chunks }: LoadedObject) {
    super(info, EditableMap);
    this.header = new StoredHeader(space, info.address, messages, chunks);
    // Something else may stand where they do once they are written again.
    if (info.kind !== 'group') return;
    for (const attribute of info.attributes)
      this.attributes.set(attribute.name, { ...attribute, data: attribute.data.slice() });
  }

  get linkCount(): number {
    return this.header.linkCount;
  }

  /** The attributes: those of the file, and new ones. */
  get allAttributes(): EditableMap<Attribute | AttributeDraft> {
    return this.attributes as EditableMap<Attribute | AttributeDraft>;
  }

  /** The links: those of the file, and new ones. */
  get allLinks(): LinkTable<Link | LinkDraft> {
    return this.links as LinkTable<Link | LinkDraft>;
  }

  /** Whether the header has a link of this name that only the program knows that made it. */
  hasUnknownLink(name: string): boolean {
    this.#unknownLinks ??= new Set(this.header.messages.filter(isUnknownLink).map(linkName));
    return this.#unknownLinks.has(name);
  }

  /** The creation order of an attribute or a link that is in the file or is to have one; -1 if none is known. */
  orderOf(name: string): number {
    const known = this.attributeOrders.get(name) ?? this.linkOrders.get(name);
    if (known !== undefined) return known;
    const member = (this.links && this.allLinks.get(name)) || this.allAttributes.get(name);
    return typeof member === 'object' && 'order' in member ? member.order : -1;
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

  /** Gives back all that the object takes; `elements`: those of a dataset, if they are other ones than the header says. */
  release(space: EditableSpace, heap: GlobalHeapEditor, elements?: DatasetStorage): void {
    this.releaseContent(space, heap, elements);
    this.header.free(space);
  }

  /** The same but for its header. */
  releaseContent(space: EditableSpace, heap: GlobalHeapEditor, elements?: DatasetStorage): void {
    this.allAttributes.forEach((attribute) => {
      if (isStored(attribute)) releaseAttribute(space, heap, attribute);
    });
    releaseContent(space, heap, this.info, elements);
    for (const { type, data } of this.header.messages) releaseMessage(space, type, data);
  }

  /**
   * Puts messages for all that has changed into the header, and writes that. Returns whether it can be edited further, as
   * what the file holds from now on; else it is to be read again. `isKept`: whether that is worth anything.
   */
  write(space: EditableSpace, writer: ObjectWriter, isKept: boolean): boolean {
    const attributes = this.attributeChanges.size > 0 ? this.#putAttributes(space, writer) : this.attributes;
    const links = this.linkChanges.size > 0 ? this.#putLinks(space, writer) : this.links;
    const { header } = this;
    header.write(space);
    if (!isKept || !attributes) return false;
    if (this.kind === 'group') {
      if (!links) return false;
      this.attributes = attributes;
      this.links = links;
      this.info = new WrittenGroup(space, header.address, attributes, links);
    } else {
      const messages = header.messages.map((message) => ({ ...message, data: new ByteReader(message.data) }));
      this.info = readObject(space, header.address, messages);
      this.attributes = new EditableMap(this.info.attributes);
    }
    for (const changes of [this.attributeChanges, this.linkChanges, this.attributeOrders, this.linkOrders])
      changes.clear();
    this.#nextOrder = undefined;
    return true;
  }

  /** Returns the attributes as they are stored; undefined if they are not known without reading them. */
  #putAttributes(space: EditableSpace, writer: ObjectWriter): EditableMap<Attribute> | undefined {
    const { header, allAttributes } = this;
    const { isTracked, isIndexed } = header;
    const messages = new Map<string, HeaderMessage>();
    for (const message of header.messages)
      if (message.type === MessageType.Attribute) messages.set(attributeName(message.data), message);
    const infoMessage = header.find(MessageType.AttributeInfo);
    const info = infoMessage && decodeAttributeInfo(new ByteReader(infoMessage.data));
    let next = info?.nextCreationOrder ?? 0;
    for (const { order } of messages.values()) next = Math.max(next, order + 1);
    let dense = this.#denseAttributes;
    // If something throws, what is open is of no more use.
    this.#denseAttributes = undefined;
    if (!dense && info && info.fractalHeap !== UNDEFINED_ADDRESS) dense = DenseAttributes.open(space, info);

    const fitsHeader = !needDenseStorage(allAttributes);
    if (dense && fitsHeader && allAttributes.size < MIN_DENSE) {
      dense.visit((message, order) => {
        messages.set(attributeName(message), {
          type: MessageType.Attribute,
          flags: 0,
          order,
          data: message.slice(),
        });
      });
      dense.free();
      dense = undefined;
    } else if (!dense && !fitsHeader) {
      dense = DenseAttributes.create(space, isTracked, isIndexed, next);
      for (const { data, order } of [...messages.values()].sort((x, y) => x.order - y.order))
        dense.add(data, isTracked && !dense.hasOrder(order) ? order : undefined);
    }

    header.remove(MessageType.Attribute);
    const stored: Attribute[] = [];
    let isKnown = true;
    const keep = (value: AttributeDraft, message: Uint8Array, order: number): void => {
      // What its datatype is would have to be read.
      if (typeof value === 'object' && value.committed !== undefined) isKnown = false;
      else stored.push(decodeAttribute(new ByteReader(message, header.address), order, unshared));
    };
    // Whether all that has changed is in the place of what was there.
    let isReplaced = dense !== undefined;
    if (dense) {
      // What goes may have the creation order of what comes.
      for (const [name, wasDeleted] of this.attributeChanges) {
        const asked = this.#attributeOrder(name);
        const isMoved = asked !== undefined && dense.has(name) && dense.order(name) !== asked;
        if (!wasDeleted && !isMoved && allAttributes.get(name) !== undefined) continue;
        dense.delete(name);
        isReplaced = false;
      }
      for (const name of this.attributeChanges.keys()) {
        const value = allAttributes.get(name);
        if (value === undefined || isStored(value)) continue;
        const message = writer.attributeMessage(name, value);
        if (!dense.replace(message)) {
          const asked = this.#attributeOrder(name);
          // Others count attributes and links apart, so that what becomes an attribute may find its place taken.
          dense.add(message, asked !== undefined && dense.hasOrder(asked) ? undefined : asked);
          isReplaced = false;
        }
        keep(value, message, dense.order(name));
      }
      dense.flush();
      next = dense.info.nextCreationOrder;
    } else {
      let last = -1;
      const isKept = (name: string) => {
        const value = allAttributes.get(name);
        return value !== undefined && isStored(value);
      };
      const taken = new Set<number>();
      for (const [name, { order }] of messages) if (isKept(name)) taken.add(order);
      const asked = freeOrders(
        this.attributeOrders,
        taken,
        (name) => allAttributes.get(name) !== undefined && !isKept(name),
        MOST_ATTRIBUTES,
      );
      for (const order of asked.values()) next = Math.max(next, order + 1);
      allAttributes.forEach((value, name) => {
        const message = messages.get(name);
        if (isStored(value) && message) {
          header.messages.push(message);
          last = message.order;
          return;
        }
        // One that was replaced keeps its place; one that was deleted and made again stands behind others.
        const isBehind = message && message.order > last && !taken.has(message.order);
        const behind = isBehind ? message.order : next;
        const order = isTracked ? (asked.get(name) ?? behind) : -1;
        next = Math.max(next, order + 1);
        taken.add(order);
        const data = writer.attributeMessage(name, value as AttributeDraft);
        header.messages.push({ type: MessageType.Attribute, flags: 0, order, data });
        if (!asked.has(name)) last = order;
        keep(value as AttributeDraft, data, order);
      });
    }
    header.remove(MessageType.AttributeInfo);
    if (dense || allAttributes.size > 0) {
      const data = new ByteWriter(28);
      encodeAttributeInfo(data, next, dense?.info, header.orderFlags);
      header.messages.push({ type: MessageType.AttributeInfo, flags: 0, order: 0, data: data.finish() });
    }
    this.#denseAttributes = dense;
    if (!isKnown) return undefined;
    if (isReplaced) {
      for (const attribute of stored) allAttributes.set(attribute.name, attribute);
      return this.attributes;
    }
    allAttributes.forEach((value) => {
      if (isStored(value)) stored.push(value);
    });
    inOrder(stored);
    return new EditableMap(stored);
  }

  /** The order that a new attribute is to have, where it can have it: a number of 16 bits. */
  #attributeOrder(name: string): number | undefined {
    const order = this.attributeOrders.get(name);
    return order !== undefined && order < MOST_ATTRIBUTES ? order : undefined;
  }

  /** Returns the links as they are stored; undefined if they are not known without reading them. */
  #putLinks(space: EditableSpace, writer: ObjectWriter): LinkTable<Link> | undefined {
    const { header, allLinks } = this;
    const message = header.find(MessageType.LinkInfo);
    const info = message && decodeLinkInfo(new ByteReader(message.data));
    const isTracked = info?.creationOrderTracked ?? false;
    // The second byte has the flags, of which the second says that there is an index by creation order.
    const flags = (message?.data[1] ?? 0) & (OrderFlag.Tracked | OrderFlag.Indexed);
    const isIndexed = (flags & OrderFlag.Indexed) !== 0;
    let next = info?.nextCreationOrder ?? 0;
    let asked: ReadonlyMap<string, number> = this.linkOrders;
    const orderOf = (name: string, link: Link | LinkDraft): number => {
      const order = !isTracked ? -1 : 'order' in link ? link.order : (asked.get(name) ?? next);
      next = Math.max(next, order + 1);
      return order;
    };
    const encoded = (name: string, link: Link | LinkDraft): Uint8Array =>
      writer.linkMessage(name, orderOf(name, link), link);
    // Links of a kind that only other programs know stay as they are.
    const unknown = header.messages.filter(isUnknownLink);
    let dense = this.#denseLinks;
    // All of them, in their order, if they are few and in memory.
    let known: EditableMap<Link> | undefined;
    // If something throws, what is open is of no more use.
    this.#denseLinks = undefined;
    if (!dense && info && info.fractalHeap !== UNDEFINED_ADDRESS) dense = DenseLinks.open(space, info);

    if (!dense && asked.size > 0) {
      const taken = new Set<number>();
      for (const [, link] of allLinks) if ('order' in link) taken.add(link.order);
      asked = freeOrders(asked, taken, (name) => {
        const link = allLinks.get(name);
        return link !== undefined && !('order' in link);
      });
      for (const order of asked.values()) next = Math.max(next, order + 1);
    }

    header.remove(MessageType.Link);
    if (!dense && allLinks.size + unknown.length > MAX_COMPACT) {
      dense = DenseLinks.create(space, isTracked, isIndexed, next);
      if (unknown.length > 0) {
        for (const { data } of unknown) dense.add(data);
        for (const [name, link] of allLinks) dense.add(encoded(name, link));
      } else {
        const messages = new ByteWriter(1 << 10);
        const bounds = new NumberList();
        if (allLinks.size <= KEPT_LINKS) known = new EditableMap();
        const load = (name: string, link: Link | LinkDraft, order: number): void => {
          bounds.push(messages.length);
          messages.raw(writer.linkMessage(name, order, link));
          bounds.push(messages.length);
          known?.set(name, written(name, order, link));
        };
        if (this.linkOrders.size === 0) {
          allLinks.forEach((link, name) => {
            load(name, link, orderOf(name, link));
          });
        } else {
          // Those that are loaded stand in their order.
          const all = [...allLinks].map(([name, link]) => ({ name, link, order: orderOf(name, link) }));
          all.sort((a, b) => a.order - b.order);
          let least = 0;
          for (const { name, link, order } of all) {
            // Others count attributes and links apart, so that two may have one place.
            const free = isTracked ? Math.max(order, least) : order;
            load(name, link, free);
            least = free + 1;
          }
          next = Math.max(next, least);
        }
        dense.load(messages.finish(), bounds);
      }
    } else if (dense && allLinks.size < MIN_DENSE && dense.list().length === dense.size) {
      // They go back into the header, with no need to take out one by one what is deleted; those of other kinds cannot. All
      // are read before their place is given back.
      for (const _ of allLinks);
      dense.free();
      dense = undefined;
    } else if (dense) {
      // What goes may have the creation order of what comes.
      for (const [name, wasDeleted] of this.linkChanges)
        if (wasDeleted || !allLinks.get(name)) dense.delete(name);
      if (isTracked && allLinks instanceof EditableMap && allLinks.size <= KEPT_LINKS) known = allLinks;
      let last = next - 1;
      for (const [name, wasDeleted] of this.linkChanges) {
        const link = allLinks.get(name);
        if (!link) continue;
        let order = orderOf(name, link);
        if (this.linkOrders.has(name) && dense.hasOrder(order)) order = next++;
        dense.add(writer.linkMessage(name, order, link));
        // What stands behind all others is known without reading them again.
        if (wasDeleted || order <= last) known = undefined;
        last = order;
        known?.set(name, written(name, order, link));
      }
    }
    dense?.flush();
    const links: HeaderMessage[] = [];
    if (!dense) {
      for (const [name, link] of allLinks)
        links.push({ type: MessageType.Link, flags: 0, order: 0, data: encoded(name, link) });
    }
    const data = new ByteWriter(34);
    encodeLinkInfo(data, Math.max(next, dense?.info.nextCreationOrder ?? 0), dense?.info, flags);
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
    this.#denseLinks = dense;
    if (dense) return known ?? new IndexedLinks<Link>(dense, () => listed(dense.list()));
    if (unknown.length > 0) return undefined;
    return new EditableMap(listed(links.map(({ data }) => decodeLink(new ByteReader(data)) as Link)));
  }
}

/**
 * Of the orders that members are to have, those that they can have, which are taken then. Others count attributes and links
 * apart, so that what becomes one of the other kind may find its place taken.
 */
function freeOrders(
  asked: ReadonlyMap<string, number>,
  taken: Set<number>,
  isNew: (name: string) => boolean,
  most = Infinity,
): Map<string, number> {
  const free = new Map<string, number>();
  for (const [name, order] of asked) {
    if (order >= most || taken.has(order) || !isNew(name)) continue;
    taken.add(order);
    free.set(name, order);
  }
  return free;
}

function isUnknownLink({ type, data }: HeaderMessage): boolean {
  return type === MessageType.Link && decodeLink(new ByteReader(data)) === undefined;
}

function linkName({ data }: HeaderMessage): string {
  return decodeLinkPrefix(new ByteReader(data)).name;
}

/** What a link is once it has been written. */
function written(name: string, order: number, link: Link | LinkDraft): Link {
  switch (link.kind) {
    case 'soft':
      return { kind: 'soft', name, order, target: link.target };
    case 'external':
      return { kind: 'external', name, order, file: link.file, target: link.target };
    default:
      return { kind: 'hard', name, order, address: link.address };
  }
}

function listed(links: Link[]): Link[] {
  inOrder(links);
  return links;
}

/** Whether an attribute stands in the file. */
export function isStored(value: Attribute | AttributeDraft): value is Attribute {
  return typeof value === 'object' && 'data' in value;
}

/** What an attribute does not have that is known to share no datatype. */
function unshared(shared: ByteReader): never {
  return shared.fail('an attribute that shares its datatype');
}
