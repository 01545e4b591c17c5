import type { Keeper } from '../hdf5/chunked-builder.js';
import { LITTLE_ENDIAN, littleEndianBytes, setU64, swapped } from '../hdf5/endian.js';
import { FULL_COLLECTION, HEADER, MAX_INDEX, MIN_COLLECTION, padded } from '../hdf5/indexes/global-heap.js';
import { putTime } from '../serialize/emit.js';
import { Missing, NOT_A_TIME } from '../serialize/layout.js';
import type { BigIntsPart, DatesPart, NumbersPart, RaggedPart, ReferencesPart, TextPart } from './column.js';
import { Lazy } from './lazy.js';
import { type Track, TrackReader } from './spill.js';

/** Bytes are made in pieces of about this size. */
const PIECE = 1 << 18;

/** Reads the next elements, as the bytes that they are in the file. */
export type Read = (count: number) => Uint8Array;

/** How the elements of a dataset are made. */
export interface ElementsOptions {
  readonly count: number;
  /** The bytes of each. */
  readonly size: number;
  /** Begins to read those that are there. */
  readonly open: () => Read;
  /** Says which are missing, and what stands in their place, if not zeros. */
  readonly mask?: Track | undefined;
  readonly filler?: Uint8Array | undefined;
  /** Where they are kept if they are put in chunks, which they cannot be if they hold addresses. */
  readonly keep?: (() => Keeper) | undefined;
}

/** The elements of a dataset. */
export class Elements extends Lazy {
  readonly #count: number;
  readonly #size: number;
  readonly #open: () => Read;
  readonly #mask: Track | undefined;
  readonly #filler: Uint8Array | undefined;
  readonly keep: (() => Keeper) | undefined;

  constructor({ count, size, open, mask, filler, keep }: ElementsOptions) {
    super();
    this.#count = count;
    this.#size = size;
    this.#open = open;
    this.#mask = mask;
    this.#filler = filler;
    this.keep = keep;
  }

  get length(): number {
    return this.#count * this.#size;
  }

