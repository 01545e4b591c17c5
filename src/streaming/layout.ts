import { ByteReader } from '../hdf5/byte-reader.js';
import { ByteWriter } from '../hdf5/byte-writer.js';
import type { FileBuilder, ObjectId } from '../hdf5/file-builder.js';
import type { HeaderWriter } from '../hdf5/header-writer.js';
import { encodeDataspace, SCALAR, simple } from '../hdf5/messages/dataspace.js';
import {
  BOOLEAN,
  compound,
  type Datatype,
  datatypeBytes,
  decodeDatatype,
  FLOAT64,
  fixedString,
  INT8,
  INT32,
  INT64,
  OBJECT_REFERENCE,
  UINT8,
  UINT32,
  VARIABLE_STRING,
  variableLength,
} from '../hdf5/messages/datatype.js';
import { encodeNumbers } from '../hdf5/number-elements.js';
import { utf8Encoder } from '../hdf5/text.js';
import { datasetsNeeded, MAX_RESERVED, typeOfArray } from '../serialize/emit.js';
import { Encoding, LAYOUT_VERSION, MAX_DIMENSIONS, Reserved, Tag } from '../serialize/layout.js';
import { escapeName } from '../serialize/names.js';
import type { Node, VectorNode } from '../serialize/plan.js';
import type { Storing } from '../serialize/storing.js';
import { FIXED_SIZE_SLACK } from '../serialize/text-column.js';
import { type Blobs, type Holder, OUTSIDE } from './blobs.js';
import {
  BigIntsPart,
  BytesPart,
  type Column,
  DatesPart,
  ListPart,
  NumbersPart,
  type Part,
  RaggedPart,
  RecordsPart,
  ReferencesPart,
  type Store,
  TextPart,
} from './column.js';
import {
  Elements,
  HeapSequence,
  HeapTexts,
  NAN,
  NO_TIME,
  type Read,
  readBigInts,
  readDates,
  readFixedText,
  readFloats,
  readKinds,
  readOffsets,
  readReferences,
  readTrack,
} from './data.js';
import { ListGroup, Prologue } from './list-group.js';
import type { Track } from './spill.js';

/** A union tells its parts apart by one byte; more are parts of parts. */
const MAX_PARTS = 250;

const space = (...dims: number[]): Uint8Array => {
  const out = new ByteWriter(32);
  encodeDataspace(out, dims.length > 0 ? simple(...dims) : SCALAR);
  return out.finish();
};

const MISSING: Datatype = {
  class: 'enumerated',
  size: 1,
  base: INT8,
  names: ['undefined', 'null', 'absent'],
  values: [1n, 2n, 3n],
};
const ELEMENT = compound([
  [Tag.into, OBJECT_REFERENCE],
  [Tag.index, INT64],
]);

/** What a column is a part of. */
interface Place {
  readonly id: ObjectId;
  readonly links: number;
  /** Whether it is a list by itself. */
  readonly isValue: boolean;
  readonly isRoot: boolean;
  /** Whether references lead to it. */
  readonly isPointed: boolean;
}

const inside = (id: ObjectId): Place => ({ id, links: 1, isValue: false, isRoot: false, isPointed: false });

/** A list that is laid out: the node that stands for it in the value around, and its elements. */
export interface List {
  readonly node: VectorNode;
  readonly column: Column;
}

/** Lays out lists in a file, when all of them are known. Their data are made when the file is written. */
export class Layout {
  readonly #store: Store;
  readonly #blobs: Blobs;
  readonly #outside: readonly Node[];
  readonly #lists: List[] = [];
  #builder: FileBuilder | undefined;
  /** Each writes one object. Nothing recurses, since lists may be nested at any depth. */
  readonly #queue: (() => void)[] = [];

  /** `outside`: nodes of the value around that something here refers to. */
  constructor(store: Store, blobs: Blobs, outside: readonly Node[]) {
    this.#store = store;
    this.#blobs = blobs;
    this.#outside = outside;
    blobs.addressOf = (holder) => this.#addressOf(holder);
  }

  /** Has a node written as a list of elements, of which there will be more. */
  add(list: List): void {
    this.#lists.push(list);
    // Who looks at the nodes of the value sees that this one is none of theirs.
    list.node.emit = () => {};
  }

