import { H5FeatureError, H5FormatError, H5TypeError } from '../errors.js';
import { MemoryStorage } from '../storage/memory.js';
import { UNDEFINED_ADDRESS } from './byte-reader.js';
import { CACHE_LIMIT, type ChunkStore, checkChunk } from './chunk-cache.js';
import type { EditableSpace } from './editable-space.js';
import type { FileSpace } from './file-space.js';
import type { DataElsewhere } from './messages/data-layout.js';
import {
  isAscending,
  ListPart,
  type Loop,
  LoopPart,
  type Part,
  product,
  type Selection,
} from './selection.js';

/** Elements in the object header. Writing changes `bytes`, which the caller puts back into the header. */
export interface CompactElements {
  readonly kind: 'compact';
  readonly bytes: Uint8Array;
}

/** Elements one after another at an address. */
export interface ContiguousElements<Space extends FileSpace = FileSpace> {
  readonly kind: 'contiguous';
  readonly space: Space;
  /** UNDEFINED_ADDRESS until something is written: then all elements are the fill value. Writing sets it. */
  address: number;
  /** The bytes of one element; zeros without it. */
  fillValue?: Uint8Array | undefined;
}

/** Elements in chunks. Those that were never written are the fill value. */
export interface ChunkedElements {
  readonly kind: 'chunked';
  readonly chunkDims: readonly number[];
  readonly chunks: ChunkStore;
  fillValue?: Uint8Array | undefined;
  /** Whether elements outside of the dataset, in chunks at its edges, stay as they are: they lead to something of their own. */
  keepsEdges?: boolean;
}

/** Where the elements of a dataset are read from. */
export type ElementSource = CompactElements | ContiguousElements | ChunkedElements | DataElsewhere;
/** Where they are written to. */
export type ElementTarget =
  | CompactElements
  | ContiguousElements<EditableSpace>
  | ChunkedElements
  | DataElsewhere;

/**
 * How many bytes of a result may be made of fill values alone: for them a file needs no bytes of its own, so its size is
 * no limit.
 */
export const MAX_FILLED = 2 ** 30;
/** A chunk that is not there counts as this many bytes at least: looking for it takes time, too. */
const MIN_FILLED_CHUNK = 64;

/** What lies near together is read, or written, with one call of up to this many bytes. */
const WINDOW = 1 << 20;
/** Reading so many bytes that are not needed takes as long as another call. */
const READ_GAP = 1 << 12;
/** Where bytes between others are written as they were, the file, or its journal, takes more than without them. */
const WRITE_GAP = 1 << 9;
/** Runs of more units than this are copied by `set`, shorter ones by a loop: below it, `set` has hardly begun. */
const LONG_RUN = 24;

/**
 * The bytes of the selected elements, one after another in the order of the selection, for the caller to keep.
 *
 * Throws H5TypeError if more than `maxFilled` bytes would be fill values alone, and H5FormatError where data lie outside of
 * the file or a chunk has another size than it must have. `into`: memory that they go to, if it is large enough.
 *
 * @example
 * const selection = parseSelection([[0, 10]], [1000, 3]);
 * readSelection({ kind: 'contiguous', space, address }, selection, 8); // 240 bytes
 */
export function readSelection(
  source: ElementSource,
  selection: Selection,
  elementSize: number,
  maxFilled = MAX_FILLED,
  into?: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const { count } = selection;
  const size = count * elementSize;
  if (count === 0) return new Uint8Array(0);
  switch (source.kind) {
    case 'compact': {
      checkCompact(source.bytes, selection, elementSize);
      const part = selection.part();
      if (!(part instanceof ListPart) && part.loops.length === 0 && !into) {
        const start = part.file * elementSize;
        return new Uint8Array(source.bytes.subarray(start, start + size));
      }
      const result = room(size, into);
      if (part instanceof ListPart) new Copy(source.bytes, result, elementSize, false).list(part, 0);
      else new Copy(source.bytes, result, elementSize, false).part(part);
      return result;
    }
    case 'contiguous': {
      const { space, address } = source;
      if (address === UNDEFINED_ADDRESS) {
        checkFilled(size, maxFilled);
        const result = room(size, into);
        if (into) result.fill(0);
        fill(result, source.fillValue, elementSize);
        return result;
      }
      const total = product(selection.dims) * elementSize;
      if (address + total > space.end) {
        throw new H5FormatError(
          address,
          `${total} bytes of a dataset lie outside of the file's ${space.end} bytes`,
        );
      }
      const part = selection.part();
      if (!(part instanceof ListPart) && part.loops.length === 0) {
        if (into && into.length >= size && space.storage.readInto) {
          const result = into.subarray(0, size);
          space.storage.readInto(space.superblock.baseAddress + address + part.file * elementSize, result);
          return result;
        }
        return space.copy(address + part.file * elementSize, size, 'the data of a dataset');
      }
      const result = room(size, into);
      new ContiguousReader(space, address, elementSize, result).transfer(part);
      return result;
    }
    case 'chunked':
      return readChunked(source, selection, elementSize, maxFilled, into);
    default:
      return notHere(source);
  }
}

