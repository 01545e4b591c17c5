import { H5TypeError, optionOf } from '../errors.js';
import { ByteWriter } from '../hdf5/byte-writer.js';
import { littleEndianBytes, setU64, viewOf } from '../hdf5/endian.js';
import { FileBuilder, type Piece } from '../hdf5/file-builder.js';
import { FULL_COLLECTION } from '../hdf5/indexes/global-heap.js';
import { encodeDataspace, NULL_SPACE, SCALAR, simple } from '../hdf5/messages/dataspace.js';
import {
  BOOLEAN,
  compound,
  type Datatype,
  datatypeBytes,
  FLOAT32,
  FLOAT64,
  fixedPoint,
  fixedString,
  floatingPoint,
  INT8,
  INT32,
  INT64,
  OBJECT_REFERENCE,
  UINT8,
  UINT32,
  VARIABLE_STRING,
  variableLength,
} from '../hdf5/messages/datatype.js';
import { isPlainText, utf8Encoder } from '../hdf5/text.js';
import type { TypedArray } from './kinds.js';
import { Encoding, LAYOUT_VERSION, MAX_DIMENSIONS, Missing, Reserved, Tag } from './layout.js';
import { escapeName } from './names.js';
import {
  type BinaryNode,
  DateNode,
  type EntriesNode,
  Named,
  type Node,
  type ObjectNode,
  Reference,
  type VectorNode,
} from './plan.js';
import type { Storing } from './storing.js';
import { FixedSizeText, HeapText, sizeOfEach, type TextColumn } from './text-column.js';
import { encodeWtf8 } from './wtf8.js';

const spaceOut = /* @__PURE__ */ new ByteWriter(32);
/** Valid until the next call. */
const space = (...dims: number[]) => {
  spaceOut.length = 0;
  encodeDataspace(spaceOut, simple(...dims));
  return spaceOut.finish();
};
const spaceOf = (dataspace: typeof SCALAR) => {
  const out = new ByteWriter(8);
  encodeDataspace(out, dataspace);
  return out.finish();
};

/** Encoded messages that are written over and over. */
const scalar = /* @__PURE__ */ spaceOf(SCALAR);
const nothing = /* @__PURE__ */ spaceOf(NULL_SPACE);
const types = /* @__PURE__ */ (() => ({
  int32: datatypeBytes(INT32),
  uint8: datatypeBytes(UINT8),
  uint32: datatypeBytes(UINT32),
  int64: datatypeBytes(INT64),
  float64: datatypeBytes(FLOAT64),
  boolean: datatypeBytes(BOOLEAN),
  text: datatypeBytes(VARIABLE_STRING),
  null: datatypeBytes(FLOAT32),
  undefined: datatypeBytes(compound([[Tag.undefined, UINT8]])),
  date: datatypeBytes(compound([[Tag.date, INT64]])),
  bigint: datatypeBytes(compound([[Tag.bigint, VARIABLE_STRING]])),
  named: datatypeBytes(compound([[Tag.named, VARIABLE_STRING]])),
  wtf8: datatypeBytes(compound([[Tag.text, variableLength(UINT8)]])),
  mask: datatypeBytes(variableLength(UINT8)),
  reference: datatypeBytes(OBJECT_REFERENCE),
  element: datatypeBytes(
    compound([
      [Tag.into, OBJECT_REFERENCE],
      [Tag.index, INT64],
    ]),
  ),
  missing: datatypeBytes({
    class: 'enumerated',
    size: 1,
    base: INT8,
    names: ['undefined', 'null', 'absent'],
    values: [1n, 2n, 3n],
  }),
}))();

/** Writes planned nodes to a file: one at a step. */
export class Emitter {
  readonly #builder: FileBuilder;
  readonly #storing: Storing | undefined;
  readonly #nodes: readonly Node[];
  /** The datatypes of words, and their bytes. */
  readonly #words = new Map<string, readonly [type: Uint8Array, bytes: Uint8Array]>();
  #next = 0;
  #root: Node | undefined;
  #finishing: Generator<void, Piece[]> | undefined;
  /** The bytes of the file, when all steps are done. */
  pieces: Piece[] = [];

