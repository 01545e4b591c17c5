import { HEADER, MIN_COLLECTION } from '../indexes/global-heap.js';
import { uintAt } from './bytes.js';
import type { ObjectRecord } from './object-record.js';
import type { Collection, Walk } from './walk.js';

/** An object of the global heap that a value leads to; undefined if it is damaged, or known already. */
export function heapObject(
  walk: Walk,
  object: ObjectRecord,
  address: number,
  index: number,
  size: number,
): Uint8Array | undefined {
  if (!walk.collections.has(address)) {
    // First, so that a damaged one is looked at once.
    walk.collections.set(address, undefined);
    const read = walk.attempt('global-heap', address, object, () => readCollection(walk, object, address));
    walk.collections.set(address, read);
  }
  const collection = walk.collections.get(address);
  if (!collection) return undefined;
  const { starts, sizes, uses } = collection;
  const slot = slotOf(collection, index);
  const there = sizes[slot];
  if (there === undefined || size > there) {
    walk.problem(
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
    return walk.bytes(address + (starts[slot] as number), there, 'an object of the global heap');
  }
  if (known === 1)
    walk.note(
      'shared',
      address,
      object,
      `several values lead to the object ${index} of a global heap collection`,
    );
  uses[slot] = 2;
  return undefined;
}

/** libhdf5 may give a sequence of no elements an object of no bytes, and does not look at what it says otherwise. */
export function noteEmptySequence(walk: Walk, object: ObjectRecord, address: number, index: number): void {
  if (address <= 0 || index <= 0 || address + 4 > walk.end) return;
  if (!walk.collections.has(address) && findCollection(walk.bytes(address, 4, 'a signature')) < 0) return;
  const known = walk.collections.get(address);
  if (!known) heapObject(walk, object, address, index, 0);
  else if (slotOf(known, index) >= 0) known.uses[slotOf(known, index)] = 1;
}

/** Reads a collection (section III.E). */
function readCollection(walk: Walk, object: ObjectRecord, address: number): Collection | undefined {
  const what = 'a global heap collection';
  const prefix = walk.reader(address, HEADER, what);
  prefix.signature('GCOL');
  prefix.version(what, 1);
  prefix.take(3);
  const size = prefix.size();
  if (size < MIN_COLLECTION) prefix.fail(`${what} of ${size} bytes`);
  const reader = walk.structure(address, size, what, object);
  if (!reader) return undefined;
  reader.take(HEADER);
  const found: { index: number; start: number; size: number }[] = [];
  let isSorted = true;
  while (reader.left >= HEADER) {
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
    reader.position = at + HEADER;
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

/** Notes the objects of collections that no value leads to. */
export function checkCollections(walk: Walk): void {
  if (!walk.sawHeap || !walk.sawAll) return;
  for (const [address, collection] of walk.collections) {
    if (!collection) continue;
    let unused = 0;
    let bytes = 0;
    collection.uses.forEach((uses, i) => {
      if (uses > 0) return;
      unused++;
      bytes += collection.sizes[i] as number;
    });
    if (unused > 0)
      walk.note(
        'unreferenced',
        address,
        collection.owner,
        `no value leads to ${unused} objects, of ${bytes} bytes, of a global heap collection`,
      );
  }
}

/** The size of what looks like a collection, if it fits in; else 0. */
export function collectionSize(walk: Walk, address: number, to: number): number {
  if (address + MIN_COLLECTION > to) return 0;
  const bytes = walk.bytes(address, HEADER, 'a global heap collection');
  const size = uintAt(bytes, 8, walk.lengthSize);
  return bytes[4] === 1 && size >= MIN_COLLECTION && address + size <= to ? size : 0;
}

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

/** The first multiple of 8 where the signature of a global heap collection stands; -1 if there is none. */
export function findCollection(bytes: Uint8Array): number {
  for (let i = 0; i + 4 <= bytes.length; i += 8) {
    if (bytes[i] === 0x47 && bytes[i + 1] === 0x43 && bytes[i + 2] === 0x4f && bytes[i + 3] === 0x4c)
      return i;
  }
  return -1;
}
