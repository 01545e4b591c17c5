import { defaultRegistry } from '../registry/index.js';
import { Kind, Kinds } from '../serialize/kinds.js';
import { NO_VALUES } from '../serialize/values.js';
import type { Context } from './context.js';
import { storedObject } from './member.js';

/**
 * Whether no object is reached twice in what is stored of a value: then its parts can be stored one by one. Not of what cannot
 * be stored, either: whoever stores it says so, and where it is.
 */
export function isTree(value: unknown, { codec }: Context): boolean {
  const { registry = defaultRegistry, values = NO_VALUES } = codec;
  let kinds: Kinds | undefined;
  const seen = new Set<unknown>();
  const todo: unknown[] = [value];
  try {
    while (todo.length > 0) {
      const each = todo.pop();
      if (typeof each !== 'object' || each === null || storedObject(each) || registry.nameOf(each)) continue;
      if (seen.has(each)) return false;
      seen.add(each);
      const prototype: unknown = Object.getPrototypeOf(each);
      if (prototype === Object.prototype || prototype === Array.prototype) {
        for (const item of Object.values(each)) todo.push(item);
        continue;
      }
      kinds ??= new Kinds(registry, values, () => false);
      const { kind, codec, fields } = kinds.entry(kinds.of(each));
      if (kind === Kind.Set) {
        for (const item of each as Set<unknown>) todo.push(item);
      } else if (kind === Kind.Map) {
        for (const [key, item] of each as Map<unknown, unknown>) todo.push(key, item);
      } else if (kind === Kind.Typed || kind === Kind.Buffer) {
        const { buffer } = each as Partial<Uint8Array>;
        if (seen.has(buffer)) return false;
        if (buffer) seen.add(buffer);
      } else {
        // An instance has what its class stores, which need not be what its properties show.
        const content = (codec ? codec.encode(each) : each) as Record<string | symbol, unknown>;
        for (const name of fields?.propertiesOf(content) ?? Object.keys(content)) todo.push(content[name]);
      }
    }
  } catch {
    return false;
  }
  return true;
}
