import { H5TypeError } from '../errors.js';

/**
 * A value for `JSON.stringify`, which has nothing for bigints: they are an error that says where, unless `BigInt.prototype` has
 * a `toJSON`.
 *
 * @throws {H5TypeError} for a bigint.
 */
export function jsonOf(value: unknown): unknown {
  if (!('toJSON' in BigInt.prototype)) check(value, '', new Set());
  return value;
}

function check(value: unknown, path: string, above: Set<unknown>): void {
  if (typeof value === 'bigint') {
    throw new H5TypeError(
      `JSON has no bigints, and there is one${path === '' ? '' : ` at ${path.slice(1)}`}: open it with { int64: 'number' }, define ` +
        'BigInt.prototype.toJSON, or give a copy in memory (toObject, toArray, toNested) and a replacer',
    );
  }
  // JSON.stringify itself refuses cycles.
  if (typeof value !== 'object' || value === null || 'toJSON' in value || above.has(value)) return;
  if (ArrayBuffer.isView(value)) {
    if (value instanceof BigInt64Array || value instanceof BigUint64Array)
      for (const [index, element] of value.entries()) check(element, `${path}/${index}`, above);
    return;
  }
  above.add(value);
  for (const [key, each] of Object.entries(value)) check(each, `${path}/${key}`, above);
  above.delete(value);
}
