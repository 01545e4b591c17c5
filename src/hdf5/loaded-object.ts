import { ByteReader, UNDEFINED_ADDRESS } from './byte-reader.js';
import { DatasetStorage } from './dataset-storage.js';
import type { EditableSpace } from './editable-space.js';
import type { FileSpace } from './file-space.js';
import type { Extent } from './free-space.js';
import { DenseAttributes, DenseLinks } from './indexes/dense-storage.js';
import type { GlobalHeapEditor } from './indexes/global-heap.js';
import { freeSymbolTable } from './indexes/symbol-table.js';
import type { Attribute } from './messages/attribute.js';
import { decodeAttributeInfo } from './messages/attribute-info.js';
import { extent } from './messages/dataspace.js';
import type { Link } from './messages/link.js';
import { decodeLinkInfo } from './messages/link-info.js';
import { MessageType } from './messages/message-type.js';
import { decodeReferenceCount } from './messages/reference-count.js';
import { decodeSymbolTable } from './messages/symbol-table.js';
import { type ObjectInfo, readObject } from './object.js';
import { type Message, readObjectHeader } from './object-header.js';
import { releaseElements } from './release.js';
import { StoredObject } from './stored-object.js';

/** An object as it stands in the file, with what it takes there: read to be deleted, or to be edited. */
export class LoadedObject {
  info: ObjectInfo;
  readonly messages: Message[];
  /** What its header takes: the first chunk, and continuations. */
  readonly chunks: Extent[] = [];

  #stored: StoredObject | undefined;

  constructor(space: FileSpace, address: number) {
    this.messages = readObjectHeader(space, address, this.chunks);
    this.info = readObject(space, address, this.messages);
  }

  /** The same as it is read. */
  get stored(): StoredObject {
    this.#stored ??= new StoredObject(this.info);
    return this.#stored;
  }

  /** The number of hard links that lead here. */
  get linkCount(): number {
    for (const { type, data } of this.messages)
      if (type === MessageType.ReferenceCount) return decodeReferenceCount(new ByteReader(data.bytes));
    return 1;
  }

  get attributes(): readonly Attribute[] {
    return this.info.attributes;
  }

  /** Takes note of what stands in the file from now on: a message, in a chunk of the header that begins at a position of the file. */
  replaceMessage(index: number, chunk: Uint8Array, position: number): void {
    const message = this.messages[index] as Message;
    const { base, offsetSize, lengthSize, length } = message.data;
    const data = new ByteReader(chunk, base, offsetSize, lengthSize, base - position, length);
    this.messages[index] = { ...message, data };
    this.#stored = undefined;
  }

  /** The same of the elements of an attribute. */
  replaceAttribute(name: string, elements: Uint8Array): void {
    const attributes = this.info.attributes as Attribute[];
    const place = attributes.findIndex((each) => each.name === name);
    attributes[place] = { ...(attributes[place] as Attribute), data: elements };
  }

  get links(): readonly Link[] {
    return this.info.kind === 'group' ? this.info.links : [];
  }

  /** Whether it has links, or an attribute of a name. */
  has(attribute: string): boolean {
    const { info } = this;
    if (info.kind === 'group' && (info.linkTable ?? info.links.length)) return true;
    return info.attributes.some(({ name }) => name === attribute);
  }

  /** Gives back all that it takes; `elements`: those of a dataset, if they are other ones than the header says. */
  release(space: EditableSpace, heap: GlobalHeapEditor, elements?: DatasetStorage): void {
    for (const attribute of this.info.attributes) releaseAttribute(space, heap, attribute);
    releaseContent(space, heap, this.info, elements);
    for (const { type, data } of this.messages) releaseMessage(space, type, data.bytes);
    for (const [address, size] of this.chunks) space.free(address, size);
  }
}

/** Gives back what an attribute holds outside of the header. */
export function releaseAttribute(space: EditableSpace, heap: GlobalHeapEditor, attribute: Attribute): void {
  const { datatype, dataspace, data } = attribute;
  releaseElements(space, heap, datatype, extent(dataspace), data);
}

/** Gives back what the elements take, of a dataset. */
export function releaseContent(
  space: EditableSpace,
  heap: GlobalHeapEditor,
  info: ObjectInfo,
  elements?: DatasetStorage,
): void {
  if (info.kind === 'dataset') (elements ?? new DatasetStorage(space, info)).release(space, heap);
}

/** Gives back what a message leads to: attributes and links that are not in the header. */
export function releaseMessage(space: EditableSpace, type: number, data: Uint8Array): void {
  if (type === MessageType.SymbolTable) {
    freeSymbolTable(space, decodeSymbolTable(new ByteReader(data)));
  } else if (type === MessageType.AttributeInfo) {
    const info = decodeAttributeInfo(new ByteReader(data));
    if (info.fractalHeap !== UNDEFINED_ADDRESS) DenseAttributes.open(space, info).free();
  } else if (type === MessageType.LinkInfo) {
    const info = decodeLinkInfo(new ByteReader(data));
    if (info.fractalHeap !== UNDEFINED_ADDRESS) DenseLinks.open(space, info).free();
  }
}
