import { H5TypeError, optionOf } from '../errors.js';
import type { FileBuilder, ObjectId } from '../hdf5/file-builder.js';
import type { Encoder, RegisteredClass, TypeRegistry } from '../registry/index.js';
import { H5LimitError } from './errors.js';
import {
  HASH_SEED,
  hashArray,
  hashObject,
  hashRows,
  hashTyped,
  IdentityTable,
  mix,
  RangeTable,
} from './identity.js';
import { type Entry, FIRST_CLASS, isPrimitive, Kind, Kinds, type TypedArray, unsupported } from './kinds.js';
import { MAX_MEMBERS, MAX_NAME, Missing } from './layout.js';
import { type Leaf, LeafBuilder } from './leaf.js';
import { type Limits, MAX_DEPTH, MAX_NODES } from './limits.js';
import { memberSegment, nthPresent, pathTo, shortPath } from './path.js';
import { gatherUniform, groupRows, mergeShapes, type RowGroup } from './shapes.js';
import type { TextColumn } from './text-column.js';
import type { Values } from './values.js';

/** What becomes one HDF5 object. */
export type Node = ObjectNode | VectorNode | EntriesNode | BinaryNode | DateNode;

/** Where a node hangs: the node that holds it, and how; for error messages. */
export interface Place {
  readonly node: Node;
  readonly role: 'member' | 'element' | 'column' | 'item' | 'itemKey' | 'part' | 'key' | 'value';
  /** The member's name, the element's index, or the part's number. */
  readonly key: string | number;
}

abstract class PlanNode {
  id: ObjectId = -1;
  /** Hard links that lead to it. */
  links = 1;
  /** Whether something else refers to it, or to one of its elements. */
  referenced = false;
  /** Whether references in attributes or datasets lead to it, and not links alone. */
  pointed = false;
  /** Whether it is written as a part of the node above. */
  absorbed = false;
  /** What of the instance, or of those that are its rows, cannot be changed. */
  integrity: string | undefined;
  readonly place: Place | undefined;
  /** How many values it is within. */
  depth: number;

  constructor(place: Place | undefined) {
    this.place = place;
    // A part holds the very elements of its union.
    this.depth = place ? place.node.depth + Number(place.role !== 'part') : 0;
  }
}

/** A plain object, an instance, or a Map with string keys: a group with a member for each property. */
export class ObjectNode extends PlanNode {
  readonly kind = 'object';
  readonly type: string | undefined;
  readonly class: RegisteredClass | undefined;
  /** What its codec has made of the value, if that is something else than the value. */
  content: object | undefined;
  names: readonly string[] = [];
  /** Primitives as they are, for every object a Reference or its node. */
  values: unknown[] = [];
  /** Of the root: lists of what has its home nowhere else. */
  pools: VectorNode[] | undefined;

  constructor(place: Place | undefined, type: string | undefined, cls: RegisteredClass | undefined) {
    super(place);
    this.type = type;
    this.class = cls;
  }
}

/** Keys and values as two vectors: Maps with any keys, large objects, sparse arrays. */
export class EntriesNode extends PlanNode {
  readonly kind = 'entries';
  readonly type: string | undefined;
  readonly class: RegisteredClass | undefined;
  content: object | undefined;
  /** Of a sparse array. */
  readonly length: number;
  keys!: VectorNode;
  values!: VectorNode;

  constructor(
    place: Place | undefined,
    type: EntriesNode['type'],
    cls: RegisteredClass | undefined,
    length = 0,
  ) {
    super(place);
    this.type = type;
    this.class = cls;
    this.length = length;
  }
}

/** A typed array, an ArrayBuffer or a DataView: a dataset of its numbers. */
export class BinaryNode extends PlanNode {
  readonly kind = 'binary';
  readonly value: ArrayBuffer | DataView | TypedArray;
  /** What it is instead, if it shares its bytes with others: a group. */
  group: ObjectNode | undefined;

  constructor(place: Place | undefined, value: ArrayBuffer | DataView | TypedArray) {
    super(place);
    this.value = value;
  }
}

/** A Date that is a member: an attribute, or a dataset if something else refers to it. */
export class DateNode extends PlanNode {
  readonly kind = 'date';
  readonly value: Date;

  constructor(place: Place | undefined, value: Date) {
    super(place);
    this.value = value;
  }
}

/** The ways to store a list of values. */
export type VectorEncoding =
  | 'missing'
  | 'numbers'
  | 'booleans'
  | 'strings'
  | 'bigints'
  | 'dates'
  | 'typed'
  | 'records'
  | 'ragged'
  | 'union'
  | 'list'
  | 'named'
  | 'references';

