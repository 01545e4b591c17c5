import { H5FeatureError, H5FormatError } from '../errors.js';
import { type ByteReader, UNDEFINED_ADDRESS } from './byte-reader.js';
import type { FileSpace } from './file-space.js';
import { type Attribute, decodeAttribute } from './messages/attribute.js';
import { decodeAttributeInfo } from './messages/attribute-info.js';
import { type DataLayout, decodeDataLayout } from './messages/data-layout.js';
import { type Dataspace, decodeDataspace, extent } from './messages/dataspace.js';
import { type Datatype, decodeDatatype } from './messages/datatype.js';
import { decodeFillValue } from './messages/fill-value.js';
import { decodeLink, type Link } from './messages/link.js';
import { decodeLinkInfo } from './messages/link-info.js';
import { MessageFlag, MessageType } from './messages/message-type.js';
import { type Message, readObjectHeader } from './object-header.js';

/** What an object header says, decoded: a group, a dataset, or a committed datatype. */
export type ObjectInfo = GroupInfo | DatasetInfo | DatatypeInfo;

export interface GroupInfo {
  readonly kind: 'group';
  readonly address: number;
  /** In creation order where that is tracked, else as they stand in the file. */
  readonly links: Link[];
  readonly attributes: Attribute[];
}

export interface DatasetInfo {
  readonly kind: 'dataset';
  readonly address: number;
  readonly attributes: Attribute[];
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  readonly layout: DataLayout;
  readonly fillValue: Uint8Array | undefined;
}

export interface DatatypeInfo {
  readonly kind: 'datatype';
  readonly address: number;
  readonly attributes: Attribute[];
  readonly datatype: Datatype;
}

/** Reads and decodes the object whose header stands at `address`. */
export function readObject(space: FileSpace, address: number): ObjectInfo {
  const messages = readObjectHeader(space, address);
  const resolve = (reader: ByteReader) => resolveDatatype(space, reader, address);
  const attributes: Attribute[] = [];
  const links: Link[] = [];
  let group = false;
  let datatype: Datatype | undefined;
  let dataspace: Dataspace | undefined;
  let layout: ByteReader | undefined;
  let fillValue: Uint8Array | undefined;

  for (const { type, flags, order, data } of messages) {
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
        if (flags & MessageFlag.Shared) throw new H5FeatureError('a shared attribute');
        attributes.push(decodeAttribute(data, order, resolve));
        break;
      case MessageType.AttributeInfo:
        if (decodeAttributeInfo(data).fractalHeap !== UNDEFINED_ADDRESS) {
          throw new H5FeatureError('dense attribute storage');
        }
        break;
      case MessageType.Link: {
        const link = decodeLink(data);
        if (link) links.push(link);
        break;
      }
      case MessageType.LinkInfo:
        group = true;
        if (decodeLinkInfo(data).fractalHeap !== UNDEFINED_ADDRESS)
          throw new H5FeatureError('dense link storage');
        break;
      case MessageType.SymbolTable:
        throw new H5FeatureError('a symbol table group');
      case MessageType.ExternalDataFiles:
        throw new H5FeatureError('data in external files');
      case MessageType.FilterPipeline:
        throw new H5FeatureError('a filter pipeline');
      default:
    }
  }

  inCreationOrder(attributes);
  if (group) {
    inCreationOrder(links);
    return { kind: 'group', address, links, attributes };
  }
  if (datatype && dataspace && layout) {
    const size = extent(dataspace) * datatype.size;
    const decoded = decodeDataLayout(layout, size);
    if (!Number.isSafeInteger(size)) layout.fail(`a dataset of ${size} bytes`);
    return { kind: 'dataset', address, attributes, datatype, dataspace, layout: decoded, fillValue };
  }
  if (datatype && !dataspace) return { kind: 'datatype', address, attributes, datatype };
  throw new H5FormatError(address, 'the object is neither a group nor a dataset nor a datatype');
}

/** Sorts by creation order, unless they stand so already or it is not tracked. */
function inCreationOrder(items: { readonly order: number }[]): void {
  for (let i = 1; i < items.length; i++) {
    if ((items[i] as Link).order < (items[i - 1] as Link).order) {
      items.sort((a, b) => a.order - b.order);
      return;
    }
  }
}

/**
 * A datatype that is shared with the committed one whose place `reader` tells (Format Specification, section
 * IV.A.2, "Shared Message").
 */
function resolveDatatype(space: FileSpace, reader: ByteReader, from: number): Datatype {
  const version = reader.version('a shared message', 1, 2, 3);
  const kind = reader.u8();
  if (version === 3 && kind !== 2) throw new H5FeatureError('a message in the shared message heap');
  if (version === 1) reader.take(6);
  const address = reader.address();
  const message = readObjectHeader(space, address).find(
    (candidate: Message) => candidate.type === MessageType.Datatype,
  );
  if (!message || message.flags & MessageFlag.Shared || address === from) {
    reader.fail('a shared datatype that leads to no committed datatype');
  }
  return decodeDatatype(message.data);
}
