import { NumberList } from '../hdf5/number-list.js';

const BLOCK_BITS = 12;
const BLOCK_MASK = (1 << BLOCK_BITS) - 1;

/**
 * Which objects have been met, and the number that each got. A Map does the same and takes 200-400 ns an
 * object, most of it to wait for memory; that would be the largest part of writing a list of records. Here
 * the caller gives a hash of what the object *holds*, which costs little, since an object met twice holds the
 * same both times. The first object of each hash stands in the table; others, which hold the same, in a Set.
 */
export class IdentityTable {
  /** Pairs: the hash of the object in the cell, and its number plus one; 0 is empty. */
  #cells = new Int32Array(2 * 64);
  #mask = 63;
  #used = 0;
  /** By number; in blocks, since a large array costs several times as much to make and to grow. */
  readonly #blocks: object[][] = [];
  #size = 0;
  readonly #others = new Set<object>();
  /** The numbers of those, as far as they have been asked for. */
  readonly #numbers = new Map<object, number>();
  #numbered = 0;

  /** How many numbers have been given. */
  get size(): number {
    return this.#size;
  }

  /** The object that has got a number. */
  object(number: number): object {
    return (this.#blocks[number >> BLOCK_BITS] as object[])[number & BLOCK_MASK] as object;
  }

  /** The object's number if it has been met; otherwise it gets the next number, and the result is -1. */
  claim(object: object, hash: number): number {
    const cells = this.#cells;
    let cell = (hash & this.#mask) * 2;
    for (let entry = cells[cell + 1]; entry !== 0; entry = cells[cell + 1]) {
      if (cells[cell] === hash) {
        if (this.object((entry as number) - 1) === object) return (entry as number) - 1;
        const known = this.#others.size;
        this.#others.add(object);
        if (this.#others.size === known) return this.#numberOf(object);
        this.#add(object);
        return -1;
      }
      cell = (cell + 2) & (2 * this.#mask + 1);
    }
    cells[cell] = hash;
    cells[cell + 1] = this.#add(object) + 1;
    if (++this.#used * 2 > this.#mask) this.#grow();
    return -1;
  }

  /** The number of an object that has been met. */
  find(object: object, hash: number): number {
    const cells = this.#cells;
    let cell = (hash & this.#mask) * 2;
    while (cells[cell + 1] !== 0 && cells[cell] !== hash) cell = (cell + 2) & (2 * this.#mask + 1);
    const number = (cells[cell + 1] as number) - 1;
    return number >= 0 && this.object(number) === object ? number : this.#numberOf(object);
  }

  #numberOf(object: object): number {
    let number = this.#numbers.get(object);
    if (number === undefined) {
      for (; this.#numbered < this.#size; this.#numbered++) {
        const other = this.object(this.#numbered);
        if (this.#others.has(other)) this.#numbers.set(other, this.#numbered);
      }
      number = this.#numbers.get(object);
    }
    if (number === undefined) {
      // It has changed since, when a getter was asked for example: its hash is another one now.
      number = 0;
      while (this.object(number) !== object) number++;
    }
    return number;
  }

  #add(object: object): number {
    const number = this.#size++;
    if ((number & BLOCK_MASK) === 0) this.#blocks.push([]);
    (this.#blocks[number >> BLOCK_BITS] as object[]).push(object);
    return number;
  }

  #grow(): void {
    const old = this.#cells;
    const mask = (this.#mask + 1) * 4 - 1;
    const cells = new Int32Array(2 * (mask + 1));
    for (let i = 0; i < old.length; i += 2) {
      if (old[i + 1] === 0) continue;
      let cell = ((old[i] as number) & mask) * 2;
      while (cells[cell + 1] !== 0) cell = (cell + 2) & (2 * mask + 1);
      cells[cell] = old[i] as number;
      cells[cell + 1] = old[i + 1] as number;
    }
    this.#cells = cells;
    this.#mask = mask;
  }
}

/** Which owner a number belongs to, where owners take ranges of numbers in turn. */
export class RangeTable<Owner> {
  readonly starts = new NumberList();
  readonly owners: Owner[] = [];

  /** The owner of all numbers from `start` up to the next range's. */
  add(start: number, owner: Owner): void {
    this.starts.push(start);
    this.owners.push(owner);
  }

  /** The owner of a number and the number's place in the owner's range. */
  locate(number: number): { owner: Owner; index: number } {
    const starts = this.starts.data;
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] as number) <= number) low = middle;
      else high = middle - 1;
    }
    return { owner: this.owners[low] as Owner, index: number - (starts[low] as number) };
  }
}

/** A hash of a few of the values that an array or an object holds: cheap, and telling for most data. */
export function hashArray(array: readonly unknown[]): number {
  const { length } = array;
  let hash = length;
  try {
    if (length > 0) hash = mix(hash, array[0]);
    if (length > 1) hash = mix(hash, array[length - 1]);
    if (length > 2) hash = mix(hash, array[length >> 1]);
  } catch {
    // An element throws: whoever stores it will say so.
    return length;
  }
  return hash;
}

/** The same of a typed array; by itself, so that the engine knows what each of the two is given. */
export function hashTyped(array: ArrayLike<unknown>): number {
  const { length } = array;
  return mix(mix(mix(length, array[0]), array[length - 1]), array[length >> 1]);
}

/**
 * A hash of an object begins with this, and mixes in its first values, as for-in lists them. It is the whole hash of what
 * has getters: these may give another value each time, or change the object, which would not be found again.
 */
export const HASH_SEED = 1;
export const HASHED_VALUES = 3;

export function hashObject(object: object): number {
  let hash = HASH_SEED;
  let left = HASHED_VALUES;
  try {
    for (const key in object) {
      const property = Object.getOwnPropertyDescriptor(object, key);
      if (property?.get) return HASH_SEED;
      hash = mix(hash, property?.value);
      if (--left === 0) break;
    }
  } catch {
    return HASH_SEED;
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
      for (let i = length > 4 ? length - 4 : 0; i < length; i++)
        bits = (Math.imul(bits, 31) + value.charCodeAt(i)) | 0;
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
