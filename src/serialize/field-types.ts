import { H5TypeError } from '../errors.js';
import { parseDType } from '../hdf5/dtype.js';
import { MAX_RANK } from '../hdf5/messages/dataspace.js';
import { type Datatype, datatypeBytes, isBoolean } from '../hdf5/messages/datatype.js';
import { isPlainText, utf8Encoder } from '../hdf5/text.js';
import type { FieldStorage } from '../registry/index.js';

/** The datatype that a field asks for. */
export interface FieldType {
  readonly kind: 'number' | 'boolean' | 'fixed-string' | 'text';
  readonly type: Datatype;
  /** The datatype message. */
  readonly message: Uint8Array;
  /** Whether its elements are read as bigints. */
  readonly isBig: boolean;
}

/** Throws an H5TypeError that says what is known, if the name is that of no datatype. */
export function fieldType(name: string): FieldType {
  const type = parseDType(name as 'f8');
  const kind = kindOf(type);
  if (!kind)
    throw new H5TypeError(`'${name}' is no dtype of a field: numbers, bool, str and S1, S2, ... are`);
  const isBig = type.class === 'fixed-point' && type.size === 8;
  return { kind, type, message: datatypeBytes(type), isBig };
}

function kindOf(type: Datatype): FieldType['kind'] | undefined {
  switch (type.class) {
    case 'fixed-point':
    case 'floating-point':
      return 'number';
    case 'string':
      return 'fixed-string';
    case 'variable-length':
      return 'text';
    default:
      return isBoolean(type) ? 'boolean' : undefined;
  }
}

/** A string in as many bytes as a datatype has, padded with NUL; undefined if it does not fit. */
export function textBytes(text: string, size: number): Uint8Array | undefined {
  const encoded = isPlainText(text) ? utf8Encoder.encode(text) : undefined;
  if (!encoded || encoded.length > size) return undefined;
  const bytes = new Uint8Array(size);
  bytes.set(encoded);
  return bytes;
}

/** The shape of a field: one of its sizes may follow from the length of the list. */
export type Shape = FieldStorage['shape'] & object;

/** Throws an H5TypeError if it is none. */
export function checkShape(shape: Shape): void {
  const isShape =
    Array.isArray(shape) &&
    shape.length > 0 &&
    // With the rows of a table there is one axis more.
    shape.length < MAX_RANK &&
    shape.every((size) => isFree(size) || (Number.isSafeInteger(size) && size >= 0)) &&
    shape.filter(isFree).length <= 1;
  if (!isShape)
    throw new H5TypeError(
      `the shape ${JSON.stringify(shape)} is no list of up to 31 whole numbers, one of which may be -1 or undefined`,
    );
}

function isFree(size: number | undefined): boolean {
  return size === undefined || size === -1;
}

/** The dimensions of a list of so many elements; undefined if it cannot have that shape. */
export function shapeOf(shape: Shape, length: number): number[] | undefined {
  const sizes = shape as readonly number[];
  const known = sizes.reduce((product, size) => (isFree(size) ? product : product * size), 1);
  if (!sizes.some(isFree)) return known === length ? [...sizes] : undefined;
  const free = length / known;
  return Number.isInteger(free) ? sizes.map((size) => (isFree(size) ? free : size)) : undefined;
}

/** Those of such lists one after another, if these are that in the file as well. */
export function joinedShape(shape: Shape, total: number): number[] | undefined {
  const [first, ...inner] = shape;
  if (inner.some(isFree)) return undefined;
  return shapeOf(isFree(first) ? shape : [-1, ...shape], total);
}
