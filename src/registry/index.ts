export type { Codec, Content, Spend, Values, ValueType } from './codec.js';
export { NO_VALUES } from './codec.js';
export type { ClassOptions, FieldOptions, H5ClassDecorator, H5MemberDecorator } from './decorators.js';
export { H5Class, H5Field, H5Ignore } from './decorators.js';
export type { H5RegistryErrorCode } from './errors.js';
export { H5RegistryError } from './errors.js';
export type { Class, FieldRule } from './metadata.js';
export { RegisteredClass, type RegisterOptions } from './registered-class.js';
export { defaultRegistry, TypeRegistry } from './type-registry.js';
