import { H5TypeError } from '../errors.js';
import { ByteReader } from '../hdf5/byte-reader.js';
import { ByteWriter } from '../hdf5/byte-writer.js';
import { ChunkedBuilder, type ElementsInfo } from '../hdf5/chunked-builder.js';
import { guessChunk } from '../hdf5/dataset-creation.js';
import type { DatasetOptions } from '../hdf5/editing.js';
import type { ObjectId, Piece } from '../hdf5/file-builder.js';
import type { FilterSet } from '../hdf5/filters/filter-set.js';
import type { AttributeInfo } from '../hdf5/messages/attribute-info.js';
import {
  type Dataspace,
  decodeDataspace,
  encodeDataspace,
  SCALAR,
  simple,
} from '../hdf5/messages/dataspace.js';
import { BOOLEAN, datatypeBytes, fixedString, INT32 } from '../hdf5/messages/datatype.js';
import { encodeNumbers, type Misfit, type NumberType, nativeBytes } from '../hdf5/number-elements.js';
import { utf8Encoder } from '../hdf5/text.js';
import type { Compression, CompressionOptions, FieldRule, RegisteredClass } from '../registry/index.js';
import { concatenated } from './emit.js';
import { H5UnsupportedError } from './errors.js';
import {
  checkShape,
  type FieldType,
  fieldType,
  joinedShape,
  type Shape,
  shapeOf,
  textBytes,
} from './field-types.js';
import type { TypedArray } from './kinds.js';
import { Missing, Reserved } from './layout.js';
import { escapeName } from './names.js';
import { memberSegment, pathTo } from './path.js';
import {
  type BinaryNode,
  type EntriesNode,
  Named,
  type Node,
  type ObjectNode,
  Reference,
  type VectorNode,
} from './plan.js';
import type {
  Chunks,
  Datasets,
  StorageOptions,
  StoredOf,
  Storing,
  StringEncoding,
  TextsOf,
} from './storing.js';
import type { TextColumn } from './text-column.js';
import { decodeWtf8 } from './wtf8.js';

/** Datasets of more bytes than this are compressed, unless told otherwise. */
const COMPRESSED_ABOVE = 1024;
/** A longer string has no place in a header; in the heap it has. */
const MAX_FIXED_SCALAR = 40_000;
/** Strings are padded for compression if that makes no more than so many times as many bytes. */
const MAX_PADDING = 8;

/** What stores datasets in other ways; `filters` has what compresses them. */
export function datasetsWith(filters: FilterSet): Datasets {
  return {
    begin(registry, options) {
      const { compression, chunks, stringEncoding, values } = options;
      const hasFields = registry.hasStored || (values?.hasStored ?? false);
      const isPlain = !hasFields && !isSet(compression) && !isSet(chunks) && !isSet(stringEncoding);
      return isPlain ? undefined : new DatasetBuilder(filters, hasFields, options);
    },
  };
}

function isSet(option: unknown): boolean {
  return option !== undefined && option !== false && option !== 'auto';
}

/** Which datasets are put in chunks, and how. */
interface Packing {
  readonly compression: CompressionOptions | undefined;
  readonly chunks: Chunks | readonly number[] | undefined;
  /** Those of more bytes than this. */
  readonly above: number;
}

/** What is to be done for one field of a class. */
interface Field extends Packing {
  readonly rule: FieldRule;
  readonly type: FieldType | undefined;
  readonly shape: Shape | undefined;
}

/** What is known about one dataset of a field. */
interface Stored extends StoredOf {
  readonly field: Field;
  /** Whether it is all that one instance has there, and not a column, or a part of something. */
  readonly isWhole: boolean;
  /** Its datatype message, and its elements, where they are others than the value suggests. */
  message?: Uint8Array;
  bytes?: Uint8Array;
  /** Its dimensions in the file, for those that it has otherwise; undefined if these are it. */
  reshape?: ((dims: readonly number[]) => number[] | undefined) | undefined;
  readonly marks: Mark[];
}

/** A reserved attribute, encoded. */
interface Mark {
  readonly name: string;
  readonly type: Uint8Array;
  readonly space: Uint8Array;
  readonly bytes: Uint8Array;
}

