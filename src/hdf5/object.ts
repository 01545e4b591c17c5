import { H5FeatureError, H5FormatError, withoutIndexes } from '../errors.js';
import { type ByteReader, UNDEFINED_ADDRESS } from './byte-reader.js';
import type { FileSpace } from './file-space.js';
import type { LinkTable } from './link-table.js';
import { type Attribute, decodeAttribute } from './messages/attribute.js';
import { type AttributeInfo, decodeAttributeInfo } from './messages/attribute-info.js';
import { type DataElsewhere, decodeStoredLayout, type StoredLayout } from './messages/data-layout.js';
import { type Dataspace, decodeDataspace, extent } from './messages/dataspace.js';
import { type Datatype, decodeDatatype } from './messages/datatype.js';
import { decodeFillValue } from './messages/fill-value.js';
import { decodeLink, type Link } from './messages/link.js';
import { decodeLinkInfo, type LinkInfo } from './messages/link-info.js';
import { MessageFlag, MessageType } from './messages/message-type.js';
import { decodeSharedMessage } from './messages/shared-message.js';
import { decodeSymbolTable, type SymbolTable } from './messages/symbol-table.js';
import { readObjectHeader } from './object-header.js';
import { compareText } from './text.js';

/** What an object header says, decoded: a group, a dataset, or a committed datatype. */
export type ObjectInfo = GroupInfo | DatasetInfo | DatatypeInfo;

/** Where an object is. */
interface Place {
  readonly address: number;
  /** In the file, in bytes: addresses do not count a user block. */
  readonly position: number;
}

export interface GroupInfo extends Place {
  readonly kind: 'group';
  /** In creation order where that is tracked, else by name, as libhdf5 lists them. So are attributes. */
  readonly links: Link[];
  /** What finds a link without reading all of them, where there is such a thing. */
  readonly linkTable?: LinkTable<Link> | undefined;
  readonly attributes: Attribute[];
}

export interface DatasetInfo extends Place {
  readonly kind: 'dataset';
  readonly attributes: Attribute[];
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  readonly layout: StoredLayout;
  readonly fillValue: Uint8Array | undefined;
  /** The filter pipeline message, where there is one. */
  readonly filters?: ByteReader | undefined;
}

export interface DatatypeInfo extends Place {
  readonly kind: 'datatype';
  readonly attributes: Attribute[];
  readonly datatype: Datatype;
}

/** Reads and decodes the object whose header stands at `address`. */
export function readObject(
  space: FileSpace,
  address: number,
  messages = readObjectHeader(space, address),
): ObjectInfo {
  const position = space.superblock.baseAddress + address;
  const resolve = (reader: ByteReader) => resolveDatatype(space, reader);
  let attributes: Attribute[] = [];
  let links: Link[] = [];
  let group = false;
  let linkInfo: LinkInfo | undefined;
  let attributeInfo: AttributeInfo | undefined;
  let symbolTable: SymbolTable | undefined;
  let datatype: Datatype | undefined;
  let dataspace: Dataspace | undefined;
  let layout: ByteReader | undefined;
  let external: DataElsewhere | undefined;
  let fillValue: Uint8Array | undefined;
  let filters: ByteReader | undefined;

  for (const { type, flags, order, data } of messages) {
    if (flags & MessageFlag.Shared && type !== MessageType.Datatype) {
      throw new H5FeatureError('a shared header message');
    }
    switch (type) {
      case MessageType.Dataspace:
        dataspace = decodeDataspace(data);
        break;
      case MessageType.Datatype:
        datatype = flags & MessageFlag.Shared ? resolve(data) : decodeDatatype(data);
        break;
      case MessageType.FillValue:
        fillValue = decodeFillValue(data);
        break;
      case MessageType.DataLayout:
        layout = data;
        break;
      case MessageType.Attribute:
        attributes.push(decodeAttribute(data, order, resolve));
        break;
      case MessageType.AttributeInfo:
        attributeInfo = decodeAttributeInfo(data);
        break;
      case MessageType.Link: {
        const link = decodeLink(data);
        if (link) links.push(link);
        break;
      }
      case MessageType.LinkInfo:
        group = true;
        linkInfo = decodeLinkInfo(data);
        break;
      case MessageType.SymbolTable:
        group = true;
        symbolTable = decodeSymbolTable(data);
        break;
      case MessageType.ExternalDataFiles:
        external = { kind: 'external' };
        break;
      case MessageType.FilterPipeline:
        filters = data;
        break;
      default:
    }
  }

  if (attributeInfo && attributeInfo.fractalHeap !== UNDEFINED_ADDRESS) {
    const { denseAttributes } = space.indexes ?? withoutIndexes('attributes in dense storage');
    attributes = attributes.concat(denseAttributes(space, attributeInfo, resolve, address));
  }
  inOrder(attributes);
  if (group) {
    if (symbolTable) {
      links = links.concat(
        (space.indexes ?? withoutIndexes('a symbol table')).symbolTable(space, symbolTable, address),
      );
    }
    if (linkInfo && linkInfo.fractalHeap !== UNDEFINED_ADDRESS)
      return (space.indexes ?? withoutIndexes('links in dense storage')).denseGroup(
        space,
        address,
        links,
        linkInfo,
        attributes,
      );
    inOrder(links);
    return { kind: 'group', address, position, links, attributes };
  }
  if (datatype && dataspace && layout) {
    const size = extent(dataspace) * datatype.size;
    const decoded = external ?? decodeStoredLayout(layout, size, space.chunkedLayout);
    if (!Number.isSafeInteger(size)) layout.fail(`a dataset of ${size} bytes`);
    return {
      kind: 'dataset',
      address,
      position,
      attributes,
      datatype,
      dataspace,
      layout: decoded,
      fillValue,
      filters,
    };
  }
  if (datatype && !dataspace) return { kind: 'datatype', address, position, attributes, datatype };
  throw new H5FormatError(position, 'an object of no known kind');
}

interface Ordered {
  readonly order: number;
  readonly name: string;
}

/**
 * Sorts by creation order, and by name where that is not tracked, unless they stand so already. Some programs give all the same order:
 * these stay as they stand.
 */
export function inOrder(items: Ordered[]): void {
  for (let i = 1; i < items.length; i++) {
    if (compare(items[i - 1] as Ordered, items[i] as Ordered) > 0) {
      items.sort(compare);
      return;
    }
  }
}

function compare(a: Ordered, b: Ordered): number {
  return a.order - b.order || (a.order < 0 ? compareText(a.name, b.name) : 0);
}

/** A datatype that is shared with the committed one whose place `reader` tells. */
function resolveDatatype(space: FileSpace, reader: ByteReader): Datatype {
  const committed = decodeSharedMessage(reader);
  const known = space.datatypes.get(committed);
  if (known) return known;

  const message = readObjectHeader(space, committed).find(({ type }) => type === MessageType.Datatype);
  if (!message || message.flags & MessageFlag.Shared) reader.fail('no committed datatype');
  const type = { ...decodeDatatype(message.data), committed };
  space.datatypes.set(committed, type);
  return type;
}