  /** All elements are there: lays out what comes first, and sees to it that lists are written when their nodes are. */
  begin(builder: FileBuilder): void {
    this.#builder = builder;
    builder.before = [this.#blobs];
    builder.base = this.#blobs.length;
    for (const { node, column } of this.#lists) {
      // Only a group can be the root.
      node.encoding = isDataset(column) ? 'numbers' : 'union';
      const part = wholeOf(column);
      if (part) part.id = node.id;
      node.emit = (_, isRoot) => {
        const { id, links, pointed } = node;
        this.#column(column, { id, links, isValue: true, isRoot, isPointed: pointed });
        for (let write = this.#queue.pop(); write; write = this.#queue.pop()) write();
      };
    }
  }

  get #to(): FileBuilder {
    return this.#builder as FileBuilder;
  }

  get #storing(): Storing | undefined {
    return 'prepare' in this.#to ? (this.#to as Storing) : undefined;
  }

  readonly #keep = (): Track => this.#store.spill.track();

  #addressOf(holder: Holder): number {
    return holder < 0 ? -1 - holder : (this.#to.addresses.data[this.#idOf(holder)] as number);
  }

  #idOf(holder: Holder): ObjectId {
    if (holder < 0) return this.#to.newObject(-1 - holder);
    if (holder >= OUTSIDE) return (this.#outside[holder - OUTSIDE] as Node).id;
    return this.#partId(this.#store.parts[holder] as Part);
  }

