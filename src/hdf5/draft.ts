import { H5TypeError } from '../errors.js';
import { UNDEFINED_ADDRESS } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import type { DType } from './dtype.js';
import { type Encoded, emit, type Heap, NO_HEAP, type Resolve, readable } from './elements.js';
import { FileBuilder, type ObjectId, pieceBytes, type Write } from './file-builder.js';
import { type Dataspace, encodeDataspace, extent, MAX_RANK, SCALAR } from './messages/dataspace.js';
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
import { filled, type RawData } from './raw-data.js';
import { isPlainText, utf8Encoder } from './text.js';

/** An object of a file that is being written. It becomes bytes when the file does. */
export type Draft = GroupDraft | DatasetDraft;

export type LinkDraft =
  | { readonly kind: 'hard'; readonly name: string; readonly node: Draft }
  | { readonly kind: 'soft'; readonly name: string; readonly target: string }
  | { readonly kind: 'external'; readonly name: string; readonly file: string; readonly target: string };

abstract class ObjectDraft {
  attributes: NamedList<AttributeDraft> | undefined;
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
  links: NamedList<LinkDraft> | undefined;

  get kind(): 'group' {
    return 'group';
  }

  addLink(link: LinkDraft): void {
    this.links ??= new NamedList();
    this.links.add(link);
  }
}

/** Data of at most this many bytes share slabs: a typed array takes more than that for itself. */
const SMALL = 256;
const SLAB = 1 << 14;

/** Where the small data of the drafts of a file are kept. */
export class SmallData {
  #slab = new Uint8Array(0);
  #used = 0;

  /** Copies data. They are at `at` of the slab that is returned. */
  keep(data: Uint8Array): { slab: Uint8Array; at: number } {
    if (this.#used + data.length > this.#slab.length) {
      this.#slab = new Uint8Array(SLAB);
      this.#used = 0;
    }
    const at = this.#used;
    this.#slab.set(data, at);
    // Elements of 8 bytes stay aligned.
    this.#used = (at + data.length + 7) & ~7;
    return { slab: this.#slab, at };
  }
}

export class DatasetDraft extends ObjectDraft {
  readonly type: EncodedType;
  readonly dataspace: Dataspace;
  /** Data with pointers, or a slab that has them at `#at`. */
  readonly #data: Encoded | Uint8Array | undefined;
  readonly #at: number = 0;

  constructor({ datatype, dataspace, encoded }: Prepared, small: SmallData) {
    super();
    this.type = encodedType(datatype);
    this.dataspace = dataspace;
    this.#data = encoded;
    if (encoded && encoded.at.length === 0) {
      const { bytes } = encoded;
      this.#data = bytes;
      if (bytes.length <= SMALL) {
        const { slab, at } = small.keep(bytes);
        this.#data = slab;
        this.#at = at;
      }
    }
  }