  /** Every node gets its number. */
  constructor(
    nodes: readonly Node[],
    storing: Storing | undefined,
    builder: FileBuilder = storing ?? new FileBuilder(),
  ) {
    this.#nodes = nodes;
    this.#storing = storing;
    this.#builder = builder;
    for (const node of nodes) node.id = builder.newObject();
    storing?.prepare(nodes);
  }

  /** Begins with the root: the only member of an object, or that object. */
  begin(holder: ObjectNode): void {
    const [value] = holder.values;
    const member = value instanceof Object ? (value as Node) : undefined;
    const { pools } = holder;
    if (member && isGroup(member) && (!pools || member.kind === 'object')) {
      (member as ObjectNode).pools = pools;
      this.#root = member;
      this.#emitNode(member, true);
    } else {
      this.#root = holder;
      holder.id = this.#builder.newObject();
      this.#beginGroup(holder, 1 + (pools?.length ?? 0));
      this.#int32(Reserved.layout, LAYOUT_VERSION);
      this.#word(Reserved.encoding, Encoding.value);
      this.#members(holder, 2);
    }
  }

  /** Writes the next node, or completes a part of the file; false if there was nothing left to do. */
  step(): boolean {
    const node = this.#nodes[this.#next];
    if (node) {
      this.#next++;
      if (node !== this.#root && !node.absorbed) this.#emitNode(node, false);
      return true;
    }
    this.#finishing ??= this.#builder.finishing(this.#root?.id ?? -1);
    const { done, value } = this.#finishing.next();
    if (done) this.pieces = value;
    return !done;
  }

  #emitNode(node: Node, root: boolean): void {
    switch (node.kind) {
      case 'object':
        this.#object(node, root);
        return;
      case 'entries':
        this.#entries(node, root);
        return;
      case 'vector':
        this.#vector(node, root);
        return;
      case 'binary':
        this.#binary(node, root);
        return;
      case 'date':
        if (node.referenced) this.#sharedDate(node);
    }
  }

  // ---- reserved attributes --------------------------------------------------------------------------

