import { H5TypeError } from '../errors.js';
import { parseDType } from './dtype.js';
import { referenceOf } from './h5-reference.js';
import {
  BOOLEAN,
  type Datatype,
  FLOAT64,
  INT32,
  INT64,
  OBJECT_REFERENCE,
  REGION_REFERENCE,
  VARIABLE_STRING,
} from './messages/datatype.js';
import type { TypedArray } from './number-elements.js';

/** Names of numbers that typed arrays hold. */
type TypedName = `${'int' | 'uint'}${8 | 16 | 32 | 64}` | `float${16 | 32 | 64}`;

const REFERENCES = { object: OBJECT_REFERENCE, region: REGION_REFERENCE };
const SCALARS: { readonly [kind: string]: Datatype } = {
  number: INT32,
  string: VARIABLE_STRING,
  boolean: BOOLEAN,
  bigint: INT64,
};

/**
 * The dtype of a typed array, which the name of its class says: that is the same where it comes from another realm. Of a
 * `BigInt64Array` it is int64, of a `Uint8ClampedArray` uint8.
 */
export function dtypeOfTyped(array: ArrayBufferView): TypedName {
  const tag = (array as TypedArray)[Symbol.toStringTag] as string;
  return tag.toLowerCase().replace(/big|clamped|array/g, '') as TypedName;
}

/** The datatype of values, the smallest of '<i4', '<f8', '<i8', 'bool', 'str' and 'ref' that holds them all. */
export function inferDatatype(values: ArrayLike<unknown>): Datatype {
  if (ArrayBuffer.isView(values)) return parseDType(dtypeOfTyped(values));
  const count = values.length;
  if (count === 0) return FLOAT64;
  const kindOf = (value: unknown) => (value === null ? 'null' : typeof value);
  const kind = kindOf(values[0]);
  const reference = referenceOf(values[0]);
  let type: Datatype | undefined = reference ? REFERENCES[reference.kind] : SCALARS[kind];
  for (let i = 0; i < count; i++) {
    const value = values[i];
    if (kindOf(value) !== kind && !(reference && value === null)) {
      const remedy = 'convert them to one type, or give a dtype that holds both';
      throw new H5TypeError(`element ${i} is of type ${kindOf(value)}, element 0 of type ${kind}; ${remedy}`);
    }
    if (kind === 'number' && ((value as number) | 0) !== value) type = FLOAT64;
    else if (Object.is(value, -0)) type = FLOAT64;
    else if (kind === 'object' && type && referenceOf(value) === undefined) type = undefined;
    if (!type) {
      const remedy = "give a dtype, such as { compound: { x: 'f8' } }, or store it as a group";
      throw new H5TypeError(`element ${i} of type ${kind} has no dtype; ${remedy}`);
    }
  }
  return type as Datatype;
}
