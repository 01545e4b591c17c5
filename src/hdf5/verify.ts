import { H5Error, H5FeatureError, H5FormatError } from '../errors.js';
import type { Storage } from '../storage/storage.js';
import { readTail, type Tail } from '../storage/tail.js';
import { ByteReader, bytesFor, UNDEFINED_ADDRESS } from './byte-reader.js';
import { lookup3 } from './checksum.js';
import { FileSpace } from './file-space.js';
import type { FilterSet } from './filters/filter-set.js';
import { decodeChunk } from './filters/pipeline.js';
import { decodeNote, type Extent } from './free-space.js';
import type { GroupIndexes } from './group-indexes.js';
import { BtreeV1Type } from './indexes/btree-v1.js';
import { BtreeV2Type, chunkRecordSize } from './indexes/btree-v2.js';
import type { Chunk } from './indexes/chunk.js';
import { ChunkGrid } from './indexes/chunk-grid.js';
import { ChunkRecords, chunkBytes } from './indexes/chunk-records.js';
import { type Attribute, decodeAttribute } from './messages/attribute.js';
import { type AttributeInfo, decodeAttributeInfo } from './messages/attribute-info.js';
import { decodeContinuation } from './messages/continuation.js';
import { type ChunkedLayout, decodeDataLayout } from './messages/data-layout.js';
import { type Dataspace, decodeDataspace, extent } from './messages/dataspace.js';
import { type Datatype, decodeDatatype } from './messages/datatype.js';
import { decodeFileSpaceInfo } from './messages/file-space-info.js';
import { decodeFillValue } from './messages/fill-value.js';
import { decodeFilterPipeline, type FilterInfo } from './messages/filter-pipeline.js';
import { decodeLink, type Link } from './messages/link.js';
import { decodeLinkInfo, type LinkInfo } from './messages/link-info.js';
import { MessageFlag, MessageType } from './messages/message-type.js';
import { decodeReferenceCount } from './messages/reference-count.js';
import { decodeSharedMessage } from './messages/shared-message.js';
import { decodeSymbolTable, type SymbolTable } from './messages/symbol-table.js';
import { NumberList } from './number-list.js';
import { HeaderFlag, type Message, readObjectHeader } from './object-header.js';
import { hasPointers } from './release.js';
import { superblockSize } from './superblock.js';
import { decodeUtf8 } from './text.js';

/**
 * What is wrong:
 * - `superblock`: the superblock cannot be read, or contradicts itself; `end-of-file`: the file is shorter than the
 *   superblock says; `open-for-writing`: its flags say that a writer has not closed it.
 * - `object-header`: a header, or a chunk of one, cannot be read; `message`: a message of a header does not decode, or
 *   contradicts another; `attribute` and `link`: the same for these, wherever they are stored.
 * - `link-target`: a hard link leads to no object; `link-count`: a header counts other links than there are.
 * - `symbol-table`, `local-heap`, `btree-v1`, `btree-v2`, `fractal-heap`, `global-heap`, `free-space`: such a structure is
 *   damaged.
 * - `data`: the elements of a dataset are not all in the file; `chunk-index` and `chunk`: the same for a dataset in chunks.
 * - `overlap`: two structures take the same bytes; `free-in-use`: space that is known to be free is in use.
 * - `too-much`: structures overlap so much that the walk was ended; `more`: there are more problems than are listed.
 */
export type ProblemCode =
  | 'superblock'
  | 'end-of-file'
  | 'open-for-writing'
  | 'object-header'
  | 'message'
  | 'attribute'
  | 'link'
  | 'link-target'
  | 'link-count'
  | 'symbol-table'
  | 'local-heap'
  | 'btree-v1'
  | 'btree-v2'
  | 'fractal-heap'
  | 'global-heap'
  | 'free-space'
  | 'data'
  | 'chunk-index'
  | 'chunk'
  | 'overlap'
  | 'free-in-use'
  | 'too-much'
  | 'more';

/**
 * What is not wrong, and worth knowing:
 * - `dangling-link`: a soft link leads to nothing; `dangling-reference`: an object reference does.
 * - `unreferenced`: objects of the global heap that no value leads to; `shared`: one that several lead to.
 * - `unchecked`: a feature that this engine does not decode; what it leads to was not looked at.
 * - `trailing-bytes`: the storage goes on behind the end of the file. `more`: there are more notes than are listed.
 */
export type NoteCode =
  | 'dangling-link'
  | 'dangling-reference'
  | 'unreferenced'
  | 'shared'
  | 'unchecked'
  | 'trailing-bytes'
  | 'more';

/** A problem, or a note. */
export interface Finding<Code> {
  readonly code: Code;
  /** Where: an HDF5 address, which counts from the superblock; -1 where there is none. */
  readonly address: number;
  /** The path of the object that it concerns, one of them if there are several; '' if none. */
  readonly path: string;
  readonly message: string;
}

/** A part of the file, and what is there. */
export interface VerifiedExtent {
  readonly address: number;
  /** In bytes. */
  readonly size: number;
  /** `padding`: less than 8 bytes that align what follows; `leaked`: what nothing uses. */
  readonly use: 'metadata' | 'data' | 'free' | 'padding' | 'leaked';
  /** Such as 'a chunk'. */
  readonly what: string;
  /** The path of the object that it belongs to; '' if none. */
  readonly path: string;
}

export interface VerifyResult {
  /** At most 1,000, and one that says that there are more. The same holds for notes. */
  readonly problems: readonly Finding<ProblemCode>[];
  readonly notes: readonly Finding<NoteCode>[];
  /** The number of groups, datasets and committed datatypes. */
  readonly objects: number;
  /** How many bytes each use takes; the sum is the size of the file from the superblock on. */
  readonly bytes: {
    readonly metadata: number;
    readonly data: number;
    readonly free: number;
    readonly padding: number;
    readonly leaked: number;
  };
  /** All parts of the file by address. */
  readonly extents: readonly VerifiedExtent[];
  /** Whether all that is in the file could be followed. If not, what counts as leaked may be in use. */
  readonly complete: boolean;
}

export interface VerifyOptions {
  /** Space that is known to be free. */
  readonly free?: Iterable<Extent>;
  /** What decodes chunks with filters: needed to know what the strings and sequences in them lead to. */
  readonly filters?: FilterSet;
}

/**
 * Walks all that is in a file, and says what is wrong with it. It checks signatures, checksums, sizes, orders, counts and
 * that no two structures overlap, and finds the bytes that nothing uses. Elements of datasets are looked at only for what
 * they refer to. Takes time and memory in proportion to the size of the file, whatever is in it.
 *
 * @example
 * const { problems } = verify(new FileSpace(storage));
 * for (const { code, path, message } of problems) console.error(code, path, message);
 */
export function verify(space: FileSpace, options: VerifyOptions = {}): VerifyResult {
  return new Verifier(space, options).run();
}

/**
 * The same for a file that may be damaged so much that it cannot be opened: then that is the one problem. Without the
 * option `free`, free space is what the last commit of ours noted behind the end of the file, if there was one.
 *
 * @example
 * console.log(formatVerify(verifyStorage(new MemoryStorage(bytes))));
 */
export function verifyStorage(
  storage: Storage,
  options: VerifyOptions & { readonly indexes?: GroupIndexes } = {},
): VerifyResult {
  let space: FileSpace;
  try {
    space = new FileSpace(storage, options.indexes);
  } catch (error) {
    if (!(error instanceof H5FormatError)) throw error;
    const message = error.message;
    const code = /cut short/.test(message)
      ? 'end-of-file'
      : /closed|commit/.test(message)
        ? 'open-for-writing'
        : 'superblock';
    return {
      problems: [{ code, address: Math.max(0, error.offset), path: '', message }],
      notes: [],
      objects: 0,
      bytes: { metadata: 0, data: 0, free: 0, padding: 0, leaked: storage.size },
      extents: [{ address: 0, size: storage.size, use: 'leaked', what: 'what nothing uses', path: '' }],
      complete: false,
    };
  }
  return verify(space, { ...options, free: options.free ?? notedFree(space) });
}

/** What the last commit noted behind the end of the file, if that was one of ours. */
function ownTail({ storage, superblock, end }: FileSpace): Tail | undefined {
  const tail = readTail(storage);
  return tail?.end === superblock.baseAddress + end ? tail : undefined;
}

/** The free space that it noted. */
function notedFree(space: FileSpace): readonly Extent[] {
  const tail = ownTail(space);
  return (tail && decodeNote(tail.note, space.end)?.free) ?? [];
}

/** What `verify` found, as text for people. */
export function formatVerify(result: VerifyResult): string {
  const { problems, notes, objects, bytes, extents, complete } = result;
  const lines: string[] = [];
  const list = (findings: readonly Finding<string>[]): void => {
    for (const { code, address, path, message } of findings) {
      const place = address >= 0 ? ` at address ${address}` : '';
      lines.push(`  [${code}]${path === '' ? '' : ` ${path}`}${place}: ${message}`);
    }
  };
  const count = problems.at(-1)?.code === 'more' ? `more than ${problems.length - 1}` : `${problems.length}`;
  lines.push(
    problems.length === 0
      ? 'No problems found.'
      : `${count} problem${problems.length === 1 ? '' : 's'} found:`,
  );
  list(problems);
  if (notes.length > 0) lines.push('Notes:');
  list(notes.slice(0, MAX_SHOWN));
  if (notes.length > MAX_SHOWN) lines.push(`  and ${notes.length - MAX_SHOWN} more notes`);
  lines.push(
    `${objects} objects; ${bytes.metadata} bytes of metadata, ${bytes.data} of data, ${bytes.free} free, ` +
      `${bytes.padding} of padding, ${bytes.leaked} that nothing uses.`,
  );
  if (!complete) lines.push('Not all could be followed: what counts as unused may be in use.');
  const leaks = extents.filter(({ use }) => use === 'leaked');
  for (const { address, size } of leaks.slice(0, MAX_SHOWN))
    lines.push(`  unused: ${size} bytes at address ${address}`);
  if (leaks.length > MAX_SHOWN) lines.push(`  and ${leaks.length - MAX_SHOWN} more unused places`);
  return lines.join('\n');
}

/** Notes, and unused places, in the text for people. */
const MAX_SHOWN = 20;
/** Problems that are listed, and notes. */
const MAX_FINDINGS = 1000;
/** A path in a finding is at most about so many characters. */
const MAX_PATH = 1000;
/** A first look at an object header. */
const FIRST_LOOK = 512;
/** The parts of leaked space that are searched at a time. */
const WINDOW = 1 << 16;
/** The least size of a global heap collection (H5HG_MINSIZE). */
const MIN_COLLECTION = 4096;
/** The K of the trees of chunks, where the file does not say it (HDF5_BTREE_CHUNK_IK_DEF). */
const CHUNK_K = 32;
/** Soft links that libhdf5 follows on one path (H5L_NUM_LINKS). */
const MAX_SOFT_LINKS = 16;
/** Names on paths that are looked up for all soft links together. */
const MAX_LOOKUPS = 10_000_000;
/** Every level at least doubles the number of nodes of a version 2 B-tree. */
const MAX_DEPTH = 32;
/** Signature, version, type and checksum of a node of one. */
const NODE_OVERHEAD = 10;
/** Up to this size a heap ID holds the length of a tiny object in its first byte. */
const SHORT_ID = 18;
/** The class of the layout of a virtual dataset. */
const VIRTUAL = 3;
/** The end of the free list of a local heap (H5HL_FREE_NULL). */
const FREE_LIST_END = 1;

/** Messages that only the header of a superblock extension has, or that lead nowhere. */
const OtherMessage = {
  Comment: 0x0d,
  OldModificationTime: 0x0e,
  SharedMessageTable: 0x0f,
  ModificationTime: 0x12,
  BtreeK: 0x13,
  DriverInfo: 0x14,
  CacheImage: 0x18,
} as const;

/** Messages of which a header has one at most. */
const ONCE: ReadonlySet<number> = new Set([
  MessageType.Dataspace,
  MessageType.LinkInfo,
  MessageType.Datatype,
  MessageType.FillValue,
  MessageType.FillValueOld,
  MessageType.ExternalDataFiles,
  MessageType.DataLayout,
  MessageType.GroupInfo,
  MessageType.FilterPipeline,
  MessageType.SymbolTable,
  MessageType.AttributeInfo,
  MessageType.ReferenceCount,
]);

/** An object as the walk knows it. */
class ObjectRecord {
  readonly address: number;
  readonly parent: ObjectRecord | undefined;
  readonly name: string;
  /** The hard links that were found, and uses of a committed datatype, which count as such. */
  found = 0;
  /** What its header says of that; -1 if it cannot be read. */
  count = -1;
  /** Whether there is an object. */
  exists = false;
  /** The links of a group; undefined if they are not all known, or it is none. */
  links: Link[] | undefined;
  symbolTable: SymbolTable | undefined;
  /** The links by name, as soon as they are needed. */
  byName: Map<string, Link> | undefined;

  constructor(address: number, parent: ObjectRecord | undefined, name: string) {
    this.address = address;
    this.parent = parent;
    this.name = name;
  }

  get path(): string {
    if (!this.parent) return this.name;
    const names: string[] = [];
    let length = 0;
    let object: ObjectRecord | undefined = this;
    for (; object?.parent && length < MAX_PATH; object = object.parent) {
      names.push(object.name.length > MAX_PATH ? `${object.name.slice(0, MAX_PATH)}...` : object.name);
      length += object.name.length + 1;
    }
    const start = object?.parent ? '...' : object?.name === '/' ? '' : (object?.name ?? '');
    return `${start}/${names.reverse().join('/')}`;
  }
}

/** Space that something takes. */
class Claim implements VerifiedExtent {
  readonly address: number;
  readonly size: number;
  readonly use: VerifiedExtent['use'];
  readonly what: string;
  readonly #owner: ObjectRecord | undefined;

