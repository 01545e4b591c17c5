import { H5FormatError, optionOf } from '../errors.js';
import { decode, type Elements, type Heap, nest } from '../hdf5/elements.js';
import type { FileSpace } from '../hdf5/file-space.js';
import type { Attribute } from '../hdf5/messages/attribute.js';
import { extent } from '../hdf5/messages/dataspace.js';
import { type CompoundMember, type Datatype, isBoolean } from '../hdf5/messages/datatype.js';
import { type DatasetInfo, type GroupInfo, type ObjectInfo, readObject } from '../hdf5/object.js';
import { rawData } from '../hdf5/raw-data.js';
import { decodeUtf8 } from '../hdf5/text.js';
import type { Class, Decoder, RegisteredClass, Spend, TypeRegistry } from '../registry/index.js';
import { H5LimitError, H5UnknownClassError } from './errors.js';
import { TYPED_ARRAYS, type TypedArray } from './kinds.js';
import { Encoding, LAYOUT_VERSION, Missing, Reserved, Tag } from './layout.js';
import { type Limits, MAX_DEPTH } from './limits.js';
import { unescapeName } from './names.js';
import { newArray } from './new-array.js';
import { BooleanColumn, FixedTextColumn, type LazyColumn, makeRows, setColumn, setProperty } from './rows.js';
import type { Values } from './values.js';
import { decodeWtf8 } from './wtf8.js';

/**
 * What becomes of an instance of a class that is not registered.
 *
 * @example
 * const copy = readSync('state.h5', { unknownClass: 'keep' }); // its instances are written again as they were
 */
export type UnknownClass = 'error' | 'keep' | 'object';

/** The elements of a vector. */
interface Vector {
  /** All of them, missing ones too; a hole where one is absent. Numbers may be a typed array. */
  readonly elements: Elements;
  /** Those that another place may refer to, by the index that it uses. */
  readonly rows: Elements;
  /** Whether they are objects that live here. */
  readonly isHome: boolean;
}

/** Makes a member that is read when it is asked for. Returns whether it did: else it is to be set. */
export type LazyMember = (
  target: object,
  name: string,
  cls: RegisteredClass | undefined,
  member: ObjectInfo,
  read: () => unknown,
) => boolean;

/** Unions of unions go no deeper: the writer makes one of records within one of kinds. */
export const MAX_UNION_DEPTH = 3;

/**
 * What a file may expand to: so many values, and so many more for each of its bytes. A file can name one
 * column a thousand times; a reader that followed would do a billion things for a kilobyte. What we write
 * names each once, and is still more than its bytes: a row that holds a row that holds ... true is one byte.
 */
const BASE_BUDGET = 1 << 22;
const BUDGET_PER_BYTE = 16;
/** Deflate makes no more of a byte than this, so a file in which all is compressed expands to so many times its size. */
const MOST_INFLATED = 1032;
/** What it costs to use the elements of a vector again. */
const AGAIN = 4;

/**
 * Makes the value again that stands at an address of a file. Every object is made empty when it is first
 * met and filled later from a list of tasks: so cycles need no special case, and nothing recurses.
 */
export class Restorer {
  readonly space: FileSpace;
  readonly registry: TypeRegistry;
  readonly #infos = new Map<number, ObjectInfo>();
  protected readonly known = new Map<number, unknown>();
  /** Vectors that have been read, by their addresses. */
  readonly vectors = new Map<number, Vector>();
  readonly #unknownClass: UnknownClass;
  protected readonly values: Values;
  protected tasks: (() => void)[] = [];
  /** Of each task, how many values what it makes is within. */
  protected depths: number[] = [];
  protected depth = 0;
  /** The address of what is being read. */
  root = -1;
  readonly #limits: Limits;
  readonly #maxDepth: number;
  readonly #maxNodes: number;
  readonly #most: number;
  #budget: number;
  /** How many bytes of data have been read. */
  done = 0;
  /** Puts off what members of objects are; undefined: nothing is put off. */
  lazy: LazyMember | undefined;
  /** How many more bytes can be in the file, compressed. */
  #inflatable: number;
  /** Any number of elements may lead to the same data in the heap: each time counts. */
  readonly #heap: Heap & { readonly spend: Spend };

