/**
 * Views that share their bytes, and buffers that can grow. Alone, a typed array is a dataset of its numbers. Where there is
 * more to its buffer than that, it is a group: the buffer, and which part of it the view shows.
 */
import { floatingPoint } from '../hdf5/messages/datatype.js';
import { decodeOddNumbers } from '../hdf5/odd-numbers.js';
import type { ValueType } from '../registry/index.js';
import { TYPED_ARRAYS, type TypedArray } from '../serialize/kinds.js';
import type { Values } from '../serialize/values.js';
import { checked, checkedSize, madeOf } from './content.js';

type View = TypedArray | DataView;

/** What newer platforms have; `resizable` is called `growable` where memory is shared. */
type Growing = ArrayBufferLike & {
  readonly resizable?: boolean;
  readonly growable?: boolean;
  readonly maxByteLength?: number;
  resize?(byteLength: number): void;
};

function canGrow(buffer: Growing): boolean {
  return buffer.resizable === true || buffer.growable === true;
}

function isShared(buffer: unknown): buffer is SharedArrayBuffer {
  return typeof SharedArrayBuffer === 'function' && buffer instanceof SharedArrayBuffer;
}

// ---- views ------------------------------------------------------------------------------------------------

const bytesEach = (view: View): number => ('BYTES_PER_ELEMENT' in view ? view.BYTES_PER_ELEMENT : 1);

/**
 * Whether a view is as long as its buffer has room, whatever becomes of that. Nothing tells but what happens when the buffer
 * changes; so that of a copy does.
 */
export function isTracking(view: View): boolean {
  const buffer: Growing = view.buffer;
  if (!canGrow(buffer)) return false;
  const size = bytesEach(view);
  if (view.byteLength !== Math.floor((buffer.byteLength - view.byteOffset) / size) * size) return false;
  // Shared memory has no copy, and what is empty shows nothing. A view that ends where its buffer ends mostly tracks it.
  if (isShared(buffer) || view.byteLength === 0) return true;
  let copy: View;
  try {
    copy = structuredClone(view);
  } catch {
    // Nor has the memory of WebAssembly.
    return true;
  }
  (copy.buffer as Growing).resize?.(view.byteOffset);
  try {
    // Of a view that tracks, nothing is left. Any other is out of bounds, and says so whatever it is asked.
    if ('at' in copy) copy.at(0);
    return copy.byteLength === 0;
  } catch {
    return false;
  }
}

function viewType(type: (typeof TYPED_ARRAYS)[number] | DataViewConstructor): ValueType<View> {
  const { name } = type;
  const Type = type as new (buffer: ArrayBufferLike, byteOffset: number, length?: number) => View;
  return {
    name,
    // Stands for it: its prototype is that of all others.
    prototype: {} as View,
    encode: (view) => {
      const { buffer, byteOffset } = view;
      return isTracking(view)
        ? { buffer, byteOffset }
        : { buffer, byteOffset, length: view.byteLength / bytesEach(view) };
    },
    decode: ({ buffer, byteOffset, length }) => {
      const bytes = isShared(buffer) ? buffer : checked(name, buffer, ArrayBuffer);
      const offset = checkedSize(name, byteOffset);
      const count = length === undefined ? undefined : checkedSize(name, length);
      return madeOf(name, () => new Type(bytes, offset, count));
    },
  };
}

/** Half floats for an engine that has no arrays of them: what holds the same numbers, in memory of its own. */
const HALVES: ValueType = {
  name: 'Float16Array',
  prototype: {},
  encode: () => ({}),
  decode: ({ buffer, byteOffset, length }) => {
    const whole = checked('Float16Array', buffer, ArrayBuffer);
    const start = checkedSize('Float16Array', byteOffset);
    const count =
      length === undefined ? Math.floor((whole.byteLength - start) / 2) : checkedSize('Float16Array', length);
    return madeOf('Float16Array', () => {
      const bytes = new Uint8Array(whole, start, 2 * count);
      return decodeOddNumbers(floatingPoint(2), bytes, count) as TypedArray;
    });
  },
};

const viewTypes = /* @__PURE__ */ new Map<string, ValueType>([
  ['Float16Array', HALVES],
  .../* @__PURE__ */ [...TYPED_ARRAYS, DataView].map((type): [string, ValueType] => [
    type.name,
    viewType(type) as unknown as ValueType,
  ]),
]);

// ---- buffers ----------------------------------------------------------------------------------------------

/** The bytes of shared memory, as they are stored, and where they come from. */
const copies = new WeakMap<object, ArrayBufferLike>();
/** Most programs have none. */
let hasCopies = false;

