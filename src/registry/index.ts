export type { Codec, Content, Decoder, Encoder, Spend, ValueType } from './codec.js';
export {
  entriesOf,
  entryOf,
  hasEntry,
  keysOf,
  membersOf,
  setEntries,
  setEntry,
  setMembers,
} from './collections.js';
export type {
  ClassOptions,
  FieldOptions,
  H5ClassContext,
  H5ClassDecorator,
  H5MemberContext,
  H5MemberDecorator,
  H5NamedMemberDecorator,
} from './decorators.js';
export { H5Class, H5Field, H5Ignore } from './decorators.js';
export type { H5RegistryErrorCode } from './errors.js';
export { H5RegistryError } from './errors.js';
export type { Compression, CompressionOptions, FieldDType, FieldStorage } from './field-storage.js';
export { type H5Readable, type H5ReadableClass, type H5Writable, h5read, h5write } from './hooks.js';
export type { Class, FieldRule } from './metadata.js';
export {
  type FieldDetails,
  type FieldEntry,
  RegisteredClass,
  type RegisterOptions,
  type SymbolEntry,
} from './registered-class.js';
export { defaultRegistry, TypeRegistry } from './type-registry.js';
