import { H5FormatError } from '../errors.js';
import { MemoryStorage } from '../storage/memory.js';
import type { Storage } from '../storage/storage.js';
import { FileSpace } from './file-space.js';
import type { FilterSet } from './filters/filter-set.js';
import type { Extent } from './free-space.js';
import type { GroupIndexes } from './group-indexes.js';
import type { VerifiedExtent } from './verify/claim.js';
import { mapExtents } from './verify/extent-map.js';
import type { Finding, NoteCode, ProblemCode } from './verify/findings.js';
import { checkCollections } from './verify/global-heap.js';
import { checkLinkCounts } from './verify/links.js';
import { checkObject } from './verify/object.js';
import type { ObjectRecord } from './verify/object-record.js';
import { checkReferences } from './verify/references.js';
import { checkSoftLinks } from './verify/soft-links.js';
import { checkSuperblock } from './verify/superblock.js';
import { checkCachedTables } from './verify/symbol-table.js';
import { notedFree } from './verify/tail.js';
import { Endless, Walk } from './verify/walk.js';

export type { VerifiedExtent } from './verify/claim.js';
export type { Finding, NoteCode, ProblemCode } from './verify/findings.js';

/** Notes, and unused places, in the text for people. */
const MAX_SHOWN = 20;

/** What `verifyStorage` finds. */
export interface VerifyResult {
  /** At most 1,000, and one that says that there are more. The same holds for notes. */
  readonly problems: readonly Finding<ProblemCode>[];
  readonly notes: readonly Finding<NoteCode>[];
  /** The number of groups, datasets and committed datatypes. */
  readonly objects: number;
  /** How many bytes each use takes; the sum is the size of the file from the superblock on. */
  readonly bytes: {
    readonly metadata: number;
    readonly data: number;
    readonly free: number;
    readonly padding: number;
    readonly leaked: number;
  };
  /** All parts of the file by address. */
  readonly extents: readonly VerifiedExtent[];
  /** Whether all that is in the file could be followed. If not, what counts as leaked may be in use. */
  readonly complete: boolean;
}

/**
 * What `verifyStorage` is told.
 *
 * @example
 * verifyStorage(bytes, { filters });
 */
export interface VerifyOptions {
  /** Space that is known to be free. */
  readonly free?: Iterable<Extent> | undefined;
  /** What decodes chunks with filters: needed to know what the strings and sequences in them lead to. */
  readonly filters?: FilterSet | undefined;
}

/**
 * Walks all that is in a file, and says what is wrong with it. It checks signatures, checksums, sizes, orders, counts and
 * that no two structures overlap, and finds the bytes that nothing uses. Elements of datasets are looked at only for what
 * they refer to. Takes time and memory in proportion to the size of the file, whatever is in it.
 *
 * @example
 * const { problems } = verify(new FileSpace(storage));
 * for (const { code, path, message } of problems) console.error(code, path, message);
 */
export function verify(space: FileSpace, options: VerifyOptions = {}): VerifyResult {
  const walk = new Walk(space, options.filters);
  try {
    walk.link(undefined, '/', checkSuperblock(walk));
    // Links add to it.
    for (let i = 0; i < walk.queue.length; i++) checkObject(walk, walk.queue[i] as ObjectRecord);
  } catch (error) {
    if (!(error instanceof Endless)) throw error;
    walk.sawAll = false;
    walk.problem('too-much', -1, undefined, error.message);
  }
  checkLinkCounts(walk);
  checkCachedTables(walk);
  checkReferences(walk);
  checkSoftLinks(walk);
  checkCollections(walk);
  const { bytes, extents } = mapExtents(walk, options.free ?? []);
  let objects = 0;
  for (const { exists } of walk.objects.values()) if (exists) objects++;
  const { problems, notes, sawAll, sawHeap } = walk;
  return { problems, notes, objects, bytes, extents, complete: sawAll && sawHeap };
}

/**
 * The same for the bytes of a file, or a storage with one, that may be damaged so much that it cannot be opened: then that is the
 * one problem. Without the option `free`, free space is what the last commit of ours noted behind the end of the file, if there
 * was one.
 *
 * @example
 * console.log(formatVerify(verifyStorage(await readFile('state.h5'))));
 */
export function verifyStorage(
  source: Uint8Array | Storage,
  options: VerifyOptions & { readonly indexes?: GroupIndexes } = {},
): VerifyResult {
  const storage = source instanceof Uint8Array ? new MemoryStorage(source) : source;
  let space: FileSpace;
  try {
    space = new FileSpace(storage, options.indexes);
  } catch (error) {
    if (!(error instanceof H5FormatError)) throw error;
    const message = error.message;
    const code = /cut short/.test(message)
      ? 'end-of-file'
      : /closed|commit/.test(message)
        ? 'open-for-writing'
        : 'superblock';
    return {
      problems: [{ code, address: Math.max(0, error.offset), path: '', message }],
      notes: [],
      objects: 0,
      bytes: { metadata: 0, data: 0, free: 0, padding: 0, leaked: storage.size },
      extents: [{ address: 0, size: storage.size, use: 'leaked', what: 'what nothing uses', path: '' }],
      complete: false,
    };
  }
  return verify(space, { ...options, free: options.free ?? notedFree(space) });
}

/** What `verify` found, as text for people. */
export function formatVerify(result: VerifyResult): string {
  const { problems, notes, objects, bytes, extents, complete } = result;
  const lines: string[] = [];
  const list = (findings: readonly Finding<string>[]): void => {
    for (const { code, address, path, message } of findings) {
      const place = address >= 0 ? ` at address ${address}` : '';
      lines.push(`  [${code}]${path === '' ? '' : ` ${path}`}${place}: ${message}`);
    }
  };
  const count = problems.at(-1)?.code === 'more' ? `more than ${problems.length - 1}` : `${problems.length}`;
  lines.push(
    problems.length === 0
      ? 'No problems found.'
      : `${count} problem${problems.length === 1 ? '' : 's'} found:`,
  );
  list(problems);
  if (notes.length > 0) lines.push('Notes:');
  list(notes.slice(0, MAX_SHOWN));
  if (notes.length > MAX_SHOWN) lines.push(`  and ${notes.length - MAX_SHOWN} more notes`);
  lines.push(
    `${objects} objects; ${bytes.metadata} bytes of metadata, ${bytes.data} of data, ${bytes.free} free, ` +
      `${bytes.padding} of padding, ${bytes.leaked} that nothing uses.`,
  );
  if (!complete) lines.push('Not all could be followed: what counts as unused may be in use.');
  const leaks = extents.filter(({ use }) => use === 'leaked');
  for (const { address, size } of leaks.slice(0, MAX_SHOWN))
    lines.push(`  unused: ${size} bytes at address ${address}`);
  if (leaks.length > MAX_SHOWN) lines.push(`  and ${leaks.length - MAX_SHOWN} more unused places`);
  return lines.join('\n');
}
