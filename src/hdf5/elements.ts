import { H5FeatureError, H5FormatError, H5TypeError } from '../errors.js';
import { ByteWriter } from './byte-writer.js';
import { formatDType } from './dtype.js';
import { setU64, viewOf } from './endian.js';
import { H5Reference, referenceOf } from './h5-reference.js';
import type { Collection } from './indexes/global-heap.js';
import { inferDatatype } from './infer.js';
import {
  type ArrayType,
  type Compound,
  type Datatype,
  type Enumerated,
  type FixedString,
  isBoolean,
  type Reference,
  type VariableLength,
} from './messages/datatype.js';
import {
  checkBytes,
  decodeNumbers,
  encodeNumbers,
  exactNumbers,
  isNumber,
  type Misfit,
  type OddNumbers,
  type TypedArray,
} from './number-elements.js';
import { decodeOddNumbers } from './odd-numbers.js';
import { isPlainText, utf8Encoder } from './text.js';
import { splitText } from './text-elements.js';

/**
 * Decoded elements, in the order in which they are stored. Numbers are a typed array, everything else is an
 * array: of booleans, strings, objects (records), arrays (sequences and boxes), Uint8Arrays (opaque data), or
 * `H5Reference | null`. Bit fields are integers without a sign.
 */
export type Elements = TypedArray | unknown[];

/** What the value of an attribute or a dataset can be: an element, or elements. */
export type H5Value =
  | number
  | bigint
  | boolean
  | string
  | null
  | H5Reference
  | { readonly [member: string]: unknown }
  | Elements;

/** Where variable-length data are looked up: the global heap of a file. */
export interface Heap {
  /** Their size in bytes cannot be more than this. */
  readonly limit: number;
  collection(address: number): Collection;
  /** What decodes numbers that no typed array holds. */
  readonly numbers?: OddNumbers | undefined;
  /** Called with the size of each object that is decoded. */
  spend?(size: number): void;
}

/**
 * How elements are read.
 *
 * @example
 * using file = H5File.open('runs.h5', 'r', { int64: 'number' });
 */
export interface DecodeOptions {
  /** What 64-bit integers become: bigints, or numbers if all of them are exact as such. */
  readonly int64?: 'bigint' | 'number' | undefined;
}

/**
 * The values of `count` elements. Numbers are a view of `bytes` where these lie right for one; so are opaque
 * data always.
 */
export function decode(
  type: Datatype,
  bytes: Uint8Array,
  count: number,
  heap: Heap,
  options?: DecodeOptions,
): Elements {
  return new Decoder(heap, options?.int64 === 'number').decode(type, bytes, count);
}

/**
 * Strings are decoded together, at most about this many bytes: what is in the processor's caches is cut up faster, and a string
 * that is kept keeps in memory those that were decoded with it.
 */
const BATCH = 1 << 20;

class Decoder {
  readonly #heap: Heap;
  readonly #int64AsNumber: boolean;
  /** The bytes of variable-length data that may still come. */
  #left: number;

  // What `#locate` found.
  #collection: Collection | undefined;
  #address = 0;
  #start = 0;

  constructor(heap: Heap, int64AsNumber: boolean) {
    this.#heap = heap;
    this.#int64AsNumber = int64AsNumber;
    this.#left = heap.limit;
  }

