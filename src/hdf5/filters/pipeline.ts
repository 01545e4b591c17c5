import { H5FeatureError, H5FormatError, H5TypeError } from '../../errors.js';
import type { FilterInfo } from '../messages/filter-pipeline.js';
import type { Filter } from './filter.js';
import type { FilterSet } from './filter-set.js';

/**
 * The elements of a chunk from what is stored of it. Bit i of `mask` tells that filter i was left out when it was
 * written. `size` is the bytes that the chunk has. The result may be `stored` itself or a view of it.
 *
 * @throws {H5FormatError} the chunk is damaged: a filter finds it so, or it does not have its size.
 * @throws {H5FeatureError} a filter is not in the set.
 */
export function decodeChunk(
  filters: readonly FilterInfo[],
  mask: number,
  stored: Uint8Array,
  size: number,
  set: FilterSet,
): Uint8Array {
  let bytes = stored;
  for (let i = filters.length - 1; i >= 0; i--) {
    if (leftOut(mask, i)) continue;
    const info = filters[i];
    const limit = limitBefore(i, size);
    bytes = find(info, set).decode(bytes, info.values, limit);
    if (bytes.length > limit) {
      throw new H5FormatError(
        -1,
        `the filter ${describe(info)} makes ${bytes.length} bytes, more than ${limit}`,
      );
    }
  }
  if (bytes.length !== size) {
    throw new H5FormatError(-1, `a chunk has ${bytes.length} bytes, its dataset asks for ${size}`);
  }
  return bytes;
}

/**
 * What is to be stored of a chunk, and which filters were left out (bit i of the mask for filter i). The result may be
 * `raw` itself.
 *
 * @throws {H5TypeError} a filter that is not optional cannot be applied.
 * @throws {H5FeatureError} a filter is not in the set.
 */
export function encodeChunk(
  filters: readonly FilterInfo[],
  raw: Uint8Array,
  set: FilterSet,
): { bytes: Uint8Array; mask: number } {
  let bytes = raw;
  let mask = 0;
  for (let i = 0; i < filters.length; i++) {
    const info = filters[i];
    const filter = encoder(info, set);
    const encoded = filter?.encode?.(bytes, info.values, info.optional);
    if (encoded !== undefined) {
      bytes = encoded;
    } else if (info.optional) {
      mask |= 1 << i;
    } else {
      throw new H5TypeError(`the filter ${describe(info)} cannot encode this chunk and is not optional`);
    }
  }
  return { bytes, mask: mask >>> 0 };
}

/** A mask has 32 bits, and a shift by 32 would be one by 0. */
function leftOut(mask: number, index: number): boolean {
  return index < 32 && ((mask >>> index) & 1) !== 0;
}

/** The most bytes that filter `index` can have been given: those before it make a chunk a little larger at most. */
function limitBefore(index: number, size: number): number {
  return size + index * ((size >> 4) + 1024);
}

/**
 * Checks that chunks can be stored. Returns whether all filters are there, so that any chunk can be read.
 *
 * @throws {H5TypeError} a filter that is not optional only decodes.
 * @throws {H5FeatureError} it is not in the set.
 */
export function checkFilters(filters: readonly FilterInfo[], set: FilterSet): boolean {
  return filters.filter((info) => encoder(info, set)).length === filters.length;
}

/** What encodes; undefined, or a filter that does not, only of those that are optional. */
function encoder(info: FilterInfo, set: FilterSet): Filter | undefined {
  if (info.optional) return set.get(info.id);
  const filter = find(info, set);
  if (filter.encode) return filter;
  throw new H5TypeError(
    `the filter ${describe(info)} only decodes; register one that encodes with registerFilter`,
  );
}

function find(info: FilterInfo, set: FilterSet): Filter {
  const filter = set.get(info.id);
  if (filter === undefined) {
    throw new H5FeatureError(
      `the filter ${describe(info)}, which registerFilter of h5pickle/filters can add,`,
    );
  }
  return filter;
}

function describe({ id, name }: FilterInfo): string {
  return name === '' ? `${id}` : `${id} (${name})`;
}
