import { NumberList } from '../hdf5/number-list.js';

const BLOCK_BITS = 12;
const BLOCK_MASK = (1 << BLOCK_BITS) - 1;

/** Cells that are tried before an object goes to the overflow map. */
const PROBES = 8;

/**
 * Which objects have been met, and the number that each got: a hash table over `===`. A Map does the same
 * and takes 250-400 ns an object, most of it for making and chasing identity hashes; that would be the
 * largest part of writing a list of records. Here the caller gives a hash of what the object *holds*, which
 * costs little, since an object met twice holds the same both times. Objects that are alike and not the same
 * share a hash; after a few probes they go to a Map.
 */
export class IdentityTable {
  /** Pairs: the hash of the object in the cell, and its number plus one; 0 is empty. */
  #cells = new Int32Array(2 * 64);
  #mask = 63;
  #used = 0;
  /** By number; in blocks, since a large array costs several times as much to make and to grow. */
  readonly #blocks: (object | undefined)[][] = [];
  #hashes = new Int32Array(64);
  #size = 0;
  #overflow: Map<object, number> | undefined;

  /** How many numbers have been given. */
  get size(): number {
    return this.#size;
  }

  #object(number: number): object | undefined {
    return (this.#blocks[number >> BLOCK_BITS] as (object | undefined)[])[number & BLOCK_MASK];
  }

  /** The object's number if it has been met; otherwise it gets the next number, and the result is -1. */
  claim(object: object, hash: number): number {
    const cells = this.#cells;
    for (let i = 0; i < PROBES; i++) {
      const cell = ((hash + i) & this.#mask) * 2;
      const entry = cells[cell + 1] as number;
      if (entry === 0) {
        cells[cell] = hash;
        cells[cell + 1] = this.#add(object, hash) + 1;
        if (++this.#used * 2 > this.#mask) this.#grow();
        return -1;
      }
      if (cells[cell] === hash && this.#object(entry - 1) === object) return entry - 1;
    }
    this.#overflow ??= new Map();
    const known = this.#overflow.get(object);
    if (known !== undefined) return known;
    this.#overflow.set(object, this.#add(object, hash));
    return -1;
  }

  /** The object's number, or -1 if it has not been met. */
  find(object: object, hash: number): number {
    const cells = this.#cells;
    for (let i = 0; i < PROBES; i++) {
      const cell = ((hash + i) & this.#mask) * 2;
      const entry = cells[cell + 1] as number;
      if (entry === 0) return -1;
      if (cells[cell] === hash && this.#object(entry - 1) === object) return entry - 1;
    }
    return this.#overflow?.get(object) ?? -1;
  }

  #add(object: object, hash: number): number {
    const number = this.#size++;
    if ((number & BLOCK_MASK) === 0) this.#blocks.push([]);
    (this.#blocks[number >> BLOCK_BITS] as (object | undefined)[]).push(object);
    if (number === this.#hashes.length) {
      const grown = new Int32Array(number * 2);
      grown.set(this.#hashes);
      this.#hashes = grown;
    }
    this.#hashes[number] = hash;
    return number;
  }

  /** Moves everything to a larger table, the overflow too: what lies there must find its cells taken. */
  #grow(): void {
    const mask = (this.#mask + 1) * 4 - 1;
    const cells = new Int32Array(2 * (mask + 1));
    let overflow: Map<object, number> | undefined;
    this.#used = 0;
    for (let number = 0; number < this.#size; number++) {
      const hash = this.#hashes[number] as number;
      let i = 0;
      while (i < PROBES && cells[((hash + i) & mask) * 2 + 1] !== 0) i++;
      if (i < PROBES) {
        const cell = ((hash + i) & mask) * 2;
        cells[cell] = hash;
        cells[cell + 1] = number + 1;
        this.#used++;
      } else {
        overflow ??= new Map();
        overflow.set(this.#object(number) as object, number);
      }
    }
    this.#cells = cells;
    this.#mask = mask;
    this.#overflow = overflow;
  }
}

/** Which owner a number belongs to, where owners take ranges of numbers in turn. */
export class RangeTable<Owner> {
  readonly #starts = new NumberList();
  readonly #owners: Owner[] = [];

  /** The owner of all numbers from `start` up to the next range's. */
  add(start: number, owner: Owner): void {
    this.#starts.push(start);
    this.#owners.push(owner);
  }

  /** The owner of a number and the number's place in the owner's range. */
  locate(number: number): { owner: Owner; index: number } {
    const starts = this.#starts.data;
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] as number) <= number) low = middle;
      else high = middle - 1;
    }
    return { owner: this.#owners[low] as Owner, index: number - (starts[low] as number) };
  }
}

/** A hash of a few of the values that an array or an object holds: cheap, and telling for most data. */
export function hashArray(array: readonly unknown[]): number {
  const { length } = array;
  let hash = length;
  if (length > 0) hash = mix(hash, array[0]);
  if (length > 1) hash = mix(hash, array[length - 1]);
  if (length > 2) hash = mix(hash, array[length >> 1]);
  return hash;
}

/** A hash of an object begins with this, and mixes in its first values, as for-in lists them. */
export const HASH_SEED = 1;
export const HASHED_VALUES = 3;

export function hashObject(object: object): number {
  let hash = HASH_SEED;
  let left = HASHED_VALUES;
  for (const key in object) {
    hash = mix(hash, (object as Record<string, unknown>)[key]);
    if (--left === 0) break;
  }
  return hash;
}

export function mix(hash: number, value: unknown): number {
  let bits = 3;
  switch (typeof value) {
    case 'number':
      // The product spreads both neighbouring integers and close fractions over 32 bits.
      bits = (value * 2654435.769) | 0;
      break;
    case 'string': {
      const { length } = value;
      bits = length;
      for (let i = length > 4 ? length - 4 : 0; i < length; i++) bits = (Math.imul(bits, 31) + value.charCodeAt(i)) | 0;
      break;
    }
    case 'boolean':
      bits = value ? 1 : 2;
      break;
    case 'object':
      if (Array.isArray(value)) bits = value.length + 5;
      break;
    default:
  }
  hash = Math.imul(hash ^ bits, 0x9e3779b1);
  return hash ^ (hash >>> 15);
}