  decode(type: Datatype, bytes: Uint8Array, count: number): Elements {
    checkBytes(bytes, count * type.size);
    if (isNumber(type)) {
      const values = decodeNumbers(type, bytes, count, this.#heap.numbers);
      const wide = values instanceof BigInt64Array || values instanceof BigUint64Array;
      return wide && this.#int64AsNumber ? exactNumbers(values) : values;
    }
    switch (type.class) {
      case 'enumerated':
        if (isBoolean(type)) return decodeBooleans(bytes, count);
        return this.decode(type.base, bytes, count);
      case 'string':
        return this.#fixedStrings(type, bytes, count);
      case 'variable-length':
        return type.string ? this.#strings(type, bytes, count) : this.#sequences(type, bytes, count);
      case 'compound':
        return this.#records(type, bytes, count);
      case 'array':
        return this.#boxes(type, bytes, count);
      case 'complex':
        return this.#boxes({ ...type, class: 'array', dims: [2] }, bytes, count);
      case 'reference':
        return this.#references(type, bytes, count);
      default:
        return Array.from({ length: count }, (_, i) => bytes.slice(i * type.size, (i + 1) * type.size));
    }
  }

  #fixedStrings({ size, padding }: FixedString, bytes: Uint8Array, count: number): string[] {
    const strings: string[] = [];
    const batch = Math.max(1, Math.floor(BATCH / size));
    for (let first = 0; first < count; first += batch) {
      const length = Math.min(batch, count - first);
      const ends = Float64Array.from({ length }, (_, i) => (i + 1) * size);
      splitText(bytes.subarray(first * size, (first + length) * size), ends, padding, strings);
    }
    return strings;
  }

  #strings(type: VariableLength, bytes: Uint8Array, count: number): string[] {
    const view = viewOf(bytes);
    const strings: string[] = [];
    if (count === 1) {
      const length = this.#locate(view, 0, type.size - 8, 1);
      if (length === 0) return [''];
      const text = (this.#collection as Collection).bytes.subarray(this.#start, this.#start + length);
      splitText(text, [length], 'null-terminated', strings);
      return strings;
    }
    const gathered = new ByteWriter(Math.min(count * 16, BATCH));
    const ends: number[] = [];
    for (let i = 0; i < count; i++) {
      const length = this.#locate(view, i * type.size, type.size - 8, 1);
      if (length > 0) {
        gathered.raw((this.#collection as Collection).bytes, this.#start, length);
      }
      ends.push(gathered.length);
      if (gathered.length >= BATCH || i === count - 1) {
        splitText(gathered.finish(), ends, 'null-terminated', strings);
        gathered.length = 0;
        ends.length = 0;
      }
    }
    return strings;
  }

  #sequences({ base, size }: VariableLength, bytes: Uint8Array, count: number): unknown[] {
    const view = viewOf(bytes);
    return Array.from({ length: count }, (_, i) => {
      const length = this.#locate(view, i * size, size - 8, base.size);
      if (length === 0) return this.decode(base, new Uint8Array(0), 0);
      const data = (this.#collection as Collection).bytes.subarray(
        this.#start,
        this.#start + length * base.size,
      );
      // A copy: the heap stays as it is, whatever is done with the result.
      return this.decode(base, new Uint8Array(data), length);
    });
  }

  /** Finds the data of the variable-length element at `at`, and returns how many base elements they are. */
  #locate(view: DataView, at: number, offsetSize: number, elementSize: number): number {
    const length = view.getUint32(at, true);
    const address = addressAt(view, at + 4, offsetSize);
    if (length === 0 || address === 0) return 0;
    const index = view.getUint32(at + 4 + offsetSize, true);
    if (this.#collection === undefined || address !== this.#address) {
      this.#collection = this.#heap.collection(address);
      this.#address = address;
    }
    const { starts, sizes } = this.#collection;
    const size = length * elementSize;
    this.#left -= size;
    this.#heap.spend?.(size);
    if (!(size <= (sizes[index] ?? 0)) || this.#left < 0) {
      const what =
        this.#left < 0 ? 'variable-length data larger than the file' : `no global heap object ${index}`;
      throw new H5FormatError(this.#collection.position, `${what}, of ${size} bytes`);
    }
    this.#start = starts[index] as number;
    return length;
  }

  #records({ members, size }: Compound, bytes: Uint8Array, count: number): unknown[] {
    const records = Array.from({ length: count }, () => ({}) as Record<string, unknown>);
    for (const { name, offset, type } of members) {
      // One member of all elements at a time.
      const column = new Uint8Array(count * type.size);
      for (let i = 0; i < count; i++) {
        const from = i * size + offset;
        for (let k = 0; k < type.size; k++) column[i * type.size + k] = bytes[from + k] as number;
      }
      const values = this.decode(type, column, count);
      // Assigned, this name would change what the record is.
      for (let i = 0; i < count; i++) {
        const record = records[i] as Record<string, unknown>;
        if (name === '__proto__') define(record, name, values[i]);
        else record[name] = values[i];
      }
    }
    return records;
  }