  *chunks(): Generator<Uint8Array, void> {
    const size = this.#size;
    const most = Math.max(1, Math.floor(PIECE / size));
    const read = this.#open();
    const masks = this.#mask && new TrackReader(this.#mask);
    for (let left = this.#count; left > 0; left -= most) {
      const count = Math.min(most, left);
      const codes = masks?.take(count);
      let present = count;
      if (codes) for (const code of codes) if (code !== Missing.present) present--;
      const bytes = read(present);
      yield codes && present < count ? spread(bytes, size, codes, this.#filler) : bytes;
    }
  }
}

function spread(
  bytes: Uint8Array,
  size: number,
  codes: Uint8Array,
  filler: Uint8Array | undefined,
): Uint8Array {
  const all = new Uint8Array(codes.length * size);
  let from = 0;
  for (let i = 0; i < codes.length; i++) {
    if (codes[i] === Missing.present) {
      for (let j = 0; j < size; j++) all[i * size + j] = bytes[from++] as number;
    } else if (filler) {
      all.set(filler, i * size);
    }
  }
  return all;
}

/** Numbers of a track, as this machine keeps them. */
function numbers(bytes: Uint8Array, size: number): ArrayBuffer {
  return LITTLE_ENDIAN ? (new Uint8Array(bytes).buffer as ArrayBuffer) : swapped(bytes, size).buffer;
}

// ---- elements of each kind ----------------------------------------------------------------------------------

/** What a track has, as it is. */
export function readTrack(track: Track, size: number): () => Read {
  return () => {
    const reader = new TrackReader(track);
    return (count) => reader.take(count * size);
  };
}

export const NAN: Uint8Array = /* @__PURE__ */ littleEndianBytes(/* @__PURE__ */ Float64Array.of(Number.NaN));

/** Floats, the first of which may have been integers. */
export function readFloats({ integers, floats }: NumbersPart): () => Read {
  return () => {
    const ofIntegers = new TrackReader(integers);
    const ofFloats = new TrackReader(floats as Track);
    let left = integers.length / 4;
    return (count) => {
      const first = Math.min(count, left);
      if (first === 0) return ofFloats.take(count * 8);
      left -= first;
      const all = new Float64Array(count);
      all.set(new Int32Array(numbers(ofIntegers.take(4 * first), 4)));
      all.set(new Float64Array(numbers(ofFloats.take(8 * (count - first)), 8)), first);
      return littleEndianBytes(all);
    };
  };
}

export const NO_TIME: Uint8Array = /* @__PURE__ */ littleEndianBytes(
  /* @__PURE__ */ BigInt64Array.of(NOT_A_TIME),
);

/** Milliseconds as 64-bit integers, in two halves. */
export function readDates({ times }: DatesPart): () => Read {
  return () => {
    const reader = new TrackReader(times);
    return (count) => {
      const floats = new Float64Array(numbers(reader.take(8 * count), 8));
      const view = new DataView(new ArrayBuffer(8 * count));
      for (const [i, time] of floats.entries()) putTime(view, i * 8, time);
      return new Uint8Array(view.buffer);
    };
  };
}

/** Texts of `size` bytes each, padded with NUL. */
export function readFixedText({ lengths, text }: TextPart, size: number): () => Read {
  return () => {
    const ofLengths = new TrackReader(lengths);
    const ofText = new TrackReader(text);
    return (count) => {
      const all = new Uint8Array(count * size);
      const each = new Uint32Array(numbers(ofLengths.take(4 * count), 4));
      let total = 0;
      for (const length of each) total += length;
      const bytes = ofText.take(total);
      let from = 0;
      for (let i = 0; i < count; i++) {
        const length = each[i] as number;
        for (let j = 0, to = i * size; j < length; j++) all[to++] = bytes[from++] as number;
      }
      return all;
    };
  };
}

/** Where nested rows begin, and where the last ends. */
export function readOffsets({ lengths }: RaggedPart): () => Read {
  return () => {
    const reader = new TrackReader(lengths);
    let offset = 0;
    let isFirst = true;
    return (count) => {
      const offsets = new Uint32Array(count);
      const each = new Uint32Array(numbers(reader.take(4 * (isFirst ? count - 1 : count)), 4));
      const skipped = Number(isFirst);
      for (let i = 0; i < each.length; i++) {
        offset += each[i] as number;
        offsets[i + skipped] = offset;
      }
      isFirst = false;
      return littleEndianBytes(offsets);
    };
  };
}

/** References as the numbers of elements, as addresses, or as pairs of both. */
export function readReferences(
  { targets, hasElements }: ReferencesPart,
  isOfOne: boolean,
  addressOf: (holder: number) => number,
): () => Read {
  return () => {
    const reader = new TrackReader(targets);
    return (count) => {
      const pairs = new Float64Array(numbers(reader.take(16 * count), 8));
      if (isOfOne)
        return littleEndianBytes(Uint32Array.from({ length: count }, (_, i) => pairs[2 * i + 1] as number));
      const size = hasElements ? 16 : 8;
      const view = new DataView(new ArrayBuffer(count * size));
      for (let i = 0; i < count; i++) {
        setU64(view, i * size, addressOf(pairs[2 * i] as number));
        if (hasElements) view.setBigInt64(i * size + 8, BigInt(pairs[2 * i + 1] as number), true);
      }
      return new Uint8Array(view.buffer);
    };
  };
}

/**
 * The number of the part of each element: `places` says of those that were counted as they came. More parts than a byte can tell apart are parts of parts: `most` of them in each;
 * `group`: only the elements of one of these, and which of its parts they are in.
 */
export function readKinds(kinds: Track, places: Uint16Array, most: number, group = -1): () => Read {
  return () => {
    const reader = new TrackReader(kinds);
    return (count) => {
      const bytes = new Uint8Array(count);
      for (let i = 0; i < count; ) {
        // Of a group, it is not known how many have to be looked at.
        for (const kind of new Uint16Array(numbers(reader.take(2 * (count - i)), 2))) {
          const place = places[kind] as number;
          const of = Math.floor(place / most);
          if (group < 0) bytes[i++] = of;
          else if (of === group) bytes[i++] = place % most;
        }
      }
      return bytes;
    };
  };
}

// ---- the global heap ----------------------------------------------------------------------------------------

const SIGNATURE = [0x47, 0x43, 0x4f, 0x4c, 1];

/** The beginning of a collection of objects of `used` bytes in all. */
function beginCollection(used: number): Uint8Array {
  const header = new Uint8Array(HEADER);
  header.set(SIGNATURE);
  setU64(new DataView(header.buffer), 8, Math.max(MIN_COLLECTION, HEADER + used));
  return header;
}

function objectHeader(index: number, size: number): Uint8Array {
  const header = new Uint8Array(HEADER);
  const view = new DataView(header.buffer);
  view.setUint16(0, index, true);
  setU64(view, 8, size);
  return header;
}

/** What is missing to the least size of a collection. */
function endCollection(used: number): Uint8Array {
  const free = MIN_COLLECTION - HEADER - used;
  // Object 0 is free space.
  return free >= HEADER
    ? concatenated(objectHeader(0, free), new Uint8Array(free - HEADER))
    : new Uint8Array(Math.max(0, free));
}

function concatenated(...parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A sequence of bytes, in a collection of its own. */
export class HeapSequence extends Lazy {
  readonly #track: Track;

  constructor(track: Track) {
    super();
    this.#track = track;
  }

  get length(): number {
    return Math.max(MIN_COLLECTION, 2 * HEADER + padded(this.#track.length));
  }

  *chunks(): Generator<Uint8Array, void> {
    const { length } = this.#track;
    const used = HEADER + padded(length);
    yield beginCollection(used);
    yield objectHeader(1, length);
    yield* this.#track.pieces();
    yield new Uint8Array(padded(length) - length);
    yield endCollection(used);
  }
}

/** Texts, each an object of a collection. An empty one needs none. */
export class HeapTexts extends Lazy {
  readonly #part: TextPart;
  readonly length: number;

  constructor(part: TextPart) {
    super();
    this.#part = part;
    let length = 0;
    for (const { size } of this.#collections()) length += size;
    this.length = length;
  }

  /** The lengths of the texts of each collection, the empty ones between them too, and its size. */
  *#collections(): Generator<{ lengths: number[]; size: number; used: number }, void> {
    const { lengths: track } = this.#part;
    const reader = new TrackReader(track);
    let lengths: number[] = [];
    let used = 0;
    let index = 0;
    for (let left = track.length; left > 0; ) {
      const bytes = reader.take(Math.min(left, PIECE));
      left -= bytes.length;
      for (const length of new Uint32Array(numbers(bytes, 4))) {
        const needed = length === 0 ? 0 : HEADER + padded(length);
        const isFull = index > 0 && HEADER + used + needed > FULL_COLLECTION;
        if (isFull || lengths.length === MAX_INDEX) {
          yield { lengths, used, size: index > 0 ? Math.max(MIN_COLLECTION, HEADER + used) : 0 };
          lengths = [];
          used = 0;
          index = 0;
        }
        lengths.push(length);
        used += needed;
        if (needed > 0) index++;
      }
    }
    // Where all are empty, there is none.
    yield { lengths, used, size: index > 0 ? Math.max(MIN_COLLECTION, HEADER + used) : 0 };
  }

  *chunks(): Generator<Uint8Array, void> {
    const texts = new TrackReader(this.#part.text);
    for (const { lengths, used, size } of this.#collections()) {
      if (size === 0) continue;
      const bytes = new Uint8Array(size);
      bytes.set(beginCollection(used));
      let at = HEADER;
      let index = 0;
      for (const length of lengths) {
        if (length === 0) continue;
        bytes.set(objectHeader(++index, length), at);
        bytes.set(texts.take(length), at + HEADER);
        at += HEADER + padded(length);
      }
      bytes.set(endCollection(used), at);
      yield bytes;
    }
  }

  /** The elements of a dataset of these texts: their lengths, and where they are. */
  read(): Read {
    const collections = this.#collections();
    let lengths: number[] = [];
    let next = 0;
    let address = this.address;
    let size = 0;
    let index = 0;
    return (count) => {
      const view = new DataView(new ArrayBuffer(16 * count));
      for (let i = 0; i < count; i++) {
        if (next === lengths.length) {
          address += size;
          ({ lengths, size } = collections.next().value as { lengths: number[]; size: number });
          next = 0;
          index = 0;
        }
        const length = lengths[next++] as number;
        if (length === 0) continue;
        view.setUint32(16 * i, length, true);
        setU64(view, 16 * i + 4, address);
        view.setUint32(16 * i + 12, ++index, true);
      }
      return new Uint8Array(view.buffer);
    };
  }
}

/** Big integers that fit into 64 bits. */
export const readBigInts = ({ small }: BigIntsPart): (() => Read) => readTrack(small, 8);
