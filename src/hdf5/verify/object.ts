import { H5FormatError } from '../../errors.js';
import type { ByteReader } from '../byte-reader.js';
import { MessageType } from '../messages/message-type.js';
import { checkAttributes } from './attributes.js';
import { checkDataset } from './dataset.js';
import { sharedDatatype } from './datatype.js';
import { readDenseAttributes, readDenseLinks } from './dense-storage.js';
import { checkLinks } from './links.js';
import { decodeMessages, type Messages } from './messages.js';
import { readHeader } from './object-header.js';
import type { ObjectRecord } from './object-record.js';
import { readSymbolTable } from './symbol-table.js';
import type { Walk } from './walk.js';

/** Checks an object, and all that only it leads to. What its links lead to is visited later. */
export function checkObject(walk: Walk, object: ObjectRecord): void {
  const { address } = object;
  const code = object.parent ? 'link-target' : 'superblock';
  const isThere = walk.attempt(code, address, object, () => {
    const start = walk.reader(address, 4, 'an object header');
    const text = String.fromCharCode(...start.bytes);
    if (text !== 'OHDR' && start.bytes[0] !== 1)
      throw new H5FormatError(walk.base + address, 'there is no object header where the link leads');
    return true;
  });
  const header = isThere && walk.attempt('object-header', address, object, () => readHeader(walk, object));
  if (!header) {
    walk.lost();
    return;
  }
  if (!header.whole) walk.lost();
  const resolve = (reader: ByteReader) => sharedDatatype(walk, object, reader);
  const messages = decodeMessages(walk, object, header, resolve);
  const { attributes, attributeInfo, types } = messages;

  object.exists = true;
  if (attributeInfo) readDenseAttributes(walk, object, attributeInfo, attributes, resolve);
  checkAttributes(walk, object, attributes, attributeInfo);

  if (types.has(MessageType.LinkInfo) || types.has(MessageType.SymbolTable))
    checkGroup(walk, object, messages);
  else if (
    types.has(MessageType.Datatype) &&
    types.has(MessageType.Dataspace) &&
    types.has(MessageType.DataLayout)
  )
    checkDataset(walk, object, messages);
  else if (header.whole && (!types.has(MessageType.Datatype) || types.has(MessageType.Dataspace)))
    walk.problem('message', address, object, 'the object is neither a group nor a dataset nor a datatype');
}

/** The links of a group, wherever they are stored. */
function checkGroup(walk: Walk, object: ObjectRecord, messages: Messages): void {
  const { links, linkInfo, symbolTable } = messages;
  let { linksKnown } = messages;
  if (symbolTable) {
    object.symbolTable = symbolTable;
    if (!readSymbolTable(walk, object, symbolTable, links)) linksKnown = false;
  }
  if (linkInfo && !readDenseLinks(walk, object, linkInfo, links)) linksKnown = false;
  checkLinks(walk, object, links, linkInfo);
  if (linksKnown) object.links = links;
  else walk.sawAll = false;
}