  constructor(
    space: FileSpace,
    registry: TypeRegistry,
    values: Values,
    unknownClass: UnknownClass,
    limits: Limits = {},
  ) {
    this.#unknownClass = unknownClass;
    this.space = space;
    this.registry = registry;
    this.values = values;
    this.#limits = limits;
    this.#maxDepth = limits.depth ?? MAX_DEPTH;
    this.#maxNodes = limits.nodes ?? Infinity;
    this.#most = limits.bytes ?? BASE_BUDGET + BUDGET_PER_BYTE * space.end;
    this.#budget = this.#most;
    this.#inflatable = MOST_INFLATED * space.end;
    const { globalHeap: heap } = space;
    this.#heap = {
      limit: heap.limit,
      numbers: heap.numbers,
      collection: (address) => heap.collection(address),
      spend: (size) => this.spend(size),
    };
  }

  /** The value of the object at an address, complete. */
  restore(root: number): unknown {
    return this.whole(() => this.begin(root))();
  }

  /** Begins with the value of the object at an address: what it is is known after all steps. */
  begin(root: number): () => unknown {
    this.root = root;
    const info = this.info(root);
    this.checkLayout(info);
    if (info.kind === 'group' && this.word(info, Reserved.encoding) === Encoding.value) {
      const holder: { value?: unknown } = {};
      this.#fillObject(holder, info, undefined);
      return () => holder.value;
    }
    const whole = this.value(root);
    return () => whole;
  }

  /** Does a part of what is left; false if there was nothing left. */
  step(): boolean {
    const task = this.tasks.pop();
    this.depth = task ? (this.depths.pop() as number) : 0;
    task?.();
    return task !== undefined;
  }

  /** Something is done later: what it makes is within what is being made now. */
  protected later(task: () => void): void {
    const most = this.#maxDepth;
    if (this.depth >= most) throw new H5LimitError('depth', most, 'the file');
    this.tasks.push(task);
    this.depths.push(this.depth + 1);
  }

  /** The instance of a class that a value is to be, if the file does not say what it is. */
  instance(value: unknown, _as: Class): unknown {
    return value;
  }

  checkLayout(info: ObjectInfo): void {
    const layout = this.#number(info, Reserved.layout);
    if (layout !== undefined && layout !== LAYOUT_VERSION) {
      fail(
        info,
        `the file has layout version ${layout}, this reader knows ${LAYOUT_VERSION}; update h5pickle`,
      );
    }
  }

  /** Makes something, and all that it leads to. Code of a class may ask for something else meanwhile. */
  whole<T>(make: () => T): T {
    const made = make();
    while (this.step());
    return made;
  }

  // ---- codecs ---------------------------------------------------------------------------------------

  /** How what a group says it is, is made of its content, if not of its properties. */
  codec(_info: ObjectInfo, cls: RegisteredClass | undefined, _type: string | undefined): Decoder | undefined {
    return cls && this.values.decoder(cls, 0, this.registry);
  }

  /** Values that a codec makes of as many contents, which `fill` fills. */
  protected made(_info: ObjectInfo, _codec: Decoder, contents: object[], _fill: () => void): object[] {
    return contents;
  }

  /** Runs code of a class, on what an object holds. */
  call<T>(_info: ObjectInfo, action: () => T): T {
    return action();
  }

  /** Instances that an object holds, just made. */
  fixed<T extends readonly object[]>(_info: ObjectInfo, instances: T): T {
    return instances;
  }

  spend(count: number): void {
    this.#budget -= count;
    if (this.#budget < 0)
      throw new H5LimitError('bytes', this.#most, 'the file expands to far more than its size allows');
  }

  info(address: number): ObjectInfo {
    let info = this.#infos.get(address);
    if (!info) {
      info = readObject(this.space, address);
      this.#infos.set(address, info);
      const most = this.#maxNodes;
      if (this.#infos.size > most) throw new H5LimitError('nodes', most, 'the file');
    }
    return info;
  }

  // ---- attributes -----------------------------------------------------------------------------------

  /** A reserved attribute that is a word, if it is there. */
  word(info: ObjectInfo, name: string): string | undefined {
    if (info.attributes.length === 0) return undefined;
    const attribute = find(info, name);
    if (!attribute) return undefined;
    const value = this.#decode(attribute.datatype, attribute.data, 1)[0];
    if (typeof value !== 'string') fail(info, `${name} is no string`);
    return value;
  }

  #number(info: ObjectInfo, name: string): number | undefined {
    let value = this.attribute(info, name)?.[0];
    // Others store integers of 64 bits.
    if (typeof value === 'bigint') value = Number(value);
    if (value !== undefined && typeof value !== 'number') fail(info, `${name} is no number`);
    return value;
  }

  attribute(info: ObjectInfo, name: string): Elements | undefined {
    const attribute = find(info, name);
    return attribute && this.#decode(attribute.datatype, attribute.data, extent(attribute.dataspace));
  }

  /** The number of rows of a table, or the length of a sparse array. */
  lengthOf(info: ObjectInfo): number {
    const length = this.#number(info, Reserved.length) ?? 0;
    return length === length >>> 0 ? length : fail(info, `no length: ${length}`);
  }

  classOf(info: ObjectInfo): RegisteredClass | undefined {
    const name = this.word(info, Reserved.class);
    if (name === undefined) return undefined;
    const cls = this.registry.get(name);
    if (cls || this.#unknownClass === 'object') return cls;
    const version = this.version(info);
    const kept = this.#unknownClass === 'keep' ? this.values.unknown(name, version, info, this) : undefined;
    return kept ?? this.call(info, () => unknownClass(name));
  }

  protected version(info: ObjectInfo): number {
    return this.#number(info, Reserved.version) ?? 0;
  }

  /** All bytes of a dataset. They count as expansion: datasets can be promises only, and can share their bytes. */
  protected read(info: DatasetInfo, keep?: false): Uint8Array;
  protected read(info: DatasetInfo, keep: true): Uint8Array<ArrayBuffer>;
  protected read(info: DatasetInfo, keep = false): Uint8Array {
    const data = rawData(this.space, info, 'the data');
    const count = extent(info.dataspace);
    const size = count * info.datatype.size;
    // What is compressed counts as if it were in the file as it is, as far as that can be.
    const inflated = info.filters ? Math.min(size, this.#inflatable, data.stored * MOST_INFLATED) : 0;
    this.#inflatable -= inflated;
    this.done += size;
    // A limit that is asked for is one for what there is.
    this.spend(this.#limits.bytes === undefined ? size - BUDGET_PER_BYTE * inflated : size);
    return data[keep ? 'copy' : 'read'](0, count);
  }

  #decode(type: Datatype, bytes: Uint8Array, count: number): Elements {
    return decode(type, bytes, count, this.#heap);
  }

  /** The value of an attribute that is no reserved one. */
  scalar(attribute: Pick<Attribute, 'datatype' | 'dataspace' | 'data'>, info: ObjectInfo): unknown {
    const { datatype, dataspace, data } = attribute;
    if (dataspace.kind === 'null') return tagOf(datatype) === Tag.undefined ? undefined : null;
    if (dataspace.kind === 'scalar') {
      if (datatype.class === 'compound' && isElement(datatype)) return this.pairs(datatype, data, 1, info)[0];
      return this.leaf(datatype, data, 1)[0];
    }
    // They may be a view of the file; what a caller gets is its own.
    return this.nested(this.leaf(datatype, data, extent(dataspace)).slice(), dataspace.dims);
  }

  /** Elements as arrays of arrays, of which there can be many where there is no element at all. */
  nested(flat: Elements, dims: readonly number[]): Elements {
    let rows = 1;
    for (let i = 0; i < dims.length - 1; i++) {
      rows *= dims[i] as number;
      this.spend(rows * AGAIN);
    }
    return nest(flat, dims);
  }

  // ---- values that have an object of their own ------------------------------------------------------

  /** The value of an object: made on the first call, complete when all tasks have run. */
  value(address: number): unknown {
    if (this.known.has(address)) return this.known.get(address);
    const info = this.info(address);
    if (info.kind === 'datatype') fail(info, 'a datatype is no value');
    const type = this.word(info, Reserved.type);
    const value = info.kind === 'dataset' ? this.datasetValue(info, type) : this.#groupValue(info, type);
    this.known.set(address, value);
    return value;
  }

  protected datasetValue(info: DatasetInfo, type: string | undefined): unknown {
    if (type === 'Array' || type === 'Set') return this.#list(info, type);
    // What the caller gets is its own, not a view of the file.
    const bytes = this.read(info, true);
    if (type === 'ArrayBuffer') return bytes.buffer;
    if (type === 'DataView') return new DataView(bytes.buffer);
    const { datatype, dataspace } = info;
    if (dataspace.kind !== 'simple') return this.scalar({ ...info, data: bytes }, info);
    const flat = this.leaf(datatype, bytes, extent(dataspace));
    return type === undefined ? this.nested(flat, this.#dims(info)) : typedColumn(flat, type, info);
  }

  /** The dimensions of a dataset, as the program has them: axes that are one for it are one. */
  #dims(info: DatasetInfo): readonly number[] {
    const { dims } = info.dataspace;
    const flat = dims.length > 1 ? (this.#number(info, Reserved.flat) ?? 1) : 1;
    if (flat === 1) return dims;
    if (dims.at(-flat) === undefined) fail(info, `no number of axes: ${flat}`);
    return [...dims.slice(0, -flat), dims.slice(-flat).reduce((product, dim) => product * dim)];
  }

  #groupValue(info: GroupInfo, type: string | undefined): unknown {
    switch (this.word(info, Reserved.encoding)) {
      case undefined:
        return this.#object(info, type);
      case Encoding.entries:
        return this.#entries(info, type);
      case Encoding.sparse: {
        const array: unknown[] = [];
        array.length = this.lengthOf(info);
        this.later(() => {
          const indices = this.#positions(info, 'indices');
          const values = this.vector(child(info, 'values')).elements;
          if (indices.length !== values.length)
            fail(info, `${indices.length} keys and ${values.length} values`);
          for (let i = 0; i < indices.length; i++) {
            const index = indices[i] as number;
            if (index !== index >>> 0 || index >= array.length) fail(info, `no index: ${index}`);
            if (i in values) array[index] = values[i];
          }
        });
        return array;
      }
      default:
        return this.#list(info, type);
    }
  }

  /** An empty object of the type that a group says, or an instance of its class. */
  #shell(info: GroupInfo, type: string | undefined, cls: RegisteredClass | undefined): object {
    if (cls) return this.fixed(info, [this.call(info, () => cls.create())])[0] as object;
    if (type === 'Map') return new Map();
    if (type === 'null-prototype') return Object.create(null) as object;
    if (type !== undefined) unknownType(info, type);
    return {};
  }

  #object(info: GroupInfo, type: string | undefined): object {
    const cls = this.classOf(info);
    const codec = this.codec(info, cls, type);
    if (codec) {
      const content = {};
      return this.made(info, codec, [content], () => this.#fillObject(content, info, undefined))[0] as object;
    }
    const target = this.#shell(info, type, cls);
    // What is frozen must not change when it is looked at.
    const lazy = this.lazy && this.word(info, Reserved.integrity) === undefined ? this.lazy : undefined;
    this.later(() => this.#fillObject(target, info, cls, lazy));
    return target;
  }

  /** Sets the members of a group: attributes and links, in the one order that runs through both. */
  #fillObject(
    target: object,
    info: GroupInfo,
    cls: RegisteredClass | undefined,
    lazy?: LazyMember | undefined,
  ): void {
    const { attributes, links } = info;
    let numbers: Set<unknown> | undefined;
    // In files of others an attribute may have the name of a link, which is the member then.
    const linked = new Set<string>();
    let a = 0;
    let l = 0;
    while (a < attributes.length || l < links.length) {
      const attribute = attributes[a];
      const link = links[l];
      if (attribute && !(link && link.order < attribute.order)) {
        a++;
        if (isReserved(attribute.name) || linked.has(attribute.name)) continue;
        let value = this.scalar(attribute, info);
        if (typeof value === 'bigint') {
          numbers ??= new Set(this.attribute(info, Reserved.numbers));
          if (numbers.has(attribute.name)) value = Number(value);
        }
        this.setMember(info, target, attribute.name, value, cls);
      } else if (link) {
        l++;
        // Neither a link to another place nor a datatype has a value.
        if (link.kind !== 'hard' || isReserved(link.name)) continue;
        const { address } = link;
        const member = this.info(address);
        if (member.kind === 'datatype') continue;
        linked.add(link.name);
        if (
          !lazy?.(target, unescapeName(link.name), cls, member, () => this.whole(() => this.value(address)))
        )
          this.setMember(info, target, link.name, this.value(address), cls);
      }
    }
  }

  protected setMember(
    _info: GroupInfo,
    target: object,
    name: string,
    value: unknown,
    cls: RegisteredClass | undefined,
  ): void {
    setMember(target, unescapeName(name), value, cls);
  }

  #entries(info: GroupInfo, type: string | undefined): object {
    const cls = this.classOf(info);
    const codec = this.codec(info, cls, type);
    const target = codec ? {} : this.#shell(info, type, cls);
    const fill = (): void => {
      const keys = this.vector(child(info, 'keys')).elements;
      const values = this.vector(child(info, 'values')).elements;
      if (keys.length !== values.length) fail(info, `${keys.length} keys and ${values.length} values`);
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i];
        if (target instanceof Map) target.set(key, values[i]);
        else if (typeof key === 'string') setMember(target, key, values[i], codec ? undefined : cls);
        else fail(info, 'a key that is no string');
      }
    };
    if (codec) return this.made(info, codec, [target], fill)[0] as object;
    this.later(fill);
    return target;
  }

  /** An array or a Set. Where its elements are known at once, they are the array; else a task fills it. */
  #list(info: ObjectInfo, type: string | undefined): unknown {
    if (type !== undefined && type !== 'Array' && type !== 'Set') fail(info, `an unknown type: ${type}`);
    if (type !== 'Set' && !this.#leadsOn(info)) return asArray(this.vector(info.address).elements);
    const list = type === 'Set' ? new Set<unknown>() : [];
    this.later(() => {
      const { elements } = this.vector(info.address);
      if (list instanceof Set) for (let i = 0; i < elements.length; i++) list.add(elements[i]);
      else {
        list.length = elements.length;
        fillArray(list, elements, 0, elements.length);
      }
    });
    return list;
  }

  /** Whether to make the elements of a vector means to visit other objects: not now, then, but by a task. */
  #leadsOn(info: ObjectInfo): boolean {
    if (info.kind !== 'group') return this.isReferences(info as DatasetInfo);
    const encoding = this.word(info, Reserved.encoding);
    return encoding === Encoding.list || encoding === Encoding.union;
  }

  isReferences({ datatype, attributes }: DatasetInfo): boolean {
    return (
      datatype.class === 'reference' ||
      isElement(datatype) ||
      attributes.some(({ name }) => name === Reserved.into)
    );
  }

  // ---- vectors --------------------------------------------------------------------------------------

  vector(address: number, depth = 0): Vector {
    const known = this.vectors.get(address);
    if (known) {
      this.spend(known.elements.length * AGAIN);
      return known;
    }
    const info = this.info(address);
    let vector: Vector;
    if (info.kind === 'dataset') {
      vector = this.#datasetVector(info);
    } else if (info.kind === 'group') {
      if (depth > MAX_UNION_DEPTH) fail(info, 'unions within unions');
      vector = this.#groupVector(info, depth);
    } else {
      fail(info, 'a datatype is no value');
    }
    this.vectors.set(address, vector);
    return vector;
  }

  #datasetVector(info: DatasetInfo): Vector {
    const { datatype, dataspace } = info;
    const dims = this.#dims(info);
    const [count = 0] = dims;
    const total = extent(dataspace);
    if (dataspace.kind !== 'simple' || (total === 0 && count > 0)) fail(info, 'a list of no elements');
    const bytes = this.read(info);
    this.spend(total);
    if (this.isReferences(info)) return this.#references(info, bytes, count);
    let elements: Elements;
    let mask = this.maskOf(info);
    if (isMissing(datatype)) {
      elements = new Array<unknown>(total);
      mask = bytes;
    } else {
      elements = this.leaf(datatype, bytes, total);
    }
    if (find(info, Reserved.numbers)) elements = typedColumn(elements, 'Float64Array', info) as Elements;
    if (mask) {
      if (mask.length !== total) fail(info, `a mask of ${mask.length} elements for ${total}`);
      elements = asArray(elements);
      applyMask(elements, mask, info);
    }
    const items = this.word(info, Reserved.items);
    for (let level = dims.length - 1; level > 0; level--) {
      const width = dims[level] as number;
      elements = splitRows(elements, width, level === dims.length - 1 ? items : undefined, info);
      // At a lower price: bytes in as many dimensions as there can be must not be too expensive.
      this.spend(elements.length / 4);
    }
    return { elements, rows: elements, isHome: dims.length > 1 || tagOf(datatype) === Tag.date };
  }

  /** The values of plain elements: numbers, strings, booleans, and what the tags stand for. */
  leaf(type: Datatype, bytes: Uint8Array, count: number): Elements {
    const tag = tagOf(type);
    if (!tag || tag === Tag.undefined || type.class !== 'compound') return this.#decode(type, bytes, count);
    const values = this.#decode((type.members[0] as CompoundMember).type, bytes, count);
    switch (tag) {
      case Tag.date:
        return Array.from(values as BigInt64Array, (time) => new Date(Number(time)));
      case Tag.named:
        return (values as string[]).map((name) => (name === '' ? undefined : this.#named(name)));
      case Tag.bigint:
        return (values as string[]).map((digits) => (digits === '' ? 0n : parseBigInt(digits)));
      default:
        return (values as Uint8Array[]).map(decodeWtf8);
    }
  }

  #named(name: string): unknown {
    const value = this.values.named(name, this.registry, this.#unknownClass);
    if (value === undefined) throw new H5UnknownClassError(name, 'value');
    return value;
  }

  maskOf(info: ObjectInfo): Uint8Array | undefined {
    const mask = this.attribute(info, Reserved.mask);
    if (!mask) return undefined;
    if (!(mask[0] instanceof Uint8Array)) fail(info, 'a mask of no bytes');
    return mask[0];
  }

  /** Puts the elements that a group holds in their places between the missing ones. */
  #spread(info: GroupInfo, rows: Elements, isHome: boolean): Vector {
    const mask = this.maskOf(info);
    if (!mask) return { elements: rows, rows, isHome };
    this.spend(mask.length);
    const elements = new Array<unknown>(mask.length);
    let next = 0;
    for (let i = 0; i < mask.length; i++) if (mask[i] === Missing.present) elements[i] = rows[next++];
    if (next !== rows.length) fail(info, `a mask for ${next} elements over ${rows.length}`);
    applyMask(elements, mask, info);
    return { elements, rows, isHome };
  }

  #groupVector(info: GroupInfo, depth: number): Vector {
    switch (this.word(info, Reserved.encoding)) {
      case Encoding.records:
        return this.#spread(info, this.#records(info), true);
      case Encoding.ragged:
        return this.#spread(info, this.#ragged(info), true);
      case Encoding.list:
        this.spend(info.links.length);
        return this.#spread(
          info,
          info.links.map((link) => this.value(hardTarget(info, link))),
          false,
        );
      case Encoding.union:
        return this.#spread(info, this.#union(info, depth), false);
      default:
        return fail(info, 'not a list');
    }
  }

  #records(info: GroupInfo): object[] {
    const { links } = info;
    const count = this.lengthOf(info);
    const cls = this.classOf(info);
    const items = this.word(info, Reserved.items);
    if (links.length === 0) fail(info, 'a table without columns');
    this.spend(count);
    const names = links.map((link) => unescapeName(link.name));
    const codec = items === 'null-prototype' ? undefined : this.codec(info, cls, items);
    if (items !== undefined && items !== 'null-prototype' && !codec) unknownType(info, items);
    const rowClass = codec ? undefined : cls;
    const rows = this.call(info, () => makeRows(count, names, rowClass, items === 'null-prototype'));
    const fill = (): void => {
      for (const [i, link] of links.entries()) {
        const name = names[i] as string;
        const address = hardTarget(info, link);
        const column = this.#lazyColumn(address) ?? this.vector(address).elements;
        if (column.length !== count)
          fail(info, `the column ${name} has ${column.length} elements, not ${count}`);
        this.call(info, () => setColumn(rows, name, column, rowClass));
      }
    };
    if (codec) return this.made(info, codec, rows, fill);
    this.later(fill);
    return this.fixed(info, rows);
  }

  /** A column of booleans or short strings, none of them missing, from which rows can be filled directly. */
  #lazyColumn(address: number): LazyColumn | undefined {
    const info = this.info(address);
    if (info.kind !== 'dataset' || info.attributes.length > 0 || info.dataspace.dims.length !== 1)
      return undefined;
    const { datatype } = info;
    if (isBoolean(datatype)) return new BooleanColumn(this.read(info));
    if (datatype.class !== 'string' || datatype.padding !== 'null-padded') return undefined;
    const bytes = this.read(info);
    const column = new FixedTextColumn(bytes, decodeUtf8(bytes), datatype.size);
    return column.isValid ? column : undefined;
  }

  /**
   * The elements of a dataset that is no list of references. If what says where rows are could lead to other objects,
   * the way to the rows of a vector could go through the rows of another, and through its own.
   */
  #plain(holder: GroupInfo, name: string): Elements {
    const info = this.info(child(holder, name));
    if (info.kind !== 'dataset' || this.isReferences(info)) fail(holder, `${name} that are no numbers`);
    return this.vector(info.address).elements;
  }

  /** Offsets, kinds or indices. */
  #positions(holder: GroupInfo, name: string): ArrayLike<number> {
    const elements = this.#plain(holder, name);
    if (typeof (elements[0] ?? 0) !== 'number') fail(holder, `${name} that are no numbers`);
    return elements as ArrayLike<number>;
  }

  #ragged(info: GroupInfo): object[] {
    const offsets = this.#positions(info, 'offsets');
    const count = offsets.length - 1;
    if (count < 0 || offsets[0] !== 0) fail(info, 'nested rows without offsets');
    for (let i = 0; i < count; i++) {
      const next = offsets[i + 1] as number;
      if (next !== next >>> 0 || next < (offsets[i] as number)) fail(info, 'offsets that go down');
    }
    const items = this.word(info, Reserved.items) ?? 'Array';
    const total = offsets[count] as number;
    const column = (name: string, elements = this.vector(child(info, name)).elements): Elements => {
      if (elements.length !== total) fail(info, `${elements.length} ${name} for offsets up to ${total}`);
      return elements;
    };
    // Before rows of these lengths are made: they may be a lie.
    this.spend(count + total);
    if (items !== 'Array' && items !== 'Set' && items !== 'Map') {
      const values = typedColumn(column('values', this.#plain(info, 'values')), items, info);
      return Array.from({ length: count }, (_, i) =>
        values.slice(offsets[i] as number, offsets[i + 1] as number),
      );
    }
    const rows = newArray<unknown[] | Set<unknown> | Map<unknown, unknown>>(count);
    for (let i = 0; i < count; i++) {
      const length = (offsets[i + 1] as number) - (offsets[i] as number);
      rows[i] = items === 'Array' ? new Array(length) : items === 'Set' ? new Set() : new Map();
    }
    this.later(() => {
      const keys = items === 'Map' ? column('keys') : [];
      const values = column('values');
      for (let i = 0; i < count; i++) {
        const row = rows[i] as (typeof rows)[0];
        const start = offsets[i] as number;
        const end = offsets[i + 1] as number;
        if (Array.isArray(row)) fillArray(row, values, start, end);
        else if (row instanceof Set) for (let j = start; j < end; j++) row.add(values[j]);
        else for (let j = start; j < end; j++) row.set(keys[j], values[j]);
      }
    });
    return rows;
  }

  #union(info: GroupInfo, depth: number): unknown[] {
    const kinds = this.#positions(info, '@kinds');
    const parts = info.links
      .filter(({ name }) => name !== '@kinds')
      .map((link) => this.vector(hardTarget(info, link), depth + 1).elements);
    const next = new Uint32Array(parts.length);
    const elements = newArray<unknown>(kinds.length);
    for (let i = 0; i < kinds.length; i++) {
      const kind = kinds[i] as number;
      const part = parts[kind];
      const at = next[kind] as number;
      if (!part || at >= part.length) fail(info, `part ${kind} has no such element: ${at}`);
      elements[i] = part[at];
      next[kind] = at + 1;
    }
    if (parts.some((part, kind) => part.length !== next[kind])) fail(info, 'elements left over');
    return elements;
  }

  #references(info: DatasetInfo, bytes: Uint8Array, count: number): Vector {
    const { datatype } = info;
    const into = find(info, Reserved.into);
    let elements: unknown[];
    if (into) {
      const target = addressOf(this.#decode(into.datatype, into.data, 1)[0], info);
      if (datatype.class !== 'fixed-point') fail(info, 'rows that are no numbers');
      const indexes = this.#decode(datatype, bytes, count);
      elements = Array.from(indexes as ArrayLike<unknown>, (index) => this.element(target, index, info));
    } else if (isElement(datatype)) {
      elements = this.pairs(datatype, bytes, count, info);
    } else {
      elements = Array.from(this.#decode(datatype, bytes, count) as ArrayLike<unknown>, (reference) =>
        this.value(addressOf(reference, info)),
      );
    }
    return { elements, rows: [], isHome: false };
  }

  /** Objects that live in a vector, or by themselves, named by pairs of an address and an index. */
  protected pairs(type: Datatype, bytes: Uint8Array, count: number, info: ObjectInfo): unknown[] {
    const pairs = this.#decode(type, bytes, count) as Record<string, unknown>[];
    return pairs.map(({ [Tag.into]: reference, [Tag.index]: index }) => {
      const address = addressOf(reference, info);
      return index === -1n ? this.value(address) : this.element(address, Number(index), info);
    });
  }

  element(address: number, index: unknown, from: ObjectInfo): unknown {
    // One element of a vector that is known costs nothing, unlike the use of all of them again.
    let vector = this.vectors.get(address);
    if (!vector) {
      // What leads on to other objects is never where objects live; to follow it could go round in circles.
      if (this.#leadsOn(this.info(address))) fail(from, 'a reference into a list of references');
      vector = this.vector(address);
    }
    const { rows, isHome } = vector;
    if (!isHome || typeof index !== 'number' || !(index >= 0 && index < rows.length)) {
      fail(from, `the list has no such element: ${index}`);
    }
    return rows[index];
  }
}

