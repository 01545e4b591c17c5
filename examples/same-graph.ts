/** What two values have been found to be, so far. */
interface Pairing {
  readonly toCopy: Map<object, object>;
  readonly toOriginal: Map<object, object>;
  readonly todo: { readonly a: object; readonly b: object; readonly path: string }[];
}

/**
 * Whether a copy is the same graph as the original: prototypes, property keys and their order, holes, -0 and
 * NaN, the order of Maps and Sets, every byte of binary data; and identity: one object of the copy for one of
 * the original, wherever it is reached from. Returns where they differ first, or undefined. `leftOut` names
 * properties that were not to be stored: the copy must not have them.
 */
export function findDifference(
  original: unknown,
  copy: unknown,
  leftOut: ReadonlySet<string> = new Set(),
): string | undefined {
  const pairing: Pairing = { toCopy: new Map(), toOriginal: new Map(), todo: [] };
  let difference = compare(original, copy, '$', pairing);
  for (let next = pairing.todo.pop(); next && difference === undefined; next = pairing.todo.pop()) {
    const { a, b, path } = next;
    difference = compareInside(a, b, path, pairing) ?? compareProperties(a, b, path, pairing, leftOut);
  }
  return difference;
}

/** How many objects a value reaches, itself included. */
export function countObjects(value: unknown): number {
  const pairing: Pairing = { toCopy: new Map(), toOriginal: new Map(), todo: [] };
  compare(value, value, '$', pairing);
  for (let next = pairing.todo.pop(); next; next = pairing.todo.pop()) {
    compareInside(next.a, next.b, '', pairing);
    compareProperties(next.a, next.b, '', pairing, new Set());
  }
  return pairing.toCopy.size;
}

function compare(a: unknown, b: unknown, path: string, pairing: Pairing): string | undefined {
  if (!isObject(a) || !isObject(b)) {
    return Object.is(a, b) ? undefined : `${path}: ${show(a)} has become ${show(b)}`;
  }
  const known = pairing.toCopy.get(a);
  if (known) return known === b ? undefined : `${path}: one object has become two`;
  if (pairing.toOriginal.has(b)) return `${path}: two objects have become one`;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return `${path}: the prototype differs`;
  pairing.toCopy.set(a, b);
  pairing.toOriginal.set(b, a);
  pairing.todo.push({ a, b, path });
  return undefined;
}

/** What an object holds that is not in its properties. */
function compareInside(a: object, b: object, path: string, pairing: Pairing): string | undefined {
  if (a instanceof Date) return compare(a.getTime(), (b as Date).getTime(), path, pairing);
  if (ArrayBuffer.isView(a) || a instanceof ArrayBuffer) {
    return Buffer.compare(bytesOf(a), bytesOf(b as ArrayBuffer)) === 0
      ? undefined
      : `${path}: the bytes differ`;
  }
  if (!(a instanceof Map || a instanceof Set)) return undefined;
  const others = [...(b as Map<unknown, unknown>).entries()];
  if (others.length !== a.size) return `${path}: ${a.size} elements have become ${others.length}`;
  let i = 0;
  for (const [key, value] of a.entries()) {
    const [otherKey, otherValue] = others[i++]!;
    const difference =
      compare(key, otherKey, `${path}[key ${i}]`, pairing) ??
      compare(value, otherValue, `${path}[value ${i}]`, pairing);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function compareProperties(
  a: object,
  b: object,
  path: string,
  pairing: Pairing,
  leftOut: ReadonlySet<string>,
): string | undefined {
  if (ArrayBuffer.isView(a)) return undefined;
  let keys: PropertyKey[] = Reflect.ownKeys(a);
  if (leftOut.size > 0) keys = keys.filter((key) => !leftOut.has(String(key)));
  const others = Reflect.ownKeys(b);
  if (keys.length !== others.length) return `${path}: ${keys.length} properties have become ${others.length}`;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const place = `${path}.${String(key)}`;
    if (others[i] !== key) return `${place}: the order of the properties differs, or their names`;
    const difference = compare(Reflect.get(a, key), Reflect.get(b, key), place, pairing);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function bytesOf(data: ArrayBufferView | ArrayBuffer): Uint8Array {
  return data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function show(value: unknown): string {
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'string') return JSON.stringify(value).slice(0, 60);
  return isObject(value) ? `an ${Array.isArray(value) ? 'array' : 'object'}` : String(value);
}