/** A list of values: an array or a Set, a column, the rows of a nested array, ... */
export class VectorNode extends PlanNode {
  readonly kind = 'vector';
  /** Set where the list is itself a value: an array or a Set. */
  readonly type: 'Array' | 'Set' | undefined;
  encoding: VectorEncoding = 'missing';
  /** What is to be stored; dropped when that is planned. */
  source: readonly unknown[] | undefined;
  /** The number of elements, missing ones included. */
  length = 0;
  /** A code of `Missing` for each element, if any is missing. */
  mask: Uint8Array | undefined;
  /** The elements of a leaf, or the typed arrays that hold them; the objects that a list or a vector of references names. */
  values: readonly unknown[] = [];
  /** The names of the columns of records, or of the parts of a union. */
  names: string[] = [];
  /** The columns of records, the parts of a union; the values, or the keys and the values, of ragged rows. */
  children: VectorNode[] = [];
  class: RegisteredClass | undefined;
  /** What the records are where they are no plain objects, what the rows are where they are no arrays. */
  items: string | undefined;
  /** Where each ragged row begins in the values, and where the last ends. */
  offsets: Uint32Array | undefined;
  /** The number of the part that each element of a union is in. */
  parts: Uint8Array | undefined;
  /** The numbers or booleans of a leaf. */
  data: TypedArray | undefined;
  /** The strings of a leaf. */
  text: TextColumn | undefined;
  /** The number of elements before the first, where these are only some of a list; for error messages. */
  first = 0;
  /** Where an element was met, if that is elsewhere; for error messages. */
  pathOf: ((element: number) => string) | undefined;
  /** Writes it, where that is the affair of somebody else. */
  emit: ((builder: FileBuilder, isRoot: boolean) => void) | undefined;

  constructor(place: Place | undefined, type?: 'Array' | 'Set') {
    super(place);
    this.type = type;
  }
}

/** A mention of an object that has its home elsewhere. */
export class Reference {
  /** The object's number in the identity table. */
  readonly ordinal: number;
  /** Whether it stands for a member, so that it is one more hard link if its home is a node. */
  isMember: boolean;
  /** Its home: a node, or the element `index` of a vector; -1 for the node itself. */
  node: Node | undefined;
  index = -1;

  constructor(ordinal: number, isMember: boolean) {
    this.ordinal = ordinal;
    this.isMember = isMember;
  }
}

/** A value that is stored by its name: a symbol, a function, or what is registered. */
export class Named {
  readonly name: string;
  /** The datatype message and the bytes that it is stored as instead. */
  readonly encoded?: readonly [type: Uint8Array, bytes: Uint8Array];

  constructor(name: string) {
    this.name = name;
  }
}

/** A node, or an element of one. */
export interface Home {
  readonly node: Node;
  /** -1 for the node itself. */
  readonly index: number;
}

/** Stands in the table of homes for the elements of a vector, as the vector itself does for its own value. */
export class Elements {
  readonly vector: VectorNode;
  /** Of a union: the part, and the index in it, of each element that is at home here. */
  parts: Uint8Array | undefined;
  indexes: Uint32Array | undefined;
  /** Of parts that are unions themselves: records of several shapes, all of which are at home. */
  readonly #within: Elements[] = [];

  constructor(vector: VectorNode) {
    this.vector = vector;
  }

  /** The node that element number `claimed` of those at home here is, or is an element of. */
  locate(claimed: number): Home {
    const { vector } = this;
    if (vector.encoding !== 'union') return homeWithin(vector, claimed);
    vector.referenced = true;
    if (!this.parts || !this.indexes) this.#placeAll();
    const number = this.parts?.[claimed] as number;
    const part = vector.children[number] as VectorNode;
    const index = this.indexes?.[claimed] as number;
    if (part.encoding !== 'union') return homeWithin(part, index);
    this.#within[number] ??= new Elements(part);
    return this.#within[number].locate(index);
  }

  #placeAll(): void {
    const { children, parts } = this.vector as { children: VectorNode[]; parts: Uint8Array };
    const counts = new Uint32Array(children.length);
    this.parts = new Uint8Array(parts.length);
    this.indexes = new Uint32Array(parts.length);
    let claimed = 0;
    for (const part of parts) {
      if (isHome((children[part] as VectorNode).encoding)) {
        this.parts[claimed] = part;
        this.indexes[claimed++] = counts[part] as number;
      }
      counts[part] = (counts[part] as number) + 1;
    }
  }
}

/** Whether the elements of a vector are objects that live in it. */
function isHome(encoding: VectorEncoding): boolean {
  return (
    encoding === 'dates' ||
    encoding === 'records' ||
    encoding === 'ragged' ||
    encoding === 'list' ||
    encoding === 'union'
  );
}

function homeWithin(vector: VectorNode, claimed: number): Home {
  vector.referenced = true;
  if (vector.encoding === 'list') return { node: vector.values[claimed] as Node, index: -1 };
  // A dataset of dates has a place for the missing ones too.
  const index = vector.encoding === 'dates' && vector.mask ? nthPresent(vector.mask, claimed) : claimed;
  return { node: vector, index };
}