function unknownClass(name: string): never {
  throw new H5UnknownClassError(name);
}

export function fail(info: ObjectInfo, message: string): never {
  throw new H5FormatError(info.position, message);
}

function unknownType(info: ObjectInfo, type: string): never {
  fail(info, `an unknown type: ${type} (without ${optionOf('values')}?)`);
}

export function find(info: ObjectInfo, name: string): Attribute | undefined {
  for (const attribute of info.attributes) if (attribute.name === name) return attribute;
  return undefined;
}

export function isReserved(name: string): boolean {
  return name.charCodeAt(0) === 0x40 && name.charCodeAt(1) !== 0x25;
}

export function hardTarget(info: GroupInfo, link: GroupInfo['links'][0]): number {
  if (link.kind !== 'hard') fail(info, `the member ${link.name} is a ${link.kind} link`);
  return link.address;
}

export function child(info: GroupInfo, name: string): number {
  const link = info.links.find((candidate) => candidate.name === name);
  if (!link) fail(info, `the member ${name} is missing`);
  return hardTarget(info, link);
}

/** The name of a one-member compound that stands for a type that HDF5 does not have. */
export function tagOf(type: Datatype): string | undefined {
  if (type.class !== 'compound' || type.members.length !== 1) return undefined;
  const [{ name, type: base }] = type.members as readonly [CompoundMember];
  let fits = name === Tag.undefined;
  if (base.class === 'fixed-point') fits ||= name === Tag.date && base.size === 8 && base.signed;
  if (base.class === 'variable-length') {
    fits ||= base.string
      ? name === Tag.bigint || name === Tag.named
      : name === Tag.text && base.base.class === 'fixed-point' && base.base.size === 1;
  }
  return fits ? name : undefined;
}

