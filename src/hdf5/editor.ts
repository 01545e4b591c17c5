import { H5FeatureError, H5FormatError, H5PathError, H5StateError, H5TypeError } from '../errors.js';
import type { Savepoint } from '../storage/transaction.js';
import { UNDEFINED_ADDRESS } from './byte-reader.js';
import { copyObject, deadLinks, referredOutside, type StandIn } from './copy.js';
import { encodeFill, isChunked, planChunks } from './dataset-creation.js';
import { DatasetStorage } from './dataset-storage.js';
import {
  type AttributeDraft,
  DatasetDraft,
  type Draft,
  type EncodedType,
  encodedType,
  GroupDraft,
  type LinkDraft,
  SmallData,
  sharedType,
} from './draft.js';
import { type DType, parseDType } from './dtype.js';
import { EditableMap } from './editable-map.js';
import { EditedObject, isStored } from './edited-object.js';
import type {
  AttributeElements,
  Attributes,
  CopyOptions,
  DatasetOptions,
  Editor,
  EditWatcher,
  NewLink,
  NewObject,
  Overwriting,
  TransactionState,
  ValueOptions,
} from './editing.js';
import {
  type DecodeOptions,
  decode,
  type Elements,
  type Encoded,
  encode,
  type Heap,
  isList,
  NO_HEAP,
  readable,
  repeated,
} from './elements.js';
import { FileSession } from './file-session.js';
import { FilterSet } from './filters/filter-set.js';
import { type GraftOptions, graft } from './graft.js';
import { copyTo, create, linkObject, linkPath, move, remove, rename } from './group-editing.js';
import type { H5Dataset } from './h5-dataset.js';
import { H5Datatype } from './h5-datatype.js';
import type { CreateDatasetOptions, H5Group, RequireDatasetOptions } from './h5-group.js';
import { H5Object } from './h5-object.js';
import { H5Reference } from './h5-reference.js';
import { GlobalHeapEditor } from './indexes/global-heap.js';
import { implicitBytes } from './indexes/implicit-chunks.js';
import { inferDatatype } from './infer.js';
import { checkName } from './link-name.js';
import { LoadedObject } from './loaded-object.js';
import {
  detached,
  editable,
  isShadowed,
  memberNames,
  moveBehind,
  moveMember,
  orderLinks,
  place,
  setMember,
} from './members.js';
import type { Attribute } from './messages/attribute.js';
import type { ChunkedLayout, DataLayout } from './messages/data-layout.js';
import { extent, SCALAR } from './messages/dataspace.js';
import type { Datatype } from './messages/datatype.js';
import { MessageType } from './messages/message-type.js';
import { type Named, naming } from './named-errors.js';
import { isNative, type TypedArray } from './number-elements.js';
import type { DatasetInfo } from './object.js';
import { ObjectWriter } from './object-writer.js';
import {
  isSameAttribute,
  overwrite,
  overwriteAttribute,
  overwriteAttributes,
  overwriteCompact,
} from './overwrite.js';
import { isWithin } from './paths.js';
import { prepare, prepareElements, prepareNow, vector } from './prepare.js';
import { encodeRegion, selectionToRegion } from './region-reference.js';
import { hasPointers, hasReferences, releaseElements } from './release.js';
import { requireDataset } from './require-dataset.js';
import { broadcast, parseSelection, type Selection, type SelectionInput, selectAll } from './selection.js';
import {
  type HardLink,
  isSameNode,
  linkTo,
  type Node,
  ObjectCache,
  type StoredObject,
} from './stored-object.js';
import { isPlainText } from './text.js';
import type { TransactionSpace } from './transaction-space.js';
import { Transactions } from './transactions.js';

/**
 * What is deleted may be what this engine does not know, or damaged: all the more it is to go. What it takes, as far as that cannot be
 * read, is given back when the file is written anew (`compact`).
 */
function asFarAsKnown<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof H5FormatError || error instanceof H5FeatureError) return undefined;
    throw error;
  }
}

/** An object holds at most this many attributes: their creation order is a 16-bit number. */
const MAX_ATTRIBUTES = 0xffff;

/** One for all attributes without options: there are very many of them. */
const NO_OPTIONS: ValueOptions = {};
const ANY_NUMBER: ValueOptions = { dtype: 'f8' };

/** So many objects that were changed are kept in memory, for the next change. */
const KEPT_EDITED = 16;
/** So many that are to be changed or deleted are kept until they are. */
const KEPT_OBJECTS = 4096;
/** And what reads the elements of so many datasets. */
const KEPT_STORAGES = 256;

/** References to objects that have no address yet count from here: no file is as large. */
const FIRST_NUMBER = 2 ** 52;

/**
 * Changes a file. Changes are kept as drafts of objects until `flush` writes them to the space, where they wait for a
 * commit. Objects of the file are known by their address, new ones by themselves.
 */
export class FileEditor implements Editor {
  readonly space: TransactionSpace;
  readonly #heap: GlobalHeapEditor;
  #root: GroupDraft | undefined;
  #small = new SmallData();