  #boxes({ base, dims }: ArrayType, bytes: Uint8Array, count: number): unknown[] {
    const size = dims.reduce((product, dim) => product * dim, 1);
    const flat = this.decode(base, bytes, count * size);
    return Array.from({ length: count }, (_, i) => nest(flat.slice(i * size, (i + 1) * size), dims));
  }

  #references({ kind, size }: Reference, bytes: Uint8Array, count: number): (H5Reference | null)[] {
    const view = viewOf(bytes);
    return Array.from({ length: count }, (_, i) => {
      const offsetSize = kind === 'object' ? size : size - 4;
      const address = addressAt(view, i * size, offsetSize);
      if (address === 0) return null;
      if (kind === 'object') return new H5Reference(address, kind, this.#heap);
      // The heap object begins with the address of the dataset.
      const { bytes, starts, sizes, position } = this.#heap.collection(address);
      const index = view.getUint32(i * size + offsetSize, true);
      const start = starts[index];
      if (!start || start + offsetSize > bytes.length)
        throw new H5FormatError(position, 'no such region reference');
      const dataset = addressAt(viewOf(bytes), start, offsetSize);
      const region = new Uint8Array(bytes.subarray(start, start + (sizes[index] as number)));
      return dataset === 0 ? null : new H5Reference(dataset, kind, this.#heap, region);
    });
  }
}

function decodeBooleans(bytes: Uint8Array, count: number): boolean[] {
  const booleans = new Array<boolean>(count);
  for (let i = 0; i < count; i++) booleans[i] = bytes[i] !== 0;
  return booleans;
}

/** An address of 2 to 8 bytes; 0 also for the undefined address. */
function addressAt(view: DataView, at: number, size: number): number {
  if (![2, 4, 8].includes(size)) throw new H5FormatError(-1, `an address of ${size} bytes`);
  const low = size === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
  if (size < 8) return low === 256 ** size - 1 ? 0 : low;
  const high = view.getUint32(at + 4, true);
  return high === 0xffffffff && low === high ? 0 : high * 0x100000000 + low;
}

function define(record: object, name: string, value: unknown): void {
  Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
}

/** Flat elements as arrays of arrays. Rows of numbers have a buffer each: as views of one they would be stored as views again. */
export function nest(flat: Elements, dims: readonly number[]): Elements {
  const [outer, ...inner] = dims;
  if (outer === undefined || inner.length === 0) return flat;
  const step = inner.reduce((product, dim) => product * dim, 1);
  return Array.from({ length: outer }, (_, i) => nest(flat.slice(i * step, (i + 1) * step), inner));
}

// ---- values to bytes ----------------------------------------------------------------------------------

/**
 * Elements as bytes, and what their pointers lead to: text and sequences, which go to the global heap, and
 * objects. `at` are the positions of the pointers in `bytes`, ascending.
 */
export interface Encoded {
  readonly bytes: Uint8Array;
  readonly at: readonly number[];
  readonly targets: readonly (string | H5Reference | Sequence)[];
}

interface Sequence {
  readonly count: number;
  readonly data: Encoded;
  /** What a region reference leads to: the place of it stands alone, without a number of elements before it. */
  readonly isRegion?: boolean;
}

const NO_POINTERS: readonly never[] = [];
/** Of larger elements, which have to be in memory together, not so many are made of one. */
const MAX_REPEATED = 2 ** 30;

/**
 * The bytes of the first `count` of `values`. A value that the datatype does not hold is an H5TypeError, which
 * names its index and what to do; nothing is cut, wrapped or rounded, except floats to a shorter float.
 * `place` says in the error where the values belong.
 */
