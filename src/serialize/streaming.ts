import type { ReadOptions, ReadSource, WriteOptions, WriteTarget } from './serialize.js';

/** How far some work is. */
export interface Progress {
  /** Bytes that are done: of the file, and before that, of what iterables yield. */
  readonly done: number;
  /** All of them; undefined as long as that is not known. In the last call it is the same as `done`. */
  readonly total: number | undefined;
  /** Where in the value that is written it is: `$.rows[12000]`. `$` while bytes are written, or read. */
  readonly path: string;
}

/**
 * For `write` and `read`: who watches them. With one of these they let others have their turn now and then.
 *
 * @example
 * await write('state.h5', state, { signal: AbortSignal.timeout(5000), onProgress: ({ path }) => show(path) });
 */
export interface Watch {
  /** Is told how far it is, now and then and at the end. Outside of Node only with the option `streaming`. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Stops it: the promise is rejected with the signal's reason, and nothing is half done. */
  readonly signal?: AbortSignal | undefined;
}

/** What `streaming` is: an interface, so that the core need not load it. */
export interface Streaming {
  write(target: WriteTarget, value: unknown, options: WriteOptions & Watch): Promise<void>;
  read(source: ReadSource, options: ReadOptions & Watch): Promise<unknown>;
}