/** Whether an element is a pair of an address and an index. */
export function isElement(type: Datatype): boolean {
  if (type.class !== 'compound' || type.members.length !== 2) return false;
  const [into, index] = type.members as readonly [CompoundMember, CompoundMember];
  return (
    into.name === Tag.into &&
    into.type.class === 'reference' &&
    index.name === Tag.index &&
    index.type.class === 'fixed-point'
  );
}

export function isMissing(type: Datatype): boolean {
  return (
    type.class === 'enumerated' && type.size === 1 && type.names[0] === 'undefined' && type.names.length === 3
  );
}

export function addressOf(reference: unknown, info: ObjectInfo): number {
  const address = (reference as { address?: number } | null)?.address;
  if (typeof address !== 'number') fail(info, 'a reference that leads nowhere');
  return address;
}

function parseBigInt(digits: string): bigint {
  if (!/^-?\d+$/.test(digits)) throw new H5FormatError(-1, `"${digits.slice(0, 40)}" is no integer`);
  return BigInt(digits);
}

export function asArray(elements: Elements): unknown[] {
  if (Array.isArray(elements)) return elements;
  // Several times as fast as Array.from, which goes through an iterator.
  const { length } = elements;
  const array = newArray<unknown>(length);
  for (let i = 0; i < length; i++) array[i] = elements[i];
  return array;
}