export function encode(type: Datatype, values: ArrayLike<unknown>, count: number, place = ''): Encoded {
  const misfit: Misfit = (index, value) => fail(place, index, describeMisfit(type, value));
  if (isNumber(type)) return plain(encodeNumbers(type, values, count, misfit));
  switch (type.class) {
    case 'enumerated':
      return plain(encodeEnum(type, values, count, misfit));
    case 'string':
      return plain(encodeFixedStrings(type, values, count, place, misfit));
    case 'variable-length':
      return encodeVariableLength(type, values, count, place, misfit);
    case 'compound':
      return encodeRecords(type, values, count, place, misfit);
    case 'array':
      return encodeBoxes(type, values, count, place, misfit);
    case 'complex':
      return encodeBoxes({ ...type, class: 'array', dims: [2] }, values, count, place, misfit);
    case 'reference':
      return encodeReferences(type, values, count, place, misfit);
    default: {
      const bytes = new Uint8Array(count * type.size);
      for (let i = 0; i < count; i++) {
        const value = values[i];
        if (!(value instanceof Uint8Array) || value.length !== type.size) misfit(i, value);
        bytes.set(value, i * type.size);
      }
      return plain(bytes);
    }
  }
}

function plain(bytes: Uint8Array): Encoded {
  return { bytes, at: NO_POINTERS, targets: NO_POINTERS };
}

function fail(place: string, index: number, problem: string): never {
  throw new H5TypeError(`${place}element ${index}: ${problem}`);
}

function show(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'object' && value !== null)
    return `an object (${value.constructor?.name ?? 'no class'})`;
  return Object.is(value, -0) ? '-0' : String(value);
}

function describeMisfit(type: Datatype, value: unknown): string {
  const problem = `${show(value)} does not fit the dtype '${formatDType(type)}'`;
  const remedy = dtypeFor(value, type.class === 'floating-point');
  return remedy ? `${problem}; ${remedy}` : problem;
}

function dtypeFor(value: unknown, float: boolean): string {
  switch (typeof value) {
    case 'number':
      return `the dtype '${float ? '<f8' : formatDType(inferDatatype([value]))}' holds it`;
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) return "the dtype '<i8' holds it";
      if (BigInt.asUintN(64, value) === value) return "the dtype '<u8' holds it";
      return "store it as text, with the dtype 'str'";
    case 'string':
    case 'boolean':
      return `the dtype '${formatDType(inferDatatype([value]))}' holds it`;
    default:
      return value === null ? 'NaN can stand for what is missing' : '';
  }
}

/** What every string must be: well-formed, without NUL. */
function checkText(value: unknown, index: number, place: string, misfit: Misfit): asserts value is string {
  if (typeof value !== 'string') misfit(index, value);
  if (!isPlainText(value)) {
    const problem = `${show(value)} contains U+0000 or half of a surrogate pair, which HDF5 strings cannot hold`;
    fail(place, index, `${problem}; store it as bytes`);
  }
}

function encodeFixedStrings(
  type: FixedString,
  values: ArrayLike<unknown>,
  count: number,
  place: string,
  misfit: Misfit,
): Uint8Array {
  const { size, padding, charset } = type;
  // One byte alone is a character, as netCDF has it: with its end there would be no other text than an empty one.
  const room = padding === 'null-terminated' && size > 1 ? size - 1 : size;
  const out = new ByteWriter(count * size + 64);
  for (let i = 0; i < count; i++) {
    const value = values[i];
    checkText(value, i, place, misfit);
    const written = out.utf8(value);
    if (written > room) {
      fail(
        place,
        i,
        `${show(value)} takes ${written} bytes, '${formatDType(type)}' has ${room}; use 'S${written}' or 'str'`,
      );
    }
    if (charset === 'ascii' && written !== value.length)
      fail(place, i, `${show(value)} is not ASCII; use 'str'`);
    out.zeros(size - written);
    if (padding === 'space-padded') out.bytes.fill(0x20, out.length - size + written, out.length);
  }
  return out.finish();
}

