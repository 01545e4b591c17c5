export type {
  ArrayIndex,
  ArraySelection,
  BooleanList,
  IndexArray,
  IndexList,
} from './containers/array-selection.js';
export type { CodecOptions } from './containers/codec-store.js';
export { H5IndexError } from './containers/errors.js';
export { type ArrayOpenOptions, type ArrayWriteOptions, H5Array } from './containers/h5-array.js';
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
export type { Block, BlockData, BlockSource, DTypeName } from './kernels/block-source.js';
