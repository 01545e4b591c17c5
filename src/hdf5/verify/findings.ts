/** Problems that are listed, and notes. */
const MAX_FINDINGS = 1000;

/**
 * What is wrong:
 * - `superblock`: the superblock cannot be read, or contradicts itself; `end-of-file`: the file is shorter than the
 *   superblock says; `open-for-writing`: its flags say that a writer has not closed it.
 * - `object-header`: a header, or a chunk of one, cannot be read; `message`: a message of a header does not decode, or
 *   contradicts another; `attribute` and `link`: the same for these, wherever they are stored.
 * - `link-target`: a hard link leads to no object; `link-count`: a header counts other links than there are.
 * - `symbol-table`, `local-heap`, `btree-v1`, `btree-v2`, `fractal-heap`, `global-heap`, `free-space`: such a structure is
 *   damaged.
 * - `data`: the elements of a dataset are not all in the file; `chunk-index` and `chunk`: the same for a dataset in chunks.
 * - `overlap`: two structures take the same bytes; `free-in-use`: space that is known to be free is in use.
 * - `too-much`: structures overlap so much that the walk was ended; `more`: there are more problems than are listed.
 */
export type ProblemCode =
  | 'superblock'
  | 'end-of-file'
  | 'open-for-writing'
  | 'object-header'
  | 'message'
  | 'attribute'
  | 'link'
  | 'link-target'
  | 'link-count'
  | 'symbol-table'
  | 'local-heap'
  | 'btree-v1'
  | 'btree-v2'
  | 'fractal-heap'
  | 'global-heap'
  | 'free-space'
  | 'data'
  | 'chunk-index'
  | 'chunk'
  | 'overlap'
  | 'free-in-use'
  | 'too-much'
  | 'more';

/**
 * What is not wrong, and worth knowing:
 * - `dangling-link`: a soft link leads to nothing; `dangling-reference`: an object reference does.
 * - `unreferenced`: objects of the global heap that no value leads to; `shared`: one that several lead to.
 * - `unchecked`: a feature that this engine does not decode; what it leads to was not looked at.
 * - `trailing-bytes`: the storage goes on behind the end of the file. `more`: there are more notes than are listed.
 */
export type NoteCode =
  | 'dangling-link'
  | 'dangling-reference'
  | 'unreferenced'
  | 'shared'
  | 'unchecked'
  | 'trailing-bytes'
  | 'more';

/** A problem, or a note. */
export interface Finding<Code> {
  readonly code: Code;
  /** Where: an HDF5 address, which counts from the superblock; -1 where there is none. */
  readonly address: number;
  /** The path of the object that it concerns, one of them if there are several; '' if none. */
  readonly path: string;
  readonly message: string;
}

/** Adds a finding to `list`, which is of all `kind`, unless there are enough. */
export function addFinding<Code>(
  list: Finding<Code | 'more'>[],
  kind: 'problems' | 'notes',
  code: Code,
  address: number,
  object: { readonly path: string } | undefined,
  message: string,
): void {
  const { length } = list;
  if (length > MAX_FINDINGS) return;
  list.push(
    length < MAX_FINDINGS
      ? { code, address, path: object?.path ?? '', message }
      : { code: 'more', address: -1, path: '', message: `there are more ${kind}, which are not listed` },
  );
}

/** A text in a message: a name, or a path. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}...` : text);
}
