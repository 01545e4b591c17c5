import { H5Error, H5TypeError } from '../errors.js';
import { SHAPED, type ShapedData, shapedData } from '../hdf5/shaped-data.js';
import type { Encoder, RegisteredClass } from '../registry/index.js';
import { AlikeIdentity } from './alike-identity.js';
import { H5LimitError, H5UnsupportedError } from './errors.js';
import { Kind, type TypedArray } from './kinds.js';
import { MAX_MEMBERS } from './layout.js';
import { isLazy } from './lazy-member.js';
import { MAX_DEPTH } from './limits.js';
import { pathTo, shortPath } from './path.js';
import {
  type BinaryNode,
  fitMembers,
  hashOf,
  type Node,
  ObjectNode,
  type OnUnsupported,
  type Place,
  Planner,
  type Planning,
  placeOf,
  Reference,
  type Task,
  VectorNode,
} from './plan.js';
import { areManyAlike, isObject, MANY, Pool, type PoolHost, type Table } from './pool.js';
import { read, Unreadable, unreadable } from './unreadable.js';
import type { Values } from './values.js';

/** Why a value cannot be stored: what was thrown, if anything was. */
interface Problem {
  readonly cause?: unknown;
}

/** So many elements are held in memory at once: somewhat more, and the engine ends the process. */
const MAX_YIELDED = 1 << 26;

/** The least objects of a pool that a table of their own is for; the most tables, and the most classes that others are of. */
const LEAST_ROWS = 16;
const MOST_TABLES = 150;
const MOST_LEFT = 90;
/** The most pools: what is in one may lead through objects that have to have groups to what comes into the next. */
const MOST_POOLS = 64;

/** What stands in the place of others is within such at most so deep: each may hold again what it replaces. */
const MOST_REPLACED = 1000;

/** In the place of a member that is not stored. */
const LEFT_OUT = Symbol('left out');

/** Whether an object is an iterator, or iterable in time: it is stored as what it yields. */
function isIterable(value: object): boolean {
  return (
    Symbol.asyncIterator in value ||
    (Symbol.iterator in value && typeof (value as { next?: unknown }).next === 'function')
  );
}

/** What a codec makes of a value. */
function contentOf(value: object, codec: Encoder): object {
  const content = codec.encode(value) as unknown;
  if (isContent(content) || (codec.checks && content === value)) return content as object;
  throw new H5TypeError(
    `\`encode\` of the codec ${JSON.stringify(codec.name)} returned ${noContent(content)}`,
  );
}

/** What something is that has no parts, for messages. */
export function noContent(value: unknown): string {
  return `no object whose properties are the parts, but something of type ${Object.prototype.toString.call(value).slice(8, -1)}`;
}

/** Whether the properties of something are all that there is to it: a Map, a Date or a Promise has its content elsewhere. */
export function isContent(content: unknown): boolean {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return false;
  const prototype: unknown = Object.getPrototypeOf(content);
  if (prototype === Object.prototype || prototype === null) return true;
  return !(ArrayBuffer.isView(content) || NO_CONTENT.some((type) => content instanceof type));
}

const NO_CONTENT = [Map, Set, WeakMap, WeakSet, Date, RegExp, Promise, ArrayBuffer, Error];

/**
 * The elements of an array that says what it holds, in arrays within arrays: typed arrays, where it has some. They are copies,
 * since parts of one buffer would be stored as that.
 */
function nestedOf({ elements, shape }: ShapedData): unknown {
  const flat = elements();
  const nest = (axis: number, from: number, size: number): unknown => {
    if (axis === shape.length) return flat[from];
    if (axis === shape.length - 1) {
      const row = flat as Float64Array;
      return ArrayBuffer.isView(flat)
        ? row.slice(from, from + size)
        : Array.prototype.slice.call(flat, from, from + size);
    }
    const length = shape[axis] as number;
    const inner = length === 0 ? 0 : size / length;
    return Array.from({ length }, (_, i) => nest(axis + 1, from + i * inner, inner));
  };
  return nest(
    0,
    0,
    shape.reduce((product, length) => product * length, 1),
  );
}

/** The error for an async iterable, where nothing waits for it. */
function waiting(value: object, path: string): H5UnsupportedError {
  const { name = '' } =
    (Object.getPrototypeOf(value) as { constructor?: { name?: string } }).constructor ?? {};
  const what = `an async iterable${name === '' || name === 'Object' ? '' : ` of type ${name}`}`;
  const remedy = "use write, which waits for what it yields (with { streaming } of 'h5pickle/streaming')";
  return new H5UnsupportedError(path, what, remedy);
}

