import { H5TypeError } from '../errors.js';
import { UNDEFINED_ADDRESS } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import type { DType } from './dtype.js';
import { type Encoded, emit, type Heap, type Resolve, readable } from './elements.js';
import { FileBuilder, type ObjectId } from './file-builder.js';
import { type Dataspace, encodeDataspace, extent, NULL_SPACE, SCALAR } from './messages/dataspace.js';
import {
  BOOLEAN,
  type Datatype,
  datatypeBytes,
  FLOAT64,
  INT32,
  INT64,
  VARIABLE_STRING,
} from './messages/datatype.js';
import { NamedList } from './named-list.js';
import { type Prepared, prepare } from './prepare.js';
import { isPlainText, utf8Encoder } from './text.js';

/** An object of a file that is being written. It becomes bytes when the file does. */
export type Draft = GroupDraft | DatasetDraft;

export type LinkDraft =
  | { readonly kind: 'hard'; readonly name: string; readonly node: Draft }
  | { readonly kind: 'soft'; readonly name: string; readonly target: string }
  | { readonly kind: 'external'; readonly name: string; readonly file: string; readonly target: string };

abstract class ObjectDraft {
  readonly attributes = new NamedList<AttributeDraft>();
  /** What stands for its address in references, until it has one: counted from 1, 0 for none yet. */
  number = 0;

  // What follows holds for one layout of the file.
  /** The layout that came here last. */
  layout = 0;
  id: ObjectId = 0;
  /** The number of hard links that lead here. */
  linkCount = 0;
}

export class GroupDraft extends ObjectDraft {
  readonly kind = 'group';
  readonly links = new NamedList<LinkDraft>();
}

export class DatasetDraft extends ObjectDraft {
  readonly kind = 'dataset';
  readonly links = undefined;
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  readonly encoded: Encoded | undefined;
  #readable: { bytes: Uint8Array; heap: Heap } | undefined;

  constructor({ datatype, dataspace, encoded }: Prepared) {
    super();
    typeMessage(datatype);
    this.datatype = datatype;
    this.dataspace = dataspace;
    this.encoded = encoded;
  }

  get readable(): { bytes: Uint8Array; heap: Heap } | undefined {
    if (this.encoded) this.#readable ??= readable(this.encoded);
    return this.#readable;
  }
}

/** An attribute of an object that is being written. Its value is a scalar of a usual type, or encoded. */
export interface AttributeDraft {
  readonly name: string;
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  readonly scalar: number | string | boolean | bigint | undefined;
  readonly encoded: Encoded | undefined;
}

/** What an attribute takes beside its name and its value, more or less, and what a header message holds. */
const ATTRIBUTE_PREFIX = 64;
const MESSAGE_LIMIT = 0xffff;

export function draftAttribute(
  name: string,
  value: unknown,
  dtype: DType | undefined,
  shape: readonly number[] | undefined,
): AttributeDraft {
  if (dtype === undefined && shape === undefined) {
    const type = scalarType(value);
    if (type) {
      const scalar = value as string;
      return { name, datatype: type, dataspace: SCALAR, scalar, encoded: undefined };
    }
  }
  const { datatype, dataspace, encoded } = prepare(value, dtype, shape);
  const size =
    typeMessage(datatype).length + extent(dataspace) * datatype.size + utf8Encoder.encode(name).length;
  if (size + ATTRIBUTE_PREFIX + 16 * dataspace.dims.length > MESSAGE_LIMIT) {
    throw new H5TypeError(
      `the attribute "${name}" takes ${size} bytes, 65,000 are the limit; make it a dataset`,
    );
  }
  if (dataspace.kind !== 'null' && !encoded)
    throw new H5TypeError(`the attribute "${name}" has a shape, but no value`);
  return { name, datatype, dataspace, scalar: undefined, encoded };
}

/** The datatype of a scalar that is kept as it is until the file is laid out. */
function scalarType(value: unknown): Datatype | undefined {
  switch (typeof value) {
    case 'number':
      return (value | 0) === value && !Object.is(value, -0) ? INT32 : FLOAT64;
    case 'string':
      return isPlainText(value) ? VARIABLE_STRING : undefined;
    case 'boolean':
      return BOOLEAN;
    case 'bigint':
      return BigInt.asIntN(64, value) === value ? INT64 : undefined;
    default:
      return undefined;
  }
}