/** What a look at each value of a list tells. */
interface Classified {
  readonly ids: Uint16Array;
  readonly distinct: number[];
  readonly missing: number;
}

interface UniformTable extends Classified {
  readonly keys: readonly string[];
  readonly columns: readonly (unknown[] | Leaf)[];
  /** Of the rows; undefined if these are known to be all different. */
  readonly hashes: Int32Array | undefined;
}

/** From this many rows on it pays to gather them in one pass. */
const MIN_UNIFORM = 16;
/** Rows of typed arrays that are larger than this on average are not copied together. */
const MAX_TYPED_ROW = 1 << 16;
/** A union tells its parts apart by one byte. */
const MAX_PARTS = 250;

export type Task =
  | { readonly holder: ObjectNode; readonly index: number; readonly value: object; readonly id: number }
  | { readonly node: ObjectNode | EntriesNode; readonly value: object };

/** What a planner is made of. */
export type Planning = readonly [
  ...PlanningOptions,
  /** Whether async iterables can be stored. */
  waits?: boolean,
  identity?: IdentityTable,
];

export type PlanningOptions = readonly [
  registry: TypeRegistry,
  values: Values,
  onUnsupported: OnUnsupported,
  /** Whether accessors are stored. */
  accessors: boolean,
  limits: Limits | undefined,
  /** The most objects that get groups of their own. */
  groups: number | undefined,
];

/**
 * Decides, for a value and everything that it reaches, what becomes which HDF5 object, and where each
 * object that JavaScript can tell apart has its one home.
 *
 * Breadth first, in a fixed order, and lists before objects: so a record that stands in a list and is
 * also a member of something else lives in the list, as a row, and the member refers to it.
 */
export class Planner {
  /** All nodes in the order in which they were met. */
  readonly nodes: Node[] = [];
  /** Holds the value as its only member, "value". */
  readonly root = new ObjectNode(undefined, undefined, undefined);
  /** Of a list of records: what would be more is stored object by object. */
  maxTables = Infinity;
  readonly references: Reference[] = [];
  readonly identity: IdentityTable;
  readonly homes = new RangeTable<Node | Elements>();
  protected readonly registry: TypeRegistry;
  protected readonly values: Values;
  protected readonly kinds: Kinds;
  /** Whether only some properties of objects are stored, which `propertiesOf` says. */
  protected readonly isSelective: boolean = false;
  readonly #hasValues: boolean;
  readonly #vectors: VectorNode[] = [];
  readonly #tasks: Task[] = [];
  readonly #read = (row: object, key: string): unknown => this.read(row, key);
  #nextVector = 0;
  #nextTask = 0;
  readonly #maxDepth: number;
  readonly #maxNodes: number;

  constructor(...[registry, values, , , limits = {}, , , identity = new IdentityTable()]: Planning) {
    this.registry = registry;
    this.values = values;
    this.kinds = new Kinds(registry, values, (value) => this.isIterable(value));
    this.#hasValues = registry.hasValues;
    this.#maxDepth = limits.depth ?? MAX_DEPTH;
    this.#maxNodes = limits.nodes ?? MAX_NODES;
    this.identity = identity;
  }

  /** Plans a value: `begin`, all steps, and `finish`. */
  plan(value: unknown): void {
    this.begin(value);
    while (this.step());
    this.finish();
  }

  begin(value: unknown): void {
    const { root } = this;
    root.names = ['value'];
    root.values = [value];
    this.member(root, 0);
  }

  /** Plans the elements of a list that has its node already. */
  list(node: VectorNode, elements: readonly unknown[]): void {
    node.source = elements;
    this.#vectors.push(node);
  }

  /** Does a part of what is left; false if there was nothing left. */
  step(): boolean {
    const vector = this.#vectors[this.#nextVector];
    if (vector) {
      this.#nextVector++;
      this.#planVector(vector);
      return true;
    }
    const task = this.#tasks[this.#nextTask];
    if (!task) return this.planMore();
    this.#nextTask++;
    this.runTask(task);
    return true;
  }

  finish(): void {
    for (const reference of this.references) this.#resolve(reference);
  }

  /** A property of an object, or an element of an array. */
  protected read(object: object, key: string | number): unknown {
    return (object as Record<string | number, unknown>)[key];
  }

  protected refuse(value: unknown, holder: Node, index: number): never {
    const more = this.values.types.length > 0 ? '' : `, try ${optionOf('values')}`;
    throw unsupported(value, placeOf(holder, index), more);
  }

  // What iterables yield is for planners that take it.

  /** Whether objects of the prototype of this one are iterables. */
  protected isIterable(_value: object): boolean {
    return false;
  }

