import { NumberList } from '../hdf5/number-list.js';
import type { RegisteredClass, TypeRegistry } from '../registry/index.js';
import { H5LimitError } from './errors.js';
import type { IdentityTable, RangeTable } from './identity.js';
import { Kind, type Kinds } from './kinds.js';
import { MAX_MEMBERS } from './layout.js';
import { memberSegment, pathTo, shortPath } from './path.js';
import { Elements, type Home, hashOf, type Node, placeOf, Reference, type VectorNode } from './plan.js';

/** A list of so many objects that are all alike is stored by itself: what its datasets cost is little for each of them. */
export const MANY = 64;

/** What a planner lends to its pools. */
export interface PoolHost {
  readonly registry: TypeRegistry;
  readonly kinds: Kinds;
  readonly identity: IdentityTable;
  readonly homes: RangeTable<Node | Elements>;
  readonly references: Reference[];
  readonly maxDepth: number;
  propertiesOf(object: object, cls: RegisteredClass | undefined): readonly string[];
  read(object: object, key: string | number): unknown;
}

/** Objects of one kind with the same properties: what becomes a table. */
export interface Table {
  readonly id: number;
  readonly keys: readonly string[];
  /** Their numbers in the pool. */
  readonly rows: number[];
  /** What they have for each key; Reference for an object of the pool. */
  readonly columns: readonly unknown[][];
}

/** Where a way leads that has a step for each key. */
interface Step {
  table: Table | undefined;
  /** The first keys that lead on, which are often the only ones: to compare them is several times as fast as a Map. */
  readonly keys: string[];
  readonly steps: Step[];
  readonly others: Map<string, Step>;
}

/** Arrays, Sets or Maps. */
interface PooledLists {
  /** Their numbers in the pool. */
  readonly rows: number[];
  /** Copies with References in the places of objects of it. */
  readonly values: object[];
}

const FIRST_KEYS = 6;

function newStep(): Step {
  return { table: undefined, keys: [], steps: [], others: new Map() };
}

function stepTo({ keys, steps, others }: Step, key: string): Step {
  for (let i = 0; i < keys.length; i++) if (keys[i] === key) return steps[i] as Step;
  let step = others.get(key);
  if (step) return step;
  step = newStep();
  if (keys.length < FIRST_KEYS) {
    keys.push(key);
    steps.push(step);
  } else others.set(key, step);
  return step;
}

/**
 * Objects of all kinds and from anywhere in a value, which are stored in one list, and are referred to from where they belong.
 * A group for each would take some microseconds and a quarter of a kilobyte; as rows of tables, one for all objects with the
 * same properties, they take as little as those of any list of records.
 */
export class Pool {
  /** The list. */
  readonly node: VectorNode;
  readonly objects: object[] = [];
  readonly tables: Table[] = [];
  /** By their kinds. */
  readonly lists: ReadonlyMap<Kind, PooledLists> = new Map(
    [Kind.Array, Kind.Set, Kind.Map].map((kind) => [kind, { rows: [], values: [] }]),
  );
  readonly #host: PoolHost;
  /** The identifier of the kind of each. */
  readonly #ids = new NumberList();
  /** What each was met in: the number of another one here, or the complement of that of a node. */
  readonly #holders = new NumberList();
  readonly #nodes: Node[] = [];
  /** Which of that one's parts it is: a property, or the number of a member, of an element, or (its complement) of a key of a Map. */
  readonly #keys: (string | number)[] = [];
  readonly #depths = new NumberList();
  readonly #ways: Step[] = [];
  readonly #elements: Elements;
  /** Those that have got numbers in the identity table one after another. */
  #range: Range | undefined;
  #next = -1;
  #looked = 0;

  constructor(node: VectorNode, host: PoolHost) {
    this.node = node;
    this.#host = host;
    this.#elements = new Elements(node);
    node.pathOf = (element) => this.pathOf(element);
  }

