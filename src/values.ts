/**
 * Types of the language and of the platform beyond those that HDF5 or the core has a form for, as codecs; and registered
 * classes that extend types whose content is not in their properties.
 */
import { H5FormatError } from './errors.js';
import type { ObjectInfo } from './hdf5/object.js';
import { isPlainText } from './hdf5/text.js';
import type { Codec, Content, Encoder, FieldRule, Spend, TypeRegistry, ValueType } from './registry/index.js';
import { H5RegistryError, h5write, RegisteredClass } from './registry/index.js';
import { CompletePlanner } from './serialize/complete-planner.js';
import { CompleteRestorer } from './serialize/complete-restorer.js';
import { TYPED_ARRAYS } from './serialize/kinds.js';
import { escapeName, unescapeName } from './serialize/names.js';
import type { Restorer } from './serialize/restore.js';
import { setProperty } from './serialize/rows.js';
import type { Values } from './serialize/values.js';
import {
  arrayWithProperties,
  checkNames,
  elementsOf,
  hasProperties,
  setElements,
} from './values/array-properties.js';
import { BlobBytes, blobTypes } from './values/blobs.js';
import { ClassDecoders, encoderOf } from './values/classes.js';
import { entriesOf, membersOf, setEntries, setMembers } from './values/collections.js';
import { checked, isElement, isNumber, madeOf } from './values/content.js';
import { contentOf, type Dict, Fields, type IsOther } from './values/fields.js';
import { fix, integrityOf } from './values/integrity.js';
import { storageOf } from './values/kept.js';
import { located } from './values/located.js';
import { Readability } from './values/readable.js';
import { isTracking, sharedBytesTypes, sharing } from './values/shared-bytes.js';

export type { Codec, Content, Spend, ValueType } from './registry/index.js';
export type { Values } from './serialize/values.js';
export { H5HookError } from './values/located.js';

/**
 * What of a platform's values is stored.
 *
 * @example
 * const values = valuesWith({ stack: false });
 * serialize(error, { values });
 */
export interface ValuesOptions {
  /** Whether errors are stored with their stacks, which tell where files are; `true` unless told otherwise. */
  readonly stack?: boolean | undefined;
  /** `Temporal` of a polyfill; that of the platform unless told otherwise. */
  readonly temporal?: TemporalNamespace | undefined;
  /**
   * Whether arrays are stored with the properties that they have beside their elements; `true` unless told otherwise. To look
   * whether there are any takes a part of the time of writing many short arrays.
   */
  readonly arrayProperties?: boolean | undefined;
  /** More types. */
  readonly types?: readonly ValueType[] | undefined;
}

/** A type whose values have content that is not in their properties, and how instances of classes are stored that extend it. */
interface BaseType {
  readonly extends: object;
  extend(cls: RegisteredClass): Codec;
}

// ---- errors -----------------------------------------------------------------------------------------------

/** Properties of errors that are not enumerable when the language makes them. */
const HIDDEN = ['name', 'message', 'stack', 'cause', 'errors'] as const;

/** What of these is enumerable all the same: the names, in one word each, in the notation of the language's specification. */
const SHOWN = '[[enumerable]]';

const isHidden = (name: string | symbol): boolean => (HIDDEN as readonly unknown[]).includes(name);

/** What is stored of an error beside its fields: what is hidden, and of what is not, the names. */
function hiddenOf(
  error: object,
  withStack: boolean,
): { readonly content: Dict; readonly shown: readonly string[] } {
  checkNames(error, SHOWN);
  const content: Dict = new Map();
  const shown: string[] = [];
  for (const name of HIDDEN) {
    if ((name === 'stack' && !withStack) || !Object.hasOwn(error, name)) continue;
    if (Object.prototype.propertyIsEnumerable.call(error, name)) shown.push(name);
    else content.set(name, (error as Record<string, unknown>)[name]);
  }
  if (shown.length > 0) content.set(SHOWN, shown.join(' '));
  return { content, shown };
}

