import { NumberList } from '../hdf5/number-list.js';

const BLOCK = 4096;

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
  /** The numbers of those, in the same order. */
  readonly #otherNumbers = new NumberList();
  /** The same by object, as far as it has been asked for: to make a Map takes longer than all else. */
  readonly #numbers = new Map<object, number>();
  #unnumbered: Iterator<object> | undefined;
  /** By kind, as far as objects of it have been met: those that have their numbers but are not in the table yet. */
  readonly #waiting: (Waiting | null | undefined)[] = [];

  /** How many numbers have been given. */
  get size(): number {
    return this.#size;
  }

  /** The object that has got a number. */
  object(number: number): object {
    return (this.#blocks[(number / BLOCK) | 0] as object[])[number % BLOCK] as object;
  }

  /**
   * Gives the next numbers to objects of one kind, known to be all different, with the properties `keys`; false if some of
   * the kind have been met. They are put into the table when more of their kind come, which is often never.
   */
  claimAll(objects: readonly object[], kind: number, keys: readonly string[]): boolean {
    if (this.#waiting[kind] !== undefined) return false;
    this.#waiting[kind] = { first: this.#size, objects, keys };
    for (let i = 0; i < objects.length; i++) this.add(objects[i] as object);
    return true;
  }

  /** The same of objects of which nothing is known, each of one of `kinds`; false if each is to be claimed by itself. */
  claimMany(_objects: readonly unknown[], _kinds: Uint16Array): boolean {
    return false;
  }

  /** The object's number if it has been met; otherwise it gets the next number, and the result is -1. */
  claim(object: object, hash: number, kind: number): number {
    const waiting = this.#waiting[kind];
    if (waiting !== null) {
      this.#waiting[kind] = null;
      if (waiting) {
        const { first, objects, keys } = waiting;
        const hashes = hashRows(objects, keys);
        for (let i = 0; i < hashes.length; i++)
          this.#enter(objects[i] as object, hashes[i] as number, first + i);
      }
    }
    return this.#enter(object, hash, -1);
  }

  /** What `claim` does. An object that has its number already is given with it. */
  #enter(object: object, hash: number, given: number): number {
    const cells = this.#cells;
    let cell = (hash & this.#mask) * 2;
    for (let entry = cells[cell + 1]; entry !== 0; entry = cells[cell + 1]) {
      if (cells[cell] === hash) {
        if (this.object((entry as number) - 1) === object) return (entry as number) - 1;
        if (this.#addOther(object)) return this.#numberOf(object);
        this.#otherNumbers.push(given < 0 ? this.add(object) : given);
        return -1;
      }
      cell = (cell + 2) & (2 * this.#mask + 1);
    }
    const isSeed = hash === HASH_SEED;
    if (isSeed ? this.#addOther(object) : this.#others.has(object)) return this.#numberOf(object);
    const number = given < 0 ? this.add(object) : given;
    if (isSeed) this.#otherNumbers.push(number);
    cells[cell] = hash;
    cells[cell + 1] = number + 1;
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

  /** Whether it was there already. */
  #addOther(object: object): boolean {
    return this.#others.add(object).size === this.#otherNumbers.length;
  }

  #numberOf(object: object): number {
    const numbers = this.#numbers;
    this.#unnumbered ??= this.#others.values();
    // Not up to its end, for then it would not go on when others come.
    while (numbers.size < this.#otherNumbers.length)
      numbers.set(this.#unnumbered.next().value, this.#otherNumbers.data[numbers.size] as number);
    let number = numbers.get(object);
    if (number === undefined) {
      // It has changed since, when a getter was asked for example: its hash is another one now.
      number = 0;
      while (this.object(number) !== object) number++;
    }
    return number;
  }

  protected add(object: object): number {
    const number = this.#size++;
    // The first grows as it is needed, for there are often few.
    if (number % BLOCK === 0) this.#blocks.push(new Array(Math.min(number, BLOCK)));
    (this.#blocks[(number / BLOCK) | 0] as object[])[number % BLOCK] = object;
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

/** Objects with numbers from `first` on. */
interface Waiting {
  readonly first: number;
  readonly objects: readonly object[];
  readonly keys: readonly string[];
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
 * may change while it is stored: what has getters, which may give another value each time, or change the object. One such
 * is found again even when it has a hash, its getter having become a property.
 */
export const HASH_SEED = 1;
const HASHED_VALUES = 3;

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

/** The same of some of many objects, which have the properties `keys` and no getters, into the other hashes. */
export function hashRows(
  rows: readonly object[],
  keys: readonly string[],
  hashes: Int32Array = new Int32Array(rows.length),
  start = 0,
  end = rows.length,
): Int32Array {
  hashes.fill(HASH_SEED, start, end);
  for (let j = 0; j < keys.length && j < HASHED_VALUES; j++) {
    const key = keys[j] as string;
    for (let i = start; i < end; i++)
      hashes[i] = mix(hashes[i] as number, (rows[i] as Record<string, unknown>)[key]);
  }
  return hashes;
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
