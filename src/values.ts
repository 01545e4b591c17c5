/**
 * Types of the language and of the platform beyond those that HDF5 or the core has a form for, as codecs; and registered
 * classes that extend types whose content is not in their properties.
 */
import type { ObjectInfo } from './hdf5/object.js';
import { isPlainText } from './hdf5/text.js';
import type { Encoder, FieldRule, TypeRegistry, ValueType } from './registry/index.js';
import { H5RegistryError, h5write, RegisteredClass } from './registry/index.js';
import { CompletePlanner } from './serialize/complete-planner.js';
import { CompleteRestorer } from './serialize/complete-restorer.js';
import { escapeName, unescapeName } from './serialize/names.js';
import type { Restorer, UnknownClass } from './serialize/restore.js';
import type { Values } from './serialize/values.js';
import { arrayWithProperties, hasProperties } from './values/array-properties.js';
import { bases, valueBases } from './values/bases.js';
import { BlobBytes, blobTypes } from './values/blobs.js';
import { ClassDecoders, encoderOf } from './values/classes.js';
import { checked, madeOf } from './values/content.js';
import { errorBases, errorTypes } from './values/errors.js';
import { fix, integrityOf } from './values/integrity.js';
import { storageOf } from './values/kept.js';
import { located } from './values/located.js';
import { Readability } from './values/readable.js';
import { sharedBytesTypes, sharing } from './values/shared-bytes.js';

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

// ---- classes that extend other types ------------------------------------------------------------------------

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
    if (key?.startsWith(UNKNOWN)) return key.slice(UNKNOWN.length);
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

/** What stands for a value that is stored by a name which nobody has registered: the symbol of this and the name. */
const UNKNOWN = 'h5pickle.unknown ';

/** The value of a name; undefined if there is none, and that is an error. */
function namedValue(name: string, registry: TypeRegistry, unknownClass: UnknownClass): unknown {
  if (name.startsWith('Symbol.for(')) return Symbol.for(unescapeName(name.slice(11, -1)));
  const known = name.startsWith(CLASS)
    ? registry.get(name.slice(CLASS.length))?.target
    : (wellKnown(name) ?? registry.named(name));
  return known ?? (unknownClass === 'error' ? undefined : Symbol.for(UNKNOWN + name));
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
/** Files may name any number of them. */
const forgotten = /* @__PURE__ */ new FinalizationRegistry<string>((key) => {
  if (!unknownByName.get(key)?.deref()) unknownByName.delete(key);
});
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
  forgotten.register(cls, key);
  return cls;
}

// ---- all of them ------------------------------------------------------------------------------------------

/**
 * For the option `values` of `serialize`, `write`, `deserialize` and `read`: `RegExp`, errors with their causes, `DOMException`, `URL`,
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
  const extended = [...errorBases(stack), ...bases(), ...valueBases()];
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