/** A list, or a list of lists, on the way from a field down to its elements. */
interface Level {
  readonly node: Node;
  readonly stored: Stored;
  /** How many levels of rows are above it, but for those of the table that it is in. */
  readonly depth: number;
  /** The rows right above it: it may be one dataset with them. */
  readonly rows: Level | undefined;
}

/** A scalar that a field has a datatype for. */
class Encoded extends Named {
  override readonly encoded: readonly [type: Uint8Array, bytes: Uint8Array];

  constructor(type: Uint8Array, bytes: Uint8Array) {
    super('');
    this.encoded = [type, bytes];
  }
}

const NO_MARKS: readonly Mark[] = [];

/** Lays out a file whose datasets are stored as options and fields of classes say. */
class DatasetBuilder extends ChunkedBuilder implements Storing {
  readonly #hasFields: boolean;
  readonly #packing: Packing;
  readonly #stringEncoding: StringEncoding;
  #nodes: readonly Node[] = [];
  readonly #fields = new Map<FieldRule, Field>();
  /** Of the datasets of fields, and of what else may become one. */
  readonly #stored = new Map<ObjectId, Stored>();
  /** Of instances: which of their members are numbers that are stored as 64-bit integers. */
  readonly #numbers = new Map<ObjectId, string[]>();
  /** What comes last in the header that is being written. */
  #marks = NO_MARKS;

  constructor(filters: FilterSet, hasFields: boolean, options: StorageOptions) {
    super(filters);
    const { compression, chunks, stringEncoding = 'auto' } = options;
    if (!['auto', 'fixed', 'variable'].includes(stringEncoding))
      throw new H5TypeError(`stringEncoding is 'auto', 'fixed' or 'variable', not ${String(stringEncoding)}`);
    this.#hasFields = hasFields;
    this.#stringEncoding = stringEncoding;
    this.#packing = packingOf(compression, chunks, COMPRESSED_ABOVE);
  }

  // ---- what is planned ------------------------------------------------------------------------------

