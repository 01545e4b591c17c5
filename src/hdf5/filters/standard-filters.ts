import { type Deflate, deflateFilter } from './deflate.js';
import type { Filter } from './filter.js';
import { fletcher32 } from './fletcher32.js';
import { lzf } from './lzf.js';
import { nbit } from './nbit.js';
import { scaleOffset } from './scale-offset.js';
import { shuffle } from './shuffle.js';

/** The filters of libhdf5, save szip, and h5py's lzf. */
export function standardFilters(deflate: Deflate): Filter[] {
  return [deflateFilter(deflate), shuffle, fletcher32, nbit, scaleOffset, lzf];
}
