/** A part of a file: where it starts, and how many bytes it has. */
export type Extent = readonly [address: number, size: number];

/** How many extents of the right order of magnitude are looked at before a larger one is taken. */
const TRIES = 16;

/**
 * Space of a file that nothing uses, as extents that do not touch: neighbours become one. Extents are found by their
 * order of magnitude and by their ends, so that adding and taking take a constant time, however many there are; in
 * which order depends on nothing but the order of the calls.
 */
export class FreeSpace {
  readonly #sizes = new Map<number, number>();
  /** The address of an extent by its end. */
  readonly #starts = new Map<number, number>();
  /** Addresses by the power of two of the size. */
  readonly #bins: Set<number>[] = [];
  #total = 0;
  /** The list of all, as long as it is true. */
  #list: readonly Extent[] | undefined;

  constructor(extents: Iterable<Extent> = []) {
    for (const [address, size] of extents) this.add(address, size);
  }

  /** Of all extents, in bytes. */
  get total(): number {
    return this.#total;
  }

  get count(): number {
    return this.#sizes.size;
  }

  /** The extents by address: the same list as before if nothing has changed. */
  extents(): readonly Extent[] {
    this.#list ??= [...this.#sizes].sort(([a], [b]) => a - b);
    return this.#list;
  }

  /** Adds space, which must not be free already. */
  add(address: number, size: number): void {
    let start = address;
    let end = address + size;
    const before = this.#starts.get(start);
    if (before !== undefined) {
      this.#remove(before);
      start = before;
    }
    const after = this.#sizes.get(end);
    if (after !== undefined) {
      this.#remove(end);
      end += after;
    }
    this.#insert(start, end - start);
  }

  /** The address of `size` bytes that are free no more, a multiple of 8; undefined if there are none. */
  take(size: number): number | undefined {
    const start = this.#find(size);
    return start === undefined ? undefined : this.#takeFrom(start, size);
  }

  /** The same for at least `size` bytes, and at most `most`, as many as there are in one place. */
  takeUpTo(size: number, most: number): Extent | undefined {
    const start = this.#find(size);
    if (start === undefined) return undefined;
    const room = start + (this.#sizes.get(start) as number) - aligned(start);
    const taken = Math.min(room, Math.max(size, most));
    return [this.#takeFrom(start, taken), taken];
  }

  /** Takes the extent that ends at `end`, and returns where it starts; `end` if there is none. */
  takeEnd(end: number): number {
    const start = this.#starts.get(end);
    if (start === undefined) return end;
    this.#remove(start);
    return start;
  }

  /** Takes `size` bytes of the extent at `start`, which has them: the address of the first. */
  #takeFrom(start: number, size: number): number {
    const end = start + (this.#sizes.get(start) as number);
    const address = aligned(start);
    this.#remove(start);
    if (address > start) this.#insert(start, address - start);
    if (address + size < end) this.#insert(address + size, end - address - size);
    return address;
  }

  #find(size: number): number | undefined {
    const first = magnitude(size);
    let tries = TRIES;
    for (const address of this.#bins[first] ?? []) {
      if (this.#fits(address, size)) return address;
      if (--tries === 0) break;
    }
    // Nearly all of these are large enough: only very small ones may not be, for where they start.
    for (let bin = first + 1; bin < this.#bins.length; bin++) {
      for (const address of this.#bins[bin] ?? []) if (this.#fits(address, size)) return address;
    }
    return undefined;
  }

  #fits(address: number, size: number): boolean {
    return aligned(address) + size <= address + (this.#sizes.get(address) as number);
  }

  #insert(address: number, size: number): void {
    this.#list = undefined;
    this.#sizes.set(address, size);
    this.#starts.set(address + size, address);
    const bin = magnitude(size);
    this.#bins[bin] ??= new Set();
    this.#bins[bin].add(address);
    this.#total += size;
  }

  #remove(address: number): void {
    const size = this.#sizes.get(address) as number;
    this.#list = undefined;
    this.#sizes.delete(address);
    this.#starts.delete(address + size);
    this.#bins[magnitude(size)]?.delete(address);
    this.#total -= size;
  }
}

export function aligned(address: number): number {
  return address + (-address & 7);
}

/** The exponent of the power of two that is not larger. */
function magnitude(size: number): number {
  return Math.floor(Math.log2(size));
}

// ---- free space that outlives the opening ---------------------------------------------------------------

/** What a commit notes for the next opening of the file. */
export interface SpaceNote {
  /** Space that nothing uses. */
  readonly free: readonly Extent[];
  /** Collections of the global heap that have room: their addresses, and how much. */
  readonly heapRoom: readonly Extent[];
}

/** The size of the first list in 4 bytes, and the two lists. No bytes at all: both are empty. */
export function encodeNote({ free, heapRoom }: SpaceNote): Uint8Array {
  if (free.length + heapRoom.length === 0) return new Uint8Array(0);
  const [first, second] = [encodeExtents(free), encodeExtents(heapRoom)];
  const bytes = new Uint8Array(4 + first.length + second.length);
  new DataView(bytes.buffer).setUint32(0, first.length, true);
  bytes.set(first, 4);
  bytes.set(second, 4 + first.length);
  return bytes;
}

/** The note, or undefined if its extents do not lie one after another before `end`. */
export function decodeNote(bytes: Uint8Array, end: number): SpaceNote | undefined {
  if (bytes.length === 0) return { free: [], heapRoom: [] };
  if (bytes.length < 4) return undefined;
  const split = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const free = decodeExtents(bytes.subarray(4, split), 0, end);
  const heapRoom = decodeExtents(bytes.subarray(split), 0, end);
  return free && heapRoom && { free, heapRoom };
}

/** Extents as bytes: gaps and sizes as numbers of 7 bits a byte, lowest first, the last one without the high bit. */
export function encodeExtents(extents: readonly Extent[]): Uint8Array {
  const bytes: number[] = [];
  const put = (value: number): void => {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
    bytes.push(rest);
  };
  let end = 0;
  for (const [address, size] of extents) {
    put(address - end);
    put(size);
    end = address + size;
  }
  return Uint8Array.from(bytes);
}

/** The extents, or undefined if they do not lie one after another between `start` and `end`. */
export function decodeExtents(bytes: Uint8Array, start: number, end: number): Extent[] | undefined {
  const extents: Extent[] = [];
  let position = 0;
  const take = (): number => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = bytes[position++];
      if (byte === undefined || scale > 2 ** 49) return Number.NaN;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  };
  for (let last = 0; position < bytes.length; ) {
    const address = last + take();
    const size = take();
    last = address + size;
    if (!(address >= start && size > 0 && last <= end)) return undefined;
    extents.push([address, size]);
  }
  return extents;
}
