/** Live collections on a file: dicts, lists and arrays. */
export type {
  ArrayIndex,
  ArraySelection,
  BooleanList,
  IndexArray,
  IndexList,
} from './containers/array-selection.js';
export type { CodecOptions } from './containers/codec-store.js';
export type { Collection, OpenCollectionOptions } from './containers/collection.js';
export type { CollectionOpenOptions, CollectionOptions } from './containers/context.js';
export type { Deferred, DeferredPlace } from './containers/deferred.js';
export type { DictView, Viewed } from './containers/dict-view.js';
export { H5IndexError } from './containers/errors.js';
export {
  type ArrayOpenOptions,
  type ArrayOptions,
  type ArrayWriteOptions,
  H5Array,
} from './containers/h5-array.js';
export { H5Attributes } from './containers/h5-attributes.js';
export {
  type DictKey,
  type DictOpenOptions,
  H5Dict,
  type OtherKey,
  type Written,
} from './containers/h5-dict.js';
export { H5List, type ListOpenOptions, type ListSource } from './containers/h5-list.js';
export {
  fromTransferable,
  type Handle,
  type TransferableHandle,
  toTransferable,
} from './containers/handle.js';
export type { ListView } from './containers/list-view.js';
export type { ChangeEvent, ChangeListener, CommitPolicy } from './containers/live-file.js';
export type {
  Copied,
  CopiedMembers,
  Live,
  LiveMembers,
  Stored,
  StoredMembers,
} from './containers/live-types.js';
export type { ContainerSource } from './containers/opening.js';
export {
  type ContainerOptions,
  type ErrorMode,
  type OptionChanges,
  options,
  parseMemorySize,
  setOptions,
  withOptions,
} from './containers/options.js';
export type { FileSource } from './containers/platform.js';
export {
  readObject,
  type StoreDatasetOptions,
  storeDataset,
  type ValueWriteOptions,
  type WriteDatasetOptions,
  type WriteLocation,
  type WriteObjectOptions,
  writeDataset,
  writeDatasets,
  writeObject,
  writeObjects,
} from './containers/utilities.js';
export type { Block, BlockData, BlockSource, DTypeLike, DTypeName } from './kernels/block-source.js';
