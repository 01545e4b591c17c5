export {
  H5Error,
  H5FeatureError,
  H5FormatError,
  H5PathError,
  H5StateError,
  H5TypeError,
} from './errors.js';
export { AttributeManager } from './hdf5/attribute-manager.js';
export type { DType } from './hdf5/dtype.js';
export type { Editing } from './hdf5/editing.js';
export type { GroupIndexes } from './hdf5/group-indexes.js';
export { H5Dataset } from './hdf5/h5-dataset.js';
export { H5Datatype } from './hdf5/h5-datatype.js';
export { H5File, type H5Mode, type OpenOptions } from './hdf5/h5-file.js';
export { H5Group } from './hdf5/h5-group.js';
export { H5Reference } from './hdf5/h5-reference.js';
export type { Datatype } from './hdf5/messages/datatype.js';
export {
  type Class,
  type ClassOptions,
  type Codec,
  type Compression,
  type CompressionOptions,
  type Content,
  type Decoder,
  defaultRegistry,
  type Encoder,
  type FieldDType,
  type FieldEntry,
  type FieldOptions,
  type FieldStorage,
  H5Class,
  H5Field,
  H5Ignore,
  type H5Readable,
  type H5ReadableClass,
  H5RegistryError,
  type H5Writable,
  h5read,
  h5write,
  RegisteredClass,
  type RegisterOptions,
  type Spend,
  type SymbolEntry,
  TypeRegistry,
  type ValueType,
} from './registry/index.js';
export { H5LimitError, H5UnknownClassError, H5UnsupportedError } from './serialize/errors.js';
export {
  type Expectation,
  H5UnexpectedError,
  type SchemaIssue,
  type StandardSchema,
} from './serialize/expectation.js';
export type { Limits } from './serialize/limits.js';
export {
  deserialize,
  type ReadOptions,
  type ReadSource,
  read,
  serialize,
  type WriteOptions,
  type WriteTarget,
  write,
} from './serialize/serialize.js';
export type { Chunks, Datasets, StorageOptions, StringEncoding } from './serialize/storing.js';
export type { Progress, Streaming, Watch } from './serialize/streaming.js';
export type { Values } from './serialize/values.js';
export { MemoryStorage } from './storage/memory.js';
export type { Storage, WritableStorage } from './storage/storage.js';
export type { Durability } from './storage/transaction.js';
