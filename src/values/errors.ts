/** Errors: those of the language with what is hidden in them, classes that extend them, and those of the platform (DOMException). */
import type { Codec, Content, RegisteredClass, ValueType } from '../registry/index.js';
import { setProperty } from '../serialize/rows.js';
import { checkNames } from './array-properties.js';
import { type BaseType, madeBy } from './bases.js';
import { checked, madeOf } from './content.js';
import { contentOf, type Dict, Fields } from './fields.js';

/** What of the hidden is enumerable all the same: the names, in one word each, in the notation of the language's specification. */
const SHOWN = '[[enumerable]]';

type Name = string | symbol;

/** Which properties are not enumerable when the language makes an error, and how they are stored. */
class Hidden {
  readonly #names: readonly Name[];
  readonly #withStack: boolean;

  constructor(withStack: boolean, names: readonly string[]) {
    this.#names = names;
    this.#withStack = withStack;
  }

  has(name: Name): boolean {
    return this.#names.includes(name);
  }

  /** Whether a name is that of something which all such errors have, and no field. */
  isOwn = (name: Name): boolean => name === SHOWN || this.has(name);

  /** What is stored of an error beside its fields: what is hidden, and of what is not, the names. */
  of(error: object): { readonly content: Dict; readonly shown: readonly string[] } {
    checkNames(error, SHOWN);
    const content: Dict = new Map();
    const shown: string[] = [];
    for (const name of this.#names as string[]) {
      if ((name === 'stack' && !this.#withStack) || !Object.hasOwn(error, name)) continue;
      if (Object.prototype.propertyIsEnumerable.call(error, name)) shown.push(name);
      else content.set(name, (error as Record<string, unknown>)[name]);
    }
    if (shown.length > 0) content.set(SHOWN, shown.join(' '));
    return { content, shown };
  }

  /** Gives an error what is hidden of it; the names of the other such properties. */
  set(error: object, content: Content): readonly string[] {
    const names = content[SHOWN] ?? '';
    const shown = checked<string>('Error', names, 'string')
      .split(' ')
      .filter((name) => this.has(name));
    // The engine has given it the stack of this place.
    delete (error as Error).stack;
    for (const name of this.#names as string[])
      if (Object.hasOwn(content, name) && !shown.includes(name)) define(error, name, content[name], false);
    return shown;
  }
}

function define(error: object, name: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, name, { value, writable: true, enumerable, configurable: true });
}

// ---- of the language --------------------------------------------------------------------------------------

/** ECMAScript 2026, where the engine has it: what `using` throws when disposing fails after an error. */
const Suppressed = typeof SuppressedError === 'function' ? SuppressedError : undefined;

const NAMES = ['name', 'message', 'stack', 'cause', 'errors'];
const SUPPRESSED = [...NAMES, 'error', 'suppressed'];

/** The errors of the language, and of the platform as far as it has others. */
export function errorTypes(withStack: boolean): ValueType[] {
  const hidden = new Hidden(withStack, NAMES);
  const types = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, Error].map((type) =>
    errorType(type.name, type.prototype, () => new type(), hidden),
  );
  types.push(errorType('AggregateError', AggregateError.prototype, () => new AggregateError([]), hidden));
  if (Suppressed) {
    const make = () => new Suppressed(undefined, undefined);
    types.push(errorType('SuppressedError', Suppressed.prototype, make, new Hidden(withStack, SUPPRESSED)));
  }
  return [...types, ...exceptionTypes(withStack)];
}

/** What is stored of an error: what is hidden, and what else is enumerable, in its order. */
function stored(error: object, hidden: Hidden): Dict {
  const { content, shown } = hidden.of(error);
  for (const key of Object.keys(error))
    if (shown.includes(key) || !hidden.has(key)) content.set(key, (error as Record<string, unknown>)[key]);
  return content;
}

function restore(error: object, content: Content, hidden: Hidden): void {
  const shown = hidden.set(error, content);
  for (const key of Object.keys(content)) {
    if (shown.includes(key)) define(error, key, content[key], true);
    else if (!hidden.isOwn(key)) setProperty(error, key, content[key], undefined);
  }
}

function errorType(name: string, prototype: Error, create: () => Error, hidden: Hidden): ValueType {
  return {
    name,
    prototype,
    encode: (error) => contentOf(stored(error, hidden)),
    create,
    fill: (error, content) => restore(error, content, hidden),
  };
}

// ---- of classes -------------------------------------------------------------------------------------------

/** Bases of classes that extend errors. */
export function errorBases(withStack: boolean): BaseType[] {
  const bases = [errorBase(Error, new Hidden(withStack, NAMES))];
  // The first that a class extends counts.
  if (Suppressed) bases.unshift(errorBase(Suppressed, new Hidden(withStack, SUPPRESSED)));
  return bases;
}

function errorBase(type: { readonly prototype: Error }, hidden: Hidden): BaseType {
  const extend = (cls: RegisteredClass): Codec => {
    const fields = new Fields(cls);
    return {
      name: cls.name,
      encode: (error) => {
        const { content, shown } = hidden.of(error);
        const own = fields.of(error, hidden.isOwn);
        const properties = fields.writes ? [] : cls.propertiesOf(error);
        const value = (name: string) => (error as unknown as Record<string, unknown>)[name];
        for (const name of shown) if (!properties.includes(name)) content.set(name, value(name));
        for (const property of properties) {
          if (shown.includes(property as string)) content.set(property as string, value(property as string));
          const name = cls.storedName(property);
          if (!hidden.has(property)) content.set(name, own.get(name));
        }
        return contentOf(new Map([...content, ...own]));
      },
      create: () =>
        madeBy(cls, () =>
          Reflect.construct(type as NewableFunction, [], cls.target as unknown as NewableFunction),
        ),
      fill: (error, content, _, spend) => {
        const shown = hidden.set(error, content);
        const isInOrder = !fields.reads && !fields.entriesIn(content);
        for (const name of Object.keys(content)) {
          if (shown.includes(name)) define(error, name, content[name], true);
          else if (isInOrder && !hidden.isOwn(name)) fields.setOne(error, name, content[name]);
        }
        if (!isInOrder) fields.set(error, content, spend, hidden.isOwn);
      },
    };
  };
  return { extends: type.prototype, extend };
}

// ---- of the platform --------------------------------------------------------------------------------------

/** One that is made by its constructor: of these parts of its content, which are in no property of its own. */
function exceptionType(
  type: { readonly name: string; readonly prototype: object },
  parts: readonly string[],
  make: (content: Content) => object,
  withStack: boolean,
): ValueType {
  const hidden = new Hidden(withStack, ['stack', 'cause']);
  return {
    name: type.name,
    prototype: type.prototype,
    encode: (error) => {
      const inner = parts.map((part) => [part, (error as Record<string, unknown>)[part]] as const);
      return contentOf(new Map([...stored(error, hidden), ...inner]));
    },
    decode: (content, spend) => {
      for (const part of parts) {
        const value = content[part];
        if (typeof value === 'string') spend(value.length);
      }
      const error = madeOf(type.name, () => make(content));
      const others = Object.entries(content).filter(([name]) => !parts.includes(name));
      restore(error, contentOf(new Map(others)), hidden);
      return error;
    },
  };
}

/**
 * DOMException (Web IDL), which platforms throw for what is aborted, has timed out or cannot be cloned; and QuotaExceededError, which
 * has become a class of its own.
 */
function exceptionTypes(withStack: boolean): ValueType[] {
  type Exceptions = {
    new (message: string, options: unknown): object;
    readonly name: string;
    prototype: object;
  };
  const { DOMException, QuotaExceededError } = globalThis as {
    DOMException?: Exceptions;
    QuotaExceededError?: Exceptions;
  };
  const types: ValueType[] = [];
  const text = (value: unknown) => checked<string>('DOMException', value, 'string');
  if (DOMException) {
    const make = ({ name, message }: Content) => new DOMException(text(message), text(name));
    types.push(exceptionType(DOMException, ['name', 'message'], make, withStack));
  }
  if (QuotaExceededError) {
    const make = ({ message, quota, requested }: Content) =>
      new QuotaExceededError(text(message), { quota: quota ?? undefined, requested: requested ?? undefined });
    types.push(exceptionType(QuotaExceededError, ['message', 'quota', 'requested'], make, withStack));
  }
  return types;
}
