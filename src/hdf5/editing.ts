import type { Storage } from '../storage/storage.js';
import type { Durability } from '../storage/transaction.js';
import type { AttributeDraft } from './draft.js';
import type { DType } from './dtype.js';
import type { ElementAccess } from './element-access.js';
import type { DecodeOptions, Elements, Heap } from './elements.js';
import type { FileSession } from './file-session.js';
import type { FileSpace } from './file-space.js';
import type { GraftOptions } from './graft.js';
import type { GroupIndexes } from './group-indexes.js';
import type { H5Dataset } from './h5-dataset.js';
import type { H5Datatype } from './h5-datatype.js';
import type { CreateDatasetOptions, H5Group, RequireDatasetOptions } from './h5-group.js';
import type { H5Object } from './h5-object.js';
import type { H5Reference } from './h5-reference.js';
import type { Dataspace } from './messages/dataspace.js';
import type { Datatype } from './messages/datatype.js';
import type { Named } from './named-errors.js';
import type { Selection, SelectionInput } from './selection.js';
import type { HardLink, Node, StoredObject } from './stored-object.js';

/** How an attribute or a dataset is to be stored, where that does not follow from its value. */
export interface ValueOptions {
  readonly shape?: readonly number[] | undefined;
  /** Of a committed datatype of the same file, the datatype is shared; of that of another file, it is copied. */
  readonly dtype?: DType | H5Datatype | undefined;
}

/** The attributes of an object that is made. */
export interface Attributes {
  readonly [name: string]: unknown;
}

/**
 * How a dataset is to be stored.
 *
 * @example
 * group.createDataset('log', { shape: [0, 3], dtype: 'f8', maxShape: [null, 3], compression: 'gzip', shuffle: true });
 */
export interface DatasetOptions extends ValueOptions {
  /** The shape of a chunk, or `true` for one that suits most uses. Follows from the other options where these need it. */
  readonly chunks?: boolean | number | readonly number[] | undefined;
  /** How far each axis may grow: `Infinity` or `null` for without limit; `true`: all of them. */
  readonly maxShape?: true | readonly (number | null)[] | undefined;
  /** `'gzip'`, `'lzf'`, or a level of gzip from 0 to 9. */
  readonly compression?: boolean | 'gzip' | 'lzf' | number | undefined;
  /** Of gzip: 0 to 9; 4 unless told otherwise. */
  readonly compressionLevel?: number | undefined;
  /** Puts the first bytes of all elements together, then the second ones, ...: numbers become smaller by compression. */
  readonly shuffle?: boolean | undefined;
  /** A checksum for each chunk. */
  readonly fletcher32?: boolean | undefined;
  /** Integers in as few bits as they need (`true`), floats to a number of decimal digits, which is lossy. */
  readonly scaleOffset?: boolean | number | undefined;
  /** Only the bits that the datatype has. */
  readonly nbit?: boolean | undefined;
  /** Other filters, by their numbers, behind the others. */
  readonly filters?: readonly { readonly id: number; readonly options?: unknown }[] | undefined;
  /**
   * When elements get their space: `'late'`, when they are written, unless told otherwise; `'early'`: all that there are
   * at once, so that writing them cannot run out of space.
   */
  readonly allocation?: 'early' | 'late' | undefined;
  /**
   * What elements are that were never written; zero unless told otherwise. It is no reference. Each element has a text or a sequence of its
   * own, so that these take space for all once one is written.
   */
  readonly fillValue?: unknown;
}

/** An attribute with what its value is decoded from. */
export interface AttributeElements {
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  readonly bytes: Uint8Array;
  readonly heap: Heap;
}

/** What the path of an object has become. Each is asked for each object that there was before, once and in turn. */
export type PathMove = (path: string, object: object) => string;

/** How many transactions of a file are under way, each within the other. */
export interface TransactionState {
  depth: number;
}

/** Is told what becomes of changes. */
export interface EditWatcher {
  /** All changes are about to be written to the space: the time for those that were put off. */
  flushing(): void;
  /** What is at a path has been changed by other means than those of the watcher. */
  noted(path: string): void;
  committed(): void;
  /** How much has been changed; `undone` is told to go back to it. */
  mark(): number;
  /** Changes are taken back: those behind a mark, or all. */
  undone(mark: number | undefined): void;
}

/** An object that is to be made with all that is in it. */
export interface NewObject {
  /** Undefined: a group. */
  readonly dataset: CreateDatasetOptions | undefined;
  /** In their order. */
  readonly members: readonly NewMember[];
}

/** What a new object has of a name: a link to another one, or else an attribute. */
export interface NewMember {
  readonly name: string;
  readonly object: NewObject | undefined;
  readonly attribute: AttributeDraft | undefined;
}