  /** A reserved attribute whose value is a word of the layout or a name: a string of fixed size. */
  #word(name: string, word: string): void {
    let encoded = this.#words.get(word);
    if (!encoded) {
      const bytes = utf8Encoder.encode(word);
      encoded = [datatypeBytes(fixedString(bytes.length)), bytes];
      this.#words.set(word, encoded);
    }
    this.#builder.beginAttribute(name, encoded[0], scalar);
    this.#builder.out.raw(encoded[1]);
    this.#builder.endAttribute();
  }

  #int32(name: string, value: number, type = types.int32): void {
    this.#builder.beginAttribute(name, type, scalar);
    this.#builder.out.i32(value);
    this.#builder.endAttribute();
  }

  /** What is said of a node of any kind. */
  #common(node: Node, root: boolean): number {
    if (root) this.#int32(Reserved.layout, LAYOUT_VERSION);
    if (node.pointed) this.#int32(Reserved.referenced, 1);
    return Number(root) + Number(node.pointed);
  }

  #class({ class: cls, integrity }: ObjectNode | EntriesNode | VectorNode): number {
    if (!cls) return 0;
    if (!this.#storing && cls.stored.length > 0) datasetsNeeded();
    let count = 1;
    this.#word(Reserved.class, cls.name);
    if (cls.version !== 0) {
      this.#int32(Reserved.version, cls.version);
      count++;
    }
    if (integrity) {
      this.#word(Reserved.integrity, integrity);
      count++;
    }
    return count;
  }

  #mask(node: VectorNode): void {
    if (!node.mask || node.encoding === 'missing') return;
    this.#builder.beginAttribute(Reserved.mask, types.mask, scalar);
    this.#builder.sequence(node.mask.length, node.mask);
    this.#builder.endAttribute();
  }

  /** The most reserved attributes that one group has; its links are numbered from here on. */
  #beginGroup(node: Node, memberCount: number): void {
    this.#builder.beginGroup(node.id, node.links, MAX_RESERVED + memberCount);
  }

  /** Links to children, whose creation orders begin with `first`, and the end of the group. */
  #endGroup(names: readonly string[], children: readonly Node[], first = MAX_RESERVED): void {
    for (let i = 0; i < names.length; i++)
      this.#builder.hardLink(escapeName(names[i] as string), first + i, (children[i] as Node).id);
    this.#builder.end();
  }

  // ---- objects --------------------------------------------------------------------------------------

  #object(node: ObjectNode, root: boolean): void {
    this.#beginGroup(node, node.names.length + (node.pools?.length ?? 0));
    let order = this.#common(node, root);
    if (node.type) {
      this.#word(Reserved.type, node.type);
      order++;
    }
    order += this.#class(node);
    this.#members(node, order);
  }

  /** Attributes first, then links; their creation orders, from `first` on, tell the order of all of them. */
  #members(node: ObjectNode, first: number): void {
    const { names, values } = node;
    for (let i = 0; i < names.length; i++) {
      const value = values[i];
      if (isMember(value)) continue;
      this.#scalar(escapeName(names[i] as string), value, first + i);
    }
    for (let i = 0; i < names.length; i++) {
      const value = values[i];
      if (!isMember(value)) continue;
      const target = value instanceof Reference ? (value.node as Node) : value;
      this.#builder.hardLink(escapeName(names[i] as string), first + i, target.id);
    }
    let order = first + names.length;
    for (const { id } of node.pools ?? [])
      this.#builder.hardLink(`${Reserved.objects}${order - first - names.length || ''}`, order++, id);
    this.#builder.end(order);
  }

  /** An attribute for a value that is one element. */
  #scalar(name: string, value: unknown, order: number): void {
    const builder = this.#builder;
    switch (typeof value) {
      case 'number':
        if (isInt32(value)) {
          builder.beginAttribute(name, types.int32, scalar, order);
          builder.out.i32(value);
        } else {
          builder.beginAttribute(name, types.float64, scalar, order);
          builder.out.f64(value);
        }
        break;
      case 'string':
        if (isPlainText(value)) {
          builder.beginAttribute(name, types.text, scalar, order);
          builder.text(value);
        } else {
          const bytes = encodeWtf8(value);
          builder.beginAttribute(name, types.wtf8, scalar, order);
          builder.sequence(bytes.length, bytes);
        }
        break;
      case 'boolean':
        builder.beginAttribute(name, types.boolean, scalar, order);
        builder.out.u8(value ? 1 : 0);
        break;
      case 'bigint':
        if (isInt64(value)) {
          builder.beginAttribute(name, types.int64, scalar, order);
          builder.out.i64(value);
        } else {
          builder.beginAttribute(name, types.bigint, scalar, order);
          builder.text(String(value));
        }
        break;
      case 'undefined':
        builder.beginAttribute(name, types.undefined, nothing, order);
        break;
      default:
        if (value === null) {
          builder.beginAttribute(name, types.null, nothing, order);
        } else if (value instanceof Named) {
          const [type, bytes] = value.encoded ?? [types.named];
          builder.beginAttribute(name, type, scalar, order);
          if (bytes) builder.out.raw(bytes);
          else builder.text(value.name);
        } else if (value instanceof DateNode) {
          builder.beginAttribute(name, types.date, scalar, order);
          builder.out.zeros(8);
          putTime(builder.out.view, builder.out.length - 8, value.value.getTime());
        } else {
          builder.beginAttribute(name, types.element, scalar, order);
          this.#element(value as Reference);
        }
    }
    builder.endAttribute();
  }

  #element(reference: Reference): void {
    const { node, index } = reference as { node: Node; index: number };
    this.#builder.objectReference(node.id);
    // An int64: -1, or a row's number.
    this.#builder.out.i32(index);
    this.#builder.out.i32(index < 0 ? -1 : 0);
  }

  #entries(node: EntriesNode, root: boolean): void {
    const isSparse = node.type === 'sparse';
    this.#beginGroup(node, 2);
    this.#common(node, root);
    if (node.type && !isSparse) this.#word(Reserved.type, node.type);
    this.#class(node);
    this.#word(Reserved.encoding, isSparse ? Encoding.sparse : Encoding.entries);
    if (isSparse) this.#int32(Reserved.length, node.length, types.uint32);
    this.#endGroup([isSparse ? 'indices' : 'keys', 'values'], [node.keys, node.values]);
  }

  #sharedDate(node: DateNode): void {
    const data = new Uint8Array(8);
    putTime(viewOf(data), 0, node.value.getTime());
    this.#builder.beginDataset(node.id, node.links, types.date, scalar, data);
    this.#common(node, false);
    this.#builder.end();
  }

  #binary(node: BinaryNode, root: boolean): void {
    const { value, group } = node;
    const builder = this.#builder;
    if (group) {
      group.id = node.id;
      group.links = node.links;
      group.pointed = node.pointed;
      this.#object(group, root);
      return;
    }
    // A dataset of numbers is a typed array unless it is said to be something else.
    const type = value[Symbol.toStringTag];
    if (type === 'ArrayBuffer' || type === 'DataView') {
      const bytes = ArrayBuffer.isView(value) ? littleEndianBytes(value) : new Uint8Array(value);
      builder.beginDataset(node.id, node.links, types.uint8, space(bytes.length), bytes);
      this.#word(Reserved.type, type);
    } else {
      const array = value as TypedArray;
      const datatype = datatypeBytes(typeOfArray(array));
      builder.beginDataset(node.id, node.links, datatype, space(array.length), littleEndianBytes(array));
      if (/Clamped|Float16/.test(type)) this.#word(Reserved.type, type);
    }
    this.#common(node, false);
    builder.end();
  }

  // ---- vectors --------------------------------------------------------------------------------------

  #vector(node: VectorNode, root: boolean): void {
    if (node.emit) {
      node.emit(this.#builder, root);
      return;
    }
    switch (node.encoding) {
      case 'records':
        this.#records(node, root);
        return;
      case 'union':
        this.#union(node, root);
        return;
      case 'list':
        this.#list(node, root);
        return;
      case 'ragged': {
        const dims = rectangle(node);
        if (dims) this.#rectangle(node, dims);
        else this.#ragged(node, root);
        return;
      }
      default:
        this.#leaf(node, node, [node.length]);
    }
  }

  #records(node: VectorNode, root: boolean): void {
    this.#beginGroup(node, node.names.length);
    this.#common(node, root);
    this.#vectorType(node);
    this.#class(node);
    if (node.items) this.#word(Reserved.items, node.items);
    this.#word(Reserved.encoding, Encoding.records);
    this.#int32(Reserved.length, presentCount(node), types.uint32);
    this.#mask(node);
    this.#endGroup(node.names, node.children);
  }

  #union(node: VectorNode, root: boolean): void {
    const builder = this.#builder;
    const parts = node.parts as Uint8Array;
    const kinds = builder.newObject();
    this.#beginVector(node, node.names.length + 1, root);
    this.#mask(node);
    builder.hardLink('@kinds', MAX_RESERVED, kinds);
    this.#endGroup(node.names, node.children, MAX_RESERVED + 1);
    builder.beginDataset(kinds, 1, types.uint8, space(parts.length), parts);
    builder.end();
  }

  #list(node: VectorNode, root: boolean): void {
    const elements = node.values as readonly Node[];
    this.#beginVector(node, elements.length, root);
    this.#mask(node);
    this.#endGroup(Object.keys(elements), elements);
  }

  #ragged(node: VectorNode, root: boolean): void {
    const builder = this.#builder;
    const offsets = builder.newObject();
    this.#beginVector(node, 3, root);
    if (node.items !== 'Array') this.#word(Reserved.items, node.items as string);
    this.#mask(node);
    builder.hardLink('offsets', MAX_RESERVED, offsets);
    const names = node.children.length === 2 ? ['keys', 'values'] : ['values'];
    this.#endGroup(names, node.children, MAX_RESERVED + 1);
    const data = node.offsets as Uint32Array;
    builder.beginDataset(offsets, 1, types.uint32, space(data.length), littleEndianBytes(data));
    builder.end();
  }

  /** Rows of equal length, to any depth: one dataset of as many dimensions. */
  #rectangle(node: VectorNode, dims: number[]): void {
    let leaf = node;
    while (leaf.encoding === 'ragged') {
      leaf = leaf.children[0] as VectorNode;
      leaf.absorbed = true;
    }
    this.#leaf(node, leaf, dims);
  }

  /** A dataset with the elements of `leaf`, in the place of `node`. */
  #leaf(node: VectorNode, leaf: VectorNode, dims: number[]): void {
    const builder = this.#builder;
    const extent = space(...dims);
    const begin: Begin = (type, data, size) => {
      if (typeof data === 'number') builder.beginDatasetAt(node.id, node.links, type, extent, data);
      else builder.beginDataset(node.id, node.links, type, extent, data, 0, size);
    };
    switch (leaf.encoding) {
      case 'missing':
        begin(types.missing, leaf.mask ?? new Uint8Array(0));
        break;
      case 'numbers':
      case 'typed': {
        const data = leaf.data ?? concatenated(leaf);
        begin(datatypeBytes(typeOfArray(data)), littleEndianBytes(data));
        break;
      }
      case 'booleans':
        begin(types.boolean, leaf.data as Uint8Array);
        break;
      case 'dates':
        begin(types.date, dateColumn(leaf));
        break;
      case 'strings':
        this.#strings(leaf.text as TextColumn, begin);
        break;
      case 'bigints':
        this.#bigints(leaf, begin);
        break;
      case 'named':
        begin(types.named, this.#texts(leaf.values as string[]));
        break;
      default:
        this.#references(leaf.values as readonly Reference[], begin);
    }
    // Without a mark, a dataset is a typed array.
    if (node.type) this.#word(Reserved.type, node.type);
    if (node !== leaf) {
      let rows = node;
      while ((rows.children[0] as VectorNode) !== leaf) rows = rows.children[0] as VectorNode;
      if (rows.items !== 'Array') this.#word(Reserved.items, rows.items as string);
    }
    this.#mask(leaf);
    this.#common(node, false);
    builder.end();
  }

  #beginVector(node: VectorNode, memberCount: number, root: boolean): void {
    this.#beginGroup(node, memberCount);
    this.#common(node, root);
    this.#vectorType(node);
    this.#word(Reserved.encoding, node.encoding);
  }

  /** A list is an array unless it is said to be a Set. */
  #vectorType(node: VectorNode): void {
    if (node.type === 'Set') this.#word(Reserved.type, 'Set');
  }

  #strings(column: TextColumn, begin: Begin): void {
    const { bytes, ends, plain } = column;
    const size = sizeOfEach(column);
    const type = plain ? types.text : types.wtf8;
    if (size > 0) begin(datatypeBytes(fixedString(size)), new FixedSizeText(column, size));
    else if (bytes.length >= FULL_COLLECTION) begin(type, new HeapText(column), ends.length * 16);
    else {
      const builder = this.#builder;
      const address = builder.out.align(8);
      for (let i = 0, start = 0; i < ends.length; i++) {
        const end = ends[i] as number;
        builder.sequence(end - start, bytes.subarray(start, end));
        start = end;
      }
      begin(type, address);
    }
  }

  #bigints({ values, length }: VectorNode, begin: Begin): void {
    if (values.every((value) => typeof value !== 'bigint' || isInt64(value))) {
      const data = new BigInt64Array(length);
      for (let i = 0; i < values.length; i++)
        if (typeof values[i] === 'bigint') data[i] = values[i] as bigint;
      begin(types.int64, littleEndianBytes(data));
      return;
    }
    const digits = Array.from(values, (value) => (typeof value === 'bigint' ? String(value) : ''));
    begin(types.bigint, this.#texts(digits));
  }

  /** Compounds of one string each. Returns where they begin. */
  #texts(texts: readonly string[]): number {
    const builder = this.#builder;
    const address = builder.out.align(8);
    for (const text of texts) builder.text(text);
    return address;
  }

  /** Addresses of objects; or numbers of rows, if all are rows of one vector; or pairs of both. */
  #references(references: readonly Reference[], begin: Begin): void {
    const builder = this.#builder;
    const [first] = references as [Reference];
    if (references.every((reference) => reference.index >= 0 && reference.node === first.node)) {
      const rows = Uint32Array.from(references, (reference) => reference.index);
      begin(types.uint32, littleEndianBytes(rows));
      builder.beginAttribute(Reserved.into, types.reference, scalar);
      builder.objectReference((first.node as Node).id);
      builder.endAttribute();
      return;
    }
    const address = builder.out.align(8);
    // h5dump follows the elements of such a dataset to other datasets, for ever if these are alike and lead back.
    if (
      references.every(({ index, node: home }) => index < 0 && (home as VectorNode).encoding !== 'references')
    ) {
      for (const reference of references) builder.objectReference((reference.node as Node).id);
      begin(types.reference, address);
    } else {
      for (const reference of references) this.#element(reference);
      begin(types.element, address);
    }
  }
}

