import { quote } from './findings.js';
import type { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

/** Soft links that libhdf5 follows on one path (H5L_NUM_LINKS). */
const MAX_SOFT_LINKS = 16;

/** Names on paths that are looked up for all soft links together. */
const MAX_LOOKUPS = 10_000_000;

/** Notes the soft links that lead to nothing. */
export function checkSoftLinks(walk: Walk): void {
  let lookups = 0;
  for (const object of walk.objects.values()) {
    for (const link of object.links ?? []) {
      if (link.kind !== 'soft') continue;
      const limit = MAX_LOOKUPS - lookups;
      if (limit <= 0) {
        walk.note('unchecked', -1, undefined, 'there are too many soft links to follow all of them');
        return;
      }
      const steps = followPath(walk, object, link.target, limit);
      lookups += Math.abs(steps);
      if (steps < 0)
        walk.note(
          'dangling-link',
          object.address,
          object,
          `the soft link ${quote(link.name)} leads to ${quote(link.target)}, which does not exist`,
        );
    }
  }
}

/**
 * Follows a path. Returns the number of names that were looked up, at least 1 and at most about `limit`; negative, if
 * the path surely leads to nothing.
 */
function followPath(walk: Walk, from: ObjectRecord, path: string, limit: number): number {
  const root = walk.queue[0] as ObjectRecord;
  let object: ObjectRecord = path.startsWith('/') ? root : from;
  let steps = 1;
  let softLinks = 1;
  /** What is still to be followed, the next one last. */
  const rest = path.split('/').reverse();
  steps += rest.length >> 3;
  if (path === '') return -steps;
  while (rest.length > 0) {
    const name = rest.pop() as string;
    if (name === '' || name === '.') continue;
    if (++steps > limit) return steps;
    if (!object.links) return object.exists && walk.sawAll ? -steps : steps;
    if (!object.byName) {
      object.byName = new Map(object.links.map((link) => [link.name, link]));
      steps += object.links.length >> 4;
    }
    const link = object.byName.get(name);
    if (!link) return -steps;
    if (link.kind === 'external') return steps;
    if (link.kind === 'hard') {
      const next = walk.objects.get(link.address);
      if (!next?.exists) return steps;
      object = next;
      continue;
    }
    if (++softLinks > MAX_SOFT_LINKS || link.target === '') return -steps;
    if (link.target.startsWith('/')) object = root;
    const more = link.target.split('/');
    steps += more.length >> 3;
    for (let i = more.length - 1; i >= 0; i--) rest.push(more[i] as string);
  }
  return steps;
}