  /** The number of objects that were made, of those before the last commit, and before the last flush. */
  #made = 0;
  #kept = 0;
  #flushed = 0;
  /** New datasets whose elements are in the space already. */
  #stored: DatasetDraft[] = [];
  /** Elements of the last copy that wait for the addresses of what they refer to. */
  #copiesLater: { readonly draft: DatasetDraft; readonly copy: () => void }[] = [];
  /** Objects that are deleted, and whose space is to be given back; and their elements as they are now, if they were asked for. */
  #released: {
    readonly object: EditedObject | LoadedObject;
    readonly elements: DatasetStorage | undefined;
  }[] = [];
  /** New groups to which no link leads yet. */
  #apart: GroupDraft[] = [];
  /** The elements of datasets that were read or written, by address; and those that were written since the last flush. */
  readonly #storages = new Map<number, DatasetStorage>();
  readonly #written = new Set<number>();
  #writer: ObjectWriter | undefined;
  /** Objects of the file that are changed, by address; and some that were, and may be again. */
  readonly #edited = new Map<number, EditedObject>();
  readonly #known = new Map<number, EditedObject>();
  /** Objects of the file that were read since the last flush, to be changed or deleted. */
  readonly #loaded = new Map<number, LoadedObject>();
  /** By how much the number of links to objects of the file changes. */
  readonly #linkChanges = new Map<number, number>();
  readonly #transactions = new Transactions(this);
  /** How often all changes were made to last, or forgotten. */
  #settled = 0;
  /** What was moved since the last commit. */
  #moves: Move[] = [];
  /** From what a link was removed since the last flush, to something that handles may stand for. */
  #unlinkedFrom: Node | 'several groups' | undefined;
  #objects: ObjectCache;
  readonly #referenced = new Map<number, Draft>();
  /** What attributes with references were read with that are not in the file yet. */
  readonly #heaps = new WeakSet<object>();
  /** Objects that were deleted: by address, the time of it. */
  readonly #deleted = new Map<number, number>();
  /** Objects that have become others in their place, in the same way. */
  readonly #changed = new Map<number, number>();
  /** When objects were others in their place, by address, before a rollback: after the first of two times, up to the second. */
  readonly #undone = new Map<number, [after: number, until: number][]>();
  /** Those of both in this transaction, each with the time that was noted before. */
  #deletedNow: (readonly [times: Map<number, number>, address: number, before: number | undefined])[] = [];
  /** The addresses of objects that this transaction has put into the space. */
  #placedNow: number[] = [];
  /** Objects that rollbacks took away: from one number up to, not including, another. */
  readonly #lost: [number, number][] = [];
  /** Committed datatypes of this transaction, which are in the space at once, by address; and when each was made. */
  readonly #newTypes = new Map<number, number>();
  /** Whether new objects may use committed datatypes. */
  #usesTypes = false;
  #clock = 0;
  watcher: EditWatcher | undefined;
  /** Why a new file can never be whole. */
  #failure: unknown;

  constructor(space: TransactionSpace) {
    this.space = space;
    this.#heap = new GlobalHeapEditor(space);
    this.#objects = new ObjectCache(space);
    if (space.root < 0) this.#root = this.newGroup();
  }

  get root(): Node {
    return this.#root ?? this.stored(this.space.root);
  }

  /** Counts what makes handles invalid. */
  get clock(): number {
    return this.#clock;
  }

  get changes(): number {
    return this.space.changes;
  }

  // ---- objects --------------------------------------------------------------------------------------

  stored(address: number): StoredObject {
    return this.#editedAt(address) ?? this.#loaded.get(address)?.stored ?? this.#objects.get(address);
  }

  #editedAt(address: number): EditedObject | undefined {
    return this.#edited.get(address) ?? this.#known.get(address);
  }

  current(node: Node, since: number, path?: string): Node {
    if (since < 0) throw new H5StateError('H5_GONE', `the file has been compacted: get "${path}" again`);
    const address = 'info' in node ? node.info.address : node.address;
    if (!('info' in node)) {
      if (this.#lost.length > 0 && this.#isLost(node.id)) throw gone(path);
      if (address < 0 && node.id >= this.#flushed) return node;
      if (address < 0) throw gone(path);
    }
    if (this.isDeleted(address, since)) throw gone(path);
    const stored = this.stored(address);
    // It was another one in its place for a while, which has been rolled back.
    if (stored.kind !== node.kind) throw gone(path);
    return stored;
  }

  #isLost(id: number): boolean {
    return this.#lost.some(([from, to]) => id >= from && id < to);
  }

  /** The object, to be changed. */
  edit(node: Node): Draft | EditedObject {
    if (!('info' in node) && node.address < 0) return node;
    return this.#editAt('info' in node ? node.info.address : node.address);
  }

  #editAt(address: number): EditedObject {
    let edited = this.#edited.get(address);
    if (!edited) {
      edited = this.#known.get(address) ?? new EditedObject(this.space, this.#load(address));
      this.#known.delete(address);
      this.#edited.set(address, edited);
    }
    return edited;
  }

  #load(address: number): LoadedObject {
    let loaded = this.#loaded.get(address);
    if (!loaded) {
      loaded = new LoadedObject(this.space, address);
      if (this.#loaded.size >= KEPT_OBJECTS) this.#loaded.clear();
      this.#loaded.set(address, loaded);
    }
    return loaded;
  }

  newGroup(): GroupDraft {
    return new GroupDraft(this.#made++);
  }

  /** Writes objects, and what elements lead to, until all is forgotten. */
  get #objectWriter(): ObjectWriter {
    this.#writer ??= new ObjectWriter(this.space, this.#heap);
    return this.#writer;
  }

  readonly #elementBytes = (encoded: Encoded): Uint8Array => this.#objectWriter.elementBytes(encoded);

  #newDatatype(datatype: Datatype): StoredObject {
    const address = this.#objectWriter.committedType(datatype);
    this.#newTypes.set(address, this.#made++);
    // One that no link leads to by the end goes.
    this.#countLink(address, 0);
    return this.stored(address);
  }

  /** The address of the committed datatype of this file that is to be shared. */
  #committed(dtype: DatasetOptions['dtype']): number | undefined {
    if (!(dtype instanceof H5Datatype) || dtype.session.editor !== this) return undefined;
    this.#usesTypes = true;
    return (dtype.node as StoredObject).info.address;
  }

  newDataset(data: unknown, options: DatasetOptions): DatasetDraft {
    const { dtype, shape } = options;
    const { fillValue, allocation } = options;
    if (fillValue !== undefined || allocation === 'early' || isChunked(options) || isLargeArray(data))
      return this.#newStorage(data, options);
    const small = this.#small;
    const isNumber = typeof data === 'number';
    if (dtype === undefined && !shape && (isNumber || isSmallArray(data))) {
      const values = isNumber ? arrayOfOne(data) : data;
      const type = encodedType(inferDatatype(values));
      if (isNative(type.datatype)) {
        const at = small.keep(values);
        return new DatasetDraft(this.#made++, type, isNumber ? SCALAR : vector(data.length), small.slab, at);
      }
    }
    const { datatype, dataspace, encoded } = prepare(data, plain(dtype), shape);
    this.#checkReferences(encoded);
    const type = typeOf(datatype, this.#committed(dtype));
    const id = this.#made++;
    if (!encoded || encoded.at.length > 0) return new DatasetDraft(id, type, dataspace, encoded);
    const { bytes } = encoded;
    if (bytes.length > SmallData.LIMIT) return new DatasetDraft(id, type, dataspace, bytes);
    const at = small.keep(bytes);
    return new DatasetDraft(id, type, dataspace, small.slab, at);
  }

  /** A dataset of what could be an attribute. */
  scalarDataset(value: AttributeDraft): DatasetDraft {
    if (typeof value !== 'object') return this.newDataset(value, NO_OPTIONS);
    const { datatype, dataspace, encoded, committed } = value;
    return new DatasetDraft(this.#made++, typeOf(datatype, committed), dataspace, encoded);
  }

  elements(dataset: Node): DatasetStorage {
    if ('info' in dataset) return this.#storage(dataset);
    const { type, dataspace, data, at, size, storage } = dataset as DatasetDraft;
    // What references lead to has an address once it is written: then they can be written again.
    if (hasReferences(type.datatype)) return this.#storage(this.#placed(dataset));
    if (storage) return storage;
    const isBytes = data instanceof Uint8Array;
    // What has pointers is read where they point to something.
    const { bytes, heap } = isBytes || !data ? { bytes: data, heap: NO_HEAP } : readable(data);
    const layout: DataLayout = bytes
      ? { kind: 'compact', data: isBytes ? bytes.subarray(at, at + size) : bytes, offset: -1 }
      : { kind: 'contiguous', address: UNDEFINED_ADDRESS, size };
    const { datatype } = type;
    return new DatasetStorage(this.space, { datatype, dataspace, layout, fillValue: undefined }, heap);
  }

  #storage({ info: { address } }: StoredObject): DatasetStorage {
    let storage = this.#storages.get(address);
    if (!storage) {
      // It may have been written since the object was read.
      storage = new DatasetStorage(this.space, this.stored(address).info as DatasetInfo);
      this.#storages.set(address, storage);
    }
    return storage;
  }

  /** A dataset that stands in the file, if need be as of now. */
  #placed(dataset: Node): StoredObject {
    if ('info' in dataset) return dataset;
    this.flush();
    // One to which no link leads any more has got no place.
    if (dataset.address < 0) throw gone(undefined);
    return this.stored(dataset.address);
  }

  writeElements(dataset: Node, selection: SelectionInput | Selection, data: unknown, named?: Named): void {
    naming(named, () => this.#writeElements(dataset, selection, data));
  }

  #writeElements(dataset: Node, selection: SelectionInput | Selection, data: unknown): void {
    const placed = this.#placed(dataset);
    const { datatype, dataspace } = this.#storage(placed);
    if (dataspace.kind === 'null')
      throw new H5TypeError('a dataset without a shape has no elements to be written');
    const selected = parseSelection(selection, dataspace.dims);
    const { shape, encoded } = prepareElements(datatype, data, selected.shape.length);
    this.#write(placed, selected, shape, encoded);
  }

  asWritten(
    dataset: Node,
    data: unknown,
    options: DecodeOptions,
  ): { shape: readonly number[]; elements: Elements } {
    const { datatype } = this.elements(dataset);
    const { shape, encoded } = prepareElements(datatype, data);
    const { bytes, heap } = readable(encoded);
    const { numbers } = this.space.globalHeap;
    const count = shape.reduce((product, dim) => product * dim, 1);
    // What is decoded may be a view of what was given.
    return { shape, elements: decode(datatype, bytes, count, { ...heap, numbers }, options) };
  }

  #write(
    dataset: StoredObject,
    selection: SelectionInput | Selection,
    shape: readonly number[],
    encoded: Encoded,
  ): void {
    const part = parseSelection(selection, this.#storage(dataset).dataspace.dims);
    this.#checkReferences(encoded);
    // Flat data may stand for what is selected of several axes.
    const isFlat = shape.length === 1 && part.shape.length > 1 && shape[0] === part.count;
    let steps = isFlat ? undefined : broadcast(shape, part.shape);
    // What references lead to needs an address.
    if (encoded.targets.length > 0) this.flush();
    let elements = encoded;
    if (steps && encoded.at.length > 0) {
      // What is in the heap belongs to one element.
      elements = repeated(encoded, this.#storage(dataset).datatype.size, part.shape, steps);
      steps = undefined;
    }
    const bytes = this.#objectWriter.elementBytes(elements);
    this.#writeBytes(dataset, part, bytes, steps);
  }

  #writeBytes(
    dataset: StoredObject,
    selection: Selection,
    bytes: Uint8Array,
    steps: readonly number[] | undefined,
  ): void {
    const storage = this.#storage(dataset);
    this.#written.add(dataset.info.address);
    this.#change(storage, () => storage.write(this.space, this.#heap, selection, bytes, steps));
  }

  /** Changes elements. What fails before that has begun has changed nothing. */
  #change(storage: DatasetStorage, action: () => void): void {
    const before = storage.begun;
    try {
      action();
    } catch (error) {
      if (storage.begun !== before) this.space.fail(error);
      throw error;
    }
  }

  writeBytes(dataset: Node, selection: Selection, bytes: Uint8Array, isOne: boolean): void {
    const placed = this.#placed(dataset);
    const steps = isOne ? selection.shape.map(() => 0) : undefined;
    this.#writeBytes(placed, selection, bytes, steps);
  }

  moveRows(dataset: Node, from: number, to: number, count: number): void {
    const placed = this.#placed(dataset);
    const storage = this.#storage(placed);
    this.#written.add(placed.info.address);
    this.#change(storage, () => storage.move(this.space, this.#heap, from, to, count));
  }

  isWritten(address: number): boolean {
    return this.#written.has(address) || this.#edited.has(address);
  }

  resize(dataset: Node, dims: readonly number[], named?: Named): void {
    naming(named, () => this.#resize(dataset, dims));
  }

  #resize(dataset: Node, dims: readonly number[]): void {
    const placed = this.#placed(dataset);
    const storage = this.#storage(placed);
    this.#written.add(placed.info.address);
    this.#change(storage, () => storage.resize(this.space, this.#heap, dims));
  }

  append(dataset: Node, data: unknown, axis: number, named?: Named): void {
    naming(named, () => this.#append(dataset, data, axis));
  }

  #append(dataset: Node, data: unknown, axis: number): void {
    const placed = this.#placed(dataset);
    const storage = this.#storage(placed);
    const { datatype, dataspace } = storage;
    const { dims } = dataspace;
    const place = axis < 0 ? axis + dims.length : axis;
    const length = dims[place];
    if (length === undefined) throw new H5TypeError(`a dataset of ${dims.length} axes has no axis ${axis}`);
    const { shape, encoded } = prepareElements(datatype, data, dims.length);
    const others = dims.filter((_, i) => i !== place);
    const row = others.reduce((product, dim) => product * dim, 1);
    const count = shape.reduce((product, dim) => product * dim, 1);
    const isWhole =
      shape.length === dims.length && others.join() === shape.filter((_, i) => i !== place).join();
    const isRow = shape.join() === others.join();
    const isFlat = shape.length === 1 && place === 0 && row > 0 && count % row === 0;
    if (!isWhole && !isRow && !isFlat)
      throw new H5TypeError(
        `data of the shape (${shape.join(', ')}) cannot be appended along axis ${place} of the shape (${dims.join(', ')})`,
      );
    const more = isWhole ? (shape[place] as number) : isRow ? 1 : count / row;
    if (more === 0) return;
    storage.checkAppend(place);
    this.#resize(placed, dims.with(place, length + more));
    const selection = dims.map((_, i) => (i === place ? [length] : undefined)) as SelectionInput;
    try {
      this.#write(placed, selection, shape, encoded);
    } catch (error) {
      if (this.failure === undefined) this.#resize(placed, dims);
      throw error;
    }
  }

  /** What is copied is what stands in a file. What no link leads to is given back when that is written: then it is gone. */
  #standing({ editor }: FileSession, node: Node): StoredObject {
    const since = editor?.clock ?? 0;
    editor?.flush();
    return (editor?.current(node, since) ?? node) as StoredObject;
  }

  /** A copy of an object of this file or of another one, to be linked. Then `finishCopy` is to be called. */
  copyNode(source: FileSession, node: Node, standIns?: ReadonlyMap<number, StandIn>): Node {
    return this.#copies(source, this.#standing(source, node), standIns)[0] as Node;
  }

  /** The same, and copies of what references in it lead to outside of it, if it is of another file. */
  copyNodes(source: FileSession, node: Node): Node[] {
    const stored = this.#standing(source, node);
    const others = source.editor === this ? [] : referredOutside(source, stored);
    return this.#copies(source, stored, undefined, others);
  }

  #copies(
    source: FileSession,
    stored: StoredObject,
    standIns?: ReadonlyMap<number, StandIn>,
    others?: readonly StoredObject[],
  ): Node[] {
    const target = {
      newId: () => this.#made++,
      newGroup: () => this.newGroup(),
      newDatatype: (datatype: Datatype) => this.#newDatatype(datatype),
      share: (datatype: Datatype, committed: number) => {
        this.#usesTypes = true;
        return sharedType(datatype, committed);
      },
      putAttribute: (object: Node, name: string, draft: AttributeDraft) =>
        this.putAttribute(object, name, draft),
      putComment: (object: Node, comment: Uint8Array) => {
        const node = this.edit(object);
        if (node instanceof EditedObject)
          node.header.set({ type: MessageType.Comment, flags: 0, order: 0, data: comment });
        else node.comment = comment;
      },
      reference: (copy: Node) => this.reference(copy),
      copyStorage: (
        draft: DatasetDraft,
        from: DatasetStorage,
        isLater: boolean,
        convert: (bytes: Uint8Array, count: number) => Encoded,
      ) => {
        const storage = from.emptyCopy(this.space);
        const writer = this.#objectWriter;
        draft.storage = storage;
        this.#stored.push(draft);
        const copy = () =>
          from.copyTo(storage, this.space, this.#heap, (bytes, count) =>
            writer.elementBytes(convert(bytes, count)),
          );
        if (isLater) this.#copiesLater.push({ draft, copy });
        else copy();
      },
    };
    this.#copiesLater = [];
    return copyObject(source, stored, target, source.editor === this, standIns, others);
  }

  finishCopy(): void {
    const later = this.#copiesLater;
    this.#copiesLater = [];
    if (later.length === 0) return;
    // Now the objects that were copied get their addresses.
    this.flush();
    for (const { draft, copy } of later) {
      if (draft.address < 0) continue;
      copy();
      this.#storages.set(draft.address, draft.storage as DatasetStorage);
      this.#written.add(draft.address);
    }
  }

  /** A dataset whose elements go to the space at once. */
  #newStorage(data: unknown, options: DatasetOptions): DatasetDraft {
    const { datatype, dataspace, encoded } = prepareNow(data, plain(options.dtype), options.shape);
    this.#checkReferences(encoded);
    const type = typeOf(datatype, this.#committed(options.dtype));
    const fill = encodeFill(datatype, options.fillValue);
    const fillValue = fill && this.#objectWriter.elementBytes(fill);
    const plan = isChunked(options)
      ? planChunks(datatype, dataspace, options, fillValue, this.space.indexes?.filters ?? new FilterSet())
      : undefined;
    const layout: DataLayout = plan?.layout ?? {
      kind: 'contiguous',
      address: UNDEFINED_ADDRESS,
      size: extent(dataspace) * datatype.size,
    };
    const isEarly = options.allocation === 'early';
    if (!isEarly && options.allocation !== undefined && options.allocation !== 'late')
      throw new H5TypeError(`the allocation '${options.allocation}' is neither 'early' nor 'late'`);
    const space = plan?.dataspace ?? dataspace;
    const storage = new DatasetStorage(this.space, {
      datatype: type.datatype,
      dataspace: space,
      layout:
        plan?.layout.index.type === 'implicit'
          ? this.#allocated(plan.layout, space.maxDims ?? space.dims, hasPointers(type.datatype))
          : layout,
      fillValue,
      filters: plan?.filters,
    });
    // What references lead to needs an address; what is made before a flush must be linked before it.
    if (encoded && hasReferences(datatype)) this.flush();
    const draft = new DatasetDraft(this.#made++, type, space, undefined);
    draft.storage = storage;
    this.#stored.push(draft);
    if (isEarly) storage.allocate(this.space, this.#heap);
    if (encoded && extent(space) > 0) {
      storage.write(this.space, this.#heap, selectAll(space.dims), this.#objectWriter.elementBytes(encoded));
    }
    return draft;
  }

  /** `isCleared`: what stood there before could be taken for pointers of elements, since all chunks are there. */
  #allocated(layout: ChunkedLayout, dims: readonly number[], isCleared: boolean): ChunkedLayout {
    const size = implicitBytes(layout, dims);
    const address = this.space.allocate(size);
    const zeros = new Uint8Array(isCleared ? Math.min(size, CLEARED_AT_ONCE) : 0);
    for (let at = 0; isCleared && at < size; at += zeros.length)
      this.space.write(address + at, zeros.subarray(0, Math.min(zeros.length, size - at)));
    return { ...layout, address };
  }

  // ---- what groups do -------------------------------------------------------------------------------

  createGroup(group: H5Group, path: string, attrs: Attributes | undefined): H5Group {
    return create(this, group, path, this.newGroup(), attrs) as H5Group;
  }

  createDataset(group: H5Group, path: string, options: CreateDatasetOptions): H5Dataset<unknown> {
    const { data, shape, dtype } = options ?? {};
    if (data === undefined && shape === undefined && dtype === undefined)
      throw new H5TypeError(
        'createDataset needs { data }, or { shape } and { dtype }; one of no data is { data: null }',
      );
    return create(this, group, path, this.newDataset(options.data, options), options.attrs) as H5Dataset;
  }

  requireDataset(group: H5Group, path: string, options: RequireDatasetOptions): H5Dataset<unknown> {
    return requireDataset(group, path, options);
  }

  createDatatype(group: H5Group, path: string, dtype: DType, attrs: Attributes | undefined): H5Datatype {
    return create(this, group, path, this.#newDatatype(parseDType(dtype)), attrs) as H5Datatype;
  }

  link(group: H5Group, path: string, object: H5Object): void {
    linkObject(this, group, path, object);
  }

  linkPath(group: H5Group, path: string, target: string, ...file: [] | [string]): void {
    linkPath(this, group, path, target, file);
  }

  move(group: H5Group, from: string, to: string): void {
    move(this, group, from, to);
  }

  rename(group: H5Group, path: string, name: string): void {
    rename(this, group, path, name);
  }

  copy(
    group: H5Group,
    source: string | H5Object,
    to: string,
    options: CopyOptions = {},
  ): H5Group | H5Dataset | H5Datatype {
    return copyTo(this, group, source, to, options);
  }

  delete(group: H5Group, path: string): boolean {
    return remove(this, group, path);
  }

  setScalar(
    group: Node,
    name: string,
    value: unknown,
    options: ValueOptions | undefined,
    most: number,
  ): void {
    setMember(this, group, name, { attribute: this.newAttribute(name, value, options) }, most);
  }

  overwrite(group: Node, name: string, value: unknown, options: ValueOptions = NO_OPTIONS): boolean {
    const there = group.attributes?.get(name);
    // What is stored as a float of 64 bits can be any number, and stays one.
    const isNumber = typeof value === 'number' && options.dtype === undefined;
    if (there === undefined || isShadowed(group, name))
      return (
        this.#overwriteMember(group, name, value, options) ||
        (isNumber && this.#overwriteMember(group, name, value, ANY_NUMBER))
      );
    const type = isNumber && typeof there === 'object' ? there.datatype : undefined;
    const how = type?.class === 'floating-point' && type.size === 8 ? ANY_NUMBER : options;
    return this.#overwriteAttribute(group, name, this.newAttribute(name, value, how));
  }

  #overwriteAttribute(object: Node, name: string, attribute: AttributeDraft): boolean {
    const there = object.attributes?.get(name);
    if (there === undefined) return false;
    if (typeof there !== 'object' && Object.is(there, attribute)) return true;
    const prepared = typeof attribute === 'object' ? attribute : prepare(attribute);
    if (isSameAttribute(this.space, there, prepared)) return true;
    // What is in memory to be written is changed there.
    if (!('info' in object) || object instanceof EditedObject) return false;
    const { address } = object.info;
    if (this.#edited.has(address) || this.#known.has(address) || this.#linkChanges.has(address)) return false;
    if (prepared.committed !== undefined) return false;
    const loaded = this.#load(address);
    if (!overwriteAttribute(this.space, this.#heap, loaded, name, prepared, this.#elementBytes)) return false;
    this.#objects.delete(address);
    return true;
  }

  #overwriteMember(group: Node, name: string, value: unknown, { dtype, shape }: ValueOptions): boolean {
    const address = this.#unchangedAt(group, name);
    if (address < 0) return false;
    const prepared = prepare(value, plain(dtype), shape);
    if (hasPointers(prepared.datatype) || !overwrite(this.space, address, prepared)) return false;
    this.#overwritten(address);
    return true;
  }

  overwriting(group: Node, name: string, { dataset, members }: NewObject): Overwriting | undefined {
    if (dataset || members.some(({ object }) => object)) return undefined;
    const address = this.#unchangedAt(group, name);
    if (address < 0) return undefined;
    const found = asFarAsKnown(() =>
      overwriteAttributes(this.space, this.#heap, address, members, this.#elementBytes),
    );
    if (!found) return undefined;
    const write = (): void => {
      found.write();
      this.#overwritten(address);
    };
    return { names: found.names, write };
  }

  /** Where the object that a link of a group leads to stands, of which all is in the file; -1 of another one. */
  #unchangedAt(group: Node, name: string): number {
    const link = group.links?.get(name);
    if (link?.kind !== 'hard') return -1;
    const { address } = link;
    const isChanged =
      this.#edited.has(address) || this.#linkChanges.has(address) || this.#written.has(address);
    return isChanged ? -1 : address;
  }

  /** The object there is another one in the file than it was. */
  #overwritten(address: number): void {
    this.#objects.delete(address);
    this.#known.delete(address);
    this.#loaded.delete(address);
    this.#storages.delete(address);
  }

  setObject(group: Node, name: string, object: H5Object | NewObject): void {
    place(this, group);
    let node: Node;
    if (object instanceof H5Object) {
      if (object.session.editor !== this)
        throw new H5PathError('H5_WRONG_KIND', object.path, `"${object.path}" is an object of another file`);
      node = object.node;
    } else node = this.#make(object);
    setMember(this, group, name, { link: linkTo(node) }, MAX_ATTRIBUTES);
  }

  #make({ dataset, members }: NewObject): Draft {
    const draft = dataset ? this.newDataset(dataset.data, dataset) : this.newGroup();
    // Attributes and links are in one order.
    if (members.some(({ object }) => object)) {
      draft.attributeOrders = new Map(members.map(({ name }, i) => [name, i]));
      draft.linkOrders = draft.attributeOrders;
    }
    for (const { name, object, attribute } of members) {
      if (object) this.addLink(draft, name, this.#make(object));
      else if (attribute !== undefined) this.putAttribute(draft, name, attribute);
    }
    return draft;
  }

  setCopies(group: Node, source: FileSession, takes: (name: string) => boolean, most: number): void {
    place(this, group);
    const { root } = source;
    const copy = this.copyNode(source, root) as GroupDraft;
    for (const name of memberNames(root)) {
      if (!takes(name)) continue;
      const attribute = copy.attributes?.get(name);
      const link = copy.links?.get(name);
      if (attribute !== undefined) setMember(this, group, name, { attribute }, most);
      else if (link?.kind === 'group' || link?.kind === 'dataset')
        setMember(this, group, name, { link }, most);
    }
    this.finishCopy();
  }

  setCopy(group: Node, name: string, source: H5Object): void {
    source.session.check();
    place(this, group);
    const copy = this.copyNode(source.session, source.node);
    setMember(this, group, name, { link: linkTo(copy) }, MAX_ATTRIBUTES);
    this.finishCopy();
  }

  losesReferences({ session, node }: H5Object): boolean {
    session.check();
    if (session.editor === this) return false;
    return referredOutside(session, this.#standing(session, node)).length > 0;
  }

  moveMember(group: Node, from: string, other: Node, to: string, most: number): boolean {
    return moveMember(this, group, from, other, to, most);
  }

  moveBehind(group: Node, names: readonly string[], most: number): void {
    moveBehind(this, group, names, most);
  }

  orderLinks(group: Node, orders: ReadonlyMap<string, number>): void {
    orderLinks(this, group, orders);
  }

  addObjects(group: Node, links: readonly NewLink[]): void {
    const target = editable(this, group);
    for (const { name, order, object } of links) {
      target.linkOrders.set(name, order);
      this.addLink(target, name, this.#make(object));
    }
  }

  graft(group: Node, source: FileSession, node: StoredObject, options: GraftOptions): void {
    graft(this, group, source, node, options);
  }

  linkCount(object: Node | HardLink): number {
    place(this, object);
    const address = 'info' in object ? object.info.address : object.address;
    const { linkCount } = this.#editedAt(address) ?? this.#load(address);
    return linkCount + (this.#linkChanges.get(address) ?? 0);
  }

  isDeleted(address: number, since: number): boolean {
    if (this.isRemoved(address, since) || (this.#changed.get(address) ?? -1) >= since) return true;
    return this.#undone.get(address)?.some(([after, until]) => since > after && since <= until) === true;
  }

  isRemoved(address: number, since: number): boolean {
    return (this.#deleted.get(address) ?? -1) >= since;
  }

  groupApart(): Node {
    const group = this.newGroup();
    this.#apart.push(group);
    this.flush();
    return this.stored(group.address);
  }

  dropApart(group: Node): void {
    this.#countLink((group as StoredObject).info.address, -1);
  }

  become(node: Node, group: Node, name: string): void {
    this.flush();
    const link = group.links?.get(name);
    if (!('info' in node) || link?.kind !== 'hard') throw new H5TypeError('both objects stand in the file');
    const target = this.#editAt(node.info.address);
    const source = this.#editAt(link.address);
    this.deleteLink(group, name);
    for (const [, each] of target.allLinks ?? []) if (each.kind === 'hard') this.#countLink(each.address, -1);
    this.#countTypes(target, -1);
    target.releaseContent(this.space, this.#heap, this.#storages.get(target.info.address));
    target.header.takeOver(source.header);
    target.header.write(this.space);
    source.header.free(this.space);
    for (const { address } of [target.info, source.info]) {
      this.#storages.delete(address);
      this.#edited.delete(address);
      this.#objects.delete(address);
      this.#loaded.delete(address);
    }
    this.#noteTime(this.#changed, target.info.address);
    this.#noteTime(this.#deleted, source.info.address);
    // Its last link is gone, and so is the object, but for what it holds.
    this.#linkChanges.delete(source.info.address);
    this.#clock++;
    this.space.uncacheGroup(target.info.address);
  }

  /** The object that a hard link leads to. */
  target(link: HardLink): Node {
    return link.kind === 'hard' ? this.stored(link.address) : link;
  }

  holds(link: HardLink, attribute: string): boolean {
    const object = link.kind === 'hard' ? (this.#editedAt(link.address) ?? this.#load(link.address)) : link;
    if (object instanceof LoadedObject) return object.has(attribute);
    return object.attributes?.get(attribute) !== undefined || (object.links?.size ?? 0) > 0;
  }

  moved(session: FileSession, from: string, to: string): void {
    const move: Move = { session, from, to, replaced: undefined };
    this.#moves.push(move);
    session.moves.push((path, object) => {
      if (isWithin(path, from)) return to + path.slice(from.length);
      if (isWithin(path, to)) {
        move.replaced ??= new WeakSet();
        move.replaced.add(object);
      }
      return path;
    });
  }

  /** Moves are taken back, all but the first. */
  #moveBack(kept: number): void {
    for (const move of this.#moves.splice(kept).reverse()) {
      const { session, from, to } = move;
      session.moves.push((path, object) =>
        isWithin(path, to) && !move.replaced?.has(object) ? from + path.slice(to.length) : path,
      );
    }
  }

  unlinked(group: Node, link: HardLink): void {
    const isStored = link.kind === 'hard';
    if (isStored && !this.#linkChanges.has(link.address)) return;
    const object = isStored
      ? asFarAsKnown(() => (this.#editedAt(link.address) ?? this.#load(link.address)).info)
      : link;
    // Scalars are read as values.
    if (object?.kind === 'dataset' && object.dataspace.kind !== 'simple') return;
    const from = this.#unlinkedFrom;
    const isOther = from !== undefined && (from === 'several groups' || !isSameNode(from, group));
    this.#unlinkedFrom = isOther ? 'several groups' : group;
  }

  settle(object: { readonly node: Node }): void {
    const from = this.#unlinkedFrom;
    // Where it has been removed from is known to be there.
    if (from && (from === 'several groups' || !isSameNode(from, object.node))) this.flush();
  }

  // ---- links ----------------------------------------------------------------------------------------

  /** Adds a link, unless there is one of that name. Returns whether it did. */
  addLink(group: Node, name: string, link: LinkDraft): boolean {
    const node = this.edit(group);
    if (node instanceof EditedObject) {
      if (node.hasUnknownLink(name))
        throw new H5PathError(
          'H5_EXISTS',
          name,
          `"${name}" is a link of a kind that only the program knows that made it: take another name`,
        );
      const to = link.kind === 'group' || link.kind === 'dataset' ? stand(link) : link;
      if (!node.allLinks.add(name, to)) return false;
      node.number(node.linkOrders, name);
      note(node.linkChanges, name, false, true);
      if (to.kind === 'hard') this.#countLink(to.address, 1);
      return true;
    }
    (node as GroupDraft).links ??= new EditableMap();
    return (node as GroupDraft).links?.add(name, link) ?? false;
  }

  deleteLink(group: Node, name: string): boolean {
    const node = this.edit(group);
    const links = node instanceof EditedObject ? node.allLinks : node.links;
    const link = links?.get(name);
    if (!links || !link) return false;
    links.delete(name);
    if (node instanceof EditedObject) {
      node.linkOrders.delete(name);
      note(node.linkChanges, name, true, false);
      const to = link.kind === 'group' || link.kind === 'dataset' ? stand(link) : link;
      if (to.kind === 'hard') this.#countLink(to.address, -1);
    }
    return true;
  }

  #countLink(address: number, change: number): void {
    this.#linkChanges.set(address, (this.#linkChanges.get(address) ?? 0) + change);
  }

  // ---- attributes -----------------------------------------------------------------------------------

  setAttribute(object: Node, name: string, value: unknown, options = NO_OPTIONS): void {
    checkName(name);
    const draft = this.newAttribute(name, value, options);
    if (!this.#overwriteAttribute(object, name, draft)) this.putAttribute(object, name, draft);
  }

  attribute(object: Node, name: string): AttributeDraft | undefined {
    const attribute = object.attributes?.get(name) as Attribute | AttributeDraft | undefined;
    return attribute === undefined ? undefined : detached(this, attribute);
  }

  putAttribute(object: Node, name: string, draft: AttributeDraft): void {
    if (typeof draft === 'object' && draft.committed !== undefined) this.#usesTypes = true;
    const node = this.edit(object);
    if (!(node instanceof EditedObject)) node.attributes ??= new EditableMap();
    const attributes = node.attributes as EditableMap<unknown>;
    if (attributes.size >= MAX_ATTRIBUTES && attributes.get(name) === undefined) {
      throw new H5TypeError(`the attribute "${name}" is one too many: an object holds ${MAX_ATTRIBUTES}`);
    }
    if (node instanceof EditedObject) {
      this.#releaseAttribute(node, name, false);
      this.#countType(draft, 1);
    }
    attributes.set(name, draft);
    if (node instanceof EditedObject) node.number(node.attributeOrders, name);
  }

  deleteAttribute(object: Node, name: string): boolean {
    if (object.attributes?.get(name) === undefined) return false;
    const node = this.edit(object);
    if (node instanceof EditedObject) {
      this.#releaseAttribute(node, name, true);
      node.attributeOrders.delete(name);
    }
    return (node.attributes as EditableMap<unknown> | undefined)?.delete(name) ?? false;
  }

  /** Gives back what an attribute of the file holds outside of its header. */
  #releaseAttribute(node: EditedObject, name: string, isDeleted: boolean): void {
    const attribute = node.allAttributes.get(name);
    note(node.attributeChanges, name, isDeleted, attribute === undefined);
    if (attribute !== undefined) this.#countType(attribute, -1);
    if (attribute !== undefined && isStored(attribute))
      releaseElements(
        this.space,
        this.#heap,
        attribute.datatype,
        extent(attribute.dataspace),
        attribute.data,
      );
  }

  /** The use of a committed datatype counts as a link to it (H5O__shared_link_adj in libhdf5). */
  #countType(attribute: Attribute | AttributeDraft, change: number): void {
    if (typeof attribute !== 'object') return;
    const committed = 'data' in attribute ? attribute.datatype.committed : attribute.committed;
    if (committed !== undefined) this.#countLink(committed, change);
  }

  /** The same for all that an object uses. */
  #countTypes(object: Draft | EditedObject | LoadedObject, change: number): void {
    const { kind } = 'info' in object ? object.info : object;
    if (kind === 'dataset') {
      const { committed } =
        'info' in object ? (object.info as DatasetInfo).datatype : (object as DatasetDraft).type;
      if (committed !== undefined) this.#countLink(committed, change);
    }
    const { attributes } = object as {
      attributes?: Pick<EditableMap<Attribute | AttributeDraft>, 'forEach'>;
    };
    attributes?.forEach((attribute) => {
      this.#countType(attribute, change);
    });
  }

  /** The value of an attribute, checked. */
  newAttribute(name: string, value: unknown, { dtype, shape }: ValueOptions = NO_OPTIONS): AttributeDraft {
    if (dtype === undefined && shape === undefined && isUsualScalar(value)) return value;
    let prepared = { ...prepare(value, plain(dtype), shape), committed: this.#committed(dtype) };
    const { datatype, dataspace } = prepared;
    // Of references it is a value: one to nothing.
    if (value === null && dataspace.kind === 'scalar' && datatype.class === 'reference')
      prepared = { ...prepared, encoded: encode(datatype, [null], 1) };
    const { encoded } = prepared;
    this.#checkReferences(encoded);
    // A type that is too large for a message is refused here.
    encodedType(datatype);
    if (dataspace.kind !== 'null' && !encoded) {
      throw new H5TypeError(`the attribute "${name}" has a shape, but no value`);
    }
    return prepared;
  }

  openAttribute(draft: AttributeDraft): AttributeElements {
    const { datatype, dataspace, encoded } = typeof draft === 'object' ? draft : prepare(draft);
    const { bytes, heap } = encoded ? readable(encoded) : NOTHING;
    if (!hasReferences(datatype)) return { datatype, dataspace, bytes, heap };
    const own: Heap = {
      limit: heap.limit,
      collection: (address) => heap.collection(address),
      numbers: heap.numbers,
    };
    this.#heaps.add(own);
    return { datatype, dataspace, bytes, heap: own };
  }

  // ---- references -----------------------------------------------------------------------------------

  reference(node: Node): H5Reference {
    if ('info' in node) return new H5Reference(node.info.address, 'object', this.space.globalHeap);
    const number = FIRST_NUMBER + node.id;
    this.#referenced.set(number, node);
    return new H5Reference(number, 'object', node);
  }

  regionReference(dataset: Node, selection: SelectionInput): H5Reference {
    const { dataspace } = 'info' in dataset ? this.#storage(dataset) : (dataset as DatasetDraft);
    const region = selectionToRegion(parseSelection(selection, dataspace.dims));
    // What is chosen without a word of indices is all that there is, whatever the dataset becomes, as for h5py.
    const isAll = Array.isArray(selection) && selection.every((entry) => entry === '...');
    const data = encodeRegion(0, isAll ? { kind: 'all' } : region, 8);
    const { address, target } = this.reference(dataset);
    return new H5Reference(address, 'region', target, data);
  }

  dereference(reference: H5Reference | null): Node {
    if (!reference) throw new H5PathError('H5_NOT_FOUND', '', 'a null reference leads to no object');
    const { address } = reference;
    if (!this.#isKnown(reference))
      throw new H5PathError('H5_NOT_FOUND', '', `no object of this file has the reference ${address}`);
    const draft = this.#referenced.get(address);
    if (draft) return draft.address < 0 ? draft : this.stored(draft.address);
    return this.stored(address);
  }

  /** Whether a reference leads to an object of this file. */
  #isKnown({ address, target }: H5Reference): boolean {
    const isOurs = target === undefined || target === this.space.globalHeap || this.#heaps.has(target);
    if (address >= FIRST_NUMBER) {
      const draft = this.#referenced.get(address);
      return draft !== undefined && !this.#isLost(draft.id) && (isOurs || draft === target);
    }
    // Of a new file nothing has an address yet but datatypes with names.
    const isThere = this.space.root >= 0 || this.#newTypes.has(address);
    return isOurs && isThere && address < this.space.end;
  }

  /** Throws if encoded elements lead to objects of other files. */
  #checkReferences(encoded: Encoded | undefined): void {
    for (const target of encoded?.targets ?? []) {
      if (target instanceof H5Reference) {
        if (!target.target || !this.#isKnown(target))
          throw new H5TypeError(
            'a reference leads to an object of another file, or to one that was rolled back',
          );
      } else if (typeof target === 'object') this.#checkReferences(target.data);
    }
  }

  // ---- writing --------------------------------------------------------------------------------------

  /** Whether there are changes that have not been flushed. */
  get isChanged(): boolean {
    return (
      this.#root !== undefined ||
      this.#apart.length > 0 ||
      this.#edited.size > 0 ||
      this.#written.size > 0 ||
      this.#linkChanges.size > 0 ||
      this.#heap.isChanged
    );
  }

  gather(): void {
    this.watcher?.flushing();
  }

  /** Why nothing can be committed; undefined as long as it can. */
  get failure(): unknown {
    return this.#failure ?? this.space.failure;
  }

  /** Whether there will be no new file, or not even a rollback would help. */
  get isLost(): boolean {
    return this.#failure !== undefined || (this.space.isNew && this.space.failure !== undefined);
  }

  /** Writes all changes to the space. */
  flush(): void {
    if (this.failure !== undefined) throw this.failure;
    try {
      this.#flush();
    } catch (error) {
      this.space.fail(error);
      throw error;
    }
  }

  #flush(): void {
    this.#unlinkedFrom = undefined;
    this.watcher?.flushing();
    if (!this.isChanged) return;
    this.#flushElements();
    if (this.isChanged) this.#flushObjects();
    // Now they can be read again.
    if (this.#storages.size > KEPT_STORAGES) this.#storages.clear();
  }

  #flushObjects(): void {
    const base = this.#flushed;
    const counts = new Int32Array(this.#made - base);
    const reached = this.#reach(counts, base);
    this.#settleLinks(counts, base);
    const writer = this.#objectWriter;
    // What is linked to comes before what links to it, but for cycles: then its address is known by that time.
    for (let i = reached.length - 1; i >= 0; i--) {
      const draft = reached[i] as Draft;
      const count = counts[draft.id - base] as number;
      if (count <= 0) continue;
      writer.write(draft, count);
      this.#placedNow.push(draft.address);
      if (draft.kind === 'dataset' && draft.storage) this.#storages.set(draft.address, draft.storage);
    }
    // Only now, so that nothing new stands where a handle may still know what was deleted.
    for (const { object, elements } of this.#released.splice(0)) {
      asFarAsKnown(() => object.release(this.space, this.#heap, elements));
      this.#objects.delete(object.info.address);
    }
    // What was deleted before it was ever in the file.
    for (const { address, storage } of this.#stored)
      if (address < 0) storage?.release(this.space, this.#heap);
    this.#stored = [];
    writer.finish();
    // All that were changed are read again at once only if all can be kept.
    const areFew = this.#edited.size <= KEPT_EDITED;
    for (const [address, object] of this.#edited) {
      this.#objects.delete(address);
      if (!object.write(this.space, writer, areFew || object.kind === 'group')) continue;
      if (this.#known.size >= KEPT_EDITED) this.#known.clear();
      this.#known.set(address, object);
    }
    this.#heap.flush();
    if (this.#root) this.space.root = this.#root.address;
    this.#root = undefined;
    this.#edited.clear();
    this.#loaded.clear();
    this.#linkChanges.clear();
    this.#usesTypes = false;
    this.#flushed = this.#made;
    this.#small = new SmallData();
  }

  /** Writes what is kept of elements, and puts what that changes into headers. */
  #flushElements(): void {
    for (const address of this.#written) {
      const storage = this.#storages.get(address);
      storage?.flush();
      if (!storage?.isChanged) continue;
      storage.isChanged = false;
      if (this.#overwriteCompact(address, storage)) continue;
      const { header } = this.#editAt(address);
      for (const message of storage.messages()) header.set(message);
    }
    this.#written.clear();
  }

  /** Whether the elements could be written into the header as it stands in the file. */
  #overwriteCompact(address: number, { compact }: DatasetStorage): boolean {
    if (!compact || this.#editedAt(address)) return false;
    if (!overwriteCompact(this.space, this.#load(address), compact)) return false;
    this.#objects.delete(address);
    return true;
  }

  /** New objects that can be reached, what leads to others before these; `counts` gets the number of links to each. */
  #reach(counts: Int32Array, base: number): Draft[] {
    const reached: Draft[] = [];
    const todo: Draft[] = [];
    const reach = (link: LinkDraft): void => {
      if (link.kind === 'hard') this.#countLink(link.address, 1);
      if (link.kind !== 'group' && link.kind !== 'dataset') return;
      if (link.address >= 0) {
        this.#countLink(link.address, 1);
        return;
      }
      const index = link.id - base;
      // It would become a link to nothing, and the file unreadable.
      if (index < 0)
        throw new H5StateError('H5_GONE', 'an object that was made before a flush is linked only now');
      if (counts[index] === 0) todo.push(link);
      counts[index] = (counts[index] as number) + 1;
    };
    const reachNew = (link: unknown): void => {
      if (link === undefined) return;
      const { kind, address } = link as Draft;
      if ((kind === 'group' || kind === 'dataset') && address < 0) reach(link as Draft);
    };
    // The superblock counts as a link.
    if (this.#root) reach(this.#root);
    for (const group of this.#apart) reach(group);
    this.#apart = [];
    for (const object of this.#edited.values())
      for (const name of object.linkChanges.keys()) reachNew(object.allLinks.get(name));
    for (let draft = todo.pop(); draft; draft = todo.pop()) {
      reached.push(draft);
      if (this.#usesTypes) this.#countTypes(draft, 1);
      draft.links?.forEach(reach);
    }
    return reached;
  }

  /** Sets the numbers of links of objects of the file. What no link leads to is deleted, with what only that led to. */
  #settleLinks(counts: Int32Array, base: number): void {
    const drop = (link: LinkDraft): void => {
      if (link.kind === 'hard') this.#countLink(link.address, -1);
      if (link.kind !== 'group' && link.kind !== 'dataset') return;
      if (link.address >= 0) {
        this.#countLink(link.address, -1);
        return;
      }
      const index = link.id - base;
      counts[index] = (counts[index] as number) - 1;
      if (counts[index] === 0) dropped.push(link);
    };
    const dropped: Draft[] = [];
    const unlinked = new Set(this.#newTypes.keys());
    for (let done = false; !done; ) {
      done = true;
      for (const [address, change] of this.#linkChanges) {
        this.#linkChanges.delete(address);
        if (change === 0 && !unlinked.delete(address)) continue;
        done = false;
        const object = this.#editedAt(address) ?? asFarAsKnown(() => this.#load(address));
        if (!object) continue;
        const count = object.linkCount + change;
        if (count > 0 || address === this.space.root) {
          this.#editAt(address).header.linkCount = count;
          continue;
        }
        if (object instanceof LoadedObject) object.links.forEach(drop);
        else for (const [, link] of object.allLinks ?? []) drop(link as LinkDraft);
        this.#countTypes(object, -1);
        this.#delete(object);
      }
      for (let draft = dropped.pop(); draft; draft = dropped.pop()) {
        done = false;
        if (this.#usesTypes) this.#countTypes(draft, -1);
        draft.links?.forEach(drop);
      }
    }
  }

  #delete(object: EditedObject | LoadedObject): void {
    const { info } = object;
    this.#released.push({ object, elements: this.#storages.get(info.address) });
    this.#storages.delete(info.address);
    this.#edited.delete(info.address);
    this.#known.delete(info.address);
    this.#noteTime(this.#deleted, info.address);
    this.#clock++;
  }

  #noteTime(times: Map<number, number>, address: number): void {
    this.#deletedNow.push([times, address, times.get(address)]);
    times.set(address, this.#clock);
  }

  /** Makes all changes last. */
  commit(): void {
    const { failure } = this;
    if (failure !== undefined) {
      if (!this.isLost) this.forget();
      throw failure;
    }
    try {
      this.flush();
      if (this.space.isChanged) this.space.commit();
    } catch (error) {
      // What is half written cannot be written once more.
      const isDurable = (error as { code?: unknown }).code === 'H5_UNFINISHED';
      if (this.space.isNew || isDurable) this.#failure = error;
      if (!isDurable) this.forget();
      throw error;
    }
    this.#settled++;
    this.#moves = [];
    this.#kept = this.#made;
    this.#deletedNow = [];
    this.#placedNow = [];
    this.#newTypes.clear();
    this.watcher?.committed();
  }

  abandon(reason: unknown): void {
    this.#failure ??= reason;
  }

  dropUnreferred(): boolean {
    const { root } = this;
    const source = new FileSession(this, {});
    const dead = deadLinks(source, this.#standing(source, root));
    for (const name of dead) this.deleteLink(root, name);
    return dead.length > 0;
  }

  compact(): Editor {
    if (this.#transactions.areOpen)
      throw new H5StateError('H5_IN_TRANSACTION', 'the file is compacted when its transactions are over');
    this.dropUnreferred();
    this.commit();
    const { space } = this;
    const source = new FileSession(this, {});
    let isMade = false;
    try {
      space.replace((other) => {
        const editor = new FileEditor(other);
        editor.#root = editor.copyNode(source, this.root) as GroupDraft;
        editor.finishCopy();
        editor.commit();
        isMade = true;
      });
      return new FileEditor(space.reopen());
    } catch (cause) {
      if (!isMade) throw cause;
      // It may stand in the place of the old one already, where nothing is any more where this editor knows it to be.
      this.#failure = new H5StateError(
        'H5_UNFINISHED',
        'the file is made anew, but that could not be completed: close it, and open it again',
        { cause },
      );
      throw this.#failure;
    }
  }

  /** Ends all use. What is not committed is lost. */
  close(): void {
    this.space.close();
  }

  checkTransactions(): void {
    if (this.#transactions.areOpen)
      throw new H5StateError(
        'H5_IN_TRANSACTION',
        'a transaction is under way, of which a half would be stored: it is committed when it is over',
      );
  }

  transaction<T>(state: TransactionState, action: () => T): T {
    return this.#transactions.run(state, action);
  }

  savepoint(): Savepoint {
    this.flush();
    const ofSpace = this.space.savepoint();
    const made = this.#made;
    const deleted = this.#deletedNow.length;
    const placed = this.#placedNow.length;
    const mark = this.watcher?.mark();
    const settled = this.#settled;
    const moves = this.#moves.length;
    return {
      goBack: () => {
        // What was committed meanwhile lasts, and new things stand where the old ones were.
        if (this.#settled !== settled) {
          this.forget();
          return;
        }
        this.#forgetBehind(made, deleted, placed);
        this.#moveBack(moves);
        ofSpace.goBack();
        this.#begin();
        this.watcher?.undone(mark);
      },
      giveUp: () => {
        if (this.#settled === settled) ofSpace.giveUp();
      },
    };
  }

  rollback(): void {
    if (this.#transactions.areLate)
      throw new H5StateError(
        'H5_IN_TRANSACTION',
        'a transaction is under way, and would end as if all were well: an error in it takes back what it has done',
      );
    this.forget();
  }

  /** Forgets all changes that have not been committed. */
  forget(): void {
    this.#settled++;
    this.#moveBack(0);
    this.#forgetBehind(this.#kept, 0, 0);
    this.space.rollback();
    this.#begin();
    this.#kept = this.#made;
    this.watcher?.undone(undefined);
  }

  /** Forgets all but the first `made` objects, and of this transaction all but the first deletions and placed objects. */
  #forgetBehind(made: number, deletions: number, placed: number): void {
    this.#edited.clear();
    this.#known.clear();
    this.#loaded.clear();
    this.#objects = new ObjectCache(this.space);
    this.#storages.clear();
    this.#stored = [];
    this.#apart = [];
    this.#released = [];
    this.#written.clear();
    this.#linkChanges.clear();
    this.#unlinkedFrom = undefined;
    // It may have been stopped in the middle of something.
    this.#writer = undefined;
    this.#heap.forget();
    if (this.#made > made) this.#lost.push([made, this.#made]);
    for (const [address, id] of this.#newTypes) {
      if (id < made) continue;
      this.#newTypes.delete(address);
      this.#placedNow.push(address);
    }
    for (const [times, address, before] of this.#deletedNow.splice(deletions).reverse()) {
      // Handles that were got in the meantime are of what has been taken back.
      if (times === this.#changed) {
        const undone = this.#undone.get(address) ?? [];
        undone.push([times.get(address) as number, this.#clock]);
        this.#undone.set(address, undone);
      }
      if (before === undefined) times.delete(address);
      else times.set(address, before);
    }
    // Others will stand there: who has a handle of what stood there is to know.
    for (const address of this.#placedNow.splice(placed)) this.#deleted.set(address, this.#clock);
    this.#clock++;
  }

  /** Begins anew from what the space holds. */
  #begin(): void {
    this.#flushed = this.#made;
    this.#small = new SmallData();
    this.#root = this.space.root < 0 ? this.newGroup() : undefined;
  }
}

/** What was moved, until the next commit. */
interface Move {
  readonly session: FileSession;
  readonly from: string;
  readonly to: string;
  /** What has a path that now leads to what was moved there: should the move be taken back, it has it still. */
  replaced: WeakSet<object> | undefined;
}

function gone(path: string | undefined): H5StateError {
  const what = path === undefined ? 'the object' : `"${path}"`;
  return new H5StateError(
    'H5_GONE',
    `${what} has been deleted or replaced, or was rolled back: get it again`,
  );
}

/** Notes that a name was set or deleted. New names are in the order in which they came. */
function note(changes: Map<string, boolean>, name: string, isDeleted: boolean, isNew: boolean): void {
  const wasDeleted = changes.get(name) === true;
  if (isNew) changes.delete(name);
  changes.set(name, isDeleted || wasDeleted);
}

/** A datatype without regard to where it is committed. */
function plain(dtype: DatasetOptions['dtype']): DType | undefined {
  return dtype instanceof H5Datatype ? dtype.datatype : dtype;
}

function typeOf(datatype: Datatype, committed: number | undefined): EncodedType {
  return committed === undefined ? encodedType(datatype) : sharedType(datatype, committed);
}

/** A link to an object that may be in the file already. */
function stand(link: Draft): LinkDraft {
  return link.address < 0 ? link : { kind: 'hard', address: link.address };
}

const NOTHING = { bytes: new Uint8Array(0), heap: NO_HEAP };

/** What is copied neither into a draft nor into a buffer of small writes. */
const LARGE_ARRAY = 1 << 16;

function isLargeArray(data: unknown): boolean {
  return ArrayBuffer.isView(data) && data.byteLength >= LARGE_ARRAY;
}

const INTEGER = new Int32Array(1);
const FLOAT = new Float64Array(1);
const CLEARED_AT_ONCE = 1 << 20;

/** A number as the typed array that it makes, until the next one. */
function arrayOfOne(value: number): TypedArray {
  const array = (value | 0) === value && !Object.is(value, -0) ? INTEGER : FLOAT;
  array[0] = value;
  return array;
}

function isSmallArray(data: unknown): data is TypedArray {
  return ArrayBuffer.isView(data) && isList(data) && data.byteLength <= SmallData.LIMIT;
}

/** Whether a value is a scalar whose datatype follows from it, so that it is kept as it is. */
function isUsualScalar(value: unknown): value is number | string | boolean | bigint {
  switch (typeof value) {
    case 'number':
    case 'boolean':
      return true;
    case 'string':
      return isPlainText(value);
    case 'bigint':
      return BigInt.asIntN(64, value) === value;
    default:
      return false;
  }
}