/** Replaces the missing elements of an array; the others stay. */
export function applyMask(elements: unknown[], mask: Uint8Array, info: ObjectInfo): void {
  for (let i = 0; i < mask.length; i++) {
    switch (mask[i]) {
      case Missing.present:
        break;
      case Missing.null:
        elements[i] = null;
        break;
      case Missing.undefined:
        elements[i] = undefined;
        break;
      case Missing.absent:
        delete elements[i];
        break;
      default:
        fail(info, `a mask with the code ${mask[i]}`);
    }
  }
}

/** Sets elements `start` to `end` of a vector in an array of that length; holes stay holes. */
export function fillArray(array: unknown[], elements: Elements, start: number, end: number): void {
  for (let i = start; i < end; i++) {
    const value = elements[i];
    if (value !== undefined || i in elements) array[i - start] = value;
  }
}

export function splitRows(
  elements: Elements,
  width: number,
  items: string | undefined,
  info: ObjectInfo,
): unknown[] {
  const count = elements.length / width;
  if (items !== undefined && items !== 'Array') {
    const values = typedColumn(elements, items, info);
    return Array.from({ length: count }, (_, i) => values.slice(i * width, (i + 1) * width));
  }
  const rows = newArray<unknown>(count);
  if (width === 2 && !Array.isArray(elements)) {
    // Points are the most usual rows by far.
    for (let i = 0; i < count; i++) rows[i] = [elements[2 * i], elements[2 * i + 1]];
    return rows;
  }
  for (let i = 0; i < count; i++) {
    const row = new Array<unknown>(width);
    fillArray(row, elements, i * width, (i + 1) * width);
    rows[i] = row;
  }
  return rows;
}

/** Elements as a typed array: of numbers, too, where they are 64-bit integers. */
export function typedColumn(elements: Elements, name: string, info: ObjectInfo): TypedArray {
  const type = TYPED_ARRAYS.find((candidate) => candidate.name === name);
  if (type && !Array.isArray(elements)) {
    if (elements instanceof type) return elements;
    const isBig = elements[Symbol.toStringTag].startsWith('Big');
    if (isBig === name.startsWith('Big')) return new type(elements as never);
    if (isBig) return new type(Float64Array.from(elements as BigInt64Array, Number) as never);
  }
  // An engine that has no such arrays gives what holds the same numbers.
  if (!type && elements instanceof Float32Array) return elements;
  return fail(info, `an unknown type: ${name}`);
}

function setMember(target: object, name: string, value: unknown, cls: RegisteredClass | undefined): void {
  if (target instanceof Map) target.set(name, value);
  else setProperty(target, name, value, cls);
}