/** Gives an error what is hidden of it; the names of the other such properties. */
function setHidden(error: object, content: Content): readonly string[] {
  const names = content[SHOWN] ?? '';
  const shown = checked<string>('Error', names, 'string').split(' ').filter(isHidden);
  // The engine has given it the stack of this place.
  delete (error as Error).stack;
  for (const name of HIDDEN)
    if (Object.hasOwn(content, name) && !shown.includes(name)) define(error, name, content[name], false);
  return shown;
}

function define(error: object, name: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, name, { value, writable: true, enumerable, configurable: true });
}

/** Whether a name is that of something which all errors have, and no field. */
const isOfErrors = (name: string | symbol): boolean => name === SHOWN || isHidden(name);

function errorTypes(withStack: boolean): ValueType[] {
  const types: ValueType[] = [];
  for (const type of [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, Error]) {
    types.push(errorType(type.name, type.prototype, () => new type(), withStack));
  }
  types.push(errorType('AggregateError', AggregateError.prototype, () => new AggregateError([]), withStack));
  return types;
}

function errorBase(withStack: boolean): BaseType {
  const extend = (cls: RegisteredClass): Codec => {
    const fields = new Fields(cls);
    return {
      name: cls.name,
      encode: (error) => {
        const { content, shown } = hiddenOf(error, withStack);
        const own = fields.of(error, isOfErrors);
        const properties = fields.writes ? [] : cls.propertiesOf(error);
        const value = (name: string) => (error as unknown as Record<string, unknown>)[name];
        for (const name of shown) if (!properties.includes(name)) content.set(name, value(name));
        for (const property of properties) {
          if (shown.includes(property as string)) content.set(property as string, value(property as string));
          const name = cls.storedName(property);
          if (!isHidden(property)) content.set(name, own.get(name));
        }
        return contentOf(new Map([...content, ...own]));
      },
      create: () => madeBy(cls, () => Reflect.construct(Error, [], cls.target as unknown as NewableFunction)),
      fill: (error, content, _, spend) => {
        const shown = setHidden(error, content);
        const isInOrder = !fields.reads && !fields.entriesIn(content);
        for (const name of Object.keys(content)) {
          if (shown.includes(name)) define(error, name, content[name], true);
          else if (isInOrder && !isOfErrors(name)) fields.setOne(error, name, content[name]);
        }
        if (!isInOrder) fields.set(error, content, spend, isOfErrors);
      },
    };
  };
  return { extends: Error.prototype, extend };
}

function errorType(name: string, prototype: Error, create: () => Error, withStack: boolean): ValueType {
  return {
    name,
    prototype,
    encode: (error) => {
      const { content, shown } = hiddenOf(error, withStack);
      for (const key of Object.keys(error))
        if (shown.includes(key) || !isHidden(key)) content.set(key, (error as Record<string, unknown>)[key]);
      return contentOf(content);
    },
    create,
    fill: (error, content) => {
      const shown = setHidden(error, content);
      for (const key of Object.keys(content)) {
        if (shown.includes(key)) define(error, key, content[key], true);
        else if (!isOfErrors(key)) setProperty(error, key, content[key], undefined);
      }
    },
  };
}

// ---- what has a text, or one value ------------------------------------------------------------------------

/** A type whose values are made of one part. */
function single<T extends object>(
  name: string,
  prototype: T,
  part: string,
  encode: (value: T) => unknown,
  decode: (content: unknown) => T,
): ValueType {
  const type: ValueType<T> = {
    name,
    prototype,
    encode: (value) => ({ [part]: encode(value) }),
    decode: (content, spend) => {
      const held = content[part];
      if (typeof held === 'string') spend(held.length);
      return madeOf(name, () => decode(held));
    },
  };
  return type as unknown as ValueType;
}