  #partId(part: Part): ObjectId {
    if (part.id < 0) part.id = this.#to.newObject();
    return part.id;
  }

  // ---- reserved attributes --------------------------------------------------------------------------

  #word(name: string, word: string, to: HeaderWriter<ObjectId> = this.#to): void {
    const { length } = utf8Encoder.encode(word);
    to.beginAttribute(name, datatypeBytes(fixedString(length)), space());
    to.out.utf8(word);
    to.endAttribute();
  }

  #number(name: string, type: Datatype, value: number, to: HeaderWriter<ObjectId> = this.#to): void {
    to.beginAttribute(name, datatypeBytes(type), space());
    to.out.u32(value);
    to.endAttribute();
  }

  #mask(column: Column | undefined): void {
    if (!column?.mask) return;
    const { out } = this.#to;
    this.#to.beginAttribute(Reserved.mask, MASK(), space());
    out.u32(column.length);
    this.#to.extent(new HeapSequence(column.mask), out.length);
    out.u64(0);
    out.u32(1);
    this.#to.endAttribute();
  }

  /** `encoding`: if it comes before all else that is known of the group. */
  #beginGroup(
    { id, links, isRoot, isPointed }: Place,
    members: number,
    encoding?: string,
    to: HeaderWriter<ObjectId> = this.#to,
  ): void {
    to.beginGroup(id, links, MAX_RESERVED + members);
    if (isRoot) this.#number(Reserved.layout, INT32, LAYOUT_VERSION, to);
    if (isPointed) this.#number(Reserved.referenced, INT32, 1, to);
    if (encoding) this.#word(Reserved.encoding, encoding, to);
  }

  // ---- columns --------------------------------------------------------------------------------------

  /** A new object for a column, which is written later. */
  #child(column: Column): ObjectId {
    const part = wholeOf(column);
    const id = part ? this.#partId(part) : this.#to.newObject();
    this.#queue.push(() => this.#column(column, inside(id)));
    return id;
  }

  #column(column: Column, place: Place): void {
    const [only] = column.parts;
    if (!only) {
      this.#dataset(place, MISSING, [column.length], column.mask ? readTrack(column.mask, 1) : undefined);
      this.#to.end();
    } else if (wholeOf(column)) {
      this.#part(only, place, column);
    } else {
      this.#union(column, place);
    }
  }

  /** The header of a dataset without missing elements, which is still to be ended. */
  #dataset(
    { id, links, isValue, isPointed }: Place,
    type: Datatype,
    [count]: [number],
    open: (() => Read) | undefined,
  ): void {
    const data = open ? new Elements({ count, size: type.size, open, keep: this.#keep }) : new Uint8Array(0);
    this.#to.beginDataset(id, links, datatypeBytes(type), space(count), data);
    if (isValue) this.#word(Reserved.type, 'Array');
    if (isPointed) this.#number(Reserved.referenced, INT32, 1);
  }

  #union(column: Column, place: Place): void {
    const { kinds } = column;
    // Those of classes come last, as in lists of one go.
    const order = Array.from(column.parts.keys()).sort(
      (a, b) => Number(isOfClass(column.parts[a] as Part)) - Number(isOfClass(column.parts[b] as Part)),
    );
    const parts = order.map((i) => column.parts[i] as Part);
    const places = new Uint16Array(parts.length);
    for (const [place, i] of order.entries()) places[i] = place;
    const ofParts = parts.length > MAX_PARTS;
    const groups = Math.ceil(parts.length / MAX_PARTS);
    if (groups > MAX_PARTS) throw new Error('never so many parts');
    const names = namesOf(parts);
    const members: [name: string, id: ObjectId][] = [];
    const kindsId = this.#to.newObject();
    for (let group = 0; group < (ofParts ? groups : 0); group++) {
      const inGroup = parts.slice(group * MAX_PARTS, (group + 1) * MAX_PARTS);
      const id = this.#to.newObject();
      members.push([`parts-${group + 1}`, id]);
      this.#queue.push(() => {
        const innerKinds = this.#to.newObject();
        const inner = inGroup.map((part, i): (typeof members)[0] => [
          names[group * MAX_PARTS + i] as string,
          this.#partObject(part),
        ]);
        this.#beginGroup(inside(id), inner.length + 1, Encoding.union);
        this.#links([['@kinds', innerKinds], ...inner]);
        let count = 0;
        for (const part of inGroup) count += part.count;
        this.#kinds(innerKinds, count, kinds && readKinds(kinds, places, MAX_PARTS, group));
      });
    }
    if (!ofParts)
      for (const [i, part] of parts.entries()) members.push([names[i] as string, this.#partObject(part)]);
    this.#beginGroup(place, members.length + 1, Encoding.union);
    this.#mask(column);
    this.#links([['@kinds', kindsId], ...members]);
    this.#kinds(kindsId, column.present, kinds && readKinds(kinds, places, ofParts ? MAX_PARTS : 1));
  }

  #kinds(id: ObjectId, count: number, open: (() => Read) | undefined): void {
    // Without kinds, there is one part.
    const zeros: () => Read = () => (few) => new Uint8Array(few);
    this.#dataset(inside(id), UINT8, [count], open ?? zeros);
    this.#to.end();
  }

  #links(members: readonly (readonly [name: string, id: ObjectId])[]): void {
    for (const [i, [name, id]] of members.entries()) this.#to.hardLink(name, MAX_RESERVED + i, id);
    this.#to.end();
  }

  // ---- parts ----------------------------------------------------------------------------------------

  /** A new object for a part of a union, which is written later. */
  #partObject(part: Part): ObjectId {
    const id = this.#partId(part);
    this.#queue.push(() => this.#part(part, inside(id), undefined));
    return id;
  }

  /** Writes a part; as the whole of a column, some of whose elements may be missing. */
  #part(part: Part, at: Place, column: Column | undefined): void {
    const place = { ...at, isPointed: at.isPointed || part.isReferenced };
    if (part.stored) this.#storing?.store(place.id, part.stored);
    if (part instanceof RecordsPart) this.#records(part, place, column);
    else if (part instanceof ListPart) this.#list(part, place, column);
    else if (part instanceof RaggedPart) this.#ragged(part, place, column);
    else this.#leaf(part, place, [column?.length ?? part.count], column, undefined);
  }

  #records(part: RecordsPart, place: Place, column: Column | undefined): void {
    const { names, columns, class: cls, items } = part;
    const members = names.map(
      (name) => [escapeName(name), this.#child(columns.get(name) as Column)] as const,
    );
    this.#beginGroup(place, members.length);
    if (cls && cls.stored.length > 0 && !this.#storing) datasetsNeeded();
    if (cls) this.#word(Reserved.class, cls.name);
    if (cls && cls.version !== 0) this.#number(Reserved.version, INT32, cls.version);
    if (part.integrity) this.#word(Reserved.integrity, part.integrity);
    if (items) this.#word(Reserved.items, items);
    this.#word(Reserved.encoding, Encoding.records);
    this.#number(Reserved.length, UINT32, part.count);
    this.#mask(column);
    this.#links(members);
  }

  #list(part: ListPart, place: Place, column: Column | undefined): void {
    const heap = column?.mask && new HeapSequence(column.mask);
    if (heap) this.#to.extent(heap);
    const prologue = (): Uint8Array => {
      const header = new Prologue();
      this.#beginGroup(place, part.count, Encoding.list, header);
      if (column && heap) {
        header.beginAttribute(Reserved.mask, MASK(), space());
        header.out.u32(column.length);
        header.out.u64(heap.address);
        header.out.u32(1);
        header.endAttribute();
      }
      return header.out.finish();
    };
    const attributes = 1 + Number(place.isRoot) + Number(place.isPointed) + Number(heap !== undefined);
    this.#to.extent(new ListGroup(place.id, part.count, MAX_RESERVED, prologue, attributes, part.places));
  }

  #ragged(part: RaggedPart, place: Place, column: Column | undefined): void {
    const { items, children, count } = part;
    const box = rectangle(part, column);
    if (box) {
      this.#leaf(box.leaf.parts[0], place, box.dims, box.leaf, box.items);
      return;
    }
    const offsets = this.#to.newObject();
    const names = children.length === 2 ? ['keys', 'values'] : ['values'];
    const members = names.map((name, i) => [name, this.#child(children[i] as Column)] as const);
    this.#beginGroup(place, members.length + 1, Encoding.ragged);
    if (items !== 'Array') this.#word(Reserved.items, items);
    this.#mask(column);
    this.#links([['offsets', offsets], ...members]);
    this.#dataset(inside(offsets), UINT32, [count + 1], readOffsets(part));
    this.#to.end();
  }

  /** A dataset of some dimensions. `items`: what its innermost rows are, if no arrays. */
  #leaf(
    part: Part | undefined,
    { id, links, isValue, isPointed }: Place,
    dims: number[],
    column: Column | undefined,
    items: string | undefined,
  ): void {
    const builder = this.#to;
    const count = dims.reduce((product, dim) => product * dim, 1);
    const mask = part && column?.mask;
    const begin = (type: Datatype, elements: Elements) =>
      builder.beginDataset(id, links, datatypeBytes(type), space(...dims), elements);
    const write = (type: Datatype, open: () => Read, filler?: Uint8Array) =>
      begin(type, new Elements({ count, size: type.size, open, mask, filler, keep: this.#keep }));
    /** What holds addresses. */
    const writeBare = (type: Datatype, open: () => Read) =>
      begin(type, new Elements({ count, size: type.size, open, mask }));
    const writeTexts = (texts: TextPart, type: Datatype) => {
      const heap = new HeapTexts(texts);
      builder.extent(heap);
      writeBare(type, () => heap.read());
    };
    if (!part) write(MISSING, readTrack(column?.mask as Track, 1));
    else if (part instanceof NumbersPart) {
      if (part.floats) write(FLOAT64, readFloats(part), NAN);
      else write(INT32, readTrack(part.integers, 4));
    } else if (part instanceof BytesPart) {
      const type = part.encoding === 'booleans' ? BOOLEAN : typeOf(part);
      const filler =
        type.class === 'floating-point'
          ? encodeNumbers(type, [Number.NaN], 1, () => undefined as never)
          : undefined;
      write(type, readTrack(part.track, type.size), filler);
    } else if (part instanceof DatesPart) {
      write(compound([[Tag.date, INT64]]), readDates(part), NO_TIME);
    } else if (part instanceof BigIntsPart) {
      if (part.digits) writeTexts(part.digits, compound([[Tag.bigint, VARIABLE_STRING]]));
      else write(INT64, readBigInts(part));
    } else if (part instanceof TextPart) {
      const size = this.#sizeOfEach(part, count);
      if (part.encoding === 'named') writeTexts(part, compound([[Tag.named, VARIABLE_STRING]]));
      else if (!part.plain) writeTexts(part, compound([[Tag.text, variableLength(UINT8)]]));
      else if (size === 0) writeTexts(part, VARIABLE_STRING);
      else write(fixedString(size), readFixedText(part, size));
    } else {
      const { holder, hasElements, hasWholes } = part as ReferencesPart;
      const isOfOne = !Number.isNaN(holder) && !hasWholes;
      const addressOf = (each: Holder) => this.#addressOf(each);
      const open = readReferences(part as ReferencesPart, isOfOne, addressOf);
      if (isOfOne) {
        write(UINT32, open);
        builder.beginAttribute(Reserved.into, datatypeBytes(OBJECT_REFERENCE), space());
        builder.objectReference(this.#idOf(holder));
        builder.endAttribute();
      } else {
        writeBare(hasElements ? ELEMENT : OBJECT_REFERENCE, open);
      }
    }
    if (isValue) this.#word(Reserved.type, 'Array');
    if (items !== undefined && items !== 'Array') this.#word(Reserved.items, items);
    if (part) this.#mask(column);
    if (isPointed) this.#number(Reserved.referenced, INT32, 1);
    builder.end();
  }

  /** The bytes that each text takes; 0 if that varies. */
  #sizeOfEach({ fixedSize, longest, text, plain }: TextPart, count: number): number {
    const total = text.length;
    const wanted = fixedSize ?? this.#storing?.fixedSizeOf({ count, total, longest, plain });
    if (wanted !== undefined) return wanted;
    return count * longest <= total + count * FIXED_SIZE_SLACK ? Math.max(1, longest) : 0;
  }
}

const MASK = (): Uint8Array => datatypeBytes(variableLength(UINT8));

/** The part that is all of a column; a dataset of references, and one of dates that something refers to, has no missing elements. */
function wholeOf({ parts, kinds, mask }: Column): Part | undefined {
  const [only] = parts;
  if (!only || kinds) return undefined;
  const isBare = only instanceof ReferencesPart || (only instanceof DatesPart && only.isReferenced);
  return mask && isBare ? undefined : only;
}

function isDataset(column: Column): boolean {
  const part = wholeOf(column);
  if (!part) return column.parts.length === 0;
  if (part instanceof RaggedPart) return rectangle(part, column) !== undefined;
  return !(part instanceof RecordsPart || part instanceof ListPart);
}

/** The dimensions of nested rows that are all of one length, level by level; what the innermost hold, and what they are. */
function rectangle(
  outermost: RaggedPart,
  column: Column | undefined,
): { dims: number[]; leaf: Column; items: string } | undefined {
  const dims = [outermost.count];
  let part: Part | undefined = outermost;
  let leaf = column;
  let items = 'Array';
  while (part instanceof RaggedPart) {
    if (leaf?.mask || part.isReferenced || !part.isUniform || part.width === 0) return undefined;
    items = part.items;
    if (items === 'Set' || items === 'Map' || dims.length === MAX_DIMENSIONS) return undefined;
    dims.push(part.width);
    leaf = part.children[0] as Column;
    part = wholeOf(leaf);
    if (!part && leaf.parts.length > 0) return undefined;
  }
  if (part instanceof RecordsPart || part instanceof ListPart || part instanceof ReferencesPart)
    return undefined;
  if (part instanceof DatesPart && part.isReferenced) return undefined;
  return { dims, leaf: leaf as Column, items };
}

/** Whether its elements are objects, instances of a class, or typed arrays of one type. */
function isOfClass(part: Part): boolean {
  if (part instanceof RecordsPart) return part.items !== 'Map';
  if (part instanceof RaggedPart) return !['Array', 'Set', 'Map'].includes(part.items);
  return part instanceof ListPart;
}

/** Names for the parts of a union, which say what they hold. */
function namesOf(parts: readonly Part[]): string[] {
  const taken = new Map<string, number>();
  return parts.map((part) => {
    const name = nameOf(part);
    const count = (taken.get(name) ?? 0) + 1;
    taken.set(name, count);
    return escapeName(count > 1 ? `${name}-${count}` : name);
  });
}

function nameOf(part: Part): string {
  if (part instanceof RecordsPart)
    return part.class?.name ?? (part.items === 'null-prototype' ? undefined : part.items) ?? 'records';
  if (part instanceof RaggedPart)
    return { Array: 'arrays', Set: 'sets', Map: 'maps' }[part.items] ?? part.items;
  if (part instanceof ListPart) return 'objects';
  return part.encoding === 'named' ? 'names' : part.encoding;
}

function typeOf({ sample, stored }: BytesPart): Datatype {
  if (stored?.message) return decodeDatatype(new ByteReader(stored.message));
  return typeOfArray(sample);
}