  constructor(
    address: number,
    size: number,
    use: VerifiedExtent['use'],
    what: string,
    owner?: ObjectRecord | undefined,
  ) {
    this.address = address;
    this.size = size;
    this.use = use;
    this.what = what;
    this.#owner = owner;
  }

  get path(): string {
    return this.#owner?.path ?? '';
  }
}

/** Ends the walk of a file whose structures overlap without end. */
class Endless extends H5Error {}

interface Header {
  readonly messages: readonly Message[];
  /** Whether all chunks could be read. */
  readonly whole: boolean;
}

/** A collection of the global heap: its objects in the order of their indexes. */
interface Collection {
  readonly indexes: Uint16Array;
  /** Where the data of each begin, from the start of the collection, and how long they are. */
  readonly starts: Float64Array;
  readonly sizes: Float64Array;
  /** 1 for each object that a value leads to, 2 if several do. */
  readonly uses: Uint8Array;
  readonly owner: ObjectRecord;
}

/** Something in an element that leads elsewhere, `at` bytes from where the element begins. */
type Pointer =
  | { readonly kind: 'sequence'; readonly at: number; readonly size: number; readonly inner: Pointer[] }
  | { readonly kind: 'object' | 'region'; readonly at: number }
  | {
      readonly kind: 'array';
      readonly at: number;
      readonly count: number;
      readonly size: number;
      readonly inner: Pointer[];
    };

interface Dataset {
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  readonly pointers: Pointer[];
  readonly filters: readonly FilterInfo[];
}

/** A fractal heap while its objects are looked up. */
interface FractalHeap {
  readonly idSize: number;
  /** The object that an ID stands for. */
  get(id: ByteReader): ByteReader;
  /** Compares what was looked up with what the heap says of itself. */
  finish(): void;
}

/** The local heap of a group. */
interface LocalHeap {
  /** The text at an offset, without the NUL byte. */
  text(offset: number): Uint8Array;
  /** Notes that a name or a target takes its place in the heap. */
  use(offset: number, size: number): void;
  finish(): void;
}

class Verifier {
  readonly #space: FileSpace;
  readonly #options: VerifyOptions;
  /** The first address that cannot be read. */
  readonly #end: number;
  readonly #base: number;
  readonly #offsetSize: number;
  readonly #lengthSize: number;

  readonly #problems: Finding<ProblemCode>[] = [];
  readonly #notes: Finding<NoteCode>[] = [];
  readonly #claims: Claim[] = [];
  readonly #claimed = new Map<number, Claim>();
  #claimedBytes = 0;

  readonly #objects = new Map<number, ObjectRecord>();
  readonly #queue: ObjectRecord[] = [];
  /** Committed datatypes by address, or what is wrong with them. */
  readonly #types = new Map<number, Datatype | H5Error>();
  /** What was read for them. */
  #typeBytes = 0;
  /** What symbol tables repeat of the symbol tables of their members. */
  readonly #cached: { readonly in: ObjectRecord; readonly address: number; readonly table: SymbolTable }[] =
    [];
  readonly #collections = new Map<number, Collection | undefined>();
  /** Object references that had no object to lead to when they were found: targets, and who has them. */
  readonly #references = new Map<number, ObjectRecord>();
  /** Whether all that leads to other objects could be read. */
  #sawAll = true;
  /** Whether all that leads to the global heap could be read. */
  #sawHeap = true;

  // From the superblock or its extension.
  #leafK: number;
  #internalK: number;
  #chunkK = CHUNK_K;

  constructor(space: FileSpace, options: VerifyOptions) {
    this.#space = space;
    this.#options = options;
    const { baseAddress, offsetSize, lengthSize, leafK, internalK } = space.superblock;
    this.#base = baseAddress;
    this.#offsetSize = offsetSize;
    this.#lengthSize = lengthSize;
    this.#leafK = leafK;
    this.#internalK = internalK;
    this.#end = Math.max(0, Math.min(space.end, space.storage.size - baseAddress));
  }

  run(): VerifyResult {
    try {
      this.#walk();
    } catch (error) {
      if (!(error instanceof Endless)) throw error;
      this.#sawAll = false;
      this.#problem('too-much', -1, undefined, error.message);
    }
    this.#checkLinkCounts();
    this.#checkCached();
    this.#checkReferences();
    this.#checkSoftLinks();
    this.#checkCollections();
    return this.#map();
  }

  #walk(): void {
    const rootAddress = this.#superblock();
    const root = new ObjectRecord(rootAddress, undefined, '/');
    root.found = 1;
    this.#objects.set(rootAddress, root);
    this.#queue.push(root);
    for (let i = 0; i < this.#queue.length; i++) this.#object(this.#queue[i] as ObjectRecord);
  }

  // ---- findings ---------------------------------------------------------------------------------------------