  /** Puts what it yields in the place of an iterable, and plans that; false: it is planned as it is. */
  protected takeMember(_holder: ObjectNode, _index: number, _value: object): boolean {
    return false;
  }

  /** The same for all that are elements of a list. */
  protected takeElements(_vector: VectorNode, _values: readonly unknown[], _ids: Uint16Array): boolean {
    return false;
  }

  /** The list of what an object yields, if it is iterable. */
  protected listOf(_place: Place, _value: object): VectorNode | undefined {
    return undefined;
  }

  /** What can be planned only when all else is. Returns whether more is to be planned then. */
  protected planMore(): boolean {
    return false;
  }

  // ---- members of objects ---------------------------------------------------------------------------

  /** Replaces the object that is a member by its node or a reference, at once or by a task. */
  protected member(holder: ObjectNode, index: number): void {
    const value = holder.values[index];
    if (typeof value !== 'object') {
      if (typeof value === 'function' || typeof value === 'symbol') this.#named(value, holder, index);
      return;
    }
    if (value === null) return;
    if (this.#hasValues && this.registry.nameOf(value) !== undefined) {
      this.#named(value, holder, index);
      return;
    }
    const id = this.kinds.of(value);
    const kind = this.kinds.kind(id);
    if (kind === Kind.Unsupported) this.refuse(value, holder, index);
    if (kind === Kind.Object || kind === Kind.Map) {
      this.#tasks.push({ holder, index, value, id });
      return;
    }
    if (kind === Kind.Iterable && this.takeMember(holder, index, value)) return;
    const place: Place = { node: holder, role: 'member', key: holder.names[index] as string };
    holder.values[index] = this.#own(value, id, kind, place);
  }