/** An iterable whose elements are still to be taken, and the node that is to hold them. */
export interface Stream {
  readonly node: VectorNode;
  readonly value: object;
}

/**
 * What the core's planner is without: it puts others in the place of values that cannot be stored, leaves accessors out, says
 * where something was that has thrown, takes what iterables yield, and stores by their buffers the views that share one.
 */
export class CompletePlanner extends Planner {
  /** The iterables that have been met, if they are not taken in at once. */
  streams: Stream[] | undefined;
  /** What iterables that are taken in at once have yielded. */
  arrays = new Map<object, unknown>();
  protected override readonly isSelective: boolean;
  readonly #waits: boolean;
  readonly #mostBytes: number;
  /** What an iterable has thrown: its affair, and none of the value that it is in. */
  #thrown: unknown;
  readonly #onUnsupported: OnUnsupported;
  readonly #sharing: ReturnType<NonNullable<Values['sharing']>> | undefined;
  /** How many nodes have been looked at for shared bytes. */
  #looked = 0;
  /** Objects whose members are not all to be stored. */
  readonly #leftOut = new Set<ObjectNode>();
  /** Of nodes, the names of members that have been replaced; of lists, one for all elements. */
  readonly #replacedIn = new Map<Node, Set<string | number>>();
  /** How many replacements nodes are within. */
  readonly #depths = new Map<Node, number>();
  /** Whether the member that is planned stands in the place of another. */
  #isReplaced = false;
  /** From so many nodes on, objects that are as deep as they or deeper get none of their own. */
  readonly #groups: number;
  /** How many nodes there are of each depth. */
  readonly #counts: number[] = [];
  /** The depth from which on that is so, and how many nodes are less deep. */
  #fullDepth = Infinity;
  #outer = 0;
  #pools = 0;
  readonly #host: PoolHost;
  /** Where they come instead. */
  #pool: Pool | undefined;
  /** Whether what is planned is a pool. */
  #isPool = false;