  #problem(code: ProblemCode, address: number, object: ObjectRecord | undefined, message: string): void {
    const { length } = this.#problems;
    if (length > MAX_FINDINGS) return;
    this.#problems.push(
      length < MAX_FINDINGS
        ? { code, address, path: object?.path ?? '', message }
        : { code: 'more', address: -1, path: '', message: 'there are more problems, which are not listed' },
    );
  }

  #note(code: NoteCode, address: number, object: ObjectRecord | undefined, message: string): void {
    const { length } = this.#notes;
    if (length > MAX_FINDINGS) return;
    this.#notes.push(
      length < MAX_FINDINGS
        ? { code, address, path: object?.path ?? '', message }
        : { code: 'more', address: -1, path: '', message: 'there are more notes, which are not listed' },
    );
  }

  /** Calls `action`. What it throws because of the file becomes a problem or a note, and the result undefined. */
  #attempt<T>(
    code: ProblemCode,
    address: number,
    object: ObjectRecord | undefined,
    action: () => T,
  ): T | undefined {
    try {
      return action();
    } catch (error) {
      if (error instanceof Endless || !(error instanceof H5Error)) throw error;
      if (error instanceof H5FeatureError) {
        this.#note('unchecked', address, object, error.message);
      } else {
        const offset =
          error instanceof H5FormatError && error.offset >= 0 ? error.offset - this.#base : address;
        this.#problem(code, offset, object, error.message);
      }
      return undefined;
    }
  }

  /** Checks the checksum of all bytes before the reader's position. */
  #checksum(code: ProblemCode, object: ObjectRecord | undefined, reader: ByteReader, what: string): void {
    this.#attempt(code, reader.offset - this.#base, object, () => reader.checksum(what));
  }

  // ---- space ------------------------------------------------------------------------------------------------

  /**
   * Notes that something takes space. Returns false, with a problem, if something begins there already: then it has been
   * walked. Throws if the space is not in the file.
   */
  #claim(
    address: number,
    size: number,
    use: VerifiedExtent['use'],
    what: string,
    object: ObjectRecord | undefined,
  ): boolean {
    this.#inFile(address, size, what);
    const known = this.#claimed.get(address);
    if (known) {
      this.#problem('overlap', address, object, `${what} begins where ${describe(known)} does`);
      return false;
    }
    if (size === 0) return true;
    this.#claimedBytes += size;
    // What does not overlap is no more than the file.
    if (this.#claimedBytes > 2 * this.#end)
      throw new Endless('H5_FORMAT', 'structures overlap: together they take more than twice the file');
    const claim = new Claim(address, size, use, what, object);
    this.#claimed.set(address, claim);
    this.#claims.push(claim);
    return true;
  }

  #inFile(address: number, size: number, what: string): void {
    if (address === UNDEFINED_ADDRESS) throw new H5FormatError(-1, `${what} has no address`);
    if (!(address >= 0 && size >= 0 && address + size <= this.#end))
      throw new H5FormatError(
        this.#base + address,
        `${what} of ${size} bytes lies outside of the file's ${this.#end} bytes`,
      );
  }

  #bytes(address: number, size: number, what: string): Uint8Array {
    this.#inFile(address, size, what);
    return this.#space.bytes(address, size, what);
  }

  #reader(address: number, size: number, what: string): ByteReader {
    this.#inFile(address, size, what);
    return this.#space.reader(address, size, what);
  }

  /** Claims a structure, and reads it; undefined if that was done before. */
  #structure(address: number, size: number, what: string, object: ObjectRecord): ByteReader | undefined {
    return this.#claim(address, size, 'metadata', what, object)
      ? this.#reader(address, size, what)
      : undefined;
  }

  // ---- superblock -------------------------------------------------------------------------------------------

  /** Checks the superblock (Format Specification, section II.A). Returns the address of the root group. */
  #superblock(): number {
    const { superblock, storage } = this.#space;
    const { version, rootAddress } = superblock;
    const what = 'the superblock';
    const size = superblockSize(superblock);
    const root = this.#attempt('superblock', 0, undefined, () => {
      this.#claim(0, size, 'metadata', what, undefined);
      const reader = this.#reader(0, size, what);
      reader.signature('\x89HDF\r\n\x1a\n');
      if (reader.u8() !== version) reader.fail('the version of the superblock has changed');
      return version < 2 ? this.#oldSuperblock(reader, version) : this.#newSuperblock(reader, version);
    });
    const trailing = storage.size - this.#base - this.#space.end;
    if (trailing > 0 && !ownTail(this.#space))
      this.#note('trailing-bytes', this.#end, undefined, `${trailing} bytes follow the end of the file`);
    return root ?? rootAddress;
  }

  #oldSuperblock(reader: ByteReader, version: number): number {
    reader.take(4);
    this.#sizes(reader);
    reader.take(1);
    this.#leafK = reader.u16();
    this.#internalK = reader.u16();
    if (reader.u32() !== 0)
      this.#note('unchecked', 20, undefined, 'the superblock has flags, which say nothing in this version');
    if (version === 1) {
      this.#chunkK = reader.u16();
      reader.take(2);
    }
    if (this.#leafK === 0 || this.#internalK === 0 || this.#chunkK === 0)
      this.#problem('superblock', 16, undefined, 'the superblock says that nodes of trees have no entries');
    const baseAddress = reader.address();
    const freeSpace = reader.address();
    this.#checkEnd(reader, baseAddress);
    const driver = reader.address();
    reader.take(this.#lengthSize);
    const root = reader.address();
    if (reader.u32() === 1) {
      reader.take(4);
      this.#expectTable(new ObjectRecord(0, undefined, ''), root, reader);
    }
    if (freeSpace !== UNDEFINED_ADDRESS) this.#unchecked(freeSpace, 'the free-space index of the superblock');
    if (driver !== UNDEFINED_ADDRESS) {
      this.#attempt('superblock', driver, undefined, () => {
        const prefix = this.#reader(driver, 16, 'the driver information');
        prefix.version('the driver information', 0);
        prefix.take(3);
        this.#claim(driver, 16 + prefix.u32(), 'metadata', 'the driver information', undefined);
      });
    }
    return root;
  }

  #newSuperblock(reader: ByteReader, version: number): number {
    this.#sizes(reader);
    const flags = reader.u8();
    if (version === 3 && flags !== 0)
      this.#problem(
        'open-for-writing',
        11,
        undefined,
        `the superblock has the flags ${flags}: a writer has the file open, or did not close it`,
      );
    const baseAddress = reader.address();
    const extension = reader.address();
    this.#checkEnd(reader, baseAddress);
    const root = reader.address();
    this.#checksum('superblock', undefined, reader, 'the superblock');
    if (extension !== UNDEFINED_ADDRESS) this.#extension(extension);
    return root;
  }

  #sizes(reader: ByteReader): void {
    if (reader.u8() !== this.#offsetSize || reader.u8() !== this.#lengthSize)
      reader.fail('the sizes of addresses and of lengths have changed');
  }

  /** The end counts from the start of the file, as far as the base address does. */
  #checkEnd(reader: ByteReader, baseAddress: number): void {
    const address = reader.offset - this.#base;
    const end = this.#base + reader.address() - baseAddress;
    const { size } = this.#space.storage;
    if (end > size)
      this.#problem(
        'end-of-file',
        address,
        undefined,
        `the superblock says that the file ends at byte ${end}; there are ${size} bytes`,
      );
  }

  #unchecked(address: number, what: string, object?: ObjectRecord): void {
    this.#sawAll = false;
    this.#note('unchecked', address, object, `${what} is not looked at`);
  }

  /** The superblock extension (section II.C): a header of its own kinds of messages. */
  #extension(address: number): void {
    const object = new ObjectRecord(address, undefined, 'the superblock extension');
    const header = this.#attempt('superblock', address, object, () => this.#header(object));
    for (const { type, data } of header?.messages ?? []) {
      const place = data.offset - this.#base;
      this.#attempt('superblock', place, object, () => {
        switch (type) {
          case OtherMessage.BtreeK:
            data.version('the B-tree K message', 0);
            this.#chunkK = data.u16();
            this.#internalK = data.u16();
            this.#leafK = data.u16();
            break;
          case OtherMessage.SharedMessageTable:
            this.#unchecked(place, 'the table of shared messages', object);
            break;
          case OtherMessage.CacheImage:
            this.#unchecked(place, 'the metadata cache image', object);
            break;
          case MessageType.FileSpaceInfo:
            this.#fileSpaceInfo(data, object);
            break;
          default:
        }
      });
    }
  }

  #fileSpaceInfo(data: ByteReader, object: ObjectRecord): void {
    for (const manager of decodeFileSpaceInfo(data, this.#lengthSize, this.#offsetSize).managers)
      this.#freeSpace(object, manager, 1, 0, (address, size) => {
        this.#claim(address, size, 'free', 'free space', object);
      });
  }

  /**
   * A free-space manager (section III.H): its header and its list of sections. `client`: 0 for a fractal heap, 1 for the
   * file. `extra`: the bytes of a section of type 1, beside its offset and its type.
   */
  #freeSpace(
    object: ObjectRecord,
    address: number,
    client: number,
    extra: number,
    visit: (offset: number, size: number, type: number) => void,
  ): void {
    const what = 'a free-space manager';
    this.#attempt('free-space', address, object, () => {
      const headerSize = 18 + 7 * this.#lengthSize + this.#offsetSize;
      const header = this.#structure(address, headerSize, what, object);
      if (!header) return;
      header.signature('FSHD');
      header.version(what, 0);
      if (header.u8() !== client) header.fail(`${what} of another client`);
      const space = header.size();
      const total = header.size();
      const serial = header.size();
      const ghosts = header.size();
      header.take(6);
      const bits = header.u16();
      // May be 2**63, which is not exact.
      const maxSize = uintAt(header.raw(this.#lengthSize), 0, this.#lengthSize);
      const list = header.address();
      const used = header.size();
      const allocated = header.size();
      this.#checksum('free-space', object, header, what);
      if (total !== serial + ghosts) header.fail(`${what} with a wrong number of sections`);
      if (list === UNDEFINED_ADDRESS) {
        if (serial > 0) header.fail(`${what} without its list of sections`);
        return;
      }
      if (used > allocated) header.fail(`${what} whose list does not fit in its place`);
      if (!this.#claim(list, allocated, 'metadata', 'a list of free space', object)) return;
      const block = this.#reader(list, used, 'a list of free space');
      block.signature('FSSE');
      block.version('a list of free space', 0);
      if (block.address() !== address) block.fail('a list of free space that belongs elsewhere');
      const start = block.position;
      if (block.left < 4) block.fail('a list of free space that is too short');
      block.position = block.bytes.length - 4;
      this.#checksum('free-space', object, block, 'a list of free space');
      block.position = start;
      const countSize = bytesFor(serial);
      const offsetSize = Math.ceil(bits / 8);
      const lengthSize = maxSize < 0 ? this.#lengthSize : bytesFor(maxSize);
      if (offsetSize > 8) header.fail(`${what} of addresses of ${bits} bits`);
      let seen = 0;
      let sum = 0;
      while (seen < serial) {
        const count = block.uint(countSize);
        const size = block.uint(lengthSize);
        if (count === 0 || seen + count > serial || size === 0)
          block.fail(`${what} with a wrong number of sections`);
        seen += count;
        for (let i = 0; i < count; i++) {
          const offset = block.uint(offsetSize);
          const type = block.u8();
          if (type === 1) block.take(extra);
          sum += size;
          visit(offset, size, type);
        }
      }
      if (client === 1 && sum !== space) header.fail(`${what} of ${sum} bytes, its header says ${space}`);
    });
  }

  // ---- object headers ---------------------------------------------------------------------------------------

  /** All messages of a header, through all its chunks (section IV.A.1). What can be read is read. */
  #header(object: ObjectRecord): Header | undefined {
    const what = 'an object header';
    const { address } = object;
    this.#inFile(address, 0, what);
    const look = this.#reader(address, Math.min(FIRST_LOOK, this.#end - address), what);
    const messages: Message[] = [];
    const pending: { address: number; size: number }[] = [];
    let whole = true;
    let seen = 0;

    const keep = (type: number, flags: number, order: number, data: ByteReader): void => {
      seen++;
      if (type === MessageType.Continuation) {
        const chunk = decodeContinuation(data);
        pending.push({ address: chunk.address, size: chunk.length });
      } else if (type !== MessageType.Nil) {
        messages.push({ type, flags, order, data });
      }
    };

    const isNew = look.left >= 4 && look.bytes[0] === 0x4f;
    let tracked = false;
    let count = 0;
    /** Reads the messages from the reader's position up to `end`. */
    const readMessages = (reader: ByteReader, end: number): void => {
      const prefix = isNew ? (tracked ? 6 : 4) : 8;
      while (reader.position + prefix <= end) {
        const type = isNew ? reader.u8() : reader.u16();
        const length = reader.u16();
        const flags = reader.u8();
        const order = isNew && tracked ? reader.u16() : -1;
        if (!isNew) reader.take(3);
        if (length > end - reader.position) reader.fail(`a message of ${length} bytes crosses its end`);
        const data = reader.block(length);
        if (!isNew && length % 8 !== 0)
          reader.fail(`a message of ${length} bytes, which is no multiple of 8`);
        keep(type, flags, order, data);
      }
    };
    const readChunk = (reader: ByteReader): boolean => {
      const start = reader.position;
      let end = reader.length;
      if (isNew) {
        end -= 4;
        if (end < start) reader.fail('an object header chunk that is too short');
        reader.position = end;
        this.#checksum('object-header', object, reader, what);
        reader.position = start;
      }
      readMessages(reader, end);
      return true;
    };

    if (isNew) {
      look.signature('OHDR');
      look.version('the object header', 2);
      const flags = look.u8();
      tracked = (flags & HeaderFlag.AttributeOrderTracked) !== 0;
      if (flags & HeaderFlag.Times) look.take(16);
      if (flags & HeaderFlag.PhaseChange) look.take(4);
      const size = look.uint(1 << (flags & HeaderFlag.SizeOfChunk0));
      const first = this.#structure(address, look.position + size + 4, what, object);
      if (!first) return undefined;
      first.position = look.position;
      object.count = 1;
      if (!this.#attempt('object-header', address, object, () => readChunk(first))) whole = false;
    } else {
      look.version('the object header', 1);
      look.take(1);
      count = look.u16();
      const links = look.u32();
      const first = this.#structure(address, 16 + look.u32(), what, object);
      if (!first) return undefined;
      first.position = 16;
      object.count = links;
      if (!this.#attempt('object-header', address, object, () => readChunk(first))) whole = false;
    }
    const part = 'an object header continuation';
    // Each is claimed, so that a chain that bites its tail ends.
    for (const chunk of pending) {
      const done = this.#attempt('object-header', chunk.address, object, () => {
        if (chunk.size === 0) throw new H5FormatError(this.#base + chunk.address, `${part} of 0 bytes`);
        const reader = this.#structure(chunk.address, chunk.size, part, object);
        if (!reader) return undefined;
        if (isNew) reader.signature('OCHK');
        return readChunk(reader);
      });
      if (!done) whole = false;
    }
    if (!isNew && whole && seen !== count)
      this.#problem(
        'object-header',
        address,
        object,
        `the header says that it has ${count} messages; there are ${seen}`,
      );
    return { messages, whole };
  }

  // ---- objects ----------------------------------------------------------------------------------------------

  /** Counts a hard link, and makes sure that its target is visited. */
  #link(parent: ObjectRecord, name: string, address: number): void {
    const known = this.#objects.get(address);
    if (known) {
      known.found++;
      return;
    }
    const object = new ObjectRecord(address, parent, name);
    object.found = 1;
    this.#objects.set(address, object);
    this.#queue.push(object);
  }

  #object(object: ObjectRecord): void {
    const { address } = object;
    const code = object.parent ? 'link-target' : 'superblock';
    const isThere = this.#attempt(code, address, object, () => {
      const start = this.#reader(address, 4, 'an object header');
      const text = String.fromCharCode(...start.bytes);
      if (text !== 'OHDR' && start.bytes[0] !== 1)
        throw new H5FormatError(this.#base + address, 'there is no object header where the link leads');
      return true;
    });
    const header = isThere && this.#attempt('object-header', address, object, () => this.#header(object));
    if (!header) {
      this.#sawAll = false;
      this.#sawHeap = false;
      return;
    }
    if (!header.whole) {
      this.#sawAll = false;
      this.#sawHeap = false;
    }
    this.#messages(object, header);
  }

  #messages(object: ObjectRecord, { messages, whole }: Header): void {
    const attributes: Attribute[] = [];
    const links: Link[] = [];
    const seen = new Set<number>();
    let linkInfo: LinkInfo | undefined;
    let attributeInfo: AttributeInfo | undefined;
    let symbolTable: SymbolTable | undefined;
    let datatype: Datatype | undefined;
    let dataspace: Dataspace | undefined;
    let layout: ByteReader | undefined;
    let fillValue: Uint8Array | undefined;
    let external = false;
    let filters: Dataset['filters'] | undefined;
    let linksKnown = whole;
    const has = (type: number) => seen.has(type);
    const resolve = (reader: ByteReader) => this.#sharedType(object, reader);

    for (const { type, flags, order, data } of messages) {
      const place = data.offset - this.#base;
      if (ONCE.has(type) && seen.has(type))
        this.#problem('message', place, object, `the header has two messages of type ${type}`);
      seen.add(type);
      const code =
        type === MessageType.Attribute ? 'attribute' : type === MessageType.Link ? 'link' : 'message';
      const done = this.#attempt(code, place, object, () => {
        if (flags & MessageFlag.Shared && type !== MessageType.Datatype)
          throw new H5FeatureError('a shared header message');
        switch (type) {
          case MessageType.Dataspace:
            dataspace = decodeDataspace(data);
            break;
          case MessageType.Datatype:
            datatype = flags & MessageFlag.Shared ? resolve(data) : decodeDatatype(data);
            if (hasEmptyEnum(datatype)) this.#problem('message', place, object, EMPTY_ENUM);
            break;
          case MessageType.FillValue:
            fillValue = decodeFillValue(data);
            break;
          case MessageType.FillValueOld:
            data.take(data.u32());
            break;
          case MessageType.DataLayout:
            layout = data;
            break;
          case MessageType.FilterPipeline:
            filters = decodeFilterPipeline(data);
            break;
          case MessageType.ExternalDataFiles:
            external = true;
            this.#externalFiles(object, data);
            break;
          case MessageType.Attribute:
            attributes.push(decodeAttribute(data, order, resolve));
            break;
          case MessageType.AttributeInfo:
            attributeInfo = decodeAttributeInfo(data);
            break;
          case MessageType.Link: {
            const link = decodeLink(data);
            if (link) links.push(link);
            break;
          }
          case MessageType.LinkInfo:
            linkInfo = decodeLinkInfo(data);
            break;
          case MessageType.GroupInfo:
            decodeGroupInfo(data);
            break;
          case MessageType.SymbolTable:
            symbolTable = decodeSymbolTable(data);
            break;
          case MessageType.ReferenceCount:
            object.count = decodeReferenceCount(data);
            break;
          case OtherMessage.Comment:
            data.utf8z();
            break;
          case OtherMessage.ModificationTime:
            data.version('the modification time', 1);
            data.take(7);
            break;
          case OtherMessage.OldModificationTime:
            data.take(16);
            break;
          default:
            if (type > MessageType.ReferenceCount && flags & MessageFlag.FailIfUnknown)
              throw new H5FeatureError(`header message ${type}`);
        }
        return true;
      });
      if (done) continue;
      if (type === MessageType.Attribute || type === MessageType.AttributeInfo) this.#sawHeap = false;
      if (type === MessageType.Link || type === MessageType.LinkInfo || type === MessageType.SymbolTable)
        linksKnown = false;
      else if (type !== MessageType.Attribute) this.#sawHeap = false;
    }

    object.exists = true;
    if (attributeInfo) this.#denseAttributes(object, attributeInfo, attributes, resolve);
    this.#attributes(object, attributes, attributeInfo);

    if (has(MessageType.LinkInfo) || has(MessageType.SymbolTable)) {
      if (symbolTable) {
        object.symbolTable = symbolTable;
        if (!this.#symbolTable(object, symbolTable, links)) linksKnown = false;
      }
      if (linkInfo && !this.#denseLinks(object, linkInfo, links)) linksKnown = false;
      this.#links(object, links, linkInfo);
      if (linksKnown) object.links = links;
      else this.#sawAll = false;
      return;
    }
    if (has(MessageType.Datatype) && has(MessageType.Dataspace) && has(MessageType.DataLayout)) {
      if (datatype && dataspace && layout) {
        const dataset = { datatype, dataspace, pointers: pointersOf(datatype), filters: filters ?? [] };
        if (fillValue && (fillValue as Uint8Array).length !== (datatype as Datatype).size)
          this.#problem(
            'message',
            object.address,
            object,
            `a fill value of ${(fillValue as Uint8Array).length} bytes for elements of ${(datatype as Datatype).size}`,
          );
        else if (fillValue) this.#scan(object, dataset.pointers, fillValue, 1, 0);
        this.#dataset(object, dataset, layout, external);
      } else {
        this.#sawAll = false;
        this.#sawHeap = false;
      }
      return;
    }
    if (has(MessageType.Datatype) && !has(MessageType.Dataspace)) return;
    if (whole)
      this.#problem(
        'message',
        object.address,
        object,
        'the object is neither a group nor a dataset nor a datatype',
      );
  }

  /** A datatype that is shared with a committed one, which counts that as a link (H5O__shared_link_adj). */
  #sharedType(object: ObjectRecord, reader: ByteReader): Datatype {
    const address = decodeSharedMessage(reader);
    this.#inFile(address, 1, 'a committed datatype');
    this.#link(object, '(datatype)', address);
    let known = this.#types.get(address);
    if (!known) {
      if (this.#typeBytes > 2 * this.#end)
        throw new Endless('H5_FORMAT', 'headers of committed datatypes overlap without end');
      known = this.#committedType(address);
      this.#types.set(address, known);
    }
    if (known instanceof H5Error) throw known;
    return known;
  }

  #committedType(address: number): Datatype | H5Error {
    const chunks: Extent[] = [];
    try {
      const message = readObjectHeader(this.#space, address, chunks).find(
        ({ type }) => type === MessageType.Datatype,
      );
      if (!message || message.flags & MessageFlag.Shared)
        throw new H5FormatError(this.#base + address, 'no committed datatype');
      return decodeDatatype(message.data);
    } catch (error) {
      if (error instanceof H5Error) return error;
      throw error;
    } finally {
      // Other headers of types may lead to the same continuations again.
      for (const [, size] of chunks) this.#typeBytes += size;
    }
  }

  #attributes(object: ObjectRecord, attributes: readonly Attribute[], info: AttributeInfo | undefined): void {
    const names = new Set<string>();
    const orders = new Set<number>();
    for (const { name, order, datatype, data, dataspace, offset } of attributes) {
      const place = offset - this.#base;
      if (names.has(name))
        this.#problem('attribute', place, object, `there are two attributes ${quote(name)}`);
      names.add(name);
      if (order >= 0) {
        if (orders.has(order))
          this.#problem('attribute', place, object, `two attributes have the creation order ${order}`);
        orders.add(order);
        if (info?.creationOrderTracked && order >= info.nextCreationOrder)
          this.#problem(
            'attribute',
            place,
            object,
            `the attribute ${quote(name)} has the creation order ${order}, the next one would get ${info.nextCreationOrder}`,
          );
      }
      if (hasEmptyEnum(datatype)) this.#problem('attribute', place, object, EMPTY_ENUM);
      this.#attempt('attribute', place, object, () =>
        this.#scan(object, pointersOf(datatype), data, extent(dataspace), datatype.size),
      );
    }
  }

  #links(object: ObjectRecord, links: readonly Link[], info: LinkInfo | undefined): void {
    const names = new Set<string>();
    const orders = new Set<number>();
    for (const link of links) {
      const { name, order } = link;
      if (names.has(name))
        this.#problem('link', object.address, object, `there are two links ${quote(name)}`);
      names.add(name);
      if (name === '' || name.includes('/'))
        this.#problem('link', object.address, object, `a link cannot have the name ${quote(name)}`);
      if (order >= 0) {
        if (orders.has(order))
          this.#problem('link', object.address, object, `two links have the creation order ${order}`);
        orders.add(order);
        if (info?.creationOrderTracked && order >= info.nextCreationOrder)
          this.#problem(
            'link',
            object.address,
            object,
            `the link ${quote(name)} has the creation order ${order}, the next one would get ${info.nextCreationOrder}`,
          );
      }
      if (link.kind !== 'hard') continue;
      const { address } = link;
      if (address >= 0 && address < this.#end) this.#link(object, name, address);
      else
        this.#problem(
          'link-target',
          address,
          object,
          `the link ${quote(name)} leads to ${address < 0 ? 'no address' : 'an address outside of the file'}`,
        );
    }
  }

  /** The names of external files (section IV.A.2.h) lie in a local heap. */
  #externalFiles(object: ObjectRecord, data: ByteReader): void {
    data.version('the external files message', 1);
    data.take(3);
    data.take(2);
    const count = data.u16();
    const heap = this.#localHeap(object, data.address());
    for (let i = 0; i < count; i++) {
      const offset = data.size();
      data.take(2 * this.#lengthSize);
      if (heap) heap.use(offset, heap.text(offset).length + 1);
    }
    heap?.finish();
  }

  // ---- groups of the old kind -------------------------------------------------------------------------------

  /** Adds the links of a symbol table (sections III.A.1 to III.D). Returns whether all could be read. */
  #symbolTable(object: ObjectRecord, table: SymbolTable, links: Link[]): boolean {
    const heap = this.#attempt('local-heap', table.localHeap, object, () =>
      this.#localHeap(object, table.localHeap),
    );
    if (!heap) return false;
    let whole = true;
    let last: Uint8Array | undefined;
    const entrySize = this.#lengthSize + this.#offsetSize + 24;
    const nodeSize = 8 + 2 * this.#leafK * entrySize;
    const what = 'a symbol table node';
    const done = this.#btreeV1(
      object,
      table.btree,
      BtreeV1Type.Group,
      this.#lengthSize,
      this.#internalK,
      (address, _, rightKey) => {
        const node = this.#structure(address, nodeSize, what, object);
        if (!node) return;
        node.signature('SNOD');
        node.version(what, 1);
        node.take(1);
        const count = node.u16();
        if (count === 0 || count > 2 * this.#leafK) node.fail(`${what} of ${count} entries`);
        for (let i = 0; i < count; i++) {
          const offset = node.size();
          const target = node.address();
          const cacheType = node.u32();
          node.take(4);
          const scratchPad = node.block(16);
          const read = this.#attempt('symbol-table', node.offset - this.#base, object, () => {
            const bytes = heap.text(offset);
            heap.use(offset, bytes.length + 1);
            if (last && compareBytes(last, bytes) >= 0) node.fail(`${what} whose names are not in order`);
            last = bytes;
            const name = decodeUtf8(bytes);
            if (cacheType === 2) {
              const at = scratchPad.u32();
              const text = heap.text(at);
              heap.use(at, text.length + 1);
              links.push({ kind: 'soft', name, order: -1, target: decodeUtf8(text) });
            } else {
              if (cacheType > 2) node.fail(`a symbol table entry of type ${cacheType}`);
              links.push({ kind: 'hard', name, order: -1, address: target });
              if (cacheType === 1) this.#expectTable(object, target, scratchPad);
            }
            return true;
          });
          if (!read) whole = false;
        }
        // The key at the right of a child is its largest name; that at the left may be of a name that is gone.
        this.#attempt('btree-v1', address, object, () => {
          if (last && compareBytes(last, heap.text(rightKey.size())) > 0)
            node.fail(`${what} with a name behind the key of its tree`);
        });
      },
      (rightKey) => {
        const key = heap.text(rightKey.size());
        if (last && compareBytes(last, key) > 0)
          rightKey.fail('a key of a version 1 B-tree before a name below it');
      },
    );
    this.#attempt('local-heap', table.localHeap, object, () => heap.finish());
    return done && whole;
  }

  /** A symbol table entry may repeat what the symbol table message of its object says. */
  #expectTable(object: ObjectRecord, address: number, scratchPad: ByteReader): void {
    const table = { btree: scratchPad.address(), localHeap: scratchPad.address() };
    this.#cached.push({ in: object, address, table });
  }

  #checkCached(): void {
    for (const { in: object, address, table } of this.#cached) {
      const target = this.#objects.get(address);
      // libhdf5 leaves an entry as it is when it makes a group one of the new kind.
      if (!target?.symbolTable) continue;
      const { btree, localHeap } = target.symbolTable;
      if (btree === table.btree && localHeap === table.localHeap) continue;
      this.#problem(
        'symbol-table',
        address,
        object.name === '' ? target : object,
        `an entry says that the symbol table of ${quote(target.path)} is elsewhere than its header says`,
      );
    }
  }

  #localHeap(object: ObjectRecord, address: number): LocalHeap | undefined {
    const what = 'a local heap';
    // libhdf5 makes it a multiple of 8 bytes (H5HL_SIZEOF_HDR).
    const headerSize = 8 * Math.ceil((8 + 2 * this.#lengthSize + this.#offsetSize) / 8);
    const header = this.#structure(address, headerSize, what, object);
    if (!header) return undefined;
    header.signature('HEAP');
    header.version(what, 0);
    header.take(3);
    const size = header.size();
    const freeList = header.size();
    const dataAddress = header.address();
    const data = this.#structure(dataAddress, size, 'the data of a local heap', object);
    if (!data) return undefined;
    const { bytes } = data;
    const used = new NumberList();
    const text = (offset: number): Uint8Array => {
      const end = offset < size ? bytes.indexOf(0, offset) : -1;
      if (end < 0)
        throw new H5FormatError(data.base + Math.min(offset, size), `${what} has no text at ${offset}`);
      return bytes.subarray(offset, end);
    };
    const use = (offset: number, length: number): void => {
      used.push(offset);
      used.push(offset + length);
    };
    const finish = (): void => {
      // The free list: the next block, and the size of this one. A list that has no end finds itself.
      const limit = size / (2 * this.#lengthSize);
      let blocks = 0;
      for (let offset = freeList; offset !== FREE_LIST_END; ) {
        if (++blocks > limit) header.fail(`${what} whose free list has no end`);
        if (offset >= size) header.fail(`${what} with free space at ${offset}, outside of its ${size} bytes`);
        data.position = offset;
        const next = data.size();
        const length = data.size();
        if (length > size - offset || length < 2 * this.#lengthSize)
          header.fail(`${what} with ${length} bytes of free space at ${offset} of ${size}`);
        use(offset, length);
        offset = next;
      }
      const crossing = findOverlap(used);
      if (crossing >= 0) header.fail(`${what} whose texts or free space overlap at ${crossing}`);
    };
    return { text, use, finish };
  }

  /**
   * Walks a version 1 B-tree (section III.A.1). `visit` gets each child of a leaf, and the keys at its left and right;
   * `visited` the key at the right of each subtree, behind it. Returns whether all could be read.
   */
  #btreeV1(
    object: ObjectRecord,
    root: number,
    type: number,
    keySize: number,
    k: number,
    visit: (child: number, leftKey: ByteReader, rightKey: ByteReader) => void,
    visited?: (rightKey: ByteReader) => void,
  ): boolean {
    const what = 'a version 1 B-tree node';
    const childCode = type === BtreeV1Type.Group ? 'symbol-table' : 'chunk';
    const nodeSize = 8 + 2 * this.#offsetSize + (2 * k + 1) * keySize + 2 * k * this.#offsetSize;
    let whole = true;
    /** The last node of each level, and what it says of the next. */
    const lefts: ({ address: number; right: number } | undefined)[] = [];
    const visitNode = (address: number, level: number): boolean => {
      const node = this.#structure(address, nodeSize, what, object);
      if (!node) return false;
      node.signature('TREE');
      if (node.u8() !== type) node.fail(`${what} of another type`);
      const ownLevel = node.u8();
      if (level >= 0 && ownLevel !== level) node.fail(`${what} at the wrong level`);
      const count = node.u16();
      const left = node.address();
      const right = node.address();
      if (count > 2 * k) node.fail(`${what} of ${count} children, it has room for ${2 * k}`);
      if (count === 0 && level >= 0) node.fail(`${what} without children`);
      const before = lefts[ownLevel];
      if (left !== (before?.address ?? UNDEFINED_ADDRESS) || (before && before.right !== address))
        this.#problem('btree-v1', address, object, `${what} whose siblings are others than it says`);
      lefts[ownLevel] = { address, right };
      if (count === 0) return true;
      let leftKey = node.block(keySize);
      for (let i = 0; i < count; i++) {
        const child = node.address();
        const rightKey = node.block(keySize);
        const [l, r] = [
          leftKey,
          new ByteReader(rightKey.bytes, rightKey.base, this.#offsetSize, this.#lengthSize),
        ];
        leftKey = rightKey;
        const code = ownLevel > 0 ? 'btree-v1' : childCode;
        const done = this.#attempt(code, child, object, () => {
          if (ownLevel === 0) visit(child, l, r);
          else if (!visitNode(child, ownLevel - 1)) whole = false;
          return true;
        });
        if (!done) whole = false;
        if (ownLevel > 0 && visited) this.#attempt('btree-v1', address, object, () => visited(r));
      }
      return true;
    };
    if (!this.#attempt('btree-v1', root, object, () => visitNode(root, -1))) return false;
    // Nodes that could not be read leave gaps.
    for (const last of lefts) {
      if (last && last.right !== UNDEFINED_ADDRESS)
        this.#problem('btree-v1', last.address, object, `${what} whose siblings are others than it says`);
    }
    return whole;
  }

  // ---- dense storage ----------------------------------------------------------------------------------------

  /** Adds the links in dense storage. Returns whether all could be read. */
  #denseLinks(object: ObjectRecord, info: LinkInfo, links: Link[]): boolean {
    if (info.fractalHeap === UNDEFINED_ADDRESS) return true;
    if (links.length > 0)
      this.#problem('link', object.address, object, 'there are links in the header and in dense storage');
    return this.#dense(object, info, 'link', (message) => {
      const link = decodeLink(
        new ByteReader(message.bytes, message.base, this.#offsetSize, this.#lengthSize),
      );
      if (link) links.push(link);
      return { name: linkName(message), order: link?.order ?? -1 };
    });
  }

  #denseAttributes(
    object: ObjectRecord,
    info: AttributeInfo,
    attributes: Attribute[],
    resolve: (shared: ByteReader) => Datatype,
  ): void {
    if (info.fractalHeap === UNDEFINED_ADDRESS) return;
    if (attributes.length > 0)
      this.#problem(
        'attribute',
        object.address,
        object,
        'there are attributes in the header and in dense storage',
      );
    const whole = this.#dense(object, info, 'attribute', (message, order) => {
      const copy = new ByteReader(message.bytes, message.base, this.#offsetSize, this.#lengthSize);
      attributes.push(decodeAttribute(copy, info.creationOrderTracked ? order : -1, resolve));
      return { name: attributeName(message), order };
    });
    if (!whole) this.#sawHeap = false;
  }

  /**
   * Dense storage: messages in a fractal heap, an index of them by the hash of their name, and perhaps one by creation
   * order (records of types 5 and 6, 8 and 9; sections III.A.2 and III.G). `decode` gets each message, and the order
   * that the record of an attribute has; it returns the name as bytes, and the order. Returns whether all could be read.
   */
  #dense(
    object: ObjectRecord,
    info: LinkInfo | AttributeInfo,
    kind: 'link' | 'attribute',
    decode: (message: ByteReader, order: number) => { name: Uint8Array; order: number },
  ): boolean {
    const { fractalHeap, nameIndex, orderIndex } = info;
    const heap = this.#attempt('fractal-heap', fractalHeap, object, () =>
      this.#fractalHeap(object, fractalHeap),
    );
    if (!heap) return false;
    const { idSize } = heap;
    const isLink = kind === 'link';
    let whole = true;
    /** The creation order by heap ID. */
    const byId = new Map<string, number>();
    let lastHash = -1;
    let lastName: Uint8Array | undefined;
    const nameType = isLink ? BtreeV2Type.LinksByName : BtreeV2Type.AttributesByName;
    const nameSize = idSize + (isLink ? 4 : 9);
    const byName = this.#btreeV2(object, nameIndex, nameType, nameSize, (record) => {
      const place = record.offset - this.#base;
      const done = this.#attempt(kind, place, object, () => {
        let hash = isLink ? record.u32() : 0;
        const id = record.block(idSize);
        let order = -1;
        if (!isLink) {
          // The ID of a shared one is that of another heap.
          if (record.u8() & MessageFlag.Shared) throw new H5FeatureError('a shared attribute');
          order = record.u32();
          hash = record.u32();
        }
        const key = idKey(id.bytes);
        if (byId.has(key)) record.fail(`two records of an index lead to the same ${kind}`);
        const message = heap.get(id);
        const { name, order: ownOrder } = decode(message, order);
        byId.set(key, ownOrder);
        const view = new DataView(name.buffer, name.byteOffset, name.length);
        if (lookup3(view, 0, name.length) !== hash)
          this.#problem(
            'btree-v2',
            place,
            object,
            `the index of names has another hash for the ${kind} ${quote(decodeUtf8(name))}`,
          );
        if (hash < lastHash || (hash === lastHash && lastName && compareBytes(lastName, name) >= 0))
          this.#problem(
            'btree-v2',
            place,
            object,
            `the index of names is not in order at ${quote(decodeUtf8(name))}`,
          );
        lastHash = hash;
        lastName = name;
        return true;
      });
      if (!done) whole = false;
    });
    if (!byName) whole = false;
    if (whole) this.#attempt('fractal-heap', fractalHeap, object, () => heap.finish());
    if (orderIndex !== UNDEFINED_ADDRESS) {
      let last = -1;
      let count = 0;
      const orderType = isLink ? BtreeV2Type.LinksByOrder : BtreeV2Type.AttributesByOrder;
      const orderSize = idSize + (isLink ? 8 : 5);
      const byOrder = this.#btreeV2(object, orderIndex, orderType, orderSize, (record) => {
        const place = record.offset - this.#base;
        this.#attempt('btree-v2', place, object, () => {
          let order = isLink ? record.u64() : 0;
          const id = record.raw(idSize);
          if (!isLink) {
            record.take(1);
            order = record.u32();
          }
          if (order <= last) record.fail('the index of creation orders is not in order');
          last = order;
          count++;
          const known = byId.get(idKey(id));
          if (whole && known !== order)
            record.fail(
              known === undefined
                ? `the index of creation orders has a ${kind} that the index of names does not have`
                : `the ${kind} of creation order ${known} stands at ${order} in the index of creation orders`,
            );
        });
      });
      if (byOrder && whole && count !== byId.size)
        this.#problem(
          'btree-v2',
          orderIndex,
          object,
          `the index of creation orders has ${count} records, that of names ${byId.size}`,
        );
    }
    return whole;
  }

  /**
   * Walks a version 2 B-tree (section III.A.2) of a type, whose records are of `size` bytes. `visit` gets them in their
   * order. Returns whether all could be read.
   */
  #btreeV2(
    object: ObjectRecord,
    address: number,
    type: number,
    size: number,
    visit: (record: ByteReader) => void,
  ): boolean {
    const what = 'a version 2 B-tree';
    let whole = true;
    const done = this.#attempt('btree-v2', address, object, () => {
      const header = this.#structure(address, 22 + this.#offsetSize + this.#lengthSize, what, object);
      if (!header) return false;
      header.signature('BTHD');
      header.version(what, 0);
      if (header.u8() !== type) header.fail(`${what} of another type`);
      const nodeSize = header.u32();
      const own = header.u16();
      if (own !== size) header.fail(`${what} whose records are of ${own} bytes, expected ${size}`);
      const depth = header.u16();
      if (depth > MAX_DEPTH) header.fail(`${what} of depth ${depth}`);
      const split = header.u8();
      const merge = header.u8();
      const root = header.address();
      const rootCount = header.u16();
      const total = header.size();
      this.#checksum('btree-v2', object, header, what);
      if (split === 0 || split > 100 || merge === 0 || merge >= split)
        this.#problem(
          'btree-v2',
          address,
          object,
          `${what} that is split at ${split} % and merged at ${merge} %`,
        );
      if (total === 0 || root === UNDEFINED_ADDRESS) {
        if (total !== 0 || rootCount !== 0) header.fail(`${what} of ${total} records without a root`);
        return true;
      }

      // The most records in a node of each level from the leaves on, and at and below it.
      const most = [Math.floor((nodeSize - NODE_OVERHEAD) / size)];
      const mostBelow = [most[0] as number];
      const countSize = bytesFor(Math.max(0, most[0] as number));
      const totalSizes = [0];
      for (let level = 1; level <= depth; level++) {
        const pointer = this.#offsetSize + countSize + (totalSizes[level - 1] as number);
        const room = Math.floor((nodeSize - NODE_OVERHEAD - pointer) / (size + pointer));
        most.push(room);
        const below = room + (room + 1) * (mostBelow[level - 1] as number);
        mostBelow.push(below);
        totalSizes.push(bytesFor(below));
      }
      if (most.some((room) => room < 1)) header.fail(`${what} whose nodes have no room for a record`);

      /** Returns the number of records at and below a node; -1 if not all could be read. */
      const visitNode = (at: number, count: number, level: number): number => {
        const node = this.#structure(at, nodeSize, `a node of ${what}`, object);
        if (!node) return -1;
        node.signature(level > 0 ? 'BTIN' : 'BTLF');
        node.version(`a node of ${what}`, 0);
        if (node.u8() !== type) node.fail(`a node of ${what} of another type`);
        if (count > (most[level] as number) || count === 0)
          node.fail(`a node of ${what} of ${count} records, it has room for ${most[level]}`);
        const records = node.block(count * size);
        const totalSize = level > 0 ? (totalSizes[level - 1] as number) : 0;
        const pointers = node.block(level > 0 ? (count + 1) * (this.#offsetSize + countSize + totalSize) : 0);
        this.#checksum('btree-v2', object, node, `a node of ${what}`);
        let sum = count;
        for (let i = 0; i <= count; i++) {
          if (level > 0) {
            const child = pointers.address();
            const childCount = pointers.uint(countSize);
            const below = totalSize > 0 ? pointers.uint(totalSize) : childCount;
            const seen = this.#attempt('btree-v2', child, object, () =>
              visitNode(child, childCount, level - 1),
            );
            if (seen === undefined || seen < 0) {
              whole = false;
              sum = Number.NaN;
            } else {
              if (seen !== below)
                this.#problem(
                  'btree-v2',
                  child,
                  object,
                  `${what} with ${seen} records below a node that is said to have ${below}`,
                );
              sum += seen;
            }
          }
          if (i < count) visit(records.block(size));
        }
        return Number.isNaN(sum) ? -1 : sum;
      };
      const seen = visitNode(root, rootCount, depth);
      if (seen < 0) whole = false;
      else if (seen !== total) header.fail(`${what} of ${seen} records, its header says ${total}`);
      return true;
    });
    return done === true && whole;
  }

  /** The blocks and the statistics of a fractal heap (section III.G). */
  #fractalHeap(object: ObjectRecord, address: number): FractalHeap | undefined {
    const what = 'a fractal heap';
    const O = this.#offsetSize;
    const L = this.#lengthSize;
    const prefix = this.#reader(address, 9, what);
    prefix.signature('FRHP');
    prefix.version(what, 0);
    prefix.take(2);
    if (prefix.u16() > 0) {
      this.#unchecked(address, 'a fractal heap with filters', object);
      return undefined;
    }
    const header = this.#structure(address, 26 + 12 * L + 3 * O, what, object);
    if (!header) return undefined;
    header.take(5);
    const idSize = header.u16();
    header.take(2);
    const hasChecksums = (header.u8() & 2) !== 0;
    const maxManagedSize = header.u32();
    header.size();
    const hugeIndex = header.address();
    const freeBytes = header.size();
    const freeSpace = header.address();
    const managedSize = header.size();
    const allocatedSize = header.size();
    const iterator = header.size();
    const managedCount = header.size();
    const hugeSize = header.size();
    const hugeCount = header.size();
    const tinySize = header.size();
    const tinyCount = header.size();
    const width = header.u16();
    const startSize = header.size();
    const maxDirectSize = header.size();
    const maxBits = header.u16();
    header.take(2);
    const root = header.address();
    const rootRows = header.u16();
    this.#checksum('fractal-heap', object, header, what);
    const powersOfTwo = [width, startSize, maxDirectSize].every((size) => Number.isInteger(Math.log2(size)));
    if (!powersOfTwo || startSize > maxDirectSize || maxDirectSize > 2 ** 31 || maxBits > 64)
      header.fail(`${what} with impossible block sizes`);

    const offsetSize = Math.ceil(maxBits / 8);
    const objectLengthSize = Math.min(Math.ceil(Math.log2(maxDirectSize) / 8), bytesFor(maxManagedSize));
    const overhead = 5 + O + offsetSize + (hasChecksums ? 4 : 0);
    const firstRowBits = Math.log2(startSize) + Math.log2(width);
    const rowSize = (row: number): number => startSize * 2 ** Math.max(0, row - 1);
    const rowsOf = (size: number): number => Math.log2(size) - firstRowBits + 1;
    if (rootRows > Math.max(1, maxBits - firstRowBits + 1))
      header.fail(`${what} of ${rootRows} rows of blocks`);
    /** The bytes for objects in all direct blocks that a block of a size stands for, whether they are there or not. */
    const rooms = new Map<number, number>();
    const room = (size: number): number => {
      if (size <= maxDirectSize) return size - overhead;
      const known = rooms.get(size);
      if (known !== undefined) return known;
      let sum = 0;
      for (let row = 0, rows = rowsOf(size); row < rows; row++) sum += width * room(rowSize(row));
      rooms.set(size, sum);
      return sum;
    };

    const starts = new NumberList();
    const blocks: ByteReader[] = [];
    let allocated = 0;
    let whole = true;
    const readBlock = (
      at: number,
      signature: string,
      start: number,
      size: number,
    ): ByteReader | undefined => {
      const name = signature === 'FHDB' ? `a direct block of ${what}` : `an indirect block of ${what}`;
      const block = this.#structure(at, size, name, object);
      if (!block) return undefined;
      block.signature(signature);
      block.version(what, 0);
      if (block.address() !== address || block.uint(offsetSize) !== start)
        block.fail(`${name} that belongs elsewhere`);
      return block;
    };
    const attempt = (at: number, action: () => boolean): void => {
      if (!this.#attempt('fractal-heap', at, object, action)) whole = false;
    };
    const directBlock = (at: number, start: number, size: number): void =>
      attempt(at, () => {
        const block = readBlock(at, 'FHDB', start, size);
        if (!block) return false;
        if (hasChecksums) {
          const { position } = block;
          const expected = block.u32();
          // Not `slice`: a Buffer's would be a view of the file.
          const bytes = new Uint8Array(block.bytes).fill(0, position, position + 4);
          if (lookup3(new DataView(bytes.buffer), 0, size) !== expected)
            this.#problem('fractal-heap', at, object, `a direct block of ${what} fails its checksum`);
        }
        starts.push(start);
        blocks.push(block);
        allocated += size;
        return true;
      });
    const indirectBlock = (at: number, start: number, rows: number): void =>
      attempt(at, () => {
        const entries = rows * width;
        const block = readBlock(at, 'FHIB', start, 9 + O + offsetSize + entries * O);
        if (!block) return false;
        const { position } = block;
        block.position = position + entries * O;
        this.#checksum('fractal-heap', object, block, `an indirect block of ${what}`);
        block.position = position;
        let childStart = start;
        for (let row = 0; row < rows; row++) {
          const size = rowSize(row);
          for (let column = 0; column < width; column++, childStart += size) {
            const child = block.address();
            if (child === UNDEFINED_ADDRESS) continue;
            if (size <= maxDirectSize) directBlock(child, childStart, size);
            // Fewer rows than this block has, so that it ends.
            else if (rowsOf(size) >= 1 && rowsOf(size) < rows) indirectBlock(child, childStart, rowsOf(size));
            else block.fail(`${what} with an indirect block of ${rowsOf(size)} rows`);
          }
        }
        return true;
      });
    if (root !== UNDEFINED_ADDRESS) {
      if (rootRows === 0) directBlock(root, 0, startSize);
      else indirectBlock(root, 0, rootRows);
    }

    /** Huge objects by their number, where IDs hold one. */
    const huge = new Map<number, { at: number; size: number }>();
    const hugeInId = idSize > O + L;
    let hugeSum = 0;
    let hugeRecords = 0;
    if (hugeIndex !== UNDEFINED_ADDRESS) {
      let last = -1;
      const type = hugeInId ? BtreeV2Type.HugeObjectsDirect : BtreeV2Type.HugeObjects;
      const done = this.#btreeV2(object, hugeIndex, type, hugeInId ? O + L : O + 2 * L, (record) => {
        this.#attempt('fractal-heap', record.offset - this.#base, object, () => {
          const at = record.address();
          const size = record.size();
          const key = hugeInId ? at : record.size();
          if (key <= last) record.fail(`the huge objects of ${what} are not in order`);
          last = key;
          hugeRecords++;
          hugeSum += size;
          huge.set(key, { at, size });
          this.#claim(at, size, 'metadata', `a huge object of ${what}`, object);
        });
      });
      if (!done) whole = false;
    }

    const objects = new NumberList();
    const usedHuge = new Set<number>();
    let objectBytes = 0;
    let tinyObjects = 0;
    let tinyBytes = 0;
    const getManaged = (id: ByteReader): ByteReader => {
      const offset = id.uint(offsetSize);
      const size = id.uint(objectLengthSize);
      let low = 0;
      let high = starts.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((starts.data[middle] as number) <= offset) low = middle + 1;
        else high = middle;
      }
      const block = blocks[low - 1];
      const at = offset - (low > 0 ? (starts.data[low - 1] as number) : 0);
      if (!block || at < overhead || at + size > block.bytes.length || size === 0)
        return id.fail(`${what} has no object of ${size} bytes at ${offset}`);
      objects.push(offset);
      objects.push(offset + size);
      objectBytes += size;
      block.position = at;
      return block.block(size);
    };
    const getHuge = (id: ByteReader): ByteReader => {
      const key = hugeInId ? id.address() : id.uint(Math.min(idSize - 1, 8));
      const place = huge.get(key) ?? id.fail(`${what} has no huge object ${key}`);
      if (hugeInId && id.size() !== place.size) id.fail(`a huge object of ${what} of another size`);
      usedHuge.add(key);
      return this.#reader(place.at, place.size, `a huge object of ${what}`);
    };
    const get = (id: ByteReader): ByteReader => {
      const first = id.u8();
      switch (first >> 4) {
        case 0:
          return getManaged(id);
        case 1:
          return getHuge(id);
        case 2: {
          const length = first & 0x0f;
          const size = (idSize > SHORT_ID ? length * 256 + id.u8() : length) + 1;
          tinyObjects++;
          tinyBytes += size;
          return id.block(size);
        }
        default:
          return id.fail(`${what} ID of an unknown type`);
      }
    };

    const finish = (): void => {
      if (!whole) return;
      const expect = (name: string, said: number, found: number): void => {
        if (said !== found)
          this.#problem('fractal-heap', address, object, `${what} says ${name} ${said}, found ${found}`);
      };
      let size = 0;
      let free = 0;
      if (root !== UNDEFINED_ADDRESS) {
        for (let row = 0; row < rootRows; row++) {
          size += width * rowSize(row);
          free += width * room(rowSize(row));
        }
        if (rootRows === 0) {
          size = startSize;
          free = room(startSize);
        }
      }
      expect('managed objects:', managedCount, objects.length / 2);
      expect('managed bytes:', managedSize, size);
      expect('allocated bytes:', allocatedSize, allocated);
      expect('free bytes:', freeBytes, free - objectBytes);
      expect('huge objects:', hugeCount, hugeRecords);
      expect('bytes of huge objects:', hugeSize, hugeSum);
      expect('huge objects in use:', hugeRecords, usedHuge.size);
      expect('tiny objects:', tinyCount, tinyObjects);
      expect('bytes of tiny objects:', tinySize, tinyBytes);
      if (iterator > managedSize)
        this.#problem(
          'fractal-heap',
          address,
          object,
          `${what} would place a block at ${iterator}, beyond its end`,
        );
      const crossing = findOverlap(objects);
      if (crossing >= 0) header.fail(`${what} whose objects overlap at ${crossing}`);
      if (freeSpace === UNDEFINED_ADDRESS) return;
      let freeInBlocks = 0;
      const complete = this.#problems.length;
      this.#freeSpace(object, freeSpace, 0, offsetSize + 6, (offset, length, type) => {
        if (type !== 0) return;
        freeInBlocks += length;
        objects.push(offset);
        objects.push(offset + length);
      });
      if (this.#problems.length > complete) return;
      const wrong = findOverlap(objects);
      if (wrong >= 0) header.fail(`${what} whose objects overlap with its free space at ${wrong}`);
      const inBlocks = allocated - blocks.length * overhead - objectBytes;
      expect('free bytes in blocks, in the list of free space,', freeInBlocks, inBlocks);
    };
    return { idSize, get, finish };
  }

  // ---- datasets ---------------------------------------------------------------------------------------------

  #dataset(object: ObjectRecord, dataset: Dataset, message: ByteReader, external: boolean): void {
    const { datatype, dataspace, pointers } = dataset;
    const place = message.offset - this.#base;
    const count = extent(dataspace);
    const needed = count * datatype.size;
    const lost = (): void => {
      this.#sawAll = false;
      this.#sawHeap = false;
    };
    // A virtual dataset: where its parts are is an object of the global heap, which is not decoded here.
    if (message.left > 1 && (message.bytes[0] as number) > 2 && message.bytes[1] === VIRTUAL) {
      this.#attempt('message', place, object, () => {
        message.take(2);
        const address = message.address();
        const index = message.u32();
        if (address !== UNDEFINED_ADDRESS && index > 0) this.#heapObject(object, address, index, 0);
      });
      return;
    }
    const layout = this.#attempt('message', place, object, () => {
      if (!Number.isSafeInteger(needed)) message.fail(`a dataset of ${needed} bytes`);
      return decodeDataLayout(message, needed);
    });
    if (!layout) {
      lost();
    } else if (layout.kind === 'compact') {
      const { data } = layout;
      if (needed > data.length)
        this.#problem('data', place, object, `the elements take ${needed} bytes, there are ${data.length}`);
      this.#scan(object, pointers, data, count, datatype.size);
    } else if (layout.address === UNDEFINED_ADDRESS || external) {
      // Nothing was written, or not to this file.
    } else if (layout.kind === 'chunked') {
      this.#chunks(object, dataset, layout, place);
    } else {
      const { address, size } = layout;
      const done = this.#attempt('data', address, object, () => {
        if (!this.#claim(address, size, 'data', 'elements', object)) return true;
        if (needed > size)
          throw new H5FormatError(
            this.#base + address,
            `the elements take ${needed} bytes, there are ${size}`,
          );
        if (pointers.length === 0) return true;
        // In parts, so that large data are not in memory all at once.
        const step = Math.max(1, Math.floor(WINDOW / datatype.size));
        for (let first = 0; first < count; first += step) {
          const part = Math.min(step, count - first);
          const bytes = this.#bytes(address + first * datatype.size, part * datatype.size, 'elements');
          this.#scan(object, pointers, bytes, part, datatype.size);
        }
        return true;
      });
      if (!done && pointers.length > 0) this.#sawHeap = false;
    }
  }

  /** Walks the index of the chunks of a dataset, and the chunks. */
  #chunks(object: ObjectRecord, dataset: Dataset, layout: ChunkedLayout, place: number): void {
    const { dataspace, datatype, filters, pointers } = dataset;
    const { chunkDims, elementSize, address } = layout;
    const { dims, maxDims } = dataspace;
    const filtered = filters.length > 0;
    const size = chunkBytes(layout);
    if (chunkDims.length !== dims.length || elementSize !== datatype.size) {
      this.#problem(
        'message',
        place,
        object,
        `chunks of ${chunkDims.join(' x ')} elements of ${elementSize} bytes in a dataset of ${dims.join(' x ')} elements of ${datatype.size}`,
      );
      this.#sawAll = false;
      this.#sawHeap = false;
      return;
    }
    const set = this.#options.filters;
    const isKnown = set !== undefined && filters.every(({ id }) => set.get(id));
    let unread = false;
    const visit = (scaled: readonly number[], chunk: Chunk, record: number): void => {
      const done = this.#attempt('chunk', record, object, () => {
        const fail = (message: string): never => {
          throw new H5FormatError(this.#base + record, message);
        };
        const { mask } = chunk;
        const isEdge = scaled.some(
          (n, axis) => (n + 1) * (chunkDims[axis] as number) > (dims[axis] as number),
        );
        const isRaw = (layout.unfilteredEdges && isEdge) || filters.every((_, i) => (mask & (1 << i)) !== 0);
        if (!filtered && mask !== 0) fail('a chunk with a filter mask in a dataset without filters');
        if (chunk.size === 0 || (isRaw && chunk.size !== size))
          fail(`a chunk of ${chunk.size} bytes, expected ${size}`);
        // The implicit index has all chunks that there can ever be, and the library leaves a single one where it is.
        const mayBeOutside = layout.index.type === 'implicit' || layout.index.type === 'single';
        if (
          !mayBeOutside &&
          scaled.some((n, axis) => n * (chunkDims[axis] as number) >= (dims[axis] as number))
        )
          fail(`a chunk at ${scaled.join(', ')}, outside of the dataset`);
        if (!this.#claim(chunk.address, chunk.size, 'data', 'a chunk', object)) return true;
        if (pointers.length === 0) return true;
        const stored = this.#bytes(chunk.address, chunk.size, 'a chunk');
        if (isRaw) this.#scanChunk(object, dataset, chunkDims, scaled, stored);
        else if (isKnown) {
          const bytes = decodeChunk(filters, mask, stored, size, set);
          this.#scanChunk(object, dataset, chunkDims, scaled, bytes);
        } else unread = true;
        return true;
      });
      if (!done && pointers.length > 0) this.#sawHeap = false;
    };
    const done = this.#attempt('chunk-index', address, object, () => {
      const { type } = layout.index;
      const records = new ChunkRecords(layout, this.#offsetSize, filtered);
      const grid = new ChunkGrid(maxDims ?? dims, chunkDims);
      const unlimited = maxDims?.filter((dim) => dim === Number.POSITIVE_INFINITY).length ?? 0;
      const limits = { implicit: 0, 'fixed-array': 0, 'extensible-array': 1 } as { [type: string]: number };
      if (!grid.isExact || (type in limits && limits[type] !== unlimited))
        throw new H5FormatError(
          this.#base + address,
          `the chunk index ${type} in a dataset that may grow in another way`,
        );
      switch (layout.index.type) {
        case 'btree-v1':
          return this.#chunkTree(object, layout, visit);
        case 'single': {
          const chunk = { address, size: layout.index.size ?? size, mask: layout.index.mask ?? 0 };
          visit(
            dims.map(() => 0),
            chunk,
            address,
          );
          return true;
        }
        case 'implicit':
          this.#inFile(address, grid.total * size, 'the chunks of a dataset');
          for (let i = 0; i < grid.total; i++)
            visit(grid.place(i), { address: address + i * size, size, mask: 0 }, address);
          return true;
        case 'fixed-array':
          return this.#fixedArray(object, layout, grid, records, visit);
        case 'extensible-array':
          return this.#extensibleArray(object, layout, grid, records, visit);
        case 'btree-v2':
          return this.#chunkTreeV2(object, layout, records, visit);
      }
    });
    if (unread) {
      this.#sawHeap = false;
      this.#note(
        'unchecked',
        address,
        object,
        'what the elements in chunks with filters refer to is not looked at, without the option `filters`',
      );
    }
    if (!done) {
      this.#sawAll = false;
      if (pointers.length > 0) this.#sawHeap = false;
    }
  }

  /** Scans the elements of a chunk that are within the dataset. */
  #scanChunk(
    object: ObjectRecord,
    { dataspace, datatype, pointers }: Dataset,
    dims: readonly number[],
    scaled: readonly number[],
    bytes: Uint8Array,
  ): void {
    const rank = dims.length;
    const counts = dims.map((dim, axis) =>
      Math.min(dim, (dataspace.dims[axis] as number) - (scaled[axis] as number) * dim),
    );
    const inner = counts[rank - 1] as number;
    const at = new Array<number>(rank).fill(0);
    // Row by row: `at` counts through all axes but the last.
    for (;;) {
      let first = 0;
      for (let axis = 0; axis < rank; axis++) first = first * (dims[axis] as number) + (at[axis] as number);
      const start = first * datatype.size;
      this.#scan(
        object,
        pointers,
        bytes.subarray(start, start + inner * datatype.size),
        inner,
        datatype.size,
      );
      let axis = rank - 2;
      for (; axis >= 0; axis--) {
        at[axis] = (at[axis] as number) + 1;
        if ((at[axis] as number) < (counts[axis] as number)) break;
        at[axis] = 0;
      }
      if (axis < 0) return;
    }
  }

  /** The version 1 B-tree of chunks; a key is the size, the filter mask, and the offset along each axis, in elements. */
  #chunkTree(object: ObjectRecord, layout: ChunkedLayout, visit: ChunkVisit): boolean {
    const { chunkDims, address } = layout;
    const keySize = 8 + 8 * (chunkDims.length + 1);
    let last: number[] | undefined;
    return this.#btreeV1(object, address, BtreeV1Type.Chunk, keySize, this.#chunkK, (child, key) => {
      const place = key.offset - this.#base;
      const size = key.u32();
      const mask = key.u32();
      const scaled = chunkDims.map((dim) => key.u64() / dim);
      if (key.u64() !== 0 || !scaled.every(Number.isInteger))
        key.fail('a chunk that is not at a multiple of its size');
      if (last && compareNumbers(last, scaled) >= 0)
        key.fail('chunks in a version 1 B-tree that are not in order');
      last = scaled;
      visit(scaled, { address: child, size, mask }, place);
    });
  }

  /** Records of type 10 or, with filters, 11. */
  #chunkTreeV2(
    object: ObjectRecord,
    { chunkDims, address }: ChunkedLayout,
    records: ChunkRecords,
    visit: ChunkVisit,
  ): boolean {
    const type = records.filtered ? BtreeV2Type.FilteredChunks : BtreeV2Type.Chunks;
    const recordSize = chunkRecordSize(this.#offsetSize, chunkDims.length, records.sizeSize);
    let last: number[] | undefined;
    return this.#btreeV2(object, address, type, recordSize, (record) => {
      const place = record.offset - this.#base;
      this.#attempt('chunk-index', place, object, () => {
        const chunk = records.get(record.raw(records.size), 0) ?? record.fail('a record of no chunk');
        const scaled = chunkDims.map(() => record.u64());
        if (last && compareNumbers(last, scaled) >= 0)
          record.fail('chunks in a version 2 B-tree that are not in order');
        last = scaled;
        visit(scaled, chunk, place);
      });
    });
  }

  /** Visits the chunks in the records of an array. Returns the number of the last of them, or -1. */
  #chunkRecords(
    block: ByteReader,
    first: number,
    grid: ChunkGrid,
    records: ChunkRecords,
    visit: ChunkVisit,
  ): number {
    const { bytes } = block;
    let last = -1;
    for (let at = 0, number = first; at + records.size <= bytes.length; at += records.size, number++) {
      const chunk = records.get(bytes, at);
      if (!chunk) continue;
      last = number;
      visit(grid.place(number), chunk, block.base + at - this.#base);
    }
    return last;
  }

  /** A fixed array (section VII.C). */
  #fixedArray(
    object: ObjectRecord,
    { address }: ChunkedLayout,
    grid: ChunkGrid,
    records: ChunkRecords,
    visit: ChunkVisit,
  ): boolean {
    const what = 'a fixed array';
    const header = this.#structure(address, 12 + this.#lengthSize + this.#offsetSize, what, object);
    if (!header) return false;
    header.signature('FAHD');
    header.version(what, 0);
    const client = records.filtered ? 1 : 0;
    if (header.u8() !== client) header.fail(`${what} of another client`);
    const entrySize = header.u8();
    const pageBits = header.u8();
    const count = header.size();
    const blockAddress = header.address();
    this.#checksum('chunk-index', object, header, what);
    if (entrySize !== records.size) header.fail(`${what} with records of ${entrySize} bytes`);
    if (count !== grid.total)
      header.fail(`${what} of ${count} chunks, the dataset has room for ${grid.total}`);
    if (blockAddress === UNDEFINED_ADDRESS) return true;

    const page = 2 ** pageBits;
    const pages = count > page ? Math.ceil(count / page) : 0;
    const prefixSize = 6 + this.#offsetSize;
    const bitmap = Math.ceil(pages / 8);
    const size = prefixSize + bitmap + 4 + count * entrySize + pages * 4;
    const name = `the data block of ${what}`;
    const block = this.#structure(blockAddress, size, name, object);
    if (!block) return false;
    block.signature('FADB');
    block.version(name, 0);
    if (block.u8() !== client || block.address() !== address) block.fail(`${name} that belongs elsewhere`);
    if (pages === 0) {
      const entries = block.block(count * entrySize);
      this.#checksum('chunk-index', object, block, name);
      this.#chunkRecords(entries, 0, grid, records, visit);
      return true;
    }
    const isThere = block.raw(bitmap);
    this.#checksum('chunk-index', object, block, name);
    for (let i = 0; i < pages; i++) {
      const length = Math.min(page, count - i * page) * entrySize;
      const entries = block.block(length + 4);
      // Bits count from the high one on (H5VM_bit_get).
      if (!((isThere[i >> 3] as number) & (0x80 >> (i & 7)))) continue;
      entries.position = length;
      this.#checksum('chunk-index', object, entries, `a page of ${what}`);
      entries.position = 0;
      this.#chunkRecords(entries.block(length), i * page, grid, records, visit);
    }
    return true;
  }

  /** An extensible array (section VII.D). */
  #extensibleArray(
    object: ObjectRecord,
    { address }: ChunkedLayout,
    grid: ChunkGrid,
    records: ChunkRecords,
    visit: ChunkVisit,
  ): boolean {
    const what = 'an extensible array';
    const O = this.#offsetSize;
    const header = this.#structure(address, 16 + 6 * this.#lengthSize + O, what, object);
    if (!header) return false;
    header.signature('EAHD');
    header.version(what, 0);
    const client = records.filtered ? 1 : 0;
    if (header.u8() !== client) header.fail(`${what} of another client`);
    const entrySize = header.u8();
    const maxBits = header.u8();
    const inIndexBlock = header.u8();
    const minEntries = header.u8();
    const minPointers = header.u8();
    const pageBits = header.u8();
    const superBlockCount = header.size();
    const superBlockSize = header.size();
    const dataBlockCount = header.size();
    const dataBlockSize = header.size();
    const maxIndex = header.size();
    const realized = header.size();
    const indexAddress = header.address();
    this.#checksum('chunk-index', object, header, what);
    if (entrySize !== records.size) header.fail(`${what} with records of ${entrySize} bytes`);
    const powersOfTwo = [minEntries, minPointers].every((n) => Number.isInteger(Math.log2(n)));
    if (!powersOfTwo || maxBits > 64 || Math.log2(minEntries) > maxBits)
      header.fail(`${what} with impossible block sizes`);
    if (indexAddress === UNDEFINED_ADDRESS) return true;

    const blockOffsetSize = Math.ceil(maxBits / 8);
    const page = 2 ** pageBits;
    const superBlocks = 1 + maxBits - Math.log2(minEntries);
    const firstSuperBlock = Math.min(2 * Math.log2(minPointers), superBlocks);
    const blocksOf = (superBlock: number): number => 2 ** (superBlock >> 1);
    const entriesOf = (superBlock: number): number => 2 ** ((superBlock + 1) >> 1) * minEntries;
    let directBlocks = 0;
    for (let i = 0; i < firstSuperBlock; i++) directBlocks += blocksOf(i);

    let whole = true;
    let seenSuperBlocks = 0;
    let seenSuperBlockBytes = 0;
    let seenDataBlocks = 0;
    let seenDataBlockBytes = 0;
    let seenEntries = inIndexBlock;
    let highest = -1;
    const readEntries = (entries: ByteReader, first: number): void => {
      highest = Math.max(highest, this.#chunkRecords(entries, first, grid, records, visit));
    };
    const begin = (block: ByteReader, signature: string, name: string): void => {
      block.signature(signature);
      block.version(name, 0);
      if (block.u8() !== client || block.address() !== address) block.fail(`${name} that belongs elsewhere`);
    };
    /** `first`: the index of its first entry. `pagesThere`: which pages have been written. */
    const dataBlock = (
      at: number,
      first: number,
      entries: number,
      pagesThere: Uint8Array | undefined,
      otherOffset = -1,
    ): void => {
      const done = this.#attempt('chunk-index', at, object, () => {
        const name = `a data block of ${what}`;
        const pages = pagesThere ? entries / page : 0;
        const size = 6 + O + blockOffsetSize + 4 + entries * entrySize + pages * 4;
        const block = this.#structure(at, size, name, object);
        if (!block) return false;
        begin(block, 'EADB', name);
        const offset = block.uint(blockOffsetSize);
        if (offset !== first - inIndexBlock && offset !== otherOffset)
          block.fail(`${name} that belongs elsewhere`);
        seenDataBlocks++;
        seenDataBlockBytes += size;
        seenEntries += entries;
        if (!pagesThere) {
          const all = block.block(entries * entrySize);
          this.#checksum('chunk-index', object, block, name);
          readEntries(all, first);
          return true;
        }
        this.#checksum('chunk-index', object, block, name);
        for (let i = 0; i < pages; i++) {
          const part = block.block(page * entrySize + 4);
          if (!((pagesThere[i >> 3] as number) & (0x80 >> (i & 7)))) continue;
          part.position = page * entrySize;
          this.#checksum('chunk-index', object, part, `a page of ${what}`);
          part.position = 0;
          readEntries(part.block(page * entrySize), first + i * page);
        }
        return true;
      });
      if (!done) whole = false;
    };
    const superBlock = (at: number, number: number, first: number): void => {
      const done = this.#attempt('chunk-index', at, object, () => {
        const name = `a secondary block of ${what}`;
        const blocks = blocksOf(number);
        const entries = entriesOf(number);
        const pages = entries > page ? entries / page : 0;
        const bitmap = Math.ceil(pages / 8);
        const size = 6 + O + blockOffsetSize + blocks * (bitmap + O) + 4;
        const block = this.#structure(at, size, name, object);
        if (!block) return false;
        begin(block, 'EASB', name);
        if (block.uint(blockOffsetSize) !== first - inIndexBlock)
          block.fail(`${name} that belongs elsewhere`);
        seenSuperBlocks++;
        seenSuperBlockBytes += size;
        const bitmaps = block.raw(blocks * bitmap);
        const addresses = block.block(blocks * O);
        this.#checksum('chunk-index', object, block, name);
        for (let i = 0; i < blocks; i++) {
          const child = addresses.address();
          if (child === UNDEFINED_ADDRESS) continue;
          const pagesThere = pages > 0 ? bitmaps.subarray(i * bitmap, (i + 1) * bitmap) : undefined;
          dataBlock(child, first + i * entries, entries, pagesThere);
        }
        return true;
      });
      if (!done) whole = false;
    };

    const name = `the index block of ${what}`;
    const indexSize =
      6 + O + inIndexBlock * entrySize + (directBlocks + superBlocks - firstSuperBlock) * O + 4;
    const index = this.#structure(indexAddress, indexSize, name, object);
    if (!index) return false;
    begin(index, 'EAIB', name);
    const entries = index.block(inIndexBlock * entrySize);
    const direct = index.block(directBlocks * O);
    const indirect = index.block((superBlocks - firstSuperBlock) * O);
    this.#checksum('chunk-index', object, index, name);
    readEntries(entries, 0);
    let first = inIndexBlock;
    for (let number = 0, blockNumber = 0; number < firstSuperBlock; number++) {
      const size = entriesOf(number);
      const start = first - inIndexBlock;
      for (let i = 0; i < blocksOf(number); i++, blockNumber++, first += size) {
        const child = direct.address();
        if (child === UNDEFINED_ADDRESS) continue;
        if (size > page) index.fail(`${what} with pages in a block that cannot have them`);
        // libhdf5 counts the blocks from the first one on, not from the first of this size (H5EA__lookup_elmt).
        dataBlock(child, first, size, undefined, start + blockNumber * size);
      }
    }
    for (let number = firstSuperBlock; number < superBlocks; number++) {
      const child = indirect.address();
      if (child !== UNDEFINED_ADDRESS) superBlock(child, number, first);
      first += blocksOf(number) * entriesOf(number);
    }
    if (!whole) return false;
    const expect = (name: string, said: number, found: number): void => {
      if (said !== found) header.fail(`${what} says ${name} ${said}, found ${found}`);
    };
    expect('secondary blocks:', superBlockCount, seenSuperBlocks);
    expect('bytes of secondary blocks:', superBlockSize, seenSuperBlockBytes);
    expect('data blocks:', dataBlockCount, seenDataBlocks);
    expect('bytes of data blocks:', dataBlockSize, seenDataBlockBytes);
    expect('entries:', realized, seenEntries);
    if (highest >= maxIndex) header.fail(`${what} with a chunk ${highest}, it says that it has ${maxIndex}`);
    return true;
  }

  // ---- what elements refer to -------------------------------------------------------------------------------

  /** Follows what is in `count` elements, one every `size` bytes; those that are not there are left out. */
  #scan(
    object: ObjectRecord,
    pointers: readonly Pointer[],
    bytes: Uint8Array,
    count: number,
    size: number,
  ): void {
    if (pointers.length === 0) return;
    const there = size > 0 ? Math.min(count, Math.floor(bytes.length / size)) : count;
    for (let i = 0; i < there; i++)
      for (const pointer of pointers) this.#follow(object, pointer, bytes, i * size);
  }

  #follow(object: ObjectRecord, pointer: Pointer, bytes: Uint8Array, start: number): void {
    const at = start + pointer.at;
    const O = this.#offsetSize;
    switch (pointer.kind) {
      case 'array':
        for (let i = 0; i < pointer.count; i++)
          for (const inner of pointer.inner) this.#follow(object, inner, bytes, at + i * pointer.size);
        return;
      case 'object':
        this.#reference(object, uintAt(bytes, at, O));
        return;
      case 'region': {
        const address = uintAt(bytes, at, O);
        if (address === 0 || address === UNDEFINED_ADDRESS) return;
        const data = this.#heapObject(object, address, uintAt(bytes, at + O, 4), O);
        if (data) this.#reference(object, uintAt(data, 0, O));
        return;
      }
      default: {
        const length = uintAt(bytes, at, 4);
        const address = uintAt(bytes, at + 4, O);
        const index = uintAt(bytes, at + 4 + O, 4);
        if (length === 0) {
          this.#emptySequence(object, address, index);
          return;
        }
        const data = this.#heapObject(object, address, index, length * pointer.size);
        if (data) this.#scan(object, pointer.inner, data, length, pointer.size);
      }
    }
  }

  #reference(object: ObjectRecord, address: number): void {
    if (address === 0 || address === UNDEFINED_ADDRESS) return;
    if (!this.#objects.has(address) && !this.#references.has(address)) this.#references.set(address, object);
  }

  #checkReferences(): void {
    for (const [address, object] of this.#references) {
      if (this.#objects.has(address)) continue;
      this.#note(
        'dangling-reference',
        address,
        object,
        'an object reference leads to no object that links lead to',
      );
    }
  }

  // ---- the global heap --------------------------------------------------------------------------------------

  /** An object of the global heap that a value leads to; undefined if it is damaged, or known already. */
  #heapObject(object: ObjectRecord, address: number, index: number, size: number): Uint8Array | undefined {
    if (!this.#collections.has(address)) {
      // First, so that a damaged one is looked at once.
      this.#collections.set(address, undefined);
      const read = this.#attempt('global-heap', address, object, () => this.#collection(object, address));
      this.#collections.set(address, read);
    }
    const collection = this.#collections.get(address);
    if (!collection) return undefined;
    const { starts, sizes, uses } = collection;
    const slot = slotOf(collection, index);
    const there = sizes[slot];
    if (there === undefined || size > there) {
      this.#problem(
        'global-heap',
        address,
        object,
        there === undefined
          ? `a value leads to the object ${index} of a global heap collection, which does not exist`
          : `a value of ${size} bytes leads to an object of the global heap of ${there} bytes`,
      );
      return undefined;
    }
    const known = uses[slot] as number;
    if (known === 0) {
      uses[slot] = 1;
      return this.#bytes(address + (starts[slot] as number), there, 'an object of the global heap');
    }
    if (known === 1)
      this.#note(
        'shared',
        address,
        object,
        `several values lead to the object ${index} of a global heap collection`,
      );
    uses[slot] = 2;
    return undefined;
  }

  /** libhdf5 may give a sequence of no elements an object of no bytes, and does not look at what it says otherwise. */
  #emptySequence(object: ObjectRecord, address: number, index: number): void {
    if (address <= 0 || index <= 0 || address + 4 > this.#end) return;
    if (!this.#collections.has(address) && findCollection(this.#bytes(address, 4, 'a signature')) < 0) return;
    const known = this.#collections.get(address);
    if (!known) this.#heapObject(object, address, index, 0);
    else if (slotOf(known, index) >= 0) known.uses[slotOf(known, index)] = 1;
  }

  /** Reads a collection (section III.E). */
  #collection(object: ObjectRecord, address: number): Collection | undefined {
    const what = 'a global heap collection';
    const headerSize = 8 + this.#lengthSize;
    const prefix = this.#reader(address, headerSize, what);
    prefix.signature('GCOL');
    prefix.version(what, 1);
    prefix.take(3);
    const size = prefix.size();
    if (size < headerSize) prefix.fail(`${what} of ${size} bytes`);
    const reader = this.#structure(address, size, what, object);
    if (!reader) return undefined;
    reader.take(headerSize);
    const found: { index: number; start: number; size: number }[] = [];
    let isSorted = true;
    while (reader.left >= headerSize) {
      const at = reader.position;
      const index = reader.u16();
      reader.take(6);
      const length = reader.size();
      if (index === 0) {
        if (length !== size - at) {
          reader.position = at;
          reader.fail(`${what} whose free space has ${length} bytes, ${size - at} are left`);
        }
        break;
      }
      const padded = Math.ceil(length / 8) * 8;
      if (padded > reader.left) reader.fail(`an object of ${length} bytes crosses the end of ${what}`);
      const last = found.at(-1);
      if (last && last.index >= index) isSorted = false;
      found.push({ index, start: reader.position, size: length });
      reader.take(padded);
    }
    if (found.length === 0) reader.fail(`${what} without objects`);
    if (!isSorted) found.sort((a, b) => a.index - b.index);
    found.forEach(({ index }, i) => {
      if (found[i + 1]?.index === index) reader.fail(`${what} with two objects ${index}`);
    });
    return {
      indexes: Uint16Array.from(found, ({ index }) => index),
      starts: Float64Array.from(found, ({ start }) => start),
      sizes: Float64Array.from(found, (object) => object.size),
      uses: new Uint8Array(found.length),
      owner: object,
    };
  }

  #checkCollections(): void {
    if (!this.#sawHeap || !this.#sawAll) return;
    for (const [address, collection] of this.#collections) {
      if (!collection) continue;
      let unused = 0;
      let bytes = 0;
      collection.uses.forEach((uses, i) => {
        if (uses > 0) return;
        unused++;
        bytes += collection.sizes[i] as number;
      });
      if (unused > 0)
        this.#note(
          'unreferenced',
          address,
          collection.owner,
          `no value leads to ${unused} objects, of ${bytes} bytes, of a global heap collection`,
        );
    }
  }

  // ---- links ------------------------------------------------------------------------------------------------

  #checkLinkCounts(): void {
    for (const object of this.#objects.values()) {
      const { count, found, address } = object;
      if (count < 0 || count === found) continue;
      // Where not all could be read, links may be missing.
      if (!this.#sawAll && found < count) continue;
      this.#problem(
        'link-count',
        address,
        object,
        `the header counts ${count} links to the object; there are ${found}${object.parent ? '' : ', with that of the superblock'}`,
      );
    }
  }

  #checkSoftLinks(): void {
    let lookups = 0;
    for (const object of this.#objects.values()) {
      for (const link of object.links ?? []) {
        if (link.kind !== 'soft') continue;
        const limit = MAX_LOOKUPS - lookups;
        if (limit <= 0) {
          this.#note('unchecked', -1, undefined, 'there are too many soft links to follow all of them');
          return;
        }
        const steps = this.#resolve(object, link.target, limit);
        lookups += Math.abs(steps);
        if (steps < 0)
          this.#note(
            'dangling-link',
            object.address,
            object,
            `the soft link ${quote(link.name)} leads to ${quote(link.target)}, which does not exist`,
          );
      }
    }
  }

  /**
   * Follows a path. Returns the number of names that were looked up, at least 1 and at most about `limit`; negative, if
   * the path surely leads to nothing.
   */
  #resolve(from: ObjectRecord, path: string, limit: number): number {
    const root = this.#queue[0] as ObjectRecord;
    let object: ObjectRecord = path.startsWith('/') ? root : from;
    let steps = 1;
    let softLinks = 1;
    /** What is still to be followed, the next one last. */
    const rest = path.split('/').reverse();
    steps += rest.length >> 3;
    if (path === '') return -steps;
    while (rest.length > 0) {
      const name = rest.pop() as string;
      if (name === '' || name === '.') continue;
      if (++steps > limit) return steps;
      if (!object.links) return object.exists && this.#sawAll ? -steps : steps;
      if (!object.byName) {
        object.byName = new Map(object.links.map((link) => [link.name, link]));
        steps += object.links.length >> 4;
      }
      const link = object.byName.get(name);
      if (!link) return -steps;
      if (link.kind === 'external') return steps;
      if (link.kind === 'hard') {
        const next = this.#objects.get(link.address);
        if (!next?.exists) return steps;
        object = next;
        continue;
      }
      if (++softLinks > MAX_SOFT_LINKS || link.target === '') return -steps;
      if (link.target.startsWith('/')) object = root;
      const more = link.target.split('/');
      steps += more.length >> 3;
      for (let i = more.length - 1; i >= 0; i--) rest.push(more[i] as string);
    }
    return steps;
  }

  // ---- the map of the file ----------------------------------------------------------------------------------

  /** Sorts all claims by address, and finds what overlaps and what is left. */
  #map(): VerifyResult {
    const claims = this.#claims;
    for (const [address, size] of this.#options.free ?? []) {
      if (size <= 0) continue;
      if (address < 0 || address + size > this.#end)
        this.#problem(
          'free-in-use',
          address,
          undefined,
          `${size} bytes of free space lie outside of the file`,
        );
      else claims.push(new Claim(address, size, 'free', 'free space'));
    }
    claims.sort((a, b) => a.address - b.address || b.size - a.size);
    const bytes = { metadata: 0, data: 0, free: 0, padding: 0, leaked: 0 };
    const extents: VerifiedExtent[] = [];
    const add = (extent: VerifiedExtent, size = extent.size): void => {
      bytes[extent.use] += size;
      extents.push(extent);
    };
    let end = 0;
    let furthest: Claim | undefined;
    for (const claim of claims) {
      const { address, size } = claim;
      if (address > end) this.#gap(end, address, add);
      if (address < end && furthest) {
        const isFree = furthest.use === 'free' || claim.use === 'free';
        this.#problem(
          isFree ? 'free-in-use' : 'overlap',
          address,
          this.#objectAt(claim, furthest),
          `${describe(claim)} overlaps with ${describe(furthest)}`,
        );
      }
      add(claim, Math.max(0, address + size - Math.max(end, address)));
      if (address + size > end) {
        end = address + size;
        furthest = claim;
      }
    }
    if (end < this.#end) this.#gap(end, this.#end, add);
    let objects = 0;
    for (const { exists } of this.#objects.values()) if (exists) objects++;
    return {
      problems: this.#problems,
      notes: this.#notes,
      objects,
      bytes,
      extents,
      complete: this.#sawAll && this.#sawHeap,
    };
  }

  #objectAt(...claims: Claim[]): ObjectRecord | undefined {
    const path = claims.map((claim) => claim.path).find((text) => text !== '');
    return path === undefined ? undefined : new ObjectRecord(-1, undefined, path);
  }

  /** What nothing claims, from one address to another. */
  #gap(from: number, to: number, add: (extent: VerifiedExtent) => void): void {
    if (to - from < 8 && (to % 8 === 0 || to === this.#end)) {
      add(new Claim(from, to - from, 'padding', 'padding'));
      return;
    }
    const leak = (start: number, end: number): void => {
      if (end > start) add(new Claim(start, end - start, 'leaked', 'what nothing uses'));
    };
    let start = from;
    // Collections of the global heap that nothing leads to.
    for (let at = from + (-from & 7); at + MIN_COLLECTION <= to; ) {
      const part = this.#bytes(at, Math.min(WINDOW, to - at), 'unused space');
      const found = findCollection(part);
      if (found < 0) {
        at += Math.max(8, part.length & ~7);
        continue;
      }
      const address = at + found;
      const size = this.#collectionSize(address, to);
      if (size === 0) {
        at = address + 8;
        continue;
      }
      leak(start, address);
      const isKnown = this.#sawHeap && this.#sawAll;
      // Where not all could be looked at, something may well lead there.
      add(new Claim(address, size, isKnown ? 'leaked' : 'metadata', 'a global heap collection'));
      if (isKnown)
        this.#note(
          'unreferenced',
          address,
          undefined,
          `no value leads to a global heap collection of ${size} bytes`,
        );
      start = address + size;
      at = start + (-start & 7);
    }
    leak(start, to);
  }

  /** The size of what looks like a collection, if it fits in; else 0. */
  #collectionSize(address: number, to: number): number {
    if (address + MIN_COLLECTION > to) return 0;
    const bytes = this.#bytes(address, 8 + this.#lengthSize, 'a global heap collection');
    const size = uintAt(bytes, 8, this.#lengthSize);
    return bytes[4] === 1 && size >= MIN_COLLECTION && address + size <= to ? size : 0;
  }
}