// ---- messages that many objects share -----------------------------------------------------------------

const typeMessages = new WeakMap<Datatype, Uint8Array>();

function typeMessage(type: Datatype): Uint8Array {
  let message = typeMessages.get(type);
  if (!message) {
    message = datatypeBytes(type);
    if (message.length > MESSAGE_LIMIT) throw new H5TypeError('the datatype takes more than 65,535 bytes');
    typeMessages.set(type, message);
  }
  return message;
}

const spaceMessages = new WeakMap<Dataspace, Uint8Array>();

function spaceMessage(space: Dataspace): Uint8Array {
  let message = spaceMessages.get(space);
  if (!message) {
    const out = new ByteWriter(4 + 8 * space.dims.length);
    encodeDataspace(out, space);
    message = out.finish();
    if (space === SCALAR || space === NULL_SPACE) spaceMessages.set(space, message);
  }
  return message;
}

// ---- the layout of the file ---------------------------------------------------------------------------

let layouts = 0;

/** The bytes of the file whose root group this is, in pieces. Only what can be reached from it gets there. */
export function layOut(root: GroupDraft): Uint8Array[] {
  const layout = ++layouts;
  const builder = new FileBuilder();
  const reached: Draft[] = [];
  const reach = (draft: Draft): void => {
    if (draft.layout !== layout) {
      draft.layout = layout;
      draft.id = builder.newObject();
      draft.linkCount = 0;
      reached.push(draft);
    }
    draft.linkCount++;
  };
  // The superblock counts as a link.
  reach(root);
  for (let i = 0; i < reached.length; i++) {
    const links = (reached[i] as Draft).links;
    if (links) for (const link of links.items) if (link.kind === 'hard') reach(link.node);
  }

  const resolve: Resolve = ({ target }) => {
    const draft = target as Draft;
    return draft.layout === layout ? draft.id : undefined;
  };
  for (const draft of reached) {
    if (draft.kind === 'group') writeLinks(builder, draft);
    else beginDataset(builder, draft, resolve);
    for (const attribute of draft.attributes.items) writeAttribute(builder, attribute, resolve);
    builder.end();
  }
  return builder.finish(root.id);
}

function writeLinks(builder: FileBuilder, { id, linkCount, links }: GroupDraft): void {
  builder.beginGroup(id, linkCount, links.size);
  let order = 0;
  for (const link of links.items) {
    if (link.kind === 'hard') builder.hardLink(link.name, order++, link.node.id);
    else if (link.kind === 'soft') builder.softLink(link.name, order++, link.target);
    else builder.externalLink(link.name, order++, link.file, link.target);
  }
}

function beginDataset(builder: FileBuilder, draft: DatasetDraft, resolve: Resolve): void {
  const { id, linkCount, datatype, dataspace, encoded } = draft;
  const type = typeMessage(datatype);
  const space = spaceMessage(dataspace);
  const size = extent(dataspace) * datatype.size;
  if (encoded && encoded.at.length === 0) {
    builder.beginDataset(id, linkCount, type, space, encoded.bytes);
  } else if (encoded) {
    const { out } = builder;
    out.align(8);
    const address = out.length;
    emit(builder, encoded, resolve);
    builder.beginDatasetAt(id, linkCount, type, space, address, size);
  } else {
    builder.beginDatasetAt(id, linkCount, type, space, UNDEFINED_ADDRESS, size);
  }
}

function writeAttribute(builder: FileBuilder, attribute: AttributeDraft, resolve: Resolve): void {
  const { name, datatype, dataspace, scalar, encoded } = attribute;
  builder.beginAttribute(name, typeMessage(datatype), spaceMessage(dataspace));
  switch (typeof scalar) {
    case 'number':
      if (datatype === INT32) builder.out.i32(scalar);
      else builder.out.f64(scalar);
      break;
    case 'string':
      builder.text(scalar);
      break;
    case 'boolean':
      builder.out.u8(scalar ? 1 : 0);
      break;
    case 'bigint':
      builder.out.i64(scalar);
      break;
    default:
      if (encoded) emit(builder, encoded, resolve);
  }
  builder.endAttribute();
}