/**
 * Writes elements, given as bytes, to what is selected. `steps`, of `broadcast`, say where in `bytes` the element for
 * each place of the selection is; without them they are one after another. If an element is selected twice, the value that
 * comes last stays. Chunks go to the store of the target: its `flush` writes them.
 *
 * Throws H5TypeError if there are too few bytes.
 *
 * @example
 * writeSelection(target, selection, bytes, 8);
 * writeSelection(target, selection, oneRow, 8, broadcast([3], selection.shape));
 */
export function writeSelection(
  target: ElementTarget,
  selection: Selection,
  bytes: Uint8Array,
  elementSize: number,
  steps?: readonly number[],
): void {
  const { count, shape } = selection;
  if (count === 0) return;
  const needed = steps
    ? shape.reduce((sum, size, axis) => sum + (size - 1) * (steps[axis] as number), 1)
    : count;
  if (bytes.length < needed * elementSize) {
    throw new H5TypeError(
      `${bytes.length} bytes are given for ${needed} elements of ${elementSize} bytes to be written`,
    );
  }
  switch (target.kind) {
    case 'compact': {
      checkCompact(target.bytes, selection, elementSize);
      const part = selection.part(steps);
      if (part instanceof ListPart) new Copy(target.bytes, bytes, elementSize, true).list(part, 0);
      else new Copy(target.bytes, bytes, elementSize, true).part(part);
      return;
    }
    case 'contiguous':
      writeContiguous(target, selection, bytes, elementSize, steps);
      return;
    case 'chunked':
      writeChunked(target, selection, bytes, elementSize, steps);
      return;
    default:
      notHere(target);
  }
}

/** Whether the elements of a dataset are not in it. */
export function isElsewhere(data: { readonly kind: string }): data is DataElsewhere {
  return data.kind === 'virtual' || data.kind === 'external';
}

export function notHere({ kind }: DataElsewhere): never {
  throw new H5FeatureError(
    kind === 'virtual'
      ? 'the virtual layout, which has the elements of other datasets,'
      : 'data in external files',
  );
}

function checkCompact(bytes: Uint8Array, selection: Selection, elementSize: number): void {
  const total = product(selection.dims) * elementSize;
  if (bytes.length < total) {
    throw new H5FormatError(-1, `compact data of ${bytes.length} bytes, expected ${total}`);
  }
}

// ---- chunks -----------------------------------------------------------------------------------------------

function readChunked(
  { chunkDims, chunks, fillValue }: ChunkedElements,
  selection: Selection,
  elementSize: number,
  maxFilled: number,
  into: Uint8Array<ArrayBuffer> | undefined,
): Uint8Array<ArrayBuffer> {
  const result = room(selection.count * elementSize, into);
  const chunkSize = product(chunkDims) * elementSize;
  checkFillValue(fillValue, elementSize);
  // Memory that is used again holds something else.
  const isFilled = into !== undefined || !isZero(fillValue);
  // Who reads so much at once goes on to the next part, and whole chunks are not asked for again soon.
  const isLarge = result.length * 4 >= CACHE_LIMIT;
  // The last of so many chunks would push out the first.
  const isMore = selection.chunksTouched(chunkDims) * chunkSize > CACHE_LIMIT;
  const elements = product(chunkDims);
  let filled = 0;
  selection.forEachChunk(chunkDims, (place, part) => {
    const isOnce = isMore || (isLarge && part.covers);
    // A whole chunk that is one run of the result can be read to where it belongs.
    const start = part.covers && isOneRun(part, elements) ? part.memory * elementSize : -1;
    const target = isOnce && start >= 0 ? result.subarray(start, start + chunkSize) : undefined;
    const chunk = isOnce ? chunks.getOnce(place, target) : chunks.get(place);
    if (target && chunk === target) return;
    if (chunk === undefined) {
      filled += Math.max(part.count * elementSize, MIN_FILLED_CHUNK);
      checkFilled(filled, maxFilled);
      if (isFilled) {
        part.forEachRun((_, length, position) => {
          const end = (position + length) * elementSize;
          const run = result.subarray(position * elementSize, end);
          if (into) run.fill(0);
          fill(run, fillValue, elementSize);
        });
      }
      return;
    }
    checkChunk(chunk, place, chunkSize);
    const copy = new Copy(chunk, result, elementSize, false);
    if (part instanceof ListPart) copy.list(part, 0);
    else copy.part(part);
  });
  return result;
}