/** Gets a chunk: its place counted in chunks, and where the index has it. */
type ChunkVisit = (scaled: readonly number[], chunk: Chunk, record: number) => void;

/** Where the object of an index is in the lists of a collection; -1 if there is none. */
function slotOf({ indexes }: Collection, index: number): number {
  // Mostly they count from 1 on.
  if (indexes[index - 1] === index) return index - 1;
  let low = 0;
  let high = indexes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((indexes[middle] as number) < index) low = middle + 1;
    else high = middle;
  }
  return indexes[low] === index ? low : -1;
}

function describe({ what, address, size, path }: VerifiedExtent): string {
  return `${what}${path === '' ? '' : ` of ${quote(path)}`} (${size} bytes at address ${address})`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}...` : text);
}

function idKey(id: Uint8Array): string {
  return String.fromCharCode(...id);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  }
  return 0;
}

/** An unsigned number of `size` bytes, or UNDEFINED_ADDRESS where all bits are set. Above 2**53 it is not exact. */
function uintAt(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  let isUndefined = true;
  for (let i = size - 1; i >= 0; i--) {
    const byte = bytes[at + i] ?? 0;
    if (byte !== 0xff) isUndefined = false;
    value = value * 256 + byte;
  }
  return isUndefined && size > 1 ? UNDEFINED_ADDRESS : value;
}

/** Where the first two of intervals overlap, -1 if none do. `ends` holds where each begins, and where it ends. */
function findOverlap(ends: NumberList): number {
  const count = ends.length / 2;
  const order = Float64Array.from({ length: count }, (_, i) => i);
  const { data } = ends;
  order.sort((a, b) => (data[2 * a] as number) - (data[2 * b] as number));
  let end = 0;
  for (const i of order) {
    const start = data[2 * i] as number;
    if (start < end) return start;
    end = Math.max(end, data[2 * i + 1] as number);
  }
  return -1;
}

/** The first multiple of 8 where the signature of a global heap collection stands; -1 if there is none. */
function findCollection(bytes: Uint8Array): number {
  for (let i = 0; i + 4 <= bytes.length; i += 8) {
    if (bytes[i] === 0x47 && bytes[i + 1] === 0x43 && bytes[i + 2] === 0x4f && bytes[i + 3] === 0x4c)
      return i;
  }
  return -1;
}

// ---- messages -----------------------------------------------------------------------------------------------

const EMPTY_ENUM = 'a datatype is an enum without names, which the HDF5 library cannot open';

/** Whether a datatype is, or contains, an enum without names. */
function hasEmptyEnum(type: Datatype): boolean {
  switch (type.class) {
    case 'enumerated':
      return type.names.length === 0;
    case 'compound':
      return type.members.some((member) => hasEmptyEnum(member.type));
    case 'array':
    case 'variable-length':
      return hasEmptyEnum(type.base);
    default:
      return false;
  }
}

/** What in elements of a datatype leads elsewhere. */
function pointersOf(type: Datatype, at = 0): Pointer[] {
  switch (type.class) {
    case 'variable-length':
      return [
        {
          kind: 'sequence',
          at,
          size: type.string ? 1 : type.base.size,
          inner: type.string ? [] : pointersOf(type.base),
        },
      ];
    case 'array': {
      if (!hasPointers(type, true)) return [];
      const { base, dims } = type;
      return [
        {
          kind: 'array',
          at,
          count: dims.reduce((product, dim) => product * dim, 1),
          size: base.size,
          inner: pointersOf(base),
        },
      ];
    }
    case 'compound':
      return type.members.flatMap((member) => pointersOf(member.type, at + member.offset));
    case 'reference':
      return [{ kind: type.kind, at }];
    default:
      return [];
  }
}

/** The bytes of the name in a link message (section IV.A.2.g). */
function linkName(message: ByteReader): Uint8Array {
  message.position = 1;
  const flags = message.u8();
  message.take((flags & 8 ? 1 : 0) + (flags & 4 ? 8 : 0) + (flags & 16 ? 1 : 0));
  return message.raw(message.uint(1 << (flags & 3)));
}

/** The bytes of the name in an attribute message (section IV.A.2.m), without the NUL byte. */
function attributeName(message: ByteReader): Uint8Array {
  message.position = 0;
  const version = message.u8();
  message.take(1);
  const size = message.u16();
  message.take(version === 3 ? 5 : 4);
  const name = message.raw(size);
  const end = name.indexOf(0);
  return end < 0 ? name : name.subarray(0, end);
}

/** Group Info message (section IV.A.2.k). */
function decodeGroupInfo(data: ByteReader): void {
  data.version('the group info message', 0);
  const flags = data.u8();
  data.take((flags & 1 ? 4 : 0) + (flags & 2 ? 4 : 0));
}
