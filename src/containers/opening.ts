import { H5StateError } from '../errors.js';
import { H5File, type H5Mode, type OpenOptions } from '../hdf5/h5-file.js';
import { H5Group } from '../hdf5/h5-group.js';
import type { Storage } from '../storage/storage.js';

/** Where a container is: a path or a `file:` URL, in Node; the bytes of a file; a storage; or a file that is open, or a group. */
export type ContainerSource = string | URL | Uint8Array | Storage | H5Group;

type OpenPath = (path: string | URL, mode: H5Mode, options: OpenOptions) => H5File;
type OpenAnything = (source: Uint8Array | Storage, mode: H5Mode, options: OpenOptions) => H5File;

let openPath: OpenPath = () => {
  throw new H5StateError(
    'H5_CLOSED',
    'paths are opened in Node: give bytes, a storage, or a file that is open',
  );
};
let openOther: OpenAnything = (source, mode, options) => H5File.open(source, mode, options);

/** Tells containers how files are opened. */
export function useFiles(open: OpenPath & OpenAnything): void {
  openPath = open;
  openOther = open;
}

/** The group that a source is, and whether its file was opened for it. */
export function openSource(
  source: ContainerSource,
  mode: H5Mode,
  options: OpenOptions,
): { group: H5Group; isOwn: boolean } {
  if (source instanceof H5Group) return { group: source, isOwn: false };
  if (typeof source === 'string' || source instanceof URL)
    return { group: openPath(source, mode, options), isOwn: true };
  return { group: openOther(source, mode, options), isOwn: true };
}
