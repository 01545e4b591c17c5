import type { ByteReader } from '../byte-reader.js';
import type { ByteWriter } from '../byte-writer.js';

/**
 * The extent of a dataset or an attribute: no element (`null`), one (`scalar`), or a box of `dims`.
 * `maxDims` is how far each dimension may grow, `Infinity` where there is no limit.
 */
export interface Dataspace {
  readonly kind: 'null' | 'scalar' | 'simple';
  readonly dims: readonly number[];
  readonly maxDims?: readonly number[];
}

export const SCALAR: Dataspace = { kind: 'scalar', dims: [] };
export const NULL_SPACE: Dataspace = { kind: 'null', dims: [] };

/** The library's limit on the number of dimensions (H5S_MAX_RANK). */
export const MAX_RANK = 32;

const KINDS = ['scalar', 'simple', 'null'] as const;

export function simple(...dims: number[]): Dataspace {
  return { kind: 'simple', dims };
}

/** The number of elements. */
export function extent(space: Dataspace): number {
  if (space.kind === 'null') return 0;
  let count = 1;
  for (const dim of space.dims) count *= dim;
  return count;
}

/** Dataspace message, version 2 (Format Specification, section IV.A.2.b). */
export function encodeDataspace(out: ByteWriter, space: Dataspace): void {
  const { dims, maxDims } = space;
  out.u8(2);
  out.u8(dims.length);
  out.u8(maxDims ? 1 : 0);
  out.u8(KINDS.indexOf(space.kind));
  for (const dim of dims) out.u64(dim);
  for (const dim of maxDims ?? []) {
    if (dim === Number.POSITIVE_INFINITY) out.undefinedAddress();
    else out.u64(dim);
  }
}

export function decodeDataspace(reader: ByteReader): Dataspace {
  const version = reader.version('the dataspace', 1, 2);
  const rank = reader.u8();
  if (rank > MAX_RANK) reader.fail(`a dataspace of ${rank} dimensions`);
  const flags = reader.u8();
  let kind: Dataspace['kind'] = rank === 0 ? 'scalar' : 'simple';
  if (version === 1) {
    reader.take(5);
  } else {
    const code = reader.u8();
    kind = KINDS[code] ?? reader.fail(`dataspace type ${code}`);
    if (kind !== 'simple' && rank !== 0) reader.fail(`a ${kind} dataspace with ${rank} dimensions`);
  }
  const dims: number[] = [];
  let elements = 1;
  for (let i = 0; i < rank; i++) {
    const dim = reader.size();
    dims.push(dim);
    elements *= dim;
  }
  if (!Number.isSafeInteger(elements)) reader.fail(`a dataspace of ${dims.join(' x ')} elements`);
  if ((flags & 1) === 0) return { kind, dims };
  const maxDims = dims.map(() => (reader.isUnset(reader.lengthSize) ? Infinity : reader.size()));
  return { kind, dims, maxDims };
}