  prepare(nodes: readonly Node[]): void {
    this.#nodes = nodes;
    if (this.#stringEncoding !== 'auto' || this.#packing.compression)
      for (const node of nodes) this.#text(node);
    if (!this.#hasFields) return;
    for (const node of nodes) {
      if (!('class' in node) || !hasFields(node.class)) continue;
      for (const rule of node.class.stored) this.#field(node, this.#fieldOf(node.class, rule));
    }
  }

  prepareMember(part: VectorNode, { class: cls }: ObjectNode, name: string): void {
    const rule = cls?.stored.find((each) => each.name === name);
    if (cls && rule) this.#lists(part, this.#fieldOf(cls, rule), 0, true);
  }

  /** Strings are given a size, or none, where that does not follow from their lengths. */
  #text(node: Node): void {
    const encoding = this.#stringEncoding;
    if (node.kind === 'vector' && node.text) {
      const { bytes, ends, longest, plain } = node.text;
      const fixedSize = this.fixedSizeOf({ count: ends.length, total: bytes.length, longest, plain });
      if (fixedSize === undefined) return;
      if (fixedSize * node.length > 0xffffffff)
        throw new H5TypeError(
          `${pathTo(node)}: ${node.length} strings of ${fixedSize} bytes each are more than 4 GB; stringEncoding: 'auto' takes less`,
        );
      node.text = { ...node.text, fixedSize };
    } else if (node.kind === 'object' && encoding === 'fixed') {
      node.values.forEach((value, i) => {
        if (typeof value === 'string') node.values[i] = fixedScalar(value);
      });
    }
  }

  fixedSizeOf({ count, total, longest, plain }: TextsOf): number | undefined {
    const encoding = this.#stringEncoding;
    if (encoding === 'variable') return 0;
    const padded = count * longest;
    // Strings of variable length are in the heap, where nothing compresses them.
    const isFixed =
      encoding === 'fixed' ||
      (this.#packing.compression !== undefined &&
        padded > this.#packing.above &&
        padded <= total * MAX_PADDING);
    return plain && isFixed ? Math.max(1, longest) : undefined;
  }

  storedOf(id: ObjectId): StoredOf | undefined {
    return this.#stored.get(id);
  }

  store(id: ObjectId, stored: StoredOf): void {
    const { marks, ...rest } = stored as Stored;
    this.#stored.set(id, { ...rest, marks: [...marks] });
  }

  #fieldOf(cls: RegisteredClass, rule: FieldRule): Field {
    const known = this.#fields.get(rule);
    if (known) return known;
    const { dtype, shape } = rule;
    try {
      if (shape) checkShape(shape);
      // Who says so of a field means it, however small that is.
      const above = isSet(rule.compression) || isSet(rule.chunks) ? 0 : this.#packing.above;
      const compression = rule.compression ?? this.#packing.compression;
      const field: Field = {
        ...packingOf(compression, rule.chunks ?? this.#packing.chunks, above),
        rule,
        type: dtype === undefined ? undefined : fieldType(dtype),
        shape,
      };
      this.#fields.set(rule, field);
      return field;
    } catch (error) {
      if (!(error instanceof H5TypeError)) throw error;
      throw new H5TypeError(
        `the field ${JSON.stringify(String(rule.property))} of class ${cls.name}: ${error.message}`,
      );
    }
  }

  /** Sees to it that what an instance, or all rows of a table, have in a field is stored as that says. */
  #field(node: ObjectNode | EntriesNode | VectorNode, field: Field): void {
    const { optional, name } = field.rule;
    if (node.kind === 'entries')
      throw new H5TypeError(
        `${pathTo(node)}: its class says how its fields are stored, which is not possible with so many of them`,
      );
    const at = node.names.indexOf(name);
    if (at < 0) return;
    if (node.kind === 'vector') {
      const column = node.children[at] as VectorNode;
      if (optional && column.mask) leaveOut(column.mask);
      this.#lists(column, field, -1);
      return;
    }
    const value = node.values[at];
    if (value === undefined && optional) {
      node.names = node.names.filter((_, i) => i !== at);
      node.values.splice(at, 1);
    } else if (isNode(value)) {
      // What is taken in part by part is looked at part by part.
      if (!('emit' in value && value.emit)) this.#lists(value, field, 0);
    } else {
      node.values[at] = this.#scalar(node, value, field);
    }
  }