  /** Puts the name of a symbol, a function or a registered value in its place. */
  #named(value: unknown, holder: ObjectNode, index: number): void {
    const name = this.values.nameOf(value, this.registry);
    if (name === undefined) this.refuse(value, holder, index);
    holder.values[index] = new Named(name);
  }

  protected runTask(task: Task): void {
    if ('node' in task) {
      this.fill(task.node, task.value);
      return;
    }
    const { holder, index, value, id } = task;
    const place: Place = { node: holder, role: 'member', key: holder.names[index] as string };
    const owned = this.#own(value, id, this.kinds.kind(id), place);
    holder.values[index] = owned;
    if (owned instanceof ObjectNode || owned instanceof EntriesNode) this.fill(owned, value);
  }

  /** The node that is the home of an object, or a reference if it has one already. */
  #own(value: object, id: number, kind: Kind, place: Place): Node | Reference {
    const ordinal = this.identity.claim(value, hashOf(this.kinds.entry(id), value), id);
    if (ordinal >= 0) {
      const reference = new Reference(ordinal, true);
      this.references.push(reference);
      return reference;
    }
    const node = this.#makeNode(value, id, kind, place);
    this.homes.add(this.identity.size - 1, node);
    return node;
  }

  protected add<T extends Node>(node: T): T {
    if (node.depth > this.#maxDepth) this.#exceeded('depth', this.#maxDepth, node);
    if (this.nodes.push(node) > this.#maxNodes) this.#exceeded('nodes', this.#maxNodes, node);
    return node;
  }

  #exceeded(limit: 'depth' | 'nodes', most: number, node: Node): never {
    throw new H5LimitError(limit, most, shortPath(pathTo(node)));
  }

  /** A node of its own for an object. Objects and entries are still to be filled. */
  #makeNode(value: object, id: number, kind: Kind, place: Place): Node {
    switch (kind) {
      case Kind.Array:
        return this.vector(place, 'Array', value as unknown[]);
      case Kind.Set:
        return this.vector(place, 'Set', Array.from(value as Set<unknown>));
      case Kind.Date:
        return this.add(new DateNode(place, value as Date));
      case Kind.Typed:
      case Kind.Buffer:
        return this.add(new BinaryNode(place, value as TypedArray));
      case Kind.SparseArray: {
        const node = this.add(new EntriesNode(place, 'sparse', undefined, (value as unknown[]).length));
        this.fill(node, value);
        return node;
      }
      default: {
        const { class: cls, fields, type, codec, integrity } = this.kinds.entry(id);
        // An object of no class may be iterable by itself.
        const list = !cls && !codec && this.listOf(place, value);
        if (list) return list;
        const content = codec ? this.content(value, codec, { place } as Node) : value;
        const members =
          kind === Kind.Map ? mapMembers(value as Map<unknown, unknown>) : this.#members(content, fields);
        const node = this.add(members ? new ObjectNode(place, type, cls) : new EntriesNode(place, type, cls));
        if (content !== value) node.content = content;
        node.integrity = integrity;
        return node;
      }
    }
  }

  /** What a codec makes of a value: of a node, or of an element of one. */
  protected content(value: object, _codec: Encoder, _at: Node, _index = -1): object {
    return value;
  }

  /** The names of an object's properties, if they can be the names of members. */
  #members(value: object, cls: RegisteredClass | undefined): readonly string[] | undefined {
    const names = this.propertiesOf(value, cls);
    return fitMembers(names) ? names : undefined;
  }

  /** The properties of an object to store. */
  protected propertiesOf(value: object, cls: RegisteredClass | undefined): readonly string[] {
    return cls ? (cls.propertiesOf(value) as string[]) : Object.keys(value);
  }

  protected fill(node: ObjectNode | EntriesNode, source: object): void {
    // The content of a codec has the names that the file is to have.
    const cls = node.content ? undefined : node.class;
    const value = node.content ?? source;
    node.content = undefined;
    let keys: readonly unknown[];
    let values: unknown[];
    if (node.type === 'Map') {
      const map = value as Map<unknown, unknown>;
      keys = Array.from(map.keys());
      values = Array.from(map.values());
    } else {
      const properties = this.propertiesOf(value, cls);
      values = properties.map((property) => this.read(value, property));
      keys = cls ? properties.map((property) => cls.storedName(property)) : properties;
    }
    if (node.kind === 'object') {
      node.names = keys as string[];
      node.values = values;
      for (let i = 0; i < values.length; i++) this.member(node, i);
      return;
    }
    if (node.type === 'sparse') keys = keys.map(Number);
    node.keys = this.vector({ node, role: 'key', key: 0 }, undefined, keys);
    node.values = this.vector({ node, role: 'value', key: 0 }, undefined, values);
  }

  protected vector(place: Place, type: 'Array' | 'Set' | undefined, source: readonly unknown[]): VectorNode {
    const vector = this.add(new VectorNode(place, type));
    this.list(vector, source);
    return vector;
  }

  // ---- lists ----------------------------------------------------------------------------------------

  #planVector(vector: VectorNode): void {
    const values = vector.source as readonly unknown[];
    vector.source = undefined;
    vector.length = values.length;
    this.planElements(vector, values);
  }

  protected planElements(vector: VectorNode, all: readonly unknown[]): void {
    let values = all;
    const { length } = values;
    const builder = new LeafBuilder(length);
    if (builder.append(values, length)) {
      setLeaf(vector, builder.finish());
      return;
    }

    const table = this.#uniformTable(values);
    const { distinct, missing, ids: everyId } = table ?? this.#classify(vector, values);
    if (distinct.includes(Kind.Iterable) && this.takeElements(vector, values, everyId)) return;
    if (missing > 0) vector.mask = maskOf(values);
    if (distinct.length === 0) {
      vector.encoding = 'missing';
      return;
    }
    if (distinct.length === 1 && isPrimitive(distinct[0] as number)) {
      this.encode(vector, distinct[0] as number, values);
      return;
    }
    let ids = everyId;
    if (missing > 0) {
      // All but plain datasets hold the elements that are there, and nothing in the place of the others.
      const present = vector.mask as Uint8Array;
      values = values.filter((_, i) => present[i] === Missing.present);
      ids = ids.filter((_, i) => present[i] === Missing.present);
    }
    if (this.#claimAll(vector, values, ids, table) > 0) {
      distinct.length = 0;
      for (const id of ids) if (!distinct.includes(id)) distinct.push(id);
    } else if (table) {
      this.columns(vector, distinct[0] as number, table.keys, table.columns);
      return;
    }
    // A dataset of references has no place for missing elements; a union leaves them out.
    const alone = distinct.length === 1 && !(missing > 0 && distinct[0] === Kind.Reference);
    if (alone) this.encode(vector, distinct[0] as number, values);
    else this.union(vector, distinct, ids, values);
  }

  /** The identifier of each value's kind or class, which of them there are, and how many values are missing. */
  #classify(vector: VectorNode, values: readonly unknown[]): Classified {
    const { length } = values;
    const ids = new Uint16Array(length);
    const distinct: number[] = [];
    let missing = 0;
    let last = -1;
    for (let i = 0; i < length; i++) {
      const value = values[i];
      let id: number;
      switch (typeof value) {
        case 'number':
          id = Kind.Number;
          break;
        case 'string':
          id = Kind.String;
          break;
        case 'boolean':
          id = Kind.Boolean;
          break;
        case 'bigint':
          id = Kind.BigInt;
          break;
        case 'undefined':
          missing++;
          continue;
        case 'object':
          if (value === null) {
            missing++;
            continue;
          }
          if (this.#hasValues && this.registry.nameOf(value) !== undefined) {
            id = Kind.Named;
            break;
          }
          id = this.kinds.of(value);
          if (this.kinds.kind(id) !== Kind.Unsupported) break;
          this.refuse(value, vector, i);
          break;
        default:
          if (this.values.nameOf(value, this.registry) === undefined) this.refuse(value, vector, i);
          id = Kind.Named;
      }
      ids[i] = id;
      if (id !== last) {
        last = id;
        if (!distinct.includes(id)) distinct.push(id);
      }
    }
    return { ids, distinct, missing };
  }

  /**
   * The columns of a list whose elements are all of one class and have the same keys: the usual list of
   * records. One pass over the rows does what would take four, and what it cannot do it leaves to these.
   */
  #uniformTable(values: readonly unknown[]): UniformTable | undefined {
    const { length } = values;
    const [first] = values;
    if (length < MIN_UNIFORM || typeof first !== 'object' || first === null) return undefined;
    const id = this.kinds.of(first);
    const { class: cls, codec, integrity, kind } = this.kinds.entry(id);
    if (kind !== Kind.Object || codec || integrity || this.#hasValues || this.isSelective) return undefined;
    const keys = Object.keys(first);
    if (keys.length === 0 || !fitMembers(keys) || cls?.storesJust(keys) === false) return undefined;
    let table: ReturnType<typeof gatherUniform>;
    try {
      table = gatherUniform(values as object[], keys, cls !== undefined);
    } catch {
      // A value throws when it is read: it is found one by one.
    }
    if (!table) return undefined;
    return { ids: new Uint16Array(length).fill(id), distinct: [id], missing: 0, keys, ...table };
  }

  /**
   * Makes the vector the home of all its elements that have none yet. For the others the identifier becomes
   * that of a reference; returns their number.
   */
  #claimAll(vector: VectorNode, values: readonly unknown[], ids: Uint16Array, table?: UniformTable): number {
    const identity = this.identity;
    const start = identity.size;
    let references = 0;
    const isDone = table
      ? !table.hashes && identity.claimAll(values as object[], ids[0] as number, table.keys)
      : identity.claimMany(values, ids);
    if (!isDone) {
      const hashes = table && (table.hashes ?? hashRows(values as object[], table.keys));
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i] as number;
        if (isPrimitive(id) || id === Kind.Reference) continue;
        const value = values[i] as object;
        const hash = hashes ? (hashes[i] as number) : hashOf(this.kinds.entry(id), value);
        if (identity.claim(value, hash, id) < 0) continue;
        ids[i] = Kind.Reference;
        references++;
      }
    }
    if (identity.size > start) this.homes.add(start, new Elements(vector));
    return references;
  }

  protected union(
    vector: VectorNode,
    distinct: number[],
    ids: Uint16Array,
    values: readonly unknown[],
  ): void {
    // More classes than one byte can tell apart: the instances of the rest are stored one by one.
    distinct.sort((a, b) => Number(a >= FIRST_CLASS) - Number(b >= FIRST_CLASS));
    const rest = distinct.length > MAX_PARTS ? distinct.splice(MAX_PARTS) : [];
    const slices = distinct.map((): unknown[] => []);
    const restSlice: unknown[] = [];
    const partOf = new Map<number, number>(distinct.map((id, part) => [id, part]));
    const parts = new Uint8Array(ids.length);
    for (let i = 0; i < ids.length; i++) {
      const part = partOf.get(ids[i] as number) ?? distinct.length;
      parts[i] = part;
      (slices[part] ?? restSlice).push(values[i]);
    }
    vector.encoding = 'union';
    vector.parts = parts;
    for (let part = 0; part < distinct.length; part++) {
      const id = distinct[part] as number;
      const child = this.part(vector, part, this.kinds.partName(id), (slices[part] as unknown[]).length);
      this.encode(child, id, slices[part] as unknown[]);
    }
    if (rest.length > 0) {
      const child = this.part(vector, distinct.length, 'objects', restSlice.length);
      this.#list(child, restSlice as object[]);
    }
  }

  protected part(union: VectorNode, part: number, name: string, length: number): VectorNode {
    const child = this.#leafNode({ node: union, role: 'part', key: part }, length, undefined);
    union.children.push(child);
    const taken = union.names.filter((other) => other.replace(/-\d+$/, '') === name).length;
    union.names.push(taken > 0 ? `${name}-${taken + 1}` : name);
    return child;
  }

  /** Stores values of one kind; they have been claimed. */
  protected encode(vector: VectorNode, id: number, values: readonly unknown[]): void {
    switch (this.kinds.kind(id)) {
      case Kind.Number:
      case Kind.String:
      case Kind.Boolean: {
        const builder = new LeafBuilder(values.length, id, true);
        builder.append(values, values.length);
        setLeaf(vector, builder.finish());
        return;
      }
      case Kind.BigInt:
        vector.encoding = 'bigints';
        vector.values = values;
        return;
      case Kind.Named:
        vector.encoding = 'named';
        vector.values = Array.from(values, (value) => this.values.nameOf(value, this.registry) ?? '');
        return;
      case Kind.Date:
        vector.encoding = 'dates';
        vector.values = values;
        return;
      case Kind.Reference:
        vector.encoding = 'references';
        vector.values = (values as object[]).map((value) => {
          if (value instanceof Reference) return value;
          const entry = this.kinds.entry(this.kinds.of(value));
          const reference = new Reference(this.identity.find(value, hashOf(entry, value)), false);
          this.references.push(reference);
          return reference;
        });
        return;
      case Kind.Array:
        this.#ragged(vector, 'Array', values as unknown[][]);
        return;
      case Kind.Set:
        this.#ragged(
          vector,
          'Set',
          (values as Set<unknown>[]).map((set) => Array.from(set)),
        );
        return;
      case Kind.Map: {
        const maps = values as Map<unknown, unknown>[];
        this.#ragged(
          vector,
          'Map',
          maps.map((map) => Array.from(map.keys())),
          maps.map((map) => Array.from(map.values())),
        );
        return;
      }
      case Kind.Typed:
        this.#typedRows(vector, values as TypedArray[]);
        return;
      case Kind.Object:
        this.#records(vector, id, values as object[]);
        return;
      default:
        this.#list(vector, values as object[]);
    }
  }

  #ragged(
    vector: VectorNode,
    items: string,
    rows: readonly unknown[][],
    second?: readonly unknown[][],
  ): void {
    vector.encoding = 'ragged';
    vector.items = items;
    vector.offsets = offsetsOf(rows);
    if (second) this.#rows(vector, 'itemKey', rows);
    this.#rows(vector, 'item', second ?? rows);
  }

  /** The elements of all rows as one vector. Numbers and the like are taken from the rows as they are. */
  #rows(vector: VectorNode, role: 'item' | 'itemKey', rows: readonly unknown[][]): void {
    const place: Place = { node: vector, role, key: 0 };
    const total = (vector.offsets as Uint32Array)[rows.length] as number;
    const builder = new LeafBuilder(total);
    const isLeaf = total > 0 && rows.every((row) => row.length === 0 || builder.append(row, row.length));
    if (isLeaf) vector.children.push(this.#leafNode(place, total, builder.finish()));
    else vector.children.push(this.vector(place, undefined, flatten(rows)));
  }

  #typedRows(vector: VectorNode, rows: readonly TypedArray[]): void {
    const offsets = offsetsOf(rows);
    const total = offsets[rows.length] as number;
    const [first] = rows as [TypedArray];
    if (total * first.BYTES_PER_ELEMENT > rows.length * MAX_TYPED_ROW) {
      this.#list(vector, rows);
      return;
    }
    vector.encoding = 'ragged';
    vector.items = first[Symbol.toStringTag];
    vector.offsets = offsets;
    const leaf = this.#leafNode({ node: vector, role: 'item', key: 0 }, total, undefined);
    leaf.encoding = 'typed';
    leaf.values = rows;
    vector.children = [leaf];
  }

  /** A vector whose elements are known: there is nothing left to plan. */
  #leafNode(place: Place, length: number, leaf: Leaf | undefined): VectorNode {
    const node = this.add(new VectorNode(place));
    node.length = length;
    if (leaf) setLeaf(node, leaf);
    return node;
  }

  #records(vector: VectorNode, id: number, values: readonly object[]): void {
    const { fields, codec } = this.kinds.entry(id);
    // Missing elements are not counted any more.
    vector.encoding = 'records';
    const rows = codec ? values.map((row, i) => this.content(row, codec, vector, i)) : values;
    const propertiesOf = this.isSelective ? (row: object) => this.propertiesOf(row, fields) : undefined;
    const groups = mergeShapes(groupRows(rows, fields, propertiesOf), rows.length);
    if (!groups || groups.length > this.maxTables) {
      this.#list(vector, values);
    } else if (groups.length === 1) {
      const [group] = groups as [RowGroup];
      this.columns(vector, id, group.columns, group.gather(rows, this.#read));
    } else {
      vector.encoding = 'union';
      vector.parts = new Uint8Array(rows.length);
      for (const [part, group] of groups.entries()) {
        for (const row of group.rows) vector.parts[row] = part;
        const child = this.part(vector, part, this.kinds.partName(id), group.rows.length);
        this.columns(
          child,
          id,
          group.columns,
          group.gather(
            group.rows.map((row) => rows[row] as object),
            this.#read,
          ),
        );
      }
    }
  }

  protected columns(
    vector: VectorNode,
    id: number,
    keys: readonly string[],
    columns: readonly (unknown[] | Leaf)[],
  ): void {
    const { class: cls, fields, type, integrity } = this.kinds.entry(id);
    vector.encoding = 'records';
    vector.class = cls;
    vector.items = type;
    vector.integrity = integrity;
    for (const [i, key] of keys.entries()) {
      vector.names.push(fields ? fields.storedName(key) : key);
      const place: Place = { node: vector, role: 'column', key };
      const column = columns[i] as unknown[] | Leaf;
      if (Array.isArray(column)) vector.children.push(this.vector(place, undefined, column));
      else vector.children.push(this.#leafNode(place, vector.length, column));
    }
  }

  /** The last resort: one HDF5 object an element. */
  #list(vector: VectorNode, values: readonly object[]): void {
    vector.encoding = 'list';
    vector.values = values.map((value, index) => {
      const id = this.kinds.of(value);
      const node = this.#makeNode(value, id, this.kinds.kind(id), {
        node: vector,
        role: 'element',
        key: index,
      });
      if (node.kind === 'date') node.referenced = true;
      if (node.kind === 'object' || (node.kind === 'entries' && node.type !== 'sparse'))
        this.#tasks.push({ node, value });
      return node;
    });
  }

  // ---- references -----------------------------------------------------------------------------------

  /** The node that an object is, or is an element of, by its number in the identity table. */
  home(ordinal: number): Home {
    const { owner, index } = this.homes.locate(ordinal);
    return owner instanceof Elements ? owner.locate(index) : { node: owner, index: -1 };
  }

  #resolve(reference: Reference): void {
    const home = this.home(reference.ordinal);
    home.node.referenced = true;
    if (reference.isMember && home.index < 0) home.node.links++;
    else home.node.pointed = true;
    reference.node = home.node;
    reference.index = home.index;
  }
}

