/** The types of values as programs set them, get them and copy them: of a list an array, an H5List, and an array again. */
import type { Elements } from '../hdf5/elements.js';
import type { TypedArray } from '../hdf5/number-elements.js';
import type { Collection } from './collection.js';
import type { Deferred } from './deferred.js';
import type { H5Array } from './h5-array.js';
import type { H5Dict } from './h5-dict.js';
import type { H5List } from './h5-list.js';

type AnyFunction = (...parameters: never[]) => unknown;

/** What is no list or dict of a file, or is one already, however it is written down. */
type Whole =
  | AnyFunction
  | Date
  | Error
  | ReadonlySet<unknown>
  | ArrayBufferLike
  | DataView
  | Collection
  | H5Array<unknown>;

/** `true` if properties are methods: the type is that of a class. */
type HasMethods<V> = true extends { [K in keyof V]-?: V[K] extends AnyFunction ? true : never }[keyof V]
  ? true
  : false;

/**
 * What `get` returns where a value of a type is stored: of an array an `H5List`, of an object or a Map with keys that are strings
 * an `H5Dict`, of a large typed array an `H5Array`. Where the type leaves open which it is, it is one of several: an interface may be
 * that of an object or of a class.
 *
 * @example
 * type Tags = Live<string[]>; // H5List<string>
 * type Settings = Live<{ theme: string }>; // H5Dict<{ theme: string }>
 * type Samples = Live<Float64Array>; // Float64Array | H5Array<number>
 */
export type Live<V> =
  V extends ReadonlyMap<infer K, infer W>
    ? LiveMap<V, K, W>
    : V extends Whole
      ? V
      : V extends BigInt64Array | BigUint64Array
        ? V | H5Array<bigint>
        : V extends TypedArray
          ? V | H5Array<number>
          : V extends readonly (infer E)[]
            ? LiveList<V, E>
            : V extends object
              ? LiveObject<V>
              : V;

/** A class that extends Array stays what it is. */
type LiveList<V extends readonly unknown[], E> = number extends V['length']
  ? E[] extends V
    ? H5List<LiveElement<E>>
    : V
  : H5List<LiveElement<E>>;

/** A Map that has no keys yet is a dict, whatever they will be. */
type LiveMap<V, K, W> = [K] extends [string]
  ? H5Dict<{ [key: string]: Live<W> }>
  : V | H5Dict<{ [key: string]: Live<W> }>;

/** An object type that is written down, and only that, has an index signature if it is asked for one. */
type LiveObject<V extends object> =
  V extends Record<string, unknown>
    ? H5Dict<LiveMembers<V>>
    : HasMethods<V> extends true
      ? V
      : V | H5Dict<LiveMembers<V>>;

/** What a list has is a copy while it is kept in columns, and live in a list of any values. An empty array says nothing. */
type LiveElement<E> = [E] extends [never] ? unknown : E | Live<E>;

/** The members of a dict that is stored of an object or a Map; of an empty one they may be any. */
export type LiveMembers<V> =
  V extends ReadonlyMap<unknown, infer W>
    ? { [key: string]: Live<W> }
    : [keyof V] extends [never]
      ? Record<string, unknown>
      : { [K in keyof V]: Live<V[K]> };

/**
 * What may be set where a live collection is got.
 *
 * @example
 * type Tags = Stored<H5List<string>>; // readonly string[]
 */
export type Stored<V> =
  V extends H5List<infer E>
    ? readonly (E | Stored<E>)[]
    : V extends H5Dict<infer D>
      ? StoredMembers<D> | ReadonlyMap<string, unknown>
      : V extends H5Array<unknown>
        ? V | Elements | Deferred
        : V;

/** What the members of a dict may be set to, all of them. */
export type StoredMembers<D> = { [K in keyof D]: D[K] | Stored<D[K]> };

/**
 * What a value is in memory, with all that is in it: of an `H5List` an array, of an `H5Dict` an object, or a Map if its keys may
 * be any, of an `H5Array` a typed array, or arrays in each other.
 *
 * @example
 * type Tags = Copied<H5List<string>>; // string[]
 */
export type Copied<V> =
  // Of what is live if it is large there are no two kinds of copies.
  [Extract<V, TypedArray>] extends [never] ? CopiedEach<V> : CopiedEach<Exclude<V, H5Array<unknown>>>;

type CopiedEach<V> =
  V extends H5List<infer E>
    ? Copied<E>[]
    : V extends H5Dict<infer D>
      ? string extends keyof D
        ? CopiedMembers<D> | Map<string, Copied<D[keyof D]>>
        : CopiedMembers<D>
      : V extends H5Array<unknown>
        ? Elements
        : V;

/** The members of a dict in memory. */
export type CopiedMembers<D> = { [K in keyof D]: Copied<D[K]> };
