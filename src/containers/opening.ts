import type { H5File, H5Mode, OpenOptions } from '../hdf5/h5-file.js';
import { H5Group } from '../hdf5/h5-group.js';
import { type FileSource, openFile } from './platform.js';

/** Where a container is: a path or a `file:` URL, in Node; the bytes of a file; a storage; or a file that is open, or a group. */
export type ContainerSource = FileSource | H5Group;

/** Closes a file after an error, without what has been changed: a new one does not take the place of an old one then. */
export function leave(file: H5File, error: unknown): void {
  file.session.editor?.abandon(error);
  file[Symbol.dispose]();
}

/** The group that a source is, and whether its file was opened for it. */
export function openSource(
  source: ContainerSource,
  mode: H5Mode,
  options: OpenOptions,
): { group: H5Group; isOwn: boolean } {
  if (source instanceof H5Group) return { group: source, isOwn: false };
  return { group: openFile(source, mode, options), isOwn: true };
}
