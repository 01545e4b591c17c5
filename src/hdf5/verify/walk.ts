import { H5Error, H5FeatureError, H5FormatError } from '../../errors.js';
import { type ByteReader, UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { FileSpace } from '../file-space.js';
import type { FilterSet } from '../filters/filter-set.js';
import { USUAL_SIZES } from '../indexes/node-sizes.js';
import type { Datatype } from '../messages/datatype.js';
import type { SymbolTable } from '../messages/symbol-table.js';
import { Claim, describe, type VerifiedExtent } from './claim.js';
import { addFinding, type Finding, type NoteCode, type ProblemCode } from './findings.js';
import { ObjectRecord } from './object-record.js';

/** Ends the walk of a file whose structures overlap without end. */
export class Endless extends H5Error {}

/** A collection of the global heap: its objects in the order of their indexes. */
export interface Collection {
  readonly indexes: Uint16Array;
  /** Where the data of each begin, from the start of the collection, and how long they are. */
  readonly starts: Float64Array;
  readonly sizes: Float64Array;
  /** 1 for each object that a value leads to, 2 if several do. */
  readonly uses: Uint8Array;
  readonly owner: ObjectRecord;
}

/** What an entry of a symbol table, or the superblock, repeats of the symbol table of a group. */
export interface CachedTable {
  readonly in: ObjectRecord;
  readonly address: number;
  readonly table: SymbolTable;
}

/**
 * A walk through all that is in a file: the file, what was found so far, and what is still to be visited. Each structure
 * has a file of its own, whose functions take the walk.
 */
export class Walk {
  readonly space: FileSpace;
  /** What decodes chunks with filters. */
  readonly filters: FilterSet | undefined;
  /** The first address that cannot be read. */
  readonly end: number;
  /** Where the superblock stands: addresses count from there. */
  readonly base: number;
  readonly offsetSize: number;
  readonly lengthSize: number;

  readonly problems: Finding<ProblemCode>[] = [];
  readonly notes: Finding<NoteCode>[] = [];
  readonly claims: Claim[] = [];
  readonly #claimed = new Map<number, Claim>();
  #claimedBytes = 0;

  readonly objects = new Map<number, ObjectRecord>();
  /** All of them in the order in which they are visited: breadth first, from the root on. */
  readonly queue: ObjectRecord[] = [];
  /** Committed datatypes by address, or what is wrong with them. */
  readonly types = new Map<number, Datatype | H5Error>();
  /** What was read for them. */
  typeBytes = 0;
  /** What symbol tables repeat of the symbol tables of their members. */
  readonly cachedTables: CachedTable[] = [];
  readonly collections = new Map<number, Collection | undefined>();
  /** Object references that had no object to lead to when they were found: targets, and who has them. */
  readonly references = new Map<number, ObjectRecord>();
  /** Whether all that leads to other objects could be read. */
  sawAll = true;
  /** Whether all that leads to the global heap could be read. */
  sawHeap = true;

  // From the superblock or its extension.
  leafK = USUAL_SIZES.leafK;
  internalK = USUAL_SIZES.internalK;
  chunkK = USUAL_SIZES.chunkK;

  constructor(space: FileSpace, filters: FilterSet | undefined) {
    this.space = space;
    this.filters = filters;
    const { baseAddress, offsetSize, lengthSize } = space.superblock;
    this.base = baseAddress;
    this.offsetSize = offsetSize;
    this.lengthSize = lengthSize;
    this.end = Math.max(0, Math.min(space.end, space.storage.size - baseAddress));
  }

  // ---- findings ---------------------------------------------------------------------------------------------

  problem(code: ProblemCode, address: number, object: ObjectRecord | undefined, message: string): void {
    addFinding(this.problems, 'problems', code, address, object, message);
  }

  note(code: NoteCode, address: number, object: ObjectRecord | undefined, message: string): void {
    addFinding(this.notes, 'notes', code, address, object, message);
  }

  /** Notes that something is not decoded here; it may lead to other objects. */
  unchecked(address: number, what: string, object?: ObjectRecord): void {
    this.sawAll = false;
    this.note('unchecked', address, object, `${what} is not looked at`);
  }

  /** Notes that something could not be read which may lead to other objects, and to the global heap. */
  lost(): void {
    this.sawAll = false;
    this.sawHeap = false;
  }

  /** Calls `action`. What it throws because of the file becomes a problem or a note, and the result undefined. */
  attempt<T>(
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
        this.note('unchecked', address, object, error.message);
      } else {
        const offset =
          error instanceof H5FormatError && error.offset >= 0 ? error.offset - this.base : address;
        this.problem(code, offset, object, error.message);
      }
      return undefined;
    }
  }

  /** Checks the checksum of all bytes before the reader's position. */
  checksum(code: ProblemCode, object: ObjectRecord | undefined, reader: ByteReader, what: string): void {
    this.attempt(code, reader.offset - this.base, object, () => reader.checksum(what));
  }

  // ---- space ------------------------------------------------------------------------------------------------

  /**
   * Notes that something takes space. Returns false, with a problem, if something begins there already: then it has been
   * walked. Throws if the space is not in the file.
   */
  claim(
    address: number,
    size: number,
    use: VerifiedExtent['use'],
    what: string,
    object: ObjectRecord | undefined,
  ): boolean {
    this.inFile(address, size, what);
    const known = this.#claimed.get(address);
    if (known) {
      this.problem('overlap', address, object, `${what} begins where ${describe(known)} does`);
      return false;
    }
    if (size === 0) return true;
    this.#claimedBytes += size;
    // What does not overlap is no more than the file.
    if (this.#claimedBytes > 2 * this.end)
      throw new Endless('H5_FORMAT', 'structures overlap: together they take more than twice the file');
    const claim = new Claim(address, size, use, what, object);
    this.#claimed.set(address, claim);
    this.claims.push(claim);
    return true;
  }

  /** Throws if the space is not in the file. */
  inFile(address: number, size: number, what: string): void {
    if (address === UNDEFINED_ADDRESS) throw new H5FormatError(-1, `${what} has no address`);
    if (!(address >= 0 && size >= 0 && address + size <= this.end))
      throw new H5FormatError(
        this.base + address,
        `${what} of ${size} bytes lies outside of the file's ${this.end} bytes`,
      );
  }

  bytes(address: number, size: number, what: string): Uint8Array {
    this.inFile(address, size, what);
    return this.space.bytes(address, size, what);
  }

  reader(address: number, size: number, what: string): ByteReader {
    this.inFile(address, size, what);
    return this.space.reader(address, size, what);
  }

  /** Claims a structure, and reads it; undefined if that was done before. */
  structure(address: number, size: number, what: string, object: ObjectRecord): ByteReader | undefined {
    return this.claim(address, size, 'metadata', what, object) ? this.reader(address, size, what) : undefined;
  }

  // ---- objects ----------------------------------------------------------------------------------------------

  /** Counts a hard link, and makes sure that its target is visited. */
  link(parent: ObjectRecord | undefined, name: string, address: number): void {
    const known = this.objects.get(address);
    if (known) {
      known.found++;
      return;
    }
    const object = new ObjectRecord(address, parent, name);
    object.found = 1;
    this.objects.set(address, object);
    this.queue.push(object);
  }
}
