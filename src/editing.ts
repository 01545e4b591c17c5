import { H5StateError } from './errors.js';
import type { Editing } from './hdf5/editing.js';
import { FileEditor } from './hdf5/editor.js';
import { recovered } from './hdf5/recovery.js';
import { requireDataset } from './hdf5/require-dataset.js';
import { TransactionSpace } from './hdf5/transaction-space.js';
import { MemoryStorage } from './storage/memory.js';
import { isWritable, type Storage, type WritableStorage } from './storage/storage.js';

/**
 * What all modes but `'r'` need, for the option `editing` of `H5File.open`.
 *
 * @example
 * import { editing } from 'h5pickle/editing';
 * const file = H5File.open(bytes, 'r+', { editing });
 */
export const editing: Editing = {
  create: (storage, options) =>
    new FileEditor(TransactionSpace.create(writable(storage ?? new MemoryStorage()), options)),
  recovered,
  requireDataset,
  open: (storage, options) => new FileEditor(TransactionSpace.open(writable(storage), options)),
};

function writable(storage: Storage): WritableStorage {
  if (!isWritable(storage))
    throw new H5StateError('H5_READ_ONLY', 'the storage has no methods write, resize and sync');
  return storage;
}
