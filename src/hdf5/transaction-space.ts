import { H5Error, H5FeatureError, H5StateError, H5TypeError } from '../errors.js';
import type { WritableStorage } from '../storage/storage.js';
import { readTail } from '../storage/tail.js';
import { type Durability, type Savepoint, Transaction } from '../storage/transaction.js';
import { UNDEFINED_ADDRESS } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { EditableSpace } from './editable-space.js';
import type { EditingOptions } from './editing.js';
import { aligned, decodeNote, type Extent, encodeNote, FreeSpace, type SpaceNote } from './free-space.js';
import { recoverInPlace } from './recovery.js';
import {
  encodeSuperblock,
  newSuperblock,
  patchSuperblock,
  readSuperblock,
  SUPERBLOCK_SIZE,
  type Superblock,
  superblockSize,
} from './superblock.js';
import { forgetFreeSpace } from './superblock-extension.js';

/** Small things are placed side by side, in parts of free space of up to this many bytes. */
const ARENA = 1 << 16;

/** So many bytes of pages that are changed in place leave room for more. */
const MOST_IN_PLACE = 1 << 20;

/** How often any space has been changed. */
let changes = 0;

const NO_NOTE: SpaceNote = { free: [], heapRoom: [] };

/** User blocks are copied in parts of this size. */
const COPIED_AT_ONCE = 1 << 20;

/**
 * The space of a file whose changes are committed together. Space that the committed state uses is not written before
 * a commit, but by way of its journal; new things go to space that it does not use. What is given back is used again after
 * the commit that no longer needs it.
 */
export class TransactionSpace extends EditableSpace {
  readonly #target: WritableStorage;
  readonly #transaction: Transaction;
  readonly #durability: Durability | undefined;
  /** Whether there is no committed state yet. */
  #isNew: boolean;
  #isChanged = false;
  /** Another number once other bytes can be found here, which is that of no other space. */
  changes = ++changes;
  /** Why what there is must not be committed: something was done by half. */
  failure: unknown;
  #root: number;
  #committedRoot: number;
  /** The superblock as the last commit has left it, and as it is while the next one is under way: nobody else writes to the file. */
  #head: { readonly before: Uint8Array; readonly during: Uint8Array } | undefined;
  #rootUncached = false;
  /** The superblock extension, until it says nothing of free space. */
  #extension: number;

  // Addresses count from the base address.
  #end: number;
  #committedEnd: number;
  /** From here on nothing is used by the committed state, or by one that a savepoint goes back to. */
  #freshFrom: number;
  #free: FreeSpace;
  /** As it was committed. */
  #committedFree: readonly Extent[];
  #committedHeapRoom: readonly Extent[];
  /** What the last commit has noted of both. */
  #note: Uint8Array | undefined;
  /** What small things are placed in: [next, end). */
  #arena: [number, number] = [0, 0];
  /** What the committed state does not use and this transaction does: extents by their address. */
  #taken = new Map<number, number>();
  #takenSorted: number[] | undefined;
  /** What the committed state uses and this transaction does not. */
  #freed: Extent[] = [];

  /** Whether another file may stand in the place of this one, whose end is elsewhere. */
  #isReplaced = false;

  private constructor(
    target: WritableStorage,
    transaction: Transaction,
    superblock: Superblock,
    { free, heapRoom }: SpaceNote,
    { indexes, durability }: EditingOptions,
  ) {
    super(transaction, indexes, superblock);
    this.#durability = durability;
    this.#target = target;
    this.#transaction = transaction;
    this.#isNew = superblock.rootAddress === UNDEFINED_ADDRESS;
    this.#extension = superblock.extensionAddress;
    this.#root = superblock.rootAddress;
    this.#committedRoot = this.#root;
    this.#end = superblock.endOfFile;
    this.#committedEnd = this.#isNew ? 0 : this.#end;
    this.#freshFrom = this.#committedEnd;
    this.#committedFree = free;
    this.#committedHeapRoom = heapRoom;
    this.heapRoom = heapRoom;
    this.#free = new FreeSpace(free);
  }