  /** A scalar member as it is to be stored. */
  #scalar(node: ObjectNode, value: unknown, field: Field): unknown {
    const { type, shape } = field;
    // What is nothing is stored as that; and what is elsewhere, or has a name, is no value of the field alone.
    if ((!type && !shape) || value === undefined || typeof value === 'object') return value;
    const { name } = field.rule;
    const misfit: Misfit = () => {
      throw unfit(pathTo(node) + memberSegment(name, node.class), shown(value), field);
    };
    if (!type || shape) return misfit(0, value);
    switch (typeof value) {
      case 'number':
      case 'bigint': {
        const isNumber = typeof value === 'number';
        if (!holds(type, isNumber ? 'number' : 'bigint')) return misfit(0, value);
        if (type.isBig && isNumber) {
          const numbers = this.#numbers.get(node.id) ?? [];
          this.#numbers.set(node.id, [...numbers, escapeName(name)]);
        }
        return new Encoded(type.message, numberBytes(type, [value], misfit));
      }
      case 'string': {
        if (type.kind === 'text') return value;
        const bytes = type.kind === 'fixed-string' && textBytes(value, type.type.size);
        return bytes ? new Encoded(type.message, bytes) : misfit(0, value);
      }
      default:
        return type.kind === 'boolean' ? value : misfit(0, value);
    }
  }

  /**
   * Says of all datasets of a field how they are stored. `depth`: -1 in a table, whose rows each have a list. `isPart`: there is
   * more of the list.
   */
  #lists(top: Node, field: Field, depth: number, isPart = false): void {
    const isTyped = field.type !== undefined || field.shape !== undefined;
    const waiting: Level[] = [];
    const add = (node: Node, depth: number, rows?: Level): void => {
      const isWhole = node === top && depth >= 0;
      const stored: Stored = { field, isWhole, isTyped: field.type !== undefined, marks: [] };
      this.#stored.set(node.id, stored);
      waiting.push({ node, stored, depth, rows });
    };
    add(top, depth);
    for (let level = waiting.pop(); level; level = waiting.pop()) {
      const { node, depth } = level;
      if (node.kind === 'binary') {
        binary(node, level);
      } else if (node.kind === 'vector' && node.encoding === 'union') {
        for (const part of node.children) add(part, depth);
      } else if (node.kind === 'vector' && node.encoding === 'list') {
        for (const element of node.values) add(element as Node, depth + 1);
      } else if (node.kind === 'vector' && node.encoding === 'ragged' && !(isTyped && node.items === 'Map')) {
        for (const child of node.children) add(child, depth + 1, level);
      } else if (node.kind === 'vector' && node.encoding !== 'records' && node.encoding !== 'ragged') {
        leaf(node, level, isPart);
      } else if (isTyped) {
        throw unfit(pathTo(node, node.kind === 'vector' ? 0 : -1), kindOf(node), field);
      } else if (!('class' in node) || !hasFields(node.class)) {
        // Instances whose fields say how they are stored see to that themselves.
        for (const child of childrenOf(node)) add(child, 0);
      }
    }
  }

  // ---- what is written ------------------------------------------------------------------------------

  protected override beginHeader(id: ObjectId, linkCount: number): void {
    super.beginHeader(id, linkCount);
    const numbers = this.#numbers.get(id);
    this.#marks = numbers ? [namesMark(Reserved.numbers, numbers)] : NO_MARKS;
  }

  override end(nextOrder = 0, dense?: AttributeInfo): void {
    for (const { name, type, space, bytes } of this.#marks) {
      this.beginAttribute(name, type, space, nextOrder > 0 ? nextOrder++ : undefined);
      this.out.raw(bytes);
      this.endAttribute();
    }
    super.end(nextOrder, dense);
  }

  override beginDataset(
    id: ObjectId,
    linkCount: number,
    datatype: Uint8Array,
    dataspace: Uint8Array,
    data: Piece,
    start?: number,
    size?: number,
  ): void {
    const stored = this.#stored.get(id);
    const message = stored?.message ?? datatype;
    const shape = this.#reshaped(stored, dataspace);
    if (stored?.bytes) super.beginDataset(id, linkCount, message, shape, stored.bytes);
    else super.beginDataset(id, linkCount, message, shape, data, start, size);
    if (stored) this.#marks = stored.marks;
  }

  override beginDatasetAt(
    id: ObjectId,
    linkCount: number,
    datatype: Uint8Array,
    dataspace: Uint8Array,
    address: number,
  ): void {
    const stored = this.#stored.get(id);
    super.beginDatasetAt(id, linkCount, datatype, this.#reshaped(stored, dataspace), address);
    if (stored) this.#marks = stored.marks;
  }

  /** The dataspace message of a dataset in the shape that its field says. */
  #reshaped(stored: Stored | undefined, dataspace: Uint8Array): Uint8Array {
    if (!stored?.reshape) return dataspace;
    const { dims } = decodeDataspace(new ByteReader(dataspace));
    const shape = stored.reshape(dims);
    // Small data are written by the other method.
    stored.reshape = undefined;
    if (!shape || shape.length === dims.length) return dataspace;
    stored.marks.push(flatMark(shape.length - dims.length + 1));
    return encodedSpace(simple(...shape));
  }

  protected override isChunked(id: ObjectId, size: number): boolean {
    return size > (this.#stored.get(id)?.field ?? this.#packing).above;
  }

  protected override chunkOptions(
    id: ObjectId,
    { datatype, dataspace }: ElementsInfo,
  ): DatasetOptions | undefined {
    if (dataspace.kind !== 'simple') return undefined;
    const { chunks, compression } = this.#stored.get(id)?.field ?? this.#packing;
    const isNumber = ['fixed-point', 'floating-point', 'compound'].includes(datatype.class);
    return {
      chunks: this.#chunkShape(id, chunks, dataspace.dims, datatype.size),
      ...(compression && {
        compression: 'gzip',
        compressionLevel: compression.level ?? 4,
        shuffle: (compression.shuffle ?? isNumber) && datatype.size > 1,
      }),
    };
  }

  #chunkShape(
    id: ObjectId,
    chunks: Packing['chunks'],
    dims: readonly number[],
    elementSize: number,
  ): true | number[] {
    const wanted = typeof chunks === 'function' ? chunks([...dims]) : chunks;
    if (wanted === undefined || typeof wanted === 'boolean') return true;
    const shape = typeof wanted === 'number' ? [wanted, ...dims.slice(1)] : wanted;
    const isShape = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size > 0);
    const further = isShape ? dims.length - shape.length : 0;
    const isWhole = typeof chunks === 'function' || (this.#stored.get(id)?.isWhole ?? true);
    if (!isShape || (isWhole && further !== 0)) {
      const node = this.#nodes.find((each) => each.id === id);
      const where = node ? pathTo(node) : 'a list of positions';
      throw new H5TypeError(
        `${where}: chunks of the shape ${JSON.stringify(shape)} for a dataset of the shape ${JSON.stringify(dims)}`,
      );
    }
    // It is the shape of what one instance has. In a table there are rows of that, or all of it in another shape.
    if (further < 0) return true;
    const own = shape.map((size, axis) => Math.min(size, dims[further + axis] as number));
    const size = own.reduce((product, each) => product * each, elementSize);
    return [...guessChunk(dims.slice(0, further), size), ...own];
  }
}