  /** What stands for a value where it is met: for an object that is in the pool, or comes into it now, a Reference. */
  offer(value: unknown, holder: Node | number, key: string | number): unknown {
    if (!isObject(value)) return value;
    const { registry, kinds } = this.#host;
    if (registry.hasValues && registry.nameOf(value) !== undefined) return value;
    const id = kinds.of(value);
    return this.takes(value, id) ? this.refer(value, id, false, holder, key) : value;
  }

  /** Whether it is for objects of this kind. What holds no objects is stored well where it is. */
  takes(value: object, id: number): boolean {
    const { kind, class: cls, codec } = this.#host.kinds.entry(id);
    switch (kind) {
      case Kind.Object:
        // Hooks are called for what is within an object first, which only a place within it tells.
        return !codec && !cls?.afterRead && !cls?.stored.length;
      case Kind.Array:
        return (value as unknown[]).length < MANY && (value as unknown[]).some(isObject);
      case Kind.Set:
      case Kind.Map:
        if ((value as Set<unknown>).size >= MANY) return false;
        for (const each of value as Iterable<unknown>)
          if (kind === Kind.Map ? (each as unknown[]).some(isObject) : isObject(each)) return true;
        return false;
      default:
        return false;
    }
  }

  /** A reference to an object, which comes into the pool if it has no home yet. */
  refer(
    value: object,
    id: number,
    isMember: boolean,
    holder: Node | number,
    key: string | number,
  ): Reference {
    const { identity, kinds, references } = this.#host;
    const known = identity.claim(value, hashOf(kinds.entry(id), value), id);
    const reference = new Reference(known < 0 ? identity.size - 1 : known, isMember);
    references.push(reference);
    if (known < 0) this.#add(value, id, reference.ordinal, holder, key);
    return reference;
  }