/** What is changed of an object where it stands. */
export interface Overwriting {
  /** The names of the attributes that are to have other values. */
  readonly names: readonly string[];
  /** Does it. */
  readonly write: () => void;
}

/** A link to a new object, with the creation order that it is to have. */
export interface NewLink {
  readonly name: string;
  readonly order: number;
  readonly object: NewObject;
}

/** What is as well for files that are open for reading: it may be that nothing is changed. */
interface Requiring {
  requireDataset(group: H5Group, path: string, options: RequireDatasetOptions): H5Dataset<unknown>;
}

/**
 * How an object is copied.
 *
 * @example
 * file.copy(other.group('runs'), 'imported', { expandRefs: true } satisfies CopyOptions);
 */
export interface CopyOptions {
  /**
   * What references lead to that is not in it is copied from another file as well; it gets links `@objects`, `@objects1`, ... in
   * the root group. Without it such references lead to nothing, as in h5py. What `write` has stored may need it: parts of large
   * values stand in one place, and are referred to from where they belong.
   */
  readonly expandRefs?: boolean | undefined;
}

/** Changes one file. */
export interface Editor extends Requiring {
  watcher: EditWatcher | undefined;
  readonly space: FileSpace;
  readonly root: Node;
  /** Goes on with every event that can make an object a different one. */
  readonly clock: number;
  /** Another number once other bytes can be found in the space, which is that of no other space. */
  readonly changes: number;
  /** What the object at a path has become since `clock` was `since`; below 0: before the file was compacted. */
  current(node: Node, since: number, path?: string): Node;
  /** The object of the file at an address. */
  stored(address: number): Node;
  /** The elements of a dataset. */
  elements(dataset: Node): ElementAccess;
  /** Writes elements of a dataset. `named`: what errors are about, here and below. */
  writeElements(dataset: Node, selection: SelectionInput | Selection, data: unknown, named?: Named): void;
  /** What would be read of elements that are written, and their shape: so that it is known beforehand whether that is the same. */
  asWritten(
    dataset: Node,
    data: unknown,
    options: DecodeOptions,
  ): { readonly shape: readonly number[]; readonly elements: Elements };
  /** Writes elements that are bytes already, and lead to nothing elsewhere; `isOne`: the same one everywhere. */
  writeBytes(dataset: Node, selection: Selection, bytes: Uint8Array, isOne: boolean): void;
  /** Moves rows of a dataset as they are, over others; where they were, rows lead to nothing. */
  moveRows(dataset: Node, from: number, to: number, count: number): void;
  /** Whether the object at an address was changed, or elements of it were written, since the last flush. */
  isWritten(address: number): boolean;
  resize(dataset: Node, dims: readonly number[], named?: Named): void;
  /** Makes a dataset longer along an axis, and writes elements there. */
  append(dataset: Node, data: unknown, axis: number, named?: Named): void;
  // The methods of groups: each of the class `H5Group` says what it does.
  createGroup(group: H5Group, path: string, attrs: Attributes | undefined): H5Group;
  createDataset(group: H5Group, path: string, options: CreateDatasetOptions): H5Dataset<unknown>;
  createDatatype(group: H5Group, path: string, dtype: DType, attrs: Attributes | undefined): H5Datatype;
  link(group: H5Group, path: string, object: H5Object): void;
  /** Adds a soft link or, given a file, an external one. */
  linkPath(group: H5Group, path: string, target: string, ...file: [] | [string]): void;
  move(group: H5Group, from: string, to: string): void;
  rename(group: H5Group, path: string, name: string): void;
  copy(
    group: H5Group,
    source: string | H5Object,
    to: string,
    options?: CopyOptions,
  ): H5Group | H5Dataset | H5Datatype;
  delete(group: H5Group, path: string): boolean;
  /** Copies the members of a group of another file into a group. */
  graft(group: Node, source: FileSession, node: StoredObject, options: GraftOptions): void;
  // The same by members, which are attributes and links in one order. What is set stands in the place of what had its name.
  /** Sets an attribute, or a dataset if the group has `most` attributes, or no place for one in the order. */
  setScalar(group: Node, name: string, value: unknown, options: ValueOptions | undefined, most: number): void;
  /** Sets the elements of an attribute, or of a dataset that a group links to, where they stand; false if they must be those of a new one. */
  overwrite(group: Node, name: string, value: unknown, options: ValueOptions | undefined): boolean;
  /**
   * What makes the group that a link of a group leads to what a new one of attributes alone would be, where it stands, and nothing in it
   * has to be put elsewhere; undefined if that cannot be done. It is to be done at once.
   */
  overwriting(group: Node, name: string, object: NewObject): Overwriting | undefined;
  /** Sets a link to an object of the file, or to a new one. */
  setObject(group: Node, name: string, object: H5Object | NewObject): void;
  /** Sets a link to a copy of an object of this or another file. */
  setCopy(group: Node, name: string, source: H5Object): void;
  /** Whether a copy of an object of another file loses references in it: those to what is not in it. */
  losesReferences(source: H5Object): boolean;
  /** Sets copies of all members of the root of another file that are taken. */
  setCopies(group: Node, source: FileSession, takes: (name: string) => boolean, most: number): void;
  /** What was at a path is at another one: says so in the session. */
  moved(session: FileSession, from: string, to: string): void;
  /** Gives a member another name, in its place, or another group; false if there is none. `most`: as for `setScalar`. */
  moveMember(group: Node, from: string, other: Node, to: string, most: number): boolean;
  /** Moves members of a group behind all others, in this order. `most`: as for `setScalar`. */
  moveBehind(group: Node, names: readonly string[], most: number): void;
  /** Whether the object that a link leads to, which is to lose it, has an attribute of a name, or links. */
  holds(link: HardLink, attribute: string): boolean;
  /** Removes a link of a group; false if there is none of that name. */
  deleteLink(group: Node, name: string): boolean;
  /** A link of a group has been removed. What it led to may be gone with the next flush: who has a handle of it is to know. */
  unlinked(group: Node, link: HardLink): void;
  /** Flushes, if an object may be gone by what has been removed elsewhere. */
  settle(object: { readonly node: Node }): void;
  /** How many hard links lead to an object, or to that of a link. */
  linkCount(object: Node | HardLink): number;
  /** A group that stands in the file, and is in no other: for what is made before it has a place. */
  groupApart(): Node;
  /** Deletes it, with all that is in no other group. */
  dropApart(group: Node): void;
  /**
   * An object of the file becomes what another is, to which just a link of a group leads; that goes. Links lead to the object
   * as before; what it was is deleted, and handles of it are told so.
   */
  become(node: Node, group: Node, name: string): void;
  /** Gives links of a group creation orders. */
  orderLinks(group: Node, orders: ReadonlyMap<string, number>): void;
  /** Adds links to new objects. */
  addObjects(group: Node, links: readonly NewLink[]): void;
  /** Whether an object of the file was deleted, or became another one in its place, since `clock` was `since`. */
  isDeleted(address: number, since: number): boolean;
  /** Whether it was deleted: links lead to it no more. */
  isRemoved(address: number, since: number): boolean;
  setAttribute(object: Node, name: string, value: unknown, options?: ValueOptions): void;
  deleteAttribute(object: Node, name: string): boolean;
  /** An attribute that is to be set elsewhere in the file just as it is: it need not be there any more. */
  attribute(object: Node, name: string): AttributeDraft | undefined;
  putAttribute(object: Node, name: string, draft: AttributeDraft): void;
  /** A new attribute as if it were in a file already. */
  openAttribute(draft: AttributeDraft): AttributeElements;
  reference(node: Node): H5Reference;
  /** One to a part of a dataset. */
  regionReference(dataset: Node, selection: SelectionInput): H5Reference;
  dereference(reference: H5Reference): Node;
  /** Those who have put changes off make them, before others look at what they change. */
  gather(): void;
  /** Why nothing can be committed, if that is so: a new file cannot be made any more, or something was done by half. */
  readonly failure: unknown;
  /** Whether that cannot be undone. */
  readonly isLost: boolean;
  /** @throws {H5StateError} when a transaction is under way, which would be torn apart. */
  checkTransactions(): void;
  /** Does what `H5File.transaction` is to do. */
  transaction<T>(state: TransactionState, action: () => T): T;
  flush(): void;
  commit(): void;
  rollback(): void;
  /** Gives the file up: nothing of it is committed any more, when it is closed either. */
  abandon(reason: unknown): void;
  /** Writes the file anew, without what is not used. What changes it from then on is another editor, which is returned. */
  compact(): Editor;
  /** Removes the links of the root to what is there for references alone, and has none any more. Returns whether there were any. */
  dropUnreferred(): boolean;
  close(): void;
}

export interface EditingOptions {
  readonly indexes?: GroupIndexes | undefined;
  readonly durability?: Durability | undefined;
  readonly userBlockSize?: number | undefined;
}

/**
 * What changes files, and writes them by hand. An application that reads files, or writes values, does not need it. The
 * export `h5pickle/editing` holds it; in Node it is always there.
 *
 * @example
 * import { editing } from 'h5pickle/editing';
 * const file = H5File.open(undefined, 'w', { editing }); // in a browser
 */
export interface Editing extends Requiring {
  /** Begins a new file in a storage; none: in memory. */
  create(storage: Storage | undefined, options: EditingOptions): Editor;
  /** A file as it is after a commit that was interrupted, to be read. */
  recovered(storage: Storage): Storage;
  /** Opens a file to be changed. */
  open(storage: Storage, options: EditingOptions): Editor;
}
