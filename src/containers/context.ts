import type { OpenOptions } from '../hdf5/h5-file.js';
import type { H5Object } from '../hdf5/h5-object.js';
import type { ReadOptions, WriteOptions } from '../serialize/serialize.js';
import { checkedOptions } from './checks.js';
import { type CommitPolicy, LiveFile } from './live-file.js';
import { thePlatform } from './platform.js';

/**
 * How collections read and write values.
 *
 * @example
 * const state = H5Dict.of(file.group('state'), { commit: 'operation', largeArray: 1 << 16, compression: 'gzip' });
 */
export interface CollectionOptions
  extends Pick<ReadOptions, 'registry' | 'values' | 'unknownClass' | 'limits'>,
    Pick<
      WriteOptions,
      'datasets' | 'onUnsupported' | 'accessors' | 'compression' | 'chunks' | 'stringEncoding'
    > {
  /** From how many bytes on an array of numbers is an `H5Array`, and not read at once. 1 MB unless told otherwise. */
  readonly largeArray?: number | undefined;
  /** When changes last: at the end of the current task (`'microtask'`), after each operation, or only when `commit` is called. */
  readonly commit?: CommitPolicy | undefined;
}

/** The same with how a file is opened. */
export interface CollectionOpenOptions extends CollectionOptions, OpenOptions {}

/** What the collections of a file have in common that were got from each other. */
export interface Context {
  readonly live: LiveFile;
  readonly options: CollectionOptions;
  /** The same for the codec, with what the platform has. */
  readonly codec: ReadOptions & WriteOptions;
  /** The same, to read what is stored again in another way. */
  readonly moving: ReadOptions & WriteOptions;
  /** Whether arrays and texts are stored as their values suggest. */
  readonly isPlain: boolean;
}

/** The context for an object, whose file is the user's: what changes is committed when they say so, unless they say how. */
export function contextOf(object: H5Object, all: CollectionOptions = {}): Context {
  const options = checkedOptions(all);
  const codec = { ...thePlatform().codec, ...options } as Context['codec'];
  return {
    live: LiveFile.of(object, options.commit),
    options,
    codec,
    get moving() {
      // For one value: some types know what else of theirs there is in it.
      return codec.values?.moving ? { ...codec, values: codec.values.moving() } : codec;
    },
    isPlain: !options.compression && !options.chunks && !options.stringEncoding,
  };
}