/** Begins a dataset of a type, with `size` bytes of the data, or with those that have been written to a position just now. */
type Begin = (type: Uint8Array, data: Piece | number, size?: number) => void;

/** Throws the error for a value that is to be stored in a way that the core does not know. */
export function datasetsNeeded(): never {
  throw new H5TypeError(
    `compression, chunks, stringEncoding, and fields with a dtype or the like, need ${optionOf('datasets')}`,
  );
}

/** Reserved attributes of a group take creation orders below this; its links follow. */
export const MAX_RESERVED = 9;

/** Whether a member is a child of the group, and not one of its attributes. */
function isMember(value: unknown): value is Node | Reference {
  if (value instanceof Reference) return value.isMember && value.index < 0;
  if (value instanceof DateNode) return value.referenced;
  if (value instanceof Named) return false;
  return value instanceof Object;
}

/** Whether a node becomes a group, so that it can be the root. */
function isGroup(node: Node): boolean {
  if (node.kind === 'vector') {
    return (
      node.encoding === 'records' ||
      node.encoding === 'union' ||
      node.encoding === 'list' ||
      (node.encoding === 'ragged' && !rectangle(node))
    );
  }
  return node.kind === 'object' || node.kind === 'entries' || (node.kind === 'binary' && !!node.group);
}

