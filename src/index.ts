export {
  H5Error,
  H5FeatureError,
  H5FormatError,
  H5PathError,
  H5StateError,
  H5TypeError,
} from './errors.js';
export { type AttributeInfo, AttributeManager } from './hdf5/attribute-manager.js';
export type { DType, DTypeName as DatatypeName } from './hdf5/dtype.js';
export type { Attributes, CopyOptions, DatasetOptions, Editing, ValueOptions } from './hdf5/editing.js';
export type { DecodeOptions, Elements, H5Value } from './hdf5/elements.js';
export type { GroupIndexes } from './hdf5/group-indexes.js';
export { H5Dataset } from './hdf5/h5-dataset.js';
export { H5Datatype } from './hdf5/h5-datatype.js';
export { H5File, type H5Mode, type OpenOptions } from './hdf5/h5-file.js';
export {
  type CreateDatasetOptions,
  H5Group,
  type LinkInfo,
  type LinkOrder,
  type RequireDatasetOptions,
} from './hdf5/h5-group.js';
export type { H5Object } from './hdf5/h5-object.js';
export { H5Reference } from './hdf5/h5-reference.js';
export type {
  ArrayType as ArrayDatatype,
  Bitfield as BitfieldDatatype,
  CharacterSet,
  Complex as ComplexDatatype,
  Compound as CompoundDatatype,
  CompoundMember,
  Datatype,
  Enumerated as EnumeratedDatatype,
  FixedPoint as FixedPointDatatype,
  FixedString as FixedStringDatatype,
  FloatingPoint as FloatingPointDatatype,
  Opaque as OpaqueDatatype,
  Reference as ReferenceDatatype,
  StringPadding,
  Time as TimeDatatype,
  VariableLength as VariableLengthDatatype,
} from './hdf5/messages/datatype.js';
export type { FilterInfo } from './hdf5/messages/filter-pipeline.js';
export type { TypedArray } from './hdf5/number-elements.js';
export type {
  AxisSelection,
  Indices,
  Mask,
  SelectionInput,
  Slice,
  SliceTuple,
} from './hdf5/selection.js';
export type { ShapedData } from './hdf5/shaped-data.js';
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
  type FieldDetails,
  type FieldDType,
  type FieldEntry,
  type FieldOptions,
  type FieldRule,
  type FieldStorage,
  H5Class,
  type H5ClassContext,
  type H5ClassDecorator,
  H5Field,
  H5Ignore,
  type H5MemberContext,
  type H5MemberDecorator,
  type H5NamedMemberDecorator,
  type H5Readable,
  type H5ReadableClass,
  H5RegistryError,
  type H5RegistryErrorCode,
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
  type SchemaResult,
  type StandardSchema,
} from './serialize/expectation.js';
export type { Limits } from './serialize/limits.js';
export type { OnUnsupported } from './serialize/plan.js';
export type { UnknownClass } from './serialize/restore.js';
export {
  deserialize,
  type ReadOptions,
  type ReadSource,
  read,
  type Sink,
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
