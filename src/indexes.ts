import { DatasetStorage } from './hdf5/dataset-storage.js';
import type { GroupIndexes } from './hdf5/group-indexes.js';
import { IndexedGroup } from './hdf5/indexed-group.js';
import { readDenseAttributes } from './hdf5/indexes/dense-storage.js';
import { meterOf } from './hdf5/indexes/meter.js';
import { readSymbolTable } from './hdf5/indexes/symbol-table.js';
import { decodeChunkedLayout } from './hdf5/messages/data-layout.js';
import { decodeOddNumbers } from './hdf5/odd-numbers.js';
import { readOldHeader } from './hdf5/old-object-header.js';

/**
 * All of them, for the option `indexes` of `H5File.open`, `read` and `deserialize`.
 *
 * @example
 * import { indexes } from 'h5pickle/indexes';
 * const value = deserialize(bytes, { indexes });
 */
export const indexes: GroupIndexes = {
  oldHeader: readOldHeader,
  numbers: decodeOddNumbers,
  chunkedLayout: decodeChunkedLayout,
  elements: (space, info) => new DatasetStorage(space, info),
  symbolTable: (space, table, owner) => readSymbolTable(space, table, meterOf(space, owner)),
  denseGroup: (...group) => new IndexedGroup(...group),
  denseAttributes: (space, info, resolve, owner) =>
    readDenseAttributes(space, info, resolve, meterOf(space, owner)),
};