  /** The elements; undefined if they are zeros. */
  get data(): Encoded | Uint8Array | undefined {
    if (!(this.#data instanceof Uint8Array)) return this.#data;
    return this.#data.subarray(this.#at, this.#at + extent(this.dataspace) * this.datatype.size);
  }

  /** The elements as if they were in a file already. */
  open(): { raw: RawData; heap: Heap } {
    const { data, datatype } = this;
    const { size } = datatype;
    if (!data) return { raw: filled(size, undefined), heap: NO_HEAP };
    const { bytes, heap } = data instanceof Uint8Array ? { bytes: data, heap: NO_HEAP } : readable(data);
    const read = (first: number, count: number) => bytes.subarray(first * size, (first + count) * size);
    return { raw: { stored: true, read, copy: (first, count) => new Uint8Array(read(first, count)) }, heap };
  }

  get kind(): 'dataset' {
    return 'dataset';
  }

  get links(): undefined {
    return undefined;
  }

  get datatype(): Datatype {
    return this.type.datatype;
  }
}

type Scalar = number | string | boolean | bigint;

/** An attribute of an object that is being written: a scalar of a usual type as it is, or encoded elements. */
export class AttributeDraft {
  readonly name: string;
  readonly type: EncodedType;
  readonly value: Scalar | Prepared;

  constructor(name: string, type: EncodedType, value: Scalar | Prepared) {
    this.name = name;
    this.type = type;
    this.value = value;
  }

  get datatype(): Datatype {
    return this.type.datatype;
  }

  get dataspace(): Dataspace {
    return typeof this.value === 'object' ? this.value.dataspace : SCALAR;
  }

  /** The elements as if they were in a file already. Only where they are not kept as they are. */
  open(): { bytes: Uint8Array; heap: Heap } {
    return readable((this.value as Prepared).encoded as Encoded);
  }
}

/** What an attribute takes beside its type, its name and its value, at most, and what a header message holds. */
const ATTRIBUTE_PREFIX = 9 + 1 + 4 + 8 * MAX_RANK;
const MESSAGE_LIMIT = 0xffff;

export function draftAttribute(
  name: string,
  value: unknown,
  dtype: DType | undefined,
  shape: readonly number[] | undefined,
): AttributeDraft {
  if (dtype === undefined && shape === undefined) {
    const type = scalarType(value);
    if (type) return new AttributeDraft(name, type, value as Scalar);
  }
  const prepared = prepare(value, dtype, shape);
  const { datatype, dataspace, encoded } = prepared;
  const type = encodedType(datatype);
  const size = type.message.length + extent(dataspace) * datatype.size + utf8Encoder.encode(name).length;
  if (size + ATTRIBUTE_PREFIX > MESSAGE_LIMIT) {
    throw new H5TypeError(
      `the attribute "${name}" takes ${size} bytes, 65,000 are the limit; make it a dataset`,
    );
  }
  if (dataspace.kind !== 'null' && !encoded) {
    throw new H5TypeError(`the attribute "${name}" has a shape, but no value`);
  }
  return new AttributeDraft(name, type, prepared);
}

/** The datatype of a scalar that is kept as it is until the file is laid out. */
function scalarType(value: unknown): EncodedType | undefined {
  switch (typeof value) {
    case 'number':
      return encodedType((value | 0) === value && !Object.is(value, -0) ? INT32 : FLOAT64);
    case 'string':
      return isPlainText(value) ? encodedType(VARIABLE_STRING) : undefined;
    case 'boolean':
      return encodedType(BOOLEAN);
    case 'bigint':
      return BigInt.asIntN(64, value) === value ? encodedType(INT64) : undefined;
    default:
      return undefined;
  }
}

// ---- messages that many objects share -----------------------------------------------------------------

interface EncodedType {
  readonly datatype: Datatype;
  readonly message: Uint8Array;
}

const encodedTypes = new WeakMap<Datatype, EncodedType>();

function encodedType(datatype: Datatype): EncodedType {
  let type = encodedTypes.get(datatype);
  if (!type) {
    type = { datatype, message: datatypeBytes(datatype) };
    if (type.message.length > MESSAGE_LIMIT)
      throw new H5TypeError('the datatype takes more than 65,535 bytes');
    encodedTypes.set(datatype, type);
  }
  return type;
}

// ---- the layout of the file ---------------------------------------------------------------------------

const SCALAR_MESSAGE = new Uint8Array([2, 0, 0, 0]);

let layouts = 0;

/**
 * Writes the file whose root group this is: to `write` as it is made, or else it returns its bytes in pieces. Only
 * what can be reached from the root gets there.
 */
export function layOut(root: GroupDraft, write?: Write): Uint8Array[] {
  const layout = ++layouts;
  const builder = new FileBuilder(undefined, write);
  const reached: Draft[] = [];
  const todo: Draft[] = [];
  const reach = (draft: Draft): void => {
    if (draft.layout !== layout) {
      draft.layout = layout;
      draft.linkCount = 0;
      draft.id = builder.newObject();
      todo.push(draft);
    }
    draft.linkCount++;
  };
  // The superblock counts as a link.
  reach(root);
  for (let draft = todo.pop(); draft; draft = todo.pop()) {
    reached.push(draft);
    if (draft.links) for (const link of draft.links.items) if (link.kind === 'hard') reach(link.node);
  }
  // What is linked to comes before what links to it, but for cycles: then its address is known by that time.
  const writer = new DraftWriter(builder, layout);
  for (let i = reached.length - 1; i >= 0; i--) writer.write(reached[i] as Draft);
  return builder.finish(root.id).map(pieceBytes);
}

class DraftWriter {
  readonly #builder: FileBuilder;
  readonly #resolve: Resolve;
  /** A dataspace message on its way into a header. */
  readonly #space = new ByteWriter(4 + 8 * MAX_RANK);

  constructor(builder: FileBuilder, layout: number) {
    this.#builder = builder;
    this.#resolve = ({ target }) => {
      const draft = target as Draft;
      return draft.layout === layout ? draft.id : undefined;
    };
  }

  write(draft: Draft): void {
    if (draft instanceof GroupDraft) this.#group(draft);
    else this.#dataset(draft);
    const { attributes } = draft;
    if (attributes) for (const attribute of attributes.items) this.#attribute(attribute);
    this.#builder.end();
  }

  #group({ id, linkCount, links }: GroupDraft): void {
    const builder = this.#builder;
    builder.beginGroup(id, linkCount, links?.size ?? 0);
    let order = 0;
    if (!links) return;
    for (const link of links.items) {
      if (link.kind === 'hard') builder.hardLink(link.name, order++, link.node.id);
      else if (link.kind === 'soft') builder.softLink(link.name, order++, link.target);
      else builder.externalLink(link.name, order++, link.file, link.target);
    }
  }

  #dataset(draft: DatasetDraft): void {
    const builder = this.#builder;
    const { id, linkCount, type, dataspace, data } = draft;
    const space = this.#spaceMessage(dataspace);
    if (data instanceof Uint8Array) {
      builder.beginDataset(id, linkCount, type.message, space, data);
      return;
    }
    let address = UNDEFINED_ADDRESS;
    if (data) {
      builder.out.align(8);
      address = builder.position;
      emit(builder, data, this.#resolve);
    }
    const size = extent(dataspace) * type.datatype.size;
    builder.beginDatasetAt(id, linkCount, type.message, space, address, size);
  }

  #attribute({ name, type, value }: AttributeDraft): void {
    const builder = this.#builder;
    if (typeof value === 'object') {
      builder.beginAttribute(name, type.message, this.#spaceMessage(value.dataspace));
      if (value.encoded) emit(builder, value.encoded, this.#resolve);
    } else {
      builder.beginAttribute(name, type.message, SCALAR_MESSAGE);
      if (typeof value === 'string') builder.text(value);
      else if (typeof value === 'boolean') builder.out.u8(value ? 1 : 0);
      else if (typeof value === 'bigint') builder.out.i64(value);
      else if (type.datatype === INT32) builder.out.i32(value);
      else builder.out.f64(value);
    }
    builder.endAttribute();
  }

  #spaceMessage(dataspace: Dataspace): Uint8Array {
    this.#space.length = 0;
    encodeDataspace(this.#space, dataspace);
    return this.#space.finish();
  }
}
