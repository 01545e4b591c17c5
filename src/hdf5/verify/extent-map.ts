import type { Extent } from '../free-space.js';
import { MIN_COLLECTION } from '../indexes/global-heap.js';
import { Claim, describe, type VerifiedExtent } from './claim.js';
import { collectionSize, findCollection } from './global-heap.js';
import { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

/** The parts of leaked space that are searched at a time. */
const WINDOW = 1 << 16;

/** All parts of a file by address, and how many bytes each use takes. */
export interface ExtentMap {
  readonly bytes: Readonly<Record<VerifiedExtent['use'], number>>;
  readonly extents: readonly VerifiedExtent[];
}

/** Sorts all claims by address, and finds what overlaps and what is left. `free`: space that is known to be free. */
export function mapExtents(walk: Walk, free: Iterable<Extent>): ExtentMap {
  const claims = walk.claims;
  for (const [address, size] of free) {
    if (size <= 0) continue;
    if (address < 0 || address + size > walk.end)
      walk.problem('free-in-use', address, undefined, `${size} bytes of free space lie outside of the file`);
    else claims.push(new Claim(address, size, 'free', 'free space'));
  }
  claims.sort((a, b) => a.address - b.address || b.size - a.size);
  const bytes = { metadata: 0, data: 0, free: 0, padding: 0, leaked: 0 };
  const extents: VerifiedExtent[] = [];
  const add = (extent: VerifiedExtent, size = extent.size): void => {
    bytes[extent.use] += size;
    extents.push(extent);
  };
  let end = 0;
  let furthest: Claim | undefined;
  for (const claim of claims) {
    const { address, size } = claim;
    if (address > end) addGap(walk, end, address, add);
    if (address < end && furthest) {
      const isFree = furthest.use === 'free' || claim.use === 'free';
      walk.problem(
        isFree ? 'free-in-use' : 'overlap',
        address,
        ownerOf(claim, furthest),
        `${describe(claim)} overlaps with ${describe(furthest)}`,
      );
    }
    add(claim, Math.max(0, address + size - Math.max(end, address)));
    if (address + size > end) {
      end = address + size;
      furthest = claim;
    }
  }
  if (end < walk.end) addGap(walk, end, walk.end, add);
  return { bytes, extents };
}

/** What stands for the object that one of the claims belongs to. */
function ownerOf(...claims: Claim[]): ObjectRecord | undefined {
  const path = claims.map((claim) => claim.path).find((text) => text !== '');
  return path === undefined ? undefined : new ObjectRecord(-1, undefined, path);
}

/** What nothing claims, from one address to another. */
function addGap(walk: Walk, from: number, to: number, add: (extent: VerifiedExtent) => void): void {
  const leak = (start: number, end: number): void => {
    if (end <= start) return;
    const isPadding = end - start < 8 && (end % 8 === 0 || end === walk.end);
    const use = isPadding ? 'padding' : 'leaked';
    add(new Claim(start, end - start, use, isPadding ? 'padding' : 'what nothing uses'));
  };
  let start = from;
  // Collections of the global heap that nothing leads to.
  for (let at = from + (-from & 7); at + MIN_COLLECTION <= to; ) {
    const part = walk.bytes(at, Math.min(WINDOW, to - at), 'unused space');
    const found = findCollection(part);
    if (found < 0) {
      at += Math.max(8, part.length & ~7);
      continue;
    }
    const address = at + found;
    const size = collectionSize(walk, address, to);
    if (size === 0) {
      at = address + 8;
      continue;
    }
    leak(start, address);
    const isKnown = walk.sawHeap && walk.sawAll;
    // Where not all could be looked at, something may well lead there.
    add(new Claim(address, size, isKnown ? 'leaked' : 'metadata', 'a global heap collection'));
    if (isKnown)
      walk.note(
        'unreferenced',
        address,
        undefined,
        `no value leads to a global heap collection of ${size} bytes`,
      );
    start = address + size;
    at = start + (-start & 7);
  }
  leak(start, to);
}