const regExp: ValueType<RegExp> = {
  name: 'RegExp',
  prototype: RegExp.prototype,
  encode: ({ source, flags, lastIndex }) => ({ source, flags, lastIndex }),
  decode: ({ source, flags, lastIndex }, spend) => {
    const [pattern, modes] = [
      checked<string>('RegExp', source, 'string'),
      checked<string>('RegExp', flags, 'string'),
    ];
    spend(pattern.length);
    const expression = madeOf('RegExp', () => new RegExp(pattern, modes));
    if (typeof lastIndex === 'number') expression.lastIndex = lastIndex;
    return expression;
  },
};

/** Objects around primitives: `new Number(1)`. */
function boxes(): ValueType[] {
  return [Number, String, Boolean, BigInt, Symbol].map(({ name, prototype }) =>
    single(name, prototype as object, 'value', (box) => box.valueOf(), Object),
  );
}

// ---- dates and times --------------------------------------------------------------------------------------

const TEMPORAL = [
  'Instant',
  'ZonedDateTime',
  'PlainDate',
  'PlainTime',
  'PlainDateTime',
  'PlainYearMonth',
  'PlainMonthDay',
  'Duration',
] as const;

/** What is used of `Temporal`. */
export type TemporalNamespace = {
  readonly [name in (typeof TEMPORAL)[number]]: {
    readonly prototype: object;
    from(text: string): object;
  };
};

/** The types of `Temporal`. */
function temporalTypes(temporal: TemporalNamespace): ValueType[] {
  return TEMPORAL.map((name) =>
    single(
      `Temporal.${name}`,
      temporal[name].prototype,
      'iso',
      (value) => String(value),
      (text) => temporal[name].from(checked<string>(name, text, 'string')),
    ),
  );
}

// ---- classes that extend types of the language --------------------------------------------------------------

/** An instance with the inner state of its base, as its constructor would be given it by that of the base. */
function madeBy(cls: RegisteredClass, make: () => object): object {
  return cls.bareInstances ? make() : cls.create();
}

/**
 * A base whose instances have an inner value beside their properties, which is stored under a name of its own: in the
 * notation of the language's specification, so that no property has it.
 */
function base<T extends object, V>(
  type: new () => T,
  get: (value: T) => V,
  set: (value: T, inner: V, spend: Spend) => void,
  isInner: (inner: unknown) => boolean = (inner) => inner instanceof type,
): BaseType {
  const inner = `[[${type.name}]]`;
  return {
    extends: type.prototype as object,
    extend: (cls) => {
      const fields = new Fields(cls);
      return {
        name: cls.name,
        encode: (value) => {
          checkNames(value, inner);
          const all = fields.of(value, (name) => Array.isArray(value) && isElement(name));
          return contentOf(all.set(inner, get(value as T)));
        },
        create: () => madeBy(cls, () => constructed(type, [], cls)),
        fill: (value, content, _, spend) => {
          if (!isInner(content[inner]))
            throw new H5FormatError(-1, `an instance of class ${cls.name} in the file has no ${inner}`);
          set(value as T, content[inner] as V, spend);
          fields.set(
            value,
            content,
            spend,
            (name) => name === inner || (Array.isArray(value) && isElement(name)),
          );
        },
      };
    },
  };
}

function bases(): BaseType[] {
  return [
    base(Map<unknown, unknown>, entriesOf, setEntries),
    base(Set<unknown>, membersOf, setMembers),
    base(Array<unknown>, elementsOf, setElements),
    base(
      Date,
      (date) => Date.prototype.getTime.call(date),
      (date, time) => date.setTime(time),
      (time) => typeof time === 'number',
    ),
    ...TYPED_ARRAYS.map(typedBase),
  ];
}

/** What another view of the same part of a buffer is made of. */
function viewOf(array: ArrayBufferView & { readonly length: number }): unknown[] {
  return [array.buffer, array.byteOffset, isTracking(array as Uint8Array) ? undefined : array.length];
}

/**
 * A base whose instances are made of what they hold, which is stored under a name of its own as well; `make`: by the constructor
 * of the base, for a class.
 */