function writeChunked(
  { chunkDims, chunks, fillValue, keepsEdges }: ChunkedElements,
  selection: Selection,
  bytes: Uint8Array,
  elementSize: number,
  steps: readonly number[] | undefined,
): void {
  const elements = product(chunkDims);
  const chunkSize = elements * elementSize;
  // Of very much, whole chunks are put together in the same memory one after another, and not kept.
  const isLarge = selection.count * elementSize * 4 >= CACHE_LIMIT;
  let memory: Uint8Array | undefined;
  selection.forEachChunk(
    chunkDims,
    (place, part) => {
      if (isOneRun(part, elements)) {
        const start = part.memory * elementSize;
        chunks.write(place, bytes.subarray(start, start + chunkSize));
        return;
      }
      if (isLarge && part.covers && part instanceof LoopPart && part.count === elements) {
        memory ??= room(chunkSize);
        new Copy(memory, bytes, elementSize, true).part(part);
        chunks.write(place, memory);
        return;
      }
      const isWhole = part.covers && (part.count === elements || !keepsEdges);
      let chunk = isWhole ? undefined : chunks.get(place);
      const isNew = chunk === undefined;
      if (chunk === undefined) {
        chunk = room(chunkSize);
        // Chunks at the edges are stored whole: what lies outside of the dataset is the fill value.
        if (part.count < elements || !part.covers) fill(chunk, fillValue, elementSize);
      }
      checkChunk(chunk, place, chunkSize);
      const copy = new Copy(chunk, bytes, elementSize, true);
      if (part instanceof ListPart) copy.list(part, 0);
      else copy.part(part);
      const { start, end } = isNew ? { start: 0, end: elements } : part.bounds;
      chunks.put(place, chunk, start * elementSize, end * elementSize);
    },
    steps,
  );
}

/** Whether a part is so many elements that follow one another on both sides. */
function isOneRun(part: Part, elements: number): part is LoopPart {
  return part instanceof LoopPart && part.loops.length === 0 && part.run === elements;
}

// ---- contiguous data --------------------------------------------------------------------------------------

function writeContiguous(
  target: ContiguousElements<EditableSpace>,
  selection: Selection,
  bytes: Uint8Array,
  elementSize: number,
  steps: readonly number[] | undefined,
): void {
  const { space, fillValue } = target;
  const part = selection.part(steps);
  let { address } = target;
  if (address === UNDEFINED_ADDRESS) {
    const total = product(selection.dims) * elementSize;
    address = space.allocate(total);
    // What is written with tables is read first, where there are gaps.
    const isWhole =
      part.covers && !(part instanceof ListPart) && part.loops.every(({ fileTable }) => !fileTable);
    if (!isWhole) fillSpace(space, address, total, fillValue, elementSize);
  }
  new ContiguousWriter(space, address, elementSize, bytes).transfer(part);
  target.address = address;
}

function fillSpace(
  space: EditableSpace,
  address: number,
  total: number,
  fillValue: Uint8Array | undefined,
  elementSize: number,
): void {
  const whole = Math.max(1, Math.floor(WINDOW / elementSize)) * elementSize;
  // Zeros are there by themselves behind all that was written, if something stands at the end.
  const needed = isZero(fillValue) ? Math.max(0, Math.min(total, space.unwritten - address)) : total;
  const piece = new Uint8Array(Math.min(whole, needed));
  fill(piece, fillValue, elementSize);
  for (let done = 0; done < needed; done += piece.length) {
    space.write(address + done, piece.subarray(0, Math.min(piece.length, needed - done)));
  }
  if (needed < total) space.write(address + total - 1, new Uint8Array(1));
}