  #add(value: object, id: number, ordinal: number, holder: Node | number, key: string | number): void {
    const { homes, maxDepth } = this.#host;
    if (ordinal !== this.#next || !this.#range) {
      this.#range = new Range(this.#elements, this.objects.length);
      homes.add(ordinal, this.#range);
    }
    this.#next = ordinal + 1;
    const depth = 1 + (typeof holder === 'number' ? (this.#depths.data[holder] as number) : holder.depth);
    this.objects.push(value);
    this.#ids.push(id);
    this.#holders.push(typeof holder === 'number' ? holder : -this.#nodes.push(holder));
    this.#keys.push(key);
    this.#depths.push(depth);
    if (depth > maxDepth)
      throw new H5LimitError('depth', maxDepth, shortPath(this.pathOf(this.objects.length - 1)));
  }

  /** Looks at all objects that have been taken in, which takes in what they hold, and so on. */
  gather(): void {
    const { kinds } = this.#host;
    for (; this.#looked < this.objects.length; this.#looked++) {
      const at = this.#looked;
      const object = this.objects[at] as object;
      const id = this.#ids.data[at] as number;
      const list = this.lists.get(kinds.kind(id));
      if (list) {
        list.rows.push(at);
        list.values.push(this.#copy(object, at));
      } else this.#gatherRow(object, id, at);
    }
  }

  #gatherRow(object: object, id: number, at: number): void {
    const { kinds } = this.#host;
    const keys = this.#host.propertiesOf(object, kinds.entry(id).fields);
    this.#ways[id] ??= newStep();
    let step = this.#ways[id];
    for (let i = 0; i < keys.length; i++) step = stepTo(step, keys[i] as string);
    if (!step.table) {
      step.table = { id, keys, rows: [], columns: keys.map(() => []) };
      this.tables.push(step.table);
    }
    const { rows, columns } = step.table;
    rows.push(at);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      (columns[i] as unknown[]).push(this.offer(this.#host.read(object, key), at, key));
    }
  }

  #copy(list: object, at: number): object {
    if (list instanceof Map) {
      const map = new Map<unknown, unknown>();
      for (const [key, value] of list)
        map.set(this.offer(key, at, ~map.size), this.offer(value, at, map.size));
      return map;
    }
    if (list instanceof Set) {
      const set = new Set<unknown>();
      for (const value of list) set.add(this.offer(value, at, set.size));
      return set;
    }
    return this.copyOf(list as unknown[], at);
  }

  /** A copy of a list, with References in the places of objects that are in the pool. */
  copyOf(list: readonly unknown[], holder: Node | number): unknown[] {
    const copy: unknown[] = [];
    copy.length = list.length;
    let present = 0;
    for (let i = 0; i < list.length; i++) {
      const value = this.#host.read(list, i);
      if (value === undefined && !(i in list)) continue;
      copy[i] = this.offer(value, holder, typeof holder === 'number' ? i : present);
      // Those of nodes count what is there.
      if (value !== undefined && value !== null) present++;
    }
    return copy;
  }

  /**
   * By the numbers of the objects of these tables and lists, in the place of each one like it, with what it had when it was looked at,
   * and References in the places of objects of the pool: a getter gives something else each time that it is asked.
   */
  standIns(tables: Iterable<Table>, lists: Iterable<PooledLists> = []): object[] {
    const standIns: object[] = [];
    for (const { rows, values } of lists)
      for (let i = 0; i < rows.length; i++) standIns[rows[i] as number] = values[i] as object;
    for (const { rows, keys, columns } of tables)
      for (let i = 0; i < rows.length; i++) {
        const at = rows[i] as number;
        const object = this.objects[at] as object;
        const standIn = Object.create(Object.getPrototypeOf(object) as object | null) as object;
        for (let k = 0; k < keys.length; k++) {
          const value = (columns[k] as unknown[])[i];
          const all = { value, writable: true, enumerable: true, configurable: true };
          Object.defineProperty(standIn, keys[k] as string, all);
        }
        if (Object.isFrozen(object)) Object.freeze(standIn);
        else if (Object.isSealed(object)) Object.seal(standIn);
        else if (!Object.isExtensible(object)) Object.preventExtensions(standIn);
        standIns[at] = standIn;
      }
    return standIns;
  }

  /** Where an object was met first. */
  pathOf(element: number): string {
    const segments: string[] = [];
    let at = element;
    for (;;) {
      const above = this.#holders.data[at] as number;
      const key = this.#keys[at] as string | number;
      const holder = this.objects[above];
      if (above < 0) {
        const node = this.#nodes[~above] as Node;
        const path = node.kind === 'object' ? placeOf(node, key as number) : pathTo(node, key as number);
        return path + segments.reverse().join('');
      }
      if (holder instanceof Map) segments.push(segmentOf(holder, key as number));
      else if (typeof key === 'number') segments.push(`[${key}]`);
      else segments.push(memberSegment(key));
      at = above;
    }
  }
}

/** How a value of a Map is reached, or (the complement of its number) a key: as where the Map is stored by itself. */
function segmentOf(map: ReadonlyMap<unknown, unknown>, key: number): string {
  if (key < 0) return `[key ${~key}]`;
  const keys: unknown[] = [...map.keys()];
  const areNames = keys.length <= MAX_MEMBERS && keys.every((each) => typeof each === 'string');
  return areNames ? memberSegment(keys[key] as string) : `[value ${key}]`;
}

/** Elements of a pool, from one on, that have got their numbers in the identity table one after another. */
class Range extends Elements {
  readonly #all: Elements;
  readonly #first: number;

  constructor(all: Elements, first: number) {
    super(all.vector);
    this.#all = all;
    this.#first = first;
  }

  override locate(claimed: number): Home {
    return this.#all.locate(this.#first + claimed);
  }
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whether there are many objects among the values, all of one kind and with the same properties. */
export function areManyAlike(values: readonly unknown[], kinds: Kinds): boolean {
  let id = -1;
  let keys: string[] | undefined;
  let count = 0;
  for (const value of values) {
    if (!isObject(value)) continue;
    count++;
    const own = kinds.of(value);
    if (id < 0) {
      id = own;
      if (kinds.kind(id) === Kind.Object) keys = Object.keys(value);
    } else if (own !== id) return false;
    if (!keys) continue;
    let i = 0;
    for (const key in value) if (key !== keys[i++]) return false;
    if (i !== keys.length) return false;
  }
  return count >= MANY;
}