function madeBase(
  type: { readonly name: string; readonly prototype: object },
  get: (value: object) => unknown,
  make: (cls: RegisteredClass, held: unknown, spend: Spend) => object,
  isOther: IsOther = () => false,
): BaseType {
  const inner = `[[${type.name}]]`;
  return {
    extends: type.prototype,
    extend: (cls) => {
      const fields = new Fields(cls);
      return {
        name: cls.name,
        encode: (value) => {
          checkNames(value, inner);
          return contentOf(fields.of(value, isOther).set(inner, get(value)));
        },
        decode: (content, spend) => {
          const value = make(cls, content[inner], spend);
          fields.set(value, content, spend, (name) => name === inner || isOther(name));
          return value;
        },
      };
    },
  };
}

/** An instance of a class, as the constructor of its base makes it. */
function constructed(type: unknown, parameters: unknown[], { target }: RegisteredClass): object {
  return Reflect.construct(type as NewableFunction, parameters, target as unknown as NewableFunction);
}

/** Their length is fixed when they are made. */
function typedBase(type: (typeof TYPED_ARRAYS)[number]): BaseType {
  return madeBase(
    type,
    (value) => Reflect.construct(type, viewOf(value as Uint8Array)) as object,
    (cls, held) =>
      constructed(type, viewOf(checked<InstanceType<typeof type>>(cls.name, held, type as never)), cls),
    isNumber,
  );
}

/** What a primitive says that is around or in an instance of a type, which its constructor takes. */
function valueBase(
  type: { readonly name: string; readonly prototype: object },
  primitive: 'number' | 'string' | 'boolean',
  get: (value: object) => unknown,
  isOther?: IsOther,
): BaseType {
  const make = (cls: RegisteredClass, held: unknown, spend: Spend): object => {
    if (typeof held !== primitive)
      throw new H5FormatError(-1, `an instance of class ${cls.name} in the file has no [[${type.name}]]`);
    if (typeof held === 'string') spend(held.length);
    return madeOf(cls.name, () => constructed(type, [held], cls));
  };
  return madeBase(type, get, make, isOther);
}

function valueBases(): BaseType[] {
  const types = [
    valueBase(Number, 'number', (value) => Number.prototype.valueOf.call(value)),
    valueBase(String, 'string', (value) => String.prototype.valueOf.call(value), isElement),
    valueBase(Boolean, 'boolean', (value) => Boolean.prototype.valueOf.call(value)),
  ];
  if (typeof URL === 'function') types.push(valueBase(URL, 'string', textOf(URL.prototype, 'href')));
  if (typeof URLSearchParams === 'function') {
    const text = URLSearchParams.prototype.toString;
    types.push(valueBase(URLSearchParams, 'string', (value) => text.call(value)));
  }
  return types;
}

/** What an accessor of a type says of a value, whatever its class makes of it. */
function textOf(prototype: object, name: string): (value: object) => unknown {
  const { get } = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
  return (value) => get?.call(value);
}

/** Types of the platform whose content is not in properties, and which nothing here makes again with the class of an instance. */
const OPAQUE = [
  'Blob',
  'DOMException',
  'FormData',
  'Headers',
  'ReadableStream',
  'Request',
  'Response',
  'SharedArrayBuffer',
  'TransformStream',
  'WeakRef',
  'WritableStream',
];

/** Refuses instances of a class that extends such a type, unless it says itself what is stored. */
function refused(cls: RegisteredClass, temporal: TemporalNamespace | undefined): Encoder | undefined {
  const { name, prototype } = cls;
  if (h5write in prototype) return undefined;
  const isOpaque = (base: object): boolean => {
    const maker = Object.getOwnPropertyDescriptor(base, 'constructor')?.value as unknown;
    if (typeof maker !== 'function') return false;
    if (OPAQUE.includes(maker.name)) return (globalThis as Record<string, unknown>)[maker.name] === maker;
    return temporal !== undefined && TEMPORAL.some((each) => temporal[each].prototype === base);
  };
  for (let base = Object.getPrototypeOf(prototype); base; base = Object.getPrototypeOf(base)) {
    if (!isOpaque(base)) continue;
    const type = (base.constructor as { readonly name: string }).name;
    return {
      name,
      encode() {
        throw new H5RegistryError(
          'H5_REGISTRY_CLASS',
          `class ${name} extends ${type}, whose content is in no property: give it [h5write] and [h5read], or a codec`,
        );
      },
    };
  }
  return undefined;
}