/**
 * Goes through a part of contiguous data in windows: what lies near together is one call, what is large, or far from
 * everything else, one by itself.
 */
abstract class ContiguousTransfer {
  protected readonly address: number;
  protected readonly size: number;
  protected readonly memory: Uint8Array;
  /** In elements. */
  readonly #window: number;
  readonly #gap: number;

  protected loops: readonly Loop[] = [];
  protected run = 1;
  /** How far the elements of each level and those within reach, from where it begins. */
  #low: number[] = [];
  #high: number[] = [];
  /** Whether a level can be one window. */
  #fits: boolean[] = [];

  constructor(address: number, size: number, memory: Uint8Array, window: number, gap: number) {
    this.address = address;
    this.size = size;
    this.memory = memory;
    this.#window = window / size;
    this.#gap = gap / size;
  }

  /** Elements that follow one another on both sides. */
  protected abstract direct(file: number, memory: number, length: number): void;
  /** The turns `from` up to `to` of a level, which lie between the elements `low` and `high` of the file. */
  protected abstract window(
    level: number,
    from: number,
    to: number,
    file: number,
    memory: number,
    low: number,
    high: number,
  ): void;
  /** Runs of a list that lie between two elements of the file; the first goes to `position`. */
  protected abstract listWindow(part: ListPart, position: number, low: number, high: number): void;

  transfer(part: LoopPart | ListPart): void {
    if (part instanceof ListPart) this.#list(part);
    else {
      this.#measure(part);
      this.#visit(0, part.file, part.memory);
    }
  }

