import { H5FeatureError } from '../../errors.js';
import type { ByteReader } from '../byte-reader.js';
import { type Attribute, decodeAttribute } from '../messages/attribute.js';
import { type AttributeInfo, decodeAttributeInfo } from '../messages/attribute-info.js';
import { type Dataspace, decodeDataspace } from '../messages/dataspace.js';
import { type Datatype, decodeDatatype } from '../messages/datatype.js';
import { decodeFillValue } from '../messages/fill-value.js';
import { decodeFilterPipeline, type FilterInfo } from '../messages/filter-pipeline.js';
import { decodeLink, type Link } from '../messages/link.js';
import { decodeLinkInfo, type LinkInfo } from '../messages/link-info.js';
import { MessageFlag, MessageType } from '../messages/message-type.js';
import { decodeReferenceCount } from '../messages/reference-count.js';
import { decodeSymbolTable, type SymbolTable } from '../messages/symbol-table.js';
import { EMPTY_ENUM, hasEmptyEnum } from './datatype.js';
import { checkExternalFiles } from './external-data-files.js';
import type { Header } from './object-header.js';
import type { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

/** Messages of which a header has one at most. */
const ONCE: ReadonlySet<number> = new Set([
  MessageType.Dataspace,
  MessageType.LinkInfo,
  MessageType.Datatype,
  MessageType.FillValue,
  MessageType.FillValueOld,
  MessageType.ExternalDataFiles,
  MessageType.DataLayout,
  MessageType.GroupInfo,
  MessageType.FilterPipeline,
  MessageType.SymbolTable,
  MessageType.AttributeInfo,
  MessageType.ReferenceCount,
]);

/** Messages that say nothing of where anything is. */
const OtherMessage = {
  Comment: 0x0d,
  OldModificationTime: 0x0e,
  ModificationTime: 0x12,
} as const;

/** The messages of a header, decoded. What is undefined has no message, or one that does not decode. */
export interface Messages {
  readonly attributes: Attribute[];
  readonly attributeInfo: AttributeInfo | undefined;
  readonly datatype: Datatype | undefined;
  readonly dataspace: Dataspace | undefined;
  readonly fillValue: Uint8Array | undefined;
  readonly filters: readonly FilterInfo[] | undefined;
  /** Not decoded: that takes the datatype and the dataspace. */
  readonly layout: ByteReader | undefined;
  /** Whether the elements are in other files. */
  readonly external: boolean;
  readonly links: Link[];
  readonly linkInfo: LinkInfo | undefined;
  readonly symbolTable: SymbolTable | undefined;
  /** Whether all messages about links could be read. */
  readonly linksKnown: boolean;
  /** The types of all messages, whether they decode or not. */
  readonly types: ReadonlySet<number>;
}

/** Decodes the messages of a header, each by itself (section IV.A.2). `resolve` gets shared datatypes. */
export function decodeMessages(
  walk: Walk,
  object: ObjectRecord,
  { messages, whole }: Header,
  resolve: (shared: ByteReader) => Datatype,
): Messages {
  const attributes: Attribute[] = [];
  const links: Link[] = [];
  const types = new Set<number>();
  let linkInfo: LinkInfo | undefined;
  let attributeInfo: AttributeInfo | undefined;
  let symbolTable: SymbolTable | undefined;
  let datatype: Datatype | undefined;
  let dataspace: Dataspace | undefined;
  let layout: ByteReader | undefined;
  let fillValue: Uint8Array | undefined;
  let external = false;
  let filters: readonly FilterInfo[] | undefined;
  let linksKnown = whole;

  for (const { type, flags, order, data } of messages) {
    const place = data.offset - walk.base;
    if (ONCE.has(type) && types.has(type))
      walk.problem('message', place, object, `the header has two messages of type ${type}`);
    types.add(type);
    const code =
      type === MessageType.Attribute ? 'attribute' : type === MessageType.Link ? 'link' : 'message';
    const done = walk.attempt(code, place, object, () => {
      if (flags & MessageFlag.Shared && type !== MessageType.Datatype)
        throw new H5FeatureError('a shared header message');
      switch (type) {
        case MessageType.Dataspace:
          dataspace = decodeDataspace(data);
          break;
        case MessageType.Datatype:
          datatype = flags & MessageFlag.Shared ? resolve(data) : decodeDatatype(data);
          if (hasEmptyEnum(datatype)) walk.problem('message', place, object, EMPTY_ENUM);
          break;
        case MessageType.FillValue:
          fillValue = decodeFillValue(data);
          break;
        case MessageType.FillValueOld:
          data.take(data.u32());
          break;
        case MessageType.DataLayout:
          layout = data;
          break;
        case MessageType.FilterPipeline:
          filters = decodeFilterPipeline(data);
          break;
        case MessageType.ExternalDataFiles:
          external = true;
          checkExternalFiles(walk, object, data);
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
          linkInfo = decodeLinkInfo(data);
          break;
        case MessageType.GroupInfo:
          decodeGroupInfo(data);
          break;
        case MessageType.SymbolTable:
          symbolTable = decodeSymbolTable(data);
          break;
        case MessageType.ReferenceCount:
          object.count = decodeReferenceCount(data);
          break;
        case OtherMessage.Comment:
          data.utf8z();
          break;
        case OtherMessage.ModificationTime:
          data.version('the modification time', 1);
          data.take(7);
          break;
        case OtherMessage.OldModificationTime:
          data.take(16);
          break;
        default:
          if (type > MessageType.ReferenceCount && flags & MessageFlag.FailIfUnknown)
            throw new H5FeatureError(`header message ${type}`);
      }
      return true;
    });
    if (done) continue;
    if (type === MessageType.Attribute || type === MessageType.AttributeInfo) walk.sawHeap = false;
    if (type === MessageType.Link || type === MessageType.LinkInfo || type === MessageType.SymbolTable)
      linksKnown = false;
    else if (type !== MessageType.Attribute) walk.sawHeap = false;
  }

  return {
    attributes,
    attributeInfo,
    datatype,
    dataspace,
    fillValue,
    filters,
    layout,
    external,
    links,
    linkInfo,
    symbolTable,
    linksKnown,
    types,
  };
}

/** Group Info message (section IV.A.2.k). */
function decodeGroupInfo(data: ByteReader): void {
  data.version('the group info message', 0);
  const flags = data.u8();
  data.take((flags & 1 ? 4 : 0) + (flags & 2 ? 4 : 0));
}