  /** The space of a new file. The storage is emptied. */
  static create(storage: WritableStorage, options: EditingOptions = {}): TransactionSpace {
    const { userBlockSize = 0, durability = 'full' } = options;
    checkUserBlockSize(userBlockSize);
    storage.resize(0);
    const transaction = new Transaction(storage, userBlockSize, { durability, commit: 0 });
    return new TransactionSpace(storage, transaction, newSuperblock(userBlockSize), NO_NOTE, options);
  }

  /** The space of an existing file. A commit that was interrupted is completed or undone first. */
  static open(storage: WritableStorage, options: EditingOptions = {}): TransactionSpace {
    recoverInPlace(storage);
    const superblock = readSuperblock(storage);
    const { baseAddress, endOfFile, offsetSize, lengthSize } = superblock;
    if (offsetSize !== 8 || lengthSize !== 8)
      throw new H5FeatureError(
        `editing a file with addresses of ${offsetSize} bytes; h5repack makes one that can be`,
      );
    const { userBlockSize = baseAddress } = options;
    if (userBlockSize !== baseAddress)
      throw new H5Error(
        'H5_USER_BLOCK',
        `the file has a user block of ${baseAddress} bytes, not of ${userBlockSize}; only the mode 'w' makes another`,
      );
    const tail = readTail(storage);
    const end = baseAddress + endOfFile;
    const isOurs = tail?.end === end;
    const note = isOurs ? decodeNote(tail.note, endOfFile) : undefined;
    const transaction = new Transaction(storage, end, {
      durability: options.durability ?? 'full',
      // Where there is no tail, none of this number was there before.
      commit: tail?.commit ?? Math.floor(Math.random() * 2 ** 48),
      note: isOurs ? tail.note : new Uint8Array(0),
    });
    return new TransactionSpace(storage, transaction, superblock, note ?? NO_NOTE, options);
  }

  override get end(): number {
    return this.#end;
  }

  /** Space that nothing uses, and that is not waiting for a commit. */
  get freeExtents(): readonly Extent[] {
    return this.#free.extents();
  }

  /** Where the root group is; undefined as long as there is none. */
  get root(): number {
    return this.#root;
  }

  set root(address: number) {
    this.#root = address;
  }

  uncacheGroup(address: number): void {
    if (address === this.#root) this.#rootUncached = true;
  }

  /** Whether there is something to commit. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  get isNew(): boolean {
    return this.#isNew;
  }

  allocate(size: number): number {
    this.#isChanged = true;
    const [next, end] = this.#arena;
    if (next + size <= end) {
      this.#arena[0] = Math.min(aligned(next + size), end);
      if (this.#arena[0] > next + size) this.#free.add(next + size, this.#arena[0] - next - size);
      return next;
    }
    if (this.#free.total >= size) {
      const found = this.#free.takeUpTo(size, size < ARENA / 4 ? ARENA : size);
      if (found) {
        const [address, taken] = found;
        if (address < this.#freshFrom) {
          this.#taken.set(address, Math.max(taken, this.#taken.get(address) ?? 0));
          this.#takenSorted = undefined;
        }
        if (taken === size) return address;
        this.#leaveArena();
        this.#arena = [address, address + taken];
        return this.allocate(size);
      }
    }
    const address = aligned(this.#end);
    if (address > this.#end) this.#free.add(this.#end, address - this.#end);
    this.#end = address + size;
    return address;
  }

  free(address: number, size: number): void {
    if (size <= 0) return;
    this.#isChanged = true;
    this.forgetPlaces();
    // What a damaged file says to be beyond its end is no space of it.
    if (!(address + size <= this.#end)) return;
    this.globalHeap.forget(address, size);
    if (this.isFresh(address)) this.#free.add(address, size);
    else this.#freed.push([address, size]);
  }

  write(address: number, bytes: Uint8Array): void {
    this.#isChanged = true;
    this.changes = ++changes;
    const position = this.superblock.baseAddress + address;
    try {
      if (this.isFresh(address)) this.#transaction.writeFresh(position, bytes);
      else this.#transaction.write(position, bytes);
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  /** A change has failed half way. Nothing of the transaction, or of what came after the last savepoint, can be kept. */
  fail(error: unknown): void {
    this.failure ??= this.#isNew ? error : halfDone(error);
  }

  isFresh(address: number): boolean {
    if (address >= this.#freshFrom || this.#taken.has(address)) return true;
    if (this.#taken.size === 0) return false;
    this.#takenSorted ??= [...this.#taken.keys()].sort((a, b) => a - b);
    const starts = this.#takenSorted;
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle] as number) <= address) low = middle + 1;
      else high = middle;
    }
    const start = starts[low - 1];
    return start !== undefined && address < start + (this.#taken.get(start) as number);
  }