/**
 * What becomes of a value that cannot be stored: its place says where it is.
 *
 * @example
 * const dropped: OnUnsupported = (value, path) => `${typeof value} at ${path}`;
 * serialize(state, { onUnsupported: dropped });
 */
export type OnUnsupported = 'error' | 'skip' | ((value: unknown, path: string) => unknown);

/** Where a value stands: a member, or an element. */
export function placeOf(holder: Node, index: number): string {
  if (holder.kind !== 'object') return pathTo(holder, index);
  return holder.place ? pathTo(holder) + memberSegment(holder.names[index] as string, holder.class) : '$';
}

function setLeaf(vector: VectorNode, { encoding, data, text }: Leaf): void {
  vector.encoding = encoding;
  vector.data = data;
  vector.text = text;
}

/** Codes of `Missing` for all elements. */
function maskOf(values: readonly unknown[]): Uint8Array {
  const mask = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === null) mask[i] = Missing.null;
    else if (value === undefined) mask[i] = i in values ? Missing.undefined : Missing.absent;
  }
  return mask;
}

function mapMembers(map: Map<unknown, unknown>): readonly string[] | undefined {
  if (map.size > MAX_MEMBERS) return undefined;
  const keys = Array.from(map.keys());
  return keys.every((key) => typeof key === 'string') && fitMembers(keys) ? keys : undefined;
}