// ---- what is stored by its name -----------------------------------------------------------------------------

const CLASS = 'class ';

/** The name of a symbol of the language, of one of `Symbol.for`, of a registered class, or of a registered value. */
function nameOf(value: unknown, registry: TypeRegistry): string | undefined {
  const name = registry.nameOf(value);
  if (name !== undefined) return name;
  if (typeof value === 'symbol') {
    const key = Symbol.keyFor(value);
    if (key !== undefined) return `Symbol.for(${isEscaped(key) ? escapeName(key) : key})`;
    const { description = '' } = value;
    return wellKnown(description) === value ? description : undefined;
  }
  if (typeof value !== 'function') return undefined;
  const cls = typeof value.prototype === 'object' && value.prototype && registry.of(value.prototype);
  return cls && (cls.target as unknown) === value ? CLASS + cls.name : undefined;
}

/** Whether the key of a symbol is escaped as names of members are: one that no string of HDF5 holds, or that looks escaped. */
function isEscaped(key: string): boolean {
  return !isPlainText(key) || key.startsWith('@%');
}

/** The value of a name; undefined if there is none. */
function namedValue(name: string, registry: TypeRegistry): unknown {
  if (name.startsWith('Symbol.for(')) return Symbol.for(unescapeName(name.slice(11, -1)));
  if (name.startsWith(CLASS)) return registry.get(name.slice(CLASS.length))?.target;
  return wellKnown(name) ?? registry.named(name);
}

/** `Symbol.iterator` and the like. */
function wellKnown(name: string): symbol | undefined {
  if (!name.startsWith('Symbol.')) return undefined;
  const symbol = Object.getOwnPropertyDescriptor(Symbol, name.slice(7))?.value as unknown;
  return typeof symbol === 'symbol' ? symbol : undefined;
}

// ---- classes that nobody knows ------------------------------------------------------------------------------

/**
 * An instance of a class that was not registered when a file was read with `unknownClass: 'keep'`: its properties are those
 * that the file has, by the names in the file. Written again, it is what it was.
 *
 * @example
 * const value = deserialize(bytes, { unknownClass: 'keep' });
 * if (value instanceof UnknownInstance) console.log(unknownClassOf(value)?.name, Object.keys(value));
 */
export class UnknownInstance {}

/** What a file calls the class of such an instance, and its version; undefined for anything else. */
export function unknownClassOf(
  value: object,
): { readonly name: string; readonly version: number } | undefined {
  return unknownClasses.get(Object.getPrototypeOf(value));
}

const unknownClasses = new WeakMap<object, RegisteredClass>();
const unknownByName = new Map<string, WeakRef<RegisteredClass>>();
/** Whether one of them says how its fields are stored. */
let hasStored = false;

function unknown(name: string, version: number, info?: ObjectInfo, restorer?: Restorer): RegisteredClass {
  const stored = info && restorer ? storageOf(info, restorer) : [];
  const key = `${version} ${name} ${JSON.stringify(stored)}`;
  const known = unknownByName.get(key)?.deref();
  if (known) return known;
  const cls = new RegisteredClass(class extends UnknownInstance {}, { name, version }) as RegisteredClass;
  // It says nothing of what its fields are, only of how they are stored.
  (cls.stored as FieldRule[]).push(...stored);
  hasStored ||= stored.length > 0;
  unknownClasses.set(cls.prototype, cls);
  unknownByName.set(key, new WeakRef(cls));
  return cls;
}

// ---- all of them ------------------------------------------------------------------------------------------