// ---- options ----------------------------------------------------------------------------------------------

function packingOf(
  compression: Compression | undefined,
  chunks: Packing['chunks'],
  otherwiseAbove: number,
): Packing {
  const how = compressionOf(compression);
  const { above = otherwiseAbove } = how ?? {};
  if (!(above >= 0))
    throw new H5TypeError(`\`above\` of compression is a number of bytes, not ${String(above)}`);
  return {
    compression: how,
    chunks: chunks === false ? undefined : chunks,
    above: how || isSet(chunks) ? above : Number.POSITIVE_INFINITY,
  };
}

function compressionOf(compression: Compression | undefined): CompressionOptions | undefined {
  if (compression === undefined || compression === false) return undefined;
  if (compression === true || compression === 'gzip') return {};
  const how = typeof compression === 'number' ? { level: compression } : compression;
  const { level = 4 } = how ?? {};
  if (typeof how !== 'object' || how === null || !Number.isInteger(level) || level < 0 || level > 9)
    throw new H5TypeError(
      `the compression ${JSON.stringify(compression)} is none of true, 'gzip', a level from 0 to 9, and { level, shuffle, above }`,
    );
  return how;
}

function fixedScalar(text: string): unknown {
  const { length } = utf8Encoder.encode(text);
  const bytes = length <= MAX_FIXED_SCALAR && textBytes(text, Math.max(1, length));
  return bytes ? new Encoded(datatypeBytes(fixedString(bytes.length)), bytes) : text;
}

// ---- fields -----------------------------------------------------------------------------------------------

function hasFields(cls: RegisteredClass | undefined): cls is RegisteredClass {
  return cls !== undefined && cls.stored.length > 0;
}

function isNode(value: unknown): value is Node {
  return value instanceof Object && !(value instanceof Reference || value instanceof Named);
}

function childrenOf(node: Node): Node[] {
  switch (node.kind) {
    case 'object':
      return node.values.filter(isNode);
    case 'entries':
      return [node.keys, node.values];
    case 'vector':
      return node.children;
    default:
      return [];
  }
}

/** What is undefined in an optional field is not there. */
function leaveOut(mask: Uint8Array): void {
  for (let i = 0; i < mask.length; i++) if (mask[i] === Missing.undefined) mask[i] = Missing.absent;
}

/** Whether numbers, or bigints, can be stored as a type and come back as what they are. */
function holds(type: FieldType, values: 'number' | 'bigint'): boolean {
  return type.kind === 'number' && (values === 'number' || type.isBig);
}

/** Numbers, or bigints, as a datatype has them: a view where they are so in memory. */
function numberBytes({ type }: FieldType, values: ArrayLike<unknown>, misfit: Misfit): Uint8Array {
  return nativeBytes(type, values) ?? encodeNumbers(type as NumberType, values, values.length, misfit);
}

