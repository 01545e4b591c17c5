/// <reference lib="esnext.disposable" preserve="true" />
import { H5TypeError } from '../errors.js';
import type { H5File, H5Mode } from '../hdf5/h5-file.js';
import type { H5Group } from '../hdf5/h5-group.js';
import type { H5Object } from '../hdf5/h5-object.js';
import { escapeName } from '../serialize/names.js';
import { checkFunction, shown } from './checks.js';
import type { CollectionOpenOptions, Context } from './context.js';
import { H5Array } from './h5-array.js';
import { leave } from './opening.js';
import { type FileSource, openFile } from './platform.js';

/** How a collection is opened that a file holds. */
export interface OpenCollectionOptions extends CollectionOpenOptions {
  /** `'r'` unless told otherwise; with `'a'`, `'w'`, `'w-'` and `'x'` an empty one is made where there is none. */
  readonly mode?: H5Mode | undefined;
  /** Which part of the file: the names of groups with `/` between them. */
  readonly name?: string | undefined;
}

/** What the collections of a file have in common. */
export abstract class Collection {
  /** @internal */
  readonly context: Context;
  /** The file, if it is to be closed with this. */
  readonly #owned: boolean;

  /** @internal */
  constructor(context: Context, isOwned: boolean) {
    this.context = context;
    this.#owned = isOwned;
  }

  /** The HDF5 object that the collection is. */
  abstract get object(): H5Object;
  abstract get path(): string;

  /** The file that it is in. */
  get file(): H5File {
    return this.context.live.file;
  }

  get isOpen(): boolean {
    return this.file.isOpen;
  }

  // ---- transactions ---------------------------------------------------------------------------------

  /**
   * Makes several changes as one commit: all of them or, if `action` throws or is rejected, none. With `commit: 'manual'` they are
   * all or none as well, and last with the next `commit`.
   *
   * @example
   * state.transaction(() => {
   *   state.set('total', total);
   *   state.delete('draft');
   * });
   */
  transaction<R>(action: (collection: this) => R): R {
    checkFunction(action);
    return this.context.live.transaction(() => action(this));
  }

  /** The same: many changes, one commit; with `commit: 'manual'` that is the next one. */
  batch<R>(action: (collection: this) => R): R {
    return this.transaction(action);
  }

  /** Makes all changes of the file last. */
  commit(): void {
    this.context.live.commit();
  }

  /** The same. */
  flush(): void {
    this.commit();
  }

  /**
   * Forgets all changes of the file that have not been committed. While an asynchronous transaction is under way this is an
   * error (`H5_IN_TRANSACTION`).
   */
  rollback(): void {
    this.file.rollback();
  }

  // ---- the end --------------------------------------------------------------------------------------

  /** Commits what has changed, and closes the file. */
  close(): void {
    this.context.live.close();
  }

  /** Closes the file if it was opened with this; else commits nothing and closes nothing. */
  [Symbol.dispose](): void {
    if (this.#owned && this.isOpen) this.context.live.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** Opens the file that holds a collection, and finds that; if that fails, the file is closed again. */
export function openIn<T>(
  source: FileSource,
  mode: H5Mode,
  options: CollectionOpenOptions,
  find: (file: H5File) => T,
): T {
  const file = openFile(source, mode, options);
  try {
    return find(file);
  } catch (error) {
    leave(file, error);
    throw error;
  }
}

/** Whether a mode makes what is not there. */
export function isMaking(mode: H5Mode): boolean {
  return mode !== 'r' && mode !== 'r+';
}

/** The names in a path, as the file has them. */
export function namesIn(path: string): string[] {
  if (typeof path !== 'string')
    throw new H5TypeError(`the name of a part is a text with / between names, not ${shown(path)}`);
  return path
    .split('/')
    .filter((key) => key !== '')
    .map(escapeName);
}

/** A group by the names of groups; the last ones are made if they are to be. */
export function groupAt(group: H5Group, names: readonly string[], isMade = false): H5Group {
  if (names.length === 0) return group;
  const path = names.join('/');
  return isMade ? group.requireGroup(path) : group.group(path);
}

/** Whether to change a value is to change the file, so that there is nothing to be written back. */
export function isLive(value: unknown): boolean {
  return value instanceof Collection || value instanceof H5Array;
}