export function fitMembers(names: readonly string[]): boolean {
  return names.length <= MAX_MEMBERS && !names.some((name) => name.length > MAX_NAME);
}

function offsetsOf(rows: readonly { readonly length: number }[]): Uint32Array {
  const offsets = new Uint32Array(rows.length + 1);
  let total = 0;
  for (let i = 0; i < rows.length; i++) {
    total += (rows[i] as { length: number }).length;
    offsets[i + 1] = total;
  }
  if (total > 0xffffffff) throw new H5TypeError('lists of more than 2^32 elements');
  return offsets;
}

/** All rows as one array; holes stay holes. */
function flatten(rows: readonly (readonly unknown[])[]): unknown[] {
  let total = 0;
  for (const row of rows) total += row.length;
  const flat = new Array<unknown>(total);
  let position = 0;
  for (const row of rows) {
    const { length } = row;
    for (let i = 0; i < length; i++) {
      const value = row[i];
      if (value !== undefined || i in row) flat[position + i] = value;
    }
    position += length;
  }
  return flat;
}

export function hashOf({ kind, codec, fields }: Entry, value: object): number {
  // A codec, or a getter of the class, may keep what it computes in the instance.
  if (codec || fields?.hasAccessors) return HASH_SEED;
  switch (kind) {
    case Kind.Array:
      return hashArray(value as unknown[]);
    case Kind.Object:
      return hashObject(value);
    case Kind.Date:
      return mix(1, (value as Date).getTime());
    case Kind.Typed:
    case Kind.Buffer:
      // The bytes of a buffer that was transferred are gone: that throws here.
      if (!(value as TypedArray).byteLength) new Uint8Array((value as TypedArray).buffer ?? value);
      if (kind === Kind.Typed) return hashTyped(value as TypedArray);
      return mix((value as TypedArray).byteLength, (value as TypedArray).byteOffset);
    default:
      return mix(3, (value as Map<unknown, unknown>).size);
  }
}
