import { H5RegistryError } from './errors.js';
import type { FieldStorage } from './field-storage.js';

/**
 * A class, as a value: abstract ones, and those with a private constructor, included.
 *
 * @example
 * const point: Class<Point> = Point;
 */
export interface Class<T extends object = object> {
  readonly prototype: T;
}

/**
 * What the decorators of a class, or the options that it is registered with, say about one property.
 *
 * @example
 * const rule: FieldRule | undefined = registry.get('Circle')?.ruleFor('r');
 */
export interface FieldRule extends FieldStorage {
  readonly property: string | symbol;
  /** Its name in the file. */
  readonly name: string;
  /** Left out, both on writing and on reading. */
  readonly ignored: boolean;
  /** An `accessor` field: its value lives in a private slot, which only the constructor makes. */
  readonly needsConstructor: boolean;
  /** What it was called in files before. */
  readonly aliases?: readonly string[] | undefined;
  /** What it gets when a file does not have it; of a function, what that returns. */
  readonly default?: unknown;
  /** Whether a file that does not have it is refused. */
  readonly required?: boolean | undefined;
  /** The class of its value, or of the elements of the array, Set or Map that it is. */
  readonly as?: (() => Class) | undefined;
  /** `false`: it is not enumerable, and is made so again. */
  readonly enumerable?: boolean | undefined;
  /** The type that `reflect-metadata` has recorded for it, where that is in use. */
  readonly type?: Class | undefined;
}

/**
 * The key under which a class has the metadata of its standard decorators: `Symbol.metadata`, or what
 * compilers fall back to in an engine that has none.
 */
export function metadataKey(): symbol {
  return Symbol.metadata ?? Symbol.for('Symbol.metadata');
}

/**
 * The rules of each class, by the object that a decorator is handed for it: the class's metadata object by
 * a standard decorator, its prototype by a legacy one.
 */
const rulesByHolder = new WeakMap<object, Map<string | symbol, FieldRule>>();

/** Notes a rule on the class whose metadata or prototype `holder` is. A second one for a property throws. */
export function addRule(holder: object, rule: FieldRule): void {
  const rules = rulesByHolder.get(holder) ?? new Map<string | symbol, FieldRule>();
  const earlier = rules.get(rule.property);
  if (earlier !== undefined) {
    const property = JSON.stringify(String(rule.property));
    throw new H5RegistryError(
      'H5_REGISTRY_FIELD',
      earlier.ignored === rule.ignored
        ? `property ${property} has the same decorator twice; of a getter and its setter, decorate one`
        : `property ${property} has both @H5Field and @H5Ignore`,
    );
  }
  rulesByHolder.set(holder, rules.set(rule.property, rule));
}

/** The rules that hold for a class, by property: those of its base classes first, then its own. */
export function rulesOf(cls: Class): Map<string | symbol, FieldRule> {
  const rules = new Map<string | symbol, FieldRule>();
  for (const ancestor of lineage(cls)) {
    // A class has one of the two; its base class, from another package, may well have the other.
    for (const holder of [ancestor.prototype, ownMetadata(ancestor)]) {
      const own = holder && rulesByHolder.get(holder);
      if (own) for (const [property, rule] of own) rules.set(property, rule);
    }
  }
  return rules;
}

/** The class and its base classes, the outermost base first. */
function lineage(cls: Class): Class[] {
  const classes: Class[] = [];
  for (
    let ancestor: unknown = cls;
    typeof ancestor === 'function';
    ancestor = Object.getPrototypeOf(ancestor)
  ) {
    classes.unshift(ancestor as unknown as Class);
  }
  return classes;
}

/** Not the inherited metadata: a class without decorators of its own shows those of its base class. */
function ownMetadata(cls: Class): object | undefined {
  return Object.getOwnPropertyDescriptor(cls, metadataKey())?.value;
}

/** What to call a class in a message. */
export function nameOf(cls: Class): string {
  const { name } = cls as { name?: unknown };
  return typeof name === 'string' && name !== '' ? name : '(anonymous class)';
}