  constructor(...planning: Planning) {
    const [registry, values, onUnsupported, accessors, limits, groups = MAX_MEMBERS, ...more] = planning;
    const [waits = false, identity = new AlikeIdentity()] = more;
    super(registry, values, onUnsupported, accessors, limits, groups, waits, identity);
    // What is replaced must not have been met.
    this.#groups = onUnsupported === 'error' ? Math.max(1, groups) : Infinity;
    this.#host = {
      registry: this.registry,
      kinds: this.kinds,
      identity: this.identity,
      homes: this.homes,
      references: this.references,
      maxDepth: limits?.depth ?? MAX_DEPTH,
      propertiesOf: (object, cls) => this.propertiesOf(object, cls),
      read,
    };
    this.kinds.add(Reference.prototype, Kind.Reference);
    this.#waits = waits;
    this.#mostBytes = limits?.bytes ?? Infinity;
    this.#onUnsupported = onUnsupported;
    this.isSelective = !accessors;
    this.#sharing = values.sharing?.();
  }

  override finish(): void {
    super.finish();
    if (this.#pool) this.#pool.node.absorbed = true;
    for (const node of this.#leftOut) {
      const { names, values } = node;
      node.names = names.filter((_, i) => values[i] !== LEFT_OUT);
      node.values = values.filter((value) => value !== LEFT_OUT);
    }
  }

  // ---- what cannot be stored ------------------------------------------------------------------------

  protected override member(holder: ObjectNode, index: number): void {
    const value = holder.values[index];
    // What is replaced, or left out, must not have been met.
    const why = this.#onUnsupported !== 'error' && this.#problem(value);
    if (why) {
      this.#replace(value, holder, index, why);
      return;
    }
    try {
      // Of what stands in the place of an object of a pool.
      if (this.#pools > 0 && value instanceof Reference) value.isMember = true;
      else if (!this.#isPooled(holder, index, value)) super.member(holder, index);
    } catch (error) {
      this.#failed(error, holder, index);
    }
  }

  protected override runTask(task: Task): void {
    try {
      if ('node' in task || !this.#isPooled(task.holder, task.index, task.value, task.id))
        super.runTask(task);
    } catch (error) {
      if ('node' in task) throw error;
      this.#failed(error, task.holder, task.index);
    }
  }

  protected override planElements(vector: VectorNode, values: readonly unknown[]): void {
    try {
      let stored = this.#onUnsupported === 'error' ? values : this.#replaced(vector, values);
      if (this.#isFull(vector.depth + 1) && values.some(isObject) && !areManyAlike(values, this.kinds))
        stored = this.#openPool().copyOf(values, vector);
      super.planElements(vector, stored);
    } catch (error) {
      if (this.#isOfItsOwn(error)) throw error;
      // Which of them it was: numbers count all of them.
      vector.mask = undefined;
      for (let i = 0; i < values.length; i++) {
        const value = read(values, i);
        const why = this.#problem(value, true);
        if (why) this.#unsupported(value, vector, i, why);
      }
      throw error;
    }
  }

  protected override content(value: object, codec: Encoder, at: Node, index = -1): object {
    try {
      return contentOf(value, codec);
    } catch (error) {
      throw this.values.located?.(error, pathTo(at, index)) ?? error;
    }
  }

  /** The properties of an object to store. */
  protected override propertiesOf(value: object, cls: RegisteredClass | undefined): readonly string[] {
    const names = super.propertiesOf(value, cls);
    if (!this.isSelective) return names;
    return names.filter((name) => {
      // What a class declares is stored whatever it is.
      if (cls?.isDeclared(name)) return true;
      const { get, set } = Object.getOwnPropertyDescriptor(value, name) ?? {};
      return (!get && !set) || isLazy(get);
    });
  }

  /** Puts what the caller wants in the place of a member that cannot be stored. */
  #replace(value: unknown, holder: ObjectNode, index: number, why: Problem): void {
    // What replaces it must be stored.
    if (this.#isReplaced) this.#unsupported(value, holder, index, why);
    const replacement = this.#replacement(value, holder, index, why);
    holder.values[index] = replacement;
    if (replacement === LEFT_OUT) {
      this.#leftOut.add(holder);
      return;
    }
    this.#isReplaced = true;
    this.member(holder, index);
    this.#isReplaced = false;
  }

  #unsupported(value: unknown, holder: Node, index: number, why: Problem): never {
    if ('cause' in why) throw unreadable(placeOf(holder, index), why as Required<Problem>);
    this.refuse(value, holder, index);
  }

  /** Whether an error is not to be one about the value that is planned. */
  #isOfItsOwn(error: unknown): boolean {
    return error instanceof H5Error || error === this.#thrown || this.#onUnsupported !== 'error';
  }

  /** What was thrown while a member was planned: if it is no error of ours, the value is to blame. */
  #failed(cause: unknown, holder: ObjectNode, index: number): never {
    if (this.#isOfItsOwn(cause)) throw cause;
    throw unreadable(placeOf(holder, index), { cause });
  }

  /**
   * Why a value cannot be stored, as far as it shows in itself: for what it is, or for what it throws. The elements of an
   * array that is a row count; those of others are looked at by themselves.
   */
  #problem(value: unknown, isRow = false): Problem | undefined {
    if (typeof value === 'function' || typeof value === 'symbol')
      return this.values.nameOf(value, this.registry) === undefined ? {} : undefined;
    if (typeof value !== 'object' || value === null || this.registry.nameOf(value) !== undefined)
      return undefined;
    try {
      const id = this.kinds.of(value);
      const entry = this.kinds.entry(id);
      const { kind, fields, codec } = entry;
      if (kind === Kind.Unsupported) return Unreadable.cause(value) ?? {};
      hashOf(entry, value);
      if (codec) contentOf(value, codec);
      else if (kind === Kind.Object || kind === Kind.SparseArray) this.propertiesOf(value, fields);
      else if (kind === Kind.Set || kind === Kind.Map || (kind === Kind.Array && isRow))
        for (const _ of value as Iterable<unknown>);
      return undefined;
    } catch (cause) {
      return { cause };
    }
  }

  /** What stands in the place of a value that cannot be stored, if the caller wants it so. */
  #replacement(value: unknown, holder: Node, index: number, why: Problem): unknown {
    const handle = this.#onUnsupported;
    if (handle === 'error') this.#unsupported(value, holder, index, why);
    if (handle === 'skip') return LEFT_OUT;
    const depth = this.#replacedAround(holder);
    if (depth >= MOST_REPLACED)
      throw new H5UnsupportedError(
        shortPath(placeOf(holder, index)),
        `what onUnsupported returns, within more than ${MOST_REPLACED} others that it has returned,`,
        'have it return something that can be stored',
      );
    const keys = this.#replacedIn.get(holder) ?? new Set();
    this.#replacedIn.set(holder, keys);
    keys.add(holder.kind === 'object' ? (holder.names[index] as string) : '');
    const replacement = handle(Unreadable.cause(value)?.cause ?? value, placeOf(holder, index));
    if (replacement === value) this.#unsupported(value, holder, index, why);
    return replacement;
  }

  /** How many replacements a node is within: of the elements of a list, all count as such if one is. */
  #replacedAround(node: Node): number {
    const above: Node[] = [];
    let at: Node | undefined = node;
    for (; at && !this.#depths.has(at); at = at.place?.node) above.push(at);
    let depth = at ? (this.#depths.get(at) as number) : 0;
    for (const each of above.reverse()) {
      const { place } = each;
      const keys = place && this.#replacedIn.get(place.node);
      if (place && keys?.has(place.node.kind === 'object' ? place.key : '')) depth++;
      this.#depths.set(each, depth);
    }
    return depth;
  }

  /** Whether something is left out, rather than replaced or refused. */
  #isLeftOut(value: unknown): boolean {
    return this.#onUnsupported === 'skip' && this.#problem(value, true) !== undefined;
  }

  /** Nothing is left of elements of Sets and of entries that are left out: only in an array, there is a hole. */
  protected override vector(
    place: Place,
    type: 'Array' | 'Set' | undefined,
    source: readonly unknown[],
  ): VectorNode {
    let values = source;
    if (this.#onUnsupported === 'skip') {
      const { node, role } = place;
      if (type === 'Set') values = source.filter((value) => !this.#isLeftOut(value));
      else if (role === 'value' && node?.kind === 'entries') {
        // The keys are already there, but have not been looked at yet.
        const keys = node.keys as VectorNode;
        const all = keys.source as readonly unknown[];
        const isKept = source.map((value, i) => !this.#isLeftOut(value) && !this.#isLeftOut(all[i]));
        keys.source = all.filter((_, i) => isKept[i]);
        values = source.filter((_, i) => isKept[i]);
      }
    }
    return super.vector(place, type, values);
  }

  protected override encode(vector: VectorNode, id: number, values: readonly unknown[]): void {
    let kept = values;
    if (this.#onUnsupported === 'skip') {
      const kind = this.kinds.kind(id);
      if (kind === Kind.Set)
        kept = (values as Set<unknown>[]).map(
          (set) => new Set(Array.from(set).filter((value) => !this.#isLeftOut(value))),
        );
      else if (kind === Kind.Map)
        kept = (values as Map<unknown, unknown>[]).map(
          (map) => new Map(Array.from(map).filter((entry) => !entry.some((each) => this.#isLeftOut(each)))),
        );
    }
    super.encode(vector, id, kept);
  }

  /** The same values, with others in the place of those that cannot be stored. What is left out leaves a hole. */
  #replaced(vector: VectorNode, values: readonly unknown[]): readonly unknown[] {
    const replaced: unknown[] = [];
    replaced.length = values.length;
    for (let i = 0; i < values.length; i++) {
      let value = read(values, i);
      const why = this.#problem(value, true);
      if (why) {
        value = this.#replacement(value, vector, i, why);
        const worse = value !== LEFT_OUT && this.#problem(value, true);
        if (worse) this.#unsupported(value, vector, i, worse);
      }
      if (value !== LEFT_OUT && (value !== undefined || i in values)) replaced[i] = value;
    }
    return replaced;
  }

  // ---- iterables ------------------------------------------------------------------------------------

  protected override isIterable(value: object): boolean {
    return SHAPED in value || (isIterable(value) && (this.#waits || !(Symbol.asyncIterator in value)));
  }

  protected override read(object: object, key: string | number): unknown {
    return read(object, key);
  }

  protected override refuse(value: unknown, holder: Node, index: number): never {
    const why = Unreadable.cause(value);
    if (why) throw unreadable(placeOf(holder, index), why);
    if (typeof value === 'object' && value && Symbol.asyncIterator in value)
      throw waiting(value, placeOf(holder, index));
    super.refuse(value, holder, index);
  }

  protected override takeMember(holder: ObjectNode, index: number, value: object): boolean {
    const taken = this.#taken(value, () => placeOf(holder, index));
    if (taken === value) return false;
    holder.values[index] = taken;
    this.member(holder, index);
    return true;
  }

  protected override takeElements(vector: VectorNode, values: readonly unknown[], ids: Uint16Array): boolean {
    let isTaken = false;
    const elements = values.map((value, i) => {
      if (ids[i] !== Kind.Iterable) return value;
      const taken = this.#taken(value as object, () => placeOf(vector, i));
      isTaken ||= taken !== value;
      return taken;
    });
    if (isTaken) this.planElements(vector, elements);
    return isTaken;
  }

  /** What stands in the place of an iterable, or of an array that says what it holds; itself, if it is taken bit by bit. */
  #taken(value: object, path: () => string): unknown {
    if (SHAPED in value) {
      // Each time it is met it is the same.
      const known = this.arrays.get(value);
      if (known !== undefined) return known;
      const nested = nestedOf(shapedData(value) as ShapedData);
      this.arrays.set(value, nested);
      return nested;
    }
    return this.streams ? value : this.#elementsOf(value, path);
  }

  protected override listOf(place: Place, value: object): VectorNode | undefined {
    if (!isIterable(value)) return undefined;
    if (!this.isIterable(value)) throw waiting(value, pathTo(new VectorNode(place, 'Array')));
    const path = () => pathTo(new VectorNode(place, 'Array'));
    if (!this.streams) return this.vector(place, 'Array', this.#elementsOf(value, path));
    const node = this.add(new VectorNode(place, 'Array'));
    this.streams.push({ node, value });
    return node;
  }

  /** What an iterable yields, as an array that stands for it from now on. */
  #elementsOf(value: object, path: () => string): readonly unknown[] {
    const known = this.arrays.get(value) as readonly unknown[] | undefined;
    if (known) return known;
    const elements: unknown[] = [];
    try {
      for (const element of value as Iterable<unknown>) {
        // Each takes a byte at least.
        const count = elements.push(element);
        if (count > this.#mostBytes) throw new H5LimitError('bytes', this.#mostBytes, shortPath(path()));
        if (count > MAX_YIELDED) {
          const what = `an iterator of more than ${MAX_YIELDED} elements`;
          throw new H5UnsupportedError(path(), what, 'use write, which takes them bit by bit');
        }
      }
    } catch (error) {
      this.#thrown = error;
      throw error;
    }
    this.arrays.set(value, elements);
    return elements;
  }

  // ---- objects that have nothing in common -----------------------------------------------------------

  /**
   * Lists are planned before objects, so that inner ones may be met before outer ones: it is the nodes that are not deeper
   * that count.
   */
  protected override add<T extends Node>(node: T): T {
    const { depth } = super.add(node);
    const counts = this.#counts;
    counts[depth] = (counts[depth] ?? 0) + 1;
    if (depth >= this.#fullDepth) return node;
    this.#outer++;
    while (this.#outer >= this.#groups) {
      this.#fullDepth = Math.min(this.#fullDepth, counts.length) - 1;
      this.#outer -= counts[this.#fullDepth] ?? 0;
    }
    return node;
  }

  /** Whether what is so deep gets no nodes of its own any more. */
  #isFull(depth: number): boolean {
    return depth >= this.#fullDepth && !this.#isPool && this.#pools < MOST_POOLS;
  }

  #openPool(): Pool {
    if (this.#pool) return this.#pool;
    const node = this.add(new VectorNode({ node: this.root, role: 'member', key: 'value' }));
    // What is in it is inner.
    node.depth = Math.max(node.depth, this.#fullDepth);
    this.#pools++;
    this.#pool = new Pool(node, this.#host);
    return this.#pool;
  }

  /** Puts a member into the pool, if it is for it. Objects and Maps have been looked at before, by a task, and come with their identifier. */
  #isPooled(holder: ObjectNode, index: number, value: unknown, known = -1): boolean {
    if (!this.#isFull(holder.depth + 1) || typeof value !== 'object' || value === null) return false;
    let id = known;
    if (id < 0) {
      if (this.registry.nameOf(value) !== undefined) return false;
      id = this.kinds.of(value);
      if (id !== Kind.Array && id !== Kind.Set) return false;
    }
    const pool = this.#openPool();
    if (!pool.takes(value, id)) return false;
    holder.values[index] = pool.refer(value, id, true, holder, index);
    return true;
  }

  /** Plans the list of what is in the pool; what is met then comes into another one. */
  #closePool(pool: Pool): void {
    this.#pool = undefined;
    pool.gather();
    const { node, objects, tables, lists } = pool;
    node.length = objects.length;
    this.root.pools ??= [];
    this.root.pools.push(node);
    this.#isPool = true;
    // A few objects are not worth a table for each of their shapes.
    if (objects.length < MANY) super.encode(node, Kind.SparseArray, pool.standIns(tables, lists.values()));
    else this.#planPool(pool);
    this.#isPool = false;
  }

  /** A union with a part for all arrays, for the objects of each table, and for what is left of each kind. */
  #planPool(pool: Pool): void {
    const { node, objects, tables, lists } = pool;
    const parts = new Uint8Array(objects.length);
    node.encoding = 'union';
    node.parts = parts;
    const part = (id: number, rows: readonly number[]): VectorNode => {
      const number = node.children.length;
      for (const row of rows) parts[row] = number;
      return this.part(node, number, this.kinds.partName(id), rows.length);
    };
    for (const [kind, { rows, values }] of lists)
      if (rows.length > 0) super.encode(part(kind, rows), kind, values);
    const isLarge = ({ rows, keys }: Table) =>
      rows.length >= LEAST_ROWS && fitMembers(keys) && keys.length > 0;
    const large = tables.filter(isLarge).sort((a, b) => b.rows.length - a.rows.length);
    for (const { id, keys, rows, columns } of large.slice(0, MOST_TABLES))
      this.columns(part(id, rows), id, keys, columns);
    const small = [...large.slice(MOST_TABLES), ...tables.filter((table) => !isLarge(table))];
    const left = new Map<number, number[]>();
    for (const table of small) {
      const rows = left.get(table.id) ?? [];
      left.set(table.id, rows);
      for (const row of table.rows) rows.push(row);
    }
    // More classes than a union can tell apart: those are stored one by one.
    const isMany = left.size > MOST_LEFT;
    const rest = isMany ? [[Kind.SparseArray as number, [...left.values()].flat()] as const] : left;
    if (left.size === 0) return;
    const standIns = pool.standIns(small);
    for (const [id, rows] of rest) {
      rows.sort((a, b) => a - b);
      const values = rows.map((row) => standIns[row]);
      super.encode(part(id, rows), id, values);
    }
  }

  // ---- shared bytes ---------------------------------------------------------------------------------

  /**
   * Stores in another way, by their buffers, what of the views and buffers that have been met is not made again by its
   * bytes alone: only when all are known, it is known which share their bytes.
   */
  protected override planMore(): boolean {
    const pool = this.#pool;
    if (pool && pool.objects.length > 0) {
      this.#closePool(pool);
      return true;
    }
    const sharing = this.#sharing;
    if (!sharing) return false;
    const nodes: BinaryNode[] = [];
    const vectors: VectorNode[] = [];
    for (; this.#looked < this.nodes.length; this.#looked++) {
      const node = this.nodes[this.#looked] as Node;
      if (node.kind === 'binary') nodes.push(node);
      else if (node.kind === 'vector' && node.encoding === 'typed')
        vectors.push(node.place?.node as VectorNode);
    }
    if (nodes.length + vectors.length === 0) return false;
    const rowsOf = ({ children }: VectorNode) => (children[0] as VectorNode).values as readonly TypedArray[];
    const typeOf = sharing([nodes.map(({ value }) => value), ...vectors.map(rowsOf)]);
    if (!typeOf) return false;
    for (const node of nodes) {
      const type = typeOf(node.value);
      if (!type) continue;
      node.group = new ObjectNode(node.place, type.name, undefined);
      this.fill(node.group, this.content(node.value, type, node));
    }
    for (const vector of vectors) {
      const rows = rowsOf(vector);
      const ids = Uint16Array.from(rows, (row) => {
        const type = typeOf(row);
        return type ? this.kinds.idOf(type) : this.kinds.of(row);
      });
      const distinct = [...new Set(ids)];
      const [id] = distinct as [number];
      if (distinct.length > 1 || this.kinds.kind(id) === Kind.Object) {
        (vector.children[0] as VectorNode).absorbed = true;
        vector.children = [];
        if (distinct.length > 1) this.union(vector, distinct, ids, rows);
        else this.encode(vector, id, rows);
      }
    }
    return true;
  }
}