/**
 * How much memory the buffers of a value may ask for beyond their bytes. It is only reserved, but there is an end to that
 * too: the system ends processes with some 30,000 reservations, or with 100 TB of them.
 */
class Reservations {
  #count = 0;
  #bytes = 0;

  /** Says that a buffer can grow to so many bytes. */
  take(maxByteLength: number): number {
    this.#bytes += maxByteLength;
    if (++this.#count > MAX_RESERVATIONS || this.#bytes > MAX_RESERVED)
      throw new RangeError('too many buffers that could grow, or to too many bytes');
    return maxByteLength;
  }
}

const MAX_RESERVATIONS = 10_000;
const MAX_RESERVED = 2 ** 42;

/** Stands for buffers that can grow: their prototype is that of all others. */
const RESIZABLE = {} as ArrayBuffer;

/** A type of buffers that are more than their bytes. */
function bufferType<T extends ArrayBufferLike>(
  name: string,
  prototype: T,
  Type: new (byteLength: number, options?: { maxByteLength: number }) => T,
): ValueType {
  const reservations = new Reservations();
  const type: ValueType<T> = {
    name,
    prototype,
    encode: (buffer: Growing) => {
      const bytes = new Uint8Array(buffer).slice();
      hasCopies = true;
      copies.set(bytes, buffer);
      return canGrow(buffer)
        ? { bytes, maxByteLength: reservations.take(buffer.maxByteLength as number) }
        : { bytes };
    },
    decode: ({ bytes, maxByteLength }, spend) => {
      const content = checked(name, bytes, Uint8Array);
      spend(content.length);
      const most = maxByteLength === undefined ? undefined : checkedSize(name, maxByteLength);
      const buffer = madeOf(name, () =>
        most === undefined
          ? new Type(content.length)
          : new Type(content.length, { maxByteLength: reservations.take(most) }),
      );
      new Uint8Array(buffer).set(content);
      return buffer;
    },
  };
  return type as unknown as ValueType;
}

function growingBuffers(): ValueType {
  return bufferType('ArrayBuffer', RESIZABLE, ArrayBuffer);
}

/** The types, for one value that is read or written. */
export function sharedBytesTypes(): ValueType[] {
  const types = [...viewTypes.values(), growingBuffers()];
  if (typeof SharedArrayBuffer === 'function')
    types.push(bufferType('SharedArrayBuffer', SharedArrayBuffer.prototype, SharedArrayBuffer));
  return types;
}

// ---- who shares what --------------------------------------------------------------------------------------

/**
 * V8 keeps the elements of arrays of up to so many bytes in the arrays themselves, and makes a buffer of them when it is asked
 * for: that takes half a microsecond, and 200 bytes for as long as the array lives.
 */
const SMALL = 64;
/** So many are asked for all the same. */
const FEW = 1000;
/** Arrays of more different sizes than this are not compared. */
const MAX_SIZES = 8;

/**
 * See `Values.sharing`. A view is stored with its buffer if another view of that has been met, or the buffer itself; if the
 * buffer can grow; or if it is shared memory, all of which the view shows.
 *
 * Of thousands of small arrays, only those are asked for their buffers that begin with the same bytes as others, as all do that
 * share a buffer from its beginning. What that misses is that a small array alone has a buffer that can grow, or is shared
 * memory, among thousands that have not.
 */
export function sharing(): NonNullable<ReturnType<NonNullable<Values['sharing']>>> {
  /** Of each buffer, the view that was met first, or itself. */
  const first = new Map<ArrayBufferLike, object>();
  const shared = new Set<ArrayBufferLike>();
  /** Small arrays whose buffers have been asked for. */
  const asked = new Set<object>();
  let isSpecial = false;
  const meet = (value: object): void => {
    const buffer = bufferOf(value);
    const known = first.get(buffer);
    if (known === undefined) {
      first.set(buffer, value);
      isSpecial ||= canGrow(buffer) || isShared(buffer);
    } else if (known !== value) shared.add(buffer);
  };
  const ask = (arrays: readonly object[]): void => {
    for (const array of arrays) {
      asked.add(array);
      meet(array);
    }
  };
  const growing = growingBuffers();
  const typeOf = (value: object): ValueType | undefined => {
    if (!ArrayBuffer.isView(value)) return canGrow(value as Growing) ? growing : undefined;
    const view = value as View;
    if (copies.has(view) || (isSmall(view) && !asked.has(view))) return undefined;
    const { buffer } = view;
    const isMore =
      shared.has(buffer) || canGrow(buffer) || (isShared(buffer) && view.byteLength === buffer.byteLength);
    return isMore ? viewTypes.get(view[Symbol.toStringTag]) : undefined;
  };

  return (lists) => {
    const small: TypedArray[] = [];
    for (const list of lists)
      for (const value of list) {
        if (isSmall(value)) small.push(value);
        else meet(value);
      }
    ask(small.slice(0, FEW));
    const others = small.slice(FEW);
    if (others.length > 0 && !isSpecial) ask(lookAlikes(others, first.keys()));
    if (isSpecial) ask(others);
    return isSpecial || shared.size > 0 ? typeOf : undefined;
  };
}

function bufferOf(value: object): ArrayBufferLike {
  if (!ArrayBuffer.isView(value)) return value as ArrayBufferLike;
  return (hasCopies && copies.get(value)) || value.buffer;
}

/** Whether a typed array may have no buffer yet. */
function isSmall(value: object): value is TypedArray {
  const { byteOffset, byteLength } = value as TypedArray;
  return (
    byteOffset === 0 &&
    byteLength > 0 &&
    byteLength <= SMALL &&
    'BYTES_PER_ELEMENT' in value &&
    !(hasCopies && copies.has(value))
  );
}

/**
 * Those of small arrays that begin with the same bytes as another of them, or as one of the buffers; and some more, since
 * only a few bits of a hash are compared.
 */
function lookAlikes(
  arrays: readonly TypedArray[],
  buffers: Iterable<ArrayBufferLike>,
): readonly TypedArray[] {
  const all = arrays.slice();
  for (const buffer of buffers)
    if (buffer.byteLength > 0) all.push(new Uint8Array(buffer, 0, Math.min(SMALL, buffer.byteLength)));
  const { length } = all;
  // Each of so many objects that is looked at has to be fetched from memory: once for its length, once for its bytes.
  const lengths = new Uint8Array(length);
  for (let i = 0; i < length; i++) lengths[i] = (all[i] as TypedArray).byteLength;
  const sizes = [...new Set(lengths)];
  if (sizes.length > MAX_SIZES) return arrays;

  const beginning = new Beginning();
  const hashes = new Int32Array(length);
  const alike = new Uint8Array(length);
  // 16 bits and more for each: they are all in the processor's cache.
  let mask = 1023;
  while (mask < 16 * length) mask = 2 * mask + 1;
  for (const size of sizes) {
    // Of all that are not shorter, the first `size` bytes.
    const seen = new Uint8Array((mask + 1) >> 3);
    const twice = new Set<number>();
    for (let i = 0; i < length; i++) {
      if (lengths[i] !== size) continue;
      const hash = beginning.hash(all[i] as TypedArray, size) & mask;
      hashes[i] = hash;
      const known = seen[hash >> 3] as number;
      const bit = 1 << (hash & 7);
      if ((known & bit) !== 0) twice.add(hash);
      seen[hash >> 3] = known | bit;
    }
    if (sizes.length > 1)
      for (let i = 0; i < length; i++) {
        if ((lengths[i] as number) <= size) continue;
        const hash = beginning.hash(all[i] as TypedArray, size) & mask;
        if (((seen[hash >> 3] as number) & (1 << (hash & 7))) === 0) continue;
        twice.add(hash);
        alike[i] = 1;
      }
    if (twice.size === 0) continue;
    for (let i = 0; i < length; i++) if (lengths[i] === size && twice.has(hashes[i] as number)) alike[i] = 1;
  }
  return arrays.filter((_, i) => alike[i] === 1);
}

/** Hashes of the first bytes of small arrays, which are not asked for their buffers. */
class Beginning {
  readonly #words = new Uint32Array(SMALL / 4);
  readonly #copies = new Map<string, TypedArray>(
    TYPED_ARRAYS.map((type) => [type.name, new type(this.#words.buffer)]),
  );
  #tag = '';
  #copy!: TypedArray;

  hash(array: TypedArray, size: number): number {
    const tag = array[Symbol.toStringTag];
    if (tag !== this.#tag) {
      this.#tag = tag;
      this.#copy = this.#copies.get(tag) as TypedArray;
    }
    this.#copy.set(array as never);
    const words = this.#words;
    const count = size >> 2;
    let hash = size;
    for (let i = 0; i < count; i++) {
      hash = Math.imul(hash ^ (words[i] as number), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    if (size & 3) {
      hash = Math.imul(hash ^ ((words[count] as number) & ((1 << (8 * (size & 3))) - 1)), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash;
  }
}
