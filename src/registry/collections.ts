/**
 * What instances of Map and Set hold, got and set by the methods of these, whatever a class that extends them, or a property of
 * an instance, makes of them.
 */
import type { Spend } from './codec.js';

type AnyMap = ReadonlyMap<unknown, unknown>;

export function hasEntry(map: AnyMap, key: unknown): boolean {
  return Map.prototype.has.call(map, key);
}

export function entryOf(map: AnyMap, key: unknown): unknown {
  return Map.prototype.get.call(map, key);
}

export function keysOf(map: AnyMap): unknown[] {
  return [...Map.prototype.keys.call(map)];
}

export function entriesOf(map: AnyMap): Map<unknown, unknown> {
  return new Map(Map.prototype.entries.call(map) as MapIterator<[unknown, unknown]>);
}

export function setEntry(map: AnyMap, key: unknown, value: unknown): void {
  Map.prototype.set.call(map, key, value);
}

/** Its constructor may have put something in. */
export function setEntries(map: AnyMap, entries: AnyMap, spend?: Spend): void {
  spend?.(entries.size);
  Map.prototype.clear.call(map);
  for (const [key, value] of entries) setEntry(map, key, value);
}

export function membersOf(set: ReadonlySet<unknown>): Set<unknown> {
  return new Set(Set.prototype.values.call(set));
}

/** Its constructor may have put something in. */
export function setMembers(set: ReadonlySet<unknown>, members: ReadonlySet<unknown>, spend?: Spend): void {
  spend?.(members.size);
  Set.prototype.clear.call(set);
  for (const value of members) Set.prototype.add.call(set, value);
}
