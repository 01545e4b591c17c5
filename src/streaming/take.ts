import type { FileBuilder } from '../hdf5/file-builder.js';
import { defaultRegistry } from '../registry/index.js';
import { CompletePlanner, type Stream } from '../serialize/complete-planner.js';
import { H5LimitError, H5UnsupportedError } from '../serialize/errors.js';
import { Missing } from '../serialize/layout.js';
import { pathTo, shortPath } from '../serialize/path.js';
import { Elements, type Node, type Planner, VectorNode } from '../serialize/plan.js';
import { newStoring, planning, type WriteOptions } from '../serialize/serialize.js';
import type { WritableStorage } from '../storage/storage.js';
import { Blobs, type Holder } from './blobs.js';
import { Column, ListPart, Store, type Target } from './column.js';
import { Cycles } from './cycles.js';
import { BatchIdentity, Homes, Outside } from './homes.js';
import { Layout } from './layout.js';
import { Spill } from './spill.js';
import { weightOf } from './weight.js';

/** How much is stored at a time: so many elements, or what takes so many bytes of memory, about. */
export interface BatchSize {
  readonly elements: number;
  readonly bytes: number;
}

const BATCH: BatchSize = { elements: 1 << 16, bytes: 4 << 20 };
/** With so many tables, a list of records of several shapes does not make more. */
const MANY_TABLES = 512;

/** Makes a place for what iterables yield, until the file is laid out. Who makes it closes it. */
export type MakeSpill = () => WritableStorage;

/** What iterables within elements have yielded, and which have yet to be asked. */
class Yielded extends Map<object, readonly unknown[]> {
  readonly #known = new WeakMap<object, readonly unknown[]>();
  pending: object[] = [];
  /** Those that have been asked for the elements that are being planned, and are not met again. */
  readonly #unmet = new Set<object>();
  readonly #homes: Homes;

  constructor(homes: Homes) {
    super();
    this.#homes = homes;
  }

  override get(iterable: object): readonly unknown[] | undefined {
    let known = this.#known.get(iterable);
    this.#unmet.delete(iterable);
    if (!known && this.#homes.get(iterable) !== undefined) {
      // It is a list of the value around: this stands for it.
      known = [];
      this.#homes.alias(known, iterable);
      this.#known.set(iterable, known);
    }
    if (known || !(Symbol.asyncIterator in iterable)) return known;
    this.pending.push(iterable);
    return [];
  }

  /** Iterables that were asked for in vain since the last call. */
  takePending(): readonly object[] {
    const { pending } = this;
    this.pending = [];
    return pending;
  }

  override set(iterable: object, elements: readonly unknown[]): this {
    this.#known.set(iterable, elements);
    if (Symbol.asyncIterator in iterable) this.#unmet.add(iterable);
    return this;
  }

  /** Whether something gives another iterable each time it is read, so that there is no end of asking. */
  get isEndless(): boolean {
    return this.pending.length > 0 && this.#unmet.size > 0;
  }

  forget(): void {
    this.#unmet.clear();
  }
}

/** Takes in what the iterables of a value yield, batch by batch, and lays it out. */
export class Taker {
  readonly spill: Spill;
  readonly #around: Planner;
  readonly #options: WriteOptions;
  readonly #waits: boolean;
  readonly #batchSize: BatchSize;
  readonly #store: Store;
  readonly #blobs: Blobs;
  readonly #homes: Homes;
  readonly #outside = new Outside();
  readonly #layout: Layout;
  readonly #yielded: Yielded;
  /** What tells whether what has been planned can be read again; undefined: nothing has to be. */
  readonly #cycles: Cycles | undefined;
  #stream: Stream | undefined;
  #column: Column | undefined;
  /** The elements that have been taken, and not been stored yet. */
  #elements: unknown[] = [];
  #batch: Batch | undefined;
  #weight = 0;
  /** How many elements of the list have been taken in. */
  #taken = 0;

  /** `around`: the planner of the value. */
  constructor(
    around: CompletePlanner,
    options: WriteOptions,
    waits: boolean,
    make: MakeSpill | undefined,
    batchSize = BATCH,
  ) {
    this.#batchSize = batchSize;
    this.#around = around;
    this.#options = options;
    this.#waits = waits;
    this.spill = new Spill(make, options.limits?.bytes);
    this.#store = new Store(this.spill);
    this.#blobs = new Blobs(this.spill);
    this.#homes = new Homes(around, this.#outside);
    this.#yielded = new Yielded(this.#homes);
    this.#layout = new Layout(this.#store, this.#blobs, this.#outside.nodes);
    const { values, registry = defaultRegistry } = options;
    if (values?.check) this.#cycles = new Cycles(around, values, registry);
  }