function encodeEnum(type: Enumerated, values: ArrayLike<unknown>, count: number, misfit: Misfit): Uint8Array {
  if (isBoolean(type)) {
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      const value = values[i];
      if (typeof value !== 'boolean') misfit(i, value);
      if (value) bytes[i] = 1;
    }
    return bytes;
  }
  // Members by name, or their numbers.
  const numbers = Array.from({ length: count }, (_, i) => {
    const value = values[i];
    if (typeof value !== 'string') return value;
    return type.values[type.names.indexOf(value)] ?? misfit(i, value);
  });
  return encodeNumbers(type.base, numbers, count, misfit);
}

function encodeVariableLength(
  type: VariableLength,
  values: ArrayLike<unknown>,
  count: number,
  place: string,
  misfit: Misfit,
): Encoded {
  if (type.size !== 16)
    throw new H5TypeError(`variable-length elements of ${type.size} bytes are not written`);
  const at: number[] = [];
  const targets: (string | Sequence)[] = [];
  for (let i = 0; i < count; i++) {
    const value = values[i];
    at.push(i * 16);
    if (type.string) {
      checkText(value, i, place, misfit);
      targets.push(value);
    } else {
      if (!isList(value)) misfit(i, value);
      targets.push({
        count: value.length,
        data: encode(type.base, value, value.length, `${place}element ${i}, `),
      });
    }
  }
  return { bytes: new Uint8Array(count * 16), at, targets };
}

function encodeRecords(
  type: Compound,
  values: ArrayLike<unknown>,
  count: number,
  place: string,
  misfit: Misfit,
): Encoded {
  const { members, size } = type;
  const bytes = new Uint8Array(count * size);
  const pointers: [number, Encoded['targets'][number]][] = [];
  for (let i = 0; i < count; i++) {
    const record = values[i];
    if (typeof record !== 'object' || record === null) misfit(i, record);
    const extra = Object.keys(record).find((name) => !members.some((member) => member.name === name));
    if (extra !== undefined) fail(place, i, `the dtype '${formatDType(type)}' has no member "${extra}"`);
  }
  for (const { name, offset, type: memberType } of members) {
    const column = Array.from({ length: count }, (_, i) => {
      const record = values[i] as Record<string, unknown>;
      if (!Object.hasOwn(record, name)) fail(place, i, `the member "${name}" is missing`);
      return record[name];
    });
    const encoded = encode(memberType, column, count, `${place}member "${name}", `);
    for (let i = 0; i < count; i++) {
      const source = encoded.bytes.subarray(i * memberType.size, (i + 1) * memberType.size);
      bytes.set(source, i * size + offset);
    }
    encoded.at.forEach((at, k) => {
      const element = Math.floor(at / memberType.size);
      const within = at % memberType.size;
      pointers.push([element * size + offset + within, encoded.targets[k] as string]);
    });
  }
  pointers.sort(([a], [b]) => a - b);
  return { bytes, at: pointers.map(([at]) => at), targets: pointers.map(([, target]) => target) };
}

function encodeBoxes(
  { base, dims }: ArrayType,
  values: ArrayLike<unknown>,
  count: number,
  place: string,
  misfit: Misfit,
): Encoded {
  const flat: unknown[] = [];
  const fits = (value: unknown, depth: number): boolean => {
    if (depth === dims.length) return flat.push(value) > 0;
    if (!isList(value) || value.length !== dims[depth]) return false;
    for (let i = 0; i < value.length; i++) if (!fits(value[i], depth + 1)) return false;
    return true;
  };
  for (let i = 0; i < count; i++) if (!fits(values[i], 0)) misfit(i, values[i]);
  return encode(base, flat, flat.length, place);
}