  override get unwritten(): number {
    return Math.max(0, this.#transaction.size - this.superblock.baseAddress);
  }

  override get hasRoomInJournal(): boolean {
    return this.#transaction.changed < MOST_IN_PLACE;
  }

  #leaveArena(): void {
    const [next, end] = this.#arena;
    if (next < end) this.#free.add(next, end - next);
    this.#arena = [0, 0];
  }

  /** The free space after a commit, and where the file ends then. */
  #freeAfter(): { free: FreeSpace; end: number } {
    // What was changed in its place has left it as it was.
    const isSame = this.#freed.length === 0 && this.#free.extents() === this.#committedFree;
    if (isSame && this.#end === this.#committedEnd) return { free: this.#free, end: this.#end };
    const free = new FreeSpace(this.#free.extents());
    for (const [address, size] of this.#freed) free.add(address, size);
    const end = free.takeEnd(this.#end);
    return { free, end };
  }

  /** Makes all changes since the last commit last, or none of them. */
  commit(): void {
    const { baseAddress } = this.superblock;
    if (this.#extension !== UNDEFINED_ADDRESS) forgetFreeSpace(this, this.#extension);
    this.#leaveArena();
    const { free, end } = this.#freeAfter();
    const extents = free.extents();
    const { heapRoom } = this;
    // Less than 8 bytes is padding: a new file that has no more is left without a note of it.
    const isPadding = this.#isNew && extents.every(([, size]) => size < 8);
    const isKnown = extents === this.#committedFree && heapRoom === this.#committedHeapRoom;
    const note =
      (isKnown ? this.#note : undefined) ?? encodeNote(isPadding ? NO_NOTE : { free: extents, heapRoom });
    if (this.#isNew) {
      const superblock = new ByteWriter(SUPERBLOCK_SIZE);
      encodeSuperblock(superblock, this.#root, end, baseAddress);
      const head = { position: baseAddress, bytes: superblock.finish() };
      this.#transaction.create(baseAddress + end, head, note);
      this.#target.publish?.();
    } else {
      const head = this.#head;
      this.#head = undefined;
      const before = head?.before ?? this.#target.copy(baseAddress, superblockSize(this.superblock));
      const old = { endOfFile: this.#committedEnd, rootAddress: this.#committedRoot, rootUncached: false };
      const next = { endOfFile: end, rootAddress: this.#root, rootUncached: this.#rootUncached };
      const patch = (changes: typeof old, guarded: boolean) =>
        patchSuperblock(before, this.superblock, { ...changes, guarded });
      const during = head?.during ?? patch(old, true);
      const isSame = head && end === this.#committedEnd && this.#root === this.#committedRoot;
      const [complete, after] =
        isSame && !this.#rootUncached ? [during, before] : [patch(next, true), patch(next, false)];
      this.#transaction.commit({
        end: baseAddress + end,
        guard: { position: baseAddress, before, during, complete, after },
        note,
      });
      this.#head = { before: after, during: complete };
    }
    this.#isNew = false;
    this.#extension = UNDEFINED_ADDRESS;
    this.#committedRoot = this.#root;
    this.#free = free;
    this.#committedFree = extents;
    this.#committedHeapRoom = heapRoom;
    this.#note = isPadding ? undefined : note;
    this.#end = end;
    this.#committedEnd = end;
    this.#forgetTransaction();
  }

  /** Forgets all changes since the last commit. */
  rollback(): void {
    this.changes = ++changes;
    this.forgetPlaces();
    if (!this.#isReplaced) this.#transaction.rollback();
    this.failure = undefined;
    this.#root = this.#committedRoot;
    this.#rootUncached = false;
    this.#free = new FreeSpace(this.#committedFree);
    this.heapRoom = this.#committedHeapRoom;
    this.#end = this.#isNew ? SUPERBLOCK_SIZE : this.#committedEnd;
    this.#arena = [0, 0];
    this.globalHeap.forget(0, Number.POSITIVE_INFINITY);
    this.#forgetTransaction();
  }

  savepoint(): Savepoint {
    const pages = this.#transaction.savepoint();
    this.#leaveArena();
    const free = this.#free.extents();
    const [root, end, isChanged, rootUncached] = [this.#root, this.#end, this.#isChanged, this.#rootUncached];
    const taken = this.#taken;
    const freed = this.#freed.length;
    const { heapRoom } = this;
    const freshFrom = this.#freshFrom;
    // What is there now must be there again.
    this.#freshFrom = this.#end;
    this.#taken = new Map();
    this.#takenSorted = undefined;
    return {
      goBack: () => {
        this.changes = ++changes;
        pages.goBack();
        this.forgetPlaces();
        this.failure = undefined;
        this.#freshFrom = freshFrom;
        this.#free = new FreeSpace(free);
        this.heapRoom = heapRoom;
        this.#root = root;
        this.#end = end;
        this.#isChanged = isChanged;
        this.#rootUncached = rootUncached;
        this.#arena = [0, 0];
        this.#taken = taken;
        this.#takenSorted = undefined;
        this.#freed.length = freed;
        this.globalHeap.forget(0, Number.POSITIVE_INFINITY);
      },
      giveUp: () => {
        pages.giveUp();
        this.#freshFrom = freshFrom;
        for (const [address, size] of this.#taken)
          taken.set(address, Math.max(size, taken.get(address) ?? 0));
        this.#taken = taken;
        this.#takenSorted = undefined;
        // What was freed since then, and was new at that time already, need not be there again.
        for (const [address, size] of this.#freed.splice(freed)) {
          if (this.isFresh(address)) this.#free.add(address, size);
          else this.#freed.push([address, size]);
        }
      },
    };
  }

  #forgetTransaction(): void {
    this.#freshFrom = this.#committedEnd;
    this.#isChanged = false;
    this.#freed = [];
    this.#taken.clear();
    this.#takenSorted = undefined;
  }

  /** Puts what `make` writes to the space of a new file in the place of this one, which must not be used afterwards. */
  replace(make: (space: TransactionSpace) => void): void {
    const userBlockSize = this.superblock.baseAddress;
    const options = { indexes: this.indexes, durability: this.#durability, userBlockSize };
    if (!this.#target.replace)
      throw new H5FeatureError(
        'compacting in a storage without `replace`; copy the root group to a new file',
      );
    this.#target.replace((storage) => {
      const space = TransactionSpace.create(storage, options);
      for (let at = 0; at < userBlockSize; at += COPIED_AT_ONCE)
        storage.write(at, this.#target.read(at, Math.min(COPIED_AT_ONCE, userBlockSize - at)));
      make(space);
      this.#isReplaced = true;
    });
  }

  /** The space of what is in the storage now. */
  reopen(): TransactionSpace {
    return TransactionSpace.open(this.#target, { indexes: this.indexes, durability: this.#durability });
  }

  /** Ends all use. What is not committed is lost. */
  close(): void {
    if (!this.#isReplaced) this.#transaction.close();
  }
}

function halfDone(cause: unknown): H5StateError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new H5StateError(
    'H5_HALF_DONE',
    `a change has failed half way (${why}): what was not committed cannot be kept; \`rollback\` goes back to the last commit`,
    { cause },
  );
}

/** Format Specification, section II.A: the superblock is at byte 0, 512, 1024, 2048, ... */
function checkUserBlockSize(size: number): void {
  const isPlace = size === 0 || (size >= 512 && Number.isSafeInteger(Math.log2(size)));
  if (!isPlace) throw new H5TypeError(`a user block has 0, 512, 1024, 2048, ... bytes, not ${size}`);
}
