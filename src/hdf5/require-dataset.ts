import { H5TypeError } from '../errors.js';
import { formatDType, parseDType } from './dtype.js';
import { formatShape, type H5Dataset } from './h5-dataset.js';
import { H5Datatype } from './h5-datatype.js';
import type { H5Group, RequireDatasetOptions } from './h5-group.js';
import { type Datatype, isBoolean } from './messages/datatype.js';

/** Does what `H5Group.requireDataset` is to do. */
export function requireDataset(
  group: H5Group,
  path: string,
  { exact = false, ...options }: RequireDatasetOptions,
): H5Dataset<unknown> {
  const { shape, dtype } = options;
  if (!Array.isArray(shape) || dtype === undefined)
    throw new H5TypeError('requireDataset needs the shape and the dtype that the dataset is to have');
  if (!group.has(path)) return group.createDataset<unknown>(path, options);
  const dataset = group.dataset<unknown>(path);
  const type = dtype instanceof H5Datatype ? dtype.datatype : parseDType(dtype);
  const refuse = (what: string, has: string, wanted: string): never => {
    throw new H5TypeError(
      `"${dataset.path}" has the ${what} ${has}, and ${wanted} is required; delete it first, or take another name`,
    );
  };
  const has = dataset.shape;
  if (has?.length !== shape.length || !has.every((length, axis) => length === shape[axis]))
    refuse('shape', formatShape(has), formatShape(shape));
  if (!(exact ? isEqual(type, dataset.datatype) : isSafe(type, dataset.datatype)))
    refuse('dtype', dataset.dtype, exact ? formatDType(type) : `one that ${formatDType(type)} fits into`);
  return dataset;
}

/** Whether two datatypes have the same elements, in the same bytes. */
function isEqual(a: Datatype, b: Datatype): boolean {
  if (a.class === 'compound' && b.class === 'compound') {
    return (
      a.size === b.size &&
      a.members.length === b.members.length &&
      a.members.every((member, i) => {
        const other = b.members[i] as typeof member;
        return (
          member.name === other.name && member.offset === other.offset && isEqual(member.type, other.type)
        );
      })
    );
  }
  return formatDType(a) === formatDType(b);
}

/** Whether any element of one datatype is one of another, without loss: of numbers as numpy's `can_cast` has it. */
function isSafe(from: Datatype, to: Datatype): boolean {
  const [a, b] = [numberOf(from), numberOf(to)];
  if (a && b) return isSafeNumber(a, b);
  switch (from.class) {
    case 'compound':
      return (
        to.class === 'compound' &&
        from.members.length === to.members.length &&
        from.members.every(({ name, type }, i) => {
          const other = to.members[i];
          return name === other?.name && isSafe(type, other.type);
        })
      );
    case 'array':
      return (
        to.class === 'array' && formatShape(from.dims) === formatShape(to.dims) && isSafe(from.base, to.base)
      );
    case 'string':
      return isText(to) && (to.class !== 'string' || from.size <= to.size);
    case 'variable-length':
      if (from.string) return to.class === 'variable-length' && isText(to);
      return to.class === 'variable-length' && !to.string && isSafe(from.base, to.base);
    default:
      return isEqual(from, to);
  }
}

function isText(type: Datatype): boolean {
  return type.class === 'string' || (type.class === 'variable-length' && type.string !== undefined);
}

interface NumberKind {
  readonly kind: 'b' | 'i' | 'u' | 'f' | 'c';
  /** Bytes; of a complex number those of a part. */
  readonly size: number;
}

function numberOf(type: Datatype): NumberKind | undefined {
  if (isBoolean(type)) return { kind: 'b', size: 1 };
  switch (type.class) {
    case 'bitfield':
    case 'fixed-point':
      return { kind: type.signed ? 'i' : 'u', size: type.size };
    case 'enumerated':
      return numberOf(type.base);
    case 'floating-point':
      return { kind: 'f', size: type.size };
    case 'complex':
      return { kind: 'c', size: type.base.size };
    default:
      return undefined;
  }
}

function isSafeNumber(from: NumberKind, to: NumberKind): boolean {
  if (from.kind === 'b') return true;
  if (from.kind === to.kind) return from.size <= to.size;
  switch (to.kind) {
    case 'i':
      return from.kind === 'u' && from.size < to.size;
    case 'f':
    case 'c':
      if (from.kind === 'c') return false;
      // A float of twice the bytes holds all integers; that one of 8 does is what numpy takes for granted.
      return (from.kind === 'f' ? from.size : Math.min(8, 2 * from.size)) <= to.size;
    default:
      return false;
  }
}