function encodeReferences(
  type: Reference,
  values: ArrayLike<unknown>,
  count: number,
  place: string,
  misfit: Misfit,
): Encoded {
  const { kind, size } = type;
  const isRegion = kind === 'region';
  if (size !== (isRegion ? 12 : 8)) throw new H5TypeError(`references of ${size} bytes are not written`);
  const bytes = new Uint8Array(count * size);
  const at: number[] = [];
  const targets: (H5Reference | Sequence)[] = [];
  for (let i = 0; i < count; i++) {
    const value = referenceOf(values[i]);
    if (value === null) continue;
    if (value === undefined) misfit(i, values[i]);
    if (value.kind !== kind)
      fail(place, i, `${value.kind === 'region' ? 'a region' : 'an object'} reference`);
    at.push(i * size);
    if (isRegion) {
      const data = new Uint8Array(value.region as Uint8Array);
      setU64(viewOf(data), 0, value.address);
      targets.push({ count: 1, isRegion, data: { bytes: data, at: [0], targets: [value] } });
    } else {
      setU64(viewOf(bytes), i * size, value.address);
      targets.push(value);
    }
  }
  return { bytes, at, targets };
}

export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/** Encoded elements as they would be read from a file: with a heap that holds what the pointers lead to. */
export function readable(encoded: Encoded): { bytes: Uint8Array; heap: Heap } {
  if (encoded.at.length === 0) return { bytes: encoded.bytes, heap: NO_HEAP };
  const out = new ByteWriter();
  // An object that starts at 0 would be none.
  out.u64(0);
  const starts = [0];
  const sizes = [0];
  const place = ({ bytes, at, targets }: Encoded): Uint8Array => {
    const placed = new Uint8Array(bytes);
    const view = viewOf(placed);
    at.forEach((position, i) => {
      const target = targets[i] as Encoded['targets'][number];
      if (target instanceof H5Reference) return;
      const text = typeof target === 'string' ? utf8Encoder.encode(target) : undefined;
      const data = text ?? place((target as Sequence).data);
      if (data.length === 0) return;
      const isRegion = !text && (target as Sequence).isRegion;
      if (!isRegion) view.setUint32(position, text ? data.length : (target as Sequence).count, true);
      const pointer = isRegion ? position : position + 4;
      view.setUint32(pointer, 1, true);
      view.setUint32(pointer + 8, starts.push(out.length) - 1, true);
      sizes.push(data.length);
      out.raw(data);
    });
    return placed;
  };
  const bytes = place(encoded);
  const collection = {
    position: -1,
    bytes: out.finish(),
    starts: Uint32Array.from(starts),
    sizes: Uint32Array.from(sizes),
  };
  return { bytes, heap: { limit: out.length, collection: () => collection, numbers: decodeOddNumbers } };
}

/** The heap of elements without pointers. */
export const NO_HEAP: Heap = {
  limit: 0,
  numbers: decodeOddNumbers,
  collection: (address) => {
    throw new H5FeatureError(`variable-length data at ${address}`);
  },
};

/**
 * Elements for a selection of a shape, each of which has what it leads to for itself: `steps` says which of those that are given
 * stands where, as `broadcast` returns it.
 */
export function repeated(
  { bytes, at, targets }: Encoded,
  size: number,
  shape: readonly number[],
  steps: readonly number[],
): Encoded {
  const count = shape.reduce((product, dim) => product * dim, 1);
  if (count * size === bytes.length) return { bytes, at, targets };
  if (count * size > MAX_REPEATED)
    throw new H5TypeError(`${count} times the same text or sequence at once: write them part by part`);
  const all = new Uint8Array(count * size);
  const pointers: number[][] = Array.from({ length: bytes.length / size }, () => []);
  for (const [i, position] of at.entries()) pointers[Math.floor(position / size)]?.push(i);
  const allAt: number[] = [];
  const allTargets: Encoded['targets'][number][] = [];
  const index = shape.map(() => 0);
  for (let k = 0; k < count; k++) {
    const source = index.reduce((sum, place, axis) => sum + place * (steps[axis] as number), 0);
    all.set(bytes.subarray(source * size, (source + 1) * size), k * size);
    for (const i of pointers[source] as number[]) {
      allAt.push((at[i] as number) + (k - source) * size);
      allTargets.push(targets[i] as Encoded['targets'][number]);
    }
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if (index[axis] !== shape[axis]) break;
      index[axis] = 0;
    }
  }
  return { bytes: all, at: allAt, targets: allTargets };
}
