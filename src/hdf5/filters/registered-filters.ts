import type { Filter } from './filter.js';
import { FilterSet } from './filter-set.js';

/** What `registerFilter` adds to. Every set of the package shares it, whichever deflate it has. */
export const registeredFilters: FilterSet = /* @__PURE__ */ new FilterSet();

/**
 * Adds a filter for all files, or puts it in the place of the one with its number.
 *
 * @throws {H5TypeError} its number is not one of 1 to 65535.
 *
 * @example
 * registerFilter({ id: 32015, name: 'zstd', decode: (bytes, _values, limit) => decompress(bytes, limit) });
 */
export function registerFilter(filter: Filter): void {
  registeredFilters.register(filter);
}
