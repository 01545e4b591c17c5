/**
 * What instances of Map and Set hold, got and set by the methods of these, whatever a class that extends them makes of them.
 */
import type { Spend } from '../registry/index.js';

export function entriesOf(map: Map<unknown, unknown>): Map<unknown, unknown> {
  return new Map(Map.prototype.entries.call(map) as MapIterator<[unknown, unknown]>);
}

/** Its constructor may have put something in. */
export function setEntries(
  map: Map<unknown, unknown>,
  entries: ReadonlyMap<unknown, unknown>,
  spend: Spend,
): void {
  spend(entries.size);
  Map.prototype.clear.call(map);
  for (const [key, value] of entries) Map.prototype.set.call(map, key, value);
}

export function membersOf(set: Set<unknown>): Set<unknown> {
  return new Set(Set.prototype.values.call(set));
}

/** Its constructor may have put something in. */
export function setMembers(set: Set<unknown>, members: ReadonlySet<unknown>, spend: Spend): void {
  spend(members.size);
  Set.prototype.clear.call(set);
  for (const value of members) Set.prototype.add.call(set, value);
}