/** Typed arrays, and what else is bytes. */
function binary(node: BinaryNode, { stored, depth }: Level): void {
  const { type, shape } = stored.field;
  const { value } = node;
  const tag = value[Symbol.toStringTag];
  if (type) {
    const array = value as TypedArray;
    const isBuffer = tag === 'ArrayBuffer' || tag === 'DataView';
    if (isBuffer || !holds(type, tag.startsWith('Big') ? 'bigint' : 'number'))
      throw unfit(pathTo(node), tag, stored.field);
    stored.message = type.message;
    stored.bytes = numberBytes(type, array, (index, element) => {
      throw unfit(`${pathTo(node)}[${index}]`, shown(element), stored.field);
    });
    // Of that type alone it is known that its numbers may stand for another.
    if (tag !== 'Uint8ClampedArray' && !nativeBytes(type.type, array))
      stored.marks.push(wordMark(Reserved.type, tag));
  }
  if (shape) {
    const length = 'length' in value ? value.length : value.byteLength;
    const dims = depth === 0 ? shapeOf(shape, length) : undefined;
    if (!dims) throw unfit(pathTo(node), `${tag} of ${length} elements`, stored.field);
    stored.reshape = () => dims;
  }
}

/** A list that is one dataset, with the rows above it if they are all of one length. */
function leaf(node: VectorNode, level: Level, isPart: boolean): void {
  const { stored, depth, rows } = level;
  const { type, shape } = stored.field;
  if (type) {
    leafType(node, stored, type);
    // It may be stored in the place of the rows.
    for (let above = rows; above; above = above.rows) {
      if (stored.message) above.stored.message = stored.message;
      above.stored.marks.push(...stored.marks);
    }
  }
  if (!shape || node.encoding === 'references') return;
  const holder = rows?.node as VectorNode | undefined;
  const { offsets } = holder ?? {};
  if (depth === 0 && holder && offsets) {
    for (let row = 0; row + 1 < offsets.length; row++) {
      const length = (offsets[row + 1] as number) - (offsets[row] as number);
      if (!shapeOf(shape, length))
        throw unfit(pathTo(holder, row), `a list of ${length} elements`, stored.field);
    }
    (rows as Level).stored.reshape = ([count = 0, width = 0]) => [
      count,
      ...(shapeOf(shape, width) as number[]),
    ];
    stored.reshape = ([total = 0]) => joinedShape(shape, total);
  } else if (depth === 0) {
    const reshape = ([length = 0]: readonly number[]): number[] => {
      const dims = shapeOf(shape, length);
      if (!dims) throw unfit(pathTo(node), `a list of ${length} elements`, stored.field);
      return dims;
    };
    if (!isPart) reshape([node.length]);
    stored.reshape = reshape;
  } else if (node.encoding !== 'missing') {
    throw unfit(pathTo(node, 0), depth > 0 ? 'a list of lists' : 'what is no list', stored.field);
  }
}