  /** Begins with a list. */
  begin(stream: Stream): void {
    this.#stream = stream;
    this.#taken = 0;
  }

  /** Where in the value the next element is. */
  get path(): string {
    return `${pathTo((this.#stream as Stream).node)}[${this.#taken + this.#elements.length}]`;
  }

  /** Takes an element; true if there are as many as can be kept, so that they are to be stored. */
  add(element: unknown): boolean {
    const { elements, bytes } = this.#batchSize;
    this.#weight += weightOf(element);
    return this.#elements.push(element) >= elements || this.#weight >= bytes;
  }

  /**
   * Plans what has been taken, or returns iterables that are to be asked first for all that they yield; `collected` is told.
   * Then it is to be stored.
   */
  plan(): readonly object[] {
    const stream = this.#stream as Stream;
    this.#homes.rememberAround();
    const list = this.#taken === 0 ? stream.node : new VectorNode(stream.node.place, 'Array');
    // It may have been planned before, as long as not all that is in the elements was known.
    Object.assign(list, nothing());
    list.first = this.#taken;
    const identity = new BatchIdentity(this.#homes);
    const waiting = this.#waits ? this.#options.values?.inTime?.() : undefined;
    const planner = new CompletePlanner(
      ...planning({ ...this.#options, ...waiting, groups: Infinity }),
      this.#waits,
      identity,
    );
    planner.arrays = this.#yielded;
    if (this.#store.tables >= MANY_TABLES) planner.maxTables = 1;
    planner.list(list, this.#elements);
    while (planner.step());
    this.#batch = { list, identity, planner, ready: waiting?.ready(planner.nodes) };
    if (this.#yielded.isEndless)
      throw new H5UnsupportedError(
        `${pathTo(stream.node)}[${this.#taken}]`,
        'an async iterable that a getter makes anew each time, here or in an element behind,',
        'have it return the same one',
      );
    const pending = this.#yielded.takePending();
    if (pending.length === 0) this.#yielded.forget();
    return pending;
  }

  /** What has to be waited for before the batch is stored. */
  get ready(): Promise<void> | undefined {
    return this.#batch?.ready;
  }

  /** Stores what has been planned; `isLast`: there is no more of this list. */
  store(isLast: boolean): void {
    const { list, identity, planner } = this.#batch as Batch;
    const isFirst = this.#taken === 0;
    const standIns = identity.settle(planner);
    planner.finish();
    this.#cycles?.check(this.#stream as Stream, list, planner, standIns);
    if (isFirst && isLast && standIns.size === 0) {
      // All of it is here: it is a list like any other.
      for (const node of planner.nodes) this.#around.nodes.push(node);
      this.#remember(planner, (node) => this.#outside.holder(node));
    } else {
      if (isFirst) {
        this.#column = new Column(this.#store);
        this.#layout.add({ node: list, column: this.#column });
      }
      this.#storeColumns(list, planner, standIns);
    }
    this.#taken += this.#elements.length;
    this.#elements = [];
    this.#weight = 0;
    this.#batch = undefined;
  }

  /** There is no more of any list: all of it is to be written with the value around. */
  layOut(builder: FileBuilder): void {
    this.#layout.begin(builder);
  }

  /** What an iterable within an element has yielded. */
  collected(iterable: object, elements: readonly unknown[]): void {
    this.#yielded.set(iterable, elements);
  }

  #storeColumns(list: VectorNode, planner: Planner, standIns: ReadonlyMap<Node, Holder>): void {
    const store = this.#store;
    const storing = newStoring(this.#options);
    const blob = this.#blobs.begin([list, ...planner.nodes], storing);
    const { place } = list;
    if (place?.node.kind === 'object') storing?.prepareMember(list, place.node, place.key as string);
    store.storing = storing;
    store.take(this.#column as Column, list);

    const inBlobs = new Set<Node>();
    for (const node of planner.nodes) {
      node.absorbed ||= store.taken.has(node as VectorNode);
      if (node.absorbed) continue;
      inBlobs.add(node);
      // A later batch may mention it, which has to be said, and which an attribute does not allow.
      node.pointed ||= isHome(node);
      if (node.kind === 'date') node.referenced = true;
    }
    list.absorbed = true;
    // What all references lead to, by its final number; what is laid out in this batch has its address a little later.
    const outside = new Map<Node, Holder>();
    for (const reference of planner.references) {
      const node = reference.node as Node;
      if (inBlobs.has(node)) continue;
      const placed = store.placed.get(node as VectorNode);
      if (placed) {
        reference.index = placed.base + indexIn(node as VectorNode, reference.index);
        placed.part.isReferenced = true;
        outside.set(node, placed.part.code);
        continue;
      }
      const holder = standIns.get(node);
      const part = holder === undefined ? undefined : store.parts[holder];
      if (part) part.isReferenced = true;
      outside.set(node, holder ?? this.#outside.holder(node));
      // The header of an object that is written already cannot count one more link.
      if (holder !== undefined) reference.isMember = false;
    }
    if (inBlobs.size > 0) this.#blobs.add(blob, inBlobs.size, outside);
    const { nodes: most = Infinity } = this.#options.limits ?? {};
    if (this.#blobs.count > most) throw new H5LimitError('nodes', most, shortPath(this.path));

    const holderOf = (node: Node): Holder => -1 - (blob.builder.addresses.data[node.id] as number);
    for (const [part, vector] of store.waiting) {
      if (part instanceof ListPart) {
        const places = Float64Array.from(vector.values as readonly Node[], (node) => -1 - holderOf(node));
        part.places.numbers(places, 8);
      } else {
        part.take(vector, ({ node, index }) => ({
          holder: outside.get(node as Node) ?? holderOf(node as Node),
          index,
        }));
      }
    }
    this.#remember(planner, holderOf);
    list.absorbed = false;
    // What is left of it is the place where all batches are written, which is nothing of this one.
    Object.assign(list, nothing());
    store.placed.clear();
    store.taken.clear();
    store.waiting.length = 0;
  }

  /** Remembers where the objects of a batch live: in parts, or in nodes, of which `holderOf` says what they are. */
  #remember({ identity, homes }: Planner, holderOf: (node: Node) => Holder): void {
    const { placed } = this.#store;
    const { starts, owners } = homes;
    // The last range is that of objects which live elsewhere.
    for (let range = 0; range < owners.length - 1; range++) {
      const start = starts.data[range] as number;
      const end = range + 2 < owners.length ? (starts.data[range + 1] as number) : identity.size;
      const owner = owners[range] as Node | Elements;
      if (!(owner instanceof Elements)) {
        this.#homes.remember(identity.object(start), { holder: holderOf(owner), index: -1 });
        continue;
      }
      const placement = placed.get(owner.vector);
      const isSimple = placement && owner.vector.encoding !== 'list';
      for (let number = start; number < end; number++) {
        let home: Target;
        if (isSimple) {
          home = { holder: placement.part.code, index: placement.base + number - start };
        } else {
          const { node, index } = owner.locate(number - start);
          const within = placed.get(node as VectorNode);
          home = within
            ? { holder: within.part.code, index: within.base + indexIn(node as VectorNode, index) }
            : { holder: holderOf(node), index };
        }
        this.#homes.remember(identity.object(number), home);
      }
    }
  }
}

/** What a list is before its elements are planned. */
function nothing(): Partial<VectorNode> {
  const {
    encoding,
    length,
    mask,
    values,
    names,
    children,
    class: cls,
    items,
    offsets,
    parts,
    data,
    text,
  } = new VectorNode(undefined);
  return { encoding, length, mask, values, names, children, class: cls, items, offsets, parts, data, text };
}

/** What is planned of a batch. */
interface Batch {
  readonly list: VectorNode;
  readonly identity: BatchIdentity;
  readonly planner: Planner;
  readonly ready: Promise<void> | undefined;
}

/** Whether references can lead to a node, or to elements of it. */
function isHome(node: Node): boolean {
  if (node.kind !== 'vector') return true;
  const { type, encoding } = node;
  return type !== undefined || encoding === 'records' || encoding === 'ragged' || encoding === 'dates';
}

/** The number of an element among those that are present; of dates, `index` counts the missing ones too. */
function indexIn({ encoding, mask }: VectorNode, index: number): number {
  if (encoding !== 'dates' || !mask) return index;
  let present = 0;
  for (let i = 0; i < index; i++) if (mask[i] === Missing.present) present++;
  return present;
}
