import { defaultRegistry, type TypeRegistry } from '../../src/index.js';

/** A value as JSON: see test/oracle/layout_reader.py, which makes the same from a file. */
export interface Graph {
  readonly root: unknown;
  readonly objects: readonly Record<string, unknown>[];
}

/**
 * A value and all that it reaches, with everything that can be told apart: types and classes, the order of keys,
 * holes, -0, NaN, every UTF-16 unit, and which mentions are one object. Two values are the same to a program
 * if their graphs are.
 */
export function graphOf(value: unknown, registry: TypeRegistry = defaultRegistry): Graph {
  const numbers = new Map<object, number>();
  const found: object[] = [];
  const encode = (item: unknown): unknown => {
    switch (typeof item) {
      case 'number':
        return number(item);
      case 'bigint':
        return ['b', String(item)];
      case 'undefined':
        return ['undefined'];
      case 'object': {
        if (item === null) return null;
        let known = numbers.get(item);
        if (known === undefined) {
          known = found.push(item) - 1;
          numbers.set(item, known);
        }
        return ['o', known];
      }
      default:
        return item;
    }
  };
  const root = encode(value);
  const objects: Record<string, unknown>[] = [];
  for (let at = 0; at < found.length; at++) objects.push(describe(found[at] as object, encode, registry));
  return { root, objects };
}

function describe(
  object: object,
  encode: (item: unknown) => unknown,
  registry: TypeRegistry,
): Record<string, unknown> {
  const prototype = Object.getPrototypeOf(object) as object | null;
  const integrity = integrityOf(object);
  checkProperties(object, integrity);
  if (Array.isArray(object) && prototype === Array.prototype) {
    const keys = Object.keys(object).map(Number);
    return { kind: 'Array', length: object.length, keys, values: keys.map((key) => encode(object[key])) };
  }
  if (object instanceof Date) return { kind: 'Date', time: number(object.getTime()) };
  if (object instanceof Set) return { kind: 'Set', values: Array.from(object, encode) };
  if (object instanceof Map) {
    const pairs = Array.from(object, ([key, item]) => [encode(key), encode(item)]);
    return { kind: 'Map', keys: pairs.map(([key]) => key), values: pairs.map(([, item]) => item) };
  }
  if (object instanceof ArrayBuffer)
    return { kind: 'ArrayBuffer', bytes: Buffer.from(object).toString('hex') };
  if (ArrayBuffer.isView(object)) {
    const bytes = Buffer.from(object.buffer, object.byteOffset, object.byteLength).toString('hex');
    return { kind: object.constructor.name, bytes };
  }
  const cls = prototype && prototype !== Object.prototype ? registry.of(prototype) : undefined;
  if (prototype !== null && prototype !== Object.prototype && !cls) {
    throw new Error(
      `a test compares an object of a class that it did not register: ${object.constructor.name}`,
    );
  }
  const kind = cls ? `class ${cls.name}` : prototype === null ? 'null-prototype' : 'object';
  const properties = cls ? cls.propertiesOf(object) : Object.keys(object);
  const values = properties.map((property) => encode((object as Record<string | symbol, unknown>)[property]));
  const keys = cls ? properties.map((property) => cls.storedName(property)) : properties;
  return { kind, keys, values, ...(integrity && { integrity }) };
}

function integrityOf(object: object): string | undefined {
  if (Object.isExtensible(object)) return undefined;
  if (Object.isFrozen(object)) return 'frozen';
  return Object.isSealed(object) ? 'sealed' : 'inextensible';
}

/** What a graph does not show must be as usual: nothing is hidden, or a getter that only looks like a value. */
function checkProperties(object: object, integrity: string | undefined): void {
  for (const name of Reflect.ownKeys(object)) {
    const { value, get, writable, configurable } = Object.getOwnPropertyDescriptor(object, name) ?? {};
    const isLength = Array.isArray(object) && name === 'length';
    const isFixed =
      integrity === 'frozen' || integrity === 'sealed' || isLength || ArrayBuffer.isView(object);
    if (get || (!writable && integrity !== 'frozen') || (!configurable && !isFixed))
      throw new Error(`the property ${String(name)} of ${String(value)} is not as usual`);
  }
}

const bits = new DataView(new ArrayBuffer(8));

function number(value: number): [string, string] {
  if (Number.isNaN(value)) return ['n', 'nan'];
  bits.setFloat64(0, value);
  return ['n', bits.getBigUint64(0).toString(16).padStart(16, '0')];
}