/** Stores the elements of a list as a datatype. */
function leafType(node: VectorNode, stored: Stored, type: FieldType): void {
  const { mask, encoding } = node;
  const refuse = (index: number, value: unknown): never => {
    let present = 0;
    for (let i = 0; i < index; i++) if (!mask || mask[i] === Missing.present) present++;
    throw unfit(pathTo(node, present), shown(value), stored.field);
  };
  const first = mask ? mask.indexOf(Missing.present) : 0;
  switch (encoding) {
    case 'missing':
    case 'references':
      return;
    case 'numbers':
    case 'typed': {
      const data = node.data ?? concatenated(node);
      const tag = data[Symbol.toStringTag];
      if (!holds(type, tag.startsWith('Big') ? 'bigint' : 'number')) {
        if (data.length > 0) refuse(first, data[first]);
        // Of no elements, the arrays are still of a type that the dtype cannot stand for.
        if (encoding === 'typed') throw unfit(pathTo(node), tag, stored.field);
      }
      // In the place of a missing number there is NaN, which is no integer.
      const isHoled = mask && type.type.class === 'fixed-point';
      const numbers = isHoled ? presentOnly(data as Float64Array, mask) : data;
      if (encoding === 'numbers' && type.isBig) stored.marks.push(NUMBERS);
      setData(node, stored, type, numberBytes(type, numbers, refuse));
      return;
    }
    case 'bigints': {
      if (!holds(type, 'bigint')) refuse(first, node.values[first]);
      const values = Array.from(node.values, (value) => (typeof value === 'bigint' ? value : 0n));
      setData(node, stored, type, numberBytes(type, values, refuse));
      return;
    }
    case 'booleans':
      if (type.kind !== 'boolean') refuse(first, (node.data as Uint8Array)[first] === 1);
      return;
    case 'strings': {
      const text = node.text as TextColumn;
      const { size } = type.type;
      const isText = type.kind === 'text';
      const isFixed = type.kind === 'fixed-string';
      if (!isText && !(isFixed && text.plain && text.longest <= size)) {
        // One of them does not fit: which?
        let start = 0;
        text.ends.forEach((end, i) => {
          const each = decodeWtf8(text.bytes.subarray(start, end));
          const isThere = !mask || mask[i] === Missing.present;
          if (isThere && !(isFixed && textBytes(each, size))) refuse(i, each);
          start = end;
        });
      }
      node.text = { ...text, fixedSize: isText ? 0 : size };
      return;
    }
    default:
      throw unfit(pathTo(node, 0), kindOf(node), stored.field);
  }
}

/** A copy with zeros in the place of what is missing. */
function presentOnly(numbers: Float64Array, mask: Uint8Array): Float64Array {
  return numbers.map((number, i) => (mask[i] === Missing.present ? number : 0));
}

function setData(node: VectorNode, stored: Stored, type: FieldType, bytes: Uint8Array): void {
  node.encoding = 'typed';
  node.data = bytes;
  stored.message = type.message;
}

/** The error for what a field cannot hold. */
function unfit(path: string, what: string, { rule, type, shape }: Field): H5UnsupportedError {
  const says = [type && `the dtype '${rule.dtype}'`, shape && `the shape ${JSON.stringify(shape)}`];
  const field = `the field ${JSON.stringify(String(rule.property))}`;
  return new H5UnsupportedError(path, what, `${field} has ${says.filter(Boolean).join(' and ')}`);
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return `the ${typeof value} ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`;
}

function kindOf(node: Node): string {
  if (node.kind === 'date') return 'a Date';
  if (node.kind === 'vector') {
    if (node.encoding === 'dates') return 'a Date';
    return node.encoding === 'records' ? 'an object' : node.items === 'Map' ? 'a Map' : 'a value';
  }
  return 'type' in node && node.type === 'Map' ? 'a Map' : 'an object';
}

// ---- reserved attributes ------------------------------------------------------------------------------------

function encodedSpace(dataspace: Dataspace): Uint8Array {
  const out = new ByteWriter(64);
  encodeDataspace(out, dataspace);
  return out.finish();
}

const NUMBERS: Mark = {
  name: Reserved.numbers,
  type: datatypeBytes(BOOLEAN),
  space: encodedSpace(SCALAR),
  bytes: Uint8Array.of(1),
};

function wordMark(name: string, word: string): Mark {
  const bytes = utf8Encoder.encode(word);
  return { name, type: datatypeBytes(fixedString(bytes.length)), space: encodedSpace(SCALAR), bytes };
}

function flatMark(axes: number): Mark {
  const bytes = Uint8Array.of(axes, 0, 0, 0);
  return { name: Reserved.flat, type: datatypeBytes(INT32), space: encodedSpace(SCALAR), bytes };
}

function namesMark(name: string, names: readonly string[]): Mark {
  const encoded = names.map((each) => utf8Encoder.encode(each));
  const size = Math.max(...encoded.map(({ length }) => length));
  const bytes = new Uint8Array(size * names.length);
  for (const [i, each] of encoded.entries()) bytes.set(each, i * size);
  return { name, type: datatypeBytes(fixedString(size)), space: encodedSpace(simple(names.length)), bytes };
}
