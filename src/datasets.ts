import { filters } from './filters.js';
import type { GroupIndexes } from './hdf5/group-indexes.js';
import { indexes as allIndexes } from './indexes.js';
import { datasetsWith } from './serialize/datasets.js';
import type { Datasets } from './serialize/storing.js';

export { datasetsWith } from './serialize/datasets.js';
export type { Chunks, Datasets, StorageOptions, StringEncoding } from './serialize/storing.js';

/**
 * For the option `datasets` of `serialize` and `write`: `compression`, `chunks`, `stringEncoding`, and what fields of classes
 * say of how they are stored.
 *
 * @example
 * import { datasets } from 'h5pickle/datasets';
 * const bytes = serialize(value, { datasets, compression: 'gzip' }); // in a browser
 */
export const datasets: Datasets = /* @__PURE__ */ datasetsWith(filters);

/**
 * Those of `h5pickle/indexes` with the filters of `h5pickle/filters`, for the option `indexes`: what reads such files.
 *
 * @example
 * import { indexes } from 'h5pickle/datasets';
 * const value = deserialize(bytes, { indexes });
 */
export const indexes: GroupIndexes = { ...allIndexes, filters };