/** The dimensions of nested rows if they are all of one length, level by level, and nothing refers to one of them. */
function rectangle(node: VectorNode): number[] | undefined {
  const dims = [node.length];
  let level = node;
  while (level.encoding === 'ragged') {
    const { offsets, items } = level as { offsets: Uint32Array; items: string };
    const rows = offsets.length - 1;
    const width = offsets[1] as number;
    // Without a byte for a row, nothing would vouch for the number of rows.
    if (width === 0) return undefined;
    if (
      level.referenced ||
      level.mask ||
      items === 'Set' ||
      items === 'Map' ||
      dims.length === MAX_DIMENSIONS
    )
      return undefined;
    for (let row = 1; row < rows; row++) {
      if ((offsets[row + 1] as number) - (offsets[row] as number) !== width) return undefined;
    }
    dims.push(width);
    level = level.children[0] as VectorNode;
  }
  const leaf = level.encoding;
  if (leaf === 'records' || leaf === 'union' || leaf === 'list' || leaf === 'references') return undefined;
  return leaf === 'dates' && level.referenced ? undefined : dims;
}

function presentCount({ mask, length }: VectorNode): number {
  return mask?.reduce((count, code) => count + Number(code === Missing.present), 0) ?? length;
}

function isInt32(value: number): boolean {
  return (value | 0) === value && (value !== 0 || 1 / value > 0);
}

function isInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

/**
 * Writes the time of a date to 8 bytes of zeros: milliseconds as a 64-bit integer, of which an invalid one has the least. As two
 * halves, since a BigInt for each takes ten times as long.
 */
export function putTime(view: DataView, at: number, time: number): void {
  if (Number.isNaN(time)) view.setUint32(at + 4, 0x80000000, true);
  else setU64(view, at, time);
}

function dateColumn({ values, length, mask }: VectorNode): Uint8Array {
  const data = new Uint8Array(length * 8);
  const view = viewOf(data);
  for (let i = 0, next = 0; i < length; i++)
    putTime(
      view,
      i * 8,
      mask && mask[i] !== Missing.present ? Number.NaN : (values[next++] as Date).getTime(),
    );
  return data;
}

/** The elements of typed arrays, one after another. */
export function concatenated({ values, length }: VectorNode): TypedArray {
  const rows = values as readonly TypedArray[];
  const data = new ((rows[0] as TypedArray).constructor as new (length: number) => TypedArray)(length);
  let at = 0;
  for (const row of rows) {
    data.set(row as never, at);
    at += row.length;
  }
  return data;
}

export function typeOfArray(array: TypedArray): Datatype {
  // By the tag and not by instanceof: it may be an array of another realm.
  const tag = array[Symbol.toStringTag];
  const { BYTES_PER_ELEMENT: size } = array;
  if (tag[0] === 'F') return floatingPoint(size as 2);
  return fixedPoint(size, tag[0] === 'I' || tag === 'BigInt64Array');
}
