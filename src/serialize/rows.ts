import type { RegisteredClass } from '../registry/index.js';
import type { Elements } from '../hdf5/elements.js';

/** Sets a property as the writer found it: own, enumerable, and without running a setter that no rule names. */
export function setProperty(target: object, name: string, value: unknown, cls: RegisteredClass | undefined): void {
  const property = cls ? cls.propertyFor(name) : name;
  if (cls && !cls.isWritable(property)) return;
  if (cls?.isDeclared(property) || !(property in target)) (target as Record<string, unknown>)[property] = value;
  else define(target, property, value);
}

/** Names such as `__proto__` are data: defined, they are properties like any other. */
function define(target: object, property: string, value: unknown): void {
  Object.defineProperty(target, property, { value, writable: true, enumerable: true, configurable: true });
}

/** How many objects V8 makes before it fixes how many properties fit into the next ones themselves. */
const TRIAL_ROWS = 8;

/**
 * Empty rows of a table. Made by a constructor of their own, the engine learns from the first of them how many
 * properties they will have and makes room within the objects; without that, each row would get its
 * properties in an array beside it that is replaced as it grows.
 */
export function makeRows(
  count: number,
  names: readonly string[],
  cls: RegisteredClass | undefined,
  nullPrototype: boolean,
): object[] {
  const rows = new Array<object>(count);
  const prototype = cls ? cls.bareInstances : nullPrototype ? null : Object.prototype;
  if (!prototype) {
    for (let i = 0; i < count; i++) rows[i] = cls ? cls.create() : (Object.create(null) as object);
    return rows;
  }
  const Row = function () {} as unknown as new () => Record<string, unknown>;
  Row.prototype = prototype;
  if (count > TRIAL_ROWS) {
    for (let i = 0; i < TRIAL_ROWS; i++) {
      const row = new Row();
      for (const name of names) if (!(name in row)) row[name] = 0;
    }
  }
  for (let i = 0; i < count; i++) rows[i] = new Row();
  return rows;
}

/** Sets one property of all rows; where the column has a hole, the row lacks the property. */
export function setColumn(
  rows: readonly object[],
  name: string,
  column: Elements,
  cls: RegisteredClass | undefined,
): void {
  const property = cls ? cls.propertyFor(name) : name;
  if (cls && !cls.isWritable(property)) return;
  const [first] = rows;
  // What holds for one row holds for all: they have one prototype and have got the same columns so far.
  const assign = first !== undefined && (cls?.isDeclared(property) || !(property in first));
  const { length } = column;
  for (let i = 0; i < length; i++) {
    const value = column[i];
    if (value === undefined && !(i in column)) continue;
    const row = rows[i] as Record<string, unknown>;
    if (assign) row[property] = value;
    else define(row, property, value);
  }
}