/**
 * For the option `values` of `serialize`, `write`, `deserialize` and `read`: `RegExp`, errors with their causes, `URL`,
 * `URLSearchParams`, objects around primitives, `SharedArrayBuffer` (a copy of its bytes), `Temporal`; registered classes
 * that extend `Array`, `Map`, `Set`, `Date`, `Error`, a typed array or a type of one value; symbols, and functions and objects that are registered;
 * typed arrays and DataViews with the buffers that they share, and buffers that can grow; arrays with other properties than
 * their elements; and in `write`, `Blob` and `File`.
 *
 * @example
 * import { valuesWith } from 'h5pickle/values';
 * const bytes = serialize(report, { values: valuesWith({ stack: false }) });
 */
export function valuesWith(options: ValuesOptions = {}): Values {
  return makeValues(options);
}

/** The same, where `isPlain` may say at once of a long array that it has nothing beside its elements. */
export function makeValues(options: ValuesOptions, isPlain?: (array: readonly unknown[]) => boolean): Values {
  const { Temporal } = globalThis as { Temporal?: TemporalNamespace };
  const { stack = true, temporal = Temporal, arrayProperties = true, types: more = [] } = options;
  const types: ValueType[] = [regExp as unknown as ValueType, ...errorTypes(stack), ...boxes()];
  if (typeof URL === 'function')
    types.push(
      single('URL', URL.prototype, 'href', String, (href) => new URL(checked<string>('URL', href, 'string'))),
    );
  if (typeof URLSearchParams === 'function') {
    const decode = (query: unknown) =>
      new URLSearchParams(checked<string>('URLSearchParams', query, 'string'));
    types.push(single('URLSearchParams', URLSearchParams.prototype, 'query', String, decode));
  }
  if (temporal) types.push(...temporalTypes(temporal));
  const arrayType = arrayWithProperties as unknown as ValueType;
  types.push(arrayType, ...more);
  const extended = [errorBase(stack), ...bases(), ...valueBases()];
  const innerOf = (cls: RegisteredClass) =>
    extended.find((type) => isBaseOf.call(type.extends, cls.prototype))?.extend(cls);
  const decoders = new ClassDecoders(innerOf);
  const movers = new ClassDecoders(innerOf, false);
  /** Some know what else of theirs there is in the value that is written or read. */
  const allTypes = (bytes?: BlobBytes) => [...types, ...sharedBytesTypes(), ...blobTypes(bytes)];
  const values: Values = {
    get types() {
      return allTypes();
    },
    Planner: CompletePlanner,
    Restorer: CompleteRestorer,
    sharing,
    inTime() {
      const bytes = new BlobBytes();
      return { values: { ...values, types: allTypes(bytes) }, ready: (nodes) => bytes.read(nodes) };
    },
    encoder: (cls) => cls.codec ?? refused(cls, temporal) ?? encoderOf(cls, innerOf),
    decoder: (cls, version, registry) => cls.codec ?? decoders.decoder(cls, version, registry),
    moving() {
      return {
        ...values,
        decoder: (cls, version, registry) => cls.codec ?? movers.decoder(cls, version, registry),
      };
    },
    unknown,
    get hasStored() {
      return hasStored;
    },
    unknownOf: (prototype) => unknownClasses.get(prototype),
    nameOf,
    named: namedValue,
    instance: (value, cls, registry, spend) => decoders.instance(value, cls, registry, spend),
    integrity: integrityOf,
    fix,
    check(nodes, registry) {
      const readability = new Readability(values, registry);
      readability.check(readability.decodedAmong(nodes));
    },
    located,
  };
  if (arrayProperties)
    values.typeOfArray = (array) => (hasProperties(array, isPlain) ? arrayType : undefined);
  return values;
}

const { isPrototypeOf: isBaseOf } = Object.prototype;

/**
 * All of them, with the stacks of errors.
 *
 * @example
 * import { values } from 'h5pickle/values';
 * const bytes = serialize({ pattern: /h5|hdf/i }, { values }); // in a browser
 */
export const values: Values = /* @__PURE__ */ valuesWith();
