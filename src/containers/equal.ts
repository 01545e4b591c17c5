/** Whether two values in memory have the same content. NaN is NaN, 0 is -0, a hole is undefined. */
export function isEqual(a: unknown, b: unknown): boolean {
  return new Comparison().isEqual(a, b);
}

class Comparison {
  /** Pairs that are taken for equal, since they are being compared: values may lead back to themselves. */
  readonly #pairs = new Map<object, Set<object>>();

  isEqual(a: unknown, b: unknown): boolean {
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
    const [left, right] = [copyOf(a), copyOf(b)];
    if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return false;
    const met = this.#pairs.get(left);
    if (met?.has(right)) return true;
    if (met) met.add(right);
    else this.#pairs.set(left, new Set([right]));
    return this.#hasSame(left, right);
  }

  #hasSame(a: object, b: object): boolean {
    if (Array.isArray(a)) return this.#areEqual(a, b as unknown[]);
    if (a instanceof Date) return this.isEqual(a.getTime(), (b as Date).getTime());
    if (ArrayBuffer.isView(a)) return this.#areEqual(bytesOf(a), bytesOf(b as ArrayBufferView));
    if (a instanceof ArrayBuffer) return this.#areEqual(new Uint8Array(a), new Uint8Array(b as ArrayBuffer));
    if (a instanceof RegExp) return String(a) === String(b);
    if (a instanceof Map || a instanceof Set)
      return this.#areEqual([...(a as Iterable<unknown>)], [...(b as Iterable<unknown>)]);
    const keys = Object.keys(a);
    if (keys.length !== Object.keys(b).length) return false;
    return keys.every(
      (key) =>
        Object.hasOwn(b, key) &&
        this.isEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    );
  }

  #areEqual(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
    if (a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!this.isEqual(a[i], b[i])) return false;
    return true;
  }
}

/** A collection of a file is what it is in memory. */
function copyOf(value: object): object {
  return 'copy' in value && 'context' in value && typeof value.copy === 'function'
    ? (value.copy() as object)
    : value;
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