  #measure({ loops, run }: LoopPart): void {
    this.loops = loops;
    this.run = run;
    const depth = loops.length;
    this.#low = new Array<number>(depth + 1).fill(0);
    this.#high = new Array<number>(depth + 1).fill(run);
    this.#fits = new Array<boolean>(depth + 1).fill(run <= this.#window);
    for (let level = depth - 1; level >= 0; level--) {
      const { count, fileStep, fileTable } = loops[level] as Loop;
      let low = 0;
      let high = (count - 1) * fileStep;
      if (fileTable) {
        low = Number.POSITIVE_INFINITY;
        high = 0;
        for (let i = 0; i < count; i++) {
          low = Math.min(low, fileTable[i] as number);
          high = Math.max(high, fileTable[i] as number);
        }
      }
      low += this.#low[level + 1] as number;
      high += this.#high[level + 1] as number;
      const inner = (this.#high[level + 1] as number) - (this.#low[level + 1] as number);
      const unused = high - low - count * inner;
      this.#low[level] = low;
      this.#high[level] = high;
      this.#fits[level] =
        (this.#fits[level + 1] as boolean) && high - low <= this.#window && unused <= this.#gap * (count - 1);
    }
  }

  #visit(level: number, file: number, memory: number): void {
    const loop = this.loops[level];
    if (loop === undefined) {
      this.direct(file, memory, this.run);
      return;
    }
    const { count, fileStep, memoryStep, fileTable, memoryTable } = loop;
    if (this.#fits[level]) {
      const low = this.#low[level] as number;
      const high = this.#high[level] as number;
      this.window(level, 0, count, file, memory, file + low, file + high);
      return;
    }
    const isLast = level === this.loops.length - 1;
    const fits = this.#fits[level + 1] as boolean;
    const innerLow = this.#low[level + 1] as number;
    const innerHigh = this.#high[level + 1] as number;
    const inner = innerHigh - innerLow;
    // Evenly spaced: so many turns are a window.
    const even = fileStep - inner > this.#gap ? 1 : Math.floor((this.#window - inner) / fileStep) + 1;
    for (let i = 0; i < count; ) {
      const at = fileTable ? (fileTable[i] as number) : i * fileStep;
      let low = at + innerLow;
      let high = at + innerHigh;
      let end = i + 1;
      if (fits && fileTable) {
        for (; end < count; end++) {
          const next = fileTable[end] as number;
          const nextLow = Math.min(low, next + innerLow);
          const nextHigh = Math.max(high, next + innerHigh);
          const grows = low - nextLow + (nextHigh - high);
          if (nextHigh - nextLow > this.#window || grows > inner + this.#gap) break;
          low = nextLow;
          high = nextHigh;
        }
      } else if (fits) {
        end = Math.min(count, i + even);
        high += (end - 1 - i) * fileStep;
      }
      if (end - i > 1 || (fits && !isLast)) {
        this.window(level, i, end, file, memory, file + low, file + high);
      } else {
        const memoryAt = memoryTable ? (memoryTable[i] as number) : i * memoryStep;
        this.#visit(level + 1, file + at, memory + memoryAt);
      }
      i = end;
    }
  }

  #list(part: ListPart): void {
    const { starts, lengths, to, memoryStep } = part;
    let position = 0;
    for (let i = part.from; i < to; ) {
      let low = starts[i] as number;
      let elements = lengths ? (lengths[i] as number) : 1;
      let high = low + elements;
      let end = i + 1;
      for (; end < to; end++) {
        const next = starts[end] as number;
        const length = lengths ? (lengths[end] as number) : 1;
        const nextLow = Math.min(low, next);
        const nextHigh = Math.max(high, next + length);
        const grows = low - nextLow + (nextHigh - high);
        if (nextHigh - nextLow > this.#window || grows > length + this.#gap) break;
        low = nextLow;
        high = nextHigh;
        elements += length;
      }
      if (end - i > 1) {
        const some = new ListPart(elements, false, starts, lengths, undefined, i, end, memoryStep);
        this.listWindow(some, position, low, high);
      } else if (memoryStep === 1) this.direct(low, position, elements);
      else this.#repeat(low, elements);
      position += elements * memoryStep;
      i = end;
    }
  }

  /** One value for all elements of a run, a window at a time. */
  #repeat(file: number, length: number): void {
    const most = Math.max(1, Math.floor(this.#window));
    for (let done = 0; done < length; done += most) {
      const some = Math.min(most, length - done);
      const from = file + done;
      const run = new ListPart(some, false, Float64Array.of(from), Float64Array.of(some), undefined, 0, 1, 0);
      this.listWindow(run, 0, from, from + some);
    }
  }
}

class ContiguousReader extends ContiguousTransfer {
  readonly #space: FileSpace;

  constructor(space: FileSpace, address: number, size: number, memory: Uint8Array) {
    // A file in memory is read without being copied: then one window is best, however much of it is needed.
    const isMemory = space.storage instanceof MemoryStorage;
    const limit = Number.POSITIVE_INFINITY;
    super(address, size, memory, isMemory ? limit : WINDOW, isMemory ? limit : READ_GAP);
    this.#space = space;
  }

  protected direct(file: number, memory: number, length: number): void {
    const { size } = this;
    const { storage, superblock } = this.#space;
    // What is short would have a page of the file read for it, and nothing near it is needed.
    if (!storage.readInto || length * size > READ_GAP)
      this.memory.set(this.#bytes(file, file + length), memory * size);
    else {
      // All of the dataset is within the file.
      const target = this.memory.subarray(memory * size, (memory + length) * size);
      storage.readInto(superblock.baseAddress + this.address + file * size, target);
    }
  }

  protected window(
    level: number,
    from: number,
    to: number,
    file: number,
    memory: number,
    low: number,
    high: number,
  ): void {
    const copy = new Copy(this.#bytes(low, high), this.memory, this.size, false);
    copy.loops(this.loops, this.run, level, from, to, file - low, memory);
  }

  protected listWindow(part: ListPart, position: number, low: number, high: number): void {
    new Copy(this.#bytes(low, high), this.memory, this.size, false).list(part, low, position);
  }

  #bytes(low: number, high: number): Uint8Array {
    const { address, size } = this;
    return this.#space.bytes(address + low * size, (high - low) * size, 'the data of a dataset');
  }
}

class ContiguousWriter extends ContiguousTransfer {
  readonly #space: EditableSpace;

  constructor(space: EditableSpace, address: number, size: number, memory: Uint8Array) {
    super(address, size, memory, WINDOW, WRITE_GAP);
    this.#space = space;
  }

  protected direct(file: number, memory: number, length: number): void {
    const { address, size } = this;
    this.#space.write(address + file * size, this.memory.subarray(memory * size, (memory + length) * size));
  }

  protected window(
    level: number,
    from: number,
    to: number,
    file: number,
    memory: number,
    low: number,
    high: number,
  ): void {
    const { loops, run } = this;
    let elements = (to - from) * run;
    let isEven = !(loops[level] as Loop).fileTable;
    for (let i = level + 1; i < loops.length; i++) {
      elements *= (loops[i] as Loop).count;
      if ((loops[i] as Loop).fileTable) isEven = false;
    }
    const bytes = this.#bytes(low, high, isEven && elements === high - low);
    new Copy(bytes, this.memory, this.size, true).loops(loops, run, level, from, to, file - low, memory);
    this.#space.write(this.address + low * this.size, bytes);
  }

  protected listWindow(part: ListPart, position: number, low: number, high: number): void {
    const { starts, from, to, count } = part;
    const isWhole = count === high - low && isAscending(starts.subarray(from, to));
    const bytes = this.#bytes(low, high, isWhole);
    new Copy(bytes, this.memory, this.size, true).list(part, low, position);
    this.#space.write(this.address + low * this.size, bytes);
  }

  /** What is to be written: if not all of it is given, with what stands there now. */
  #bytes(low: number, high: number, isWhole: boolean): Uint8Array {
    const { address, size } = this;
    const length = (high - low) * size;
    if (isWhole) return new Uint8Array(length);
    return this.#space.copy(address + low * size, length, 'the data of a dataset');
  }
}

// ---- copying ----------------------------------------------------------------------------------------------

type Units = Uint8Array | Uint16Array | Uint32Array;

/**
 * Copies elements between an array of a file and memory. They are copied as integers of 4, 2 or 1 bytes, the largest that
 * the size of an element and both positions in memory are multiples of: as floats, NaNs would not keep their bits.
 */
class Copy {
  readonly #file: Units;
  readonly #memory: Units;
  readonly #toFile: boolean;
  /** Units an element. */
  readonly #units: number;

  constructor(file: Uint8Array, memory: Uint8Array, elementSize: number, toFile: boolean) {
    const fits = (unit: number) =>
      elementSize % unit === 0 && file.byteOffset % unit === 0 && memory.byteOffset % unit === 0;
    const unit = fits(4) ? 4 : fits(2) ? 2 : 1;
    this.#file = inUnits(file, unit);
    this.#memory = inUnits(memory, unit);
    this.#toFile = toFile;
    this.#units = elementSize / unit;
  }

  part({ loops, run, file, memory }: LoopPart): void {
    this.loops(loops, run, 0, 0, loops[0]?.count ?? 1, file, memory);
  }

  /** The turns `from` up to `to` of a level and all within. */
  loops(
    loops: readonly Loop[],
    run: number,
    level: number,
    from: number,
    to: number,
    file: number,
    memory: number,
  ): void {
    const units = this.#units;
    const loop = loops[level];
    if (loop === undefined) {
      this.#copy(file * units, 0, memory * units, 0, 1, run * units);
      return;
    }
    const { fileStep, memoryStep, fileTable, memoryTable } = loop;
    const isLast = level === loops.length - 1;
    if (isLast && !fileTable && !memoryTable) {
      const fileAt = (file + from * fileStep) * units;
      const memoryAt = (memory + from * memoryStep) * units;
      this.#copy(fileAt, fileStep * units, memoryAt, memoryStep * units, to - from, run * units);
      return;
    }
    if (isLast && run * units <= LONG_RUN) {
      this.#copyByTable(loop, run * units, from, to, file, memory);
      return;
    }
    const inner = loops[level + 1]?.count ?? 1;
    for (let i = from; i < to; i++) {
      const fileAt = file + (fileTable ? (fileTable[i] as number) : i * fileStep);
      const memoryAt = memory + (memoryTable ? (memoryTable[i] as number) : i * memoryStep);
      this.loops(loops, run, level + 1, 0, inner, fileAt, memoryAt);
    }
  }

  /** The innermost level where it has a table: for each turn some units. */
  #copyByTable(
    { fileStep, memoryStep, fileTable, memoryTable }: Loop,
    length: number,
    from: number,
    to: number,
    file: number,
    memory: number,
  ): void {
    const units = this.#units;
    const toFile = this.#toFile;
    const target = toFile ? this.#file : this.#memory;
    const source = toFile ? this.#memory : this.#file;
    for (let i = from; i < to; i++) {
      const fileAt = (file + (fileTable ? (fileTable[i] as number) : i * fileStep)) * units;
      const memoryAt = (memory + (memoryTable ? (memoryTable[i] as number) : i * memoryStep)) * units;
      let targetAt = toFile ? fileAt : memoryAt;
      let sourceAt = toFile ? memoryAt : fileAt;
      for (const end = targetAt + length; targetAt < end; targetAt++) {
        target[targetAt] = source[sourceAt++] as number;
      }
    }
  }

  /** The runs of a list, in an array that begins at the element `base`. */
  list({ starts, lengths, positions, from, to, memoryStep }: ListPart, base: number, position = 0): void {
    const units = this.#units;
    for (let i = from; i < to; i++) {
      const file = ((starts[i] as number) - base) * units;
      const length = lengths ? (lengths[i] as number) : 1;
      const memory = (positions ? (positions[i] as number) : position) * units;
      if (memoryStep === 1) this.#copy(file, 0, memory, 0, 1, length * units);
      else this.#copy(file, units, memory, 0, length, units);
      position += length * memoryStep;
    }
  }

  #copy(
    file: number,
    fileStep: number,
    memory: number,
    memoryStep: number,
    count: number,
    units: number,
  ): void {
    if (this.#toFile) copyRuns(this.#file, file, fileStep, this.#memory, memory, memoryStep, count, units);
    else copyRuns(this.#memory, memory, memoryStep, this.#file, file, fileStep, count, units);
  }
}

function copyRuns(
  to: Units,
  toAt: number,
  toStep: number,
  from: Units,
  fromAt: number,
  fromStep: number,
  count: number,
  units: number,
): void {
  if (units === 1) {
    for (let i = 0; i < count; i++) {
      to[toAt] = from[fromAt] as number;
      toAt += toStep;
      fromAt += fromStep;
    }
  } else if (units === 2) {
    for (let i = 0; i < count; i++) {
      to[toAt] = from[fromAt] as number;
      to[toAt + 1] = from[fromAt + 1] as number;
      toAt += toStep;
      fromAt += fromStep;
    }
  } else if (units <= LONG_RUN) {
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < units; k++) to[toAt + k] = from[fromAt + k] as number;
      toAt += toStep;
      fromAt += fromStep;
    }
  } else {
    for (let i = 0; i < count; i++) {
      to.set(from.subarray(fromAt, fromAt + units), toAt);
      toAt += toStep;
      fromAt += fromStep;
    }
  }
}

function inUnits(bytes: Uint8Array, unit: number): Units {
  const { buffer, byteOffset, length } = bytes;
  if (unit === 4) return new Uint32Array(buffer, byteOffset, length >>> 2);
  return unit === 2 ? new Uint16Array(buffer, byteOffset, length >>> 1) : bytes;
}

// ---- fill values ------------------------------------------------------------------------------------------

/** Makes every element of new bytes, which are zeros, the fill value. */
export function fill(bytes: Uint8Array, fillValue: Uint8Array | undefined, elementSize: number): void {
  checkFillValue(fillValue, elementSize);
  if (bytes.length > 0 && !isZero(fillValue)) repeat(fillValue as Uint8Array, bytes);
}

/** Copies an element over and over, until it is everywhere. */
function repeat(element: Uint8Array, bytes: Uint8Array): void {
  bytes.set(element);
  for (let done = element.length; done < bytes.length; done *= 2) bytes.copyWithin(done, 0, done);
}

function checkFillValue(fillValue: Uint8Array | undefined, elementSize: number): void {
  if (fillValue && fillValue.length !== elementSize) {
    throw new H5FormatError(-1, `a fill value of ${fillValue.length} bytes for elements of ${elementSize}`);
  }
}

function isZero(fillValue: Uint8Array | undefined): boolean {
  return fillValue?.every((byte) => byte === 0) ?? true;
}

function checkFilled(size: number, limit: number): void {
  if (size <= limit) return;
  throw new H5TypeError(
    `what is selected was never written, and its ${size} bytes or more are too many to be made at once; read parts of it`,
  );
}

/** Bytes: new ones, all zeros, or the first of those that are given. */
function room(size: number, given?: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (given && given.length >= size) return given.subarray(0, size);
  try {
    return new Uint8Array(size);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new H5TypeError(`${size} bytes are more than there is memory for; read or write parts of them`);
  }
}
