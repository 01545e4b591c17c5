import { fflateDeflate } from './hdf5/filters/fflate-deflate.js';
import { FilterSet } from './hdf5/filters/filter-set.js';
import { registeredFilters } from './hdf5/filters/registered-filters.js';
import { standardFilters } from './hdf5/filters/standard-filters.js';

export type { Filter, FilterSubject } from './hdf5/filters/filter.js';
export { FilterSet } from './hdf5/filters/filter-set.js';
export { registerFilter } from './hdf5/filters/registered-filters.js';

/**
 * All of them, for the option `filters` of `H5File.open`: deflate (h5py's gzip), shuffle, fletcher32, nbit,
 * scaleoffset and lzf, and what `registerFilter` adds.
 *
 * @example
 * import { filters } from 'h5pickle/filters';
 * const file = H5File.open(bytes, 'r', { filters });
 */
export const filters: FilterSet = /* @__PURE__ */ new FilterSet(
  /* @__PURE__ */ standardFilters(fflateDeflate),
  registeredFilters,
);
