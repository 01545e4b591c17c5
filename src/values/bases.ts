/** Registered classes that extend types of the language whose content is not in their properties. */
import { H5FormatError } from '../errors.js';
import {
  type Codec,
  type Content,
  type Decoder,
  entriesOf,
  membersOf,
  type RegisteredClass,
  type Spend,
  setEntries,
  setMembers,
} from '../registry/index.js';
import { TYPED_ARRAYS } from '../serialize/kinds.js';
import { checkNames, elementsOf, setElements } from './array-properties.js';
import { checked, isElement, isNumber, madeOf } from './content.js';
import { contentOf, Fields, type IsOther } from './fields.js';
import { isTracking } from './shared-bytes.js';

/** A type whose values have content that is not in their properties, and how instances of classes are stored that extend it. */
export interface BaseType {
  readonly extends: object;
  extend(cls: RegisteredClass): Codec;
}

/** An instance with the inner state of its base, as its constructor would be given it by that of the base. */
export function madeBy(cls: RegisteredClass, make: () => object): object {
  return cls.bareInstances ? make() : cls.create();
}

/**
 * A base whose instances have an inner value beside their properties, which is stored under a name of its own: in the
 * notation of the language's specification, so that no property has it. `decoder`: how instances of a class get it back, with
 * what sets their fields; `isOther` tells what else are no fields.
 */
function innerBase(
  { name, prototype }: NamedType,
  get: (value: object) => unknown,
  isOther: IsOther,
  decoder: (cls: RegisteredClass, inner: string, set: SetFields) => Omit<Decoder, 'name'>,
): BaseType {
  const inner = `[[${name}]]`;
  return {
    extends: prototype,
    extend: (cls) => {
      const fields = new Fields(cls);
      return {
        name: cls.name,
        encode: (value) => {
          checkNames(value, inner);
          return contentOf(fields.of(value, isOther).set(inner, get(value)));
        },
        ...decoder(cls, inner, (value, content, spend) =>
          fields.set(value, content, spend, (each) => each === inner || isOther(each)),
        ),
      };
    },
  };
}

type NamedType = { readonly name: string; readonly prototype: object };
type SetFields = (value: object, content: Content, spend: Spend) => void;

/** One whose instances are given the inner value when they have been made. */
function base<T extends object, V>(
  type: (new () => T) & NamedType,
  get: (value: T) => V,
  set: (value: T, inner: V, spend: Spend) => void,
  isInner: (inner: unknown) => boolean = (inner) => inner instanceof type,
  isOther: IsOther = () => false,
): BaseType {
  return innerBase(
    type,
    (value) => get(value as T),
    isOther,
    (cls, inner, setFields) => ({
      create: () => madeBy(cls, () => constructed(type, [], cls)),
      fill: (value, content, _, spend) => {
        if (!isInner(content[inner]))
          throw new H5FormatError(-1, `an instance of class ${cls.name} in the file has no ${inner}`);
        set(value as T, content[inner] as V, spend);
        setFields(value, content, spend);
      },
    }),
  );
}

export function bases(): BaseType[] {
  return [
    base(Map<unknown, unknown>, entriesOf, setEntries),
    base(Set<unknown>, membersOf, setMembers),
    base(Array<unknown>, elementsOf, setElements, undefined, isElement),
    base(
      Date,
      (date) => Date.prototype.getTime.call(date),
      (date, time) => Date.prototype.setTime.call(date, time),
      (time) => typeof time === 'number',
    ),
    ...TYPED_ARRAYS.map(typedBase),
  ];
}

const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array.prototype) as object;
const VIEW = ['buffer', 'byteOffset', 'length', 'byteLength'].map((name) => ({
  name,
  get: said(TYPED_ARRAY, name),
}));

/** What another view of the same part of a buffer is made of: an instance may have properties of its own by these names. */
function viewOf(array: object): unknown[] {
  const [buffer, offset, length] = VIEW.map(({ get }) => get(array));
  const isShown = !VIEW.some(({ name }) => Object.hasOwn(array, name));
  return [buffer, offset, isShown && isTracking(array as Uint8Array) ? undefined : length];
}

/** One whose instances are made of the inner value; `make`: by the constructor of the base, for a class. */
function madeBase(
  type: NamedType,
  get: (value: object) => unknown,
  make: (cls: RegisteredClass, held: unknown, spend: Spend) => object,
  isOther: IsOther = () => false,
): BaseType {
  return innerBase(type, get, isOther, (cls, inner, setFields) => ({
    decode: (content, spend) => {
      const value = make(cls, content[inner], spend);
      setFields(value, content, spend);
      return value;
    },
  }));
}

/** An instance of a class, as the constructor of its base makes it. */
function constructed(type: unknown, parameters: unknown[], { target }: RegisteredClass): object {
  return Reflect.construct(type as NewableFunction, parameters, target as unknown as NewableFunction);
}

/** Their length is fixed when they are made. */
function typedBase(type: (typeof TYPED_ARRAYS)[number]): BaseType {
  return madeBase(
    type,
    (value) => Reflect.construct(type, viewOf(value)) as object,
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

export function valueBases(): BaseType[] {
  const types = [
    valueBase(Number, 'number', (value) => Number.prototype.valueOf.call(value)),
    valueBase(String, 'string', (value) => String.prototype.valueOf.call(value), isElement),
    valueBase(Boolean, 'boolean', (value) => Boolean.prototype.valueOf.call(value)),
  ];
  if (typeof URL === 'function') types.push(valueBase(URL, 'string', said(URL.prototype, 'href')));
  if (typeof URLSearchParams === 'function') {
    const text = URLSearchParams.prototype.toString;
    types.push(valueBase(URLSearchParams, 'string', (value) => text.call(value)));
  }
  return types;
}

/** What an accessor of a type says of a value, whatever its class, or the value itself, makes of it. */
function said(prototype: object, name: string): (value: object) => unknown {
  const { get } = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
  return (value) => get?.call(value);
}
