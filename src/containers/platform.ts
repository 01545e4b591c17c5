import { editing } from '../editing.js';
import { H5TypeError } from '../errors.js';
import { H5File, type H5Mode, type OpenOptions } from '../hdf5/h5-file.js';
import { indexes } from '../indexes.js';
import { parts } from '../parts.js';
import { given } from '../serialize/checked-options.js';
import type { ReadOptions, WriteOptions } from '../serialize/serialize.js';
import type { Storage } from '../storage/storage.js';
import { checkedOptions } from './checks.js';

/** Where a file is: a path, on platforms that have them; its bytes; or a storage that holds it. */
export type FileSource = string | URL | Uint8Array | Storage;

/** What a platform has: how it opens files, and what values it knows. */
export interface Platform {
  openFile(where: FileSource, mode: H5Mode, options: OpenOptions): H5File;
  /** The path of an open file, and the mode that it was opened with. */
  placeOf(file: H5File): { readonly path: string; readonly mode: H5Mode } | undefined;
  /** How many bytes are free for a file at a path; `undefined` where nobody knows. */
  freeSpace(path: string | URL): number | undefined;
  /** The classes of which open files are. */
  readonly files: readonly { readonly prototype: H5File }[];
  /** What values are read and written with, if the user says nothing else. */
  readonly codec: Pick<ReadOptions & WriteOptions, 'values' | 'datasets' | 'parts' | 'indexes'>;
}

let platform: Platform = {
  openFile(where, mode, options) {
    if (typeof where === 'string' || where instanceof URL)
      throw new H5TypeError(
        `there are no paths here, such as ${String(where)}: give the bytes of the file, or a storage`,
      );
    return H5File.open(where, mode, { indexes, editing, ...given(options) });
  },
  placeOf: () => undefined,
  freeSpace: () => undefined,
  files: [H5File],
  codec: { parts, indexes },
};

/** Says what the platform has; the entry for it does that. */
export function usePlatform(other: Platform): void {
  platform = other;
}

export function thePlatform(): Platform {
  return platform;
}

/** Opens a file with all that collections need. */
export function openFile(where: FileSource, mode: H5Mode, options: OpenOptions = {}): H5File {
  return platform.openFile(where, mode, checkedOptions(options));
}
